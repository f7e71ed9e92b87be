//! From a command to the part that does it. Each part has a table: a name that profiles give (`does = "pin"`), the
//! forms, and what it does then. Here are the tables of V.250 and of the equipment (27.007 §5, §8), and the commands
//! that are a value or a text of the profile.

use std::time::Duration;

use crate::sim::{CommandError, Instead, ModelCommand, Needs};

use super::{Answer, CommandParameter, Does, Effect, FinalCode, Request, Row, Simulator, Then};
use super::{card, file, message, mobile, read_timestamp, socket, split, timestamp};
use crate::at::Form::{self, Execute, Read, Set};

const TABLES: [&[Row]; 6] =
    [EQUIPMENT, card::COMMANDS, mobile::COMMANDS, socket::COMMANDS, message::COMMANDS, file::COMMANDS];

fn find(does: &str, form: Form) -> Option<Does> {
    let mut rows = TABLES.into_iter().flatten();
    rows.find(|(name, forms, _)| *name == does && forms.contains(&form)).map(|(.., does)| *does)
}

/// The commands of V.250 that every model has: one letter, `&` and a letter, S-registers; and the data call.
const BASIC: &[Row] = &[
    ("D", &[Execute], |modem, request| modem.mobile.dial(request.text(0), &mut modem.adaptor)),
    ("A", &[Execute], |modem, _| {
        Ok(if modem.mobile.take_call(&mut modem.adaptor) { Effect::Done } else { Effect::End(FinalCode::NoCarrier) })
    }),
    ("H", &[Execute], |modem, _| {
        modem.mobile.sockets.end_connection(&mut modem.adaptor);
        modem.mobile.hang_up(&mut modem.adaptor);
        modem.adaptor.end_ringing();
        Ok(Effect::Done)
    }),
    // Back into the data call
    ("O", &[Execute], |modem, _| match modem.mobile.sockets.online {
        true => Ok(Effect::Data),
        false => Ok(Effect::End(FinalCode::NoCarrier)),
    }),
    ("I", &[Execute], |modem, request| {
        let number: u32 = request.number(0).unwrap_or(0);
        let text = modem.adaptor.profile.information.get(&number.to_string()).ok_or(CommandError::Parameter)?;
        modem.answer(request, text)
    }),
    ("Z", &[Execute], |modem, request| {
        stored_profile(request)?;
        modem.mobile.sockets.end_connection(&mut modem.adaptor);
        modem.adaptor.settings.recall();
        modem.adaptor.refresh_mode();
        Ok(Effect::Done)
    }),
    ("&F", &[Execute], |modem, request| {
        stored_profile(request)?;
        modem.adaptor.settings.restore_defaults();
        modem.adaptor.refresh_mode();
        Ok(Effect::Done)
    }),
    ("&W", &[Execute], |modem, request| {
        stored_profile(request)?;
        modem.adaptor.settings.save();
        Ok(Effect::Done)
    }),
    // Free text
    ("&V", &[Execute], |modem, request| {
        let settings = &modem.adaptor.settings;
        let names = modem.adaptor.profile.setting_names.iter().filter(|(name, _)| !name.starts_with('+'));
        let mut shown: Vec<String> = names.map(|(name, number)| format!("{name}{}", settings.text(*number))).collect();
        shown.sort();
        request.say(shown.join(" "));
        let registers = settings.registers.iter().enumerate();
        let shown: Vec<String> = registers.map(|(number, value)| format!("S{number}:{value:03}")).collect();
        request.answer(shown.join(" "))
    }),
    ("S", &[Read], |modem, request| {
        let value = request.number(0).and_then(|number: usize| modem.adaptor.settings.registers.get(number));
        request.answer(format!("{:03}", value.ok_or(CommandError::Error)?))
    }),
    ("S", &[Set], |modem, request| {
        let number: usize = request.number(0).ok_or(CommandError::Error)?;
        let value: u8 = if request.given(1).is_some() { request.number(1).ok_or(CommandError::Error)? } else { 0 };
        let register = modem.adaptor.settings.registers.get_mut(number).ok_or(CommandError::Error)?;
        // S3, S4 and S5 are control characters (V.250 §6.2): anything else would make the modem deaf.
        if (3..=5).contains(&number) && value >= 128 {
            return Err(CommandError::Error);
        }
        *register = value;
        Ok(Effect::Done)
    }),
];

