use std::io;
use std::time::Duration;

use nix::errno::Errno;

use super::{Flag, Seen, Wanted};
use crate::port::crew::Inbox;

pub(in crate::port) const SHARES: bool = false;

/// Does the jobs of the inbox, one after the other, until it is closed.
pub(in crate::port) fn work(inbox: &Inbox, _stack: usize) -> io::Result<()> {
    inbox.work_alone();
    Ok(())
}

pub(super) fn wait(_wanted: Option<Wanted>, _flag: Option<&Flag>, _time: Duration) -> Option<Result<Seen, Errno>> {
    None
}

pub(super) fn in_fibre() -> bool {
    false
}
