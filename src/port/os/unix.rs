//! Linux, macOS and their kin: descriptors, waited for with `poll`, or by the fibres' loop where one runs.
//!
//! serialport's own read and write are not used: its write blocks past its timeout, its read loses what came before
//! a hang-up, and both lose the error number.

use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::termios::{ControlFlags, SetArg, tcgetattr, tcsetattr};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::net::{AddressFamily, SocketType, socket, sockopt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, QueueSelector, tcflush};
use serialport::{ClearBuffer, SerialPort};

use super::{Ready, Wanted, Woken, devices, fibres};
use crate::diagnostic::Complaint;
use crate::port::cancel::{Flag, Watch, pause};
use crate::port::list::{gave_us, others};
use crate::port::serial::SerialLine;
use crate::port::{Clock, Fault, Timestamp, Typing, open_error};

pub(in crate::port) use devices::bell;
pub(in crate::port) use nix::sys::termios::Termios as Settings;
pub(in crate::port) use serialport::TTYPort as Tty;
pub(in crate::port) use std::os::fd::AsRawFd as Descriptor;
pub(in crate::port) use std::os::unix::fs::symlink;

pub(super) fn descriptor(end: &impl Descriptor) -> i32 {
    end.as_raw_fd()
}

/// Waits until the descriptor is ready or the flag is raised, at the most so long; in a fibre it lets others run
/// meanwhile. Looks at least once.
pub(in crate::port) fn wait_for(wanted: Option<Wanted>, flag: Option<&Flag>, time: Duration) -> io::Result<Woken> {
    if let Some(woken) = fibres::wait(wanted, flag, time) {
        return woken;
    }
    // A negative descriptor is passed over.
    let mut both = [wanted.map_or(PollFd::new(-1, PollFlags::empty()), awaited), awaited_flag(flag)];
    match poll(&mut both, milliseconds(time)) {
        Ok(0) | Err(Errno::EINTR) => Ok(Woken::Early),
        Ok(_) if both.last().and_then(|flag| flag.any()) == Some(true) => Ok(Woken::Flag),
        // Events that nobody knows tell at least that there are some.
        Ok(_) => Ok(Woken::Descriptor),
        Err(error) => Err(error.into()),
    }
}

/// Returns when one of them is ready, when the flag is raised, or after `time`.
pub(in crate::port) fn wait_for_any(wanted: &[Wanted], flag: Option<&Flag>, time: Option<Duration>) -> Vec<Ready> {
    let mut all: Vec<PollFd> = wanted.iter().copied().map(awaited).chain([awaited_flag(flag)]).collect();
    // A signal that comes meanwhile makes no descriptor ready: the caller looks at its clock and waits again.
    let _ = poll(&mut all, time.map_or(-1, milliseconds));
    let state = |descriptor: &PollFd| match descriptor.revents().unwrap_or(PollFlags::empty()) {
        events if events.is_empty() => Ready::No,
        // What was written before a hang-up is still to be read.
        events if events.contains(PollFlags::POLLHUP) && !events.contains(PollFlags::POLLIN) => Ready::HungUp,
        _ => Ready::Yes,
    };
    all.iter().take(wanted.len()).map(state).collect()
}

fn awaited(wanted: Wanted) -> PollFd {
    let mut events = PollFlags::empty();
    events.set(PollFlags::POLLIN, wanted.to_read);
    events.set(PollFlags::POLLOUT, wanted.to_write);
    PollFd::new(wanted.descriptor, events)
}

fn awaited_flag(flag: Option<&Flag>) -> PollFd {
    PollFd::new(flag.and_then(Flag::bell).map_or(-1, AsRawFd::as_raw_fd), PollFlags::POLLIN)
}

/// Rounded up, so that a wait does not end before its time; a longer one than `poll` takes is waited for in parts.
fn milliseconds(time: Duration) -> i32 {
    let millis = time.as_secs().saturating_mul(1000).saturating_add(u64::from(time.subsec_nanos().div_ceil(1_000_000)));
    i32::try_from(millis).unwrap_or(i32::MAX)
}