/// `ATZ`, `ATZ0` and `ATZ1` alone are commands.
fn stored_profile(request: &Request) -> Result<(), CommandError> {
    if request.number(0).unwrap_or(0_u32) <= 1 { Ok(()) } else { Err(CommandError::Unknown) }
}

const EQUIPMENT: &[Row] = &[
    // It exists and is always refused.
    ("refused", &[Execute, Read, Set], |_, _| Err(CommandError::NOT_SUPPORTED)),
    ("command-list", &[Execute, Read, Set], |modem, request| {
        modem.adaptor.profile.commands.keys().for_each(|name| request.say_bare(format!("AT{name}")));
        Ok(Effect::Done)
    }),
    ("functionality", &[Set], Simulator::functionality),
    // AT+CCLK: year/month/day,hours:minutes:seconds and the zone in quarters of an hour (27.007 §8.15)
    ("clock", &[Read], |modem, request| {
        request.answer(format!("\"{}\"", timestamp(modem.adaptor.seconds(), modem.adaptor.zone)))
    }),
    ("clock", &[Set], |modem, request| {
        let time = request.quoted(0).and_then(read_timestamp);
        let (seconds, zone) = time.ok_or(CommandError::Parameter)?;
        modem.adaptor.zone = zone;
        modem.adaptor.clock = seconds.saturating_sub(modem.adaptor.now.as_secs());
        Ok(Effect::Done)
    }),
    // AT+CEDRXS: the read answer leaves the mode out, and lists nothing while it is off (27.007 §7.40).
    ("sleep-cycle", &[Read], |modem, request| {
        match request.setting.map(|setting| modem.adaptor.settings.text(setting)) {
            None | Some("") => Ok(Effect::Done),
            Some(cycle) => request.answer(cycle),
        }
    }),
    ("sleep-cycle", &[Set], |modem, request| {
        let setting = request.setting.ok_or(CommandError::Error)?;
        // What the network grants: the cycle that was asked for, and a paging window of 5.12 s.
        let granted = match (request.number::<u32>(0), request.parameters.split_first()) {
            (Some(0 | 3), Some((_, values))) if values.len() <= 2 => {
                modem.adaptor.settings.put(setting, "", modem.adaptor.now);
                "0".to_owned()
            }
            (Some(1 | 2), Some((_, values))) if values.len() == 2 => {
                modem.set(setting, values, None)?;
                let settings = &modem.adaptor.settings;
                let cycle = settings.parameter("+CEDRXS", 1).unwrap_or_default();
                format!("{},\"{cycle}\",\"{cycle}\",\"0011\"", settings.number("+CEDRXS", 0))
            }
            _ => return Err(CommandError::Parameter),
        };
        let ta = &mut modem.adaptor;
        if let Some(setting) = ta.profile.setting("+CEDRXRDP") {
            ta.settings.put(setting, &granted, ta.now);
        }
        Ok(Effect::Done)
    }),
    ("reset", &[Execute, Set], |modem, _| {
        modem.adaptor.answer.afterwards = Some(Then::Reset);
        Ok(Effect::Done)
    }),
    ("power-off", &[Execute, Set], |modem, _| {
        modem.adaptor.answer.afterwards = Some(Then::PowerOff);
        let rules = modem.adaptor.profile;
        if rules.is("power-down-ok") {
            Ok(Effect::Done)
        } else {
            Ok(Effect::End(FinalCode::Text(rules.text("power-down"))))
        }
    }),
];

