//! Cost allocation groups: sets of workloads, chosen by cluster, namespace and label.
//!
//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from
//! `contract/descriptions.toml`.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::open_enum;

/// Which allocation groups to list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListAllocationGroupsQuery {
    /// Only groups that take in one of these clusters; all when there are none.
    pub cluster_ids: Option<Vec<String>>,
}

/// Allocation groups of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1ListAllocationGroupsResponse)]
pub struct ListAllocationGroupsResponse {
    /// The groups, by name.
    pub items: Vec<AllocationGroup>,
}

/// A set of workloads whose costs are looked at together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1AllocationGroup)]
pub struct AllocationGroup {
    /// What belongs to it.
    pub filter: AllocationGroupFilter,
    /// Its id, a UUID.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// When it last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub updated_at: Option<Timestamp>,
}

/// What belongs to a group; conditions of different kinds add up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1AllocationGroupFilter)]
pub struct AllocationGroupFilter {
    /// Workloads of these clusters; of all when there are none.
    pub cluster_ids: Vec<String>,
    /// Workloads whose pods have these labels.
    pub labels: Vec<LabelFilter>,
    /// Whether one of the labels suffices; `OR` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub labels_operator: Option<FilterOperator>,
    /// Workloads of these namespaces; of all when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub namespaces: Option<Vec<String>>,
    /// Workloads on nodes that have these labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_labels: Option<Vec<LabelFilter>>,
    /// Whether one of the node labels suffices; `OR` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub node_labels_operator: Option<FilterOperator>,
}

/// A condition on a label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1AllocationGroupFilterLabelValue)]
pub struct LabelFilter {
    /// Key of the label.
    pub label: String,
    /// How its value is compared; `Equal` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub operator: Option<LabelOperator>,
    /// Value to compare with.
    pub value: String,
}

open_enum! {
    /// How a label's value is compared.
    #[schema_name = "CostreportV1beta1AllocationGroupFilterLabelValueOperator"]
    pub enum LabelOperator {
        DoesNotExist = "DoesNotExist",
        Equal = "Equal",
        Exists = "Exists",
        NotEqual = "NotEqual",
    }
}

open_enum! {
    /// Whether one of several conditions suffices.
    #[schema_name = "CostreportV1beta1FilterOperator"]
    pub enum FilterOperator {
        /// All must hold.
        And = "AND",
        /// One suffices.
        Or = "OR",
    }
}

/// What can be said about a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CostreportV1beta1AllocationGroupDetails)]
pub struct AllocationGroupDetails {
    /// What belongs to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub filter: Option<AllocationGroupFilter>,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
}
