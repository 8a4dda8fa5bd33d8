//! Credentials of clouds, given for a cluster: checked for their shape, sealed, and never shown again.
//! Whether a cloud accepts them is for its driver to find out.

use model::ClusterId;
use serde_json::{Value, json};
use store::Cluster;
use wire::clusters::ClusterUpdate;

use super::App;
use super::clusters::{self, CredentialsEdit, Edit};
use super::identity::{AKS, EKS, GKE, SELF_HOSTED_EC2};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// What an update says about credentials.
#[derive(Clone, Debug, PartialEq)]
enum Given {
    /// Nothing.
    Nothing,
    /// That there are to be none.
    None,
    /// These.
    Some(Value),
}

/// Changes a cluster's credentials and the provider's settings that come with them. Every update with
/// credentials gives the cluster a new `credentials_id`; one without keeps it.
///
/// # Errors
/// 400 for credentials that cannot be ones, or of another provider than the cluster's; 404, 409.
pub async fn update(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    update: &ClusterUpdate,
) -> ApiResult<Cluster> {
    clusters::change(app, principal, id, |cluster| {
        clusters::refuse_archived(cluster)?;
        refuse_other_providers(cluster, update)?;
        let before = cluster.clone();
        let given = match cluster.provider_type.as_str() {
            EKS => role(
                "eks",
                cluster,
                update.eks.as_ref().map(|eks| eks.assume_role_arn.as_deref()),
                json!({}),
            )?,
            SELF_HOSTED_EC2 => self_hosted(cluster, update)?,
            GKE => gke(cluster, update)?,
            AKS => aks(cluster, update)?,
            _ => Given::Nothing,
        };
        let credentials = match given {
            Given::Nothing => CredentialsEdit::Keep,
            Given::None => {
                cluster.credentials_id.clear();
                CredentialsEdit::Forget
            }
            Given::Some(secret) => {
                cluster.credentials_id = app.ids.next_uuid().to_string();
                let text = secret.to_string();
                let sealed =
                    app.vault.seal(id, text.as_bytes(), &*app.entropy).map_err(ApiError::internal)?;
                CredentialsEdit::Set(sealed)
            }
        };
        if *cluster == before {
            return Ok(None);
        }
        cluster.reconciled_at = Some(app.clock.now());
        let event = json!({"before": shown(&before), "after": shown(cluster)});
        Ok(Some(Edit { credentials, ..Edit::of("clusterUpdated", event) }))
    })
    .await
}

/// Parts for another provider than the cluster's are mistakes worth telling.
fn refuse_other_providers(cluster: &Cluster, update: &ClusterUpdate) -> ApiResult<()> {
    let provider = cluster.provider_type.as_str();
    for (given, field, of) in [
        (update.eks.is_some(), "eks", EKS),
        (update.gke.is_some(), "gke", GKE),
        (update.aks.is_some(), "aks", AKS),
        (update.self_hosted_with_ec2_nodes.is_some(), "selfHostedWithEc2Nodes", SELF_HOSTED_EC2),
    ] {
        if given && provider != of {
            return Err(ApiError::field(field, format!("the cluster is of type {provider}")));
        }
    }
    if credentials_text(update).is_some() && !matches!(provider, GKE | AKS) {
        return Err(ApiError::field(
            "credentials",
            format!("a cluster of type {provider} takes none as a text"),
        ));
    }
    Ok(())
}

/// A role to assume. A part without one takes away the one before.
fn role(field: &str, cluster: &mut Cluster, part: Option<Option<&str>>, more: Value) -> ApiResult<Given> {
    let Some(role) = part else { return Ok(Given::Nothing) };
    let Some(role) = role.map(str::trim).filter(|role| !role.is_empty()) else {
        let had_one = set(cluster, "assumeRoleArn", None);
        return Ok(if had_one { Given::None } else { Given::Nothing });
    };
    if !is_role(role) {
        return Err(ApiError::field(
            format!("{field}.assumeRoleArn"),
            "must be the ARN of a role, such as arn:aws:iam::123456789012:role/name",
        ));
    }
    set(cluster, "assumeRoleArn", Some(json!(role)));
    let mut secret = json!({"assumeRoleArn": role});
    if let (Value::Object(secret), Value::Object(more)) = (&mut secret, more) {
        secret.extend(more);
    }
    Ok(Given::Some(secret))
}

fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [scheme, partition, "iam", "", account, resource] = parts[..] else { return false };
    scheme == "arn"
        && partition.starts_with("aws")
        && account.len() == 12
        && account.bytes().all(|digit| digit.is_ascii_digit())
        && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
}

