//! A restart: the modem goes away and comes back, and its device perhaps with it.

use std::sync::Arc;
use std::time::Duration;

use super::{Conversation, Silence, Trouble};
use crate::at::{Answer, Expected, Listener, PromptPlan, Question, Why};

/// A modem that starts answers `AT` late or not at all: it is asked once a second.
const PROBE_TIME: Duration = Duration::from_secs(1);

/// A modem that has answered each `AT` for so long after it was told to restart does not do so.
const NEVER_MISSED: Duration = Duration::from_secs(30);

impl Conversation {
    /// Sends a question that makes the modem restart, waits until it has gone away and come back, and returns when it
    /// answers `AT` again. Its own answer is returned as it was; where the modem refused, that is all that happens.
    ///
    /// It is seen to go away by the port that is lost, an `AT` without an answer, or a line that modems send when they
    /// start and never else. Whatever else it says may be said before it goes. What comes by itself meanwhile is left for
    /// an `await`.
    pub fn reboot(
        &mut self,
        question: &Arc<Question>,
        until: Duration,
        listener: &mut dyn Listener,
    ) -> Result<Answer, Trouble> {
        let mut has_gone = false;
        let answer = match self.ask(question, listener) {
            Ok(answer) if answer.result.as_ref().is_some_and(|result| !result.is_success()) => return Ok(answer),
            Ok(answer) => answer,
            Err(Trouble::Timeout { received, waited, .. }) => {
                has_gone = true;
                Answer { lines: received, result: None, elapsed: waited }
            }
            Err(Trouble::Lost { received, .. }) => {
                self.come_back(until)?;
                has_gone = true;
                Answer { lines: received, ..Answer::default() }
            }
            Err(trouble) => return Err(trouble),
        };
        // Nothing is owed any more, and no setting is known.
        self.session.restart();
        let asked = self.port.now();
        let probe = Arc::new(Question::new(
            b"AT\r",
            Expected { shape: crate::at::Shape::None, ..Expected::default() },
            PROBE_TIME,
            PromptPlan::Unexpected,
        ));
        let mut looked_at = 0;
        loop {
            let next = self.port.now() + PROBE_TIME;
            let outcome = match self.sleep_until(next.min(until), listener) {
                Ok(()) if self.session.has_started(&mut looked_at) => {
                    has_gone = true;
                    self.quiet(PROBE_TIME, (self.port.now() + 2 * PROBE_TIME).min(until), listener).map(|_| None)
                }
                Ok(()) => self.probe(&probe, listener).map(Some),
                Err(trouble) => Err(trouble),
            };
            match outcome {
                Ok(Some(true)) if has_gone => return Ok(answer),
                Ok(Some(true)) if self.port.now() >= asked + NEVER_MISSED => break,
                Ok(Some(is_there)) => has_gone |= !is_there,
                Ok(None) => {}
                Err(Trouble::Lost { .. }) => {
                    self.come_back(until)?;
                    has_gone = true;
                }
                Err(trouble) => return Err(trouble),
            }
            if self.port.now() >= until {
                break;
            }
        }
        let waited = self.port.now().saturating_sub(asked);
        Err(match has_gone {
            true => Trouble::Timeout { waited, silence: Silence::Total, received: answer.lines },
            false => Trouble::NeverGone { waited },
        })
    }

    /// Whether the modem answers `AT`.
    fn probe(&mut self, probe: &Arc<Question>, listener: &mut dyn Listener) -> Result<bool, Trouble> {
        self.check_stopped()?;
        self.session.ask_because(probe, Why::Resynchronise, self.port.now(), listener);
        match self.outcome(listener) {
            Ok(answer) => Ok(answer.result.is_some_and(|result| result.is_success())),
            Err(Trouble::Timeout { .. } | Trouble::OutOfStep { .. }) => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }

    fn come_back(&mut self, until: Duration) -> Result<(), Trouble> {
        self.port.reopen(until).map_err(|fault| Trouble::of(fault, Vec::new()))?;
        self.session.restart();
        Ok(())
    }
}
