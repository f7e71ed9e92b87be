//! The data files' tables, as they are written. Unknown keys are errors.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourcesFile {
    pub source: Vec<Source>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub id: String,
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitsFile {
    pub unit: Vec<Unit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Unit {
    pub id: String,
    pub symbol: String,
    pub scale: i64,
    #[serde(default)]
    pub offset: i64,
    pub range: [i64; 2],
    #[serde(default)]
    pub open_ends: bool,
    /// `"-85000: good"`
    #[serde(default)]
    pub grades: Vec<String>,
    pub source: Vec<String>,
    #[serde(default)]
    pub status: Status,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnumerationsFile {
    pub enumeration: Vec<Enumeration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enumeration {
    pub id: String,
    pub values: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldsFile {
    pub field: Vec<Field>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub name: String,
    pub what: String,
    #[serde(default)]
    pub kind: Option<String>,
    #[serde(default)]
    pub values: Option<Values>,
    #[serde(default)]
    pub open: bool,
    #[serde(default)]
    pub unit: Option<String>,
    /// Its meaning is what counts of the answer
    #[serde(default)]
    pub brief: bool,
}

/// The name of an enumeration, or the values themselves: `["0: off", "1: on"]`.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
pub enum Values {
    Named(String),
    Given(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandsFile {
    pub command: Vec<Command>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Command {
    pub name: String,
    pub title: String,
    #[serde(default)]
    pub about: String,
    #[serde(default)]
    pub fields: Vec<Field>,
    #[serde(default)]
    pub test: Option<Texts>,
    #[serde(default)]
    pub test_does: String,
    /// What a group of its answer is: `network`
    #[serde(default)]
    pub record: String,
    #[serde(default)]
    pub read: Option<Texts>,
    #[serde(default)]
    pub set: Option<String>,
    #[serde(default)]
    pub set_answer: Option<Texts>,
    #[serde(default)]
    pub execute: Option<Texts>,
    #[serde(default)]
    pub prefix: Option<String>,
    #[serde(default)]
    pub read_only: bool,
    #[serde(default)]
    pub conversation_only: Always,
    #[serde(default)]
    pub leaves_no_trace: bool,
    #[serde(default)]
    pub abortable: bool,
    #[serde(default)]
    pub call_control: bool,
    #[serde(default)]
    pub data_ends: Vec<String>,
    #[serde(default)]
    pub without_final: bool,
    #[serde(default)]
    pub names_module: bool,
    #[serde(default)]
    pub reboots: Vec<Case>,
    #[serde(default)]
    pub needs_reboot: Vec<Case>,
    #[serde(default)]
    pub needs_context_down: bool,
    #[serde(default)]
    pub raises_context: Option<RaisesContext>,
    #[serde(default)]
    pub lowers_contexts: bool,
    #[serde(default)]
    pub nb_iot_only: Vec<String>,
    #[serde(default)]
    pub prompt: Option<Prompt>,
    #[serde(default)]
    pub not_repeatable: Vec<Case>,
    #[serde(default)]
    pub dangers: Vec<Danger>,
    /// `"SEND OK: success"`, `"SEND FAIL: failure"`
    #[serde(default)]
    pub finals: Vec<String>,
    #[serde(default)]
    pub max_times: Vec<MaxTime>,
    pub vendors: Vec<String>,
    pub source: Vec<String>,
    #[serde(default)]
    pub status: Status,
}

/// `true`: in all cases
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Always {
    Said(bool),
    Cases(Vec<String>),
}

impl Default for Always {
    fn default() -> Always {
        Always::Said(false)
    }
}

impl Always {
    pub fn cases(&self) -> Vec<&str> {
        match self {
            Always::Said(true) => vec![""],
            Always::Said(false) => Vec::new(),
            Always::Cases(cases) => cases.iter().map(String::as_str).collect(),
        }
    }
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
pub enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Texts {
    pub fn list(&self) -> Vec<&str> {
        match self {
            Texts::One(text) => vec![text],
            Texts::Many(texts) => texts.iter().map(String::as_str).collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    #[serde(default)]
    pub when: String,
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Danger {
    pub kind: String,
    #[serde(default)]
    pub when: String,
    pub why: String,
    #[serde(default)]
    pub r#unsafe: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RaisesContext {
    pub when: String,
    /// The parameter, from 0, that names the context
    pub context: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    #[serde(default)]
    pub when: String,
    pub mark: String,
    /// The parameter, from 0, that counts the bytes; without it Ctrl-Z ends them
    #[serde(default)]
    pub counted: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxTime {
    pub seconds: f64,
    #[serde(default)]
    pub when: Option<String>,
    #[serde(default)]
    pub r#for: Option<String>,
    #[serde(default)]
    pub worst: bool,
    pub source: Vec<String>,
    #[serde(default)]
    pub status: Status,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    #[default]
    Confirmed,
    Unconfirmed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorsFile {
    pub error: Vec<ErrorCode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorCode {
    pub code: u16,
    pub text: String,
    #[serde(default)]
    pub others: Vec<String>,
    /// `"Huawei: operator selection unsuccessful"`
    #[serde(default)]
    pub also: Vec<String>,
    pub range: String,
    #[serde(default)]
    pub advice: String,
    /// `"nRF91: look whether there is a SIM"`: a vendor, a family or a module, and what mends it there
    #[serde(default, rename = "advice-for")]
    pub advice_for: Vec<String>,
    pub source: Vec<String>,
    #[serde(default)]
    pub status: Status,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UrcsFile {
    pub urc: Vec<Urc>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Urc {
    pub start: String,
    pub title: String,
    #[serde(default)]
    pub about: String,
    pub when: String,
    #[serde(default)]
    pub fields: Vec<Field>,
    #[serde(default)]
    pub values: Option<Texts>,
    #[serde(default)]
    pub whole_line: bool,
    #[serde(default)]
    pub body: u8,
    #[serde(default)]
    pub starts: bool,
    #[serde(default)]
    pub answers: Option<String>,
    pub vendors: Vec<String>,
    pub source: Vec<String>,
    #[serde(default)]
    pub status: Status,
}

/// A file of `modules/`. `models`: as AT+CGMM names them, without SIMCOM_; a name stands for its variants too (LARA-R211
/// for LARA-R211-02B), one with * for all that begin so (EG91 has none, for EG915U is another module). Notes with
/// (unconfirmed) at their end are recalled.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Module {
    pub id: String,
    pub vendor: String,
    pub family: String,
    pub models: Vec<String>,
    pub manufacturer: String,
    pub technologies: Vec<String>,
    pub iccid: String,
    pub registration: Vec<String>,
    #[serde(default)]
    pub roaming: Option<Setting>,
    pub apn: Vec<String>,
    pub reboot: String,
    #[serde(default)]
    pub power_off: Option<String>,
    #[serde(default)]
    pub boot_urcs: Vec<String>,
    #[serde(default)]
    pub boot_seconds: Option<f64>,
    #[serde(default)]
    pub scan_abortable: Option<bool>,
    #[serde(default)]
    pub act_8_is_lte_m: bool,
    #[serde(default)]
    pub without_final: Vec<String>,
    #[serde(default)]
    pub quirks: Vec<String>,
    #[serde(default)]
    pub supersim: Vec<String>,
    pub source: Vec<String>,
    #[serde(default)]
    pub status: Status,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    pub read: String,
    pub set: String,
    pub source: Vec<String>,
    #[serde(default)]
    pub status: Status,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultsFile {
    pub result: Vec<ResultCode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultCode {
    pub text: String,
    #[serde(default)]
    pub number: Option<u8>,
    pub meaning: String,
    #[serde(default)]
    pub advice: String,
    pub success: bool,
    /// It may end any command
    #[serde(default)]
    pub anywhere: bool,
    #[serde(default)]
    pub commands: Vec<String>,
    #[serde(default)]
    pub vendors: Vec<String>,
    pub source: Vec<String>,
    #[serde(default)]
    pub status: Status,
}
