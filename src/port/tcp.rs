//! `tcp://host:port`: a serial port server in raw mode, a modem with a TCP port, a simulated modem elsewhere.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::cancel::{Watch, aside};
use super::os;
use super::wire::Wire;
use super::{Cancel, Clock, Control, Fault, OpenError, OpenErrorKind, Port, Read};

pub struct Tcp {
    remote: Remote,
    /// None while the other end is away.
    wire: Option<Wire<TcpStream>>,
    watch: Watch,
}

/// The other end, by name: on another day it may have another address.
#[derive(Debug, Clone)]
pub(super) struct Remote {
    pub(super) host: String,
    pub(super) port: u16,
    /// How long a connection may take to come about.
    pub(super) limit: Duration,
}

pub(super) const TRY_AGAIN: Duration = Duration::from_millis(200);

impl Tcp {
    /// `host` is a name or an address, an IPv6 address without brackets; `limit` is how long it may take.
    pub fn connect(host: &str, port: u16, limit: Duration, cancel: &Cancel) -> Result<Tcp, OpenError> {
        let remote = Remote { host: host.to_owned(), port, limit };
        let watch = cancel.watch();
        let wire = Some(Wire::new(remote.connect(Duration::MAX, &watch)?));
        Ok(Tcp { remote, wire, watch: watch.restarted() })
    }
}

impl Port for Tcp {
    fn now(&self) -> Duration {
        self.watch.now()
    }

    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault> {
        self.wire.as_mut().ok_or_else(away)?.read(buffer, until, &self.watch)
    }

    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Fault> {
        self.wire.as_mut().ok_or_else(away)?.write(bytes, until, &self.watch).1
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
        let stream = self.watch.reopen(until, TRY_AGAIN, || self.remote.connect(until, &self.watch))?;
        self.wire = Some(Wire::new(stream));
        Ok(())
    }

    fn rearm(&mut self) {
        self.watch.rearm();
    }

    fn is_interrupted(&self) -> bool {
        self.watch.is_cancelled()
    }
}

