//! The user's folder for what outlasts a run: histories, results.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Hayes' folder in the state folder of the XDG Base Directory Specification; on Windows in its local counterpart.
/// None where the system names no such folder. It is not made here.
pub(crate) fn folder() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = if cfg!(windows) {
        named("LOCALAPPDATA")
    } else {
        named("XDG_STATE_HOME").or_else(|| Some(named("HOME")?.join(".local/state")))
    };
    Some(state?.join("hayes"))
}

/// A new file, or an old one emptied, that only its owner may read: what a modem says names its SIM and its user.
pub(crate) fn private_file(path: impl AsRef<Path>) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
