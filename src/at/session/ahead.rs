//! What comes behind a line decides what it is: whether an answer goes on, whether a string does.
//!
//! [`SETTLE`]: super::SETTLE

use super::body::Came;
use super::line::Final;
use super::{Now, Session, Settled};
use crate::at::framer::{Frame, Framer};
use crate::at::parameters::prefix_length;

/// A quoted string with line ends in it goes over so many bytes at the most.
const LONGEST_STRING: usize = 4096;

/// So many lines, and bytes, are looked over to find out how an answer goes on.
pub(super) const LINES_AHEAD: usize = 64;
const BYTES_AHEAD: usize = 16 * 1024;

impl Session {
    /// Whether the answer goes on after this line, which would end it. A result code behind it tells that it does, or
    /// another header; where `any` line would, any that is no URC. `None`: what comes next must decide, or [`SETTLE`]
    /// without it.
    pub(super) fn goes_on(
        &mut self,
        framer: &Framer,
        frame: Frame,
        any: bool,
        settled: Settled,
        now: &Now<'_>,
    ) -> Option<bool> {
        let mut others = false;
        let mut is_below = false;
        let mut last = frame;
        for _ in 0..LINES_AHEAD {
            let Some(next) = framer.frame_after(last) else {
                // What is not a URC is waited for as long as it comes.
                let is_quiet = !others && !framer.has_text_after(last);
                return self.is_decided(is_quiet, settled, now).then_some(false);
            };
            if next.start - frame.start > BYTES_AHEAD {
                break;
            }
            let line = framer.line(next);
            if !std::mem::take(&mut is_below) {
                if self.knowledge.is_urc(line) {
                    is_below = self.knowledge.has_body(line);
                } else if any || self.is_own(line) || !matches!(self.final_of(line), Final::No) {
                    return Some(true);
                } else {
                    others = true;
                }
            }
            last = next;
        }
        // Better no end than a false one.
        Some(others)
    }

    /// Whether the text of which `came` has come, and of which this line may be one, comes to its length at the end of a
    /// line. Where it does not, the length is not that of the text. `None` as for [`Session::goes_on`].
    pub(super) fn comes_to_length(
        &mut self,
        framer: &Framer,
        frame: Frame,
        (mut came, length): (Came, usize),
        settled: Settled,
        now: &Now<'_>,
    ) -> Option<bool> {
        let mut next = frame;
        for _ in 0..LINES_AHEAD {
            let line = framer.line(next);
            if !came.leaves_room_for(line, next.ends, length) {
                return Some(false);
            }
            came = came.with(line, next.ends);
            if came.is_just(length) {
                return Some(true);
            }
            let Some(frame) = framer.frame_after(next) else {
                let is_quiet = !framer.has_text_after(next);
                return self.is_decided(is_quiet, settled, now).then_some(false);
            };
            next = frame;
        }
        Some(false)
    }

    /// Whether nothing has come for so long that no more is waited for. `is_quiet`: what has come puts that off no
    /// longer.
    fn is_decided(&mut self, is_quiet: bool, settled: Settled, now: &Now<'_>) -> bool {
        let is_decided = if is_quiet { settled.line } else { settled.silence };
        if !is_decided {
            self.doubt.get_or_insert(now.time);
            self.unsettled |= !is_quiet;
        }
        is_decided
    }

    fn is_own(&self, line: &[u8]) -> bool {
        self.exchange.as_ref().is_some_and(|exchange| exchange.own(line).is_some())
    }

    /// The line, with those that a quoted string in it goes over: `+CUSD: 0,"5 EUR` … `left",15`. `None` where what
    /// comes next must decide. A quote that nothing closes is a slip of the modem and takes nothing with it.
    pub(super) fn with_quoted_lines(&self, framer: &Framer, frame: Frame, settled: bool) -> Option<Frame> {
        let line = framer.line(frame);
        if !opens_string(line) || prefix_length(line).is_none() {
            return Some(frame);
        }
        let mut last = frame;
        loop {
            let Some(next) = framer.frame_after(last) else {
                return if settled || framer.end() - frame.start > LONGEST_STRING { Some(frame) } else { None };
            };
            let line = framer.line(next);
            // A line that begins as an answer's or a URC's does is no inside of a string.
            if next.end - frame.start > LONGEST_STRING || prefix_length(line).is_some() {
                return Some(frame);
            }
            if opens_string(line) {
                return Some(Frame { end: next.end, ..frame });
            }
            last = next;
        }
    }
}

/// Whether a string is open at the end of this line.
fn opens_string(line: &[u8]) -> bool {
    // Whether they are odd in number needs no more than a byte, and so are many compared at once.
    line.iter().fold(0_u8, |quotes, byte| quotes.wrapping_add(u8::from(*byte == b'"'))) % 2 == 1
}
