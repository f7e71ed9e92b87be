//! The tables, and how their entries are found.

use super::entry::{
    CommandEntry, ErrorCode, Index, KnownField, KnownResult, KnownValue, Layout, Module, Reference, Series, Unit, Urc,
};
use super::own::own;
use crate::at::{command, parameters};
use crate::diagnostic::all_nearest;
use crate::table::{Table, bare};

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident: $entry:ty = $file:literal;)*) => {
        $($(#[$doc])*
        pub(super) static $name: Table<$entry> = Table::new(include_bytes!(concat!(env!("OUT_DIR"), "/", $file)));)*
    };
}

tables! {
    COMMANDS: CommandEntry = "commands";
    FIELDS: KnownField = "fields";
    UNITS: Unit = "units";
    REFERENCES: Reference = "references";
    CME_ERRORS: ErrorCode = "cme_errors";
    CMS_ERRORS: ErrorCode = "cms_errors";
    URCS: Urc = "urcs";
    MODULES: Module = "modules";
    RESULTS: KnownResult = "results";
    /// The commands whose answers carry a prefix
    PREFIXES: Index = "prefixes";
    /// The commands that ask for data with a mark
    MARKS: Index = "marks";
    /// The module that says that it is a model
    MODELS: Index = "models";
}

/// The command of this name, in any case, with or without `AT`; `""` is the bare `AT`.
pub fn command(name: &str) -> Option<&'static CommandEntry> {
    COMMANDS.get(place(name)?)
}

/// The command of this name, or the setting of it that the first parameter selects: `AT+QCFG` with `"roamservice"`.
pub fn command_with(name: &str, first_parameter: Option<&str>) -> Option<&'static CommandEntry> {
    let place = place(name)?;
    let general = COMMANDS.get(place)?;
    let Some(first) = first_parameter.map(unquoted).filter(|first| !first.is_empty()) else { return Some(general) };
    let is_it = |key: &str| unquoted(key).eq_ignore_ascii_case(first);
    Some(settings_behind(place, general).find(|(key, _)| is_it(key)).map_or(general, |(_, setting)| setting))
}

/// The settings of a command with many, and what selects each: `"roamservice"` of `AT+QCFG`.
pub fn settings(name: &str) -> impl Iterator<Item = (&'static str, &'static CommandEntry)> {
    let general = place(name).and_then(|place| Some((place, COMMANDS.get(place)?)));
    general.into_iter().flat_map(|(place, general)| settings_behind(place, general))
}

/// They stand right behind it: `+QCFG`, `+QCFG="band"`, …
fn settings_behind(
    place: usize,
    general: &'static CommandEntry,
) -> impl Iterator<Item = (&'static str, &'static CommandEntry)> {
    let key = |name: &'static str| name.strip_prefix(general.name)?.strip_prefix('=');
    // A name tells without its entry's being read whether it is another command's.
    let is_other = move |place| !COMMANDS.name(place).is_some_and(|name| name.starts_with(general.name.as_bytes()));
    let end = (place + 1..COMMANDS.len()).find(|place| is_other(*place)).unwrap_or(COMMANDS.len());
    let settings = (place + 1..end).filter_map(|place| COMMANDS.get(place));
    settings.filter_map(move |command| Some((key(command.name)?, command)))
}

pub fn command_of(asked: &command::Command<'_>) -> Option<&'static CommandEntry> {
    let first = parameters::parameters(asked.argument.as_bytes()).next();
    let first = first.as_ref().and_then(|first| std::str::from_utf8(first.value).ok());
    command_with(asked.name, first)
}

/// Every command, sorted by its name without `AT`.
pub fn commands() -> impl Iterator<Item = &'static CommandEntry> {
    COMMANDS.iter()
}

pub fn command_count() -> usize {
    COMMANDS.len()
}

/// The names most like `name`, the likeliest first, at most three: for "did you mean".
pub fn nearest(name: &str) -> Vec<&'static str> {
    let wanted = format!("AT{}", without_at(name).to_ascii_uppercase());
    // Of a short name two other letters leave nothing: `+CSQ`, `+CRC`.
    let most = if wanted.len() >= 7 { 2 } else { 1 };
    let mut near = all_nearest(&wanted, COMMANDS.names().filter(|known| !known.contains('=')), most);
    near.truncate(3);
    near
}

