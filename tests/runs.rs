//! Every statement against a modem that says what it was told to, in virtual time.
//!
//! Most tests are cases of `runs/*.md`: a script, what it is given, what the modem says to it, and what comes
//! of it. In its `modem` block `AT+CSQ => +CSQ: 18,99|OK` is an answer of two lines, `AT+CSQ =7000> OK` one that comes
//! 7 s later, `AT+CFUN=1,1 =unplugs> 8000` a modem that goes away and is back after 8 s, `3000> \r\nRING\r\n` what it
//! says by itself, `sim bg96?sim=absent` a simulated one. Asked again it gives the next answer, the last one for ever.
//!
//! Each line of an `each` block is a case: what stands in place of ① and ②, parted by ` || `, and what comes of it.

use std::collections::HashMap;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hayes::at::{Event, command, parameters};
use hayes::catalogue::Catalogue;
use hayes::check::{Checked, NotFound, Program, Scripts, check};
use hayes::conversation::Conversation;
use hayes::diagnostic::{Diagnostic, Severity};
use hayes::notation;
use hayes::port::crew::Crew;
use hayes::port::{Cancel, Control, Device, Fault, Memory};
use hayes::runtime::{Failure, Inputs, Listener, Outcome, RuntimeEvent, STACK, Silent, Status, Value, Waiting, run};
use hayes::sim::{Options, Simulator};
use hayes::source::{Source, Span};
use hayes::value::functions::FUNCTIONS;

use crate::cases::{Block, files, run_files_with};

#[test]
fn scripts_come_to_what_their_cases_say() {
    let ran = run_files_with(&files("tests/runs"), &|case, number, ran| {
        let is_told = |block: &Block| matches!(&*block.info, "then" | "each");
        let (before, block) = (&case.blocks[..number], &case.blocks[number]);
        let given = &before[before.iter().rposition(is_told).map_or(0, |last| last + 1)..];
        let told = match &*block.info {
            "then" => ran_as(given, &[]).told_of(&block.text),
            "each" => block.text.lines().map(|row| told_of_row(given, row)).collect::<Vec<String>>().join("\n"),
            _ => return None,
        };
        ran.told += 1;
        Some(told + "\n")
    });
    assert!(ran.told > 200 || std::env::var_os("CASE").is_some(), "only {ran:?}");
}

/// A row of an `each` block, with what came of it.
fn told_of_row(blocks: &[Block], row: &str) -> String {
    let (given, _) = row.rsplit_once(" => ").unwrap();
    let ran = ran_as(blocks, &given.split(" || ").collect::<Vec<&str>>());
    let told = match (ran.ended().as_str(), ran.report()) {
        ("passed", report) if !report.is_empty() => report.trim_start_matches("value=").to_owned(),
        (ended, _) => ended.to_owned(),
    };
    format!("{given} => {told}")
}

/// Runs the script of a case, with the parts of a row in place.
fn ran_as(blocks: &[Block], parts: &[&str]) -> Ran {
    let (mut bench, mut modem, mut script, mut simulated) = (RunBench::default(), Modem::new(), String::new(), None);
    for Block { info, text, .. } in blocks {
        let text = parts.iter().zip(["①", "②", "③"]).fold(text.clone(), |text, (part, mark)| text.replace(mark, part));
        match &**info {
            "hayes" => script = text.replace("SETUP", SETUP),
            "modem" if text.starts_with("sim ") => simulated = text.trim_end().strip_prefix("sim ").map(str::to_owned),
            "modem" => modem = text.lines().fold(modem, |modem, line| modem.rule(line)),
            "given" => bench = text.lines().fold(bench, |bench, line| bench.given(line)),
            other => bench = bench.script(other.strip_prefix("hayes ").unwrap(), &text),
        }
    }
    match simulated {
        Some(query) => bench.run_in(&script, &mut simulated_modem(&query)),
        None => bench.run(&script, modem),
    }
}

/// A script that sets two things up.
const SETUP: &str = include_str!("runs/setup.hayes");

/// `bg96?sim=absent`
fn simulated_modem(query: &str) -> Conversation {
    let (model, options) = query.split_once('?').unwrap_or((query, ""));
    let simulator = Simulator::new(model, Options::parse(options).unwrap()).unwrap();
    Conversation::new(Box::new(Memory::in_virtual_time(simulator, &Cancel::new().unwrap())), &Catalogue)
}

