//! What every file keeps to.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// Longest file of Rust, TypeScript or Python, in lines.
const LONGEST: usize = 700;
/// Files that may be longer, each with its reason.
const LONG: &[(&str, &str)] = &[];
/// What people write and read; data and recorded bodies are not ours to reword.
const TEXTS: &[&str] =
    &["rs", "toml", "md", "ts", "mts", "js", "mjs", "py", "sh", "sql", "yml", "yaml", "Makefile", "run"];

pub(super) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("cannot run git ls-files")?;
    ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let mut faults = Vec::new();
    for path in String::from_utf8_lossy(&output.stdout).split_terminator('\0') {
        // A file may be deleted and not yet committed, and data need not be text.
        if let Ok(text) = std::fs::read_to_string(root.join(path)) {
            check_file(path, &text, &mut faults);
        }
    }
    Ok(faults)
}

fn check_file(path: &str, text: &str, faults: &mut Vec<String>) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit('.').next().unwrap_or(name);
    if name == "package-lock.json" && text.contains("\"resolved\"") {
        faults.push(format!("{path}: names the registry it was made with; see tests/clients/.npmrc"));
    }
    if !TEXTS.contains(&extension) {
        return;
    }
    let lines = text.lines().count();
    let is_code = ["rs", "ts", "mts", "js", "mjs", "py"].contains(&extension);
    if is_code && lines > LONGEST && !LONG.iter().any(|(long, _)| *long == path) {
        faults.push(format!("{path}: {lines} lines; split it by meaning, or give a reason in {}", file!()));
    }
    // The tests of a module live beside it, and its head speaks for both.
    if extension == "rs" && name != "tests.rs" && !text.starts_with("//!") {
        faults.push(format!("{path}: begins without a head (//!) that says what the module is for"));
    }
    for (number, line) in text.lines().enumerate() {
        for (found, why) in unwanted(line) {
            faults.push(format!("{path}:{}: {found}: {why}", number + 1));
        }
    }
}

/// What a line must not hold. The patterns are spelt so that this file does not hold them itself.
fn unwanted(line: &str) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for marker in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
        if words(line).any(|word| word == marker) {
            found.push((marker.to_owned(), "finish it, or file an issue"));
        }
    }
    for call in [concat!("to", "do!("), concat!("unimple", "mented!(")] {
        if line.contains(call) {
            found.push((call.to_owned(), "finish it"));
        }
    }
    for top in ["work", "root", "home", "farm"] {
        let path = format!("/{top}/");
        let starts = line.match_indices(&path).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            before.is_none_or(|character| !(character.is_alphanumeric() || "_.-})*".contains(character)))
        });
        if starts {
            found.push((path, "a path of one machine"));
        }
    }
    found
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !(character.is_alphanumeric() || character == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> usize {
        let mut faults = Vec::new();
        check_file(path, text, &mut faults);
        faults.len()
    }

    #[test]
    fn each_rule_finds_what_it_is_for() {
        assert_eq!(faults("a.rs", "//! Head.\nfn a() {}\n"), 0);
        assert_eq!(faults("a.rs", "fn a() {}\n"), 1);
        assert_eq!(faults("a/tests.rs", "fn a() {}\n"), 0);
        assert_eq!(faults("a.rs", &format!("//! Head.\n{}", "\n".repeat(LONGEST))), 1);
        assert_eq!(faults("a.md", concat!("- TO", "DO: more\n")), 1);
        assert_eq!(faults("a.md", concat!("see /ro", "ot/x\n")), 1);
        assert_eq!(faults("a.md", "see shared/work/x, ../root/y and TODOS\n"), 0);
        assert_eq!(faults("a.json", concat!("/ro", "ot/x")), 0);
        assert_eq!(faults("package-lock.json", "{\"resolved\": \"x\"}"), 1);
    }
}
