//! Small values of the installation as a whole, such as its id.

use crate::error::Doing as _;
use crate::row::Columns as _;
use crate::{Result, Store};

impl Store {
    /// The value of a setting, when it was ever set.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn setting(&self, name: &str) -> Result<Option<Vec<u8>>> {
        sqlx::query("SELECT value FROM settings WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.reader)
            .await
            .and_then(|row| row.map(|row| row.blob("value")).transpose())
            .doing("read a setting")
    }

    /// Sets a setting if it was never set, and returns what it is now: of several servers that start at
    /// once, one decides.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn setting_or(&self, name: &str, value: &[u8]) -> Result<Vec<u8>> {
        let operation = "set a setting";
        let mut tx = self.begin().await?;
        sqlx::query("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
            .bind(name)
            .bind(value.to_vec())
            .execute(tx.connection())
            .await
            .doing(operation)?;
        let kept = sqlx::query("SELECT value FROM settings WHERE name = $1")
            .bind(name)
            .fetch_one(tx.connection())
            .await
            .and_then(|row| row.blob("value"))
            .doing(operation)?;
        tx.commit_unaudited().await?;
        Ok(kept)
    }
}
