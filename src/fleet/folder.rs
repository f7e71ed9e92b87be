//! The operator's folder: what outlasts the program.
//!
//! - `fleet.json`, `key`: what the fleet is called, where it is reached, what signs its orders
//! - `orders.log`: what gateways were told
//! - `runs/NAME/run.json`, `bundle`, `results.jsonl`: a run, its scripts, its ledger
//! - `runs/NAME/wish`: what somebody wants of a run that another process drives
//! - `runs/NAME/closed.json`: what has to be known of a run that is over, so that nothing else of it is read

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::carrier::{Access, Carrier, CarrierError, open};
use super::controller::{FleetRun, LedgerLine, Wish};
use super::gateway::{keep, named};
use super::key::{SecretKey, random, sha256};
use super::message::{Order, json, of_newer, run_name, understood};
use super::nkey::KeyKind;
use crate::batch::journal::{self, Journal, Results};
use crate::notation::hex;
use crate::state;

/// What is kept of a fleet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FleetSettings {
    pub v: u32,
    pub fleet: String,
    pub carrier: String,
    /// Certificates to trust in place of the system's
    pub authorities: Option<PathBuf>,
    /// How long a gateway begins modems without the carrier
    #[serde(with = "super::message::as_text")]
    pub valid_for: Duration,
}

/// A fleet's folder, and the carrier and the authorities that are named in place of its own for once.
#[derive(Debug, Clone)]
pub struct FleetFolder(pub PathBuf, pub Option<String>, pub Option<PathBuf>);

/// What is read of a run at once, for its targets may be many; of one that is over it is kept beside it, for such runs
/// become many too.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunHead {
    pub run: String,
    closed: bool,
    #[serde(default)]
    pub adopted: bool,
    pub cursor: Option<u64>,
    /// The names of its gateways, with blanks between them
    #[serde(default)]
    pub gateways: String,
    /// Its [`placing`](FleetRun::placing)
    #[serde(default)]
    pub placed: String,
    /// How many results of gateways its ledger has, where that is known
    pub taken: Option<usize>,
    /// Which `run.json` it was written for: its length, and when that was written
    of: Option<(u64, Duration)>,
}

impl FleetFolder {
    /// Makes a fleet, or gives one another carrier. The public key that gateways are enrolled with.
    pub fn init(&self, settings: &FleetSettings) -> io::Result<String> {
        // A wrong address is not kept.
        let authorities = settings.authorities.as_deref();
        let access = Access { fleet: &settings.fleet, gateway: None, seed: &[0; 32], authorities };
        open(&settings.carrier, &access).map_err(|why| io::Error::new(ErrorKind::InvalidInput, why.to_string()))?;
        named(&self.0, state::private_folder(&self.0))?;
        let path = self.0.join("key");
        if !path.exists() {
            SecretKey::new(KeyKind::Operator)?.write(&path)?;
        }
        keep(&self.0.join("fleet.json"), &json(settings))?;
        Ok(self.key()?.public())
    }

    pub fn settings(&self) -> io::Result<FleetSettings> {
        let kept = read(&self.0.join("fleet.json"), |kept: &FleetSettings| kept.v)?;
        let carrier = self.1.clone().unwrap_or(kept.carrier);
        Ok(FleetSettings { carrier, authorities: self.2.clone().or(kept.authorities), ..kept })
    }

    pub fn key(&self) -> io::Result<SecretKey> {
        let path = self.0.join("key");
        SecretKey::read(KeyKind::Operator, &path).map_err(|error| {
            let help = "put it back; `hayes fleet init` makes another, with which each gateway is enrolled anew";
            if path.exists() { error } else { io::Error::new(error.kind(), format!("{error}: {help}")) }
        })
    }

    pub fn carrier(&self, settings: &FleetSettings) -> io::Result<Box<dyn Carrier>> {
        let key = self.key()?;
        let authorities = settings.authorities.as_deref();
        let access = Access { fleet: &settings.fleet, gateway: None, seed: key.seed(), authorities };
        open(&settings.carrier, &access).map_err(|why| io::Error::new(ErrorKind::InvalidInput, why.to_string()))
    }

    pub fn run_folder(&self, run: &str) -> PathBuf {
        self.0.join("runs").join(self.called(run))
    }

