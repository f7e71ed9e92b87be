//! A person's own modules: files in the form of `data/modules/`, read when the program starts. They are looked at before
//! the modules that Hayes knows, so that one of the same name takes its place.

use std::sync::OnceLock;

use serde::Deserialize;

use super::field::Source;
use super::module::{Boot, Module, Note, Setting};
use crate::at::Form;

static OWN: OnceLock<Vec<Module>> = OnceLock::new();

/// A file, as a person writes it. What is not said is not known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OwnModule {
    id: Option<String>,
    vendor: String,
    family: Option<String>,
    models: Vec<String>,
    manufacturer: Option<String>,
    #[serde(default)]
    technologies: Vec<String>,
    iccid: String,
    registration: Vec<String>,
    roaming: Option<OwnSetting>,
    #[serde(default)]
    apn: Vec<String>,
    reboot: String,
    power_off: Option<String>,
    #[serde(default)]
    boot_urcs: Vec<String>,
    boot_seconds: Option<f64>,
    scan_abortable: Option<bool>,
    #[serde(default)]
    act_8_is_lte_m: bool,
    #[serde(default)]
    without_final: Vec<String>,
    #[serde(default)]
    quirks: Vec<String>,
    #[serde(default)]
    supersim: Vec<String>,
    #[serde(default)]
    source: Vec<String>,
    #[serde(default)]
    status: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnSetting {
    read: String,
    set: String,
    #[serde(default)]
    source: Vec<String>,
}

/// Reads a file of this name; the error says what is wrong with it, in one paragraph.
pub fn read(file: &str, text: &str) -> Result<Module, String> {
    let own: OwnModule = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    if own.models.iter().all(String::is_empty) {
        return Err("`models` names no model: write it as AT+CGMM answers it, `models = [\"BG95*\"]`".to_owned());
    }
    let commands = own.registration.iter().chain([&own.iccid, &own.reboot]).chain(&own.power_off).chain(&own.apn);
    let commands = commands.chain(own.roaming.iter().flat_map(|roaming| [&roaming.read, &roaming.set]));
    for command in commands.chain(&own.without_final) {
        if !command.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("AT")) {
            return Err(format!("`{command}` is no command: it is written whole, `AT+CEREG`"));
        }
    }
    if own.registration.is_empty() {
        return Err("`registration` names no command: `registration = [\"AT+CEREG\"]`".to_owned());
    }
    let confirmed = match own.status.as_deref() {
        None | Some("unconfirmed") => false,
        Some("confirmed") => true,
        Some(other) => return Err(format!("`status = \"{other}\"`: it is `confirmed` or `unconfirmed`")),
    };
    if own.boot_seconds.is_some_and(|seconds| !(0.0..=600.0).contains(&seconds)) {
        return Err("`boot-seconds` is a number of seconds up to 600".to_owned());
    }
    let source = |named: &[String]| {
        let text = if named.is_empty() { file.to_owned() } else { named.join(", ") };
        Source { text: leak(text), confirmed }
    };
    let id = own.id.unwrap_or_else(|| file.rsplit(['/', '\\']).next().unwrap_or(file).replace(".toml", ""));
    let (vendor, id) = (leak(own.vendor), leak(id));
    Ok(Module {
        id,
        vendor,
        family: own.family.map_or(id, leak),
        models: leak_all(own.models),
        manufacturer: own.manufacturer.map_or(vendor, leak),
        technologies: leak_all(own.technologies),
        iccid_command: leak(own.iccid),
        registration_commands: leak_all(own.registration),
        roaming: own.roaming.map(|OwnSetting { read, set, source: named }| Setting {
            read: leak(read),
            set: leak(set),
            source: source(&named),
        }),
        apn_commands: leak_all(own.apn),
        reboot_command: leak(own.reboot),
        power_off_command: own.power_off.map(leak),
        boot: Boot {
            urcs: leak_all(own.boot_urcs),
            milliseconds: own.boot_seconds.map(|seconds| (seconds * 1000.0).round() as u32),
        },
        scan_abortable: own.scan_abortable,
        act_8_is_lte_m: own.act_8_is_lte_m,
        without_final: leak_list(own.without_final.into_iter().map(|line| match line.strip_suffix('?') {
            Some(name) => (leak(name.to_owned()), Form::Read),
            None => (leak(line), Form::Execute),
        })),
        quirks: notes(own.quirks),
        supersim: notes(own.supersim),
        source: source(&own.source),
    })
}

/// Makes them known, once in a program's life and before anything is looked up.
pub fn install(modules: Vec<Module>) {
    let _ = OWN.set(modules);
}

/// All that were made known.
pub(super) fn own() -> &'static [Module] {
    OWN.get().map_or(&[], Vec::as_slice)
}

/// They are read once and live as long as the program.
fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn leak_list<T>(list: impl Iterator<Item = T>) -> &'static [T] {
    Box::leak(list.collect::<Vec<_>>().into_boxed_slice())
}

fn leak_all(texts: Vec<String>) -> &'static [&'static str] {
    leak_list(texts.into_iter().map(leak))
}

fn notes(texts: Vec<String>) -> &'static [Note] {
    leak_list(texts.into_iter().map(|text| match text.strip_suffix(" (unconfirmed)") {
        Some(known) => Note { text: leak(known.to_owned()), confirmed: false },
        None => Note { text: leak(text), confirmed: true },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "vendor = 'Acme'\nmodels = ['ACME-1*']\niccid = 'AT+CCID'\nregistration = ['AT+CEREG']\nreboot = 'AT+CFUN=1,1'\n";

    #[test]
    fn a_file_of_five_lines() {
        let module = read("modules/acme-1.toml", FILE).unwrap();
        assert_eq!((module.id, module.family, module.manufacturer), ("acme-1", "acme-1", "Acme"));
        assert_eq!((module.source.text, module.source.confirmed), ("modules/acme-1.toml", false));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            (FILE.replace("'AT+CCID'", "'CCID'"), "`CCID` is no command"),
            (FILE.replace("['ACME-1*']", "[]"), "`models` names no model"),
            (FILE.replace("['AT+CEREG']", "[]"), "`registration` names no command"),
            (format!("{FILE}status = 'sure'"), "`status = \"sure\"`"),
            (format!("{FILE}boot-seconds = -1.0"), "`boot-seconds`"),
            (format!("{FILE}icid = 'AT'"), "TOML parse error at line 6"),
        ] {
            let said = read("x.toml", &text).unwrap_err();
            assert!(said.contains(error), "{said}");
        }
    }
}
