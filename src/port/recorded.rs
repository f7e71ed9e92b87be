//! A port that writes down all that passes through it.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::transcript::{BACK, LOST, TITLE, begin, finish};
use super::{Control, Fault, Port, Read, Timestamp};
use crate::notation::escape;
use crate::state::private_file;

/// Hides the secrets in what is written; the line is given without its line end.
pub type Mask = Box<dyn Fn(&[u8]) -> Cow<'_, [u8]> + Send>;

/// A line without end is written in parts of this size.
const LONGEST_LINE: usize = 4096;

/// Writes down all that passes through a port, line by line as it happens, so that it survives a crash.
pub struct Recorded<P> {
    port: P,
    writer: Writer,
    /// The beginning of a line whose end has not come; whole lines are masked, so that no chunk's edge cuts a secret.
    received: Vec<u8>,
    sent: Vec<u8>,
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

impl<P: Port> Recorded<P> {
    /// Begins a new file, readable by its owner alone: what a modem says names its SIM and its user. `what` is the
    /// port's name, for the reader.
    pub fn create(port: P, file: &Path, what: &str, mask: Mask) -> io::Result<Recorded<P>> {
        let mut file = private_file(file)?;
        let what: String = what.chars().filter(|c| !c.is_control()).collect();
        writeln!(file, "{TITLE}\n# {} {what}", Timestamp::now())?;
        let writer = Writer { file, mask, status: RecordStatus::default(), text: String::new(), last: Duration::ZERO };
        Ok(Recorded { port, writer, received: Vec::new(), sent: Vec::new() })
    }

    pub fn status(&self) -> RecordStatus {
        self.writer.status.clone()
    }

    /// Writes what was received and has no line end: something else happened, or nothing more came.
    fn settle(&mut self) {
        let now = self.port.now();
        self.writer.said(now, '>', &mut self.sent, true);
        self.writer.said(now, '<', &mut self.received, true);
        self.writer.flush();
    }

    fn note(&mut self, text: &str) {
        self.settle();
        self.writer.event(self.port.now(), '!', text.as_bytes());
        self.writer.flush();
    }

