//! Checks errors, URCs, modules and result codes, and writes them as Rust.

use std::collections::BTreeSet;

use crate::tables::{ErrorCode, Module, ResultCode, Texts, Urc};
use crate::write::{Result, Writer, pair, place};

impl Writer<'_> {
    pub fn error(&mut self, error: &ErrorCode, series: &str) -> Result<String> {
        if error.text.trim().is_empty() {
            return Err("it has no text".to_owned());
        }
        let mut also = Vec::new();
        for entry in &error.also {
            let (whose, meaning) = pair(entry)?;
            also.push(format!("({whose:?}, {meaning:?})"));
        }
        let mut advice_for = Vec::new();
        for entry in &error.advice_for {
            let (scope, advice) = pair(entry)?;
            self.scope(scope)?;
            advice_for.push(format!("({scope:?}, {advice:?})"));
        }
        let source = self.source(&error.source, error.status)?;
        Ok(format!(
            "ErrorCode {{ series: Series::{series}, code: {}, text: {:?}, other_texts: &{:?}, also: &[{}], range: {:?}, advice: {:?}, advice_for: &[{}], source: {source} }}",
            error.code,
            error.text,
            error.others,
            also.join(", "),
            error.range,
            error.advice,
            advice_for.join(", "),
        ))
    }

    pub fn urc(&mut self, urc: &Urc, commands: &BTreeSet<&str>) -> Result<String> {
        if urc.start.ends_with(':') || urc.start.is_empty() {
            return Err("a start is written without its colon".to_owned());
        }
        let answers = match urc.answers.as_deref() {
            Some(name) => {
                let place = place(name, commands).ok_or_else(|| format!("there is no command '{name}'"))?;
                format!("Some(&COMMANDS[{place}])")
            }
            None => "None".to_owned(),
        };
        if urc.whole_line && urc.values.is_some() {
            return Err("it is the whole line, and has values".to_owned());
        }
        let mut used = BTreeSet::new();
        let mut layouts = Vec::new();
        for values in urc.values.as_ref().map(Texts::list).unwrap_or_default() {
            layouts.push(self.layout(values, &urc.fields, &mut used)?);
        }
        if let Some(field) = urc.fields.iter().find(|field| !used.contains(&field.name)) {
            return Err(format!("no layout uses its field '{}'", field.name));
        }
        let source = self.source(&urc.source, urc.status)?;
        Ok(format!(
            "Urc {{ start: {:?}, title: {:?}, about: {:?}, when: {:?}, layouts: &[{}], whole_line: {}, body_lines: {}, starts: {}, answers: {answers}, vendors: &{:?}, source: {source} }}",
            urc.start,
            urc.title,
            urc.about,
            urc.when,
            layouts.join(", "),
            urc.whole_line,
            urc.body,
            urc.starts,
            urc.vendors,
        ))
    }

    pub fn module(&mut self, module: &Module, commands: &BTreeSet<&str>) -> Result<String> {
        let known = |line: &str| {
            let name = line.split(['=', '?']).next().unwrap_or(line);
            let name = if commands.contains(line) { line } else { name };
            if commands.contains(name) { Ok(()) } else { Err(format!("there is no command '{name}'")) }
        };
        for line in module
            .registration
            .iter()
            .chain([&module.iccid, &module.reboot])
            .chain(&module.power_off)
            .chain(&module.apn)
        {
            known(line)?;
        }
        if module.models.is_empty() {
            return Err("it has no model name".to_owned());
        }
        let roaming = match &module.roaming {
            None => "None".to_owned(),
            Some(setting) => {
                known(&setting.read)?;
                known(&setting.set)?;
                let source = self.source(&setting.source, setting.status)?;
                format!("Some(Setting {{ read: {:?}, set: {:?}, source: {source} }})", setting.read, setting.set)
            }
        };
        let notes = |notes: &[String]| {
            let notes: Vec<String> = notes
                .iter()
                .map(|note| match note.strip_suffix(" (unconfirmed)") {
                    Some(text) => format!("Note {{ text: {text:?}, confirmed: false }}"),
                    None => format!("Note {{ text: {note:?}, confirmed: true }}"),
                })
                .collect();
            notes.join(", ")
        };
        let without_final: Result<Vec<String>> = module
            .without_final
            .iter()
            .map(|line| {
                known(line)?;
                let (name, form) = match line.strip_suffix('?') {
                    Some(name) => (name, "Read"),
                    None => (line.as_str(), "Execute"),
                };
                Ok(format!("({name:?}, Form::{form})"))
            })
            .collect();
        let milliseconds = module.boot_seconds.map(|seconds| (seconds * 1000.0).round() as u32);
        let source = self.source(&module.source, module.status)?;
        Ok(format!(
            "Module {{ id: {:?}, vendor: {:?}, family: {:?}, models: &{:?}, manufacturer: {:?}, technologies: &{:?}, \
             iccid_command: {:?}, registration_commands: &{:?}, roaming: {roaming}, apn_commands: &{:?}, reboot_command: {:?}, \
             power_off_command: {:?}, boot: Boot {{ urcs: &{:?}, milliseconds: {milliseconds:?} }}, scan_abortable: {:?}, \
             act_8_is_lte_m: {}, without_final: &[{}], quirks: &[{}], supersim: &[{}], source: {source} }}",
            module.id,
            module.vendor,
            module.family,
            module.models,
            module.manufacturer,
            module.technologies,
            module.iccid,
            module.registration,
            module.apn,
            module.reboot,
            module.power_off,
            module.boot_urcs,
            module.scan_abortable,
            module.act_8_is_lte_m,
            without_final?.join(", "),
            notes(&module.quirks),
            notes(&module.supersim),
        ))
    }

    pub fn result(&mut self, result: &ResultCode, commands: &BTreeSet<&str>) -> Result<String> {
        if let Some(command) = result.commands.iter().find(|command| !commands.contains(command.as_str())) {
            return Err(format!("there is no command '{command}'"));
        }
        let source = self.source(&result.source, result.status)?;
        Ok(format!(
            "KnownResult {{ text: {:?}, number: {:?}, meaning: {:?}, advice: {:?}, success: {}, commands: &{:?}, vendors: &{:?}, source: {source} }}",
            result.text, result.number, result.meaning, result.advice, result.success, result.commands, result.vendors,
        ))
    }
}
