//! `replay:FILE`: a recorded conversation instead of a modem. It answers what it was asked when it was recorded, after
//! the same time, and refuses anything else.

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use super::transcript::{BACK, LOST, MASKED, Said, TITLE, Who};
use super::{Device, Fault, OpenError, OpenErrorKind};
use crate::notation::unescape;
use crate::source::{Unreadable, read_file};

/// A recorded modem. What it said by itself comes at its time, or before the next question if that comes earlier.
pub struct Replay {
    name: String,
    events: VecDeque<RecordedEvent>,
    /// A moment of the recording and when it was played.
    synced: (Duration, Duration),
    /// How much of the next question has come.
    heard: usize,
    /// What came where the recording has a secret: the echo says it again.
    secret: Vec<u8>,
    /// What is to be said at once.
    due: Vec<u8>,
    /// Why it does not answer: the port was lost when this was recorded, or it was asked what it cannot answer.
    gone: Option<Fault>,
}

/// An event that is to be played.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RecordedEvent {
    at: Duration,
    who: Who,
    bytes: Vec<u8>,
    /// Its line in the file, from 1.
    line: usize,
}

const LARGEST: u64 = 64 << 20;

impl Replay {
    /// Reads the whole file, so that a mistake in it is told before anything is sent.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
    pub fn open(file: &Path) -> Result<Replay, OpenError> {
        let name = file.display().to_string();
        let unreadable = |error: std::io::Error| {
            let kind = match error.kind() {
                std::io::ErrorKind::NotFound => OpenErrorKind::Missing,
                std::io::ErrorKind::PermissionDenied => OpenErrorKind::Forbidden,
                _ => OpenErrorKind::System,
            };
            OpenError::new(kind, format!("cannot read the recording {name}: {error}"))
                .with_help("--record FILE writes one")
        };
        let no_recording = |what: String| {
            OpenError::new(OpenErrorKind::NotAPort, what).with_help("a recording is what --record FILE has written")
        };
        let text = match read_file(file, LARGEST) {
            Ok(text) => text,
            Err(Unreadable::Io(error)) => return Err(unreadable(error)),
            Err(error @ Unreadable::TooLarge { .. }) => {
                return Err(no_recording(format!("the recording {name} {error}")));
            }
            Err(Unreadable::NoText { .. }) => {
                return Err(no_recording(format!("{name} is no recording but binary data")));
            }
        };
        Replay::new(name.clone(), &text)
            .map_err(|(line, what)| no_recording(format!("{name} is no recording: line {line}: {what}")))
    }

    /// Plays this transcript; else the line at fault and what is wrong with it.
    pub(super) fn new(name: String, text: &str) -> Result<Replay, (usize, String)> {
        if text.lines().next().map(str::trim_end) != Some(TITLE) {
            return Err((1, format!("it does not begin with `{TITLE}`")));
        }
        let lines = text.lines().zip(1..).filter(|(text, _)| !text.starts_with('#') && !text.trim().is_empty());
        let events: Result<_, _> =
            lines.map(|(text, line)| recorded_event(line, text).map_err(|what| (line, what))).collect();
        Ok(Replay {
            name,
            events: events?,
            synced: (Duration::ZERO, Duration::ZERO),
            heard: 0,
            secret: Vec::new(),
            due: Vec::new(),
            gone: None,
        })
    }

    /// When an event of the recording is to be played.
    fn when(&self, event: &RecordedEvent) -> Duration {
        let (recorded, played) = self.synced;
        played.saturating_add(event.at.saturating_sub(recorded))
    }

    /// The next event, unless it waits for a question.
    fn next_event(&self) -> Option<&RecordedEvent> {
        self.events.front().filter(|event| event.who != Who::Computer)
    }

    /// Plays the next event.
    fn play(&mut self) {
        let Some(event) = self.events.pop_front() else { return };
        match event.who {
            Who::Modem => match find(&event.bytes, MASKED.as_bytes()) {
                Some(at) if !self.secret.is_empty() => {
                    let (before, after) = event.bytes.split_at_checked(at).unwrap_or((&event.bytes, &[]));
                    self.due.extend_from_slice(before);
                    self.due.extend_from_slice(&self.secret);
                    self.due.extend_from_slice(after.get(MASKED.len()..).unwrap_or_default());
                }
                Some(_) | None => self.due.extend_from_slice(&event.bytes),
            },
            Who::Note => {
                let note = String::from_utf8_lossy(&event.bytes);
                if let Some(why) = note.strip_prefix(LOST) {
                    self.gone = Some(Fault::Lost(why.trim_start_matches(": ").to_owned()));
                } else if note == BACK {
                    self.gone = None;
                }
            }
            Who::Computer => {}
        }
    }

