//! What makes one module differ from another: a data file each under `profiles/`, read when it is first used and shared
//! by all simulated modems of that model. `generic.toml` is the base; the others say only what differs, and explain the
//! fields where they stand. A new file there is a new model: the build lists them.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::commands::forms_of;
use super::options::{OptionError, parse_duration};
use super::request::{Does, split};
use super::settings::{Allowed, Lifetime, ModelSetting, Settable};
use crate::diagnostic::nearest;

/// A model that can be simulated.
#[derive(Debug)]
pub struct Model {
    /// As in `sim:NAME`.
    pub name: &'static str,
    /// What it is, in one line.
    pub title: &'static str,
    other_names: &'static [&'static str],
    text: &'static str,
    profile: OnceLock<Result<Profile, String>>,
}

// MODELS, in the order of the help: the build lists the files.
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
        other_names: &'static [&'static str],
        text: &'static str,
    ) -> Model {
        Model { name, title, other_names, text, profile: OnceLock::new() }
    }

    fn of(name: &str) -> Option<&'static Model> {
        let name = name.to_lowercase();
        models().find(|model| model.name == name || model.other_names.contains(&name.as_str()))
    }
}

/// One model, as its file describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Profile {
    pub(super) manufacturer: String,
    pub(super) model: String,
    pub(super) revision: String,
    /// The first eight digits of the IMEI.
    pub(super) type_allocation: String,
    /// What else `sim:NAME` may call it; the build reads it.
    #[serde(rename = "other-names")]
    _other_names: Vec<String>,
    pub(super) wire: WireFormat,
    pub(super) timing: Timing,
    pub(super) rules: Rules,
    pub(super) network: NetworkFacts,
    pub(super) boot: Vec<BootLine>,
    /// URCs that the faults strew about.
    pub(super) urcs: Vec<String>,
    /// What ATI, ATI1, … answer, by their number.
    pub(super) information: BTreeMap<String, String>,
    /// Its words for errors where they are not the catalogue's: `CME 100`
    pub(super) error_texts: BTreeMap<String, String>,
    pub(super) commands: BTreeMap<String, ModelCommand>,
    /// All values that commands read and set, and their numbers by name: `+CMEE`, `+QCFG/roamservice`.
    #[serde(skip)]
    pub(super) settings: Vec<ModelSetting>,
    #[serde(skip)]
    pub(super) setting_names: HashMap<String, usize>,
}

/// How its lines look.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct WireFormat {
    /// Between a prefix and its parameters.
    pub(super) colon: String,
    pub(super) urc_start: String,
    pub(super) urc_end: String,
    pub(super) prompt: String,
    pub(super) connect: String,
    /// `Operation not allowed`, else `operation not allowed`
    pub(super) cme_capital: bool,
    /// `"2CF7"` or `2CF7`
    pub(super) area_quoted: bool,
    pub(super) address_quoted: bool,
    /// Between the operators and the lists of modes in the answer to AT+COPS=?; empty: no lists.
    pub(super) scan_tail: String,
    /// Whether AT+CSCS="UCS2" makes hexadecimal digits of the numeric codes there as well.
    pub(super) scan_code_in_charset: bool,
}

/// How long things take.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Timing {
    /// From power-up until it hears.
    #[serde(deserialize_with = "time")]
    pub(super) boot: Duration,
    /// From power-up until the SIM is ready.
    #[serde(deserialize_with = "time")]
    pub(super) sim: Duration,
    /// From the beginning of a search until it is registered.
    #[serde(deserialize_with = "time")]
    pub(super) register: Duration,
    #[serde(deserialize_with = "time")]
    pub(super) scan: Duration,
    /// From Ctrl-Z to `+CMGS`.
    #[serde(deserialize_with = "time")]
    pub(super) message: Duration,
    /// AT+CGATT, AT+CGACT and the vendors' like
    #[serde(deserialize_with = "time")]
    pub(super) attach: Duration,
    #[serde(deserialize_with = "time")]
    pub(super) dial: Duration,
}

