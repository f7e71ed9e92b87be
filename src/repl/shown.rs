//! What the user sees of a line: the answer with its meaning beside it, how it ended and how long that took. And what
//! the modem says by itself.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::editor::LinesAbove;
use super::terminal;
use crate::at::{Event, Why};
use crate::catalogue::entry::Module;
use crate::notation::ShownDuration;
use crate::port::{Cancel, Fault, Timestamp};
use crate::report::conversation::{ConversationText, meaning, no_meaning};
use crate::report::style::{Palette, Style, harmless};
use crate::runtime::{Listener, RuntimeEvent, Waiting};

/// What may take longer than that is worth a word about it,
const LONG: Duration = Duration::from_secs(10);

/// once it has taken so long.
const PATIENCE: Duration = Duration::from_secs(3);

/// Shows a line while it runs.
pub(super) struct Shown {
    palette: Palette,
    /// What answers mean and how long they took; for programs they are as the modem gave them.
    explains: bool,
    /// Not what the modem says by itself
    pub(super) quiet: bool,
    /// Bytes as they are, so not their meaning
    pub(super) raw: bool,
    /// That a wait may be long
    pub(super) waits: bool,
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
    text: ConversationText<io::Stdout>,
    /// Dropped when the wait is over that somebody is to be told of.
    wait: Option<Sender<()>>,
}

impl Shown {
    pub(super) fn new(
        above: &Arc<LinesAbove>,
        cancel: &Cancel,
        palette: Palette,
        explains: bool,
        is_question: bool,
    ) -> Shown {
        Shown {
            palette,
            explains,
            quiet: false,
            raw: false,
            waits: false,
            cancel: cancel.clone(),
            above: Arc::clone(above),
            is_question,
            sent: String::new(),
            module: None,
            result: String::new(),
            text: ConversationText::new(io::stdout(), palette, false, if explains { meaning } else { no_meaning }),
            wait: None,
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
        let Shown { palette, explains, .. } = *self;
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
        self.line(&self.palette.paint(Style::Dim, text).to_string());
    }

    /// Says what is going on, once somebody has waited for it for a while.
    fn wait(&mut self, at_most: Duration) {
        let text = format!("it may take {}; Ctrl-C interrupts it", ShownDuration(at_most));
        let text = format!("{}\n", self.palette.paint(Style::Dim, text));
        let (waits, ended) = channel::<()>();
        let watch = move || {
            if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                write_out(&text);
            }
        };
        // Without a thread nothing is said.
        let thread = std::thread::Builder::new().name("waiting".to_owned()).spawn(watch);
        self.wait = thread.is_ok().then_some(waits);
    }

    /// What is shown of the one question that was typed; false where it is shown as in any script.
    fn question(&mut self, event: RuntimeEvent<'_>) -> bool {
        if let RuntimeEvent::ExchangeEnded { passed, elapsed, .. } = event {
            if passed {
                let time = if self.explains { format!(" · {}", time(elapsed)) } else { String::new() };
                let beside = self.palette.paint(Style::Dim, time);
                self.line(&format!("{}{beside}", self.palette.paint(Style::Good, &self.result)));
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
            && self.waits
        {
            return self.wait(at_most);
        }
        if let RuntimeEvent::Session(Event::Final { .. }) | RuntimeEvent::ExchangeEnded { .. } = event {
            self.wait = None;
        }
        if let RuntimeEvent::Met { module } = event {
            self.module = Some(module);
        }
        if let RuntimeEvent::Session(session) = event
            && (self.raw || unasked(&session, self.module, self.palette).is_some())
        {
            if !self.raw
                && !self.quiet
                && let Some(line) = unasked(&session, self.module, self.palette)
            {
                let _ = self.text.finish();
                self.above.show(line);
            }
            return;
        }
        if let RuntimeEvent::Captured { name, value } = event {
            let text = format!("{name} = {}", harmless(value.to_string().as_bytes()));
            return self.line(&self.palette.paint(Style::Name, text).to_string());
        }
        if !self.is_question || !self.question(event) {
            self.text.on_event(now, event);
        }
    }

    fn ask(&mut self, question: &str, heeded: usize) -> Option<Result<String, Fault>> {
        if !io::stdin().is_terminal() {
            return None;
        }
        let _ = self.text.finish();
        write_out(&format!("{} ", self.palette.paint(Style::Notable, question)));
        terminal::edits_lines(true);
        let typed = self.cancel.typed_line(heeded);
        terminal::edits_lines(!self.waits);
        // Only Enter ends the line of the question; Ctrl-C and Ctrl-D leave it open.
        if !typed.as_ref().is_ok_and(|answer| answer.ends_with('\n')) {
            write_out("\n");
        }
        Some(typed)
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

/// One write for all of it. There is nowhere to tell that this failed.
pub(super) fn write_out(text: &str) {
    if !text.is_empty() {
        let mut out = io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}
