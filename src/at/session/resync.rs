//! Into step again after a timeout.
//!
//! The answer that did not come may come yet, and must never be taken for the answer to a later question. So before the
//! next question: wait until the modem is quiet; ESC if it may wait for data; then `AT` until it answers. A modem is
//! serial: the final result code that it owes comes before the one of that `AT`. So they are counted; where fewer come
//! than are owed, [`Resync::deadline`]'s silence tells that no more will. Everything is bounded in time and tries.
//!
//! A question that is itself `AT` is its own way into step: it is sent once, and so is its answer found.

use std::sync::Arc;
use std::time::Duration;

use super::{Failure, FailureKind, Now, Owing, SETTLE, Session, Silence};
use crate::at::answer::{Answer, Event, Line, Question, Why};
use crate::at::echo::Echo;
use crate::at::listener::Flow;
use crate::at::result_code::{self, ResultCode, Verbosity};

const FENCE: &[u8] = b"AT\r";

/// A modem that keeps talking is asked after this time all the same.
const LONGEST_NOISE: Duration = Duration::from_secs(2);

/// An `AT` is answered in this time by a modem that listens.
const FENCE_TIME: Duration = Duration::from_secs(1);

const TRIES: u32 = 4;

/// After a result code: how long others may let wait for them.
const OTHERS_TIME: Duration = Duration::from_millis(500);

/// A result code that comes so soon after an `AT` is its own. One that comes later may be the late one, and then the
/// next is as late as it.
const PROMPT_ANSWER: Duration = Duration::from_millis(100);

/// Nobody waits longer than this for as late a one.
const LATEST: Duration = Duration::from_secs(5);

/// Whatever comes, it ends after this time.
const LONGEST: Duration = Duration::from_secs(10);

/// A command that was interrupted ends in this time, if it lets itself be ended.
const ABORT_TIME: Duration = Duration::from_secs(2);

/// So many lines are kept for the report.
const MOST_LINES: usize = 64;

#[derive(Debug)]
pub(super) struct Resync {
    /// What is asked when the modem is in step; none after an interruption.
    question: Option<(Arc<Question>, Why)>,
    phase: Phase,
    began: Duration,
    give_up: Duration,
    owing: Owing,
    fences: u32,
    /// When the last `AT` was sent
    fenced: Duration,
    finals: u32,
    tries: u32,
    /// Something is to be asked afterwards.
    waits: bool,
    /// The last final result code: the fence's own, if no other follows.
    last: Option<(Vec<u8>, ResultCode)>,
    received: Vec<Line>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Until the command that was interrupted has ended: what is written while it runs may be lost, or answered later.
    Running { until: Duration },
    /// Until nothing has come for a while.
    Quiet { since: Duration, until: Duration },
    /// `AT` was sent.
    Fence { until: Duration },
    /// It was answered: more result codes may be owed, and come in so much time after the last byte.
    Others { patience: Duration },
}

impl Resync {
    pub(super) fn began(&self) -> Duration {
        self.began
    }

    /// What is owed if it is given up now.
    pub(super) fn owing(&self) -> Owing {
        Owing { finals: (self.owing.finals + self.fences).saturating_sub(self.finals), ..self.owing }
    }

    pub(super) fn deadline(&self, last_byte: Duration) -> Duration {
        let deadline = match self.phase {
            Phase::Running { until } => until,
            Phase::Quiet { since, until } => until.min(last_byte.max(since) + SETTLE),
            Phase::Fence { until } => until,
            Phase::Others { patience } => last_byte + patience,
        };
        deadline.min(self.give_up)
    }

    /// How long to wait for other result codes, now that one has come.
    fn patience(&self, now: Duration) -> Duration {
        let before = match self.phase {
            Phase::Others { patience } => patience,
            Phase::Running { .. } | Phase::Quiet { .. } | Phase::Fence { .. } => OTHERS_TIME,
        };
        // One that was refused is sent again.
        let is_refusal = self.last.as_ref().is_some_and(|(_, result)| !result.is_success());
        if is_refusal || now.saturating_sub(self.fenced) <= PROMPT_ANSWER {
            return before;
        }
        let late = now.saturating_sub(self.owing.asked).min(LATEST);
        before.max(late + OTHERS_TIME)
    }

