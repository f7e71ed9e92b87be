//! The clocks: one that only runs forward, and the time of day. The rest of the crate asks a [`Port`](super::Port)
//! for the time, or is given it.
#![allow(clippy::disallowed_methods, reason = "this is where the clocks are read")]

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Counts from its start; never runs backward.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Clock {
        Clock(Instant::now())
    }

    pub fn now(&self) -> Duration {
        self.0.elapsed()
    }

    /// The time since the machine was started. Where the system tells (Linux), it goes on while the machine sleeps.
    pub fn since_boot() -> Duration {
        #[cfg(target_os = "linux")]
        {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
            Duration::try_from(time).unwrap_or_default()
        }
        #[cfg(not(target_os = "linux"))]
        {
            static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
            START.get_or_init(Instant::now).elapsed()
        }
    }

    pub fn pause(time: Duration) {
        super::cancel::pause(None, time);
    }
}

/// A moment of the time of day. Written as RFC 3339 in UTC with milliseconds: `2026-11-22T10:00:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    since_1970: Duration,
}

impl Timestamp {
    pub fn now() -> Timestamp {
        Timestamp { since_1970: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() }
    }

    pub fn before(earlier: Duration) -> Timestamp {
        Timestamp { since_1970: Timestamp::now().since_1970.saturating_sub(earlier) }
    }

    pub fn since_1970(since_1970: Duration) -> Timestamp {
        Timestamp { since_1970 }
    }

    /// RFC 3339 in UTC, as results have it; its fraction is read as milliseconds.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        if !(1970..10_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        // Years begin in March here, so that the leap day is the last of its year.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
        let seconds = days * 86_400 + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
        let millis = Duration::from_millis(number(20, 23).unwrap_or(0));
        Some(Timestamp::since_1970(Duration::from_secs(seconds) + millis))
    }

    pub fn millis(self) -> u64 {
        u64::try_from(self.since_1970.as_millis()).unwrap_or(u64::MAX)
    }

    pub fn after(self, later: Duration) -> Timestamp {
        Timestamp { since_1970: self.since_1970.saturating_add(later) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.since_1970.as_secs();
        let (year, month, day) = date(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let millis = self.since_1970.subsec_millis();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// Days since 1970-01-01 as a date. Years begin in March here, so that the leap day is the last of its year.
fn date(days_since_1970: u64) -> (u64, u64, u64) {
    const DAYS_IN_400_YEARS: u64 = 146_097;
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    let days = days_since_1970.saturating_add(719_468);
    let (era, day) = (days / DAYS_IN_400_YEARS, days % DAYS_IN_400_YEARS);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next_year, month, day_of_month)
}
