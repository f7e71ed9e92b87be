//! The other side: devices in this process, served to any program on pseudo-terminals and TCP ports, all in one thread.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cancel::Watch;
use super::os::{self, Ready, Wanted, devices};
use super::{Cancel, Device};
use crate::diagnostic::Complaint;

/// Serves devices until cancelled. Their time is the [`Duration`] since the host was made.
///
/// Each is there for one program at a time. What a device sends while none is there is lost, as on a real port.
pub struct Host {
    served: Vec<Served>,
    /// Tells when a terminal is opened; none where the system cannot.
    openings: Option<File>,
    watch: Watch,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostEvent {
    /// A program has opened the terminal, or has connected.
    Connected,
    /// That program has gone.
    Disconnected,
    /// The device was unplugged: its terminal, or its connection, is closed.
    Unplugged,
    /// It is back, under this name.
    Plugged { name: String },
    /// It could not come back: why. It is tried again.
    Failed { error: Complaint },
}

struct Served {
    device: Box<dyn Device>,
    outlet: Outlet,
    /// What the device has sent, and how much of that went out.
    sent: Vec<u8>,
    out: usize,
    connected: bool,
    /// When to ask the device again; now if something has come for it.
    next: Option<Duration>,
    /// What the last wait found there, in the order of [`Outlet::wanted`].
    found: [Ready; 2],
}

/// A device that sends what nobody reads is not asked for more.
const MOST_UNREAD: usize = 64 * 1024;
/// A device that always wants to be called at once must not keep the processor busy.
const SMALLEST_STEP: Duration = Duration::from_micros(100);
/// How long to wait before a place that could not be opened again is tried once more.
const TRY_PLACE_AGAIN: Duration = Duration::from_secs(1);

impl Host {
    pub fn new(cancel: &Cancel) -> io::Result<Host> {
        Ok(Host { served: Vec::new(), openings: devices::openings()?, watch: cancel.watch() })
    }

    /// Serves the device on a new pseudo-terminal, and returns its path. `link` is a symbolic link to it that is made
    /// now and removed at the end; one that points nowhere is replaced.
    pub fn add_terminal(&mut self, device: Box<dyn Device>, link: Option<&Path>) -> Result<String, Complaint> {
        // The program may change its folder before the link is removed.
        let link = link
            .map(std::path::absolute)
            .transpose()
            .map_err(|error| Complaint::told("hayes::port::system no-link", &[&error]))?;
        self.add(device, Outlet::Terminal { link, open: None })
    }

    /// Serves the device on a TCP port, and returns the address; port 0 takes a free one. A second connection is closed
    /// at once.
    pub fn add_listener(&mut self, device: Box<dyn Device>, address: SocketAddr) -> Result<SocketAddr, Complaint> {
        let name = self.add(device, Outlet::Listener { address, open: None, peer: None })?;
        Ok(name.parse().unwrap_or(address))
    }

    fn add(&mut self, device: Box<dyn Device>, mut outlet: Outlet) -> Result<String, Complaint> {
        let name = outlet.open(self.openings.as_ref())?;
        let next = Some(Duration::ZERO);
        self.served.push(Served {
            device,
            outlet,
            sent: Vec::new(),
            out: 0,
            connected: false,
            next,
            found: [Ready::No; 2],
        });
        Ok(name)
    }

    /// Serves until the cancel handle is used; then all is closed and the links are gone. `tell` is given the number of
    /// the device, in the order in which they were added, from 0.
    pub fn run(mut self, tell: &mut dyn FnMut(usize, HostEvent)) {
        let openings = self.openings.as_ref();
        let mut buffer = vec![0; 4096];
        while !self.watch.is_cancelled() {
            let now = self.watch.now();
            for (number, served) in self.served.iter_mut().enumerate() {
                if served.next.is_some_and(|next| next <= now) {
                    served.step(now, openings, &mut |event| tell(number, event));
                }
            }
            wait(&mut self.served, openings, &self.watch);
            if let Some(openings) = openings {
                devices::opened(openings, |seat| self.served.iter_mut().for_each(|served| served.outlet.opened(seat)));
            }
            let now = self.watch.now();
            for (number, served) in self.served.iter_mut().enumerate() {
                if served.look(now, &mut |event| tell(number, event)) {
                    served.hear(now, &mut buffer);
                }
            }
        }
        self.served.iter_mut().for_each(|served| served.outlet.close(openings));
    }
}

/// Until there is something to be read or written, a terminal is opened, a device wants to be asked, or the handle is
/// used.
fn wait(all: &mut [Served], openings: Option<&File>, watch: &Watch) {
    let wanted = |served: &Served| served.outlet.wanted(served.out < served.sent.len());
    let places = all.iter().flat_map(wanted).flatten();
    let descriptors: Vec<Wanted> = places.chain(openings.map(Wanted::to_read)).collect();
    let next = all.iter().filter_map(|served| served.next).min();
    let time = next.map(|next| next.saturating_sub(watch.now()));
    let mut states = os::wait_for_any(&descriptors, watch.flag(), time).into_iter();
    for served in all {
        served.found = wanted(served).map(|wanted| wanted.and_then(|_| states.next()).unwrap_or(Ready::No));
    }
}

impl Served {
    fn step(&mut self, now: Duration, openings: Option<&File>, tell: &mut dyn FnMut(HostEvent)) {
        if self.sent.len() - self.out < MOST_UNREAD {
            self.device.advance(now, &mut self.sent);
        }
        self.send();
        self.next = if self.out < self.sent.len() {
            None
        } else {
            self.device.next().map(|next| next.max(now + SMALLEST_STEP))
        };
        match (self.device.gone(), self.outlet.is_open()) {
            (Some(_), true) if self.out == self.sent.len() => {
                self.outlet.close(openings);
                self.connected = false;
                tell(HostEvent::Unplugged);
            }
            (None, false) => match self.outlet.open(openings) {
                Ok(name) => tell(HostEvent::Plugged { name }),
                Err(error) => {
                    self.next = Some(now + TRY_PLACE_AGAIN);
                    tell(HostEvent::Failed { error });
                }
            },
            (Some(_), _) | (None, true) => {}
        }
    }

