//! A line that does not parse → what is wrong with it.
//!
//! Pest tells how far it came and which rules it tried there. What a person did is told by that place and by the
//! pieces of the line around it: first the beginning of the line (is there such a statement?), then the place itself.

use pest::error::{ErrorVariant, InputLocation};

use super::error::{Fault, SyntaxError};
use super::grammar::{self, Rule};
use super::lexemes::{Lexeme, LexemeKind, lexemes};
use super::lines::LogicalLine;
use super::words;
use crate::source::Span;

mod beginning;
mod expected;
mod inside;
mod place;

/// A line that the grammar refused, and where.
struct Refused<'a> {
    /// The whole line.
    line: &'a str,
    /// How far the grammar came.
    at: usize,
    /// What it tried there.
    expected: Vec<Rule>,
    lexemes: Vec<Lexeme<'a>>,
    /// The pieces are those of a `${…}`, which the line otherwise holds in one.
    of_value: bool,
}

/// A fault and its place in the line.
struct Found {
    fault: Fault,
    start: usize,
    end: usize,
}

/// A line that cannot be part of the tree: what is wrong with it, and what it tells about its surroundings all the same.
pub(super) struct Faulty {
    pub error: SyntaxError,
    pub braces: Braces,
    /// The line's code: without its indentation and its comment.
    pub code: Span,
    /// The line speaks of an answer: `expect`, `capture`, `prompt`.
    pub clause: bool,
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

/// What is wrong with a line: `told` where that is known, else what the grammar refused in it.
pub(super) fn faulty(line: LogicalLine<'_>, told: Option<SyntaxError>) -> Faulty {
    let lexemes = code_lexemes(line.text);
    let code = code_span(line, &lexemes);
    let braces = braces(&lexemes);
    let clause = begins_a_clause(&lexemes);
    let error = told.unwrap_or_else(|| refused(line, code, lexemes));
    Faulty { error, braces, code, clause }
}

/// A line's code, without its indentation and its comment.
pub(super) fn code(line: LogicalLine<'_>) -> Span {
    code_span(line, &code_lexemes(line.text))
}

fn refused(line: LogicalLine<'_>, code: Span, lexemes: Vec<Lexeme<'_>>) -> SyntaxError {
    // The white space behind a line's last word is named by no rule: with it, pest tells what should have followed.
    let padded = format!("{} ", line.text);
    let (at, expected) = match grammar::parse(Rule::line, &padded).map_err(|error| (error.location, error.variant)) {
        Ok(_) => return SyntaxError::new(Fault::Misunderstood, code),
        // The grammar guards the machine's stack, on which only expressions nest.
        Err((_, ErrorVariant::CustomError { .. })) => return SyntaxError::new(Fault::ExpressionTooDeep, code),
        Err((InputLocation::Pos(at) | InputLocation::Span((at, _)), ErrorVariant::ParsingError { positives, .. })) => {
            (at.min(line.text.len()), positives)
        }
    };
    let refused = Refused { line: line.text, at, expected, lexemes, of_value: false };
    let Found { fault, start, end } =
        refused.beginning().or_else(|| refused.inside()).unwrap_or_else(|| refused.place());
    SyntaxError::new(fault, Span::new(line.start + start, line.start + end))
}

impl Found {
    fn at(lexeme: Lexeme<'_>, fault: Fault) -> Found {
        Found { fault, start: lexeme.start, end: lexeme.end() }
    }
}

impl<'a> Refused<'a> {
    /// The piece that the grammar stopped at or in; `None` at the end of the line.
    fn found(&self) -> Option<Lexeme<'a>> {
        self.lexemes.iter().copied().find(|lexeme| lexeme.end() > self.at)
    }

    /// The last piece before that.
    fn before(&self) -> Option<Lexeme<'a>> {
        self.lexemes.iter().copied().rev().find(|lexeme| lexeme.end() <= self.at)
    }

    /// The word that the statement begins with; behind `} else`, that of the `if`; `${` for what stands in one.
    fn statement(&self) -> &'a str {
        if self.of_value {
            return "${";
        }
        let first = self.lexemes.iter().find(|lexeme| lexeme.kind != LexemeKind::Sign && !lexeme.is("else"));
        let behind_else = self.lexemes.get(1).is_some_and(|second| second.is("else"));
        match first {
            Some(first) if first.kind == LexemeKind::At => "AT",
            Some(first) if first.is("if") || !behind_else => first.text,
            _ if behind_else => "else",
            _ => "",
        }
    }

    fn expects(&self, rules: &[Rule]) -> bool {
        self.expected.iter().any(|rule| rules.contains(rule))
    }
}

fn braces(lexemes: &[Lexeme<'_>]) -> Braces {
    let closes = lexemes.first().is_some_and(|first| first.is("}"));
    let rest = lexemes.get(usize::from(closes)..).unwrap_or(&[]);
    // In a statement without a block a brace is a slip, not a block.
    let word = rest.first().filter(|first| matches!(first.kind, LexemeKind::Word | LexemeKind::At));
    let blockless = word.is_some_and(|word| {
        word.kind == LexemeKind::At || words::STATEMENTS.contains(&word.text) && !words::BLOCKS.contains(&word.text)
    });
    let has_block = word.is_some_and(|word| words::BLOCKS.contains(&word.text) || closes && word.is("else"));
    let opening = rest.iter().filter(|lexeme| lexeme.is("{")).count();
    let closing = rest.iter().filter(|lexeme| lexeme.is("}")).count();
    Braces {
        closes,
        opens: !blockless && opening > closing,
        missing: has_block && opening == 0,
        alone: rest.len() == 1 && opening == 1 && !closes,
    }
}

fn code_span(line: LogicalLine<'_>, lexemes: &[Lexeme<'_>]) -> Span {
    let start = lexemes.first().map_or(0, |first| first.start);
    let end = lexemes.last().map_or(line.text.len(), Lexeme::end);
    Span::new(line.start + start, line.start + end)
}

fn begins_a_clause(lexemes: &[Lexeme<'_>]) -> bool {
    lexemes.first().is_some_and(|first| ["expect", "capture", "prompt"].iter().any(|word| first.is(word)))
}

fn code_lexemes(line: &str) -> Vec<Lexeme<'_>> {
    let mut pieces = lexemes(line);
    pieces.retain(|lexeme| lexeme.kind != LexemeKind::Comment);
    pieces
}

#[cfg(test)]
mod tests;
