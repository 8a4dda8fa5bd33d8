//! Machine types that are not to be bought.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A family or a type of machines that is not to be bought, for one cluster or for all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlacklistEntry {
    /// The organisation it belongs to; the caller's own when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub organization_id: Option<String>,
    /// The cluster it holds for; for all of the organisation when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cluster_id: Option<String>,
    /// Family of machine types, such as `m5`. Exactly one of this and `instanceType` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "m5")]
    pub instance_family: Option<String>,
    /// Machine type as the provider calls it, such as `m5.large`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub instance_type: Option<String>,
    /// Terms of purchase it holds for: `spot`, `on-demand` or `all`, which is meant when it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "all")]
    pub lifecycle: Option<String>,
}

/// What is not to be bought.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListBlacklistResponse {
    /// The entries, in the order in which they were added.
    pub items: Vec<BlacklistEntry>,
}
