//! Arguments, printing, exit codes: a file a subcommand. Alone may print and exit.

mod arguments;
mod at;
mod batch;
mod check;
mod console;
mod exit;
mod explain;
mod fmt;
mod inputs;
mod library;
mod modem;
mod ports;
mod repl;
mod report;
mod results;
mod run;
mod screen;
mod scripts;
mod shell;
mod signals;
mod sim;
mod values;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use arguments::{Color, Command};
use console::Console;
use exit::Exit;

/// Runs the program with these arguments, the program's own name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = arguments.into_iter().collect();
    let arguments = match arguments::parse(&words) {
        Ok(arguments) => arguments,
        Err(instead) => {
            let printed = instead.print().and_then(|()| std::io::stdout().flush());
            // Help and version go to standard output and are no failure, unless nobody can read them.
            let exit = if instead.use_stderr() { Exit::Usage } else { Console::new(Color::Auto).written(printed) };
            if let Some(hint) = arguments::hint(&words, &instead) {
                Console::new(Color::Auto).say(&format!("\n{hint}\n"));
            }
            return exit.into();
        }
    };
    let console = Console::new(arguments.look.color);
    let command = match &arguments.command {
        Some(command) => command,
        // On a terminal somebody wants to look around.
        None if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() => {
            &Command::Repl(Box::new(arguments::alone()))
        }
        None => {
            console.complain("name a command", Some("`hayes --help` lists them"));
            return Exit::Usage.into();
        }
    };
    // A panic has told what it is about on standard error already.
    let exit = catch_unwind(AssertUnwindSafe(|| dispatch(command, &console))).unwrap_or(Exit::Internal);
    exit.into()
}

fn dispatch(command: &Command, console: &Console) -> Exit {
    match command {
        Command::Repl(arguments) => repl::repl(arguments, console),
        Command::Run(arguments) => run::run(arguments, console),
        Command::Batch(arguments) => batch::run(arguments, console),
        Command::Report(arguments) => report::report(arguments, console),
        Command::At(arguments) => at::at(arguments, console),
        Command::Check(arguments) => check::run(arguments, console),
        Command::Fmt(arguments) => fmt::fmt(arguments, console),
        Command::Explain(arguments) => explain::run(arguments, console),
        Command::List(arguments) => library::list(arguments, console),
        Command::Show(arguments) => library::show(arguments, console),
        Command::Ports(arguments) => ports::list(arguments, console),
        Command::Sim(arguments) => sim::sim(arguments, console),
        Command::Completions(arguments) => shell::completions(arguments, console),
        Command::Man(arguments) => shell::man(arguments, console),
    }
}
