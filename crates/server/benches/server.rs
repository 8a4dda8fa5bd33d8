//! What a server does on this machine, printed: authenticated reads a second, heartbeats of a thousand
//! clusters, cost reports over a year. Client and server share the cores.
//!
//! `cargo bench -p server --bench server`, or one of them: `… --bench server -- reads|heartbeats|reports`.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on has nothing to measure")]

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::http::Request;
use bytes::Bytes;
use cloud::Catalog;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use model::{ClusterId, Lifecycle, Money, OrganizationId, WorkloadKey, WorkloadKind};
use serde_json::{Value, json};
use server::app::bootstrap::{default_organization, first_start};
use server::app::{App, metering};
use server::cli::host::host;
use server::serve::{Listeners, Server, Site};
use store::testing::{Backend, TestDatabase};
use store::{ClusterHour, CostRows, Measures, NamespaceHour, NewCluster, WorkloadHour};
use tokio::net::{TcpListener, TcpStream};

const READS_FOR: Duration = Duration::from_secs(5);
const READERS: usize = 8;
const CLUSTERS: usize = 1_000;
const NODES: usize = 100;
const PODS_PER_NODE: usize = 5;
/// How often each agent reports; the real one does every 15 s.
const HEARTBEAT: Duration = Duration::from_secs(15);
const HEARTBEATS: usize = 3;
const YEAR_HOURS: i64 = 365 * 24;
const NAMESPACES: usize = 20;
const WORKLOADS: usize = 150;

struct Bench {
    app: App,
    server: Server,
    address: SocketAddr,
    key: String,
    organization: OrganizationId,
    _home: TestDatabase,
}

impl Bench {
    async fn start() -> Self {
        let home = TestDatabase::new(Backend::Sqlite).await;
        let app = App::new(home.open().await.unwrap(), host(), Catalog::builtin());
        let key = first_start(&app).await.unwrap().unwrap().admin_key.reveal().to_owned();
        let site = Site::new(app.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server =
            Server::start(app.clone(), &site, Listeners { plain: Some(listener), tls: None }).unwrap();
        let organization = default_organization(&app).await.unwrap();
        Self { address: server.address.unwrap(), app, server, key, organization, _home: home }
    }

    async fn cluster(&self, name: String) -> ClusterId {
        let id = ClusterId::new(&*self.app.ids);
        let cluster = NewCluster {
            id,
            organization_id: self.organization,
            identity: name.clone(),
            name,
            provider_type: "eks".to_owned(),
            provider: json!({}),
            region: "us-east-1".to_owned(),
            status: "ready".to_owned(),
            agent_status: "online".to_owned(),
            created_at: self.app.clock.now(),
        };
        let mut tx = self.app.store.begin().await.unwrap();
        tx.register_cluster(&cluster).await.unwrap();
        tx.commit_unaudited().await.unwrap();
        id
    }

    async fn connect(&self) -> Connection {
        let stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Connection { sender, key: self.key.clone() }
    }
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    key: String,
}

impl Connection {
    async fn get(&mut self, path: &str) -> Bytes {
        let request = Request::get(path).header("host", "bench").header("x-api-key", &self.key);
        self.sender.ready().await.unwrap();
        let response = self.sender.send_request(request.body(Full::default()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.into_body().collect().await.unwrap().to_bytes()
    }

    async fn delta(&mut self, cluster: ClusterId, token: &str, body: Bytes) -> String {
        let request = Request::post(format!("/v1/kubernetes/clusters/{cluster}/agent-deltas"))
            .header("host", "bench")
            .header("x-api-key", &self.key)
            .header("content-encoding", "gzip")
            .header("continuity-token", token);
        self.sender.ready().await.unwrap();
        let response = self.sender.send_request(request.body(Full::new(body)).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        let token = response.headers()["continuity-token"].to_str().unwrap().to_owned();
        response.into_body().collect().await.unwrap();
        token
    }
}

#[tokio::main]
async fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|one| one == name);
    if wanted("reads") {
        reads().await;
    }
    if wanted("heartbeats") {
        heartbeats().await;
    }
    if wanted("reports") {
        reports().await;
    }
}

/// Small authenticated GETs over kept connections.
async fn reads() {
    let bench = Bench::start().await;
    let until = Instant::now() + READS_FOR;
    let readers: Vec<_> = futures_util::future::join_all((0..READERS).map(|_| bench.connect())).await;
    let tasks = readers.into_iter().map(|mut connection| {
        tokio::spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < until {
                let started = Instant::now();
                connection.get("/v1/auth/sessions/current").await;
                times.push(started.elapsed());
            }
            times
        })
    });
    let mut times = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        times.extend(task.await.unwrap());
    }
    let per_second = times.len() as f64 / READS_FOR.as_secs_f64();
    println!(
        "reads: {per_second:.0} authenticated GETs/s over {READERS} connections, {}",
        percentiles(times)
    );
    bench.server.stop().await;
}

