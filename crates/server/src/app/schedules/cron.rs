//! When something is due: `[CRON_TZ=<zone> ]<five fields>`, or a descriptor such as `@daily` in place of
//! the fields; in UTC where no zone is named. `TZ=` serves as `CRON_TZ=`. Where both the day of the month
//! and the day of the week are restricted, either suffices, as everywhere in cron.
//!
//! `croner` finds the next date and time on the calendar; the zone is laid over it here. A time that a
//! clock change skips is due at the moment of the change, and one that it repeats is due once, the first
//! time.

use std::fmt;

use croner::errors::CronError as PatternError;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use model::Timestamp;

use super::zones;

/// What five fields can be replaced by.
const DESCRIPTORS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// Why a text says no times.
#[derive(Debug, thiserror::Error)]
pub enum CronError {
    /// The zone is none of the IANA database.
    #[error("there is no time zone {name:?}: GET /v1/time-zones lists all")]
    Zone {
        /// What was given.
        name: String,
    },
    /// It begins with an `@` and is no descriptor.
    #[error("there is no descriptor {name:?}: expected one of {}", Descriptors)]
    Descriptor {
        /// What was given.
        name: String,
    },
    /// There are more or fewer fields.
    #[error("has {found} fields: expected minute, hour, day of the month, month and day of the week")]
    Fields {
        /// How many there are.
        found: usize,
    },
    /// A field is not as it must be.
    #[error("is no cron expression")]
    Pattern {
        /// Why.
        source: PatternError,
    },
}

/// The names of the descriptors, for messages.
struct Descriptors;

impl fmt::Display for Descriptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&DESCRIPTORS.map(|(name, _)| name).join(", "))
    }
}

