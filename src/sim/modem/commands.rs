//! From a command to the part that does it. Each part has a table: a name that profiles give (`does = "pin"`), the forms, and
//! what it does then. Here are the tables of V.250 and of the equipment (27.007 §5, §8), and the commands that are a value
//! or a text of the profile.

use std::time::Duration;

use crate::sim::{CommandError, Instead, ModelCommand, Needs, Settable};

use super::message::{read_timestamp, timestamp};
use super::mobile::{PhoneCall, REGISTRATION, stat};
use super::packet::ADDRESS;
use super::request::CommandForm::{Execute, Read, Set};
use super::request::Request;
use super::request::{CommandForm, CommandParameter, split};
use super::{Answer, Does, Effect, FinalCode, Row, Simulator, Then, Timer};
use super::{card, file, message, mobile, packet, phonebook, socket};

const TABLES: [&[Row]; 8] = [
    EQUIPMENT,
    card::COMMANDS,
    mobile::COMMANDS,
    packet::COMMANDS,
    socket::COMMANDS,
    message::COMMANDS,
    phonebook::COMMANDS,
    file::COMMANDS,
];

/// What a form of a name in a profile does.
fn find(does: &str, form: CommandForm) -> Option<Does> {
    let mut rows = TABLES.into_iter().flatten();
    rows.find(|(name, forms, _)| *name == does && forms.contains(&form)).map(|(.., does)| *does)
}

