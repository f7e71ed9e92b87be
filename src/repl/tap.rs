//! The open port, shared: the conversation talks on it, the raw view shows its bytes, a recorder writes them down, the
//! raw terminal takes it over.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::board::Board;
use crate::port::{Control, Fault, Mask, Port, Read, RecordStatus, Recorded};
use crate::report::style::{Palette, Style};

/// A handle; all clones are the same port. Only one of them is used at a time.
#[derive(Clone)]
pub(super) struct Tap(Arc<Mutex<Inner>>);

struct Inner {
    port: Bare,
    /// Writes down what passes; it talks on the same port.
    recorder: Option<Recorded<Bare>>,
    /// Where the bytes are shown, while they are.
    raw: Option<Raw>,
}

/// Shows the bytes, secrets hidden.
pub(super) struct Raw {
    pub(super) board: Arc<Board>,
    pub(super) palette: Palette,
    pub(super) mask: crate::runtime::Mask,
    /// Received behind the last line end, and not shown yet: it may be the first part of a secret.
    held: Vec<u8>,
}

/// So long the rest of a line is waited for, where a secret may be in it.
const REST: Duration = Duration::from_millis(200);

impl Raw {
    pub(super) fn new(board: &Arc<Board>, palette: Palette, mask: crate::runtime::Mask) -> Raw {
        Raw { board: Arc::clone(board), palette, mask, held: Vec::new() }
    }

    fn show(&self, direction: &str, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.board.show(self.line(direction, bytes));
        }
    }

    fn line(&self, direction: &str, bytes: &[u8]) -> String {
        let shown: String = self.mask.bytes(bytes).iter().map(|byte| spelled(*byte)).collect();
        format!("{} {}", self.palette.paint(Style::Name, direction), shown)
    }

    /// What may be shown of what was received.
    fn received(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let whole = match self.held.iter().rposition(|byte| matches!(byte, b'\r' | b'\n')) {
            _ if self.mask.is_empty() => self.held.len(),
            Some(end) => end + 1,
            None => 0,
        };
        self.held.drain(..whole).collect()
    }

    /// Nothing more comes for now.
    fn settle(&mut self) {
        let rest = std::mem::take(&mut self.held);
        self.show("<-", &rest);
    }
}

/// The port itself, for its recorder and for us.
#[derive(Clone)]
struct Bare(Arc<Mutex<Box<dyn Port>>>);

impl Tap {
    pub(super) fn new(port: Box<dyn Port>) -> Tap {
        Tap(Arc::new(Mutex::new(Inner { port: Bare(Arc::new(Mutex::new(port))), recorder: None, raw: None })))
    }

    pub(super) fn show_raw(&self, raw: Option<Raw>) {
        self.inner().raw = raw;
    }

    /// From here on all that passes is written down.
    pub(super) fn record(&self, file: &Path, what: &str, mask: Mask) -> std::io::Result<RecordStatus> {
        let mut inner = self.inner();
        let recorder = Recorded::create(inner.port.clone(), file, what, mask)?;
        let status = recorder.status();
        inner.recorder = Some(recorder);
        Ok(status)
    }

    /// False where nothing was being recorded.
    pub(super) fn stop_recording(&self) -> bool {
        self.inner().recorder.take().is_some()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn shown(&mut self, read: Result<Read, Fault>, buffer: &[u8]) -> Result<Read, Fault> {
        match (&mut self.raw, &read) {
            (Some(raw), Ok(Read::Bytes(count))) => {
                let lines = raw.received(buffer.get(..*count).unwrap_or_default());
                raw.show("<-", &lines);
            }
            (Some(raw), Ok(Read::Deadline) | Err(_)) => raw.settle(),
            (None, _) => {}
        }
        read
    }

    fn port(&mut self) -> &mut dyn Port {
        match &mut self.recorder {
            Some(recorder) => recorder,
            None => &mut self.port,
        }
    }

    fn settle(&mut self) {
        if let Some(raw) = &mut self.raw {
            raw.settle();
        }
    }
}

/// A byte as it is shown: `\r`, `\x1A`, `a`. A backslash is doubled, so that no two bytes look the same.
fn spelled(byte: u8) -> String {
    match byte {
        b'\\' => "\\\\".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\t' => "\\t".to_owned(),
        b' '..=b'~' => char::from(byte).to_string(),
        other => format!("\\x{other:02X}"),
    }
}

impl Port for Tap {
    fn now(&self) -> Duration {
        self.inner().port.now()
    }

    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault> {
        let mut inner = self.inner();
        if inner.raw.as_ref().is_some_and(|raw| !raw.held.is_empty()) {
            let soon = inner.port.now() + REST;
            let read = inner.port().read(buffer, soon.min(until));
            if read != Ok(Read::Deadline) || soon >= until {
                return inner.shown(read, buffer);
            }
            inner.settle();
        }
        let read = inner.port().read(buffer, until);
        inner.shown(read, buffer)
    }

    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Fault> {
        let mut inner = self.inner();
        inner.settle();
        if let Some(raw) = &inner.raw {
            raw.show("->", bytes);
        }
        inner.port().write(bytes, until)
    }

    fn control(&mut self, control: Control) -> Result<(), Fault> {
        self.inner().port().control(control)
    }

    fn reopen(&mut self, until: Duration) -> Result<(), Fault> {
        self.inner().port().reopen(until)
    }

    fn rearm(&mut self) {
        self.inner().port().rearm();
    }

    fn is_interrupted(&self) -> bool {
        self.inner().port.is_interrupted()
    }
}

impl Bare {
    fn port(&self) -> MutexGuard<'_, Box<dyn Port>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Port for Bare {
    fn now(&self) -> Duration {
        self.port().now()
    }

    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault> {
        self.port().read(buffer, until)
    }

    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Fault> {
        self.port().write(bytes, until)
    }

    fn control(&mut self, control: Control) -> Result<(), Fault> {
        self.port().control(control)
    }

    fn reopen(&mut self, until: Duration) -> Result<(), Fault> {
        self.port().reopen(until)
    }

    fn rearm(&mut self) {
        self.port().rearm();
    }

    fn is_interrupted(&self) -> bool {
        self.port().is_interrupted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_however_it_comes() {
        let board = Arc::new(Board::default());
        let mut raw = Raw::new(&board, Palette { coloured: false }, crate::runtime::Mask::new(["1234"]));
        assert_eq!(raw.line("->", b"AT+CPIN=1234\r"), "-> AT+CPIN=***\\r");
        let received: Vec<Vec<u8>> = b"AT+CPIN=1234\r\n> ".iter().map(|byte| raw.received(&[*byte])).collect();
        let shown: Vec<String> =
            received.iter().filter(|line| !line.is_empty()).map(|line| raw.line("<-", line)).collect();
        assert_eq!(shown, ["<- AT+CPIN=***\\r", "<- \\n"]);
        assert_eq!(raw.held, b"> ");
        raw.mask = crate::runtime::Mask::default();
        assert_eq!(raw.received(b"x"), b"> x", "without secrets nothing is held");
    }

    #[test]
    fn every_byte_is_spelled_in_its_own_way() {
        let all: std::collections::HashSet<String> = (0..=255).map(spelled).collect();
        assert_eq!(all.len(), 256);
        assert_eq!([13, 10, 0x1a, b'A', b'\\'].map(spelled).concat(), "\\r\\n\\x1AA\\\\");
    }
}
