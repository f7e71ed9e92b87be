use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use serialport::{COMPort, SerialPort};

use super::devices;
use crate::port::cancel::Watch;
use crate::port::crew::Inbox;
use crate::port::list::Place;
use crate::port::{Clock, Fault, OpenError, OpenErrorKind, Read, open_error};

#[derive(Debug, Default)]
pub(in crate::port) struct Flag {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Flag {
    pub(in crate::port) fn new() -> io::Result<Flag> {
        Ok(Flag::default())
    }

    /// Windows runs a Ctrl-C handler in a thread of its own, so a lock does no harm.
    pub(in crate::port) fn raise(&self) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    fn is_raised(&self) -> bool {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::port) fn lower(&self) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

#[allow(clippy::disallowed_methods, reason = "src/port may block")]
pub(in crate::port) fn pause(flag: Option<&Flag>, time: Duration) {
    match flag {
        Some(flag) => {
            let raised = flag.raised.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = flag.changed.wait_timeout_while(raised, time, |raised| !*raised);
        }
        None => std::thread::sleep(time),
    }
}

/// Appends what was typed on standard input; nothing at its end, or where the flag was raised first. The thread that
/// reads it then goes on: whatever is typed next is its.
pub(in crate::port) fn read_typed(line: &mut Vec<u8>, flag: Option<&Flag>) -> io::Result<()> {
    let (sender, typed) = std::sync::mpsc::channel();
    std::thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
        let mut line = Vec::new();
        let read = io::BufRead::read_until(&mut io::stdin().lock(), b'\n', &mut line);
        let _ = sender.send(read.map(|_| line));
    })?;
    loop {
        match typed.recv_timeout(LOOK) {
            Ok(typed) => {
                line.extend(typed?);
                return Ok(());
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => {
                if flag.is_some_and(Flag::is_raised) {
                    return Ok(());
                }
            }
        }
    }
}

/// How often to look whether the flag is raised while a person types.
const LOOK: Duration = Duration::from_millis(50);

pub(in crate::port) const SHARES: bool = false;

/// Does the jobs of the inbox, one after the other, until it is closed.
pub(in crate::port) fn work(inbox: &Inbox, _stack: usize) -> io::Result<()> {
    inbox.work_alone();
    Ok(())
}

/// Does what may block without a deadline in a thread of its own, and waits for it so long, or until the flag is raised:
/// then there is no result, and the thread is left to itself.
pub(in crate::port) fn aside<T: Send + 'static>(
    limit: Duration,
    flag: Option<&Flag>,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Option<T>> {
    let (sender, result) = std::sync::mpsc::channel();
    std::thread::Builder::new().name("aside".to_owned()).spawn(move || {
        let _ = sender.send(work());
    })?;
    let clock = Clock::start();
    loop {
        match result.recv_timeout(LOOK.min(limit.saturating_sub(clock.now()))) {
            Ok(result) => return Ok(Some(result)),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(io::Error::other("what was done aside has panicked"));
            }
            Err(RecvTimeoutError::Timeout) if flag.is_some_and(Flag::is_raised) || clock.now() >= limit => {
                return Ok(None);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Windows has no one call that waits for a serial port, a socket and a flag: each read waits for a moment, then the
/// clock and the cancel handle are looked at.
pub(in crate::port) struct Wire<T> {
    end: T,
}

/// How long a read or write of a serial port may take.
const SLICE: Duration = Duration::from_millis(20);
/// How long to wait for a socket that had nothing.
const NAP: Duration = Duration::from_millis(2);

impl<T: io::Read + Write> Wire<T> {
    pub(in crate::port) fn new(end: T) -> Wire<T> {
        Wire { end }
    }

    pub(in crate::port) fn end(&mut self) -> &mut T {
        &mut self.end
    }

    pub(in crate::port) fn read(
        &mut self,
        buffer: &mut [u8],
        until: Duration,
        clock: &Clock,
        watch: &Watch,
    ) -> Result<Read, Fault> {
        if buffer.is_empty() {
            return Ok(Read::Deadline);
        }
        loop {
            if watch.is_cancelled() {
                return Err(Fault::Interrupted);
            }
            match self.end.read(buffer) {
                Ok(0) => return Err(Fault::Lost("the other side hung up".to_owned())),
                Ok(count) => return Ok(Read::Bytes(count)),
                Err(error) => self.go_on_after(error, watch)?,
            }
            if clock.now() >= until {
                return Ok(Read::Deadline);
            }
        }
    }

    pub(in crate::port) fn write(
        &mut self,
        bytes: &[u8],
        until: Duration,
        clock: &Clock,
        watch: &Watch,
    ) -> Result<(), Fault> {
        self.write_counted(bytes, until, clock, watch).1
    }

    /// Tells how many bytes went out, whatever ended it.
    pub(in crate::port) fn write_counted(
        &mut self,
        bytes: &[u8],
        until: Duration,
        clock: &Clock,
        watch: &Watch,
    ) -> (usize, Result<(), Fault>) {
        let mut written = 0;
        let outcome = self.write_on(bytes, &mut written, until, clock, watch);
        (written, outcome)
    }

    fn write_on(
        &mut self,
        bytes: &[u8],
        written: &mut usize,
        until: Duration,
        clock: &Clock,
        watch: &Watch,
    ) -> Result<(), Fault> {
        while let Some(rest) = bytes.get(*written..).filter(|rest| !rest.is_empty()) {
            match self.end.write(rest) {
                Ok(0) => {}
                Ok(count) => {
                    *written += count;
                    continue;
                }
                Err(error) => self.go_on_after(error, watch)?,
            }
            if watch.is_cancelled() {
                return Err(Fault::Interrupted);
            }
            if clock.now() >= until {
                return Err(Fault::WriteTimeout { written: *written });
            }
        }
        Ok(())
    }

    fn go_on_after(&self, error: io::Error, watch: &Watch) -> Result<(), Fault> {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::TimedOut | Kind::Interrupted => Ok(()),
            Kind::WouldBlock => watch.pause(NAP),
            // An adapter that is pulled out answers "access denied" or "the device does not recognize the command".
            Kind::PermissionDenied
            | Kind::NotFound
            | Kind::BrokenPipe
            | Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::NotConnected
            | Kind::UnexpectedEof => Err(Fault::Lost(error.to_string())),
            _ if matches!(error.raw_os_error(), Some(ERROR_BAD_COMMAND | ERROR_GEN_FAILURE | ERROR_DEVICE_REMOVED)) => {
                Err(Fault::Lost(error.to_string()))
            }
            _ => Err(Fault::System(error.to_string())),
        }
    }
}

const ERROR_BAD_COMMAND: i32 = 22;
const ERROR_GEN_FAILURE: i32 = 31;
const ERROR_DEVICE_REMOVED: i32 = 1617;

/// An open serial port. Windows gives it to one program at a time, and drops no line on closing that we could keep.
pub(in crate::port) struct SerialLine {
    com: COMPort,
}

impl SerialLine {
    pub(in crate::port) fn open(path: &Path, baud: u32, _watch: &Watch) -> Result<SerialLine, OpenError> {
        let name = path.to_string_lossy();
        // A USB modem (CDC) says nothing without DTR, and Windows does not set it by itself. `COM3:` is COM3.
        serialport::new(name.trim_end_matches(':'), baud)
            .timeout(SLICE)
            .dtr_on_open(true)
            .open_native()
            .map(|com| SerialLine { com })
            .map_err(|error| match error.kind() {
                // "Access denied" is what Windows says of a port that is open elsewhere.
                serialport::ErrorKind::NoDevice if error.description.contains("ccess") => busy(path),
                serialport::ErrorKind::Io(io::ErrorKind::PermissionDenied) => busy(path),
                serialport::ErrorKind::NoDevice | serialport::ErrorKind::Io(io::ErrorKind::NotFound) => {
                    open_error::missing(path, "there is none", None, &crate::port::list::paths())
                }
                serialport::ErrorKind::InvalidInput | serialport::ErrorKind::Unknown | serialport::ErrorKind::Io(_) => {
                    OpenError::new(OpenErrorKind::System, format!("cannot open {name} at {baud} baud: {error}"))
                }
            })
    }

    pub(in crate::port) fn port(&mut self) -> &mut dyn SerialPort {
        &mut self.com
    }

    /// A COM port keeps its number at its place.
    pub(in crate::port) fn place(&self) -> Option<&Place> {
        None
    }
}

impl io::Read for SerialLine {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.com.read(buffer)
    }
}

impl Write for SerialLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.com.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.com.flush()
    }
}

