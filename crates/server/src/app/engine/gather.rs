//! What a plan for a connected cluster is made from, all of one moment; or why there can be none yet.

use std::fmt;
use std::sync::Arc;

use cluster::ClusterState;
use jiff::SignedDuration;
use model::{Node, Timestamp};
use planner::PlanningInput;
use store::Cluster;

use crate::app::planning::{Facts, Pools, settings};
use crate::app::{App, connection, node_templates, policies, prices};
use crate::http::error::ApiResult;

/// A picture older than this is not planned on: the agent reports every 15 seconds.
pub const OLDEST_PICTURE: SignedDuration = SignedDuration::from_mins(2);

/// A cluster at one moment, and what is to be known for planning it.
pub struct Gathered {
    /// What the planner is asked with.
    pub input: PlanningInput,
    /// When the agent was last heard of.
    pub heard_at: Timestamp,
}

/// Why there can be no plan yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Nothing was ever received of the cluster.
    FirstSnapshot,
    /// The agent has been silent for too long.
    News {
        /// Since when.
        heard_at: Timestamp,
        /// For how long.
        silence: SignedDuration,
    },
    /// There is nothing to plan.
    Nodes,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstSnapshot => f.write_str("waiting for the agent's first full snapshot of the cluster"),
            Self::News { heard_at, silence } => write!(
                f,
                "waiting for the agent: it was last heard of at {heard_at}, {} seconds ago, and plans are made on \
                 pictures of at most {} seconds",
                silence.as_secs(),
                OLDEST_PICTURE.as_secs()
            ),
            Self::Nodes => f.write_str("waiting for nodes: the cluster has none"),
        }
    }
}

/// Gathers it.
///
/// # Errors
/// What the store met.
pub async fn gather(app: &App, cluster: &Cluster) -> ApiResult<Result<Gathered, Waiting>> {
    let now = app.clock.now();
    let connection = connection::of(app, cluster);
    let heard = connection.activity.last_delta_at.max(connection.activity.agent_seen_at);
    let Some(heard_at) = heard.filter(|_| connection.activity.last_snapshot_at.is_some()) else {
        return Ok(Err(Waiting::FirstSnapshot));
    };
    let silence = now.duration_since(heard_at);
    if silence > OLDEST_PICTURE {
        return Ok(Err(Waiting::News { heard_at, silence }));
    }
    let prices = prices::book(app, cluster.organization_id).await?;
    let documents = node_templates::documents(app, cluster).await?;
    let blacklist = app.store.blacklist(cluster.organization_id, Some(cluster.id), now).await?;
    let settings = policies::of_cluster(app, cluster).await?;
    let input = |state: &ClusterState| {
        let nodes: Vec<Arc<Node>> = state.nodes().cloned().collect();
        let home = nodes.iter().find(|node| !node.region.is_empty())?;
        let market = settings::Market { provider: home.provider, region: &home.region, prices: &prices };
        let templates = settings::templates(&documents, &blacklist, market);
        let of_nodes = settings::of_nodes(&nodes, &templates);
        let facts = Facts {
            state,
            policies: settings::policies(&settings, &nodes),
            nodes,
            prices: &prices,
            pools: Pools { templates, of_nodes },
            commitments: Vec::new(),
            now,
        };
        Some(facts.planning_input())
    };
    let input = app.live.read(app, cluster.organization_id, cluster.id, input).await?.flatten();
    Ok(input.map(|input| Gathered { input, heard_at }).ok_or(Waiting::Nodes))
}
