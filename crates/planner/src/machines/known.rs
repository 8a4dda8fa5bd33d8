//! What the nodes of a cluster teach about machines of their kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{InstanceType, Node, NodeDriver, NodeStorage, Provider, Resources};

use super::allocatable;
use crate::Machine;

impl Machine {
    /// A machine of which nothing is known but how it is sold.
    pub fn of(instance_type: Arc<InstanceType>) -> Self {
        let allocatable = allocatable(&instance_type);
        Self { instance_type, allocatable, drivers: Box::default() }
    }
}

/// What is known of machines because nodes of them are there.
///
/// A type that a ready node has is taken to have what the least of its nodes has. Of other types of the
/// same provider, the formula is corrected by the node that falls short of it most: kubelet settings, disk
/// sizes and network plug-ins are those of the cluster, not of the type. Corrections only ever take away.
#[derive(Clone, Debug, Default)]
pub struct KnownMachines {
    types: BTreeMap<(Provider, Arc<str>), Resources>,
    shortfalls: BTreeMap<Provider, Shortfall>,
    /// By provider, driver and family; the least over all families stands under the empty one.
    limits: BTreeMap<(Provider, Arc<str>, Arc<str>), NodeDriver>,
}

/// The largest factors, in parts of 2³², by which nodes fall short of the formula, and the least amounts
/// of what is a setting rather than a size.
#[derive(Clone, Copy, Debug)]
struct Shortfall {
    cpu: u64,
    memory: u64,
    disk: i64,
    pods: i64,
}

const WHOLE: u64 = 1 << 32;

impl Shortfall {
    const NONE: Self = Self { cpu: WHOLE, memory: WHOLE, disk: i64::MAX, pods: i64::MAX };

    fn learn(&mut self, formula: &Resources, real: &Resources) {
        self.cpu = self.cpu.min(ratio(real.cpu_milli, formula.cpu_milli));
        self.memory = self.memory.min(ratio(real.memory_bytes, formula.memory_bytes));
        self.disk = self.disk.min(real.ephemeral_storage_bytes);
        if real.pods < formula.pods {
            self.pods = self.pods.min(real.pods);
        }
    }
}

/// `real / formula` in parts of 2³², rounded down; one where the formula gives nothing.
fn ratio(real: i64, formula: i64) -> u64 {
    let (real, formula) = (u128::from(real.max(0).unsigned_abs()), u128::from(formula.max(0).unsigned_abs()));
    (real * u128::from(WHOLE))
        .checked_div(formula)
        .map_or(WHOLE, |parts| u64::try_from(parts).unwrap_or(WHOLE).min(WHOLE))
}

fn part(amount: i64, parts: u64) -> i64 {
    let exact = u128::from(amount.max(0).unsigned_abs()) * u128::from(parts) / u128::from(WHOLE);
    i64::try_from(exact).unwrap_or(amount)
}