/// A thousand clusters report every 15 seconds: the full snapshot first, then heartbeats with one
/// changed pod each, then empty ones.
async fn heartbeats() {
    let bench = Bench::start().await;
    let snapshot = gzip(&delta(true, NODES, PODS_PER_NODE));
    let started = Instant::now();
    let mut agents = Vec::new();
    let mut connection = bench.connect().await;
    for number in 0..CLUSTERS {
        let cluster = bench.cluster(format!("cluster-{number}")).await;
        let token = connection.delta(cluster, "", snapshot.clone()).await;
        agents.push((cluster, token));
    }
    let pods = NODES * PODS_PER_NODE;
    println!(
        "heartbeats: {CLUSTERS} full snapshots of {NODES} nodes and {pods} pods in {:.1} s, {} MiB resident",
        started.elapsed().as_secs_f64(),
        resident_mib(),
    );
    for (what, body) in [("empty", delta(false, 0, 0)), ("with one changed pod", delta(false, 0, 1))] {
        let body = gzip(&body);
        let begin = tokio::time::Instant::now();
        let mut tasks = Vec::new();
        for (number, (cluster, token)) in agents.iter().cloned().enumerate() {
            let (mut connection, body) = (bench.connect().await, body.clone());
            let offset = HEARTBEAT.mul_f64(number as f64 / CLUSTERS as f64);
            tasks.push(tokio::spawn(async move {
                let (mut token, mut times) = (token, Vec::new());
                for round in 0..HEARTBEATS {
                    tokio::time::sleep_until(begin + offset + HEARTBEAT * round as u32).await;
                    let started = Instant::now();
                    token = connection.delta(cluster, &token, body.clone()).await;
                    times.push(started.elapsed());
                }
                (times, token)
            }));
        }
        let mut times = Vec::new();
        for (task, agent) in tasks.into_iter().zip(&mut agents) {
            let (taken, token) = task.await.unwrap();
            times.extend(taken);
            agent.1 = token;
        }
        println!(
            "heartbeats: {} deltas {what}, {}, {} MiB resident",
            times.len(),
            percentiles(times),
            resident_mib()
        );
    }
    bench.server.stop().await;
}

