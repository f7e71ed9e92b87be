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
    raw: Option<(Arc<Board>, Palette)>,
}

/// The port itself, for its recorder and for us.
#[derive(Clone)]
struct Bare(Arc<Mutex<Box<dyn Port>>>);

impl Tap {
    pub(super) fn new(port: Box<dyn Port>) -> Tap {
        Tap(Arc::new(Mutex::new(Inner { port: Bare(Arc::new(Mutex::new(port))), recorder: None, raw: None })))
    }

    pub(super) fn show_raw(&self, raw: Option<(Arc<Board>, Palette)>) {
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
    fn port(&mut self) -> &mut dyn Port {
        match &mut self.recorder {
            Some(recorder) => recorder,
            None => &mut self.port,
        }
    }

    fn show(&self, direction: &str, bytes: &[u8]) {
        if let Some((board, palette)) = &self.raw {
            let shown: String = bytes.iter().map(|byte| spelled(*byte)).collect();
            board.show(format!("{} {}", palette.paint(Style::Name, direction), shown));
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
        let read = inner.port().read(buffer, until);
        if let Ok(Read::Bytes(count)) = read {
            inner.show("<-", buffer.get(..count).unwrap_or_default());
        }
        read
    }

    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Fault> {
        let mut inner = self.inner();
        inner.show("->", bytes);
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
    fn every_byte_is_spelled_in_its_own_way() {
        let all: std::collections::HashSet<String> = (0..=255).map(spelled).collect();
        assert_eq!(all.len(), 256);
        assert_eq!([13, 10, 0x1a, b'A', b'\\'].map(spelled).concat(), "\\r\\n\\x1AA\\\\");
    }
}
