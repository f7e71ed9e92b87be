//! The words of the language, and what people write in their place.

use super::grammar::Rule;
use crate::diagnostic;
use crate::value::functions::FUNCTIONS;

/// A word that begins a statement or a clause.
#[derive(Debug, Clone, Copy)]
pub struct StatementWord {
    pub word: &'static str,
    /// What it does; the sentence begins with the statement.
    pub about: &'static str,
    /// What it looks like, in examples
    pub form: &'static str,
    rule: Rule,
    opens_block: bool,
}

const fn statement_word(
    rule: Rule,
    word: &'static str,
    opens_block: bool,
    about: &'static str,
    form: &'static str,
) -> StatementWord {
    StatementWord { word, about, form, rule, opens_block }
}

/// The words that begin a statement or a clause.
const STATEMENTS: &[StatementWord] = &[
    statement_word(
        Rule::kw_abort,
        "abort",
        false,
        "ends the run when such a line comes, whenever that is",
        "`abort on \"NO CARRIER\"` or `abort on RING, \"why\"`",
    ),
    statement_word(
        Rule::kw_assert,
        "assert",
        false,
        "fails unless the condition holds",
        "`assert rssi != 99` or `assert rssi != 99, \"why\"`",
    ),
    statement_word(
        Rule::kw_await,
        "await",
        false,
        "waits for a line that comes by itself, for silence, or for a text",
        "`await \"+CREG: 1\" within 60s`, `await quiet 500ms` or `await prompt \"login: \"`",
    ),
    statement_word(
        Rule::kw_capture,
        "capture",
        false,
        "gives names to what the answer holds",
        "`capture rssi:int, ber:int`, `capture \"+CSQ: {rssi:int}\"` or `capture all cid:int, type as contexts`",
    ),
    statement_word(Rule::kw_confirm, "confirm", false, "asks a person before it goes on", "`confirm \"text\"`"),
    statement_word(
        Rule::kw_ensure,
        "ensure",
        true,
        "asks, and runs its block where the answer differs",
        "`ensure AT+CGDCONT? answers '+CGDCONT: 1,\"IP\",\"super\"' else {`",
    ),
    statement_word(
        Rule::kw_expect,
        "expect",
        false,
        "fails unless the answer has such a line",
        "`expect OK`, `expect \"+CREG: 0,1\" or /,5$/` or `expect nothing within 2s`",
    ),
    statement_word(Rule::kw_fail, "fail", false, "ends the script as failed", "`fail \"why\"`"),
    statement_word(
        Rule::kw_finally,
        "finally",
        true,
        "runs its block at the end, however the script ends",
        "`finally {`",
    ),
    statement_word(Rule::kw_for, "for", true, "runs its block for each item of a list", "`for context in contexts {`"),
    statement_word(
        Rule::kw_if,
        "if",
        true,
        "runs the first block whose condition holds",
        "`if rssi > 10 and model matches /^BG/ {`",
    ),
    statement_word(
        Rule::kw_log,
        "log",
        false,
        "tells the user something",
        "`log \"text\"` or `log \"signal: ${rssi}\"`",
    ),
    statement_word(
        Rule::kw_param,
        "param",
        false,
        "declares a value that is given from outside",
        "`param apn`, `param cid:int = 1` or `param apn = \"super\" \"what it is\"`",
    ),
    statement_word(
        Rule::kw_port,
        "port",
        false,
        "sets the serial port, or leaves data mode",
        "`port baud 921600`, `port dtr off`, `port rts on`, `port break 200ms`, `port flush` or `port escape`",
    ),
    statement_word(
        Rule::kw_prompt,
        "prompt",
        false,
        "answers the question of a command for data",
        "`prompt reply \"text\"`, `prompt \">\" reply \"text\" then cr` or `prompt cancel`",
    ),
    statement_word(
        Rule::kw_reboot,
        "reboot",
        false,
        "restarts the modem and waits until it is back",
        "`reboot AT+CFUN=1,1` or `reboot AT+CFUN=1,1 within 90s`",
    ),
    statement_word(Rule::kw_report, "report", false, "adds columns to the result", "`report imei, signal = dbm(rssi)`"),
    statement_word(
        Rule::kw_retry,
        "retry",
        true,
        "runs its block until it passes",
        "`retry 10 every 5s {`, `retry 5 every 1s up to 30s {` or `retry for 10min every 5s {`",
    ),
    statement_word(
        Rule::kw_run,
        "run",
        false,
        "runs another script",
        "`run \"modem/identify\" as modem` or `run \"name\" with apn = \"super\"`",
    ),
    statement_word(
        Rule::kw_secret,
        "secret",
        false,
        "declares a value that is never shown",
        "`secret pin` or `secret pin \"what it is\"`",
    ),
    statement_word(
        Rule::kw_send,
        "send",
        false,
        "sends a command, a text or bytes",
        "`send AT+CSQ`, `send \"text\"` or `send raw \"+++\"`",
    ),
    statement_word(Rule::kw_set, "set", false, "gives a name a value", "`set name = value`"),
    statement_word(Rule::kw_skip, "skip", false, "ends the script as not applicable", "`skip \"why\"`"),
    statement_word(Rule::kw_sleep, "sleep", false, "waits so long", "`sleep 2s`"),
    statement_word(Rule::kw_stop, "stop", false, "ends the script as passed", "`stop`"),
    statement_word(Rule::kw_timeout, "timeout", false, "is how long an answer may take from here on", "`timeout 10s`"),
    statement_word(Rule::kw_try, "try", true, "goes on where its block fails", "`try {`"),
    statement_word(Rule::kw_unsafe, "unsafe", true, "allows its block what could do harm", "`unsafe \"why\" {`"),
];

