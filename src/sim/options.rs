//! What can be said about a simulated modem in its address: `sim:bg96?pin=1234&register=5s&signal=17&fault=split`.

use std::fmt;
use std::time::Duration;

use super::{Lock, Options};
use crate::diagnostic::nearest;
use crate::notation;

/// A row of the tables that `hayes sim --help` prints, with what it sets.
pub(super) struct HelpRow<Set> {
    pub(super) name: &'static str,
    /// What stands behind the name.
    pub(super) arguments: &'static str,
    pub(super) meaning: &'static str,
    pub(super) set: Set,
}

type SetOption = fn(&mut Options, &OptionValue) -> Result<(), OptionError>;

const fn row(name: &'static str, arguments: &'static str, meaning: &'static str, set: SetOption) -> HelpRow<SetOption> {
    HelpRow { name, arguments, meaning, set }
}

/// All options, in the order of the help.
const OPTIONS: &[HelpRow<SetOption>] = &[
    row("pin", "DIGITS", "the SIM asks for this PIN: three attempts, then the PUK", |to, value| {
        value.digits(4, 8).map(|pin| to.pin = Some(pin))
    }),
    row("puk", "DIGITS", "the SIM's PUK, ten attempts (12345678)", |to, value| {
        value.digits(8, 8).map(|puk| to.puk = Some(puk))
    }),
    row(
        "sim",
        "ready|absent|busy:D|puk|foreign",
        "the SIM's state at power-up; busy: not ready for the time D; foreign: no Super SIM",
        |to, value| {
            (to.sim, to.sim_busy, to.foreign) = match value.text.split_once(':').unwrap_or((value.text, "")) {
                ("ready", "") => (Lock::Ready, None, false),
                ("absent", "") => (Lock::Absent, None, false),
                ("puk", "") => (Lock::Puk, None, false),
                ("foreign", "") => (Lock::Ready, None, true),
                ("busy", time) => (Lock::Ready, Some(OptionValue { key: "sim=busy", text: time }.time()?), false),
                _ => return Err(value.wrong("ready, absent, puk, foreign, or busy:5s")),
            };
            Ok(())
        },
    ),
    row(
        "fplmn",
        "full|CODE[,CODE]…",
        "networks that refused the SIM before, as it remembers; full: all in reach",
        |to, value| {
            let fits = |code: &&str| matches!(code.len(), 5 | 6) && code.bytes().all(|byte| byte.is_ascii_digit());
            let codes: Vec<&str> = value.text.split(',').map(str::trim).collect();
            if value.text != "full" && (codes.len() > 4 || !codes.iter().all(fits)) {
                return Err(value.wrong("full, or up to four networks: 23415,310410"));
            }
            to.refused_by = codes.into_iter().map(str::to_owned).collect();
            Ok(())
        },
    ),
    row("preset", "NAME[,NAME]…", "a state in which people find the model: nb-iot, no-roaming, …", |to, value| {
        to.presets.extend(value.text.split(',').map(|name| name.trim().to_owned()));
        Ok(())
    }),
    row("set", "SETTING:VALUE", "a setting at power-up: +QCFG/iotopmode:1; may be repeated", |to, value| {
        let (name, text) =
            value.text.split_once(':').ok_or_else(|| value.wrong("a setting and its value: +CPSMS:1"))?;
        OptionValue { key: "set", text }.printable()?;
        to.set.push((name.to_owned(), text.to_owned()));
        Ok(())
    }),
    row(
        "register",
        "D|never|denied|sms-only",
        "how long it searches for a network; finds none; is refused; is let in for messages alone",
        |to, value| {
            (to.register, to.never_found, to.denied) = match value.text {
                "never" => (None, true, false),
                "denied" => (None, false, true),
                "sms-only" => {
                    // Registered for SMS only, roaming (27.007 §7.2)
                    to.stat = Some(7);
                    (None, false, false)
                }
                text => match parse_duration(text) {
                    Some(time) => (Some(time), false, false),
                    None => return Err(value.wrong("a time such as 5s, or never, denied or sms-only")),
                },
            };
            Ok(())
        },
    ),
    row("stat", "0..11", "the registration status it ends at: 1 home, 5 roaming, 3 denied, …", |to, value| {
        value.number("a number from 0 to 11", |stat| *stat <= 11).map(|stat| to.stat = Some(stat))
    }),
    row("roaming", "yes|no", "the same: 5 or 1", |to, value| value.yes().map(|yes| to.roaming = Some(yes))),
    row("signal", "0..31|99", "the signal that AT+CSQ shows; 99: none, and no network", |to, value| {
        value.signal().map(|signal| to.signal = Some(signal))
    }),
    row("csq", "0..31|99", "what AT+CSQ shows instead: 99 where AT+CESQ alone knows it", |to, value| {
        value.signal().map(|signal| to.csq = Some(signal))
    }),
    row("operator", "NAME[/CODE]", "the operator it registers with", |to, value| {
        value.line().map(|operator| to.operator = Some(operator))
    }),
    row("imei", "DIGITS", "its IMEI (from the seed)", |to, value| {
        value.digits(14, 16).map(|imei| to.imei = Some(imei))
    }),
    row("iccid", "DIGITS", "the SIM's ICCID (from the seed)", |to, value| {
        value.digits(18, 20).map(|iccid| to.iccid = Some(iccid))
    }),
    row("imsi", "DIGITS", "the SIM's IMSI (from the seed)", |to, value| {
        value.digits(6, 15).map(|imsi| to.imsi = Some(imsi))
    }),
    row("imsi-switch", "D", "after the time D the SIM changes its IMSI, as a Super SIM does", |to, value| {
        value.time().map(|time| to.imsi_switch = Some(time))
    }),
    row("firmware", "TEXT", "the revision that AT+CGMR shows", |to, value| {
        value.line().map(|firmware| to.firmware = Some(firmware))
    }),
    row("apn", "NAME", "the APN of the first context at power-up", |to, value| {
        value.line().map(|apn| to.apn = Some(apn))
    }),
    row("echo", "on|off", "echo at power-up", |to, value| value.yes().map(|yes| to.echo = Some(yes))),
    row("cfun", "0|1|4", "what AT+CFUN is at power-up: 0 and 4 are off the air", |to, value| {
        let known = |function: &u32| matches!(function, 0 | 1 | 4);
        value.number("0 (off), 1 (on) or 4 (flight mode)", known).map(|function| to.cfun = Some(function))
    }),
    row("scan", "D", "how long AT+COPS=? takes", |to, value| value.time().map(|time| to.scan = Some(time))),
    row("delay", "D", "how long it thinks before each answer (0)", |to, value| {
        value.time().map(|time| to.delay = Some(time))
    }),
    row("boot", "D", "starts switched off: boots for the time D, deaf until then", |to, value| {
        value.time().map(|time| to.boot = Some(time))
    }),
    row("usb", "on|off", "its device goes away while it boots, as on USB (off)", |to, value| {
        value.yes().map(|yes| to.usb = yes)
    }),
    row("hangup", "D", "the network ends a connection when it has stood for the time D", |to, value| {
        value.time().map(|time| to.hangup = Some(time))
    }),
    row("sms", "TEXT", "an unread message from 000, where received ones lie; may be repeated", |to, value| {
        if value.text.chars().count() > 160 {
            return Err(OptionError::new("the text of `sms` is too long", "at most 160 characters"));
        }
        if to.messages.len() >= 20 {
            return Err(OptionError::new("too many messages", "`sms` at most 20 times"));
        }
        to.messages.push(value.text.to_owned());
        Ok(())
    }),
    row("incoming", "D", "the messages arrive instead, one by one, each after the time D", |to, value| {
        value.time().map(|time| to.incoming = Some(time))
    }),
    row("seed", "N", "the dice: identity, how the signal wanders, where faults strike", |to, value| {
        value.number("a whole number", |_| true).map(|seed| to.seed = seed)
    }),
    row("fault", "FAULT[,FAULT]…", "misbehaves; see the table of faults; may be given again", |to, value| {
        to.add_faults(value.text)
    }),
];

