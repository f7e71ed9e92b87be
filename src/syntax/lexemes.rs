//! A text → its pieces, whether or not they make sense together.

use super::grammar::{self, Rule};

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lexeme<'a> {
    pub kind: LexemeKind,
    /// Where it begins in the text.
    pub start: usize,
    pub text: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LexemeKind {
    Comment,
    At,
    String,
    /// `"""` that nothing closes, to the end of the text
    OpenTriple,
    Regex,
    Number,
    Word,
    Sign,
    /// What belongs to nothing: a quote that nothing closes, a character of no use
    Stray,
}

impl Lexeme<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text && self.kind != LexemeKind::String
    }
}

/// The pieces of `text`, without the white space between them.
pub(super) fn lexemes(text: &str) -> Vec<Lexeme<'_>> {
    let Ok(Some(all)) = grammar::parse(Rule::lexemes, text) else { return Vec::new() };
    all.into_inner()
        .filter_map(|pair| {
            let kind = match pair.as_rule() {
                Rule::lex_comment => LexemeKind::Comment,
                Rule::lex_at => LexemeKind::At,
                Rule::lex_string => LexemeKind::String,
                Rule::lex_open_triple => LexemeKind::OpenTriple,
                Rule::lex_regex => LexemeKind::Regex,
                Rule::lex_number => LexemeKind::Number,
                Rule::lex_word | Rule::lex_asking => LexemeKind::Word,
                Rule::lex_sign => LexemeKind::Sign,
                Rule::lex_stray => LexemeKind::Stray,
                _ => return None,
            };
            Some(Lexeme { kind, start: pair.as_span().start(), text: pair.as_str() })
        })
        .collect()
}
