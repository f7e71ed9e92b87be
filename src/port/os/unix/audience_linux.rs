use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};

use super::Readiness;

/// Notices when a program opens one of our terminals: a terminal that nobody has open cannot be waited for.
pub(in crate::port) struct Audience {
    events: OwnedFd,
}

/// One watched terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::port) struct Seat(i32);

impl Audience {
    pub(in crate::port) fn new() -> io::Result<Audience> {
        Ok(Audience { events: inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)? })
    }

    pub(in crate::port) fn watch(&mut self, terminal: &Path) -> io::Result<Seat> {
        Ok(Seat(inotify::add_watch(&self.events, terminal, WatchFlags::OPEN)?))
    }

    pub(in crate::port) fn forget(&mut self, seat: Seat) {
        // A terminal that is gone has taken its watch with it.
        let _ = inotify::remove_watch(&self.events, seat.0);
    }

    pub(in crate::port) fn wait_for(&self, readiness: &mut Readiness) {
        readiness.add(&self.events, false);
    }

    /// Calls `opened` for each terminal that was opened; once for several times.
    pub(in crate::port) fn update(&mut self, mut opened: impl FnMut(Seat)) {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(&self.events, &mut buffer);
        while let Ok(event) = events.next() {
            opened(Seat(event.wd()));
        }
    }
}
