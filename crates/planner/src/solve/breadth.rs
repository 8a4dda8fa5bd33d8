//! Goes through the contents of a bin in breadth: item by item, holding on to those that no other makes
//! superfluous.
//!
//! A content with no more room left in any respect and no more value than another is superfluous. When there
//! are more than may be held, those that promise least go; what they could still have become bounds what was
//! missed, so that the ceiling sinks as the width grows.

use super::content::{Entry, Question};
use super::lookahead::Lookahead;
use super::reduced::Pattern;

/// What was found.
pub struct Wide {
    /// A content worth more than asked for, if there was one.
    pub pattern: Option<Pattern>,
    /// What it is worth; what was asked for if there was none.
    pub value: i64,
    /// No content is worth more.
    pub ceiling: i64,
}

/// A content of the entries so far.
#[derive(Clone, Copy)]
struct State {
    value: i64,
    lost: i64,
    /// What will have been lost at the end, at least.
    promise: i64,
    /// The content of the entries before, and how many of this one were added.
    step: (u32, u32),
}

/// Contents of the same entries, with `rows` amounts of room left for each.
#[derive(Default)]
struct Level {
    left: Vec<i64>,
    states: Vec<State>,
}

/// Looks for a content worth more than `best`, holding on to at most `width`. `whole` is what the bin is worth
/// at most, in the unit of the entries' margins: scaled up by `shift` bits.
pub fn search(
    question: &Question<'_>,
    entries: &[Entry],
    (whole, shift): (i64, u32),
    tables: &[Lookahead],
    mut best: i64,
    width: usize,
) -> Wide {
    let rows = Rows::new(question, entries, tables);
    let allowed =
        |best: i64| i64::try_from(i128::from(whole) - ((i128::from(best) + 1) << shift)).unwrap_or(-1);
    let start = State { value: 0, lost: 0, promise: 0, step: (0, 0) };
    let mut level = Level { left: rows.room.clone(), states: vec![start] };
    let mut history: Vec<Vec<(u32, u32)>> = Vec::new();
    let mut winner: Option<(usize, (u32, u32))> = None;
    let mut missed = i64::MAX;
    for (at, entry) in entries.iter().enumerate() {
        let needs = &rows.needs[at * rows.count..(at + 1) * rows.count];
        let mut next = Level::default();
        for (parent, left) in level.left.chunks_exact(rows.count).enumerate() {
            let before = level.states[parent];
            let fit =
                needs.iter().zip(left).filter(|(need, _)| **need > 0).map(|(need, left)| left / need).min();
            let fit = fit.map_or(entry.most, |fit| u32::try_from(fit).unwrap_or(u32::MAX).min(entry.most));
            for choice in 0..=fit {
                let count = if entry.margin >= 0 { fit - choice } else { choice };
                let deviation = if entry.margin >= 0 { entry.most - count } else { count };
                let loss = entry.margin.saturating_abs().saturating_mul(i64::from(deviation));
                let lost = before.lost.saturating_add(loss);
                if lost > allowed(best) {
                    break;
                }
                let start = next.left.len();
                next.left.extend(left.iter().zip(needs).map(|(left, need)| left - need * i64::from(count)));
                let promise = lost.saturating_add(rows.ahead(tables, at + 1, &next.left[start..]));
                if promise > allowed(best) {
                    next.left.truncate(start);
                    continue;
                }
                let step = (parent as u32, count);
                let value = before.value + entry.value * i64::from(count);
                if value > best {
                    best = value;
                    winner = Some((at, step));
                }
                next.states.push(State { value, lost, promise, step });
            }
        }
        level = rows.essential(&next, width, &mut missed);
        history.push(level.states.iter().map(|state| state.step).collect());
    }
    let mut found = Vec::new();
    if let Some((last, mut step)) = winner {
        for at in (0..=last).rev() {
            if step.1 > 0 {
                found.push((entries[at].item, step.1));
            }
            if at > 0 {
                step = history[at - 1][step.0 as usize];
            }
        }
    }
    // What went for want of width would have lost at least `missed`.
    let dropped = if missed == i64::MAX { best } else { whole.saturating_sub(missed) >> shift };
    found.sort_unstable();
    let pattern = winner.map(|_| found.into());
    Wide { pattern, value: best, ceiling: dropped.max(best) }
}

/// What may run out: resources and groups that the entries together ask more of than there is.
struct Rows {
    count: usize,
    room: Vec<i64>,
    needs: Vec<i64>,
    /// By row after the second, its place in a number that says all of them; `None` if that is too large.
    places: Option<Vec<i128>>,
    /// By table, the row of its resource.
    of_table: Vec<usize>,
}

