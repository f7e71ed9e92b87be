//! Every statement against a modem that says what it was told to, in virtual time.

mod await_and_time;
mod catalogued;
mod control;
mod ensure_and_plan;
mod exchanges;
mod expressions;
mod limits;
mod scripts;
mod secrets;
mod simulated;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Confirmed, Failure, Inputs, Listener, Outcome, RuntimeEvent, Status, Waiting, run};
use crate::at::Event;
use crate::catalogue::Catalogue;
use crate::check::{self, NotFound, Program, Scripts};
use crate::conversation::Conversation;
use crate::port::{Cancel, Control, Device, Fault, Memory, Port};
use crate::source::Source;

/// A modem that has an answer to each line, and says things at given times.
#[derive(Default)]
pub(super) struct Modem {
    rules: Vec<(String, Vec<Saying>)>,
    line: Vec<u8>,
    /// It has asked for data.
    in_data: bool,
    /// What it will say, and when.
    due: Vec<(Duration, Saying)>,
    gone_at: Option<Duration>,
    echo: bool,
    heard: Arc<Mutex<Heard>>,
    cancel_on: Option<(String, Cancel)>,
}

/// What the modem was sent: bytes and times.
#[derive(Default)]
pub(super) struct Heard {
    bytes: Vec<u8>,
    lines: Vec<(Duration, String)>,
    controls: Vec<Control>,
}

#[derive(Clone)]
enum Saying {
    After(Duration, String),
    /// From here on it hears nothing and says nothing; it may come back.
    Unplug(Duration, Option<Duration>),
}

impl Modem {
    pub(super) fn new() -> Modem {
        Modem { echo: true, ..Modem::default() }
    }

    /// Answers the line; asked again it gives the next answer, the last one for ever. Lines of `answer` are parted by
    /// `|`; one that ends in `> ` is a prompt.
    pub(super) fn on(self, line: &str, answer: &str) -> Modem {
        self.after(0, line, answer)
    }

    /// As [`Modem::on`], so many milliseconds later.
    pub(super) fn after(mut self, millis: u64, line: &str, answer: &str) -> Modem {
        let text: String = answer
            .split('|')
            .filter(|line| !line.is_empty())
            .map(|line| if line.ends_with("> ") { format!("\r\n{line}") } else { format!("\r\n{line}\r\n") })
            .collect();
        self.rule(line, Saying::After(Duration::from_millis(millis), text));
        self
    }

    pub(super) fn unplugged_by(mut self, line: &str, back_after: Option<u64>) -> Modem {
        let back = back_after.map(Duration::from_millis);
        self.rule(line, Saying::Unplug(Duration::from_millis(10), back));
        self
    }

    /// Says this by itself, so many milliseconds after the port was opened.
    pub(super) fn says_at(mut self, millis: u64, text: &str) -> Modem {
        self.due.push((Duration::from_millis(millis), Saying::After(Duration::ZERO, text.to_owned())));
        self
    }

    pub(super) fn without_echo(mut self) -> Modem {
        self.echo = false;
        self
    }

    fn rule(&mut self, line: &str, saying: Saying) {
        match self.rules.iter_mut().find(|(known, _)| known == line) {
            Some((_, sayings)) => sayings.push(saying),
            None => self.rules.push((line.to_owned(), vec![saying])),
        }
    }

    fn hears(&mut self, line: &str, now: Duration) {
        self.heard.lock().unwrap().lines.push((now, line.to_owned()));
        if let Some((on, cancel)) = &self.cancel_on
            && on == line
        {
            cancel.cancel();
        }
        let known = self.rules.iter_mut().find(|(known, _)| known == line);
        let saying = match known {
            Some((_, sayings)) if sayings.len() > 1 => sayings.remove(0),
            Some((_, sayings)) => sayings[0].clone(),
            None if line == "AT" || line == "\x1b" => Saying::After(Duration::ZERO, "\r\nOK\r\n".into()),
            None if line.is_empty() => return,
            None => Saying::After(Duration::ZERO, "\r\nERROR\r\n".into()),
        };
        match &saying {
            Saying::After(wait, text) => {
                self.in_data = text.ends_with("> ");
                self.due.push((now + *wait, saying.clone()));
            }
            Saying::Unplug(wait, _) => self.due.push((now + *wait, saying)),
        }
    }
}

