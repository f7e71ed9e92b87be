//! `--plan`: ask, tell what would change, change nothing.
//!
//! Questions are sent, and what concerns this conversation alone (`AT+CMEE`, `AT+CMGF`, echo), since without it answers
//! would look otherwise than in the run. Everything else is left out and told. What depends on something that was left
//! out cannot be told, and there the plan ends.

use std::sync::Arc;
use std::time::Duration;

use super::{End, Last, ReadyQuestion, Run, ScriptScope, ScriptView, Step};
use crate::at::command::parse;
use crate::catalogue::command;
use crate::check::{Evaluate, Program};
use crate::runtime::event::RuntimeEvent;
use crate::runtime::failure::Failure;
use crate::source::Span;
use crate::syntax::ast::{
    Alternatives, Await, Block, Clause, ClauseKind, Exchange, Expression, Part, Send, SendForm, Statement,
    StatementKind, Template, TemplatePart,
};
use crate::value::Value;

/// A plan waits so long for what may come by itself, or be better at the next attempt.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is counted on behind it.
pub(super) enum Foreseen {
    /// This would have been sent.
    Sent(String),
    /// What an `ensure` asks for holds.
    Promised(String),
}

impl Run<'_> {
    /// `--plan`: whether a question is not sent, since it may change something.
    pub(super) fn leaves_out(&self, asked: &ReadyQuestion, form: SendForm) -> bool {
        self.inputs.plan && (form == SendForm::Raw || !asked.is_command || !only_asks(&asked.text))
    }

    /// Tells what would be sent, and forgets what its answer would have set.
    #[inline(never)]
    pub(super) fn leave_out(&mut self, asked: &ReadyQuestion, clauses: &[Clause]) -> Step {
        self.left_out = true;
        self.note(&format!("would send {}", asked.text));
        self.told.push(Foreseen::Sent(asked.text.to_string()));
        self.foresee(|ahead| {
            ahead.branches(clauses, 0);
            ahead.unset(clauses.iter().map(Part::Clause).collect());
        });
        Ok(())
    }

    /// Whether a failure may come of what was left out. A refusal is the modem's own.
    pub(super) fn may_be_unforeseen(&self, failure: &Failure) -> bool {
        self.inputs.plan && self.left_out && failure.diagnostic.code != "hayes::run::unexpected-result"
    }

    /// What an `ensure` asks for, and whether it holds by what was told before; `None`: the modem is asked.
    pub(super) fn promise(&self, asked: &ReadyQuestion, answers: &Alternatives) -> Step<(String, Option<bool>)> {
        let view = self.view();
        let promise = format!("{} {}", asked.text, view.patterns_text(answers, &view.alternatives_values(answers)?));
        let setting = asked.text.trim_end_matches('?');
        let sets = |text: &str| text.strip_prefix(setting).is_some_and(|rest| rest.starts_with(['=', ',']));
        let holds = |foreseen: &Foreseen| match foreseen {
            Foreseen::Promised(promised) => (*promised == promise).then_some(true),
            Foreseen::Sent(sent) => sets(sent).then_some(false),
        };
        let holds = self.told.iter().rev().find_map(holds);
        Ok((promise, holds))
    }

    /// Tells what an `ensure` would do, which then holds; `answers` where it is not known whether it would do it.
    pub(super) fn describe(&mut self, answers: Option<&Alternatives>, otherwise: &Block, promise: String) -> Step {
        let view = self.view();
        let head = answers.map(|answers| Ok(view.patterns_text(answers, &view.alternatives_values(answers)?)));
        let head = head.transpose()?;
        self.foresee(|ahead| match head {
            None => ahead.block(otherwise, 0),
            Some(wanted) => ahead.inner(&format!("unless it answers {wanted}"), otherwise, 0),
        });
        self.told.push(Foreseen::Promised(promise));
        Ok(())
    }

    /// Tells all branches, where it depends on what was left out which of them is taken.
    #[inline(never)]
    pub(super) fn foresee_branch(&mut self, branches: &[(Expression, Block)], otherwise: Option<&Block>) -> Step {
        self.foresee(|ahead| ahead.branch(branches, otherwise, 0));
        Ok(())
    }

    /// Tells what lies ahead, and goes on with what is known behind it.
    fn foresee(&mut self, look: impl FnOnce(&mut Preview<'_>)) {
        let mut preview = Preview::new(self.view());
        look(&mut preview);
        let Preview { scope, lines, sent, .. } = preview;
        self.scope = scope;
        self.told.extend(sent.into_iter().map(Foreseen::Sent));
        lines.iter().for_each(|line| self.note(line));
    }

    /// How long it waits where the run waits for so long.
    pub(super) fn patience(&self, wait: Duration) -> Duration {
        if self.inputs.plan { wait.min(PATIENCE) } else { wait }
    }

    pub(super) fn plan_ends(&mut self, why: &str) -> Step {
        self.note(&format!("the plan ends here: {why}"));
        Err(End::PlanEnds)
    }

    /// After something was left out, a failure tells nothing of the run.
    #[inline(never)]
    pub(super) fn plan_ends_by(&mut self, failure: &Failure) -> Step {
        let (line, told) = (failure.position().line, &failure.diagnostic);
        self.plan_ends(&format!("line {line} of {} depends on what was left out ({})", told.source.name, told.message))
    }

    pub(super) fn note(&mut self, note: &str) {
        let note = self.hearing.mask.text(note).into_owned();
        self.tell(RuntimeEvent::Plan { note: &note });
    }
}

