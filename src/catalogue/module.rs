//! Modules: how they say who they are, how they start, and what is special about each.

use super::data::MODULES;
use super::field::Source;
use super::own::own;
use crate::at::Form;

#[derive(Debug)]
pub struct Module {
    /// `quectel-bg96`
    pub id: &'static str,
    pub vendor: &'static str,
    /// `BG9x`
    pub family: &'static str,
    /// As `AT+CGMM` says it, without the vendor's prefix; a name may end in `*`
    pub models: &'static [&'static str],
    /// As `AT+CGMI` says it
    pub manufacturer: &'static str,
    pub technologies: &'static [&'static str],
    /// The command that reads the SIM's ICCID
    pub iccid_command: &'static str,
    /// The commands that tell the registration, the more telling first: `AT+CEREG`, `AT+CGREG`, `AT+CREG`
    pub registration_commands: &'static [&'static str],
    /// What allows roaming, where it must be allowed
    pub roaming: Option<Setting>,
    pub apn_commands: &'static [&'static str],
    pub reboot_command: &'static str,
    pub power_off_command: Option<&'static str>,
    pub boot: Boot,
    /// A character ends `AT+COPS=?` before its time
    pub scan_abortable: Option<bool>,
    /// The access technology 8 means LTE-M here, not EC-GSM-IoT
    pub act_8_is_lte_m: bool,
    /// Commands, each in one of its forms, that send no final result code here
    pub without_final: &'static [(&'static str, Form)],
    /// What else to know, a sentence each
    pub quirks: &'static [Note],
    pub supersim: &'static [Note],
    pub source: Source,
}

/// A command that asks, one that sets, and what a good answer begins with.
#[derive(Debug)]
pub struct Setting {
    pub read: &'static str,
    pub set: &'static str,
    pub source: Source,
}

/// How the module starts.
#[derive(Debug)]
pub struct Boot {
    /// What it says by itself, in order
    pub urcs: &'static [&'static str],
    /// From power-on to the first answer, where that is known
    pub milliseconds: Option<u32>,
}

#[derive(Debug)]
pub struct Note {
    pub text: &'static str,
    pub confirmed: bool,
}

impl Module {
    /// How closely what is said of this vendor, family or module id is said of this module: 0 is the module itself.
    pub fn distance(&self, scope: &str) -> Option<usize> {
        [self.id, self.family, self.vendor].iter().position(|own| *own == scope)
    }
}

/// Every module that Hayes brings along, sorted by id.
pub fn modules() -> &'static [Module] {
    MODULES
}

/// The module of this id.
pub fn module(id: &str) -> Option<&'static Module> {
    own().iter().chain(MODULES).find(|module| module.id.eq_ignore_ascii_case(id))
}

/// The module that `AT+CGMM` names so: `SIMCOM_SIM7080G`, `LARA-R211-02B`, `BG95-M3`, `EG25`.
pub fn module_by_model(cgmm: &str) -> Option<&'static Module> {
    let model = cgmm.trim().trim_matches('"');
    let model = model.strip_prefix("SIMCOM_").unwrap_or(model);
    // The longest name that the model begins with is the most telling: LARA-R211 before LARA-R2*. Of two that are as long
    // the last is taken, a person's own.
    MODULES
        .iter()
        .chain(own())
        .flat_map(|module| module.models.iter().map(move |name| (module, *name)))
        .filter(|(_, name)| names(name, model))
        .max_by_key(|(_, name)| name.len())
        .map(|(module, _)| module)
}

/// The module that a line of the answer to a command names which tells who the modem is: `BG96`, `+CGMM: "BG95-M3"`,
/// `Model: SIMCOM_SIM7600E-H`.
pub fn module_named_by(line: &str) -> Option<&'static Module> {
    module_by_model(line.split_once(':').map_or(line, |(_, said)| said))
}

/// `LARA-R211` names itself and its variants `LARA-R211-02B`; `BG95*` whatever begins with it.
fn names(name: &str, model: &str) -> bool {
    let (stem, open) = match name.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (name, false),
    };
    let Some(head) = model.get(..stem.len()) else { return false };
    let next = model.as_bytes().get(stem.len());
    head.eq_ignore_ascii_case(stem) && (open || next.is_none_or(|next| !next.is_ascii_alphanumeric()))
}
