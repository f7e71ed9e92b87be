//! A question and its answer: `send`, `expect`, `capture`, `prompt`.
//!
//! All that could fail without the modem (values, texts, patterns) is worked out before a byte is sent. A clause that
//! fails leaves every name as it was.

use std::sync::Arc;
use std::time::Duration;

use super::capture::Captured;
use super::event::{RuntimeEvent, Waiting};
use super::hearing::{FreeHearing, Wanted};
use super::interpreter::Run;
use super::problem::{Step, code};
use super::question::Asked;
use super::scope::Last;
use crate::at::{Answer, Line};
use crate::conversation::Mode;
use crate::notation::ShownDuration;
use crate::source::Span;
use crate::syntax::ast::{Alternatives, Clause, ClauseKind, Exchange};

/// The values of the `${…}` of each clause's patterns.
pub(super) type ClauseValues = Vec<Vec<Vec<String>>>;

impl Run<'_> {
    #[inline(never)]
    pub(super) fn exchange(&mut self, exchange: &Exchange) -> Step {
        let clauses = &exchange.clauses;
        let asked = self.asked(&exchange.send, clauses)?;
        let values = self.clause_values(clauses)?;
        if self.leaves_out(&asked, exchange.send.form) {
            return self.leave_out(&asked, clauses);
        }
        let started = self.conversation.now();
        let ended = self.converse(&asked, clauses, &values);
        self.exchange_ended(&asked, ended.is_ok(), started);
        let captured = ended?;
        self.keep(captured);
        Ok(())
    }

    pub(super) fn clause_values(&self, clauses: &[Clause]) -> Step<ClauseValues> {
        clauses
            .iter()
            .map(|clause| match &clause.kind {
                ClauseKind::Expect(patterns) | ClauseKind::CapturePattern(patterns) => {
                    self.alternatives_values(patterns)
                }
                ClauseKind::ExpectNothing { .. }
                | ClauseKind::Capture { .. }
                | ClauseKind::CaptureAll { .. }
                | ClauseKind::PromptReply { .. }
                | ClauseKind::PromptCancel { .. } => Ok(Vec::new()),
            })
            .collect()
    }

    pub(super) fn alternatives_values(&self, patterns: &Alternatives) -> Step<Vec<Vec<String>>> {
        patterns.iter().map(|pattern| self.pattern_values(pattern)).collect()
    }

    fn converse(&mut self, asked: &Asked, clauses: &[Clause], values: &ClauseValues) -> Step<Captured> {
        if let [Clause { kind: ClauseKind::ExpectNothing { within }, span }] = clauses {
            let within = self.duration(within)?;
            self.refuse_in_data_mode(asked)?;
            // A late answer would break the silence, or be taken for what this one is answered.
            let in_step = self.conversation.come_into_step(&mut self.hearing);
            in_step.map_err(|trouble| self.trouble(trouble, Some(asked), asked.span))?;
            self.write(asked)?;
            self.silence(asked, self.scaled(within), *span)?;
            return Ok(Captured::new());
        }
        if clauses.is_empty() && !asked.is_command {
            self.write(asked)?;
            return Ok(Captured::new());
        }
        self.ask(asked, clauses, values)?;
        self.judge(asked, clauses, values)
    }

    /// Sends it and waits for nothing.
    #[inline(never)]
    fn write(&mut self, asked: &Asked) -> Step {
        self.refuse_in_data_mode(asked)?;
        self.tally.exchanges += 1;
        self.scope.last = Last::default();
        let written = self.conversation.write(asked.question.bytes(), &mut self.hearing);
        written.map_err(|trouble| self.trouble(trouble, Some(asked), asked.span))
    }

    /// Sends it and waits for its answer, which is then the last one.
    pub(super) fn ask(&mut self, asked: &Asked, clauses: &[Clause], values: &ClauseValues) -> Step {
        self.refuse_in_data_mode(asked)?;
        self.tally.exchanges += 1;
        self.tell_waiting(asked);
        let answer = if asked.is_command {
            self.conversation.ask(&asked.question, &mut self.hearing)
        } else {
            let program = Arc::clone(&self.scope.program);
            let wanted = wanted(clauses, values);
            let mut hearing = FreeHearing { hearing: &mut self.hearing, program: &program, wanted };
            self.conversation.ask(&asked.question, &mut hearing)
        };
        match answer {
            Ok(Answer { lines, result, elapsed }) => {
                if asked.names_module {
                    self.meet(&lines);
                }
                self.scope.last = Last { sent: Some(Arc::clone(&asked.text)), lines, result, elapsed };
                Ok(())
            }
            Err(trouble) => {
                let lines = trouble.received().to_vec();
                self.scope.last = Last { sent: Some(Arc::clone(&asked.text)), lines, ..Last::default() };
                Err(self.trouble(trouble, Some(asked), asked.span))
            }
        }
    }

    /// A command that would go to the other end of a connection is not sent.
    pub(super) fn refuse_in_data_mode(&mut self, asked: &Asked) -> Step {
        if !asked.is_command || !matches!(self.conversation.mode(), Mode::Data { .. }) {
            return Ok(());
        }
        let carries_data = self.conversation.carries_data(&mut self.hearing);
        if !carries_data.map_err(|trouble| self.trouble(trouble, Some(asked), asked.span))? {
            return Ok(());
        }
        let what = format!("{} was not sent: since CONNECT the line carries data to the other end", asked.text);
        let help = "`port escape` before it goes back to commands, and ATO then to the connection; what is meant for the \
                    other end is sent by `send \"…\"` or `send raw \"…\"`";
        let problem = self.problem(code::DATA_MODE, asked.span, what).label("not sent").help(help);
        Err(self.fail(problem.sent(&*asked.text)))
    }

    /// From here on what is known of the module holds: its times, its quirks, the meanings of its answers.
    fn meet(&mut self, lines: &[Line]) {
        let before = self.conversation.module();
        if let Some(module) = self.conversation.meet(lines)
            && before.is_none_or(|before| before.id != module.id)
        {
            // Its times and quirks are others.
            self.asked_before.forget();
            self.tell(RuntimeEvent::Met { module });
        }
    }

    fn tell_waiting(&mut self, asked: &Asked) {
        let now = self.conversation.now();
        let sent = self.hearing.mask.text(&asked.text);
        let what = Waiting::Answer { sent: &sent };
        self.hearing.listener.on_event(now, RuntimeEvent::Waiting { what, at_most: asked.question.timeout });
    }

    pub(super) fn exchange_ended(&mut self, asked: &Asked, passed: bool, started: Duration) {
        let now = self.conversation.now();
        let elapsed = now.saturating_sub(started);
        let sent = self.hearing.mask.text(&asked.text);
        self.hearing.listener.on_event(now, RuntimeEvent::ExchangeEnded { sent: &sent, passed, elapsed });
    }

    /// `expect nothing within D`
    #[inline(never)]
    fn silence(&mut self, asked: &Asked, within: Duration, span: Span) -> Step {
        match self.conversation.silence(within, &mut self.hearing) {
            Ok(None) => Ok(()),
            Ok(Some(line)) => {
                let line = line.text();
                let what = format!("{line} came after {}, expected nothing for {}", asked.text, ShownDuration(within));
                let problem = self.problem(code::SILENCE_BROKEN, span, what).label("expected silence");
                let problem = problem.also(asked.span, format!("{line} came")).sent(&*asked.text);
                Err(self.fail(problem.answer(vec![line], None)))
            }
            Err(trouble) => Err(self.trouble(trouble, Some(asked), span)),
        }
    }
}

/// What a free text's answer must hold before it ends.
fn wanted<'c>(clauses: &'c [Clause], values: &'c ClauseValues) -> Vec<Wanted<'c>> {
    let mut wanted = Vec::new();
    for (clause, values) in clauses.iter().zip(values) {
        match &clause.kind {
            ClauseKind::Expect(patterns) | ClauseKind::CapturePattern(patterns) => {
                wanted.push(Wanted { patterns, values, found: false });
            }
            // Only a final result code tells that all lines are there, or that the reply was taken.
            ClauseKind::CaptureAll { .. } | ClauseKind::PromptReply { .. } | ClauseKind::PromptCancel { .. } => {
                wanted.push(Wanted { patterns: &[], values: &[], found: false });
            }
            ClauseKind::Capture { .. } | ClauseKind::ExpectNothing { .. } => {}
        }
    }
    wanted
}
