//! Tree → program: names resolved, patterns compiled, what will go wrong told before anything is sent.
//!
//! All errors are told, not the first; a program comes out only where there is none.

mod binders;
mod binding;
mod checker;
mod exchanges;
mod expressions;
mod faults;
mod line_pattern;
mod lints;
mod pattern;
mod patterns;
mod program;
mod regex_pattern;
mod reporter;
mod runs;
mod scope;
mod scripts;
mod session;
mod statements;
#[cfg(test)]
mod tests;
mod types;

use std::sync::Arc;

pub use lints::tries_pin;
pub use pattern::{Captures, Hole, Matcher};
pub use program::Program;
pub use scripts::{NoScripts, NotFound, Scripts};
pub use session::DEEPEST;

use crate::diagnostic::Diagnostic;
use crate::source::Source;
use scope::Scope;
use session::Session;

/// What came of checking a script.
#[derive(Debug)]
pub struct Checked {
    /// `None` where there are errors.
    pub program: Option<Arc<Program>>,
    /// Errors and warnings in the order of their places, those of the script itself first.
    pub diagnostics: Vec<Diagnostic>,
}

/// The names that lines typed one after the other have left behind: [`check_more`] goes on from them.
#[derive(Debug, Clone, Default)]
pub struct Names {
    scope: Scope,
}

/// Parses and checks a script and all scripts that it runs.
pub fn check(source: &Arc<Source>, scripts: &dyn Scripts) -> Checked {
    let session::Result { program, diagnostics, .. } = Session::new(scripts).check(source, None);
    Checked { program: program.map(Arc::new), diagnostics }
}

/// Checks lines that go on from others, whose names are `names`. Where there are no errors, and once the lines have been
/// run, the names that come back take their place.
pub fn check_more(source: &Arc<Source>, scripts: &dyn Scripts, names: &Names) -> (Checked, Names) {
    let session::Result { program, diagnostics, scope } = Session::new(scripts).check(source, Some(&names.scope));
    (Checked { program: program.map(Arc::new), diagnostics }, Names { scope })
}

impl Names {
    /// In alphabetical order: for completion.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.scope.names().collect();
        names.sort_unstable();
        names
    }
}
