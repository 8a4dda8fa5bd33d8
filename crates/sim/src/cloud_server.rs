//! The simulated cloud's API over HTTP, for a server in another process.
//!
//! It listens on loopback only and takes no key, so it refuses whatever a browser could be made to send
//! by a page of somebody else: other hosts' names, other origins, other bodies than JSON.
//!
//! | request | answer |
//! |---|---|
//! | `GET /v1/clusters` | ids |
//! | `GET /v1/clusters/{id}/served` | whether it sells machines for the cluster |
//! | `GET /v1/clusters/{id}/machines`, `…/offers` | as [`Driver`] |
//! | `POST /v1/clusters/{id}/machines` with a `CreateRequest` | a `Machine` |
//! | `POST /v1/clusters/{id}/machines/delete`, `…/describe` with a `MachineKey` | nothing; a `Machine` or null |
//! | `POST /v1/clusters/{id}/troubles` with a `Trouble` | nothing |
//! | `POST /v1/clusters/{id}/reclaims` with `{"nodeName"}` | nothing: the notice is given |
//!
//! An error is a `DriverError` as JSON, with a status that says who is to blame.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use cloud::Driver as _;
use cloud::driver::{CreateRequest, DriverError, MachineKey};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, ORIGIN};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use model::ClusterId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::sim_cloud::SimCloud;

/// Longest body that is read.
const MOST_BYTES: usize = 1 << 20;

/// Why the API cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Others could reach it.
    #[error("the simulated cloud listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The address cannot be had.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// Listens on a loopback address; port 0 takes any free one.
///
/// # Errors
/// An address that others can reach, or that cannot be had.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    if !address.ip().is_loopback() {
        return Err(ListenError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|source| ListenError::Bind { address, source })
}

/// Answers until `stop`.
pub async fn serve(listener: TcpListener, cloud: SimCloud, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = stop.cancelled() => return,
        };
        // Whoever hung up before we looked is not missed.
        let Ok((stream, _)) = accepted else { continue };
        let cloud = cloud.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let cloud = cloud.clone();
                async move { Ok::<_, Infallible>(answer(&cloud, request).await) }
            });
            // A connection that breaks is the client's to notice.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// How a request ended that was not answered well.
enum Refusal {
    /// What the driver says.
    Driver(DriverError),
    /// There is no such path.
    NoSuchPath,
    /// It is not for us to answer.
    Forbidden(&'static str),
}

impl From<DriverError> for Refusal {
    fn from(error: DriverError) -> Self {
        Self::Driver(error)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Reclaim {
    node_name: String,
}

async fn answer(cloud: &SimCloud, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, body) = match route(cloud, request).await {
        Ok(body) => (StatusCode::OK, body),
        Err(Refusal::Driver(error)) => (status_of(&error), json(&error)),
        Err(Refusal::NoSuchPath) => {
            (StatusCode::NOT_FOUND, json(&DriverError::invalid("path", "there is no such operation")))
        }
        Err(Refusal::Forbidden(why)) => {
            (StatusCode::FORBIDDEN, json(&DriverError::Auth { message: why.to_owned() }))
        }
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    response
}

async fn route(cloud: &SimCloud, request: Request<Incoming>) -> Result<Vec<u8>, Refusal> {
    refuse_strangers(&request)?;
    let (head, body) = request.into_parts();
    let path: Vec<&str> = head.uri.path().trim_matches('/').split('/').collect();
    let is_get = head.method == Method::GET;
    let (id, rest) = match path.as_slice() {
        ["v1", "clusters"] if is_get => return Ok(json(&cloud.clusters())),
        ["v1", "clusters", id, rest @ ..] => {
            let id: ClusterId = id
                .parse()
                .map_err(|_| DriverError::invalid("cluster", format_args!("{id:?} is not an id")))?;
            (id, rest)
        }
        _ => return Err(Refusal::NoSuchPath),
    };
    if is_get {
        return match rest {
            ["served"] => Ok(json(&cloud.serves(id).await?)),
            ["machines"] => Ok(json(&cloud.machines(id).await?)),
            ["offers"] => Ok(json(&cloud.offers(id).await?)),
            _ => Err(Refusal::NoSuchPath),
        };
    }
    if head.method != Method::POST {
        return Err(Refusal::NoSuchPath);
    }
    let body = Limited::new(body, MOST_BYTES).collect().await;
    let body = body.map_err(|error| DriverError::invalid("body", error))?.to_bytes();
    match rest {
        ["machines"] => {
            let asked: CreateRequest = read(&body)?;
            if asked.cluster != id {
                return Err(DriverError::invalid("cluster", "is not the one of the path").into());
            }
            Ok(json(&cloud.create(&asked).await?))
        }
        ["machines", "delete"] => Ok(json(&cloud.delete(id, &read::<MachineKey>(&body)?).await?)),
        ["machines", "describe"] => Ok(json(&cloud.describe(id, &read::<MachineKey>(&body)?).await?)),
        ["troubles"] => Ok(json(&cloud.trouble(id, read(&body)?)?)),
        ["reclaims"] => Ok(json(&cloud.reclaim(id, &read::<Reclaim>(&body)?.node_name)?)),
        _ => Err(Refusal::NoSuchPath),
    }
}

/// A name that resolves to loopback, an origin, and a body that needs no leave to be sent are how a page
/// in a browser would reach this.
fn refuse_strangers(request: &Request<Incoming>) -> Result<(), Refusal> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let host = header(HOST).and_then(|host| host.parse::<hyper::http::uri::Authority>().ok());
    let is_loopback = host.is_some_and(|host| {
        let name = host.host().trim_start_matches('[').trim_end_matches(']');
        name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    if !is_loopback || header(ORIGIN).is_some() {
        return Err(Refusal::Forbidden("ask by the loopback address, and not from a browser"));
    }
    let is_json = header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/json"));
    if request.method() == Method::POST && !is_json {
        return Err(Refusal::Forbidden("a body must be application/json"));
    }
    Ok(())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DriverError> {
    serde_json::from_slice(body).map_err(|error| DriverError::invalid("body", error))
}

/// What is answered has nothing that JSON could not say.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

const fn status_of(error: &DriverError) -> StatusCode {
    match error {
        DriverError::Invalid { .. } => StatusCode::BAD_REQUEST,
        DriverError::Auth { .. } => StatusCode::UNAUTHORIZED,
        DriverError::Quota { .. } => StatusCode::FORBIDDEN,
        DriverError::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
        DriverError::Capacity { .. } => StatusCode::CONFLICT,
        DriverError::Transient { .. } => StatusCode::BAD_GATEWAY,
    }
}
