//! An AT command line, taken apart (V.250 §5.2.1, §5.3, §5.4): `AT+CMEE=2;+CMGF=1`, `ATE0V1`, `ATD*99***1#`.

use std::ops::Range;

/// A command line's commands, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine<'a> {
    pub commands: Vec<Command<'a>>,
    /// Where a double quote opens that nothing closes.
    pub unclosed_quote: Option<usize>,
}

/// One command of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command<'a> {
    /// With its prefix, as written: `+CMEE`, `E`, `&F`, `#SGACT`, `\Q`, `D`, `S0`; empty for a bare `AT`.
    pub name: &'a str,
    pub form: Form,
    /// What stands behind the name: `2` of `+CMEE=2`, `0` of `E0`, `*99***1#` of `D*99***1#`.
    pub argument: &'a str,
    /// The place of the whole command in the line, in bytes.
    pub range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// `AT+CGMI`, `ATE0`, `ATD…`
    Execute,
    /// `AT+CREG?`
    Read,
    /// `AT+CREG=?`
    Test,
    /// `AT+CREG=2`
    Set,
}

/// Takes a line apart. `None` where it does not begin with `AT` (in upper or lower case).
pub fn parse(line: &str) -> Option<CommandLine<'_>> {
    let _ = line;
    None
}
