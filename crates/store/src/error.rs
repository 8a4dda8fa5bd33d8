//! What can go wrong in the store, named by what was being done.

use std::path::PathBuf;

/// An operation of the store that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory of an embedded store could not be made or opened.
    #[error("cannot use {path} for the store")]
    Directory {
        /// What could not be used.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process has the directory open.
    #[error("another supercargo is using {path}: stop it first, or give this one a directory of its own")]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The database could not be reached or opened.
    #[error("cannot open the store at {location}")]
    Open {
        /// Where it was looked for, without a password.
        location: String,
        /// Why.
        source: sqlx::Error,
    },
    /// The database URL is not one of PostgreSQL.
    #[error("{location:?} is not a PostgreSQL URL: expected postgres://user@host:port/database")]
    Url {
        /// What was given, without a password.
        location: String,
    },
    /// The store was written by a newer version of this program.
    #[error(
        "the store is newer than this supercargo: it has schema version {found}, this program knows up to \
         {known}; run the newer program, or restore a copy of the store made before the upgrade"
    )]
    Newer {
        /// The version found in the store.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// A migration did not succeed; the store is as it was before it.
    #[error("migration {version} ({name}) failed and was rolled back")]
    Migrate {
        /// Its number.
        version: i64,
        /// Its name.
        name: &'static str,
        /// Why.
        source: sqlx::Error,
    },
    /// A transaction could not begin.
    #[error("cannot begin a transaction")]
    Begin {
        /// Why.
        source: sqlx::Error,
    },
    /// A transaction could not be committed; nothing of it is kept.
    #[error("cannot commit a transaction")]
    Commit {
        /// Why.
        source: sqlx::Error,
    },
    /// A statement failed, or a row could not be read.
    #[error("cannot {operation}")]
    Query {
        /// What was being done, as a verb phrase.
        operation: &'static str,
        /// Why.
        source: sqlx::Error,
    },
    /// Somebody else changed it in between: read again and decide anew.
    #[error("{what} was changed in between")]
    Conflict {
        /// What was to be changed.
        what: &'static str,
    },
    /// Something of the same unique name or value is there already.
    #[error("cannot {operation}: it exists already")]
    AlreadyExists {
        /// What was being done.
        operation: &'static str,
    },
    /// Something that is referred to is not there.
    #[error("cannot {operation}: it refers to something that does not exist")]
    MissingReference {
        /// What was being done.
        operation: &'static str,
    },
    /// A cursor that this list did not give.
    #[error(transparent)]
    Cursor(#[from] crate::page::CursorError),
}

/// Says what was being done when a statement failed.
pub(crate) trait Doing<T> {
    /// Names the operation, as a verb phrase that fits after "cannot".
    fn doing(self, operation: &'static str) -> Result<T, Error>;
}

impl<T> Doing<T> for Result<T, sqlx::Error> {
    fn doing(self, operation: &'static str) -> Result<T, Error> {
        self.map_err(|source| match &source {
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                Error::AlreadyExists { operation }
            }
            sqlx::Error::Database(database) if database.is_foreign_key_violation() => {
                Error::MissingReference { operation }
            }
            _ => Error::Query { operation, source },
        })
    }
}
