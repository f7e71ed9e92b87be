//! The operator's side at work: its folder, the carrier, the ledgers. It may end at any time: all that it knows stands
//! in the folder, or with the gateways.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::board::FleetBoard;
use super::bundle::ScriptBundle;
use super::carrier::{Arrived, Carrier, NewOrder, Put, ResultKey, Version};
use super::controller::{Controller, FleetRun, LedgerLine, Wish};
use super::folder::{FleetFolder, ToldOrders, failed, mend_ledger, read, read_ledger};
use super::gateway::{CALL, Say, keep, named};
use super::key::{SecretKey, sha256};
use super::message::{
    GatewayResult, Manner, Order, Presence, VERSION, WantedRun, json, of_newer, run_name, signed, signer_of,
    understood, verified,
};
use super::targets::Target;
use crate::batch::journal::Journal;
use crate::notation::{self, ExactDuration};
use crate::port::{Clock, Timestamp};
use crate::report::result::plural;
use crate::report::style::harmless;
use crate::state;

/// How often it is looked what gateways say of themselves.
const LOOK: Duration = Duration::from_secs(1);
/// So long at most a turn tells gateways what is new: results wait meanwhile.
const TELLS: Duration = Duration::from_secs(1);
/// So many results are taken at once.
const TAKEN: usize = 500;
/// So many runs that are over are shown.
const SHOWN: usize = 20;
/// So many orders are written down together.
const TOLD: usize = 256;

/// Drives the runs of a fleet.
pub struct Operator<'s> {
    folder: FleetFolder,
    key: SecretKey,
    carrier: Box<dyn Carrier>,
    pub controller: Controller,
    ledgers: BTreeMap<String, Journal>,
    /// Runs that are over, whose ledgers nobody has needed yet
    unread: BTreeSet<String>,
    told: ToldOrders,
    /// What the carrier has of each gateway; none where that is to be looked at
    there: Option<HashMap<String, There>>,
    cursor: u64,
    /// Bundles that the carrier has
    bundles: BTreeSet<String>,
    next_look: Duration,
    /// When it is looked again what is wanted now
    next_round: Duration,
    /// Whether the last turn has looked what is wanted now, behind all that has come
    is_round: bool,
    /// How many gateways may be given modems now, and since when that is so
    allowance: (f64, Duration),
    /// How many gateways are still to be told something: nothing but time keeps that back
    pub untold: usize,
    /// What was said of moved modems: the run, the gateway that had them, whether an end of the wait is known
    told_moves: BTreeSet<(String, String, bool)>,
    clock: Clock,
    say: Say<'s>,
    /// Is given each result that is in the ledger.
    pub heard: Box<dyn FnMut(&LedgerLine) + 's>,
    /// None: another process drives the fleet, and this one only looks.
    lock: Option<File>,
}

/// The order that the carrier has of a gateway.
#[derive(Debug, Clone, Copy)]
struct There {
    /// 0 where there is none
    version: Version,
    epoch: u64,
    /// Whether it is certainly what that gateway was told last
    stands: bool,
}