impl Remote {
    /// Tries each address that the name has, each for its share of the time that is left: one that is silent leaves
    /// some to the others. The last one's error counts. `until` bounds it, and its own limit.
    pub(super) fn connect(&self, until: Duration, watch: &Watch) -> Result<TcpStream, OpenError> {
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
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(OpenError::interrupted()),
                Err(error) => last = error,
            }
        }
        Err(self.unreachable(&last, limit))
    }

    fn addresses(&self, limit: Duration, watch: &Watch) -> Result<Vec<SocketAddr>, OpenError> {
        let port = self.port;
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        // A name server that is silent keeps whoever asks it for long.
        let host = self.host.clone();
        let resolved = aside(limit, watch.flag(), move || (host.as_str(), port).to_socket_addrs());
        if watch.is_cancelled() {
            return Err(OpenError::interrupted());
        }
        let late = || io::Error::other(format!("the name servers did not answer within {limit:.1?}"));
        let resolved = resolved.and_then(|resolved| resolved.ok_or_else(late)?);
        resolved.map(Iterator::collect).map_err(|error| {
            OpenError::new(OpenErrorKind::Missing, format!("the name {} has no address: {error}", self.host)).with_help(
                "check the name, and the network of this computer; or give the address: tcp://192.168.1.50:2000",
            )
        })
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
    fn unreachable(&self, error: &io::Error, limit: Duration) -> OpenError {
        let (host, port) = (&self.host, self.port);
        match error.kind() {
            io::ErrorKind::ConnectionRefused => OpenError::new(
                OpenErrorKind::Unreachable,
                format!("{host} refuses connections to port {port}"),
            )
            .with_help(
                "is the server running there, and is that its port number? One that is in use may refuse a second user",
            ),
            io::ErrorKind::TimedOut => OpenError::new(
                OpenErrorKind::Unreachable,
                format!("{host} did not answer on port {port} within {limit:.1?}"),
            )
            .with_help("is it switched on and in this network? A firewall may also drop what it does not know"),
            _ => OpenError::new(OpenErrorKind::Unreachable, format!("cannot connect to {host}, port {port}: {error}"))
                .with_help("check the network between here and there"),
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
pub(super) fn discard(mut read: impl FnMut(&mut [u8]) -> Result<Read, Fault>) -> Result<(), Fault> {
    let mut buffer = [0; 4096];
    for _ in 0..256 {
        if read(&mut buffer)? == Read::Deadline {
            break;
        }
    }
    Ok(())
}

pub(super) fn away() -> Fault {
    Fault::Lost("the connection is closed".to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::super::bench::{MINUTE, read_exactly};
    use super::*;

    fn connect(port: u16) -> Result<Tcp, OpenError> {
        Tcp::connect("127.0.0.1", port, MINUTE, &Cancel::new().unwrap())
    }

    /// A port, and the server and the connection at its other end.
    fn connected() -> (Tcp, TcpListener, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = connect(listener.local_addr().unwrap().port()).unwrap();
        let (other, _) = listener.accept().unwrap();
        (port, listener, other)
    }

    #[test]
    fn bytes_pass_both_ways_until_the_other_end_closes() {
        let (mut port, _listener, mut other) = connected();
        let all: Vec<u8> = (0..=255).collect();
        port.write(&all, MINUTE).unwrap();
        let mut there = [0; 256];
        other.read_exact(&mut there).unwrap();
        assert_eq!(&there[..], &all[..]);
        other.write_all(b"\r\n+CSQ: 1").unwrap();
        drop(other);
        assert_eq!(port.read(&mut [0; 64], MINUTE), Ok(Read::Bytes(9)));
        assert!(matches!(port.read(&mut [0; 64], MINUTE), Err(Fault::Lost(_))));
    }

    #[test]
    fn what_does_not_answer_says_so() {
        let number = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let error = connect(number).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, OpenErrorKind::Unreachable);
        assert_eq!(error.message, format!("127.0.0.1 refuses connections to port {number}"));
        let unknown = Tcp::connect("no-such-host.invalid", 1, MINUTE, &Cancel::new().unwrap());
        let error = unknown.map(|_| ()).unwrap_err();
        assert_eq!(error.kind, OpenErrorKind::Missing);
        assert!(error.message.starts_with("the name no-such-host.invalid has no address"), "{}", error.message);
    }

    #[test]
    fn a_silent_address_leaves_time_to_the_next() {
        for (left, among, time) in [(10, 2, 5), (5, 1, 5), (0, 0, 0)] {
            assert_eq!(share(Duration::from_secs(left), among), Duration::from_secs(time));
        }
    }

    #[test]
    fn a_silent_name_server_keeps_nobody() {
        let cancel = Cancel::new().unwrap();
        for limit in [Duration::from_millis(1), MINUTE] {
            let (_never, hangs) = std::sync::mpsc::channel::<()>();
            assert_eq!(aside(limit, cancel.watch().flag(), move || hangs.recv().is_err()).unwrap(), None);
            cancel.cancel();
        }
        assert_eq!(aside(MINUTE, None, || 7).unwrap(), Some(7));
    }

    #[test]
    fn a_line_cannot_be_set_and_a_flush_discards() {
        let (mut port, _listener, mut other) = connected();
        assert!(matches!(port.control(Control::Dtr(true)), Err(Fault::Unsupported(_))));
        other.write_all(b"old").unwrap();
        assert_eq!(port.read(&mut [0], MINUTE), Ok(Read::Bytes(1)));
        port.control(Control::Flush).unwrap();
        other.write_all(b"new").unwrap();
        assert_eq!(read_exactly(&mut port, 3), b"new");
    }

    #[test]
    fn reopen_connects_again() {
        let (mut port, listener, other) = connected();
        drop(other);
        assert!(matches!(port.read(&mut [0; 8], MINUTE), Err(Fault::Lost(_))));
        port.reopen(MINUTE).unwrap();
        listener.accept().unwrap().0.write_all(b"RDY").unwrap();
        assert_eq!(port.read(&mut [0; 8], MINUTE), Ok(Read::Bytes(3)));
    }
}
