//! How an AT command line is written.

use super::{Fault, Words};

#[derive(Debug)]
pub(in crate::check) enum LineFault {
    TwoAt,
    UnclosedQuote,
    Blank,
    /// `behind` is `;` or `AT`.
    NoPlus {
        command: String,
        behind: &'static str,
    },
    TooLong {
        characters: usize,
    },
    LowerCase {
        upper: String,
    },
    Unquoted {
        parameter: &'static str,
    },
    /// `AT+CSQ\r`, `AT+CSQ<CR>` in an AT word, or a CR at the end of a text that gets one anyway
    LineEnd {
        escape: bool,
    },
    /// `A/`
    RepeatLast,
}

impl Fault for LineFault {
    fn words(&self) -> Words {
        match self {
            LineFault::TwoAt => Words::error(
                "hayes::check::two-at",
                "`AT` stands more than once in one command line",
                "the second `AT`",
                "write `AT` once, at the start (`AT+CMEE=2;+CMGF=1`), or put each command on a line of its own",
            ),
            LineFault::UnclosedQuote => Words::error(
                "hayes::check::unclosed-quote",
                "a double quote is never closed",
                "opens here",
                "close the string with `\"`",
            ),
            LineFault::Blank => Words::warning(
                "hayes::check::blank",
                "a blank stands outside of a string in an AT command",
                "a blank",
                "remove it: only strings in double quotes may hold blanks",
            ),
            LineFault::NoPlus { command, behind } => Words::warning(
                "hayes::check::no-plus",
                format!("`{command}` stands behind `{behind}` without `+` or `&`"),
                "neither `+` nor `&`",
                format!("write `{behind}+{command}`"),
            ),
            LineFault::TooLong { characters } => Words::warning(
                "hayes::check::long-line",
                format!("this command line has {characters} characters; many modems take 80"),
                "beyond 80",
                "split it into several lines, each with its own `AT`",
            ),
            LineFault::LowerCase { upper } => Words::warning(
                "hayes::check::lower-case",
                "an AT command is written in lower case; not every modem takes that",
                "lower case",
                format!("write `{upper}`"),
            ),
            LineFault::Unquoted { parameter } => Words::warning(
                "hayes::check::unquoted",
                format!("a string stands without double quotes: {parameter}"),
                "no quotes",
                "put it in double quotes, as in `AT+CGDCONT=1,\"IP\",\"super\"`",
            ),
            LineFault::LineEnd { escape: true } => Words::warning(
                "hayes::check::line-end-sent",
                "an AT word is sent as it stands: these characters are no line end in it",
                "sent as it stands",
                "leave it out: the line end is sent by itself",
            ),
            LineFault::LineEnd { escape: false } => Words::warning(
                "hayes::check::line-end-sent",
                "this text ends with a line end, and gets another one",
                "one too many",
                "leave it out, or write `send raw` to send exactly this",
            ),
            LineFault::RepeatLast => Words::warning(
                "hayes::check::repeat-last",
                "`A/` repeats whatever was sent last",
                "repeats the last command",
                "write the command itself: what is sent must be seen in the script",
            ),
        }
    }
}