/// `\r`, `\x1A` as the characters that they stand for.
fn unescaped(text: &str) -> String {
    String::from_utf8(notation::unescape(text).unwrap()).unwrap()
}

/// A modem that has an answer to each line, and says things at given times.
#[derive(Default)]
struct Modem {
    rules: Vec<(String, Vec<Vec<Saying>>)>,
    line: Vec<u8>,
    /// It has asked for data.
    in_data: bool,
    due: Vec<Saying>,
    is_gone: bool,
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

/// When it says something, and what; nothing: it goes away, and hears and says nothing, or it is back.
type Saying = (Duration, Option<String>);

impl Modem {
    fn new() -> Modem {
        Modem { echo: true, ..Modem::default() }
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
            self.due.push((when, Some(unescaped(text))));
            return self;
        }
        let (line, rest) = written.split_once(" =").unwrap();
        let (after, answer) = rest.split_once('>').unwrap();
        let (line, answer) = (unescaped(line), unescaped(answer.strip_prefix(' ').unwrap_or(answer)));
        let sayings = match after {
            "unplugs" => {
                let goes = Duration::from_millis(10);
                let is_back = millis(&answer).map(|away| goes + away);
                [Some(goes), is_back].into_iter().flatten().map(|when| (when, None)).collect()
            }
            after => {
                let ended = |line: &str| format!("\r\n{line}{}", if line.ends_with("> ") { "" } else { "\r\n" });
                let text = answer.split('|').filter(|line| !line.is_empty()).map(ended).collect();
                vec![(millis(after).unwrap_or_default(), Some(text))]
            }
        };
        match self.rules.iter_mut().find(|(known, _)| *known == line) {
            Some((_, answers)) => answers.push(sayings),
            None => self.rules.push((line, vec![sayings])),
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
        let sayings = match known {
            Some((_, answers)) if answers.len() > 1 => answers.remove(0),
            Some((_, answers)) => answers[0].clone(),
            None if line == "AT" || line == "\x1b" => vec![(Duration::ZERO, Some("\r\nOK\r\n".into()))],
            None if line.is_empty() => return,
            None => vec![(Duration::ZERO, Some("\r\nERROR\r\n".into()))],
        };
        if let [(_, Some(text))] = &*sayings {
            self.in_data = text.ends_with("> ");
        }
        self.due.extend(sayings.into_iter().map(|(wait, saying)| (now + wait, saying)));
    }
}

impl Device for Modem {
    fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.heard.lock().unwrap().bytes.extend_from_slice(bytes);
        if self.echo && !self.in_data {
            self.due.push((now, Some(String::from_utf8_lossy(bytes).into_owned())));
        }
        for byte in bytes {
            if *byte != b'\r' || self.in_data {
                self.line.push(*byte);
            }
            let ends = match byte {
                b'\r' => !self.in_data,
                0x1A | 0x1B => true,
                // Data that were counted end by themselves.
                _ => self.in_data && self.rules.iter().any(|(known, _)| known.as_bytes() == self.line),
            };
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
            match self.due.remove(0).1 {
                Some(text) if !self.is_gone => out.extend_from_slice(text.as_bytes()),
                Some(_) => {}
                None => self.is_gone = !self.is_gone,
            }
        }
    }

    fn next(&self) -> Option<Duration> {
        self.due.iter().map(|(when, _)| *when).min()
    }

