//! The equipment: identity, power levels, clock, resets (27.007 §5, §8).

use super::{end, given};
use crate::sim::clock::{local_timestamp, read_timestamp};
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
                let text = format!("\"{}\"", local_timestamp(self.seconds(), self.zone));
                self.info(&command.prefix, &text);
                Ok(Next::Done)
            }
            Form::Set(parameters) => {
                let time = parameters.first().filter(|it| it.quoted).and_then(|it| read_timestamp(it.text));
                let (seconds, zone) = time.ok_or_else(|| self.wrong_parameter())?;
                self.zone = zone;
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
