//! Ports over the network. `tcp://host:port`: a serial port server in raw mode, a modem with a TCP port, a simulated
//! modem elsewhere. `rfc2217://host:port`: a serial port on another computer, with its baud rate and its lines (RFC
//! 2217, Telnet COM Port Control), as ser2net and serial device servers offer it.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use rfc2217::{Client, NotReady, PortSettings, Purge};

use super::cancel::{Watch, aside};
use super::os;
use super::wire::Wire;
use super::{Cancel, Clock, Control, Fault, Port, Read};
use crate::diagnostic::Complaint;

pub struct Tcp {
    remote: Remote,
    /// None while the other end is away.
    wire: Option<Wire<TcpStream>>,
    watch: Watch,
}

/// The other end, by name: on another day it may have another address.
#[derive(Debug, Clone)]
struct Remote {
    host: String,
    port: u16,
    limit: Duration,
}

/// A server that greets does so in this time.
const GREETING: Duration = Duration::from_millis(50);

const CONNECT_AGAIN: Duration = Duration::from_millis(200);

impl Tcp {
    /// `host` is a name or an address, an IPv6 address without brackets; `limit` is how long it may take.
    pub fn connect(host: &str, port: u16, limit: Duration, cancel: &Cancel) -> Result<Tcp, Complaint> {
        let remote = Remote { host: host.to_owned(), port, limit };
        let watch = cancel.watch();
        let wire = Some(Wire::new(remote.connect(Duration::MAX, &watch)?));
        Ok(Tcp { remote, wire, watch: watch.restarted() })
    }
}

impl Port for Tcp {
    waits_by_its_watch!();

    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault> {
        self.wire.as_mut().ok_or_else(away)?.read(buffer, until, &self.watch)
    }

    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Fault> {
        self.wire.as_mut().ok_or_else(away)?.write(bytes, &mut 0, until, &self.watch)
    }

    fn control(&mut self, control: Control) -> Result<(), Fault> {
        match control {
            Control::Flush => {
                let wire = self.wire.as_mut().ok_or_else(away)?;
                let now = self.watch.now();
                discard(|buffer| wire.read(buffer, now, &self.watch))
            }
            Control::Baud(_) | Control::Dtr(_) | Control::Rts(_) | Control::Break(_) => Err(Fault::Unsupported(
                "a TCP connection has no baud rate and no lines: where the other end speaks RFC 2217, use rfc2217://"
                    .to_owned(),
            )),
        }
    }

    fn reopen(&mut self, until: Duration) -> Result<(), Fault> {
        self.wire = None;
        let stream = self.watch.reopen(until, CONNECT_AGAIN, || self.remote.connect(until, &self.watch))?;
        self.wire = Some(Wire::new(stream));
        Ok(())
    }

    fn greeting_time(&self) -> Duration {
        GREETING
    }
}

impl Remote {
    /// Tries each address that the name has, each for its share of the time that is left: one that is silent leaves
    /// some to the others. The last one's error counts. `until` bounds it, and its own limit.
    fn connect(&self, until: Duration, watch: &Watch) -> Result<TcpStream, Complaint> {
        let clock = Clock::start();
        let limit = until.saturating_sub(watch.now()).min(self.limit);
        let mut last = io::Error::from(io::ErrorKind::TimedOut);
        let addresses = self.addresses(limit, watch)?;
        for (tried, address) in addresses.iter().enumerate() {
            let time = share(limit.saturating_sub(clock.now()), addresses.len() - tried);
            match os::connect(*address, time, watch) {
                Ok(stream) => {
                    // A command is short and waits for its answer: Nagle's algorithm would hold it back.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    return Err(Complaint::told("hayes::port::interrupted", &[]));
                }
                Err(error) => last = error,
            }
        }
        Err(self.unreachable(&last, limit))
    }

