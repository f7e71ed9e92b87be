//! `--plan`: ask, tell what would change, change nothing.
//!
//! Questions are sent, and what concerns this conversation alone (`AT+CMEE`, `AT+CMGF`, echo), since without it answers
//! would look otherwise than in the run. Everything else is left out and told. What depends on something that was left
//! out cannot be told, and there the plan ends.

use std::sync::Arc;

use super::event::RuntimeEvent;
use super::interpreter::Run;
use super::knowledge;
use super::outcome::Failure;
use super::problem::{End, Step};
use super::question::Asked;
use crate::syntax::ast::{
    Alternatives, Block, Clause, Exchange, Part, Pattern, Send, SendForm, Statement, StatementKind,
};

impl Run<'_> {
    /// Whether a question is not sent, since it may change something.
    pub(super) fn leaves_out(&self, asked: &Asked, form: SendForm) -> bool {
        self.inputs.plan && (form == SendForm::Raw || !asked.is_command || !knowledge::only_asks(&asked.text))
    }

    /// Tells what would be sent, and forgets what its answer would have set.
    #[inline(never)]
    pub(super) fn leave_out(&mut self, asked: &Asked, clauses: &[Clause]) -> Step {
        self.left_out = true;
        self.note(&format!("would send {}", asked.text));
        self.forget_captures(clauses)
    }

    fn forget_captures(&mut self, clauses: &[Clause]) -> Step {
        for part in clauses.iter().flat_map(Clause::parts) {
            match part {
                Part::Binds(name) => self.scope.variables.forget(&name.value),
                Part::Capture(pattern) => self.forget_holes(pattern)?,
                Part::Question(_)
                | Part::Text(_)
                | Part::Value(_)
                | Part::Pattern(_)
                | Part::Item(_)
                | Part::Declares(_)
                | Part::Clause(_)
                | Part::Block(_) => {}
            }
        }
        Ok(())
    }

    fn forget_holes(&mut self, pattern: &Pattern) -> Step {
        let names: Vec<String> = self.matcher(pattern)?.holes().iter().map(|hole| hole.name.clone()).collect();
        names.iter().for_each(|name| self.scope.variables.forget(name));
        Ok(())
    }

    /// What an `ensure` would do, a line for each statement. What one would set has no value in those behind it; after
    /// them all is as it was, for nothing was done.
    pub(super) fn describe(&mut self, block: &Block) -> Step {
        self.undone(|run| run.describe_block(block, 0))
    }

    /// What an `ensure` would do whose question is left out.
    pub(super) fn describe_otherwise(&mut self, answers: &Alternatives, otherwise: &Block) -> Step {
        let values = self.alternatives_values(answers)?;
        let wanted = self.patterns_text(answers, &values);
        self.undone(|run| run.describe_inner(&format!("unless it answers {wanted}"), otherwise, 0))
    }

    fn undone(&mut self, describe: impl FnOnce(&mut Self) -> Step) -> Step {
        let before = self.scope.variables.clone();
        let described = describe(self);
        self.scope.variables = before;
        described
    }

    fn describe_block(&mut self, block: &Block, depth: usize) -> Step {
        block.statements.iter().try_for_each(|statement| self.describe_statement(statement, depth))
    }

    /// A block in it, under what it depends on.
    fn describe_inner(&mut self, head: &str, block: &Block, depth: usize) -> Step {
        self.note(&format!("{}{head}:", indent(depth)));
        self.describe_block(block, depth + 1)
    }

    fn describe_statement(&mut self, statement: &Statement, depth: usize) -> Step {
        let program = Arc::clone(&self.scope.program);
        let line = |span| first_line(program.source().slice(span)).to_owned();
        let head = line(statement.span);
        match &statement.kind {
            StatementKind::Exchange(Exchange { send, clauses }) => {
                let text = self.described(send);
                self.would(&format!("send {text}"), depth);
                self.forget_captures(clauses)
            }
            StatementKind::Reboot { command } => {
                let text = self.described(command);
                self.would(&format!("reboot the modem by {text}"), depth);
                Ok(())
            }
            StatementKind::Ensure { question, answers, otherwise } => {
                let text = self.described(question);
                self.would(&format!("send {text}"), depth);
                let wanted: Vec<String> = answers.iter().map(|pattern| line(pattern.span)).collect();
                self.describe_inner(&format!("unless it answers {}", wanted.join(" or ")), otherwise, depth)
            }
            StatementKind::Retry { body, otherwise, .. } | StatementKind::Try { body, otherwise } => {
                // What it comes to where nothing fails.
                self.describe_block(body, depth)?;
                self.describe_else("if that fails", otherwise.as_ref(), depth)
            }
            StatementKind::If { branches, otherwise } => {
                let conditions: Vec<String> = branches.iter().map(|(condition, _)| line(condition.span)).collect();
                let mut word = "if";
                for ((_, body), condition) in branches.iter().zip(conditions) {
                    self.describe_inner(&format!("{word} {condition}"), body, depth)?;
                    word = "else if";
                }
                self.describe_else("else", otherwise.as_ref(), depth)
            }
            StatementKind::For { name, body, .. } | StatementKind::Repeat { pass: name, body, .. } => {
                let outside = self.scope.variables.get(&name.value).cloned();
                self.scope.variables.forget(&name.value);
                self.describe_inner(&head, body, depth)?;
                outside.into_iter().for_each(|value| self.scope.variables.set(&name.value, value));
                Ok(())
            }
            StatementKind::Unsafe { body, .. } | StatementKind::Finally { body } => {
                self.describe_inner(&head, body, depth)
            }
            StatementKind::Await(wait) => {
                self.would(&format!("do: {head}"), depth);
                self.forget_captures(&wait.clauses)
            }
            StatementKind::Set { name, .. } => {
                // Nothing that the modem would notice.
                self.scope.variables.forget(&name.value);
                Ok(())
            }
            StatementKind::Run { record: Some(name), .. } => {
                self.would(&format!("do: {head}"), depth);
                self.scope.variables.forget(&name.value);
                Ok(())
            }
            StatementKind::Run { record: None, .. }
            | StatementKind::Assert { .. }
            | StatementKind::Fail { .. }
            | StatementKind::Skip { .. }
            | StatementKind::Stop
            | StatementKind::Param(_)
            | StatementKind::Report { .. }
            | StatementKind::AbortOn { .. }
            | StatementKind::Log { .. }
            | StatementKind::Sleep { .. }
            | StatementKind::Timeout { .. }
            | StatementKind::Confirm { .. }
            | StatementKind::Port(_) => {
                self.would(&format!("do: {head}"), depth);
                Ok(())
            }
        }
    }

    fn describe_else(&mut self, head: &str, otherwise: Option<&Block>, depth: usize) -> Step {
        otherwise.map_or(Ok(()), |otherwise| self.describe_inner(head, otherwise, depth))
    }

    fn would(&mut self, what: &str, depth: usize) {
        self.note(&format!("{}would {what}", indent(depth)));
    }

    fn described(&self, send: &Send) -> String {
        // What it would hold is set by what was left out.
        self.text(&send.text).unwrap_or_else(|_| self.scope.program.source().slice(send.text.span).to_owned())
    }

    pub(super) fn plan_ends(&mut self, why: &str) -> Step {
        self.note(&format!("the plan ends here: {why}"));
        Err(End::PlanEnds)
    }

    /// After something was left out, a failure tells nothing of the run.
    #[inline(never)]
    pub(super) fn plan_ends_by(&mut self, failure: &Failure) -> Step {
        let place = failure.position();
        let why = format!(
            "line {} of {} depends on what was left out ({})",
            place.line, failure.source.name, failure.message
        );
        self.plan_ends(&why)
    }

    pub(super) fn note(&mut self, note: &str) {
        let note = self.hearing.mask.text(note).into_owned();
        self.tell(RuntimeEvent::Plan { note: &note });
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

/// The first line of a statement, without the brace that opens its block.
fn first_line(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default().trim_end();
    line.strip_suffix('{').map_or(line, str::trim_end)
}
