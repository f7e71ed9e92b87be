//! The inventory as CSV with a header, as spreadsheets write it: commas, semicolons or tabs, quoted fields, a byte
//! order mark.

use std::collections::HashMap;
use std::sync::Arc;

use super::builder::{Builder, Entry, Placed};
use crate::source::{Source, Span};

const COLUMNS: [&str; 8] = ["name", "port", "imei", "iccid", "group", "groups", "baud", "label.NAME or var.NAME"];

/// What a column holds.
enum Column {
    Name,
    Port,
    Imei,
    Iccid,
    Groups,
    Baud,
    Label(Arc<str>),
    Var(Arc<str>),
}

pub(super) fn read(source: &Arc<Source>, builder: &mut Builder) {
    let mark = if source.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let text = source.text.get(mark..).unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let mut columns: Option<Vec<Column>> = None;
    let mut record = csv::StringRecord::new();
    loop {
        let start = mark + usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let span = line_span(source, start);
                builder.problem(source, span, "hayes::inventory::csv", error.to_string(), "");
                return;
            }
        }
        // The position before a record may be that of blank or comment lines.
        let start = record.position().map_or(start, |at| mark + usize::try_from(at.byte()).unwrap_or(usize::MAX));
        let span = line_span(source, start);
        if record.iter().all(str::is_empty) {
            continue;
        }
        match &columns {
            None => match header(source, span, &record, builder) {
                Some(header) => columns = Some(header),
                None => return,
            },
            Some(columns) => row(source, span, columns, &record, builder),
        }
    }
    if columns.is_none() {
        let help = "its first line names the columns: name,port,group,label.rack,var.apn";
        builder.problem(source, Span::default(), "hayes::inventory::empty", "this inventory is empty", help);
    }
}

/// Where values stand that may be secrets: in every column that is not known to hold something else.
pub(super) fn values(source: &Source) -> Vec<Span> {
    let text = source.text.trim_start_matches('\u{feff}');
    let mut start = source.text.len() - text.len();
    let delimiter = delimiter(text);
    let mut header: Option<Vec<bool>> = None;
    let mut spans = Vec::new();
    for line in text.split_inclusive('\n') {
        let fields = raw_fields(line.trim_end(), delimiter);
        if !line.trim().is_empty() && !line.starts_with('#') {
            match &header {
                None => {
                    let title = |field: &std::ops::Range<usize>| line.get(field.clone()).unwrap_or_default();
                    header = Some(fields.iter().map(|field| !is_plain(title(field))).collect());
                }
                Some(hidden) => {
                    let is_whole = fields.len() == hidden.len();
                    let hides = |index: usize| {
                        if is_whole { hidden.get(index) == Some(&true) } else { index > 0 && hidden.contains(&true) }
                    };
                    let such = fields.iter().enumerate().filter(|(index, _)| hides(*index));
                    spans.extend(such.map(|(_, field)| Span::new(start + field.start, start + field.end)));
                }
            }
        }
        start += line.len();
    }
    spans
}

/// Whether a column of this title holds what anybody may see.
fn is_plain(title: &str) -> bool {
    let title = title.trim().trim_matches('"').to_ascii_lowercase();
    title.starts_with("label.") || COLUMNS.contains(&title.as_str())
}

/// The fields of a line, with their quotes.
fn raw_fields(line: &str, delimiter: u8) -> Vec<std::ops::Range<usize>> {
    let mut fields = Vec::new();
    let (mut start, mut in_quotes) = (0, false);
    for (at, byte) in line.bytes().enumerate() {
        if byte == b'"' {
            in_quotes = !in_quotes;
        } else if byte == delimiter && !in_quotes {
            fields.push(start..at);
            start = at + 1;
        }
    }
    fields.push(start..line.len());
    fields
}

/// The sign that stands most often in the first line.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    let count = |sign: u8| first.bytes().filter(|byte| *byte == sign).count();
    // Of equal counts, the last wins: the comma.
    [b'\t', b';', b','].into_iter().max_by_key(|sign| count(*sign)).unwrap_or(b',')
}