    /// The question is itself an `AT`.
    fn is_its_own_fence(&self) -> bool {
        self.question
            .as_ref()
            .is_some_and(|(question, _)| question.bytes().eq_ignore_ascii_case(FENCE) && !question.expected.free)
    }

    fn keep(&mut self, line: &[u8]) {
        if self.received.len() < MOST_LINES {
            self.received.push(Line { bytes: line.to_vec() });
        }
    }
}

impl Session {
    pub(super) fn start_resync(&mut self, question: Option<(&Arc<Question>, Why)>, owing: Owing, now: &mut Now<'_>) {
        now.tell(&Event::Notice(match question {
            Some(_) => "out of step after a question without an answer: waiting until the modem answers AT",
            None => "waiting for the end of the command that was interrupted; Ctrl-C again ends at once",
        }));
        // What came long ago was quiet enough.
        let since = if self.output.is_empty() { self.last_byte } else { now.time };
        let mut resync = Resync {
            question: question.map(|(question, why)| (Arc::clone(question), why)),
            phase: Phase::Quiet { since, until: now.time + LONGEST_NOISE },
            began: now.time,
            give_up: now.time + LONGEST,
            owing,
            fences: 0,
            fenced: now.time,
            finals: 0,
            tries: 0,
            waits: true,
            last: None,
            received: Vec::new(),
        };
        if let Some((question, _)) = &resync.question
            && resync.is_its_own_fence()
        {
            resync.give_up = resync.give_up.saturating_add(question.timeout);
        }
        self.resync = Some(Box::new(resync));
        self.echo.close();
        self.process(false, now);
        self.advance_resync(now);
    }

    /// As [`Session::start_resync`], for a command that was interrupted and may go on to its end; it is waited for up to
    /// its deadline if it `waits`.
    pub(super) fn start_interruption(&mut self, owing: Owing, deadline: Duration, waits: bool, now: &mut Now<'_>) {
        self.start_resync(None, owing, now);
        let soon = now.time + ABORT_TIME;
        let until = if waits { deadline.max(soon) } else { soon };
        if let Some(resync) = &mut self.resync
            && !resync.owing.prompt_open
            && resync.finals < resync.owing.finals
        {
            (resync.waits, resync.phase) = (waits, Phase::Running { until });
            resync.give_up = until.saturating_add(LONGEST);
        }
    }

    /// A line that came meanwhile.
    pub(super) fn take_resync_line(&mut self, line: &[u8], now: &mut Now<'_>) {
        let result = result_code::parse(line)
            .filter(|result| !result.is_call_control())
            .or_else(|| result_code::parse_numeric(line).filter(|_| self.verbosity != Verbosity::Words));
        let Some(resync) = &mut self.resync else { return };
        resync.keep(line);
        let Some(result) = result else {
            let event = if self.knowledge.is_urc(line) { Event::Urc(line) } else { Event::Stray(line) };
            self.queue_line(line, &event, now);
            return;
        };
        resync.finals += 1;
        let previous = resync.last.replace((line.to_vec(), result));
        if matches!(resync.phase, Phase::Running { .. }) && resync.finals >= resync.owing.finals {
            resync.phase = Phase::Quiet { since: now.time, until: now.time + LONGEST_NOISE };
        }
        if resync.fences > 0 {
            resync.phase = Phase::Others { patience: resync.patience(now.time) };
        }
        if let Some((late, _)) = previous {
            now.tell(&Event::Stray(&late));
        }
        if now.listener.line(line) == Flow::Stop {
            self.fail(FailureKind::Stopped(Line { bytes: line.to_vec() }), now);
            return;
        }
        let all_came = self
            .resync
            .as_ref()
            .is_some_and(|resync| resync.fences > 0 && resync.finals >= resync.owing.finals + resync.fences);
        if all_came {
            self.end_of_fence(now);
        }
    }

