//! The modem's clock as texts and messages show it.

/// Seconds since 1970 as `26/01/01,00:00:00+00`.
pub(super) fn timestamp(seconds: u64) -> String {
    local_timestamp(seconds, 0)
}

/// The same as a clock shows it so many quarters of an hour east of Greenwich: `26/01/01,02:00:00+08`.
pub(super) fn local_timestamp(seconds: u64, zone: i8) -> String {
    let [year, month, day, hour, minute, second] = date(seconds.saturating_add_signed(i64::from(zone) * QUARTER));
    format!("{:02}/{month:02}/{day:02},{hour:02}:{minute:02}:{second:02}{zone:+03}", year % 100)
}

/// Seconds in a quarter of an hour
const QUARTER: i64 = 900;

/// The same, as a message carries it.
pub(super) fn timestamp_octets(seconds: u64) -> [u8; 7] {
    let [year, rest @ ..] = date(seconds);
    let octet = |number: u64| u8::try_from(number % 100).unwrap_or_default();
    let [month, day, hour, minute, second] = rest.map(octet);
    [octet(year), month, day, hour, minute, second, 0]
}

/// The civil date of a day number, after H. Hinnant's `civil_from_days`, for days after 1970.
fn date(seconds: u64) -> [u64; 6] {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    [year, month, day, rest / 3_600, rest / 60 % 60, rest % 60]
}

/// `26/11/22,17:00:00+00`: seconds since 1970, and the zone.
pub(super) fn read_timestamp(text: &str) -> Option<(u64, i8)> {
    let zone_start = text.len().checked_sub(3)?;
    let (body, zone) = text.split_at_checked(zone_start)?;
    let zone: i8 = zone.parse().ok().filter(|zone: &i8| (-96..=96).contains(zone))?;
    let mut parts = body.split(['/', ',', ':']);
    let mut part = |most: u64| parts.next()?.parse().ok().filter(|number| *number <= most);
    let (year, month, day): (u64, u64, u64) = (2000 + part(99)?, part(12)?, part(31)?);
    let (hour, minute, second): (u64, u64, u64) = (part(23)?, part(59)?, part(59)?);
    if month == 0 || day == 0 || parts.next().is_some() {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let year_of_era = shifted_year % 400;
    let month_index = (month + 9) % 12;
    let of_year = (153 * month_index + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    let days = shifted_year / 400 * 146_097 + of_era - 719_468;
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second;
    Some((seconds.checked_add_signed(-i64::from(zone) * QUARTER)?, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_there_and_back() {
        assert_eq!(timestamp(1_767_225_600), "26/01/01,00:00:00+00");
        assert_eq!(timestamp(951_782_400), "00/02/29,00:00:00+00");
        for seconds in [951_782_400, 1_767_225_600, 1_795_366_799, 4_000_000_000] {
            assert_eq!(read_timestamp(&timestamp(seconds)), Some((seconds, 0)));
            assert_eq!(read_timestamp(&local_timestamp(seconds, -33)), Some((seconds, -33)));
        }
        assert_eq!(read_timestamp("26/01/01,02:00:00+08"), Some((1_767_225_600, 8)));
        assert_eq!(local_timestamp(1_767_225_600, 8), "26/01/01,02:00:00+08");
        assert_eq!(read_timestamp("26/13/01,02:00:00+08"), None);
        assert_eq!(read_timestamp("nonsense"), None);
    }
}
