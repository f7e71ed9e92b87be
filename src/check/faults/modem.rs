//! What a command will do to the modem, as the catalogue knows it.

use super::{Fault, Words};

#[derive(Debug)]
pub(in crate::check) enum ModemFault {
    /// `AT+CSQ?`
    NoRead {
        command: String,
    },
    /// `AT+COPS=?` meant as a test
    Scan {
        command: String,
    },
    ReadOnly {
        command: String,
    },
    ContextUp {
        command: String,
    },
    /// An attempt of a PIN in something that may send it again
    PinAgain {
        command: String,
        place: &'static str,
    },
    Again {
        command: String,
        why: &'static str,
    },
    NeedsUnsafe {
        command: String,
        why: &'static str,
    },
    Danger {
        command: String,
        why: &'static str,
    },
    NbIotOnly {
        command: String,
    },
    /// `ensure AT+CGATT=0 answers OK`
    EnsureSets {
        command: String,
    },
    UnknownCommand {
        command: String,
        near: &'static str,
    },
}

impl Fault for ModemFault {
    fn words(&self) -> Words {
        match self {
            ModemFault::Scan { command } => Words::warning(
                "hayes::check::scan",
                format!("`{command}` does not test whether the command is there: it scans for networks"),
                "takes minutes, and stops data meanwhile",
                "to ask for the network in use, write `AT+COPS?`; if the scan is meant, `capture all` its answer",
            ),
            ModemFault::ReadOnly { command } => Words::warning(
                "hayes::check::read-only",
                format!("`{command}` can only be read: setting it always ends in ERROR"),
                "sets what cannot be set",
                format!("leave out what stands behind `{command}`, or write `expect ERROR` under it"),
            ),
            ModemFault::NoRead { command } => Words::warning(
                "hayes::check::no-read",
                format!("`{command}` has no read form: modems answer ERROR to `{command}?`"),
                "asks where nothing is set",
                format!("write `{command}`"),
            ),
            ModemFault::ContextUp { command } => Words::warning(
                "hayes::check::context-up",
                format!("`{command}` changes the APN while the connection is up, and will end in ERROR"),
                "the connection is still up here",
                "take it down first: `AT+CFUN=4`, then this line, then `AT+CFUN=1`",
            ),
            ModemFault::PinAgain { command, place } => Words::error(
                "hayes::check::pin-in-retry",
                format!("`{command}` stands in {place}: each wrong try uses up one of the SIM's few attempts"),
                "may be sent again",
                "send it once, outside of it: three wrong PINs lock the SIM, ten wrong PUKs end it",
            ),
            ModemFault::Again { command, why } => Words::warning(
                "hayes::check::repeat",
                format!("`{command}` may be sent more than once here: {}", clause(why)),
                "may be sent again",
                "move it out of the retry; if it may be repeated, write `# allow hayes::check::repeat: why` above it",
            ),
            ModemFault::NeedsUnsafe { command, why } => Words::error(
                "hayes::check::needs-unsafe",
                format!("`{command}` may stand only in an `unsafe` block: {}", clause(why)),
                "not in an `unsafe` block",
                "remove it; if you must, put it into `unsafe \"why\" { … }`",
            ),
            ModemFault::Danger { command, why } => Words::warning(
                "hayes::check::danger",
                format!("`{command}` is dangerous: {}", clause(why)),
                "dangerous",
                "remove it; if it is meant, write `# allow hayes::check::danger: why` above it",
            ),
            ModemFault::NbIotOnly { command } => Words::warning(
                "hayes::check::nb-iot",
                format!("`{command}` leaves only NB-IoT, with which a Super SIM can never register"),
                "NB-IoT only",
                "choose LTE-M (Cat-M1), LTE or GSM: Super SIM has no NB-IoT",
            ),
            ModemFault::EnsureSets { command } => Words::error(
                "hayes::check::ensure-sets",
                format!("the question of an `ensure` must ask, and `{command}` sets"),
                "changes the modem before anything is known",
                "ask with the read form (`?`), and put what sets into the block: it runs where the answer differs",
            ),
            ModemFault::UnknownCommand { command, near } => Words::warning(
                "hayes::check::unknown-command",
                format!("no command `{command}` is known"),
                "not known",
                format!("did you mean `{near}`?"),
            ),
        }
    }
}

/// The catalogue's sentence as the end of another: without its capital and its full stop.
fn clause(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut characters = sentence.chars();
    match (characters.next(), characters.clone().next()) {
        // An abbreviation keeps its capitals.
        (Some(first), Some(second)) if !second.is_ascii_uppercase() => first.to_lowercase().chain(characters).collect(),
        _ => sentence.to_owned(),
    }
}
