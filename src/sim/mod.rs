//! The simulated modem: a state machine with module profiles and faults.
//!
//! It is given bytes and the time and gives back bytes and the next moment it wants to be called
//! ([`Device`](crate::port::Device)); it does no I/O and reads no clock. The same seed and the same bytes at the same
//! times give the same answers. It knows nothing of scripts, and parses commands in its own way, so that it finds
//! mistakes in [`crate::at`] instead of sharing them.
//!
//! Here stands what describes a modem before it runs: what makes one model differ from another ([`Profile`], a data
//! file each under `profiles/`).
//!
//! - `options`: how a modem differs from its profile, and how it misbehaves; how addresses say it
//! - `modem`: the modem that runs, a room for each part
//!
//! A new module is one file in `profiles/`. A new command that is a value or a text is a line in a profile; one that
//! does more is a row in a part's table.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::at::Form;
use crate::diagnostic::{Complaint, nearest};
use crate::table::{CarriedText, Table};

mod modem;
mod options;

pub use modem::Simulator;
use options::{GivenOption, fault, parse_duration};
pub use options::{Options, fault_help, option_help};

/// One model, as its file describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Profile {
    manufacturer: String,
    model: String,
    revision: String,
    type_allocation: String,
    /// How its lines look, how long things take, and by what rules it goes; once it is read, all facts stand in the
    /// first.
    #[serde(rename = "wire")]
    facts: Facts,
    timing: Facts,
    rules: Facts,
    network: NetworkFacts,
    boot: Vec<BootLine>,
    urcs: Vec<String>,
    /// States in which people find the model, by the names that the option `preset` gives: settings and their values.
    #[serde(default)]
    presets: BTreeMap<String, BTreeMap<String, String>>,
    /// What its file store, or a server that it reads from, holds at power-up.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// What ATI, ATI1, … answer, by their number.
    information: BTreeMap<String, String>,
    /// Its words for errors where they are not the catalogue's: `CME 100`
    error_texts: BTreeMap<String, String>,
    commands: BTreeMap<String, ModelCommand>,
    /// All values that commands read and set, and their numbers by name: `+CMEE`, `+QCFG/roamservice`.
    #[serde(skip)]
    settings: Vec<ModelSetting>,
    #[serde(skip)]
    setting_names: HashMap<String, usize>,
}

