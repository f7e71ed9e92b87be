//! `results.jsonl`: a line for each modem that has ended. It is the journal and the report: a batch that is killed loses
//! none of its lines, and goes on from them.
//!
//! A line is written at once and whole, so that the death of this process tears none; it is synced by a thread of its
//! own, so that the modems do not wait for the disk. A machine that loses its power may tear the last line.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use crate::report::result::RunResult;
use crate::runtime::Status;

/// Results that were read back.
#[derive(Debug, Clone, Default)]
pub struct Results {
    /// Of each modem its last line, in the order of their first.
    pub results: Vec<RunResult>,
    /// The last line was torn: so many bytes of it were dropped.
    pub torn: Option<usize>,
    /// How many bytes hold whole lines.
    length: u64,
}

/// Why results cannot be read.
#[derive(Debug)]
pub enum ReadError {
    Io(io::Error),
    /// A line that is no result, and is not the last.
    Line {
        number: usize,
        why: String,
    },
}

/// Reads the lines of a journal. The last may be torn: then it is dropped, and that is told.
pub fn read(path: &Path) -> Result<Results, ReadError> {
    let bytes = std::fs::read(path).map_err(ReadError::Io)?;
    let mut results = Results::default();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut rest = bytes.as_slice();
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
        if line.trim_ascii().is_empty() && end.is_some() {
            results.length += line.len() as u64;
            rest = after;
            continue;
        }
        match serde_json::from_slice::<RunResult>(line) {
            // Without its line end, a line may lack digits of its last number too: only the line end tells.
            Ok(result) if end.is_some() => {
                match places.get(&result.modem).and_then(|place| results.results.get_mut(*place)) {
                    Some(earlier) => *earlier = result,
                    None => {
                        places.insert(result.modem.clone(), results.results.len());
                        results.results.push(result);
                    }
                }
                results.length += line.len() as u64;
            }
            Ok(_) => results.torn = Some(line.len()),
            // The disk may have kept the end of the last lines and not their middle.
            Err(_) if after.is_empty() => results.torn = Some(line.len()),
            Err(error) => return Err(ReadError::Line { number, why: error.to_string() }),
        }
        rest = after;
    }
    Ok(results)
}

