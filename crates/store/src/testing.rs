//! Empty stores for tests: SQLite in a directory of its own, PostgreSQL in a database of its own on a
//! private server, which is a real one.
//!
//! The server listens on a Unix socket in a temporary directory and on nothing else. It is started
//! once per test binary and dies with it: a process that waits for the binary's end of a pipe stops
//! it, however the binary ends. PostgreSQL refuses to run as root, so as root it is run as the user
//! `postgres`, or `nobody` where there is none.
//!
//! Nothing here is part of the product; the feature `testing` is for dev-dependencies.
#![expect(clippy::expect_used, clippy::panic, reason = "a test whose server does not start has failed")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, Connection as _};
use tokio::sync::OnceCell;

use crate::Store;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded one.
    Sqlite,
    /// The server.
    Postgres,
}

/// An empty place for a store, gone when this is dropped.
pub struct TestDatabase {
    place: Place,
}

enum Place {
    Directory(TempDir),
    Url(String),
}

impl TestDatabase {
    /// A new place. For PostgreSQL this starts the server if no test of this binary did yet, and the
    /// place is a copy of a store that was migrated once: most of a short test would be migrating.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start, with a sentence that says what to do.
    pub async fn new(backend: Backend) -> Self {
        let place = match backend {
            Backend::Sqlite => Place::Directory(TempDir::new()),
            Backend::Postgres => Place::Url(new_database("template_store").await),
        };
        Self { place }
    }

    /// A new database on the private server that was never migrated.
    ///
    /// # Panics
    /// As [`TestDatabase::new`].
    pub async fn unmigrated_postgres() -> Self {
        Self { place: Place::Url(new_database("template0").await) }
    }

    /// Opens the store that is there, or makes it.
    ///
    /// # Errors
    /// Those of [`Store::open_sqlite`] and [`Store::open_postgres`].
    pub async fn open(&self) -> crate::Result<Store> {
        match &self.place {
            Place::Directory(directory) => Store::open_sqlite(&directory.0).await,
            Place::Url(url) => Store::open_postgres(url).await,
        }
    }

    /// The directory of the embedded store.
    pub fn directory(&self) -> Option<&Path> {
        match &self.place {
            Place::Directory(directory) => Some(&directory.0),
            Place::Url(_) => None,
        }
    }

    /// The URL of the database on the private server.
    pub fn url(&self) -> Option<&str> {
        match &self.place {
            Place::Directory(_) => None,
            Place::Url(url) => Some(url),
        }
    }

    /// Runs statements behind the store's back, as somebody would who tampers with it.
    ///
    /// # Panics
    /// When a statement fails.
    pub async fn tamper(&self, statements: &str) {
        sqlx::any::install_default_drivers();
        let url = match &self.place {
            Place::Directory(directory) => {
                format!("sqlite://{}", directory.0.join("supercargo.sqlite").display())
            }
            Place::Url(url) => url.clone(),
        };
        let mut connection = sqlx::AnyConnection::connect(&url).await.expect("connect to tamper");
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
            .execute(&mut connection)
            .await
            .expect("run the statements");
        connection.close().await.expect("close the connection");
    }
}

/// A directory that is removed when this is dropped.
struct TempDir(PathBuf);

impl TempDir {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("supercargo-test-{}-{number}", std::process::id()));
        // What a killed run of the same process id left behind is nobody's.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("make a temporary directory");
        Self(path)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The private server; its process ends when the pipe to it is closed, which the end of this process
/// does in any case.
struct Server {
    socket_directory: PathBuf,
    _guard: Child,
}

/// The server and its migrated template, started by whichever test needs it first.
async fn server() -> &'static Server {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    let start = || async {
        let server = Server::start();
        server.create("template_store", "template0").await;
        let store = Store::open_postgres(&server.url("template_store")).await.expect("migrate the template");
        store.close().await;
        server
    };
    SERVER.get_or_init(start).await
}

