//! What an engine may ask of whoever makes machines.
//!
//! A [`Driver`] buys machines, gives them back and says which there are. It decides nothing: which
//! machine, where and on which terms is in the request, and what to do about an error is the caller's
//! to settle. It retries nothing by itself; whatever slows calls down or counts them is wrapped around
//! it ([`Limited`], [`Metered`]). `docs/decisions/0007-cloud-driver.md` says why it looks as it does, and
//! how EC2 and Karpenter's NodeClaims fit.

mod error;
mod limited;
mod machine;
mod metered;
mod offer;
mod request;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use model::ClusterId;

pub use error::{DriverError, ErrorKind};
pub use limited::{Limited, Rate};
pub use machine::{EndReason, Ended, Machine, MachineKey, MachineState};
pub use metered::{Call, Metered, Operation};
pub use offer::ZoneOffer;
pub use request::{CreateRequest, Disk, NodeConfiguration};

/// The answer to a call: a boxed future, so that a driver can be an `Arc<dyn Driver>`. Nothing is done
/// before it is awaited.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, DriverError>> + Send + 'a>>;

/// A cloud, or something in a cluster that makes machines for it.
///
/// Every call may fail with any [`DriverError`]; a call that gave no answer may have been carried out.
pub trait Driver: Send + Sync + std::fmt::Debug {
    /// A name for logs and metrics, such as `ec2`.
    fn name(&self) -> &'static str;

    /// Whether it can act for the cluster: it knows the cluster's cloud and has credentials that work
    /// there. Asked before anything is planned.
    fn serves(&self, cluster: ClusterId) -> Answer<'_, bool>;

    /// The machines of the cluster that exist or were bought, whoever made them, in the order of
    /// their creation. A cloud may need seconds until a new machine is on the list: absence proves nothing
    /// of a machine that was made just now. One that is gone stays on it for some time, with the reason.
    fn machines(&self, cluster: ClusterId) -> Answer<'_, Vec<Machine>>;

    /// What could be bought for the cluster now, as far as the cloud says; sorted by type, zone and
    /// lifecycle. That something is on the list is no promise: only [`create`](Self::create) tells.
    fn offers(&self, cluster: ClusterId) -> Answer<'_, Vec<ZoneOffer>>;

    /// Makes a machine. The same action id gives the same machine, whoever asks however often and
    /// whatever was restarted in between; with another request it is [`DriverError::Invalid`]. It
    /// returns when the machine is ordered; that its node joined is seen in the cluster.
    ///
    /// # Errors
    /// [`DriverError::Transient`] leaves open whether there is a machine: ask again with the same
    /// request. A setting that the driver cannot honour is [`DriverError::Invalid`] and names the field.
    fn create<'a>(&'a self, request: &'a CreateRequest) -> Answer<'a, Machine>;

    /// Gives a machine back, whoever made it. One that is unknown, going or gone is a success.
    fn delete<'a>(&'a self, cluster: ClusterId, machine: &'a MachineKey) -> Answer<'a, ()>;

    /// One machine; `None` for one that the cloud does not know, or not yet.
    fn describe<'a>(&'a self, cluster: ClusterId, machine: &'a MachineKey) -> Answer<'a, Option<Machine>>;
}

/// A shared driver is one, so that it can be wrapped.
impl<D: Driver + ?Sized> Driver for Arc<D> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn serves(&self, cluster: ClusterId) -> Answer<'_, bool> {
        (**self).serves(cluster)
    }

    fn machines(&self, cluster: ClusterId) -> Answer<'_, Vec<Machine>> {
        (**self).machines(cluster)
    }

    fn offers(&self, cluster: ClusterId) -> Answer<'_, Vec<ZoneOffer>> {
        (**self).offers(cluster)
    }

    fn create<'a>(&'a self, request: &'a CreateRequest) -> Answer<'a, Machine> {
        (**self).create(request)
    }

    fn delete<'a>(&'a self, cluster: ClusterId, machine: &'a MachineKey) -> Answer<'a, ()> {
        (**self).delete(cluster, machine)
    }

    fn describe<'a>(&'a self, cluster: ClusterId, machine: &'a MachineKey) -> Answer<'a, Option<Machine>> {
        (**self).describe(cluster, machine)
    }
}