/// The table of options: a name, what stands behind its `=`, what it means.
pub fn option_help() -> impl Iterator<Item = [&'static str; 3]> {
    OPTIONS.iter().map(|row| [row.name, row.arguments, row.meaning])
}

/// An option or a model that cannot be had: what is wrong, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionError {
    /// One sentence without a final full stop.
    pub message: String,
    pub help: String,
}

impl OptionError {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> OptionError {
        OptionError { message: message.into(), help: help.into() }
    }

    /// A name that is none of a table's.
    pub(super) fn unknown(what: &str, name: &str, known: impl Iterator<Item = &'static str> + Clone) -> OptionError {
        let help = match nearest(&name.to_lowercase(), known.clone()) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
        };
        OptionError::new(format!("{what} `{name}`"), help)
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message, self.help)
    }
}

impl std::error::Error for OptionError {}

impl Options {
    /// Reads what stands behind the `?` of `sim:MODEL?…`. `%20` and the like stand for the bytes they name.
    pub fn parse(query: &str) -> Result<Options, OptionError> {
        let mut options = Options::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                OptionError::new(format!("the option `{pair}` has no value"), format!("write `{pair}=…`"))
            })?;
            options.set(&percent_decoded(key)?, &percent_decoded(value)?)?;
        }
        Ok(options)
    }

    /// Sets one option, as [`Options::parse`] does for each.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), OptionError> {
        let unknown =
            || OptionError::unknown("the simulated modem has no option", key, OPTIONS.iter().map(|row| row.name));
        let row = OPTIONS.iter().find(|row| row.name == key).ok_or_else(unknown)?;
        (row.set)(self, &OptionValue { key, text: value })
    }

    /// Adds faults as the `fault` option and `hayes sim --fault` name them: `split,error:CMGS`.
    pub fn add_faults(&mut self, list: &str) -> Result<(), OptionError> {
        let mut words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.try_for_each(|word| self.faults.add(word))
    }
}

