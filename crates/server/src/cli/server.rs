//! `supercargo server`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use cloud::driver::{Limited, Rate};
use sim::cloud_client::SimDriver;

use super::host::{self, StoreArgs};
use super::secrets_key::SecretsKeyArgs;
use crate::app::cloud_identities::CloudIdentities;
use crate::app::{App, Host, bootstrap};
use crate::http::listen;
use crate::http::tls::{Certificate, CertificateSource};
use crate::serve::{Listeners, Server, Site};

#[derive(Clone, Debug, Args)]
pub(super) struct ServerArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// A CSV of instance types and prices, laid over the built-in catalogue; same columns as `scan --catalog`.
    #[arg(long, env = "SUPERCARGO_CATALOG", value_name = "FILE")]
    catalog: Option<PathBuf>,
    /// Where to serve plain HTTP; `off` for nowhere. Loopback only, unless --allow-plain-http.
    #[arg(long, env = "SUPERCARGO_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: String,
    /// Serve plain HTTP on an address that others can reach, as behind a proxy that ends TLS.
    #[arg(long, env = "SUPERCARGO_ALLOW_PLAIN_HTTP")]
    allow_plain_http: bool,
    /// Where to serve HTTPS; `off` for nowhere.
    #[arg(long, env = "SUPERCARGO_TLS_LISTEN", default_value = "127.0.0.1:8443", value_name = "ADDRESS")]
    tls_listen: String,
    /// Certificate chain (PEM). Without it a local CA is made in DIR/tls; trust its ca.pem.
    #[arg(long, env = "SUPERCARGO_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM).
    #[arg(long, env = "SUPERCARGO_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A further name or address for the certificate of the local CA; may be repeated.
    #[arg(long, env = "SUPERCARGO_TLS_NAME", value_name = "NAME", value_delimiter = ',')]
    tls_name: Vec<String>,
    #[command(flatten)]
    secrets_key: SecretsKeyArgs,
    #[command(flatten)]
    identities: CloudIdentities,
    /// URL of a simulated cloud, as `sim --cloud-listen` offers it: it makes machines for the clusters that
    /// it simulates and for no others. A loopback address; without it nobody is called.
    #[arg(long, env = "SUPERCARGO_SIM_CLOUD", value_name = "URL")]
    sim_cloud: Option<String>,
}

/// Calls of a simulated cloud that change something: no more than real clouds take.
const CHANGING: Rate = Rate { burst: 100, every: Duration::from_millis(20) };
/// Calls of a simulated cloud that only look.
const LOOKING: Rate = Rate { burst: 200, every: Duration::from_millis(5) };

pub(super) async fn run(args: ServerArgs) -> anyhow::Result<()> {
    let plain = address(&args.listen, "--listen")?;
    if let Some(address) = plain
        && !listen::is_loopback(&address)
        && !args.allow_plain_http
    {
        bail!(
            "--listen {address} would serve keys in clear text to others: use --tls-listen, or add \
             --allow-plain-http where a proxy in front ends TLS"
        );
    }
    let tls = address(&args.tls_listen, "--tls-listen")?;
    if plain.is_none() && tls.is_none() {
        bail!("--listen off and --tls-listen off leave nothing to serve");
    }
    let simulated = args.sim_cloud.as_deref().map(SimDriver::new).transpose().context("--sim-cloud")?;
    let listeners = Listeners {
        plain: match plain {
            Some(address) => Some(listen::bind(address, "--listen").await?),
            None => None,
        },
        tls: match tls {
            Some(address) => {
                let listener = listen::bind(address, "--tls-listen").await?;
                Some((listener, Certificate::load(certificate_source(&args), &host::SystemClock)?))
            }
            None => None,
        },
    };

    let catalog = host::catalog(args.catalog.as_deref())?;
    let store = args.store.open().await.context("cannot open the store")?;
    let vault = args.secrets_key.vault(&args.store.data, &host::SystemEntropy)?;
    let mut host = Host { vault: Arc::new(vault), identities: args.identities, ..host::host() };
    if let Some(driver) = simulated {
        tracing::info!("machines of simulated clusters are made by the simulated cloud at {}", driver.url());
        host.drivers.push(Arc::new(Limited::new(driver, host.clock.clone(), CHANGING, LOOKING)));
    }
    let app = App::new(store, host, catalog);
    let site = Site::new(app.clone())?;
    let first = bootstrap::first_start(&app).await.context("cannot prepare the store")?;
    let server = Server::start(app, &site, listeners)?;
    if let Some(address) = server.address {
        tracing::info!("serving http://{address} (Swagger UI at http://{address}/v1/spec/)");
    }
    if let Some(address) = server.tls_address {
        tracing::info!("serving https://{address}");
    }
    if let Some(first) = first {
        println!("Admin key, shown only this once: {}", first.admin_key.reveal());
    }
    stop_signal().await?;
    tracing::info!("stopping: answering the requests under way");
    server.stop().await;
    Ok(())
}

fn certificate_source(args: &ServerArgs) -> CertificateSource {
    match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => {
            CertificateSource::Files { certificate: certificate.clone(), key: key.clone() }
        }
        _ => CertificateSource::LocalCa {
            directory: args.store.data.join("tls"),
            names: args.tls_name.clone(),
        },
    }
}

fn address(text: &str, flag: &str) -> anyhow::Result<Option<SocketAddr>> {
    if text == "off" {
        return Ok(None);
    }
    let parsed = text
        .parse()
        .with_context(|| format!("{flag} {text:?} is not an address such as 127.0.0.1:8080, nor `off`"));
    parsed.map(Some)
}

/// Waits until the process is asked to end.
pub(super) async fn stop_signal() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
        tokio::select! {
            _ = terminate.recv() => {}
            done = tokio::signal::ctrl_c() => done.context("cannot listen for signals")?,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.context("cannot listen for signals")?;
    Ok(())
}
