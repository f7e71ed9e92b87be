//! Windows has no one call that waits for a serial port, a socket and a flag: each look is a short wait, then the clock
//! and the flag are looked at.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Ready, Wanted, Woken, devices};
use crate::diagnostic::Complaint;
use crate::port::cancel::{Flag, Watch, aside};
use crate::port::serial::SerialLine;
use crate::port::{Clock, Fault, Typing, open_error};

pub(in crate::port) use serialport::COMPort as Tty;
pub(in crate::port) use std::convert::Infallible as Settings;
pub(in crate::port) use std::os::windows::fs::symlink_file as symlink;

/// Whatever has bytes: none is waited for by its descriptor.
pub(in crate::port) trait Descriptor {}

impl<T> Descriptor for T {}

pub(super) fn descriptor(_end: &impl Descriptor) -> i32 {
    -1
}

/// How long a read or write of a serial port may take.
const SLICE: Duration = Duration::from_millis(20);
/// How long to wait before a socket that had nothing is looked at again.
const NAP: Duration = Duration::from_millis(2);
/// How often to look whether a flag is raised.
const LOOK_FOR_CANCEL: Duration = Duration::from_millis(20);

pub(in crate::port) fn bell() -> io::Result<Vec<File>> {
    Ok(Vec::new())
}

/// What is wanted is always worth a look.
#[allow(clippy::disallowed_methods, reason = "src/port may block")]
pub(in crate::port) fn wait_for(wanted: Option<Wanted>, flag: Option<&Flag>, time: Duration) -> io::Result<Woken> {
    let is_raised = || flag.is_some_and(Flag::is_raised);
    if !is_raised() {
        std::thread::sleep(time.min(if wanted.is_some() { NAP } else { LOOK_FOR_CANCEL }));
    }
    Ok(match wanted {
        _ if is_raised() => Woken::Flag,
        Some(_) => Woken::Descriptor,
        None => Woken::Early,
    })
}

pub(in crate::port) fn wait_for_any(wanted: &[Wanted], flag: Option<&Flag>, time: Option<Duration>) -> Vec<Ready> {
    let _ = wait_for(None, flag, time.unwrap_or(NAP).min(NAP));
    vec![Ready::Yes; wanted.len()]
}

/// The console shows what is typed.
pub(in crate::port) fn set_typing(_typing: Typing) {}

/// Appends what was typed on standard input; nothing at its end, or where the flag was raised first. The thread that
/// reads it then goes on: whatever is typed next is its.
pub(in crate::port) fn read_typed(line: &mut Vec<u8>, flag: Option<&Flag>) -> io::Result<()> {
    let read = || {
        let mut line = Vec::new();
        io::stdin().lock().read_until(b'\n', &mut line).map(|_| line)
    };
    line.extend(aside(Duration::MAX, flag, read)?.transpose()?.unwrap_or_default());
    Ok(())
}

pub(in crate::port) fn fault(error: &io::Error) -> Fault {
    use io::ErrorKind as Kind;
    const ERROR_BAD_COMMAND: i32 = 22;
    const ERROR_GEN_FAILURE: i32 = 31;
    const ERROR_DEVICE_REMOVED: i32 = 1617;
    // An adapter that is pulled out answers "access denied" or "the device does not recognize the command".
    let is_lost =
        matches!(
            error.kind(),
            Kind::PermissionDenied
                | Kind::NotFound
                | Kind::BrokenPipe
                | Kind::ConnectionReset
                | Kind::ConnectionAborted
                | Kind::NotConnected
                | Kind::UnexpectedEof
        ) || matches!(error.raw_os_error(), Some(ERROR_BAD_COMMAND | ERROR_GEN_FAILURE | ERROR_DEVICE_REMOVED));
    if is_lost { Fault::Lost(error.to_string()) } else { Fault::System(error.to_string()) }
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

/// Windows gives a serial port to one program at a time, and drops no line on closing that we could keep.
pub(in crate::port) fn open_line(path: &Path, baud: u32, _watch: &Watch) -> Result<SerialLine, Complaint> {
    let name = path.to_string_lossy();
    // A USB modem (CDC) says nothing without DTR, and Windows does not set it by itself. `COM3:` is COM3.
    let opened = serialport::new(name.trim_end_matches(':'), baud).timeout(SLICE).dtr_on_open(true).open_native();
    let busy = || open_error::busy(path, &devices::holders(path), devices::usb_of(path).as_ref());
    match opened {
        // A COM port keeps its number at its place.
        Ok(tty) => Ok(SerialLine { tty, before: None, place: None }),
        Err(error) => Err(match error.kind() {
            // "Access denied" is what Windows says of a port that is open elsewhere.
            serialport::ErrorKind::NoDevice if error.description.contains("ccess") => busy(),
            serialport::ErrorKind::Io(io::ErrorKind::PermissionDenied) => busy(),
            serialport::ErrorKind::NoDevice | serialport::ErrorKind::Io(io::ErrorKind::NotFound) => {
                open_error::missing(path, "there is none", None, &crate::port::list::paths())
            }
            serialport::ErrorKind::InvalidInput | serialport::ErrorKind::Unknown | serialport::ErrorKind::Io(_) => {
                Complaint::told("hayes::port::system opening", &[&name, &baud, &error])
            }
        }),
    }
}

pub(in crate::port) fn leave(_tty: &Tty, _before: Option<&Settings>) {}

pub(in crate::port) fn read(tty: &mut Tty, buffer: &mut [u8]) -> io::Result<usize> {
    tty.read(buffer).map_err(again)
}

pub(in crate::port) fn write(tty: &mut Tty, bytes: &[u8]) -> io::Result<usize> {
    tty.write(bytes).map_err(again)
}

fn again(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::TimedOut { io::ErrorKind::WouldBlock.into() } else { error }
}

/// Windows has no pseudo-terminals that other programs could open as a serial port.
pub(in crate::port) fn new_terminal() -> io::Result<(File, File, PathBuf)> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(in crate::port) fn is_open(_master: &File) -> bool {
    false
}

pub(in crate::port) fn discard_unread(_terminal: &Path) {}

/// Windows gives no program a serial port as its standard input.
pub fn line_on_stdin() -> Option<(PathBuf, u32)> {
    None
}

pub fn streams_on(_terminal: &Path) -> [bool; 3] {
    [false; 3]
}

pub fn leave_to_port(_line: &Path) -> io::Result<()> {
    Ok(())
}

/// Windows has no such limit.
pub fn room_in_memory() -> Option<u64> {
    None
}

/// Windows has no such limit.
pub fn allow_descriptors(_wanted: u64) -> Result<(), u64> {
    Ok(())
}
