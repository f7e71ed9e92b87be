//! The AT session: bytes and the time go in; bytes to send, events, the outcome and the next deadline come out.
//!
//! It is in one of three states ([`Activity`]): nothing is asked, a question is open, or it comes into step after a
//! timeout. What belongs to a state is in it, and goes with it. What is read depends on the state and on the line: see
//! [`reading`]. Beside that the line carries commands or data ([`Mode`]).
//!
//! # Rules
//! 1. What is told of a stretch of bytes is the same however it was cut into chunks. Where the bytes that follow must
//!    decide, they are waited for; where only silence can decide, [`SETTLE`] of it does.
//! 2. The echo is known by comparing it with what was sent, and is no answer, also where it comes twice.
//! 3. A final result code is a whole line. `NO CARRIER` and its like are final for dial, answer and data commands only.
//! 4. A line with another command's prefix, or a known URC's, is no part of the answer. Where a URC and the answer
//!    carry the same prefix, their fields tell them apart. What stands under a URC belongs to it.
//! 5. Lines that belong to no answer are queued, stamped, bounded; the oldest go first, and that is told.
//! 6. A prompt is accepted only where one was announced, at the start of a line. Another one is cancelled with ESC.
//! 7. Nothing is written while a command runs: any character can abort it (V.250 §5.6.1).
//! 8. After a timeout the session is out of step: see [`resync`].
//! 9. All buffers are bounded, and an exchange ends at its deadline whatever keeps arriving. URCs put no decision off.
//! 10. No byte is lost: a line is an echo, a response, a final result code, a URC, a prompt or a stray, and is told.
//! 11. After `CONNECT` the line carries data, in which nothing is any of these.

mod reading;
mod resync;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use memchr::memmem;

use super::body::{Body, Content, LARGEST_ANSWER};
use super::echo::Echo;
use super::knowledge::{Dialect, Likeness, Unasked, opens_data_mode};
use super::lines::{Framer, Queue};
use super::parameters::prefix_length;
use super::result_code::{self, Verbosity};
use super::{
    Answer, Event, Expected, Form, Hearer, Knowledge, Line, PromptPlan, Question, ResultCode, Shape, Why, carries,
};
use reading::Cursor;
use resync::{Purpose, Resync};

/// So much silence decides what the bytes alone leave open: a final result code without its line end, a line `OK` in a
/// message, a prompt nobody announced.
pub const SETTLE: Duration = Duration::from_millis(300);

/// What is asked only to hear whether the modem answers
const FENCE: &[u8] = b"AT\r";

pub struct Session {
    dialect: Dialect,
    framer: Framer,
    cursor: Cursor,
    queue: Queue,
    output: VecDeque<Vec<u8>>,
    /// What may still come back of what was sent last
    echo: Echo,
    /// … and of what was written before, whose answer nobody waited for
    earlier_echo: Echo,
    /// Whether the modem echoes, as far as the last answer showed
    echoes: Option<bool>,
    last_byte: Duration,
    /// What was asked when nobody knew whether the modem echoes, and when that was answered without an echo: should the
    /// echo come all the same, that answer was another's.
    unproved: Option<Box<(Echo, Duration)>>,
    /// The refusal that came
    refused: Option<Box<(Line, ResultCode)>>,
    /// The last question's result code was not waited for.
    owes_final: bool,
    /// So much silence decides what is open: [`SETTLE`], or longer.
    patience: Duration,
    /// The last line by which the modem told that it starts, and when it came
    started: Option<(Duration, Line)>,
    state: Activity,
    mode: Mode,
}

/// A result code that comes later than this may be owed to a program that asked before this one.
const EARLY_ANSWER: Duration = Duration::from_millis(500);

/// What shows that an answer without an echo was another's comes within this time: the echo, or a second result code.
const PROOF_TIME: Duration = Duration::from_millis(500);

/// A command that can be aborted ends in this time.
const ABORT_TIME: Duration = Duration::from_secs(2);

/// On a line that brings lines in pieces, what comes behind an answer belongs to it for twice the longest time between
/// two pieces: this long at the least, and at the most.
const LINE_GAP: Duration = Duration::from_millis(5);
const LONGEST_LINE_GAP: Duration = Duration::from_millis(100);

/// The second of a doubled result code is waited for twice as long as the last such one took, within these bounds.
const SURPLUS_TIME: Duration = Duration::from_millis(50);
const LONGEST_SURPLUS_TIME: Duration = Duration::from_secs(1);

/// A modem says several things while it starts, each once, in this time: `RDY`, then `APP RDY`.
const START_TIME: Duration = Duration::from_secs(30);

/// How long an answer is waited for after the modem has started: a command without an echo may still reach it.
const ANSWER_AFTER_START: Duration = Duration::from_secs(1);

/// How many bytes of an answer are looked at to tell garbage from text.
const SAMPLE: usize = 1024;

enum Activity {
    Idle(Idle),
    /// A question was sent, and has not ended.
    Asking(Asking),
    /// Boxed: few sessions ever need it, and a thousand modems would pay for it.
    Resync(Box<Resync>),
}

#[derive(Default)]
struct Idle {
    outcome: Option<Outcome>,
    /// What the modem still owes since a timeout
    owing: Option<Box<Owing>>,
    /// Text without a line end that is waited for
    awaited: Option<Vec<u8>>,
    stopped: Option<Line>,
    /// The echo of a question came behind its answer: that was another's.
    misled: Option<Line>,
    /// When a text was sent that is no command: nobody waits for an answer, and a refusal may come.
    heeds_refusal: Option<Duration>,
    /// When the last question was answered
    answered: Option<Duration>,
    /// Its answer was `OK` and nothing else: should a refusal come behind that, one of the two was another's.
    is_believed: bool,
    /// As [`Asking::pause`] of the last answer: more of it may be on the line.
    pause: Option<Duration>,
}

pub type Outcome = Result<Answer, Box<Unanswered>>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    pub kind: FailureKind,
    pub waited: Duration,
    /// The lines of the answer so far; last the one that had not ended.
    pub received: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    /// Nothing more came in time
    Timeout(Silence),
    /// A listener said [`Verdict::Stop`](super::Verdict::Stop) to this line
    Stopped(Line),
    /// The modem asked for data that nobody had
    UnexpectedPrompt(Line),
    /// It succeeded, but did not ask for the data that were to be given
    NoPrompt { mark: String, result: Option<ResultCode> },
    /// It asked for less data than were to be given, and got so many bytes of them
    TookLess { taken: usize },
    /// The modem started anew: this line says so, and no answer will come
    Restarted(Line),
    /// The modem has gone off: this line says so
    Off(Line),
    /// The modem did not come into step again after so many tries
    OutOfStep { tries: u32 },
    /// This question's echo came behind what was taken for its answer: that was an earlier one's
    Misled(Line),
    /// What was sent before, and nobody waits for, was answered with this line
    Refused(Line, ResultCode),
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
    /// Lines came that are no answer to it, and no URC that is known: what a modem says as it starts, perhaps
    Strange,
    /// The prompt that was waited for did not come
    NoPrompt,
    /// Bytes came, most of them not text: a wrong speed
    Garbage,
    /// Frames of PPP came: a connection runs on this port.
    Frames,
}

