//! The operator's side at work: its folder, the carrier, the ledgers.
//!
//! - `fleet.json`, `key`: what the fleet is called, where it is reached, what signs its orders
//! - `orders/GATEWAY`: what each gateway was told last
//! - `runs/RUN/run.json`, `bundle`, `results.jsonl`: a run, its scripts, its ledger
//! - `runs/RUN/wish`: what somebody wants of a run that another process drives
//!
//! It may end at any time: all that it knows stands there, or with the gateways.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::board::FleetBoard;
use super::carrier::{Access, Arrived, Carrier, CarrierError, Put, Version, open};
use super::controller::{Controller, FleetRun, LedgerLine, Wish};
use super::gateway::{CALL, Say, keep};
use super::key::{SecretKey, sha256};
use super::message::{Order, Presence, VERSION, json, signed, verified};
use super::nkey::KeyKind;
use crate::batch::journal::{self, Journal, Results};
use crate::notation::{self, ExactDuration};
use crate::port::{Clock, Timestamp};
use crate::report::result::plural;
use crate::report::style::harmless;
use crate::state;

/// How often gateways' presences are looked at, and how long at most in one turn: the next turn goes on.
const LOOK: Duration = Duration::from_secs(1);
const LOOKS: Duration = Duration::from_millis(300);
/// So long at most a turn tells gateways what is new: results wait meanwhile.
const TELLS: Duration = Duration::from_secs(1);
/// So many results are taken at once.
const TAKEN: usize = 500;

/// What is kept of a fleet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FleetSettings {
    pub v: u32,
    pub fleet: String,
    pub carrier: String,
    /// Certificates to trust in place of the system's
    pub authorities: Option<PathBuf>,
    /// How long a gateway begins modems without the carrier
    #[serde(with = "super::message::as_text")]
    pub valid_for: Duration,
}

/// A fleet's folder.
#[derive(Debug, Clone)]
pub struct FleetFolder(pub PathBuf);

impl FleetFolder {
    /// Makes a fleet, or gives one another carrier. The public key that gateways are enrolled with.
    pub fn init(&self, settings: &FleetSettings) -> io::Result<String> {
        // A wrong address is not kept.
        let authorities = settings.authorities.as_deref();
        let access = Access { fleet: &settings.fleet, gateway: None, seed: &[0; 32], authorities };
        open(&settings.carrier, &access).map_err(|why| io::Error::new(ErrorKind::InvalidInput, why.to_string()))?;
        state::private_folder(&self.0)?;
        let path = self.0.join("key");
        if !path.exists() {
            SecretKey::new(KeyKind::Operator)?.write(&path)?;
        }
        keep(&self.0.join("fleet.json"), &json(settings))?;
        Ok(self.key()?.public())
    }

