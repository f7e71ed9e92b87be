//! What the operator's side does, as a state machine: which modems are wanted of which gateway, what has come of each,
//! and when the next wave begins. No I/O, no clock.
//!
//! The ledger decides: a result's key is its run, its modem and its attempt, and the first one stays.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::attaches::AttachBudget;
use super::carrier::ResultKey;
use super::message::{
    AttachShare, GatewayResult, Manner, Order, Presence, VERSION, WantedModem, WantedRun, of_newer, run_name,
    understood,
};
use super::moves::Moves;
use super::targets::{Target, Targets};
use crate::batch::schedule::{Share, wave_ends};
use crate::port::Timestamp;
use crate::report::result::{FailureReport, RunResult};
use crate::runtime::Status;

/// One script on the modems of many gateways, as it is kept; what is not kept the ledger and the gateways tell again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FleetRun {
    #[serde(default)]
    pub v: u32,
    /// What orders and results call it: its name ([`run_name`]), and what tells it from those of other folders
    pub run: String,
    pub script: String,
    pub bundle: String,
    pub manner: Manner,
    /// Secrets, sealed to the key of each gateway
    #[serde(default)]
    pub sealed: BTreeMap<String, String>,
    pub waves: Vec<Share>,
    pub max_fail: Option<Share>,
    /// With more modems than that whose gateways are silent, no further wave begins.
    pub max_silent: Option<Share>,
    /// How long a wave waits for gateways that are not heard, in milliseconds
    pub wave_wait: u64,
    /// At most so many gateways are given modems in a second.
    #[serde(default = "gateway_rate")]
    pub gateway_rate: u32,
    /// What its modems may do together
    #[serde(default)]
    pub attaches: Vec<AttachBudget>,
    pub targets: Targets,
    pub wave: usize,
    pub paused: bool,
    pub cancelled: bool,
    /// `finally` runs where a script runs.
    pub ends_all: bool,
    /// Modems are begun that another gateway may still have: the user knows better.
    #[serde(default)]
    pub force: bool,
    /// Its ledger is whole: gateways may forget it.
    pub closed: bool,
    /// The carrier has lost all meanwhile: what it has now is read from its beginning, however often this begins anew.
    #[serde(default)]
    pub from_start: bool,
    /// Nothing before that on the carrier is a result of it; once it is closed: how far results were taken in
    #[serde(default)]
    pub cursor: Option<u64>,
    /// Another folder's, which this one has taken the place of: what is known of it is what the carrier has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
    /// Why no further wave begins
    pub stopped: Option<String>,
    /// Where it is over and its targets were not read: its gateways
    #[serde(skip)]
    pub unread: Option<Arc<BTreeSet<String>>>,
    /// Its [`placing`](FleetRun::placing), where it is over and that was kept
    #[serde(skip)]
    pub placed: String,
    /// Of each target, by its place, its present attempt's end, and why it did not pass
    #[serde(skip)]
    ended: Vec<Option<(Status, String)>>,
    /// Every result that was taken, by its target and attempt, and what tells it from another
    #[serde(skip)]
    taken: HashMap<(usize, u32), String>,
    #[serde(skip)]
    wave_began: Option<Duration>,
}

/// As `hayes fleet run` has it where nobody says.
pub fn gateway_rate() -> u32 {
    50
}

/// A line of the ledger: a line of results as every report reads it, and where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerLine {
    #[serde(flatten)]
    pub result: RunResult,
    pub run: String,
    pub gateway: String,
    pub attempt: u32,
    /// Where the carrier goes on from
    pub cursor: u64,
    /// What tells this result from another one of the same attempt; none where no gateway has sent it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
}

/// What a person wants of a run that goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wish {
    Pause,
    Resume,
    /// With `true`, what runs ends by its `finally`.
    Cancel(bool),
    /// Those that ended so, once more
    Retry(Vec<Status>),
}

