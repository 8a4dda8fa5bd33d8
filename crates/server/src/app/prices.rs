//! An organisation's price book: the catalogue and the organisation's own adjustments, in order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use cloud::PriceBook;
use jiff::SignedDuration;
use model::{OrganizationId, PriceAdjustment, Timestamp};

use super::App;
use crate::http::error::{ApiError, ApiResult};

/// How long a price book is believed; another server may have changed its adjustments.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(10);

/// Price books that were made a moment ago.
#[derive(Default)]
pub struct PriceBooks(Mutex<HashMap<OrganizationId, (Timestamp, Arc<PriceBook>)>>);

impl PriceBooks {
    /// Forgets the organisation's: its adjustments have changed.
    pub fn forget(&self, organization: OrganizationId) {
        self.lock().remove(&organization);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrganizationId, (Timestamp, Arc<PriceBook>)>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The price book of an organisation.
///
/// # Errors
/// What the store met, or adjustments in it that no longer make sense.
pub async fn book(app: &App, organization: OrganizationId) -> ApiResult<Arc<PriceBook>> {
    let now = app.clock.now();
    if let Some((until, book)) = app.price_books.lock().get(&organization)
        && now < *until
    {
        return Ok(book.clone());
    }
    let stored = app.store.price_adjustments(organization).await?;
    let adjustments: Vec<PriceAdjustment> = stored
        .into_iter()
        .map(serde_json::from_value)
        .collect::<Result<_, _>>()
        .map_err(ApiError::internal)?;
    let book = Arc::new(PriceBook::new(app.catalog.clone()).adjusted_by(adjustments));
    let until = now.saturating_add(REMEMBERED).unwrap_or(now);
    app.price_books.lock().insert(organization, (until, book.clone()));
    Ok(book)
}
