//! How a command line is written: one `AT`, upper case, no blanks, `+` behind `;`, 80 characters.

use super::at_text::{AtText, UNKNOWN};
use crate::at::command::{CommandLine, is_extended_prefix};
use crate::catalogue;
use crate::check::findings::Findings;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::SendForm;

/// What modems take in a line (V.250 asks for at least 40, the field's rule is 80).
const LINE_LENGTH: usize = 80;

/// How manuals and other languages write a line end.
const LINE_ENDS: &[&str] = &["\\r", "\\n", "<CR>", "<LF>", "<CR/LF>", "<cr>", "<lf>"];

/// Whether the line is certain to be taken apart as it was meant.
pub(super) fn lint(line: &AtText, parsed: &CommandLine<'_>, form: SendForm, findings: &mut Findings) -> bool {
    let second_at = parsed.second_at.or_else(|| second_at(&line.text));
    if let Some(at) = second_at {
        let message = "`AT` stands more than once in one command line";
        findings.report(
            Diagnostic::new("hayes::check::two-at", &findings.source, message)
                .at(line.span(at, at + 2), "the second `AT`")
                .help("write `AT` once, at the start (`AT+CMEE=2;+CMGF=1`), or put each command on a line of its own"),
        );
    }
    if let Some(blank) = line.blank {
        let message = "a blank stands outside of a string in an AT command";
        findings.report(
            Diagnostic::new("hayes::check::blank", &findings.source, message)
                .at(blank, "a blank")
                .help("remove it: only strings in double quotes may hold blanks"),
        );
    }
    let without_plus = lint_plus(line, findings);
    lint_case(line, parsed, findings);
    lint_length(line, findings);
    lint_line_end(line, form, findings);
    second_at.is_none() && !without_plus
}

fn lint_plus(line: &AtText, findings: &mut Findings) -> bool {
    let mut found = false;
    let mut in_string = false;
    let mut starts = vec![2];
    for (index, byte) in line.text.bytes().enumerate() {
        match byte {
            b'"' => in_string = !in_string,
            b';' if !in_string => starts.push(index + 1),
            _ => {}
        }
    }
    for start in starts {
        let rest = line.text.get(start..).unwrap_or_default();
        let letters = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let word = rest.get(..letters).unwrap_or_default();
        let takes_value = matches!(rest.as_bytes().get(letters), Some(b'=' | b'?'));
        let is_known = || catalogue::command(&format!("+{word}")).is_some();
        let is_word = letters >= 2 && word.bytes().take(2).all(|byte| byte.is_ascii_alphabetic());
        let is_at = word.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("AT"));
        // Behind a `;` a basic command may stand (V.250 §5.2.1): `E0`. A word is none.
        if is_word && !is_at && (is_known() || (start > 2 && letters >= 3 && takes_value)) {
            let command = word.to_ascii_uppercase();
            let behind = if start == 2 { "AT" } else { ";" };
            let message = format!("`{command}` stands behind `{behind}` without `+` or `&`");
            findings.report(
                Diagnostic::new("hayes::check::no-plus", &findings.source, message)
                    .at(line.span(start, start + letters), "neither `+` nor `&`")
                    .help(format!("write `{behind}+{command}`")),
            );
            found = true;
        }
    }
    found
}

fn lint_case(line: &AtText, parsed: &CommandLine<'_>, findings: &mut Findings) {
    let mut names = vec![(0, 2)];
    names.extend(parsed.commands.iter().map(|command| {
        let start = command.range.start;
        (start, start + command.name.len())
    }));
    let lower = names.iter().find(|(start, end)| {
        line.text.get(*start..*end).is_some_and(|name| name.bytes().any(|byte| byte.is_ascii_lowercase()))
    });
    let Some((start, end)) = lower else { return };
    // From the first lower-case word: `at+csq` is one.
    let end = if *start == 0 { names.get(1).map_or(*end, |(_, end)| *end) } else { *end };
    let message = "an AT command is written in lower case; not every modem takes that";
    findings.report(
        Diagnostic::new("hayes::check::lower-case", &findings.source, message)
            .at(line.span(*start, end), "lower case")
            .help(format!("write `{}`", in_upper_case(line, &names, findings))),
    );
}

/// The line as written, its names in upper case.
fn in_upper_case(line: &AtText, names: &[(usize, usize)], findings: &Findings) -> String {
    let whole = line.span_with_values(0, line.text.len());
    let mut written = findings.source.slice(whole).to_owned();
    for (start, end) in names {
        let Span { start: from, end: to } = line.span(*start, *end);
        let range = from.saturating_sub(whole.start) as usize..to.saturating_sub(whole.start) as usize;
        if let Some(name) = written.get_mut(range) {
            name.make_ascii_uppercase();
        }
    }
    written
}

fn lint_length(line: &AtText, findings: &mut Findings) {
    let mut known = line.text.char_indices().filter(|(_, character)| *character != UNKNOWN);
    let Some((beyond, _)) = known.nth(LINE_LENGTH) else { return };
    let characters = LINE_LENGTH + 1 + known.count();
    let message = format!("this command line has {characters} characters; many modems take {LINE_LENGTH}");
    findings.report(
        Diagnostic::new("hayes::check::long-line", &findings.source, message)
            .at(line.span_with_values(beyond, line.text.len()), format!("beyond {LINE_LENGTH}"))
            .help("split it into several lines, each with its own `AT`"),
    );
}

fn lint_line_end(line: &AtText, form: SendForm, findings: &mut Findings) {
    let text = line.text.as_str();
    let (message, span, label, help) = match form {
        SendForm::At => {
            let mut kept = text;
            while let Some(rest) = LINE_ENDS.iter().find_map(|end| kept.strip_suffix(end)) {
                kept = rest;
            }
            if kept.len() == text.len() {
                return;
            }
            let message = "an AT word is sent as it stands: these characters are no line end in it";
            let help = "leave it out: the line end is sent by itself";
            (message, line.span(kept.len(), text.len()), "sent as it stands", help)
        }
        SendForm::Text => {
            let Some(span) = line.line_end else { return };
            let message = "this text ends with a line end, and gets another one";
            (message, span, "one too many", "leave it out, or write `send raw` to send exactly this")
        }
        SendForm::Raw => return,
    };
    findings
        .report(Diagnostic::new("hayes::check::line-end-sent", &findings.source, message).at(span, label).help(help));
}

/// A second `AT` that stands in the middle of a command: `AT+CMEE=2AT+CSQ`.
fn second_at(text: &str) -> Option<usize> {
    let mut in_string = false;
    let bytes = text.as_bytes();
    bytes.windows(3).enumerate().skip(2).find_map(|(index, window)| {
        if bytes.get(index) == Some(&b'"') {
            in_string = !in_string;
        }
        let [first, second, third] = window else { return None };
        let is_at = first.eq_ignore_ascii_case(&b'A') && second.eq_ignore_ascii_case(&b'T');
        // `+CGATT=1` holds an `AT` too, but no command begins there.
        let begins_command = is_extended_prefix(*third) && !matches!(third, b'-' | b'_' | b'@') || *third == b'&';
        (!in_string && is_at && begins_command).then_some(index)
    })
}
