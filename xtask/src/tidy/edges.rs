//! Which crate may use which: the table in `docs/ARCHITECTURE.md` against what cargo knows.
//!
//! An edge that is missing in the table is a rule. One that the table has and nobody uses is a fault,
//! too: the table is true.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// A crate's name → the crates of ours that it uses.
type Edges = BTreeMap<String, BTreeSet<String>>;

/// What a crate that may use anything has in the table.
const ANYTHING: &str = "anything";

pub(super) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let architecture = std::fs::read_to_string(root.join("docs/ARCHITECTURE.md"))
        .context("cannot read docs/ARCHITECTURE.md")?;
    Ok(compare(&table(&architecture), &actual(root)?))
}

fn compare(allowed: &Edges, actual: &Edges) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, uses) in actual {
        let Some(may) = allowed.get(name) else {
            faults.push(format!("the crate {name} is not in the layout table of docs/ARCHITECTURE.md"));
            continue;
        };
        if may.contains(ANYTHING) {
            continue;
        }
        for used in uses.difference(may) {
            faults.push(format!(
                "{name} uses {used}, which the layout table of docs/ARCHITECTURE.md does not allow"
            ));
        }
        for unused in may.difference(uses) {
            faults.push(format!("the layout table lets {name} use {unused}, which it does not"));
        }
    }
    for name in allowed.keys().filter(|name| !actual.contains_key(*name)) {
        faults.push(format!("the layout table has a crate {name}, which does not exist"));
    }
    faults
}

/// The rows `| crates/name | what it holds | crate, crate |`.
fn table(architecture: &str) -> Edges {
    let rows = architecture.lines().filter_map(|line| line.strip_prefix('|'));
    rows.filter_map(|row| {
        let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
        let [place, _, uses] = cells[..] else { return None };
        let place = place.trim_matches('`').trim_end_matches('/');
        let name = place.strip_prefix("crates/").or((place == "xtask").then_some(place))?;
        let uses = uses.split(',').map(|one| one.trim().trim_matches('`'));
        let uses = uses.filter(|one| !one.is_empty() && *one != "–").map(str::to_owned).collect();
        Some((name.to_owned(), uses))
    })
    .collect()
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    path: Option<String>,
}

/// What is built in, that is: what tests use besides is theirs to choose.
fn actual(root: &Path) -> anyhow::Result<Edges> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .context("cannot run cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata is no JSON")?;
    Ok(metadata
        .packages
        .into_iter()
        .map(|package| {
            let ours = package.dependencies.into_iter();
            let built_in = ours.filter(|one| one.path.is_some() && one.kind.is_none());
            (package.name, built_in.map(|one| one.name).collect())
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(text: &str) -> Edges {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines
            .map(|line| {
                let (name, uses) = line.split_once(':').unwrap();
                (name.to_owned(), uses.split_whitespace().map(str::to_owned).collect())
            })
            .collect()
    }

    #[test]
    fn forbidden_and_unused_edges_are_named() {
        let allowed = table(
            "| place | holds | may use |\n|---|---|---|\n| `crates/model` | words | – |\n\
             | `crates/wire` | shapes | `model` |\n| `xtask/` | chores | anything |\n| `docs/` | texts | – |\n",
        );
        assert_eq!(allowed, edges("model:\n wire: model\n xtask: anything"));
        assert!(compare(&allowed, &edges("model:\n wire: model\n xtask: wire")).is_empty());
        let faults = compare(&allowed, &edges("model: wire\n wire:\n xtask:\n store:"));
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}
