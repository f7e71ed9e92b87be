//! A text → its tokens, for colours: by the grammar where a line parses, by its pieces where it does not (yet).

use pest::iterators::Pair;

use super::grammar::{self, Rule};
use super::lexemes::{lexemes, lines};
use super::words;
use crate::source::Span;

/// A stretch of a script's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Keyword,
    /// A variable, a parameter, a record, a field of a capture, a function
    Name,
    Number,
    /// `"…"`, `'…'`, `"""…"""`, a bare word of a pattern; without its `${…}` and holes
    String,
    Regex,
    /// AT text without its `${…}`
    AtWord,
    Comment,
    /// Operators, brackets, commas
    Operator,
    /// What belongs to nothing: an unclosed quote, a stray character
    Error,
}

/// The tokens of a text, in order and without overlap; white space between them is left out. Never fails: what cannot
/// be part of a script is [`TokenKind::Error`].
pub fn tokens(text: &str) -> Vec<Token> {
    super::on_enough_stack(|| line_tokens(text))
}

fn line_tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for line in lines(text) {
        let mut colours = vec![None; line.text.len()];
        let parsed =
            if line.open_triple.is_none() { grammar::parse(Rule::line, line.text).ok().flatten() } else { None };
        match parsed {
            Some(pair) => pair.into_inner().flatten().for_each(|pair| colour_pair(&mut colours, &pair)),
            None => colour_lexemes(&mut colours, line.text),
        }
        runs(&colours, line.start, &mut tokens);
    }
    tokens
}

/// Each byte's colour; white space between words has none.
type Colours = [Option<TokenKind>];

/// The pairs come from the outside in, so that a value in a text covers the text's colour.
fn colour_pair(colours: &mut Colours, pair: &Pair<'_, Rule>) {
    let kind = match pair.as_rule() {
        Rule::comment => Some(TokenKind::Comment),
        Rule::at_word => Some(TokenKind::AtWord),
        Rule::string | Rule::pattern_double | Rule::pattern_single | Rule::bare_word => Some(TokenKind::String),
        Rule::regex => Some(TokenKind::Regex),
        Rule::integer | Rule::decimal | Rule::duration => Some(TokenKind::Number),
        Rule::name | Rule::variable | Rule::function | Rule::skip_mark => Some(TokenKind::Name),
        Rule::convert | Rule::switch | Rule::prompt_end | Rule::boolean => Some(TokenKind::Keyword),
        Rule::operator if pair.as_str().starts_with(|first: char| first.is_ascii_alphabetic()) => {
            Some(TokenKind::Keyword)
        }
        Rule::operator
        | Rule::minus_sign
        | Rule::equals
        | Rule::comma
        | Rule::colon
        | Rule::dot
        | Rule::optional_mark
        | Rule::parenthesis_open
        | Rule::parenthesis_close
        | Rule::bracket_open
        | Rule::bracket_close
        | Rule::brace_open
        | Rule::brace_close
        | Rule::hole_open
        | Rule::hole_close
        | Rule::interpolation_open
        | Rule::interpolation_close => Some(TokenKind::Operator),
        Rule::interpolation => None,
        other if words::keyword(other).is_some() => Some(TokenKind::Keyword),
        _ => return,
    };
    let span = pair.as_span();
    if let Some(stretch) = colours.get_mut(span.start()..span.end()) {
        stretch.fill(kind);
    }
}

fn colour_lexemes(colours: &mut Colours, line: &str) {
    for lexeme in lexemes(line) {
        let kind = if words::is_keyword(lexeme.text) && lexeme.kind == TokenKind::Name {
            TokenKind::Keyword
        } else {
            lexeme.kind
        };
        if let Some(stretch) = colours.get_mut(lexeme.start..lexeme.end()) {
            stretch.fill(Some(kind));
        }
    }
}

fn runs(colours: &Colours, offset: usize, tokens: &mut Vec<Token>) {
    let mut start = 0;
    for run in colours.chunk_by(|a, b| a == b) {
        if let Some(Some(kind)) = run.first().copied() {
            tokens.push(Token { kind, span: Span::new(offset + start, offset + start + run.len()) });
        }
        start += run.len();
    }
}
