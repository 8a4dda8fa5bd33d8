//! Makes the built-in catalogue from the CSV files of a folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cloud::Catalog;

/// Where the built-in catalogue is kept, from the root of the repository.
const BUILTIN: &str = "crates/cloud/data/catalog.gz";

/// Reads every `*.csv` of `folder`, in the order of their names, and writes them as one catalogue
/// in its compact form to the place it is compiled in from, below `root`.
pub fn run(folder: &Path, root: &Path) -> Result<()> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("listing {}", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    ensure!(!files.is_empty(), "{} holds no *.csv", folder.display());

    let mut whole = Catalog::default();
    for path in &files {
        let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let part = Catalog::from_csv(file, &name).with_context(|| format!("reading {}", path.display()))?;
        println!("{name}: {} offers", part.len());
        whole = whole.overlaid_with(&part);
    }
    let bytes = whole.to_compact().context("packing the catalogue")?;
    let target = root.join(BUILTIN);
    fs::write(&target, &bytes).with_context(|| format!("writing {}", target.display()))?;
    println!(
        "{BUILTIN}: {} offers, prices up to {}, {} bytes",
        whole.len(),
        whole.date().unwrap_or("an unknown day"),
        bytes.len()
    );
    Ok(())
}
