//! The values that commands set: what they are now, and what the modem will come up with.

use super::profile::{Allowed, Holds, Kept, Profile, split};
use super::request::Parameter;

/// A value; `None` where it is still the profile's default, so that a thousand modems cost little.
type Value = Option<Box<str>>;

#[derive(Debug)]
pub(super) struct Settings {
    profile: &'static Profile,
    current: Vec<Value>,
    saved: Vec<Value>,
    /// Where a value holds only after a restart: what holds until then.
    until_restart: Vec<(usize, Box<str>)>,
    registers: [u8; 13],
    saved_registers: [u8; 13],
}

/// A parameter that a setting does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WrongParameter;

/// S0 to S12 as V.250 §6 has them: S3 is CR, S4 LF, S5 backspace, S7 60 s, S12 the guard time in 20 ms.
const REGISTERS: [u8; 13] = [0, 0, b'+', b'\r', b'\n', 0x08, 2, 60, 2, 6, 14, 95, 50];

impl Settings {
    pub(super) fn new(profile: &'static Profile) -> Settings {
        let defaults = vec![None; profile.settings.len()];
        Settings {
            profile,
            saved: defaults.clone(),
            current: defaults,
            until_restart: Vec::new(),
            registers: REGISTERS,
            saved_registers: REGISTERS,
        }
    }

    /// The value as a read answer shows it.
    pub(super) fn text(&self, setting: usize) -> &str {
        match self.current.get(setting) {
            Some(Some(value)) => value,
            _ => self.profile.settings.get(setting).map_or("", |setting| &setting.default),
        }
    }

    /// The value that holds, which a read may not show yet.
    pub(super) fn in_force(&self, setting: usize) -> &str {
        match self.until_restart.iter().find(|(known, _)| *known == setting) {
            Some((_, value)) => value,
            None => self.text(setting),
        }
    }

    /// The parameter at `place` as a number; 0 where the model has no such setting.
    pub(super) fn number(&self, name: &str, place: usize) -> u32 {
        self.parameter(name, place).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// The parameter at `place` without its quotes.
    pub(super) fn parameter(&self, name: &str, place: usize) -> Option<&str> {
        let setting = self.profile.setting(name)?;
        split(self.text(setting)).nth(place).map(|text| text.trim_matches('"'))
    }

    /// What a set command does: parameters that are left out stay as they are, but for those of a list.
    pub(super) fn set(&mut self, setting: usize, parameters: &[Parameter], holds: Holds) -> Result<(), WrongParameter> {
        let profile = self.profile;
        let known = profile.settings.get(setting).ok_or(WrongParameter)?;
        if parameters.len() > known.values.len() {
            return Err(WrongParameter);
        }
        let before = self.text(setting).to_owned();
        let mut before = split(&before);
        let mut value = String::new();
        for (place, allowed) in known.values.iter().enumerate() {
            let old = before.next();
            let new = match parameters.get(place) {
                Some(parameter) if !parameter.is_empty() => checked(parameter, allowed)?,
                None if known.list => break,
                _ => match old {
                    Some(old) => old.to_owned(),
                    // Nothing stood here and nothing was given.
                    None if parameters.len() <= place => break,
                    None => String::new(),
                },
            };
            if place > 0 {
                value.push(',');
            }
            value.push_str(&new);
        }
        match holds {
            Holds::AtOnce => self.until_restart.retain(|(waiting, _)| *waiting != setting),
            Holds::AfterRestart if self.until_restart.iter().any(|(waiting, _)| *waiting == setting) => {}
            Holds::AfterRestart => self.until_restart.push((setting, self.text(setting).into())),
        }
        self.put(setting, &value);
        Ok(())
    }

    /// Makes it so, unchecked.
    pub(super) fn put(&mut self, setting: usize, value: &str) {
        let kept = self.profile.settings.get(setting).map(|setting| setting.kept);
        let value: Value = Some(value.into());
        if kept == Some(Kept::Memory)
            && let Some(saved) = self.saved.get_mut(setting)
        {
            saved.clone_from(&value);
        }
        if let Some(current) = self.current.get_mut(setting) {
            *current = value;
        }
    }

    pub(super) fn register(&self, number: usize) -> Option<u8> {
        self.registers.get(number).copied()
    }

    pub(super) fn set_register(&mut self, number: usize, value: u8) -> Result<(), WrongParameter> {
        *self.registers.get_mut(number).ok_or(WrongParameter)? = value;
        Ok(())
    }

    /// `AT&W`
    pub(super) fn save(&mut self) {
        for ((current, saved), setting) in self.current.iter().zip(&mut self.saved).zip(&self.profile.settings) {
            if setting.kept == Kept::Profile {
                saved.clone_from(current);
            }
        }
        self.saved_registers = self.registers;
    }

    /// `ATZ`: what `AT&W` kept.
    pub(super) fn recall(&mut self) {
        for ((current, saved), setting) in self.current.iter_mut().zip(&self.saved).zip(&self.profile.settings) {
            if setting.kept == Kept::Profile {
                current.clone_from(saved);
            }
        }
        self.registers = self.saved_registers;
    }

    /// `AT&F`: the maker's values, of what is not kept for good.
    pub(super) fn restore_defaults(&mut self) {
        for (current, setting) in self.current.iter_mut().zip(&self.profile.settings) {
            if setting.kept != Kept::Memory {
                *current = None;
            }
        }
        self.registers = REGISTERS;
    }

    /// A reset, or the power.
    pub(super) fn power_up(&mut self) {
        let profile = self.profile;
        for (setting, before) in std::mem::take(&mut self.until_restart) {
            let changed = self.text(setting) != &*before;
            let resets = profile.settings.get(setting).map_or(&[][..], |setting| &setting.resets);
            for other in resets.iter().filter(|_| changed).filter_map(|name| profile.setting(name)) {
                if let Some(saved) = self.saved.get_mut(other) {
                    *saved = None;
                }
            }
        }
        self.current.clone_from(&self.saved);
        self.registers = self.saved_registers;
    }
}

/// The parameter as it is kept: with its quotes where it had them.
fn checked(parameter: &Parameter, allowed: &Allowed) -> Result<String, WrongParameter> {
    match allowed {
        Allowed::Text if parameter.quoted => Ok(format!("\"{}\"", parameter.text)),
        Allowed::Text => Ok(parameter.text.to_owned()),
        Allowed::Numbers(ranges) => {
            let number = parameter.number().ok_or(WrongParameter)?;
            let fits = ranges.iter().any(|(low, high)| (*low..=*high).contains(&number));
            // Leading zeros do not stay: `AT+CMEE=02` is 2.
            if fits { Ok(number.to_string()) } else { Err(WrongParameter) }
        }
        Allowed::Words(words) => {
            let word = words.iter().find(|word| word.eq_ignore_ascii_case(parameter.text)).ok_or(WrongParameter)?;
            Ok(format!("\"{word}\""))
        }
    }
}