    /// Writes as much as is taken. Where nobody is, it is lost.
    fn send(&mut self) {
        while let Some(rest) = self.sent.get(self.out..).filter(|rest| self.connected && !rest.is_empty()) {
            match self.outlet.write(rest) {
                Ok(count) => self.out += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.sent.clear();
        self.out = 0;
    }

    /// Notes who has come and gone. Says whether there may be something to be read.
    fn look(&mut self, now: Duration, tell: &mut dyn FnMut(HostEvent)) -> bool {
        let [state, beside] = self.found;
        let ready = state == Ready::Yes;
        let connected = self.outlet.look(state, beside);
        if ready && self.out < self.sent.len() {
            self.next = Some(now);
        }
        if connected == self.connected {
            return connected && ready;
        }
        self.connected = connected;
        if connected {
            tell(HostEvent::Connected);
        } else {
            // What it did not read is lost with it, and the device is asked again.
            self.send();
            self.next = Some(now);
            tell(HostEvent::Disconnected);
        }
        connected
    }

    /// Takes what has come, in turns, so that a program which writes without end leaves the others theirs.
    fn hear(&mut self, now: Duration, buffer: &mut [u8]) {
        for _ in 0..4 {
            match self.outlet.read(buffer) {
                Ok(0) => return,
                Ok(count) => {
                    self.device.receive(buffer.get(..count).unwrap_or_default(), now);
                    self.next = Some(now);
                    if count < buffer.len() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }
}

enum Outlet {
    Terminal { link: Option<PathBuf>, open: Option<Terminal> },
    Listener { address: SocketAddr, open: Option<TcpListener>, peer: Option<TcpStream> },
}

/// A pseudo-terminal: what is written to the master is read from `path`, and the other way round.
struct Terminal {
    /// Does not block. Where no program has `path` open it answers EIO.
    master: File,
    path: PathBuf,
    /// Keeps the terminal open between two programs where the system cannot tell that it was opened.
    _slave: Option<File>,
    /// By which the system tells that it was opened.
    seat: Option<i32>,
    /// Whether a program has it open; always, where the system cannot tell.
    in_use: bool,
    /// Someone has opened it since the last look.
    opened: bool,
}

impl Outlet {
    /// Returns its name: the terminal's path, the listener's address.
    fn open(&mut self, openings: Option<&File>) -> Result<String, Complaint> {
        match self {
            Outlet::Terminal { link, open } => {
                let (master, slave, path) = os::new_terminal().map_err(no_terminal)?;
                if let Some(link) = link {
                    make_link(link, &path)?;
                }
                let name = path.display().to_string();
                let seat = openings.and_then(|openings| devices::watch_openings(openings, &path));
                // With a seat it is open only where a program has opened it from now on.
                let (in_use, _slave) = (seat.is_none(), Some(slave).filter(|_| seat.is_none()));
                *open = Some(Terminal { master, path, _slave, seat, in_use, opened: true });
                Ok(name)
            }
            Outlet::Listener { address, open, .. } => {
                let listener = TcpListener::bind(*address).map_err(|error| cannot_listen(*address, &error))?;
                let _ = listener.set_nonblocking(true);
                // After an unplugging it is to be found where it was, though it was given any free port at first.
                *address = listener.local_addr().unwrap_or(*address);
                *open = Some(listener);
                Ok(address.to_string())
            }
        }
    }

    fn close(&mut self, openings: Option<&File>) {
        match self {
            Outlet::Terminal { link, open } => {
                if let Some(terminal) = open.take() {
                    if let Some((openings, seat)) = openings.zip(terminal.seat) {
                        devices::forget(openings, seat);
                    }
                    remove_link(link.as_deref(), &terminal.path);
                }
            }
            Outlet::Listener { open, peer, .. } => (*open, *peer) = (None, None),
        }
    }

    fn is_open(&self) -> bool {
        match self {
            Outlet::Terminal { open, .. } => open.is_some(),
            Outlet::Listener { open, .. } => open.is_some(),
        }
    }

    /// What is to be waited for there, and what beside it.
    fn wanted(&self, to_write_too: bool) -> [Option<Wanted>; 2] {
        match self {
            // One that nobody has open would always be ready, with nothing but an error.
            Outlet::Terminal { open, .. } => {
                let open = open.as_ref().filter(|open| open.in_use);
                [open.map(|open| Wanted::to_read(&open.master).and_to_write(to_write_too)), None]
            }
            Outlet::Listener { open, peer: Some(peer), .. } => {
                [Some(Wanted::to_read(peer).and_to_write(to_write_too)), open.as_ref().map(Wanted::to_read)]
            }
            Outlet::Listener { open, peer: None, .. } => [open.as_ref().map(Wanted::to_read), None],
        }
    }

    /// Takes new connections and notes lost ones. Says whether a program is there.
    fn look(&mut self, state: Ready, beside: Ready) -> bool {
        match self {
            Outlet::Terminal { open: Some(open), .. } => {
                if open.seat.is_some() && state == Ready::HungUp {
                    open.in_use = false;
                    os::discard_unread(&open.path);
                }
                if std::mem::take(&mut open.opened) && !open.in_use {
                    open.in_use = os::is_open(&open.master);
                }
                open.in_use
            }
            Outlet::Terminal { open: None, .. } => false,
            Outlet::Listener { open, peer, .. } => {
                let calls = if peer.is_some() { beside } else { state };
                if state != Ready::No && peer.as_ref().is_some_and(has_closed) {
                    *peer = None;
                }
                // One call of the system for each that has come: the next wait tells of the next.
                if calls == Ready::Yes
                    && let Some(Ok((stream, _))) = open.as_ref().map(TcpListener::accept)
                {
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

    fn opened(&mut self, seat: i32) {
        if let Outlet::Terminal { open: Some(open), .. } = self {
            open.opened |= open.seat == Some(seat);
        }
    }

    /// `WouldBlock` if there is nothing.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Outlet::Terminal { open: Some(open), .. } => open.master.read(buffer),
            Outlet::Listener { peer: Some(peer), .. } => peer.read(buffer),
            Outlet::Terminal { .. } | Outlet::Listener { .. } => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// `WouldBlock` if the program does not read.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Outlet::Terminal { open: Some(open), .. } => open.master.write(bytes),
            Outlet::Listener { peer: Some(peer), .. } => peer.write(bytes),
            Outlet::Terminal { .. } | Outlet::Listener { .. } => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        if let Outlet::Terminal { link, open: Some(open) } = self {
            remove_link(link.as_deref(), &open.path);
        }
    }
}

fn has_closed(peer: &TcpStream) -> bool {
    match peer.peek(&mut [0]) {
        Ok(count) => count == 0,
        Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
fn make_link(link: &Path, target: &Path) -> Result<(), Complaint> {
    // One that was left behind by a program that was killed points to a terminal which is gone.
    let is_left_behind = link.symlink_metadata().is_ok_and(|node| node.is_symlink()) && !link.exists();
    if is_left_behind {
        let _ = std::fs::remove_file(link);
    }
    os::symlink(target, link).map_err(|error| {
        let page = match error.kind() {
            io::ErrorKind::AlreadyExists => "hayes::port::busy link",
            io::ErrorKind::NotFound => "hayes::port::missing link",
            io::ErrorKind::PermissionDenied => "hayes::port::forbidden link",
            _ => "hayes::port::system link",
        };
        Complaint::told(page, &[&link.display(), &error])
    })
}

/// Only if it is still ours.
fn remove_link(link: Option<&Path>, target: &Path) {
    if let Some(link) = link.filter(|link| std::fs::read_link(link).is_ok_and(|to| to == target)) {
        let _ = std::fs::remove_file(link);
    }
}

fn no_terminal(error: io::Error) -> Complaint {
    let page = match error.kind() == io::ErrorKind::Unsupported {
        true => "hayes::port::system no-terminals",
        false => "hayes::port::system terminal",
    };
    Complaint::told(page, &[&error])
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
fn cannot_listen(address: SocketAddr, error: &io::Error) -> Complaint {
    let page = match error.kind() {
        io::ErrorKind::AddrInUse => "hayes::port::busy listener",
        io::ErrorKind::PermissionDenied => "hayes::port::forbidden listener",
        io::ErrorKind::AddrNotAvailable => "hayes::port::missing listener",
        _ => "hayes::port::system listener",
    };
    Complaint::told(page, &[&address, error])
}
