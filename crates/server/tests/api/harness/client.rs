//! An HTTP client for tests: one connection a request, nothing hidden.

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::Published;

/// Where requests go.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    tls: Option<Arc<rustls::ClientConfig>>,
    published: Option<Arc<Published>>,
}

impl Client {
    /// Over plain HTTP. Answers are compared with `published`.
    pub fn plain(address: SocketAddr, published: Option<Arc<Published>>) -> Self {
        Self { address, tls: None, published }
    }

    /// Over TLS, trusting nothing but the certificates of this PEM text.
    pub fn tls(address: SocketAddr, ca: &[u8]) -> Self {
        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(ca) {
            roots.add(certificate.expect("a PEM certificate")).expect("a usable certificate");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { address, tls: Some(Arc::new(config)), published: None }
    }

    /// A request without a key.
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request {
            client: self.clone(),
            method: method.parse().expect("a method"),
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }
}

/// A request being put together; awaiting it sends it.
pub struct Request {
    client: Client,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Request {
    /// With this API key.
    pub fn key(self, key: &str) -> Self {
        self.header("x-api-key", key)
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        self.headers.append(name, HeaderValue::from_str(value).expect("a header value"));
        self
    }

    /// With a JSON body.
    pub fn json(self, body: Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// With these bytes.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it; `None` when the server went away before it had answered.
    pub async fn try_send(self) -> Option<Answer> {
        let stream = TcpStream::connect(self.client.address).await.ok()?;
        let (client, method, path) = (self.client.clone(), self.method.clone(), self.path.clone());
        let answer = match &self.client.tls {
            None => self.over(stream).await?,
            Some(config) => {
                let name = ServerName::IpAddress(client.address.ip().into());
                let connector = tokio_rustls::TlsConnector::from(config.clone());
                self.over(connector.connect(name, stream).await.ok()?).await?
            }
        };
        if let Some(published) = &client.published {
            published.check(&method, &path, &answer);
        }
        Some(answer)
    }

    async fn over<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) -> Option<Answer> {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        let mut request = axum::http::Request::builder()
            .method(self.method)
            .uri(&self.path)
            .body(Full::new(self.body))
            .expect("a request");
        *request.headers_mut() = self.headers;
        let host = HeaderValue::from_str(&self.client.address.to_string()).expect("a host");
        request.headers_mut().entry(header::HOST).or_insert(host);
        let response = sender.send_request(request).await.ok()?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Answer { status: head.status, headers: head.headers, body, path: self.path })
    }
}

impl IntoFuture for Request {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            let to = format!("{} {}", self.method, self.path);
            self.try_send().await.unwrap_or_else(|| panic!("no answer to {to}"))
        })
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    path: String,
}

impl Answer {
    /// The same answer, if it has this status; else a panic that shows it.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{} answered {}", self.path, self.text());
        self
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{} answered no JSON ({error}): {}", self.path, self.text()))
    }

    /// The `message` of an error.
    #[track_caller]
    pub fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_else(|| panic!("no message in {}", self.text())).to_owned()
    }

    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header of text"))
    }
}