    /// What people call a run: that of another folder by all that it is called, for this one may have one of its name.
    pub fn called<'r>(&self, run: &'r str) -> &'r str {
        if self.0.join("runs").join(run).is_dir() { run } else { run_name(run) }
    }

    /// The run that somebody calls so: by its name, or by all that it is called.
    pub fn find(&self, called: &str) -> io::Result<Option<String>> {
        let path = self.run_folder(called).join("run.json");
        let named: Option<RunHead> = if path.exists() { Some(read(&path, |_| 0)?) } else { None };
        Ok(named.map(|named| named.run).filter(|run| run == called || run_name(run) == called))
    }

    /// Whether a run is over, and its ledger whole.
    pub fn is_closed(&self, run: &str) -> io::Result<bool> {
        read(&self.run_folder(run).join("run.json"), |_| 0).map(|head: RunHead| head.closed)
    }

    /// Whether no other process drives this fleet: then this one does, as long as it has the file.
    pub fn lock(&self) -> io::Result<Option<File>> {
        let path = self.0.join("lock");
        let file = named(&path, state::private().open(&path))?;
        match file.try_lock() {
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Ok(()) | Err(fs::TryLockError::Error(_)) => Ok(Some(file)),
        }
    }

    /// The names of the runs that there are, in the order in which they were made; those of other folders first.
    pub fn runs(&self) -> io::Result<Vec<String>> {
        let path = self.0.join("runs");
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => named(&path, entries)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            // One that was never made to its end has none.
            if entry.path().join("run.json").exists() {
                names.extend(entry.file_name().into_string());
            }
        }
        let number = |run: &str| run_name(run).trim_start_matches('r').parse().unwrap_or(0_u64);
        names.sort_by_key(|run| (run_name(run) == run, number(run)));
        Ok(names)
    }

    /// Keeps a run of another folder, of which the carrier tells.
    pub(super) fn adopt(&self, run: &FleetRun) -> io::Result<()> {
        let folder = self.0.join("runs").join(&run.run);
        state::private_folder(&folder)?;
        keep(&folder.join("run.json"), &json(run))
    }

    pub(super) fn run(&self, name: &str) -> io::Result<FleetRun> {
        read(&self.run_folder(name).join("run.json"), |run: &FleetRun| run.v)
    }

    /// Keeps a new run under the next name, which it is given; `seal` seals its secrets for it.
    pub fn add(
        &self,
        mut run: FleetRun,
        bundle: &[u8],
        seal: impl Fn(&str) -> io::Result<BTreeMap<String, String>>,
    ) -> io::Result<String> {
        let [runs, making] = ["runs", "making"].map(|name| self.0.join(name));
        named(&runs, state::private_folder(&runs))?;
        // Nobody else makes one meanwhile: what is there was left by one that was killed.
        let making = named(&making, state::private().open(&making))?;
        if making.lock().is_ok() {
            let left =
                fs::read_dir(&self.0)?.flatten().filter(|it| it.file_name().as_encoded_bytes().starts_with(b"new-"));
            left.for_each(|left| _ = fs::remove_dir_all(left.path()));
        }
        // It gets its name when it is whole: who is killed meanwhile leaves no run.
        let new = self.0.join(format!("new-{}", std::process::id()));
        named(&new, state::private_folder(&new))?;
        keep(&new.join("bundle"), bundle)?;
        let mut number = self.runs()?.iter().filter(|run| run_name(run) == *run).count() + 1;
        loop {
            run.run = format!("r{number}-{}", hex(&random::<6>()?).to_ascii_lowercase());
            let folder = self.run_folder(&run.run);
            if folder.join("run.json").exists() {
                number += 1;
                continue;
            }
            run.sealed = seal(&run.run)?;
            keep(&new.join("run.json"), &json(&run))?;
            match fs::rename(&new, &folder) {
                Err(_) if folder.exists() => number += 1,
                renamed => return named(&folder, renamed).map(|()| run.run),
            }
        }
    }

    /// Which writing of a run's file it is.
    fn writing(&self, name: &str) -> Option<(u64, Duration)> {
        let known = self.run_folder(name).join("run.json").metadata().ok()?;
        Some((known.len(), known.modified().ok()?.duration_since(UNIX_EPOCH).ok()?))
    }

    /// What is known of a run without its file; none where it is not over, or was changed since.
    pub fn closed(&self, name: &str) -> Option<RunHead> {
        let head: RunHead = read(&self.run_folder(name).join("closed.json"), |_| 0).ok()?;
        Some(head).filter(|head| head.of.is_some() && head.of == self.writing(name))
    }

    /// Keeps what is to be known of a run that is over. Without it the run is read whole: nothing is lost where it
    /// cannot be written.
    pub fn keep_closed(&self, run: &FleetRun, taken: Option<usize>) {
        let of = self.writing(run.name());
        let (name, closed, adopted, cursor) = (run.run.clone(), run.closed, run.adopted, run.cursor);
        let gateways = run.targets.gateways().cloned().collect::<Vec<_>>().join(" ");
        let head = RunHead { run: name, closed, adopted, cursor, gateways, placed: run.placing(), taken, of };
        let (path, new) =
            (self.run_folder(run.name()).join("closed.json"), self.run_folder(run.name()).join("closed.new"));
        let _ = state::private_file(&new)
            .and_then(|mut file| file.write_all(&json(&head)))
            .and_then(|()| fs::rename(&new, path));
    }

    /// Goes on with a run's ledger.
    pub fn open_ledger(&self, run: &str) -> io::Result<Journal> {
        let path = self.run_folder(run).join("results.jsonl");
        named(&path, Journal::open(&path, read_ledger(&path, |_| {})?.as_ref()))
    }

    /// Leaves a wish for whoever drives the fleet.
    pub fn wish(&self, run: &str, wish: &Wish) -> io::Result<()> {
        keep(&self.run_folder(run).join("wish"), &json(wish))
    }
}

