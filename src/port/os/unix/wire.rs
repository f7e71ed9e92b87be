//! Bytes through a descriptor, with a deadline and a cancel handle.
//!
//! serialport's own read and write are not used: its write blocks past its timeout, its read loses what came before
//! a hang-up, and both lose the error number.

use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::errno::Errno;

use super::{Wanted, give_way, wait_for};
use crate::port::cancel::Watch;
use crate::port::{Clock, Fault, Read};

/// A descriptor in non-blocking mode, and what owns it.
pub(in crate::port) struct Wire<T> {
    end: T,
    /// Whether more is likely to be there already, so that a look costs less than a wait.
    flooded: bool,
}

/// After so many bytes at once, more is likely to be there.
const FLOOD: usize = 1024;

impl<T: AsRawFd> Wire<T> {
    pub(in crate::port) fn new(end: T) -> Wire<T> {
        Wire { end, flooded: false }
    }

    pub(in crate::port) fn end(&mut self) -> &mut T {
        &mut self.end
    }

    fn wanted(&self, to_write: bool) -> Wanted {
        Wanted { descriptor: self.end.as_raw_fd(), to_write }
    }

    pub(in crate::port) fn read(
        &mut self,
        buffer: &mut [u8],
        until: Duration,
        clock: &Clock,
        watch: &Watch,
    ) -> Result<Read, Fault> {
        if buffer.is_empty() {
            return Ok(Read::Deadline);
        }
        if watch.is_cancelled() {
            return Err(Fault::Interrupted);
        }
        let mut look = std::mem::take(&mut self.flooded);
        loop {
            if look {
                match nix::unistd::read(self.end.as_raw_fd(), buffer) {
                    Ok(0) => return Err(Fault::Lost("the other side hung up".to_owned())),
                    Ok(count) => {
                        self.flooded = count >= FLOOD;
                        if self.flooded {
                            give_way();
                        }
                        return Ok(Read::Bytes(count));
                    }
                    Err(Errno::EINTR | Errno::EAGAIN) => {}
                    Err(error) => return Err(fault(error)),
                }
            }
            match wait(self.wanted(false), until, clock, watch)? {
                Ready::Yes => look = true,
                Ready::Deadline => return Ok(Read::Deadline),
            }
        }
    }

    pub(in crate::port) fn write(
        &mut self,
        bytes: &[u8],
        until: Duration,
        clock: &Clock,
        watch: &Watch,
    ) -> Result<(), Fault> {
        self.write_counted(bytes, until, clock, watch).1
    }

    /// Tells how many bytes went out, whatever ended it.
    pub(in crate::port) fn write_counted(
        &mut self,
        bytes: &[u8],
        until: Duration,
        clock: &Clock,
        watch: &Watch,
    ) -> (usize, Result<(), Fault>) {
        let mut written = 0;
        let outcome = self.write_on(bytes, &mut written, until, clock, watch);
        (written, outcome)
    }

    fn write_on(
        &mut self,
        bytes: &[u8],
        written: &mut usize,
        until: Duration,
        clock: &Clock,
        watch: &Watch,
    ) -> Result<(), Fault> {
        let mut refused = false;
        while let Some(rest) = bytes.get(*written..).filter(|rest| !rest.is_empty()) {
            match nix::unistd::write(self.end.as_raw_fd(), rest) {
                Ok(count) => {
                    *written += count;
                    refused = false;
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => {
                    // A terminal may call itself writable and still take nothing.
                    if std::mem::replace(&mut refused, true) {
                        watch.pause(Duration::from_millis(1))?;
                    }
                    match wait(self.wanted(true), until, clock, watch)? {
                        Ready::Yes => {}
                        Ready::Deadline => return Err(Fault::WriteTimeout { written: *written }),
                    }
                }
                Err(error) => return Err(fault(error)),
            }
        }
        Ok(())
    }
}

enum Ready {
    Yes,
    Deadline,
}

/// Waits for the descriptor, for `until`, or for the cancel handle, whichever is first. Always looks once.
fn wait(wanted: Wanted, until: Duration, clock: &Clock, watch: &Watch) -> Result<Ready, Fault> {
    loop {
        let left = until.saturating_sub(clock.now());
        // After the last cancel there is no flag to wait for.
        let seen = wait_for(Some(wanted), watch.flag(), left).map_err(|error| Fault::System(describe(error)))?;
        if seen.flag || watch.is_cancelled() {
            return Err(Fault::Interrupted);
        }
        if seen.descriptor {
            return Ok(Ready::Yes);
        }
        if clock.now() >= until {
            return Ok(Ready::Deadline);
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
fn fault(error: Errno) -> Fault {
    match error {
        Errno::EIO
        | Errno::ENXIO
        | Errno::ENODEV
        | Errno::EPIPE
        | Errno::ECONNRESET
        | Errno::ECONNABORTED
        | Errno::ENETDOWN
        | Errno::ENETUNREACH
        | Errno::EHOSTUNREACH
        | Errno::ETIMEDOUT => Fault::Lost(describe(error)),
        other => Fault::System(describe(other)),
    }
}

pub(super) fn describe(error: Errno) -> String {
    format!("{} ({error:?})", error.desc())
}
