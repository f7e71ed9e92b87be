//! Everything that is tested from outside: one binary, a module a subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test may stop where it fails"
)]

mod answers;
mod architecture;
#[cfg(unix)]
mod batch;
mod cases;
mod catalogue;
mod chaos;
#[cfg(unix)]
mod coming_from;
mod conversation;
#[cfg(unix)]
mod dir_carrier;
mod docs;
#[cfg(target_os = "linux")]
mod doctor;
mod editors;
mod embed;
#[cfg(unix)]
mod flags;
#[cfg(unix)]
mod fleet;
#[cfg(unix)]
mod fleets;
mod folder;
#[cfg(unix)]
mod gateways;
#[cfg(target_os = "linux")]
mod guards;
mod hostile;
mod hosts;
mod html;
#[cfg(unix)]
mod jobs;
mod journal;
mod library;
#[cfg(unix)]
mod lsp;
mod memory_carrier;
mod messages;
#[cfg(unix)]
mod mixed;
#[cfg(unix)]
mod modules;
#[cfg(all(unix, feature = "nats"))]
mod nats;
mod network;
mod nkeys;
mod order;
mod orders;
mod patterns;
#[cfg(unix)]
mod peers;
mod picture;
mod plans;
mod played;
mod psm;
#[cfg(unix)]
mod real_ports;
#[cfg(unix)]
mod recordings;
#[cfg(unix)]
mod repl;
mod runs;
mod schedules;
mod secrets;
#[cfg(unix)]
mod serial;
mod session;
mod shelf;
#[cfg(unix)]
mod shells;
mod simulated;
mod simulator;
#[cfg(target_os = "linux")]
mod soak;
mod supersim;
mod syntax;
mod tables;
mod written;
