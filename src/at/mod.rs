//! The AT protocol: bytes → lines → events. No I/O, no clock: it is given bytes and the time, and gives back bytes to
//! send, events, and the next deadline. Time is the [`Duration`] since the port was opened.
//!
//! Here stand its terms: a question and what is known of its answer, the answer, and the events meanwhile.

mod body;
pub mod command;
pub mod echo;
pub mod knowledge;
pub mod lines;
pub mod parameters;
pub mod result_code;
pub mod session;
mod shape;
#[cfg(test)]
#[path = "../../tests/units/at.rs"]
mod tests;

use std::ops::Range;
use std::time::Duration;

pub use command::Form;
pub use knowledge::{Knowledge, Likeness, Unasked};
use result_code::Verbosity;
pub use result_code::{NumberedError, ResultCode};
use serde::Serialize;
pub use shape::Shape;

use crate::notation::text;

/// One question: what goes out, and what is known of what comes back.
#[derive(Debug, Clone, Default)]
pub struct Question {
    bytes: Vec<u8>,
    /// Where the names of its extended commands stand in it, and each one's form: lines of the answer may carry them.
    names: Vec<(Range<usize>, Form)>,
    /// `ATV`, and what may set it: `ATZ`, `AT&F`
    sets_verbosity: Option<Verbosity>,
    /// `ATZ`, `AT&F`
    may_reset_verbosity: bool,
    /// `ATE`
    sets_echo: Option<bool>,
    /// `ATO`: back to the connection that was escaped from (V.250 §6.3.7)
    resumes: bool,
    pub expected: Expected,
    pub timeout: Duration,
    pub prompt: PromptPlan,
    /// When it has asked at the latest, counted from the start.
    prompt_within: Duration,
}

impl Question {
    /// `bytes` are exactly what is written, the CR included.
    pub fn new(bytes: impl Into<Vec<u8>>, expected: Expected, timeout: Duration, prompt: PromptPlan) -> Question {
        let bytes = bytes.into();
        let mut question = Question { expected, timeout, prompt, prompt_within: timeout, ..Question::default() };
        let line = std::str::from_utf8(bytes.trim_ascii_end()).ok().and_then(command::parse);
        for command in line.into_iter().flat_map(|line| line.commands) {
            if command.is_extended() {
                let start = command.range.start;
                question.names.push((start..start + command.name.len(), command.form));
            }
            if command.is("V") {
                // `ATV0` is itself answered in digits already.
                let is_digits = matches!(command.argument, "" | "0");
                question.sets_verbosity = Some(if is_digits { Verbosity::Digits } else { Verbosity::Unknown });
            }
            if command.is("E") {
                question.sets_echo = Some(!matches!(command.argument, "" | "0"));
            }
            if command.is("Z") || command.is("&F") {
                // Its own answer may come in the form that it resets to, or the next one.
                (question.sets_verbosity, question.may_reset_verbosity) = (Some(Verbosity::Unknown), true);
            }
            question.resumes |= command.is("O");
        }
        Question { bytes, ..question }
    }

