//! Which node a pod goes to: the filters of kube-scheduler that simulated workloads need, and its
//! default preference for the emptiest node.
//!
//! One filter is one function of [`Needs`] and node, in the order of [`filter`]; a new constraint is a
//! new function and a line there. Preemption and soft preferences are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use crate::world::World;
use crate::world::meta::Id;
use crate::world::node::{Node, Taint};
use crate::world::pod::Pod;
use crate::world::template::{Effect, PodTerm, Spread, matches};

/// Why a node does not take a pod, in kube-scheduler's words; ordered as they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason<'a> {
    /// The whole reason.
    Plain(&'static str),
    /// Key and value of the taint that the pod does not tolerate.
    Taint(&'a str, &'a str),
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(reason) => f.write_str(reason),
            Self::Taint(key, value) => write!(f, "node(s) had untolerated taint {{{key}: {value}}}"),
        }
    }
}

/// What a pod asks of a node, with the other pods already looked at.
pub struct Needs<'a> {
    world: &'a World,
    pod: &'a Pod,
    zone: Option<&'a str>,
    near: Vec<(&'a str, BTreeSet<&'a str>)>,
    away: Vec<(&'a str, BTreeSet<&'a str>)>,
    spread: Vec<(&'a Spread, BTreeMap<&'a str, u64>)>,
}

impl<'a> Needs<'a> {
    /// Looks at everything that `pod` must be near to, away from or level with.
    pub fn of(world: &'a World, pod: &'a Pod) -> Self {
        let template = &*pod.template;
        let claims = pod.claims.iter().filter_map(|id| world.claims.get(id));
        let zone = claims.filter_map(|claim| claim.volume.as_ref()).map(|(_, zone)| &**zone).next();
        let mut near: Vec<_> = Vec::new();
        for term in &template.affinity {
            let domains = domains_of(world, pod, term);
            // The first of a group that wants to be together may go anywhere.
            let first_of_its_own = domains.is_empty() && selects(term, pod, pod);
            if !first_of_its_own {
                near.push((term.topology_key.as_str(), domains));
            }
        }
        let mut away: Vec<_> = template
            .anti_affinity
            .iter()
            .map(|term| (term.topology_key.as_str(), domains_of(world, pod, term)))
            .collect();
        away.extend(repelled_by(world, pod));
        let spread = template.spread.iter().map(|spread| (spread, occupancy(world, pod, spread))).collect();
        Self { world, pod, zone, near, away, spread }
    }

    /// The reason why `node` does not take the pod, if there is one.
    pub fn filter<'n>(&self, node: &'n Node) -> Option<Reason<'n>> {
        self.unschedulable(node)
            .or_else(|| self.taints(node))
            .or_else(|| self.node_labels(node))
            .or_else(|| self.host_ports(node))
            .or_else(|| self.resources(node))
            .or_else(|| self.volume_zone(node))
            .or_else(|| self.spread(node))
            .or_else(|| self.other_pods(node))
    }

    fn unschedulable(&self, node: &Node) -> Option<Reason<'static>> {
        if !node.unschedulable {
            return None;
        }
        let cordoned = Taint::new("node.kubernetes.io/unschedulable", "", Effect::NoSchedule);
        let tolerated =
            self.pod.template.tolerations.iter().any(|toleration| cordoned.tolerated_by(toleration));
        (!tolerated).then_some(Reason::Plain("node(s) were unschedulable"))
    }

    fn taints<'n>(&self, node: &'n Node) -> Option<Reason<'n>> {
        node.untolerated(&self.pod.template.tolerations).map(|taint| Reason::Taint(&taint.key, &taint.value))
    }

    fn node_labels(&self, node: &Node) -> Option<Reason<'static>> {
        let template = &self.pod.template;
        let affine = template.node_affinity.iter().all(|requirement| {
            node.meta.labels.get(&requirement.key).is_some_and(|value| requirement.values.contains(value))
        });
        (!affine || !matches(&template.node_selector, &node.meta.labels))
            .then_some(Reason::Plain("node(s) didn't match Pod's node affinity/selector"))
    }

    fn host_ports(&self, node: &Node) -> Option<Reason<'static>> {
        let taken = |port| {
            let pods = node.pods.iter().filter_map(|id| self.world.pods.get(id));
            pods.filter(|pod| !pod.is_finished())
                .any(|pod| pod.template.host_ports().any(|other| other == port))
        };
        self.pod
            .template
            .host_ports()
            .any(taken)
            .then_some(Reason::Plain("node(s) didn't have free ports for the requested pod ports"))
    }

    fn resources(&self, node: &Node) -> Option<Reason<'static>> {
        let (wanted, free) = (self.pod.requests, node.free());
        let reason = if node.active_pods >= node.machine.max_pods {
            "Too many pods"
        } else if wanted.cpu_milli > free.cpu_milli {
            "Insufficient cpu"
        } else if wanted.memory > free.memory {
            "Insufficient memory"
        } else if wanted.gpu > free.gpu {
            "Insufficient nvidia.com/gpu"
        } else {
            return None;
        };
        Some(Reason::Plain(reason))
    }

    fn volume_zone(&self, node: &Node) -> Option<Reason<'static>> {
        let elsewhere = self.zone.is_some_and(|zone| zone != &*node.zone);
        elsewhere.then_some(Reason::Plain("node(s) had volume node affinity conflict"))
    }

    fn spread(&self, node: &Node) -> Option<Reason<'static>> {
        let level = self.spread.iter().all(|(spread, counts)| {
            let Some(domain) = node.meta.labels.get(&spread.topology_key) else { return false };
            let here = counts.get(domain.as_str()).copied().unwrap_or(0) + 1;
            let emptiest = counts.values().min().copied().unwrap_or(0);
            here.saturating_sub(emptiest) <= spread.max_skew
        });
        (!level).then_some(Reason::Plain("node(s) didn't match pod topology spread constraints"))
    }

    fn other_pods(&self, node: &Node) -> Option<Reason<'static>> {
        let inside = |(key, domains): &(&str, BTreeSet<&str>)| {
            node.meta.labels.get(*key).is_some_and(|domain| domains.contains(domain.as_str()))
        };
        if self.away.iter().any(inside) {
            return Some(Reason::Plain("node(s) didn't match pod anti-affinity rules"));
        }
        (!self.near.iter().all(inside)).then_some(Reason::Plain("node(s) didn't match pod affinity rules"))
    }
}

