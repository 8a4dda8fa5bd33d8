//! Members of an organisation and their roles. An organisation always keeps an owner.

use std::collections::BTreeMap;

use model::{OrganizationId, Timestamp, UserId};
use serde_json::{Value, json};
use store::{KeySubject, Member, Page, Tx, User};

use super::{App, audit};
use crate::auth::permission::Role;
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// A member, and when they were last here.
pub struct Seen {
    /// Who, and since when.
    pub member: Member,
    /// What they may do.
    pub role: Role,
    /// When a key of theirs was last used; `None` when none of the keys they have now ever was.
    pub last_seen: Option<Timestamp>,
}

/// The members, in the order in which they joined.
///
/// # Errors
/// What the store met.
pub async fn list(app: &App, principal: &Principal) -> ApiResult<Vec<Seen>> {
    let keys = app.store.keys(principal.organization, None, &Page::ALL).await?.items;
    let mut last_seen: BTreeMap<UserId, Timestamp> = BTreeMap::new();
    for key in keys {
        if let (KeySubject::User(user), Some(used)) = (key.subject, key.last_used_at) {
            let last = last_seen.entry(user).or_insert(used);
            *last = used.max(*last);
        }
    }
    let members = app.store.members(principal.organization).await?;
    Ok(members
        .into_iter()
        .filter_map(|member| {
            let role = Role::of(member.role_id)?;
            Some(Seen { role, last_seen: last_seen.get(&member.user.id).copied(), member })
        })
        .collect())
}

/// The role that a caller names, for a person.
///
/// # Errors
/// 400 for a name that is none, and for the role of clusters' components.
pub fn role(field: &str, name: &str) -> ApiResult<Role> {
    match name.parse() {
        Ok(Role::ClusterAgent) => {
            Err(ApiError::field(field, "the role cluster-agent is for clusters' tokens alone"))
        }
        Ok(role) => Ok(role),
        Err(error) => Err(ApiError::field(field, error.to_string())),
    }
}

/// Makes a user a member. Without a role, a new member is a viewer and a member stays what they are.
///
/// # Errors
/// 404 when there is no such user, 409 when the last owner would become something else.
pub async fn add(app: &App, principal: &Principal, id: UserId, role: Option<Role>) -> ApiResult<()> {
    let organization = principal.organization;
    let user = app.store.user(id).await?.ok_or_else(|| ApiError::not_found(format_args!("user {id}")))?;
    let before = app.store.member(organization, id).await?.and_then(|member| Role::of(member.role_id));
    let after = role.or(before).unwrap_or(Role::Viewer);
    if before == Some(after) {
        return Ok(());
    }
    let mut tx = app.store.begin().await?;
    tx.set_member_role(organization, id, after.id(), app.clock.now()).await?;
    if before.is_some() {
        keep_an_owner(&mut tx, organization).await?;
    }
    let mut event = json!({"user": shown(&user), "role": after.as_str()});
    let event_type = match before {
        None => "userAdded",
        Some(before) => {
            event["before"] = json!(before.as_str());
            "userRoleChanged"
        }
    };
    tx.commit(&[audit::entry(app, principal, event_type, None, event)]).await?;
    app.authenticator.forget();
    Ok(())
}

/// Takes users out of the organisation, all or none, with their keys and so their sessions.
///
/// # Errors
/// 404 when one is no member, 409 when no owner would be left.
pub async fn remove(app: &App, principal: &Principal, users: &[UserId]) -> ApiResult<()> {
    let organization = principal.organization;
    let not_found = |id| ApiError::not_found(format_args!("user {id}"));
    let mut members = Vec::new();
    for &id in users {
        members.push(app.store.member(organization, id).await?.ok_or_else(|| not_found(id))?);
    }
    let mut entries = Vec::new();
    let mut tx = app.store.begin().await?;
    for member in members {
        if !tx.remove_member(organization, member.user.id).await? {
            return Err(not_found(member.user.id));
        }
        let role = Role::of(member.role_id).map_or("none", Role::as_str);
        let event = json!({"user": shown(&member.user), "role": role});
        entries.push(audit::entry(app, principal, "userRemoved", None, event));
    }
    keep_an_owner(&mut tx, organization).await?;
    tx.commit(&entries).await?;
    app.authenticator.forget();
    Ok(())
}

/// Refuses a change that leaves nobody who could undo it.
async fn keep_an_owner(tx: &mut Tx, organization: OrganizationId) -> ApiResult<()> {
    match tx.count_members_with_role(organization, Role::Owner.id()).await? {
        0 => Err(ApiError::conflict("the last owner must stay: make somebody else an owner first")),
        _ => Ok(()),
    }
}

fn shown(user: &User) -> Value {
    json!({"id": user.id, "email": user.email})
}
