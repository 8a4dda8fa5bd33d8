//! What kubelets, the node lifecycle controller and the pod collector do: pods start, end and go.

use std::sync::Arc;

use super::{Cluster, Event, POD_COLLECTOR_SECONDS};
use crate::world::meta::{Id, Kind};
use crate::world::node::Taint;
use crate::world::pod::{Note, Owner, Phase};
use crate::world::template::Effect;
use crate::world::workload::Volume;

/// How long a pod may stay on a node that fell silent.
const UNREACHABLE_SECONDS: u64 = 300;

impl Cluster {
    /// Containers start. A job's pod will end by itself.
    pub(super) fn start_pod(&mut self, id: Id) {
        let now = crate::world::seconds(self.shown());
        let Some(pod) = self.world.pods.get(&id) else { return };
        if pod.phase != Phase::Pending || pod.placement.is_none() || pod.meta.deleted.is_some() {
            return;
        }
        let owner = pod.owner;
        self.world.update_pod(id, |pod| {
            pod.phase = Phase::Running;
            pod.ready = !pod.template.crash_looping;
            pod.started = Some(now);
        });
        if let Owner::Workload(owner) = owner {
            let batch = self.world.workloads.get(&owner).and_then(|workload| workload.batch);
            if let Some(batch) = batch.filter(|batch| batch.run_seconds > 0) {
                let seconds = u64::from(batch.run_seconds) * self.random.between(800, 1_200) / 1_000;
                self.plan(seconds.max(1), Event::PodEnds(id));
            }
            self.owner_changed(owner);
        }
    }

    /// A job's pod ends well.
    pub(super) fn end_pod(&mut self, id: Id) {
        let now = crate::world::seconds(self.shown());
        let Some(pod) = self.world.pods.get(&id).filter(|pod| pod.phase == Phase::Running) else { return };
        let owner = pod.owner;
        self.world.update_pod(id, |pod| {
            pod.phase = Phase::Succeeded;
            pod.ready = false;
            pod.finished = Some(now);
        });
        if let Owner::Workload(owner) = owner {
            self.owner_changed(owner);
        }
    }

    /// Asks a pod to go: one that was never placed or has ended goes at once.
    pub(crate) fn delete_pod(&mut self, id: Id) {
        let now = crate::world::seconds(self.shown());
        let Some(pod) = self.world.pods.get(&id).filter(|pod| pod.meta.deleted.is_none()) else { return };
        let (owner, grace) = (pod.owner, pod.template.grace_seconds.max(1) as u64);
        if pod.placement.is_none() || (pod.is_finished() && !self.faults.holds(pod, self.now)) {
            self.world.remove_pod(id);
        } else {
            self.world.update_pod(id, |pod| {
                pod.meta.deleted = Some(now);
                pod.ready = false;
            });
            let seconds = self.random.between(1, 5).min(grace);
            self.plan(seconds, Event::PodGone(id));
        }
        if let Owner::Workload(owner) = owner {
            self.owner_changed(owner);
        }
    }

    /// Takes a pod away without waiting (grace 0). One that is held is only marked.
    pub(crate) fn remove_pod_now(&mut self, id: Id) {
        let Some(pod) = self.world.pods.get(&id) else { return };
        if self.faults.holds(pod, self.now) {
            self.delete_pod(id);
        } else {
            let owner = pod.owner;
            self.world.remove_pod(id);
            if let Owner::Workload(owner) = owner {
                self.owner_changed(owner);
            }
        }
        self.settle();
    }

    /// A terminating pod is gone, unless it is held, or its kubelet is silent and cannot say so.
    pub(super) fn finish_deletion(&mut self, id: Id) {
        let Some(pod) = self.world.pods.get(&id) else { return };
        if self.faults.holds(pod, self.now) {
            return;
        }
        let silent = pod
            .placement
            .as_ref()
            .is_some_and(|placement| self.world.nodes.get(&placement.node).is_none_or(|node| !node.ready));
        if silent {
            return;
        }
        let owner = pod.owner;
        self.world.remove_pod(id);
        if let Owner::Workload(owner) = owner {
            self.owner_changed(owner);
        }
    }

