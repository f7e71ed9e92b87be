#[cfg_attr(target_os = "linux", path = "audience_linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "audience_not_linux.rs")]
mod audience;
#[cfg_attr(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")), path = "fibres_linux.rs")]
#[cfg_attr(
    not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))),
    path = "fibres_elsewhere.rs"
)]
mod fibres;
mod readiness;
mod serial_line;
mod socket;
mod terminal;
mod wire;

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};

use crate::port::Clock;

pub(in crate::port) use audience::{Audience, Seat};
pub(in crate::port) use fibres::{SHARES, work};
pub(in crate::port) use flag::Flag;
pub(in crate::port) use readiness::{Readiness, Ready};
pub(in crate::port) use serial_line::SerialLine;
pub(in crate::port) use socket::connect;
pub(in crate::port) use terminal::Terminal;
pub(in crate::port) use wire::Wire;

/// A descriptor that becomes readable and stays so: it is written once and never read, so that one write wakes all.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod flag {
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::sync::atomic::{AtomicU64, Ordering};

    use rustix::event::{EventfdFlags, eventfd};

    #[derive(Debug)]
    pub(in crate::port) struct Flag {
        descriptor: OwnedFd,
        id: u64,
    }

    impl Flag {
        pub(in crate::port) fn new() -> io::Result<Flag> {
            static NEXT: AtomicU64 = AtomicU64::new(0);
            let descriptor = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
            Ok(Flag { descriptor, id: NEXT.fetch_add(1, Ordering::Relaxed) })
        }

        /// No other flag has it, as another may have the descriptor of one that is gone.
        pub(in crate::port) fn id(&self) -> u64 {
            self.id
        }

        pub(in crate::port) fn raise(&self) {
            // A new counter takes a 1; nothing else writes it.
            let _ = rustix::io::write(&self.descriptor, &1_u64.to_ne_bytes());
        }

        pub(in crate::port) fn lower(&self) {
            // Reading a counter sets it to 0; one that is 0 already does not block.
            let _ = rustix::io::read(&self.descriptor, &mut [0_u8; 8]);
        }
    }

    impl AsFd for Flag {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.descriptor.as_fd()
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod flag {
    use std::io;
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

    #[derive(Debug)]
    pub(in crate::port) struct Flag {
        reader: io::PipeReader,
        writer: io::PipeWriter,
    }

    impl Flag {
        pub(in crate::port) fn new() -> io::Result<Flag> {
            let (reader, writer) = io::pipe()?;
            Ok(Flag { reader, writer })
        }

        pub(in crate::port) fn raise(&self) {
            // An empty pipe takes a byte; nothing else writes it.
            let _ = rustix::io::write(&self.writer, &[1]);
        }

        pub(in crate::port) fn lower(&self) {
            let mut reader = [super::PollFd::new(self.reader.as_fd().as_raw_fd(), super::PollFlags::POLLIN)];
            if super::poll(&mut reader, 0) == Ok(1) {
                let _ = rustix::io::read(&self.reader, &mut [0_u8; 1]);
            }
        }
    }

    impl AsFd for Flag {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.reader.as_fd()
        }
    }
}

/// A descriptor, and what it is to be ready for.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    descriptor: RawFd,
    /// Else to be read.
    to_write: bool,
}

/// What a wait ended with; nothing where time was up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Seen {
    descriptor: bool,
    flag: bool,
}

/// Waits until the descriptor is ready or the flag is raised, at the most so long; in a fibre it lets others run
/// meanwhile. Looks at least once. A signal may end it early, with nothing seen.
fn wait_for(wanted: Option<Wanted>, flag: Option<&Flag>, time: Duration) -> nix::Result<Seen> {
    if let Some(seen) = fibres::wait(wanted, flag, time) {
        return seen;
    }
    let events = |wanted: Wanted| if wanted.to_write { PollFlags::POLLOUT } else { PollFlags::POLLIN };
    let mut both = [
        // A negative descriptor is passed over.
        PollFd::new(wanted.map_or(-1, |wanted| wanted.descriptor), wanted.map_or(PollFlags::empty(), events)),
        PollFd::new(flag.map_or(-1, |flag| flag.as_fd().as_raw_fd()), PollFlags::POLLIN),
    ];
    match poll(&mut both, milliseconds(time)) {
        Ok(0) | Err(Errno::EINTR) => Ok(Seen::default()),
        Ok(_) => {
            let [descriptor, flag] = both;
            // Events that nobody knows tell at least that there are some.
            Ok(Seen { descriptor: descriptor.any().unwrap_or(true), flag: flag.any().unwrap_or(false) })
        }
        Err(error) => Err(error),
    }
}

/// Rounded up, so that a wait does not end before its time; a longer one than `poll` takes is waited for in parts.
fn milliseconds(time: Duration) -> i32 {
    let millis = time.as_secs().saturating_mul(1000).saturating_add(u64::from(time.subsec_nanos().div_ceil(1_000_000)));
    i32::try_from(millis).unwrap_or(i32::MAX)
}

pub(in crate::port) fn pause(flag: Option<&Flag>, time: Duration) {
    let clock = Clock::start();
    loop {
        let left = time.saturating_sub(clock.now());
        // A signal's handler ran meanwhile: wait for the rest.
        if wait_for(None, flag, left).is_ok_and(|seen| !seen.flag) && clock.now() < time {
            continue;
        }
        return;
    }
}

/// Appends what was typed on standard input; nothing at its end, or where the flag was raised first.
pub(in crate::port) fn read_typed(line: &mut Vec<u8>, flag: Option<&Flag>) -> io::Result<()> {
    let stdin = rustix::stdio::stdin();
    let wanted = Wanted { descriptor: stdin.as_raw_fd(), to_write: false };
    loop {
        let seen = wait_for(Some(wanted), flag, Duration::MAX).map_err(io::Error::from)?;
        if seen.flag {
            return Ok(());
        }
        if seen.descriptor {
            let mut some = [0; 256];
            match rustix::io::read(stdin, &mut some) {
                Ok(count) => {
                    line.extend_from_slice(some.get(..count).unwrap_or_default());
                    return Ok(());
                }
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Lets the others of this thread run, where there are any.
fn give_way() {
    if fibres::in_fibre() {
        let _ = wait_for(None, None, Duration::ZERO);
    }
}

/// Does what may block without a deadline in a thread of its own, and waits for it so long, or until the flag is raised:
/// then there is no result, and the thread is left to itself.
pub(in crate::port) fn aside<T: Send + 'static>(
    limit: Duration,
    flag: Option<&Flag>,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Option<T>> {
    let ended = Arc::new(Flag::new()?);
    let raises = RaisesAtEnd(Arc::clone(&ended));
    let (sender, result) = std::sync::mpsc::channel();
    std::thread::Builder::new().name("aside".to_owned()).spawn(move || {
        let _raises = raises;
        let _ = sender.send(work());
    })?;
    let clock = Clock::start();
    let wanted = Wanted { descriptor: ended.as_fd().as_raw_fd(), to_write: false };
    loop {
        let seen = wait_for(Some(wanted), flag, limit.saturating_sub(clock.now()))?;
        if seen.flag {
            return Ok(None);
        }
        if seen.descriptor {
            return result.recv().map(Some).map_err(|_| io::Error::other("what was done aside has panicked"));
        }
        if clock.now() >= limit {
            return Ok(None);
        }
    }
}

/// However its thread ends.
struct RaisesAtEnd(Arc<Flag>);

impl Drop for RaisesAtEnd {
    fn drop(&mut self) {
        self.0.raise();
    }
}
