//! How a batch goes, on standard error. On a terminal: a total line and at most eight running rows, the oldest first,
//! with what has failed above them. Without a terminal: a line for each modem that ends.
//!
//! SIGUSR1 and Enter show what all running modems do. One thread draws, at most five times a second; no modem waits.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::console::{self, Console, Exit};
use super::results::Sink;
use crate::batch::driver::{Driver, Progress};
use crate::batch::inventory::BatchModem;
use crate::batch::run::{Board, Doing, Ended};
use crate::notation::seconds;
use crate::port::Clock;
use crate::report::result::{RunResult, style};
use crate::report::style::{Style, cut, harmless};
use crate::report::tally::{STATUSES, Tally, place};
use crate::runtime::Status;
use crate::state;

const FRAME: Duration = Duration::from_millis(200);
const ROWS: usize = 8;
/// Columns that hold a script's name, a modem's and what it does
const WIDE: usize = 60;

pub(crate) struct ProgressScreen {
    modems: Arc<[BatchModem]>,
    board: Arc<Board>,
    clock: Clock,
    console: Console,
    script: String,
    /// How wide the longest name of a modem is
    names: usize,
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    /// Who looks at a terminal sees what runs.
    pub(crate) is_shown: bool,
    /// The results come one by one into a program that may write to the terminal too.
    is_mixed: bool,
    pub(crate) answers_enter: bool,
    /// `hayes at`: what the modems say is the result, and goes there
    pub(crate) answers: Option<Sink>,
    tally: Tally,
    /// How long all that have ended took together, by the clock on the wall
    busy: Duration,
    /// What became of writing: results to standard output, records to their files
    written: Exit,
    lines: LiveLines,
}

/// Lines on the terminal that are drawn anew, under those that stay. The cursor stands at the beginning of the first:
/// there it stays however the terminal wraps them in a narrower window, and a lower one drops what is below it first.
pub(crate) struct LiveLines {
    /// Whether standard error can be drawn on, and something is to be drawn
    pub(crate) live: bool,
    rows: Vec<String>,
    are_drawn: bool,
    /// The window, and since when it has this size
    window: (Option<(usize, usize)>, Clock),
    /// What is to stay, and waits
    held: String,
}

/// A terminal may tell so much later of a size that it has already: tmux does.
const WINDOW_SETTLED: Duration = Duration::from_millis(300);

impl LiveLines {
    pub(crate) fn new(wanted: bool) -> LiveLines {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let live = wanted && io::stderr().is_terminal() && !is_dumb;
        LiveLines {
            live,
            rows: Vec::new(),
            are_drawn: false,
            window: (console::window(), Clock::start()),
            held: String::new(),
        }
    }

    /// The columns of a line, and how many lines there may be. One that has left the window could not be taken back.
    pub(crate) fn room() -> (usize, usize) {
        let (columns, height) = console::window().unwrap_or((80, 24));
        (columns, height.saturating_sub(1).max(1))
    }

    /// Draws other rows than before, under `text`.
    pub(crate) fn draw(&mut self, text: &str, rows: Vec<String>) {
        self.rows = rows;
        self.above(text);
    }

    /// Writes lines that stay, above what is redrawn. While the window changes nothing is written: what is drawn for
    /// another size could leave it.
    pub(crate) fn above(&mut self, text: &str) {
        if self.window.0 != console::window() {
            self.window = (console::window(), Clock::start());
        }
        if self.are_drawn && self.window.1.now() < WINDOW_SETTLED {
            return self.held.push_str(text);
        }
        let text = std::mem::take(&mut self.held) + text;
        let mut drawn = String::new();
        if self.live && !self.rows.is_empty() {
            let width = LiveLines::room().0.saturating_sub(1);
            let rows: Vec<_> = self.rows.iter().map(|row| cut(row, width)).collect();
            drawn = format!("\x1b[?7l{}\x1b[?7h\r", rows.join("\n"));
            drawn.push_str(&(1..rows.len()).map(|_| "\x1b[A").collect::<String>());
        }
        self.are_drawn = !drawn.is_empty();
        // There is nowhere to tell that this failed.
        let _ = console::draw(io::stderr(), &text, &drawn);
    }

