//! A table of entries or of texts as the build script packs it, and how one is found in it and read.
//!
//! Nothing is read before it is asked for, so that a table costs no time at start-up and needs no relocations. Numbers
//! are of 32 bits, little-endian: how many entries, slots and blocks there are, where each name ends, where each entry
//! ends, for each slot the place of the entry whose name has that hash and 1 (or 0), for each block where its entries
//! end and where it does itself; then the names, and the blocks. These are deflated, and hold the entries
//! (postcard).

use std::iter::repeat_with;
use std::ops::Range;
use std::sync::OnceLock;

use miniz_oxide::inflate::decompress_to_vec;
use serde::{Deserialize, Serialize};

pub(crate) struct Table<T: 'static> {
    bytes: &'static [u8],
    blocks: OnceLock<Box<[Deflated]>>,
    /// The entries that were asked for
    read: OnceLock<Box<[Cell<T>]>>,
}

/// Entries that are deflated together.
struct Deflated {
    /// Where the last of them ends
    end: usize,
    bytes: &'static [u8],
    inflated: OnceLock<Vec<u8>>,
}

/// A file that the program carries.
#[derive(Debug, Serialize, Deserialize)]
pub struct CarriedText {
    pub name: &'static str,
    pub text: &'static str,
}

/// `None` inside: what is there is no entry; the build script has seen to it that all are.
type Cell<T> = OnceLock<Option<Box<T>>>;

impl<T: Deserialize<'static>> Table<T> {
    pub(crate) const fn new(bytes: &'static [u8]) -> Table<T> {
        Table { bytes, blocks: OnceLock::new(), read: OnceLock::new() }
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
        let Range { start, end } = self.span(3, place)?;
        let names = 4 * (self.block_numbers()? + 2 * self.number(2)?);
        self.bytes.get(names + start..names + end)
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
            let place = self.number(3 + 2 * self.len() + slot)?.checked_sub(1)?;
            if is_it(self.name(place)?) {
                return Some(place);
            }
            slot += 1;
        }
    }

    fn entry(&'static self, place: usize) -> Option<&'static [u8]> {
        let Range { start, end } = self.span(3 + self.len(), place)?;
        let blocks = self.blocks.get_or_init(|| self.blocks().unwrap_or_default());
        let number = blocks.partition_point(|block| block.end <= start);
        let before = number.checked_sub(1).and_then(|before| blocks.get(before)).map_or(0, |block| block.end);
        blocks.get(number)?.entries().get(start - before..end - before)
    }

    fn blocks(&self) -> Option<Box<[Deflated]>> {
        let numbers = self.block_numbers()?;
        let names = self.len().checked_sub(1).and_then(|last| self.number(3 + last))?;
        let mut rest = self.bytes.get(4 * (numbers + 2 * self.number(2)?) + names..)?;
        let mut block = |number| {
            let (bytes, behind) = rest.split_at_checked(self.number(numbers + 2 * number + 1)?)?;
            rest = behind;
            Some(Deflated { end: self.number(numbers + 2 * number)?, bytes, inflated: OnceLock::new() })
        };
        (0..self.number(2)?).map(&mut block).collect()
    }

    /// Where the numbers of the blocks begin.
    fn block_numbers(&self) -> Option<usize> {
        Some(3 + 2 * self.len() + self.number(1)?)
    }

    /// From where to where something goes, of those whose ends these are.
    fn span(&self, ends: usize, place: usize) -> Option<Range<usize>> {
        let start = if place == 0 { 0 } else { self.number(ends + place - 1)? };
        Some(start..self.number(ends + place)?)
    }

    fn number(&self, place: usize) -> Option<usize> {
        let bytes = self.bytes.get(4 * place..)?.first_chunk::<4>()?;
        usize::try_from(u32::from_le_bytes(*bytes)).ok()
    }
}

impl Deflated {
    fn entries(&self) -> &[u8] {
        // The build script has deflated them: nothing is damaged.
        self.inflated.get_or_init(|| decompress_to_vec(self.bytes).unwrap_or_default())
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
