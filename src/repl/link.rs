//! The port that is open, and who listens on it while the user types.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::board::Board;
use super::shown;
use super::tap::Tap;
use crate::at::{self, Event};
use crate::catalogue::Catalogue;
use crate::catalogue::module::Module;
use crate::connect::{self, Address, Settings, SimulatedTime};
use crate::conversation::{Conversation, Trouble};
use crate::port::{Cancel, Fault, OpenError, Port, RecordStatus};
use crate::report::style::{Palette, Style};
use crate::runtime::Mask;

/// The port that is open.
pub(super) struct Link {
    pub(super) address: Address,
    /// None was named: it is the simulated modem.
    pub(super) by_default: bool,
    pub(super) tap: Tap,
    /// None while somebody listens.
    conversation: Option<Conversation>,
    /// The device is gone; it may come back.
    pub(super) is_lost: bool,
    recorded: Option<RecordStatus>,
    /// What is hidden in what is recorded: all secrets that are known by now.
    mask: Arc<Mutex<Mask>>,
    cancel: Cancel,
}

/// Somebody listens on the port.
pub(super) struct Listening {
    thread: JoinHandle<(Conversation, bool)>,
    stop: Arc<AtomicBool>,
}

impl Link {
    pub(super) fn open(address: Address, by_default: bool, baud: u32, cancel: &Cancel) -> Result<Link, OpenError> {
        cancel.clear();
        let settings = Settings { baud, ..Settings::new(cancel.clone()) };
        let tap = Tap::new(connect::open(&address, &settings)?);
        let conversation = Some(Conversation::new(Box::new(tap.clone()), &Catalogue));
        Ok(Link {
            address,
            by_default,
            tap,
            conversation,
            is_lost: false,
            recorded: None,
            mask: Arc::default(),
            cancel: cancel.clone(),
        })
    }

    /// As it stands in the prompt.
    pub(super) fn name(&self) -> String {
        let name = match &self.address {
            Address::Simulator { .. } if self.by_default => "sim".to_owned(),
            Address::Simulator { model, .. } => format!("sim:{model}"),
            Address::Device(path) => {
                path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
            }
            Address::Tcp { .. } | Address::Rfc2217 { .. } | Address::Replay(_) => self.address.to_string(),
        };
        if self.is_lost { format!("{name} (lost)") } else { name }
    }

