//! Rules that do not depend on other pods: where a pod of a class could be at all.

use super::class_rules::ClassRules;
use super::compile::Rules;
use super::obstacle::Obstacle;
use super::resources::short_of;
use super::shape::{Column, Spot};
use super::taints;

impl Rules {
    /// Whether a pod of the class could be there if nobody else were: cordon, names, taints, affinity, places
    /// of volumes, features, and its size against the empty node.
    ///
    /// # Errors
    /// What refuses it first, in the scheduler's order.
    pub fn admits(&self, class: usize, spot: Spot) -> Result<(), Obstacle> {
        let row = self.row(spot);
        if self.could_be(class, row) {
            return Ok(());
        }
        let rule = &self.rules[class];
        let need = &self.classes[class].need;
        let room = self.room_of(row);
        let found = claim_trouble(rule)
            .or_else(|| self.node_obstacle(rule, row))
            .or_else(|| self.shortage(need, room, |column| !matches!(column, Column::Volumes(_))))
            .or_else(|| self.shortage(need, room, |column| matches!(column, Column::Volumes(_))))
            .or_else(|| volume_obstacle(rule, row))
            .or_else(|| self.feature_obstacle(rule, row));
        found.map_or(Ok(()), Err)
    }

    /// The same as a mere yes or no.
    pub fn may_be(&self, class: usize, spot: Spot) -> bool {
        self.could_be(class, self.row(spot))
    }

    /// All spots that [`admits`](Self::admits) a pod of the class, existing nodes first.
    pub fn admitting(&self, class: usize) -> impl Iterator<Item = Spot> + '_ {
        let need = &self.classes[class].need;
        let rule = &self.rules[class];
        let places = rule.places.iter().filter(move |&row| rule.only.is_none_or(|only| only as usize == row));
        places.filter(move |&row| short_of(need, self.room_of(row)).is_none()).map(|row| self.spot(row))
    }

    fn could_be(&self, class: usize, row: usize) -> bool {
        let rule = &self.rules[class];
        rule.may_be_on(row) && short_of(&self.classes[class].need, self.room_of(row)).is_none()
    }

    fn spot(&self, row: usize) -> Spot {
        match row.checked_sub(self.rows.existing) {
            Some(shape) => Spot::New(shape),
            None => Spot::Existing(row),
        }
    }

    /// What about the node itself refuses the pod, up to node affinity.
    pub(super) fn node_obstacle(&self, rule: &ClassRules, row: usize) -> Option<Obstacle> {
        let shape = &self.rows.shapes[row];
        let own = &rule.likeness.own;
        let is_other = |name: &Option<std::sync::Arc<str>>| {
            name.as_ref().is_some_and(|name| self.rows.named(name) != Some(row as u32))
        };
        if taints::is_cordoned(shape, &rule.spec.tolerations) {
            Some(Obstacle::Cordoned)
        } else if is_other(&own.node_name) {
            Some(Obstacle::OtherNode)
        } else if !rule.untainted.contains(row) {
            Some(Obstacle::Taint)
        } else if !rule.chosen.contains(row) || is_other(&own.required_node) {
            Some(Obstacle::NodeAffinity)
        } else {
            None
        }
    }

    pub(super) fn feature_obstacle(&self, rule: &ClassRules, row: usize) -> Option<Obstacle> {
        let declared = &self.rows.shapes[row].features;
        let is_missing = rule.likeness.own.features.iter().any(|feature| !declared.contains(feature));
        is_missing.then_some(Obstacle::Feature)
    }

    /// The first column of those chosen in which too little is free.
    pub(super) fn shortage(
        &self,
        need: &[i64],
        free: &[i64],
        of: impl Fn(&Column) -> bool,
    ) -> Option<Obstacle> {
        let columns = self.columns.names.iter().zip(need.iter().zip(free)).enumerate();
        let mut short = columns.filter(|(_, (name, (need, free)))| **need > 0 && need > free && of(name));
        short.next().map(|(column, (name, (&need, &free)))| match name {
            Column::Volumes(_) => Obstacle::Attachments { column, wanted: need, free },
            _ => Obstacle::Short { column, free },
        })
    }
}

impl ClassRules {
    /// Whether rules about the node alone allow the row.
    pub(super) fn may_be_on(&self, row: usize) -> bool {
        self.places.contains(row) && self.only.is_none_or(|only| only as usize == row)
    }
}

/// What about the pod's claims lets it go nowhere.
pub(super) fn claim_trouble(rule: &ClassRules) -> Option<Obstacle> {
    rule.claims.as_ref()?.reach.trouble.map(Obstacle::Claims)
}

/// What about its volumes keeps the pod from a row.
pub(super) fn volume_obstacle(rule: &ClassRules, row: usize) -> Option<Obstacle> {
    let reach = &rule.claims.as_ref()?.reach;
    if !reach.bound.contains(row) {
        Some(Obstacle::VolumeElsewhere)
    } else if !reach.space.contains(row) {
        Some(Obstacle::NoStorage)
    } else if !reach.zone.contains(row) {
        Some(Obstacle::VolumeZone)
    } else {
        None
    }
}
