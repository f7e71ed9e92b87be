//! The words of the language, and what people write in their place.

use crate::value::functions::FUNCTIONS;

/// The words that begin a statement or a clause.
pub(super) const STATEMENTS: &[&str] = &[
    "abort", "assert", "await", "capture", "confirm", "ensure", "expect", "fail", "finally", "for", "if", "log",
    "param", "port", "prompt", "reboot", "report", "retry", "run", "secret", "send", "set", "skip", "sleep", "stop",
    "timeout", "try", "unsafe",
];

/// All the words that mean something somewhere; each has a rule `kw_…` in the grammar.
pub(super) const KEYWORDS: &[&str] = &[
    "abort", "all", "answers", "as", "assert", "await", "baud", "break", "cancel", "capture", "confirm", "dtr", "else",
    "ensure", "escape", "every", "expect", "fail", "finally", "flush", "for", "if", "in", "log", "matches", "not",
    "nothing", "on", "or", "param", "port", "prompt", "quiet", "raw", "reboot", "reply", "report", "retry", "rts",
    "run", "secret", "send", "set", "skip", "sleep", "stop", "then", "timeout", "to", "try", "unsafe", "up", "with",
    "within",
];

/// Those that no name can be; the grammar's rule `reserved`.
pub(super) const RESERVED: &[&str] =
    &["and", "or", "not", "in", "matches", "true", "false", "if", "else", "for", "all", "as", "within", "every"];

/// Those whose line opens a block.
pub(super) const BLOCKS: &[&str] = &["ensure", "finally", "for", "if", "retry", "try", "unsafe"];

/// What each statement looks like.
const FORMS: &[(&str, &str)] = &[
    ("${", "`${apn}`, `${modem.imei}` or `${dbm(rssi)}`"),
    ("abort", "`abort on \"NO CARRIER\"` or `abort on RING, \"why\"`"),
    ("assert", "`assert rssi != 99` or `assert rssi != 99, \"why\"`"),
    ("await", "`await \"+CREG: 1\" within 60s`, `await quiet 500ms` or `await prompt \"login: \"`"),
    (
        "capture",
        "`capture rssi:int, ber:int`, `capture \"+CSQ: {rssi:int}\"` or `capture all cid:int, type as contexts`",
    ),
    ("confirm", "`confirm \"text\"`"),
    ("else", "`} else {` or `} else if rssi > 10 {`"),
    ("ensure", "`ensure AT+CGDCONT? answers '+CGDCONT: 1,\"IP\",\"super\"' else {`"),
    ("expect", "`expect OK`, `expect \"+CREG: 0,1\" or /,5$/` or `expect nothing within 2s`"),
    ("fail", "`fail \"why\"`"),
    ("finally", "`finally {`"),
    ("for", "`for context in contexts {`"),
    ("if", "`if rssi > 10 and model matches /^BG/ {`"),
    ("log", "`log \"text\"` or `log \"signal: ${rssi}\"`"),
    ("param", "`param apn`, `param cid:int = 1` or `param apn = \"super\" \"what it is\"`"),
    ("port", "`port baud 921600`, `port dtr off`, `port rts on`, `port break 200ms`, `port flush` or `port escape`"),
    ("prompt", "`prompt reply \"text\"`, `prompt \">\" reply \"text\" then cr` or `prompt cancel`"),
    ("reboot", "`reboot AT+CFUN=1,1` or `reboot AT+CFUN=1,1 within 90s`"),
    ("report", "`report imei, signal = dbm(rssi)`"),
    ("retry", "`retry 10 every 5s {`, `retry 5 every 1s up to 30s {` or `retry for 10min every 5s {`"),
    ("run", "`run \"modem/identify\" as modem` or `run \"name\" with apn = \"super\"`"),
    ("secret", "`secret pin` or `secret pin \"what it is\"`"),
    ("send", "`send AT+CSQ`, `send \"text\"` or `send raw \"+++\"`"),
    ("set", "`set name = value`"),
    ("skip", "`skip \"why\"`"),
    ("sleep", "`sleep 2s`"),
    ("stop", "`stop`"),
    ("timeout", "`timeout 10s`"),
    ("try", "`try {`"),
    ("unsafe", "`unsafe \"why\" {`"),
    ("AT", "`AT+COPS=? within 3min`; `expect` and `capture` stand on the lines under it"),
];

/// What a statement looks like, in examples.
pub(super) fn form(statement: &str) -> Option<&'static str> {
    FORMS.iter().find(|(known, _)| *known == statement).map(|(_, form)| *form)
}

/// The words that begin a statement or a clause, and what each looks like, in examples.
pub fn statements() -> impl Iterator<Item = (&'static str, &'static str)> {
    STATEMENTS.iter().filter_map(|word| Some((*word, form(word)?)))
}