impl Simulator {
    pub(super) fn execute(&mut self, request: &mut Request<'_>) -> Answer {
        let profile = self.adaptor.profile;
        let Some(command) = profile.commands.get(&request.name) else {
            let is_basic = |(name, forms, _): &&Row| *name == request.name && forms.contains(&request.form);
            let (_, _, does) = BASIC.iter().find(is_basic).ok_or(CommandError::Unknown)?;
            request.bare = true;
            return does(self, request);
        };
        let does = command.does.as_ref().and_then(|does| find(does, request.form));
        if request.form == Form::Test {
            match &command.test {
                Some(test) => return request.answer_all(test.lines().map(str::to_owned)),
                // It only asks whether the command exists.
                None if does.is_none() && command.keys.is_empty() => return Ok(Effect::Done),
                None => {}
            }
        }
        (request.bare, request.setting) = (command.bare, profile.setting(&request.name));
        if let Some(instead) = command.instead.iter().find(|instead| self.holds(instead, request.form)) {
            return match &instead.error {
                Some(error) => Err(CommandError::named(error)),
                None => self.answer(request, &instead.answer),
            };
        }
        self.mobile.require(command.needs)?;
        let is_unknown = request.parameters.iter().any(|it| !super::resolves(it.text));
        if is_unknown && matches!(command.needs, Needs::Bearer) && command.unresolved.is_empty() {
            return Err(CommandError::Error);
        }
        self.mobile.be_sneaky(request, &mut self.adaptor);
        let effect = self.answer_to(command, does, request)?;
        for (name, value) in command.sets.iter().filter(|_| request.form != Read) {
            if let Some(setting) = profile.setting(name) {
                self.adaptor.settings.put(setting, value, self.adaptor.now);
            }
        }
        let apart = if command.then_after.is_zero() { Duration::from_millis(200) } else { command.then_after };
        let then = if is_unknown && !command.unresolved.is_empty() { &command.unresolved } else { &command.then };
        for (line, count) in then.iter().zip(1..) {
            let line = self.filled(&request.filled(line));
            self.adaptor.urc_later(apart * count, line);
        }
        let takes_time = matches!(effect, Effect::Done) && !command.takes.is_zero();
        Ok(if takes_time { Effect::Wait { time: command.takes, then: Then::Continue, abort: None } } else { effect })
    }

    fn holds(&self, instead: &Instead, form: Form) -> bool {
        let is_form = form != Form::Test && (instead.forms.is_empty() || instead.forms.contains(&form));
        if !is_form || instead.off_network && self.mobile.is_registered() {
            return false;
        }
        let Some(name) = &instead.setting else { return instead.off_network };
        let Some(setting) = self.adaptor.profile.setting(name) else { return false };
        let settings = &self.adaptor.settings;
        let value = settings.in_force(setting);
        let first = split(value).next().unwrap_or_default().trim_matches('"');
        let young = self.adaptor.now.saturating_sub(settings.set_at(setting)) < instead.within;
        (value == instead.is || first == instead.is) && (instead.within.is_zero() || young)
    }

    fn answer_to(&mut self, command: &'static ModelCommand, does: Option<Does>, request: &mut Request<'_>) -> Answer {
        if let (None, Form::Set, false) = (does, request.form, command.answers.is_empty()) {
            let wanted = request.text(0).to_ascii_lowercase();
            if let Some(text) = command.answers.get(&wanted) {
                return self.answer(request, text);
            }
            if command.set.is_none() && command.default.is_none() && command.keys.is_empty() {
                return Err(CommandError::Parameter);
            }
        }
        let text = match request.form {
            Form::Read => &command.read,
            Form::Execute => &command.execute,
            Form::Set => &command.set,
            Form::Test => &None,
        };
        match (does, text) {
            (Some(does), _) => does(self, request),
            (None, Some(text)) => self.answer(request, text),
            (None, None) if !command.keys.is_empty() => self.keyed(command, request),
            (None, None) if command.default.is_some() && command.does.is_none() => self.setting(request),
            (None, None) => Err(CommandError::Parameter),
        }
    }

    fn answer(&mut self, request: &mut Request, text: &str) -> Answer {
        for line in text.lines() {
            let line = self.filled(&request.filled(line));
            // `=` stands before a line without the prefix.
            match line.strip_prefix('=') {
                Some(bare) => request.say_bare(bare),
                None => request.say(line),
            }
        }
        Ok(Effect::Done)
    }

    pub(super) fn setting(&mut self, request: &mut Request<'_>) -> Answer {
        let setting = request.setting.ok_or(CommandError::Error)?;
        match request.form {
            Form::Read => request.answer(self.adaptor.settings.text(setting)),
            Form::Set => self.set(setting, &request.parameters, None),
            // The basic commands: `ATE0`.
            Form::Execute if !request.name.starts_with('+') => {
                let number = request.parameters.first().map_or("0", |it| it.text);
                self.set(setting, &[CommandParameter { text: number, quoted: false }], None)
            }
            Form::Execute | Form::Test => Err(CommandError::Parameter),
        }
    }

    /// `after_restart`: where the command itself says from when the value holds.
    pub(super) fn set(&mut self, setting: usize, given: &[CommandParameter], after_restart: Option<bool>) -> Answer {
        let rules = self.adaptor.profile.rules_of(setting);
        if rules.is_some_and(|rules| !self.mobile.allows(rules.settable)) {
            return Err(CommandError::NOT_ALLOWED);
        }
        let after_restart = after_restart.unwrap_or(rules.is_some_and(|rules| rules.after_restart));
        self.adaptor.settings.set(setting, given, after_restart, self.adaptor.now)?;
        self.adaptor.refresh_mode();
        self.mobile.update_search(&mut self.adaptor);
        Ok(Effect::Done)
    }

