//! The simulated modem: a state machine with module profiles and faults.
//!
//! It is given bytes and the time and gives back bytes and the next moment it wants to be called
//! ([`Device`](crate::port::Device)); it does no I/O and reads no clock. The same seed and the same bytes at the same
//! times give the same answers. It knows nothing of scripts, and parses commands in its own way, so that it finds
//! mistakes in [`crate::at`] instead of sharing them.
//!
//! - `options`, `fault`: how a modem differs from its profile, and how it misbehaves
//! - `profile`: what makes one module differ from another; the data files
//! - `request`, `charset`, `pdu`, `random`: command lines, alphabets, message units, dice
//! - `settings`, `card`, `network`, `context`, `message`: what the modem remembers
//! - `text`: what the alphabets make of texts
//! - `wire`: what it sends, and how the faults tear it
//! - `simulator`: bytes and time; `line`: a command line from its CR to its final result code
//! - `commands`: what each command does

mod card;
mod charset;
mod clock;
mod commands;
mod context;
mod fault;
mod incoming;
mod line;
mod message;
mod modes;
mod network;
mod options;
mod output;
mod pdu;
mod power;
mod profile;
mod random;
mod request;
mod settings;
mod simulator;
mod socket;
mod text;
mod wire;

pub use fault::{FAULTS, FaultHelp};
pub use options::{OPTIONS, OptionError, OptionHelp, Options};
pub use profile::{Model, ModelError, is_model, models};
pub use simulator::Simulator;

#[cfg(test)]
mod tests;
