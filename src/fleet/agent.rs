//! What a gateway does, as a state machine: it is given the time, messages and what stands on the disk, and tells what
//! is to be written, run and sent next. No I/O, no clock, no thread.
//!
//! An attempt on a modem goes from wanted to begun, to done, to stored, and is forgotten once its run is settled. A
//! line of the journal stands before each step that cannot be taken back: `started` before the port is opened, `done`
//! before the result is sent. After a crash the journal says where each attempt was.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bundle::ReadyBundle;
use super::carrier::ResultKey;
use super::message::{
    AttachShare, GatewayResult, Order, Presence, VERSION, WantedModem, WantedRun, json, run_name, verified,
};
use crate::port::Timestamp;
use crate::report::result::{FailureReport, RunResult};
use crate::runtime::Status;

/// A line of a gateway's journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentLine {
    /// Its port is opened next.
    Started(ResultKey),
    /// Its port was not opened after all.
    Withdrawn(ResultKey),
    Done(Box<GatewayResult>),
}

/// Who a gateway is. It is told once, when it is enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    pub fleet: String,
    pub gateway: String,
    /// The keys that orders may be signed with; a second one while they change
    pub operators: Vec<String>,
    /// By chance: tells this state folder from any other
    pub instance: String,
}

/// Where an attempt on a modem is.
#[derive(Debug, Clone, Default)]
struct Attempt {
    /// How often it was begun
    begun: u32,
    runs: bool,
    /// Its result, as it is sent
    done: Option<Vec<u8>>,
    stored: bool,
}

/// Whose presence the carrier holds under this gateway's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing begins before that is known.
    Unknown,
    Ours,
    /// Another folder's, or another machine's
    Another(String),
    /// That of a copy of this folder, which has begun since this one did
    Copied,
}

#[derive(Debug)]
pub struct Agent {
    pub who: Enrolment,
    order: Option<Order>,
    /// The bytes that were judged last, and are followed
    judged: Vec<u8>,
    /// Until when modems may be begun, since the machine was started
    fresh_until: Duration,
    bundles: BTreeMap<String, Result<ReadyBundle, String>>,
    attempts: BTreeMap<ResultKey, Attempt>,
    /// The run that is driven, and the attempts of it that are
    driven: Option<(String, Vec<ResultKey>)>,
    pub standing: Standing,
    /// How often the agent of its folder has begun, with this time once it has said so
    pub session: u64,
    /// Why the last order was not followed
    refused: Option<String>,
    /// Why nothing can be written
    pub disk: Option<String>,
    /// How many modems wait until they may attach
    pub waiting: usize,
}

/// Modems to be run now.
#[derive(Debug)]
pub struct Drive {
    pub run: WantedRun,
    pub modems: Vec<WantedModem>,
    pub bundle: ReadyBundle,
}

/// So often an attempt is begun, where its scripts may be run again.
const MOST_BEGUN: u32 = 3;

impl Agent {
    /// As it was when it wrote these lines, and last followed this order.
    pub fn new(who: Enrolment, order: Option<Order>, lines: impl IntoIterator<Item = AgentLine>) -> Agent {
        let mut agent = Agent {
            who,
            order,
            judged: Vec::new(),
            fresh_until: Duration::ZERO,
            bundles: BTreeMap::new(),
            attempts: BTreeMap::new(),
            driven: None,
            standing: Standing::Unknown,
            session: 0,
            refused: None,
            disk: None,
            waiting: 0,
        };
        for line in lines {
            match line {
                AgentLine::Started(key) => agent.attempts.entry(key).or_default().begun += 1,
                AgentLine::Withdrawn(key) => {
                    let attempt = agent.attempts.entry(key).or_default();
                    attempt.begun = attempt.begun.saturating_sub(1);
                }
                AgentLine::Done(result) => agent.done(&result),
            }
        }
        agent
    }

    // ── Orders

    /// The order in these bytes, if it is to be followed from now on; none where it is followed already. Else why not,
    /// which is told.
    pub fn judge(&mut self, bytes: &[u8]) -> Result<Option<Order>, String> {
        if !self.judged.is_empty() && bytes == self.judged {
            self.refused = None;
            return Ok(None);
        }
        let who = &self.who;
        let judged = verified(bytes, &who.operators, &who.fleet, &who.gateway).and_then(|order| match &self.order {
            Some(known) if order == *known => Ok(None),
            Some(known) if order.epoch <= known.epoch => {
                Err(format!("the order is of epoch {}, and epoch {} is followed", order.epoch, known.epoch))
            }
            Some(_) | None => Ok(Some(order)),
        });
        self.refused = judged.as_ref().err().cloned();
        if let Ok(None) = judged {
            self.judged = bytes.to_owned();
        }
        judged
    }

