//! What the modem sends: whole, or torn into pieces by the faults.

use std::time::Duration;

use super::random::Random;

/// Beyond so much unread output the modem reads no more input: a computer that only writes cannot make it grow.
const FULL: usize = 16 * 1024;

/// The time between two pieces: about that of a byte at 115,200 Bd, so that a reader on a PTY sees them apart.
const PIECE_INTERVAL: Duration = Duration::from_micros(100);

#[derive(Debug)]
pub(super) struct Wire {
    waiting: Vec<u8>,
    /// How much of it has been sent.
    sent: usize,
    pace: Pace,
    /// When the next piece goes out, while bytes wait.
    ready: Duration,
}

/// In what pieces it goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Pace {
    #[default]
    AtOnce,
    Bytes,
    /// Of random length
    Chunks,
    /// Held back so long, then in one piece
    Held(Duration),
}

impl Wire {
    pub(super) fn new(pace: Pace) -> Wire {
        Wire { waiting: Vec::new(), sent: 0, pace, ready: Duration::ZERO }
    }

    pub(super) fn put(&mut self, bytes: &[u8], now: Duration) {
        if self.is_empty() {
            self.ready = match self.pace {
                Pace::AtOnce => now,
                Pace::Bytes | Pace::Chunks => self.ready.max(now),
                Pace::Held(time) => now + time,
            };
        }
        self.waiting.extend_from_slice(bytes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sent >= self.waiting.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() - self.sent >= FULL
    }

    /// When bytes will go out next.
    pub(super) fn next(&self) -> Option<Duration> {
        (!self.is_empty()).then_some(self.ready)
    }

    /// Moves what is due to `out`.
    pub(super) fn drain(&mut self, now: Duration, random: &mut Random, out: &mut Vec<u8>) {
        if self.is_empty() || self.ready > now {
            return;
        }
        let piece = match self.pace {
            Pace::AtOnce | Pace::Held(_) => usize::MAX,
            Pace::Bytes => 1,
            Pace::Chunks => 1 + random.below(7),
        };
        let waiting = self.waiting.get(self.sent..).unwrap_or_default();
        let piece = waiting.get(..piece).unwrap_or(waiting);
        out.extend_from_slice(piece);
        self.sent += piece.len();
        self.ready = now + PIECE_INTERVAL;
        if self.is_empty() {
            self.forget();
        }
    }

    /// What was not yet sent, taken off.
    pub(super) fn take_waiting(&mut self) -> Vec<u8> {
        let waiting = self.waiting.split_off(self.sent.min(self.waiting.len()));
        self.forget();
        waiting
    }

    /// What was not yet sent is lost.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
        self.sent = 0;
        if self.waiting.capacity() > 4 * 1024 {
            self.waiting = Vec::new();
        }
    }
}