#[derive(Default)]
struct Asking {
    question: Arc<Question>,
    began: Duration,
    deadline: Duration,
    lines: Vec<Line>,
    /// How many bytes the lines hold; what is over [`LARGEST_ANSWER`] is not kept.
    bytes: usize,
    /// The part of [`Answer::body`] that has come; boxed, since few answers have one.
    content: Option<Box<Content>>,
    prompt: Prompting,
    /// The modem asked for data that nobody had; ESC was sent.
    unexpected: Option<Line>,
    body: Option<Body>,
    /// `CONNECT` came, and what comes next is content.
    connected: bool,
    /// A line end of its own stood before the answer's first line: then one stands before each line that is no answer.
    framed: bool,
    /// A line that looks like a URC, of a read command that has no other answer.
    fallback: Option<Line>,
    /// The modem has started anew or gone off: no answer is waited for after that.
    gone: Option<FailureKind>,
    /// Its `OK` came before the data that it is to come with.
    is_early: bool,
    /// A line had begun before it was asked: a result code that this becomes is of an earlier command.
    follows_text: bool,
    /// Its final result code came: nothing is owed.
    is_answered: bool,
    /// Its last bytes did not go out.
    write_failed: bool,
    is_echoed: bool,
    /// A result code came without the echo of a modem that echoes. So many bytes had come since, then `AT` was sent,
    /// whose answer shows whose it is.
    checked: Option<usize>,
    /// The result code of the question before may still come, and nothing but a second one would show that.
    may_be_late: bool,
    /// That `AT` was echoed, and the question before it was not: the modem has not heard it.
    is_unheard: bool,
    /// A line of text came that is no answer to it.
    is_strange: bool,
    /// How many bytes have come
    heard: usize,
    /// How many of the first [`SAMPLE`] of them are no text
    garbage: usize,
    /// A line of the answer came in pieces, so far apart at the most.
    pause: Option<Duration>,
    /// As [`Idle::heeds_refusal`], of what was sent before it
    heeds_refusal: Option<Duration>,
}

/// Words that are no echo and have no prefix: `U-Boot 2016.07`.
fn is_strange(line: &[u8]) -> bool {
    let letters = line.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let is_text = line.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    let is_echo = line.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(b"AT"));
    is_text && letters >= 3 && !is_echo && prefix_length(line).is_none()
}

/// How far a prompt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Prompting {
    /// It may not come.
    #[default]
    None,
    /// It may come.
    Open,
    /// It came, and got what it asked for. `blank`: its own blank may follow; `at_reply`: so far nothing has, so that
    /// what comes on this line is the reply's echo.
    Given { blank: bool, at_reply: bool },
    /// It was a whole line, which told that so many bytes of what is to be given are taken; they were sent.
    Cut { taken: usize },
}

#[derive(Default)]
struct Owing {
    question: Arc<Question>,
    asked: Duration,
    finals: u32,
    prompt_open: bool,
    /// When the last `AT` was sent, if one was
    fenced: Option<Duration>,
    /// The command was given up early, and may run until then.
    runs_until: Duration,
    /// A byte came since it was asked: somebody is there.
    heard: bool,
    /// A line of its answer came that could as well be a URC.
    answered: bool,
}

/// What the line carries, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing has been answered since the port was opened, or a question was given up, whose `CONNECT` may still come
    /// (`opening`: and so ends its data mode). ATO goes back to the connection that ends so: `escaped`. `leaving`: the
    /// modem was told to go back to commands, whatever it was at: `OK` is its answer.
    Unknown { opening: Option<DataEnds>, escaped: DataEnds, leaving: bool },
    /// Some commands are answered by OK first, and by CONNECT when the connection has come about: `opening`.
    Command { opening: Option<DataEnds>, escaped: DataEnds },
    /// Since a `CONNECT`: what the other end says (V.250 §6.3.1), not answers. It is told in lines, because people
    /// write patterns for lines; what has no line end is told after [`SETTLE`] of silence, and a long stretch in
    /// pieces. `sure`: it came from a command that is known to open a connection. Of another command it may ask for a
    /// file only, and then any result code ends it. `leaving`: the modem was told to go back to commands, and its `OK`
    /// ends it.
    Data { sure: bool, ends: DataEnds, leaving: bool },
}

/// Lines that end a data mode, beside `NO CARRIER`: [`Expected::data_ends`].
pub type DataEnds = &'static [&'static str];

/// The time, the listener, and what may be decided before more bytes come.
struct Now<'a> {
    time: Duration,
    listener: &'a mut dyn Hearer,
    /// Nothing has come for [`SETTLE`].
    is_silent: bool,
    /// The first line has been in doubt for [`SETTLE`]: it is decided now, whatever has come behind it.
    is_settled: bool,
}

impl Default for Activity {
    fn default() -> Activity {
        Activity::Idle(Idle::default())
    }
}

impl Idle {
    fn ended(outcome: Outcome) -> Idle {
        Idle { outcome: Some(outcome), ..Idle::default() }
    }

    /// An empty answer, where nothing was asked: what may still come of what was sent before stays.
    fn at_rest(self) -> Idle {
        Idle { outcome: Some(Ok(Answer::default())), awaited: None, stopped: None, misled: None, ..self }
    }

    fn still_owed(&mut self) -> Option<&mut Owing> {
        self.owing.as_deref_mut().filter(|owing| owing.finals > 0)
    }
}

impl Owing {
    /// The answer to an `AT` may still come.
    fn of_fence(now: Duration) -> Owing {
        let question = Question::new(FENCE, Expected::default(), Duration::ZERO, PromptPlan::Unexpected);
        Owing { question: Arc::new(question), asked: now, finals: 1, heard: true, ..Owing::default() }
    }
}

impl Mode {
    /// The lines that end the connection to which ATO goes back.
    fn escaped(self) -> DataEnds {
        match self {
            Mode::Unknown { escaped, .. } | Mode::Command { escaped, .. } => escaped,
            Mode::Data { .. } => &[],
        }
    }

