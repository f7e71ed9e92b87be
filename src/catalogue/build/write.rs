//! Checks the data and writes it as Rust.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use crate::layout;
use crate::read::Data;
use crate::tables::{
    Case, Command, Danger, ErrorCode, Field, MaxTime, Module, Prompt, ResultCode, Status, Texts, Unit, Urc, Values,
};

type Result<T> = std::result::Result<T, String>;

/// The whole generated file.
pub fn rust(data: &Data) -> Result<String> {
    let mut writer = Writer {
        sources: unique("sources.toml", data.sources.iter().map(|source| (source.id.as_str(), source.text.as_str())))?,
        enumerations: unique(
            "enumerations.toml",
            data.enumerations.iter().map(|enumeration| (enumeration.id.as_str(), enumeration.values.as_slice())),
        )?,
        units: unique("units.toml", data.units.iter().map(|unit| (unit.id.as_str(), ())))?,
        shared: unique("fields.toml", data.fields.iter().map(|field| (field.name.as_str(), field)))?,
        scopes: data
            .modules
            .iter()
            .flat_map(|module| [module.id.as_str(), module.family.as_str(), module.vendor.as_str()])
            .collect(),
        used: BTreeSet::new(),
        written: HashMap::new(),
        statics: String::new(),
    };
    let mut body = String::new();
    table(&mut body, "UNITS", "Unit", data.units.iter().map(|unit| (unit.id.clone(), writer.unit(unit))))?;
    table(
        &mut body,
        "COMMANDS",
        "Command",
        data.commands.iter().map(|(group, command)| {
            let key = command.name.strip_prefix("AT").unwrap_or(&command.name).to_uppercase();
            (key, writer.command(group, command))
        }),
    )?;
    let errors = |errors: &[ErrorCode], series: &str, writer: &mut Writer| -> Vec<(String, Result<String>)> {
        errors.iter().map(|error| (format!("{:05}", error.code), writer.error(error, series))).collect()
    };
    table(&mut body, "CME_ERRORS", "ErrorCode", errors(&data.cme, "Equipment", &mut writer).into_iter())?;
    table(&mut body, "CMS_ERRORS", "ErrorCode", errors(&data.cms, "Message", &mut writer).into_iter())?;
    let commands: BTreeSet<&str> = data.commands.iter().map(|(_, command)| command.name.as_str()).collect();
    table(&mut body, "URCS", "Urc", data.urcs.iter().map(|urc| (urc.start.clone(), writer.urc(urc, &commands))))?;
    parents(&mut body, &data.urcs);
    table(
        &mut body,
        "MODULES",
        "Module",
        data.modules.iter().map(|module| (module.id.clone(), writer.module(module, &commands))),
    )?;
    table(
        &mut body,
        "RESULT_CODES",
        "KnownResult",
        data.results.iter().map(|result| (result.text.clone(), writer.result(result, &commands))),
    )?;
    let anywhere: Vec<String> = data
        .results
        .iter()
        .filter(|result| result.anywhere)
        .map(|result| format!("({:?}, {})", result.text, result.success))
        .collect();
    let _ = writeln!(body, "pub(super) static VENDOR_FINALS: &[(&str, bool)] = &[{}];", anywhere.join(", "));
    writer.all_used(data)?;
    Ok(format!("{}{body}", writer.statics))
}

/// A map that refuses a key that stands twice.
fn unique<'a, T>(file: &str, entries: impl Iterator<Item = (&'a str, T)>) -> Result<BTreeMap<&'a str, T>> {
    let mut map = BTreeMap::new();
    for (key, value) in entries {
        if map.insert(key, value).is_some() {
            return Err(format!("{file}: '{key}' stands twice"));
        }
    }
    Ok(map)
}

