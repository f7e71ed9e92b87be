//! The conversation as it goes, for people: a line for each thing said, its meaning beside it.
//!
//! ```text
//! AT+CMEE=2  OK
//! AT+CREG?
//!   +CREG: 0,5 · registered, roaming
//! AT+CMGS="2936"
//!   > hello<Ctrl-Z>
//!   +CMGS: 12
//! ```
//!
//! An `OK` under lines of an answer is left out, unless all is shown; every other final result code is shown.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use super::style::{ERASED, Palette, Style, cut, filled, harmless, without_middle};
use crate::at::{Event, Why};
use crate::catalogue::entry::Module;
use crate::catalogue::explain::{Context, beside};
use crate::notation::{ShownDuration, seconds};
use crate::runtime::{Change, RuntimeEvent, Waiting};

/// So much of what is waited for says something.
const SHORTEST: usize = 10;

/// What a line of an answer means, given the question and the module: a few words.
pub type Meaning = fn(line: &str, sent: &str, module: Option<&'static Module>) -> Option<String>;

/// Writes what stays, and under it what the next line replaces.
pub(crate) type Draw = fn(stays: &str, drawn: &str) -> io::Result<()>;

pub(crate) fn meaning(line: &str, sent: &str, module: Option<&'static Module>) -> Option<String> {
    beside(line, &Context { command: (!sent.is_empty()).then_some(sent), module })
}

/// Writes the conversation. A run goes on without its reader: [`ConversationText::finish`] tells the writer's error.
pub struct ConversationText<W: Write> {
    writer: W,
    palette: Palette,
    /// Echoes, final result codes, prompts, times
    verbose: bool,
    /// None for who takes lines as the modem gave them, without times
    meaning: Option<Meaning>,
    /// The question has just been typed: all begins with its answer, at the margin.
    pub(crate) is_typed: bool,
    pub(crate) stamp: Option<fn(Palette) -> String>,
    begins_line: bool,
    sent: String,
    result: String,
    module: Option<&'static Module>,
    /// The question's line has no line end yet: its `OK` may stand behind it.
    line_is_open: bool,
    is_answered: bool,
    depth: usize,
    /// What is waited for, and how long that may take at most
    wait: Option<(String, Duration)>,
    heard: String,
    /// A line stands there that the next one replaces.
    passing: bool,
    /// The columns of the terminal, where such a line may stand
    pub(crate) columns: Option<fn() -> usize>,
    /// Writes to a terminal that others draw on too
    pub(crate) draws: Option<Draw>,
    attempts: Attempts,
    error: Option<io::Error>,
}

/// Of a `retry` that fails in the same way again and again the first two attempts are shown, then what is another.
#[derive(Default)]
struct Attempts {
    /// What the attempt before has said, in the parts in which it was written, and why it failed
    before: Option<Vec<String>>,
    why: String,
    said: Vec<String>,
    /// So far this one says the same, and is not shown.
    is_held: bool,
    /// Those that are not shown: the first, the last
    same: Option<(u64, u64)>,
    /// ` of 3`, of those
    of: String,
    /// When something was shown last, and how long nothing need be
    shown: Duration,
    silent: Duration,
}

/// Where nothing can be drawn anew, that it goes on is said after so long, then after twice as long each time.
const FIRST_SILENCE: Duration = Duration::from_secs(60);
/// An attempt that says more is like no other.
const MOST_SAID: usize = 1000;

impl<W: Write> ConversationText<W> {
    pub fn new(writer: W, palette: Palette, verbose: bool, meaning: Option<Meaning>) -> Self {
        ConversationText {
            writer,
            palette,
            verbose,
            meaning,
            is_typed: false,
            stamp: None,
            begins_line: true,
            sent: String::new(),
            result: String::new(),
            module: None,
            line_is_open: false,
            is_answered: false,
            depth: 0,
            wait: None,
            heard: String::new(),
            passing: false,
            columns: None,
            draws: None,
            attempts: Attempts::default(),
            error: None,
        }
    }

    pub fn on_event(&mut self, now: Duration, event: RuntimeEvent<'_>) {
        if ends_wait(&event) {
            self.wait = awaited(&event);
        }
        match event {
            RuntimeEvent::ScriptStarted { script, depth } => {
                if depth > 0 {
                    self.depth = depth - 1;
                    self.line(0, Style::Name, &format!("run {script}"));
                }
                self.depth = depth;
            }
            RuntimeEvent::ScriptEnded { depth, .. } => {
                self.close_line();
                self.depth = depth.saturating_sub(1);
            }
            RuntimeEvent::Session(event) => self.session(now, event),
            RuntimeEvent::ExchangeEnded { passed: true, elapsed, .. } if self.is_typed => {
                let beside = self.meaning.map(|_| format!(" · {}", took(elapsed))).unwrap_or_default();
                let beside = self.palette.paint(Style::Dim, beside);
                let line = format!("{}{beside}\n", self.palette.paint(Style::Good, &self.result));
                self.write(&line);
            }
            RuntimeEvent::ExchangeEnded { .. } if self.is_typed => {}
            RuntimeEvent::ExchangeEnded { elapsed, .. } => {
                self.close_line();
                if self.verbose {
                    self.line(1, Style::Dim, &format!("{} ms", elapsed.as_millis()));
                }
                self.sent.clear();
            }
            RuntimeEvent::AttemptFailed { attempt, of, failure } => {
                self.attempt_failed(now, (attempt, &of_all(of)), &failure.diagnostic.message);
            }
            RuntimeEvent::Pause { duration, .. } if self.verbose => {
                self.line(0, Style::Dim, &format!("pause {}", ShownDuration(duration)));
            }
            RuntimeEvent::RetryEnded { .. } => self.end_attempts(),
            RuntimeEvent::Caught { failure } => {
                self.end_attempts();
                if self.verbose {
                    self.line(0, Style::Dim, &format!("tried: {}", failure.diagnostic.message));
                }
            }
            RuntimeEvent::CheckFailed { failure } => {
                self.line(0, Style::Bad, &format!("check failed: {}", failure.diagnostic.message));
            }
            RuntimeEvent::Interrupted { has_finally: true } => {
                let text = "interrupted: what `finally` says still runs; Ctrl-C once more ends that too";
                self.line(0, Style::Notable, text);
            }
            RuntimeEvent::FinallyFailed { failure } => {
                self.line(0, Style::Bad, &format!("finally did not come to its end: {}", failure.diagnostic.message));
            }
            RuntimeEvent::Log { text } => self.line(0, Style::Notable, &format!("-- {text}")),
            RuntimeEvent::Ensured { change, .. } => {
                let (style, text) = match change {
                    Change::Unchanged => (Style::Dim, "as it should be: unchanged"),
                    Change::Changed => (Style::Good, "changed"),
                    Change::WouldChange => (Style::Notable, "would change"),
                };
                self.line(1, style, text);
            }
            RuntimeEvent::Met { module } => {
                self.module = Some(module);
                if self.verbose {
                    self.line(1, Style::Dim, &format!("known from here on: {}", module.id));
                }
            }
            RuntimeEvent::Part { part, runs: true } => self.line(0, Style::Dim, &format!("part {part}")),
            RuntimeEvent::Part { part, runs: false } => {
                self.line(0, Style::Notable, &format!("part {part}: left out (--only)"));
            }
            RuntimeEvent::Plan { note } => self.line(0, Style::Notable, &format!("plan: {note}")),
            RuntimeEvent::Statement { .. }
            | RuntimeEvent::Waiting { .. }
            | RuntimeEvent::Pause { .. }
            | RuntimeEvent::Interrupted { has_finally: false }
            | RuntimeEvent::Captured { .. }
            | RuntimeEvent::Reported { .. }
            | RuntimeEvent::Row { .. } => {}
        }
    }

    /// A line that says what is waited for, how long already, and how long at most; the next line takes its place.
    pub fn still_waiting(&mut self, elapsed: Duration, columns: Option<usize>) {
        let Some((what, at_most)) = self.wait.clone() else { return };
        if !self.attempts.is_held {
            self.close_line();
        }
        let (elapsed, at_most) = (elapsed.as_secs(), ShownDuration(Duration::from_secs(at_most.as_secs().max(1))));
        let time = format!(": {elapsed}s of at most {at_most}");
        let heard = if self.heard.is_empty() { String::new() } else { format!("; last heard: {}", self.heard) };
        let Some(columns) = columns else {
            let line = self.palette.paint(Style::Dim, format!("waiting for {what}{time}{heard}")).to_string();
            return self.emit(&format!("{}{line}\n", self.indent(1)));
        };
        let indent = self.indent(1);
        // In a narrow window what is waited for keeps both its ends, and how long still is shown.
        let room = columns.saturating_sub(indent.len() + 1);
        let left = room.saturating_sub("waiting for ".len() + time.len());
        let text = match left < SHORTEST {
            true => format!("waiting for {elapsed}s of {at_most}"),
            false => format!("waiting for {}{time}", without_middle(&what, left)),
        };
        // What was heard begins with what counts.
        let left = room.saturating_sub(text.chars().count());
        let heard = match heard.chars().count() <= left {
            true => heard,
            false if left < "; last heard: registered…".len() => String::new(),
            false => heard.chars().take(left - 1).chain(['…']).collect(),
        };
        let line = format!("{indent}{}", self.palette.paint(Style::Dim, cut(&(text + &heard), room)));
        self.emit_passing(&line);
    }

    fn attempt_failed(&mut self, now: Duration, (attempt, of): (u64, &str), why: &str) {
        self.close_line();
        let Attempts { before, said, is_held, .. } = &self.attempts;
        let is_same = *is_held && before.as_ref().is_some_and(|before| before.len() == said.len());
        if is_same && self.attempts.why == why && attempt > 2 {
            self.attempts.said.clear();
            let first = self.attempts.same.map_or(attempt, |(first, _)| first);
            (self.attempts.same, self.attempts.of) = (Some((first, attempt)), of.to_owned());
            if self.columns.is_some() {
                let line = format!("{}{}", self.indent(0), self.palette.paint(Style::Dim, same(first, attempt, of)));
                self.emit_passing(&line);
            } else if now.saturating_sub(self.attempts.shown) >= self.attempts.silent {
                self.tell_same();
                (self.attempts.shown, self.attempts.silent) = (now, self.attempts.silent * 2);
            }
            return;
        }
        self.show_held();
        let before = Some(std::mem::take(&mut self.attempts.said)).filter(|_| attempt > 1);
        self.attempts = Attempts::default();
        self.line(0, Style::Dim, &format!("attempt {attempt}{of}: {why}"));
        let is_held = before.is_some() && !self.verbose && !self.is_typed;
        let (why, silent) = (why.to_owned(), FIRST_SILENCE);
        self.attempts = Attempts { before, why, is_held, shown: now, silent, ..Attempts::default() };
    }

    /// What was held back, with the number of those that said the same before it.
    fn show_held(&mut self) {
        self.tell_same();
        if std::mem::take(&mut self.attempts.is_held) {
            let said = std::mem::take(&mut self.attempts.said);
            said.iter().for_each(|part| self.emit(part));
            self.attempts.said = said;
        }
    }

    fn tell_same(&mut self) {
        if let Some((first, last)) = self.attempts.same.take() {
            let told = same(first, last, &self.attempts.of);
            self.emit(&format!("{}{}\n", self.indent(0), self.palette.paint(Style::Dim, told)));
        }
    }

    fn end_attempts(&mut self) {
        self.show_held();
        self.attempts = Attempts::default();
    }

    pub fn is_waiting(&self) -> bool {
        self.wait.is_some()
    }

    fn session(&mut self, now: Duration, event: Event<'_>) {
        match event {
            Event::Sent { bytes, why } => self.sent(bytes, why),
            Event::Echo(line) => {
                if self.verbose {
                    self.line(1, Style::Dim, &format!("{} (echo)", harmless(line)));
                }
            }
            Event::Response(line) => {
                self.is_answered = true;
                self.with_meaning("", line, Style::Bold);
            }
            Event::Final { line, result } if result.is_success() && self.is_typed => self.result = harmless(line),
            Event::Final { line, result } if result.is_success() => {
                let shown = self.palette.paint(Style::Dim, harmless(line)).to_string();
                if self.line_is_open {
                    self.line_is_open = false;
                    self.write(&format!("  {shown}\n"));
                } else if self.verbose || !self.is_answered {
                    self.write(&format!("{}{shown}\n", self.indent(1)));
                }
            }
            Event::Final { line, .. } => self.with_meaning("", line, Style::Bad),
            Event::Urc(line) => self.with_meaning("* ", line, Style::Notable),
            Event::Prompt(mark) => {
                if self.verbose {
                    self.line(1, Style::Dim, &format!("{} (asks for data)", harmless(mark)));
                }
            }
            Event::Stray(line) => {
                self.line(1, Style::Notable, &format!("? {} (belongs to no question)", harmless(line)))
            }
            Event::Data(line) => {
                self.plain(1, &format!("{} {}", self.palette.paint(Style::Notable, "|"), harmless(line)))
            }
            Event::Partial(line) => self.line(1, Style::Bad, &format!("{}… (the line never ended)", harmless(line))),
            Event::Dropped { lines } => {
                let text = format!("note: {lines} unsolicited lines were given up: nobody had asked for them");
                self.line(1, Style::Notable, &text);
            }
            Event::Truncated { bytes } => {
                self.line(1, Style::Notable, &format!("note: a line was cut after {bytes} bytes"));
            }
            Event::Notice(text) if self.is_typed => self.line(0, Style::Dim, text),
            Event::Notice(text) => self.line(1, Style::Notable, &format!("note: {text}")),
        }
        if self.verbose && matches!(event, Event::Urc(_) | Event::Stray(_) | Event::Data(_)) {
            let at = seconds(u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
            self.line(1, Style::Dim, &format!("at {at}"));
        }
    }

    fn sent(&mut self, bytes: &[u8], why: Why) {
        let text = harmless(bytes);
        match why {
            Why::Question if self.is_typed => self.sent = text,
            Why::Cancel if self.is_typed => self.line(0, Style::Dim, "leaving the prompt with ESC"),
            Why::Abort if self.is_typed => self.line(0, Style::Dim, "stopping the command"),
            // The notice before it says so.
            Why::Resynchronise if self.is_typed => {}
            Why::Question => {
                self.close_line();
                let line = format!("{}{}", self.indent(0), self.palette.paint(Style::Bold, &text));
                self.write(&line);
                (self.line_is_open, self.is_answered) = (true, false);
                self.sent = text;
            }
            Why::Reply => {
                let reply = format!("> {}", self.palette.paint(Style::Bold, &text));
                self.plain(1, &reply);
            }
            Why::Cancel => self.line(1, Style::Notable, &format!("{text} (leaves the prompt)")),
            Why::Abort => self.line(1, Style::Notable, &format!("{text} (aborts the command)")),
            Why::Resynchronise => {
                self.is_answered = true;
                self.line(1, Style::Notable, &format!("{text} (to be in step again)"));
            }
        }
    }

    fn with_meaning(&mut self, mark: &str, line: &[u8], style: Style) {
        let shown = harmless(line);
        let meaning = self.meaning.and_then(|meaning| meaning(&shown, &self.sent, self.module));
        // A narrow window cuts the end: what it means is wanted more.
        self.heard = meaning.as_ref().map_or_else(|| shown.clone(), |meaning| format!("{meaning} ({shown})"));
        let style = if style == Style::Bold { shown } else { self.palette.paint(style, shown).to_string() };
        let beside = meaning.map(|text| self.palette.paint(Style::Dim, format!(" · {text}")).to_string());
        let level = usize::from(!self.is_typed);
        self.plain(level, &format!("{mark}{style}{}", beside.unwrap_or_default()));
    }

    fn line(&mut self, level: usize, style: Style, text: &str) {
        let painted = self.palette.paint(style, text).to_string();
        self.plain(level, &painted);
    }

    fn plain(&mut self, level: usize, text: &str) {
        self.close_line();
        let line = format!("{}{text}", self.indent(level));
        let further = self.indent(level + 1);
        let line = self.columns.map_or(line.clone(), |columns| filled(&line, columns(), &further));
        self.write(&format!("{line}\n"));
    }

    fn close_line(&mut self) {
        if std::mem::take(&mut self.line_is_open) {
            self.write("\n");
        }
    }

    fn indent(&self, level: usize) -> String {
        "  ".repeat(self.depth + level)
    }

    /// What is written, unless the attempt before has written the same.
    fn write(&mut self, text: &str) {
        let Attempts { before, why, said, is_held, .. } = &mut self.attempts;
        if *is_held && before.as_ref().and_then(|before| before.get(said.len())).is_some_and(|part| part == text) {
            return said.push(text.to_owned());
        }
        let is_attempt = !why.is_empty();
        self.show_held();
        if is_attempt && self.attempts.said.len() < MOST_SAID {
            self.attempts.said.push(text.to_owned());
        }
        self.emit(text);
    }

    /// One write for a line: no other program's output can come in between.
    fn emit(&mut self, text: &str) {
        let mut text = Cow::Borrowed(text);
        if std::mem::replace(&mut self.begins_line, text.ends_with('\n'))
            && let Some(stamp) = self.stamp.filter(|_| !text.is_empty())
        {
            text = format!("{} {text}", stamp(self.palette)).into();
        }
        self.put(&text, "");
    }

    /// What stays in place of what is drawn, and what is drawn under it.
    fn put(&mut self, stays: &str, drawn: &str) {
        let erased = if std::mem::replace(&mut self.passing, !drawn.is_empty()) { ERASED } else { "" };
        if self.error.is_none() {
            let whole = || [erased, stays, drawn].concat();
            let written =
                self.draws.map_or_else(|| self.writer.write_all(whole().as_bytes()), |draw| draw(stays, drawn));
            self.error = written.and_then(|()| self.writer.flush()).err();
        }
    }

    /// A line that the next one replaces. The cursor stands at its beginning: there it stays in a narrower window.
    fn emit_passing(&mut self, line: &str) {
        self.put("", &format!("{line}\r"));
        self.begins_line = true;
    }

    pub(crate) fn writer(&mut self) -> &mut W {
        &mut self.writer
    }

    /// Ends an open line; tells what went wrong with the writer.
    pub fn finish(&mut self) -> io::Result<()> {
        self.close_line();
        self.end_attempts();
        self.wait = None;
        if self.passing {
            self.emit("");
        }
        self.error.take().map_or(Ok(()), Err)
    }
}

/// ` of 60`, where attempts are counted
pub(crate) fn of_all(attempts: Option<u64>) -> String {
    attempts.map(|all| format!(" of {all}")).unwrap_or_default()
}

/// `attempts 3 to 41 of 60: the same`
fn same(first: u64, last: u64, of: &str) -> String {
    let all = if first == last { format!("attempt {first}") } else { format!("attempts {first} to {last}") };
    format!("{all}{of}: the same")
}

/// Whether what was waited for is over, or something else is.
pub(crate) fn ends_wait(event: &RuntimeEvent<'_>) -> bool {
    !matches!(
        event,
        RuntimeEvent::Session(_)
            | RuntimeEvent::Captured { .. }
            | RuntimeEvent::Met { .. }
            | RuntimeEvent::Reported { .. }
            | RuntimeEvent::Row { .. }
            | RuntimeEvent::Interrupted { .. }
    )
}

/// What is waited for from now on, and how long that may take at most.
pub(crate) fn awaited(event: &RuntimeEvent<'_>) -> Option<(String, Duration)> {
    if let RuntimeEvent::Pause { duration, left } = event {
        let left = left.map(|left| format!(" ({left})"));
        return Some((format!("the next attempt{}", left.unwrap_or_default()), *duration));
    }
    let RuntimeEvent::Waiting { what, at_most } = event else { return None };
    let what = match what {
        Waiting::Answer { sent } => format!("the answer to {sent}"),
        Waiting::Line { patterns } => (*patterns).to_owned(),
        Waiting::Quiet { duration } => format!("{} of silence", ShownDuration(*duration)),
        Waiting::Prompt { text } => format!("the prompt {text}"),
        Waiting::Reboot => "the modem to come back".to_owned(),
        Waiting::Sleep => "the time to pass (`sleep`)".to_owned(),
    };
    Some((what, *at_most))
}

/// `12 ms`, `3.4 s`
pub(crate) fn took(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(1) {
        return format!("{} ms", elapsed.as_millis());
    }
    format!("{:.1} s", elapsed.as_secs_f64())
}
