//! The lines that came by themselves and that nobody has waited for yet: stamped, bounded in number and in bytes.

use std::collections::VecDeque;
use std::time::Duration;

/// One buffer holds all lines; what is pushed out at its front is given up for good.
#[derive(Debug, Default)]
pub struct Queue {
    bytes: Vec<u8>,
    /// How many bytes were ever removed from the front of `bytes`.
    removed: u64,
    entries: VecDeque<Entry>,
    dropped: usize,
}

#[derive(Debug)]
struct Entry {
    at: Duration,
    /// Counted from the first byte that was ever queued.
    start: u64,
    length: usize,
}

const MOST_LINES: usize = 4096;
const MOST_BYTES: usize = 128 * 1024;

impl Queue {
    /// Takes a line; the oldest go where there is no room.
    pub fn push(&mut self, at: Duration, line: &[u8]) {
        let start = self.removed + self.bytes.len() as u64;
        self.bytes.extend_from_slice(line);
        self.entries.push_back(Entry { at, start, length: line.len() });
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

    /// Takes out the oldest line that `matches`, with the time it came at.
    pub fn take(&mut self, matches: &mut dyn FnMut(&[u8]) -> bool) -> Option<(Duration, Vec<u8>)> {
        let found = self.entries.iter().position(|entry| matches(self.line(entry)))?;
        let entry = self.entries.remove(found)?;
        Some((entry.at, self.line(&entry).to_vec()))
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
        for (second, line) in ["A", "B", "A2", "C"].iter().enumerate() {
            queue.push(Duration::from_secs(second as u64), line.as_bytes());
        }
        let mut take = |first: u8| queue.take(&mut |line| line.first() == Some(&first));
        assert_eq!(take(b'C'), Some((Duration::from_secs(3), b"C".to_vec())));
        assert_eq!(take(b'A'), Some((Duration::ZERO, b"A".to_vec())));
        assert_eq!(take(b'A'), Some((Duration::from_secs(2), b"A2".to_vec())));
        assert_eq!(take(b'A'), None);
        assert_eq!(take(b'B').unwrap().1, b"B");
    }

    #[test]
    fn the_oldest_are_given_up_and_counted() {
        let mut queue = Queue::default();
        for number in 0..100_000 {
            queue.push(Duration::ZERO, format!("+CMTI: \"SM\",{number}").as_bytes());
        }
        assert_eq!(queue.take_dropped(), 100_000 - MOST_LINES);
        assert_eq!(queue.take_dropped(), 0);
        let first = queue.take(&mut |_| true).unwrap().1;
        assert_eq!(first, format!("+CMTI: \"SM\",{}", 100_000 - MOST_LINES).as_bytes());
        for _ in 0..100 {
            queue.push(Duration::ZERO, &[b'x'; 60_000]);
            assert!(queue.bytes.capacity() < 8 * MOST_BYTES);
        }
        assert_eq!(queue.entries.len(), 2);
        queue.clear();
        assert_eq!(queue.take(&mut |_| true), None);
    }
}
