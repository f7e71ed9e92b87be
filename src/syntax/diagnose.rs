//! A line that does not parse → what is wrong with it.

use pest::error::{Error, InputLocation};

use super::error::{Fault, SyntaxError};
use super::grammar::Rule;
use super::lines::LogicalLine;
use super::words;
use crate::source::Span;

/// What is wrong with a line that the grammar refused.
pub(super) fn diagnose(line: LogicalLine<'_>, error: &Error<Rule>) -> SyntaxError {
    let at = match error.location {
        InputLocation::Pos(at) => at,
        InputLocation::Span((start, _)) => start,
    };
    let found = line.text.get(at..).unwrap_or("").split([' ', '\t']).next().unwrap_or("");
    let fault = Fault::Unexpected { found: format!("`{found}`"), expected: String::from("something else") };
    SyntaxError::new(fault, Span::new(line.start + at, line.start + at + found.len()))
}

/// What a faulty line's braces tell.
pub(super) struct Braces {
    /// The line begins with `}`.
    pub closes: bool,
    /// More blocks begin than end, behind that.
    pub opens: bool,
    /// The statement opens a block, and there is no brace.
    pub missing: bool,
    /// The line is `{` and nothing else.
    pub alone: bool,
}

pub(super) fn braces(line: &str) -> Braces {
    let code = line.trim();
    let word = code.split(|character: char| !character.is_ascii_alphabetic()).next().unwrap_or("");
    let closes = code.starts_with('}');
    let opens = code.ends_with('{');
    Braces { closes, opens, missing: words::BLOCKS.contains(&word) && !code.contains('{'), alone: code == "{" }
}

/// A line's code, without its indentation.
pub(super) fn code_span(line: LogicalLine<'_>) -> Span {
    let code = line.text.trim_start_matches([' ', '\t']);
    let start = line.start + line.text.len() - code.len();
    Span::new(start, start + code.trim_end().len())
}

/// Whether a line speaks of an answer.
pub(super) fn is_clause(line: &str) -> bool {
    let word = line.trim_start().split(|character: char| !character.is_ascii_alphabetic()).next().unwrap_or("");
    matches!(word, "expect" | "capture" | "prompt")
}
