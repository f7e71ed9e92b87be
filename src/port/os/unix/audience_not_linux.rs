use std::io;
use std::path::Path;

use super::Readiness;

/// Only Linux tells when a terminal is opened; elsewhere our own slave keeps it open all the time.
pub(in crate::port) struct Audience;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::port) struct Seat;

impl Audience {
    pub(in crate::port) fn new() -> io::Result<Audience> {
        Ok(Audience)
    }

    pub(in crate::port) fn watch(&mut self, _terminal: &Path) -> io::Result<Seat> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(in crate::port) fn forget(&mut self, _seat: Seat) {}

    pub(in crate::port) fn wait_for(&self, _readiness: &mut Readiness) {}

    pub(in crate::port) fn update(&mut self, _opened: impl FnMut(Seat)) {}
}
