//! Node templates that a cluster's workloads ask for and that it does not have.
//!
//! Pods that select nodes by labels which no template gives wait for ever, or keep nodes alive that nobody could
//! buy again. One template is proposed for each such selection; what a machine has by itself (its architecture,
//! zone, terms, GPUs) becomes a constraint.

use std::collections::{BTreeMap, BTreeSet};

use cluster::ClusterState;
use model::{ClusterId, Labels, Operator, Pod, TaintEffect, WorkloadKind};
use wire::node_templates::{NodeTemplate, NodeTemplateStats, Taint as WireTaint, TaintEffect as WireEffect};
use wire::template_constraints::TemplateConstraints;

use super::node_templates::{self, LABEL, Template};
use super::{App, clusters};
use crate::auth::principal::Principal;
use crate::http::error::ApiResult;

/// The label of spot nodes, which is also the key of their taint.
const SPOT: &str = "scheduling.cast.ai/spot";
/// How many workloads a reason names.
const NAMED: usize = 3;
/// Longest name that a proposal gets, in characters: that of a label's value.
const LONGEST_NAME: usize = 63;

/// A template that should be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// What to create.
    pub template: NodeTemplate,
    /// Nodes of today that have its labels.
    pub stats: NodeTemplateStats,
    /// Who needs it, and why what there is does not serve.
    pub reason: String,
}

/// What pods ask of their nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Need {
    /// The template by its name.
    template: Option<String>,
    /// Labels that somebody must have given to the node.
    labels: BTreeMap<String, String>,
    architecture: Option<String>,
    zone: Option<String>,
    spot: bool,
    gpus: bool,
    /// Taints that all the pods name in tolerations.
    taints: BTreeSet<(String, String, TaintEffect)>,
}

