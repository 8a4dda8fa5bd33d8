//! The only I/O of this crate: sends what the protocol machines want to a server, by the wall's clock.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use model::{Clock, Timestamp};
use rustls_pki_types::pem::PemObject as _;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::controller::Controller;
use crate::protocol::{Purpose, Request, Response, Step};
use crate::subject::Subject;
use crate::world::Counts;

/// Bytes of a compressed body that are sent at a time.
const CHUNK: usize = 16 * 1_024;
/// First snapshots that are written and sent at the same time.
const SNAPSHOTS_AT_ONCE: usize = 4;
/// Longest time for a request, but for held polls.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest time for a poll.
const POLL_TIMEOUT: Duration = Duration::from_secs(300);
/// How often a controller looks at its running actions while its poll is held.
const WORK_EVERY: Duration = Duration::from_millis(250);

/// Why a server cannot be talked to at all.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The URL is not one.
    #[error("the server's URL {url:?} is not usable")]
    Url {
        /// What was given.
        url: String,
    },
    /// https without a certificate authority to trust.
    #[error("https needs the file of a certificate authority to trust")]
    NoAuthority,
    /// The file holds no usable certificates.
    #[error("the certificate authority's file holds no usable certificate")]
    Authority,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The key has characters that no header can hold.
    #[error("the key has characters that no header can hold")]
    Key,
}

/// A server, with the key to speak to it.
#[derive(Clone, Debug)]
pub struct Server {
    base: String,
    key: hyper::header::HeaderValue,
    client: Client<HttpsConnector<HttpConnector>, Payload>,
    /// First snapshots under way: large, and not to be held by a thousand clusters at once.
    snapshots: Arc<Semaphore>,
}

impl Server {
    /// The server at `url` (`http://…` or `https://…`), spoken to with `key`. For https `authority` is the
    /// PEM text of the certificate authorities to trust.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub fn new(url: &str, key: &str, authority: Option<&[u8]>) -> Result<Self, ServerError> {
        let base = url.trim_end_matches('/').to_owned();
        let parsed: hyper::Uri = base.parse().map_err(|_| ServerError::Url { url: base.clone() })?;
        let is_secure = match parsed.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(ServerError::Url { url: base }),
        };
        if is_secure && authority.is_none() {
            return Err(ServerError::NoAuthority);
        }
        let mut roots = rustls::RootCertStore::empty();
        for certificate in rustls_pki_types::CertificateDer::pem_slice_iter(authority.unwrap_or_default()) {
            let certificate = certificate.map_err(|_| ServerError::Authority)?;
            roots.add(certificate).map_err(|_| ServerError::Authority)?;
        }
        if is_secure && roots.is_empty() {
            return Err(ServerError::Authority);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(ServerError::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let mut key = hyper::header::HeaderValue::from_str(key).map_err(|_| ServerError::Key)?;
        key.set_sensitive(true);
        Ok(Self { base, key, client, snapshots: Arc::new(Semaphore::new(SNAPSHOTS_AT_ONCE)) })
    }

    /// Sends a request. The error says how the connection broke.
    async fn send(&self, request: Request) -> Result<Response, String> {
        let limit = if request.purpose == Purpose::Poll { POLL_TIMEOUT } else { REQUEST_TIMEOUT };
        match tokio::time::timeout(limit, self.exchange(request)).await {
            Ok(result) => result,
            Err(_) => Err(format!("no answer within {} s", limit.as_secs())),
        }
    }

    async fn exchange(&self, request: Request) -> Result<Response, String> {
        let mut builder = hyper::Request::builder()
            .method(request.method)
            .uri(format!("{}{}", self.base, request.path))
            .header("x-api-key", self.key.clone());
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let payload = if request.compressed {
            builder = builder.header("content-encoding", "gzip");
            Payload::compressed(request.body).await?
        } else {
            Payload::plain(request.body)
        };
        let request = builder.body(payload).map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| in_full(&error))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| in_full(&error))?.to_bytes();
        let token = head.headers.get("continuity-token").and_then(|token| token.to_str().ok());
        Ok(Response {
            status: head.status.as_u16(),
            continuity_token: token.map(str::to_owned),
            body: body.to_vec(),
        })
    }
}

/// An error with its causes.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// A request's body: whole with its length, or in chunks without, as the agent sends deltas.
#[derive(Debug)]
struct Payload {
    chunks: VecDeque<Bytes>,
    length: Option<u64>,
}

