//! Diagnostics for editors and CI: one JSON object a line.

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity};
use crate::notation;

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    /// From 1
    line: usize,
    /// From 1, in characters
    column: usize,
    end_line: usize,
    end_column: usize,
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    help: Option<&'a str>,
}

/// Each diagnostic as a JSON object on a line of its own.
pub fn json_lines(diagnostics: &[Diagnostic]) -> String {
    let line = |diagnostic: &Diagnostic| {
        let span = diagnostic.span().unwrap_or_default();
        let start = diagnostic.source.position(span.start as usize);
        let end = diagnostic.source.position(span.end as usize);
        let line = Line {
            file: &diagnostic.source.name,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            severity: match diagnostic.severity {
                Severity::Warning => "warning",
                Severity::Error => "error",
            },
            code: diagnostic.code,
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
        };
        notation::json(&line) + "\n"
    };
    diagnostics.iter().map(line).collect()
}
