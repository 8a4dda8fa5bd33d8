//! One situation, and what each implementation says of it.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use model::{Interner, Money, Pod};
use planner::rules::{Rules, Spot};
use planner::{OwnedNode, Picture, Refusal, check};
use serde::Deserialize;
use serde_json::Value;
use wire::k8s::{Item, Object};

/// A line of the file.
#[derive(Deserialize)]
struct Line {
    id: String,
    #[serde(default)]
    note: String,
    nodes: Vec<Value>,
    #[serde(default)]
    namespaces: Vec<Value>,
    #[serde(default)]
    pods: Vec<Value>,
    #[serde(default)]
    volumes: Vec<Value>,
    incoming: Value,
    prefilter: Option<serde::de::IgnoredAny>,
    verdicts: Vec<Verdict>,
}

/// What the scheduler says of one node.
#[derive(Clone, Deserialize)]
pub(super) struct Verdict {
    pub(super) node: String,
    pub(super) fits: bool,
    #[serde(default)]
    pub(super) plugin: String,
    #[serde(default)]
    pub(super) also: Vec<Also>,
}

/// A filter that would refuse too.
#[derive(Clone, Deserialize)]
pub(super) struct Also {
    pub(super) plugin: String,
}

/// A situation, read.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) note: String,
    /// The scheduler refused the pod as a whole, before it looked at nodes.
    pub(super) is_prefiltered: bool,
    pub(super) verdicts: Vec<Verdict>,
    /// The cluster without the pod that comes.
    picture: Picture,
    incoming: Arc<Pod>,
}

impl Case {
    pub(super) fn read(line: &str) -> anyhow::Result<Self> {
        let line: Line = serde_json::from_str(line).context("not a situation")?;
        let mut picture = Picture::default();
        let mut interner = Interner::default();
        let objects = [&line.nodes, &line.namespaces, &line.pods, &line.volumes];
        for json in objects.into_iter().flatten() {
            let Some(object) = object(json, &mut interner)? else { continue };
            put(&mut picture, object);
        }
        let incoming = match object(&line.incoming, &mut interner)? {
            Some(Object::Pod(pod)) => Arc::new(pod),
            _ => bail!("{}: what comes is not a pod", line.id),
        };
        let Line { id, note, prefilter, verdicts, .. } = line;
        Ok(Self { id, note, is_prefiltered: prefilter.is_some(), verdicts, picture, incoming })
    }

    /// This situation with another's pod.
    #[cfg(test)]
    pub(super) fn with_incoming_of(&self, other: &Self) -> Self {
        Self { incoming: Arc::clone(&other.incoming), ..self.clone() }
    }

    /// By verdict, what refuses the pod by the planner's rules.
    pub(super) fn by_rules(&self) -> Vec<Option<Refusal>> {
        let rules = Rules::compile(&self.picture, Vec::new(), std::slice::from_ref(&self.incoming));
        let occupancy = rules.occupancy();
        let class = rules.class_of(self.picture.pods.len());
        let refusal = |node: usize| {
            let class = class?;
            let place = occupancy.existing(node);
            let obstacle = occupancy.fits(class, place).err()?;
            Some(rules.refusal(class, Spot::Existing(node), obstacle))
        };
        self.nodes().map(refusal).collect()
    }

    /// The same by the planner's check.
    pub(super) fn by_check(&self) -> Vec<Option<Refusal>> {
        self.nodes().map(|node| check::verdict(&self.picture, &self.incoming, node).err()).collect()
    }

    /// The nodes of the verdicts, by number.
    fn nodes(&self) -> impl Iterator<Item = usize> + '_ {
        self.verdicts.iter().filter_map(|verdict| {
            self.picture.nodes.iter().position(|owned| *owned.node.name == *verdict.node)
        })
    }
}

fn object(json: &Value, interner: &mut Interner) -> anyhow::Result<Option<Object>> {
    let kind = json["kind"].as_str().context("an object without a kind")?;
    match wire::k8s::read(kind, &json.to_string(), interner).with_context(|| format!("a {kind}"))? {
        Some(Item::Object(object)) => Ok(Some(*object)),
        Some(Item::Usage(..)) | None => Ok(None),
    }
}

fn put(picture: &mut Picture, object: Object) {
    let storage = &mut picture.storage;
    match object {
        Object::Node(node) => {
            picture.nodes.push(OwnedNode { node: Arc::new(node), price: Money::ZERO, template: None });
        }
        Object::Pod(pod) => picture.pods.push(Arc::new(pod)),
        Object::Namespace(namespace) => picture.namespaces.push(Arc::new(namespace)),
        Object::Workload(workload) => picture.workloads.push(Arc::new(workload)),
        Object::DisruptionBudget(budget) => picture.budgets.push(Arc::new(budget)),
        Object::PersistentVolume(volume) => storage.volumes.push(Arc::new(volume)),
        Object::VolumeClaim(claim) => storage.claims.push(Arc::new(claim)),
        Object::StorageClass(class) => storage.classes.push(Arc::new(class)),
        Object::NodeStorage(node) => storage.nodes.push(Arc::new(node)),
        Object::StorageDriver(driver) => storage.drivers.push(Arc::new(driver)),
        Object::StorageCapacity(capacity) => storage.capacities.push(Arc::new(capacity)),
        Object::VolumeAttachment(attachment) => storage.attachments.push(Arc::new(attachment)),
        Object::Autoscaler(_) | Object::AutoscalerV1(_) => {}
    }
}
