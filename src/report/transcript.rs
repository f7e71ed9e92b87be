//! What a batch keeps of a modem's conversation is made of what listeners hear: secrets are masked, lines are whole.
//! And how that is shown to people.

use std::time::Duration;

use super::conversation::Meaning;
use super::result::{RunResult, style};
use super::style::{Palette, Style};
use crate::at::Event;
use crate::catalogue::{module_named_by, prospect};
use crate::notation::{harmless, seconds};
use crate::port::transcript::{Said, Transcript, Who, events};
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

/// What was said, and what each line means: all that was kept, else what the failure itself holds.
pub(crate) fn said_of<'t>(
    result: &'t RunResult,
    record: Option<&'t str>,
    meaning: Meaning,
) -> Vec<(Said<'t>, Option<String>)> {
    let said = |who| move |text: &'t String| Said { at: "", who, text };
    let failure = result.failure.iter().filter(|_| record.is_none());
    let sent = failure.clone().flat_map(|failure| &failure.sent).filter(|sent| !sent.is_empty());
    let heard = failure.flat_map(|failure| failure.answer.iter().chain(&failure.result));
    let of_failure = sent.map(said(Who::Computer)).chain(heard.map(said(Who::Modem)));
    let (mut sent, mut names_module, mut module) = ("", false, None);
    let with_meaning = |said: Said<'t>| {
        match said.who {
            Who::Computer => (sent, names_module) = (said.line(), prospect(said.line(), module).names_module),
            Who::Modem if names_module => module = module_named_by(said.line()).or(module),
            Who::Modem | Who::Note => {}
        }
        // An echo means nothing of its own.
        let is_said = said.who == Who::Modem && said.line() != sent;
        (said, is_said.then(|| meaning(said.line(), sent, module)).flatten())
    };
    record.into_iter().flat_map(events).chain(of_failure).map(with_meaning).collect()
}

/// One modem's result for people: how it ended, what it reported, what was said.
pub(crate) fn in_full(result: &RunResult, record: Option<&str>, meaning: Meaning, palette: Palette) -> String {
    let (status, time) = (palette.paint(style(result.status), result.status), seconds(result.elapsed_ms));
    let why = Some(result.why()).filter(|why| !why.is_empty()).map(|why| format!(": {why}")).unwrap_or_default();
    let mut text = format!("{} {status} in {time} on {}{why}\n", harmless(&result.modem), harmless(&result.port));
    for (number, earlier) in (1..).zip(&result.earlier) {
        text.push_str(&format!("  try {number} failed: {}\n", harmless(&earlier.message)));
    }
    for line in result.failure.iter().flat_map(|failure| &failure.help).flat_map(|help| help.lines()) {
        text.push_str(&format!("  help: {}\n", harmless(line)));
    }
    text.push_str(&result.columns(palette));
    for (said, meaning) in said_of(result, record, meaning) {
        let line = match said.who {
            Who::Computer => palette.paint(Style::Bold, said.line()),
            Who::Modem => palette.paint(Style::Name, said.line()),
            Who::Note => palette.paint(Style::Dim, said.line()),
        };
        let time = palette.paint(Style::Dim, format!("{:>8}", said.at));
        let meaning = meaning.map(|words| palette.paint(Style::Dim, format!(" · {words}")).to_string());
        text.push_str(&format!("{time} {} {line}{}\n", said.who.sign(), meaning.unwrap_or_default()));
    }
    text
}
