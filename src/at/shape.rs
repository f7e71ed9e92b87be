//! How an answer looks. The catalogue's build script reads this file as well, so it stands alone.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Not known: lines with the prefix, and bare ones
    #[default]
    Unknown,
    /// No line but the final result code
    None,
    /// One or more lines that carry the prefix
    Prefixed,
    /// Bare text: `AT+CGMI`
    Bare,
    /// Free text: each line before the final result code is one of it, whatever it looks like: `AT+CLAC`, `ATI`
    Text,
    /// `CONNECT`, content, and behind it the final result code: `AT+QHTTPREAD`. A number behind `CONNECT`
    /// counts its bytes; some write `<<<` in its place.
    Connect,
    /// A header line with the prefix and body lines under it: `AT+CMGR`, `AT+CMGL`
    HeaderAndBody,
    /// A header that counts the bytes that follow: `+QIRD: 12`; the index of the counting parameter, from 0, or from
    /// the end: -1 is the last. `before`: what stands before them, `\n`, a quote or a comma
    Counted { parameter: isize, before: u8 },
}
