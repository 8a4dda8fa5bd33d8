//! Prices of a bin's room: the dual of filling one bin with fractions of pods.
//!
//! A linear program with few rows (resources and groups), many bounded columns: a primal simplex over
//! bounded variables whose inverse is a handful of numbers. Whatever prices come out, a bound made with them
//! holds; better ones make it tighter.

/// Columns that may be taken in fractions, row by row.
pub struct Columns<'a> {
    /// By column, what one is worth.
    pub values: &'a [f64],
    /// By column, how many there are.
    pub most: &'a [f64],
    /// By column and row, the share of the row's room that one takes.
    pub shares: &'a [f64],
    /// How many rows.
    pub rows: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    Zero,
    Most,
    Basis,
}

/// By row, what the whole room of the row is worth; never negative.
pub fn prices(columns: &Columns<'_>) -> Vec<f64> {
    let (rows, count) = (columns.rows, columns.values.len());
    let mut at = vec![At::Zero; count + rows];
    at[count..].fill(At::Basis);
    let mut basis: Vec<usize> = (count..count + rows).collect();
    let mut inverse = vec![0.0; rows * rows];
    (0..rows).for_each(|row| inverse[row * rows + row] = 1.0);
    let mut held = vec![1.0_f64; rows];
    let mut prices = vec![0.0; rows];
    let mut step = vec![0.0; rows];
    let value = |column: usize| if column < count { columns.values[column] } else { 0.0 };
    let most = |column: usize| if column < count { columns.most[column] } else { f64::INFINITY };
    for _ in 0..4 * count + 20 {
        for (row, price) in prices.iter_mut().enumerate() {
            *price = (0..rows).map(|at| value(basis[at]) * inverse[at * rows + row]).sum();
        }
        let mut entering = None;
        let mut gain = 1e-9;
        for (column, &worth) in columns.values.iter().enumerate() {
            let share = &columns.shares[column * rows..(column + 1) * rows];
            let reduced = worth - share.iter().zip(&prices).map(|(share, price)| share * price).sum::<f64>();
            let better = match at[column] {
                At::Zero => reduced / worth,
                At::Most => -reduced / worth,
                At::Basis => 0.0,
            };
            if better > gain {
                (gain, entering) = (better, Some(column));
            }
        }
        if entering.is_none() {
            for row in 0..rows {
                if at[count + row] == At::Zero && prices[row] < -1e-12 {
                    entering = Some(count + row);
                    break;
                }
            }
        }
        let Some(entering) = entering else { break };
        let up = at[entering] == At::Zero;
        for (row, step) in step.iter_mut().enumerate() {
            *step = if entering < count {
                let share = &columns.shares[entering * rows..(entering + 1) * rows];
                (0..rows).map(|other| inverse[row * rows + other] * share[other]).sum()
            } else {
                inverse[row * rows + entering - count]
            };
        }
        let direction = if up { 1.0 } else { -1.0 };
        let mut length = most(entering);
        let mut leaving = None;
        for row in 0..rows {
            let change = direction * step[row];
            let limit = if change > 1e-9 {
                held[row].max(0.0) / change
            } else if change < -1e-9 {
                (most(basis[row]) - held[row]).max(0.0) / -change
            } else {
                continue;
            };
            if limit < length {
                (length, leaving) = (limit, Some(row));
            }
        }
        for row in 0..rows {
            held[row] -= direction * length * step[row];
        }
        let Some(row) = leaving else {
            at[entering] = if up { At::Most } else { At::Zero };
            continue;
        };
        let old = basis[row];
        at[old] = if direction * step[row] > 0.0 { At::Zero } else { At::Most };
        at[entering] = At::Basis;
        basis[row] = entering;
        held[row] = if up { length } else { most(entering) - length };
        let pivot = step[row];
        for other in 0..rows {
            inverse[row * rows + other] /= pivot;
        }
        for line in (0..rows).filter(|&line| line != row) {
            let factor = step[line];
            if factor != 0.0 {
                for other in 0..rows {
                    inverse[line * rows + other] -= factor * inverse[row * rows + other];
                }
            }
        }
    }
    prices.iter_mut().for_each(|price| *price = price.max(0.0));
    prices
}

#[cfg(test)]
mod tests {
    use super::{Columns, prices};

    #[test]
    fn a_single_row_is_priced_by_the_item_that_is_split() {
        let found = prices(&Columns {
            values: &[6.0, 5.0, 1.0],
            most: &[1.0, 9.0, 9.0],
            shares: &[0.5, 0.5, 0.2],
            rows: 1,
        });
        assert!((found[0] - 10.0).abs() < 1e-9);
    }

    #[test]
    fn two_rows_share_the_value() {
        let columns =
            Columns { values: &[3.0, 3.0], most: &[9.0, 9.0], shares: &[0.5, 0.25, 0.25, 0.5], rows: 2 };
        let found = prices(&columns);
        assert!((found[0] - 4.0).abs() < 1e-9 && (found[1] - 4.0).abs() < 1e-9);
    }
}