/// Those that take a text.
pub(super) const TEXT_STATEMENTS: &[&str] = &["send", "fail", "skip", "log", "confirm", "run", "unsafe"];

/// What other languages call a statement, and what to write here.
const FOREIGN: &[(&str, &str)] = &[
    ("let", "write `set name = value`"),
    ("var", "write `set name = value`"),
    ("const", "write `set name = value`"),
    ("local", "write `set name = value`"),
    ("print", "write `log \"text\"`"),
    ("println", "write `log \"text\"`"),
    ("echo", "write `log \"text\"`"),
    ("puts", "write `log \"text\"`"),
    ("printf", "write `log \"text\"`"),
    ("write", "write `send \"text\"`"),
    ("wait", "write `sleep 2s` to pause, `await PATTERN` to wait for a line"),
    ("waitfor", "write `await PATTERN`"),
    ("delay", "write `sleep 2s`"),
    ("pause", "write `sleep 2s`"),
    ("usleep", "write `sleep 200ms`"),
    ("while", "write `retry for 1min every 5s {` to try until it works, `for x in list {` to walk a list"),
    ("loop", "write `retry 10 every 5s {` to try until it works, `for x in list {` to walk a list"),
    ("until", "write `retry for 1min every 5s {` to try until it works"),
    ("repeat", "write `retry 10 every 5s {` to try until it works"),
    ("foreach", "write `for x in list {`"),
    ("elif", "write `} else if condition {`"),
    ("elsif", "write `} else if condition {`"),
    ("elseif", "write `} else if condition {`"),
    ("unless", "write `if not condition {`"),
    ("switch", "write `if … {`, `} else if … {`"),
    ("match", "write `if text matches /pattern/ {`"),
    ("case", "write `if … {`, `} else if … {`"),
    ("then", "delete the line: `{` opens a block"),
    ("end", "write `}` to close a block, `stop` to end the script"),
    ("endif", "write `}`"),
    ("fi", "write `}`"),
    ("done", "write `}`"),
    ("catch", "write `} else {` behind the `try`; `${error}` tells what failed"),
    ("except", "write `} else {` behind the `try`; `${error}` tells what failed"),
    ("rescue", "write `} else {` behind the `try`; `${error}` tells what failed"),
    ("throw", "write `fail \"why\"`"),
    ("raise", "write `fail \"why\"`"),
    ("error", "write `fail \"why\"`"),
    ("die", "write `fail \"why\"`"),
    ("exit", "write `stop` to end as passed, `fail \"why\"` to end as failed"),
    ("quit", "write `stop` to end as passed, `fail \"why\"` to end as failed"),
    ("return", "write `stop` to end as passed, `fail \"why\"` to end as failed"),
    ("break", "write `stop` to end the script; a `retry` ends when its block passes"),
    ("import", "write `run \"name\" as record`"),
    ("include", "write `run \"name\" as record`"),
    ("source", "write `run \"name\" as record`"),
    ("require", "write `run \"name\" as record`"),
    ("call", "write `run \"name\" as record`"),
    ("exec", "write `run \"name\" as record`"),
    ("function", "write it as a script of its own and `run \"name\" with param = value`"),
    ("def", "write it as a script of its own and `run \"name\" with param = value`"),
    ("fn", "write it as a script of its own and `run \"name\" with param = value`"),
    ("proc", "write it as a script of its own and `run \"name\" with param = value`"),
    ("input", "write `param name`, and give it with `--var name=value`"),
    ("read", "write `capture name` under the question"),
    ("baud", "write `port baud 115200`"),
    ("on", "write `abort on PATTERN` to end at such a line, `await PATTERN` to wait for it"),
    ("command", "write `send \"text\"`"),
    ("cmd", "write `send \"text\"`"),
    ("check", "write `assert condition, \"why\"`"),
    ("verify", "write `assert condition, \"why\"`"),
    ("defer", "write `finally {`"),
];

/// What other languages call an operator.
const FOREIGN_OPERATORS: &[(&str, &str)] = &[
    ("===", "=="),
    ("!==", "!="),
    ("=~", "matches"),
    ("!~", "not matches"),
    ("~=", "!="),
    ("<>", "!="),
    ("=<", "<="),
    ("=>", ">="),
    ("&&", "and"),
    ("||", "or"),
    ("&", "and"),
    ("|", "or"),
    ("is", "=="),
    ("eq", "=="),
    ("equals", "=="),
    ("ne", "!="),
    ("gt", ">"),
    ("lt", "<"),
    ("mod", "%"),
    ("contains", "matches"),
    ("match", "matches"),
    ("like", "matches"),
    ("!", "not"),
];

