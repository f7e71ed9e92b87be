//! What differs from one operating system to the next, with one face:
//!
//! - `Flag`: raised once, from a signal handler too; wakes all that wait for it
//! - `pause`: waits so long, or until a flag is raised
//! - `read_typed`: what a person types, or until a flag is raised
//! - `Wire`: reads and writes with a deadline, on a serial port and on a socket alike
//! - `SerialLine`: an open serial port
//! - `Terminal`: a new pseudo-terminal; not on Windows, which has none
//! - `connect`: a TCP connection with a deadline
//! - `work`: does many jobs in one thread, where the system has a call that waits for all that they wait for
//! - `aside`: waits for what blocks without a deadline no longer than it should
//! - `devices`: which serial ports there are, where they are plugged in, and who holds them

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(super) use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(super) use windows::*;

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "not_linux.rs")]
pub(super) mod devices;
