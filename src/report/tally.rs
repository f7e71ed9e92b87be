//! What came of many runs: how many ended how, and failures grouped by cause: fifty modems that fail alike are one
//! thing to mend.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::conversation::took;
use super::result::{FailureReport, RunResult, style};
use super::style::{Palette, Style};
use crate::notation::{as_counted, harmless, seconds};
use crate::runtime::Status;

/// One cause, and the modems that it has hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// `hayes::run::timeout`
    pub code: String,
    /// The words of the first failure; those in which others differ are `…`
    pub message: String,
    pub help: Option<String>,
    /// The conversation of one of them at least is kept.
    pub has_record: bool,
    /// As names count, each with its own words where others have others; the rarest words first
    pub modems: Vec<(String, String)>,
}

/// Failures whose messages differ in names and numbers alone
#[derive(Debug, Clone)]
struct Alike {
    code: String,
    /// The message without what differs from modem to modem
    normalised: String,
    /// The final result code as it is: `+CME ERROR: 10` is not `+CME ERROR: 13`.
    result: Option<String>,
    has_record: bool,
    /// By the message without the modem's own names, and the place
    variants: BTreeMap<(String, Option<String>), Variant>,
}

#[derive(Debug, Clone)]
struct Variant {
    /// As the first has it
    message: String,
    help: Option<String>,
    /// In the order in which they failed
    modems: Vec<String>,
}

/// So few messages are told apart where modems share them, so that none hides behind a number that differs.
const MOST_APART: usize = 5;
/// Words of a modem's own that are longer are not shown beside its name.
const LONGEST_OWN: usize = 24;

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
    causes: Vec<Alike>,
    /// Where the conversations of those that failed are, beside the results
    pub records: Option<PathBuf>,
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
        let rank = self.slowest.partition_point(|(other, _)| *other >= result.elapsed_ms);
        if rank < MOST_LISTED {
            self.slowest.insert(rank, (result.elapsed_ms, result.modem.clone()));
            self.slowest.truncate(MOST_LISTED);
        }
        // To be interrupted is no fault of the modem's.
        let Some(failure) = result.failure.as_ref().filter(|_| result.status != Status::Interrupted) else { return };
        if let Some(record) = result.record.as_ref().filter(|_| self.records.is_none()) {
            self.records = Path::new(record).parent().map(Path::to_owned);
        }
        let bare = without_own(&failure.message, &[&result.modem, &result.port]);
        let normalised = normalised(&bare);
        let is_same = |alike: &Alike| {
            (&alike.code, &alike.normalised, &alike.result) == (&failure.code, &normalised, &failure.result)
        };
        let index = self.causes.iter().position(is_same).unwrap_or_else(|| {
            let (code, result) = (failure.code.clone(), failure.result.clone());
            self.causes.push(Alike { code, normalised, result, has_record: false, variants: BTreeMap::new() });
            self.causes.len() - 1
        });
        let Some(alike) = self.causes.get_mut(index) else { return };
        alike.has_record |= result.record.is_some();
        let (message, help, modem) = (failure.message.clone(), failure.help.clone(), result.modem.clone());
        let new = Variant { message, help, modems: Vec::new() };
        let variant = alike.variants.entry((bare, place(failure))).or_insert(new);
        variant.help = help_of(variant.help.take(), variant.modems.first(), &failure.help);
        variant.modems.push(modem);
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
    pub fn causes(&self) -> Vec<Cause> {
        let mut causes: Vec<Cause> = self.causes.iter().flat_map(Alike::causes).collect();
        causes.sort_by(|one, other| {
            let names = one.modems.iter().zip(&other.modems).next();
            let by_name = || names.map(|((one, _), (other, _))| as_counted(one).cmp(as_counted(other)));
            other.modems.len().cmp(&one.modems.len()).then_with(|| by_name().unwrap_or(Ordering::Equal))
        });
        causes
    }
}

