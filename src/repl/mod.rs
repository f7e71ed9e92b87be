//! Exploring a modem line by line.
//!
//! One thread does one thing at a time: the user types while a listener reads the port and shows what comes above the
//! prompt; a line is entered, the listener gives the conversation back, and the line is run.
//!
//! - `explorer`: the loop, and the `:` commands
//! - `session`: cuts, checks and runs what was typed, and remembers what passed
//! - `link`: the open port, and who listens on it while the user types
//! - `shown`: what the user sees of a line
//! - `editor`: where lines come from, what may stand at the cursor, and lines that come while the user types
//! - `terminal`: the bytes of the port handed to the user

mod editor;
mod explorer;
mod link;
mod session;
mod shown;
pub(crate) mod terminal;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::connect::Address;
use crate::diagnostic::Diagnostic;
use crate::port::{Cancel, FlowControl};
use crate::report::style::Palette;
use crate::runtime::Inputs;

pub use explorer::explore;
pub use terminal::SavedTerminal;

/// The port is listened to for so long at a time, and then again.
const LISTEN_TIME: Duration = Duration::from_secs(3600);

pub struct Exploration {
    pub address: Address,
    /// None was named: it is the simulated modem.
    pub by_default: bool,
    /// Refuse the simulated modem.
    pub real: bool,
    pub baud: u32,
    pub flow: FlowControl,
    /// How long the first port may take to be there
    pub wait: Duration,
    pub record: Option<PathBuf>,
    pub inputs: Inputs,
    /// Ctrl-C calls it while a line runs.
    pub cancel: Cancel,
    /// Not interactive: is set while a line runs, so that Ctrl-C ends the line first
    pub runs: Arc<AtomicBool>,
    /// Somebody sits before it; else lines come from standard input, and nothing but answers is printed.
    pub interactive: bool,
    /// Standard input is a terminal, but none that the cursor can be moved on.
    pub prompts: bool,
    /// Somebody reads what is printed: answers are explained, and timed.
    pub explains: bool,
    pub palette: Palette,
    pub width: fn() -> usize,
    pub show: Show,
    pub complain: Complain,
}

/// Shows errors with their places.
pub type Show = Box<dyn Fn(&[Diagnostic])>;

/// Says what is wrong, and what to do about it.
pub type Complain = Box<dyn Fn(&str, Option<&str>)>;
