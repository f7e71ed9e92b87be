//! Runs a batch: a [`Crew`] talks to the modems that run. This thread decides and writes the journal; it does nothing
//! else that could keep it waiting.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::board::{Board, Place};
use super::inventory::Modem;
use super::journal::Journal;
use super::schedule::{Next, Schedule, Stopped};
use super::session::{Common, Ended, Stop};
use crate::port::crew::Crew;
use crate::port::{Cancel, Clock, Timestamp};
use crate::report::result::{FailureReport, RunResult};
use crate::runtime::{STACK, Status};

/// How long a modem that took too long may take for its `finally`.
const FINALLY_TIME: Duration = Duration::from_secs(30);

/// What others tell the driver.
pub enum Message {
    /// Ctrl-C: the first lets `finally` blocks run, the second does not
    Stop,
    /// A modem has ended, and had this place if it was begun.
    Ended { place: Option<Arc<Place>>, modem: usize, ended: Box<Ended>, panicked: bool },
}

/// What the driver tells whoever shows it.
#[derive(Debug, Clone)]
pub enum Progress {
    Ended {
        modem: usize,
        ended: Box<Ended>,
    },
    Note(String),
    /// Somebody asks how it goes; with a key, which has moved the cursor to the next line.
    Snapshot {
        typed: bool,
    },
    /// All is over.
    Finished,
}

/// How a batch ended.
#[derive(Debug, Default)]
pub struct Finished {
    /// Indices of the modems that were not begun
    pub not_begun: Vec<usize>,
    pub stopped: Option<Stopped>,
    /// The journal could not be written: why
    pub unwritten: Option<std::io::Error>,
    /// A modem's thread panicked: our own fault.
    pub panicked: bool,
    pub elapsed: Duration,
}

/// A batch that is ready to run.
pub struct Driver {
    pub common: Arc<Common>,
    pub modems: Arc<[Modem]>,
    pub schedule: Schedule,
    pub board: Arc<Board>,
    pub cancel: Cancel,
    pub inbox: Receiver<Message>,
    /// The other end of `inbox`
    pub sender: Sender<Message>,
    pub shown: Sender<Progress>,
    pub clock: Clock,
}

/// A modem with a time limit.
struct Watched {
    stop: Stop,
    deadline: Duration,
    warned: bool,
}

struct Running {
    driver: Driver,
    crew: Crew,
    /// Places on the board that no modem has now
    free: Vec<Arc<Place>>,
    watched: BTreeMap<usize, Watched>,
    finished: Finished,
    /// The system gives no more threads than there are.
    no_more_threads: bool,
    active: usize,
}

impl Driver {
    /// Runs all, and returns when none runs any more. The journal is appended as each ends.
    pub fn run(self, journal: &mut Journal) -> Finished {
        let mut running = Running {
            crew: Crew::new(self.schedule.jobs().min(self.modems.len()), STACK),
            driver: self,
            free: Vec::new(),
            watched: BTreeMap::new(),
            finished: Finished::default(),
            no_more_threads: false,
            active: 0,
        };
        running.go(journal);
        let Running { driver, mut finished, .. } = running;
        finished.not_begun = driver.schedule.waiting().collect();
        finished.not_begun.sort_unstable();
        finished.stopped = driver.schedule.stopped();
        finished.elapsed = driver.clock.now();
        finished
    }
}

impl Running {
    fn go(&mut self, journal: &mut Journal) {
        loop {
            let now = self.driver.clock.now();
            let wake = match self.begin_what_can(now, journal) {
                Begun::Done => return,
                Begun::Until(time) => time,
            };
            let wake = [wake, self.check_watched(now)].into_iter().flatten().min();
            let message = match wake {
                Some(time) => match self.driver.inbox.recv_timeout(time.saturating_sub(now)) {
                    Ok(message) => message,
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => return,
                },
                None => match self.driver.inbox.recv() {
                    Ok(message) => message,
                    Err(_) => return,
                },
            };
            self.heed(message, journal);
        }
    }

    fn heed(&mut self, message: Message, journal: &mut Journal) {
        match message {
            Message::Stop => self.stop(),
            Message::Ended { place, modem, ended, panicked } => {
                if let Some(place) = place {
                    self.free.push(place);
                    self.active = self.active.saturating_sub(1);
                }
                self.watched.remove(&modem);
                self.finished.panicked |= panicked;
                self.driver.schedule.ended(modem, has_failed(ended.result.status));
                self.record(modem, ended, journal);
            }
        }
    }

