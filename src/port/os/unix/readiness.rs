use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, poll};

use super::Flag;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::port) enum Ready {
    No,
    Yes,
    /// The other side is gone, and nothing is left to be read.
    HungUp,
}

/// Waits for many descriptors at once. Made anew for each wait; keeps its memory.
#[derive(Default)]
pub(in crate::port) struct Readiness {
    descriptors: Vec<PollFd>,
}

impl Readiness {
    pub(in crate::port) fn clear(&mut self) {
        self.descriptors.clear();
    }

    /// Returns the number under which [`Readiness::state`] knows it.
    pub(in crate::port) fn add(&mut self, descriptor: &impl AsFd, to_write_too: bool) -> usize {
        let events = if to_write_too { PollFlags::POLLIN | PollFlags::POLLOUT } else { PollFlags::POLLIN };
        self.descriptors.push(PollFd::new(descriptor.as_fd().as_raw_fd(), events));
        self.descriptors.len() - 1
    }

    /// Returns when one of them is ready, when the flag is raised, or after `time`.
    pub(in crate::port) fn wait(&mut self, flag: Option<&Flag>, time: Option<Duration>) {
        if let Some(flag) = flag {
            self.descriptors.push(PollFd::new(flag.as_fd().as_raw_fd(), PollFlags::POLLIN));
        }
        // A signal that comes meanwhile makes no descriptor ready: the caller looks at its clock and waits again.
        let _ = poll(&mut self.descriptors, time.map_or(-1, super::milliseconds));
    }

    pub(in crate::port) fn state(&self, number: usize) -> Ready {
        let events = self.descriptors.get(number).and_then(|descriptor| descriptor.revents());
        match events.unwrap_or(PollFlags::empty()) {
            events if events.is_empty() => Ready::No,
            // What was written before a hang-up is still to be read.
            events if events.contains(PollFlags::POLLHUP) && !events.contains(PollFlags::POLLIN) => Ready::HungUp,
            _ => Ready::Yes,
        }
    }
}
