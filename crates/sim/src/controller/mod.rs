//! The in-cluster controller's side of its protocol, as a machine without I/O: it polls, carries out what it
//! is given, and acknowledges.
//!
//! As the official one was recorded: an action that runs is ignored when it is offered again; after its
//! acknowledgement for three more polls; an acknowledgement is tried four times and then forgotten. It
//! ships no logs and metrics.

mod action;
mod charts;
mod execute;
mod nodes;
mod objects;

use std::collections::{BTreeMap, VecDeque};

use jiff::SignedDuration;
use model::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::protocol::{Purpose, Request, Response, Step};
use action::Action;
use charts::Charts;
use execute::{Execution, Outcome};

/// The official controller's name and version.
const USER_AGENT: &str = "castai-cluster-controller/v0.62.1";
/// What it says of an action that it cannot read.
const UNKNOWN: &str =
    "invalid action, check action data or if cluster controller version supports this action type";
/// Between two polls.
const POLL_PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// Between two tries of an acknowledgement.
const ACK_PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// Tries of an acknowledgement.
const ACK_TRIES: u32 = 4;
/// Non-empty polls for which an acknowledged action is ignored.
const IGNORED_POLLS: u32 = 3;
/// How often actions that run are looked at.
const TICK: SignedDuration = SignedDuration::from_millis(250);

/// A controller of one cluster.
#[derive(Debug)]
pub struct Controller {
    cluster_id: String,
    running: Vec<Execution>,
    acknowledgements: VecDeque<Acknowledgement>,
    acknowledged: BTreeMap<String, u32>,
    charts: Charts,
    next_poll: Timestamp,
    in_flight: Option<InFlight>,
    disconnected: bool,
    /// Actions that ended well, and badly.
    ended: (u64, u64),
}

#[derive(Debug)]
struct Acknowledgement {
    id: String,
    error: Option<String>,
    tries: u32,
    due: Timestamp,
}

#[derive(Debug)]
enum InFlight {
    Poll,
    Acknowledge(Acknowledgement),
}

#[derive(Deserialize)]
struct Polled {
    #[serde(default)]
    items: Option<Vec<Value>>,
}

impl Controller {
    /// A controller that becomes leader at `now`.
    pub fn new(cluster_id: &str, now: Timestamp) -> Self {
        Self {
            cluster_id: cluster_id.to_owned(),
            running: Vec::new(),
            acknowledgements: VecDeque::new(),
            acknowledged: BTreeMap::new(),
            charts: Charts::default(),
            next_poll: later(now, POLL_PAUSE),
            in_flight: None,
            disconnected: false,
            ended: (0, 0),
        }
    }

    /// Whether it took itself away, as it was told.
    pub fn is_disconnected(&self) -> bool {
        self.disconnected && self.acknowledgements.is_empty() && self.in_flight.is_none()
    }

    /// How many actions ended well, and how many with an error.
    pub fn ended(&self) -> (u64, u64) {
        self.ended
    }

    /// What to do at `now`: actions that run go on, then an acknowledgement or a poll is due. After
    /// [`Step::Send`] comes [`answer`](Self::answer). A poll may be held by the server; use
    /// [`work`](Self::work) meanwhile.
    pub fn step(&mut self, cluster: &mut Cluster, now: Timestamp) -> Step {
        self.work(cluster, now);
        if self.in_flight.is_some() {
            return Step::Wait(later(now, TICK));
        }
        if let Some(index) = self.acknowledgements.iter().position(|ack| ack.due <= now)
            && let Some(ack) = self.acknowledgements.remove(index)
        {
            let request = self.acknowledgement(&ack);
            self.in_flight = Some(InFlight::Acknowledge(ack));
            return Step::Send(request);
        }
        if self.next_poll <= now && !self.disconnected {
            self.in_flight = Some(InFlight::Poll);
            return Step::Send(self.poll(cluster.provider().minor_version()));
        }
        let busy = !self.running.is_empty() || !self.acknowledgements.is_empty();
        Step::Wait(if busy { self.next_poll.min(later(now, TICK)) } else { self.next_poll })
    }

    /// Lets the cluster live until `now`, and running actions go on.
    pub fn work(&mut self, cluster: &mut Cluster, now: Timestamp) {
        cluster.advance(now);
        let mut running = std::mem::take(&mut self.running);
        running.retain_mut(|execution| {
            let Some(outcome) = execution.go_on(cluster, &mut self.charts) else { return true };
            self.disconnected |= execution.disconnects();
            self.end(execution.id.clone(), outcome, now);
            false
        });
        self.running = running;
    }

