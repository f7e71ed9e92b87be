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
    len: usize,
    slots: usize,
    /// Where, counted in numbers, those of the blocks begin
    block_numbers: usize,
    /// Where the names begin
    names: usize,
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

#[derive(Debug, Serialize, Deserialize)]
pub struct CarriedText {
    pub name: &'static str,
    pub text: &'static str,
}

/// `None` inside: what is there is no entry; the build script has seen to it that all are.
type Cell<T> = OnceLock<Option<Box<T>>>;

impl<T: Deserialize<'static>> Table<T> {
    pub(crate) const fn new(bytes: &'static [u8]) -> Table<T> {
        let (Some(len), Some(slots), Some(blocks)) = (number(bytes, 0), number(bytes, 1), number(bytes, 2)) else {
            return Table::new(&[0; 12]);
        };
        let block_numbers = 3 + 2 * len + slots;
        let names = 4 * (block_numbers + 2 * blocks);
        Table { bytes, len, slots, block_numbers, names, blocks: OnceLock::new(), read: OnceLock::new() }
    }

    pub(crate) fn get(&'static self, place: usize) -> Option<&'static T> {
        let cells = self.read.get_or_init(|| repeat_with(Cell::new).take(self.len).collect());
        let read = || postcard::from_bytes(self.entry(place)?).ok().map(Box::new);
        cells.get(place)?.get_or_init(read).as_deref()
    }

    pub(crate) fn iter(&'static self) -> impl Iterator<Item = &'static T> {
        (0..self.len).filter_map(|place| self.get(place))
    }

    /// The entry of that name, in any case.
    pub(crate) fn named(&'static self, name: &str) -> Option<&'static T> {
        self.get(self.place(name)?)
    }
}

impl<T> Table<T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The name of the entry at that place, without reading it.
    pub(crate) fn name(&self, place: usize) -> Option<&'static [u8]> {
        let Range { start, end } = self.span(3, place)?;
        self.bytes.get(self.names + start..self.names + end)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        (0..self.len).filter_map(|place| std::str::from_utf8(self.name(place)?).ok())
    }

    /// Where the entry of that name stands; case does not matter, nor whether an `AT` stands in front.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        let wanted = bare(name.as_bytes());
        self.place_by(wanted, |name| bare(name).eq_ignore_ascii_case(wanted))
    }

    /// Where the first entry stands that was packed under this key, and whose name is the one.
    pub(crate) fn place_by(&self, key: &[u8], is_it: impl Fn(&[u8]) -> bool) -> Option<usize> {
        let mut slot = hash(key);
        loop {
            // An empty slot ends the search, and half of them are empty.
            slot &= self.slots.checked_sub(1)?;
            let place = number(self.bytes, 3 + 2 * self.len + slot)?.checked_sub(1)?;
            if is_it(self.name(place)?) {
                return Some(place);
            }
            slot += 1;
        }
    }

    fn entry(&'static self, place: usize) -> Option<&'static [u8]> {
        let Range { start, end } = self.span(3 + self.len, place)?;
        let blocks = self.blocks.get_or_init(|| self.blocks().unwrap_or_default());
        let number = blocks.partition_point(|block| block.end <= start);
        let before = number.checked_sub(1).and_then(|before| blocks.get(before)).map_or(0, |block| block.end);
        blocks.get(number)?.entries().get(start - before..end - before)
    }

    fn blocks(&self) -> Option<Box<[Deflated]>> {
        let all_names = self.len.checked_sub(1).and_then(|last| number(self.bytes, 3 + last))?;
        let mut rest = self.bytes.get(self.names + all_names..)?;
        let mut block = |place| {
            let (bytes, behind) = rest.split_at_checked(number(self.bytes, place + 1)?)?;
            rest = behind;
            Some(Deflated { end: number(self.bytes, place)?, bytes, inflated: OnceLock::new() })
        };
        (self.block_numbers..self.names / 4).step_by(2).map(&mut block).collect()
    }

    /// From where to where something goes, of those whose ends these are.
    fn span(&self, ends: usize, place: usize) -> Option<Range<usize>> {
        let start = if place == 0 { 0 } else { number(self.bytes, ends + place - 1)? };
        Some(start..number(self.bytes, ends + place)?)
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

const fn number(bytes: &[u8], place: usize) -> Option<usize> {
    let Some((_, rest)) = bytes.split_at_checked(4 * place) else { return None };
    match rest.first_chunk::<4>() {
        Some(bytes) => Some(u32::from_le_bytes(*bytes) as usize),
        None => None,
    }
}

/// FNV-1a over the upper case: the slot where a key is looked for first, but for what goes beyond the number of slots.
pub(crate) fn hash(key: &[u8]) -> usize {
    let hash = key
        .iter()
        .fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte.to_ascii_uppercase())).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 15)) as usize
}
