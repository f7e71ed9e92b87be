//! A table of entries as the build script packs it, and how an entry is found in it and read.
//!
//! Nothing is read before it is asked for, so that a table costs no time at start-up and needs no relocations. Numbers
//! are of 32 bits, little-endian: how many entries and how many slots there are, where each entry ends, for each slot
//! the place of the entry whose name has that hash and 1 (or 0), then the entries (postcard), sorted by name. The name
//! is an entry's first member, and shorter than 128 bytes.

use std::iter::repeat_with;
use std::sync::OnceLock;

use serde::Deserialize;

pub(crate) struct Table<T: 'static> {
    bytes: &'static [u8],
    /// The entries that were asked for
    read: OnceLock<Box<[Cell<T>]>>,
}

/// `None` inside: what is there is no entry; the build script has seen to it that all are.
type Cell<T> = OnceLock<Option<Box<T>>>;

impl<T: Deserialize<'static>> Table<T> {
    pub(crate) const fn new(bytes: &'static [u8]) -> Table<T> {
        Table { bytes, read: OnceLock::new() }
    }

    pub(crate) fn get(&'static self, place: usize) -> Option<&'static T> {
        let cells = self.read.get_or_init(|| repeat_with(Cell::new).take(self.len()).collect());
        let read = || postcard::from_bytes(self.entry(place)?).ok().map(Box::new);
        cells.get(place)?.get_or_init(read).as_deref()
    }

    pub(crate) fn iter(&'static self) -> impl Iterator<Item = &'static T> {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    /// The entry of that name, in any case.
    pub(crate) fn named(&'static self, name: &str) -> Option<&'static T> {
        self.get(self.place(name)?)
    }
}

impl<T> Table<T> {
    pub(crate) fn len(&self) -> usize {
        self.number(0).unwrap_or(0)
    }

    /// The name of the entry at that place, without reading it.
    pub(crate) fn name(&self, place: usize) -> Option<&'static [u8]> {
        let (length, rest) = self.entry(place)?.split_first()?;
        rest.get(..usize::from(*length))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        (0..self.len()).filter_map(|place| std::str::from_utf8(self.name(place)?).ok())
    }

    /// Where the entry of that name stands; case does not matter, nor whether an `AT` stands in front.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        let wanted = bare(name.as_bytes());
        self.place_by(wanted, |name| bare(name).eq_ignore_ascii_case(wanted))
    }

    /// Where the first entry stands that was packed under this key, and whose name is the one.
    pub(crate) fn place_by(&self, key: &[u8], is_it: impl Fn(&[u8]) -> bool) -> Option<usize> {
        let slots = self.number(1)?;
        let mut slot = hash(key);
        loop {
            // An empty slot ends the search, and half of them are empty.
            slot &= slots.checked_sub(1)?;
            let place = self.number(2 + self.len() + slot)?.checked_sub(1)?;
            if is_it(self.name(place)?) {
                return Some(place);
            }
            slot += 1;
        }
    }

    fn entry(&self, place: usize) -> Option<&'static [u8]> {
        let header = 4 * (2 + self.len() + self.number(1)?);
        let start = if place == 0 { 0 } else { self.number(1 + place)? };
        self.bytes.get(header + start..header + self.number(2 + place)?)
    }

    fn number(&self, place: usize) -> Option<usize> {
        let bytes = self.bytes.get(4 * place..)?.first_chunk::<4>()?;
        usize::try_from(u32::from_le_bytes(*bytes)).ok()
    }
}

pub(crate) fn bare(name: &[u8]) -> &[u8] {
    match name.split_first_chunk::<2>() {
        Some((head, rest)) if head.eq_ignore_ascii_case(b"AT") => rest,
        Some(_) | None => name,
    }
}

/// FNV-1a over the upper case: the slot where a key is looked for first, but for what goes beyond the number of slots.
pub(crate) fn hash(key: &[u8]) -> usize {
    let hash = key
        .iter()
        .fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte.to_ascii_uppercase())).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 15)) as usize
}
