//! What can be said about a simulated modem in its address (`sim:bg96?pin=1234&register=5s&signal=17&fault=split`), and
//! the ways in which it can misbehave, each decided by the seed, so that a failure can be played again. `options.txt`
//! names them all.

use std::time::Duration;

use crate::diagnostic::{Complaint, nearest};
use crate::notation;

/// The rows of a table of `options.txt`, in the order of the help: the columns as they are told there.
fn rows(table: &str) -> impl Iterator<Item = [&'static str; 5]> + Clone + use<> {
    let (_, behind) = include_str!("options.txt").split_once(table).unwrap_or_default();
    let lines = behind.lines().take_while(|line| !line.starts_with('['));
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let mut columns = line.split(" | ");
        std::array::from_fn(|_| columns.next().unwrap_or_default())
    })
}

const OPTIONS: &str = "[options]\n";
const FAULTS: &str = "[faults]\n";

/// The table of options: a name, what stands behind its `=`, what it means.
pub fn option_help() -> impl Iterator<Item = [&'static str; 3]> {
    rows(OPTIONS).map(|[name, form, meaning, ..]| [name, form, meaning])
}

/// The table of faults: a name, what may stand behind it, what it means.
pub fn fault_help() -> impl Iterator<Item = [&'static str; 3]> {
    rows(FAULTS).map(|[name, form, meaning, ..]| [name, form, meaning])
}

/// How a simulated modem differs from its profile, and misbehaves. By default it is up, has a SIM and is let in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    given: Vec<GivenOption>,
    pub(crate) faults: Vec<GivenOption>,
}

/// An option or a fault, with what stands behind its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GivenOption {
    pub(crate) name: &'static str,
    pub(crate) text: Box<str>,
    pub(crate) time: Option<Duration>,
    /// 1 and 0 for on and off
    pub(crate) number: Option<u32>,
    which: Which,
}

/// Which commands a fault strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Which {
    Every,
    /// The command line with this number; the first is 1
    Nth(u32),
    /// The command of this name, without its leading character: `CMGS`; a `?` or `=` behind it: only that form
    Named(String),
}

impl Options {
    /// Reads what stands behind the `?` of `sim:MODEL?…`. `%20` and the like stand for the bytes they name.
    pub fn parse(query: &str) -> Result<Options, Complaint> {
        let mut options = Options::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let no_value = || Complaint::told("hayes::port::missing sim-pair", &[&pair]);
            let (key, value) = pair.split_once('=').ok_or_else(no_value)?;
            options.set(&decoded(key)?, &decoded(value)?)?;
        }
        Ok(options)
    }

    /// Sets one option, as [`Options::parse`] does for each.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), Complaint> {
        let row = rows(OPTIONS).find(|[name, ..]| *name == key);
        // `time` is one of the address.
        let known = || rows(OPTIONS).chain([["time", "", "", "", ""]]);
        let [name, _, _, kind, _] = row.ok_or_else(|| unknown("the simulated modem has no option", key, known()))?;
        if name == "fault" {
            return self.add_faults(value);
        }
        let read = read(kind, value).filter(|_| name != "sms" || self.all("sms").count() < 20);
        let cannot_be = || Complaint::told("hayes::port::missing sim-value", &[&key, &value, &in_words(kind)]);
        let (time, number) = read.ok_or_else(cannot_be)?;
        self.given.push(GivenOption { name, text: value.into(), time, number, which: Which::Every });
        Ok(())
    }

    /// Adds faults as the `fault` option and `hayes sim --fault` name them: `split,error:CMGS`.
    pub fn add_faults(&mut self, list: &str) -> Result<(), Complaint> {
        let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.map(fault).try_for_each(|fault| fault.map(|fault| self.faults.push(fault)))
    }

    /// What was given under this name, as often as it was.
    pub(crate) fn all(&self, name: &str) -> impl DoubleEndedIterator<Item = &str> {
        self.given.iter().filter(move |given| given.name == name).map(|given| &*given.text)
    }

    fn last(&self, name: &str) -> Option<&GivenOption> {
        self.given.iter().rfind(|given| given.name == name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.last(name).map(|given| &*given.text)
    }

    pub(crate) fn time(&self, name: &str) -> Option<Duration> {
        self.last(name)?.time
    }

    pub(crate) fn number<N: TryFrom<u32>>(&self, name: &str) -> Option<N> {
        self.last(name)?.number?.try_into().ok()
    }

    pub(crate) fn is_on(&self, name: &str) -> Option<bool> {
        self.number(name).map(|number: u32| number == 1)
    }

    pub(crate) fn fault(&self, name: &str) -> Option<&GivenOption> {
        self.faults.iter().rfind(|fault| fault.name == name)
    }
}

