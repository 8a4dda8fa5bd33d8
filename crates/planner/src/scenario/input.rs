//! From a scenario to what the planner is asked.

use std::sync::Arc;

use model::{
    Architecture, InstanceType, LabelSelector, Labels, Lifecycle, Operator, Owner, Pod, PodAffinityTerm,
    PodPhase, PodSpec, PodTemplate, Provider, Requirement, Resources, Timestamp, Toleration, TopologySpread,
    Uid, Workload, WorkloadKey, WorkloadKind,
};

use super::file::{OneOrMany, Pairs, PodFile, TermFile};
use super::{Daemon, Scenario, Shape};
use crate::input::{Machine, MachineOffer, Picture, PlanningInput};
use crate::policy::{Policies, SpotUse};
use crate::template::NodeTemplate;

/// The name of the resource that `gpu` counts.
const GPU: &str = "nvidia.com/gpu";
/// A scenario has no regions, only zones.
const REGION: &str = "scenario";
/// Scenarios have one namespace.
const NAMESPACE: &str = "default";

impl Scenario {
    /// The question as a planning input: an empty cluster, pods that wait in the order of the file, one node
    /// template without constraints, and the daemon as a DaemonSet that runs on every node. All pods may
    /// run on spot machines.
    pub fn input(&self) -> PlanningInput {
        PlanningInput {
            cluster: Picture {
                pods: self.pods_to_place(),
                workloads: self.daemon.iter().map(daemon_set).collect(),
                ..Picture::default()
            },
            offers: self.offers(),
            templates: vec![NodeTemplate { name: "default".into(), ..NodeTemplate::default() }],
            policies: Policies { spot: SpotUse::All, ..Policies::default() },
            commitments: Vec::new(),
            now: Timestamp::UNIX_EPOCH,
        }
    }

    fn pods_to_place(&self) -> Vec<Arc<Pod>> {
        let namespace: Arc<str> = NAMESPACE.into();
        let owner = Arc::new(Owner {
            kind: WorkloadKind::ReplicaSet,
            name: "scenario".into(),
            uid: Uid::Text("scenario".into()),
        });
        let pod = |(index, &shape): (usize, &u32)| {
            let shape = &self.shapes[shape as usize];
            let name: Arc<str> = format!("pod-{index}").into();
            Arc::new(Pod {
                namespace: Arc::clone(&namespace),
                uid: Uid::Text(Arc::clone(&name)),
                name,
                labels: Arc::clone(&shape.labels),
                spec: Arc::clone(&shape.spec),
                owner: Some(Arc::clone(&owner)),
                node: None,
                required_node: None,
                claims: Box::default(),
                phase: PodPhase::Pending,
                reason: None,
                ready: false,
                deleted_at: None,
                unschedulable: None,
                keep: model::KeepMarks::default(),
                is_static: false,
                created_at: Timestamp::UNIX_EPOCH,
                is_gated: false,
                required_features: Box::default(),
                ephemeral_claims: Box::default(),
            })
        };
        self.pods.iter().enumerate().map(pod).collect()
    }

    fn offers(&self) -> Vec<MachineOffer> {
        let region: Arc<str> = REGION.into();
        let mut offers = Vec::new();
        for one in &self.types {
            let family = one.name.split_once('.').map_or(&*one.name, |(family, _)| family);
            let machine = Arc::new(Machine {
                instance_type: Arc::new(InstanceType {
                    provider: Provider::Aws,
                    name: Arc::clone(&one.name),
                    family: family.into(),
                    architecture: Architecture::Amd64,
                    vcpus: u32::try_from(one.cpu_milli.unsigned_abs().div_ceil(1000)).unwrap_or(u32::MAX),
                    memory_mib: one.memory_mib.unsigned_abs(),
                    gpus: u32::try_from(one.gpus).unwrap_or(u32::MAX),
                    gpu_model: None,
                    local_ssd_gib: None,
                    max_pods: u32::try_from(one.pods).ok(),
                    burstable: false,
                }),
                allocatable: resources(one.cpu_milli, one.memory_mib, one.pods, one.gpus),
                drivers: Box::default(),
            });
            offers.extend(one.offers.iter().map(|offer| MachineOffer {
                machine: Arc::clone(&machine),
                region: Arc::clone(&region),
                zone: Arc::clone(&offer.zone),
                lifecycle: if offer.spot { Lifecycle::Spot } else { Lifecycle::OnDemand },
                price: offer.price,
                available: None,
            }));
        }
        offers
    }
}

/// The shape of a pod of the file.
pub(super) fn shape(pod: &PodFile<'_>) -> Shape {
    let terms = |from: &OneOrMany<TermFile<'_>>| {
        let term = |term: &TermFile<'_>| PodAffinityTerm {
            selector: Some(selector(&term.selector)),
            namespaces: [NAMESPACE.into()].into(),
            namespace_selector: None,
            topology_key: Arc::from(&*term.key.0),
        };
        from.all.iter().map(term).collect()
    };
    let spread = pod.tsc.iter().flatten().map(|one| TopologySpread {
        max_skew: one.skew.0,
        topology_key: Arc::from(&*one.key.0),
        required: true,
        selector: Some(selector(&one.selector)),
        min_domains: None,
        honor_node_affinity: true,
        honor_node_taints: false,
    });
    let spec = PodSpec {
        requests: resources(pod.cpu.0, pod.mem.0, 1, pod.gpu.map_or(0, |gpus| gpus.0)),
        required_pod_affinity: terms(&pod.aff),
        required_pod_anti_affinity: terms(&pod.anti),
        topology_spread: spread.collect(),
        ..PodSpec::default()
    };
    Shape { labels: Arc::new(pod.labels.labels()), spec: Arc::new(spec) }
}

fn selector(pairs: &Pairs<'_>) -> LabelSelector {
    let one = |(name, value): (&str, &str)| Requirement {
        key: name.into(),
        operator: Operator::In,
        values: [value.into()].into(),
    };
    LabelSelector { requirements: pairs.labels().iter().map(one).collect() }
}

fn daemon_set(daemon: &Daemon) -> Arc<Workload> {
    let spec = PodSpec {
        requests: resources(daemon.cpu_milli, daemon.memory_mib, 1, 0),
        tolerations: [Toleration { key: None, value: None, effect: None, seconds: None }].into(),
        ..PodSpec::default()
    };
    Arc::new(Workload {
        key: WorkloadKey {
            namespace: "kube-system".into(),
            kind: WorkloadKind::DaemonSet,
            name: "daemon".into(),
        },
        uid: Uid::Text("daemon".into()),
        labels: Arc::default(),
        owner: None,
        replicas: 0,
        ready: 0,
        suspended: false,
        template: Some(Arc::new(PodTemplate { labels: Arc::new(Labels::default()), spec: Arc::new(spec) })),
        created_at: Timestamp::UNIX_EPOCH,
    })
}

fn resources(cpu_milli: i64, memory_mib: i64, pods: i64, gpus: i64) -> Resources {
    Resources {
        cpu_milli,
        memory_bytes: memory_mib << 20,
        ephemeral_storage_bytes: 0,
        pods,
        extended: (gpus > 0).then(|| (GPU.into(), gpus)).into_iter().collect(),
    }
}
