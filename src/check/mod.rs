//! Tree → program: names resolved, patterns compiled, what will go wrong told before anything is sent.
//!
//! All errors are told, not the first; a program comes out only where there is none.

mod exchanges;
mod expressions;
mod findings;
mod line_pattern;
mod lints;
mod names;
mod pattern;
mod program;
mod regex_pattern;
mod scripts;
mod statements;
#[cfg(test)]
mod tests;
mod types;

use std::sync::Arc;

pub use lints::tries_pin;
pub use names::Names;
pub use pattern::{Captures, Hole, Matcher};
pub use program::Program;
pub use scripts::{DEEPEST, NoScripts, NotFound, Scripts};

use crate::diagnostic::Diagnostic;
use crate::source::Source;
use scripts::Checking;

/// What came of checking a script.
#[derive(Debug)]
pub struct Checked {
    /// `None` where there are errors.
    pub program: Option<Arc<Program>>,
    /// Errors and warnings in the order of their places, those of the script itself first.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses and checks a script and all scripts that it runs.
pub fn check(source: &Arc<Source>, scripts: &dyn Scripts) -> Checked {
    let (program, diagnostics, _) = Checking::new(scripts).check(source, None);
    Checked { program, diagnostics }
}

/// Checks lines that go on from others, whose names are `names`. Where there are no errors, and once the lines have been
/// run, the names that come back take their place.
pub fn check_more(source: &Arc<Source>, scripts: &dyn Scripts, names: &Names) -> (Checked, Names) {
    let (program, diagnostics, names) = Checking::new(scripts).check(source, Some(names));
    (Checked { program, diagnostics }, names)
}
