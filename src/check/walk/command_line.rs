//! A command line as it will be sent, with the place in the source of each byte; how it is written: one `AT`, upper
//! case, no blanks, `+` behind `;`, 80 characters.

use crate::at::command::{Command, CommandLine, is_extended_prefix};
use crate::catalogue;
use crate::check::findings::Findings;
use crate::source::{Source, Span};
use crate::syntax::ast::{SendForm, Template, TemplatePart};

/// Stands for the unknown text of a `${…}`.
pub(super) const UNKNOWN: char = '\u{1}';

/// One command line without its blanks outside of strings: modems skip them (V.250 §5.2.1).
#[derive(Debug, Default)]
pub(super) struct AtText {
    pub text: String,
    /// The place of each byte, and of the end.
    places: Vec<u32>,
    /// The first blanks outside of strings.
    blank: Option<Span>,
    /// The place of the whole, where escapes or wide characters keep single places from being known.
    whole: Option<Span>,
    /// It ends with a line end that was written out.
    line_end: Option<Span>,
}

impl AtText {
    /// The command lines of a template: one, or several where a `send "…"` has line ends in it.
    pub(super) fn lines(source: &Source, template: &Template) -> Vec<AtText> {
        let written = source.slice(template.span);
        let quotes = if written.starts_with("\"\"\"") { 3 } else { usize::from(written.starts_with(['"', '\''])) };
        let mut builder = Builder {
            written: written.as_bytes(),
            base: template.span,
            at: quotes,
            lines: vec![AtText::default()],
            in_string: false,
            exact: true,
            ascii: true,
        };
        for part in &template.parts {
            match part {
                TemplatePart::Text(text) => builder.text(text),
                TemplatePart::Value(value) => builder.value((value.span.end - template.span.start) as usize),
            }
        }
        builder.finish()
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        if let Some(whole) = self.whole {
            return whole;
        }
        let place = |index: usize| self.places.get(index).or(self.places.last()).copied().unwrap_or_default();
        // Up to the end of the last byte, not to the start of the next: blanks may stand between them.
        let last = if end > start { place(end - 1) + 1 } else { place(end) };
        Span { start: place(start), end: last.max(place(start)) }
    }

    /// As [`AtText::span`], to the end of a `${…}` that stands last.
    pub(super) fn span_with_values(&self, start: usize, end: usize) -> Span {
        let span = self.span(start, end);
        let ends_unknown = self.text.get(..end).is_some_and(|text| text.ends_with(UNKNOWN));
        match self.places.get(end) {
            Some(next) if ends_unknown && self.whole.is_none() => Span { end: *next, ..span },
            Some(_) | None => span,
        }
    }
}

struct Builder<'w> {
    written: &'w [u8],
    base: Span,
    /// How far the written text is used up
    at: usize,
    lines: Vec<AtText>,
    in_string: bool,
    exact: bool,
    /// Bytes and characters are the same.
    ascii: bool,
}

