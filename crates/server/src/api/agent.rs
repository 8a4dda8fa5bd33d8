//! What the in-cluster agent sends.

use std::io::Read;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt as _;
use store::ComponentLog;
use tokio_util::io::{StreamReader, SyncIoBridge};
use utoipa::ToSchema;
use wire::proto::Object;
use wire::telemetry::{IngestAgentLogsRequest, IngestAgentLogsResponse, TelemetryRequest, TelemetryResponse};

use crate::app::{App, clusters, ingest};
use crate::auth::principal::Principal;
use crate::http::api_router::{ApiError as RouterError, ApiRouter};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Json, id};
use crate::operation;

/// The header with the token of the last delta, both ways.
pub const CONTINUITY_TOKEN: HeaderName = HeaderName::from_static("continuity-token");
/// Most bytes of a delta, compressed.
const MAX_DELTA_BYTES: u64 = 1 << 30;
/// Most bytes of a delta, decompressed: what no cluster has, and what a bomb would need.
const MAX_PLAIN_BYTES: u64 = 8 << 30;
/// How often agents report, in seconds. They insist on a string.
const INTERVAL_SECONDS: &str = "15";

/// The area's operations.
pub fn routes(router: ApiRouter) -> Result<ApiRouter, RouterError> {
    router.add(operation!(send_delta))?.add(operation!(exchange_telemetry))?.add(operation!(ingest_logs))
}

/// What a delta looks like; read from the stream, never as a whole.
#[derive(ToSchema)]
#[schema(as = AgentDelta)]
#[expect(dead_code, reason = "documentation of a body that is read as a stream")]
struct DeltaSchema {
    /// The cluster it is about.
    #[schema(rename = "clusterId")]
    cluster_id: String,
    /// Version of Kubernetes, without the leading `v`.
    #[schema(rename = "clusterVersion")]
    cluster_version: String,
    /// Version of the agent.
    #[schema(rename = "agentVersion")]
    agent_version: String,
    /// Whether it holds all objects rather than changes.
    #[schema(rename = "fullSnapshot")]
    full_snapshot: bool,
    /// The objects, or the changes.
    items: Vec<DeltaItemSchema>,
    /// Always empty; the token is in the header.
    #[schema(rename = "continuityToken")]
    continuity_token: String,
}

/// One object of a delta.
#[derive(ToSchema)]
#[schema(as = AgentDeltaItem)]
#[expect(dead_code, reason = "documentation of a body that is read as a stream")]
struct DeltaItemSchema {
    /// `add`, `update` or `delete`.
    #[schema(example = "add")]
    event: String,
    /// The bare kind, such as `Pod`.
    #[schema(example = "Pod")]
    kind: String,
    /// The object as the API server has it; of a deleted one, its last state.
    data: Object,
    /// When the item was sent.
    #[schema(rename = "createdAt", value_type = String, format = DateTime)]
    created_at: String,
}