impl Payload {
    fn plain(body: Vec<u8>) -> Self {
        let length = Some(body.len() as u64);
        Self { chunks: VecDeque::from([Bytes::from(body)]), length }
    }

    async fn compressed(body: Vec<u8>) -> Result<Self, String> {
        let compress = move || -> std::io::Result<Vec<u8>> {
            let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
            encoder.write_all(&body)?;
            encoder.finish()
        };
        let compressed = tokio::task::spawn_blocking(compress).await.map_err(|error| error.to_string())?;
        let mut rest = Bytes::from(compressed.map_err(|error| error.to_string())?);
        let mut chunks = VecDeque::new();
        while !rest.is_empty() {
            chunks.push_back(rest.split_to(rest.len().min(CHUNK)));
        }
        Ok(Self { chunks, length: None })
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.chunks.pop_front().map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.length == Some(0) || self.chunks.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// What was sent and how it went, by purpose.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<Purpose, Outcomes>>);

/// How the requests of one purpose went.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    /// Requests that were answered with success.
    pub succeeded: u64,
    /// Requests that were refused, or whose connection broke.
    pub failed: u64,
    /// The last failure, in words.
    pub last_failure: Option<String>,
    /// Time of each answer, in microseconds.
    pub microseconds: Vec<u32>,
}

impl Outcomes {
    /// The time within which `permille` of a thousand answers came, in milliseconds.
    pub fn milliseconds_at(&self, permille: usize) -> f64 {
        let mut sorted = self.microseconds.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * permille / 1_000).min(sorted.len().saturating_sub(1));
        sorted.get(index).map_or(0.0, |&time| f64::from(time) / 1_000.0)
    }
}

impl Tally {
    /// The outcomes so far.
    pub fn outcomes(&self) -> BTreeMap<Purpose, Outcomes> {
        lock(&self.0).clone()
    }

    fn count(&self, purpose: Purpose, took: Duration, result: &Result<(), String>) {
        let mut outcomes = lock(&self.0);
        let outcomes = outcomes.entry(purpose).or_default();
        outcomes.microseconds.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        match result {
            Ok(()) => outcomes.succeeded += 1,
            Err(reason) => {
                outcomes.failed += 1;
                outcomes.last_failure = Some(reason.clone());
            }
        }
    }
}

/// A cluster that its clients share: the agent watches it, the controller changes it, and somebody may set
/// its speed.
pub type Shared = Arc<Mutex<Subject>>;

/// The lock of something that is whole whenever it is free.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One cluster and what speaks for it.
#[derive(Debug)]
pub struct Member {
    /// The cluster.
    pub subject: Shared,
    /// Its agent.
    pub agent: Agent,
    /// Whether a controller polls for it, too. A cluster that stands still has none.
    pub controlled: bool,
}

/// What became of a member.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The cluster's id, if it was registered.
    pub cluster_id: Option<String>,
    /// Whether a full snapshot was taken by the server.
    pub delivered: bool,
    /// How many objects the server should know.
    pub counts: Counts,
    /// The last failure after which nothing of its purpose succeeded.
    pub failures: Vec<String>,
    /// Actions that ended well, and with an error.
    pub actions: (u64, u64),
}

impl Ended {
    /// A member that nothing more is known of.
    fn broken(reason: String) -> Self {
        let counts = Counts::default();
        Self { cluster_id: None, delivered: false, counts, failures: vec![reason], actions: (0, 0) }
    }
}

