//! The spec of a pod or of a pod template.

use std::sync::Arc;

use model::{
    HostPort, InlineDisk, Interner, Labels, NodeSelector, Operator, PodAffinityTerm, PodSpec, PreferredNode,
    Protocol, QosClass, Requirement, TaintEffect, Toleration, TopologySpread, WeightedPodAffinityTerm,
};
use serde::Deserialize;

use super::requests::{Container, Port, Requirements, Sources};
use super::selector::{Nodes, Selector, Term, one_of};
use super::text::{Amounts, Pairs, Text};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spec<'a> {
    #[serde(borrow)]
    pub(super) containers: Option<Vec<Container<'a>>>,
    #[serde(borrow)]
    pub(super) init_containers: Option<Vec<Container<'a>>>,
    #[serde(borrow)]
    pub(super) overhead: Option<Amounts<'a>>,
    #[serde(borrow)]
    pub(super) resources: Option<Requirements<'a>>,
    #[serde(borrow)]
    pub(super) node_name: Option<Text<'a>>,
    #[serde(borrow)]
    node_selector: Option<Pairs<'a>>,
    #[serde(borrow)]
    affinity: Option<Affinity<'a>>,
    #[serde(borrow)]
    tolerations: Option<Vec<TolerationShape<'a>>>,
    #[serde(borrow)]
    topology_spread_constraints: Option<Vec<Spread<'a>>>,
    #[serde(borrow)]
    volumes: Option<Vec<Volume<'a>>>,
    host_network: Option<bool>,
    priority: Option<i32>,
    #[serde(borrow)]
    priority_class_name: Option<Text<'a>>,
    #[serde(borrow)]
    scheduler_name: Option<Text<'a>>,
    scheduling_gates: Option<Vec<Present>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Affinity<'a> {
    #[serde(borrow)]
    node_affinity: Option<NodeAffinity<'a>>,
    #[serde(borrow)]
    pod_affinity: Option<PodAffinity<'a>>,
    #[serde(borrow)]
    pod_anti_affinity: Option<PodAffinity<'a>>,
}

#[derive(Debug, Deserialize)]
struct NodeAffinity<'a> {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution", borrow)]
    required: Option<Nodes<'a>>,
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution", borrow)]
    preferred: Option<Vec<PreferredNodeShape<'a>>>,
}

#[derive(Debug, Deserialize)]
struct PreferredNodeShape<'a> {
    weight: i32,
    #[serde(borrow)]
    preference: Term<'a>,
}

#[derive(Debug, Deserialize)]
struct PodAffinity<'a> {
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution", borrow)]
    required: Option<Vec<AffinityTerm<'a>>>,
    #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution", borrow)]
    preferred: Option<Vec<WeightedTerm<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AffinityTerm<'a> {
    #[serde(borrow)]
    label_selector: Option<Selector<'a>>,
    #[serde(borrow)]
    namespaces: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    namespace_selector: Option<Selector<'a>>,
    #[serde(borrow)]
    topology_key: Text<'a>,
    #[serde(borrow)]
    match_label_keys: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    mismatch_label_keys: Option<Vec<Text<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WeightedTerm<'a> {
    weight: i32,
    #[serde(borrow)]
    pod_affinity_term: AffinityTerm<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TolerationShape<'a> {
    #[serde(borrow)]
    key: Option<Text<'a>>,
    #[serde(borrow)]
    operator: Option<Text<'a>>,
    #[serde(borrow)]
    value: Option<Text<'a>>,
    #[serde(borrow)]
    effect: Option<Text<'a>>,
    toleration_seconds: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spread<'a> {
    max_skew: i32,
    #[serde(borrow)]
    topology_key: Text<'a>,
    #[serde(borrow)]
    when_unsatisfiable: Option<Text<'a>>,
    #[serde(borrow)]
    label_selector: Option<Selector<'a>>,
    min_domains: Option<i32>,
    #[serde(borrow)]
    node_affinity_policy: Option<Text<'a>>,
    #[serde(borrow)]
    node_taints_policy: Option<Text<'a>>,
    #[serde(borrow)]
    match_label_keys: Option<Vec<Text<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow)]
    persistent_volume_claim: Option<ClaimSource<'a>>,
    empty_dir: Option<Present>,
    host_path: Option<Present>,
    ephemeral: Option<Present>,
    #[serde(borrow)]
    aws_elastic_block_store: Option<Disk<'a>>,
    #[serde(borrow)]
    gce_persistent_disk: Option<Disk<'a>>,
    #[serde(borrow)]
    azure_disk: Option<Disk<'a>>,
    #[serde(borrow)]
    cinder: Option<Disk<'a>>,
    #[serde(borrow)]
    iscsi: Option<Disk<'a>>,
    #[serde(borrow)]
    rbd: Option<Disk<'a>>,
    #[serde(borrow)]
    csi: Option<Disk<'a>>,
}

