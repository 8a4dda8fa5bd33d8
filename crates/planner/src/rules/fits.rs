//! Whether one more pod fits a place, as the scheduler sees it when it binds.

use super::admission::{claim_trouble, volume_obstacle};
use super::class_rules::{ClassRules, Forbids, Guard};
use super::obstacle::Obstacle;
use super::occupancy::{Occupancy, PlaceId};
use super::resources::short_of;
use super::shape::Column;

impl Occupancy<'_> {
    /// Whether a pod of the class can be put there as things are.
    ///
    /// # Errors
    /// What refuses it first, in the scheduler's order.
    pub fn fits(&self, class: usize, place: PlaceId) -> Result<(), Obstacle> {
        if self.allows(class, place) { Ok(()) } else { self.obstacle(class, place).map_or(Ok(()), Err) }
    }

    /// The same as a mere yes or no, for inner loops.
    pub fn allows(&self, class: usize, place: PlaceId) -> bool {
        let rules = self.rules();
        let rule = &rules.rules[class];
        rule.may_be_on(self.row_of(place))
            && short_of(&rules.classes[class].need, self.free(place)).is_none()
            && rule.guards.iter().all(|guard| self.count_at(guard.counter, place) == 0)
            && self.spread_obstacle(rule, place).is_none()
            && self.affinity_obstacle(rule, place).is_none()
            && self.attachment_obstacle(rule, place).is_none()
    }

    /// The first obstacle in the scheduler's order.
    fn obstacle(&self, class: usize, place: PlaceId) -> Option<Obstacle> {
        let rules = self.rules();
        let rule = &rules.rules[class];
        let (row, need, free) = (self.row_of(place), &rules.classes[class].need, self.free(place));
        let guarded = |wanted: fn(Forbids) -> bool| self.guarded(rule, place, wanted);
        claim_trouble(rule)
            .or_else(|| rules.node_obstacle(rule, row))
            .or_else(|| guarded(|why| matches!(why, Forbids::Port(_))))
            .or_else(|| rules.shortage(need, free, |column| !matches!(column, Column::Volumes(_))))
            .or_else(|| guarded(|why| why == Forbids::Disk))
            .or_else(|| guarded(|why| why == Forbids::Claim))
            .or_else(|| self.attachment_obstacle(rule, place))
            .or_else(|| rules.shortage(need, free, |column| matches!(column, Column::Volumes(_))))
            .or_else(|| volume_obstacle(rule, row))
            .or_else(|| self.spread_obstacle(rule, place))
            .or_else(|| self.affinity_obstacle(rule, place))
            .or_else(|| guarded(|why| why == Forbids::OwnAntiAffinity))
            .or_else(|| guarded(|why| why == Forbids::TheirAntiAffinity))
            .or_else(|| rules.feature_obstacle(rule, row))
    }

    /// The first guard of the wanted kind that finds somebody.
    fn guarded(&self, rule: &ClassRules, place: PlaceId, wanted: fn(Forbids) -> bool) -> Option<Obstacle> {
        let meant = |guard: &&Guard| wanted(guard.why) && self.count_at(guard.counter, place) > 0;
        rule.guards.iter().find(meant).map(|guard| {
            let key = guard.counter.key;
            match guard.why {
                Forbids::Port(port) => Obstacle::Port { port },
                Forbids::Disk => Obstacle::Disk,
                Forbids::Claim => Obstacle::ClaimInUse,
                Forbids::OwnAntiAffinity => Obstacle::AntiAffinity { key },
                Forbids::TheirAntiAffinity => Obstacle::AntiAffinityOfOthers { key },
            }
        })
    }

    /// Volumes that others use too count only where they are not attached yet.
    fn attachment_obstacle(&self, rule: &ClassRules, place: PlaceId) -> Option<Obstacle> {
        let claims = rule.claims.as_deref()?;
        if claims.attached.shared.is_empty() {
            return None;
        }
        let free = self.free(place);
        let mut wanted: Vec<(usize, i64)> = Vec::new();
        for column in self.new_volumes(claims, place) {
            match wanted.iter_mut().find(|(one, _)| *one == column) {
                Some((_, count)) => *count += 1,
                None => wanted.push((column, 1)),
            }
        }
        let short = wanted.into_iter().find_map(|(column, shared)| {
            let own = claims.attached.own.iter().find(|(driver, _)| {
                matches!(&self.rules().columns()[column], Column::Volumes(name) if name == driver)
            });
            let wanted = shared + own.map_or(0, |&(_, count)| count);
            (wanted > free[column]).then_some((column, wanted))
        });
        short.map(|(column, wanted)| Obstacle::Attachments { column, wanted, free: free[column] })
    }

    /// In each domain: matching pods, the new one included, against the least full domain.
    fn spread_obstacle(&self, rule: &ClassRules, place: PlaceId) -> Option<Obstacle> {
        rule.spreads.iter().find_map(|spread| {
            let constraint = spread.constraint;
            if self.domain(spread.counter.key, place).is_none() {
                return Some(Obstacle::SpreadKey { constraint });
            }
            let here = self.count_at(spread.counter, place) + spread.itself;
            let least = self.least(spread.counter, spread.min_domains);
            (here - least > spread.max_skew).then_some(Obstacle::Spread { constraint, here, least })
        })
    }

    /// Each key's domain must have a pod of the affinity's; or there is none anywhere, and this is one.
    fn affinity_obstacle(&self, rule: &ClassRules, place: PlaceId) -> Option<Obstacle> {
        let affinity = rule.affinity.as_ref()?;
        let absent = affinity.near.iter().find(|counter| self.count_at(**counter, place) == 0)?;
        let is_first = affinity.is_of_the_group
            && affinity
                .near
                .iter()
                .all(|&counter| self.domain(counter.key, place).is_some() && self.total(counter) == 0);
        (!is_first).then_some(Obstacle::Affinity { key: absent.key })
    }
}
