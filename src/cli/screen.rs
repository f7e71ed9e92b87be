//! What a person or a program sees of a run while it goes on: the conversation as text on standard error, or its events
//! as JSON on standard output.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::arguments::OutputArguments;
use super::console::{self, Console, Exit, draw};
use super::results::LiveRows;
use crate::notation;
use crate::port::{Cancel, Clock, Fault};
use crate::report::conversation::{ConversationText, Draw, Meaning, awaited, meaning};
use crate::report::events;
use crate::report::style::{Palette, Style};
use crate::runtime::{Listener, RuntimeEvent};

pub(crate) struct Screen<'c> {
    text: Option<Text>,
    /// All is to be quiet: who has pressed Ctrl-C is told what is still waited for.
    is_brief: bool,
    events: bool,
    console: &'c Console,
    /// The text is what was asked for.
    is_result: bool,
    /// The table of rows, and what the modem is called in it
    pub(crate) rows: Option<(&'c mut LiveRows, &'c str)>,
    /// Ends a question to the user; none where nothing asks one.
    cancel: Option<Cancel>,
    written: Exit,
}

impl<'c> Screen<'c> {
    /// `hayes run`: the conversation on standard error; with `--json -v` its events on standard output too.
    pub(crate) fn of_run(output: &OutputArguments, console: &'c Console, cancel: &Cancel) -> Screen<'c> {
        let text = || Text::of_run(output.verbose, console);
        Screen {
            events: output.json && output.verbose,
            cancel: Some(cancel.clone()),
            ..Screen::new((!output.quiet).then(text), false, console)
        }
    }

    /// `hayes at`: the answers are the result, so they go to standard output.
    pub(crate) fn of_commands(output: &OutputArguments, console: &'c Console) -> Screen<'c> {
        let words = io::stdout().is_terminal().then_some(meaning as Meaning);
        let live = io::stdout().is_terminal().then_some((|stays, drawn| draw(io::stdout(), stays, drawn)) as Draw);
        let text = || Text::new(Box::new(io::stdout()), console.out, output.verbose, words, live);
        Screen::new((!output.json).then(text), true, console)
    }

    fn new(text: Option<Text>, is_result: bool, console: &'c Console) -> Screen<'c> {
        let (events, is_brief, rows, cancel) = (false, false, None, None);
        Screen { text, is_brief, events, console, is_result, rows, cancel, written: Exit::Passed }
    }

    pub(crate) fn title(&self, title: &str) {
        if self.text.is_some() {
            let title = console::fitted(title, "  ");
            self.console.say(&format!("{}\n", self.console.err.paint(Style::Name, title)));
        }
    }

    /// Ends an open line. A reader that has left is no fault.
    pub(crate) fn finish(mut self) -> Exit {
        if let Some(text) = &mut self.text {
            let finished = text.lock().finish();
            if self.is_result {
                self.written = self.written.worst(self.console.written(finished));
            }
        }
        self.written
    }
}

/// Whether it tells what an interrupted run still waits for.
fn is_of_end(event: &RuntimeEvent<'_>) -> bool {
    let is_told = matches!(event, RuntimeEvent::Interrupted { .. } | RuntimeEvent::FinallyFailed { .. });
    is_told || matches!(event, RuntimeEvent::Statement { .. }) || awaited(event).is_some()
}

impl Listener for Screen<'_> {
    fn on_event(&mut self, now: Duration, event: RuntimeEvent<'_>) {
        if self.events
            && let Some(object) = events::json(now, &event)
        {
            self.written = self.written.worst(self.console.print(&(notation::json(&object) + "\n")));
        }
        if let (Some((rows, modem)), RuntimeEvent::Row { columns }) = (&mut self.rows, event) {
            let row = serde_json::to_value(columns).unwrap_or_default();
            self.written = self.written.worst(rows.add(modem, &row, self.console));
        }
        if let RuntimeEvent::Interrupted { .. } = event
            && self.text.is_none()
            && self.cancel.is_some()
        {
            self.text = Some(Text::of_run(false, self.console));
            self.is_brief = true;
        }
        if let Some(text) = self.text.as_mut().filter(|_| !self.is_brief || is_of_end(&event)) {
            text.on_event(now, event);
        }
    }

    fn ask(&mut self, question: &str, is_secret: bool, heeded: usize) -> Option<Result<String, Fault>> {
        let cancel = self.cancel.clone().filter(|_| io::stdin().is_terminal())?;
        if let Some(text) = &mut self.text {
            let _ = text.lock().finish();
        }
        let asked = format!("{} ", self.console.err.paint(Style::Notable, question));
        let typed = cancel.typed_line(&asked, |asked| self.console.say(asked), is_secret, heeded);
        // Only Enter ends the line of the question; Ctrl-C and Ctrl-D leave it open.
        if !typed.as_ref().is_ok_and(|answer| answer.ends_with('\n')) {
            self.console.say("\n");
        }
        Some(typed)
    }
}

/// The conversation, and a thread that says what is waited for: on a terminal from the start, elsewhere with the first
/// wait that may be long.
struct Text {
    conversation: Arc<Mutex<ConversationText<Box<dyn Write + Send>>>>,
    /// Told when a wait begins, and whether it is worth a word soon; closed, it ends the thread.
    waits: Option<Sender<bool>>,
    /// What the thread is told, as long as there is none.
    untold: Option<Receiver<bool>>,
    is_interrupted: bool,
}

/// Who waits longer than this wants to know for what.
const SAY_WHY_AFTER: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_secs(1);
/// Where each word is a line that stays.
const PATIENCE_IN_LINES: Duration = Duration::from_secs(30);
const TICK_IN_LINES: Duration = Duration::from_secs(60);
const LONG_WAIT: Duration = Duration::from_secs(10);
/// What still waits so long after an interruption is worth a word.
const STOP_WAIT: Duration = Duration::from_millis(300);

impl Text {
    fn of_run(verbose: bool, console: &Console) -> Text {
        let live = io::stderr().is_terminal().then_some((|stays, drawn| draw(io::stderr(), stays, drawn)) as Draw);
        Text::new(Box::new(io::stderr()), console.err, verbose, Some(meaning), live)
    }

    fn new(
        writer: Box<dyn Write + Send>,
        palette: Palette,
        verbose: bool,
        words: Option<Meaning>,
        live: Option<Draw>,
    ) -> Text {
        let mut conversation = ConversationText::new(writer, palette, verbose, words);
        (conversation.columns, conversation.draws) = (live.map(|_| console::width as fn() -> usize), live);
        let conversation = Arc::new(Mutex::new(conversation));
        let (waits, told) = channel();
        let mut text = Text { conversation, waits: Some(waits), untold: Some(told), is_interrupted: false };
        if live.is_some() {
            text.watch(true);
        }
        text
    }

    fn watch(&mut self, terminal: bool) {
        let Some(told) = self.untold.take() else { return };
        let shared = Arc::clone(&self.conversation);
        let (patience, often) = if terminal { (SAY_WHY_AFTER, TICK) } else { (PATIENCE_IN_LINES, TICK_IN_LINES) };
        let watch = move || {
            let (mut wait, mut clock): (Option<Duration>, _) = (None, Clock::start());
            loop {
                let tick = match wait {
                    None => told.recv().map_err(|_| RecvTimeoutError::Disconnected),
                    Some(pause) => told.recv_timeout(pause),
                };
                wait = match tick {
                    Ok(soon) => {
                        clock = Clock::start();
                        Some(if soon { STOP_WAIT } else { patience })
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        let mut conversation = lock(&shared);
                        let columns = terminal.then(|| console::window().map_or(80, |(columns, _)| columns));
                        conversation.still_waiting(clock.now(), columns);
                        conversation.is_waiting().then_some(often)
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                };
            }
        };
        let thread = || std::thread::Builder::new().name("waiting".to_owned()).spawn(watch);
        if thread().is_err() {
            self.waits = None;
        }
    }

    fn on_event(&mut self, now: Duration, event: RuntimeEvent<'_>) {
        let mut begins = false;
        if let RuntimeEvent::Interrupted { .. } = event {
            self.is_interrupted = true;
            self.watch(false);
            begins = self.untold.is_none();
        } else if let RuntimeEvent::Waiting { at_most: longest, .. } | RuntimeEvent::Pause { duration: longest, .. } =
            event
        {
            if longest >= LONG_WAIT || self.is_interrupted {
                self.watch(false);
            }
            begins = self.untold.is_none();
        }
        self.lock().on_event(now, event);
        if let Some(waits) = self.waits.as_ref().filter(|_| begins) {
            let _ = waits.send(self.is_interrupted);
        }
    }

    fn lock(&self) -> MutexGuard<'_, ConversationText<Box<dyn Write + Send>>> {
        lock(&self.conversation)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
