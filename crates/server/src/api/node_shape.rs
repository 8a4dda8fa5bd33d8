//! A node as the contract shows it.

use std::collections::{BTreeMap, BTreeSet};

use model::{Labels, Lifecycle, Node, Resources};
use wire::nodes::{
    GetListNodesFiltersResponse, GpuDevice, GpuInfo, LifecycleType, Node as WireNode, NodeInfo,
    NodeListFilter, NodeNetwork, NodePhase, NodeSpotConfig, NodeState, NodeType, Resources as WireResources,
    Taint,
};

use crate::app::nodes::{CONFIGURATION_ID, NodeView, is_added_by_us};

/// The extended resources that are GPUs, their makers, and the label with the memory of each in MiB.
const GPUS: [(&str, &str, &str); 2] =
    [("nvidia.com/gpu", "NVIDIA", "nvidia.com/gpu.memory"), ("amd.com/gpu", "AMD", "amd.com/gpu.vram")];
/// Who added the nodes that we did.
const ADDED_BY_US: &str = "supercargo";

/// This node.
pub fn to_wire(view: &NodeView) -> WireNode {
    let node = &view.node;
    let instance_id = node.provider_id.rsplit('/').next().filter(|id| !id.is_empty()).map(str::to_owned);
    WireNode {
        added_by: Some(if is_added_by_us(node) { ADDED_BY_US } else { "" }.to_owned()),
        annotations: map(&node.annotations),
        cloud: node.provider.to_string(),
        created_at: node.created_at,
        gpu_info: gpu_info(node),
        id: node.id().to_string(),
        instance_architecture: known(node.architecture()),
        instance_id,
        instance_labels: None,
        instance_name: None,
        instance_price: Some(view.price.per_hour.to_string()),
        instance_type: node.instance_type.to_string(),
        joined_at: Some(node.created_at),
        labels: map(&node.labels),
        name: node.name.to_string(),
        network: Some(NodeNetwork {
            private_ip: known(&node.internal_address),
            public_ip: known(&node.external_address),
        }),
        node_configuration_id: node.labels.get(CONFIGURATION_ID).and_then(known),
        node_info: Some(node_info(node)),
        provider_id: known(&node.provider_id),
        resources: resources(node, &view.requested),
        role: if node.is_control_plane() { NodeType::Master } else { NodeType::Worker },
        spot_config: NodeSpotConfig { is_spot: node.lifecycle == Lifecycle::Spot, price: None },
        state: NodeState { phase: view.phase.to_string() },
        subnet_id: None,
        taints: node
            .taints
            .iter()
            .map(|taint| Taint {
                effect: taint.effect.as_str().to_owned(),
                key: taint.key.to_string(),
                value: taint.value.to_string(),
            })
            .collect(),
        unschedulable: node.unschedulable,
        zone: known(&node.zone),
    }
}

fn known(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn map(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn node_info(node: &Node) -> NodeInfo {
    let system = &node.system;
    NodeInfo {
        architecture: known(node.architecture()),
        container_runtime_version: known(&system.container_runtime_version),
        kernel_version: known(&system.kernel_version),
        kube_proxy_version: known(&system.kube_proxy_version),
        kubelet_version: known(&system.kubelet_version),
        operating_system: known(node.operating_system()),
        os_image: known(&system.os_image),
    }
}

fn resources(node: &Node, requested: &Resources) -> WireResources {
    WireResources {
        bandwidth_capacity_mbps: None,
        cpu_allocatable_milli: Some(narrow(node.allocatable.cpu_milli)),
        cpu_capacity_milli: Some(narrow(node.capacity.cpu_milli)),
        cpu_requests_milli: Some(narrow(requested.cpu_milli)),
        mem_allocatable_mib: Some(mib(node.allocatable.memory_bytes)),
        mem_capacity_mib: Some(mib(node.capacity.memory_bytes)),
        mem_requests_mib: Some(mib(requested.memory_bytes)),
    }
}

fn mib(bytes: i64) -> i32 {
    narrow(bytes >> 20)
}

fn narrow(amount: i64) -> i32 {
    i32::try_from(amount).unwrap_or(if amount < 0 { i32::MIN } else { i32::MAX })
}

fn gpu_info(node: &Node) -> Option<GpuInfo> {
    let devices: Vec<GpuDevice> = GPUS
        .iter()
        .filter_map(|&(resource, maker, memory_label)| {
            let count = node.capacity.extended(resource);
            (count > 0).then(|| GpuDevice {
                count: Some(narrow(count)),
                manufacturer: Some(maker.to_owned()),
                memory_mib: node.labels.get(memory_label).and_then(|text| text.parse().ok()),
            })
        })
        .collect();
    (!devices.is_empty()).then_some(GpuInfo { gpu_devices: Some(devices) })
}

/// The parameters of the list of nodes, with these values of the ones that are free text.
pub fn filters(occurring: BTreeMap<&'static str, BTreeSet<String>>) -> GetListNodesFiltersResponse {
    let words = |known: &[&str]| -> Vec<String> {
        let told = known.iter().filter(|word| !word.ends_with("unspecified"));
        told.map(|word| (*word).to_owned()).collect()
    };
    let filter = |name: &str, r#type: &str, values: Vec<String>| NodeListFilter {
        name: name.to_owned(),
        r#type: r#type.to_owned(),
        values,
    };
    let flags = || vec!["true".to_owned(), "false".to_owned()];
    let mut filters = vec![
        filter("nodeStatus", "enum", words(NodePhase::KNOWN)),
        filter("lifecycleType", "enum", words(LifecycleType::KNOWN)),
        filter("removalDisabled", "boolean", flags()),
        filter("unschedulable", "boolean", flags()),
        filter("excludeDeleting", "boolean", flags()),
    ];
    let free =
        occurring.into_iter().map(|(name, values)| filter(name, "string", values.into_iter().collect()));
    filters.extend(free);
    GetListNodesFiltersResponse { filters }
}
