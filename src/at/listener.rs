//! Who hears what a session does: the transcript, the report, the patterns of an `abort on`.

use std::time::Duration;

use super::answer::Event;

/// Is told everything, in the order in which it happened.
pub trait Listener {
    fn event(&mut self, now: Duration, event: &Event<'_>);

    /// Each whole line that the modem sent by itself or as an answer, its final result code included; no echo, no
    /// prompt. It comes after the event that tells what the line is.
    fn line(&mut self, line: &[u8]) -> Flow {
        let _ = line;
        Flow::GoOn
    }
}

/// What is to happen after a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    GoOn,
    /// This line is what was waited for: ends a free question with all lines so far as its answer. Elsewhere the same
    /// as [`Flow::GoOn`].
    Enough,
    /// Ends whatever is going on, at once: `abort on`.
    Stop,
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deaf;

impl Listener for Deaf {
    fn event(&mut self, _now: Duration, _event: &Event<'_>) {}
}