impl Wish {
    /// Those that ended so once more; where nobody says: those that failed, and those that were not reached.
    pub fn retry(interrupted: bool, failed: bool, unreachable: bool) -> Wish {
        let usual = !(interrupted || failed || unreachable);
        let all = [
            (Status::Interrupted, interrupted),
            (Status::Failed, failed || usual),
            (Status::Unreachable, unreachable || usual),
        ];
        Wish::Retry(all.into_iter().filter(|(_, wanted)| *wanted).map(|(status, _)| status).collect())
    }
}

#[derive(Debug, Default)]
pub struct Controller {
    pub fleet: String,
    pub valid_for: Duration,
    pub runs: Vec<FleetRun>,
    /// What each gateway was last told, and what it last said
    pub orders: HashMap<String, Order>,
    pub presences: HashMap<String, Presence>,
    /// Whether the carrier knows that a gateway reads its present order
    pub confirms: bool,
    pub moves: Moves,
}

/// What is wanted of a gateway in a run.
struct WantedModems<'r> {
    run: &'r FleetRun,
    manner: Manner,
    stop: bool,
    attaches: Vec<AttachShare>,
    modems: Vec<&'r WantedModem>,
}

/// So many runs that are over are named to the gateways.
const SETTLED: usize = 64;

/// The code of a result that no gateway has sent.
const NOT_HEARD: &str = "hayes::fleet::not-heard";
const EXPIRED: &str = "hayes::fleet::expired";
const CANCELLED: &str = "hayes::fleet::cancelled";
const MOVED: &str = "hayes::fleet::moved";
/// All of them: no modem was found wrong.
pub const NO_GATEWAY: [&str; 4] = [NOT_HEARD, EXPIRED, CANCELLED, MOVED];

impl LedgerLine {
    /// For people: `gw-1-2 at gw-1: failed: no answer (setup.hayes:12)`
    pub fn told(&self) -> String {
        let why = Some(self.result.why()).filter(|why| !why.is_empty()).map(|why| format!(": {why}"));
        format!("{} at {}: {}{}", self.result.modem, self.gateway, self.result.status, why.unwrap_or_default())
    }
}

impl FleetRun {
    /// A run that has just begun.
    pub fn new(run: String, script: String, bundle: String, manner: Manner, targets: Vec<Target>) -> FleetRun {
        FleetRun {
            v: VERSION,
            run,
            script,
            bundle,
            manner,
            sealed: BTreeMap::new(),
            waves: Vec::new(),
            max_fail: None,
            max_silent: None,
            wave_wait: 3_600_000,
            gateway_rate: gateway_rate(),
            attaches: Vec::new(),
            targets: targets.into(),
            wave: 0,
            paused: false,
            cancelled: false,
            ends_all: false,
            force: false,
            closed: false,
            from_start: false,
            cursor: None,
            adopted: false,
            stopped: None,
            unread: None,
            placed: String::new(),
            ended: Vec::new(),
            taken: HashMap::new(),
            wave_began: None,
        }
    }

    /// A run of another folder, whose place this one takes: nothing of it is begun any more.
    pub fn of_another(run: &str, script: String, bundle: String, manner: Manner) -> FleetRun {
        let run = FleetRun::new(run.to_owned(), script, bundle, manner, Vec::new());
        FleetRun { cancelled: true, adopted: true, ..run }
    }

    /// A run that is over, of which no more is known than where it was: its targets and its ledger were not read.
    pub fn unread(run: String, adopted: bool, cursor: Option<u64>, gateways: Arc<BTreeSet<String>>) -> FleetRun {
        let run = FleetRun::new(run, String::new(), String::new(), Manner::default(), Vec::new());
        FleetRun { closed: true, adopted, cursor, unread: Some(gateways), ..run }
    }

    /// Whether a gateway has modems of it.
    fn is_at(&self, gateway: &str) -> bool {
        let unread = self.unread.as_ref();
        unread.map_or_else(|| self.targets.at(gateway).next().is_some(), |gateways| gateways.contains(gateway))
    }

    /// How many results its ledger has.
    pub fn taken(&self) -> usize {
        self.taken.len()
    }

    /// What people call it. One of another folder is told from the one of the same name here.
    pub fn name(&self) -> &str {
        if self.adopted { &self.run } else { run_name(&self.run) }
    }

