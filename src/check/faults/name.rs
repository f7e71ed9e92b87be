//! Names: unknown, not set, taken, unused.

use super::{Fault, Words, did_you_mean};

#[derive(Debug)]
pub(in crate::check) enum NameFault {
    Unknown {
        name: String,
        near: Option<String>,
    },
    /// It is set further down only.
    NotSetYet {
        name: String,
    },
    /// `attempt`, `error`, a `for`'s name, where it does not hold.
    OutOfPlace {
        name: String,
        place: &'static str,
    },
    Reserved {
        name: String,
        what: &'static str,
    },
    TwoParams {
        name: String,
    },
    ParamInBlock,
    UnusedParam {
        name: String,
        secret: bool,
    },
    TwoCaptures {
        name: String,
    },
    TwoColumns {
        name: String,
    },
    UnknownMember {
        record: String,
        name: String,
        near: Option<String>,
        known: Vec<String>,
    },
}

impl Fault for NameFault {
    fn words(&self) -> Words {
        match self {
            NameFault::Unknown { name, near } => Words::error(
                "hayes::check::unknown-name",
                format!("nothing is called `{name}` here"),
                "not known",
                did_you_mean(
                    near.as_deref(),
                    format!(
                        "give it a value first: `param {name}`, `set {name} = …`, or `capture {name}` under a question"
                    ),
                ),
            ),
            NameFault::NotSetYet { name } => Words::error(
                "hayes::check::not-set",
                format!("`{name}` has no value yet"),
                "used here",
                format!("move this line below the one that sets `{name}`"),
            ),
            NameFault::OutOfPlace { name, place } => Words::error(
                "hayes::check::out-of-place",
                format!("`{name}` is known only {place}"),
                "not known here",
                format!("use `{name}` {place}, or keep it with `set` under another name"),
            ),
            NameFault::Reserved { name, what } => Words::error(
                "hayes::check::reserved-name",
                format!("`{name}` is taken: it always means {what}"),
                "cannot be given another value",
                format!("choose another name, such as `my_{name}`"),
            ),
            NameFault::TwoParams { name } => Words::error(
                "hayes::check::two-params",
                format!("there are two params called `{name}`"),
                "again",
                "remove one of them, or give it another name",
            ),
            NameFault::ParamInBlock => Words::error(
                "hayes::check::param-in-block",
                "a param stands in a block",
                "inside a block",
                "move it to the top of the script: its value is known before anything is sent",
            ),
            NameFault::UnusedParam { name, secret } => {
                let kind = if *secret { "secret" } else { "param" };
                Words::warning(
                    "hayes::check::unused-param",
                    format!("the {kind} `{name}` is never used"),
                    "never used",
                    format!("remove it, or use it as `${{{name}}}`"),
                )
            }
            NameFault::TwoCaptures { name } => Words::error(
                "hayes::check::two-captures",
                format!("`{name}` is captured twice in one answer"),
                "again",
                "give one of them another name, or write `_` to skip it",
            ),
            NameFault::TwoColumns { name } => Words::error(
                "hayes::check::two-columns",
                format!("there are two columns called `{name}`"),
                "again",
                "name one of them differently: `report other = …`",
            ),
            NameFault::UnknownMember { record, name, near, known } => Words::error(
                "hayes::check::unknown-member",
                format!("`{record}` has no field `{name}`"),
                "no such field",
                did_you_mean(
                    near.as_deref(),
                    if known.is_empty() {
                        format!("`{record}` has no fields at all")
                    } else {
                        format!("it has: {}", known.join(", "))
                    },
                ),
            ),
        }
    }
}
