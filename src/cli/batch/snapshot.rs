//! SIGUSR1 and Enter: a look at what all running modems do.

use std::sync::mpsc::Sender;

use crate::batch::driver::Progress;

/// Listens from now on; whether Enter works.
#[cfg(unix)]
pub(super) fn listen(shown: Sender<Progress>, keyboard: bool) -> bool {
    let keys = keyboard && is_in_front();
    if let Ok(mut signals) = signal_hook::iterator::Signals::new([signal_hook::consts::SIGUSR1]) {
        let shown = shown.clone();
        let watch = move || {
            for _ in signals.forever() {
                if shown.send(Progress::Snapshot { typed: false }).is_err() {
                    return;
                }
            }
        };
        // Without this thread the batch runs as well.
        let _ = std::thread::Builder::new().name("snapshots".to_owned()).stack_size(64 << 10).spawn(watch);
    }
    let builder = std::thread::Builder::new().name("keyboard".to_owned()).stack_size(64 << 10);
    keys && builder.spawn(move || read_keys(&shown)).is_ok()
}

#[cfg(not(unix))]
pub(super) fn listen(_shown: Sender<Progress>, _keyboard: bool) -> bool {
    false
}

#[cfg(unix)]
fn read_keys(shown: &Sender<Progress>) {
    use rustix::event::{PollFd, PollFlags, poll};

    let stdin = std::io::stdin();
    let mut line = [0; 256];
    loop {
        let ready = poll(&mut [PollFd::new(&stdin, PollFlags::IN)], None);
        // A program in the background that reads from its terminal is stopped by the system.
        if ready.is_err_and(|error| error != rustix::io::Errno::INTR) || !is_in_front() {
            return;
        }
        match rustix::io::read(&stdin, &mut line) {
            Ok(0) => return,
            Ok(_) => {
                if shown.send(Progress::Snapshot { typed: true }).is_err() {
                    return;
                }
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

/// Whether standard input is a terminal, and its keys are meant for us.
#[cfg(unix)]
fn is_in_front() -> bool {
    let stdin = std::io::stdin();
    rustix::termios::isatty(&stdin)
        && rustix::termios::tcgetpgrp(&stdin).is_ok_and(|group| group == rustix::process::getpgrp())
}
