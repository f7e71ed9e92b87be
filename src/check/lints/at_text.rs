//! AT text as it will be sent, with the place in the source of each byte.

use crate::source::{Source, Span};
use crate::syntax::ast::{Template, TemplatePart};

/// Stands for the unknown text of a `${…}`.
pub(super) const UNKNOWN: char = '\u{1}';

/// One command line without its blanks outside of strings: modems skip them (V.250 §5.2.1).
#[derive(Debug, Default)]
pub(super) struct AtText {
    pub(super) text: String,
    /// The place of each byte, and of the end.
    places: Vec<u32>,
    /// The first blanks outside of strings.
    pub(super) blank: Option<Span>,
    /// The place of the whole, where escapes or wide characters keep single places from being known.
    whole: Option<Span>,
    /// It ends with a line end that was written out.
    pub(super) line_end: Option<Span>,
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

    /// Where a part of the text stands in the source.
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
