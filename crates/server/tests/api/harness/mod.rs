//! Servers to test against, and callers of every kind.
//!
//! A [`TestServer`] is the real one in this process: real router, real store, port 0. A [`Process`] is
//! the `supercargo` binary itself. Every answer that comes through [`Request`] is compared with the
//! published document, so that each test also tests the document.

mod callers;
mod client;
mod golden;
mod process;
mod schema;

use std::path::Path;
use std::sync::Arc;

use cloud::{Catalog, Driver};
use model::{Clock, OrganizationId};
use server::app::bootstrap::first_start;
use server::app::cloud_identities::CloudIdentities;
use server::app::{App, Host};
use server::auth::permission::Role;
use server::cli::host::{SystemClock, host};
use server::http::api_router::Rule;
use server::serve::{Listeners, Server, Site};
use store::testing::{Backend, TestDatabase};
use tokio::net::TcpListener;

pub use callers::{KeyOf, Tenant};
pub use client::{Answer, Client, Request};
pub use golden::golden;
pub use process::{Process, supercargo};
pub use schema::Published;

/// A running server with a store of its own; both are gone when it is dropped.
pub struct TestServer {
    /// What the server is made of, for what no API can arrange.
    pub app: App,
    /// The key that the first start printed.
    pub owner_key: String,
    /// Who may call what, as the server enforces it.
    pub rules: Vec<Rule>,
    /// The published document.
    pub published: Arc<Published>,
    client: Client,
    server: Server,
    database: TestDatabase,
}

impl TestServer {
    /// On SQLite, by the wall clock.
    pub async fn start() -> Self {
        Self::start_with(Backend::Sqlite, Arc::new(SystemClock)).await
    }

    /// On SQLite, by a clock that the test moves.
    pub async fn start_at(clock: Arc<model::ManualClock>) -> Self {
        Self::start_with(Backend::Sqlite, clock).await
    }

    /// On `backend`, by `clock`. PostgreSQL needs a test with several threads.
    pub async fn start_with(backend: Backend, clock: Arc<dyn Clock>) -> Self {
        Self::start_on(TestDatabase::new(backend).await, Host { clock, ..host() }, None, listener().await)
            .await
    }

    /// On SQLite, by the wall clock, with these identities at the clouds.
    pub async fn start_as(identities: CloudIdentities) -> Self {
        let host = Host { identities, ..host() };
        Self::start_on(TestDatabase::new(Backend::Sqlite).await, host, None, listener().await).await
    }

    /// Stops it, and starts another one on the same store.
    pub async fn restart(self) -> Self {
        let (clock, owner_key) = (self.app.clock.clone(), self.owner_key.clone());
        Self::start_on(self.stop().await, Host { clock, ..host() }, Some(owner_key), listener().await).await
    }

    /// Stops it, and starts another one on the same store and at the same address, with somebody who makes machines.
    pub async fn restart_with_driver(self, driver: Arc<dyn Driver>) -> Self {
        let (address, owner_key) = (self.server.address.expect("an address"), self.owner_key.clone());
        let database = self.stop().await;
        let listener = TcpListener::bind(address).await.expect("the same port");
        Self::start_on(database, Host { drivers: vec![driver], ..host() }, Some(owner_key), listener).await
    }

    async fn start_on(
        database: TestDatabase,
        host: Host,
        owner_key: Option<String>,
        listener: TcpListener,
    ) -> Self {
        let store = database.open().await.expect("open the store");
        let app = App::new(store, host, Catalog::builtin());
        let first = first_start(&app).await.expect("prepare the store");
        let first = first.map(|first| first.admin_key.reveal().to_owned());
        assert_ne!(
            first.is_some(),
            owner_key.is_some(),
            "a first start has no key yet, and only a first one makes one"
        );
        let owner_key = first.or(owner_key).expect("a key");
        let site = Site::new(app.clone()).expect("an API without mistakes");
        let published = Arc::new(Published::new(site.document.value().clone()));
        let server = Server::start(app.clone(), &site, Listeners { plain: Some(listener), tls: None })
            .expect("start the server");
        let client = Client::plain(server.address.expect("an address"), Some(published.clone()));
        Self { app, owner_key, rules: site.rules, published, client, server, database }
    }

    /// Asks it to stop as a signal would, and waits until it has. Its store can be opened again when
    /// nobody holds on to the app any more.
    pub async fn stop(self) -> TestDatabase {
        self.server.stop().await;
        self.database
    }

    /// Where it serves.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address.expect("an address"))
    }

    /// The data directory of a server on SQLite.
    pub fn directory(&self) -> &Path {
        self.database.directory().expect("a store in a directory")
    }

    /// The id of the organisation of the first start.
    pub async fn organization(&self) -> OrganizationId {
        self.tenant().await.id
    }

    /// The organisation of the first start, with its owner.
    pub async fn tenant(&self) -> Tenant {
        Tenant::default_of(&self.app).await
    }

    /// A key of a new member of the first organisation with this role.
    pub async fn key_of(&self, role: Role) -> String {
        self.tenant().await.key(KeyOf::Member(role)).await
    }

    /// An owner's key of another organisation.
    pub async fn foreign_key(&self) -> String {
        Tenant::new(&self.app, "Another").await.key(KeyOf::Member(Role::Owner)).await
    }

    /// A request with any method.
    pub fn request(&self, method: &str, path: &str) -> Request {
        self.client.request(method, path)
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// A POST request.
    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    /// A PUT request.
    pub fn put(&self, path: &str) -> Request {
        self.request("PUT", path)
    }

    /// A DELETE request.
    pub fn delete(&self, path: &str) -> Request {
        self.request("DELETE", path)
    }
}

/// A listener on a free port.
async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

/// Waits until `condition` holds, looking again and again; panics after ten seconds.
pub async fn eventually<F: AsyncFnMut() -> bool>(what: &str, mut condition: F) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    while !condition().await {
        assert!(tokio::time::Instant::now() < deadline, "waited ten seconds for this: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
