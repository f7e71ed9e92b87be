use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, socket, sockopt};

use super::{Wanted, wait_for};
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
            let wanted = Wanted { descriptor: socket.as_fd().as_raw_fd(), to_write: true };
            if wait_for(Some(wanted), watch.flag(), left)?.descriptor {
                break;
            }
        },
        Err(error) => return Err(error.into()),
    }
    sockopt::socket_error(&socket)??;
    Ok(TcpStream::from(socket))
}
