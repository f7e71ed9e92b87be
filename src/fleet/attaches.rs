//! Budgets of attaches (`--attaches operator=acme:60/1h`): how often the modems of a selection may leave their networks
//! or look for one, at all gateways together. Each gateway is dealt its share in the signed order, and its guard keeps
//! it, with and without a carrier. So in no time of that length there are more than the budget has, whatever is late or
//! lost.
//!
//! Where each gateway can have at least one, all are dealt at once and for good. Where there are more gateways than
//! that, one goes to each gateway that has just been heard, and what it does not use nobody else has: the share is
//! handed on when its gateway can begin none of these modems any more, and as much later as the budget's time is long.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::controller::{Controller, FleetRun};
use super::message::{AttachShare, as_text};
use super::targets::Target;
use crate::batch::inventory::{BatchModem, Selection};
use crate::batch::run::FINALLY_TIME;
use crate::diagnostic::Complaint;

/// What the modems of a run that are in it may do together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachBudget {
    /// The selection, in the user's words
    pub of: String,
    pub most: u32,
    #[serde(with = "as_text")]
    pub period: Duration,
    /// By the gateway
    #[serde(default)]
    shares: BTreeMap<String, DealtShare>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct DealtShare {
    most: u32,
    /// Its gateway was not heard again: it is asked back.
    #[serde(default)]
    is_asked_back: bool,
    /// Since when its gateway is silent, was told that it has none, can begin none of its modems
    #[serde(skip)]
    silent: Option<Duration>,
    #[serde(skip)]
    withdrawn: Option<Duration>,
    #[serde(skip)]
    idle: Option<Duration>,
}

/// The gateway of a budget, as the controller knows it now.
#[derive(Debug, Default)]
struct Holder {
    modems: u32,
    /// Some are of a wave that has begun, and have not ended.
    is_open: bool,
    /// It follows the order that it was told last.
    is_heard: bool,
    /// One of them runs, or its result is on its way.
    is_busy: bool,
    /// Its last order is what the carrier has, and names none of them.
    is_told: bool,
}

/// How long the controller waits for a gateway, from when it was told something.
struct Patience {
    silent: Duration,
    /// After that it begins nothing, and nothing that it began goes on; none where no carrier confirms that.
    withdrawn: Option<Duration>,
}

impl AttachBudget {
    pub fn new(of: String, most: u32, period: Duration) -> AttachBudget {
        AttachBudget { of, most, period, shares: BTreeMap::new() }
    }

    /// `SELECTION:N[/DURATION]`
    pub fn parse(text: &str) -> Result<AttachBudget, String> {
        let wrong = || format!("`{text}` is not like operator=acme:60/1h: which modems, how often, in which time");
        let (of, rate) =
            text.rsplit_once(':').filter(|(of, _)| !of.trim_matches([',', ':', ' ']).is_empty()).ok_or_else(wrong)?;
        let (most, period) = rate.split_once('/').unwrap_or((rate, "1h"));
        let most = most.trim().parse().ok().filter(|most| *most > 0).ok_or_else(wrong)?;
        let period = crate::notation::duration(period.trim()).map_err(|why| format!("{}: {why}", wrong()))?;
        if period < Duration::from_secs(1) {
            return Err(format!("{}; a second at least", wrong()));
        }
        Ok(AttachBudget::new(of.trim().to_owned(), most, period))
    }

    /// What a gateway has of it: nothing, if it is to begin none of its modems.
    fn share(&self, gateway: &str) -> Option<u32> {
        self.shares.get(gateway).filter(|share| !share.is_asked_back).map(|share| share.most)
    }

    /// Deals what is free. Whether a gateway has another share now.
    fn deal(&mut self, gateways: &BTreeMap<String, Holder>, now: Duration, patience: &Patience) -> bool {
        let count = u32::try_from(gateways.len()).unwrap_or(u32::MAX);
        if self.most >= count {
            let is_new = self.shares.is_empty();
            if is_new {
                self.deal_to_all(gateways, self.most - count);
            }
            return is_new;
        }
        let before = self.shares.len();
        let mut changed = false;
        let period = self.period;
        self.shares.retain(|gateway, share| {
            let Some(holder) = gateways.get(gateway) else { return false };
            let was_asked_back = share.is_asked_back;
            let keeps = !share.is_over(holder, now, period, patience);
            changed |= was_asked_back != share.is_asked_back;
            keeps
        });
        changed |= self.shares.len() < before;
        let free = self.most.saturating_sub(u32::try_from(self.shares.len()).unwrap_or(u32::MAX));
        let next = gateways.iter().filter(|(_, holder)| holder.is_open && holder.is_heard);
        let next: Vec<_> =
            next.filter(|(gateway, _)| !self.shares.contains_key(*gateway)).take(free as usize).collect();
        changed |= !next.is_empty();
        self.shares.extend(next.into_iter().map(|(gateway, _)| (gateway.clone(), DealtShare::of(1))));
        changed
    }

