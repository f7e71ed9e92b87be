//! What the runtime asks of the catalogue.

use std::time::Duration;

use crate::at::command::{Command, parse};
use crate::at::{Expected, Form, ResultCode};
use crate::catalogue::command::AnswerShape;
use crate::catalogue::error::{ErrorCode, Series};
use crate::catalogue::expected::values;
use crate::catalogue::{self, command_of};

/// What is known of a command line before it is sent.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) expected: Expected,
    /// The documented maximum.
    pub(super) longest: Option<Duration>,
    /// Why it may stand in an `unsafe` block only.
    pub(super) needs_unsafe: Option<String>,
}

pub(super) fn of(line: &str) -> Known {
    let (expected, longest) = catalogue::expected(line, None);
    Known { expected, longest, needs_unsafe: needs_unsafe(line) }
}

fn needs_unsafe(line: &str) -> Option<String> {
    parse(line)?.commands.iter().find_map(|asked| {
        let known = command_of(asked).filter(|known| !known.dangers.is_empty())?;
        let texts = values(asked);
        let values: Vec<&str> = texts.iter().map(String::as_str).collect();
        known.needs_unsafe(asked.form, &values).map(|danger| danger.why.to_owned())
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

/// What a refusal means, and what usually mends it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// In a few words; may be empty.
    pub(super) text: &'static str,
    /// May be empty.
    pub(super) advice: &'static str,
}

pub(super) fn meaning(result: &ResultCode) -> Option<Meaning> {
    let numbered = |error: &ErrorCode| Meaning { text: error.text, advice: error.advice };
    let by_words = |series, text: &str| {
        // Where the words fit several numbers, nothing certain can be said.
        let mut fitting = catalogue::error_by_text(series, text);
        let first = fitting.next();
        first.filter(|_| fitting.next().is_none())
    };
    match result {
        ResultCode::Equipment(error) => {
            let known = error.code.map_or_else(|| by_words(Series::Equipment, &error.text), catalogue::cme);
            known.map(numbered)
        }
        ResultCode::Message(error) => {
            let known = error.code.map_or_else(|| by_words(Series::Message, &error.text), catalogue::cms);
            known.map(numbered)
        }
        ResultCode::Ok
        | ResultCode::Connect(_)
        | ResultCode::Error
        | ResultCode::NoCarrier
        | ResultCode::Busy
        | ResultCode::NoAnswer
        | ResultCode::NoDialtone
        | ResultCode::Aborted
        | ResultCode::Vendor { .. } => {
            let known = catalogue::result_code(&result.to_string())?;
            // `ERROR` says itself what is said of it.
            let text = if *result == ResultCode::Error { "" } else { known.meaning.trim_end_matches('.') };
            Some(Meaning { text, advice: known.advice })
        }
    }
}
