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

impl Abort {
    fn matches(&self, line: &[u8]) -> bool {
        self.patterns
            .iter()
            .zip(&self.values)
            .any(|(pattern, values)| self.program.matcher(pattern).is_some_and(|matcher| matcher.matches(line, values)))
    }
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
        match self.aborts.iter().position(|abort| abort.matches(line)) {
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
    pub(super) wanted: Vec<Wanted<'h>>,
}

/// One of these patterns.
pub(super) struct Wanted<'h> {
    pub(super) patterns: &'h [Pattern],
    pub(super) values: &'h [Vec<String>],
    pub(super) found: bool,
}

impl at::Listener for FreeHearing<'_, '_> {
    fn event(&mut self, now: Duration, event: &Event<'_>) {
        self.hearing.event(now, event);
    }

    fn line(&mut self, line: &[u8]) -> Flow {
        if self.hearing.line(line) == Flow::Stop {
            return Flow::Stop;
        }
        for wanted in self.wanted.iter_mut().filter(|wanted| !wanted.found) {
            wanted.found = wanted.patterns.iter().zip(wanted.values).any(|(pattern, values)| {
                self.program.matcher(pattern).is_some_and(|matcher| matcher.matches(line, values))
            });
        }
        // Nothing but positional captures is wanted: any line may hold them.
        if self.wanted.iter().all(|wanted| wanted.found) { Flow::Enough } else { Flow::GoOn }
    }
}
