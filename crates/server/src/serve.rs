//! A server: listeners, router, background loops, and their orderly end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::{Service, ServiceExt as _};

use crate::api;
use crate::app::{App, actions, engine, metering};
use crate::http::api_router::{ApiError, Rule};
use crate::http::document::Document;
use crate::http::extract::MAX_BODY_BYTES;
use crate::http::paths::Verbs;
use crate::http::tls::{Certificate, RENEW_EVERY_SECONDS};
use crate::http::{error, listen, observe, swagger};

/// How often the times at which keys were used are written.
const LAST_USED_EVERY: Duration = Duration::from_secs(10);
/// How often what was gathered of components is written: log lines, and when they were heard of.
const SAVE_EVERY: Duration = Duration::from_secs(5);
/// How often deadlines of actions are looked at.
const DEADLINES_EVERY: Duration = Duration::from_secs(5);
/// How often costs are stored.
const COSTS_EVERY: Duration = Duration::from_secs(60);
/// How often old costs are thinned out.
const THIN_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// Everything a server answers, and what it says of itself.
pub struct Site {
    router: Router,
    verbs: Arc<Verbs>,
    /// The published document.
    pub document: Document,
    /// Who may call what.
    pub rules: Vec<Rule>,
}

impl Site {
    /// Puts it together.
    ///
    /// # Errors
    /// A mistake in the source of an operation.
    pub fn new(app: App) -> Result<Self, ApiError> {
        let operations = api::router()?;
        let (document, rules) = (operations.document(), operations.rules().to_vec());
        let (router, verbs) = operations.finish(&app);
        let router = router
            .merge(swagger::routes(document.to_json()))
            .route("/login/{code}", get(api::sessions::log_in))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .fallback(error::no_such_path)
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .layer(middleware::from_fn_with_state(app.clone(), observe::observe))
            .with_state(app);
        Ok(Self { router, verbs: Arc::new(verbs), document, rules })
    }

    /// What listeners serve: paths are rewritten before they are routed.
    pub fn service(
        &self,
    ) -> impl Service<Request<Body>, Response = Response, Error = Infallible, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static {
        let verbs = self.verbs.clone();
        self.router.clone().map_request(move |request: Request<Body>| observe::rewrite(&verbs, request))
    }
}

/// Alive is not ready: ready means that the store answers.
async fn ready(State(app): State<App>) -> Response {
    match app.store.ping().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!("not ready: {error}");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
        }
    }
}

async fn metrics(State(app): State<App>) -> Response {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, OPEN_METRICS)], app.metrics.to_text()).into_response()
}

/// The published document, as text; made without a store.
///
/// # Errors
/// A mistake in the source of an operation.
pub fn document() -> Result<String, ApiError> {
    Ok(api::router()?.document().to_json())
}

/// Where a server listens; bound already, so that a port of 0 has become one.
pub struct Listeners {
    /// Plain HTTP.
    pub plain: Option<TcpListener>,
    /// HTTPS, with its certificate.
    pub tls: Option<(TcpListener, Arc<Certificate>)>,
}

/// A running server.
pub struct Server {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    app: App,
    /// Where plain HTTP is served.
    pub address: Option<SocketAddr>,
    /// Where HTTPS is served.
    pub tls_address: Option<SocketAddr>,
}

impl Server {
    /// Starts listeners and loops.
    ///
    /// # Errors
    /// A certificate that cannot be used, or an address that went away.
    pub fn start(app: App, site: &Site, listeners: Listeners) -> anyhow::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let address = listeners.plain.as_ref().map(TcpListener::local_addr).transpose()?;
        let tls_address = listeners.tls.as_ref().map(|(listener, _)| listener.local_addr()).transpose()?;
        if let Some(listener) = listeners.plain {
            tasks.spawn(listen::serve(listener, None, site.service(), stopped.clone()));
        }
        if let Some((listener, certificate)) = listeners.tls {
            let config = Arc::new(certificate.server_config()?);
            tasks.spawn(listen::serve(listener, Some(config), site.service(), stopped.clone()));
            tasks.spawn(every(
                Duration::from_secs(RENEW_EVERY_SECONDS),
                stopped.clone(),
                app.clone(),
                move |app| {
                    renew_certificate(&certificate, &app);
                    std::future::ready(())
                },
            ));
        }
        tasks.spawn(every(LAST_USED_EVERY, stopped.clone(), app.clone(), |app| async move {
            note_used_keys(&app).await
        }));
        tasks.spawn(every(SAVE_EVERY, stopped.clone(), app.clone(), |app| async move { save(&app).await }));
        tasks.spawn(every(DEADLINES_EVERY, stopped.clone(), app.clone(), |app| async move {
            if let Err(error) = actions::fail_overdue(&app).await {
                tracing::warn!("cannot fail overdue actions: {error}");
            }
        }));
        tasks.spawn(every(COSTS_EVERY, stopped.clone(), app.clone(), |app| async move {
            store_costs(&app).await
        }));
        tasks.spawn(every(THIN_EVERY, stopped.clone(), app.clone(), |app| async move {
            if let Err(error) = metering::thin(&app).await {
                tracing::warn!("cannot thin out old costs: {error}");
            }
        }));
        tasks.spawn(engine::run(app.clone(), stopped.clone()));
        Ok(Self { stop, tasks, app, address, tls_address })
    }

    /// Stops accepting, answers what is under way, writes what was put off, and closes the store.
    pub async fn stop(mut self) {
        self.app.stopping.cancel();
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
        note_used_keys(&self.app).await;
        save(&self.app).await;
        store_costs(&self.app).await;
        self.app.store.close().await;
    }
}

/// Does `work` every `period`, and stops when told to.
async fn every<F, Work>(period: Duration, mut stop: watch::Receiver<bool>, app: App, work: F)
where
    F: Fn(App) -> Work + Send,
    Work: Future<Output = ()> + Send,
{
    loop {
        tokio::select! {
            () = tokio::time::sleep(period) => {}
            () = listen::told_to_stop(&mut stop) => return,
        }
        work(app.clone()).await;
    }
}

fn renew_certificate(certificate: &Certificate, app: &App) {
    match certificate.renew(&*app.clock) {
        Ok(false) => {}
        Ok(true) => tracing::info!("using a renewed TLS certificate"),
        Err(error) => tracing::error!("cannot renew the TLS certificate, keeping the old one: {error}"),
    }
}

async fn save(app: &App) {
    app.component_logs.save(app).await;
    if let Err(error) = app.live.save_activity(app).await {
        tracing::warn!("cannot note when components were heard of: {error}");
    }
}

async fn store_costs(app: &App) {
    if let Err(error) = metering::store_all(app).await {
        tracing::warn!("cannot store costs: {error}");
    }
}

async fn note_used_keys(app: &App) {
    let used = app.authenticator.take_used();
    if !used.is_empty()
        && let Err(error) = app.store.touch_keys(&used).await
    {
        tracing::warn!(keys = used.len(), "cannot note when keys were last used: {error}");
    }
}
