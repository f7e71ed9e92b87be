//! Results as CSV, for spreadsheets: a line a modem, a column for each label and each reported name.
//!
//! What a modem answers is not to be trusted: a text that a spreadsheet would take for a formula gets an apostrophe in
//! front. Numbers stay as they are.

use std::collections::HashSet;
use std::io::{self, Write};

use serde_json::Value;

use super::result::{RunResult, Walk, add_row_names, shown};
use super::tally::place;
use crate::diagnostic::nearest;
use crate::notation;

/// The columns that each table begins with
pub(crate) const FIXED: &str = "modem,port,script,status,started,elapsed_ms,exchanges,changed,unchanged";
const FAILURE: [&str; 7] = ["failure", "message", "place", "sent", "answer", "result", "help"];

/// Of these columns those that no result has, each with the one that was probably meant.
pub fn unknown(walk: &Walk<'_>, wanted: &[String]) -> Vec<(String, Option<String>)> {
    let header = header(walk).map(|(_, header)| header).unwrap_or_default();
    let unknown = wanted.iter().filter(|name| !header.contains(name));
    unknown.map(|name| (name.clone(), nearest(name, header.iter().map(String::as_str)).map(str::to_owned))).collect()
}

fn header(walk: &Walk<'_>) -> io::Result<(Columns, Vec<String>)> {
    let mut columns = Columns::default();
    walk(&mut |result| {
        columns.add(result);
        Ok(())
    })?;
    let mut header: Vec<String> = FIXED.split(',').map(str::to_owned).collect();
    header.extend(columns.labels.iter().map(|name| harmless(&format!("label.{name}"))));
    header.extend(columns.reported.iter().map(|name| harmless(name)));
    header.extend(FAILURE.iter().map(|name| (*name).to_owned()));
    header.extend(columns.is_retried.then(|| "tries".to_owned()));
    header.extend(columns.has_groups.then(|| "groups".to_owned()));
    Ok((columns, header))
}

/// Writes all results; of their columns those that are `wanted`, all where none is named. The columns of reports stand
/// in the order in which they first came.
pub fn write(walk: &Walk<'_>, wanted: &[String], writer: impl Write) -> io::Result<()> {
    let (columns, header) = header(walk)?;
    let (Columns { labels, reported, .. }, failure) = (&columns, FAILURE);
    let mut csv = csv::Writer::from_writer(writer);
    // A name that nobody reported has an empty column.
    let places: Vec<_> = wanted.iter().map(|name| header.iter().position(|known| known == name)).collect();
    let chosen = |row: Vec<String>| match wanted {
        [] => row,
        _ => places.iter().map(|place| place.and_then(|place| row.get(place)).cloned().unwrap_or_default()).collect(),
    };
    let names: Vec<String> = wanted.iter().map(|name| harmless(name)).collect();
    csv.write_record(if wanted.is_empty() { &header } else { &names })?;
    walk(&mut |result| {
        let mut row = vec![
            harmless(&result.modem),
            harmless(&result.port),
            harmless(&result.script),
            result.status.to_string(),
            harmless(&result.started),
            result.elapsed_ms.to_string(),
            result.exchanges.to_string(),
            result.changed.to_string(),
            result.unchanged.to_string(),
        ];
        row.extend(labels.iter().map(|name| result.labels.get(name).map(|text| harmless(text)).unwrap_or_default()));
        row.extend(reported.iter().map(|name| result.report.get(name).map(cell).unwrap_or_default()));
        match &result.failure {
            Some(failure) => row.extend([
                harmless(&failure.code),
                harmless(&failure.message),
                place(failure).map(|text| harmless(&text)).unwrap_or_default(),
                failure.sent.as_deref().map(harmless).unwrap_or_default(),
                harmless(&failure.answer.join("\n")),
                failure.result.as_deref().map(harmless).unwrap_or_default(),
                failure.help.as_deref().map(harmless).unwrap_or_default(),
            ]),
            None => row.extend(failure.iter().map(|_| String::new())),
        }
        row.extend(columns.is_retried.then(|| (result.earlier.len() + 1).to_string()));
        row.extend(columns.has_groups.then(|| harmless(&result.groups.join(" "))));
        csv.write_record(chosen(row)).map_err(io::Error::from)
    })?;
    csv.flush()
}

/// The rows of `report row`: a line each, with the modem that reported it.
pub fn write_rows(walk: &Walk<'_>, writer: impl Write) -> io::Result<()> {
    let mut names = Vec::new();
    walk(&mut |result| {
        add_row_names(&mut names, &result.rows);
        Ok(())
    })?;
    let mut csv = csv::Writer::from_writer(writer);
    write_row_names(&mut csv, &names)?;
    walk(&mut |result| result.rows.iter().try_for_each(|row| write_row(&mut csv, &names, &result.modem, row)))?;
    csv.flush()
}

/// The head of the table that has these columns.
pub fn write_row_names(csv: &mut csv::Writer<impl Write>, names: &[String]) -> io::Result<()> {
    let names = names.iter().map(|name| harmless(name));
    csv.write_record(std::iter::once("modem".to_owned()).chain(names)).map_err(io::Error::from)
}

/// A row of the table that has these columns.
pub fn write_row(csv: &mut csv::Writer<impl Write>, names: &[String], modem: &str, row: &Value) -> io::Result<()> {
    let cells = names.iter().map(|name| row.get(name).map(cell).unwrap_or_default());
    csv.write_record(std::iter::once(harmless(modem)).chain(cells)).map_err(io::Error::from)
}

/// The names of labels and of what was reported, in the order in which they first come.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub labels: Vec<String>,
    pub reported: Vec<String>,
    seen: HashSet<String>,
    is_retried: bool,
    has_groups: bool,
}

impl Columns {
    pub(super) fn add(&mut self, result: &RunResult) {
        self.is_retried |= !result.earlier.is_empty();
        self.has_groups |= !result.groups.is_empty();
        for name in result.report.keys().filter(|name| !self.seen.contains(*name)).cloned().collect::<Vec<_>>() {
            self.reported.push(name.clone());
            self.seen.insert(name);
        }
        let new = result.labels.keys().filter(|name| !self.labels.contains(name)).cloned();
        self.labels.extend(new.collect::<Vec<_>>());
    }
}

fn cell(value: &Value) -> String {
    if value.is_null() { String::new() } else { harmless(&shown(value)) }
}

/// A text that no spreadsheet runs, its control characters shown as codes, but line ends.
fn harmless(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
    let shown = notation::harmless(text);
    // A spreadsheet looks behind blanks, and takes a full-width sign for the plain one.
    let first = shown.trim_start().chars().next();
    let runs = first.is_some_and(|first| "=+-@|%＝＋－＠".contains(first)) || shown.starts_with('\n');
    if runs && !is_number { format!("'{shown}") } else { shown.into_owned() }
}