/// What to send in place of a command that is not known and that no modem has, as people write it: `AT+RST`.
pub fn meant(name: &str) -> Option<&'static str> {
    if command(name).is_some() {
        return None;
    }
    let wanted = without_at(name).trim_start_matches('+').to_ascii_uppercase();
    crate::notation::row_of(include_str!("meant.md"), &wanted)
}

fn without_at(name: &str) -> &str {
    name.get(name.len() - bare(name.as_bytes()).len()..).unwrap_or(name)
}

/// Where the command of this name stands. A register that has no entry of its own, as `S12`, is one of `ATS`.
fn place(name: &str) -> Option<usize> {
    let is_register = || match bare(name.as_bytes()) {
        [b'S' | b's', number @ ..] => !number.is_empty() && number.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    COMMANDS.place(name).or_else(|| if is_register() { COMMANDS.place("S") } else { None })
}

pub(super) fn unquoted(parameter: &str) -> &str {
    let trimmed = parameter.trim();
    trimmed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(trimmed)
}

pub(super) fn field(name: &str) -> Option<&'static KnownField> {
    FIELDS.named(name)
}

/// What a cause of refusal means: of a registration, or else of a data session (24.301 §9.9.3.9, §9.9.4.4).
pub fn cause(number: &str) -> Option<&'static str> {
    let known = |name| field(name)?.meaning(number);
    known("reject_cause").or_else(|| known("esm_cause")).map(KnownValue::meaning)
}

impl KnownField {
    pub fn unit(&self) -> Option<&'static Unit> {
        UNITS.named(self.unit?)
    }
}

/// `+CME ERROR: 30`, `+CMS ERROR: 330`
pub fn error(series: Series, code: u16) -> Option<&'static ErrorCode> {
    errors(series).find(|error| error.code == code)
}

/// Every error of that series, sorted by code.
pub fn errors(series: Series) -> impl Iterator<Item = &'static ErrorCode> {
    match series {
        Series::Equipment => CME_ERRORS.iter(),
        Series::Message => CMS_ERRORS.iter(),
    }
}

/// The errors with this text; modems differ in case and punctuation, so only letters and digits are compared.
pub fn error_by_text(series: Series, text: &str) -> impl Iterator<Item = &'static ErrorCode> {
    let same = |other: &str| {
        let words = |text: &str| {
            text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>()
        };
        let wanted = words(text);
        !wanted.is_empty() && words(other) == wanted
    };
    let found = move || {
        errors(series).filter(move |error| same(error.text) || error.other_texts.iter().any(|other| same(other)))
    };
    // The words of the standard are not those of a vendor, who has them too.
    let is_standard = found().any(|error| error.scope.is_none());
    found().filter(move |error| error.scope.is_none() || !is_standard)
}

impl ErrorCode {
    /// Its meaning on this module: a vendor may give the number one of its own, or be the only one that has it.
    pub fn meaning(&self, module: Option<&Module>) -> Option<&'static str> {
        let Some(module) = module else { return Some(self.text) };
        let of = |scope: &str| module.distance(scope).is_some();
        let own = self.also.iter().map(|also| super::entry::pair(also)).find(|(whose, _)| of(whose));
        own.map(|(_, meaning)| meaning).or_else(|| self.scope.is_none_or(of).then_some(self.text))
    }

    /// What usually mends it on this module.
    pub fn advice(&self, module: Option<&Module>) -> &'static str {
        let of_scope = |module: &Module| {
            let said = self.advice_for.iter().map(|advice| super::entry::pair(advice));
            let said = said.filter_map(|(scope, advice)| Some((module.distance(scope)?, advice)));
            said.min_by_key(|(distance, _)| *distance).map(|(_, advice)| advice)
        };
        // The usual advice belongs to the usual meaning.
        let usual = if self.meaning(module) == Some(self.text) { self.advice } else { "" };
        module.and_then(of_scope).unwrap_or(usual)
    }
}

/// The URC that this line, without its line end, begins with. Whether it is one in the middle of an exchange is for
/// the session to say: `+CREG: 0,5` may be the answer.
///
/// It costs a few looks into a table.
pub fn urc(line: &[u8]) -> Option<&'static Urc> {
    urc_or_answer(line).filter(|urc| !urc.only_explained)
}

