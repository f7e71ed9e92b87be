//! The simulated modem: a state machine with module profiles and faults.
//!
//! It is given bytes and the time and gives back bytes and the next moment it wants to be called
//! ([`Device`](crate::port::Device)); it does no I/O and reads no clock. The same seed and the same bytes at the same
//! times give the same answers. It knows nothing of scripts, and parses commands in its own way, so that it finds
//! mistakes in [`crate::at`] instead of sharing them.
//!
//! - `options`, `fault`: how a modem differs from its profile, and how it misbehaves
//! - `profile`: what makes one module differ from another; the data files
//! - `request`: a command line taken apart, and one command with its answer
//! - `settings`: the values that commands set
//! - `charset`, `pdu`, `random`: alphabets, message units, dice
//! - `adaptor`: the part that talks with the computer: echo, lines, result codes, URCs, faults, timers
//! - `card`, `mobile`, `packet`, `socket`, `message`, `phonebook`: the other parts, each with its table of commands
//! - `commands`: from a command to the part that does it; the tables of V.250 and of the equipment
//! - `simulator`: the modem as a whole: bytes and time, a line from its first command to its final result code, power
//!
//! A new module is one file in `profiles/`. A new command that is a value or a text is a line in a profile; one that does
//! more is a row in a part's table.

mod adaptor;
mod card;
mod charset;
mod commands;
mod fault;
mod message;
mod mobile;
mod options;
mod packet;
mod pdu;
mod phonebook;
mod profile;
mod random;
mod request;
mod settings;
mod simulator;
mod socket;

pub use fault::fault_help;
pub use options::{OptionError, Options, option_help};
pub use profile::{Model, is_model, models};
pub use simulator::Simulator;

#[cfg(test)]
mod tests;