/// A volume source of which only its being there matters.
#[derive(Debug, Deserialize)]
struct Present {}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClaimSource<'a> {
    #[serde(borrow)]
    claim_name: Text<'a>,
}

/// The sources that name a disk, each by a field of its own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Disk<'a> {
    #[serde(
        alias = "volumeID",
        alias = "pdName",
        alias = "diskURI",
        alias = "iqn",
        alias = "image",
        alias = "driver",
        borrow
    )]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    pool: Option<Text<'a>>,
    #[serde(borrow)]
    monitors: Option<Vec<Text<'a>>>,
    read_only: Option<bool>,
}

impl Disk<'_> {
    /// An image of Ceph is the same for two pods when one monitor serves both: it has a name by each.
    fn ids(&self) -> Vec<String> {
        let id = self.id.as_deref().unwrap_or("");
        match &self.monitors {
            Some(monitors) => {
                let pool = self.pool.as_deref().unwrap_or("rbd");
                monitors.iter().map(|monitor| format!("{}/{pool}/{id}", &**monitor)).collect()
            }
            None => vec![id.to_owned()],
        }
    }
}

impl<'a> Spec<'a> {
    /// What requests are computed from, without a status.
    pub(super) fn sources(&self) -> Sources<'_, 'a> {
        Sources {
            containers: self.containers.as_deref().unwrap_or_default(),
            init_containers: self.init_containers.as_deref().unwrap_or_default(),
            overhead: self.overhead.as_ref(),
            pod_level: self.resources.as_ref(),
            ..Sources::default()
        }
    }

    /// The part that replicas share, and the one node that a daemon's affinity names.
    pub(super) fn to_model(
        &self,
        sources: &Sources<'_, '_>,
        qos: QosClass,
        namespace: &Arc<str>,
        labels: &Labels,
        interner: &mut Interner,
    ) -> (PodSpec, Option<Arc<str>>) {
        let node_affinity = self.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
        let required = node_affinity.and_then(|affinity| affinity.required.as_ref());
        let (required_node_affinity, required_node) =
            match required.map(|required| required.to_model(interner)) {
                Some(required) => match only_node(&required) {
                    Some(node) => (None, Some(node)),
                    None => (Some(required), None),
                },
                None => (None, None),
            };
        let preferred_node_affinity =
            node_affinity.and_then(|affinity| affinity.preferred.as_ref()).into_iter().flatten();
        let affinity = self.affinity.as_ref().and_then(|affinity| affinity.pod_affinity.as_ref());
        let anti_affinity = self.affinity.as_ref().and_then(|affinity| affinity.pod_anti_affinity.as_ref());
        let of = &PodOf { namespace, labels };
        let spec = PodSpec {
            requests: sources.effective(interner),
            qos,
            node_selector: self
                .node_selector
                .as_ref()
                .map(|pairs| pairs.to_labels(interner))
                .unwrap_or_default(),
            required_node_affinity,
            preferred_node_affinity: preferred_node_affinity
                .map(|one| PreferredNode { weight: one.weight, term: one.preference.to_model(interner) })
                .collect(),
            required_pod_affinity: of.required(affinity, interner),
            preferred_pod_affinity: of.preferred(affinity, interner),
            required_pod_anti_affinity: of.required(anti_affinity, interner),
            preferred_pod_anti_affinity: of.preferred(anti_affinity, interner),
            tolerations: self.tolerations(interner),
            topology_spread: self
                .topology_spread_constraints
                .iter()
                .flatten()
                .map(|one| of.spread(one, interner))
                .collect(),
            host_ports: self.host_ports(interner),
            inline_disks: self.inline_disks(interner),
            empty_dir: self.volumes().any(|volume| volume.empty_dir.is_some()),
            host_path: self.volumes().any(|volume| volume.host_path.is_some()),
            priority: self.priority(),
            priority_class: self.priority_class_name.as_deref().map(|class| interner.string(class)),
            scheduler: self
                .scheduler_name
                .as_deref()
                .filter(|name| !matches!(*name, "" | "default-scheduler"))
                .map(|name| interner.string(name)),
        };
        (spec, required_node)
    }

