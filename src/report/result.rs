//! The result of one script on one modem: a line of JSON, or a few lines of text. The names of its fields are a
//! contract with those who read them.

use std::collections::BTreeMap;
use std::{fmt, io};

use serde::{Deserialize, Serialize};

use super::style::{Palette, Style};
use super::tally::place;
use crate::diagnostic::{Complaint, Diagnostic};
use crate::notation::{self, harmless, seconds};
use crate::runtime::{Failure, Mask, Outcome, Status, Value};

/// Calls what it is given for each result, in order. They may be more than memory holds: walk twice to see them twice.
pub type Walk<'w> = dyn Fn(&mut dyn FnMut(&RunResult) -> io::Result<()>) -> io::Result<()> + 'w;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    pub modem: String,
    pub port: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
    /// The inventory's groups that it stands in
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// What the inventory calls `label.NAME`
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    pub script: String,
    /// `--plan`: nothing was changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plan: bool,
    /// What tells its script and its values from others, for `--resume`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    pub status: Status,
    /// RFC 3339, UTC, with milliseconds
    pub started: String,
    pub elapsed_ms: u64,
    pub exchanges: u64,
    pub changed: u64,
    pub unchanged: u64,
    /// `--plan`: something was left out that may change the modem.
    #[serde(skip)]
    pub would_change: bool,
    /// How often the modem's flash was written, and in all runs on this machine
    #[serde(default, skip_serializing_if = "is_zero")]
    pub flash_writes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash_writes_in_all: Option<u64>,
    pub report: serde_json::Map<String, serde_json::Value>,
    /// `report row`: an object each
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// The parts of the script that `--only` left out
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The file that holds all that was sent and received, beside the results
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    pub failure: Option<FailureReport>,
    /// `--retries`: the failures of the tries before
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<FailureReport>,
    /// What the check warned of before the script ran
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<FailureReport>,
}

/// Why a script did not pass.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FailureReport {
    pub code: String,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    pub answer: Vec<String>,
    pub result: Option<String>,
    pub help: Option<String>,
}

impl fmt::Display for FailureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(script), Some(line), Some(column)) = (&self.script, self.line, self.column) {
            write!(f, "{script}:{line}:{column}: ")?;
        }
        f.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(f, "\nhelp: {help}"))
    }
}

impl std::error::Error for FailureReport {}

impl From<&Diagnostic> for FailureReport {
    fn from(diagnostic: &Diagnostic) -> FailureReport {
        let position = diagnostic.source.position(diagnostic.span().unwrap_or_default().start as usize);
        FailureReport {
            script: Some(diagnostic.source.name.clone()),
            line: Some(position.line),
            column: Some(position.column),
            help: diagnostic.help.clone(),
            ..FailureReport::outside(diagnostic.code, &diagnostic.message)
        }
    }
}

impl FailureReport {
    /// A failure that stands in no script.
    pub fn outside(code: &str, message: &str) -> FailureReport {
        FailureReport { code: code.to_owned(), message: message.to_owned(), ..FailureReport::default() }
    }

    /// A port that could not be opened.
    pub fn unopened(error: &Complaint) -> FailureReport {
        FailureReport { help: error.help.clone(), ..FailureReport::outside(error.code, &error.message) }
    }
}

impl RunResult {
    /// The script came to its end.
    pub fn passed(&self) -> bool {
        self.status == Status::Passed
    }

    pub fn new(modem: &str, port: &str, script: &str, started: String, outcome: &Outcome) -> RunResult {
        let json = |value: &Value| serde_json::to_value(value).unwrap_or(serde_json::Value::Null);
        RunResult {
            elapsed_ms: u64::try_from(outcome.elapsed.as_millis()).unwrap_or(u64::MAX),
            exchanges: outcome.exchanges,
            changed: outcome.changed,
            unchanged: outcome.unchanged,
            would_change: outcome.would_change,
            flash_writes: outcome.flash_writes,
            flash_writes_in_all: outcome.flash_writes_in_all,
            report: outcome.report.iter().map(|(name, value)| (name.clone(), json(value))).collect(),
            rows: outcome.rows.iter().map(json).collect(),
            skipped: outcome.skipped.clone(),
            left_out: outcome.left_out.clone(),
            failure: outcome.failure.as_deref().map(FailureReport::from),
            ..RunResult::empty(modem, port, script, started, outcome.status)
        }
    }

    /// A modem whose port could not be opened: nothing was sent.
    pub fn unreachable(modem: &str, port: &str, script: &str, started: String, failure: FailureReport) -> RunResult {
        let failure = Some(failure);
        RunResult { failure, ..RunResult::empty(modem, port, script, started, Status::Unreachable) }
    }

    pub fn empty(modem: &str, port: &str, script: &str, started: String, status: Status) -> RunResult {
        RunResult {
            modem: modem.to_owned(),
            port: port.to_owned(),
            script: script.to_owned(),
            status,
            started,
            ..RunResult::default()
        }
    }

    /// It has passed, but not at the first try.
    pub fn is_flaky(&self) -> bool {
        self.status == Status::Passed && !self.earlier.is_empty()
    }

    /// Why it did not pass, in one line: `no answer (setup.hayes:12)`; empty where it did.
    pub fn why(&self) -> String {
        let why = match (&self.failure, &self.skipped) {
            (Some(failure), _) => {
                let place = place(failure).map(|place| format!(" ({place})")).unwrap_or_default();
                format!("{}{place}", failure.message)
            }
            (None, why) => why.clone().unwrap_or_default(),
        };
        super::style::harmless(why.as_bytes())
    }