pub(in crate::port) fn set_typing(typing: Typing) {
    use rustix::termios::{LocalModes, tcgetattr, tcsetattr};
    let stdin = rustix::stdio::stdin();
    if let Ok(mut settings) = tcgetattr(stdin) {
        settings.local_modes.set(LocalModes::ECHO, typing == Typing::Shown);
        settings.local_modes.set(LocalModes::ECHONL, typing == Typing::Hidden);
        settings.local_modes.set(LocalModes::ICANON, typing != Typing::Ahead);
        let _ = tcsetattr(stdin, OptionalActions::Drain, &settings);
    }
}

/// The serial line that standard input is, with its speed: the terminal of whoever has started the program is none.
pub fn line_on_stdin() -> Option<(PathBuf, u32)> {
    let stdin = rustix::stdio::stdin();
    let name = rustix::termios::ttyname(stdin, Vec::new()).ok()?.into_string().ok()?;
    // Only the terminal of the session has a process group in its foreground.
    let is_line = rustix::termios::tcgetpgrp(stdin) == Err(rustix::io::Errno::NOTTY);
    let speed = rustix::termios::tcgetattr(stdin).map_or(0, |settings| settings.output_speed());
    is_line.then(|| (name.into(), speed))
}

/// Which of the standard streams (input, output, errors) are this terminal.
pub fn streams_on(terminal: &Path) -> [bool; 3] {
    let number = std::fs::metadata(terminal).map_or(0, |node| node.rdev());
    let is_it = |stream| {
        let opened = rustix::termios::isatty(stream).then(|| rustix::fs::fstat(stream).ok()).flatten();
        opened.is_some_and(|opened| opened.st_rdev == number)
    };
    [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()].map(is_it)
}

/// Leaves a line to the port: nothing is read from a standard stream that is the same one, what is written there goes
/// to standard error, and nowhere where that is the line too.
pub fn leave_to_port(line: &Path) -> io::Result<()> {
    let [input, output, errors] = streams_on(line);
    if !(input || output || errors) {
        return Ok(());
    }
    let nowhere = File::options().read(true).write(true).open("/dev/null")?;
    if input {
        rustix::stdio::dup2_stdin(&nowhere)?;
    }
    if errors {
        rustix::stdio::dup2_stderr(&nowhere)?;
    }
    if output {
        rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    }
    Ok(())
}

