//! What can be said about a simulated modem in its address: `sim:bg96?pin=1234&register=5s&signal=17&fault=split`.

use std::fmt;
use std::time::Duration;

use super::fault::Faults;

/// How a simulated modem differs from its profile. [`Options::default`] is a modem that is up, with a SIM that is
/// ready and a network that takes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    pub(super) pin: Option<String>,
    pub(super) puk: Option<String>,
    pub(super) sim: SimOption,
    pub(super) register: Option<RegisterOption>,
    pub(super) stat: Option<u8>,
    pub(super) roaming: Option<bool>,
    pub(super) signal: Option<u8>,
    pub(super) csq: Option<u8>,
    pub(super) operator: Option<String>,
    pub(super) imei: Option<String>,
    pub(super) iccid: Option<String>,
    pub(super) imsi: Option<String>,
    pub(super) imsi_switch: Option<Duration>,
    pub(super) firmware: Option<String>,
    pub(super) apn: Option<String>,
    pub(super) echo: Option<bool>,
    pub(super) cfun: Option<u32>,
    pub(super) scan: Option<Duration>,
    pub(super) delay: Option<Duration>,
    pub(super) boot: Option<Duration>,
    pub(super) usb: bool,
    pub(super) hangup: Option<Duration>,
    pub(super) messages: Vec<String>,
    pub(super) incoming: Option<Duration>,
    pub(super) seed: u64,
    pub(super) faults: Faults,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum SimOption {
    #[default]
    Ready,
    Absent,
    /// Not ready until so long after power-up
    Busy(Duration),
    /// The PIN was given wrongly three times
    Puk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RegisterOption {
    After(Duration),
    Never,
    Denied,
}

/// One row of the table that `hayes sim --help` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionHelp {
    pub key: &'static str,
    /// What stands behind the `=`.
    pub value: &'static str,
    pub meaning: &'static str,
}

const fn row(key: &'static str, value: &'static str, meaning: &'static str) -> OptionHelp {
    OptionHelp { key, value, meaning }
}

/// All options, in the order of the help.
pub const OPTIONS: &[OptionHelp] = &[
    row("pin", "DIGITS", "the SIM asks for this PIN: three attempts, then the PUK"),
    row("puk", "DIGITS", "the SIM's PUK, ten attempts (12345678)"),
    row("sim", "ready|absent|busy:D|puk", "the SIM's state at power-up; busy: not ready for the time D"),
    row("register", "D|never|denied", "how long it searches for a network; finds none; is refused"),
    row("stat", "0..11", "the registration status it ends at: 1 home, 5 roaming, 3 denied, …"),
    row("roaming", "yes|no", "the same: 5 or 1"),
    row("signal", "0..31|99", "the signal that AT+CSQ shows; 99: none, and no network"),
    row("csq", "0..31|99", "what AT+CSQ shows instead: 99 where AT+CESQ alone knows it"),
    row("operator", "NAME[/CODE]", "the operator it registers with"),
    row("imei", "DIGITS", "its IMEI (from the seed)"),
    row("iccid", "DIGITS", "the SIM's ICCID (from the seed)"),
    row("imsi", "DIGITS", "the SIM's IMSI (from the seed)"),
    row("imsi-switch", "D", "after the time D the SIM changes its IMSI, as a Super SIM does"),
    row("firmware", "TEXT", "the revision that AT+CGMR shows"),
    row("apn", "NAME", "the APN of the first context at power-up"),
    row("echo", "on|off", "echo at power-up"),
    row("cfun", "0|1|4", "what AT+CFUN is at power-up: 0 and 4 are off the air"),
    row("scan", "D", "how long AT+COPS=? takes"),
    row("delay", "D", "how long it thinks before each answer (0)"),
    row("boot", "D", "starts switched off: boots for the time D, deaf until then"),
    row("usb", "on|off", "its device goes away while it boots, as on USB (off)"),
    row("hangup", "D", "the network ends a connection when it has stood for the time D"),
    row("sms", "TEXT", "an unread message from 000, where received ones lie; may be repeated"),
    row("incoming", "D", "the messages arrive instead, one by one, each after the time D"),
    row("seed", "N", "the dice: identity, how the signal wanders, where faults strike"),
    row("fault", "FAULT[,FAULT]…", "misbehaves; see the table of faults; may be given again"),
];

/// An option that cannot be taken: what is wrong, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionError {
    /// One sentence without a final full stop.
    pub message: String,
    pub help: Option<String>,
}

