//! Chores of the workspace, run as `cargo xtask <chore>`.

mod bench_planner;
mod catalog;
mod generated;
mod scenarios;
mod scheduling_truth;
mod tidy;
mod verify_certificate;
mod wire;

use std::path::{Path, PathBuf};

use clap::Parser;

/// Chores of the workspace.
#[derive(Parser)]
enum Chore {
    /// Make the built-in instance catalogue from the CSV files of a folder.
    Catalog {
        /// The folder that holds them.
        from: PathBuf,
    },
    /// Write the published document, `openapi/openapi.json`.
    Openapi,
    /// Write the document and the files that golden tests compare with.
    Goldens,
    /// Check the rules of the house.
    Tidy,
    /// Write the types of the `wire` crate from `contract/`.
    Wire,
    /// Cut the whole contract down to what `contract/areas.toml` selects.
    ContractCut {
        /// The whole contract's `schemas.json`.
        from: PathBuf,
    },
    /// Compare the planner's rules with the verdicts of the real kube-scheduler.
    SchedulingTruth {
        /// Situations with verdicts, one a line, plain or gzip.
        file: PathBuf,
    },
    /// Prove a certificate of a scenario's lower bound again, without the planner.
    VerifyCertificate {
        /// The scenario, plain or gzip.
        scenario: PathBuf,
        /// What `supercargo plan --certificate` wrote.
        certificate: PathBuf,
    },
    /// Make a packing scenario of a known family.
    Scenario(scenarios::Options),
    /// Measure.
    #[command(subcommand)]
    Bench(Bench),
}

/// What can be measured.
#[derive(clap::Subcommand)]
enum Bench {
    /// Packing scenarios: costs beside the proven bound and beside what others reach.
    Planner(bench_planner::Options),
}

fn main() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    match Chore::parse() {
        Chore::Bench(Bench::Planner(options)) => bench_planner::run(root, &options),
        Chore::Scenario(options) => scenarios::run(&options),
        Chore::Catalog { from } => catalog::run(&from, root),
        Chore::Openapi => generated::openapi(root),
        Chore::Goldens => generated::goldens(root),
        Chore::Tidy => tidy::run(root),
        Chore::Wire => wire::run(root),
        Chore::ContractCut { from } => wire::cut(root, &from),
        Chore::SchedulingTruth { file } => scheduling_truth::run(&file),
        Chore::VerifyCertificate { scenario, certificate } => {
            verify_certificate::run(&scenario, &certificate)
        }
    }
}
