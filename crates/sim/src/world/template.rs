//! What a pod asks for: the template its workload stamps pods out of.

use std::collections::BTreeMap;

/// Labels, annotations or selectors.
pub type Labels = BTreeMap<String, String>;

/// An amount of each resource that the simulator accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a CPU.
    pub cpu_milli: u64,
    /// Bytes of memory.
    pub memory: u64,
    /// Whole GPUs (`nvidia.com/gpu`).
    pub gpu: u64,
}

impl Resources {
    /// `cpu_milli` thousandths of a CPU and `memory_mib` MiB.
    pub const fn new(cpu_milli: u64, memory_mib: u64) -> Self {
        Self { cpu_milli, memory: memory_mib << 20, gpu: 0 }
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli + other.cpu_milli,
            memory: self.memory + other.memory,
            gpu: self.gpu + other.gpu,
        }
    }

    /// What is left of this without `other`; nothing where `other` is more.
    pub fn minus(self, other: Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli.saturating_sub(other.cpu_milli),
            memory: self.memory.saturating_sub(other.memory),
            gpu: self.gpu.saturating_sub(other.gpu),
        }
    }

    /// The larger of both, resource by resource.
    pub fn max(self, other: Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli.max(other.cpu_milli),
            memory: self.memory.max(other.memory),
            gpu: self.gpu.max(other.gpu),
        }
    }
}

/// How a container runs beside the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One of `spec.containers`.
    Main,
    /// An init container that runs to its end before the next starts.
    Init,
    /// An init container with `restartPolicy: Always`: it stays.
    Sidecar,
}

/// One container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Unique in the pod.
    pub name: String,
    /// Image with its tag.
    pub image: String,
    /// When it runs.
    pub role: Role,
    /// What it asks for.
    pub requests: Resources,
    /// What it may use at most; zero is no limit.
    pub limits: Resources,
    /// A port of the host that it needs for itself.
    pub host_port: Option<u16>,
}

impl Container {
    /// A main container without limits and host port.
    pub fn new(name: &str, image: &str, requests: Resources) -> Self {
        Self {
            name: name.to_owned(),
            image: image.to_owned(),
            role: Role::Main,
            requests,
            limits: Resources { gpu: requests.gpu, ..Resources::default() },
            host_port: None,
        }
    }
}

/// A taint's effect on pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// No new pods.
    NoSchedule,
    /// New pods only where nothing else is free.
    PreferNoSchedule,
    /// No new pods, and the present ones go.
    NoExecute,
}

impl Effect {
    /// The Kubernetes name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }

    /// The effect of that Kubernetes name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::NoSchedule, Self::PreferNoSchedule, Self::NoExecute]
            .into_iter()
            .find(|effect| effect.as_str() == name)
    }
}

/// A pod's consent to a taint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toleration {
    /// The taint's key; `None` tolerates every key.
    pub key: Option<String>,
    /// The taint's value; `None` is operator Exists.
    pub value: Option<String>,
    /// The taint's effect; `None` tolerates every effect.
    pub effect: Option<Effect>,
    /// How long the pod stays with a NoExecute taint; `None` is for ever.
    pub seconds: Option<i64>,
}

impl Toleration {
    /// Consent to everything, as daemons of the system have it.
    pub fn everything() -> Self {
        Self { key: None, value: None, effect: None, seconds: None }
    }

    /// Consent to `key=value` of any effect.
    pub fn of(key: &str, value: &str) -> Self {
        Self { key: Some(key.to_owned()), value: Some(value.to_owned()), effect: None, seconds: None }
    }
}

/// A required label of the node: any of the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRequirement {
    /// The node's label.
    pub key: String,
    /// The values allowed.
    pub values: Vec<String>,
}

/// A required relation to other pods of the namespaces named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodTerm {
    /// The other pods.
    pub selector: Labels,
    /// The node label within whose value "together" is meant.
    pub topology_key: String,
    /// Where the other pods are; empty means the pod's own namespace.
    pub namespaces: Vec<String>,
}

/// A hard topology spread constraint (`DoNotSchedule`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The pods that are spread.
    pub selector: Labels,
    /// The node label whose values are the domains.
    pub topology_key: String,
    /// How many pods more than the emptiest domain a domain may have.
    pub max_skew: u64,
}

