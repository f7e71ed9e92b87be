//! How a command line is written: one `AT`, upper case, no blanks, `+` behind `;`, 80 characters.

use super::at_text::{AtText, UNKNOWN};
use crate::at::command::{CommandLine, is_extended_prefix};
use crate::catalogue;
use crate::check::checker::Checker;
use crate::check::faults::line::LineFault;
use crate::source::Span;
use crate::syntax::ast::SendForm;

/// What modems take in a line (V.250 asks for at least 40, the field's rule is 80).
const LINE_LENGTH: usize = 80;

/// How manuals and other languages write a line end.
const LINE_ENDS: &[&str] = &["\\r", "\\n", "<CR>", "<LF>", "<CR/LF>", "<cr>", "<lf>"];

impl Checker<'_, '_, '_> {
    /// Whether the line is certain to be taken apart as it was meant.
    pub(super) fn lint_form(&mut self, line: &AtText, parsed: &CommandLine<'_>, form: SendForm) -> bool {
        let second_at = parsed.second_at.or_else(|| second_at(&line.text));
        if let Some(at) = second_at {
            self.reporter.report(&LineFault::TwoAt, line.span(at, at + 2));
        }
        if let Some(blank) = line.blank {
            self.reporter.report(&LineFault::Blank, blank);
        }
        let without_plus = self.lint_plus(line);
        self.lint_case(line, parsed);
        self.lint_length(line);
        self.lint_line_end(line, form);
        second_at.is_none() && !without_plus
    }

    fn lint_plus(&mut self, line: &AtText) -> bool {
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
            let is_bare = is_word && !is_at && (is_known() || (start > 2 && letters >= 3 && takes_value));
            if is_bare {
                let command = word.to_ascii_uppercase();
                let behind = if start == 2 { "AT" } else { ";" };
                self.reporter.report(&LineFault::NoPlus { command, behind }, line.span(start, start + letters));
                found = true;
            }
        }
        found
    }

    fn lint_case(&mut self, line: &AtText, parsed: &CommandLine<'_>) {
        let mut names = vec![(0, 2)];
        names.extend(parsed.commands.iter().map(|command| {
            let start = command.range.start;
            (start, start + command.name.len())
        }));
        let lower = names.iter().find(|(start, end)| {
            line.text.get(*start..*end).is_some_and(|name| name.bytes().any(|byte| byte.is_ascii_lowercase()))
        });
        let Some((start, end)) = lower else { return };
        let upper = self.in_upper_case(line, &names);
        // From the first lower-case word: `at+csq` is one.
        let end = if *start == 0 { names.get(1).map_or(*end, |(_, end)| *end) } else { *end };
        self.reporter.report(&LineFault::LowerCase { upper }, line.span(*start, end));
    }

    /// The line as written, its names in upper case.
    fn in_upper_case(&self, line: &AtText, names: &[(usize, usize)]) -> String {
        let whole = line.span_with_values(0, line.text.len());
        let mut written = self.script.source.slice(whole).to_owned();
        for (start, end) in names {
            let Span { start: from, end: to } = line.span(*start, *end);
            let range = from.saturating_sub(whole.start) as usize..to.saturating_sub(whole.start) as usize;
            if let Some(name) = written.get_mut(range) {
                name.make_ascii_uppercase();
            }
        }
        written
    }

    fn lint_length(&mut self, line: &AtText) {
        let characters = line.text.chars().filter(|character| *character != UNKNOWN).count();
        if characters <= LINE_LENGTH {
            return;
        }
        let known = line.text.char_indices().filter(|(_, character)| *character != UNKNOWN);
        let beyond = known.map(|(index, _)| index).nth(LINE_LENGTH).unwrap_or(LINE_LENGTH);
        let span = line.span_with_values(beyond, line.text.len());
        self.reporter.report(&LineFault::TooLong { characters }, span);
    }

    fn lint_line_end(&mut self, line: &AtText, form: SendForm) {
        match form {
            SendForm::At => {
                let text = line.text.as_str();
                let mut kept = text;
                while let Some(rest) = LINE_ENDS.iter().find_map(|end| kept.strip_suffix(end)) {
                    kept = rest;
                }
                if kept.len() < text.len() {
                    let span = line.span(kept.len(), text.len());
                    self.reporter.report(&LineFault::LineEnd { escape: true }, span);
                }
            }
            SendForm::Text => {
                if let Some(span) = line.line_end {
                    self.reporter.report(&LineFault::LineEnd { escape: false }, span);
                }
            }
            SendForm::Raw => {}
        }
    }
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
