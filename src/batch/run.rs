//! One modem's run: opens its port, runs the script, writes the result as a line of the journal. It also keeps what
//! each running modem does at the moment, for the screen.

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use super::find;
use super::inventory::{BatchModem, Identity};
use super::journal::Head;
use crate::catalogue::{Catalogue, own};
use crate::check::Program;
use crate::connect::{self, Opening};
use crate::conversation::Conversation;
use crate::diagnostic::Complaint;
use crate::guard::Simulators;
use crate::notation::{ShownDuration, hex, json, percent_encoded};
use crate::port::transcript::{Transcript, port_name};
use crate::port::{Cancel, Clock, FlowControl, Port, Timestamp};
use crate::report::answered::{Answered, Answers};
use crate::report::conversation::{ConversationText, Meaning, meaning, of_all};
use crate::report::result::{FailureReport, RunResult};
use crate::report::style::Palette;
use crate::runtime::{self, Inputs, Listener, Outcome, RuntimeEvent, Status, Unfit, Waiting};
use crate::source::read_binary;
use crate::state::private_file;
use crate::value::{LARGEST_VALUE, Record};
use sha2::{Digest, Sha256};

#[derive(Default)]
pub struct Common {
    pub program: Arc<Program>,
    /// What is given to every modem and beats the inventory; its timeouts and switches hold for all.
    pub inputs: Inputs,
    /// What the inventory beats: the values in the environment
    pub environment: Inputs,
    /// What the command line says beats the inventory.
    pub baud: Option<u32>,
    pub flow: FlowControl,
    pub modem_timeout: Option<Duration>,
    /// How long all may take together
    pub total_timeout: Option<Duration>,
    /// How long a port may take to be there
    pub wait: Duration,
    /// Where conversations are kept; nowhere beside results that go to a device or a pipe:
    pub records: Option<PathBuf>,
    /// of every modem; else of those that did not pass.
    pub keeps_all: bool,
    /// The folder of the results, from which records are named
    pub results_folder: PathBuf,
    pub retries: usize,
    /// Who is told of each modem's conversation while it goes on
    pub live: Option<Live>,
    /// How the lines of that are told in words
    pub meaning: Option<Meaning>,
    /// Who is told of each modem's answers when it has ended, as JSON
    pub answers: Option<Live>,
    /// Who is told of each row that a modem reports, as it comes
    pub rows: Option<TakeRow>,
    /// What tells the script, and all that it runs, from others
    script_mark: String,
    /// What tells the files that these read from others
    files_mark: Option<String>,
    /// Asks each modem that has an IMEI or an ICCID who it is, before the script begins
    identifies: Option<Arc<Program>>,
    /// Which ports are simulated by other processes
    simulators: Simulators,
}

/// Is told lines of a modem's conversation, each with its line end.
pub type Live = Box<dyn Fn(&BatchModem, &str) + Send + Sync>;

pub type TakeRow = Box<dyn Fn(&BatchModem, &Record) + Send + Sync>;

#[derive(Debug, Clone)]
pub struct Ended {
    pub result: RunResult,
    /// The conversation could not be kept: why
    pub unrecorded: Option<String>,
    /// Its line could not be written.
    pub unwritten: bool,
    /// How long it took by the clock on the wall: a simulated modem may have another one
    pub took: Duration,
    /// The scripts that the script itself has run, and how long each took
    pub steps: Vec<(String, Duration)>,
}

impl Ended {
    fn new(result: RunResult) -> Ended {
        Ended { result, unrecorded: None, unwritten: false, took: Duration::ZERO, steps: Vec::new() }
    }

    /// After an earlier try, whose failure stays known, and its conversation where no later one was kept. Where this
    /// one has failed too, so does what the earlier one had reported.
    pub fn after(&mut self, before: Ended) {
        let RunResult { mut earlier, failure, record, mut report, rows, .. } = before.result;
        let result = &mut self.result;
        earlier.extend(failure);
        result.earlier = earlier;
        result.record = result.record.take().or(record);
        if result.failure.is_some() {
            report.append(&mut result.report);
            result.report = report;
            if result.rows.is_empty() {
                result.rows = rows;
            }
        }
        self.took += before.took;
    }
}

/// How long a run that took too long may take for its `finally`.
pub const FINALLY_TIME: Duration = Duration::from_secs(30);

