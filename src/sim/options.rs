//! What can be said about a simulated modem in its address (`sim:bg96?pin=1234&register=5s&signal=17&fault=split`), and the
//! ways in which it can misbehave, each decided by the seed, so that a failure can be played again.

use std::str::Split;
use std::time::Duration;

use super::{CommandError, EchoFault, Faults, Lock, Options, Pace, Which};
use crate::diagnostic::{Complaint, nearest};
use crate::notation;

/// `None`: what stands behind the `=` cannot be.
type SetOption = fn(&mut Options, &str) -> Option<()>;

const TIME: &str = "a time with its unit: 500ms, 5s, 2min (up to a day)";
const SIGNAL: &str = "0 to 31 as AT+CSQ shows it, or 99 for none";
const SWITCH: &str = "`on` or `off`";
const LINE: &str = "at most 100 characters, no quotes, no control characters";

/// All options, in the order of the help: a name, what stands behind its `=`, what it means, what it may be.
const OPTIONS: &[(&str, &str, &str, &str, SetOption)] = &[
    ("pin", "DIGITS", "the SIM asks for this PIN: three attempts, then the PUK", "4 to 8 digits", |to, text| {
        digits(text, 4, 8).map(|pin| to.pin = Some(pin))
    }),
    ("puk", "DIGITS", "the SIM's PUK, ten attempts (12345678)", "8 digits", |to, text| {
        digits(text, 8, 8).map(|puk| to.puk = Some(puk))
    }),
    (
        "sim",
        "ready|absent|busy:D|puk|foreign",
        "the SIM's state at power-up; busy: not ready for the time D; foreign: no Super SIM",
        "ready, absent, puk, foreign, or busy:5s",
        |to, text| {
            let (lock, busy, foreign) = match text.split_once(':').unwrap_or((text, "")) {
                ("ready", "") => (Lock::Ready, None, false),
                ("absent", "") => (Lock::Absent, None, false),
                ("puk", "") => (Lock::Puk, None, false),
                ("foreign", "") => (Lock::Ready, None, true),
                ("busy", time) => (Lock::Ready, Some(parse_duration(time)?), false),
                _ => return None,
            };
            (to.sim, to.sim_busy, to.foreign) = (lock, busy, foreign);
            Some(())
        },
    ),
    (
        "fplmn",
        "full|CODE[,CODE]…",
        "networks that refused the SIM before, as it remembers; full: all in reach",
        "full, or up to four networks: 23415,310410",
        |to, text| {
            let codes: Vec<&str> = text.split(',').map(str::trim).collect();
            let fits = codes.len() <= 4 && codes.iter().all(|code| digits(code, 5, 6).is_some());
            (fits || text == "full").then(|| to.refused_by = codes.into_iter().map(str::to_owned).collect())
        },
    ),
    ("preset", "NAME[,NAME]…", "a state in which people find the model: nb-iot, no-roaming, …", "", |to, text| {
        to.presets.extend(text.split(',').map(|name| name.trim().to_owned()));
        Some(())
    }),
    (
        "set",
        "SETTING:VALUE",
        "a setting at power-up: +QCFG/iotopmode:1; may be repeated",
        "a setting and its value, +CPSMS:1, of at most 100 characters, no control characters",
        |to, text| {
            let (name, value) = text.split_once(':')?;
            let fits = value.len() <= 100 && !value.chars().any(char::is_control);
            fits.then(|| to.set.push((name.to_owned(), value.to_owned())))
        },
    ),
    (
        "register",
        "D|never|denied|sms-only",
        "how long it searches for a network; finds none; is refused; is let in for messages alone",
        "a time such as 5s, or never, denied or sms-only",
        |to, text| {
            (to.register, to.never_found, to.denied) = match text {
                "never" => (None, true, false),
                "denied" => (None, false, true),
                "sms-only" => {
                    // Registered for SMS only, roaming (27.007 §7.2)
                    to.stat = Some(7);
                    (None, false, false)
                }
                text => (Some(parse_duration(text)?), false, false),
            };
            Some(())
        },
    ),
    (
        "stat",
        "0..11",
        "the registration status it ends at: 1 home, 5 roaming, 3 denied, …",
        "a number from 0 to 11",
        |to, text| text.parse().ok().filter(|stat| *stat <= 11).map(|stat| to.stat = Some(stat)),
    ),
    ("roaming", "yes|no", "the same: 5 or 1", SWITCH, |to, text| switch(text).map(|yes| to.roaming = Some(yes))),
    ("signal", "0..31|99", "the signal that AT+CSQ shows; 99: none, and no network", SIGNAL, |to, text| {
        signal(text).map(|signal| to.signal = Some(signal))
    }),
    ("csq", "0..31|99", "what AT+CSQ shows instead: 99 where AT+CESQ alone knows it", SIGNAL, |to, text| {
        signal(text).map(|signal| to.csq = Some(signal))
    }),
    ("operator", "NAME[/CODE]", "the operator it registers with", LINE, |to, text| {
        plain_line(text).map(|operator| to.operator = Some(operator))
    }),
    ("imei", "DIGITS", "its IMEI (from the seed)", "14 to 16 digits", |to, text| {
        digits(text, 14, 16).map(|imei| to.imei = Some(imei))
    }),
    ("iccid", "DIGITS", "the SIM's ICCID (from the seed)", "18 to 20 digits", |to, text| {
        digits(text, 18, 20).map(|iccid| to.iccid = Some(iccid))
    }),
    ("imsi", "DIGITS", "the SIM's IMSI (from the seed)", "6 to 15 digits", |to, text| {
        digits(text, 6, 15).map(|imsi| to.imsi = Some(imsi))
    }),
    ("imsi-switch", "D", "after the time D the SIM changes its IMSI, as a Super SIM does", TIME, |to, text| {
        parse_duration(text).map(|time| to.imsi_switch = Some(time))
    }),
    ("firmware", "TEXT", "the revision that AT+CGMR shows", LINE, |to, text| {
        plain_line(text).map(|firmware| to.firmware = Some(firmware))
    }),
    ("apn", "NAME", "the APN of the first context at power-up", LINE, |to, text| {
        plain_line(text).map(|apn| to.apn = Some(apn))
    }),
    ("echo", "on|off", "echo at power-up", SWITCH, |to, text| switch(text).map(|yes| to.echo = Some(yes))),
    (
        "cfun",
        "0|1|4",
        "what AT+CFUN is at power-up: 0 and 4 are off the air",
        "0 (off), 1 (on) or 4 (flight mode)",
        |to, text| text.parse().ok().filter(|cfun| matches!(cfun, 0 | 1 | 4)).map(|cfun| to.cfun = Some(cfun)),
    ),
    ("scan", "D", "how long AT+COPS=? takes", TIME, |to, text| parse_duration(text).map(|time| to.scan = Some(time))),
    ("delay", "D", "how long it thinks before each answer (0)", TIME, |to, text| {
        parse_duration(text).map(|time| to.delay = Some(time))
    }),
    ("boot", "D", "starts switched off: boots for the time D, deaf until then", TIME, |to, text| {
        parse_duration(text).map(|time| to.boot = Some(time))
    }),
    ("usb", "on|off", "its device goes away while it boots, as on USB (off)", SWITCH, |to, text| {
        switch(text).map(|yes| to.usb = yes)
    }),
    ("hangup", "D", "the network ends a connection when it has stood for the time D", TIME, |to, text| {
        parse_duration(text).map(|time| to.hangup = Some(time))
    }),
    (
        "sms",
        "TEXT",
        "an unread message from 000, where received ones lie; may be repeated",
        "at most 20 of at most 160 characters",
        |to, text| {
            let fits = text.chars().count() <= 160 && to.messages.len() < 20;
            fits.then(|| to.messages.push(text.to_owned()))
        },
    ),
    ("incoming", "D", "the messages arrive instead, one by one, each after the time D", TIME, |to, text| {
        parse_duration(text).map(|time| to.incoming = Some(time))
    }),
    ("seed", "N", "the dice: identity, how the signal wanders, where faults strike", "a whole number", |to, text| {
        text.parse().ok().map(|seed| to.seed = seed)
    }),
    // Its values have a table of their own, and `Options::set` gives them to it.
    ("fault", "FAULT[,FAULT]…", "misbehaves; see the table of faults; may be given again", "", |_, _| Some(())),
];