    /// Takes a modem that a result of another folder's run tells of.
    fn learn(&mut self, gateway: &str, attempt: u32, result: &RunResult) {
        if self.adopted {
            let RunResult { modem, port, labels, .. } = result;
            let modem = WantedModem { labels: labels.clone(), attempt, ..WantedModem::new(modem, port) };
            self.targets.learn(Target { gateway: gateway.to_owned(), modem });
        }
    }

    /// Whether nothing of it is begun any more, by that time of day.
    pub fn is_late(&self, today: Timestamp) -> bool {
        Timestamp::parse(&self.manner.not_after).is_some_and(|end| today >= end)
    }

    /// Takes what its ledger holds.
    pub fn read(&mut self, line: &LedgerLine) {
        self.learn(&line.gateway, line.attempt, &line.result);
        let Some((place, mark)) = self.targets.place(&line.result.modem).zip(line.mark.as_ref()) else { return };
        self.taken.insert((place, line.attempt), mark.clone());
        self.note(place, line.attempt, &line.result);
    }

    fn note(&mut self, place: usize, attempt: u32, result: &RunResult) {
        if self.targets.get(place).is_some_and(|target| target.modem.attempt == attempt) {
            self.ended.resize(self.targets.len(), None);
            let end = self.ended.get_mut(place);
            end.into_iter().for_each(|end| *end = Some((result.status, result.why())));
        }
    }

    fn end(&self, place: usize) -> Option<&(Status, String)> {
        self.ended.get(place)?.as_ref()
    }

    /// How its modem's present attempt ended.
    pub fn status(&self, modem: &str) -> Option<Status> {
        Some(self.end(self.targets.place(modem)?)?.0)
    }

    /// How a target's present attempt ended, and why it did not pass.
    pub fn outcome(&self, place: usize) -> Option<(Status, Option<&str>)> {
        self.end(place).map(|(status, why)| (*status, Some(why.as_str()).filter(|why| !why.is_empty())))
    }

    /// How many targets are of a wave that has begun: the first ones.
    pub fn begun_count(&self) -> usize {
        let ends = wave_ends(&self.waves, self.targets.len());
        ends.get(self.wave).copied().unwrap_or(self.targets.len()).min(self.targets.len())
    }

    /// Whether nothing new is begun.
    pub fn begins_no_more(&self) -> bool {
        self.cancelled || self.stopped.is_some()
    }

    /// Targets whose present attempt has not ended.
    pub fn open(&self) -> impl Iterator<Item = &Target> {
        self.open_of(self.targets.len())
    }

    /// Those of the first ones.
    fn open_of(&self, count: usize) -> impl Iterator<Item = &Target> {
        let open = self.targets.iter().enumerate().take(count).filter(|(place, _)| self.end(*place).is_none());
        open.map(|(_, target)| target)
    }

    /// Whether a gateway has targets that have not ended.
    pub fn is_open_at(&self, gateway: &str) -> bool {
        self.targets.at(gateway).any(|(place, _)| self.end(place).is_none())
    }

    /// Why what a person wants of it cannot be.
    pub fn unfit(&self, wish: &Wish, today: Timestamp) -> Option<String> {
        let retries = if let Wish::Retry(of) = wish { Some(of) } else { None };
        let would = |of: &[Status]| self.ended.iter().flatten().any(|(status, _)| of.contains(status));
        let (open, name) = (self.open().count(), self.name());
        let another = "`hayes fleet run` begins another run";
        let resumes = *wish == Wish::Resume;
        if self.adopted && (resumes || retries.is_some()) {
            let why = "it was another folder's, and its order is not known here";
            return Some(format!("{why}: another `hayes fleet run` is needed"));
        }
        if (resumes && open > 0 || retries.is_some()) && self.is_late(today) {
            return Some(format!("its time was over at {}: {another}", self.manner.not_after));
        }
        match retries {
            Some(of) if would(of) => None,
            Some(_) if open > 0 && self.begins_no_more() => {
                let begins =
                    if self.cancelled { another.to_owned() } else { format!("`hayes fleet go-on {name}` begins them") };
                Some(format!("no modem of it ended so: none runs once more; {open} were not begun or heard: {begins}"))
            }
            Some(_) => Some("no modem of it ended so: none runs once more".to_owned()),
            None if open == 0 => Some("all of its modems have ended already".to_owned()),
            None if self.cancelled && !matches!(wish, Wish::Cancel(_)) => {
                Some(format!("it was cancelled, and does not go on: {another}"))
            }
            None if self.cancelled && matches!(wish, Wish::Cancel(now) if !*now || self.ends_all) => {
                Some("it was cancelled already".to_owned())
            }
            None if self.paused && *wish == Wish::Pause => Some("it is paused already".to_owned()),
            None if resumes && !self.paused && self.stopped.is_none() => {
                Some("it goes on already: nothing has paused or stopped it".to_owned())
            }
            None => None,
        }
    }

