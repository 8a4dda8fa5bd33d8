//! The spot handler's side of its protocol, as a machine without I/O: it passes notices on, and marks the
//! nodes of machines that are taken back.
//!
//! As the official one: a notice that the server refuses is sent again at the next look, and only one
//! that was accepted marks its node. It runs on every spot node; here one stands for all of them.

use std::collections::VecDeque;

use jiff::SignedDuration;
use model::Timestamp;
use serde_json::json;

use crate::cluster::Cluster;
use crate::cluster::notices::{Notice, NoticeKind};
use crate::protocol::{Purpose, Request, Response, Step};

/// Between two looks at the machines' metadata.
const LOOK_PAUSE: SignedDuration = SignedDuration::from_secs(1);

/// The spot handlers of one cluster.
#[derive(Debug)]
pub struct SpotHandler {
    cluster_id: String,
    waiting: VecDeque<Notice>,
    next: Timestamp,
    in_flight: Option<Notice>,
}

impl SpotHandler {
    /// Handlers that begin to look at `now`.
    pub fn new(cluster_id: &str, now: Timestamp) -> Self {
        Self { cluster_id: cluster_id.to_owned(), waiting: VecDeque::new(), next: now, in_flight: None }
    }

    /// What to do at `now`. After [`Step::Send`] comes [`answer`](Self::answer).
    pub fn step(&mut self, cluster: &mut Cluster, now: Timestamp) -> Step {
        if self.next > now {
            return Step::Wait(self.next);
        }
        cluster.advance(now);
        self.waiting.extend(cluster.take_notices());
        // A machine that is gone says nothing any more.
        self.waiting.retain(|notice| cluster.world().nodes.contains_key(&notice.node));
        let Some(notice) = self.waiting.pop_front() else {
            self.next = later(now);
            return Step::Wait(self.next);
        };
        let request = self.event(&notice);
        self.in_flight = Some(notice);
        Step::Send(request)
    }

    /// What came back for the last request: a response, or how the connection broke.
    ///
    /// # Errors
    /// A refusal or a broken connection; the notice will be sent again.
    pub fn answer(
        &mut self,
        response: Result<Response, String>,
        cluster: &mut Cluster,
        now: Timestamp,
    ) -> Result<(), String> {
        let notice = self.in_flight.take().ok_or("an answer to nothing")?;
        let refusal = match response {
            Ok(response) if response.is_success() => {
                if notice.kind == NoticeKind::Interrupted {
                    cluster.mark_interrupted(notice.node);
                }
                return Ok(());
            }
            Ok(response) => format!("status {}: {}", response.status, response.text()),
            Err(reason) => reason,
        };
        self.waiting.push_back(notice);
        self.next = later(now);
        Err(format!("CloudEvent: {refusal}"))
    }

    fn event(&self, notice: &Notice) -> Request {
        let event_type = match notice.kind {
            NoticeKind::Interrupted => "interrupted",
            NoticeKind::RebalanceRecommendation => "rebalanceRecommendation",
        };
        let body = json!({
            "event_type": event_type, "node_id": notice.node_id, "provider_id": notice.provider_id,
        });
        Request {
            purpose: Purpose::CloudEvent,
            method: "POST",
            path: format!("/v1/kubernetes/external-clusters/{}/events", self.cluster_id),
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.to_string().into_bytes(),
            compressed: false,
        }
    }
}

fn later(now: Timestamp) -> Timestamp {
    now.saturating_add(LOOK_PAUSE).unwrap_or(now)
}
