//! What wakes a port that waits: a flag, the handle that raises it, and the waits that it ends.
//!
//! Two stages, as Ctrl-C is meant: the first `cancel` ends what runs, and a port that was told to go on
//! ([`Port::rearm`](super::Port::rearm)) for a `finally` block is woken again only by the second.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::os::{self, Wanted, Woken};
use super::{Clock, Fault};
use crate::diagnostic::Complaint;

/// Raised from a signal handler too; wakes all that wait for it, and stays raised until it is lowered.
#[derive(Debug)]
pub(super) struct Flag {
    /// No other flag has it, as another may have the descriptor of one that is gone.
    id: u64,
    raised: AtomicBool,
    /// What can be read once the flag is raised; behind it, where that is another descriptor, what is written to raise
    /// it. Nothing on Windows.
    bell: Vec<File>,
}

impl Flag {
    pub(super) fn new() -> io::Result<Flag> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Flag { id, raised: AtomicBool::new(false), bell: os::bell()? })
    }

    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "the fibres ask"))]
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    #[cfg_attr(windows, allow(dead_code, reason = "it has none"))]
    pub(super) fn bell(&self) -> Option<&File> {
        self.bell.first()
    }

    pub(super) fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        // A counter or a pipe that is empty takes it; nothing else writes to it.
        if let Some(mut bell) = self.bell.last() {
            let _ = bell.write(&1_u64.to_ne_bytes());
        }
    }

    pub(super) fn lower(&self) {
        self.raised.store(false, Ordering::Release);
        // Reading a counter sets it to 0; one that is 0 already does not block.
        if let Some(mut bell) = self.bell.first() {
            let _ = bell.read(&mut [0; 8]);
        }
    }

    pub(super) fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Acquire)
    }
}

pub(super) fn pause(flag: Option<&Flag>, time: Duration) {
    let clock = Clock::start();
    loop {
        let woken = os::wait_for(None, flag, time.saturating_sub(clock.now()));
        // A signal's handler ran meanwhile: wait for the rest.
        if woken.is_err() || woken.is_ok_and(|woken| woken == Woken::Flag) || clock.now() >= time {
            return;
        }
    }
}

/// Does what may block without a deadline in a thread of its own, and waits for it so long, or until the flag is
/// raised: then there is no result, and the thread is left to itself.
pub(super) fn aside<T: Send + 'static>(
    limit: Duration,
    flag: Option<&Flag>,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Option<T>> {
    let ended = Arc::new(Flag::new()?);
    let raises = Arc::clone(&ended);
    let thread = std::thread::Builder::new().name("aside".to_owned()).spawn(move || {
        // A panic is told by `join`.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        raises.raise();
        result
    })?;
    let clock = Clock::start();
    let wanted = ended.bell().map(Wanted::to_read);
    loop {
        let woken = os::wait_for(wanted, flag, limit.saturating_sub(clock.now()))?;
        if woken == Woken::Flag {
            return Ok(None);
        }
        if ended.is_raised() {
            let result = thread.join().and_then(|result| result);
            return result.map(Some).map_err(|_| io::Error::other("what was done aside has panicked"));
        }
        if clock.now() >= limit {
            return Ok(None);
        }
    }
}

/// Cheap to clone; all clones are one handle. Ports that are opened with it are woken by it, a thousand at once.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<Calls>);

#[derive(Debug)]
struct Calls {
    /// How often `cancel` was called, up to [`STAGES`].
    count: AtomicUsize,
    /// Until when a port in virtual time may go on, in milliseconds
    limit: AtomicU64,
    overran: AtomicBool,
    flags: [Flag; STAGES],
}

const STAGES: usize = 2;

impl Cancel {
    /// Fails where the process has no file descriptor left.
    pub fn new() -> io::Result<Cancel> {
        Ok(Cancel(Arc::new(Calls {
            count: AtomicUsize::new(0),
            limit: AtomicU64::new(u64::MAX),
            overran: AtomicBool::new(false),
            flags: [Flag::new()?, Flag::new()?],
        })))
    }

    /// Ends what a port in virtual time does where it takes longer by its own clock.
    pub fn limit(&self, time: Duration) {
        self.0.limit.store(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::Release);
    }

    /// Whether that has ended it
    pub fn has_overrun(&self) -> bool {
        self.0.overran.load(Ordering::Acquire)
    }

    /// The clock of a port in virtual time goes from one time to another, or to the limit between them.
    pub fn passed(&self, from: Duration, to: Duration) -> Duration {
        let limit = Duration::from_millis(self.0.limit.load(Ordering::Acquire));
        // What Ctrl-C has begun has its own time.
        if from < limit && to >= limit && !self.is_cancelled() && !self.0.overran.swap(true, Ordering::AcqRel) {
            self.cancel();
            return limit;
        }
        to
    }

    /// Wakes what waits. Neither allocates nor locks, so it may be called in a signal handler.
    pub fn cancel(&self) {
        let next = |count| (count < STAGES).then_some(count + 1);
        let before = self.0.count.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        if let Some(flag) = before.ok().and_then(|stage| self.0.flags.get(stage)) {
            flag.raise();
        }
    }

    /// Takes all calls back: a port that is told to go on ([`Port::rearm`](super::Port::rearm)) is woken by the next
    /// two again. For a program that talks on one port at a time and goes on after Ctrl-C, as the REPL does; not while
    /// a port waits.
    pub fn clear(&self) {
        self.0.flags.iter().for_each(Flag::lower);
        self.0.count.store(0, Ordering::Release);
    }

