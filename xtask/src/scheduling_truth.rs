//! Our rules against the verdicts of the real kube-scheduler.
//!
//! A file has one situation a line: objects, a pod that comes, and for each node whether the scheduler's
//! filters take the pod there. The planner's rules and, separately, its check are asked the same.

mod case;
mod report;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, ensure};
use flate2::read::MultiGzDecoder;

use case::Case;
use report::Report;

/// Compares a file, prints the agreement and every difference.
///
/// # Errors
/// When the file cannot be read, or there is a difference.
pub(crate) fn run(file: &Path) -> anyhow::Result<()> {
    let report = compare(open(file)?)?;
    print!("{report}");
    ensure!(report.differences() == 0, "{} verdicts differ from the scheduler's", report.differences());
    Ok(())
}

/// The text of a file, plain or gzip.
fn open(file: &Path) -> anyhow::Result<Box<dyn Read>> {
    let unreadable = || format!("cannot read {}", file.display());
    let mut read = BufReader::new(File::open(file).with_context(unreadable)?);
    let is_gzip = read.fill_buf().with_context(unreadable)?.starts_with(&[0x1f, 0x8b]);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(read)) } else { Box::new(read) })
}

/// Compares all situations of a text.
fn compare(text: impl Read) -> anyhow::Result<Report> {
    let mut report = Report::default();
    for (number, line) in BufReader::new(text).lines().enumerate() {
        let line = line.context("cannot read the situations")?;
        if line.trim().is_empty() {
            continue;
        }
        let case = Case::read(&line).with_context(|| format!("line {}", number + 1))?;
        report.add(&case);
    }
    Ok(report)
}
