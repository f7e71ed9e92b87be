//! A conversation as a text that a person can read and [`Replay`] can play, written down by [`Recorded`].
//!
//! One event a line: the seconds since the port was opened, who spoke, and what. `>` is what was sent, `<` what was
//! received, `!` what happened to the port or to the script. Bytes that are no printable ASCII are written as `\r`,
//! `\n`, `\t`, `\\`, `\xNN`. Where a secret stood stands `***`. Lines that begin with `#` are comments.
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
use std::collections::VecDeque;
use std::fmt::{Display, Write as _};
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use memchr::memmem;

use super::{Control, Device, Fault, Port, Read, Timestamp};
use crate::diagnostic::Complaint;
use crate::notation::{escape, unescape};
use crate::source::{Unreadable, read_file, regular};
use crate::state::private_file;

/// What stands in place of a secret.
pub(crate) const MASKED: &str = "***";
pub const TITLE: &str = "# hayes transcript 1";
/// Stands behind the port's name in the title, where a simulated modem was behind a device or on the network.
const SIMULATED: &str = " (simulated)";
const LOST: &str = "lost";
const BACK: &str = "back";
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

    pub fn sign(self) -> &'static str {
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'t> {
    /// Seconds since the port was opened, as they stand
    pub at: &'t str,
    pub who: Who,
    /// As it stands: printable
    pub text: &'t str,
}