    pub fn settings(&self) -> io::Result<FleetSettings> {
        let bytes = fs::read(self.0.join("fleet.json"))?;
        serde_json::from_slice(&bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
    }

    pub fn key(&self) -> io::Result<SecretKey> {
        SecretKey::read(KeyKind::Operator, &self.0.join("key"))
    }

    pub fn carrier(&self, settings: &FleetSettings) -> io::Result<Box<dyn Carrier>> {
        let key = self.key()?;
        let authorities = settings.authorities.as_deref();
        let access = Access { fleet: &settings.fleet, gateway: None, seed: key.seed(), authorities };
        open(&settings.carrier, &access).map_err(failed)
    }

    pub fn run_folder(&self, run: &str) -> PathBuf {
        self.0.join("runs").join(run)
    }

    /// Whether no other process drives this fleet: then this one does, as long as it has the file.
    pub fn lock(&self) -> io::Result<Option<File>> {
        let file = state::private().open(self.0.join("lock"))?;
        match file.try_lock() {
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Ok(()) | Err(fs::TryLockError::Error(_)) => Ok(Some(file)),
        }
    }

    /// The runs that there are, in the order in which they were made.
    pub fn runs(&self) -> io::Result<Vec<FleetRun>> {
        self.runs_but(|_| false)
    }

    fn runs_but(&self, is_known: impl Fn(&str) -> bool) -> io::Result<Vec<FleetRun>> {
        let entries = match fs::read_dir(self.0.join("runs")) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut runs = Vec::new();
        for entry in entries {
            let folder = entry?.path();
            if folder.file_name().and_then(|name| name.to_str()).is_some_and(&is_known) {
                continue;
            }
            match fs::read(folder.join("run.json")) {
                Ok(bytes) => runs.push(read::<FleetRun>(&bytes)?),
                // One that was never made to its end
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let number =
            |run: &FleetRun| run.run.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0_u64);
        runs.sort_by_key(number);
        Ok(runs)
    }

    /// Keeps a new run under the next name, which it is given; `seal` seals its secrets for that name.
    pub fn add(
        &self,
        mut run: FleetRun,
        bundle: &[u8],
        seal: impl Fn(&str) -> io::Result<BTreeMap<String, String>>,
    ) -> io::Result<String> {
        state::private_folder(&self.0.join("runs"))?;
        // It gets its name when it is whole: who is killed meanwhile leaves no run.
        let new = self.0.join(format!("new-{}", std::process::id()));
        state::private_folder(&new)?;
        keep(&new.join("bundle"), bundle)?;
        let mut number = self.runs()?.len() + 1;
        loop {
            run.run = format!("r{number}");
            let folder = self.run_folder(&run.run);
            if folder.join("run.json").exists() {
                number += 1;
                continue;
            }
            run.sealed = seal(&run.run)?;
            keep(&new.join("run.json"), &json(&run))?;
            match fs::rename(&new, &folder) {
                Err(_) if folder.exists() => number += 1,
                renamed => return renamed.map(|()| run.run),
            }
        }
    }

    /// Leaves a wish for whoever drives the fleet.
    pub fn wish(&self, run: &str, wish: &Wish) -> io::Result<()> {
        keep(&self.run_folder(run).join("wish"), &json(wish))
    }
}

fn read<T: for<'d> Deserialize<'d>>(bytes: &[u8]) -> io::Result<T> {
    serde_json::from_slice(bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

fn failed(error: CarrierError) -> io::Error {
    let kind = match error {
        CarrierError::Unreachable(_) => ErrorKind::NotConnected,
        CarrierError::Refused(_) => ErrorKind::PermissionDenied,
    };
    io::Error::new(kind, format!("the carrier: {error}"))
}

/// Drives the runs of a fleet.
pub struct Operator<'s> {
    folder: FleetFolder,
    key: SecretKey,
    carrier: Box<dyn Carrier>,
    pub controller: Controller,
    ledgers: BTreeMap<String, Journal>,
    versions: BTreeMap<String, Version>,
    cursor: u64,
    /// Bundles that the carrier has
    bundles: BTreeSet<String>,
    next_look: Duration,
    /// When it is looked again what is wanted now
    next_round: Duration,
    /// How many gateways may be given modems now, and since when that is so
    allowance: (f64, Duration),
    /// How many gateways are still to be told something: nothing but time keeps that back
    pub untold: usize,
    /// Where the looks at presences go on
    looked: usize,
    /// What was said of moved modems: the run, the gateway that had them, whether an end of the wait is known
    told_moves: BTreeSet<(String, String, bool)>,
    clock: Clock,
    say: Say<'s>,
    /// Is given each result that is in the ledger.
    pub heard: Box<dyn FnMut(&LedgerLine) + 's>,
    _lock: File,
}

impl<'s> Operator<'s> {
    /// Goes on from what stands in the folder; none where another process drives the fleet.
    pub fn open(folder: &FleetFolder, say: Say<'s>) -> io::Result<Option<Operator<'s>>> {
        let Some(lock) = folder.lock()? else { return Ok(None) };
        let settings = folder.settings()?;
        let key = folder.key()?;
        let carrier = folder.carrier(&settings)?;
        let controller = Controller {
            fleet: settings.fleet.clone(),
            valid_for: settings.valid_for,
            confirms: carrier.confirms(),
            ..Controller::default()
        };
        let mut operator = Operator {
            carrier,
            folder: folder.clone(),
            key,
            controller,
            ledgers: BTreeMap::new(),
            versions: BTreeMap::new(),
            cursor: u64::MAX,
            bundles: BTreeSet::new(),
            next_look: Duration::ZERO,
            next_round: Duration::ZERO,
            allowance: (f64::MAX, Duration::ZERO),
            untold: 0,
            looked: 0,
            told_moves: BTreeSet::new(),
            clock: Clock::start(),
            say,
            heard: Box::new(|_| {}),
            _lock: lock,
        };
        state::private_folder(&folder.0.join("orders"))?;
        for gateway in fs::read_dir(folder.0.join("orders"))? {
            let bytes = fs::read(gateway?.path())?;
            if let Some(order) = operator.own(&bytes) {
                operator.controller.orders.insert(order.gateway.clone(), order);
            }
        }
        operator.take_up()?;
        if operator.cursor == u64::MAX {
            operator.cursor = 0;
        }
        Ok(Some(operator))
    }

    /// An order that this fleet's key has signed.
    fn own(&self, bytes: &[u8]) -> Option<Order> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let order: Order = serde_json::from_slice(bytes.get(end + 1..)?).ok()?;
        verified(bytes, &[self.key.public()], &self.controller.fleet, &order.gateway).ok()
    }

    /// Takes up runs that were made meanwhile.
    fn take_up(&mut self) -> io::Result<()> {
        let known = |name: &str| self.controller.runs.iter().any(|run| run.run == name);
        for mut run in self.folder.runs_but(known)? {
            let path = self.folder.run_folder(&run.run).join("results.jsonl");
            let mut last = 0;
            let earlier = read_ledger(&path, |line| {
                run.read(line);
                last = if line.mark.is_some() { line.cursor } else { last };
            })?;
            if !run.closed {
                // Of a ledger that lost its end with the machine's power, what comes behind its last line comes again.
                let from = if run.from_start { 0 } else { last };
                self.cursor = if earlier.is_some() { self.cursor.min(from) } else { self.cursor };
                self.ledgers.insert(run.run.clone(), Journal::open(&path, earlier.as_ref())?);
            }
            self.controller.runs.push(run);
        }
        Ok(())
    }

    /// One turn: takes what has come, and tells the gateways what is wanted now. Waits a second where nothing comes.
    pub fn turn(&mut self) -> io::Result<()> {
        self.take_up()?;
        self.heed_wishes()?;
        if self.clock.now() >= self.next_look {
            // A server that has lost its store has nothing to look at.
            self.look().or_else(|_| {
                self.carrier.prepare(CALL).map_err(failed)?;
                self.look()
            })?;
            self.next_look = self.clock.now() + LOOK;
        }
        let come = self.carrier.results(self.cursor, TAKEN, LOOK).map_err(failed)?;
        self.take(come)?;
        let begin = self.clock.now();
        if begin < self.next_round {
            return Ok(());
        }
        let versions = &self.versions;
        if self.controller.advance(self.clock.now(), &|gateway| versions.contains_key(gateway)) {
            self.keep_runs()?;
        }
        self.say_moves();
        self.tell()?;
        self.close()?;
        // Of thousands of gateways this takes a while, in which no results are taken.
        let now = self.clock.now();
        self.next_round = now + (9 * (now - begin)).min(2 * LOOK);
        Ok(())
    }

    /// Says which modems wait until another gateway has left them, where that is new.
    fn say_moves(&mut self) {
        let now = self.clock.now();
        let mut told = BTreeSet::new();
        for ((run, earlier, gateway), (count, until)) in self.controller.moves.waiting() {
            let slot = (run.to_owned(), gateway.to_owned(), until.is_some());
            if !self.told_moves.contains(&slot) {
                let at_most = until.map(|until| ExactDuration(Duration::from_secs((until - now).as_secs())));
                let else_begun = match at_most {
                    Some(time) => format!("or for {time}"),
                    None if self.controller.confirms => "once it can be told so".to_owned(),
                    None => "or for ever: `--force` of a new run begins them without".to_owned(),
                };
                let what = plural(count as u64, "modem");
                (self.say)(&format!(
                    "{run}: {what} that {gateway} had by {earlier}: waits until {gateway} has left them, {else_begun}"
                ));
            }
            told.insert(slot);
        }
        self.told_moves = told;
    }

    fn take(&mut self, come: Vec<Arrived>) -> io::Result<()> {
        for Arrived { key, bytes, cursor } in come {
            match self.controller.take(&key, &bytes, sha256(&bytes), cursor) {
                Ok(Some(line)) => self.enter(line)?,
                Ok(None) => {}
                Err(why) => {
                    (self.say)(&why);
                    let conflicts = self.folder.run_folder(&key.run).join("conflicts");
                    state::private_folder(&conflicts)?;
                    keep(&conflicts.join(format!("{}.{}.{}", key.gateway, key.modem, key.attempt)), &bytes)?;
                }
            }
            self.cursor = self.cursor.max(cursor);
        }
        Ok(())
    }

    /// Writes a line into its ledger; a conversation becomes a file beside it.
    fn enter(&mut self, mut line: LedgerLine) -> io::Result<()> {
        if let Some(text) = line.result.record.take() {
            let folder = self.folder.run_folder(&line.run);
            let name = format!("results.records/{}.{}.txt", line.result.modem, line.attempt);
            state::private_folder(&folder.join("results.records"))?;
            state::private_file(folder.join(&name))?.write_all(text.as_bytes())?;
            line.result.record = Some(name);
        }
        let ledger = self.ledgers.get_mut(&line.run).ok_or_else(|| io::Error::other("a ledger is closed"))?;
        ledger.append(&notation::json(&line), || {})?;
        (self.heard)(&line);
        Ok(())
    }

    fn heed_wishes(&mut self) -> io::Result<()> {
        for run in &mut self.controller.runs {
            let path = self.folder.run_folder(&run.run).join("wish");
            let Ok(bytes) = fs::read(&path) else { continue };
            let wish = read(&bytes)?;
            let told = match (run.heed(&wish), wish) {
                (0, Wish::Retry(_)) => "no modem of it ended so: none runs once more".to_owned(),
                (0, Wish::Pause | Wish::Resume | Wish::Cancel(_)) => "all of its modems have ended already".to_owned(),
                (count, _) => format!("heeded, for {count} of its modems"),
            };
            (self.say)(&format!("{}: {told}", run.run));
            if !run.closed && !self.ledgers.contains_key(&run.run) {
                let path = path.with_file_name("results.jsonl");
                let earlier = read_ledger(&path, |_| {})?;
                self.ledgers.insert(run.run.clone(), Journal::open(&path, earlier.as_ref())?);
            }
            keep(&path.with_file_name("run.json"), &json(run))?;
            fs::remove_file(path)?;
        }
        Ok(())
    }

    fn keep_runs(&self) -> io::Result<()> {
        let mut active = self.controller.runs.iter().filter(|run| !run.closed);
        active.try_for_each(|run| keep(&self.folder.run_folder(&run.run).join("run.json"), &json(run)))
    }

    /// Looks at what gateways say of themselves.
    fn look(&mut self) -> io::Result<()> {
        let active = self.controller.runs.iter().filter(|run| !run.closed);
        let names: BTreeSet<String> = active.flat_map(|run| run.open()).map(|target| target.gateway.clone()).collect();
        let turn = names.iter().cycle().skip(self.looked % names.len().max(1)).take(names.len());
        let until = self.clock.now() + LOOKS;
        for gateway in turn {
            if self.clock.now() >= until {
                break;
            }
            self.looked = self.looked.wrapping_add(1);
            let Some(presence) = self.presence(gateway)? else {
                // It was never heard, or the carrier has lost all.
                self.restore(gateway)?;
                continue;
            };
            let order = self.controller.orders.get(gateway);
            let said = |presence: &Presence| {
                let skew = presence.skew(order, Timestamp::now()).map(str::to_owned);
                presence.says.clone().into_iter().chain(skew).collect::<Vec<_>>().join("; ")
            };
            let before = self.controller.presences.get(gateway).map(said).unwrap_or_default();
            let says = said(&presence);
            if !says.is_empty() && says != before {
                (self.say)(&format!("{gateway}: {says}"));
            }
            self.controller.presences.insert(gateway.clone(), presence);
        }
        Ok(())
    }

    /// Tells a gateway anew what the carrier has lost.
    fn restore(&mut self, gateway: &str) -> io::Result<()> {
        let Some(order) = self.controller.told_anew(gateway) else { return Ok(()) };
        self.carrier.prepare(CALL).map_err(failed)?;
        if self.carrier.order(gateway, CALL).map_err(failed)?.is_some() {
            return Ok(());
        }
        (self.say)(&format!("the carrier has lost the order of {gateway}: it is told anew"));
        self.versions.remove(gateway);
        self.put(order)
    }

    /// How runs go, and what a gateway says of itself, or each; none where it has not that gateway.
    pub fn described(&self, gateway: Option<&str>) -> io::Result<Option<String>> {
        let mut text = String::new();
        for run in self.controller.runs.iter().filter(|_| gateway.is_none()) {
            text.push_str(&format!("{} {}\n", FleetBoard::of(run, &self.controller).line(), run.script));
        }
        for name in self.controller.gateways().iter().filter(|name| gateway.is_none_or(|it| it == *name)) {
            let (presence, order) = (self.presence(name)?, self.controller.orders.get(name));
            let said = presence.map(|presence| presence.described(order, Timestamp::now()));
            text.push_str(&format!("{name}: {}\n", harmless(said.as_deref().unwrap_or("not heard").as_bytes())));
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    pub fn presence(&self, gateway: &str) -> io::Result<Option<Presence>> {
        let kept = self.carrier.presence(gateway, CALL).map_err(failed)?;
        Ok(kept.and_then(|kept| serde_json::from_slice(&kept.bytes).ok()))
    }

    /// Lets another instance than the present one take a gateway's place. Which one that is.
    pub fn adopt(&self, gateway: &str) -> io::Result<Option<String>> {
        let Some(kept) = self.carrier.presence(gateway, CALL).map_err(failed)? else { return Ok(None) };
        let present: Presence = read(&kept.bytes)?;
        let refuses = Some(present.refuses.unwrap_or(present.instance)).filter(|instance| !instance.is_empty());
        let free = Presence { v: VERSION, refuses: refuses.clone(), ..Presence::default() };
        match self.carrier.put_presence(gateway, &json(&free), kept.version, CALL).map_err(failed)? {
            Put::Done(_) => Ok(refuses),
            Put::Changed => Err(io::Error::other("it has just said something: try once more")),
        }
    }

    /// Tells gateways what is wanted of them now, where that is another than before.
    fn tell(&mut self) -> io::Result<()> {
        let now = self.clock.now();
        let rates = self.controller.runs.iter().filter(|run| !run.closed).map(|run| run.gateway_rate);
        let rate = f64::from(rates.min().unwrap_or(u32::MAX).max(1));
        let (left, since) = self.allowance;
        let mut left = (left + rate * (now - since).as_secs_f64()).min(rate);
        self.untold = 0;
        for gateway in self.controller.gateways() {
            let order = match self.controller.next_order(&gateway, Timestamp::now()) {
                Some(order) => order,
                // What was written down last may not have been sent.
                None if !self.versions.contains_key(&gateway) && self.is_open(&gateway) => {
                    let Some(known) = self.controller.orders.get(&gateway) else { continue };
                    let there = self.carrier.order(&gateway, CALL).map_err(failed)?;
                    let same = there.filter(|there| self.own(&there.bytes).is_some_and(|order| order == *known));
                    match (same, self.controller.told_anew(&gateway)) {
                        (None, Some(order)) => order,
                        (there, _) => {
                            self.versions.extend(there.map(|there| (gateway, there.version)));
                            continue;
                        }
                    }
                }
                None => continue,
            };
            let gives = order.gives_more_than(self.controller.orders.get(&gateway));
            if self.clock.now() >= now + TELLS || gives && left < 1.0 {
                self.untold += 1;
                continue;
            }
            left -= f64::from(u8::from(gives));
            self.bring_bundles(&order)?;
            self.put(order)?;
        }
        self.allowance = (left, now);
        Ok(())
    }

    fn is_open(&self, gateway: &str) -> bool {
        self.controller.runs.iter().any(|run| !run.closed && run.is_open_at(gateway))
    }

    fn bring_bundles(&mut self, order: &Order) -> io::Result<()> {
        for run in order.runs.iter().filter(|run| !self.bundles.contains(&run.bundle)).collect::<Vec<_>>() {
            let bytes = fs::read(self.folder.run_folder(&run.run).join("bundle"))?;
            self.carrier.put_blob(&run.bundle, &bytes, CALL).map_err(failed)?;
            self.bundles.insert(run.bundle.clone());
        }
        Ok(())
    }

    /// Puts an order in the place of the one that this controller has put there before, and of no other.
    fn put(&mut self, mut order: Order) -> io::Result<()> {
        let gateway = order.gateway.clone();
        let path = self.folder.0.join("orders").join(&gateway);
        let version = match self.versions.get(&gateway) {
            Some(version) => *version,
            None => {
                let there = self.carrier.order(&gateway, CALL).map_err(failed)?;
                // Whatever was sent was written down before, though its answer may have been lost.
                let known = fs::read(&path).ok().and_then(|bytes| self.own(&bytes)).map_or(0, |order| order.epoch);
                let other = there.as_ref().and_then(|there| self.own(&there.bytes)).map_or(0, |order| order.epoch);
                if other > known && known > 0 {
                    let why = format!("{gateway} has order {other} from another controller; this one knows {known}");
                    return Err(io::Error::new(ErrorKind::ResourceBusy, why));
                }
                order.epoch = order.epoch.max(known.max(other) + 1);
                if there.is_none() && known > 0 {
                    // The carrier has lost all: what it counts begins anew.
                    self.cursor = 0;
                    self.controller.carrier_has_lost_all();
                    self.keep_runs()?;
                    self.bundles.clear();
                    self.bring_bundles(&order)?;
                }
                there.map_or(0, |there| there.version)
            }
        };
        let bytes = signed(&order, &self.key);
        keep(&path, &bytes)?;
        let put = self.carrier.put_order(&gateway, &bytes, version, CALL);
        if let Ok(Put::Done(version)) = put {
            self.versions.insert(gateway.clone(), version);
            self.controller.orders.insert(gateway, order);
            return Ok(());
        }
        // Whether it stands there is looked at the next time.
        self.versions.remove(&gateway);
        put.map_err(failed)?;
        Err(io::Error::new(ErrorKind::NotConnected, format!("the order of {gateway} has changed meanwhile")))
    }

    /// Closes runs that need their gateways no more: only when their ledger is on the disk may these forget.
    fn close(&mut self) -> io::Result<()> {
        let today = Timestamp::now();
        for place in 0..self.controller.runs.len() {
            let Some(run) = self.controller.runs.get(place) else { continue };
            if run.closed || !self.controller.may_close(run, today) {
                continue;
            }
            let (name, missing) = (run.run.clone(), self.controller.missing(run, today));
            missing.into_iter().try_for_each(|line| self.enter(line))?;
            if let Some(ledger) = self.ledgers.remove(&name) {
                ledger.finish()?;
            }
            if let Some(run) = self.controller.run(&name) {
                run.closed = true;
                keep(&self.folder.run_folder(&name).join("run.json"), &json(run))?;
            }
        }
        self.tell()
    }

    /// Whether there is nothing more to wait for in a run. One that can be closed is closed before.
    pub fn is_over(&self, run: &str) -> bool {
        let found = self.controller.runs.iter().find(|it| it.run == run);
        let is_over = |run: &FleetRun| {
            let closes = self.controller.may_close(run, Timestamp::now());
            !closes && self.controller.is_over(run, self.clock.now())
        };
        self.untold == 0 && found.is_none_or(|run| run.closed || is_over(run))
    }

    /// Every modem has a line in the ledger: of those that nothing was heard of it says so. They stay wanted.
    pub fn enter_missing(&mut self, run: &str) -> io::Result<()> {
        let found = self.controller.runs.iter().find(|it| it.run == run && !it.closed);
        let missing = found.map(|run| self.controller.missing(run, Timestamp::now())).unwrap_or_default();
        missing.into_iter().try_for_each(|line| self.enter(line))
    }
}

/// Reads a ledger line by line; none where there is none. Its last line may be torn: this tells, and what is appended
/// stands in its place.
pub fn read_ledger(path: &Path, mut take: impl FnMut(&LedgerLine)) -> io::Result<Option<Results>> {
    let read = journal::read_each(path, |line: LedgerLine| {
        take(&line);
        line.result
    });
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}