/// Proposals for the cluster's workloads as they are now, by what is asked for. Before the first snapshot there
/// are none.
///
/// # Errors
/// 404.
pub async fn generate(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<Vec<Proposal>> {
    let cluster = clusters::get(app, principal, id).await?;
    let templates: Vec<NodeTemplate> =
        Template::all_of(app, &cluster).await?.into_iter().map(|one| one.document).collect();
    let look = |state: &ClusterState| proposals(state, &templates);
    Ok(app.live.read(app, cluster.organization_id, id, look).await?.unwrap_or_default())
}

fn proposals(state: &ClusterState, templates: &[NodeTemplate]) -> Vec<Proposal> {
    let mut needs = BTreeMap::<Need, (BTreeSet<String>, usize)>::new();
    for pod in state.pods().filter(|pod| !pod.is_finished() && pod.required_node.is_none()) {
        let workload = state.workload_of(pod);
        let need = need(pod);
        let asks = need.template.is_some() || !need.labels.is_empty();
        if asks
            && workload.kind != WorkloadKind::DaemonSet
            && !templates.iter().any(|one| serves(one, &need, pod))
        {
            let (workloads, pods) = needs.entry(need).or_default();
            workloads.insert(workload.to_string());
            *pods += 1;
        }
    }
    let mut taken: BTreeSet<String> = templates.iter().filter_map(|one| one.name.clone()).collect();
    needs
        .into_iter()
        .map(|(need, (workloads, pods))| {
            let name = free_name(&need, &taken);
            taken.insert(name.clone());
            Proposal {
                stats: stats(state, &need.labels),
                reason: reason(&need, &workloads, pods),
                template: template(name, need),
            }
        })
        .collect()
}

fn need(pod: &Pod) -> Need {
    let mut need = Need::default();
    for (name, value) in pod.spec.node_selector.iter() {
        need.ask(name, value);
    }
    // Of alternatives, none is demanded.
    if let Some([term]) = pod.spec.required_node_affinity.as_ref().map(|affinity| &*affinity.terms) {
        for one in &term.expressions {
            if let (Operator::In, [value]) = (one.operator, &*one.values) {
                need.ask(&one.key, value);
            }
        }
    }
    need.gpus = pod.spec.requests.extended.keys().any(|name| name.ends_with("/gpu"));
    for toleration in &pod.spec.tolerations {
        let Some(key) = toleration.key.as_deref().filter(|key| !comes_by_itself(key)) else { continue };
        let effect = toleration.effect.unwrap_or(TaintEffect::NoSchedule);
        if effect != TaintEffect::PreferNoSchedule {
            let value = toleration.value.as_deref().unwrap_or_default();
            need.taints.insert((key.to_owned(), value.to_owned(), effect));
        }
    }
    need
}

impl Need {
    fn ask(&mut self, label: &str, value: &str) {
        match label {
            LABEL => self.template = Some(value.to_owned()),
            SPOT => self.spot |= value == "true",
            "kubernetes.io/arch" | "beta.kubernetes.io/arch" => self.architecture = Some(value.to_owned()),
            "topology.kubernetes.io/zone" | "failure-domain.beta.kubernetes.io/zone" => {
                self.zone = Some(value.to_owned());
            }
            other if comes_by_itself(other) => {}
            other => {
                self.labels.insert(other.to_owned(), value.to_owned());
            }
        }
    }
}

/// Whether labels and taints of this key are put on nodes by Kubernetes, the provider or another autoscaler.
fn comes_by_itself(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    let of =
        |owner: &str| domain == owner || domain.strip_suffix(owner).is_some_and(|rest| rest.ends_with('.'));
    [
        "kubernetes.io",
        "k8s.io",
        "eks.amazonaws.com",
        "cloud.google.com",
        "kubernetes.azure.com",
        "karpenter.sh",
        "k8s.aws",
        "cast.ai",
        "nvidia.com",
    ]
    .into_iter()
    .any(of)
}

/// Whether nodes of the template are what the pod asks for.
fn serves(template: &NodeTemplate, need: &Need, pod: &Pod) -> bool {
    let name = template.name.as_deref().unwrap_or_default();
    let labels = node_templates::labels(template);
    template.is_enabled != Some(false)
        && need.template.as_deref().is_none_or(|wanted| wanted == name)
        && need.labels.iter().all(|(label, value)| labels.get(label) == Some(value))
        && node_templates::taints(template)
            .iter()
            .all(|taint| pod.spec.tolerations.iter().any(|toleration| toleration.tolerates(taint)))
}

/// The name that pods ask for, or one made of the labels' values.
fn free_name(need: &Need, taken: &BTreeSet<String>) -> String {
    let wanted = need.template.clone().unwrap_or_else(|| {
        let values: Vec<&str> = need
            .labels
            .iter()
            .map(|(key, value)| match value.as_str() {
                "" | "true" => key.rsplit('/').next().unwrap_or(key),
                value => value,
            })
            .collect();
        values.join("-").chars().take(LONGEST_NAME - 3).collect()
    });
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(wanted)
}

fn stats(state: &ClusterState, labels: &BTreeMap<String, String>) -> NodeTemplateStats {
    let mut stats = NodeTemplateStats::default();
    let has_all = |node: &Labels| labels.iter().all(|(label, value)| node.get(label) == Some(value));
    for node in state.nodes().filter(|node| !labels.is_empty() && has_all(&node.labels)) {
        node_templates::count_node(&mut stats, node.lifecycle);
    }
    stats
}

fn reason(need: &Need, workloads: &BTreeSet<String>, pods: usize) -> String {
    let mut names: Vec<&str> = workloads.iter().take(NAMED).map(String::as_str).collect();
    let more = format!("{} more", workloads.len().saturating_sub(NAMED));
    if workloads.len() > NAMED {
        names.push(&more);
    }
    let mut asked: Vec<String> =
        need.labels.iter().map(|(label, value)| format!("{label}={value}")).collect();
    asked.extend(need.template.iter().map(|name| format!("{LABEL}={name}")));
    let pods = if pods == 1 { "1 pod".to_owned() } else { format!("{pods} pods") };
    format!(
        "{pods} of {} can run only on nodes with {}, which no enabled node template makes with taints that they \
         tolerate",
        names.join(", "),
        asked.join(", ")
    )
}

fn template(name: String, need: Need) -> NodeTemplate {
    let taint = |(key, value, effect): (String, String, TaintEffect)| WireTaint {
        key: Some(key),
        value: Some(value),
        effect: Some(WireEffect::from(effect.as_str())),
    };
    let constraints = TemplateConstraints {
        architectures: need.architecture.map(|one| vec![one]),
        azs: need.zone.map(|one| vec![one]),
        spot: need.spot.then_some(true),
        is_gpu_only: need.gpus.then_some(true),
        ..TemplateConstraints::default()
    };
    NodeTemplate {
        name: Some(name),
        is_default: Some(false),
        is_enabled: Some(true),
        should_taint: Some(!need.taints.is_empty()),
        custom_labels: Some(need.labels),
        custom_taints: Some(need.taints.into_iter().map(taint).collect()),
        constraints: (constraints != TemplateConstraints::default()).then_some(constraints),
        ..NodeTemplate::default()
    }
}
