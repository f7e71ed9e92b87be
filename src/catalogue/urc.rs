//! Unsolicited result codes: what the modem says unasked.

use super::command::Command;
use super::data::{URC_FACTOR, URC_SLOTS, URCS};
use super::field::Source;
use super::layout::Layout;

#[derive(Debug)]
pub struct Urc {
    /// How its line begins, up to its colon: `+CREG`, `RING`, `PB DONE`
    pub start: &'static str,
    pub title: &'static str,
    /// What there is to know about it; may be empty
    pub about: &'static str,
    /// What turns it on: `AT+CREG=1`, `boot`
    pub when: &'static str,
    /// The layouts of its values, the likelier first; none where it has no values, or none that are known
    pub layouts: &'static [Layout],
    /// It is the whole line: `RING`
    pub whole_line: bool,
    /// So many lines follow that belong to it: the text or PDU of `+CMT`
    pub body_lines: u8,
    /// Modems say it when they start, and never else: whoever hears it knows that the modem has restarted
    pub starts: bool,
    /// The command whose answer has the same prefix, if one has
    pub answers: Option<&'static Command>,
    pub vendors: &'static [&'static str],
    pub source: Source,
}

/// The URC that this line, without its line end, begins with. Whether it is one in the middle of an exchange is for
/// the session to say: `+CREG: 0,5` may be the answer.
///
/// It costs one look into a table and no allocation.
pub fn urc(line: &[u8]) -> Option<&'static Urc> {
    let mut first = [0; 4];
    first.iter_mut().zip(line).for_each(|(to, from)| *to = *from);
    let slot = u32::from_be_bytes(first).wrapping_mul(URC_FACTOR) >> (u32::BITS - URC_SLOTS.len().ilog2());
    let (from, to) = *URC_SLOTS.get(slot as usize)?;
    // The longer of two starts stands behind the other.
    URCS.get(usize::from(from)..usize::from(to))?
        .iter()
        .rev()
        .find(|urc| begins(line, urc.start.as_bytes()) && (!urc.whole_line || line.len() == urc.start.len()))
}

/// Every URC, sorted by its start.
pub fn urcs() -> &'static [Urc] {
    URCS
}

/// The line begins with `start`, and there the word ends.
fn begins(line: &[u8], start: &[u8]) -> bool {
    line.strip_prefix(start).is_some_and(|rest| match rest.first() {
        None => true,
        Some(next) => {
            let last = start.last().copied().unwrap_or(b' ');
            !(next.is_ascii_alphanumeric() || *next == b'_') || !(last.is_ascii_alphanumeric() || last == b'_')
        }
    })
}
