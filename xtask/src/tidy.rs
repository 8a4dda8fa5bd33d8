//! Rules of the house that no compiler checks: which crate may use which, what every file begins with,
//! how long it may get, what must not be committed, and whose code comes in.
//!
//! Files are those that git tracks, and new ones it would track. Runs as `cargo xtask tidy` and as a
//! test of this crate.

mod edges;
mod files;
mod licences;

use std::path::Path;

use anyhow::bail;

/// Checks everything and names every fault.
///
/// # Errors
/// When there is a fault, or the repository cannot be read.
pub fn run(root: &Path) -> anyhow::Result<()> {
    let mut faults = edges::check(root)?;
    faults.extend(files::check(root)?);
    faults.extend(licences::check(root)?);
    for fault in &faults {
        eprintln!("{fault}");
    }
    if !faults.is_empty() {
        bail!("{} to tidy up", faults.len());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_repository_is_tidy() {
        super::run(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()).unwrap();
    }
}
