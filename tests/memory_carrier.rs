//! A carrier in this process, for tests of what stands above it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hayes::fleet::carrier::{
    Arrived, Carried, Carrier, CarrierError, Kept, NewOrder, Presences, Put, Receipt, ResultKey, Version,
};

#[derive(Debug, Default)]
pub(crate) struct MemoryCarrier(Mutex<Shelves>);

/// What it holds.
#[derive(Debug, Default)]
struct Shelves {
    orders: BTreeMap<String, Kept>,
    presences: BTreeMap<String, Kept>,
    blobs: BTreeMap<String, Vec<u8>>,
    results: Vec<(ResultKey, Vec<u8>)>,
    /// It does not answer.
    away: bool,
}

impl MemoryCarrier {
    /// From now on it does not answer, or does again.
    pub(crate) fn set_away(&self, away: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).away = away;
    }

    /// Loses all that it holds.
    pub(crate) fn wipe(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Shelves::default();
    }

    fn shelves(&self) -> Carried<MutexGuard<'_, Shelves>> {
        let shelves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shelves.away { Err(CarrierError::Unreachable("it is away".to_owned())) } else { Ok(shelves) }
    }
}

fn replace(shelf: &mut BTreeMap<String, Kept>, name: &str, bytes: &[u8], replaces: Version) -> Put {
    if shelf.get(name).map_or(0, |kept| kept.version) != replaces {
        return Put::Changed;
    }
    let version = replaces + 1;
    shelf.insert(name.to_owned(), Kept { bytes: bytes.to_owned(), version });
    Put::Done(version)
}

impl Carrier for MemoryCarrier {
    fn prepare(&self, _within: Duration) -> Carried<()> {
        self.shelves().map(|_| ())
    }

    fn confirms(&self) -> bool {
        true
    }

    fn put_orders(&self, orders: &[NewOrder<'_>], _within: Duration) -> Carried<Vec<Put>> {
        let shelf = &mut self.shelves()?.orders;
        Ok(orders.iter().map(|order| replace(shelf, order.gateway, order.bytes, order.replaces)).collect())
    }

    fn order(&self, gateway: &str, _within: Duration) -> Carried<Option<Kept>> {
        Ok(self.shelves()?.orders.get(gateway).cloned())
    }

    fn orders(&self, _within: Duration) -> Carried<BTreeMap<String, Kept>> {
        Ok(self.shelves()?.orders.clone())
    }

    fn put_blob(&self, hash: &str, bytes: &[u8], _within: Duration) -> Carried<()> {
        self.shelves()?.blobs.entry(hash.to_owned()).or_insert_with(|| bytes.to_owned());
        Ok(())
    }

    fn blob(&self, hash: &str, _within: Duration) -> Carried<Option<Vec<u8>>> {
        Ok(self.shelves()?.blobs.get(hash).cloned())
    }

    fn put_result(&self, key: &ResultKey, bytes: &[u8], _within: Duration) -> Carried<Receipt> {
        let mut shelves = self.shelves()?;
        if shelves.results.iter().any(|(known, _)| known == key) {
            return Ok(Receipt::Already);
        }
        shelves.results.push((key.clone(), bytes.to_owned()));
        Ok(Receipt::Stored)
    }

    fn results(&self, after: u64, most: usize, _within: Duration) -> Carried<Vec<Arrived>> {
        let shelves = self.shelves()?;
        let numbered = (1_u64..).zip(&shelves.results).filter(|(cursor, _)| *cursor > after).take(most);
        Ok(numbered.map(|(cursor, (key, bytes))| Arrived { key: key.clone(), bytes: bytes.clone(), cursor }).collect())
    }

    fn put_presence(&self, gateway: &str, presence: &[u8], replaces: Version, _within: Duration) -> Carried<Put> {
        Ok(replace(&mut self.shelves()?.presences, gateway, presence, replaces))
    }

    fn presence(&self, gateway: &str, _within: Duration) -> Carried<Option<Kept>> {
        Ok(self.shelves()?.presences.get(gateway).cloned())
    }

    fn presences(&self, _within: Duration) -> Carried<Presences> {
        let all = &self.shelves()?.presences;
        Ok(Presences { anew: true, said: all.iter().map(|(name, kept)| (name.clone(), kept.bytes.clone())).collect() })
    }

    fn wait(&self, _gateway: &str, _at_most: Duration) {}
}
