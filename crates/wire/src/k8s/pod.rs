//! Pods.

use std::sync::Arc;

use model::{Interner, KeepMarks, PodPhase, QosClass, Unschedulable};
use serde::Deserialize;

use super::requests::{ContainerStatus, Requirements, Sources};
use super::spec::Spec;
use super::text::{Amounts, Pairs, Text};
use super::{Metadata, ObjectError};

/// The annotation by which a kubelet marks the mirror of a static pod.
const MIRROR: &str = "kubernetes.io/config.mirror";

#[derive(Debug, Deserialize)]
pub(super) struct Pod<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    spec: Spec<'a>,
    #[serde(borrow)]
    status: Option<Status<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    phase: Option<Text<'a>>,
    #[serde(borrow)]
    reason: Option<Text<'a>>,
    #[serde(borrow)]
    qos_class: Option<Text<'a>>,
    #[serde(borrow)]
    conditions: Option<Vec<Condition<'a>>>,
    #[serde(borrow)]
    container_statuses: Option<Vec<ContainerStatus<'a>>>,
    #[serde(borrow)]
    init_container_statuses: Option<Vec<ContainerStatus<'a>>>,
    #[serde(borrow)]
    resize: Option<Text<'a>>,
    #[serde(borrow)]
    resources: Option<Requirements<'a>>,
    #[serde(borrow)]
    allocated_resources: Option<Amounts<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Condition<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    reason: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
}

impl Status<'_> {
    fn condition(&self, kind: &str) -> Option<&Condition<'_>> {
        self.conditions.iter().flatten().find(|condition| &*condition.kind == kind)
    }

    fn resize_infeasible(&self) -> bool {
        let pending = self.condition("PodResizePending").and_then(|condition| condition.reason.as_deref());
        pending == Some("Infeasible") || self.resize.as_deref() == Some("Infeasible")
    }
}

impl Pod<'_> {
    pub(super) fn into_model(self, interner: &mut Interner) -> Result<model::Pod, ObjectError> {
        let Self { metadata, spec, status } = self;
        let status = status.unwrap_or_default();
        let name = metadata.own_name()?;
        let namespace = metadata.namespace(interner);
        let labels = metadata.labels(interner);
        let sources = Sources {
            statuses: status.container_statuses.as_deref().unwrap_or_default(),
            init_statuses: status.init_container_statuses.as_deref().unwrap_or_default(),
            pod_level_status: status.resources.as_ref(),
            pod_level_allocated: status.allocated_resources.as_ref(),
            resize_infeasible: status.resize_infeasible(),
            ..spec.sources()
        };
        let qos = match status.qos_class.as_deref() {
            Some("Guaranteed") => QosClass::Guaranteed,
            Some("Burstable") => QosClass::Burstable,
            Some("BestEffort") => QosClass::BestEffort,
            _ => sources.qos(),
        };
        let (shared, required_node) = spec.to_model(&sources, qos, &namespace, &labels, interner);
        let annotations = metadata.annotations.as_ref();
        let marks = [annotations, metadata.labels.as_ref()].into_iter().flatten().flat_map(Pairs::iter);
        let node =
            spec.node_name.as_deref().filter(|node| !node.is_empty()).map(|node| interner.string(node));
        let unschedulable = if node.is_none() { status.unschedulable(interner) } else { None };
        Ok(model::Pod {
            uid: metadata.uid(),
            spec: interner.spec(shared),
            owner: metadata.owner(interner),
            node,
            required_node,
            claims: spec.claims(&name, interner),
            phase: match status.phase.as_deref() {
                Some("Pending") => PodPhase::Pending,
                Some("Running") => PodPhase::Running,
                Some("Succeeded") => PodPhase::Succeeded,
                Some("Failed") => PodPhase::Failed,
                _ => PodPhase::Unknown,
            },
            reason: status
                .reason
                .as_deref()
                .filter(|reason| !reason.is_empty())
                .map(|one| interner.string(one)),
            ready: status.condition("Ready").is_some_and(|condition| &*condition.status == "True"),
            deleted_at: metadata.deletion_timestamp.map(|instant| instant.0),
            unschedulable,
            keep: marks.fold(KeepMarks::default(), |all, (name, value)| {
                all.union(KeepMarks::from_pair(name, value))
            }),
            is_static: annotations.is_some_and(|annotations| annotations.get(MIRROR).is_some()),
            created_at: metadata.created_at(),
            is_gated: spec.is_gated(),
            required_features: spec.required_features(interner),
            ephemeral_claims: spec.ephemeral_claims(&name, interner),
            namespace,
            name,
            labels,
        })
    }
}

impl Status<'_> {
    fn unschedulable(&self, interner: &mut Interner) -> Option<Box<Unschedulable>> {
        let condition = self.condition("PodScheduled").filter(|condition| &*condition.status == "False")?;
        let text = |text: &Option<Text<'_>>, interner: &mut Interner| -> Arc<str> {
            interner.string(text.as_deref().unwrap_or(""))
        };
        Some(Box::new(Unschedulable {
            reason: text(&condition.reason, interner),
            message: text(&condition.message, interner),
        }))
    }
}
