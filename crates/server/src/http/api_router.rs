//! The router of the public API.
//!
//! An operation is registered with its documentation, and what the documentation says is what is
//! enforced: method and path, the permission (`x-permission`), the operation id. Three things differ
//! from axum's own router, because the contract needs them:
//! - paths that end in a verb (`/v1/things/{id}:ack`) are served at `/v1/things/{p0}/~ack`;
//!   [`super::paths`] rewrites requests;
//! - parameter names do not matter, positions do: the contract names one position in several ways;
//! - two schemas of one name that differ, a repeated operation id, an operation without a permission
//!   and a route registered twice are errors at start, not surprises later.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::handler::Handler;
use axum::middleware;
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::Schema;

use super::document::Document;
use super::paths::Verbs;
use crate::app::App;
use crate::auth::guard;
use crate::auth::permission::Permission;

/// The extension of an operation's documentation that names its permission.
pub const PERMISSION_EXTENSION: &str = "x-permission";

/// An operation: its documentation and its handler.
pub struct Operation {
    pub(crate) path: String,
    pub(crate) methods: Vec<HttpMethod>,
    pub(crate) documentation: utoipa::openapi::path::Operation,
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
    pub(crate) handler: MethodRouter<App>,
}

impl Operation {
    /// Puts together what `operation!` collected.
    pub fn new<H, T>(
        path: String,
        methods: Vec<HttpMethod>,
        documentation: utoipa::openapi::path::Operation,
        schemas: Vec<(String, RefOr<Schema>)>,
        handler: H,
    ) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let filter = methods.iter().map(method_filter).reduce(MethodFilter::or).unwrap_or(MethodFilter::GET);
        Self { path, methods, documentation, schemas, handler: on(filter, handler) }
    }
}

/// The [`Operation`] of a handler that carries `#[utoipa::path(...)]`.
#[macro_export]
macro_rules! operation {
    ($handler:ident) => {
        ::pastey::paste! {{
            let mut schemas = Vec::new();
            <[<__path_ $handler>] as ::utoipa::__dev::SchemaReferences>::schemas(&mut schemas);
            $crate::http::api_router::Operation::new(
                <[<__path_ $handler>] as ::utoipa::Path>::path(),
                <[<__path_ $handler>] as ::utoipa::Path>::methods(),
                {
                    let mut documentation = <[<__path_ $handler>] as ::utoipa::Path>::operation();
                    let tags = <[<__path_ $handler>] as ::utoipa::__dev::Tags>::tags();
                    documentation.tags = Some(tags.into_iter().map(String::from).collect());
                    documentation
                },
                schemas,
                $handler,
            )
        }}
    };
}

/// Why the API cannot be put together. All of them are mistakes in the source.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No `x-permission`.
    #[error("operation {0} states no permission: add extensions((\"x-permission\" = json!(…)))")]
    NoPermission(String),
    /// An `x-permission` that is no permission.
    #[error("operation {operation}: {source}")]
    UnknownPermission {
        /// Its operation id.
        operation: String,
        /// What is wrong with the name.
        source: model::UnknownName,
    },
    /// Two operations of one id.
    #[error("operation id {0} is used twice")]
    RepeatedOperation(String),
    /// Two operations at one place.
    #[error("{0} is registered twice")]
    RepeatedRoute(String),
    /// Two different schemas of one name.
    #[error("two different schemas are called {0}")]
    SchemaClash(String),
    /// Something of the documentation that is missing.
    #[error("operation {operation} has no {missing}")]
    Undocumented {
        /// Its operation id.
        operation: String,
        /// What it lacks.
        missing: &'static str,
    },
}

/// What an operation's documentation says about who may call it, kept for the permission table.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The operation id.
    pub operation_id: String,
    /// Upper-case method.
    pub method: String,
    /// Path as published.
    pub path: String,
    /// What a caller needs.
    pub permission: Permission,
}

/// A handler and what its guard needs to know.
struct Guarded {
    operation_id: String,
    permission: Permission,
    handler: MethodRouter<App>,
}

/// Collects operations, then gives the router, the document and the permission rules.
#[derive(Default)]
pub struct ApiRouter {
    routes: BTreeMap<String, Vec<Guarded>>,
    taken: BTreeSet<String>,
    operation_ids: BTreeSet<String>,
    schemas: BTreeMap<String, Value>,
    paths: BTreeMap<String, BTreeMap<String, Value>>,
    verbs: Verbs,
    rules: Vec<Rule>,
}

impl ApiRouter {
    /// Registers `operation`, guarded by the permission that its documentation states.
    #[expect(clippy::should_implement_trait, reason = "nobody takes a router and an operation for a sum")]
    pub fn add(mut self, operation: Operation) -> Result<Self, ApiError> {
        let mut documentation = serde_json::to_value(&operation.documentation).unwrap_or_default();
        let id = documentation["operationId"].as_str().unwrap_or_default().to_owned();
        for missing in ["operationId", "summary", "description", "tags", "responses"] {
            if documentation[missing].is_null() {
                return Err(ApiError::Undocumented {
                    operation: format!("{id} at {}", operation.path),
                    missing,
                });
            }
        }
        if !self.operation_ids.insert(id.clone()) {
            return Err(ApiError::RepeatedOperation(id));
        }
        let permission = documentation[PERMISSION_EXTENSION]
            .as_str()
            .ok_or_else(|| ApiError::NoPermission(id.clone()))?
            .parse::<Permission>()
            .map_err(|source| ApiError::UnknownPermission { operation: id.clone(), source })?;

        for (name, schema) in operation.schemas {
            let schema = serde_json::to_value(schema).unwrap_or_default();
            match self.schemas.get(&name) {
                Some(known) if *known != schema => return Err(ApiError::SchemaClash(name)),
                _ => self.schemas.insert(name, schema),
            };
        }

        let served_at = self.verbs.served_at(&operation.path);
        for method in &operation.methods {
            let method = method_name(method);
            if !self.taken.insert(format!("{method} {served_at}")) {
                return Err(ApiError::RepeatedRoute(format!("{method} {}", operation.path)));
            }
            self.rules.push(Rule {
                operation_id: id.clone(),
                method: method.to_owned(),
                path: operation.path.clone(),
                permission,
            });
            super::document::complete(&mut documentation, permission);
            self.paths
                .entry(operation.path.clone())
                .or_default()
                .insert(method.to_ascii_lowercase(), documentation.clone());
        }

        let guarded = Guarded { operation_id: id, permission, handler: operation.handler };
        self.routes.entry(served_at).or_default().push(guarded);
        Ok(self)
    }

    /// The document that describes the operations.
    pub fn document(&self) -> Document {
        Document::new(self.paths.clone(), self.schemas.clone())
    }

    /// Who may call what.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The router, each operation behind its guard, and the verbs that paths may end in.
    pub fn finish(self, app: &App) -> (Router<App>, Verbs) {
        let mut router = Router::new();
        for (path, operations) in self.routes {
            let mut handlers = MethodRouter::new();
            for Guarded { operation_id, permission, handler } in operations {
                let gate = guard::Gate::new(app.clone(), operation_id, permission);
                handlers = handlers.merge(handler.layer(middleware::from_fn_with_state(gate, guard::pass)));
            }
            router = router.route(&path, handlers.fallback(super::error::method_not_allowed));
        }
        (router, self.verbs)
    }
}

fn method_filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}

fn method_name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Head => "HEAD",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Trace => "TRACE",
    }
}