fn self_hosted(cluster: &mut Cluster, update: &ClusterUpdate) -> ApiResult<Given> {
    let part = update.self_hosted_with_ec2_nodes.as_ref();
    let profile =
        part.and_then(|part| part.instance_profile_arn.clone()).filter(|profile| !profile.is_empty());
    let role_of_part = part.map(|part| part.assume_role_arn.as_deref());
    let given =
        role("selfHostedWithEc2Nodes", cluster, role_of_part, json!({"instanceProfileArn": profile}))?;
    if profile.is_some() && !matches!(given, Given::Some(_)) {
        return Err(ApiError::field(
            "selfHostedWithEc2Nodes.instanceProfileArn",
            "is given together with assumeRoleArn",
        ));
    }
    Ok(given)
}

/// A key of a service account, or one to impersonate.
fn gke(cluster: &mut Cluster, update: &ClusterUpdate) -> ApiResult<Given> {
    let part = update.gke.as_ref();
    let impersonated =
        part.and_then(|gke| gke.gke_sa_impersonate.as_deref()).filter(|email| !email.is_empty());
    if let Some(email) = impersonated {
        set(cluster, "clientServiceAccount", Some(json!(email)));
    }
    match (credentials_text(update), impersonated) {
        (Some(text), _) => {
            let key = json_object(text)?;
            match key.get("type").and_then(Value::as_str) {
                Some("service_account") => require(&key, &["client_email", "private_key"])?,
                Some(_) => {}
                None => return Err(refused("has no \"type\": it is not a key of a service account")),
            }
            Ok(Given::Some(key))
        }
        (None, Some(email)) => {
            let project = part.and_then(|gke| gke.project_id.as_deref());
            Ok(Given::Some(json!({"gkeSaImpersonate": email, "projectId": project})))
        }
        (None, None) => Ok(Given::Nothing),
    }
}

/// A client of the subscription, with a secret or federated; and the proxies of nodes, which a part
/// without them takes away.
fn aks(cluster: &mut Cluster, update: &ClusterUpdate) -> ApiResult<Given> {
    if let Some(part) = &update.aks {
        let proxies = part.http_proxy_config.as_ref().map(|proxies| json!(proxies));
        set(cluster, "httpProxyConfig", proxies.filter(|proxies| *proxies != json!({})));
    }
    let Some(text) = credentials_text(update) else { return Ok(Given::Nothing) };
    let client = json_object(text)?;
    require(&client, &["clientId", "subscriptionId", "tenantId"])?;
    if require(&client, &["clientSecret"]).is_err() && require(&client, &["federationId"]).is_err() {
        return Err(refused("has neither \"clientSecret\" nor \"federationId\""));
    }
    Ok(Given::Some(client))
}

fn credentials_text(update: &ClusterUpdate) -> Option<&str> {
    update.credentials.as_deref().filter(|text| !text.is_empty())
}

fn json_object(text: &str) -> ApiResult<Value> {
    match serde_json::from_str(text) {
        Ok(object @ Value::Object(_)) => Ok(object),
        Ok(_) => Err(refused("is JSON, but not an object")),
        // Where, but not what: the text is a secret.
        Err(error) => {
            Err(refused(&format!("is not JSON: see line {}, column {}", error.line(), error.column())))
        }
    }
}

fn require(object: &Value, fields: &[&str]) -> ApiResult<()> {
    for field in fields {
        if object.get(field).and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(refused(&format!("has no {field:?}")));
        }
    }
    Ok(())
}

fn refused(why: &str) -> ApiError {
    ApiError::field("credentials", why)
}

/// Sets a parameter of the cluster's provider, or takes it away; whether it was there.
fn set(cluster: &mut Cluster, name: &str, value: Option<Value>) -> bool {
    let Value::Object(parameters) = &mut cluster.provider else { return false };
    match value {
        Some(value) => parameters.insert(name.to_owned(), value).is_some(),
        None => parameters.remove(name).is_some(),
    }
}

fn shown(cluster: &Cluster) -> Value {
    json!({"credentialsId": cluster.credentials_id, "provider": cluster.provider})
}

#[cfg(test)]
mod tests {
    use super::is_role;

    #[test]
    fn an_arn_of_a_role_is_told_from_others() {
        assert!(is_role("arn:aws:iam::123456789012:role/castai-eks"));
        assert!(is_role("arn:aws-us-gov:iam::123456789012:role/path/to/name"));
        for other in [
            "",
            "role/name",
            "arn:aws:iam::123456789012:user/name",
            "arn:aws:iam::1234:role/name",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:s3:::bucket",
        ] {
            assert!(!is_role(other), "{other}");
        }
    }
}
