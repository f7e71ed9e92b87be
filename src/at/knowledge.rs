//! What the session must be told about lines: which come by themselves, and which of two readings a line has.

use super::parameters::{Parameter, Written, parameters, split_prefix};
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
    fn likeness(&self, line: &[u8], form: Form) -> Likeness {
        likeness(line, form)
    }

    /// Whether the line, which is a URC, is the header of a text or a PDU that stands under it: `+CMT: …`.
    fn has_body(&self, line: &[u8]) -> bool {
        is_message(line)
    }

    /// Whether the line carries the prefix of a command that is known and another than this one, `+CREG`.
    fn is_answer_of_another(&self, line: &[u8], own: &[u8]) -> bool {
        let _ = (line, own);
        false
    }

    /// Whether the line carries the prefix of a command that tells the same as this one, `+CCID`: `+ICCID: 8988…`.
    fn is_answer_alike(&self, line: &[u8], own: &[u8]) -> bool {
        let _ = (line, own);
        false
    }

    /// Whether [`Knowledge::likeness`] is not a URC: what is asked of the first such line, and less work.
    fn may_answer(&self, line: &[u8], form: Form) -> bool {
        self.likeness(line, form) != Likeness::Urc
    }

    /// A vendor's final result code that may end any command, and whether it is a success: `COMMAND NOT SUPPORT`.
    fn vendor_final(&self, line: &[u8]) -> Option<bool> {
        let _ = line;
        None
    }
}

/// What a modem tells by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unasked {
    News,
    /// That it starts: modems say it then, and never else: `RDY`.
    Start,
}

/// How to read a line that carries the prefix of the running command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    Answer,
    Urc,
    /// Nothing in it tells them apart (`+CPIN: READY`, `+CSQ: 18,99`): the first one is the answer, others are URCs.
    Either,
}

/// How the modem speaks: what is known of lines, and how it writes result codes.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    pub(super) knowledge: &'static dyn Knowledge,
    pub(super) verbosity: Verbosity,
}

