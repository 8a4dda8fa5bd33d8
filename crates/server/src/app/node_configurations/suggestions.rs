//! What a new configuration could name, as far as that is known here: what the cluster's other
//! configurations name, and where its nodes say they are. No cloud is asked.

use std::collections::BTreeSet;

use model::{ClusterId, Labels};

use super::{list, settings};
use crate::app::App;
use crate::auth::principal::Principal;
use crate::http::error::ApiResult;

/// Names as their provider writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// ARNs of instance profiles.
    pub instance_profiles: BTreeSet<String>,
    /// Ids of security groups.
    pub security_groups: BTreeSet<String>,
    /// Ids of subnets.
    pub subnets: BTreeSet<String>,
}

/// What is known for the cluster.
///
/// # Errors
/// 404.
pub async fn suggest(app: &App, principal: &Principal, cluster: ClusterId) -> ApiResult<Suggestions> {
    let mut found = Suggestions::default();
    for configuration in list(app, principal, cluster).await? {
        let settings = settings(&configuration)?;
        found.subnets.extend(settings.subnets.into_iter().flatten());
        let eks = settings.eks.map(|eks| (eks.instance_profile_arn, eks.security_groups));
        let ec2 =
            settings.self_hosted_with_ec2_nodes.map(|ec2| (ec2.instance_profile_arn, ec2.security_groups));
        for (profile, groups) in eks.into_iter().chain(ec2) {
            found.instance_profiles.insert(profile);
            found.security_groups.extend(groups.into_iter().flatten());
        }
    }
    let of_nodes = app.live.read(app, principal.organization, cluster, |state| {
        state.nodes().filter_map(|node| azure_subnet(&node.labels)).collect::<BTreeSet<_>>()
    });
    found.subnets.extend(of_nodes.await?.unwrap_or_default());
    Ok(found)
}

/// The resource id of the subnet that an AKS node says it is in. Nodes of other providers say no such
/// thing.
fn azure_subnet(labels: &Labels) -> Option<String> {
    let label = |name: &str| labels.get(&format!("kubernetes.azure.com/network-{name}"));
    Some(format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/virtualNetworks/{}/subnets/{}",
        label("subscription")?,
        label("resourcegroup")?,
        label("name")?,
        label("subnet")?
    ))
}