    /// Does what a person wants. How many modems it concerns.
    pub fn heed(&mut self, wish: &Wish) -> usize {
        match wish {
            Wish::Pause => self.paused = true,
            // Who goes on knows what has failed: it would stop at once again.
            Wish::Resume => {
                if self.stopped.take().is_some() {
                    (self.max_fail, self.max_silent, self.closed) = (None, None, false);
                }
                self.paused = false;
            }
            Wish::Cancel(all) => (self.cancelled, self.ends_all) = (true, *all),
            Wish::Retry(of) => {
                let ended = self.ended.iter_mut().enumerate();
                let again = ended.filter(|(_, end)| end.as_ref().is_some_and(|end| of.contains(&end.0)));
                let again: Vec<usize> = again.map(|(place, end)| (place, *end = None).0).collect();
                again.iter().for_each(|place| self.targets.try_again(*place));
                if !again.is_empty() {
                    (self.cancelled, self.closed, self.ends_all, self.stopped) = (false, false, false, None);
                }
                return again.len();
            }
        }
        self.open().count()
    }
}

impl Controller {
    pub fn run(&mut self, name: &str) -> Option<&mut FleetRun> {
        self.runs.iter_mut().find(|run| run.run == name)
    }

    /// A result has come. The line of the ledger that it makes, none where it is there already; else what is wrong with
    /// it, which is told.
    pub fn take(
        &mut self,
        key: &ResultKey,
        bytes: &[u8],
        mark: String,
        cursor: u64,
    ) -> Result<Option<LedgerLine>, String> {
        let Some(run) = self.run(&key.run) else { return Ok(None) };
        let name = if run.adopted { &key.run } else { run_name(&key.run) };
        let what = || format!("a result of {} by {} in {name}", key.modem, key.gateway);
        if run.adopted
            && let Ok(message) = serde_json::from_slice::<GatewayResult>(bytes)
            && message.is_under(key)
        {
            run.learn(&key.gateway, key.attempt, &message.result);
        }
        let place = run.targets.place(&key.modem).filter(|place| {
            let target = run.targets.get(*place);
            target.is_some_and(|target| target.gateway == key.gateway && key.attempt <= target.modem.attempt)
        });
        let Some(place) = place else { return Err(format!("{} was not asked for", what())) };
        let slot = (place, key.attempt);
        match run.taken.get(&slot) {
            Some(known) if *known == mark => return Ok(None),
            Some(_) => {
                return Err(format!(
                    "{} is another than the first one of attempt {}, which counts: conflict; was the gateway's folder copied, or put back as it was?",
                    what(),
                    key.attempt
                ));
            }
            None => {}
        }
        let message = understood(bytes, |result: &GatewayResult| result.v).map_err(|why| {
            // One that a newer Hayes reads is there for it, whatever was taken in since.
            run.from_start |= !run.closed && of_newer(bytes).is_some();
            format!("{} {why}", what())
        })?;
        if !message.is_under(key) {
            return Err(format!("{} stands under another's name", what()));
        }
        run.taken.insert(slot, mark.clone());
        run.note(place, key.attempt, &message.result);
        let mut result = message.result;
        result.record = message.record;
        if result.script.is_empty() {
            result.script.clone_from(&run.script);
        }
        let (run, gateway) = (key.run.clone(), key.gateway.clone());
        Ok(Some(LedgerLine { result, run, gateway, attempt: key.attempt, cursor, mark: Some(mark) }))
    }

