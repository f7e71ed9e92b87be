//! The AT session: bytes and the time go in; bytes to send, events, the outcome and the next deadline come out.
//!
//! # Rules
//! 1. What is told of a stretch of bytes is the same however it was cut into chunks. Where the bytes that follow must
//!    decide, they are waited for; where only silence can decide, [`SETTLE`] of it does.
//! 2. The echo is known by comparing it with what was sent, and is no answer, also where it comes twice.
//! 3. A final result code is a whole line. `NO CARRIER` and its like are final for dial, answer and data commands only.
//! 4. A line with another command's prefix, or a known URC's, is no part of the answer. Where a URC and the answer
//!    carry the same prefix, their fields tell them apart. What stands under a URC belongs to it: see [`below`].
//! 5. Lines that belong to no answer are queued, stamped, bounded; the oldest go first, and that is told.
//! 6. A prompt is accepted only where one was announced, at the start of a line. Another one is cancelled with ESC.
//! 7. Nothing is written while a command runs: any character can abort it (V.250 §5.6.1).
//! 8. After a timeout the session is out of step: see [`resync`].
//! 9. All buffers are bounded, and an exchange ends at its deadline whatever keeps arriving. URCs put no decision off.
//! 10. No byte is lost: a line is an echo, a response, a final result code, a URC, a prompt or a stray, and is told.
//! 11. After `CONNECT` the line carries data, in which nothing is any of these: see [`data`].

mod ahead;
mod below;
mod body;
mod data;
mod ending;
mod exchange;
mod line;
mod prompt;
mod resync;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use memchr::memmem;

use super::answer::{Answer, Event, Expected, Line, PromptPlan, Question, Why};
use super::echo::Echo;
use super::framer::Framer;
use super::knowledge::Knowledge;
use super::listener::{Flow, Listener};
use super::queue::Queue;
use super::result_code::Verbosity;
use below::{Before, Below};
use body::Body;
pub use data::Mode;
use ending::Owing;
pub use ending::{Failure, FailureKind, Outcome, Silence};
use exchange::Exchange;
use resync::{Purpose, Resync};

/// So much silence decides what the bytes alone leave open: a final result code without its line end, a line `OK` in a
/// message, a prompt nobody announced.
pub const SETTLE: Duration = Duration::from_millis(300);

/// One modem's session.
pub struct Session {
    knowledge: &'static dyn Knowledge,
    framer: Framer,
    queue: Queue,
    output: VecDeque<Vec<u8>>,
    echo: Echo,
    exchange: Option<Exchange>,
    /// Boxed: few sessions ever need one, and a thousand modems would pay for it.
    resync: Option<Box<Resync>>,
    outcome: Option<Outcome>,
    /// What the modem still owes since a timeout.
    owing: Option<Box<Owing>>,
    verbosity: Verbosity,
    mode: Mode,
    /// The last command opens a connection, and its `CONNECT` is still to come.
    may_connect: bool,
    /// Lines that end the data mode that is, or may come; ATO goes back to the same one.
    data_ends: &'static [&'static str],
    /// The modem was told to leave data mode.
    escaping: bool,
    /// Text without a line end that is waited for.
    awaited: Option<Vec<u8>>,
    /// A listener said stop while nothing was asked.
    stopped: Option<Line>,
    last_byte: Duration,
    /// Something waits for silence to decide it.
    unsettled: bool,
    /// Since then it is open what the first line is; unsolicited lines behind it do not put the decision off.
    doubt: Option<Duration>,
    /// Lines that come next belong to the unsolicited one before them.
    below: Option<Below>,
    /// What the last line was.
    before: Before,
    /// It stood behind a line end of its own.
    framed: bool,
}

/// Who hears it, and when it is.
struct Now<'a> {
    time: Duration,
    listener: &'a mut dyn Listener,
}

impl Now<'_> {
    fn tell(&mut self, event: &Event<'_>) {
        self.listener.event(self.time, event);
    }
}