/// Send a delta
///
/// The agent's report every 15 seconds: all objects at first, then changes. The body may be compressed
/// with gzip. The answer's `Continuity-Token` goes with the next delta; `invalid continuity token` in an
/// error asks for everything anew. A body that is cut short or malformed is refused and changes nothing.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/agent-deltas", operation_id = "AgentSendDelta", tag = "agent",
    params(
        ("clusterId" = String, Path, description = "The cluster's id."),
        ("Continuity-Token" = Option<String>, Header, description = "The token of the last delta; empty at first."),
        ("Content-Encoding" = Option<String>, Header, description = "`gzip`, or nothing."),
    ),
    request_body(content = DeltaSchema, description = "The delta; large ones are read as a stream."),
    responses((status = 200, description = "It is on disk; the token is in the header.", headers(("Continuity-Token" = String, description = "To be sent with the next delta.")))),
    extensions(("x-permission" = json!("agent.report")))
)]
async fn send_delta(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Response> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    clusters::refuse_archived(&cluster)?;
    let gzip = is_gzip(&headers)?;
    let token =
        headers.get(&CONTINUITY_TOKEN).and_then(|token| token.to_str().ok()).unwrap_or_default().to_owned();
    let received_at = app.clock.now();

    let stream = StreamReader::new(body.into_data_stream().map_err(std::io::Error::other));
    let reader = SyncIoBridge::new(stream);
    let read = tokio::task::spawn_blocking(move || {
        let mut compressed = Counted { inner: reader, bytes: 0, limit: MAX_DELTA_BYTES };
        let delta = if gzip {
            let plain =
                Counted { inner: wire::delta::gunzip(&mut compressed), bytes: 0, limit: MAX_PLAIN_BYTES };
            ingest::read_delta(plain, received_at)
        } else {
            ingest::read_delta(&mut compressed, received_at)
        };
        (delta, compressed.bytes)
    });
    let (delta, bytes) = read.await.map_err(ApiError::internal)?;
    let delta = delta.inspect_err(|_| app.metrics.delta("unknown", "malformed", bytes))?;
    let kind = if delta.is_full_snapshot() { "snapshot" } else { "update" };

    // In a task of its own: what was begun is finished even if the agent goes away.
    let applying = {
        let app = app.clone();
        tokio::spawn(async move { ingest::apply(&app, &cluster, &token, delta).await })
    };
    let applied = applying.await.map_err(ApiError::internal)?;
    app.metrics.delta(kind, if applied.is_ok() { "applied" } else { "refused" }, bytes);
    let token = HeaderValue::from_str(&applied?).map_err(ApiError::internal)?;
    // Without a body: the agent keeps the connection only then.
    Ok((StatusCode::OK, [(CONTINUITY_TOKEN, token)]).into_response())
}

fn is_gzip(headers: &HeaderMap) -> ApiResult<bool> {
    match headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"" | b"identity") => Ok(false),
        Some(b"gzip") => Ok(true),
        Some(_) => {
            Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Encoding must be gzip, or absent"))
        }
    }
}

/// Counts bytes and refuses more than its limit.
struct Counted<R> {
    inner: R,
    bytes: u64,
    limit: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        if self.bytes > self.limit {
            return Err(std::io::Error::other(format!("larger than {} bytes", self.limit)));
        }
        Ok(read)
    }
}

/// Exchange telemetry
///
/// Every replica of the agent asks every 15 seconds. `resync` stays true until a full snapshot has
/// arrived: only the leader acts on it, and the server cannot tell who asks.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/agent-config", operation_id = "AgentExchangeTelemetry", tag = "agent",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body = TelemetryRequest,
    responses((status = 200, description = "What the agent is to do.", body = TelemetryResponse)),
    extensions(("x-permission" = json!("agent.report")))
)]
async fn exchange_telemetry(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(_): Json<TelemetryRequest>,
) -> ApiResult<Json<TelemetryResponse>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    clusters::refuse_archived(&cluster)?;
    let seen = store::ClusterActivity { agent_seen_at: Some(app.clock.now()), ..Default::default() };
    app.live.note_activity(cluster.id, seen);
    let resync = ingest::resync_requested(&app, &cluster).await?;
    Ok(Json(TelemetryResponse { interval_seconds: INTERVAL_SECONDS.to_owned(), resync }))
}

/// Send a log line of the agent
///
/// Kept among the last lines of the cluster's components.
#[utoipa::path(
    post, path = "/v1/kubernetes/clusters/{clusterId}/agent-logs", operation_id = "AgentIngestLogs", tag = "agent",
    params(("clusterId" = String, Path, description = "The cluster's id.")),
    request_body = IngestAgentLogsRequest,
    responses((status = 200, description = "It was taken.", body = IngestAgentLogsResponse)),
    extensions(("x-permission" = json!("agent.report")))
)]
async fn ingest_logs(
    State(app): State<App>,
    principal: Principal,
    Path(cluster): Path<String>,
    Json(body): Json<IngestAgentLogsRequest>,
) -> ApiResult<Json<IngestAgentLogsResponse>> {
    let cluster = clusters::get(&app, &principal, id("cluster", &cluster)?).await?;
    let event = body.log_event;
    let log = ComponentLog {
        component: "agent".to_owned(),
        level: event.level,
        message: event.message,
        fields: serde_json::to_value(event.fields).unwrap_or_default(),
        time: event.time,
    };
    app.component_logs.append(&cluster, log);
    Ok(Json(IngestAgentLogsResponse {}))
}
