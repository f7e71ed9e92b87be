//! Why a question has no answer.

use std::time::Duration;

use crate::at::{Answer, Line};
use crate::port::Fault;

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
    /// The port could not do it
    Port { fault: Fault, received: Vec<Line> },
}

/// How silent the modem was when time ran out: what to tell the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Not a byte came: no power, wrong port, wrong speed, asleep, or no result codes (`ATQ1`)
    Total,
    /// The echo came and nothing else: no result codes (`ATQ1`), or the command takes longer
    AllButEcho,
    /// Lines came, but no final result code
    NoFinal,
    /// The prompt that was waited for did not come
    NoPrompt,
    /// Bytes came, most of them not text: a wrong speed
    Garbage,
}

impl Trouble {
    /// What had come until then.
    pub fn received(&self) -> &[Line] {
        match self {
            Trouble::Timeout { received, .. }
            | Trouble::Lost { received, .. }
            | Trouble::Interrupted { received }
            | Trouble::Stopped { received, .. }
            | Trouble::UnexpectedPrompt { received, .. }
            | Trouble::OutOfStep { received, .. }
            | Trouble::Port { received, .. } => received,
            Trouble::NoPrompt { answer, .. } => &answer.lines,
        }
    }
}
