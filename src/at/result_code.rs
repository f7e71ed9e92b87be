//! Final result codes: how an answer ends (V.250 §5.7.1, 27.007 §9.2, 27.005 §3.2.5, and the vendors').
//!
//! A result code is a whole line, never a part of one: `ERRORLOG: 5` and `+COPS: 0,0,"BUSY BEE"` are none.

use std::fmt;

use crate::notation::text;

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultCode {
    /// `OK`, `0`
    Ok,
    /// `CONNECT`, `CONNECT 115200`, `1`: the text behind it
    Connect(String),
    /// `ERROR`, `4`
    Error,
    /// `+CME ERROR: 30`, `+CME ERROR: no network service`
    Equipment(NumberedError),
    /// `+CMS ERROR: 330`
    Message(NumberedError),
    /// `NO CARRIER`, `3`
    NoCarrier,
    /// `BUSY`, `7`
    Busy,
    /// `NO ANSWER`, `8`
    NoAnswer,
    /// `NO DIALTONE`, `6`
    NoDialtone,
    /// `ABORTED`: a character interrupted the command
    Aborted,
    /// A vendor's own (`SEND OK`, `COMMAND NOT SUPPORT`); the line as it came
    Vendor { text: String, success: bool },
}

/// What stands behind `+CME ERROR:` or `+CMS ERROR:`: a number, or words in any case, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedError {
    pub code: Option<u16>,
    pub text: String,
}

impl ResultCode {
    /// Whether the modem did what it was asked.
    pub fn is_success(&self) -> bool {
        match self {
            ResultCode::Ok | ResultCode::Connect(_) => true,
            ResultCode::Vendor { success, .. } => *success,
            ResultCode::Error
            | ResultCode::Equipment(_)
            | ResultCode::Message(_)
            | ResultCode::NoCarrier
            | ResultCode::Busy
            | ResultCode::NoAnswer
            | ResultCode::NoDialtone
            | ResultCode::Aborted => false,
        }
    }

    /// `NO CARRIER`, `BUSY`, `CONNECT`, …: final only for dial, answer and data commands; else the modem tells about a
    /// call (V.250 §5.7.1).
    pub fn is_call_control(&self) -> bool {
        match self {
            ResultCode::Connect(_)
            | ResultCode::NoCarrier
            | ResultCode::Busy
            | ResultCode::NoAnswer
            | ResultCode::NoDialtone => true,
            ResultCode::Ok
            | ResultCode::Error
            | ResultCode::Equipment(_)
            | ResultCode::Message(_)
            | ResultCode::Aborted
            | ResultCode::Vendor { .. } => false,
        }
    }
}

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResultCode::Ok => f.write_str("OK"),
            ResultCode::Connect(text) if text.is_empty() => f.write_str("CONNECT"),
            ResultCode::Connect(text) => write!(f, "CONNECT {text}"),
            ResultCode::Error => f.write_str("ERROR"),
            ResultCode::Equipment(error) => write!(f, "+CME ERROR: {}", error.text),
            ResultCode::Message(error) => write!(f, "+CMS ERROR: {}", error.text),
            ResultCode::NoCarrier => f.write_str("NO CARRIER"),
            ResultCode::Busy => f.write_str("BUSY"),
            ResultCode::NoAnswer => f.write_str("NO ANSWER"),
            ResultCode::NoDialtone => f.write_str("NO DIALTONE"),
            ResultCode::Aborted => f.write_str("ABORTED"),
            ResultCode::Vendor { text, .. } => f.write_str(text),
        }
    }
}

/// Whether result codes are words or digits (`ATV1`, `ATV0`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verbosity {
    Unknown,
    Words,
    Digits,
}

/// Reads a whole line as a result code in words. Blanks behind it do not count.
pub fn parse(line: &[u8]) -> Option<ResultCode> {
    // Nearly every line is told apart by its first byte.
    match line.first()? {
        b'O' | b'E' | b'N' | b'B' | b'C' | b'A' => words(line.trim_ascii_end()),
        b'+' if matches!(line, [_, b'C' | b'c', b'M' | b'm', _, b' ', ..]) => numbered(line.trim_ascii_end()),
        _ => None,
    }
}

/// Reads a whole line as a result code in digits, as after `ATV0` (V.250 §5.7.1, table 1). `2` is RING, no final one.
pub fn parse_numeric(line: &[u8]) -> Option<ResultCode> {
    match line {
        b"0" => Some(ResultCode::Ok),
        b"1" => Some(ResultCode::Connect(String::new())),
        b"3" => Some(ResultCode::NoCarrier),
        b"4" => Some(ResultCode::Error),
        b"6" => Some(ResultCode::NoDialtone),
        b"7" => Some(ResultCode::Busy),
        b"8" => Some(ResultCode::NoAnswer),
        _ => None,
    }
}