    /// The lines that end the data mode which a `CONNECT` to this question begins.
    fn ends_after(self, question: &Question) -> DataEnds {
        if question.resumes { self.escaped() } else { question.expected.data_ends }
    }

    /// The mode after this question ended with `result`, or failed.
    fn after(self, question: &Question, result: Option<&ResultCode>) -> Mode {
        let (sure, ends) = (question.expected.call_control, self.ends_after(question));
        match (result, self) {
            (Some(ResultCode::Connect(text)), _) if opens_data_mode(text) => Mode::Data { sure, ends, leaving: false },
            (Some(result), _) => {
                Mode::Command { opening: (sure && result.is_success()).then_some(ends), escaped: self.escaped() }
            }
            (None, Mode::Unknown { escaped, .. }) => Mode::Unknown { opening: None, escaped, leaving: false },
            (None, Mode::Command { escaped, .. }) => Mode::Command { opening: None, escaped },
            (None, Mode::Data { .. }) => self,
        }
    }

    /// The mode after this question was given up: nobody has heard what came of it.
    fn in_doubt_of(self, question: &Question) -> Mode {
        let opening = question.expected.call_control.then(|| self.ends_after(question));
        match self {
            Mode::Unknown { escaped, .. } | Mode::Command { escaped, .. } => {
                Mode::Unknown { opening, escaped, leaving: false }
            }
            Mode::Data { .. } => self,
        }
    }

    fn is_data(self) -> bool {
        matches!(self, Mode::Data { .. })
    }

    fn ends_with_any_result(self) -> bool {
        matches!(self, Mode::Data { sure, leaving, .. } if leaving || !sure)
    }
}

impl Asking {
    fn new(question: Arc<Question>, now: Duration) -> Asking {
        let prompt = match question.prompt {
            PromptPlan::Unexpected => Prompting::None,
            PromptPlan::Reply { .. } | PromptPlan::Cancel { .. } => Prompting::Open,
        };
        Asking { deadline: now.saturating_add(question.timeout), question, began: now, prompt, ..Asking::default() }
    }

    /// A quirk: where there is no final result code, silence behind the first line ends the answer.
    fn deadline(&self, last_byte: Duration) -> Duration {
        let ends_in_silence = self.question.expected.without_final && !self.lines.is_empty();
        match self.prompt {
            Prompting::Open => self.deadline.min(self.began.saturating_add(self.question.prompt_within)),
            _ if ends_in_silence => self.deadline.min(last_byte + SETTLE),
            Prompting::None | Prompting::Given { .. } | Prompting::Cut { .. } => self.deadline,
        }
    }

