//! From pictures to numbers: what each class asks, counts and is kept from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::Pod;

use super::attachments::{self, Attachments};
use super::class_rules::{ClassRules, Forbids, Guard, class_rules};
use super::classes::{Classes, Likeness};
use super::counters::{Counted, CounterMaker, Counters};
use super::ids::Map;
use super::node_affinity::NodeChoices;
use super::resources::Columns;
use super::rows::Rows;
use super::shape::{Column, Domain, PodClass, Relation, RelationKind, Shape, Spot};
use super::volumes::Claims;
use super::{inter_pod, ports, preferences, spread};
use crate::input::Picture;
use crate::plan::PodIndex;

/// The rules for a picture of a cluster, compiled. They do not change.
#[derive(Debug)]
pub struct Rules {
    pub(super) rows: Rows,
    pub(super) columns: Columns,
    /// By row, what it has: `columns` numbers each.
    pub(super) rooms: Vec<i64>,
    pub(super) counters: Counters,
    pub(super) classes: Vec<PodClass>,
    pub(super) rules: Vec<ClassRules>,
    pub(super) class_of: Vec<Option<u32>>,
    /// By pod of the picture, the row of the node that it occupies.
    pub(super) bound: Vec<(u32, u32)>,
    /// By shared volume, the column of its driver.
    pub(super) volumes: Vec<u32>,
    /// Volumes that are attached to a row where no pod uses them.
    pub(super) attached: Vec<(u32, u32)>,
    relations: Vec<Relation>,
}

impl Rules {
    /// Compiles the rules for a cluster, for the shapes that could be bought, and for pods that are not
    /// there yet: placeholders, and those of a manifest. Their numbers follow those of the picture's pods.
    /// A node written into such a pod is the only one that it can go to.
    pub fn compile(cluster: &Picture, new_shapes: Vec<Shape>, extra_pods: &[Arc<Pod>]) -> Self {
        let rows = Rows::new(existing_shapes(cluster), new_shapes);
        let limited = attachments::limited_drivers(&rows);
        let mut choices = NodeChoices::default();
        let row_of = |pod: &Pod| pod.node.as_ref().and_then(|node| rows.named(node));
        let claims = Claims::new(&cluster.storage, &rows);
        let present = cluster.pods.iter().map(|pod| (&**pod, row_of(pod)));
        let all_pods = present.chain(extra_pods.iter().map(|pod| (&**pod, None)));
        let live = all_pods.filter(|(pod, _)| !pod.is_finished());
        let mut attachments = Attachments::new(live, &cluster.storage, &claims, &limited);
        let mut sorted =
            Classes::sort(cluster, extra_pods, &claims, &mut choices, &mut attachments, &limited);
        let bound: Vec<(u32, u32)> = (cluster.pods.iter().zip(&sorted.of_pod))
            .filter_map(|(pod, class)| Some(((*class)?, row_of(pod)?)))
            .collect();

        let extended = sorted.specs.iter().flat_map(|spec| spec.requests.extended.keys());
        let extended: BTreeSet<Arc<str>> = extended.map(Arc::clone).collect();
        let columns = Columns::new(extended, limited);
        let pods = std::mem::take(&mut sorted.pods);
        let classes: Vec<PodClass> = (sorted.likenesses.iter().zip(pods))
            .map(|(likeness, pods)| PodClass { need: need(&columns, &sorted, likeness), pods })
            .collect();
        let mut rooms = Vec::with_capacity(rows.len() * columns.len());
        for shape in &rows.shapes {
            rooms.extend(columns.amounts(&shape.room, |driver| attachments::limit(shape, driver)));
        }

        let mut rules = class_rules(&rows, &mut choices, &sorted);
        let maker = CounterMaker::default();
        let mut compiler = Compiler { sorted: &sorted, rows: &rows, maker, relations: BTreeMap::new() };
        ports::compile(&mut compiler, &mut rules);
        inter_pod::compile(&mut compiler, &mut rules);
        spread::compile(&mut compiler, &mut rules);
        preferences::compile(&mut compiler, &mut rules);
        let relations = compiler.relations.into_values().collect();
        let (counters, counted) = compiler.maker.finish();
        count(&counted, &mut rules);
        for rule in &mut rules {
            rule.guards.sort_unstable();
            rule.guards.dedup_by_key(|guard| guard.counter);
        }
        let attached = std::mem::take(&mut attachments.unused);
        let volumes = attachments.into_columns(&columns);
        let class_of = sorted.of_pod;
        Self { rows, columns, rooms, counters, classes, rules, class_of, bound, volumes, attached, relations }
    }

    /// Pods that are alike, each class once.
    pub fn classes(&self) -> &[PodClass] {
        &self.classes
    }

    /// The class of a pod; `None` for finished pods, to which no rule applies.
    pub fn class_of(&self, pod: PodIndex) -> Option<usize> {
        self.class_of[pod].map(|class| class as usize)
    }

