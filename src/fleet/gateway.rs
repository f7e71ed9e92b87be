//! The agent at work: its folder, its carrier, and the batch that drives its modems.
//!
//! One thread decides ([`Agent`]); one waits for the carrier's nudge; the batch has its own. What is between them is a
//! channel and the time until which modems may be begun.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::agent::{Agent, AgentLine, Drive, Enrolment, Standing};
use super::bundle::ScriptBundle;
use super::carrier::{Carrier, CarrierError, Put, ResultKey};
use super::files::ScriptFiles;
use super::key::{SecretKey, random};
use super::message::{AttachShare, GatewayResult, Presence, WantedModem, WantedRun, json, run_name, verified};
use super::nkey::{KeyKind, written};
use super::seal::{self, SealedFor, unseal};
use crate::batch::driver::{Driver, Finished, Log, ToDriver, Told};
use crate::batch::inventory::{BatchModem, Identity, Inventory};
use crate::batch::journal::Journal;
use crate::batch::run::{Common, Ended};
use crate::batch::schedule::{Plan, Scheduler};
use crate::connect::Address;
use crate::guard::{AttachLimit, Guard};
use crate::notation;
use crate::port::{Cancel, Clock, Timestamp};
use crate::report::result::plural;
use crate::runtime::Inputs;
use crate::source::read_text;
use crate::state;

/// How long a call to the carrier may take.
pub const CALL: Duration = Duration::from_secs(20);
/// It is asked so often where nobody nudges, and up to that much later by chance.
const POLL: (Duration, Duration) = (Duration::from_secs(40), Duration::from_secs(40));
/// So soon, where it did not answer.
const AGAIN: Duration = Duration::from_secs(5);
/// So often a gateway says that it is there, and up to that much later.
const PRESENCE: (Duration, Duration) = (Duration::from_secs(480), Duration::from_secs(240));
/// So often at most it says which modems run.
const WORKS: Duration = Duration::from_secs(15);
/// So long at most a process that was killed keeps what it had locked.
const LETS_GO: Duration = Duration::from_secs(2);
/// How much of a conversation goes with a result.
const RECORD: usize = 32 << 10;

/// What the gateway's thread is told.
pub enum ToGateway {
    /// The order may have changed.
    Nudge,
    /// Ctrl-C
    Stop,
    Started(ResultKey),
    Withdrawn(ResultKey),
    /// Its line is on the disk, or could not be written.
    Done(Box<GatewayResult>, bool),
    Driven(Box<Finished>),
}

/// What it tells whoever runs it.
pub type Say<'s> = &'s dyn Fn(&str);

/// A gateway's folder.
#[derive(Debug, Clone)]
pub struct AgentFolder(PathBuf);

impl AgentFolder {
    pub fn new(folder: &Path) -> AgentFolder {
        AgentFolder(folder.to_owned())
    }

    /// Makes the keys of a gateway and keeps who it is. The public keys go into the inventory: who it is, and what
    /// secrets are sealed to.
    pub fn enrol(&self, fleet: &str, gateway: &str, operators: &[String]) -> io::Result<[String; 2]> {
        state::private_folder(&self.0)?;
        let instance = notation::hex(&random::<16>()?).to_ascii_lowercase();
        let (fleet, gateway, operators) = (fleet.to_owned(), gateway.to_owned(), operators.to_owned());
        ["blobs", "records"].iter().try_for_each(|name| state::private_folder(&self.0.join(name)))?;
        let key = SecretKey::new(KeyKind::User)?;
        key.write(&self.0.join("key"))?;
        let seal = SecretKey::of_seed(KeyKind::Curve, random()?);
        seal.write(&self.0.join("seal"))?;
        keep(&self.0.join("agent.json"), &json(&Enrolment { fleet, gateway, operators, instance }))?;
        Ok([key.public(), written(KeyKind::Curve, &seal::public(seal.seed()))])
    }

    /// The secrets of a run, which only this gateway opens.
    fn secrets(&self, who: &Enrolment, run: &WantedRun) -> Result<std::collections::BTreeMap<String, String>, String> {
        let Some(sealed) = &run.manner.sealed else { return Ok(std::collections::BTreeMap::new()) };
        let key = SecretKey::read(KeyKind::Curve, &self.0.join("seal"));
        let key = key.map_err(|error| format!("its secrets cannot be read: {error}"))?;
        let whom = SealedFor { fleet: &who.fleet, gateway: &who.gateway, run: &run.run };
        unseal(key.seed(), whom, sealed)
    }

