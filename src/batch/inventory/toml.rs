//! The inventory as TOML: `[defaults]`, `[[modem]]`, `[[range]]`, `[group.NAME]`, `ports`.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::builder::{Builder, Entry, Placed, Settings};
use super::range::Range;
use super::{Group, MOST_MODEMS};
use crate::source::{Source, Span};

const TOP: [&str; 5] = ["defaults", "group", "modem", "ports", "range"];
const DEFAULTS: [&str; 3] = ["baud", "labels", "vars"];
const GROUP: [&str; 4] = ["baud", "labels", "max-parallel", "vars"];
const MODEM: [&str; 8] = ["baud", "groups", "iccid", "imei", "labels", "name", "port", "vars"];
const RANGE: [&str; 6] = ["baud", "groups", "labels", "name", "port", "vars"];

pub(super) fn read(source: &Arc<Source>, builder: &mut Builder) {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        // A place without width, at the end of the text or of a line, would not be shown.
        let widened = |range: std::ops::Range<usize>| match range.is_empty() {
            true => Span::new(range.start.saturating_sub(1), range.end.max(1)),
            false => Span::new(range.start, range.end),
        };
        let span = error.span().map(widened).unwrap_or_default();
        let message = error.message().trim_end_matches('.').replace('\n', "; ");
        builder.problem(source, span, "hayes::inventory::toml", message, "");
    }
    if errors.is_empty() {
        Reader { source, builder }.document(table.get_ref());
    }
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    builder: &'a mut Builder,
}

