//! Node configurations of a cluster.

use axum::extract::{Path, State};
use model::{ClusterId, NodeConfigurationId};
use store::NodeConfiguration as Stored;
use wire::node_configurations::{
    GetSuggestedConfigurationResponse, InstanceProfile, ListConfigurationsResponse,
    ListMaxPodsPresetsResponse, NewNodeConfiguration, NodeConfiguration, NodeConfigurationUpdate,
    SecurityGroup, SubnetDetails,
};
use wire::proto::Empty;

use crate::app::node_configurations::max_pods::PRESETS;
use crate::app::{App, node_configurations};
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router
        .add(operation!(list_node_configurations))?
        .add(operation!(create_node_configuration))?
        .add(operation!(suggest_node_configuration))?
        .add(operation!(get_node_configuration))?
        .add(operation!(update_node_configuration))?
        .add(operation!(delete_node_configuration))?
        .add(operation!(set_default_node_configuration))?
        .add(operation!(list_max_pods_presets))
}

/// List node configurations
///
/// All configurations of the cluster, by name. Every cluster has a default one.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/node-configurations",
    operation_id = "NodeConfigurationAPIListConfigurations", tag = "node-configurations",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses(
        (status = 200, description = "The configurations.", body = ListConfigurationsResponse),
        (status = 404, description = "There is no such cluster."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn list_node_configurations(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<ListConfigurationsResponse>> {
    let found = node_configurations::list(&app, &principal, id("cluster", &cluster)?).await?;
    let items = found.iter().map(to_wire).collect::<ApiResult<_>>()?;
    Ok(Json(ListConfigurationsResponse { items }))
}

/// Create a node configuration
///
/// One of the same name is overwritten and keeps its id: a cluster that is connected anew finds its own
/// again.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/node-configurations",
    operation_id = "NodeConfigurationAPICreateConfiguration", tag = "node-configurations",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = NewNodeConfiguration, example = json!({
        "name": "default", "minDiskSize": 100, "diskCpuRatio": 0, "subnets": ["subnet-0a1b2c3d4e5f60718"],
        "eks": {
            "instanceProfileArn": "arn:aws:iam::123456789012:instance-profile/shop-nodes",
            "securityGroups": ["sg-0a1b2c3d4e5f60718"], "imdsV1": false,
        },
    })),
    responses(
        (status = 200, description = "The configuration.", body = NodeConfiguration),
        (status = 400, description = "A setting makes no sense for the cluster."),
        (status = 404, description = "There is no such cluster."),
        (status = 409, description = "The cluster was deleted."),
    ),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn create_node_configuration(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(body): Json<NewNodeConfiguration>,
) -> ApiResult<Json<NodeConfiguration>> {
    let cluster = id("cluster", &cluster)?;
    let (name, settings) = settings_of(body);
    to_wire(&node_configurations::create(&app, &principal, cluster, &name, &settings).await?).map(Json)
}

/// Suggest a node configuration
///
/// What a new configuration could name: subnets that the cluster's nodes say they are in, and what its
/// other configurations name. No cloud is asked.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/node-configurations/suggestions",
    operation_id = "NodeConfigurationAPIGetSuggestedConfiguration", tag = "node-configurations",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses(
        (status = 200, description = "What is known.", body = GetSuggestedConfigurationResponse),
        (status = 404, description = "There is no such cluster."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn suggest_node_configuration(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<GetSuggestedConfigurationResponse>> {
    let found = node_configurations::suggest(&app, &principal, id("cluster", &cluster)?).await?;
    let profile =
        |arn: String| InstanceProfile { name: arn.rsplit('/').next().map(str::to_owned), arn: Some(arn) };
    let group = |id| SecurityGroup { id: Some(id), ..SecurityGroup::default() };
    let subnet = |id| SubnetDetails { id: Some(id), ..SubnetDetails::default() };
    Ok(Json(GetSuggestedConfigurationResponse {
        instance_profiles: found.instance_profiles.into_iter().map(profile).collect(),
        security_groups: found.security_groups.into_iter().map(group).collect(),
        subnets: found.subnets.into_iter().map(subnet).collect(),
    }))
}

/// Get a node configuration
///
/// Everything as it was set; what was not set is absent.
#[utoipa::path(
    get, path = "/v1/kubernetes/clusters/{clusterId}/node-configurations/{id}",
    operation_id = "NodeConfigurationAPIGetConfiguration", tag = "node-configurations",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("id" = String, Path, description = "The configuration's id."),
    ),
    responses(
        (status = 200, description = "The configuration.", body = NodeConfiguration),
        (status = 404, description = "There is no such cluster or configuration."),
    ),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_node_configuration(
    State(app): State<App>,
    principal: Principal,
    Path(path): Path<(String, String)>,
) -> ApiResult<Json<NodeConfiguration>> {
    let (cluster, id) = ids(&path)?;
    to_wire(&node_configurations::get(&app, &principal, cluster, id).await?).map(Json)
}

/// Update a node configuration
///
/// Replaces all settings: what is absent is no longer set. Nodes that run stay as they are.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/node-configurations/{id}",
    operation_id = "NodeConfigurationAPIUpdateConfiguration", tag = "node-configurations",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("id" = String, Path, description = "The configuration's id."),
    ),
    request_body(content = NodeConfigurationUpdate, example = json!({
        "minDiskSize": 120, "diskCpuRatio": 0, "subnets": ["subnet-0a1b2c3d4e5f60718"],
        "eks": {"instanceProfileArn": "arn:aws:iam::123456789012:instance-profile/shop-nodes"},
    })),
    responses(
        (status = 200, description = "The configuration.", body = NodeConfiguration),
        (status = 400, description = "A setting makes no sense for the cluster."),
        (status = 404, description = "There is no such cluster or configuration."),
        (status = 409, description = "The cluster was deleted."),
    ),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn update_node_configuration(
    State(app): State<App>,
    principal: Principal,
    Path(path): Path<(String, String)>,
    Json(settings): Json<NodeConfigurationUpdate>,
) -> ApiResult<Json<NodeConfiguration>> {
    let (cluster, id) = ids(&path)?;
    to_wire(&node_configurations::update(&app, &principal, cluster, id, &settings).await?).map(Json)
}

/// Delete a node configuration
///
/// The default one stays: make another the default first. Nodes that were made from it stay, too.
#[utoipa::path(
    delete, path = "/v1/kubernetes/clusters/{clusterId}/node-configurations/{id}",
    operation_id = "NodeConfigurationAPIDeleteConfiguration", tag = "node-configurations",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("id" = String, Path, description = "The configuration's id."),
    ),
    responses(
        (status = 200, description = "It is gone.", body = Empty),
        (status = 404, description = "There is no such cluster or configuration."),
        (status = 409, description = "It is the default."),
    ),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn delete_node_configuration(
    State(app): State<App>,
    principal: Principal,
    Path(path): Path<(String, String)>,
) -> ApiResult<Json<Empty>> {
    let (cluster, id) = ids(&path)?;
    node_configurations::delete(&app, &principal, cluster, id).await?;
    Ok(Json(Empty {}))
}

/// Make a node configuration the default
///
/// The one that was the default is not any more: a cluster has exactly one.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/node-configurations/{id}/default",
    operation_id = "NodeConfigurationAPISetDefault", tag = "node-configurations",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("id" = String, Path, description = "The configuration's id."),
    ),
    responses(
        (status = 200, description = "The configuration.", body = NodeConfiguration),
        (status = 404, description = "There is no such cluster or configuration."),
        (status = 409, description = "The cluster was deleted."),
    ),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn set_default_node_configuration(
    State(app): State<App>,
    principal: Principal,
    Path(path): Path<(String, String)>,
) -> ApiResult<Json<NodeConfiguration>> {
    let (cluster, id) = ids(&path)?;
    to_wire(&node_configurations::set_default(&app, &principal, cluster, id).await?).map(Json)
}

/// List formulas for the number of pods
///
/// Formulas that `maxPodsPerNodeFormula` takes, to begin with.
#[utoipa::path(
    get, path = "/v1/kubernetes/maxpods-formula-presets",
    operation_id = "NodeConfigurationAPIListMaxPodsPresets", tag = "node-configurations",
    responses((status = 200, description = "The formulas.", body = ListMaxPodsPresetsResponse)),
    extensions(("x-permission" = json!("authenticated")))
)]
async fn list_max_pods_presets() -> Json<ListMaxPodsPresetsResponse> {
    Json(ListMaxPodsPresetsResponse { presets: PRESETS.map(str::to_owned).to_vec() })
}

