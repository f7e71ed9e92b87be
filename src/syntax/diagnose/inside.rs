//! Faults inside of texts: strings, patterns, regexes, `${…}`, AT words.

use super::super::error::Fault;
use super::super::grammar::Rule;
use super::super::lexemes::{LexemeKind, lexemes};
use super::super::words;
use super::{Found, Refused};

/// What closes a text
const TEXT_ENDS: &[Rule] = &[Rule::quote_close, Rule::apostrophe_close, Rule::triple_quote_close];

/// A brace that is open where the grammar stopped.
struct OpenBrace {
    at: usize,
    /// `${`, not `{`
    value: bool,
}

impl Refused<'_> {
    pub(super) fn inside(&self) -> Option<Found> {
        self.value().or_else(|| self.hole()).or_else(|| self.text()).or_else(|| self.regex())
    }

    /// The grammar stopped inside of `${…}`.
    pub(super) fn in_value(&self) -> bool {
        self.open_brace().is_some_and(|open| open.value)
    }

    /// Inside of `${…}`.
    fn value(&self) -> Option<Found> {
        let open = self.open_brace().filter(|open| open.value)?;
        let behind = self.line.get(open.at..)?;
        let Some(length) = behind.find('}') else {
            return Some(Found { fault: Fault::UnclosedInterpolation, start: open.at, end: open.at + 2 });
        };
        if behind.get(2..length)?.trim().is_empty() {
            return Some(Found { fault: Fault::EmptyInterpolation, start: open.at, end: open.at + length + 1 });
        }
        if self.expects(TEXT_ENDS) {
            return None;
        }
        let mut lexemes = lexemes(behind.get(2..=length)?);
        lexemes.iter_mut().for_each(|lexeme| lexeme.start += open.at + 2);
        let expected = self.expected.clone();
        Some(Refused { line: self.line, at: self.at, expected, lexemes, of_value: true }.place())
    }

    /// Inside of a pattern's `{…}`.
    fn hole(&self) -> Option<Found> {
        let open = self.open_brace().filter(|open| !open.value)?;
        if !self.expects(&[Rule::hole_close, Rule::field, Rule::convert, Rule::optional_mark]) {
            return None;
        }
        let behind = self.line.get(open.at..)?;
        let end_of_text = behind.find(['"', '\'']).unwrap_or(behind.len());
        let Some(length) = behind.find('}').filter(|length| *length < end_of_text) else {
            return Some(Found { fault: Fault::LoneBrace { brace: '{' }, start: open.at, end: open.at + 1 });
        };
        let name = behind.get(1..length)?.split(':').next()?.trim();
        if words::RESERVED.contains(&name) {
            let start = open.at + 1;
            return Some(Found {
                fault: Fault::ReservedName { word: name.to_owned() },
                start,
                end: start + name.len(),
            });
        }
        if self.expects(&[Rule::convert]) {
            let word = self.line.get(self.at..open.at + length)?.trim_end_matches('?').to_owned();
            let end = self.at + word.len();
            return Some(Found { fault: Fault::UnknownType { word }, start: self.at, end });
        }
        let hole = behind.get(..=length)?.to_owned();
        Some(Found { fault: Fault::BadHole { hole }, start: open.at, end: open.at + length + 1 })
    }

    /// Between quotes.
    fn text(&self) -> Option<Found> {
        if !self.expects(TEXT_ENDS) {
            return None;
        }
        let behind = self.line.get(self.at..)?;
        let first = behind.chars().next();
        match first {
            Some('\\') => {
                let length = escape_length(behind);
                let escape = behind.get(..length)?.to_owned();
                Some(Found { fault: Fault::BadEscape { escape }, start: self.at, end: self.at + length })
            }
            Some(brace @ '}') => Some(Found { fault: Fault::LoneBrace { brace }, start: self.at, end: self.at + 1 }),
            Some(_) => None,
            None => {
                let quote = if self.expects(&[Rule::apostrophe_close]) { '\'' } else { '"' };
                let start = self.opening(quote);
                let fault = if self.expects(&[Rule::at_quoted_text]) {
                    Fault::UnclosedQuoteInCommand
                } else {
                    Fault::UnclosedString { quote }
                };
                Some(Found { fault, start, end: start + 1 })
            }
        }
    }

    /// Between slashes.
    fn regex(&self) -> Option<Found> {
        if !self.expects(&[Rule::regex_text, Rule::regex_close]) {
            return None;
        }
        let slash = self.lexemes.iter().rev().find(|lexeme| lexeme.is("/") && lexeme.start < self.at)?;
        if self.line.get(slash.start..)?.starts_with("//") {
            if self.lexemes.last().is_some_and(|last| last.end() == slash.start + 2) && slash.start > 0 {
                return Some(Found { fault: Fault::EmptyRegex, start: slash.start, end: slash.start + 2 });
            }
            return Some(Found { fault: Fault::SlashComment, start: slash.start, end: slash.start + 2 });
        }
        Some(Found { fault: Fault::UnclosedRegex, start: slash.start, end: slash.start + 1 })
    }

    /// Where the text begins that nothing closes.
    fn opening(&self, quote: char) -> usize {
        let stray =
            self.lexemes.iter().find(|lexeme| lexeme.kind == LexemeKind::Stray && lexeme.text.starts_with(quote));
        match stray {
            Some(stray) => stray.start,
            None => self.line.rfind(quote).unwrap_or(0),
        }
    }

    fn open_brace(&self) -> Option<OpenBrace> {
        let mut open = Vec::new();
        let mut before = (' ', ' ');
        for (at, character) in self.line.get(..self.at)?.char_indices() {
            match (before, character) {
                // `$${` stands for itself, as does `{{`.
                (('$', '$'), '{') => {}
                ((_, '$'), '{') => open.push(OpenBrace { at: at - 1, value: true }),
                ((_, '{'), '{') => {
                    open.pop();
                }
                (_, '{') => open.push(OpenBrace { at, value: false }),
                (_, '}') => {
                    open.pop();
                }
                _ => {}
            }
            before = (before.1, character);
        }
        open.pop()
    }
}

/// How much of a text that begins with `\` was meant as the escape.
fn escape_length(text: &str) -> usize {
    let digits =
        |from: usize, most: usize| text.bytes().skip(from).take(most).take_while(u8::is_ascii_hexdigit).count() + from;
    match text.chars().nth(1) {
        Some('x') => digits(2, 2),
        Some('u') if text.get(2..3) == Some("{") => {
            let end = digits(3, 8);
            end + usize::from(text.get(end..end + 1) == Some("}"))
        }
        Some(character) => 1 + character.len_utf8(),
        None => 1,
    }
}