/// Facts by name; `profiles/generic.toml` has all there are, with what each means.
type Facts = BTreeMap<String, toml::Value>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct NetworkFacts {
    /// The access point names that the SIM's subscription allows.
    apns: Vec<String>,
    /// The first is the one it registers with.
    operators: Vec<Operator>,
    /// What the network answers to the codes of AT+CUSD.
    service_codes: BTreeMap<String, String>,
    /// Settings with which it finds no network: the value of all parameters, or with a comma behind it of the first.
    #[serde(default)]
    blocks: BTreeMap<String, String>,
    #[serde(flatten)]
    facts: Facts,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Operator {
    long: String,
    short: String,
    code: String,
    /// 1 available, 2 current, 3 forbidden
    stat: u8,
    technology: u8,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BootLine {
    /// After it hears.
    #[serde(deserialize_with = "time")]
    after: Duration,
    line: String,
    #[serde(default)]
    needs: Needs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Needs {
    #[default]
    Nothing,
    /// A SIM, locked or not
    AnySim,
    Sim,
    /// An unlocked SIM; refused with the codes of the commands for messages
    MessageSim,
    Network,
    Bearer,
}

/// One command of the model. It does what a part of the modem has in its table (`does`), or reads and sets a value, or
/// values with a key each (`AT+QCFG="roamservice"`), or answers with a text.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct ModelCommand {
    does: Option<String>,
    default: Option<String>,
    values: Vec<Allowed>,
    kept: Lifetime,
    /// What is given replaces it as a whole. Else parameters that are left out stay as they are.
    list: bool,
    settable: Settable,
    /// A new value holds after a restart only; a read shows it at once.
    after_restart: bool,
    /// Settings that go back to the maker's values when a new value of this one begins to hold after a restart.
    resets: Vec<String>,
    keys: BTreeMap<String, ModelSetting>,
    /// Behind the values of a key a last parameter may say when it takes effect: 0 after a restart, 1 at once.
    effect: bool,
    /// What stands behind the prefix in the answer to `=?`; where there is none, `=?` answers OK alone.
    test: Option<String>,
    /// Texts for each form that it has; a form without is refused.
    read: Option<String>,
    execute: Option<String>,
    set: Option<String>,
    /// Settings of other commands that it changes: what ends GNSS, for example.
    sets: BTreeMap<String, String>,
    /// Texts for `set` by the first parameter, in small letters; one that is not here is refused.
    answers: BTreeMap<String, String>,
    /// What happens in place of all this, in the first state that holds.
    instead: Vec<Instead>,
    /// Of a command for a file: which file it is, and how its data come and go.
    file: FileAccess,
    needs: Needs,
    #[serde(deserialize_with = "time")]
    takes: Duration,
    /// URCs that follow the final result code.
    then: Vec<String>,
    /// What follows instead where the name server does not know a name among the parameters. Without it, a command that
    /// needs the bearer is refused.
    unresolved: Vec<String>,
    /// How long after it the first comes, and how far they are apart.
    #[serde(deserialize_with = "time")]
    then_after: Duration,
    /// Its lines carry no prefix.
    bare: bool,
}

/// A state in which a command does something else.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Instead {
    /// While it is registered with no network.
    off_network: bool,
    /// While this setting, or its first parameter, has the value `is`.
    setting: Option<String>,
    is: String,
    /// Only so long after the setting was given its value; 0: as long as it has it.
    #[serde(deserialize_with = "time")]
    within: Duration,
    /// Of these forms only: `read`, `set`, `execute`; where none is named, of all but the test.
    forms: Vec<Form>,
    /// `ERROR`, `CME 516`, `CMS 38`
    error: Option<String>,
    answer: String,
}

/// How a command reads or writes a file. Places count the parameters from 0.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct FileAccess {
    /// The file, where the command does not name it: `{1}` is the second parameter.
    name: String,
    /// Where the number of bytes stands that are to come; where nothing stands, they come up to Ctrl-Z.
    length: Option<usize>,
    /// What ends data whose number was not told; where nothing stands, Ctrl-Z.
    end: String,
    /// Another file, whose content it is given.
    copy: String,
    /// All files of a list in one line, with this between them.
    between: String,
    /// A parameter that may hold the data itself, so that nothing is asked for.
    data: Option<usize>,
    prompt: String,
    /// What is said then, or of each file of a list; `{data}`: the content. It has the prefix unless `=` begins it.
    answer: String,
    /// How many bytes of it one command reads at most: the place of that number.
    most: Option<usize>,
    missing: String,
}

/// A setting of a model: a command's, or that of one of its keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelSetting {
    /// As the read answer shows it, without the prefix.
    default: String,
    values: Vec<Allowed>,
    /// What stands behind the key in the answer to `=?`.
    #[serde(default)]
    test: String,
    /// Whose it is, with the rules that hold for it
    #[serde(skip)]
    command: String,
}

/// When a setting may be set; else the operation is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Settable {
    #[default]
    Always,
    /// While it is on no network: AT+COPS=2, or the radio off
    Deregistered,
    /// AT+CFUN=0 or 4
    RadioOff,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Lifetime {
    /// Until the next reset
    Session,
    /// AT&W keeps it
    #[default]
    Profile,
    /// At once, for good
    Memory,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
enum Allowed {
    Text,
    Numbers(Vec<(u32, u32)>),
    Words(Vec<String>),
}

impl From<String> for Allowed {
    /// `text`, `0-2,255`, or `GSM|UCS2`.
    fn from(text: String) -> Allowed {
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

// The models

#[derive(Debug)]
pub struct Model {
    pub name: &'static str,
    pub title: &'static str,
    /// What of it nobody has seen on such a module; empty: nothing.
    pub unconfirmed: &'static str,
    other_names: &'static [&'static str],
    profile: OnceLock<Result<Box<Profile>, String>>,
}

// MODELS, in the order of the help: the build lists the files.
include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// Their files, and those of vendors, which `like` may name as well.
static PROFILES: Table<CarriedText> = Table::new(include_bytes!(concat!(env!("OUT_DIR"), "/profiles")));

/// All models that can be simulated; the generic one is the first.
pub fn models() -> impl Iterator<Item = &'static Model> {
    MODELS.iter()
}

pub fn is_model(name: &str) -> bool {
    Model::of(name).is_some()
}

/// The model that is meant by what is none: `bg69`, `EC-25`, `sim-bg96`, `ec25e`; several where all of them begin so.
pub(crate) fn meant(name: &str) -> Vec<&'static str> {
    let letters = |name: &str| name.to_lowercase().replace(|sign: char| !sign.is_ascii_alphanumeric(), "");
    let written = letters(name);
    let names = |model: &'static Model| std::iter::once(model.name).chain(model.other_names.iter().copied());
    let called = |fits: &dyn Fn(&str) -> bool| -> Vec<&'static str> {
        models().filter(|model| names(model).any(|name| fits(&letters(name)))).map(|model| model.name).collect()
    };
    let bare = written.strip_prefix("simulated").or_else(|| written.strip_prefix("sim")).unwrap_or(&written);
    if matches!(written.as_str(), "sim" | "simulator" | "simulated" | "emulator") {
        return vec!["bg96"];
    }
    let begins = |name: &str| bare.len() > 2 && name.starts_with(bare);
    let ways: [&dyn Fn(&str) -> bool; 3] =
        [&|name| name == bare || name == written, &begins, &|name| name.len() > 3 && bare.starts_with(name)];
    let found = ways.into_iter().map(called).find(|found| !found.is_empty());
    // Another number is another module; `bg69` has the digits of `bg96`.
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<BTreeSet<char>>();
    let of_written = digits(&written);
    let alike = models().flat_map(names).filter(|known| of_written.is_empty() || digits(known) == of_written);
    found.unwrap_or_else(|| nearest(&name.to_lowercase(), alike).into_iter().collect())
}

