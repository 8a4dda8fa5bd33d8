//! What each node costs per hour, and which part of it each pod on it bears.

use std::ops::{Add, AddAssign};
use std::sync::Arc;

use cloud::PriceBook;
use cluster::ClusterState;
use model::{MachineSize, Money, Node, Pod, PodUsage, Price, PriceQuery, Resources, WorkloadKey};

/// Money by the resource it is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceCost {
    /// For CPU.
    pub cpu: Money,
    /// For memory.
    pub memory: Money,
    /// For GPUs.
    pub gpu: Money,
}

impl ResourceCost {
    /// For all of them.
    pub fn total(self) -> Money {
        self.cpu + self.memory + self.gpu
    }

    /// `wasted`, of the requested amounts, in money: the same part of the cost of each resource,
    /// rounded half to even at the nano-dollar.
    pub fn of_wasted(self, wasted: Amounts, requested: Amounts) -> Money {
        let part = |cost: Money, wasted: i64, requested: i64| {
            cost.times_ratio(wasted, requested).unwrap_or(Money::ZERO)
        };
        part(self.cpu, wasted.cpu_milli, requested.cpu_milli)
            + part(self.memory, wasted.memory_bytes, requested.memory_bytes)
    }
}

impl Add for ResourceCost {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { cpu: self.cpu + other.cpu, memory: self.memory + other.memory, gpu: self.gpu + other.gpu }
    }
}

impl AddAssign for ResourceCost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for ResourceCost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), Add::add)
    }
}

/// Amounts of the resources that are paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Thousandths of a CPU.
    pub cpu_milli: i64,
    /// Bytes of memory.
    pub memory_bytes: i64,
    /// GPU devices, or parts of one where the device plugin hands out parts.
    pub gpus: i64,
}

impl Amounts {
    /// The amounts in `resources`. What counts as a GPU: `…/gpu`, as of NVIDIA and AMD, and the
    /// partitions `nvidia.com/mig-…`.
    pub fn of(resources: &Resources) -> Self {
        let is_gpu = |name: &str| name.ends_with("/gpu") || name.starts_with("nvidia.com/mig-");
        let gpus = resources.extended.iter().filter(|(name, _)| is_gpu(name)).map(|(_, &amount)| amount);
        Self { cpu_milli: resources.cpu_milli, memory_bytes: resources.memory_bytes, gpus: gpus.sum() }
    }

    /// What is left when `other` is taken away, never less than nothing.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self {
            cpu_milli: (self.cpu_milli - other.cpu_milli).max(0),
            memory_bytes: (self.memory_bytes - other.memory_bytes).max(0),
            gpus: (self.gpus - other.gpus).max(0),
        }
    }
}

impl AddAssign for Amounts {
    fn add_assign(&mut self, other: Self) {
        self.cpu_milli += other.cpu_milli;
        self.memory_bytes += other.memory_bytes;
        self.gpus += other.gpus;
    }
}

impl std::iter::Sum for Amounts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum += one;
            sum
        })
    }
}

/// A pod that occupies part of a node.
#[derive(Clone, Debug)]
pub struct PodOnNode {
    /// The pod.
    pub pod: Arc<Pod>,
    /// What made it.
    pub workload: WorkloadKey,
    /// What it uses, where that is measured.
    pub usage: Option<PodUsage>,
}

/// A pod's part of its node.
#[derive(Clone, Debug)]
pub struct PodCost {
    /// The pod.
    pub pod: Arc<Pod>,
    /// What made it.
    pub workload: WorkloadKey,
    /// What it requests.
    pub requested: Amounts,
    /// What it uses, where that is measured; GPUs are not.
    pub used: Option<Amounts>,
    /// US dollars per hour.
    pub cost: ResourceCost,
}

impl PodCost {
    /// Requested and not used; nothing where use is not measured.
    pub fn wasted(&self) -> Amounts {
        self.used.map_or_else(Amounts::default, |used| Amounts { gpus: 0, ..self.requested.less(used) })
    }
}

/// A node, its price, and who bears it.
#[derive(Clone, Debug)]
pub struct NodeCost {
    /// The node.
    pub node: Arc<Node>,
    /// Its price and where that comes from.
    pub price: Price,
    /// The price per hour by resource.
    pub cost: ResourceCost,
    /// The part of it that pods could have and do not request, per hour.
    pub idle: ResourceCost,
    /// The part of it that the node keeps for itself, per hour.
    pub system: ResourceCost,
    /// The parts of the pods, which with `idle` and `system` sum to `cost` exactly.
    pub pods: Vec<PodCost>,
}

