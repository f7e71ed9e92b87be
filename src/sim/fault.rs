//! The ways in which a simulated modem can misbehave. Each is decided by the seed, so that a failure can be played again.

use std::time::Duration;

use super::line::Refusal;
use super::options::{OptionError, duration, nearest};
use super::wire::Pace;

/// How a modem misbehaves; as it is by default it does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Faults {
    /// Whether there is any: without one an answer costs nothing more.
    pub(super) any: bool,
    pub(super) pace: Pace,
    /// A URC at every place between two lines of an answer
    pub(super) urc: bool,
    /// The registration URC, right before the answer to a registration question
    pub(super) sneaky: bool,
    /// So many URC lines within each answer
    pub(super) flood: u32,
    /// NULs before each line
    pub(super) nul: bool,
    /// Lines of bytes that are no text
    pub(super) garbage: bool,
    pub(super) line_end: LineEnd,
    /// The answer takes so long.
    pub(super) late: Vec<(Duration, Which)>,
    /// No answer
    pub(super) lost: Vec<Which>,
    /// Says nothing more from this command line on
    pub(super) silence: Option<u32>,
    /// Asks for data, takes it, and never answers
    pub(super) hangs_at_prompt: bool,
    /// Asks for data instead of answering, unasked
    pub(super) prompts: Vec<Which>,
    pub(super) echo: EchoFault,
    pub(super) refusals: Vec<(Refusal, Which)>,
    /// Is unplugged when this command line comes
    pub(super) unplug: Option<u32>,
    /// Is unplugged in the middle of a line of the answer to this command line
    pub(super) unplug_in_line: Option<u32>,
    /// The final result code without its line end
    pub(super) truncated: Vec<Which>,
    /// Reads so many bytes in a second
    pub(super) reading_rate: Option<u32>,
    /// Another IMEI after a reset
    pub(super) wrong_imei: bool,
    /// The final result code twice
    pub(super) duplicate_final: bool,
    /// The lines of the answer before come again
    pub(super) previous: bool,
    /// Loses the first byte that comes after so long a silence
    pub(super) asleep: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum LineEnd {
    #[default]
    Both,
    LineFeed,
    Return,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum EchoFault {
    #[default]
    None,
    /// Never echoes
    Off,
    /// Only the first half of a line
    Half,
    /// Wrong characters
    Garbled,
    /// Each character, a backspace, and the character
    Backspaces,
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
/// (`CMGS`, `CPIN?`, `AT+CPIN?`); without it every command is struck.
pub const FAULTS: &[FaultHelp] = &[
    row("split", "", "sends one byte at a time"),
    row("chunks", "", "sends pieces of random length"),
    row("join", "[:D]", "holds back what it sends for the time D (100ms)"),
    row("urc", "", "a URC at every place between two lines of an answer"),
    row("sneaky", "", "the URC +CREG right before the answer to AT+CREG?"),
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
    row("error", "[:WHICH]", "refuses with ERROR; WHICH is a line's number or a command's name"),
    row("cme", ":CODE[:WHICH]", "refuses with +CME ERROR"),
    row("cms", ":CODE[:WHICH]", "refuses with +CMS ERROR"),
    row("unplug", "[:N]", "is unplugged when the command line number N comes (1)"),
    row("unplug-in-line", "[:N]", "is unplugged in the middle of the answer to line number N (1)"),
    row("truncated", "[:WHICH]", "the final result code comes without its line end"),
    row("slow-reader", "[:N]", "reads N bytes in a second (960)"),
    row("wrong-imei", "", "has another IMEI after a reset"),
    row("duplicate-ok", "", "the final result code comes twice"),
    row("previous", "", "the lines of the answer before come again"),
    row("asleep", "[:D]", "loses the first byte that comes after a silence of the time D (5s)"),
];

impl Faults {
    /// Adds one fault: `split`, `late:3s:CSQ`, `cme:30:CGATT`.
    pub(super) fn add(&mut self, word: &str) -> Result<(), OptionError> {
        let mut parts = word.split(':');
        let name = parts.next().unwrap_or_default();
        let help = FAULTS.iter().find(|fault| fault.name == name).ok_or_else(|| unknown_fault(name))?;
        let mut arguments = Arguments { word, help, parts };
        match name {
            "split" => self.pace = Pace::Bytes,
            "chunks" => self.pace = Pace::Chunks,
            "join" => self.pace = Pace::Held(arguments.time()?.unwrap_or(Duration::from_millis(100))),
            "urc" => self.urc = true,
            "sneaky" => self.sneaky = true,
            "flood" => self.flood = arguments.number(1_000_000)?.unwrap_or(1_000),
            "nul" => self.nul = true,
            "garbage" => self.garbage = true,
            "lf" => self.line_end = LineEnd::LineFeed,
            "cr" => self.line_end = LineEnd::Return,
            "late" => self.late.push((arguments.needed_time()?, arguments.which()?)),
            "lost" => self.lost.push(arguments.which()?),
            "silence" => self.silence = Some(arguments.line()?),
            "hang-at-prompt" => self.hangs_at_prompt = true,
            "prompt" => self.prompts.push(arguments.which()?),
            "echo-off" => self.echo = EchoFault::Off,
            "echo-half" => self.echo = EchoFault::Half,
            "echo-garbled" => self.echo = EchoFault::Garbled,
            "echo-backspaces" => self.echo = EchoFault::Backspaces,
            "error" => self.refusals.push((Refusal::Error, arguments.which()?)),
            "cme" => self.refusals.push((Refusal::Equipment(arguments.code()?), arguments.which()?)),
            "cms" => self.refusals.push((Refusal::Message(arguments.code()?), arguments.which()?)),
            "unplug" => self.unplug = Some(arguments.line()?),
            "unplug-in-line" => self.unplug_in_line = Some(arguments.line()?),
            "truncated" => self.truncated.push(arguments.which()?),
            "slow-reader" => self.reading_rate = Some(arguments.number(1_000_000)?.unwrap_or(960).max(1)),
            "wrong-imei" => self.wrong_imei = true,
            "duplicate-ok" => self.duplicate_final = true,
            "previous" => self.previous = true,
            "asleep" => self.asleep = Some(arguments.time()?.unwrap_or(Duration::from_secs(5))),
            _ => return Err(unknown_fault(name)),
        }
        self.any = true;
        match arguments.parts.next() {
            None => Ok(()),
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

    /// The number of a command line.
    fn line(&mut self) -> Result<u32, OptionError> {
        Ok(self.number(u32::MAX)?.unwrap_or(1))
    }

    fn code(&mut self) -> Result<u16, OptionError> {
        self.parts.next().and_then(|text| text.parse().ok()).ok_or_else(|| self.wrong())
    }

    fn which(&mut self) -> Result<Which, OptionError> {
        let Some(text) = self.parts.next() else { return Ok(Which::Every) };
        if let Ok(number) = text.parse() {
            return Ok(Which::Nth(number));
        }
        let text = text.to_ascii_uppercase();
        let name = text.strip_prefix("AT").unwrap_or(&text);
        let name = name.trim_start_matches(|character: char| !character.is_ascii_alphanumeric());
        // Commands are compared one by one, as they stand between two `;`.
        if name.is_empty() || name.contains(';') { Err(self.wrong()) } else { Ok(Which::Named(name.to_owned())) }
    }
}

impl Which {
    /// Whether any of them strikes it.
    pub(super) fn any_strikes(all: &[Which], line: u32, text: &str) -> bool {
        all.iter().any(|which| which.strikes(line, text))
    }

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

    fn parsed(word: &str) -> Result<Faults, OptionError> {
        let mut faults = Faults::default();
        faults.add(word).map(|()| faults)
    }

    #[test]
    fn what_the_words_mean() {
        let any = Faults { any: true, ..Faults::default() };
        let cmgs = || Which::Named("CMGS".into());
        assert_eq!(parsed("split"), Ok(Faults { pace: Pace::Bytes, ..any.clone() }));
        assert_eq!(parsed("error:CMGS"), Ok(Faults { refusals: vec![(Refusal::Error, cmgs())], ..any.clone() }));
        for spelled in ["error:+cmgs", "error:AT+CMGS", "error:at+cmgs"] {
            assert_eq!(parsed(spelled), parsed("error:CMGS"), "{spelled}");
        }
        let refused = vec![(Refusal::Equipment(30), Which::Nth(2))];
        assert_eq!(parsed("cme:30:2"), Ok(Faults { refusals: refused, ..any.clone() }));
        assert_eq!(parsed("late:3s"), Ok(Faults { late: vec![(Duration::from_secs(3), Which::Every)], ..any.clone() }));
        assert_eq!(parsed("flood"), Ok(Faults { flood: 1_000, ..any }));
    }

    #[test]
    fn what_they_cannot_mean() {
        let message = |word: &str| parsed(word).unwrap_err().to_string();
        assert_eq!(message("splt"), "there is no fault `splt`: did you mean `split`?");
        assert_eq!(
            message("late"),
            "the fault `late` cannot be: it is written `late:D[:WHICH]`: answers only after the time D"
        );
        assert!(message("split:3").starts_with("the fault `split:3` cannot be"));
        assert!(message("cme:x").starts_with("the fault `cme:x` cannot be"));
        assert!(message("lost:AT").starts_with("the fault `lost:AT` cannot be"));
        assert!(message("lost:+CSQ;+CREG?").starts_with("the fault `lost:+CSQ;+CREG?` cannot be"));
    }

    #[test]
    fn every_fault_of_the_table_is_known() {
        for fault in FAULTS {
            let example = fault.arguments.replace(['[', ']'], "").replace(":WHICH", ":CSQ");
            let example = example.replace(":D", ":1s").replace(":N", ":2").replace(":CODE", ":30");
            let word = format!("{}{example}", fault.name);
            assert!(parsed(&word).is_ok_and(|faults| faults.any), "{word}");
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
