//! One arm a statement.

use std::collections::HashSet;
use std::sync::Arc;

use super::binding;
use super::checker::{Checker, Flow, LeftLoop, Place};
use super::faults::exchange::ExchangeFault;
use super::faults::name::NameFault;
use super::faults::order::OrderFault;
use super::faults::value::ValueFault;
use super::program::written;
use super::scope::Changes;
use super::types::{Kind, Type};
use crate::source::{Name, Span};
use crate::syntax::ast::{
    Await, AwaitTarget, Block, Clause, ClauseKind, Column, Convert, Expression, ExpressionKind, Param, PortAction,
    Schedule, Statement, StatementKind,
};

impl Checker<'_, '_, '_> {
    pub(super) fn statement(&mut self, statement: &Statement) -> Flow {
        match &statement.kind {
            StatementKind::Exchange(exchange) => return self.exchange(exchange),
            StatementKind::Await(awaited) => return self.awaiting(awaited, statement.span),
            StatementKind::Ensure { question, answers, otherwise } => {
                self.ensure_question(question);
                answers.iter().for_each(|pattern| self.comparing_pattern(pattern, "`answers`"));
                let (flow, changes) = self.branch(otherwise, self.place);
                return self.merge(vec![(Flow::Falls, None), (flow, Some(changes))]);
            }
            StatementKind::Retry { schedule, body, otherwise } => {
                return self.retry(schedule, body, otherwise.as_ref());
            }
            StatementKind::Try { body, otherwise } => return self.attempt(body, otherwise.as_ref()),
            StatementKind::If { branches, otherwise } => return self.choice(branches, otherwise.as_ref()),
            StatementKind::Repeat { schedule, pass, body } => self.repeat(schedule, pass, body),
            StatementKind::For { name, list, body } => self.each(name, list, body),
            StatementKind::Assert { condition, why } => {
                self.condition(condition, "what `assert` asserts");
                why.iter().for_each(|why| self.template(why));
            }
            StatementKind::Fail { why } => {
                self.template(why);
                return Flow::Ends("fail");
            }
            StatementKind::Skip { why } => {
                self.template(why);
                return Flow::Ends("skip");
            }
            StatementKind::Stop => return Flow::Ends("stop"),
            StatementKind::Break => return self.leave(statement.span),
            StatementKind::Finally { body } => self.finally(statement, body),
            StatementKind::Set { name, value } => {
                let kind = self.expression(value);
                self.bind(name, kind, binding::constant(value));
            }
            StatementKind::Param(param) => self.param(param),
            StatementKind::Run { script, arguments, record } => {
                self.run(statement, script, arguments, record.as_ref());
            }
            StatementKind::Report { columns } => self.report_columns(columns),
            StatementKind::AbortOn { patterns, why } => {
                patterns.iter().for_each(|pattern| self.comparing_pattern(pattern, "`abort on`"));
                why.iter().for_each(|why| self.template(why));
            }
            StatementKind::Log { text } | StatementKind::Confirm { text } => self.template(text),
            StatementKind::Sleep { duration } => self.duration(duration, "what `sleep` is given"),
            StatementKind::Timeout { duration } => self.duration(duration, "what `timeout` is given"),
            StatementKind::Reboot { command } => self.reboot(command),
            StatementKind::Unsafe { why, body } => {
                self.template(why);
                return self.inner(body, Place { in_unsafe: true, ..self.place });
            }
            StatementKind::Port(action) => self.port(action),
        }
        Flow::Falls
    }

    fn retry(&mut self, schedule: &Schedule, body: &Block, otherwise: Option<&Block>) -> Flow {
        let (pause, longest) = match schedule {
            Schedule::Times { count, pause, longest } => {
                let help = "write how many times, as in `retry 5 {`, or how long, as in `retry for 2min every 5s {`";
                self.wants(count, &[Kind::Int], "how many times `retry` tries", "a whole number", help);
                if let ExpressionKind::Int(times) = count.kind
                    && times < 1
                {
                    self.reporter.report(&ValueFault::NoAttempt { times }, count.span);
                }
                (pause, longest)
            }
            Schedule::For { duration, pause, longest } => {
                self.duration(duration, "how long `retry for` tries");
                (pause, longest)
            }
        };
        pause.iter().for_each(|pause| self.duration(pause, "the pause behind `every`"));
        longest.iter().for_each(|longest| self.duration(longest, "the longest pause, behind `up to`"));
        if let (Some(pause), Some(longest)) = (pause, longest)
            && let (ExpressionKind::Duration(first), ExpressionKind::Duration(most)) = (&pause.kind, &longest.kind)
            && most < first
        {
            self.reporter.report(&ValueFault::LongestPause, longest.span);
        }

        let inside = Place { again: Some("a `retry`"), in_retry: true, in_loop: true, ..self.place };
        let awaited = self.awaited.len();
        let mark = self.scope.mark();
        let outer = self.begin_loop(mark);
        let flow = self.inner(body, inside);
        self.settle_awaited(awaited);
        let body = self.scope.take_back(mark);
        let left = self.end_loop(outer);
        let Some(otherwise) = otherwise else {
            // It passed, so its last round ran to its end, or to a `break`.
            self.scope.merge(std::iter::once(body).chain(left).map(Some).collect());
            return Flow::Falls;
        };
        // An attempt may have failed anywhere in the block.
        let mark = self.scope.mark();
        self.scope.merge(vec![None, Some(body.clone())]);
        let otherwise_flow = self.inner(otherwise, Place { has_error: true, ..self.place });
        let otherwise = self.scope.take_back(mark);
        let flow = if flow == Flow::Ends("fail") { flow } else { Flow::Falls };
        let mut ends = vec![(flow, Some(body)), (otherwise_flow, Some(otherwise))];
        ends.extend(left.into_iter().map(|left| (Flow::Falls, Some(left))));
        self.merge(ends)
    }

    /// `break`: what has a value here has it behind the loop, where this way was taken.
    fn leave(&mut self, span: Span) -> Flow {
        match &mut self.left_loop {
            Some(left) if self.place.in_loop => left.exits.push(self.scope.changes_since(left.mark)),
            Some(_) | None => self.reporter.report(&OrderFault::BreakOutsideLoop, span),
        }
        Flow::Ends("break")
    }

    fn begin_loop(&mut self, mark: usize) -> Option<LeftLoop> {
        self.left_loop.replace(LeftLoop { mark, exits: Vec::new() })
    }

    /// What each `break` of the loop leaves behind.
    fn end_loop(&mut self, outer: Option<LeftLoop>) -> Vec<Changes> {
        std::mem::replace(&mut self.left_loop, outer).map(|left| left.exits).unwrap_or_default()
    }

    fn attempt(&mut self, body: &Block, otherwise: Option<&Block>) -> Flow {
        let (flow, body) = self.branch(body, self.place);
        let Some(otherwise) = otherwise else {
            self.scope.merge(vec![None, Some(body)]);
            return Flow::Falls;
        };
        let mark = self.scope.mark();
        self.scope.merge(vec![None, Some(body.clone())]);
        let otherwise_flow = self.inner(otherwise, Place { has_error: true, ..self.place });
        let otherwise = self.scope.take_back(mark);
        self.merge(vec![(flow, Some(body)), (otherwise_flow, Some(otherwise))])
    }

    fn choice(&mut self, branches: &[(Expression, Block)], otherwise: Option<&Block>) -> Flow {
        let mut ends = Vec::with_capacity(branches.len() + 1);
        for (condition, block) in branches {
            self.condition(condition, "what `if` asks");
            let (flow, changes) = self.branch(block, self.place);
            ends.push((flow, Some(changes)));
        }
        ends.push(match otherwise {
            Some(block) => {
                let (flow, changes) = self.branch(block, self.place);
                (flow, Some(changes))
            }
            None => (Flow::Falls, None),
        });
        self.merge(ends)
    }

    fn each(&mut self, name: &Name, list: &Expression, body: &Block) {
        let help = "walk a list: `[1, 5]`, `response`, or what `capture all … as` gave";
        let items = self.wants(list, &[Kind::List], "what `for` walks", "a list", help);
        let item = match items {
            Type::List(item) => (*item).clone(),
            Type::Unknown | Type::Text | Type::Int | Type::Bool | Type::Duration | Type::Record(_) => Type::Unknown,
        };
        self.looped(name, item, body, false);
    }

    /// A block that may run several times, in which a name stands for something new each time.
    fn looped(&mut self, name: &Name, item: Type, body: &Block, surely: bool) {
        let before = self.scope.state(&name.value).clone();
        let mark = self.scope.mark();
        if self.may_bind(name) {
            self.scope.bind(&name.value, item, None);
        }
        let awaited = self.awaited.len();
        let outer = self.begin_loop(mark);
        self.inner(body, Place { in_loop: true, ..self.place });
        self.settle_awaited(awaited);
        let left = self.end_loop(outer);
        // The name belongs to the loop; and a list may be empty.
        self.scope.put(&name.value, before.clone());
        let mut ends = vec![Some(self.scope.take_back(mark))];
        ends.extend(left.into_iter().map(Some));
        if !surely {
            ends.push(None);
        }
        self.scope.merge(ends);
        self.scope.put(&name.value, before);
    }

    fn repeat(&mut self, schedule: &Schedule, pass: &Name, body: &Block) {
        let every = match schedule {
            Schedule::Times { count, pause, .. } => {
                let help = "write how many times, as in `repeat 5 {`, or how long, as in `repeat for 1h every 5min {`";
                self.wants(count, &[Kind::Int], "how many passes `repeat` makes", "a whole number", help);
                pause
            }
            Schedule::For { duration, pause, .. } => {
                self.duration(duration, "how long `repeat for` goes on");
                pause
            }
        };
        every.iter().for_each(|every| self.duration(every, "the time behind `every`"));
        let makes_a_pass = match schedule {
            Schedule::Times { count, .. } => matches!(count.kind, ExpressionKind::Int(1..)),
            Schedule::For { .. } => true,
        };
        self.looped(pass, Type::Int, body, makes_a_pass);
    }

    fn finally(&mut self, statement: &Statement, body: &Block) {
        if self.place.depth > 0 {
            self.reporter.report(&OrderFault::FinallyInBlock, statement.span);
        } else if self.finally.replace(statement.span).is_some() {
            self.reporter.report(&OrderFault::FinallyTwice, statement.span);
        }
        let mark = self.scope.mark();
        self.scope.recall_all();
        self.inner(body, self.place);
        let changes = self.scope.take_back(mark);
        self.scope.merge(vec![Some(changes)]);
    }

    fn param(&mut self, param: &Param) {
        let name = &param.name;
        if self.place.depth > 0 {
            self.reporter.report(&NameFault::ParamInBlock, name.span);
        }
        let mut constant = None;
        let mut kind = Type::of_capture(param.convert, false);
        if let Some(default) = &param.default {
            let found = self.expression(default);
            constant = binding::constant(default);
            let wanted = match param.convert {
                Convert::Text => Kind::Text,
                Convert::Int | Convert::Hex => Kind::Int,
            };
            if found.is_none_of(&[wanted]) {
                self.default_of_wrong_type(param, default, &found);
                kind = Type::Unknown;
            }
        }
        if !self.param_names.insert(name.value.clone()) {
            self.reporter.report(&NameFault::TwoParams { name: name.value.clone() }, name.span);
            return;
        }
        if let Some(default) = param.default.as_ref().filter(|_| param.secret) {
            self.written_secrets.extend(written(default));
        }
        // Who reads a name that the language has taken means that one, and no param.
        if self.bind(name, kind, constant) {
            self.parts.params.push(param.clone());
        }
    }

    fn default_of_wrong_type(&mut self, param: &Param, default: &Expression, found: &Type) {
        let found = found.words();
        let name = param.name.value.clone();
        match param.convert {
            Convert::Text => self.reporter.report(&ValueFault::ParamType { name, found }, default.span),
            Convert::Int | Convert::Hex => {
                let place = format!("the default of `{name}`");
                let help = if let ExpressionKind::Text(_) = &default.kind {
                    "leave out the quotes".to_owned()
                } else {
                    format!("write a number, or `param {name} = …` for text")
                };
                self.reporter
                    .report(&ValueFault::WrongType { place, wanted: "a whole number", found, help }, default.span);
            }
        }
    }

    fn report_columns(&mut self, columns: &[Column]) {
        let mut earlier = HashSet::with_capacity(columns.len());
        for column in columns {
            self.expression(&column.value);
            let name = &column.name.value;
            if !earlier.insert(name) {
                self.reporter.report(&NameFault::TwoColumns { name: name.clone() }, column.name.span);
            }
        }
    }

    fn awaiting(&mut self, awaited: &Await, span: Span) -> Flow {
        match &awaited.target {
            AwaitTarget::Line(alternatives) => {
                alternatives.iter().for_each(|pattern| self.comparing_pattern(pattern, "`await`"));
            }
            AwaitTarget::Quiet { duration } => self.duration(duration, "how long `await quiet` waits"),
            AwaitTarget::Prompt { text } => self.template(text),
            AwaitTarget::When => {
                if !awaited.clauses.iter().any(is_for_a_line) {
                    self.reporter.report(&ExchangeFault::NothingAwaited, span);
                }
            }
        }
        let brings = match &awaited.target {
            AwaitTarget::Line(_) | AwaitTarget::When => None,
            AwaitTarget::Quiet { .. } => Some("`await quiet` waits for silence"),
            AwaitTarget::Prompt { .. } => Some("`await prompt` waits for text without a line end"),
        };
        if let (Some(brings), Some(clause)) = (brings, awaited.clauses.first()) {
            self.reporter.report(&ExchangeFault::NoLineAwaited { brings }, clause.span);
        }
        self.within(awaited.within.as_ref());
        self.clauses(&awaited.clauses)
    }

    fn port(&mut self, action: &PortAction) {
        match action {
            PortAction::Baud(rate) => {
                let help = "write bits a second, as in `port baud 115200`";
                self.wants(rate, &[Kind::Int], "what `port baud` is given", "a whole number", help);
            }
            PortAction::Break(duration) => self.duration(duration, "what `port break` is given"),
            PortAction::Dtr(_) | PortAction::Rts(_) | PortAction::Flush | PortAction::Escape => {}
        }
    }

    /// False, and told, where the name may not be given a value.
    fn bind(&mut self, name: &Name, kind: Type, constant: Option<(Arc<str>, Span)>) -> bool {
        if let Some((text, _)) = &constant {
            self.lines.note_text(text);
        }
        let may_bind = self.may_bind(name);
        if may_bind {
            self.scope.bind(&name.value, kind, constant);
        }
        may_bind
    }

    /// Whether a name may be given a value; tells why, where it may not.
    pub(super) fn may_bind(&mut self, name: &Name) -> bool {
        let what = match name.value.as_str() {
            "response" => "the lines of the last answer",
            "result" => "the final result code of the last answer",
            "elapsed" => "how long the last answer took",
            "attempt" => "the number of the attempt in a `retry`",
            "error" => "the reason of a failure in an `else`",
            _ => return true,
        };
        self.reporter.report(&NameFault::Reserved { name: name.value.clone(), what }, name.span);
        false
    }
}

/// `when "+CREG: 5" {`
fn is_for_a_line(clause: &Clause) -> bool {
    matches!(&clause.kind, ClauseKind::When { event, .. } if !event.patterns().is_empty())
}
