//! A port and a session together: ask, and wait for the answer; wait for a line. What the interpreter, the REPL and
//! `hayes at` all stand on. It blocks only in the port.

use std::sync::Arc;
use std::time::Duration;

use crate::at::command::typed;
use crate::at::session::{Session, Unanswered};
use crate::at::{Answer, Event, Expected, Hearer, Knowledge, Line, PromptPlan, Question, Shape, Why, result_code};
use crate::catalogue::entry::Module;
use crate::catalogue::module_named_by;
use crate::port::{Control, Fault, Port, Read};

pub use crate::at::Verdict;
pub use crate::at::session::{FailureKind, Mode, Silence};
use TroubleKind::NoAnswer;

/// What a first read takes at the most. Few answers are longer, and a thousand modems are cheap.
const SMALLEST_READ: usize = 256;

/// What a read takes at the most, once the modem has shown that it sends so much.
const LARGEST_READ: usize = 64 * 1024;

/// A port that takes nothing for so long does not work: flow control, or nobody reads.
const WRITE_TIME: Duration = Duration::from_secs(10);

/// What waits in a port when it is opened has ended once nothing has come for so long.
const PENDING_QUIET: Duration = Duration::from_millis(100);

/// However much keeps coming, the first question is not put off longer.
const PENDING_TIME: Duration = Duration::from_secs(2);

/// Silence before a question, to see that the answer before it has ended, is looked for no longer than this.
const GAP_TIME: Duration = Duration::from_secs(1);

/// S12 is 1 s by default; a little more, so that the modem's clock agrees.
const GUARD_TIME: Duration = Duration::from_millis(1100);

/// At a script's end: how long to listen for an answer that is still owed.
const OWED_TIME: Duration = Duration::from_secs(3);

/// A port that has just taken nothing has so long to take the character that ends the data before it.
const CANCEL_WRITE_TIME: Duration = Duration::from_millis(500);

/// After `+++` the guard time has to pass, and some modems take their time.
const ESCAPE_TIME: Duration = Duration::from_secs(6);

/// A modem that leaves data mode by itself, or because DTR dropped, does so in this time.
const LEAVE_TIME: Duration = Duration::from_secs(1);

/// A modem that starts answers `AT` late or not at all: it is asked once a second.
const PROBE_TIME: Duration = Duration::from_secs(1);

/// A modem that has answered each `AT` for so long after it was told to restart does not do so.
const NEVER_MISSED: Duration = Duration::from_secs(30);

/// A modem that starts may refuse `AT` at first. One that has for so long answers it in no other way.
const REFUSING: Duration = Duration::from_secs(10);

/// An open port and what was said on it.
pub struct Conversation {
    port: Box<dyn Port>,
    session: Session,
    buffer: Vec<u8>,
    /// Which module an answer has named
    module: Option<&'static Module>,
    /// Something was read: what waited in the port when it was opened has been heard.
    has_listened: bool,
    /// A command line of which the end has not been sent
    begun: String,
}

/// How the command that restarts the modem ended.
#[derive(Default)]
struct RestartAnswer {
    answer: Answer,
    /// The modem is seen to have gone already.
    has_gone: bool,
    /// Its result code may be late, and the modem there yet.
    may_be_late: bool,
    was_heard: bool,
    is_lost: bool,
}

/// Why a question has no answer, or a wait no end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub kind: TroubleKind,
    pub waited: Duration,
    /// What had come until then: the lines of the answer, and last the line that had not ended yet
    pub received: Vec<Line>,
}

/// What came of talking to the modem.
pub type Attempt<T = ()> = Result<T, Trouble>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TroubleKind {
    /// The session has no answer. After a timeout the next question first brings the modem into step again.
    NoAnswer(FailureKind),
    /// The modem was to start anew, and did not say that it does
    NoRestart,
    /// The modem was to restart and answered all the time
    NeverGone,
    /// The modem was to restart, and did not answer again; `is_lost`: nor did its port come back
    NeverBack { is_lost: bool },
    /// `+++` did not bring the modem back from data mode
    InDataMode,
    /// The port is gone, was told to stop (Ctrl-C), or could not do it
    Port(Fault),
}

impl Trouble {
    fn new(kind: TroubleKind, waited: Duration) -> Trouble {
        Trouble { kind, waited, received: Vec::new() }
    }

