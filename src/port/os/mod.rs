//! What differs from one operating system to the next. Each file has the same functions, and no types of its own: what
//! they share stands here and in the files that use them.
//!
//! - `unix` and `windows`: waiting, connecting, opening a serial port
//! - `linux` and `elsewhere`: which serial ports there are, who holds them, who opens our terminals
//! - `fibres`: many jobs in one thread, where the system and the processor allow it

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;
pub(super) use system::*;
pub use system::{allow_descriptors, leave_to_port, line_on_stdin, room_in_memory, streams_on};

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
pub(super) mod devices;

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod fibres;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod fibres {
    use std::{io, time::Duration};

    use super::{Wanted, Woken};
    use crate::port::cancel::Flag;
    use crate::port::crew::Hand;

    pub(in crate::port) const SHARES: bool = false;

    /// Does the jobs one after the other.
    pub(in crate::port) fn work(hand: &Hand, _stack: usize) -> io::Result<()> {
        hand.work_alone();
        Ok(())
    }

    #[cfg_attr(windows, expect(dead_code, reason = "only a wait for descriptors asks"))]
    pub(super) fn wait(_: Option<Wanted>, _: Option<&Flag>, _: Duration) -> Option<io::Result<Woken>> {
        None
    }

    pub(in crate::port) fn in_fibre() -> bool {
        false
    }
}
pub(super) use fibres::{SHARES, in_fibre, work};

/// A descriptor, and what it is to be ready for.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(windows, expect(dead_code, reason = "there each look is at all of them"))]
pub(super) struct Wanted {
    descriptor: i32,
    to_read: bool,
    to_write: bool,
}

impl Wanted {
    pub(super) fn to_read(end: &impl Descriptor) -> Wanted {
        Wanted { descriptor: descriptor(end), to_read: true, to_write: false }
    }

    pub(super) fn to_write(end: &impl Descriptor) -> Wanted {
        Wanted { descriptor: descriptor(end), to_read: false, to_write: true }
    }

    pub(super) fn and_to_write(self, to_write: bool) -> Wanted {
        Wanted { to_write, ..self }
    }
}

/// What a wait for one descriptor ended with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Woken {
    /// Time is up, or a signal came.
    #[default]
    Early,
    Descriptor,
    Flag,
}

/// How a descriptor is found after a wait for many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ready {
    No,
    Yes,
    /// The other side is gone, and nothing is left to be read.
    HungUp,
}
