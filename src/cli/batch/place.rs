//! Where results stand: where the user says, else in the user's state folder, never in the working directory.

use std::path::{Path, PathBuf};

use crate::port::Timestamp;
use crate::state;

/// `~/.local/state/hayes/2026-11-22T100000.000Z-supersim-setup.jsonl`; none where the system names no such folder.
pub(super) fn default_results(script: &str) -> Option<PathBuf> {
    let folder = state::folder()?;
    let time = Timestamp::now().to_string().replace(':', "");
    let name = Path::new(script).with_extension("");
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '_' { c } else { '-' };
    let name: String = name.to_string_lossy().trim_matches(['/', '.', '<', '>']).chars().map(plain).collect();
    let path = folder.join(format!("{time}-{name}.jsonl"));
    // Two batches in the same millisecond.
    Some(if path.exists() { folder.join(format!("{time}-{name}-{}.jsonl", std::process::id())) } else { path })
}

/// The conversations of those that failed: beside the results.
pub(super) fn records(results: &Path) -> PathBuf {
    results.with_extension("records")
}
