//! `results.jsonl`: a line for each modem that has ended. It is the journal and the report: a batch that is killed
//! loses none of its lines, and goes on from them.
//!
//! A line is written at once and whole, so that the death of this process tears none; it is synced by a thread of its
//! own, so that the modems do not wait for the disk. A machine that loses its power may tear the last line.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::report::result::RunResult;
use crate::runtime::Status;
use crate::state;

/// Results that can be read back. They may be more than memory holds: each is read when it is wanted.
#[derive(Debug)]
pub struct Results {
    file: File,
    /// Of each modem its last line, in the order of their first.
    pub heads: Vec<Head>,
    /// The last line was torn: so many bytes of it were dropped.
    pub torn: Option<usize>,
    /// Where the last whole line ends.
    length: u64,
    /// The last of them has no line end yet.
    open: bool,
    size: u64,
}

#[derive(Debug)]
pub struct Head {
    pub modem: String,
    pub port: String,
    pub script: String,
    pub fingerprint: Option<String>,
    pub status: Status,
    pub plan: bool,
    place: Range<u64>,
}

/// No modem says as much as that.
const LARGEST_RESULT_LINE: u64 = 64 << 20;

/// How each of our lines begins.
const BEGINNING: &[u8] = b"{\"modem\":\"";

/// Whether it begins as our lines do. What does not is somebody's text, and stays.
fn is_ours(line: &[u8]) -> bool {
    let common = line.len().min(BEGINNING.len());
    line.get(..common) == BEGINNING.get(..common)
}

/// What a line is instead of a result.
fn in_plain_words(line: &[u8], error: &serde_json::Error) -> String {
    let is_object = line.trim_ascii_start().starts_with(b"{");
    match error.classify() {
        // What JSON has to say about the text names its place; about the kinds of values it speaks of Rust's.
        Category::Data if is_object => "its keys or values are not those of one".to_owned(),
        Category::Data => "a result is a JSON object".to_owned(),
        Category::Syntax | Category::Eof | Category::Io => format!("it is no JSON (column {})", error.column()),
    }
}

fn no_result(number: usize, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("line {number} is no result: {why}"))
}

/// Looks through the lines of a journal. A torn last line is dropped, and told; one that is no result is invalid data.
pub fn read(path: &Path) -> io::Result<Results> {
    read_each(path, |result: RunResult| result)
}

/// As [`read`], of lines that may hold more than a result; `take` sees each as it is read, and gives its result back.
pub fn read_each<T: DeserializeOwned>(path: &Path, mut take: impl FnMut(T) -> RunResult) -> io::Result<Results> {
    let file = File::open(path)?;
    let file = if file.metadata()?.is_file() { file } else { spooled(file)? };
    let mut results = Results { file, heads: Vec::new(), torn: None, length: 0, open: false, size: 0 };
    let mut reader = BufReader::new(&results.file);
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let count = reader.by_ref().take(LARGEST_RESULT_LINE).read_until(b'\n', &mut line)? as u64;
        if count == 0 {
            return Ok(results);
        }
        number += 1;
        let place = results.size..results.size + count;
        results.size = place.end;
        let ends = line.ends_with(b"\n");
        // At the end of all, empty ones are what a probe has left that was killed.
        if line.trim_ascii().is_empty() && ends {
            continue;
        }
        match serde_json::from_slice::<T>(&line) {
            // An object is whole once its brace is closed: its line end alone may be missing.
            Ok(whole) if ends || is_ours(&line) => {
                results.length = place.end;
                let RunResult { modem, port, script, fingerprint, status, plan, .. } = take(whole);
                let index = *places.entry(modem.clone()).or_insert(results.heads.len());
                let head = Head { modem, port, script, fingerprint, status, plan, place };
                match results.heads.get_mut(index) {
                    Some(earlier) => *earlier = head,
                    None => results.heads.push(head),
                }
                results.open = !ends;
            }
            Ok(_) | Err(_) if count == LARGEST_RESULT_LINE => {
                return Err(no_result(number, "it is longer than 64 MiB"));
            }
            // It may be the beginning of a line that was not written to its end.
            Ok(_) | Err(_) if !ends && is_ours(&line) => results.torn = Some(line.len()),
            Ok(_) => return Err(no_result(number, "it is not written as they are")),
            Err(error) => return Err(no_result(number, &in_plain_words(&line, &error))),
        }
    }
}

