//! What makes one module differ from another: a data file each under `profiles/`, read when it is first used and shared
//! by all simulated modems of that model. `generic.toml` is the base; the others say only what differs, and explain the
//! fields where they stand. A new file there is a new model: the build lists them.

use std::sync::OnceLock;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::options::{OptionError, parse_duration};
use super::{Allowed, ModelCommand, ModelSetting, Profile};
use crate::diagnostic::nearest;

/// A model that can be simulated.
#[derive(Debug)]
pub struct Model {
    /// As in `sim:NAME`.
    pub name: &'static str,
    /// What it is, in one line.
    pub title: &'static str,
    /// What of it nobody has seen on such a module; empty: nothing.
    pub unconfirmed: &'static str,
    other_names: &'static [&'static str],
    text: &'static str,
    profile: OnceLock<Result<Profile, String>>,
}

// MODELS, in the order of the help, and VENDORS, which `like` may name as well: the build lists the files.
include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// All models that can be simulated; the generic one is the first.
pub fn models() -> impl Iterator<Item = &'static Model> {
    MODELS.iter()
}

/// Whether `sim:NAME` names one of them, by its own name or another.
pub fn is_model(name: &str) -> bool {
    Model::of(name).is_some()
}

impl Model {
    const fn new(
        name: &'static str,
        title: &'static str,
        unconfirmed: &'static str,
        other_names: &'static [&'static str],
        text: &'static str,
    ) -> Model {
        Model { name, title, unconfirmed, other_names, text, profile: OnceLock::new() }
    }

    fn of(name: &str) -> Option<&'static Model> {
        let name = name.to_lowercase();
        models().find(|model| model.name == name || model.other_names.contains(&name.as_str()))
    }
}

pub(super) fn time<'de, D: Deserializer<'de>>(text: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(text)?;
    parse_duration(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no time")))
}

impl Profile {
    /// The profile of a model, by its name or another name of it, in any case.
    pub(super) fn of(name: &str) -> Result<&'static Profile, OptionError> {
        let Some(model) = Model::of(name) else {
            let names = models().flat_map(|model| std::iter::once(model.name).chain(model.other_names.iter().copied()));
            let help = match nearest(&name.to_lowercase(), names) {
                Some(known) => format!("did you mean sim:{known}?"),
                None => format!("there are {}", models().map(|model| model.name).collect::<Vec<_>>().join(", ")),
            };
            return Err(OptionError::new(format!("there is no simulated modem `{name}`"), help));
        };
        let read = || Profile::read(model.text).map_err(|error| error.to_string());
        // The program's own fault: its data does not parse.
        let damaged = |error: &String| {
            OptionError::new(format!("the data of the simulated modem `{}` is damaged", model.name), error.clone())
        };
        model.profile.get_or_init(read).as_ref().map_err(damaged)
    }

    /// Whether a setting that it names is one of the model's.
    pub(super) fn require_setting(&self, name: &str) -> Result<usize, OptionError> {
        self.setting(name).ok_or_else(|| {
            let help = match nearest(name, self.setting_names.keys().map(String::as_str)) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "it is written as the command, with its key: `+QCFG/iotopmode`".to_owned(),
            };
            OptionError::new(format!("the simulated {} has no setting `{name}`", self.model), help)
        })
    }

    pub(super) fn setting(&self, name: &str) -> Option<usize> {
        self.setting_names.get(name).copied()
    }

    /// Reads a file over the generic one.
    fn read(text: &str) -> Result<Profile, toml::de::Error> {
        let mut tables: Vec<toml::Table> = vec![text.parse()?];
        // `like = "ec25"`: it lies over that file, or over what the models of a vendor share (`vendors/`); the last of them
        // lies over the generic one.
        while let Some(like) = tables.last_mut().and_then(|table| table.remove("like")).filter(|_| tables.len() < 9) {
            let name = like.as_str().unwrap_or_default();
            let files = models().map(|model| (model.name, model.text)).chain(VENDORS.iter().copied());
            let base = files.into_iter().find(|(known, _)| *known == name);
            let (_, base) = base.ok_or_else(|| serde::de::Error::custom(format!("there is no profile `{name}`")))?;
            tables.push(base.parse()?);
        }
        tables.push(MODELS.first().map_or("", |generic| generic.text).parse()?);
        let mut table = toml::Table::new();
        tables.into_iter().rev().for_each(|own| overlay(&mut table, own));
        for name in ["commands", "presets"] {
            if let Some(toml::Value::Table(entries)) = table.get_mut(name) {
                // `"+CCID" = false`: this model has it not.
                entries.retain(|_, entry| entry.as_bool() != Some(false));
            }
        }
        let mut profile = Profile::deserialize(table)?;
        let mut commands = std::mem::take(&mut profile.commands);
        for (name, command) in &mut commands {
            profile.number_settings(name, command);
        }
        profile.commands = commands;
        Ok(profile)
    }

    /// Numbers the settings of a command.
    fn number_settings(&mut self, name: &str, command: &mut ModelCommand) {
        let default = command.default.as_ref();
        command.setting = default.map(|default| self.add(name.to_owned(), default, &command.values, command));
        let mut keys = std::mem::take(&mut command.keys);
        for (key, entry) in &mut keys {
            entry.setting = self.add(format!("{name}/{key}"), &entry.default, &entry.values, command);
        }
        command.keys = keys;
    }

    fn add(&mut self, name: String, default: &str, values: &[String], command: &ModelCommand) -> usize {
        let number = self.settings.len();
        self.setting_names.insert(name, number);
        self.settings.push(ModelSetting {
            default: default.to_owned(),
            values: values.iter().map(|values| Allowed::read(values)).collect(),
            list: command.list,
            kept: command.kept,
            settable: command.settable,
            after_restart: command.after_restart,
            resets: command.resets.clone(),
        });
        number
    }
}

