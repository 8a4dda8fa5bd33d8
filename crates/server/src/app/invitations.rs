//! Invitations: whoever has the token of one becomes a member. Nothing is sent by e-mail; whoever
//! invites passes the token on.
//!
//! A person exists on the server, beside organisations, by their e-mail address. Who is a member of
//! another organisation must show a key of theirs to take up an invitation: otherwise an organisation
//! could invite somebody, take up the invitation itself, and act under their name.

use jiff::SignedDuration;
use model::{InvitationId, RoleId, Timestamp, UserId};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{Invitation, Member, Page, Paged, User};

use super::{App, audit, organizations};
use crate::auth::key::KeyText;
use crate::auth::permission::Role;
use crate::auth::principal::{Principal, Subject};
use crate::auth::session::random_text;
use crate::http::error::{ApiError, ApiResult};

/// How long an invitation can be taken up.
const VALID_DAYS: i64 = 7;
/// Longest e-mail address, in characters, by RFC 5321.
const LONGEST_EMAIL: usize = 254;
/// How many people can be invited by one call.
const MOST_AT_ONCE: usize = 100;

/// Whom to invite, and as what.
pub struct Invitee {
    /// Their e-mail address.
    pub email: String,
    /// What they are to be.
    pub role: Role,
}

/// An invitation and its token, which is kept nowhere.
pub struct Issued {
    /// The invitation.
    pub invitation: Invitation,
    /// What whoever takes it up must show.
    pub token: String,
}

/// What taking up an invitation led to.
pub struct Claimed {
    /// The membership.
    pub member: Member,
    /// The role in it.
    pub role: Role,
    /// Where.
    pub organization: model::OrganizationId,
    /// The text of a key of the new member; this is the only time anybody sees it.
    pub key: KeyText,
}

/// The role that an invitation carries.
pub fn role_of(invitation: &Invitation) -> Option<Role> {
    let id: RoleId = invitation.role_bindings[0]["roleId"].as_str()?.parse().ok()?;
    Role::of(id)
}

/// The invitations that nobody took up, expired ones among them, oldest first.
///
/// # Errors
/// 400 for a cursor of another list.
pub async fn list(app: &App, principal: &Principal, page: &Page) -> ApiResult<Paged<Invitation>> {
    Ok(app.store.open_invitations(principal.organization, page).await?)
}

/// Invites people, all or none. An expired invitation of the same person is replaced.
///
/// # Errors
/// 400 for what is no e-mail address, 409 for somebody who is a member or invited already.
pub async fn create(app: &App, principal: &Principal, invitees: Vec<Invitee>) -> ApiResult<Vec<Issued>> {
    if invitees.is_empty() || invitees.len() > MOST_AT_ONCE {
        return Err(ApiError::field("members", format!("must have 1 to {MOST_AT_ONCE} entries")));
    }
    let now = app.clock.now();
    let members = app.store.members(principal.organization).await?;
    let open = app.store.open_invitations(principal.organization, &Page::ALL).await?.items;
    let mut issued: Vec<Issued> = Vec::new();
    for (index, invitee) in invitees.into_iter().enumerate() {
        let email = email(&format!("members[{index}].userEmail"), &invitee.email)?;
        let pending = |invitation: &Invitation| invitation.email == email && invitation.expires_at > now;
        if members.iter().any(|member| member.user.email == email) {
            return Err(ApiError::conflict(format!("{email} is a member already")));
        }
        if open.iter().any(pending) || issued.iter().any(|one| pending(&one.invitation)) {
            return Err(ApiError::conflict(format!(
                "{email} is invited already: delete that invitation first"
            )));
        }
        issued.push(issue(app, principal, email, invitee.role, now));
    }
    let renewed = open.iter().filter(|old| issued.iter().any(|new| new.invitation.email == old.email));
    let mut tx = app.store.begin().await?;
    for expired in renewed {
        tx.delete_invitation(principal.organization, expired.id).await?;
    }
    let mut entries = Vec::new();
    for one in &issued {
        tx.create_invitation(&one.invitation).await?;
        entries.push(audit::entry(app, principal, "invitationCreated", None, shown(&one.invitation)));
    }
    tx.commit(&entries).await?;
    Ok(issued)
}

/// Withdraws an invitation.
///
/// # Errors
/// 404 when there is none.
pub async fn delete(app: &App, principal: &Principal, id: InvitationId) -> ApiResult<()> {
    let mut tx = app.store.begin().await?;
    if !tx.delete_invitation(principal.organization, id).await? {
        return Err(ApiError::not_found(format_args!("invitation {id}")));
    }
    tx.commit(&[audit::entry(app, principal, "invitationDeleted", None, json!({"id": id}))]).await?;
    Ok(())
}