fn percent_decoded(text: &str) -> Result<String, OptionError> {
    let problem = || OptionError::new(format!("`{text}` is not well escaped"), "a percent sign is written %25");
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).ok_or_else(problem)?;
        bytes.push(u8::from_str_radix(hex, 16).map_err(|_| problem())?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| problem())
}

/// What stands behind an option's `=`.
struct OptionValue<'a> {
    key: &'a str,
    text: &'a str,
}

impl OptionValue<'_> {
    fn wrong(&self, help: impl Into<String>) -> OptionError {
        OptionError::new(format!("`{}={}` cannot be", self.key, self.text), help)
    }

    /// A text that an answer may hold: nothing in it can end a line or a quoted string.
    fn line(&self) -> Result<String, OptionError> {
        if self.text.len() > 100 || self.text.chars().any(|character| character.is_control() || character == '"') {
            return Err(self.wrong("at most 100 characters, no quotes, no control characters"));
        }
        Ok(self.text.to_owned())
    }

    /// No control characters: nothing in it can end a line.
    fn printable(&self) -> Result<(), OptionError> {
        let fits = self.text.len() <= 100 && !self.text.chars().any(char::is_control);
        if fits { Ok(()) } else { Err(self.wrong("at most 100 characters, no control characters")) }
    }

    fn digits(&self, least: usize, most: usize) -> Result<String, OptionError> {
        if (least..=most).contains(&self.text.len()) && self.text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(self.text.to_owned());
        }
        let count = if least == most { least.to_string() } else { format!("{least} to {most}") };
        Err(self.wrong(format!("{count} digits")))
    }

    fn number<N: std::str::FromStr>(&self, help: &str, fits: impl Fn(&N) -> bool) -> Result<N, OptionError> {
        self.text.parse().ok().filter(fits).ok_or_else(|| self.wrong(help))
    }

    fn signal(&self) -> Result<u8, OptionError> {
        self.number("0 to 31 as AT+CSQ shows it, or 99 for none", |signal| matches!(signal, 0..=31 | 99))
    }

    fn yes(&self) -> Result<bool, OptionError> {
        match self.text.to_ascii_lowercase().as_str() {
            "on" | "yes" | "true" | "1" => Ok(true),
            "off" | "no" | "false" | "0" => Ok(false),
            _ => Err(self.wrong("`on` or `off`")),
        }
    }

    fn time(&self) -> Result<Duration, OptionError> {
        let help = "a time with its unit: 500ms, 5s, 2min (up to a day)";
        parse_duration(self.text).ok_or_else(|| self.wrong(help))
    }
}

/// A time as scripts write it; 0 needs no unit. At most a day.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let time = if text == "0" { Duration::ZERO } else { notation::duration(text).ok()? };
    (time <= Duration::from_secs(86_400)).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_query_says() {
        let options = Options::parse(
            "pin=1234&register=5s&signal=17&operator=vodafone%20UK&sim=busy:2s&fault=split,error:CMGS&seed=7&sms=hi%21",
        )
        .unwrap();
        assert_eq!(options.pin.as_deref(), Some("1234"));
        assert_eq!(options.register, Some(Duration::from_secs(5)));
        assert_eq!(options.signal, Some(17));
        assert_eq!(options.operator.as_deref(), Some("vodafone UK"));
        assert_eq!(options.sim_busy, Some(Duration::from_secs(2)));
        assert_eq!((options.faults.any, options.faults.refusals.len()), (true, 1));
        assert_eq!(options.seed, 7);
        assert_eq!(options.messages, ["hi!"]);
        assert_eq!(Options::parse("").unwrap(), Options::default());
    }

    #[test]
    fn what_cannot_be_is_named() {
        for (query, message) in [
            ("sginal=3", "the simulated modem has no option `sginal`: did you mean `signal`?"),
            ("signal=40", "`signal=40` cannot be: 0 to 31 as AT+CSQ shows it, or 99 for none"),
            ("csq=100", "`csq=100` cannot be: 0 to 31 as AT+CSQ shows it, or 99 for none"),
            ("cfun=5", "`cfun=5` cannot be: 0 (off), 1 (on) or 4 (flight mode)"),
            ("pin", "the option `pin` has no value: write `pin=…`"),
            ("pin=12", "`pin=12` cannot be: 4 to 8 digits"),
            ("register=soon", "`register=soon` cannot be: a time such as 5s, or never, denied or sms-only"),
            ("scan=5", "`scan=5` cannot be: a time with its unit: 500ms, 5s, 2min (up to a day)"),
            ("operator=a%0Db", "`operator=a\rb` cannot be: at most 100 characters, no quotes, no control characters"),
            ("zzz=1", "the simulated modem has no option `zzz`: there are pin, puk, sim"),
            ("apn=%4", "`%4` is not well escaped"),
        ] {
            let error = Options::parse(query).unwrap_err().to_string();
            assert!(error.starts_with(message), "{query}: {error}");
        }
    }
}
