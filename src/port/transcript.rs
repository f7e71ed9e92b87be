//! What was said on a port, as a text file that a person can read and [`Replay`](super::Replay) can play.
//!
//! One event a line: the seconds since the port was opened, who spoke, and what. `>` is what was sent, `<` what was
//! received, `!` what happened to the port. Bytes that are no printable ASCII are written as `\r`, `\n`, `\t`, `\\`,
//! `\xNN`. Where a secret stood stands `***`. Lines that begin with `#` are comments.
//!
//! ```text
//! # hayes transcript 1
//! # 2026-11-22T10:00:00.000Z /dev/ttyUSB2
//! 0.000 > AT+CPIN=***\r
//! 0.012 < AT+CPIN=***\r\r\n
//! 0.013 < OK\r\n
//! 9.250 ! lost: the other side hung up
//! ```

use std::fmt::Write as _;
use std::time::Duration;

use crate::notation::unescape;

/// Stands for a secret.
pub(super) const MASKED: &str = "***";
pub(crate) const TITLE: &str = "# hayes transcript 1";
pub(super) const LOST: &str = "lost";
pub(super) const BACK: &str = "back";

/// Begins an event; its text follows, escaped.
pub(crate) fn begin(text: &mut String, at: Duration, kind: char) {
    // Writing to memory cannot fail.
    let _ = write!(text, "{}.{:03} {kind} ", at.as_secs(), at.subsec_millis());
}

/// Editors cut blanks off at a line's end, so the last one is written as a number.
pub(crate) fn finish(text: &mut String) {
    if text.ends_with(' ') {
        text.pop();
        text.push_str("\\x20");
    }
    text.push('\n');
}

/// An event of a transcript, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at: Duration,
    pub(super) kind: Kind,
    pub(super) bytes: Vec<u8>,
    /// Its line in the file, from 1.
    pub(super) line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sent,
    Received,
    /// What happened to the port.
    Port,
}

/// Reads a transcript; else the line at fault and what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Vec<Event>, (usize, String)> {
    if text.lines().next().map(str::trim_end) != Some(TITLE) {
        return Err((1, format!("it does not begin with `{TITLE}`")));
    }
    let mut events = Vec::new();
    for (line, text) in text.lines().enumerate().map(|(index, text)| (index + 1, text)) {
        if text.starts_with('#') || text.trim().is_empty() {
            continue;
        }
        events.push(event(line, text).map_err(|what| (line, what))?);
    }
    Ok(events)
}

fn event(line: usize, text: &str) -> Result<Event, String> {
    let (at, rest) = text.split_once(' ').ok_or("it has no time and direction")?;
    let (kind, said) = rest.split_once(' ').ok_or("nothing stands after the direction")?;
    let at = time(at).ok_or_else(|| format!("`{at}` is no time in seconds"))?;
    let kind = match kind {
        ">" => Kind::Sent,
        "<" => Kind::Received,
        "!" => Kind::Port,
        _ => return Err(format!("`{kind}` is none of >, < and !")),
    };
    Ok(Event { at, kind, bytes: unescape(said)?, line })
}

fn time(text: &str) -> Option<Duration> {
    let (seconds, millis) = text.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if millis.len() != 3 || !digits(millis) || !digits(seconds) {
        return None;
    }
    // No port was open for more than a century.
    let seconds: u32 = seconds.parse().ok()?;
    Some(Duration::from_secs(seconds.into()) + Duration::from_millis(millis.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::escape;

    #[test]
    fn every_byte_reads_back() {
        let all: Vec<u8> = (0..=255).collect();
        let mut text = format!("{TITLE}\n");
        begin(&mut text, Duration::from_millis(61_007), '<');
        escape(&mut text, &all);
        finish(&mut text);
        let events = parse(&text).unwrap();
        assert_eq!(events, [Event { at: Duration::from_millis(61_007), kind: Kind::Received, bytes: all, line: 2 }]);
    }

    #[test]
    fn what_is_no_transcript_says_where() {
        let parse = |text: &str| parse(&format!("{TITLE}\n{text}")).unwrap_err();
        assert_eq!(super::parse("AT\n"), Err((1, format!("it does not begin with `{TITLE}`"))));
        assert_eq!(parse("\nAT"), (3, "it has no time and direction".to_owned()));
        assert_eq!(parse("0.000 >"), (2, "nothing stands after the direction".to_owned()));
        assert_eq!(parse("1 > AT"), (2, "`1` is no time in seconds".to_owned()));
        assert_eq!(parse("1.+00 > AT"), (2, "`1.+00` is no time in seconds".to_owned()));
        assert_eq!(parse("0.000 ? AT"), (2, "`?` is none of >, < and !".to_owned()));
        assert_eq!(parse("0.000 > AT\\q"), (2, "`\\q` is no escape".to_owned()));
        assert_eq!(parse("0.000 > AT\\x1"), (2, "`\\x` wants two hexadecimal digits".to_owned()));
        assert_eq!(parse("0.000 > AT\\"), (2, "it ends in a lone `\\`".to_owned()));
    }
}
