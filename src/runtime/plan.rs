//! `--plan`: ask, tell what would change, change nothing.
//!
//! Questions are sent, and what concerns this conversation alone (`AT+CMEE`, `AT+CMGF`, echo), since without it answers
//! would look otherwise than in the run. Everything else is left out and told. What depends on something that was left
//! out cannot be told, and there the plan ends.

use super::event::RuntimeEvent;
use super::interpreter::Run;
use super::knowledge;
use super::outcome::Failure;
use super::problem::{End, Step};
use super::question::Asked;
use crate::syntax::ast::{
    Block, Clause, ClauseKind, Exchange, Field, Pattern, Send, SendForm, Statement, StatementKind,
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
        for clause in clauses {
            match &clause.kind {
                ClauseKind::Capture { fields } => self.forget(fields),
                ClauseKind::CaptureAll { record, .. } => self.scope.variables.forget(&record.value),
                ClauseKind::CapturePattern(patterns) => self.forget_holes(patterns)?,
                ClauseKind::Expect(_)
                | ClauseKind::ExpectNothing { .. }
                | ClauseKind::PromptReply { .. }
                | ClauseKind::PromptCancel { .. } => {}
            }
        }
        Ok(())
    }

    fn forget(&mut self, fields: &[Field]) {
        let names = fields.iter().filter_map(|field| field.name.as_ref());
        names.for_each(|name| self.scope.variables.forget(&name.value));
    }

    fn forget_holes(&mut self, patterns: &[Pattern]) -> Step {
        for pattern in patterns {
            let names: Vec<String> = self.matcher(pattern)?.holes().iter().map(|hole| hole.name.clone()).collect();
            names.iter().for_each(|name| self.scope.variables.forget(name));
        }
        Ok(())
    }

    /// What an `ensure` would do, a line for each statement.
    pub(super) fn describe(&mut self, block: &Block) -> Step {
        for statement in &block.statements {
            match &statement.kind {
                // What it comes to where nothing fails.
                StatementKind::Retry { body, .. } | StatementKind::Try { body, .. } => self.describe(body)?,
                // Nothing that the modem would notice.
                StatementKind::Set { .. } => {}
                _ => {
                    let text = self.describe_statement(statement);
                    self.note(&format!("would {text}"));
                }
            }
        }
        Ok(())
    }

    fn describe_statement(&self, statement: &Statement) -> String {
        let send = |send: &Send| match self.text(&send.text) {
            Ok(text) => text,
            // What it would hold is set by what was left out.
            Err(_) => self.scope.program.source().slice(send.text.span).to_owned(),
        };
        match &statement.kind {
            StatementKind::Exchange(Exchange { send: question, .. }) => format!("send {}", send(question)),
            StatementKind::Reboot { command } => format!("reboot the modem by {}", send(command)),
            _ => format!("do: {}", self.scope.program.source().slice(statement.span)),
        }
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
