//! What the user sees of a line: the answer with its meaning beside it, how it ended and how long that took. Lines that come
//! while the user types are shown above the prompt, in order, without disturbing what is typed.
//!
//! A queue of our own stands in front of the editor's printer, so that a flood neither grows the memory nor holds up
//! who reads the port. The editor takes a message when it waits for a key. One may still be on its way when a line is
//! entered; then the lines behind it wait for the next prompt, so that the order stays.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::terminal;
use crate::at::{Event, Why};
use crate::catalogue::module::Module;
use crate::notation::ShownDuration;
use crate::port::{Cancel, Timestamp};
use crate::report::conversation::{ConversationText, meaning, no_meaning};
use crate::report::style::{Palette, Style, harmless};
use crate::runtime::{Confirmed, Listener, RuntimeEvent, Waiting};

/// What may take longer than that is worth a word about it,
const LONG: Duration = Duration::from_secs(10);

/// once it has taken so long.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the user wants to see.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub(super) palette: Palette,
    /// Not what the modem says by itself.
    pub(super) quiet: bool,
    /// Bytes as they are, so not their meaning.
    pub(super) raw: bool,
    /// What answers mean and how long they took; for programs they are as the modem gave them.
    pub(super) explains: bool,
    /// That a wait may be long.
    pub(super) waits: bool,
}

/// Shows a line while it runs.
pub(super) struct Shown {
    view: View,
    above: Arc<LinesAbove>,
    /// Ends a question to the user.
    cancel: Cancel,
    /// The line is one question that the user has just typed: only its answer is shown.
    is_question: bool,
    /// The question in flight
    sent: String,
    /// The module, once it is known
    module: Option<&'static Module>,
    /// Its final result code
    result: String,
    text: ConversationText<Out>,
    /// Dropped when the wait is over that somebody is to be told of.
    waits: Option<Sender<()>>,
}

/// Standard output, where nobody minds that it fails.
struct Out;

impl io::Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_out(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shown {
    pub(super) fn new(above: &Arc<LinesAbove>, cancel: &Cancel, view: View, is_question: bool) -> Shown {
        Shown {
            cancel: cancel.clone(),
            view,
            above: Arc::clone(above),
            is_question,
            sent: String::new(),
            module: None,
            result: String::new(),
            text: ConversationText::new(Out, view.palette, false, if view.explains { meaning } else { no_meaning }),
            waits: None,
        }
    }

    /// Ends an open line.
    pub(super) fn finish(&mut self) {
        let _ = self.text.finish();
    }

    fn line(&self, text: &str) {
        write_out(&format!("{text}\n"));
    }

    /// A line of the answer, its meaning beside it.
    fn answer(&self, line: &[u8], style: Option<Style>) {
        let View { palette, explains, .. } = self.view;
        let shown = harmless(line);
        let words = if explains { meaning(&shown, &self.sent, self.module) } else { None };
        let beside = words.map(|text| palette.paint(Style::Dim, format!(" · {text}")).to_string());
        let line = match style {
            Some(style) => palette.paint(style, shown).to_string(),
            None => shown,
        };
        self.line(&format!("{line}{}", beside.unwrap_or_default()));
    }

    fn note(&self, text: &str) {
        self.line(&self.view.palette.paint(Style::Dim, text).to_string());
    }

    /// Says what is going on, once somebody has waited for it for a while.
    fn wait(&mut self, at_most: Duration) {
        let text = format!("it may take {}; Ctrl-C interrupts it", ShownDuration(at_most));
        let text = format!("{}\n", self.view.palette.paint(Style::Dim, text));
        let (waits, ended) = channel::<()>();
        let watch = move || {
            if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                write_out(&text);
            }
        };
        // Without a thread nothing is said.
        let thread = std::thread::Builder::new().name("waiting".to_owned()).spawn(watch);
        self.waits = thread.is_ok().then_some(waits);
    }

    /// What is shown of the one question that was typed; false where it is shown as in any script.
    fn question(&mut self, event: RuntimeEvent<'_>) -> bool {
        if let RuntimeEvent::ExchangeEnded { passed, elapsed, .. } = event {
            if passed {
                let time = if self.view.explains { format!(" · {}", time(elapsed)) } else { String::new() };
                let beside = self.view.palette.paint(Style::Dim, time);
                self.line(&format!("{}{beside}", self.view.palette.paint(Style::Good, &self.result)));
            }
            return true;
        }
        let RuntimeEvent::Session(event) = event else { return false };
        match event {
            Event::Sent { bytes, why: Why::Question } => self.sent = harmless(bytes),
            Event::Response(line) => self.answer(line, None),
            Event::Final { line, result } if !result.is_success() => self.answer(line, Some(Style::Bad)),
            Event::Final { line, .. } => self.result = harmless(line),
            Event::Sent { why: Why::Abort, .. } => self.note("stopping the command"),
            Event::Sent { why: Why::Cancel, .. } => self.note("leaving the prompt with ESC"),
            // The notice before it says so.
            Event::Sent { why: Why::Resynchronise, .. } => {}
            Event::Notice(text) => self.note(text),
            Event::Sent { why: Why::Reply, .. }
            | Event::Echo(_)
            | Event::Urc(_)
            | Event::Prompt(_)
            | Event::Stray(_)
            | Event::Data(_)
            | Event::Partial(_)
            | Event::Dropped { .. }
            | Event::Truncated { .. } => return false,
        }
        true
    }
}

