//! The timers of power saving (PSM) as eight binary digits: three for the unit, five for the count (24.008 §10.5.7).

use std::time::Duration;

/// The units by their code; the last one means that the timer is off.
#[derive(Debug)]
pub struct GprsTimer {
    /// Seconds of a unit, by its code
    units: [u64; 7],
    /// Codes that mean a unit of another code, and so are not written
    spare: &'static [u8],
}

/// T3324, the active time of PSM: GPRS timer 2 (§10.5.7.3). Codes that are not assigned mean a minute.
pub static ACTIVE: GprsTimer = GprsTimer { units: [2, 60, 360, 60, 60, 60, 60], spare: &[3, 4, 5, 6] };

/// T3412, the period of area updates under PSM: GPRS timer 3 (§10.5.7.4a).
pub static PERIODIC: GprsTimer = GprsTimer { units: [600, 3600, 36_000, 2, 30, 60, 1_152_000], spare: &[] };

const MOST_UNITS: u64 = 0b1_1111;

impl GprsTimer {
    /// What eight binary digits mean: `None` where they are none, `Some(None)` where the timer is off.
    pub fn read(&self, digits: &str) -> Option<Option<Duration>> {
        if digits.len() != 8 || !digits.bytes().all(|digit| matches!(digit, b'0' | b'1')) {
            return None;
        }
        let byte = u8::from_str_radix(digits, 2).ok()?;
        let count = u64::from(byte) & MOST_UNITS;
        Some(self.units.get(usize::from(byte >> 5)).map(|unit| Duration::from_secs(unit * count)))
    }

    /// The digits of a duration, in the largest unit that it is a multiple of. `Err`: the nearest durations that there
    /// are, the shorter one and the longer one.
    pub fn write(&self, duration: Duration) -> Result<String, (Duration, Option<Duration>)> {
        let units = || (0..).zip(self.units).filter(|(code, _)| !self.spare.contains(code));
        let seconds = duration.as_secs();
        let whole = duration.subsec_nanos() == 0;
        let fitting =
            units().filter(|(_, unit)| whole && seconds.is_multiple_of(*unit) && seconds / unit <= MOST_UNITS);
        if let Some((code, unit)) = fitting.max_by_key(|(_, unit)| *unit) {
            return Ok(format!("{code:03b}{:05b}", seconds / unit));
        }
        let at_most = |unit: u64| unit * (seconds / unit).min(MOST_UNITS);
        let shorter = units().map(|(_, unit)| at_most(unit)).max().unwrap_or(0);
        let longer = units().map(|(_, unit)| unit * (seconds / unit + 1)).zip(units());
        let longer = longer.filter(|(sum, (_, unit))| sum / unit <= MOST_UNITS).map(|(sum, _)| sum).min();
        Err((Duration::from_secs(shorter), longer.map(Duration::from_secs)))
    }
}