impl Results {
    /// Whether this modem is done: its last line says passed, and no plan wrote it.
    pub fn passed(&self) -> impl Iterator<Item = &str> {
        let done = self.results.iter().filter(|result| result.status == Status::Passed && !result.plan);
        done.map(|result| result.modem.as_str())
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReadError::Io(error) => error.fmt(f),
            ReadError::Line { number, why } => write!(f, "line {number} is no result: {why}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// A journal that is being written.
pub struct Journal {
    file: File,
    path: PathBuf,
    syncer: Option<Syncer>,
}

struct Syncer {
    dirty: Sender<()>,
    outcome: JoinHandle<io::Result<()>>,
}

impl Journal {
    /// Opens the file for appending, after what `earlier` has read of it; a torn line is cut off. The file must not be
    /// another run's: it is locked. Fails where nothing can be written, before anything is sent.
    pub fn open(path: &Path, earlier: Option<&Results>) -> io::Result<Journal> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut file =
            OpenOptions::new().read(true).write(true).create(earlier.is_none()).truncate(false).open(path)?;
        lock(&file)?;
        let metadata = file.metadata()?;
        let is_file = metadata.is_file();
        if earlier.is_none() && is_file && metadata.len() > 0 {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it holds results already"));
        }
        if let Some(earlier) = earlier.filter(|_| is_file) {
            file.set_len(earlier.length)?;
            file.seek(SeekFrom::End(0))?;
        }
        probe(&mut file, is_file)?;
        Ok(Journal { syncer: is_file.then(|| Syncer::start(&file)).transpose()?, file, path: path.to_owned() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line. It is in the system's hands when this returns, and on the disk soon after.
    pub fn append(&mut self, line: &str) -> io::Result<()> {
        let mut whole = String::with_capacity(line.len() + 1);
        whole.push_str(line);
        whole.push('\n');
        self.file.write_all(whole.as_bytes())?;
        if let Some(syncer) = &self.syncer {
            // A syncer that has ended has failed: `finish` tells.
            let _ = syncer.dirty.send(());
        }
        Ok(())
    }

    /// Waits until all lines are on the disk.
    pub fn finish(mut self) -> io::Result<()> {
        match self.syncer.take() {
            Some(Syncer { dirty, outcome }) => {
                drop(dirty);
                outcome.join().unwrap_or_else(|_| Err(io::Error::other("the thread that syncs has ended")))
            }
            None => self.file.flush(),
        }
    }
}

/// Writes and takes back a line's worth, so that a full disk shows before anything is sent.
fn probe(file: &mut File, is_file: bool) -> io::Result<()> {
    if !is_file {
        // What is written to a pipe or a device cannot be taken back; an empty line says nothing to its reader.
        return file.write_all(b"\n");
    }
    let end = file.stream_position()?;
    file.write_all(&[b'\n'; 4096])?;
    file.sync_data()?;
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    Ok(())
}

#[cfg(unix)]
fn lock(file: &File) -> io::Result<()> {
    use rustix::fs::{FlockOperation, flock};
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(error) if error == rustix::io::Errno::WOULDBLOCK => {
            Err(io::Error::new(io::ErrorKind::ResourceBusy, "another hayes batch is writing to it"))
        }
        // Devices and some network file systems know no locks.
        Err(_) => Ok(()),
    }
}

#[cfg(not(unix))]
fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(io::Error::new(io::ErrorKind::ResourceBusy, "another hayes batch is writing to it"))
        }
        Ok(()) | Err(std::fs::TryLockError::Error(_)) => Ok(()),
    }
}

impl Syncer {
    fn start(file: &File) -> io::Result<Syncer> {
        let file = file.try_clone()?;
        let (dirty, lines) = channel();
        let thread = std::thread::Builder::new().name("journal".to_owned()).stack_size(64 << 10);
        Ok(Syncer { dirty, outcome: thread.spawn(move || sync(&file, &lines))? })
    }
}

/// One sync for all the lines that have come meanwhile.
fn sync(file: &File, lines: &Receiver<()>) -> io::Result<()> {
    while lines.recv().is_ok() {
        while lines.try_recv().is_ok() {}
        file.sync_data()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("hayes-journal-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn line(modem: &str, status: &str) -> String {
        format!(
            "{{\"modem\":\"{modem}\",\"port\":\"sim:bg96\",\"script\":\"s\",\"status\":\"{status}\",\"started\":\
             \"2026-11-22T10:00:00.000Z\",\"elapsed_ms\":1,\"exchanges\":1,\"changed\":0,\"unchanged\":0,\"report\":{{}},\
             \"failure\":null}}"
        )
    }

    #[test]
    fn the_last_line_of_a_modem_counts() {
        let folder = Folder::new("last");
        let path = folder.0.join("deep/results.jsonl");
        let mut journal = Journal::open(&path, None).unwrap();
        for (modem, status) in [("a", "failed"), ("b", "passed"), ("a", "passed"), ("c", "interrupted")] {
            journal.append(&line(modem, status)).unwrap();
        }
        journal.finish().unwrap();
        let results = read(&path).unwrap();
        assert_eq!(results.results.iter().map(|r| r.modem.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(results.passed().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(results.torn, None);
        assert!(Journal::open(&path, None).is_err(), "results are never overwritten");
    }

    #[test]
    fn a_torn_line_is_dropped_and_cut_off() {
        let folder = Folder::new("torn");
        let path = folder.0.join("results.jsonl");
        let whole = format!("{}\n", line("a", "passed"));
        let last = line("b", "passed");
        for cut in 1..=last.len() {
            std::fs::write(&path, format!("{whole}{}", &last[..cut])).unwrap();
            let results = read(&path).unwrap();
            assert_eq!(results.torn, Some(cut));
            assert_eq!(results.passed().collect::<Vec<_>>(), ["a"]);
        }
        let results = read(&path).unwrap();
        let mut journal = Journal::open(&path, Some(&results)).unwrap();
        journal.append(&last).unwrap();
        journal.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("{whole}{last}\n"));
    }

    #[test]
    fn a_line_of_something_else_is_an_error() {
        let folder = Folder::new("else");
        let path = folder.0.join("results.jsonl");
        std::fs::write(&path, format!("{{\"modem\":1}}\n{}\n", line("a", "passed"))).unwrap();
        assert!(read(&path).unwrap_err().to_string().starts_with("line 1 is no result: invalid type"));
    }

    #[test]
    #[cfg(unix)]
    fn what_cannot_be_written_shows_before_anything_is_sent() {
        let folder = Folder::new("locked");
        let path = folder.0.join("results.jsonl");
        let journal = Journal::open(&path, None).unwrap();
        let second = Journal::open(&path, None).map(|_| ()).unwrap_err();
        assert_eq!(second.to_string(), "another hayes batch is writing to it");
        drop(journal);
        let full = Journal::open(Path::new("/dev/full"), None).map(|_| ()).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        assert!(Journal::open(&folder.0, None).is_err(), "a folder is no file");
        assert!(Journal::open(&folder.0.join("results.jsonl/x"), None).is_err());
    }
}
