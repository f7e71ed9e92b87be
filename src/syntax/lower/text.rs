//! Text with `${…}` in it: AT words, strings, the strings of patterns.

use pest::iterators::Pair;

use super::super::ast::{Expression, Template, TemplatePart};
use super::super::error::{Fault, SyntaxError};
use super::super::grammar::Rule;
use super::Lowerer;
use crate::source::Span;

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// An AT word: as it stands
    None,
    Single,
    Double,
    /// `"""…"""`, the only one that holds line ends
    Triple,
}

/// A piece of a text.
pub(super) enum Piece<'i> {
    Text(String),
    Value(Expression),
    Hole(Pair<'i, Rule>),
}

impl Lowerer {
    pub(super) fn at_word(&mut self, pair: &Pair<'_, Rule>) -> Result<Template, SyntaxError> {
        self.template(pair, Quotes::None)
    }

    pub(super) fn string(&mut self, pair: &Pair<'_, Rule>) -> Result<Template, SyntaxError> {
        let form = pair.clone().into_inner().next().ok_or_else(|| self.misshapen(pair))?;
        match form.as_rule() {
            Rule::triple => self.template(&form, Quotes::Triple),
            Rule::double => self.template(&form, Quotes::Double),
            Rule::single => self.template(&form, Quotes::Single),
            _ => Err(self.misshapen(&form)),
        }
    }

    fn template(&mut self, pair: &Pair<'_, Rule>, quotes: Quotes) -> Result<Template, SyntaxError> {
        let mut parts = Vec::new();
        for piece in self.pieces(pair, quotes)? {
            parts.push(match piece {
                Piece::Text(text) => TemplatePart::Text(text),
                Piece::Value(value) => TemplatePart::Value(value),
                Piece::Hole(hole) => return Err(self.misshapen(&hole)),
            });
        }
        Ok(Template { parts, span: self.span(pair) })
    }

    /// Cuts a text at what does not stand for itself. Neighbouring text is one piece, none is empty.
    pub(super) fn pieces<'i>(&mut self, pair: &Pair<'i, Rule>, quotes: Quotes) -> Result<Vec<Piece<'i>>, SyntaxError> {
        let whole = pair.as_span();
        let margin = match quotes {
            Quotes::None => 0,
            Quotes::Single | Quotes::Double => 1,
            Quotes::Triple => 3,
        };
        let end = whole.end().saturating_sub(margin);
        let mut from = whole.start() + margin;
        if quotes == Quotes::Triple {
            from += line_end_length(whole.get_input().get(from..end).unwrap_or(""));
        }

        let mut pieces = Vec::new();
        let mut text = String::new();
        for part in pair.clone().into_inner() {
            let span = part.as_span();
            let special = match part.as_rule() {
                Rule::escape => Special::Text(self.escape(&part)?),
                Rule::literal_dollar => Special::Text(String::from("${")),
                Rule::brace => Special::Text(part.as_str().chars().take(1).collect()),
                Rule::interpolation => Special::Piece(Piece::Value(self.child_expression(&part)?)),
                Rule::hole => Special::Piece(Piece::Hole(part)),
                _ => continue,
            };
            self.plain(&mut text, whole.get_input().get(from..span.start()).unwrap_or(""), from, quotes)?;
            match special {
                Special::Text(special) => text.push_str(&special),
                Special::Piece(piece) => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(piece);
                }
            }
            from = span.end();
        }
        self.plain(&mut text, whole.get_input().get(from..end).unwrap_or(""), from, quotes)?;
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Ok(pieces)
    }

    /// Appends text that stands for itself.
    fn plain(&self, text: &mut String, plain: &str, start: usize, quotes: Quotes) -> Result<(), SyntaxError> {
        self.no_control_characters(plain, start, quotes)?;
        if quotes == Quotes::Triple && plain.contains('\r') {
            // A checkout with CRLF line ends must not change what is sent.
            text.push_str(&plain.replace("\r\n", "\n"));
        } else {
            text.push_str(plain);
        }
        Ok(())
    }

    /// Control characters cannot be seen, so they are written as escapes. A tab is white space.
    pub(super) fn no_control_characters(&self, text: &str, start: usize, quotes: Quotes) -> Result<(), SyntaxError> {
        for (at, byte) in text.bytes().enumerate() {
            let line_end = quotes == Quotes::Triple
                && (byte == b'\n' || byte == b'\r' && text.as_bytes().get(at + 1) == Some(&b'\n'));
            if byte.is_ascii_control() && byte != b'\t' && !line_end {
                let start = self.offset + start + at;
                return Err(SyntaxError::new(Fault::ControlCharacter { byte }, Span::new(start, start + 1)));
            }
        }
        Ok(())
    }

    fn escape(&self, pair: &Pair<'_, Rule>) -> Result<String, SyntaxError> {
        let escape = pair.as_str();
        let character = match escape.get(1..2) {
            Some("r") => Some('\r'),
            Some("n") => Some('\n'),
            Some("t") => Some('\t'),
            Some("x") => code_point(escape.get(2..)).filter(char::is_ascii),
            Some("u") => code_point(escape.get(3..escape.len() - 1)),
            _ => escape.chars().nth(1),
        };
        match character {
            Some(character) => Ok(String::from(character)),
            None => self.fault(pair, Fault::EscapeOutOfRange { escape: escape.to_owned() }),
        }
    }
}

enum Special<'i> {
    Text(String),
    Piece(Piece<'i>),
}

fn code_point(hex: Option<&str>) -> Option<char> {
    char::from_u32(u32::from_str_radix(hex?, 16).ok()?)
}

fn line_end_length(text: &str) -> usize {
    if text.starts_with("\r\n") { 2 } else { usize::from(text.starts_with('\n')) }
}
