//! Every statement against a modem that says what it was told to, in virtual time.
//!
//! Most tests are cases of `cases.md`: a script, what it is given, what the modem says to it, and what comes of it. In its
//! `modem` block `AT+CSQ => +CSQ: 18,99|OK` is an answer of two lines, `AT+CSQ =7000> OK` one that comes 7 s later,
//! `AT+CFUN=1,1 =unplugs> 8000` a modem that goes away and is back after 8 s, `3000> \r\nRING\r\n` what it says by itself.
//! ReadyQuestion again it gives the next answer, the last one for ever.

mod scripts;
mod values;

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

#[test]
fn cases() {
    let (mut heading, mut blocks, mut wrong) = ("", Vec::new(), Vec::new());
    let mut lines = include_str!("cases.md").lines();
    while let Some(line) = lines.next() {
        heading = line.strip_prefix("## ").unwrap_or(heading);
        let Some(kind) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match kind {
            "then" => {
                let ran = bench_of(&blocks);
                let told: Vec<String> = body.iter().map(|line| ran.told(line)).collect();
                let plan: Vec<&String> = ran.events.iter().filter(|event| event.starts_with("plan ")).collect();
                let planned: Vec<&&str> = body.iter().filter(|line| line.starts_with("plan ")).collect();
                if told != body || !planned.is_empty() && plan != planned {
                    wrong.push(format!("{heading}:\n{}\n{plan:#?}", told.join("\n")));
                }
                blocks.clear();
            }
            kind => blocks.push((kind, body)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Runs the script of a case.
fn bench_of(blocks: &[(&str, Vec<&str>)]) -> Ran {
    let (mut bench, mut modem, mut script) = (RunBench::default(), Modem::new(), String::new());
    for (kind, lines) in blocks {
        match *kind {
            "hayes" => script = format!("{}\n", lines.join("\n")),
            "modem" => modem = lines.iter().fold(modem, |modem, line| modem.rule(line)),
            "given" => bench = lines.iter().fold(bench, |bench, line| bench.given(line)),
            other => {
                let name = other.strip_prefix("hayes ").unwrap();
                bench = bench.script(name, &format!("{}\n", lines.join("\n")));
            }
        }
    }
    bench.run(&script, modem)
}

/// `\r`, `\u{1a}` as the characters that they stand for.
fn unescaped(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, escaped)) = rest.split_once('\\') {
        let (code, length) = match escaped.split_once('}').filter(|_| escaped.starts_with("u{")) {
            Some((code, _)) => (char::from_u32(u32::from_str_radix(&code[2..], 16).unwrap()).unwrap(), code.len() + 1),
            None => (
                match &escaped[..1] {
                    "r" => '\r',
                    "n" => '\n',
                    "t" => '\t',
                    _ => '\\',
                },
                1,
            ),
        };
        plain.extend(before.chars().chain([code]));
        rest = &escaped[length..];
    }
    plain + rest
}

/// Control characters as they are written in a case.
fn escaped(text: &str) -> String {
    let is_plain = |c: char| !c.is_control() && c != '\\';
    text.chars().map(|c| if is_plain(c) { c.to_string() } else { c.escape_default().to_string() }).collect()
}

/// A modem that has an answer to each line, and says things at given times.
#[derive(Default)]
struct Modem {
    rules: Vec<(String, Vec<Saying>)>,
    line: Vec<u8>,
    /// It has asked for data.
    in_data: bool,
    /// What it will say, and when.
    due: Vec<(Duration, Saying)>,
    gone_at: Option<Duration>,
    echo: bool,
    heard: Arc<Mutex<ModemHeard>>,
    cancel_on: Option<(String, Cancel)>,
}

/// What the modem was sent: bytes and times.
#[derive(Default)]
struct ModemHeard {
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
    fn new() -> Modem {
        Modem { echo: true, ..Modem::default() }
    }

    /// Answers the line. Lines of `answer` are parted by `|`; one that ends in `> ` is a prompt.
    fn on(self, line: &str, answer: &str) -> Modem {
        self.rule(&format!("{line} => {answer}"))
    }

    /// What it does, as a case writes it.
    fn rule(mut self, written: &str) -> Modem {
        if written == "without echo" {
            self.echo = false;
            return self;
        }
        let millis = |text: &str| text.parse().ok().map(Duration::from_millis);
        if let Some((when, text)) = written.split_once("> ")
            && let Some(when) = millis(when)
        {
            self.due.push((when, Saying::After(Duration::ZERO, unescaped(text))));
            return self;
        }
        let (line, rest) = written.split_once(" =").unwrap();
        let (after, answer) = rest.split_once('>').unwrap();
        let (line, answer) = (unescaped(line), unescaped(answer.strip_prefix(' ').unwrap_or(answer)));
        let saying = match after {
            "unplugs" => Saying::Unplug(Duration::from_millis(10), millis(&answer)),
            after => {
                let ended = |line: &str| format!("\r\n{line}{}", if line.ends_with("> ") { "" } else { "\r\n" });
                let text = answer.split('|').filter(|line| !line.is_empty()).map(ended).collect();
                Saying::After(millis(after).unwrap_or_default(), text)
            }
        };
        match self.rules.iter_mut().find(|(known, _)| *known == line) {
            Some((_, sayings)) => sayings.push(saying),
            None => self.rules.push((line, vec![saying])),
        }
        self
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

/// What a run is to be given, and what came of it.
#[derive(Default)]
struct RunBench {
    inputs: Inputs,
    others: HashMap<String, String>,
    answer: Option<Confirmed>,
    /// Ctrl-C while this line is answered.
    interrupt_on: Option<String>,
}

impl Scripts for RunBench {
    fn find(&self, name: &str, _from: &Source) -> Result<Arc<Source>, NotFound> {
        let found = self.others.get(name).map(|text| Source::new(name, text.clone()));
        found.ok_or_else(|| NotFound::Nowhere { suggestions: Vec::new() })
    }
}

struct Ran {
    outcome: Outcome,
    /// What the listener heard, a line each.
    events: Vec<String>,
    heard: Arc<Mutex<ModemHeard>>,
}

impl RunBench {
    fn new() -> RunBench {
        RunBench::default()
    }

    fn variable(mut self, name: &str, value: &str) -> RunBench {
        self.inputs.variables.insert(name.into(), value.into());
        self
    }

    fn secret(mut self, name: &str, value: &str) -> RunBench {
        self.inputs.secrets.insert(name.into(), value.into());
        self
    }

    /// As a case writes it.
    fn given(mut self, line: &str) -> RunBench {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "plan" => self.inputs.plan = true,
            "yes" => self.inputs.yes = true,
            "timeout-scale" => self.inputs.timeout_scale = rest.parse().unwrap(),
            "interrupt" => self.interrupt_on = Some(rest.strip_prefix("on ").unwrap().to_owned()),
            "answers" => {
                let answers = [Confirmed::Yes, Confirmed::No, Confirmed::Nobody, Confirmed::Interrupted];
                self.answer = answers.into_iter().find(|answer| format!("{answer:?}") == rest);
            }
            kind => {
                let (name, value) = rest.split_once(" = ").unwrap();
                let given = if kind == "secret" { &mut self.inputs.secrets } else { &mut self.inputs.variables };
                given.insert(name.to_owned(), unescaped(value));
            }
        }
        self
    }

    fn script(mut self, name: &str, text: &str) -> RunBench {
        self.others.insert(name.into(), text.into());
        self
    }

    fn program(&self, script: &str) -> Arc<Program> {
        let checked = check::check(&Source::new("test", script), self);
        match checked.program {
            Some(program) => program,
            None => panic!("{:#?}", checked.diagnostics.iter().map(|fault| &fault.message).collect::<Vec<_>>()),
        }
    }

    fn run(&self, script: &str, mut modem: Modem) -> Ran {
        let program = self.program(script);
        let cancel = Cancel::new().unwrap();
        modem.cancel_on = self.interrupt_on.clone().map(|line| (line, cancel.clone()));
        let heard = Arc::clone(&modem.heard);
        let mut conversation = conversation(modem, &cancel);
        let mut listener = Notes { answer: self.answer, ..Notes::default() };
        let outcome = run(&program, &mut conversation, &self.inputs, &mut listener);
        Ran { outcome, events: listener.events, heard }
    }

    fn run_on(&self, script: &str, port: Box<dyn Port>) -> Ran {
        let mut conversation = Conversation::new(port, &Catalogue);
        let mut listener = Notes::default();
        let outcome = run(&self.program(script), &mut conversation, &self.inputs, &mut listener);
        Ran { outcome, events: listener.events, heard: Arc::default() }
    }

    fn run_in(&self, script: &str, conversation: &mut Conversation) -> Outcome {
        run(&self.program(script), conversation, &self.inputs, &mut Notes::default())
    }
}

fn conversation(modem: Modem, cancel: &Cancel) -> Conversation {
    Conversation::new(Box::new(Memory::in_virtual_time(modem, cancel)), &Catalogue)
}

impl Ran {
    /// `OK`, or what went wrong: code, line and column, message.
    fn ended(&self) -> String {
        match (&self.outcome.status, &self.outcome.failure) {
            (Status::Passed, None) => "passed".into(),
            (Status::Skipped, None) => format!("skipped: {}", self.outcome.skipped.clone().unwrap_or_default()),
            (Status::Failed, Some(failure)) => told(failure),
            (status, Some(failure)) => format!("{status}: {}", told(failure)),
            (status, None) => format!("{status} without a reason"),
        }
    }

    fn report(&self) -> String {
        let columns: Vec<String> = self.outcome.report.iter().map(|(name, value)| format!("{name}={value}")).collect();
        columns.join(" ")
    }

    /// What a case says of it, by its first word, as it is.
    fn told(&self, said: &str) -> String {
        let (word, rest) = said.split_once(' ').unwrap_or((said, ""));
        let heard = self.heard.lock().unwrap();
        let failure = self.outcome.failure.as_ref();
        match word {
            "reports" => format!("reports {}", self.report()),
            "sends" => {
                let lines: Vec<&str> = heard.lines.iter().map(|(_, line)| line.as_str()).collect();
                format!("sends {}", lines.join(" | "))
            }
            "at" => {
                let line = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
                let times = heard.lines.iter().filter(|(_, heard)| heard == line);
                let times: String = times.map(|(when, _)| format!("{} ", when.as_millis())).collect();
                format!("at {times}{line}")
            }
            "bytes" => format!("bytes {}", escaped(&String::from_utf8_lossy(&heard.bytes))),
            "logs" => {
                let logs = self.events.iter().filter_map(|event| event.strip_prefix("log "));
                format!("logs {}", logs.collect::<Vec<_>>().join(" | "))
            }
            "controls" => format!("controls {:?}", heard.controls),
            "changed" => format!("changed {}, unchanged {}", self.outcome.changed, self.outcome.unchanged),
            "means" => format!("means {}", failure.unwrap().meaning.as_deref().unwrap_or_default()),
            "help" => format!("help {}", failure.unwrap().diagnostic.help.as_deref().unwrap_or_default()),
            "hears" | "plan" => match self.heard(&unescaped(rest)) {
                true => said.to_owned(),
                false => format!("not {rest}: {:#?}", self.events),
            },
            _ => self.ended(),
        }
    }

    fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap().bytes).into_owned()
    }

    fn heard(&self, text: &str) -> bool {
        self.events.iter().any(|event| event.contains(text))
    }

    fn failure(&self) -> &Failure {
        self.outcome.failure.as_ref().unwrap()
    }
}

fn told(failure: &Failure) -> String {
    let place = failure.position();
    let code = failure.diagnostic.code.trim_start_matches("hayes::run::");
    format!("{code} {}:{} {}", place.line, place.column, failure.diagnostic.message)
}

/// Runs a script with nothing else: how it ended, and what it reports.
fn ran(script: &str, modem: Modem) -> (String, String) {
    let ran = RunBench::new().run(script, modem);
    (ran.ended(), ran.report())
}

fn ended(script: &str, modem: Modem) -> String {
    ran(script, modem).0
}

/// What an expression yields, or why it yields nothing.
fn value(expression: &str) -> String {
    match ran(&format!("report value = {expression}"), Modem::new()) {
        (ended, report) if ended == "passed" => report.trim_start_matches("value=").to_owned(),
        (ended, _) => ended,
    }
}

/// Writes down what it hears.
#[derive(Default)]
struct Notes {
    events: Vec<String>,
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