/// A new database on the private server, a copy of `template`, as a URL.
async fn new_database(template: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let server = server().await;
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    server.create(&name, template).await;
    server.url(&name)
}

impl Server {
    fn start() -> Self {
        let binaries = binaries();
        // A short path: the name of a Unix socket has at most 107 bytes.
        let root = std::env::temp_dir().join(format!("supercargo-pg-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).expect("make a directory for PostgreSQL");
        let user = unprivileged_user();
        if let Some(user) = &user {
            let status = Command::new("chown").arg(user).arg(&root).status().expect("run chown");
            assert!(status.success(), "cannot give {} to the user {user}", root.display());
        }
        // Nothing here has to survive a crash, so nothing waits for a disk. The shell outlives this process only to clean up: it waits for its standard input to end.
        let script = r#"
            set -e
            cd "$ROOT"
            "$BIN/initdb" --pgdata=data --username=test --auth=trust --encoding=UTF8 --no-locale --no-sync >log 2>&1 ||
                { cat log; exit 1; }
            "$BIN/postgres" -D data -k "$ROOT" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
                -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off \
                -c max_connections=400 -c shared_buffers=32MB >log 2>&1 &
            SERVER=$!
            TRIES=0
            until "$BIN/pg_isready" --quiet --host="$ROOT" --username=test; do
                TRIES=$((TRIES + 1))
                kill -0 $SERVER 2>/dev/null && [ $TRIES -lt 1200 ] || { cat log; kill -QUIT $SERVER; exit 1; }
                sleep 0.05
            done
            echo ready
            cat >/dev/null
            kill -QUIT $SERVER
            wait $SERVER || true
            cd /
            rm -rf "$ROOT"
        "#;
        let mut command = match &user {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", user, "--clear-groups", "sh", "-c", script]);
                command
            }
            None => {
                let mut command = Command::new("sh");
                command.args(["-c", script]);
                command
            }
        };
        // A group of its own: an interrupt from the keyboard must not stop the cleaning up.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut guard = command
            .env("ROOT", &root)
            .env("BIN", &binaries)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start PostgreSQL (as root this needs setpriv, of the Debian package util-linux)");
        let mut said = String::new();
        let output = guard.stdout.take().expect("a piped output");
        for line in BufReader::new(output).lines() {
            let line = line.expect("read what PostgreSQL says");
            if line == "ready" {
                return Self { socket_directory: root, _guard: guard };
            }
            said.push_str(&line);
            said.push('\n');
        }
        // It has ended or is about to: it closed its output.
        let _ = guard.wait();
        panic!("PostgreSQL from {} did not start:\n{said}", binaries.display());
    }

    async fn create(&self, database: &str, template: &str) {
        sqlx::any::install_default_drivers();
        let mut connection =
            sqlx::AnyConnection::connect(&self.url("postgres")).await.expect("connect to the private server");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {database} TEMPLATE {template}")))
            .execute(&mut connection)
            .await
            .expect("create a database");
        connection.close().await.expect("close the connection");
    }

    fn url(&self, database: &str) -> String {
        let socket = self.socket_directory.display().to_string().replace('/', "%2F");
        format!("postgres://test@{socket}/{database}")
    }
}

/// Where PostgreSQL's programs are: on the path, or where Debian puts them, the newest first.
fn binaries() -> PathBuf {
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    debian.sort();
    let mut places = on_path.unwrap_or_default().into_iter().chain(debian.into_iter().rev());
    places
        .find(|place| ["initdb", "postgres", "pg_isready"].iter().all(|one| place.join(one).is_file()))
        .expect("PostgreSQL is not installed: install the Debian package postgresql, or put its bin directory on PATH")
}

/// As whom to run PostgreSQL when this process is root.
fn unprivileged_user() -> Option<String> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if id(&["-u"])? != "0" {
        return None;
    }
    ["postgres", "nobody"].into_iter().find_map(|user| id(&["-u", user]))
}
