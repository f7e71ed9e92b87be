//! What the runtime asks of the catalogue.

use crate::at::ResultCode;
use crate::at::command::parse;
use crate::catalogue::expected;
use crate::catalogue::explain::{Context, beside, failure};
use crate::catalogue::module::Module;

/// Whether a command line changes nothing but this conversation: `--plan` sends it.
pub(super) fn only_asks(line: &str) -> bool {
    parse(line).is_some_and(|line| line.commands.iter().all(expected::only_asks))
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
