//! Modems that are named by who they are, not where: the ports that the inventory names for them are asked, all at the
//! same time, and no others.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use super::inventory::{BatchModem, Identity, Inventory, glob};
use crate::catalogue::Catalogue;
use crate::check::{Program, check};
use crate::connect::{self, Address, Opening};
use crate::conversation::Conversation;
use crate::guard::ICCID_DIGITS;
use crate::library::{self, Library};
use crate::port::Cancel;
use crate::port::crew::Crew;
use crate::runtime::{self, Inputs, STACK, Silent};

/// A modem says who it is at once, or is none.
const IDENTITY_TIME: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    pub port: String,
    /// Empty where nobody has answered
    pub identity: Identity,
    pub why_not: Option<String>,
}

/// Gives each modem that has an IMEI or an ICCID the port it is on, or none. Says who was met where.
pub fn find(
    modems: &mut [BatchModem],
    inventory: &Inventory,
    baud: Option<u32>,
    jobs: usize,
    cancel: &Cancel,
) -> std::io::Result<Vec<Met>> {
    if modems.iter().all(|modem| modem.identity.is_empty()) {
        return Ok(Vec::new());
    }
    let ports: Arc<[_]> = candidates(inventory).into();
    let program = identifying()?;
    let cancel = cancel.clone();
    let met = ask_all(&ports, jobs, move |address, own| ask(address, baud.or(own), &program, &cancel))?;
    for modem in modems.iter_mut().filter(|modem| !modem.identity.is_empty()) {
        let here = met.iter().find(|(_, met)| is_same(&modem.identity, &met.identity));
        modem.address = here.and_then(|(place, _)| ports.get(*place).map(|(address, _)| address.clone()));
    }
    Ok(met.into_iter().map(|(_, met)| met).collect())
}

pub fn identifying() -> std::io::Result<Arc<Program>> {
    let entry = library::find("modem/identify");
    let program = entry.and_then(|entry| check(&entry.source(), &Library::default()).program);
    program.ok_or_else(|| std::io::Error::other("the library has no modem/identify that checks"))
}

/// The ports of modems that have an identity, and those that `ports` names; none that belongs to another modem.
fn candidates(inventory: &Inventory) -> Vec<(Address, Option<u32>)> {
    let mut seen: HashSet<String> = inventory
        .modems
        .iter()
        .filter(|modem| modem.identity.is_empty())
        .filter_map(|modem| modem.address.as_ref().map(real_name))
        .collect();
    let own = inventory.modems.iter().filter(|modem| !modem.identity.is_empty());
    let own = own.filter_map(|modem| Some((modem.address.clone()?, modem.baud)));
    let named = inventory.ports.iter().flat_map(|pattern| expand(pattern)).map(|address| (address, None));
    own.chain(named).filter(|(address, _)| seen.insert(real_name(address))).collect()
}

/// Two names of one device are one port.
fn real_name(address: &Address) -> String {
    let Address::Device(path) = address else { return address.to_string() };
    std::fs::canonicalize(path).unwrap_or_else(|_| path.clone()).display().to_string()
}

/// `/dev/ttyUSB*`: what is there now, in the order of the names.
fn expand(pattern: &str) -> Vec<Address> {
    let path = Path::new(pattern);
    let parts = path.parent().zip(path.file_name().and_then(|name| name.to_str()));
    let Some((folder, name)) = parts.filter(|(_, name)| pattern.starts_with('/') && name.contains(['*', '?'])) else {
        return Address::parse(pattern).into_iter().collect();
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|entry| glob(name, entry));
    names.collect::<BTreeSet<String>>().iter().map(|name| Address::Device(folder.join(name))).collect()
}

/// Asks so many ports at the same time: who is on each, in their order.
fn ask_all(
    ports: &Arc<[(Address, Option<u32>)]>,
    jobs: usize,
    ask: impl Fn(&Address, Option<u32>) -> Met + Send + Sync + 'static,
) -> std::io::Result<Vec<(usize, Met)>> {
    let jobs = jobs.min(ports.len());
    // The next port that nobody has asked yet.
    let shared = Arc::new((ask, AtomicUsize::new(0)));
    let mut crew = Crew::new(jobs, STACK);
    let (sender, met) = channel();
    for number in 0..jobs {
        let (ports, shared, sender) = (Arc::clone(ports), Arc::clone(&shared), sender.clone());
        let job = move || {
            let (ask, next) = &*shared;
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some((address, baud)) = ports.get(place) else { return };
                if sender.send((place, ask(address, *baud))).is_err() {
                    return;
                }
            }
        };
        match crew.start(Box::new(job)) {
            Ok(()) => {}
            Err(error) if number == 0 => return Err(error),
            // The others ask its ports.
            Err(_) => break,
        }
    }
    drop(sender);
    let mut met: Vec<(usize, Met)> = met.into_iter().collect();
    met.sort_by_key(|(place, _)| *place);
    Ok(met)
}

fn ask(address: &Address, baud: Option<u32>, program: &Arc<Program>, cancel: &Cancel) -> Met {
    let mut met = Met { port: address.to_string(), identity: Identity::default(), why_not: None };
    let mut settings = Opening::new(cancel.clone());
    settings.baud = baud.unwrap_or(settings.baud);
    let port = match connect::open(address, &settings) {
        Ok(port) => port,
        Err(error) => return Met { why_not: Some(error.message), ..met },
    };
    (met.identity, met.why_not) = who(&mut Conversation::new(port, &Catalogue), program);
    met
}

pub fn who(conversation: &mut Conversation, program: &Arc<Program>) -> (Identity, Option<String>) {
    let inputs = Inputs { timeout: IDENTITY_TIME, ..Inputs::default() };
    let outcome = runtime::run(program, conversation, &inputs, &mut Silent);
    let column = |wanted: &str| {
        let text = outcome.report.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.to_string())?;
        Some(text.trim_end_matches(['F', 'f']).to_owned()).filter(|text| !text.is_empty())
    };
    let identity = Identity { imei: column("imei"), iccid: column("iccid") };
    (identity, outcome.failure.map(|failure| failure.diagnostic.message))
}

/// All that is wanted is so. Some modems leave out an IMEI's or ICCID's last digit, or put a version there.
pub fn is_same(wanted: &Identity, found: &Identity) -> bool {
    let same = |wanted: &Option<String>, found: &Option<String>, digits: usize| match (wanted, found) {
        (None, _) => true,
        (Some(wanted), Some(found)) => {
            matches!((wanted.get(..digits), found.get(..digits)), (Some(a), Some(b)) if a == b)
        }
        (Some(_), None) => false,
    };
    let whole = match (&wanted.iccid, &found.iccid) {
        (Some(wanted), Some(found)) => wanted.starts_with(found.as_str()) || found.starts_with(wanted.as_str()),
        (None, _) | (Some(_), None) => true,
    };
    whole && same(&wanted.imei, &found.imei, 14) && same(&wanted.iccid, &found.iccid, ICCID_DIGITS)
}

#[cfg(test)]
#[path = "../../tests/units/find.rs"]
mod tests;
