//! A module by its name: how to talk to it, and what is special about it.

use super::{Explanation, Kind, Part};
use crate::catalogue::entry::{Module, note};
use crate::catalogue::{module, module_by_model};

/// `BG96`, `LARA-R211-02B`, `SIMCOM_SIM7080G`, `quectel-bg96`
pub(super) fn by_name(name: &str) -> Option<Explanation> {
    module(name).or_else(|| module_by_model(name)).map(|module| about(name, module))
}

fn about(name: &str, module: &'static Module) -> Explanation {
    let title = format!("A module of {}: {}", module.vendor, module.technologies.join(", "));
    let mut explained = Explanation::new(name, Kind::Module, title).from(&module.source, module.status);
    let mut told = |commands: &[&str], what: &str| {
        explained.parts.extend(commands.iter().map(|command| Part::new(*command, "", what, None)));
    };
    told(&[module.iccid], "reads the SIM's ICCID");
    let registration: Vec<String> = module.registration.iter().map(|command| format!("{command}?")).collect();
    told(&registration.iter().map(String::as_str).collect::<Vec<_>>(), "tells the registration");
    if let Some(roaming) = &module.roaming {
        told(&[roaming.set], "allows roaming");
        told(&[roaming.read], "tells whether it is allowed");
    }
    told(&module.apn, "sets the APN");
    told(&[module.reboot], "starts it anew");
    told(module.power_off.as_slice(), "switches it off");
    explained.notes.extend(start(module));
    explained
        .notes
        .extend(module.without_final.iter().map(|line| format!("{line} is answered without a final result code.")));
    explained.notes.extend(scan(module));
    explained.notes.extend(module.quirks.iter().chain(&module.supersim).map(|text| {
        let (text, is_confirmed) = note(text);
        format!("{text}{}", if is_confirmed { "" } else { " (not confirmed)" })
    }));
    explained
}

/// How it starts, where that is known.
fn start(module: &Module) -> Option<String> {
    let says = module.boot_urcs.join(", ");
    let ready = module.boot_seconds;
    match (ready, says.is_empty()) {
        (Some(ready), true) => Some(format!("It answers {ready} s after power-on.")),
        (Some(ready), false) => Some(format!("It answers {ready} s after power-on and says then: {says}.")),
        (None, false) => Some(format!("It says when it starts: {says}.")),
        (None, true) => None,
    }
}

fn scan(module: &Module) -> Option<String> {
    module.scan_abortable.map(|abortable| match abortable {
        true => "Any character aborts AT+COPS=?.".to_owned(),
        false => "AT+COPS=? goes on to its end: no character aborts it.".to_owned(),
    })
}
