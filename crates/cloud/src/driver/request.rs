//! What is asked for when a machine is made. It leaves the driver nothing to choose but, without a zone,
//! the place.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{ActionId, ClusterId, Labels, Lifecycle, NodeId, Taint, node_labels};
use serde::{Deserialize, Serialize};

/// Of nodes that were added for the cluster: the label and its value.
const MANAGED_BY: (&str, &str) = ("provisioner.cast.ai/managed-by", "cast.ai");
const NODE_TEMPLATE: &str = "scheduling.cast.ai/node-template";
const SPOT: &str = "scheduling.cast.ai/spot";
const SPOT_FALLBACK: &str = "scheduling.cast.ai/spot-fallback";
const ON_DEMAND: &str = "scheduling.cast.ai/on-demand";

/// A machine to be made, and the node it shall become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateRequest {
    /// Why it is made: whoever asks twice with one action gets one machine.
    pub action: ActionId,
    /// The cluster that its node joins.
    pub cluster: ClusterId,
    /// The node's id in the API, given before there is a node.
    pub node: NodeId,
    /// The type's name.
    pub instance_type: Arc<str>,
    /// The zone; `None` leaves it to the cloud.
    pub zone: Option<Arc<str>>,
    /// The terms. [`Lifecycle::SpotFallback`] is bought on demand and marked.
    pub lifecycle: Lifecycle,
    /// Labels of the node beyond those of [`node_labels`](Self::node_labels).
    pub labels: Labels,
    /// Taints that the node has from its first moment. None are added.
    pub taints: Vec<Taint>,
    /// The node template it is made from.
    pub node_template: Option<Arc<str>>,
    /// What the machine is set up with.
    pub configuration: NodeConfiguration,
}

/// How a machine is set up. What is `None` or empty is the provider's to default; what is set and cannot
/// be honoured is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeConfiguration {
    /// The disk that the node runs from.
    pub disk: Disk,
    /// Image, by the provider's name or id.
    pub image: Option<Arc<str>>,
    /// The subnet; it must lie in the zone asked for.
    pub subnet: Option<Arc<str>>,
    /// Security groups, or what the provider calls them.
    pub security_groups: Vec<Arc<str>>,
    /// The identity of the machine towards its cloud: instance profile or service account.
    pub identity: Option<Arc<str>>,
    /// Public SSH key.
    pub ssh_key: Option<Arc<str>>,
    /// A script that the machine runs when it first boots, not encoded.
    pub init_script: Option<Arc<str>>,
    /// The kubelet's configuration beyond the provider's, as a JSON object.
    pub kubelet: Option<Arc<str>>,
    /// Most pods on the node.
    pub max_pods: Option<u32>,
    /// Tags of the machine beside the driver's own.
    pub tags: Labels,
}

/// A disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Disk {
    /// Size in GiB.
    pub gib: Option<u32>,
    /// The provider's kind, such as `gp3`.
    pub kind: Option<Arc<str>>,
    /// I/O operations a second.
    pub iops: Option<u32>,
    /// MiB a second.
    pub throughput_mib: Option<u32>,
}

impl CreateRequest {
    /// The labels that the node has from its first moment: the ones asked for, and over them those that
    /// every node has that was added for the cluster: its id, who manages it, template and lifecycle. A
    /// fallback carries the label of spot besides, so that pods which ask for spot may run on it.
    pub fn node_labels(&self) -> Labels {
        let mut labels: BTreeMap<Arc<str>, Arc<str>> =
            self.labels.iter_shared().map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut set = |name: &str, value: &str| {
            labels.insert(name.into(), value.into());
        };
        set(node_labels::NODE_ID, &self.node.to_string());
        set(MANAGED_BY.0, MANAGED_BY.1);
        if let Some(template) = &self.node_template {
            set(NODE_TEMPLATE, template);
        }
        match self.lifecycle {
            Lifecycle::OnDemand => set(ON_DEMAND, "true"),
            Lifecycle::Spot => set(SPOT, "true"),
            Lifecycle::SpotFallback => {
                set(SPOT, "true");
                set(SPOT_FALLBACK, "true");
            }
        }
        labels.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fallback_takes_pods_that_ask_for_spot_and_says_what_it_is() {
        let ids = model::SequentialIds::new(1);
        let request = CreateRequest {
            action: ActionId::new(&ids),
            cluster: ClusterId::new(&ids),
            node: NodeId::new(&ids),
            instance_type: "m5.large".into(),
            zone: None,
            lifecycle: Lifecycle::SpotFallback,
            labels: [("team", "shop"), (MANAGED_BY.0, "somebody")].into_iter().collect(),
            taints: Vec::new(),
            node_template: Some("batch".into()),
            configuration: NodeConfiguration::default(),
        };
        let labels = request.node_labels();
        assert_eq!(node_labels::lifecycle(&labels), Lifecycle::SpotFallback);
        assert_eq!(labels.get(SPOT), Some("true"));
        assert_eq!(labels.get(MANAGED_BY.0), Some("cast.ai"), "ours win");
        assert_eq!((labels.get("team"), labels.get(NODE_TEMPLATE)), (Some("shop"), Some("batch")));
        assert_eq!(labels.get(node_labels::NODE_ID), Some(request.node.to_string().as_str()));
    }
}
