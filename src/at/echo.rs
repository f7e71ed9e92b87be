//! The echo: what was sent comes back, or does not, or comes back damaged. It is known by comparing, in every state of
//! `ATE`, so that it is never taken for an answer.

use std::borrow::Cow;
use std::ops::Range;

#[derive(Debug, Default)]
pub struct Echo {
    sent: Vec<u8>,
    /// The line of it that comes back next, if it does: a range of `sent`, empty behind the last.
    next: Range<usize>,
    /// So many bytes of a line had come and not ended when it was sent: the echo stands behind them.
    behind: usize,
    /// An AT command line: nothing that a modem says looks like one, so a damaged echo is recognised as well.
    command: bool,
    /// So many lines can still be a damaged echo.
    patience: u8,
    /// It came back as a whole: some modems say it twice.
    whole: bool,
    open: bool,
}

impl Echo {
    /// Of a question; `behind` bytes of a line had come and not ended when it was sent.
    pub fn of_question(sent: &[u8], behind: usize) -> Echo {
        let command = matches!(sent, [b'A' | b'a', b'T' | b't', ..]);
        Echo { behind, command, patience: MOST_LINES_BEFORE_ECHO, ..Echo::of_reply(sent) }
    }

    /// Of the data given to a prompt.
    pub fn of_reply(sent: &[u8]) -> Echo {
        Echo { next: next_line(sent, 0), sent: sent.to_vec(), open: true, ..Echo::default() }
    }

    /// What was sent behind it comes back behind it.
    pub fn and(self, later: Echo) -> Echo {
        let rest = self.sent.get(self.next.start..).unwrap_or_default();
        if !self.open || self.command || later.command || rest.len() > LONGEST_TEXT {
            return later;
        }
        Echo { behind: later.behind, ..Echo::of_reply(&[rest, &later.sent].concat()) }
    }

    /// Nothing more can come back: an answer has begun.
    pub fn close(&mut self) {
        self.open = false;
    }

    /// It is one of an AT command, and may come back.
    pub fn is_of_command(&self) -> bool {
        self.open && self.command
    }

    /// Where this line is the echo, or a part of it: behind how many bytes that are none.
    pub fn take(&mut self, line: &[u8]) -> Option<usize> {
        if !self.open {
            return None;
        }
        let Some(expected) = self.sent.get(self.next.clone()).filter(|expected| !expected.is_empty()) else {
            let is_again = self.whole
                && self.sent.get(next_line(&self.sent, 0)).is_some_and(|sent| {
                    // Nearly every line is told apart by its length.
                    line.len() >= sent.len() && trimmed(line).eq_ignore_ascii_case(sent)
                });
            return is_again.then_some(0);
        };
        // In a flood of lines none of which can be it, this is all that is done.
        if self.patience == 0 && self.behind == 0 && line.first() != expected.first() {
            return None;
        }
        let behind = self.behind;
        let plain = |line| erased(trimmed(line));
        let same = |seen: &[u8]| if self.command { seen.eq_ignore_ascii_case(expected) } else { seen == expected };
        if same(&plain(line)) {
            self.whole = self.command && self.next.start == 0;
            return self.came_to(self.next.end, 0);
        }
        if behind > 0 && line.get(behind..).is_some_and(|tail| same(&plain(tail))) {
            return self.came_to(self.next.end, behind);
        }
        if !self.command {
            return None;
        }
        // A URC came in the middle of it: the rest follows.
        if is_head(line, expected) {
            return self.came_to(self.next.start + line.len(), 0);
        }
        if self.patience > 0 && is_damaged(line, expected) {
            return self.came_to(self.next.end, 0);
        }
        None
    }

    /// A line that is none of it has come. Asking twice about the same line costs no patience, or the cut would matter.
    pub fn passed(&mut self) {
        self.behind = 0;
        self.patience = self.patience.saturating_sub(1);
    }

    /// Whether this line is what comes back next, or its beginning. It is not taken.
    pub fn begins(&self, line: &[u8]) -> bool {
        let expected = self.sent.get(self.next.clone()).filter(|_| self.open && self.command);
        self.is_next(line) || expected.is_some_and(|expected| is_head(line, expected))
    }