/// The node that takes `pod` best, or in kube-scheduler's words why none does.
pub fn place(world: &World, pod: &Pod) -> Result<Id, String> {
    let needs = Needs::of(world, pod);
    let mut reasons: BTreeMap<Reason<'_>, usize> = BTreeMap::new();
    let mut best: Option<(u64, std::cmp::Reverse<Id>)> = None;
    for (&id, node) in &world.nodes {
        match needs.filter(node) {
            Some(reason) => *reasons.entry(reason).or_default() += 1,
            None => best = best.max(Some((least_allocated(node, pod), std::cmp::Reverse(id)))),
        }
    }
    if let Some((_, std::cmp::Reverse(id))) = best {
        return Ok(id);
    }
    let mut text = format!("0/{} nodes are available: ", world.nodes.len());
    for (index, (reason, count)) in reasons.iter().enumerate() {
        let _ = write!(text, "{}{count} {reason}", if index == 0 { "" } else { ", " });
    }
    text.push('.');
    Err(text)
}

/// kube-scheduler's LeastAllocated: the mean free share of CPU and memory with the pod, in thousandths.
fn least_allocated(node: &Node, pod: &Pod) -> u64 {
    let left = node.free().minus(pod.requests);
    let share = |left: u64, all: u64| left.saturating_mul(1_000) / all.max(1);
    share(left.cpu_milli, node.allocatable.cpu_milli) + share(left.memory, node.allocatable.memory)
}

fn selects(term: &PodTerm, owner: &Pod, other: &Pod) -> bool {
    let namespace = &other.meta.namespace;
    let in_scope = if term.namespaces.is_empty() {
        *namespace == owner.meta.namespace
    } else {
        term.namespaces.contains(namespace)
    };
    in_scope && matches(&term.selector, &other.template.labels)
}

/// The node of a pod that holds its place: bound and not finished.
fn node_of<'a>(world: &'a World, pod: &Pod) -> Option<&'a Node> {
    let placement = pod.placement.as_ref().filter(|_| !pod.is_finished())?;
    world.nodes.get(&placement.node)
}

/// The domains in which `term` of `pod` finds other pods.
fn domains_of<'a>(world: &'a World, pod: &Pod, term: &PodTerm) -> BTreeSet<&'a str> {
    let others = world.pods.values().filter(|other| selects(term, pod, other));
    let nodes = others.filter_map(|other| node_of(world, other));
    nodes.filter_map(|node| node.meta.labels.get(&term.topology_key)).map(String::as_str).collect()
}

/// The domains that pods with anti-affinity against `pod` keep for themselves.
fn repelled_by<'a>(world: &'a World, pod: &Pod) -> Vec<(&'a str, BTreeSet<&'a str>)> {
    let mut away: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for other in world.repelling().iter().filter_map(|id| world.pods.get(id)) {
        for term in other.template.anti_affinity.iter().filter(|term| selects(term, other, pod)) {
            let domain = node_of(world, other).and_then(|node| node.meta.labels.get(&term.topology_key));
            if let Some(domain) = domain {
                away.entry(term.topology_key.as_str()).or_default().insert(domain);
            }
        }
    }
    away.into_iter().collect()
}

/// Pods per domain, with a zero for every domain that a node eligible for `pod` is in.
fn occupancy<'a>(world: &'a World, pod: &Pod, spread: &Spread) -> BTreeMap<&'a str, u64> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let template = &pod.template;
    for node in world.nodes.values() {
        let eligible = matches(&template.node_selector, &node.meta.labels)
            && template.node_affinity.iter().all(|requirement| {
                node.meta.labels.get(&requirement.key).is_some_and(|value| requirement.values.contains(value))
            });
        if let Some(domain) = node.meta.labels.get(&spread.topology_key).filter(|_| eligible) {
            counts.entry(domain).or_default();
        }
    }
    let same_namespace = |other: &&Pod| other.meta.namespace == pod.meta.namespace;
    for other in world.pods.values().filter(same_namespace) {
        if other.meta.deleted.is_none()
            && matches(&spread.selector, &other.template.labels)
            && let Some(domain) =
                node_of(world, other).and_then(|node| node.meta.labels.get(&spread.topology_key))
            && let Some(count) = counts.get_mut(domain.as_str())
        {
            *count += 1;
        }
    }
    counts
}
