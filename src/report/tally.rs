//! What came of many runs: how many ended how, and failures grouped by cause: fifty modems that fail alike are one
//! thing to mend.

use std::collections::BTreeMap;
use std::time::Duration;

use super::conversation::took;
use super::result::{FailureReport, RunResult, style};
use super::style::{Palette, Style};
use crate::notation::{harmless, seconds};
use crate::runtime::Status;

/// One cause, and the modems that it has hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// `hayes::run::timeout`
    pub code: String,
    /// The message without what differs from modem to modem
    normalised: String,
    /// The final result code as it is: `+CME ERROR: 10` is not `+CME ERROR: 13`.
    result: Option<String>,
    /// The words of the first failure; those in which others differ are `…`
    pub message: String,
    pub help: Option<String>,
    /// In the order in which they failed
    pub modems: Vec<String>,
}

/// From so many modems on, the slowest of them are worth a line,
const MANY: usize = 5;

/// and of them so many, and so many steps.
const MOST_LISTED: usize = 3;

/// Every status, in the order in which they are told.
pub const STATUSES: [Status; 5] =
    [Status::Passed, Status::Failed, Status::Unreachable, Status::Skipped, Status::Interrupted];

#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// How many ended so, in the order of [`STATUSES`]
    counts: [usize; STATUSES.len()],
    pub changed: u64,
    pub unchanged: u64,
    /// `--plan`: of one at least
    pub would_change: bool,
    /// How many of those that passed did so at a later try
    pub flaky: usize,
    causes: Vec<Cause>,
    /// Those that took longest, the longest first, in milliseconds
    slowest: Vec<(u64, String)>,
    /// How long the scripts took that the script runs: how many runs, all together, the longest
    steps: BTreeMap<String, (u32, Duration, Duration)>,
    /// The time that all runs took together
    pub elapsed_ms: u64,
}

impl Tally {
    pub fn add(&mut self, result: &RunResult) {
        let counts = self.counts.iter_mut().zip(STATUSES).filter(|(_, status)| *status == result.status);
        counts.for_each(|(count, _)| *count += 1);
        self.changed = self.changed.saturating_add(result.changed);
        self.unchanged = self.unchanged.saturating_add(result.unchanged);
        self.would_change |= result.would_change;
        self.elapsed_ms = self.elapsed_ms.saturating_add(result.elapsed_ms);
        self.flaky += usize::from(result.is_flaky());
        let place = self.slowest.partition_point(|(other, _)| *other >= result.elapsed_ms);
        if place < MOST_LISTED {
            self.slowest.insert(place, (result.elapsed_ms, result.modem.clone()));
            self.slowest.truncate(MOST_LISTED);
        }
        // To be interrupted is no fault of the modem's.
        let Some(failure) = result.failure.as_ref().filter(|_| result.status != Status::Interrupted) else { return };
        let normalised = normalised(&failure.message, &[&result.modem, &result.port]);
        let is_same = |cause: &&mut Cause| {
            (&cause.code, &cause.normalised, &cause.result) == (&failure.code, &normalised, &failure.result)
        };
        match self.causes.iter_mut().find(is_same) {
            Some(cause) => {
                cause.message = shared(&cause.message, &failure.message);
                // What helps one is not told of all.
                if let Some(help) = cause.help.as_mut().filter(|help| failure.help.as_ref() != Some(*help))
                    && let Some(first) = cause.modems.first()
                    && !help.starts_with(&format!("{first}: "))
                {
                    *help = format!("{first}: {help}");
                }
                cause.modems.push(result.modem.clone());
            }
            None => self.causes.push(Cause {
                code: failure.code.clone(),
                normalised,
                result: failure.result.clone(),
                message: failure.message.clone(),
                help: failure.help.clone(),
                modems: vec![result.modem.clone()],
            }),
        }
    }

    /// A script that the script itself has run took so long.
    pub fn add_step(&mut self, step: &str, took: Duration) {
        let (count, total, longest) = self.steps.entry(step.to_owned()).or_default();
        (*count, *total, *longest) = (*count + 1, *total + took, took.max(*longest));
    }

