//! What makes one module differ from another: a data file each under `profiles/`, read when it is first used and shared
//! by all simulated modems of that model. `generic.toml` is the base; the others say only what differs, and explain the
//! fields where they stand.

mod file;
mod setting;

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;
use std::time::Duration;

use serde::Deserialize;

pub(super) use setting::{Allowed, Block, Holds, Kept, Settable, Setting, split};

use super::commands::Behaviour;
use super::options::{nearest, parse_duration};

/// The embedded files: the model's name, other names for it, its text.
const FILES: [(&str, &[&str], &str); 8] = [
    ("generic", &[], include_str!("profiles/generic.toml")),
    ("bg96", &["quectel-bg96"], include_str!("profiles/bg96.toml")),
    ("lara-r211", &["lara-r2", "ublox-lara-r2", "ublox-lara-r211"], include_str!("profiles/lara-r211.toml")),
    ("sim7080g", &["sim7080", "simcom-sim7080", "simcom-sim7080g"], include_str!("profiles/sim7080g.toml")),
    ("ec25", &["quectel-ec25", "ec2x"], include_str!("profiles/ec25.toml")),
    ("sara-r410m", &["sara-r410", "ublox-sara-r410", "ublox-sara-r410m"], include_str!("profiles/sara-r410m.toml")),
    ("me910c1", &["me910", "telit-me910"], include_str!("profiles/me910c1.toml")),
    ("nrf9160", &["nrf91", "nordic-nrf9160"], include_str!("profiles/nrf9160.toml")),
];

static LOADED: [OnceLock<Result<Profile, String>>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];

/// A model that can be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// As in `sim:NAME`.
    pub name: &'static str,
    /// What it is, in one line.
    pub title: &'static str,
}

/// All models that can be simulated.
pub fn models() -> impl Iterator<Item = Model> {
    // The first line of each file is its title.
    let title = |text: &'static str| text.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']);
    FILES.iter().map(move |(name, _, text)| Model { name, title: title(text) })
}

/// Whether `sim:NAME` names one of them, by its own name or another.
pub fn is_model(name: &str) -> bool {
    place_of(name).is_some()
}

fn place_of(model: &str) -> Option<usize> {
    let name = model.to_lowercase();
    FILES.iter().position(|(known, others, _)| *known == name || others.contains(&name.as_str()))
}

/// Why a model cannot be simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelError {
    Unknown {
        name: String,
        nearest: Option<&'static str>,
    },
    /// The program's own fault: its data does not parse.
    Damaged {
        name: &'static str,
        message: String,
    },
}

impl std::fmt::Display for ModelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ModelError::Unknown { name, nearest: Some(nearest) } => {
                write!(f, "there is no simulated modem `{name}`: did you mean `{nearest}`?")
            }
            ModelError::Unknown { name, nearest: None } => {
                let names: Vec<_> = models().map(|model| model.name).collect();
                write!(f, "there is no simulated modem `{name}`: there are {}", names.join(", "))
            }
            ModelError::Damaged { name, message } => {
                write!(f, "the data of the simulated modem `{name}` is damaged: {message}")
            }
        }
    }
}

impl std::error::Error for ModelError {}

/// One model, as its file describes it.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) manufacturer: String,
    pub(super) model: String,
    pub(super) revision: String,
    /// The first eight digits of the IMEI.
    pub(super) type_allocation: String,
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
    pub(super) commands: HashMap<String, Command>,
    pub(super) settings: Vec<Setting>,
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
    pub(super) cme_case: CmeCase,
    /// `"2CF7"` or `2CF7`
    pub(super) area_quoted: bool,
    pub(super) address_quoted: bool,
    /// Between the operators and the lists of modes in the answer to AT+COPS=?; empty: no lists.
    pub(super) scan_tail: String,
    /// Whether AT+CSCS="UCS2" makes hexadecimal digits of the numeric codes there as well.
    pub(super) scan_code_in_charset: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CmeCase {
    /// `operation not allowed`
    Lower,
    /// `Operation not allowed`
    Capital,
}

/// How long things take.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Timing {
    /// From power-up until it hears.
    pub(super) boot: Time,
    /// From power-up until the SIM is ready.
    pub(super) sim: Time,
    /// From the beginning of a search until it is registered.
    pub(super) register: Time,
    pub(super) scan: Time,
    /// From Ctrl-Z to `+CMGS`.
    pub(super) message: Time,
    /// AT+CGATT, AT+CGACT and the vendors' like
    pub(super) attach: Time,
    pub(super) dial: Time,
}