    /// What the numbers in [`PodClass::need`] and [`room`](Self::room) are of.
    pub fn columns(&self) -> &[Column] {
        &self.columns.names
    }

    /// What a node has for pods when it is empty, by [`columns`](Self::columns).
    pub fn room(&self, spot: Spot) -> &[i64] {
        self.room_of(self.row(spot))
    }

    /// The node of a spot, as it is or would be.
    pub fn shape(&self, spot: Spot) -> &Shape {
        &self.rows.shapes[self.row(spot)]
    }

    /// Required rules between pods, equal ones once.
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }

    pub(super) fn room_of(&self, row: usize) -> &[i64] {
        &self.rooms[row * self.columns.len()..][..self.columns.len()]
    }

    pub(super) fn row(&self, spot: Spot) -> usize {
        match spot {
            Spot::Existing(node) => node,
            Spot::New(shape) => self.rows.existing + shape,
        }
    }
}

fn existing_shapes(cluster: &Picture) -> Vec<Shape> {
    let drivers: Map<&str, _> =
        cluster.storage.nodes.iter().map(|storage| (&*storage.node, &storage.drivers)).collect();
    let shape = |node: &model::Node| {
        Shape::of_node(node, drivers.get(&*node.name).map_or(&[][..], |drivers| drivers))
    };
    cluster.nodes.iter().map(|owned| shape(&owned.node)).collect()
}

fn need(columns: &Columns, sorted: &Classes, likeness: &Likeness) -> Box<[i64]> {
    let own = likeness.own.claims.map(|claims| &sorted.claims[claims as usize].attached.own);
    let volumes = |driver: &str| {
        let counts = own.into_iter().flatten().find(|(one, _)| **one == *driver);
        counts.map_or(0, |&(_, count)| count)
    };
    columns.amounts(&sorted.specs[likeness.spec as usize].requests, volumes)
}

/// Tells each class which counters count it.
fn count(counted: &[Counted], rules: &mut [ClassRules]) {
    let mut counts = vec![Vec::new(); rules.len()];
    for (counter, classes) in counted {
        classes.iter().for_each(|&class| counts[class as usize].push(*counter));
    }
    for (rule, counts) in rules.iter_mut().zip(counts) {
        rule.counts = counts.into();
    }
}

/// Classes, and what is made of them on the way.
pub(super) struct Compiler<'c> {
    pub(super) sorted: &'c Classes,
    pub(super) rows: &'c Rows,
    pub(super) maker: CounterMaker,
    relations: BTreeMap<RelationKey, Relation>,
}

/// Key, kind with its numbers, carriers and matching classes: relations that are equal in these are one.
type RelationKey = (u32, (u8, i64, i64), Box<[u32]>, Box<[u32]>);

impl Compiler<'_> {
    /// Notes a relation for those who ask for them.
    pub(super) fn relate(&mut self, kind: RelationKind, domain: Domain, carriers: &[u32], matching: &[u32]) {
        let (order, can_be_empty) = match kind {
            RelationKind::AntiAffinity => ((0, 0, 0), false),
            RelationKind::Affinity => ((1, 0, 0), true),
            RelationKind::Spread { max_skew, min_domains } => ((2, max_skew, min_domains), true),
        };
        if carriers.is_empty() || (matching.is_empty() && !can_be_empty) {
            return;
        }
        let key = self.maker.key(domain.clone(), self.rows);
        let numbers = |classes: &[u32]| classes.iter().map(|&class| class as usize).collect();
        let relation = || Relation { kind, domain, carriers: numbers(carriers), matching: numbers(matching) };
        self.relations.entry((key, order, carriers.into(), matching.into())).or_insert_with(relation);
    }

    /// None of `carriers` where one of `matching` is, whoever comes first.
    pub(super) fn keep_apart(
        &mut self,
        rules: &mut [ClassRules],
        domain: Domain,
        [carriers, matching]: [&[u32]; 2],
        [own, theirs]: [Forbids; 2],
    ) {
        if carriers.is_empty() || matching.is_empty() {
            return;
        }
        self.refuse(rules, domain.clone(), [carriers, matching], own);
        self.refuse(rules, domain.clone(), [matching, carriers], theirs);
        self.relate(RelationKind::AntiAffinity, domain, carriers, matching);
    }

    /// None of `carriers` to where one of `matching` is.
    pub(super) fn refuse(
        &mut self,
        rules: &mut [ClassRules],
        domain: Domain,
        [carriers, matching]: [&[u32]; 2],
        why: Forbids,
    ) {
        let key = self.maker.key(domain.clone(), self.rows);
        let counter = self.maker.counter(key, matching);
        carriers.iter().for_each(|&class| rules[class as usize].guards.push(Guard { counter, why }));
    }
}
