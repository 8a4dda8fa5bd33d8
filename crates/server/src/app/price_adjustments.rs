//! An organisation's own prices: an ordered list of adjustments, replaced as a whole.

use model::PriceAdjustment;
use serde_json::{Value, json};

use super::{App, audit};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// How many adjustments a list can have: each is looked at for every machine that is priced.
pub const MOST: usize = 200;

/// The adjustments, in the order in which they apply.
///
/// # Errors
/// What the store met.
pub async fn list(app: &App, principal: &Principal) -> ApiResult<Vec<Value>> {
    Ok(app.store.price_adjustments(principal.organization).await?)
}

/// Replaces all adjustments.
///
/// # Errors
/// 400 when there are more than [`MOST`].
pub async fn replace(app: &App, principal: &Principal, wanted: &[PriceAdjustment]) -> ApiResult<()> {
    if wanted.len() > MOST {
        return Err(ApiError::field("items", format!("must have at most {MOST} entries")));
    }
    let after: Vec<Value> = wanted.iter().map(|one| json!(one)).collect();
    let before = list(app, principal).await?;
    let mut tx = app.store.begin().await?;
    match tx.set_price_adjustments(principal.organization, &after).await {
        Err(store::Error::AlreadyExists { .. }) => {
            return Err(ApiError::conflict(
                "somebody else replaced the adjustments at the same moment: read them again",
            ));
        }
        other => other?,
    }
    let event = json!({"before": before, "after": after});
    tx.commit(&[audit::entry(app, principal, "priceAdjustmentsReplaced", None, event)]).await?;
    app.price_books.forget(principal.organization);
    Ok(())
}
