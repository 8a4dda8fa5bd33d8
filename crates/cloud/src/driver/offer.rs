//! What a cloud says it sells, where and on which terms.

use std::sync::Arc;

use model::{Lifecycle, Money};
use serde::{Deserialize, Serialize};

/// A machine type in a zone, on demand or spot. The type itself is in the [`Catalog`](crate::Catalog).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoneOffer {
    /// The type's name.
    pub instance_type: Arc<str>,
    /// The zone.
    pub zone: Arc<str>,
    /// [`Lifecycle::OnDemand`] or [`Lifecycle::Spot`].
    pub lifecycle: Lifecycle,
    /// Dollars an hour now, where the cloud says it; the catalogue's price holds otherwise.
    pub per_hour: Option<Money>,
    /// False where the cloud says that there is none. True promises nothing.
    pub available: bool,
}
