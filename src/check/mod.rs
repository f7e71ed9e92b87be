//! Tree → program: names resolved, patterns compiled, what will go wrong told before anything is sent.
//!
//! All errors are told, not the first; a program comes out only where there is none.

mod line_pattern;
mod pattern;
mod program;
mod regex_pattern;
mod scripts;

pub use pattern::{Captures, Hole, Matcher};
pub use program::Program;
pub use scripts::{NoScripts, NotFound, Scripts};

use std::sync::Arc;

use crate::diagnostic::Diagnostic;

/// What came of checking a script.
#[derive(Debug)]
pub struct Checked {
    /// `None` where there are errors.
    pub program: Option<Arc<Program>>,
    /// Errors and warnings in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}
