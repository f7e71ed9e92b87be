//! `hayes repl`, or `hayes` alone on a terminal: exploring a modem.

use std::io::{IsTerminal, stdin, stdout};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::arguments::Repl;
use super::console::{Console, Exit};
use super::{inputs, modem};
use crate::port::Cancel;
use crate::repl::{Exploration, SavedTerminal, explore};

pub(crate) fn repl(arguments: &Repl, console: &Console) -> Result<Exit, Exit> {
    let on_terminal = stdin().is_terminal() && stdout().is_terminal();
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    let interactive = on_terminal && !is_dumb;
    let inputs = inputs::loose(&arguments.inputs, console)?;
    // On a terminal the prompt says that it is the simulated modem.
    let port = match interactive {
        true => modem::choose_untold(&arguments.connection, console)?,
        false => modem::choose(&arguments.connection, console)?,
    };
    modem::files_apart(inputs::files(&arguments.inputs), &port, &arguments.connection, None, console)?;
    let system = |error: std::io::Error| console.refused(&error);
    let cancel = Cancel::new().map_err(system)?;
    let terminal = SavedTerminal::save();
    // While the user types Ctrl-C is a key; between lines it is nothing.
    let runs = Arc::new(AtomicBool::new(interactive));
    modem::go_on_after(&cancel, runs.clone(), move || terminal.restore()).map_err(system)?;
    let (shown, complaining) = (*console, *console);
    let ended = explore(Exploration {
        address: port,
        by_default: arguments.connection.port.is_empty(),
        real: arguments.connection.real,
        baud: arguments.connection.baud,
        flow: arguments.connection.flow,
        wait: arguments.connection.wait.unwrap_or_default(),
        record: arguments.connection.record.clone(),
        inputs,
        cancel,
        runs,
        interactive,
        prompts: on_terminal,
        explains: stdout().is_terminal(),
        palette: console.out,
        width: super::console::width,
        show: Box::new(move |diagnostics| shown.show(diagnostics)),
        complain: Box::new(move |message, help| complaining.complain(message, help)),
    });
    Ok(ended.map_or(Exit::Unwritable, Exit::from))
}
