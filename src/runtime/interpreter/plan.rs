//! `--plan`: ask, tell what would change, change nothing.
//!
//! Questions are sent, and what concerns this conversation alone (`AT+CMEE`, `AT+CMGF`, echo), since without it answers
//! would look otherwise than in the run. Everything else is left out and told. What depends on something that was left
//! out cannot be told, and there the plan ends.

use std::sync::Arc;

use super::{End, ReadyQuestion, Run, ScriptScope, ScriptView, Step};
use crate::at::command::parse;
use crate::catalogue::command;
use crate::check::Program;
use crate::runtime::event::RuntimeEvent;
use crate::runtime::failure::Failure;
use crate::source::Span;
use crate::syntax::ast::{
    Alternatives, Await, Block, Clause, ClauseKind, Exchange, Part, Send, SendForm, Statement, StatementKind,
};

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
        let mut preview = Preview::new(self.view());
        preview.branches(clauses, 0);
        let lines = preview.lines;
        lines.iter().for_each(|line| self.note(line));
        for name in names_set_by(clauses.iter().map(Part::Clause).collect(), &self.scope.program) {
            self.scope.variables.remove(&name);
        }
        Ok(())
    }

    /// Tells what an `ensure` would do; `answers` where it is not known whether it would do it.
    pub(super) fn describe(&mut self, answers: Option<&Alternatives>, otherwise: &Block) -> Step {
        let view = self.view();
        let mut preview = Preview::new(view);
        match answers {
            None => preview.block(otherwise, 0),
            Some(answers) => {
                let wanted = view.patterns_text(answers, &view.alternatives_values(answers)?);
                preview.inner(&format!("unless it answers {wanted}"), otherwise, 0);
            }
        }
        let lines = preview.lines;
        lines.iter().for_each(|line| self.note(line));
        Ok(())
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
}

impl<'r> Preview<'r> {
    fn new(view: ScriptView<'r>) -> Preview<'r> {
        Preview { scope: view.scope.clone(), view, lines: Vec::new() }
    }

    fn block(&mut self, block: &Block, depth: usize) {
        block.statements.iter().for_each(|statement| self.statement(statement, depth));
    }

    /// A block in it, under what it depends on.
    fn inner(&mut self, head: &str, block: &Block, depth: usize) {
        self.line(depth, &format!("{head}:"));
        self.block(block, depth + 1);
    }

    fn otherwise(&mut self, head: &str, otherwise: Option<&Block>, depth: usize) {
        if let Some(otherwise) = otherwise {
            self.inner(head, otherwise, depth);
        }
    }

    fn statement(&mut self, statement: &Statement, depth: usize) {
        let program = Arc::clone(&self.scope.program);
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
            StatementKind::Retry { body, otherwise, .. } | StatementKind::Try { body, otherwise } => {
                // What it comes to where nothing fails.
                self.block(body, depth);
                self.otherwise("if that fails", otherwise.as_ref(), depth);
            }
            StatementKind::If { branches, otherwise } => {
                let words = std::iter::once("if").chain(std::iter::repeat("else if"));
                for ((condition, body), word) in branches.iter().zip(words) {
                    self.inner(&format!("{word} {}", line(condition.span)), body, depth);
                }
                self.otherwise("else", otherwise.as_ref(), depth);
            }
            StatementKind::For { name, body, .. } | StatementKind::Repeat { pass: name, body, .. } => {
                let outside = self.scope.variables.get(&name.value).cloned();
                self.scope.variables.remove(&name.value);
                self.inner(head, body, depth);
                outside.into_iter().for_each(|value| self.scope.variables.set(name.value.as_str(), value));
            }
            StatementKind::Unsafe { body, .. } | StatementKind::Finally { body } | StatementKind::Part { body, .. } => {
                self.inner(head, body, depth);
            }
            // Nothing that the modem would notice.
            StatementKind::Set { .. } | StatementKind::CaptureFrom { .. } => {}
            StatementKind::Await(Await { clauses, .. }) => {
                self.line(depth, &format!("would do: {head}"));
                self.branches(clauses, depth);
            }
            StatementKind::Requires(_)
            | StatementKind::Run { .. }
            | StatementKind::Assert { .. }
            | StatementKind::Fail { .. }
            | StatementKind::Skip { .. }
            | StatementKind::Stop
            | StatementKind::Break
            | StatementKind::Param(_)
            | StatementKind::Report { .. }
            | StatementKind::AbortOn { .. }
            | StatementKind::Log { .. }
            | StatementKind::Sleep { .. }
            | StatementKind::Timeout { .. }
            | StatementKind::Confirm { .. }
            | StatementKind::Ask { .. }
            | StatementKind::Port(_) => self.line(depth, &format!("would do: {head}")),
        }
        for name in names_set_by(statement.parts(), &program) {
            self.scope.variables.remove(&name);
        }
    }

    /// The `when` lines of a question that is not asked.
    fn branches(&mut self, clauses: &[Clause], depth: usize) {
        let program = Arc::clone(&self.scope.program);
        for clause in clauses {
            if let ClauseKind::When { body, .. } = &clause.kind {
                for name in names_set_by(clause.parts(), &program) {
                    self.scope.variables.remove(&name);
                }
                let head = program.source().slice(Span { end: body.span.start, ..clause.span });
                self.inner(first_line(head).trim_start_matches('}').trim_start(), body, depth);
            }
        }
    }

    fn would(&mut self, what: &str, send: &Send, depth: usize) {
        // What it would hold is set by what was left out.
        let text = ScriptView { scope: &self.scope, ..self.view }.text(&send.text);
        let text = text.unwrap_or_else(|_| self.scope.program.source().slice(send.text.span).to_owned());
        self.line(depth, &format!("would {what} {text}"));
    }

    fn line(&mut self, depth: usize, text: &str) {
        self.lines.push(format!("{}{text}", "  ".repeat(depth)));
    }
}

/// The names that these parts of a statement or a clause would set.
fn names_set_by(parts: Vec<Part<'_>>, program: &Program) -> Vec<String> {
    let names = |part: Part<'_>| match part {
        Part::Binds(name) => vec![name.value.clone()],
        Part::Clause(clause) => names_set_by(clause.parts(), program),
        Part::Capture(pattern) => {
            let holes = program.matcher(pattern).map_or(&[][..], |matcher| matcher.holes());
            holes.iter().map(|hole| hole.name.clone()).collect()
        }
        Part::Question(_)
        | Part::Text(_)
        | Part::Value(_)
        | Part::Pattern(_)
        | Part::Fields(_)
        | Part::Item(_)
        | Part::Declares(_)
        | Part::Block(_) => Vec::new(),
    };
    parts.into_iter().flat_map(names).collect()
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
