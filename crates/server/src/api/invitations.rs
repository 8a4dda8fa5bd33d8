//! Invitations to join an organisation.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wire::invitations::{
    ClaimInvitationResponse, CreateInvitationsRequest, CreateInvitationsResponse, InvitationRoleBinding,
    InvitationRoleBindingScope, ListInvitationsQuery, ListInvitationsResponse, NewMembershipByEmail,
    PendingInvitation, ScopeType,
};
use wire::proto::Empty;

use super::members::membership;
use crate::app::invitations::{self, Invitee};
use crate::app::{App, members};
use crate::auth::authenticate;
use crate::auth::permission::Role;
use crate::auth::principal::Principal;
use crate::http::api_router::{self, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, Query, id};
use crate::http::page;
use crate::operation;

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, api_router::ApiError> {
    router
        .add(operation!(list_invitations))?
        .add(operation!(create_invitations))?
        .add(operation!(delete_invitation))?
        .add(operation!(claim_invitation))
}

/// List invitations
///
/// The invitations to the caller's organisation that nobody took up, oldest first. Expired ones stay
/// listed until they are deleted or the person is invited again.
#[utoipa::path(
    get, path = "/v1/invitations", operation_id = "UsersAPIListInvitations", tag = "organizations",
    params(ListInvitationsQuery),
    responses((status = 200, description = "The invitations.", body = ListInvitationsResponse)),
    extensions(("x-permission" = json!("members.read")))
)]
async fn list_invitations(
    State(app): State<App>,
    principal: Principal,
    Query(query): Query<ListInvitationsQuery>,
) -> ApiResult<Json<ListInvitationsResponse>> {
    let paged = invitations::list(&app, &principal, &page::stored(query.page())?).await?;
    Ok(Json(ListInvitationsResponse {
        invitations: paged.items.iter().map(to_wire).collect(),
        next_cursor: paged.next.map(|cursor| cursor.to_string()).unwrap_or_default(),
    }))
}

/// The invitations that were made, and how to take them up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewInvitations {
    #[serde(flatten)]
    ids: CreateInvitationsResponse,
    /// What to pass on to each person, in the order of the request: no e-mail is sent.
    links: Vec<InvitationLink>,
}

/// What an invited person needs to know.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct InvitationLink {
    /// Who is invited.
    #[schema(example = "ada@example.com")]
    invite_email: String,
    /// Where to take the invitation up, on this server: with POST and the token in the body.
    #[schema(example = "/v1/invitations/7f4d2c6e-0b1a-4c55-9d3e-2a8f5b6c7d80")]
    link: String,
    /// What whoever takes it up must show. It is shown this once and cannot be had again.
    token: String,
}

/// Invite people
///
/// Invites people to the caller's organisation, all or none of them, for seven days. No e-mail is sent:
/// the answer holds, for each, the link and the token to pass on. A role holds in the whole
/// organisation; there are no groups to be put into.
#[utoipa::path(
    post, path = "/v1/invitations", operation_id = "UsersAPICreateInvitations", tag = "organizations",
    request_body(content = CreateInvitationsRequest, example = json!({"members": [{
        "userEmail": "ada@example.com",
        "roleBindings": [{"roleId": "6fc95bd7-6049-4735-80b0-ce5ccde71cb1"}],
    }]})),
    responses(
        (status = 200, description = "The invitations, with what to pass on.", body = NewInvitations),
        (status = 409, description = "Somebody is a member or invited already."),
    ),
    extensions(("x-permission" = json!("members.write")))
)]
async fn create_invitations(
    State(app): State<App>,
    principal: Principal,
    Json(body): Json<CreateInvitationsRequest>,
) -> ApiResult<Json<NewInvitations>> {
    let invitees = body.members.into_iter().enumerate();
    let invitees: ApiResult<Vec<Invitee>> =
        invitees.map(|(index, one)| invitee(&principal, &format!("members[{index}]"), one)).collect();
    let issued = invitations::create(&app, &principal, invitees?).await?;
    Ok(Json(NewInvitations {
        ids: CreateInvitationsResponse {
            invitation_ids: issued.iter().map(|one| one.invitation.id.to_string()).collect(),
        },
        links: issued
            .into_iter()
            .map(|one| InvitationLink {
                link: format!("/v1/invitations/{}", one.invitation.id),
                invite_email: one.invitation.email,
                token: one.token,
            })
            .collect(),
    }))
}

/// Withdraw an invitation
///
/// It can be taken up no more.
#[utoipa::path(
    delete, path = "/v1/invitations/{id}", operation_id = "UsersAPIDeleteInvitation", tag = "organizations",
    params(("id" = String, Path, description = "The invitation's id.")),
    responses((status = 200, description = "It is gone.", body = Empty)),
    extensions(("x-permission" = json!("members.write")))
)]
async fn delete_invitation(
    State(app): State<App>,
    principal: Principal,
    Path(invitation): Path<String>,
) -> ApiResult<Json<Empty>> {
    invitations::delete(&app, &principal, id("invitation", &invitation)?).await?;
    Ok(Json(Empty {}))
}

