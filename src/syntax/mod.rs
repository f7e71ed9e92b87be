//! Text → tree: the grammar, the tree, and the canonical form.

use std::fmt::Display;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

mod assemble;
pub mod ast;
#[allow(clippy::wildcard_enum_match_arm, reason = "the grammar has many rules, a place looks at few")]
mod diagnose;
#[allow(clippy::wildcard_enum_match_arm, reason = "the grammar has many rules, a place looks at few")]
mod format;
#[allow(clippy::wildcard_enum_match_arm, reason = "the grammar has many rules, a place looks at few")]
mod highlight;
#[allow(clippy::wildcard_enum_match_arm, reason = "the grammar has many rules, a place looks at few")]
mod lexemes;
#[allow(clippy::wildcard_enum_match_arm, reason = "the grammar has many rules, a place looks at few")]
mod lower;
mod meant;
mod words;

use assemble::assemble;
use ast::Script;
pub(crate) use diagnose::expected;

pub use format::format;
pub use highlight::{Token, TokenKind, tokens};
pub use words::{
    GIVEN_NAMES, Topic, fields_of, foreign, foreign_function, foreign_value, record_in, statements, told_foreign,
    topic, topic_behind, topics,
};

/// The grammar's parser: a text in, pest's pairs out.
mod grammar {
    // The parser that pest derives is public and names its rules as the grammar does.
    #![allow(unreachable_pub, missing_docs)]

    use pest::iterators::Pair;
    use pest::{Parser, error::Error};

    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/hayes.pest"]
    pub struct Grammar;

    /// Parses `text` as one `rule`; the pair of the rule itself.
    pub fn parse(rule: Rule, text: &str) -> Result<Option<Pair<'_, Rule>>, Box<Error<Rule>>> {
        Grammar::parse(rule, text).map(|mut pairs| pairs.next()).map_err(Box::new)
    }
}

/// Whether a script may call something so.
pub(crate) fn is_name(word: &str) -> bool {
    diagnose::is_name(word) && !words::is_reserved(word)
}

/// How long a line may be, in bytes.
const LONGEST_SCRIPT_LINE: usize = 64 * 1024;

/// Parses a whole file.
///
/// A line that does not parse hides no other: all errors of the file come back, sorted by place, at most one a line,
/// and the tree holds what did parse. Every diagnostic is an error: with one, the script must not be run.
pub fn parse(source: &Arc<Source>) -> (Script, Vec<Diagnostic>) {
    on_enough_stack(|| assemble(source))
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
    let (script, mut errors) = on_enough_stack(|| assemble(source));
    if errors.is_empty() {
        return Chunk::Complete(script);
    }
    errors.retain(|error| !ends_with_the_text(error));
    if errors.is_empty() {
        return Chunk::Incomplete;
    }
    Chunk::Wrong(errors)
}

/// More text could mend it: an open block, an open `"""`.
fn ends_with_the_text(error: &Diagnostic) -> bool {
    let place = error.span().map_or("", |span| error.source.slice(span));
    error.code == "hayes::syntax::unclosed-block" || error.code == "hayes::syntax::unclosed-string" && place == "\"\"\""
}

/// A fault of syntax. One at the end of the text takes the character before it, so that it can be shown.
fn fault(source: &Arc<Source>, code: &'static str, span: Span, values: &[&dyn Display]) -> Diagnostic {
    let (text, end) = (&source.text, source.text.len());
    let last = text.chars().next_back().map_or(0, char::len_utf8);
    let span = if span.start as usize >= end { Span::new(end - last, end) } else { span };
    Diagnostic::told(code, source, span, values)
}

/// The grammar let something through that nothing else understands: a fault of ours, still told as an error.
fn misunderstood(source: &Arc<Source>, span: Span) -> Diagnostic {
    fault(source, "hayes::syntax::misunderstood", span, &[])
}

fn expression_too_deep(source: &Arc<Source>, span: Span) -> Diagnostic {
    fault(source, "hayes::syntax::too-deep", span, &[])
}

fn control_character(source: &Arc<Source>, byte: u8, span: Span) -> Diagnostic {
    if byte == b'\r' {
        return fault(source, "hayes::syntax::control-character line-end", span, &[]);
    }
    fault(source, "hayes::syntax::control-character", span, &[&format!("{byte:02X}")])
}

fn reserved_name(source: &Arc<Source>, word: &str, span: Span) -> Diagnostic {
    fault(source, "hayes::syntax::reserved-name", span, &[&word])
}

/// The known word that `word` is a misspelling of. Of so few letters as `ser` or `if` any other word may be made:
/// there, only a letter that is missing, or two that changed places, are a slip.
fn nearest(word: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let written = word.to_ascii_lowercase();
    let sorted = |text: &str| {
        let mut letters = text.as_bytes().to_vec();
        letters.sort_unstable();
        letters
    };
    let is_slip = |near: &&str| match written.len() {
        0..=1 => near.len() == 1,
        2..=3 => near.len() > written.len() && !words::is_keyword(word) || sorted(near) == sorted(&written),
        _ => true,
    };
    crate::diagnostic::nearest(&written, known).filter(is_slip)
}

/// Runs `parse` on a stack that fits the deepest allowed expression: the same text is parsed the same everywhere.
fn on_enough_stack<T>(parse: impl FnOnce() -> T) -> T {
    const NEEDED: usize = 1024 * 1024;
    stacker::maybe_grow(NEEDED, 2 * NEEDED, parse)
}
