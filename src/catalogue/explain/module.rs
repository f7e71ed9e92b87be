//! A module by its name: how to talk to it, and what is special about it.

use super::{ExplainedPart, Explanation, Kind};
use crate::catalogue::entry::{Confirmation, Module, note};
use crate::catalogue::lookup::known;

/// `BG96`, `LARA-R211-02B`, `SIMCOM_SIM7080G`, `quectel-bg96`
pub(super) fn by_name(name: &str) -> Option<Explanation> {
    let module = known(name)?;
    let title = format!("A module of {}: {}", module.vendor, module.technologies.join(", "));
    let mut explained = Explanation::new(name, Kind::Module, title).from(&module.source, module.status);
    let mark = |sure: bool| if sure { "" } else { " (not confirmed)" };
    let sure = |fact: &str| mark(!module.recalled.contains(&fact));
    let mut told = |commands: &[&str], what: &str, mark: &str| {
        let what = format!("{what}{mark}");
        explained.parts.extend(commands.iter().map(|command| ExplainedPart::new(*command, "", what.as_str(), None)));
    };
    told(&[module.iccid], "reads the SIM's ICCID", sure("iccid"));
    let registration: Vec<String> = module.registration.iter().map(|command| format!("{command}?")).collect();
    let registration: Vec<&str> = registration.iter().map(String::as_str).collect();
    told(&registration, "tells the registration", sure("registration"));
    for setting in module.settings() {
        let mark = mark(setting.status == Confirmation::Confirmed || module.status == Confirmation::Unconfirmed);
        told(&[setting.set], setting.what, mark);
        told(&[setting.read], "tells whether it is so", mark);
    }
    let apn: Vec<&str> =
        module.apn.iter().copied().filter(|line| module.stack.iter().all(|own| own.set != *line)).collect();
    told(&apn, "sets the APN", sure("apn"));
    told(&module.data_up, "brings its IP stack up", sure("data-up"));
    let single = [
        ("ping", module.ping, "pings"),
        ("data-down", module.data_down, "takes its IP stack down"),
        ("address", module.address, "tells its address"),
        ("cell", module.cell, "tells of the serving cell"),
        ("neighbours", module.neighbours, "tells of the cells beside it"),
        ("bands", module.bands, "tells on which bands it looks"),
        ("reboot", module.reboot, "starts it anew"),
        ("power-off", module.power_off.unwrap_or_default(), "switches it off"),
    ];
    let known = single.into_iter().filter(|(_, command, _)| !command.is_empty());
    known.for_each(|(fact, command, what)| told(&[command], what, sure(fact)));
    explained.notes.extend(start(module).map(|note| note + sure("boot-urcs")));
    explained
        .notes
        .extend(module.without_final.iter().map(|line| format!("{line} is answered without a final result code.")));
    explained.notes.extend(scan(module).map(|note| note + sure("scan-abortable")));
    explained.notes.extend(module.quirks.iter().chain(&module.supersim).map(|text| {
        let (text, is_confirmed) = note(text);
        format!("{text}{}", mark(is_confirmed))
    }));
    Some(explained)
}

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