    pub fn enrolment(&self) -> io::Result<Enrolment> {
        let bytes = fs::read(self.0.join("agent.json"))?;
        serde_json::from_slice(&bytes).map_err(|error| {
            let help = "put it back as it was, or enrol the gateway anew in another folder (--state)";
            io::Error::new(ErrorKind::InvalidData, format!("it is broken ({error}): {help}"))
        })
    }

    /// How often its agent has begun.
    fn session(&self) -> io::Result<u64> {
        let path = self.0.join("session");
        match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            read => named(&path, read.and_then(|bytes| Ok(serde_json::from_slice(&bytes)?))),
        }
    }

    pub fn key(&self) -> io::Result<SecretKey> {
        SecretKey::read(KeyKind::User, &self.0.join("key"))
    }

    /// Nobody else may be the agent of this folder meanwhile.
    fn lock(&self) -> io::Result<File> {
        let path = self.0.join("lock");
        let file = named(&path, state::private().open(&path))?;
        let clock = Clock::start();
        loop {
            match file.try_lock() {
                // One that was just killed still has it for a moment.
                Err(fs::TryLockError::WouldBlock) if clock.now() < LETS_GO => Clock::pause(Duration::from_millis(20)),
                Err(fs::TryLockError::WouldBlock) => {
                    let why = format!("another hayes agent has the folder {}", self.0.display());
                    return Err(io::Error::new(ErrorKind::ResourceBusy, why));
                }
                Ok(()) | Err(fs::TryLockError::Error(_)) => return Ok(file),
            }
        }
    }

    fn journal(&self) -> PathBuf {
        self.0.join("journal.jsonl")
    }

    /// The whole lines of the journal, and how many bytes they are. The last one may be torn: it is left out.
    fn lines(&self) -> io::Result<(Vec<AgentLine>, u64)> {
        let file = match File::open(self.journal()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), 0)),
            opened => opened?,
        };
        let (mut reader, mut line, mut lines, mut at, mut whole) = (BufReader::new(file), Vec::new(), Vec::new(), 0, 0);
        loop {
            line.clear();
            at += reader.read_until(b'\n', &mut line)? as u64;
            if !line.ends_with(b"\n") {
                return Ok((lines, whole));
            }
            if !line.trim_ascii().is_empty() {
                lines.push(serde_json::from_slice(&line).map_err(|error| {
                    // It is cut off before its end alone; where a newer Hayes has written more, that one goes on.
                    let help =
                        "install the Hayes here that wrote it, or enrol the gateway anew in another folder (--state)";
                    let (number, here) = (lines.len() + 1, env!("CARGO_PKG_VERSION"));
                    let why = format!("line {number} cannot be read by Hayes {here}: {error}: {help}");
                    io::Error::new(ErrorKind::InvalidData, why)
                })?);
                whole = at;
            }
        }
    }

    /// The folder in which a bundle's scripts find the files that they read.
    fn files(&self, hash: &str, files: &ScriptFiles) -> io::Result<PathBuf> {
        let folder = self.0.join("files").join(hash);
        state::private_folder(&folder)?;
        for (name, bytes) in files {
            let path = folder.join(name);
            if fs::read(&path).is_ok_and(|there| there == *bytes) {
                continue;
            }
            path.parent().map_or(Ok(()), state::private_folder)?;
            keep(&path, bytes)?;
        }
        Ok(folder)
    }

    /// Forgets bundles that no order names any more.
    fn forget_bundles(&self, is_wanted: impl Fn(&str) -> bool) {
        for place in ["blobs", "files"] {
            for entry in fs::read_dir(self.0.join(place)).into_iter().flatten().flatten() {
                let forgets = entry.file_name().to_str().is_some_and(|name| !is_wanted(name));
                // What cannot be removed stays until the next time.
                let _ = match entry.file_type() {
                    Ok(kind) if forgets && kind.is_dir() => fs::remove_dir_all(entry.path()),
                    Ok(_) if forgets => fs::remove_file(entry.path()),
                    Ok(_) | Err(_) => Ok(()),
                };
            }
        }
    }

    /// A bundle that is there and is what it is called.
    fn bundle(&self, hash: &str) -> Option<Vec<u8>> {
        fs::read(self.0.join("blobs").join(hash)).ok().filter(|bytes| super::key::sha256(bytes) == hash)
    }
}

