//! Results as CSV, for spreadsheets: a line a modem, a column for each label and each reported name.
//!
//! What a modem answers is not to be trusted: a text that a spreadsheet would take for a formula gets an apostrophe in
//! front. Numbers stay as they are.

use std::io::{self, Write};

use super::causes::place;
use super::result::{RunResult, row_names};
use crate::notation::is_harmful;

/// Writes all results. The columns of reports stand in the order in which they first came.
pub fn write(results: &[RunResult], writer: impl Write) -> io::Result<()> {
    let labels = distinct(results.iter().flat_map(|result| result.labels.keys()));
    let reported = distinct(results.iter().flat_map(|result| result.report.keys()));
    let mut csv = csv::Writer::from_writer(writer);
    let fixed = ["modem", "port", "script", "status", "started", "elapsed_ms", "exchanges", "changed", "unchanged"];
    let mut header: Vec<String> = fixed.iter().map(|name| (*name).to_owned()).collect();
    header.extend(labels.iter().map(|name| format!("label.{name}")));
    header.extend(reported.iter().map(|name| harmless(name)));
    let failure = ["failure", "message", "place", "sent", "answer", "result", "help"];
    header.extend(failure.iter().map(|name| (*name).to_owned()));
    csv.write_record(&header)?;
    for result in results {
        let mut row = vec![
            harmless(&result.modem),
            harmless(&result.port),
            harmless(&result.script),
            result.status.to_string(),
            result.started.clone(),
            result.elapsed_ms.to_string(),
            result.exchanges.to_string(),
            result.changed.to_string(),
            result.unchanged.to_string(),
        ];
        row.extend(labels.iter().map(|name| result.labels.get(*name).map(|text| harmless(text)).unwrap_or_default()));
        row.extend(reported.iter().map(|name| result.report.get(*name).map(cell).unwrap_or_default()));
        match &result.failure {
            Some(failure) => row.extend([
                failure.code.clone(),
                harmless(&failure.message),
                place(failure).map(|text| harmless(&text)).unwrap_or_default(),
                failure.sent.as_deref().map(harmless).unwrap_or_default(),
                harmless(&failure.answer.join("\n")),
                failure.result.as_deref().map(harmless).unwrap_or_default(),
                failure.help.as_deref().map(harmless).unwrap_or_default(),
            ]),
            None => row.extend(failure.iter().map(|_| String::new())),
        }
        csv.write_record(&row)?;
    }
    csv.flush()
}

/// The rows of `report row`: a line each, with the modem that reported it.
pub fn write_rows(results: &[RunResult], writer: impl Write) -> io::Result<()> {
    let names = row_names(results);
    let mut csv = csv::Writer::from_writer(writer);
    csv.write_record(std::iter::once("modem".to_owned()).chain(names.iter().map(|name| harmless(name))))?;
    for result in results {
        for row in &result.rows {
            let cells = names.iter().map(|name| row.get(name).map(cell).unwrap_or_default());
            csv.write_record(std::iter::once(harmless(&result.modem)).chain(cells))?;
        }
    }
    csv.flush()
}

fn cell(value: &serde_json::Value) -> String {
    if value.is_null() {
        return String::new();
    }
    value.as_str().map_or_else(|| value.to_string(), harmless)
}

/// A text that no spreadsheet runs, without control characters but line ends.
fn harmless(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
    let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && !is_number;
    let mut shown = String::with_capacity(text.len() + 1);
    if runs {
        shown.push('\'');
    }
    shown.extend(text.chars().filter(|c| *c == '\n' || !is_harmful(*c)));
    shown
}

/// Each once, in the order in which they first come.
pub(super) fn distinct<'n>(names: impl Iterator<Item = &'n String>) -> Vec<&'n str> {
    let mut seen = std::collections::HashSet::new();
    names.map(String::as_str).filter(|name| seen.insert(*name)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{failed, passed};
    use super::*;

    #[test]
    fn a_line_a_modem_and_a_column_for_each_reported_name() {
        let mut odd = failed("b", "hayes::run::refused", "refused, \"quite\"", Some("+CME ERROR: 10"));
        odd.report.insert("formula".to_owned(), "=1+1\u{7}".into());
        let mut text = Vec::new();
        write(&[passed("a"), odd], &mut text).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "modem,port,script,status,started,elapsed_ms,exchanges,changed,unchanged,label.rack,imei,signal,formula,\
             failure,message,place,sent,answer,result,help\n\
             a,/dev/a,supersim/setup,passed,2026-11-22T10:00:00.000Z,4321,14,1,2,A3,351234561234567,-79,,,,,,,,\n\
             b,/dev/b,supersim/setup,failed,2026-11-22T10:00:00.000Z,4321,14,1,2,A3,,,'=1+1,hayes::run::refused,\
             \"refused, \"\"quite\"\"\",supersim/setup:7,AT+CPIN?,'+CPIN: SIM PUK,'+CME ERROR: 10,\
             ask the SIM's owner for the PUK\n"
        );
    }
}
