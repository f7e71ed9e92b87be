//! Hayes: a small language for talking to cellular modems, and the program that runs it.
//!
//! The modules in reading order. Each may use only those above it; `tests/architecture.rs` reads this list and
//! fails on an upward path.
//!
//! - [`source`]: a text with its name, and places in it
//! - [`notation`]: how durations, bytes and control characters are written and read
//! - [`diagnostic`]: what is wrong, where, and what to do about it; how it is shown
//! - [`value`]: the values of the language, and the functions that a script may call
//! - [`state`]: the user's folder for what outlasts a run
//! - [`syntax`]: text → tree, and the canonical form of a script
//! - [`at`]: the AT protocol: bytes → lines → events; no I/O, no clock
//! - [`catalogue`]: what is known about commands, errors, URCs and modules; `explain`
//! - [`check`]: tree → program: names, patterns compiled, warnings
//! - [`port`]: where bytes and time come from; alone may block
//! - [`sim`]: the simulated modem, a state machine with module profiles
//! - [`connect`]: a port's address (`/dev/ttyUSB2`, `tcp://…`, `sim:bg96`) → an open port
//! - [`conversation`]: a port and a session together: ask, wait for the answer
//! - [`runtime`]: program + port → events and outcome
//! - [`library`]: the embedded scripts, and how `run "name"` finds one
//! - [`report`]: events and outcomes → text, JSON Lines, CSV, JUnit, HTML
//! - [`batch`]: inventory, scheduling, journal
//! - [`repl`]: exploring a modem line by line
//! - [`cli`]: arguments, printing, exit codes

#![cfg_attr(test, allow(clippy::wildcard_enum_match_arm, reason = "a test says what it wants, not all there is"))]

pub mod at;
pub mod batch;
pub mod catalogue;
pub mod check;
pub mod cli;
pub mod connect;
pub mod conversation;
pub mod diagnostic;
pub mod library;
pub mod notation;
pub mod port;
pub mod repl;
pub mod report;
pub mod runtime;
pub mod sim;
pub mod source;
mod state;
pub mod syntax;
pub mod value;