impl Alike {
    /// Each message is a cause where they are few and shared, so that none hides behind another's number; else all are
    /// one cause, and each modem has its own words beside its name.
    fn causes(&self) -> Vec<Cause> {
        let first = self.variants.keys().next().map(|(_, place)| place);
        let has_places = self.variants.keys().any(|(_, place)| Some(place) != first);
        let placed = |message: &str, place: &Option<String>| match place.as_ref().filter(|_| has_places) {
            Some(place) => format!("{message} ({place})"),
            None => message.to_owned(),
        };
        let told = self.variants.iter().map(|((bare, place), it)| {
            let message = if it.modems.len() == 1 { &it.message } else { bare };
            (placed(bare, place), Variant { message: placed(message, place), ..it.clone() })
        });
        let mut told: Vec<(String, Variant)> = told.collect();
        let all: usize = told.iter().map(|(_, it)| it.modems.len()).sum();
        if told.len() <= MOST_APART && told.len() * 3 <= all * 2 || told.len() == 1 {
            let apart = told.into_iter().map(|(_, it)| {
                let modems = it.modems.into_iter().map(|modem| (modem, String::new()));
                self.cause(it.message, it.help, modems.collect())
            });
            return apart.collect();
        }
        told.sort_by_key(|(_, it)| it.modems.len());
        let message = told.iter().map(|(bare, _)| bare.clone()).reduce(|one, other| shared(&one, &other));
        let message = message.unwrap_or_default();
        let (mut help, mut modems) = (None, Vec::new());
        for (bare, it) in told {
            help = help_of(help, modems.first().map(|(modem, _)| modem), &it.help);
            let own = own_words(&bare, &message);
            modems.extend(it.modems.into_iter().map(|modem| (modem, own.clone())));
        }
        vec![self.cause(message, help, modems)]
    }

    fn cause(&self, message: String, help: Option<String>, mut modems: Vec<(String, String)>) -> Cause {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        modems.iter().for_each(|(_, own)| *counts.entry(own.clone()).or_default() += 1);
        modems.sort_by(|(one, its), (other, others)| {
            let count = |own| counts.get(own);
            count(its).cmp(&count(others)).then_with(|| as_counted(one).cmp(as_counted(other)))
        });
        Cause { code: self.code.clone(), message, help, has_record: self.has_record, modems }
    }
}

/// What helps one is not told of all.
fn help_of(help: Option<String>, first: Option<&String>, other: &Option<String>) -> Option<String> {
    let Some(first) = first else { return other.clone() };
    let is_of_all = help == *other;
    help.map(
        |help| if is_of_all || help.starts_with(&format!("{first}: ")) { help } else { format!("{first}: {help}") },
    )
}

/// Where in the script it failed: `setup.hayes:12`.
pub fn place(failure: &FailureReport) -> Option<String> {
    let script = failure.script.as_ref()?;
    Some(failure.line.map_or_else(|| script.clone(), |line| format!("{script}:{line}")))
}

/// The message without the modem's own names
fn without_own(message: &str, own: &[&str]) -> String {
    let long = own.iter().filter(|name| name.len() > 2);
    long.fold(message.to_owned(), |text, name| text.replace(*name, "…"))
}

/// The message with all numbers made equal
fn normalised(text: &str) -> String {
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

/// The words that this message has where many of its cause have `…`
fn own_words(one: &str, shared: &str) -> String {
    let differ = one.split(' ').zip(shared.split(' ')).filter(|(word, shared)| word != shared);
    let words: Vec<&str> = differ.map(|(word, _)| word.strip_suffix(ends(word)).unwrap_or(word)).collect();
    Some(words.join(" ")).filter(|words| words.chars().count() <= LONGEST_OWN).unwrap_or_default()
}

fn ends(word: &str) -> &str {
    let is_end = |c: char| [':', ',', ';', '.', '`', '"', ')'].contains(&c);
    word.get(word.trim_end_matches(is_end).len()..).unwrap_or_default()
}
