//! The ways in which a simulated modem can misbehave. Each is decided by the seed, so that a failure can be played again.

use std::time::Duration;

use super::options::{OptionError, duration, nearest};

/// One way to misbehave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// One byte at a time
    Split,
    /// Pieces of random length
    Chunks,
    /// What is sent is held back for a while and comes in one piece
    Join(Duration),
    /// A URC at every place between two lines of an answer
    Urc,
    /// The registration URC, right before the answer to a registration question
    Sneaky,
    /// So many URC lines within each answer
    Flood(u32),
    /// NULs before each line
    Nul,
    /// Lines of bytes that are no text
    Garbage,
    /// Lines end in LF alone
    LineFeedOnly,
    /// Lines end in CR alone
    ReturnOnly,
    /// The answer takes so long
    Late(Duration, Which),
    /// No answer
    Lost(Which),
    /// Says nothing more from this command line on
    Silence(u32),
    /// Asks for data, takes it, and never answers
    HangAtPrompt,
    /// Asks for data instead of answering, unasked
    Prompt(Which),
    EchoOff,
    /// Echoes only the first half of a line
    EchoHalf,
    /// Echoes wrong characters
    EchoGarbled,
    /// Echoes each character, a backspace, and the character
    EchoBackspaces,
    /// Refuses: `ERROR`
    Error(Which),
    /// Refuses: `+CME ERROR`
    Equipment(u16, Which),
    /// Refuses: `+CMS ERROR`
    Message(u16, Which),
    /// Is unplugged when this command line comes
    Unplug(u32),
    /// Is unplugged in the middle of a line of the answer to this command line
    UnplugInLine(u32),
    /// The final result code without its line end
    Truncated(Which),
    /// Reads so many bytes in a second
    SlowReader(u32),
    /// Another IMEI after a reset
    WrongImei,
    /// The final result code twice
    DuplicateFinal,
    /// The lines of the answer before come again
    Previous,
    /// Loses the first byte that comes after so long a silence
    Asleep(Duration),
}

/// Which commands a fault strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Which {
    Every,
    /// The command line with this number; the first is 1
    Nth(u32),
    /// The command of this name, without its leading character: `CMGS`; a `?` or `=` behind it: only that form
    Named(String),
}

/// One row of the table that `hayes sim --help` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultHelp {
    pub name: &'static str,
    /// What may stand behind the name.
    pub arguments: &'static str,
    pub meaning: &'static str,
}

const fn row(name: &'static str, arguments: &'static str, meaning: &'static str) -> FaultHelp {
    FaultHelp { name, arguments, meaning }
}

/// All faults, in the order of the help. WHICH is a number (that command line, the first is 1) or a command's name
/// (`CMGS`, `CPIN?`); without it every command is struck.
pub const FAULTS: &[FaultHelp] = &[
    row("split", "", "sends one byte at a time"),
    row("chunks", "", "sends pieces of random length"),
    row("join", "[:D]", "holds what it sends back for the time D (100ms) and sends it in one piece"),
    row("urc", "", "a URC at every place between two lines of an answer"),
    row("sneaky", "", "the URC +CREG right before the answer to AT+CREG?; the same for +CGREG and +CEREG"),
    row("flood", "[:N]", "N URC lines (1000) within each answer"),
    row("nul", "", "NULs before each line"),
    row("garbage", "", "lines of bytes that are no text, between the lines of an answer"),
    row("lf", "", "lines end in LF alone"),
    row("cr", "", "lines end in CR alone"),
    row("late", ":D[:WHICH]", "answers only after the time D"),
    row("lost", "[:WHICH]", "does not answer"),
    row("silence", "[:N]", "says nothing more from the command line number N on (1)"),
    row("hang-at-prompt", "", "asks for data, takes it, and never answers"),
    row("prompt", "[:WHICH]", "asks for data that nobody offered, instead of answering"),
    row("echo-off", "", "never echoes, whatever ATE says"),
    row("echo-half", "", "echoes only the first half of a line"),
    row("echo-garbled", "", "echoes wrong characters"),
    row("echo-backspaces", "", "echoes each character with a backspace and once more"),
    row("error", "[:WHICH]", "refuses with ERROR"),
    row("cme", ":CODE[:WHICH]", "refuses with +CME ERROR"),
    row("cms", ":CODE[:WHICH]", "refuses with +CMS ERROR"),
    row("unplug", "[:N]", "is unplugged when the command line number N comes (1)"),
    row(
        "unplug-in-line",
        "[:N]",
        "is unplugged in the middle of a line of the answer to the command line number N (1)",
    ),
    row("truncated", "[:WHICH]", "the final result code comes without its line end"),
    row("slow-reader", "[:N]", "reads N bytes in a second (960)"),
    row("wrong-imei", "", "has another IMEI after a reset"),
    row("duplicate-ok", "", "the final result code comes twice"),
    row("previous", "", "the lines of the answer before come again"),
    row("asleep", "[:D]", "loses the first byte that comes after a silence of the time D (5s)"),
];