/// Reports over a year of hourly rows.
async fn reports() {
    let bench = Bench::start().await;
    let cluster = bench.cluster("year".to_owned()).await;
    let now = bench.app.clock.now();
    let until = now.as_second().div_euclid(3_600);
    let (mut counted, started) = (None, Instant::now());
    for day in 0..365 {
        let from = until - YEAR_HOURS + day * 24;
        let end = model::Timestamp::from_second((from + 24) * 3_600).unwrap();
        bench
            .app
            .store
            .add_cost(bench.organization, cluster, counted, end, &rows(from, from + 24))
            .await
            .unwrap();
        counted = Some(end);
    }
    let rows = YEAR_HOURS as usize * (2 + NAMESPACES + WORKLOADS);
    println!("reports: {rows} hourly rows written in {:.1} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let gone = bench.app.store.thin_costs(now, metering::KEPT).await.unwrap();
    println!(
        "reports: thinned as a server keeps them, {gone} rows fewer, in {:.1} s",
        started.elapsed().as_secs_f64()
    );
    let mut connection = bench.connect().await;
    let begin = model::Timestamp::from_second((until - YEAR_HOURS) * 3_600).unwrap();
    for path in [
        "cost?aggregateBy=day&",
        "cost?aggregateBy=month&",
        "efficiency?",
        "namespace-costs?",
        "workload-costs?",
    ] {
        let path = format!("/v1/cost-reports/clusters/{cluster}/{path}startTime={begin}&endTime={now}");
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..10 {
            let started = Instant::now();
            bytes = connection.get(&path).await.len();
            times.push(started.elapsed());
        }
        let name =
            path.split('/').next_back().unwrap_or_default().split("startTime").next().unwrap_or_default();
        println!("reports: a year of {name:24} {}, {bytes} bytes", percentiles(times));
    }
    bench.server.stop().await;
}

fn rows(from: i64, until: i64) -> CostRows {
    let measures = Measures {
        cost: Money::from_nanos(1_000_000_007),
        cpu_cost: Money::from_nanos(600_000_004),
        memory_cost: Money::from_nanos(400_000_003),
        cpu_requested: 3_600_000,
        pod_seconds: 3_600,
        ..Measures::default()
    };
    let mut rows = CostRows::default();
    for hour in from..until {
        rows.cluster.extend([Lifecycle::OnDemand, Lifecycle::Spot].map(|lifecycle| ClusterHour {
            hour,
            lifecycle,
            measures,
        }));
        rows.namespaces.extend((0..NAMESPACES).map(|number| NamespaceHour {
            hour,
            namespace: format!("namespace-{number}").into(),
            measures,
        }));
        rows.workloads.extend((0..WORKLOADS).map(|number| WorkloadHour {
            hour,
            workload: WorkloadKey {
                namespace: format!("namespace-{}", number % NAMESPACES).into(),
                kind: WorkloadKind::Deployment,
                name: format!("workload-{number}").into(),
            },
            measures,
        }));
    }
    rows
}

fn delta(full: bool, nodes: usize, pods_per_node: usize) -> Value {
    let item = |kind: &str, data: Value| json!({"event": if full { "add" } else { "update" }, "kind": kind, "data": data});
    let mut items = Vec::new();
    for node in 0..nodes {
        let labels = json!({
            "node.kubernetes.io/instance-type": "m5.2xlarge", "topology.kubernetes.io/region": "us-east-1",
            "topology.kubernetes.io/zone": "us-east-1a", "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux",
        });
        items.push(item("Node", json!({
            "metadata": {"name": format!("node-{node}"), "uid": format!("node-uid-{node}"), "labels": labels, "creationTimestamp": "2026-11-01T00:00:00Z"},
            "spec": {"providerID": format!("aws:///us-east-1a/i-{node}")},
            "status": {"allocatable": {"cpu": "7910m", "memory": "31482288Ki", "pods": "58"}, "capacity": {"cpu": "8", "memory": "32Gi", "pods": "58"}, "conditions": [{"type": "Ready", "status": "True"}]},
        })));
    }
    for pod in 0..nodes.max(1) * pods_per_node {
        let node = pod / pods_per_node.max(1);
        items.push(item("Pod", json!({
            "metadata": {"name": format!("web-{pod}"), "namespace": format!("team-{}", pod % 10), "uid": format!("pod-uid-{pod}"),
                "labels": {"app": format!("web-{}", pod % 40)}, "creationTimestamp": "2026-11-01T00:00:00Z",
                "ownerReferences": [{"kind": "ReplicaSet", "name": format!("web-{}", pod % 40), "uid": format!("rs-{}", pod % 40), "controller": true, "apiVersion": "apps/v1"}]},
            "spec": {"nodeName": format!("node-{node}"), "containers": [{"name": "web", "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}}}]},
            "status": {"phase": "Running"},
        })));
    }
    json!({"clusterId": "", "clusterVersion": "1.36.2", "agentVersion": "bench", "fullSnapshot": full, "items": items, "continuityToken": ""})
}

fn gzip(value: &Value) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(value.to_string().as_bytes()).unwrap();
    encoder.finish().unwrap().into()
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    format!("p50 {:.1} ms, p99 {:.1} ms, worst {:.1} ms", at(0.5), at(0.99), at(1.0))
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or_default() / 1_024
}