/// How a run is ended: by who wants no more of it, or because it takes too long.
#[derive(Debug, Clone)]
pub struct Stop {
    pub cancel: Cancel,
    late: Arc<AtomicBool>,
    /// Time was up, whatever has ended it.
    is_over: Arc<AtomicBool>,
}

impl Stop {
    pub fn new(cancel: Cancel) -> Stop {
        Stop { cancel, late: Arc::default(), is_over: Arc::default() }
    }

    /// Time is up: ends what runs, and the second time its `finally`, which has as long as is returned; also where
    /// Ctrl-C has begun it.
    pub fn end_late(&self) -> Option<Duration> {
        let was_over = self.is_over.swap(true, Ordering::AcqRel);
        if was_over || !self.cancel.is_cancelled() {
            self.late.store(true, Ordering::Release);
            self.cancel.cancel();
        }
        (!was_over).then_some(FINALLY_TIME)
    }

    pub fn is_late(&self) -> bool {
        self.late.load(Ordering::Acquire) || self.cancel.has_overrun()
    }

    /// Time is up so long from now, unless what is returned is dropped before.
    pub fn end_after(&self, time: Duration) -> std::io::Result<Sender<()>> {
        let (stop, (runs, ended)) = (self.clone(), channel::<()>());
        // A port in virtual time heeds it by its own clock.
        self.cancel.limit(time);
        let watch = move || {
            let mut wait = Some(time);
            while wait.is_some_and(|time| ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout)) {
                wait = stop.end_late();
            }
        };
        std::thread::Builder::new().name("limit".to_owned()).spawn(watch).map(|_| runs)
    }
}

impl Common {
    /// No environment, speed or time limit is set. The conversations of modems that did not pass go beside the results.
    pub fn new(program: Arc<Program>, inputs: Inputs, results: &Path) -> Common {
        Common {
            script_mark: mark(program.sources().into_values()),
            files_mark: files_read(&program, inputs.folder.as_deref().unwrap_or(Path::new(""))),
            program,
            inputs,
            records: (!results.exists() || results.is_file()).then(|| results.with_extension("records")),
            results_folder: results.parent().unwrap_or(Path::new("")).to_owned(),
            meaning: Some(meaning),
            ..Common::default()
        }
    }

    /// From now on a modem that is another than the inventory says is not talked to.
    pub fn prove_identities(&mut self) -> std::io::Result<()> {
        self.identifies = Some(find::identifying()?);
        Ok(())
    }

    /// The values for this modem: the command line over the inventory over the environment.
    pub fn inputs(&self, modem: &BatchModem) -> Inputs {
        let mut inputs = self.inputs.clone();
        let given = modem.vars.iter().map(|(name, value)| (&**name, value, false));
        let environment = self.environment.variables.iter().map(|(name, value)| (name.as_str(), value, false));
        let secret = self.environment.secrets.iter().map(|(name, value)| (name.as_str(), value, true));
        for (name, value, hidden) in given.chain(environment).chain(secret) {
            let Some(param) = self.program.param(name) else { continue };
            if inputs.variables.contains_key(name) || inputs.secrets.contains_key(name) {
                continue;
            }
            let values = if param.secret || hidden { &mut inputs.secrets } else { &mut inputs.variables };
            values.insert(name.to_owned(), value.clone());
        }
        inputs
    }

    /// What tells its values from others, and what the files hold that it reads. Of secrets and of what is typed it is
    /// what only this user can tell: a PIN could be found by trying all.
    #[inline(never)]
    fn values_mark(&self, modem: &BatchModem) -> String {
        let inputs = self.inputs(modem);
        let hidden = inputs.secrets.iter().chain(&inputs.answers);
        let hidden = inputs.guard.as_ref().and_then(|guard| guard.mark(hidden));
        let values = inputs.variables.iter().flat_map(|(name, value)| [name.as_str(), value]);
        let others = self.program.only.iter().chain(&hidden).chain(&self.files_mark);
        mark(values.chain(others.map(String::as_str)).chain(own::texts()))
    }

