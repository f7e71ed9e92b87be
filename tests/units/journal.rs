//! Tests of `src/batch/journal.rs` from within: what is private there.

use super::*;

#[test]
#[cfg(target_os = "linux")]
fn what_does_not_reach_the_disk_is_told_while_the_batch_goes_on() {
    // A pipe cannot be synced.
    let (_reader, writer) = io::pipe().unwrap();
    let file = File::from(std::os::fd::OwnedFd::from(writer));
    let syncer = Some(Syncer::start(&file, SYNC_TOGETHER).unwrap());
    let mut journal = Journal { file, path: PathBuf::from("pipe"), syncer };
    let (sender, synced) = std::sync::mpsc::channel();
    journal.append("{}", move || sender.send(()).unwrap()).unwrap();
    synced.recv().unwrap();
    assert!(journal.sync_error().is_some());
    assert!(journal.sync_error().is_none(), "it is told once");
    journal.finish().unwrap();
}
