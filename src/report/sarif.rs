//! Diagnostics as SARIF 2.1.0 (OASIS), for code hosts: one run, a rule for each code that was found.

use serde_json::{Value, json};

use crate::diagnostic::pages;
use crate::diagnostic::{Diagnostic, Severity};

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
    format!("{log:#}\n")
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
    let level = match diagnostic.severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut result = json!({
        "ruleId": diagnostic.code,
        "ruleIndex": codes.iter().position(|code| *code == diagnostic.code),
        "level": level,
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
fn uri(name: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encode = |byte: u8| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    name.replace('\\', "/").bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{NoScripts, check};
    use crate::source::Source;

    #[test]
    fn a_diagnostic_has_its_rule_and_its_place() {
        let source = Source::new("my scripts/é.hayes", "AT\nAT+CMEE=2;AT+CMGF=1\n");
        let log: Value = serde_json::from_str(&sarif(&check(&source, &NoScripts).diagnostics)).unwrap();
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "hayes::check::two-at");
        let result = &run["results"][0];
        assert_eq!((&result["ruleIndex"], &result["level"]), (&json!(0), &json!("error")));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "my%20scripts/%C3%A9.hayes");
        assert_eq!(place["region"], json!({"startLine": 2, "startColumn": 11, "endLine": 2, "endColumn": 13}));
    }

    #[test]
    fn nothing_found_is_a_run_without_results() {
        let log: Value = serde_json::from_str(&sarif(&[])).unwrap();
        assert_eq!(log["runs"][0]["results"], json!([]));
    }
}
