//! Runs a batch: a [`Crew`] talks to the modems that run. This thread decides and writes the journal; it does nothing
//! else that could keep it waiting.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::inventory::BatchModem;
use super::journal::Journal;
use super::run::{Board, Common, Ended, FINALLY_TIME, Slot, Stop};
use super::schedule::{Scheduler, Stopped, Turn};
use crate::diagnostic::Complaint;
use crate::notation::ShownDuration;
use crate::port::crew::Crew;
use crate::port::{Cancel, Clock, Timestamp};
use crate::report::result::FailureReport;
use crate::runtime::{STACK, Status};

pub enum ToDriver {
    /// Ctrl-C: the first lets `finally` blocks run, the second does not
    Stop,
    /// What has not begun does not begin; what runs goes on.
    BeginNoMore,
    /// What the log writes before this modem begins is on the disk.
    Written(usize),
    /// A modem has ended, and had this slot if it was begun.
    Ended { slot: Option<Arc<Slot>>, modem: usize, ended: Box<Ended>, panicked: bool },
}

/// Where a batch writes down what it does, and who may keep it from beginning more.
pub trait Log {
    fn path(&self) -> &Path;

    /// Whether a modem may begin now. Asked again when what `begins` writes is on the disk.
    fn may_begin(&self) -> bool {
        true
    }

    /// A modem is about to begin; true: it does so when `written` is called, once that is on the disk.
    fn begins(&mut self, _modem: &BatchModem, _written: Box<dyn FnOnce() + Send>) -> io::Result<bool> {
        Ok(false)
    }

    fn withdraws(&mut self, _modem: &BatchModem) -> io::Result<()> {
        Ok(())
    }

    /// A modem has ended; `told` is called once that is on the disk. What was not written comes back.
    fn ended(&mut self, ended: Box<Ended>, told: Told) -> Result<(), (io::Error, Box<Ended>)>;

    fn sync_error(&self) -> Option<io::Error>;
}

/// Is given what is on the disk.
pub type Told = Box<dyn FnOnce(Box<Ended>) + Send>;

impl Log for Journal {
    fn path(&self) -> &Path {
        self.path()
    }

    fn ended(&mut self, ended: Box<Ended>, told: Told) -> Result<(), (io::Error, Box<Ended>)> {
        self.append_of(&ended.result.json(), ended, told)
    }

    fn sync_error(&self) -> Option<io::Error> {
        self.sync_error()
    }
}

#[derive(Debug, Clone)]
pub enum Progress {
    Ended(Box<Ended>),
    /// Something to be told of the batch
    Note(String),
    /// Lines of a modem's conversation
    Said {
        modem: String,
        lines: String,
    },
    /// Somebody asks how it goes; with keys, each of which has moved the cursor to the next line.
    Snapshot {
        typed: usize,
    },
    /// None runs any more.
    Finished,
}

#[derive(Debug, Default)]
pub struct Finished {
    /// Indices of the modems that were not begun
    pub not_begun: Vec<usize>,
    pub stopped: Option<Stopped>,
    /// The journal could not be written: why
    pub unwritten: Option<std::io::Error>,
    /// The modems whose results are not in it
    pub lost: Vec<String>,
    /// A modem's thread panicked: our own fault.
    pub panicked: bool,
    pub elapsed: Duration,
}

pub struct Driver {
    common: Arc<Common>,
    modems: Arc<[BatchModem]>,
    schedule: Scheduler,
    pub board: Arc<Board>,
    cancel: Cancel,
    /// Both ends: those who talk to modems are given the first.
    sender: Sender<ToDriver>,
    inbox: Receiver<ToDriver>,
    shown: Sender<Progress>,
    pub clock: Clock,
    crew: Crew,
    free: Vec<Arc<Slot>>,
    /// Modems with a time limit, and when each is to be stopped.
    watched: BTreeMap<usize, (Stop, Duration)>,
    /// When all is to be stopped, and whether it has been: by Ctrl-C, and because its time is up.
    deadline: Option<Duration>,
    has_stopped: bool,
    is_over: bool,
    finished: Finished,
    /// Modems that are tried again, with how the try before ended
    failed_before: BTreeMap<usize, Box<Ended>>,
    no_more_threads: bool,
    active: usize,
}

impl Driver {
    /// `cancel` and `told` are how the batch is stopped, `shown` is where its progress goes.
    pub fn new(
        common: Common,
        modems: Arc<[BatchModem]>,
        schedule: Scheduler,
        cancel: Cancel,
        (sender, inbox): (Sender<ToDriver>, Receiver<ToDriver>),
        shown: Sender<Progress>,
    ) -> Driver {
        Driver {
            deadline: common.total_timeout,
            has_stopped: false,
            is_over: false,
            common: Arc::new(common),
            crew: Crew::new(schedule.plan.jobs.get().min(modems.len()), STACK),
            modems,
            schedule,
            board: Arc::default(),
            cancel,
            sender,
            inbox,
            shown,
            clock: Clock::start(),
            free: Vec::new(),
            watched: BTreeMap::new(),
            finished: Finished::default(),
            failed_before: BTreeMap::new(),
            no_more_threads: false,
            active: 0,
        }
    }

