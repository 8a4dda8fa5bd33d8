//! A linear program whose columns come one by one: least cost, rows that are to be covered, rows that are
//! limited.
//!
//! A primal simplex with a dense inverse of the basis. The programs here have as many rows as there are kinds
//! of pods, some tens to some hundreds, and columns with few entries; between two calls only columns are
//! added, so that each solution starts from the one before. Duals are all that a bound needs of it, and a
//! bound holds at any duals: rounding errors in here cost sharpness, never truth.

/// A row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Row {
    /// The sum is at least this; what is missing costs so much for one.
    AtLeast {
        /// The amount.
        amount: f64,
        /// The cost of what is missing.
        missing: f64,
    },
    /// The sum is at most this.
    AtMost {
        /// The amount.
        amount: f64,
    },
}

/// Columns have a number in the order in which they were added.
pub struct Simplex {
    rows: Vec<Row>,
    amounts: Vec<f64>,
    columns: Vec<Column>,
    /// Of all columns, one after the other.
    entries: Vec<(u32, f64)>,
    /// By row of the basis, the variable: a column, or a row's slack after all columns.
    basis: Vec<Variable>,
    in_basis: Vec<bool>,
    inverse: Vec<f64>,
    held: Vec<f64>,
    duals: Vec<f64>,
    since_refactored: usize,
}

