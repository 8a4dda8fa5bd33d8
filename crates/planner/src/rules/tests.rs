//! Comings and goings: whatever happens, the rules say what they would say of a cluster that was always so.

use std::sync::Arc;

use model::{HostPort, Node, Pod, PodSpec, Protocol, Taint, TaintEffect, Toleration, node_labels};
use proptest::prelude::*;

use super::testing::*;
use super::{Obstacle, Occupancy, PlaceId, Rules};
use crate::input::Picture;

/// What one pod asks for.
fn asks() -> impl Strategy<Value = Pod> {
    let app = prop::sample::select(vec!["web", "db", "job"]);
    let other = prop::sample::select(vec!["web", "db", "job"]);
    let key = prop::sample::select(vec![ZONE, node_labels::HOSTNAME]);
    let claims = prop::sample::subsequence(vec!["own", "shared", "alone", "late"], 0..=1);
    (app, other, key, 0..9_u8, 1..4_i64, claims, any::<bool>()).prop_map(
        |(app, other, key, rule, size, claims, tolerates)| {
            let ask = |spec: &mut PodSpec| {
                spec.requests.cpu_milli = size * 700;
                match rule {
                    0 => spec.required_pod_anti_affinity = Box::new([term(other, key)]),
                    1 => spec.required_pod_affinity = Box::new([term(other, key)]),
                    2 => spec.required_pod_affinity = Box::new([term(app, ZONE), term(app, key)]),
                    3 => spec.topology_spread = Box::new([spread(app, key, 1)]),
                    4 => {
                        let mut one = spread(other, ZONE, 1);
                        one.honor_node_taints = true;
                        one.min_domains = Some(3);
                        spec.topology_spread = Box::new([one, spread(app, node_labels::HOSTNAME, 2)]);
                    }
                    5 => spec.required_node_affinity = Some(in_zone("a")),
                    6 => {
                        let address = (size > 1).then(|| format!("10.0.0.{size}").into());
                        spec.host_ports = Box::new([HostPort { port: 80, protocol: Protocol::Tcp, address }]);
                    }
                    _ => {}
                }
                if tolerates {
                    let everything = Toleration { key: None, value: None, effect: None, seconds: None };
                    spec.tolerations = Box::new([everything]);
                }
            };
            with_claims(pod(app, ask), &claims)
        },
    )
}

fn nodes() -> Vec<Node> {
    let mut tainted = node("tainted", "b");
    tainted.taints = Box::new([Taint { key: "k".into(), value: "".into(), effect: TaintEffect::NoSchedule }]);
    vec![node("a1", "a"), node("a2", "a"), node("b1", "b"), tainted, node("nowhere", "")]
}

fn cluster(nodes: Vec<Node>, pods: impl IntoIterator<Item = Pod>) -> Picture {
    let mut picture = picture(nodes, pods);
    let mut alone = claim("alone", Some("v-alone"));
    alone.access_modes.read_write_once_pod = true;
    let claims = [claim("own", Some("v-own")), claim("shared", Some("v-shared")), alone, claim("late", None)];
    picture.storage.claims = claims.into_iter().map(Arc::new).collect();
    let volumes = [volume("v-own", None), volume("v-shared", Some("b")), volume("v-alone", None)];
    picture.storage.volumes = volumes.into_iter().map(Arc::new).collect();
    picture.storage.classes = vec![Arc::new(class("fast", true))];
    picture.storage.nodes = vec![Arc::new(attaching("a1", 1)), Arc::new(attaching("b1", 2))];
    picture
}

/// Something that happens; the numbers are taken modulo what there is.
#[derive(Clone, Copy, Debug)]
enum Event {
    Place(usize, usize),
    Leave(usize),
    Open(usize),
    Close(usize),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let place = (any::<usize>(), any::<usize>()).prop_map(|(pod, place)| Event::Place(pod, place));
    let one = prop_oneof![
        6 => place,
        2 => any::<usize>().prop_map(Event::Leave),
        1 => any::<usize>().prop_map(Event::Open),
        1 => any::<usize>().prop_map(Event::Close),
    ];
    prop::collection::vec(one, 0..24)
}

