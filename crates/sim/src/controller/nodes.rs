//! What the controller does to nodes.

use super::action::{PatchNode, Target};
use super::execute::Outcome;
use crate::cluster::Cluster;
use crate::world::meta::{Id, Kind};
use crate::world::node::{Node, Taint, UNSCHEDULABLE};
use crate::world::template::{Effect, Labels};

const NODE_ID: &str = "provisioner.cast.ai/node-id";
const UNINITIALIZED: &str = "node.cloudprovider.kubernetes.io/uninitialized";

/// How a patch went.
pub(super) enum Patched {
    /// It ended.
    Done(Outcome),
    /// The node is not there (yet), or another of its name; with the outcome if that stays so.
    NotFound(Outcome),
}

/// The node that is meant: of this name, with every id that is asked for and known. A node of the name
/// with another id is another node.
pub(super) fn find(cluster: &Cluster, target: &Target) -> Option<Id> {
    let node = cluster.world().node_named(&target.node_name)?;
    matches_ids(node, target).then_some(node.meta.id)
}

/// A node id that is asked for together with a provider id may be missing on the node; alone it may not.
fn matches_ids(node: &Node, target: &Target) -> bool {
    let node_id = node.meta.labels.get(NODE_ID).map_or("", String::as_str);
    let provider_matches =
        !target.provider_id.is_empty() && target.provider_id.eq_ignore_ascii_case(&node.provider_id);
    match (target.node_id.is_empty(), target.provider_id.is_empty()) {
        (true, true) => false,
        (true, false) => provider_matches,
        (false, true) => target.node_id.eq_ignore_ascii_case(node_id),
        (false, false) => {
            provider_matches && (node_id.is_empty() || target.node_id.eq_ignore_ascii_case(node_id))
        }
    }
}

/// Deletes the Node, then its pods without waiting.
pub(super) fn delete(cluster: &mut Cluster, target: &Target) -> Outcome {
    if let Some(id) = find(cluster, target) {
        let pods: Vec<Id> = cluster
            .world()
            .nodes
            .get(&id)
            .map(|node| node.pods.iter().copied().collect())
            .unwrap_or_default();
        cluster.remove_node(id);
        pods.into_iter().for_each(|pod| cluster.remove_pod_now(pod));
    }
    Ok(())
}

/// Ready, and not waiting for its cloud controller. A taint with a value is overlooked, as the official
/// controller does.
pub(super) fn is_ready(cluster: &Cluster, id: Id) -> bool {
    let waits =
        |node: &Node| node.taints.iter().any(|taint| taint.key == UNINITIALIZED && taint.value.is_empty());
    cluster.world().nodes.get(&id).is_some_and(|node| node.ready && !waits(node))
}

/// Labels, annotations and taints; a key with `-` before it is taken away.
pub(super) fn patch(cluster: &mut Cluster, patch: &PatchNode) -> Patched {
    let target = &patch.target;
    if target.node_name.is_empty() || (target.node_id.is_empty() && target.provider_id.is_empty()) {
        return Patched::Done(Err("node name or node ID/provider ID is empty not valid action".to_owned()));
    }
    let Some(node) = cluster.world().node_named(&target.node_name) else { return Patched::NotFound(Ok(())) };
    if !matches_ids(node, target) {
        let Target { node_name, node_id, provider_id } = target;
        let real_id = node.meta.labels.get(NODE_ID).map_or("", String::as_str);
        return Patched::NotFound(Err(format!(
            "requested node ID {node_id}, provider ID {provider_id} for node name: {node_name} node {node_name} \
             has ID {real_id} and provider ID {}: node does not match",
            node.provider_id
        )));
    }
    let id = node.meta.id;
    let mut taints = node.taints.clone();
    for (index, wanted) in patch.taints.iter().enumerate() {
        if let Some(key) = wanted.key.strip_prefix('-') {
            taints.retain(|taint| taint.key != key);
            continue;
        }
        let Some(effect) = Effect::named(&wanted.effect) else {
            return Patched::Done(Err(format!(
                "patching node: Node \"{}\" is invalid: metadata.taints[{index}].effect: Unsupported value: \"{}\": \
                 supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"",
                target.node_name, wanted.effect
            )));
        };
        taints.retain(|taint| taint.key != wanted.key || taint.effect != effect);
        taints.push(Taint::new(&wanted.key, &wanted.value, effect));
    }
    if let Some(node) = cluster.world_mut().nodes.get_mut(&id) {
        merge(&mut node.meta.labels, &patch.labels);
        merge(&mut node.meta.annotations, &patch.annotations);
        node.taints = taints;
        node.unschedulable = patch.unschedulable.unwrap_or(node.unschedulable);
        if patch.unschedulable == Some(false) {
            // The node lifecycle controller takes away the taint that goes with the mark.
            node.taints.retain(|taint| taint.key != UNSCHEDULABLE);
        }
        merge(&mut node.extra_capacity, &patch.capacity);
    }
    cluster.world_mut().touch(Kind::Node, id);
    Patched::Done(Ok(()))
}

fn merge(labels: &mut Labels, changes: &Labels) {
    for (key, value) in changes {
        match key.strip_prefix('-') {
            Some(key) => {
                labels.remove(key);
            }
            None => {
                labels.insert(key.clone(), value.clone());
            }
        }
    }
}
