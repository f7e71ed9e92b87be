//! The inventory as TOML: `[defaults]`, `[[modem]]`, `[[range]]`, `[group.NAME]`, `ports`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Draft, MOST_MODEMS, ModemEntry, ModemSettings};
use crate::source::{Name, Source, Span};

/// The tables, what messages call each, and its keys.
const TABLES: [(&str, &str, &[&str]); 6] = [
    ("", "the inventory", &["defaults", "gateway", "group", "modem", "ports", "range"]),
    ("gateway", "a gateway", &["key", "name", "seal"]),
    ("defaults", "[defaults]", &["baud", "labels", "vars"]),
    ("group", "a group", &["baud", "groups", "labels", "max-parallel", "vars"]),
    ("modem", "a modem", &["baud", "gateway", "groups", "iccid", "imei", "labels", "name", "port", "vars"]),
    ("range", "a range", &["baud", "gateway", "groups", "labels", "name", "port", "vars"]),
];

pub(super) fn read(draft: &mut Draft) {
    let source = Arc::clone(&draft.source);
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        let span = error.span().map(|range| source.place(range)).unwrap_or_default();
        let message = error.message().trim_end_matches('.').replace('\n', "; ");
        draft.problem(span, "hayes::inventory::toml", &[&message]);
    }
    if errors.is_empty() && table.get_ref().is_empty() {
        draft.problem(Span::default(), "hayes::inventory::empty toml", &[]);
    } else if errors.is_empty() {
        document(draft, table.get_ref());
    }
}

type Value<'i> = Spanned<DeValue<'i>>;

fn document(draft: &mut Draft, document: &DeTable<'_>) {
    known(draft, document, "");
    if let Some(defaults) = document.get("defaults").and_then(|value| as_table(draft, value, "defaults")) {
        known(draft, defaults, "defaults");
        let settings = settings(draft, defaults);
        draft.defaults.overlay(&settings);
    }
    if let Some(groups) = document.get("group").and_then(|value| as_table(draft, value, "group")) {
        for (name, value) in groups {
            group(draft, name.get_ref(), value);
        }
    }
    let ports = texts(draft, document, "ports");
    draft.ports.extend(ports.into_iter().map(|port| port.value));
    // In the order of the file, whichever of the three they are.
    let mut entries: Vec<(&Value<'_>, &str)> = Vec::new();
    for key in ["gateway", "modem", "range"] {
        if let Some(value) = document.get(key) {
            match value.get_ref().as_array() {
                Some(array) => entries.extend(array.iter().map(|value| (value, key))),
                None => kind(draft, value, &format!("`{key}`"), &format!("an array: write [[{key}]]")),
            }
        }
    }
    entries.sort_by_key(|(value, _)| value.span().start);
    for (value, key) in entries {
        let Some(table) = as_table(draft, value, key) else { continue };
        known(draft, table, key);
        match key {
            "gateway" => gateway(draft, table, span(value)),
            _ => {
                let entry = entry(draft, table, span(value));
                if key == "range" { _ = range(draft, &entry) } else { draft.add(entry) }
            }
        }
    }
}

fn gateway(draft: &mut Draft, table: &DeTable<'_>, span: Span) {
    let [key, seal] = ["key", "seal"].map(|name| text(draft, table, name));
    match text(draft, table, "name") {
        Some(name) => draft.add_gateway(&name, key, seal),
        None => draft.problem(span, "hayes::inventory::no-name other", &[&"gateway", &"gw-0001"]),
    }
}

fn group(draft: &mut Draft, name: &str, value: &Value<'_>) {
    let Some(table) = as_table(draft, value, &format!("group.{name}")) else { return };
    known(draft, table, "group");
    let max_parallel = positive(draft, table, "max-parallel", "hayes::inventory::value parallel");
    let max_parallel = max_parallel.and_then(|most| usize::try_from(most).ok());
    let settings = settings(draft, table);
    draft.group(name, max_parallel, &settings);
    let outer = texts(draft, table, "groups");
    draft.is_in(name, outer);
}

/// What a modem says, or a range.
fn entry(draft: &mut Draft, table: &DeTable<'_>, span: Span) -> ModemEntry {
    ModemEntry {
        name: text(draft, table, "name"),
        port: text(draft, table, "port"),
        imei: text(draft, table, "imei"),
        iccid: text(draft, table, "iccid"),
        gateway: text(draft, table, "gateway"),
        groups: texts(draft, table, "groups"),
        settings: settings(draft, table),
        span,
    }
}

/// Adds the modems of a range; none where something is wrong with it, which is told.
fn range(draft: &mut Draft, entry: &ModemEntry) -> Option<()> {
    let Some(name) = &entry.name else {
        draft.problem(entry.span, "hayes::inventory::no-name other", &[&"range", &"sim-{001..500}"]);
        return None;
    };
    let names = pattern(draft, name)?;
    let Some(count) = names.count() else {
        draft.problem(name.span, "hayes::inventory::range one", &[&format_args!("{:?}", name.value)]);
        return None;
    };
    let ports = match &entry.port {
        Some(port) => Some((pattern(draft, port)?, port.span)),
        None => None,
    };
    if let Some((other, span)) = ports.as_ref().and_then(|(ports, span)| Some((ports.count()?, *span)))
        && other != count
    {
        draft.problem(span, "hayes::inventory::range lengths", &[&count, &other]);
        return None;
    }
    if !draft.has_room(name.span, count.min(MOST_MODEMS + 1)) {
        return None;
    }
    for index in 0..count {
        let n = names.number(index).unwrap_or_default();
        let number = n.to_string();
        let mut one = entry.clone();
        let groups = one.groups.iter_mut().chain(&mut one.gateway).map(|group| &mut group.value);
        let values = groups.chain(one.settings.vars.values_mut()).chain(one.settings.labels.values_mut());
        values.filter(|value| value.contains("{n}")).for_each(|value| *value = value.replace("{n}", &number));
        one.name = Some(Name { value: names.text(index, n), span: name.span });
        one.port = ports.as_ref().map(|(ports, span)| Name { value: ports.text(index, n), span: *span });
        draft.add(one);
    }
    Some(())
}

fn pattern(draft: &mut Draft, placed: &Name) -> Option<Numbered> {
    let told = |wrong| draft.problem(placed.span, "hayes::inventory::range", &[&wrong]);
    Numbered::parse(&placed.value).map_err(told).ok()
}

fn settings(draft: &mut Draft, table: &DeTable<'_>) -> ModemSettings {
    let baud = positive(draft, table, "baud", "hayes::inventory::value baud");
    ModemSettings { vars: scalars(draft, table, "vars"), labels: scalars(draft, table, "labels"), baud }
}

fn scalars(draft: &mut Draft, table: &DeTable<'_>, key: &str) -> BTreeMap<Arc<str>, String> {
    let mut values = BTreeMap::new();
    let Some(inner) = table.get(key).and_then(|value| as_table(draft, value, key)) else { return values };
    for (name, value) in inner {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Boolean(truth) => truth.to_string(),
            DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                kind(draft, value, &format!("{key}.{}", name.get_ref()), "a text or a whole number");
                continue;
            }
        };
        values.insert(Arc::from(name.get_ref().as_ref()), text);
    }
    values
}

