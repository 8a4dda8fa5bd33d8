//! Volumes, claims, storage classes, and what drivers can attach to a node.

use model::{
    AccessModes, Interner, NodeDriver, NodeSelector, NodeSelectorTerm, NodeStorage, Operator, Requirement,
    Uid, VolumeClaim,
};
use serde::Deserialize;

use super::selector::{Nodes, Selector};
use super::text::{Amounts, Pairs, Text};
use super::{Metadata, ObjectError};

#[derive(Debug, Deserialize)]
pub(super) struct PersistentVolume<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    spec: VolumeSpec<'a>,
    #[serde(borrow, default)]
    status: Phase<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct VolumeSpec<'a> {
    #[serde(borrow)]
    capacity: Option<Amounts<'a>>,
    #[serde(borrow)]
    access_modes: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    storage_class_name: Option<Text<'a>>,
    #[serde(borrow)]
    claim_ref: Option<ClaimRef<'a>>,
    #[serde(borrow)]
    node_affinity: Option<VolumeAffinity<'a>>,
    #[serde(borrow)]
    csi: Option<Driver<'a>>,
    #[serde(borrow)]
    aws_elastic_block_store: Option<InTree<'a>>,
    #[serde(borrow)]
    gce_persistent_disk: Option<InTree<'a>>,
    #[serde(borrow)]
    azure_disk: Option<InTree<'a>>,
    #[serde(borrow)]
    volume_mode: Option<Text<'a>>,
    #[serde(borrow)]
    volume_attributes_class_name: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct ClaimRef<'a> {
    #[serde(borrow, default)]
    namespace: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    uid: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct VolumeAffinity<'a> {
    #[serde(borrow)]
    required: Option<Nodes<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    #[serde(borrow)]
    driver: Text<'a>,
    #[serde(borrow, default)]
    volume_handle: Text<'a>,
}

/// A source of the time before CSI; its being there says which driver serves it now.
#[derive(Debug, Deserialize)]
struct InTree<'a> {
    #[serde(alias = "volumeID", alias = "pdName", alias = "diskURI", borrow, default)]
    id: Text<'a>,
}

fn is_block(mode: Option<&Text<'_>>) -> bool {
    mode.is_some_and(|mode| &**mode == "Block")
}

#[derive(Debug, Default, Deserialize)]
struct Phase<'a> {
    #[serde(borrow)]
    phase: Option<Text<'a>>,
}

fn access_modes(modes: Option<&Vec<Text<'_>>>) -> AccessModes {
    let has = |mode: &str| modes.into_iter().flatten().any(|one| &**one == mode);
    AccessModes {
        read_write_once: has("ReadWriteOnce"),
        read_only_many: has("ReadOnlyMany"),
        read_write_many: has("ReadWriteMany"),
        read_write_once_pod: has("ReadWriteOncePod"),
    }
}

impl PersistentVolume<'_> {
    pub(super) fn into_model(self, interner: &mut Interner) -> Result<model::PersistentVolume, ObjectError> {
        let Self { metadata, spec, status } = self;
        let migrated = [
            (&spec.aws_elastic_block_store, "ebs.csi.aws.com"),
            (&spec.gce_persistent_disk, "pd.csi.storage.gke.io"),
            (&spec.azure_disk, "disk.csi.azure.com"),
        ];
        let in_tree = migrated.into_iter().find_map(|(source, driver)| Some((driver, &*source.as_ref()?.id)));
        let attached = spec.csi.as_ref().map(|csi| (&*csi.driver, &*csi.volume_handle)).or(in_tree);
        let required = spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
        Ok(model::PersistentVolume {
            name: metadata.own_name()?,
            uid: metadata.uid(),
            labels: metadata.labels(interner),
            capacity_bytes: storage(spec.capacity.as_ref()),
            access_modes: access_modes(spec.access_modes.as_ref()),
            storage_class: interner.string(spec.storage_class_name.as_deref().unwrap_or("")),
            node_affinity: required.map(|nodes| nodes.to_model(interner)),
            driver: attached.map(|(driver, _)| interner.string(driver)),
            claim: spec
                .claim_ref
                .as_ref()
                .map(|claim| (interner.string(&claim.namespace), (*claim.name).into())),
            phase: interner.string(status.phase.as_deref().unwrap_or("")),
            claim_uid: spec
                .claim_ref
                .as_ref()
                .and_then(|claim| claim.uid.as_deref())
                .filter(|uid| !uid.is_empty())
                .map(Uid::new),
            handle: attached.map_or("", |(_, handle)| handle).into(),
            is_block: is_block(spec.volume_mode.as_ref()),
            is_terminating: metadata.deletion_timestamp.is_some(),
            attributes_class: interner.string(spec.volume_attributes_class_name.as_deref().unwrap_or("")),
        })
    }
}

fn storage(amounts: Option<&Amounts<'_>>) -> i64 {
    amounts.and_then(|amounts| amounts.get("storage")).map_or(0, |quantity| quantity.whole())
}