    /// Follows an order that stands on the disk.
    pub fn follow(&mut self, order: Order) {
        self.order = Some(order);
        self.judged.clear();
        self.forget_settled();
        // A carrier that has lost all has lost results too.
        self.send_again();
    }

    /// The carrier has said just now that the order which is followed is the present one.
    pub fn confirmed(&mut self, now: Duration) {
        self.fresh_until = self.order.as_ref().map_or(Duration::ZERO, |order| now + order.valid_for);
    }

    /// Until when modems may be begun, since the machine was started; zero: none may.
    pub fn may_begin_until(&self) -> Duration {
        let paused = self.order.as_ref().is_none_or(|order| order.pause);
        if paused || self.standing != Standing::Ours || self.disk.is_some() { Duration::ZERO } else { self.fresh_until }
    }

    /// How long its order is fresh after it was seen.
    pub fn valid_for(&self) -> Duration {
        self.order.as_ref().map_or(Duration::MAX, |order| order.valid_for)
    }

    pub fn epoch(&self) -> u64 {
        self.order.as_ref().map_or(0, |order| order.epoch)
    }

    // ── Bundles

    /// The bundles that are needed and not there.
    pub fn missing_bundles(&self) -> Vec<String> {
        let wanted = self.order.iter().flat_map(|order| &order.runs).map(|run| &run.bundle);
        wanted.filter(|hash| !self.bundles.contains_key(*hash)).cloned().collect()
    }

    /// Whether its order names a bundle.
    pub fn has_bundle(&self, hash: &str) -> bool {
        self.order.iter().flat_map(|order| &order.runs).any(|run| run.bundle == hash)
    }

    pub fn bundle_came(&mut self, hash: String, bundle: Result<ReadyBundle, String>) {
        self.bundles.insert(hash, bundle);
    }

    // ── Modems

    /// What to run now. It is driven until [`Agent::driven`] is called. `room`: how often the modems of a share may
    /// attach now. One that may not is not begun, so that it holds no port while it waits.
    pub fn next_drive(
        &mut self,
        now: Duration,
        today: Timestamp,
        room: &dyn Fn(&AttachShare) -> usize,
    ) -> Option<Drive> {
        if self.driven.is_some() {
            return None;
        }
        let mut waiting = 0;
        let drive = self.drive(now, today, room, &mut waiting);
        self.waiting = waiting;
        let drive = drive?;
        let keys = drive.modems.iter().map(|modem| self.key(&drive.run.run, modem)).collect();
        self.driven = Some((drive.run.run.clone(), keys));
        Some(drive)
    }

    fn drive(
        &self,
        now: Duration,
        today: Timestamp,
        room: &dyn Fn(&AttachShare) -> usize,
        waiting: &mut usize,
    ) -> Option<Drive> {
        if now >= self.may_begin_until() {
            return None;
        }
        let runs = &self.order.as_ref()?.runs;
        runs.iter().filter(|run| !run.stop && !is_over(run, today)).find_map(|run| {
            let bundle = self.bundles.get(&run.bundle)?.as_ref().ok()?;
            let waits = |modem: &&WantedModem| {
                let attempt = self.attempts.get(&self.key(&run.run, modem));
                attempt.is_none_or(|attempt| {
                    attempt.done.is_none() && !attempt.runs && may_begin_again(attempt.begun, bundle)
                })
            };
            let mut left: Vec<usize> = run.attaches.iter().map(room).collect();
            let mut may_attach = |modem: &&WantedModem| {
                let may = modem.limits.iter().all(|limit| left.get(*limit).is_some_and(|left| *left > 0));
                for limit in modem.limits.iter().filter(|_| may) {
                    left.get_mut(*limit).into_iter().for_each(|left| *left -= 1);
                }
                *waiting += usize::from(!may);
                may
            };
            let modems: Vec<WantedModem> =
                run.modems.iter().filter(waits).filter(|modem| may_attach(modem)).cloned().collect();
            (!modems.is_empty()).then(|| Drive { run: run.clone(), modems, bundle: bundle.clone() })
        })
    }

    pub fn key(&self, run: &str, modem: &WantedModem) -> ResultKey {
        let (run, gateway, modem, attempt) =
            (run.to_owned(), self.who.gateway.clone(), modem.name.clone(), modem.attempt);
        ResultKey { run, gateway, modem, attempt }
    }

    /// Whether all that is driven is still wanted, and if not, whether its modems' `finally` is to run now.
    pub fn wants_driven(&self) -> (bool, bool) {
        let wanted = self.driven.as_ref().and_then(|(run, _)| self.wanted(run));
        let none_is_left_over = self.left_over().next().is_none();
        (wanted.is_some_and(|run| !run.stop) && none_is_left_over, wanted.is_some_and(|run| run.stop))
    }

