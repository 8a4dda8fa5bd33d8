//! Sends what the protocol machines want to a server, by the wall's clock.

mod members;

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use rustls_pki_types::pem::PemObject as _;
use tokio::sync::Semaphore;

use crate::protocol::{Purpose, Request, Response};

pub use members::{Ended, Member, Shared, lock, run};

/// Bytes of a compressed body that are sent at a time.
const CHUNK: usize = 16 * 1_024;
/// First snapshots that are written and sent at the same time.
const SNAPSHOTS_AT_ONCE: usize = 4;
/// Longest time for a request, but for held polls.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest time for a poll.
const POLL_TIMEOUT: Duration = Duration::from_secs(300);

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
