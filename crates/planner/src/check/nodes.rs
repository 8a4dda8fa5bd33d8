//! Rules between a pod and a node alone: cordons, names, taints, node affinity, features.

use model::{PodSpec, Taint, TaintEffect};

use super::world::{Guest, Site, selects_node};
use crate::reason::{Refusal, Rule};

/// The first of these rules that refuses the pod, in the scheduler's order.
pub(super) fn verdict(guest: &Guest<'_>, site: &Site<'_>) -> Result<(), Refusal> {
    cordon(guest, site)?;
    if let Some(name) = guest.named_node.filter(|name| *name != site.name) {
        return refuse(Rule::NodeName, format!("it names node {name}"));
    }
    if let Some(taint) = untolerated(guest.spec, &site.taints) {
        let value = if taint.value.is_empty() { String::new() } else { format!("={}", taint.value) };
        return refuse(
            Rule::TaintToleration,
            format!("taint {}{value}:{} is not tolerated", taint.key, taint.effect.as_str()),
        );
    }
    if let Some(name) = guest.required_node.filter(|name| *name != site.name) {
        return refuse(Rule::NodeAffinity, format!("it can only run on node {name}"));
    }
    affinity(guest.spec, site)
}

/// The last of the scheduler's rules: what the node's kubelet can do.
pub(super) fn features(guest: &Guest<'_>, site: &Site<'_>) -> Result<(), Refusal> {
    match guest.features.iter().find(|feature| !site.features.contains(feature)) {
        Some(feature) => refuse(Rule::NodeDeclaredFeatures, format!("the node does not declare {feature}")),
        None => Ok(()),
    }
}

fn refuse(rule: Rule, detail: String) -> Result<(), Refusal> {
    Err(Refusal { rule, detail: detail.into() })
}

fn cordon(guest: &Guest<'_>, site: &Site<'_>) -> Result<(), Refusal> {
    let taint = Taint {
        key: "node.kubernetes.io/unschedulable".into(),
        value: "".into(),
        effect: TaintEffect::NoSchedule,
    };
    if site.unschedulable && !tolerates(guest.spec, &taint) {
        return refuse(Rule::NodeUnschedulable, "the node is cordoned".into());
    }
    Ok(())
}

fn tolerates(spec: &PodSpec, taint: &Taint) -> bool {
    spec.tolerations.iter().any(|one| {
        one.key.as_ref().is_none_or(|key| *key == taint.key)
            && one.effect.is_none_or(|effect| effect == taint.effect)
            && one.value.as_ref().is_none_or(|value| *value == taint.value)
    })
}

/// The first taint that keeps the pod away.
pub(super) fn untolerated<'t>(spec: &PodSpec, taints: &'t [Taint]) -> Option<&'t Taint> {
    taints.iter().find(|taint| taint.effect != TaintEffect::PreferNoSchedule && !tolerates(spec, taint))
}

/// Node selector and required node affinity.
pub(super) fn affinity(spec: &PodSpec, site: &Site<'_>) -> Result<(), Refusal> {
    if let Some((name, value)) =
        spec.node_selector.iter().find(|(name, value)| site.labels.get(name) != Some(value))
    {
        return refuse(Rule::NodeAffinity, format!("the node is not {name}={value}"));
    }
    if let Some(selector) = &spec.required_node_affinity
        && !selects_node(selector, site.name, &site.labels)
    {
        return refuse(Rule::NodeAffinity, "the node is not what its node affinity asks for".into());
    }
    Ok(())
}
