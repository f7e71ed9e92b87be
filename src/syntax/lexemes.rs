//! A text → its logical lines, and a line → its pieces, whether or not they make sense together.

use std::ops::Range;

use memchr::memmem;
use pest::iterators::Pair;

use super::TokenKind;
use super::grammar::{self, Rule};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lexeme<'a> {
    /// As far as the piece alone tells: a keyword is a name here.
    pub kind: TokenKind,
    pub start: usize,
    pub text: &'a str,
}

impl Lexeme<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end()
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text && self.kind != TokenKind::String
    }
}

/// The pieces of `text`, without the white space between them.
pub(super) fn lexemes(text: &str) -> Vec<Lexeme<'_>> {
    let Ok(Some(all)) = grammar::parse(Rule::lexemes, text) else { return Vec::new() };
    all.into_inner()
        .filter_map(|pair| {
            let kind = match pair.as_rule() {
                Rule::lex_comment => TokenKind::Comment,
                Rule::lex_at => TokenKind::AtWord,
                // `"""` may be closed on a line that is still to come.
                Rule::lex_string | Rule::lex_open_triple => TokenKind::String,
                Rule::lex_regex => TokenKind::Regex,
                Rule::lex_number => TokenKind::Number,
                Rule::lex_word | Rule::lex_asking => TokenKind::Name,
                Rule::lex_sign => TokenKind::Operator,
                Rule::lex_stray => TokenKind::Error,
                _ => return None,
            };
            Some(Lexeme { kind, start: pair.as_span().start(), text: pair.as_str() })
        })
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LogicalLine<'a> {
    pub start: usize,
    /// Without its line end.
    pub text: &'a str,
    /// Where a `"""` begins that nothing closes: the line then runs to the end of the text.
    pub open_triple: Option<usize>,
}

/// The logical lines of `text`, in time linear in its length.
pub(super) fn lines(text: &str) -> impl Iterator<Item = LogicalLine<'_>> {
    let mut next = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    // Most scripts have no `"""`, and then a line is a line.
    let mut next_triple = find_triple(text, next);
    std::iter::from_fn(move || {
        let start = next;
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let physical = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let (length, open_triple) = match next_triple {
            Some(triple) if triple < start + physical => measure(rest, physical),
            Some(_) | None => (physical, None),
        };
        next = start + length + 1;
        if next_triple.is_some_and(|triple| triple < next) {
            next_triple = find_triple(text, next);
        }
        let line = rest.get(..length).unwrap_or(rest);
        let text = line.strip_suffix('\r').unwrap_or(line);
        Some(LogicalLine { start, text, open_triple: open_triple.map(|at| start + at) })
    })
}

fn find_triple(text: &str, from: usize) -> Option<usize> {
    let at = memmem::find(text.get(from..)?.as_bytes(), b"\"\"\"")?;
    Some(from + at)
}

/// The length of the logical line at the start of `rest`, and where a `"""` that nothing closes begins in it.
fn measure(rest: &str, physical: usize) -> (usize, Option<usize>) {
    let Ok(Some(line)) = grammar::parse(Rule::logical_line, rest) else { return (physical, None) };
    let open = line.clone().into_inner().find(|piece| piece.as_rule() == Rule::lex_open_triple);
    (line.as_span().end(), open.map(|open: Pair<'_, Rule>| open.as_span().start()))
}

#[cfg(test)]
#[path = "../../tests/units/lexemes.rs"]
mod tests;