/// The other words that mean something somewhere.
const OTHER_KEYWORDS: &[(Rule, &str)] = &[
    (Rule::kw_all, "all"),
    (Rule::kw_answers, "answers"),
    (Rule::kw_as, "as"),
    (Rule::kw_baud, "baud"),
    (Rule::kw_break, "break"),
    (Rule::kw_cancel, "cancel"),
    (Rule::kw_dtr, "dtr"),
    (Rule::kw_else, "else"),
    (Rule::kw_escape, "escape"),
    (Rule::kw_every, "every"),
    (Rule::kw_flush, "flush"),
    (Rule::kw_in, "in"),
    (Rule::kw_matches, "matches"),
    (Rule::kw_not, "not"),
    (Rule::kw_nothing, "nothing"),
    (Rule::kw_on, "on"),
    (Rule::kw_or, "or"),
    (Rule::kw_quiet, "quiet"),
    (Rule::kw_raw, "raw"),
    (Rule::kw_reply, "reply"),
    (Rule::kw_rts, "rts"),
    (Rule::kw_then, "then"),
    (Rule::kw_to, "to"),
    (Rule::kw_up, "up"),
    (Rule::kw_with, "with"),
    (Rule::kw_within, "within"),
];

/// What else a line can begin with, and `${`, in examples
const OTHER_FORMS: &[(&str, &str)] = &[
    ("${", "`${apn}`, `${modem.imei}` or `${dbm(rssi)}`"),
    ("else", "`} else {` or `} else if rssi > 10 {`"),
    ("AT", "`AT+COPS=? within 3min`; `expect` and `capture` stand on the lines under it"),
];

/// Those that no name can be; the grammar's rule `reserved`.
pub(super) const RESERVED: &[&str] =
    &["and", "or", "not", "in", "matches", "true", "false", "if", "else", "for", "all", "as", "within", "every"];

/// The words that begin a statement or a clause.
pub fn statements() -> &'static [StatementWord] {
    STATEMENTS
}

pub(super) fn statement_words() -> impl Iterator<Item = &'static str> {
    STATEMENTS.iter().map(|statement| statement.word)
}

/// The statement that begins with this word.
pub(super) fn statement(word: &str) -> Option<&'static StatementWord> {
    STATEMENTS.iter().find(|statement| statement.word == word)
}

pub(super) fn opens_block(word: &str) -> bool {
    statement(word).is_some_and(|statement| statement.opens_block)
}

/// What a statement looks like, in examples.
pub(super) fn form(word: &str) -> Option<&'static str> {
    let other = || OTHER_FORMS.iter().find(|(known, _)| *known == word).map(|(_, form)| *form);
    statement(word).map(|statement| statement.form).or_else(other)
}

fn keywords() -> impl Iterator<Item = (Rule, &'static str)> {
    STATEMENTS.iter().map(|statement| (statement.rule, statement.word)).chain(OTHER_KEYWORDS.iter().copied())
}

/// The word of a keyword's rule.
pub(super) fn keyword(rule: Rule) -> Option<&'static str> {
    keywords().find(|(known, _)| *known == rule).map(|(_, word)| word)
}

pub(super) fn is_keyword(word: &str) -> bool {
    keywords().any(|(_, known)| known == word)
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

/// The known word that `word` is a misspelling of.
pub(super) fn nearest(word: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    diagnostic::nearest(&word.to_ascii_lowercase(), known)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_the_words_of_the_grammar() {
        let grammar = include_str!("../../grammar/hayes.pest");
        let in_quotes = |text: &'static str| text.split('"').skip(1).step_by(2);
        let rules = grammar.lines().filter_map(|line| line.strip_prefix("kw_")?.split_once(" = "));
        let mut known: Vec<_> = keywords().map(|(rule, word)| (format!("{rule:?}"), word)).collect();
        let mut there: Vec<_> =
            rules.map(|(name, rule)| (format!("kw_{name}"), in_quotes(rule).next().unwrap())).collect();
        known.sort_unstable();
        there.sort_unstable();
        assert_eq!(known, there);
        let (_, reserved) = grammar.split_once("\nreserved = @{").unwrap();
        assert!(in_quotes(reserved.split_once('}').unwrap().0).eq(RESERVED.iter().copied()));
    }
}
