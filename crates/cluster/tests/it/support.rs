//! Fixtures and small things that several tests need.

use std::io::Read;
use std::path::PathBuf;

use cluster::{ClusterState, Delta, DumpReader, decode_delta, gunzip};
use model::{NamespacedName, Timestamp};

/// When the first delta of a test is received.
pub const START: &str = "2026-11-23T16:17:25Z";

pub fn at(seconds: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(seconds)
}

pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A file that stands beside the repository, where there is one.
pub fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    path.exists().then_some(path)
}

pub fn read_gzip(path: PathBuf) -> String {
    let mut text = String::new();
    gunzip(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// The bodies that the agent sent in a recorded run, each with the number of its exchange.
pub fn recording(name: &str) -> Vec<(String, String)> {
    let text = read_gzip(fixture(&format!("{name}.tsv.gz")));
    let lines = text.lines().map(|line| line.split_once('\t').unwrap());
    lines.map(|(exchange, body)| (exchange.to_owned(), format!("{body}\n"))).collect()
}

/// The body of one exchange of a recorded run.
pub fn exchange(recording: &[(String, String)], number: &str) -> String {
    recording.iter().find(|(one, _)| one == number).unwrap().1.clone()
}

pub fn decode(body: &str) -> Delta {
    decode_delta(body.as_bytes(), at(0)).unwrap()
}

pub fn apply(state: &mut ClusterState, body: &str) {
    state.apply(decode(body));
}

pub fn name(text: &str) -> NamespacedName {
    let (namespace, name) = text.split_once('/').unwrap();
    NamespacedName { namespace: namespace.into(), name: name.into() }
}

/// The dump of the small snapshot, which stands among the fixtures.
pub fn anywhere_8() -> PathBuf {
    fixture("anywhere-8.json.gz")
}

pub fn dump(paths: &[PathBuf]) -> ClusterState {
    let mut reader = DumpReader::new();
    for path in paths {
        reader.read(std::fs::File::open(path).unwrap()).unwrap();
    }
    reader.finish()
}