impl Device for Modem {
    fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.heard.lock().unwrap().bytes.extend_from_slice(bytes);
        if self.echo && !self.in_data {
            let echo = String::from_utf8_lossy(bytes).into_owned();
            self.due.push((now, Saying::After(Duration::ZERO, echo)));
        }
        for byte in bytes {
            let ends = match byte {
                b'\r' => !self.in_data,
                0x1A | 0x1B => true,
                _ => false,
            };
            if *byte != b'\r' || self.in_data {
                self.line.push(*byte);
            }
            if ends {
                self.in_data = false;
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
                self.hears(&line, now);
            }
        }
    }

    fn advance(&mut self, now: Duration, out: &mut Vec<u8>) {
        self.due.sort_by_key(|(when, _)| *when);
        while self.due.first().is_some_and(|(when, _)| *when <= now) {
            let (when, saying) = self.due.remove(0);
            match saying {
                Saying::After(_, text) if self.gone().is_none() => out.extend_from_slice(text.as_bytes()),
                Saying::After(..) => {}
                Saying::Unplug(_, back) => {
                    self.gone_at = Some(when);
                    if let Some(back) = back {
                        self.due.push((when + back, Saying::Unplug(Duration::MAX, None)));
                        self.due.sort_by_key(|(when, _)| *when);
                    }
                    if matches!(saying, Saying::Unplug(Duration::MAX, None)) {
                        self.gone_at = None;
                    }
                }
            }
        }
    }

    fn next(&self) -> Option<Duration> {
        self.due.iter().map(|(when, _)| *when).min()
    }

    fn gone(&self) -> Option<Fault> {
        self.gone_at.map(|_| Fault::Lost("unplugged".into()))
    }

    fn control(&mut self, control: Control, _now: Duration) {
        self.heard.lock().unwrap().controls.push(control);
    }
}

/// Scripts by name.
#[derive(Default)]
pub(super) struct Others(HashMap<String, String>);

impl Scripts for Others {
    fn find(&self, name: &str, _from: &Source) -> Result<Arc<Source>, NotFound> {
        self.0
            .get(name)
            .map(|text| Source::new(name, text.clone()))
            .ok_or_else(|| NotFound::Nowhere { suggestions: Vec::new() })
    }
}

/// What a run is to be given, and what came of it.
#[derive(Default)]
pub(super) struct Bench {
    pub(super) inputs: Inputs,
    others: Others,
    answer: Option<Confirmed>,
    /// Ctrl-C while this line is answered.
    interrupt_on: Option<String>,
}

pub(super) struct Ran {
    pub(super) outcome: Outcome,
    /// What the listener heard, a line each.
    pub(super) events: Vec<String>,
    heard: Arc<Mutex<Heard>>,
}

impl Bench {
    pub(super) fn new() -> Bench {
        Bench::default()
    }

    pub(super) fn variable(mut self, name: &str, value: &str) -> Bench {
        self.inputs.variables.insert(name.into(), value.into());
        self
    }

    pub(super) fn secret(mut self, name: &str, value: &str) -> Bench {
        self.inputs.secrets.insert(name.into(), value.into());
        self
    }

    pub(super) fn plan(mut self) -> Bench {
        self.inputs.plan = true;
        self
    }

    pub(super) fn yes(mut self) -> Bench {
        self.inputs.yes = true;
        self
    }

    pub(super) fn answers(mut self, answer: Confirmed) -> Bench {
        self.answer = Some(answer);
        self
    }

    pub(super) fn script(mut self, name: &str, text: &str) -> Bench {
        self.others.0.insert(name.into(), text.into());
        self
    }

    pub(super) fn interrupt_on(mut self, line: &str) -> Bench {
        self.interrupt_on = Some(line.into());
        self
    }

    pub(super) fn program(&self, script: &str) -> Arc<Program> {
        let checked = check::check(&Source::new("test", script), &self.others);
        match checked.program {
            Some(program) => program,
            None => panic!("{:#?}", checked.diagnostics.iter().map(|fault| &fault.message).collect::<Vec<_>>()),
        }
    }

    pub(super) fn run(&self, script: &str, mut modem: Modem) -> Ran {
        let program = self.program(script);
        let cancel = Cancel::new().unwrap();
        modem.cancel_on = self.interrupt_on.clone().map(|line| (line, cancel.clone()));
        let heard = Arc::clone(&modem.heard);
        let mut conversation = conversation(modem, &cancel);
        let mut listener = Notes { answer: self.answer, ..Notes::default() };
        let outcome = run(&program, &mut conversation, &self.inputs, &mut listener);
        Ran { outcome, events: listener.events, heard }
    }

    pub(super) fn run_on(&self, script: &str, port: Box<dyn Port>) -> Ran {
        let mut conversation = Conversation::new(port, &Catalogue);
        let mut listener = Notes::default();
        let outcome = run(&self.program(script), &mut conversation, &self.inputs, &mut listener);
        Ran { outcome, events: listener.events, heard: Arc::default() }
    }

    pub(super) fn run_in(&self, script: &str, conversation: &mut Conversation) -> Outcome {
        run(&self.program(script), conversation, &self.inputs, &mut Notes::default())
    }
}

pub(super) fn conversation(modem: Modem, cancel: &Cancel) -> Conversation {
    Conversation::new(Box::new(Memory::in_virtual_time(modem, cancel)), &Catalogue)
}

impl Ran {
    /// `OK`, or what went wrong: code, line and column, message.
    pub(super) fn ended(&self) -> String {
        match (&self.outcome.status, &self.outcome.failure) {
            (Status::Passed, None) => "passed".into(),
            (Status::Skipped, None) => format!("skipped: {}", self.outcome.skipped.clone().unwrap_or_default()),
            (Status::Failed, Some(failure)) => told(failure),
            (status, Some(failure)) => format!("{status}: {}", told(failure)),
            (status, None) => format!("{status} without a reason"),
        }
    }

