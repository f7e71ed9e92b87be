//! Text → tree: the grammar, the tree, and the canonical form.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::source::Source;

mod assemble;
pub mod ast;
mod comment;
#[allow(clippy::wildcard_enum_match_arm, reason = "the grammar has many rules, a place looks at few")]
mod diagnose;
mod error;
#[allow(clippy::wildcard_enum_match_arm, reason = "the grammar has many rules, a place looks at few")]
mod format;
mod grammar;
#[allow(clippy::wildcard_enum_match_arm, reason = "the grammar has many rules, a place looks at few")]
mod highlight;
#[allow(clippy::wildcard_enum_match_arm, reason = "the grammar has many rules, a place looks at few")]
mod lexemes;
mod lines;
#[allow(clippy::wildcard_enum_match_arm, reason = "the grammar has many rules, a place looks at few")]
mod lower;
mod words;

use assemble::{Assembled, assemble};
use ast::Script;

pub use format::format;
pub use highlight::{Token, TokenKind, tokens};
pub use words::statements;

/// Parses a whole file.
///
/// A line that does not parse hides no other: all errors of the file come back, sorted by place, at most one a line,
/// and the tree holds what did parse. Every diagnostic is an error: with one, the script must not be run.
pub fn parse(source: &Arc<Source>) -> (Script, Vec<Diagnostic>) {
    let Assembled { script, errors } = on_enough_stack(|| assemble(source));
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
    let Assembled { script, mut errors } = on_enough_stack(|| assemble(source));
    if errors.is_empty() {
        return Chunk::Complete(script);
    }
    errors.retain(|error| !error.fault.ends_with_the_text());
    if errors.is_empty() {
        return Chunk::Incomplete;
    }
    Chunk::Wrong(errors.into_iter().map(|error| error.diagnostic(source)).collect())
}

/// Runs `parse` on a stack that the deepest allowed expression fits on, however small the thread's own is, so that the
/// same text is parsed the same everywhere.
fn on_enough_stack<T>(parse: impl FnOnce() -> T) -> T {
    const NEEDED: usize = 1024 * 1024;
    stacker::maybe_grow(NEEDED, 2 * NEEDED, parse)
}

#[cfg(test)]
mod generate;
#[cfg(test)]
mod tests;