    /// In what the modem's earlier run was another than that which it would have now.
    pub fn differs(&self, modem: &BatchModem, earlier: &Head) -> Option<&'static str> {
        match earlier.fingerprint.as_deref().and_then(|marks| marks.split_once('-')) {
            None => Some("with a script and values that are not known"),
            Some((script, _)) if script != self.script_mark => Some("with another script"),
            Some((_, values)) if values != self.values_mark(modem) => Some("with other values"),
            // Who is known by its IMEI is the same on every port.
            Some(_) if modem.identity.is_empty() && earlier.port != modem.port() => Some("on another port"),
            Some(_) => None,
        }
    }

    /// What is wrong with the values for this modem: params without one, and those of another kind.
    pub fn unfit(&self, modem: &BatchModem) -> Vec<Unfit> {
        runtime::unfit(&self.program, &self.inputs(modem))
    }

    /// Each step is a function and large values are boxed: a thread's memory is the deepest its stack has been.
    pub fn run(&self, modem: &BatchModem, stop: &Stop, slot: &Slot) -> Box<Ended> {
        let mut ear = Ear::new(self, modem, slot);
        let mut ended = self.talk(modem, stop, &mut ear);
        ended.steps = std::mem::take(&mut ear.steps);
        self.complete(&mut ended, modem, stop, &ear.transcript);
        ended
    }

    #[inline(never)]
    fn talk(&self, modem: &BatchModem, stop: &Stop, ear: &mut Ear<'_>) -> Box<Ended> {
        let started = Timestamp::now();
        let mut conversation = match self.open(modem, stop) {
            Ok(conversation) => conversation,
            Err(failure) => return self.unreachable(modem, started, *failure),
        };
        if let Some(failure) = self.wrong_modem(modem, &mut conversation) {
            let mut ended = self.unreachable(modem, started, *failure);
            ended.result.status = Status::Failed;
            return ended;
        }
        let inputs = self.inputs_at_port(modem);
        let outcome = run_boxed(&self.program, &mut conversation, &inputs, ear);
        ear.tell(true);
        self.tell_answers(modem, ear);
        self.ran(modem, started, &outcome)
    }

    #[inline(never)]
    fn tell_answers(&self, modem: &BatchModem, ear: &mut Ear<'_>) {
        let Some((tell, answers)) = ear.answers.take() else { return };
        let answers = answers.of(modem.address.as_ref().is_some_and(|address| self.simulators.is_behind(address)));
        let named = answers.into_iter().map(|it| Answered { modem: Some(modem.name.clone()), ..it });
        tell(modem, &named.map(|answered| json(&answered) + "\n").collect::<String>());
    }

    /// What to tell where another modem is at this port than it should be.
    #[inline(never)]
    fn wrong_modem(&self, modem: &BatchModem, conversation: &mut Conversation) -> Option<Box<FailureReport>> {
        let program = self.identifies.as_ref().filter(|_| !modem.identity.is_empty())?;
        let (found, why_not) = find::who(conversation, program);
        if find::is_same(&modem.identity, &found) {
            return None;
        }
        let what = |identity: &Identity| match identity.is_empty() {
            true => why_not.clone().unwrap_or_else(|| "a modem that does not tell who it is".to_owned()),
            false => identity.named(", "),
        };
        let values: [&dyn Display; 2] = [&what(&found), &what(&modem.identity)];
        Some(Box::new(FailureReport::unopened(&Complaint::told("hayes::fleet::wrong-modem", &values))))
    }

    #[inline(never)]
    fn inputs_at_port(&self, modem: &BatchModem) -> Box<Inputs> {
        Box::new(modem.address.iter().fold(self.inputs(modem), Inputs::at))
    }

    #[inline(never)]
    fn ran(&self, modem: &BatchModem, started: Timestamp, outcome: &Outcome) -> Box<Ended> {
        let script = &self.program.source().name;
        let mut result = RunResult::new(&modem.name, &modem.port(), script, started.to_string(), outcome);
        result.warnings = self.program.warnings.iter().map(FailureReport::from).collect();
        Box::new(Ended::new(result))
    }

    #[inline(never)]
    pub fn unreachable(&self, modem: &BatchModem, started: Timestamp, failure: FailureReport) -> Box<Ended> {
        let script = &self.program.source().name;
        let result = RunResult::unreachable(&modem.name, &modem.port(), script, started.to_string(), failure);
        Box::new(Ended::new(result))
    }

    #[inline(never)]
    fn complete(&self, ended: &mut Ended, modem: &BatchModem, stop: &Stop, transcript: &Transcript) {
        let result = &mut ended.result;
        if result.failure.as_ref().is_some_and(|failure| failure.code == INTERRUPTED) {
            result.status = Status::Interrupted;
        }
        if result.status == Status::Interrupted && stop.is_late() {
            too_late(self.modem_timeout.unwrap_or_default(), result);
        }
        result.labels = modem.labels.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        result.groups = modem.groups.iter().map(|group| group.to_string()).collect();
        result.plan = self.inputs.plan;
        result.simulated = modem.address.as_ref().is_some_and(|address| self.simulators.is_behind(address));
        result.fingerprint = Some(format!("{}-{}", self.script_mark, self.values_mark(modem)));
        ended.unrecorded = self.keep(result, transcript).err();
    }

    #[inline(never)]
    fn open(&self, modem: &BatchModem, stop: &Stop) -> Result<Box<Conversation>, Box<FailureReport>> {
        let Some(address) = &modem.address else {
            return Err(Box::new(not_found(&modem.identity)));
        };
        let mut settings = Opening::new(stop.cancel.clone());
        settings.flow = self.flow;
        settings.baud = self.baud.or(modem.baud).unwrap_or(settings.baud);
        connect::open_within(address, &settings, self.wait, &mut |_| {}).map(conversation).map_err(not_open)
    }

    fn keep(&self, result: &mut RunResult, transcript: &Transcript) -> Result<(), String> {
        let is_kept = match result.status {
            Status::Failed | Status::Interrupted => true,
            // A port that was lost in the middle was talked to; one that could not be opened was not.
            Status::Unreachable => result.exchanges > 0,
            Status::Passed | Status::Skipped => false,
        };
        let Some(folder) = self.records.as_ref().filter(|_| is_kept || self.keeps_all) else { return Ok(()) };
        let file = folder.join(file_name(&result.modem));
        let port = port_name(&result.port, result.simulated);
        let text = transcript.text(&format!("{} {port}", result.started));
        let written = std::fs::create_dir_all(folder).and_then(|()| private_file(&file)?.write_all(text.as_bytes()));
        written.map_err(|error| format!("{}: {error}", file.display()))?;
        // Results and records may be moved together.
        let beside = file.strip_prefix(&self.results_folder).map(Path::to_owned);
        let name = beside.unwrap_or_else(|_| std::path::absolute(&file).unwrap_or(file));
        result.record = Some(name.display().to_string());
        Ok(())
    }
}

