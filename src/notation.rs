//! How durations, bytes and control characters are written for people, and read again.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::time::Duration;

use serde::Serialize;

// ── Durations

/// The milliseconds of a unit as scripts write it: `ms`, `s`, `min`, `h`.
pub(crate) fn unit(unit: &str) -> Option<u64> {
    match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "min" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    }
}

/// A duration as scripts write it: `500ms`, `5s`, `2min`, `1h`; else what is wrong with it.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, name) = text.split_at(digits);
    let milliseconds = match unit(name) {
        Some(milliseconds) => milliseconds,
        None if name.is_empty() => return Err(format!("it has no unit: write {text}s or {text}ms")),
        None => {
            let meant = parts(text).map(|meant| format!("write {meant}"));
            let forms = meant.unwrap_or_else(|| "500ms, 5s, 2min".to_owned());
            return Err(format!("a duration is a whole number and ms, s, min or h: {forms}"));
        }
    };
    if number.is_empty() {
        return Err("a duration starts with a whole number: 500ms, 5s".to_owned());
    }
    let number: Option<u64> = number.parse().ok();
    let milliseconds = number.and_then(|number| number.checked_mul(milliseconds));
    milliseconds.map(Duration::from_millis).ok_or_else(|| "that is too long".to_owned())
}

/// What is meant by parts of a duration, by a fraction, by units of other languages: `1min30s`, `0.5s`, `5sec`.
fn parts(text: &str) -> Option<String> {
    let (mut rest, mut sum, mut parts) = (text, 0.0, Vec::new());
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let (name, behind) = behind.split_at(behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len()));
        let name = name.trim().to_ascii_lowercase();
        let unit = match name.chars().next()? {
            'm' if name.starts_with("ms") || name.starts_with("mil") => "ms",
            'm' => "min",
            's' => "s",
            'h' => "h",
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * Duration::from_millis(self::unit(unit)?).as_secs_f64();
        parts.push(format!("{number}{unit}"));
        rest = behind;
    }
    let whole = Duration::try_from_secs_f64(sum).ok().filter(|whole| whole.as_millis() > 0)?;
    match parts.as_slice() {
        [one] if !one.contains('.') => Some(one.clone()),
        _ => Some(ExactDuration(whole).to_string()),
    }
}

/// A duration of whole milliseconds as a script writes it, in the largest unit that shows all of it: `500ms`, `2min`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExactDuration(pub(crate) Duration);

impl fmt::Display for ExactDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_millis() {
            0 => f.write_str("0s"),
            millis if millis.is_multiple_of(60_000) => write!(f, "{}min", millis / 60_000),
            millis if millis.is_multiple_of(1000) => write!(f, "{}s", millis / 1000),
            millis => write!(f, "{millis}ms"),
        }
    }
}

/// A duration in a message, in one form: `300ms`, `3.4s`, `90s`, `5min`, `5min 15s`.
#[derive(Debug, Clone, Copy)]
pub struct ShownDuration(pub Duration);

impl fmt::Display for ShownDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis == 0 && !self.0.is_zero() {
            write!(f, "{}us", self.0.as_micros())
        } else if millis >= 120_000 && !millis.is_multiple_of(60_000) {
            write!(f, "{}min {}s", millis / 60_000, millis % 60_000 / 1000)
        } else if millis >= 1000 && !millis.is_multiple_of(1000) {
            write!(f, "{}.{}s", millis / 1000, millis % 1000 / 100)
        } else if millis == 0 {
            f.write_str("0ms")
        } else {
            ExactDuration(Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))).fmt(f)
        }
    }
}

/// How long something took: `0.5 s`, `12.3 s`, `4 min 10 s`
pub fn seconds(milliseconds: u64) -> String {
    if milliseconds < 60_000 {
        format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
    } else {
        format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1000)
    }
}

// ── Bytes

/// Bytes as text: UTF-8 where they are, else each byte over 0x7F as `\xNN`.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().fold(String::with_capacity(bytes.len() + 16), |mut text, byte| {
            if byte.is_ascii() {
                text.push(char::from(*byte))
            } else {
                push_byte(&mut text, *byte)
            }
            text
        })),
    }
}

/// Adds bytes as [`unescape`] reads them back: printable ASCII as it is, the rest as `\r`, `\n`, `\t`, `\\`, `\xNN`.
pub fn escape(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => push_byte(text, *byte),
        }
    }
}

/// Control characters as the escapes that a script's strings and regexes have.
pub(crate) fn without_controls(text: &str) -> String {
    let spell = |character: char| match character {
        '\r' | '\n' | '\t' => spelled(character),
        other => format!("\\x{:02X}", u32::from(other)).into(),
    };
    spelled_out(text, |character| !character.is_control(), spell).unwrap_or_else(|| text.to_owned())
}

/// A string of a script that holds the text.
pub(crate) fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) && !text.contains('\'') && !text.chars().any(char::is_control) {
        return format!("'{text}'");
    }
    format!("\"{}\"", without_controls(&text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// The bytes that [`escape`] wrote; else what is wrong.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'\\') => b'\\',
            Some(b'x') => {
                let pair = rest.next().zip(rest.next());
                let byte = pair.and_then(|(high, low)| hex_byte(high, low));
                byte.ok_or("`\\x` wants two hexadecimal digits")?
            }
            Some(other) => return Err(format!("`\\{}` is no escape", char::from(other))),
            None => return Err("it ends in a lone `\\`".to_owned()),
        });
    }
    Ok(bytes)
}

