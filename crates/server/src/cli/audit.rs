//! `supercargo audit verify`.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};

use super::host::{self, StoreArgs};

#[derive(Clone, Debug, Args)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum AuditCommand {
    /// Recompute the chain of hashes; an edited, missing or added entry is named, exit code 1.
    Verify {
        #[command(flatten)]
        store: StoreArgs,
    },
}

pub(super) async fn run(args: AuditArgs) -> anyhow::Result<()> {
    let AuditCommand::Verify { store } = args.command;
    let app = host::app(store.open_beside().await.context("cannot open the store")?);
    let mut broken = 0;
    for organization in app.store.all_organizations().await? {
        match app.store.verify_audit(organization.id).await? {
            Ok(entries) => println!("{} ({}): {entries} entries, whole", organization.name, organization.id),
            Err(fault) => {
                broken += 1;
                println!("{} ({}): {fault}", organization.name, organization.id);
            }
        }
    }
    if broken > 0 {
        bail!("the audit log has been tampered with");
    }
    Ok(())
}
