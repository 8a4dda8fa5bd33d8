//! A look at every call of a driver, for whoever counts them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::ClusterId;

use super::{Answer, CreateRequest, Driver, DriverError, ErrorKind, Machine, MachineKey, ZoneOffer};

/// What was asked of a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// [`Driver::serves`].
    Serves,
    /// [`Driver::machines`].
    Machines,
    /// [`Driver::offers`].
    Offers,
    /// [`Driver::create`].
    Create,
    /// [`Driver::delete`].
    Delete,
    /// [`Driver::describe`].
    Describe,
}

impl Operation {
    /// The name used in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serves => "serves",
            Self::Machines => "machines",
            Self::Offers => "offers",
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Describe => "describe",
        }
    }
}

/// A call that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The driver's name.
    pub driver: &'static str,
    /// What was asked.
    pub operation: Operation,
    /// How it failed; `None` for a success.
    pub error: Option<ErrorKind>,
    /// How long it took by the wall's clock.
    pub took: Duration,
}

/// A driver whose calls are told to somebody.
pub struct Metered<D> {
    driver: D,
    tell: Arc<dyn Fn(Call) + Send + Sync>,
}

impl<D: fmt::Debug> fmt::Debug for Metered<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Metered").field(&self.driver).finish()
    }
}

impl<D: Driver> Metered<D> {
    /// `driver`, each call of which is told to `tell` when it ends. One that is dropped before is not.
    pub fn new(driver: D, tell: impl Fn(Call) + Send + Sync + 'static) -> Self {
        Self { driver, tell: Arc::new(tell) }
    }

    fn tell<'a, T: 'a>(&'a self, operation: Operation, call: Answer<'a, T>) -> Answer<'a, T> {
        Box::pin(async move {
            let began = Instant::now();
            let answer = call.await;
            let error = answer.as_ref().err().map(DriverError::kind);
            (self.tell)(Call { driver: self.driver.name(), operation, error, took: began.elapsed() });
            answer
        })
    }
}

impl<D: Driver> Driver for Metered<D> {
    fn name(&self) -> &'static str {
        self.driver.name()
    }

    fn serves(&self, cluster: ClusterId) -> Answer<'_, bool> {
        self.tell(Operation::Serves, self.driver.serves(cluster))
    }

    fn machines(&self, cluster: ClusterId) -> Answer<'_, Vec<Machine>> {
        self.tell(Operation::Machines, self.driver.machines(cluster))
    }

    fn offers(&self, cluster: ClusterId) -> Answer<'_, Vec<ZoneOffer>> {
        self.tell(Operation::Offers, self.driver.offers(cluster))
    }

    fn create<'a>(&'a self, request: &'a CreateRequest) -> Answer<'a, Machine> {
        self.tell(Operation::Create, self.driver.create(request))
    }

    fn delete<'a>(&'a self, cluster: ClusterId, machine: &'a MachineKey) -> Answer<'a, ()> {
        self.tell(Operation::Delete, self.driver.delete(cluster, machine))
    }

    fn describe<'a>(&'a self, cluster: ClusterId, machine: &'a MachineKey) -> Answer<'a, Option<Machine>> {
        self.tell(Operation::Describe, self.driver.describe(cluster, machine))
    }
}