/// What stands in a file as JSON, of a version that is known here; an error names the file.
pub(super) fn read<T: for<'d> Deserialize<'d>>(path: &Path, version: impl Fn(&T) -> u32) -> io::Result<T> {
    let read = fs::read(path).and_then(|bytes| {
        understood(&bytes, version).map_err(|why| {
            let kind = if of_newer(&bytes).is_some() { ErrorKind::Unsupported } else { ErrorKind::InvalidData };
            io::Error::new(kind, format!("it {why}"))
        })
    });
    named(path, read)
}

pub(super) fn failed(error: CarrierError) -> io::Error {
    let kind = match error {
        CarrierError::Unreachable(_) => ErrorKind::NotConnected,
        CarrierError::Refused(_) => ErrorKind::ConnectionRefused,
    };
    io::Error::new(kind, format!("the carrier: {error}"))
}

/// Reads a ledger line by line; none where there is none. Its last line may be torn: this tells, and what is appended
/// stands in its place.
pub fn read_ledger(path: &Path, mut take: impl FnMut(&LedgerLine)) -> io::Result<Option<Results>> {
    let read = journal::read_each(path, |line: LedgerLine| {
        take(&line);
        line.result
    });
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => named(path, read.map(Some)),
    }
}

/// Takes lines that are no results out of a ledger. How many there were, and the file beside it in which they stand.
pub fn mend_ledger(path: &Path) -> io::Result<(usize, PathBuf)> {
    let bytes = fs::read(path)?;
    let is_whole = |line: &&[u8]| serde_json::from_slice::<LedgerLine>(line).is_ok();
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let (whole, broken): (Vec<&[u8]>, Vec<&[u8]>) = lines.partition(is_whole);
    let place = path.with_extension("broken");
    let earlier = if place.exists() { fs::read(&place)? } else { Vec::new() };
    keep(&place, &[earlier, broken.concat()].concat())?;
    keep(path, &whole.concat())?;
    Ok((broken.len(), place))
}

/// What gateways were told, in a file: each order as it was signed, its gateway's last one counts. An order stands
/// there before it is sent.
#[derive(Debug)]
pub(super) struct ToldOrders {
    file: File,
    /// Of each gateway the epoch of its last order, and the hash of what was signed
    last: HashMap<String, (u64, String)>,
}

/// A file that is longer, and mostly holds what does not count any more, is written anew.
const SHORT: usize = 4 << 20;

