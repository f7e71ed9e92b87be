//! The ways in which a simulated modem can misbehave. Each is decided by the seed, so that a failure can be played again.

use std::time::Duration;

use super::options::{HelpRow, OptionError, parse_duration};
use super::{CommandError, EchoFault, Faults, Pace, Which};

/// `None`: what stands behind the name cannot be.
type SetFault = fn(&mut Faults, &mut FaultArguments) -> Option<()>;

const fn row(name: &'static str, arguments: &'static str, meaning: &'static str, set: SetFault) -> HelpRow<SetFault> {
    HelpRow { name, arguments, meaning, set }
}

/// A fault that has nothing behind its name.
macro_rules! plain {
    ($field:ident = $value:expr) => {
        |to, _| {
            to.$field = $value;
            Some(())
        }
    };
}

/// All faults, in the order of the help. WHICH is a number (that command line, the first is 1) or a command's name
/// (`CMGS`, `CPIN?`, `AT+CPIN?`); without it every command is struck.
const FAULTS: &[HelpRow<SetFault>] = &[
    row("split", "", "sends one byte at a time", plain!(pace = Pace::Bytes)),
    row("chunks", "", "sends pieces of random length", plain!(pace = Pace::Chunks)),
    row("join", "[:D]", "holds back what it sends for the time D (100ms)", |to, it| {
        it.time().map(|time| to.pace = Pace::Held(time.unwrap_or(Duration::from_millis(100))))
    }),
    row("urc", "", "a URC at every place between two lines of an answer", plain!(urc = true)),
    row("sneaky", "", "the URC +CREG right before the answer to AT+CREG?", plain!(sneaky = true)),
    row("flood", "[:N]", "N URC lines (1000) within each answer", |to, it| {
        it.number(1_000_000, 1_000).map(|lines| to.flood = lines)
    }),
    row("nul", "", "NULs before each line", plain!(nul = true)),
    row("garbage", "", "lines of bytes that are no text, between the lines of an answer", plain!(garbage = true)),
    row("lf", "", "lines end in LF alone", plain!(left_out = Some(b'\r'))),
    row("cr", "", "lines end in CR alone", plain!(left_out = Some(b'\n'))),
    row("late", ":D[:WHICH]", "answers only after the time D", |to, it| {
        it.time().flatten().zip(it.which()).map(|late| to.late.push(late))
    }),
    row("lost", "[:WHICH]", "does not answer", |to, it| it.which().map(|which| to.lost.push(which))),
    row("silence", "[:N]", "says nothing more from the command line number N on (1)", |to, it| {
        it.line().map(|line| to.silence = Some(line))
    }),
    row("hang-at-prompt", "", "asks for data, takes it, and never answers", plain!(hangs_at_prompt = true)),
    row("prompt", "[:WHICH]", "asks for data that nobody offered, instead of answering", |to, it| {
        it.which().map(|which| to.prompts.push(which))
    }),
    row("echo-off", "", "never echoes, whatever ATE says", plain!(echo = EchoFault::Off)),
    row("echo-half", "", "echoes only the first half of a line", plain!(echo = EchoFault::Half)),
    row("echo-garbled", "", "echoes wrong characters", plain!(echo = EchoFault::Garbled)),
    row(
        "echo-backspaces",
        "",
        "echoes each character with a backspace and once more",
        plain!(echo = EchoFault::Backspaces),
    ),
    row("error", "[:WHICH]", "refuses with ERROR; WHICH is a line's number or a command's name", |to, it| {
        it.which().map(|which| to.refusals.push((CommandError::Error, which)))
    }),
    row("cme", ":CODE[:WHICH]", "refuses with +CME ERROR", |to, it| {
        it.code().map(CommandError::Equipment).zip(it.which()).map(|refusal| to.refusals.push(refusal))
    }),
    row("cms", ":CODE[:WHICH]", "refuses with +CMS ERROR", |to, it| {
        it.code().map(CommandError::Message).zip(it.which()).map(|refusal| to.refusals.push(refusal))
    }),
    row("unplug", "[:N]", "is unplugged when the command line number N comes (1)", |to, it| {
        it.line().map(|line| to.unplug = Some(line))
    }),
    row("unplug-in-line", "[:N]", "is unplugged in the middle of the answer to line number N (1)", |to, it| {
        it.line().map(|line| to.unplug_in_line = Some(line))
    }),
    row("truncated", "[:WHICH]", "the final result code comes without its line end", |to, it| {
        it.which().map(|which| to.truncated.push(which))
    }),
    row("slow-reader", "[:N]", "reads N bytes in a second (960)", |to, it| {
        it.number(1_000_000, 960).map(|rate| to.reading_rate = Some(rate.max(1)))
    }),
    row("wrong-imei", "", "has another IMEI after a reset", plain!(wrong_imei = true)),
    row("duplicate-ok", "", "the final result code comes twice", plain!(duplicate_final = true)),
    row("previous", "", "the lines of the answer before come again", plain!(previous = true)),
    row("asleep", "[:D]", "loses the first byte that comes after a silence of the time D (5s)", |to, it| {
        it.time().map(|time| to.asleep = Some(time.unwrap_or(Duration::from_secs(5))))
    }),
    row(
        "psm",
        "[:D]",
        "while AT+CPSMS is 1: deaf after its active time, or D, until its next update or DTR",
        |to, it| it.time().map(|time| to.power_saving = Some(time)),
    ),
    row("storm", "[:D]", "a URC each time D has passed (100ms)", |to, it| {
        let time = it.time()?.unwrap_or(Duration::from_millis(100));
        (!time.is_zero()).then(|| to.storm = Some(time))
    }),
    row("forgets", "", "a reset brings all settings back to the maker's values", plain!(forgetful = true)),
    row("brownout", "", "restarts whenever it attaches to the network, as on a weak supply", plain!(brownout = true)),
];

