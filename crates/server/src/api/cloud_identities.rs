//! Identities of this server at the clouds, which a customer's cloud is told to trust.

use axum::extract::{Path, State};
use wire::cloud_identities::{
    CreateAssumeRolePrincipalResponse, GetAssumeRolePrincipalResponse, GkeCreateServiceAccountRequest,
    GkeCreateServiceAccountResponse, ImpersonationServiceAccountRequest, ImpersonationServiceAccountResponse,
};
use wire::proto::Empty;

use crate::app::{App, cloud_identities};
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError, ApiRouter};
use crate::http::error::ApiResult;
use crate::http::extract::{Json, id};
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, ApiError> {
    router
        .add(operation!(get_assume_role_principal))?
        .add(operation!(create_assume_role_principal))?
        .add(operation!(delete_assume_role_principal))?
        .add(operation!(gke_create_service_account))?
        .add(operation!(gke_disable_service_account))?
        .add(operation!(impersonation_service_account))
}

/// Get the AWS principal of a cluster
///
/// The principal that the cluster's role is to trust; empty until one was created.
#[utoipa::path(
    get, path = "/v1/kubernetes/external-clusters/{clusterId}/assume-role-principal",
    operation_id = "ExternalClusterAPIGetAssumeRolePrincipal", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 200, description = "Its ARN.", body = GetAssumeRolePrincipalResponse)),
    extensions(("x-permission" = json!("clusters.read")))
)]
async fn get_assume_role_principal(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<GetAssumeRolePrincipalResponse>> {
    let arn = cloud_identities::principal_arn(&app, &principal, id("cluster", &cluster)?).await?;
    Ok(Json(GetAssumeRolePrincipalResponse { arn }))
}

/// Create the AWS principal of a cluster
///
/// Settles which principal the cluster's role is to trust: the one the server was started with
/// (`--aws-principal-arn`). A server that was told none answers 409; it cannot make one by itself.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters/{clusterId}/assume-role-principal",
    operation_id = "ExternalClusterAPICreateAssumeRolePrincipal", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 200, description = "Its ARN.", body = CreateAssumeRolePrincipalResponse)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn create_assume_role_principal(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<CreateAssumeRolePrincipalResponse>> {
    let arn = cloud_identities::create_principal(&app, &principal, id("cluster", &cluster)?).await?;
    Ok(Json(CreateAssumeRolePrincipalResponse { arn }))
}

/// Delete the AWS principal of a cluster
///
/// Forgets which principal the cluster's role is to trust; of a deleted cluster, too.
#[utoipa::path(
    delete, path = "/v1/kubernetes/external-clusters/{clusterId}/assume-role-principal",
    operation_id = "ExternalClusterAPIDeleteAssumeRolePrincipal", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 200, description = "There is none any more.", body = Empty)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn delete_assume_role_principal(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<Empty>> {
    cloud_identities::delete_principal(&app, &principal, id("cluster", &cluster)?).await?;
    Ok(Json(Empty {}))
}

/// Name the service account to impersonate
///
/// Notes the service account in the cluster's project, which then shows as
/// `gke.clientServiceAccount`, and answers the one of the server (`--gcp-service-account`) that is to
/// be allowed to impersonate it. A server that was told none answers 409.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters/{clusterId}/gke-create-sa",
    operation_id = "ExternalClusterAPIGKECreateSA", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body(content = GkeCreateServiceAccountRequest, example = json!({
        "gke": {"gkeSaImpersonate": "supercargo@example.iam.gserviceaccount.com", "projectId": "example"}
    })),
    responses((status = 200, description = "The server's own service account.", body = GkeCreateServiceAccountResponse)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn gke_create_service_account(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(body): Json<GkeCreateServiceAccountRequest>,
) -> ApiResult<Json<GkeCreateServiceAccountResponse>> {
    let gke = body.gke.unwrap_or_default();
    let (account, project) = (gke.gke_sa_impersonate.as_deref(), gke.project_id.as_deref());
    let cluster = id("cluster", &cluster)?;
    let service_account =
        cloud_identities::create_service_account(&app, &principal, cluster, account, project).await?;
    Ok(Json(GkeCreateServiceAccountResponse { service_account }))
}

/// Forget the service account to impersonate
///
/// The cluster names none afterwards; of a deleted cluster, too.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters/{clusterId}/gke-disable-sa",
    operation_id = "ExternalClusterAPIDisableGKESA", tag = "clusters",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    responses((status = 200, description = "It names none.", body = Empty)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn gke_disable_service_account(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
) -> ApiResult<Json<Empty>> {
    cloud_identities::disable_service_account(&app, &principal, id("cluster", &cluster)?).await?;
    Ok(Json(Empty {}))
}

/// Get the subject of federated credentials
///
/// The identity of the server (`--federation-subject`) that federated credentials of AKS clusters are
/// to trust. A server that was told none answers 409.
#[utoipa::path(
    post, path = "/v1/kubernetes/external-clusters/impersonation-service-account",
    operation_id = "ExternalClusterAPIImpersonationServiceAccount", tag = "clusters",
    request_body(content = ImpersonationServiceAccountRequest, example = json!({"provider": "aks"})),
    responses((status = 200, description = "The identity.", body = ImpersonationServiceAccountResponse)),
    extensions(("x-permission" = json!("clusters.write")))
)]
async fn impersonation_service_account(
    State(app): State<App>,
    _: Principal,
    Json(body): Json<ImpersonationServiceAccountRequest>,
) -> ApiResult<Json<ImpersonationServiceAccountResponse>> {
    let subject = cloud_identities::federation_subject(&app, body.provider.as_deref())?;
    Ok(Json(ImpersonationServiceAccountResponse {
        id: subject.to_owned(),
        email: app.identities.gcp_service_account.clone(),
    }))
}