/// A volume that is not a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalVolume {
    /// `emptyDir` on disk.
    EmptyDirectory,
    /// `emptyDir` in memory.
    Memory,
    /// A directory of the node.
    HostPath,
}

/// What is used of what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// CPU that all replicas together use at the day's peak, in thousandths.
    pub peak_cpu_milli: u64,
    /// Memory that one pod uses, as thousandths of its request (or of 64 MiB without one).
    pub memory_permille: u64,
    /// How much of the CPU follows the time of day, in thousandths; the rest is always used.
    pub daily_permille: u64,
}

/// The pod a workload makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodTemplate {
    /// Labels of the pod; the workload's selector is part of them.
    pub labels: Labels,
    /// Annotations of the pod.
    pub annotations: Labels,
    /// Containers of all roles, in order.
    pub containers: Vec<Container>,
    /// Labels that the node must have.
    pub node_selector: Labels,
    /// Required node affinity: all of these.
    pub node_affinity: Vec<NodeRequirement>,
    /// Taints that the pod accepts.
    pub tolerations: Vec<Toleration>,
    /// Pods that must be near.
    pub affinity: Vec<PodTerm>,
    /// Pods that must not be near.
    pub anti_affinity: Vec<PodTerm>,
    /// Spread constraints.
    pub spread: Vec<Spread>,
    /// Volumes that live on the node.
    pub local_volumes: Vec<LocalVolume>,
    /// Whether the pod uses the host's network.
    pub host_network: bool,
    /// A priority class's name with its value.
    pub priority: Option<(&'static str, i32)>,
    /// Time to stop, in seconds.
    pub grace_seconds: i64,
    /// What it uses.
    pub usage: Usage,
    /// Never becomes ready: its container crashes again and again.
    pub crash_looping: bool,
}

impl PodTemplate {
    /// A template of one container that nothing constrains.
    pub fn new(labels: Labels, container: Container) -> Self {
        Self {
            labels,
            annotations: Labels::new(),
            usage: Usage {
                peak_cpu_milli: container.requests.cpu_milli * 3 / 10,
                memory_permille: 400,
                daily_permille: 500,
            },
            containers: vec![container],
            node_selector: Labels::new(),
            node_affinity: Vec::new(),
            tolerations: Vec::new(),
            affinity: Vec::new(),
            anti_affinity: Vec::new(),
            spread: Vec::new(),
            local_volumes: Vec::new(),
            host_network: false,
            priority: None,
            grace_seconds: 30,
            crash_looping: false,
        }
    }

    /// What the scheduler reserves: the containers and sidecars that stay, or an init container
    /// with the sidecars started before it where that is more
    /// (<https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers>).
    pub fn effective_requests(&self) -> Resources {
        let (mut staying, mut starting) = (Resources::default(), Resources::default());
        for container in &self.containers {
            match container.role {
                Role::Sidecar => {
                    staying = staying.plus(container.requests);
                    starting = starting.max(staying);
                }
                Role::Init => starting = starting.max(staying.plus(container.requests)),
                Role::Main => {}
            }
        }
        self.containers
            .iter()
            .filter(|container| container.role == Role::Main)
            .fold(staying, |sum, container| sum.plus(container.requests))
            .max(starting)
    }

    /// The containers that run as long as the pod does.
    pub fn staying_containers(&self) -> impl Iterator<Item = &Container> {
        self.containers.iter().filter(|container| container.role != Role::Init)
    }

    /// The host ports that one pod needs.
    pub fn host_ports(&self) -> impl Iterator<Item = u16> + '_ {
        self.containers.iter().filter_map(|container| container.host_port)
    }
}

/// Whether `labels` has all of `selector`. An empty selector selects everything.
pub fn matches(selector: &Labels, labels: &Labels) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_init_container_decides_the_request() {
        let mut template =
            PodTemplate::new(Labels::new(), Container::new("main", "i", Resources::new(100, 64)));
        let mut add = |role, cpu| {
            let container = Container::new("x", "i", Resources::new(cpu, 16));
            template.containers.push(Container { role, ..container });
        };
        add(Role::Init, 900);
        add(Role::Sidecar, 50);
        add(Role::Init, 200);
        assert_eq!(template.effective_requests().cpu_milli, 900);
        template.containers[1].requests.cpu_milli = 10;
        assert_eq!(template.effective_requests().cpu_milli, 250);
    }
}
