//! Node templates: kinds of nodes that may be bought for a cluster.

use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;
use wire::node_templates::{
    ListNodeTemplatesQuery, ListNodeTemplatesResponse, NewNodeTemplate, NodeTemplate, NodeTemplateStats,
    UpdateNodeTemplate,
};
use wire::proto::Empty;

use crate::app::{App, node_templates, template_proposals};
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, Query, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router
        .add(operation!(list_node_templates))?
        .add(operation!(create_node_template))?
        .add(operation!(update_node_template))?
        .add(operation!(delete_node_template))?
        .add(operation!(generate_node_templates))
}

/// List node templates
///
/// The default template first, if asked for, then the others by name, each with how many nodes carry its label.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/node-templates",
    operation_id = "NodeTemplatesAPIListNodeTemplates", tag = "node-templates",
    params(("clusterId" = String, Path, description = "The cluster's id."), ListNodeTemplatesQuery),
    responses((status = 200, description = "The templates.", body = ListNodeTemplatesResponse)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn list_node_templates(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Query(query): Query<ListNodeTemplatesQuery>,
) -> ApiResult<Json<ListNodeTemplatesResponse>> {
    let cluster = id("cluster", &cluster)?;
    let include_default = query.include_default.unwrap_or(false);
    let exclude_stats = query.exclude_stats.unwrap_or(false);
    let items = node_templates::list(&app, &principal, cluster, include_default, exclude_stats).await?;
    Ok(Json(ListNodeTemplatesResponse { items }))
}

/// Create a node template
///
/// Nothing is filled in that was not sent, but for `isEnabled`, `isDefault`, `version` and the effect of taints.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/node-templates",
    operation_id = "NodeTemplatesAPICreateNodeTemplate", tag = "node-templates",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = NewNodeTemplate, example = json!({
        "name": "batch", "shouldTaint": true, "customLabels": {"team": "batch"},
        "constraints": {"spot": true, "useSpotFallbacks": true, "minCpu": 4, "architectures": ["amd64"]}
    })),
    responses(
        (status = 200, description = "The template.", body = NodeTemplate),
        (status = 409, description = "The name is taken."),
    ),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn create_node_template(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(body): Json<NewNodeTemplate>,
) -> ApiResult<Json<NodeTemplate>> {
    Ok(Json(node_templates::create(&app, &principal, id("cluster", &cluster)?, body).await?))
}

/// Update a node template
///
/// Replaces what it said: what is not given is gone. Nodes that were made from it stay as they are.
#[utoipa::path(
    put, path = "/v1/kubernetes/clusters/{clusterId}/node-templates/{nodeTemplateName}",
    operation_id = "NodeTemplatesAPIUpdateNodeTemplate", tag = "node-templates",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("nodeTemplateName" = String, Path, description = "The template's name."),
    ),
    request_body(content = UpdateNodeTemplate, example = json!({
        "shouldTaint": true, "customLabels": {"team": "batch"}, "rebalancingConfig": {"minNodes": 1},
        "constraints": {"spot": true, "onDemand": true, "minCpu": 8}
    })),
    responses(
        (status = 200, description = "The template as it is now.", body = NodeTemplate),
        (status = 404, description = "There is no such template."),
    ),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn update_node_template(
    State(app): State<App>,
    principal: Principal,
    Path((cluster, name)): Path<(String, String)>,
    Json(body): Json<UpdateNodeTemplate>,
) -> ApiResult<Json<NodeTemplate>> {
    Ok(Json(node_templates::update(&app, &principal, id("cluster", &cluster)?, &name, body).await?))
}

/// Delete a node template
///
/// Its nodes stay; no more are bought. The default template cannot be deleted.
#[utoipa::path(
    delete, path = "/v1/kubernetes/clusters/{clusterId}/node-templates/{nodeTemplateName}",
    operation_id = "NodeTemplatesAPIDeleteNodeTemplate", tag = "node-templates",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("nodeTemplateName" = String, Path, description = "The template's name."),
    ),
    responses(
        (status = 200, description = "It is gone.", body = Empty),
        (status = 404, description = "There is no such template."),
        (status = 409, description = "It is the default template."),
    ),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn delete_node_template(
    State(app): State<App>,
    principal: Principal,
    Path((cluster, name)): Path<(String, String)>,
) -> ApiResult<Json<Empty>> {
    node_templates::delete(&app, &principal, id("cluster", &cluster)?, &name).await?;
    Ok(Json(Empty {}))
}

/// Templates that are missing.
#[derive(Serialize, ToSchema)]
struct GeneratedNodeTemplates {
    /// The proposals.
    items: Vec<GeneratedNodeTemplate>,
}

/// A template that the cluster's workloads ask for.
#[derive(Serialize, ToSchema)]
struct GeneratedNodeTemplate {
    /// What to create.
    template: NodeTemplate,
    /// Nodes of today that have its labels.
    stats: NodeTemplateStats,
    /// Who needs it, and why the templates there are do not serve.
    #[schema(example = "3 pods of batch/job/report can run only on nodes with dedicated=batch")]
    reason: String,
}

/// Propose node templates
///
/// One for each selection of nodes that pods demand by labels and that no template of the cluster makes. Nothing is
/// created: a proposal can be sent to create it as it is.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/generate-node-templates",
    operation_id = "NodeTemplatesAPIGenerateNodeTemplates", tag = "node-templates",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 200, description = "The proposals.", body = GeneratedNodeTemplates)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn generate_node_templates(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<GeneratedNodeTemplates>> {
    let proposals = template_proposals::generate(&app, &principal, id("cluster", &cluster)?).await?;
    let item = |one: template_proposals::Proposal| GeneratedNodeTemplate {
        template: one.template,
        stats: one.stats,
        reason: one.reason,
    };
    Ok(Json(GeneratedNodeTemplates { items: proposals.into_iter().map(item).collect() }))
}