    /// `AT+QCFG="roamservice"` reads, `AT+QCFG="roamservice",2` sets.
    fn keyed(&mut self, command: &'static ModelCommand, request: &mut Request<'_>) -> Answer {
        let profile = self.adaptor.profile;
        // A key that is no number stands in quotes.
        let is_quoted = |name: &str| !name.bytes().all(|byte| byte.is_ascii_digit());
        let spelt = |name: &str| if is_quoted(name) { format!("\"{name}\"") } else { name.to_owned() };
        match request.form {
            Form::Set => {}
            Form::Test => {
                return request
                    .answer_all(command.keys.iter().map(|(name, key)| format!("{},{}", spelt(name), key.test)));
            }
            Form::Read | Form::Execute => return Err(CommandError::Parameter),
        }
        let (wanted, values) = request.parameters.split_first().ok_or(CommandError::Error)?;
        let named =
            |(name, _): &(&String, _)| is_quoted(name) == wanted.quoted && name.eq_ignore_ascii_case(wanted.text);
        let (name, key) = command.keys.iter().find(named).ok_or(CommandError::Parameter)?;
        let setting = profile.setting(&format!("{}/{name}", request.name)).ok_or(CommandError::Parameter)?;
        if values.is_empty() {
            return request.answer(format!("{},{}", spelt(name), self.adaptor.settings.text(setting)));
        }
        match values.split_last() {
            // When it takes effect: 0 after a restart, 1 at once. It is not kept.
            Some((when, values))
                if command.effect && values.len() == key.values.len() && matches!(when.text, "0" | "1") =>
            {
                self.set(setting, values, Some(when.text == "0"))
            }
            _ => self.set(setting, values, None),
        }
    }

    /// AT+CFUN=function[,reset]
    fn functionality(&mut self, request: &mut Request<'_>) -> Answer {
        let rules = self.adaptor.profile;
        let function: u32 = request.number(0).ok_or(CommandError::Parameter)?;
        let reset = match request.parameters.get(1).map(CommandParameter::number) {
            None | Some(Some(0)) => false,
            Some(Some(1)) => true,
            Some(_) => return Err(CommandError::Parameter),
        };
        let is_in = |list| rules.numbers(list).any(|known| known == i64::from(function));
        let resets = is_in("reset-functions");
        if !resets && (!is_in("functions") || request.parameters.len() > 2) {
            return Err(CommandError::Parameter);
        }
        if resets || reset {
            self.adaptor.answer.afterwards = Some(Then::Reset);
        } else {
            self.mobile.switch_to(function, &mut self.adaptor);
        }
        Ok(Effect::Done)
    }

    pub(super) fn filled(&mut self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            filled.push_str(&self.named(name));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    /// What the modem itself knows, by the names that texts of a profile use; a test judges by it.
    pub fn named(&mut self, name: &str) -> String {
        let profile = self.adaptor.profile;
        let text = match name {
            "manufacturer" => &profile.manufacturer,
            "model" => &profile.model,
            "revision" => self.adaptor.options.text("firmware").unwrap_or(&profile.revision),
            "imei" => &*self.imei,
            // Without the check digit
            "imei-body" => return self.imei.get(..14).unwrap_or(&self.imei).to_owned(),
            "messages-sent" => return self.messages.reference.to_string(),
            "chaos" => return self.adaptor.chaos.as_ref().map_or(String::new(), |it| it.mishaps.join(",")),
            "channel" | "technology" => return profile.number::<u32>(name).to_string(),
            "mode" | "band" | "area" | "cell" => profile.text(name),
            _ => {
                if let Some(file) = name.strip_prefix("size ") {
                    return self.files.get(file).map_or(0, Vec::len).to_string();
                }
                // What the network and the SIM say, or a setting, by its name.
                let said = self.mobile.named(name, &mut self.adaptor);
                let setting = || Some(self.adaptor.settings.text(profile.setting(name)?).to_owned());
                return said.or_else(setting).unwrap_or_else(|| format!("{{{name}}}"));
            }
        };
        text.to_owned()
    }
}

#[cfg(test)]
#[path = "../../../tests/units/commands.rs"]
mod tests;
