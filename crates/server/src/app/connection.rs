//! How a cluster is doing: the one place where status and agent status come from.
//!
//! A cluster is `connecting` until its first full snapshot, then `ready`, and `archived` once it was
//! deleted. Its agent waits for its connection until that snapshot; then it is `online`, after
//! [`NON_RESPONDING_AFTER`] without a word `non-responding`, after [`DISCONNECTED_AFTER`]
//! `disconnected`. A disconnection that was asked for outweighs what is observed, until the cluster is
//! registered again.

use jiff::SignedDuration;
use model::Timestamp;
use store::{Cluster, ClusterActivity};

use super::App;

/// The agent reports every 15 seconds and tries again at the next: so many reports in a row were missed.
pub const NON_RESPONDING_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// After so long a silence nobody expects it to come back by itself.
pub const DISCONNECTED_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// The status that is stored until a cluster is deleted; whether it is ready follows from its activity.
pub const CONNECTING: &str = "connecting";
/// The status of deleted clusters, which stay readable.
pub const ARCHIVED: &str = "archived";
/// The agent status that is stored as long as nobody asked for a disconnection; what is told follows from
/// the cluster's activity.
pub const WAITING: &str = "waiting-connection";
/// The agent status while a disconnection is under way.
pub const DISCONNECTING: &str = "disconnecting";
/// The agent status after a disconnection, and after a long silence.
pub const DISCONNECTED: &str = "disconnected";
/// The agent status of a cluster in use.
pub const ONLINE: &str = "online";

/// How a cluster is doing now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// `connecting`, `ready` or `archived`.
    pub status: &'static str,
    /// `waiting-connection`, `online`, `non-responding`, `disconnecting` or `disconnected`.
    pub agent_status: &'static str,
    /// When its components were last heard of.
    pub activity: ClusterActivity,
}

/// How the cluster is doing, from what the store knows and what was noted since.
pub fn of(app: &App, cluster: &Cluster) -> Connection {
    let activity = latest(cluster.activity, app.live.activity(cluster.id));
    judge(&cluster.status, &cluster.agent_status, activity, app.clock.now())
}

/// Whether a controller has ever asked for actions: before that, a cluster is only watched (phase 1).
pub fn has_controller(connection: &Connection) -> bool {
    connection.activity.controller_seen_at.is_some()
}

fn judge(status: &str, decided: &str, activity: ClusterActivity, now: Timestamp) -> Connection {
    let heard = activity.agent_seen_at.max(activity.last_delta_at).max(activity.last_snapshot_at);
    let connected = activity.last_snapshot_at.is_some();
    let status = match (status, connected) {
        (ARCHIVED, _) => ARCHIVED,
        (_, true) => "ready",
        (_, false) => CONNECTING,
    };
    let agent_status = match (status, decided, heard) {
        (ARCHIVED, ..) | (_, DISCONNECTED, _) => DISCONNECTED,
        (_, DISCONNECTING, _) => DISCONNECTING,
        (_, _, Some(heard)) if connected => observed(now.duration_since(heard)),
        _ => WAITING,
    };
    Connection { status, agent_status, activity }
}

fn observed(silence: SignedDuration) -> &'static str {
    if silence < NON_RESPONDING_AFTER {
        ONLINE
    } else if silence < DISCONNECTED_AFTER {
        "non-responding"
    } else {
        DISCONNECTED
    }
}

fn latest(stored: ClusterActivity, noted: ClusterActivity) -> ClusterActivity {
    ClusterActivity {
        last_snapshot_at: stored.last_snapshot_at.max(noted.last_snapshot_at),
        last_delta_at: stored.last_delta_at.max(noted.last_delta_at),
        agent_seen_at: stored.agent_seen_at.max(noted.agent_seen_at),
        controller_seen_at: stored.controller_seen_at.max(noted.controller_seen_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn words(
        decided: &str,
        snapshot: Option<i64>,
        heard: Option<i64>,
        now: i64,
    ) -> (&'static str, &'static str) {
        let activity = ClusterActivity {
            last_snapshot_at: snapshot.map(at),
            agent_seen_at: heard.map(at),
            ..ClusterActivity::default()
        };
        let connection = judge(CONNECTING, decided, activity, at(now));
        (connection.status, connection.agent_status)
    }

    #[test]
    fn silence_grows_into_disconnection() {
        assert_eq!(words(WAITING, None, None, 0), ("connecting", "waiting-connection"));
        assert_eq!(words(WAITING, None, Some(0), 1), ("connecting", "waiting-connection"));
        assert_eq!(words(WAITING, Some(0), Some(0), 0), ("ready", "online"));
        assert_eq!(words(WAITING, Some(0), Some(0), 119), ("ready", "online"));
        assert_eq!(words(WAITING, Some(0), Some(0), 120), ("ready", "non-responding"));
        assert_eq!(words(WAITING, Some(0), Some(1_000), 1_010), ("ready", "online"));
        assert_eq!(words(WAITING, Some(0), Some(0), 1_799), ("ready", "non-responding"));
        assert_eq!(words(WAITING, Some(0), Some(0), 1_800), ("ready", "disconnected"));
    }

    #[test]
    fn what_was_decided_outweighs_what_is_observed() {
        assert_eq!(words(DISCONNECTING, Some(0), Some(0), 1), ("ready", "disconnecting"));
        assert_eq!(words(DISCONNECTED, Some(0), Some(0), 1), ("ready", "disconnected"));
        let archived = judge(ARCHIVED, DISCONNECTING, ClusterActivity::default(), at(0));
        assert_eq!((archived.status, archived.agent_status), ("archived", "disconnected"));
    }
}
