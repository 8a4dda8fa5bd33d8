//! Objects that say how many pods there must or may be: disruption budgets and autoscalers.

use model::{DisruptionLimit, Interner, WorkloadKind};
use serde::Deserialize;

use super::selector::Selector;
use super::text::{CountOrPercent, Text};
use super::{Metadata, ObjectError};

#[derive(Debug, Deserialize)]
pub(super) struct DisruptionBudget<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    spec: BudgetSpec<'a>,
    #[serde(default)]
    status: BudgetStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BudgetSpec<'a> {
    #[serde(borrow)]
    selector: Option<Selector<'a>>,
    min_available: Option<CountOrPercent>,
    max_unavailable: Option<CountOrPercent>,
    #[serde(borrow)]
    unhealthy_pod_eviction_policy: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BudgetStatus {
    disruptions_allowed: i32,
    current_healthy: i32,
    desired_healthy: i32,
    expected_pods: i32,
}

impl DisruptionBudget<'_> {
    pub(super) fn into_model(self, interner: &mut Interner) -> Result<model::DisruptionBudget, ObjectError> {
        let Self { metadata, spec, status } = self;
        let limit = match (spec.min_available, spec.max_unavailable) {
            (Some(CountOrPercent(amount)), _) => Some(DisruptionLimit::MinAvailable(amount)),
            (None, Some(CountOrPercent(amount))) => Some(DisruptionLimit::MaxUnavailable(amount)),
            (None, None) => None,
        };
        Ok(model::DisruptionBudget {
            namespace: metadata.namespace(interner),
            name: metadata.own_name()?,
            uid: metadata.uid(),
            selector: spec.selector.as_ref().map(|selector| selector.to_model(interner)),
            limit,
            evict_unready_always: spec.unhealthy_pod_eviction_policy.as_deref() == Some("AlwaysAllow"),
            disruptions_allowed: status.disruptions_allowed,
            current_healthy: status.current_healthy,
            desired_healthy: status.desired_healthy,
            expected_pods: status.expected_pods,
        })
    }
}

/// Both versions: v1 has one field for the only metric that it knows.
#[derive(Debug, Deserialize)]
pub(super) struct Autoscaler<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow)]
    spec: AutoscalerSpec<'a>,
    #[serde(default)]
    status: AutoscalerStatus,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AutoscalerSpec<'a> {
    #[serde(borrow)]
    scale_target_ref: Target<'a>,
    min_replicas: Option<i32>,
    max_replicas: i32,
    #[serde(rename = "targetCPUUtilizationPercentage")]
    target_cpu_utilization_percentage: Option<i32>,
    #[serde(borrow)]
    metrics: Option<Vec<Metric<'a>>>,
}

#[derive(Debug, Deserialize)]
struct Target<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Debug, Deserialize)]
struct Metric<'a> {
    #[serde(borrow)]
    resource: Option<ResourceMetric<'a>>,
}

#[derive(Debug, Deserialize)]
struct ResourceMetric<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    target: Option<MetricTarget>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetricTarget {
    average_utilization: Option<i32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AutoscalerStatus {
    current_replicas: Option<i32>,
    desired_replicas: Option<i32>,
}

impl Autoscaler<'_> {
    pub(super) fn into_model(
        self,
        interner: &mut Interner,
    ) -> Result<model::HorizontalAutoscaler, ObjectError> {
        let Self { metadata, spec, status } = self;
        let target_percent = |name: &str| {
            let metrics = spec.metrics.iter().flatten().filter_map(|metric| metric.resource.as_ref());
            let resource = metrics.into_iter().find(|resource| &*resource.name == name)?;
            resource.target.as_ref()?.average_utilization
        };
        Ok(model::HorizontalAutoscaler {
            namespace: metadata.namespace(interner),
            name: metadata.own_name()?,
            uid: metadata.uid(),
            target_kind: WorkloadKind::new(&spec.scale_target_ref.kind),
            target_name: interner.string(&spec.scale_target_ref.name),
            min_replicas: spec.min_replicas.unwrap_or(1),
            max_replicas: spec.max_replicas,
            current_replicas: status.current_replicas.unwrap_or(0),
            desired_replicas: status.desired_replicas.unwrap_or(0),
            target_cpu_percent: target_percent("cpu").or(spec.target_cpu_utilization_percentage),
            target_memory_percent: target_percent("memory"),
        })
    }
}
