//! What carries orders to the gateways and results back. It is a table and a log that others keep for us: nothing here
//! knows what an order says.
//!
//! Orders and presences are kept one a gateway and written by compare-and-set; bundles are kept by their hash; results
//! are kept by their key, and the first one stays. All calls block, and end within the time that they are given; they
//! are called from several threads at once.

mod dir;
#[cfg(feature = "nats")]
pub mod nats;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub trait Carrier: Send + Sync {
    /// Makes what has to be there before the first order: folders, streams. Does nothing where it is there already.
    fn prepare(&self, within: Duration) -> Carried<()>;

    /// Whether an order that was read is what the operator has written last. A folder that is moved by others cannot
    /// know that.
    fn confirms(&self) -> bool;

    /// Replaces the orders of these gateways, each if it still is the one of that version, and wakes them. What became
    /// of each; after an error, whatever was replaced until then.
    fn put_orders(&self, orders: &[NewOrder<'_>], within: Duration) -> Carried<Vec<Put>>;

    /// The present order of a gateway.
    fn order(&self, gateway: &str, within: Duration) -> Carried<Option<Kept>>;

    /// The present orders of all gateways.
    fn orders(&self, within: Duration) -> Carried<BTreeMap<String, Kept>>;

    /// Keeps a bundle under its SHA-256 in lower-case hexadecimal digits. What is there stays.
    fn put_blob(&self, hash: &str, bytes: &[u8], within: Duration) -> Carried<()>;

    fn blob(&self, hash: &str, within: Duration) -> Carried<Option<Vec<u8>>>;

    /// Keeps a result, unless one is there under its key.
    fn put_result(&self, key: &ResultKey, bytes: &[u8], within: Duration) -> Carried<Receipt>;

    /// At most so many results that came behind that cursor; 0 is before all. Waits for the first of them until the
    /// time is over: then there are none. One that was given before may be given again.
    fn results(&self, after: u64, most: usize, within: Duration) -> Carried<Vec<Arrived>>;

    /// So many results of a run were given to an earlier process: while there are as many of them, one that keeps no
    /// order need not give them again. None: it has to.
    fn has_given(&self, _run: &str, _count: Option<usize>) {}

    /// Says who a gateway is and what it does, if that still stands there in that version.
    fn put_presence(&self, gateway: &str, presence: &[u8], replaces: Version, within: Duration) -> Carried<Put>;

    fn presence(&self, gateway: &str, within: Duration) -> Carried<Option<Kept>>;

    /// What gateways have said of themselves since this was asked last.
    fn presences(&self, within: Duration) -> Carried<Presences>;

    /// What stands there that is nothing of a fleet and was passed over, each once.
    fn passed_over(&self) -> Vec<String> {
        Vec::new()
    }

    /// Waits until that gateway's order may have changed, or for so long. It may return at any time before, and may
    /// miss a change: whoever waits looks again by himself now and then.
    fn wait(&self, gateway: &str, at_most: Duration);
}

/// What a call to a carrier yields.
pub type Carried<T> = Result<T, CarrierError>;

/// Why a carrier did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CarrierError {
    /// It did not answer, or not in time: what was asked may have been done. It is asked again later.
    Unreachable(String),
    /// It answered that it does not do that: asking again changes nothing.
    Refused(String),
}

/// Which writing of an order or a presence it is; 0 where there is none.
pub type Version = u64;

/// An order or a presence as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub bytes: Vec<u8>,
    pub version: Version,
}

/// An order that is to take the place of the one of that version.
#[derive(Debug, Clone, Copy)]
pub struct NewOrder<'a> {
    pub gateway: &'a str,
    pub bytes: &'a [u8],
    pub replaces: Version,
}

/// What gateways say of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presences {
    /// These are all that there are: what was asked before may have been lost meanwhile.
    pub anew: bool,
    pub said: Vec<(String, Vec<u8>)>,
}

/// What became of a compare-and-set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It stands there, in that version.
    Done(Version),
    /// Another one has written meanwhile: nothing was changed.
    Changed,
}

/// What became of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    Stored,
    /// One is there under that key, from an earlier time. It stays.
    Already,
}

/// Whose result it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResultKey {
    pub run: String,
    pub gateway: String,
    pub modem: String,
    pub attempt: u32,
}

/// A result that came to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    pub key: ResultKey,
    pub bytes: Vec<u8>,
    /// What to go on after: 0 where the carrier keeps no order, and itself remembers what it gave since it was opened.
    pub cursor: u64,
}

/// What a carrier needs to know of whoever opens it.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    pub fleet: &'a str,
    /// None: the operator.
    pub gateway: Option<&'a str>,
    /// The secret half of the Ed25519 key that proves who it is: a seed as RFC 8032 has it.
    pub seed: &'a [u8; 32],
    /// Certificates to trust in place of the system's.
    pub authorities: Option<&'a Path>,
}

/// A word that may stand in a name on every carrier: of a fleet, a gateway, a modem or a run.
pub fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

/// Opens a carrier by its address: `dir:/srv/hayes`, `tls://nats.example.net`, `nats://127.0.0.1`.
pub fn open(address: &str, access: &Access<'_>) -> Carried<Box<dyn Carrier>> {
    match address.split_once(':') {
        Some(("dir", folder)) if !folder.is_empty() => {
            Ok(Box::new(dir::DirCarrier::new(Path::new(folder), access.fleet)))
        }
        #[cfg(feature = "nats")]
        Some(("nats" | "tls", _)) => Ok(Box::new(nats::Nats::new(address, access)?)),
        #[cfg(not(feature = "nats"))]
        Some(("nats" | "tls", _)) => {
            Err(CarrierError::Refused("this hayes was built without NATS (cargo's feature nats)".to_owned()))
        }
        Some(_) => Err(CarrierError::Refused(format!("{address} is no carrier: dir:FOLDER and tls://HOST are"))),
        None => Err(CarrierError::Refused(format!(
            "{address} is no carrier: a folder is dir:{address}, a server tls://HOST"
        ))),
    }
}

impl std::fmt::Display for CarrierError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (CarrierError::Unreachable(why) | CarrierError::Refused(why)) = self;
        f.write_str(why)
    }
}