/// A duration, written `5s`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Time(pub(super) Duration);

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Time, String> {
        parse_duration(&text).map(Time).ok_or_else(|| format!("`{text}` is no time"))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Rules {
    /// Bytes that come while a command runs.
    pub(super) busy: Busy,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Busy {
    Drop,
    Queue,
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
    pub(super) service_codes: Vec<ServiceCode>,
    /// Settings with which it never finds a network.
    #[serde(default)]
    pub(super) blocks: Vec<Block>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Operator {
    pub(super) long: String,
    pub(super) short: String,
    pub(super) code: String,
    /// 1 available, 2 current, 3 forbidden
    pub(super) stat: u8,
    pub(super) technology: u8,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ServiceCode {
    pub(super) code: String,
    pub(super) answer: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct BootLine {
    /// After it hears.
    pub(super) after: Time,
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

/// One command of the model.
#[derive(Debug)]
pub(super) struct Command {
    /// What stands before the colon of its answers.
    pub(super) prefix: String,
    pub(super) action: Action,
    pub(super) setting: Option<usize>,
    /// What stands behind the prefix in the answer to `=?`; where there is none, `=?` answers OK alone.
    pub(super) test: Option<String>,
    pub(super) needs: Needs,
    pub(super) takes: Duration,
    /// URCs that follow the final result code.
    pub(super) then: Vec<String>,
    /// Its lines carry no prefix.
    pub(super) bare: bool,
}

#[derive(Debug)]
pub(super) enum Action {
    Does(Behaviour),
    /// A value that can be read and set
    Setting,
    /// Values with a key each: `AT+QCFG="roamservice"`
    Keyed {
        keys: Vec<Key>,
        effect: bool,
        /// What a read without a key answers
        read: Option<String>,
    },
    /// Texts for each form that it has; a form without is refused
    Answer {
        read: Option<String>,
        execute: Option<String>,
        set: Option<String>,
    },
}

#[derive(Debug)]
pub(super) struct Key {
    /// Without its quotes.
    pub(super) name: String,
    pub(super) quoted: bool,
    pub(super) setting: usize,
    pub(super) test: String,
}

impl Profile {
    /// The profile of a model, by its name or another name of it, in any case.
    pub(super) fn of(model: &str) -> Result<&'static Profile, ModelError> {
        let place = place_of(model);
        let loaded = place.and_then(|place| Some((FILES.get(place)?, LOADED.get(place)?)));
        let Some(((name, _, text), slot)) = loaded else {
            let names = FILES.iter().flat_map(|(name, others, _)| std::iter::once(*name).chain(others.iter().copied()));
            return Err(ModelError::Unknown { name: model.to_owned(), nearest: nearest(model, names) });
        };
        match slot.get_or_init(|| Profile::read(text)) {
            Ok(profile) => Ok(profile),
            Err(message) => Err(ModelError::Damaged { name, message: message.clone() }),
        }
    }

    pub(super) fn setting(&self, name: &str) -> Option<usize> {
        self.setting_names.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_whole() {
        for model in models() {
            let profile = Profile::of(model.name).unwrap();
            assert!(model.title.len() > 20, "{} has no title", model.name);
            assert_eq!(profile.type_allocation.len(), 8, "{}", model.name);
            assert!(!profile.network.operators.is_empty(), "{}", model.name);
            let blocks = profile.network.blocks.iter().map(|block| &block.setting);
            let resets = profile.settings.iter().flat_map(|setting| &setting.resets);
            for setting in blocks.chain(resets) {
                assert!(profile.setting(setting).is_some(), "{}: {setting}", model.name);
            }
            for name in profile.commands.keys() {
                assert_eq!(*name, name.to_ascii_uppercase(), "{}", model.name);
            }
        }
    }

    #[test]
    fn names_in_any_case_and_other_names() {
        let model = |name: &str| Profile::of(name).map(|profile| profile.model.as_str());
        assert_eq!(model("BG96"), Ok("BG96"));
        assert_eq!(model("ublox-lara-r2"), Ok("LARA-R211"));
        assert_eq!(model("bg69").unwrap_err().to_string(), "there is no simulated modem `bg69`: did you mean `bg96`?");
        assert!(
            model("zx81").unwrap_err().to_string().starts_with("there is no simulated modem `zx81`: there are generic")
        );
    }
}
