//! Machine types that a node template admits.

use axum::extract::{Path, State};
use cloud::machine_traits::{self as traits, LocalDisks};
use wire::instance_types::{
    AvailableGpuDevice, AvailableInstanceType, FilterInstanceTypesQuery, FilterInstanceTypesResponse,
    OperatingSystem, StorageOptimizedOption,
};
use wire::node_templates::NodeTemplate;

use crate::app::App;
use crate::app::instance_types::filter::name_of;
use crate::app::instance_types::{self, Admitted};
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, Query, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router.add(operation!(filter_instance_types))
}

/// Filter machine types
///
/// The types on offer in the cluster's region that the constraints of the given template admit, whether or not the
/// cluster has that template; with an empty body, all of them. Prices are the organisation's own.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/filter-instance-types",
    operation_id = "NodeTemplatesAPIFilterInstanceTypes", tag = "node-templates",
    params(("clusterId" = String, Path, description = "The cluster's id."), FilterInstanceTypesQuery),
    request_body(content = NodeTemplate, example = json!({"constraints": {
        "minCpu": 4, "maxCpu": 8, "architectures": ["arm64"], "instanceFamilies": {"exclude": ["t4g"]}
    }})),
    responses((status = 200, description = "The types.", body = FilterInstanceTypesResponse)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn filter_instance_types(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Query(query): Query<FilterInstanceTypesQuery>,
    Json(template): Json<NodeTemplate>,
) -> ApiResult<Json<FilterInstanceTypesResponse>> {
    let by_zone = query.disable_instance_type_deduplication.unwrap_or(false);
    let cluster = id("cluster", &cluster)?;
    let admitted = instance_types::admitted(&app, &principal, cluster, &template, by_zone).await?;
    Ok(Json(FilterInstanceTypesResponse { available_instance_types: admitted.iter().map(to_wire).collect() }))
}

fn to_wire(admitted: &Admitted) -> AvailableInstanceType {
    let machine = &*admitted.offer.instance_type;
    let gpu = traits::gpu(machine).map(|(maker, model)| AvailableGpuDevice {
        count: i32::try_from(machine.gpus).ok(),
        fractional: Some(traits::has_fractional_gpus(machine)),
        manufacturer: Some(maker.to_owned()),
        name: Some(model.to_owned()),
    });
    let makers = traits::cpu_manufacturers(machine).iter().map(|&maker| name_of(maker).to_owned());
    // For people to compare: what is reckoned with is exact.
    let cpu_cost = admitted.price.nanos() as f64 / 1e9 / f64::from(machine.vcpus.max(1));
    AvailableInstanceType {
        architecture: Some(machine.architecture.to_string()),
        available_gpu_devices: Some(gpu.into_iter().collect()),
        burstable: Some(machine.burstable),
        cpu: Some(machine.vcpus.to_string()),
        cpu_cost: Some(cpu_cost),
        cpu_manufacturers: Some(makers.collect()),
        csp: Some(machine.provider.to_string()),
        customer_specific: Some(false),
        family: Some(machine.family.to_string()),
        is_bare_metal: Some(traits::is_bare_metal(machine)),
        is_compute_optimized: Some(traits::is_compute_optimized(machine)),
        memory: Some(machine.memory_mib.to_string()),
        name: Some(machine.name.to_string()),
        os: Some(OperatingSystem::Linux),
        region: Some(admitted.offer.region.to_string()),
        storage_optimized_option: Some(match traits::local_disks(machine) {
            LocalDisks::Always => StorageOptimizedOption::Always,
            LocalDisks::OnDemand => StorageOptimizedOption::OnDemand,
            LocalDisks::Never => StorageOptimizedOption::Never,
        }),
        zone: admitted.zone.as_deref().map(str::to_owned),
    }
}
