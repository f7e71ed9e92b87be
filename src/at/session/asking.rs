//! One question that is open, what has come of its answer, how it may end, and what the modem owes where it is given up.

use std::sync::Arc;
use std::time::Duration;

use super::SETTLE;
use super::body::Body;
use crate::at::knowledge::{Dialect, Likeness};
use crate::at::parameters::prefix_length;
use crate::at::{Answer, Event, Form, Line, PromptPlan, Question, ResultCode, Shape, carries};

/// An answer's lines are kept up to so many bytes; what comes after is told but not kept.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// So many bytes are looked at to tell garbage from text.
const SAMPLE: usize = 1024;

pub type Outcome = Result<Answer, Box<Unanswered>>;

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    pub kind: FailureKind,
    pub waited: Duration,
    /// The lines of the answer so far; last the one that had not ended.
    pub received: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    Timeout(Silence),
    /// A listener said so at this line
    Stopped(Line),
    UnexpectedPrompt(Line),
    /// It succeeded, but did not ask for the data that were to be given
    NoPrompt {
        mark: String,
        answer: Answer,
    },
    /// The modem did not come into step again after so many tries
    OutOfStep {
        tries: u32,
    },
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

/// A question that is open.
pub(super) struct Asking {
    pub(super) question: Arc<Question>,
    pub(super) began: Duration,
    deadline: Duration,
    lines: Vec<Line>,
    /// Of the lines; what is over [`LARGEST_ANSWER`] is not kept.
    bytes: usize,
    pub(super) prompt: Prompting,
    /// The modem asked for data that nobody had; ESC was sent.
    pub(super) unexpected: Option<Line>,
    pub(super) body: Option<Body>,
    /// A line that looks like a URC, of a read command that has no other answer.
    fallback: Option<Line>,
    /// Its final result code came: nothing is owed.
    pub(super) is_answered: bool,
    /// Its last bytes did not go out.
    pub(super) write_failed: bool,
    pub(super) is_echoed: bool,
    /// So many bytes came.
    heard: usize,
    /// Of the first of them, so many are no text.
    garbage: usize,
}

/// How far a prompt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prompting {
    None,
    /// It may come.
    Open,
    /// It came, and got what it asked for. `blank`: its own blank may follow; `at_reply`: so far nothing has, so that
    /// what comes on this line is the reply's echo.
    Given {
        blank: bool,
        at_reply: bool,
    },
}

/// What may still come of a question that was given up.
pub(super) struct Owing {
    pub(super) question: Arc<Question>,
    /// When it was sent
    pub(super) asked: Duration,
    pub(super) finals: u32,
    pub(super) prompt_open: bool,
    /// When the last `AT` was sent, if one was
    pub(super) fenced: Option<Duration>,
    /// The command was given up before its time, and may go on until then.
    pub(super) runs_until: Duration,
    /// A byte came since it was asked: somebody is there.
    pub(super) heard: bool,
    /// A line of its answer came that could as well be news.
    pub(super) answered: bool,
}

impl Owing {
    /// The final result code of a question that no longer runs.
    pub(super) fn of(question: Arc<Question>, asked: Duration) -> Owing {
        Owing {
            question,
            asked,
            finals: 1,
            prompt_open: false,
            fenced: None,
            runs_until: Duration::ZERO,
            heard: false,
            answered: false,
        }
    }
}

impl Asking {
    pub(super) fn new(question: Arc<Question>, now: Duration) -> Asking {
        let prompt = match question.prompt {
            PromptPlan::Unexpected => Prompting::None,
            PromptPlan::Reply { .. } | PromptPlan::Cancel { .. } => Prompting::Open,
        };
        Asking {
            deadline: now.saturating_add(question.timeout),
            question,
            began: now,
            lines: Vec::new(),
            bytes: 0,
            prompt,
            unexpected: None,
            body: None,
            fallback: None,
            is_answered: false,
            write_failed: false,
            is_echoed: false,
            heard: 0,
            garbage: 0,
        }
    }

    /// A quirk: where there is no final result code, silence behind the first line ends the answer.
    pub(super) fn deadline(&self, last_byte: Duration) -> Duration {
        let ends_in_silence = self.question.expected.without_final && !self.lines.is_empty();
        if ends_in_silence { self.deadline.min(last_byte + SETTLE) } else { self.deadline }
    }

