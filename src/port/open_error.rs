//! Why a port could not be opened, in words that say what to do.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenError {
    pub kind: OpenErrorKind,
    /// What is wrong, in one sentence without a final full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenErrorKind {
    /// Another program holds the port.
    Busy,
    /// The user may not open it.
    Forbidden,
    /// There is no such port, file, host or simulated modem.
    Missing,
    /// It is there, and is no serial port; or the other end does not speak the protocol.
    NotAPort,
    /// The network did not get us there: refused, no route, no answer in time.
    Unreachable,
    /// The cancel handle was used while the port was being opened.
    Interrupted,
    /// Anything else the system said.
    System,
}

impl OpenError {
    pub fn new(kind: OpenErrorKind, message: impl Into<String>) -> OpenError {
        OpenError { kind, message: message.into(), help: None }
    }

    pub fn with_help(mut self, help: impl Into<String>) -> OpenError {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for OpenError {}
