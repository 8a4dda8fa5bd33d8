//! A driver that asks a simulated cloud in another process; see [`cloud_server`](crate::cloud_server).
//!
//! It keeps nothing: whatever is known of a machine is with the cloud, and a new client of the same cloud
//! sees the same machines.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use cloud::Driver;
use cloud::driver::{Answer, CreateRequest, DriverError, Machine, MachineKey, ZoneOffer};
use http_body_util::{BodyExt as _, Full};
use hyper::Method;
use hyper::header::CONTENT_TYPE;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use model::ClusterId;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest time for a call.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a URL is not one of a simulated cloud.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{url:?} is not a simulated cloud's URL: it must be http, a loopback address and a port, such as http://127.0.0.1:9090"
)]
pub struct UrlError {
    url: String,
}

/// A simulated cloud in another process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SimDriver {
    base: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl SimDriver {
    /// The cloud at `url`. Nothing is sent yet.
    ///
    /// # Errors
    /// A URL that is not plain HTTP on a loopback address.
    pub fn new(url: &str) -> Result<Self, UrlError> {
        let wrong = || UrlError { url: url.to_owned() };
        let base = url.trim_end_matches('/').to_owned();
        let parsed: hyper::Uri = base.parse().map_err(|_| wrong())?;
        let host = parsed.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let is_bare = parsed.path().trim_matches('/').is_empty() && parsed.query().is_none();
        if parsed.scheme_str() != Some("http") || !is_loopback || !is_bare {
            return Err(wrong());
        }
        Ok(Self { base, client: Client::builder(TokioExecutor::new()).build_http() })
    }

    /// Where the cloud is.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// The clusters that it knows.
    ///
    /// # Errors
    /// What the call met.
    pub async fn clusters(&self) -> Result<Vec<ClusterId>, DriverError> {
        self.call(Method::GET, "/v1/clusters".to_owned(), Vec::new()).await
    }

    async fn get<T: DeserializeOwned>(&self, cluster: ClusterId, what: &str) -> Result<T, DriverError> {
        self.call(Method::GET, format!("/v1/clusters/{cluster}/{what}"), Vec::new()).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        cluster: ClusterId,
        what: &str,
        body: &impl Serialize,
    ) -> Result<T, DriverError> {
        let body = serde_json::to_vec(body).map_err(|error| DriverError::invalid("body", error))?;
        self.call(Method::POST, format!("/v1/clusters/{cluster}/{what}"), body).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: String,
        body: Vec<u8>,
    ) -> Result<T, DriverError> {
        let request = hyper::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| DriverError::invalid("path", error))?;
        let exchange = async {
            let response = self.client.request(request).await.map_err(transient)?;
            let status = response.status();
            let body = response.into_body().collect().await.map_err(transient)?.to_bytes();
            Ok::<_, DriverError>((status, body))
        };
        let (status, body) = tokio::time::timeout(CALL_TIMEOUT, exchange).await.map_err(transient)??;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(transient);
        }
        Err(serde_json::from_slice(&body).unwrap_or_else(|_| transient(format_args!("status {status}"))))
    }
}

fn transient(error: impl std::fmt::Display) -> DriverError {
    DriverError::Transient { message: format!("the simulated cloud: {error}") }
}

impl Driver for SimDriver {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn serves(&self, cluster: ClusterId) -> Answer<'_, bool> {
        Box::pin(self.get(cluster, "served"))
    }

    fn machines(&self, cluster: ClusterId) -> Answer<'_, Vec<Machine>> {
        Box::pin(self.get(cluster, "machines"))
    }

    fn offers(&self, cluster: ClusterId) -> Answer<'_, Vec<ZoneOffer>> {
        Box::pin(self.get(cluster, "offers"))
    }

    fn create<'a>(&'a self, request: &'a CreateRequest) -> Answer<'a, Machine> {
        Box::pin(self.post(request.cluster, "machines", request))
    }

    fn delete<'a>(&'a self, cluster: ClusterId, machine: &'a MachineKey) -> Answer<'a, ()> {
        Box::pin(self.post(cluster, "machines/delete", machine))
    }

    fn describe<'a>(&'a self, cluster: ClusterId, machine: &'a MachineKey) -> Answer<'a, Option<Machine>> {
        Box::pin(self.post(cluster, "machines/describe", machine))
    }
}