impl Session {
    pub fn new(knowledge: &'static dyn Knowledge) -> Session {
        Session {
            knowledge,
            framer: Framer::default(),
            queue: Queue::default(),
            output: VecDeque::new(),
            echo: Echo::default(),
            exchange: None,
            resync: None,
            outcome: None,
            owing: None,
            verbosity: Verbosity::Unknown,
            mode: Mode::Unknown,
            may_connect: false,
            data_ends: &[],
            escaping: false,
            awaited: None,
            stopped: None,
            last_byte: Duration::ZERO,
            unsettled: false,
            doubt: None,
            below: None,
            before: Before::Nothing,
            framed: false,
        }
    }

    /// Asks. The outcome comes later; what is to be written is in [`Session::output`]. A session that is out of step
    /// comes into step first.
    pub fn ask(&mut self, question: &Arc<Question>, now: Duration, listener: &mut dyn Listener) {
        self.ask_because(question, Why::Question, now, listener);
    }

    /// As [`Session::ask`], where it is not the script that asks.
    pub fn ask_because(&mut self, question: &Arc<Question>, why: Why, now: Duration, listener: &mut dyn Listener) {
        let mut now = Now { time: now, listener };
        self.abandon();
        self.outcome = None;
        match self.owing.take() {
            Some(owing) => self.start_resync(Purpose::Question(Arc::clone(question), why), *owing, &mut now),
            None => self.begin(question, why, &mut now),
        }
    }

    /// Comes into step where the session is out of it, before something is written to which no answer is expected. The
    /// outcome is an empty answer.
    pub fn come_into_step(&mut self, now: Duration, listener: &mut dyn Listener) {
        let mut now = Now { time: now, listener };
        self.abandon();
        self.outcome = None;
        match self.owing.take() {
            Some(owing) => self.start_resync(Purpose::Writing, *owing, &mut now),
            None => self.outcome = Some(Ok(Answer::default())),
        }
    }

    /// An answer to somebody else's question may still come: the next question waits until the modem is in step.
    pub fn doubt(&mut self, now: Duration) {
        let bytes = b"AT\r".as_slice();
        let question = Question::new(bytes, Expected::default(), Duration::ZERO, PromptPlan::Unexpected);
        self.owing = Some(Box::new(Owing {
            question: Arc::new(question),
            asked: now,
            finals: 1,
            prompt_open: false,
            fenced: None,
            runs_until: now,
            heard: true,
            answered: false,
        }));
    }

    /// Sends bytes to which no answer is expected.
    pub fn write(&mut self, bytes: &[u8], now: Duration, listener: &mut dyn Listener) {
        let mut now = Now { time: now, listener };
        self.abandon();
        self.forget(&mut now);
        self.echo = self.echo_of(bytes);
        self.send(bytes, Why::Question, &mut now);
    }

    /// Bytes that came.
    pub fn receive(&mut self, bytes: &[u8], now: Duration, listener: &mut dyn Listener) {
        self.last_byte = now;
        if let Some(exchange) = &mut self.exchange {
            exchange.hear(bytes);
        } else if let Some(owing) = &mut self.owing {
            owing.heard = true;
        }
        self.framer.push(bytes);
        let mut now = Now { time: now, listener };
        self.process(false, &mut now);
        self.check_deadlines(&mut now);
    }

    /// Time has passed and nothing came.
    pub fn advance(&mut self, now: Duration, listener: &mut dyn Listener) {
        let mut now = Now { time: now, listener };
        if self.unsettled && now.time >= self.last_byte + SETTLE {
            self.process(true, &mut now);
        } else if self.doubt.is_some_and(|since| now.time >= since + SETTLE) {
            self.process(false, &mut now);
        }
        self.check_deadlines(&mut now);
    }

    /// When [`Session::advance`] must be called at the latest.
    pub fn deadline(&self) -> Option<Duration> {
        let settled = match self.doubt {
            Some(since) if !self.unsettled => Some(since + SETTLE),
            Some(_) | None => self.unsettled.then(|| self.last_byte + SETTLE),
        };
        let exchange = self.exchange.as_ref().map(|exchange| exchange.deadline(self.last_byte));
        let resync = self.resync.as_ref().map(|resync| resync.deadline(self.last_byte));
        [settled, exchange, resync].into_iter().flatten().min()
    }

    /// What is to be written now.
    pub fn output(&mut self) -> Option<Vec<u8>> {
        self.output.pop_front()
    }