impl NodeCost {
    /// Prices `node` and divides the price among `pods`.
    ///
    /// The price is first divided between CPU, memory and GPUs ([`PriceBook::parts`]). Of each
    /// resource every pod then bears its request, the node itself what it keeps back (capacity less
    /// allocatable), and nobody, as idle, what is left of allocatable. Where pods request more than
    /// is allocatable, their requests are the proportion.
    pub fn new(node: &Arc<Node>, pods: Vec<PodOnNode>, prices: &PriceBook) -> Self {
        let query = price_query(node);
        let price = prices.price(&query);
        let [cpu, memory, gpu] = prices.parts(&query, price.per_hour);

        let requests: Vec<Amounts> = pods.iter().map(|one| Amounts::of(&one.pod.spec.requests)).collect();
        let allocatable = Amounts::of(&node.allocatable);
        let idle = allocatable.less(requests.iter().copied().sum());
        let system = Amounts::of(&node.capacity).less(allocatable);
        // Idle comes first: it gets the whole of a resource of which nobody has anything.
        let divide = |part: Money, amount: fn(&Amounts) -> i64| {
            let amounts = [idle, system].into_iter().chain(requests.iter().copied());
            let weights: Vec<u64> = amounts.map(|amounts| amount(&amounts).max(0).unsigned_abs()).collect();
            part.split(&weights).into_iter()
        };
        let mut shares = divide(cpu, |amounts| amounts.cpu_milli)
            .zip(divide(memory, |amounts| amounts.memory_bytes))
            .zip(divide(gpu, |amounts| amounts.gpus))
            .map(|((cpu, memory), gpu)| ResourceCost { cpu, memory, gpu });
        let idle = shares.next().unwrap_or_default();
        let system = shares.next().unwrap_or_default();
        let pods = pods
            .into_iter()
            .zip(requests)
            .zip(shares)
            .map(|((one, requested), cost)| PodCost {
                pod: one.pod,
                workload: one.workload,
                requested,
                used: one.usage.map(|usage| Amounts {
                    cpu_milli: usage.cpu_milli,
                    memory_bytes: usage.memory_bytes,
                    gpus: 0,
                }),
                cost,
            })
            .collect();
        Self { node: Arc::clone(node), price, cost: ResourceCost { cpu, memory, gpu }, idle, system, pods }
    }

    /// What pods on the node request together.
    pub fn requested(&self) -> Amounts {
        self.pods.iter().map(|pod| pod.requested).sum()
    }
}

/// The machine under a node, as a price is asked for.
pub fn price_query(node: &Node) -> PriceQuery<'_> {
    fn known(text: &str) -> Option<&str> {
        Some(text).filter(|text| !text.is_empty())
    }
    PriceQuery {
        provider: node.provider,
        region: known(&node.region),
        zone: known(&node.zone),
        instance_type: known(&node.instance_type),
        lifecycle: node.lifecycle,
        size: machine_size(&node.capacity),
    }
}

/// Amounts of CPU, memory and GPUs as they matter for a price.
pub fn machine_size(resources: &Resources) -> MachineSize {
    let amounts = Amounts::of(resources);
    MachineSize {
        cpu_millis: amounts.cpu_milli.max(0).unsigned_abs(),
        memory_bytes: amounts.memory_bytes.max(0).unsigned_abs(),
        gpus: amounts.gpus.max(0).unsigned_abs(),
    }
}

/// A cluster's cost per hour: its nodes, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct ClusterCost {
    /// The nodes.
    pub nodes: Vec<NodeCost>,
}

impl ClusterCost {
    /// Prices all nodes of `state`. Pods bear a cost while they occupy a node that is known: not
    /// before they are bound, and not after they finished.
    pub fn of(state: &ClusterState, prices: &PriceBook) -> Self {
        Self::of_nodes(state.nodes().map(Arc::clone), state, prices)
    }

    /// The same for these nodes, which are those of `state` or stand for them.
    pub fn of_nodes(
        nodes: impl Iterator<Item = Arc<Node>>,
        state: &ClusterState,
        prices: &PriceBook,
    ) -> Self {
        let pods = state.pods_by_node();
        let priced = nodes.map(|node| {
            let pods = pods.get(&*node.name).into_iter().flatten().filter(|pod| pod.is_occupying());
            let pods = pods.map(|&pod| PodOnNode {
                pod: Arc::clone(pod),
                workload: state.workload_of(pod),
                usage: state.usage(pod),
            });
            NodeCost::new(&node, pods.collect(), prices)
        });
        Self { nodes: priced.collect() }
    }

    /// US dollars per hour, by resource.
    pub fn total(&self) -> ResourceCost {
        self.nodes.iter().map(|node| node.cost).sum()
    }

    /// True when the price of at least one node is an estimate.
    pub fn is_estimated(&self) -> bool {
        self.nodes.iter().any(|node| node.price.estimated)
    }
}
