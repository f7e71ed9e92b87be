//! What the runtime asks of the catalogue.

use std::time::Duration;

use crate::at::command::{Command, CommandLine, parse};
use crate::at::{Expected, Form, ResultCode};
use crate::catalogue::command::AnswerShape;
use crate::catalogue::command_of;
use crate::catalogue::expected::{expected_of, values};
use crate::catalogue::explain::{Context, brief, failure};

/// What is known of a command line before it is sent.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) expected: Expected,
    /// The documented maximum.
    pub(super) longest: Option<Duration>,
    /// Why it may stand in an `unsafe` block only.
    pub(super) needs_unsafe: Option<&'static str>,
}

pub(super) fn of(line: &str) -> Known {
    let Some(line) = parse(line) else { return Known::default() };
    let (expected, longest) = expected_of(&line, None);
    Known { expected, longest, needs_unsafe: needs_unsafe(&line) }
}

fn needs_unsafe(line: &CommandLine<'_>) -> Option<&'static str> {
    line.commands.iter().find_map(|asked| {
        let known = command_of(asked).filter(|known| !known.dangers.is_empty())?;
        let texts = values(asked);
        let values: Vec<&str> = texts.iter().map(String::as_str).collect();
        known.needs_unsafe(asked.form, &values).map(|danger| danger.why)
    })
}

/// Whether a command line changes nothing but this conversation: `--plan` sends it.
pub(super) fn only_asks(line: &str) -> bool {
    parse(line).is_some_and(|line| line.commands.iter().all(asks))
}

fn asks(asked: &Command<'_>) -> bool {
    let known = command_of(asked);
    let texts = values(asked);
    let values: Vec<&str> = texts.iter().map(String::as_str).collect();
    if known.is_some_and(|known| known.conversation_only) {
        return true;
    }
    match asked.form {
        Form::Read | Form::Test => true,
        Form::Execute => known.is_some_and(|known| {
            let answers = known.usage(asked.form, &values).is_some_and(|usage| usage.shape != AnswerShape::None);
            answers
                && known.dangers(asked.form, &values).next().is_none()
                && known.prompt(asked.form, &values).is_none()
        }),
        // `AT+QCFG="roamservice"` has the form of a set, and reads: the value would be a second parameter.
        Form::Set => known.is_some_and(|known| known.name.contains('=') && values.len() == 1),
    }
}

/// What an answer's line or final result code means beside what it says: `SIM not inserted`.
pub(super) fn meaning(line: &str, command: &str) -> Option<String> {
    let context = Context { command: Some(command), module: None };
    let meaning = brief(line, &context)?;
    // With `AT+CMEE=2` the modem says it itself.
    (!line.to_lowercase().contains(&meaning.to_lowercase())).then_some(meaning)
}

/// What usually mends a refusal.
pub(super) fn advice(result: &ResultCode) -> Option<String> {
    failure(result).map(|failure| failure.advice).filter(|advice| !advice.is_empty())
}
