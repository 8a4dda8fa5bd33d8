//! Small clusters for the tests of the rules.

use std::sync::Arc;

use model::{
    AccessModes, KeepMarks, LabelSelector, Labels, Lifecycle, Money, Node, NodeDriver, NodeSelector,
    NodeSelectorTerm, NodeStorage, NodeSystem, Operator, PersistentVolume, Pod, PodAffinityTerm, PodPhase,
    PodSpec, Provider, Requirement, Resources, StorageClass, Timestamp, TopologySpread, Uid, VolumeClaim,
    node_labels,
};

use super::{Rules, Shape};
use crate::input::{OwnedNode, Picture};
use crate::reason::Rule;

pub(super) const ZONE: &str = node_labels::ZONE[0];
pub(super) const DRIVER: &str = "disk.example.com";

/// Four CPUs, 8 GiB, ten pods; in a zone unless that is empty.
pub(super) fn node(name: &str, zone: &str) -> Node {
    let mut labels = vec![(node_labels::HOSTNAME, name)];
    labels.extend((!zone.is_empty()).then_some((ZONE, zone)));
    let room = Resources { cpu_milli: 4_000, memory_bytes: 8 << 30, pods: 10, ..Resources::default() };
    Node {
        name: name.into(),
        uid: Uid::new(name),
        labels: Arc::new(labels.into_iter().collect()),
        annotations: Arc::default(),
        taints: Box::default(),
        unschedulable: false,
        capacity: room.clone(),
        allocatable: room,
        conditions: Box::default(),
        provider: Provider::Aws,
        provider_id: "".into(),
        instance_type: "".into(),
        region: "".into(),
        zone: zone.into(),
        lifecycle: Lifecycle::OnDemand,
        pool: None,
        internal_address: "".into(),
        external_address: "".into(),
        system: Arc::new(NodeSystem::default()),
        created_at: Timestamp::UNIX_EPOCH,
        declared_features: Box::default(),
    }
}

/// A pod of the namespace `shop` with the label `app`, asking for what `ask` writes.
pub(super) fn pod(app: &str, ask: impl FnOnce(&mut PodSpec)) -> Pod {
    let mut spec = PodSpec { requests: Resources { pods: 1, ..Resources::default() }, ..PodSpec::default() };
    ask(&mut spec);
    Pod {
        namespace: "shop".into(),
        name: app.into(),
        uid: Uid::new(app),
        labels: Arc::new([("app", app)].into_iter().collect::<Labels>()),
        spec: Arc::new(spec),
        owner: None,
        node: None,
        required_node: None,
        claims: Box::default(),
        phase: PodPhase::Pending,
        reason: None,
        ready: false,
        deleted_at: None,
        unschedulable: None,
        keep: KeepMarks::default(),
        is_static: false,
        created_at: Timestamp::UNIX_EPOCH,
        is_gated: false,
        required_features: Box::default(),
        ephemeral_claims: Box::default(),
    }
}

/// The pod as it runs on a node.
pub(super) fn on(pod: &Pod, node: &str) -> Pod {
    Pod { node: Some(node.into()), phase: PodPhase::Running, ..pod.clone() }
}

pub(super) fn with_claims(pod: Pod, claims: &[&str]) -> Pod {
    Pod { claims: claims.iter().map(|&claim| claim.into()).collect(), ..pod }
}

pub(super) fn one_of(key: &str, values: &[&str]) -> Requirement {
    let values = values.iter().map(|&value| value.into()).collect();
    Requirement { key: key.into(), operator: Operator::In, values }
}

pub(super) fn selecting(app: &str) -> LabelSelector {
    LabelSelector { requirements: Box::new([one_of("app", &[app])]) }
}

/// Pods of `app` in the namespace `shop`, by a topology key.
pub(super) fn term(app: &str, key: &str) -> PodAffinityTerm {
    PodAffinityTerm {
        selector: Some(selecting(app)),
        namespaces: Box::new(["shop".into()]),
        namespace_selector: None,
        topology_key: key.into(),
    }
}