    /// Whether a gateway has said that it follows its present order.
    pub fn is_heard(&self, gateway: &str) -> bool {
        let order = self.orders.get(gateway).map_or(u64::MAX, |order| order.epoch);
        self.presences.get(gateway).is_some_and(|presence| presence.epoch >= order)
    }

    /// Whether a target may still end: its gateway has it, and has not said that it leaves it.
    fn is_awaited(&self, run: &FleetRun, target: &Target) -> bool {
        let name = &target.modem.name;
        let presence = self.presences.get(&target.gateway);
        let works = presence.is_some_and(|presence| presence.running.contains(name) || presence.outbox > 0);
        let elsewhere = self.moves.gateway_of(run, target).is_some() || self.moves.waits(run, target).is_some();
        self.is_heard(&target.gateway) && (!run.begins_no_more() && !elsewhere || works)
    }

    /// Whether nothing can come of a target for now: its gateway is not heard, or may not begin it yet.
    fn is_silent(&self, run: &FleetRun, target: &Target) -> bool {
        !self.is_heard(&target.gateway) || self.moves.waits(run, target).is_some()
    }

    /// Goes on to the next wave where it is time, and stops what has failed too often. Whether a run is another now.
    /// `stands` tells whether a gateway's last order is certainly what the carrier has.
    pub fn advance(&mut self, now: Duration, stands: &dyn Fn(&str) -> bool) -> bool {
        self.look_at_moves(now, stands);
        let mut changed = false;
        for place in 0..self.runs.len() {
            let Some(run) = self.runs.get(place) else { continue };
            if run.closed || run.begins_no_more() {
                continue;
            }
            changed |= self.deal_attaches(place, now, stands);
            let Some(run) = self.runs.get(place) else { continue };
            let (all, begun) = (run.targets.len(), run.begun_count());
            let failed = run.ended.iter().flatten();
            let failed = failed.filter(|(status, _)| matches!(status, Status::Failed | Status::Unreachable));
            let too_many = run.max_fail.is_some_and(|most| failed.count() > most.of(all));
            let open = run.open_of(begun).filter(|target| self.moves.gateway_of(run, target).is_none());
            let open: Vec<&Target> = open.collect();
            let silent = open.iter().filter(|target| self.is_silent(run, target)).count();
            let waited = run.wave_began.is_some_and(|began| now >= began + Duration::from_millis(run.wave_wait));
            let over = open.is_empty() || waited && silent == open.len();
            let too_silent = over && run.max_silent.is_some_and(|most| silent > most.of(all));
            let (last, some_left) = (begun == all, open.len() + all - begun > 0);
            let Some(run) = self.runs.get_mut(place) else { continue };
            run.wave_began.get_or_insert(now);
            if too_many && some_left {
                run.stopped = Some("too many have failed".to_owned());
            } else if too_silent {
                run.stopped = Some("too many gateways are silent".to_owned());
            } else if over && !last && !run.paused {
                (run.wave, run.wave_began) = (run.wave + 1, Some(now));
            } else {
                continue;
            }
            changed = true;
        }
        changed
    }

    /// Whether there is nothing more to wait for: what is heard has ended, and what is not heard had its time.
    pub fn is_over(&self, run: &FleetRun, now: Duration) -> bool {
        let waited = run.wave_began.is_some_and(|began| now >= began + Duration::from_millis(run.wave_wait));
        let (all, begun) = (run.targets.len(), run.begun_count());
        let ends = begun == all || run.begins_no_more();
        let had_time = |target: &Target| {
            let elsewhere = self.moves.gateway_of(run, target).is_some();
            waited || elsewhere || run.begins_no_more() && self.is_heard(&target.gateway)
        };
        ends && run.open_of(begun).all(|target| !self.is_awaited(run, target) && had_time(target))
    }

