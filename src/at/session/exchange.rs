//! One question and what has come of its answer.

use std::sync::Arc;
use std::time::Duration;

use super::body::Body;
use super::{Failure, FailureKind, Outcome, Owing, SETTLE, Silence};
use crate::at::answer::{Answer, Expected, Line, Named, PromptPlan, Question, carries};
use crate::at::command::Form;
use crate::at::result_code::ResultCode;
use crate::notation::text;

/// An answer's lines are kept up to so many bytes; what comes after is told but not kept.
const LARGEST_ANSWER: usize = 1024 * 1024;

#[derive(Debug)]
pub(super) struct Exchange {
    question: Arc<Question>,
    began: Duration,
    deadline: Duration,
    lines: Vec<Line>,
    bytes: usize,
    pub(super) prompt: Prompt,
    /// The modem asked for data that nobody had; ESC was sent.
    pub(super) unexpected: Option<Line>,
    pub(super) body: Option<Body>,
    /// A quirk's first line came: silence ends the answer.
    ends_in_silence: bool,
    /// A line that looks like a URC, of a read command that has no other answer.
    fallback: Option<Line>,
    final_came: bool,
    /// Its last bytes did not go out.
    write_failed: bool,
    heard: Heard,
}

/// How far a prompt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prompt {
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

/// What kind of bytes came.
#[derive(Debug, Default)]
struct Heard {
    bytes: usize,
    /// Of the first ones: no text
    garbage: usize,
    echo: bool,
}

/// So many bytes are looked at to tell garbage from text.
const SAMPLE: usize = 1024;

impl Exchange {
    pub(super) fn new(question: Arc<Question>, now: Duration) -> Exchange {
        let prompt = match question.prompt {
            PromptPlan::Unexpected => Prompt::None,
            PromptPlan::Reply { .. } | PromptPlan::Cancel { .. } => Prompt::Open,
        };
        Exchange {
            deadline: now.saturating_add(question.timeout),
            question,
            began: now,
            lines: Vec::new(),
            bytes: 0,
            prompt,
            unexpected: None,
            body: None,
            ends_in_silence: false,
            fallback: None,
            final_came: false,
            write_failed: false,
            heard: Heard::default(),
        }
    }

    pub(super) fn expected(&self) -> &Expected {
        &self.question.expected
    }

    pub(super) fn plan(&self) -> &PromptPlan {
        &self.question.prompt
    }

    pub(super) fn began(&self) -> Duration {
        self.began
    }

    pub(super) fn named(&self) -> &Named {
        &self.question.named
    }

