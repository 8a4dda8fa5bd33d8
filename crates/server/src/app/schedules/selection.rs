//! Which nodes a rebalancing by schedule is about: those that the launch configuration lets through, in
//! the order of its algorithm, and no more than it targets. Whether replacing them saves anything is for
//! the planner to find out.
//!
//! The algorithms weigh CPU, memory and GPUs together, by what such amounts usually cost where the node
//! runs. So a node is dear when it costs more than its resources usually do, whatever their mixture.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use cloud::PriceBook;
use cluster::ClusterState;
use jiff::SignedDuration;
use model::{MachineSize, Money, Node, NodeId, NodeSelector, Timestamp};
use wire::rebalancing_schedules::{LaunchConfiguration, TargetNodeSelectionAlgorithm};

use super::selector;
use crate::app::fields::Fields;
use crate::app::nodes::DRAINING;
use crate::cost::now::{machine_size, price_query};
use crate::http::error::ApiResult;

/// Which nodes a launch configuration is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Targeting {
    selector: Option<NodeSelector>,
    least_age: SignedDuration,
    most: Option<usize>,
    order: Order,
}

/// Which nodes come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Those that cost most beside what they have.
    NormalizedPrice,
    /// Those that cost most beside what is requested of them.
    UtilizedPrice,
    /// Those of which least is requested.
    Utilization,
}

/// A node that was chosen, and why it stands where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectedNode {
    /// Its id.
    pub id: NodeId,
    /// Its name.
    pub name: Arc<str>,
    /// Why.
    pub why: Why,
}

/// What the order of nodes was decided by. Shown, it is a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Why {
    /// The rule.
    pub order: Order,
    /// What the node costs in an hour.
    pub price: Money,
    /// What its capacity usually costs there.
    pub capacity_worth: Money,
    /// What the part of it that pods request usually costs there.
    pub requested_worth: Money,
}

impl Targeting {
    /// What `launch`, at the path `at`, says.
    ///
    /// # Errors
    /// 400 that names the field and what would be right.
    pub fn read(at: &Fields, launch: &LaunchConfiguration) -> ApiResult<Self> {
        at.within("nodeTtlSeconds", launch.node_ttl_seconds, 0..=i32::MAX)?;
        at.within("numTargetedNodes", launch.num_targeted_nodes, 0..=i32::MAX)?;
        let most = launch.num_targeted_nodes.and_then(|most| usize::try_from(most).ok());
        use TargetNodeSelectionAlgorithm as Algorithm;
        let order = match &launch.target_node_selection_algorithm {
            Some(Algorithm::NormalizedPrice) => Order::NormalizedPrice,
            Some(Algorithm::Utilization) => Order::Utilization,
            None | Some(Algorithm::UtilizedPrice) => Order::UtilizedPrice,
            Some(Algorithm::Other(name)) if name.is_empty() => Order::UtilizedPrice,
            Some(Algorithm::Other(_)) => {
                let wanted = format!("must be one of {}", Algorithm::KNOWN.join(", "));
                return Err(at.refuse("targetNodeSelectionAlgorithm", wanted));
            }
        };
        Ok(Self {
            selector: selector::read(&at.inside("selector"), launch.selector.as_ref())?,
            least_age: SignedDuration::from_secs(launch.node_ttl_seconds.unwrap_or(0).into()),
            most: most.filter(|most| *most > 0),
            order,
        })
    }

    /// Whether the node may be chosen at `now`: a worker of the age and the labels that were asked for,
    /// which nobody wants left alone and which is not being emptied already.
    fn lets_through(&self, node: &Node, now: Timestamp) -> bool {
        !node.is_control_plane()
            && !node.keep().any()
            && node.labels.get(DRAINING).is_none()
            && now.duration_since(node.created_at) >= self.least_age
            && self.selector.as_ref().is_none_or(|selector| selector.matches(&node.name, &node.labels))
    }
}

/// The nodes of `state` that `targeting` is about at `now`, first those that it takes first.
pub fn select_nodes(
    targeting: &Targeting,
    state: &ClusterState,
    prices: &PriceBook,
    now: Timestamp,
) -> Vec<SelectedNode> {
    let requested = state.requested_by_node();
    let mut chosen: Vec<SelectedNode> = state
        .nodes()
        .filter(|node| targeting.lets_through(node, now))
        .map(|node| {
            let query = price_query(node);
            let rates = prices.rates(node.provider, query.region);
            let requested = requested.get(&*node.name).map_or(MachineSize::default(), machine_size);
            SelectedNode {
                id: node.id(),
                name: Arc::clone(&node.name),
                why: Why {
                    order: targeting.order,
                    price: prices.price(&query).per_hour,
                    capacity_worth: rates.price(query.size),
                    requested_worth: rates.price(requested),
                },
            }
        })
        .collect();
    chosen.sort_by(|a, b| a.why.cmp_urgency(&b.why).then_with(|| a.name.cmp(&b.name)));
    chosen.truncate(targeting.most.unwrap_or(usize::MAX));
    chosen
}

impl Why {
    /// Numerator and denominator of what the order looks at; the larger it is, the sooner.
    fn ratio(&self) -> (Money, Money) {
        match self.order {
            Order::NormalizedPrice => (self.price, self.capacity_worth),
            Order::UtilizedPrice => (self.price, self.requested_worth),
            // The less is requested of it, the larger is what it has beside that.
            Order::Utilization => (self.capacity_worth, self.requested_worth),
        }
    }

    /// Compares exactly: `a/b` with `c/d` as `a·d` with `c·b`. What has nothing below the line comes
    /// first, the dearer before the cheaper.
    fn cmp_urgency(&self, other: &Self) -> Ordering {
        let ((a, b), (c, d)) = (self.ratio(), other.ratio());
        let [a, b, c, d] = [a, b, c, d].map(|money| i128::from(money.nanos()));
        match (b == 0, d == 0) {
            (true, true) => c.cmp(&a),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => (c * b).cmp(&(a * d)),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { order, price, capacity_worth, requested_worth } = self;
        match order {
            Order::NormalizedPrice => {
                write!(f, "costs {price} an hour, and what it has usually costs {capacity_worth}")
            }
            Order::UtilizedPrice => {
                write!(
                    f,
                    "costs {price} an hour, and what is requested of it usually costs {requested_worth}"
                )
            }
            Order::Utilization => {
                write!(f, "of {capacity_worth} an hour that it is worth, {requested_worth} are requested")
            }
        }
    }
}