/// Pods of `app`, spread over a topology key.
pub(super) fn spread(app: &str, key: &str, max_skew: i32) -> TopologySpread {
    TopologySpread {
        max_skew,
        topology_key: key.into(),
        required: true,
        selector: Some(selecting(app)),
        min_domains: None,
        honor_node_affinity: true,
        honor_node_taints: false,
    }
}

pub(super) fn in_zone(zone: &str) -> NodeSelector {
    let term = NodeSelectorTerm { expressions: Box::new([one_of(ZONE, &[zone])]), fields: Box::default() };
    NodeSelector { terms: Box::new([term]) }
}

pub(super) fn class(name: &str, binds_late: bool) -> StorageClass {
    StorageClass {
        name: name.into(),
        uid: Uid::new(name),
        provisioner: DRIVER.into(),
        binds_late,
        allowed_topologies: None,
        is_default: false,
    }
}

/// A claim of the class `fast`, bound to a volume if one is named.
pub(super) fn claim(name: &str, volume: Option<&str>) -> VolumeClaim {
    VolumeClaim {
        namespace: "shop".into(),
        name: name.into(),
        uid: Uid::new(name),
        storage_class: Some("fast".into()),
        request_bytes: 1 << 30,
        access_modes: AccessModes { read_write_once: true, ..AccessModes::default() },
        volume: volume.map(Into::into),
        selected_node: None,
        phase: if volume.is_some() { "Bound" } else { "Pending" }.into(),
        is_prebound: false,
        selector: None,
        is_block: false,
        is_terminating: false,
        owner_uid: None,
        attributes_class: "".into(),
    }
}

/// A volume of the class `fast` that nothing is bound to, in a zone if one is named.
pub(super) fn volume(name: &str, zone: Option<&str>) -> PersistentVolume {
    PersistentVolume {
        name: name.into(),
        uid: Uid::new(name),
        labels: Arc::default(),
        capacity_bytes: 1 << 30,
        access_modes: AccessModes { read_write_once: true, ..AccessModes::default() },
        storage_class: "fast".into(),
        node_affinity: zone.map(in_zone),
        driver: Some(DRIVER.into()),
        claim: None,
        phase: "Available".into(),
        claim_uid: None,
        handle: name.into(),
        is_block: false,
        is_terminating: false,
        attributes_class: "".into(),
    }
}

/// The driver can attach so many volumes to the node.
pub(super) fn attaching(node: &str, limit: i32) -> NodeStorage {
    let driver = NodeDriver { name: DRIVER.into(), attach_limit: Some(limit), topology_keys: Box::default() };
    NodeStorage { node: node.into(), uid: Uid::new(node), drivers: Box::new([driver]) }
}

pub(super) fn picture(nodes: impl IntoIterator<Item = Node>, pods: impl IntoIterator<Item = Pod>) -> Picture {
    let own = |node| OwnedNode { node: Arc::new(node), price: Money::ZERO, template: None };
    Picture {
        nodes: nodes.into_iter().map(own).collect(),
        pods: pods.into_iter().map(Arc::new).collect(),
        ..Picture::default()
    }
}

/// By node, the rule that refuses a pod that comes.
pub(super) fn refusals(picture: &Picture, pod: Pod) -> Vec<Option<Rule>> {
    let rules = Rules::compile(picture, Vec::new(), &[Arc::new(pod)]);
    let occupancy = rules.occupancy();
    let class = rules.class_of(picture.pods.len()).unwrap();
    let refusal = |node| occupancy.fits(class, occupancy.existing(node)).err().map(super::Obstacle::rule);
    (0..picture.nodes.len()).map(refusal).collect()
}

/// A new node like this one, of which there can be many.
pub(super) fn new_like(node: &Node) -> Shape {
    let labels = node.labels.iter().filter(|(key, _)| *key != node_labels::HOSTNAME);
    Shape { name: "".into(), labels: Arc::new(labels.collect()), ..Shape::of_node(node, &[]) }
}
