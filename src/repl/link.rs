//! The port that is open, shared: the conversation talks on it, a listener hears it while the user types, the raw view
//! shows its bytes, a recorder writes them down, the raw terminal takes it over.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::editor::LinesAbove;
use super::{LISTEN_TIME, shown, terminal};
use crate::at::{self, Event};
use crate::catalogue::Catalogue;
use crate::catalogue::entry::Module;
use crate::connect::{self, Address, Opening};
use crate::conversation::{Conversation, Mode, Trouble, TroubleKind};
use crate::diagnostic::Complaint;
use crate::guard::Simulators;
use crate::notation::escape;
use crate::port::{self, Cancel, Control, Fault, FlowControl, Port, Read, RecordStatus, Recorded, transcript};
use crate::report::style::{Palette, Style};
use crate::runtime::{Mask, SharedMask};

pub(super) struct Link {
    pub address: Address,
    /// None was named: it is the simulated modem.
    by_default: bool,
    tap: Tap,
    /// None while somebody listens.
    conversation: Option<Conversation>,
    listening: Option<Listening>,
    /// The device is gone; it may come back.
    pub is_lost: bool,
    /// The last question, where it was interrupted.
    pub given_up: Option<String>,
    recorded: Option<RecordStatus>,
    /// What is hidden in what is recorded: all secrets that are known by now.
    pub(super) mask: SharedMask,
    cancel: Cancel,
}

struct Listening {
    thread: JoinHandle<(Conversation, bool)>,
    stop: Arc<AtomicBool>,
}

impl Link {
    pub(super) fn open(
        address: Address,
        by_default: bool,
        (baud, flow): (u32, FlowControl),
        cancel: &Cancel,
        (wait, tell): (Duration, &mut dyn FnMut(&str)),
    ) -> Result<Link, Complaint> {
        cancel.clear();
        let settings = Opening { baud, flow, ..Opening::new(cancel.clone()) };
        let tap = Tap::new(connect::open_within(&address, &settings, wait, tell)?);
        let conversation = Some(Conversation::new(Box::new(tap.clone()), &Catalogue));
        Ok(Link {
            address,
            by_default,
            tap,
            conversation,
            listening: None,
            is_lost: false,
            given_up: None,
            recorded: None,
            mask: Arc::default(),
            cancel: cancel.clone(),
        })
    }

    pub(super) fn name(&self) -> String {
        let name = match &self.address {
            Address::Simulator { .. } if self.by_default => "sim".to_owned(),
            Address::Simulator { model, .. } => format!("sim:{model}"),
            Address::Device(path) => {
                path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
            }
            Address::Usb(_) | Address::Tcp { .. } | Address::Rfc2217 { .. } | Address::Replay(_) => {
                self.address.to_string()
            }
        };
        if self.is_lost { format!("{name} (lost)") } else { name }
    }