    /// How the question ended, once.
    pub fn outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }

    /// The line at which a listener said stop while nothing was asked, once.
    pub fn stopped(&mut self) -> Option<Line> {
        self.stopped.take()
    }

    /// Takes out the oldest line that `matches` of those that belong to no answer and came since the last question was
    /// sent. `looked_at` counts those that were looked at and need not be again; it begins at 0.
    pub fn take_line(&mut self, looked_at: &mut u64, matches: &mut dyn FnMut(&[u8]) -> bool) -> Option<Line> {
        self.queue.take(looked_at, matches).map(|bytes| Line { bytes })
    }

    /// The lines of the answer that came so far, and the one that has not ended.
    pub fn received(&self) -> Vec<Line> {
        self.exchange.as_ref().map_or_else(Vec::new, |exchange| exchange.received(self.framer.rest()))
    }

    /// Tells how many lines were given up since this was asked last.
    pub fn tell_dropped(&mut self, now: Duration, listener: &mut dyn Listener) {
        let lines = self.queue.take_dropped();
        if lines > 0 {
            listener.event(now, &Event::Dropped { lines });
        }
    }

    /// Whether the modem has said that it starts, in a line that came since the last question. `looked_at` as for
    /// [`Session::take_line`]; the line stays where it is.
    pub fn has_started(&self, looked_at: &mut u64) -> bool {
        self.queue.holds(looked_at, &mut |line| self.knowledge.tells_of_start(line))
    }

    /// Whether a question is open: it was sent, and has not ended.
    pub fn is_asking(&self) -> bool {
        self.exchange.is_some()
    }

    /// When the last byte came.
    pub fn last_byte(&self) -> Duration {
        self.last_byte
    }

    /// The line that has not ended yet; empty where it may become an echo.
    pub fn unfinished(&self) -> &[u8] {
        let rest = self.framer.rest().trim_ascii_start();
        if self.echo.may_begin(rest) { &[] } else { rest }
    }

    /// Looks for text without a line end, in what has come and not been told and in what comes.
    pub fn await_text(&mut self, text: &[u8], now: Duration, listener: &mut dyn Listener) {
        if self.take_line(&mut 0, &mut |line| memmem::find(line, text).is_some()).is_some() {
            return;
        }
        self.awaited = Some(text.to_vec());
        self.process(false, &mut Now { time: now, listener });
    }

    /// Whether the text came. If not, it is waited for no longer after `give_up`.
    pub fn text_has_come(&mut self, give_up: bool) -> bool {
        let has_come = self.awaited.is_none();
        if give_up {
            self.awaited = None;
        }
        has_come
    }

    /// After the port was opened again: all that was going on is gone, and nothing is known of the modem's settings.
    pub fn restart(&mut self) {
        self.framer.clear();
        self.before = Before::Nothing;
        self.start_anew();
    }

    /// After the modem was told to start again, or has: as [`Session::restart`], but what it is saying goes on.
    pub fn start_anew(&mut self) {
        self.output.clear();
        self.echo = Echo::default();
        self.exchange = None;
        self.resync = None;
        self.outcome = None;
        self.owing = None;
        self.verbosity = Verbosity::Unknown;
        self.mode = Mode::Unknown;
        self.may_connect = false;
        self.escaping = false;
        self.awaited = None;
        self.unsettled = false;
        self.doubt = None;
        self.below = None;
    }

    fn begin(&mut self, question: &Arc<Question>, why: Why, now: &mut Now<'_>) {
        // What the script did not ask takes nothing from it.
        if why == Why::Question {
            self.forget(now);
        }
        self.escaping &= self.is_in_data_mode();
        self.echo = self.echo_of(question.bytes());
        let exchange = Exchange::new(Arc::clone(question), now.time);
        if let Some(verbosity) = exchange.named().sets_verbosity {
            self.verbosity = verbosity;
        }
        self.exchange = Some(exchange);
        self.send(question.bytes(), why, now);
    }

    fn forget(&mut self, now: &mut Now<'_>) {
        self.queue.clear();
        self.tell_dropped(now.time, now.listener);
    }

    fn send(&mut self, bytes: &[u8], why: Why, now: &mut Now<'_>) {
        now.tell(&Event::Sent { bytes, why });
        self.output.push_back(bytes.to_vec());
    }

    /// A line that belongs to no answer.
    fn queue_line(&mut self, line: &[u8], event: &Event<'_>, now: &mut Now<'_>) {
        self.queue.push(line);
        now.tell(event);
        if matches!(event, Event::Urc(_)) && self.knowledge.has_body(line) {
            self.expect_below(Body::below(line), now);
        }
        self.hear_connect(line);
        self.show(line, now);
    }

    /// Shows a line to the listener and does what it says; true where that ended the exchange.
    fn show(&mut self, line: &[u8], now: &mut Now<'_>) -> bool {
        match now.listener.line(line) {
            Flow::GoOn => false,
            Flow::Enough => {
                let is_free = self.exchange.as_ref().is_some_and(|exchange| exchange.expected().free);
                if is_free {
                    self.finish(None, now);
                }
                is_free
            }
            Flow::Stop => {
                let line = Line { bytes: line.to_vec() };
                if self.exchange.is_some() || self.resync.is_some() {
                    self.fail(FailureKind::Stopped(line), now);
                } else if self.stopped.is_none() {
                    self.stopped = Some(line);
                }
                true
            }
        }
    }

    fn check_deadlines(&mut self, now: &mut Now<'_>) {
        if self.resync.is_some() {
            self.advance_resync(now);
        } else if let Some(exchange) = &self.exchange
            && now.time >= exchange.deadline(self.last_byte)
        {
            self.time_out(now);
        }
    }

    /// Takes the buffer apart as far as can be told. `settled`: nothing has come for [`SETTLE`].
    fn process(&mut self, settled: bool, now: &mut Now<'_>) {
        // The lines are borrowed from the framer while the rest of the session changes.
        let mut framer = std::mem::take(&mut self.framer);
        self.unsettled = false;
        // What is behind the line that was in doubt is not settled by that.
        let mut decided = settled || self.doubt.is_some_and(|since| now.time >= since + SETTLE);
        while self.step(&mut framer, Settled { silence: settled, line: decided }, now) {
            self.doubt = None;
            decided = settled;
        }
        self.framer = framer;
    }

    /// Takes one piece; false where more must come first.
    fn step(&mut self, framer: &mut Framer, settled: Settled, now: &mut Now<'_>) -> bool {
        let skipped = framer.skip_line_ends();
        if let Some(bytes) = skipped.cut {
            now.tell(&Event::Truncated { bytes });
        }
        if skipped.line_ends
            && let Some(exchange) = &mut self.exchange
            && exchange.line_ended()
        {
            self.echo.close();
        }
        if framer.rest().is_empty() {
            return false;
        }
        if self.below.is_some() {
            match self.take_below(framer, settled, now) {
                Piece::Taken => return true,
                Piece::Incomplete => return false,
                Piece::None => {}
            }
        }
        if self.take_awaited_text(framer, now) {
            return true;
        }
        if self.exchange.is_some() {
            match self.take_prompt(framer, settled.silence, now) {
                Piece::Taken => return true,
                Piece::Incomplete => return false,
                Piece::None => {}
            }
            match self.take_counted(framer, now) {
                Piece::Taken => return true,
                Piece::Incomplete => return false,
                Piece::None => {}
            }
        }
        match framer.frame() {
            Some(frame) => self.take_frame(framer, frame, settled, now),
            None => self.take_unfinished(framer, settled.silence, now),
        }
    }

    /// Text without a line end that is waited for: everything up to its end.
    fn take_awaited_text(&mut self, framer: &mut Framer, now: &mut Now<'_>) -> bool {
        let Some(text) = &self.awaited else { return false };
        let rest = framer.rest();
        let line = memchr::memchr2(b'\r', b'\n', rest).map_or(rest, |end| rest.get(..end).unwrap_or(rest));
        let Some(found) = memmem::find(line, text) else { return false };
        let end = found + text.len();
        now.tell(&Event::Prompt(line.get(..end).unwrap_or(line)));
        framer.take_to(framer.position() + end);
        self.awaited = None;
        true
    }
}

/// What may be decided without what comes next.
#[derive(Debug, Clone, Copy)]
struct Settled {
    /// Nothing has come for [`SETTLE`].
    silence: bool,
    /// Nothing has come for so long that goes on where the first line stopped.
    line: bool,
}

/// What was found at the start of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Taken,
    /// It may be one; more must come.
    Incomplete,
    None,
}