/// Tells an interrupted run as one that took longer than the limit.
pub(crate) fn too_late(limit: Duration, result: &mut RunResult) {
    let doing = result.failure.as_ref().and_then(|failure| failure.sent.clone());
    let heard = result.failure.as_ref().and_then(|failure| failure.answer.last());
    let what = doing.map(|sent| match heard {
        Some(heard) => {
            let means = meaning(heard, &sent, None).map(|means| format!(" ({means})")).unwrap_or_default();
            format!("; asked last: {sent}, heard last: {heard}{means}")
        }
        None => format!(", while it was at {sent}"),
    });
    let what = what.unwrap_or_default();
    let before = result.failure.take().unwrap_or_else(|| FailureReport::outside("", ""));
    let told = Complaint::told("hayes::batch::modem-timeout", &[&ShownDuration(limit), &what]);
    let Complaint { code, message, help } = told;
    result.status = Status::Failed;
    result.failure = Some(FailureReport { code: code.to_owned(), message, help, ..before });
}

#[inline(never)]
fn conversation(port: Box<dyn Port>) -> Box<Conversation> {
    Box::new(Conversation::new(port, &Catalogue))
}

#[inline(never)]
fn not_open(error: Complaint) -> Box<FailureReport> {
    let mut report = Box::new(FailureReport::unopened(&error));
    if error.code == "hayes::port::interrupted" {
        report.code = INTERRUPTED.to_owned();
    }
    report
}

#[inline(never)]
fn run_boxed(
    program: &Arc<Program>,
    conversation: &mut Conversation,
    inputs: &Inputs,
    listener: &mut dyn Listener,
) -> Box<Outcome> {
    Box::new(runtime::run(program, conversation, inputs, listener))
}

fn not_found(identity: &Identity) -> FailureReport {
    let who = if identity.is_empty() {
        "of that kind".to_owned()
    } else {
        format!("with the {}", identity.named(" and the "))
    };
    FailureReport::unopened(&Complaint::told("hayes::batch::not-found", &[&who]))
}

const INTERRUPTED: &str = "hayes::run::interrupted";

