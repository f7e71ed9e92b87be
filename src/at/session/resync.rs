//! Into step again after a timeout.
//!
//! The answer that did not come may come yet, and must never be taken for the answer to a later question. So before the
//! next question: wait until the modem is quiet; ESC if it may wait for data; then `AT` until it answers. A modem is
//! serial: the final result code that it owes comes before the one of that `AT`. So they are counted. Where fewer have
//! come than were asked for, the last of them may be the late one, or that of an `AT` before: another `AT` is sent, and
//! then as much silence is waited for as the next one would need ([`Resync::patience`]). That is slower than to believe
//! the first `OK`, and right. Everything is bounded in time and tries.
//!
//! A command that was given up early still runs: nothing is written until it has ended, or its time is up.
//!
//! A question that is itself `AT` is its own way into step: it is sent once, and again only where its answer could be
//! another's.

use std::sync::Arc;
use std::time::Duration;

use super::{ABORT_TIME, Activity, FENCE, FailureKind, Idle, Now, Owing, SETTLE, Session, Silence, Unanswered};
use crate::at::echo::Echo;
use crate::at::knowledge::Dialect;
use crate::at::result_code::{self, ResultCode, Verbosity};
use crate::at::{Answer, Event, Line, Question, Verdict, Why};

/// A modem that never falls quiet is asked after this time.
const LONGEST_NOISE: Duration = Duration::from_secs(2);

/// An `AT` is answered in this time by a modem that listens.
const FENCE_TIME: Duration = Duration::from_secs(1);

/// A modem that has fallen asleep loses the first character that wakes it, and the `AT` that it belongs to. The third
/// `AT` goes out so soon after the second that the modem is still awake. The later ones have more time.
const WAKING_TIME: Duration = Duration::from_millis(400);
const LATER_TIME: Duration = Duration::from_millis(1300);

/// The modem is given up after so many `AT` in a row without an answer,
const TRIES: u32 = 4;

/// and after so many in all.
const MOST_FENCES: u32 = 10;

/// After a result code, another one may take so long.
const OTHERS_TIME: Duration = Duration::from_millis(500);

/// A result code that comes so soon after an `AT` is most likely its own. To be sure, another `AT` is sent soon: then
/// two result codes come if this one was its own, and three if it was late.
const PROMPT_ANSWER: Duration = Duration::from_millis(100);
const SECOND_FENCE_TIME: Duration = Duration::from_millis(150);

/// A late answer is taken to be at most so late.
const LATEST: Duration = Duration::from_secs(5);

/// The modem is given up after this time, whatever it says.
const GIVE_UP_TIME: Duration = Duration::from_secs(10);

/// So long an interrupted command may run on before the modem is asked for something else: who has sent the signal, as
/// systemd, does not wait for long.
const INTERRUPTED_TIME: Duration = Duration::from_secs(5);

/// So many lines are kept for the report.
const MOST_RECEIVED: usize = 64;

pub(super) enum Purpose {
    /// This is asked when the modem is in step.
    Question(Arc<Question>, Why),
    /// Something is written to which no answer is expected.
    Writing,
    /// A command was interrupted. What still runs is waited for, a few seconds, where something is to be asked
    /// afterwards (`waits`).
    Interruption { waits: bool },
}

pub(super) struct Resync {
    purpose: Purpose,
    phase: Phase,
    pub(super) began: Duration,
    give_up: Duration,
    owing: Owing,
    fences: u32,
    /// Of them, those that were sent since the last result code
    unanswered: u32,
    fenced: Duration,
    finals: u32,
    /// When the last result code came
    heard: Option<Duration>,
    /// The longest time between two result codes, or between two `AT`
    longest: Duration,
    /// The time from the last `AT` of the earlier attempt to the first one of this
    gap: Duration,
    /// The last final result code: the fence's own, if no other follows.
    last: Option<(Vec<u8>, ResultCode)>,
    received: Vec<Line>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Until the command that was given up has ended: what is written while it runs may be lost, or answered later.
    Running { until: Duration },
    /// Until nothing has come for a while.
    Quiet { since: Duration, until: Duration },
    /// `AT` was sent.
    Fence { until: Duration },
    /// It was answered: more result codes may be owed, and come in so much time after the last byte.
    Others { patience: Duration },
}

enum Act {
    /// ESC, where a prompt may be open
    Cancel,
    /// `AT`, and who asks it
    Fence(Why),
    GiveUp,
    /// The modem is in step; this is the answer to the last `AT`.
    InStep(Vec<u8>, ResultCode),
}

