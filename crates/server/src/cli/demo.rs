//! `supercargo demo`: a server with a believable, wasteful cluster that lives on. No network, no cloud,
//! no cluster of one's own.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::SignedDuration;
use sim::http::{Member, Server as ToServer, lock};
use sim::protocol::{Response, Step};
use sim::{Agent, Rhythm, SimCloud, Subject};
use store::{Cluster, Store};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::output::grouped;
use super::{host, keys};
use crate::app::{App, bootstrap, registration, sessions};
use crate::auth::authenticate;
use crate::auth::key::KeyText;
use crate::auth::principal::Principal;
use crate::http::listen;
use crate::serve::{Listeners, Server, Site};
use history::Lived;

mod history;
mod report;

/// The fastest that a demo's cluster lives.
const FASTEST: u32 = 600;
/// How long the cluster's first report may take.
const SNAPSHOT_WITHIN: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, Args)]
pub(super) struct DemoArgs {
    /// Keep the demo in this directory and go on with it the next time. Without it, it is gone at the end.
    #[arg(long, env = "SUPERCARGO_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to serve; port 0 takes any free one.
    #[arg(long, env = "SUPERCARGO_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Another seed is another cluster; the same seed, the same one.
    #[arg(long, env = "SUPERCARGO_SEED", default_value_t = 7)]
    seed: u64,
    /// Days of history that the cluster has behind it.
    #[arg(long, env = "SUPERCARGO_DAYS", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=365))]
    days: i64,
    /// How many times faster than the wall the cluster lives.
    #[arg(long, env = "SUPERCARGO_SPEED", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=i64::from(FASTEST)))]
    speed: u32,
    /// Do not open a browser.
    #[arg(long, env = "SUPERCARGO_NO_BROWSER")]
    no_browser: bool,
    /// Print the report and end.
    #[arg(long, env = "SUPERCARGO_EXIT_AFTER_REPORT")]
    exit_after_report: bool,
}

pub(super) async fn run(args: DemoArgs) -> anyhow::Result<()> {
    let directory = match &args.data {
        Some(directory) => directory.clone(),
        None => std::env::temp_dir().join(format!("supercargo-demo-{}", std::process::id())),
    };
    let done = run_in(&directory, &args).await;
    if args.data.is_none() {
        // What is left of it in a temporary directory does no harm.
        let _ = std::fs::remove_dir_all(&directory);
    }
    done
}

async fn run_in(directory: &Path, args: &DemoArgs) -> anyhow::Result<()> {
    let listener = listen::bind(args.listen, "--listen").await?;
    let store = Store::open_sqlite(directory).await.context("cannot open the demo's store")?;
    let mut host = host::host();
    let cloud = SimCloud::new(host.clock.clone());
    host.drivers.push(Arc::new(cloud.clone()));
    let app = App::new(store, host, cloud::Catalog::builtin());
    let site = Site::new(app.clone())?;
    let key = match bootstrap::first_start(&app).await? {
        Some(first) => first.admin_key,
        None => keys::create_for_owner(&app, "demo").await?,
    };
    let server = Server::start(app.clone(), &site, Listeners { plain: Some(listener), tls: None })?;
    let address = server.address.context("the demo's server listens nowhere")?;
    let ended = show(&app, args, &key, address, cloud).await;
    server.stop().await;
    ended
}

async fn show(
    app: &App,
    args: &DemoArgs,
    key: &KeyText,
    address: SocketAddr,
    cloud: SimCloud,
) -> anyhow::Result<()> {
    let owner = authenticate::by_key_text(app, key).await?;
    let (code, _) = sessions::create_login_code(app, &owner).await?;
    let link = format!("http://{address}/login/{code}");
    println!("Supercargo is at http://{address}, its API at http://{address}/v1/spec/");
    println!("Sign in (once, within ten minutes): {link}");
    println!("API key of this demo: {}", key.reveal());
    println!("Try: curl -H 'X-API-Key: {}' http://{address}/v1/kubernetes/clusters\n", key.reveal());
    if !args.no_browser && !args.exit_after_report {
        open_browser(&link);
    }
    let end = app.clock.now();
    let start = end.saturating_sub(SignedDuration::from_hours(args.days * 24)).unwrap_or(end);
    let cluster = sim::demo_cluster(args.seed, start);

    // The agent registers as the official one does; only the way to the server is shorter.
    let mut agent = Agent::new(cluster.provider(), &cluster.world().name, 1, rhythm(), end);
    let mut subject = Subject::from(cluster);
    let registered = register(app, &owner, &mut agent, &mut subject).await?;
    let Subject::Living(cluster) = subject else { bail!("the demo's cluster does not live") };
    let cluster = match app.store.cost_counted_until(registered.organization_id, registered.id).await? {
        None => {
            let bar = Bar::new(args.days, &registered.name);
            let lived =
                history::live_through(app, &registered, *cluster, (start, end), |lived| bar.show(lived))
                    .await?;
            bar.finish();
            lived
        }
        Some(_) => {
            let mut cluster = *cluster;
            cluster.advance(end);
            cluster
        }
    };

    let subject = Arc::new(Mutex::new(Subject::from(cluster)));
    if let Some(cluster) = lock(&subject).cluster_mut() {
        cluster.set_speed(app.clock.now(), args.speed);
    }
    let stop = CancellationToken::new();
    let member = Member { subject: subject.clone(), agent, controlled: true, cloud: Some(cloud) };
    let to_server = ToServer::new(&format!("http://{address}"), key.reveal(), None)?;
    let living =
        tokio::spawn(sim::http::run(to_server, member, app.clock.clone(), Arc::default(), stop.clone()));

    let shown = async {
        wait_for_snapshot(app, &registered).await?;
        report::print(app, &registered, args.days).await?;
        if args.exit_after_report {
            return Ok(());
        }
        println!(
            "\nThe cluster lives on, {} times as fast as the wall; type another number to change that, \
             Ctrl-C to end.",
            args.speed
        );
        live_on(app, &subject).await
    }
    .await;
    stop.cancel();
    living.await.context("the demo's cluster ended")?;
    shown
}