impl<'s> Operator<'s> {
    /// Goes on from what stands in the folder; none where another process drives the fleet.
    pub fn open(folder: &FleetFolder, say: Say<'s>) -> io::Result<Option<Operator<'s>>> {
        let Some(lock) = folder.lock()? else { return Ok(None) };
        Operator::of(folder, Some(lock), say).map(Some)
    }

    /// What stands in the folder, for whoever only looks: another process may drive the fleet.
    pub fn look_at(folder: &FleetFolder, say: Say<'s>) -> io::Result<Operator<'s>> {
        Operator::of(folder, None, say)
    }

    fn of(folder: &FleetFolder, lock: Option<File>, say: Say<'s>) -> io::Result<Operator<'s>> {
        let settings = folder.settings()?;
        let key = folder.key()?;
        let carrier = folder.carrier(&settings)?;
        let (told, orders) = ToldOrders::open(&folder.0.join("orders.log"), lock.is_some())?;
        let controller = Controller {
            fleet: settings.fleet.clone(),
            valid_for: settings.valid_for,
            confirms: carrier.confirms(),
            orders,
            ..Controller::default()
        };
        let mut operator = Operator {
            carrier,
            folder: folder.clone(),
            key,
            controller,
            ledgers: BTreeMap::new(),
            unread: BTreeSet::new(),
            told,
            there: None,
            cursor: u64::MAX,
            bundles: BTreeSet::new(),
            next_look: Duration::ZERO,
            next_round: Duration::ZERO,
            is_round: false,
            allowance: (f64::MAX, Duration::ZERO),
            untold: 0,
            told_moves: BTreeSet::new(),
            clock: Clock::start(),
            say,
            heard: Box::new(|_| {}),
            lock,
        };
        operator.take_up()?;
        if operator.cursor == u64::MAX {
            operator.cursor = operator.taken();
        }
        Ok(operator)
    }

    /// Takes up runs that were made meanwhile.
    fn take_up(&mut self) -> io::Result<()> {
        let known: HashSet<&str> = self.controller.runs.iter().map(FleetRun::name).collect();
        let new: Vec<String> = self.folder.runs()?.into_iter().filter(|name| !known.contains(name.as_str())).collect();
        // Those that are over become many, and few are looked at again.
        let mut places = HashMap::new();
        for name in new {
            let mut closed = self.folder.closed(&name);
            let mut whole = None;
            if closed.is_none() {
                let run = self.folder.run(&name)?;
                if run.closed && self.lock.is_some() {
                    self.folder.keep_closed(&run, None);
                    closed = self.folder.closed(&name);
                }
                whole = Some(run);
            }
            let run = match (closed, whole) {
                (Some(closed), _) => {
                    let (run, adopted, cursor) = (closed.run, closed.adopted, closed.cursor);
                    self.carrier.has_given(&run, closed.taken);
                    let names = |text: &String| Arc::new(text.split(' ').map(str::to_owned).collect());
                    let gateways = Arc::clone(places.entry(closed.gateways).or_insert_with_key(names));
                    let mut run = FleetRun::unread(run, adopted, cursor, gateways);
                    run.placed = closed.placed;
                    run
                }
                (None, Some(run)) if !run.closed => self.with_ledger(run)?,
                (None, Some(run)) => run,
                (None, None) => continue,
            };
            if run.closed {
                self.unread.insert(run.run.clone());
            }
            self.controller.runs.push(run);
            self.there = None;
        }
        Ok(())
    }

    /// Reads the targets of runs that are over behind one that is not: they may have modems that were that one's. Of
    /// those that have the same modems at the same gateways the last tells all.
    fn read_later(&mut self) -> io::Result<()> {
        let open = self.controller.runs.iter().position(|run| !run.closed).unwrap_or(usize::MAX);
        let (mut seen, runs) = (HashSet::new(), self.controller.runs.get_mut(open..).unwrap_or_default());
        for run in runs.iter_mut().rev().filter(|run| run.closed) {
            let tells_more = run.placed.is_empty() || seen.insert(run.placed.clone());
            if run.unread.is_some() && tells_more {
                let whole = self.folder.run(run.name())?;
                if run.placed.is_empty() && self.lock.is_some() {
                    let taken = self.folder.closed(run.name()).and_then(|head| head.taken);
                    self.folder.keep_closed(&whole, taken);
                }
                *run = whole;
                run.placed = run.placing();
            }
        }
        Ok(())
    }

    /// A run with what its ledger holds.
    fn with_ledger(&mut self, mut run: FleetRun) -> io::Result<FleetRun> {
        let (path, mut last) = (self.folder.run_folder(&run.run).join("results.jsonl"), 0);
        let read = |run: &mut FleetRun, last: &mut u64| {
            read_ledger(&path, |line| {
                run.read(line);
                *last = if line.mark.is_some() { line.cursor } else { *last };
            })
        };
        let mut earlier = read(&mut run, &mut last);
        let is_broken = |error: &&io::Error| self.lock.is_some() && error.kind() == ErrorKind::InvalidData;
        if let Some(error) = earlier.as_ref().err().filter(is_broken) {
            run = self.mended(run.name(), error)?;
            earlier = read(&mut run, &mut last);
        }
        let earlier = earlier?;
        if run.from_start {
            self.cursor = 0;
        }
        if run.closed || self.lock.is_none() {
            return Ok(run);
        }
        if earlier.is_none() && run.cursor.is_none() {
            // Nobody was told of it yet: what was taken in before is none of it.
            run.cursor = Some(if self.cursor == u64::MAX { self.taken() } else { self.cursor });
            keep(&path.with_file_name("run.json"), &json(&run))?;
        }
        // Of a ledger that lost its end with the machine's power, what comes behind its last line comes again.
        self.cursor = self.cursor.min(if earlier.is_some() { last } else { run.cursor.unwrap_or(0) });
        self.ledgers.insert(run.run.clone(), named(&path, Journal::open(&path, earlier.as_ref()))?);
        Ok(run)
    }

    /// How far results were taken in when the last run was closed.
    fn taken(&self) -> u64 {
        self.controller.runs.iter().filter(|run| run.closed).filter_map(|run| run.cursor).max().unwrap_or(0)
    }

    /// Reads the ledger of a run that is over: somebody wants to know of it.
    pub fn recall(&mut self, run: &str) -> io::Result<()> {
        let place = self.controller.runs.iter().position(|it| it.run == run);
        if let Some(place) = place.filter(|_| self.unread.remove(run)) {
            let mut run = self.controller.runs.remove(place);
            if run.unread.is_some() {
                run = self.folder.run(run.name())?;
                run.placed = run.placing();
            }
            // What else came of it may be asked for too.
            self.carrier.has_given(&run.run, None);
            let run = self.with_ledger(run)?;
            if self.lock.is_some() {
                self.folder.keep_closed(&run, Some(run.taken()));
            }
            self.controller.runs.insert(place, run);
        }
        Ok(())
    }

    /// A run whose ledger had lines that cannot be read: they are taken out, and what they held is looked for on the
    /// carrier.
    fn mended(&mut self, name: &str, error: &io::Error) -> io::Result<FleetRun> {
        let mut run = self.folder.run(name)?;
        let (lines, place) = mend_ledger(&self.folder.run_folder(name).join("results.jsonl"))?;
        let (lines, place) = (plural(lines as u64, "line"), place.display());
        (self.say)(&format!(
            "{error}: {lines} of it now in {place}, and what the carrier still has of them is taken in again"
        ));
        run.from_start = true;
        keep(&self.folder.run_folder(name).join("run.json"), &json(&run))?;
        Ok(run)
    }

    /// One turn: takes what has come, and tells the gateways what is wanted now. Waits a second where nothing comes.
    pub fn turn(&mut self) -> io::Result<()> {
        self.take_up()?;
        self.heed_wishes()?;
        self.read_later()?;
        if self.clock.now() >= self.next_look {
            self.look()?;
            self.next_look = self.clock.now() + LOOK;
        }
        // What gateways are to be told at once does not wait for results.
        let tells = self.there.is_none() && self.clock.now() >= self.next_round;
        let come = self.carrier.results(self.cursor, TAKEN, if tells { Duration::ZERO } else { LOOK });
        let come = come.map_err(failed)?;
        let is_all = come.len() < TAKEN;
        self.take(come)?;
        self.carrier.passed_over().iter().for_each(|what| (self.say)(what));
        let begin = self.clock.now();
        self.is_round = is_all && begin >= self.next_round;
        if begin < self.next_round {
            return Ok(());
        }
        self.compare()?;
        let there = &self.there;
        if self.controller.advance(self.clock.now(), &|gateway| stands(there, gateway)) {
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
                    "{}: {what} that {gateway} had by {}: waits until {gateway} has left them, {else_begun}",
                    run_name(run),
                    run_name(earlier)
                ));
            }
            told.insert(slot);
        }
        self.told_moves = told;
    }

