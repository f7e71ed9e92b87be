//! `ensure`: ask first, change only what differs, ask again.

use super::event::{Change, RuntimeEvent};
use super::interpreter::Run;
use super::problem::{Step, code};
use crate::at::{Line, ResultCode};
use crate::source::Span;
use crate::syntax::ast::{Alternatives, Block, Send};

impl Run<'_> {
    #[inline(never)]
    pub(super) fn ensure(&mut self, question: &Send, answers: &Alternatives, otherwise: &Block, span: Span) -> Step {
        if self.inputs.plan {
            let asked = self.asked(question, &[])?;
            if self.leaves_out(&asked, question.form) {
                self.leave_out(&asked, &[])?;
                return self.describe_otherwise(answers, otherwise);
            }
        }
        if self.holds(question, answers)? {
            self.tally.unchanged += 1;
            return self.ensured(question, Change::Unchanged);
        }
        if self.inputs.plan {
            self.tally.changed += 1;
            self.left_out = true;
            self.ensured(question, Change::WouldChange)?;
            return self.describe(otherwise);
        }
        self.block(otherwise)?;
        if self.holds(question, answers)? {
            self.tally.changed += 1;
            return self.ensured(question, Change::Changed);
        }
        let values = self.alternatives_values(answers)?;
        let wanted = self.patterns_text(answers, &values);
        let last = &self.scope.last;
        let lines: Vec<String> = last.lines.iter().map(Line::text).collect();
        let result = last.result.as_ref().map(ResultCode::to_string);
        let sent = self.text(&question.text)?;
        let answered = self.answered(&sent);
        let what = format!("{sent} still answers {answered}, expected {wanted}");
        let problem = self.problem(code::ENSURE_UNCHANGED, question.span, what).label("still the same");
        let help =
            "the block ran without a failure, but the modem does not report what it set: does that need a reboot?";
        Err(self.fail(problem.also(span, "in this `ensure`").sent(sent).answer(lines, result).help(help)))
    }

    /// Asks, and holds the answer against the patterns.
    fn holds(&mut self, question: &Send, answers: &Alternatives) -> Step<bool> {
        let asked = self.asked(question, &[])?;
        let values = self.alternatives_values(answers)?;
        let started = self.conversation.now();
        let ended = self.ask(&asked, &[], &Vec::new());
        let ended = ended.and_then(|()| match self.answers(answers, &values)? {
            true => Ok(true),
            // A refused question tells nothing of what is set.
            false => self.judge(&asked, &[], &Vec::new()).map(|_| false),
        });
        self.exchange_ended(&asked, ended.is_ok(), started);
        ended
    }

    fn ensured(&mut self, question: &Send, change: Change) -> Step {
        let text = self.hearing.mask.string(self.text(&question.text)?);
        self.tell(RuntimeEvent::Ensured { question: &text, change });
        Ok(())
    }
}