/// A hash of texts that stays the same in every version: FNV-1a, of 64 bits. None of them holds the byte between two.
fn mark<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let bytes = texts.flat_map(|text| text.bytes().chain([0xFF]));
    let hash =
        bytes.fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    format!("{hash:016x}")
}

/// What tells what a program reads by `file("…")`, where its name is written there; none where it reads none.
fn files_read(program: &Program, folder: &Path) -> Option<String> {
    let named = program.files.iter().filter_map(|read| read.told(&|_| None));
    let held = named.map(|name| read_binary(&folder.join(name), LARGEST_VALUE as u64).unwrap_or_default());
    let inner = program.runs().filter_map(|(_, inner)| files_read(inner, folder)).map(String::into_bytes);
    let held: Vec<Vec<u8>> = held.chain(inner).collect();
    (!held.is_empty()).then(|| hex(&Sha256::digest(held.iter().map(|held| hex(held)).collect::<Vec<_>>().join(" "))))
}

/// A modem's name as a file's name; different names stay different.
fn file_name(modem: &str) -> String {
    let mut name = percent_encoded(modem, |byte| byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte));
    // A file system takes 255 bytes.
    if name.len() > LONGEST_FILE_NAME {
        name.truncate(LONGEST_FILE_NAME - 17);
        name.push_str(&format!("-{}", mark(std::iter::once(modem))));
    }
    name + ".txt"
}

const LONGEST_FILE_NAME: usize = 200;

struct Ear<'s> {
    modem: &'s BatchModem,
    slot: &'s Slot,
    transcript: Transcript,
    live: Option<(&'s Live, Box<ConversationText<Vec<u8>>>)>,
    answers: Option<(&'s Live, Answers)>,
    rows: Option<&'s TakeRow>,
    step_began: Duration,
    steps: Vec<(String, Duration)>,
}

impl<'s> Ear<'s> {
    fn new(common: &'s Common, modem: &'s BatchModem, slot: &'s Slot) -> Ear<'s> {
        let text = || ConversationText::new(Vec::new(), Palette { coloured: false }, false, common.meaning);
        let live = common.live.as_ref().map(|live| (live, Box::new(text())));
        let answers = common.answers.as_ref().map(|tell| (tell, Answers::default()));
        let (rows, transcript, steps) = (common.rows.as_ref(), Transcript::default(), Vec::new());
        Ear { modem, slot, transcript, live, answers, rows, step_began: Duration::ZERO, steps }
    }

    /// Tells the lines that are whole; in the end the last one too.
    fn tell(&mut self, ends: bool) {
        let Some((live, text)) = &mut self.live else { return };
        if ends {
            let _ = text.finish();
        }
        let said = text.writer();
        if let Some(end) = said.iter().rposition(|byte| *byte == b'\n') {
            let lines: Vec<u8> = said.drain(..=end).collect();
            live(self.modem, &String::from_utf8_lossy(&lines));
        }
    }
}

impl Listener for Ear<'_> {
    fn on_event(&mut self, now: Duration, event: RuntimeEvent<'_>) {
        self.slot.on_event(&event);
        self.transcript.on_event(now, event);
        if let RuntimeEvent::ScriptStarted { depth: 1, .. } = event {
            self.step_began = now;
        } else if let RuntimeEvent::ScriptEnded { script, depth: 1, .. } = event {
            self.steps.push((short(script), now.saturating_sub(self.step_began)));
        } else if let (RuntimeEvent::Row { columns }, Some(take)) = (event, self.rows) {
            take(self.modem, columns);
        }
        if let Some((_, answers)) = &mut self.answers {
            answers.on_event(now, event);
        }
        if let Some((_, text)) = &mut self.live {
            text.on_event(now, event);
            self.tell(false);
        }
    }
}

/// A script's name without its folder: `check-registration`.
fn short(script: &str) -> String {
    let name = script.rsplit('/').next().unwrap_or(script);
    name.strip_suffix(".hayes").unwrap_or(name).to_owned()
}

/// What each modem that runs does now. Each worker has a slot; only a look takes its lock for a moment.
#[derive(Debug, Default)]
pub struct Board(RwLock<Vec<Arc<Slot>>>);

/// A worker's slot; it is empty while the worker waits for a modem.
#[derive(Debug, Default)]
pub struct Slot(Mutex<Option<Doing>>);

#[derive(Debug, Clone)]
pub struct Doing {
    pub modem: usize,
    /// When it began, since the batch began
    pub since: Duration,
    /// Which attempt of a `retry` it is at, and whether that has failed; 0 where none has
    attempt: (u64, bool),
    /// ` of 5`
    of: String,
    what: String,
    /// It passes so much time, and since when
    rest: Option<(Duration, Clock)>,
    /// The scripts that run, the innermost last; not the batch's own
    steps: Vec<String>,
}

impl Board {
    pub fn slot(&self) -> Arc<Slot> {
        let slot = Arc::new(Slot::default());
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&slot));
        slot
    }

    /// All modems that run, the oldest first.
    pub fn rows(&self) -> Vec<Doing> {
        let slots = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<Doing> = slots.iter().filter_map(|slot| slot.lock().clone()).collect();
        rows.sort_by_key(|row| (row.since, row.modem));
        rows
    }
}

