//! Kubernetes objects as the API writes them in JSON, reduced to what the product uses.
//!
//! The shapes borrow from the text and name only the fields that are used; others cost their scan and
//! nothing more. Each is turned into its type of `model` at once, sharing repeated parts through an
//! [`Interner`]. Values are taken as the API server defaults them, so that a template and the pods
//! made from it come out alike.

mod metrics;
mod node;
mod pod;
mod policy;
mod requests;
mod selector;
mod spec;
mod storage;
#[cfg(test)]
mod tests;
mod text;
mod volume;
mod workload;

use std::sync::Arc;

use model::{
    DisruptionBudget, HorizontalAutoscaler, Interner, Namespace, NamespacedName, Node, NodeStorage,
    PersistentVolume, Pod, PodUsage, StorageCapacity, StorageClass, StorageDriver, Timestamp, Uid,
    VolumeAttachment, VolumeClaim, Workload, WorkloadKind,
};
use serde::Deserialize;

use crate::json_stream::offset_in;
pub use text::Text;
use text::{Instant, Pairs};

/// An object of a kind that is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// A node.
    Node(Node),
    /// A pod.
    Pod(Pod),
    /// A namespace.
    Namespace(Namespace),
    /// Something that makes pods.
    Workload(Workload),
    /// A pod disruption budget.
    DisruptionBudget(DisruptionBudget),
    /// A volume.
    PersistentVolume(PersistentVolume),
    /// A claim to a volume.
    VolumeClaim(VolumeClaim),
    /// A storage class.
    StorageClass(StorageClass),
    /// A CSINode.
    NodeStorage(NodeStorage),
    /// A horizontal pod autoscaler as `autoscaling/v2` describes it.
    Autoscaler(HorizontalAutoscaler),
    /// The same as `autoscaling/v1` describes it, or without an `apiVersion`.
    AutoscalerV1(HorizontalAutoscaler),
    /// A CSIDriver.
    StorageDriver(StorageDriver),
    /// A CSIStorageCapacity.
    StorageCapacity(StorageCapacity),
    /// A volume attachment.
    VolumeAttachment(VolumeAttachment),
}

/// The kinds that are kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, Deserialize)]
#[expect(missing_docs, reason = "named after the variants of Object")]
pub enum ObjectKind {
    Node,
    Pod,
    Namespace,
    Workload(WorkloadKind),
    DisruptionBudget,
    PersistentVolume,
    VolumeClaim,
    StorageClass,
    NodeStorage,
    Autoscaler,
    AutoscalerV1,
    StorageDriver,
    StorageCapacity,
    VolumeAttachment,
}

impl ObjectKind {
    /// The kind of this name in the Kubernetes API; `None` for kinds that are not kept. PodMetrics are
    /// no kind of object but measurements.
    pub fn new(kind: &str, api_version: Option<&str>) -> Option<Self> {
        Some(match kind {
            "Node" => Self::Node,
            "Pod" => Self::Pod,
            "Namespace" => Self::Namespace,
            "Deployment"
            | "ReplicaSet"
            | "StatefulSet"
            | "DaemonSet"
            | "Job"
            | "CronJob"
            | "ReplicationController"
            | "Rollout" => Self::Workload(WorkloadKind::new(kind)),
            "PodDisruptionBudget" => Self::DisruptionBudget,
            "PersistentVolume" => Self::PersistentVolume,
            "PersistentVolumeClaim" => Self::VolumeClaim,
            "StorageClass" => Self::StorageClass,
            "CSINode" => Self::NodeStorage,
            "CSIDriver" => Self::StorageDriver,
            "CSIStorageCapacity" => Self::StorageCapacity,
            "VolumeAttachment" => Self::VolumeAttachment,
            "HorizontalPodAutoscaler" => match api_version {
                None | Some("" | "autoscaling/v1") => Self::AutoscalerV1,
                Some(_) => Self::Autoscaler,
            },
            _ => return None,
        })
    }
}

/// Names one object, and says which of several that had the name one after another.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, Deserialize)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its namespace; empty for kinds that live in none.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its identity, if given.
    pub uid: Option<Uid>,
}

/// Why an object of a kept kind cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// A field has a value that it cannot have.
    #[error("{path}: {message}")]
    Field {
        /// The field, from the object's root.
        path: String,
        /// What is wrong with it.
        message: String,
        /// Where that was noticed, in bytes from the object's beginning.
        offset: usize,
    },
    /// It has no name.
    #[error("metadata.name is missing")]
    NoName,
    /// It does not say what it is, and nothing around it does.
    #[error("kind is missing")]
    NoKind,
    /// The item of a delta does not say whether the object is there or gone.
    #[error("unknown event {0:?}: expected one of add, update, delete")]
    UnknownEvent(String),
}

