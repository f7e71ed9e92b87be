//! A simulated modem in this process, in virtual time. The library runs on it without a process for each cell, and what
//! reaches the modem is kept: what a script has sent is counted where it arrives.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hayes::catalogue::Catalogue;
use hayes::check::{Program, check};
use hayes::conversation::Conversation;
use hayes::library::{Library, find};
use hayes::port::{Cancel, Control, Device, Fault, Memory};
use hayes::report::result::RunResult;
use hayes::runtime::{Inputs, Listener, RuntimeEvent, STACK, Silent, Status, run};
use hayes::sim::{Options, Simulator};
use hayes::source::Source;

pub(crate) struct Played {
    conversation: Conversation,
    heard: Arc<Mutex<Vec<u8>>>,
}

/// The modem, and each byte that has reached it.
struct Tapped {
    modem: Simulator,
    heard: Arc<Mutex<Vec<u8>>>,
    /// How some of its lines begin, and what it says in their place
    instead: Vec<(String, String)>,
}

impl Device for Tapped {
    fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.heard.lock().unwrap().extend_from_slice(bytes);
        self.modem.receive(bytes, now);
    }

    fn advance(&mut self, now: Duration, out: &mut Vec<u8>) {
        if self.instead.is_empty() {
            return self.modem.advance(now, out);
        }
        let mut said = Vec::new();
        self.modem.advance(now, &mut said);
        for line in said.split_inclusive(|byte| *byte == b'\n') {
            match self.instead.iter().find(|(begins, _)| line.starts_with(begins.as_bytes())) {
                Some((_, instead)) => out.extend_from_slice(format!("{instead}\r\n").as_bytes()),
                None => out.extend_from_slice(line),
            }
        }
    }

    fn next(&self) -> Option<Duration> {
        self.modem.next()
    }

    fn gone(&self) -> Option<Fault> {
        self.modem.gone()
    }

    fn control(&mut self, control: Control, now: Duration) {
        self.modem.control(control, now);
    }
}

impl Played {
    /// On `bg96?register=0s`, as `sim:` names it.
    pub(crate) fn on(address: &str) -> Played {
        Played::saying(address, &[])
    }

    /// The same, but for the lines that begin so: in place of each the modem says what stands beside it.
    pub(crate) fn saying(address: &str, instead: &[(&str, &str)]) -> Played {
        let instead = instead.iter().map(|(begins, line)| ((*begins).to_owned(), (*line).to_owned())).collect();
        let (model, options) = address.split_once('?').unwrap_or((address, ""));
        let modem = Simulator::new(model, Options::parse(options).unwrap()).unwrap();
        let heard = Arc::default();
        let port =
            Memory::in_virtual_time(Tapped { modem, heard: Arc::clone(&heard), instead }, &Cancel::new().unwrap());
        Played { conversation: Conversation::new(Box::new(port), &Catalogue), heard }
    }

    /// Runs a script of the library with what stands behind it on a command line: `-V name=value`, `--secret
    /// name=value`. It is confirmed what it asks.
    pub(crate) fn run(&mut self, words: &[&str]) -> RunResult {
        self.play(words[0], &program(words[0]), &inputs(words), &mut Silent)
    }

    /// What `--plan` tells of it: what it would send, and where it can tell no more.
    pub(crate) fn plan(&mut self, words: &[&str]) -> Vec<String> {
        let mut notes = Notes(Vec::new());
        self.play(words[0], &program(words[0]), &Inputs { plan: true, ..inputs(words) }, &mut notes);
        notes.0
    }

    /// Runs a script of a test.
    pub(crate) fn run_text(&mut self, text: &str) -> RunResult {
        let program = check(&Source::new("test.hayes", text), &Library::default()).program.unwrap();
        self.play("test", &program, &Inputs::default(), &mut Silent)
    }

    fn play(&mut self, name: &str, program: &Arc<Program>, inputs: &Inputs, listener: &mut dyn Listener) -> RunResult {
        let outcome = run(program, &mut self.conversation, inputs, listener);
        RunResult::new("modem", "sim", name, String::new(), &outcome)
    }

    /// The command lines that have reached the modem since this was asked last.
    pub(crate) fn heard(&mut self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.heard.lock().unwrap());
        let lines = bytes.split(|byte| matches!(byte, b'\r' | b'\n' | 0x1A | 0x1B)).map(String::from_utf8_lossy);
        // Nothing ends data that are counted: the next command stands right behind them.
        let command = |line: &str| {
            let begin = if line.starts_with("AT") { 0 } else { line.find("AT+")? };
            Some(line.get(begin..)?.to_owned())
        };
        lines.filter_map(|line| command(&line)).collect()
    }
}

/// What stands behind a script on a command line.
fn inputs(words: &[&str]) -> Inputs {
    let mut inputs = Inputs { yes: true, ..Inputs::default() };
    for option in words[1..].chunks(2) {
        let (name, value) = option[1].split_once('=').unwrap();
        let to = if option[0] == "--secret" { &mut inputs.secrets } else { &mut inputs.variables };
        to.insert(name.to_owned(), value.to_owned());
    }
    inputs
}

struct Notes(Vec<String>);

impl Listener for Notes {
    fn on_event(&mut self, _now: Duration, event: RuntimeEvent<'_>) {
        if let RuntimeEvent::Plan { note } = event {
            self.0.push(note.to_owned());
        }
    }
}

/// A script of the library, which is checked once for all modems.
fn program(name: &str) -> Arc<Program> {
    static CHECKED: Mutex<Option<HashMap<String, Arc<Program>>>> = Mutex::new(None);
    let mut checked = CHECKED.lock().unwrap();
    let known = checked.get_or_insert_default().entry(name.to_owned());
    let read = || check(&find(name).unwrap().source(), &Library::default()).program.unwrap();
    Arc::clone(known.or_insert_with(read))
}

pub(crate) fn passed(result: &RunResult) -> bool {
    result.status == Status::Passed
}

/// What it says of why it did not pass.
pub(crate) fn failure(result: &RunResult) -> &str {
    result.failure.as_ref().map_or("", |failure| &failure.message)
}

/// Runs the test on each case, one for each core at the same time.
pub(crate) fn each<T: Copy + Sync>(cases: &[T], test: impl Fn(T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2)) {
            let work = || {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    test(*case);
                }
            };
            std::thread::Builder::new().stack_size(STACK.max(8 << 20)).spawn_scoped(scope, work).unwrap();
        }
    });
}