/// Puts a file in the place of another, whole and on the disk.
pub fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let kept = || {
        let new = path.with_extension("new");
        let mut file = state::private_file(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        if cfg!(unix) { File::open(path.parent().unwrap_or(path))?.sync_all() } else { Ok(()) }
    };
    named(path, kept())
}

/// What was done with a file: an error names it.
pub fn named<T>(path: &Path, done: io::Result<T>) -> io::Result<T> {
    done.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// Ends the process here as a crash would, where a test has named this place.
fn fail_point(name: &str) {
    if cfg!(debug_assertions) && std::env::var_os("HAYES_FAIL_POINT").is_some_and(|wanted| wanted == name) {
        std::process::abort();
    }
}

pub struct Gateway<'s> {
    folder: AgentFolder,
    agent: Agent,
    carrier: Arc<dyn Carrier>,
    journal: Arc<Mutex<Option<Journal>>>,
    /// Until when modems may be begun: milliseconds since the machine was started
    until: Arc<AtomicU64>,
    sender: Sender<ToGateway>,
    inbox: Receiver<ToGateway>,
    /// The batch that runs: how it is told something, and how its modems are stopped
    driver: Option<(Sender<ToDriver>, Cancel)>,
    /// Results that the journal did not take
    unwritten: Vec<GatewayResult>,
    next_fetch: Duration,
    next_presence: Duration,
    last_presence: Duration,
    /// Whether the last one said that modems run, or that results are to be carried
    told_running: bool,
    /// What was said last
    said: Option<String>,
    reached: bool,
    stopping: bool,
    say: Say<'s>,
    _lock: File,
}