    fn volumes(&self) -> impl Iterator<Item = &Volume<'a>> {
        self.volumes.iter().flatten()
    }

    /// The claims of a pod of this name; that of a generic ephemeral volume is named after both.
    pub(super) fn claims(&self, pod: &str, interner: &mut Interner) -> Box<[Arc<str>]> {
        self.volumes()
            .filter_map(|volume| match (&volume.persistent_volume_claim, &volume.ephemeral) {
                (Some(claim), _) => Some(interner.string(&claim.claim_name)),
                (None, Some(_)) => Some(format!("{pod}-{}", &*volume.name).into()),
                (None, None) => None,
            })
            .collect()
    }

    /// Those claims that belong to generic ephemeral volumes.
    pub(super) fn ephemeral_claims(&self, pod: &str, interner: &mut Interner) -> Box<[Arc<str>]> {
        self.volumes()
            .filter(|volume| volume.persistent_volume_claim.is_none() && volume.ephemeral.is_some())
            .map(|volume| interner.string(&format!("{pod}-{}", &*volume.name)))
            .collect()
    }

    pub(super) fn is_gated(&self) -> bool {
        self.scheduling_gates.as_ref().is_some_and(|gates| !gates.is_empty())
    }

    /// What the kubelet must declare. Of the features that Kubernetes declares so far, one can be asked for
    /// by a new pod: to start all containers again when one ends.
    pub(super) fn required_features(&self, interner: &mut Interner) -> Box<[Arc<str>]> {
        let mut containers = self.init_containers.iter().chain(&self.containers).flatten();
        match containers.any(Container::restarts_all) {
            true => Box::new([interner.string("RestartAllContainersOnContainerExits")]),
            false => Box::default(),
        }
    }

    /// Admission writes the number into pods; templates have only the class, of which two are the same
    /// in all clusters.
    fn priority(&self) -> i32 {
        self.priority.unwrap_or(match self.priority_class_name.as_deref() {
            Some("system-node-critical") => 2_000_001_000,
            Some("system-cluster-critical") => 2_000_000_000,
            _ => 0,
        })
    }

    /// A toleration with an effect or an operator that the scheduler does not know tolerates nothing.
    fn tolerations(&self, interner: &mut Interner) -> Box<[Toleration]> {
        let tolerations = self.tolerations.iter().flatten();
        tolerations
            .filter_map(|one| {
                let effect = match one.effect.as_deref() {
                    None | Some("") => None,
                    Some(effect) => Some(taint_effect(effect)?),
                };
                let value = match one.operator.as_deref() {
                    Some("Exists") => None,
                    None | Some("" | "Equal") => Some(interner.string(one.value.as_deref().unwrap_or(""))),
                    Some(_) => return None,
                };
                let key = one.key.as_deref().filter(|key| !key.is_empty()).map(|key| interner.string(key));
                Some(Toleration { key, value, effect, seconds: one.toleration_seconds })
            })
            .collect()
    }

    /// Ports of ordinary init containers are not reserved; those of sidecars are.
    fn host_ports(&self, interner: &mut Interner) -> Box<[HostPort]> {
        let sidecars = self.init_containers.iter().flatten().filter(|container| container.is_sidecar());
        let containers = self.containers.iter().flatten().chain(sidecars);
        let host_network = self.host_network == Some(true);
        containers
            .flat_map(|container| container.ports.iter().flatten())
            .filter_map(|port| {
                let own = if host_network { port.container_port } else { None };
                let number = port.host_port.filter(|&number| number > 0).or(own)?;
                Some(host_port(number, port, interner))
            })
            .collect()
    }

    fn inline_disks(&self, interner: &mut Interner) -> Box<[InlineDisk]> {
        let sources = self.volumes().flat_map(|volume| {
            [
                ("awsElasticBlockStore", &volume.aws_elastic_block_store),
                ("gcePersistentDisk", &volume.gce_persistent_disk),
                ("azureDisk", &volume.azure_disk),
                ("cinder", &volume.cinder),
                ("iscsi", &volume.iscsi),
                ("rbd", &volume.rbd),
                ("csi", &volume.csi),
            ]
        });
        let mut disks = Vec::new();
        for (source, disk) in sources {
            let Some(disk) = disk else { continue };
            for id in disk.ids() {
                let (source, id) = (interner.string(source), interner.string(&id));
                disks.push(InlineDisk { source, id, read_only: disk.read_only == Some(true) });
            }
        }
        disks.into_boxed_slice()
    }
}