impl OptionError {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> OptionError {
        OptionError { message: message.into(), help: Some(help.into()) }
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.help {
            Some(help) => write!(f, "{}: {help}", self.message),
            None => f.write_str(&self.message),
        }
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
        match key {
            "pin" => self.pin = Some(digits(key, value, 4, 8)?),
            "puk" => self.puk = Some(digits(key, value, 8, 8)?),
            "sim" => self.sim = sim(value)?,
            "register" => self.register = Some(register(value)?),
            "stat" => self.stat = Some(number(key, value, 0, 11)?),
            "roaming" => self.roaming = Some(yes(key, value)?),
            "signal" => self.signal = Some(signal(key, value)?),
            "csq" => self.csq = Some(signal(key, value)?),
            "operator" => self.operator = Some(line(key, value)?),
            "imei" => self.imei = Some(digits(key, value, 14, 16)?),
            "iccid" => self.iccid = Some(digits(key, value, 18, 20)?),
            "imsi" => self.imsi = Some(digits(key, value, 6, 15)?),
            "imsi-switch" => self.imsi_switch = Some(duration(key, value)?),
            "firmware" => self.firmware = Some(line(key, value)?),
            "apn" => self.apn = Some(line(key, value)?),
            "cfun" => self.cfun = Some(function(value)?),
            "echo" => self.echo = Some(yes(key, value)?),
            "scan" => self.scan = Some(duration(key, value)?),
            "delay" => self.delay = Some(duration(key, value)?),
            "boot" => self.boot = Some(duration(key, value)?),
            "hangup" => self.hangup = Some(duration(key, value)?),
            "usb" => self.usb = yes(key, value)?,
            "sms" => self.add_message(value)?,
            "incoming" => self.incoming = Some(duration(key, value)?),
            "seed" => {
                self.seed = value.parse().map_err(|_| OptionError::new(wrong(key, value), "a whole number"))?;
            }
            "fault" => self.add_faults(value)?,
            _ => return Err(unknown_option(key)),
        }
        Ok(())
    }

    /// Adds faults as the `fault` option and `hayes sim --fault` name them: `split,error:CMGS`.
    pub fn add_faults(&mut self, list: &str) -> Result<(), OptionError> {
        for word in list.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            self.faults.add(word)?;
        }
        Ok(())
    }

    fn add_message(&mut self, text: &str) -> Result<(), OptionError> {
        if text.chars().count() > 160 {
            return Err(OptionError::new("the text of `sms` is too long", "at most 160 characters"));
        }
        if self.messages.len() >= 20 {
            return Err(OptionError::new("too many messages", "`sms` at most 20 times"));
        }
        self.messages.push(text.to_owned());
        Ok(())
    }
}

fn unknown_option(key: &str) -> OptionError {
    let keys = OPTIONS.iter().map(|option| option.key);
    let help = match nearest(key, keys.clone()) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("there are {}", keys.collect::<Vec<_>>().join(", ")),
    };
    OptionError::new(format!("the simulated modem has no option `{key}`"), help)
}

/// The known word that `word` may be a slip of.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let (distance, nearest) =
        known.map(|known| (strsim::damerau_levenshtein(&word, known), known)).min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + word.len() / 4).then_some(nearest)
}

fn wrong(key: &str, value: &str) -> String {
    format!("`{key}={value}` cannot be")
}

fn percent_decoded(text: &str) -> Result<String, OptionError> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let problem = || OptionError::new(format!("`{text}` is not well escaped"), "a percent sign is written %25");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let (hex, after) = after.split_at_checked(2).ok_or_else(problem)?;
        bytes.push(u8::from_str_radix(hex, 16).map_err(|_| problem())?);
        rest = after;
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).map_err(|_| problem())
}

/// A text that an answer may hold: nothing in it can end a line or a quoted string.
fn line(key: &str, value: &str) -> Result<String, OptionError> {
    if value.len() > 100 || value.chars().any(|character| character.is_control() || character == '"') {
        return Err(OptionError::new(wrong(key, value), "at most 100 characters, no quotes, no control characters"));
    }
    Ok(value.to_owned())
}

fn digits(key: &str, value: &str, least: usize, most: usize) -> Result<String, OptionError> {
    let fits = (least..=most).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
    if fits {
        return Ok(value.to_owned());
    }
    let count = if least == most { least.to_string() } else { format!("{least} to {most}") };
    Err(OptionError::new(wrong(key, value), format!("{count} digits")))
}

fn number(key: &str, value: &str, least: u8, most: u8) -> Result<u8, OptionError> {
    match value.parse() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(OptionError::new(wrong(key, value), format!("a number from {least} to {most}"))),
    }
}