impl<'s> Gateway<'s> {
    /// Goes on from what stands in its folder.
    pub fn open(folder: AgentFolder, carrier: Box<dyn Carrier>, say: Say<'s>) -> io::Result<Gateway<'s>> {
        let lock = folder.lock()?;
        let who = folder.enrolment()?;
        for name in ["blobs", "records"] {
            let place = folder.0.join(name);
            named(&place, state::private_folder(&place))?;
        }
        let (lines, _) = named(&folder.journal(), folder.lines())?;
        let order = fs::read(folder.0.join("order")).ok();
        let order = order.and_then(|bytes| verified(&bytes, &who.operators, &who.fleet, &who.gateway).ok());
        let (sender, inbox) = channel();
        let mut gateway = Gateway {
            agent: Agent::new(who, order, lines),
            folder,
            carrier: carrier.into(),
            journal: Arc::default(),
            until: Arc::default(),
            sender,
            inbox,
            driver: None,
            unwritten: Vec::new(),
            next_fetch: Duration::ZERO,
            next_presence: Duration::ZERO,
            last_presence: Duration::ZERO,
            told_running: false,
            said: None,
            reached: false,
            stopping: false,
            say,
            _lock: lock,
        };
        gateway.agent.session = gateway.folder.session()?;
        gateway.open_journal();
        Ok(gateway)
    }

    /// How it is told things from outside.
    pub fn sender(&self) -> Sender<ToGateway> {
        self.sender.clone()
    }

    /// Does what it is told, until it is stopped; `once`: until nothing is left to do. Whether the carrier was reached
    /// and has all results, and nothing keeps this gateway from its order.
    pub fn run(mut self, once: bool) -> io::Result<bool> {
        if !once {
            self.listen()?;
        }
        loop {
            let now = Clock::since_boot();
            self.work(now);
            self.say_changes();
            let idle = self.driver.is_none() && self.unwritten.is_empty() && !self.agent.is_busy();
            if idle && (self.stopping || once) {
                // Nobody is to wait for what it does no more.
                if self.told_running && self.reached {
                    self.tell_presence();
                }
                let is_followed = self.agent.standing == Standing::Ours && self.agent.hindrance().is_none();
                return Ok(self.reached && is_followed && self.agent.to_send().is_none());
            }
            let waits = self.agent.disk.is_some() || self.agent.waiting > 0;
            let retry = if waits { now + AGAIN } else { Duration::MAX };
            let next = self.next_fetch.min(self.next_presence).min(retry);
            let stale = self.driver.as_ref().map(|_| self.agent.may_begin_until()).filter(|until| *until > now);
            let wake = stale.map_or(next, |until| until.min(next)).saturating_sub(now).max(Duration::from_millis(1));
            match self.inbox.recv_timeout(wake) {
                Ok(told) => self.heed(told),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(false),
            }
            while let Ok(told) = self.inbox.try_recv() {
                self.heed(told);
            }
        }
    }

    /// A thread that passes on the carrier's nudges.
    fn listen(&self) -> io::Result<()> {
        let (carrier, sender, gateway) =
            (Arc::clone(&self.carrier), self.sender.clone(), self.agent.who.gateway.clone());
        let listen = move || {
            while sender.send(ToGateway::Nudge).is_ok() {
                let clock = Clock::start();
                carrier.wait(&gateway, POLL.0);
                // One that cannot wait is not asked without end.
                Clock::pause(Duration::from_millis(50).saturating_sub(clock.now()));
            }
        };
        std::thread::Builder::new().name("nudge".to_owned()).stack_size(256 << 10).spawn(listen).map(|_| ())
    }

    fn heed(&mut self, told: ToGateway) {
        match told {
            ToGateway::Nudge => self.next_fetch = Duration::ZERO,
            ToGateway::Stop => {
                self.stopping = true;
                if let Some((driver, cancel)) = &self.driver {
                    let _ = driver.send(ToDriver::Stop);
                    cancel.cancel();
                }
            }
            ToGateway::Started(key) => {
                self.agent.started(key);
                self.presence_changes();
            }
            ToGateway::Withdrawn(key) => self.agent.withdrawn(&key),
            ToGateway::Done(result, true) => {
                fail_point("done");
                self.agent.done(&result);
                let (modem, status) = (&result.result.modem, result.result.status);
                (self.say)(&format!("{modem}: {status} (run {}, attempt {})", run_name(&result.run), result.attempt));
            }
            ToGateway::Done(result, false) => self.unwritten.push(*result),
            ToGateway::Driven(finished) => {
                self.driver = None;
                self.agent.driven();
                if self.told_running {
                    self.presence_changes();
                }
                if let Some(error) = finished.unwritten {
                    self.disk_failed(&error);
                }
            }
        }
    }

    /// One turn: looks at the carrier where it is time, begins what can begin, sends what is to be sent.
    fn work(&mut self, now: Duration) {
        if self.agent.disk.is_some() && self.driver.is_none() {
            self.open_journal();
        }
        if now >= self.next_fetch {
            let reached = self.fetch();
            // An order that is fresh for a short time is asked for more often.
            let poll = some_time(POLL).min(self.agent.valid_for() / 3);
            self.next_fetch = Clock::since_boot() + if reached { poll } else { AGAIN };
        }
        self.write_what_was_not();
        for result in self.agent.cut_off(Timestamp::now()) {
            self.write(result);
        }
        self.send();
        if self.reached && now >= self.next_presence {
            self.tell_presence();
        }
        self.permit();
        if self.driver.is_none()
            && !self.stopping
            && let Some(drive) = self.next_drive()
            && let Err(error) = self.drive(drive)
        {
            self.agent.driven();
            self.disk_failed(&error);
        }
    }

    fn next_drive(&mut self) -> Option<Drive> {
        let (guard, gateway) = (Guard::of_user(&[]), self.agent.who.clone());
        let room = |share: &AttachShare| guard.room(&limit(&gateway, share, Duration::ZERO));
        let waited = self.agent.waiting;
        let drive = self.agent.next_drive(Clock::since_boot(), Timestamp::now(), &room);
        if self.agent.waiting != waited {
            self.presence_changes();
            if self.agent.waiting > 0 {
                (self.say)(&format!("waiting to attach: {}", plural(self.agent.waiting as u64, "modem")));
            }
        }
        drive
    }

    /// How long the batch may begin modems; and stops it where it is to stop.
    fn permit(&self) {
        let (wanted, stop) = self.agent.wants_driven();
        let until = if self.driver.is_none() || wanted { self.agent.may_begin_until() } else { Duration::ZERO };
        self.until.store(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Ordering::Release);
        let Some((driver, cancel)) = &self.driver else { return };
        if until <= Clock::since_boot() {
            let _ = driver.send(ToDriver::BeginNoMore);
        }
        if stop && !cancel.is_cancelled() {
            let _ = driver.send(ToDriver::Stop);
            cancel.cancel();
        }
    }

    // ── The carrier

    /// Whether it has answered.
    fn fetch(&mut self) -> bool {
        let gateway = self.agent.who.gateway.clone();
        let fetched = self.carrier.order(&gateway, CALL);
        let reached = self.told(&fetched);
        if !std::mem::replace(&mut self.reached, reached) && reached {
            // What was lost meanwhile is not known.
            self.next_presence = Duration::ZERO;
        }
        let Ok(Some(kept)) = fetched else {
            if reached {
                self.say_new(format!("the carrier has no order for {gateway} yet"));
            }
            return reached;
        };
        let now = Clock::since_boot();
        match self.agent.judge(&kept.bytes) {
            Ok(None) => self.agent.confirmed(now),
            Ok(Some(order)) => match keep(&self.folder.0.join("order"), &kept.bytes) {
                Ok(()) => {
                    fail_point("order");
                    (self.say)(&format!("follows order {}", order.epoch));
                    self.agent.follow(order);
                    self.agent.confirmed(now);
                    self.next_presence = Duration::ZERO;
                    self.compact();
                }
                Err(error) => self.disk_failed(&error),
            },
            // Told with the next presence.
            Err(_) => self.next_presence = Duration::ZERO,
        }
        self.fetch_bundles();
        true
    }

    fn fetch_bundles(&mut self) {
        for hash in self.agent.missing_bundles() {
            let bytes = match self.folder.bundle(&hash) {
                Some(bytes) => bytes,
                None => {
                    let come = self.carrier.blob(&hash, CALL);
                    self.told(&come);
                    let Ok(Some(bytes)) = come else { continue };
                    bytes
                }
            };
            let ready = ScriptBundle::ready(&hash, &bytes);
            if ready.is_ok()
                && let Err(error) = keep(&self.folder.0.join("blobs").join(&hash), &bytes)
            {
                return self.disk_failed(&error);
            }
            // What came broken may come whole the next time; what does not check here never will.
            if ready.is_ok() || super::key::sha256(&bytes) == hash {
                self.agent.bundle_came(hash, ready);
            }
        }
    }

    fn send(&mut self) {
        let mut forgets = false;
        while let Some((key, bytes)) = self.agent.to_send().filter(|_| self.reached) {
            let put = self.carrier.put_result(&key, &bytes, CALL);
            if !self.told(&put) {
                self.next_fetch = self.next_fetch.min(Clock::since_boot() + AGAIN);
                self.reached = false;
                return;
            }
            fail_point("stored");
            forgets |= self.agent.sent(&key);
        }
        if forgets {
            self.compact();
        }
    }

    /// Who looks at a board sees what runs: soon where none ran before, then now and then.
    fn presence_changes(&mut self) {
        let wait = if self.told_running { WORKS } else { Duration::from_secs(1) };
        self.next_presence = self.next_presence.min(self.last_presence + wait);
    }

    fn tell_presence(&mut self) {
        let now = Clock::since_boot();
        (self.last_presence, self.next_presence) = (now, now + some_time(PRESENCE));
        let (gateway, own) = (self.agent.who.gateway.clone(), self.agent.who.instance.clone());
        let kept = self.carrier.presence(&gateway, CALL);
        if !self.told(&kept) {
            return self.next_presence = self.next_fetch;
        }
        let Ok(kept) = kept else { return };
        let there: Option<Presence> = kept.as_ref().and_then(|kept| serde_json::from_slice(&kept.bytes).ok());
        let is_refused = there.as_ref().and_then(|there| there.refuses.as_ref()).is_some_and(|it| *it == own);
        let session = there.as_ref().map_or(0, |there| there.session);
        let other = there.filter(|there| is_refused || there.refuses.is_none() && there.instance != own);
        if let Some(other) = other {
            self.agent.standing = Standing::Another(other.instance);
            return;
        }
        if session > self.agent.session {
            self.agent.standing = Standing::Copied;
            return;
        }
        if self.agent.standing != Standing::Ours {
            // It stands on the disk before it is said: a copy of this folder that is older is known by it.
            match keep(&self.folder.0.join("session"), &json(&(self.agent.session + 1))) {
                Ok(()) => self.agent.session += 1,
                // It is said all the same: the operator is who can make room.
                Err(error) => self.disk_failed(&error),
            }
        }
        let presence = self.agent.presence(&boot_id(), Timestamp::now());
        self.told_running = !presence.running.is_empty() || presence.outbox > 0;
        let put = self.carrier.put_presence(&gateway, &json(&presence), kept.map_or(0, |kept| kept.version), CALL);
        self.reached &= self.told(&put);
        match put {
            // With a full disk nothing is begun; once there is room it is said anew.
            Ok(Put::Done(_)) if self.agent.disk.is_some() => {}
            Ok(Put::Done(_)) => self.agent.standing = Standing::Ours,
            // Another has written meanwhile: who it is shows the next time.
            Ok(Put::Changed) | Err(_) => self.next_presence = Clock::since_boot() + AGAIN,
        }
    }

    /// Whether the carrier has answered; says so where that is new.
    fn told<T>(&mut self, answer: &Result<T, CarrierError>) -> bool {
        answer.as_ref().err().into_iter().for_each(|error| self.say_new(format!("the carrier: {error}")));
        answer.is_ok()
    }

    fn say_new(&mut self, text: String) {
        if self.said.as_ref() != Some(&text) {
            (self.say)(&text);
            self.said = Some(text);
        }
    }

    fn say_changes(&mut self) {
        let another = |other: &String| {
            let gateway = &self.agent.who.gateway;
            format!(
                "another agent ({other}) is {gateway}: nothing is begun here; `hayes fleet adopt {gateway}` lets this one take its place"
            )
        };
        let standing = match &self.agent.standing {
            Standing::Another(other) if other.is_empty() => Some(format!(
                "`hayes fleet adopt` has given {} to its next agent: nothing is begun here any more; enrol it anew in another folder (--state)",
                self.agent.who.gateway
            )),
            Standing::Another(other) => Some(another(other)),
            Standing::Copied => Some(format!(
                "a copy of this folder is the agent of {}: nothing is begun here; enrol one of them anew",
                self.agent.who.gateway
            )),
            Standing::Unknown | Standing::Ours => None,
        };
        let says = standing.or_else(|| self.agent.says(Timestamp::now()));
        says.into_iter().for_each(|says| self.say_new(says));
    }

    // ── The disk

    fn disk_failed(&mut self, error: &io::Error) {
        self.agent.disk = Some(format!("nothing can be written to {}: {error}", self.folder.0.display()));
        self.next_presence = self.next_presence.min(Clock::since_boot() + AGAIN);
    }

    /// Goes on with the journal, or tries to again.
    fn open_journal(&mut self) {
        *self.journal.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let opened = self.folder.lines().and_then(|(_, whole)| Journal::of_lines(&self.folder.journal(), whole));
        match opened {
            Ok(journal) => {
                *self.journal.lock().unwrap_or_else(PoisonError::into_inner) = Some(journal);
                if self.agent.disk.take().is_some() {
                    (self.next_fetch, self.next_presence) = (Duration::ZERO, Duration::ZERO);
                }
            }
            Err(error) => self.disk_failed(&error),
        }
    }

    /// Writes the journal anew, without what is settled.
    fn compact(&mut self) {
        if self.driver.is_some() {
            return;
        }
        self.folder.forget_bundles(|hash| self.agent.has_bundle(hash));
        let lines = self.agent.lines();
        let text: String = lines.iter().map(|line| notation::json(line) + "\n").collect();
        *self.journal.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if let Err(error) = keep(&self.folder.journal(), text.as_bytes()) {
            self.disk_failed(&error);
        }
        self.open_journal();
    }

    /// Writes down how an attempt ended that no batch has run.
    fn write(&mut self, result: GatewayResult) {
        let line = notation::json(&AgentLine::Done(Box::new(result.clone())));
        let (sender, waits) = channel();
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        let written = match journal.as_mut() {
            Some(journal) => journal.append(&line, move || _ = sender.send(())),
            None => Err(ErrorKind::StorageFull.into()),
        };
        let written = written.and_then(|()| {
            let _ = waits.recv();
            journal.as_ref().and_then(Journal::sync_error).map_or(Ok(()), Err)
        });
        drop(journal);
        match written {
            Ok(()) => self.heed(ToGateway::Done(Box::new(result), true)),
            Err(error) => self.disk_failed(&error),
        }
    }

    fn write_what_was_not(&mut self) {
        while self.agent.disk.is_none()
            && let Some(result) = self.unwritten.pop()
        {
            self.write(result.clone());
            if self.agent.disk.is_some() {
                self.unwritten.push(result);
            }
        }
    }

    // ── The batch

    /// Drives these modems in a thread of its own.
    fn drive(&mut self, drive: Drive) -> io::Result<()> {
        let Drive { run, modems: wanted, bundle } = drive;
        let modems: Arc<[BatchModem]> = wanted.iter().map(batch_modem).collect();
        let records = self.folder.0.join("records");
        let secrets = match self.folder.secrets(&self.agent.who, &run) {
            Ok(secrets) => secrets,
            Err(why) => {
                self.agent.bundle_came(run.bundle, Err(format!("{}: {why}", run_name(&run.run))));
                self.agent.driven();
                return Ok(());
            }
        };
        let limits = wanted.iter().filter(|modem| !modem.limits.is_empty()).map(|modem| {
            let its = modem.limits.iter().filter_map(|place| run.attaches.get(*place));
            let its = its.map(|share| limit(&self.agent.who, share, run.manner.modem_timeout));
            (Address::parse(&modem.port).map_or_else(|_| modem.port.clone(), |port| port.to_string()), its.collect())
        });
        let limits = limits.collect();
        let files = self.folder.files(&run.bundle, &bundle.files)?;
        let inputs = Inputs {
            folder: Some(files),
            secrets,
            variables: run.manner.vars.clone(),
            timeout: run.manner.timeout,
            timeout_bounds: run.manner.timeout_bounds,
            timeout_scale: run.manner.timeout_scale,
            plan: run.manner.plan,
            yes: run.manner.yes,
            shareable: run.manner.shareable,
            guard: Some(Guard::of_user(&[]).within(limits)),
            ..Inputs::default()
        };
        let mut common = Common::new(bundle.program, inputs, &records.join("results.jsonl"));
        common.modem_timeout = Some(run.manner.modem_timeout);
        common.records = Some(records.clone());
        (common.retries, common.wait) = (run.manner.retries, run.manner.wait);
        common.prove_identities()?;
        let jobs = NonZeroUsize::new(run.manner.jobs.min(modems.len())).unwrap_or(NonZeroUsize::MIN);
        let plan = Plan { start_delay: run.manner.start_delay, jitter: run.manner.jitter, ..Plan::of_jobs(jobs) };
        let seed = u64::from_le_bytes(random()?);
        let schedule = Scheduler::new(&modems, &Inventory::default(), plan, seed);
        let (cancel, told, (shown, _)) = (Cancel::new()?, channel(), channel());
        let mut log = AgentLog {
            journal: Arc::clone(&self.journal),
            path: self.folder.journal(),
            until: Arc::clone(&self.until),
            sender: self.sender.clone(),
            keys: wanted.iter().map(|modem| (modem.name.clone(), self.agent.key(&run.run, modem))).collect(),
            like: Box::new(self.agent.result(&run.run, 0, unknown(&run), None)),
            records,
        };
        let to_driver = told.0.clone();
        let driver = Driver::new(common, modems, schedule, cancel.clone(), told, shown);
        let sender = self.sender.clone();
        let drive = move || {
            let finished = driver.run(&mut log);
            let _ = sender.send(ToGateway::Driven(Box::new(finished)));
        };
        std::thread::Builder::new().name("driver".to_owned()).spawn(drive)?;
        self.driver = Some((to_driver, cancel));
        Ok(())
    }
}

/// A gateway's share as its guard keeps it. Runs that name the same modems in the same words take from the same one.
fn limit(who: &Enrolment, share: &AttachShare, longest_wait: Duration) -> AttachLimit {
    let name = format!("{} ({} of {})", share.of, who.gateway, who.fleet);
    AttachLimit { name, most: share.most as usize, period: share.period, longest_wait }
}

/// What a result is made from: each modem's own takes its place.
fn unknown(run: &WantedRun) -> crate::report::result::RunResult {
    let failure = crate::report::result::FailureReport::outside("hayes::internal", "");
    crate::report::result::RunResult::unreachable("", "", &run.run, String::new(), failure)
}

/// A modem as the batch knows it.
fn batch_modem(wanted: &WantedModem) -> BatchModem {
    let shared = |map: &std::collections::BTreeMap<String, String>| {
        map.iter().map(|(name, value)| (Arc::from(name.as_str()), value.clone())).collect()
    };
    BatchModem {
        name: wanted.name.clone(),
        address: Address::parse(&wanted.port).ok(),
        identity: Identity { imei: wanted.imei.clone(), iccid: wanted.iccid.clone() },
        groups: Vec::new(),
        labels: wanted.labels.iter().map(|(name, value)| (Arc::from(name.as_str()), value.clone())).collect(),
        vars: shared(&wanted.vars),
        baud: wanted.baud,
        gateway: None,
    }
}

/// What the batch writes: lines of the agent's journal.
struct AgentLog {
    journal: Arc<Mutex<Option<Journal>>>,
    path: PathBuf,
    until: Arc<AtomicU64>,
    sender: Sender<ToGateway>,
    keys: HashMap<String, ResultKey>,
    /// Each result is sent in such a message.
    like: Box<GatewayResult>,
    records: PathBuf,
}

impl AgentLog {
    fn key(&self, modem: &str) -> io::Result<ResultKey> {
        self.keys.get(modem).cloned().ok_or_else(|| io::Error::other(format!("{modem} is not driven")))
    }