fn words(line: &[u8]) -> Option<ResultCode> {
    match line {
        b"OK" => Some(ResultCode::Ok),
        b"ERROR" => Some(ResultCode::Error),
        b"CONNECT" => Some(ResultCode::Connect(String::new())),
        b"NO CARRIER" => Some(ResultCode::NoCarrier),
        b"BUSY" => Some(ResultCode::Busy),
        b"NO ANSWER" => Some(ResultCode::NoAnswer),
        b"NO DIALTONE" | b"NO DIAL TONE" => Some(ResultCode::NoDialtone),
        b"ABORTED" => Some(ResultCode::Aborted),
        _ => {
            let rest = line.strip_prefix(b"CONNECT ")?;
            Some(ResultCode::Connect(text(rest.trim_ascii()).into_owned()))
        }
    }
}

fn numbered(line: &[u8]) -> Option<ResultCode> {
    let (head, rest) = line.split_at_checked(b"+CME ERROR".len())?;
    let equipment = head.eq_ignore_ascii_case(b"+CME ERROR");
    if !equipment && !head.eq_ignore_ascii_case(b"+CMS ERROR") {
        return None;
    }
    // `+CME ERROR` alone is the empty one; `+CME ERRORS` is another word.
    let rest = match rest {
        [] => rest,
        [b':', rest @ ..] => rest,
        _ => return None,
    };
    let text = text(rest.trim_ascii()).into_owned();
    let error = NumberedError { code: text.parse().ok(), text };
    Some(if equipment { ResultCode::Equipment(error) } else { ResultCode::Message(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_code_is_a_whole_line() {
        for line in [
            "OKAY",
            "ERRORLOG: 5",
            "+COPS: 0,0,\"BUSY BEE\"",
            "BUSY BEE",
            "oknet",
            "NO CARRIERS",
            " OK",
            "CONNECTED",
            "",
        ] {
            assert_eq!(parse(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn words_are_read() {
        let cases = [
            ("OK", ResultCode::Ok),
            ("OK ", ResultCode::Ok),
            ("ERROR", ResultCode::Error),
            ("CONNECT", ResultCode::Connect(String::new())),
            ("CONNECT 115200", ResultCode::Connect("115200".into())),
            ("CONNECT 9600/ARQ", ResultCode::Connect("9600/ARQ".into())),
            ("NO CARRIER", ResultCode::NoCarrier),
            ("NO DIALTONE", ResultCode::NoDialtone),
            ("ABORTED", ResultCode::Aborted),
        ];
        for (line, code) in cases {
            assert_eq!(parse(line.as_bytes()), Some(code), "{line}");
        }
    }

    #[test]
    fn case_07_an_error_has_a_code_or_a_text_or_neither() {
        let cases = [
            ("+CME ERROR: 30", Some(30), "30"),
            ("+CME ERROR:30", Some(30), "30"),
            ("+CME ERROR: no network service", None, "no network service"),
            ("+CME ERROR: No Network Service", None, "No Network Service"),
            ("+cme error: 10", Some(10), "10"),
            ("+CME ERROR:", None, ""),
            ("+CME ERROR", None, ""),
            ("+CME ERROR: 99999", None, "99999"),
        ];
        for (line, code, text) in cases {
            let expected = ResultCode::Equipment(NumberedError { code, text: text.into() });
            assert_eq!(parse(line.as_bytes()), Some(expected), "{line}");
        }
        assert_eq!(
            parse(b"+CMS ERROR: 330"),
            Some(ResultCode::Message(NumberedError { code: Some(330), text: "330".into() }))
        );
        assert_eq!(parse(b"+CME ERRORS: 1"), None);
    }

    #[test]
    fn digits_are_result_codes_but_ring() {
        assert_eq!(parse_numeric(b"0"), Some(ResultCode::Ok));
        assert_eq!(parse_numeric(b"4"), Some(ResultCode::Error));
        assert_eq!(parse_numeric(b"2"), None);
        assert_eq!(parse_numeric(b"00"), None);
    }

    #[test]
    fn a_code_shows_as_the_modem_wrote_it() {
        for line in ["OK", "CONNECT 115200", "+CME ERROR: 30", "+CMS ERROR: SIM busy", "NO CARRIER"] {
            assert_eq!(parse(line.as_bytes()).unwrap().to_string(), line);
        }
    }
}