/// Takes an invitation up.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClaimInvitationRequest {
    /// The token that came with the invitation.
    token: String,
    /// What to call whoever takes it up, when they are new to the server.
    #[schema(nullable = false, example = "Ada Lovelace")]
    name: Option<String>,
}

/// The membership that came of an invitation, and the way in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ClaimedInvitation {
    #[serde(flatten)]
    claimed: ClaimInvitationResponse,
    /// A key of the new member. It is shown this once and cannot be had again.
    token: String,
}

/// Take an invitation up
///
/// Makes whoever the invitation is for a member of the organisation, and answers with their first key.
/// The invitation's token is what permits it. Who is a member of another organisation on this server
/// makes the call with a key of theirs, so that nobody else can take their place.
#[utoipa::path(
    post, path = "/v1/invitations/{invitationId}", operation_id = "UsersAPIClaimInvitation", tag = "organizations",
    params(("invitationId" = String, Path, description = "The invitation's id.")),
    request_body(content = ClaimInvitationRequest, example = json!({"token": "the token that came with the link", "name": "Ada Lovelace"})),
    responses(
        (status = 200, description = "The membership, with a key.", body = ClaimedInvitation),
        (status = 401, description = "The person belongs to another organisation and did not show a key."),
        (status = 409, description = "It was taken up before or has expired."),
    ),
    extensions(("x-permission" = json!("public")))
)]
async fn claim_invitation(
    State(app): State<App>,
    headers: HeaderMap,
    method: Method,
    Path(invitation): Path<String>,
    Json(body): Json<ClaimInvitationRequest>,
) -> ApiResult<Json<ClaimedInvitation>> {
    // Most who take an invitation up have no key yet; a key that does not count is none.
    let caller = authenticate::principal(&app, &headers, &method).await.ok();
    let name = body.name.unwrap_or_default();
    let invitation = id("invitation", &invitation)?;
    let claimed = invitations::claim(&app, invitation, &body.token, &name, caller.as_ref()).await?;
    Ok(Json(ClaimedInvitation {
        claimed: ClaimInvitationResponse {
            membership: Some(membership(&claimed.member, claimed.role)),
            organization_id: claimed.organization.to_string(),
        },
        token: claimed.key.reveal().to_owned(),
    }))
}

/// Reads whom to invite from `one`, which stands in the request `at`.
fn invitee(principal: &Principal, at: &str, one: NewMembershipByEmail) -> ApiResult<Invitee> {
    if one.group_ids.is_some_and(|groups| !groups.is_empty()) {
        return Err(ApiError::field(
            format!("{at}.groupIds"),
            "must be empty: there are no groups of members",
        ));
    }
    let role = role(principal, at, one.role.as_deref(), &one.role_bindings.unwrap_or_default())?;
    Ok(Invitee { email: one.user_email, role })
}

/// The role that an invitation asks for. A role holds in the whole organisation here, so there is one
/// binding, and its scope can be no other.
fn role(
    principal: &Principal,
    at: &str,
    name: Option<&str>,
    bindings: &[InvitationRoleBinding],
) -> ApiResult<Role> {
    let binding = match (bindings, name) {
        ([], None | Some("")) => {
            return Err(ApiError::field(format!("{at}.roleBindings"), "must name a role"));
        }
        ([], Some(name)) => return members::role(&format!("{at}.role"), name),
        ([binding], _) => binding,
        _ => return Err(ApiError::field(format!("{at}.roleBindings"), "must be one: a member has one role")),
    };
    let own = principal.organization.to_string();
    for (index, scope) in binding.scopes.iter().flatten().enumerate() {
        let in_whole = scope.r#type.as_ref().is_none_or(|kind| *kind == ScopeType::Organization);
        if !in_whole || scope.id.as_ref().is_some_and(|id| !id.is_empty() && *id != own) {
            return Err(ApiError::field(
                format!("{at}.roleBindings[0].scopes[{index}]"),
                format!("must be the organization {own}: roles hold in the whole of it"),
            ));
        }
    }
    let role = binding.role_id.parse().ok().and_then(Role::of);
    role.filter(|role| *role != Role::ClusterAgent).ok_or_else(|| {
        let people = Role::ALL.into_iter().filter(|role| *role != Role::ClusterAgent);
        let ids: Vec<String> = people.map(|role| format!("{} ({role})", role.id())).collect();
        ApiError::field(
            format!("{at}.roleBindings[0].roleId"),
            format!("must be the id of a role: {}", ids.join(", ")),
        )
    })
}

fn to_wire(invitation: &store::Invitation) -> PendingInvitation {
    let role = invitations::role_of(invitation);
    let scope = InvitationRoleBindingScope {
        id: Some(invitation.organization_id.to_string()),
        r#type: Some(ScopeType::Organization),
    };
    PendingInvitation {
        id: invitation.id.to_string(),
        invite_email: invitation.email.clone(),
        role: role.map(|role| role.to_string()),
        role_bindings: vec![InvitationRoleBinding {
            role_id: role.map(|role| role.id().to_string()).unwrap_or_default(),
            scopes: Some(vec![scope]),
        }],
        valid_until: Some(invitation.expires_at),
    }
}