// What an option may be

fn digits(text: &str, least: usize, most: usize) -> Option<String> {
    let fits = (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.to_owned())
}

/// A text that an answer may hold: nothing in it can end a line or a quoted string.
fn plain_line(text: &str) -> Option<String> {
    let fits = text.len() <= 100 && !text.chars().any(|character| character.is_control() || character == '"');
    fits.then(|| text.to_owned())
}

fn signal(text: &str) -> Option<u8> {
    text.parse().ok().filter(|signal| matches!(signal, 0..=31 | 99))
}

fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" | "1" => Some(true),
        "off" | "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// The table of options: a name, what stands behind its `=`, what it means.
pub fn option_help() -> impl Iterator<Item = [&'static str; 3]> {
    OPTIONS.iter().map(|(name, arguments, meaning, ..)| [*name, *arguments, *meaning])
}

/// A name that is none of a table's.
fn unknown(what: &str, name: &str, known: impl Iterator<Item = &'static str> + Clone) -> Complaint {
    let lower = name.to_lowercase();
    let begins = || known.clone().find(|known| lower.len() > 1 && known.starts_with(lower.as_str()));
    let help = match begins().or_else(|| nearest(&lower, known.clone())) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
    };
    Complaint::new(format!("{what} `{name}`")).help(help)
}