impl<'t> Said<'t> {
    fn read(line: &'t str) -> Result<Said<'t>, String> {
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

/// A port's name for the title of a transcript.
pub fn port_name(port: &impl Display, is_simulated: bool) -> String {
    let name = port.to_string();
    if is_simulated && !is_named_simulated(&name) { name + SIMULATED } else { name }
}

fn is_named_simulated(port: &str) -> bool {
    port.starts_with("sim:") || port.ends_with(SIMULATED)
}

/// Whether the title of this transcript names a simulated modem.
pub fn is_of_simulated(file: &Path) -> bool {
    let mut beginning = Vec::new();
    let read = regular(file).map(|file| file.take(4096).read_to_end(&mut beginning));
    let text = String::from_utf8_lossy(&beginning);
    let title = text.lines().nth(1).and_then(|title| title.strip_prefix("# ")?.split_once(' '));
    read.is_ok() && title.is_some_and(|(_, port)| is_named_simulated(port))
}

/// The events of a transcript for people, and where some are missing; lines that are none are left out.
pub fn events(text: &str) -> impl Iterator<Item = Said<'_>> {
    text.lines().filter_map(|line| match line.strip_prefix("# ") {
        Some(comment) => comment.ends_with(NOT_KEPT).then_some(Said { at: "", who: Who::Note, text: comment }),
        None => Said::read(line).ok(),
    })
}

/// A conversation that is kept in memory and becomes a text only where somebody will read it: a batch keeps one for
/// each modem and throws most away.
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
const LONGEST_EVENT: usize = 4096;

/// Writes down all that passes through a port, line by line as it happens, so that it survives a crash; or nothing,
/// while it is not asked to.
pub struct Recorded {
    port: Box<dyn Port>,
    into: Option<(File, Mask, RecordStatus)>,
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
    pub fn take_error(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Recorded {
    /// Nothing is written down yet.
    pub fn new(port: Box<dyn Port>) -> Recorded {
        Recorded { port, into: None, text: String::new(), last: Duration::ZERO, received: Vec::new() }
    }

    /// Begins a new file, readable by its owner alone: what a modem says names its SIM and its user. `what` is the
    /// port's name, for the reader.
    pub fn begin(&mut self, file: &Path, what: &str, mask: Mask) -> io::Result<RecordStatus> {
        let mut file = private_file(file)?;
        let title = format!("{} {what}", Timestamp::now());
        file.write_all(Transcript::default().text(&title).as_bytes())?;
        self.end();
        let status = RecordStatus::default();
        self.into = Some((file, mask, status.clone()));
        Ok(status)
    }

    /// Writes down no more; false where nothing was.
    pub fn end(&mut self) -> bool {
        // The port may be closed already; the time is the last one that was written.
        self.take_received(true);
        self.flush();
        self.into.take().is_some()
    }

    fn event(&mut self, who: Who, bytes: &[u8], end: &[u8]) {
        if let Some((_, mask, _)) = &self.into {
            write_event(&mut self.text, self.last, who, &mask(bytes), end);
        }
    }

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
                None if all || rest.len() >= LONGEST_EVENT => rest.len(),
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
        if let Some((file, _, status)) = &mut self.into
            && let Err(error) = file.write_all(self.text.as_bytes())
        {
            status.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
        self.text.clear();
    }
}

impl Port for Recorded {
    fn now(&self) -> Duration {
        self.port.now()
    }

    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault> {
        // What the read before brought was looked at: it may have told what is secret in it.
        self.take_received(false);
        self.flush();
        let outcome = self.port.read(buffer, until);
        match &outcome {
            _ if self.into.is_none() => {}
            Ok(Read::Bytes(count)) => {
                self.received.extend_from_slice(buffer.get(..*count).unwrap_or_default());
                self.last = self.port.now();
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

    fn greeting_time(&self) -> Duration {
        self.port.greeting_time()
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        self.end();
    }
}

// `replay:FILE`: a recorded conversation instead of a modem. It answers what it was asked when it was recorded, after
// the same time, and refuses anything else.

/// A recorded modem. What it said by itself comes at its time, or before the next question if that comes earlier.
#[derive(Default)]
pub struct Replay {
    name: String,
    events: VecDeque<RecordedEvent>,
    /// A moment of the recording and when it was played.
    synced: (Duration, Duration),
    /// How much of the next question has come.
    heard: usize,
    /// What came where the recording has a secret: the echo says it again.
    secret: Vec<u8>,
    /// What is to be said at once.
    due: Vec<u8>,
    /// Why it does not answer: the port was lost when this was recorded, or it was asked what it cannot answer.
    gone: Option<Fault>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct RecordedEvent {
    at: Duration,
    who: Who,
    bytes: Vec<u8>,
    /// Its line in the file, from 1.
    line: usize,
}

const LARGEST_TRANSCRIPT: u64 = 64 << 20;

impl Replay {
    /// Reads the whole file, so that a mistake in it is told before anything is sent.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
    pub fn open(file: &Path) -> Result<Replay, Complaint> {
        let name = file.display().to_string();
        let no_recording = |what: String| Complaint::told("hayes::port::not-a-port recording", &[&what]);
        let text = read_file(file, LARGEST_TRANSCRIPT).map_err(|unreadable| match unreadable {
            Unreadable::Io(error) => Complaint::told(
                match error.kind() {
                    io::ErrorKind::NotFound => "hayes::port::missing recording",
                    io::ErrorKind::PermissionDenied => "hayes::port::forbidden recording",
                    _ => "hayes::port::system recording",
                },
                &[&name, &error],
            )
            .near(file),
            Unreadable::TooLarge { .. } => no_recording(format!("the recording {name} {unreadable}")),
            Unreadable::NoText { .. } => no_recording(format!("{name} is no recording but binary data")),
        })?;
        Replay::new(name.clone(), &text)
            .map_err(|(line, what)| no_recording(format!("{name} is no recording: line {line}: {what}")))
    }

    /// Plays this transcript; else the line at fault, from 1, and what is wrong with it.
    pub fn new(name: String, text: &str) -> Result<Replay, (usize, String)> {
        if text.lines().next().map(str::trim_end) != Some(TITLE) {
            return Err((1, format!("it does not begin with `{TITLE}`")));
        }
        let lines = text.lines().zip(1..).filter(|(text, _)| !text.starts_with('#') && !text.trim().is_empty());
        let read = |text, line| {
            let Said { at, who, text } = Said::read(text)?;
            let at = time(at).ok_or_else(|| format!("`{at}` is no time in seconds"))?;
            Ok(RecordedEvent { at, who, bytes: unescape(text)?, line })
        };
        let events: Result<_, _> = lines.map(|(text, line)| read(text, line).map_err(|what| (line, what))).collect();
        Ok(Replay { name, events: events?, ..Replay::default() })
    }

    fn when(&self, event: &RecordedEvent) -> Duration {
        let (recorded, played) = self.synced;
        played.saturating_add(event.at.saturating_sub(recorded))
    }

    /// The next event, unless it waits for a question.
    fn next_event(&self) -> Option<&RecordedEvent> {
        self.events.front().filter(|event| event.who != Who::Computer)
    }

    fn play(&mut self) {
        let Some(event) = self.events.pop_front() else { return };
        match event.who {
            Who::Modem => match memmem::find(&event.bytes, MASKED.as_bytes()) {
                Some(at) if !self.secret.is_empty() => {
                    let (before, after) = event.bytes.split_at_checked(at).unwrap_or((&event.bytes, &[]));
                    self.due.extend_from_slice(before);
                    self.due.extend_from_slice(&self.secret);
                    self.due.extend_from_slice(after.get(MASKED.len()..).unwrap_or_default());
                }
                Some(_) | None => self.due.extend_from_slice(&event.bytes),
            },
            Who::Note => {
                let note = String::from_utf8_lossy(&event.bytes);
                if let Some(why) = note.strip_prefix(LOST) {
                    self.gone = Some(Fault::Lost(why.trim_start_matches(": ").to_owned()));
                } else if note == BACK {
                    self.gone = None;
                }
            }
            Who::Computer => {}
        }
    }
}

impl Device for Replay {
    fn receive(&mut self, bytes: &[u8], now: Duration) {
        let mut rest = bytes;
        while !rest.is_empty() && self.gone.is_none() {
            // What it said by itself before it was asked comes before the answer.
            while self.next_event().is_some() {
                self.play();
            }
            if self.gone.is_some() {
                return;
            }
            let Some(question) = self.events.front().filter(|event| event.who == Who::Computer) else {
                let said = shown(bytes);
                let why = format!("the recording {} ends before `{said}` is asked", self.name);
                self.gone = Some(Fault::System(why));
                return;
            };
            match match_question(question.bytes.get(self.heard..).unwrap_or_default(), rest) {
                Some((taken, heard, secret)) => {
                    if let Some(secret) = secret {
                        self.secret = secret.to_vec();
                    }
                    rest = rest.get(heard..).unwrap_or_default();
                    self.heard += taken;
                    if self.heard >= question.bytes.len() {
                        self.synced = (question.at, now);
                        self.heard = 0;
                        self.events.pop_front();
                    }
                }
                None => {
                    self.gone = Some(Fault::System(format!(
                        "`{}` is not what was asked in the recording {}, line {}: `{}`",
                        shown(bytes),
                        self.name,
                        question.line,
                        shown(&question.bytes)
                    )));
                }
            }
        }
    }

    fn advance(&mut self, now: Duration, out: &mut Vec<u8>) {
        while self.next_event().is_some_and(|event| self.when(event) <= now) {
            self.play();
        }
        out.append(&mut self.due);
    }

    fn next(&self) -> Option<Duration> {
        if self.due.is_empty() { self.next_event().map(|event| self.when(event)) } else { Some(self.synced.1) }
    }

    fn gone(&self) -> Option<Fault> {
        self.gone.clone()
    }
}

fn time(text: &str) -> Option<Duration> {
    let (seconds, millis) = text.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if millis.len() != 3 || !digits(millis) || !digits(seconds) {
        return None;
    }
    // No port was open for more than a century.
    let seconds: u32 = seconds.parse().ok()?;
    Some(Duration::from_secs(seconds.into()) + Duration::from_millis(millis.parse().ok()?))
}

/// Matches as much as there is of both, or nothing where they differ: how many bytes of the recorded question that are,
/// how many of what was heard, and what came where the recording has a secret.
fn match_question<'b>(question: &[u8], heard: &'b [u8]) -> Option<(usize, usize, Option<&'b [u8]>)> {
    let same = question.iter().zip(heard).take_while(|(a, b)| a == b).count();
    if same == heard.len() || same == question.len() {
        return Some((same, same, None));
    }
    // The three stars themselves may have matched the beginning of a secret that has stars in it.
    let stars = memmem::find(question, MASKED.as_bytes()).filter(|stars| *stars <= same)?;
    let after = question.get(stars + MASKED.len()..)?;
    let rest = heard.get(stars..)?;
    // A secret ends where what follows it in the recording begins.
    let end = after.first().map_or(Some(rest.len()), |next| memchr::memchr(*next, rest))?;
    Some((stars + MASKED.len(), stars + end, rest.get(..end)))
}

fn shown(bytes: &[u8]) -> String {
    let text = bytes.trim_ascii_end();
    text.get(..80).unwrap_or(text).escape_ascii().to_string().replace("\\\"", "\"")
}

#[cfg(test)]
#[path = "../../tests/units/transcript.rs"]
mod tests;
