//! A conversation as a text: what `--record` writes and `replay:FILE` plays. One event a line: the seconds since the port
//! was opened, who spoke, and what. `>` is what was sent, `<` what was received, `!` a note.
//!
//! This one is made of what listeners hear: secrets are masked, lines are whole. It is kept in memory, as small as it
//! goes, and becomes a text only where somebody will read it: a batch keeps one for each modem and throws most away.

use std::fmt::Write as _;
use std::time::Duration;

use crate::at::answer::Event;
use crate::notation::escape;
use crate::port::transcript::{TITLE, begin, finish};
use crate::runtime::RuntimeEvent;

/// What is kept of one conversation at most: its beginning, and as much of its end.
const HALF: usize = 64 << 10;

/// So much more room is made at a time, while there is less than [`SMALL`]: doubling would leave half of it empty.
const STEP: usize = 256;
const SMALL: usize = 4096;

/// Writes a conversation down.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    /// Entries, one behind the other: see [`Entry`].
    head: Vec<u8>,
    tail: Vec<u8>,
    dropped: usize,
}

/// In memory: the milliseconds since the port was opened and the number of bytes, each seven bits a byte, the lowest
/// first; a byte that tells the kind; the bytes.
struct Entry<'r> {
    at: Duration,
    kind: Kind,
    bytes: &'r [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sent,
    /// What was received, without its line end
    Line,
    Prompt,
    Note,
}

impl Recorder {
    pub fn on_event(&mut self, now: Duration, event: &RuntimeEvent<'_>) {
        match *event {
            RuntimeEvent::Session(event) => self.session(now, event),
            RuntimeEvent::ScriptStarted { script, depth } if depth > 0 => self.note(now, &format!("run {script}")),
            RuntimeEvent::AttemptFailed { attempt, failure } => {
                self.note(now, &format!("attempt {attempt} failed: {}", failure.diagnostic.message));
            }
            RuntimeEvent::FinallyFailed { failure } => {
                self.note(now, &format!("finally failed: {}", failure.diagnostic.message))
            }
            RuntimeEvent::Log { text } => self.note(now, &format!("log: {text}")),
            RuntimeEvent::Plan { note } => self.note(now, &format!("plan: {note}")),
            RuntimeEvent::ScriptStarted { .. }
            | RuntimeEvent::ScriptEnded { .. }
            | RuntimeEvent::Statement { .. }
            | RuntimeEvent::Waiting { .. }
            | RuntimeEvent::ExchangeEnded { .. }
            | RuntimeEvent::Captured { .. }
            | RuntimeEvent::Pause { .. }
            | RuntimeEvent::Caught { .. }
            | RuntimeEvent::Ensured { .. }
            | RuntimeEvent::Met { .. }
            | RuntimeEvent::Reported { .. } => {}
        }
    }

    fn session(&mut self, now: Duration, event: Event<'_>) {
        match event {
            Event::Sent { bytes, .. } => self.add(now, Kind::Sent, bytes),
            Event::Echo(line)
            | Event::Response(line)
            | Event::Final { line, .. }
            | Event::Urc(line)
            | Event::Stray(line)
            | Event::Data(line) => self.add(now, Kind::Line, line),
            Event::Prompt(bytes) | Event::Partial(bytes) => self.add(now, Kind::Prompt, bytes),
            Event::Dropped { lines } => self.note(now, &format!("{lines} unsolicited lines were given up")),
            Event::Truncated { bytes } => self.note(now, &format!("a line was cut after {bytes} bytes")),
            Event::Notice(text) => self.note(now, text),
        }
    }

    fn note(&mut self, now: Duration, text: &str) {
        self.add(now, Kind::Note, text.as_bytes());
    }

    fn add(&mut self, now: Duration, kind: Kind, bytes: &[u8]) {
        let to = if self.head.len() < HALF { &mut self.head } else { &mut self.tail };
        let more = bytes.len() + 21;
        if to.capacity() < SMALL && to.capacity() - to.len() < more {
            to.reserve_exact(more.next_multiple_of(STEP));
        }
        push_number(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), to);
        push_number(bytes.len() as u64, to);
        to.push(kind.byte());
        to.extend_from_slice(bytes);
        if self.tail.len() > 2 * HALF {
            self.drop_older_half();
        }
    }

    /// Of the end: whole entries go.
    #[inline(never)]
    fn drop_older_half(&mut self) {
        let mut rest = self.tail.as_slice();
        while self.tail.len() - rest.len() < HALF
            && let Some(entry) = Entry::next(&mut rest)
        {
            self.dropped += entry.bytes.len();
        }
        let cut = self.tail.len() - rest.len();
        self.tail.drain(..cut);
    }

    /// The whole text; `title` is the port's name and the time.
    pub fn text(&self, title: &str) -> String {
        let title: String = title.chars().filter(|c| !c.is_control()).collect();
        let mut text = format!("{TITLE}\n# {title}\n");
        write_entries(&self.head, &mut text);
        if self.dropped > 0 {
            let _ = writeln!(text, "# {} bytes of the middle were not kept", self.dropped);
        }
        write_entries(&self.tail, &mut text);
        text
    }
}

