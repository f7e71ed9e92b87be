//! Lines → blocks: what a `}` closes, which question a clause belongs to.
//!
//! The stack of open blocks lives here and not on the machine's stack, so no nesting of blocks can exhaust that. A line
//! that does not parse still opens and closes blocks as far as its braces tell, so that one mistake is one error.

use std::fmt::Display;
use std::sync::Arc;

use super::ast::{Allowance, Block, Clause, ClauseKind, Expression, Script, Statement, StatementKind, WhenEvent};
use super::diagnose::{self, Faulty};
use super::grammar::{self, Rule};
use super::lexemes::{LogicalLine, lines};
use super::lower::{LoweredLine, Lowerer};
use super::{LONGEST_SCRIPT_LINE, fault, misunderstood};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span, Spanned};

const DEEPEST_BLOCK: usize = 256;

/// The script, and what is wrong with it: sorted by place, at most one a line.
pub(super) fn assemble(source: &Arc<Source>) -> (Script, Vec<Diagnostic>) {
    let mut assembler = Assembler::new(source);
    let mut lines = lines(&source.text);
    while assembler.errors.len() < MOST_FAULTS
        && let Some(line) = lines.next()
    {
        assembler.logical_line(line);
    }
    let unread = lines.next();
    if unread.is_some() {
        assembler.forgiven = usize::MAX;
    }
    let (script, mut faults) = assembler.end();
    if let Some(line) = unread {
        let number = source.line_of(diagnose::code(line).start as usize);
        faults.insert(0, fault(source, "hayes::syntax::too-many", Span::default(), &[&number, &MOST_FAULTS]));
    }
    (script, faults)
}

/// Faults take memory: a text with more of them is read no further.
const MOST_FAULTS: usize = 10_000;

/// A text with more faults is no script: of the further lines nobody looks for what was meant.
const MOST_PROPOSALS: usize = 50;

struct Assembler<'a> {
    source: &'a Arc<Source>,
    lowerer: Lowerer<'a>,
    /// The statements outside of all blocks.
    body: Vec<Statement>,
    blocks: Vec<OpenBlock>,
    /// How many more blocks are open than may be; they are counted, not kept.
    too_deep: usize,
    deepest_told: bool,
    question: Above,
    /// Braces that a faulty line may have meant: so many are not reported as missing or surplus.
    forgiven: usize,
    /// The last line lacks its `{`: perhaps it stands on the next.
    brace_missing: bool,
    errors: Vec<Diagnostic>,
    allowances: Vec<Allowance>,
    /// Those that wait for the line they stand above.
    pending: Vec<Allowance>,
    summary: Vec<String>,
    at_top: bool,
    /// Where what is told already ends, perhaps nowhere: another language's comment, a text.
    commented: usize,
}

/// A block that is being read, the last one of its statement.
struct OpenBlock {
    kind: StatementKind,
    /// The line did not parse.
    broken: bool,
    statements: Vec<Statement>,
    /// The first line of the statement.
    statement: Span,
    /// The line that opens this block; its `{` is its end.
    opened: Span,
}

/// Whose answer the next clause speaks of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Above {
    None,
    Exchange,
    Await,
    /// A line that did not parse, and that may have been a question
    Unknown,
}