/// Appends what was typed on standard input; nothing at its end, or where the flag was raised first.
pub(in crate::port) fn read_typed(line: &mut Vec<u8>, flag: Option<&Flag>) -> io::Result<()> {
    let stdin = rustix::stdio::stdin();
    loop {
        match wait_for(Some(Wanted::to_read(&stdin)), flag, Duration::MAX)? {
            Woken::Flag => return Ok(()),
            Woken::Early => {}
            Woken::Descriptor => {
                let mut some = [0; 256];
                match rustix::io::read(stdin, &mut some) {
                    Ok(count) => {
                        line.extend_from_slice(some.get(..count).unwrap_or_default());
                        return Ok(());
                    }
                    Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
}

/// What an error of a read or a write means for the port.
#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
pub(in crate::port) fn fault(error: &io::Error) -> Fault {
    let Some(number) = error.raw_os_error() else { return Fault::System(error.to_string()) };
    let number = Errno::from_i32(number);
    match number {
        Errno::EIO
        | Errno::ENXIO
        | Errno::ENODEV
        | Errno::EPIPE
        | Errno::ECONNRESET
        | Errno::ECONNABORTED
        | Errno::ENETDOWN
        | Errno::ENETUNREACH
        | Errno::EHOSTUNREACH
        | Errno::ETIMEDOUT => Fault::Lost(described(number)),
        other => Fault::System(described(other)),
    }
}

fn described(error: Errno) -> String {
    format!("{} ({error:?})", error.desc())
}

/// A non-blocking connection. Fails with `TimedOut` after `limit`, with `Interrupted` if cancelled.
pub(in crate::port) fn connect(address: SocketAddr, limit: Duration, watch: &Watch) -> io::Result<TcpStream> {
    use rustix::io::Errno;
    let clock = Clock::start();
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    // macOS cannot set these two when it makes the socket.
    let socket = socket(family, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    match rustix::net::connect(&socket, &address) {
        Ok(()) => {}
        Err(Errno::INPROGRESS | Errno::INTR) => loop {
            let left = limit.saturating_sub(clock.now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if watch.is_cancelled() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if wait_for(Some(Wanted::to_write(&socket)), watch.flag(), left)? == Woken::Descriptor {
                break;
            }
        },
        Err(error) => return Err(error.into()),
    }
    sockopt::socket_error(&socket)??;
    Ok(TcpStream::from(socket))
}

/// udev sets a new node's group a moment after it makes the node.
const NODE_IS_NEW: Duration = Duration::from_secs(3);
const WAIT_FOR_UDEV: Duration = Duration::from_secs(2);
/// What is still to be sent on closing gets so long; the kernel would wait for it for half a minute.
const LAST_BYTES: Duration = Duration::from_millis(300);

/// Opens a serial port: raw, exclusive, non-blocking.
pub(in crate::port) fn open_line(path: &Path, baud: u32, watch: &Watch) -> Result<SerialLine, Complaint> {
    // The first descriptor tells why a port cannot be had: serialport has one error for all reasons, and its
    // failing takes away the other program's TIOCEXCL.
    let first = open_patiently(path, watch)?;
    let before = worth_restoring(&first).map_err(|error| not_a_terminal(path, error))?;
    if flock(&first, FlockOperation::NonBlockingLockExclusive) == Err(rustix::io::Errno::WOULDBLOCK) {
        return Err(busy(path));
    }
    if let Some(holder) = devices::lock_file_holder(&first).filter(|holder| !gave_us(path, holder)) {
        return Err(open_error::busy(path, &[holder], devices::usb_of(path).as_ref()));
    }
    let _ = flock(&first, FlockOperation::Unlock);
    let Some(name) = path.to_str() else {
        return Err(Complaint::told("hayes::port::system name", &[&path.display()]));
    };
    // macOS knows no speed on a pseudo-terminal: serialport wants a 0 there.
    let is_macos_pty = cfg!(target_os = "macos") && name.starts_with("/dev/ttys");
    let speed = if is_macos_pty { 0 } else { baud };
    let tty = serialport::new(name, speed).open_native().map_err(|error| match error.kind() {
        serialport::ErrorKind::NoDevice => busy(path),
        serialport::ErrorKind::Io(io::ErrorKind::NotFound) => missing(path, "it has just gone"),
        serialport::ErrorKind::InvalidInput | serialport::ErrorKind::Unknown | serialport::ErrorKind::Io(_) => {
            Complaint::told("hayes::port::system speed", &[&path.display(), &baud, &error])
        }
    })?;
    let place = devices::place(&first);
    drop(first);
    // What has gone wrong from here on leaves the settings as serialport made them.
    let mut line = SerialLine { tty, before: None, place };
    let descriptor = line.tty.as_raw_fd();
    keep_dtr_on_close(descriptor)
        .and_then(|()| fcntl(descriptor, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)))
        .map_err(|error| not_a_terminal(path, error))?;
    line.before = before;
    Ok(line)
}

/// The settings as they are, without what would hang the modem up: HUPCL on closing, and the speed 0 at once.
fn worth_restoring(terminal: &File) -> nix::Result<Option<Settings>> {
    let mut before = tcgetattr(terminal.as_raw_fd())?;
    before.control_flags.remove(ControlFlags::HUPCL);
    let speed = rustix::termios::tcgetattr(terminal).map_or(0, |settings| settings.output_speed());
    Ok((speed != 0).then_some(before))
}

/// With HUPCL set, closing drops DTR, and a modem hangs up or resets.
fn keep_dtr_on_close(tty: i32) -> nix::Result<()> {
    let mut settings = tcgetattr(tty)?;
    if settings.control_flags.contains(ControlFlags::HUPCL) {
        settings.control_flags.remove(ControlFlags::HUPCL);
        tcsetattr(tty, SetArg::TCSANOW, &settings)?;
    }
    Ok(())
}

/// Before a port is closed: lets the last bytes out, for a bounded time, since `close` would wait for them as long as
/// flow control holds them up; then sets the line as it was found.
pub(in crate::port) fn leave(tty: &Tty, before: Option<&Settings>) {
    let clock = Clock::start();
    while tty.bytes_to_write().is_ok_and(|bytes| bytes > 0) {
        if clock.now() >= LAST_BYTES {
            let _ = tty.clear(ClearBuffer::Output);
            break;
        }
        pause(None, Duration::from_millis(5));
    }
    if let Some(before) = before {
        // A device that is gone has no settings to restore.
        let _ = tcsetattr(tty.as_raw_fd(), SetArg::TCSANOW, before);
    }
    // serialport gives back TIOCEXCL, which on a pseudo-terminal would outlive us.
}

pub(in crate::port) fn read(tty: &mut Tty, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(nix::unistd::read(tty.as_raw_fd(), buffer)?)
}

pub(in crate::port) fn write(tty: &mut Tty, bytes: &[u8]) -> io::Result<usize> {
    Ok(nix::unistd::write(tty.as_raw_fd(), bytes)?)
}

fn open_patiently(path: &Path, watch: &Watch) -> Result<File, Complaint> {
    use rustix::io::Errno;
    let clock = Clock::start();
    loop {
        match devices::as_others_must(|| open_terminal(path)) {
            Ok(descriptor) => return Ok(descriptor.into()),
            Err(Errno::INTR) => {}
            Err(Errno::ACCESS) if clock.now() < WAIT_FOR_UDEV && is_new(path) => {
                watch.pause(Duration::from_millis(50)).map_err(|_| Complaint::told("hayes::port::interrupted", &[]))?;
            }
            // A program that was killed leaves its right to a pseudo-terminal behind; root may open it then.
            Err(Errno::BUSY) => match open_terminal(path) {
                Ok(descriptor) if others(path).is_empty() => return Ok(descriptor.into()),
                Ok(_) | Err(_) => {
                    let (holders, usb) = (devices::holders(path), devices::usb_of(path));
                    return Err(open_error::marked(path, &holders, usb.as_ref()));
                }
            },
            Err(error) => return Err(refused(path, error.into())),
        }
    }
}

fn open_terminal(path: &Path) -> rustix::io::Result<OwnedFd> {
    open(path, OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
fn refused(path: &Path, error: io::Error) -> Complaint {
    let unknown = |page| Complaint::told(page, &[&path.display(), &error]);
    match Errno::from_i32(error.raw_os_error().unwrap_or(0)) {
        Errno::EACCES | Errno::EPERM => {
            let node = std::fs::metadata(path).ok();
            let user = rustix::process::geteuid().as_raw();
            open_error::forbidden(path, node.and_then(|node| group_that_may(Path::new("/"), &node, user)))
        }
        Errno::EISDIR => Complaint::told("hayes::port::not-a-port", &[&path.display(), &"a directory"]),
        Errno::ENOENT => missing(path, "there is none"),
        Errno::ENOTDIR | Errno::ENXIO | Errno::ENODEV | Errno::EIO | Errno::ELOOP | Errno::ENAMETOOLONG => {
            match std::fs::metadata(path).is_ok_and(|node| node.file_type().is_socket()) {
                true => Complaint::told("hayes::port::not-a-port", &[&path.display(), &"a socket"]),
                false => missing(path, &error.to_string()),
            }
        }
        Errno::EMFILE | Errno::ENFILE => unknown("hayes::port::system descriptors"),
        _ => unknown("hayes::port::system"),
    }
}

fn is_new(path: &Path) -> bool {
    let Ok(node) = std::fs::metadata(path) else { return false };
    let changed = Duration::from_secs(u64::try_from(node.ctime()).unwrap_or(0));
    Timestamp::now() < Timestamp::since_1970(changed).after(NODE_IS_NEW)
}

fn busy(path: &Path) -> Complaint {
    open_error::busy(path, &devices::holders(path), devices::usb_of(path).as_ref())
}

/// The group that may open the node, and whether the user is in it from the next login on; `root` is where the
/// system's files are.
pub(super) fn group_that_may(root: &Path, node: &std::fs::Metadata, user: u32) -> Option<(String, bool)> {
    // Where the node gives its group nothing, joining it would not help.
    const GROUP_READS_AND_WRITES: u32 = 0o060;
    if node.mode() & GROUP_READS_AND_WRITES != GROUP_READS_AND_WRITES {
        return None;
    }
    let entry = |file: &str, number: u32| -> Option<[String; 4]> {
        let entries = std::fs::read_to_string(root.join("etc").join(file)).ok()?;
        let fields = entries.lines().map(|line| line.split(':').map(str::to_owned));
        let mut entries = fields.filter_map(|fields| fields.take(4).collect::<Vec<_>>().try_into().ok());
        entries.find(|[_, _, field, _]: &[String; 4]| field.parse() == Ok(number))
    };
    let [name, .., members] = entry("group", node.gid())?;
    let is_member = entry("passwd", user).is_some_and(|[user, .., primary]| {
        primary.parse() == Ok(node.gid()) || members.split(',').any(|member| member == user)
    });
    Some((name, is_member))
}

fn missing(path: &Path, why: &str) -> Complaint {
    let target = std::fs::read_link(path).ok();
    open_error::missing(path, why, target.as_deref(), &crate::port::list::paths())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
fn not_a_terminal(path: &Path, error: Errno) -> Complaint {
    match error {
        Errno::ENOTTY | Errno::EINVAL | Errno::EOPNOTSUPP => {
            let kind = std::fs::metadata(path).map(|node| node.file_type());
            let what = match kind {
                Ok(kind) if kind.is_file() => "a file",
                Ok(kind) if kind.is_fifo() => "a pipe",
                Ok(_) | Err(_) => "something else",
            };
            Complaint::told("hayes::port::not-a-port", &[&path.display(), &what])
        }
        // /dev/ttyS5 without hardware opens for root, and then answers EIO.
        Errno::EIO | Errno::ENXIO | Errno::ENODEV => missing(path, "no hardware answers behind it"),
        other => Complaint::told("hayes::port::system set-up", &[&path.display(), &described(other)]),
    }
}

/// A new pseudo-terminal: its master, which does not block; its other end; the path by which programs open that.
pub(in crate::port) fn new_terminal() -> io::Result<(File, File, PathBuf)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&master, true)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let path: PathBuf = ptsname(&master, Vec::new())?.into_string().map_err(io::Error::other)?.into();
    let slave = open_terminal(&path)?;
    // A new terminal echoes: a modem's greeting would come back to it as a command. The settings stay while the
    // master is open.
    let mut settings = rustix::termios::tcgetattr(&slave)?;
    settings.make_raw();
    rustix::termios::tcsetattr(&slave, OptionalActions::Now, &settings)?;
    Ok((master.into(), slave.into(), path))
}

/// Whether a program has the terminal of this master open, or has left something to be read.
pub(in crate::port) fn is_open(master: &File) -> bool {
    wait_for_any(&[Wanted::to_read(master)], None, Some(Duration::ZERO)) != [Ready::HungUp]
}

/// Discards what was sent to a program that has closed the terminal, as the driver of a real port does: the next one
/// must not take it for its own answer.
pub(in crate::port) fn discard_unread(terminal: &Path) {
    if let Ok(slave) = open_terminal(terminal) {
        let _ = tcflush(&slave, QueueSelector::IFlush);
    }
}

/// How much memory the process may still take (`ulimit -v`); none where there is no limit.
pub fn room_in_memory() -> Option<u64> {
    let limit = getrlimit(Resource::As).current?;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let size =
        status.lines().find_map(|line| line.strip_prefix("VmSize:")?.trim().strip_suffix("kB")?.trim().parse().ok());
    Some(limit.saturating_sub(1024 * size.unwrap_or(0)))
}

/// Raises the limit of open files, ports and connections as far as the user may, if it is lower than `wanted`. Fails
/// with the highest limit there is.
pub fn allow_descriptors(wanted: u64) -> Result<(), u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    // As high as may be: programs that use select(2) with more than 1024 are not started from here.
    let highest = limit.maximum;
    let raised = setrlimit(Resource::Nofile, Rlimit { current: highest, maximum: highest }).is_ok();
    match if raised { highest } else { limit.current } {
        Some(now) if now < wanted => Err(now),
        Some(_) | None => Ok(()),
    }
}