impl Options {
    /// Reads what stands behind the `?` of `sim:MODEL?…`. `%20` and the like stand for the bytes they name.
    pub fn parse(query: &str) -> Result<Options, Complaint> {
        let mut options = Options::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                Complaint::new(format!("the option `{pair}` has no value")).help(format!("write `{pair}=…`"))
            })?;
            options.set(&percent_decoded(key)?, &percent_decoded(value)?)?;
        }
        Ok(options)
    }

    /// Sets one option, as [`Options::parse`] does for each.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), Complaint> {
        let names = OPTIONS.iter().map(|(name, ..)| *name);
        let unknown = || unknown("the simulated modem has no option", key, names);
        let (.., wanted, set) = OPTIONS.iter().find(|(name, ..)| *name == key).ok_or_else(unknown)?;
        if key == "fault" {
            return self.add_faults(value);
        }
        set(self, value).ok_or_else(|| Complaint::new(format!("`{key}={value}` cannot be")).help(*wanted))
    }

    /// Adds faults as the `fault` option and `hayes sim --fault` name them: `split,error:CMGS`.
    pub fn add_faults(&mut self, list: &str) -> Result<(), Complaint> {
        let mut words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.try_for_each(|word| self.faults.add(word))
    }
}

fn percent_decoded(text: &str) -> Result<String, Complaint> {
    let problem = || Complaint::new(format!("`{text}` is not well escaped")).help("a percent sign is written %25");
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).ok_or_else(problem)?;
        bytes.push(u8::from_str_radix(hex, 16).map_err(|_| problem())?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| problem())
}

/// A time as scripts write it; 0 needs no unit. At most a day.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let time = if text == "0" { Duration::ZERO } else { notation::duration(text).ok()? };
    (time <= Duration::from_secs(86_400)).then_some(time)
}

// Faults

