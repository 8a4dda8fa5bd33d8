//! Metrics of the process itself, as Prometheus text at `/metrics`.
//!
//! Names have the prefix `supercargo_`, base units, and `_total` on counters only. What clusters cost
//! is not here: that is business, behind a key.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Instant;

use axum::http::StatusCode;
use cloud::driver::{Call, ErrorKind};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// What one request was about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    operation: String,
    status: u16,
}

/// The operation alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabel {
    operation: String,
}

/// How a delta ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeltaLabels {
    kind: &'static str,
    result: &'static str,
}

/// How a call of a cloud driver ended: `ok`, or the kind of its error.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DriverLabels {
    driver: &'static str,
    operation: &'static str,
    result: &'static str,
}

/// What was asked of which driver.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DriverOperationLabels {
    driver: &'static str,
    operation: &'static str,
}

/// The kind of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: String,
}

/// Seconds, from a look into memory to a held request.
fn durations() -> Histogram {
    Histogram::new([0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0])
}

/// All of them. A server has its own; nothing is global.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<OperationLabel, Histogram, fn() -> Histogram>,
    in_flight: Gauge<i64, AtomicI64>,
    deltas: Family<DeltaLabels, Counter>,
    delta_bytes: Counter<u64, AtomicU64>,
    skipped_objects: Family<KindLabel, Counter>,
    driver_calls: Family<DriverLabels, Counter>,
    driver_durations: Family<DriverOperationLabels, Histogram, fn() -> Histogram>,
    clusters_in_memory: Gauge<i64, AtomicI64>,
    resident_bytes: Gauge<i64, AtomicI64>,
}

impl Metrics {
    /// A set of its own, all at zero.
    pub fn new() -> Arc<Self> {
        let mut registry = Registry::with_prefix("supercargo");
        let metrics = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(durations),
            driver_calls: Family::default(),
            driver_durations: Family::new_with_constructor(durations),
            in_flight: Gauge::default(),
            deltas: Family::default(),
            delta_bytes: Counter::default(),
            skipped_objects: Family::default(),
            clusters_in_memory: Gauge::default(),
            resident_bytes: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register(
            "http_requests",
            "Requests answered, by operation and status",
            metrics.requests.clone(),
        );
        registry.register(
            "http_request_duration_seconds",
            "Time to answer a request, by operation",
            metrics.durations.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests being answered now",
            metrics.in_flight.clone(),
        );
        registry.register(
            "agent_deltas",
            "Deltas that agents sent, by kind and result",
            metrics.deltas.clone(),
        );
        registry.register(
            "agent_delta_bytes",
            "Compressed bytes of deltas received",
            metrics.delta_bytes.clone(),
        );
        registry.register(
            "agent_skipped_objects",
            "Objects of deltas that could not be read, by kind",
            metrics.skipped_objects.clone(),
        );
        registry.register(
            "driver_calls",
            "Calls of cloud drivers that ended, by result",
            metrics.driver_calls.clone(),
        );
        registry.register(
            "driver_call_duration_seconds",
            "Time of a call of a cloud driver, by operation",
            metrics.driver_durations.clone(),
        );
        registry.register(
            "clusters_in_memory",
            "Clusters whose state is held in memory",
            metrics.clusters_in_memory.clone(),
        );
        registry.register(
            "process_resident_memory_bytes",
            "Resident memory of the process",
            metrics.resident_bytes.clone(),
        );
        Arc::new(Self { registry, ..metrics })
    }

    /// Counts a request from here to [`RequestTimer::finish`].
    pub fn start_request(self: &Arc<Self>, operation: &str) -> RequestTimer {
        self.in_flight.inc();
        RequestTimer { metrics: self.clone(), operation: operation.to_owned(), started: Instant::now() }
    }

    /// Counts a delta: `snapshot` or `update`, and whether it was `applied`, `refused`, `malformed` or `failed`.
    pub fn delta(&self, kind: &'static str, result: &'static str, bytes: u64) {
        self.deltas.get_or_create(&DeltaLabels { kind, result }).inc();
        self.delta_bytes.inc_by(bytes);
    }

    /// Counts a call of a cloud driver that ended.
    pub fn driver_call(&self, call: Call) {
        let (driver, operation) = (call.driver, call.operation.as_str());
        let result = call.error.map_or("ok", ErrorKind::as_str);
        self.driver_calls.get_or_create(&DriverLabels { driver, operation, result }).inc();
        let durations = self.driver_durations.get_or_create(&DriverOperationLabels { driver, operation });
        durations.observe(call.took.as_secs_f64());
    }

    /// Counts an object that could not be read.
    pub fn skipped_object(&self, kind: &str) {
        // The kind comes from outside: a handful of known shapes, or "other", so that nobody can fill the memory with labels.
        let known = kind.len() <= 40 && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
        self.skipped_objects
            .get_or_create(&KindLabel { kind: if known { kind.to_owned() } else { "other".to_owned() } })
            .inc();
    }

    /// Says how many clusters are held in memory.
    pub fn set_clusters_in_memory(&self, clusters: usize) {
        self.clusters_in_memory.set(i64::try_from(clusters).unwrap_or(i64::MAX));
    }

    /// Everything in the OpenMetrics text format.
    pub fn to_text(&self) -> String {
        if let Some(bytes) = resident_bytes() {
            self.resident_bytes.set(bytes);
        }
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A request being answered; dropped without an answer (the client went away), it counts as 499.
pub struct RequestTimer {
    metrics: Arc<Metrics>,
    operation: String,
    started: Instant,
}

impl RequestTimer {
    /// Counts the answer.
    pub fn finish(mut self, status: StatusCode) {
        self.record(status.as_u16());
    }

    fn record(&mut self, status: u16) {
        let operation = std::mem::take(&mut self.operation);
        if operation.is_empty() {
            return;
        }
        self.metrics.in_flight.dec();
        self.metrics.requests.get_or_create(&RequestLabels { operation: operation.clone(), status }).inc();
        self.metrics
            .durations
            .get_or_create(&OperationLabel { operation })
            .observe(self.started.elapsed().as_secs_f64());
    }
}

impl Drop for RequestTimer {
    fn drop(&mut self) {
        const CLIENT_CLOSED_REQUEST: u16 = 499;
        self.record(CLIENT_CLOSED_REQUEST);
    }
}

/// Resident memory as the kernel counts it; known on Linux only.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<i64>().ok().map(|kib| kib * 1024)
}
