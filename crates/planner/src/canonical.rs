//! The same cluster in the same order, however it was written down: a plan must not cost more because pods
//! were listed the other way round.

use crate::plan::{Bound, Place, Plan};
use crate::reason::KeptReason;
use crate::{PlanningInput, Question};

/// An input in the order of names, and where each thing was.
pub(crate) struct Canonical {
    pub(crate) input: PlanningInput,
    /// By new index, the old one.
    pods: Vec<usize>,
    nodes: Vec<usize>,
    offers: Vec<usize>,
}

impl Canonical {
    pub(crate) fn of(input: &PlanningInput) -> Self {
        let mut pods: Vec<usize> = (0..input.cluster.pods.len()).collect();
        pods.sort_by_cached_key(|&at| {
            let pod = &input.cluster.pods[at];
            (pod.namespace.clone(), pod.name.clone(), pod.uid.to_string())
        });
        let mut nodes: Vec<usize> = (0..input.cluster.nodes.len()).collect();
        nodes.sort_by_key(|&at| &input.cluster.nodes[at].node.name);
        let mut offers: Vec<usize> = (0..input.offers.len()).collect();
        offers.sort_by_key(|&at| {
            let offer = &input.offers[at];
            (&offer.machine.instance_type.name, &offer.zone, offer.lifecycle, offer.price)
        });
        let mut sorted = input.clone();
        sorted.cluster.pods = pods.iter().map(|&at| input.cluster.pods[at].clone()).collect();
        sorted.cluster.nodes = nodes.iter().map(|&at| input.cluster.nodes[at].clone()).collect();
        sorted.offers = offers.iter().map(|&at| input.offers[at].clone()).collect();
        Self { input: sorted, pods, nodes, offers }
    }

    /// The question in the new indexes.
    pub(crate) fn question(&self, question: &Question) -> Question {
        match question {
            Question::Rebalance { nodes: Some(asked) } => Question::Rebalance {
                nodes: Some((0..self.nodes.len()).filter(|&at| asked.contains(&self.nodes[at])).collect()),
            },
            other => other.clone(),
        }
    }

    /// The plan in the old indexes.
    pub(crate) fn restore(&self, mut plan: Plan) -> Plan {
        for node in &mut plan.nodes {
            match &mut node.place {
                Place::Existing(at) => *at = self.nodes[*at],
                Place::New { offer, .. } => *offer = self.offers[*offer],
            }
            node.pods.iter_mut().for_each(|pod| *pod = self.pods[*pod]);
            node.pods.sort_unstable();
        }
        // Existing nodes first, each in the order of the input; moves point to nodes by their new place.
        let mut order: Vec<usize> = (0..plan.nodes.len()).collect();
        order.sort_by_key(|&at| plan.nodes[at].place);
        let mut place_of = vec![0; order.len()];
        order.iter().enumerate().for_each(|(new, &old)| place_of[old] = new);
        plan.nodes = order.iter().map(|&at| plan.nodes[at].clone()).collect();
        for one in &mut plan.moves {
            (one.pod, one.from, one.to) = (self.pods[one.pod], self.nodes[one.from], place_of[one.to]);
        }
        plan.removed.iter_mut().for_each(|one| one.node = self.nodes[one.node]);
        plan.removed.sort_by_key(|one| one.node);
        plan.unplaced.iter_mut().for_each(|one| one.pod = self.pods[one.pod]);
        plan.unplaced.sort_by_key(|one| one.pod);
        for kept in &mut plan.kept {
            kept.node = self.nodes[kept.node];
            for reason in &mut kept.reasons {
                if let KeptReason::Pod { pod, .. } = reason {
                    *pod = self.pods[*pod];
                }
            }
        }
        plan.kept.sort_by_key(|one| one.node);
        if let Bound::Certified { certificate, .. } = &mut plan.bound {
            for class in &mut certificate.classes {
                class.pods.iter_mut().for_each(|pod| *pod = self.pods[*pod]);
                class.pods.sort_unstable();
            }
            certificate.nodes.iter_mut().for_each(|one| one.node = self.nodes[one.node]);
            certificate.nodes.sort_by_key(|one| one.node);
        }
        plan
    }
}