fn host_port(port: u16, shape: &Port<'_>, interner: &mut Interner) -> HostPort {
    HostPort {
        port,
        protocol: match shape.protocol.as_deref() {
            Some("UDP") => Protocol::Udp,
            Some("SCTP") => Protocol::Sctp,
            _ => Protocol::Tcp,
        },
        address: shape
            .host_ip
            .as_deref()
            .filter(|address| !matches!(*address, "" | "0.0.0.0"))
            .map(|address| interner.string(address)),
    }
}

pub(super) fn taint_effect(name: &str) -> Option<TaintEffect> {
    [TaintEffect::NoSchedule, TaintEffect::PreferNoSchedule, TaintEffect::NoExecute]
        .into_iter()
        .find(|effect| effect.as_str() == name)
}

/// The node that an affinity names, if naming one node is all it does.
fn only_node(required: &NodeSelector) -> Option<Arc<str>> {
    let [term] = &*required.terms else { return None };
    let [field] = &*term.fields else { return None };
    match (&*field.values, field.operator) {
        ([node], Operator::In) if term.expressions.is_empty() && &*field.key == "metadata.name" => {
            Some(Arc::clone(node))
        }
        _ => None,
    }
}

/// The pod whose terms are read: they may speak of its namespace and its labels.
struct PodOf<'p> {
    namespace: &'p Arc<str>,
    labels: &'p Labels,
}

impl PodOf<'_> {
    fn required(
        &self,
        affinity: Option<&PodAffinity<'_>>,
        interner: &mut Interner,
    ) -> Box<[PodAffinityTerm]> {
        let terms = affinity.and_then(|affinity| affinity.required.as_ref()).into_iter().flatten();
        terms.map(|term| self.term(term, interner)).collect()
    }

    fn preferred(
        &self,
        affinity: Option<&PodAffinity<'_>>,
        interner: &mut Interner,
    ) -> Box<[WeightedPodAffinityTerm]> {
        let terms = affinity.and_then(|affinity| affinity.preferred.as_ref()).into_iter().flatten();
        terms
            .map(|one| WeightedPodAffinityTerm {
                weight: one.weight,
                term: self.term(&one.pod_affinity_term, interner),
            })
            .collect()
    }

    fn term(&self, term: &AffinityTerm<'_>, interner: &mut Interner) -> PodAffinityTerm {
        let mut keys = self.own_labels(term.match_label_keys.as_deref(), Operator::In);
        keys.extend(self.own_labels(term.mismatch_label_keys.as_deref(), Operator::NotIn));
        let named: Box<[_]> =
            term.namespaces.iter().flatten().map(|namespace| interner.string(namespace)).collect();
        let namespaces = if named.is_empty() && term.namespace_selector.is_none() {
            Box::new([Arc::clone(self.namespace)])
        } else {
            named
        };
        PodAffinityTerm {
            selector: term.label_selector.as_ref().map(|selector| selector.with(keys.into_iter(), interner)),
            namespaces,
            namespace_selector: term.namespace_selector.as_ref().map(|selector| selector.to_model(interner)),
            topology_key: interner.string(&term.topology_key),
        }
    }

    fn spread(&self, one: &Spread<'_>, interner: &mut Interner) -> TopologySpread {
        let keys = self.own_labels(one.match_label_keys.as_deref(), Operator::In);
        TopologySpread {
            max_skew: one.max_skew,
            topology_key: interner.string(&one.topology_key),
            required: one.when_unsatisfiable.as_deref() != Some("ScheduleAnyway"),
            selector: one.label_selector.as_ref().map(|selector| selector.with(keys.into_iter(), interner)),
            min_domains: one.min_domains,
            honor_node_affinity: one.node_affinity_policy.as_deref() != Some("Ignore"),
            honor_node_taints: one.node_taints_policy.as_deref() == Some("Honor"),
        }
    }

    /// Conditions by the pod's own values of some labels; labels it does not have give none.
    fn own_labels(&self, keys: Option<&[Text<'_>]>, operator: Operator) -> Vec<Requirement> {
        let entries = keys.into_iter().flatten().filter_map(|key| {
            let value = self.labels.get_shared(key)?;
            Some(one_of(Arc::from(&**key), Arc::clone(value), operator))
        });
        entries.collect()
    }
}