    /// What a line is that is no final result code.
    pub(super) fn event_of<'l>(&self, line: &'l [u8], dialect: Dialect) -> Event<'l> {
        let (question, expected, knowledge) = (&*self.question, &self.question.expected, dialect.knowledge);
        if let Some(form) = question.form_of(line) {
            let prefix = line.split(|byte| *byte == b':').next().unwrap_or(line);
            let is_answer = match self.lines.iter().any(|known| carries(&known.bytes, prefix)) {
                false => knowledge.may_answer(line, form),
                true => knowledge.likeness(line, form) == Likeness::Answer,
            };
            return if is_answer { Event::Response(line) } else { Event::Urc(line) };
        }
        if knowledge.is_urc(line) || dialect.tells_of_a_call(line) {
            return Event::Urc(line);
        }
        let has_prefix = || prefix_length(line).is_some();
        // What is known to be another command's answer, to a command of which nothing is known.
        let is_of_another = || {
            let mut names = question.names().map(|(name, _)| name).peekable();
            names.peek().is_some() && has_prefix() && names.all(|name| knowledge.is_answer_of_another(line, name))
        };
        // A name or a number is text; noise on the line is not.
        let is_noise = || line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t');
        let is_stray = expected.shape == Shape::None
            || (expected.shape == Shape::Bare || !expected.prefixes.is_empty()) && has_prefix()
            || is_of_another()
            || matches!(expected.shape, Shape::Bare | Shape::Unknown) && is_noise();
        if is_stray { Event::Stray(line) } else { Event::Response(line) }
    }

    /// Keeps a line of the answer; false where there is no room for it any more.
    pub(super) fn keep(&mut self, line: &[u8]) -> bool {
        if self.question.expected.shape == Shape::HeaderAndBody && self.question.form_of(line).is_some() {
            self.body = Some(Body::of(line)).filter(|body| !body.is_empty());
        }
        if self.bytes > LARGEST_ANSWER {
            return true;
        }
        self.bytes += line.len();
        if self.bytes > LARGEST_ANSWER {
            return false;
        }
        self.lines.push(Line { bytes: line.to_vec() });
        true
    }

    /// A line with the question's prefix that looks like a URC: should nothing else answer a read command, it is the
    /// answer of a modem that keeps the standard loosely.
    pub(super) fn keep_as_fallback(&mut self, line: &[u8]) {
        if self.question.form_of(line) == Some(Form::Read) {
            self.fallback = Some(Line { bytes: line.to_vec() });
        }
    }

    pub(super) fn hear(&mut self, bytes: &[u8]) {
        if let Some(room) = SAMPLE.checked_sub(self.heard) {
            let sample = bytes.get(..room).unwrap_or(bytes);
            let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t');
            self.garbage += sample.iter().filter(|byte| !is_text(byte)).count();
        }
        self.heard += bytes.len();
    }

    /// A line end came; true where it stands right behind a prompt: then the modem does not echo. Where the reply has
    /// several lines it may be the echo of their ends.
    pub(super) fn line_ended(&mut self) -> bool {
        let Prompting::Given { blank, at_reply } = &mut self.prompt else { return false };
        *blank = false;
        let has_lines = match &self.question.prompt {
            PromptPlan::Reply { bytes, .. } => bytes.trim_ascii_end().iter().any(|byte| matches!(byte, b'\r' | b'\n')),
            PromptPlan::Unexpected | PromptPlan::Cancel { .. } => false,
        };
        std::mem::take(at_reply) && !has_lines
    }

    /// A prompt came that nobody announced; it was cancelled, and the modem has until then for its result code.
    pub(super) fn refuse_prompt(&mut self, prompt: &[u8], until: Duration) {
        self.unexpected = Some(Line { bytes: prompt.to_vec() });
        self.deadline = self.deadline.min(until);
    }

    /// `unfinished`: text has come that has not ended, and is no echo.
    pub(super) fn silence(&self, unfinished: bool) -> Silence {
        if self.heard == 0 {
            Silence::Total
        } else if self.garbage * 3 > self.heard.min(SAMPLE) {
            Silence::Garbage
        } else if self.prompt == Prompting::Open {
            Silence::NoPrompt
        } else if self.is_echoed && self.lines.is_empty() && !unfinished {
            Silence::AllButEcho
        } else {
            Silence::NoFinal
        }
    }

    /// What the modem still owes when this is given up.
    pub(super) fn owing(&self) -> Option<Owing> {
        if self.question.expected.free || self.is_answered {
            return None;
        }
        let prompt_open = match (&self.question.prompt, self.prompt) {
            (PromptPlan::Unexpected, _) | (PromptPlan::Cancel { .. }, Prompting::Given { .. }) => false,
            (PromptPlan::Reply { .. } | PromptPlan::Cancel { .. }, Prompting::Open | Prompting::None) => true,
            // Ctrl-Z and ESC end it, if they went out; with another end only the modem knows.
            (PromptPlan::Reply { bytes, .. }, Prompting::Given { .. }) => {
                self.write_failed || !matches!(bytes.last(), Some(0x1A | 0x1B))
            }
        };
        Some(Owing {
            // The ESC that cancelled one went out.
            prompt_open: prompt_open && self.unexpected.is_none(),
            // Half a command does not run.
            runs_until: if self.write_failed { Duration::ZERO } else { self.deadline },
            heard: self.heard > 0,
            answered: !self.lines.is_empty(),
            ..Owing::of(Arc::clone(&self.question), self.began)
        })
    }

    /// The lines so far, and the one that had not ended.
    pub(super) fn received(&self, unfinished: &[u8]) -> Vec<Line> {
        let unfinished = unfinished.trim_ascii();
        let last = (!unfinished.is_empty()).then(|| Line { bytes: unfinished.to_vec() });
        self.lines.iter().cloned().chain(last).collect()
    }

    pub(super) fn into_outcome(mut self, result: Option<ResultCode>, now: Duration) -> Outcome {
        let success = result.as_ref().is_some_and(ResultCode::is_success);
        if success && self.lines.is_empty() {
            self.lines.extend(self.fallback.take());
        }
        let waited = now.saturating_sub(self.began);
        if let Some(prompt) = self.unexpected {
            let kind = FailureKind::UnexpectedPrompt(prompt);
            return Err(Box::new(Unanswered { kind, waited, received: self.lines }));
        }
        let answer = Answer { lines: self.lines, result, elapsed: waited };
        if success && self.prompt == Prompting::Open {
            let (mark, received) = (self.question.prompt.mark().unwrap_or_default().to_owned(), answer.lines.clone());
            return Err(Box::new(Unanswered { kind: FailureKind::NoPrompt { mark, answer }, waited, received }));
        }
        Ok(answer)
    }
}
