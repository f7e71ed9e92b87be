use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// A new pseudo-terminal: what is written to the master is read from `path`, and the other way round.
pub(in crate::port) struct Terminal {
    /// Non-blocking.
    pub(in crate::port) master: File,
    pub(in crate::port) path: PathBuf,
    /// Without an open slave the master answers EIO: between two programs that open `path`, ours is the one.
    _slave: OwnedFd,
}

impl Terminal {
    pub(in crate::port) fn new() -> io::Result<Terminal> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&master, true)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = ptsname(&master, Vec::new())?.into_string().map_err(io::Error::other)?.into();
        let slave = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        // A new terminal echoes: a modem's greeting would come back to it as a command.
        let mut settings = tcgetattr(&slave)?;
        settings.make_raw();
        tcsetattr(&slave, OptionalActions::Now, &settings)?;
        Ok(Terminal { master: master.into(), path, _slave: slave })
    }
}
