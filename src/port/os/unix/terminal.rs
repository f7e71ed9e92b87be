use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::poll::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr};

/// A new pseudo-terminal: what is written to the master is read from `path`, and the other way round.
pub(in crate::port) struct Terminal {
    /// Non-blocking. Where no program has `path` open it answers EIO.
    pub(in crate::port) master: File,
    pub(in crate::port) path: PathBuf,
    /// Keeps the terminal open between two programs where its being opened cannot be noticed.
    slave: Option<OwnedFd>,
}

impl Terminal {
    pub(in crate::port) fn new() -> io::Result<Terminal> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&master, true)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path: PathBuf = ptsname(&master, Vec::new())?.into_string().map_err(io::Error::other)?.into();
        let slave = open_slave(&path)?;
        // A new terminal echoes: a modem's greeting would come back to it as a command. The settings stay while the
        // master is open.
        let mut settings = tcgetattr(&slave)?;
        settings.make_raw();
        tcsetattr(&slave, OptionalActions::Now, &settings)?;
        Ok(Terminal { master: master.into(), path, slave: Some(slave) })
    }

    /// From now on the terminal is open only where a program has opened it.
    pub(in crate::port) fn let_go(&mut self) {
        self.slave = None;
    }

    /// Whether a program has it open, or has left something to be read.
    pub(in crate::port) fn is_open(&self) -> bool {
        let mut master = [PollFd::new(self.master.as_raw_fd(), PollFlags::POLLIN)];
        let state = match poll(&mut master, 0) {
            Ok(1..) => master.first().and_then(|master| master.revents()).unwrap_or(PollFlags::empty()),
            Ok(_) | Err(_) => PollFlags::empty(),
        };
        state.contains(PollFlags::POLLIN) || !state.contains(PollFlags::POLLHUP)
    }

    /// Discards what was sent to a program that has closed the terminal, as the driver of a real port does: the next
    /// one must not take it for its own answer.
    pub(in crate::port) fn discard_unread(&self) {
        if let Ok(slave) = open_slave(&self.path) {
            let _ = tcflush(&slave, QueueSelector::IFlush);
        }
    }
}

impl AsFd for Terminal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }
}

fn open_slave(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}
