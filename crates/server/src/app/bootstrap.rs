//! The first start: the default organisation, its owner, and one admin key, shown once.

use model::{KeyId, OrganizationId, UserId};
use serde_json::json;
use store::{Actor, ApiKey, AuditEntry, KeySubject, Organization, User};

use super::App;
use crate::auth::key::{KeyKind, KeyText};
use crate::auth::permission::Role;

/// The setting that names the default organisation: of several servers that start at once on one
/// database, all agree on it.
const DEFAULT_ORGANIZATION: &str = "default-organization";
/// The owner of a fresh installation; an address that no mail ever goes to.
const OWNER_EMAIL: &str = "owner@supercargo.local";

/// What a first start made.
pub struct FirstStart {
    /// The admin key; this is the only time anybody sees it.
    pub admin_key: KeyText,
}

/// Makes what a store needs that is used for the first time. `None` when it was used before.
///
/// # Errors
/// What the store met; then nothing was made, and the next start tries again.
pub async fn first_start(app: &App) -> store::Result<Option<FirstStart>> {
    let organization_id = default_organization(app).await?;
    if app.store.organization(organization_id).await?.is_some() {
        return Ok(None);
    }
    let now = app.clock.now();
    let user = User {
        id: UserId::new(&*app.ids),
        email: OWNER_EMAIL.to_owned(),
        username: "owner".to_owned(),
        name: "Owner".to_owned(),
        created_at: now,
    };
    let admin_key = KeyText::generate(KeyKind::User, &*app.entropy);
    let key = ApiKey {
        id: KeyId::new(&*app.ids),
        organization_id,
        subject: KeySubject::User(user.id),
        name: "admin".to_owned(),
        prefix: admin_key.prefix().to_owned(),
        active: true,
        readonly: false,
        created_by: "first start".to_owned(),
        created_at: now,
        expires_at: None,
        last_used_at: None,
    };
    let mut tx = app.store.begin().await?;
    let made = tx
        .create_organization(&Organization {
            id: organization_id,
            name: "Default".to_owned(),
            created_at: now,
        })
        .await;
    match made {
        // Another server was faster; it has shown the key.
        Err(store::Error::AlreadyExists { .. }) => return Ok(None),
        other => other?,
    }
    tx.create_user(&user).await?;
    tx.set_member_role(organization_id, user.id, Role::Owner.id(), now).await?;
    tx.create_key(&key, &admin_key.hash()).await?;
    let entry = AuditEntry {
        id: model::AuditId::new(&*app.ids),
        organization_id,
        time: now,
        event_type: "organizationCreated".to_owned(),
        initiated_by: host_actor(),
        cluster_id: None,
        labels: json!({}),
        event: json!({"owner": user.email, "key": {"id": key.id, "name": key.name, "prefix": key.prefix}}),
    };
    tx.commit(&[entry]).await?;
    Ok(Some(FirstStart { admin_key }))
}

/// The organisation that commands on the host act for.
///
/// # Errors
/// What the store met.
pub async fn default_organization(app: &App) -> store::Result<OrganizationId> {
    let proposed = OrganizationId::new(&*app.ids).0;
    let agreed = app.store.setting_or(DEFAULT_ORGANIZATION, proposed.as_bytes()).await?;
    Ok(OrganizationId(uuid::Uuid::from_slice(&agreed).unwrap_or(proposed)))
}

/// How the audit log names whoever acts on the host, without a key.
pub fn host_actor() -> Actor {
    Actor {
        kind: "host".to_owned(),
        id: "host".to_owned(),
        name: "command line".to_owned(),
        email: String::new(),
    }
}