/// What a block would do, a line for each statement. What one would set has no value in those behind it; the scope is a
/// copy, for nothing was done.
struct Preview<'r> {
    scope: ScriptScope,
    view: ScriptView<'r>,
    lines: Vec<String>,
    /// What would go out
    sent: Vec<String>,
}

impl<'r> Preview<'r> {
    fn new(view: ScriptView<'r>) -> Preview<'r> {
        let last = Last { left_out: true, ..Last::default() };
        Preview { scope: ScriptScope { last, ..view.scope.clone() }, view, lines: Vec::new(), sent: Vec::new() }
    }

    fn program(&self) -> Arc<Program> {
        Arc::clone(&self.scope.program)
    }

    /// What has no value yet is an error.
    fn view(&self) -> ScriptView<'_> {
        ScriptView { scope: &self.scope, ..self.view }
    }

    /// It may be run, or not, or not to its end: what it sets is not known.
    fn forget(&mut self, block: &Block) {
        block.walk(&mut |statement| self.unset(statement.parts()));
    }

    /// The names that these parts of a statement or a clause would set have no value.
    fn unset(&mut self, parts: Vec<Part<'_>>) {
        for part in parts {
            match part {
                Part::Binds(name) => self.scope.variables.remove(&name.value),
                Part::Clause(clause) => self.unset(clause.parts()),
                Part::Capture(pattern) => {
                    let program = self.program();
                    let holes = program.matcher(pattern).map_or(&[][..], |matcher| matcher.holes());
                    holes.iter().for_each(|hole| self.scope.variables.remove(&hole.name));
                }
                Part::Question(_) | Part::Text(_) | Part::Value(_) | Part::Pattern(_) | Part::Fields(_) => {}
                Part::Item(_) | Part::Declares(_) | Part::Block(_) => {}
            }
        }
    }

    fn block(&mut self, block: &Block, depth: usize) {
        block.statements.iter().for_each(|statement| self.statement(statement, depth));
    }

