//! The equipment: identity, power levels, clock, resets (27.007 §5, §8).

use std::time::Duration;

use super::{end, given};
use crate::sim::line::{Final, Next, Outcome, Refusal};
use crate::sim::profile::Command;
use crate::sim::request::Form;
use crate::sim::simulator::{Afterwards, Simulator};

impl Simulator {
    /// AT+CGSN, and AT+CGSN=1 with its prefix (27.007 §5.4).
    pub(super) fn serial_number(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let imei = self.imei.to_string();
        match form {
            Form::Execute(_) => self.bare(&imei),
            Form::Set(parameters) => match given(parameters, 0).and_then(|it| it.number()) {
                Some(0) => self.bare(&imei),
                Some(1) => self.info(&command.prefix, &format!("\"{imei}\"")),
                // Without the check digit, with the software version.
                Some(2) => {
                    let text = format!("\"{}01\"", imei.get(..14).unwrap_or(&imei));
                    self.info(&command.prefix, &text);
                }
                Some(3) => self.info(&command.prefix, "\"01\""),
                _ => return Err(self.wrong_parameter()),
            },
            Form::Read | Form::Test | Form::Dial(_) => return Err(self.wrong_parameter()),
        }
        Ok(Next::Done)
    }

    pub(super) fn functionality(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let parameters = match form {
            Form::Read => {
                let text = self.network.function.to_string();
                self.info(&command.prefix, &text);
                return Ok(Next::Done);
            }
            Form::Set(parameters) => parameters,
            Form::Execute(_) | Form::Test | Form::Dial(_) => return Err(self.wrong_parameter()),
        };
        let rules = &self.profile.rules;
        let function = given(parameters, 0).and_then(|it| it.number()).ok_or_else(|| self.wrong_parameter())?;
        let reset = match parameters.get(1) {
            None => false,
            Some(parameter) => match parameter.number() {
                Some(0) => false,
                Some(1) => true,
                _ => return Err(self.wrong_parameter()),
            },
        };
        if rules.reset_functions.contains(&function) {
            return self.afterwards(Afterwards::Reset);
        }
        if !rules.functions.contains(&function) || parameters.len() > 2 {
            return Err(self.wrong_parameter());
        }
        if reset {
            return self.afterwards(Afterwards::Reset);
        }
        let before = std::mem::replace(&mut self.network.function, function);
        if before == 0 && function != 0 {
            self.power_card();
        }
        self.update_network();
        Ok(Next::Done)
    }

    pub(super) fn activity(&mut self, command: &'static Command) -> Outcome {
        self.info(&command.prefix, if self.online { "4" } else { "0" });
        Ok(Next::Done)
    }

    pub(super) fn last_cause(&mut self, command: &'static Command) -> Outcome {
        let cause = self.cause;
        self.info(&command.prefix, cause);
        Ok(Next::Done)
    }

    /// AT+CCLK: year/month/day,hours:minutes:seconds and the zone in quarters of an hour (27.007 §8.15).
    pub(super) fn clock_command(&mut self, command: &'static Command, form: &Form) -> Outcome {
        match form {
            Form::Read => {
                let text = format!("\"{}\"", timestamp(self.seconds()));
                self.info(&command.prefix, &text);
                Ok(Next::Done)
            }
            Form::Set(parameters) => {
                let seconds = parameters.first().filter(|it| it.quoted).and_then(|it| read_timestamp(it.text));
                let seconds = seconds.ok_or_else(|| self.wrong_parameter())?;
                self.clock = seconds.saturating_sub(self.now.as_secs());
                Ok(Next::Done)
            }
            Form::Execute(_) | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    /// AT+CEDRXS: the read answer leaves the mode out (27.007 §7.40).
    pub(super) fn sleep_cycle(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let setting = command.setting.ok_or(Refusal::Error)?;
        match form {
            Form::Read => {
                let text = self.settings.text(setting).to_owned();
                self.info(&command.prefix, &text);
                Ok(Next::Done)
            }
            Form::Set(parameters) => {
                let mode = given(parameters, 0).and_then(|it| it.number()).filter(|mode| *mode <= 3);
                if mode.is_none() || parameters.len() > 3 {
                    return Err(self.wrong_parameter());
                }
                let rest = parameters.get(1..).unwrap_or_default();
                if rest.is_empty() { Ok(Next::Done) } else { self.set(setting, rest) }
            }
            Form::Execute(_) | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    pub(super) fn reset_command(&mut self, form: &Form) -> Outcome {
        match form {
            Form::Execute(_) | Form::Set(_) => self.afterwards(Afterwards::Reset),
            Form::Read | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    pub(super) fn power_off_command(&mut self, form: &Form) -> Outcome {
        match form {
            Form::Execute(_) | Form::Set(_) => {
                self.afterwards(Afterwards::PowerOff)?;
                let rules = &self.profile.rules;
                if rules.power_down_ok { Ok(Next::Done) } else { end(Final::Text(&rules.power_down)) }
            }
            Form::Read | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }
}

/// Seconds since 1970 as `26/01/01,00:00:00+00`.
pub(super) fn timestamp(seconds: u64) -> String {
    let [year, month, day, hour, minute, second] = date(seconds);
    format!("{:02}/{month:02}/{day:02},{hour:02}:{minute:02}:{second:02}+00", year % 100)
}

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

/// `26/11/22,17:00:00+00`; the zone is taken off.
fn read_timestamp(text: &str) -> Option<u64> {
    let zone_start = text.len().checked_sub(3)?;
    let (body, zone) = text.split_at_checked(zone_start)?;
    let quarters: i64 = zone.parse().ok().filter(|quarters: &i64| quarters.abs() <= 96)?;
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
    let seconds = Duration::from_secs(days * 86_400 + hour * 3_600 + minute * 60 + second).as_secs();
    seconds.checked_add_signed(-quarters * 900)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_there_and_back() {
        assert_eq!(timestamp(1_767_225_600), "26/01/01,00:00:00+00");
        assert_eq!(timestamp(951_782_400), "00/02/29,00:00:00+00");
        for seconds in [951_782_400, 1_767_225_600, 1_795_366_799, 4_000_000_000] {
            assert_eq!(read_timestamp(&timestamp(seconds)), Some(seconds));
        }
        assert_eq!(read_timestamp("26/01/01,02:00:00+08"), Some(1_767_225_600));
        assert_eq!(read_timestamp("26/13/01,02:00:00+08"), None);
        assert_eq!(read_timestamp("nonsense"), None);
    }
}