fn header(source: &Arc<Source>, span: Span, record: &csv::StringRecord, builder: &mut Builder) -> Option<Vec<Column>> {
    let mut columns = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut wrong = false;
    for title in record {
        let lower = title.to_ascii_lowercase();
        let known = match lower.as_str() {
            "name" => Some(Column::Name),
            "port" => Some(Column::Port),
            "imei" => Some(Column::Imei),
            "iccid" => Some(Column::Iccid),
            "group" | "groups" => Some(Column::Groups),
            "baud" => Some(Column::Baud),
            _ => title.split_once('.').and_then(|(kind, name)| match kind.to_ascii_lowercase().as_str() {
                "label" if !name.is_empty() => Some(Column::Label(name.into())),
                "var" if !name.is_empty() => Some(Column::Var(name.into())),
                _ => None,
            }),
        };
        let Some(column) = known else {
            wrong = true;
            let candidates = ["name", "port", "imei", "iccid", "group", "baud"];
            let help = match super::nearest(&lower, &candidates) {
                Some(near) => format!("did you mean `{near}`?"),
                None if title.is_empty() => "name each column, or leave it out".to_owned(),
                None => {
                    let name = title.split_once('.').map_or(title, |(_, name)| name);
                    format!("columns are {}: did you mean `var.{name}` or `label.{name}`?", COLUMNS.join(", "))
                }
            };
            let message = format!("there is no column `{title}`");
            builder.problem(source, span, "hayes::inventory::unknown-key", message, help);
            continue;
        };
        if seen.insert(lower, columns.len()).is_some() {
            wrong = true;
            let message = format!("the column `{title}` stands twice");
            builder.problem(source, span, "hayes::inventory::column-twice", message, "leave one of them out");
        }
        columns.push(column);
    }
    if !wrong && !columns.iter().any(|column| matches!(column, Column::Name)) {
        wrong = true;
        let help = "the first line names the columns: name,port,group,label.rack,var.apn";
        builder.problem(source, span, "hayes::inventory::no-name", "there is no column `name`", help);
    }
    (!wrong).then_some(columns)
}

fn row(source: &Arc<Source>, span: Span, columns: &[Column], record: &csv::StringRecord, builder: &mut Builder) {
    if record.iter().skip(columns.len()).any(|field| !field.is_empty()) {
        let message = format!("this line has {} fields, the header {}", record.len(), columns.len());
        let help = "a field that holds the separator stands in double quotes";
        builder.problem(source, span, "hayes::inventory::csv", message, help);
        return;
    }
    let mut entry = Entry { span, ..Entry::default() };
    let mut wrong = false;
    for (column, field) in columns.iter().zip(record).filter(|(_, field)| !field.is_empty()) {
        let placed = || Placed { text: field.to_owned(), span: field_span(source, span, field) };
        match column {
            Column::Name => entry.name = Some(placed()),
            Column::Port => entry.port = Some(placed()),
            Column::Imei => entry.imei = Some(placed()),
            Column::Iccid => entry.iccid = Some(placed()),
            Column::Groups => {
                let names = field.split([' ', ',', ';', '|']).filter(|name| !name.is_empty());
                entry.groups = names.map(|name| Placed { text: name.to_owned(), span }).collect();
            }
            Column::Baud => match field.parse() {
                Ok(baud @ 1..) => entry.settings.baud = Some(baud),
                Ok(_) | Err(_) => {
                    wrong = true;
                    let message = format!("{field:?} is no speed");
                    let at = field_span(source, span, field);
                    builder.problem(source, at, "hayes::inventory::value", message, "a speed is 9600 or 115200");
                }
            },
            Column::Label(name) => _ = entry.settings.labels.insert(Arc::clone(name), field.to_owned()),
            Column::Var(name) => _ = entry.settings.vars.insert(Arc::clone(name), field.to_owned()),
        }
    }
    if !wrong {
        builder.add(source, entry);
    }
}

/// The line that begins at `start`, blank lines and comments before it left out.
fn line_span(source: &Source, mut start: usize) -> Span {
    loop {
        let rest = source.text.get(start..).unwrap_or_default();
        let line = rest.split_inclusive('\n').next().unwrap_or_default();
        let shown = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() || !(shown.trim().is_empty() || shown.starts_with('#')) {
            return Span::new(start, start + shown.len());
        }
        start += line.len();
    }
}

/// The place of a field in its line; the whole line where it is quoted or goes over more than one.
fn field_span(source: &Source, line: Span, field: &str) -> Span {
    match source.slice(line).find(field) {
        Some(at) => Span::new(line.start as usize + at, line.start as usize + at + field.len()),
        None => line,
    }
}