impl Allowed {
    /// `text`, `0-2,255`, or `GSM|UCS2`.
    fn read(text: &str) -> Allowed {
        let bounds = |part: &str| {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            Some((low.parse().ok()?, high.parse().ok()?))
        };
        if text == "text" {
            return Allowed::Text;
        }
        match text.split(',').map(bounds).collect::<Option<_>>() {
            Some(numbers) => Allowed::Numbers(numbers),
            None => Allowed::Words(text.split('|').map(str::to_owned).collect()),
        }
    }
}

/// Puts a model's own table over the generic one. A command's entry replaces the generic one as a whole.
fn overlay(base: &mut toml::Table, own: toml::Table) {
    for (key, value) in own {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(own)) => base.extend(own),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::urc::urc;

    #[test]
    fn every_profile_is_whole() {
        for Model { name, title, .. } in models() {
            let profile = Profile::of(name).unwrap();
            assert!(title.len() > 20, "{name} has no title");
            assert_eq!(profile.type_allocation.len(), 8, "{name}");
            assert!(!profile.network.operators.is_empty(), "{name}");
            let blocks = profile.network.blocks.iter().map(|block| &block.setting);
            for setting in blocks.chain(profile.settings.iter().flat_map(|setting| &setting.resets)) {
                assert!(profile.setting(setting).is_some(), "{name}: {setting}");
            }
            for command in profile.commands.keys() {
                assert_eq!(*command, command.to_ascii_uppercase(), "{name}");
            }
            // What is said unasked is known to be a URC: it must not become an answer.
            let lines = profile.urcs.iter().chain(profile.boot.iter().map(|line| &line.line));
            for line in lines.filter(|line| !line.is_empty()) {
                assert!(urc(line.as_bytes()).is_some(), "{name}: {line}");
            }
        }
    }

    #[test]
    fn names_in_any_case_and_other_names() {
        let model = |name: &str| Profile::of(name).map(|profile| profile.model.as_str());
        assert_eq!(model("BG96"), Ok("BG96"));
        assert_eq!(model("ublox-lara-r2"), Ok("LARA-R211"));
        let unknown = |name: &str| model(name).unwrap_err().to_string();
        assert_eq!(unknown("bg69"), "there is no simulated modem `bg69`: did you mean sim:bg96?");
        assert!(unknown("zx81").starts_with("there is no simulated modem `zx81`: there are generic"));
    }
}