    fn hear(&mut self, bytes: &[u8], now: Duration) {
        let mut rest = bytes;
        while !rest.is_empty() && self.gone.is_none() {
            // What it said by itself before it was asked comes before the answer.
            while self.next_event().is_some() {
                self.play();
            }
            if self.gone.is_some() {
                return;
            }
            let Some(question) = self.events.front().filter(|event| event.who == Who::Computer) else {
                let said = shown(bytes);
                let why = format!("the recording {} ends before `{said}` is asked", self.name);
                self.gone = Some(Fault::System(why));
                return;
            };
            match match_question(question.bytes.get(self.heard..).unwrap_or_default(), rest) {
                Some((taken, heard, secret)) => {
                    if let Some(secret) = secret {
                        self.secret = secret.to_vec();
                    }
                    rest = rest.get(heard..).unwrap_or_default();
                    self.heard += taken;
                    if self.heard >= question.bytes.len() {
                        self.synced = (question.at, now);
                        self.heard = 0;
                        self.events.pop_front();
                    }
                }
                None => {
                    self.gone = Some(Fault::System(format!(
                        "`{}` is not what was asked in the recording {}, line {}: `{}`",
                        shown(bytes),
                        self.name,
                        question.line,
                        shown(&question.bytes)
                    )));
                }
            }
        }
    }
}

impl Device for Replay {
    fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.hear(bytes, now);
    }

    fn advance(&mut self, now: Duration, out: &mut Vec<u8>) {
        while self.next_event().is_some_and(|event| self.when(event) <= now) {
            self.play();
        }
        out.append(&mut self.due);
    }

    fn next(&self) -> Option<Duration> {
        if self.due.is_empty() { self.next_event().map(|event| self.when(event)) } else { Some(self.synced.1) }
    }

    fn gone(&self) -> Option<Fault> {
        self.gone.clone()
    }
}

fn recorded_event(line: usize, text: &str) -> Result<RecordedEvent, String> {
    let Said { at, who, text } = Said::read(text)?;
    let time = time(at).ok_or_else(|| format!("`{at}` is no time in seconds"))?;
    Ok(RecordedEvent { at: time, who, bytes: unescape(text)?, line })
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

/// Matches as much as there is of both, or nothing where they differ: how many bytes of the recorded question that are,
/// how many of what was heard, and what came where the recording has a secret.
fn match_question<'b>(question: &[u8], heard: &'b [u8]) -> Option<(usize, usize, Option<&'b [u8]>)> {
    let same = question.iter().zip(heard).take_while(|(a, b)| a == b).count();
    if same == heard.len() || same == question.len() {
        return Some((same, same, None));
    }
    // The three stars themselves may have matched the beginning of a secret that has stars in it.
    let stars = find(question, MASKED.as_bytes()).filter(|stars| *stars <= same)?;
    let after = question.get(stars + MASKED.len()..)?;
    let rest = heard.get(stars..)?;
    // A secret ends where what follows it in the recording begins.
    let end = after.first().map_or(Some(rest.len()), |next| memchr::memchr(*next, rest))?;
    Some((stars + MASKED.len(), stars + end, rest.get(..end)))
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, part)
}