impl Model {
    fn of(name: &str) -> Option<&'static Model> {
        let name = name.to_lowercase();
        models().find(|model| model.name == name || model.other_names.contains(&name.as_str()))
    }
}

fn time<'de, D: Deserializer<'de>>(text: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(text)?;
    parse_duration(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no time")))
}

impl Profile {
    /// The profile of a model, by its name or another name of it, in any case.
    fn of(name: &str) -> Result<&'static Profile, Complaint> {
        let Some(model) = Model::of(name) else {
            let all = || models().map(|model| model.name).collect::<Vec<_>>().join(", ");
            return Err(match meant(name).as_slice() {
                [] => Complaint::told("hayes::port::missing sim-model", &[&name, &all()]),
                [known] if name.contains(['=', '/']) => {
                    Complaint::told("hayes::port::missing sim-model-options", &[&name, known])
                }
                [known] => Complaint::told("hayes::port::missing sim-model-meant", &[&name, known]),
                several => Complaint::told("hayes::port::missing sim-models", &[&name, &several.join(", sim:")]),
            });
        };
        let read = || Profile::read(model.name).map(Box::new).map_err(|error| error.to_string());
        // The program's own fault: its data does not parse.
        let damaged = |error: &String| Complaint::told("hayes::port::missing sim-data", &[&model.name, error]);
        model.profile.get_or_init(read).as_deref().map_err(damaged)
    }

    fn require_setting(&self, name: &str) -> Result<usize, Complaint> {
        self.setting(name).ok_or_else(|| match nearest(name, self.setting_names.keys().map(String::as_str)) {
            Some(known) => Complaint::told("hayes::port::missing sim-setting-meant", &[&self.model, &name, &known]),
            None => Complaint::told("hayes::port::missing sim-setting", &[&self.model, &name]),
        })
    }

    fn text(&self, fact: &str) -> &str {
        self.facts.get(fact).and_then(toml::Value::as_str).unwrap_or_default()
    }

    fn is(&self, fact: &str) -> bool {
        self.facts.get(fact).and_then(toml::Value::as_bool) == Some(true)
    }

    fn number<N: TryFrom<i64> + Default>(&self, fact: &str) -> N {
        self.facts.get(fact).and_then(toml::Value::as_integer).and_then(|it| it.try_into().ok()).unwrap_or_default()
    }

    fn first_context(&self) -> u8 {
        self.number("first-context")
    }

    fn numbers(&self, fact: &str) -> impl Iterator<Item = i64> {
        self.facts.get(fact).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_integer)
    }

    fn time(&self, fact: &str) -> Duration {
        parse_duration(self.text(fact)).unwrap_or_default()
    }

    fn setting(&self, name: &str) -> Option<usize> {
        self.setting_names.get(name).copied()
    }

    fn rules_of(&self, setting: usize) -> Option<&ModelCommand> {
        self.commands.get(&self.settings.get(setting)?.command)
    }

    /// Reads a file over the generic one.
    fn read(name: &str) -> Result<Profile, toml::de::Error> {
        let file = |name: &str| {
            let file = PROFILES.named(name);
            file.ok_or_else(|| serde::de::Error::custom(format!("there is no profile `{name}`")))?.text.parse()
        };
        let mut tables: Vec<toml::Table> = vec![file(name)?];
        // `like = "ec25"`: it lies over that file or a vendor's (`vendors/`), the last over the generic one.
        while let Some(like) = tables.last_mut().and_then(|table| table.remove("like")).filter(|_| tables.len() < 9) {
            tables.push(file(like.as_str().unwrap_or_default())?);
        }
        tables.push(file("generic")?);
        let mut table = toml::Table::new();
        tables.into_iter().rev().try_for_each(|own| overlay(&mut table, own))?;
        for name in ["commands", "presets"] {
            if let Some(toml::Value::Table(entries)) = table.get_mut(name) {
                // `"+CCID" = false`: this model has it not.
                entries.retain(|_, entry| entry.as_bool() != Some(false));
            }
        }
        // The build reads these.
        table.retain(|name, _| !matches!(name, "other-names" | "unconfirmed" | "source"));
        let mut profile = Profile::deserialize(table)?;
        for more in [&mut profile.timing, &mut profile.rules, &mut profile.network.facts] {
            profile.facts.append(more);
        }
        for (name, command) in &profile.commands {
            let whole = command.default.as_ref().map(|default| (name.clone(), default, &command.values));
            let keys = command.keys.iter().map(|(key, it)| (format!("{name}/{key}"), &it.default, &it.values));
            for (setting, default, values) in whole.into_iter().chain(keys) {
                profile.setting_names.insert(setting, profile.settings.len());
                let (default, values, test) = (default.clone(), values.clone(), String::new());
                profile.settings.push(ModelSetting { default, values, test, command: name.clone() });
            }
        }
        Ok(profile)
    }
}