/// Times at which something is due.
#[derive(Clone, Debug)]
pub struct Cron {
    zone: TimeZone,
    calendar: croner::Cron,
}

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// Says what of it is not as it must be.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let text = text.trim();
        let (zone, rest) = match text.strip_prefix("CRON_TZ=").or_else(|| text.strip_prefix("TZ=")) {
            None => (TimeZone::UTC, text),
            Some(named) => {
                let (name, rest) = named.split_once(char::is_whitespace).unwrap_or((named, ""));
                let zone = zones::get(name).ok_or_else(|| CronError::Zone { name: name.to_owned() })?;
                (zone, rest.trim_start())
            }
        };
        let fields = if rest.starts_with('@') {
            let known = DESCRIPTORS.iter().find(|(name, _)| name.eq_ignore_ascii_case(rest));
            known.ok_or_else(|| CronError::Descriptor { name: rest.to_owned() })?.1
        } else {
            rest
        };
        let found = fields.split_whitespace().count();
        if found != 5 {
            return Err(CronError::Fields { found });
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let calendar = parser.parse(fields).map_err(|source| CronError::Pattern { source })?;
        Ok(Self { zone, calendar })
    }

    /// The first moment after `now` at which it is due; `None` when it never is again, such as on the
    /// 30th of February.
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        let local = self.zone.to_datetime(now);
        let whole_seconds = local.time().with().subsec_nanosecond(0).build().ok()?;
        let mut at = local.date().to_datetime(whole_seconds);
        // In the second pass of a repeated hour the calendar's next times may have been in the first.
        loop {
            at = self.next_on_calendar(at)?;
            let moment = self.moment(at)?;
            if moment > now {
                return Some(moment);
            }
        }
    }

    /// The next date and time after `at`, on a calendar without clock changes.
    fn next_on_calendar(&self, at: DateTime) -> Option<DateTime> {
        let at = at.to_zoned(TimeZone::UTC).ok()?;
        self.calendar.find_next_occurrence(&at, false).ok().map(|next| next.datetime())
    }

    /// The moment at which clocks of the zone show `at` for the first time, or skip it.
    fn moment(&self, at: DateTime) -> Option<Timestamp> {
        match self.zone.to_ambiguous_timestamp(at).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(at).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(at).ok(),
            AmbiguousOffset::Gap { after, .. } => {
                // Read with the offset that holds after the change, it lies before the change.
                let earlier = after.to_timestamp(at).ok()?;
                self.zone.following(earlier).next().map(|change| change.timestamp())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cron(text: &str) -> Cron {
        Cron::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// The next times after `from`.
    fn times(text: &str, from: &str, count: usize) -> Vec<String> {
        let cron = cron(text);
        let first = cron.next_after(from.parse().unwrap());
        let all = std::iter::successors(first, |at| cron.next_after(*at));
        all.take(count).map(|at| at.to_string()).collect()
    }

    #[test]
    fn fields_names_steps_ranges_and_descriptors() {
        for (text, from, expected) in [
            ("0 3 * * *", "2026-03-01T03:00:00Z", "2026-03-02T03:00:00Z"),
            ("0 3 * * *", "2026-03-01T02:59:59.5Z", "2026-03-01T03:00:00Z"),
            ("*/20 8-10 * * MON-FRI", "2026-03-06T10:40:00Z", "2026-03-09T08:00:00Z"),
            ("0 0 1 jan,jul *", "2026-03-01T00:00:00Z", "2026-07-01T00:00:00Z"),
            ("0 0 * * 7", "2026-03-02T00:00:00Z", "2026-03-08T00:00:00Z"),
            ("0 0 13 * FRI", "2026-03-01T00:00:00Z", "2026-03-06T00:00:00Z"),
            ("0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("@hourly", "2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z"),
            ("@weekly", "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z"),
            ("TZ=Asia/Kolkata @daily", "2026-03-01T00:00:00Z", "2026-03-01T18:30:00Z"),
            ("CRON_TZ=America/New_York  0 9 * * *", "2026-07-01T00:00:00Z", "2026-07-01T13:00:00Z"),
        ] {
            assert_eq!(times(text, from, 1), [expected], "{text}");
        }
        assert_eq!(cron("0 0 30 2 *").next_after("2026-03-01T00:00:00Z".parse().unwrap()), None);
    }

    #[test]
    fn what_says_no_times_is_refused() {
        for (text, why) in [
            ("", "has 0 fields"),
            ("* * * *", "has 4 fields"),
            ("0 * * * * *", "has 6 fields"),
            ("CRON_TZ=Europe/Atlantis 0 0 * * *", "no time zone \"Europe/Atlantis\""),
            ("CRON_TZ=Europe/Berlin", "has 0 fields"),
            ("@every 1h", "no descriptor"),
            ("60 * * * *", "no cron expression"),
            ("* * * FOO *", "no cron expression"),
        ] {
            let error = Cron::parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_time_that_spring_skips_is_due_when_clocks_change() {
        // Berlin: 02:00 becomes 03:00 on 29 March 2026. Sydney: on 4 October 2026.
        for (zone, from, expected) in [
            (
                "Europe/Berlin",
                "2026-03-28T00:00:00Z",
                ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
            ),
            (
                "Australia/Sydney",
                "2026-10-02T12:00:00Z",
                ["2026-10-02T16:30:00Z", "2026-10-03T16:00:00Z", "2026-10-04T15:30:00Z"],
            ),
        ] {
            assert_eq!(times(&format!("CRON_TZ={zone} 30 2 * * *"), from, 3), expected);
        }
        // Times every ten minutes that are all skipped are due once, together with the one at the change.
        assert_eq!(
            times("CRON_TZ=Europe/Berlin */20 1-3 29 3 *", "2026-03-28T12:00:00Z", 7),
            [
                "2026-03-29T00:00:00Z",
                "2026-03-29T00:20:00Z",
                "2026-03-29T00:40:00Z",
                "2026-03-29T01:00:00Z",
                "2026-03-29T01:20:00Z",
                "2026-03-29T01:40:00Z",
                "2027-03-28T23:00:00Z",
            ]
        );
    }

    #[test]
    fn a_time_that_autumn_repeats_is_due_once() {
        // Berlin: 03:00 becomes 02:00 on 25 October 2026. Sydney: on 5 April 2026.
        for (zone, from, expected) in [
            ("Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
            ("Australia/Sydney", "2026-04-04T00:00:00Z", ["2026-04-04T15:30:00Z", "2026-04-05T16:30:00Z"]),
        ] {
            assert_eq!(times(&format!("CRON_TZ={zone} 30 2 * * *"), from, 2), expected);
        }
        // Asked in the second pass, too.
        assert_eq!(
            times("CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-25T01:10:00Z", 1),
            ["2026-10-26T01:30:00Z"]
        );
        assert_eq!(
            times("CRON_TZ=Europe/Berlin */30 * * * *", "2026-10-24T23:40:00Z", 4),
            ["2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z", "2026-10-25T02:30:00Z"]
        );
    }

    #[test]
    fn a_day_that_a_zone_leaves_out_is_due_when_it_would_have_begun() {
        // Samoa went from 29 to 31 December 2011.
        assert_eq!(
            times("CRON_TZ=Pacific/Apia 0 12 * * *", "2011-12-29T20:00:00Z", 3),
            ["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"]
        );
    }

    proptest! {
        #[test]
        fn the_next_time_is_later_and_the_same_from_anywhere_before_it(
            minute in 0..60, hour in 0..24, zone in prop::sample::select(vec![
                "UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "Africa/Casablanca",
            ]),
            from in 1_500_000_000_i64..1_900_000_000, step in 1_i64..86_400,
        ) {
            let cron = cron(&format!("CRON_TZ={zone} {minute} {hour} * * *"));
            let from = Timestamp::from_second(from).unwrap();
            let next = cron.next_after(from).unwrap();
            prop_assert!(next > from);
            prop_assert!(next.duration_since(from).as_hours() <= 25, "{from} {next}");
            let between = Timestamp::from_second((from.as_second() + step).min(next.as_second() - 1)).unwrap();
            prop_assert_eq!(cron.next_after(between.max(from)), Some(next));
        }

        #[test]
        fn any_text_is_an_expression_or_an_error(text in "(CRON_TZ=UTC )?[-0-9A-Za-z*/,#?@+ ]{0,30}") {
            let _ = Cron::parse(&text);
        }
    }
}