    /// A block in it, under what it depends on.
    fn inner(&mut self, head: &str, block: &Block, depth: usize) {
        let before = self.lines.len();
        self.block(block, depth + 1);
        if self.lines.len() > before {
            self.lines.insert(before, format!("{}{head}:", "  ".repeat(depth)));
        }
        self.forget(block);
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "named is what has more to tell than its line and its blocks")]
    fn statement(&mut self, statement: &Statement, depth: usize) {
        let program = self.program();
        let line = |span| first_line(program.source().slice(span));
        let head = line(statement.span);
        match &statement.kind {
            StatementKind::Exchange(Exchange { send, clauses }) => {
                self.would("send", send, depth);
                self.branches(clauses, depth);
            }
            StatementKind::Reboot { command } => self.would("reboot the modem by", command, depth),
            StatementKind::Ensure { question, answers, otherwise } => {
                self.would("send", question, depth);
                let wanted: Vec<&str> = answers.iter().map(|pattern| line(pattern.span)).collect();
                self.inner(&format!("unless it answers {}", wanted.join(" or ")), otherwise, depth);
            }
            StatementKind::Retry { schedule, body, otherwise } => {
                // What the first attempt does; then what a further one does otherwise: of two it is the second.
                let is_two = matches!(self.view().evaluate(&schedule.limit), Ok(Value::Int(2)));
                let attempt = if is_two { 2 } else { 0 };
                let mut scope = ScriptScope { attempt, ..self.scope.clone() };
                std::mem::swap(&mut scope, &mut self.scope);
                self.forget(body);
                let before = self.lines.len();
                self.block(body, depth + 1);
                let further = self.lines.split_off(before);
                let outer = std::mem::replace(&mut scope.attempt, 1);
                self.scope = scope;
                self.block(body, depth);
                self.scope.attempt = outer;
                if !further.iter().map(|line| line.get(2..).unwrap_or_default()).eq(self.lines.iter().skip(before)) {
                    self.line(depth, "if that fails, once more:");
                    self.lines.extend(further);
                }
                otherwise.iter().for_each(|block| self.inner("if all fails", block, depth));
            }
            StatementKind::Try { body, otherwise } => {
                self.block(body, depth);
                otherwise.iter().for_each(|block| self.inner("if that fails", block, depth));
                self.forget(body);
            }
            StatementKind::If { branches, otherwise } => self.branch(branches, otherwise.as_ref(), depth),
            StatementKind::For { name, body, .. } | StatementKind::Repeat { pass: name, body, .. } => {
                let outside = self.scope.variables.get(&name.value).cloned();
                self.scope.variables.remove(&name.value);
                // A second pass begins with what the first has set.
                self.forget(body);
                self.inner(head, body, depth);
                outside.into_iter().for_each(|value| self.scope.variables.set(name.value.as_str(), value));
            }
            StatementKind::Set { name, value } => {
                // Nothing that the modem would notice.
                if let Ok(value) = self.view().evaluate(value) {
                    self.scope.variables.set(name.value.as_str(), value);
                    return;
                }
            }
            StatementKind::CaptureFrom { .. } => {}
            StatementKind::Await(Await { clauses, .. }) => {
                self.line(depth, &format!("would do: {head}"));
                self.branches(clauses, depth);
            }
            StatementKind::Log { text }
            | StatementKind::Confirm { text }
            | StatementKind::Fail { why: text, .. }
            | StatementKind::Skip { why: text } => {
                let word = head.split(' ').next().unwrap_or_default();
                self.line(depth, &format!("would do: {word} \"{}\"", self.foreseen(text)));
            }
            _ if statement.blocks().next().is_some() => {
                statement.blocks().for_each(|body| self.inner(head, body, depth));
            }
            _ => self.line(depth, &format!("would do: {head}")),
        }
        self.unset(statement.parts());
    }

    /// Where it is known which of the branches is taken, that one alone.
    fn branch(&mut self, branches: &[(Expression, Block)], otherwise: Option<&Block>, depth: usize) {
        let program = self.program();
        let mut word = "if";
        for (condition, body) in branches {
            match self.view().truth(condition).ok() {
                Some(false) => {}
                Some(true) if word == "if" => return self.block(body, depth),
                Some(true) | None => {
                    let head = first_line(program.source().slice(condition.span));
                    self.inner(&format!("{word} {head}"), body, depth);
                    word = "else if";
                }
            }
        }
        if word == "if" {
            return otherwise.into_iter().for_each(|block| self.block(block, depth));
        }
        otherwise.iter().for_each(|block| self.inner("else", block, depth));
        branches.iter().map(|(_, body)| body).chain(otherwise).for_each(|body| self.forget(body));
    }

    /// The `when` lines of a question that is not asked.
    fn branches(&mut self, clauses: &[Clause], depth: usize) {
        let program = self.program();
        for clause in clauses {
            if let ClauseKind::When { body, .. } = &clause.kind {
                self.unset(clause.parts());
                let head = program.source().slice(Span { end: body.span.start, ..clause.span });
                self.inner(first_line(head).trim_start_matches('}').trim_start(), body, depth);
            }
        }
    }

    fn would(&mut self, what: &str, send: &Send, depth: usize) {
        let text = self.foreseen(&send.text);
        self.line(depth, &format!("would {what} {text}"));
        self.sent.push(text);
    }

    /// A text with what is known put in; what is set by what was left out stands as it is written.
    fn foreseen(&self, template: &Template) -> String {
        let (view, source) = (self.view(), self.scope.program.source());
        let written = |value: &Expression| format!("${{{}}}", source.slice(value.span));
        let part = |part: &TemplatePart| match part {
            TemplatePart::Text(text) => text.clone(),
            TemplatePart::Value(value) => {
                view.evaluate(value).map_or_else(|_| written(value), |known| known.to_string())
            }
        };
        template.parts.iter().map(part).collect()
    }

    fn line(&mut self, depth: usize, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(depth)));
    }
}

/// Whether a command line changes nothing but this conversation: a plan sends it.
fn only_asks(line: &str) -> bool {
    parse(line).is_some_and(|line| line.commands.iter().all(command::only_asks))
}

/// The first line of a statement, without the brace that opens its block.
fn first_line(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default().trim_end();
    line.strip_suffix('{').map_or(line, str::trim_end)
}