    /// Whether a poll is on its way or held.
    pub fn is_polling(&self) -> bool {
        matches!(self.in_flight, Some(InFlight::Poll))
    }

    /// What came back for the last request: a response, or none because the connection broke.
    ///
    /// # Errors
    /// A refused or broken poll, or an acknowledgement that was given up.
    pub fn answer(
        &mut self,
        response: Option<Response>,
        cluster: &mut Cluster,
        now: Timestamp,
    ) -> Result<(), String> {
        match self.in_flight.take() {
            None => Err("an answer to nothing".to_owned()),
            Some(InFlight::Poll) => self.polled(response, cluster, now),
            Some(InFlight::Acknowledge(ack)) => self.was_acknowledged(ack, response, now),
        }
    }

    fn polled(
        &mut self,
        response: Option<Response>,
        cluster: &mut Cluster,
        now: Timestamp,
    ) -> Result<(), String> {
        self.next_poll = later(now, POLL_PAUSE);
        let response = response.ok_or("Poll: the connection broke")?;
        if !response.is_success() {
            return Err(format!("Poll: status {}: {}", response.status, response.text()));
        }
        let polled: Polled =
            serde_json::from_slice(&response.body).map_err(|error| format!("Poll: {error}"))?;
        let items = polled.items.unwrap_or_default();
        if items.is_empty() {
            return Ok(());
        }
        let offered_again = std::mem::take(&mut self.acknowledged);
        for item in items {
            let Some(id) = item["id"].as_str().map(str::to_owned) else { continue };
            if let Some(&polls) = offered_again.get(&id)
                && polls < IGNORED_POLLS
            {
                self.acknowledged.insert(id, polls + 1);
                continue;
            }
            let is_known = self.running.iter().any(|execution| execution.id == id)
                || self.acknowledgements.iter().any(|ack| ack.id == id);
            if is_known {
                continue;
            }
            let action = serde_json::from_value::<Action>(item).ok();
            let created = action.as_ref().map(|action| (action.id.clone(), action.created_at));
            match created.zip(action.and_then(Action::payload)) {
                Some(((id, created), payload)) => {
                    self.running.push(Execution::new(id, created, payload, cluster))
                }
                None => self.end(id, Err(UNKNOWN.to_owned()), now),
            }
        }
        self.work(cluster, now);
        Ok(())
    }

    fn end(&mut self, id: String, outcome: Outcome, now: Timestamp) {
        match &outcome {
            Ok(()) => self.ended.0 += 1,
            Err(_) => self.ended.1 += 1,
        }
        self.acknowledgements.push_back(Acknowledgement { id, error: outcome.err(), tries: 0, due: now });
    }

    fn was_acknowledged(
        &mut self,
        mut ack: Acknowledgement,
        response: Option<Response>,
        now: Timestamp,
    ) -> Result<(), String> {
        if response.as_ref().is_some_and(Response::is_success) {
            self.acknowledged.insert(ack.id, 0);
            return Ok(());
        }
        ack.tries += 1;
        if ack.tries < ACK_TRIES {
            ack.due = later(now, ACK_PAUSE);
            self.acknowledgements.push_back(ack);
            return Ok(());
        }
        let reason = response
            .map_or_else(|| "the connection broke".to_owned(), |response| response.status.to_string());
        Err(format!("Acknowledge: given up for action {}: {reason}", ack.id))
    }

    fn poll(&self, version: &str) -> Request {
        Request {
            purpose: Purpose::Poll,
            method: "GET",
            path: format!("/v1/kubernetes/clusters/{}/actions", self.cluster_id),
            headers: vec![("user-agent", USER_AGENT.to_owned()), ("x-k8s-version", version.to_owned())],
            body: Vec::new(),
            compressed: false,
        }
    }

    fn acknowledgement(&self, ack: &Acknowledgement) -> Request {
        Request {
            purpose: Purpose::Acknowledge,
            method: "POST",
            path: format!("/v1/kubernetes/clusters/{}/actions/{}/ack", self.cluster_id, ack.id),
            headers: vec![
                ("user-agent", USER_AGENT.to_owned()),
                ("content-type", "application/json".to_owned()),
            ],
            body: json!({"error": ack.error}).to_string().into_bytes(),
            compressed: false,
        }
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(now)
}
