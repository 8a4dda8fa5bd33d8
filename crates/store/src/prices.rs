//! An organisation's own prices: an ordered list of adjustments to those of the catalogue.

use model::OrganizationId;
use serde_json::Value;

use crate::error::Doing as _;
use crate::row::Columns as _;
use crate::{Result, Store, Tx};

impl Store {
    /// The adjustments, in the order in which they apply.
    ///
    /// # Errors
    /// [`crate::Error::Query`].
    pub async fn price_adjustments(&self, organization: OrganizationId) -> Result<Vec<Value>> {
        sqlx::query("SELECT adjustment_json FROM price_adjustments WHERE org_id = $1 ORDER BY position")
            .bind(organization.to_string())
            .fetch_all(&self.reader)
            .await
            .and_then(|rows| rows.iter().map(|row| row.json("adjustment_json")).collect())
            .doing("read price adjustments")
    }
}

impl Tx {
    /// Replaces all adjustments. Of two that do so at once, one gets
    /// [`AlreadyExists`](crate::Error::AlreadyExists) or is overwritten whole; they never mix.
    ///
    /// # Errors
    /// [`crate::Error::MissingReference`] when there is no such organisation.
    pub async fn set_price_adjustments(
        &mut self,
        organization: OrganizationId,
        adjustments: &[Value],
    ) -> Result<()> {
        let operation = "replace price adjustments";
        sqlx::query("DELETE FROM price_adjustments WHERE org_id = $1")
            .bind(organization.to_string())
            .execute(self.connection())
            .await
            .doing(operation)?;
        for (position, adjustment) in (0_i64..).zip(adjustments) {
            sqlx::query(
                "INSERT INTO price_adjustments (org_id, position, adjustment_json) VALUES ($1, $2, $3)",
            )
            .bind(organization.to_string())
            .bind(position)
            .bind(adjustment.to_string())
            .execute(self.connection())
            .await
            .doing(operation)?;
        }
        Ok(())
    }
}