fn shown(bytes: &[u8]) -> String {
    let text = bytes.trim_ascii_end();
    text.get(..80).unwrap_or(text).escape_ascii().to_string().replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::super::bench::{MINUTE, played as play};
    use super::*;
    use crate::port::{Port, Read};

    fn hear(port: &mut impl Port) -> Result<String, Fault> {
        let mut buffer = [0; 256];
        match port.read(&mut buffer, MINUTE)? {
            Read::Bytes(count) => Ok(String::from_utf8_lossy(&buffer[..count]).into_owned()),
            Read::Deadline => Ok(String::new()),
        }
    }

    #[test]
    fn an_answer_comes_after_its_question_as_late_as_it_came() {
        let mut port = play("0.100 < RDY\\r\\n\n5.000 > AT\\r\n5.250 < OK\\r\\n\n");
        assert_eq!(hear(&mut port), Ok("RDY\r\n".to_owned()));
        assert_eq!(port.now(), Duration::from_millis(100));
        // Asked later than it was, in two pieces.
        assert_eq!(port.read(&mut [0; 8], Duration::from_secs(9)), Ok(Read::Deadline));
        port.write(b"A", MINUTE).unwrap();
        port.write(b"T\r", MINUTE).unwrap();
        assert_eq!(hear(&mut port), Ok("OK\r\n".to_owned()));
        assert_eq!(port.now(), Duration::from_millis(9250));
        assert_eq!(hear(&mut port), Ok(String::new()));
    }

    #[test]
    fn what_it_said_by_itself_comes_before_a_question_that_comes_early() {
        let mut port = play("0.000 > AT\\r\n0.010 < OK\\r\\n\n3.000 < RING\\r\\n\n4.000 > ATA\\r\n4.100 < OK\\r\\n\n");
        port.write(b"AT\r", MINUTE).unwrap();
        assert_eq!(hear(&mut port), Ok("OK\r\n".to_owned()));
        port.write(b"ATA\r", MINUTE).unwrap();
        assert_eq!(hear(&mut port), Ok("RING\r\n".to_owned()));
        assert_eq!(hear(&mut port), Ok("OK\r\n".to_owned()));
        assert_eq!(port.now(), Duration::from_millis(110));
    }

    #[test]
    fn another_question_is_refused_and_both_are_shown() {
        let mut port = play("0.000 > AT+CSQ\\r\n0.010 < OK\\r\\n\n");
        let refusal = "`AT+COPS?` is not what was asked in the recording bench.at, line 2: `AT+CSQ`";
        assert_eq!(port.write(b"AT+COPS?\r", MINUTE), Err(Fault::System(refusal.to_owned())));
        let mut port = play("0.000 > AT\\r\n");
        port.write(b"AT\r", MINUTE).unwrap();
        let refusal = "the recording bench.at ends before `ATI` is asked";
        assert_eq!(port.write(b"ATI\r", MINUTE), Err(Fault::System(refusal.to_owned())));
    }

    #[test]
    fn a_secret_may_be_any_and_is_echoed() {
        let mut port = play("0.000 > AT+CPIN=\"***\"\\r\n0.010 < AT+CPIN=\"***\"\\r\\r\\n\n0.020 < OK\\r\\n\n");
        port.write(b"AT+CPIN=\"4321\"\r", MINUTE).unwrap();
        assert_eq!(hear(&mut port), Ok("AT+CPIN=\"4321\"\r\r\n".to_owned()));
        assert_eq!(hear(&mut port), Ok("OK\r\n".to_owned()));
        // Three stars that are no secret.
        let mut port = play("0.000 > ATD*99***1#\\r\n0.010 < CONNECT\\r\\n\n");
        port.write(b"ATD*99***1#\r", MINUTE).unwrap();
        assert_eq!(hear(&mut port), Ok("CONNECT\r\n".to_owned()));
    }

    #[test]
    fn a_question_after_a_loss_is_lost() {
        let mut port = play("0.000 > AT\\r\n0.500 ! lost: unplugged\n");
        port.write(b"AT\r", MINUTE).unwrap();
        assert_eq!(port.write(b"ATI\r", MINUTE), Err(Fault::Lost("unplugged".to_owned())));
    }

    #[test]
    fn a_loss_and_a_return_are_played() {
        let mut port = play(
            "0.000 > AT+CFUN=1,1\\r\n0.100 < OK\\r\\n\n1.000 ! lost: the other side hung up\n9.000 ! back\n9.500 < RDY\\r\\n\n",
        );
        port.write(b"AT+CFUN=1,1\r", MINUTE).unwrap();
        assert_eq!(hear(&mut port), Ok("OK\r\n".to_owned()));
        assert_eq!(hear(&mut port), Err(Fault::Lost("the other side hung up".to_owned())));
        port.reopen(MINUTE).unwrap();
        assert_eq!(port.now(), Duration::from_secs(9));
        assert_eq!(hear(&mut port), Ok("RDY\r\n".to_owned()));
    }

    #[test]
    fn what_is_no_transcript_says_where() {
        let refusal = |text: &str| Replay::new(String::new(), text).map(|_| ()).unwrap_err();
        assert_eq!(refusal("AT\n"), (1, format!("it does not begin with `{TITLE}`")));
        for (text, line, what) in [
            ("\nAT", 3, "it has no time and direction"),
            ("0.000 >", 2, "nothing stands after the direction"),
            ("1 > AT", 2, "`1` is no time in seconds"),
            ("1.+00 > AT", 2, "`1.+00` is no time in seconds"),
            ("0.000 ? AT", 2, "`?` is none of >, < and !"),
            ("0.000 > AT\\q", 2, "`\\q` is no escape"),
            ("0.000 > AT\\x1", 2, "`\\x` wants two hexadecimal digits"),
            ("0.000 > AT\\", 2, "it ends in a lone `\\`"),
        ] {
            assert_eq!(refusal(&format!("{TITLE}\n{text}")), (line, what.to_owned()));
        }
    }
}
