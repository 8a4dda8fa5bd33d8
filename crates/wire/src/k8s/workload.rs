//! Workloads. Their kinds differ in a few fields only, so that one shape reads them all.

use std::sync::Arc;

use model::{Interner, PodTemplate, WorkloadKey, WorkloadKind};
use serde::Deserialize;

use super::spec::Spec as PodSpecShape;
use super::{Metadata, ObjectError};

#[derive(Debug, Deserialize)]
pub(super) struct Workload<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    spec: Spec<'a>,
    #[serde(default)]
    status: Status,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    replicas: Option<i64>,
    parallelism: Option<i64>,
    suspend: Option<bool>,
    #[serde(borrow)]
    template: Option<Template<'a>>,
    #[serde(borrow)]
    job_template: Option<JobTemplate<'a>>,
}

#[derive(Debug, Deserialize)]
struct JobTemplate<'a> {
    #[serde(borrow)]
    spec: JobSpec<'a>,
}

#[derive(Debug, Deserialize)]
struct JobSpec<'a> {
    #[serde(borrow)]
    template: Option<Template<'a>>,
}

#[derive(Debug, Deserialize)]
struct Template<'a> {
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default)]
    spec: PodSpecShape<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    ready_replicas: Option<i64>,
    desired_number_scheduled: Option<i64>,
    number_ready: Option<i64>,
    ready: Option<i64>,
}

impl Workload<'_> {
    pub(super) fn into_model(
        self,
        kind: WorkloadKind,
        interner: &mut Interner,
    ) -> Result<model::Workload, ObjectError> {
        let Self { metadata, spec, status } = self;
        let namespace = metadata.namespace(interner);
        let owner = metadata.owner(interner);
        let nested = spec.job_template.as_ref().and_then(|job| job.spec.template.as_ref());
        let template = spec.template.as_ref().or(nested).filter(|_| owner.is_none());
        let replicas = match kind {
            WorkloadKind::DaemonSet => status.desired_number_scheduled.unwrap_or(0),
            WorkloadKind::CronJob => 0,
            WorkloadKind::Job => spec.parallelism.unwrap_or(1),
            _ => spec.replicas.unwrap_or(1),
        };
        let ready = match kind {
            WorkloadKind::DaemonSet => status.number_ready,
            WorkloadKind::Job => status.ready,
            _ => status.ready_replicas,
        };
        Ok(model::Workload {
            key: WorkloadKey { namespace: Arc::clone(&namespace), kind, name: metadata.name(interner)? },
            uid: metadata.uid(),
            labels: metadata.labels(interner),
            owner,
            replicas,
            ready: ready.unwrap_or(0),
            suspended: spec.suspend == Some(true),
            template: template.map(|template| template.to_model(&namespace, interner)),
            created_at: metadata.created_at(),
        })
    }
}

impl Template<'_> {
    fn to_model(&self, namespace: &Arc<str>, interner: &mut Interner) -> Arc<PodTemplate> {
        let labels = match &self.metadata {
            Some(metadata) => metadata.labels(interner),
            None => interner.labels(model::Labels::default()),
        };
        let sources = self.spec.sources();
        // A template has no field of its own for a single node: the affinity goes back where it was.
        let (mut spec, node) = self.spec.to_model(&sources, sources.qos(), namespace, &labels, interner);
        if let Some(node) = node {
            spec.required_node_affinity = Some(super::selector::node_named(node, interner));
        }
        let spec = interner.spec(spec);
        interner.template(PodTemplate { labels, spec })
    }
}