    /// One for each, and of the rest as much as of its modems; what does not go round goes to the first ones.
    fn deal_to_all(&mut self, gateways: &BTreeMap<String, Holder>, rest: u32) {
        let modems: u64 = gateways.values().map(|holder| u64::from(holder.modems)).sum();
        let (mut dealt, mut seen) = (0, 0);
        for (gateway, holder) in gateways {
            seen += u64::from(holder.modems);
            let until = u64::from(rest) * seen / modems.max(1);
            let more = u32::try_from(until - dealt).unwrap_or(0);
            self.shares.insert(gateway.clone(), DealtShare::of(1 + more));
            dealt = until;
        }
    }
}

/// Marks the modems that each budget is for; else which budget is for none.
pub fn mark(budgets: &[AttachBudget], modems: &[BatchModem], targets: &mut [Target]) -> Result<(), Complaint> {
    for (place, budget) in budgets.iter().enumerate() {
        let selection = Selection::parse(std::slice::from_ref(&budget.of))?;
        let its = modems.iter().zip(&mut *targets).filter(|(modem, _)| selection.selects(modem));
        if its.map(|(_, target)| target.modem.limits.push(place)).count() == 0 {
            return Err(Complaint::new(format!("--attaches {}:…: none of the run's modems is such", budget.of))
                .help("`hayes fleet run … --list` shows the run's modems and their groups"));
        }
    }
    Ok(())
}

impl DealtShare {
    fn of(most: u32) -> DealtShare {
        DealtShare { most, is_asked_back: false, silent: None, withdrawn: None, idle: None }
    }

    /// Whether its gateway has not used it for so long that another may have it.
    fn is_over(&mut self, holder: &Holder, now: Duration, period: Duration, patience: &Patience) -> bool {
        let since = |time: &mut Option<Duration>, is_so: bool| {
            *time = time.filter(|_| is_so).or(is_so.then_some(now));
            time.map(|begin| now - begin)
        };
        let silent = since(&mut self.silent, !holder.is_heard);
        self.is_asked_back |= silent.is_some_and(|time| time >= patience.silent);
        let withdrawn = since(&mut self.withdrawn, self.is_asked_back && holder.is_told);
        let is_gone = withdrawn.zip(patience.withdrawn).is_some_and(|(time, most)| time >= most);
        let has_left = withdrawn.is_some() && holder.is_heard && !holder.is_busy;
        let idle = since(&mut self.idle, !holder.is_open || is_gone || has_left);
        idle.is_some_and(|time| time >= period)
    }
}

impl FleetRun {
    /// The budget that a target waits for: its gateway has no share of it.
    pub fn waits_to_attach(&self, target: &Target) -> Option<&AttachBudget> {
        let mut budgets = target.modem.limits.iter().filter_map(|limit| self.attaches.get(*limit));
        budgets.find(|budget| budget.share(&target.gateway).is_none())
    }

    /// What a gateway may do, in the order of the budgets.
    pub fn shares_of(&self, gateway: &str) -> Vec<AttachShare> {
        let share = |budget: &AttachBudget| {
            let (of, period) = (budget.of.clone(), budget.period);
            AttachShare { of, most: budget.share(gateway).unwrap_or(0), period }
        };
        self.attaches.iter().map(share).collect()
    }
}

impl Controller {
    /// Deals what is free of the budgets of a run. Whether it is another now.
    pub(crate) fn deal_attaches(&mut self, place: usize, now: Duration, stands: &dyn Fn(&str) -> bool) -> bool {
        let Some(run) = self.runs.get(place).filter(|run| !run.attaches.is_empty()) else { return false };
        let begun = run.begun_count();
        let mut holders: Vec<BTreeMap<String, Holder>> = run.attaches.iter().map(|_| BTreeMap::new()).collect();
        for (place, target) in run.targets.iter().enumerate() {
            let (gateway, name) = (&target.gateway, &target.modem.name);
            for limit in &target.modem.limits {
                let Some(of) = holders.get_mut(*limit) else { continue };
                let holder = of.entry(gateway.clone()).or_insert_with(|| Holder {
                    is_heard: self.is_heard(gateway),
                    is_told: stands(gateway),
                    ..Holder::default()
                });
                holder.modems += 1;
                holder.is_open |= place < begun && run.status(name).is_none();
                holder.is_told &= self.orders.get(gateway).is_some_and(|order| !order.has(&run.run, name));
                holder.is_busy |=
                    self.presences.get(gateway).is_some_and(|it| it.running.contains(name) || it.outbox > 0);
            }
        }
        let end = self.valid_for + run.manner.modem_timeout + FINALLY_TIME + super::moves::MARGIN;
        let patience =
            Patience { silent: Duration::from_millis(run.wave_wait), withdrawn: self.confirms.then_some(end) };
        let Some(run) = self.runs.get_mut(place) else { return false };
        let mut changed = false;
        for (budget, of) in run.attaches.iter_mut().zip(&holders) {
            changed |= budget.deal(of, now, &patience);
        }
        changed
    }
}
