//! Diagnostics as SARIF 2.1.0 (OASIS), for code hosts: one run, a rule for each code that was found.

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::diagnostic::pages;
use crate::notation;

/// The whole file, with its line end.
pub fn sarif(diagnostics: &[Diagnostic]) -> String {
    let mut codes: Vec<&'static str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "hayes",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": diagnostics.iter().map(|diagnostic| result(diagnostic, &codes)).collect::<Vec<_>>(),
        }],
    });
    notation::in_json(format!("{log:#}\n"))
}

fn rule(code: &str) -> Value {
    let text = pages::page(code).map_or(code, |page| page.text.trim());
    json!({ "id": code, "fullDescription": { "text": text }, "help": { "text": format!("hayes explain {code}") } })
}

fn result(diagnostic: &Diagnostic, codes: &[&'static str]) -> Value {
    let message = match &diagnostic.help {
        Some(help) => format!("{}. Help: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut result = json!({
        "ruleId": diagnostic.code,
        "ruleIndex": codes.iter().position(|code| *code == diagnostic.code),
        "level": diagnostic.severity.name(),
        "message": { "text": message },
    });
    if let (Some(span), Value::Object(fields)) = (diagnostic.span(), &mut result) {
        let start = diagnostic.source.position(span.start as usize);
        let end = diagnostic.source.position(span.end as usize);
        let place = json!({ "physicalLocation": {
            "artifactLocation": { "uri": uri(&diagnostic.source.name) },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        }});
        fields.insert("locations".to_owned(), json!([place]));
    }
    result
}

/// A file's name as a relative reference (RFC 3986).
pub(crate) fn uri(name: &str) -> String {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    notation::percent_encoded(&name.replace('\\', "/"), is_kept)
}