    /// What a line is that is no final result code, and what the modem tells by it. `framed`: it stood behind a line
    /// end of its own.
    fn event_of<'l>(&self, line: &'l [u8], framed: bool, dialect: Dialect) -> (Event<'l>, Unasked) {
        let (question, expected, knowledge) = (&*self.question, &self.question.expected, dialect.knowledge);
        // This modem puts a line end before and behind each line. A line without one before it goes on with the answer.
        let goes_on = !self.lines.is_empty() && self.framed && !framed;
        if let Some(form) = question.form_of(line) {
            let prefix = line.split(|byte| *byte == b':').next().unwrap_or(line);
            let is_answer = match self.lines.iter().any(|known| carries(&known.bytes, prefix)) {
                false => knowledge.may_answer(line, form),
                true => match knowledge.likeness(line, form) {
                    Likeness::Answer => true,
                    Likeness::Urc => false,
                    Likeness::Either | Likeness::State => goes_on,
                },
            };
            return (if is_answer { Event::Response(line) } else { Event::Urc(line) }, Unasked::News);
        }
        // A name or a number is text; noise on the line is not.
        let is_noise = || line.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace());
        let is_text = expected.shape == Shape::Text && !is_noise();
        if is_text && (goes_on || !self.lines.is_empty() && !self.framed) {
            return (Event::Response(line), Unasked::News);
        }
        let may_answer = |unasked: &Unasked| *unasked == Unasked::StartWord && expected.shape == Shape::Unknown;
        if let Some(unasked) = knowledge.unasked(line).filter(|unasked| !may_answer(unasked)) {
            return (Event::Urc(line), unasked);
        }
        if is_text {
            return (Event::Response(line), Unasked::News);
        }
        if dialect.tells_of_a_call(line) {
            return (Event::Urc(line), Unasked::News);
        }
        let has_prefix = || prefix_length(line).is_some();
        // Nothing is known of this command, but the line is known to be another command's answer.
        let is_of_another = || {
            let mut names = question.names().map(|(name, _)| name).peekable();
            names.peek().is_some() && has_prefix() && names.all(|name| knowledge.is_answer_of_another(line, name))
        };
        let is_stray = expected.shape == Shape::None
            || (expected.shape == Shape::Bare || !expected.prefixes.is_empty()) && has_prefix()
            || is_of_another()
            || matches!(expected.shape, Shape::Bare | Shape::Unknown | Shape::Prefixed | Shape::Text) && is_noise();
        // `+ICCID: 8988…` to `AT+CCID`
        let is_alike = || {
            let mut names = question.names().map(|(name, _)| name);
            has_prefix() && names.any(|name| knowledge.is_answer_alike(line, name))
        };
        // `ok`, which tells why the answer has no end
        let is_alike = || is_alike() || result_code::in_capitals(line).is_some();
        (if is_stray && !is_alike() { Event::Stray(line) } else { Event::Response(line) }, Unasked::News)
    }

    /// The modem says that it starts, or that it goes off. An answer can come only to what was on its way to it.
    fn lose_modem(&mut self, gone: FailureKind, now: Duration) {
        if !self.question.expected.free {
            let time = if self.is_echoed { SETTLE } else { ANSWER_AFTER_START };
            self.gone = Some(gone);
            self.deadline = self.deadline.min(now + time);
        }
    }

    /// Keeps a line of the answer; false where there is no room for it any more.
    fn keep(&mut self, line: &[u8]) -> bool {
        if self.question.expected.shape == Shape::HeaderAndBody && self.question.form_of(line).is_some() {
            self.body = Some(Body::of(line)).filter(|body| !body.is_empty());
            if let Some(content) = &mut self.content {
                content.close_gap();
            }
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

    /// What has come so far is of an earlier answer.
    fn forget_lines(&mut self) {
        self.lines.clear();
        (self.bytes, self.content, self.body, self.fallback) = (0, None, None, None);
        (self.connected, self.framed, self.is_early) = (false, false, false);
    }

    fn keep_gap(&mut self, line_ends: &[u8]) {
        if self.connected || self.body.is_some() {
            self.content.get_or_insert_default().leave_gap(line_ends);
        }
    }

    /// A line with the question's prefix that looks like a URC: should nothing else answer a read command, it is the
    /// answer of a modem that keeps the standard loosely. Another state than the one that was answered may be news, and
    /// the answer may contradict itself: it is both.
    fn keep_as_fallback(&mut self, line: &[u8], knowledge: &dyn Knowledge) {
        let Some(form) = self.question.form_of(line) else { return };
        if knowledge.likeness(line, form) == Likeness::State {
            if !self.lines.iter().any(|known| known.bytes == line) {
                self.keep(line);
            }
        } else if form == Form::Read {
            self.fallback = Some(Line { bytes: line.to_vec() });
        }
    }

    /// Whether the counted data of the answer are still to come behind this result code.
    fn comes_before_data(&self, result: &ResultCode) -> bool {
        let expected = &self.question.expected;
        let counts = expected.data_after_ok && matches!(expected.shape, Shape::Counted { .. });
        counts && *result == ResultCode::Ok && !self.is_early && self.lines.is_empty()
    }

    fn hear(&mut self, bytes: &[u8]) {
        if let Some(room) = SAMPLE.checked_sub(self.heard) {
            let sample = bytes.get(..room).unwrap_or(bytes);
            let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t');
            self.garbage += sample.iter().filter(|byte| !is_text(byte)).count();
        }
        self.heard += bytes.len();
    }

    /// A line end came; true where it stands right behind a prompt: then the modem does not echo. Where the reply has
    /// several lines it may be the echo of their ends.
    fn line_ended(&mut self) -> bool {
        let Prompting::Given { blank, at_reply } = &mut self.prompt else { return false };
        *blank = false;
        let has_lines = match &self.question.prompt {
            PromptPlan::Reply { bytes, .. } => bytes.trim_ascii_end().iter().any(|byte| matches!(byte, b'\r' | b'\n')),
            PromptPlan::Unexpected | PromptPlan::Cancel { .. } => false,
        };
        std::mem::take(at_reply) && !has_lines
    }

    /// `unfinished`: the text that has not ended, and is no echo.
    fn silence(&self, unfinished: &[u8]) -> Silence {
        let lines = self.lines.iter().map(|line| &*line.bytes);
        // A frame of PPP: flag, address, control (RFC 1662), the last as it is or escaped
        let is_frame = |text| [&b"~\xFF\x03"[..], b"~\xFF}#"].iter().any(|start| memmem::find(text, start).is_some());
        if self.heard == 0 {
            Silence::Total
        } else if lines.chain([unfinished]).any(is_frame) {
            Silence::Frames
        } else if self.garbage * 3 > self.heard.min(SAMPLE) {
            Silence::Garbage
        } else if self.is_strange || self.is_answered_strangely() {
            Silence::Strange
        } else if self.prompt == Prompting::Open {
            Silence::NoPrompt
        } else if self.is_echoed && self.lines.is_empty() && unfinished.is_empty() {
            Silence::AllButEcho
        } else {
            Silence::NoFinal
        }
    }

    /// All that came is text without the prefix that its answer has.
    fn is_answered_strangely(&self) -> bool {
        let is_strange = |line: &Line| is_strange(&line.bytes) && self.question.form_of(&line.bytes).is_none();
        self.question.expected.shape == Shape::Prefixed
            && !self.question.expected.prefixes.is_empty()
            && !self.lines.is_empty()
            && self.lines.iter().all(is_strange)
    }

    /// What the modem still owes when this is given up.
    fn owing(&self) -> Option<Owing> {
        if self.question.expected.free || self.is_answered || self.gone.is_some() {
            return None;
        }
        let prompt_open = match (&self.question.prompt, self.prompt) {
            (PromptPlan::Unexpected, _) | (_, Prompting::Cut { .. }) => false,
            (PromptPlan::Cancel { .. }, Prompting::Given { .. }) => false,
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
            question: Arc::clone(&self.question),
            asked: self.began,
            finals: 1,
            ..Owing::default()
        })
    }

    /// The lines so far, and the one that had not ended.
    fn received(&self, unfinished: &[u8]) -> Vec<Line> {
        let unfinished = unfinished.trim_ascii();
        let last = (!unfinished.is_empty()).then(|| Line { bytes: unfinished.to_vec() });
        self.lines.iter().cloned().chain(last).collect()
    }

    /// The outcome of the question, which takes the lines out of it.
    fn outcome(&mut self, result: Option<ResultCode>, now: Duration) -> Outcome {
        let success = result.as_ref().is_some_and(ResultCode::is_success);
        if success && self.lines.is_empty() {
            self.lines.extend(self.fallback.take());
        }
        let waited = now.saturating_sub(self.began);
        let lines = std::mem::take(&mut self.lines);
        if let Some(prompt) = self.unexpected.take() {
            let kind = FailureKind::UnexpectedPrompt(prompt);
            return Err(Box::new(Unanswered { kind, waited, received: lines }));
        }
        let (body, is_cut) = self.content.take().map(|content| content.into_bytes()).unwrap_or_default();
        let is_cut = is_cut || self.bytes > LARGEST_ANSWER;
        let answer = Answer { lines, body, is_cut, result, elapsed: waited };
        if success && self.prompt == Prompting::Open {
            let (mark, result) = (self.question.prompt.mark().unwrap_or_default().to_owned(), answer.result);
            let kind = FailureKind::NoPrompt { mark, result };
            return Err(Box::new(Unanswered { kind, waited, received: answer.lines }));
        }
        if success && let Prompting::Cut { taken } = self.prompt {
            let kind = FailureKind::TookLess { taken };
            return Err(Box::new(Unanswered { kind, waited, received: answer.lines }));
        }
        Ok(answer)
    }
}

impl<'a> Now<'a> {
    fn new(time: Duration, listener: &'a mut dyn Hearer) -> Now<'a> {
        Now { time, listener, is_silent: false, is_settled: false }
    }

    fn tell(&mut self, event: &Event<'_>) {
        self.listener.event(self.time, event);
    }
}

impl Session {
    pub fn new(knowledge: &'static dyn Knowledge) -> Session {
        Session {
            dialect: Dialect { knowledge, verbosity: Verbosity::Unknown, surplus_delay: None },
            framer: Framer::default(),
            cursor: Cursor::default(),
            queue: Queue::default(),
            output: VecDeque::new(),
            echo: Echo::default(),
            earlier_echo: Echo::default(),
            echoes: None,
            last_byte: Duration::ZERO,
            unproved: None,
            refused: None,
            owes_final: false,
            patience: SETTLE,
            started: None,
            state: Activity::default(),
            mode: Mode::Unknown { opening: None, escaped: &[], leaving: false },
        }
    }