    fn take(&mut self, come: Vec<Arrived>) -> io::Result<()> {
        let mut lines = Vec::new();
        let (mut runs, mut from_start) = (BTreeSet::new(), false);
        for Arrived { key, bytes, cursor } in come {
            self.recall(&key.run)?;
            match self.controller.take(&key, &bytes, sha256(&bytes), cursor) {
                Ok(line) => {
                    // One that could not be read then may be kept as a conflict.
                    if line.is_some() && self.controller.run(&key.run).is_some_and(|run| run.from_start) {
                        let _ = fs::remove_file(self.conflict(&key));
                    }
                    runs.extend(line.iter().map(|line| line.run.clone()));
                    lines.extend(line);
                }
                Err(why) => {
                    from_start |= of_newer(&bytes).is_some();
                    let path = self.conflict(&key);
                    state::private_folder(path.parent().unwrap_or(&path))?;
                    keep(&path, &bytes)?;
                    (self.say)(&format!("{why}; it is kept in {}", path.display()));
                }
            }
            self.cursor = self.cursor.max(cursor);
        }
        if from_start {
            self.keep_runs()?;
        }
        self.enter(lines)?;
        let late = self.controller.runs.iter().filter(|run| run.closed && runs.contains(&run.run));
        late.for_each(|run| self.folder.keep_closed(run, Some(run.taken())));
        Ok(())
    }