    fn addresses(&self, limit: Duration, watch: &Watch) -> Result<Vec<SocketAddr>, Complaint> {
        let port = self.port;
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        // A name server that is silent keeps whoever asks it for long.
        let host = self.host.clone();
        let resolved = aside(limit, watch.flag(), move || (host.as_str(), port).to_socket_addrs());
        if watch.is_cancelled() {
            return Err(Complaint::told("hayes::port::interrupted", &[]));
        }
        let late = || io::Error::other(format!("the name servers did not answer within {limit:.1?}"));
        let resolved = resolved.and_then(|resolved| resolved.ok_or_else(late)?);
        resolved
            .map(Iterator::collect)
            .map_err(|error| Complaint::told("hayes::port::missing name", &[&self.host, &error]))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
    fn unreachable(&self, error: &io::Error, limit: Duration) -> Complaint {
        let (host, port) = (&self.host, self.port);
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Complaint::told("hayes::port::unreachable refused", &[host, &port]),
            io::ErrorKind::TimedOut => {
                let values: [&dyn fmt::Display; 3] = [host, &port, &format_args!("{limit:.1?}")];
                Complaint::told("hayes::port::unreachable silent", &values)
            }
            _ => Complaint::told("hayes::port::unreachable", &[host, &port, error]),
        }
    }
}

/// What one of so many may take of the time.
fn share(left: Duration, among: usize) -> Duration {
    left / u32::try_from(among).unwrap_or(u32::MAX).max(1)
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Reads what is there, up to a bound: a flood must not keep us.
fn discard(mut read: impl FnMut(&mut [u8]) -> Result<Read, Fault>) -> Result<(), Fault> {
    let mut buffer = [0; 4096];
    for _ in 0..256 {
        if read(&mut buffer)? == Read::Deadline {
            break;
        }
    }
    Ok(())
}

fn away() -> Fault {
    Fault::Lost("the connection is closed".to_owned())
}

pub struct Rfc2217 {
    remote: Remote,
    baud: u32,
    /// None while the other end is away.
    telnet: Option<Telnet>,
    watch: Watch,
}

struct Telnet {
    wire: Wire<TcpStream>,
    client: Client,
    /// What was received and not yet looked at.
    raw: Box<[u8; 4096]>,
    begin: usize,
    end: usize,
    /// What the modem said before the settings were confirmed.
    early: Vec<u8>,
    /// What must go out before all else: the second half of a byte that Telnet doubles.
    owed: &'static [u8],
}

/// How long the other end may take to confirm the settings.
const NEGOTIATION: Duration = Duration::from_secs(5);
const COMMAND: Duration = Duration::from_secs(5);
/// Telnet's own byte: as data it is doubled.
const IAC: u8 = 255;
/// More than this a modem does not say within the negotiation, unless it floods.
const EARLY: usize = 64 * 1024;

impl Rfc2217 {
    /// As [`Tcp::connect`]; then sets the port to `baud`, 8N1, no flow control, and waits until the
    /// other end has confirmed that.
    pub fn connect(host: &str, port: u16, baud: u32, limit: Duration, cancel: &Cancel) -> Result<Rfc2217, Complaint> {
        let remote = Remote { host: host.to_owned(), port, limit };
        let watch = cancel.watch();
        let telnet = Some(Telnet::open(&remote, baud, Duration::MAX, &watch)?);
        Ok(Rfc2217 { remote, baud, telnet, watch: watch.restarted() })
    }
}

impl Port for Rfc2217 {
    waits_by_its_watch!();

    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault> {
        let telnet = self.telnet.as_mut().ok_or_else(away)?;
        telnet.read(buffer, until, &self.watch)
    }

    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Fault> {
        let telnet = self.telnet.as_mut().ok_or_else(away)?;
        let mut written = 0;
        while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
            // The other end may have nothing to take it in as long as it waits for us to read: its answers are short,
            // so the socket's buffer holds them.
            let (more, outcome) = telnet.send_data(rest, until, &self.watch);
            written += more;
            outcome.map_err(|fault| match fault {
                Fault::WriteTimeout { .. } => Fault::WriteTimeout { written },
                other @ (Fault::Lost(_) | Fault::Unsupported(_) | Fault::Interrupted | Fault::System(_)) => other,
            })?;
        }
        Ok(())
    }

    fn control(&mut self, control: Control) -> Result<(), Fault> {
        let telnet = self.telnet.as_mut().ok_or_else(away)?;
        let until = self.watch.now() + COMMAND;
        let client = &mut telnet.client;
        match control {
            Control::Baud(baud_rate) => {
                let settings = PortSettings { baud_rate, ..client.requested_settings() };
                client.try_set_port_settings(settings).map_err(refused)?;
                self.baud = baud_rate;
            }
            Control::Dtr(on) => client.try_set_dtr(on).map_err(refused)?,
            Control::Rts(on) => client.try_set_rts(on).map_err(refused)?,
            Control::Break(time) => {
                client.try_set_break(true).map_err(refused)?;
                telnet.send(until, &self.watch)?;
                let interrupted = self.watch.pause(time);
                // A line that is left in break is dead.
                telnet.client.try_set_break(false).map_err(refused)?;
                let until = self.watch.now() + COMMAND;
                return telnet.send(until, &self.watch).and(interrupted);
            }
            Control::Flush => {
                client.try_purge(Purge::Both).map_err(refused)?;
                telnet.early.clear();
                let now = self.watch.now();
                discard(|buffer| telnet.read(buffer, now, &self.watch))?;
            }
        }
        telnet.send(until, &self.watch)
    }

    fn reopen(&mut self, until: Duration) -> Result<(), Fault> {
        self.telnet = None;
        let open = || Telnet::open(&self.remote, self.baud, until, &self.watch);
        self.telnet = Some(self.watch.reopen(until, CONNECT_AGAIN, open)?);
        Ok(())
    }
}