impl Builder<'_> {
    fn text(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while let Some(byte) = rest.first() {
            let written = self.written.get(self.at..).unwrap_or_default();
            if written.starts_with(b"$${") && rest.starts_with(b"${") {
                self.at += 1;
            } else if written.first() != Some(byte) {
                // An escape: from here on the bytes no longer stand side by side with the source's.
                self.exact = false;
            }
            let place = self.place();
            self.push(*byte, place);
            self.at += usize::from(self.exact);
            rest = rest.get(1..).unwrap_or_default();
        }
    }

    fn value(&mut self, expression_end: usize) {
        let place = self.place();
        self.push(UNKNOWN as u8, place);
        let rest = self.written.get(expression_end..).unwrap_or_default();
        let close = rest.iter().position(|byte| *byte == b'}').map_or(0, |position| position + 1);
        self.at = expression_end + close;
    }

    fn push(&mut self, byte: u8, place: u32) {
        if byte == b'"' {
            self.in_string = !self.in_string;
        }
        let is_break = matches!(byte, b'\r' | b'\n');
        if is_break && self.lines.last().is_some_and(|line| line.text.is_empty()) && self.lines.len() > 1 {
            return;
        }
        if is_break {
            let whole = self.base;
            if let Some(line) = self.lines.last_mut() {
                line.places.push(place);
                line.line_end = Some(whole);
            }
            self.lines.push(AtText::default());
            return;
        }
        let Some(line) = self.lines.last_mut() else { return };
        if byte == b' ' && !self.in_string {
            let blank = if self.exact { Span { start: place, end: place + 1 } } else { self.base };
            line.blank = Some(match line.blank {
                Some(first) if first.end == place => first.to(blank),
                Some(first) => first,
                None => blank,
            });
            return;
        }
        // Bytes over 0x7F would need their neighbours; what they are matters to no rule here.
        self.ascii &= byte.is_ascii();
        line.text.push(if byte.is_ascii() { byte as char } else { '?' });
        line.places.push(place);
    }

    fn place(&self) -> u32 {
        self.base.start.saturating_add(u32::try_from(self.at).unwrap_or(u32::MAX)).min(self.base.end)
    }

    fn finish(mut self) -> Vec<AtText> {
        let end = self.place();
        if let Some(line) = self.lines.last_mut() {
            line.places.push(end);
        }
        if self.lines.len() > 1 && self.lines.last().is_some_and(|line| line.text.is_empty()) {
            self.lines.pop();
        } else if let Some(line) = self.lines.last_mut() {
            line.line_end = None;
        }
        if !self.exact || !self.ascii {
            self.lines.iter_mut().for_each(|line| line.whole = Some(self.base));
        }
        self.lines
    }
}

// ── How it is written

/// What modems take in a line (V.250 asks for at least 40, the field's rule is 80).
const LINE_LENGTH: usize = 80;

/// How manuals and other languages write a line end, and other escapes of `chat`.
const LINE_ENDS: &[&str] = &[
    "\\r", "\\n", "\\d", "\\p", "\\c", "\\x0d", "\\x0a", "^m", "^j", "$0d", "$0a", "<cr>", "<lf>", "<cr/lf>", "<crlf>",
    "<enter>", "[cr]", "[lf]", "[crlf]", "[enter]", "{cr}", "{lf}", "{crlf}", "{enter}",
];

/// Whether the line is certain to be taken apart as it was meant.
pub(super) fn lint(line: &AtText, parsed: &CommandLine<'_>, form: SendForm, findings: &mut Findings) -> bool {
    let second_at = parsed.second_at.or_else(|| second_at(&line.text));
    if let Some(at) = second_at {
        findings.tell("hayes::check::two-at", line.span(at, at + 2), &[]);
    }
    if let Some(blank) = line.blank {
        findings.tell("hayes::check::blank", blank, &[]);
    }
    let without_plus = lint_plus(line, findings);
    if !lint_line_end(line, form, findings) {
        lint_case(line, parsed, findings);
    }
    lint_length(line, findings);
    second_at.is_none() && !without_plus
}

fn lint_plus(line: &AtText, findings: &mut Findings) -> bool {
    let (mut found, mut before, mut are_values) = (false, 2, false);
    // Text without quotes may hold a `;` of its own, as the address of a page does.
    let is_value = |(_, byte)| matches!(byte, b'0'..=b'9' | b',' | b'"') || byte == UNKNOWN as u8;
    let ends = unquoted(&line.text).filter(|(_, byte)| *byte == b';').map(|(index, _)| index + 1);
    for start in [2].into_iter().chain(ends) {
        let rest = line.text.get(start..).unwrap_or_default();
        let part = line.text.get(before..start - 1).unwrap_or_default();
        let values = part.split_once('=').map_or(if are_values { part } else { "" }, |(_, values)| values);
        are_values = !values.is_empty() && unquoted(values).all(is_value);
        are_values &= rest.starts_with(|first: char| first == '"' || first.is_ascii_digit());
        if are_values {
            findings.tell("hayes::check::no-plus value", line.span(start - 1, start), &[]);
        }
        before = start;
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
            findings.tell("hayes::check::no-plus", line.span(start, start + letters), &[&command, &behind]);
            found = true;
        }
    }
    found
}

