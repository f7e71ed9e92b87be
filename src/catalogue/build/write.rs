//! Checks the data and writes it as Rust: the tables, and what their entries share.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use crate::layout;
use crate::read::Data;
use crate::tables::{ErrorCode, Field, Status, Unit, Urc, Values};

pub type Result<T> = std::result::Result<T, String>;

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
            (
                key(&command.name),
                writer.command(group, command).map_err(|error| format!("{error} (commands/{group}.toml)")),
            )
        }),
    )?;
    name_slots(&mut body, data.commands.iter().map(|(_, command)| command.name.as_str()))?;
    let errors = |errors: &[ErrorCode], series: &str, writer: &mut Writer| -> Vec<(String, Result<String>)> {
        errors.iter().map(|error| (format!("{:05}", error.code), writer.error(error, series))).collect()
    };
    table(&mut body, "CME_ERRORS", "ErrorCode", errors(&data.cme, "Equipment", &mut writer).into_iter())?;
    table(&mut body, "CMS_ERRORS", "ErrorCode", errors(&data.cms, "Message", &mut writer).into_iter())?;
    let commands: BTreeSet<&str> = data.commands.iter().map(|(_, command)| command.name.as_str()).collect();
    table(&mut body, "URCS", "Urc", data.urcs.iter().map(|urc| (urc.start.clone(), writer.urc(urc, &commands))))?;
    slots(&mut body, &data.urcs)?;
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

/// By what the table of commands is sorted.
fn key(command: &str) -> String {
    command.strip_prefix("AT").unwrap_or(command).to_uppercase()
}

/// Where a command stands in its table.
pub fn place(command: &str, commands: &BTreeSet<&str>) -> Option<usize> {
    let wanted = key(command);
    commands.contains(command).then(|| commands.iter().filter(|other| key(other) < wanted).count())
}

/// Where each command stands, by its name: its place in the table and 1, or 0. Settings of a command are found beside
/// it.
fn name_slots<'a>(body: &mut String, names: impl Iterator<Item = &'a str>) -> Result<()> {
    let names: BTreeSet<String> = names.map(key).collect();
    // At most half full, so that a name is found in a step or two.
    let mut slots = vec![0_usize; (2 * names.len()).next_power_of_two()];
    let count = slots.len();
    for (place, name) in names.iter().enumerate().filter(|(_, name)| !name.contains('=')) {
        let mut slot = crate::name_hash::slot(name.as_bytes(), count);
        while slots.get(slot).is_some_and(|taken| *taken != 0) {
            slot = (slot + 1) % count;
        }
        *slots.get_mut(slot).ok_or("commands: the table of names is too small")? = place + 1;
    }
    let _ = writeln!(body, "pub(super) static COMMAND_SLOTS: &[u16; {count}] = &{slots:?};");
    Ok(())
}

/// Where the URCs stand that a line may be, by its first four bytes: those times a factor under which no two URCs that
/// differ in them meet, so that one look into the table is enough.
fn slots(body: &mut String, urcs: &[Urc]) -> Result<()> {
    const BITS: u32 = 10;
    let starts: BTreeSet<&str> = urcs.iter().map(|urc| urc.start.as_str()).collect();
    if let Some(short) = urcs.iter().find(|urc| urc.start.len() < 4 && !urc.whole_line) {
        return Err(format!("urcs: '{}' is too short to be found where it is not the whole line", short.start));
    }
    // They are sorted, so those with the same first bytes stand side by side.
    let mut ranges: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for (index, start) in starts.into_iter().enumerate() {
        let mut first = [0; 4];
        first.iter_mut().zip(start.bytes()).for_each(|(to, from)| *to = from);
        ranges.entry(u32::from_be_bytes(first)).or_insert((index, index)).1 = index + 1;
    }
    let slot = |key: u32, factor: u32| (key.wrapping_mul(factor) >> (32 - BITS)) as usize;
    let is_apart = |factor: &u32| {
        let slots: BTreeSet<usize> = ranges.keys().map(|key| slot(*key, *factor)).collect();
        slots.len() == ranges.len()
    };
    let factors = (1..100_000_u32).map(|number| number.wrapping_mul(0x9E37_79B9) | 1);
    let factor = factors.into_iter().find(is_apart).ok_or("urcs: too many for their table: give it more bits")?;
    let mut slots = vec![(0, 0); 1 << BITS];
    for (key, range) in ranges {
        if let Some(to) = slots.get_mut(slot(key, factor)) {
            *to = range;
        }
    }
    let _ = writeln!(body, "pub(super) static URC_FACTOR: u32 = {factor};");
    let _ = writeln!(body, "pub(super) static URC_SLOTS: &[(u16, u16); {}] = &{slots:?};", 1 << BITS);
    Ok(())
}

pub struct Writer<'a> {
    sources: BTreeMap<&'a str, &'a str>,
    enumerations: BTreeMap<&'a str, &'a [String]>,
    units: BTreeMap<&'a str, ()>,
    shared: BTreeMap<&'a str, &'a Field>,
    /// Vendors, families and ids: what something may be said of
    scopes: BTreeSet<&'a str>,
    /// What was referred to, by file and id: all of the shared data must be
    used: BTreeSet<(&'static str, String)>,
    /// The literal of a field → its static's name
    written: HashMap<String, String>,
    statics: String,
}

impl Writer<'_> {
    /// What is said of some modules only must be said of ones that there are.
    pub fn scope(&self, scope: &str) -> Result<()> {
        match self.scopes.contains(scope) {
            true => Ok(()),
            false => Err(format!("'{scope}' is no vendor, family or module id of modules.toml")),
        }
    }

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

    pub fn source(&mut self, ids: &[String], status: Status) -> Result<String> {
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
    pub fn layout(&mut self, text: &str, own: &[Field], used: &mut BTreeSet<String>) -> Result<String> {
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
}

/// `value: meaning`
pub fn pair(text: &str) -> Result<(&str, &str)> {
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
        "zone" => "Zone",
        _ => return None,
    })
}
