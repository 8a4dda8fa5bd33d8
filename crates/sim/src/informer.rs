//! From changes to deltas: what the agent's informers and collector do, as a pure function of the
//! world. The bytes are exactly the body that the agent would post, before gzip.

use std::collections::BTreeMap;
use std::io::Write as _;

use jiff::SignedDuration;
use model::Timestamp;

use crate::cluster::Cluster;
use crate::objects::{self, PodMetrics};
use crate::world::change::{Change, ChangeLog};
use crate::world::meta::{Id, Kind};

/// How often the agent asks metrics-server.
const METRICS_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// How long metrics of a pod that is gone go on being sent. The agent never forgets them while it
/// runs; here they end, so that a long simulation does not send more and more of the dead.
const METRICS_OF_DEAD: SignedDuration = SignedDuration::from_mins(10);

/// The versions that the agent writes into each delta.
pub const AGENT_VERSION: &str = "v0.123.1";

/// Collects a cluster's changes and writes them as deltas.
///
/// What was written stays until [`delivered`](Self::delivered) says that the server has it: the next
/// body after a failure holds it again, with newer states where there are.
#[derive(Clone, Debug, Default)]
pub struct Informer {
    pending: ChangeLog,
    metrics: BTreeMap<Id, Measured>,
    polled: Option<Timestamp>,
}

#[derive(Clone, Debug)]
struct Measured {
    metrics: PodMetrics,
    seen: Timestamp,
    sent: bool,
}

impl Informer {
    /// An informer that has sent nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The body of a full snapshot: every object, children before their owners.
    pub fn full_snapshot(&mut self, cluster: &mut Cluster, cluster_id: &str, now: Timestamp) -> Vec<u8> {
        cluster.take_changes();
        self.pending = ChangeLog::default();
        self.metrics.clear();
        self.measure(cluster, now);
        let mut body = Body::begin(cluster, cluster_id, true, now);
        for &(kind, id) in cluster.world().all().iter().rev() {
            for text in objects::render(cluster.world(), kind, id) {
                body.item("add", kind.as_str(), &text);
            }
        }
        body.metrics(self.metrics.values());
        body.end()
    }

    /// The body of a delta: what changed since the last delivered one, and all pod metrics, which the
    /// agent replays over and over.
    pub fn delta(&mut self, cluster: &mut Cluster, cluster_id: &str, now: Timestamp) -> Vec<u8> {
        self.pending.append(cluster.take_changes());
        let due = self.polled.is_none_or(|polled| now.duration_since(polled) >= METRICS_EVERY);
        if due {
            self.measure(cluster, now);
        }
        let mut body = Body::begin(cluster, cluster_id, false, now);
        for (kind, id, change) in self.pending.iter() {
            body.change(cluster, kind, id, change);
        }
        body.metrics(self.metrics.values());
        body.end()
    }

    /// The body of a delta without items: nothing changed and nothing is measured.
    pub fn heartbeat(provider: crate::provider::Provider, cluster_id: &str, now: Timestamp) -> Vec<u8> {
        Body::begin_for(provider, cluster_id, false, now).end()
    }

    /// The server has taken the last body.
    pub fn delivered(&mut self) {
        self.pending = ChangeLog::default();
        for measured in self.metrics.values_mut() {
            measured.sent = true;
        }
    }

    fn measure(&mut self, cluster: &Cluster, now: Timestamp) {
        self.polled = Some(now);
        for metrics in cluster.pod_metrics() {
            let pod = metrics.pod;
            let sent = self.metrics.get(&pod).is_some_and(|known| known.sent);
            self.metrics.insert(pod, Measured { metrics, seen: now, sent });
        }
        self.metrics.retain(|_, measured| now.duration_since(measured.seen) < METRICS_OF_DEAD);
    }
}

/// A delta being written.
struct Body {
    bytes: Vec<u8>,
    created: String,
    first: bool,
}

impl Body {
    fn begin(cluster: &Cluster, cluster_id: &str, full: bool, now: Timestamp) -> Self {
        Self::begin_for(cluster.provider(), cluster_id, full, now)
    }

    fn begin_for(provider: crate::provider::Provider, cluster_id: &str, full: bool, now: Timestamp) -> Self {
        let version = provider.kubelet_version().trim_start_matches('v');
        let mut bytes = Vec::with_capacity(1 << 16);
        // Writing to a vector cannot fail.
        let _ = write!(
            bytes,
            "{{\"clusterId\":\"{cluster_id}\",\"clusterVersion\":\"{version}\",\"agentVersion\":\"{AGENT_VERSION}\",\
             \"fullSnapshot\":{full},\"items\":["
        );
        Self { bytes, created: now.to_string(), first: true }
    }

    fn change(&mut self, cluster: &Cluster, kind: Kind, id: Id, change: &Change) {
        let (event, texts) = match change {
            Change::Deleted(last) => ("delete", last.clone()),
            Change::Added => ("add", objects::render(cluster.world(), kind, id)),
            Change::Updated => ("update", objects::render(cluster.world(), kind, id)),
        };
        for text in texts {
            self.item(event, kind.as_str(), &text);
        }
    }

    fn metrics<'a>(&mut self, metrics: impl Iterator<Item = &'a Measured>) {
        for measured in metrics {
            let event = if measured.sent { "update" } else { "add" };
            self.open(event, "PodMetrics");
            // A struct of strings and numbers always has a JSON form.
            let _ = serde_json::to_writer(&mut self.bytes, &measured.metrics);
            self.close();
        }
    }

    fn item(&mut self, event: &str, kind: &str, data: &str) {
        self.open(event, kind);
        self.bytes.extend_from_slice(data.as_bytes());
        self.close();
    }

    fn open(&mut self, event: &str, kind: &str) {
        if !std::mem::take(&mut self.first) {
            self.bytes.push(b',');
        }
        let _ = write!(self.bytes, "{{\"event\":\"{event}\",\"kind\":\"{kind}\",\"data\":");
    }

    fn close(&mut self) {
        let _ = write!(self.bytes, ",\"createdAt\":\"{}\"}}", self.created);
    }

    fn end(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(b"],\"continuityToken\":\"\"}\n");
        self.bytes
    }
}
