//! What a scenario has that no workload explains: pods of their own kind, marked nodes, unused claims.

use std::sync::Arc;

use super::Cluster;
use crate::scenario::{Oddity, PodPlan};
use crate::world::meta::{Id, Kind};
use crate::world::node::Taint;
use crate::world::pod::{Note, Owner, Phase, Pod};
use crate::world::template::{Effect, Labels};
use crate::world::workload::Claim;

impl Cluster {
    /// Creates what has to find room before the workloads do.
    pub(super) fn create_oddity(&mut self, oddity: &Oddity) {
        match oddity {
            Oddity::NakedPod(plan) => {
                self.create_lone_pod(plan, plan.name, Owner::Nobody);
            }
            Oddity::StaticPods(plan, count) => {
                let nodes = self.world.nodes.iter().take(*count);
                let nodes: Vec<(Id, String)> =
                    nodes.map(|(&id, node)| (id, node.meta.name.clone())).collect();
                for (node, node_name) in nodes {
                    let pod =
                        self.create_lone_pod(plan, &format!("{}-{node_name}", plan.name), Owner::Node(node));
                    let hash = self.random.hexadecimal(32);
                    if let Some(pod) = self.world.pods.get_mut(&pod) {
                        pod.meta.annotations = Labels::from([
                            ("kubernetes.io/config.mirror".to_owned(), hash),
                            ("kubernetes.io/config.source".to_owned(), "file".to_owned()),
                        ]);
                    }
                    self.world.bind(pod, node, self.start);
                }
            }
            Oddity::UnusedClaim { namespace, name, gib } => {
                let meta = self.world.meta(&mut self.random, namespace, name, self.start);
                self.world.add_claim(Claim { meta, gib: *gib, volume: None, selected_node: Arc::from("") });
            }
            Oddity::EvictedPod(_) | Oddity::CordonedNode(_) | Oddity::KeptNode(_) => {}
        }
    }

    /// Does what befell the cluster when everything ran.
    pub(super) fn mark_oddity(&mut self, oddity: &Oddity) {
        match oddity {
            Oddity::EvictedPod(plan) => {
                let Some(node) = self.world.nodes.keys().next().copied() else { return };
                let (pod, start) = (self.create_lone_pod(plan, plan.name, Owner::Nobody), self.start);
                self.world.bind(pod, node, start);
                self.world.update_pod(pod, |pod| {
                    pod.phase = Phase::Failed;
                    pod.note = Some(Note::Evicted);
                    pod.started = Some(start);
                    pod.finished = Some(start);
                });
            }
            Oddity::CordonedNode(number) => {
                if let Some(node) = self.world.nodes.values_mut().nth(*number) {
                    node.unschedulable = true;
                    node.taints.push(Taint::new("node.kubernetes.io/unschedulable", "", Effect::NoSchedule));
                    let id = node.meta.id;
                    self.world.touch(Kind::Node, id);
                }
            }
            Oddity::KeptNode(number) => {
                if let Some(node) = self.world.nodes.values_mut().nth(*number) {
                    node.meta.labels.insert("autoscaling.cast.ai/removal-disabled".into(), "true".into());
                    let id = node.meta.id;
                    self.world.touch(Kind::Node, id);
                }
            }
            Oddity::NakedPod(_) | Oddity::StaticPods(..) | Oddity::UnusedClaim { .. } => {}
        }
    }

    fn create_lone_pod(&mut self, plan: &PodPlan, name: &str, owner: Owner) -> Id {
        let meta = self.world.meta(&mut self.random, plan.namespace, name, self.start);
        self.world.add_pod(Pod {
            meta,
            requests: plan.template.effective_requests(),
            template: plan.template.clone(),
            owner,
            placement: None,
            phase: Phase::Pending,
            ready: false,
            started: None,
            finished: None,
            note: None,
            restarts: 0,
            claims: Vec::new(),
        })
    }
}
