//! How a run ended, and why.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::problem::code;
use crate::connect::Address;
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{Position, Source, Span};
use crate::value::Value;

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub status: Status,
    /// Where the status is failed, unreachable or interrupted.
    pub failure: Option<Box<Failure>>,
    /// Where the status is skipped: the script's words.
    pub skipped: Option<String>,
    /// Questions that were sent.
    pub exchanges: u64,
    /// `ensure`s that had to change something; with `--plan`: that would have.
    pub changed: u64,
    /// `ensure`s that found all as it should be.
    pub unchanged: u64,
    /// The columns of `report`, in that order; without one, all captures.
    pub report: Vec<(String, Value)>,
    pub elapsed: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Passed,
    Failed,
    /// `skip`: there was nothing to do for this modem
    Skipped,
    /// The port was lost
    Unreachable,
    /// Ctrl-C
    Interrupted,
}

impl Status {
    /// As it stands in results: `passed`.
    pub fn name(self) -> &'static str {
        match self {
            Status::Passed => "passed",
            Status::Failed => "failed",
            Status::Skipped => "skipped",
            Status::Unreachable => "unreachable",
            Status::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a script ended. Secrets are masked in all of it, the source included.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Stable: `hayes::run::timeout`.
    pub code: &'static str,
    /// What is wrong, in one sentence without a final full stop.
    pub message: String,
    pub source: Arc<Source>,
    /// The first label is the place at fault; then the question, where that is another line.
    pub labels: Vec<Label>,
    /// The question, without its CR.
    pub sent: Option<String>,
    /// The lines of the answer.
    pub answer: Vec<String>,
    /// The final result code, as it came.
    pub result: Option<String>,
    /// What the answer means.
    pub meaning: Option<String>,
    /// What usually mends it.
    pub help: Option<String>,
    /// Where the script was called by `run`: the innermost first.
    pub called_from: Vec<Call>,
}

/// A `run` statement that led to a failure.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub source: Arc<Source>,
    pub span: Span,
}

impl Outcome {
    /// Names the program that reads along on the port without a lock, where an answer was missed: it takes what the modem
    /// says before we see it.
    pub fn name_eavesdropper(&mut self, address: &Address) {
        let Some(failure) = self.failure.as_mut().filter(|failure| failure.lacks_something()) else { return };
        let Some(holder) = address.others().into_iter().next() else { return };
        let help =
            format!("{holder} reads on this port too, and takes what the modem says: end it (kill {})", holder.pid);
        failure.help = Some(match failure.help.take() {
            Some(before) => format!("{help}\n{before}"),
            None => help,
        });
    }
}

impl Failure {
    /// Whether it may have come of bytes that another program has read.
    fn lacks_something(&self) -> bool {
        const SUCH: [&str; 5] =
            [code::TIMEOUT, code::OUT_OF_STEP, code::NO_PROMPT, code::NO_MATCH, code::CAPTURE_MISSING];
        SUCH.contains(&self.code)
    }

    /// The place at fault.
    pub fn span(&self) -> Span {
        self.labels.first().map(|label| label.span).unwrap_or_default()
    }

    /// Line and column of the place at fault, counted from 1.
    pub fn position(&self) -> Position {
        self.source.position(self.span().start as usize)
    }

    /// What the answer means, what usually mends it, and by which `run` the script was called.
    fn advice(&self) -> Option<String> {
        let calls = self.called_from.iter().map(|call| {
            let position = call.source.position(call.span.start as usize);
            format!("called from {}:{}", call.source.name, position.line)
        });
        let parts: Vec<String> = self.meaning.iter().cloned().chain(self.help.iter().cloned()).chain(calls).collect();
        (!parts.is_empty()).then(|| parts.join("\n"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<&Failure> for Diagnostic {
    fn from(failure: &Failure) -> Diagnostic {
        Diagnostic {
            code: failure.code,
            severity: Severity::Error,
            message: failure.message.clone(),
            labels: failure.labels.clone(),
            help: failure.advice(),
            source: Arc::clone(&failure.source),
        }
    }
}
