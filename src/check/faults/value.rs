//! Values of the wrong type, where that is certain; and values that would break out of a command.

use super::{Fault, Words};

#[derive(Debug)]
pub(in crate::check) enum ValueFault {
    /// `sleep 5`: what it is for, what it must be, what it is, what to write instead
    WrongType { place: String, wanted: &'static str, found: &'static str, help: String },
    /// `stat == 1`, where `stat` is text
    NeverEqual { left: &'static str, right: &'static str, help: String },
    /// `param tries = 5`
    ParamType { name: String, found: &'static str },
    /// `retry 0`
    NoAttempt { times: i64 },
    /// `every 5s up to 2s`
    LongestPause,
    /// `${…}` with a value that would end the string or the command
    Injection { character: &'static str, within: &'static str },
}

impl Fault for ValueFault {
    fn words(&self) -> Words {
        match self {
            ValueFault::WrongType { place, wanted, found, help } => Words::error(
                "hayes::check::wrong-type",
                format!("{place} must be {wanted}"),
                format!("this is {found}"),
                help,
            ),
            ValueFault::NeverEqual { left, right, help } => Words::error(
                "hayes::check::never-equal",
                format!("{left} is compared with {right}"),
                "never true",
                help,
            ),
            ValueFault::ParamType { name, found } => Words::error(
                "hayes::check::param-type",
                format!("`{name}` is a param for text, but its default is {found}"),
                "the default",
                match *found {
                    "a whole number" => format!("write `param {name}:int = …`, or put the default in quotes"),
                    "a duration" => {
                        format!("a param is text or a number: `param {name}:int = …`, and then `{name} * 1s`")
                    }
                    _ => format!("a param is text or a number; `set {name} = …` takes all others"),
                },
            ),
            ValueFault::NoAttempt { times } => Words::error(
                "hayes::check::retry-times",
                format!("a `retry` tries at least once, and this is {times}"),
                "never tried",
                "write how many times, as in `retry 5 {`, or how long, as in `retry for 2min every 5s {`",
            ),
            ValueFault::LongestPause => Words::error(
                "hayes::check::longest-pause",
                "the longest pause is shorter than the first one",
                "shorter than what stands behind `every`",
                "the pause is doubled up to this: give it more, or leave out the `up to`",
            ),
            ValueFault::Injection { character, within } => Words::error(
                "hayes::check::injection",
                format!("this value holds {character}, which would break out of {within}"),
                "would break out",
                "leave that character out: a value must stay inside the place it is put in",
            ),
        }
    }
}
