use std::io::Read as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use clap::Parser;
use flate2::read::GzDecoder;
use model::Money;
use serde_json::{Value, json};

use super::findings::WarningKind;
use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    scan: ScanArgs,
}

fn parse(words: &[&str]) -> Result<ScanArgs, clap::Error> {
    Line::try_parse_from([&["scan"], words].concat()).map(|line| line.scan)
}

async fn scan_words(words: &[&str]) -> Result<ScanReport> {
    scan(&parse(words).unwrap()).await
}

/// The dump of a small cluster in a machine room.
fn small_dump() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cluster/tests/fixtures/anywhere-8.json.gz");
    path.to_str().unwrap().to_owned()
}

/// A dump that lies beside the repository; `None` where it does not.
fn large_dump(name: &str) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/snapshots").join(name);
    path.exists().then(|| path.to_str().unwrap().to_owned())
}

/// A file that goes away with the test.
struct TemporaryFile(PathBuf);

impl TemporaryFile {
    fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = std::env::temp_dir().join(format!("supercargo-scan-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn printed(report: &ScanReport, words: &[&str]) -> String {
    let mut out = Vec::new();
    print(report, &parse(words).unwrap(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The sum of the parts of the cost: every group, and what belongs to nobody.
fn sum<'a>(groups: impl Iterator<Item = &'a report::GroupReport>, report: &ScanReport) -> Money {
    groups.map(|group| group.cost.cost_per_hour).sum::<Money>()
        + report.idle.cost_per_hour
        + report.system.cost_per_hour
}

/// Checks a report's figures and that its parts sum to the whole.
fn check(report: &ScanReport, nodes: [usize; 3], pods: usize, permille: [u32; 2]) {
    assert_eq!([report.nodes, report.spot_nodes], nodes[..2]);
    assert_eq!(report.pods, pods);
    // From the amounts: the shares of the report are rounded already.
    let of = |part: f64, whole: f64, share: f64| {
        assert!((part / whole - share).abs() < 0.000_06, "{part} of {whole} is not {share}");
        (part / whole * 1_000.0).round() as u32
    };
    let (part, whole) = (report.requested, report.allocatable);
    let cpu = of(part.cpu_cores, whole.cpu_cores, report.requested_cpu_share);
    let memory = of(part.memory_gib, whole.memory_gib, report.requested_memory_share);
    assert_eq!([cpu, memory], permille);
    assert_eq!(report.unschedulable.len(), 3);
    assert!(report.unschedulable.iter().all(|pod| !pod.reason.is_empty()));
    let empty = report.warnings.iter().find(|warning| warning.kind == WarningKind::AlmostEmptyNodes);
    assert_eq!(empty.unwrap().objects.len(), nodes[2]);
    for kind in [WarningKind::NodesNotReady, WarningKind::CordonedNodes] {
        let warning = report.warnings.iter().find(|warning| warning.kind == kind);
        assert_eq!(warning.unwrap().objects.len(), 1, "{kind:?}");
    }
    assert_eq!(sum(report.namespaces.iter().map(|one| &one.group), report), report.cost.cost_per_hour);
    assert_eq!(sum(report.workloads.iter().map(|one| &one.group), report), report.cost.cost_per_hour);
}

#[tokio::test]
async fn a_machine_room_is_priced_by_size_and_said_to_be_an_estimate() {
    let report = scan_words(&[&small_dump()]).await.unwrap();
    check(&report, [8, 0, 3], 145, [353, 327]);
    assert!(report.estimated && report.cost.cost_per_hour > Money::ZERO);
    let unpriced = report.warnings.iter().find(|warning| warning.kind == WarningKind::UnpricedNodes);
    assert_eq!(unpriced.unwrap().objects.len(), 8);
}

#[tokio::test]
async fn clouds_cost_their_list_price_to_the_cent() {
    for (name, nodes, pods, price, permille) in [
        ("eks-60", [60, 16, 5], 1_517, "16.285", [454, 385]),
        ("gke-25", [25, 6, 5], 592, "6.539", [492, 399]),
        ("karpenter-120", [120, 46, 12], 3_022, "36.421", [487, 348]),
    ] {
        let Some(dump) = large_dump(&format!("{name}.json.gz")) else { continue };
        let report = scan_words(&[&dump]).await.unwrap();
        check(&report, nodes, pods, permille);
        assert_eq!(report.cost.cost_per_hour.to_string_fixed(3), price, "{name}");
        assert!(!report.estimated && report.used.is_none(), "{name}");
    }
}

#[tokio::test]
async fn with_metrics_the_waste_is_known() {
    let (Some(dump), Some(metrics)) = (large_dump("eks-60.json.gz"), large_dump("eks-60.metrics.json.gz"))
    else {
        return;
    };
    let report = scan_words(&[&dump, &metrics]).await.unwrap();
    assert!(report.used.is_some());
    assert!(report.warnings.iter().all(|warning| warning.kind != WarningKind::NoMetrics));
    let wasteful = report.most_wasteful(10);
    assert_eq!(wasteful.len(), 10);
    let wasted: Vec<Option<Money>> = wasteful.iter().map(|one| one.group.wasted_cost_per_hour).collect();
    assert!(wasted.is_sorted_by(|a, b| a >= b));
    assert!(printed(&report, &["-"]).contains("WASTED $/MONTH"));
}

#[tokio::test]
async fn json_is_what_scripts_rely_on() {
    let report = scan_words(&[&small_dump()]).await.unwrap();
    let json: Value = serde_json::from_str(&printed(&report, &["-", "-o", "json"])).unwrap();
    assert_eq!((&json["nodes"], &json["pods"]), (&json!(8), &json!(145)));
    for key in ["costPerHour", "costPerMonth"] {
        json[key].as_str().unwrap().parse::<Money>().unwrap();
    }
    for key in ["requestedCpuShare", "requestedMemoryShare"] {
        assert!((0.0..=1.0).contains(&json[key].as_f64().unwrap()));
    }
    let hour: Money = json["costPerHour"].as_str().unwrap().parse().unwrap();
    assert_eq!(json["costPerMonth"], hour.per_month().to_string());
    for (key, member) in [
        ("namespaces", "namespace"),
        ("workloads", "kind"),
        ("unschedulable", "reason"),
        ("warnings", "message"),
        ("nodePrices", "sources"),
    ] {
        assert!(json[key][0].get(member).is_some(), "{key}[0].{member}");
    }
    let yaml: Value = serde_yaml_ng::from_str(&printed(&report, &["-", "-o", "yaml"])).unwrap();
    assert_eq!(yaml, json);
}

#[tokio::test]
async fn csv_has_every_workload_and_exact_money() {
    let report = scan_words(&[&small_dump()]).await.unwrap();
    let text = printed(&report, &["-", "-o", "csv"]);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let place = reader.headers().unwrap().iter().position(|name| name == "costPerHour").unwrap();
    let costs: Vec<Money> = reader.records().map(|row| row.unwrap()[place].parse().unwrap()).collect();
    assert_eq!(costs.len(), report.workloads.len());
    let whole = costs.into_iter().sum::<Money>() + report.idle.cost_per_hour + report.system.cost_per_hour;
    assert_eq!(whole, report.cost.cost_per_hour);
}

/// The whole table of the small cluster. When it is meant to change, run the test with
/// `SUPERCARGO_RENEW=1` and look at the difference.
#[tokio::test]
async fn the_table_is_the_one_that_was_looked_at() {
    let report = scan_words(&[&small_dump()]).await.unwrap();
    let table = printed(&report, &["-"]);
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/scan/anywhere-8.txt");
    if std::env::var_os("SUPERCARGO_RENEW").is_some() {
        std::fs::write(golden, &table).unwrap();
    }
    assert_eq!(table, std::fs::read_to_string(golden).unwrap());
}

#[tokio::test]
async fn own_prices_and_an_own_catalogue_replace_the_estimate() {
    let before = scan_words(&[&small_dump()]).await.unwrap();
    let half = TemporaryFile::new("half.yaml", "adjustments:\n  - name: rent\n    multiplier: 0.5\n");
    let halved = scan_words(&[&small_dump(), "--prices", half.path()]).await.unwrap();
    let off = before.cost.cost_per_hour - halved.cost.cost_per_hour - halved.cost.cost_per_hour;
    assert!(off.nanos().abs() <= 8 && halved.estimated, "a factor leaves an estimate one");

    let own = r#"{"adjustments":[{"provider":"other","pricePerVcpuHour":0.01,"pricePerGibHour":"0"}]}"#;
    let own = TemporaryFile::new("own.json", own);
    let priced = scan_words(&[&small_dump(), "--prices", own.path()]).await.unwrap();
    assert!(!priced.estimated);
    // 8 + 2·16 + 2·16 + 32 + 16 + 16 CPUs.
    assert_eq!(priced.cost.cost_per_hour.to_string(), "1.36");
}

#[tokio::test]
async fn a_bad_file_is_named_with_the_place_that_is_wrong() {
    let error = async |words: &[&str]| format!("{:#}", scan_words(words).await.unwrap_err());
    let missing = error(&["/nonexistent/dump.json"]).await;
    assert!(missing.contains("opening /nonexistent/dump.json"), "{missing}");

    let text = r#"{"kind":"List","items":[{"kind":"Node","metadata":{"name":"a"}},{"kind":"Pod",,}]}"#;
    let broken = TemporaryFile::new("broken.json", text);
    let found = error(&[broken.path()]).await;
    assert!(found.contains(broken.path()) && found.contains("byte"), "{found}");

    let mut whole = Vec::new();
    GzDecoder::new(std::fs::File::open(small_dump()).unwrap()).read_to_end(&mut whole).unwrap();
    let cut = TemporaryFile::new("cut.json", &whole[..whole.len() / 2]);
    let found = error(&[cut.path()]).await;
    assert!(found.contains(cut.path()) && found.contains("byte"), "{found}");

    let unknown = TemporaryFile::new("unknown.yaml", "adjustments:\n  - multiplicator: 2\n");
    let found = error(&[&small_dump(), "--prices", unknown.path()]).await;
    assert!(found.contains(unknown.path()) && found.contains("multiplicator"), "{found}");

    let csv = TemporaryFile::new("bad.csv", "provider,region\n");
    let found = error(&[&small_dump(), "--catalog", csv.path()]).await;
    assert!(found.contains(csv.path()) && found.contains("line 1"), "{found}");
}

#[test]
fn wrong_use_is_refused_as_such() {
    for words in
        [&[][..], &["dump.json", "--context", "prod"], &["-", "-o", "xml"], &["-", "--provider", "ibm"]]
    {
        assert_eq!(parse(words).unwrap_err().exit_code(), 2, "{words:?}");
    }
}

/// An API server that serves the small cluster in pages, forbids a list and has no metrics. It
/// writes down what it was asked.
struct FakeCluster {
    items: Vec<Value>,
    asked: Mutex<Vec<String>>,
}

const FORBIDDEN: &str = "persistentvolumes";

async fn answer(State(cluster): State<Arc<FakeCluster>>, request: Request) -> Response {
    let uri = request.uri();
    cluster.asked.lock().unwrap().push(format!("{} {}", request.method(), uri.path()));
    let status = |code: StatusCode, reason: &str| {
        let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": format!("{reason} says the test"), "reason": reason, "code": code.as_u16()});
        (code, axum::Json(body)).into_response()
    };
    let plural = uri.path().rsplit('/').next().unwrap_or_default();
    if request.method() != Method::GET || plural == FORBIDDEN {
        return status(StatusCode::FORBIDDEN, "Forbidden");
    }
    let of_kind = |item: &&Value| {
        let kind = item["kind"].as_str().unwrap().to_lowercase();
        [format!("{kind}s"), format!("{kind}es")].iter().any(|name| name == plural)
    };
    let mut items: Vec<Value> = cluster.items.iter().filter(of_kind).cloned().collect();
    let Some(kind) = items.first().map(|item| item["kind"].as_str().unwrap().to_owned()) else {
        return status(StatusCode::NOT_FOUND, "NotFound");
    };
    // As in a real list, items do not repeat their kind.
    items.iter_mut().filter_map(Value::as_object_mut).for_each(|item| {
        item.remove("kind");
        item.remove("apiVersion");
    });
    let query = uri.query().unwrap_or_default();
    let second = query.contains("continue=more%2F");
    let page = if plural != "pods" { items } else { items.split_off(if second { 100 } else { 0 }) };
    let (page, next) = match (plural, second) {
        ("pods", false) => (page[..100].to_vec(), "more/"),
        _ => (page, ""),
    };
    // In the order in which API servers write it.
    let list = format!(
        r#"{{"kind":"{kind}List","apiVersion":"v1","metadata":{},"items":{}}}"#,
        json!({"continue": next}),
        Value::from(page)
    );
    ([("content-type", "application/json")], list).into_response()
}

#[tokio::test]
async fn a_cluster_is_read_through_its_api_with_get_requests_only() {
    let mut text = Vec::new();
    GzDecoder::new(std::fs::File::open(small_dump()).unwrap()).read_to_end(&mut text).unwrap();
    let dump: Value = serde_json::from_slice(&text).unwrap();
    let items = dump["items"].as_array().unwrap().clone();
    let cluster = Arc::new(FakeCluster { items, asked: Mutex::default() });

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().fallback(answer).with_state(Arc::clone(&cluster));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let kubeconfig = TemporaryFile::new(
        "kubeconfig",
        json!({"apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "c", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}]})
        .to_string(),
    );
    let live = scan_words(&["--kubeconfig", kubeconfig.path()]).await.unwrap();
    let wrong = scan_words(&["--kubeconfig", kubeconfig.path(), "--context", "there"]).await;
    server.abort();

    let dumped = scan_words(&[&small_dump()]).await.unwrap();
    assert_eq!((live.nodes, live.pods), (dumped.nodes, dumped.pods));
    assert_eq!(live.cost, dumped.cost);
    let not_listed: Vec<&str> = live
        .warnings
        .iter()
        .filter(|warning| warning.kind == WarningKind::NotListed)
        .flat_map(|warning| warning.objects.iter().map(String::as_str))
        .collect();
    assert!(not_listed.contains(&FORBIDDEN), "{not_listed:?}");
    let asked = cluster.asked.lock().unwrap();
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:?}");
    assert_eq!(asked.iter().filter(|line| *line == "GET /api/v1/pods").count(), 2);
    assert!(format!("{:#}", wrong.unwrap_err()).contains("choosing a cluster"));
}
