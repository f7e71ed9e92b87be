//! Ctrl-C and its kin: the first ends what runs and lets `finally` blocks run, the second ends that, the third ends the
//! program on the spot.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::exit::Exit;
use crate::port::Cancel;

/// What the system has asked for so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals {
    came: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
}

impl Signals {
    /// From now on Ctrl-C, SIGTERM and a hang-up cancel what runs instead of killing the program.
    pub(crate) fn cancel(cancel: &Cancel) -> std::io::Result<Signals> {
        Signals::cancel_and(cancel, || {})
    }

    /// The same, and tells of each.
    pub(crate) fn cancel_and(cancel: &Cancel, tell: impl Fn() + Send + 'static) -> std::io::Result<Signals> {
        let signals = Signals::default();
        let (cancel, came) = (cancel.clone(), Arc::clone(&signals.came));
        let stop = move || {
            came.store(true, Ordering::Release);
            cancel.cancel();
            tell();
        };
        listen(stop, Arc::clone(&signals.terminated))?;
        Ok(signals)
    }

    /// Whether there was one.
    pub(crate) fn came(&self) -> bool {
        self.came.load(Ordering::Acquire)
    }

    /// The exit code of a run that was interrupted.
    pub(crate) fn exit(&self) -> Exit {
        if self.terminated.load(Ordering::Acquire) { Exit::Terminated } else { Exit::Interrupted }
    }
}

/// For a program that goes on after Ctrl-C: each cancels what runs, while something runs; `restore` sets the terminal
/// right before the program is ended by what is no Ctrl-C, or by one that there is nothing to cancel for.
pub(crate) fn go_on_after(cancel: &Cancel, runs: Runs, restore: impl Fn() + Send + 'static) -> std::io::Result<()> {
    let cancel = cancel.clone();
    each(move |interrupted| {
        if interrupted && runs.load(Ordering::Acquire) {
            return cancel.cancel();
        }
        restore();
        end_now(&AtomicBool::new(!interrupted))
    })
}

/// Whether something runs that Ctrl-C cancels.
pub(crate) type Runs = Arc<AtomicBool>;

/// Calls `heed` for each signal, with whether it was Ctrl-C.
#[cfg(unix)]
fn each(heed: impl Fn(bool) + Send + 'static) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let watch = move || signals.forever().for_each(|signal| heed(signal == SIGINT));
    std::thread::Builder::new().name("signals".to_owned()).stack_size(128 << 10).spawn(watch).map(|_| ())
}

#[cfg(not(unix))]
fn each(heed: impl Fn(bool) + Send + 'static) -> std::io::Result<()> {
    ctrlc::set_handler(move || heed(true)).map_err(std::io::Error::other)
}

#[cfg(unix)]
fn listen(stop: impl Fn() + Send + 'static, terminated: Arc<AtomicBool>) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let watch = move || {
        for (count, signal) in signals.forever().enumerate() {
            if signal != SIGINT {
                terminated.store(true, Ordering::Release);
            }
            if count >= 2 {
                end_now(&terminated);
            }
            stop();
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).stack_size(128 << 10).spawn(watch).map(|_| ())
}

#[cfg(not(unix))]
fn listen(stop: impl Fn() + Send + 'static, terminated: Arc<AtomicBool>) -> std::io::Result<()> {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let handler = move || {
        if count.fetch_add(1, Ordering::AcqRel) >= 2 {
            end_now(&terminated);
        }
        stop();
    };
    ctrlc::set_handler(handler).map_err(std::io::Error::other)
}

#[allow(clippy::exit, reason = "the third Ctrl-C: whoever types it wants no more patience")]
fn end_now(terminated: &AtomicBool) -> ! {
    let exit = if terminated.load(Ordering::Acquire) { Exit::Terminated } else { Exit::Interrupted };
    std::process::exit(i32::from(exit.code()))
}
