//! Pest pair → node. These files and `format`, `highlight` alone know both.
//!
//! A line is lowered by itself; what its block belongs to is the business of `assemble`.

use std::fmt::Display;
use std::sync::Arc;

use pest::iterators::Pair;

use super::ast::{
    Await, AwaitTarget, Block, Clause, ClauseKind, Column, Convert, Exchange, Expression, ExpressionKind, Field, Param,
    PortAction, PromptEnd, Requirement, Schedule, Send, SendForm, Statement, StatementKind, Template, TemplatePart,
    WhenEvent,
};
use super::grammar::Rule;
use super::{fault, misunderstood, nearest, words};
use crate::diagnostic::Diagnostic;
use crate::source::{Name, Source, Span, Spanned};

mod expression;
mod text;

#[derive(Debug)]
pub(super) enum LoweredLine {
    /// White space, a comment
    Nothing,
    Statement(Statement),
    Clause(Clause),
    /// A statement whose block begins: it is empty yet.
    Open(Statement),
    /// A clause whose block begins: it is empty yet.
    OpenClause(Clause),
    /// `}`
    Close(Span),
    /// `} else {`
    CloseElse(Span),
    /// `} else if EXPR {`
    CloseElseIf(Expression, Span),
}

/// How deep parentheses, brackets, operators and `${…}` may nest.
const DEEPEST_EXPRESSION: u32 = 64;

pub(super) struct Lowerer<'s> {
    source: &'s Arc<Source>,
    /// Where the line begins in the source.
    offset: usize,
    /// The id of the next pattern.
    patterns: u32,
    /// How many expressions enclose the one at hand.
    nesting: u32,
    /// How many levels of the tree are above the expression at hand.
    depth: u32,
}

