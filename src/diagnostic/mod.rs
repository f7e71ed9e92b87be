//! What is wrong, where, and what to do about it; how it is shown.
//!
//! Every error of a script has this one form, whichever pass found it. The passes keep their own enums of what can be
//! wrong, with the words on the variants, and turn them into a [`Diagnostic`].

mod excerpt;
mod harmless;
mod nearest;
mod words;

use std::fmt;
use std::sync::Arc;

pub(crate) use excerpt::Excerpt;
pub(crate) use harmless::{harmless, spelled};
pub(crate) use nearest::nearest;
pub(crate) use words::words;

use crate::source::{Source, Span};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

/// A place in the source and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable, with the pass first: `hayes::syntax::unexpected`, `hayes::check::two-at`, `hayes::run::timeout`.
    pub code: &'static str,
    pub severity: Severity,
    /// What is wrong, in one sentence without a final full stop.
    pub message: String,
    /// The first label is the place at fault.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    pub source: Arc<Source>,
}

impl Diagnostic {
    /// The place at fault, if it has one.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Diagnostic {}