    /// The modem asks for data in this time, or not at all.
    pub fn with_prompt_within(self, prompt_within: Duration) -> Question {
        Question { prompt_within, ..self }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether data stand in its answer, or are given to its prompt.
    pub fn carries_data(&self) -> bool {
        let is_plain = matches!(self.expected.shape, Shape::Unknown | Shape::None | Shape::Prefixed | Shape::Bare);
        self.prompt != PromptPlan::Unexpected || !is_plain && self.expected.shape != Shape::Text
    }

    /// The extended commands, as they are written: `+CREG`.
    pub fn names(&self) -> impl Iterator<Item = (&[u8], Form)> {
        self.names.iter().map(|(name, form)| (self.bytes.get(name.clone()).unwrap_or_default(), *form))
    }

    /// The form of the command whose prefix this line carries; `None` where it is no line of the answer's own.
    pub fn form_of(&self, line: &[u8]) -> Option<Form> {
        if let Some((_, form)) = self.names().find(|(name, _)| carries(line, name)) {
            return Some(form);
        }
        // What else is known to stand there: `+ICCID` in the answer to `AT+CICCID`.
        let is_known = self.expected.prefixes.iter().any(|prefix| carries(line, prefix.as_bytes()));
        is_known.then(|| self.names.first().map_or(Form::Execute, |(_, form)| *form))
    }
}

/// `+CREG` is carried by `+CREG: 2,1`, `+CREG:2,1`, `+CREG : 1` and `+CREG`, in any case; not by `+CREGX: 1`.
fn carries(line: &[u8], prefix: &[u8]) -> bool {
    // What stands behind the prefix tells nearly all other lines.
    match (line.get(prefix.len()), line.get(prefix.len() + 1)) {
        (None | Some(b':'), _) | (Some(b' '), Some(b':')) => {
            line.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
        }
        (Some(_), _) => false,
    }
}

/// What the catalogue, or else the command's name, tells of an answer (protocol.md, rule 4).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// The prefixes that a line of this answer may carry, without the colon: `+CREG`; several for several commands
    /// in a line. Empty where nothing is known: then any line that is no URC belongs to the answer.
    pub prefixes: Vec<&'static str>,
    pub shape: Shape,
    /// Vendors' final result codes that end this answer, and whether each is a success: `("SEND OK", true)`.
    pub finals: Vec<(&'static str, bool)>,
    /// Dial, answer and data commands: `NO CARRIER`, `BUSY`, … are final (rule 3).
    pub call_control: bool,
    /// Lines that end the data mode which this command opens, beside `NO CARRIER`: `DISCONNECT` (rule 3).
    pub data_ends: &'static [&'static str],
    /// A quirk: this command never sends a final result code; its first line (or silence) ends it.
    pub without_final: bool,
    /// Its OK comes first, and the data that it counts behind it (`AT+SHREAD` of SIMCom).
    pub data_after_ok: bool,
    /// A line of its own stands at the end of the content behind its `CONNECT`: `+QFDWL: 12,3e`
    pub closes: bool,
    /// A line that asks for data (`^SISW: 0,10,0`) tells by this value, from 0, how many bytes of them it takes.
    pub granted: Option<usize>,
    /// Any character aborts it while it runs (`AT+COPS=?`, `ATD`): 27.007 §5.6.1 of V.250.
    pub abortable: bool,
    /// The result of a `send` that is no AT command: there may be no final result code; the caller says when it ends.
    pub free: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PromptPlan {
    /// None is expected: one that comes is cancelled with ESC and is an error.
    #[default]
    Unexpected,
    /// Give it this, the end included. `mark` is the prompt's text (else `>`), or how its line begins: `^SISW:`
    Reply { mark: Option<String>, bytes: Vec<u8> },
    /// Send ESC.
    Cancel { mark: Option<String> },
}

impl PromptPlan {
    /// The text of the prompt that is expected, without the blank behind it.
    pub fn mark(&self) -> Option<&str> {
        match self {
            PromptPlan::Reply { mark: Some(mark), .. } | PromptPlan::Cancel { mark: Some(mark) } => {
                Some(mark.trim_end())
            }
            PromptPlan::Reply { mark: None, .. } | PromptPlan::Cancel { mark: None } => Some(">"),
            PromptPlan::Unexpected => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The information response: every line that belongs to it, without line ends, without echo, without URCs.
    pub lines: Vec<Line>,
    /// The content that it carries, as it came: counted data, what stands behind a `CONNECT`, the text of a message.
    pub body: Vec<u8>,
    /// Not all of it is kept: more than 1 MiB came.
    pub is_cut: bool,
    /// `None` only where there is none: a free text's answer, a quirk.
    pub result: Option<ResultCode>,
    /// From the question's last byte to the answer's end.
    pub elapsed: Duration,
}

/// One whole line as it came, without its line end; a header with a counted body holds the body's bytes as well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    pub bytes: Vec<u8>,
}

impl Line {
    /// The line as text: UTF-8 where it is, else each byte over 0x7F as `\xNN`.
    pub fn text(&self) -> String {
        text(&self.bytes).into_owned()
    }
}

/// One line as it is to be shown to a listener, borrowed: a flood of URCs costs no allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// What the session was asked to write, or wrote itself to come into step again
    Sent { bytes: &'a [u8], why: Why },
    /// What was sent, as it came back
    Echo(&'a [u8]),
    /// A line of the answer
    Response(&'a [u8]),
    /// The line that ended the answer
    Final { line: &'a [u8], result: &'a ResultCode },
    /// A line that the modem sent by itself
    Urc(&'a [u8]),
    /// The modem asks for data: the prompt as it came
    Prompt(&'a [u8]),
    /// A line that belongs to no answer and is no known URC: a late answer, garbage
    Stray(&'a [u8]),
    /// A line, or a piece, of what the other end of a connection says in data mode
    Data(&'a [u8]),
    /// What had come of a line when the port was lost
    Partial(&'a [u8]),
    /// The oldest queued URCs were given up
    Dropped { lines: usize },
    /// A line longer than the bound was cut here
    Truncated { bytes: usize },
    /// Something to tell the user: an ambiguity, a resynchronisation
    Notice(&'a str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The script's question
    Question,
    Reply,
    /// ESC, because a prompt was open
    Cancel,
    /// The character that aborts a running command
    Abort,
    /// After a timeout, to come into step again
    Resynchronise,
}

/// Is told everything, in the order in which it happened.
pub trait Hearer {
    fn event(&mut self, now: Duration, event: &Event<'_>);

    /// Each whole line that the modem sent by itself or as an answer, its final result code included; no echo, no
    /// prompt. It comes after the event that tells what the line is.
    fn line(&mut self, line: &[u8]) -> Verdict {
        let _ = line;
        Verdict::GoOn
    }
}

/// What is to happen after a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    GoOn,
    /// This line is what was waited for: ends a free question with all lines so far as its answer. Elsewhere the same
    /// as [`Verdict::GoOn`].
    Enough,
    /// Ends whatever is going on, at once: `abort on`.
    Stop,
}

impl Hearer for () {
    fn event(&mut self, _now: Duration, _event: &Event<'_>) {}
}