impl KnownMachines {
    /// Learns from `nodes`, those that are ready where a type has any, and from their CSINodes.
    /// `type_of` says what a node's machine is sold as.
    pub fn learn<'a>(
        nodes: impl IntoIterator<Item = &'a Node>,
        storage: &[Arc<NodeStorage>],
        type_of: impl Fn(&Node) -> Option<Arc<InstanceType>>,
    ) -> Self {
        let mut known = Self::default();
        let storage: BTreeMap<&str, &NodeStorage> = storage.iter().map(|one| (&*one.node, &**one)).collect();
        let mut nodes: Vec<&Node> = nodes.into_iter().collect();
        nodes.sort_by_key(|node| !node.is_ready());
        let mut not_ready = BTreeMap::new();
        for node in nodes {
            let Some(machine) = type_of(node) else { continue };
            let key = (machine.provider, Arc::clone(&machine.name));
            if node.is_ready() {
                known
                    .types
                    .entry(key)
                    .and_modify(|least| lower_to(least, &node.allocatable))
                    .or_insert_with(|| node.allocatable.clone());
                let shortfall = known.shortfalls.entry(machine.provider).or_insert(Shortfall::NONE);
                shortfall.learn(&allocatable(&machine), &node.allocatable);
            } else {
                not_ready.entry(key).or_insert_with(|| node.allocatable.clone());
            }
            for driver in storage.get(&*node.name).into_iter().flat_map(|one| &one.drivers) {
                known.learn_driver(&machine, driver);
            }
        }
        for (key, allocatable) in not_ready {
            known.types.entry(key).or_insert(allocatable);
        }
        known
    }

    /// The machine of this type.
    pub fn machine(&self, instance_type: &Arc<InstanceType>) -> Machine {
        let key = (instance_type.provider, Arc::clone(&instance_type.name));
        let allocatable = self.types.get(&key).cloned().unwrap_or_else(|| {
            let mut allocatable = allocatable(instance_type);
            if let Some(shortfall) = self.shortfalls.get(&instance_type.provider) {
                allocatable.cpu_milli = part(allocatable.cpu_milli, shortfall.cpu);
                allocatable.memory_bytes = part(allocatable.memory_bytes, shortfall.memory);
                allocatable.ephemeral_storage_bytes = shortfall.disk;
                allocatable.pods = allocatable.pods.min(shortfall.pods);
            }
            allocatable
        });
        Machine {
            instance_type: Arc::clone(instance_type),
            allocatable,
            drivers: self.drivers(instance_type),
        }
    }

    /// The drivers that the provider's nodes run, with the limit of the same family where one of it is
    /// there, else the smallest of all.
    fn drivers(&self, machine: &InstanceType) -> Box<[NodeDriver]> {
        let of_provider = self
            .limits
            .iter()
            .filter(|((provider, _, family), _)| *provider == machine.provider && family.is_empty());
        let drivers = of_provider.map(|((provider, name, _), least)| {
            let family = (*provider, Arc::clone(name), Arc::clone(&machine.family));
            self.limits.get(&family).unwrap_or(least).clone()
        });
        drivers.collect()
    }

    fn learn_driver(&mut self, machine: &InstanceType, driver: &NodeDriver) {
        for family in [&machine.family, &Arc::from("")] {
            let key = (machine.provider, Arc::clone(&driver.name), Arc::clone(family));
            let known = self.limits.entry(key).or_insert_with(|| driver.clone());
            let limits = [known.attach_limit, driver.attach_limit];
            known.attach_limit = limits.into_iter().flatten().min();
        }
    }
}

/// Lowers each amount to that of `other` where it is smaller; what only one of them has is nothing.
fn lower_to(least: &mut Resources, other: &Resources) {
    least.cpu_milli = least.cpu_milli.min(other.cpu_milli);
    least.memory_bytes = least.memory_bytes.min(other.memory_bytes);
    least.ephemeral_storage_bytes = least.ephemeral_storage_bytes.min(other.ephemeral_storage_bytes);
    least.pods = least.pods.min(other.pods);
    least.extended.retain(|name, amount| {
        *amount = (*amount).min(other.extended(name));
        *amount > 0
    });
}

#[cfg(test)]
mod tests {
    use model::{Architecture, Labels, Lifecycle, NodeCondition, NodeSystem, Timestamp, Uid};

    use super::*;

    fn instance_type(name: &str, vcpus: u32, memory_mib: u64) -> Arc<InstanceType> {
        Arc::new(InstanceType {
            provider: Provider::Aws,
            name: name.into(),
            family: name.split('.').next().unwrap().into(),
            architecture: Architecture::Amd64,
            vcpus,
            memory_mib,
            gpus: 0,
            gpu_model: None,
            local_ssd_gib: None,
            max_pods: Some(58),
            burstable: false,
        })
    }