    /// Whether a run needs its gateways no more.
    pub fn may_close(&self, run: &FleetRun, today: Timestamp) -> bool {
        // One that was moved may have ended where it was, unheard.
        let gone = |target: &Target| {
            let ends = run.begins_no_more() || self.is_gone(run, target);
            ends && self.is_heard(&target.gateway) && !self.is_awaited(run, target)
        };
        // Those whose wave has not begun are at no gateway.
        let held = if run.begins_no_more() { run.begun_count() } else { run.targets.len() };
        run.is_late(today) || run.open_of(held).all(gone)
    }

    /// What stands in the report of those that no result came of.
    pub fn missing(&self, run: &FleetRun, today: Timestamp) -> Vec<LedgerLine> {
        let (expired, begun) = (run.is_late(today), run.begun_count());
        let line = |(place, target): (usize, &Target)| {
            let (gateway, until) = (&target.gateway, &run.manner.not_after);
            let (code, message) = if let Some(other) = self.moves.gateway_of(run, target) {
                (MOVED, format!("it was not begun at {gateway}: a later run has it at {other}"))
            } else if run.begins_no_more() && (self.is_heard(gateway) || place >= begun) {
                let why = run.stopped.as_deref().unwrap_or("the run was cancelled");
                (CANCELLED, format!("it was not begun: {why}"))
            } else if let Some(budget) = run.waits_to_attach(target).filter(|_| expired) {
                (EXPIRED, format!("it waited until {until} for its gateway {gateway} to attach of {}", budget.of))
            } else if expired {
                (EXPIRED, format!("its gateway {gateway} did not come before {until}"))
            } else if let Some(waits) = self.moves.waits(run, target) {
                let other = &waits.gateway;
                (
                    NOT_HEARD,
                    format!(
                        "{other} may still have it by run {}, and nothing was heard of {other}",
                        run_name(&waits.run)
                    ),
                )
            } else {
                (NOT_HEARD, format!("nothing was heard of its gateway {gateway}"))
            };
            let help = "begin another run of it; `--not-after` says how long it waits for gateways";
            let help = (code == EXPIRED).then(|| help.to_owned());
            let failure = FailureReport { help, ..FailureReport::outside(code, &message) };
            let (modem, port) = (&target.modem.name, &target.modem.port);
            let result = RunResult::unreachable(modem, port, &run.script, today.to_string(), failure);
            let (run, gateway, attempt) = (run.run.clone(), gateway.clone(), target.modem.attempt);
            LedgerLine { result, run, gateway, attempt, cursor: 0, mark: None }
        };
        run.targets.iter().enumerate().filter(|(place, _)| run.end(*place).is_none()).map(line).collect()
    }