impl Telnet {
    fn open(remote: &Remote, baud: u32, until: Duration, watch: &Watch) -> Result<Telnet, Complaint> {
        let wire = Wire::new(remote.connect(until, watch)?);
        let client = Client::new(PortSettings { baud_rate: baud, ..PortSettings::default() });
        let raw = Box::new([0; 4096]);
        let mut telnet = Telnet { wire, client, raw, begin: 0, end: 0, early: Vec::new(), owed: &[] };
        let until = (watch.now() + NEGOTIATION).min(until);
        telnet.negotiate(until, watch).map_err(|fault| broken_off(remote, fault))?;
        telnet.client.readiness().map_err(|why| not_agreed(remote, why))?;
        Ok(telnet)
    }

    /// Until the other end has confirmed or refused the settings, or time is up. What the modem says meanwhile is kept.
    fn negotiate(&mut self, until: Duration, watch: &Watch) -> Result<(), Fault> {
        loop {
            self.send(until, watch)?;
            match self.client.readiness() {
                Ok(()) | Err(NotReady::Refused | NotReady::Mismatched(_)) => return Ok(()),
                Err(_) if watch.now() >= until => return Ok(()),
                Err(_) => {}
            }
            if self.begin == self.end {
                self.fill(until, watch)?;
            }
            let mut payload = [0; 256];
            let count = self.digest(&mut payload);
            if self.early.len() < EARLY {
                self.early.extend_from_slice(payload.get(..count).unwrap_or_default());
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8], until: Duration, watch: &Watch) -> Result<Read, Fault> {
        if !self.early.is_empty() {
            let count = self.early.len().min(buffer.len());
            for (to, from) in buffer.iter_mut().zip(self.early.drain(..count)) {
                *to = from;
            }
            return Ok(Read::Bytes(count));
        }
        loop {
            while self.begin < self.end {
                let payload = self.digest(buffer);
                self.send(until, watch)?;
                if payload > 0 {
                    return Ok(Read::Bytes(payload));
                }
            }
            if self.fill(until, watch)? == Read::Deadline {
                return Ok(Read::Deadline);
            }
        }
    }

    /// Reads more, where all that was read before has been looked at.
    fn fill(&mut self, until: Duration, watch: &Watch) -> Result<Read, Fault> {
        let read = self.wire.read(self.raw.as_mut_slice(), until, watch)?;
        if let Read::Bytes(count) = read {
            (self.begin, self.end) = (0, count);
        }
        Ok(read)
    }

    /// Takes the protocol out of what was received; returns how much payload stands in `buffer`.
    fn digest(&mut self, buffer: &mut [u8]) -> usize {
        let input = self.raw.get(self.begin..self.end).unwrap_or_default();
        let progress = self.client.receive_into(input, buffer);
        self.begin += progress.consumed;
        // The client keeps what events tell; none of them asks for anything.
        while self.client.poll_event().is_some() {}
        progress.payload_len
    }

    /// Sends as much of the data as the client takes; tells how many bytes of it went out. What did not go out in time
    /// is dropped: it is no part of what is written next.
    fn send_data(&mut self, data: &[u8], until: Duration, watch: &Watch) -> (usize, Result<(), Fault>) {
        if let Err(fault) = self.send(until, watch) {
            return (0, Err(fault));
        }
        // From here on the client's output is this data alone.
        let queued = match self.client.try_write_data(data).map_err(refused) {
            Ok(queued) => queued,
            Err(fault) => return (0, Err(fault)),
        };
        let all = self.client.output().len();
        let Err(fault) = self.send(until, watch) else { return (queued, Ok(())) };
        let left = self.client.output().len();
        self.client.consume_output(left);
        let mut out = all - left;
        let mut written = 0;
        for byte in data {
            let length = if *byte == IAC { 2 } else { 1 };
            if out < length {
                if out > 0 {
                    self.owed = &[IAC];
                    written += 1;
                }
                break;
            }
            out -= length;
            written += 1;
        }
        (written.min(queued), Err(fault))
    }

    /// Sends what the client has to say: data and protocol.
    fn send(&mut self, until: Duration, watch: &Watch) -> Result<(), Fault> {
        if !self.owed.is_empty() {
            self.wire.write(self.owed, &mut 0, until, watch)?;
            self.owed = &[];
        }
        while self.client.has_output() {
            let mut written = 0;
            let outcome = self.wire.write(self.client.output(), &mut written, until, watch);
            // What went out must not go out again, whatever ended the write.
            self.client.consume_output(written);
            outcome?;
        }
        Ok(())
    }
}

/// Why the settings could not be agreed on: the connection failed.
fn broken_off(remote: &Remote, fault: Fault) -> Complaint {
    let (host, port) = (&remote.host, remote.port);
    match fault {
        Fault::Interrupted => Complaint::told("hayes::port::interrupted", &[]),
        Fault::Lost(why) => Complaint::told("hayes::port::busy closed", &[host, &port, &why]),
        other @ (Fault::WriteTimeout { .. } | Fault::Unsupported(_) | Fault::System(_)) => {
            Complaint::new(other.to_string()).of("hayes::port::system")
        }
    }
}

/// The other end does not want them, or does not speak the protocol.
fn not_agreed(remote: &Remote, why: NotReady) -> Complaint {
    let (host, port) = (&remote.host, remote.port);
    if confirms_nothing(why) {
        Complaint::told("hayes::port::not-a-port telnet", &[host, &port, &why, remote])
    } else {
        Complaint::told("hayes::port::system settings", &[host, &port, &why])
    }
}

/// A raw port in front of a modem that echoes gives our own requests back, and confirms none.
#[expect(clippy::wildcard_enum_match_arm, reason = "the crate may know more reasons one day")]
fn confirms_nothing(why: NotReady) -> bool {
    const MOST_SETTINGS: usize = 5;
    match why {
        NotReady::Negotiating | NotReady::Refused => true,
        NotReady::Pending(settings) => settings.iter().count() == MOST_SETTINGS,
        _ => false,
    }
}

fn refused(error: rfc2217::CommandError) -> Fault {
    Fault::Unsupported(format!("the other end takes no command for its serial port: {error}"))
}

#[cfg(test)]
#[path = "../../tests/units/network.rs"]
mod tests;