    /// What is driven, has not ended and is wanted here no more. The batch may begin it until it has ended itself.
    fn left_over(&self) -> impl Iterator<Item = &ResultKey> {
        let driven = self.driven.iter().flat_map(|(_, keys)| keys);
        driven.filter(|key| {
            let has_ended = self.attempts.get(key).is_some_and(|attempt| attempt.done.is_some());
            let is_wanted = |run: &WantedRun| run.modems.iter().any(|modem| self.key(&run.run, modem) == **key);
            !has_ended && !self.wanted(&key.run).is_some_and(is_wanted)
        })
    }

    /// Its line `started` stands on the disk.
    pub fn started(&mut self, key: ResultKey) {
        let attempt = self.attempts.entry(key).or_default();
        (attempt.begun, attempt.runs) = (attempt.begun + 1, true);
    }

    pub fn withdrawn(&mut self, key: &ResultKey) {
        if let Some(attempt) = self.attempts.get_mut(key) {
            (attempt.begun, attempt.runs) = (attempt.begun.saturating_sub(1), false);
        }
    }

    /// Its line `done` stands on the disk.
    pub fn done(&mut self, result: &GatewayResult) {
        let attempt = self.attempts.entry(result.key()).or_default();
        attempt.runs = false;
        // A second one would be our own fault: the first is the one that was sent.
        attempt.done.get_or_insert_with(|| json(result));
    }

    /// Whether a modem runs, or has just ended.
    pub fn is_busy(&self) -> bool {
        self.attempts.values().any(|attempt| attempt.runs)
    }

    /// Nothing is driven any more.
    pub fn driven(&mut self) {
        self.driven = None;
    }

    /// Results of attempts that a crash has cut off, and that are not begun again. Each is to be written down.
    pub fn cut_off(&self, today: Timestamp) -> Vec<GatewayResult> {
        let cut = |(key, attempt): (&ResultKey, &Attempt)| {
            // The batch may still begin it.
            let is_driven = self.driven.as_ref().is_some_and(|(_, keys)| keys.contains(key));
            // What is wanted of it is not known, where the last order was lost, or is a newer Hayes's.
            let is_driven = is_driven || self.order.is_none();
            if attempt.begun == 0 || attempt.runs || attempt.done.is_some() || is_driven {
                return None;
            }
            let wanted = self.wanted(&key.run).filter(|run| !run.stop);
            let modem = wanted.and_then(|run| run.modems.iter().find(|modem| self.key(&run.run, modem) == *key));
            let again = match wanted.filter(|_| modem.is_some()).map(|run| self.bundles.get(&run.bundle)) {
                // It is not known yet.
                Some(None) => return None,
                Some(Some(Ok(bundle))) => may_begin_again(attempt.begun, bundle),
                Some(Some(Err(_))) | None => false,
            };
            let port = modem.map(|modem| modem.port.as_str()).unwrap_or_default();
            (!again).then(|| self.interrupted(key, port, today))
        };
        self.attempts.iter().filter_map(cut).collect()
    }

    fn interrupted(&self, key: &ResultKey, port: &str, today: Timestamp) -> GatewayResult {
        let message = "the gateway's agent ended while this modem's script ran";
        let help = format!(
            "look at what it has done, then `hayes fleet retry {} --interrupted` runs it again",
            run_name(&key.run)
        );
        let failure =
            FailureReport { help: Some(help), ..FailureReport::outside("hayes::fleet::interrupted", message) };
        let mut result = RunResult::unreachable(&key.modem, port, "", today.to_string(), failure);
        result.status = Status::Interrupted;
        self.result(&key.run, key.attempt, result, None)
    }

    /// A result as it is sent.
    pub fn result(&self, run: &str, attempt: u32, result: RunResult, record: Option<String>) -> GatewayResult {
        GatewayResult {
            v: VERSION,
            run: run.to_owned(),
            gateway: self.who.gateway.clone(),
            attempt,
            epoch: self.epoch(),
            agent: env!("CARGO_PKG_VERSION").to_owned(),
            instance: self.who.instance.clone(),
            result,
            record,
        }
    }

    fn wanted(&self, run: &str) -> Option<&WantedRun> {
        self.order.as_ref()?.runs.iter().find(|wanted| wanted.run == run)
    }

    // ── Results

    /// The next result to be sent.
    pub fn to_send(&self) -> Option<(ResultKey, Vec<u8>)> {
        let mut unsent = self.attempts.iter().filter(|(_, attempt)| !attempt.stored);
        unsent.find_map(|(key, attempt)| Some((key.clone(), attempt.done.clone()?)))
    }

