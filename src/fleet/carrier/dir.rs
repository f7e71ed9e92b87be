//! A folder as a carrier: on one machine, on a stick, or moved by whatever already moves files to the gateways.
//!
//! - `FLEET/want/GATEWAY`: its order
//! - `FLEET/blob/SHA256`: a bundle
//! - `FLEET/res/RUN/GATEWAY/MODEM.ATTEMPT`: a result
//! - `FLEET/gw/GATEWAY`: its presence
//!
//! A file is whole once it has its name, and a result's name is given once. What is written is on the disk before a
//! call returns. A compare-and-set holds among those who see the same folder.
//!
//! Others write there too. So nothing is read but regular files in it, and of each no more than one of its kind has.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::{
    Arrived, Carried, Carrier, CarrierError, Kept, NewOrder, Presences, Put, Receipt, ResultKey, Version, is_name,
};
use crate::port::Clock;
use crate::source::{Unreadable, read_binary};

/// The folders of a fleet in it.
const FOLDERS: [&str; 5] = ["want", "blob", "res", "gw", "tmp"];

/// How often it is looked whether something has come.
const LOOK_FOR_FILES: Duration = Duration::from_millis(200);

/// How often the results of runs that are over are counted.
const LOOK_FOR_OLD_RUNS: Duration = Duration::from_secs(5);

/// What a file may have at most (bytes): no order, bundle, result or presence is larger.
const ORDER: u64 = 16 << 20;
const BLOB: u64 = 1 << 20;
const RESULT: u64 = 64 << 20;
const PRESENCE: u64 = 4 << 20;

#[derive(Debug)]
pub(super) struct DirCarrier {
    /// What was named, which carries other fleets too
    named: PathBuf,
    fleet: String,
    /// Its fleet's folder in it
    folder: PathBuf,
    given: Mutex<Given>,
}

/// What was given out of the results: names in a folder have no order in which they came.
#[derive(Debug, Default)]
struct Given {
    known: HashSet<PathBuf>,
    /// Of runs whose results were given to an earlier process how many there were; and when these are counted again
    earlier: HashMap<String, usize>,
    next_count: Duration,
    /// Those that were seen, and are given out next: of thousands not all are looked through each time.
    next: VecDeque<PathBuf>,
    /// How many orders and presences there were, and when each of these was written
    orders: Option<usize>,
    presences: HashMap<String, (u64, SystemTime)>,
    /// What was passed over, each once, and why where that was not told yet
    passed_over: HashSet<PathBuf>,
    untold: Vec<String>,
}

impl DirCarrier {
    pub(super) fn new(named: &Path, fleet: &str) -> DirCarrier {
        let folder = named.join(fleet);
        DirCarrier { named: named.to_owned(), fleet: fleet.to_owned(), folder, given: Mutex::default() }
    }

    /// A file in it, by the words of its name. Each comes from a message, so each is looked at.
    fn place(&self, words: &[&str]) -> Carried<PathBuf> {
        match words.iter().find(|word| !is_name(word.split_once('.').map_or(word, |(name, _)| name))) {
            Some(word) => Err(CarrierError::Refused(format!("{word:?} is no name"))),
            None => Ok(words.iter().fold(self.folder.clone(), |path, word| path.join(word))),
        }
    }

    fn failed(&self, path: &Path, error: &io::Error) -> CarrierError {
        let (folder, fleet) = (self.named.display(), &self.fleet);
        let is_missing = error.kind() == ErrorKind::NotFound;
        let why = match self.named.metadata() {
            Ok(known) if known.is_dir() && is_missing && self.is_of_earlier() => format!(
                "{folder} carries a fleet as an earlier Hayes kept it: move its {} into {folder}/FLEET, named as that one is, or begin with another folder",
                FOLDERS.join(", ")
            ),
            Ok(known) if known.is_dir() && is_missing && !self.folder.join("tmp").exists() => {
                let others = entries(&self.named).unwrap_or_default().into_iter().filter(|it| it.join("want").is_dir());
                let others = others.filter_map(|it| Some(it.file_name()?.to_str()?.to_owned())).collect::<Vec<_>>();
                let carries = if others.is_empty() { String::new() } else { format!(", but {}", others.join(", ")) };
                let lets = format!("`hayes fleet init --fleet {fleet} --carrier dir:{folder}` lets it");
                format!("{folder} carries no fleet {fleet}{carries}: {lets}")
            }
            Err(missing) if missing.kind() == ErrorKind::NotFound && is_missing => {
                format!("the folder {folder} is not there")
            }
            // What no time mends
            _ => match (error.kind(), path.ancestors().find(|it| it.is_file())) {
                (ErrorKind::NotADirectory | ErrorKind::AlreadyExists | ErrorKind::NotFound, Some(file)) => {
                    return CarrierError::Refused(format!("{} is no folder: move it away", file.display()));
                }
                (ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem, _) => {
                    let needs = format!("this user has to read and to write in {}", self.folder.display());
                    return CarrierError::Refused(format!("{}: {error}: {needs}", path.display()));
                }
                _ => format!("{}: {error}", path.display()),
            },
        };
        CarrierError::Unreachable(why)
    }