    /// Provisions the volumes of claims that waited for their first consumer.
    pub(super) fn provision_volumes(&mut self, pod: Id, node: Id) {
        let now = self.shown();
        let Some((zone, node_name)) =
            self.world.nodes.get(&node).map(|node| (node.zone.clone(), node.meta.name.clone()))
        else {
            return;
        };
        let claims = self.world.pods.get(&pod).map(|pod| pod.claims.clone()).unwrap_or_default();
        for claim_id in claims {
            let Some(claim) = self.world.claims.get(&claim_id).filter(|claim| claim.volume.is_none()) else {
                continue;
            };
            let name = format!("pvc-{}", claim.meta.uid);
            let handle = format!("vol-0{}", self.random.hexadecimal(16));
            let meta = self.world.meta(&mut self.random, "", &name, now);
            self.world
                .add_volume(Volume { meta, claim: claim_id, zone: Arc::clone(&zone), handle }, &node_name);
        }
    }

    /// A kubelet stops reporting: the node lifecycle controller taints its node.
    pub(super) fn silence(&mut self, id: Id) {
        let now = crate::world::seconds(self.shown());
        let Some(node) = self.world.nodes.get_mut(&id).filter(|node| node.ready) else { return };
        node.ready = false;
        node.ready_since = now;
        for effect in [Effect::NoSchedule, Effect::NoExecute] {
            let taint = Taint::new("node.kubernetes.io/unreachable", "", effect);
            node.taints.push(Taint { added: Some(now), ..taint });
        }
        let (in_group, pods) = (!node.group.is_empty(), node.pods.clone());
        self.world.touch(Kind::Node, id);
        for pod in pods {
            if self.world.pods.get(&pod).is_some_and(|pod| pod.ready) {
                self.world.update_pod(pod, |pod| pod.ready = false);
            }
        }
        self.plan(UNREACHABLE_SECONDS, Event::NodeEvicted(id));
        // A group replaces a machine that its health check gave up; nobody looks after one without.
        if in_group {
            self.plan(UNREACHABLE_SECONDS * 2, Event::NodeGone(id));
        }
    }

    /// After five minutes the pods of a silent node are deleted: they stay terminating, since nobody
    /// is there to stop them, and are replaced elsewhere.
    pub(super) fn evict_silent(&mut self, id: Id) {
        let Some(node) = self.world.nodes.get(&id).filter(|node| !node.ready) else { return };
        for pod in node.pods.clone() {
            let is_daemon = self.world.pods.get(&pod).is_some_and(|pod| match pod.owner {
                Owner::Workload(owner) => {
                    self.world.workloads.get(&owner).is_some_and(|owner| owner.kind == Kind::DaemonSet)
                }
                _ => true,
            });
            if !is_daemon {
                self.delete_pod(pod);
            }
        }
    }

    /// The machine is gone: its Node object goes at once, its pods when the collector comes.
    pub(crate) fn remove_node(&mut self, id: Id) {
        let Some(node) = self.world.nodes.get(&id) else { return };
        let pods: Vec<Id> = node.pods.iter().copied().collect();
        self.world.remove_node(id);
        let delay = POD_COLLECTOR_SECONDS + self.random.below(20);
        self.plan(delay, Event::PodsCollected(pods));
    }

    pub(super) fn collect_pods(&mut self, pods: Vec<Id>) {
        let now = crate::world::seconds(self.shown());
        for id in pods {
            let Some(pod) = self.world.pods.get(&id) else { continue };
            let (owner, held) = (pod.owner, self.faults.holds(pod, self.now));
            if !pod.is_finished() {
                self.world.update_pod(id, |pod| {
                    pod.phase = Phase::Failed;
                    pod.finished = Some(now);
                    pod.note = Some(Note::NodeGone);
                });
            }
            if held {
                self.delete_pod(id);
            } else {
                self.world.remove_pod(id);
            }
            if let Owner::Workload(owner) = owner {
                self.owner_changed(owner);
            }
        }
    }
}