impl Session {
    pub(super) fn come_into_step_for(&mut self, purpose: Purpose, owing: Owing, now: &mut Now<'_>) {
        // What came long ago was quiet enough.
        let quiet_since = if self.output.is_empty() { self.last_byte } else { now.time };
        self.state = Activity::Resync(Box::new(Resync::new(purpose, owing, quiet_since, now)));
        self.echo.close();
        self.read(false, now);
        self.advance_resync(now);
    }

    /// Does what time asks for. Each turn changes the phase or ends; a few are enough.
    pub(super) fn advance_resync(&mut self, now: &mut Now<'_>) {
        for _ in 0..4 {
            let Activity::Resync(resync) = &mut self.state else { return };
            let Some(act) = resync.advance(self.last_byte, now) else { return };
            self.act(act, now);
        }
    }

    /// A line that came on the way into step.
    pub(super) fn take_resync_line(&mut self, line: &[u8], now: &mut Now<'_>) {
        let Activity::Resync(resync) = &mut self.state else { return };
        let Some(result) = resync.result_of(line, self.dialect) else {
            // The echo of an `AT` before the last one.
            if resync.fences > 1 && line.trim_ascii_end().eq_ignore_ascii_case(FENCE.trim_ascii_end()) {
                now.tell(&Event::Echo(line));
                return;
            }
            resync.keep(line);
            self.take_loose_line(line, now);
            if self.mode.is_data() {
                // An AT would go to the other end.
                self.act(Act::GiveUp, now);
            }
            return;
        };
        resync.take_result(line, result, now);
        if now.listener.line(line) == Verdict::Stop {
            self.fail(FailureKind::Stopped(Line { bytes: line.to_vec() }), now);
        } else if let Activity::Resync(resync) = &mut self.state
            // All that were asked for have come.
            && resync.has_all()
            && let Some(act) = resync.end_of_fence(now)
        {
            self.act(act, now);
        }
    }

    fn act(&mut self, act: Act, now: &mut Now<'_>) {
        let resync = match act {
            Act::Cancel => return self.send(b"\x1B", Why::Cancel, now),
            Act::Fence(why) => {
                if why == Why::Question {
                    self.forget(now);
                }
                self.echo = Echo::of_question(FENCE, self.framer.rest().len());
                return self.send(FENCE, why, now);
            }
            Act::GiveUp | Act::InStep(..) => match std::mem::take(&mut self.state) {
                Activity::Resync(resync) => resync,
                state @ (Activity::Idle(_) | Activity::Asking(_)) => return self.state = state,
            },
        };
        let Act::InStep(line, result) = act else {
            let outcome = Some(Err(Box::new(resync.failure(self.last_byte, now.time))));
            let owing = Some(Box::new(resync.into_owing()));
            return self.state = Activity::Idle(Idle { outcome, owing, ..Idle::default() });
        };
        now.tell(&Event::Final { line: &line, result: &result });
        self.echo.close();
        let (elapsed, is_own) = (now.time.saturating_sub(resync.began), resync.own().is_some());
        let answer = match resync.purpose {
            Purpose::Question(..) if is_own => Answer { result: Some(result), elapsed, ..Answer::default() },
            Purpose::Question(question, why) => return self.begin(&question, why, None, now),
            Purpose::Writing | Purpose::Interruption { .. } => Answer::default(),
        };
        self.state = Activity::Idle(Idle::ended(Ok(answer)));
    }
}

impl Resync {
    /// `quiet_since`: nothing has come or gone since then.
    fn new(purpose: Purpose, mut owing: Owing, quiet_since: Duration, now: &mut Now<'_>) -> Resync {
        if matches!(purpose, Purpose::Interruption { waits: true }) {
            owing.runs_until = owing.runs_until.min(now.time + INTERRUPTED_TIME);
        }
        let waits = !matches!(purpose, Purpose::Interruption { waits: false });
        let is_owed = owing.finals > 0 && !owing.prompt_open;
        let phase = if is_owed && !waits {
            Phase::Running { until: now.time + ABORT_TIME }
        } else if is_owed && now.time < owing.runs_until {
            // A character that was to end it needs its time as well.
            Phase::Running { until: owing.runs_until.max(now.time + ABORT_TIME) }
        } else {
            Phase::Quiet { since: quiet_since, until: now.time + LONGEST_NOISE }
        };
        let begins = match phase {
            Phase::Running { until } => until,
            Phase::Quiet { .. } | Phase::Fence { .. } | Phase::Others { .. } => now.time,
        };
        now.tell(&Event::Notice(match (&purpose, phase) {
            (Purpose::Interruption { .. }, _) => {
                "waiting for the interrupted command to end; Ctrl-C again ends at once"
            }
            (_, Phase::Running { .. }) => "the command that was given up still runs: waiting for its end",
            (_, Phase::Quiet { .. } | Phase::Fence { .. } | Phase::Others { .. }) => {
                "out of step after a question without an answer: waiting until the modem answers AT"
            }
        }));
        let mut resync = Resync {
            purpose,
            phase,
            began: now.time,
            give_up: begins.saturating_add(GIVE_UP_TIME),
            owing,
            fences: 0,
            unanswered: 0,
            fenced: now.time,
            finals: 0,
            heard: None,
            longest: Duration::ZERO,
            gap: Duration::ZERO,
            last: None,
            received: Vec::new(),
        };
        if let Some((question, _)) = resync.own() {
            resync.give_up = resync.give_up.saturating_add(question.timeout);
        }
        resync
    }

