//! A module by its name: how to talk to it, and what is special about it.

use super::{ExplainedPart, Explanation, Kind};
use crate::catalogue::entry::{Module, note};
use crate::catalogue::lookup::known;

/// `BG96`, `LARA-R211-02B`, `SIMCOM_SIM7080G`, `quectel-bg96`
pub(super) fn by_name(name: &str) -> Option<Explanation> {
    known(name).map(|module| about(name, module))
}

fn about(name: &str, module: &'static Module) -> Explanation {
    let title = format!("A module of {}: {}", module.vendor, module.technologies.join(", "));
    let mut explained = Explanation::new(name, Kind::Module, title).from(&module.source, module.status);
    let mut told = |commands: &[&str], what: &str| {
        explained.parts.extend(commands.iter().map(|command| ExplainedPart::new(*command, "", what, None)));
    };
    told(&[module.iccid], "reads the SIM's ICCID");
    let registration: Vec<String> = module.registration.iter().map(|command| format!("{command}?")).collect();
    told(&registration.iter().map(String::as_str).collect::<Vec<_>>(), "tells the registration");
    for setting in module.settings() {
        told(&[setting.set], setting.what);
        told(&[setting.read], "tells whether it is so");
    }
    let apn: Vec<&str> =
        module.apn.iter().copied().filter(|line| module.stack.iter().all(|own| own.set != *line)).collect();
    told(&apn, "sets the APN");
    told(&module.data_up, "brings its IP stack up");
    let single = [
        (module.ping, "pings"),
        (module.data_down, "takes its IP stack down"),
        (module.address, "tells its address"),
        (module.cell, "tells of the serving cell"),
        (module.neighbours, "tells of the cells beside it"),
        (module.bands, "tells on which bands it looks"),
        (module.reboot, "starts it anew"),
    ];
    single.into_iter().filter(|(command, _)| !command.is_empty()).for_each(|(command, what)| told(&[command], what));
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