    /// Runs all, and returns when none runs any more. The journal is appended as each ends.
    pub fn run(mut self, log: &mut dyn Log) -> Finished {
        while let ControlFlow::Continue(told) = self.wait(log) {
            if let Some(told) = told {
                self.heed(told, log);
            }
        }
        // Those that were to be tried again have failed.
        let failed = std::mem::take(&mut self.failed_before);
        let not_begun = self.schedule.waiting().filter(|modem| !failed.contains_key(modem)).collect();
        failed.into_values().for_each(|ended| self.record(ended, log));
        let mut finished = self.finished;
        finished.not_begun = not_begun;
        finished.not_begun.sort_unstable();
        finished.stopped = self.schedule.stopped;
        finished.elapsed = self.clock.now();
        finished
    }

    /// Begins what can begin, and waits for what comes next, or for the time of something.
    fn wait(&mut self, log: &mut dyn Log) -> ControlFlow<(), Option<ToDriver>> {
        let now = self.clock.now();
        self.check_total(now);
        let times = [self.begin_what_can(now, log)?, self.check_watched(now), self.deadline];
        let wake = times.into_iter().flatten().min();
        let told = match wake {
            Some(time) => self.inbox.recv_timeout(time.saturating_sub(now)),
            None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match told {
            Ok(told) => ControlFlow::Continue(Some(told)),
            Err(RecvTimeoutError::Timeout) => ControlFlow::Continue(None),
            Err(RecvTimeoutError::Disconnected) => ControlFlow::Break(()),
        }
    }

    fn heed(&mut self, told: ToDriver, log: &mut dyn Log) {
        match told {
            ToDriver::Stop => self.stop(),
            ToDriver::BeginNoMore => self.schedule.stop(),
            ToDriver::Written(modem) if log.may_begin() && self.schedule.stopped.is_none() => {
                self.begin(modem, self.clock.now());
            }
            ToDriver::Written(modem) => {
                self.schedule.put_back(modem);
                self.schedule.stop();
                let withdrawn = self.modems.get(modem).map_or(Ok(()), |entry| log.withdraws(entry));
                withdrawn.unwrap_or_else(|error| self.cannot_record(error, log));
            }
            ToDriver::Ended { slot, modem, mut ended, panicked } => {
                if let Some(slot) = slot {
                    self.free.push(slot);
                    self.active = self.active.saturating_sub(1);
                }
                self.watched.remove(&modem);
                self.finished.panicked |= panicked;
                // What counts for `--max-fail`.
                let failed = matches!(ended.result.status, Status::Failed | Status::Unreachable);
                if let Some(before) = self.failed_before.remove(&modem) {
                    ended.after(*before);
                }
                if failed && ended.result.earlier.len() < self.common.retries && self.schedule.stopped.is_none() {
                    self.note(format!("{} is tried again: {}", ended.result.modem, ended.result.why()));
                    self.failed_before.insert(modem, ended);
                    return self.schedule.again(modem);
                }
                self.schedule.ended(modem, failed);
                self.record(ended, log);
            }
        }
    }

    /// Starts modems until nothing more can begin before that time, or ever.
    fn begin_what_can(&mut self, now: Duration, log: &mut dyn Log) -> ControlFlow<(), Option<Duration>> {
        loop {
            // Whatever was said meanwhile counts before the next one begins: Ctrl-C, or a failure too many.
            while let Ok(told) = self.inbox.try_recv() {
                self.heed(told, log);
            }
            if let Some(error) = log.sync_error() {
                self.cannot_record(error, log);
            }
            if self.no_more_threads && self.active >= self.crew.threads() {
                return ControlFlow::Continue(None);
            }
            if !log.may_begin() {
                self.schedule.stop();
            }
            match self.schedule.next(now) {
                Turn::Start(modem) => self.announce(modem, now, log),
                Turn::Wait(until) => return ControlFlow::Continue(Some(until)),
                Turn::WaitForEnd => return ControlFlow::Continue(None),
                Turn::Done => return ControlFlow::Break(()),
            }
        }
    }

    /// Begins a modem, at once or when it is written down that it does.
    fn announce(&mut self, modem: usize, now: Duration, log: &mut dyn Log) {
        let Some(entry) = self.modems.get(modem) else { return };
        let sender = self.sender.clone();
        match log.begins(entry, Box::new(move || _ = sender.send(ToDriver::Written(modem)))) {
            Ok(true) => {}
            Ok(false) => self.begin(modem, now),
            Err(error) => {
                self.schedule.put_back(modem);
                self.cannot_record(error, log);
            }
        }
    }

    fn begin(&mut self, modem: usize, now: Duration) {
        let stop = match self.stop_handle(modem, now) {
            Ok(stop) => stop,
            Err(error) => return self.cannot_begin(modem, &format!("no descriptor is left for it: {error}")),
        };
        let slot = self.free.pop().unwrap_or_else(|| self.board.slot());
        let (common, modems) = (Arc::clone(&self.common), Arc::clone(&self.modems));
        let outbox = self.sender.clone();
        let clock = self.clock;
        let job = move || {
            let Some(entry) = modems.get(modem) else { return };
            slot.begin(modem, now);
            // What breaks one modem's run breaks no other's.
            let outcome = catch_unwind(AssertUnwindSafe(|| common.run(entry, &stop, &slot)));
            slot.end();
            let panicked = outcome.is_err();
            let mut ended = outcome.unwrap_or_else(|panic| broken(&common, entry, panic.as_ref()));
            ended.took = clock.now().saturating_sub(now);
            // The driver may be gone: then nobody wants to know.
            let _ = outbox.send(ToDriver::Ended { slot: Some(slot), modem, ended, panicked });
        };
        match self.crew.start(Box::new(job)) {
            Ok(()) => self.active += 1,
            Err(error) if self.active > 0 => {
                // Those that run go on, and take the rest one after the other.
                self.note(format!("the system gives no more than {} threads ({error})", self.crew.threads()));
                self.no_more_threads = true;
                self.watched.remove(&modem);
                self.schedule.put_back(modem);
            }
            Err(error) => self.cannot_begin(modem, &format!("the system gave no thread for it: {error}")),
        }
    }

    fn cannot_begin(&mut self, modem: usize, why: &str) {
        let Some(entry) = self.modems.get(modem) else { return };
        let failure = FailureReport::outside("hayes::batch::system", why);
        let ended = self.common.unreachable(entry, Timestamp::now(), failure);
        // The driver holds the other end itself.
        let _ = self.sender.send(ToDriver::Ended { slot: None, modem, ended, panicked: false });
    }

    /// Without a time limit one handle serves all.
    fn stop_handle(&mut self, modem: usize, now: Duration) -> std::io::Result<Stop> {
        let Some(limit) = self.common.modem_timeout else { return Ok(Stop::new(self.cancel.clone())) };
        let stop = Stop::new(Cancel::new()?);
        stop.cancel.limit(limit);
        self.watched.insert(modem, (stop.clone(), now + limit));
        Ok(stop)
    }

    /// Cancels what takes too long; returns when to look again.
    fn check_watched(&mut self, now: Duration) -> Option<Duration> {
        for (stop, deadline) in self.watched.values_mut().filter(|(_, deadline)| *deadline <= now) {
            *deadline = stop.end_late().map_or(Duration::MAX, |time| now + time);
        }
        self.watched.values().map(|(_, deadline)| *deadline).filter(|deadline| *deadline < Duration::MAX).min()
    }

    /// Ends all, where it takes too long: first what runs, then its `finally`.
    fn check_total(&mut self, now: Duration) {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        let limit = ShownDuration(self.common.total_timeout.unwrap_or_default());
        let is_first = !std::mem::replace(&mut self.is_over, true);
        if is_first {
            self.note(format!("the batch has taken longer than {limit}, its --total-timeout"));
        }
        self.deadline = is_first.then_some(now + FINALLY_TIME);
        // A `finally` that Ctrl-C has begun has its own time.
        if !is_first || !self.has_stopped {
            self.cancel.cancel();
            self.stop();
        }
    }

    fn stop(&mut self) {
        if self.schedule.stopped.is_none() && self.active > 0 {
            self.note(format!("{} still end what they are at, and run their `finally` if they have one; Ctrl-C once more ends that too", self.active));
        }
        self.schedule.stop();
        let is_again = std::mem::replace(&mut self.has_stopped, true);
        let runs = |stop: &&(Stop, Duration)| is_again || !stop.0.cancel.is_cancelled();
        self.watched.values().filter(runs).for_each(|(stop, _)| stop.cancel.cancel());
    }

    fn note(&self, note: String) {
        let _ = self.shown.send(Progress::Note(note));
    }

    fn record(&mut self, ended: Box<Ended>, log: &mut dyn Log) {
        let shown = self.shown.clone();
        let modem = ended.result.modem.clone();
        // Nobody is told that a modem is done before its line is on the disk.
        let told: Told = Box::new(move |ended| _ = shown.send(Progress::Ended(ended)));
        let mut ended = match self.finished.unwritten {
            Some(_) => ended,
            None => match log.ended(ended, told) {
                Ok(()) => return,
                Err((error, ended)) => {
                    self.cannot_record(error, log);
                    ended
                }
            },
        };
        self.finished.lost.push(modem);
        ended.unwritten = true;
        let _ = self.shown.send(Progress::Ended(ended));
    }

    /// Without a record of what was done, nothing more is done.
    fn cannot_record(&mut self, error: std::io::Error, log: &dyn Log) {
        if self.finished.unwritten.is_none() {
            self.note(format!("results can no longer be written to {}: {error}", log.path().display()));
            self.finished.unwritten = Some(error);
        }
        self.schedule.stop();
    }
}

#[inline(never)]
fn broken(common: &Common, modem: &BatchModem, panic: &(dyn std::any::Any + Send)) -> Box<Ended> {
    let why = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let why = why.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    let failure = FailureReport::unopened(&Complaint::told("hayes::internal", &[&why]));
    let mut ended = common.unreachable(modem, Timestamp::now(), failure);
    ended.result.status = Status::Failed;
    ended
}
