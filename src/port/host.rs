//! The other side: devices in this process, served to any program on pseudo-terminals and TCP ports, all in one thread.

mod place;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use self::place::Place;
use super::cancel::Watch;
use super::os::{Audience, Readiness, Ready};
use super::{Cancel, Clock, Device, OpenError};

/// Serves devices until cancelled. Their time is the [`Duration`] since the host was made.
///
/// Each is there for one program at a time. What a device sends while none is there is lost, as on a real port.
pub struct Host {
    served: Vec<Served>,
    audience: Audience,
    clock: Clock,
    watch: Watch,
}

/// What happened at a device: its number, in the order in which they were added, from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostEvent {
    /// A program has opened the terminal, or has connected.
    Connected {
        number: usize,
    },
    Disconnected {
        number: usize,
    },
    /// The device was unplugged: its terminal, or its connection, is closed.
    Unplugged {
        number: usize,
    },
    /// It is back, under this name.
    Plugged {
        number: usize,
        name: String,
    },
    /// It could not come back: why. It is tried again.
    Failed {
        number: usize,
        error: OpenError,
    },
}

struct Served {
    device: Box<dyn Device>,
    place: Place,
    /// What the device has sent, and how much of that went out.
    sent: Vec<u8>,
    out: usize,
    connected: bool,
    /// When to ask the device again; now if something has come for it.
    next: Option<Duration>,
    /// Under which number the wait knows its place.
    waits: Option<usize>,
}

/// A device that sends what nobody reads is not asked for more.
const MOST_UNREAD: usize = 64 * 1024;
/// A device that always wants to be called at once must not keep the processor busy.
const SMALLEST_STEP: Duration = Duration::from_micros(100);
/// How long to wait before a place that could not be opened again is tried once more.
const TRY_AGAIN: Duration = Duration::from_secs(1);

impl Host {
    pub fn new(cancel: &Cancel) -> io::Result<Host> {
        Ok(Host { served: Vec::new(), audience: Audience::new()?, clock: Clock::start(), watch: cancel.watch() })
    }

    /// Serves the device on a new pseudo-terminal, and returns its path. `link` is a symbolic link to it that is made
    /// now and removed at the end; one that points nowhere is replaced.
    pub fn add_terminal(&mut self, device: Box<dyn Device>, link: Option<&Path>) -> Result<String, OpenError> {
        self.add(device, Place::terminal(link)?)
    }

    /// Serves the device on a TCP port, and returns the address; port 0 takes a free one. A second connection is closed
    /// at once.
    pub fn add_listener(&mut self, device: Box<dyn Device>, address: SocketAddr) -> Result<SocketAddr, OpenError> {
        let name = self.add(device, Place::listener(address))?;
        Ok(name.parse().unwrap_or(address))
    }

    fn add(&mut self, device: Box<dyn Device>, mut place: Place) -> Result<String, OpenError> {
        let name = place.open(&mut self.audience)?;
        let next = Some(Duration::ZERO);
        self.served.push(Served { device, place, sent: Vec::new(), out: 0, connected: false, next, waits: None });
        Ok(name)
    }

    /// Serves until the cancel handle is used; then all places are closed and the links are gone.
    pub fn run(mut self, tell: &mut dyn FnMut(HostEvent)) {
        let mut readiness = Readiness::default();
        let mut buffer = vec![0; 4096];
        while !self.watch.is_cancelled() {
            let now = self.clock.now();
            for (number, served) in self.served.iter_mut().enumerate() {
                if served.next.is_some_and(|next| next <= now) {
                    served.step(number, now, &mut self.audience, tell);
                }
            }
            self.wait(&mut readiness);
            let now = self.clock.now();
            self.audience.update(|seat| {
                for served in &mut self.served {
                    served.place.opened(seat);
                }
            });
            for (number, served) in self.served.iter_mut().enumerate() {
                if served.look(number, now, &readiness, tell) {
                    served.hear(now, &mut buffer);
                }
            }
        }
        for served in &mut self.served {
            served.place.close(&mut self.audience);
        }
    }

    fn wait(&mut self, readiness: &mut Readiness) {
        readiness.clear();
        self.audience.wait_for(readiness);
        for served in &mut self.served {
            let blocked = served.out < served.sent.len();
            served.waits = served.place.wait_for(readiness, blocked);
        }
        let next = self.served.iter().filter_map(|served| served.next).min();
        let time = next.map(|next| next.saturating_sub(self.clock.now()));
        readiness.wait(self.watch.flag(), time);
    }
}

impl Served {
    /// Lets the device's time pass, and sends what it says.
    fn step(&mut self, number: usize, now: Duration, audience: &mut Audience, tell: &mut dyn FnMut(HostEvent)) {
        if self.sent.len() - self.out < MOST_UNREAD {
            self.device.advance(now, &mut self.sent);
        }
        self.send();
        self.next = if self.out < self.sent.len() {
            None
        } else {
            self.device.next().map(|next| next.max(now + SMALLEST_STEP))
        };
        match (self.device.gone(), self.place.is_open()) {
            (Some(_), true) if self.out == self.sent.len() => {
                self.place.close(audience);
                self.connected = false;
                tell(HostEvent::Unplugged { number });
            }
            (None, false) => match self.place.open(audience) {
                Ok(name) => tell(HostEvent::Plugged { number, name }),
                Err(error) => {
                    self.next = Some(now + TRY_AGAIN);
                    tell(HostEvent::Failed { number, error });
                }
            },
            (Some(_), _) | (None, true) => {}
        }
    }

    /// Writes as much as is taken. Where nobody is, it is lost.
    fn send(&mut self) {
        while let Some(rest) = self.sent.get(self.out..).filter(|rest| self.connected && !rest.is_empty()) {
            match self.place.write(rest) {
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
    fn look(&mut self, number: usize, now: Duration, readiness: &Readiness, tell: &mut dyn FnMut(HostEvent)) -> bool {
        let state = self.waits.map_or(Ready::No, |place| readiness.state(place));
        let ready = state == Ready::Yes;
        let connected = self.place.look(state);
        if ready && self.out < self.sent.len() {
            self.next = Some(now);
        }
        if connected == self.connected {
            return connected && ready;
        }
        self.connected = connected;
        if connected {
            tell(HostEvent::Connected { number });
        } else {
            // What it did not read is lost with it, and the device is asked again.
            self.send();
            self.next = Some(now);
            tell(HostEvent::Disconnected { number });
        }
        connected
    }

    /// Takes what has come, in turns, so that a program which writes without end leaves the others theirs.
    fn hear(&mut self, now: Duration, buffer: &mut [u8]) {
        for _ in 0..4 {
            match self.place.read(buffer) {
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

#[cfg(test)]
mod tests;