/// A static slice, sorted by key; a key that stands twice is an error. All errors of a table are told at once.
fn table(
    body: &mut String,
    name: &str,
    kind: &str,
    entries: impl Iterator<Item = (String, Result<String>)>,
) -> Result<()> {
    let mut sorted = BTreeMap::new();
    let mut wrong = Vec::new();
    for (key, rust) in entries {
        match rust {
            Err(error) => wrong.push(format!("{}: '{key}': {error}", name.to_lowercase())),
            Ok(_) if sorted.contains_key(&key) => {
                wrong.push(format!("{}: '{key}' stands twice", name.to_lowercase()));
            }
            Ok(rust) => {
                sorted.insert(key, rust);
            }
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    let _ = writeln!(body, "pub(super) static {name}: &[{kind}] = &[");
    for rust in sorted.values() {
        let _ = writeln!(body, "{rust},");
    }
    let _ = writeln!(body, "];");
    Ok(())
}

/// For each URC the one whose start is the longest proper beginning of its own start.
fn parents(body: &mut String, urcs: &[Urc]) {
    let starts: BTreeSet<&str> = urcs.iter().map(|urc| urc.start.as_str()).collect();
    let sorted: Vec<&str> = starts.into_iter().collect();
    let parent = |start: &str| {
        let candidates = sorted.iter().enumerate().filter(|(_, other)| **other != start && start.starts_with(**other));
        candidates.max_by_key(|(_, other)| other.len()).map(|(index, _)| index)
    };
    let parents: Vec<String> = sorted.iter().map(|start| format!("{:?}", parent(start))).collect();
    let _ = writeln!(body, "pub(super) static URC_PARENTS: &[Option<usize>] = &[{}];", parents.join(", "));
}

struct Writer<'a> {
    sources: BTreeMap<&'a str, &'a str>,
    enumerations: BTreeMap<&'a str, &'a [String]>,
    units: BTreeMap<&'a str, ()>,
    shared: BTreeMap<&'a str, &'a Field>,
    /// Vendors, families and ids: what a maximum time may be said of
    scopes: BTreeSet<&'a str>,
    /// What was referred to, by file and id: all of the shared data must be
    used: BTreeSet<(&'static str, String)>,
    /// The literal of a field → its static's name
    written: HashMap<String, String>,
    statics: String,
}

impl Writer<'_> {
    /// Shared data that nothing refers to is left over from something: an error.
    fn all_used(&self, data: &Data) -> Result<()> {
        let left = |file: &'static str, id: &str| {
            (!self.used.contains(&(file, id.to_owned()))).then(|| format!("{file}: nothing uses '{id}'"))
        };
        let mut wrong: Vec<String> = Vec::new();
        wrong.extend(data.sources.iter().filter_map(|source| left("sources.toml", &source.id)));
        wrong.extend(data.enumerations.iter().filter_map(|enumeration| left("enumerations.toml", &enumeration.id)));
        wrong.extend(data.units.iter().filter_map(|unit| left("units.toml", &unit.id)));
        wrong.extend(data.fields.iter().filter_map(|field| left("fields.toml", &field.name)));
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    fn source(&mut self, ids: &[String], status: Status) -> Result<String> {
        if ids.is_empty() {
            return Err("it has no source".to_owned());
        }
        let mut texts = Vec::new();
        for id in ids {
            let text = self.sources.get(id.as_str()).ok_or_else(|| format!("there is no source '{id}'"))?;
            self.used.insert(("sources.toml", id.clone()));
            texts.push(*text);
        }
        let confirmed = status == Status::Confirmed;
        Ok(format!("Source {{ text: {:?}, confirmed: {confirmed} }}", texts.join("; ")))
    }

    fn unit(&mut self, unit: &Unit) -> Result<String> {
        if unit.range[0] > unit.range[1] {
            return Err("its range is empty".to_owned());
        }
        let mut grades = Vec::new();
        let mut previous = i64::MAX;
        for grade in &unit.grades {
            let (bound, word) = pair(grade)?;
            let bound: i64 = bound.parse().map_err(|_| format!("'{grade}': the bound is no number"))?;
            if bound >= previous {
                return Err("its grades must fall".to_owned());
            }
            previous = bound;
            grades.push(format!("({bound}, {word:?})"));
        }
        let source = self.source(&unit.source, unit.status)?;
        Ok(format!(
            "Unit {{ id: {:?}, symbol: {:?}, scale: {}, offset: {}, range: ({}, {}), open_ends: {}, grades: &[{}], source: {source} }}",
            unit.id,
            unit.symbol,
            unit.scale,
            unit.offset,
            unit.range[0],
            unit.range[1],
            unit.open_ends,
            grades.join(", "),
        ))
    }

    /// The name of the static that holds this field.
    fn field(&mut self, field: &Field) -> Result<String> {
        let name = &field.name;
        words(name, "a field's name")?;
        let given;
        let values: &[String] = match &field.values {
            None => &[],
            Some(Values::Given(values)) => {
                given = values.clone();
                &given
            }
            Some(Values::Named(id)) => {
                self.used.insert(("enumerations.toml", id.clone()));
                self.enumerations.get(id.as_str()).ok_or_else(|| format!("'{name}': there is no enumeration '{id}'"))?
            }
        };
        let mut seen = BTreeSet::new();
        let mut literals = Vec::new();
        for value in values {
            let (value, meaning) = pair(value)?;
            if !seen.insert(value.to_owned()) {
                return Err(format!("'{name}': the value '{value}' stands twice"));
            }
            let (meaning, confirmed) = match meaning.strip_suffix(" (unconfirmed)") {
                Some(meaning) => (meaning, false),
                None => (meaning, true),
            };
            literals.push(format!("Value {{ value: {value:?}, meaning: {meaning:?}, confirmed: {confirmed} }}"));
        }
        let numbers = !seen.is_empty() && seen.iter().all(|value| value.parse::<i64>().is_ok());
        let kind = match field.kind.as_deref() {
            None if numbers || field.unit.is_some() => "Number",
            None if !seen.is_empty() => "Text",
            None => "Any",
            Some(kind) => kind_name(kind).ok_or_else(|| format!("'{name}': there is no kind '{kind}'"))?,
        };
        let unit = match &field.unit {
            None => "None".to_owned(),
            Some(id) => {
                if !self.units.contains_key(id.as_str()) {
                    return Err(format!("'{name}': there is no unit '{id}'"));
                }
                self.used.insert(("units.toml", id.clone()));
                let index = self.units.keys().position(|known| *known == id).unwrap_or_default();
                format!("Some(&UNITS[{index}])")
            }
        };
        if field.what.trim().is_empty() {
            return Err(format!("'{name}': it does not say what it is"));
        }
        let closed = !seen.is_empty() && field.unit.is_none() && !field.open;
        let literal = format!(
            "Field {{ name: {name:?}, what: {:?}, kind: Kind::{kind}, values: &[{}], closed: {closed}, unit: {unit}, brief: {} }}",
            field.what,
            literals.join(", "),
            field.brief,
        );
        if let Some(known) = self.written.get(&literal) {
            return Ok(known.clone());
        }
        let known = format!("FIELD_{}", self.written.len());
        let _ = writeln!(self.statics, "static {known}: Field = {literal};");
        self.written.insert(literal, known.clone());
        Ok(known)
    }

    /// A layout whose names are the entry's own fields, or else the shared ones.
    fn layout(&mut self, text: &str, own: &[Field], used: &mut BTreeSet<String>) -> Result<String> {
        let layout = layout::layout(text)?;
        let mut fields = Vec::new();
        for name in &layout.names {
            let field = match own.iter().find(|field| field.name == *name) {
                Some(field) => {
                    used.insert(name.clone());
                    field.clone()
                }
                None => {
                    self.used.insert(("fields.toml", name.clone()));
                    (*self.shared.get(name.as_str()).ok_or_else(|| format!("'{text}': there is no field '{name}'"))?)
                        .clone()
                }
            };
            fields.push(format!("&{}", self.field(&field)?));
        }
        Ok(format!(
            "Layout {{ fields: &[{}], counts: {:#b}, repeats_from: {:?}, groups: {} }}",
            fields.join(", "),
            layout.counts,
            layout.repeats_from,
            layout.groups,
        ))
    }

    /// A command of one type. `answers`: `bare: text`, `header: …`, `counted 1: …`, `ranges`, `lines`, a layout, nothing.
    fn usage(
        &mut self,
        command: &Command,
        parameters: &str,
        answers: Option<&Texts>,
        used: &mut BTreeSet<String>,
    ) -> Result<String> {
        let own = &command.fields;
        let taken = self.layout(parameters, own, used)?;
        let mut shape = "None".to_owned();
        let mut ranges = false;
        let mut layouts = Vec::new();
        for answer in answers.map(Texts::list).unwrap_or_default() {
            let (marker, rest) = match answer.split_once(':') {
                Some((marker, rest)) => (marker.trim(), rest.trim()),
                None if matches!(answer, "ranges" | "lines" | "unknown" | "bare" | "header") => (answer, ""),
                None => ("", answer),
            };
            let marked = match marker.split_once(' ').unwrap_or((marker, "")) {
                ("", "") if rest.is_empty() => continue,
                ("", "") | ("lines", "") => "Prefixed".to_owned(),
                ("ranges", "") => {
                    ranges = true;
                    "Prefixed".to_owned()
                }
                ("none", "") => "None".to_owned(),
                ("unknown", "") => "Unknown".to_owned(),
                ("bare", "") => "Bare".to_owned(),
                ("header", "") => "HeaderAndBody".to_owned(),
                (counted @ ("counted" | "counted-quoted"), index) => {
                    let index: usize = index.parse().map_err(|_| format!("'{answer}': which parameter counts?"))?;
                    format!("Counted {{ parameter: {index}, quoted: {} }}", counted == "counted-quoted")
                }
                _ => return Err(format!("'{answer}': there is no shape '{marker}'")),
            };
            shape = marked;
            let rest = if marker == "ranges" && rest.is_empty() { parameters } else { rest };
            if !rest.is_empty() {
                layouts.push(self.layout(rest, own, used)?);
            }
        }
        let general = command.name.split('=').next().unwrap_or(&command.name);
        let prefix = match command.prefix.as_deref() {
            Some("") => "None".to_owned(),
            Some(prefix) => format!("Some({prefix:?})"),
            None if shape == "Bare" => "None".to_owned(),
            None => match general.strip_prefix("AT") {
                Some(name) if name.starts_with(|first: char| "+#%!^$*".contains(first)) => format!("Some({name:?})"),
                _ => "None".to_owned(),
            },
        };
        Ok(format!(
            "Usage {{ parameters: {taken}, answers: &[{}], ranges: {ranges}, shape: AnswerShape::{shape}, prefix: {prefix} }}",
            layouts.join(", "),
        ))
    }

    fn command(&mut self, group: &str, command: &Command) -> Result<String> {
        if command.title.trim().is_empty() {
            return Err("it has no title".to_owned());
        }
        if command.name.split('=').next().is_some_and(|name| name != name.to_uppercase()) {
            return Err("a name is written in upper case".to_owned());
        }
        let mut used = BTreeSet::new();
        let set_parameters = command.set.clone().unwrap_or_default();
        let some = |usage: Option<String>| usage.map_or("None".to_owned(), |usage| format!("Some({usage})"));
        let test = command
            .test
            .as_ref()
            .map(|answers| self.usage(command, &set_parameters, Some(answers), &mut used))
            .transpose()?;
        let read =
            command.read.as_ref().map(|answers| self.usage(command, "", Some(answers), &mut used)).transpose()?;
        let set = command
            .set
            .as_ref()
            .map(|parameters| self.usage(command, parameters, command.set_answer.as_ref(), &mut used))
            .transpose()?;
        let execute =
            command.execute.as_ref().map(|answers| self.usage(command, "", Some(answers), &mut used)).transpose()?;
        if test.is_none() && read.is_none() && set.is_none() && execute.is_none() {
            return Err("it has no type: test, read, set, execute".to_owned());
        }
        if !command.test_does.is_empty() && test.is_none() {
            return Err("it tells what its test does, but has no test".to_owned());
        }
        if command.set_answer.is_some() && command.set.is_none() {
            return Err("it has a set-answer but no set".to_owned());
        }
        if let Some(field) = command.fields.iter().find(|field| !used.contains(&field.name)) {
            return Err(format!("no layout uses its field '{}'", field.name));
        }
        let mut finals = Vec::new();
        for entry in &command.finals {
            let (text, kind) = pair(entry)?;
            let success = match kind {
                "success" => true,
                "failure" => false,
                _ => return Err(format!("'{entry}': success or failure?")),
            };
            finals.push(format!("({text:?}, {success})"));
        }
        let reboots = cases(&command.reboots)?;
        let needs_reboot = cases(&command.needs_reboot)?;
        let not_repeatable = cases(&command.not_repeatable)?;
        let nb_iot: Result<Vec<String>> = command.nb_iot_only.iter().map(|case| when(case)).collect();
        let dangers: Result<Vec<String>> = command.dangers.iter().map(danger).collect();
        let max_times: Result<Vec<String>> = command.max_times.iter().map(|time| self.max_time(time)).collect();
        let prompt = command.prompt.as_ref().map(prompt).transpose()?;
        let source = self.source(&command.source, command.status)?;
        Ok(format!(
            "Command {{ name: {:?}, title: {:?}, about: {:?}, group: {group:?}, test_does: {:?}, test: {}, read: {}, set: {}, execute: {}, \
             read_only: {}, conversation_only: {}, abortable: {}, call_control: {}, without_final: {}, \
             reboots: &[{reboots}], needs_reboot: &[{needs_reboot}], needs_context_down: {}, nb_iot_only: &[{}], \
             prompt: {}, not_repeatable: &[{not_repeatable}], dangers: &[{}], finals: &[{}], max_times: &[{}], \
             vendors: &{:?}, source: {source} }}",
            command.name,
            command.title,
            command.about,
            command.test_does,
            some(test),
            some(read),
            some(set),
            some(execute),
            command.read_only,
            command.conversation_only,
            command.abortable,
            command.call_control,
            command.without_final,
            command.needs_context_down,
            nb_iot?.join(", "),
            prompt.map_or("None".to_owned(), |prompt| format!("Some({prompt})")),
            dangers?.join(", "),
            finals.join(", "),
            max_times?.join(", "),
            command.vendors,
        ))
    }

    fn max_time(&mut self, time: &MaxTime) -> Result<String> {
        let milliseconds = (time.seconds * 1000.0).round();
        if !(1.0..=86_400_000.0).contains(&milliseconds) {
            return Err(format!("{} s is no time for an answer", time.seconds));
        }
        if let Some(scope) = &time.r#for
            && !self.scopes.contains(scope.as_str())
        {
            return Err(format!("'{scope}' is no vendor, family or module id of modules.toml"));
        }
        let kind = match time.when.as_deref() {
            None => None,
            Some(case @ ("?" | "=?" | "=" | "!")) => layout::when(case)?.0,
            Some(other) => return Err(format!("'{other}': a time holds for '?', '=?', '=' or '!'")),
        };
        let source = self.source(&time.source, time.status)?;
        Ok(format!(
            "MaxTime {{ milliseconds: {milliseconds}, form: {}, scope: {:?}, worst_case: {}, source: {source} }}",
            kind.map_or("None".to_owned(), |kind| format!("Some(Form::{kind})")),
            time.r#for.as_deref(),
            time.worst,
        ))
    }

    fn error(&mut self, error: &ErrorCode, series: &str) -> Result<String> {
        if error.text.trim().is_empty() {
            return Err("it has no text".to_owned());
        }
        let mut also = Vec::new();
        for entry in &error.also {
            let (whose, meaning) = pair(entry)?;
            also.push(format!("({whose:?}, {meaning:?})"));
        }
        let source = self.source(&error.source, error.status)?;
        Ok(format!(
            "ErrorCode {{ series: Series::{series}, code: {}, text: {:?}, other_texts: &{:?}, also: &[{}], range: {:?}, advice: {:?}, source: {source} }}",
            error.code,
            error.text,
            error.others,
            also.join(", "),
            error.range,
            error.advice,
        ))
    }

    fn urc(&mut self, urc: &Urc, commands: &BTreeSet<&str>) -> Result<String> {
        if urc.start.ends_with(':') || urc.start.is_empty() {
            return Err("a start is written without its colon".to_owned());
        }
        if let Some(command) = urc.answers.as_deref()
            && !commands.contains(command)
        {
            return Err(format!("there is no command '{command}'"));
        }
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
            "Urc {{ start: {:?}, title: {:?}, about: {:?}, when: {:?}, layouts: &[{}], whole_line: {}, body_lines: {}, answers: {:?}, vendors: &{:?}, source: {source} }}",
            urc.start,
            urc.title,
            urc.about,
            urc.when,
            layouts.join(", "),
            urc.whole_line,
            urc.body,
            urc.answers,
            urc.vendors,
        ))
    }

    fn module(&mut self, module: &Module, commands: &BTreeSet<&str>) -> Result<String> {
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
        let milliseconds = module.boot_seconds.map(|seconds| (seconds * 1000.0).round() as u32);
        let source = self.source(&module.source, module.status)?;
        Ok(format!(
            "Module {{ id: {:?}, vendor: {:?}, family: {:?}, models: &{:?}, manufacturer: {:?}, technologies: &{:?}, \
             iccid_command: {:?}, registration_commands: &{:?}, roaming: {roaming}, apn_commands: &{:?}, reboot_command: {:?}, \
             power_off_command: {:?}, boot: Boot {{ urcs: &{:?}, milliseconds: {milliseconds:?} }}, scan_abortable: {:?}, \
             act_8_is_lte_m: {}, without_final: &{:?}, quirks: &[{}], supersim: &[{}], source: {source} }}",
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
            module.without_final,
            notes(&module.quirks),
            notes(&module.supersim),
        ))
    }

    fn result(&mut self, result: &ResultCode, commands: &BTreeSet<&str>) -> Result<String> {
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

/// `value: meaning`
fn pair(text: &str) -> Result<(&str, &str)> {
    match text.split_once(": ") {
        Some((value, meaning)) if !value.is_empty() && !meaning.trim().is_empty() => Ok((value, meaning)),
        _ => Err(format!("'{text}' is not of the form 'value: meaning'")),
    }
}

fn words(name: &str, what: &str) -> Result<()> {
    if !name.is_empty() && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_') {
        return Ok(());
    }
    Err(format!("'{name}' is not {what}"))
}