    /// Which module an answer has named.
    pub(super) fn module(&self) -> Option<&'static Module> {
        self.conversation.as_ref().and_then(Conversation::module)
    }

    pub(super) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The conversation, ready for a line: an earlier Ctrl-C counts no more.
    pub(super) fn conversation(&mut self) -> Option<&mut Conversation> {
        self.cancel.clear();
        self.tap.rearm();
        self.conversation.as_mut()
    }

    /// What was said on the port meanwhile is not known: a raw terminal had it.
    pub(super) fn begin_anew(&mut self) {
        self.cancel.clear();
        self.tap.rearm();
        self.conversation = Some(Conversation::new(Box::new(self.tap.clone()), &Catalogue));
    }

    /// From here on these secrets are hidden in what is recorded.
    pub(super) fn hide(&self, mask: Mask) {
        *self.mask.lock().unwrap_or_else(PoisonError::into_inner) = mask;
    }

    pub(super) fn record(&mut self, file: &Path, mask: Mask) -> std::io::Result<()> {
        self.hide(mask);
        let shared = Arc::clone(&self.mask);
        let mask: crate::port::Mask = Box::new(move |bytes| {
            let mask = shared.lock().unwrap_or_else(PoisonError::into_inner);
            mask.bytes(bytes)
        });
        self.recorded = Some(self.tap.record(file, &self.address.to_string(), mask)?);
        Ok(())
    }

    /// False where nothing was being recorded.
    pub(super) fn stop_recording(&mut self) -> bool {
        self.tap.stop_recording()
    }

    /// What could not be recorded.
    pub(super) fn record_error(&self) -> Option<std::io::Error> {
        self.recorded.as_ref().and_then(RecordStatus::take_error)
    }

    /// In virtual time nothing comes by itself while nobody waits.
    fn may_listen(&self) -> bool {
        !matches!(self.address, Address::Replay(_) | Address::Simulator { time: SimulatedTime::Virtual, .. })
    }

    /// Reads on while the user types; what comes is shown above the prompt.
    pub(super) fn listen(
        &mut self,
        mask: Mask,
        board: &Arc<Board>,
        quiet: bool,
        palette: Palette,
    ) -> Option<Listening> {
        if !self.may_listen() {
            return None;
        }
        self.cancel.clear();
        self.tap.rearm();
        let conversation = self.conversation.take()?;
        let stop = Arc::new(AtomicBool::new(false));
        let listener = Listener {
            tap: self.tap.clone(),
            cancel: self.cancel.clone(),
            stop: Arc::clone(&stop),
            is_lost: self.is_lost,
            heard: Heard { mask, board: Arc::clone(board), quiet, palette, module: conversation.module() },
            conversation,
        };
        let thread = std::thread::Builder::new().name("listener".to_owned()).spawn(move || listener.run());
        match thread {
            Ok(thread) => Some(Listening { thread, stop }),
            Err(_) => {
                // Without a thread nothing comes unasked, and all else works.
                self.begin_anew();
                None
            }
        }
    }

    /// Takes the conversation back.
    pub(super) fn stop_listening(&mut self, listening: Listening) {
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

/// So long is listened at once; then again.
const LONG: Duration = Duration::from_secs(3600);

struct Listener {
    conversation: Conversation,
    tap: Tap,
    cancel: Cancel,
    stop: Arc<AtomicBool>,
    is_lost: bool,
    heard: Heard,
}

impl Listener {
    fn run(mut self) -> (Conversation, bool) {
        while !self.stop.load(Ordering::Acquire) {
            let ended = if self.is_lost { self.wait_for_return() } else { self.listen() };
            if ended.is_err() {
                break;
            }
        }
        (self.conversation, self.is_lost)
    }

    fn listen(&mut self) -> Result<(), Ended> {
        match self.conversation.sleep(LONG, &mut self.heard) {
            Ok(()) => Ok(()),
            Err(Trouble::Lost { why, .. }) => {
                self.is_lost = true;
                self.heard.say(
                    Style::Bad,
                    &format!("the port was lost: {why}"),
                    "when it comes back, so do we; :open takes another",
                );
                Ok(())
            }
            Err(trouble) => self.go_on(trouble),
        }
    }

    fn wait_for_return(&mut self) -> Result<(), Ended> {
        let until = self.tap.now() + LONG;
        match self.tap.reopen(until) {
            Ok(()) => {
                self.is_lost = false;
                // Another modem may be plugged in there now.
                self.conversation = Conversation::new(Box::new(self.tap.clone()), &Catalogue);
                self.heard.module = None;
                self.heard.say(Style::Good, "the port is back", "");
                Ok(())
            }
            Err(Fault::Interrupted) => self.go_on(Trouble::Interrupted { received: Vec::new() }),
            // Time is up, and it is waited on; what fails at once will fail again.
            Err(_) if self.tap.now() >= until => Ok(()),
            Err(_) => Err(Ended),
        }
    }

    fn go_on(&mut self, trouble: Trouble) -> Result<(), Ended> {
        if matches!(trouble, Trouble::Interrupted { .. }) && !self.stop.load(Ordering::Acquire) {
            // A Ctrl-C that came too late for the line it was meant for.
            self.cancel.clear();
            self.tap.rearm();
            return Ok(());
        }
        Err(Ended)
    }
}

/// There is nothing to listen to any more.
struct Ended;

/// Hears what comes while nothing is asked.
struct Heard {
    mask: Mask,
    board: Arc<Board>,
    quiet: bool,
    palette: Palette,
    module: Option<&'static Module>,
}

impl Heard {
    fn say(&self, style: Style, what: &str, beside: &str) {
        let beside = if beside.is_empty() { String::new() } else { format!(" · {beside}") };
        let line = format!(
            "{} {}{}",
            shown::stamp(self.palette),
            self.palette.paint(style, what),
            self.palette.paint(Style::Dim, beside)
        );
        self.board.show(line);
    }
}

impl at::Listener for Heard {
    fn event(&mut self, _now: Duration, event: &Event<'_>) {
        let Heard { mask, board, quiet, palette, module } = self;
        mask.event(event, &mut |event| {
            if !*quiet && let Some(line) = shown::unasked(&event, *module, *palette) {
                board.show(line);
            }
        });
    }
}
