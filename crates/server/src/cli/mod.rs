//! The command line: one module per subcommand.
//!
//! Exit codes: 0 done, 1 it failed, 2 wrong use (or, of `plan --exit-code`, that something would change). Every flag has an environment variable
//! `SUPERCARGO_…`. This is where the wall clock, the operating system's random bits and the
//! environment come in.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

mod audit;
mod cluster;
mod demo;
pub mod host;
mod keys;
mod openapi;
pub mod output;
mod plan;
mod scan;
mod secrets_key;
mod server;
mod sim;

/// Kubernetes cost control plane: shows what clusters cost, computes cheaper ones, and can say why.
#[derive(Debug, Parser)]
#[command(name = "supercargo", version, max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// What to log: off, error, warn, info, debug, trace, or directives such as `info,server=debug`.
    #[arg(long, global = true, env = "SUPERCARGO_LOG", default_value = "info", value_name = "LEVEL")]
    log: String,
    /// How to log.
    #[arg(long, global = true, env = "SUPERCARGO_LOG_FORMAT", default_value = "text", value_enum)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: API, Swagger UI at /v1/spec/, TLS.
    Server(server::ServerArgs),
    /// See it on a believable cluster with a month behind it; needs nothing, changes nothing.
    Demo(demo::DemoArgs),
    /// Show what a cluster costs and wastes, from a dump or a kubeconfig; nothing is installed.
    Scan(scan::ScanArgs),
    /// Show what a cluster could cost, and why not less; nothing is changed.
    Plan(plan::PlanArgs),
    /// Load a server with simulated clusters that speak the agent's and the controller's protocol.
    Sim(sim::SimArgs),
    /// Make, list and revoke API keys on the host of the server.
    Keys(keys::KeysArgs),
    /// Check the audit log.
    Audit(audit::AuditArgs),
    /// Print the OpenAPI document that the server publishes.
    Openapi(openapi::OpenapiArgs),
    /// Print a completion script for a shell.
    Completion {
        /// Which shell.
        #[arg(value_enum)]
        shell: Shell,
    },
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    // clap itself prints what is wrong and exits with 2.
    let cli = Cli::parse();
    start_log(&cli.log, cli.log_format);
    let done = match cli.command {
        Command::Server(args) => host::block_on(server::run(args)),
        Command::Demo(args) => host::block_on(demo::run(args)),
        Command::Scan(args) => host::block_on(scan::run(args)),
        Command::Plan(args) => match host::block_on(plan::run(args)) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        Command::Sim(args) => host::block_on(sim::run(args)),
        Command::Keys(args) => host::block_on(keys::run(args)),
        Command::Audit(args) => host::block_on(audit::run(args)),
        Command::Openapi(args) => host::block_on(openapi::run(args)),
        Command::Completion { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "supercargo", &mut std::io::stdout());
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("supercargo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start_log(directives: &str, format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::new(directives);
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    match format {
        LogFormat::Text => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        LogFormat::Json => log.json().init(),
    }
}