    pub(super) fn report(&self) -> String {
        let columns: Vec<String> = self.outcome.report.iter().map(|(name, value)| format!("{name}={value}")).collect();
        columns.join(" ")
    }

    /// The lines that the modem was sent.
    pub(super) fn lines(&self) -> Vec<String> {
        self.heard.lock().unwrap().lines.iter().map(|(_, line)| line.clone()).collect()
    }

    /// When it was sent each line, in milliseconds.
    pub(super) fn times(&self, line: &str) -> Vec<u128> {
        let heard = self.heard.lock().unwrap();
        heard.lines.iter().filter(|(_, heard)| heard == line).map(|(when, _)| when.as_millis()).collect()
    }

    pub(super) fn controls(&self) -> Vec<Control> {
        self.heard.lock().unwrap().controls.clone()
    }

    pub(super) fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap().bytes).into_owned()
    }

    pub(super) fn heard(&self, text: &str) -> bool {
        self.events.iter().any(|event| event.contains(text))
    }

    pub(super) fn failure(&self) -> &Failure {
        self.outcome.failure.as_ref().unwrap()
    }
}

pub(super) fn told(failure: &Failure) -> String {
    let place = failure.position();
    let code = failure.diagnostic.code.trim_start_matches("hayes::run::");
    format!("{code} {}:{} {}", place.line, place.column, failure.diagnostic.message)
}

/// Runs a script with nothing else: how it ended, and what it reports.
pub(super) fn ran(script: &str, modem: Modem) -> (String, String) {
    let ran = Bench::new().run(script, modem);
    (ran.ended(), ran.report())
}

pub(super) fn ended(script: &str, modem: Modem) -> String {
    ran(script, modem).0
}

/// What an expression yields, or why it yields nothing.
pub(super) fn value(expression: &str) -> String {
    match ran(&format!("report value = {expression}"), Modem::new()) {
        (ended, report) if ended == "passed" => report.trim_start_matches("value=").to_owned(),
        (ended, _) => ended,
    }
}

/// Writes down what it hears.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) events: Vec<String>,
    answer: Option<Confirmed>,
}

impl Listener for Notes {
    fn on_event(&mut self, _now: Duration, event: RuntimeEvent<'_>) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).escape_debug().to_string();
        self.events.push(match event {
            RuntimeEvent::ScriptStarted { script, depth } => format!("started {script} {depth}"),
            RuntimeEvent::ScriptEnded { script, depth, status } => format!("ended {script} {depth} {status}"),
            RuntimeEvent::Statement { source, span } => format!("statement {}", source.slice(span)),
            RuntimeEvent::Session(Event::Sent { bytes, .. }) => format!("sent {}", text(bytes)),
            RuntimeEvent::Session(Event::Echo(line)) => format!("echo {}", text(line)),
            RuntimeEvent::Session(Event::Response(line)) => format!("response {}", text(line)),
            RuntimeEvent::Session(Event::Final { line, result }) => format!("final {} {result}", text(line)),
            RuntimeEvent::Session(Event::Urc(line)) => format!("urc {}", text(line)),
            RuntimeEvent::Session(Event::Prompt(prompt)) => format!("prompt {}", text(prompt)),
            RuntimeEvent::Session(Event::Stray(line)) => format!("stray {}", text(line)),
            RuntimeEvent::Session(Event::Data(line)) => format!("data {}", text(line)),
            RuntimeEvent::Session(Event::Partial(line)) => format!("partial {}", text(line)),
            RuntimeEvent::Session(other) => format!("{other:?}"),
            RuntimeEvent::Waiting { what: Waiting::Answer { sent }, at_most } => {
                format!("waiting {sent} {}ms", at_most.as_millis())
            }
            RuntimeEvent::Waiting { what, at_most } => format!("waiting {what:?} {}ms", at_most.as_millis()),
            RuntimeEvent::ExchangeEnded { sent, passed, .. } => format!("exchange {sent} {passed}"),
            RuntimeEvent::Captured { name, value } => format!("captured {name}={value}"),
            RuntimeEvent::AttemptFailed { attempt, failure } => format!("attempt {attempt} {failure}"),
            RuntimeEvent::Pause { duration } => format!("pause {}ms", duration.as_millis()),
            RuntimeEvent::Caught { failure } => format!("caught {failure}"),
            RuntimeEvent::FinallyFailed { failure } => format!("finally failed {failure}"),
            RuntimeEvent::Log { text } => format!("log {text}"),
            RuntimeEvent::Ensured { question, change } => format!("ensured {question} {change:?}"),
            RuntimeEvent::Plan { note } => format!("plan {note}"),
            RuntimeEvent::Met { module } => format!("met {}", module.id),
            RuntimeEvent::Reported { name, value } => format!("reported {name}={value}"),
        });
    }

    fn confirm(&mut self, question: &str, heeded: usize) -> Confirmed {
        self.events.push(format!("asked {question} {heeded}"));
        self.answer.unwrap_or(Confirmed::Nobody)
    }
}
