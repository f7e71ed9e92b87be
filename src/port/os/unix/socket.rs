use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, socket, sockopt};

use crate::port::Clock;
use crate::port::cancel::Watch;

/// A non-blocking connection. Fails with `TimedOut` after `limit`, with `Interrupted` if cancelled.
pub(in crate::port) fn connect(address: SocketAddr, limit: Duration, watch: &Watch) -> io::Result<TcpStream> {
    let clock = Clock::start();
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    // macOS cannot set these two when it makes the socket.
    let socket = socket(family, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    match rustix::net::connect(&socket, &address) {
        Ok(()) => {}
        Err(Errno::INPROGRESS | Errno::INTR) => loop {
            let left = limit.saturating_sub(clock.now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if watch.is_cancelled() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let timeout =
                Timespec { tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() };
            let mut ends = vec![PollFd::new(&socket, PollFlags::OUT)];
            let flag = watch.flag().map(AsFd::as_fd);
            ends.extend(flag.iter().map(|flag| PollFd::new(flag, PollFlags::IN)));
            let outcome = poll(&mut ends, Some(&timeout));
            let connected = ends.first().is_some_and(|socket| !socket.revents().is_empty());
            match outcome {
                Ok(_) if connected => break,
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        },
        Err(error) => return Err(error.into()),
    }
    sockopt::socket_error(&socket)??;
    Ok(TcpStream::from(socket))
}