fn text(draft: &mut Draft, table: &DeTable<'_>, key: &str) -> Option<Name> {
    let value = table.get(key)?;
    match value.get_ref().as_str() {
        Some(text) => Some(Name { value: text.to_owned(), span: inside(value, &draft.source) }),
        None => {
            kind(draft, value, &format!("`{key}`"), &format!("a text: put it into quotes, {key} = \"…\""));
            None
        }
    }
}

fn texts(draft: &mut Draft, table: &DeTable<'_>, key: &str) -> Vec<Name> {
    let Some(value) = table.get(key) else { return Vec::new() };
    let Some(array) = value.get_ref().as_array() else {
        kind(draft, value, &format!("`{key}`"), &format!("a list: {key} = [\"…\", \"…\"]"));
        return Vec::new();
    };
    let mut texts = Vec::new();
    for item in array.iter() {
        match item.get_ref().as_str() {
            Some(text) => texts.push(Name { value: text.to_owned(), span: inside(item, &draft.source) }),
            None => kind(draft, item, &format!("each of `{key}`"), "a text in quotes"),
        }
    }
    texts
}

/// A whole number from 1 on; the page says what is wrong with 0.
fn positive(draft: &mut Draft, table: &DeTable<'_>, key: &str, page: &'static str) -> Option<u32> {
    let value = table.get(key)?;
    let number = value.get_ref().as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
    match number {
        None => kind(draft, value, &format!("`{key}`"), "a whole number, without quotes"),
        Some(0) => draft.problem(span(value), page, &[]),
        Some(_) => return number,
    }
    None
}

fn as_table<'t, 'i>(draft: &mut Draft, value: &'t Value<'i>, key: &str) -> Option<&'t DeTable<'i>> {
    let table = value.get_ref().as_table();
    if table.is_none() {
        kind(draft, value, &format!("`{key}`"), "a table");
    }
    table
}

