//! A conversation as a text that a person can read and [`Replay`](super::Replay) can play.
//!
//! One event a line: the seconds since the port was opened, who spoke, and what. `>` is what was sent, `<` what was
//! received, `!` what happened to the port or to the script. Bytes that are no printable ASCII are written as `\r`, `\n`,
//! `\t`, `\\`, `\xNN`. Where a secret stood stands `***`. Lines that begin with `#` are comments.
//!
//! ```text
//! # hayes transcript 1
//! # 2026-11-22T10:00:00.000Z /dev/ttyUSB2
//! 0.000 > AT+CPIN=***\r
//! 0.012 < AT+CPIN=***\r\r\n
//! 0.013 < OK\r\n
//! 9.250 ! lost: the other side hung up
//! ```

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Control, Fault, Port, Read, Timestamp};
use crate::notation::escape;
use crate::state::private_file;

/// Stands for a secret.
pub(super) const MASKED: &str = "***";
pub(super) const TITLE: &str = "# hayes transcript 1";
pub(super) const LOST: &str = "lost";
pub(super) const BACK: &str = "back";
/// Ends the comment that stands where events are missing.
const NOT_KEPT: &str = "were not kept";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Computer,
    Modem,
    /// What happened to the port, or to the script
    Note,
}

impl Who {
    const ALL: [(Who, &str); 3] = [(Who::Computer, ">"), (Who::Modem, "<"), (Who::Note, "!")];

    fn sign(self) -> &'static str {
        Who::ALL.into_iter().find(|(who, _)| *who == self).map_or("", |(_, sign)| sign)
    }
}

/// Appends an event; `end` stands behind its bytes.
fn write_event(text: &mut String, at: Duration, who: Who, bytes: &[u8], end: &[u8]) {
    // Writing to memory cannot fail.
    let _ = write!(text, "{}.{:03} {} ", at.as_secs(), at.subsec_millis(), who.sign());
    escape(text, bytes);
    escape(text, end);
    // Editors cut blanks off at a line's end, so the last one is written as a number.
    if text.ends_with(' ') {
        text.pop();
        text.push_str("\\x20");
    }
    text.push('\n');
}

/// One event of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'t> {
    /// Seconds since the port was opened, as they stand
    pub at: &'t str,
    pub who: Who,
    /// As it stands: printable
    pub text: &'t str,
}

impl<'t> Said<'t> {
    /// Reads a line; else what is wrong with it.
    pub(super) fn read(line: &'t str) -> Result<Said<'t>, String> {
        let (at, rest) = line.split_once(' ').ok_or("it has no time and direction")?;
        let (sign, text) = rest.split_once(' ').ok_or("nothing stands after the direction")?;
        let who = Who::ALL.into_iter().find(|(_, known)| *known == sign);
        let (who, _) = who.ok_or_else(|| format!("`{sign}` is none of >, < and !"))?;
        Ok(Said { at, who, text })
    }

    /// The text without its `\r\n`.
    pub fn line(&self) -> &'t str {
        let line = self.text.strip_suffix("\\n").unwrap_or(self.text);
        line.strip_suffix("\\r").unwrap_or(line)
    }
}

/// The events of a transcript for people, and where some are missing; lines that are none are left out.
pub fn events(text: &str) -> impl Iterator<Item = Said<'_>> {
    text.lines().filter_map(|line| match line.strip_prefix("# ") {
        Some(comment) => comment.ends_with(NOT_KEPT).then_some(Said { at: "", who: Who::Note, text: comment }),
        None => Said::read(line).ok(),
    })
}

/// A conversation that is kept in memory and becomes a text only where somebody will read it: a batch keeps one for each
/// modem and throws most away.
#[derive(Debug, Clone, Default)]
pub struct Transcript {
    /// Of a long one its beginning is kept, and as much of its end.
    head: String,
    tail: String,
    dropped: usize,
}

/// What is kept of the beginning, and of the end.
const HALF: usize = 64 << 10;

/// So much more room is made at a time, while there is less than [`SMALL`]: doubling would leave half of it empty.
const STEP: usize = 256;
const SMALL: usize = 4096;

