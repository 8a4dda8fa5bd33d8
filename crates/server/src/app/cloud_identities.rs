//! Identities of this server at the clouds, which a customer's cloud is told to trust.
//!
//! The server cannot make such identities: whoever runs it makes them once and tells the server (see
//! [`CloudIdentities`]). Without one, what needs it is refused with a sentence that names the setting.

use model::ClusterId;
use serde_json::json;
use store::Cluster;

use super::App;
use super::cluster_settings::Settings;
use super::clusters::{self, Edit};
use super::identity::{EKS, GKE, SELF_HOSTED_EC2};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// The identities that the server was told, each empty when it has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct CloudIdentities {
    /// ARN of the AWS principal that the server acts as, to be trusted by roles of clusters.
    #[arg(long, env = "SUPERCARGO_AWS_PRINCIPAL_ARN", value_name = "ARN")]
    pub aws_principal_arn: Option<String>,
    /// E-mail address of the Google service account that the server acts as, to be allowed to impersonate those of clusters.
    #[arg(long, env = "SUPERCARGO_GCP_SERVICE_ACCOUNT", value_name = "EMAIL")]
    pub gcp_service_account: Option<String>,
    /// Subject that federated credentials of AKS clusters are to trust: the unique id of that Google service account.
    #[arg(long, env = "SUPERCARGO_FEDERATION_SUBJECT", value_name = "ID")]
    pub federation_subject: Option<String>,
}

fn configured<'a>(identity: Option<&'a str>, flag: &str, what: &str) -> ApiResult<&'a str> {
    identity.filter(|identity| !identity.is_empty()).ok_or_else(|| {
        ApiError::conflict(format!("this server has no {what}: start it with {flag}, once you have made one"))
    })
}

fn refuse_others(cluster: &Cluster, types: &[&str], what: &str) -> ApiResult<()> {
    if types.contains(&cluster.provider_type.as_str()) {
        return Ok(());
    }
    Err(ApiError::bad_request(format!("a cluster of type {} has no {what}", cluster.provider_type)))
}

/// ARN of the principal that the cluster's role is to trust; empty before [`create_principal`].
///
/// # Errors
/// 404.
pub async fn principal_arn(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<String> {
    let cluster = clusters::get(app, principal, id).await?;
    Ok(Settings::of(&cluster).assume_role_principal.unwrap_or_default())
}

/// Settles which principal the cluster's role is to trust: the server's own. Its ARN.
///
/// # Errors
/// 400 for a cluster that is not in AWS; 404; 409 when the server was not told its principal.
pub async fn create_principal(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<String> {
    let mut arn = String::new();
    clusters::change(app, principal, id, |cluster| {
        clusters::refuse_archived(cluster)?;
        refuse_others(cluster, &[EKS, SELF_HOSTED_EC2], "AWS principal")?;
        let mut settings = Settings::of(cluster);
        if let Some(settled) = settings.assume_role_principal {
            arn = settled;
            return Ok(None);
        }
        arn = configured(
            app.identities.aws_principal_arn.as_deref(),
            "--aws-principal-arn",
            "AWS principal that a role could trust",
        )?
        .to_owned();
        settings.assume_role_principal = Some(arn.clone());
        cluster.settings = settings.to_value();
        Ok(Some(Edit::of("assumeRolePrincipalCreated", json!({"arn": arn}))))
    })
    .await?;
    Ok(arn)
}

/// Forgets which principal the cluster's role is to trust, of a cluster that was deleted, too.
///
/// # Errors
/// 404.
pub async fn delete_principal(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<()> {
    clusters::change(app, principal, id, |cluster| {
        let mut settings = Settings::of(cluster);
        let Some(arn) = settings.assume_role_principal.take() else { return Ok(None) };
        cluster.settings = settings.to_value();
        Ok(Some(Edit::of("assumeRolePrincipalDeleted", json!({"arn": arn}))))
    })
    .await
    .map(|_| ())
}

/// Notes which service account the server is to impersonate; the address of the server's own, which
/// is to be allowed to.
///
/// # Errors
/// 400 for a cluster that is not on GKE, or without an address; 404; 409 when the server was not told
/// its own.
pub async fn create_service_account(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    impersonated: Option<&str>,
    project: Option<&str>,
) -> ApiResult<String> {
    // First of all: whoever may not see the cluster learns nothing else.
    clusters::get(app, principal, id).await?;
    let impersonated = impersonated
        .filter(|email| !email.is_empty())
        .ok_or_else(|| ApiError::field("gke.gkeSaImpersonate", "must be set"))?;
    let own = configured(
        app.identities.gcp_service_account.as_deref(),
        "--gcp-service-account",
        "Google service account that could impersonate another",
    )?;
    clusters::change(app, principal, id, |cluster| {
        clusters::refuse_archived(cluster)?;
        refuse_others(cluster, &[GKE], "Google service account")?;
        if project.is_some_and(|project| cluster.provider["projectId"].as_str() != Some(project)) {
            return Err(ApiError::field("gke.projectId", "is not the project of the cluster"));
        }
        let before = cluster.provider.clone();
        if let Some(parameters) = cluster.provider.as_object_mut() {
            parameters.insert("clientServiceAccount".to_owned(), json!(impersonated));
            parameters.insert("castServiceAccount".to_owned(), json!(own));
        }
        let after = &cluster.provider;
        Ok((before != *after)
            .then(|| Edit::of("serviceAccountCreated", json!({"before": before, "after": after}))))
    })
    .await?;
    Ok(own.to_owned())
}

/// Forgets which service account is to be impersonated, of a cluster that was deleted, too.
///
/// # Errors
/// 404.
pub async fn disable_service_account(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<()> {
    clusters::change(app, principal, id, |cluster| {
        let before = cluster.provider.clone();
        if let Some(parameters) = cluster.provider.as_object_mut() {
            parameters.remove("clientServiceAccount");
            parameters.remove("castServiceAccount");
        }
        Ok((before != cluster.provider)
            .then(|| Edit::of("serviceAccountDisabled", json!({"before": before}))))
    })
    .await
    .map(|_| ())
}

/// The subject that federated credentials are to trust.
///
/// # Errors
/// 400 for a provider other than AKS; 409 when the server was not told one.
pub fn federation_subject<'a>(app: &'a App, provider: Option<&str>) -> ApiResult<&'a str> {
    if let Some(other) = provider.filter(|provider| !provider.is_empty() && *provider != super::identity::AKS)
    {
        return Err(ApiError::field("provider", format!("must be aks: {other:?} needs no federation")));
    }
    configured(
        app.identities.federation_subject.as_deref(),
        "--federation-subject",
        "identity that federated credentials could trust",
    )
}
