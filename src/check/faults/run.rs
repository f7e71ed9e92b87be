//! Other scripts: missing, running in circles, given what they do not take.

use super::{Fault, Words, did_you_mean};

#[derive(Debug)]
pub(in crate::check) enum RunFault {
    NoScript {
        name: String,
        suggestions: Vec<String>,
    },
    Unreadable {
        why: String,
    },
    /// `run "modem/${x}"`
    Computed,
    /// From the first script to itself
    Cycle {
        chain: Vec<String>,
    },
    TooDeep {
        scripts: usize,
        blocks: usize,
    },
    UnknownArgument {
        script: String,
        name: String,
        near: Option<String>,
        known: Vec<String>,
    },
    TwoArguments {
        name: String,
    },
    MissingArgument {
        script: String,
        name: String,
    },
    /// `run "sim/unlock" with pin = "1234"`
    WrittenSecret {
        name: String,
    },
}

impl Fault for RunFault {
    fn words(&self) -> Words {
        match self {
            RunFault::NoScript { name, suggestions } => Words::error(
                "hayes::check::no-script",
                format!("there is no script `{name}`"),
                "not found beside this script, nor in the library",
                did_you_mean(
                    suggestions.first().map(String::as_str),
                    "`hayes list` shows the library; a script of your own is named by its path from this one",
                ),
            ),
            RunFault::Unreadable { why } => Words::error(
                "hayes::check::no-script",
                why.clone(),
                "stands beside this script, so none of the library is meant",
                "a script is a text in UTF-8 that you may read; name another one, or put this right",
            ),
            RunFault::Computed => Words::error(
                "hayes::check::computed-script",
                "a script's name must stand there as it is",
                "known only at run time",
                "use `if` and one `run` for each name: every script is checked before anything is sent",
            ),
            RunFault::Cycle { chain } => Words::error(
                "hayes::check::run-cycle",
                format!("scripts run each other in a circle: {}", chain.join(" → ")),
                "comes back to itself",
                "move what both need into a script of its own",
            ),
            RunFault::TooDeep { scripts, blocks } => Words::error(
                "hayes::check::run-depth",
                format!("more than {scripts} scripts, or {blocks} blocks, stand within each other here"),
                "too deep",
                "run some of them one after the other instead",
            ),
            RunFault::UnknownArgument { script, name, near, known } => Words::error(
                "hayes::check::unknown-argument",
                format!("`{script}` has no param `{name}`"),
                "no such param",
                did_you_mean(
                    near.as_deref(),
                    if known.is_empty() {
                        "it takes none".to_owned()
                    } else {
                        format!("it takes: {}", known.join(", "))
                    },
                ),
            ),
            RunFault::TwoArguments { name } => Words::error(
                "hayes::check::two-arguments",
                format!("`{name}` is given twice"),
                "again",
                "keep one of them",
            ),
            RunFault::MissingArgument { script, name } => Words::error(
                "hayes::check::missing-argument",
                format!("`{script}` needs `{name}`, which has no default"),
                format!("`{name}` is not given"),
                format!("write `with {name} = …` behind it"),
            ),
            RunFault::WrittenSecret { name } => Words::warning(
                "hayes::check::written-secret",
                format!("`{name}` is a secret, and stands here for all to read"),
                "written out",
                format!(
                    "declare `secret {name}` at the top and write `with {name} = {name}`; --secret {name}=… gives it"
                ),
            ),
        }
    }
}
