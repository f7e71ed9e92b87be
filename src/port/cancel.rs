//! A handle that wakes every port that waits.
//!
//! Two stages, as Ctrl-C is meant: the first `cancel` ends what runs, and a port that was told to go on
//! ([`Port::rearm`](super::Port::rearm)) for a `finally` block is woken again only by the second.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::Fault;
use super::os::{self, Flag};

/// Cheap to clone; all clones are one handle. Ports that are opened with it are woken by it, a thousand at once.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// How often `cancel` was called, up to [`STAGES`].
    calls: AtomicUsize,
    flags: [Flag; STAGES],
}

const STAGES: usize = 2;

impl Cancel {
    /// Fails where the process has no file descriptor left.
    pub fn new() -> io::Result<Cancel> {
        Ok(Cancel(Arc::new(Inner { calls: AtomicUsize::new(0), flags: [Flag::new()?, Flag::new()?] })))
    }

    /// Wakes what waits. Neither allocates nor locks, so it may be called in a signal handler.
    pub fn cancel(&self) {
        let before = self
            .0
            .calls
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |calls| (calls < STAGES).then_some(calls + 1));
        if let Some(flag) = before.ok().and_then(|stage| self.0.flags.get(stage)) {
            flag.raise();
        }
    }

    /// Takes all calls back: a port that is told to go on ([`Port::rearm`](super::Port::rearm)) is woken by the next
    /// two again. For a program that talks on one port at a time and goes on after Ctrl-C, as the REPL does; not while
    /// a port waits.
    pub fn clear(&self) {
        self.0.flags.iter().for_each(Flag::lower);
        self.0.calls.store(0, Ordering::Release);
    }

    pub fn is_cancelled(&self) -> bool {
        self.is_called_after(0)
    }

    /// Whether it was called more often than so often.
    fn is_called_after(&self, heeded: usize) -> bool {
        self.0.calls.load(Ordering::Acquire) > heeded
    }

    /// What a person types on standard input up to Enter, unless this handle is used meanwhile; so many calls of
    /// `cancel` were heeded already. Takes no more than the line.
    pub fn typed_line(&self, heeded: usize) -> Result<String, Fault> {
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

    /// What a port keeps: the handle, and how many calls it has already heeded.
    pub(super) fn watch(&self) -> Watch {
        Watch { cancel: self.clone(), heeded: 0 }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Watch {
    cancel: Cancel,
    heeded: usize,
}

impl Watch {
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancel.is_called_after(self.heeded)
    }

    /// Goes on after one call. A second one that has come meanwhile is still to be heeded.
    pub(super) fn rearm(&mut self) {
        self.heeded = (self.heeded + 1).min(self.cancel.0.calls.load(Ordering::Acquire));
    }

    /// What the next `cancel` raises; none after the last.
    pub(super) fn flag(&self) -> Option<&Flag> {
        self.cancel.0.flags.get(self.heeded)
    }

    /// Waits so long, or until the next `cancel`.
    pub(super) fn pause(&self, time: Duration) -> Result<(), Fault> {
        os::pause(self.flag(), time);
        if self.is_cancelled() { Err(Fault::Interrupted) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::Clock;

    #[test]
    fn the_second_call_wakes_what_went_on_after_the_first() {
        let cancel = Cancel::new().unwrap();
        let mut watch = cancel.watch();
        assert_eq!(watch.pause(Duration::from_millis(1)), Ok(()));
        cancel.cancel();
        assert_eq!(watch.pause(Duration::from_secs(60)), Err(Fault::Interrupted));
        watch.rearm();
        assert_eq!(watch.pause(Duration::from_millis(1)), Ok(()));
        cancel.cancel();
        assert_eq!(watch.pause(Duration::from_secs(60)), Err(Fault::Interrupted));
        watch.rearm();
        cancel.cancel();
        assert_eq!(watch.pause(Duration::from_millis(1)), Ok(()));
    }

    #[test]
    fn two_calls_at_once_are_two() {
        let cancel = Cancel::new().unwrap();
        let mut watch = cancel.watch();
        cancel.cancel();
        cancel.cancel();
        for _ in 0..2 {
            assert_eq!(watch.pause(Duration::from_secs(60)), Err(Fault::Interrupted));
            watch.rearm();
        }
        assert_eq!(watch.pause(Duration::from_millis(1)), Ok(()));
    }

    #[test]
    fn calls_that_were_taken_back_wake_nobody() {
        let cancel = Cancel::new().unwrap();
        let mut watch = cancel.watch();
        for _ in 0..3 {
            for _ in 0..2 {
                cancel.cancel();
                assert_eq!(watch.pause(Duration::from_secs(60)), Err(Fault::Interrupted));
                watch.rearm();
            }
            cancel.clear();
            watch.rearm();
            assert_eq!(watch.pause(Duration::from_millis(1)), Ok(()));
        }
    }

    #[test]
    fn one_call_wakes_all() {
        let cancel = Cancel::new().unwrap();
        let clock = Clock::start();
        std::thread::scope(|scope| {
            let waiting: Vec<_> = (0..50)
                .map(|_| {
                    let watch = cancel.watch();
                    scope.spawn(move || watch.pause(Duration::from_secs(60)))
                })
                .collect();
            cancel.cancel();
            for thread in waiting {
                assert_eq!(thread.join().unwrap(), Err(Fault::Interrupted));
            }
        });
        assert!(clock.now() < Duration::from_secs(30));
    }
}
