//! The in-cluster agent's side of its protocol, as a machine without I/O: it says what to send and
//! when, and is told what came back.
//!
//! It does what the official agent was recorded doing: registers, asks for its configuration every
//! interval, sends a full snapshot when its informers have settled, then a delta each interval, empty ones
//! too; keeps what was refused; starts over on a refused continuity token or a wish to resync.
//! It does not ship its own log lines, and does not repeat a broken transfer within the interval: the
//! official agent's repetitions carry no body.

use jiff::SignedDuration;
use model::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::informer::{AGENT_VERSION, Informer};
use crate::protocol::{Purpose, Request, Response, Step};
use crate::provider::Provider;
use crate::subject::Subject;
use crate::world::Counts;

/// Commit that the version was built from, as the agent reports it.
const GIT_COMMIT: &str = "27ed37665455eca4838a4b4b0e9879913645f38e";
/// How long a process lives after a refused registration.
const DEATH_AFTER: SignedDuration = SignedDuration::from_secs(15);

/// How fast an agent goes. All of it is time on the wall, whatever the cluster's speed.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// Between two deltas, and between two questions for the configuration.
    pub interval: SignedDuration,
    /// Between the start and the first snapshot.
    pub settling: SignedDuration,
    /// Between a refused token or a wish to resync and the next snapshot.
    pub restart: SignedDuration,
}

impl Rhythm {
    /// That of the official agent, whose interval is 15 s, stretched or shortened to `interval`.
    pub fn of(interval: SignedDuration) -> Self {
        Self { interval, settling: interval * 2, restart: interval * 3 }
    }
}

/// An agent of one cluster.
#[derive(Debug)]
pub struct Agent {
    identity: serde_json::Value,
    rhythm: Rhythm,
    informer: Informer,
    state: State,
    in_flight: Option<Purpose>,
    /// What there was when the last body was written, and when the last delivered one was.
    written: Counts,
    known: Counts,
}

#[derive(Debug)]
enum State {
    /// Not registered; `refusals` in this process.
    Starting { at: Timestamp, refusals: u32 },
    /// Registered.
    Running(Running),
}

#[derive(Debug)]
struct Running {
    cluster_id: String,
    token: String,
    next_configuration: Timestamp,
    next_delta: Timestamp,
    needs_full: bool,
    delivered_full: bool,
}

impl Running {
    /// A process that knows its cluster's id and has sent nothing.
    fn begin(cluster_id: &str, rhythm: Rhythm, now: Timestamp) -> Self {
        Self {
            cluster_id: cluster_id.to_owned(),
            token: String::new(),
            next_configuration: now,
            next_delta: later(now, rhythm.settling),
            needs_full: true,
            delivered_full: false,
        }
    }
}

#[derive(Deserialize)]
struct Registered {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    #[serde(default)]
    resync: bool,
}

impl Agent {
    /// An agent of the cluster `name` that starts at `now`. `number` tells clusters of one provider
    /// apart where the name does not: in account, project and subscription.
    pub fn new(provider: Provider, name: &str, number: u64, rhythm: Rhythm, now: Timestamp) -> Self {
        Self {
            identity: registration(provider, name, number),
            rhythm,
            informer: Informer::new(),
            state: State::Starting { at: now, refusals: 0 },
            in_flight: None,
            written: Counts::default(),
            known: Counts::default(),
        }
    }

    /// An agent that was told its cluster's id and does not register, as `STATIC_CLUSTER_ID` makes the
    /// official one.
    pub fn of_cluster(provider: Provider, cluster_id: &str, rhythm: Rhythm, now: Timestamp) -> Self {
        let mut agent = Self::new(provider, "", 0, rhythm, now);
        agent.state = State::Running(Running::begin(cluster_id, rhythm, now));
        agent
    }

    /// The id that the server gave the cluster, once it has.
    pub fn cluster_id(&self) -> Option<&str> {
        match &self.state {
            State::Starting { .. } => None,
            State::Running(running) => Some(&running.cluster_id),
        }
    }

    /// Whether the server has taken a full snapshot.
    pub fn has_delivered(&self) -> bool {
        matches!(&self.state, State::Running(running) if running.delivered_full)
    }

    /// Whether [`step`](Self::step) at `now` would write the first full snapshot.
    pub fn writes_snapshot_at(&self, now: Timestamp) -> bool {
        matches!(&self.state, State::Running(running) if !running.delivered_full && running.next_delta <= now)
    }

    /// How many objects there were when the body that the server last took was written: what it should
    /// know.
    pub fn delivered_counts(&self) -> Counts {
        self.known
    }

