//! `plan --manifest`: what a change costs before it is merged.
//!
//! The objects of the files are laid over the cluster: a workload takes the place of the one of its name,
//! with as many pods as it asks for; a DaemonSet gets a pod on every node that it selects. Nothing else
//! of the cluster is moved: the pods go where there is room, and onto new nodes where there is none.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use cluster::{ClusterState, DumpError, DumpReader};
use model::{
    Money, Node, Owner, Pod, PodPhase, PodSpec, Resources, TaintEffect, Uid, Workload, WorkloadKey,
    WorkloadKind,
};
use planner::{PlanningInput, PodIndex, Question};
use serde::Deserialize;

use super::report::manifest::ManifestReport;
use super::whole::Whole;
use super::{PlanArgs, PlanFormat, ask, text};
use crate::cli::output::{Style, print_value};

/// Kinds that stand in a namespace, `default` unless they say which.
const NAMESPACED: [&str; 11] = [
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "ReplicaSet",
    "ReplicationController",
    "Rollout",
    "StatefulSet",
];

/// Reads the files; `None` when there are none.
///
/// # Errors
/// Say which file and which document of it; also when nothing in them makes pods.
pub(super) fn read(paths: &[PathBuf]) -> Result<Option<ClusterState>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut dump = DumpReader::new();
    for path in paths {
        read_file(path, &mut dump).with_context(|| format!("reading {}", path.display()))?;
    }
    let state = dump.finish();
    let makes_pods = state.pods().len() > 0 || state.workloads().any(|one| one.template.is_some());
    ensure!(makes_pods, "nothing in the manifest makes pods, so there is nothing to price");
    Ok(Some(state))
}

fn read_file(path: &Path, dump: &mut DumpReader) -> Result<()> {
    let text = fs::read_to_string(path)?;
    for (index, document) in serde_yaml_ng::Deserializer::from_str(&text).enumerate() {
        let place = || format!("document {}", index + 1);
        let mut object = serde_json::Value::deserialize(document).with_context(place)?;
        if object.is_null() {
            continue;
        }
        ensure!(object.is_object(), "{}: expected an object with a kind", place());
        settle(&mut object);
        match dump.read(object.to_string().as_bytes()) {
            Ok(()) | Err(DumpError::Empty) => {}
            Err(error) => return Err(error).with_context(place),
        }
    }
    Ok(())
}

