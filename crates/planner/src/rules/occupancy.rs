//! Who is where: the cluster as it is, and as it would be after pods and nodes come and go.

use super::classes::ClaimRules;
use super::compile::Rules;
use super::counters::{Counter, NO_DOMAIN, NO_SPREAD, OWN_DOMAIN};
use super::shape::Spot;
use super::tally::{SpreadTally, Tally};
use crate::plan::NodeIndex;

/// A place that pods can be in: a node that exists, or a new one that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceId(u32);

/// Who is where. A copy costs little, so that something can be tried on one.
#[derive(Clone, Debug)]
pub struct Occupancy<'r> {
    rules: &'r Rules,
    places: Vec<PlaceState>,
    /// By place and column, what is left.
    free: Vec<i64>,
    /// By key, the counters.
    tallies: Vec<Tally>,
    /// By counter for topology spread.
    spreads: Vec<SpreadTally>,
    /// By ground and domain, how many open places count.
    grounds: Vec<Vec<u32>>,
    /// Opened places that are closed again.
    vacant: Vec<u32>,
}

#[derive(Clone, Debug)]
struct PlaceState {
    row: u32,
    is_open: bool,
    /// By class, how many pods.
    pods: Vec<(u32, u32)>,
    /// Shared volumes, and how many pods use each; attached ones that nobody uses have one user more.
    volumes: Vec<(u32, u32)>,
}

impl Rules {
    /// The cluster as it is: all nodes, with the pods that are bound to them.
    pub fn occupancy(&self) -> Occupancy<'_> {
        let mut occupancy = Occupancy {
            rules: self,
            places: Vec::new(),
            free: Vec::new(),
            tallies: self.counters.keys.iter().map(Tally::new).collect(),
            spreads: vec![SpreadTally::default(); self.counters.spreads.len()],
            grounds: vec![Vec::new(); self.counters.grounds.len()],
            vacant: Vec::new(),
        };
        for row in 0..self.rows.existing {
            occupancy.push(row as u32);
        }
        for &(row, volume) in &self.attached {
            occupancy.attach(PlaceId(row), volume);
        }
        for &(class, row) in &self.bound {
            occupancy.add(class as usize, PlaceId(row));
        }
        occupancy
    }
}