/// What comes from a pipe, or from a device that may have no end, in a file that has no name.
fn spooled(pipe: File) -> io::Result<File> {
    const LARGEST_SPOOL: u64 = 256 << 20;
    let path = std::env::temp_dir().join(format!("hayes-results-{}", std::process::id()));
    let mut file = state::private().read(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    if io::copy(&mut pipe.take(LARGEST_SPOOL), &mut file)? == LARGEST_SPOOL {
        return Err(io::Error::other("it is larger than 256 MiB, which no results are"));
    }
    file.rewind()?;
    Ok(file)
}

impl Results {
    pub fn passed(&self) -> impl Iterator<Item = &Head> {
        self.heads.iter().filter(|head| head.status == Status::Passed && !head.plan)
    }

    /// Reads one after the other, as [`crate::report::result::Walk`] says.
    pub fn walk(&self, take: &mut dyn FnMut(&RunResult) -> io::Result<()>) -> io::Result<()> {
        self.walk_through(&self.heads.iter().collect::<Vec<_>>(), take)
    }

    pub fn walk_through(&self, heads: &[&Head], take: &mut dyn FnMut(&RunResult) -> io::Result<()>) -> io::Result<()> {
        let mut reader = BufReader::new(&self.file);
        let mut at = reader.seek(SeekFrom::Start(0))?;
        let mut line = Vec::new();
        for Head { place, .. } in heads {
            reader.seek_relative(place.start.cast_signed() - at.cast_signed())?;
            at = place.end;
            line.clear();
            reader.by_ref().take(place.end - place.start).read_to_end(&mut line)?;
            take(&serde_json::from_slice(&line)?)?;
        }
        Ok(())
    }
}

pub struct Journal {
    file: File,
    path: PathBuf,
    syncer: Option<Syncer>,
}

/// How long a line may wait for others before it is synced: a hundred modems that end at once are not a hundred syncs.
const SYNC_TOGETHER: Duration = Duration::from_millis(10);
/// So long where modems wait for their line before they begin.
const SYNC_WAIT: Duration = Duration::from_millis(1);

type Synced = Box<dyn FnOnce() + Send>;

struct Syncer {
    /// Takes what each line that was written has to tell. Once it is dropped the thread ends.
    lines: Sender<Synced>,
    /// Why lines did not reach the disk, the first time.
    failed: Arc<Mutex<Option<io::Error>>>,
    thread: JoinHandle<()>,
}

impl Journal {
    /// Opens the file for appending, behind what `earlier` has read, and locks it. Fails where nothing can be written.
    pub fn open(path: &Path, earlier: Option<&Results>) -> io::Result<Journal> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            state::private_folder(folder)?;
        }
        let _read_by_another = state::is_pipe(path).then(|| state::opened(&state::private(), path)).transpose()?;
        let mut file = state::private().read(true).create(earlier.is_none()).open(path)?;
        let is_file = file.metadata()?.is_file();
        // What a device is given nobody mixes up: any number may write into it.
        if is_file {
            lock(&file)?;
        }
        // Until then another may have written.
        let metadata = file.metadata()?;
        if earlier.is_none() && is_file && metadata.len() > 0 {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "it holds something already"));
        }
        if let Some(earlier) = earlier.filter(|_| is_file) {
            if metadata.len() != earlier.size {
                return Err(io::Error::other("it has changed since it was read: another hayes batch has just ended"));
            }
            file.set_len(earlier.length)?;
            file.seek(SeekFrom::End(0))?;
            if earlier.open {
                file.write_all(b"\n")?;
            }
        }
        Journal::of(file, is_file, path, SYNC_TOGETHER)
    }

    /// Goes on with a file of other lines than results: these bytes of it are whole lines, what follows is cut off.
    pub fn of_lines(path: &Path, whole: u64) -> io::Result<Journal> {
        let mut file = state::private().read(true).open(path)?;
        lock(&file)?;
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
        Journal::of(file, true, path, SYNC_WAIT)
    }

    fn of(mut file: File, is_file: bool, path: &Path, together: Duration) -> io::Result<Journal> {
        probe(&mut file, is_file)?;
        Ok(Journal {
            syncer: is_file.then(|| Syncer::start(&file, together)).transpose()?,
            file,
            path: path.to_owned(),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a line; once it is written `synced` is called soon, when it is on the disk or cannot be.
    pub fn append(&mut self, line: &str, synced: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.append_of(line, (), |()| synced()).map_err(|(error, ())| error)
    }

    /// The same of something, which `synced` is given; where the line was not written it comes back.
    pub fn append_of<T: Send + 'static>(
        &mut self,
        line: &str,
        of: T,
        synced: impl FnOnce(T) + Send + 'static,
    ) -> Result<(), (io::Error, T)> {
        let mut whole = String::with_capacity(line.len() + 1);
        whole.push_str(line);
        whole.push('\n');
        if let Err(error) = self.file.write_all(whole.as_bytes()) {
            return Err((error, of));
        }
        match &self.syncer {
            // The thread takes all that comes, to its end.
            Some(syncer) => _ = syncer.lines.send(Box::new(move || synced(of))),
            None => synced(of),
        }
        Ok(())
    }

    pub fn sync_error(&self) -> Option<io::Error> {
        take(&self.syncer.as_ref()?.failed)
    }

    pub fn finish(mut self) -> io::Result<()> {
        match self.syncer.take() {
            Some(Syncer { lines, failed, thread }) => {
                drop(lines);
                thread.thread().unpark();
                thread.join().map_err(|_| io::Error::other("the thread that syncs has ended"))?;
                take(&failed).map_or(Ok(()), Err)
            }
            None => self.file.flush(),
        }
    }
}

/// Makes room for a line, so that a full disk shows before anything is sent.
fn probe(file: &mut File, is_file: bool) -> io::Result<()> {
    const ROOM: usize = 4096;
    if !is_file {
        // What is written to a pipe or a device cannot be taken back; an empty line says nothing to its reader.
        return file.write_all(b"\n");
    }
    let end = file.stream_position()?;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        let most = rustix::process::getrlimit(rustix::process::Resource::Fsize).current;
        if most.is_some_and(|most| end + ROOM as u64 > most) {
            return Err(Errno::FBIG.into());
        }
        match fallocate(&*file, FallocateFlags::KEEP_SIZE, end, ROOM as u64) {
            // Some file systems cannot.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
            made => return made.map_err(io::Error::from),
        }
    }
    // Elsewhere it is written, and taken back.
    file.write_all(&[b'\n'; ROOM])?;
    file.sync_data()?;
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    Ok(())
}