impl<'a> Assembler<'a> {
    fn new(source: &'a Arc<Source>) -> Assembler<'a> {
        Assembler {
            source,
            lowerer: Lowerer::new(source),
            body: Vec::new(),
            blocks: Vec::new(),
            too_deep: 0,
            deepest_told: false,
            question: Above::None,
            forgiven: 0,
            brace_missing: false,
            errors: Vec::new(),
            allowances: Vec::new(),
            pending: Vec::new(),
            summary: Vec::new(),
            at_top: true,
            commented: 0,
        }
    }

    fn logical_line(&mut self, line: LogicalLine<'_>) {
        if line.start < self.commented {
            return;
        }
        let code = line.text.trim_start_matches([' ', '\t']);
        let start = line.start + line.text.len() - code.len();
        if code.starts_with('#') {
            self.comment(code, start);
            return;
        }
        if code.is_empty() {
            self.at_top &= self.summary.is_empty();
            return;
        }
        self.at_top = false;
        if !self.pending.is_empty() {
            self.allow(diagnose::code(line));
        }
        if let Some(open) = line.open_triple {
            self.error("hayes::syntax::unclosed-string", Span::new(open, open + 3), &[&"\"\"\"", &""]);
            self.commented = usize::MAX;
            return;
        }
        if code.trim_end().len() > LONGEST_SCRIPT_LINE {
            self.error("hayes::syntax::line-too-long", Span::new(start, start + 1), &[]);
            self.question = Above::Unknown;
            return;
        }

        // The white space behind a line's last word is named by no rule: with it, an error tells what should have
        // followed.
        let padded = format!("{} ", line.text);
        let parsed = match grammar::parse(Rule::line, &padded) {
            Ok(Some(pair)) => self.lowerer.line(pair, line.start).map_err(Ok),
            Ok(None) => Err(Ok(misunderstood(self.source, diagnose::code(line)))),
            Err(refusal) => Err(Err(refusal)),
        };
        match parsed {
            Ok(parsed) => {
                self.brace_missing = false;
                self.line(parsed);
            }
            Err(fault) => {
                let proposes = self.errors.len() < MOST_PROPOSALS;
                self.faulty_line(diagnose::faulty(self.source, line, fault, proposes));
            }
        }
    }

    fn line(&mut self, line: LoweredLine) {
        match line {
            LoweredLine::Nothing => {}
            LoweredLine::Statement(statement) => {
                self.question = Above::of(&statement.kind);
                self.statement(statement);
            }
            LoweredLine::Clause(clause) => self.clause(clause),
            LoweredLine::OpenClause(clause) => self.open_clause(clause),
            LoweredLine::Open(Statement { kind, span }) => self.open(OpenBlock::new(kind, span)),
            LoweredLine::Close(span) => {
                self.close(span);
            }
            LoweredLine::CloseElse(span) => self.open_else(span, None),
            LoweredLine::CloseElseIf(condition, span) => self.open_else(span, Some(condition)),
        }
    }

    fn statement(&mut self, statement: Statement) {
        innermost(&mut self.blocks, &mut self.body).push(statement);
    }

    fn clause(&mut self, clause: Clause) {
        let statements = innermost(&mut self.blocks, &mut self.body);
        let word = clause.word();
        match (self.question, statements.last_mut().map(|statement| &mut statement.kind)) {
            (Above::Exchange, Some(StatementKind::Exchange(exchange))) => exchange.clauses.push(clause),
            (Above::Await, Some(StatementKind::Await(_))) if matches!(word, "expect" | "prompt") => {
                let page = match word {
                    "expect" => "hayes::syntax::clause-under-await",
                    _ => "hayes::syntax::clause-under-await prompt",
                };
                self.error(page, clause.span, &[]);
            }
            (Above::Await, Some(StatementKind::Await(target))) => target.clauses.push(clause),
            (Above::Unknown, _) => {}
            (Above::None | Above::Exchange | Above::Await, _) => {
                let page = match word {
                    "else" => "hayes::syntax::clause-without-question else",
                    "expect" => "hayes::syntax::clause-without-question expect",
                    _ => "hayes::syntax::clause-without-question",
                };
                self.error(page, clause.span, &[&word]);
                // Those that follow it lack the same question.
                self.question = Above::Unknown;
            }
        }
    }

    // ── Blocks

    /// The block of a `when`: its question is taken back, and put down again where the block ends.
    fn open_clause(&mut self, clause: Clause) {
        let (line, faults) = (clause.span, self.errors.len());
        let is_lost = self.question == Above::Unknown;
        self.clause(clause);
        let statements = innermost(&mut self.blocks, &mut self.body);
        match statements.pop_if(|_| !is_lost && self.errors.len() == faults) {
            Some(Statement { kind, span }) => self.open(OpenBlock { opened: line, ..OpenBlock::new(kind, span) }),
            None => self.open(OpenBlock::broken(line)),
        }
    }

    fn open(&mut self, open: OpenBlock) {
        self.question = Above::None;
        if self.blocks.len() < DEEPEST_BLOCK {
            self.blocks.push(open);
            return;
        }
        if !self.deepest_told {
            self.deepest_told = true;
            self.error("hayes::syntax::too-deep blocks", open.opened, &[]);
        }
        self.too_deep += 1;
    }

    /// Ends the innermost block and its statement.
    fn close(&mut self, end: Span) {
        if let Some(open) = self.pop(end) {
            // More lines may follow under the question of a `when`.
            self.question = if open.broken { Above::Unknown } else { Above::of(&open.kind) };
            self.statement(Statement { kind: open.kind, span: open.statement });
        }
    }

    /// Ends the innermost block; `None` where there is none, or where it was too deep to be kept.
    fn pop(&mut self, end: Span) -> Option<OpenBlock> {
        self.question = Above::None;
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return None;
        }
        let Some(mut open) = self.blocks.pop() else {
            if self.forgiven > 0 {
                self.forgiven -= 1;
            } else {
                self.error("hayes::syntax::unmatched-brace", Span { end: end.start + 1, ..end }, &[]);
            }
            return None;
        };
        match open.kind.last_block() {
            Some(block) => {
                block.statements = std::mem::take(&mut open.statements);
                block.span = Span { start: open.opened.end, end: end.start };
            }
            None => self.errors.push(misunderstood(self.source, open.statement)),
        }
        Some(open)
    }

