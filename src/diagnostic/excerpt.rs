//! What a terminal shows of a diagnostic's source: of a long line only what stands around the places.

use std::fmt;
use std::ops::Range;

use super::{Diagnostic, Label, Severity};
use crate::notation::{harmless, harmless_in_place};

/// How many lines are kept before and behind each place: more than are shown.
const AROUND: usize = 2;
/// Lines of more bytes than this are shown in part.
const LONGEST_WHOLE_LINE: usize = 240;
/// How many characters are shown before a place, and from it on.
const CHARACTERS_AROUND: usize = 60;
const AFTER: usize = 100;
/// Stands where something was left out.
const CUT: &str = "…";

/// A diagnostic over short lines around its places, which are named by line and column of the whole source.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Excerpt<'a> {
    of: &'a Diagnostic,
    message: String,
    text: String,
    /// What was kept of the source, in order: where in `text`, and which bytes.
    kept: Vec<(usize, Range<usize>)>,
}

impl<'a> Excerpt<'a> {
    pub(crate) fn new(of: &'a Diagnostic) -> Excerpt<'a> {
        let mut excerpt = Excerpt { of, message: shortened(&of.message), text: String::new(), kept: Vec::new() };
        let line = |offset: u32| of.source.line_of(offset as usize);
        let around = |label: &Label| (line(label.span.start).saturating_sub(AROUND), line(label.span.end) + AROUND);
        let mut parts: Vec<(usize, usize)> = of.labels.iter().map(around).collect();
        parts.sort_unstable();
        let mut next = 1;
        for (first, last) in parts {
            for line in first.max(next)..=last {
                let range = of.source.line_start(line)..of.source.line_start(line + 1);
                if range.len() <= LONGEST_WHOLE_LINE { excerpt.keep(range) } else { excerpt.keep_parts(range) }
            }
            next = next.max(last + 1);
        }
        excerpt
    }

    /// A long line: its places with what stands around them, and its end of line.
    fn keep_parts(&mut self, line: Range<usize>) {
        let source = &self.of.source;
        let whole = source.text.get(line.clone()).unwrap_or_default();
        let body = whole.trim_end_matches(['\r', '\n']).len();
        let end = line.start + body;
        let ends = self.of.labels.iter().flat_map(|label| [label.span.start as usize, label.span.end as usize]);
        let mut places: Vec<usize> = ends.filter(|place| (line.start..=end).contains(place)).collect();
        places.sort_unstable();
        if places.is_empty() {
            places.push(line.start);
        }
        let mut shown = line.start;
        for place in places {
            let (before, after) =
                whole.get(..body).unwrap_or_default().split_at_checked(place - line.start).unwrap_or_default();
            let from =
                before.char_indices().rev().nth(CHARACTERS_AROUND - 1).map_or(line.start, |(at, _)| line.start + at);
            let to = after.char_indices().nth(AFTER).map_or(end, |(at, _)| place + at);
            let from = from.max(shown);
            if from > shown {
                self.text.push_str(CUT);
            }
            if to > from {
                self.keep(from..to);
            }
            shown = shown.max(to);
        }
        if shown < end {
            self.text.push_str(CUT);
        }
        self.keep(end..line.end);
    }

    fn keep(&mut self, range: Range<usize>) {
        let at = self.text.len();
        self.text.push_str(&harmless_in_place(self.of.source.text.get(range.clone()).unwrap_or_default()));
        match self.kept.last_mut() {
            Some((start, last)) if last.end == range.start && *start + last.len() == at => last.end = range.end,
            _ => self.kept.push((at, range)),
        }
    }

    /// Where a byte of the source stands in the excerpt. Places are never cut out.
    fn shown(&self, offset: usize) -> usize {
        let part = self.kept.iter().find(|(_, range)| offset <= range.end);
        part.map_or(self.text.len(), |(at, range)| at + offset.saturating_sub(range.start))
    }

    /// The other way round.
    fn original(&self, shown: usize) -> usize {
        let part = self.kept.iter().rev().find(|(at, _)| *at <= shown);
        part.map_or(0, |(at, range)| (range.start + shown - at).min(range.end))
    }
}

/// A message may name what stands in the script, and that may be a megabyte; what mends it stands at its end.
fn shortened(message: &str) -> String {
    let message = harmless(message);
    match message.char_indices().nth(800) {
        None => message.into_owned(),
        Some((end, _)) => format!("{}{CUT}", message.get(..end).unwrap_or_default()),
    }
}

impl miette::Diagnostic for Excerpt<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.of.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.of.severity {
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.of.help.as_ref().map(|help| Box::new(shortened(help)) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        if self.of.labels.is_empty() { None } else { Some(self) }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        if self.of.labels.is_empty() {
            return None;
        }
        Some(Box::new(self.of.labels.iter().map(|label| {
            let text = (!label.text.is_empty()).then(|| shortened(&label.text));
            let (start, end) = (self.shown(label.span.start as usize), self.shown(label.span.end as usize));
            miette::LabeledSpan::new(text, start, end.saturating_sub(start))
        })))
    }
}

impl miette::SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let inner = self.text.read_span(span, context_lines_before, context_lines_after)?;
        // Without lines before it, what is asked for is the place itself, to be named.
        let column = if context_lines_before == 0 {
            self.of.source.position(self.original(span.offset())).column - 1
        } else {
            inner.column()
        };
        Ok(Box::new(miette::MietteSpanContents::new_named(
            harmless(&self.of.source.name).into_owned(),
            inner.data(),
            *inner.span(),
            self.of.source.line_of(self.original(inner.span().offset())) - 1,
            column,
            inner.line_count(),
        )))
    }
}

#[cfg(test)]
#[path = "../../tests/units/excerpt.rs"]
mod tests;