    /// Whether a fleet's folders stand in it at once, as they did before fleets had folders of their own.
    fn is_of_earlier(&self) -> bool {
        FOLDERS.iter().all(|name| self.named.join(name).is_dir()) && !self.folder.is_dir()
    }

    /// A file of at most so many bytes. What is no regular file of this carrier, or is larger, is refused.
    fn read(&self, path: &Path, most: u64) -> Carried<Option<Vec<u8>>> {
        let refused = |why: &dyn std::fmt::Display| Err(CarrierError::Refused(format!("{}: {why}", path.display())));
        if self.leaves(path) {
            return refused(&"it is a link to what is not in the carrier");
        }
        match read_binary(path, most) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Unreadable::Io(error)) if error.kind() == ErrorKind::NotFound && self.folder.is_dir() => Ok(None),
            Err(Unreadable::Io(error)) if error.kind() == ErrorKind::InvalidInput => refused(&error),
            // A socket is not even opened.
            Err(Unreadable::Io(_)) if path.exists() && !path.is_file() => refused(&"it is no regular file"),
            Err(Unreadable::Io(error)) => Err(self.failed(path, &error)),
            Err(why) => refused(&format!("it {why}")),
        }
    }

    /// Whether it is a link, and what it leads to stands elsewhere.
    fn leaves(&self, path: &Path) -> bool {
        let whole = |path: &Path| path.canonicalize().ok();
        let is_here = || Some(whole(path)?.starts_with(whole(&self.folder)?));
        // One that leads nowhere leads nowhere else.
        path.is_symlink() && path.exists() && is_here() == Some(false)
    }

    /// Of several: what is refused counts as passed over, and the rest goes on.
    fn or_passed_over<T>(given: &mut Given, path: &Path, read: Carried<T>) -> Carried<Option<T>> {
        match read {
            Err(CarrierError::Refused(why)) => {
                if given.passed_over.insert(path.to_owned()) {
                    given.untold.push(format!("{why}: it is passed over"));
                }
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    /// Writes a file that has a name of no meaning yet, and hands it over to be named.
    fn write(&self, path: &Path, bytes: &[u8], name: impl FnOnce(&Path) -> io::Result<()>) -> Carried<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        if !self.folder.is_dir() {
            let kind = if self.folder.exists() { ErrorKind::NotADirectory } else { ErrorKind::NotFound };
            return Err(self.failed(path, &kind.into()));
        }
        let new = self.folder.join("tmp").join(format!("{}-{number}", std::process::id()));
        // One of a process that was killed, or somebody's link: it is not written to.
        let _ = fs::remove_file(&new);
        let file = OpenOptions::new().write(true).create_new(true).open(&new);
        let mut file = file.map_err(|error| self.failed(&new, &error))?;
        let named = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| name(&new));
        // Where it was renamed there is none any more.
        let _ = fs::remove_file(&new);
        named.and_then(|()| sync_folder(path)).map_err(|error| self.failed(path, &error))
    }

    /// Replaces a file while no other process of this machine does.
    fn replace(&self, path: &Path, (bytes, most): (&[u8], u64), replaces: Version, within: Duration) -> Carried<Put> {
        let place = self.folder.join("tmp").join("lock");
        let locked = || {
            if place.symlink_metadata().is_ok_and(|known| !known.is_file()) {
                return Err(io::Error::other("it is no regular file: remove it"));
            }
            let file = File::create(&place)?;
            let clock = Clock::start();
            while let Err(error) = file.try_lock() {
                match error {
                    fs::TryLockError::WouldBlock if clock.now() < within => Clock::pause(Duration::from_millis(5)),
                    fs::TryLockError::WouldBlock => return Err(ErrorKind::TimedOut.into()),
                    // Some network file systems know no locks.
                    fs::TryLockError::Error(_) => break,
                }
            }
            Ok(file)
        };
        let _lock = locked().map_err(|error| self.failed(&place, &error))?;
        if self.kept(path, most)?.map_or(0, |kept| kept.version) != replaces {
            return Ok(Put::Changed);
        }
        self.write(path, bytes, |new| fs::rename(new, path))?;
        Ok(Put::Done(version(bytes)))
    }

    /// What may be replaced: where it is refused, as if nothing stood in it.
    fn kept(&self, path: &Path, most: u64) -> Carried<Option<Kept>> {
        let bytes = match self.read(path, most) {
            Err(CarrierError::Refused(_)) => Some(Vec::new()),
            read => read?,
        };
        Ok(bytes.map(|bytes| Kept { version: version(&bytes), bytes }))
    }

    /// The files of a folder that are named as gateways are.
    fn names(&self, folder: &str) -> Carried<BTreeMap<String, PathBuf>> {
        let folder = self.folder.join(folder);
        // One that has lost all is an empty one.
        let is_there = self.named.is_dir() && !self.is_of_earlier();
        let found =
            entries(&folder).and_then(|found| if is_there { Ok(found) } else { Err(ErrorKind::NotFound.into()) });
        let named = |path: PathBuf| Some((path.file_name()?.to_str().filter(|name| is_name(name))?.to_owned(), path));
        Ok(found.map_err(|error| self.failed(&folder, &error))?.into_iter().filter_map(named).collect())
    }

    /// Results that were not given out yet, at most so many.
    fn come(&self, most: usize) -> Carried<Vec<Arrived>> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.next.is_empty() {
            let failed = |error: io::Error| self.failed(&self.folder.join("res"), &error);
            let begin = Clock::since_boot();
            for run in entries(&self.folder.join("res")).map_err(failed)?.into_iter().filter(|it| !self.leaves(it)) {
                let earlier = run.file_name().and_then(|name| given.earlier.get(name.to_str()?)).copied();
                if earlier.is_some() && begin < given.next_count {
                    continue;
                }
                let mut files = Vec::new();
                for gateway in entries(&run).map_err(failed)?.into_iter().filter(|it| !self.leaves(it)) {
                    files.extend(entries(&gateway).map_err(failed)?);
                }
                if earlier.is_none_or(|count| count != files.iter().filter(|file| key(file).is_some()).count()) {
                    let new: Vec<PathBuf> = files.into_iter().filter(|file| !given.known.contains(file)).collect();
                    given.next.extend(new);
                }
            }
            let now = Clock::since_boot();
            if begin >= given.next_count {
                given.next_count = now + (9 * (now - begin)).max(LOOK_FOR_OLD_RUNS);
            }
        }
        let (mut come, mut size) = (Vec::new(), 0);
        while let Some(file) = given.next.pop_front() {
            if let Some(key) = key(&file) {
                let read = self.read(&file, RESULT);
                // What is passed over may be replaced by its gateway.
                let Some(bytes) = Self::or_passed_over(&mut given, &file, read)? else { continue };
                size += bytes.as_ref().map_or(0, Vec::len);
                come.extend(bytes.map(|bytes| Arrived { key, bytes, cursor: 0 }));
            }
            given.known.insert(file);
            if come.len() >= most || size as u64 >= RESULT {
                break;
            }
        }
        Ok(come)
    }
}

