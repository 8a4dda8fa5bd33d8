//! Who is calling.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use model::{ClusterId, KeyId, OrganizationId, ServiceAccountId, SessionId, UserId};
use store::Actor;

use super::permission::{Permission, Role};
use crate::http::error::ApiError;

/// Whose key or session it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A person.
    User(UserId),
    /// A machine user.
    ServiceAccount(ServiceAccountId),
    /// The in-cluster components of one cluster: nothing else exists for them.
    Cluster(ClusterId),
}

/// An authenticated caller. A handler that takes one as an argument runs only behind the
/// [`super::guard`], which has checked the operation's permission.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The tenant. Every query carries it.
    pub organization: OrganizationId,
    /// Whose key it is.
    pub subject: Subject,
    /// The role in the organisation.
    pub role: Role,
    /// The key that was used, or that the session was opened with.
    pub key: KeyId,
    /// The session, when it came by cookie.
    pub session: Option<SessionId>,
    /// A read-only key: no permission that changes anything, whatever the role.
    pub read_only: bool,
    /// A name for the audit log.
    pub name: String,
    /// An e-mail address for the audit log; empty for clusters.
    pub email: String,
}

impl Principal {
    /// Whether it may do what `permission` stands for.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission) && !(self.read_only && permission.is_write())
    }

    /// The person, if it is one.
    pub fn user(&self) -> Option<UserId> {
        match self.subject {
            Subject::User(id) => Some(id),
            Subject::ServiceAccount(_) | Subject::Cluster(_) => None,
        }
    }

    /// Whether `cluster` exists for it, as far as its key alone can tell.
    pub fn may_see_cluster(&self, cluster: ClusterId) -> bool {
        match self.subject {
            Subject::Cluster(own) => own == cluster,
            Subject::User(_) | Subject::ServiceAccount(_) => true,
        }
    }

    /// How the audit log names it.
    pub fn actor(&self) -> Actor {
        let (kind, id) = match self.subject {
            Subject::User(id) => ("user", id.to_string()),
            Subject::ServiceAccount(id) => ("service_account", id.to_string()),
            Subject::Cluster(id) => ("cluster", id.to_string()),
        };
        Actor { kind: kind.to_owned(), id, name: self.name.clone(), email: self.email.clone() }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            // Reached only by a mistake in the source: a public operation whose handler wants a caller.
            ApiError::unauthorized("this operation needs a key")
        })
    }
}
