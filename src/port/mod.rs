//! Where bytes and time come from. Alone may block.
//!
//! A [`Port`] is one open connection to a modem. Time is the [`Duration`] since it was opened; a port in virtual time
//! jumps to the next deadline instead of waiting.

use std::time::Duration;

/// One open connection to a modem.
pub trait Port: Send {
    /// The time since the port was opened.
    fn now(&self) -> Duration;

    /// Reads what there is into `buffer`, at least a byte; waits until `until` for it.
    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault>;

    /// Writes all of `bytes`, or fails. `until` bounds it: flow control may hold it up.
    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Fault>;

    /// Baud rate, control lines, break, flush. Where a port has none: [`Fault::Unsupported`].
    fn control(&mut self, control: Control) -> Result<(), Fault>;

    /// After a `reboot`: waits for the device to go away and come back, under another node too, and opens it again.
    /// A port without a device (the simulator in memory) stays as it is.
    fn reopen(&mut self, until: Duration) -> Result<(), Fault>;
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The other end is gone: end of file, EIO, ENODEV, connection reset; the system's words
    Lost(String),
    /// A write could not be finished in time: so many bytes of it went out
    WriteTimeout { written: usize },
    /// This kind of port cannot do that: what it is
    Unsupported(String),
    /// [`Cancel`] was called
    Interrupted,
    /// Anything else the system said
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

    /// The device was unplugged, or hung up: no more bytes will come.
    fn is_gone(&self) -> bool {
        false
    }

    /// The computer set DTR, RTS or sent a break.
    fn control(&mut self, _control: Control, _now: Duration) {}
}
