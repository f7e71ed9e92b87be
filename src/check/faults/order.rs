//! Statements where they cannot stand, or are never reached; patterns that cannot be meant.

use super::{Fault, Words};

#[derive(Debug)]
pub(in crate::check) enum OrderFault {
    Unreachable { after: &'static str },
    BreakOutsideLoop,
    FinallyTwice,
    FinallyInBlock,
    FinallyNotLast,
}

impl Fault for OrderFault {
    fn words(&self) -> Words {
        let finally =
            |message: &str, label: &str, help: &str| Words::error("hayes::check::finally-place", message, label, help);
        match self {
            OrderFault::Unreachable { after } => Words::warning(
                "hayes::check::unreachable",
                format!("nothing behind `{after}` is ever run"),
                "never reached",
                format!("remove it, or put the `{after}` into an `if`"),
            ),
            OrderFault::BreakOutsideLoop => Words::error(
                "hayes::check::break-outside-loop",
                "`break` stands in no loop",
                "nothing to leave",
                "it leaves the innermost `for`, `repeat` or `retry`; `stop` ends the script as passed",
            ),
            OrderFault::FinallyTwice => {
                finally("there are two `finally` blocks", "the second one", "put everything into one `finally`")
            }
            OrderFault::FinallyInBlock => finally(
                "`finally` stands in a block",
                "inside a block",
                "move it to the end of the script: it runs however the script ended",
            ),
            OrderFault::FinallyNotLast => finally(
                "`finally` is not the last statement",
                "more follows behind it",
                "move it to the end of the script",
            ),
        }
    }
}