    /// The carrier has it. Whether the journal may forget something now.
    pub fn sent(&mut self, key: &ResultKey) -> bool {
        if let Some(attempt) = self.attempts.get_mut(key) {
            attempt.stored = true;
        }
        let before = self.attempts.len();
        self.forget_settled();
        self.attempts.len() < before
    }

    /// The carrier may have lost what it had: all that is not settled is sent again.
    pub fn send_again(&mut self) {
        self.attempts.values_mut().for_each(|attempt| attempt.stored = false);
    }

    fn forget_settled(&mut self) {
        let Some(order) = &self.order else { return };
        let is_over = |key: &ResultKey, attempt: &Attempt| {
            attempt.done.is_some() && attempt.stored && order.settled.contains(&key.run)
        };
        self.attempts.retain(|key, attempt| !is_over(key, attempt));
    }

    /// What the journal has to hold: the lines of all that is not forgotten.
    pub fn lines(&self) -> Vec<AgentLine> {
        let lines = self.attempts.iter().flat_map(|(key, attempt)| {
            let done = attempt.done.as_ref().and_then(|bytes| serde_json::from_slice(bytes).ok());
            let starts = if done.is_some() { 0 } else { attempt.begun as usize };
            let starts = std::iter::repeat_n(AgentLine::Started(key.clone()), starts);
            starts.chain(done.map(AgentLine::Done)).collect::<Vec<_>>()
        });
        lines.collect()
    }

    /// What it says of itself.
    pub fn presence(&self, boot_id: &str, clock: Timestamp) -> Presence {
        let runs = self.attempts.iter().filter(|(_, attempt)| attempt.runs).map(|(key, _)| key);
        // A modem that another gateway waits for is not left before the batch cannot begin it any more.
        let running: BTreeSet<&String> = runs.chain(self.left_over()).map(|key| &key.modem).collect();
        let unsent = self.attempts.values().filter(|attempt| attempt.done.is_some() && !attempt.stored);
        Presence {
            v: VERSION,
            instance: self.who.instance.clone(),
            boot_id: boot_id.to_owned(),
            session: self.session,
            agent: env!("CARGO_PKG_VERSION").to_owned(),
            epoch: self.epoch(),
            running: running.into_iter().cloned().collect(),
            outbox: unsent.count(),
            waiting: self.waiting,
            clock: clock.to_string(),
            says: self.says(clock),
            refuses: None,
        }
    }

    /// What it has to say of itself.
    pub fn says(&self, clock: Timestamp) -> Option<String> {
        // The day alone: what is the same is told once.
        let day = || clock.to_string().chars().take(10).collect::<String>();
        let unset = (clock.millis() < SET).then(|| format!("its clock says {}: it was never set", day()));
        let waits = |run: &&WantedRun| {
            let is_open = |modem| self.attempts.get(&self.key(&run.run, modem)).is_none_or(|it| it.done.is_none());
            is_over(run, clock) && run.modems.iter().any(is_open)
        };
        let late = self.order.iter().flat_map(|order| &order.runs).find(waits).map(|run| {
            let (name, end) = (run_name(&run.run), &run.manner.not_after);
            format!("run {name} was to be begun before {end}, and is not begun any more")
        });
        self.hindrance().or(unset).or(late)
    }

    /// What keeps it from doing what it is told.
    pub fn hindrance(&self) -> Option<String> {
        let broken = self.order.iter().flat_map(|order| &order.runs).filter_map(|run| self.bundles.get(&run.bundle));
        let broken = broken.filter_map(|bundle| bundle.as_ref().err()).next();
        // Before its order was seen it has not asked for any.
        let runs = self.order.iter().filter(|_| self.fresh_until > Duration::ZERO).flat_map(|order| &order.runs);
        let mut missing = runs.filter(|run| !self.bundles.contains_key(&run.bundle)).map(|run| {
            let name = run_name(&run.run);
            format!(
                "the script of run {name} has not come whole: the carrier lacks it, or has another text in its place"
            )
        });
        self.disk.clone().or_else(|| self.refused.clone()).or_else(|| broken.cloned()).or_else(|| missing.next())
    }
}

/// The beginning of 2026 in milliseconds: a clock before it was never set.
const SET: u64 = 1_767_225_600_000;

/// Whether nothing of a run is begun any more. A clock that was never set says nothing about a time of day.
fn is_over(run: &WantedRun, today: Timestamp) -> bool {
    let end = Timestamp::parse(&run.manner.not_after).map_or(u64::MAX, Timestamp::millis);
    today.millis() >= SET && today.millis() >= end
}

fn may_begin_again(begun: u32, bundle: &ReadyBundle) -> bool {
    begun == 0 || bundle.once.is_none() && begun < MOST_BEGUN
}
