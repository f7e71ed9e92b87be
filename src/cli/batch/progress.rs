//! How a batch goes, on standard error. On a terminal: a total line and at most eight running rows, the oldest first,
//! with what has failed above them. Without a terminal: a line for each modem that ends.
//!
//! One thread draws, at most five times a second, and no modem waits for it.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use unicode_width::UnicodeWidthChar;

use crate::batch::board::{Board, Row};
use crate::batch::driver::Progress;
use crate::batch::inventory::Modem;
use crate::batch::session::Ended;
use crate::cli::console::{self, Console};
use crate::cli::exit::Exit;
use crate::port::Clock;
use crate::report::causes::{Causes, place};
use crate::report::result::{RunResult, seconds};
use crate::report::style::{Style, harmless};
use crate::runtime::Status;

const FRAME: Duration = Duration::from_millis(200);
const ROWS: usize = 8;

/// What is looked at.
pub(super) struct View {
    pub(super) modems: Arc<[Modem]>,
    pub(super) board: Arc<Board>,
    pub(super) clock: Clock,
    pub(super) console: Console,
    pub(super) script: String,
    pub(super) json: bool,
    pub(super) quiet: bool,
    pub(super) answers_enter: bool,
}

/// What has come of it.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) counts: Counts,
    pub(super) causes: Causes,
    /// What the results add to the exit code
    pub(super) worst: Exit,
    /// What became of writing to standard output
    pub(super) exit: Exit,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    pub(super) unreachable: usize,
    pub(super) interrupted: usize,
    pub(super) changed: u64,
    pub(super) unchanged: u64,
    /// The time that all runs took together
    busy: Duration,
}

impl Default for Shown {
    fn default() -> Shown {
        Shown { counts: Counts::default(), causes: Causes::default(), worst: Exit::Passed, exit: Exit::Passed }
    }
}

impl Counts {
    fn add(&mut self, result: &RunResult) {
        let count = match result.status {
            Status::Passed => &mut self.passed,
            Status::Failed => &mut self.failed,
            Status::Skipped => &mut self.skipped,
            Status::Unreachable => &mut self.unreachable,
            Status::Interrupted => &mut self.interrupted,
        };
        *count += 1;
        self.changed += result.changed;
        self.unchanged += result.unchanged;
        self.busy += Duration::from_millis(result.elapsed_ms);
    }

    pub(super) fn ended(&self) -> usize {
        self.passed + self.failed + self.skipped + self.unreachable + self.interrupted
    }
}

impl View {
    pub(super) fn show(self, events: &Receiver<Progress>) -> Shown {
        let live =
            !self.quiet && io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let mut screen = Screen { live, view: self, shown: Shown::default(), drawn: 0 };
        if live && screen.view.answers_enter {
            screen.view.console.say("Enter shows all that run; Ctrl-C begins no more\n");
        }
        screen.draw();
        let mut last = screen.view.clock.now();
        loop {
            let event = if live {
                let wait = (last + FRAME).saturating_sub(screen.view.clock.now());
                events.recv_timeout(wait)
            } else {
                events.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match event {
                Ok(Progress::Ended { ended, .. }) => screen.ended(&ended),
                Ok(Progress::Note(note)) => screen.above(&format!("note: {note}\n")),
                Ok(Progress::Snapshot { typed }) => screen.snapshot(typed),
                Ok(Progress::Finished) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    screen.draw();
                    last = screen.view.clock.now();
                }
            }
        }
        screen.erase();
        screen.shown
    }
}

struct Screen {
    view: View,
    live: bool,
    shown: Shown,
    /// How many lines of it stand on the terminal
    drawn: usize,
}

impl Screen {
    fn ended(&mut self, ended: &Ended) {
        let result = &ended.result;
        self.shown.counts.add(result);
        self.shown.causes.add(result);
        self.shown.worst = self.shown.worst.worst(super::exit_of_result(result));
        if self.view.json {
            let printed = self.view.console.print(&(result.json() + "\n"));
            self.shown.exit = self.shown.exit.worst(printed);
        }
        if let Some(why) = &ended.unrecorded {
            self.shown.worst = self.shown.worst.worst(Exit::Unwritable);
            self.above(&format!("note: the conversation of {} could not be kept: {why}\n", result.modem));
        }
        let went_well = matches!(result.status, Status::Passed | Status::Skipped);
        let is_told = !self.live || !went_well;
        if is_told && !self.view.quiet {
            self.above(&self.line(result));
        }
    }

