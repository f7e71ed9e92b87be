//! What a person or a program sees of a run while it goes on: the conversation as text on standard error, or its events
//! as JSON on standard output.

use std::io::{self, BufRead, IsTerminal, Write};
use std::time::Duration;

use super::arguments::Output;
use super::console::Console;
use super::exit::Exit;
use crate::catalogue::explain::{Context, brief};
use crate::report::conversation::ConversationText;
use crate::report::events;
use crate::report::style::Style;
use crate::runtime::{Listener, RuntimeEvent};

/// Listens to a run.
pub(crate) struct Screen<'c> {
    text: Option<ConversationText<Box<dyn Write>>>,
    events: bool,
    console: &'c Console,
    written: Exit,
}

impl<'c> Screen<'c> {
    /// `hayes run`: the conversation on standard error; with `--json -v` its events on standard output too.
    pub(crate) fn of_run(output: &Output, console: &'c Console) -> Screen<'c> {
        let text =
            |verbose| ConversationText::new(Box::new(io::stderr()) as Box<dyn Write>, console.err, verbose, meaning);
        Screen {
            text: (!output.quiet).then(|| text(output.verbose)),
            events: output.json && output.verbose,
            console,
            written: Exit::Passed,
        }
    }

    /// `hayes at`: the answers are the result, so they go to standard output.
    pub(crate) fn of_commands(output: &Output, console: &'c Console) -> Screen<'c> {
        let words = if io::stdout().is_terminal() { meaning } else { no_meaning };
        let text = ConversationText::new(Box::new(io::stdout()) as Box<dyn Write>, console.out, output.verbose, words);
        Screen { text: (!output.json).then_some(text), events: false, console, written: Exit::Passed }
    }

    pub(crate) fn title(&self, title: &str) {
        if self.text.is_some() {
            self.console.say(&format!("{}\n", self.console.err.paint(Style::Name, title)));
        }
    }

    /// Ends an open line. A reader that has left is no fault.
    pub(crate) fn finish(mut self) -> Exit {
        if let Some(text) = &mut self.text {
            match text.finish() {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                Err(_) => self.written = Exit::Unwritable,
            }
        }
        self.written
    }
}

impl Listener for Screen<'_> {
    fn on_event(&mut self, now: Duration, event: RuntimeEvent<'_>) {
        if self.events
            && let Some(object) = events::json(now, &event)
        {
            self.written = self.written.worst(self.console.print(&format!("{object}\n")));
        }
        if let Some(text) = &mut self.text {
            text.on_event(now, event);
        }
    }

    fn confirm(&mut self, question: &str) -> Option<bool> {
        if !io::stdin().is_terminal() {
            return None;
        }
        if let Some(text) = &mut self.text {
            let _ = text.finish();
        }
        self.console.say(&format!("{} [y/N] ", self.console.err.paint(Style::Notable, question)));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).ok()?;
        Some(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }
}

pub(crate) fn meaning(line: &str, sent: &str) -> Option<String> {
    brief(line, &Context { command: (!sent.is_empty()).then_some(sent), module: None })
}

fn no_meaning(_line: &str, _sent: &str) -> Option<String> {
    None
}