impl Listener for Shown {
    fn on_event(&mut self, now: Duration, event: RuntimeEvent<'_>) {
        if let RuntimeEvent::Waiting { what: Waiting::Answer { .. }, at_most } = event
            && at_most > LONG
            && self.view.waits
        {
            return self.wait(at_most);
        }
        if let RuntimeEvent::Session(Event::Final { .. }) | RuntimeEvent::ExchangeEnded { .. } = event {
            self.waits = None;
        }
        if let RuntimeEvent::Met { module } = event {
            self.module = Some(module);
        }
        if let RuntimeEvent::Session(session) = event
            && (self.view.raw || unasked(&session, self.module, self.view.palette).is_some())
        {
            if !self.view.raw
                && !self.view.quiet
                && let Some(line) = unasked(&session, self.module, self.view.palette)
            {
                let _ = self.text.finish();
                self.above.show(line);
            }
            return;
        }
        if let RuntimeEvent::Captured { name, value } = event {
            let text = format!("{name} = {}", harmless(value.to_string().as_bytes()));
            return self.line(&self.view.palette.paint(Style::Name, text).to_string());
        }
        if !self.is_question || !self.question(event) {
            self.text.on_event(now, event);
        }
    }

    fn confirm(&mut self, question: &str, heeded: usize) -> Confirmed {
        if !io::stdin().is_terminal() {
            return Confirmed::Nobody;
        }
        let _ = self.text.finish();
        write_out(&format!("{} [y/N] ", self.view.palette.paint(Style::Notable, question)));
        terminal::edits_lines(true);
        let typed = self.cancel.typed_line(heeded);
        terminal::edits_lines(!self.view.waits);
        // Only Enter ends the line of the question; Ctrl-C and Ctrl-D leave it open.
        if !typed.as_ref().is_ok_and(|answer| answer.ends_with('\n')) {
            write_out("\n");
        }
        Confirmed::from(typed)
    }
}

/// A line that comes by itself, stamped and explained; `None` for everything else.
pub(super) fn unasked(event: &Event<'_>, module: Option<&'static Module>, palette: Palette) -> Option<String> {
    let (line, note) = match event {
        Event::Urc(line) => (*line, None),
        Event::Stray(line) => (*line, Some("belongs to no question")),
        Event::Data(line) => (*line, Some("from the other end")),
        Event::Partial(line) => (*line, Some("never ended")),
        Event::Sent { .. }
        | Event::Echo(_)
        | Event::Response(_)
        | Event::Final { .. }
        | Event::Prompt(_)
        | Event::Dropped { .. }
        | Event::Truncated { .. }
        | Event::Notice(_) => return None,
    };
    let shown = harmless(line);
    // What the other end says means nothing of a modem's.
    let known = if matches!(event, Event::Data(_)) { None } else { meaning(&shown, "", module) };
    let words = known.or_else(|| note.map(str::to_owned));
    let beside = words.map(|words| palette.paint(Style::Dim, format!(" · {words}")).to_string()).unwrap_or_default();
    Some(format!("{} {}{beside}", stamp(palette), palette.paint(Style::Notable, shown)))
}

/// The time of day, in UTC: `10:00:01Z`
pub(super) fn stamp(palette: Palette) -> String {
    let now = Timestamp::now().to_string();
    let time = now.get(11..19).unwrap_or_default();
    palette.paint(Style::Dim, format!("{time}Z")).to_string()
}

/// `12 ms`, `3.4 s`
pub(super) fn time(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(1) {
        return format!("{} ms", elapsed.as_millis());
    }
    format!("{:.1} s", elapsed.as_secs_f64())
}

