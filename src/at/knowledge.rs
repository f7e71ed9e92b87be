//! What the session must be told about lines: which come by themselves, and which of two readings a line has.

use super::command::Form;

/// What is known of lines. The catalogue is one; [`Standard`] knows what the standards alone tell.
///
/// It is asked for every line that is received, so an answer must cost no more than a look into a table.
pub trait Knowledge: Sync {
    /// Whether modems send such a line by themselves: `RING`, `+CMTI: "SM",3`. The line comes without its line end.
    fn is_urc(&self, line: &[u8]) -> bool;

    /// What a line is that carries the prefix of the command that is running: its answer, or a URC of the same name.
    fn likeness(&self, line: &[u8], form: Form) -> Likeness;

    /// A vendor's final result code that may end any command, and whether it is a success: `COMMAND NOT SUPPORT`.
    fn vendor_final(&self, line: &[u8]) -> Option<bool> {
        let _ = line;
        None
    }
}

/// How to read a line that carries the prefix of the running command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    Answer,
    Urc,
    /// Nothing in it tells them apart (`+CPIN: READY`, `+CSQ: 18,99`): the first one is the answer, others are URCs.
    Either,
}

/// What the standards alone tell: V.250, 27.007, 27.005.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standard;

impl Knowledge for Standard {
    fn is_urc(&self, _line: &[u8]) -> bool {
        false
    }

    fn likeness(&self, _line: &[u8], _form: Form) -> Likeness {
        Likeness::Answer
    }
}
