//! What stands under a header: messages in text and in PDU mode, data that the header counts.

use std::ops::Range;
use std::task::Poll;

use super::lines::{LONGEST_LINE, LineEnds};
use super::parameters::{Parameter, Written, parameters, split_prefix};

/// An answer's lines are kept up to so many bytes; what comes after is told but not kept.
pub(crate) const LARGEST_ANSWER: usize = 1024 * 1024;

/// What comes under the header of `AT+CMGR` or `AT+CMGL` (27.005 §3.4.2, §3.4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// One line of hexadecimal digits
    Pdu,
    /// A text; `length` characters of it where the header says so (`AT+CSDH=1`).
    Text { length: Option<usize>, came: Came },
    /// So many bytes of data, of which nothing is a line; what stands before them, or behind them if it is a quote
    Data { length: usize, before: u8 },
}

/// How much of a text came. A line end in it may count for one character or, where the modem writes CR and LF, for two;
/// a character of it for one or for as many as it has bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Came {
    pub(super) lines: usize,
    /// Characters, a line end for one
    least: usize,
    /// Characters, a line end as it was written
    written: usize,
    /// Bytes, a line end as it was written
    most: usize,
    /// Characters that are two septets in the GSM 7-bit alphabet (23.038 §6.2.1.1): where the length is the message's
    /// TP-UDL, they count for two.
    of_two: usize,
}

impl Body {
    pub(super) fn of(header: &[u8]) -> Body {
        let (_, list) = split_prefix(header);
        let fields: Vec<_> = parameters(list).collect();
        let quoted = |index: usize| fields.get(index).is_some_and(|field| field.kind == Written::Quoted);
        let in_words = |index: usize| {
            quoted(index)
                && fields
                    .get(index)
                    .is_some_and(|field| field.value.starts_with(b"REC ") || field.value.starts_with(b"STO "))
        };
        // CMGR begins with the message's state, CMGL with its index; PDU mode writes the state as a digit.
        let (is_text, fields_with_length) = match quoted(0) {
            true => (true, 11),
            false => (in_words(1) || quoted(1) && fields.len() > 4, 7),
        };
        if !is_text {
            return Body::Pdu;
        }
        let last = fields.last().filter(|field| fields.len() >= fields_with_length && field.kind == Written::Bare);
        let length = last.and_then(number);
        Body::Text { length, came: Came::default() }
    }

    /// What is under the header of a message that comes by itself (27.005 §3.4.1): `+CMT`, `+CDS`, `+CBM`.
    pub(super) fn below(header: &[u8]) -> Body {
        let (_, list) = split_prefix(header);
        let (mut fields, mut last) = (0, None);
        for field in parameters(list) {
            (fields, last) = (fields + 1, Some(field));
        }
        let number = last.filter(|field| field.kind == Written::Bare).as_ref().and_then(number);
        match number {
            // In PDU mode it says no more than a name and a length.
            Some(_) if fields <= 2 => Body::Pdu,
            _ => Body::Text { length: number.filter(|_| fields >= 10), came: Came::default() },
        }
    }

    /// The header says that nothing is under it.
    pub(super) fn is_empty(self) -> bool {
        matches!(self, Body::Text { length: Some(0), .. })
    }
}

impl Came {
    pub(super) fn with(self, line: &[u8], ends: LineEnds) -> Came {
        let characters = line.iter().filter(|byte| !matches!(byte, 0x80..=0xBF)).count();
        let (line_ends, bytes) = match self.lines {
            // The first line end is the header's.
            0 => (ends.count().saturating_sub(1), ends.bytes() - ends.bytes() / ends.count().max(1)),
            _ => (ends.count(), ends.bytes()),
        };
        let least = self.least + line_ends + characters;
        let written = (self.written + bytes + characters).max(least);
        let most = (self.most + bytes + line.len()).max(written);
        let is_of_two = |byte: &&u8| matches!(byte, b'^' | b'{' | b'}' | b'\\' | b'[' | b'~' | b']' | b'|');
        let of_two = line.iter().filter(is_of_two).count() + memchr::memmem::find_iter(line, "€").count();
        Came { lines: self.lines + 1, least, written, most, of_two: self.of_two + of_two }
    }