    fn append(&self, line: &AgentLine, synced: impl FnOnce() + Send + 'static) -> io::Result<()> {
        match self.journal.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(journal) => journal.append(&notation::json(line), synced),
            None => Err(ErrorKind::StorageFull.into()),
        }
    }

    fn tell(&self, told: ToGateway) {
        // Where the gateway's thread is gone, the process ends.
        let _ = self.sender.send(told);
    }

    /// The end of a modem's conversation, which then stands in its result alone.
    fn record(&self, name: &str) -> Option<String> {
        let path = self.records.join(name);
        let text = read_text(File::open(&path).ok()?, 64 << 20).ok()?;
        let _ = fs::remove_file(path);
        let from = text.len().saturating_sub(RECORD);
        let from = (from..text.len()).find(|place| text.is_char_boundary(*place)).unwrap_or(from);
        text.get(from..).map(str::to_owned)
    }
}

impl Log for AgentLog {
    fn path(&self) -> &Path {
        &self.path
    }

    fn may_begin(&self) -> bool {
        Clock::since_boot().as_millis() < u128::from(self.until.load(Ordering::Acquire))
    }

    fn begins(&mut self, modem: &BatchModem, written: Box<dyn FnOnce() + Send>) -> io::Result<bool> {
        let key = self.key(&modem.name)?;
        self.append(&AgentLine::Started(key.clone()), || {
            fail_point("started");
            written();
        })?;
        self.tell(ToGateway::Started(key));
        Ok(true)
    }

