//! The user's folder for what outlasts a run: histories, results.

use std::path::PathBuf;

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