/// What stands alone in a line when a modem says it.
const ANSWERS: &[&str] = &[
    "OK",
    "ERROR",
    "CONNECT",
    "RING",
    "BUSY",
    "NO CARRIER",
    "NO ANSWER",
    "NO DIALTONE",
    "NO DIAL TONE",
    "ABORTED",
    "RDY",
    "SEND OK",
    "SEND FAIL",
    "COMMAND NOT SUPPORT",
    "Call Ready",
    "SMS Ready",
    "PB DONE",
    "POWERED DOWN",
    "NORMAL POWER DOWN",
];

const NUMBERS: &[&str] =
    &["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

pub(super) fn function_names() -> impl Iterator<Item = &'static str> + Clone {
    FUNCTIONS.iter().map(|function| function.name)
}

/// What to write in place of another language's statement.
pub(super) fn foreign(word: &str) -> Option<&'static str> {
    FOREIGN.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, instead)| *instead)
}

/// What to write in place of what is typed to a modem, and is no command line.
pub(super) fn foreign_sign(sign: &str) -> Option<&'static str> {
    match sign {
        "+++" => Some("write `port escape`: it keeps the silence before and behind `+++` that the modem waits for"),
        "A/" | "a/" => Some("write the command itself once more: what is sent must be seen in the script"),
        _ => None,
    }
}

/// What to write in place of another language's operator that `text` begins with, and its length.
pub(super) fn foreign_operator(text: &str) -> Option<(&'static str, &'static str)> {
    let word = text.split(|character: char| !character.is_ascii_alphabetic()).next().unwrap_or("");
    FOREIGN_OPERATORS
        .iter()
        .find(|(foreign, _)| if word.is_empty() { text.starts_with(foreign) } else { *foreign == word })
        .copied()
}

/// Whether a modem said that: a final result code, an information response, an identity.
pub(super) fn is_answer(code: &str) -> bool {
    let prefix = code.strip_prefix(['+', '^', '%', '$', '*', '#']).and_then(|rest| rest.split_once(':'));
    let names_a_response = prefix.is_some_and(|(name, parameters)| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_' | b'-'))
            && (parameters.is_empty() || parameters.starts_with(' '))
    });
    let is_identity = code.len() >= 14 && code.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_prompt = code.starts_with('>');
    names_a_response
        || is_identity
        || is_prompt
        || ANSWERS.contains(&code)
        || code.strip_prefix("CONNECT ").is_some_and(|speed| speed.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `ten` → 10; also `once` and `twice`.
pub(super) fn number(word: &str) -> Option<u32> {
    match word {
        "once" => Some(1),
        "twice" => Some(2),
        _ => NUMBERS.iter().position(|number| *number == word).and_then(|number| u32::try_from(number).ok()),
    }
}

/// `int` for `integer`, `number`, …; else the nearest type.
pub(super) fn type_meant(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "integer" | "number" | "num" | "u8" | "u16" | "u32" | "u64" | "i32" | "i64" | "dec" | "decimal" => Some("int"),
        "string" | "str" | "char" => Some("text"),
        "hexadecimal" | "x" => Some("hex"),
        lower => nearest(lower, ["int", "hex", "text"].into_iter()),
    }
}

/// `ctrl-z` for `ctrlz`, `^Z`, …; else the nearest end.
pub(super) fn prompt_end_meant(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "ctrlz" | "ctrl_z" | "ctrl+z" | "control-z" | "^z" | "sub" | "eof" | "0x1a" => Some("ctrl-z"),
        "enter" | "return" | "newline" | "crlf" | "lf" | "\\r" => Some("cr"),
        "escape" | "cancel" => Some("esc"),
        "none" | "null" => Some("nothing"),
        lower => nearest(lower, ["ctrl-z", "cr", "esc", "nothing"].into_iter()),
    }
}

/// The unit that `sec`, `minutes`, … stand for.
pub(super) fn unit_meant(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "ms" | "msec" | "msecs" | "msek" | "millis" | "millisecond" | "milliseconds" => Some("ms"),
        "s" | "sec" | "secs" | "sek" | "second" | "seconds" => Some("s"),
        "m" | "min" | "mins" | "minute" | "minutes" => Some("min"),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some("h"),
        _ => None,
    }
}

/// The known word that `word` is a misspelling of: one slip in a short word, two in a longer one.
pub(super) fn nearest(word: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    known
        .map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= if candidate.len() < 5 { 1 } else { 2 })
        .min_by_key(|(distance, candidate)| (*distance, !candidate.starts_with(&word)))
        .map(|(_, candidate)| candidate)
}

/// `` `a`, `b` or `c` ``
pub(super) fn list<'a>(words: impl Iterator<Item = &'a str>, last: &str) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    join(&words, last)
}

/// `a, b or c`
pub(super) fn join(words: &[String], last: &str) -> String {
    match words.split_last() {
        None => String::new(),
        Some((word, [])) => word.clone(),
        Some((word, rest)) => format!("{} {last} {word}", rest.join(", ")),
    }
}

/// Whether it is shaped as a name.
pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && word.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}
