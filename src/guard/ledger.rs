//! What the guards remember, in a file of the user's state folder: which PINs have failed on which SIM, when a SIM was
//! last made to leave its network, how often a modem's flash was written.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::notation::hex;
use crate::port::Clock;
use crate::state::{private_file, private_folder};

const FILE: &str = "guards.json";

/// Another Hayes holds the file for milliseconds. One that is stuck must not stop this one.
const LOCK_TIME: Duration = Duration::from_secs(3);
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// A larger file was not written by Hayes: ten thousand SIMs have 3 MB.
const LARGEST_LEDGER: u64 = 64 << 20;

/// A SIM without a failed PIN is forgotten after a day.
const REMEMBERED: u64 = 24 * 3600 * 1000;

/// The file, and what is known of it where it cannot be read or written.
#[derive(Debug)]
pub(super) struct Ledger {
    /// `None`: the system names no state folder.
    folder: Option<PathBuf>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    book: Book,
    /// What is to be told, and whether something was told already: once is enough.
    untold: Vec<String>,
    has_told: bool,
}

/// What stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Book {
    /// Random, so that the same PIN looks otherwise in the file of each user
    salt: String,
    /// By ICCID, or by the port where that is not known
    sims: BTreeMap<String, SimHistory>,
    /// When SIMs of this machine left a network or looked for one, in milliseconds since 1970: those of the last minute
    pub(super) site: Vec<u64>,
    /// When the modems of a limit left a network or looked for one, by the limit's name: those within its period
    attaches: BTreeMap<String, Vec<u64>>,
    /// How often the flash of each modem was written, by IMEI, or by the port where that is not known
    pub(super) flash: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SimHistory {
    /// What tells the PINs that have failed, and when each was tried
    pub(super) failed: BTreeMap<String, u64>,
    /// How many have failed since the last that was right, by what they open: `SC`
    pub(super) in_a_row: BTreeMap<String, u64>,
    /// When it left a network or looked for one: those of the last hour
    pub(super) searches: Vec<u64>,
}

impl Book {
    pub(super) fn sim(&mut self, name: &str) -> &mut SimHistory {
        self.sims.entry(name.to_owned()).or_default()
    }

    /// When modems that are in a limit attached within this time before now, or will: others have been promised it.
    pub(crate) fn attaches(&mut self, limit: &str, period: Duration, now: u64) -> &mut Vec<u64> {
        let period = u64::try_from(period.as_millis()).unwrap_or(u64::MAX);
        let times = self.attaches.entry(limit.to_owned()).or_default();
        // A clock that was put back makes nothing last longer than once more.
        times.retain(|time| time.saturating_add(period) > now && *time <= now.saturating_add(period));
        times
    }

    /// What tells a code from others, for whoever has the file and does not try all.
    pub(super) fn mark(&mut self, opens: &str, code: &str) -> String {
        if self.salt.is_empty() {
            let mut salt = [0; 16];
            // Without it the marks are those of everybody: still right.
            let _ = getrandom::fill(&mut salt);
            self.salt = hex(&salt);
        }
        let mut hash = Sha256::new();
        for part in [&*self.salt, opens, code] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hex(hash.finalize().get(..16).unwrap_or_default())
    }

    fn forget_before(&mut self, now: u64) {
        // A clock that was put back makes nothing last longer.
        let is_recent = |time: &u64| *time <= now.saturating_add(REMEMBERED) && time.saturating_add(REMEMBERED) > now;
        for sim in self.sims.values_mut() {
            sim.searches.retain(is_recent);
        }
        self.sims.retain(|_, sim| !sim.searches.is_empty() || !sim.failed.is_empty());
    }
}

impl Ledger {
    pub(super) fn new(folder: Option<PathBuf>) -> Ledger {
        Ledger { folder, inner: Mutex::default() }
    }

    /// Reads the file, changes what it says, and writes it, while no other Hayes does. What cannot be read or written
    /// is to be told, and what is known of it holds for this run.
    pub(super) fn change<T>(&self, now: u64, change: impl FnOnce(&mut Book) -> T) -> T {
        // Nothing waits while the mutex is held: many modems may share this thread.
        let lock = self.folder.as_deref().map(lock);
        let mut guard = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *guard;
        let file = self.folder.as_ref().map(|folder| folder.join(FILE));
        if let Some(file) = &file {
            match read(file) {
                Ok(Some(book)) => inner.book = book,
                Ok(None) => {}
                Err(why) => {
                    let _ = fs::rename(file, file.with_extension("broken"));
                    inner.tell(format!(
                        "{} is broken ({why}): what the guards knew of SIMs and PINs is lost; it is kept as guards.broken",
                        file.display()
                    ));
                }
            }
        }
        let before = inner.book.clone();
        inner.book.forget_before(now);
        let changed = change(&mut inner.book);
        inner.book.attaches.retain(|_, times| !times.is_empty());
        let written = match (&self.folder, &lock) {
            _ if inner.book == before => Ok(()),
            (Some(_), Some(Err(error))) => Err(error.to_string()),
            (Some(folder), Some(Ok(_)) | None) => write(folder, &inner.book).map_err(|error| error.to_string()),
            (None, _) => Err("the system names no state folder".to_owned()),
        };
        if let Err(why) = written {
            let file = file.map(|file| format!("{}: ", file.display())).unwrap_or_default();
            inner.tell(format!("{file}what the guards know of SIMs and PINs cannot be kept for later runs: {why}"));
        }
        changed
    }

