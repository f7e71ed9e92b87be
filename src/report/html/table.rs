//! The table of all modems: a column for each label and each reported name. A plain table; a script adds sorting and
//! filtering.

use std::io::{self, Write};

use super::Escaped;
use super::conversation::anchor;
use crate::notation::seconds;
use crate::report::csv::distinct;
use crate::report::result::RunResult;

/// More columns than that are left to the CSV.
const MOST_COLUMNS: usize = 16;

pub(super) fn write(results: &[RunResult], writer: &mut dyn Write) -> io::Result<()> {
    let labels = distinct(results.iter().flat_map(|result| result.labels.keys()));
    let mut reported = distinct(results.iter().flat_map(|result| result.report.keys()));
    let left_out = reported.len().saturating_sub(MOST_COLUMNS);
    reported.truncate(MOST_COLUMNS);
    writeln!(
        writer,
        "<section id=\"modems\">\n<h2>Modems</h2>\n<div id=\"filter\" hidden><input type=\"search\" placeholder=\"Filter\" \
         aria-label=\"Filter the modems\"><span class=\"chips\"></span><output></output></div>"
    )?;
    if left_out > 0 {
        writeln!(writer, "<p class=\"sub\">{left_out} more reported columns are in the CSV.</p>")?;
    }
    write!(writer, "<div class=\"scroll\"><table>\n<thead><tr><th>Modem</th><th>Status</th><th>Time</th>")?;
    labels.iter().chain(&reported).try_for_each(|name| write!(writer, "<th>{}</th>", Escaped(name)))?;
    writeln!(writer, "<th>Failure</th></tr></thead>\n<tbody>")?;
    for result in results {
        let status = result.status;
        write!(
            writer,
            "<tr data-status=\"{status}\"><td><a href=\"#{}\">{}</a></td><td><span class=\"status {status}\">{status}\
             </span></td><td data-v=\"{}\" class=\"n\">{}</td>",
            anchor(&result.modem),
            Escaped(&result.modem),
            result.elapsed_ms,
            seconds(result.elapsed_ms)
        )?;
        for label in &labels {
            let value = result.labels.get(*label).map(String::as_str).unwrap_or_default();
            write!(writer, "<td>{}</td>", Escaped(value))?;
        }
        for name in &reported {
            match result.report.get(*name) {
                Some(serde_json::Value::Number(number)) => {
                    write!(writer, "<td data-v=\"{number}\" class=\"n\">{number}</td>")?;
                }
                Some(serde_json::Value::String(text)) => write!(writer, "<td>{}</td>", Escaped(text))?,
                Some(other) => write!(writer, "<td>{}</td>", Escaped(&other.to_string()))?,
                None => write!(writer, "<td></td>")?,
            }
        }
        let why = result.failure.as_ref().map(|failure| failure.message.as_str()).or(result.skipped.as_deref());
        writeln!(writer, "<td class=\"why\">{}</td></tr>", Escaped(why.unwrap_or_default()))?;
    }
    writeln!(writer, "</tbody></table></div>\n</section>")
}