    /// Whether this line can be a part of the text: then it is not longer than what is still to come.
    pub(super) fn leaves_room_for(self, line: &[u8], ends: LineEnds, length: usize) -> bool {
        self.least < length && self.with(line, ends).least <= length
    }

    /// All characters came, however line ends are counted.
    pub(super) fn is_all_of(self, length: usize) -> bool {
        self.least >= length
    }

    /// They came, in one of the ways to count them.
    pub(super) fn is_just(self, length: usize) -> bool {
        let septets = |characters: usize| characters + self.of_two;
        [self.least, self.written, self.most, septets(self.least), septets(self.written)].contains(&length)
    }
}

/// The content that an answer carries, as it came.
#[derive(Default)]
pub(crate) struct Content {
    bytes: Vec<u8>,
    /// Behind so many of them stand line ends: its own, where more of it follows.
    held: usize,
    pub(crate) is_cut: bool,
}

impl Content {
    /// Line ends that came where it may go on.
    pub(crate) fn leave_gap(&mut self, line_ends: &[u8]) {
        if self.bytes.len() < LARGEST_ANSWER {
            self.bytes.extend_from_slice(line_ends);
        }
    }

    /// A header came: the line ends before it are no content.
    pub(crate) fn close_gap(&mut self) {
        self.bytes.truncate(self.held);
    }

    pub(crate) fn hold(&mut self, piece: &[u8]) {
        self.begin();
        self.is_cut |= self.bytes.len() + piece.len() > LARGEST_ANSWER || piece.len() >= LONGEST_LINE;
        if !self.is_cut {
            self.bytes.extend_from_slice(piece);
        }
        self.held = self.bytes.len();
    }

    /// A PDU: however many line ends stand before it, one parts it from the last, or from the header.
    pub(crate) fn hold_pdu(&mut self, pdu: &[u8]) {
        self.close_gap();
        self.leave_gap(b"\r\n");
        self.hold(pdu);
    }

    /// A line behind it tells its length: line ends before that may be its own.
    pub(crate) fn count(&mut self, line: &[u8]) {
        self.begin();
        if let Some(length) = count(line, 0).filter(|length| (self.held..=self.bytes.len()).contains(length)) {
            self.held = length;
        }
    }

    /// A line end before its first piece is its header's.
    fn begin(&mut self) {
        if self.held == 0 {
            let header_end = if self.bytes.starts_with(b"\r\n") { 2 } else { self.bytes.len().min(1) };
            self.bytes.drain(..header_end);
        }
    }

    /// What has been kept of it, and whether that is not all.
    pub(crate) fn into_bytes(mut self) -> (Vec<u8>, bool) {
        self.close_gap();
        (self.bytes, self.is_cut)
    }
}

const LONGEST_HEADER: usize = 256;

/// Where the data stand that the header before them counts: on the lines under it (`+QIRD: 12`), or in its own line, in
/// quotes (`+USORD: 0,12,"…"`) or behind a comma (`+CARECV: 12,…`). None where it counts nothing; it may go on.
pub(super) fn counted(text: &[u8], parameter: isize, before: u8) -> Poll<Option<Range<usize>>> {
    if before == b'\n' { counted_below(text, parameter) } else { counted_in_line(text, parameter, before) }
}

fn counted_below(text: &[u8], parameter: isize) -> Poll<Option<Range<usize>>> {
    let head = text.get(..LONGEST_HEADER).unwrap_or(text);
    let Some(end) = memchr::memchr2(b'\r', b'\n', head) else { return unless_longer(text) };
    let (header, rest) = text.split_at_checked(end).unwrap_or((text, &[]));
    let Some(line_end) = line_end(rest) else { return Poll::Pending };
    Poll::Ready(count(header, parameter).filter(|count| *count > 0).map(|count| extent(end + line_end, count)))
}

/// How long the line end is at which this begins. `None` where the next byte must tell.
pub(crate) fn line_end(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r', b'\r', b'\n', ..] => Some(3),
        [] | [b'\r'] | [b'\r', b'\r'] => None,
        _ => Some(1),
    }
}

