//! Pest pair → node. This and `grammar` alone know both.
//!
//! A line is lowered by itself; what its block belongs to is the business of `assemble`.

use pest::iterators::Pair;

use super::ast::{Alternatives, Block, Clause, Expression, Schedule, Send, Statement, StatementKind};
use super::error::{Fault, SyntaxError};
use super::grammar::Rule;
use crate::source::{Name, Span, Spanned};

mod clause;
mod expression;
mod pattern;
mod statement;
mod text;

/// What one logical line says.
#[derive(Debug)]
pub(super) enum Line {
    /// White space, a comment
    Nothing,
    Statement(Statement),
    Clause(Clause),
    /// A block begins.
    Open(Opener, Span),
    /// `}`
    Close(Span),
    /// `} else {`
    CloseElse(Span),
    /// `} else if EXPR {`
    CloseElseIf(Expression, Span),
}

/// The line that opens a block, without the block.
#[derive(Debug)]
pub(super) enum Opener {
    Ensure { question: Send, answers: Alternatives },
    Retry { schedule: Schedule },
    Try,
    If { condition: Expression },
    For { name: Name, list: Expression },
    Finally,
    Unsafe { why: super::ast::Template },
}

impl Opener {
    /// The statement, once its block has been read.
    pub(super) fn close(self, body: Block) -> StatementKind {
        match self {
            Opener::Ensure { question, answers } => StatementKind::Ensure { question, answers, otherwise: body },
            Opener::Retry { schedule } => StatementKind::Retry { schedule, body, otherwise: None },
            Opener::Try => StatementKind::Try { body, otherwise: None },
            Opener::If { condition } => StatementKind::If { branches: vec![(condition, body)], otherwise: None },
            Opener::For { name, list } => StatementKind::For { name, list, body },
            Opener::Finally => StatementKind::Finally { body },
            Opener::Unsafe { why } => StatementKind::Unsafe { why, body },
        }
    }
}

/// How deep parentheses, brackets, operators and `${…}` may nest.
pub(super) const DEEPEST_EXPRESSION: u32 = 64;

/// Lowers the lines of one source.
pub(super) struct Lowerer {
    /// Where the line begins in the source.
    offset: usize,
    /// The id of the next pattern.
    patterns: u32,
    /// How many expressions enclose the one at hand.
    nesting: u32,
    /// The depth of the deepest expression tree since this was last taken.
    deepest: u32,
}

impl Lowerer {
    pub(super) fn new() -> Lowerer {
        Lowerer { offset: 0, patterns: 0, nesting: 0, deepest: 0 }
    }

    /// How many patterns there have been.
    pub(super) fn patterns(&self) -> u32 {
        self.patterns
    }

    /// Lowers a `line` that begins at `offset` of the source.
    pub(super) fn line(&mut self, line: Pair<'_, Rule>, offset: usize) -> Result<Line, SyntaxError> {
        self.offset = offset;
        self.nesting = 0;
        self.deepest = 0;
        let Some(first) = line.into_inner().next() else { return Ok(Line::Nothing) };
        match first.as_rule() {
            Rule::EOI | Rule::comment => Ok(Line::Nothing),
            Rule::block_end => self.block_end(&first),
            _ => self.statement(&first),
        }
    }

    fn block_end(&mut self, pair: &Pair<'_, Rule>) -> Result<Line, SyntaxError> {
        let span = self.span(pair);
        if let Some(branch) = child(pair, Rule::if_line) {
            let condition = self.child_expression(&branch)?;
            return Ok(Line::CloseElseIf(condition, span));
        }
        Ok(if child(pair, Rule::kw_else).is_some() { Line::CloseElse(span) } else { Line::Close(span) })
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span::new(self.offset + span.start(), self.offset + span.end())
    }

    fn fault<T>(&self, pair: &Pair<'_, Rule>, fault: Fault) -> Result<T, SyntaxError> {
        Err(SyntaxError::new(fault, self.span(pair)))
    }

    fn name(&self, pair: &Pair<'_, Rule>) -> Name {
        Spanned { value: pair.as_str().to_owned(), span: self.span(pair) }
    }

    /// The child that the grammar promises.
    fn required<'i>(&self, pair: &Pair<'i, Rule>, rule: Rule) -> Result<Pair<'i, Rule>, SyntaxError> {
        child(pair, rule).ok_or_else(|| self.misshapen(pair))
    }

    /// Where the grammar and the lowering disagree: our own fault, still told as an error.
    fn misshapen(&self, pair: &Pair<'_, Rule>) -> SyntaxError {
        SyntaxError::new(Fault::Misunderstood, self.span(pair))
    }
}

/// The first child of that rule.
fn child<'i>(pair: &Pair<'i, Rule>, rule: Rule) -> Option<Pair<'i, Rule>> {
    children(pair, rule).next()
}

fn children<'i>(pair: &Pair<'i, Rule>, rule: Rule) -> impl Iterator<Item = Pair<'i, Rule>> + use<'i> {
    pair.clone().into_inner().filter(move |child| child.as_rule() == rule)
}