/// `None`: what stands behind the name cannot be.
type SetFault = fn(&mut Faults, &mut Split<char>) -> Option<()>;

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
const FAULTS: &[(&str, &str, &str, SetFault)] = &[
    ("split", "", "sends one byte at a time", plain!(pace = Pace::Bytes)),
    ("chunks", "", "sends pieces of random length", plain!(pace = Pace::Chunks)),
    ("join", "[:D]", "holds back what it sends for the time D (100ms)", |to, it| {
        time(it).map(|time| to.pace = Pace::Held(time.unwrap_or(Duration::from_millis(100))))
    }),
    ("urc", "", "a URC at every place between two lines of an answer", plain!(urc = true)),
    ("sneaky", "", "the URC +CREG right before the answer to AT+CREG?", plain!(sneaky = true)),
    ("flood", "[:N]", "N URC lines (1000) within each answer", |to, it| {
        number(it, 1_000_000, 1_000).map(|lines| to.flood = lines)
    }),
    ("nul", "", "NULs before each line", plain!(nul = true)),
    ("garbage", "", "lines of bytes that are no text, between the lines of an answer", plain!(garbage = true)),
    ("lf", "", "lines end in LF alone", plain!(left_out = Some(b'\r'))),
    ("cr", "", "lines end in CR alone", plain!(left_out = Some(b'\n'))),
    ("late", ":D[:WHICH]", "answers only after the time D", |to, it| {
        time(it).flatten().zip(which(it)).map(|late| to.late.push(late))
    }),
    ("lost", "[:WHICH]", "does not answer", |to, it| which(it).map(|which| to.lost.push(which))),
    ("silence", "[:N]", "says nothing more from the command line number N on (1)", |to, it| {
        line(it).map(|line| to.silence = Some(line))
    }),
    ("hang-at-prompt", "", "asks for data, takes it, and never answers", plain!(hangs_at_prompt = true)),
    ("prompt", "[:WHICH]", "asks for data that nobody offered, instead of answering", |to, it| {
        which(it).map(|which| to.prompts.push(which))
    }),
    ("connect", "[:WHICH]", "answers CONNECT, and takes what comes then for data", |to, it| {
        which(it).map(|which| to.connects.push(which))
    }),
    ("echo-off", "", "never echoes, whatever ATE says", plain!(echo = EchoFault::Off)),
    ("echo-half", "", "echoes only the first half of a line", plain!(echo = EchoFault::Half)),
    ("echo-garbled", "", "echoes wrong characters", plain!(echo = EchoFault::Garbled)),
    (
        "echo-backspaces",
        "",
        "echoes each character with a backspace and once more",
        plain!(echo = EchoFault::Backspaces),
    ),
    ("error", "[:WHICH]", "refuses with ERROR; WHICH is a line's number or a command's name", |to, it| {
        which(it).map(|which| to.refusals.push((CommandError::Error, which)))
    }),
    ("cme", ":CODE[:WHICH]", "refuses with +CME ERROR", |to, it| {
        code(it).map(CommandError::Equipment).zip(which(it)).map(|refusal| to.refusals.push(refusal))
    }),
    ("cms", ":CODE[:WHICH]", "refuses with +CMS ERROR", |to, it| {
        code(it).map(CommandError::Message).zip(which(it)).map(|refusal| to.refusals.push(refusal))
    }),
    ("unplug", "[:N]", "is unplugged when the command line number N comes (1)", |to, it| {
        line(it).map(|line| to.unplug = Some(line))
    }),
    ("unplug-in-line", "[:N]", "is unplugged in the middle of the answer to line number N (1)", |to, it| {
        line(it).map(|line| to.unplug_in_line = Some(line))
    }),
    ("truncated", "[:WHICH]", "the final result code comes without its line end", |to, it| {
        which(it).map(|which| to.truncated.push(which))
    }),
    ("slow-reader", "[:N]", "reads N bytes in a second (960)", |to, it| {
        number(it, 1_000_000, 960).map(|rate| to.reading_rate = Some(rate.max(1)))
    }),
    ("wrong-imei", "", "has another IMEI after a reset", plain!(wrong_imei = true)),
    ("duplicate-ok", "", "the final result code comes twice", plain!(duplicate_final = true)),
    ("previous", "", "the lines of the answer before come again", plain!(previous = true)),
    ("asleep", "[:D]", "loses the first byte that comes after a silence of the time D (5s)", |to, it| {
        time(it).map(|time| to.asleep = Some(time.unwrap_or(Duration::from_secs(5))))
    }),
    ("psm", "[:D]", "while AT+CPSMS is 1: deaf after its active time, or D, until its next update or DTR", |to, it| {
        time(it).map(|time| to.power_saving = Some(time))
    }),
    ("storm", "[:D]", "a URC each time D has passed (100ms)", |to, it| {
        let time = time(it)?.unwrap_or(Duration::from_millis(100));
        (!time.is_zero()).then(|| to.storm = Some(time))
    }),
    ("forgets", "", "a reset brings all settings back to the maker's values", plain!(forgetful = true)),
    ("restart", "[:WHICH]", "restarts where the final result code should come", |to, it| {
        which(it).map(|which| to.restarts.push(which))
    }),
    ("drop", "[:N]", "loses one of N bytes that it sends (100)", |to, it| {
        number(it, 1_000_000, 100).map(|bytes| to.dropped = Some(bytes.max(1)))
    }),
    ("urc-inside", "", "a URC in the middle of each line of an answer", plain!(urc_inside = true)),
    (
        "chaos",
        "[:N]",
        "some of the others, a while each: the seed N (1) decides which, and with which lines",
        |to, it| number(it, u32::MAX, 1).map(|seed| to.chaos = Some(u64::from(seed))),
    ),
    ("brownout", "", "restarts whenever it attaches to the network, as on a weak supply", plain!(brownout = true)),
];