    /// Starts modems until nothing more can begin now.
    fn begin_what_can(&mut self, now: Duration, journal: &mut Journal) -> Begun {
        loop {
            // Whatever was said meanwhile counts before the next one begins: Ctrl-C, or a failure too many.
            while let Ok(message) = self.driver.inbox.try_recv() {
                self.heed(message, journal);
            }
            if let Some(error) = journal.sync_error() {
                self.cannot_record(error, journal);
            }
            if self.no_more_threads && self.active >= self.crew.threads() {
                return Begun::Until(None);
            }
            match self.driver.schedule.next(now) {
                Next::Start(modem) => self.begin(modem, now),
                Next::Wait(until) => return Begun::Until(Some(until)),
                Next::WaitForEnd => return Begun::Until(None),
                Next::Done => return Begun::Done,
            }
        }
    }

    fn begin(&mut self, modem: usize, now: Duration) {
        let stop = match self.stop_handle(modem, now) {
            Ok(stop) => stop,
            Err(error) => return self.cannot_begin(modem, &format!("no descriptor is left for it: {error}")),
        };
        let place = self.free.pop().unwrap_or_else(|| self.driver.board.place());
        let run = ModemRun {
            modem,
            stop,
            since: now,
            common: Arc::clone(&self.driver.common),
            modems: Arc::clone(&self.driver.modems),
            place,
            outbox: self.driver.sender.clone(),
        };
        match self.crew.start(Box::new(move || run.work())) {
            Ok(()) => {}
            Err(error) if self.active > 0 => {
                // Those that run go on, and take the rest one after the other.
                let note = format!("the system gives no more than {} threads ({error})", self.crew.threads());
                let _ = self.driver.shown.send(Progress::Note(note));
                self.no_more_threads = true;
                self.watched.remove(&modem);
                return self.driver.schedule.put_back(modem);
            }
            Err(error) => return self.cannot_begin(modem, &format!("the system gave no thread for it: {error}")),
        }
        self.active += 1;
    }

    fn cannot_begin(&mut self, modem: usize, why: &str) {
        let Some(entry) = self.driver.modems.get(modem) else { return };
        let port = entry.address.as_ref().map(ToString::to_string).unwrap_or_default();
        let script = &self.driver.common.program.source().name;
        let failure = FailureReport::outside("hayes::batch::system", why);
        let result = RunResult::unreachable(&entry.name, &port, script, Timestamp::now().to_string(), failure);
        let ended = Box::new(Ended { result, unrecorded: None });
        let message = Message::Ended { place: None, modem, ended, panicked: false };
        // The driver holds the other end itself.
        let _ = self.driver.sender.send(message);
    }

    /// Without a time limit one handle serves all.
    fn stop_handle(&mut self, modem: usize, now: Duration) -> std::io::Result<Stop> {
        let Some(limit) = self.driver.common.modem_timeout else {
            return Ok(Stop { cancel: self.driver.cancel.clone(), late: Arc::new(AtomicBool::new(false)) });
        };
        let stop = Stop { cancel: Cancel::new()?, late: Arc::new(AtomicBool::new(false)) };
        let watched = Watched { stop: stop.clone(), deadline: now + limit, warned: false };
        self.watched.insert(modem, watched);
        Ok(stop)
    }

    /// Cancels what takes too long; returns when to look again.
    fn check_watched(&mut self, now: Duration) -> Option<Duration> {
        for watched in self.watched.values_mut().filter(|watched| watched.deadline <= now) {
            watched.stop.late.store(true, Ordering::Release);
            watched.stop.cancel.cancel();
            watched.deadline = if watched.warned { Duration::MAX } else { now + FINALLY_TIME };
            watched.warned = true;
        }
        self.watched.values().map(|watched| watched.deadline).filter(|deadline| *deadline < Duration::MAX).min()
    }

    fn stop(&mut self) {
        if self.driver.schedule.stopped().is_none() && self.active > 0 {
            let note = format!("{} still run their `finally`; Ctrl-C once more ends them too", self.active);
            let _ = self.driver.shown.send(Progress::Note(note));
        }
        self.driver.schedule.stop();
        self.watched.values().for_each(|watched| watched.stop.cancel.cancel());
    }

    fn record(&mut self, modem: usize, ended: Box<Ended>, journal: &mut Journal) {
        let line = ended.result.json();
        let shown = self.driver.shown.clone();
        // Nobody is told that a modem is done before its line is on the disk.
        let tell = move || {
            let _ = shown.send(Progress::Ended { modem, ended });
        };
        if self.finished.unwritten.is_some() {
            return tell();
        }
        if let Err(error) = journal.append(&line, tell) {
            self.cannot_record(error, journal);
        }
    }