fn signal(key: &str, value: &str) -> Result<u8, OptionError> {
    match value.parse() {
        Ok(number @ (0..=31 | 99)) => Ok(number),
        _ => Err(OptionError::new(wrong(key, value), "0 to 31 as AT+CSQ shows it, or 99 for none")),
    }
}

fn function(value: &str) -> Result<u32, OptionError> {
    match value {
        "0" => Ok(0),
        "1" => Ok(1),
        "4" => Ok(4),
        _ => Err(OptionError::new(wrong("cfun", value), "0 (off), 1 (on) or 4 (flight mode)")),
    }
}

fn yes(key: &str, value: &str) -> Result<bool, OptionError> {
    match value.to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" | "1" => Ok(true),
        "off" | "no" | "false" | "0" => Ok(false),
        _ => Err(OptionError::new(wrong(key, value), "`on` or `off`")),
    }
}

fn sim(value: &str) -> Result<SimOption, OptionError> {
    match value.split_once(':').unwrap_or((value, "")) {
        ("ready", "") => Ok(SimOption::Ready),
        ("absent", "") => Ok(SimOption::Absent),
        ("puk", "") => Ok(SimOption::Puk),
        ("busy", time) => Ok(SimOption::Busy(duration("sim=busy", time)?)),
        _ => Err(OptionError::new(wrong("sim", value), "ready, absent, puk, or busy:5s")),
    }
}

fn register(value: &str) -> Result<RegisterOption, OptionError> {
    match value {
        "never" => Ok(RegisterOption::Never),
        "denied" => Ok(RegisterOption::Denied),
        _ => match parse_duration(value) {
            Some(time) => Ok(RegisterOption::After(time)),
            None => Err(OptionError::new(wrong("register", value), "a time such as 5s, or never, or denied")),
        },
    }
}

pub(super) fn duration(key: &str, value: &str) -> Result<Duration, OptionError> {
    parse_duration(value)
        .ok_or_else(|| OptionError::new(wrong(key, value), "a time with its unit: 500ms, 5s, 2min (up to a day)"))
}

/// `500ms`, `5s`, `2min`; 0 needs no unit. At most a day.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let time = if text == "0" { Duration::ZERO } else { crate::notation::duration(text).ok()? };
    (time <= Duration::from_secs(24 * 3600)).then_some(time)
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
        assert_eq!(options.register, Some(RegisterOption::After(Duration::from_secs(5))));
        assert_eq!(options.signal, Some(17));
        assert_eq!(options.operator.as_deref(), Some("vodafone UK"));
        assert_eq!(options.sim, SimOption::Busy(Duration::from_secs(2)));
        assert_eq!((options.faults.any, options.faults.refusals.len()), (true, 1));
        assert_eq!(options.seed, 7);
        assert_eq!(options.messages, ["hi!"]);
        assert_eq!(Options::parse("").unwrap(), Options::default());
    }

    #[test]
    fn what_cannot_be_is_named() {
        let message = |query: &str| Options::parse(query).unwrap_err().to_string();
        assert_eq!(message("sginal=3"), "the simulated modem has no option `sginal`: did you mean `signal`?");
        assert_eq!(message("signal=40"), "`signal=40` cannot be: 0 to 31 as AT+CSQ shows it, or 99 for none");
        assert_eq!(message("csq=100"), "`csq=100` cannot be: 0 to 31 as AT+CSQ shows it, or 99 for none");
        assert_eq!(message("cfun=5"), "`cfun=5` cannot be: 0 (off), 1 (on) or 4 (flight mode)");
        assert_eq!(message("pin"), "the option `pin` has no value: write `pin=…`");
        assert_eq!(message("pin=12"), "`pin=12` cannot be: 4 to 8 digits");
        assert_eq!(message("register=soon"), "`register=soon` cannot be: a time such as 5s, or never, or denied");
        assert_eq!(message("scan=5"), "`scan=5` cannot be: a time with its unit: 500ms, 5s, 2min (up to a day)");
        assert_eq!(
            message("operator=a%0Db"),
            "`operator=a\rb` cannot be: at most 100 characters, no quotes, no control characters"
        );
        assert!(message("zzz=1").starts_with("the simulated modem has no option `zzz`: there are pin, puk, sim"));
        assert!(message("apn=%4").starts_with("`%4` is not well escaped"));
    }

    #[test]
    fn every_option_of_the_table_is_taken() {
        for option in OPTIONS {
            let error = Options::default().set(option.key, "\u{1}").err();
            let unknown = error.is_some_and(|error| error.message.contains("has no option"));
            assert!(!unknown, "{} is documented but not known", option.key);
        }
    }
}
