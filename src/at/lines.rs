//! Lines: cut out of the bytes that come ([`Framer`]), and kept until somebody waits for them ([`Queue`]).
//!
//! A line ends at CR or LF; empty lines are no lines, so that CR, LF, CRLF and `\r\r\n` are all the same. NULs around a
//! line are noise of a reset and are left out. Nothing depends on how the bytes were cut into chunks.

use std::collections::VecDeque;
use std::ops::Range;

use memchr::memchr2;

/// A line is cut at this length; the rest of it is given up.
pub const LONGEST_LINE: usize = 64 * 1024;

/// So many lines, and bytes of them, wait for somebody.
const MOST_LINES: usize = 4096;
const MOST_BYTES: usize = 128 * 1024;

/// Bytes → lines. It keeps what has not ended yet, bounded, and looks at each byte once.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// The first byte that was not consumed.
    start: usize,
    /// Up to here the line at `start` has no end.
    scanned: usize,
    ends: LineEnds,
    /// So many bytes of a line that was cut were given up, and its end has not come.
    cut: Option<usize>,
    /// So many bytes that come next are of no interest.
    unwanted: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub start: usize,
    pub end: usize,
    pub ends: LineEnds,
    /// It was longer than [`LONGEST_LINE`].
    pub cut: bool,
}

/// The line ends that came in a row.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct LineEnds {
    carriage_returns: usize,
    line_feeds: usize,
}

impl LineEnds {
    fn add(&mut self, byte: u8) {
        self.carriage_returns += usize::from(byte == b'\r');
        self.line_feeds += usize::from(byte == b'\n');
    }

    /// How many line ends these bytes are. `\r\r\n` is one: carriage returns count where there is no line feed.
    pub fn count(self) -> usize {
        if self.line_feeds > 0 { self.line_feeds } else { self.carriage_returns }
    }

    pub fn bytes(self) -> usize {
        self.line_feeds + self.carriage_returns
    }

    /// Whether a carriage return of its own stands before a line end, as behind an echo: `AT\r` and then `\r\n`.
    pub fn have_one_before(self) -> bool {
        self.line_feeds > 0 && self.carriage_returns > self.line_feeds
    }
}

impl Framer {
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
            self.scanned = 0;
        } else if self.start >= LONGEST_LINE {
            self.buffer.drain(..self.start);
            self.scanned = self.scanned.saturating_sub(self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
        self.give_up_unwanted();
    }

    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    pub fn line(&self, frame: Frame) -> &[u8] {
        self.bytes(frame.start..frame.end)
    }

    /// Everything that was not consumed: after [`Framer::skip_line_ends`], the line that is coming.
    pub fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    pub fn end(&self) -> usize {
        self.buffer.len()
    }

    /// Where the next line begins, or what has come of it.
    pub fn position(&self) -> usize {
        self.start
    }

    pub fn ends(&self) -> LineEnds {
        self.ends
    }

    /// Consumes the line ends and NULs before the next line. Whether there were line ends; and where a line that was
    /// cut has ended, how many bytes of it were given up.
    pub fn skip_line_ends(&mut self) -> (bool, Option<usize>) {
        let mut line_ended = false;
        let mut given_up = self.cut;
        if let Some(cut) = &mut given_up {
            let rest = self.rest();
            let end = memchr2(b'\r', b'\n', rest);
            let length = end.unwrap_or(rest.len());
            *cut += length;
            self.start += length;
            self.scanned = self.start;
            self.cut = if end.is_none() { Some(*cut) } else { None };
            if end.is_none() {
                return (false, None);
            }
        }
        while let Some(byte) = self.buffer.get(self.start) {
            match byte {
                b'\r' | b'\n' => {
                    self.ends.add(*byte);
                    line_ended = true;
                }
                0 => {}
                _ => break,
            }
            self.start += 1;
        }
        self.scanned = self.scanned.max(self.start);
        (line_ended, given_up)
    }

    /// The line at the start, where its end has come. It is not consumed.
    pub fn frame(&mut self) -> Option<Frame> {
        let unseen = self.buffer.get(self.scanned..).unwrap_or_default();
        let end = memchr2(b'\r', b'\n', unseen).map(|end| self.scanned + end);
        let reach = end.unwrap_or(self.buffer.len());
        let ends = self.ends;
        if reach - self.start > LONGEST_LINE {
            return Some(Frame { start: self.start, end: self.start + LONGEST_LINE, ends, cut: true });
        }
        match end {
            Some(end) => {
                self.scanned = end;
                Some(Frame { start: self.start, end: self.text_end(self.start, end), ends, cut: false })
            }
            None => {
                self.scanned = self.buffer.len();
                None
            }
        }
    }

    /// The whole line after `frame`, where its end has come. Neither is consumed.
    pub fn frame_after(&self, frame: Frame) -> Option<Frame> {
        let mut ends = LineEnds::default();
        let mut start = frame.end;
        while let Some(byte @ (b'\r' | b'\n' | 0)) = self.buffer.get(start) {
            ends.add(*byte);
            start += 1;
        }
        let length = memchr2(b'\r', b'\n', self.buffer.get(start..)?)?;
        Some(Frame { start, end: self.text_end(start, start + length), ends, cut: false })
    }

    /// Where this line ends without the NULs at its end: they are as much noise as those before it.
    fn text_end(&self, start: usize, end: usize) -> usize {
        start + self.bytes(start..end).iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
    }

    /// Whether text has come behind `frame` that has no end.
    pub fn has_text_after(&self, frame: Frame) -> bool {
        let rest = self.buffer.get(frame.end..).unwrap_or_default();
        let end = memchr::memrchr2(b'\r', b'\n', rest).map_or(rest, |end| rest.get(end..).unwrap_or_default());
        end.iter().any(|byte| !matches!(byte, b'\r' | b'\n' | 0))
    }

    pub fn consume(&mut self, frame: Frame) {
        self.take_to(frame.end);
        if frame.cut {
            self.cut = Some(0);
        }
    }

    /// Takes out everything up to `end`: a prompt, counted data.
    pub fn take_to(&mut self, end: usize) {
        self.start = end.min(self.buffer.len());
        self.scanned = self.scanned.max(self.start);
        self.ends = LineEnds::default();
    }

    /// Gives up so many bytes that come next, as the rest of counted data that is too long.
    pub fn give_up(&mut self, bytes: usize) {
        self.unwanted = bytes;
        self.give_up_unwanted();
    }

    fn give_up_unwanted(&mut self) {
        let here = self.unwanted.min(self.buffer.len() - self.start);
        self.unwanted -= here;
        self.start += here;
        self.scanned = self.scanned.max(self.start);
    }

    pub fn clear(&mut self) {
        *self = Framer::default();
    }
}

