//! `hayes check`: diagnostics without a modem.

use super::arguments::Check;
use super::console::Console;
use super::exit::Exit;
use super::scripts::{self, NoScript};
use crate::check::check;
use crate::diagnostic::{Diagnostic, Severity};
use crate::library::Library;
use crate::report::diagnostics::json_lines;
use crate::report::sarif::sarif;
use crate::source::Source;

pub(crate) fn run(arguments: &Check, console: &Console) -> Exit {
    let mut exit = Exit::Passed;
    let mut found: Vec<Diagnostic> = Vec::new();
    for name in &arguments.scripts {
        match scripts::find(name) {
            Ok(source) => found.extend(check(&source, &Library).diagnostics),
            // A program that reads what is printed is told of it there.
            Err(NoScript { message, help }) if arguments.json || arguments.sarif => {
                let source = Source::new(name.as_str(), "");
                found.push(Diagnostic::new("hayes::check::no-script", &source, message).help(help));
            }
            Err(NoScript { message, help }) => {
                console.complain(&message, Some(&help));
                exit = exit.worst(Exit::Invalid);
            }
        }
    }
    let counts = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error || arguments.deny_warnings;
    if found.iter().any(counts) {
        exit = exit.worst(Exit::Invalid);
    }
    if arguments.json {
        return exit.worst(console.print(&json_lines(&found)));
    }
    if arguments.sarif {
        return exit.worst(console.print(&sarif(&found)));
    }
    console.show(&found);
    exit
}
