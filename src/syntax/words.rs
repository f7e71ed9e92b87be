//! The words of the language, and what people write in their place.

use super::ast::Function;

/// The words that begin a statement or a clause.
pub(super) const STATEMENTS: &[&str] = &[
    "abort", "assert", "await", "capture", "confirm", "ensure", "expect", "fail", "finally", "for", "if", "log",
    "param", "port", "prompt", "reboot", "report", "retry", "run", "secret", "send", "set", "skip", "sleep", "stop",
    "timeout", "try", "unsafe",
];

/// Those whose line opens a block.
pub(super) const BLOCKS: &[&str] = &["ensure", "finally", "for", "if", "retry", "try", "unsafe"];

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

const FUNCTIONS: &[(&str, Function)] = &[
    ("len", Function::Len),
    ("int", Function::Int),
    ("text", Function::Text),
    ("upper", Function::Upper),
    ("lower", Function::Lower),
    ("trim", Function::Trim),
    ("dbm", Function::Dbm),
    ("luhn", Function::Luhn),
    ("ucs2", Function::Ucs2),
    ("gsm7", Function::Gsm7),
    ("file", Function::File),
];

const NUMBERS: &[&str] =
    &["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

pub(super) fn function(name: &str) -> Option<Function> {
    FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
}

pub(super) fn function_names() -> impl Iterator<Item = &'static str> + Clone {
    FUNCTIONS.iter().map(|(name, _)| *name)
}

/// What to write in place of another language's statement.
pub(super) fn foreign(word: &str) -> Option<&'static str> {
    FOREIGN.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, instead)| *instead)
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
        .min_by_key(|(distance, _)| *distance)
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