/// The official agent waits before it first reports; nobody who watches a demo would.
fn rhythm() -> Rhythm {
    Rhythm { settling: SignedDuration::ZERO, ..Rhythm::of(SignedDuration::from_secs(15)) }
}

async fn register(
    app: &App,
    owner: &Principal,
    agent: &mut Agent,
    subject: &mut Subject,
) -> anyhow::Result<Cluster> {
    let now = app.clock.now();
    let Step::Send(request) = agent.step(subject, now) else { bail!("the demo's agent does not register") };
    let cluster = registration::register(app, owner, &wire::from_json(&request.body)?).await?;
    let body = serde_json::to_vec(&serde_json::json!({"id": cluster.id}))?;
    agent
        .answer(Some(Response { status: 200, continuity_token: None, body }), now)
        .map_err(anyhow::Error::msg)?;
    Ok(cluster)
}

async fn wait_for_snapshot(app: &App, cluster: &Cluster) -> anyhow::Result<()> {
    let deadline = tokio::time::Instant::now() + SNAPSHOT_WITHIN;
    let received = || app.live.activity(cluster.id).last_snapshot_at.is_some();
    while !received() {
        if tokio::time::Instant::now() > deadline {
            bail!("the demo's cluster did not report within {} s", SNAPSHOT_WITHIN.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // It is noted before it is applied; reading waits for what is being applied.
    app.live.read(app, cluster.organization_id, cluster.id, |_| ()).await?;
    Ok(())
}

/// Until somebody ends it; a number that is typed is the cluster's new speed.
async fn live_on(app: &App, subject: &Mutex<Subject>) -> anyhow::Result<()> {
    let mut typed = std::io::stdin().is_terminal().then(typed_lines);
    let stop = super::server::stop_signal();
    tokio::pin!(stop);
    loop {
        let line = async {
            match typed.as_mut() {
                Some(lines) => lines.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = &mut stop => return ended,
            line = line => match line.as_deref().map(str::trim).map(str::parse::<u32>) {
                Some(Ok(speed)) if (1..=FASTEST).contains(&speed) => {
                    if let Some(cluster) = lock(subject).cluster_mut() {
                        cluster.set_speed(app.clock.now(), speed);
                    }
                    println!("now {speed} times as fast as the wall");
                }
                Some(_) => println!("a speed is a number from 1 to {FASTEST}"),
                // The end of the input: from here on only a signal counts.
                None => typed = None,
            },
        }
    }
}

/// What is typed, line by line. The thread that reads it ends with the process.
fn typed_lines() -> mpsc::Receiver<String> {
    let (lines, typed) = mpsc::channel(1);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lines().map_while(Result::ok);
        input.try_for_each(|line| lines.blocking_send(line))
    });
    typed
}

/// Opens the link in the desktop's browser, where there is one.
fn open_browser(link: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = || std::process::Stdio::null();
    // Without a browser the link is on the screen.
    let _ =
        std::process::Command::new(opener).arg(link).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
}

/// The first figures, while the rest is being made.
struct Bar {
    bar: ProgressBar,
    name: String,
}

impl Bar {
    fn new(days: i64, name: &str) -> Self {
        let bar = ProgressBar::new(days.unsigned_abs());
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] day {pos} of {len}") {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, name: name.to_owned() }
    }

    fn show(&self, lived: Lived) {
        match lived {
            Lived::Start { nodes, pods, per_hour } => {
                let per_hour = per_hour.to_string_fixed(3);
                let line =
                    format!("{}: {nodes} nodes, {pods} pods, ${per_hour}/hour at the beginning", self.name);
                self.bar.suspend(|| println!("{line}"));
            }
            Lived::Days(days, cost) => {
                self.bar.set_position(days.unsigned_abs());
                self.bar.set_message(format!("${} so far", grouped(&cost.to_string_fixed(2))));
            }
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
