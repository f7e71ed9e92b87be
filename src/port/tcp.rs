//! `tcp://host:port`: a serial port server in raw mode, a modem with a TCP port, a simulated modem elsewhere.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::cancel::Watch;
use super::os::{self, Wire};
use super::{Cancel, Clock, Control, Fault, OpenError, OpenErrorKind, Port, Read};

pub struct Tcp {
    remote: Remote,
    /// None while the other end is away.
    wire: Option<Wire<TcpStream>>,
    clock: Clock,
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

const TRY_AGAIN: Duration = Duration::from_millis(200);

impl Tcp {
    /// `host` is a name or an address, an IPv6 address without brackets; `limit` is how long it may take.
    pub fn connect(host: &str, port: u16, limit: Duration, cancel: &Cancel) -> Result<Tcp, OpenError> {
        let remote = Remote { host: host.to_owned(), port, limit };
        let watch = cancel.watch();
        let wire = Some(Wire::new(remote.connect(limit, &watch)?));
        Ok(Tcp { remote, wire, clock: Clock::start(), watch })
    }
}

impl Port for Tcp {
    fn now(&self) -> Duration {
        self.clock.now()
    }

    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault> {
        self.wire.as_mut().ok_or_else(away)?.read(buffer, until, &self.clock, &self.watch)
    }

    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Fault> {
        self.wire.as_mut().ok_or_else(away)?.write(bytes, until, &self.clock, &self.watch)
    }

    fn control(&mut self, control: Control) -> Result<(), Fault> {
        match control {
            Control::Flush => {
                let wire = self.wire.as_mut().ok_or_else(away)?;
                let now = self.clock.now();
                discard(|buffer| wire.read(buffer, now, &self.clock, &self.watch))
            }
            Control::Baud(_) | Control::Dtr(_) | Control::Rts(_) | Control::Break(_) => Err(Fault::Unsupported(
                "a TCP connection has no baud rate and no lines: where the other end speaks RFC 2217, use rfc2217://"
                    .to_owned(),
            )),
        }
    }

    fn reopen(&mut self, until: Duration) -> Result<(), Fault> {
        self.wire = None;
        loop {
            let left = until.saturating_sub(self.now());
            match self.remote.connect(left.min(self.remote.limit), &self.watch) {
                Ok(stream) => {
                    self.wire = Some(Wire::new(stream));
                    return Ok(());
                }
                Err(error) if error.kind == OpenErrorKind::Interrupted => return Err(Fault::Interrupted),
                Err(error) if self.now() >= until => return Err(Fault::Lost(error.message)),
                Err(_) => self.watch.pause(TRY_AGAIN)?,
            }
        }
    }

    fn rearm(&mut self) {
        self.watch.rearm();
    }
}

impl Remote {
    /// Tries each address that the name has; the last one's error counts.
    pub(super) fn connect(&self, limit: Duration, watch: &Watch) -> Result<TcpStream, OpenError> {
        let clock = Clock::start();
        let mut last = io::Error::from(io::ErrorKind::TimedOut);
        for address in self.addresses()? {
            match os::connect(address, limit.saturating_sub(clock.now()), watch) {
                Ok(stream) => {
                    // A command is short and waits for its answer: Nagle's algorithm would hold it back.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    return Err(OpenError::new(OpenErrorKind::Interrupted, "interrupted"));
                }
                Err(error) => last = error,
            }
        }
        Err(self.unreachable(&last, limit))
    }

    fn addresses(&self) -> Result<Vec<SocketAddr>, OpenError> {
        let port = self.port;
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        // A name server that is silent keeps whoever asks it for long.
        let host = self.host.clone();
        let resolved = os::aside(move || (host.as_str(), port).to_socket_addrs().map(Iterator::collect));
        resolved.and_then(|resolved| resolved).map_err(|error| {
            OpenError::new(OpenErrorKind::Missing, format!("the name {} has no address: {error}", self.host)).with_help(
                "check the name, and the network of this computer; or give the address: tcp://192.168.1.50:2000",
            )
        })
    }

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

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn listen() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    }

    fn connect(port: u16, cancel: &Cancel) -> Result<Tcp, OpenError> {
        Tcp::connect("127.0.0.1", port, MINUTE, cancel)
    }

    #[test]
    fn bytes_pass_both_ways_until_the_other_end_closes() {
        let (listener, number) = listen();
        let mut port = connect(number, &Cancel::new().unwrap()).unwrap();
        let (mut other, _) = listener.accept().unwrap();
        let all: Vec<u8> = (0..=255).collect();
        port.write(&all, MINUTE).unwrap();
        let mut there = [0; 256];
        other.read_exact(&mut there).unwrap();
        assert_eq!(&there[..], &all[..]);
        other.write_all(b"\r\n+CSQ: 1").unwrap();
        drop(other);
        let mut buffer = [0; 64];
        assert_eq!(port.read(&mut buffer, MINUTE), Ok(Read::Bytes(9)));
        assert!(matches!(port.read(&mut buffer, MINUTE), Err(Fault::Lost(_))));
    }

    #[test]
    fn what_does_not_answer_says_so() {
        let cancel = Cancel::new().unwrap();
        let (listener, number) = listen();
        drop(listener);
        let error = connect(number, &cancel).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, OpenErrorKind::Unreachable);
        assert_eq!(error.message, format!("127.0.0.1 refuses connections to port {number}"));
        let error = Tcp::connect("no-such-host.invalid", 1, MINUTE, &cancel).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, OpenErrorKind::Missing);
        assert!(error.message.starts_with("the name no-such-host.invalid has no address"), "{}", error.message);
    }

    #[test]
    fn a_line_cannot_be_set_and_a_flush_discards() {
        let (listener, number) = listen();
        let mut port = connect(number, &Cancel::new().unwrap()).unwrap();
        let (mut other, _) = listener.accept().unwrap();
        assert!(matches!(port.control(Control::Dtr(true)), Err(Fault::Unsupported(_))));
        other.write_all(b"old").unwrap();
        let mut first = [0; 1];
        assert_eq!(port.read(&mut first, MINUTE), Ok(Read::Bytes(1)));
        port.control(Control::Flush).unwrap();
        other.write_all(b"new").unwrap();
        let mut buffer = [0; 64];
        assert_eq!(port.read(&mut buffer, MINUTE), Ok(Read::Bytes(3)));
        assert_eq!(&buffer[..3], b"new");
    }

    #[test]
    fn reopen_connects_again() {
        let (listener, number) = listen();
        let mut port = connect(number, &Cancel::new().unwrap()).unwrap();
        drop(listener.accept().unwrap());
        assert!(matches!(port.read(&mut [0; 8], MINUTE), Err(Fault::Lost(_))));
        port.reopen(MINUTE).unwrap();
        listener.accept().unwrap().0.write_all(b"RDY").unwrap();
        assert_eq!(port.read(&mut [0; 8], MINUTE), Ok(Read::Bytes(3)));
    }

    #[test]
    fn cancel_wakes_a_read() {
        let (listener, number) = listen();
        let cancel = Cancel::new().unwrap();
        let mut port = connect(number, &cancel).unwrap();
        let _other = listener.accept().unwrap();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| port.read(&mut [0; 8], MINUTE));
            cancel.cancel();
            assert_eq!(reader.join().unwrap(), Err(Fault::Interrupted));
        });
    }
}