    pub(super) fn module(&self) -> Option<&'static Module> {
        self.conversation.as_ref().and_then(Conversation::module)
    }

    /// The conversation, ready for a line: an earlier Ctrl-C counts no more.
    pub(super) fn conversation(&mut self) -> Option<&mut Conversation> {
        self.cancel.clear();
        self.tap.rearm();
        self.conversation.as_mut()
    }

    /// Each key goes to the modem, each of its bytes to the terminal; else why that ended.
    pub(super) fn talk_raw(&mut self, echo: bool) -> Result<(), String> {
        let ended = terminal::talk(&mut self.tap, &self.cancel, echo);
        self.begin_anew();
        self.is_lost |= matches!(ended, Ok(Some(_)));
        ended.map_err(|error| error.to_string())?.map_or(Ok(()), Err)
    }

    /// What was said on the port meanwhile is not known.
    fn begin_anew(&mut self) {
        self.cancel.clear();
        self.tap.rearm();
        self.conversation = Some(Conversation::new(Box::new(self.tap.clone()), &Catalogue));
    }

    /// What is sent goes to the other end of a connection.
    pub(super) fn carries_data(&self) -> bool {
        self.conversation.as_ref().is_some_and(|conversation| matches!(conversation.mode(), Mode::Data { .. }))
    }

    /// From here on these secrets are hidden in what is recorded, and where the bytes are shown, if they are.
    pub(super) fn hide(&self, mask: Mask, raw: Option<(&Arc<LinesAbove>, Palette, bool)>) {
        self.mask.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&mask);
        self.tap.inner().raw = raw.map(|(above, palette, in_hex)| RawView::new(above, palette, in_hex, mask));
    }

    pub(super) fn record(&mut self, file: &Path, mask: Mask) -> std::io::Result<()> {
        *self.mask.lock().unwrap_or_else(PoisonError::into_inner) = mask;
        let shared = Arc::clone(&self.mask);
        let mask: port::Mask = Box::new(move |bytes| {
            let mask = shared.lock().unwrap_or_else(PoisonError::into_inner);
            mask.bytes(bytes)
        });
        let name = transcript::port_name(&self.address, Simulators::default().is_behind(&self.address));
        self.recorded = Some(self.tap.inner().port.begin(file, &name, mask)?);
        Ok(())
    }

    /// False where nothing was being recorded.
    pub(super) fn stop_recording(&mut self) -> bool {
        self.tap.inner().port.end()
    }

    pub(super) fn record_error(&self) -> Option<std::io::Error> {
        self.recorded.as_ref().and_then(RecordStatus::take_error)
    }

    /// Reads on while the user types; what comes is shown above the prompt.
    pub(super) fn listen(&mut self, mask: Mask, above: &Arc<LinesAbove>, quiet: bool, palette: Palette) {
        // In virtual time nothing comes by itself while nobody waits.
        if matches!(self.address, Address::Replay(_) | Address::Simulator { virtual_time: true, .. }) {
            return;
        }
        self.cancel.clear();
        self.tap.rearm();
        let Some(conversation) = self.conversation.take() else { return };
        let stop = Arc::new(AtomicBool::new(false));
        let listener = Eavesdropper {
            tap: self.tap.clone(),
            cancel: self.cancel.clone(),
            stop: Arc::clone(&stop),
            is_lost: self.is_lost,
            module: conversation.module(),
            given_up: self.given_up.clone(),
            above: Arc::clone(above),
            mask,
            quiet,
            palette,
        };
        let thread = std::thread::Builder::new().name("listener".to_owned()).spawn(move || listener.run(conversation));
        match thread {
            Ok(thread) => self.listening = Some(Listening { thread, stop }),
            // Without a thread nothing comes unasked, and all else works.
            Err(_) => self.begin_anew(),
        }
    }

    /// Takes the conversation back.
    pub(super) fn stop_listening(&mut self) {
        let Some(listening) = self.listening.take() else { return };
        listening.stop.store(true, Ordering::Release);
        self.cancel.cancel();
        match listening.thread.join() {
            Ok((conversation, is_lost)) => {
                self.conversation = Some(conversation);
                self.is_lost = is_lost;
            }
            Err(_) => self.begin_anew(),
        }
        self.cancel.clear();
        self.tap.rearm();
    }
}

struct Eavesdropper {
    tap: Tap,
    cancel: Cancel,
    stop: Arc<AtomicBool>,
    is_lost: bool,
    mask: Mask,
    above: Arc<LinesAbove>,
    quiet: bool,
    palette: Palette,
    module: Option<&'static Module>,
    given_up: Option<String>,
}

impl Eavesdropper {
    fn run(mut self, mut conversation: Conversation) -> (Conversation, bool) {
        while !self.stop.load(Ordering::Acquire) {
            let goes_on = match self.is_lost {
                true => self.wait_for_return(&mut conversation),
                false => self.listen(&mut conversation),
            };
            if !goes_on {
                break;
            }
        }
        (conversation, self.is_lost)
    }

    fn listen(&mut self, conversation: &mut Conversation) -> bool {
        match conversation.sleep(LISTEN_TIME, self) {
            Ok(()) => true,
            Err(Trouble { kind: TroubleKind::Port(Fault::Lost(why)), .. }) => {
                self.is_lost = true;
                let beside = " · when it comes back, so do we; :open takes another";
                self.say(Style::Bad, &format!("the port was lost: {why}"), beside);
                true
            }
            Err(trouble) => self.goes_on(trouble.is_interrupt()),
        }
    }

    fn wait_for_return(&mut self, conversation: &mut Conversation) -> bool {
        let until = self.tap.now() + LISTEN_TIME;
        match self.tap.reopen(until) {
            Ok(()) => {
                self.is_lost = false;
                // Another modem may be plugged in there now.
                *conversation = Conversation::new(Box::new(self.tap.clone()), &Catalogue);
                self.module = None;
                self.say(Style::Good, "the port is back", "");
                true
            }
            Err(Fault::Interrupted) => self.goes_on(true),
            // Time is up, and it is waited on; what fails at once will fail again.
            Err(_) => self.tap.now() >= until,
        }
    }

