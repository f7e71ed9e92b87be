//! How a question ends: answered, failed, interrupted, given up; and what the modem owes then.

use std::sync::Arc;
use std::time::Duration;

use super::resync::Purpose;
use super::{Now, Session};
use crate::at::answer::{Answer, Event, Line, Question, Why};
use crate::at::listener::Listener;
use crate::at::result_code::{ResultCode, Verbosity};

pub type Outcome = Result<Answer, Box<Failure>>;

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
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

/// After a timeout: what may still come.
#[derive(Debug, Clone)]
pub(super) struct Owing {
    /// The question whose answer is owed
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

impl Session {
    /// Ends what is going on by the AT rules: one character where the running command is abortable, ESC at a prompt;
    /// then comes into step again. The outcome is an empty answer. A command that goes on all the same is waited for up
    /// to its deadline if something is to be asked afterwards (`waits`), else for a moment.
    pub fn interrupt(&mut self, waits: bool, now: Duration, listener: &mut dyn Listener) {
        let mut now = Now { time: now, listener };
        let runs = self.exchange.is_some();
        self.abandon();
        self.outcome = None;
        if runs {
            self.abort(&mut now);
        }
        // Where nothing runs, the next question comes into step.
        match self.owing.take_if(|owing| owing.prompt_open || owing.finals > 0 && now.time < owing.runs_until) {
            Some(owing) => self.start_resync(Purpose::Interruption { waits }, *owing, &mut now),
            None => self.outcome = Some(Ok(Answer::default())),
        }
    }

    /// What was to be written last did not go out as a whole.
    pub fn write_failed(&mut self) {
        self.output.clear();
        if let Some(exchange) = &mut self.exchange {
            exchange.write_failed();
        }
    }

    /// Sends ESC where the modem still waits for data of a question that was given up.
    pub fn cancel_data(&mut self, now: Duration, listener: &mut dyn Listener) {
        self.cancel_owed(&mut Now { time: now, listener });
    }

    /// That ESC did not go out.
    pub fn expect_data(&mut self) {
        if let Some(owing) = &mut self.owing {
            owing.prompt_open = true;
        }
    }

    /// Whether the modem, which is there, owes a result code that whoever asks next would take for its own.
    pub fn owes(&self) -> bool {
        self.owing.as_ref().is_some_and(|owing| owing.finals > 0 && owing.heard)
    }

    /// The port is gone: gives up the question that is open, and tells of the line that will not end any more.
    pub fn lose(&mut self, now: Duration, listener: &mut dyn Listener) -> Vec<Line> {
        let received = self.abandon();
        self.tell_partial(&mut Now { time: now, listener });
        self.framer.clear();
        self.owing = None;
        received
    }

    /// Gives up the question that is open, if one is: the port failed, or the caller did.
    pub fn abandon(&mut self) -> Vec<Line> {
        self.doubt = None;
        if let Some(resync) = self.resync.take() {
            self.owing = Some(Box::new(resync.into_owing()));
        }
        match self.exchange.take() {
            Some(exchange) => {
                self.owing = exchange.owing().map(Box::new);
                self.doubt_mode(&exchange);
                exchange.received(self.framer.rest())
            }
            None => Vec::new(),
        }
    }

    /// The exchange has its answer.
    pub(super) fn finish(&mut self, result: Option<ResultCode>, now: &mut Now<'_>) {
        let Some(exchange) = self.exchange.take() else { return };
        self.tell_dropped(now.time, now.listener);
        self.echo.close();
        if exchange.named().may_reset_verbosity && result.as_ref().is_some_and(ResultCode::is_success) {
            self.verbosity = Verbosity::Unknown;
        }
        self.learn_mode(&exchange, result.as_ref());
        self.outcome = Some(exchange.into_outcome(result, now.time));
    }

    /// The exchange, or the resynchronisation before it, has failed. Whatever fails while the modem may wait for data,
    /// ESC is sent.
    pub(super) fn fail(&mut self, kind: FailureKind, now: &mut Now<'_>) {
        self.tell_dropped(now.time, now.listener);
        let began = match (&self.exchange, &self.resync) {
            (Some(exchange), _) => exchange.began(),
            (None, Some(resync)) => resync.began(),
            (None, None) => now.time,
        };
        // Time was up at the deadline, however late that was noticed: the same failure reads the same everywhere.
        let ended = match (&kind, &self.exchange) {
            (FailureKind::Timeout(_), Some(exchange)) => now.time.min(exchange.deadline(self.last_byte)),
            (_, _) => now.time,
        };
        let was_stopped = self.exchange.is_some() && matches!(kind, FailureKind::Stopped(_));
        let received = self.abandon();
        if matches!(kind, FailureKind::Timeout(_)) {
            self.tell_partial(now);
        }
        if was_stopped {
            self.abort(now);
        }
        // Should the prompt come only now, the resynchronisation sends it again.
        self.cancel_owed(now);
        self.outcome = Some(Err(Box::new(Failure { kind, waited: ended.saturating_sub(began), received })));
    }

    /// ESC where the modem waits for data of a question that was given up.
    fn cancel_owed(&mut self, now: &mut Now<'_>) {
        if self.owing.as_mut().is_some_and(|owing| std::mem::take(&mut owing.prompt_open)) {
            self.send(b"\x1B", Why::Cancel, now);
        }
    }

    /// The command that was just given up runs on: ends it by one character, if it lets itself be ended so.
    fn abort(&mut self, now: &mut Now<'_>) {
        if self.owing.as_ref().is_some_and(|owing| owing.question.expected.abortable && !owing.prompt_open) {
            self.send(b"\r", Why::Abort, now);
        }
    }

    /// What has come of a line that did not end in time. It is told, and what follows it is another line.
    pub(super) fn tell_partial(&mut self, now: &mut Now<'_>) {
        let rest = self.framer.rest();
        for line in rest.split(|byte| matches!(byte, b'\r' | b'\n')).map(<[u8]>::trim_ascii) {
            if !line.is_empty() {
                now.tell(&Event::Partial(line));
            }
        }
        self.framer.take_to(self.framer.end());
    }
}