    /// What was not told yet.
    pub(super) fn untold(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner).untold)
    }
}

impl Inner {
    fn tell(&mut self, note: String) {
        if !std::mem::replace(&mut self.has_told, true) {
            self.untold.push(note);
        }
    }
}

/// Keeps others from the file until it is dropped.
fn lock(folder: &Path) -> io::Result<File> {
    private_folder(folder)?;
    let file = private_file(folder.join("guards.lock"))?;
    let clock = Clock::start();
    loop {
        match file.try_lock() {
            // Where the file system knows no locks there is mostly one Hayes at a time.
            Ok(()) | Err(fs::TryLockError::Error(_)) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) if clock.now() < LOCK_TIME => Clock::pause(LOCK_PAUSE),
            Err(fs::TryLockError::WouldBlock) => return Err(io::Error::other("another hayes holds it")),
        }
    }
}

fn read(file: &Path) -> Result<Option<Book>, String> {
    let size = match fs::metadata(file) {
        Ok(known) if !known.is_file() => return Err("it is no file".to_owned()),
        Ok(known) => known.len(),
        Err(_) => return Ok(None),
    };
    if size > LARGEST_LEDGER {
        return Err(format!("it has {size} bytes"));
    }
    // One that may not be read is not broken.
    let Ok(text) = fs::read(file) else { return Ok(None) };
    serde_json::from_slice(&text).map(Some).map_err(|error| error.to_string())
}

/// The whole file, or nothing: whoever is killed in between leaves the old one.
fn write(folder: &Path, book: &Book) -> io::Result<()> {
    let new = folder.join("guards.new");
    let mut file = private_file(&new)?;
    file.write_all(&serde_json::to_vec(book)?)?;
    file.sync_all()?;
    fs::rename(&new, folder.join(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::tests::with_folder;

    const NOW_MILLIS: u64 = 1_700_000_000_000;

    fn count(ledger: &Ledger) -> u64 {
        ledger.change(NOW_MILLIS, |book| {
            let count = book.flash.entry("modem".to_owned()).or_default();
            *count += 1;
            *count
        })
    }

    #[test]
    fn what_is_written_is_there_for_the_next() {
        with_folder(|folder| {
            let folder = folder.join("made");
            assert_eq!(count(&Ledger::new(Some(folder.clone()))), 1);
            assert_eq!(count(&Ledger::new(Some(folder.clone()))), 2);
            assert!(!folder.join("guards.new").exists());
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(fs::metadata(folder.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
            }
        });
    }

    #[test]
    fn many_at_once_lose_nothing() {
        with_folder(|folder| {
            let ledger = Ledger::new(Some(folder.to_owned()));
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| (0..25).for_each(|_| _ = count(&Ledger::new(Some(folder.to_owned())))));
                    scope.spawn(|| (0..25).for_each(|_| _ = count(&ledger)));
                }
            });
            assert_eq!(count(&ledger), 201);
        });
    }

    #[test]
    fn a_broken_file_is_told_once_and_kept() {
        with_folder(|folder| {
            for broken in ["", "{\"sims\": 7}", "\u{0}\u{1}", "[", "{\"sims\": {\"1\": {\"searches\": [-1]}}}"] {
                fs::write(folder.join(FILE), broken).unwrap();
                let ledger = Ledger::new(Some(folder.to_owned()));
                assert_eq!((count(&ledger), count(&ledger)), (1, 2), "{broken}");
                let told = ledger.untold();
                assert!(matches!(told.as_slice(), [one] if one.contains("guards.json is broken")), "{told:?}");
                assert_eq!(fs::read_to_string(folder.join("guards.broken")).unwrap(), broken);
                fs::remove_file(folder.join(FILE)).unwrap();
            }
        });
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_once() {
        with_folder(|folder| {
            let file = folder.join("file");
            fs::write(&file, "").unwrap();
            for ledger in [Ledger::new(Some(file.join("below"))), Ledger::new(None)] {
                assert_eq!((count(&ledger), count(&ledger)), (1, 2));
                assert_eq!(ledger.untold().len(), 1);
                assert!(ledger.untold().is_empty());
            }
        });
    }

    #[test]
    fn a_sim_without_a_failed_pin_is_forgotten() {
        let mut book = Book::default();
        book.sim("old").searches.push(NOW_MILLIS - REMEMBERED - 1);
        book.sim("future").searches.push(NOW_MILLIS + REMEMBERED + 1);
        book.sim("new").searches.push(NOW_MILLIS - 1);
        let mark = book.mark("SC", "1234");
        book.sim("failed").failed.insert(mark, 1);
        book.forget_before(NOW_MILLIS);
        assert_eq!(book.sims.keys().collect::<Vec<_>>(), ["failed", "new"]);
    }
}