impl Fault {
    /// Reads one fault: `split`, `late:3s:CSQ`, `cme:30:CGATT`.
    pub(super) fn parse(word: &str) -> Result<Fault, OptionError> {
        let mut parts = word.split(':');
        let name = parts.next().unwrap_or_default();
        let help = FAULTS.iter().find(|fault| fault.name == name).ok_or_else(|| unknown_fault(name))?;
        let mut arguments = Arguments { word, help, parts };
        let fault = match name {
            "split" => Fault::Split,
            "chunks" => Fault::Chunks,
            "join" => Fault::Join(arguments.time()?.unwrap_or(Duration::from_millis(100))),
            "urc" => Fault::Urc,
            "sneaky" => Fault::Sneaky,
            "flood" => Fault::Flood(arguments.number(1_000_000)?.unwrap_or(1_000)),
            "nul" => Fault::Nul,
            "garbage" => Fault::Garbage,
            "lf" => Fault::LineFeedOnly,
            "cr" => Fault::ReturnOnly,
            "late" => Fault::Late(arguments.needed_time()?, arguments.which()?),
            "lost" => Fault::Lost(arguments.which()?),
            "silence" => Fault::Silence(arguments.number(u32::MAX)?.unwrap_or(1)),
            "hang-at-prompt" => Fault::HangAtPrompt,
            "prompt" => Fault::Prompt(arguments.which()?),
            "echo-off" => Fault::EchoOff,
            "echo-half" => Fault::EchoHalf,
            "echo-garbled" => Fault::EchoGarbled,
            "echo-backspaces" => Fault::EchoBackspaces,
            "error" => Fault::Error(arguments.which()?),
            "cme" => Fault::Equipment(arguments.code()?, arguments.which()?),
            "cms" => Fault::Message(arguments.code()?, arguments.which()?),
            "unplug" => Fault::Unplug(arguments.number(u32::MAX)?.unwrap_or(1)),
            "unplug-in-line" => Fault::UnplugInLine(arguments.number(u32::MAX)?.unwrap_or(1)),
            "truncated" => Fault::Truncated(arguments.which()?),
            "slow-reader" => Fault::SlowReader(arguments.number(1_000_000)?.unwrap_or(960).max(1)),
            "wrong-imei" => Fault::WrongImei,
            "duplicate-ok" => Fault::DuplicateFinal,
            "previous" => Fault::Previous,
            "asleep" => Fault::Asleep(arguments.time()?.unwrap_or(Duration::from_secs(5))),
            _ => return Err(unknown_fault(name)),
        };
        match arguments.parts.next() {
            None => Ok(fault),
            Some(_) => Err(arguments.wrong()),
        }
    }
}

fn unknown_fault(name: &str) -> OptionError {
    let names = FAULTS.iter().map(|fault| fault.name);
    let help = match nearest(name, names.clone()) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("there are {}", names.collect::<Vec<_>>().join(", ")),
    };
    OptionError::new(format!("there is no fault `{name}`"), help)
}

/// What stands behind a fault's name.
struct Arguments<'a> {
    word: &'a str,
    help: &'static FaultHelp,
    parts: std::str::Split<'a, char>,
}

