//! What the autoscaler of a cluster may do.

use std::borrow::Cow;

use axum::extract::{Path, State};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use wire::policies::{GetClusterNodeConstraintsResponse, NodeSize, Policies};
use wire::proto::Object;

use crate::app::{App, instance_types, policies};
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, Patch, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router
        .add(operation!(get_policies))?
        .add(operation!(put_policies))?
        .add(operation!(get_policy))?
        .add(operation!(get_node_constraints))
}

/// The policies with fields that only the client knows, in any of their objects.
struct PoliciesDocument;

impl PartialSchema for PoliciesDocument {
    fn schema() -> RefOr<Schema> {
        opened(Policies::schema())
    }
}

impl ToSchema for PoliciesDocument {
    fn name() -> Cow<'static, str> {
        Policies::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        let mut parts = Vec::new();
        Policies::schemas(&mut parts);
        schemas.extend(parts.into_iter().map(|(name, schema)| (name, opened(schema))));
    }
}

fn opened(mut schema: RefOr<Schema>) -> RefOr<Schema> {
    if let RefOr::T(Schema::Object(object)) = &mut schema
        && !object.properties.is_empty()
    {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(true)));
    }
    schema
}

/// Get a cluster's policies
///
/// The whole document, fields that only the client knows included. A cluster for which nothing was set has a
/// document in which everything is off.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/policies", operation_id = "PoliciesAPIGetClusterPolicies",
    tag = "policies",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 200, description = "The document.", body = PoliciesDocument)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_policies(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<Object>> {
    Ok(Json(Object(policies::get(&app, &principal, id("cluster", &cluster)?).await?)))
}

/// Change a cluster's policies
///
/// Merges the body into the document, object by object: what is not named stays, null removes, and fields that the
/// server does not know are kept. How spot machines are used and how large nodes may be is changed in the default
/// node template, too. With `defaultNodeTemplateVersion`, a change made against an older version of that template
/// is refused.
#[utoipa::path(
    put, path = "/v1/kubernetes/clusters/{clusterId}/policies",
    operation_id = "PoliciesAPIUpsertClusterPolicies", tag = "policies",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = PoliciesDocument, example = json!({
        "enabled": true, "unschedulablePods": {"enabled": true},
        "clusterLimits": {"enabled": true, "cpu": {"minCores": 1, "maxCores": 200}}
    })),
    responses(
        (status = 200, description = "The document as it is now.", body = PoliciesDocument),
        (status = 409, description = "The default node template has changed since: read the policies again."),
    ),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn put_policies(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Patch(patch): Patch,
) -> ApiResult<Json<Object>> {
    Ok(Json(Object(policies::put(&app, &principal, id("cluster", &cluster)?, patch).await?)))
}

/// Get a policy
///
/// The cluster's whole document, whatever the policy is called: there is one for each cluster.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/policies/{policyId}", operation_id = "PoliciesGetPolicy",
    tag = "policies",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("policyId" = String, Path, description = "Not looked at."),
    ),
    responses((status = 200, description = "The document.", body = PoliciesDocument)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_policy(
    state: State<App>,
    principal: Principal,
    Path((cluster, _)): Path<(String, String)>,
) -> ApiResult<Json<Object>> {
    get_policies(state, principal, Path(cluster)).await
}

/// Get the sizes of nodes
///
/// The sizes of machines that are on offer in the cluster's region, and so the values among which limits for
/// new nodes make a difference.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/node-constraints",
    operation_id = "PoliciesAPIGetClusterNodeConstraints", tag = "policies",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 200, description = "The sizes.", body = GetClusterNodeConstraintsResponse)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_node_constraints(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<GetClusterNodeConstraintsResponse>> {
    let cluster = id("cluster", &cluster)?;
    let sizes = instance_types::sizes(&app, &principal, cluster).await?;
    let size = |(cpu_cores, ram_mib)| NodeSize { cpu_cores, ram_mib };
    Ok(Json(GetClusterNodeConstraintsResponse {
        cluster_id: cluster.to_string(),
        items: sizes.into_iter().map(size).collect(),
    }))
}