    fn port(fault: Fault, received: Vec<Line>) -> Trouble {
        Trouble { kind: TroubleKind::Port(fault), waited: Duration::ZERO, received }
    }

    pub fn is_timeout(&self) -> bool {
        matches!(self.kind, NoAnswer(FailureKind::Timeout(_)))
    }

    pub fn is_interrupt(&self) -> bool {
        matches!(self.kind, TroubleKind::Port(Fault::Interrupted))
    }
}

impl From<Box<Unanswered>> for Trouble {
    fn from(failure: Box<Unanswered>) -> Trouble {
        Trouble { kind: NoAnswer(failure.kind), waited: failure.waited, received: failure.received }
    }
}

impl Conversation {
    pub fn new(port: Box<dyn Port>, knowledge: &'static dyn Knowledge) -> Conversation {
        let (session, buffer) = (Session::new(knowledge), vec![0; SMALLEST_READ]);
        Conversation { port, session, buffer, module: None, has_listened: false, begun: String::new() }
    }

    /// Goes on after an interruption that was heeded.
    pub fn rearm(&mut self) {
        self.port.rearm();
    }

    pub fn now(&self) -> Duration {
        self.port.now()
    }

    /// The module at the other end, once an answer has named it.
    pub fn module(&self) -> Option<&'static Module> {
        self.module
    }

    /// Takes the module from the lines of an answer that tells who the modem is. What names no module that is known
    /// changes nothing; nor does a restart.
    pub fn meet(&mut self, lines: &[Line]) -> Option<&'static Module> {
        let named = lines.iter().find_map(|line| module_named_by(&line.text()))?;
        self.module = Some(named);
        Some(named)
    }

    /// Sends a question and waits for its answer. After a timeout it brings the modem into step first. Lines that came
    /// by themselves before the question was sent are forgotten.
    ///
    /// A free question ends when [`Hearer::line`] returns [`Verdict::Enough`], or at a final result code.
    pub fn ask(&mut self, question: &Arc<Question>, listener: &mut dyn Hearer) -> Attempt<Answer> {
        self.make_ready(question, listener)?;
        self.session.ask(question, Why::Question, self.port.now(), listener);
        let answer = self.outcome(listener)?;
        if answer.result.is_some() {
            self.begun.clear();
        }
        Ok(answer)
    }

    /// With a frame of its own, which is gone while the modem is waited for.
    #[inline(never)]
    fn make_ready(&mut self, question: &Question, listener: &mut dyn Hearer) -> Attempt {
        self.drain(listener)?;
        if let Some(gap) = self.session.line_gap(question, self.port.now()) {
            self.quiet(gap, self.port.now() + (10 * gap).min(GAP_TIME).max(gap), listener)?;
        }
        self.check(listener)?;
        self.begin(question.bytes());
        Ok(())
    }

    /// What was sent of a command line, if its end was not: what is sent next is the rest of it.
    pub fn begun(&self) -> &str {
        &self.begun
    }

    fn begin(&mut self, bytes: &[u8]) {
        let is_data = matches!(self.mode(), Mode::Data { sure: true, .. });
        self.begun = if is_data { String::new() } else { typed(&self.begun, &String::from_utf8_lossy(bytes)).1 };
    }

    /// After a timeout: brings the modem into step, before something is written whose silence is judged.
    pub fn come_into_step(&mut self, listener: &mut dyn Hearer) -> Attempt {
        self.check_stopped()?;
        self.session.come_into_step(self.port.now(), listener);
        self.outcome(listener).map(|_| ())
    }

    /// The last question's result code was not waited for, and may still come.
    pub fn owe(&mut self) {
        self.session.owe();
    }

    /// Where the first answer came without an echo: waits a moment whether the echo comes behind it. Then that answer
    /// was another's. So it does for a refusal of what was sent last, where nobody waits for an answer to that.
    pub fn prove(&mut self, listener: &mut dyn Hearer) -> Attempt {
        while let Some(until) = self.session.proved_at().filter(|until| self.port.now() < *until) {
            if self.read(until, listener).is_err() {
                break;
            }
        }
        self.check_misled()
    }

    /// Sends bytes and waits for nothing: `send raw`, a login. Counts as a question for what is forgotten.
    /// The port has `longest` to take them.
    pub fn write(&mut self, bytes: &[u8], longest: Duration, listener: &mut dyn Hearer) -> Attempt {
        self.drain(listener)?;
        self.check(listener)?;
        self.begin(bytes);
        self.session.write(bytes, self.port.now(), listener);
        self.write_output(longest, listener)
    }

    /// Nobody waits for an answer to what was written last, but a refusal that comes before the next thing is sent
    /// fails that, and [`Conversation::prove`]. Bytes that only begin a line are answered with it.
    pub fn heed_refusal(&mut self) {
        if self.begun.is_empty() {
            self.session.heed_refusal(self.port.now());
        }
    }

    /// The first line that `matches` of those that belong to no answer (URCs and strays) and came since the last
    /// question was sent, or come until `until`. It is taken out; the others stay for a later wait.
    /// `None` when time is up.
    pub fn await_line(
        &mut self,
        until: Duration,
        matches: &mut dyn FnMut(&[u8]) -> bool,
        listener: &mut dyn Hearer,
    ) -> Attempt<Option<Line>> {
        let mut looked_at = 0;
        let mut is_late = false;
        loop {
            self.check_stopped()?;
            self.session.tell_dropped(self.port.now(), listener);
            if let Some(line) = self.session.take_line(&mut looked_at, matches) {
                return Ok(Some(line));
            }
            if is_late {
                return Ok(None);
            }
            self.read(until, listener)?;
            // However much still comes.
            is_late = self.port.now() >= until;
        }
    }

    /// The final result codes that answer no question and came since the last one, the oldest first.
    pub fn codes(&self) -> impl Iterator<Item = &[u8]> {
        self.session.codes()
    }

    pub fn next_line(&mut self, until: Duration, listener: &mut dyn Hearer) -> Attempt<Option<Line>> {
        self.await_line(until, &mut |_| true, listener)
    }

    /// Waits until nothing has come for `span`; false when `until` came first.
    pub fn quiet(&mut self, span: Duration, until: Duration, listener: &mut dyn Hearer) -> Attempt<bool> {
        loop {
            self.check_stopped()?;
            let now = self.port.now();
            let is_quiet_at = self.session.last_byte() + span;
            // What has come and was not read yet breaks the quiet as well, so there is at least one look.
            let is_idle = !self.read(is_quiet_at.min(until).max(now), listener)?;
            let now = self.port.now();
            if is_idle && now >= self.session.last_byte() + span {
                return Ok(true);
            }
            if now >= until {
                return Ok(false);
            }
        }
    }

    /// Waits for `span`, in which nothing may come: the first line that does. Text without a line end counts, the echo
    /// of what was written does not.
    pub fn silence(&mut self, span: Duration, listener: &mut dyn Hearer) -> Attempt<Option<Line>> {
        let until = self.port.now() + span;
        let line = self.next_line(until, listener)?;
        Ok(line.or_else(|| {
            let unfinished = self.session.unfinished();
            (!unfinished.is_empty()).then(|| Line { bytes: unfinished.to_vec() })
        }))
    }

    /// Waits for text without a line end, as boot loaders and logins show it; false when `until` came first.
    pub fn prompt(&mut self, text: &[u8], until: Duration, listener: &mut dyn Hearer) -> Attempt<bool> {
        self.check_stopped()?;
        self.session.await_text(text, self.port.now(), listener);
        while !self.session.text_has_come(false) {
            self.check_stopped()?;
            self.read(until, listener)?;
            if self.port.now() >= until {
                return Ok(self.session.text_has_come(true));
            }
        }
        Ok(true)
    }

    /// Waits, and goes on reading: lines are queued, `abort on` sees them.
    pub fn sleep(&mut self, span: Duration, listener: &mut dyn Hearer) -> Attempt {
        self.sleep_until(self.port.now() + span, listener)
    }

    fn sleep_until(&mut self, until: Duration, listener: &mut dyn Hearer) -> Attempt {
        loop {
            self.check_stopped()?;
            self.read(until, listener)?;
            if self.port.now() >= until {
                return self.check_stopped();
            }
        }
    }

    pub fn control(&mut self, control: Control) -> Attempt {
        self.port.control(control).map_err(|fault| Trouble::port(fault, Vec::new()))?;
        // With AT&D1 and AT&D2 it ends data mode (V.250 §6.2.8).
        if control == Control::Dtr(false) {
            self.session.expect_escape();
        }
        Ok(())
    }

    /// What the line carries: commands, or since a `CONNECT` data.
    pub fn mode(&self) -> Mode {
        self.session.mode()
    }

    /// Whether a command would go to the other end of a connection as data. Where data mode may end any moment, that
    /// moment is waited for.
    pub fn carries_data(&mut self, listener: &mut dyn Hearer) -> Attempt<bool> {
        let until = self.port.now() + LEAVE_TIME;
        while self.session.may_leave_data_mode() && self.port.now() < until {
            self.check_stopped()?;
            self.read(until, listener)?;
        }
        Ok(matches!(self.mode(), Mode::Data { .. }))
    }

    /// From data mode to command mode: guard time, `+++`, guard time (V.250 §5.2.7; S12), until the modem says so.
    /// Where it is in command mode nothing is sent; where nobody knows, nothing is expected.
    pub fn escape(&mut self, why: Why, listener: &mut dyn Hearer) -> Attempt {
        if matches!(self.mode(), Mode::Command { .. }) {
            listener.event(self.port.now(), &Event::Notice("the modem is in command mode: +++ is not sent"));
            return Ok(());
        }
        self.sleep(GUARD_TIME, listener)?;
        // The connection may have ended meanwhile.
        if matches!(self.mode(), Mode::Command { .. }) {
            return Ok(());
        }
        let began = self.port.now();
        self.session.escape(why, began, listener);
        self.write_output(WRITE_TIME, listener)?;
        if matches!(self.mode(), Mode::Unknown { .. }) {
            return self.sleep(GUARD_TIME, listener);
        }
        while !matches!(self.mode(), Mode::Command { .. }) {
            self.check_stopped()?;
            let now = self.port.now();
            if now >= began + ESCAPE_TIME {
                return Err(Trouble::new(TroubleKind::InDataMode, now.saturating_sub(began)));
            }
            self.read(began + ESCAPE_TIME, listener)?;
        }
        Ok(())
    }

    /// After [`Fault::Interrupted`]: ends what is still going on by the AT rules, one character where the running
    /// command is abortable, ESC at a prompt, and comes into step again. Where something is to be asked afterwards it
    /// `waits` for a command that cannot be aborted, a few seconds. A second interruption ends this as well.
    pub fn interrupt(&mut self, waits: bool, listener: &mut dyn Hearer) -> Attempt {
        self.port.rearm();
        self.session.interrupt(waits, self.port.now(), listener);
        self.outcome(listener).map(|_| ())
    }

    /// Sends a question that makes the modem restart, waits until it has gone away and come back, and returns when it
    /// answers `AT` again. Its own answer is returned as it was; where the modem refused, that is all that happens. All
    /// that takes no longer than `within`, and the question no longer than half of it.
    ///
    /// It is seen to go away by the port that is lost, an `AT` without an answer, or a line that modems send when they
    /// start and never else. Whatever else it says may be said before it goes. What comes by itself meanwhile is left
    /// for an `await`.
    pub fn reboot(&mut self, question: &Question, within: Duration, listener: &mut dyn Hearer) -> Attempt<Answer> {
        let until = self.port.now() + within;
        // Many a modem sends no result code before it goes.
        let told = self.tell_to_restart(question, within / 2, (until, within), listener)?;
        let RestartAnswer { answer, mut has_gone, may_be_late, mut was_heard, is_lost } = told;
        if answer.result.as_ref().is_some_and(|result| !result.is_success()) {
            return Ok(answer);
        }
        if !is_lost {
            // Nothing is owed any more, and no setting is known.
            self.session.start_anew();
        }
        let asked = self.port.now();
        let (mut is_there, mut refused) = (false, None);
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
                    self.probe(until, &mut refused, listener)
                }
                Err(trouble) => Err(trouble),
            };
            match outcome {
                Ok(Some(true)) if has_gone => return Ok(answer),
                Ok(Some(true)) if self.port.now() >= asked + NEVER_MISSED => break,
                Ok(Some(true)) => is_there = true,
                Ok(Some(false)) => (has_gone, refused) = (true, None),
                Ok(None) => {}
                // It started while it was asked whether it is there.
                Err(Trouble { kind: NoAnswer(FailureKind::Restarted(_) | FailureKind::Off(_)), .. }) => {
                    (has_gone, was_heard) = (true, true);
                }
                Err(Trouble { kind: TroubleKind::Port(Fault::Lost(_)), .. }) => {
                    self.come_back((until, within), &answer.lines)?;
                    (has_gone, was_heard) = (true, true);
                }
                Err(trouble) => return Err(trouble),
            }
        }
        if is_there && !has_gone {
            return Err(Trouble::new(TroubleKind::NeverGone, self.port.now().min(until).saturating_sub(asked)));
        }
        let silent = NoAnswer(FailureKind::Timeout(Silence::Total));
        let kind = if was_heard { TroubleKind::NeverBack { is_lost: false } } else { silent };
        Err(Trouble { kind, waited: within, received: answer.lines })
    }

    /// Waits until the modem says that it starts, or its port has gone and come back. What it said since the last
    /// question was sent counts.
    pub fn restart(&mut self, within: Duration, hearer: &mut dyn Hearer) -> Attempt {
        let (began, mut looked_at) = (self.port.now(), 0);
        let until = began + within;
        loop {
            self.check_stopped()?;
            if self.session.take_start(&mut looked_at).is_some() {
                return Ok(());
            }
            let now = self.port.now();
            if now >= until {
                return Err(Trouble::new(TroubleKind::NoRestart, now.saturating_sub(began)));
            }
            match self.read(until, hearer) {
                Ok(_) => {}
                Err(Trouble { kind: TroubleKind::Port(Fault::Lost(_)), received, .. }) => {
                    return self.come_back((until, within), &received);
                }
                Err(trouble) => return Err(trouble),
            }
        }
    }

    /// Sends a question after which the modem starts anew, and waits until it says so. Its own answer is returned as it
    /// was; where the modem refused, that is all that happens.
    pub fn ask_for_restart(
        &mut self,
        question: &Question,
        within: Duration,
        hearer: &mut dyn Hearer,
    ) -> Attempt<Answer> {
        let until = self.port.now() + within;
        self.drain(hearer)?;
        let RestartAnswer { answer, is_lost, .. } = self.tell_to_restart(question, within, (until, within), hearer)?;
        if is_lost || answer.result.as_ref().is_some_and(|result| !result.is_success()) {
            return Ok(answer);
        }
        match self.restart(until.saturating_sub(self.port.now()), hearer) {
            Ok(()) => Ok(answer),
            Err(trouble) if trouble.kind == TroubleKind::NoRestart => Err(Trouble { waited: within, ..trouble }),
            Err(trouble) => Err(trouble),
        }
    }

    /// Asks, and waits for the answer, or for what comes in its place, at the most for `longest`; a port that is lost
    /// is open again then: `back` is as for [`Conversation::come_back`].
    fn tell_to_restart(
        &mut self,
        question: &Question,
        longest: Duration,
        back: (Duration, Duration),
        listener: &mut dyn Hearer,
    ) -> Attempt<RestartAnswer> {
        self.check(listener)?;
        let began = self.port.now();
        let mut question = question.clone();
        question.timeout = question.timeout.min(longest);
        self.session.ask(&question.into(), Why::Question, began, listener);
        let mut looked_at = 0;
        loop {
            let told =
                |answer, has_gone| RestartAnswer { answer, has_gone, was_heard: true, ..RestartAnswer::default() };
            match self.turn(Duration::MAX, listener) {
                Ok(Some(answer)) => return Ok(told(answer, false)),
                // It has started, so no result code comes any more.
                Ok(None) if self.session.is_asking() && self.session.has_started(&mut looked_at) => {
                    let lines = self.session.abandon();
                    let elapsed = self.port.now().saturating_sub(began);
                    return Ok(told(Answer { lines, elapsed, ..Answer::default() }, true));
                }
                Ok(None) => {}
                Err(Trouble { kind: NoAnswer(FailureKind::Timeout(silence)), waited, received }) => {
                    let answer = Answer { lines: received, elapsed: waited, ..Answer::default() };
                    let was_heard = silence != Silence::Total;
                    return Ok(RestartAnswer { may_be_late: true, was_heard, ..told(answer, true) });
                }
                Err(Trouble { kind: NoAnswer(FailureKind::Off(_)), waited: elapsed, received: lines }) => {
                    return Ok(told(Answer { lines, elapsed, ..Answer::default() }, true));
                }
                Err(Trouble { kind: TroubleKind::Port(Fault::Lost(_)), received, .. }) => {
                    let elapsed = self.port.now().saturating_sub(began);
                    self.come_back(back, &received)?;
                    let answer = Answer { lines: received, elapsed, ..Answer::default() };
                    return Ok(RestartAnswer { is_lost: true, ..told(answer, true) });
                }
                Err(trouble) => return Err(trouble),
            }
        }
    }

    /// Whether the modem answers `AT`. `None`: it has not until `until`, and had no time to; or it refuses, since the
    /// time in `refused`.
    fn probe(
        &mut self,
        until: Duration,
        refused: &mut Option<Duration>,
        listener: &mut dyn Hearer,
    ) -> Attempt<Option<bool>> {
        self.check_stopped()?;
        let now = self.port.now();
        let time = PROBE_TIME.min(until.saturating_sub(now));
        let expected = Expected { shape: Shape::None, ..Expected::default() };
        let probe = Question::new(b"AT\r", expected, time, PromptPlan::Unexpected);
        self.session.ask(&probe.into(), Why::Resynchronise, now, listener);
        let unanswered = (time == PROBE_TIME).then_some(false);
        loop {
            match self.turn(until, listener) {
                Ok(Some(Answer { result: Some(result), .. })) if !result.is_success() => {
                    let since = *refused.get_or_insert(now);
                    return Ok((self.port.now() >= since + REFUSING).then_some(true));
                }
                Ok(Some(_)) => return Ok(Some(true)),
                Ok(None) if self.port.now() >= until => {
                    self.session.abandon();
                    return Ok(unanswered);
                }
                Ok(None) => {}
                Err(trouble) if trouble.is_timeout() => return Ok(unanswered),
                Err(Trouble { kind: NoAnswer(FailureKind::OutOfStep { .. }), .. }) => return Ok(unanswered),
                Err(trouble) => return Err(trouble),
            }
        }
    }

    /// Opens the port again: until when, and how long all was to take. `received` is what came before it went.
    fn come_back(&mut self, (until, within): (Duration, Duration), received: &[Line]) -> Attempt {
        match self.port.reopen(until) {
            Ok(()) => {
                self.session.restart();
                Ok(())
            }
            Err(Fault::Lost(_)) => {
                let kind = TroubleKind::NeverBack { is_lost: true };
                Err(Trouble { kind, waited: within, received: received.to_vec() })
            }
            Err(fault) => Err(Trouble::port(fault, Vec::new())),
        }
    }

    /// At the end of a script: a result code that the modem still owes would be taken for its own by whoever asks next.
    /// It is listened for, and nothing sent. A modem that has not said a byte since is left at once.
    pub fn settle(&mut self, listener: &mut dyn Hearer) {
        if !self.session.owes() {
            return;
        }
        let now = self.port.now();
        let text = "an answer is still owed: listening for it for up to 3 s; Ctrl-C ends this";
        listener.event(now, &Event::Notice(text));
        while self.session.owes() && self.port.now() < now + OWED_TIME {
            if self.read(now + OWED_TIME, listener).is_err() {
                return;
            }
        }
    }

    /// Before the first byte is written: reads what waits in the port. It answers a question of another program, or of
    /// nobody, and what else comes of it is waited for. Lines that come by themselves are kept. An answer may be owed
    /// behind what waited, whatever that was, so the session comes into step before it asks.
    fn drain(&mut self, listener: &mut dyn Hearer) -> Attempt {
        if self.has_listened {
            return Ok(());
        }
        let now = self.port.now();
        if !self.read(now + self.port.greeting_time(), listener)? {
            return Ok(());
        }
        self.quiet(PENDING_QUIET, now + PENDING_TIME, listener)?;
        let text = "something waited in the port that answers no question of this script";
        listener.event(self.port.now(), &Event::Notice(text));
        self.session.doubt(self.port.now());
        Ok(())
    }

    /// Runs until the question has its outcome.
    fn outcome(&mut self, listener: &mut dyn Hearer) -> Attempt<Answer> {
        loop {
            if let Some(answer) = self.turn(Duration::MAX, listener)? {
                return Ok(answer);
            }
        }
    }

    /// Writes and reads once, up to `until`; the answer, if the question has it then.
    fn turn(&mut self, until: Duration, listener: &mut dyn Hearer) -> Attempt<Option<Answer>> {
        let written = self.write_output(WRITE_TIME, listener);
        // What ended the question goes before what could not be written behind it.
        if let Some(outcome) = self.session.outcome() {
            return outcome.map(Some).map_err(Trouble::from);
        }
        written?;
        if self.session.deadline().is_none() {
            // Nothing is open and nothing has ended: better no answer than a false one, or a wait without an end.
            return Err(Trouble::new(NoAnswer(FailureKind::OutOfStep { tries: 0 }), Duration::ZERO));
        }
        self.read(until, listener)?;
        Ok(None)
    }

    /// Reads once and tells the session; false where `until`, or a deadline of the session before it, came first.
    fn read(&mut self, until: Duration, listener: &mut dyn Hearer) -> Attempt<bool> {
        let until = self.session.deadline().map_or(until, |deadline| deadline.min(until));
        self.has_listened = true;
        match self.port.read(&mut self.buffer, until) {
            Ok(Read::Bytes(count)) => {
                let bytes = self.buffer.get(..count).unwrap_or_default();
                self.session.receive(bytes, self.port.now(), listener);
                if count == self.buffer.len() && count < LARGEST_READ {
                    self.buffer.resize((4 * count).min(LARGEST_READ), 0);
                }
                Ok(true)
            }
            Ok(Read::Deadline) => {
                self.session.advance(self.port.now(), listener);
                Ok(false)
            }
            // What is going on stays as it is: `interrupt` ends it by the AT rules.
            Err(fault @ Fault::Interrupted) => Err(Trouble::port(fault, self.session.received())),
            Err(fault) => Err(self.trouble(fault, listener)),
        }
    }

    fn write_output(&mut self, longest: Duration, listener: &mut dyn Hearer) -> Attempt {
        while let Some(bytes) = self.session.output() {
            let until = self.port.now() + longest.min(WRITE_TIME);
            let until = self.session.question_ends().map_or(until, |ends| ends.min(until));
            match self.port.write(&bytes, until) {
                Ok(()) => {}
                Err(fault @ Fault::Interrupted) => {
                    self.session.write_failed();
                    return Err(Trouble::port(fault, self.session.received()));
                }
                Err(fault) => {
                    self.session.write_failed();
                    let trouble = self.trouble(fault, listener);
                    self.cancel_data(listener);
                    return Err(trouble);
                }
            }
        }
        Ok(())
    }

    /// After data that did not all go out: ESC, as far as the port takes it. The modem still waits for the rest.
    fn cancel_data(&mut self, listener: &mut dyn Hearer) {
        self.session.cancel_data(self.port.now(), listener);
        while let Some(bytes) = self.session.output() {
            if self.port.write(&bytes, self.port.now() + CANCEL_WRITE_TIME).is_err() {
                self.session.write_failed();
                self.session.expect_data();
            }
        }
    }

    fn trouble(&mut self, fault: Fault, listener: &mut dyn Hearer) -> Trouble {
        let received = match &fault {
            Fault::Lost(_) => self.session.lose(self.port.now(), listener),
            Fault::Interrupted | Fault::WriteTimeout { .. } | Fault::Unsupported(_) | Fault::System(_) => {
                self.session.abandon()
            }
        };
        Trouble::port(fault, received)
    }

    /// Whether a command may be sent: reads what has come already, where a refusal may have. Whoever has said stop
    /// before it was sent does not want it sent.
    fn check(&mut self, listener: &mut dyn Hearer) -> Attempt {
        if self.session.heeds_refusal() {
            self.read(self.port.now(), listener)?;
        }
        self.check_stopped()?;
        self.check_misled()?;
        if self.port.is_interrupted() { Err(Trouble::port(Fault::Interrupted, Vec::new())) } else { Ok(()) }
    }

    fn check_misled(&mut self) -> Attempt {
        let misled = self.session.misled().map(FailureKind::Misled);
        let refused = || self.session.refused().map(|(line, result)| FailureKind::Refused(line, result));
        misled.or_else(refused).map_or(Ok(()), |kind| Err(Trouble::new(NoAnswer(kind), Duration::ZERO)))
    }

    /// A line at which a listener said stop, while nothing was asked or behind an answer's end.
    fn check_stopped(&mut self) -> Attempt {
        let stopped = |line| Trouble::new(NoAnswer(FailureKind::Stopped(line)), Duration::ZERO);
        self.session.stopped().map_or(Ok(()), |line| Err(stopped(line)))
    }
}