/// The table of faults: a name, what may stand behind it, what it means.
pub fn fault_help() -> impl Iterator<Item = [&'static str; 3]> {
    FAULTS.iter().map(|row| [row.name, row.arguments, row.meaning])
}

impl Faults {
    /// Adds one fault: `split`, `late:3s:CSQ`, `cme:30:CGATT`.
    pub(super) fn add(&mut self, word: &str) -> Result<(), OptionError> {
        let mut parts = word.split(':');
        let name = parts.next().unwrap_or_default();
        let unknown = || OptionError::unknown("there is no fault", name, FAULTS.iter().map(|row| row.name));
        let row = FAULTS.iter().find(|row| row.name == name).ok_or_else(unknown)?;
        let mut arguments = FaultArguments(parts);
        let set = (row.set)(self, &mut arguments).filter(|()| arguments.0.next().is_none());
        self.any = true;
        set.ok_or_else(|| {
            let help = format!("it is written `{}{}`: {}", row.name, row.arguments, row.meaning);
            OptionError::new(format!("the fault `{word}` cannot be"), help)
        })
    }
}

/// What stands behind a fault's name. Outer `None`: it cannot be.
struct FaultArguments<'a>(std::str::Split<'a, char>);

impl FaultArguments<'_> {
    fn time(&mut self) -> Option<Option<Duration>> {
        match self.0.next() {
            None => Some(None),
            Some(text) => parse_duration(text).map(Some),
        }
    }

    fn number(&mut self, most: u32, default: u32) -> Option<u32> {
        match self.0.next() {
            None => Some(default),
            Some(text) => text.parse().ok().filter(|number| *number <= most),
        }
    }

    /// The number of a command line.
    fn line(&mut self) -> Option<u32> {
        self.number(u32::MAX, 1)
    }

    fn code(&mut self) -> Option<u16> {
        self.0.next()?.parse().ok()
    }

    fn which(&mut self) -> Option<Which> {
        let Some(text) = self.0.next() else { return Some(Which::Every) };
        if let Ok(number) = text.parse() {
            return Some(Which::Nth(number));
        }
        let text = text.to_ascii_uppercase();
        let name = without_sign(text.strip_prefix("AT").unwrap_or(&text));
        // Commands are compared one by one, as they stand between two `;`.
        (!name.is_empty() && !name.contains(';')).then(|| Which::Named(name.to_owned()))
    }
}

