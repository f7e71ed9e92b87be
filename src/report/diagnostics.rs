//! Diagnostics for editors, CI and other programs: one JSON object a line.

use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::notation;

/// What is wrong in a script, and where. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    /// `warning` or `error`
    pub severity: &'static str,
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
}

impl From<&Diagnostic> for Problem {
    fn from(diagnostic: &Diagnostic) -> Problem {
        let span = diagnostic.span().unwrap_or_default();
        let [start, end] = [span.start, span.end].map(|at| diagnostic.source.position(at as usize));
        Problem {
            file: diagnostic.source.name.clone(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            severity: diagnostic.severity.name(),
            code: diagnostic.code,
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
        }
    }
}

pub fn json_lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| notation::json(&Problem::from(diagnostic)) + "\n").collect()
}

/// Each diagnostic as a workflow command of GitHub Actions, which shows it beside its line.
pub fn annotations(diagnostics: &[Diagnostic]) -> String {
    let text = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |name: &str| text(name).replace(':', "%3A").replace(',', "%2C");
    let annotation = |diagnostic: &Diagnostic| {
        let Problem { file, line, column, end_line, end_column, severity, code, message, help } = diagnostic.into();
        // Columns are taken within one line only.
        let columns = if line == end_line { format!(",col={column},endColumn={end_column}") } else { String::new() };
        let help = help.map(|help| format!("%0Ahelp: {}", text(&help))).unwrap_or_default();
        let place = format!("file={},line={line},endLine={end_line}{columns}", property(&file));
        format!("::{severity} {place},title={}::{}{help}\n", property(code), text(&message))
    };
    diagnostics.iter().map(annotation).collect()
}

/// Each diagnostic on one line, as compilers print them, and editors, grep and people read them.
pub fn one_line_each(diagnostics: &[Diagnostic]) -> String {
    let line = |diagnostic: &Diagnostic| {
        let Problem { file, line, column, severity, code, message, help, .. } = diagnostic.into();
        let help = help.map(|help| format!("; help: {help}")).unwrap_or_default();
        let words = format!("{file}:{line}:{column}: {severity}: {message}{help} [{code}]");
        notation::harmless(&words.replace('\n', " ")).into_owned() + "\n"
    };
    diagnostics.iter().map(line).collect()
}
