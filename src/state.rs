//! The user's folders: for what outlasts a run (histories, results), and for what the user writes (modules).

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::notation::harmless;

/// Hayes' folder in the state folder of the XDG Base Directory Specification; on Windows in its local counterpart.
/// None where the system names no such folder. It is not made here.
pub(crate) fn folder() -> Option<PathBuf> {
    own("LOCALAPPDATA", "XDG_STATE_HOME", ".local/state")
}

/// Hayes' folder among the user's settings, in the same way.
pub(crate) fn settings() -> Option<PathBuf> {
    own("APPDATA", "XDG_CONFIG_HOME", ".config")
}

fn own(windows: &str, xdg: &str, usual: &str) -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = if cfg!(windows) { named(windows) } else { named(xdg).or_else(|| Some(named("HOME")?.join(usual))) };
    Some(folder?.join("hayes"))
}

/// Opens a file to be written; one that is made is its owner's alone: what a modem says names its SIM and its user.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A new file, or an old one emptied, that only its owner may read.
pub(crate) fn private_file(path: impl AsRef<Path>) -> io::Result<File> {
    opened(private().truncate(true), path.as_ref())
}

pub(crate) fn is_pipe(path: &Path) -> bool {
    #[cfg(unix)]
    let is_fifo = |known: Metadata| std::os::unix::fs::FileTypeExt::is_fifo(&known.file_type());
    #[cfg(not(unix))]
    let is_fifo = |_: Metadata| false;
    path.metadata().is_ok_and(is_fifo)
}

/// How many signals have asked this program to end
pub(crate) static SIGNALS: AtomicUsize = AtomicUsize::new(0);

/// Opens it. A pipe that nobody reads is waited for, which is told; a signal ends that.
pub(crate) fn opened(options: &OpenOptions, path: &Path) -> io::Result<File> {
    if !is_pipe(path) {
        return options.open(path);
    }
    let (options, place, before) = (options.clone(), path.to_owned(), SIGNALS.load(Ordering::Acquire));
    let (done, is_done) = channel();
    std::thread::Builder::new().spawn(move || done.send(options.open(place)))?;
    told_of_waiting("somebody who reads", path, || {
        loop {
            match is_done.recv_timeout(Duration::from_millis(100)) {
                Ok(opened) => return opened,
                Err(_) if SIGNALS.load(Ordering::Acquire) == before => {}
                Err(_) => return Err(io::Error::new(io::ErrorKind::Interrupted, "nobody reads it")),
            }
        }
    })
}

/// Reads or opens it. Where that may wait for somebody else, who waits for long is told for `whom`.
pub(crate) fn told_of_waiting<T>(whom: &str, path: &Path, wait: impl FnOnce() -> T) -> T {
    let (done, is_done) = channel::<()>();
    if may_wait(path) {
        let is_late = move || is_done.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout);
        let text = format!("waiting for {whom} {}; Ctrl-C ends this\n", path.display());
        let tell = move || if is_late() { io::stderr().write_all(harmless(&text).as_bytes()) } else { Ok(()) };
        drop(std::thread::Builder::new().spawn(tell));
    }
    let held = wait();
    drop(done);
    held
}

/// Whether it is another's turn there: in a pipe, a socket or at a terminal. Any other device answers by itself.
fn may_wait(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::io::IsTerminal as _;
        use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        let open = || OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
        let is_terminal = || open().is_ok_and(|device| device.is_terminal());
        path.metadata()
            .map(|known| known.file_type())
            .is_ok_and(|kind| kind.is_fifo() || kind.is_socket() || kind.is_char_device() && is_terminal())
    }
    #[cfg(not(unix))]
    !path.is_file()
}

/// What a pipe holds is there only once somebody has written it.
pub(crate) const WRITER: &str = "what somebody writes into";

/// Whether a file is there that would be lost. Streams and devices lose nothing.
pub(crate) fn holds_something(path: &Path) -> bool {
    path.metadata().is_ok_and(|known| known.is_file() && known.len() > 0)
}

/// Whether a file is this user's, or root's: what another has put there is not to be followed.
pub(crate) fn is_ours(path: &Path) -> bool {
    #[cfg(unix)]
    {
        let owner = path.metadata().map(|known| std::os::unix::fs::MetadataExt::uid(&known));
        owner.is_ok_and(|owner| owner == 0 || owner == rustix::process::geteuid().as_raw())
    }
    #[cfg(not(unix))]
    path.exists()
}

/// Makes a folder, and those above it, for its owner alone.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
#[path = "../tests/units/state.rs"]
pub(crate) mod tests;