/// Says in which namespace an object is that does not say so itself.
fn settle(object: &mut serde_json::Value) {
    if let Some(items) = object.get_mut("items").and_then(serde_json::Value::as_array_mut) {
        items.iter_mut().for_each(settle);
    }
    let kind = object.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default();
    if !NAMESPACED.contains(&kind) {
        return;
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(serde_json::Value::as_object_mut) {
        metadata.entry("namespace").or_insert_with(|| "default".into());
    }
}

/// Prices the change and writes what it needs; whether it needs anything that is not there.
pub(super) fn run(
    whole: &Whole,
    changes: ClusterState,
    args: &PlanArgs,
    out: &mut dyn Write,
) -> Result<bool> {
    let before = ask::ask(&whole.input, &Question::Provision, args)?;
    let change = Change::new(whole, &changes);
    let after = ask::ask(&change.input, &Question::Provision, args)?;
    if let Some(path) = &args.certificate {
        ask::write_certificate(&change.input, &after.plan, path)?;
    }
    let report = ManifestReport::new(&change, &before.plan, &after);
    match args.output {
        PlanFormat::Table => text::write_manifest(&report, Style::for_stdout(), out)?,
        format => print_value(out, format.into(), &report)?,
    }
    Ok(report.adds.per_hour > Money::ZERO || report.adds.nodes > 0 || !report.unplaced.is_empty())
}

/// A cluster with a change laid over it.
pub(super) struct Change {
    pub(super) input: PlanningInput,
    /// The pods that come with it, each with what makes it.
    pub(super) pods: BTreeMap<PodIndex, WorkloadKey>,
    /// By workload, how many of its pods were there before, which it replaces.
    pub(super) replaced: BTreeMap<WorkloadKey, usize>,
    /// DaemonSets' pods for which their node has no room: which pods on which nodes.
    pub(super) without_room: Vec<(WorkloadKey, Arc<str>)>,
}

impl Change {
    fn new(whole: &Whole, changes: &ClusterState) -> Self {
        let mut change = Self {
            input: whole.input.clone(),
            pods: BTreeMap::new(),
            replaced: BTreeMap::new(),
            without_room: Vec::new(),
        };
        let cluster = &mut change.input.cluster;
        lay_over(&mut cluster.namespaces, changes.namespaces(), |one| one.name.clone());
        lay_over(&mut cluster.budgets, changes.disruption_budgets(), |one| {
            (one.namespace.clone(), one.name.clone())
        });
        lay_over(&mut cluster.storage.claims, changes.claims(), |one| {
            (one.namespace.clone(), one.name.clone())
        });
        lay_over(&mut cluster.storage.volumes, changes.volumes(), |one| one.name.clone());
        lay_over(&mut cluster.storage.classes, changes.storage_classes(), |one| one.name.clone());
        for workload in changes.workloads() {
            change.lay_over(whole, workload);
        }
        for pod in changes.pods() {
            let name = (&pod.namespace, &pod.name);
            change.input.cluster.pods.retain(|one| (&one.namespace, &one.name) != name);
        }
        // Pods of the manifest come last, so that their places in the list are known.
        for workload in changes.workloads() {
            change.make_pods(whole, workload);
        }
        for pod in changes.pods() {
            let key = WorkloadKey {
                namespace: Arc::clone(&pod.namespace),
                kind: WorkloadKind::Pod,
                name: Arc::clone(&pod.name),
            };
            let waiting = Pod { phase: PodPhase::Pending, ..Pod::clone(pod) };
            change.add(key, waiting);
        }
        change
    }

    /// Puts the workload in the place of the one of its name. Pods that it has already stay when their
    /// template is the same, as many as are asked for; otherwise they go.
    fn lay_over(&mut self, whole: &Whole, workload: &Arc<Workload>) {
        let cluster = &mut self.input.cluster;
        let before = cluster.workloads.iter().position(|one| one.key == workload.key);
        let is_same = before.is_some_and(|index| cluster.workloads[index].template == workload.template);
        match before {
            Some(index) => cluster.workloads[index] = Arc::clone(workload),
            None => cluster.workloads.push(Arc::clone(workload)),
        }
        let mut stay = match (is_same, &workload.key.kind) {
            (true, WorkloadKind::DaemonSet) => usize::MAX,
            (true, _) => usize::try_from(workload.replicas).unwrap_or(0),
            (false, _) => 0,
        };
        let mut gone = 0;
        cluster.pods.retain(|pod| {
            if pod.is_finished() || whole.state.workload_of(pod) != workload.key {
                return true;
            }
            let stays = stay > 0;
            stay = stay.saturating_sub(1);
            gone += usize::from(!stays);
            stays
        });
        if gone > 0 {
            self.replaced.insert(workload.key.clone(), gone);
        }
    }

    fn make_pods(&mut self, whole: &Whole, workload: &Workload) {
        let Some(template) = &workload.template else { return };
        let now = self.input.now;
        let owner = Arc::new(Owner {
            kind: workload.key.kind.clone(),
            name: Arc::clone(&workload.key.name),
            uid: workload.uid.clone(),
        });
        let pod = |name: String, labels: &Arc<model::Labels>, spec: &Arc<PodSpec>| Pod {
            namespace: Arc::clone(&workload.key.namespace),
            uid: Uid::Text(format!("{}/{name}", workload.key.namespace).into()),
            name: name.into(),
            labels: Arc::clone(labels),
            spec: Arc::clone(spec),
            owner: Some(Arc::clone(&owner)),
            node: None,
            required_node: None,
            claims: Box::default(),
            phase: PodPhase::Pending,
            reason: None,
            ready: false,
            deleted_at: None,
            unschedulable: None,
            keep: model::KeepMarks::default(),
            is_static: false,
            created_at: now,
            is_gated: false,
            required_features: Box::default(),
            ephemeral_claims: Box::default(),
        };
        let there = self
            .input
            .cluster
            .pods
            .iter()
            .filter(|pod| !pod.is_finished() && whole.state.workload_of(pod) == workload.key);
        if workload.key.kind == WorkloadKind::DaemonSet {
            let there: Vec<&str> = there.filter_map(|pod| pod.node.as_deref()).collect();
            let nodes = self.input.cluster.nodes.iter().map(|owned| Arc::clone(&owned.node));
            let wanted: Vec<Arc<Node>> =
                nodes.filter(|node| is_for(&template.spec, node) && !there.contains(&&*node.name)).collect();
            let mut free = self.free();
            for node in wanted {
                let name = format!("{}-{}", workload.key.name, node.name);
                let room = free.entry(Arc::clone(&node.name)).or_default();
                if !take(room, &template.spec.requests) {
                    self.without_room.push((workload.key.clone(), Arc::clone(&node.name)));
                    continue;
                }
                let bound = Pod {
                    node: Some(Arc::clone(&node.name)),
                    phase: PodPhase::Running,
                    ready: true,
                    ..pod(name, &template.labels, &template.spec)
                };
                self.add(workload.key.clone(), bound);
            }
            return;
        }
        let there = there.count();
        let wanted = if workload.suspended { 0 } else { usize::try_from(workload.replicas).unwrap_or(0) };
        let made: Vec<Pod> = (there..wanted)
            .map(|number| pod(format!("{}-{number}", workload.key.name), &template.labels, &template.spec))
            .collect();
        for pod in made {
            self.add(workload.key.clone(), pod);
        }
    }

    fn add(&mut self, key: WorkloadKey, pod: Pod) {
        self.pods.insert(self.input.cluster.pods.len(), key);
        self.input.cluster.pods.push(Arc::new(pod));
    }

    /// What is left of each node.
    fn free(&self) -> BTreeMap<Arc<str>, Resources> {
        let cluster = &self.input.cluster;
        let mut free: BTreeMap<Arc<str>, Resources> = cluster
            .nodes
            .iter()
            .map(|owned| (Arc::clone(&owned.node.name), owned.node.allocatable.clone()))
            .collect();
        for pod in cluster.pods.iter().filter(|pod| pod.is_occupying()) {
            if let Some(room) = pod.node.as_ref().and_then(|node| free.get_mut(node)) {
                less(room, &pod.spec.requests);
            }
        }
        free
    }
}

/// Takes `amount` out of `room` when it fits.
fn take(room: &mut Resources, amount: &Resources) -> bool {
    let fits = amount.cpu_milli <= room.cpu_milli
        && amount.memory_bytes <= room.memory_bytes
        && amount.ephemeral_storage_bytes <= room.ephemeral_storage_bytes
        && amount.pods <= room.pods
        && amount.extended.iter().all(|(name, &amount)| amount <= room.extended(name));
    if fits {
        less(room, amount);
    }
    fits
}

fn less(room: &mut Resources, amount: &Resources) {
    room.cpu_milli -= amount.cpu_milli;
    room.memory_bytes -= amount.memory_bytes;
    room.ephemeral_storage_bytes -= amount.ephemeral_storage_bytes;
    room.pods -= amount.pods;
    for (name, &amount) in &amount.extended {
        *room.extended.entry(Arc::clone(name)).or_default() -= amount;
    }
}

/// Whether the DaemonSet controller makes a pod of this kind for the node. It adds tolerations for the
/// taints by which nodes say how they are.
fn is_for(spec: &PodSpec, node: &Node) -> bool {
    let keeps_off = |taint: &model::Taint| {
        taint.effect != TaintEffect::PreferNoSchedule
            && !taint.key.starts_with("node.kubernetes.io/")
            && !spec.tolerations.iter().any(|toleration| toleration.tolerates(taint))
    };
    spec.node_selector.iter().all(|(name, value)| node.labels.get(name) == Some(value))
        && spec
            .required_node_affinity
            .as_ref()
            .is_none_or(|affinity| affinity.matches(&node.name, &node.labels))
        && !node.taints.iter().any(keeps_off)
}

fn lay_over<'a, T: 'a, K: PartialEq>(
    list: &mut Vec<Arc<T>>,
    changes: impl Iterator<Item = &'a Arc<T>>,
    key: impl Fn(&T) -> K,
) {
    for change in changes {
        match list.iter_mut().find(|one| key(one) == key(change)) {
            Some(one) => *one = Arc::clone(change),
            None => list.push(Arc::clone(change)),
        }
    }
}
