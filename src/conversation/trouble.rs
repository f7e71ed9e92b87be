//! Why a question has no answer.

use std::time::Duration;

use crate::at::session::{Failure, FailureKind};
use crate::at::{Answer, Line};
use crate::port::Fault;

pub use crate::at::session::Silence;

/// Why a question has no answer, or a wait no end. `received` is what had come until then: the lines of the answer,
/// and last the line that had not ended yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It did not come in time. The next question first brings the modem into step again.
    Timeout { waited: Duration, silence: Silence, received: Vec<Line> },
    /// The port is gone: unplugged, hung up; the system's words
    Lost { why: String, received: Vec<Line> },
    /// The port was told to stop (Ctrl-C)
    Interrupted { received: Vec<Line> },
    /// A listener said [`crate::at::Flow::Stop`] to this line
    Stopped { line: Line, received: Vec<Line> },
    /// The modem asked for data and nothing was said about it; it was cancelled with ESC
    UnexpectedPrompt { prompt: Line, received: Vec<Line> },
    /// The modem was to ask for data and succeeded without doing so
    NoPrompt { mark: String, answer: Answer },
    /// After a timeout: the modem did not come into step again, so the question was not sent
    OutOfStep { tries: u32, waited: Duration, received: Vec<Line> },
    /// The modem was to restart and answered all the time
    NeverGone { waited: Duration },
    /// The modem was to restart, and did not answer again; `is_lost`: nor did its port come back
    NeverBack { waited: Duration, is_lost: bool, received: Vec<Line> },
    /// `+++` did not bring the modem back from data mode
    InDataMode { waited: Duration },
    /// The port could not do it
    Port { fault: Fault, received: Vec<Line> },
}

impl Trouble {
    /// What had come until then.
    pub fn received(&self) -> &[Line] {
        match self {
            Trouble::InDataMode { .. } | Trouble::NeverGone { .. } => &[],
            Trouble::Timeout { received, .. }
            | Trouble::NeverBack { received, .. }
            | Trouble::Lost { received, .. }
            | Trouble::Interrupted { received }
            | Trouble::Stopped { received, .. }
            | Trouble::UnexpectedPrompt { received, .. }
            | Trouble::OutOfStep { received, .. }
            | Trouble::Port { received, .. } => received,
            Trouble::NoPrompt { answer, .. } => &answer.lines,
        }
    }

    pub(super) fn of(fault: Fault, received: Vec<Line>) -> Trouble {
        match fault {
            Fault::Lost(why) => Trouble::Lost { why, received },
            Fault::Interrupted => Trouble::Interrupted { received },
            Fault::WriteTimeout { .. } | Fault::Unsupported(_) | Fault::System(_) => Trouble::Port { fault, received },
        }
    }
}

impl From<Box<Failure>> for Trouble {
    fn from(failure: Box<Failure>) -> Trouble {
        let Failure { kind, waited, received } = *failure;
        match kind {
            FailureKind::Timeout(silence) => Trouble::Timeout { waited, silence, received },
            FailureKind::Stopped(line) => Trouble::Stopped { line, received },
            FailureKind::UnexpectedPrompt(prompt) => Trouble::UnexpectedPrompt { prompt, received },
            FailureKind::NoPrompt { mark, answer } => Trouble::NoPrompt { mark, answer },
            FailureKind::OutOfStep { tries } => Trouble::OutOfStep { tries, waited, received },
        }
    }
}