fn kind(draft: &mut Draft, value: &Value<'_>, what: &str, wanted: &str) {
    let found = match value.get_ref() {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    draft.problem(span(value), "hayes::inventory::value", &[&what, &found, &wanted]);
}

fn known(draft: &mut Draft, table: &DeTable<'_>, kind: &str) {
    let Some((_, whose, keys)) = TABLES.iter().find(|(known, ..)| *known == kind) else { return };
    for (key, _) in table {
        let name = key.get_ref().as_ref();
        if keys.contains(&name) {
            continue;
        }
        let elsewhere: Vec<&str> = TABLES
            .iter()
            .filter(|(.., keys)| keys.contains(&&*name.replace('_', "-")))
            .map(|(_, whose, _)| *whose)
            .collect();
        let help = match super::nearest(name, keys) {
            Some(near) => format!("did you mean `{near}`?"),
            None if !elsewhere.is_empty() => format!("it is a key of {}", elsewhere.join(", ")),
            None if keys.contains(&"vars") => {
                format!("its keys are {}; a value for the script is `vars = {{ {name} = … }}`", keys.join(", "))
            }
            None => format!("its keys are {}", keys.join(", ")),
        };
        let span = Span::new(key.span().start, key.span().end);
        draft.problem(span, "hayes::inventory::unknown-key", &[&whose, &name, &help]);
    }
}

fn span(value: &Value<'_>) -> Span {
    let range = value.span();
    Span::new(range.start, range.end)
}

/// The place of a text without its quotes.
fn inside(value: &Value<'_>, source: &Source) -> Span {
    let whole = span(value);
    let quoted = source.slice(whole).len() > 2 && source.slice(whole).starts_with(['"', '\'']);
    if quoted { Span { start: whole.start + 1, end: whole.end - 1 } } else { whole }
}

pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let (table, _) = DeTable::parse_recoverable(text);
    let mut spans = Vec::new();
    in_table(table.get_ref(), false, &mut spans);
    // What does not parse is in no table.
    let mut start = 0;
    let mut is_vars = false;
    for line in text.split_inclusive('\n') {
        let words = line.trim_start();
        if words.starts_with('[') {
            is_vars = words.contains("vars");
        }
        if let Some(sign) =
            line.find('=').filter(|sign| is_vars || line.get(..*sign).is_some_and(|key| key.contains("vars")))
        {
            spans.push(start + sign + 1..start + line.trim_end().len().max(sign + 1));
        }
        start += line.len();
    }
    spans
}

/// `hides`: the table is one of `vars`, or stands in one.
fn in_table(table: &DeTable<'_>, hides: bool, spans: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        in_value(value, hides || key.get_ref() == "vars", spans);
    }
}

fn in_value(value: &Value<'_>, hides: bool, spans: &mut Vec<Range<usize>>) {
    match value.get_ref() {
        DeValue::Table(table) => in_table(table, hides, spans),
        DeValue::Array(array) => array.iter().for_each(|value| in_value(value, hides, spans)),
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
            if hides {
                spans.push(value.span());
            }
        }
    }
}

/// A text with at most one `{a..b}` in it, and any number of `{n}`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Numbered {
    before: String,
    after: String,
    /// First, last, and how many digits at least; none: the text is the same for each
    numbers: Option<(u64, u64, usize)>,
}

/// More than any number that counts modems has.
const MOST_DIGITS: usize = 20;

impl Numbered {
    /// Says what is wrong with a text that has a brace which is no range.
    fn parse(text: &str) -> Result<Numbered, String> {
        let mut range = Numbered { before: String::new(), after: String::new(), numbers: None };
        let mut rest = text;
        while let Some((before, tail)) = rest.split_once('{') {
            let Some((inner, after)) = tail.split_once('}') else {
                return Err(format!("a {{ in {text:?} has no }}"));
            };
            range.push(before);
            rest = after;
            if inner == "n" {
                range.push("{n}");
                continue;
            }
            let bounds = inner.split_once("..").and_then(|(first, last)| {
                let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let parsed = (first.parse().ok()?, last.parse().ok()?);
                (digits(first) && digits(last)).then_some((parsed.0, parsed.1, first.len()))
            });
            let Some((first, last, width)) = bounds else {
                return Err(format!("{{{inner}}} is neither a range like {{001..500}} nor {{n}}"));
            };
            if width > MOST_DIGITS {
                return Err(format!("a range's first number has {width} digits, more than {MOST_DIGITS}"));
            }
            if first > last {
                return Err(format!("{{{inner}}} runs backward"));
            }
            if range.numbers.replace((first, last, width)).is_some() {
                return Err(format!("{text:?} holds two ranges"));
            }
        }
        range.push(rest);
        Ok(range)
    }

    fn push(&mut self, text: &str) {
        if self.numbers.is_some() { self.after.push_str(text) } else { self.before.push_str(text) }
    }

    /// How many it stands for, if it is a range.
    fn count(&self) -> Option<usize> {
        let (first, last, _) = self.numbers?;
        usize::try_from(last - first).ok()?.checked_add(1)
    }

    fn number(&self, index: usize) -> Option<u64> {
        self.numbers.map(|(first, _, _)| first.saturating_add(index as u64))
    }

    /// The text of the `index`th, whose entry has the number `n`.
    fn text(&self, index: usize, n: u64) -> String {
        let n = n.to_string();
        let mut text = self.before.replace("{n}", &n);
        if let (Some(number), Some((_, _, width))) = (self.number(index), self.numbers) {
            text.push_str(&format!("{number:0width$}"));
        }
        text.push_str(&self.after.replace("{n}", &n));
        text
    }
}