    /// All that is drawn away; then what was held back.
    pub(crate) fn erase(&mut self) {
        self.are_drawn = false;
        let _ = console::draw(io::stderr(), &std::mem::take(&mut self.held), "");
    }
}

impl ProgressScreen {
    pub(crate) fn new(driver: &Driver, modems: Arc<[BatchModem]>, script: &str, console: Console) -> ProgressScreen {
        ProgressScreen {
            names: modems.iter().map(|modem| modem.name.width()).max().unwrap_or(0),
            modems,
            board: Arc::clone(&driver.board),
            clock: driver.clock,
            console,
            script: script.to_owned(),
            json: false,
            quiet: false,
            is_shown: true,
            is_mixed: false,
            answers_enter: false,
            answers: None,
            tally: Tally::default(),
            busy: Duration::ZERO,
            written: Exit::Passed,
            lines: LiveLines::new(false),
        }
    }

    /// Until all is over: what came of it, and of writing it.
    pub(crate) fn show(mut self, events: &Receiver<Progress>) -> (Tally, Exit) {
        // What reads the results may write to the same terminal, as `tee` does: then nothing is drawn there.
        let is_read = self.json || matches!(self.answers, Some(Sink::Standard));
        self.is_mixed = is_read && io::stderr().is_terminal() && state::is_pipe(Path::new("/dev/stdout"));
        self.lines = LiveLines::new(self.is_shown && !self.is_mixed);
        if self.lines.live && self.answers_enter {
            self.console.say(&(console::fitted("Enter shows all that run; Ctrl-C begins no more", "") + "\n"));
        }
        self.above("");
        let mut last = self.clock.now();
        loop {
            let event = if self.lines.live {
                events.recv_timeout((last + FRAME).saturating_sub(self.clock.now()))
            } else {
                events.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match event {
                Ok(Progress::Ended(ended)) => self.ended(&ended),
                Ok(Progress::Note(note)) => self.above(&(console::fitted(&format!("note: {note}"), "      ") + "\n")),
                Ok(Progress::Said { modem, lines }) => {
                    let width = self.names;
                    let named = || lines.lines().map(|line| format!("{modem:<width$} │ {line}\n")).collect::<String>();
                    match &mut self.answers {
                        None => self.above(&named()),
                        Some(sink) => {
                            let text = if self.json { lines } else { named() };
                            self.lines.erase();
                            self.written = self.written.worst(sink.write(&text, &self.console));
                            self.above("");
                        }
                    }
                }
                Ok(Progress::Snapshot { typed }) => self.snapshot(typed),
                Ok(Progress::Finished) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.above("");
                    last = self.clock.now();
                }
            }
        }
        self.lines.erase();
        (self.tally, self.written)
    }

    fn ended(&mut self, ended: &Ended) {
        let result = &ended.result;
        self.tally.add(result);
        ended.steps.iter().for_each(|(step, took)| self.tally.add_step(step, *took));
        self.busy += ended.took;
        if self.json && self.answers.is_none() {
            let printed = self.console.print(&(result.json() + "\n"));
            self.written = self.written.worst(printed);
        }
        if let Some(why) = &ended.unrecorded {
            self.written = self.written.worst(Exit::Unwritable);
            self.above(&format!("note: the conversation of {} could not be kept: {why}\n", result.modem));
        }
        let went_well = matches!(result.status, Status::Passed | Status::Skipped);
        if !self.quiet && (!(self.lines.live || self.is_mixed) || !went_well || ended.unwritten) {
            self.above(&self.line(result, ended.unwritten));
        }
    }

