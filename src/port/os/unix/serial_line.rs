//! Opening a serial port and closing it again, leaving the line as it was found.

use std::fs::File;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::termios::{ControlFlags, SetArg, Termios, tcgetattr, tcsetattr};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;
use serialport::{ClearBuffer, SerialPort, TTYPort};

use super::super::devices;
use crate::port::cancel::Watch;
use crate::port::list::{Holder, Place, others};
use crate::port::{Clock, OpenError, OpenErrorKind, Timestamp, open_error};

/// An open serial port: raw, exclusive, non-blocking.
pub(in crate::port) struct SerialLine {
    tty: TTYPort,
    /// The settings to leave behind.
    before: Option<Termios>,
    place: Option<Place>,
}

/// udev sets a new node's group a moment after it makes the node.
const NODE_IS_NEW: Duration = Duration::from_secs(3);
const WAIT_FOR_UDEV: Duration = Duration::from_secs(2);
/// What is still to be sent on closing gets so long; the kernel would wait for it for half a minute.
const LAST_BYTES: Duration = Duration::from_millis(300);

impl SerialLine {
    pub(in crate::port) fn open(path: &Path, baud: u32, watch: &Watch) -> Result<SerialLine, OpenError> {
        // The first descriptor tells why a port cannot be had: serialport has one error for all reasons, and its
        // failing takes away the other program's TIOCEXCL.
        let first = open_patiently(path, watch)?;
        let before = worth_restoring(&first).map_err(|error| not_a_terminal(path, error))?;
        if flock(&first, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK) {
            return Err(busy(path));
        }
        if let Some(holder) = devices::lock_file_holder(&first) {
            return Err(open_error::busy(path, &[holder], devices::usb_of(path).as_ref()));
        }
        let _ = flock(&first, FlockOperation::Unlock);
        let Some(name) = path.to_str() else {
            let message = format!("the name {} is not valid UTF-8", path.display());
            return Err(OpenError::new(OpenErrorKind::System, message).with_help("open it by a symbolic link"));
        };
        let tty =
            serialport::new(name, supported_baud(path, baud)).open_native().map_err(|error| match error.kind() {
                serialport::ErrorKind::NoDevice => busy(path),
                serialport::ErrorKind::Io(std::io::ErrorKind::NotFound) => missing(path, "it has just gone"),
                serialport::ErrorKind::InvalidInput | serialport::ErrorKind::Unknown | serialport::ErrorKind::Io(_) => {
                    OpenError::new(
                        OpenErrorKind::System,
                        format!("cannot set {} to {baud} baud, 8N1: {error}", path.display()),
                    )
                    .with_help("try another speed: -b 9600")
                }
            })?;
        let place = devices::place(&first);
        drop(first);
        let mut line = SerialLine { tty, before: None, place };
        line.keep_dtr_on_close().map_err(|error| not_a_terminal(path, error))?;
        line.before = before;
        fcntl(line.tty.as_raw_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
            .map_err(|error| not_a_terminal(path, error))?;
        Ok(line)
    }

    pub(in crate::port) fn port(&mut self) -> &mut dyn SerialPort {
        &mut self.tty
    }

    /// Where it is plugged in.
    pub(in crate::port) fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// With HUPCL set, closing drops DTR, and a modem hangs up or resets.
    fn keep_dtr_on_close(&self) -> nix::Result<()> {
        let mut settings = tcgetattr(self.tty.as_raw_fd())?;
        if settings.control_flags.contains(ControlFlags::HUPCL) {
            settings.control_flags.remove(ControlFlags::HUPCL);
            tcsetattr(self.tty.as_raw_fd(), SetArg::TCSANOW, &settings)?;
        }
        Ok(())
    }

    /// Lets the last bytes out, for a bounded time: `close` would wait for them as long as flow control holds them up.
    fn let_last_bytes_out(&self) {
        let clock = Clock::start();
        while self.tty.bytes_to_write().is_ok_and(|bytes| bytes > 0) {
            if clock.now() >= LAST_BYTES {
                let _ = self.tty.clear(ClearBuffer::Output);
                return;
            }
            super::pause(None, Duration::from_millis(5));
        }
    }
}

impl AsRawFd for SerialLine {
    fn as_raw_fd(&self) -> RawFd {
        self.tty.as_raw_fd()
    }
}

impl Drop for SerialLine {
    fn drop(&mut self) {
        self.let_last_bytes_out();
        if let Some(before) = &self.before {
            // A device that is gone has no settings to restore.
            let _ = tcsetattr(self.tty.as_raw_fd(), SetArg::TCSANOW, before);
        }
        // serialport gives back TIOCEXCL, which on a pseudo-terminal would outlive us.
    }
}

/// The settings as they are, without what would hang the modem up: HUPCL on closing, and the speed 0 at once.
fn worth_restoring(terminal: &File) -> nix::Result<Option<Termios>> {
    let mut before = tcgetattr(terminal.as_raw_fd())?;
    before.control_flags.remove(ControlFlags::HUPCL);
    let speed = rustix::termios::tcgetattr(terminal).map_or(0, |settings| settings.output_speed());
    Ok((speed != 0).then_some(before))
}

fn open_patiently(path: &Path, watch: &Watch) -> Result<File, OpenError> {
    let clock = Clock::start();
    loop {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match devices::as_others_must(|| open(path, flags, Mode::empty())) {
            Ok(descriptor) => return Ok(descriptor.into()),
            Err(Errno::INTR) => {}
            Err(Errno::ACCESS) if clock.now() < WAIT_FOR_UDEV && is_new(path) => {
                if watch.pause(Duration::from_millis(50)).is_err() {
                    return Err(OpenError::new(OpenErrorKind::Interrupted, "interrupted"));
                }
            }
            // A program that was killed leaves its right to a pseudo-terminal behind; root may open it then.
            Err(Errno::BUSY) => match open(path, flags, Mode::empty()) {
                Ok(descriptor) if others(path).is_empty() => return Ok(descriptor.into()),
                Ok(_) | Err(_) => return Err(busy(path)),
            },
            Err(Errno::ACCESS | Errno::PERM) => return Err(forbidden(path)),
            Err(Errno::ISDIR) => return Err(open_error::not_a_port(path, "a directory")),
            Err(Errno::NOENT) => return Err(missing(path, "there is none")),
            Err(
                error @ (Errno::NOTDIR | Errno::NXIO | Errno::NODEV | Errno::IO | Errno::LOOP | Errno::NAMETOOLONG),
            ) => {
                return Err(match std::fs::metadata(path).map(|node| node.file_type().is_socket()) {
                    Ok(true) => open_error::not_a_port(path, "a socket"),
                    Ok(false) | Err(_) => missing(path, &std::io::Error::from(error).to_string()),
                });
            }
            Err(error @ (Errno::MFILE | Errno::NFILE)) => {
                let message = format!("cannot open {}: {}", path.display(), std::io::Error::from(error));
                return Err(OpenError::new(OpenErrorKind::System, message)
                    .with_help("raise the limit of open files (ulimit -n), or run fewer modems at once"));
            }
            Err(error) => {
                let message = format!("cannot open {}: {}", path.display(), std::io::Error::from(error));
                return Err(OpenError::new(OpenErrorKind::System, message));
            }
        }
    }
}

fn is_new(path: &Path) -> bool {
    let Ok(node) = std::fs::metadata(path) else { return false };
    let changed = Duration::from_secs(u64::try_from(node.ctime()).unwrap_or(0));
    Timestamp::now() < Timestamp::since_1970(changed).after(NODE_IS_NEW)
}

fn busy(path: &Path) -> OpenError {
    let holders: Vec<Holder> = devices::holders(path);
    open_error::busy(path, &holders, devices::usb_of(path).as_ref())
}

fn forbidden(path: &Path) -> OpenError {
    // Where the node gives its group nothing, joining it would not help.
    const GROUP_READS_AND_WRITES: u32 = 0o060;
    let node = std::fs::metadata(path).ok();
    let node = node.filter(|node| node.mode() & GROUP_READS_AND_WRITES == GROUP_READS_AND_WRITES);
    let group = node.and_then(|node| group_name(node.gid()));
    open_error::forbidden(path, group.as_deref())
}

fn missing(path: &Path, why: &str) -> OpenError {
    let target = std::fs::read_link(path).ok();
    open_error::missing(path, why, target.as_deref(), &crate::port::list::paths())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
fn not_a_terminal(path: &Path, error: nix::errno::Errno) -> OpenError {
    use nix::errno::Errno as E;
    match error {
        E::ENOTTY | E::EINVAL | E::EOPNOTSUPP => {
            let kind = std::fs::metadata(path).map(|node| node.file_type());
            let what = match kind {
                Ok(kind) if kind.is_file() => "a file",
                Ok(kind) if kind.is_fifo() => "a pipe",
                Ok(_) | Err(_) => "something else",
            };
            open_error::not_a_port(path, what)
        }
        // /dev/ttyS5 without hardware opens for root, and then answers EIO.
        E::EIO | E::ENXIO | E::ENODEV => missing(path, "no hardware answers behind it"),
        other => OpenError::new(
            OpenErrorKind::System,
            format!("cannot set {} up: {}", path.display(), super::wire::describe(other)),
        ),
    }
}

fn group_name(gid: u32) -> Option<String> {
    let groups = std::fs::read_to_string("/etc/group").ok()?;
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(gid)).then(|| name.to_owned())
    })
}

/// macOS knows no speed on a pseudo-terminal: serialport wants a 0 there.
fn supported_baud(path: &Path, baud: u32) -> u32 {
    let is_macos_pty = cfg!(target_os = "macos") && path.to_string_lossy().starts_with("/dev/ttys");
    if is_macos_pty { 0 } else { baud }
}