    /// Does what time asks for.
    pub(super) fn advance_resync(&mut self, now: &mut Now<'_>) {
        // Each turn changes the phase or ends; a few are enough.
        for _ in 0..4 {
            let Some(resync) = &self.resync else { return };
            if now.time < resync.deadline(self.last_byte) {
                return;
            }
            match resync.phase {
                // Nobody waits for what still runs, and nothing is to be asked after it.
                Phase::Running { .. } if !resync.waits => self.give_up_resync(now),
                Phase::Running { .. } => self.end_of_quiet(now),
                _ if now.time >= resync.give_up && resync.last.is_none() => {
                    self.give_up_resync(now);
                }
                Phase::Quiet { .. } => self.end_of_quiet(now),
                Phase::Fence { .. } => self.next_fence(now),
                Phase::Others { .. } => self.end_of_fence(now),
            }
        }
    }

    fn end_of_quiet(&mut self, now: &mut Now<'_>) {
        let Some(resync) = &mut self.resync else { return };
        if std::mem::take(&mut resync.owing.prompt_open) {
            resync.phase = Phase::Quiet { since: now.time, until: now.time + LONGEST_NOISE };
            self.send(b"\x1B", Why::Cancel, now);
            return;
        }
        self.next_fence(now);
    }

    fn next_fence(&mut self, now: &mut Now<'_>) {
        let Some(resync) = &mut self.resync else { return };
        let own = resync.is_its_own_fence();
        let tries = if own { 1 } else { TRIES };
        if resync.tries >= tries {
            self.give_up_resync(now);
            return;
        }
        resync.tries += 1;
        resync.fences += 1;
        resync.fenced = now.time;
        // A result code that came without being asked for was the one that was owed.
        if let Some((late, _)) = resync.last.take() {
            now.tell(&Event::Stray(&late));
        }
        let (time, why) = match &resync.question {
            Some((question, why)) if own => (question.timeout, *why),
            Some(_) | None => (FENCE_TIME, Why::Resynchronise),
        };
        resync.phase = Phase::Fence { until: now.time.saturating_add(time) };
        if own {
            self.forget(now);
        }
        self.echo = Echo::of_question(FENCE, self.framer.rest().len());
        self.send(FENCE, why, now);
    }

    /// All result codes that will come have come.
    fn end_of_fence(&mut self, now: &mut Now<'_>) {
        let Some(resync) = &mut self.resync else { return };
        let Some((line, result)) = resync.last.take() else { return };
        now.tell(&Event::Final { line: &line, result: &result });
        let own = resync.is_its_own_fence();
        if !own && !result.is_success() && now.time < resync.give_up {
            // `AT` itself was refused: half of it was lost, or it ended up in other data.
            (resync.owing.finals, resync.fences, resync.finals) = (0, 0, 0);
            self.next_fence(now);
            return;
        }
        let Some(resync) = self.resync.take() else { return };
        self.owing = None;
        self.echo.close();
        match resync.question {
            Some(_) if own => {
                let elapsed = now.time.saturating_sub(resync.began);
                self.outcome = Some(Ok(Answer { lines: Vec::new(), result: Some(result), elapsed }));
            }
            Some((question, why)) => self.begin(&question, why, now),
            None => self.outcome = Some(Ok(Answer::default())),
        }
    }

    fn give_up_resync(&mut self, now: &mut Now<'_>) {
        let Some(resync) = self.resync.take() else { return };
        self.owing = Some(resync.owing());
        let kind = if resync.is_its_own_fence() {
            let heard = !resync.received.is_empty();
            FailureKind::Timeout(if heard { Silence::NoFinal } else { Silence::Total })
        } else {
            FailureKind::OutOfStep { tries: resync.tries }
        };
        // Time was up at the deadline, however late that was noticed.
        let ended = now.time.min(resync.deadline(self.last_byte));
        let waited = ended.saturating_sub(resync.began);
        self.outcome = Some(Err(Box::new(Failure { kind, waited, received: resync.received })));
    }
}