fn counted_in_line(text: &[u8], parameter: isize, before: u8) -> Poll<Option<Range<usize>>> {
    let mut commas = 0;
    let mut in_quotes = false;
    for (position, byte) in text.iter().enumerate().take(LONGEST_HEADER) {
        let data = || {
            let count = count(text.get(..position).unwrap_or(text), parameter);
            count.map(|count| extent(position + 1, count))
        };
        match byte {
            b',' if before == b',' && commas == parameter && !in_quotes => return Poll::Ready(data()),
            b'"' if before == b'"' && commas > parameter => {
                // Another byte there than a quote: not what was counted, but hexadecimal digits, two a byte.
                let is_closed = |data: &Range<usize>| text.get(data.end).is_none_or(|byte| *byte == b'"');
                return Poll::Ready(data().filter(is_closed));
            }
            b'"' => in_quotes = !in_quotes,
            b',' if !in_quotes => commas += 1,
            b'\r' | b'\n' => return Poll::Ready(None),
            _ => {}
        }
    }
    unless_longer(text)
}

/// The data that stand behind this line, which came by itself, as its values at these `places` count them.
pub(crate) fn pushed(line: &[u8], places: &[isize], before: u8) -> Option<Body> {
    let colon = if before == b':' { memchr::memchr(b':', line)? } else { line.len() };
    let header = line.get(..colon.min(LONGEST_HEADER))?.trim_ascii_end();
    let list = split_prefix(header.strip_suffix(b":").unwrap_or(header)).1;
    let fields: Vec<_> = parameters(list).collect();
    let index = |place: isize| usize::try_from(place).ok().or(fields.len().checked_sub(place.unsigned_abs()));
    let counts =
        places.iter().map(|place| fields.get(index(*place)?).filter(|it| it.kind == Written::Bare).and_then(number));
    // Between those of two counts stands a line end.
    let length = counts.reduce(|all, count| Some(all?.saturating_add(count?).saturating_add(2)))??;
    let last = *places.last()?;
    let is_quoted = |field: &Parameter<'_>| list.get(field.range.start) == Some(&b'"');
    // Where an address stands there, other places count.
    if matches!(before, b',' | b':') && list.get(..fields.get(index(last)?)?.range.end)?.contains(&b'"') {
        return None;
    }
    let (begins, before) = match (before, fields.get(index(last)? + 1..)?) {
        (b':', _) => (Some(colon + 1), before),
        (b'\n', []) => (Some(line.len()), before),
        // An address may stand behind the count: `+QIURC: "recv",0,2,"192.0.2.1",7`.
        (b'\n', [address, port]) if is_quoted(address) && number(port).is_some() => (Some(line.len()), before),
        (b'\n', [_, ..]) if last < 0 => (Some(line.len()), before),
        // `+QIURC: "recv",0,2,"hi"`
        (b'\n', [data, ..]) if is_quoted(data) => (None, b'"'),
        _ => (None, before),
    };
    let end = match begins {
        Some(begins) => begins.saturating_add(length),
        None => match counted_in_line(line, isize::try_from(index(last)?).ok()?, before) {
            Poll::Ready(Some(data)) => data.end,
            Poll::Ready(None) | Poll::Pending => return None,
        },
    };
    let length = end.checked_sub(line.len()).filter(|length| (1..=LONGEST_LINE).contains(length))?;
    Some(Body::Data { length, before })
}

/// The header has not ended, unless it is longer than any.
fn unless_longer(text: &[u8]) -> Poll<Option<Range<usize>>> {
    if text.len() < LONGEST_HEADER { Poll::Pending } else { Poll::Ready(None) }
}

fn extent(start: usize, count: usize) -> Range<usize> {
    start..start.saturating_add(count)
}

fn count(header: &[u8], parameter: isize) -> Option<usize> {
    let (_, list) = split_prefix(header.strip_prefix(b"CONNECT ").unwrap_or(header));
    let fields: Vec<_> = parameters(list).collect();
    let from_end = fields.len().checked_sub(parameter.unsigned_abs());
    number(fields.get(usize::try_from(parameter).ok().or(from_end)?)?)
}

fn number(field: &Parameter<'_>) -> Option<usize> {
    std::str::from_utf8(field.value).ok()?.parse().ok()
}
