//! Connections of the modem's own TCP/IP stack. At the other end of each stands a server that says back what it is told.

/// How the data of a connection come to the computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Kept until they are read
    Buffer,
    /// Told as they come
    Push,
    /// Passed through: data mode
    Transparent,
}

#[derive(Debug)]
pub(super) struct Socket {
    pub(super) id: u8,
    pub(super) context: u8,
    pub(super) service: Box<str>,
    pub(super) host: Box<str>,
    pub(super) port: u16,
    pub(super) access: Access,
    /// What the server has said and nobody has read
    pub(super) received: Vec<u8>,
    pub(super) sent: usize,
}

/// A server that is not listened to keeps what it has to say.
const RECEIVED: usize = 8 * 1024;

impl Socket {
    /// The server says back what it was sent; true where nothing waited to be read before.
    pub(super) fn echo(&mut self, bytes: &[u8]) -> bool {
        let was_empty = self.received.is_empty();
        let room = RECEIVED.saturating_sub(self.received.len());
        self.received.extend(bytes.iter().take(room));
        self.sent += bytes.len();
        was_empty
    }

    pub(super) fn read(&mut self, most: usize) -> Vec<u8> {
        self.received.drain(..most.min(self.received.len())).collect()
    }
}