    /// `12/200 failed gw-0007 in 5.0 s: no answer (setup.hayes:12)`
    fn line(&self, result: &RunResult, unwritten: bool) -> String {
        let palette = self.console.err;
        let count = format!("{}/{}", self.tally.count(&STATUSES), self.modems.len());
        let mut why =
            Some(result.why()).filter(|why| !why.is_empty()).map(|why| format!(": {why}")).unwrap_or_default();
        if result.status == Status::Interrupted {
            // Who has pressed Ctrl-C knows why, and there may be hundreds.
            why = result.failure.as_ref().and_then(place).map(|place| format!(" ({place})")).unwrap_or_default();
        }
        let mut status = palette.paint(style(result.status), result.status.name());
        if result.is_flaky() {
            status = palette.paint(Style::Notable, "flaky");
            why = format!(": passed at try {}", result.earlier.len() + 1);
        }
        if unwritten {
            why = format!("{why}, {}", palette.paint(Style::Bad, "not written"));
        }
        let (count, time) = (palette.paint(Style::Dim, count), seconds(result.elapsed_ms));
        console::fitted(&format!("{count} {status} {} in {time}{why}", result.modem), "    ") + "\n"
    }

    /// Writes lines that stay, above what is redrawn.
    fn above(&mut self, text: &str) {
        let rows = if self.lines.live { self.rows() } else { Vec::new() };
        self.lines.draw(text, rows);
    }

    fn snapshot(&mut self, typed: usize) {
        if typed > 0 && self.lines.are_drawn {
            // Each Enter has moved the cursor.
            self.console.say(&format!("\x1b[{typed}A"));
        }
        let rows = self.board.rows();
        let columns = if self.lines.live { LiveLines::room().0 } else { WIDE };
        let all = std::iter::once(self.total(&rows, columns)).chain(rows.iter().map(|row| self.row(row, columns)));
        self.above(&all.map(|line| console::fitted(&line, "    ") + "\n").collect::<String>());
    }

    fn rows(&mut self) -> Vec<String> {
        let rows = self.board.rows();
        let (columns, room) = LiveLines::room();
        let room = (room - 1).min(ROWS + 1);
        let mut lines = vec![self.total(&rows, columns)];
        if rows.len() <= room.min(ROWS) {
            lines.extend(rows.iter().map(|row| self.row(row, columns)));
        } else {
            lines.extend(self.together(&rows, room, columns));
        }
        lines
    }

    fn total(&self, rows: &[Doing], columns: usize) -> String {
        let ended = self.tally.count(&STATUSES);
        let mut parts = vec![format!("{ended}/{}", self.modems.len())];
        for status in [Status::Failed, Status::Unreachable] {
            let count = self.tally.count(&[status]);
            parts.extend((count > 0).then(|| format!("{count} {status}")));
        }
        parts.push(format!("{} running", rows.len()));
        parts.push(clock(self.clock.now()));
        parts.extend(self.time_left(rows).map(|left| format!("about {} left", clock(left))));
        // What a narrow window has no room for is the script's name: it is known.
        parts.insert(if columns < WIDE { parts.len() } else { 0 }, self.script.clone());
        parts.join(" · ")
    }

    /// A guess: each that is left takes as long as those that have ended.
    fn time_left(&self, rows: &[Doing]) -> Option<Duration> {
        let all_ended = self.tally.count(&STATUSES);
        let ended = u32::try_from(all_ended).ok().filter(|ended| *ended >= 3)?;
        let mean = self.busy / ended;
        let now = self.clock.now();
        let running = rows.iter().map(|row| mean.saturating_sub(now.saturating_sub(row.since))).collect();
        let left = all_ended_in(running, self.modems.len().saturating_sub(all_ended + rows.len()), mean)?;
        (left >= Duration::from_secs(2)).then_some(left)
    }

    /// So many rows at most of more modems: those in the same step are one row, `56 × check-registration · attempt 2`,
    /// with the time of the oldest.
    fn together(&self, rows: &[Doing], most: usize, columns: usize) -> Vec<String> {
        let mut steps: Vec<(String, usize, &Doing)> = Vec::new();
        for row in rows {
            let step = row.step();
            match steps.iter_mut().find(|(known, ..)| *known == step) {
                Some((_, count, _)) => *count += 1,
                None => steps.push((step, 1, row)),
            }
        }
        steps.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        let shown = if steps.len() <= most { most } else { most.saturating_sub(1) };
        let left: usize = steps.iter().skip(shown).map(|(_, count, _)| count).sum();
        let line = |(step, count, oldest): &(String, usize, &Doing)| match count {
            1 => self.row(oldest, columns),
            _ => self.line_of(&format!("{count} ×"), oldest, step, columns),
        };
        let more = (left > 0 && most > 0).then(|| format!("  and {left} more"));
        steps.iter().take(shown).map(line).chain(more).collect()
    }

