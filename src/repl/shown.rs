//! What the user sees of a line: the answer with its meaning beside it, how it ended and how long that took. And what
//! the modem says by itself.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::editor::LinesAbove;
use super::{Exploration, terminal};
use crate::at::Event;
use crate::catalogue::entry::Module;
use crate::notation::ShownDuration;
use crate::port::{Cancel, Fault, Timestamp};
use crate::report::conversation::{ConversationText, awaited, ends_wait, meaning};
use crate::report::style::{Palette, Style, harmless};
use crate::runtime::{Listener, RuntimeEvent, Waiting};

/// What may take longer than that is worth a word about it,
const LONG_WAIT: Duration = Duration::from_secs(10);

/// what may take minutes at once, all else
const MINUTES: Duration = Duration::from_secs(100);

/// once it has taken so long.
const SHOW_TIME_AFTER: Duration = Duration::from_secs(3);

pub(super) struct Shown {
    palette: Palette,
    pub quiet: bool,
    pub raw: bool,
    pub waits: bool,
    above: Arc<LinesAbove>,
    /// Ends a question to the user.
    cancel: Cancel,
    module: Option<&'static Module>,
    text: ConversationText<io::Stdout>,
    /// Dropped when the wait is over that somebody is to be told of.
    wait: Option<Sender<()>>,
    /// The command that was interrupted before, and may still answer.
    pub given_up: Option<String>,
}

impl Shown {
    pub(super) fn new(above: &Arc<LinesAbove>, options: &Exploration, is_question: bool) -> Shown {
        let (palette, explains) = (options.palette, options.explains);
        // For programs answers are as the modem gave them.
        let mut text = ConversationText::new(io::stdout(), palette, false, explains.then_some(meaning));
        // Of a question that the user has just typed only the answer is shown.
        text.is_typed = is_question;
        Shown {
            palette,
            quiet: false,
            raw: false,
            waits: false,
            cancel: options.cancel.clone(),
            above: Arc::clone(above),
            module: None,
            text,
            wait: None,
            given_up: None,
        }
    }

    /// Whether each line has the time in front.
    pub(super) fn stamps(&mut self, on: bool) {
        self.text.stamp = on.then_some(stamp);
    }

    pub(super) fn finish(&mut self) {
        told(self.text.finish());
    }

    /// Says what is going on: at once where that takes minutes, else once somebody has waited for it for a while.
    fn wait(&mut self, what: &str, at_most: Duration) {
        let text = format!("{what} {}; Ctrl-C interrupts it", ShownDuration(at_most));
        let text = format!("{}\n", self.palette.paint(Style::Dim, text));
        self.wait = None;
        if at_most > MINUTES {
            return write_out(&text);
        }
        let (waits, ended) = channel::<()>();
        let watch = move || {
            if ended.recv_timeout(SHOW_TIME_AFTER) == Err(RecvTimeoutError::Timeout) {
                write_out(&text);
            }
        };
        // Without a thread nothing is said.
        let thread = std::thread::Builder::new().name("waiting".to_owned()).spawn(watch);
        self.wait = thread.is_ok().then_some(waits);
    }
}

impl Listener for Shown {
    fn on_event(&mut self, now: Duration, event: RuntimeEvent<'_>) {
        // Who has pressed Ctrl-C need not be told of it.
        if ends_wait(&event) || matches!(event, RuntimeEvent::Session(Event::Final { .. } | Event::Notice(_))) {
            self.wait = None;
        }
        if let Some((what, at_most)) = awaited(&event).filter(|(_, at_most)| self.waits && *at_most > LONG_WAIT) {
            let is_answer = matches!(event, RuntimeEvent::Waiting { what: Waiting::Answer { .. }, .. });
            let what = if is_answer { "it may take" } else { &format!("waiting for {what}: at most") };
            self.wait(what, at_most);
        }
        if let RuntimeEvent::Met { module } = event {
            self.module = Some(module);
        }
        // Its bytes show how it ended; how long that took is said beside the result.
        if let RuntimeEvent::Session(session) = event
            && (self.raw && !matches!(session, Event::Final { .. })
                || unasked(&session, self.module, self.given_up.as_deref(), self.palette).is_some())
        {
            if !self.raw
                && !self.quiet
                && let Some(line) = unasked(&session, self.module, self.given_up.as_deref(), self.palette)
            {
                let _ = self.text.finish();
                self.above.show(line);
            }
            return;
        }
        if let RuntimeEvent::Captured { name, value } = event {
            let text = format!("{name} = {}", harmless(value.to_string().as_bytes()));
            return write_out(&format!("{}\n", self.palette.paint(Style::Name, text)));
        }
        self.text.on_event(now, event);
    }

    fn ask(&mut self, question: &str, is_secret: bool, heeded: usize) -> Option<Result<String, Fault>> {
        if !io::stdin().is_terminal() {
            return None;
        }
        let _ = self.text.finish();
        let asked = format!("{} ", self.palette.paint(Style::Notable, question));
        if !is_secret {
            terminal::edits_lines(true);
        }
        let typed = self.cancel.typed_line(&asked, write_out, is_secret, heeded);
        terminal::edits_lines(!self.waits);
        // Only Enter ends the line of the question; Ctrl-C and Ctrl-D leave it open.
        if !typed.as_ref().is_ok_and(|answer| answer.ends_with('\n')) {
            write_out("\n");
        }
        Some(typed)
    }
}

/// A line that comes by itself, stamped and explained; `None` for everything else. `given_up`: what may still answer.
pub(super) fn unasked(
    event: &Event<'_>,
    module: Option<&'static Module>,
    given_up: Option<&str>,
    palette: Palette,
) -> Option<String> {
    let late = given_up.map(|command| format!("of {command}, which was interrupted"));
    let (line, note) = match event {
        Event::Urc(line) => (*line, None),
        Event::Stray(line) => (*line, Some(late.as_deref().unwrap_or("belongs to no question"))),
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
    let note = note.filter(|_| known.is_none() || matches!(event, Event::Stray(_)) && given_up.is_some());
    let words = known.as_deref().into_iter().chain(note).map(|words| format!(" · {words}"));
    let beside = palette.paint(Style::Dim, words.collect::<String>());
    Some(format!("{} {}{beside}", stamp(palette), palette.paint(Style::Notable, shown)))
}

/// The time of day, in UTC: `10:00:01Z`
pub(super) fn stamp(palette: Palette) -> String {
    let now = Timestamp::now().to_string();
    let time = now.get(11..19).unwrap_or_default();
    palette.paint(Style::Dim, format!("{time}Z")).to_string()
}

/// Why standard output takes no more.
pub(crate) static UNWRITTEN: Mutex<Option<io::Error>> = Mutex::new(None);

fn told(written: io::Result<()>) {
    if let Err(error) = written {
        UNWRITTEN.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// One write for all of it.
pub(super) fn write_out(text: &str) {
    if !text.is_empty() {
        let mut out = io::stdout().lock();
        told(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
    }
}
