//! Where `run "name"` finds a script.

use std::sync::Arc;

use crate::source::Source;

/// Finds other scripts by name: beside the script that runs them, or in the library.
pub trait Scripts {
    /// `from` is the script that says `run "name"`.
    fn find(&self, name: &str, from: &Source) -> Result<Arc<Source>, NotFound>;
}

/// There is no script of that name, or none that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFound {
    Nowhere {
        /// Names that are near to it, the nearest first.
        suggestions: Vec<String>,
    },
    Unreadable {
        /// The file and what is wrong with it: `beside.hayes is larger than 16 MiB`
        why: String,
    },
}

/// No other script at all.
#[derive(Debug, Clone, Copy)]
pub struct NoScripts;

impl Scripts for NoScripts {
    fn find(&self, _name: &str, _from: &Source) -> Result<Arc<Source>, NotFound> {
        Err(NotFound::Nowhere { suggestions: Vec::new() })
    }
}
