//! Text with `${…}` in it: AT words, strings; and patterns, whose strings have holes too.

use pest::iterators::Pair;

use super::super::ast::{Alternatives, Convert, Field, Pattern, PatternKind, PatternPart, Template, TemplatePart};
use super::super::grammar::Rule;
use super::super::{control_character, misunderstood, reserved_name, words};
use super::{Lowerer, child};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// An AT word: as it stands
    None,
    Single,
    Double,
    /// `"""…"""`, the only one that holds line ends
    Triple,
}

impl Lowerer<'_> {
    pub(super) fn at_word(&mut self, pair: &Pair<'_, Rule>) -> Result<Template, Diagnostic> {
        self.template(pair, Quotes::None)
    }

    pub(super) fn string(&mut self, pair: &Pair<'_, Rule>) -> Result<Template, Diagnostic> {
        let form = pair.clone().into_inner().next().ok_or_else(|| self.misshapen(pair))?;
        match form.as_rule() {
            Rule::triple => self.template(&form, Quotes::Triple),
            Rule::double => self.template(&form, Quotes::Double),
            Rule::single => self.template(&form, Quotes::Single),
            _ => Err(self.misshapen(&form)),
        }
    }

    fn template(&mut self, pair: &Pair<'_, Rule>, quotes: Quotes) -> Result<Template, Diagnostic> {
        let pieces = self.pieces(pair, quotes)?.into_iter();
        let part = |piece| match piece {
            PatternPart::Text(text) => Ok(TemplatePart::Text(text)),
            PatternPart::Value(value) => Ok(TemplatePart::Value(Box::new(value))),
            PatternPart::Hole(hole) => Err(misunderstood(self.source, hole.span)),
        };
        let parts = pieces.map(part).collect::<Result<Box<[_]>, _>>()?.into_vec();
        Ok(Template { parts, span: self.span(pair) })
    }

    /// Cuts a text at what does not stand for itself. Neighbouring text is one piece, none is empty.
    fn pieces(&mut self, pair: &Pair<'_, Rule>, quotes: Quotes) -> Result<Vec<PatternPart>, Diagnostic> {
        let whole = pair.as_span();
        let margin = match quotes {
            Quotes::None => 0,
            Quotes::Single | Quotes::Double => 1,
            Quotes::Triple => 3,
        };
        let end = whole.end().saturating_sub(margin);
        let mut from = whole.start() + margin;
        if quotes == Quotes::Triple {
            let text = whole.get_input().get(from..end).unwrap_or("");
            from += if text.starts_with("\r\n") { 2 } else { usize::from(text.starts_with('\n')) };
        }

        let mut pieces = Vec::new();
        let mut text = String::new();
        for part in pair.clone().into_inner() {
            let span = part.as_span();
            let special = match part.as_rule() {
                Rule::escape => PatternPart::Text(self.escape(&part)?),
                Rule::literal_dollar => PatternPart::Text(String::from("${")),
                Rule::brace => PatternPart::Text(part.as_str().chars().take(1).collect()),
                Rule::interpolation => match child(&part, Rule::expression) {
                    Some(value) => PatternPart::Value(self.expression(&value)?),
                    None => {
                        return Err(self.fault("hayes::syntax::empty-value", self.span(&part), &[]));
                    }
                },
                Rule::not_a_hole => return Err(self.not_a_hole(&part)),
                Rule::hole => PatternPart::Hole(self.hole(&part)?),
                _ => continue,
            };
            self.plain(&mut text, whole.get_input().get(from..span.start()).unwrap_or(""), from, quotes)?;
            if let PatternPart::Text(special) = special {
                text.push_str(&special);
            } else {
                if !text.is_empty() {
                    pieces.push(PatternPart::Text(std::mem::take(&mut text)));
                }
                pieces.push(special);
            }
            from = span.end();
        }
        self.plain(&mut text, whole.get_input().get(from..end).unwrap_or(""), from, quotes)?;
        if !text.is_empty() {
            pieces.push(PatternPart::Text(text));
        }
        Ok(pieces)
    }

    /// Appends text that stands for itself.
    fn plain(&self, text: &mut String, plain: &str, start: usize, quotes: Quotes) -> Result<(), Diagnostic> {
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
    fn no_control_characters(&self, text: &str, start: usize, quotes: Quotes) -> Result<(), Diagnostic> {
        for (at, byte) in text.bytes().enumerate() {
            let line_end = quotes == Quotes::Triple
                && (byte == b'\n' || byte == b'\r' && text.as_bytes().get(at + 1) == Some(&b'\n'));
            if byte.is_ascii_control() && byte != b'\t' && !line_end {
                let start = self.offset + start + at;
                return Err(control_character(self.source, byte, Span::new(start, start + 1)));
            }
        }
        Ok(())
    }

    fn escape(&self, pair: &Pair<'_, Rule>) -> Result<String, Diagnostic> {
        let escape = pair.as_str();
        let is_escape = match escape.get(1..2) {
            Some("x") => escape.len() == 4,
            Some("u") => escape.ends_with('}') && (5..=10).contains(&escape.len()),
            Some(letter) => matches!(letter, "r" | "n" | "t" | "\"" | "\\"),
            None => false,
        };
        let character = match escape.get(1..2).filter(|_| is_escape) {
            Some("r") => Some('\r'),
            Some("n") => Some('\n'),
            Some("t") => Some('\t'),
            Some("x") => code_point(escape.get(2..)).filter(char::is_ascii),
            Some("u") => code_point(escape.get(3..escape.len() - 1)),
            _ => escape.chars().nth(1).filter(|_| is_escape),
        };
        match character {
            Some(character) => Ok(String::from(character)),
            None => Err(match escape.strip_prefix("\\x") {
                _ if !is_escape => self.fault("hayes::syntax::bad-escape", self.span(pair), &[&escape]),
                Some(byte) => self.fault("hayes::syntax::bad-escape byte", self.span(pair), &[&escape, &byte]),
                None => self.fault("hayes::syntax::bad-escape number", self.span(pair), &[&escape]),
            }),
        }
    }

    // ── Patterns

    pub(super) fn alternatives(&mut self, pair: &Pair<'_, Rule>) -> Result<Alternatives, Diagnostic> {
        pair.clone()
            .into_inner()
            .filter(|part| matches!(part.as_rule(), Rule::pattern | Rule::quoted_pattern))
            .map(|pattern| self.pattern(&pattern))
            .collect()
    }

    pub(super) fn pattern(&mut self, pair: &Pair<'_, Rule>) -> Result<Pattern, Diagnostic> {
        let form = pair.clone().into_inner().next().ok_or_else(|| self.misshapen(pair))?;
        let kind = match form.as_rule() {
            Rule::regex => self.regex(&form)?,
            Rule::pattern_double => PatternKind::Line(self.pieces(&form, Quotes::Double)?),
            Rule::pattern_single => PatternKind::Line(self.pieces(&form, Quotes::Single)?),
            Rule::triple => {
                return Err(self.fault("hayes::syntax::triple-as-pattern", self.span(&form), &[]));
            }
            Rule::bare_word => {
                self.no_control_characters(form.as_str(), form.as_span().start(), Quotes::Single)?;
                PatternKind::Line(vec![PatternPart::Text(form.as_str().to_owned())])
            }
            _ => return Err(self.misshapen(&form)),
        };
        let id = self.patterns;
        self.patterns += 1;
        Ok(Pattern { id, kind, span: self.span(pair) })
    }

    fn regex(&self, pair: &Pair<'_, Rule>) -> Result<PatternKind, Diagnostic> {
        let text = self.required(pair, Rule::regex_text)?;
        if let Some(flags) = child(pair, Rule::regex_flags)
            && flags.as_str() != "i"
        {
            return Err(self.fault("hayes::syntax::regex-flag", self.span(&flags), &[&flags.as_str()]));
        }
        let ignore_case = child(pair, Rule::regex_flags).is_some();
        // To the regex `\/` is a slash. No other slash stands in it.
        Ok(PatternKind::Regex { text: text.as_str().replace("\\/", "/"), ignore_case, inner: self.span(&text) })
    }

    /// `{a b}`, and a brace of no hole at all
    fn not_a_hole(&self, pair: &Pair<'_, Rule>) -> Diagnostic {
        let (hole, span) = (pair.as_str(), self.span(pair));
        if hole.len() == 1 {
            return self.fault("hayes::syntax::lone-brace", span, &[&hole]);
        }
        let name = hole.trim_matches(['{', '}']).split(':').next().unwrap_or("").trim();
        if words::is_reserved(name) {
            let start = span.start + 1;
            let end = start + u32::try_from(name.len()).unwrap_or(0);
            return reserved_name(self.source, name, Span { start, end });
        }
        self.fault("hayes::syntax::bad-hole", span, &[&hole])
    }

    fn hole(&self, pair: &Pair<'_, Rule>) -> Result<Field, Diagnostic> {
        match child(pair, Rule::field) {
            Some(field) => self.field(&field),
            None => Ok(Field { name: None, convert: Convert::Text, optional: false, span: self.span(pair) }),
        }
    }
}

fn code_point(hex: Option<&str>) -> Option<char> {
    char::from_u32(u32::from_str_radix(hex?, 16).ok()?)
}
