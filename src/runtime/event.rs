//! What a run tells while it goes on. The runner never prints: the terminal, JSON Lines, the REPL and a batch are
//! listeners. Secrets are masked in everything that is told.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::failure::Failure;
use super::outcome::Status;
use crate::at::Event;
use crate::catalogue::entry::Module;
use crate::port::Fault;
use crate::source::{Source, Span};
use crate::value::{Record, Value};

/// Hears what happens. Every event is borrowed: who does not listen pays for no copy.
pub trait Listener {
    /// `now` is the time since the port was opened.
    fn on_event(&mut self, now: Duration, event: RuntimeEvent<'_>);

    /// Asks a person: what was typed, or why nothing was; `None` where there is nobody. What is secret is not shown. So
    /// many interruptions were heeded already: one more ends the question.
    fn ask(&mut self, _question: &str, _is_secret: bool, _heeded: usize) -> Option<Result<String, Fault>> {
        None
    }
}

/// Both hear; neither asks.
impl<A: Listener, B: Listener> Listener for (A, B) {
    fn on_event(&mut self, now: Duration, event: RuntimeEvent<'_>) {
        self.0.on_event(now, event);
        self.1.on_event(now, event);
    }
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Listener for Silent {
    fn on_event(&mut self, _now: Duration, _event: RuntimeEvent<'_>) {}
}

#[derive(Debug, Clone, Copy)]
pub enum RuntimeEvent<'a> {
    /// A script begins: the one asked for (depth 0), or one that `run` names
    ScriptStarted { script: &'a str, depth: usize },
    /// It has ended so
    ScriptEnded { script: &'a str, depth: usize, status: Status },
    /// With `--only`: a part begins, or is left out
    Part { part: &'a str, runs: bool },
    /// A statement begins; `span` is its first line in `source`
    Statement { source: &'a Arc<Source>, span: Span },
    /// What was sent and received
    Session(Event<'a>),
    /// The script waits: for what, and how long that may take at most
    Waiting { what: Waiting<'a>, at_most: Duration },
    /// An exchange is over, its `expect` and `capture` lines included; `sent` is the question without its CR
    ExchangeEnded { sent: &'a str, passed: bool, elapsed: Duration },
    /// A name was set by a `capture`
    Captured { name: &'a str, value: &'a Value },
    /// A `retry` block failed, for the `attempt`th time, counted from 1; of how many at most, where it is counted
    AttemptFailed { attempt: u64, of: Option<u64>, failure: &'a Failure },
    /// It passed in the end, or was left, after `attempts` of which all but the last one failed
    RetryEnded { attempts: u64 },
    /// A `retry` pauses before its next attempt, or a guard waits; what a `retry` has left: `4min left`, `3 of 5`
    Pause { duration: Duration, left: Option<&'a str> },
    /// A `try` took a failure: the script goes on
    Caught { failure: &'a Failure },
    /// A `check` did not hold: the script goes on, and fails at its end
    CheckFailed { failure: &'a Failure },
    /// Ctrl-C, or a time limit, ends the script; whether a `finally` still runs
    Interrupted { has_finally: bool },
    /// `finally` failed after the script had: what it was to put right may not be
    FinallyFailed { failure: &'a Failure },
    /// `log "…"`
    Log { text: &'a str },
    /// An `ensure` is done; `question` is what it asked
    Ensured { question: &'a str, change: Change },
    /// `--plan`: what is left out, what would be sent, why it ends here
    Plan { note: &'a str },
    /// Which module this is, as an answer has told it: now, or before this run on the same port
    Met { module: &'static Module },
    /// `report`: a column was set
    Reported { name: &'a str, value: &'a Value },
    /// `report row`
    Row { columns: &'a Record },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting<'a> {
    Answer {
        sent: &'a str,
    },
    /// A line that comes by itself: the patterns as they are written
    Line {
        patterns: &'a str,
    },
    /// Until nothing has come for so long
    Quiet {
        duration: Duration,
    },
    /// A text without a line end
    Prompt {
        text: &'a str,
    },
    /// The modem going away and coming back
    Reboot,
    /// `sleep`
    Sleep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It was as it should be
    Unchanged,
    /// It was not, and now it is
    Changed,
    /// It is not; `--plan` leaves it so
    WouldChange,
}
