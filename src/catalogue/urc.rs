//! Unsolicited result codes: what the modem says unasked.

use super::data::{URC_KEYS, URC_PARENTS, URCS};
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
    /// The command whose answer has the same prefix, if one has
    pub answers: Option<&'static str>,
    pub vendors: &'static [&'static str],
    pub source: Source,
}

/// The URC that this line, without its line end, begins with. Whether it is one in the middle of an exchange is for
/// the session to say: `+CREG: 0,5` may be the answer.
///
/// It costs one binary search and no allocation. All starts that `line` begins with are beginnings of the greatest
/// start that is not greater than `line`, so the rest is a short walk from that one to its parents.
pub fn urc(line: &[u8]) -> Option<&'static Urc> {
    let mut at = not_greater(line).checked_sub(1);
    while let Some(index) = at {
        let urc = URCS.get(index)?;
        if begins(line, urc.start.as_bytes()) && (!urc.whole_line || line.len() == urc.start.len()) {
            return Some(urc);
        }
        at = URC_PARENTS.get(index).copied().flatten();
    }
    None
}

/// How many starts are not greater than `line`: by their first eight bytes, and where those are the same, by all.
fn not_greater(line: &[u8]) -> usize {
    let mut first = [0; 8];
    first.iter_mut().zip(line).for_each(|(to, from)| *to = *from);
    let key = u64::from_be_bytes(first);
    let less = URC_KEYS.partition_point(|known| *known < key);
    let same = URC_KEYS.get(less..).unwrap_or_default().iter().take_while(|known| **known == key).count();
    let same = URCS.get(less..less + same).unwrap_or_default();
    less + same.partition_point(|urc| urc.start.as_bytes() <= line)
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
