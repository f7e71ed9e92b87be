//! Patterns: what a line must look like.

use pest::iterators::Pair;

use super::super::ast::{Alternatives, Convert, Field, Pattern, PatternKind, PatternPart};
use super::super::error::{Fault, SyntaxError};
use super::super::grammar::Rule;
use super::text::{Piece, Quotes};
use super::{Lowerer, child};

impl Lowerer {
    pub(super) fn alternatives(&mut self, pair: &Pair<'_, Rule>) -> Result<Alternatives, SyntaxError> {
        pair.clone()
            .into_inner()
            .filter(|part| matches!(part.as_rule(), Rule::pattern | Rule::quoted_pattern))
            .map(|pattern| self.pattern(&pattern))
            .collect()
    }

    pub(super) fn pattern(&mut self, pair: &Pair<'_, Rule>) -> Result<Pattern, SyntaxError> {
        let form = pair.clone().into_inner().next().ok_or_else(|| self.misshapen(pair))?;
        let kind = match form.as_rule() {
            Rule::regex => self.regex(&form)?,
            Rule::pattern_double => PatternKind::Line(self.pattern_parts(&form, Quotes::Double)?),
            Rule::pattern_single => PatternKind::Line(self.pattern_parts(&form, Quotes::Single)?),
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

    fn regex(&self, pair: &Pair<'_, Rule>) -> Result<PatternKind, SyntaxError> {
        let text = self.required(pair, Rule::regex_text)?;
        if let Some(flags) = child(pair, Rule::regex_flags)
            && flags.as_str() != "i"
        {
            return self.fault(&flags, Fault::RegexFlag { flags: flags.as_str().to_owned() });
        }
        let ignore_case = child(pair, Rule::regex_flags).is_some();
        Ok(PatternKind::Regex { text: unescape_slashes(text.as_str()), ignore_case, inner: self.span(&text) })
    }

    fn pattern_parts(&mut self, pair: &Pair<'_, Rule>, quotes: Quotes) -> Result<Vec<PatternPart>, SyntaxError> {
        let mut parts = Vec::new();
        for piece in self.pieces(pair, quotes)? {
            parts.push(match piece {
                Piece::Text(text) => PatternPart::Text(text),
                Piece::Value(value) => PatternPart::Value(value),
                Piece::Hole(hole) => PatternPart::Hole(self.hole(&hole)?),
            });
        }
        Ok(parts)
    }

    fn hole(&self, pair: &Pair<'_, Rule>) -> Result<Field, SyntaxError> {
        match child(pair, Rule::field) {
            Some(field) => self.field(&field),
            None => Ok(Field { name: None, convert: Convert::Text, optional: false, span: self.span(pair) }),
        }
    }
}

/// `\/` is how a slash is written between slashes; to the regex it is a slash.
fn unescape_slashes(text: &str) -> String {
    let mut regex = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            regex.push(character);
            continue;
        }
        match characters.next() {
            Some('/') => regex.push('/'),
            Some(escaped) => regex.extend(['\\', escaped]),
            None => regex.push('\\'),
        }
    }
    regex
}
