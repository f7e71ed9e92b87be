//! What differs from one operating system to the next, with one face:
//!
//! - `Flag`: raised once, from a signal handler too; wakes all that wait for it
//! - `pause`: waits so long, or until a flag is raised

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(super) use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(super) use windows::*;
