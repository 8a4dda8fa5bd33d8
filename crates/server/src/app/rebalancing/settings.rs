//! What the server can do with a cluster, and what it found in it.

use model::ClusterId;

use crate::app::node_templates::Template;
use crate::app::{App, clusters};
use crate::auth::principal::Principal;
use crate::http::error::ApiResult;

/// The label of nodes that belong to Karpenter.
const KARPENTER: &str = "karpenter.sh/nodepool";

/// What there is to say of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The agent's version; `None` before its first snapshot.
    pub agent_version: Option<String>,
    /// Nodes with ARM processors are bought for pods that ask for nothing else.
    pub arm64_supported: bool,
    /// Nodes are bought by the default node template.
    pub default_template_enabled: bool,
    /// Nodes in the cluster belong to Karpenter.
    pub karpenter_installed: bool,
}

/// Looks at the cluster and its default node template.
///
/// # Errors
/// 404.
pub async fn get(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<Settings> {
    let cluster = clusters::get(app, principal, id).await?;
    let template = Template::default_of(app, &cluster).await?.document;
    let constraints = template.constraints.unwrap_or_default();
    let found = app.live.read(app, cluster.organization_id, id, |state| {
        let karpenter = state.nodes().any(|node| node.labels.get(KARPENTER).is_some());
        (state.agent_version().to_owned(), karpenter)
    });
    let (agent_version, karpenter_installed) = found.await?.unwrap_or_default();
    Ok(Settings {
        agent_version: Some(agent_version).filter(|version| !version.is_empty()),
        arm64_supported: constraints.architectures.iter().flatten().any(|one| one == "arm64"),
        default_template_enabled: template.is_enabled != Some(false),
        karpenter_installed,
    })
}
