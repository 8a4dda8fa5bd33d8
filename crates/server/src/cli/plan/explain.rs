//! `plan --explain`: why a node stays or goes, why a pod is where it is or has no place.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Context as _, Result, bail};
use planner::{NodeIndex, Place, Plan, PlanningInput, PodIndex, Subject, WhyNot};
use serde::Serialize;

use super::PlanFormat;
use super::report::{NodeAfter, pod_name};
use super::text::wrapped;
use crate::cli::output::{Style, print_value};

/// Finds nodes by name and pods by namespace and name.
///
/// # Errors
/// For a name that nothing has.
pub(super) fn subjects(names: &[String], input: &PlanningInput) -> Result<Vec<Subject>> {
    names.iter().map(|name| subject(name, input)).collect()
}

fn subject(name: &str, input: &PlanningInput) -> Result<Subject> {
    let cluster = &input.cluster;
    let Some((namespace, pod)) = name.split_once('/') else {
        let index = cluster.nodes.iter().position(|owned| *owned.node.name == *name);
        return index
            .map(Subject::Node)
            .with_context(|| format!("there is no node {name:?}; a pod is named by namespace/name"));
    };
    match cluster.pods.iter().position(|one| *one.namespace == *namespace && *one.name == *pod) {
        Some(index) => Ok(Subject::Pod(index)),
        None => bail!("there is no pod {pod:?} in the namespace {namespace:?}"),
    }
}

/// An answer: what becomes of it, and why.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Explanation {
    /// The node's name, or the pod's namespace and name.
    subject: String,
    /// `stays`, `goes`, `moves`, `placed` or `waits`.
    verdict: &'static str,
    /// The verdict in a sentence.
    summary: String,
    /// Why: the first reason, and those that stand behind it.
    reasons: Vec<String>,
}

/// Writes an explanation for each subject.
pub(super) fn write(
    input: &PlanningInput,
    plan: &Plan,
    subjects: &[Subject],
    format: PlanFormat,
    out: &mut dyn Write,
) -> Result<()> {
    let explanations: Vec<Explanation> =
        subjects.iter().map(|&subject| explain(input, plan, subject)).collect();
    if format != PlanFormat::Table {
        print_value(out, format.into(), &explanations)?;
        return Ok(());
    }
    let style = Style::for_stdout();
    for (index, one) in explanations.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", style.bold(&one.subject))?;
        wrapped(out, "", &one.summary)?;
        for reason in &one.reasons {
            wrapped(out, "  ", &format!("- {reason}"))?;
        }
    }
    Ok(())
}

fn explain(input: &PlanningInput, plan: &Plan, subject: Subject) -> Explanation {
    let (Subject::Node(index) | Subject::Pod(index)) = subject;
    match planner::explain(input, plan, subject) {
        planner::Explanation::Node { removed, reasons } => {
            let reasons = reasons.iter().map(|reason| reason.sentence(input)).collect();
            of_node(input, plan, index, removed.is_some(), reasons)
        }
        planner::Explanation::Pod { to, moves, obstacle, verdict, nodes } => {
            let reasons = match (&verdict, &obstacle) {
                (Some(verdict), _) => std::iter::once(verdict.to_string()).chain(why_not(&nodes)).collect(),
                (None, Some(obstacle)) => vec![obstacle.to_string()],
                (None, None) => Vec::new(),
            };
            of_pod(input, plan, index, to, moves, verdict.is_some(), reasons)
        }
    }
}

/// What keeps a pod off the nodes that are there, by the rule, with one of them as an example.
fn why_not(nodes: &[WhyNot]) -> Vec<String> {
    let mut rules = BTreeMap::<&str, (usize, String)>::new();
    for refusal in nodes.iter().filter_map(|one| one.refusal.as_ref()) {
        let (count, _) =
            rules.entry(refusal.rule.plugin()).or_insert_with(|| (0, refusal.detail.to_string()));
        *count += 1;
    }
    let mut rules: Vec<_> = rules.into_iter().collect();
    rules.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    let sentence = |(rule, (count, example)): (&str, (usize, String))| {
        let nodes = if count == 1 { "node" } else { "nodes" };
        format!("{rule} keeps it off {count} {nodes} that are there: {example}")
    };
    rules.into_iter().map(sentence).collect()
}

fn of_node(
    input: &PlanningInput,
    plan: &Plan,
    index: NodeIndex,
    goes: bool,
    reasons: Vec<String>,
) -> Explanation {
    let owned = &input.cluster.nodes[index];
    let node = &owned.node;
    let machine = format!(
        "{}, {}, {}, ${}/hour",
        if node.instance_type.is_empty() { "type not known" } else { &node.instance_type },
        super::report::capacity_type(node.lifecycle),
        if node.zone.is_empty() { "zone not known" } else { &node.zone },
        owned.price
    );
    let subject = node.name.to_string();
    if goes {
        let moves = plan.moves.iter().filter(|one| one.from == index);
        let reasons = moves
            .map(|one| format!("{} goes to {}", pod_name(input, one.pod), place_name(input, plan, one.to)));
        let reasons: Vec<String> = reasons.collect();
        let summary = match reasons.len() {
            0 => format!("It goes ({machine}): nothing on it is needed elsewhere."),
            1 => format!("It goes ({machine}) after a pod of it has moved:"),
            count => format!("It goes ({machine}) after {count} pods of it have moved:"),
        };
        return Explanation { subject, verdict: "goes", summary, reasons };
    }
    let summary = match reasons.len() {
        0 => format!("It stays ({machine})."),
        1 => format!("It stays ({machine}):"),
        _ => format!("It stays ({machine}). The first reason, and those that stand behind it:"),
    };
    Explanation { subject, verdict: "stays", summary, reasons }
}

fn of_pod(
    input: &PlanningInput,
    plan: &Plan,
    index: PodIndex,
    to: Option<usize>,
    moves: bool,
    waits: bool,
    reasons: Vec<String>,
) -> Explanation {
    let pod = &input.cluster.pods[index];
    let place = to.map(|to| place_name(input, plan, to));
    let (verdict, summary) = match (waits, place, &pod.node) {
        (true, ..) => ("waits", "It has no place, and gets none by this plan:".to_owned()),
        (false, Some(place), Some(from)) if moves => {
            let wave = plan.moves.iter().find(|one| one.pod == index).map_or(0, |one| one.wave);
            ("moves", format!("It moves from {from} to {place}, in wave {wave}."))
        }
        (false, Some(place), None) => ("placed", format!("It waits now and gets a place on {place}.")),
        (false, _, Some(node)) if pod.is_finished() => {
            ("stays", format!("It has ended, on {node}, and takes no room."))
        }
        (false, _, Some(node)) if pod.is_static => ("stays", format!("It belongs to {node}.")),
        (false, _, Some(node)) if reasons.is_empty() => ("stays", format!("It stays on {node}.")),
        (false, _, Some(node)) => ("stays", format!("It stays on {node}, and could not be moved:")),
        (false, None, None) => ("waits", "It waits, and is nothing that the plan deals with.".to_owned()),
    };
    Explanation { subject: pod_name(input, index), verdict, summary, reasons }
}

/// A planned node by its name, or as the machine it will be.
fn place_name(input: &PlanningInput, plan: &Plan, index: usize) -> String {
    let node = &plan.nodes[index];
    let after = NodeAfter::new(input, node);
    match (node.place, after.existing) {
        (Place::Existing(_), Some(name)) => name,
        _ => format!("a new {} ({}) in {}", after.instance_type, after.capacity_type, after.zone),
    }
}
