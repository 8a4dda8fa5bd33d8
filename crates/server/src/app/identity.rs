//! Which cluster is meant: what tells one from others at each provider.
//!
//! Clients know different things of the same cluster. What every client of a provider knows, and what
//! never changes, is the identity; the rest are parameters that come with it.

use model::Provider;
use serde_json::{Map, Value};
use store::Cluster;
use uuid::Uuid;
use wire::clusters::RegisterClusterRequest;
use wire::providers::{
    AksClusterParams, AnywhereClusterParams, EksClusterParams, GkeClusterParams, KopsClusterParams,
    OkeClusterParams, OpenshiftClusterParams, SelfHostedWithEc2NodesParams,
};

use crate::http::error::{ApiError, ApiResult};

/// Amazon Elastic Kubernetes Service.
pub const EKS: &str = "eks";
/// Google Kubernetes Engine.
pub const GKE: &str = "gke";
/// Azure Kubernetes Service.
pub const AKS: &str = "aks";
/// kOps.
pub const KOPS: &str = "kops";
/// Red Hat OpenShift.
pub const OPENSHIFT: &str = "openshift";
/// Machines of one's own.
pub const ANYWHERE: &str = "anywhere";
/// Self-managed on EC2 machines.
pub const SELF_HOSTED_EC2: &str = "self-hosted-ec2";
/// Oracle Kubernetes Engine.
pub const OKE: &str = "oke";

/// Who runs the machines of the cluster.
pub fn cloud_of(cluster: &Cluster) -> Provider {
    match cluster.provider_type.as_str() {
        EKS | SELF_HOSTED_EC2 => Provider::Aws,
        GKE => Provider::Gcp,
        AKS => Provider::Azure,
        _ => {
            let told = cluster.provider["cloud"].as_str().unwrap_or_default().to_lowercase();
            told.parse().unwrap_or(Provider::Other)
        }
    }
}

/// What a registration says about which cluster it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// One of this module's constants.
    pub provider_type: &'static str,
    /// The identifying values in one text, a JSON array.
    pub text: String,
    /// The name of a cluster that nobody named.
    pub default_name: String,
    /// Region; empty when unknown.
    pub region: String,
    /// The provider's parameters as on the wire, without empty ones.
    pub parameters: Map<String, Value>,
}

impl Identity {
    /// Reads it from the one provider's part that the request has.
    ///
    /// # Errors
    /// 400 when there is no such part or more than one, or when it lacks an identifying value.
    pub fn read(request: &RegisterClusterRequest) -> ApiResult<Self> {
        let id = request.id.as_deref();
        let mut found = Vec::new();
        found.extend(request.eks.as_ref().map(eks));
        found.extend(request.gke.as_ref().map(gke));
        found.extend(request.aks.as_ref().map(aks));
        found.extend(request.kops.as_ref().map(|kops| self::kops(kops, id)));
        found.extend(request.openshift.as_ref().map(|openshift| self::openshift(openshift, id)));
        found.extend(request.anywhere.as_ref().map(anywhere));
        found.extend(request.self_hosted_with_ec2_nodes.as_ref().map(self_hosted));
        found.extend(request.oke.as_ref().map(oke));
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => only,
            _ => Err(ApiError::bad_request(
                "exactly one of eks, gke, aks, kops, openshift, anywhere, selfHostedWithEc2Nodes and oke must be set",
            )),
        }
    }

    fn new(
        provider_type: &'static str,
        parts: &[&str],
        default_name: &str,
        region: Option<&String>,
        parameters: &impl serde::Serialize,
    ) -> ApiResult<Self> {
        let mut parameters = match serde_json::to_value(parameters).map_err(ApiError::internal)? {
            Value::Object(parameters) => parameters,
            _ => Map::new(),
        };
        parameters.retain(|_, value| value.as_str() != Some(""));
        Ok(Self {
            provider_type,
            text: Value::from(parts).to_string(),
            default_name: default_name.to_owned(),
            region: region.cloned().unwrap_or_default(),
            parameters,
        })
    }
}