fn unknown(what: &str, name: &str, known: impl Iterator<Item = [&'static str; 5]> + Clone) -> Complaint {
    let known = known.map(|[name, ..]| name);
    let lower = name.to_lowercase();
    let begins = || known.clone().find(|known| lower.len() > 1 && known.starts_with(lower.as_str()));
    let is_called = |words: &str| words.split(' ').any(|word| word == lower);
    let called = || known.clone().find(|known| rows("[meant]\n").any(|row| row[0] == *known && is_called(row[1])));
    match called().or_else(begins).or_else(|| nearest(&lower, known.clone())) {
        Some(known) => Complaint::told("hayes::port::missing sim-meant", &[&what, &name, &known]),
        None => Complaint::told("hayes::port::missing sim", &[&what, &name, &known.collect::<Vec<_>>().join(", ")]),
    }
}

/// The time and the number that an option of this kind says; `None`: what stands behind the `=` cannot be.
fn read(kind: &str, text: &str) -> Option<(Option<Duration>, Option<u32>)> {
    let time = |text: &str| Some((Some(parse_duration(text)?), None));
    let number = |fits: fn(u32) -> bool| Some((None, Some(text.parse().ok().filter(|number| fits(*number))?)));
    let only = |fits: bool| fits.then_some((None, None));
    let is_line = |text: &str| text.len() <= 100 && !text.chars().any(char::is_control);
    let within = |number: usize, least: &str, most: &str| {
        least.parse().is_ok_and(|least| number >= least) && most.parse().is_ok_and(|most| number <= most)
    };
    match kind.split(' ').collect::<Vec<_>>().as_slice() {
        ["time"] => time(text),
        ["signal"] => number(|number| matches!(number, 0..=31 | 99)),
        ["function"] => number(|number| matches!(number, 0 | 1 | 4)),
        ["number", least, most] => number(|_| true).filter(|_| text.parse().is_ok_and(|it| within(it, least, most))),
        ["switch"] => match text.to_ascii_lowercase().as_str() {
            "on" | "yes" | "true" | "1" => Some((None, Some(1))),
            "off" | "no" | "false" | "0" => Some((None, Some(0))),
            _ => None,
        },
        ["digits", least, most] => only(is_digits(text) && within(text.len(), least, most)),
        // Nothing in it can end a line or a quoted string of an answer.
        ["line"] => only(is_line(text) && !text.contains('"')),
        ["setting"] => only(text.split_once(':').is_some_and(|(_, value)| is_line(value))),
        ["message"] => only(text.chars().count() <= 640),
        ["seed"] => only(text.parse::<u64>().is_ok()),
        ["networks"] => {
            let is_code = |code: &str| is_digits(code) && matches!(code.len(), 5 | 6);
            only(text == "full" || text.split(',').count() <= 4 && text.split(',').map(str::trim).all(is_code))
        }
        ["sim"] => match text.split_once(':') {
            Some(("busy", busy)) => time(busy),
            _ => only(matches!(text, "ready" | "absent" | "puk" | "foreign")),
        },
        ["register"] if matches!(text, "never" | "denied" | "sms-only") => only(true),
        ["register"] => time(text),
        _ => only(true),
    }
}

fn in_words(kind: &str) -> String {
    match kind.split(' ').collect::<Vec<_>>().as_slice() {
        ["digits", least, most] if least == most => format!("{most} digits"),
        ["digits", least, most] => format!("{least} to {most} digits"),
        ["number", least, most] => format!("a number from {least} to {most}"),
        _ => rows("[kinds]\n").find(|[known, ..]| *known == kind).map_or("", |[_, words, ..]| words).to_owned(),
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn decoded(text: &str) -> Result<String, Complaint> {
    notation::percent_decoded(text).ok_or_else(|| Complaint::told("hayes::port::missing sim-escape", &[&text]))
}

/// A time as scripts write it; 0 needs no unit. At most a day.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let time = if text == "0" { Duration::ZERO } else { notation::duration(text).ok()? };
    (time <= Duration::from_secs(86_400)).then_some(time)
}

/// Reads one fault: `split`, `late:3s:CSQ`, `cme:30:CGATT`.
pub(crate) fn fault(word: &str) -> Result<GivenOption, Complaint> {
    let mut parts = word.split(':');
    let wanted = parts.next().unwrap_or_default();
    let row = rows(FAULTS).find(|[name, ..]| *name == wanted);
    let [name, form, meaning, usual, most] = row.ok_or_else(|| unknown("there is no fault", wanted, rows(FAULTS)))?;
    let mut given = GivenOption { name, text: "".into(), time: None, number: None, which: Which::Every };
    let mut read = |kind: &str, text: Option<&str>| {
        match (kind, text.or(Some(usual).filter(|usual| !usual.is_empty()))) {
            ("WHICH", Some(text)) => given.which = Which::parse(text)?,
            ("D", Some(text)) => given.time = Some(parse_duration(text)?),
            (_, Some(text)) => {
                let most = most.parse().unwrap_or(u32::MAX);
                given.number = Some(text.parse().ok().filter(|number| *number <= most)?);
            }
            // What stands first must be there, where it is in no brackets.
            (_, None) => return (kind == "WHICH" || form.starts_with('[')).then_some(()),
        }
        Some(())
    };
    let kinds = form.split(':').skip(1).map(|kind| kind.trim_matches(['[', ']']));
    let fits = kinds.map(|kind| read(kind, parts.next())).collect::<Option<()>>().is_some() && parts.next().is_none();
    // A storm needs some time between its lines.
    if fits && (name, given.time) != ("storm", Some(Duration::ZERO)) {
        return Ok(given);
    }
    Err(Complaint::told("hayes::port::missing sim-fault", &[&word, &name, &form, &meaning]))
}

/// `CREG` of `+CREG`.
fn without_sign(command: &str) -> &str {
    command.trim_start_matches(|character: char| !character.is_ascii_alphanumeric())
}

impl Which {
    fn parse(text: &str) -> Option<Which> {
        if let Ok(number) = text.parse() {
            return Some(Which::Nth(number));
        }
        let text = text.to_ascii_uppercase();
        let name = without_sign(text.strip_prefix("AT").unwrap_or(&text));
        // Commands are compared one by one, as they stand between two `;`.
        (!name.is_empty() && !name.contains(';')).then(|| Which::Named(name.to_owned()))
    }
}

impl GivenOption {
    /// Whether the fault strikes the command line number `line`, whose text behind `AT` is `text`.
    pub(crate) fn strikes(&self, line: u32, text: &str) -> bool {
        match &self.which {
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
