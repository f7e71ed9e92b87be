//! Bytes through a serial port or a socket, with a deadline and a cancel handle.

use std::io::{self, ErrorKind};
use std::time::Duration;

use super::cancel::Watch;
use super::os::{self, Descriptor, Wanted, Woken};
use super::{Fault, Read};

pub(super) struct Wire<E> {
    pub(super) end: E,
    /// Whether more is likely to be there already, so that a look costs less than a wait.
    flooded: bool,
}

/// After so many bytes at once, more is likely to be there.
const FLOOD: usize = 1024;

impl<E: io::Read + io::Write + Descriptor> Wire<E> {
    pub(super) fn new(end: E) -> Wire<E> {
        Wire { end, flooded: false }
    }

    /// As [`Port::read`](super::Port::read).
    pub(super) fn read(&mut self, buffer: &mut [u8], until: Duration, watch: &Watch) -> Result<Read, Fault> {
        if buffer.is_empty() {
            return Ok(Read::Deadline);
        }
        if watch.is_cancelled() {
            return Err(Fault::Interrupted);
        }
        // On Windows a look is a wait.
        let mut look = std::mem::take(&mut self.flooded) || cfg!(windows);
        loop {
            if look {
                match self.end.read(buffer) {
                    Ok(0) => return Err(Fault::Lost("the other side hung up".to_owned())),
                    Ok(count) => {
                        self.flooded = count >= FLOOD;
                        if self.flooded && os::in_fibre() {
                            // The others of this thread have their turn.
                            let _ = os::wait_for(None, None, Duration::ZERO);
                        }
                        return Ok(Read::Bytes(count));
                    }
                    Err(error) if has_nothing(&error) && (!cfg!(windows) || watch.now() < until) => {}
                    Err(error) if has_nothing(&error) => return Ok(Read::Deadline),
                    Err(error) => return Err(os::fault(&error)),
                }
            }
            if !wait(Wanted::to_read(&self.end), until, watch)? {
                return Ok(Read::Deadline);
            }
            look = true;
        }
    }

    /// As [`Port::write`](super::Port::write); counts in `sent` how many bytes went out, whatever ended it.
    pub(super) fn write(&mut self, data: &[u8], sent: &mut usize, until: Duration, watch: &Watch) -> Result<(), Fault> {
        let mut refused = false;
        while let Some(rest) = data.get(*sent..).filter(|rest| !rest.is_empty()) {
            match self.end.write(rest) {
                Ok(count @ 1..) => {
                    *sent += count;
                    refused = false;
                    continue;
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if has_nothing(&error) => {}
                Err(error) => return Err(os::fault(&error)),
            }
            // A terminal may call itself writable and still take nothing.
            if std::mem::replace(&mut refused, true) {
                watch.pause(Duration::from_millis(1))?;
            }
            let is_late = cfg!(windows) && watch.now() >= until;
            if is_late || !wait(Wanted::to_write(&self.end), until, watch)? {
                return Err(Fault::WriteTimeout { written: *sent });
            }
        }
        Ok(())
    }
}

/// Nothing to be read, or no room for what is written.
fn has_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Waits for the descriptor, for `until`, or for the cancel handle, whichever is first; false where time is up. Always
/// looks once.
fn wait(wanted: Wanted, until: Duration, watch: &Watch) -> Result<bool, Fault> {
    loop {
        let left = until.saturating_sub(watch.now());
        let woken = os::wait_for(Some(wanted), watch.flag(), left).map_err(|error| os::fault(&error))?;
        // After the last cancel there is no flag to wait for.
        if woken == Woken::Flag || watch.is_cancelled() {
            return Err(Fault::Interrupted);
        }
        if woken == Woken::Descriptor {
            return Ok(true);
        }
        if watch.now() >= until {
            return Ok(false);
        }
    }
}