    /// What to do at `now`. After [`Step::Send`] comes [`answer`](Self::answer).
    pub fn step(&mut self, subject: &mut Subject, now: Timestamp) -> Step {
        let (request, purpose) = match &mut self.state {
            State::Starting { at, .. } if *at > now => return Step::Wait(*at),
            State::Starting { .. } => {
                let path = "/v1/kubernetes/external-clusters".to_owned();
                (
                    json_request(Purpose::Register, path, self.identity.to_string().into_bytes()),
                    Purpose::Register,
                )
            }
            State::Running(running) => {
                let next = running.next_configuration.min(running.next_delta);
                if next > now {
                    return Step::Wait(next);
                }
                if running.next_configuration <= now {
                    running.next_configuration = later(now, self.rhythm.interval);
                    let path = format!("/v1/kubernetes/clusters/{}/agent-config", running.cluster_id);
                    let body = json!({"agentVersion": AGENT_VERSION, "gitCommit": GIT_COMMIT}).to_string();
                    (json_request(Purpose::AgentConfig, path, body.into_bytes()), Purpose::AgentConfig)
                } else {
                    running.next_delta = later(now, self.rhythm.interval);
                    let path = format!("/v1/kubernetes/clusters/{}/agent-deltas", running.cluster_id);
                    let (purpose, body) = if running.needs_full {
                        (
                            Purpose::FullSnapshot,
                            subject.full_snapshot(&mut self.informer, &running.cluster_id, now),
                        )
                    } else {
                        (Purpose::Delta, subject.delta(&mut self.informer, &running.cluster_id, now))
                    };
                    self.written = subject.counts();
                    let mut request = json_request(purpose, path, body);
                    request.headers.push(("continuity-token", running.token.clone()));
                    request.compressed = true;
                    (request, purpose)
                }
            }
        };
        self.in_flight = Some(purpose);
        Step::Send(request)
    }

    /// What came back for the last request: a response, or none because the connection broke. The error
    /// says in words what the agent would log.
    ///
    /// # Errors
    /// A refusal, a broken connection, or an answer that cannot be used.
    pub fn answer(&mut self, response: Option<Response>, now: Timestamp) -> Result<(), String> {
        let purpose = self.in_flight.take().ok_or("an answer to nothing")?;
        let response = response.ok_or_else(|| "the connection broke".to_owned());
        let result = match purpose {
            Purpose::Register => self.registered(response, now),
            Purpose::AgentConfig => self.configured(response, now),
            _ => self.delivered(response, now, purpose == Purpose::FullSnapshot),
        };
        result.map_err(|reason| format!("{purpose:?}: {reason}"))
    }

    fn registered(&mut self, response: Result<Response, String>, now: Timestamp) -> Result<(), String> {
        let registered = response.and_then(accepted).and_then(|response| {
            serde_json::from_slice::<Registered>(&response.body).map_err(|error| error.to_string())
        });
        match registered {
            Ok(Registered { id }) => {
                self.state = State::Running(Running::begin(&id, self.rhythm, now));
                Ok(())
            }
            Err(reason) => {
                // Twice at once; then the process ends, and Kubernetes starts it again.
                if let State::Starting { at, refusals } = &mut self.state {
                    *refusals += 1;
                    if refusals.is_multiple_of(2) {
                        *at = later(now, DEATH_AFTER);
                    }
                }
                Err(reason)
            }
        }
    }

    fn configured(&mut self, response: Result<Response, String>, now: Timestamp) -> Result<(), String> {
        let response = response.and_then(accepted)?;
        let configuration: Configuration =
            serde_json::from_slice(&response.body).map_err(|error| error.to_string())?;
        if let State::Running(running) = &mut self.state
            && configuration.resync
            && running.delivered_full
            && !running.needs_full
        {
            running.needs_full = true;
            running.next_delta = later(now, self.rhythm.restart);
        }
        Ok(())
    }

    fn delivered(
        &mut self,
        response: Result<Response, String>,
        now: Timestamp,
        full: bool,
    ) -> Result<(), String> {
        let State::Running(running) = &mut self.state else { return Ok(()) };
        let response = response?;
        if response.is_success() {
            // A missing header empties the token, as it does in the official agent.
            running.token = response.continuity_token.unwrap_or_default();
            running.needs_full = running.needs_full && !full;
            running.delivered_full |= full;
            self.informer.delivered();
            self.known = self.written;
            return Ok(());
        }
        if response.text().contains("invalid continuity token") {
            running.needs_full = true;
            running.next_delta = later(now, self.rhythm.restart);
        }
        accepted(response).map(drop)
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(now)
}

fn accepted(response: Response) -> Result<Response, String> {
    if response.is_success() {
        return Ok(response);
    }
    Err(format!("status {}: {}", response.status, response.text()))
}

fn json_request(purpose: Purpose, path: String, body: Vec<u8>) -> Request {
    Request {
        purpose,
        method: "POST",
        path,
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", format!("castai-agent/{AGENT_VERSION}")),
        ],
        body,
        compressed: false,
    }
}

/// The registration's body: every provider's key is there, all but one of them null.
fn registration(provider: Provider, name: &str, number: u64) -> serde_json::Value {
    let region = provider.region();
    let mut body = json!({
        "id": "00000000-0000-0000-0000-000000000000",
        "name": if provider == Provider::Aks { "" } else { name },
        "eks": null, "gke": null, "kops": null, "aks": null, "openshift": null, "anywhere": null,
        "self_hosted_with_ec2_nodes": null,
    });
    let uuid = format!("00000000-0000-4000-8000-{number:012x}");
    body[provider.as_str()] = match provider {
        Provider::Eks => {
            json!({"clusterName": name, "region": region, "accountId": format!("{:012}", 100_000_000_000 + number)})
        }
        Provider::Gke => json!({
            "region": region, "projectId": format!("project-{number}"), "clusterName": name, "location": region,
        }),
        Provider::Aks => json!({
            "region": region, "nodeResourceGroup": format!("mc_{name}_{name}_{region}"), "subscriptionId": uuid,
        }),
        Provider::Anywhere => json!({"clusterName": name, "kubeSystemNamespaceId": uuid}),
    };
    body
}
