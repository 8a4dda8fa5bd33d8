//! Opening a store: connections, and who may write.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyPool, ConnectOptions as _, Executor as _, Transaction};

use crate::migrate::{self, Dialect};
use crate::{Error, Result};

/// Connections that read, on either database.
const READERS: u32 = 8;
/// Connections that write to PostgreSQL. SQLite has one: writes queue for it instead of failing.
const POSTGRES_WRITERS: u32 = 8;
/// How long a call waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// An open store. Clones share the same connections.
///
/// Readers and writers have connections of their own, so that a change which reads on the side can
/// never wait for itself.
#[derive(Clone)]
pub struct Store {
    pub(crate) reader: AnyPool,
    writer: AnyPool,
    dialect: Dialect,
    /// Held while an embedded store is open; the operating system lets go of it when the process dies.
    _lock: Option<Arc<File>>,
}

/// The database of an embedded store.
const SQLITE_FILE: &str = "supercargo.sqlite";

impl Store {
    /// Opens, or makes, the embedded store in `directory`.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process has it open, [`Error::Newer`] when a newer program wrote
    /// it, [`Error::Directory`], [`Error::Open`] or [`Error::Migrate`] when it cannot be used.
    pub async fn open_sqlite(directory: &Path) -> Result<Self> {
        std::fs::create_dir_all(directory)
            .map_err(|source| Error::Directory { path: directory.to_owned(), source })?;
        let lock = lock(directory)?;
        Self::open_sqlite_file(directory, Some(Arc::new(lock))).await
    }

    /// Opens the embedded store in `directory` for a short command, even while a server has it open:
    /// SQLite orders the writers of several processes. Makes none.
    ///
    /// # Errors
    /// [`Error::Directory`] when there is no store, otherwise as [`Store::open_sqlite`].
    pub async fn open_sqlite_beside(directory: &Path) -> Result<Self> {
        std::fs::metadata(directory.join(SQLITE_FILE))
            .map_err(|source| Error::Directory { path: directory.join(SQLITE_FILE), source })?;
        Self::open_sqlite_file(directory, None).await
    }

    async fn open_sqlite_file(directory: &Path, lock: Option<Arc<File>>) -> Result<Self> {
        let file = directory.join(SQLITE_FILE);
        let options = sqlite_options(&file)?;
        let failed = |source| Error::Open { location: file.display().to_string(), source };
        // synchronous=FULL: what was acknowledged survives a loss of power, not only of the process.
        let prepare = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                       PRAGMA busy_timeout = 10000; PRAGMA temp_store = MEMORY;";
        let pool = |connections| {
            AnyPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
                .after_connect(move |connection, _| {
                    Box::pin(async move { connection.execute(prepare).await.map(|_| ()) })
                })
        };
        let writer = pool(1).connect_with(options.clone()).await.map_err(failed)?;
        let reader = pool(READERS).connect_lazy_with(options);
        restrict(&file)?;
        let store = Self { reader, writer, dialect: Dialect::Sqlite, _lock: lock };
        migrate::run(&store).await?;
        Ok(store)
    }

    /// Opens the store in the PostgreSQL database that `url` names. Several servers may share it.
    ///
    /// # Errors
    /// [`Error::Url`], [`Error::Open`], [`Error::Newer`] or [`Error::Migrate`].
    pub async fn open_postgres(url: &str) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let options: AnyConnectOptions = match url.parse::<AnyConnectOptions>() {
            Ok(options) if matches!(options.database_url.scheme(), "postgres" | "postgresql") => {
                options.disable_statement_logging()
            }
            _ => return Err(Error::Url { location: without_password(url) }),
        };
        let pool =
            |connections| AnyPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT);
        let writer = pool(POSTGRES_WRITERS)
            .connect_with(options.clone())
            .await
            .map_err(|source| Error::Open { location: without_password(url), source })?;
        let reader = pool(READERS).connect_lazy_with(options);
        let store = Self { reader, writer, dialect: Dialect::Postgres, _lock: None };
        migrate::run(&store).await?;
        Ok(store)
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`Error::Query`] when it does not.
    pub async fn ping(&self) -> Result<()> {
        let answer = sqlx::query("SELECT 1").execute(&self.reader).await;
        answer.map(|_| ()).map_err(|source| Error::Query { operation: "reach the store", source })
    }

    /// Closes all connections, waiting for changes under way. What was committed is on disk anyway.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// SQLite takes its write lock at once: a transaction that read first and wrote later could find
    /// its reading stale, which SQLite answers with an error no waiting mends.
    pub(crate) async fn begin_write(&self) -> sqlx::Result<Transaction<'static, Any>> {
        match self.dialect {
            Dialect::Sqlite => self.writer.begin_with("BEGIN IMMEDIATE").await,
            Dialect::Postgres => self.writer.begin().await,
        }
    }

    /// A transaction whose queries all see the same moment.
    pub(crate) async fn begin_read(&self) -> sqlx::Result<Transaction<'static, Any>> {
        match self.dialect {
            Dialect::Sqlite => self.reader.begin().await,
            Dialect::Postgres => {
                self.reader.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
            }
        }
    }
}

/// Takes the directory for this process, or tells that another one has it.
fn lock(directory: &Path) -> Result<File> {
    let path = directory.join("supercargo.lock");
    let refused = |source| Error::Directory { path: path.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::InUse { path: directory.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(refused(source)),
    }
}

/// The database holds hashes of keys and credentials of clouds: it is nobody else's to read.
#[cfg(unix)]
fn restrict(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
        .map_err(|source| Error::Directory { path: file.to_owned(), source })
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> Result<()> {
    Ok(())
}

/// `%`, `?` and `#` mean something in a URL, but a directory may be named with them.
fn sqlite_options(file: &Path) -> Result<AnyConnectOptions> {
    sqlx::any::install_default_drivers();
    let absolute =
        std::path::absolute(file).map_err(|source| Error::Directory { path: file.to_owned(), source })?;
    let path = absolute.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let options: AnyConnectOptions = format!("sqlite://{path}?mode=rwc")
        .parse()
        .map_err(|source| Error::Open { location: file.display().to_string(), source })?;
    Ok(options.disable_statement_logging())
}

/// The URL as it may be shown: `postgres://user:secret@host/db` without the secret.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "…".to_owned() };
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{}", place.split('?').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_url_has_no_secret() {
        for url in ["postgres://me:s3cret@db:5432/x", "postgres://me:s3@cret@db:5432/x?password=s3cret"] {
            assert_eq!(without_password(url), "postgres://db:5432/x");
        }
        assert_eq!(without_password("s3cret"), "…");
    }
}
