//! Bringing a store to the schema this program knows.
//!
//! A migration is a file per dialect, run once, in number order, each in a transaction that also
//! records it. A file that was released is never changed. There is no way down: a store that is
//! newer than the program is refused untouched.

use sqlx::{AnyConnection, AssertSqlSafe, Executor as _, Row as _};

use crate::{Error, Result, Store};

/// Which database speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal $file:literal;)*) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $file, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $file, ".sql")),
        }),*]
    };
}

const MIGRATIONS: &[Migration] = migrations! {
    1 "initial" "0001_initial";
    2 "autoscaler settings" "0002_autoscaler_settings";
    3 "node configurations" "0003_node_configurations";
    4 "rebalancing schedules" "0004_rebalancing_schedules";
    5 "rebalancing plans" "0005_rebalancing_plans";
};

/// Any number that no other program takes for its advisory locks: the letters of "cargo".
const ADVISORY_LOCK: i64 = 0x63_61_72_67_6f;

/// Runs what is missing. Servers that start at once on one PostgreSQL do it one after the other.
pub(crate) async fn run(store: &Store) -> Result<()> {
    for migration in MIGRATIONS {
        let failed = |source| Error::Migrate { version: migration.version, name: migration.name, source };
        let mut transaction = store.begin_write().await.map_err(failed)?;
        let found = version(&mut transaction, store.dialect()).await.map_err(failed)?;
        let known = MIGRATIONS.last().map_or(0, |last| last.version);
        if found > known {
            return Err(Error::Newer { found, known });
        }
        if found < migration.version {
            apply(&mut transaction, migration, store.dialect()).await.map_err(failed)?;
        }
        transaction.commit().await.map_err(failed)?;
    }
    Ok(())
}

/// The newest migration that was run; takes the lock that lets only one server look at a time.
async fn version(connection: &mut AnyConnection, dialect: Dialect) -> sqlx::Result<i64> {
    if dialect == Dialect::Postgres {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(ADVISORY_LOCK).execute(&mut *connection).await?;
    }
    connection
        .execute(
            "CREATE TABLE IF NOT EXISTS migrations (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)",
        )
        .await?;
    sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM migrations")
        .fetch_one(connection)
        .await?
        .try_get("version")
}

async fn apply(connection: &mut AnyConnection, migration: &Migration, dialect: Dialect) -> sqlx::Result<()> {
    let text = match dialect {
        Dialect::Sqlite => migration.sqlite,
        Dialect::Postgres => migration.postgres,
    };
    connection.execute(AssertSqlSafe(text)).await?;
    sqlx::query("INSERT INTO migrations (version, name) VALUES ($1, $2)")
        .bind(migration.version)
        .bind(migration.name)
        .execute(connection)
        .await
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_from_one_without_gaps() {
        for (position, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version, position as i64 + 1, "{}", migration.name);
        }
    }
}
