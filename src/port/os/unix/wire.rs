//! Bytes through a descriptor, with a deadline and a cancel handle.
//!
//! serialport's own read and write are not used: its write blocks past its timeout, its read loses what came before
//! a hang-up, and both lose the error number.

use std::os::fd::AsFd;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};

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
                        return Ok(Read::Bytes(count));
                    }
                    Err(Errno::EINTR | Errno::EAGAIN) => {}
                    Err(error) => return Err(fault(error)),
                }
            }
            match wait(self.end.as_raw_fd(), PollFlags::POLLIN, until, clock, watch)? {
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
                    match wait(self.end.as_raw_fd(), PollFlags::POLLOUT, until, clock, watch)? {
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
fn wait(fd: RawFd, events: PollFlags, until: Duration, clock: &Clock, watch: &Watch) -> Result<Ready, Fault> {
    loop {
        let now = clock.now();
        let mut both = [
            PollFd::new(fd, events),
            // A negative descriptor is passed over: after the last cancel there is nothing to wait for.
            PollFd::new(watch.flag().map_or(-1, |flag| flag.as_fd().as_raw_fd()), PollFlags::POLLIN),
        ];
        match poll(&mut both, milliseconds(until.saturating_sub(now))) {
            Ok(0) if clock.now() >= until => return Ok(Ready::Deadline),
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) => {
                let [port, cancel] = both;
                if cancel.any().unwrap_or(false) {
                    return Err(Fault::Interrupted);
                }
                if port.any().unwrap_or(true) {
                    return Ok(Ready::Yes);
                }
            }
            Err(error) => return Err(Fault::System(describe(error))),
        }
        if watch.is_cancelled() {
            return Err(Fault::Interrupted);
        }
    }
}

/// Rounded up, so that a wait does not end before its time; a longer one than `poll` takes is waited for in parts.
pub(super) fn milliseconds(time: Duration) -> i32 {
    let millis = time.as_nanos().div_ceil(1_000_000);
    i32::try_from(millis).unwrap_or(i32::MAX)
}

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
