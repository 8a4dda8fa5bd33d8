//! What is kept of a cluster besides its columns in the store.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::Cluster;

/// What else was set for a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Settings {
    /// How its in-cluster software was installed, in the contract's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub castware_install_method: Option<String>,
    /// The AWS principal that its role was told to trust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assume_role_principal: Option<String>,
    /// Set while a disconnection waits for nodes to be deleted: whether our software goes after them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove_software: Option<bool>,
    /// When something was first done to a node of it by hand or by plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_operation_at: Option<Timestamp>,
    /// What other modules, or newer versions, keep here.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

impl Settings {
    /// The cluster's. What cannot be read counts as not set.
    pub fn of(cluster: &Cluster) -> Self {
        serde_json::from_value(cluster.settings.clone()).unwrap_or_default()
    }

    /// As the store keeps them.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
