//! From a cluster as it is known, prices and the rules of the house to what the planner is asked.
//!
//! Nothing is decided here. What is for sale is said in [`offers`], what new nodes may look like in
//! [`Pools`] or, by a cluster's node templates and policies, in [`settings`].

mod offers;
mod pools;
pub mod settings;

use std::sync::Arc;

use cloud::PriceBook;
use cluster::ClusterState;
use model::{Node, Timestamp};
use planner::machines::KnownMachines;
use planner::{Commitment, OwnedNode, Picture, PlanningInput, Policies, Storage};

use crate::cost::now::price_query;
pub use pools::Pools;

/// Hours for which a saving counts unless somebody says otherwise: a month.
pub const HORIZON_HOURS: u32 = 730;

/// What a plan is made from.
pub struct Facts<'a> {
    /// The cluster.
    pub state: &'a ClusterState,
    /// Its nodes: those of `state`, or what stands for them.
    pub nodes: Vec<Arc<Node>>,
    /// What machines cost.
    pub prices: &'a PriceBook,
    /// What new nodes may look like, and which existing ones are of which kind.
    pub pools: Pools,
    /// The rules of the house.
    pub policies: Policies,
    /// Capacity paid for already.
    pub commitments: Vec<Commitment>,
    /// The moment for which the plan is made.
    pub now: Timestamp,
}

impl Facts<'_> {
    /// The question without its kind: provision, consolidate, rebalance.
    pub fn planning_input(self) -> PlanningInput {
        let Self { state, nodes, prices, pools, policies, commitments, now } = self;
        let storage = Storage {
            volumes: state.volumes().cloned().collect(),
            claims: state.claims().cloned().collect(),
            classes: state.storage_classes().cloned().collect(),
            nodes: state.node_storage().cloned().collect(),
            drivers: state.storage_drivers().cloned().collect(),
            capacities: state.storage_capacities().cloned().collect(),
            attachments: state.attachments().cloned().collect(),
        };
        let catalog = prices.catalog();
        let known = KnownMachines::learn(nodes.iter().map(AsRef::as_ref), &storage.nodes, |node| {
            catalog.instance_type(node.provider, &node.instance_type).cloned()
        });
        let offers = offers::for_sale(&nodes, prices, &pools.templates, &known);
        let owned = nodes.into_iter().zip(pools.of_nodes).map(|(node, template)| OwnedNode {
            price: prices.price(&price_query(&node)).per_hour,
            node,
            template,
        });
        PlanningInput {
            cluster: Picture {
                nodes: owned.collect(),
                pods: state.pods().cloned().collect(),
                namespaces: state.namespaces().cloned().collect(),
                workloads: state.workloads().cloned().collect(),
                budgets: state.disruption_budgets().cloned().collect(),
                storage,
            },
            offers,
            templates: pools.templates,
            policies,
            commitments,
            now,
        }
    }
}

#[cfg(test)]
mod tests;
