//! What a batch keeps of a modem's conversation is made of what listeners hear: secrets are masked, lines are whole.

use std::time::Duration;

use crate::at::Event;
use crate::port::transcript::{Transcript, Who};
use crate::runtime::{Listener, RuntimeEvent};

impl Listener for Transcript {
    fn on_event(&mut self, now: Duration, event: RuntimeEvent<'_>) {
        let mut note = |text: &str| self.add(now, Who::Note, text.as_bytes(), b"");
        match event {
            RuntimeEvent::Session(event) => session(self, now, event),
            RuntimeEvent::ScriptStarted { script, depth } if depth > 0 => note(&format!("run {script}")),
            RuntimeEvent::AttemptFailed { attempt, failure, .. } => {
                note(&format!("attempt {attempt} failed: {}", failure.diagnostic.message));
            }
            RuntimeEvent::CheckFailed { failure } => note(&format!("check failed: {}", failure.diagnostic.message)),
            RuntimeEvent::FinallyFailed { failure } => note(&format!("finally failed: {}", failure.diagnostic.message)),
            RuntimeEvent::Interrupted { .. } => note("interrupted"),
            RuntimeEvent::Log { text } => note(&format!("log: {text}")),
            RuntimeEvent::Plan { note: text } => note(&format!("plan: {text}")),
            RuntimeEvent::Part { part, runs: false } => note(&format!("part {part} is left out")),
            RuntimeEvent::Part { runs: true, .. }
            | RuntimeEvent::ScriptStarted { .. }
            | RuntimeEvent::ScriptEnded { .. }
            | RuntimeEvent::Statement { .. }
            | RuntimeEvent::Waiting { .. }
            | RuntimeEvent::ExchangeEnded { .. }
            | RuntimeEvent::Captured { .. }
            | RuntimeEvent::Pause { .. }
            | RuntimeEvent::Caught { .. }
            | RuntimeEvent::Ensured { .. }
            | RuntimeEvent::Met { .. }
            | RuntimeEvent::RetryEnded { .. }
            | RuntimeEvent::Reported { .. }
            | RuntimeEvent::Row { .. } => {}
        }
    }
}

fn session(transcript: &mut Transcript, now: Duration, event: Event<'_>) {
    let mut note = |text: &str| transcript.add(now, Who::Note, text.as_bytes(), b"");
    match event {
        Event::Sent { bytes, .. } => transcript.add(now, Who::Computer, bytes, b""),
        Event::Echo(line)
        | Event::Response(line)
        | Event::Final { line, .. }
        | Event::Urc(line)
        | Event::Stray(line)
        | Event::Data(line) => transcript.add(now, Who::Modem, line, b"\r\n"),
        Event::Prompt(bytes) | Event::Partial(bytes) => transcript.add(now, Who::Modem, bytes, b""),
        Event::Dropped { lines } => note(&format!("{lines} unsolicited lines were given up")),
        Event::Truncated { bytes } => note(&format!("a line was cut after {bytes} bytes")),
        Event::Notice(text) => note(text),
    }
}
