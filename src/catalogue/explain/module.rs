//! A module by its name: how to talk to it, and what is special about it.

use super::{Explanation, Kind, Part};
use crate::at::Form;
use crate::catalogue::module::{Module, Note, module, module_by_model};

/// `BG96`, `LARA-R211-02B`, `SIMCOM_SIM7080G`, `quectel-bg96`
pub(super) fn by_name(name: &str) -> Option<Explanation> {
    module(name).or_else(|| module_by_model(name)).map(|module| about(name, module))
}

fn about(name: &str, module: &'static Module) -> Explanation {
    let title = format!("A module of {}: {}", module.vendor, module.technologies.join(", "));
    let mut explained = Explanation::new(name, Kind::Module, title).from(&module.source);
    let mut told = |commands: &[&str], what: &str| {
        explained.parts.extend(commands.iter().map(|command| Part::new(*command, "", what, None)));
    };
    told(&[module.iccid_command], "reads the SIM's ICCID");
    let registration: Vec<String> = module.registration_commands.iter().map(|command| format!("{command}?")).collect();
    told(&registration.iter().map(String::as_str).collect::<Vec<_>>(), "tells the registration");
    if let Some(roaming) = &module.roaming {
        told(&[roaming.set], "allows roaming");
        told(&[roaming.read], "tells whether it is allowed");
    }
    told(module.apn_commands, "sets the APN");
    told(&[module.reboot_command], "starts it anew");
    told(module.power_off_command.as_slice(), "switches it off");
    explained.notes.extend(start(module));
    explained.notes.extend(module.without_final.iter().map(without_final));
    explained.notes.extend(scan(module));
    explained.notes.extend(module.quirks.iter().chain(module.supersim).map(note));
    explained
}

/// How it starts, where that is known.
fn start(module: &Module) -> Option<String> {
    let says = module.boot.urcs.join(", ");
    let ready = module.boot.milliseconds.map(|time| f64::from(time) / 1000.0);
    match (ready, says.is_empty()) {
        (Some(ready), true) => Some(format!("It answers {ready} s after power-on.")),
        (Some(ready), false) => Some(format!("It answers {ready} s after power-on and says then: {says}.")),
        (None, false) => Some(format!("It says when it starts: {says}.")),
        (None, true) => None,
    }
}

fn without_final((command, form): &(&str, Form)) -> String {
    let sign = match form {
        Form::Test => "=?",
        Form::Read => "?",
        Form::Set => "=…",
        Form::Execute => "",
    };
    format!("{command}{sign} is answered without a final result code.")
}

fn scan(module: &Module) -> Option<String> {
    module.scan_abortable.map(|abortable| match abortable {
        true => "Any character aborts AT+COPS=?.".to_owned(),
        false => "AT+COPS=? goes on to its end: no character aborts it.".to_owned(),
    })
}

fn note(note: &Note) -> String {
    format!("{}{}", note.text, if note.confirmed { "" } else { " (not confirmed)" })
}
