//! A modem that was moved: a later run names it at another gateway. The one that had it may still talk to it, so the
//! new one waits until that gateway has said that it left it, or until it cannot begin it any more and what it has
//! begun has ended.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::controller::{Controller, FleetRun};
use super::key::sha256;
use super::targets::Target;
use crate::batch::run::FINALLY_TIME;
use crate::connect::Address;

/// Clocks differ, and messages take their time.
pub const MARGIN: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub struct Moves {
    /// Of targets that a later run has elsewhere, by run and name: at which gateway
    to: HashMap<String, HashMap<String, String>>,
    /// Of targets that wait, by run and name: for which gateway
    waiting: HashMap<String, HashMap<String, Waits>>,
    /// Since when a gateway's order lacks a modem that it may still have
    left: HashMap<(String, String), Duration>,
}

/// What a target waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    /// The run and the gateway that may still have the modem
    pub run: String,
    pub gateway: String,
    /// When it waits no more, whatever is heard; none where nothing but that gateway's word will do
    pub until: Option<Duration>,
}

/// What tells that two targets are one modem. A serial port's path does not: each gateway has the same ones.
fn marks(target: &Target) -> impl Iterator<Item = (u8, Cow<'_, str>)> {
    let modem = &target.modem;
    let port = Address::parse(&modem.port).ok().map(|address| address.mark());
    let port = port.and_then(|(mark, is_everywhere)| is_everywhere.then_some(Cow::Owned(mark)));
    let [name, imei, iccid] = [Some(&modem.name), modem.imei.as_ref(), modem.iccid.as_ref()];
    let marks = [name, imei, iccid].map(|mark| mark.map(|mark| Cow::Borrowed(mark.as_str())));
    (0..).zip(marks.into_iter().chain([port])).filter_map(|(kind, mark)| Some((kind, mark?)))
}

impl FleetRun {
    /// Which modems it has at which gateways, as far as that tells of moves: the same of runs that have the same ones.
    pub fn placing(&self) -> String {
        let place = |target: &Target| format!("{} {:?}\n", target.gateway, marks(target).collect::<Vec<_>>());
        let mut all: Vec<String> = self.targets.iter().map(place).collect();
        all.sort_unstable();
        sha256(all.concat().as_bytes())
    }
}

impl Moves {
    /// Where a later run has this target.
    pub fn gateway_of(&self, run: &FleetRun, target: &Target) -> Option<&str> {
        self.to.get(&run.run)?.get(&target.modem.name).map(String::as_str)
    }

    /// What a target waits for, before its gateway may have it.
    pub fn waits(&self, run: &FleetRun, target: &Target) -> Option<&Waits> {
        self.waiting.get(&run.run)?.get(&target.modem.name)
    }

    /// All that wait: by the run, and what it waits for, how many of its modems.
    pub fn waiting(&self) -> BTreeMap<(&str, &str, &str), (usize, Option<Duration>)> {
        let mut all = BTreeMap::new();
        let each = self.waiting.iter().flat_map(|(run, modems)| modems.values().map(move |waits| (run, waits)));
        for (run, waits) in each {
            let (count, until) = all.entry((run.as_str(), waits.run.as_str(), waits.gateway.as_str())).or_default();
            *count += 1;
            *until = waits.until.max(*until);
        }
        all
    }

    /// Whether a gateway that has lost this target to another may still talk to it.
    fn is_awaited(&self, run: &str, gateway: &str) -> bool {
        self.waiting.values().flat_map(HashMap::values).any(|waits| waits.run == run && waits.gateway == gateway)
    }
}

impl Controller {
    /// Looks which modems are elsewhere now, and which of them may be begun there.
    pub(super) fn look_at_moves(&mut self, now: Duration, stands: &dyn Fn(&str) -> bool) {
        let mut moves = Moves::default();
        for (place, earlier) in self.runs.iter().enumerate().filter(|(_, run)| !run.closed) {
            let later = self.runs.get(place + 1..).unwrap_or_default();
            if later.is_empty() {
                break;
            }
            let marks_of = |target| marks(target).map(move |mark| (mark, target));
            let had: HashMap<(u8, Cow<'_, str>), &Target> = earlier.open().flat_map(marks_of).collect();
            for run in later {
                for target in run.targets.iter() {
                    let is_it = |had: &&&Target| had.gateway != target.gateway;
                    let Some(old) = marks(target).find_map(|mark| had.get(&mark).filter(is_it)) else { continue };
                    let to = moves.to.entry(earlier.run.clone()).or_default();
                    to.insert(old.modem.name.clone(), target.gateway.clone());
                    if run.force || run.closed || run.status(&target.modem.name).is_some() {
                        continue;
                    }
                    let since = stands(&old.gateway).then_some(now);
                    if let Some(waits) = self.still_had(earlier, old, since, &mut moves.left) {
                        let waiting = moves.waiting.entry(run.run.clone()).or_default();
                        waiting.insert(target.modem.name.clone(), waits);
                    }
                }
            }
        }
        self.moves = moves;
    }

    /// What has to come before nobody at this target's gateway talks to it; none where that is so. `now` is none where
    /// the gateway's order may not have reached the carrier.
    fn still_had(
        &self,
        run: &FleetRun,
        target: &Target,
        now: Option<Duration>,
        left: &mut HashMap<(String, String), Duration>,
    ) -> Option<Waits> {
        let (gateway, name) = (&target.gateway, &target.modem.name);
        let order = self.orders.get(gateway)?;
        let mut waits = Waits { run: run.run.clone(), gateway: gateway.clone(), until: None };
        let Some(now) = now.filter(|_| !order.has(&run.run, name)) else { return Some(waits) };
        let slot = (gateway.clone(), name.clone());
        let since = self.moves.left.get(&slot).copied().unwrap_or(now);
        left.insert(slot, since);
        let presence = self.presences.get(gateway);
        if presence.is_some_and(|presence| presence.epoch >= order.epoch && !presence.running.contains(name)) {
            return None;
        }
        waits.until =
            self.confirms.then_some(since + self.valid_for + run.manner.modem_timeout + FINALLY_TIME + MARGIN);
        Some(waits).filter(|waits| waits.until.is_none_or(|until| now < until))
    }

    /// Whether a target is elsewhere now, and its gateway has left it.
    pub(super) fn is_gone(&self, run: &FleetRun, target: &Target) -> bool {
        self.moves.gateway_of(run, target).is_some() && !self.moves.is_awaited(&run.run, &target.gateway)
    }
}