    fn withdraws(&mut self, modem: &BatchModem) -> io::Result<()> {
        let key = self.key(&modem.name)?;
        self.tell(ToGateway::Withdrawn(key.clone()));
        self.append(&AgentLine::Withdrawn(key), || {})
    }

    fn ended(&mut self, mut ended: Box<Ended>, told: Told) -> Result<(), (io::Error, Box<Ended>)> {
        fail_point("ended");
        let key = match self.key(&ended.result.modem) {
            Ok(key) => key,
            Err(error) => return Err((error, ended)),
        };
        let record = ended.result.record.take().and_then(|name| self.record(&name));
        let mut result = self.like.clone();
        (result.attempt, result.record) = (key.attempt, record);
        result.result = ended.result.clone();
        let line = notation::json(&AgentLine::Done(result.clone()));
        let sender = self.sender.clone();
        let synced = move |(result, ended): (Box<GatewayResult>, Box<Ended>)| {
            let _ = sender.send(ToGateway::Done(result, true));
            told(ended);
        };
        let appended = match self.journal.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(journal) => journal.append_of(&line, (result, ended), synced),
            None => Err((ErrorKind::StorageFull.into(), (result, ended))),
        };
        appended.map_err(|(error, (result, ended))| {
            self.tell(ToGateway::Done(result, false));
            (error, ended)
        })
    }

    fn sync_error(&self) -> Option<io::Error> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(Journal::sync_error)
    }
}

/// A time, and by chance a part of another, so that gateways do not keep step.
fn some_time((least, more): (Duration, Duration)) -> Duration {
    let chance = random::<2>().map_or(0, u16::from_le_bytes);
    least + more * u32::from(chance) / u32::from(u16::MAX)
}

/// What tells this start of the machine from others; empty where the system does not tell.
fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}