fn busy(path: &Path) -> OpenError {
    open_error::busy(path, &devices::holders(path), devices::usb_of(path).as_ref())
}

/// A non-blocking connection. Fails with `TimedOut` after `limit`, with `Interrupted` if cancelled.
pub(in crate::port) fn connect(address: SocketAddr, limit: Duration, watch: &Watch) -> io::Result<TcpStream> {
    let clock = Clock::start();
    // Short attempts, so that the cancel handle is looked at in between.
    loop {
        if watch.is_cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let left = limit.saturating_sub(clock.now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, left.min(Duration::from_secs(2))) {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {}
            Err(error) => return Err(error),
            Ok(stream) => {
                stream.set_nonblocking(true)?;
                return Ok(stream);
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::port) enum Ready {
    No,
    Yes,
    HungUp,
}

/// Windows has no one call that waits for many: a short nap, then all are looked at.
#[derive(Default)]
pub(in crate::port) struct Readiness;

impl Readiness {
    pub(in crate::port) fn clear(&mut self) {}

    pub(in crate::port) fn add<T>(&mut self, _socket: &T, _to_write_too: bool) -> usize {
        0
    }

    pub(in crate::port) fn wait(&mut self, flag: Option<&Flag>, time: Option<Duration>) {
        pause(flag, time.unwrap_or(NAP).min(NAP));
    }

    pub(in crate::port) fn state(&self, _number: usize) -> Ready {
        Ready::Yes
    }
}

/// Windows has no pseudo-terminals that other programs could open as a serial port.
pub(in crate::port) struct Terminal {
    pub(in crate::port) master: std::fs::File,
    pub(in crate::port) path: std::path::PathBuf,
}

impl Terminal {
    pub(in crate::port) fn new() -> io::Result<Terminal> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(in crate::port) fn let_go(&mut self) {}

    pub(in crate::port) fn is_open(&self) -> bool {
        false
    }

    pub(in crate::port) fn discard_unread(&self) {}
}

/// So there is nobody to be counted.
pub(in crate::port) struct Audience;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::port) struct Seat;

impl Audience {
    pub(in crate::port) fn new() -> io::Result<Audience> {
        Ok(Audience)
    }

    pub(in crate::port) fn watch(&mut self, _terminal: &Path) -> io::Result<Seat> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(in crate::port) fn forget(&mut self, _seat: Seat) {}

    pub(in crate::port) fn wait_for(&self, _readiness: &mut Readiness) {}

    pub(in crate::port) fn update(&mut self, _opened: impl FnMut(Seat)) {}
}