    /// The names of its extended commands: `+CREG`.
    pub(super) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.named().names.iter().filter_map(|(name, _)| self.question.bytes().get(name.clone()))
    }

    pub(super) fn deadline(&self, last_byte: Duration) -> Duration {
        if self.ends_in_silence { self.deadline.min(last_byte + SETTLE) } else { self.deadline }
    }

    pub(super) fn end_at_latest(&mut self, deadline: Duration) {
        self.deadline = self.deadline.min(deadline);
    }

    /// The form of the command whose prefix this line carries.
    pub(super) fn own(&self, line: &[u8]) -> Option<Form> {
        self.question.form_of(line)
    }

    /// Whether a line of the answer came that carries the same prefix as this one.
    pub(super) fn has_answer_like(&self, line: &[u8]) -> bool {
        let prefix = line.split(|byte| *byte == b':').next().unwrap_or(line);
        self.lines.iter().any(|known| carries(&known.bytes, prefix))
    }

    /// Keeps a line of the answer; false where there is no room for it any more.
    pub(super) fn keep(&mut self, line: &[u8]) -> bool {
        self.ends_in_silence |= self.question.expected.without_final;
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
    pub(super) fn keep_as_fallback(&mut self, line: &[u8], form: Form) {
        if form == Form::Read {
            self.fallback = Some(Line { bytes: line.to_vec() });
        }
    }

    pub(super) fn hear(&mut self, bytes: &[u8]) {
        if let Some(room) = SAMPLE.checked_sub(self.heard.bytes) {
            let sample = bytes.get(..room).unwrap_or(bytes);
            let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t');
            self.heard.garbage += sample.iter().filter(|byte| !is_text(byte)).count();
        }
        self.heard.bytes += bytes.len();
    }

    pub(super) fn hear_echo(&mut self) {
        self.heard.echo = true;
    }

    pub(super) fn hear_final(&mut self) {
        self.final_came = true;
    }

    pub(super) fn write_failed(&mut self) {
        self.write_failed = true;
    }

    /// A line end came; true where it stands right behind a prompt: then the modem does not echo. Where the reply has
    /// several lines it may be the echo of their ends.
    pub(super) fn line_ended(&mut self) -> bool {
        let has_lines = match &self.question.prompt {
            PromptPlan::Reply { bytes, .. } => bytes.trim_ascii_end().iter().any(|byte| matches!(byte, b'\r' | b'\n')),
            PromptPlan::Unexpected | PromptPlan::Cancel { .. } => false,
        };
        match &mut self.prompt {
            Prompt::Given { blank, at_reply } => {
                *blank = false;
                std::mem::take(at_reply) && !has_lines
            }
            Prompt::None | Prompt::Open => false,
        }
    }

    /// `unfinished`: text has come that has not ended, and is no echo.
    pub(super) fn silence(&self, unfinished: bool) -> Silence {
        if self.heard.bytes == 0 {
            Silence::Total
        } else if self.heard.garbage * 3 > self.heard.bytes.min(SAMPLE) {
            Silence::Garbage
        } else if self.prompt == Prompt::Open {
            Silence::NoPrompt
        } else if self.heard.echo && self.lines.is_empty() && !unfinished {
            Silence::AllButEcho
        } else {
            Silence::NoFinal
        }
    }

    /// What the modem still owes when this exchange is given up.
    pub(super) fn owing(&self) -> Option<Owing> {
        if self.question.expected.free || self.final_came {
            return None;
        }
        let prompt_open = match (&self.question.prompt, self.prompt) {
            (PromptPlan::Unexpected, _) | (PromptPlan::Cancel { .. }, Prompt::Given { .. }) => false,
            (PromptPlan::Reply { .. } | PromptPlan::Cancel { .. }, Prompt::Open | Prompt::None) => true,
            // Ctrl-Z and ESC end it, if they went out; with another end only the modem knows.
            (PromptPlan::Reply { bytes, .. }, Prompt::Given { .. }) => {
                self.write_failed || !matches!(bytes.last(), Some(0x1A | 0x1B))
            }
        };
        Some(Owing {
            question: Arc::clone(&self.question),
            asked: self.began,
            finals: 1,
            fenced: None,
            // The ESC that cancelled one went out.
            prompt_open: prompt_open && self.unexpected.is_none(),
            // Half a command does not run.
            runs_until: if self.write_failed { Duration::ZERO } else { self.deadline },
            heard: self.heard.bytes > 0,
            answered: !self.lines.is_empty(),
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
        if let Some(line) = self.fallback.take()
            && success
            && self.lines.is_empty()
        {
            self.lines.push(line);
        }
        let waited = now.saturating_sub(self.began);
        if let Some(prompt) = self.unexpected {
            return Err(Box::new(Failure {
                kind: FailureKind::UnexpectedPrompt(prompt),
                waited,
                received: self.lines,
            }));
        }
        let answer = Answer { lines: self.lines, result, elapsed: waited };
        if success && self.prompt == Prompt::Open {
            let mark = mark(&self.question.prompt).to_owned();
            let received = answer.lines.clone();
            return Err(Box::new(Failure { kind: FailureKind::NoPrompt { mark, answer }, waited, received }));
        }
        Ok(answer)
    }
}

/// The prompt's text, without the blank behind it.
pub(super) fn mark(plan: &PromptPlan) -> &str {
    plan.mark().unwrap_or(">")
}

/// A notice that a final result code in a message's text was one of its lines.
pub(super) fn ambiguity(line: &[u8]) -> String {
    format!(
        "the line `{}` was taken as a part of the message, because more came after it; AT+CSDH=1 makes the modem tell \
         how long a message is",
        text(line)
    )
}
