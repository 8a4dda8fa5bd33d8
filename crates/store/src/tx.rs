//! A change in the making.

use sqlx::{Any, AnyConnection, Transaction};

use crate::{AuditEntry, Error, Result, Store};

/// A transaction: everything done on it happens together or, when it is dropped, not at all.
///
/// On SQLite it holds the one writer, so other changes wait for it: do no slow work while holding one.
pub struct Tx {
    inner: Transaction<'static, Any>,
}

impl Store {
    /// Begins a change.
    ///
    /// # Errors
    /// [`Error::Begin`] when the database cannot be reached.
    pub async fn begin(&self) -> Result<Tx> {
        let inner = self.begin_write().await.map_err(|source| Error::Begin { source })?;
        Ok(Tx { inner })
    }
}

impl Tx {
    /// Keeps the change together with the audit entries that tell of it.
    ///
    /// # Errors
    /// [`Error::Commit`], or what appending an entry met; then nothing is kept.
    pub async fn commit(mut self, entries: &[AuditEntry]) -> Result<()> {
        for entry in entries {
            crate::audit::append(self.connection(), entry).await?;
        }
        self.commit_unaudited().await
    }

    /// Keeps the change. For what no user did or asked for: traffic of agents, upkeep.
    ///
    /// # Errors
    /// [`Error::Commit`]; then nothing is kept.
    pub async fn commit_unaudited(self) -> Result<()> {
        self.inner.commit().await.map_err(|source| Error::Commit { source })
    }

    pub(crate) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}
