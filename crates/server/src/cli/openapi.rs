//! `supercargo openapi`.

use std::path::PathBuf;

use clap::Args;

#[derive(Clone, Debug, Args)]
pub(super) struct OpenapiArgs {
    /// Write it to this file instead of standard output.
    #[arg(long, short, env = "SUPERCARGO_OPENAPI_FILE", value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(super) async fn run(args: OpenapiArgs) -> anyhow::Result<()> {
    let document = crate::serve::document()?;
    match args.file {
        Some(path) => std::fs::write(path, document)?,
        None => print!("{document}"),
    }
    Ok(())
}