impl Transcript {
    /// `end` stands behind the bytes: the line end, where there was one.
    pub fn add(&mut self, at: Duration, who: Who, bytes: &[u8], end: &[u8]) {
        let to = if self.head.len() < HALF { &mut self.head } else { &mut self.tail };
        let more = bytes.len() + 24;
        if to.capacity() < SMALL && to.capacity() - to.len() < more {
            to.reserve_exact(more.next_multiple_of(STEP));
        }
        write_event(to, at, who, bytes, end);
        if self.tail.len() > 2 * HALF {
            let cut = self.tail.match_indices('\n').map(|(end, _)| end + 1).find(|end| *end >= HALF);
            self.dropped += self.tail.drain(..cut.unwrap_or(self.tail.len())).count();
        }
    }

    /// The whole text; `title` is the port's name and the time.
    pub fn text(&self, title: &str) -> String {
        let title: String = title.chars().filter(|c| !c.is_control()).collect();
        let gap = format!("# {} bytes of the middle {NOT_KEPT}\n", self.dropped);
        let gap = if self.dropped > 0 { gap.as_str() } else { "" };
        format!("{TITLE}\n# {title}\n{}{gap}{}", self.head, self.tail)
    }
}

/// Hides the secrets in what is written; the line is given without its line end.
pub type Mask = Box<dyn Fn(&[u8]) -> Cow<'_, [u8]> + Send>;

/// A line without end is written in parts of this size.
const LONGEST_LINE: usize = 4096;

/// Writes down all that passes through a port, line by line as it happens, so that it survives a crash.
pub struct Recorded {
    port: Box<dyn Port>,
    file: File,
    mask: Mask,
    status: RecordStatus,
    /// Events that are written together.
    text: String,
    last: Duration,
    /// The beginning of a line whose end has not come; whole lines are masked, so that no chunk's edge cuts a secret.
    received: Vec<u8>,
}

/// Whether all could be written. A full disk ends no conversation with a modem; whoever recorded asks here at the end.
#[derive(Debug, Clone, Default)]
pub struct RecordStatus(Arc<Mutex<Option<io::Error>>>);

