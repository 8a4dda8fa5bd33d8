//! Settings that are accepted, kept and given back, and that nothing here acts on.

use serde_json::{Map, Value, json};
use wire::node_templates::NodeTemplate;
use wire::policies::Policies;

use crate::app::instance_types::filter::Filter;
use crate::app::node_templates::is_label_value;

/// A setting that is without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where it stands: a field of the policies, or `nodeTemplates[NAME].` and a field of that template.
    pub path: String,
    /// Why it is without effect.
    pub why: String,
}

/// What the policies' settings would need, by JSON pointer. `true` stands for any setting that is on.
const OF_POLICIES: [(&str, &str); 7] = [
    ("/nodeTemplatesPartialMatchingEnabled", "pods go to any template whose nodes they can run on"),
    ("/unschedulablePods/diskGibToCpuRatio", "the size of disks is the node configuration's"),
    (
        "/unschedulablePods/podPinner/enabled",
        "pods are placed by the cluster's scheduler, and nothing binds them",
    ),
    (
        "/spotInstances/maxReclaimRate",
        "how often machines are taken back is known in bands, and not used as a limit",
    ),
    (
        "/spotInstances/spotInterruptionPredictions/enabled",
        "nothing predicts interruptions; notices are acted on",
    ),
    ("/nodeDownscaler/evictor/cleanupKarpenterNodes", "nodes of another autoscaler are left to it"),
    ("/nodeDownscaler/evictor/softTainting", "nodes are cordoned when they are drained, and not before"),
];

/// The same of a template.
const OF_TEMPLATES: [(&str, &str); 14] = [
    ("/clmEnabled", "pods are moved by eviction"),
    ("/stopEnabled", "machines are deleted, not stopped"),
    ("/customInstancesEnabled", "the catalogue has no machines made to measure"),
    ("/customInstancesWithExtendedMemoryEnabled", "the catalogue has no machines made to measure"),
    ("/edgeLocationIds", "nodes are bought in the cluster's own cloud"),
    ("/gpu/enableTimeSharing", "GPUs are planned whole"),
    ("/gpu/sharingConfiguration", "GPUs are planned whole"),
    (
        "/priceAdjustmentConfiguration/instanceTypeAdjustments",
        "prices are adjusted for the organisation, not by template",
    ),
    ("/rebalancingConfig/minNodes", "rebalancing keeps what pods need, whatever the number of nodes"),
    ("/constraints/enableSpotReliability", "how often machines are taken back is not weighed"),
    (
        "/constraints/spotInterruptionPredictionsEnabled",
        "nothing predicts interruptions; notices are acted on",
    ),
    ("/constraints/dedicatedNodeAffinity", "hosts that no one else uses are not bought"),
    ("/constraints/aws/capacityReservations", "capacity reservations are not used"),
    ("/constraints/gcp/capacityReservationIds", "capacity reservations are not used"),
];

/// Every setting that is accepted and without effect, in the order of the documents.
pub fn unhonoured(policies: &Map<String, Value>, templates: &[NodeTemplate]) -> Vec<Warning> {
    let document = Value::Object(policies.clone());
    let mut all = Vec::new();
    add(&mut all, "", &document, &OF_POLICIES);
    if document.pointer("/clusterLimits/enabled") == Some(&json!(true))
        && document
            .pointer("/clusterLimits/cpu/minCores")
            .and_then(Value::as_i64)
            .is_some_and(|least| least > 1)
    {
        warn(&mut all, "clusterLimits.cpu.minCores", "plans know the most that may be owned, not the least");
    }
    let known: Option<Policies> = wire::from_json(document.to_string().as_bytes()).ok();
    unknown(&mut all, "", policies, &json!(known));
    for template in templates {
        of_template(&mut all, template);
    }
    all
}

fn of_template(all: &mut Vec<Warning>, template: &NodeTemplate) {
    let name = template.name.as_deref().unwrap_or_default();
    let prefix = format!("nodeTemplates[{name}].");
    add(all, &prefix, &json!(template), &OF_TEMPLATES);
    if !is_label_value(name) {
        let why = "Kubernetes does not take it for a label, so that no pod can select its nodes by it";
        warn(all, &format!("{prefix}name"), why);
    }
    let Some(constraints) = &template.constraints else { return };
    let os = constraints.os.iter().flatten();
    if os.clone().any(|one| one != "linux") {
        warn(
            all,
            &format!("{prefix}constraints.os"),
            "only Linux nodes are bought: no other prices are known",
        );
    }
    let both = Filter::of(Some(constraints)).terms().len() > 1;
    let tainted = both && constraints.lifecycle_taints_disabled != Some(true);
    let capped =
        constraints.resource_limits.as_ref().is_some_and(|limits| limits.cpu_limit_enabled == Some(true));
    if tainted && capped {
        let why = "holds for its nodes on demand and for its spot nodes by themselves, not for their sum";
        warn(all, &format!("{prefix}constraints.resourceLimits"), why);
    }
    let mixed = constraints.custom_priority.iter().flatten().any(|one| one.spot != one.on_demand);
    if tainted && mixed {
        let why = "orders families under the same terms; which terms a pod gets is its own choice, by what it tolerates";
        warn(all, &format!("{prefix}constraints.customPriority"), why);
    }
    if constraints.max_price_per_cpu.is_some_and(|most| most > 0.0)
        && constraints.use_spot_fallbacks == Some(true)
    {
        let why = "holds for spot prices; a fallback on demand may cost more";
        warn(all, &format!("{prefix}constraints.maxPricePerCpu"), why);
    }
}

fn add(all: &mut Vec<Warning>, prefix: &str, document: &Value, settings: &[(&str, &str)]) {
    for (pointer, why) in settings {
        let is_on = match document.pointer(pointer) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(on)) => *on,
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(fields)) => !fields.is_empty(),
        };
        if is_on {
            warn(all, &format!("{prefix}{}", pointer.trim_start_matches('/').replace('/', ".")), why);
        }
    }
}

/// Fields that `known`, the same document as far as it is understood, lacks.
fn unknown(all: &mut Vec<Warning>, at: &str, document: &Map<String, Value>, known: &Value) {
    for (name, value) in document {
        match (value, known.get(name)) {
            (Value::Object(fields), Some(known)) => unknown(all, &format!("{at}{name}."), fields, known),
            (_, Some(_)) => {}
            (_, None) => warn(all, &format!("{at}{name}"), "is no setting that is known here"),
        }
    }
}

fn warn(all: &mut Vec<Warning>, path: &str, why: &str) {
    all.push(Warning { path: path.to_owned(), why: why.to_owned() });
}
