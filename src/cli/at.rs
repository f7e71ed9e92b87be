//! `hayes at`: AT commands from the command line. They are a script of one line each, so that what is checked, awaited and
//! understood is the same as in a script.

use std::time::Duration;

use serde::Serialize;

use super::arguments::{self, Output};
use super::console::Console;
use super::exit::Exit;
use super::modem::{self, Modem, NoModem};
use super::results::Results;
use super::run::{checked, show_failure};
use super::screen::Screen;
use crate::at::answer::{Event, Why};
use crate::diagnostic::{Diagnostic, Severity};
use crate::report::style::harmless;
use crate::runtime::{self, Inputs, Listener, Mask, RuntimeEvent};
use crate::source::Source;

pub(crate) fn at(arguments: &arguments::At, console: &Console) -> Exit {
    match ask(arguments, console) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn ask(arguments: &arguments::At, console: &Console) -> Result<Exit, Exit> {
    let source = Source::new("<command line>", script(&arguments.commands, console)?);
    // Who types a scan here means it, and looks at its answer.
    let quiet = arguments.output.quiet;
    let wanted = |diagnostic: &Diagnostic| match diagnostic.severity {
        Severity::Error => true,
        Severity::Warning => !quiet && diagnostic.code != "hayes::check::scan",
    };
    let programs = checked(&[source], wanted, console)?;
    let port = modem::choose(&arguments.connection, console)?;
    let mut results = Results::open(arguments.output.output.as_deref(), console)?;
    let mut modem = Modem::open(&port, &arguments.connection, Mask::default()).map_err(|error| match error {
        NoModem::Unopened(error) => {
            console.complain(&error.message, error.help.as_deref());
            Exit::Device
        }
        NoModem::Unrecordable(message) => {
            console.complain(&message, None);
            Exit::Unwritable
        }
    })?;
    let default = Inputs::default();
    let timeout = arguments.timeout.unwrap_or(default.timeout);
    let inputs = Inputs { timeout, timeout_scale: arguments.timeout_scale, ..default };
    let mut exit = Exit::Passed;
    for program in &programs {
        let mut answers =
            Answers { screen: Screen::of_commands(&arguments.output, console), exchanges: Vec::new(), is_open: false };
        let mut outcome = runtime::run(program, &mut modem.conversation, &inputs, &mut answers);
        outcome.name_eavesdropper(&port.address);
        exit = exit.worst(answers.finish(&arguments.output, &mut results, console));
        show_failure(&outcome, console);
        exit = exit.worst(modem.exit(outcome.status));
    }
    Ok(exit.worst(modem.close(console)))
}

/// The commands as a script. Only what could not stand on one line is refused here; the check says the rest.
fn script(commands: &[String], console: &Console) -> Result<String, Exit> {
    let mut text = String::new();
    for command in commands {
        let command = command.trim();
        let complaint = if command.contains(|c: char| c.is_control()) {
            Some("a command is one line without control characters")
        } else if !command.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("at")) {
            Some("a command starts with AT, as AT+CSQ")
        } else {
            None
        };
        if let Some(complaint) = complaint {
            console.complain(&format!("{}: {complaint}", harmless(command.as_bytes())), None);
            return Err(Exit::Usage);
        }
        // What stands on a command line is itself: `${` is no place for a value.
        text.push_str(&command.replace("${", "$${"));
        text.push('\n');
    }
    Ok(text)
}

/// One question and its answer, as `--json` prints it.
#[derive(Debug, Default, Serialize)]
struct Exchange {
    sent: String,
    answer: Vec<String>,
    result: Option<String>,
    passed: bool,
    elapsed_ms: u64,
}

struct Answers<'c> {
    screen: Screen<'c>,
    exchanges: Vec<Exchange>,
    /// The last of them has not ended.
    is_open: bool,
}

impl Answers<'_> {
    fn finish(self, output: &Output, results: &mut Results, console: &Console) -> Exit {
        let written = self.screen.finish();
        if !output.json {
            return written;
        }
        let line = |exchange: &Exchange| serde_json::to_string(exchange).unwrap_or_default() + "\n";
        written.worst(results.write(&self.exchanges.iter().map(line).collect::<String>(), console))
    }
}

impl Listener for Answers<'_> {
    fn on_event(&mut self, now: Duration, event: RuntimeEvent<'_>) {
        if let RuntimeEvent::Session(Event::Sent { bytes, why: Why::Question }) = event {
            self.exchanges.push(Exchange { sent: harmless(bytes), ..Exchange::default() });
            self.is_open = true;
        }
        // A question that was not sent ends as well.
        if let RuntimeEvent::ExchangeEnded { sent, .. } = event
            && !std::mem::take(&mut self.is_open)
        {
            self.exchanges.push(Exchange { sent: sent.to_owned(), ..Exchange::default() });
        }
        if let Some(exchange) = self.exchanges.last_mut() {
            match event {
                RuntimeEvent::Session(Event::Response(line)) => exchange.answer.push(harmless(line)),
                RuntimeEvent::Session(Event::Final { line, .. }) => exchange.result = Some(harmless(line)),
                RuntimeEvent::ExchangeEnded { passed, elapsed, .. } => {
                    exchange.passed = passed;
                    exchange.elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                }
                _ => {}
            }
        }
        self.screen.on_event(now, event);
    }
}