    fn gone(&self) -> Option<Fault> {
        self.is_gone.then(|| Fault::Lost("unplugged".into()))
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
    answer: Option<String>,
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
    /// What the check says, where it lets nothing run.
    refused: Option<Diagnostic>,
    /// What the listener heard, a line each.
    events: Vec<String>,
    heard: Arc<Mutex<ModemHeard>>,
}

impl RunBench {
    fn variable(mut self, name: &str, value: &str) -> RunBench {
        self.inputs.variables.insert(name.into(), value.into());
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
                self.answer = (rest != "Nobody").then(|| unescaped(rest));
            }
            kind => {
                let (name, value) = rest.split_once(" = ").unwrap();
                let given = match kind {
                    "secret" => &mut self.inputs.secrets,
                    "answer" => &mut self.inputs.answers,
                    _ => &mut self.inputs.variables,
                };
                given.insert(name.to_owned(), unescaped(value));
            }
        }
        self
    }

    fn script(mut self, name: &str, text: &str) -> RunBench {
        self.others.insert(name.into(), text.into());
        self
    }

    fn program(&self, script: &str) -> Result<Arc<Program>, Diagnostic> {
        let Checked { program, diagnostics } = check(&Source::new("test", script), self);
        let error = diagnostics.into_iter().find(|diagnostic| diagnostic.severity == Severity::Error);
        program.ok_or_else(|| error.unwrap())
    }

    fn run(&self, script: &str, mut modem: Modem) -> Ran {
        let cancel = Cancel::new().unwrap();
        modem.cancel_on = self.interrupt_on.clone().map(|line| (line, cancel.clone()));
        let heard = Arc::clone(&modem.heard);
        Ran { heard, ..self.run_in(script, &mut conversation(modem, &cancel)) }
    }

    fn run_in(&self, script: &str, conversation: &mut Conversation) -> Ran {
        let mut listener = Notes { answer: self.answer.clone(), ..Notes::default() };
        let program = self.program(script);
        let run = |program| run(program, conversation, &self.inputs, &mut listener);
        let outcome = program.as_ref().map(run).unwrap_or_default();
        Ran { outcome, refused: program.err(), events: listener.events, heard: Arc::default() }
    }
}

fn conversation(modem: Modem, cancel: &Cancel) -> Conversation {
    Conversation::new(Box::new(Memory::in_virtual_time(modem, cancel)), &Catalogue)
}

impl Ran {
    /// `OK`, or what went wrong: code, line and column, message.
    fn ended(&self) -> String {
        if let Some(refused) = &self.refused {
            return told(refused);
        }
        match (&self.outcome.status, self.outcome.failure.as_ref().map(|failure| &failure.diagnostic)) {
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

    /// What a case says of it, as it is.
    fn told_of(&self, said: &str) -> String {
        let mut told: Vec<String> = said.lines().map(|line| self.told(line)).collect();
        if said.starts_with("started ") {
            return self.events.join("\n");
        }
        let plan = || self.events.iter().filter(|event| event.starts_with("plan "));
        let planned = said.lines().filter(|line| line.starts_with("plan "));
        if said.contains("\nplan ") && !plan().eq(planned) {
            told.extend(plan().map(|note| format!("also {note}")));
        }
        told.join("\n")
    }

    /// By the first word of what is said.
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
            "bytes" => {
                let mut bytes = "bytes ".to_owned();
                notation::escape(&mut bytes, &heard.bytes);
                bytes
            }
            "rows" => {
                let rows: Vec<String> = self.outcome.rows.iter().map(Value::to_string).collect();
                format!("rows {}", rows.join(" | "))
            }
            "logs" => {
                let logs = self.events.iter().filter_map(|event| event.strip_prefix("log "));
                format!("logs {}", logs.collect::<Vec<_>>().join(" | "))
            }
            "controls" => format!("controls {:?}", heard.controls),
            "never" => {
                // What a script itself says where it runs another is its own.
                let events: Vec<&String> =
                    self.events.iter().filter(|event| !event.starts_with("statement run")).collect();
                let all = format!("{events:?} {:?}", self.outcome).to_lowercase();
                if all.contains(rest) { format!("hears {rest}: {all}") } else { said.to_owned() }
            }
            "calls" => {
                let calls = failure.unwrap().called_from.iter().map(|call| call.source.name.as_str());
                format!("calls {}", calls.collect::<Vec<_>>().join(" | "))
            }
            "labels" => {
                let told = &failure.unwrap().diagnostic;
                let line = |span: Span| told.source.position(span.start as usize).line;
                let labels = told.labels.iter().map(|label| format!("{} {}", line(label.span), label.text));
                format!("labels {}", labels.collect::<Vec<_>>().join(" | "))
            }
            "answer" => {
                let Failure { sent, answer, result, .. } = &**failure.unwrap();
                format!("answer {} {answer:?} {}", sent.as_deref().unwrap_or("-"), result.as_deref().unwrap_or("-"))
            }
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
}

fn told(wrong: &Diagnostic) -> String {
    let place = wrong.source.position(wrong.span().unwrap_or_default().start as usize);
    let code = wrong.code.trim_start_matches("hayes::run::");
    format!("{code} {}:{} {}", place.line, place.column, wrong.message)
}

/// Writes down what it hears.
#[derive(Default)]
struct Notes {
    events: Vec<String>,
    answer: Option<String>,
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
            RuntimeEvent::AttemptFailed { attempt, failure, .. } => format!("attempt {attempt} {failure}"),
            RuntimeEvent::RetryEnded { attempts } => format!("retry ended {attempts}"),
            RuntimeEvent::Pause { duration, .. } => format!("pause {}ms", duration.as_millis()),
            RuntimeEvent::Caught { failure } => format!("caught {failure}"),
            RuntimeEvent::CheckFailed { failure } => format!("check failed {failure}"),
            RuntimeEvent::Interrupted { has_finally } => format!("interrupted {has_finally}"),
            RuntimeEvent::FinallyFailed { failure } => format!("finally failed {failure}"),
            RuntimeEvent::Log { text } => format!("log {text}"),
            RuntimeEvent::Ensured { question, change } => format!("ensured {question} {change:?}"),
            RuntimeEvent::Plan { note } => format!("plan {note}"),
            RuntimeEvent::Met { module } => format!("met {}", module.id),
            RuntimeEvent::Reported { name, value } => format!("reported {name}={value}"),
            RuntimeEvent::Row { columns } => format!("row {}", Value::record(columns.clone())),
            RuntimeEvent::Part { part, runs } => format!("part {part} {runs}"),
        });
    }

    fn ask(&mut self, question: &str, _is_secret: bool, heeded: usize) -> Option<Result<String, Fault>> {
        self.events.push(format!("asked {question} {heeded}"));
        self.answer.clone().map(|answer| if answer == "Interrupted" { Err(Fault::Interrupted) } else { Ok(answer) })
    }
}

