use std::fmt::Write;
use std::path::Path;

use super::super::parse;
use crate::diagnostic::Diagnostic;
use crate::source::Source;

/// Every mistake of `cases.md` is told at its place, with its words, and with a help; and nothing else is told.
#[test]
fn cases() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/syntax/diagnose/cases.md");
    let expected = std::fs::read_to_string(&file).unwrap();
    let mut told = String::new();
    let mut count = 0;
    for (at, block) in expected.split("```hayes\n").enumerate() {
        if at == 0 {
            told.push_str(block);
            continue;
        }
        let (script, rest) = block.split_once("```\n").unwrap();
        let (_, rest) = rest.strip_prefix("```\n").unwrap().split_once("```\n").unwrap();
        let (_, diagnostics) = parse(&Source::new("case.hayes", script));
        assert!(!diagnostics.is_empty(), "nothing is wrong with\n{script}");
        count += 1;
        write!(told, "```hayes\n{script}```\n```\n").unwrap();
        diagnostics.iter().for_each(|diagnostic| tell(diagnostic, &mut told));
        write!(told, "```\n{rest}").unwrap();
    }
    assert!(count > 150, "only {count} cases");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, told).unwrap();
    } else {
        assert!(told == expected, "{}", similar::TextDiff::from_lines(&expected, &told).unified_diff());
    }
}

fn tell(diagnostic: &Diagnostic, told: &mut String) {
    let label = &diagnostic.labels[0];
    let place = diagnostic.source.position(label.span.start as usize);
    let found = diagnostic.source.slice(label.span).replace('\n', "⏎");
    let help = diagnostic.help.as_ref().expect("every error has a help");
    writeln!(told, "{}:{} {}: {}", place.line, place.column, diagnostic.code, diagnostic).unwrap();
    writeln!(told, "  at `{found}`: {}", label.text).unwrap();
    writeln!(told, "  help: {help}").unwrap();
}