impl ObjectError {
    /// Where it was noticed, in bytes from the object's beginning.
    pub fn offset(&self) -> usize {
        match self {
            Self::Field { offset, .. } => *offset,
            Self::NoName | Self::NoKind | Self::UnknownEvent(_) => 0,
        }
    }
}

/// Why the JSON of an object cannot be read: not JSON at all, or not of the object's shape.
#[derive(Debug, thiserror::Error)]
pub enum ReadObjectError {
    /// The text is broken, so that what follows cannot be trusted either.
    #[error("not JSON")]
    Syntax(#[source] serde_json::Error),
    /// The text is JSON; the object is wrong.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    namespace: Option<Text<'a>>,
    #[serde(borrow)]
    uid: Option<Text<'a>>,
    #[serde(borrow)]
    labels: Option<Pairs<'a>>,
    #[serde(borrow)]
    annotations: Option<Pairs<'a>>,
    #[serde(borrow)]
    owner_references: Option<Vec<OwnerReference<'a>>>,
    creation_timestamp: Option<Instant>,
    deletion_timestamp: Option<Instant>,
}

#[derive(Debug, Deserialize)]
struct OwnerReference<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    uid: Option<Text<'a>>,
    controller: Option<bool>,
}

impl Metadata<'_> {
    fn name(&self, interner: &mut Interner) -> Result<Arc<str>, ObjectError> {
        match self.name.as_deref() {
            None | Some("") => Err(ObjectError::NoName),
            Some(name) => Ok(interner.string(name)),
        }
    }

    /// For the many names that nothing else repeats: not worth a place among the shared texts.
    fn own_name(&self) -> Result<Arc<str>, ObjectError> {
        self.name.as_deref().filter(|name| !name.is_empty()).map(Arc::from).ok_or(ObjectError::NoName)
    }

    fn namespace(&self, interner: &mut Interner) -> Arc<str> {
        interner.string(self.namespace.as_deref().unwrap_or(""))
    }

    fn uid(&self) -> Uid {
        Uid::new(self.uid.as_deref().unwrap_or(""))
    }

    fn labels(&self, interner: &mut Interner) -> Arc<model::Labels> {
        let labels = self.labels.as_ref().map(|labels| labels.to_labels(interner)).unwrap_or_default();
        interner.labels(labels)
    }

    /// Objects without a time of creation do not come from an API server; the epoch stands for "long ago".
    fn created_at(&self) -> Timestamp {
        self.creation_timestamp.map_or(Timestamp::UNIX_EPOCH, |instant| instant.0)
    }

    fn owner(&self, interner: &mut Interner) -> Option<Arc<model::Owner>> {
        let owner = self.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))?;
        let kind = WorkloadKind::new(&owner.kind);
        let name = interner.string(&owner.name);
        Some(interner.owner(model::Owner { kind, name, uid: Uid::new(owner.uid.as_deref().unwrap_or("")) }))
    }
}

/// What the JSON of an object holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// An object that is kept.
    Object(Box<Object>),
    /// The PodMetrics of a pod: what the pod of this name used.
    Usage(NamespacedName, PodUsage),
}

/// Reads the JSON of an object of this kind; `None` for kinds that are not kept, whose JSON must be
/// well-formed all the same. The kind stands outside of the object, as in deltas; of an
/// autoscaler the object's own `apiVersion` counts too.
pub fn read(kind: &str, json: &str, interner: &mut Interner) -> Result<Option<Item>, ReadObjectError> {
    if kind == "PodMetrics" {
        let (name, usage) = shape::<metrics::PodMetrics<'_>>(json)?.into_model(interner)?;
        return Ok(Some(Item::Usage(name, usage)));
    }
    let api_version = match kind {
        "HorizontalPodAutoscaler" => shape::<Plain<'_>>(json)?.api_version,
        _ => None,
    };
    match ObjectKind::new(kind, api_version.as_deref()) {
        Some(kind) => Ok(Some(Item::Object(Box::new(read_object(&kind, json, interner)?)))),
        None => shape::<serde::de::IgnoredAny>(json).map(|_| None),
    }
}