    /// `12/200 failed gw-0007 in 5.0 s: no answer (setup.hayes:12)`
    fn line(&self, result: &RunResult) -> String {
        let palette = self.view.console.err;
        let style = match result.status {
            Status::Passed => Style::Good,
            Status::Skipped | Status::Interrupted => Style::Notable,
            Status::Failed | Status::Unreachable => Style::Bad,
        };
        let count = format!("{}/{}", self.shown.counts.ended(), self.view.modems.len());
        let why = match (&result.failure, &result.skipped) {
            (Some(failure), _) => {
                let place = place(failure).map(|place| format!(" ({place})")).unwrap_or_default();
                format!(": {}{place}", harmless(failure.message.as_bytes()))
            }
            (None, Some(why)) => format!(": {}", harmless(why.as_bytes())),
            (None, None) => String::new(),
        };
        let status = palette.paint(style, result.status);
        let (count, time) = (palette.paint(Style::Dim, count), seconds(result.elapsed_ms));
        console::fitted(&format!("{count} {status} {} in {time}{why}", result.modem), "    ") + "\n"
    }

    /// Writes lines that stay, above what is redrawn.
    fn above(&mut self, text: &str) {
        let erase = self.erasing();
        self.view.console.say(&format!("{erase}{text}"));
        self.draw();
    }

    fn snapshot(&mut self, typed: bool) {
        if typed {
            self.drawn += 1;
        }
        let rows = self.view.board.rows();
        let mut text = self.total(&rows) + "\n";
        rows.iter().for_each(|row| text.push_str(&(self.row(row) + "\n")));
        self.above(&text);
    }

    fn draw(&mut self) {
        if !self.live {
            return;
        }
        let rows = self.view.board.rows();
        let mut lines = vec![self.total(&rows)];
        lines.extend(rows.iter().take(ROWS).map(|row| self.row(row)));
        if rows.len() > ROWS {
            lines.push(format!("  and {} more", rows.len() - ROWS));
        }
        let width = console::width().saturating_sub(1);
        let text: String = lines.iter().map(|line| cut(line, width) + "\n").collect();
        let erase = self.erasing();
        self.drawn = lines.len();
        self.view.console.say(&format!("{erase}{text}"));
    }

    fn erase(&mut self) {
        let erase = self.erasing();
        if !erase.is_empty() {
            self.view.console.say(&erase);
        }
    }

    /// To the first of the lines that were drawn, and all below it away.
    fn erasing(&mut self) -> String {
        match std::mem::take(&mut self.drawn) {
            0 => String::new(),
            lines => format!("\x1b[{lines}F\x1b[J"),
        }
    }

    fn total(&self, rows: &[Row]) -> String {
        let counts = &self.shown.counts;
        let all = self.view.modems.len();
        let bad = counts.failed + counts.unreachable;
        let mut parts = vec![self.view.script.clone(), format!("{}/{all}", counts.ended())];
        if bad > 0 {
            parts.push(format!("{bad} failed"));
        }
        parts.push(format!("{} running", rows.len()));
        parts.push(clock(self.view.clock.now()));
        parts.extend(self.time_left(rows).map(|left| format!("about {} left", clock(left))));
        parts.join(" · ")
    }

    /// A guess: what is left takes as long as what has ended, with as many at the same time as now.
    fn time_left(&self, rows: &[Row]) -> Option<Duration> {
        let counts = &self.shown.counts;
        let ended = u32::try_from(counts.ended()).ok().filter(|ended| *ended >= 3)?;
        let mean = counts.busy / ended;
        let now = self.view.clock.now();
        let begun: Duration = rows.iter().map(|row| mean.saturating_sub(now.saturating_sub(row.since))).sum();
        let waiting = self.view.modems.len().saturating_sub(counts.ended() + rows.len());
        let work = begun + mean * u32::try_from(waiting).ok()?;
        let at_once = u32::try_from(rows.len().max(1)).ok()?;
        let left = work / at_once;
        (left >= Duration::from_secs(2)).then_some(left)
    }

    fn row(&self, row: &Row) -> String {
        let name = self.view.modems.get(row.modem).map_or("", |modem| modem.name.as_str());
        let age = clock(self.view.clock.now().saturating_sub(row.since));
        format!("  {name:<16} {age:>6}  {}", harmless(row.what.as_bytes()))
    }
}

/// `0:07`, `12:30`, `1:02:03`
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// The beginning of a line, so many columns wide at most: a line that wraps could not be taken back.
fn cut(line: &str, width: usize) -> String {
    let mut columns = 0;
    let fits = |c: &char| {
        columns += c.width().unwrap_or(0);
        columns <= width
    };
    line.chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_never_wraps() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "abc");
        assert_eq!(cut("日本語", 5), "日本");
    }

    #[test]
    fn times_are_read_as_on_a_clock() {
        assert_eq!([7, 750, 3723].map(|s| clock(Duration::from_secs(s))), ["0:07", "12:30", "1:02:03"]);
    }
}
