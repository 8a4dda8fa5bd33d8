//! One suite, run on both databases: `on_both!` makes two tests of each story.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

mod access;
mod audit;
mod autoscaler;
mod clusters;
mod cost;
mod node_configurations;
mod opening;
mod rebalancing_plans;
mod rebalancing_schedules;
mod state;
mod telemetry;
mod work;

use model::{ClusterId, IdSource as _, OrganizationId, SequentialIds, Timestamp};
use serde_json::json;
use store::testing::{Backend, TestDatabase};
use store::{Actor, AuditEntry, Cluster, NewCluster, Organization, Store};

/// Makes a module with a test for SQLite and one for PostgreSQL of each story.
macro_rules! on_both {
    ($($story:ident),* $(,)?) => {$(
        mod $story {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$story(crate::World::new(store::testing::Backend::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$story(crate::World::new(store::testing::Backend::Postgres).await).await;
            }
        }
    )*};
}
pub(crate) use on_both;

/// What a story begins with: an empty store with one organisation.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) store: Store,
    pub(crate) ids: SequentialIds,
    pub(crate) org: OrganizationId,
}

impl World {
    pub(crate) async fn new(backend: Backend) -> Self {
        let database = TestDatabase::new(backend).await;
        let store = database.open().await.unwrap();
        let ids = SequentialIds::new(7);
        let org = OrganizationId::new(&ids);
        let world = Self { database, store, ids, org };
        world.organization(org, "Acme").await;
        world
    }

    pub(crate) async fn organization(&self, id: OrganizationId, name: &str) {
        let mut tx = self.store.begin().await.unwrap();
        let organization = Organization { id, name: name.to_owned(), created_at: at(0) };
        tx.create_organization(&organization).await.unwrap();
        tx.commit_unaudited().await.unwrap();
    }

    /// Another organisation.
    pub(crate) async fn stranger(&self) -> OrganizationId {
        let id = OrganizationId::new(&self.ids);
        self.organization(id, "Other").await;
        id
    }

    pub(crate) fn new_cluster(&self, name: &str) -> NewCluster {
        NewCluster {
            id: ClusterId::new(&self.ids),
            organization_id: self.org,
            name: name.to_owned(),
            provider_type: "eks".to_owned(),
            identity: format!("123/eu-west-1/{name}"),
            provider: json!({"accountId": "123", "region": "eu-west-1", "clusterName": name}),
            region: "eu-west-1".to_owned(),
            status: "ready".to_owned(),
            agent_status: "waiting-connection".to_owned(),
            created_at: at(1),
        }
    }

    pub(crate) async fn cluster(&self, name: &str) -> Cluster {
        let mut tx = self.store.begin().await.unwrap();
        let registration = tx.register_cluster(&self.new_cluster(name)).await.unwrap();
        tx.commit_unaudited().await.unwrap();
        registration.cluster
    }

    pub(crate) fn entry(&self, seconds: i64, event_type: &str) -> AuditEntry {
        AuditEntry {
            id: model::AuditId(self.ids.next_uuid()),
            organization_id: self.org,
            time: at(seconds),
            event_type: event_type.to_owned(),
            initiated_by: Actor {
                kind: "user".to_owned(),
                id: "u".to_owned(),
                name: "Ada".to_owned(),
                email: "ada@example.com".to_owned(),
            },
            cluster_id: None,
            labels: json!({}),
            event: json!({"n": seconds}),
        }
    }
}

/// So many seconds after the beginning of 2026.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).unwrap()
}