    fn goes_on(&mut self, interrupted: bool) -> bool {
        // A Ctrl-C that came too late for the line it was meant for ends nothing.
        let goes_on = interrupted && !self.stop.load(Ordering::Acquire);
        if goes_on {
            self.cancel.clear();
            self.tap.rearm();
        }
        goes_on
    }

    fn say(&self, style: Style, what: &str, beside: &str) {
        self.above.is_lost.store(self.is_lost, Ordering::Release);
        let (stamp, what) = (shown::stamp(self.palette), self.palette.paint(style, what));
        self.above.show(format!("{stamp} {what}{}", self.palette.paint(Style::Dim, beside)));
    }
}

impl at::Hearer for Eavesdropper {
    fn event(&mut self, _now: Duration, event: &Event<'_>) {
        self.mask.event(event, &mut |event| {
            if !self.quiet
                && let Some(line) = shown::unasked(&event, self.module, self.given_up.as_deref(), self.palette)
            {
                self.above.show(line);
            }
        });
    }
}

/// A handle; all clones are the same port. Only one of them is used at a time.
#[derive(Clone)]
struct Tap(Arc<Mutex<TapState>>);

struct TapState {
    port: Recorded,
    /// Where the bytes are shown, while they are.
    raw: Option<RawView>,
}

struct RawView {
    above: Arc<LinesAbove>,
    palette: Palette,
    /// `41 54 0d  AT.`
    in_hex: bool,
    mask: Mask,
    /// Received behind the last line end, and not shown yet: it may be the first part of a secret.
    held: Vec<u8>,
}

/// So long the rest of a line is waited for, where a secret may be in it.
const REST: Duration = Duration::from_millis(200);

impl RawView {
    fn new(above: &Arc<LinesAbove>, palette: Palette, in_hex: bool, mask: Mask) -> RawView {
        RawView { above: Arc::clone(above), palette, in_hex, mask, held: Vec::new() }
    }

    fn show(&self, direction: &str, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.above.show(self.line(direction, bytes));
        }
    }

    fn line(&self, direction: &str, bytes: &[u8]) -> String {
        let mut line = format!("{} ", self.palette.paint(Style::Name, direction));
        let bytes = self.mask.bytes(bytes);
        if self.in_hex {
            line.push_str(&bytes.chunks(16).map(hex_row).collect::<Vec<_>>().join("\n   "));
        } else {
            escape(&mut line, &bytes);
        }
        line
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

    fn settle(&mut self) {
        let rest = std::mem::take(&mut self.held);
        self.show("<-", &rest);
    }
}

/// `41 54 0d  AT.`, the digits of 16 bytes wide
fn hex_row(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let plain = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
    format!("{:<47}  {}", digits.join(" "), bytes.iter().map(plain).collect::<String>())
}

impl Tap {
    fn new(port: Box<dyn Port>) -> Tap {
        Tap(Arc::new(Mutex::new(TapState { port: Recorded::new(port), raw: None })))
    }

    fn inner(&self) -> MutexGuard<'_, TapState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TapState {
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

    fn settle(&mut self) {
        if let Some(raw) = &mut self.raw {
            raw.settle();
        }
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
            let read = inner.port.read(buffer, soon.min(until));
            if read != Ok(Read::Deadline) || soon >= until {
                return inner.shown(read, buffer);
            }
            inner.settle();
        }
        let read = inner.port.read(buffer, until);
        inner.shown(read, buffer)
    }

    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Fault> {
        let mut inner = self.inner();
        inner.settle();
        if let Some(raw) = &inner.raw {
            raw.show("->", bytes);
        }
        inner.port.write(bytes, until)
    }

    fn control(&mut self, control: Control) -> Result<(), Fault> {
        self.inner().port.control(control)
    }

    fn reopen(&mut self, until: Duration) -> Result<(), Fault> {
        self.inner().port.reopen(until)
    }

    fn rearm(&mut self) {
        self.inner().port.rearm();
    }

    fn is_interrupted(&self) -> bool {
        self.inner().port.is_interrupted()
    }
}

#[cfg(test)]
#[path = "../../tests/units/link.rs"]
mod tests;