    /// Where a result is kept that is not taken.
    fn conflict(&self, ResultKey { run, gateway, modem, attempt }: &ResultKey) -> PathBuf {
        self.folder.run_folder(run).join("conflicts").join(format!("{gateway}.{modem}.{attempt}"))
    }

    /// Writes lines into their ledgers; a conversation becomes a file beside it.
    fn enter(&mut self, mut lines: Vec<LedgerLine>) -> io::Result<()> {
        let mut texts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for line in &mut lines {
            if let Some(text) = line.result.record.take() {
                let folder = self.folder.run_folder(&line.run);
                let name = format!("results.records/{}.{}.txt", line.result.modem, line.attempt);
                state::private_folder(&folder.join("results.records"))?;
                state::private_file(folder.join(&name))?.write_all(text.as_bytes())?;
                line.result.record = Some(name);
            }
            let text = notation::json(line);
            texts.entry(&line.run).or_default().push(text);
        }
        for (run, texts) in texts {
            // That of a run that is over is opened again where it had lost a line.
            if !self.ledgers.contains_key(run) {
                self.ledgers.insert(run.to_owned(), self.folder.open_ledger(run)?);
            }
            self.ledgers.get_mut(run).map_or(Ok(()), |ledger| ledger.append(&texts.join("\n"), || {}))?;
        }
        lines.iter().for_each(|line| (self.heard)(line));
        Ok(())
    }