/// `48C3A9`
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]).collect()
}

/// The bytes of `48C3A9` or `48c3a9`.
pub(crate) fn unhex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| hex_byte(*high, *low)).collect()
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// A text as a URI holds it (RFC 3986 §2.1): a byte that is not kept is `%2C`.
pub(crate) fn percent_encoded(text: &str, keeps: impl Fn(u8) -> bool) -> String {
    text.bytes().map(|byte| if keeps(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The text that [`percent_encoded`] wrote.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.extend(unhex(digits)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// The check digit behind the other digits of an IMEI or an ICCID (ISO/IEC 7812-1, annex B).
pub(crate) fn check_digit(digits: &str) -> Option<u32> {
    // Each second digit counts twice, and of what comes out the digits are added.
    let weighed = digits.chars().rev().zip([2, 1].into_iter().cycle());
    let weighed = weighed.map(|(digit, weight)| digit.to_digit(10).map(|digit| digit * weight));
    let sum: u32 = weighed.map(|value| value.map(|value| value / 10 + value % 10)).sum::<Option<u32>>()?;
    Some((10 - sum % 10) % 10)
}

fn push_byte(text: &mut String, byte: u8) {
    // Writing to a String does not fail.
    let _ = write!(text, "\\x{byte:02X}");
}

// ── What a terminal may be given

/// A value as JSON in one line, in which characters that would drive or mislead whoever shows it are escaped.
pub(crate) fn json(value: &impl Serialize) -> String {
    in_json(serde_json::to_string(value).unwrap_or_default())
}

/// As [`json`], for what is JSON text already; its line ends stay.
pub(crate) fn in_json(text: String) -> String {
    // All of them are in the first plane.
    let spell = |character| format!("\\u{:04x}", u32::from(character)).into();
    spelled_out(&text, |character| character == '\n' || !is_harmful(character), spell).unwrap_or(text)
}

/// The rows of a table in Markdown, each cut into its first cell and the rest.
pub(crate) fn rows(table: &str) -> impl Iterator<Item = (&str, &str)> {
    table.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
}

/// What stands behind the first cell in which this word is one of several.
pub(crate) fn row_of<'t>(table: &'t str, word: &str) -> Option<&'t str> {
    rows(table).find(|(words, _)| words.split(' ').any(|known| known == word)).map(|(_, rest)| rest)
}

/// Control characters and escapes are spelled out, so that no modem can drive the terminal. Line ends and tabs stay.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let stays = |character| matches!(character, '\n' | '\t') || !is_harmful(character);
    spelled_out(text, stays, spelled).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// As [`harmless`], of what has to stay one line: its line ends are spelled out too.
pub(crate) fn harmless_line(text: &str) -> Cow<'_, str> {
    spelled_out(text, |character| !is_harmful(character), spelled).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// `None` where all of it stays.
fn spelled_out(text: &str, stays: impl Fn(char) -> bool, spell: impl Fn(char) -> Cow<'static, str>) -> Option<String> {
    // Most of it is plain, which is seen quickly.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || text.chars().all(&stays) {
        return None;
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if stays(character) { shown.push(character) } else { shown.push_str(&spell(character)) }
    }
    Some(shown)
}

/// As [`harmless`], but with characters of as many bytes, so that places stay right; the CR of a line end stays.
pub(crate) fn harmless_in_place(text: &str) -> Cow<'_, str> {
    let mut characters = text.chars().peekable();
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        let stays = match character {
            '\n' | '\t' => true,
            '\r' => characters.peek() == Some(&'\n'),
            other => !is_harmful(other),
        };
        shown.push(match (stays, character.len_utf8()) {
            (true, _) => character,
            (false, 1) => '?',
            (false, 2) => '\u{bf}',
            (false, _) => char::REPLACEMENT_CHARACTER,
        });
        shown.extend((!stays && character.len_utf8() > 3).then_some('?'));
    }
    Cow::Owned(shown)
}

/// A character as it may be shown: itself, or its name.
pub(crate) fn spelled(character: char) -> Cow<'static, str> {
    match character {
        '\r' => "\\r".into(),
        '\n' => "\\n".into(),
        '\t' => "\\t".into(),
        '\x1a' => "<Ctrl-Z>".into(),
        '\x1b' => "<ESC>".into(),
        control if control.is_control() => format!("\\x{:02X}", u32::from(control)).into(),
        turning if is_harmful(turning) => format!("\\u{{{:x}}}", u32::from(turning)).into(),
        plain => plain.to_string().into(),
    }
}

/// Control characters, those that turn the direction of what follows, that end a line to some readers, or that nobody
/// sees, as the tags from U+E0000 on: they could make one line look like another.
pub(crate) fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// What a name is sorted by: `gw-2` comes before `gw-10`.
pub fn as_counted(name: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    name.split_inclusive(|character: char| !character.is_ascii_digit()).map(|part| {
        let digits = part.trim_end_matches(|character: char| !character.is_ascii_digit());
        let number = digits.trim_start_matches('0');
        (number.len(), number, part.get(digits.len()..).unwrap_or_default())
    })
}

#[cfg(test)]
#[path = "../tests/units/notation.rs"]
mod tests;