    /// Asks. The outcome comes later; what is to be written is in [`Session::output`]. A session that is out of step
    /// comes into step first. `why` tells who asks: the script, or what serves it.
    pub fn ask(&mut self, question: &Arc<Question>, why: Why, now: Duration, listener: &mut dyn Hearer) {
        let mut now = Now::new(now, listener);
        let (idle, _) = self.give_up();
        match idle.owing {
            Some(owing) => self.come_into_step_for(Purpose::Question(Arc::clone(question), why), *owing, &mut now),
            None => self.begin(question, why, idle.heeds_refusal, &mut now),
        }
    }

    /// Comes into step where the session is out of it, before something is written to which no answer is expected. The
    /// outcome is an empty answer.
    pub fn come_into_step(&mut self, now: Duration, listener: &mut dyn Hearer) {
        let (mut idle, _) = self.give_up();
        match idle.owing.take() {
            Some(owing) => self.come_into_step_for(Purpose::Writing, *owing, &mut Now::new(now, listener)),
            None => self.state = Activity::Idle(idle.at_rest()),
        }
    }

    /// An answer to somebody else's question may still come: the next question waits until the modem is in step.
    pub fn doubt(&mut self, now: Duration) {
        self.state = Activity::Idle(Idle { owing: Some(Box::new(Owing::of_fence(now))), ..self.give_up().0 });
    }

    /// Ends what is going on by the AT rules: one character where the running command is abortable, ESC at a prompt;
    /// then comes into step again. The outcome is an empty answer. A command that goes on all the same is waited for a
    /// few seconds if something is to be asked afterwards (`waits`), else for a moment.
    pub fn interrupt(&mut self, waits: bool, now: Duration, listener: &mut dyn Hearer) {
        let mut now = Now::new(now, listener);
        let runs = self.is_asking();
        let (mut idle, _) = self.give_up();
        if runs {
            self.abort(&idle, &mut now);
        }
        // Where nothing runs, the next question comes into step.
        let is_open = |owing: &mut Box<Owing>| owing.prompt_open || owing.finals > 0 && now.time < owing.runs_until;
        match idle.owing.take_if(is_open) {
            Some(owing) => self.come_into_step_for(Purpose::Interruption { waits }, *owing, &mut now),
            None => self.state = Activity::Idle(idle.at_rest()),
        }
    }

    /// Sends bytes to which no answer is expected.
    pub fn write(&mut self, bytes: &[u8], now: Duration, listener: &mut dyn Hearer) {
        self.write_as(bytes, Why::Question, now, listener);
        if bytes == b"+++" {
            self.expect_escape();
        }
    }

    fn write_as(&mut self, bytes: &[u8], why: Why, now: Duration, listener: &mut dyn Hearer) {
        let mut now = Now::new(now, listener);
        let (idle, _) = self.give_up();
        self.forget(&mut now);
        let echo = self.echo_of(bytes);
        let before = if idle.heeds_refusal.is_some() { std::mem::take(&mut self.echo) } else { Echo::default() };
        self.state = Activity::Idle(Idle { heeds_refusal: None, is_believed: false, ..idle });
        self.echo = before.and(echo);
        self.send(bytes, why, &mut now);
    }

    /// Nobody waits for an answer to what was just written, but a refusal is one.
    pub fn heed_refusal(&mut self, now: Duration) {
        if !self.mode.is_data()
            && let Some(idle) = self.idle()
        {
            idle.heeds_refusal = Some(now);
            self.owe();
        }
    }

    /// Whether a refusal may still come of what nobody waits for; and that which came, once.
    pub fn heeds_refusal(&self) -> bool {
        matches!(self.state, Activity::Idle(Idle { heeds_refusal: Some(_), .. }))
    }

    pub fn refused(&mut self) -> Option<(Line, ResultCode)> {
        self.refused.take().map(|refused| *refused)
    }

    /// Sends `+++`. The caller keeps the guard times. What the modem answers ends data mode.
    pub fn escape(&mut self, why: Why, now: Duration, listener: &mut dyn Hearer) {
        self.write_as(b"+++", why, now, listener);
        self.expect_escape();
    }

    /// The modem has been told to leave data mode: its `OK` does, as far as it was in it.
    pub fn expect_escape(&mut self) {
        if let Mode::Unknown { leaving, .. } | Mode::Data { leaving, .. } = &mut self.mode {
            *leaving = true;
        }
    }

    pub fn receive(&mut self, bytes: &[u8], now: Duration, listener: &mut dyn Hearer) {
        let since = now.saturating_sub(std::mem::replace(&mut self.last_byte, now));
        match &mut self.state {
            Activity::Asking(asking) => {
                if asking.heard > 0 && !matches!(self.framer.rest(), [] | [.., b'\r' | b'\n']) {
                    asking.pause = asking.pause.max(Some(since));
                }
                asking.hear(bytes);
            }
            Activity::Idle(Idle { owing: Some(owing), .. }) => owing.heard = true,
            Activity::Idle(_) | Activity::Resync(_) => {}
        }
        self.framer.push(bytes);
        let mut now = Now::new(now, listener);
        self.read(false, &mut now);
        self.check_deadlines(&mut now);
    }

    /// Time has passed and nothing came.
    pub fn advance(&mut self, now: Duration, listener: &mut dyn Hearer) {
        let mut now = Now::new(now, listener);
        if self.cursor.unsettled && now.time >= self.last_byte + self.patience {
            self.read(true, &mut now);
        } else if self.cursor.doubt.is_some_and(|since| now.time >= since + self.patience) {
            self.read(false, &mut now);
        }
        self.check_deadlines(&mut now);
    }

    /// When [`Session::advance`] must be called at the latest.
    pub fn deadline(&self) -> Option<Duration> {
        let settled = match self.cursor.doubt {
            Some(since) if !self.cursor.unsettled => Some(since + self.patience),
            Some(_) | None => self.cursor.unsettled.then(|| self.last_byte + self.patience),
        };
        let state = match &self.state {
            Activity::Idle(_) => None,
            Activity::Asking(asking) => Some(asking.deadline(self.last_byte)),
            Activity::Resync(resync) => Some(resync.deadline(self.last_byte)),
        };
        [settled, state].into_iter().flatten().min()
    }