    /// `} else {`, or `} else if CONDITION {`
    fn open_else(&mut self, line: Span, condition: Option<Expression>) {
        let too_deep = self.too_deep > 0;
        let Some(mut open) = self.pop(line) else {
            if too_deep {
                self.too_deep += 1;
            } else {
                self.open(OpenBlock::broken(line));
            }
            return;
        };
        let has_else = |clause: &Clause| matches!(clause.kind, ClauseKind::When { event: WhenEvent::Otherwise, .. });
        let had_one = matches!(open.kind, StatementKind::Ensure { .. })
            || open.kind.otherwise().is_some_and(|otherwise| otherwise.is_some())
            || open.kind.clauses().is_some_and(|clauses| clauses.last().is_some_and(has_else));
        if open.broken {
            // Nobody knows whether it can have one.
        } else if had_one {
            self.error("hayes::syntax::else-twice", line, &[]);
        } else if let (StatementKind::If { branches, .. }, Some(condition)) = (&mut open.kind, &condition) {
            branches.push((condition.clone(), Block::default()));
            return self.open(OpenBlock { opened: line, ..open });
        } else if let (Some(clauses), None) = (open.kind.clauses(), &condition) {
            let event = WhenEvent::Otherwise;
            let kind = ClauseKind::When { event, body: Block::default() };
            clauses.push(Clause { kind, is_secret: false, span: line });
            return self.open(OpenBlock { opened: line, ..open });
        } else if let (Some(otherwise), None) = (open.kind.otherwise(), condition) {
            *otherwise = Some(Block::default());
            return self.open(OpenBlock { opened: line, ..open });
        } else {
            let word = first_word(self.source.slice(open.statement));
            self.error("hayes::syntax::else-without", line, &[&word]);
        }
        self.statement(Statement { kind: open.kind, span: open.statement });
        self.open(OpenBlock::broken(line));
    }

    fn error(&mut self, code: &'static str, span: Span, values: &[&dyn Display]) {
        self.errors.push(fault(self.source, code, span, values));
    }

    // ── Lines that do not parse

    /// Keeps the error, and follows the braces as the line must have meant them.
    fn faulty_line(&mut self, line: Faulty) {
        let Faulty { error, code, clause, closes, opens, lacks_brace, is_brace, commented } = line;
        if is_brace && std::mem::take(&mut self.brace_missing) {
            // The block is open already: only the error belongs to this line.
            self.errors.pop();
            self.errors.push(error);
            self.forgiven = self.forgiven.saturating_sub(1);
            return;
        }
        self.brace_missing = lacks_brace;
        self.commented = commented;
        self.errors.push(error);
        let question = if clause { self.question } else { Above::Unknown };
        if closes && (self.too_deep > 0 || !self.blocks.is_empty()) {
            self.close(code);
        }
        if opens || lacks_brace {
            self.forgiven += usize::from(lacks_brace);
            self.open(OpenBlock::broken(code));
        }
        self.question = question;
    }

