//! Which modem is next, and when. No thread and no clock: it is given the time since the batch began.
//!
//! A batch goes on in waves; a wave begins when the one before has ended. In a wave, modems start in their order, as
//! soon as there is room: overall, and in each of their groups. What has failed too often stops all that has not begun.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::inventory::{BatchModem, Inventory};
use crate::chance::Random;

/// How many at once, in which steps, and when to give up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub jobs: NonZeroUsize,
    /// `--waves 1,10,100%`: how many in each step; the last is repeated. Empty: all in one.
    pub waves: Vec<Share>,
    /// `--max-fail`: with more failures than that, no further modem is begun.
    pub max_fail: Option<Share>,
    /// `--start-delay D~JITTER`: the time between two starts.
    pub start_delay: Duration,
    /// At most so much is added to each delay, by chance.
    pub jitter: Duration,
}

impl Plan {
    pub fn of_jobs(jobs: NonZeroUsize) -> Plan {
        Plan { jobs, waves: Vec::new(), max_fail: None, start_delay: Duration::ZERO, jitter: Duration::ZERO }
    }
}

/// `10` or `25%` of the modems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Share {
    Count(usize),
    Percent(u8),
}

impl Share {
    /// `3`, `25%`; what is wrong with other texts.
    pub fn parse(text: &str) -> Result<Share, String> {
        let wrong = || format!("`{text}` is neither a number like 10 nor a share like 25%");
        match text.strip_suffix('%') {
            Some(percent) => match percent.parse() {
                Ok(percent @ 0..=100) => Ok(Share::Percent(percent)),
                Ok(_) | Err(_) => Err(wrong()),
            },
            None => text.parse().map(Share::Count).map_err(|_| wrong()),
        }
    }

