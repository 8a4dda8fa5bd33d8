//! The words everything else is written in: ids, time, money, quantities, nodes, pods, offers.
//!
//! This crate does no I/O, reads no clock and draws no randomness: those are parameters
//! ([`Clock`], [`IdSource`]) given by the mains. It knows nothing of HTTP, SQL or JSON shapes of
//! the contract; see the `wire` crate for those.

mod id;
mod lifecycle;
mod money;
mod offer;
mod price;
mod time;

pub use id::{
    ActionId, AuditId, ClusterId, IdSource, InvitationId, KeyId, NodeId, OperationId, OrganizationId, RoleId,
    SequentialIds, ServiceAccountId, SessionId, UserId,
};
pub use lifecycle::{Lifecycle, Provider, UnknownName};
pub use money::{HOURS_PER_MONTH, Money, MoneyError};
pub use offer::{Architecture, InstanceType, Offer, SpotInterruptions};
pub use price::{
    MachineSize, Price, PriceAdjustment, PriceAdjustmentError, PriceChange, PriceQuery, PriceSource,
    ResourceRates,
};
pub use time::{Clock, ManualClock, Timestamp};
