//! Organisations, members and keys, made in the store: callers of every kind.

use model::{ClusterId, KeyId, OrganizationId, UserId};
use serde_json::json;
use server::app::App;
use server::app::bootstrap::default_organization;
use server::auth::key::{KeyKind, KeyText};
use server::auth::permission::Role;
use store::{ApiKey, KeySubject, NewCluster, Organization, User};

/// Whose key, and of what kind.
#[derive(Clone, Copy, Debug)]
pub enum KeyOf {
    /// A new member's with this role.
    Member(Role),
    /// A new member's with this role, which may only read.
    ReadOnly(Role),
    /// A new member's with this role, disabled from the start.
    Disabled(Role),
    /// A cluster's components'.
    Cluster(ClusterId),
}

/// An organisation.
pub struct Tenant {
    app: App,
    /// Its id.
    pub id: OrganizationId,
}

impl Tenant {
    /// The one of the first start.
    pub async fn default_of(app: &App) -> Self {
        let id = default_organization(app).await.expect("read the default organization");
        Self { app: app.clone(), id }
    }

    /// A new one without members.
    pub async fn new(app: &App, name: &str) -> Self {
        let id = OrganizationId::new(&*app.ids);
        let organization = Organization { id, name: name.to_owned(), created_at: app.clock.now() };
        let mut tx = app.store.begin().await.expect("begin");
        tx.create_organization(&organization).await.expect("make an organization");
        tx.commit_unaudited().await.expect("commit");
        Self { app: app.clone(), id }
    }

    /// A new member with this role.
    pub async fn member(&self, role: Role) -> UserId {
        let now = self.app.clock.now();
        let id = UserId::new(&*self.app.ids);
        let user = User {
            id,
            email: format!("{id}@example.com"),
            username: format!("{role}-{id}"),
            name: format!("A {role}"),
            created_at: now,
        };
        let mut tx = self.app.store.begin().await.expect("begin");
        tx.create_user(&user).await.expect("make a user");
        tx.set_member_role(self.id, id, role.id(), now).await.expect("make a member");
        tx.commit_unaudited().await.expect("commit");
        id
    }

    /// A new key's text.
    pub async fn key(&self, of: KeyOf) -> String {
        self.key_with_id(of).await.1
    }

    /// A new key, and its id.
    pub async fn key_with_id(&self, of: KeyOf) -> (KeyId, String) {
        let (subject, kind) = match of {
            KeyOf::Member(role) | KeyOf::ReadOnly(role) | KeyOf::Disabled(role) => {
                (KeySubject::User(self.member(role).await), KeyKind::User)
            }
            KeyOf::Cluster(cluster) => (KeySubject::Cluster(cluster), KeyKind::Cluster),
        };
        let text = KeyText::generate(kind, &*self.app.entropy);
        let key = ApiKey {
            id: KeyId::new(&*self.app.ids),
            organization_id: self.id,
            subject,
            name: "test".to_owned(),
            prefix: text.prefix().to_owned(),
            active: !matches!(of, KeyOf::Disabled(_)),
            readonly: matches!(of, KeyOf::ReadOnly(_)),
            created_by: "test".to_owned(),
            created_at: self.app.clock.now(),
            expires_at: None,
            last_used_at: None,
        };
        let mut tx = self.app.store.begin().await.expect("begin");
        tx.create_key(&key, &text.hash()).await.expect("make a key");
        tx.commit_unaudited().await.expect("commit");
        (key.id, text.reveal().to_owned())
    }

    /// A new cluster of the provider `anywhere`.
    pub async fn cluster(&self, name: &str) -> ClusterId {
        let id = ClusterId::new(&*self.app.ids);
        let cluster = NewCluster {
            id,
            organization_id: self.id,
            name: name.to_owned(),
            provider_type: "anywhere".to_owned(),
            identity: id.to_string(),
            provider: json!({"clusterName": name, "kubeSystemNamespaceId": id}),
            region: String::new(),
            status: "ready".to_owned(),
            agent_status: "online".to_owned(),
            created_at: self.app.clock.now(),
        };
        let mut tx = self.app.store.begin().await.expect("begin");
        let registered = tx.register_cluster(&cluster).await.expect("register a cluster");
        tx.commit_unaudited().await.expect("commit");
        registered.cluster.id
    }
}