type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn document(&mut self, table: &DeTable<'_>) {
        self.known(table, &TOP, "the inventory");
        if let Some(defaults) = table.get("defaults").and_then(|value| self.table(value, "defaults")) {
            self.known(defaults, &DEFAULTS, "[defaults]");
            let settings = self.settings(defaults);
            self.builder.defaults(settings);
        }
        if let Some(groups) = table.get("group").and_then(|value| self.table(value, "group")) {
            for (name, value) in groups {
                self.group(name.get_ref(), value);
            }
        }
        if let Some(ports) = table.get("ports") {
            let ports = self.texts(ports, "ports");
            self.builder.ports(ports.into_iter().map(|port| port.text));
        }
        // In the order of the file, whichever of the two they are.
        let mut entries: Vec<(&Value<'_>, bool)> = Vec::new();
        for (key, is_range) in [("modem", false), ("range", true)] {
            if let Some(value) = table.get(key) {
                match value.get_ref().as_array() {
                    Some(array) => entries.extend(array.iter().map(|value| (value, is_range))),
                    None => self.kind(value, &format!("`{key}`"), &format!("an array: write [[{key}]]")),
                }
            }
        }
        entries.sort_by_key(|(value, _)| value.span().start);
        for (value, is_range) in entries {
            let Some(table) = self.table(value, if is_range { "range" } else { "modem" }) else { continue };
            if is_range { self.range(table, span(value)) } else { self.modem(table, span(value)) }
        }
    }

    fn group(&mut self, name: &str, value: &Value<'_>) {
        let Some(table) = self.table(value, &format!("group.{name}")) else { return };
        self.known(table, &GROUP, "a group");
        let max_parallel = table.get("max-parallel").and_then(|value| {
            let number = self.integer(value, "max-parallel")?;
            if number == 0 {
                let help =
                    "give the number of modems that may run at the same time; leave the group out with -l '!NAME'";
                self.problem(value, "hayes::inventory::value", "max-parallel = 0 would never run one", help);
            }
            usize::try_from(number).ok().filter(|number| *number > 0)
        });
        let settings = self.settings(table);
        self.builder.group(name, Group { max_parallel }, settings);
    }

    fn modem(&mut self, table: &DeTable<'_>, span: Span) {
        self.known(table, &MODEM, "a modem");
        let entry = Entry {
            name: self.text(table, "name"),
            port: self.text(table, "port"),
            imei: self.text(table, "imei"),
            iccid: self.text(table, "iccid"),
            groups: table.get("groups").map(|groups| self.texts(groups, "groups")).unwrap_or_default(),
            settings: self.settings(table),
            span,
        };
        self.builder.add(self.source, entry);
    }

    fn range(&mut self, table: &DeTable<'_>, span: Span) {
        self.known(table, &RANGE, "a range");
        let Some(name) = self.text(table, "name") else {
            let help = "name = \"sim-{001..500}\"";
            self.builder.problem(self.source, span, "hayes::inventory::no-name", "this range has no name", help);
            return;
        };
        let Some(names) = self.pattern(&name) else { return };
        let Some(count) = names.count() else {
            let message = format!("{:?} is one name, not a range", name.text);
            let help = "write the first and the last number, as sim-{001..500}; a single modem is a [[modem]]";
            self.builder.problem(self.source, name.span, "hayes::inventory::range", message, help);
            return;
        };
        let port = self.text(table, "port");
        let ports = match &port {
            Some(port) => match self.pattern(port) {
                Some(pattern) => Some((port.span, pattern)),
                None => return,
            },
            None => None,
        };
        if let Some((span, other)) = ports.as_ref().and_then(|(span, ports)| Some((*span, ports.count()?)))
            && other != count
        {
            let message = format!("the range of names is {count} long, that of ports {other}");
            self.builder.problem(self.source, span, "hayes::inventory::range", message, "make them equal");
            return;
        }
        if !self.builder.has_room(self.source, name.span, count.min(MOST_MODEMS + 1)) {
            return;
        }
        let groups = table.get("groups").map(|groups| self.texts(groups, "groups")).unwrap_or_default();
        let settings = self.settings(table);
        for index in 0..count {
            let n = names.number(index).unwrap_or_default();
            let number = n.to_string();
            let filled = |values: &BTreeMap<Arc<str>, String>| {
                values.iter().map(|(name, value)| (Arc::clone(name), value.replace("{n}", &number))).collect()
            };
            let entry = Entry {
                name: Some(Placed { text: names.text(index, n), span: name.span }),
                port: ports.as_ref().map(|(span, ports)| Placed { text: ports.text(index, n), span: *span }),
                imei: None,
                iccid: None,
                groups: groups
                    .iter()
                    .map(|group| Placed { text: group.text.replace("{n}", &number), span: group.span })
                    .collect(),
                settings: Settings {
                    vars: filled(&settings.vars),
                    labels: filled(&settings.labels),
                    baud: settings.baud,
                },
                span,
            };
            self.builder.add(self.source, entry);
        }
    }

    fn pattern(&mut self, placed: &Placed) -> Option<Range> {
        match Range::parse(&placed.text) {
            Ok(range) => Some(range),
            Err(wrong) => {
                let help = "a range is {first..last}, as in sim-{001..500}; {n} is the number";
                self.builder.problem(self.source, placed.span, "hayes::inventory::range", wrong, help);
                None
            }
        }
    }

    fn settings(&mut self, table: &DeTable<'_>) -> Settings {
        let baud = table.get("baud").and_then(|value| {
            let number = self.integer(value, "baud")?;
            if number == 0 {
                self.problem(value, "hayes::inventory::value", "a port has no speed of 0 baud", "baud = 115200");
            }
            u32::try_from(number).ok().filter(|baud| *baud > 0)
        });
        Settings { vars: self.scalars(table, "vars"), labels: self.scalars(table, "labels"), baud }
    }

    /// A table of plain values, as text.
    fn scalars(&mut self, table: &DeTable<'_>, key: &str) -> BTreeMap<Arc<str>, String> {
        let mut values = BTreeMap::new();
        let Some(inner) = table.get(key).and_then(|value| self.table(value, key)) else { return values };
        for (name, value) in inner {
            let text = match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) => number.to_string(),
                DeValue::Boolean(truth) => truth.to_string(),
                DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                    self.kind(value, &format!("{key}.{}", name.get_ref()), "a text or a whole number");
                    continue;
                }
            };
            values.insert(Arc::from(name.get_ref().as_ref()), text);
        }
        values
    }

    fn text(&mut self, table: &DeTable<'_>, key: &str) -> Option<Placed> {
        let value = table.get(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some(Placed { text: text.to_owned(), span: inside(value, self.source) }),
            None => {
                self.kind(value, &format!("`{key}`"), &format!("a text: put it into quotes, {key} = \"…\""));
                None
            }
        }
    }

    fn texts(&mut self, value: &Value<'_>, key: &str) -> Vec<Placed> {
        let Some(array) = value.get_ref().as_array() else {
            self.kind(value, &format!("`{key}`"), &format!("a list: {key} = [\"…\", \"…\"]"));
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in array.iter() {
            match item.get_ref().as_str() {
                Some(text) => texts.push(Placed { text: text.to_owned(), span: inside(item, self.source) }),
                None => self.kind(item, &format!("each of `{key}`"), "a text in quotes"),
            }
        }
        texts
    }

    fn integer(&mut self, value: &Value<'_>, key: &str) -> Option<u64> {
        let number = value.get_ref().as_integer().and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
        if number.is_none_or(|number| number > u64::from(u32::MAX)) {
            self.kind(value, &format!("`{key}`"), "a whole number, without quotes");
            return None;
        }
        number
    }

    fn table<'t, 'i>(&mut self, value: &'t Value<'i>, key: &str) -> Option<&'t DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.kind(value, &format!("`{key}`"), "a table");
        }
        table
    }

    fn kind(&mut self, value: &Value<'_>, what: &str, wanted: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("{what} is {found}");
        self.problem(value, "hayes::inventory::value", &message, &format!("it is {wanted}"));
    }

    fn problem(&mut self, value: &Value<'_>, code: &'static str, message: &str, help: &str) {
        self.builder.problem(self.source, span(value), code, message, help);
    }

    fn known(&mut self, table: &DeTable<'_>, keys: &[&str], whose: &str) {
        for (key, _) in table {
            let name = key.get_ref().as_ref();
            if keys.contains(&name) {
                continue;
            }
            let help = match super::nearest(name, keys) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its keys are {}", keys.join(", ")),
            };
            let place = key.span();
            let message = format!("{whose} has no key `{name}`");
            let span = Span::new(place.start, place.end);
            self.builder.problem(self.source, span, "hayes::inventory::unknown-key", message, help);
        }
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