    /// The order that a gateway is to have now; none where what it has says the same.
    pub fn next_order(&self, gateway: &str, today: Timestamp) -> Option<Order> {
        let its = self.runs.iter().filter(|run| !run.closed && !run.paused);
        let wanted: Vec<WantedModems<'_>> = its.filter_map(|run| self.wanted(run, gateway)).collect();
        let is_same = |known: &Order| {
            let its = (known.pause, known.valid_for, &known.fleet, &known.settled);
            its == (self.is_paused(), self.valid_for, &self.fleet, &self.settled(gateway))
                && self.says_the_same(known, &wanted)
        };
        let says_nothing = self.orders.get(gateway).map_or(wanted.is_empty(), is_same);
        let told = |wanted: WantedModems<'_>| WantedRun {
            run: wanted.run.run.clone(),
            bundle: wanted.run.bundle.clone(),
            manner: wanted.manner,
            stop: wanted.stop,
            attaches: wanted.attaches,
            modems: wanted.modems.into_iter().cloned().collect(),
        };
        (!says_nothing).then(|| self.order(gateway, wanted.into_iter().map(told).collect(), today))
    }

    /// A new order with these runs.
    pub fn order(&self, gateway: &str, runs: Vec<WantedRun>, today: Timestamp) -> Order {
        Order {
            v: VERSION,
            fleet: self.fleet.clone(),
            gateway: gateway.to_owned(),
            epoch: self.orders.get(gateway).map_or(0, |known| known.epoch) + 1,
            issued: today.to_string(),
            valid_for: self.valid_for,
            pause: self.is_paused(),
            settled: self.settled(gateway),
            needs: Order::needed(&runs),
            runs,
        }
    }

    fn is_paused(&self) -> bool {
        let mut active = self.runs.iter().filter(|run| !run.closed).peekable();
        active.peek().is_some() && active.all(|run| run.paused)
    }

    /// The last runs of a gateway that are over.
    fn settled(&self, gateway: &str) -> Vec<String> {
        let closed = self.runs.iter().rev().filter(|run| run.closed);
        let its = closed.filter(|run| run.is_at(gateway));
        its.take(SETTLED).map(|run| run.run.clone()).collect()
    }

    /// Whether a known order wants what this one wants. What has ended since then may stand in it: the gateway knows
    /// that itself.
    fn says_the_same(&self, known: &Order, wanted: &[WantedModems<'_>]) -> bool {
        let left = known.runs.iter().filter_map(|run| {
            let found = self.runs.iter().find(|it| it.run == run.run);
            let wanted = wanted.iter().find(|it| it.run.run == run.run);
            let has_ended = |modem: &WantedModem| found.is_some_and(|run| run.status(&modem.name).is_some());
            let left: Vec<&WantedModem> = run.modems.iter().filter(|modem| !has_ended(modem)).collect();
            let stays = !left.is_empty() || run.stop || wanted.is_some_and(|run| run.modems.is_empty());
            stays.then_some((run, left))
        });
        let left: Vec<(&WantedRun, Vec<&WantedModem>)> = left.collect();
        let is_same = |((known, left), wanted): (&(&WantedRun, Vec<&WantedModem>), &WantedModems<'_>)| {
            (&known.run, &known.bundle, known.stop) == (&wanted.run.run, &wanted.run.bundle, wanted.stop)
                && (&known.manner, &known.attaches) == (&wanted.manner, &wanted.attaches)
                && *left == wanted.modems
        };
        left.len() == wanted.len() && left.iter().zip(wanted).all(is_same)
    }

    /// The carrier has lost all that it had.
    pub fn carrier_has_lost_all(&mut self) {
        self.runs.iter_mut().filter(|run| !run.closed).for_each(|run| run.from_start = true);
    }

    /// What a gateway was told last, once more: where its carrier has lost that, it has lost results too.
    pub fn told_anew(&self, gateway: &str) -> Option<Order> {
        let known = self.orders.get(gateway)?;
        Some(Order { epoch: known.epoch + 1, ..known.clone() })
    }

    fn wanted<'r>(&self, run: &'r FleetRun, gateway: &str) -> Option<WantedModems<'r>> {
        let begun = if run.begins_no_more() { 0 } else { run.begun_count() };
        let is_free = |(place, target): &(usize, &Target)| {
            *place < begun
                && run.end(*place).is_none()
                && self.moves.gateway_of(run, target).is_none()
                && self.moves.waits(run, target).is_none()
        };
        let may_attach = |target: &Target| run.waits_to_attach(target).is_none();
        let its = || run.targets.at(gateway);
        let open: Vec<&Target> = its().filter(is_free).map(|(_, target)| target).collect();
        let modems = open.iter().filter(|target| may_attach(target)).map(|target| &target.modem).collect();
        let stop = run.cancelled && run.ends_all && its().next().is_some();
        let manner = Manner { sealed: run.sealed.get(gateway).cloned(), ..run.manner.clone() };
        // One without modems asks the gateway whether it is there to have a share.
        let attaches = run.shares_of(gateway);
        (!open.is_empty() || stop).then_some(WantedModems { run, manner, stop, attaches, modems })
    }

    /// All gateways of its runs.
    pub fn gateways(&self) -> BTreeSet<String> {
        // Most runs that were not read share their gateways.
        let (mut all, mut last) = (BTreeSet::new(), None);
        for run in &self.runs {
            match &run.unread {
                None => all.extend(run.targets.gateways().cloned()),
                Some(its) if last.replace(its).is_none_or(|last| !Arc::ptr_eq(last, its)) => {
                    all.extend(its.iter().cloned());
                }
                Some(_) => {}
            }
        }
        all
    }
}