/// The table of faults: a name, what may stand behind it, what it means.
pub fn fault_help() -> impl Iterator<Item = [&'static str; 3]> {
    FAULTS.iter().map(|(name, arguments, meaning, _)| [*name, *arguments, *meaning])
}

impl Faults {
    /// Adds one fault: `split`, `late:3s:CSQ`, `cme:30:CGATT`.
    pub(super) fn add(&mut self, word: &str) -> Result<(), Complaint> {
        let mut parts = word.split(':');
        let wanted = parts.next().unwrap_or_default();
        let unknown = || unknown("there is no fault", wanted, FAULTS.iter().map(|(name, ..)| *name));
        let (name, arguments, meaning, set) = FAULTS.iter().find(|(name, ..)| *name == wanted).ok_or_else(unknown)?;
        let set = set(self, &mut parts).filter(|()| parts.next().is_none());
        self.any = true;
        set.ok_or_else(|| {
            let help = format!("it is written `{name}{arguments}`: {meaning}");
            Complaint::new(format!("the fault `{word}` cannot be")).help(help)
        })
    }
}

// What stands behind a fault's name. Outer `None`: it cannot be.

fn time(it: &mut Split<char>) -> Option<Option<Duration>> {
    match it.next() {
        None => Some(None),
        Some(text) => parse_duration(text).map(Some),
    }
}

fn number(it: &mut Split<char>, most: u32, default: u32) -> Option<u32> {
    it.next().map_or(Some(default), |text| text.parse().ok().filter(|number| *number <= most))
}

/// The number of a command line.
fn line(it: &mut Split<char>) -> Option<u32> {
    number(it, u32::MAX, 1)
}

fn code(it: &mut Split<char>) -> Option<u16> {
    it.next()?.parse().ok()
}

fn which(it: &mut Split<char>) -> Option<Which> {
    let Some(text) = it.next() else { return Some(Which::Every) };
    if let Ok(number) = text.parse() {
        return Some(Which::Nth(number));
    }
    let text = text.to_ascii_uppercase();
    let name = without_sign(text.strip_prefix("AT").unwrap_or(&text));
    // Commands are compared one by one, as they stand between two `;`.
    (!name.is_empty() && !name.contains(';')).then(|| Which::Named(name.to_owned()))
}

/// `CREG` of `+CREG`.
fn without_sign(command: &str) -> &str {
    command.trim_start_matches(|character: char| !character.is_ascii_alphanumeric())
}

impl Which {
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
