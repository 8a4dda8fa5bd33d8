//! What stands before every operation: authentication, the permission that the operation's
//! documentation states, and the count and duration of its requests.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::permission::Permission;
use crate::app::App;
use crate::http::error::ApiError;

/// The guard of one operation.
#[derive(Clone)]
pub struct Gate {
    app: App,
    operation: std::sync::Arc<str>,
    permission: Permission,
}

impl Gate {
    /// Guards `operation` with `permission`.
    pub fn new(app: App, operation: String, permission: Permission) -> Self {
        Self { app, operation: operation.into(), permission }
    }
}

/// Lets a request through that may pass.
pub async fn pass(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let timer = gate.app.metrics.start_request(&gate.operation);
    let response = match admit(&gate, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    timer.finish(response.status());
    response
}

async fn admit(gate: &Gate, request: &mut Request) -> Result<(), ApiError> {
    if gate.permission == Permission::Public {
        return Ok(());
    }
    let principal = super::authenticate::principal(&gate.app, request.headers(), request.method()).await?;
    if !principal.may(gate.permission) {
        let reason = if principal.role.may(gate.permission) {
            "the key is read-only".to_owned()
        } else {
            format!("the role {} does not have {}", principal.role, gate.permission)
        };
        return Err(ApiError::forbidden(format!("not permitted: {reason}")));
    }
    request.extensions_mut().insert(principal);
    Ok(())
}
