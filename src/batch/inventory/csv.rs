//! The inventory as CSV with a header, as spreadsheets write it: commas, semicolons or tabs, quoted fields, a byte
//! order mark.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::{Draft, ModemEntry};
use crate::source::{Name, Source, Span};

const COLUMNS: [&str; 9] =
    ["name", "port", "imei", "iccid", "gateway", "group", "groups", "baud", "label.NAME or var.NAME"];

/// What a column holds; of a label or a value its name too.
type Column = (String, Arc<str>);

pub(super) fn read(draft: &mut Draft) {
    let source = Arc::clone(&draft.source);
    let source = &*source;
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
                return draft.problem(line_span(source, start), "hayes::inventory::csv", &[&error]);
            }
        }
        // The position before a record may be that of blank or comment lines.
        let start = record.position().map_or(start, |at| mark + usize::try_from(at.byte()).unwrap_or(usize::MAX));
        let span = line_span(source, start);
        if record.iter().all(str::is_empty) {
            continue;
        }
        match &columns {
            None => match header(span, &record, draft) {
                Some(header) => columns = Some(header),
                None => return,
            },
            Some(columns) => row(source, span, columns, &record, draft),
        }
    }
    if columns.is_none() {
        draft.problem(Span::default(), "hayes::inventory::empty", &[]);
    }
}

/// Where values stand that may be secrets: in every column that is not known to hold something else.
pub(super) fn values(whole: &str) -> Vec<Range<usize>> {
    let text = whole.trim_start_matches('\u{feff}');
    let mut start = whole.len() - text.len();
    let delimiter = delimiter(text);
    let mut hidden: Option<Vec<bool>> = None;
    let mut values = Vec::new();
    for line in text.split_inclusive('\n') {
        let fields = raw_fields(line.trim_end(), delimiter);
        let is_said = !line.trim().is_empty() && !line.starts_with('#');
        if let Some(hidden) = hidden.as_ref().filter(|_| is_said) {
            let is_whole = fields.len() == hidden.len();
            let hides = |index: usize| match is_whole {
                true => hidden.get(index) == Some(&true),
                false => index > 0 && hidden.contains(&true),
            };
            let such = fields.iter().enumerate().filter(|(index, _)| hides(*index));
            values.extend(such.map(|(_, field)| start + field.start..start + field.end));
        } else if is_said {
            let title = |field: &Range<usize>| line.get(field.clone()).unwrap_or_default();
            hidden = Some(fields.iter().map(|field| !is_plain(title(field))).collect());
        }
        start += line.len();
    }
    values
}

/// Whether a column of this title holds what anybody may see.
fn is_plain(title: &str) -> bool {
    let title = title.trim().trim_matches('"').to_ascii_lowercase();
    title.starts_with("label.") || COLUMNS.contains(&title.as_str())
}