impl<'r> Occupancy<'r> {
    /// The rules that it follows.
    pub fn rules(&self) -> &'r Rules {
        self.rules
    }

    /// The place of a node that exists.
    pub fn existing(&self, node: NodeIndex) -> PlaceId {
        PlaceId(node as u32)
    }

    /// What the place is.
    pub fn spot(&self, place: PlaceId) -> Spot {
        let row = self.row_of(place);
        match row.checked_sub(self.rules.rows.existing) {
            Some(shape) => Spot::New(shape),
            None => Spot::Existing(row),
        }
    }

    /// All open places: nodes that exist first, each in the order of the picture, then new ones.
    pub fn places(&self) -> impl Iterator<Item = PlaceId> + '_ {
        let open = self.places.iter().enumerate().filter(|(_, place)| place.is_open);
        open.map(|(place, _)| PlaceId(place as u32))
    }

    /// What is left there, by [`Rules::columns`]; below zero where more is asked for than there is.
    pub fn free(&self, place: PlaceId) -> &[i64] {
        let columns = self.rules.columns.len();
        &self.free[place.0 as usize * columns..][..columns]
    }

    /// Which classes are there, with how many pods each.
    pub fn pods(&self, place: PlaceId) -> impl Iterator<Item = (usize, u32)> + '_ {
        self.places[place.0 as usize].pods.iter().map(|&(class, count)| (class as usize, count))
    }

    /// Opens a new node of this shape.
    pub fn open(&mut self, shape: usize) -> PlaceId {
        let row = (self.rules.rows.existing + shape) as u32;
        match self.vacant.pop() {
            Some(place) => {
                let (columns, room) = (self.rules.columns.len(), self.rules.room_of(row as usize));
                self.free[place as usize * columns..][..columns].copy_from_slice(room);
                let state = &mut self.places[place as usize];
                (state.row, state.is_open) = (row, true);
                self.enter(PlaceId(place));
                PlaceId(place)
            }
            None => self.push(row),
        }
    }

    /// Takes a node away, with the pods on it. A new one's number may be given to another.
    pub fn close(&mut self, place: PlaceId) {
        let state = &mut self.places[place.0 as usize];
        let (pods, is_new) =
            (std::mem::take(&mut state.pods), state.row as usize >= self.rules.rows.existing);
        for &(class, count) in &pods {
            (0..count).for_each(|_| self.count(class as usize, place, Change::Leaves));
        }
        let state = &mut self.places[place.0 as usize];
        state.volumes.clear();
        state.is_open = false;
        self.leave(place);
        if is_new {
            self.vacant.push(place.0);
        }
    }

    /// Puts a pod of the class there, whether it fits or not.
    pub fn add(&mut self, class: usize, place: PlaceId) {
        self.count(class, place, Change::Comes);
        let pods = &mut self.places[place.0 as usize].pods;
        match pods.iter_mut().find(|(one, _)| *one == class as u32) {
            Some((_, count)) => *count += 1,
            None => pods.push((class as u32, 1)),
        }
    }

    /// Takes a pod of the class away from there; nothing happens when there is none.
    pub fn remove(&mut self, class: usize, place: PlaceId) {
        let pods = &mut self.places[place.0 as usize].pods;
        let Some(at) = pods.iter().position(|&(one, _)| one == class as u32) else { return };
        pods[at].1 -= 1;
        if pods[at].1 == 0 {
            pods.swap_remove(at);
        }
        self.count(class, place, Change::Leaves);
    }

    pub(super) fn row_of(&self, place: PlaceId) -> usize {
        self.places[place.0 as usize].row as usize
    }

    /// The place's domain of the key.
    pub(super) fn domain(&self, key: u32, place: PlaceId) -> Option<u32> {
        let key = &self.rules.counters.keys[key as usize];
        match key.of_row[self.row_of(place)] {
            NO_DOMAIN => None,
            OWN_DOMAIN => Some(key.fixed + place.0 - self.rules.rows.existing as u32),
            domain => Some(domain),
        }
    }

    /// What a counter says in the place's domain; zero outside of all.
    pub(super) fn count_at(&self, counter: Counter, place: PlaceId) -> i64 {
        let tally = &self.tallies[counter.key as usize];
        self.domain(counter.key, place).map_or(0, |domain| i64::from(tally.at(domain, counter.column)))
    }

    /// How many pods a counter counts in all domains.
    pub(super) fn total(&self, counter: Counter) -> u32 {
        self.tallies[counter.key as usize].total(counter.column)
    }

    /// The least full domain that a counter for topology spread knows.
    pub(super) fn least(&self, counter: Counter, min_domains: i64) -> i64 {
        self.spreads[counter.spread as usize].least(min_domains)
    }

    /// The columns of the shared volumes that a pod with these claims would attach beyond those that are there.
    pub(super) fn new_volumes(&self, claims: &ClaimRules, place: PlaceId) -> impl Iterator<Item = usize> {
        let here = &self.places[place.0 as usize].volumes;
        let is_new = |volume: &&u32| !here.iter().any(|(one, _)| one == *volume);
        claims
            .attached
            .shared
            .iter()
            .filter(is_new)
            .map(|&volume| self.rules.volumes[volume as usize] as usize)
    }

    fn push(&mut self, row: u32) -> PlaceId {
        let place = PlaceId(self.places.len() as u32);
        self.places.push(PlaceState { row, is_open: true, pods: Vec::new(), volumes: Vec::new() });
        self.free.extend_from_slice(self.rules.room_of(row as usize));
        self.enter(place);
        place
    }

    /// The place's domains come, if they were not there.
    fn enter(&mut self, place: PlaceId) {
        let row = self.row_of(place);
        for key in 0..self.tallies.len() {
            if let Some(domain) = self.domain(key as u32, place) {
                self.tallies[key].reach(domain);
            }
        }
        for (number, ground) in self.rules.counters.grounds.iter().enumerate() {
            if !ground.rows.contains(row) {
                continue;
            }
            let Some(domain) = self.domain(ground.key, place) else { continue };
            let places = &mut self.grounds[number];
            if places.len() <= domain as usize {
                places.resize(domain as usize + 1, 0);
            }
            places[domain as usize] += 1;
            if places[domain as usize] == 1 {
                let spreads = self.rules.counters.spreads_on(number);
                spreads.iter().for_each(|&spread| self.spreads[spread as usize].domain_comes());
            }
        }
    }

    /// The place's domains go, if nothing else is in them.
    fn leave(&mut self, place: PlaceId) {
        let row = self.row_of(place);
        for (number, ground) in self.rules.counters.grounds.iter().enumerate() {
            if !ground.rows.contains(row) {
                continue;
            }
            let Some(domain) = self.domain(ground.key, place) else { continue };
            let places = &mut self.grounds[number][domain as usize];
            *places -= 1;
            if *places == 0 {
                let spreads = self.rules.counters.spreads_on(number);
                spreads.iter().for_each(|&spread| self.spreads[spread as usize].domain_goes());
            }
        }
    }

    fn attach(&mut self, place: PlaceId, volume: u32) {
        let volumes = &mut self.places[place.0 as usize].volumes;
        match volumes.iter_mut().find(|(one, _)| *one == volume) {
            Some((_, users)) => *users += 1,
            None => {
                volumes.push((volume, 1));
                *self.free_of(place, volume) -= 1;
            }
        }
    }

    fn detach(&mut self, place: PlaceId, volume: u32) {
        let volumes = &mut self.places[place.0 as usize].volumes;
        let Some(at) = volumes.iter().position(|&(one, _)| one == volume) else { return };
        volumes[at].1 -= 1;
        if volumes[at].1 == 0 {
            volumes.swap_remove(at);
            *self.free_of(place, volume) += 1;
        }
    }

    fn free_of(&mut self, place: PlaceId, volume: u32) -> &mut i64 {
        let column = self.rules.volumes[volume as usize] as usize;
        &mut self.free[place.0 as usize * self.rules.columns.len() + column]
    }

    fn count(&mut self, class: usize, place: PlaceId, change: Change) {
        let rules = self.rules;
        let columns = rules.columns.len();
        let free = &mut self.free[place.0 as usize * columns..][..columns];
        let rule = &rules.rules[class];
        for (free, need) in free.iter_mut().zip(&rules.classes[class].need) {
            *free -= change.sign() * need;
        }
        if let Some(claims) = &rule.claims {
            for &volume in &claims.attached.shared {
                match change {
                    Change::Comes => self.attach(place, volume),
                    Change::Leaves => self.detach(place, volume),
                }
            }
        }
        let row = self.row_of(place);
        for &counter in &rule.counts {
            let Some(domain) = self.domain(counter.key, place) else { continue };
            let is_spread = counter.spread != NO_SPREAD;
            if is_spread && !rules.counters.counts_on(counter, row) {
                continue;
            }
            let before = self.tallies[counter.key as usize].change(domain, counter.column, change);
            if is_spread {
                self.spreads[counter.spread as usize].moves(before, change);
            }
        }
    }
}

/// A pod comes or leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Comes,
    Leaves,
}

impl Change {
    const fn sign(self) -> i64 {
        match self {
            Self::Comes => 1,
            Self::Leaves => -1,
        }
    }

    /// The count after, from the count before.
    pub(super) const fn applied_to(self, count: u32) -> u32 {
        match self {
            Self::Comes => count + 1,
            Self::Leaves => count - 1,
        }
    }
}
