//! Diagnostics for editors and CI: one JSON object a line.

use serde_json::json;

use crate::diagnostic::{Diagnostic, Severity};
use crate::notation;

/// Each diagnostic as a JSON object on a line of its own. Lines and columns count from 1, columns in characters.
pub fn json_lines(diagnostics: &[Diagnostic]) -> String {
    let line = |diagnostic: &Diagnostic| {
        let span = diagnostic.span().unwrap_or_default();
        let [start, end] = [span.start, span.end].map(|at| diagnostic.source.position(at as usize));
        let severity = match diagnostic.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        notation::json(&json!({
            "file": diagnostic.source.name, "line": start.line, "column": start.column, "end_line": end.line,
            "end_column": end.column, "severity": severity, "code": diagnostic.code, "message": diagnostic.message,
            "help": diagnostic.help,
        })) + "\n"
    };
    diagnostics.iter().map(line).collect()
}
