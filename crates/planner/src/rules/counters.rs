//! Domains, and counters of pods in them.

use std::sync::Arc;

use model::node_labels::HOSTNAME;

use super::bits::Bits;
use super::ids::Ids;
use super::rows::Rows;
use super::shape::Domain;

/// The row is in no domain.
pub(super) const NO_DOMAIN: u32 = u32::MAX;
/// Every new node of the row is a domain of its own.
pub(super) const OWN_DOMAIN: u32 = u32::MAX - 1;
/// Not a counter for topology spread.
pub(super) const NO_SPREAD: u32 = u32::MAX;

/// What domains are told apart by, and the domain of each row.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) domain: Domain,
    pub(super) of_row: Box<[u32]>,
    /// Domains known beforehand; those of new nodes follow.
    pub(super) fixed: u32,
    /// Counters of this key.
    pub(super) columns: u32,
}

impl Key {
    fn new(domain: Domain, rows: &Rows) -> Self {
        let (of_row, fixed) = match &domain {
            Domain::Cluster => (vec![0; rows.len()], 1),
            Domain::Node => {
                let own = |row| if row < rows.existing { row as u32 } else { OWN_DOMAIN };
                ((0..rows.len()).map(own).collect(), rows.existing as u32)
            }
            Domain::Label(key) => {
                let (values, count) = rows.values(key);
                let without =
                    |row| if row >= rows.existing && **key == *HOSTNAME { OWN_DOMAIN } else { NO_DOMAIN };
                let of_row =
                    values.iter().enumerate().map(|(row, value)| value.unwrap_or_else(|| without(row)));
                (of_row.collect(), count)
            }
        };
        Self { domain, of_row: of_row.into(), fixed, columns: 0 }
    }
}

/// A counter: how many pods of some classes are in each domain of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Counter {
    pub(super) key: u32,
    pub(super) column: u32,
    /// For topology spread, its number among those; else [`NO_SPREAD`].
    pub(super) spread: u32,
}

/// The rows that count for a topology spread, by key.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Ground {
    pub(super) key: u32,
    pub(super) rows: Arc<Bits>,
}

/// A counter, and the classes that it counts.
pub(super) type Counted = (Counter, Box<[u32]>);

/// All keys and counters, each once: equal sets of classes share a counter.
#[derive(Debug, Default)]
pub(super) struct CounterMaker {
    domains: Ids<Domain>,
    keys: Vec<Key>,
    grounds: Ids<Ground>,
    counters: Ids<(u32, Option<u32>, Box<[u32]>)>,
    made: Vec<Counter>,
    /// By counter for topology spread, its ground.
    spreads: Vec<u32>,
}

/// What has been made.
#[derive(Debug)]
pub(super) struct Counters {
    pub(super) keys: Vec<Key>,
    pub(super) grounds: Vec<Ground>,
    /// By counter for topology spread, its ground.
    pub(super) spreads: Vec<u32>,
    /// By ground, its counters.
    on_ground: Vec<Vec<u32>>,
}

impl Counters {
    /// The counters for topology spread on a ground.
    pub(super) fn spreads_on(&self, ground: usize) -> &[u32] {
        &self.on_ground[ground]
    }

    /// Whether a counter for topology spread counts pods on the row.
    pub(super) fn counts_on(&self, counter: Counter, row: usize) -> bool {
        self.grounds[self.spreads[counter.spread as usize] as usize].rows.contains(row)
    }
}

impl CounterMaker {
    pub(super) fn key(&mut self, domain: Domain, rows: &Rows) -> u32 {
        let number = self.domains.of(domain.clone());
        if number as usize == self.keys.len() {
            self.keys.push(Key::new(domain, rows));
        }
        number
    }

    pub(super) fn domain(&self, key: u32) -> Domain {
        self.keys[key as usize].domain.clone()
    }

    /// The counter of these classes, on all rows.
    pub(super) fn counter(&mut self, key: u32, classes: &[u32]) -> Counter {
        self.make(key, None, classes)
    }

    /// The counter of these classes on some rows, for topology spread.
    pub(super) fn spread(&mut self, key: u32, rows: Arc<Bits>, classes: &[u32]) -> Counter {
        let ground = self.grounds.of(Ground { key, rows });
        self.make(key, Some(ground), classes)
    }

    fn make(&mut self, key: u32, ground: Option<u32>, classes: &[u32]) -> Counter {
        let number = self.counters.of((key, ground, classes.into())) as usize;
        if number == self.made.len() {
            let columns = &mut self.keys[key as usize].columns;
            let column = *columns;
            *columns += 1;
            let spread = match ground {
                Some(ground) => {
                    self.spreads.push(ground);
                    self.spreads.len() as u32 - 1
                }
                None => NO_SPREAD,
            };
            self.made.push(Counter { key, column, spread });
        }
        self.made[number]
    }

    /// The counters, and each with the classes that it counts.
    pub(super) fn finish(self) -> (Counters, Vec<Counted>) {
        let classes = self.counters.into_values().into_iter().map(|(_, _, classes)| classes);
        let counted = self.made.into_iter().zip(classes).collect();
        let grounds = self.grounds.into_values();
        let mut on_ground = vec![Vec::new(); grounds.len()];
        for (spread, &ground) in self.spreads.iter().enumerate() {
            on_ground[ground as usize].push(spread as u32);
        }
        (Counters { keys: self.keys, grounds, spreads: self.spreads, on_ground }, counted)
    }
}