impl Arguments<'_> {
    fn wrong(&self) -> OptionError {
        OptionError::new(
            format!("the fault `{}` cannot be", self.word),
            format!("it is written `{}{}`: {}", self.help.name, self.help.arguments, self.help.meaning),
        )
    }

    fn time(&mut self) -> Result<Option<Duration>, OptionError> {
        match self.parts.next() {
            None => Ok(None),
            Some(text) => duration("time", text).map(Some).map_err(|_| self.wrong()),
        }
    }

    fn needed_time(&mut self) -> Result<Duration, OptionError> {
        self.time()?.ok_or_else(|| self.wrong())
    }

    fn number(&mut self, most: u32) -> Result<Option<u32>, OptionError> {
        match self.parts.next().map(str::parse) {
            None => Ok(None),
            Some(Ok(number)) if number <= most => Ok(Some(number)),
            Some(_) => Err(self.wrong()),
        }
    }

    fn code(&mut self) -> Result<u16, OptionError> {
        self.parts.next().and_then(|text| text.parse().ok()).ok_or_else(|| self.wrong())
    }

    fn which(&mut self) -> Result<Which, OptionError> {
        let Some(text) = self.parts.next() else { return Ok(Which::Every) };
        if let Ok(number) = text.parse() {
            return Ok(Which::Nth(number));
        }
        let name = text.trim_start_matches(|character: char| !character.is_ascii_alphanumeric());
        if name.is_empty() { Err(self.wrong()) } else { Ok(Which::Named(name.to_ascii_uppercase())) }
    }
}

impl Which {
    /// Whether it strikes the command line number `line`, whose text behind `AT` is `text`.
    pub(super) fn strikes(&self, line: u32, text: &str) -> bool {
        match self {
            Which::Every => true,
            Which::Nth(number) => *number == line,
            Which::Named(name) => text.split(';').any(|command| names(command, name)),
        }
    }
}

/// Whether `command` is the one that `name` means: `+CPIN?` for `CPIN` and for `CPIN?`, but not for `CPI`.
fn names(command: &str, name: &str) -> bool {
    let command = command.trim_start_matches(|character: char| !character.is_ascii_alphanumeric());
    match command.get(..name.len()) {
        Some(start) if start.eq_ignore_ascii_case(name) => {
            let is_word = |character: char| character.is_ascii_alphanumeric();
            !name.ends_with(is_word) || !command.get(name.len()..).is_some_and(|rest| rest.starts_with(is_word))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_words_mean() {
        assert_eq!(Fault::parse("split"), Ok(Fault::Split));
        assert_eq!(Fault::parse("error:CMGS"), Ok(Fault::Error(Which::Named("CMGS".into()))));
        assert_eq!(Fault::parse("error:+cmgs"), Ok(Fault::Error(Which::Named("CMGS".into()))));
        assert_eq!(Fault::parse("cme:30:2"), Ok(Fault::Equipment(30, Which::Nth(2))));
        assert_eq!(Fault::parse("late:3s"), Ok(Fault::Late(Duration::from_secs(3), Which::Every)));
        assert_eq!(Fault::parse("flood"), Ok(Fault::Flood(1_000)));
    }

    #[test]
    fn what_they_cannot_mean() {
        let message = |word: &str| Fault::parse(word).unwrap_err().to_string();
        assert_eq!(message("splt"), "there is no fault `splt`: did you mean `split`?");
        assert_eq!(
            message("late"),
            "the fault `late` cannot be: it is written `late:D[:WHICH]`: answers only after the time D"
        );
        assert!(message("split:3").starts_with("the fault `split:3` cannot be"));
        assert!(message("cme:x").starts_with("the fault `cme:x` cannot be"));
    }

    #[test]
    fn every_fault_of_the_table_is_known() {
        for fault in FAULTS {
            let example = fault.arguments.replace(['[', ']'], "").replace(":WHICH", ":CSQ");
            let example = example.replace(":D", ":1s").replace(":N", ":2").replace(":CODE", ":30");
            let word = format!("{}{example}", fault.name);
            assert!(Fault::parse(&word).is_ok(), "{word}");
        }
    }

    #[test]
    fn which_commands_are_struck() {
        let named = |name: &str| Which::Named(name.into());
        assert!(named("CPIN").strikes(1, "+CPIN?"));
        assert!(named("CPIN?").strikes(1, "+CPIN?"));
        assert!(!named("CPIN=").strikes(1, "+CPIN?"));
        assert!(!named("CPI").strikes(1, "+CPIN?"));
        assert!(named("CSQ").strikes(1, "+CMEE=2;+csq"));
        assert!(Which::Nth(2).strikes(2, ""));
    }
}