fn ids((cluster, configuration): &(String, String)) -> ApiResult<(ClusterId, NodeConfigurationId)> {
    Ok((id("cluster", cluster)?, id("node configuration", configuration)?))
}

/// The name and the settings of a new configuration.
fn settings_of(new: NewNodeConfiguration) -> (String, NodeConfigurationUpdate) {
    let NewNodeConfiguration {
        name,
        aks,
        container_runtime,
        disk_cpu_ratio,
        docker_config,
        drain_timeout_sec,
        eks,
        gke,
        image,
        init_script,
        kops,
        kubelet_config,
        min_disk_size,
        self_hosted_with_ec2_nodes,
        ssh_public_key,
        subnets,
        tags,
    } = new;
    let settings = NodeConfigurationUpdate {
        aks,
        container_runtime,
        disk_cpu_ratio,
        docker_config,
        drain_timeout_sec,
        eks,
        gke,
        image,
        init_script,
        kops,
        kubelet_config,
        min_disk_size,
        self_hosted_with_ec2_nodes,
        ssh_public_key,
        subnets,
        tags,
    };
    (name, settings)
}

/// Everything as it was set; what was not set is not there.
fn to_wire(stored: &Stored) -> ApiResult<NodeConfiguration> {
    let settings = node_configurations::settings(stored)?;
    Ok(NodeConfiguration {
        aks: settings.aks,
        container_runtime: settings.container_runtime,
        created_at: Some(stored.created_at),
        default: stored.is_default,
        disk_cpu_ratio: settings.disk_cpu_ratio.unwrap_or_default(),
        docker_config: settings.docker_config,
        drain_timeout_sec: settings.drain_timeout_sec,
        eks: settings.eks,
        gke: settings.gke,
        id: stored.id.to_string(),
        image: settings.image,
        init_script: settings.init_script,
        kops: settings.kops,
        kubelet_config: settings.kubelet_config,
        min_disk_size: settings.min_disk_size.unwrap_or_default(),
        name: stored.name.clone(),
        self_hosted_with_ec2_nodes: settings.self_hosted_with_ec2_nodes,
        ssh_public_key: settings.ssh_public_key,
        subnets: settings.subnets.unwrap_or_default(),
        tags: settings.tags.unwrap_or_default(),
        updated_at: Some(stored.updated_at),
        version: i32::try_from(stored.version).map_err(ApiError::internal)?,
    })
}
