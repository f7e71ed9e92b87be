//! Failures grouped by cause: fifty modems that fail alike are one thing to mend.

use super::result::{FailureReport, RunResult};
use crate::runtime::Status;

/// One cause, and the modems that it has hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    key: Key,
    /// The words of the first failure; those in which others differ are `…`
    pub message: String,
    pub help: Option<String>,
    /// In the order in which they failed
    pub modems: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    code: String,
    /// The message without what differs from modem to modem
    message: String,
    /// The final result code as it is: `+CME ERROR: 10` is not `+CME ERROR: 13`.
    result: Option<String>,
}

/// Causes in the order in which they came up.
#[derive(Debug, Clone, Default)]
pub struct Causes(Vec<Cause>);

impl Causes {
    pub fn of<'r>(results: impl IntoIterator<Item = &'r RunResult>) -> Causes {
        let mut causes = Causes::default();
        results.into_iter().for_each(|result| causes.add(result));
        causes
    }

    /// Counts a result, if it has a failure. To be interrupted is none of the modem's.
    pub fn add(&mut self, result: &RunResult) {
        let Some(failure) = result.failure.as_ref().filter(|_| result.status != Status::Interrupted) else { return };
        let key = Key {
            code: failure.code.clone(),
            message: normalised(&failure.message, &[&result.modem, &result.port]),
            result: failure.result.clone(),
        };
        match self.0.iter_mut().find(|cause| cause.key == key) {
            Some(cause) => {
                cause.message = shared(&cause.message, &failure.message);
                cause.modems.push(result.modem.clone());
            }
            None => self.0.push(Cause {
                key,
                message: failure.message.clone(),
                help: failure.help.clone(),
                modems: vec![result.modem.clone()],
            }),
        }
    }

    /// The cause that has hit most modems first.
    pub fn by_size(&self) -> Vec<&Cause> {
        let mut causes: Vec<&Cause> = self.0.iter().collect();
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.modems.len()));
        causes
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Cause {
    /// `hayes::run::timeout`
    pub fn code(&self) -> &str {
        &self.key.code
    }
}

/// Where in the script it failed: `setup.hayes:12`.
pub fn place(failure: &FailureReport) -> Option<String> {
    match (&failure.script, failure.line) {
        (Some(script), Some(line)) => Some(format!("{script}:{line}")),
        (Some(script), None) => Some(script.clone()),
        (None, _) => None,
    }
}

/// The message with the modem's own names and all numbers made equal.
fn normalised(message: &str, own: &[&str]) -> String {
    let mut text = message.to_owned();
    for name in own.iter().filter(|name| name.len() > 2) {
        text = text.replace(*name, "…");
    }
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '0'..='9' if plain.ends_with('#') => {}
            '0'..='9' => plain.push('#'),
            other => plain.push(other),
        }
    }
    plain
}

/// Two messages of one cause as one: one modem's number is not told of the others.
fn shared(one: &str, other: &str) -> String {
    if one == other {
        return one.to_owned();
    }
    let mut others = other.split(' ');
    let word = |word: &str| match others.next() {
        Some(other) if other == word => word.to_owned(),
        Some(_) | None => format!("…{}", ends(word)),
    };
    one.split(' ').map(word).collect::<Vec<String>>().join(" ")
}

/// The punctuation at a word's end.
fn ends(word: &str) -> &str {
    let is_end = |c: char| [':', ',', ';', '.', '`', '"', ')'].contains(&c);
    word.get(word.trim_end_matches(is_end).len()..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{failed, passed};
    use super::*;

    #[test]
    fn failures_that_differ_in_names_and_numbers_are_one_cause() {
        let results = [
            failed("a", "hayes::run::timeout", "/dev/a: no answer within 5000 ms", None),
            passed("b"),
            failed("c", "hayes::run::timeout", "/dev/c: no answer within 900 ms", None),
            failed("d", "hayes::run::refused", "refused", Some("+CME ERROR: 10")),
            failed("e", "hayes::run::refused", "refused", Some("+CME ERROR: 13")),
        ];
        let causes = Causes::of(&results);
        let shown: Vec<(&str, Vec<String>)> =
            causes.by_size().iter().map(|cause| (cause.message.as_str(), cause.modems.clone())).collect();
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            shown,
            [("…: no answer within … ms", of(&["a", "c"])), ("refused", of(&["d"])), ("refused", of(&["e"]))]
        );
    }
}
