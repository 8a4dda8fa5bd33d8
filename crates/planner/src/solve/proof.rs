//! A bound with its proof: from prices and ceilings to what no packing can be cheaper than.

use super::content::Content;
use super::reduced::Reduced;
use super::relax::Rest;

/// Kinds are looked at harder for the bound's sake alone when that could close this share of the distance: one half,
/// say, is 2.
const HOPE_OF_PROOF: i128 = 4;

/// How many contents such a look may hold on to: more would find more, and take the time that packing needs.
const WIDTHS_OF_PROOF: [usize; 1] = [256];

/// Such a look at contents of more items than this takes too long.
pub const ITEMS_OF_PROOF: usize = 64;

/// A bound with its proof: at these prices no content of a kind is worth more than its ceiling.
#[derive(Clone, Debug)]
pub struct Proof {
    /// By item, nano-dollars.
    pub values: Vec<i64>,
    /// By kind, nano-dollars; at most the price where supply is unlimited.
    pub ceilings: Vec<i64>,
    /// Nano-dollars beside what is paid in any case.
    pub price: i128,
}

impl Proof {
    /// The bound of nothing.
    pub fn trivial(reduced: &Reduced) -> Self {
        Self { values: vec![0; reduced.items.len()], ceilings: vec![0; reduced.kinds.len()], price: 0 }
    }

    /// Scales prices until no content of an unlimited kind is worth more than it costs.
    pub fn scaled(reduced: &Reduced, rest: &Rest, values: &[i64], ceilings: &[i64]) -> Self {
        let mut scale = (1i128, 1i128);
        for (kind, ceiling) in reduced.kinds.iter().zip(ceilings) {
            let (price, ceiling) = (i128::from(kind.price), i128::from(*ceiling));
            if kind.supply.is_none() && ceiling > price && price * scale.1 < scale.0 * ceiling {
                scale = (price, ceiling);
            }
        }
        // x·scale is never rounded up; what was at most a ceiling stays so, as contents are whole numbers.
        let down = |amount: i64| (i128::from(amount) * scale.0 / scale.1) as i64;
        let values: Vec<i64> = values.iter().map(|value| down(*value)).collect();
        let ceilings: Vec<i64> = ceilings.iter().map(|ceiling| down(*ceiling)).collect();
        let sum: i128 = values
            .iter()
            .zip(&rest.counts)
            .map(|(value, count)| i128::from(*value) * i128::from(*count))
            .sum();
        let limited =
            reduced.kinds.iter().zip(&rest.supply).zip(&ceilings).map(|((kind, supply), ceiling)| {
                let over = (i128::from(kind.cost()) - i128::from(*ceiling)).min(0);
                over * i128::from(supply.unwrap_or(0))
            });
        let price = sum + limited.sum::<i128>();
        Self { values, ceilings, price }
    }

    /// What contents prove at these prices when no other of a kind is worth more than `amount` says.
    pub fn of(
        reduced: &Reduced,
        rest: &Rest,
        values: &[i64],
        contents: &[Content],
        amount: fn(&Content) -> i64,
    ) -> Self {
        let amounts: Vec<i64> = contents.iter().map(amount).collect();
        Self::scaled(reduced, rest, values, &amounts)
    }

    /// Where it proves no more than is known but could, if ceilings were as low as the contents that were found, the
    /// kinds that are in the way are looked at harder: `ask` does so, for contents of these kinds with this width,
    /// unless it is not worth it. `known` is proven, and more than `cost` never can be.
    pub fn sharpened(
        mut self,
        (reduced, rest, values): (&Reduced, &Rest, &[i64]),
        contents: &mut [Content],
        (known, cost): (i128, i128),
        ask: impl Fn(&[usize], usize) -> Option<Vec<Content>>,
    ) -> Self {
        for width in WIDTHS_OF_PROOF {
            let hope = Self::of(reduced, rest, values, contents, |content| content.value).price;
            if self.price > known || hope <= known + (cost - known) / HOPE_OF_PROOF {
                break;
            }
            let harder = in_the_way(reduced, contents);
            let Some(again) = ask(&harder, width) else { continue };
            for (&kind, again) in harder.iter().zip(again) {
                contents[kind] = again;
            }
            self = Self::of(reduced, rest, values, contents, |content| content.ceiling);
        }
        self
    }
}

/// Kinds whose ceilings weaken a bound, and may be too high.
fn in_the_way(reduced: &Reduced, contents: &[Content]) -> Vec<usize> {
    let of = |kind: usize| &reduced.kinds[kind];
    let worth = |kind: usize| contents[kind].value as f64 / of(kind).price.max(1) as f64;
    let free = (0..contents.len()).filter(|&kind| of(kind).supply.is_none());
    let most = free.map(worth).fold(1.0, f64::max);
    let weakens = |kind: usize| {
        of(kind).supply.is_some() || contents[kind].ceiling as f64 > of(kind).price as f64 * most
    };
    let is_open = |kind: usize| contents[kind].ceiling > contents[kind].value;
    (0..contents.len()).filter(|&kind| is_open(kind) && weakens(kind)).collect()
}
