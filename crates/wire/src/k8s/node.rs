//! Nodes.

use model::{ConditionStatus, Interner, NodeCondition, NodeSystem, Taint, node_labels};
use serde::Deserialize;

use super::spec::taint_effect;
use super::text::{Amounts, Instant, Text};
use super::{Metadata, ObjectError};

/// Holds a copy of the whole object, environment values of old manifests included: nothing to keep.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

#[derive(Debug, Deserialize)]
pub(super) struct Node<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    spec: Spec<'a>,
    #[serde(borrow, default)]
    status: Status<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(rename = "providerID", borrow)]
    provider_id: Option<Text<'a>>,
    unschedulable: Option<bool>,
    #[serde(borrow)]
    taints: Option<Vec<TaintShape<'a>>>,
}

#[derive(Debug, Deserialize)]
struct TaintShape<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow)]
    value: Option<Text<'a>>,
    #[serde(borrow)]
    effect: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    capacity: Option<Amounts<'a>>,
    #[serde(borrow)]
    allocatable: Option<Amounts<'a>>,
    #[serde(borrow)]
    conditions: Option<Vec<Condition<'a>>>,
    #[serde(borrow)]
    addresses: Option<Vec<Address<'a>>>,
    #[serde(borrow, default)]
    node_info: System<'a>,
    #[serde(borrow)]
    declared_features: Option<Vec<Text<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Condition<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    reason: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    last_transition_time: Option<Instant>,
}

#[derive(Debug, Deserialize)]
struct Address<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    address: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct System<'a> {
    #[serde(borrow)]
    architecture: Text<'a>,
    #[serde(borrow)]
    container_runtime_version: Text<'a>,
    #[serde(borrow)]
    kernel_version: Text<'a>,
    #[serde(borrow)]
    kube_proxy_version: Text<'a>,
    #[serde(borrow)]
    kubelet_version: Text<'a>,
    #[serde(borrow)]
    operating_system: Text<'a>,
    #[serde(borrow)]
    os_image: Text<'a>,
}

impl Node<'_> {
    pub(super) fn into_model(self, interner: &mut Interner) -> Result<model::Node, ObjectError> {
        let Self { metadata, spec, status } = self;
        let labels = metadata.labels(interner);
        let annotations = metadata.annotations.iter().flat_map(|annotations| annotations.iter());
        let annotations = annotations
            .filter(|(name, _)| *name != LAST_APPLIED)
            .map(|(name, value)| (interner.string(name), value.into()))
            .collect();
        let empty = interner.string("");
        let first = |names: &[&str]| node_labels::first(&labels, names).unwrap_or(&empty).clone();
        let amounts = |amounts: Option<&Amounts<'_>>, interner: &mut Interner| {
            amounts.map(|amounts| amounts.to_resources(interner)).unwrap_or_default()
        };
        let address = |kind: &str| {
            let found = status.addresses.iter().flatten().find(|address| &*address.kind == kind);
            found.map_or("", |address| &*address.address).into()
        };
        let taints = spec.taints.iter().flatten().filter_map(|taint| {
            Some(Taint {
                key: interner.string(&taint.key),
                value: interner.string(taint.value.as_deref().unwrap_or("")),
                effect: taint_effect(&taint.effect)?,
            })
        });
        let taints = taints.collect();
        let provider_id = spec.provider_id.as_deref().unwrap_or("");
        Ok(model::Node {
            name: metadata.name(interner)?,
            uid: metadata.uid(),
            annotations: interner.labels(annotations),
            taints,
            unschedulable: spec.unschedulable == Some(true),
            capacity: amounts(status.capacity.as_ref(), interner),
            allocatable: amounts(status.allocatable.as_ref(), interner),
            conditions: status.conditions.iter().flatten().map(|one| one.to_model(interner)).collect(),
            provider: node_labels::provider(provider_id, &labels),
            provider_id: provider_id.into(),
            instance_type: first(&node_labels::INSTANCE_TYPE),
            region: first(&node_labels::REGION),
            zone: first(&node_labels::ZONE),
            lifecycle: node_labels::lifecycle(&labels),
            pool: node_labels::first(&labels, &node_labels::POOL).cloned(),
            internal_address: address("InternalIP"),
            external_address: address("ExternalIP"),
            system: status.node_info.to_model(interner),
            created_at: metadata.created_at(),
            declared_features: status
                .declared_features
                .iter()
                .flatten()
                .map(|feature| interner.string(feature))
                .collect(),
            labels,
        })
    }
}

impl Condition<'_> {
    fn to_model(&self, interner: &mut Interner) -> NodeCondition {
        NodeCondition {
            kind: interner.string(&self.kind),
            status: match &*self.status {
                "True" => ConditionStatus::True,
                "False" => ConditionStatus::False,
                _ => ConditionStatus::Unknown,
            },
            reason: interner.string(self.reason.as_deref().unwrap_or("")),
            message: interner.string(self.message.as_deref().unwrap_or("")),
            since: self.last_transition_time.map(|instant| instant.0),
        }
    }
}

impl System<'_> {
    fn to_model(&self, interner: &mut Interner) -> std::sync::Arc<NodeSystem> {
        let system = NodeSystem {
            architecture: interner.string(&self.architecture),
            container_runtime_version: interner.string(&self.container_runtime_version),
            kernel_version: interner.string(&self.kernel_version),
            kube_proxy_version: interner.string(&self.kube_proxy_version),
            kubelet_version: interner.string(&self.kubelet_version),
            operating_system: interner.string(&self.operating_system),
            os_image: interner.string(&self.os_image),
        };
        interner.system(system)
    }
}