    // ── Comments

    fn comment(&mut self, comment: &str, start: usize) {
        if self.at_top && !comment.starts_with("#!") {
            let text = comment.strip_prefix('#').unwrap_or(comment);
            self.summary.push(text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned());
        }
        match allow(self.source, comment, start) {
            Some(Ok(allow)) => self.pending.push(allow),
            Some(Err(error)) => self.errors.push(error),
            None => {}
        }
    }

    /// A line that the comments above it may speak of.
    fn allow(&mut self, line: Span) {
        self.allowances.extend(self.pending.drain(..).map(|allowance| Allowance { line, ..allowance }));
    }

    // ── The end

    fn end(mut self) -> (Script, Vec<Diagnostic>) {
        let length = self.source.text.len();
        let end = Span::new(length, length);
        let unclosed = self.blocks.len() + self.too_deep;
        if self.commented != usize::MAX && unclosed > self.forgiven {
            // The innermost open one is the likeliest to lack its brace.
            if let Some(open) = self.blocks.last() {
                let statement =
                    first_word(self.source.slice(open.opened).trim_start_matches(['}', ' ', '\t'])).to_owned();
                self.error("hayes::syntax::unclosed-block", open.opened, &[&statement]);
            }
        }
        self.too_deep = 0;
        while !self.blocks.is_empty() {
            self.close(end);
        }
        self.errors.sort_by_key(place);
        self.errors.dedup_by_key(|error| self.source.line_of(place(error)));
        let script = Script {
            source: Arc::clone(self.source),
            body: Block { statements: self.body, span: Span::new(0, length) },
            patterns: self.lowerer.patterns(),
            allowances: self.allowances,
            summary: self.summary,
        };
        (script, self.errors)
    }
}

fn innermost<'b>(blocks: &'b mut [OpenBlock], body: &'b mut Vec<Statement>) -> &'b mut Vec<Statement> {
    blocks.last_mut().map_or(body, |open| &mut open.statements)
}

impl Above {
    fn of(statement: &StatementKind) -> Above {
        if matches!(statement, StatementKind::Exchange(_)) {
            Above::Exchange
        } else if matches!(statement, StatementKind::Await(_)) {
            Above::Await
        } else {
            Above::None
        }
    }
}

impl OpenBlock {
    fn new(kind: StatementKind, opened: Span) -> OpenBlock {
        OpenBlock { kind, broken: false, statements: Vec::new(), statement: opened, opened }
    }

    /// The block of a line that did not parse: what stands in it is checked as if it may run or not.
    fn broken(line: Span) -> OpenBlock {
        let kind = StatementKind::Try { body: Block::default(), otherwise: None };
        OpenBlock { broken: true, ..OpenBlock::new(kind, line) }
    }
}

fn place(error: &Diagnostic) -> usize {
    error.span().map_or(0, |span| span.start as usize)
}

fn first_word(text: &str) -> &str {
    text.split(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or("")
}

/// Whether a comment that begins at `offset` allows something. Prose that begins with the word is prose.
fn allow(source: &Arc<Source>, comment: &str, offset: usize) -> Option<Result<Allowance, Diagnostic>> {
    let comment = comment.trim_end();
    if !comment.trim_start_matches(['#', ' ', '\t']).starts_with("allow") {
        return None;
    }
    let pair = grammar::parse(Rule::allowance, comment).ok()??;
    let whole = Span::new(offset, offset + comment.len());
    let mut inner = pair.into_inner();
    let code = inner.find(|part| part.as_rule() == Rule::allowed_code);
    let Some(code) = code else {
        return Some(Err(fault(source, "hayes::syntax::allow-without-code", whole, &[])));
    };
    let code_span = Span::new(offset + code.as_span().start(), offset + code.as_span().end());
    let Some(why) = inner.find(|part| part.as_rule() == Rule::allowed_why) else {
        return Some(Err(fault(source, "hayes::syntax::allow-without-reason", whole, &[&code.as_str()])));
    };
    let code = Spanned { value: code.as_str().to_owned(), span: code_span };
    Some(Ok(Allowance { code, why: why.as_str().to_owned(), line: whole }))
}
