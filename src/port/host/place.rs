//! Where a device is served: a pseudo-terminal with a link to it, or a TCP port.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use crate::port::os::{Audience, Readiness, Ready, Seat, Terminal};
use crate::port::{OpenError, OpenErrorKind};

pub(super) enum Place {
    Terminal { link: Option<PathBuf>, open: Option<OpenTerminal> },
    Listener { address: SocketAddr, open: Option<TcpListener>, peer: Option<TcpStream> },
}

pub(super) struct OpenTerminal {
    terminal: Terminal,
    /// None where the system cannot tell that it was opened.
    seat: Option<Seat>,
    /// Whether a program has it open; always, where the system cannot tell.
    in_use: bool,
    /// Someone has opened it since the last look.
    opened: bool,
}

impl Place {
    pub(super) fn terminal(link: Option<&Path>) -> Result<Place, OpenError> {
        Ok(Place::Terminal { link: link.map(absolute).transpose()?, open: None })
    }

    pub(super) fn listener(address: SocketAddr) -> Place {
        Place::Listener { address, open: None, peer: None }
    }

    /// Returns its name: the terminal's path, the listener's address.
    pub(super) fn open(&mut self, audience: &mut Audience) -> Result<String, OpenError> {
        match self {
            Place::Terminal { link, open } => {
                let mut terminal = Terminal::new().map_err(no_terminal)?;
                if let Some(link) = link {
                    make_link(link, &terminal.path)?;
                }
                let name = terminal.path.display().to_string();
                let seat = audience.watch(&terminal.path).ok();
                if seat.is_some() {
                    terminal.let_go();
                }
                *open = Some(OpenTerminal { terminal, seat, in_use: seat.is_none(), opened: true });
                Ok(name)
            }
            Place::Listener { address, open, .. } => {
                let listener = TcpListener::bind(*address).map_err(|error| cannot_listen(*address, &error))?;
                let _ = listener.set_nonblocking(true);
                // After an unplugging it is to be found where it was, though it was given any free port at first.
                *address = listener.local_addr().unwrap_or(*address);
                *open = Some(listener);
                Ok(address.to_string())
            }
        }
    }

    pub(super) fn close(&mut self, audience: &mut Audience) {
        match self {
            Place::Terminal { link, open } => {
                if let Some(OpenTerminal { terminal, seat, .. }) = open.take() {
                    if let Some(seat) = seat {
                        audience.forget(seat);
                    }
                    remove_link(link.as_deref(), &terminal.path);
                }
            }
            Place::Listener { open, peer, .. } => (*open, *peer) = (None, None),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        match self {
            Place::Terminal { open, .. } => open.is_some(),
            Place::Listener { open, .. } => open.is_some(),
        }
    }

    pub(super) fn wait_for(&self, readiness: &mut Readiness, to_write_too: bool) -> Option<usize> {
        match self {
            // One that nobody has open would always be ready, with nothing but an error.
            Place::Terminal { open, .. } => {
                let open = open.as_ref().filter(|open| open.in_use);
                open.map(|open| readiness.add(&open.terminal, to_write_too))
            }
            Place::Listener { open, peer, .. } => {
                let listener = open.as_ref().map(|listener| readiness.add(listener, false));
                peer.as_ref().map(|peer| readiness.add(peer, to_write_too)).or(listener)
            }
        }
    }

    /// Takes new connections and notes lost ones. Says whether a program is there.
    pub(super) fn look(&mut self, state: Ready) -> bool {
        match self {
            Place::Terminal { open: Some(open), .. } => {
                if open.seat.is_some() && state == Ready::HungUp {
                    open.in_use = false;
                    open.terminal.discard_unread();
                }
                if std::mem::take(&mut open.opened) && !open.in_use {
                    open.in_use = open.terminal.is_open();
                }
                open.in_use
            }
            Place::Terminal { open: None, .. } => false,
            Place::Listener { open, peer, .. } => {
                if state != Ready::No && peer.as_ref().is_some_and(has_closed) {
                    *peer = None;
                }
                while let Some(Ok((stream, _))) = open.as_ref().map(TcpListener::accept) {
                    // A modem has one user: the second one is told so by the closing.
                    if peer.is_none() && stream.set_nonblocking(true).is_ok() {
                        let _ = stream.set_nodelay(true);
                        *peer = Some(stream);
                    }
                }
                peer.is_some()
            }
        }
    }

    /// A program has opened the terminal with this seat.
    pub(super) fn opened(&mut self, at: Seat) {
        match self {
            Place::Terminal { open: Some(open), .. } => open.opened |= open.seat == Some(at),
            Place::Terminal { open: None, .. } | Place::Listener { .. } => {}
        }
    }

    /// `WouldBlock` if there is nothing.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Place::Terminal { open: Some(open), .. } => open.terminal.master.read(buffer),
            Place::Listener { peer: Some(peer), .. } => peer.read(buffer),
            Place::Terminal { .. } | Place::Listener { .. } => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// `WouldBlock` if the program does not read.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Place::Terminal { open: Some(open), .. } => open.terminal.master.write(bytes),
            Place::Listener { peer: Some(peer), .. } => peer.write(bytes),
            Place::Terminal { .. } | Place::Listener { .. } => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        match self {
            Place::Terminal { link, open: Some(open) } => remove_link(link.as_deref(), &open.terminal.path),
            Place::Terminal { .. } | Place::Listener { .. } => {}
        }
    }
}