impl Rows {
    fn new(question: &Question<'_>, entries: &[Entry], tables: &[Lookahead]) -> Self {
        let reduced = question.reduced;
        let mut columns: Vec<(i64, Vec<i64>)> = Vec::new();
        let mut of_table = vec![0; tables.len()];
        let mut add = |room: i64, needs: Vec<i64>| {
            let asked =
                needs.iter().zip(entries).map(|(need, entry)| i128::from(*need) * i128::from(entry.most));
            let scarce = asked.sum::<i128>() > i128::from(room);
            if scarce {
                columns.push((room, needs));
            }
            scarce.then(|| columns.len() - 1)
        };
        for (resource, room) in question.kind.room.iter().enumerate() {
            let need = |entry: &Entry| reduced.items[entry.item as usize].need[resource];
            if let Some(row) = add(*room, entries.iter().map(need).collect()) {
                for (table, _) in tables.iter().enumerate().filter(|(_, table)| table.resource() == resource)
                {
                    of_table[table] = row;
                }
            }
        }
        for (group, most) in question.kind.groups.iter().enumerate() {
            let inside = |entry: &Entry| reduced.groups_of[entry.item as usize].contains(&(group as u32));
            add(i64::from(*most), entries.iter().map(|entry| i64::from(inside(entry))).collect());
        }
        // At least two, so that contents can be compared.
        while columns.len() < 2 {
            columns.push((0, vec![0; entries.len()]));
        }
        let mut place = Some(1i128);
        let mut places = Vec::new();
        for (room, _) in &columns[2..] {
            places.extend(place);
            place = place.and_then(|place| place.checked_mul(i128::from(*room) + 1));
        }
        let count = columns.len();
        let needs =
            (0..entries.len()).flat_map(|at| columns.iter().map(move |column| column.1[at])).collect();
        let places = place.is_some().then_some(places);
        Self { count, places, room: columns.iter().map(|column| column.0).collect(), needs, of_table }
    }

    fn ahead(&self, tables: &[Lookahead], entry: usize, left: &[i64]) -> i64 {
        let each = tables.iter().zip(&self.of_table).map(|(table, &row)| table.ahead(entry, left[row]));
        each.max().unwrap_or(0)
    }

    /// The contents that are worth keeping, at most `width`; `missed` becomes the least that the others would
    /// have lost, where they went for want of width alone.
    fn essential(&self, level: &Level, width: usize, missed: &mut i64) -> Level {
        let left = |index: usize| &level.left[index * self.count..(index + 1) * self.count];
        let mut all: Vec<usize> = (0..level.states.len()).collect();
        // Comparing takes longest: where there are far too many, those that promise least go before.
        if all.len() > width * 3 {
            let promise = |index: &usize| (level.states[*index].promise, *index);
            let (_, first, _) = all.select_nth_unstable_by_key(width * 3, promise);
            *missed = (*missed).min(level.states[*first].promise);
            all.truncate(width * 3);
        }
        // The rest of the room as one number, then what is compared.
        let key = |&index: &usize| {
            let own = left(index);
            let rest = match &self.places {
                Some(places) => {
                    own[2..].iter().zip(places).map(|(left, place)| i128::from(*left) * place).sum()
                }
                None => index as i128,
            };
            (rest, -own[0], -own[1], -level.states[index].value, index)
        };
        let mut order: Vec<(i128, i64, i64, i64, usize)> = all.iter().map(key).collect();
        order.sort_unstable();
        let mut kept: Vec<usize> = Vec::with_capacity(order.len());
        // Of those with the same rest of room: the second amount, falling, and the value, rising.
        let mut stairs: Vec<(i64, i64)> = Vec::new();
        let mut last = None;
        for (rest, _, second, value, index) in order {
            let (second, value) = (-second, -value);
            if last != Some(rest) {
                stairs.clear();
                last = Some(rest);
            }
            let at = stairs.partition_point(|step| step.0 >= second);
            if at > 0 && stairs[at - 1].1 >= value {
                continue;
            }
            let end = at + stairs[at..].iter().take_while(|step| step.1 <= value).count();
            stairs.splice(at..end, [(second, value)]);
            kept.push(index);
        }
        if kept.len() > width {
            kept.sort_unstable_by_key(|&index| (level.states[index].promise, index));
            *missed = (*missed).min(level.states[kept[width]].promise);
            kept.truncate(width);
        }
        Level {
            left: kept.iter().flat_map(|&index| left(index)).copied().collect(),
            states: kept.iter().map(|&index| level.states[index]).collect(),
        }
    }
}