/// Puts a model's own table over the generic one, which names all facts. A command's entry is replaced as a whole.
fn overlay(base: &mut toml::Table, own: toml::Table) -> Result<(), toml::de::Error> {
    for (key, value) in own {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(own)) => {
                let unknown = own.keys().find(|name| !base.contains_key(*name));
                if let Some(name) = unknown.filter(|_| ["wire", "timing", "rules", "network"].contains(&key.as_str())) {
                    return Err(serde::de::Error::custom(format!("there is no `{name}` in `{key}`")));
                }
                base.extend(own);
            }
            (_, value) => _ = base.insert(key, value),
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CommandError {
    Error,
    /// The model does not know the command: its profile says how it refuses one.
    Unknown,
    /// A parameter or a form that the command does not take: the same.
    Parameter,
    /// +CME ERROR, where AT+CMEE asks for it
    Equipment(u16),
    /// +CMS ERROR
    Message(u16),
}

/// As 27.007 §9.2 numbers them.
impl CommandError {
    const NOT_ALLOWED: CommandError = CommandError::Equipment(3);
    const NOT_SUPPORTED: CommandError = CommandError::Equipment(4);
    const PIN_NEEDED: CommandError = CommandError::Equipment(11);
    const PUK_NEEDED: CommandError = CommandError::Equipment(12);
    const SIM_FAILURE: CommandError = CommandError::Equipment(13);
    const WRONG_PASSWORD: CommandError = CommandError::Equipment(16);
    const MEMORY_FULL: CommandError = CommandError::Equipment(20);
    const INVALID_INDEX: CommandError = CommandError::Equipment(21);
    const NOT_FOUND: CommandError = CommandError::Equipment(22);
    const MEMORY_FAILURE: CommandError = CommandError::Equipment(23);
    const TEXT_TOO_LONG: CommandError = CommandError::Equipment(24);
    const DIAL_STRING_TOO_LONG: CommandError = CommandError::Equipment(26);
    const NO_NETWORK: CommandError = CommandError::Equipment(30);
    const NOT_SUBSCRIBED: CommandError = CommandError::Equipment(133);
    const UNSPECIFIED_GPRS_ERROR: CommandError = CommandError::Equipment(148);

    /// As a profile writes it: `CME 516`, `CMS 38`, `ERROR`.
    fn named(text: &str) -> CommandError {
        match text.split_once(' ').map(|(kind, code)| (kind, code.parse())) {
            Some(("CME", Ok(code))) => CommandError::Equipment(code),
            Some(("CMS", Ok(code))) => CommandError::Message(code),
            _ => CommandError::Error,
        }
    }
}
