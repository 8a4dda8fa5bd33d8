//! A limit on how often a driver is called.
//!
//! It never waits: a call too many is answered with the time after which it would be taken, and the
//! caller has other things to do meanwhile. What the cloud itself says about its limits is heeded too.

use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Clock, ClusterId, Timestamp};

use super::{Answer, CreateRequest, Driver, DriverError, Machine, MachineKey, ZoneOffer};

/// How many calls are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls that may come at once; at least one.
    pub burst: u32,
    /// Time after which one more may come.
    pub every: Duration,
}

/// A driver that is called at most so often, over all clusters. Changing calls and looking ones are
/// counted apart, so that looking never keeps a machine from being made.
#[derive(Debug)]
pub struct Limited<D> {
    driver: D,
    clock: ClockHandle,
    changing: Bucket,
    looking: Bucket,
}

/// A clock, which need not be `Debug`.
struct ClockHandle(Arc<dyn Clock>);

impl std::fmt::Debug for ClockHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// Calls of one kind: they are taken to use up `every` each, and may be ahead of the time by a burst.
#[derive(Debug)]
struct Bucket {
    rate: Rate,
    /// When all calls so far are used up.
    spent_until: Mutex<Option<Timestamp>>,
}

impl<D: Driver> Limited<D> {
    /// `driver` with these rates.
    pub fn new(driver: D, clock: Arc<dyn Clock>, changing: Rate, looking: Rate) -> Self {
        let bucket = |rate| Bucket { rate, spent_until: Mutex::new(None) };
        Self { driver, clock: ClockHandle(clock), changing: bucket(changing), looking: bucket(looking) }
    }

    fn limit<'a, T: 'a>(&'a self, bucket: &'a Bucket, call: Answer<'a, T>) -> Answer<'a, T> {
        Box::pin(async move {
            bucket.take(self.clock.0.now())?;
            let answer = call.await;
            if let Err(DriverError::Throttled { retry_after }) = &answer {
                bucket.rest(self.clock.0.now(), *retry_after);
            }
            answer
        })
    }
}

impl Bucket {
    fn lock(&self) -> MutexGuard<'_, Option<Timestamp>> {
        self.spent_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, now: Timestamp) -> Result<(), DriverError> {
        let mut spent_until = self.lock();
        let begin = spent_until.map_or(now, |until| until.max(now));
        let ahead = Duration::try_from(begin.duration_since(now)).unwrap_or_default();
        let allowed = self.rate.every * self.rate.burst.saturating_sub(1);
        if ahead > allowed {
            return Err(DriverError::Throttled { retry_after: ahead - allowed });
        }
        *spent_until = Some(later(begin, self.rate.every));
        Ok(())
    }

    /// Nothing for `pause` from `now` on, and then one call at a time.
    fn rest(&self, now: Timestamp, pause: Duration) {
        let full = later(now, pause + self.rate.every * self.rate.burst.saturating_sub(1));
        let mut spent_until = self.lock();
        *spent_until = Some(spent_until.map_or(full, |until| until.max(full)));
    }
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(time)
}

impl<D: Driver> Driver for Limited<D> {
    fn name(&self) -> &'static str {
        self.driver.name()
    }

    fn serves(&self, cluster: ClusterId) -> Answer<'_, bool> {
        self.limit(&self.looking, self.driver.serves(cluster))
    }

    fn machines(&self, cluster: ClusterId) -> Answer<'_, Vec<Machine>> {
        self.limit(&self.looking, self.driver.machines(cluster))
    }

    fn offers(&self, cluster: ClusterId) -> Answer<'_, Vec<ZoneOffer>> {
        self.limit(&self.looking, self.driver.offers(cluster))
    }

    fn create<'a>(&'a self, request: &'a CreateRequest) -> Answer<'a, Machine> {
        self.limit(&self.changing, self.driver.create(request))
    }

    fn delete<'a>(&'a self, cluster: ClusterId, machine: &'a MachineKey) -> Answer<'a, ()> {
        self.limit(&self.changing, self.driver.delete(cluster, machine))
    }

    fn describe<'a>(&'a self, cluster: ClusterId, machine: &'a MachineKey) -> Answer<'a, Option<Machine>> {
        self.limit(&self.looking, self.driver.describe(cluster, machine))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_one_at_a_time() {
        let start: Timestamp = "2026-11-02T10:00:00Z".parse().unwrap();
        let at = |millis| later(start, Duration::from_millis(millis));
        let bucket =
            Bucket { rate: Rate { burst: 2, every: Duration::from_secs(1) }, spent_until: Mutex::new(None) };
        let throttled = |millis| Err(DriverError::Throttled { retry_after: Duration::from_millis(millis) });
        assert_eq!(bucket.take(at(0)), Ok(()));
        assert_eq!(bucket.take(at(0)), Ok(()));
        assert_eq!(bucket.take(at(0)), throttled(1_000));
        assert_eq!(bucket.take(at(400)), throttled(600));
        assert_eq!(bucket.take(at(1_000)), Ok(()));
        assert_eq!(bucket.take(at(1_000)), throttled(1_000));
        bucket.rest(at(5_000), Duration::from_secs(10));
        assert_eq!(bucket.take(at(6_000)), throttled(9_000));
        assert_eq!(bucket.take(at(15_000)), Ok(()));
        assert_eq!(bucket.take(at(15_000)), throttled(1_000));
    }
}