#[derive(Debug, Deserialize)]
pub(super) struct Claim<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    spec: ClaimSpec<'a>,
    #[serde(borrow, default)]
    status: Phase<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClaimSpec<'a> {
    #[serde(borrow)]
    storage_class_name: Option<Text<'a>>,
    #[serde(borrow)]
    volume_name: Option<Text<'a>>,
    #[serde(borrow)]
    access_modes: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    resources: Option<ClaimResources<'a>>,
    #[serde(borrow)]
    selector: Option<Selector<'a>>,
    #[serde(borrow)]
    volume_mode: Option<Text<'a>>,
    #[serde(borrow)]
    volume_attributes_class_name: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct ClaimResources<'a> {
    #[serde(borrow)]
    requests: Option<Amounts<'a>>,
}

impl Claim<'_> {
    pub(super) fn into_model(self, interner: &mut Interner) -> Result<VolumeClaim, ObjectError> {
        let Self { metadata, spec, status } = self;
        let annotation = |name| metadata.annotations.as_ref().and_then(|all| all.get(name));
        let selected = annotation("volume.kubernetes.io/selected-node");
        let completed = annotation("pv.kubernetes.io/bind-completed").is_some();
        let volume = spec.volume_name.as_deref().filter(|name| !name.is_empty());
        let owner = metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true));
        let requests = spec.resources.as_ref().and_then(|resources| resources.requests.as_ref());
        Ok(VolumeClaim {
            namespace: metadata.namespace(interner),
            name: metadata.own_name()?,
            uid: metadata.uid(),
            storage_class: spec.storage_class_name.as_deref().map(|class| interner.string(class)),
            request_bytes: storage(requests),
            access_modes: access_modes(spec.access_modes.as_ref()),
            volume: volume.map(Into::into),
            selected_node: selected.map(|node| interner.string(node)),
            phase: interner.string(status.phase.as_deref().unwrap_or("")),
            is_prebound: volume.is_some() && !completed,
            selector: spec.selector.as_ref().map(|selector| selector.to_model(interner)),
            is_block: is_block(spec.volume_mode.as_ref()),
            is_terminating: metadata.deletion_timestamp.is_some(),
            owner_uid: owner.and_then(|owner| owner.uid.as_deref()).map(Uid::new),
            attributes_class: interner.string(spec.volume_attributes_class_name.as_deref().unwrap_or("")),
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StorageClass<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow)]
    provisioner: Option<Text<'a>>,
    #[serde(borrow)]
    volume_binding_mode: Option<Text<'a>>,
    #[serde(borrow)]
    allowed_topologies: Option<Vec<Topology<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Topology<'a> {
    #[serde(borrow)]
    match_label_expressions: Option<Vec<TopologyExpression<'a>>>,
}

#[derive(Debug, Deserialize)]
struct TopologyExpression<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow)]
    values: Vec<Text<'a>>,
}

impl StorageClass<'_> {
    pub(super) fn into_model(self, interner: &mut Interner) -> Result<model::StorageClass, ObjectError> {
        let is_default = |annotations: &Pairs<'_>| {
            let names = [
                "storageclass.kubernetes.io/is-default-class",
                "storageclass.beta.kubernetes.io/is-default-class",
            ];
            names.into_iter().any(|name| annotations.get(name) == Some("true"))
        };
        let topologies = self.allowed_topologies.as_ref().filter(|topologies| !topologies.is_empty());
        Ok(model::StorageClass {
            name: self.metadata.name(interner)?,
            uid: self.metadata.uid(),
            provisioner: interner.string(self.provisioner.as_deref().unwrap_or("")),
            binds_late: self.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer"),
            allowed_topologies: topologies.map(|topologies| NodeSelector {
                terms: topologies.iter().map(|topology| topology.to_model(interner)).collect(),
            }),
            is_default: self.metadata.annotations.as_ref().is_some_and(is_default),
        })
    }
}

impl Topology<'_> {
    fn to_model(&self, interner: &mut Interner) -> NodeSelectorTerm {
        let expressions = self.match_label_expressions.iter().flatten().map(|expression| Requirement {
            key: interner.string(&expression.key),
            operator: Operator::In,
            values: expression.values.iter().map(|value| interner.string(value)).collect(),
        });
        NodeSelectorTerm { expressions: expressions.collect(), ..NodeSelectorTerm::default() }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct CsiNode<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    spec: CsiNodeSpec<'a>,
}

#[derive(Debug, Default, Deserialize)]
struct CsiNodeSpec<'a> {
    #[serde(borrow)]
    drivers: Option<Vec<CsiNodeDriver<'a>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CsiNodeDriver<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    allocatable: Option<Attachable>,
    #[serde(borrow)]
    topology_keys: Option<Vec<Text<'a>>>,
}

#[derive(Debug, Deserialize)]
struct Attachable {
    count: Option<i32>,
}

impl CsiNode<'_> {
    pub(super) fn into_model(self, interner: &mut Interner) -> Result<NodeStorage, ObjectError> {
        let drivers = self.spec.drivers.iter().flatten().map(|driver| NodeDriver {
            name: interner.string(&driver.name),
            attach_limit: driver.allocatable.as_ref().and_then(|allocatable| allocatable.count),
            topology_keys: driver.topology_keys.iter().flatten().map(|key| interner.string(key)).collect(),
        });
        let drivers = drivers.collect();
        Ok(NodeStorage { node: self.metadata.name(interner)?, uid: self.metadata.uid(), drivers })
    }
}