impl Carrier for DirCarrier {
    fn prepare(&self, _within: Duration) -> Carried<()> {
        if self.is_of_earlier() {
            return Err(self.failed(&self.folder, &ErrorKind::NotFound.into()));
        }
        FOLDERS
            .iter()
            .map(|name| self.folder.join(name))
            .try_for_each(|folder| fs::create_dir_all(&folder).map_err(|error| self.failed(&folder, &error)))
    }

    fn confirms(&self) -> bool {
        false
    }

    fn put_orders(&self, orders: &[NewOrder<'_>], within: Duration) -> Carried<Vec<Put>> {
        let replace = |order: &NewOrder<'_>| {
            self.replace(&self.place(&["want", order.gateway])?, (order.bytes, ORDER), order.replaces, within)
        };
        orders.iter().map(replace).collect()
    }

    fn order(&self, gateway: &str, _within: Duration) -> Carried<Option<Kept>> {
        let bytes = self.read(&self.place(&["want", gateway])?, ORDER)?;
        Ok(bytes.map(|bytes| Kept { version: version(&bytes), bytes }))
    }

    fn orders(&self, _within: Duration) -> Carried<BTreeMap<String, Kept>> {
        let mut orders = BTreeMap::new();
        for (name, path) in self.names("want")? {
            orders.extend(self.kept(&path, ORDER)?.map(|kept| (name, kept)));
        }
        Ok(orders)
    }

    fn put_blob(&self, hash: &str, bytes: &[u8], _within: Duration) -> Carried<()> {
        let path = self.place(&["blob", hash])?;
        if is_kept(&path, BLOB) {
            return Ok(());
        }
        self.write(&path, bytes, |new| fs::rename(new, &path))
    }