    fn heed_wishes(&mut self) -> io::Result<()> {
        for place in 0..self.controller.runs.len() {
            let Some(name) = self.controller.runs.get(place).map(|run| run.run.clone()) else { continue };
            let path = self.folder.run_folder(&name).join("wish");
            if !path.exists() {
                continue;
            }
            self.recall(&name)?;
            let Some(run) = self.controller.runs.get_mut(place) else { continue };
            let wish = match read(&path, |_| 0) {
                Err(error) if error.kind() == ErrorKind::InvalidData => {
                    let place = path.with_extension("broken");
                    fs::rename(&path, &place)?;
                    (self.say)(&format!("{error}: it is not heeded, and stands in {} now", place.display()));
                    continue;
                }
                wish => wish?,
            };
            let told = match (run.unfit(&wish, Timestamp::now()), &wish) {
                (Some(why), _) => why,
                (None, Wish::Resume) if run.stopped.is_some() => {
                    let count = run.heed(&wish);
                    format!("goes on, for {count} of its modems; --max-fail and --max-silent hold no more")
                }
                (None, _) => format!("heeded, for {} of its modems", run.heed(&wish)),
            };
            (self.say)(&format!("{}: {told}", run.name()));
            if !run.closed && !self.ledgers.contains_key(&run.run) {
                self.ledgers.insert(run.run.clone(), self.folder.open_ledger(&run.run)?);
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
        let come = self.carrier.presences(CALL).map_err(failed)?;
        if come.anew {
            self.there = None;
        }
        for (gateway, bytes) in come.said {
            let presence = match understood(&bytes, |presence: &Presence| presence.v) {
                Ok(presence) => presence,
                Err(why) => {
                    (self.say)(&format!("{gateway}: what it says of itself {why}"));
                    continue;
                }
            };
            let order = self.controller.orders.get(&gateway);
            let said = |presence: &Presence| {
                let skew = presence.skew(order, Timestamp::now()).map(str::to_owned);
                presence.says.clone().into_iter().chain(skew).collect::<Vec<_>>().join("; ")
            };
            let before = self.controller.presences.get(&gateway).map(said).unwrap_or_default();
            let says = said(&presence);
            if !says.is_empty() && says != before && self.is_open(&gateway) {
                (self.say)(&format!("{gateway}: {says}"));
            }
            self.controller.presences.insert(gateway, presence);
        }
        Ok(())
    }

    /// Compares what the carrier has with what gateways were told, where that is to be looked at: this end may have
    /// ended before it sent what it had written down, another may have sent something, and the carrier may have lost
    /// all.
    fn compare(&mut self) -> io::Result<()> {
        if self.there.is_some() {
            return Ok(());
        }
        let mut found = self.carrier.orders(CALL).map_err(failed)?;
        let (mut there, mut lost, mut broken) = (HashMap::new(), 0, 0);
        let mut others: BTreeMap<bool, Vec<String>> = BTreeMap::new();
        for gateway in self.controller.gateways() {
            let epoch = self.told.epoch(&gateway);
            let kept = found.remove(&gateway);
            let stands = kept.as_ref().map_or(epoch == 0, |kept| self.told.is_last(&gateway, &kept.bytes));
            if let Some(kept) = kept.as_ref().filter(|_| !stands) {
                match signer_of(&kept.bytes, &self.controller.fleet, &gateway) {
                    Some((signer, other)) if signer != self.key.public() || other > epoch => {
                        others.entry(signer == self.key.public()).or_default().push(gateway.clone());
                    }
                    Some(_) => {}
                    None => broken += u64::from(self.is_open(&gateway)),
                }
            }
            lost += usize::from(kept.is_none() && epoch > 0 && self.is_open(&gateway));
            let version = kept.map_or(0, |kept| kept.version);
            there.insert(gateway, There { version, epoch, stands });
        }
        if let Some((is_ours, gateways)) = others.pop_first() {
            return Err(io::Error::new(ErrorKind::ResourceBusy, another_operator(&gateways, is_ours)));
        }
        if broken > 0 {
            (self.say)(&format!("{} on the carrier, broken: replaced", plural(broken, "order")));
        }
        if lost > 0 {
            // What it counts begins anew.
            self.carrier.prepare(CALL).map_err(failed)?;
            let what = plural(lost as u64, "gateway");
            (self.say)(&format!("the carrier lacks the orders of {what}: they are told anew"));
            self.cursor = 0;
            self.controller.carrier_has_lost_all();
            self.keep_runs()?;
            self.bundles.clear();
        }
        self.there = Some(there);
        Ok(())
    }

    /// How runs go, and what a gateway says of itself, or each; none where it has not that gateway.
    pub fn described(&mut self, gateway: Option<&str>) -> io::Result<Option<String>> {
        self.look()?;
        let mut text = String::new();
        let runs: Vec<(String, bool)> = self.controller.runs.iter().map(|run| (run.run.clone(), run.closed)).collect();
        let mut earlier = runs.iter().filter(|(_, closed)| *closed).count().saturating_sub(SHOWN);
        if earlier > 0 && gateway.is_none() {
            text.push_str(&format!("{}: `hayes fleet watch RUN` shows each\n", plural(earlier as u64, "earlier run")));
        }
        for (name, closed) in runs.iter().filter(|_| gateway.is_none()) {
            if *closed && earlier > 0 {
                earlier -= 1;
                continue;
            }
            self.recall(name)?;
            let Some(run) = self.controller.runs.iter().find(|run| run.run == *name) else { continue };
            let conflicts = self.folder.run_folder(&run.run).join("conflicts");
            let count = fs::read_dir(&conflicts).map_or(0, Iterator::count) as u64;
            let kept = format!("; {} not taken, in {}", plural(count, "result"), conflicts.display());
            let kept = if count > 0 { kept } else { String::new() };
            text.push_str(&format!("{} {}{kept}\n", FleetBoard::of(run, &self.controller).line(), run.script));
        }
        for name in self.controller.gateways().iter().filter(|name| gateway.is_none_or(|it| it == *name)) {
            let (presence, order) = (self.controller.presences.get(name), self.controller.orders.get(name));
            let said = presence.map(|presence| presence.described(order, Timestamp::now()));
            text.push_str(&format!("{name}: {}\n", harmless(said.as_deref().unwrap_or("not heard").as_bytes())));
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// Lets another instance than the present one take a gateway's place; without one, lets this folder take that of
    /// another one of this fleet. What was done, or why there is nothing to do.
    pub fn adopt(&mut self, gateway: Option<&str>) -> io::Result<Result<String, String>> {
        let Some(gateway) = gateway else { return self.take_over() };
        let kept = self.carrier.presence(gateway, CALL).map_err(failed)?;
        let Some(kept) = kept else { return Ok(Err(format!("{gateway} was never heard"))) };
        let present: Presence = serde_json::from_slice(&kept.bytes)?;
        let old = present.refuses.unwrap_or(present.instance);
        if old.is_empty() {
            return Ok(Err(format!("{gateway} was never heard")));
        }
        let free = Presence { v: VERSION, refuses: Some(old.clone()), ..Presence::default() };
        match self.carrier.put_presence(gateway, &json(&free), kept.version, CALL).map_err(failed)? {
            Put::Done(_) => Ok(Ok(format!(
                "the next agent of {gateway} that is not {old} takes its place; {old} begins nothing more"
            ))),
            Put::Changed => Err(io::Error::other("it has just said something: try once more")),
        }
    }

    /// This folder takes the place of another one of this fleet, or of its last key: what that one wants is wanted no
    /// more, and what the carrier has of its runs is kept here.
    fn take_over(&mut self) -> io::Result<Result<String, String>> {
        let (mut there, mut runs, own) = (HashMap::new(), Vec::new(), [self.key.public()]);
        for (gateway, kept) in self.carrier.orders(CALL).map_err(failed)? {
            if self.told.is_last(&gateway, &kept.bytes) {
                continue;
            }
            let signer = signer_of(&kept.bytes, &self.controller.fleet, &gateway);
            let epoch = signer.map_or(0, |(_, epoch)| epoch).max(self.told.epoch(&gateway));
            // What stands under a lost key, anybody may have signed.
            let order = verified(&kept.bytes, &own, &self.controller.fleet, &gateway);
            for WantedRun { run, bundle, manner, modems, .. } in order.into_iter().flat_map(|order| order.runs) {
                let script = self.carrier.blob(&bundle, CALL).map_err(failed)?;
                let script = script.and_then(|bytes| serde_json::from_slice::<ScriptBundle>(&bytes).ok());
                let script = script.map(|bundle| bundle.entry).unwrap_or_default();
                self.adopt_run(FleetRun::of_another(&run, script, bundle, manner), &mut runs)?;
                let Some(run) = self.controller.run(&run).filter(|run| run.adopted) else { continue };
                let its = modems.into_iter().map(|modem| Target { gateway: gateway.clone(), modem });
                its.for_each(|target| run.targets.learn(target));
            }
            there.insert(gateway, There { version: kept.version, epoch, stands: false });
        }
        if there.is_empty() {
            return Ok(Err("no gateway follows another folder".to_owned()));
        }
        self.take_theirs(&mut runs)?;
        let adopted = self.controller.runs.iter_mut().filter(|run| runs.contains(&run.run));
        adopted.for_each(|run| run.cursor = Some(self.cursor));
        // Once their orders are replaced, nothing else tells of their modems.
        self.keep_runs()?;
        let orders = there.keys().map(|gateway| self.controller.order(gateway, Vec::new(), Timestamp::now())).collect();
        let count = plural(there.len() as u64, "gateway");
        self.there = Some(there);
        self.put(orders)?;
        let adopted = self.controller.runs.iter().filter(|run| runs.contains(&run.run));
        let lines = adopted.map(|run| format!("\n{} {}", FleetBoard::of(run, &self.controller).line(), run.script));
        let lines: String = lines.collect();
        let of_runs = "; the carrier has this of its runs, and `hayes fleet watch RUN` takes in what still comes:";
        let of_runs = if lines.is_empty() { "" } else { of_runs };
        Ok(Ok(format!(
            "{count}: from now on this folder orders; what the other one wanted is wanted no more{of_runs}{lines}"
        )))
    }

    /// Takes in the results of runs that this folder does not know.
    fn take_theirs(&mut self, runs: &mut Vec<String>) -> io::Result<()> {
        self.cursor = 0;
        loop {
            let come = self.carrier.results(self.cursor, TAKEN, Duration::ZERO).map_err(failed)?;
            if come.is_empty() {
                return Ok(());
            }
            for Arrived { key, bytes, .. } in &come {
                if self.controller.run(&key.run).is_none()
                    && let Ok(message) = serde_json::from_slice::<GatewayResult>(bytes)
                    && message.is_under(key)
                {
                    let script = message.result.script;
                    let run = FleetRun::of_another(&key.run, script, String::new(), Manner::default());
                    self.adopt_run(run, runs)?;
                }
            }
            self.take(come)?;
        }
    }

    /// Keeps a run of another folder that is not kept here yet.
    fn adopt_run(&mut self, run: FleetRun, runs: &mut Vec<String>) -> io::Result<()> {
        // An earlier Hayes called its runs by their name alone: that may be another's here.
        if run_name(&run.run) != run.run && self.controller.run(&run.run).is_none() {
            self.folder.adopt(&run)?;
            runs.push(run.run.clone());
            self.controller.runs.push(run);
        }
        Ok(())
    }

    /// Tells gateways what is wanted of them now, where that is another than before.
    fn tell(&mut self) -> io::Result<()> {
        let now = self.clock.now();
        let rates = self.controller.runs.iter().filter(|run| !run.closed).map(|run| run.gateway_rate);
        let rate = f64::from(rates.min().unwrap_or(u32::MAX).max(1));
        let (left, since) = self.allowance;
        let mut left = (left + rate * (now - since).as_secs_f64()).min(rate);
        (self.untold, self.allowance.1) = (0, now);
        let mut orders = Vec::new();
        for gateway in self.controller.gateways() {
            let order = match self.controller.next_order(&gateway, Timestamp::now()) {
                None if !stands(&self.there, &gateway) && self.is_open(&gateway) => self.controller.told_anew(&gateway),
                order => order,
            };
            let Some(order) = order else { continue };
            let gives = order.gives_more_than(self.controller.orders.get(&gateway));
            if self.clock.now() >= now + TELLS || gives && left < 1.0 {
                self.untold += 1;
                continue;
            }
            left -= f64::from(u8::from(gives));
            orders.push(order);
            if orders.len() == TOLD {
                self.put(std::mem::take(&mut orders))?;
            }
        }
        self.allowance.0 = left;
        self.put(orders)
    }

    fn is_open(&self, gateway: &str) -> bool {
        self.controller.runs.iter().any(|run| !run.closed && run.is_open_at(gateway))
    }

    fn bring_bundles(&mut self, order: &Order) -> io::Result<()> {
        for run in order.runs.iter().filter(|run| !self.bundles.contains(&run.bundle)).collect::<Vec<_>>() {
            let path = self.folder.run_folder(&run.run).join("bundle");
            let bytes = named(&path, fs::read(&path))?;
            self.carrier.put_blob(&run.bundle, &bytes, CALL).map_err(failed)?;
            self.bundles.insert(run.bundle.clone());
        }
        Ok(())
    }

    /// Puts orders in the place of those that this controller has put there before, and of no others.
    fn put(&mut self, mut orders: Vec<Order>) -> io::Result<()> {
        if orders.is_empty() {
            return Ok(());
        }
        // Until it is known what has become of them, they are to be looked at.
        let mut there = self.there.take().unwrap_or_default();
        for order in &mut orders {
            self.bring_bundles(order)?;
            order.epoch = order.epoch.max(there.get(&order.gateway).map_or(0, |there| there.epoch) + 1);
        }
        let signed: Vec<(Order, Vec<u8>)> =
            orders.into_iter().map(|order| (order.clone(), signed(&order, &self.key))).collect();
        self.told.append(&signed)?;
        let replaces = |gateway: &str| there.get(gateway).map_or(0, |there| there.version);
        let new = signed.iter().map(|(order, bytes)| {
            let gateway = order.gateway.as_str();
            NewOrder { gateway, bytes, replaces: replaces(gateway) }
        });
        let put = self.carrier.put_orders(&new.collect::<Vec<_>>(), CALL);
        let told = signed.iter().map(|(order, _)| (order.gateway.clone(), order.clone()));
        self.controller.orders.extend(told);
        for (put, (order, _)) in put.map_err(failed)?.into_iter().zip(signed) {
            let Put::Done(version) = put else {
                let why = format!("the order of {} has changed meanwhile", order.gateway);
                return Err(io::Error::new(ErrorKind::NotConnected, why));
            };
            there.insert(order.gateway, There { version, epoch: order.epoch, stands: true });
        }
        self.there = Some(there);
        Ok(())
    }

    /// Closes runs that need their gateways no more: only when their ledger is on the disk may these forget.
    fn close(&mut self) -> io::Result<()> {
        let (today, cursor, mut has_closed) = (Timestamp::now(), self.cursor, false);
        for place in 0..self.controller.runs.len() {
            let Some(run) = self.controller.runs.get(place) else { continue };
            if run.closed || !self.controller.may_close(run, today) {
                continue;
            }
            let (name, missing) = (run.run.clone(), self.controller.missing(run, today));
            self.enter(missing)?;
            if let Some(ledger) = self.ledgers.remove(&name) {
                ledger.finish()?;
            }
            has_closed = true;
            if let Some(run) = self.controller.run(&name) {
                (run.closed, run.from_start, run.cursor) = (true, false, Some(cursor));
                keep(&self.folder.run_folder(&name).join("run.json"), &json(run))?;
                self.folder.keep_closed(run, Some(run.taken()));
            }
        }
        if has_closed { self.tell() } else { Ok(()) }
    }

    /// Whether there is nothing more to wait for in a run. One that can be closed is closed before.
    pub fn is_over(&self, run: &str) -> bool {
        let found = self.controller.runs.iter().find(|it| it.run == run);
        let is_over = |run: &FleetRun| {
            let closes = self.controller.may_close(run, Timestamp::now());
            !closes && self.controller.is_over(run, self.clock.now())
        };
        self.is_round && self.untold == 0 && found.is_none_or(|run| run.closed || is_over(run))
    }

    /// Every modem has a line in the ledger: of those that nothing was heard of it says so. They stay wanted.
    pub fn enter_missing(&mut self, run: &str) -> io::Result<()> {
        let found = self.controller.runs.iter().find(|it| it.run == run && !it.closed);
        let missing = found.map(|run| self.controller.missing(run, Timestamp::now())).unwrap_or_default();
        self.enter(missing)
    }
}

/// What is said where gateways follow another folder's orders: one of this fleet, or of another fleet of this name.
fn another_operator(gateways: &[String], is_ours: bool) -> String {
    let more = gateways.len().saturating_sub(1) as u64;
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let has = format!("{}{more}: the carrier has orders", gateways.first().map_or("", String::as_str));
    let lets = "`hayes fleet adopt` lets this folder take its place, ends its runs and takes in their results";
    if is_ours {
        format!("{has} of another folder of this fleet (or this folder was put back as it was earlier): {lets}")
    } else {
        format!(
            "{has} signed with another key: another fleet of this name has to have another one, or a carrier of its own; \
             where that key is lost, {lets}, and each gateway is enrolled anew"
        )
    }
}

/// Whether a gateway's last order is certainly what the carrier has.
fn stands(there: &Option<HashMap<String, There>>, gateway: &str) -> bool {
    there.as_ref().and_then(|there| there.get(gateway)).is_some_and(|there| there.stands)
}