/// The commands of V.250 that every model has: one letter, `&` and a letter, S-registers; and the data call.
const BASIC: &[Row] = &[
    ("D", &[Execute], |modem, request| modem.dial(request.text(0))),
    ("A", &[Execute], |_, _| Ok(Effect::End(FinalCode::NoCarrier))),
    ("H", &[Execute], |modem, _| {
        modem.mobile.sockets.end_connection(&mut modem.adaptor);
        modem.mobile.call = None;
        modem.adaptor.cancel(&Timer::CallEnds);
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
        let value = request.number(0).and_then(|number| modem.adaptor.settings.register(number));
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

/// The error that a profile writes: `CME 516`, `CMS 38`, `ERROR`.
pub(super) fn refusal(text: &str) -> CommandError {
    match text.split_once(' ').map(|(kind, code)| (kind, code.parse())) {
        Some(("CME", Ok(code))) => CommandError::Equipment(code),
        Some(("CMS", Ok(code))) => CommandError::Message(code),
        _ => CommandError::Error,
    }
}

/// A text of a profile with the request's parameters in it: `{0}` is the first, without its quotes.
pub(super) fn with_parameters(text: &str, request: &Request) -> String {
    let mut text = text.to_owned();
    for (place, parameter) in request.parameters.iter().enumerate() {
        let name = format!("{{{place}}}");
        if text.contains(&name) {
            text = text.replace(&name, parameter.text);
        }
    }
    text
}

/// `ATZ`, `ATZ0` and `ATZ1` alone are commands.
fn stored_profile(request: &Request) -> Result<(), CommandError> {
    if request.number(0).unwrap_or(0_u32) <= 1 { Ok(()) } else { Err(CommandError::Unknown) }
}

const EQUIPMENT: &[Row] = &[
    // It exists and is always refused.
    ("refused", &[Execute, Read, Set], |_, _| Err(CommandError::Equipment(4))),
    ("command-list", &[Execute, Read, Set], |modem, request| {
        modem.adaptor.profile.commands.keys().for_each(|name| request.say_bare(format!("AT{name}")));
        Ok(Effect::Done)
    }),
    // AT+CGSN, and AT+CGSN=1 with its prefix (27.007 §5.4)
    ("serial-number", &[Execute, Set], |modem, request| {
        let what = if request.form == CommandForm::Execute { Some(0) } else { request.number(0) };
        match what {
            Some(0) => request.say_bare(&*modem.imei),
            Some(1) => request.say(format!("\"{}\"", modem.imei)),
            // Without the check digit, with the software version.
            Some(2) => request.say(format!("\"{}01\"", modem.imei.get(..14).unwrap_or(&modem.imei))),
            Some(3) => request.say("\"01\""),
            _ => return Err(CommandError::Parameter),
        }
        Ok(Effect::Done)
    }),
    ("functionality", &[Read], |modem, request| request.answer(modem.mobile.function.to_string())),
    ("functionality", &[Set], Simulator::functionality),
    ("activity", &[Execute, Read, Set], |modem, request| {
        request.answer(if modem.mobile.sockets.online { "4" } else { "0" })
    }),
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
    // AT+CEDRXS: the read answer leaves the mode out (27.007 §7.40).
    ("sleep-cycle", &[Read], Simulator::setting),
    ("sleep-cycle", &[Set], |modem, request| {
        if !matches!(request.number::<u32>(0), Some(0..=3)) || request.parameters.len() > 3 {
            return Err(CommandError::Parameter);
        }
        match request.parameters.split_first() {
            Some((_, values)) if !values.is_empty() => modem.set(request.setting, values),
            _ => Ok(Effect::Done),
        }
    }),
    ("reset", &[Execute, Set], |modem, _| {
        modem.adaptor.answer.afterwards = Some(Then::Reset);
        Ok(Effect::Done)
    }),
    ("power-off", &[Execute, Set], |modem, _| {
        modem.adaptor.answer.afterwards = Some(Then::PowerOff);
        let rules = &modem.adaptor.profile.rules;
        if rules.power_down_ok { Ok(Effect::Done) } else { Ok(Effect::End(FinalCode::Text(&rules.power_down))) }
    }),
];

impl Simulator {
    pub(super) fn execute(&mut self, request: &mut Request<'_>) -> Answer {
        let is_basic = |(name, forms, _): &&Row| *name == request.name && forms.contains(&request.form);
        if let Some((_, _, does)) = BASIC.iter().find(is_basic) {
            request.bare = true;
            return does(self, request);
        }
        let profile = self.adaptor.profile;
        let command = profile.commands.get(&request.name).ok_or(CommandError::Unknown)?;
        let does = command.does.as_ref().and_then(|does| find(does, request.form));
        if request.form == CommandForm::Test {
            match &command.test {
                Some(test) => return request.answer_all(test.lines().map(str::to_owned)),
                // It only asks whether the command exists.
                None if does.is_none() && command.keys.is_empty() => return Ok(Effect::Done),
                None => {}
            }
        }
        (request.bare, request.setting) = (command.bare, command.setting);
        if let Some(instead) = command.instead.iter().find(|instead| self.holds(instead, request.form)) {
            return match &instead.error {
                Some(error) => Err(refusal(error)),
                None => self.answer(request, &instead.answer),
            };
        }
        self.require(command.needs)?;
        self.be_sneaky(request);
        let effect = self.answer_to(command, does, request)?;
        for (name, value) in &command.sets {
            if let Some(setting) = self.adaptor.profile.setting(name) {
                let now = self.adaptor.now;
                self.adaptor.settings.put(setting, value);
                self.adaptor.settings.note_time(setting, now);
            }
        }
        let apart = if command.then_after.is_zero() { Duration::from_millis(200) } else { command.then_after };
        for (line, count) in command.then.iter().zip(1..) {
            let line = self.filled(&with_parameters(line, request));
            self.adaptor.urc_later(apart * count, line);
        }
        let takes_time = matches!(effect, Effect::Done) && !command.takes.is_zero();
        Ok(if takes_time { Effect::Wait { time: command.takes, then: Then::Continue, abort: None } } else { effect })
    }

    fn require(&self, needs: Needs) -> Result<(), CommandError> {
        match needs {
            Needs::Bearer
                if self.mobile.is_active(self.adaptor.profile.rules.first_context) || self.mobile.application =>
            {
                Ok(())
            }
            Needs::Bearer => Err(CommandError::Equipment(3)),
            Needs::Nothing => Ok(()),
            Needs::Sim => self.mobile.require_card(),
            // The SIM's errors have numbers of their own where messages are concerned (27.005 §3.2.5).
            Needs::MessageSim => self.mobile.require_card().map_err(|error| match error {
                CommandError::Equipment(10) => CommandError::Message(310),
                CommandError::Equipment(11) => CommandError::Message(311),
                CommandError::Equipment(12) => CommandError::Message(316),
                CommandError::Equipment(14) => CommandError::Message(314),
                CommandError::Equipment(_) => CommandError::Message(313),
                CommandError::Error | CommandError::Unknown | CommandError::Parameter | CommandError::Message(_) => {
                    error
                }
            }),
            Needs::Network if self.mobile.is_registered() => self.mobile.require_card(),
            Needs::Network => Err(CommandError::Equipment(30)),
        }
    }

    /// The fault `sneaky`: the answer to AT+CREG? comes as a URC before it does.
    fn be_sneaky(&mut self, request: &Request) {
        let sneaky = self.adaptor.options.faults.sneaky && request.form == CommandForm::Read;
        if sneaky && REGISTRATION.contains(&request.name.as_str()) {
            self.adaptor.put_urc(&format!("{}: {}", request.name, self.mobile.stat));
        }
    }

    /// Whether the modem is in the state in which a command does this.
    fn holds(&self, instead: &Instead, form: CommandForm) -> bool {
        let named = match form {
            CommandForm::Read => "read",
            CommandForm::Set => "set",
            CommandForm::Execute => "execute",
            CommandForm::Test => return false,
        };
        if !instead.forms.is_empty() && !instead.forms.iter().any(|known| known == named) {
            return false;
        }
        if instead.off_network && self.mobile.is_registered() {
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
        if let (None, CommandForm::Set, false) = (does, request.form, command.answers.is_empty()) {
            let wanted = request.text(0).to_ascii_lowercase();
            if let Some(text) = command.answers.get(&wanted) {
                return self.answer(request, text);
            }
            if command.set.is_none() && command.setting.is_none() && command.keys.is_empty() {
                return Err(CommandError::Parameter);
            }
        }
        let text = match request.form {
            CommandForm::Read => &command.read,
            CommandForm::Execute => &command.execute,
            CommandForm::Set => &command.set,
            CommandForm::Test => &None,
        };
        match (does, text) {
            (Some(does), _) => does(self, request),
            (None, Some(text)) => self.answer(request, text),
            (None, None) if !command.keys.is_empty() => self.keyed(command, request),
            (None, None) if command.setting.is_some() && command.does.is_none() => self.setting(request),
            (None, None) => Err(CommandError::Parameter),
        }
    }

    /// A text of the profile.
    fn answer(&mut self, request: &mut Request, text: &str) -> Answer {
        for line in text.lines() {
            let line = self.filled(&with_parameters(line, request));
            // `=` stands before a line without the prefix.
            match line.strip_prefix('=') {
                Some(bare) => request.say_bare(bare),
                None => request.say(line),
            }
        }
        Ok(Effect::Done)
    }

    /// A value that is read and set.
    pub(super) fn setting(&mut self, request: &mut Request<'_>) -> Answer {
        let setting = request.setting.ok_or(CommandError::Error)?;
        match request.form {
            CommandForm::Read => request.answer(self.adaptor.settings.text(setting)),
            CommandForm::Set => self.set(request.setting, &request.parameters),
            // The basic commands: `ATE0`.
            CommandForm::Execute if !request.name.starts_with('+') => {
                let number = request.parameters.first().map_or("0", |it| it.text);
                self.set(request.setting, &[CommandParameter { text: number, quoted: false }])
            }
            CommandForm::Execute | CommandForm::Test => Err(CommandError::Parameter),
        }
    }

    pub(super) fn set(&mut self, setting: Option<usize>, parameters: &[CommandParameter]) -> Answer {
        let setting = setting.ok_or(CommandError::Error)?;
        let after_restart = self.adaptor.profile.settings.get(setting).is_some_and(|setting| setting.after_restart);
        self.set_from(setting, parameters, after_restart)
    }

    /// The same, where the command says from when it holds.
    fn set_from(&mut self, setting: usize, parameters: &[CommandParameter], after_restart: bool) -> Answer {
        let settings = &self.adaptor.profile.settings;
        let allowed = match settings.get(setting).map_or(Settable::Always, |setting| setting.settable) {
            Settable::Always => true,
            Settable::Deregistered => matches!(self.mobile.stat, stat::NONE | stat::SEARCHING | stat::DENIED),
            Settable::RadioOff => self.mobile.function != 1,
        };
        if !allowed {
            return Err(CommandError::Equipment(3));
        }
        self.adaptor.settings.set(setting, parameters, after_restart)?;
        let now = self.adaptor.now;
        self.adaptor.settings.note_time(setting, now);
        self.adaptor.refresh_mode();
        self.mobile.update_search(&mut self.adaptor);
        Ok(Effect::Done)
    }

    /// `AT+QCFG="roamservice"` reads, `AT+QCFG="roamservice",2` sets.
    fn keyed(&mut self, command: &'static ModelCommand, request: &mut Request<'_>) -> Answer {
        // A key that is no number stands in quotes.
        let is_quoted = |name: &str| !name.bytes().all(|byte| byte.is_ascii_digit());
        let spelt = |name: &str| if is_quoted(name) { format!("\"{name}\"") } else { name.to_owned() };
        match request.form {
            CommandForm::Set => {}
            CommandForm::Test => {
                return request
                    .answer_all(command.keys.iter().map(|(name, key)| format!("{},{}", spelt(name), key.test)));
            }
            CommandForm::Read | CommandForm::Execute => return Err(CommandError::Parameter),
        }
        let (wanted, values) = request.parameters.split_first().ok_or(CommandError::Error)?;
        let named =
            |(name, _): &(&String, _)| is_quoted(name) == wanted.quoted && name.eq_ignore_ascii_case(wanted.text);
        let (name, key) = command.keys.iter().find(named).ok_or(CommandError::Parameter)?;
        if values.is_empty() {
            return request.answer(format!("{},{}", spelt(name), self.adaptor.settings.text(key.setting)));
        }
        match values.split_last() {
            // When it takes effect: 0 after a restart, 1 at once. It is not kept.
            Some((when, values))
                if command.effect && values.len() == key.values.len() && matches!(when.text, "0" | "1") =>
            {
                self.set_from(key.setting, values, when.text == "0")
            }
            _ => self.set(Some(key.setting), values),
        }
    }

    /// AT+CFUN=function[,reset]
    fn functionality(&mut self, request: &mut Request<'_>) -> Answer {
        let rules = &self.adaptor.profile.rules;
        let function = request.number(0).ok_or(CommandError::Parameter)?;
        let reset = match request.parameters.get(1) {
            None => false,
            Some(parameter) => match parameter.number() {
                Some(0) => false,
                Some(1) => true,
                _ => return Err(CommandError::Parameter),
            },
        };
        let resets = rules.reset_functions.contains(&function);
        if !resets && (!rules.functions.contains(&function) || request.parameters.len() > 2) {
            return Err(CommandError::Parameter);
        }
        if resets || reset {
            self.adaptor.answer.afterwards = Some(Then::Reset);
        } else {
            self.mobile.switch_to(function, &mut self.adaptor);
        }
        Ok(Effect::Done)
    }

    /// `ATD*99#` and `ATD*99***1#` are data calls; with a semicolon it is a voice call; else nobody takes it.
    fn dial(&mut self, number: &str) -> Answer {
        let (number, voice) = match number.strip_suffix(';') {
            Some(number) => (number, true),
            None => (number, false),
        };
        let known = |character: char| character.is_ascii_digit() || "*#+ABCDTPWtpw,!@>-. ".contains(character);
        if number.is_empty() || number.len() > 80 || !number.chars().all(known) {
            return Err(CommandError::Error);
        }
        self.mobile.require_card()?;
        if !self.mobile.is_registered() {
            return Ok(Effect::End(FinalCode::NoCarrier));
        }
        let digits = number.trim_start_matches(['T', 'P', 't', 'p']);
        if digits.starts_with("*99") && digits.ends_with('#') && !voice {
            let context = digits.trim_end_matches('#').rsplit('*').next().and_then(|id| id.parse().ok());
            let first = self.adaptor.profile.rules.first_context;
            self.mobile.activate(context.filter(|id| *id != 99).unwrap_or(first))?;
            self.mobile.sockets.passed_through = None;
            self.mobile.call = Some(PhoneCall { number: digits.into(), is_data: true, since: self.adaptor.now });
            return Ok(Effect::Data);
        }
        self.mobile.cause = "Normal call clearing";
        if voice {
            self.mobile.call = Some(PhoneCall { number: digits.into(), is_data: false, since: self.adaptor.now });
            self.adaptor.after(Duration::from_secs(2), Timer::CallEnds);
            return Ok(Effect::Done);
        }
        let time = self.adaptor.profile.timing.dial;
        Ok(Effect::Wait { time, then: Then::End(FinalCode::NoCarrier), abort: Some(FinalCode::NoCarrier) })
    }

    /// A text of the profile with its `{names}` filled in.
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

    fn named(&mut self, name: &str) -> String {
        let profile = self.adaptor.profile;
        let card = &self.mobile.card;
        let operator = self.mobile.current();
        let code = operator.map_or("", |operator| &operator.code);
        let text = match name {
            "manufacturer" => &profile.manufacturer,
            "model" => &profile.model,
            "revision" => self.adaptor.options.firmware.as_ref().unwrap_or(&profile.revision),
            "imei" => &*self.imei,
            "imsi" => &*card.imsi,
            "iccid" => &*card.iccid,
            "sim" if self.mobile.function == 0 => "NOT READY",
            "sim" => card.word().unwrap_or("NOT INSERTED"),
            "operator" => operator.map_or("", |operator| &operator.long),
            "operator-short" => operator.map_or("", |operator| &operator.short),
            "code" => code,
            "country" => code.get(..3).unwrap_or_default(),
            "carrier" => code.get(3..).unwrap_or_default(),
            "mode" => &profile.network.mode,
            "band" => &profile.network.band,
            "area" => &profile.network.area,
            "cell" => &profile.network.cell,
            "address" => ADDRESS,
            // That of the bearer: the one that the network gave.
            "apn" => {
                let context = self.mobile.context(profile.rules.first_context);
                context.and_then(|context| context.bearer.as_deref()).unwrap_or_default()
            }
            _ => {
                return match name.strip_prefix("size ") {
                    Some(file) => self.files.size(file).to_string(),
                    None => self.named_number(name),
                };
            }
        };
        text.to_owned()
    }

    fn named_number(&mut self, name: &str) -> String {
        let profile = self.adaptor.profile;
        let card = &self.mobile.card;
        let number = match name {
            "pin-left" => i64::from(card.pin_left),
            "puk-left" => i64::from(card.puk_left),
            "stat" => i64::from(self.mobile.stat),
            "function" => i64::from(self.mobile.function),
            "channel" => i64::from(profile.network.channel),
            "technology" => i64::from(profile.network.technology),
            "signal" | "bars" | "dbm" | "rsrp" => {
                let signal = self.mobile.signal(&mut self.adaptor);
                match (name, i64::from(signal)) {
                    ("signal", signal) => signal,
                    // The answer to AT+CIND?: no bar below -109 dBm, then one for each 10 dB.
                    ("bars", 99 | 0..=1) => 0,
                    ("bars", signal) => (signal / 6 + 1).min(5),
                    ("dbm", 99) => -125,
                    ("dbm", signal) => signal * 2 - 113,
                    (_, 99) => -141,
                    (_, signal) => signal * 2 - 140,
                }
            }
            // A setting, by its name.
            name => {
                let setting = profile.setting(name).map(|setting| self.adaptor.settings.text(setting).to_owned());
                return setting.unwrap_or_else(|| format!("{{{name}}}"));
            }
        };
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Profile, models};

    #[test]
    fn what_profiles_name_is_in_a_table() {
        for model in models() {
            let profile = Profile::of(model.name).unwrap();
            for (name, command) in &profile.commands {
                let known = |does: &String| TABLES.into_iter().flatten().any(|(known, ..)| known == does);
                assert!(command.does.as_ref().is_none_or(known), "{}: {name}", model.name);
                for setting in
                    command.instead.iter().filter_map(|instead| instead.setting.as_ref()).chain(command.sets.keys())
                {
                    assert!(profile.setting(setting).is_some(), "{}: {name}: {setting}", model.name);
                }
            }
            for setting in profile.presets.values().flat_map(|preset| preset.keys()) {
                assert!(profile.setting(setting).is_some(), "{}: {setting}", model.name);
            }
        }
    }
}
