//! What the session must be told about lines: which come by themselves, and which of two readings a line has.

use std::time::Duration;

use super::result_code::{self, Verbosity};
use super::{Expected, Form, ResultCode, Shape};
use crate::notation::text;

/// What is known of lines: the catalogue.
///
/// It is asked for every line that is received, so an answer must cost no more than a look into a table.
pub trait Knowledge: Sync {
    /// What a line tells that modems send by themselves: `RING`, `+CMTI: "SM",3`; `None` where they do not. The line
    /// comes without its line end.
    fn unasked(&self, line: &[u8]) -> Option<Unasked>;

    /// What a line is that carries the prefix of the command that is running: its answer, or a URC of the same name.
    fn likeness(&self, line: &[u8], form: Form) -> Likeness;

    /// Whether the line, which is a URC, is the header of a text or a PDU that stands under it: `+CMT: …`.
    fn has_body(&self, line: &[u8]) -> bool;

    /// Which values of the line count data that stand behind it, though nobody asked for them, from 0 or from the end
    /// (-1 is the last); and what stands before these, as in [`Shape::Counted`], or a colon.
    fn counts(&self, line: &[u8]) -> Option<(&'static [isize], u8)>;

    /// Whether the text that the line opens, and does not close, may have line ends in it: not an operator's name.
    fn may_go_on(&self, line: &[u8]) -> bool;

    /// Whether the line carries the prefix of a command that is known and another than this one, `+CREG`.
    fn is_answer_of_another(&self, line: &[u8], own: &[u8]) -> bool;

    /// Whether the line carries the prefix of a command that tells the same as this one, `+CCID`: `+ICCID: 8988…`.
    fn is_answer_alike(&self, line: &[u8], own: &[u8]) -> bool;

    /// Whether [`Knowledge::likeness`] is not a URC: what is asked of the first such line, and less work.
    fn may_answer(&self, line: &[u8], form: Form) -> bool;

    /// A vendor's final result code that may end any command, and whether it is a success: `COMMAND NOT SUPPORT`.
    fn vendor_final(&self, line: &[u8]) -> Option<bool>;
}

/// What a modem tells by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unasked {
    News,
    /// That data of the other end of a connection came, which may stand behind it: [`Knowledge::counts`]
    Data,
    /// What modems say as they start, and at other times as well: `Call Ready`
    Ready,
    /// That it starts: modems say it then, and never else: `RDY`.
    Start,
    /// The same, by a word that the answer to a command which nobody knows may hold as well: `START`
    StartWord,
    /// That it goes off: `POWERED DOWN`
    Off,
}

impl Unasked {
    pub fn is_start(self) -> bool {
        matches!(self, Unasked::Start | Unasked::StartWord)
    }
}

/// How to read a line that carries the prefix of the running command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    Answer,
    Urc,
    /// Nothing in it tells them apart (`+CSQ: 18,99`): the first one is the answer, others are URCs.
    Either,
    /// As [`Likeness::Either`], and it tells a state (`+CPIN: READY`, `+CFUN: 1`): another state is a URC and a line of
    /// the answer, which contradicts itself.
    State,
}

/// How the modem speaks: what is known of lines, and how it writes result codes.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    pub(super) knowledge: &'static dyn Knowledge,
    pub(super) verbosity: Verbosity,
    /// How long after the last result code one more came that nothing asked for: the modem may say each twice.
    pub(super) surplus_delay: Option<Duration>,
}

impl Dialect {
    /// The final result code that this line is to a question of whose answer this is known, and whether it is one for
    /// sure: a digit is not, where nobody knows whether result codes are digits.
    pub(super) fn final_of(self, expected: &Expected, line: &[u8]) -> Option<(ResultCode, bool)> {
        let line = line.trim_ascii();
        if let Some(result) = result_code::parse(line) {
            let counts = if let ResultCode::Connect(text) = &result {
                if opens_data_mode(text) {
                    // A command that nobody knows may well open a data connection.
                    let has_speed = || text.bytes().next().is_none_or(|byte| byte.is_ascii_digit());
                    expected.call_control || expected.shape == Shape::Unknown && has_speed()
                } else {
                    // `CONNECT OK` tells of a connection in command mode; the final result code is another.
                    expected.finals.iter().any(|(end, _)| end.as_bytes() == line)
                }
            } else {
                expected.call_control || !result.is_call_control()
            };
            return counts.then_some((result, true));
        }
        // With several connections SIMCom puts the number of one in front: `1, SEND OK`.
        let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let behind = line.get(digits..).and_then(|rest| rest.strip_prefix(b",")).filter(|_| digits > 0);
        let words = behind.map_or(line, <[u8]>::trim_ascii_start);
        // `DATA ACCEPT:5`
        let is_known = |text: &[u8]| text == words || text.ends_with(b":") && words.starts_with(text);
        let known = expected.finals.iter().find(|(text, _)| is_known(text.as_bytes())).map(|(_, success)| *success);
        // Those that may end any command are words.
        let is_word = line.first().is_some_and(u8::is_ascii_alphabetic);
        if let Some(success) = known.or_else(|| if is_word { self.knowledge.vendor_final(line) } else { None }) {
            return Some((ResultCode::Vendor { text: text(line).into_owned(), success }, true));
        }
        if line.len() != 1 || self.verbosity == Verbosity::Words {
            return None;
        }
        let result =
            result_code::parse_numeric(line).filter(|result| !result.is_call_control() || expected.call_control)?;
        Some((result, self.verbosity == Verbosity::Digits))
    }

    /// `NO CARRIER`, `CONNECT`, … where they are not final, in words or digits; `2` is RING.
    pub(super) fn tells_of_a_call(self, line: &[u8]) -> bool {
        let in_digits = self.verbosity == Verbosity::Digits;
        let numeric = || result_code::parse_numeric(line).filter(|_| in_digits);
        in_digits && line == b"2"
            || result_code::parse(line).or_else(numeric).is_some_and(|code| code.is_call_control())
    }
}

/// `CONNECT 115200` does; `CONNECT OK` and `CONNECT FAIL` of SIMCom tell of a connection in command mode.
pub(super) fn opens_data_mode(text: &str) -> bool {
    !matches!(text, "OK" | "FAIL")
}