impl Dialect {
    /// The final result code that this line is to a question of whose answer this is known, and whether it is one for
    /// sure: a digit is not, where nobody knows whether result codes are digits.
    pub(super) fn final_of(self, expected: &Expected, line: &[u8]) -> Option<(ResultCode, bool)> {
        if let Some(result) = result_code::parse(line) {
            let counts = match &result {
                // `CONNECT OK` tells of a connection in command mode; the final result code is another.
                ResultCode::Connect(text) if !opens_data_mode(text) => {
                    expected.finals.iter().any(|(end, _)| end.as_bytes() == line)
                }
                _ if expected.call_control => true,
                // A command that nobody knows may well open a data connection.
                ResultCode::Connect(text) => {
                    expected.shape == Shape::Unknown && text.bytes().next().is_none_or(|byte| byte.is_ascii_digit())
                }
                result => !result.is_call_control(),
            };
            return counts.then_some((result, true));
        }
        let trimmed = line.trim_ascii_end();
        let known = expected.finals.iter().find(|(text, _)| text.as_bytes() == trimmed).map(|(_, success)| *success);
        // Those that may end any command are words.
        let is_word = line.first().is_some_and(u8::is_ascii_alphabetic);
        if let Some(success) = known.or_else(|| if is_word { self.knowledge.vendor_final(trimmed) } else { None }) {
            return Some((ResultCode::Vendor { text: text(trimmed).into_owned(), success }, true));
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

/// Tells an answer from a URC of the same name by its fields, where the standard gives both the same prefix.
///
/// It is for lines that carry the prefix of the command that is running.
pub fn likeness(line: &[u8], form: Form) -> Likeness {
    let (Some(prefix), list) = split_prefix(line) else {
        return Likeness::Answer;
    };
    let test_is_answer = |first: Option<&Parameter<'_>>| match first {
        Some(Parameter { kind: Written::Group, .. }) => Likeness::Answer,
        Some(_) | None => Likeness::Urc,
    };
    let mut fields = parameters(list);
    match prefix {
        b"+CREG" | b"+CGREG" | b"+CEREG" | b"+C5GREG" => {
            let first = fields.next();
            match form {
                Form::Test => test_is_answer(first.as_ref()),
                Form::Read => registration(fields.next()),
                Form::Set | Form::Execute => Likeness::Urc,
            }
        }
        // 27.007 §7.38: `+CSCON: <n>,<mode>[,…]` is read, `+CSCON: <mode>` comes by itself.
        b"+CSCON" => match form {
            Form::Test => test_is_answer(fields.next().as_ref()),
            Form::Read => fields.nth(1).map_or(Likeness::Urc, |_| Likeness::Answer),
            Form::Set | Form::Execute => Likeness::Urc,
        },
        // 27.007 §8.3: after the PIN was given the modem may tell the state by itself.
        b"+CPIN" => match form {
            Form::Read => Likeness::Either,
            Form::Set | Form::Execute => Likeness::Urc,
            Form::Test => Likeness::Answer,
        },
        b"+CSQ" => match form {
            Form::Execute => Likeness::Either,
            Form::Read | Form::Test | Form::Set => Likeness::Answer,
        },
        // 27.007 §7.15: `+CUSD: <n>` is read, `+CUSD: <m>[,<str>,<dcs>]` comes from the network.
        b"+CUSD" => match form {
            Form::Test => test_is_answer(fields.next().as_ref()),
            Form::Read => fields.nth(1).map_or(Likeness::Answer, |_| Likeness::Urc),
            Form::Set | Form::Execute => Likeness::Urc,
        },
        // 27.007 §7.6, §7.8, §7.12: a number comes first where the network speaks.
        b"+CLIP" | b"+COLP" | b"+CCWA" => match fields.next() {
            Some(Parameter { kind: Written::Quoted, .. }) => Likeness::Urc,
            Some(_) | None => Likeness::Answer,
        },
        _ => Likeness::Answer,
    }
}

/// 27.005 §3.4.1: a message, a broadcast or a status report that comes by itself. A status report in text mode is one line.
pub fn is_message(line: &[u8]) -> bool {
    match line.get(..6) {
        Some(b"+CMT: " | b"+CBM: ") => true,
        Some(b"+CDS: ") => parameters(split_prefix(line).1).nth(2).is_none(),
        Some(head) => matches!(head, [b'+', b'C', b'M', b'T', b':', _] | [b'+', b'C', b'B', b'M', b':', _]),
        None => false,
    }
}

/// 27.007 §7.2, §10.1.20, §10.1.22: read, it is `<n>,<stat>[,…]`; by itself, `<stat>` alone, or `<stat>` and an area
/// code: quoted by the standard, bare by some, empty by others.
fn registration(second: Option<Parameter<'_>>) -> Likeness {
    match second {
        Some(Parameter { kind: Written::Bare, value, .. })
            if matches!(value.len(), 1 | 2) && value.iter().all(u8::is_ascii_digit) =>
        {
            Likeness::Answer
        }
        Some(_) | None => Likeness::Urc,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_02_registration_is_told_apart_by_its_fields() {
        use Likeness::{Answer, Urc};
        let cases = [
            ("+CREG: 2,5,\"2CF7\",\"8A5A782\",6", Answer),
            ("+CREG: 0,1", Answer),
            ("+CREG:2,1,2CF7,8A5A782", Answer),
            ("+C5GREG: 2,11", Answer),
            ("+CREG: 5", Urc),
            ("+CREG: 5,\"2CF7\",\"8A5A782\",6", Urc),
            ("+CREG: 1,2CF7,8A5A782", Urc),
            ("+CREG: 2,,", Urc),
            ("+CEREG: 1,\"0001\",\"0A\",7", Urc),
            ("+CGREG: 1, \"00C3\", \"0000\"", Urc),
        ];
        for (line, expected) in cases {
            assert_eq!(likeness(line.as_bytes(), Form::Read), expected, "{line}");
        }
        assert_eq!(likeness(b"+CREG: (0-2)", Form::Test), Answer);
        assert_eq!(likeness(b"+CREG: 5", Form::Test), Urc);
        assert_eq!(likeness(b"+CREG: 5", Form::Set), Urc);
    }

    #[test]
    fn case_02_others_of_the_same_name() {
        assert_eq!(likeness(b"+CPIN: READY", Form::Read), Likeness::Either);
        assert_eq!(likeness(b"+CPIN: READY", Form::Set), Likeness::Urc);
        assert_eq!(likeness(b"+CSQ: 18,99", Form::Execute), Likeness::Either);
        assert_eq!(likeness(b"+CUSD: 1", Form::Read), Likeness::Answer);
        assert_eq!(likeness(b"+CUSD: 0,\"5 EUR\",15", Form::Read), Likeness::Urc);
        assert_eq!(likeness(b"+CUSD: 0,\"5 EUR\",15", Form::Set), Likeness::Urc);
        assert_eq!(likeness(b"+CUSD: (0-2)", Form::Test), Likeness::Answer);
        assert_eq!(likeness(b"+CLIP: \"+4912\",145", Form::Read), Likeness::Urc);
        assert_eq!(likeness(b"+CLIP: 1,1", Form::Read), Likeness::Answer);
    }
}
