//! Questions, what is said of their answers, and patterns.

use super::{Fault, Words};

#[derive(Debug)]
pub(in crate::check) enum ExchangeFault {
    BadRegex {
        reason: String,
    },
    /// `/${x}/`
    ValueInRegex {
        value: String,
    },
    EmptyPattern,
    LineEndInPattern,
    /// `expect "+CSQ: .*"`
    RegexInText {
        found: &'static str,
    },
    /// `expect OK,ERROR`
    CodesInOne {
        alternatives: String,
    },
    NamedHole {
        name: String,
        place: &'static str,
    },
    AdjacentHoles,
    CapturesNothing,
    /// `expect nothing` beside other clauses
    NothingAndMore {
        clause: &'static str,
    },
    TwoPrompts,
    /// `expect` or `capture` beside `when`
    WhenAndMore {
        clause: &'static str,
    },
    /// A `when` behind one that takes all that it is for
    NeverTaken,
    /// `await within D` without a `when` for a line
    NothingAwaited,
    NeverAsks {
        command: String,
    },
    /// `AT+CMGS="…"` without a `prompt`
    PromptMissing {
        command: String,
        mark: &'static str,
    },
    /// The reply holds Ctrl-Z or ESC.
    DataEndsEarly {
        character: &'static str,
    },
    /// `expect "+CGREG: 0,1"` under `AT+CREG?`
    OtherAnswer {
        command: String,
        found: String,
        wanted: String,
    },
    /// A capture under `await quiet`: what that waits for
    NoLineAwaited {
        brings: &'static str,
    },
    /// A capture under a command that answers no line
    NoLines {
        command: String,
    },
}

impl Fault for ExchangeFault {
    fn words(&self) -> Words {
        match self {
            ExchangeFault::BadRegex { reason } => Words::error(
                "hayes::check::bad-regex",
                format!("this regex is wrong: {reason}"),
                "here",
                "mend it; to match text as it stands, write it in double quotes instead of slashes",
            ),
            ExchangeFault::ValueInRegex { value } => Words::error(
                "hayes::check::bad-regex",
                format!("a regex takes no values: `{value}` means nothing in it"),
                "no value",
                format!("write the pattern in double quotes: `\"…{value}…\"`; or capture, and compare with `==`"),
            ),
            ExchangeFault::EmptyPattern => Words::error(
                "hayes::check::empty-pattern",
                "an empty pattern matches every line",
                "empty",
                "write what the line begins with, as in `expect \"+CPIN: READY\"`",
            ),
            ExchangeFault::LineEndInPattern => Words::error(
                "hayes::check::line-end",
                "a pattern with a line end in it never matches",
                "a line is matched without its line end",
                "leave out `\\r` and `\\n`; for two lines write two `expect`",
            ),
            ExchangeFault::RegexInText { found } => Words::warning(
                "hayes::check::regex-in-text",
                format!("`{found}` stands for itself in a quoted pattern"),
                "taken literally",
                "write `{}` for one parameter, or a regex between slashes: `/…/`",
            ),
            ExchangeFault::CodesInOne { alternatives } => Words::warning(
                "hayes::check::codes-in-one",
                "no line holds several final result codes",
                "one pattern",
                format!("write `{alternatives}`"),
            ),
            ExchangeFault::NamedHole { name, place } => Words::error(
                "hayes::check::hole-in-expect",
                format!("`{name}` captures, but {place} only compares"),
                "captures nothing here",
                if *place == "`expect`" {
                    "write `capture` instead of `expect`, or `{}` for any value".to_owned()
                } else {
                    "write `{}` for any value; only `capture` gives names".to_owned()
                },
            ),
            ExchangeFault::AdjacentHoles => Words::error(
                "hayes::check::adjacent-holes",
                "two holes stand side by side: nothing tells where the first one ends",
                "nothing between them",
                "put what stands between them in the line there, such as a comma; or use a regex",
            ),
            ExchangeFault::CapturesNothing => Words::error(
                "hayes::check::captures-nothing",
                "this `capture` gives nothing a name",
                "no name in it",
                "name what you want, as in `{rssi}` or `(?<rssi>…)`; to compare only, write `expect`",
            ),
            ExchangeFault::NothingAndMore { clause } => Words::error(
                "hayes::check::nothing-and-more",
                format!("nothing is expected, and yet there is a `{clause}`"),
                "waits for something",
                format!("remove the `expect nothing`, or the `{clause}`"),
            ),
            ExchangeFault::WhenAndMore { clause } => Words::error(
                "hayes::check::when-and-more",
                format!("`{clause}` and `when` stand under one question"),
                "the `when` lines judge the answer",
                match *clause {
                    "capture" => "capture in the `when` itself: `when \"+CSQ: {rssi:int},{}\" {`",
                    _ => "remove it: where no `when` takes the answer, and there is no `else`, the question fails",
                },
            ),
            ExchangeFault::NeverTaken => Words::warning(
                "hayes::check::never-taken",
                "what this is for is taken before it",
                "never taken",
                "the first that matches runs: remove it, or put it before the others; `else` is the last",
            ),
            ExchangeFault::NothingAwaited => Words::error(
                "hayes::check::nothing-awaited",
                "this `await` names no line",
                "waits for what?",
                "write it behind `await`, or `when \"+CREG: 5\" {` under it",
            ),
            ExchangeFault::TwoPrompts => Words::error(
                "hayes::check::two-prompts",
                "one question has two `prompt` lines",
                "the second one",
                "keep one: a command asks for data once",
            ),
            ExchangeFault::NeverAsks { command } => Words::error(
                "hayes::check::never-asks",
                format!("`{command}` never asks for data"),
                "no prompt will come",
                "remove the `prompt`, or put it under the command that asks, such as AT+CMGS=\"…\"",
            ),
            ExchangeFault::PromptMissing { command, mark } => Words::warning(
                "hayes::check::prompt-missing",
                format!("`{command}` asks for data, and nothing answers it"),
                format!("answers with the prompt `{mark}`"),
                "put `prompt reply \"…\"` under it, or `prompt cancel`",
            ),
            ExchangeFault::DataEndsEarly { character } => Words::error(
                "hayes::check::data-ends-early",
                format!("this text holds {character}, which ends the data there"),
                "ends the data",
                "leave it out: Ctrl-Z is sent at the end by itself; `then esc` or `then nothing` changes that",
            ),
            ExchangeFault::OtherAnswer { command, found, wanted } => Words::warning(
                "hayes::check::other-answer",
                format!("`{command}` does not answer with `{found}:`"),
                "another command's answer",
                format!("write `{wanted}:`, or ask `AT{found}` instead"),
            ),
            ExchangeFault::NoLineAwaited { brings } => Words::error(
                "hayes::check::no-line-awaited",
                format!("{brings}: it brings no line to capture from"),
                "nothing to capture from",
                "remove it, or wait for the line itself: `await \"+CREG:\"`",
            ),
            ExchangeFault::NoLines { command } => Words::warning(
                "hayes::check::no-lines",
                format!("`{command}` answers no line but the final result code"),
                "nothing to capture",
                "ask with the read form (`?`), or remove the `capture`",
            ),
        }
    }
}
