//! Virtual time, and how it is shown to the outside.
//!
//! The world runs on [`VirtualTime`]. What its objects show as timestamps is *shown* time: the
//! same while history is made, and `anchor + elapsed / speed` once the world runs faster than the
//! wall, so that no timestamp lies in the future however fast the world runs.

use jiff::SignedDuration;
use model::Timestamp;

/// Milliseconds since the simulation began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtualTime(i64);

impl VirtualTime {
    /// `seconds` after the beginning.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds * 1_000)
    }

    /// `milliseconds` after the beginning.
    pub const fn from_millis(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the beginning.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the beginning.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// `seconds` later.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds * 1_000))
    }

    /// `milliseconds` later.
    pub const fn plus_millis(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }
}

/// The relation between virtual and shown time: one line per change of speed.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    virtual_anchor: VirtualTime,
    shown_anchor: Timestamp,
    speed: u32,
}

impl Pace {
    /// Virtual zero is shown as `start`, and both run alike.
    pub fn new(start: Timestamp) -> Self {
        Self { virtual_anchor: VirtualTime::default(), shown_anchor: start, speed: 1 }
    }

    /// How many virtual seconds pass in a shown one; 0 stands still.
    pub fn speed(self) -> u32 {
        self.speed
    }

    /// The shown time at `time`; while the world stands still, that at which it stopped.
    pub fn shown(self, time: VirtualTime) -> Timestamp {
        let elapsed = time.0 - self.virtual_anchor.0;
        let shown = elapsed.checked_div(i64::from(self.speed)).unwrap_or(0);
        self.shown_anchor.saturating_add(SignedDuration::from_millis(shown)).unwrap_or(self.shown_anchor)
    }

    /// The virtual time when `shown` is on the wall.
    pub fn virtual_at(self, shown: Timestamp) -> VirtualTime {
        let elapsed = shown.duration_since(self.shown_anchor).as_millis().max(0);
        let elapsed = elapsed.saturating_mul(i128::from(self.speed));
        VirtualTime(self.virtual_anchor.0.saturating_add(i64::try_from(elapsed).unwrap_or(i64::MAX)))
    }

    /// The same at another speed from (`time`, `shown`) on.
    pub fn at_speed(self, time: VirtualTime, shown: Timestamp, speed: u32) -> Self {
        Self { virtual_anchor: time, shown_anchor: shown, speed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_time_never_runs_ahead_of_the_wall() {
        let start: Timestamp = "2026-11-02T10:30:00Z".parse().unwrap();
        let mut pace = Pace::new(start);
        let mut wall = start;
        for (step, speed) in [1_u32, 60, 3_600, 0, 7].into_iter().enumerate() {
            let time = pace.virtual_at(wall);
            assert!(pace.shown(time) <= wall);
            pace = pace.at_speed(time, wall, speed);
            wall = wall.saturating_add(SignedDuration::from_millis(1_234 * (step as i64 + 1))).unwrap();
            assert!(pace.shown(pace.virtual_at(wall)) <= wall);
        }
    }
}
