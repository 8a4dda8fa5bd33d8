//! Numbers that change as pods come and go.

use super::counters::Key;
use super::occupancy::Change;

/// The counters of one key: for each domain a line with all of them, so that one pod's counters lie
/// together and a copy is one copy of memory.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    columns: u32,
    counts: Vec<u32>,
    totals: Vec<u32>,
}

impl Tally {
    pub(super) fn new(key: &Key) -> Self {
        let columns = key.columns;
        let lines = key.fixed as usize * columns as usize;
        Self { columns, counts: vec![0; lines], totals: vec![0; columns as usize] }
    }

    /// Makes room for a domain.
    pub(super) fn reach(&mut self, domain: u32) {
        let len = (domain as usize + 1) * self.columns as usize;
        if self.counts.len() < len {
            self.counts.resize(len, 0);
        }
    }

    pub(super) fn at(&self, domain: u32, column: u32) -> u32 {
        self.counts[domain as usize * self.columns as usize + column as usize]
    }

    pub(super) fn total(&self, column: u32) -> u32 {
        self.totals[column as usize]
    }

    /// Counts one more or one less; what it was before.
    pub(super) fn change(&mut self, domain: u32, column: u32, change: Change) -> u32 {
        let count = &mut self.counts[domain as usize * self.columns as usize + column as usize];
        let before = *count;
        *count = change.applied_to(before);
        let total = &mut self.totals[column as usize];
        *total = change.applied_to(*total);
        before
    }
}

/// How full the domains of a topology spread are: how many domains have how many pods.
#[derive(Clone, Debug, Default)]
pub(super) struct SpreadTally {
    with_count: Vec<u32>,
    domains: u32,
    least: u32,
}

impl SpreadTally {
    /// Pods in the least full domain; with too few domains an absent one is the least full.
    pub(super) fn least(&self, min_domains: i64) -> i64 {
        if i64::from(self.domains) < min_domains { 0 } else { i64::from(self.least) }
    }

    /// A domain without pods comes.
    pub(super) fn domain_comes(&mut self) {
        if self.with_count.is_empty() {
            self.with_count.push(0);
        }
        self.with_count[0] += 1;
        self.domains += 1;
        self.least = 0;
    }

    /// A domain without pods goes.
    pub(super) fn domain_goes(&mut self) {
        self.with_count[0] -= 1;
        self.domains -= 1;
        self.rise();
    }

    /// A domain that had `before` pods gets or loses one.
    pub(super) fn moves(&mut self, before: u32, change: Change) {
        let after = change.applied_to(before);
        let len = before.max(after) as usize + 1;
        if self.with_count.len() < len {
            self.with_count.resize(len, 0);
        }
        self.with_count[before as usize] -= 1;
        self.with_count[after as usize] += 1;
        self.least = self.least.min(after);
        self.rise();
    }

    /// Lifts the least count to the first that a domain has.
    fn rise(&mut self) {
        if self.domains == 0 {
            self.least = 0;
            return;
        }
        while self.with_count[self.least as usize] == 0 {
            self.least += 1;
        }
    }
}