    fn blob(&self, hash: &str, _within: Duration) -> Carried<Option<Vec<u8>>> {
        self.read(&self.place(&["blob", hash])?, BLOB)
    }

    fn put_result(&self, key: &ResultKey, bytes: &[u8], _within: Duration) -> Carried<Receipt> {
        let name = format!("{}.{}", key.modem, key.attempt);
        let path = self.place(&["res", &key.run, &key.gateway, &name])?;
        let mut receipt = Receipt::Stored;
        self.write(&path, bytes, |new| {
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            match fs::hard_link(new, &path) {
                // FAT, as sticks have it, knows no links.
                Err(_) if is_kept(&path, RESULT) => receipt = Receipt::Already,
                Err(_) => fs::rename(new, &path)?,
                Ok(()) => {}
            }
            Ok(())
        })?;
        Ok(receipt)
    }

    fn results(&self, _after: u64, most: usize, within: Duration) -> Carried<Vec<Arrived>> {
        let clock = Clock::start();
        loop {
            let come = self.come(most)?;
            if !come.is_empty() || clock.now() >= within {
                return Ok(come);
            }
            Clock::pause(LOOK_FOR_FILES.min(within));
        }
    }

    fn has_given(&self, run: &str, count: Option<usize>) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        match count {
            Some(count) => _ = given.earlier.insert(run.to_owned(), count),
            None => _ = given.earlier.remove(run),
        }
    }

    fn put_presence(&self, gateway: &str, presence: &[u8], replaces: Version, within: Duration) -> Carried<Put> {
        self.replace(&self.place(&["gw", gateway])?, (presence, PRESENCE), replaces, within)
    }

    fn presence(&self, gateway: &str, _within: Duration) -> Carried<Option<Kept>> {
        self.kept(&self.place(&["gw", gateway])?, PRESENCE)
    }

    fn presences(&self, _within: Duration) -> Carried<Presences> {
        let (names, orders) = (self.names("gw")?, self.names("want")?.len());
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let is_gone = given.presences.keys().any(|name| !names.contains_key(name));
        let anew = is_gone || given.orders.replace(orders).is_none_or(|before| orders < before);
        if anew {
            given.presences.clear();
        }
        let mut said = Vec::new();
        for (name, path) in names {
            let there = written(&path);
            if there.is_some() && given.presences.get(&name) != there.as_ref() {
                let read = self.read(&path, PRESENCE);
                // One that was passed over is looked at again.
                let Some(bytes) = Self::or_passed_over(&mut given, &path, read)?.flatten() else { continue };
                said.push((name.clone(), bytes));
                given.presences.extend(there.map(|there| (name, there)));
            }
        }
        Ok(Presences { anew, said })
    }

    fn passed_over(&self) -> Vec<String> {
        std::mem::take(&mut self.given.lock().unwrap_or_else(PoisonError::into_inner).untold)
    }

    fn wait(&self, gateway: &str, at_most: Duration) {
        let path = self.folder.join("want").join(gateway);
        let look = || written(&path);
        let (clock, before) = (Clock::start(), look());
        while look() == before && clock.now() < at_most {
            Clock::pause(LOOK_FOR_FILES.min(at_most));
        }
    }
}

/// Whether a regular file of no more bytes stands there: what else has that name is no file of ours.
fn is_kept(path: &Path, most: u64) -> bool {
    path.symlink_metadata().is_ok_and(|known| known.is_file() && known.len() <= most)
}

/// What tells one writing of a file from the one before.
fn written(path: &Path) -> Option<(u64, SystemTime)> {
    let known = path.metadata().ok()?;
    Some((known.len(), known.modified().ok()?))
}

/// What was written says itself which writing it is.
fn version(bytes: &[u8]) -> Version {
    Sha256::digest(bytes).first_chunk().map_or(1, |first| u64::from_be_bytes(*first).max(1))
}

/// `…/RUN/GATEWAY/MODEM.ATTEMPT`
fn key(path: &Path) -> Option<ResultKey> {
    let mut words = path.iter().rev().map(|word| word.to_str());
    let (modem, attempt) = words.next()??.rsplit_once('.')?;
    let (gateway, run) = (words.next()??, words.next()??);
    let attempt = attempt.parse().ok()?;
    let key = ResultKey { run: run.into(), gateway: gateway.into(), modem: modem.into(), attempt };
    Some(key).filter(|key| [&key.run, &key.gateway, &key.modem].into_iter().all(|name| is_name(name)))
}

/// What stands in a folder, by name; nothing where it is not there.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = read.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// A new name is on the disk once its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(windows) { Ok(()) } else { File::open(path.parent().unwrap_or(path))?.sync_all() }
}