impl ToldOrders {
    /// Goes on with the file, and gives out the order of each gateway. What was not written to its end was not sent.
    /// `writes`: no other process does.
    pub(super) fn open(path: &Path, writes: bool) -> io::Result<(ToldOrders, HashMap<String, Order>)> {
        let bytes = if path.exists() { named(path, fs::read(path))? } else { Vec::new() };
        /// The rest of an order that others follow is passed over.
        #[derive(Deserialize)]
        struct NamedOrder<'b> {
            #[serde(borrow)]
            gateway: Cow<'b, str>,
        }
        let (mut places, mut whole, mut number) = (HashMap::new(), 0, 0);
        let wrong = |number: usize, order: &[u8], why: String| {
            let help = "; remove it, then `hayes fleet adopt` takes up what the carrier has";
            let help = if of_newer(order).is_some() { "" } else { help };
            let text = format!("{}: order {number} {why}{help}", path.display());
            io::Error::new(ErrorKind::InvalidData, text)
        };
        while let Some((signed, order)) = bytes.get(whole..).and_then(first_order) {
            number += 1;
            let named: NamedOrder<'_> = serde_json::from_slice(order)
                .map_err(|error| wrong(number, order, format!("cannot be read: {error}")))?;
            places.insert(named.gateway.into_owned(), (number, whole..whole + signed.len() + 1));
            whole += signed.len() + 1;
        }
        let (mut orders, mut last) = (HashMap::new(), HashMap::new());
        for (gateway, (number, place)) in &places {
            let Some((signed, order)) = bytes.get(place.clone()).and_then(first_order) else { continue };
            let order: Order = understood(order, |order: &Order| order.v).map_err(|why| wrong(*number, order, why))?;
            last.insert(gateway.clone(), (order.epoch, sha256(signed)));
            orders.insert(gateway.clone(), order);
        }
        let count: usize = places.values().map(|(_, place)| place.len()).sum();
        if writes && whole > SHORT.max(2 * count) {
            let lines: Vec<&[u8]> = places.into_values().filter_map(|(_, place)| bytes.get(place)).collect();
            keep(path, &lines.concat())?;
            whole = count;
        }
        let mut file = named(path, state::private().open(path))?;
        if writes {
            file.set_len(whole as u64)?;
        }
        file.seek(SeekFrom::End(0))?;
        Ok((ToldOrders { file, last }, orders))
    }

    /// The epoch of a gateway's last order; 0 where there is none.
    pub(super) fn epoch(&self, gateway: &str) -> u64 {
        self.last.get(gateway).map_or(0, |(epoch, _)| *epoch)
    }

    /// Whether these bytes are a gateway's last order.
    pub(super) fn is_last(&self, gateway: &str, bytes: &[u8]) -> bool {
        self.last.get(gateway).is_some_and(|(_, hash)| *hash == sha256(bytes))
    }

    /// Writes down what was signed for these gateways; it is on the disk then.
    pub(super) fn append(&mut self, signed: &[(Order, Vec<u8>)]) -> io::Result<()> {
        let lines: Vec<u8> = signed.iter().flat_map(|(_, bytes)| [bytes, &b"\n"[..]]).flatten().copied().collect();
        self.file.write_all(&lines)?;
        self.file.sync_data()?;
        let last = signed.iter().map(|(order, bytes)| (order.gateway.clone(), (order.epoch, sha256(bytes))));
        self.last.extend(last);
        Ok(())
    }
}

/// The first order that stands there whole: what was signed, and its JSON. Each of them is a line.
fn first_order(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let head = bytes.iter().position(|byte| *byte == b'\n')? + 1;
    let end = head + bytes.get(head..)?.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.get(..end)?, bytes.get(head..end)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::message::signed;
    use crate::state::tests::with_folder;

    fn order(gateway: &str, epoch: u64) -> Order {
        let text = format!(
            r#"{{"v":1,"fleet":"f","gateway":"{gateway}","epoch":{epoch},"issued":"","valid_for":"1s","runs":[]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_was_told_is_known_again_without_what_was_not_written_to_its_end() {
        with_folder(|folder| {
            let (path, key) = (folder.join("orders.log"), SecretKey::new(KeyKind::Operator).unwrap());
            let signed = |order: Order| (order.clone(), signed(&order, &key));
            let (mut told, orders) = ToldOrders::open(&path, true).unwrap();
            assert!(orders.is_empty());
            let [first, second, other] = [order("gw-1", 1), order("gw-1", 2), order("gw-2", 1)].map(signed);
            told.append(&[first.clone(), other.clone()]).unwrap();
            told.append(std::slice::from_ref(&second)).unwrap();
            assert_eq!((told.epoch("gw-1"), told.epoch("gw-3")), (2, 0));
            assert!(told.is_last("gw-1", &second.1) && !told.is_last("gw-1", &first.1));
            drop(told);
            let whole = fs::read(&path).unwrap();
            for cut in 1..=second.1.len() {
                fs::write(&path, &whole[..whole.len() - cut]).unwrap();
                let (told, orders) = ToldOrders::open(&path, true).unwrap();
                assert_eq!([&orders["gw-1"], &orders["gw-2"]], [&first.0, &other.0]);
                assert!(told.is_last("gw-1", &first.1) && told.is_last("gw-2", &other.1));
                assert_eq!(fs::metadata(&path).unwrap().len(), (first.1.len() + other.1.len() + 2) as u64);
            }
            // One that is long and mostly old is written anew.
            let mut told = ToldOrders::open(&path, true).unwrap().0;
            let many: Vec<_> = std::iter::repeat_n(second, SHORT / whole.len() * 4).collect();
            told.append(&many).unwrap();
            let (told, orders) = ToldOrders::open(&path, true).unwrap();
            assert!((orders["gw-1"].epoch, told.epoch("gw-2")) == (2, 1) && fs::metadata(&path).unwrap().len() < 1000);
        });
    }
}