fn has_closed(peer: &TcpStream) -> bool {
    match peer.peek(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
    }
}

/// The program may change its folder before the link is removed.
fn absolute(link: &Path) -> Result<PathBuf, OpenError> {
    std::path::absolute(link).map_err(|error| {
        OpenError::new(OpenErrorKind::System, format!("`{}` cannot be a link: {error}", link.display()))
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
fn make_link(link: &Path, target: &Path) -> Result<(), OpenError> {
    let at = link.display();
    // One that was left behind by a program that was killed points to a terminal which is gone.
    let is_left_behind = link.symlink_metadata().is_ok_and(|node| node.is_symlink()) && !link.exists();
    if is_left_behind {
        let _ = std::fs::remove_file(link);
    }
    symlink(target, link).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => OpenError::new(OpenErrorKind::Busy, format!("{at} is there already"))
            .with_help(format!("give another name, or remove it if no simulated modem uses it: rm {at}")),
        io::ErrorKind::NotFound => OpenError::new(OpenErrorKind::Missing, format!("the folder for {at} is not there"))
            .with_help("make it first, or give another one"),
        io::ErrorKind::PermissionDenied => {
            OpenError::new(OpenErrorKind::Forbidden, format!("you may not make a link at {at}"))
                .with_help("choose a place where you may write, as /tmp/modem")
        }
        _ => OpenError::new(OpenErrorKind::System, format!("cannot make a link at {at}: {error}")),
    })
}

/// Only if it is still ours.
fn remove_link(link: Option<&Path>, target: &Path) {
    if let Some(link) = link.filter(|link| std::fs::read_link(link).is_ok_and(|to| to == target)) {
        let _ = std::fs::remove_file(link);
    }
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
fn no_terminal(error: io::Error) -> OpenError {
    let help = match error.kind() {
        io::ErrorKind::Unsupported => {
            "this system has no pseudo-terminals: serve it on TCP, as --listen 127.0.0.1:2000"
        }
        _ => "the system allows only so many pseudo-terminals and open files: see kernel.pty.max and `ulimit -n`",
    };
    OpenError::new(OpenErrorKind::System, format!("cannot make a pseudo-terminal: {error}")).with_help(help)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
fn cannot_listen(address: SocketAddr, error: &io::Error) -> OpenError {
    let (kind, help) = match error.kind() {
        io::ErrorKind::AddrInUse => {
            (OpenErrorKind::Busy, "another program listens there: choose another port, or 0 for any")
        }
        io::ErrorKind::PermissionDenied => {
            (OpenErrorKind::Forbidden, "ports below 1024 are root's: choose a higher one")
        }
        io::ErrorKind::AddrNotAvailable => {
            (OpenErrorKind::Missing, "this computer has no such address: 127.0.0.1 is itself, 0.0.0.0 all it has")
        }
        _ => (OpenErrorKind::System, "try another address, as 127.0.0.1:2000"),
    };
    OpenError::new(kind, format!("cannot listen on {address}: {error}")).with_help(help)
}