fn eks(eks: &EksClusterParams) -> ApiResult<Identity> {
    refuse_role("eks.assumeRoleArn", eks.assume_role_arn.as_deref())?;
    let name = required("eks.clusterName", eks.cluster_name.as_deref())?;
    let parts = [
        required("eks.accountId", eks.account_id.as_deref())?,
        required("eks.region", eks.region.as_deref())?,
        name,
    ];
    Identity::new(EKS, &parts, name, eks.region.as_ref(), eks)
}

fn gke(gke: &GkeClusterParams) -> ApiResult<Identity> {
    let name = required("gke.clusterName", gke.cluster_name.as_deref())?;
    let parts = [
        required("gke.projectId", gke.project_id.as_deref())?,
        required("gke.location", gke.location.as_deref().or(gke.region.as_deref()))?,
        name,
    ];
    Identity::new(GKE, &parts, name, gke.region.as_ref(), gke)
}

/// Azure compares these names without regard to case, and so do its own clients: nodes tell their
/// resource group in lower case.
fn aks(aks: &AksClusterParams) -> ApiResult<Identity> {
    let group = required("aks.nodeResourceGroup", aks.node_resource_group.as_deref())?;
    let subscription = required("aks.subscriptionId", aks.subscription_id.as_deref())?;
    let (folded_group, folded_subscription) = (group.to_lowercase(), subscription.to_lowercase());
    Identity::new(AKS, &[&folded_subscription, &folded_group], group, aks.region.as_ref(), aks)
}

fn kops(kops: &KopsClusterParams, id: Option<&str>) -> ApiResult<Identity> {
    let uid = kube_system("id", id)?;
    let name = kops.cluster_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&uid);
    Identity::new(KOPS, &[&uid], name, kops.region.as_ref(), kops)
}

fn openshift(openshift: &OpenshiftClusterParams, id: Option<&str>) -> ApiResult<Identity> {
    let uid = kube_system("id", id)?;
    let name = openshift.cluster_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&uid);
    Identity::new(OPENSHIFT, &[&uid], name, openshift.region.as_ref(), openshift)
}

fn anywhere(anywhere: &AnywhereClusterParams) -> ApiResult<Identity> {
    let uid = kube_system("anywhere.kubeSystemNamespaceId", Some(&anywhere.kube_system_namespace_id))?;
    let name = anywhere.cluster_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&uid);
    Identity::new(ANYWHERE, &[&uid], name, None, anywhere)
}

fn self_hosted(hosted: &SelfHostedWithEc2NodesParams) -> ApiResult<Identity> {
    refuse_role("selfHostedWithEc2Nodes.assumeRoleArn", hosted.assume_role_arn.as_deref())?;
    let name = required("selfHostedWithEc2Nodes.clusterName", hosted.cluster_name.as_deref())?;
    let parts = [
        required("selfHostedWithEc2Nodes.accountId", hosted.account_id.as_deref())?,
        required("selfHostedWithEc2Nodes.region", hosted.region.as_deref())?,
        name,
    ];
    Identity::new(SELF_HOSTED_EC2, &parts, name, hosted.region.as_ref(), hosted)
}

fn oke(oke: &OkeClusterParams) -> ApiResult<Identity> {
    let name = required("oke.clusterName", oke.cluster_name.as_deref())?;
    let parts = [required("oke.region", oke.region.as_deref())?, name];
    Identity::new(OKE, &parts, name, oke.region.as_ref(), oke)
}

fn required<'a>(field: &str, value: Option<&'a str>) -> ApiResult<&'a str> {
    value
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| ApiError::field(field, "must be set: it tells the cluster from others"))
}

/// The uid of the namespace kube-system. Agents that have none send the zero UUID.
fn kube_system(field: &str, value: Option<&str>) -> ApiResult<String> {
    let uid: Uuid = required(field, value)?
        .parse()
        .map_err(|_| ApiError::field(field, "must be a UUID: the uid of the namespace kube-system"))?;
    if uid.is_nil() {
        return Err(ApiError::field(field, "must be the uid of the namespace kube-system, not zero"));
    }
    Ok(uid.to_string())
}

