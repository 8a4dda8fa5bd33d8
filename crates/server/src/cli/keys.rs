//! `supercargo keys`: for whoever can read the store on its host, and has lost the key.

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::SignedDuration;
use model::{AuditId, KeyId, OrganizationId};
use serde_json::json;
use store::{ApiKey, AuditEntry, KeySubject, Page, User};

use super::host::{self, StoreArgs};
use super::output::{self, Align, OutputFormat, Table};
use crate::app::{App, bootstrap};
use crate::auth::key::{KeyKind, KeyText};
use crate::auth::permission::Role;

#[derive(Clone, Debug, Args)]
pub(super) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum KeysCommand {
    /// Make a key of the owner; its text is printed once.
    Create {
        #[command(flatten)]
        store: StoreArgs,
        /// What to call it.
        #[arg(long, env = "SUPERCARGO_KEY_NAME")]
        name: String,
        /// The key may only read.
        #[arg(long, env = "SUPERCARGO_KEY_READONLY")]
        readonly: bool,
        /// Days until it ends; never, if not given.
        #[arg(long, env = "SUPERCARGO_KEY_EXPIRES_DAYS", value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
        expires_days: Option<u16>,
        /// Print the key and nothing else.
        #[arg(long, short, env = "SUPERCARGO_QUIET")]
        quiet: bool,
    },
    /// List keys; their texts are not known to anybody.
    List {
        #[command(flatten)]
        store: StoreArgs,
        /// How to print.
        #[arg(long, short, env = "SUPERCARGO_OUTPUT", value_enum, default_value_t)]
        output: OutputFormat,
    },
    /// Remove a key; it stops within a second.
    Revoke {
        #[command(flatten)]
        store: StoreArgs,
        /// Its id, or its name if only one key has it.
        key: String,
    },
}

pub(super) async fn run(args: KeysArgs) -> anyhow::Result<()> {
    match args.command {
        KeysCommand::Create { store, name, readonly, expires_days, quiet } => {
            let (app, organization) = open(&store).await?;
            let key = create(&app, organization, &name, readonly, expires_days).await?;
            if quiet {
                println!("{}", key.reveal());
            } else {
                println!("Key {name:?}, shown only this once: {}", key.reveal());
            }
        }
        KeysCommand::List { store, output } => {
            let (app, organization) = open(&store).await?;
            let keys = app.store.keys(organization, None, &Page::ALL).await?.items;
            let rows: Vec<KeyRow> = keys.iter().map(KeyRow::of).collect();
            output::print_list(&mut std::io::stdout(), output, &rows, || table(&rows))?;
        }
        KeysCommand::Revoke { store, key } => {
            let (app, organization) = open(&store).await?;
            let revoked = revoke(&app, organization, &key).await?;
            println!("revoked {} ({})", revoked.name, revoked.id);
        }
    }
    Ok(())
}

async fn open(store: &StoreArgs) -> anyhow::Result<(App, OrganizationId)> {
    let app = host::app(store.open_beside().await.context("cannot open the store")?);
    let organization = bootstrap::default_organization(&app).await?;
    if app.store.organization(organization).await?.is_none() {
        bail!("the store is empty: start `supercargo server` once, which prints the first key");
    }
    Ok((app, organization))
}

/// Makes a key of the default organisation's owner.
///
/// # Errors
/// What the store met, or an organisation without an owner.
pub(super) async fn create_for_owner(app: &App, name: &str) -> anyhow::Result<KeyText> {
    let organization = bootstrap::default_organization(app).await?;
    create(app, organization, name, false, None).await
}

async fn create(
    app: &App,
    organization_id: OrganizationId,
    name: &str,
    readonly: bool,
    expires_days: Option<u16>,
) -> anyhow::Result<KeyText> {
    let owner = owner(app, organization_id).await?;
    let now = app.clock.now();
    let text = KeyText::generate(KeyKind::User, &*app.entropy);
    let key = ApiKey {
        id: KeyId::new(&*app.ids),
        organization_id,
        subject: KeySubject::User(owner.id),
        name: name.to_owned(),
        prefix: text.prefix().to_owned(),
        active: true,
        readonly,
        created_by: bootstrap::host_actor().name,
        created_at: now,
        expires_at: expires_days
            .and_then(|days| now.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).ok()),
        last_used_at: None,
    };
    let mut tx = app.store.begin().await?;
    tx.create_key(&key, &text.hash()).await?;
    tx.commit(&[host_entry(app, &key, "authTokenCreated")]).await?;
    Ok(text)
}

async fn owner(app: &App, organization: OrganizationId) -> anyhow::Result<User> {
    let members = app.store.members(organization).await?;
    let owner = members.into_iter().find(|member| member.role_id == Role::Owner.id());
    Ok(owner.context("the organisation has no owner left")?.user)
}

async fn revoke(app: &App, organization: OrganizationId, wanted: &str) -> anyhow::Result<ApiKey> {
    let keys = app.store.keys(organization, None, &Page::ALL).await?.items;
    let mut matching = keys.into_iter().filter(|key| key.id.to_string() == wanted || key.name == wanted);
    let key = matching
        .next()
        .with_context(|| format!("no key has the id or name {wanted:?}: see `supercargo keys list`"))?;
    if matching.next().is_some() {
        bail!("several keys are called {wanted:?}: give the id, see `supercargo keys list`");
    }
    let mut tx = app.store.begin().await?;
    tx.delete_key(organization, key.id).await?;
    tx.commit(&[host_entry(app, &key, "authTokenDeleted")]).await?;
    Ok(key)
}

fn host_entry(app: &App, key: &ApiKey, event_type: &str) -> AuditEntry {
    AuditEntry {
        id: AuditId::new(&*app.ids),
        organization_id: key.organization_id,
        time: app.clock.now(),
        event_type: event_type.to_owned(),
        initiated_by: bootstrap::host_actor(),
        cluster_id: None,
        labels: json!({}),
        event: json!({"key": {"id": key.id, "name": key.name, "prefix": key.prefix, "readonly": key.readonly}}),
    }
}

/// A key as it is listed.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyRow {
    id: String,
    name: String,
    prefix: String,
    active: bool,
    readonly: bool,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
}

fn table(rows: &[KeyRow]) -> Table {
    let columns = ["ID", "NAME", "PREFIX", "ACTIVE", "READ-ONLY", "CREATED", "EXPIRES", "LAST USED"];
    let mut table = Table::new(columns.map(|heading| (heading, Align::Left)));
    for row in rows {
        table.row(row.cells());
    }
    table
}

impl KeyRow {
    fn of(key: &ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name.clone(),
            prefix: key.prefix.clone(),
            active: key.active,
            readonly: key.readonly,
            created_at: key.created_at.to_string(),
            expires_at: key.expires_at.map(|time| time.to_string()),
            last_used_at: key.last_used_at.map(|time| time.to_string()),
        }
    }

    fn cells(&self) -> Vec<String> {
        let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let or_never = |time: &Option<String>| time.clone().unwrap_or_else(|| "never".to_owned());
        vec![
            self.id.clone(),
            self.name.clone(),
            self.prefix.clone(),
            yes_no(self.active),
            yes_no(self.readonly),
            self.created_at.clone(),
            or_never(&self.expires_at),
            or_never(&self.last_used_at),
        ]
    }
}