fn read_object(kind: &ObjectKind, json: &str, interner: &mut Interner) -> Result<Object, ReadObjectError> {
    Ok(match kind {
        ObjectKind::Node => Object::Node(shape::<node::Node<'_>>(json)?.into_model(interner)?),
        ObjectKind::Pod => Object::Pod(shape::<pod::Pod<'_>>(json)?.into_model(interner)?),
        ObjectKind::Namespace => Object::Namespace(shape::<Plain<'_>>(json)?.into_namespace(interner)?),
        ObjectKind::Workload(kind) => {
            Object::Workload(shape::<workload::Workload<'_>>(json)?.into_model(kind.clone(), interner)?)
        }
        ObjectKind::DisruptionBudget => {
            Object::DisruptionBudget(shape::<policy::DisruptionBudget<'_>>(json)?.into_model(interner)?)
        }
        ObjectKind::PersistentVolume => {
            Object::PersistentVolume(shape::<volume::PersistentVolume<'_>>(json)?.into_model(interner)?)
        }
        ObjectKind::VolumeClaim => {
            Object::VolumeClaim(shape::<volume::Claim<'_>>(json)?.into_model(interner)?)
        }
        ObjectKind::StorageClass => {
            Object::StorageClass(shape::<volume::StorageClass<'_>>(json)?.into_model(interner)?)
        }
        ObjectKind::NodeStorage => {
            Object::NodeStorage(shape::<volume::CsiNode<'_>>(json)?.into_model(interner)?)
        }
        ObjectKind::Autoscaler => {
            Object::Autoscaler(shape::<policy::Autoscaler<'_>>(json)?.into_model(interner)?)
        }
        ObjectKind::AutoscalerV1 => {
            Object::AutoscalerV1(shape::<policy::Autoscaler<'_>>(json)?.into_model(interner)?)
        }
        ObjectKind::StorageDriver => {
            Object::StorageDriver(shape::<storage::CsiDriver<'_>>(json)?.into_model(interner)?)
        }
        ObjectKind::StorageCapacity => {
            Object::StorageCapacity(shape::<storage::CsiStorageCapacity<'_>>(json)?.into_model(interner)?)
        }
        ObjectKind::VolumeAttachment => {
            Object::VolumeAttachment(shape::<storage::VolumeAttachment<'_>>(json)?.into_model(interner)?)
        }
    })
}

/// Reads of an object only what names it.
pub fn read_reference(
    kind: &str,
    json: &str,
    interner: &mut Interner,
) -> Result<Option<ObjectRef>, ReadObjectError> {
    let plain = shape::<Plain<'_>>(json)?;
    let Some(kind) = ObjectKind::new(kind, plain.api_version.as_deref()) else { return Ok(None) };
    Ok(Some(ObjectRef {
        kind,
        namespace: plain.metadata.namespace(interner),
        name: plain.metadata.own_name()?,
        uid: plain.metadata.uid.as_deref().map(Uid::new),
    }))
}

/// Names the object for a report about it, as far as it can be named at all.
pub fn describe(json: &str) -> (String, String) {
    let metadata = serde_json::from_str::<Plain<'_>>(json).map(|plain| plain.metadata).unwrap_or_default();
    let text = |text: Option<Text<'_>>| text.as_deref().unwrap_or("").to_owned();
    (text(metadata.namespace), text(metadata.name))
}

/// What all objects have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plain<'a> {
    #[serde(borrow)]
    api_version: Option<Text<'a>>,
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
}

impl Plain<'_> {
    fn into_namespace(self, interner: &mut Interner) -> Result<Namespace, ObjectError> {
        let Self { metadata, .. } = self;
        Ok(Namespace {
            name: metadata.name(interner)?,
            uid: metadata.uid(),
            labels: metadata.labels(interner),
            created_at: metadata.created_at(),
        })
    }
}

/// Parses a shape. Only when that fails is the text looked at again: to tell broken JSON from a wrong
/// object, and for the path of the field.
fn shape<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, ReadObjectError> {
    match serde_json::from_str(json) {
        Ok(shape) => Ok(shape),
        Err(error) if error.is_data() => {
            serde_json::from_str::<serde::de::IgnoredAny>(json).map_err(ReadObjectError::Syntax)?;
            let mut deserializer = serde_json::Deserializer::from_str(json);
            let path = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
                Err(error) => error.path().to_string(),
                Ok(_) => String::new(),
            };
            let offset = offset_in(json, &error);
            Err(ObjectError::Field { path, message: without_position(&error), offset }.into())
        }
        Err(error) => Err(ReadObjectError::Syntax(error)),
    }
}

/// The message alone: line and column would be those of the object, not of the text around it.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((message, _)) => message.to_owned(),
        None => text,
    }
}