/// Devices and some network file systems know no locks.
fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(io::Error::new(io::ErrorKind::ResourceBusy, "another hayes batch is writing to it"))
        }
        Ok(()) | Err(std::fs::TryLockError::Error(_)) => Ok(()),
    }
}

impl Syncer {
    fn start(file: &File, together: Duration) -> io::Result<Syncer> {
        let file = file.try_clone()?;
        let (lines, written) = channel();
        let failed = Arc::default();
        let thread = std::thread::Builder::new().name("journal".to_owned()).stack_size(64 << 10);
        let thread = thread.spawn({
            let failed = Arc::clone(&failed);
            move || sync(&file, &written, &failed, together)
        })?;
        Ok(Syncer { lines, failed, thread })
    }
}

/// One sync for all lines that have come meanwhile. The first failure is told once; who waits is told all the same.
fn sync(file: &File, written: &Receiver<Synced>, failed: &Mutex<Option<io::Error>>, together: Duration) {
    let mut has_failed = false;
    while let Ok(first) = written.recv() {
        // Others come while it is parked, and wake it no more; the end of the batch does.
        std::thread::park_timeout(together);
        let others: Vec<Synced> = written.try_iter().collect();
        if let Err(error) = file.sync_data()
            && !std::mem::replace(&mut has_failed, true)
        {
            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
        first();
        others.into_iter().for_each(|tell| tell());
    }
}

fn take(failed: &Mutex<Option<io::Error>>) -> Option<io::Error> {
    failed.lock().unwrap_or_else(PoisonError::into_inner).take()
}

#[cfg(test)]
#[path = "../../tests/units/journal.rs"]
mod tests;