struct Column {
    cost: f64,
    /// Where its entries are.
    entries: std::ops::Range<usize>,
    length: f64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Variable {
    Column(usize),
    /// What a row has too much (covered rows) or is left (limited rows).
    Slack(usize),
    /// What a covered row lacks.
    Missing(usize),
}

const PIVOT: f64 = 1e-8;
const REFACTOR_AFTER: usize = 400;
const CANDIDATES: usize = 24;

impl Simplex {
    /// Without columns: everything is missing.
    pub fn new(rows: Vec<Row>) -> Self {
        let count = rows.len();
        // A little more or less of everything, different for each row, keeps the simplex from standing still.
        let shake = |row: usize| {
            ((row as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / (1u64 << 24) as f64
        };
        let amounts: Vec<f64> = rows
            .iter()
            .enumerate()
            .map(|(index, row)| match row {
                Row::AtLeast { amount, .. } | Row::AtMost { amount } => {
                    amount * (1.0 + 1e-7 * shake(index)) + 1e-7 * shake(index)
                }
            })
            .collect();
        let basis: Vec<Variable> = rows
            .iter()
            .enumerate()
            .map(|(index, row)| match row {
                Row::AtLeast { .. } => Variable::Missing(index),
                Row::AtMost { .. } => Variable::Slack(index),
            })
            .collect();
        let mut inverse = vec![0.0; count * count];
        (0..count).for_each(|row| inverse[row * count + row] = 1.0);
        let duals = rows
            .iter()
            .map(|row| match row {
                Row::AtLeast { missing, .. } => *missing,
                Row::AtMost { .. } => 0.0,
            })
            .collect();
        Self {
            held: amounts.clone(),
            rows,
            amounts,
            columns: Vec::new(),
            entries: Vec::new(),
            basis,
            in_basis: Vec::new(),
            inverse,
            duals,
            since_refactored: 0,
        }
    }

    /// Adds a column.
    pub fn add(&mut self, cost: f64, entries: impl IntoIterator<Item = (u32, f64)>) {
        let start = self.entries.len();
        self.entries.extend(entries);
        let entries = start..self.entries.len();
        let length =
            self.entries[entries.clone()].iter().map(|entry| entry.1 * entry.1).sum::<f64>().sqrt().max(1e-9);
        self.columns.push(Column { cost, entries, length });
        self.in_basis.push(false);
    }

    /// Goes on towards the solution, at most so many steps; `true` once it is reached.
    pub fn solve(&mut self, steps: usize) -> bool {
        let mut left = steps;
        while left > 0 {
            if self.since_refactored >= REFACTOR_AFTER {
                self.refactor();
            }
            // Looking through all columns costs more than a step: the steepest of them serve for some steps.
            let mut candidates = self.candidates();
            if candidates.is_empty() {
                return true;
            }
            while left > 0 {
                let Some(entering) = self.steepest(&mut candidates) else { break };
                if !self.pivot(entering) {
                    return true;
                }
                left -= 1;
            }
        }
        false
    }

    /// By row, what one more costs: never negative for covered rows, never positive for limited ones.
    pub fn duals(&self) -> impl Iterator<Item = f64> {
        self.rows.iter().zip(&self.duals).map(|(row, dual)| match row {
            Row::AtLeast { .. } => dual.max(0.0),
            Row::AtMost { .. } => dual.min(0.0),
        })
    }

    /// What the solution costs.
    pub fn cost(&self) -> f64 {
        self.basis.iter().zip(&self.held).map(|(variable, held)| self.cost_of(*variable) * held).sum()
    }

    /// The columns that are used, and how much of each.
    pub fn used(&self) -> impl Iterator<Item = (usize, f64)> {
        self.basis.iter().zip(&self.held).filter_map(|(variable, held)| match variable {
            Variable::Column(column) if *held > 1e-6 => Some((*column, *held)),
            _ => None,
        })
    }

    /// How much of a column is worth having more of: negative when it would make the solution cheaper.
    pub fn reduced_cost(&self, column: usize) -> f64 {
        let worth = self.entries_of(column).iter().map(|entry| entry.1 * self.duals[entry.0 as usize]);
        self.columns[column].cost - worth.sum::<f64>()
    }

    fn entries_of(&self, column: usize) -> &[(u32, f64)] {
        &self.entries[self.columns[column].entries.clone()]
    }

    fn cost_of(&self, variable: Variable) -> f64 {
        match variable {
            Variable::Column(column) => self.columns[column].cost,
            Variable::Slack(_) => 0.0,
            Variable::Missing(row) => match self.rows[row] {
                Row::AtLeast { missing, .. } => missing,
                Row::AtMost { .. } => 0.0,
            },
        }
    }

    /// How much cheaper a variable makes it, for its length; `None` if not at all.
    fn steepness(&self, variable: Variable) -> Option<f64> {
        let (reduced, cost, length) = match variable {
            Variable::Column(column) if self.in_basis[column] => return None,
            Variable::Column(column) => {
                (self.reduced_cost(column), self.columns[column].cost, self.columns[column].length)
            }
            Variable::Slack(row) => match self.rows[row] {
                Row::AtLeast { .. } => (self.duals[row], 0.0, 1.0),
                Row::AtMost { .. } => (-self.duals[row], 0.0, 1.0),
            },
            Variable::Missing(_) => return None,
        };
        (reduced < -1e-9 * (1.0 + cost)).then_some(reduced / length)
    }

    fn candidates(&self) -> Vec<Variable> {
        let columns = (0..self.columns.len()).map(Variable::Column);
        let slacks = (0..self.rows.len()).map(Variable::Slack);
        let steep = |variable: Variable| self.steepness(variable).map(|steepness| (steepness, variable));
        let mut found: Vec<(f64, Variable)> = columns.chain(slacks).filter_map(steep).collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found.truncate(CANDIDATES);
        found.into_iter().map(|found| found.1).collect()
    }

    /// The steepest of the candidates; those that are none any more go.
    fn steepest(&self, candidates: &mut Vec<Variable>) -> Option<Variable> {
        let mut best: Option<(f64, Variable)> = None;
        candidates.retain(|&variable| {
            let Some(steepness) = self.steepness(variable) else { return false };
            if best.is_none_or(|best| steepness < best.0) {
                best = Some((steepness, variable));
            }
            true
        });
        best.map(|best| best.1)
    }

    /// The variable's column in terms of the basis.
    fn direction(&self, variable: Variable) -> Vec<f64> {
        let count = self.rows.len();
        let single =
            |row: usize, sign: f64| (0..count).map(|line| sign * self.inverse[line * count + row]).collect();
        match variable {
            Variable::Column(column) => {
                let entries = self.entries_of(column);
                let line = |line: usize| {
                    let inverse = &self.inverse[line * count..(line + 1) * count];
                    entries.iter().map(|entry| inverse[entry.0 as usize] * entry.1).sum()
                };
                (0..count).map(line).collect()
            }
            Variable::Slack(row) => match self.rows[row] {
                Row::AtLeast { .. } => single(row, -1.0),
                Row::AtMost { .. } => single(row, 1.0),
            },
            Variable::Missing(row) => single(row, 1.0),
        }
    }

    /// Takes a variable into the basis; `false` if nothing ends its growth, which only rounding can cause.
    fn pivot(&mut self, entering: Variable) -> bool {
        let count = self.rows.len();
        let step = self.direction(entering);
        let mut length = f64::INFINITY;
        for (row, step) in step.iter().enumerate() {
            if *step > PIVOT {
                length = length.min((self.held[row].max(0.0) + 1e-9) / step);
            }
        }
        // Among the rows that end the growth about there, the one with the largest pivot.
        let mut leaving = None;
        let mut largest = 0.0;
        for (row, step) in step.iter().enumerate() {
            if *step > PIVOT && self.held[row].max(0.0) / step <= length && *step > largest {
                (largest, leaving) = (*step, Some(row));
            }
        }
        let Some(leaving) = leaving else { return false };
        let length = self.held[leaving].max(0.0) / step[leaving];
        for (held, step) in self.held.iter_mut().zip(&step) {
            *held -= length * step;
        }
        self.held[leaving] = length;
        let reduced = match entering {
            Variable::Column(column) => self.reduced_cost(column),
            Variable::Slack(row) => match self.rows[row] {
                Row::AtLeast { .. } => self.duals[row],
                Row::AtMost { .. } => -self.duals[row],
            },
            Variable::Missing(_) => 0.0,
        };
        let (before, rest) = self.inverse.split_at_mut(leaving * count);
        let (pivot, after) = rest.split_at_mut(count);
        pivot.iter_mut().for_each(|entry| *entry /= step[leaving]);
        let touched: Vec<usize> = (0..count).filter(|&at| pivot[at] != 0.0).collect();
        let lines = before.chunks_exact_mut(count).zip(&step[..leaving]);
        for (line, factor) in lines.chain(after.chunks_exact_mut(count).zip(&step[leaving + 1..])) {
            if factor.abs() <= 1e-13 {
                continue;
            }
            if touched.len() * 3 < count {
                touched.iter().for_each(|&at| line[at] -= factor * pivot[at]);
            } else {
                line.iter_mut().zip(pivot.iter()).for_each(|(entry, pivot)| *entry -= factor * pivot);
            }
        }
        for &at in &touched {
            self.duals[at] += reduced * pivot[at];
        }
        if let Variable::Column(column) = self.basis[leaving] {
            self.in_basis[column] = false;
        }
        if let Variable::Column(column) = entering {
            self.in_basis[column] = true;
        }
        self.basis[leaving] = entering;
        self.since_refactored += 1;
        true
    }

    /// Makes the inverse anew from the basis, and all that follows from it.
    fn refactor(&mut self) {
        self.since_refactored = 0;
        let count = self.rows.len();
        // The basis, row by row, beside what becomes its inverse.
        let mut matrix = vec![0.0; count * count];
        for (position, variable) in self.basis.iter().enumerate() {
            match variable {
                Variable::Column(column) => {
                    for entry in self.entries_of(*column) {
                        matrix[entry.0 as usize * count + position] = entry.1;
                    }
                }
                Variable::Slack(row) => {
                    matrix[row * count + position] =
                        if matches!(self.rows[*row], Row::AtLeast { .. }) { -1.0 } else { 1.0 };
                }
                Variable::Missing(row) => matrix[row * count + position] = 1.0,
            }
        }
        let mut inverse = vec![0.0; count * count];
        (0..count).for_each(|row| inverse[row * count + row] = 1.0);
        let mut chosen = vec![false; count];
        let mut line_of = vec![0; count];
        // Positions with few entries first: slacks and single items leave the rest as it is.
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|&position| match self.basis[position] {
            Variable::Column(column) => self.columns[column].entries.len(),
            _ => 0,
        });
        for position in order {
            let mut pivot = None;
            let mut largest = 1e-9;
            for line in 0..count {
                let size = matrix[line * count + position].abs();
                if !chosen[line] && size > largest {
                    (largest, pivot) = (size, Some(line));
                }
            }
            // A basis that has become singular is left as it is: its duals were good enough so far.
            let Some(pivot) = pivot else { return };
            chosen[pivot] = true;
            line_of[position] = pivot;
            let scale = 1.0 / matrix[pivot * count + position];
            for at in 0..count {
                matrix[pivot * count + at] *= scale;
                inverse[pivot * count + at] *= scale;
            }
            let pivot_line = matrix[pivot * count..(pivot + 1) * count].to_vec();
            let inverse_line = inverse[pivot * count..(pivot + 1) * count].to_vec();
            for line in (0..count).filter(|&line| line != pivot) {
                let factor = matrix[line * count + position];
                if factor == 0.0 {
                    continue;
                }
                let own = &mut matrix[line * count..(line + 1) * count];
                own.iter_mut().zip(&pivot_line).for_each(|(entry, pivot)| *entry -= factor * pivot);
                let own = &mut inverse[line * count..(line + 1) * count];
                own.iter_mut().zip(&inverse_line).for_each(|(entry, pivot)| *entry -= factor * pivot);
            }
        }
        for (position, &line) in line_of.iter().enumerate() {
            self.inverse[position * count..(position + 1) * count]
                .copy_from_slice(&inverse[line * count..(line + 1) * count]);
        }
        for position in 0..count {
            let line = &self.inverse[position * count..(position + 1) * count];
            self.held[position] =
                line.iter().zip(&self.amounts).map(|(entry, amount)| entry * amount).sum::<f64>().max(0.0);
        }
        self.duals.fill(0.0);
        for position in 0..count {
            let cost = self.cost_of(self.basis[position]);
            if cost != 0.0 {
                let line = &self.inverse[position * count..(position + 1) * count];
                self.duals.iter_mut().zip(line).for_each(|(dual, entry)| *dual += cost * entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, Simplex};

    #[test]
    fn covers_at_the_least_cost() {
        let row = |amount| Row::AtLeast { amount, missing: 100.0 };
        let mut simplex = Simplex::new(vec![row(4.0), row(6.0)]);
        simplex.add(3.0, [(0, 1.0)]);
        simplex.add(2.0, [(1, 1.0)]);
        simplex.solve(100);
        assert!((simplex.cost() - 24.0).abs() < 1e-3);
        simplex.add(4.0, [(0, 1.0), (1, 1.0)]);
        simplex.solve(100);
        assert!((simplex.cost() - 20.0).abs() < 1e-3);
        let duals: Vec<f64> = simplex.duals().collect();
        assert!((duals[0] - 2.0).abs() < 1e-6 && (duals[1] - 2.0).abs() < 1e-6);
    }

    #[test]
    fn a_limit_has_a_price() {
        let mut simplex =
            Simplex::new(vec![Row::AtLeast { amount: 10.0, missing: 100.0 }, Row::AtMost { amount: 4.0 }]);
        simplex.add(1.0, [(0, 1.0), (1, 1.0)]);
        simplex.add(3.0, [(0, 1.0)]);
        simplex.solve(100);
        assert!((simplex.cost() - 22.0).abs() < 1e-3);
        assert!((simplex.duals().last().unwrap_or(0.0) + 2.0).abs() < 1e-6);
    }

    #[test]
    fn what_cannot_be_covered_is_missing() {
        let mut simplex = Simplex::new(vec![Row::AtLeast { amount: 2.0, missing: 7.0 }]);
        simplex.solve(10);
        assert!((simplex.cost() - 14.0).abs() < 1e-3);
    }
}
