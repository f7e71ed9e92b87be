use std::io;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
pub(in crate::port) struct Flag {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Flag {
    pub(in crate::port) fn new() -> io::Result<Flag> {
        Ok(Flag::default())
    }

    /// Windows runs a Ctrl-C handler in a thread of its own, so a lock does no harm.
    pub(in crate::port) fn raise(&self) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }
}

#[allow(clippy::disallowed_methods, reason = "src/port may block")]
pub(in crate::port) fn pause(flag: Option<&Flag>, time: Duration) {
    match flag {
        Some(flag) => {
            let raised = flag.raised.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = flag.changed.wait_timeout_while(raised, time, |raised| !*raised);
        }
        None => std::thread::sleep(time),
    }
}