    /// So many of `all`, rounded down.
    pub fn of(self, all: usize) -> usize {
        match self {
            Share::Count(count) => count.min(all),
            Share::Percent(percent) => all * usize::from(percent) / 100,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Start(usize),
    /// Nothing before this time, unless one ends
    Wait(Duration),
    /// Nothing before one ends
    WaitForEnd,
    /// No modem runs and none will
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Ctrl-C, or results that cannot be written
    Asked,
    /// More failed than `--max-fail` allows
    TooManyFailures,
}

#[derive(Debug)]
pub struct Scheduler {
    pub plan: Plan,
    wave_ends: Vec<usize>,
    wave: usize,
    /// The first that fits is next.
    queues: Vec<GroupQueue>,
    queue_of: Vec<usize>,
    limits: Vec<Limit>,
    running: usize,
    failed: usize,
    most_failed: Option<usize>,
    /// Why some were not begun
    pub stopped: Option<Stopped>,
    next_start: Duration,
    chance: Random,
}

/// Modems that were not begun yet, in their order. All are in the same groups: where the first fits, all do.
#[derive(Debug)]
struct GroupQueue {
    groups: Box<[usize]>,
    waiting: VecDeque<usize>,
}

#[derive(Debug)]
struct Limit {
    most: usize,
    running: usize,
}

impl Scheduler {
    /// `seed` is what the jitter starts from.
    pub fn new(modems: &[BatchModem], inventory: &Inventory, plan: Plan, seed: u64) -> Scheduler {
        let mut limits = Vec::new();
        let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, most) in &inventory.max_parallel {
            by_name.insert(name, limits.len());
            limits.push(Limit { most: *most, running: 0 });
        }
        let limited = |groups: &[Arc<str>]| {
            let mut found: Vec<usize> = groups.iter().filter_map(|name| by_name.get(&**name).copied()).collect();
            found.sort_unstable();
            found.dedup();
            found.into_boxed_slice()
        };
        let mut queues: Vec<GroupQueue> = Vec::new();
        let mut queue_of = Vec::with_capacity(modems.len());
        let mut by_groups: HashMap<Box<[usize]>, usize> = HashMap::new();
        for (index, modem) in modems.iter().enumerate() {
            let groups = limited(&modem.groups);
            let number = *by_groups.entry(groups.clone()).or_insert_with(|| {
                queues.push(GroupQueue { groups, waiting: VecDeque::new() });
                queues.len() - 1
            });
            if let Some(queue) = queues.get_mut(number) {
                queue.waiting.push_back(index);
            }
            queue_of.push(number);
        }
        Scheduler {
            wave_ends: wave_ends(&plan.waves, modems.len()),
            wave: 0,
            queues,
            queue_of,
            limits,
            running: 0,
            failed: 0,
            most_failed: plan.max_fail.map(|share| share.of(modems.len())),
            stopped: None,
            next_start: Duration::ZERO,
            chance: Random::new(seed),
            plan,
        }
    }

    pub fn next(&mut self, now: Duration) -> Turn {
        let first = self.queues.iter().filter_map(|queue| queue.waiting.front()).min();
        let Some(first) = first.copied().filter(|_| self.stopped.is_none()) else {
            return if self.running == 0 { Turn::Done } else { Turn::WaitForEnd };
        };
        let end = loop {
            let end = self.wave_ends.get(self.wave).copied().unwrap_or(usize::MAX);
            // The modems stay in their order, so a wave is over when none below its end waits or runs.
            if first < end {
                break end;
            }
            if self.running > 0 {
                return Turn::WaitForEnd;
            }
            self.wave += 1;
        };
        if self.running >= self.plan.jobs.get() {
            return Turn::WaitForEnd;
        }
        let fitting = self.queues.iter().enumerate().filter(|(_, queue)| self.fits(queue));
        let fitting = fitting.filter_map(|(number, queue)| Some((*queue.waiting.front()?, number)));
        let Some((index, number)) = fitting.min().filter(|(index, _)| *index < end) else {
            return Turn::WaitForEnd;
        };
        if now < self.next_start {
            return Turn::Wait(self.next_start);
        }
        if let Some(queue) = self.queues.get_mut(number) {
            queue.waiting.pop_front();
        }
        self.count(index, true);
        // Chance keeps modems from beginning in step.
        let jitter = self.plan.jitter * u32::try_from(self.chance.below(1001)).unwrap_or(0) / 1000;
        self.next_start = now + self.plan.start_delay + jitter;
        Turn::Start(index)
    }

    pub fn ended(&mut self, index: usize, failed: bool) {
        self.count(index, false);
        self.failed += usize::from(failed);
        if self.most_failed.is_some_and(|most| self.failed > most) && self.waiting().next().is_some() {
            self.stopped.get_or_insert(Stopped::TooManyFailures);
        }
    }

    /// A modem that was to begin could not: it is the next again.
    pub fn put_back(&mut self, index: usize) {
        self.count(index, false);
        if let Some(queue) = self.queue_of.get(index).and_then(|number| self.queues.get_mut(*number)) {
            queue.waiting.push_front(index);
        }
    }

    /// A modem that has failed runs once more, behind all others of its wave.
    pub fn again(&mut self, index: usize) {
        self.count(index, false);
        let end = self.wave_ends.get(self.wave).copied().unwrap_or(usize::MAX);
        if let Some(queue) = self.queue_of.get(index).and_then(|number| self.queues.get_mut(*number)) {
            let place = queue.waiting.iter().position(|waiting| *waiting >= end);
            queue.waiting.insert(place.unwrap_or(queue.waiting.len()), index);
        }
    }

    pub fn stop(&mut self) {
        self.stopped.get_or_insert(Stopped::Asked);
    }

    pub fn waiting(&self) -> impl Iterator<Item = usize> {
        self.queues.iter().flat_map(|queue| &queue.waiting).copied()
    }

    fn fits(&self, queue: &GroupQueue) -> bool {
        queue.groups.iter().filter_map(|group| self.limits.get(*group)).all(|limit| limit.running < limit.most)
    }

    fn count(&mut self, index: usize, begins: bool) {
        let counted = |running: usize| if begins { running + 1 } else { running.saturating_sub(1) };
        self.running = counted(self.running);
        let queue = self.queue_of.get(index).and_then(|number| self.queues.get(*number));
        for group in queue.map(|queue| &*queue.groups).unwrap_or_default() {
            if let Some(limit) = self.limits.get_mut(*group) {
                limit.running = counted(limit.running);
            }
        }
    }
}

/// The index behind the last modem of each wave; every wave has at least one.
pub fn wave_ends(waves: &[Share], all: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut end = 0;
    let mut shares = waves.iter();
    let mut share = shares.next().copied().unwrap_or(Share::Percent(100));
    while end < all {
        end = (end + share.of(all).max(1)).min(all);
        ends.push(end);
        share = shares.next().copied().unwrap_or(share);
    }
    ends
}
