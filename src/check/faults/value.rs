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
                if *found == "a whole number" {
                    format!("write `param {name}:int = …`, or put the default in quotes")
                } else {
                    "put the default in quotes".to_owned()
                },
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