    /// Without a record of what was done, nothing more is done.
    fn cannot_record(&mut self, error: std::io::Error, journal: &Journal) {
        if self.finished.unwritten.is_none() {
            let note = format!("results can no longer be written to {}: {error}", journal.path().display());
            let _ = self.driver.shown.send(Progress::Note(note));
            self.finished.unwritten = Some(error);
        }
        self.driver.schedule.stop();
    }
}

enum Begun {
    Done,
    Until(Option<Duration>),
}

/// Whether it counts for `--max-fail`.
fn has_failed(status: Status) -> bool {
    match status {
        Status::Failed | Status::Unreachable => true,
        Status::Passed | Status::Skipped | Status::Interrupted => false,
    }
}

/// One modem's run, as the crew is given it.
struct ModemRun {
    modem: usize,
    stop: Stop,
    since: Duration,
    common: Arc<Common>,
    modems: Arc<[Modem]>,
    place: Arc<Place>,
    outbox: Sender<Message>,
}

impl ModemRun {
    fn work(self) {
        let Some(modem) = self.modems.get(self.modem) else { return };
        self.place.begin(self.modem, self.since);
        // What breaks one modem's run breaks no other's.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.common.run(modem, &self.stop, &self.place)));
        self.place.end();
        let (ended, panicked) = match outcome {
            Ok(ended) => (ended, false),
            Err(panic) => (self.broken(modem, panic.as_ref()), true),
        };
        // The driver may be gone: then nobody wants to know.
        let _ = self.outbox.send(Message::Ended { place: Some(self.place), modem: self.modem, ended, panicked });
    }

    #[inline(never)]
    fn broken(&self, modem: &Modem, panic: &(dyn std::any::Any + Send)) -> Box<Ended> {
        let why = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let why = why.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        let port = modem.address.as_ref().map(ToString::to_string).unwrap_or_default();
        let script = &self.common.program.source().name;
        let mut failure = FailureReport::outside("hayes::internal", &format!("Hayes has failed here: {why}"));
        failure.help = Some("this is a fault of Hayes: please report it with the script".to_owned());
        let mut result = RunResult::unreachable(&modem.name, &port, script, Timestamp::now().to_string(), failure);
        result.status = Status::Failed;
        Box::new(Ended { result, unrecorded: None })
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::mpsc::channel;

    use super::*;
    use crate::batch::inventory;
    use crate::batch::schedule::Plan;
    use crate::batch::session::Records;
    use crate::check::check;
    use crate::library::Library;
    use crate::runtime::Inputs;
    use crate::source::Source;

    #[test]
    fn what_was_said_before_a_modem_begins_counts() {
        let text = "[[range]]\nname = \"s{1..9}\"\nport = \"sim:bg96?time=virtual\"\n";
        let inventory = inventory::read(&[Source::new("i.toml", text)]).unwrap();
        let folder = std::env::temp_dir().join(format!("hayes-driver-{}", std::process::id()));
        let results = folder.join("results.jsonl");
        let common = Common {
            program: check(&Source::new("s.hayes", "AT\n"), &Library).program.unwrap(),
            inputs: Inputs::default(),
            environment: BTreeMap::new(),
            secret_environment: BTreeMap::new(),
            baud: None,
            modem_timeout: None,
            records: Records::Failed(folder.clone()),
            results_folder: folder.clone(),
        };
        let plan = Plan {
            jobs: NonZeroUsize::MIN,
            waves: Vec::new(),
            max_fail: None,
            start_delay: Duration::ZERO,
            jitter: Duration::ZERO,
        };
        let ((sender, inbox), (shown, _to_show)) = (channel(), channel());
        sender.send(Message::Stop).unwrap();
        let driver = Driver {
            common: Arc::new(common),
            schedule: Schedule::new(&inventory.modems, &inventory, &plan, 1),
            modems: inventory.modems.into(),
            board: Arc::new(Board::default()),
            cancel: Cancel::new().unwrap(),
            inbox,
            sender,
            shown,
            clock: Clock::start(),
        };
        let mut journal = Journal::open(&results, None).unwrap();
        let finished = driver.run(&mut journal);
        assert_eq!(finished.not_begun, (0..9).collect::<Vec<_>>());
        assert_eq!(finished.stopped, Some(Stopped::Asked));
        journal.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&results).unwrap(), "");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
