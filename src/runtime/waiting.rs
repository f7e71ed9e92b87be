//! `await`, `sleep`: what comes by itself, and time that passes.
//!
//! Without `within` an `await` waits as long as an answer may take: the script's `timeout`.

use std::sync::Arc;
use std::time::Duration;

use super::capture::{self, Captured};
use super::event::{RuntimeEvent, Waiting};
use super::interpreter::Run;
use super::problem::{Step, code};
use super::scope::Last;
use crate::at::Line;
use crate::notation::ShownDuration;
use crate::source::Span;
use crate::syntax::ast::{Alternatives, Await, AwaitTarget, Clause, ClauseKind, Expression};

impl Run<'_> {
    #[inline(never)]
    pub(super) fn wait(&mut self, wait: &Await, span: Span) -> Step {
        if self.inputs.plan && self.left_out {
            return self.plan_ends("it waits for something that was not set off");
        }
        let within = match &wait.within {
            Some(within) => self.duration(within)?,
            None => self.scope.timeout,
        };
        let within = self.scaled(within);
        match &wait.target {
            AwaitTarget::Line(patterns) => self.wait_for_line(patterns, &wait.clauses, within, span),
            AwaitTarget::Quiet { duration } => {
                let quiet = self.duration(duration)?;
                // Without a bound of its own it must at least be possible.
                let within = if wait.within.is_some() { within } else { within.max(quiet * 2) };
                self.wait_for_quiet(quiet, within, span)
            }
            AwaitTarget::Prompt { text } => {
                let text = self.text(text)?;
                self.wait_for_prompt(&text, within, span)
            }
        }
    }

    fn wait_for_line(&mut self, patterns: &Alternatives, clauses: &[Clause], within: Duration, span: Span) -> Step {
        let values = self.alternatives_values(patterns)?;
        let clause_values = self.clause_values(clauses)?;
        let wanted = self.patterns_text(patterns, &values);
        self.tell_wait(Waiting::Line { patterns: &self.hearing.mask.string(wanted.clone()) }, within);
        let started = self.conversation.now();
        let program = Arc::clone(&self.scope.program);
        let mut matches = |line: &[u8]| {
            patterns
                .iter()
                .zip(&values)
                .any(|(pattern, values)| program.matcher(pattern).is_some_and(|matcher| matcher.matches(line, values)))
        };
        let line = match self.conversation.await_line(started + within, &mut matches, &mut self.hearing) {
            Ok(Some(line)) => line,
            Ok(None) => {
                let what = format!("no line {wanted} came within {}", ShownDuration(within));
                let problem = self.problem(code::TIMEOUT, span, what).label("waited for this");
                return Err(self.fail(problem.help("give it more time with `within`")));
            }
            Err(trouble) => return Err(self.trouble(trouble, None, span)),
        };
        let elapsed = self.conversation.now().saturating_sub(started);
        self.scope.last = Last { lines: vec![line], elapsed, ..Last::default() };
        let mut captured = Captured::new();
        for (clause, values) in clauses.iter().zip(&clause_values) {
            captured.extend(self.capture_awaited(clause, values)?);
        }
        self.keep(captured);
        Ok(())
    }

    fn capture_awaited(&self, clause: &Clause, values: &[Vec<String>]) -> Step<Captured> {
        let lines = &self.scope.last.lines;
        let captured = match &clause.kind {
            ClauseKind::Capture { fields } => capture::fields(fields, lines, None),
            ClauseKind::CaptureAll { fields, record } => {
                capture::all(fields, lines, None).map(|records| vec![(record.value.clone(), records)])
            }
            ClauseKind::CapturePattern(patterns) => {
                let Some(line) = lines.first() else { return Ok(Captured::new()) };
                match self.capture_line(patterns, values, line)? {
                    Some(captured) => captured,
                    None => {
                        let wanted = self.patterns_text(patterns, values);
                        let what = format!("{} came, which does not match {wanted}", line.text());
                        let problem = self.problem(code::NO_MATCH, clause.span, what);
                        return Err(self.fail(problem.answer(vec![line.text()], None)));
                    }
                }
            }
            ClauseKind::Expect(_)
            | ClauseKind::ExpectNothing { .. }
            | ClauseKind::PromptReply { .. }
            | ClauseKind::PromptCancel { .. } => return Ok(Captured::new()),
        };
        captured.map_err(|miss| self.missed(None, clause.span, miss))
    }

    fn wait_for_quiet(&mut self, quiet: Duration, within: Duration, span: Span) -> Step {
        self.tell_wait(Waiting::Quiet { duration: quiet }, within);
        let until = self.conversation.now() + within;
        match self.conversation.quiet(quiet, until, &mut self.hearing) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let (quiet, within) = (ShownDuration(quiet), ShownDuration(within));
                let what = format!("the modem was never quiet for {quiet} in {within}");
                Err(self.fail(self.problem(code::TIMEOUT, span, what)))
            }
            Err(trouble) => Err(self.trouble(trouble, None, span)),
        }
    }

    fn wait_for_prompt(&mut self, text: &str, within: Duration, span: Span) -> Step {
        let shown = self.hearing.mask.text(text).into_owned();
        self.tell_wait(Waiting::Prompt { text: &shown }, within);
        let until = self.conversation.now() + within;
        match self.conversation.prompt(text.as_bytes(), until, &mut self.hearing) {
            Ok(true) => {
                self.scope.last = Last { lines: vec![Line { bytes: text.into() }], ..Last::default() };
                Ok(())
            }
            Ok(false) => {
                let what = format!("no `{text}` came within {}", ShownDuration(within));
                Err(self.fail(self.problem(code::TIMEOUT, span, what).label("waited for this")))
            }
            Err(trouble) => Err(self.trouble(trouble, None, span)),
        }
    }

    pub(super) fn sleep(&mut self, duration: &Expression, span: Span) -> Step {
        let duration = self.duration(duration)?;
        self.tell_wait(Waiting::Sleep, duration);
        self.pause(duration, span)
    }

    /// Lets time pass; what comes meanwhile is heard.
    pub(super) fn pause(&mut self, duration: Duration, span: Span) -> Step {
        self.conversation.sleep(duration, &mut self.hearing).map_err(|trouble| self.trouble(trouble, None, span))
    }

    pub(super) fn tell_wait(&mut self, what: Waiting<'_>, at_most: Duration) {
        self.tell(RuntimeEvent::Waiting { what, at_most });
    }
}
