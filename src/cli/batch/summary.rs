//! What came of a batch: counts, failures by cause, what did not run, and the command that runs the rest.

use std::path::Path;

use super::progress::{Counts, Shown};
use crate::batch::driver::Finished;
use crate::batch::inventory::Modem;
use crate::batch::schedule::Stopped;
use crate::cli::console::{self, Console};
use crate::report::causes::Causes;
use crate::report::result::{RunResult, plural, seconds};
use crate::report::style::{Palette, Style, harmless};
use crate::runtime::Status;

pub(super) struct Summary<'s> {
    pub(super) shown: &'s Shown,
    pub(super) finished: &'s Finished,
    pub(super) modems: &'s [Modem],
    pub(super) passed_before: usize,
    /// Nothing was changed: `--plan`
    pub(super) plans: bool,
    pub(super) results: &'s Path,
    /// The command that runs the rest
    pub(super) rest: Option<String>,
}

impl Summary<'_> {
    pub(super) fn text(&self, console: &Console) -> String {
        let palette = console.out;
        let Counts { passed, failed, skipped, unreachable, interrupted, changed, unchanged, .. } = self.shown.counts;
        let counts = [
            (passed, "passed", Style::Good),
            (failed, "failed", Style::Bad),
            (unreachable, "unreachable", Style::Bad),
            (skipped, "skipped", Style::Notable),
            (interrupted, "interrupted", Style::Notable),
            (self.finished.not_begun.len(), "not run", Style::Notable),
        ];
        let mut text = causes(&self.shown.causes, palette);
        text.push_str(&self.not_run(palette));
        let time = seconds(u64::try_from(self.finished.elapsed.as_millis()).unwrap_or(u64::MAX));
        let all = plural(self.modems.len() as u64, "modem");
        text.push_str(&format!("{all} in {time}: {}", counted(&counts, palette)));
        if changed + unchanged > 0 {
            let what = if self.plans { "would change" } else { "changed" };
            text.push_str(&format!("; {changed} {what}, {unchanged} unchanged"));
        }
        if self.passed_before > 0 {
            text.push_str(&format!("; {} passed before", self.passed_before));
        }
        text.push_str(&format!("\nresults: {}\n", self.results.display()));
        let left = failed + unreachable + interrupted + self.finished.not_begun.len();
        if let Some(rest) = self.rest.as_ref().filter(|_| left > 0) {
            text.push_str(&format!("the rest: {rest}\n"));
        }
        text
    }

    fn not_run(&self, palette: Palette) -> String {
        let not_begun = &self.finished.not_begun;
        if not_begun.is_empty() {
            return String::new();
        }
        let why = match (self.finished.stopped, &self.finished.unwritten) {
            (_, Some(_)) => "results could not be written",
            (Some(Stopped::TooManyFailures), _) => "too many had failed",
            (Some(Stopped::Asked) | None, None) => "the batch was stopped",
        };
        let names: Vec<&str> =
            not_begun.iter().filter_map(|index| Some(self.modems.get(*index)?.name.as_str())).collect();
        let head = palette.paint(Style::Notable, format!("{} not run", not_begun.len()));
        format!("{head}: {why}\n{}\n", listed(&names))
    }
}

/// What the results of an earlier batch say.
pub(crate) fn of_results(results: &[RunResult], palette: Palette) -> String {
    let count = |status| results.iter().filter(|result| result.status == status).count();
    let counts = [
        (count(Status::Passed), "passed", Style::Good),
        (count(Status::Failed), "failed", Style::Bad),
        (count(Status::Unreachable), "unreachable", Style::Bad),
        (count(Status::Skipped), "skipped", Style::Notable),
        (count(Status::Interrupted), "interrupted", Style::Notable),
    ];
    let causes = causes(&Causes::of(results), palette);
    format!("{causes}{}: {}\n", plural(results.len() as u64, "modem"), counted(&counts, palette))
}

fn counted(counts: &[(usize, &str, Style)], palette: Palette) -> String {
    let some = counts.iter().filter(|(count, ..)| *count > 0);
    some.map(|(count, what, style)| palette.paint(*style, format!("{count} {what}")).to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

/// Each cause with the modems that it has hit, the largest first.
fn causes(causes: &Causes, palette: Palette) -> String {
    let mut text = String::new();
    for cause in causes.by_size() {
        let count = palette.paint(Style::Bad, format!("{} ×", cause.modems.len()));
        let code = palette.paint(Style::Dim, format!("[{}]", cause.code()));
        let what = format!("{count} {} {code}", harmless(cause.message.as_bytes()));
        text.push_str(&(console::fitted(&what, "    ") + "\n"));
        let names: Vec<&str> = cause.modems.iter().map(String::as_str).collect();
        text.push_str(&listed(&names));
        text.push('\n');
        for line in cause.help.iter().flat_map(|help| help.lines()) {
            let help = format!("    help: {}", harmless(line.as_bytes()));
            text.push_str(&(console::fitted(&help, "          ") + "\n"));
        }
    }
    text
}

/// Names on as many as three lines.
fn listed(names: &[&str]) -> String {
    const LINES: usize = 3;
    let width = console::width();
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::from("   ");
    for (place, name) in names.iter().enumerate() {
        if line.chars().count() + name.chars().count() + 2 >= width {
            if lines.len() + 1 == LINES {
                line.push_str(&format!(" … and {} more", names.len() - place));
                break;
            }
            lines.push(std::mem::replace(&mut line, String::from("   ")));
        }
        line.push_str(&format!(" {name}"));
    }
    lines.push(line);
    lines.join("\n")
}