/// `CREG` of `+CREG`.
fn without_sign(command: &str) -> &str {
    command.trim_start_matches(|character: char| !character.is_ascii_alphanumeric())
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
            Which::Named(name) => text.split(';').any(|command| names(without_sign(command), name)),
        }
    }
}

/// Whether `command` is the one that `name` means: `CPIN?` for `CPIN` and for `CPIN?`, but not for `CPI`.
fn names(command: &str, name: &str) -> bool {
    let is_word = |character: char| character.is_ascii_alphanumeric();
    command.split_at_checked(name.len()).is_some_and(|(start, rest)| {
        start.eq_ignore_ascii_case(name) && !(name.ends_with(is_word) && rest.starts_with(is_word))
    })
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
        assert_eq!(parsed("error:CMGS"), Ok(Faults { refusals: vec![(CommandError::Error, cmgs())], ..any.clone() }));
        for spelled in ["error:+cmgs", "error:AT+CMGS", "error:at+cmgs"] {
            assert_eq!(parsed(spelled), parsed("error:CMGS"), "{spelled}");
        }
        let refused = vec![(CommandError::Equipment(30), Which::Nth(2))];
        assert_eq!(parsed("cme:30:2"), Ok(Faults { refusals: refused, ..any.clone() }));
        assert_eq!(parsed("late:3s"), Ok(Faults { late: vec![(Duration::from_secs(3), Which::Every)], ..any.clone() }));
        assert_eq!(parsed("flood"), Ok(Faults { flood: 1_000, ..any }));
    }

    #[test]
    fn what_they_cannot_mean() {
        for (word, message) in [
            ("splt", "there is no fault `splt`: did you mean `split`?"),
            ("late", "the fault `late` cannot be: it is written `late:D[:WHICH]`: answers only after the time D"),
            ("split:3", "the fault `split:3` cannot be"),
            ("cme:x", "the fault `cme:x` cannot be"),
            ("lost:AT", "the fault `lost:AT` cannot be"),
            ("lost:+CSQ;+CREG?", "the fault `lost:+CSQ;+CREG?` cannot be"),
        ] {
            let error = parsed(word).unwrap_err().to_string();
            assert!(error.starts_with(message), "{word}: {error}");
        }
    }

    #[test]
    fn what_may_stand_behind_a_name_is_understood() {
        for [name, arguments, _] in fault_help() {
            let example = arguments.replace(['[', ']'], "").replace(":WHICH", ":CSQ");
            let example = example.replace(":D", ":1s").replace(":N", ":2").replace(":CODE", ":30");
            let word = format!("{name}{example}");
            assert!(parsed(&word).is_ok_and(|faults| faults.any), "{word}");
        }
    }

    #[test]
    fn which_commands_are_struck() {
        for (which, line, strikes) in [
            (Which::Named("CPIN".into()), "+CPIN?", true),
            (Which::Named("CPIN?".into()), "+CPIN?", true),
            (Which::Named("CPIN=".into()), "+CPIN?", false),
            (Which::Named("CPI".into()), "+CPIN?", false),
            (Which::Named("CSQ".into()), "+CMEE=2;+csq", true),
            (Which::Nth(1), "", true),
            (Which::Nth(2), "", false),
        ] {
            assert_eq!(which.strikes(1, line), strikes, "{which:?} {line}");
        }
    }
}
