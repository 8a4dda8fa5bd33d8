//! What only a main may have: the wall clock, random bits, the runtime, and the store that the flags
//! name.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use cloud::Catalog;
use model::{Clock, IdSource, Timestamp};
use store::Store;
use uuid::Uuid;

use crate::app::cloud_identities::CloudIdentities;
use crate::app::vault::Vault;
use crate::app::{App, Host};
use crate::auth::key::Entropy;

/// The wall clock, in whole microseconds: what is answered at first is what the store gives back later.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that looks at the wall")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

/// Random UUIDs.
#[derive(Debug)]
pub struct RandomIds;

impl IdSource for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that draws ids")]
    fn next_uuid(&self) -> Uuid {
        Uuid::new_v4()
    }
}

/// The operating system's random bits.
#[derive(Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::expect_used,
        reason = "without random bits there is no safe key, and nothing to go on with"
    )]
    fn fill(&self, bytes: &mut [u8; 32]) {
        getrandom::fill(bytes).expect("the operating system gives random bits");
    }
}

/// Where the store is.
#[derive(Clone, Debug, Args)]
pub struct StoreArgs {
    /// Directory of the embedded store, and of TLS files.
    #[arg(long, env = "SUPERCARGO_DATA", default_value = "supercargo-data", value_name = "DIR")]
    pub data: PathBuf,
    /// Keep everything in this PostgreSQL database instead (postgres://user@host:port/database).
    #[arg(long, env = "SUPERCARGO_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

impl StoreArgs {
    /// Opens the store, alone: a second server on one directory is refused.
    pub async fn open(&self) -> anyhow::Result<Store> {
        Ok(match &self.database_url {
            Some(url) => Store::open_postgres(url).await?,
            None => Store::open_sqlite(&self.data).await?,
        })
    }

    /// Opens the store beside a running server, for a command of an administrator.
    pub async fn open_beside(&self) -> anyhow::Result<Store> {
        Ok(match &self.database_url {
            Some(url) => Store::open_postgres(url).await?,
            None => Store::open_sqlite_beside(&self.data).await.with_context(|| {
                format!("is {} the directory that the server uses (--data)?", self.data.display())
            })?,
        })
    }
}

/// The host's clock, ids and random bits, and a vault whose key nobody keeps: for whatever seals nothing
/// that is to be opened again by another process.
pub fn host() -> Host {
    let mut key = [0u8; 32];
    SystemEntropy.fill(&mut key);
    Host {
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        entropy: Arc::new(SystemEntropy),
        vault: Arc::new(Vault::new(key)),
        identities: CloudIdentities::default(),
        drivers: Vec::new(),
    }
}

/// The built-in catalogue, with the one in `file` laid over it.
///
/// # Errors
/// A file that cannot be read, or a line of it that makes no sense.
pub fn catalog(file: Option<&Path>) -> anyhow::Result<Arc<Catalog>> {
    let Some(path) = file else { return Ok(Catalog::builtin()) };
    let opened = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let source = path.file_name().unwrap_or_default().to_string_lossy();
    let own = Catalog::from_csv(opened, &source).with_context(|| format!("reading {}", path.display()))?;
    Ok(Arc::new(Catalog::builtin().overlaid_with(&own)))
}

/// An app of this host, with the built-in catalogue.
pub fn app(store: Store) -> App {
    App::new(store, host(), Catalog::builtin())
}

/// Runs a command on a runtime with all cores.
pub fn block_on<T>(command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(command)
}