    /// What is owed if it is given up now.
    pub(super) fn into_owing(self) -> Owing {
        Owing {
            finals: (self.owing.finals + self.fences).saturating_sub(self.finals),
            fenced: if self.fences > 0 { Some(self.fenced) } else { self.owing.fenced },
            ..self.owing
        }
    }

    /// The modem has started anew. Of what was sent before, only the last `AT` can have reached it.
    pub(super) fn begin_anew(&mut self) {
        self.owing.finals = 0;
        self.fences = self.fences.min(1);
        self.finals = 0;
    }

    pub(super) fn still_owed(&mut self) -> Option<&mut Owing> {
        (self.finals < self.owing.finals).then_some(&mut self.owing)
    }

    pub(super) fn deadline(&self, last_byte: Duration) -> Duration {
        let deadline = match self.phase {
            // Nothing runs any more.
            Phase::Running { .. } if self.owing.finals == 0 => last_byte + SETTLE,
            Phase::Running { until } => until,
            Phase::Quiet { since, until } => until.min(last_byte.max(since) + SETTLE),
            Phase::Fence { until } => until,
            // What else keeps coming does not put it off for ever.
            Phase::Others { patience } => last_byte.min(self.heard.unwrap_or_default() + LONGEST_NOISE) + patience,
        };
        deadline.min(self.give_up)
    }

    /// All that were asked for have come.
    fn has_all(&self) -> bool {
        self.fences > 0 && self.finals >= self.owing.finals + self.fences
    }

    /// The last one is that of an `AT`, if no other follows: the late one has come before it, or never will.
    fn has_own(&self) -> bool {
        self.finals > self.owing.finals.min(1)
    }

    fn is_refused(&self) -> bool {
        self.last.as_ref().is_some_and(|(_, result)| !result.is_success())
    }

    /// How long to wait for other result codes, now that one has come. Those of a modem that answers one after the
    /// other follow each other as fast as those before, and those of a slow line as fast as the questions did.
    fn patience(&self, now: Duration) -> Duration {
        if self.has_own() && !self.is_refused() {
            // More than were sent since: those of before are answered one by one, and the next is as far behind.
            let gap = if self.finals > self.fences { self.gap } else { Duration::ZERO };
            OTHERS_TIME + self.longest.max(gap)
        } else if now.saturating_sub(self.fenced) <= PROMPT_ANSWER {
            SECOND_FENCE_TIME
        } else if self.own().is_some() && !self.is_refused() {
            // A question that can be sent once is not sent twice: its answer may be as late as the one before.
            OTHERS_TIME + now.saturating_sub(self.owing.asked).min(LATEST)
        } else {
            OTHERS_TIME
        }
    }

    /// When no other result code can come any more.
    fn enough(&self) -> Duration {
        let patience = match self.phase {
            Phase::Others { patience } => patience,
            Phase::Running { .. } | Phase::Quiet { .. } | Phase::Fence { .. } => Duration::ZERO,
        };
        self.heard.unwrap_or_default() + patience
    }

    /// The question is itself an `AT`.
    fn own(&self) -> Option<(&Arc<Question>, Why)> {
        match &self.purpose {
            Purpose::Question(question, why)
                if question.bytes().eq_ignore_ascii_case(FENCE) && !question.expected.free =>
            {
                Some((question, *why))
            }
            Purpose::Question(..) | Purpose::Writing | Purpose::Interruption { .. } => None,
        }
    }

    fn keep(&mut self, line: &[u8]) {
        if self.received.len() < MOST_RECEIVED {
            self.received.push(Line { bytes: line.to_vec() });
        }
    }

    /// The result code that this line is: one of an `AT`, or the one that is owed.
    fn result_of(&self, line: &[u8], dialect: Dialect) -> Option<ResultCode> {
        let expected = &self.owing.question.expected;
        let is_owed = self.finals < self.owing.finals;
        let result =
            if is_owed { dialect.final_of(expected, line).map(|(result, _)| result) } else { result_code::parse(line) };
        result
            .or_else(|| result_code::parse_numeric(line).filter(|_| dialect.verbosity != Verbosity::Words))
            // A connection that has come about is another thing.
            .filter(|result| !matches!(result, ResultCode::Connect(_)))
            .filter(|result| !result.is_call_control() || expected.call_control)
    }

