//! The library's calendar: local days in its time zone. Due dates and lateness are reckoned in days, never in hours.

use chrono::{DateTime, Days, MappedLocalTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// How far to look for the first instant of a day: zones have skipped as much as a whole day.
const LONGEST_GAP_QUARTERS: i64 = 4 * 48;

/// The end (23:59:59 local) of the local day that is `days` after the one of `now`.
pub fn end_of_day_after(now: DateTime<Utc>, days: u32, zone: Tz) -> DateTime<Utc> {
    let today = now.with_timezone(&zone).date_naive();
    let following = today
        .checked_add_days(Days::new(u64::from(days) + 1))
        .unwrap_or(NaiveDate::MAX);
    start_of_day(following, zone) - TimeDelta::seconds(1)
}

/// By how many local days `now` is past the day of `due`; 0 on that day and before it.
pub fn days_late(due: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> i64 {
    let due = due.with_timezone(&zone).date_naive();
    let now = now.with_timezone(&zone).date_naive();
    now.signed_duration_since(due).num_days().max(0)
}

/// The first instant of a local day: midnight, or what follows it where the clocks skip midnight.
fn start_of_day(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    (0..=LONGEST_GAP_QUARTERS)
        .map(|quarters| midnight + TimeDelta::minutes(15 * quarters))
        .find_map(|local| match zone.from_local_datetime(&local) {
            MappedLocalTime::Single(instant) | MappedLocalTime::Ambiguous(instant, _) => {
                Some(instant.to_utc())
            }
            MappedLocalTime::None => None,
        })
        .unwrap_or_else(|| midnight.and_utc())
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America::Sao_Paulo, Asia::Seoul, Europe::London};

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant in RFC 3339")
    }

    #[test]
    fn a_loan_is_due_at_the_end_of_the_seventh_local_day() {
        // 00:30 on 2 March in Seoul is still 1 March in Greenwich.
        let due = end_of_day_after(at("2026-03-01T15:30:00Z"), 7, Seoul);
        assert_eq!(due, at("2026-03-09T23:59:59+09:00"));
        let due = end_of_day_after(at("2026-03-01T14:59:59Z"), 7, Seoul);
        assert_eq!(due, at("2026-03-08T23:59:59+09:00"));
    }

    #[test]
    fn the_day_is_local_even_when_the_clocks_change() {
        // London leaves summer time on 25 October 2026: the seventh day has 25 hours.
        let due = end_of_day_after(at("2026-10-18T10:00:00+01:00"), 7, London);
        assert_eq!(due, at("2026-10-25T23:59:59+00:00"));
        assert_eq!(days_late(due, at("2026-10-26T00:00:00+00:00"), London), 1);
    }

    #[test]
    fn a_day_without_midnight_begins_when_the_clocks_go_on() {
        // São Paulo skipped 00:00 to 01:00 on 4 November 2018.
        let due = end_of_day_after(at("2018-11-02T12:00:00-03:00"), 1, Sao_Paulo);
        assert_eq!(due, at("2018-11-03T23:59:59-03:00"));
    }

    #[test]
    fn late_means_a_later_local_date() {
        let due = at("2026-03-09T23:59:59+09:00");
        assert_eq!(days_late(due, at("2026-03-01T00:00:00+09:00"), Seoul), 0);
        assert_eq!(days_late(due, due, Seoul), 0);
        assert_eq!(
            days_late(due, at("2026-03-09T23:59:59.999+09:00"), Seoul),
            0
        );
        assert_eq!(days_late(due, at("2026-03-10T00:00:00+09:00"), Seoul), 1);
        assert_eq!(days_late(due, at("2026-03-16T23:59:59+09:00"), Seoul), 7);
        assert_eq!(days_late(due, at("2026-03-17T00:00:00+09:00"), Seoul), 8);
    }
}
