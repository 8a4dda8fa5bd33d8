//! Organisations, as their members see them, and the caller's own profile.

use model::{KeyId, OrganizationId, UserId};
use serde_json::json;
use store::{ApiKey, KeySubject, Organization, User};

use super::{App, audit};
use crate::auth::key::{KeyKind, KeyText};
use crate::auth::permission::Role;
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// Longest name of an organisation or a person, in characters.
const LONGEST_NAME: usize = 200;

/// A name without the white space around it.
///
/// # Errors
/// 400 for one that is empty or too long.
pub fn name(field: &'static str, text: &str) -> ApiResult<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_NAME {
        return Err(ApiError::field(field, format!("must have 1 to {LONGEST_NAME} characters")));
    }
    Ok(text.to_owned())
}

/// The organisation that a path names, which must be the caller's: a key belongs to one organisation,
/// and for it there is no other.
///
/// # Errors
/// 404 for any other text.
pub fn own(principal: &Principal, text: &str) -> ApiResult<OrganizationId> {
    match text.parse() {
        Ok(id) if id == principal.organization => Ok(id),
        _ => Err(ApiError::not_found(format_args!("organization {text:?}"))),
    }
}

/// The organisations that the caller belongs to, the key's own first, each with the caller's role.
///
/// # Errors
/// What the store met.
pub async fn list(app: &App, principal: &Principal) -> ApiResult<Vec<(Organization, Role)>> {
    let mut organizations = match principal.user() {
        Some(user) => {
            let all = app.store.organizations_of_user(user).await?;
            all.into_iter().filter_map(|(organization, role)| Some((organization, Role::of(role)?))).collect()
        }
        None => vec![(get(app, principal.organization).await?, principal.role)],
    };
    organizations.sort_by_key(|(organization, _)| organization.id != principal.organization);
    Ok(organizations)
}

/// The organisation with this id, which [`own`] has let through.
///
/// # Errors
/// 404 when it is gone.
pub async fn get(app: &App, id: OrganizationId) -> ApiResult<Organization> {
    app.store.organization(id).await?.ok_or_else(|| ApiError::not_found(format_args!("organization {id}")))
}

/// Makes an organisation with the caller as its owner. As the caller's key is of another one, a key of
/// the new one is made, too; its text is in the answer and nowhere else.
///
/// # Errors
/// 400 for a name that is empty or too long; 403 when the caller is not a person.
pub async fn create(app: &App, principal: &Principal, wanted: &str) -> ApiResult<(Organization, KeyText)> {
    let name = name("name", wanted)?;
    let user =
        principal.user().ok_or_else(|| ApiError::forbidden("only a person can own an organization"))?;
    let now = app.clock.now();
    let organization = Organization { id: OrganizationId::new(&*app.ids), name, created_at: now };
    let (key, text) = first_key(app, organization.id, user);
    let mut tx = app.store.begin().await?;
    tx.create_organization(&organization).await?;
    tx.set_member_role(organization.id, user, Role::Owner.id(), now).await?;
    tx.create_key(&key, &text.hash()).await?;
    // It is told in the log of the new organisation, and in that of the key that made it.
    let event = json!({
        "organization": {"id": organization.id, "name": organization.name},
        "owner": principal.email,
        "key": {"id": key.id, "name": key.name, "prefix": key.prefix},
    });
    let there = Principal { organization: organization.id, ..principal.clone() };
    let entries =
        [&there, principal].map(|of| audit::entry(app, of, "organizationCreated", None, event.clone()));
    tx.commit(&entries).await?;
    Ok((organization, text))
}

/// Gives the organisation another name.
///
/// # Errors
/// 400 for a name that is empty or too long, 404 when it is gone.
pub async fn rename(app: &App, principal: &Principal, wanted: &str) -> ApiResult<Organization> {
    let name = name("name", wanted)?;
    let before = get(app, principal.organization).await?;
    let mut tx = app.store.begin().await?;
    tx.rename_organization(before.id, &name).await?;
    let event = json!({"before": {"name": before.name}, "after": {"name": name}});
    tx.commit(&[audit::entry(app, principal, "organizationUpdated", None, event)]).await?;
    Ok(Organization { name, ..before })
}

/// Changes what the caller is called. A name that is not given stays.
///
/// # Errors
/// 400 for a name that is too long or another e-mail address, 403 for a caller who is not a person.
pub async fn rename_caller(
    app: &App,
    principal: &Principal,
    email: &str,
    username: &str,
    name_wanted: &str,
) -> ApiResult<User> {
    let id = principal.user().ok_or_else(|| ApiError::forbidden("only a person has a profile to change"))?;
    let before = app.store.user(id).await?.ok_or_else(|| ApiError::not_found(format_args!("user {id}")))?;
    if !email.is_empty() && !email.eq_ignore_ascii_case(&before.email) {
        return Err(ApiError::field("email", "cannot be changed: it is what invitations are addressed to"));
    }
    let or_as_before = |field, wanted: &str, before: &str| match wanted {
        "" => Ok(before.to_owned()),
        wanted => name(field, wanted),
    };
    let after = User {
        username: or_as_before("username", username, &before.username)?,
        name: or_as_before("name", name_wanted, &before.name)?,
        ..before.clone()
    };
    let mut tx = app.store.begin().await?;
    tx.rename_user(id, &after.username, &after.name).await?;
    let event = json!({
        "before": {"username": before.username, "name": before.name},
        "after": {"username": after.username, "name": after.name},
    });
    tx.commit(&[audit::entry(app, principal, "userUpdated", None, event)]).await?;
    app.authenticator.forget();
    Ok(after)
}

/// The key that comes with a new membership, without which there would be no way in, and its text.
pub fn first_key(app: &App, organization_id: OrganizationId, user: UserId) -> (ApiKey, KeyText) {
    let text = KeyText::generate(KeyKind::User, &*app.entropy);
    let key = ApiKey {
        id: KeyId::new(&*app.ids),
        organization_id,
        subject: KeySubject::User(user),
        name: "first key".to_owned(),
        prefix: text.prefix().to_owned(),
        active: true,
        readonly: false,
        created_by: user.to_string(),
        created_at: app.clock.now(),
        expires_at: None,
        last_used_at: None,
    };
    (key, text)
}
