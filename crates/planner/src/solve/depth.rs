//! Goes through the contents of a bin in depth: the first one at once, better ones as steps allow.

use super::content::{Entry, Question};
use super::lookahead::Lookahead;
use super::reduced::Pattern;

/// A search under way. A step is one choice of how many of an item.
pub struct Search<'a> {
    question: &'a Question<'a>,
    entries: &'a [Entry],
    room: Vec<i64>,
    groups: Vec<u32>,
    /// By item, how many in the bin keep it out.
    kept_out: Vec<u32>,
    chosen: Vec<(u32, u32)>,
    found: Vec<(u32, u32)>,
    best: i64,
    /// Losing this much or more is too much.
    allowed: i64,
    whole: i64,
    shift: u32,
    steps: u32,
}

impl<'a> Search<'a> {
    /// Before the first step.
    pub fn new(question: &'a Question<'a>, entries: &'a [Entry], whole: i64, shift: u32) -> Self {
        let mut search = Self {
            question,
            entries,
            room: question.kind.room.to_vec(),
            groups: question.kind.groups.to_vec(),
            kept_out: if question.reduced.apart.iter().all(Vec::is_empty) {
                Vec::new()
            } else {
                vec![0; question.reduced.items.len()]
            },
            chosen: Vec::new(),
            found: Vec::new(),
            best: question.floor,
            allowed: 0,
            whole,
            shift,
            steps: 0,
        };
        search.set_allowed();
        search
    }

    /// Goes through all contents worth more than the best so far, in at most so many steps.
    pub fn run(&mut self, steps: u32, tables: &[Lookahead]) {
        self.steps = steps;
        self.descend(tables, 0, 0, 0);
    }

    /// Only contents worth more than this are of interest.
    pub fn improve_on(&mut self, best: i64) {
        self.best = best;
        self.set_allowed();
    }

    /// What the best content is worth; before there is one, what it must be worth more than.
    pub fn best(&self) -> i64 {
        self.best
    }

    /// The best content.
    pub fn content(&self) -> Option<Pattern> {
        let mut found = self.found.clone();
        found.sort_unstable();
        (!found.is_empty()).then(|| found.into())
    }

    /// There was nothing more to look at.
    pub fn ended(&self) -> bool {
        self.steps > 0
    }

    /// A content worth at least one more than the best has lost at most this much.
    fn set_allowed(&mut self) {
        let least = (i128::from(self.best) + 1) << self.shift;
        self.allowed = i64::try_from(i128::from(self.whole) - least).unwrap_or(-1);
    }

    fn fits(&self, entry: &Entry) -> u32 {
        if !self.kept_out.is_empty() && self.kept_out[entry.item as usize] > 0 {
            return 0;
        }
        let mut fit = entry.most;
        let item = &self.question.reduced.items[entry.item as usize];
        for (need, room) in item.need.iter().zip(&self.room) {
            if *need > 0 && *need * i64::from(fit) > *room {
                fit = (room / need) as u32;
            }
        }
        for &group in &self.question.reduced.groups_of[entry.item as usize] {
            fit = fit.min(self.groups[group as usize]);
        }
        fit
    }

    fn take(&mut self, entry: &Entry, count: u32) {
        let reduced = self.question.reduced;
        for (need, room) in reduced.items[entry.item as usize].need.iter().zip(&mut self.room) {
            *room -= need * i64::from(count);
        }
        for &group in &reduced.groups_of[entry.item as usize] {
            self.groups[group as usize] -= count;
        }
        if !self.kept_out.is_empty() {
            for &other in &reduced.apart[entry.item as usize] {
                self.kept_out[other as usize] += 1;
            }
        }
    }

    fn put_back(&mut self, entry: &Entry, count: u32) {
        let reduced = self.question.reduced;
        for (need, room) in reduced.items[entry.item as usize].need.iter().zip(&mut self.room) {
            *room += need * i64::from(count);
        }
        for &group in &reduced.groups_of[entry.item as usize] {
            self.groups[group as usize] += count;
        }
        if !self.kept_out.is_empty() {
            for &other in &reduced.apart[entry.item as usize] {
                self.kept_out[other as usize] -= 1;
            }
        }
    }

    /// Goes through the entries from `level` on, with `value` in the bin and `lost` lost so far.
    fn descend(&mut self, tables: &[Lookahead], mut level: usize, value: i64, mut lost: i64) {
        let entries = self.entries;
        loop {
            if self.steps == 0 || lost > self.allowed {
                return;
            }
            let Some(entry) = entries.get(level) else {
                if value > self.best {
                    self.best = value;
                    self.found.clone_from(&self.chosen);
                    self.set_allowed();
                }
                return;
            };
            let fit = self.fits(entry);
            if fit > 0 {
                break;
            }
            lost = lost.saturating_add(entry.margin.max(0).saturating_mul(i64::from(entry.most)));
            level += 1;
        }
        let ahead =
            tables.iter().map(|table| table.ahead(level, self.room[table.resource()])).max().unwrap_or(0);
        if lost.saturating_add(ahead) > self.allowed {
            return;
        }
        let entry = &entries[level];
        let fit = self.fits(entry);
        let wanted = entry.margin >= 0;
        for choice in 0..=fit {
            if self.steps == 0 {
                return;
            }
            self.steps -= 1;
            let count = if wanted { fit - choice } else { choice };
            let deviation = if wanted { entry.most - count } else { count };
            let lost =
                lost.saturating_add(entry.margin.saturating_abs().saturating_mul(i64::from(deviation)));
            if lost > self.allowed {
                return;
            }
            if count > 0 {
                self.take(entry, count);
                self.chosen.push((entry.item, count));
            }
            self.descend(tables, level + 1, value + entry.value * i64::from(count), lost);
            if count > 0 {
                self.chosen.pop();
                self.put_back(entry, count);
            }
        }
    }
}