fn lint_case(line: &AtText, parsed: &CommandLine<'_>, findings: &mut Findings) {
    let mut names = vec![(0, 2)];
    // Behind a `;` a word may be a comment, or a value: that it is a command its sign tells, or its number.
    let has_number = |it: &str| it.trim_start_matches(['t', 'p']).starts_with(|it: char| it.is_ascii_digit());
    let has_sign = |name: &str| name.len() > 1 && !name.starts_with(['-', '_', '@']);
    let is_sure = |it: &Command<'_>| has_sign(it.name) || has_number(it.argument);
    let text = |from: usize, to: usize| line.text.get(from..to).unwrap_or_default();
    let parts = parsed.commands.chunk_by(|one, next| !text(one.range.start, next.range.start).ends_with(';'));
    let sure = parts.filter(|part| part.first().is_some_and(|it| it.range.start == 2) || part.iter().all(is_sure));
    names.extend(sure.flatten().map(|command| {
        let end = command.range.start + command.name.len();
        // `dt` of a number that is dialled by tones
        let by_tones = command.is("D") && command.argument.starts_with(['t', 'p']);
        (command.range.start, end + usize::from(by_tones))
    }));
    let lower = names.iter().find(|(start, end)| {
        line.text.get(*start..*end).is_some_and(|name| name.bytes().any(|byte| byte.is_ascii_lowercase()))
    });
    let Some((start, end)) = lower else { return };
    // From the first lower-case word: `at+csq` is one.
    let end = if *start == 0 { names.get(1).map_or(*end, |(_, end)| *end) } else { *end };
    let (span, written) = (line.span(*start, end), in_upper_case(line, &names, findings));
    let mended = findings.source.slice(span).to_ascii_uppercase();
    findings.tell("hayes::check::lower-case", span, &[&written, &mended]);
}

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
    let span = line.span_with_values(beyond, line.text.len());
    findings.tell("hayes::check::long-line", span, &[&characters, &LINE_LENGTH]);
}

/// Whether an AT word ends with what is no part of it.
fn lint_line_end(line: &AtText, form: SendForm, findings: &mut Findings) -> bool {
    let text = line.text.as_str();
    match form {
        SendForm::At => {
            let lower = text.to_ascii_lowercase();
            let mut kept = lower.as_str();
            while let Some(rest) = LINE_ENDS.iter().find_map(|end| kept.strip_suffix(end)) {
                kept = rest;
            }
            if kept.len() < text.len() {
                let span = line.span(kept.len(), text.len());
                findings.tell("hayes::check::line-end-sent in-word", span, &[]);
            }
            kept.len() < text.len()
        }
        SendForm::Text | SendForm::Raw => {
            let is_text = form == SendForm::Text;
            let ends = line.line_end.iter().filter(|_| is_text);
            ends.for_each(|span| findings.tell("hayes::check::line-end-sent twice", *span, &[]));
            let code = if is_text { "hayes::check::line-end-sent literal" } else { "hayes::check::line-end-sent raw" };
            let kept = text.trim_end_matches("\\n").trim_end_matches("\\r");
            if kept.len() < text.len() {
                findings.tell(code, line.span(kept.len(), text.len()), &[&kept]);
            }
            kept.len() < text.len()
        }
    }
}

/// A second `AT` that stands in the middle of a command: `AT+CMEE=2AT+CSQ`.
fn second_at(text: &str) -> Option<usize> {
    unquoted(text).skip(2).find_map(|(index, first)| {
        let [second, third] = text.as_bytes().get(index + 1..index + 3)? else { return None };
        let is_at = first.eq_ignore_ascii_case(&b'A') && second.eq_ignore_ascii_case(&b'T');
        // `+CGATT=1` holds an `AT` too, but no command begins there.
        let begins_command = is_extended_prefix(*third) && !matches!(third, b'-' | b'_' | b'@') || *third == b'&';
        (is_at && begins_command).then_some(index)
    })
}

/// The bytes outside of strings, with their places.
fn unquoted(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let mut in_string = false;
    text.bytes().enumerate().filter(move |(_, byte)| {
        in_string ^= *byte == b'"';
        !in_string
    })
}
