//! A conversation as a text: what `--record` writes and `replay:FILE` plays. One event a line: the seconds since the port
//! was opened, who spoke, and what. `>` is what was sent, `<` what was received, `!` a note.
//!
//! This one is made of what listeners hear: secrets are masked, lines are whole. It is kept in memory, so that a batch
//! pays for a file only where somebody will read it.

use std::fmt::Write as _;
use std::time::Duration;

use crate::at::answer::Event;
use crate::runtime::RuntimeEvent;

/// What is kept of one conversation at most: its beginning, and as much of its end.
const HALF: usize = 64 << 10;

/// Writes a conversation down.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    head: String,
    tail: String,
    dropped: usize,
}

impl Recorder {
    pub fn on_event(&mut self, now: Duration, event: &RuntimeEvent<'_>) {
        match *event {
            RuntimeEvent::Session(event) => self.session(now, event),
            RuntimeEvent::ScriptStarted { script, depth } if depth > 0 => self.note(now, &format!("run {script}")),
            RuntimeEvent::AttemptFailed { attempt, failure } => {
                self.note(now, &format!("attempt {attempt} failed: {}", failure.message));
            }
            RuntimeEvent::FinallyFailed { failure } => self.note(now, &format!("finally failed: {}", failure.message)),
            RuntimeEvent::Log { text } => self.note(now, &format!("log: {text}")),
            RuntimeEvent::Plan { note } => self.note(now, &format!("plan: {note}")),
            RuntimeEvent::ScriptStarted { .. }
            | RuntimeEvent::ScriptEnded { .. }
            | RuntimeEvent::Statement { .. }
            | RuntimeEvent::Waiting { .. }
            | RuntimeEvent::ExchangeEnded { .. }
            | RuntimeEvent::Captured { .. }
            | RuntimeEvent::Pause { .. }
            | RuntimeEvent::Caught { .. }
            | RuntimeEvent::Ensured { .. }
            | RuntimeEvent::Met { .. }
            | RuntimeEvent::Reported { .. } => {}
        }
    }

    fn session(&mut self, now: Duration, event: Event<'_>) {
        match event {
            Event::Sent { bytes, .. } => self.line(now, '>', bytes, ""),
            Event::Echo(line)
            | Event::Response(line)
            | Event::Final { line, .. }
            | Event::Urc(line)
            | Event::Stray(line) => self.line(now, '<', line, "\\r\\n"),
            Event::Prompt(mark) => self.line(now, '<', mark, ""),
            Event::Dropped { lines } => self.note(now, &format!("{lines} unsolicited lines were given up")),
            Event::Truncated { bytes } => self.note(now, &format!("a line was cut after {bytes} bytes")),
            Event::Notice(text) => self.note(now, text),
        }
    }

    fn note(&mut self, now: Duration, text: &str) {
        self.line(now, '!', text.as_bytes(), "");
    }

    fn line(&mut self, now: Duration, who: char, bytes: &[u8], end: &str) {
        let to = if self.head.len() < HALF { &mut self.head } else { &mut self.tail };
        let _ = write!(to, "{}.{:03} {who} ", now.as_secs(), now.subsec_millis());
        escape(bytes, to);
        to.push_str(end);
        to.push('\n');
        if self.tail.len() > 2 * HALF {
            // The older half goes, up to a line's end.
            let from = self.tail.char_indices().map(|(at, _)| at).find(|at| *at >= HALF).unwrap_or(self.tail.len());
            let cut =
                self.tail.get(from..).and_then(|rest| rest.find('\n')).map_or(self.tail.len(), |end| from + end + 1);
            self.dropped += cut;
            self.tail.drain(..cut);
        }
    }

    /// The whole text; `title` is the port's name and the time.
    pub fn text(&self, title: &str) -> String {
        let title: String = title.chars().filter(|c| !c.is_control()).collect();
        let gap = match self.dropped {
            0 => String::new(),
            bytes => format!("# {bytes} bytes of the middle were not kept\n"),
        };
        format!("# hayes transcript 1\n# {title}\n{}{gap}{}", self.head, self.tail)
    }
}

/// Printable ASCII as it is, the rest as `\r`, `\n`, `\t`, `\\`, `\xNN`.
fn escape(bytes: &[u8], to: &mut String) {
    for byte in bytes {
        match byte {
            b'\r' => to.push_str("\\r"),
            b'\n' => to.push_str("\\n"),
            b'\t' => to.push_str("\\t"),
            b'\\' => to.push_str("\\\\"),
            b' '..=b'~' => to.push(char::from(*byte)),
            other => _ = write!(to, "\\x{other:02X}"),
        }
    }
}

/// One event of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'t> {
    /// Seconds since the port was opened, as they stand
    pub at: &'t str,
    pub who: Who,
    /// Printable; without the `\r\n` at its end
    pub text: &'t str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Computer,
    Modem,
    /// What happened to the port, or to the script
    Note,
}

/// The events of a transcript; lines that are none are left out.
pub fn events(text: &str) -> impl Iterator<Item = Said<'_>> {
    text.lines().filter_map(|line| {
        if let Some(comment) = line.strip_prefix("# ") {
            let is_note = comment.ends_with("were not kept");
            return is_note.then_some(Said { at: "", who: Who::Note, text: comment });
        }
        let (at, rest) = line.split_once(' ')?;
        let (who, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let who = match who {
            ">" => Who::Computer,
            "<" => Who::Modem,
            "!" => Who::Note,
            _ => return None,
        };
        let shown = text.strip_suffix("\\n").unwrap_or(text);
        let shown = shown.strip_suffix("\\r").unwrap_or(shown);
        Some(Said { at, who, text: shown })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::at::answer::Why;

    fn said(recorder: &mut Recorder, event: Event<'_>) {
        recorder.on_event(Duration::from_millis(1250), &RuntimeEvent::Session(event));
    }

    #[test]
    fn what_was_said_can_be_read_back() {
        let mut recorder = Recorder::default();
        said(&mut recorder, Event::Sent { bytes: b"AT+COPS?\r", why: Why::Question });
        said(&mut recorder, Event::Response(b"+COPS: \"a\\b\xff\x1b[2J\""));
        said(&mut recorder, Event::Notice("late"));
        let text = recorder.text("sim:bg96\n");
        assert_eq!(
            text,
            "# hayes transcript 1\n# sim:bg96\n1.250 > AT+COPS?\\r\n1.250 < +COPS: \"a\\\\b\\xFF\\x1B[2J\"\\r\\n\n1.250 ! late\n"
        );
        let read: Vec<(Who, &str)> = events(&text).map(|said| (said.who, said.text)).collect();
        assert_eq!(
            read,
            [(Who::Computer, "AT+COPS?"), (Who::Modem, "+COPS: \"a\\\\b\\xFF\\x1B[2J\""), (Who::Note, "late")]
        );
    }

    #[test]
    fn an_endless_conversation_stays_bounded() {
        let mut recorder = Recorder::default();
        for _ in 0..20_000 {
            said(&mut recorder, Event::Urc(b"+QIND: \"csq\",31,99"));
        }
        let text = recorder.text("x");
        assert!(text.len() < 4 * HALF, "{}", text.len());
        assert!(events(&text).any(|said| said.who == Who::Note && said.text.ends_with("were not kept")));
    }
}
