//! Where bytes and time come from. Alone may block.
//!
//! A [`Port`] is one open connection to a modem. Time is the [`Duration`] since it was opened; a port in virtual time
//! jumps to the next deadline instead of waiting.

/// What a port does that has a [`Watch`](cancel::Watch) to wait by.
macro_rules! waits_by_its_watch {
    () => {
        fn now(&self) -> Duration {
            self.watch.now()
        }

        fn rearm(&mut self) {
            self.watch.rearm();
        }

        fn is_interrupted(&self) -> bool {
            self.watch.is_cancelled()
        }
    };
}

mod cancel;
mod clock;
pub mod crew;
pub mod host;
pub mod list;
mod memory;
mod network;
mod open_error;
mod os;
mod serial;
pub mod transcript;
mod wire;

use std::time::Duration;

pub use cancel::Cancel;
pub(crate) use cancel::Typing;
pub use clock::{Clock, Timestamp};
pub use memory::Memory;
pub use network::{Rfc2217, Tcp};
pub use serial::{FlowControl, Serial};
pub use transcript::{Mask, RecordStatus, Recorded, Replay};

pub trait Port: Send {
    fn now(&self) -> Duration;

    /// Reads what there is into `buffer`, at least a byte; waits until `until` for it.
    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault>;

    /// Writes all of `bytes`, or fails. `until` bounds it: flow control may hold it up.
    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Fault>;

    /// Baud rate, control lines, break, flush. Where a port has none: [`Fault::Unsupported`].
    fn control(&mut self, control: Control) -> Result<(), Fault>;

    /// After a `reboot`: closes the device and opens it again as soon as it is back, under another node of the same
    /// USB place too. Bytes that were received and not yet read are gone. Fails with the last [`Fault`] at `until`.
    fn reopen(&mut self, until: Duration) -> Result<(), Fault>;

    /// Goes on after [`Fault::Interrupted`], for a `finally` block; a second [`Cancel::cancel`] interrupts again.
    fn rearm(&mut self);

    /// Whether [`Cancel::cancel`] was called and is still to be heeded: nothing more is to be sent.
    fn is_interrupted(&self) -> bool;

    /// How long what the other end says to whoever connects may be on its way.
    fn greeting_time(&self) -> Duration {
        Duration::ZERO
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// So many bytes were read; never 0.
    Bytes(usize),
    /// `until` has come.
    Deadline,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    Baud(u32),
    Dtr(bool),
    Rts(bool),
    Break(Duration),
    /// Discards what was received and not yet read, and what was not yet sent.
    Flush,
}

/// Why a port did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The other end is gone (end of file, EIO, ENODEV, connection reset): the system's words
    #[error("the port was lost: {0}")]
    Lost(String),
    /// A write could not be finished in time: so many bytes of it went out
    #[error("the port took only {written} bytes: the other side does not read, or flow control holds it up")]
    WriteTimeout { written: usize },
    /// This kind of port cannot do that: what it is
    #[error("{0}")]
    Unsupported(String),
    /// [`Cancel::cancel`] was called
    #[error("interrupted")]
    Interrupted,
    /// Anything else the system said
    #[error("{0}")]
    System(String),
}

/// A device in memory: bytes and the time go in, bytes and the next moment it wants to be called come out.
/// The simulator is one. It does no I/O and reads no clock.
pub trait Device: Send {
    /// Bytes that the computer has sent.
    fn receive(&mut self, bytes: &[u8], now: Duration);

    /// Lets time pass up to `now` and appends what the device sends to `out`.
    fn advance(&mut self, now: Duration, out: &mut Vec<u8>);

    /// When it wants [`Device::advance`] to be called next, if nothing is received before.
    fn next(&self) -> Option<Duration>;

    /// Why no bytes come or go: the device is unplugged, or hung up. It may come back by itself ([`Port::reopen`] waits
    /// for that); then this is `None` again.
    fn gone(&self) -> Option<Fault> {
        None
    }

    fn control(&mut self, _control: Control, _now: Duration) {}
}

/// What the tests of the ports share.
#[cfg(test)]
#[path = "../../tests/units/bench.rs"]
pub(crate) mod bench;
