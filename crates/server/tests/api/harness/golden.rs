//! Files that hold what an output was when somebody last read it.

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Panics when `actual` is not what the file holds; with `UPDATE_GOLDEN=1`, which `cargo xtask goldens`
/// sets, writes it instead.
#[track_caller]
pub fn golden(path: &str, actual: &str) {
    let file = repository().join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, actual).expect("write the golden file");
        return;
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    if expected == actual {
        return;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}"));
    let changes: Vec<String> = gone.chain(come).take(40).collect();
    panic!(
        "{path} is old. If the change is meant, run `cargo xtask goldens` and commit it.\n{}",
        changes.join("\n")
    );
}