    fn note_loss<T>(&mut self, outcome: &Result<T, Fault>) {
        if let Err(Fault::Lost(why)) = outcome {
            self.note(&format!("{LOST}: {why}"));
        }
    }
}

impl<P: Port> Port for Recorded<P> {
    fn now(&self) -> Duration {
        self.port.now()
    }

    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault> {
        let outcome = self.port.read(buffer, until);
        match &outcome {
            Ok(Read::Bytes(count)) => {
                self.received.extend_from_slice(buffer.get(..*count).unwrap_or_default());
                self.writer.said(self.port.now(), '<', &mut self.received, false);
                self.writer.flush();
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
        self.writer.said(self.port.now(), '<', &mut self.received, true);
        self.sent.extend_from_slice(bytes);
        // Written down first: what ends the program may be in it.
        self.writer.said(self.port.now(), '>', &mut self.sent, true);
        self.writer.flush();
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

impl<P> Drop for Recorded<P> {
    fn drop(&mut self) {
        // The port may be closed already; the time is the last one that was written.
        let last = self.writer.last;
        self.writer.said(last, '<', &mut self.received, true);
        self.writer.flush();
    }
}

struct Writer {
    file: File,
    mask: Mask,
    status: RecordStatus,
    /// Events that are written together.
    text: String,
    last: Duration,
}

impl Writer {
    /// Takes the whole lines out of `bytes`, or all of it.
    fn said(&mut self, now: Duration, direction: char, bytes: &mut Vec<u8>, all: bool) {
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let line = match memchr::memchr(b'\n', rest) {
                // A question is one event, though it may have several lines.
                _ if direction == '>' => rest.len(),
                Some(end) => end + 1,
                None if all || rest.len() >= LONGEST_LINE => rest.len(),
                None => break,
            };
            let line = rest.get(..line).unwrap_or_default();
            done += line.len();
            let words = line.len() - line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let (words, end) = line.split_at_checked(words).unwrap_or((line, &[]));
            let masked = (self.mask)(words);
            begin(&mut self.text, now, direction);
            escape(&mut self.text, &masked);
            escape(&mut self.text, end);
            finish(&mut self.text);
        }
        bytes.drain(..done);
        self.last = now;
    }

    fn event(&mut self, now: Duration, kind: char, text: &[u8]) {
        let masked = (self.mask)(text);
        begin(&mut self.text, now, kind);
        escape(&mut self.text, &masked);
        finish(&mut self.text);
        self.last = now;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::transcript::MASKED;
    use crate::port::{Cancel, Device, Memory};

    const MINUTE: Duration = Duration::from_secs(60);

    /// Echoes each byte a millisecond after the last.
    #[derive(Default)]
    struct Echo {
        bytes: Vec<u8>,
        next: Option<Duration>,
        gone: bool,
    }

    impl Device for Echo {
        fn receive(&mut self, bytes: &[u8], now: Duration) {
            self.bytes.extend_from_slice(bytes);
            self.next = Some(now + Duration::from_millis(1));
        }

        fn advance(&mut self, now: Duration, out: &mut Vec<u8>) {
            if self.next.is_some_and(|next| next <= now) && !self.bytes.is_empty() {
                out.push(self.bytes.remove(0));
                self.next = (!self.bytes.is_empty()).then(|| now + Duration::from_millis(1));
                self.gone = out.ends_with(b"!");
            }
        }

        fn next(&self) -> Option<Duration> {
            self.next
        }

        fn gone(&self) -> Option<Fault> {
            self.gone.then(|| Fault::Lost("unplugged".to_owned()))
        }
    }

    struct Scratch(std::path::PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            Scratch(std::env::temp_dir().join(format!("hayes-transcript-{name}-{}", std::process::id())))
        }

        /// Without its head, which has the time of day in it.
        fn events(&self) -> String {
            let text = std::fs::read_to_string(&self.0).unwrap();
            text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn record(scratch: &Scratch, mask: Mask) -> Recorded<Memory<Echo>> {
        let port = Memory::in_virtual_time(Echo::default(), &Cancel::new().unwrap());
        Recorded::create(port, &scratch.0, "sim:echo", mask).unwrap()
    }

    fn unmasked() -> Mask {
        Box::new(|bytes| Cow::Borrowed(bytes))
    }

    fn drain(port: &mut impl Port, until: Duration) {
        while let Ok(Read::Bytes(_)) = port.read(&mut [0; 64], until) {}
    }

    #[test]
    fn lines_prompts_and_what_happens_to_the_port_are_written_as_they_come() {
        let scratch = Scratch::new("lines");
        let mut port = record(&scratch, unmasked());
        port.write(b"a\\\r\nb> ", MINUTE).unwrap();
        drain(&mut port, Duration::from_secs(1));
        assert_eq!(
            scratch.events(),
            "0.000 > a\\\\\\r\\nb>\\x20\n\
             0.004 < a\\\\\\r\\n\n\
             1.000 < b>\\x20\n"
        );
        port.control(Control::Baud(9600)).unwrap();
        port.write(b"\x1A\xFF!", MINUTE).unwrap();
        drain(&mut port, MINUTE);
        assert!(
            scratch.events().ends_with(
                "1.000 ! baud 9600\n\
                 1.000 > \\x1A\\xFF!\n\
                 1.003 < \\x1A\\xFF!\n\
                 1.003 ! lost: unplugged\n"
            ),
            "{}",
            scratch.events()
        );
    }

    #[test]
    fn a_secret_that_is_echoed_byte_by_byte_is_masked() {
        let scratch = Scratch::new("secret");
        let mask: Mask = Box::new(|line| {
            let text = String::from_utf8_lossy(line);
            if text.contains("1234") {
                Cow::Owned(text.replace("1234", MASKED).into_bytes())
            } else {
                Cow::Borrowed(line)
            }
        });
        let mut port = record(&scratch, mask);
        port.write(b"AT+CPIN=1234\r\n", MINUTE).unwrap();
        drain(&mut port, MINUTE);
        assert_eq!(scratch.events(), "0.000 > AT+CPIN=***\\r\\n\n0.014 < AT+CPIN=***\\r\\n\n");
    }

    #[test]
    fn what_was_not_settled_is_written_at_the_end() {
        let scratch = Scratch::new("end");
        let mut port = record(&scratch, unmasked());
        port.write(b"ab", MINUTE).unwrap();
        port.read(&mut [0; 8], MINUTE).unwrap();
        drop(port);
        assert_eq!(scratch.events(), "0.000 > ab\n0.001 < a\n");
    }

    #[test]
    fn a_disk_that_is_full_ends_no_conversation_and_is_told() {
        if !Path::new("/dev/full").exists() {
            return;
        }
        let port = Memory::in_virtual_time(Echo::default(), &Cancel::new().unwrap());
        // The head itself does not fit.
        assert!(Recorded::create(port, Path::new("/dev/full"), "sim:echo", unmasked()).is_err());
        let scratch = Scratch::new("full");
        let mut port = record(&scratch, unmasked());
        port.writer.file = File::options().write(true).open("/dev/full").unwrap();
        let status = port.status();
        port.write(b"AT\r", MINUTE).unwrap();
        drain(&mut port, MINUTE);
        assert!(status.take_error().is_some());
    }
}