    fn node(name: &str, instance_type: &str, allocatable: Resources, ready: bool) -> Node {
        let status = if ready { model::ConditionStatus::True } else { model::ConditionStatus::Unknown };
        let condition = NodeCondition {
            kind: "Ready".into(),
            status,
            reason: "".into(),
            message: "".into(),
            since: None,
        };
        Node {
            name: name.into(),
            uid: Uid::Text(name.into()),
            labels: Arc::new(Labels::default()),
            annotations: Arc::new(Labels::default()),
            taints: Box::default(),
            unschedulable: false,
            capacity: allocatable.clone(),
            allocatable,
            conditions: Box::new([condition]),
            provider: Provider::Aws,
            provider_id: "".into(),
            instance_type: instance_type.into(),
            region: "".into(),
            zone: "".into(),
            lifecycle: Lifecycle::OnDemand,
            pool: None,
            internal_address: "".into(),
            external_address: "".into(),
            system: Arc::new(NodeSystem::default()),
            declared_features: Box::default(),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    /// What the formula gives, less a part of the memory.
    fn less_memory(machine: &InstanceType, thousandths: i64) -> Resources {
        let formula = allocatable(machine);
        Resources { memory_bytes: formula.memory_bytes * thousandths / 1000, ..formula }
    }

    #[test]
    fn the_least_of_a_types_ready_nodes_counts_and_corrects_the_others() {
        let (large, other) = (instance_type("m5.large", 2, 8_192), instance_type("r5.xlarge", 4, 32_768));
        let nodes = [
            node("a", "m5.large", less_memory(&large, 980), true),
            node("b", "m5.large", less_memory(&large, 950), true),
            node("c", "m5.large", Resources::default(), false),
        ];
        let known = KnownMachines::learn(&nodes, &[], |_| Some(Arc::clone(&large)));
        assert_eq!(known.machine(&large).allocatable.memory_bytes, less_memory(&large, 950).memory_bytes);
        let (guess, formula) = (known.machine(&other).allocatable, allocatable(&other));
        let permille = guess.memory_bytes * 1000 / formula.memory_bytes;
        assert!((949..=950).contains(&permille), "{permille}");
        assert_eq!(guess.cpu_milli, formula.cpu_milli, "of which nothing was missing");
    }

    #[test]
    fn nodes_that_have_more_than_the_formula_do_not_make_others_larger() {
        let (large, other) = (instance_type("m5.large", 2, 8_192), instance_type("r5.xlarge", 4, 32_768));
        let nodes = [node("a", "m5.large", less_memory(&large, 1_040), true)];
        let known = KnownMachines::learn(&nodes, &[], |_| Some(Arc::clone(&large)));
        assert_eq!(known.machine(&large).allocatable.memory_bytes, less_memory(&large, 1_040).memory_bytes);
        assert_eq!(known.machine(&other).allocatable.memory_bytes, allocatable(&other).memory_bytes);
    }

    #[test]
    fn attach_limits_are_those_of_the_family_or_the_smallest_seen() {
        let (m5, r5) = (instance_type("m5.large", 2, 8_192), instance_type("r5.large", 2, 16_384));
        let nodes =
            [node("a", "m5.large", allocatable(&m5), true), node("b", "r5.large", allocatable(&r5), true)];
        let storage = |node: &str, limit| {
            let driver = NodeDriver {
                name: "ebs.csi.aws.com".into(),
                attach_limit: Some(limit),
                topology_keys: Box::default(),
            };
            Arc::new(NodeStorage {
                node: node.into(),
                uid: Uid::Text(node.into()),
                drivers: Box::new([driver]),
            })
        };
        let known = KnownMachines::learn(&nodes, &[storage("a", 25), storage("b", 39)], |node| {
            Some(Arc::clone(if *node.instance_type == *"m5.large" { &m5 } else { &r5 }))
        });
        let limit = |machine: &Arc<InstanceType>| known.machine(machine).drivers[0].attach_limit;
        assert_eq!(limit(&instance_type("r5.24xlarge", 96, 786_432)), Some(39));
        assert_eq!(limit(&instance_type("c6i.large", 2, 4_096)), Some(25));
        assert!(Machine::of(m5).drivers.is_empty(), "nothing is known, so nothing is claimed");
    }
}