fn kind_name(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "any" => "Any",
        "number" => "Number",
        "decimal" => "Decimal",
        "hex" => "Hex",
        "area" => "Area",
        "text" => "Text",
        "quoted" => "Quoted",
        "word" => "Word",
        "address" => "Address",
        "network" => "Network",
        "timer2" => "Timer2",
        "timer3" => "Timer3",
        "iccid" => "Iccid",
        "imei" => "Imei",
        "imsi" => "Imsi",
        "time" => "Time",
        _ => return None,
    })
}

fn when(text: &str) -> Result<String> {
    let (kind, parameters) = layout::when(text)?;
    let kind = kind.map_or("None".to_owned(), |kind| format!("Some(Form::{kind})"));
    Ok(format!("When {{ form: {kind}, parameters: &{parameters:?} }}"))
}

fn cases(cases: &[Case]) -> Result<String> {
    let cases: Result<Vec<String>> =
        cases.iter().map(|case| Ok(format!("Case {{ when: {}, why: {:?} }}", when(&case.when)?, case.why))).collect();
    Ok(cases?.join(", "))
}

fn danger(danger: &Danger) -> Result<String> {
    let kind = match danger.kind.as_str() {
        "brick" => "Brick",
        "illegal" => "Illegal",
        "lock" => "Lock",
        "cost" => "Cost",
        "data" => "Data",
        "settings" => "Settings",
        "connection" => "Connection",
        "silence" => "Silence",
        other => return Err(format!("there is no danger '{other}'")),
    };
    Ok(format!(
        "Danger {{ kind: DangerKind::{kind}, when: {}, why: {:?}, needs_unsafe: {} }}",
        when(&danger.when)?,
        danger.why,
        danger.r#unsafe,
    ))
}

fn prompt(prompt: &Prompt) -> Result<String> {
    let ends = match prompt.counted {
        None => "PromptEnd::CtrlZ".to_owned(),
        Some(index) => format!("PromptEnd::Counted({index})"),
    };
    Ok(format!("Prompt {{ when: {}, mark: {:?}, ends: {ends} }}", when(&prompt.when)?, prompt.mark))
}