/// A cluster under way, and what has happened to it.
struct Story<'r> {
    occupancy: Occupancy<'r>,
    /// Nodes that are there, by their place.
    places: Vec<(PlaceId, Node)>,
    /// By pod that came, its place.
    came: Vec<Option<PlaceId>>,
}

impl Story<'_> {
    fn happens(&mut self, event: Event, first: usize, shapes: &[Node]) {
        let class = |rules: &Rules, pod: usize| rules.class_of(first + pod).unwrap();
        match event {
            Event::Place(pod, place) if !self.places.is_empty() => {
                let (pod, place) = (pod % self.came.len(), self.places[place % self.places.len()].0);
                if self.came[pod].is_none() {
                    self.occupancy.add(class(self.occupancy.rules(), pod), place);
                    self.came[pod] = Some(place);
                }
            }
            Event::Leave(pod) => {
                let pod = pod % self.came.len();
                if let Some(place) = self.came[pod].take() {
                    self.occupancy.remove(class(self.occupancy.rules(), pod), place);
                }
            }
            Event::Open(shape) => {
                let shape = shape % shapes.len();
                let place = self.occupancy.open(shape);
                let name = format!("new-{place:?}-{}", self.places.len());
                let zone = shapes[shape].labels.get(ZONE).unwrap_or_default();
                self.places.push((place, Node { taints: shapes[shape].taints.clone(), ..node(&name, zone) }));
            }
            Event::Close(place) if !self.places.is_empty() => {
                let (place, _) = self.places.swap_remove(place % self.places.len());
                self.occupancy.close(place);
                self.came.iter_mut().filter(|one| **one == Some(place)).for_each(|one| *one = None);
            }
            Event::Place(..) | Event::Close(_) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_has_happened_and_what_always_was_are_the_same(
        bound in prop::collection::vec((asks(), 0..5_usize), 0..6),
        coming in prop::collection::vec(asks(), 1..7),
        events in events(),
    ) {
        let nodes = nodes();
        let bound: Vec<Pod> = bound.iter().map(|(pod, node)| on(pod, &nodes[*node].name)).collect();
        let before = cluster(nodes.clone(), bound.clone());
        let coming: Vec<Arc<Pod>> = coming.into_iter().map(Arc::new).collect();
        let shapes = nodes.iter().map(new_like).collect();
        let rules = Rules::compile(&before, shapes, &coming);
        let occupancy = rules.occupancy();
        let places = nodes.iter().enumerate().map(|(at, node)| (occupancy.existing(at), node.clone())).collect();
        let mut story = Story { occupancy, places, came: vec![None; coming.len()] };
        events.into_iter().for_each(|event| story.happens(event, bound.len(), &nodes));

        let name_of = |place: PlaceId| story.places.iter().find(|(one, _)| *one == place).map(|(_, node)| &node.name);
        let placed = coming.iter().zip(&story.came);
        let placed = placed.filter_map(|(pod, place)| Some(on(pod, name_of((*place)?)?)));
        let pods: Vec<Pod> = bound.iter().cloned().chain(placed).collect();
        let after = cluster(story.places.iter().map(|(_, node)| node.clone()).collect(), pods);
        let fresh_rules = Rules::compile(&after, Vec::new(), &coming);
        let fresh = fresh_rules.occupancy();
        for (number, _) in coming.iter().enumerate().filter(|(number, _)| story.came[*number].is_none()) {
            let class = rules.class_of(bound.len() + number).unwrap();
            let fresh_class = fresh_rules.class_of(after.pods.len() + number).unwrap();
            for (at, (place, node)) in story.places.iter().enumerate() {
                let is = story.occupancy.fits(class, *place);
                let should = fresh.fits(fresh_class, fresh.existing(at));
                let rule = |verdict: Result<(), Obstacle>| verdict.map_err(Obstacle::rule);
                prop_assert_eq!(rule(is), rule(should), "pod {} on {}", number, &node.name);
                prop_assert_eq!(is.is_ok(), story.occupancy.allows(class, *place));
            }
        }
    }
}
