//! What a cluster spends over a period, on average, and will have spent: read off its hourly rows.
//!
//! Days and months are those of UTC. An hour counts as measured when it has a row; averages are
//! over measured hours, so that an hour in which nothing was known is neither free nor guessed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use model::{Lifecycle, Money, Timestamp};
use store::{ClusterHour, Measures};

/// Hours of the moving average behind a forecast: seven days.
const AVERAGE_HOURS: i64 = 7 * 24;

/// What rows are added up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Not at all.
    Hour,
    /// The UTC day.
    Day,
    /// The UTC month.
    Month,
}

impl Period {
    /// The first hour of the period in which `hour` lies, both in whole hours since 1970.
    pub fn start_of(self, hour: i64) -> i64 {
        match self {
            Self::Hour => hour,
            Self::Day => hour.div_euclid(24) * 24,
            Self::Month => {
                let date = utc(hour).date();
                let first = date.first_of_month().to_zoned(TimeZone::UTC);
                first.map_or(hour, |first| hour_of(first.timestamp()))
            }
        }
    }

    /// The first hour after the period in which `hour` lies.
    pub fn end_of(self, hour: i64) -> i64 {
        match self {
            Self::Hour => hour + 1,
            Self::Day => self.start_of(hour) + 24,
            Self::Month => {
                let next = utc(self.start_of(hour)).checked_add(1.month());
                next.map_or(hour + 1, |next| hour_of(next.timestamp()))
            }
        }
    }
}

/// The hour in which `instant` lies, in whole hours since 1970.
pub fn hour_of(instant: Timestamp) -> i64 {
    instant.as_second().div_euclid(3_600)
}

/// When `hour`, counted since 1970, begins.
pub fn instant_of(hour: i64) -> Timestamp {
    Timestamp::from_second(hour.saturating_mul(3_600)).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn utc(hour: i64) -> Zoned {
    instant_of(hour).to_zoned(TimeZone::UTC)
}

/// Adds rows up by period and by whatever tells them apart, such as the lifecycle or the namespace.
pub fn by_period<K: Ord>(
    rows: impl IntoIterator<Item = (i64, K, Measures)>,
    period: Period,
) -> BTreeMap<(i64, K), Measures> {
    let mut sums = BTreeMap::new();
    for (hour, key, measures) in rows {
        *sums.entry((period.start_of(hour), key)).or_default() += measures;
    }
    sums
}

/// What a CPU costs per hour: the whole cost of the nodes over their allocatable CPUs, memory and
/// all. `None` where there was no CPU.
pub fn cost_per_cpu_hour(measures: &Measures) -> Option<Money> {
    measures.cost.times_ratio(3_600_000, measures.cpu_allocatable)
}

/// The same for each lifecycle of which there were nodes.
pub fn cost_per_cpu_hour_by_lifecycle(rows: &[ClusterHour]) -> BTreeMap<Lifecycle, Money> {
    let mut sums = BTreeMap::<Lifecycle, Measures>::new();
    for row in rows {
        *sums.entry(row.lifecycle).or_default() += row.measures;
    }
    sums.iter().filter_map(|(&lifecycle, sum)| Some((lifecycle, cost_per_cpu_hour(sum)?))).collect()
}

/// What a day costs on average: the cost over the measured hours, times 24. `None` without any. Rows of
/// hours before `thinned_before` stand for the day that they begin: old hours are merged to days.
pub fn average_daily(rows: &[ClusterHour], thinned_before: i64) -> Option<Money> {
    average_over(rows.iter(), 24 * 3_600, thinned_before)
}

/// What `seconds` seconds cost at the average of the measured hours.
fn average_over<'a>(
    rows: impl Iterator<Item = &'a ClusterHour>,
    seconds: i64,
    thinned_before: i64,
) -> Option<Money> {
    let mut measured = BTreeSet::new();
    let mut cost = Money::ZERO;
    for row in rows {
        measured.insert(row.hour);
        cost += row.measures.cost;
    }
    let hours: i64 = measured.into_iter().map(|hour| if hour < thinned_before { 24 } else { 1 }).sum();
    cost.times_ratio(seconds, 3_600 * hours)
}

/// What was spent, and what it comes to if it goes on like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// Spent since the beginning of the month.
    pub month_to_date: Money,
    /// Spent since the beginning of the day.
    pub day_to_date: Money,
    /// The whole of today: spent, and the rest of the day at the moving average.
    pub end_of_day: Money,
    /// The whole of the month: spent, and the rest of the month at the moving average.
    pub end_of_month: Money,
}

/// Forecasts from the rows of one cluster. The moving average is the cost of an hour over the
/// complete measured hours of the seven days before `now`; the rest of a day or month is counted
/// in seconds from `now`. `None` while no hour is complete.
pub fn forecast(rows: &[ClusterHour], now: Timestamp) -> Option<Forecast> {
    let this_hour = hour_of(now);
    let recent = rows.iter().filter(|row| (this_hour - AVERAGE_HOURS..this_hour).contains(&row.hour));
    let spent_since = |start: i64| -> Money {
        let rows = rows.iter().filter(|row| (start..=this_hour).contains(&row.hour));
        rows.map(|row| row.measures.cost).sum()
    };
    let rest_until =
        |end: i64| average_over(recent.clone(), instant_of(end).as_second() - now.as_second(), i64::MIN);
    let month_to_date = spent_since(Period::Month.start_of(this_hour));
    let day_to_date = spent_since(Period::Day.start_of(this_hour));
    Some(Forecast {
        month_to_date,
        day_to_date,
        end_of_day: day_to_date + rest_until(Period::Day.end_of(this_hour))?,
        end_of_month: month_to_date + rest_until(Period::Month.end_of(this_hour))?,
    })
}