/// The lines that came by themselves and that nobody has waited for yet, bounded in number and in bytes. One buffer
/// holds them all; what is pushed out at its front is given up for good.
#[derive(Debug, Default)]
pub struct Queue {
    bytes: Vec<u8>,
    /// How many bytes were ever removed from the front of `bytes`.
    removed: u64,
    /// Each one's number, counted from the first line that was ever queued, and its place, counted from the first byte.
    entries: VecDeque<(u64, Range<u64>)>,
    lines: u64,
    dropped: usize,
}

impl Queue {
    /// Takes a line; the oldest go where there is no room.
    pub fn push(&mut self, line: &[u8]) {
        let start = self.removed + self.bytes.len() as u64;
        self.bytes.extend_from_slice(line);
        let end = start + line.len() as u64;
        self.entries.push_back((self.lines, start..end));
        self.lines += 1;
        while let Some((_, oldest)) = self.entries.front() {
            if self.entries.len() <= MOST_LINES && end - oldest.start <= MOST_BYTES as u64 {
                break;
            }
            self.entries.pop_front();
            self.dropped += 1;
        }
        if self.bytes.len() > 2 * MOST_BYTES {
            self.remove_unused();
        }
    }

    /// Takes out the oldest line that `matches`. Lines before number `looked_at` are left alone; it becomes the number
    /// of the next line that comes.
    pub fn take(&mut self, looked_at: &mut u64, matches: &mut dyn FnMut(&[u8]) -> bool) -> Option<Vec<u8>> {
        let first = self.entries.partition_point(|(number, _)| number < looked_at);
        let found = self.entries.range(first..).position(|(_, place)| matches(self.line(place)));
        *looked_at = self.lines;
        let (_, place) = self.entries.remove(first + found?)?;
        Some(self.line(&place).to_vec())
    }

    /// Whether there is a line that `matches`; as [`Queue::take`], but the line stays.
    pub fn holds(&self, looked_at: &mut u64, matches: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let first = self.entries.partition_point(|(number, _)| number < looked_at);
        *looked_at = self.lines;
        self.entries.range(first..).any(|(_, place)| matches(self.line(place)))
    }

    /// Each that waits, the oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().map(|(_, place)| self.line(place))
    }

    pub fn clear(&mut self) {
        self.removed += self.bytes.len() as u64;
        self.bytes.clear();
        self.entries.clear();
    }

    /// How many lines were given up since this was asked last.
    pub fn take_dropped(&mut self) -> usize {
        std::mem::take(&mut self.dropped)
    }

    fn line(&self, place: &Range<u64>) -> &[u8] {
        let index = |place: u64| usize::try_from(place - self.removed).unwrap_or(usize::MAX);
        self.bytes.get(index(place.start)..index(place.end)).unwrap_or_default()
    }

    fn remove_unused(&mut self) {
        let end = self.removed + self.bytes.len() as u64;
        let first = self.entries.front().map_or(end, |(_, place)| place.start);
        let unused = usize::try_from(first - self.removed).unwrap_or(self.bytes.len());
        self.bytes.drain(..unused.min(self.bytes.len()));
        self.removed = first;
    }
}

#[cfg(test)]
#[path = "../../tests/units/lines.rs"]
mod tests;
