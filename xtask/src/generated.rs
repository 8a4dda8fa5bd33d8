//! Renewing committed files that are made by programs. Tests say when one is old.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// Writes `openapi/openapi.json`.
///
/// # Errors
/// When the program does not build, or refuses.
pub fn openapi(root: &Path) -> anyhow::Result<()> {
    let program = ["run", "--quiet", "--package", "server", "--"];
    cargo(root, &[&program[..], &["openapi", "--file", "openapi/openapi.json"]].concat())
}

/// Writes the document and what golden tests compare with: review the difference before committing it.
///
/// # Errors
/// When the tests do not build, or fail for another reason.
pub fn goldens(root: &Path) -> anyhow::Result<()> {
    cargo(root, &["test", "--quiet", "--workspace", "--", "golden"])
}

fn cargo(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(arguments)
        .env("UPDATE_GOLDEN", "1")
        .current_dir(root)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "cargo {} failed", arguments.join(" "));
    Ok(())
}