impl Slot {
    pub fn begin(&self, modem: usize, since: Duration) {
        let (what, steps) = ("opens its port".to_owned(), Vec::new());
        *self.lock() = Some(Doing { modem, since, attempt: (0, false), of: String::new(), what, rest: None, steps });
    }

    pub fn end(&self) {
        *self.lock() = None;
    }

    fn on_event(&self, event: &RuntimeEvent<'_>) {
        if let RuntimeEvent::Waiting { what, at_most } = event {
            let (words, rest) = match what {
                Waiting::Answer { sent } => (["", *sent], None),
                Waiting::Line { patterns: text } | Waiting::Prompt { text } => (["awaits ", *text], None),
                Waiting::Quiet { .. } => (["awaits ", "quiet"], None),
                Waiting::Reboot => (["restarts", ""], None),
                Waiting::Sleep => (["sleeps", ""], Some(*at_most)),
            };
            self.does(words, rest);
        } else if let RuntimeEvent::Pause { duration, .. } = event {
            self.does(["pauses", ""], Some(*duration));
        } else if let RuntimeEvent::AttemptFailed { attempt, of, .. } = event
            && let Some(doing) = &mut *self.lock()
        {
            doing.attempt = (*attempt, true);
            doing.of = of_all(*of);
        } else if let RuntimeEvent::RetryEnded { .. } = event
            && let Some(doing) = &mut *self.lock()
        {
            doing.attempt = (0, false);
        } else if let RuntimeEvent::ScriptStarted { script, depth: 1.. } = event
            && let Some(doing) = &mut *self.lock()
        {
            doing.steps.push(short(script));
        } else if let RuntimeEvent::ScriptEnded { depth: 1.., .. } = event
            && let Some(doing) = &mut *self.lock()
        {
            doing.steps.pop();
            doing.attempt = (0, false);
        }
    }

    /// `rest`: how long that takes, where it is sure.
    fn does(&self, words: [&str; 2], rest: Option<Duration>) {
        if let Some(doing) = &mut *self.lock() {
            doing.what.clear();
            doing.what.extend(words);
            doing.rest = rest.map(|rest| (rest, Clock::start()));
            // Behind a failed attempt comes a pause; what comes then is the next one.
            let (attempt, has_failed) = doing.attempt;
            if has_failed && words != ["pauses", ""] {
                doing.attempt = (attempt + 1, false);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Doing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Doing {
    /// What many may do at the same time: `check-registration · attempt 2`, `AT+CREG?`.
    pub fn step(&self) -> String {
        format!("{}{}", self.steps.last().unwrap_or(&self.what), self.attempt())
    }

    fn attempt(&self) -> String {
        if self.attempt.0 > 0 { format!(" · attempt {}{}", self.attempt.0, self.of) } else { String::new() }
    }
}

impl std::fmt::Display for Doing {
    /// `AT+CREG?`, `check-registration: awaits +CMTI · attempt 2`, `sleeps, 12s left`, …
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(step) = self.steps.last() {
            write!(f, "{step}: ")?;
        }
        f.write_str(&self.what)?;
        if let Some((rest, clock)) = &self.rest {
            let left = rest.saturating_sub(clock.now()).as_millis().div_ceil(1000);
            write!(f, ", {} left", ShownDuration(Duration::from_secs(u64::try_from(left).unwrap_or(u64::MAX))))?;
        }
        f.write_str(&self.attempt())
    }
}
