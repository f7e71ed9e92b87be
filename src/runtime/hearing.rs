//! Stands between the conversation and who listens: masks secrets, and watches for the lines of `abort on`.

use std::sync::Arc;
use std::time::Duration;

use super::event::{Listener, RuntimeEvent};
use super::secret::Mask;
use crate::at::{self, Event, Flow};
use crate::check::Program;
use crate::source::{Source, Span};
use crate::syntax::ast::{Alternatives, Pattern};

pub(super) struct Hearing<'r> {
    pub(super) listener: &'r mut dyn Listener,
    pub(super) mask: Mask,
    pub(super) aborts: Vec<Abort>,
    /// `finally` is not aborted by what ended the script.
    pub(super) aborts_hold: bool,
    /// Which of them stopped the conversation.
    pub(super) stopped_by: Option<usize>,
}

/// An `abort on` that holds.
#[derive(Clone)]
pub(super) struct Abort {
    pub(super) program: Arc<Program>,
    pub(super) source: Arc<Source>,
    pub(super) span: Span,
    pub(super) patterns: Alternatives,
    /// The values of each pattern's `${…}`.
    pub(super) values: Vec<Vec<String>>,
    pub(super) why: Option<String>,
}

impl at::Listener for Hearing<'_> {
    fn event(&mut self, now: Duration, event: &Event<'_>) {
        let listener = &mut *self.listener;
        if self.mask.is_empty() {
            return listener.on_event(now, RuntimeEvent::Session(*event));
        }
        self.mask.event(event, &mut |event| listener.on_event(now, RuntimeEvent::Session(event)));
    }

    fn line(&mut self, line: &[u8]) -> Flow {
        if !self.aborts_hold || self.aborts.is_empty() {
            return Flow::GoOn;
        }
        match self.aborts.iter().position(|abort| matches(&abort.program, &abort.patterns, &abort.values, line)) {
            Some(index) => {
                self.stopped_by = Some(index);
                Flow::Stop
            }
            None => Flow::GoOn,
        }
    }
}

/// Hears the answer to a text that is no AT command: it ends when a line has matched each thing that is wanted.
pub(super) struct FreeHearing<'h, 'r> {
    pub(super) hearing: &'h mut Hearing<'r>,
    pub(super) program: &'h Program,
    /// What no line has matched so far: any of these patterns, with the values of its `${…}`.
    pub(super) wanted: Vec<Sought<'h>>,
}

/// Patterns of which one is enough, with the values of their `${…}`.
pub(super) type Sought<'h> = Vec<(&'h [Pattern], &'h [Vec<String>])>;

impl at::Listener for FreeHearing<'_, '_> {
    fn event(&mut self, now: Duration, event: &Event<'_>) {
        self.hearing.event(now, event);
    }

    fn line(&mut self, line: &[u8]) -> Flow {
        if self.hearing.line(line) == Flow::Stop {
            return Flow::Stop;
        }
        let came =
            |sought: &Sought<'_>| sought.iter().any(|(patterns, values)| matches(self.program, patterns, values, line));
        self.wanted.retain(|sought| !came(sought));
        // Nothing but positional captures is wanted: any line may hold them.
        if self.wanted.is_empty() { Flow::Enough } else { Flow::GoOn }
    }
}

/// Whether a line matches one of a program's patterns.
pub(super) fn matches(program: &Program, patterns: &[Pattern], values: &[Vec<String>], line: &[u8]) -> bool {
    let mut known = patterns.iter().zip(values);
    known.any(|(pattern, values)| program.matcher(pattern).is_some_and(|matcher| matcher.matches(line, values)))
}
