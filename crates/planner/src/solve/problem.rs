//! The problem as numbers: classes of equal pods, bins to put them in, and what they may share.
//!
//! Nothing in here knows what a pod or a zone is. Amounts and prices are integers; a resource is a
//! position in a vector. Rules between domains larger than a bin are settled before: by splitting a class
//! into one for each domain.

/// A set of small numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitSet(Vec<u64>);

impl BitSet {
    /// The empty set, with room for the numbers below `len`.
    pub fn with_len(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    /// Adds a number.
    pub fn insert(&mut self, index: usize) {
        if self.0.len() <= index / 64 {
            self.0.resize(index / 64 + 1, 0);
        }
        self.0[index / 64] |= 1 << (index % 64);
    }

    /// Whether it holds a number.
    pub fn contains(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// True when it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    /// The numbers that both hold.
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(left, right)| left & right).collect())
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                rest &= rest.checked_sub(1)?;
                Some(at * 64 + bit as usize)
            })
        })
    }
}

impl FromIterator<usize> for BitSet {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut set = Self::default();
        numbers.into_iter().for_each(|number| set.insert(number));
        set
    }
}

/// What is to be packed. Positions in the lists are the names of things.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// How many resources there are; all amounts have this length.
    pub resources: usize,
    /// What must find a place.
    pub classes: Vec<Class>,
    /// Where.
    pub bins: Vec<Bin>,
    /// At most so many of these classes' pods in any one bin (host anti-affinity, host ports).
    pub caps: Vec<Cap>,
    /// Classes that may not share a bin.
    pub conflicts: Vec<Conflict>,
    /// Limits on what is bought and used in all.
    pub limits: Vec<Limit>,
}

/// Pods that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// What one takes of each resource; never negative.
    pub need: Box<[i64]>,
    /// How many there are.
    pub count: u32,
}

/// A kind of bin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bin {
    /// What it has of each resource for the classes, everything else already taken off. Negative amounts
    /// are nothing for those who ask for it, and no obstacle for those who do not.
    pub room: Box<[i64]>,
    /// Nano-dollars per hour for one.
    pub price: i64,
    /// How many can be had; `None` for any number. One for a node that exists.
    pub supply: Option<u32>,
    /// It stays, empty or not: its price is paid in any case. Only with a supply.
    pub stays: bool,
    /// The classes that it takes; not those that what is in it already keeps out.
    pub accepts: BitSet,
    /// What is in it already counts against caps: by cap, how many. Empty for nothing.
    pub used_caps: Vec<(usize, u32)>,
}

/// At most `most` pods of `classes` in any one bin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Whom it counts.
    pub classes: BitSet,
    /// How many.
    pub most: u32,
}

/// No pod of `left` in a bin with one of `right`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// One side.
    pub left: BitSet,
    /// The other. A class on both sides excludes all others of both, not itself (that is a cap of one).
    pub right: BitSet,
}

/// A limit on the sum over all bins that are used (opened).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What one bin of each kind counts, in the order of the bins; zero for those that it does not count.
    pub per_bin: Box<[i64]>,
    /// How much.
    pub most: i64,
}

/// A packing: bins with what is in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packing {
    /// The bins used.
    pub bins: Vec<Packed>,
    /// By class, how many found no place.
    pub unplaced: Vec<u32>,
}

/// One bin with what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Its kind.
    pub bin: usize,
    /// Classes and how many of each, ordered by class, no zeros.
    pub pods: Vec<(usize, u32)>,
}

/// How long there is. The answer must not depend on it other than by ending earlier.
pub trait Watch: Sync {
    /// The seconds left, at most zero when there is no time any more.
    fn seconds_left(&self) -> f64;
}

/// No end: work is limited by its own convergence.
#[derive(Clone, Copy, Debug)]
pub struct Unhurried;

impl Watch for Unhurried {
    fn seconds_left(&self) -> f64 {
        f64::INFINITY
    }
}

/// How hard to try.
#[derive(Clone, Copy)]
pub struct Effort<'a> {
    /// When to stop.
    pub watch: &'a dyn Watch,
    /// Threads to use; the answer is the same for every number.
    pub threads: usize,
    /// Seeds the random choices of the search.
    pub seed: u64,
    /// A good answer within milliseconds instead of the best within seconds.
    pub quick: bool,
}

/// A lower bound on the price of any packing of all pods, with its proof.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LowerBound {
    /// Nano-dollars per hour: rounded down.
    pub price: i64,
    /// By class, nano-dollars for one pod: rounded down.
    pub duals: Vec<i64>,
    /// By bin, at least the most that any feasible content is worth at these duals; at most its price where
    /// the supply is unlimited.
    pub worth: Vec<i64>,
}

/// An answer: a packing, and how cheap it could be at best.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Solution {
    /// The packing.
    pub packing: Packing,
    /// What no packing of all pods can be cheaper than.
    pub bound: LowerBound,
}