    fn take_result(&mut self, line: &[u8], result: ResultCode, now: &mut Now<'_>) {
        self.keep(line);
        self.finals += 1;
        self.unanswered = 0;
        if let Some(before) = self.heard.replace(now.time) {
            self.longest = self.longest.max(now.time.saturating_sub(before));
        }
        let previous = self.last.replace((line.to_vec(), result));
        if matches!(self.phase, Phase::Running { .. }) && self.finals >= self.owing.finals {
            self.phase = Phase::Quiet { since: now.time, until: now.time + LONGEST_NOISE };
        }
        if self.fences > 0 {
            self.phase = Phase::Others { patience: self.patience(now.time) };
        }
        if let Some((late, _)) = previous {
            now.tell(&Event::Stray(&late));
        }
    }

    fn advance(&mut self, last_byte: Duration, now: &mut Now<'_>) -> Option<Act> {
        if now.time < self.deadline(last_byte) {
            return None;
        }
        match self.phase {
            // Nobody waits for what still runs, and nothing is to be asked after it.
            Phase::Running { .. } if matches!(self.purpose, Purpose::Interruption { waits: false }) => {
                Some(Act::GiveUp)
            }
            Phase::Running { .. } => Some(self.end_of_quiet(now)),
            Phase::Others { .. } => self.end_of_fence(now),
            Phase::Quiet { .. } | Phase::Fence { .. } if now.time >= self.give_up => Some(Act::GiveUp),
            Phase::Quiet { .. } => Some(self.end_of_quiet(now)),
            Phase::Fence { .. } => Some(self.next_fence(now)),
        }
    }

    fn end_of_quiet(&mut self, now: &mut Now<'_>) -> Act {
        if std::mem::take(&mut self.owing.prompt_open) {
            self.phase = Phase::Quiet { since: now.time, until: now.time + LONGEST_NOISE };
            return Act::Cancel;
        }
        self.next_fence(now)
    }

    fn next_fence(&mut self, now: &mut Now<'_>) -> Act {
        let own = self.own().map(|(question, why)| (question.timeout, why));
        // The question itself is sent again only where a result code came that may be another's.
        let tries = if own.is_some() && self.finals == 0 { 1 } else { TRIES };
        if self.unanswered >= tries || self.fences >= MOST_FENCES {
            return Act::GiveUp;
        }
        match (self.fences, self.owing.fenced) {
            (0, Some(before)) => self.gap = now.time.saturating_sub(before).min(LATEST),
            (0, None) => {}
            (_, _) => self.longest = self.longest.max(now.time.saturating_sub(self.fenced)),
        }
        self.fences += 1;
        self.unanswered += 1;
        self.fenced = now.time;
        // A result code that came without being asked for was the one that was owed.
        if let Some((late, _)) = self.last.take() {
            now.tell(&Event::Stray(&late));
        }
        let time = match self.unanswered {
            ..=1 => FENCE_TIME,
            2 => WAKING_TIME,
            3.. => LATER_TIME,
        };
        let (time, why) = own.filter(|_| self.fences == 1).unwrap_or((time, Why::Resynchronise));
        self.phase = Phase::Fence { until: now.time.saturating_add(time) };
        Act::Fence(why)
    }

    /// All result codes that will come have come.
    fn end_of_fence(&mut self, now: &mut Now<'_>) -> Option<Act> {
        let is_late = now.time >= self.give_up;
        let is_over = is_late || self.fences >= MOST_FENCES;
        // Half of the `AT` was lost, or it ended up in other data; or this was the late one.
        // Where each is refused, that is how this modem answers `AT`.
        let is_refusing = is_over && (self.own().is_some() || self.finals >= self.fences);
        let is_own_answer = self.has_own() && (!self.is_refused() || is_refusing);
        // What else came does not count in a flood, but the time since the last result code does.
        let is_answered = is_own_answer && (self.has_all() || now.time >= self.enough());
        match is_answered {
            true => self.last.take().map(|(line, result)| Act::InStep(line, result)),
            false if is_late => Some(Act::GiveUp),
            false => Some(self.next_fence(now)),
        }
    }

    fn failure(&self, last_byte: Duration, now: Duration) -> Unanswered {
        let kind = match self.own() {
            Some(_) if self.received.is_empty() => FailureKind::Timeout(Silence::Total),
            Some(_) => FailureKind::Timeout(Silence::NoFinal),
            None => FailureKind::OutOfStep { tries: self.fences },
        };
        // Time was up at the deadline, however late that was noticed.
        let waited = now.min(self.deadline(last_byte)).saturating_sub(self.began);
        Unanswered { kind, waited, received: self.received.clone() }
    }
}