    /// Whether this line is what comes back next, damaged at the most. It is not taken.
    pub fn is_next(&self, line: &[u8]) -> bool {
        let expected = self.sent.get(self.next.clone()).filter(|expected| self.open && !expected.is_empty());
        expected.is_some_and(|expected| {
            let line = erased(trimmed(line));
            match self.command {
                true => line.eq_ignore_ascii_case(expected) || self.patience > 0 && is_damaged(&line, expected),
                false => &*line == expected,
            }
        })
    }

    fn came_to(&mut self, from: usize, behind: usize) -> Option<usize> {
        self.behind = 0;
        self.next = next_line(&self.sent, from);
        Some(behind)
    }

    /// Whether text without a line end can be an echo that is still coming.
    pub fn may_begin(&self, text: &[u8]) -> bool {
        self.open && self.sent.get(self.next.clone()).is_some_and(|expected| expected.starts_with(trimmed(text)))
    }
}

/// Of texts that were sent one behind the other, so many bytes may still come back.
const LONGEST_TEXT: usize = 1024;

/// A damaged echo is one of the first lines that come.
const MOST_LINES_BEFORE_ECHO: u8 = 4;

fn is_head(line: &[u8], expected: &[u8]) -> bool {
    line.len() >= 3 && expected.get(..line.len()).is_some_and(|head| head.eq_ignore_ascii_case(line))
}

/// The next line of what was sent, as a range. Control characters end it as line ends do.
fn next_line(sent: &[u8], from: usize) -> Range<usize> {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n' | 0x1A | 0x1B | 0);
    let rest = sent.get(from..).unwrap_or_default();
    let start = from + rest.iter().position(|byte| !is_end(byte)).unwrap_or(rest.len());
    let rest = sent.get(start..).unwrap_or_default();
    start..start + rest.iter().position(is_end).unwrap_or(rest.len())
}

/// Without blanks and control characters at its end.
fn trimmed(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !matches!(byte, b' ' | 0x1A | 0x1B | 0)).map_or(0, |last| last + 1);
    line.get(..end).unwrap_or_default()
}

/// A backspace takes back the character before it.
fn erased(line: &[u8]) -> Cow<'_, [u8]> {
    if !line.contains(&0x08) {
        return Cow::Borrowed(line);
    }
    let mut kept = Vec::with_capacity(line.len());
    for byte in line {
        if *byte == 0x08 {
            kept.pop();
        } else {
            kept.push(*byte);
        }
    }
    Cow::Owned(trimmed(&kept).to_vec())
}

/// Whether `line` is `expected` with a character lost (the first one, by a modem that was asleep), a few wrong ones in
/// one place, or wrong ones all over it.
fn is_damaged(line: &[u8], expected: &[u8]) -> bool {
    if expected.len() < 3 {
        return expected.len() == line.len() + 1 && (expected.starts_with(line) || expected.ends_with(line));
    }
    let longest = line.len().max(expected.len());
    let shortest = line.len().min(expected.len());
    let head = line.iter().zip(expected).take_while(|(one, other)| one == other).count();
    let tail = line.iter().rev().zip(expected.iter().rev()).take_while(|(one, other)| one == other).count();
    let same = (head + tail).min(shortest);
    same >= 2 && longest - same <= 1.max(expected.len() / 4) || is_garbled(line, expected)
}

/// Whether `line` is `expected` with wrong characters all over it: of `AT+CGMM`, two of seven are right and the `+` is
/// one of them, or three are. A line of the answer is told apart: it has a colon, and its name stands further left.
fn is_garbled(line: &[u8], expected: &[u8]) -> bool {
    let is_right = |place: usize| line.get(place) == expected.get(place);
    let (has_at, has_mark) = (is_right(0) && is_right(1), is_right(2));
    let right = (0..expected.len()).filter(|place| is_right(*place)).count();
    line.len() == expected.len()
        && line.len() > 5
        && (has_at || has_mark || !line.contains(&b':'))
        && right * 7 >= line.len() * if has_mark { 2 } else { 3 }
}