/// So many lines wait to be shown; then the oldest are given up, and counted.
const MOST: usize = 1000;

/// So many are painted at once: a key is looked at in between.
const AT_ONCE: usize = 100;

#[derive(Debug, Default)]
pub(super) struct LinesAbove {
    state: Mutex<WaitingLines>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct WaitingLines {
    lines: VecDeque<String>,
    left_out: u64,
    /// The user types.
    editing: bool,
    /// Messages that the editor was given, or is being given.
    given: u64,
    /// Those that it has taken.
    taken: u64,
    /// Those that it has painted.
    painted: u64,
}

impl WaitingLines {
    /// A message may be on its way to the screen.
    fn is_uncertain(&self) -> bool {
        self.painted < self.given
    }

    /// The lines that are to be shown next, each with its line end.
    fn take(&mut self, most: usize) -> String {
        let mut text = match std::mem::take(&mut self.left_out) {
            0 => String::new(),
            count => format!("({count} lines came too fast and are left out)\n"),
        };
        for line in self.lines.drain(..most.min(self.lines.len())) {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}

impl LinesAbove {
    /// Shows a line above the prompt; at once where nobody types.
    pub(super) fn show(&self, line: String) {
        let mut state = self.state();
        if state.lines.len() >= MOST {
            state.lines.pop_front();
            state.left_out += 1;
        }
        state.lines.push_back(line);
        if state.editing {
            self.changed.notify_one();
        } else if !state.is_uncertain() {
            write_out(&state.take(MOST));
        }
    }

    /// The user begins to type.
    pub(super) fn begin(&self) {
        self.state().editing = true;
        self.changed.notify_one();
    }

    /// The user has entered a line.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.editing = false;
        if !state.is_uncertain() {
            write_out(&state.take(MOST));
        }
    }

    /// The editor has painted what it has taken.
    pub(super) fn painted(&self) {
        let mut state = self.state();
        state.painted = state.taken;
    }

    /// Nothing more will be typed: what still waits is shown.
    pub(super) fn finish(&self) {
        let mut state = self.state();
        state.editing = false;
        state.painted = state.given;
        write_out(&state.take(MOST));
    }

    /// Gives the editor what there is to show, until `give` fails.
    pub(super) fn serve(&self, give: &mut dyn FnMut(String) -> bool) {
        loop {
            let mut state = self.state();
            while !state.editing || (state.lines.is_empty() && state.left_out == 0) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            let text = state.take(AT_ONCE);
            state.given += 1;
            drop(state);
            // It blocks while the editor still has the one before.
            let goes_on = give(text);
            self.state().taken += 1;
            if !goes_on {
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, WaitingLines> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One write for all of it. There is nowhere to tell that this failed.
pub(super) fn write_out(text: &str) {
    if !text.is_empty() {
        let mut out = io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Its editor is this channel; it takes one message at a time.
    fn edited() -> (Arc<LinesAbove>, mpsc::Receiver<String>) {
        let above = Arc::new(LinesAbove::default());
        let (sender, receiver) = mpsc::sync_channel(0);
        let served = Arc::clone(&above);
        std::thread::spawn(move || served.serve(&mut |text| sender.send(text).is_ok()));
        (above, receiver)
    }

    #[test]
    fn lines_keep_their_order() {
        let (above, editor) = edited();
        above.begin();
        for number in 0..200 {
            above.show(number.to_string());
        }
        let mut seen = String::new();
        while seen.lines().count() < 200 {
            seen.push_str(&editor.recv().unwrap());
            above.painted();
        }
        assert_eq!(seen.lines().collect::<Vec<_>>(), (0..200).map(|number| number.to_string()).collect::<Vec<_>>());
    }

    #[test]
    fn a_flood_is_bounded_and_counted() {
        let above = LinesAbove::default();
        above.begin();
        for number in 0..5000 {
            above.show(number.to_string());
        }
        let text = above.state().take(MOST);
        assert_eq!(text.lines().next(), Some("(4000 lines came too fast and are left out)"));
        assert_eq!(text.lines().count(), 1001);
        assert_eq!(text.lines().last(), Some("4999"));
    }

    #[test]
    fn lines_behind_one_that_is_on_its_way_wait_for_it() {
        let above = LinesAbove::default();
        above.begin();
        above.state().given = 1;
        above.end();
        above.show("later".to_owned());
        assert_eq!(above.state().lines.len(), 1);
        above.state().taken = 1;
        above.painted();
        assert!(!above.state().is_uncertain());
    }
}