    /// When the question that is open ends at the latest, whatever comes.
    pub(crate) fn question_ends(&self) -> Option<Duration> {
        if let Activity::Asking(asking) = &self.state { Some(asking.deadline) } else { None }
    }

    /// What is to be written now.
    pub fn output(&mut self) -> Option<Vec<u8>> {
        self.output.pop_front()
    }

    /// What was to be written last did not go out as a whole.
    pub fn write_failed(&mut self) {
        self.output.clear();
        if let Activity::Asking(asking) = &mut self.state {
            asking.write_failed = true;
        }
    }

    /// Sends ESC where the modem still waits for data of a question that was given up.
    pub fn cancel_data(&mut self, now: Duration, listener: &mut dyn Hearer) {
        if let Activity::Idle(Idle { owing: Some(owing), .. }) = &mut self.state
            && std::mem::take(&mut owing.prompt_open)
        {
            // What it cancels ends soon, however long it could have taken with its data.
            owing.runs_until = owing.runs_until.min(now + ABORT_TIME);
            self.send(b"\x1B", Why::Cancel, &mut Now::new(now, listener));
        }
    }

    /// That ESC did not go out.
    pub fn expect_data(&mut self) {
        if let Activity::Idle(Idle { owing: Some(owing), .. }) = &mut self.state {
            owing.prompt_open = true;
        }
    }

    /// How the question ended, once.
    pub fn outcome(&mut self) -> Option<Outcome> {
        self.idle().and_then(|idle| idle.outcome.take())
    }

    /// Whether what is still on the line may belong to the last answer, and nothing would show that to whoever asks
    /// this: so much silence tells that it has ended.
    pub fn line_gap(&self, next: &Question, now: Duration) -> Option<Duration> {
        let Activity::Idle(idle) = &self.state else { return None };
        let pause = idle.pause.map(|pause| (2 * pause).clamp(LINE_GAP, LONGEST_LINE_GAP));
        // Where no echo came with the first answer, a second result code would be the next one's. Lines before it would
        // show whose it is.
        let is_bare = matches!(next.expected.shape, Shape::None | Shape::Unknown);
        let first = (is_bare && self.unproved.is_some()).then_some(PROOF_TIME);
        let surplus = self.dialect.surplus_delay.map(|late| (2 * late).clamp(SURPLUS_TIME, LONGEST_SURPLUS_TIME));
        let gap = pause.max(first).filter(|_| self.echoes != Some(true)).max(surplus)?;
        (now < self.last_byte + gap).then_some(gap)
    }

    /// Until when an echo, or one result code more, may come that shows the last answer to be another's; or a refusal
    /// of what was sent last.
    pub fn proved_at(&self) -> Option<Duration> {
        let Activity::Idle(idle) = &self.state else { return None };
        let unproved = self.unproved.as_ref().map(|unproved| unproved.1).max(idle.heeds_refusal);
        // A line that has begun to come is waited for.
        let coming = if self.unfinished().is_empty() { Duration::ZERO } else { self.last_byte };
        // The echo proves nearly as much.
        let is_open = idle.is_believed && self.echoes == Some(false);
        let believed = idle.answered.filter(|_| is_open).map(|since| since.max(coming));
        unproved.max(believed).map(|since| since + PROOF_TIME)
    }

    /// The echo of a question that came behind its answer, once: that was another's.
    pub fn misled(&mut self) -> Option<Line> {
        self.idle().and_then(|idle| idle.misled.take())
    }

    /// What `line` echoes had an answer already, and its own comes now.
    fn mislead(&mut self, line: &[u8], now: &mut Now<'_>) {
        (self.unproved, self.echoes) = (None, Some(true));
        let line = Line { bytes: line.to_vec() };
        if self.is_asking() {
            self.fail(FailureKind::Misled(line), now);
            if let Some(owing) = self.idle().and_then(|idle| idle.owing.as_mut()) {
                owing.finals += 1;
            }
        } else if let Some(idle) = self.idle() {
            idle.owing = Some(Box::new(Owing::of_fence(now.time)));
            match &mut idle.outcome {
                Some(outcome) => {
                    let kind = FailureKind::Misled(line);
                    *outcome = Err(Box::new(Unanswered { kind, waited: Duration::ZERO, received: Vec::new() }));
                }
                None => idle.misled = Some(line),
            }
        }
    }

    /// The result code of the last question was not waited for: it may still come, and of a modem that does not echo
    /// nothing would tell it from the next one's.
    pub fn owe(&mut self) {
        self.owes_final = self.echoes != Some(true);
    }

    /// The line at which a listener said stop while nothing was asked, once.
    pub fn stopped(&mut self) -> Option<Line> {
        self.idle().and_then(|idle| idle.stopped.take())
    }

    /// Whether the modem, which is there, owes a result code that whoever asks next would take for its own.
    pub fn owes(&mut self) -> bool {
        self.idle().and_then(Idle::still_owed).is_some_and(|owing| owing.heard)
    }

    fn idle(&mut self) -> Option<&mut Idle> {
        if let Activity::Idle(idle) = &mut self.state { Some(idle) } else { None }
    }