fn write_entries(mut entries: &[u8], text: &mut String) {
    while let Some(Entry { at, kind, bytes }) = Entry::next(&mut entries) {
        let (who, end) = match kind {
            Kind::Sent => ('>', b"".as_slice()),
            Kind::Line => ('<', b"\r\n".as_slice()),
            Kind::Prompt => ('<', b"".as_slice()),
            Kind::Note => ('!', b"".as_slice()),
        };
        begin(text, at, who);
        escape(text, bytes);
        escape(text, end);
        finish(text);
    }
}

impl<'r> Entry<'r> {
    /// Takes the first off `rest`.
    fn next(rest: &mut &'r [u8]) -> Option<Entry<'r>> {
        let at = Duration::from_millis(take_number(rest)?);
        let length = usize::try_from(take_number(rest)?).ok()?;
        let kind = Kind::of(*rest.split_off_first()?)?;
        Some(Entry { at, kind, bytes: rest.split_off(..length)? })
    }
}

impl Kind {
    fn byte(self) -> u8 {
        match self {
            Kind::Sent => b'>',
            Kind::Line => b'<',
            Kind::Prompt => b'?',
            Kind::Note => b'!',
        }
    }

    fn of(byte: u8) -> Option<Kind> {
        [Kind::Sent, Kind::Line, Kind::Prompt, Kind::Note].into_iter().find(|kind| kind.byte() == byte)
    }
}

fn push_number(mut number: u64, to: &mut Vec<u8>) {
    while number >= 0x80 {
        to.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    to.push(number.to_le_bytes()[0]);
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    let mut shift = 0;
    loop {
        let byte = *rest.split_off_first()?;
        number |= u64::from(byte & 0x7F).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(number);
        }
        shift += 7;
    }
}

/// One event of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'t> {
    /// Seconds since the port was opened, as they stand
    pub at: &'t str,
    pub who: Who,
    /// Printable; without the `\r\n` at its end
    pub text: &'t str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Computer,
    Modem,
    /// What happened to the port, or to the script
    Note,
}

/// The events of a transcript; lines that are none are left out.
pub fn events(text: &str) -> impl Iterator<Item = Said<'_>> {
    text.lines().filter_map(|line| {
        if let Some(comment) = line.strip_prefix("# ") {
            let is_note = comment.ends_with("were not kept");
            return is_note.then_some(Said { at: "", who: Who::Note, text: comment });
        }
        let (at, rest) = line.split_once(' ')?;
        let (who, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let who = match who {
            ">" => Who::Computer,
            "<" => Who::Modem,
            "!" => Who::Note,
            _ => return None,
        };
        let shown = text.strip_suffix("\\n").unwrap_or(text);
        let shown = shown.strip_suffix("\\r").unwrap_or(shown);
        Some(Said { at, who, text: shown })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::at::answer::Why;

    fn said(recorder: &mut Recorder, event: Event<'_>) {
        recorder.on_event(Duration::from_millis(1250), &RuntimeEvent::Session(event));
    }

    #[test]
    fn what_was_said_can_be_read_back() {
        let mut recorder = Recorder::default();
        said(&mut recorder, Event::Sent { bytes: b"AT+COPS?\r", why: Why::Question });
        said(&mut recorder, Event::Response(b"+COPS: \"a\\b\xff\x1b[2J\""));
        said(&mut recorder, Event::Notice("late"));
        let text = recorder.text("sim:bg96\n");
        assert_eq!(
            text,
            "# hayes transcript 1\n# sim:bg96\n1.250 > AT+COPS?\\r\n1.250 < +COPS: \"a\\\\b\\xFF\\x1B[2J\"\\r\\n\n1.250 ! late\n"
        );
        let read: Vec<(Who, &str)> = events(&text).map(|said| (said.who, said.text)).collect();
        assert_eq!(
            read,
            [(Who::Computer, "AT+COPS?"), (Who::Modem, "+COPS: \"a\\\\b\\xFF\\x1B[2J\""), (Who::Note, "late")]
        );
    }

    #[test]
    fn times_and_lengths_of_all_sizes_come_back() {
        for number in [0, 1, 0x7F, 0x80, 300, 0x3FFF, 0x4000, 1 << 35, u64::MAX] {
            let mut bytes = Vec::new();
            push_number(number, &mut bytes);
            let mut rest = bytes.as_slice();
            assert_eq!((take_number(&mut rest), rest), (Some(number), &[][..]));
        }
        let mut recorder = Recorder::default();
        let late = RuntimeEvent::Session(Event::Response(&[b'x'; 1000]));
        recorder.on_event(Duration::from_secs(90_000), &late);
        assert_eq!(recorder.text("x").lines().last(), Some(format!("90000.000 < {}\\r\\n", "x".repeat(1000)).as_str()));
    }

    #[test]
    fn an_endless_conversation_stays_bounded() {
        let mut recorder = Recorder::default();
        for _ in 0..20_000 {
            said(&mut recorder, Event::Urc(b"+QIND: \"csq\",31,99"));
        }
        assert!(recorder.head.len() + recorder.tail.len() < 4 * HALF);
        let text = recorder.text("x");
        assert!(events(&text).any(|said| said.who == Who::Note && said.text.ends_with("were not kept")));
        let lines = events(&text).filter(|said| said.who == Who::Modem);
        assert!(lines.map(|said| said.text).all(|line| line == "+QIND: \"csq\",31,99"), "none is cut");
    }
}