/// The fields of a line, with their quotes.
fn raw_fields(line: &str, delimiter: u8) -> Vec<Range<usize>> {
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

fn header(span: Span, record: &csv::StringRecord, draft: &mut Draft) -> Option<Vec<Column>> {
    let is_port =
        |field: &str| field.starts_with('/') || ["://", "sim:", "replay:"].iter().any(|kind| field.contains(kind));
    if record.iter().any(is_port) {
        draft.problem(span, "hayes::inventory::no-name header", &[]);
        return None;
    }
    let mut columns = Vec::new();
    let mut seen = HashSet::new();
    let before = draft.diagnostics.len();
    for title in record {
        let lower = title.to_ascii_lowercase();
        let (kind, name) = title.split_once('.').unwrap_or((title, ""));
        let kind = kind.to_ascii_lowercase();
        let is_known = match name {
            "" => COLUMNS.contains(&lower.as_str()),
            _ => ["label", "var"].contains(&kind.as_str()),
        };
        if !is_known {
            let [plain @ .., _] = &COLUMNS;
            let help = match super::nearest(&lower, plain) {
                _ if ["labels", "vars"].contains(&kind.as_str()) => {
                    format!("did you mean `{}.{name}`?", kind.trim_end_matches('s'))
                }
                Some(near) => format!("did you mean `{near}`?"),
                _ if kind == "secret" => {
                    format!("write `var.{name}`: what a `secret` is given so is masked everywhere")
                }
                None if title.is_empty() => "name each column, or leave it out".to_owned(),
                None => {
                    // A spreadsheet's `APN` is the script's `apn`.
                    let name = if title == title.to_uppercase() { &*lower } else { title };
                    let name = title.split_once('.').map_or(name, |(_, name)| name);
                    format!("columns are {}: did you mean `var.{name}` or `label.{name}`?", COLUMNS.join(", "))
                }
            };
            draft.problem(span, "hayes::inventory::unknown-key column", &[&title, &help]);
            continue;
        }
        if !seen.insert(lower) {
            draft.problem(span, "hayes::inventory::column-twice", &[&title]);
        }
        columns.push((kind, name.into()));
    }
    if draft.diagnostics.len() == before && !columns.iter().any(|(kind, _)| kind == "name") {
        draft.problem(span, "hayes::inventory::no-name column", &[]);
    }
    (draft.diagnostics.len() == before).then_some(columns)
}

fn row(source: &Source, span: Span, columns: &[Column], record: &csv::StringRecord, draft: &mut Draft) {
    if record.iter().skip(columns.len()).any(|field| !field.is_empty()) {
        return draft.problem(span, "hayes::inventory::csv fields", &[&record.len(), &columns.len()]);
    }
    if record.len() < columns.len() {
        return draft.problem(span, "hayes::inventory::csv cut", &[&record.len(), &columns.len()]);
    }
    let mut entry = ModemEntry { span, ..ModemEntry::default() };
    let before = draft.diagnostics.len();
    for ((kind, name), field) in columns.iter().zip(record).filter(|(_, field)| !field.is_empty()) {
        let placed = || Name { value: field.to_owned(), span: field_span(source, span, field) };
        if is_of_spreadsheet(field) {
            draft.problem(placed().span, "hayes::inventory::csv number", &[&field]);
            continue;
        }
        match kind.as_str() {
            "name" => entry.name = Some(placed()),
            "port" => entry.port = Some(placed()),
            "imei" => entry.imei = Some(placed()),
            "iccid" => entry.iccid = Some(placed()),
            "gateway" => entry.gateway = Some(placed()),
            "group" | "groups" => {
                let names = field.split([' ', ',', ';', '|']).filter(|name| !name.is_empty());
                entry.groups = names.map(|name| Name { value: name.to_owned(), span }).collect();
            }
            "baud" => match field.parse() {
                Ok(baud @ 1..) => entry.settings.baud = Some(baud),
                Ok(_) | Err(_) => {
                    let at = field_span(source, span, field);
                    draft.problem(at, "hayes::inventory::value speed", &[&format_args!("{field:?}")]);
                }
            },
            "label" => _ = entry.settings.labels.insert(Arc::clone(name), field.to_owned()),
            _ => _ = entry.settings.vars.insert(Arc::clone(name), field.to_owned()),
        }
    }
    if draft.diagnostics.len() == before {
        draft.add(entry);
    }
}

/// A long number that was shortened (`4.91512E+12`) or became a fraction (`491512345678.0`), or a failed formula.
fn is_of_spreadsheet(field: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let shortened = field.split_once(['E', 'e']).is_some_and(|(digits, power)| {
        let power = power.strip_prefix('+').unwrap_or_default();
        is_digits(power) && digits.strip_prefix('-').unwrap_or(digits).split(['.', ',']).all(is_digits)
    });
    // A telephone number or an IMEI; `202401.0` is a version.
    let is_fraction = field.strip_suffix(".0").is_some_and(|number| number.len() > 8 && is_digits(number));
    let is_capital = |it: char| it.is_uppercase() || it == '/' || it == '0';
    let failed = field.strip_prefix('#').is_some_and(|name| {
        let bare = name.strip_suffix(['!', '?']);
        ["N/A", "NV"].contains(&name) || bare.is_some_and(|bare| !bare.is_empty() && bare.chars().all(is_capital))
    });
    shortened || is_fraction || failed || (field.len() > 2 && field.bytes().all(|byte| byte == b'#'))
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