    fn row(&self, row: &Doing, columns: usize) -> String {
        let name = self.modems.get(row.modem).map_or("", |modem| modem.name.as_str());
        self.line_of(name, row, &row.to_string(), columns)
    }

    /// Names have a column of their own where the window is wide; in a narrow one their ends tell them apart.
    fn line_of(&self, name: &str, row: &Doing, what: &str, columns: usize) -> String {
        let (age, what) = (clock(self.clock.now().saturating_sub(row.since)), harmless(what.as_bytes()));
        if columns >= WIDE {
            return format!("  {name:<16} {age:>6}  {what}");
        }
        let skipped = name.chars().count().saturating_sub(columns / 3);
        let cut = if skipped > 0 { "…" } else { "" };
        format!("{cut}{} {age} {what}", name.chars().skip(skipped).collect::<String>())
    }
}

/// When all have ended, if those that run end in so long, and each of so many that wait begins where one ends.
fn all_ended_in(mut running: Vec<Duration>, waiting: usize, each: Duration) -> Option<Duration> {
    running.sort_unstable();
    let (rounds, more) = (waiting / running.len().max(1), waiting % running.len().max(1));
    let ends = |first: Option<&Duration>, rounds: usize| Some(*first? + each * u32::try_from(rounds).ok()?);
    ends(running.last(), rounds).max(ends(running.get(..more)?.last(), rounds + 1))
}

/// `0:07`, `12:30`, `1:02:03`
pub(crate) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// Listens from now on to SIGUSR1 and the keyboard; whether Enter works.
#[cfg(unix)]
pub(crate) fn listen_for_snapshots(shown: Sender<Progress>, keyboard: bool) -> bool {
    let keys = keyboard && console::is_in_front(io::stdin()) == Some(true);
    if let Ok(mut signals) = signal_hook::iterator::Signals::new([signal_hook::consts::SIGUSR1]) {
        let shown = shown.clone();
        let watch = move || {
            for _ in signals.forever() {
                if shown.send(Progress::Snapshot { typed: 0 }).is_err() {
                    return;
                }
            }
        };
        // Without this thread the batch runs as well.
        let _ = std::thread::Builder::new().name("snapshots".to_owned()).stack_size(64 << 10).spawn(watch);
    }
    let builder = std::thread::Builder::new().name("keyboard".to_owned()).stack_size(64 << 10);
    keys && builder.spawn(move || read_keys(&shown)).is_ok()
}

#[cfg(not(unix))]
pub(crate) fn listen_for_snapshots(_shown: Sender<Progress>, _keyboard: bool) -> bool {
    false
}

#[cfg(unix)]
fn read_keys(shown: &Sender<Progress>) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let stdin = std::io::stdin();
    let (mut line, mut typed) = ([0; 256], 0);
    loop {
        // What comes together is one: all of it has moved the cursor before the first is told of.
        let soon = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
        let ready = poll(&mut [PollFd::new(&stdin, PollFlags::IN)], (typed > 0).then_some(&soon));
        if ready == Ok(0) && shown.send(Progress::Snapshot { typed: std::mem::take(&mut typed) }).is_ok() {
            continue;
        }
        // A program in the background that reads from its terminal is stopped by the system.
        if ready == Ok(0)
            || ready.is_err_and(|error| error != rustix::io::Errno::INTR)
            || console::is_in_front(&stdin) != Some(true)
        {
            return;
        }
        match rustix::io::read(&stdin, &mut line) {
            Ok(0) => return,
            Ok(read) => typed += line.iter().take(read).filter(|byte| **byte == b'\n').count(),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
#[path = "../../tests/units/progress.rs"]
mod tests;