    /// The slowest modems, where some are much slower than most, and the longest steps: `slowest: gw-7 12.3 s`.
    pub fn durations(&self) -> String {
        let all = self.count(&STATUSES);
        let mut text = String::new();
        if all < MANY {
            return text;
        }
        let half_more = self.elapsed_ms.saturating_mul(3) / (all as u64 * 2);
        let slow = self.slowest.iter().filter(|(took, _)| *took > half_more.max(1000));
        let slow: Vec<String> = slow.map(|(took, modem)| format!("{} {}", harmless(modem), seconds(*took))).collect();
        if !slow.is_empty() {
            text.push_str(&format!("slowest: {}\n", slow.join(", ")));
        }
        let mut steps: Vec<_> = self.steps.iter().collect();
        steps.sort_by_key(|(_, (_, total, _))| std::cmp::Reverse(*total));
        let shown = steps.iter().take(MOST_LISTED).map(|(step, (count, total, longest))| {
            format!("{step} {}, at most {}", took(*total / (*count).max(1)), took(*longest))
        });
        let shown: Vec<String> = shown.collect();
        if !shown.is_empty() {
            text.push_str(&format!("steps: {}\n", shown.join("; ")));
        }
        text
    }

    /// How many milliseconds the slowest took, by its own clock
    pub fn longest(&self) -> u64 {
        self.slowest.first().map_or(0, |(took, _)| *took)
    }

    /// How many have ended in one of these ways.
    pub fn count(&self, of: &[Status]) -> usize {
        self.counts.iter().zip(STATUSES).filter(|(_, status)| of.contains(status)).map(|(count, _)| count).sum()
    }

    /// `3 passed, 1 failed, 2 not run`
    pub fn counted(&self, not_run: usize, palette: Palette) -> String {
        let ended = self.counts.iter().zip(STATUSES).map(|(count, status)| (*count, status.name(), style(status)));
        let all = ended.chain([(not_run, "not run", Style::Notable)]).filter(|(count, ..)| *count > 0);
        let flaky = |what| if what == Status::Passed.name() { self.flaky } else { 0 };
        let shown = all.map(|(count, what, style)| {
            let flaky = Some(flaky(what)).filter(|flaky| *flaky > 0).map(|flaky| format!(" ({flaky} flaky)"));
            palette.paint(style, format!("{count} {what}")).to_string() + &flaky.unwrap_or_default()
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    /// The cause that has hit most modems first.
    pub fn causes(&self) -> Vec<&Cause> {
        let mut causes: Vec<&Cause> = self.causes.iter().collect();
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.modems.len()));
        causes
    }
}

/// Where in the script it failed: `setup.hayes:12`.
pub fn place(failure: &FailureReport) -> Option<String> {
    let script = failure.script.as_ref()?;
    Some(failure.line.map_or_else(|| script.clone(), |line| format!("{script}:{line}")))
}

/// The message with the modem's own names and all numbers made equal.
fn normalised(message: &str, own: &[&str]) -> String {
    let mut text = message.to_owned();
    for name in own.iter().filter(|name| name.len() > 2) {
        text = text.replace(*name, "…");
    }
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '0'..='9' if plain.ends_with('#') => {}
            '0'..='9' => plain.push('#'),
            other => plain.push(other),
        }
    }
    plain
}

/// Two messages of one cause as one: one modem's number is not told of the others.
fn shared(one: &str, other: &str) -> String {
    if one == other {
        return one.to_owned();
    }
    let mut others = other.split(' ');
    let word = |word: &str| match others.next() {
        Some(other) if other == word => word.to_owned(),
        Some(_) | None => format!("…{}", ends(word)),
    };
    one.split(' ').map(word).collect::<Vec<String>>().join(" ")
}

fn ends(word: &str) -> &str {
    let is_end = |c: char| [':', ',', ';', '.', '`', '"', ')'].contains(&c);
    word.get(word.trim_end_matches(is_end).len()..).unwrap_or_default()
}