/// A role is a credential; a registration, which a cluster's own key may make, gives none.
fn refuse_role(field: &str, role: Option<&str>) -> ApiResult<()> {
    match role.filter(|role| !role.is_empty()) {
        None => Ok(()),
        Some(_) => Err(ApiError::field(field, "is set by updating the cluster, not by registering it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> ApiResult<Identity> {
        Identity::read(&wire::from_json(json.as_bytes()).unwrap())
    }

    #[test]
    fn terraform_and_the_agent_mean_the_same_cluster() {
        for (terraform, agent) in [
            (
                r#"{"name":"prod","eks":{"accountId":"1","region":"r","clusterName":"c"}}"#,
                r#"{"id":"00000000-0000-0000-0000-000000000000","name":"c","gke":null,"kops":null,"aks":null,
                    "openshift":null,"anywhere":null,"self_hosted_with_ec2_nodes":null,
                    "eks":{"clusterName":"c","region":"r","accountId":"1"}}"#,
            ),
            (
                r#"{"name":"c","gke":{"projectId":"p","region":"europe-west1","location":"europe-west1-b","clusterName":"c"}}"#,
                r#"{"name":"c","gke":{"region":"europe-west1","projectId":"p","clusterName":"c","location":"europe-west1-b"}}"#,
            ),
            (
                r#"{"name":"c","aks":{"region":"westeurope","subscriptionId":"S","nodeResourceGroup":"MC_Group"}}"#,
                r#"{"name":"","aks":{"region":"westeurope","nodeResourceGroup":"mc_group","subscriptionId":"s"}}"#,
            ),
        ] {
            let (terraform, agent) = (read(terraform).unwrap(), read(agent).unwrap());
            assert_eq!(
                (terraform.provider_type, &terraform.text, &terraform.region),
                (agent.provider_type, &agent.text, &agent.region)
            );
        }
    }

    #[test]
    fn values_that_look_alike_when_joined_are_not_the_same_cluster() {
        let one = read(r#"{"oke":{"region":"a/b","clusterName":"c"}}"#).unwrap();
        let other = read(r#"{"oke":{"region":"a","clusterName":"b/c"}}"#).unwrap();
        assert_ne!(one.text, other.text);
    }

    #[test]
    fn what_identifies_no_cluster_is_refused() {
        for (request, message) in [
            (r#"{"name":"c"}"#, "exactly one of"),
            (r#"{"eks":{},"gke":{}}"#, "exactly one of"),
            (r#"{"eks":{"region":"r","clusterName":"c"}}"#, "eks.accountId"),
            (
                r#"{"eks":{"accountId":"1","region":"r","clusterName":"c","assumeRoleArn":"a"}}"#,
                "eks.assumeRoleArn",
            ),
            (r#"{"kops":{"clusterName":"c"}}"#, "id: must be set"),
            (r#"{"id":"00000000-0000-0000-0000-000000000000","kops":{}}"#, "not zero"),
            (r#"{"anywhere":{"kubeSystemNamespaceId":"x"}}"#, "must be a UUID"),
        ] {
            let error = read(request).unwrap_err();
            assert!(error.to_string().starts_with("400"), "{error}");
            assert!(error.to_string().contains(message), "{error}");
        }
    }

    #[test]
    fn a_cluster_without_a_name_is_called_by_its_identity() {
        let uid = "8f2b1f9e-6d0c-4f8e-9a4a-1c2d3e4f5a6b";
        let anywhere =
            read(&format!(r#"{{"anywhere":{{"clusterName":"","kubeSystemNamespaceId":"{uid}"}}}}"#)).unwrap();
        assert_eq!(anywhere.default_name, uid);
        assert!(!anywhere.parameters.contains_key("clusterName"));
    }
}
