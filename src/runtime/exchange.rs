//! A question and its answer: `send`, `expect`, `capture`, `prompt`.
//!
//! All that could fail without the modem (values, texts, patterns) is worked out before a byte is sent. A clause that
//! fails leaves every name as it was.

use std::sync::Arc;
use std::time::Duration;

use super::capture::Captured;
use super::event::{RuntimeEvent, Waiting};
use super::expression::YEAR;
use super::hearing::{FreeHearing, Wanted};
use super::interpreter::Run;
use super::problem::{Step, code};
use super::scope::Last;
use super::template::is_command_line;
use super::value::ShownDuration;
use crate::at::{Answer, Line, PromptPlan, Question};
use crate::catalogue::{Prospect, prospect};
use crate::check::tries_pin;
use crate::conversation::Mode;
use crate::source::Span;
use crate::syntax::ast::{Alternatives, Clause, ClauseKind, Exchange, PromptEnd, Send, SendForm, Template};

/// A question that is ready to be sent.
pub(super) struct Asked {
    /// Without its CR.
    pub(super) text: String,
    pub(super) question: Arc<Question>,
    pub(super) span: Span,
    /// An AT command line: it is answered with a final result code.
    pub(super) is_command: bool,
    /// Its answer tells which module it is.
    names_module: bool,
}

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

    /// The question of a `send` and what stands under it, the values in place.
    pub(super) fn asked(&self, send: &Send, clauses: &[Clause]) -> Step<Asked> {
        let mut text = self.command(&send.text, send.form == SendForm::Raw)?;
        // In data mode the other end may understand AT as well.
        let is_data = self.conversation.mode() == Mode::Data { sure: true };
        let is_command = match send.form {
            SendForm::At => true,
            SendForm::Text => !is_data && is_command_line(&text),
            SendForm::Raw => !is_data && text.strip_suffix('\r').is_some_and(is_command_line),
        };
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text.as_bytes());
        if send.form != SendForm::Raw {
            bytes.push(b'\r');
        }
        text.truncate(text.trim_end_matches('\r').len());
        let Prospect { mut expected, longest, names_module, needs_unsafe } =
            if is_command { prospect(&text, self.conversation.module()) } else { Prospect::default() };
        if let Some(why) = needs_unsafe.filter(|_| self.in_unsafe == 0) {
            let what = format!("{text} stands outside of `unsafe`: {why}");
            let help = "if that is meant, say why: `unsafe \"why\" { … }`";
            return Err(self.refuse(self.problem(code::NEEDS_UNSAFE, send.span, what).sent(text).help(help)));
        }
        if self.in_retry > 0
            && is_command
            && let Some(command) = tries_pin(&text)
        {
            let what = format!("`{command}` in a `retry`: each wrong try uses up one of the SIM's few attempts");
            let help = "send it once, outside of the `retry`";
            return Err(self.refuse(self.problem(code::PIN_IN_RETRY, send.span, what).sent(text).help(help)));
        }
        expected.free = !is_command;
        let timeout = match &send.within {
            Some(within) => self.duration(within)?,
            None => self.scope.timeout.max(longest.unwrap_or_default()),
        };
        let prompt = self.prompt_plan(clauses)?;
        let question = Arc::new(Question { bytes, expected, timeout: self.scaled(timeout), prompt });
        Ok(Asked { text, question, span: send.span, is_command, names_module })
    }

    /// A timeout as it is on this run.
    pub(super) fn scaled(&self, timeout: Duration) -> Duration {
        if self.inputs.timeout_scale == 1.0 {
            return timeout.min(YEAR);
        }
        let seconds = timeout.as_secs_f64() * self.inputs.timeout_scale.max(0.0);
        Duration::try_from_secs_f64(seconds).map_or(YEAR, |timeout| timeout.min(YEAR))
    }

    #[inline(never)]
    fn prompt_plan(&self, clauses: &[Clause]) -> Step<PromptPlan> {
        let mark = |mark: &Option<Template>| mark.as_ref().map(|mark| self.text(mark)).transpose();
        for clause in clauses {
            match &clause.kind {
                ClauseKind::PromptReply { mark: text, text: reply, end } => {
                    let mut bytes = self.reply(reply)?.into_bytes();
                    match end {
                        PromptEnd::CtrlZ => bytes.push(0x1A),
                        PromptEnd::Cr => bytes.push(b'\r'),
                        PromptEnd::Esc => bytes.push(0x1B),
                        PromptEnd::Nothing => {}
                    }
                    return Ok(PromptPlan::Reply { mark: mark(text)?, bytes });
                }
                ClauseKind::PromptCancel { mark: text } => return Ok(PromptPlan::Cancel { mark: mark(text)? }),
                ClauseKind::Expect(_)
                | ClauseKind::ExpectNothing { .. }
                | ClauseKind::Capture { .. }
                | ClauseKind::CapturePattern(_)
                | ClauseKind::CaptureAll { .. } => {}
            }
        }
        Ok(PromptPlan::Unexpected)
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
        let written = self.conversation.write(&asked.question.bytes, &mut self.hearing);
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
                self.scope.last = Last { sent: Some(asked.text.as_str().into()), lines, result, elapsed };
                Ok(())
            }
            Err(trouble) => {
                let lines = trouble.received().to_vec();
                self.scope.last = Last { sent: Some(asked.text.as_str().into()), lines, ..Last::default() };
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
        Err(self.fail(problem.sent(&asked.text)))
    }

    /// From here on what is known of the module holds: its times, its quirks, the meanings of its answers.
    fn meet(&mut self, lines: &[Line]) {
        let before = self.conversation.module();
        if let Some(module) = self.conversation.meet(lines)
            && before.is_none_or(|before| before.id != module.id)
        {
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
                let problem = problem.also(asked.span, format!("{line} came")).sent(&asked.text);
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
