//! What the runtime asks of the catalogue.

use crate::at::command::{Command, parse};
use crate::at::{Form, ResultCode};
use crate::catalogue::command::AnswerShape;
use crate::catalogue::command_of;
use crate::catalogue::expected::values;
use crate::catalogue::explain::{Context, beside, failure};
use crate::catalogue::module::Module;

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
pub(super) fn meaning(line: &str, command: &str, module: Option<&'static Module>) -> Option<String> {
    let context = Context { command: Some(command), module };
    let meaning = beside(line, &context)?;
    // With `AT+CMEE=2` the modem says it itself.
    (!line.to_lowercase().contains(&meaning.to_lowercase())).then_some(meaning)
}

/// What usually mends a refusal.
pub(super) fn advice(result: &ResultCode, module: Option<&Module>) -> Option<String> {
    failure(result, module).map(|failure| failure.advice).filter(|advice| !advice.is_empty())
}
