use std::path::PathBuf;

use super::*;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// A path of this test's own; what is there is removed at its end.
pub(super) struct Scratch(pub(super) PathBuf);

impl Scratch {
    pub(super) fn new(name: &str) -> Scratch {
        Scratch(std::env::temp_dir().join(format!("hayes-port-{name}-{}", std::process::id())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0).or_else(|_| std::fs::remove_dir_all(&self.0));
    }
}

/// A modem that says what stands in a transcript, and refuses all else, in virtual time.
pub(super) fn played(events: &str) -> Memory<Replay> {
    let replay = Replay::new("bench.at".to_owned(), &format!("{}\n{events}", transcript::TITLE)).unwrap();
    Memory::in_virtual_time(replay, &Cancel::new().unwrap())
}
