//! The session in virtual time: bytes at once, cut anywhere, or one by one; and then silence.

mod below;
mod cuts;
mod data;
mod hard_cases;
mod late;
mod resync;

use std::time::Duration;

use super::{FailureKind, Outcome, Session};
use crate::at::knowledge::{Knowledge, Standard};
use crate::at::{Answer, Event, Expected, Flow, Line, Listener, PromptPlan, Question, ResultCode, Shape, Why};

/// Writes down what it hears, a line each: `response +CSQ: 18,99`.
#[derive(Default)]
pub(super) struct Recorder {
    pub(super) events: Vec<String>,
    enough_at: Option<&'static str>,
    stop_at: Option<&'static str>,
}

impl Listener for Recorder {
    fn event(&mut self, _now: Duration, event: &Event<'_>) {
        self.events.push(match event {
            Event::Sent { bytes, why } => format!("sent {} {why:?}", show(bytes)),
            Event::Echo(line) => format!("echo {}", show(line)),
            Event::Response(line) => format!("response {}", show(line)),
            Event::Final { line, .. } => format!("final {}", show(line)),
            Event::Urc(line) => format!("urc {}", show(line)),
            Event::Prompt(line) => format!("prompt {}", show(line)),
            Event::Stray(line) => format!("stray {}", show(line)),
            Event::Data(line) => format!("data {}", show(line)),
            Event::Partial(line) => format!("partial {}", show(line)),
            Event::Dropped { lines } => format!("dropped {lines}"),
            Event::Truncated { bytes } => format!("truncated {bytes}"),
            Event::Notice(text) => format!("notice {text}"),
        });
    }

    fn line(&mut self, line: &[u8]) -> Flow {
        if self.stop_at.is_some_and(|text| line.starts_with(text.as_bytes())) {
            Flow::Stop
        } else if self.enough_at.is_some_and(|text| line.starts_with(text.as_bytes())) {
            Flow::Enough
        } else {
            Flow::GoOn
        }
    }
}

/// Bytes as a person reads them.
pub(super) fn show(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b'"' | b'\'' => char::from(*byte).to_string(),
            byte => byte.escape_ascii().to_string(),
        })
        .collect()
}

/// A modem's side of a session that is tested.
pub(super) struct Bench {
    pub(super) session: Session,
    pub(super) recorder: Recorder,
    pub(super) now: Duration,
}

impl Bench {
    pub(super) fn new() -> Bench {
        Bench { session: Session::new(&Standard), recorder: Recorder::default(), now: Duration::ZERO }
    }

    pub(super) fn ask(&mut self, question: &Question) {
        self.session.ask(&question.clone().into(), Why::Question, self.now, &mut self.recorder);
    }

    pub(super) fn receive(&mut self, bytes: impl AsRef<[u8]>) {
        self.session.receive(bytes.as_ref(), self.now, &mut self.recorder);
    }

    /// Lets time pass, deadline after deadline, until there is an outcome.
    pub(super) fn outcome(&mut self) -> Outcome {
        loop {
            if let Some(outcome) = self.session.outcome() {
                return outcome;
            }
            self.now = self.session.deadline().expect("a question is open").max(self.now);
            self.session.advance(self.now, &mut self.recorder);
        }
    }

    pub(super) fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(deadline) = self.session.deadline().filter(|deadline| *deadline <= until) {
            self.now = deadline.max(self.now);
            self.session.advance(self.now, &mut self.recorder);
        }
        self.now = until;
        self.session.advance(self.now, &mut self.recorder);
    }

    /// What the session has written since this was asked last.
    pub(super) fn written(&mut self) -> String {
        std::iter::from_fn(|| self.session.output()).map(|bytes| show(&bytes)).collect()
    }

    pub(super) fn queued(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.session.take_line(&mut 0, &mut |_| true)).map(|line| line.text()).collect()
    }
}

pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// A question of which nothing is known but its name.
pub(super) fn question(line: &str) -> Question {
    Question::new(format!("{line}\r"), Expected::default(), TIMEOUT, PromptPlan::Unexpected)
}

pub(super) fn shaped(line: &str, shape: Shape) -> Question {
    let mut question = question(line);
    question.expected.shape = shape;
    question.expected.prefixes = crate::at::command::parse(line)
        .into_iter()
        .flat_map(|line| line.commands.into_iter().map(|command| &*command.name.to_owned().leak()).collect::<Vec<_>>())
        .collect();
    question
}

pub(super) fn within(mut question: Question, seconds: u64) -> Question {
    question.timeout = Duration::from_secs(seconds);
    question
}

pub(super) fn replying(line: &str, reply: &str) -> Question {
    let mut question = shaped(line, Shape::Prefixed);
    question.prompt = PromptPlan::Reply { mark: None, bytes: reply.as_bytes().to_vec() };
    question
}

/// All that is told, and the outcome, of an answer that comes at once.
pub(super) fn run(question: &Question, bytes: impl AsRef<[u8]>) -> (Outcome, Vec<String>) {
    run_in(question, &[bytes.as_ref()])
}

pub(super) fn run_in(question: &Question, chunks: &[&[u8]]) -> (Outcome, Vec<String>) {
    let mut bench = Bench::new();
    bench.ask(question);
    for chunk in chunks {
        bench.receive(chunk);
    }
    let outcome = bench.outcome();
    (outcome, bench.recorder.events)
}

/// The answer of one that succeeds.
pub(super) fn answer(question: &Question, bytes: impl AsRef<[u8]>) -> Answer {
    match run(question, bytes) {
        (Ok(answer), _) => answer,
        (Err(failure), events) => panic!("{failure:?} after {events:#?}"),
    }
}

pub(super) fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(Line::text).collect()
}

/// The lines of the answer, its result code behind them.
pub(super) fn lines(question: &Question, bytes: impl AsRef<[u8]>) -> Vec<String> {
    let answer = answer(question, bytes);
    texts(&answer.lines).into_iter().chain(answer.result.map(|result| result.to_string())).collect()
}

pub(super) fn failure(outcome: Outcome) -> FailureKind {
    outcome.expect_err("an answer came").kind
}