    /// This result with the mask's numbers and secrets hidden, wherever a modem's words stand.
    #[must_use]
    pub fn masked(mut self, mask: &Mask) -> RunResult {
        let hide = |text: &mut String| *text = mask.string(std::mem::take(text));
        self.labels.values_mut().for_each(hide);
        self.report.values_mut().for_each(|value| hide_in(value, mask));
        self.rows.iter_mut().for_each(|row| hide_in(row, mask));
        self.skipped.iter_mut().for_each(hide);
        for failure in self.failure.iter_mut().chain(&mut self.earlier).chain(&mut self.warnings) {
            failure.answer.iter_mut().chain([&mut failure.message]).for_each(hide);
            [&mut failure.sent, &mut failure.result, &mut failure.help].into_iter().flatten().for_each(hide);
        }
        self
    }

    /// One line of JSON, without its line end.
    pub fn json(&self) -> String {
        notation::json(self)
    }

    /// The columns, one a line, names in front: what `hayes run` prints on standard output.
    pub fn columns(&self, palette: Palette) -> String {
        let width = self.report.keys().map(|name| name.chars().count()).max().unwrap_or(0);
        let line = |(name, value): (&String, &serde_json::Value)| {
            let padding = " ".repeat(width - name.chars().count());
            let shown = super::style::harmless(shown(value).as_bytes());
            format!("{}{padding}  {shown}", palette.paint(Style::Name, name)).trim_end().to_owned() + "\n"
        };
        self.report.iter().map(line).collect::<String>() + &self.table(palette)
    }

    /// The rows of `report row`, under their names.
    fn table(&self, palette: Palette) -> String {
        let mut names = Vec::new();
        add_row_names(&mut names, &self.rows);
        let cell =
            |value: Option<&serde_json::Value>| super::style::harmless(value.map(shown).unwrap_or_default().as_bytes());
        let rows = self.rows.iter().map(|row| names.iter().map(|name| cell(row.get(name))).collect::<Vec<_>>());
        let rows: Vec<Vec<String>> = rows.collect();
        let count = |text: &str| text.chars().count();
        let width = |place: usize, name: &str| {
            let cells = rows.iter().filter_map(|row| row.get(place)).map(|cell| count(cell));
            cells.max().unwrap_or(0).max(count(name))
        };
        let widths: Vec<usize> = names.iter().enumerate().map(|(place, name)| width(place, name)).collect();
        let line = |cells: &mut dyn Iterator<Item = String>| {
            let padded = cells.zip(&widths).map(|(cell, width)| " ".repeat(width - count(&cell).min(*width)) + &cell);
            padded.collect::<Vec<_>>().join("  ")
        };
        if rows.is_empty() {
            return String::new();
        }
        let head = palette.paint(Style::Name, line(&mut names.iter().cloned()));
        let lines = rows.into_iter().map(|row| line(&mut row.into_iter()) + "\n");
        format!("{head}\n{}", lines.collect::<String>())
    }

    /// One line that says how it went: `passed in 0.5 s: 14 exchanges, 1 changed, 2 unchanged`.
    pub fn summary(&self, palette: Palette) -> String {
        let mut counts = vec![plural(self.exchanges, "exchange")];
        if self.changed > 0 || self.unchanged > 0 {
            counts.push(format!("{} {}", self.changed, if self.plan { "would change" } else { "changed" }));
            counts.push(format!("{} unchanged", self.unchanged));
        }
        if self.flash_writes > 0 {
            let in_all = self.flash_writes_in_all.map(|all| format!(" ({all} in all)")).unwrap_or_default();
            counts.push(format!("{} to flash{in_all}", plural(self.flash_writes, "write")));
        }
        if !self.left_out.is_empty() {
            counts.push(format!("left out: {}", self.left_out.join(", ")));
        }
        let status = palette.paint(style(self.status), self.status);
        let why = self.skipped.as_ref().map(|why| format!(": {}", harmless(why))).unwrap_or_default();
        format!("{} {status} in {}: {}{why}", harmless(&self.script), seconds(self.elapsed_ms), counts.join(", "))
    }
}

impl From<&Failure> for FailureReport {
    fn from(failure: &Failure) -> FailureReport {
        let help: Vec<String> = failure.meaning.iter().chain(&failure.diagnostic.help).cloned().collect();
        FailureReport {
            sent: failure.sent.clone(),
            answer: failure.answer.clone(),
            result: failure.result.clone(),
            help: (!help.is_empty()).then(|| help.join("; ")),
            ..FailureReport::from(&failure.diagnostic)
        }
    }
}

/// Adds the names in these rows that are not there yet.
pub(crate) fn add_row_names(names: &mut Vec<String>, rows: &[serde_json::Value]) {
    for name in rows.iter().filter_map(serde_json::Value::as_object).flat_map(serde_json::Map::keys) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
}

pub fn style(status: Status) -> Style {
    match status {
        Status::Passed => Style::Good,
        Status::Skipped | Status::Interrupted => Style::Notable,
        Status::Failed | Status::Unreachable => Style::Bad,
    }
}

pub fn plural(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn hide_in(value: &mut serde_json::Value, mask: &Mask) {
    match value {
        serde_json::Value::String(text) => *text = mask.string(std::mem::take(text)),
        serde_json::Value::Number(number) if !mask.text(&number.to_string()).eq(&number.to_string()) => {
            *value = mask.string(number.to_string()).into();
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| hide_in(item, mask)),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|value| hide_in(value, mask)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

/// A text as it is, anything else as JSON.
pub(crate) fn shown(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}
