//! A cluster's objects from its API, with get requests for lists only.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use axum::http::{Request, StatusCode};
use cluster::{DumpError, DumpReader};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde::Deserialize;

use super::{NotListed, Reading};

/// Objects asked for at a time.
const PAGE: usize = 500;

/// What is listed, by the path of its list; whether a cluster may do without.
const LISTS: [(&str, bool); 20] = [
    ("/api/v1/nodes", false),
    ("/api/v1/pods", false),
    ("/api/v1/namespaces", false),
    ("/api/v1/replicationcontrollers", false),
    ("/api/v1/persistentvolumes", false),
    ("/api/v1/persistentvolumeclaims", false),
    ("/apis/apps/v1/deployments", false),
    ("/apis/apps/v1/replicasets", false),
    ("/apis/apps/v1/statefulsets", false),
    ("/apis/apps/v1/daemonsets", false),
    ("/apis/batch/v1/jobs", false),
    ("/apis/batch/v1/cronjobs", false),
    ("/apis/policy/v1/poddisruptionbudgets", false),
    ("/apis/storage.k8s.io/v1/storageclasses", false),
    ("/apis/storage.k8s.io/v1/csinodes", true),
    ("/apis/storage.k8s.io/v1/csidrivers", true),
    ("/apis/storage.k8s.io/v1/csistoragecapacities", true),
    ("/apis/storage.k8s.io/v1/volumeattachments", true),
    ("/apis/argoproj.io/v1alpha1/rollouts", true),
    ("/apis/metrics.k8s.io/v1beta1/pods", true),
];

/// Lists everything in the cluster of `kubeconfig`, or of the usual places, in `context`. What may
/// not be listed is left out and said so, unless it is both nodes and pods.
pub(super) async fn read(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Reading> {
    let client = connect(kubeconfig, context).await?;
    let mut dump = DumpReader::new();
    let mut not_listed = Vec::new();
    for (path, optional) in LISTS {
        match list(&client, path, &mut dump).await? {
            Listed::All => {}
            Listed::Absent(_) if optional => {}
            Listed::Absent(reason) => not_listed
                .push(NotListed { objects: path.rsplit('/').next().unwrap_or(path).to_owned(), reason }),
        }
    }
    let without = |what: &str| not_listed.iter().any(|one| one.objects == what);
    ensure!(
        !(without("nodes") && without("pods")),
        "neither nodes nor pods may be listed: the identity of this kubeconfig needs the verb list on both"
    );
    Ok(Reading { dump, not_listed })
}

async fn connect(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Client> {
    let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
    let config = match kubeconfig {
        Some(path) => {
            let file = Kubeconfig::read_from(path).with_context(|| format!("reading {}", path.display()))?;
            Config::from_custom_kubeconfig(file, &options).await
        }
        None => Config::from_kubeconfig(&options).await,
    };
    let config = config.context("choosing a cluster from the kubeconfig")?;
    Client::try_from(config).context("preparing to connect to the cluster")
}

/// Whether a list was read.
enum Listed {
    All,
    /// It is not served, or may not be read; why, in the server's words.
    Absent(String),
}

/// As much of a list as is needed to ask for its next page.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMetadata,
}

#[derive(Default, Deserialize)]
struct PageMetadata {
    #[serde(rename = "continue")]
    next: Option<String>,
}

async fn list(client: &Client, path: &str, dump: &mut DumpReader) -> Result<Listed> {
    let mut from = String::new();
    loop {
        let uri = format!("{path}?limit={PAGE}{from}");
        let request = Request::get(uri).body(Vec::new()).context("building a request")?;
        let text = match client.request_text(request).await {
            Ok(text) => text,
            Err(kube::Error::Api(status)) if is_absence(status.code) => {
                return Ok(Listed::Absent(status.message.clone()));
            }
            Err(error) => return Err(error).with_context(|| format!("listing {path}")),
        };
        match dump.read(text.as_bytes()) {
            Ok(()) | Err(DumpError::Empty) => {}
            Err(error) => return Err(error).with_context(|| format!("reading the list {path}")),
        }
        let page: Page = serde_json::from_str(&text).with_context(|| format!("reading the list {path}"))?;
        match page.metadata.next.filter(|next| !next.is_empty()) {
            Some(next) => from = format!("&continue={}", percent_encoded(&next)),
            None => return Ok(Listed::All),
        }
    }
}

/// 403 for want of permission, 404 for a kind that is not served, 503 for an API whose own server,
/// such as that of metrics, is away.
fn is_absence(code: u16) -> bool {
    [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE]
        .iter()
        .any(|absent| absent.as_u16() == code)
}

/// A continue token is base64 as a rule, but nobody promises it.
fn percent_encoded(token: &str) -> String {
    let mut encoded = String::with_capacity(token.len());
    for byte in token.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(byte as char),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
