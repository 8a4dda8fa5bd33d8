//! What drivers say about themselves: where they have room, and what they have attached.

use model::{Interner, StorageCapacity, StorageDriver};
use serde::Deserialize;

use super::selector::Selector;
use super::text::{Amount, Text};
use super::{Metadata, ObjectError};

#[derive(Debug, Deserialize)]
pub(super) struct CsiDriver<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(default)]
    spec: CsiDriverSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CsiDriverSpec {
    storage_capacity: Option<bool>,
}

impl CsiDriver<'_> {
    pub(super) fn into_model(self, interner: &mut Interner) -> Result<StorageDriver, ObjectError> {
        Ok(StorageDriver {
            name: self.metadata.name(interner)?,
            uid: self.metadata.uid(),
            tracks_capacity: self.spec.storage_capacity == Some(true),
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CsiStorageCapacity<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    storage_class_name: Text<'a>,
    #[serde(borrow)]
    node_topology: Option<Selector<'a>>,
    capacity: Option<Amount>,
    maximum_volume_size: Option<Amount>,
}

impl CsiStorageCapacity<'_> {
    pub(super) fn into_model(self, interner: &mut Interner) -> Result<StorageCapacity, ObjectError> {
        Ok(StorageCapacity {
            namespace: self.metadata.namespace(interner),
            name: self.metadata.own_name()?,
            uid: self.metadata.uid(),
            storage_class: interner.string(&self.storage_class_name),
            nodes: self.node_topology.as_ref().map(|nodes| nodes.to_model(interner)),
            capacity_bytes: self.capacity.map(|amount| amount.0.whole()),
            largest_volume_bytes: self.maximum_volume_size.map(|amount| amount.0.whole()),
        })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct VolumeAttachment<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    spec: AttachmentSpec<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AttachmentSpec<'a> {
    #[serde(borrow)]
    attacher: Text<'a>,
    #[serde(borrow)]
    node_name: Text<'a>,
    #[serde(borrow)]
    source: AttachmentSource<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AttachmentSource<'a> {
    #[serde(borrow)]
    persistent_volume_name: Option<Text<'a>>,
}

impl VolumeAttachment<'_> {
    pub(super) fn into_model(self, interner: &mut Interner) -> Result<model::VolumeAttachment, ObjectError> {
        Ok(model::VolumeAttachment {
            name: self.metadata.own_name()?,
            uid: self.metadata.uid(),
            driver: interner.string(&self.spec.attacher),
            node: interner.string(&self.spec.node_name),
            volume: self.spec.source.persistent_volume_name.as_deref().map(Into::into),
        })
    }
}
