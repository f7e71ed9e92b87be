//! The lines that came by themselves and that nobody has waited for yet: bounded in number and in bytes.

use std::collections::VecDeque;

/// One buffer holds all lines; what is pushed out at its front is given up for good.
#[derive(Debug, Default)]
pub struct Queue {
    bytes: Vec<u8>,
    /// How many bytes were ever removed from the front of `bytes`.
    removed: u64,
    entries: VecDeque<Entry>,
    lines: u64,
    dropped: usize,
}

#[derive(Debug)]
struct Entry {
    /// Counts the lines that were ever queued, from 0.
    number: u64,
    /// Counted from the first byte that was ever queued.
    start: u64,
    length: usize,
}

const MOST_LINES: usize = 4096;
const MOST_BYTES: usize = 128 * 1024;

impl Queue {
    /// Takes a line; the oldest go where there is no room.
    pub fn push(&mut self, line: &[u8]) {
        let start = self.removed + self.bytes.len() as u64;
        self.bytes.extend_from_slice(line);
        self.entries.push_back(Entry { number: self.lines, start, length: line.len() });
        self.lines += 1;
        let end = start + line.len() as u64;
        while let Some(oldest) = self.entries.front() {
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
        let first = self.entries.partition_point(|entry| entry.number < *looked_at);
        let found = self.entries.range(first..).position(|entry| matches(self.line(entry)));
        *looked_at = self.lines;
        let entry = self.entries.remove(first + found?)?;
        Some(self.line(&entry).to_vec())
    }

    /// Whether there is a line that `matches`; as [`Queue::take`], but the line stays.
    pub fn holds(&self, looked_at: &mut u64, matches: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let first = self.entries.partition_point(|entry| entry.number < *looked_at);
        *looked_at = self.lines;
        self.entries.range(first..).any(|entry| matches(self.line(entry)))
    }

    /// Forgets all lines.
    pub fn clear(&mut self) {
        self.removed += self.bytes.len() as u64;
        self.bytes.clear();
        self.entries.clear();
    }

    /// How many lines were given up since this was asked last.
    pub fn take_dropped(&mut self) -> usize {
        std::mem::take(&mut self.dropped)
    }

    fn line(&self, entry: &Entry) -> &[u8] {
        let start = usize::try_from(entry.start - self.removed).unwrap_or(usize::MAX);
        self.bytes.get(start..start.saturating_add(entry.length)).unwrap_or_default()
    }

    fn remove_unused(&mut self) {
        let end = self.removed + self.bytes.len() as u64;
        let first = self.entries.front().map_or(end, |entry| entry.start);
        let unused = usize::try_from(first - self.removed).unwrap_or(self.bytes.len());
        self.bytes.drain(..unused.min(self.bytes.len()));
        self.removed = first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_in_order_and_by_match() {
        let mut queue = Queue::default();
        for line in ["A", "B", "A2", "C"] {
            queue.push(line.as_bytes());
        }
        let mut take = |first: u8| queue.take(&mut 0, &mut |line| line.first() == Some(&first));
        assert_eq!(take(b'C').unwrap(), b"C");
        assert_eq!(take(b'A').unwrap(), b"A");
        assert_eq!(take(b'A').unwrap(), b"A2");
        assert_eq!(take(b'A'), None);
        assert_eq!(take(b'B').unwrap(), b"B");
    }

    #[test]
    fn a_line_is_looked_at_once() {
        let mut queue = Queue::default();
        let mut looked_at = 0;
        queue.push(b"A");
        assert_eq!(queue.take(&mut looked_at, &mut |_| false), None);
        queue.push(b"B");
        assert_eq!(queue.take(&mut looked_at, &mut |_| true).unwrap(), b"B");
        assert_eq!(queue.take(&mut looked_at, &mut |_| true), None);
        assert_eq!(queue.take(&mut 0, &mut |_| true).unwrap(), b"A");
    }

    #[test]
    fn the_oldest_are_given_up_and_counted() {
        let mut queue = Queue::default();
        for number in 0..100_000 {
            queue.push(format!("+CMTI: \"SM\",{number}").as_bytes());
        }
        assert_eq!(queue.take_dropped(), 100_000 - MOST_LINES);
        assert_eq!(queue.take_dropped(), 0);
        let first = queue.take(&mut 0, &mut |_| true).unwrap();
        assert_eq!(first, format!("+CMTI: \"SM\",{}", 100_000 - MOST_LINES).as_bytes());
        for _ in 0..100 {
            queue.push(&[b'x'; 60_000]);
            assert!(queue.bytes.capacity() < 8 * MOST_BYTES);
        }
        assert_eq!(queue.entries.len(), 2);
        queue.clear();
        assert_eq!(queue.take(&mut 0, &mut |_| true), None);
    }
}
