//! `hayes check`: diagnostics without a modem.

use super::arguments::Check;
use super::console::Console;
use super::exit::Exit;
use super::scripts;
use crate::check::check;
use crate::diagnostic::{Diagnostic, Severity};
use crate::library::Library;
use crate::report::diagnostics::json_lines;
use crate::report::sarif::sarif;

pub(crate) fn run(arguments: &Check, console: &Console) -> Exit {
    let mut exit = Exit::Passed;
    let mut found: Vec<Diagnostic> = Vec::new();
    for name in &arguments.scripts {
        match scripts::read(name, console) {
            Ok(source) => found.extend(check(&source, &Library).diagnostics),
            Err(worse) => exit = exit.worst(worse),
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