fn time<'de, D: Deserializer<'de>>(text: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(text)?;
    parse_duration(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no time")))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Rules {
    /// Bytes that come while a command runs wait; else they are lost.
    pub(super) queues_while_busy: bool,
    /// What ends AT+COPS=? when a character comes; empty: nothing does.
    pub(super) scan_abort: String,
    /// The code that refuses an unknown command; 0: plain ERROR, whatever CMEE says.
    pub(super) unknown_command: u16,
    /// The code that refuses a wrong parameter; 0: plain ERROR.
    pub(super) wrong_parameter: u16,
    /// The code that says that there is no SIM.
    pub(super) sim_absent: u16,
    /// The longest command line.
    pub(super) line: usize,
    /// Its last word before it switches off; empty: none.
    pub(super) power_down: String,
    /// Whether an OK comes before it.
    pub(super) power_down_ok: bool,
    /// What answers an ESC at the prompt.
    pub(super) escape: String,
    /// Whether AT+CGDCONT may change a context that is active.
    pub(super) redefine_active: bool,
    /// Whether the first context is active as soon as it is registered, as on LTE.
    pub(super) default_bearer: bool,
    /// Whether the network's ending `.mnc….mcc….gprs` shows in the APN.
    pub(super) apn_ending: bool,
    /// The lowest context identifier.
    pub(super) first_context: u8,
    /// How the ICCID ends where the answer has room for a twentieth digit.
    pub(super) iccid_padding: String,
    /// What it says when the SIM's content has changed, as with another IMSI; empty: nothing.
    pub(super) sim_refreshed: String,
    /// The parameter of AT+CFUN that resets the modem, besides `1,1`.
    pub(super) reset_functions: Vec<u32>,
    /// The value of AT+CFUN that it comes up with.
    pub(super) start_function: u32,
    /// The values of AT+CFUN.
    pub(super) functions: Vec<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct NetworkFacts {
    /// The access technology of +COPS and +CREG (27.007 §7.3), or what the vendor makes of it.
    pub(super) technology: u8,
    pub(super) signal: u8,
    /// What the vendors' commands call the technology and the band.
    pub(super) mode: String,
    pub(super) band: String,
    pub(super) channel: u32,
    pub(super) area: String,
    pub(super) cell: String,
    /// The access point names that the SIM's subscription allows.
    pub(super) apns: Vec<String>,
    /// The first is the one it registers with.
    pub(super) operators: Vec<Operator>,
    /// What the network answers to the codes of AT+CUSD.
    pub(super) service_codes: BTreeMap<String, String>,
    /// Settings with which it never finds a network.
    #[serde(default)]
    pub(super) blocks: Vec<NetworkBlock>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Operator {
    pub(super) long: String,
    pub(super) short: String,
    pub(super) code: String,
    /// 1 available, 2 current, 3 forbidden
    pub(super) stat: u8,
    pub(super) technology: u8,
}

/// A value of a setting with which the modem finds no network.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkBlock {
    pub(super) setting: String,
    /// Which of its parameters, the first is 0; where none is named, each that is there.
    parameter: Option<usize>,
    is: String,
}

impl NetworkBlock {
    /// Whether it is one with this value of the setting.
    pub(super) fn holds(&self, value: &str) -> bool {
        let mut parameters = split(value).map(|text| text.trim_matches('"'));
        match self.parameter {
            Some(place) => parameters.nth(place) == Some(&self.is),
            None => parameters.all(|text| text == self.is),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BootLine {
    /// After it hears.
    #[serde(deserialize_with = "time")]
    pub(super) after: Duration,
    pub(super) line: String,
    #[serde(default)]
    pub(super) needs: Needs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Needs {
    #[default]
    Nothing,
    /// A SIM that is ready
    Sim,
    /// The same; refused as the commands for messages are
    MessageSim,
    /// Registration with a network
    Network,
}

/// One command of the model. It does what a part of the modem has in its table (`does`), or reads and sets a value, or
/// values with a key each (`AT+QCFG="roamservice"`), or answers with a text.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct ModelCommand {
    pub(super) does: Option<String>,
    default: Option<String>,
    values: Vec<String>,
    kept: Lifetime,
    list: bool,
    settable: Settable,
    after_restart: bool,
    resets: Vec<String>,
    pub(super) keys: BTreeMap<String, SettingKey>,
    /// Behind the values of a key a last parameter may say when it takes effect: 0 after a restart, 1 at once.
    pub(super) effect: bool,
    /// What stands behind the prefix in the answer to `=?`; where there is none, `=?` answers OK alone.
    pub(super) test: Option<String>,
    /// Texts for each form that it has; a form without is refused.
    pub(super) read: Option<String>,
    pub(super) execute: Option<String>,
    pub(super) set: Option<String>,
    pub(super) needs: Needs,
    #[serde(deserialize_with = "time")]
    pub(super) takes: Duration,
    /// URCs that follow the final result code.
    pub(super) then: Vec<String>,
    /// Its lines carry no prefix.
    pub(super) bare: bool,
    /// What it does, by form.
    #[serde(skip)]
    pub(super) forms: [Option<Does>; 4],
    #[serde(skip)]
    pub(super) setting: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SettingKey {
    default: String,
    pub(super) values: Vec<String>,
    #[serde(default)]
    pub(super) test: String,
    #[serde(skip)]
    pub(super) setting: usize,
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

    pub(super) fn setting(&self, name: &str) -> Option<usize> {
        self.setting_names.get(name).copied()
    }

    /// Reads a file over the generic one.
    fn read(text: &str) -> Result<Profile, toml::de::Error> {
        let mut table = toml::Table::new();
        for text in [MODELS.first().map_or("", |generic| generic.text), text] {
            overlay(&mut table, text.parse()?);
        }
        if let Some(toml::Value::Table(commands)) = table.get_mut("commands") {
            // `"+CCID" = false`: this model has it not.
            commands.retain(|_, entry| entry.as_bool() != Some(false));
        }
        let mut profile = Profile::deserialize(table)?;
        let mut commands = std::mem::take(&mut profile.commands);
        for (name, command) in &mut commands {
            profile.prepare(name, command)?;
        }
        profile.commands = commands;
        Ok(profile)
    }

    /// Looks up what the command does and numbers its settings.
    fn prepare(&mut self, name: &str, command: &mut ModelCommand) -> Result<(), toml::de::Error> {
        if let Some(does) = &command.does {
            let unknown = || serde::de::Error::custom(format!("{name}: nothing does `{does}`"));
            command.forms = forms_of(does).ok_or_else(unknown)?;
        }
        let default = command.default.as_ref();
        command.setting = default.map(|default| self.add(name.to_owned(), default, &command.values, command));
        let mut keys = std::mem::take(&mut command.keys);
        for (key, entry) in &mut keys {
            entry.setting = self.add(format!("{name}/{key}"), &entry.default, &entry.values, command);
        }
        command.keys = keys;
        Ok(())
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
