//! How a run goes: in a line for whoever reads lines, in some rows for whoever looks at a terminal.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::controller::{Controller, FleetRun};
use crate::batch::schedule::wave_ends;
use crate::port::Timestamp;
use crate::report::style::harmless;
use crate::runtime::Status;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FleetBoard {
    run: String,
    script: String,
    all: usize,
    /// How many of its modems are so: those that have ended, then the others
    counts: Vec<(usize, &'static str)>,
    ended: usize,
    /// The wave that goes on, and of how many
    wave: (usize, usize),
    /// Why modems did not pass, the most frequent first
    causes: Vec<(usize, String)>,
    /// Modems that run, and gateways that are not heard
    running: Vec<String>,
    silent: Vec<String>,
    /// `paused`, or why it has stopped
    states: Vec<String>,
}

impl FleetBoard {
    pub fn of(run: &FleetRun, controller: &Controller) -> FleetBoard {
        let (mut ended, mut causes) = (HashMap::<Status, usize>::new(), BTreeMap::<String, usize>::new());
        let (mut running, mut silent) = (BTreeSet::new(), BTreeSet::new());
        let [mut moved, mut waiting, mut not_heard, mut runs, mut held_back, mut to_come, mut not_begun] = [0; 7];
        let mut at_gateways = BTreeMap::new();
        let is_late = run.closed && run.is_late(Timestamp::now());
        for (place, target) in run.targets.iter().enumerate() {
            let name = &target.modem.name;
            if let Some((status, cause)) = run.outcome(place) {
                *ended.entry(status).or_default() += 1;
                let cause = cause.map(|cause| format!("{status}: {cause}"));
                cause.into_iter().for_each(|cause| *causes.entry(cause).or_default() += 1);
                continue;
            }
            let presence = controller.presences.get(&target.gateway);
            let ends = run.closed && !is_late || place >= run.begun_count();
            let count = if ends && run.begins_no_more() {
                &mut not_begun
            } else if is_late {
                &mut to_come
            } else if controller.moves.gateway_of(run, target).is_some() {
                &mut moved
            } else if controller.moves.waits(run, target).is_some() {
                &mut waiting
            } else if !controller.is_heard(&target.gateway) {
                silent.insert(&target.gateway);
                &mut not_heard
            } else if presence.is_some_and(|it| it.running.contains(name)) {
                running.insert(name);
                &mut runs
            } else if run.waits_to_attach(target).is_some() {
                &mut held_back
            } else {
                if let Some(presence) = presence.filter(|it| it.waiting > 0) {
                    *at_gateways.entry(&target.gateway).or_insert(presence.waiting) = presence.waiting;
                }
                &mut to_come
            };
            *count += 1;
        }
        // Which ones wait at a gateway it does not tell.
        let at_gateways = at_gateways.into_values().sum::<usize>().min(to_come);
        (held_back, to_come) = (held_back + at_gateways, to_come - at_gateways);
        let statuses = [Status::Passed, Status::Failed, Status::Unreachable, Status::Skipped, Status::Interrupted];
        let of = |status: Status| (ended.get(&status).copied().unwrap_or(0), status.name());
        let open = [
            (runs, "running"),
            (moved, "moved"),
            (waiting, "waiting for another gateway"),
            (held_back, "waiting to attach"),
            (not_heard, "not heard"),
            (not_begun, "not begun"),
            (to_come, if is_late { "expired" } else { "to come" }),
        ];
        let mut causes: Vec<(usize, String)> = causes.into_iter().map(|(cause, count)| (count, cause)).collect();
        causes.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let states = run.stopped.clone().into_iter().chain(run.paused.then(|| "paused".to_owned()));
        let named = |names: BTreeSet<&String>| names.into_iter().cloned().collect();
        FleetBoard {
            run: run.name().to_owned(),
            script: run.script.clone(),
            all: run.targets.len(),
            counts: statuses.map(of).into_iter().chain(open).filter(|(count, _)| *count > 0).collect(),
            ended: ended.into_values().sum(),
            wave: (run.wave + 1, wave_ends(&run.waves, run.targets.len()).len()),
            causes,
            running: named(running),
            silent: named(silent),
            states: states.chain(run.cancelled.then(|| "cancelled".to_owned())).collect(),
        }
    }

    /// `r7: 12 passed, 1 failed, 2 running, 5 not heard, 30 to come`
    pub fn line(&self) -> String {
        let states: String = self.states.iter().map(|state| format!(" ({state})")).collect();
        format!("{}: {}{states}", self.run, self.counted(", "))
    }

    fn counted(&self, between: &str) -> String {
        let counts: Vec<String> = self.counts.iter().map(|(count, what)| format!("{count} {what}")).collect();
        counts.join(between)
    }

    /// At most so many rows, the first of which tells the whole; `time` is how long it was watched.
    pub fn rows(&self, most: usize, columns: usize, time: &str) -> Vec<String> {
        let is_wide = columns >= WIDE;
        let mut first = vec![format!("{}/{}", self.ended, self.all)];
        first.extend(self.states.iter().cloned());
        if is_wide {
            first.extend((self.wave.1 > 1).then(|| format!("wave {} of {}", self.wave.0, self.wave.1)));
            first.push(time.to_owned());
        }
        // A whole window has a row for the counts.
        let counts = if is_wide && most >= 8 { Some(format!("  {}", self.counted(", "))) } else { None };
        if counts.is_none() {
            first.push(self.counted(" · "));
        }
        // What a narrow window has no room for is known: who looks has begun it.
        let name = format!("{} {}", self.run, self.script);
        first.insert(if is_wide { 0 } else { first.len() }, name);
        let list = |names: &[String], what: &str| {
            let shown = names.join(", ");
            (!names.is_empty()).then(|| format!("  {what}: {shown}"))
        };
        let causes = self.causes.iter().map(|(count, cause)| format!("  {count} × {cause}"));
        let others = [list(&self.running, "running"), list(&self.silent, "not heard")];
        // Where rows are few, the causes leave one to each of the others.
        let kept = others.iter().flatten().chain(&counts).count();
        let room = most.saturating_sub(1 + kept).max(usize::from(kept == 0));
        let mut rows = vec![first.join(" · ")];
        rows.extend(counts);
        let shown = if self.causes.len() > room { room.saturating_sub(1) } else { room };
        rows.extend(causes.take(shown));
        let rest: usize = self.causes.iter().skip(shown).map(|(count, _)| count).sum();
        if rest > 0 && room > 0 {
            rows.push(format!("  {rest} × {}", if shown > 0 { "something else" } else { "did not pass" }));
        }
        rows.extend(others.into_iter().flatten());
        rows.truncate(most.max(1));
        rows.into_iter().map(|row| fitted(&harmless(row.as_bytes()), columns)).collect()
    }
}

/// Columns that hold a run's name too.
const WIDE: usize = 60;

/// A row that does not fit ends with `…`.
fn fitted(row: &str, columns: usize) -> String {
    crate::report::style::cut(row, columns.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fits_its_window() {
        let names = |text: &str| text.split(' ').map(str::to_owned).collect();
        let cause = |count, cause: &str| (count, cause.to_owned());
        let board = FleetBoard {
            run: "r7".to_owned(),
            script: "supersim/setup".to_owned(),
            all: 60,
            counts: vec![(10, "passed"), (5, "failed"), (2, "running"), (20, "not heard"), (23, "to come")],
            ended: 15,
            wave: (2, 3),
            causes: vec![
                cause(3, "failed: no answer (setup.hayes:12)"),
                cause(1, "failed: ERROR (setup.hayes:3)"),
                cause(1, "failed: it is gone"),
            ],
            running: names("gw-1-3 gw-2-1"),
            silent: names("gw-3 gw-4"),
            states: Vec::new(),
        };
        assert_eq!(board.line(), "r7: 10 passed, 5 failed, 2 running, 20 not heard, 23 to come");
        let wide = "\
r7 supersim/setup · 15/60 · wave 2 of 3 · 0:07
  10 passed, 5 failed, 2 running, 20 not heard, 23 to come
  3 × failed: no answer (setup.hayes:12)
  1 × failed: ERROR (setup.hayes:3)
  1 × failed: it is gone
  running: gw-1-3, gw-2-1
  not heard: gw-3, gw-4";
        assert_eq!(board.rows(22, 81, "0:07").join("\n"), wide);
        let narrow = "\
15/60 · 10 passed · 5 failed…
  5 × did not pass
  running: gw-1-3, gw-2-1
  not heard: gw-3, gw-4";
        assert_eq!(board.rows(4, 30, "0:07").join("\n"), narrow);
        for most in 1..9 {
            assert!(board.rows(most, 80, "0:07").len() <= most, "{most}");
        }
    }
}
