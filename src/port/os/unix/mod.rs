#[cfg_attr(target_os = "linux", path = "audience_linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "audience_not_linux.rs")]
mod audience;
mod readiness;
mod serial_line;
mod socket;
mod terminal;
mod wire;

use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::port::Clock;

pub(in crate::port) use audience::{Audience, Seat};
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

    use rustix::event::{EventfdFlags, eventfd};

    #[derive(Debug)]
    pub(in crate::port) struct Flag(OwnedFd);

    impl Flag {
        pub(in crate::port) fn new() -> io::Result<Flag> {
            Ok(Flag(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
        }

        pub(in crate::port) fn raise(&self) {
            // A new counter takes a 1; nothing else writes it.
            let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
        }

        pub(in crate::port) fn lower(&self) {
            // Reading a counter sets it to 0; one that is 0 already does not block.
            let _ = rustix::io::read(&self.0, &mut [0_u8; 8]);
        }
    }

    impl AsFd for Flag {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod flag {
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd};

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
            let zero = super::Timespec { tv_sec: 0, tv_nsec: 0 };
            let raised = super::poll(&mut [super::PollFd::new(&self.reader, super::PollFlags::IN)], Some(&zero));
            if raised == Ok(1) {
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

pub(in crate::port) fn pause(flag: Option<&Flag>, time: Duration) {
    let clock = Clock::start();
    loop {
        let left = time.saturating_sub(clock.now());
        let timeout =
            Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() };
        let outcome = match flag {
            Some(flag) => poll(&mut [PollFd::new(&flag.as_fd(), PollFlags::IN)], Some(&timeout)),
            None => poll(&mut [], Some(&timeout)),
        };
        // A signal's handler ran meanwhile: wait for the rest.
        if outcome != Err(Errno::INTR) {
            return;
        }
    }
}

/// Raises the limit of open files to what the system allows: a thousand modems need more than the usual 1,024.
pub(in crate::port) fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}