/// The same, also of lines that an answer may hold.
pub fn urc_or_answer(line: &[u8]) -> Option<&'static Urc> {
    let head = Urc::head(line);
    let is_alike = |start: &[u8]| Urc::head(start) == head;
    let first = URCS.place_by(&head, is_alike)?;
    let alike = (first..URCS.len()).map_while(|place| Some((place, URCS.name(place).filter(|start| is_alike(start))?)));
    let found = alike.filter(|(_, start)| begins(line, start)).filter_map(|(place, _)| URCS.get(place));
    // The longer of two starts stands behind the other.
    let may_have = |urc: &Urc, more: usize| match urc.whole_line {
        true => more == 0,
        // `+CREG` alone is the name of a command.
        false => more > 0 || urc.values.is_empty(),
    };
    found.filter(|urc| may_have(urc, line.len() - urc.start.len())).last()
}

/// The line begins with `start`, and there the word ends.
fn begins(line: &[u8], start: &[u8]) -> bool {
    let is_letter = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    line.strip_prefix(start).is_some_and(|rest| !is_letter(rest.first()) || !is_letter(start.last()))
}

pub fn urcs() -> impl Iterator<Item = &'static Urc> {
    URCS.iter()
}

impl Urc {
    pub fn layouts(&'static self) -> &'static [Layout] {
        // The build script has read them: there is no error.
        self.layouts.get_or_init(|| self.read_layouts(&field).unwrap_or_default())
    }
}

/// Every module that Hayes brings along, sorted by id.
pub fn modules() -> impl Iterator<Item = &'static Module> {
    MODULES.iter()
}

pub fn module(id: &str) -> Option<&'static Module> {
    own().iter().find(|module| module.id.eq_ignore_ascii_case(id)).or_else(|| MODULES.named(id))
}

/// The module of this id, or else of this model.
pub fn known(name: &str) -> Option<&'static Module> {
    module(name).or_else(|| module_by_model(name))
}

/// The module that `AT+CGMM` names so: `SIMCOM_SIM7080G`, `LARA-R211-02B`, `BG95-M3`, `EG25`.
pub fn module_by_model(cgmm: &str) -> Option<&'static Module> {
    let model = cgmm.trim().trim_matches('"');
    let model = model.strip_prefix("SIMCOM_").unwrap_or(model);
    // The longest name is the most telling: LARA-R211 before LARA-R2*. Of two as long the last is taken, a person's.
    let own = own().iter().flat_map(|module| module.models.iter().map(move |name| (*name, Some(module))));
    let known = MODELS.names().map(|name| (name, None)).chain(own);
    match known.filter(|(name, _)| names(name, model)).max_by_key(|(name, _)| name.len())? {
        (_, Some(own)) => Some(own),
        (name, None) => MODULES.get(*MODELS.named(name)?.places.first()?),
    }
}

/// The module that a line names: `BG96`, `+CGMM: "BG95-M3"`, `Model: SIMCOM_SIM7600E-H`.
pub fn module_named_by(line: &str) -> Option<&'static Module> {
    module_by_model(line.split_once(':').map_or(line, |(_, said)| said))
}

/// `LARA-R211` names itself and its variants `LARA-R211-02B`; `BG95*` whatever begins with it.
fn names(name: &str, model: &str) -> bool {
    let (stem, open) = name.strip_suffix('*').map_or((name, false), |stem| (stem, true));
    let Some(head) = model.get(..stem.len()) else { return false };
    let next = model.as_bytes().get(stem.len());
    head.eq_ignore_ascii_case(stem) && (open || next.is_none_or(|next| !next.is_ascii_alphanumeric()))
}

impl Module {
    /// How closely what is said of this vendor, family or module id is said of this module: 0 is the module itself.
    pub fn distance(&self, scope: &str) -> Option<usize> {
        [self.id, self.family, self.vendor].iter().position(|own| *own == scope)
    }
}

/// The final result code that this whole line is, by its words.
pub fn result_code(line: &str) -> Option<&'static KnownResult> {
    RESULTS.named(line.trim())
}

pub(super) fn source_text(ids: &[&str]) -> String {
    // What no document is called is the file of a person's own module.
    let texts: Vec<&str> = ids.iter().map(|id| REFERENCES.named(id).map_or(*id, |reference| reference.text)).collect();
    texts.join("; ")
}