    /// Waits so long; false where this handle was used.
    pub fn pause(&self, time: Duration) -> bool {
        self.watch().pause(time).is_ok()
    }

    pub fn is_cancelled(&self) -> bool {
        self.is_called_after(0)
    }

    /// Whether it was called more often than so often.
    fn is_called_after(&self, heeded: usize) -> bool {
        self.0.count.load(Ordering::Acquire) > heeded
    }

    /// Writes a question, and takes what a person types on standard input up to Enter, unless this handle is used
    /// meanwhile; so many calls of `cancel` were heeded already. Takes no more than the line. What is secret is not
    /// shown, however soon it is typed.
    pub fn typed_line(
        &self,
        question: &str,
        write: impl FnOnce(&str),
        is_secret: bool,
        heeded: usize,
    ) -> Result<String, Fault> {
        if is_secret {
            Typing::Hidden.set();
        }
        write(question);
        Typing::asked(question);
        let typed = self.typed(heeded);
        if is_secret {
            Typing::Shown.set();
        }
        Typing::asked("");
        typed
    }

    fn typed(&self, heeded: usize) -> Result<String, Fault> {
        let mut line = Vec::new();
        loop {
            if self.is_called_after(heeded) {
                return Err(Fault::Interrupted);
            }
            let before = line.len();
            let ended = os::read_typed(&mut line, self.0.flags.get(heeded));
            if self.is_called_after(heeded) {
                return Err(Fault::Interrupted);
            }
            ended.map_err(|error| Fault::System(error.to_string()))?;
            // The end of input without a line end; a signal alone brings nothing either.
            if line.ends_with(b"\n") || line.len() == before {
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
        }
    }

    pub(super) fn watch(&self) -> Watch {
        Watch { cancel: self.clone(), heeded: 0, clock: Clock::start() }
    }
}

/// How the terminal takes what is typed on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typing {
    /// It is shown, and can be edited until Enter.
    Shown,
    /// As [`Typing::Shown`], but nothing of it is seen except that the line has ended.
    Hidden,
    /// Nobody has asked for it yet: it waits as it was typed.
    Ahead,
    /// An editor of lines has the terminal, and sets it.
    Edited,
}

/// The terminal's state, and the question that a person is asked there: a stopped program that goes on has neither.
static TYPING: Mutex<(Typing, String)> = Mutex::new((Typing::Shown, String::new()));

impl Typing {
    pub(crate) fn set(self) {
        let mut now = TYPING.lock().unwrap_or_else(PoisonError::into_inner);
        now.0 = self;
        if self != Typing::Edited {
            os::set_typing(self);
        }
    }

    /// The question stands there until it is answered.
    fn asked(question: &str) {
        question.clone_into(&mut TYPING.lock().unwrap_or_else(PoisonError::into_inner).1);
    }

    /// Sets the terminal as others know it while `stopped` goes on.
    #[cfg(unix)]
    pub(crate) fn left_while(stopped: impl FnOnce()) {
        let typing = TYPING.lock().unwrap_or_else(PoisonError::into_inner).0;
        if matches!(typing, Typing::Hidden | Typing::Ahead) {
            os::set_typing(Typing::Shown);
        }
        stopped();
        let _ = Typing::again();
    }

    /// Sets the terminal as it was, whoever has set it meanwhile; the question that stood there.
    #[cfg(unix)]
    pub(crate) fn again() -> String {
        let now = TYPING.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(now.0, Typing::Hidden | Typing::Ahead) {
            os::set_typing(now.0);
        }
        now.1.clone()
    }
}

/// What a port waits by: the handle, how many of its calls were heeded already, and a clock.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    cancel: Cancel,
    heeded: usize,
    clock: Clock,
}

impl Watch {
    pub(super) fn now(&self) -> Duration {
        self.clock.now()
    }

    pub(super) fn restarted(self) -> Watch {
        Watch { clock: Clock::start(), ..self }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancel.is_called_after(self.heeded)
    }

    /// Goes on after one call. A second one that has come meanwhile is still to be heeded.
    pub(super) fn rearm(&mut self) {
        self.heeded = (self.heeded + 1).min(self.cancel.0.count.load(Ordering::Acquire));
    }

    /// What the next `cancel` raises; none after the last.
    pub(super) fn flag(&self) -> Option<&Flag> {
        self.cancel.0.flags.get(self.heeded)
    }

    pub(super) fn pause(&self, time: Duration) -> Result<(), Fault> {
        pause(self.flag(), time);
        if self.is_cancelled() { Err(Fault::Interrupted) } else { Ok(()) }
    }

    /// Tries to open what was lost, every so often until it is there. Fails with the last reason at `until`.
    pub(super) fn reopen<T>(
        &self,
        until: Duration,
        every: Duration,
        mut open: impl FnMut() -> Result<T, Complaint>,
    ) -> Result<T, Fault> {
        loop {
            match open() {
                Ok(opened) => return Ok(opened),
                Err(error) if error.code == "hayes::port::interrupted" => return Err(Fault::Interrupted),
                Err(error) if self.now() >= until => return Err(Fault::Lost(error.message)),
                Err(_) => self.pause(every)?,
            }
        }
    }
}

#[cfg(test)]
#[path = "../../tests/units/cancel.rs"]
mod tests;
