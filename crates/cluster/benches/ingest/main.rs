//! Speed and memory of taking in a large cluster: 5,000 nodes and 100,000 pods in one full snapshot.
//!
//! `cargo bench -p cluster` prints how long it takes to decompress and scan the bytes, to decode and apply
//! them, to store the state and to read it back, in seconds of processor time, and the resident memory.
//! Each step has a process of its own, so that peaks do not mix.

mod snapshot;

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use cluster::{ClusterState, decode_delta, gunzip};

const NODES: usize = 5_000;
const PODS: usize = 100_000;

type Step = fn(&Path) -> Result<(), Box<dyn std::error::Error>>;

/// In the order in which they run; a later one may need the file of an earlier one.
const STEPS: [(&str, Step); 5] =
    [("generate", generate), ("scan", scan), ("ingest", ingest), ("restart", restart), ("delta", delta)];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let outcome = match arguments.as_slice() {
        [step, directory] => run(step, Path::new(directory)),
        _ => run_all(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(step: &str, directory: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let (_, step) = STEPS.into_iter().find(|(name, _)| *name == step).ok_or("no such step")?;
    step(directory)
}

fn run_all() -> Result<(), Box<dyn std::error::Error>> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ingest");
    std::fs::create_dir_all(&directory)?;
    for (name, _) in STEPS {
        let status = Command::new(std::env::current_exe()?).arg(name).arg(&directory).status()?;
        if !status.success() {
            return Err(format!("step {name} failed").into());
        }
    }
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

fn generate(directory: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let file = File::create(directory.join("snapshot.json.gz"))?;
    let mut out = Counted { out: flate2::write::GzEncoder::new(file, flate2::Compression::new(6)), bytes: 0 };
    snapshot::write(&mut out, NODES, PODS)?;
    let plain = out.bytes;
    let zipped = out.out.finish()?.metadata()?.len();
    println!(
        "snapshot    {NODES} nodes, {PODS} pods: {} MB, {} MB gzip",
        plain / 1_000_000,
        zipped / 1_000_000
    );
    Ok(())
}

fn snapshot_file(directory: &Path) -> std::io::Result<impl Read> {
    Ok(gunzip(BufReader::new(File::open(directory.join("snapshot.json.gz"))?)))
}

/// What any receiver has to do at least: decompress, and pass over the JSON.
fn scan(directory: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let start = now()?;
    let mut plain = Vec::new();
    snapshot_file(directory)?.read_to_end(&mut plain)?;
    let unzipped = now()? - start;
    serde_json::from_slice::<serde::de::IgnoredAny>(&plain)?;
    let whole = now()? - start;
    println!(
        "scan        {:.2} s: gunzip {:.2} s, JSON scan {:.2} s",
        whole.as_secs_f64(),
        unzipped.as_secs_f64(),
        (whole - unzipped).as_secs_f64()
    );
    std::fs::write(directory.join("scan.seconds"), whole.as_secs_f64().to_string())?;
    Ok(())
}

fn ingest(directory: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let start = now()?;
    let delta = decode_delta(snapshot_file(directory)?, jiff::Timestamp::UNIX_EPOCH)?;
    let decoded = now()? - start;
    let mut state = ClusterState::new();
    state.apply(delta);
    let whole = now()? - start;
    let least: f64 = std::fs::read_to_string(directory.join("scan.seconds"))?.parse()?;
    println!(
        "ingest      {:.2} s: decode {:.2} s, apply {:.3} s; {:.2} times the scan",
        whole.as_secs_f64(),
        decoded.as_secs_f64(),
        (whole - decoded).as_secs_f64(),
        whole.as_secs_f64() / least
    );
    println!("  memory    {}", memory()?);
    println!("  state     {:?}", state.counts());

    let start = now()?;
    let requested = state.requested_by_node().len();
    println!("  query     requested on {requested} nodes in {:.1} ms", (now()? - start).as_secs_f64() * 1e3);
    let start = now()?;
    let workloads = state.pods_by_workload().len();
    println!("  query     pods of {workloads} workloads in {:.1} ms", (now()? - start).as_secs_f64() * 1e3);

    let start = now()?;
    let bytes = state.encode()?;
    println!("store       {:.2} s, {:.1} MB", (now()? - start).as_secs_f64(), bytes.len() as f64 / 1e6);
    std::fs::write(directory.join("state"), bytes)?;
    Ok(())
}

fn restart(directory: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let bytes = std::fs::read(directory.join("state"))?;
    let start = now()?;
    let state = ClusterState::decode(&bytes)?;
    println!("read back   {:.2} s, {} pods", (now()? - start).as_secs_f64(), state.counts().pods);
    println!("  memory    {}", memory()?);
    Ok(())
}

/// What comes every 15 seconds: the measurements of all pods and a few changes.
fn delta(directory: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut state = ClusterState::decode(&std::fs::read(directory.join("state"))?)?;
    let mut body = Vec::new();
    snapshot::write_measurements(&mut body, PODS)?;
    let start = now()?;
    let delta = decode_delta(&body[..], jiff::Timestamp::UNIX_EPOCH)?;
    let decoded = now()? - start;
    let stored = delta.encode()?.len();
    let start = now()?;
    state.apply(delta);
    println!(
        "delta       {PODS} measurements, {} MB: decode {:.2} s, apply {:.3} s, stored {:.1} MB",
        body.len() / 1_000_000,
        decoded.as_secs_f64(),
        (now()? - start).as_secs_f64(),
        stored as f64 / 1e6
    );
    Ok(())
}

/// Time that this process has spent on a processor. Unlike the time on the wall it does not grow with
/// what else the machine does; everything here runs on one thread.
fn now() -> std::io::Result<Duration> {
    let schedstat = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds = schedstat.split_whitespace().next().and_then(|field| field.parse().ok());
    Ok(Duration::from_nanos(nanoseconds.unwrap_or(0)))
}

/// Resident memory of this process: now, and at its highest.
fn memory() -> std::io::Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
            / 1_000_000
    };
    Ok(format!("resident {} MB, at its highest {} MB", megabytes("VmRSS"), megabytes("VmHWM")))
}

/// Counts what passes through.
struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