impl<'s> Lowerer<'s> {
    pub(super) fn new(source: &'s Arc<Source>) -> Lowerer<'s> {
        Lowerer { source, offset: 0, patterns: 0, nesting: 0, depth: 0 }
    }

    pub(super) fn patterns(&self) -> u32 {
        self.patterns
    }

    pub(super) fn line(&mut self, line: Pair<'_, Rule>, offset: usize) -> Result<LoweredLine, Diagnostic> {
        self.offset = offset;
        self.nesting = 0;
        self.depth = 0;
        let Some(first) = line.into_inner().next() else { return Ok(LoweredLine::Nothing) };
        match first.as_rule() {
            Rule::EOI | Rule::comment => Ok(LoweredLine::Nothing),
            Rule::block_end => self.block_end(&first),
            _ => self.statement(&first),
        }
    }

    fn block_end(&mut self, pair: &Pair<'_, Rule>) -> Result<LoweredLine, Diagnostic> {
        let span = self.span(pair);
        if let Some(branch) = child(pair, Rule::if_line) {
            let condition = self.child_expression(&branch)?;
            return Ok(LoweredLine::CloseElseIf(condition, span));
        }
        Ok(if child(pair, Rule::kw_else).is_some() { LoweredLine::CloseElse(span) } else { LoweredLine::Close(span) })
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span::new(self.offset + span.start(), self.offset + span.end())
    }

    fn fault(&self, code: &'static str, span: Span, values: &[&dyn Display]) -> Diagnostic {
        fault(self.source, code, span, values)
    }

    fn name(&self, pair: &Pair<'_, Rule>) -> Name {
        Spanned { value: pair.as_str().to_owned(), span: self.span(pair) }
    }

    /// The child that the grammar promises.
    fn required<'i>(&self, pair: &Pair<'i, Rule>, rule: Rule) -> Result<Pair<'i, Rule>, Diagnostic> {
        child(pair, rule).ok_or_else(|| self.misshapen(pair))
    }

    /// Where the grammar and the lowering disagree: our own fault, still told as an error.
    fn misshapen(&self, pair: &Pair<'_, Rule>) -> Diagnostic {
        misunderstood(self.source, self.span(pair))
    }

    // ── Statements

    fn statement(&mut self, pair: &Pair<'_, Rule>) -> Result<LoweredLine, Diagnostic> {
        let span = self.span(pair);
        let kind = match pair.as_rule() {
            Rule::expect_line | Rule::capture_line | Rule::prompt_line | Rule::when_line | Rule::else_line => {
                let clause = self.clause(pair)?;
                let opens = child(pair, Rule::brace_open).is_some();
                return Ok(if opens { LoweredLine::OpenClause(clause) } else { LoweredLine::Clause(clause) });
            }
            Rule::if_line => {
                StatementKind::If { branches: vec![(self.child_expression(pair)?, Block::default())], otherwise: None }
            }
            Rule::for_line => {
                let name = self.name(&self.required(pair, Rule::name)?);
                StatementKind::For { name, list: Box::new(self.child_expression(pair)?), body: Block::default() }
            }
            Rule::retry_line => {
                StatementKind::Retry { schedule: self.schedule(pair)?, body: Block::default(), otherwise: None }
            }
            Rule::repeat_line => {
                let word = self.span(&self.required(pair, Rule::kw_repeat)?);
                let pass = Name { value: "pass".to_owned(), span: word };
                StatementKind::Repeat { schedule: self.schedule(pair)?, pass, body: Block::default() }
            }
            Rule::try_line => StatementKind::Try { body: Block::default(), otherwise: None },
            Rule::finally_line => StatementKind::Finally { body: Block::default() },
            Rule::part_line => {
                let names = children(pair, Rule::name).map(|name| self.name(&name)).collect();
                StatementKind::Part { names, body: Block::default() }
            }
            Rule::unsafe_line => StatementKind::Unsafe { why: self.child_string(pair)?, body: Block::default() },
            Rule::ensure_line => {
                let question = Box::new(self.send(pair)?);
                let answers = self.alternatives(&self.required(pair, Rule::alternatives)?)?;
                StatementKind::Ensure { question, answers, otherwise: Block::default() }
            }
            Rule::at_line | Rule::send_line => {
                StatementKind::Exchange(Exchange { send: self.send(pair)?, clauses: Vec::new() })
            }
            Rule::reboot_line => StatementKind::Reboot { command: self.send(pair)? },
            Rule::await_line => StatementKind::Await(self.await_line(pair)?),
            Rule::assert_line | Rule::check_line => StatementKind::Assert {
                condition: self.child_expression(pair)?,
                why: self.because(pair)?,
                goes_on: pair.as_rule() == Rule::check_line,
            },
            Rule::fail_line => StatementKind::Fail { why: self.child_string(pair)?, is_final: false },
            Rule::skip_line => StatementKind::Skip { why: self.child_string(pair)? },
            Rule::log_line => StatementKind::Log { text: self.child_string(pair)? },
            Rule::confirm_line => StatementKind::Confirm { text: self.child_string(pair)? },
            Rule::ask_line => {
                let name = child(pair, Rule::name).map(|name| self.name(&name));
                let convert = self.convert(pair)?;
                let (text, is_secret) = (self.child_string(pair)?, child(pair, Rule::as_secret).is_some());
                StatementKind::Ask { text, answer: name.map(|name| (name, convert)), is_secret }
            }
            Rule::capture_from_line => {
                let is_secret = child(pair, Rule::as_secret).is_some();
                let clause = Box::new(Clause { kind: self.capture(pair)?, is_secret, span });
                StatementKind::CaptureFrom { clause, from: self.child_expression(pair)? }
            }
            Rule::stop_line => StatementKind::Stop,
            Rule::break_line => StatementKind::Break,
            Rule::set_line => {
                let name = self.name(&self.required(pair, Rule::name)?);
                let value = self.required(pair, Rule::expression)?;
                if let Some(command) = value.as_str().strip_prefix("AT").filter(|rest| rest.starts_with(['+', '%'])) {
                    let values: [&dyn Display; 2] = [&command, &name.value];
                    return Err(self.fault("hayes::syntax::command-as-value", self.span(&value), &values));
                }
                StatementKind::Set { name, value: self.child_expression(pair)? }
            }
            Rule::param_line => StatementKind::Param(Box::new(self.param(pair, false)?)),
            Rule::secret_line => StatementKind::Param(Box::new(self.param(pair, true)?)),
            Rule::requires_line => StatementKind::Requires(self.requires(pair)?),
            Rule::run_line => self.run(pair)?,
            Rule::report_line => {
                let columns =
                    children(pair, Rule::column).map(|column| self.column(&column)).collect::<Result<_, _>>()?;
                StatementKind::Report { is_row: child(pair, Rule::kw_row).is_some(), columns }
            }
            Rule::abort_line => match child(pair, Rule::alternatives) {
                Some(patterns) => {
                    StatementKind::AbortOn { patterns: self.alternatives(&patterns)?, why: self.because(pair)? }
                }
                None => StatementKind::Fail { why: self.child_string(pair)?, is_final: true },
            },
            Rule::sleep_line => StatementKind::Sleep { duration: self.child_duration(pair)? },
            Rule::timeout_line => StatementKind::Timeout { duration: self.child_duration(pair)? },
            Rule::port_line => StatementKind::Port(self.port(pair)?),
            _ => return Err(self.misshapen(pair)),
        };
        let statement = Statement { kind, span };
        let opens = child(pair, Rule::brace_open).is_some();
        Ok(if opens { LoweredLine::Open(statement) } else { LoweredLine::Statement(statement) })
    }

    fn requires(&mut self, pair: &Pair<'_, Rule>) -> Result<Requirement, Diagnostic> {
        if let Some(hayes) = child(pair, Rule::requires_hayes) {
            let version = child(&hayes, Rule::version);
            let is_number = |number: &str| number.parse::<u32>().is_ok();
            let is_version = |text: &str| text.split('.').count() <= 3 && text.split('.').all(is_number);
            return match version.filter(|version| is_version(version.as_str())) {
                Some(version) => Ok(Requirement::Hayes { version: self.name(&version) }),
                None => Err(self.fault("hayes::syntax::version", self.span(&hayes), &[])),
            };
        }
        let why = self.because(pair)?;
        Ok(match child(pair, Rule::expression) {
            Some(condition) => Requirement::Holds { condition: self.expression(&condition)?, why },
            None => Requirement::Port { simulated: child(pair, Rule::kw_simulated).is_some(), why },
        })
    }

    fn schedule(&mut self, pair: &Pair<'_, Rule>) -> Result<Box<Schedule>, Diagnostic> {
        let pauses: Vec<Expression> = match child(pair, Rule::pauses).or_else(|| child(pair, Rule::every)) {
            Some(pauses) => {
                children(&pauses, Rule::expression).map(|pause| self.duration(&pause)).collect::<Result<_, _>>()?
            }
            None => Vec::new(),
        };
        let mut pauses = pauses.into_iter();
        let (pause, longest) = (pauses.next(), pauses.next());
        if let Some(total) = child(pair, Rule::retry_for) {
            return Ok(Box::new(Schedule { limit: self.child_duration(&total)?, by_time: true, pause, longest }));
        }
        let count = self.required(pair, Rule::expression)?;
        if let Some(number) = words::meant("number", count.as_str()) {
            let values: [&dyn Display; 2] = [&count.as_str(), &number];
            return Err(self.fault("hayes::syntax::number-in-words", self.span(&count), &values));
        }
        let limit = self.expression(&count)?;
        if let ExpressionKind::Duration(_) = limit.kind {
            let (word, counts) =
                if pair.as_rule() == Rule::repeat_line { ("repeat", "passes") } else { ("retry", "attempts") };
            return Err(self.fault("hayes::syntax::retry-without-for", limit.span, &[&word, &counts]));
        }
        Ok(Box::new(Schedule { limit, by_time: false, pause, longest }))
    }

    /// The question of `AT…`, `send …`, `reboot …` and `ensure …`.
    fn send(&mut self, pair: &Pair<'_, Rule>) -> Result<Send, Diagnostic> {
        let (form, text) = match child(pair, Rule::at_word) {
            Some(word) => (SendForm::At, self.at_word(&word)?),
            None => {
                let raw = child(pair, Rule::kw_raw).is_some();
                (if raw { SendForm::Raw } else { SendForm::Text }, self.child_string(pair)?)
            }
        };
        let span = text.span;
        Ok(Send { form, text, within: self.within(pair)?.map(Box::new), span })
    }

    fn within(&mut self, pair: &Pair<'_, Rule>) -> Result<Option<Expression>, Diagnostic> {
        child(pair, Rule::within).map(|within| self.child_duration(&within)).transpose()
    }

    fn await_line(&mut self, pair: &Pair<'_, Rule>) -> Result<Await, Diagnostic> {
        let target = if let Some(quiet) = child(pair, Rule::await_quiet) {
            AwaitTarget::Quiet { duration: self.child_duration(&quiet)? }
        } else if let Some(prompt) = child(pair, Rule::await_prompt) {
            AwaitTarget::Prompt { text: self.child_string(&prompt)? }
        } else if let Some(patterns) = child(pair, Rule::alternatives) {
            AwaitTarget::Line(self.alternatives(&patterns)?)
        } else if child(pair, Rule::kw_restart).is_some() {
            AwaitTarget::Restart
        } else {
            AwaitTarget::When
        };
        Ok(Await { target, within: self.within(pair)?.map(Box::new), clauses: Vec::new() })
    }

    fn because(&mut self, pair: &Pair<'_, Rule>) -> Result<Option<Template>, Diagnostic> {
        child(pair, Rule::because).map(|because| self.child_string(&because)).transpose()
    }

    fn param(&mut self, pair: &Pair<'_, Rule>, secret: bool) -> Result<Param, Diagnostic> {
        let declaration = self.required(pair, Rule::declaration)?;
        Ok(Param {
            name: self.name(&self.required(&declaration, Rule::name)?),
            convert: self.convert(&declaration)?,
            default: child(&declaration, Rule::expression).map(|default| self.expression(&default)).transpose()?,
            about: child(&declaration, Rule::about).map(|about| self.about(&about)).transpose()?,
            secret,
        })
    }

    /// What a param is: text that is there before anything runs, so no values in it.
    fn about(&mut self, pair: &Pair<'_, Rule>) -> Result<String, Diagnostic> {
        let mut about = String::new();
        for part in self.child_string(pair)?.parts {
            match part {
                TemplatePart::Text(text) => about.push_str(&text),
                TemplatePart::Value(value) => {
                    return Err(self.fault("hayes::syntax::value-in-about", value.span, &[]));
                }
            }
        }
        Ok(about)
    }

    fn run(&mut self, pair: &Pair<'_, Rule>) -> Result<StatementKind, Diagnostic> {
        let script = self.child_string(pair)?;
        let arguments = match child(pair, Rule::arguments) {
            Some(arguments) => children(&arguments, Rule::argument)
                .map(|argument| self.argument(&argument))
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        let record = child(pair, Rule::name).map(|name| self.name(&name));
        Ok(StatementKind::Run { script, arguments, record })
    }

    fn argument(&mut self, pair: &Pair<'_, Rule>) -> Result<(Name, Expression), Diagnostic> {
        let name = self.name(&self.required(pair, Rule::name)?);
        Ok((name, self.child_expression(pair)?))
    }

    fn column(&mut self, pair: &Pair<'_, Rule>) -> Result<Column, Diagnostic> {
        if let Some(argument) = child(pair, Rule::argument) {
            let (name, value) = self.argument(&argument)?;
            return Ok(Column { name, value });
        }
        let value = self.child_expression(pair)?;
        let name = if let ExpressionKind::Variable(name) = &value.kind {
            Name { value: name.clone(), span: value.span }
        } else if let ExpressionKind::Member { name, .. } = &value.kind {
            name.clone()
        } else {
            return Err(self.fault("hayes::syntax::unnamed-column", value.span, &[&pair.as_str()]));
        };
        Ok(Column { name, value })
    }

    fn port(&mut self, pair: &Pair<'_, Rule>) -> Result<PortAction, Diagnostic> {
        let action = pair.clone().into_inner().nth(1).ok_or_else(|| self.misshapen(pair))?;
        let on = child(&action, Rule::switch).is_some_and(|switch| switch.as_str() == "on");
        Ok(match action.as_rule() {
            Rule::port_baud => PortAction::Baud(self.child_expression(&action)?),
            Rule::port_dtr => PortAction::Dtr(on),
            Rule::port_rts => PortAction::Rts(on),
            Rule::port_break => PortAction::Break(self.child_duration(&action)?),
            Rule::port_flush => PortAction::Flush,
            Rule::port_escape => PortAction::Escape,
            _ => return Err(self.misshapen(&action)),
        })
    }

    fn child_string(&mut self, pair: &Pair<'_, Rule>) -> Result<Template, Diagnostic> {
        let string = self.required(pair, Rule::string)?;
        self.string(&string)
    }

    fn child_expression(&mut self, pair: &Pair<'_, Rule>) -> Result<Expression, Diagnostic> {
        let expression = self.required(pair, Rule::expression)?;
        self.expression(&expression)
    }

    fn child_duration(&mut self, pair: &Pair<'_, Rule>) -> Result<Expression, Diagnostic> {
        let expression = self.required(pair, Rule::expression)?;
        self.duration(&expression)
    }

    /// An expression where a duration is asked for: a bare number lacks its unit.
    fn duration(&mut self, pair: &Pair<'_, Rule>) -> Result<Expression, Diagnostic> {
        let expression = self.expression(pair)?;
        if let ExpressionKind::Int(number) = expression.kind {
            let fault = self.fault("hayes::syntax::duration-without-unit", expression.span, &[&number]);
            // `500` may be meant in either unit: nobody but the author knows.
            return Err(if number < 100 { fault } else { Diagnostic { edit: None, ..fault } });
        }
        Ok(expression)
    }

    // ── Clauses

    fn clause(&mut self, pair: &Pair<'_, Rule>) -> Result<Clause, Diagnostic> {
        let kind = match pair.as_rule() {
            Rule::expect_line => self.expect(pair)?,
            Rule::capture_line => self.capture(pair)?,
            Rule::prompt_line => self.prompt(pair)?,
            Rule::when_line => {
                let event = match child(pair, Rule::alternatives) {
                    Some(patterns) => WhenEvent::Line(self.alternatives(&patterns)?),
                    None if child(pair, Rule::kw_restart).is_some() => WhenEvent::Restart,
                    None => WhenEvent::Timeout,
                };
                ClauseKind::When { event, body: self.one_line(pair)? }
            }
            Rule::else_line => ClauseKind::When { event: WhenEvent::Otherwise, body: self.one_line(pair)? },
            _ => return Err(self.misshapen(pair)),
        };
        Ok(Clause { kind, is_secret: child(pair, Rule::as_secret).is_some(), span: self.span(pair) })
    }

    /// `{ stop }`; an empty block where it goes on below.
    fn one_line(&mut self, pair: &Pair<'_, Rule>) -> Result<Block, Diagnostic> {
        let Some(block) = child(pair, Rule::one_line) else { return Ok(Block::default()) };
        let span = self.span(&block);
        let inner = block.into_inner().find(|part| !matches!(part.as_rule(), Rule::brace_open | Rule::brace_close));
        let mut statements = Vec::new();
        if let Some(inner) = inner {
            let LoweredLine::Statement(statement) = self.statement(&inner)? else { return Err(self.misshapen(&inner)) };
            statements.push(statement);
        }
        Ok(Block { statements, span: Span { start: span.start + 1, end: span.end - 1 } })
    }

    fn expect(&mut self, pair: &Pair<'_, Rule>) -> Result<ClauseKind, Diagnostic> {
        if let Some(nothing) = child(pair, Rule::expect_nothing) {
            let Some(within) = self.within(&nothing)? else {
                let end = self.span(&nothing).end;
                return Err(self.fault("hayes::syntax::nothing-without-time", Span { start: end, end }, &[]));
            };
            return Ok(ClauseKind::ExpectNothing { within });
        }
        if let Some(restart) = child(pair, Rule::expect_restart) {
            return Ok(ClauseKind::ExpectRestart { within: self.within(&restart)? });
        }
        let patterns = self.alternatives(&self.required(pair, Rule::alternatives)?)?;
        let is_last = child(pair, Rule::expect_then).is_some();
        Ok(if is_last { ClauseKind::ExpectLast(patterns) } else { ClauseKind::Expect(patterns) })
    }

    fn capture(&mut self, pair: &Pair<'_, Rule>) -> Result<ClauseKind, Diagnostic> {
        if let Some(all) = child(pair, Rule::capture_all) {
            let record = self.name(&self.required(&all, Rule::name)?);
            if let Some(patterns) = child(&all, Rule::quoted_alternatives) {
                return Ok(ClauseKind::CaptureAllPattern { patterns: self.alternatives(&patterns)?, record });
            }
            let fields = self.fields(&self.required(&all, Rule::fields)?)?;
            return Ok(ClauseKind::CaptureAll { fields, record });
        }
        if let Some(patterns) = child(pair, Rule::quoted_alternatives) {
            return Ok(ClauseKind::CapturePattern(self.alternatives(&patterns)?));
        }
        Ok(ClauseKind::Capture { fields: self.fields(&self.required(pair, Rule::fields)?)? })
    }

    fn fields(&self, pair: &Pair<'_, Rule>) -> Result<Vec<Field>, Diagnostic> {
        children(pair, Rule::field).map(|field| self.field(&field)).collect()
    }

    fn field(&self, pair: &Pair<'_, Rule>) -> Result<Field, Diagnostic> {
        Ok(Field {
            name: child(pair, Rule::name).map(|name| self.name(&name)),
            convert: self.convert(pair)?,
            optional: child(pair, Rule::optional_mark).is_some(),
            span: self.span(pair),
        })
    }

    /// What a field or a param becomes: a text, if nothing is said.
    fn convert(&self, pair: &Pair<'_, Rule>) -> Result<Convert, Diagnostic> {
        let Some(convert) = child(pair, Rule::convert) else { return Ok(Convert::Text) };
        let help = "there are `int`, `hex`, `decimal` and `text`";
        self.one_of(&Convert::WORDS, &convert, ("hayes::syntax::unknown-type", "type"), help)
    }

    fn prompt_end(&self, pair: &Pair<'_, Rule>) -> Result<PromptEnd, Diagnostic> {
        let help = "behind `then` stands `ctrl-z`, `cr`, `esc` or `nothing`";
        self.one_of(&PromptEnd::WORDS, pair, ("hayes::syntax::unknown-prompt-end", "end"), help)
    }

    /// What a word stands for; `place` is how the table of other words calls where it stands.
    fn one_of<T: Copy>(
        &self,
        known: &[(&'static str, T)],
        written: &Pair<'_, Rule>,
        (code, place): (&'static str, &str),
        otherwise: &str,
    ) -> Result<T, Diagnostic> {
        let word = written.as_str();
        let names = || known.iter().map(|(name, _)| *name);
        known.iter().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or_else(|| {
            let meant = words::meant(place, word).or_else(|| nearest(word, names()));
            self.fault(code, self.span(written), &[&word]).did_you_mean(meant, otherwise)
        })
    }

    fn prompt(&mut self, pair: &Pair<'_, Rule>) -> Result<ClauseKind, Diagnostic> {
        let mark = child(pair, Rule::string).map(|mark| self.string(&mark)).transpose()?;
        let within = child(pair, Rule::prompt_within).map(|within| self.child_duration(&within)).transpose()?;
        if child(pair, Rule::kw_cancel).is_some() {
            return Ok(ClauseKind::Prompt { mark, within, reply: None });
        }
        let then = child(pair, Rule::prompt_then);
        let end = then.map(|then| self.prompt_end(&self.required(&then, Rule::prompt_end)?)).transpose()?;
        Ok(ClauseKind::Prompt { mark, within, reply: Some((self.child_expression(pair)?, end)) })
    }
}

fn child<'i>(pair: &Pair<'i, Rule>, rule: Rule) -> Option<Pair<'i, Rule>> {
    children(pair, rule).next()
}

fn children<'i>(pair: &Pair<'i, Rule>, rule: Rule) -> impl Iterator<Item = Pair<'i, Rule>> + use<'i> {
    pair.clone().into_inner().filter(move |child| child.as_rule() == rule)
}