#[test]
fn functions_yield_what_their_examples_say_and_files_stand_beside_the_script() {
    let folder = std::env::temp_dir().join(format!("hayes-functions-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("ca.pem"), "CERT").unwrap();
    let mut bench = RunBench::default();
    bench.inputs.folder = Some(folder.clone());
    for function in FUNCTIONS {
        let (call, yields) = function.example();
        let ran = bench.run(&format!("report value = {call}\n"), Modem::new());
        assert_eq!((ran.ended(), ran.report()), ("passed".into(), format!("value={yields}")), "{call}");
    }
    let ended = |name: &str| bench.run(&format!("report pem = file(\"{name}\")\n"), Modem::new()).ended();
    assert!(ended("none.pem").starts_with("file 1:19 "));
    for name in ["../ca.pem", "/etc/passwd", "", "a/../../b"] {
        assert!(ended(name).contains("does not stand beside the script"), "{name}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

proptest::proptest! {
    /// Whatever a value holds: it is refused before a byte is sent, or the modem hears one command, whose parameter it
    /// is.
    #[test]
    fn no_value_breaks_out(value in "[ -~]{0,12}|[\\r\\n\\x00\\x1A\\x1B\";,+A-Z0-9\\\\]{0,8}", quoted: bool) {
        let command = if quoted { "AT+X=1,\"${v}\",2" } else { "AT+X=1,${v},2" };
        let ran = RunBench::default().variable("v", &value).run(&format!("param v\n{command}\n"), Modem::new().rule("without echo"));
        let bytes = ran.bytes();
        if ran.ended().starts_with("injection") {
            proptest::prop_assert_eq!(bytes, "");
        } else {
            let line = bytes.strip_suffix('\r').unwrap();
            let parsed = command::parse(line).unwrap();
            proptest::prop_assert_eq!(parsed.commands.len(), 1);
            proptest::prop_assert!(!line.contains(['\r', '\n', '\0', '\x1A', '\x1B']));
            let parameters: Vec<_> = parameters::parameters(parsed.commands[0].argument.as_bytes()).collect();
            proptest::prop_assert!(!quoted || parameters.len() == 3 && parameters[1].value == value.as_bytes());
        }
    }
}

#[test]
fn the_deepest_script_runs_in_the_stated_stack() {
    // As deep as a script may be written: 256 blocks, 64 expressions.
    let sum = format!("{}1{}", "(1 + ".repeat(60), ")".repeat(60));
    // And as deep a value as there may be, which is shown, compared and dropped.
    let list = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let list =
        format!("set l = {list}\nset l = [l]\nset l = [[l]]\nset l = [l]\nassert l == l\nlog \"${{l}}\"\nset l = []\n");
    let script = format!("{}AT\nset n = {sum}\n{list}{}", "retry 1 {\n".repeat(256), "}\n".repeat(256));
    let program = RunBench::default().program(&script).unwrap();
    let body = move || {
        let mut conversation = conversation(Modem::new(), &Cancel::new().unwrap());
        run(&program, &mut conversation, &Inputs::default(), &mut Silent).status
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(body.clone()).unwrap();
    assert_eq!(thread.join().unwrap(), Status::Passed);
    // Among many others it has the same stack, and no thread of its own.
    let (sender, ended) = channel();
    let mut crew = Crew::new(1000, STACK);
    crew.start(Box::new(move || sender.send(body()).unwrap())).unwrap();
    assert_eq!(ended.recv(), Ok(Status::Passed));
}

/// A statement in so many blocks.
fn within(depth: usize, statement: &str) -> String {
    format!("{}{statement}\n{}", "if true {\n".repeat(depth), "}\n".repeat(depth))
}

#[test]
fn a_finally_has_room_and_no_more_than_that() {
    // A chain of scripts, each of whose `finally` runs the next one deep inside of blocks.
    let mut bench = RunBench::default().script("c8", "AT\n");
    for number in 0..8 {
        let script = format!("AT\nfinally {{\n{}}}\n", within(250, &format!("run \"c{}\"", number + 1)));
        bench = bench.script(&format!("c{number}"), &script);
    }
    // Each is known to the check before it is run so deep.
    let program = (0..=8).rev().map(|number| format!("run \"c{number}\"\n")).collect::<String>();
    let program = bench.program(&program).unwrap();
    let body = move || {
        let mut conversation = conversation(Modem::new(), &Cancel::new().unwrap());
        run(&program, &mut conversation, &Inputs::default(), &mut Silent).failure.unwrap()
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(body).unwrap();
    assert!(told(&thread.join().unwrap().diagnostic).starts_with("too-deep "));

    // However deep a script is run, its `finally` has room; one that would have none is not begun.
    let inner = "log \"begun\"\nfinally {\n  if true {\n    log \"ended\"\n  }\n}\n";
    let bench = RunBench::default().script("inner", inner);
    for (depth, begun) in [(200, true), (238, true), (239, false), (250, false)] {
        let ran = bench.run(&within(depth, "run \"inner\""), Modem::new());
        assert_eq!((ran.heard("log begun"), ran.heard("log ended")), (begun, begun), "{depth}: {}", ran.ended());
        assert!(begun || ran.ended().contains("`inner` has a `finally`"), "{}", ran.ended());
    }
}

#[test]
fn scripts_within_scripts_are_bounded() {
    let bench = RunBench::default().script("inner", &within(100, "run \"leaf\"")).script("leaf", &within(100, "AT"));
    assert!(bench.run(&within(100, "run \"inner\""), Modem::new()).ended().starts_with("too-deep "));
}

#[test]
fn a_value_does_not_grow_without_end() {
    // What the last attempt left is as deep as may be: it is shown all the same.
    let script = "set l = []\ntry {\n  retry 100 {\n    set l = [l]\n    assert false\n  }\n}\nreport l\n";
    let ran = RunBench::default().run(script, Modem::new());
    assert_eq!(ran.report(), format!("l={}{}", "[".repeat(64), "]".repeat(64)));
    // The fields' names count as well.
    let bench = RunBench::default().script("inner", &format!("set {} = 1\n", "n".repeat(1 << 12)));
    let script = "run \"inner\" as r\nset l = [r]\nretry 100 {\n  set l = l + l\n  assert false\n}\n";
    assert!(bench.run(script, Modem::new()).ended().starts_with("too-long 4:11"));
}

#[test]
fn a_second_run_changes_nothing_and_a_plan_tells_what_the_first_would() {
    let mut modem = simulated_modem("bg96");
    let mut run = |bench: RunBench| bench.run_in(SETUP, &mut modem).told("changed");
    assert_eq!(run(RunBench::default().given("plan")), "changed 2, unchanged 0");
    assert_eq!(run(RunBench::default()), "changed 2, unchanged 0");
    assert_eq!(run(RunBench::default()), "changed 0, unchanged 2");
}
