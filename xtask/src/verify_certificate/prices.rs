//! Prices of room, from the linear program of filling one machine with fractions of pods.
//!
//! A primal simplex on a dense tableau with upper bounds on the variables, in floating point: any prices
//! bound the content of a machine, good ones bound it well.

use std::collections::BTreeMap;

use super::knapsack::{Knapsack, RESOURCES};

const EPSILON: f64 = 1e-9;

struct Tableau {
    /// By row: the columns of items, then those of what is left of each row.
    rows: Vec<Vec<f64>>,
    /// By column, what one more of it would gain.
    gains: Vec<f64>,
    most: Vec<f64>,
    at_most: Vec<bool>,
    /// By row, the column that is in it, and how much of that there is.
    basis: Vec<usize>,
    amounts: Vec<f64>,
}

/// Nano-dollars for one unit of each resource.
pub(super) fn of_room(knapsack: &Knapsack) -> [f64; RESOURCES] {
    let highest = knapsack.items.iter().map(|item| item.value).max().unwrap_or(0);
    if highest == 0 {
        return [0.0; RESOURCES];
    }
    let mut tableau = Tableau::new(knapsack, highest as f64);
    // Good prices come long before; a cycle must not keep us.
    for _ in 0..20 * (knapsack.items.len() + 50) {
        if !tableau.step() {
            break;
        }
    }
    let items = knapsack.items.len();
    std::array::from_fn(|at| -tableau.gains[items + at] * highest as f64 / (knapsack.room[at].max(1)) as f64)
}

impl Tableau {
    fn new(knapsack: &Knapsack, highest: f64) -> Self {
        let items = &knapsack.items;
        let mut members = BTreeMap::<usize, Vec<usize>>::new();
        for (at, item) in items.iter().enumerate() {
            if let Some(group) = item.group {
                members.entry(group).or_default().push(at);
            }
        }
        members.retain(|_, members| members.len() > 1);
        let columns = items.len() + RESOURCES + members.len();
        let mut rows = Vec::with_capacity(RESOURCES + members.len());
        for at in 0..RESOURCES {
            let room = knapsack.room[at].max(1) as f64;
            rows.push(items.iter().map(|item| item.need[at] as f64 / room).collect::<Vec<f64>>());
        }
        for members in members.values() {
            let mut row = vec![0.0; items.len()];
            members.iter().for_each(|&at| row[at] = 1.0);
            rows.push(row);
        }
        for (at, row) in rows.iter_mut().enumerate() {
            row.resize(columns, 0.0);
            row[items.len() + at] = 1.0;
        }
        let mut gains: Vec<f64> = items.iter().map(|item| item.value as f64 / highest).collect();
        gains.resize(columns, 0.0);
        let mut most: Vec<f64> = items.iter().map(|item| item.most as f64).collect();
        most.resize(columns, f64::INFINITY);
        let mut amounts = vec![1.0; rows.len()];
        (0..RESOURCES).filter(|&at| knapsack.room[at] <= 0).for_each(|at| amounts[at] = 0.0);
        Self {
            basis: (items.len()..columns).collect(),
            at_most: vec![false; columns],
            rows,
            gains,
            most,
            amounts,
        }
    }

    /// Brings in the column that gains most; false when none does.
    fn step(&mut self) -> bool {
        let gain =
            |column: usize| if self.at_most[column] { -self.gains[column] } else { self.gains[column] };
        let best = (0..self.gains.len())
            .filter(|&column| self.most[column] > 0.0 && gain(column) > EPSILON)
            .max_by(|&a, &b| gain(a).total_cmp(&gain(b)));
        let Some(entering) = best else { return false };
        let sign = if self.at_most[entering] { -1.0 } else { 1.0 };
        let (mut step, mut leaving) = (self.most[entering], None);
        for (row, coefficients) in self.rows.iter().enumerate() {
            let slope = coefficients[entering] * sign;
            let (limit, to_most) = if slope > EPSILON {
                (self.amounts[row] / slope, false)
            } else if slope < -EPSILON && self.most[self.basis[row]].is_finite() {
                ((self.amounts[row] - self.most[self.basis[row]]) / slope, true)
            } else {
                continue;
            };
            if limit < step {
                (step, leaving) = (limit.max(0.0), Some((row, to_most)));
            }
        }
        if step.is_infinite() {
            return false;
        }
        for (row, coefficients) in self.rows.iter().enumerate() {
            self.amounts[row] -= coefficients[entering] * sign * step;
        }
        let Some((row, to_most)) = leaving else {
            self.at_most[entering] = !self.at_most[entering];
            return true;
        };
        let start = if self.at_most[entering] { self.most[entering] } else { 0.0 };
        self.at_most[self.basis[row]] = to_most;
        self.at_most[entering] = false;
        self.basis[row] = entering;
        self.amounts[row] = start + sign * step;
        self.pivot(row, entering);
        true
    }

    fn pivot(&mut self, row: usize, column: usize) {
        let pivot = self.rows[row][column];
        self.rows[row].iter_mut().for_each(|one| *one /= pivot);
        let pivot_row = std::mem::take(&mut self.rows[row]);
        for (at, other) in self.rows.iter_mut().enumerate() {
            if at == row || other[column] == 0.0 {
                continue;
            }
            let factor = other[column];
            other.iter_mut().zip(&pivot_row).for_each(|(one, pivot)| *one -= factor * pivot);
        }
        let factor = self.gains[column];
        self.gains.iter_mut().zip(&pivot_row).for_each(|(one, pivot)| *one -= factor * pivot);
        self.rows[row] = pivot_row;
    }
}
