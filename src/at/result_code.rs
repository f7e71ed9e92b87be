//! Final result codes: how an answer ends (V.250 §5.7.1, 27.007 §9.2, 27.005 §3.2.5, and the vendors').
//!
//! A result code is a whole line, never a part of one: `ERRORLOG: 5` and `+COPS: 0,0,"BUSY BEE"` are none.

use std::{fmt, mem};

use crate::notation::text;

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
        matches!(self, ResultCode::Ok | ResultCode::Connect(_) | ResultCode::Vendor { success: true, .. })
    }

    /// `NO CARRIER`, `BUSY`, `CONNECT`, …: final only for dial, answer and data commands; else the modem tells about a
    /// call (V.250 §5.7.1).
    pub fn is_call_control(&self) -> bool {
        use ResultCode::{Busy, Connect, NoAnswer, NoCarrier, NoDialtone};
        matches!(self, Connect(_) | NoCarrier | Busy | NoAnswer | NoDialtone)
    }
}

/// Those that are the same words each time, the commonest first; and the digit of each (V.250 §5.7.1, table 1).
static WORDS: [(ResultCode, &str, Option<u8>); 9] = [
    (ResultCode::Ok, "OK", Some(b'0')),
    (ResultCode::Error, "ERROR", Some(b'4')),
    (ResultCode::Connect(String::new()), "CONNECT", Some(b'1')),
    (ResultCode::NoCarrier, "NO CARRIER", Some(b'3')),
    (ResultCode::Busy, "BUSY", Some(b'7')),
    (ResultCode::NoAnswer, "NO ANSWER", Some(b'8')),
    (ResultCode::NoDialtone, "NO DIALTONE", Some(b'6')),
    (ResultCode::NoDialtone, "NO DIAL TONE", None),
    (ResultCode::Aborted, "ABORTED", None),
];

impl fmt::Display for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResultCode::Connect(text) if !text.is_empty() => write!(f, "CONNECT {text}"),
            ResultCode::Equipment(error) => write!(f, "+CME ERROR: {}", error.text),
            ResultCode::Message(error) => write!(f, "+CMS ERROR: {}", error.text),
            ResultCode::Vendor { text, .. } => f.write_str(text),
            ResultCode::Ok
            | ResultCode::Connect(_)
            | ResultCode::Error
            | ResultCode::NoCarrier
            | ResultCode::Busy
            | ResultCode::NoAnswer
            | ResultCode::NoDialtone
            | ResultCode::Aborted => {
                f.write_str(WORDS.iter().find(|(code, ..)| code == self).map_or("", |(_, word, _)| word))
            }
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

/// Reads a whole line as a result code in words. Blanks around it do not count.
pub fn parse(line: &[u8]) -> Option<ResultCode> {
    // Nearly every line is told apart by its first byte.
    match line.first()? {
        // NULs are noise of the line, wherever they stand.
        b'O' | b'E' | b'N' | b'B' | b'C' | b'A' | b'+' if line.contains(&0) => {
            parse(&line.iter().copied().filter(|byte| *byte != 0).collect::<Vec<u8>>())
        }
        b'O' | b'E' | b'N' | b'B' | b'C' | b'A' => words(line.trim_ascii_end()),
        b'+' if matches!(line, [_, b'C' | b'c', b'M' | b'm', _, b' ', ..]) => numbered(line.trim_ascii_end()),
        b' ' | b'\t' => parse(line.trim_ascii_start()),
        _ => None,
    }
}

/// What the line would be in capitals, `ok` or `Error`: V.250 knows no result code in small letters (§5.7.1).
pub(crate) fn in_capitals(line: &[u8]) -> Option<&'static str> {
    let line = line.trim_ascii();
    let is_it = |word: &str| word.as_bytes() != line && word.as_bytes().eq_ignore_ascii_case(line);
    WORDS.iter().find(|(code, word, _)| !code.is_call_control() && is_it(word)).map(|(_, word, _)| *word)
}

/// Reads a whole line as a result code in digits, as after `ATV0`. `2` is RING, no final one.
pub fn parse_numeric(line: &[u8]) -> Option<ResultCode> {
    let [digit] = line else { return None };
    WORDS.iter().find(|(.., known)| *known == Some(*digit)).map(|(code, ..)| code.clone())
}

/// The digit that stands in place of a result code's line after `ATV0`.
pub(crate) fn digit(line: &str) -> Option<char> {
    let code = parse(line.as_bytes())?;
    let is_it = |known: &ResultCode| mem::discriminant(known) == mem::discriminant(&code);
    WORDS.iter().find(|(known, ..)| is_it(known)).and_then(|(.., digit)| digit.map(char::from))
}

/// What the result codes begin with that tell more than that a command was done.
pub(crate) fn telling_words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().skip(1).map(|(_, word, _)| *word).chain(["+CME ERROR", "+CMS ERROR"])
}

fn words(line: &[u8]) -> Option<ResultCode> {
    if let Some((code, ..)) = WORDS.iter().find(|(_, word, _)| word.as_bytes() == line) {
        return Some(code.clone());
    }
    let rest = line.strip_prefix(b"CONNECT ")?;
    Some(ResultCode::Connect(text(rest.trim_ascii()).into_owned()))
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