/// Speaks for `member` until `stop`: what is under way is finished, held polls are dropped.
pub async fn run(
    server: Server,
    member: Member,
    clock: Arc<dyn Clock>,
    tally: Arc<Tally>,
    stop: CancellationToken,
) -> Ended {
    let Member { subject, mut agent, controlled } = member;
    let mut standing: BTreeMap<Purpose, String> = BTreeMap::new();
    let mut controller = None;
    loop {
        let _permit = if agent.writes_snapshot_at(clock.now()) {
            tokio::select! {
                permit = server.snapshots.clone().acquire_owned() => permit.ok(),
                () = stop.cancelled() => break,
            }
        } else {
            None
        };
        // A snapshot takes long to write: not on a thread that others wait for.
        let (writer, now) = (subject.clone(), clock.now());
        let written = tokio::task::spawn_blocking(move || {
            let step = agent.step(&mut lock(&writer), now);
            (agent, step)
        });
        let step = match written.await {
            Ok((returned, step)) => {
                agent = returned;
                step
            }
            Err(error) => return Ended::broken(format!("the agent broke: {error}")),
        };
        match step {
            Step::Wait(until) => {
                if !wait(until, &*clock, &stop).await {
                    break;
                }
            }
            Step::Send(request) => {
                let (purpose, began) = (request.purpose, Instant::now());
                let response = server.send(request).await;
                let broken = response.as_ref().err().cloned();
                let result = agent.answer(response.ok(), clock.now());
                let result =
                    result.map_err(|reason| broken.map_or(reason.clone(), |why| format!("{reason}: {why}")));
                tally.count(purpose, began.elapsed(), &result);
                match result {
                    Ok(()) => standing.remove(&purpose),
                    Err(reason) => standing.insert(purpose, reason),
                };
            }
        }
        if controlled
            && controller.is_none()
            && let Some(id) = agent.cluster_id()
        {
            let machine = Controller::new(id, clock.now());
            controller = Some(tokio::spawn(control(
                server.clone(),
                machine,
                subject.clone(),
                clock.clone(),
                tally.clone(),
                stop.clone(),
            )));
        }
        if stop.is_cancelled() {
            break;
        }
    }
    let mut failures: Vec<String> = standing.into_values().collect();
    let mut actions = (0, 0);
    if let Some(controller) = controller {
        match controller.await {
            Ok((ended, failed)) => {
                actions = ended;
                failures.extend(failed);
            }
            Err(error) => failures.push(format!("the controller ended: {error}")),
        }
    }
    Ended {
        cluster_id: agent.cluster_id().map(str::to_owned),
        delivered: agent.has_delivered(),
        counts: agent.delivered_counts(),
        failures,
        actions,
    }
}

/// Polls and acts until `stop`, or until it is told to go.
async fn control(
    server: Server,
    mut controller: Controller,
    subject: Shared,
    clock: Arc<dyn Clock>,
    tally: Arc<Tally>,
    stop: CancellationToken,
) -> ((u64, u64), Vec<String>) {
    let mut standing: BTreeMap<Purpose, String> = BTreeMap::new();
    let mut given_up = Vec::new();
    while !stop.is_cancelled() && !controller.is_disconnected() {
        let step = match lock(&subject).cluster_mut() {
            Some(cluster) => controller.step(cluster, clock.now()),
            None => break,
        };
        let request = match step {
            Step::Wait(until) => {
                wait(until, &*clock, &stop).await;
                continue;
            }
            Step::Send(request) => request,
        };
        let (purpose, began) = (request.purpose, Instant::now());
        let Some(response) = held(&server, request, &mut controller, &subject, &*clock, &stop).await else {
            break;
        };
        let broken = response.as_ref().err().cloned();
        let result = match lock(&subject).cluster_mut() {
            Some(cluster) => controller.answer(response.ok(), cluster, clock.now()),
            None => break,
        };
        let result = result.map_err(|reason| broken.map_or(reason.clone(), |why| format!("{reason}: {why}")));
        tally.count(purpose, began.elapsed(), &result);
        match (purpose, result) {
            (Purpose::Acknowledge, Err(reason)) => given_up.push(reason),
            (purpose, Err(reason)) => {
                standing.insert(purpose, reason);
            }
            (purpose, Ok(())) => {
                standing.remove(&purpose);
            }
        }
    }
    given_up.extend(standing.into_values());
    (controller.ended(), given_up)
}

/// Sends a request of the controller's; while the server holds it, running actions go on. None when it
/// was a poll and there is no more time.
async fn held(
    server: &Server,
    request: Request,
    controller: &mut Controller,
    subject: &Shared,
    clock: &dyn Clock,
    stop: &CancellationToken,
) -> Option<Result<Response, String>> {
    let sending = server.send(request);
    tokio::pin!(sending);
    loop {
        tokio::select! {
            response = &mut sending => return Some(response),
            () = stop.cancelled(), if controller.is_polling() => return None,
            () = tokio::time::sleep(WORK_EVERY) => {
                if let Some(cluster) = lock(subject).cluster_mut() {
                    controller.work(cluster, clock.now());
                }
            }
        }
    }
}

/// Waits for `until`. False when it is time to stop.
async fn wait(until: Timestamp, clock: &dyn Clock, stop: &CancellationToken) -> bool {
    let left = Duration::try_from(until.duration_since(clock.now())).unwrap_or_default();
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(left) => true,
    }
}
