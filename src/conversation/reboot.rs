//! A restart: the modem goes away and comes back, and its device perhaps with it.

use std::sync::Arc;
use std::time::Duration;

use super::{Conversation, Silence, Trouble};
use crate::at::result_code;
use crate::at::{Answer, Expected, Listener, PromptPlan, Question, Shape, Why};
use crate::port::Fault;

/// A modem that starts answers `AT` late or not at all: it is asked once a second.
const PROBE_TIME: Duration = Duration::from_secs(1);

/// A modem that has answered each `AT` for so long after it was told to restart does not do so.
const NEVER_MISSED: Duration = Duration::from_secs(30);

/// How the command that restarts the modem ended.
struct Told {
    answer: Answer,
    /// The modem is seen to have gone already.
    has_gone: bool,
    /// Its result code may be late, and the modem there yet.
    may_be_late: bool,
    /// It has said something.
    was_heard: bool,
    is_lost: bool,
}

impl Conversation {
    /// Sends a question that makes the modem restart, waits until it has gone away and come back, and returns when it
    /// answers `AT` again. Its own answer is returned as it was; where the modem refused, that is all that happens. All
    /// that takes no longer than `within`, and the question no longer than half of it.
    ///
    /// It is seen to go away by the port that is lost, an `AT` without an answer, or a line that modems send when they
    /// start and never else. Whatever else it says may be said before it goes. What comes by itself meanwhile is left for
    /// an `await`.
    pub fn reboot(
        &mut self,
        question: &Question,
        within: Duration,
        listener: &mut dyn Listener,
    ) -> Result<Answer, Trouble> {
        let until = self.port.now() + within;
        // Many a modem sends no result code before it goes.
        let mut question = question.clone();
        question.timeout = question.timeout.min(within / 2);
        let told = self.tell_to_restart(&question.into(), listener)?;
        let Told { answer, mut has_gone, may_be_late, mut was_heard, is_lost } = told;
        if answer.result.as_ref().is_some_and(|result| !result.is_success()) {
            return Ok(answer);
        }
        let never_back = |is_lost, received| Trouble::NeverBack { waited: within, is_lost, received };
        if is_lost {
            if !self.come_back(until)? {
                return Err(never_back(true, answer.lines));
            }
        } else {
            // Nothing is owed any more, and no setting is known.
            self.session.start_anew();
        }
        let asked = self.port.now();
        let mut is_there = false;
        let (mut looked_at, mut looked_at_for_late) = (0, 0);
        while self.port.now() < until {
            let next = self.port.now() + PROBE_TIME;
            let outcome = match self.sleep_until(next.min(until), listener) {
                Ok(()) if self.session.has_started(&mut looked_at) => {
                    has_gone = true;
                    self.quiet(PROBE_TIME, (self.port.now() + 2 * PROBE_TIME).min(until), listener).map(|_| None)
                }
                Ok(()) => {
                    let is_result = &mut |line: &[u8]| result_code::parse(line).is_some();
                    if may_be_late && self.session.take_line(&mut looked_at_for_late, is_result).is_some() {
                        has_gone = false;
                    }
                    self.probe(until, listener)
                }
                Err(trouble) => Err(trouble),
            };
            match outcome {
                Ok(Some(true)) if has_gone => return Ok(answer),
                Ok(Some(true)) if self.port.now() >= asked + NEVER_MISSED => break,
                Ok(Some(true)) => is_there = true,
                Ok(Some(false)) => has_gone = true,
                Ok(None) => {}
                Err(Trouble::Lost { .. }) => {
                    if !self.come_back(until)? {
                        return Err(never_back(true, answer.lines));
                    }
                    (has_gone, was_heard) = (true, true);
                }
                Err(trouble) => return Err(trouble),
            }
        }
        Err(if is_there && !has_gone {
            Trouble::NeverGone { waited: self.port.now().min(until).saturating_sub(asked) }
        } else if was_heard {
            never_back(false, answer.lines)
        } else {
            Trouble::Timeout { waited: within, silence: Silence::Total, received: answer.lines }
        })
    }

    /// Asks, and waits for the answer, or for what comes in its place.
    fn tell_to_restart(&mut self, question: &Arc<Question>, listener: &mut dyn Listener) -> Result<Told, Trouble> {
        self.check_stopped()?;
        self.check_interrupted()?;
        let began = self.port.now();
        self.session.ask(question, Why::Question, began, listener);
        let mut looked_at = 0;
        loop {
            let told =
                |answer, has_gone| Told { answer, has_gone, may_be_late: false, was_heard: true, is_lost: false };
            match self.turn(Duration::MAX, listener) {
                Ok(Some(answer)) => return Ok(told(answer, false)),
                // It has started, so no result code comes any more.
                Ok(None) if self.session.is_asking() && self.session.has_started(&mut looked_at) => {
                    let lines = self.session.abandon();
                    let elapsed = self.port.now().saturating_sub(began);
                    return Ok(told(Answer { lines, result: None, elapsed }, true));
                }
                Ok(None) => {}
                Err(Trouble::Timeout { received, waited, silence }) => {
                    let answer = Answer { lines: received, result: None, elapsed: waited };
                    let was_heard = silence != Silence::Total;
                    return Ok(Told { answer, has_gone: true, may_be_late: true, was_heard, is_lost: false });
                }
                Err(Trouble::Lost { received, .. }) => {
                    let answer = Answer { lines: received, ..Answer::default() };
                    return Ok(Told { is_lost: true, ..told(answer, true) });
                }
                Err(trouble) => return Err(trouble),
            }
        }
    }

    /// Whether the modem answers `AT`. `None`: it has not until `until`, and had no time to.
    fn probe(&mut self, until: Duration, listener: &mut dyn Listener) -> Result<Option<bool>, Trouble> {
        self.check_stopped()?;
        let now = self.port.now();
        let time = PROBE_TIME.min(until.saturating_sub(now));
        let expected = Expected { shape: Shape::None, ..Expected::default() };
        let probe = Question::new(b"AT\r", expected, time, PromptPlan::Unexpected);
        self.session.ask(&probe.into(), Why::Resynchronise, now, listener);
        let unanswered = (time == PROBE_TIME).then_some(false);
        loop {
            match self.turn(until, listener) {
                Ok(Some(answer)) => return Ok(Some(answer.result.is_some_and(|result| result.is_success()))),
                Ok(None) if self.port.now() >= until => {
                    self.session.abandon();
                    return Ok(unanswered);
                }
                Ok(None) => {}
                Err(Trouble::Timeout { .. } | Trouble::OutOfStep { .. }) => return Ok(unanswered),
                Err(trouble) => return Err(trouble),
            }
        }
    }

    /// Opens the port again; false where it did not come back.
    fn come_back(&mut self, until: Duration) -> Result<bool, Trouble> {
        match self.port.reopen(until) {
            Ok(()) => {
                self.session.restart();
                Ok(true)
            }
            Err(Fault::Lost(_)) => Ok(false),
            Err(fault) => Err(Trouble::of(fault, Vec::new())),
        }
    }
}
