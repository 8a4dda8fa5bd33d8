//! Writes the types of the `wire` crate from the contract.
//!
//! `contract/schemas.json` says which fields there are, `contract/areas.toml` what of it we build, into
//! which module and under which name, `contract/descriptions.toml` what each type and field means, in our
//! own words. One Rust module comes out for each area. A field nobody described is an error, so that the
//! published document cannot come to have one.

mod areas;
mod contract;
mod cut;
mod describe;
mod plan;
mod render;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use self::areas::Areas;
use self::contract::Contract;
use self::describe::Descriptions;

/// Writes the modules of the areas into `crates/wire/src`.
///
/// # Errors
/// When something has no description, a name is taken twice, or `contract/` is not as it should be.
pub fn run(root: &Path) -> Result<()> {
    for (path, text) in modules(root)? {
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

/// Cuts `from`, the whole contract, down to what the areas need: `contract/schemas.json`.
///
/// # Errors
/// When the areas name what the contract has not.
pub fn cut(root: &Path, from: &Path) -> Result<()> {
    let text = cut::cut(&read(from)?, &Areas::read(&read(&root.join("contract/areas.toml"))?)?)?;
    fs::write(root.join("contract/schemas.json"), text).context("write contract/schemas.json")
}

/// The path and the text of each generated module.
fn modules(root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let areas = Areas::read(&read(&root.join("contract/areas.toml"))?)?;
    let contract = Contract::read(&read(&root.join("contract/schemas.json"))?)?;
    let mut descriptions = Descriptions::read(&read(&root.join("contract/descriptions.toml"))?)?;
    let mut texts = Vec::new();
    for module in &plan::plan(&areas, &contract)? {
        let text = rustfmt(root, &render::module(module, &mut descriptions))
            .with_context(|| format!("format module {}", module.name))?;
        texts.push((root.join(format!("crates/wire/src/{}.rs", module.name)), text));
    }
    descriptions.finish()?;
    Ok(texts)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

/// `text` as `cargo fmt` would leave it.
fn rustfmt(root: &Path, text: &str) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start rustfmt")?;
    // The whole text fits no pipe, and rustfmt reads all of it before it writes.
    rustfmt.stdin.take().context("open rustfmt's input")?.write_all(text.as_bytes())?;
    let output = rustfmt.wait_with_output()?;
    ensure!(output.status.success(), "rustfmt refused:\n{text}");
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_modules_are_those_of_the_contract() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for (path, text) in modules(root).unwrap() {
            let name = path.strip_prefix(root).unwrap().display();
            let there = fs::read_to_string(&path).unwrap_or_default();
            assert!(there == text, "{name} is not what contract/ says: run `cargo xtask wire`");
        }
    }
}