/// Takes an invitation up, for whoever its e-mail address stands for; a person new to the server is
/// called `name`. Who calls, if they said so, matters only where the module's head says.
///
/// # Errors
/// 404 for an invitation that there is not or a token that is not its own, 409 for one that was used
/// or has expired, 401 for a person of another organisation without a key of theirs.
pub async fn claim(
    app: &App,
    id: InvitationId,
    token: &str,
    name: &str,
    caller: Option<&Principal>,
) -> ApiResult<Claimed> {
    let now = app.clock.now();
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let invitation = app.store.invitation_by_hash(&hash).await?;
    let invitation = invitation
        .filter(|invitation| invitation.id == id)
        .ok_or_else(|| ApiError::not_found(format_args!("invitation {id} with that token")))?;
    if invitation.claimed_at.is_some() || invitation.expires_at <= now {
        return Err(used_or_expired());
    }
    let role =
        role_of(&invitation).ok_or_else(|| ApiError::conflict("the invitation names no role of today"))?;
    let known = app.store.user_by_email(&invitation.email).await?;
    if let Some(user) = &known {
        check_identity(app, &invitation, user, caller).await?;
    }
    let is_new = known.is_none();
    let user = match known {
        Some(user) => user,
        None => new_user(app, &invitation.email, name, now)?,
    };
    let before = app.store.member(invitation.organization_id, user.id).await?;
    let (key, text) = organizations::first_key(app, invitation.organization_id, user.id);

    let mut tx = app.store.begin().await?;
    if !tx.claim_invitation(invitation.organization_id, id, user.id, now).await? {
        return Err(used_or_expired());
    }
    if is_new {
        match tx.create_user(&user).await {
            Err(store::Error::AlreadyExists { .. }) => return Err(used_or_expired()),
            made => made?,
        }
    }
    let member = match before {
        // Somebody added them in the meantime: they stay what they were made.
        Some(member) => member,
        None => {
            tx.set_member_role(invitation.organization_id, user.id, role.id(), now).await?;
            Member { user, role_id: role.id(), member_since: now }
        }
    };
    tx.create_key(&key, &text.hash()).await?;
    let role = Role::of(member.role_id).unwrap_or(role);
    let claimant = Principal {
        organization: invitation.organization_id,
        subject: Subject::User(member.user.id),
        role,
        key: key.id,
        session: None,
        read_only: false,
        name: member.user.name.clone(),
        email: member.user.email.clone(),
    };
    let event = json!({
        "id": id, "role": role.as_str(), "userCreated": is_new,
        "key": {"id": key.id, "name": key.name, "prefix": key.prefix},
    });
    tx.commit(&[audit::entry(app, &claimant, "invitationClaimed", None, event)]).await?;
    Ok(Claimed { member, role, organization: invitation.organization_id, key: text })
}

/// Makes sure that a person who belongs to another organisation is the one who calls.
async fn check_identity(
    app: &App,
    invitation: &Invitation,
    user: &User,
    caller: Option<&Principal>,
) -> ApiResult<()> {
    let organizations = app.store.organizations_of_user(user.id).await?;
    if organizations.iter().all(|(organization, _)| organization.id == invitation.organization_id) {
        return Ok(());
    }
    if caller.is_some_and(|caller| caller.user() == Some(user.id) && !caller.read_only) {
        return Ok(());
    }
    Err(ApiError::unauthorized(format!(
        "{} belongs to another organization: take the invitation up with a key of theirs that is not read-only",
        user.email
    )))
}

fn issue(app: &App, principal: &Principal, email: String, role: Role, now: Timestamp) -> Issued {
    let token = random_text(&*app.entropy);
    let scopes = json!([{"id": principal.organization, "type": "ORGANIZATION"}]);
    let invitation = Invitation {
        id: InvitationId::new(&*app.ids),
        organization_id: principal.organization,
        email,
        role_bindings: json!([{"roleId": role.id(), "scopes": scopes}]),
        token_hash: Sha256::digest(token.as_bytes()).into(),
        created_by: principal.actor().id,
        created_at: now,
        expires_at: now.saturating_add(SignedDuration::from_hours(24 * VALID_DAYS)).unwrap_or(now),
        claimed_at: None,
        claimed_by: None,
    };
    Issued { invitation, token }
}

/// The address in lower case. What is checked is what would be a mistake by any rule: who it belongs
/// to shows only when the invitation is taken up.
fn email(field: &str, text: &str) -> ApiResult<String> {
    let text = text.trim().to_lowercase();
    let plain =
        text.chars().count() <= LONGEST_EMAIL && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    match text.split_once('@') {
        Some((local, domain))
            if plain && !local.is_empty() && !domain.is_empty() && !domain.contains('@') =>
        {
            Ok(text)
        }
        _ => Err(ApiError::field(field, "must be an e-mail address")),
    }
}

fn new_user(app: &App, email: &str, name: &str, now: Timestamp) -> ApiResult<User> {
    let username = email.split('@').next().unwrap_or(email).to_owned();
    let name = match name.trim() {
        "" => username.clone(),
        name => organizations::name("name", name)?,
    };
    Ok(User { id: UserId::new(&*app.ids), email: email.to_owned(), username, name, created_at: now })
}

fn used_or_expired() -> ApiError {
    ApiError::conflict("the invitation was taken up before or has expired: ask for a new one")
}

fn shown(invitation: &Invitation) -> Value {
    json!({
        "id": invitation.id, "email": invitation.email,
        "role": role_of(invitation).map(Role::as_str), "validUntil": invitation.expires_at,
    })
}
