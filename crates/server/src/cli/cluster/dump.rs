//! Dumps in files.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use cluster::DumpReader;

/// Reads all `files`, plain or gzip, as dumps of one cluster.
pub(super) fn read(files: &[PathBuf]) -> Result<DumpReader> {
    let mut dump = DumpReader::new();
    for path in files {
        let name = path.display();
        let read = match path == Path::new("-") {
            true => dump.read(io::stdin().lock()),
            false => dump.read(File::open(path).with_context(|| format!("opening {name}"))?),
        };
        read.with_context(|| format!("reading {name}"))?;
    }
    Ok(dump)
}