    /// Whether a question is open: it was sent, and has not ended.
    pub fn is_asking(&self) -> bool {
        matches!(self.state, Activity::Asking(_))
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub fn may_leave_data_mode(&self) -> bool {
        // A line that ends it may have come, and waits to be told from data.
        self.mode.ends_with_any_result() || self.mode.is_data() && self.cursor.doubt.is_some()
    }

    pub fn last_byte(&self) -> Duration {
        self.last_byte
    }

    /// The lines of the answer that came so far, and the one that has not ended.
    pub fn received(&self) -> Vec<Line> {
        match &self.state {
            Activity::Asking(asking) => asking.received(self.framer.rest()),
            Activity::Idle(_) | Activity::Resync(_) => Vec::new(),
        }
    }

    /// The line that has not ended yet; empty where it may become an echo.
    pub fn unfinished(&self) -> &[u8] {
        let rest = self.framer.rest().trim_ascii_start();
        if self.echo.may_begin(rest) { &[] } else { rest }
    }

    /// Takes out the oldest line that `matches` of those that belong to no answer and came since the last question was
    /// sent. `looked_at` counts those that were looked at and need not be again; it begins at 0.
    pub fn take_line(&mut self, looked_at: &mut u64, matches: &mut dyn FnMut(&[u8]) -> bool) -> Option<Line> {
        let line = self.queue.take(looked_at, matches).map(|bytes| Line { bytes })?;
        // It was waited for.
        self.refused.take_if(|refused| refused.0 == line);
        Some(line)
    }

    /// The final result codes that answer no question and came since the last one, the oldest first.
    pub fn codes(&self) -> impl Iterator<Item = &[u8]> {
        self.queue.waiting().filter(|line| result_code::parse(line).is_some())
    }

    /// Whether the modem has said that it starts, in a line that came since the last question. `looked_at` as for
    /// [`Session::take_line`]; the line stays where it is.
    pub fn has_started(&self, looked_at: &mut u64) -> bool {
        self.queue.holds(looked_at, &mut |line| self.dialect.knowledge.unasked(line).is_some_and(Unasked::is_start))
    }

    /// As [`Session::has_started`], and takes the line out: then all that was going on is gone.
    pub fn take_start(&mut self, looked_at: &mut u64) -> Option<Line> {
        let knowledge = self.dialect.knowledge;
        let line = self.take_line(looked_at, &mut |line| knowledge.unasked(line).is_some_and(Unasked::is_start))?;
        self.start_anew();
        Some(line)
    }

    /// The modem says that it starts. What it says once more, or long after the last, is another start.
    fn hear_start(&mut self, line: &[u8], now: Duration) {
        let before = self.started.replace((now, Line { bytes: line.to_vec() }));
        let is_same = before.is_some_and(|(at, before)| now < at + START_TIME && before.bytes != line);
        if let Activity::Asking(asking) = &mut self.state
            && !is_same
        {
            asking.lose_modem(FailureKind::Restarted(Line { bytes: line.to_vec() }), now);
        }
    }

    /// Tells how many lines were given up since this was asked last.
    pub fn tell_dropped(&mut self, now: Duration, listener: &mut dyn Hearer) {
        let lines = self.queue.take_dropped();
        if lines > 0 {
            listener.event(now, &Event::Dropped { lines });
        }
    }

    /// Looks for text without a line end, in what has come and not been told and in what comes.
    pub fn await_text(&mut self, text: &[u8], now: Duration, listener: &mut dyn Hearer) {
        if self.take_line(&mut 0, &mut |line| memmem::find(line, text).is_some()).is_some() {
            return;
        }
        self.state = Activity::Idle(Idle { awaited: Some(text.to_vec()), ..self.give_up().0 });
        self.read(false, &mut Now::new(now, listener));
    }

    /// Whether the text came. If not, it is waited for no longer after `give_up`.
    pub fn text_has_come(&mut self, give_up: bool) -> bool {
        self.idle().is_some_and(|idle| if give_up { idle.awaited.take().is_none() } else { idle.awaited.is_none() })
    }

    /// The port is gone: gives up the question that is open, and tells of the line that will not end any more.
    pub fn lose(&mut self, now: Duration, listener: &mut dyn Hearer) -> Vec<Line> {
        let (idle, received) = self.give_up();
        self.state = Activity::Idle(Idle { owing: None, ..idle });
        self.tell_partial(&mut Now::new(now, listener));
        self.framer.clear();
        received
    }

    /// After the port was opened again: all that was going on is gone, and nothing is known of the modem's settings.
    pub fn restart(&mut self) {
        self.framer.clear();
        self.cursor = Cursor::default();
        self.start_anew();
    }

    /// After the modem was told to start again, or has: as [`Session::restart`], but what it is saying goes on.
    pub fn start_anew(&mut self) {
        let stopped = self.stopped();
        *self = Session {
            framer: std::mem::take(&mut self.framer),
            cursor: self.cursor.go_on(),
            queue: std::mem::take(&mut self.queue),
            last_byte: self.last_byte,
            started: self.started.take(),
            state: Activity::Idle(Idle { stopped, ..Idle::default() }),
            ..Session::new(self.dialect.knowledge)
        };
    }

    /// Gives up the question that is open, if one is: the port failed, or the caller did. Then the lines so far.
    pub fn abandon(&mut self) -> Vec<Line> {
        let (idle, received) = self.give_up();
        self.state = Activity::Idle(idle);
        received
    }

    /// Ends the present state: returns what outlives it, and the lines of the answer so far.
    fn give_up(&mut self) -> (Idle, Vec<Line>) {
        self.cursor.doubt = None;
        match std::mem::take(&mut self.state) {
            Activity::Idle(idle) => (idle, Vec::new()),
            Activity::Asking(asking) => {
                let (owing, received) = (asking.owing(), asking.received(self.framer.rest()));
                if owing.is_some() {
                    self.mode = self.mode.in_doubt_of(&asking.question);
                }
                let Asking { pause, heeds_refusal, .. } = asking;
                (Idle { owing: owing.map(Box::new), pause, heeds_refusal, ..Idle::default() }, received)
            }
            Activity::Resync(resync) => {
                (Idle { owing: Some(Box::new(resync.into_owing())), ..Idle::default() }, Vec::new())
            }
        }
    }

    /// `heeds_refusal`: as [`Asking::heeds_refusal`]
    fn begin(&mut self, question: &Arc<Question>, why: Why, heeds_refusal: Option<Duration>, now: &mut Now<'_>) {
        // A question that serves the script leaves it the lines that wait.
        if why == Why::Question {
            self.forget(now);
        }
        // What is asked now is answered behind them, whether they come or not.
        self.cursor.give_up_data();
        let echo = self.echo_of(question.bytes());
        self.earlier_echo = std::mem::replace(&mut self.echo, echo);
        if let Some(verbosity) = question.sets_verbosity {
            self.dialect.verbosity = verbosity;
        }
        let mut asking = Asking::new(Arc::clone(question), now.time);
        asking.follows_text = !self.framer.rest().is_empty();
        asking.may_be_late = std::mem::take(&mut self.owes_final) && !question.expected.free;
        asking.heeds_refusal = heeds_refusal;
        self.state = Activity::Asking(asking);
        self.send(question.bytes(), why, now);
    }

    /// The echo to expect of these bytes: data have none.
    fn echo_of(&self, bytes: &[u8]) -> Echo {
        if self.mode.is_data() { Echo::default() } else { Echo::of_question(bytes, self.framer.rest().len()) }
    }

    fn forget(&mut self, now: &mut Now<'_>) {
        self.queue.clear();
        self.tell_dropped(now.time, now.listener);
    }

    fn send(&mut self, bytes: &[u8], why: Why, now: &mut Now<'_>) {
        now.tell(&Event::Sent { bytes, why });
        self.output.push_back(bytes.to_vec());
    }

    fn check_deadlines(&mut self, now: &mut Now<'_>) {
        match &self.state {
            Activity::Resync(_) => self.advance_resync(now),
            Activity::Asking(asking) if now.time >= asking.deadline(self.last_byte) => self.time_out(now),
            Activity::Asking(_) | Activity::Idle(_) => {}
        }
    }

    fn time_out(&mut self, now: &mut Now<'_>) {
        // Silence until now decides as well.
        self.read(true, now);
        if self.unfinished().is_empty() && self.end_with_data(now) {
            return;
        }
        let Activity::Asking(asking) = &self.state else { return };
        match (&asking.unexpected, &asking.gone) {
            (Some(prompt), _) => self.fail(FailureKind::UnexpectedPrompt(prompt.clone()), now),
            (None, Some(gone)) => self.fail(gone.clone(), now),
            (None, None) if asking.question.expected.without_final => self.finish(None, now),
            (None, None) => self.fail(FailureKind::Timeout(asking.silence(self.unfinished())), now),
        }
    }

    /// The question that is open has its answer.
    fn finish(&mut self, result: Option<ResultCode>, now: &mut Now<'_>) {
        if self.is_asking() {
            self.tell_dropped(now.time, now.listener);
        }
        if let Activity::Asking(asking) = &mut self.state {
            let is_first = self.echoes.is_none() && !asking.is_echoed && self.echo.is_of_command();
            self.echo.close();
            if asking.question.may_reset_verbosity && result.as_ref().is_some_and(ResultCode::is_success) {
                self.dialect.verbosity = Verbosity::Unknown;
            }
            self.echoes = match asking.question.sets_echo {
                Some(echoes) => Some(echoes),
                None if asking.question.expected.free || self.mode.is_data() => self.echoes,
                // What it was reset to may be another setting.
                None if asking.question.may_reset_verbosity => None,
                // What surrounds data may be written in its own way.
                None if asking.is_echoed && asking.question.carries_data() => self.echoes,
                None => Some(asking.is_echoed),
            };
            self.unproved = match &asking.question {
                question if is_first && result.is_some() && question.prompt == PromptPlan::Unexpected => {
                    Some(Box::new((Echo::of_reply(question.bytes()), now.time)))
                }
                _ => None,
            };
            let is_bare = asking.lines.is_empty() && asking.question.prompt == PromptPlan::Unexpected;
            let may_be_believed = is_bare && !asking.question.expected.call_control;
            let is_believed = may_be_believed && result == Some(ResultCode::Ok);
            self.mode = self.mode.after(&asking.question, result.as_ref());
            let owing = (asking.checked.is_some() && asking.is_echoed).then(|| Box::new(Owing::of_fence(now.time)));
            let (pause, ended) = (asking.pause, Idle::ended(asking.outcome(result, now.time)));
            let answered = (!self.mode.is_data()).then_some(now.time);
            self.state = Activity::Idle(Idle { owing, answered, is_believed, pause, ..ended });
        }
    }

    /// The question that is open, or the way into step before it, has failed. Whatever fails while the modem may wait
    /// for data, ESC is sent; should the prompt come only later, the way into step sends it again.
    fn fail(&mut self, kind: FailureKind, now: &mut Now<'_>) {
        self.tell_dropped(now.time, now.listener);
        let is_timeout = matches!(kind, FailureKind::Timeout(_));
        let (began, ended) = match &self.state {
            // Time was up at the deadline, however late that was noticed: the same failure reads the same everywhere.
            Activity::Asking(asking) if is_timeout => (asking.began, now.time.min(asking.deadline(self.last_byte))),
            Activity::Asking(asking) => (asking.began, now.time),
            Activity::Resync(resync) => (resync.began, now.time),
            Activity::Idle(_) => (now.time, now.time),
        };
        let was_stopped = self.is_asking() && matches!(kind, FailureKind::Stopped(_));
        let (mut idle, received) = self.give_up();
        if is_timeout && !self.cursor.awaits_data() {
            self.tell_partial(now);
        }
        if was_stopped {
            self.abort(&idle, now);
        }
        if matches!(kind, FailureKind::Restarted(_) | FailureKind::Off(_)) {
            // No setting is known.
            self.start_anew();
            idle = Idle::default();
        }
        let failure = Unanswered { kind, waited: ended.saturating_sub(began), received };
        self.state = Activity::Idle(Idle { outcome: Some(Err(Box::new(failure))), ..idle });
        self.cancel_data(now.time, now.listener);
    }

    /// The command that was just given up runs on: ends it by one character, if it lets itself be ended so.
    fn abort(&mut self, idle: &Idle, now: &mut Now<'_>) {
        if idle.owing.as_ref().is_some_and(|owing| owing.question.expected.abortable && !owing.prompt_open) {
            self.send(b"\r", Why::Abort, now);
        }
    }

    /// What has come of a line that did not end in time. It is told, and what follows it is another line.
    fn tell_partial(&mut self, now: &mut Now<'_>) {
        let rest = self.framer.rest();
        for line in rest.split(|byte| matches!(byte, b'\r' | b'\n')).map(<[u8]>::trim_ascii) {
            if !line.is_empty() {
                now.tell(&Event::Partial(line));
            }
        }
        self.framer.take_to(self.framer.end());
    }

    /// A `CONNECT` that was still to come may stand in a line that belongs to no answer.
    fn hear_connect(&mut self, line: &[u8]) {
        let (ends, leaving) = match self.mode {
            Mode::Unknown { opening: Some(ends), leaving, .. } => (ends, leaving),
            Mode::Command { opening: Some(ends), .. } => (ends, false),
            Mode::Unknown { .. } | Mode::Command { .. } | Mode::Data { .. } => return,
        };
        if matches!(result_code::parse(line), Some(ResultCode::Connect(text)) if opens_data_mode(&text)) {
            self.mode = Mode::Data { sure: true, ends, leaving };
        }
    }

    /// The data mode, if it is one, has ended with this line.
    fn leave_data_mode(&mut self, line: &[u8], result: &ResultCode, now: &mut Now<'_>) {
        let (escaped, was_told) = match self.mode {
            Mode::Data { ends, leaving: true, .. } => (ends, true),
            Mode::Data { .. } => (DataEnds::default(), false),
            Mode::Unknown { escaped, leaving, .. } => (escaped, leaving),
            Mode::Command { escaped, .. } => (escaped, false),
        };
        self.mode = Mode::Command { opening: None, escaped };
        match self.state {
            Activity::Asking(_) => self.take_final(line, result.clone(), now),
            Activity::Idle(_) if was_told => {
                now.tell(&Event::Final { line, result });
                self.queue.push(line);
                self.show(line, now);
            }
            Activity::Idle(_) | Activity::Resync(_) => self.queue_line(line, &Event::Urc(line), now),
        }
    }
}
