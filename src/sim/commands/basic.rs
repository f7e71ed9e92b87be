//! The commands of V.250: one letter, `&` and a letter, S-registers; and the data call.

use std::fmt::Write as _;
use std::time::Duration;

use super::end;
use crate::sim::line::{Final, Next, Outcome, Refusal, Then};
use crate::sim::request::{Form, Request};
use crate::sim::simulator::{Simulator, Timer};

impl Simulator {
    /// `None`: not one of them; the profile's table says more.
    pub(super) fn basic(&mut self, request: &Request) -> Option<Outcome> {
        let number = match request.form {
            Form::Execute(number) => number,
            Form::Read | Form::Test | Form::Set(_) | Form::Dial(_) => 0,
        };
        let outcome = match (request.name.as_str(), &request.form) {
            ("D", Form::Dial(number)) => self.dial(number),
            ("A", Form::Execute(_)) => end(Final::NoCarrier),
            ("H", Form::Execute(_)) => self.hook(),
            ("O", Form::Execute(_)) => self.online(),
            ("I", Form::Execute(_)) => self.information(number),
            ("Z", Form::Execute(0 | 1)) => {
                self.end_connection();
                self.settings.recall();
                self.refreshed()
            }
            ("&F", Form::Execute(0 | 1)) => {
                self.settings.restore_defaults();
                self.refreshed()
            }
            ("&W", Form::Execute(0 | 1)) => {
                self.settings.save();
                Ok(Next::Done)
            }
            ("&V", Form::Execute(_)) => self.view(),
            (name, form) => return self.register(name, form),
        };
        Some(outcome)
    }

    fn refreshed(&mut self) -> Outcome {
        self.refresh_mode();
        Ok(Next::Done)
    }

    fn register(&mut self, name: &str, form: &Form) -> Option<Outcome> {
        let number: usize = name.strip_prefix('S')?.parse().ok()?;
        let Some(value) = self.settings.register(number) else { return Some(Err(Refusal::Error)) };
        Some(match form {
            Form::Read => {
                self.bare(&format!("{value:03}"));
                Ok(Next::Done)
            }
            Form::Set(parameters) => {
                let value = match parameters.first() {
                    Some(parameter) if parameter.is_empty() => Some(0),
                    Some(parameter) => parameter.number().and_then(|value| u8::try_from(value).ok()),
                    None => None,
                };
                // S3, S4 and S5 are control characters (V.250 §6.2): anything else would make the modem deaf.
                let fits = value.is_some_and(|value| !(3..=5).contains(&number) || value < 128);
                match value {
                    Some(value) if fits => {
                        self.settings.set_register(number, value).map(|()| Next::Done).map_err(|_| Refusal::Error)
                    }
                    _ => Err(Refusal::Error),
                }
            }
            Form::Execute(_) | Form::Test | Form::Dial(_) => Err(Refusal::Error),
        })
    }

    fn information(&mut self, number: u32) -> Outcome {
        let profile = self.profile;
        let Some(text) = profile.information.get(&number.to_string()) else { return Err(self.wrong_parameter()) };
        for line in text.lines() {
            let line = self.filled(line);
            self.bare(&line);
        }
        Ok(Next::Done)
    }

    /// AT&V: free text.
    fn view(&mut self) -> Outcome {
        let profile = self.profile;
        let mut names: Vec<_> = profile.setting_names.iter().filter(|(name, _)| !name.starts_with('+')).collect();
        names.sort();
        let mut text = String::new();
        for (name, setting) in names {
            let _ = write!(text, "{name}{} ", self.settings.text(*setting));
        }
        self.bare(text.trim_end());
        let mut text = String::new();
        for number in 0..13 {
            let _ = write!(text, "S{number}:{:03} ", self.settings.register(number).unwrap_or_default());
        }
        self.bare(text.trim_end());
        Ok(Next::Done)
    }

    /// `ATD*99#` and `ATD*99***1#` are data calls; with a semicolon it is a voice call; else nobody takes it.
    fn dial(&mut self, number: &str) -> Outcome {
        let (number, voice) = match number.strip_suffix(';') {
            Some(number) => (number, true),
            None => (number, false),
        };
        let known = |character: char| character.is_ascii_digit() || "*#+ABCDTPWtpw,!@>-. ".contains(character);
        if number.is_empty() || number.len() > 80 || !number.chars().all(known) {
            return Err(Refusal::Error);
        }
        self.require_card()?;
        if !self.network.is_registered() {
            return end(Final::NoCarrier);
        }
        let digits = number.trim_start_matches(['T', 'P', 't', 'p']);
        if digits.starts_with("*99") && digits.ends_with('#') && !voice {
            let context = digits.trim_end_matches('#').rsplit('*').next().and_then(|id| id.parse().ok());
            let context = context.filter(|id| *id != 99).unwrap_or(self.profile.rules.first_context);
            self.activate(context)?;
            self.passed_through = None;
            return Ok(Next::Data);
        }
        self.cause = "Normal call clearing";
        let time = self.profile.timing.dial.0;
        if voice {
            self.output.then.push((Duration::from_secs(2), "NO CARRIER".into()));
            return Ok(Next::Done);
        }
        Ok(Next::Wait { time, then: Then::End(Final::NoCarrier), abort: Some(Final::NoCarrier) })
    }

    fn hook(&mut self) -> Outcome {
        self.end_connection();
        self.cancel(|timer| matches!(timer, Timer::Urc(line) if **line == *"NO CARRIER"));
        Ok(Next::Done)
    }

    /// ATO: back into the data call.
    fn online(&mut self) -> Outcome {
        if self.online { Ok(Next::Data) } else { end(Final::NoCarrier) }
    }
}
