//! The values that commands set: what each may be, how long it stays, what it is now and after the next start.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::sim::{Allowed, CommandError, Lifetime, Profile};

use super::{CommandParameter, split};

impl Allowed {
    /// The parameter as it is kept: with its quotes where it had them.
    fn checked(&self, parameter: &CommandParameter) -> Option<String> {
        match self {
            Allowed::Text if parameter.quoted => Some(format!("\"{}\"", parameter.text)),
            Allowed::Text => Some(parameter.text.to_owned()),
            Allowed::Numbers(ranges) => {
                let number = parameter.number()?;
                // Leading zeros do not stay: `AT+CMEE=02` is 2.
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&number)).then(|| number.to_string())
            }
            Allowed::Words(words) => {
                let word = words.iter().find(|word| word.eq_ignore_ascii_case(parameter.text))?;
                Some(format!("\"{word}\""))
            }
        }
    }
}

type SettingValues = BTreeMap<usize, Box<str>>;

/// The settings of one modem, by their numbers in the profile; those that are not here have the profile's default.
#[derive(Debug)]
pub(super) struct CurrentSettings {
    profile: &'static Profile,
    current: SettingValues,
    saved: SettingValues,
    /// Where a value holds only after a restart: what holds until then.
    until_restart: Vec<(usize, Box<str>)>,
    /// When a setting was given the value that it has, where that was not at power-up.
    set_at: BTreeMap<usize, Duration>,
    pub(super) registers: [u8; 13],
    saved_registers: [u8; 13],
}

/// S0 to S12 as V.250 §6 has them: S3 is CR, S4 LF, S5 backspace, S7 60 s, S12 the guard time in 20 ms.
const REGISTERS: [u8; 13] = [0, 0, b'+', b'\r', b'\n', 0x08, 2, 60, 2, 6, 14, 95, 50];

impl CurrentSettings {
    pub(super) fn new(profile: &'static Profile) -> CurrentSettings {
        CurrentSettings {
            profile,
            current: BTreeMap::new(),
            saved: BTreeMap::new(),
            until_restart: Vec::new(),
            set_at: BTreeMap::new(),
            registers: REGISTERS,
            saved_registers: REGISTERS,
        }
    }

    pub(super) fn text(&self, setting: usize) -> &str {
        let default = || self.profile.settings.get(setting).map_or("", |setting| &setting.default);
        self.current.get(&setting).map_or_else(default, AsRef::as_ref)
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
    pub(super) fn set(
        &mut self,
        setting: usize,
        parameters: &[CommandParameter],
        after_restart: bool,
        now: Duration,
    ) -> Result<(), CommandError> {
        let known = self.profile.settings.get(setting).ok_or(CommandError::Parameter)?;
        if parameters.len() > known.values.len() {
            return Err(CommandError::Parameter);
        }
        let is_list = self.profile.rules_of(setting).is_some_and(|rules| rules.list);
        let before = self.text(setting).to_owned();
        let mut before = split(&before);
        let mut value = String::new();
        for (place, allowed) in known.values.iter().enumerate() {
            let old = before.next();
            let new = match parameters.get(place) {
                Some(parameter) if !parameter.is_empty() => {
                    allowed.checked(parameter).ok_or(CommandError::Parameter)?
                }
                None if is_list => break,
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
        if !after_restart {
            self.until_restart.retain(|(waiting, _)| *waiting != setting);
        } else if !self.until_restart.iter().any(|(waiting, _)| *waiting == setting) {
            self.until_restart.push((setting, self.text(setting).into()));
        }
        self.put(setting, &value, now);
        Ok(())
    }

    fn is_kept(&self, setting: usize, kept: Lifetime) -> bool {
        self.profile.rules_of(setting).is_some_and(|rules| rules.kept == kept)
    }

    pub(super) fn put(&mut self, setting: usize, value: &str, now: Duration) {
        if self.is_kept(setting, Lifetime::Memory) {
            self.saved.insert(setting, value.into());
        }
        self.current.insert(setting, value.into());
        self.set_at.insert(setting, now);
    }

    /// Makes it so from power-up on, and keeps it.
    pub(super) fn keep(&mut self, setting: usize, value: &str) {
        self.put(setting, value, Duration::ZERO);
        self.saved.insert(setting, value.into());
    }

    pub(super) fn set_at(&self, setting: usize) -> Duration {
        self.set_at.get(&setting).copied().unwrap_or_default()
    }

    pub(super) fn forget(&mut self) {
        self.saved.clear();
        self.until_restart.clear();
        self.saved_registers = REGISTERS;
    }

    /// `AT&W`
    pub(super) fn save(&mut self) {
        self.saved = self.profile_of(&self.current, &self.saved);
        self.saved_registers = self.registers;
    }

    /// `ATZ`: what `AT&W` kept.
    pub(super) fn recall(&mut self) {
        self.current = self.profile_of(&self.saved, &self.current);
        self.registers = self.saved_registers;
    }

    /// What AT&W keeps out of `these`, the rest out of `others`.
    fn profile_of(&self, these: &SettingValues, others: &SettingValues) -> SettingValues {
        let kept = |(setting, _): &(&usize, _)| self.is_kept(**setting, Lifetime::Profile);
        let all = these.iter().filter(kept).chain(others.iter().filter(|entry| !kept(entry)));
        all.map(|(setting, value)| (*setting, value.clone())).collect()
    }

    /// `AT&F`: the maker's values, of what is not kept for good.
    pub(super) fn restore_defaults(&mut self) {
        let mut current = std::mem::take(&mut self.current);
        current.retain(|setting, _| self.is_kept(*setting, Lifetime::Memory));
        self.current = current;
        self.registers = REGISTERS;
    }

    pub(super) fn power_up(&mut self) {
        let profile = self.profile;
        for (setting, before) in std::mem::take(&mut self.until_restart) {
            let changed = self.text(setting) != &*before;
            let resets = profile.rules_of(setting).map_or(&[][..], |rules| &rules.resets);
            for other in resets.iter().filter(|_| changed).filter_map(|name| profile.setting(name)) {
                self.saved.remove(&other);
            }
        }
        self.current = self.saved.clone();
        self.set_at.clear();
        self.registers = self.saved_registers;
    }
}
