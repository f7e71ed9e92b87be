//! What the session asks of the catalogue, for every line that is received.

use super::command;
use super::data::VENDOR_FINALS;
use super::layout::{Fit, Layout};
use super::urc::urc;
use crate::at::parameters::split_prefix;
use crate::at::{Form, Knowledge, Likeness};

/// The catalogue as the session's [`Knowledge`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Catalogue;

impl Knowledge for Catalogue {
    fn is_urc(&self, line: &[u8]) -> bool {
        urc(line).is_some()
    }

    fn likeness(&self, line: &[u8], form: Form) -> Likeness {
        let Some(known) = urc(line) else { return Likeness::Answer };
        let Some(command) = known.answers.and_then(command::command) else { return Likeness::Answer };
        let values = split_prefix(line).1;
        let as_answer = match form {
            Form::Test => command.test.as_ref(),
            Form::Read => command.read.as_ref(),
            Form::Set => command.set.as_ref(),
            Form::Execute => command.execute.as_ref(),
        };
        let as_answer = as_answer.map_or(Fit::No, |usage| match usage.answers {
            [] => Fit::No,
            _ if usage.ranges => {
                if values.starts_with(b"(") {
                    Fit::Exact
                } else {
                    Fit::No
                }
            }
            layouts => best(layouts, values),
        });
        let as_urc = best(known.layouts, values);
        match as_answer.cmp(&as_urc) {
            std::cmp::Ordering::Greater => Likeness::Answer,
            std::cmp::Ordering::Less => Likeness::Urc,
            std::cmp::Ordering::Equal if as_answer == Fit::No => Likeness::Answer,
            std::cmp::Ordering::Equal => Likeness::Either,
        }
    }

    fn vendor_final(&self, line: &[u8]) -> Option<bool> {
        VENDOR_FINALS
            .iter()
            .find(|(text, _)| line.get(..text.len()).is_some_and(|head| head.eq_ignore_ascii_case(text.as_bytes())))
            .filter(|(text, _)| line.len() == text.len() || text.ends_with(':'))
            .map(|(_, success)| *success)
    }
}

/// How well the values have the likeliest of the layouts.
pub fn best(layouts: &[Layout], values: &[u8]) -> Fit {
    layouts.iter().map(|layout| layout.fit(values)).max().unwrap_or(Fit::No)
}