impl RecordStatus {
    /// The first error, once.
    pub fn take_error(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Recorded {
    /// Begins a new file, readable by its owner alone: what a modem says names its SIM and its user. `what` is the
    /// port's name, for the reader.
    pub fn create(port: Box<dyn Port>, file: &Path, what: &str, mask: Mask) -> io::Result<Recorded> {
        let mut file = private_file(file)?;
        let title = format!("{} {what}", Timestamp::now());
        file.write_all(Transcript::default().text(&title).as_bytes())?;
        let (text, received) = (String::new(), Vec::new());
        Ok(Recorded { port, file, mask, status: RecordStatus::default(), text, last: Duration::ZERO, received })
    }

    pub fn status(&self) -> RecordStatus {
        self.status.clone()
    }

    fn event(&mut self, who: Who, bytes: &[u8], end: &[u8]) {
        let masked = (self.mask)(bytes);
        write_event(&mut self.text, self.last, who, &masked, end);
    }

    /// Writes a line, or several that were sent together.
    fn line(&mut self, who: Who, line: &[u8]) {
        let end = line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let (words, end) = line.split_at_checked(line.len() - end).unwrap_or((line, &[]));
        self.event(who, words, end);
    }

    /// Takes the whole lines out of what was received, or all of it.
    fn take_received(&mut self, all: bool) {
        let received = std::mem::take(&mut self.received);
        let mut rest = received.as_slice();
        while !rest.is_empty() {
            let length = match memchr::memchr(b'\n', rest) {
                Some(end) => end + 1,
                None if all || rest.len() >= LONGEST_LINE => rest.len(),
                None => break,
            };
            let (line, more) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            self.line(Who::Modem, line);
            rest = more;
        }
        self.received = rest.to_vec();
    }

    /// Writes what was received and has no line end: something else happened, or nothing more came.
    fn settle(&mut self) {
        self.last = self.port.now();
        self.take_received(true);
        self.flush();
    }

    fn note(&mut self, text: &str) {
        self.settle();
        self.event(Who::Note, text.as_bytes(), &[]);
        self.flush();
    }

    fn note_loss<T>(&mut self, outcome: &Result<T, Fault>) {
        if let Err(Fault::Lost(why)) = outcome {
            self.note(&format!("{LOST}: {why}"));
        }
    }

    /// One write for all events since the last.
    fn flush(&mut self) {
        if self.text.is_empty() {
            return;
        }
        if let Err(error) = self.file.write_all(self.text.as_bytes()) {
            self.status.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
        self.text.clear();
    }
}

impl Port for Recorded {
    fn now(&self) -> Duration {
        self.port.now()
    }

    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault> {
        let outcome = self.port.read(buffer, until);
        match &outcome {
            Ok(Read::Bytes(count)) => {
                self.received.extend_from_slice(buffer.get(..*count).unwrap_or_default());
                self.last = self.port.now();
                self.take_received(false);
                self.flush();
            }
            // Nothing more comes for now: what is there is shown, as a prompt that has no line end.
            Ok(Read::Deadline) => self.settle(),
            Err(_) => {
                self.settle();
                self.note_loss(&outcome);
            }
        }
        outcome
    }

    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Fault> {
        // Written down first: what ends the program may be in it.
        self.last = self.port.now();
        self.take_received(true);
        if !bytes.is_empty() {
            self.line(Who::Computer, bytes);
        }
        self.flush();
        let outcome = self.port.write(bytes, until);
        match &outcome {
            Err(Fault::WriteTimeout { written }) => self.note(&format!("only {written} bytes of that went out")),
            Ok(()) | Err(_) => self.note_loss(&outcome),
        }
        outcome
    }

    fn control(&mut self, control: Control) -> Result<(), Fault> {
        let outcome = self.port.control(control);
        let on = |on: bool| if on { "on" } else { "off" };
        if outcome.is_ok() {
            self.note(&match control {
                Control::Baud(baud) => format!("baud {baud}"),
                Control::Dtr(level) => format!("dtr {}", on(level)),
                Control::Rts(level) => format!("rts {}", on(level)),
                Control::Break(time) => format!("break {}ms", time.as_millis()),
                Control::Flush => "flush".to_owned(),
            });
        }
        self.note_loss(&outcome);
        outcome
    }

    fn reopen(&mut self, until: Duration) -> Result<(), Fault> {
        self.settle();
        let outcome = self.port.reopen(until);
        if outcome.is_ok() {
            self.note(BACK);
        }
        outcome
    }

    fn rearm(&mut self) {
        self.port.rearm();
    }

    fn is_interrupted(&self) -> bool {
        self.port.is_interrupted()
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        // The port may be closed already; the time is the last one that was written.
        self.take_received(true);
        self.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::{MINUTE, Scratch, played};
    use super::*;

    /// A modem that says what stands in a transcript, on a port that is recorded. It has heard what is asked there.
    fn record(scratch: &Scratch, said: &str, mask: Mask) -> Recorded {
        Recorded::create(Box::new(played(said)), &scratch.0, "sim:bench", mask).unwrap()
    }

    fn unmasked() -> Mask {
        Box::new(|bytes| Cow::Borrowed(bytes))
    }

    /// What was recorded, without its head, which has the time of day in it.
    fn recorded(scratch: &Scratch) -> String {
        let text = std::fs::read_to_string(&scratch.0).unwrap();
        text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
    }

    fn drain(port: &mut impl Port, until: Duration) {
        while let Ok(Read::Bytes(_)) = port.read(&mut [0; 64], until) {}
    }

    #[test]
    fn lines_prompts_and_what_happens_to_the_port_are_written_as_they_come() {
        let scratch = Scratch::new("lines");
        let said = "0.000 > a\\\\\\r\\nb>\\x20\n0.001 < a\\\\\n0.004 < \\r\\n\n0.007 < b>\\x20\n\
                    1.000 > \\x1A\\xFF!\n1.001 < \\x1A\n1.003 < \\xFF!\n1.003 ! lost: unplugged\n";
        let mut port = record(&scratch, said, unmasked());
        port.write(b"a\\\r\nb> ", MINUTE).unwrap();
        drain(&mut port, Duration::from_secs(1));
        let first = "0.000 > a\\\\\\r\\nb>\\x20\n0.004 < a\\\\\\r\\n\n1.000 < b>\\x20\n";
        assert_eq!(recorded(&scratch), first);
        port.control(Control::Baud(9600)).unwrap();
        port.write(b"\x1A\xFF!", MINUTE).unwrap();
        drain(&mut port, MINUTE);
        let second = "1.000 ! baud 9600\n1.000 > \\x1A\\xFF!\n1.003 < \\x1A\\xFF!\n1.003 ! lost: unplugged\n";
        assert_eq!(recorded(&scratch), format!("{first}{second}"));
    }

    #[test]
    fn a_secret_that_is_echoed_byte_by_byte_is_masked() {
        let scratch = Scratch::new("secret");
        let mask: Mask = Box::new(|line| match String::from_utf8_lossy(line) {
            text if text.contains("1234") => Cow::Owned(text.replace("1234", MASKED).into_bytes()),
            _ => Cow::Borrowed(line),
        });
        let question = "AT+CPIN=1234\r\n";
        let mut said = "0.000 > AT+CPIN=1234\\r\\n\n".to_owned();
        for (place, byte) in question.bytes().enumerate() {
            write_event(&mut said, Duration::from_millis(place as u64 + 1), Who::Modem, &[byte], &[]);
        }
        let mut port = record(&scratch, &said, mask);
        port.write(question.as_bytes(), MINUTE).unwrap();
        drain(&mut port, MINUTE);
        assert_eq!(recorded(&scratch), "0.000 > AT+CPIN=***\\r\\n\n0.014 < AT+CPIN=***\\r\\n\n");
    }

    #[test]
    fn what_was_not_settled_is_written_at_the_end() {
        let scratch = Scratch::new("end");
        let mut port = record(&scratch, "0.000 > ab\n0.001 < a\n0.002 < b\n", unmasked());
        port.write(b"ab", MINUTE).unwrap();
        port.read(&mut [0; 8], MINUTE).unwrap();
        drop(port);
        assert_eq!(recorded(&scratch), "0.000 > ab\n0.001 < a\n");
    }

    #[test]
    fn a_disk_that_is_full_ends_no_conversation_and_is_told() {
        let full = Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        // The head itself does not fit.
        assert!(Recorded::create(Box::new(played("")), full, "sim:bench", unmasked()).is_err());
        let scratch = Scratch::new("full");
        let mut port = record(&scratch, "0.000 > AT\\r\n0.001 < AT\\r\n", unmasked());
        port.file = File::options().write(true).open(full).unwrap();
        let status = port.status();
        port.write(b"AT\r", MINUTE).unwrap();
        drain(&mut port, MINUTE);
        assert!(status.take_error().is_some());
    }

    #[test]
    fn every_byte_reads_back() {
        let all: Vec<u8> = (0..=255).collect();
        let mut text = String::new();
        write_event(&mut text, Duration::from_millis(61_007), Who::Modem, &all, &[]);
        let said = Said::read(text.trim_end_matches('\n')).unwrap();
        assert_eq!((said.at, said.who, crate::notation::unescape(said.text)), ("61.007", Who::Modem, Ok(all)));
    }

    #[test]
    fn an_endless_conversation_stays_bounded() {
        let mut transcript = Transcript::default();
        for _ in 0..20_000 {
            transcript.add(Duration::from_secs(90_000), Who::Modem, b"+QIND: \"csq\",31,99", b"\r\n");
        }
        assert!(transcript.head.len() + transcript.tail.len() < 4 * HALF);
        let text = transcript.text("x\n");
        let (notes, lines): (Vec<Said>, Vec<Said>) = events(&text).partition(|said| said.who == Who::Note);
        assert!(matches!(notes[..], [note] if note.text.ends_with("were not kept")));
        let whole = Said { at: "90000.000", who: Who::Modem, text: "+QIND: \"csq\",31,99\\r\\n" };
        assert!(lines.iter().all(|line| *line == whole), "none is cut");
    }
}
