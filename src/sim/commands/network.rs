//! The network: registration, operators, signal (27.007 §7, §8.5, §8.69).

use std::time::Duration;

use super::given;
use crate::sim::line::{Final, Next, Outcome, Refusal, Running, Then};
use crate::sim::network::{Outcome as Found, stat};
use crate::sim::profile::Command;
use crate::sim::request::{Form, Parameter};
use crate::sim::simulator::{Simulator, State, Timer};

/// The commands that tell of registration; a model has them or not.
const REGISTRATION: [&str; 3] = ["+CREG", "+CGREG", "+CEREG"];

/// PLMN not allowed (24.301 §9.9.3.9)
const REJECT_CAUSE: u8 = 11;

/// The network thinks about a service code for so long.
const SERVICE_TIME: Duration = Duration::from_millis(1500);

impl Simulator {
    /// AT+CUSD=n[,"code"[,scheme]]: OK, and what the network answers later (27.007 §7.15).
    pub(super) fn service_code(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return self.setting(command, form) };
        self.setting(command, &Form::Set(parameters.iter().take(1).copied().collect()))?;
        let Some(code) = given(parameters, 1).map(|code| code.text) else { return Ok(Next::Done) };
        self.require_card()?;
        if !self.network.is_registered() {
            return Err(Refusal::Equipment(30));
        }
        let known = self.profile.network.service_codes.iter().find(|known| known.code == code);
        let line = match known {
            Some(known) => format!("{}: 0,\"{}\",15", command.prefix, self.in_charset(&known.answer)),
            // Not supported by the network.
            None => format!("{}: 4", command.prefix),
        };
        self.output.then.push((SERVICE_TIME, line.into()));
        Ok(Next::Done)
    }

    pub(super) fn registration(&mut self, command: &'static Command, form: &Form) -> Outcome {
        match form {
            Form::Read => {
                let mode = self.settings.number(&command.prefix, 0);
                let text = format!("{mode},{}", self.registration_text(&command.prefix, mode));
                self.info(&command.prefix, &text);
                Ok(Next::Done)
            }
            Form::Execute(_) | Form::Set(_) | Form::Test | Form::Dial(_) => self.setting(command, form),
        }
    }

    /// The status that a command of [`REGISTRATION`] shows.
    fn registration_stat(&self, name: &str) -> u8 {
        match self.network.stat {
            _ if name != "+CREG" && !self.network.attached && self.network.is_registered() => stat::NONE,
            stat => stat,
        }
    }

    /// The status, and where the modem is, or why it was refused, when the mode asks for it.
    fn registration_text(&self, name: &str, mode: u32) -> String {
        let stat = self.registration_stat(name);
        match (stat, mode) {
            // Neither area, cell nor technology; a cause of the network's mobility management.
            (stat::DENIED, 3 | 5) => return format!("{stat},,,,0,{REJECT_CAUSE}"),
            (stat::NONE | stat::SEARCHING | stat::DENIED, _) | (_, 0 | 1) => return stat.to_string(),
            _ => {}
        }
        let facts = &self.profile.network;
        let quote = if self.profile.wire.area_quoted { "\"" } else { "" };
        let technology = self.network.current().map_or(facts.technology, |operator| operator.technology);
        let place = format!("{stat},{quote}{}{quote},{quote}{}{quote},{technology}", facts.area, facts.cell);
        match mode {
            // With the timers of power saving (27.007 §10.1.22).
            4 | 5 => format!("{place},,,\"00000001\",\"00000010\""),
            _ => place,
        }
    }

    fn set_stat(&mut self, stat: u8) {
        self.network.stat = stat;
        self.tell_registration();
    }

    /// Of each service whose status has changed.
    pub(super) fn tell_registration(&mut self) {
        let now = REGISTRATION.map(|name| self.registration_stat(name));
        let told = std::mem::replace(&mut self.network.told, now);
        for ((name, now), told) in REGISTRATION.into_iter().zip(now).zip(told) {
            let mode = self.settings.number(name, 0);
            if now != told && mode > 0 && self.profile.commands.contains_key(name) {
                let line = format!("{name}: {}", self.registration_text(name, mode));
                self.urc(&line);
            }
        }
    }

    /// Whatever registration depends on has changed: power level, SIM, operator mode.
    pub(in crate::sim) fn update_network(&mut self) {
        let wanted = self.network.function == 1 && self.card.is_ready() && self.network.mode != 2;
        if !wanted {
            self.cancel(|timer| *timer == Timer::SearchEnds);
            self.network.attached = false;
            self.drop_bearers();
            self.set_stat(stat::NONE);
        } else if self.network.stat == stat::NONE {
            self.search();
        }
    }

    fn search(&mut self) {
        self.cancel(|timer| *timer == Timer::SearchEnds);
        self.network.attached = false;
        self.drop_bearers();
        self.set_stat(stat::SEARCHING);
        self.update_search();
    }

    /// A setting may have changed that lets no network be found, or lets one be found.
    pub(super) fn update_search(&mut self) {
        let blocked = self.is_blocked();
        if blocked && self.network.is_registered() {
            self.search();
        } else if blocked {
            self.cancel(|timer| *timer == Timer::SearchEnds);
        } else if self.network.stat == stat::SEARCHING
            && self.network.outcome != Found::Never
            && self.network.operator.is_some()
            && !self.is_timed(&Timer::SearchEnds)
        {
            self.timers.push((self.now + self.network.search, Timer::SearchEnds));
        }
    }

    fn is_blocked(&self) -> bool {
        self.profile.network.blocks.iter().any(|block| {
            self.profile.setting(&block.setting).is_some_and(|setting| block.holds(self.settings.in_force(setting)))
        })
    }

    pub(in crate::sim) fn end_search(&mut self) {
        let Found::Stat(found) = self.network.outcome else { return };
        let code = self.network.current().map(|operator| (operator.code.clone(), operator.stat));
        let Some((code, available)) = code else { return };
        if found == stat::DENIED || available == 3 || self.card.forbids(&code) {
            self.card.forbid(&code);
            self.cause = "PLMN not allowed";
            self.set_stat(stat::DENIED);
            return;
        }
        self.network.stat = found;
        if self.network.is_registered() {
            self.attach_packet();
        } else {
            self.tell_registration();
        }
        self.receive_delayed();
    }

    /// The SIM says that it is somebody else now, and the modem begins anew with it.
    pub(in crate::sim) fn switch_imsi(&mut self) {
        self.card.imsi = format!("20404{}", self.random.digits(10)).into();
        if !self.card.is_ready() {
            return;
        }
        let profile = self.profile;
        if !profile.rules.sim_refreshed.is_empty() {
            self.urc(&profile.rules.sim_refreshed);
        }
        self.network.stat = stat::NONE;
        self.update_network();
    }

    pub(super) fn operator(&mut self, command: &'static Command, form: &Form) -> Outcome {
        match form {
            Form::Test => self.scan(),
            Form::Read => {
                let text = self.operator_text();
                self.info(&command.prefix, &text);
                Ok(Next::Done)
            }
            Form::Set(parameters) => self.choose(parameters),
            Form::Execute(_) | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    fn operator_text(&self) -> String {
        let mode = self.network.mode;
        match self.network.current() {
            Some(operator) if self.network.is_registered() => {
                let (format, name) = match self.network.format {
                    0 => (0, self.in_charset(&operator.long)),
                    1 => (1, self.in_charset(&operator.short)),
                    _ => (2, operator.code.clone()),
                };
                format!("{mode},{format},\"{name}\",{}", operator.technology)
            }
            _ => mode.to_string(),
        }
    }

    /// AT+COPS=?: a scan, not a test.
    fn scan(&mut self) -> Outcome {
        self.require_card()?;
        if self.network.function != 1 {
            return Err(Refusal::Equipment(3));
        }
        let time = self.options.scan.unwrap_or(self.profile.timing.scan.0);
        Ok(Next::Wait { time, then: Then::Scan, abort: self.aborted() })
    }

    /// How a search for networks ends when a character comes.
    fn aborted(&self) -> Option<Final> {
        let profile = self.profile;
        match profile.rules.scan_abort.as_str() {
            "" => None,
            "OK" => Some(Final::Ok),
            "ERROR" => Some(Final::Refused(Refusal::Error)),
            text => Some(Final::Text(text)),
        }
    }

    pub(in crate::sim) fn put_scan(&mut self) {
        let mut text = String::new();
        if self.network.outcome != Found::Never {
            for (place, operator) in self.network.operators.iter().enumerate() {
                let stat = match operator.stat {
                    _ if self.card.forbids(&operator.code) => 3,
                    1 if Some(place) == self.network.operator && self.network.is_registered() => 2,
                    stat => stat,
                };
                let comma = if text.is_empty() { "" } else { "," };
                let (long, short) = (self.in_charset(&operator.long), self.in_charset(&operator.short));
                let hex = self.profile.wire.scan_code_in_charset;
                let code = if hex { self.in_charset(&operator.code) } else { operator.code.clone() };
                text += &format!("{comma}({stat},\"{long}\",\"{short}\",\"{code}\",{})", operator.technology);
            }
        }
        let profile = self.profile;
        text.push_str(&profile.wire.scan_tail);
        self.info("+COPS", &text);
    }

    /// AT+COPS=mode[,format[,operator[,technology]]]
    fn choose(&mut self, parameters: &[Parameter]) -> Outcome {
        let number = |place| given(parameters, place).map(|it: &Parameter| it.number());
        let mode = number(0).flatten().ok_or_else(|| self.wrong_parameter())?;
        let format = match number(1) {
            None => None,
            Some(Some(format @ 0..=2)) => Some(format),
            Some(_) => return Err(self.wrong_parameter()),
        };
        if let Some(format) = format {
            self.network.format = u8::try_from(format).unwrap_or(0);
        }
        match mode {
            0 => {
                let manual = std::mem::replace(&mut self.network.mode, 0) != 0;
                if manual {
                    self.leave_for(Some(0));
                } else {
                    self.update_network();
                }
                Ok(Next::Done)
            }
            1 | 4 => {
                self.require_card()?;
                let name = given(parameters, 2).ok_or_else(|| self.wrong_parameter())?;
                let by = format.unwrap_or(0);
                let place = self.network.operators.iter().position(|operator| match by {
                    0 => self.in_charset(&operator.long).eq_ignore_ascii_case(name.text),
                    1 => self.in_charset(&operator.short).eq_ignore_ascii_case(name.text),
                    _ => operator.code == name.text,
                });
                self.network.mode = 1;
                if place.is_some() && place == self.network.operator && self.network.is_registered() {
                    return Ok(Next::Done);
                }
                // One that is not in reach is looked for all the same, and nothing else is.
                self.leave_for(place);
                let then = if mode == 4 { Then::ChosenOrAny } else { Then::Chosen };
                Ok(Next::Wait { time: self.choice_time(), then, abort: self.aborted() })
            }
            2 => {
                self.network.mode = 2;
                self.update_network();
                Ok(Next::Done)
            }
            3 if format.is_some() => Ok(Next::Done),
            _ => Err(self.wrong_parameter()),
        }
    }

    /// Leaves its network and looks for this operator.
    fn leave_for(&mut self, operator: Option<usize>) {
        self.network.operator = operator;
        self.network.stat = stat::NONE;
        self.update_network();
    }

    /// AT+COPS=4 has not found what was chosen: whatever there is will do (27.007 §7.3).
    pub(in crate::sim) fn choose_any(&mut self) {
        self.network.mode = 0;
        self.leave_for(Some(0));
        let until = self.now.saturating_add(self.choice_time());
        self.state = State::Running(Running { until, then: Then::Chosen, abort: self.aborted() });
    }

    /// When a search has ended for sure.
    fn choice_time(&self) -> Duration {
        self.network.search + Duration::from_millis(1)
    }

    /// AT+CSQ: the strength and the bit error rate, which LTE does not know.
    pub(super) fn signal(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Execute(_) = form else { return Err(self.wrong_parameter()) };
        let shown = match self.network.signal(&mut self.random) {
            99 => 99,
            signal => self.options.csq.unwrap_or(signal),
        };
        self.info(&command.prefix, &format!("{shown},99"));
        Ok(Next::Done)
    }

    /// AT+CESQ: only the two LTE values are known (27.007 §8.69).
    pub(super) fn signal_extended(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Execute(_) = form else { return Err(self.wrong_parameter()) };
        let text = match self.network.signal(&mut self.random) {
            99 => "99,99,255,255,255,255".to_owned(),
            // RSRP lies about 27 dB under the strength of the whole carrier.
            signal => format!("99,99,255,255,{},{}", 10 + signal / 2, u16::from(signal) * 2 + 1),
        };
        self.info(&command.prefix, &text);
        Ok(Next::Done)
    }
}
