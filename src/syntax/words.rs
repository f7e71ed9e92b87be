//! The words of the language, and what people write in their place.

use std::sync::OnceLock;

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
}

/// The words that a line can begin with: a table for each heading.
const TABLES: &str = include_str!("../../grammar/words.md");

/// The rows of a table, each cut into its first cell and the rest.
fn rows(heading: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let section = TABLES.split("\n## ").find_map(|section| section.strip_prefix(heading)).unwrap_or("");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.skip(1).filter_map(|row| row.split_once(" | "))
}

/// The words that begin a statement or a clause.
pub fn statements() -> &'static [StatementWord] {
    static STATEMENTS: OnceLock<Vec<StatementWord>> = OnceLock::new();
    STATEMENTS.get_or_init(|| {
        let word = |(word, rest): (_, &'static str)| {
            rest.split_once(" | ").map(|(about, form)| StatementWord { word, about, form })
        };
        rows("Statements and clauses").filter_map(word).collect()
    })
}

pub(super) fn statement_words() -> impl Iterator<Item = &'static str> {
    statements().iter().map(|statement| statement.word)
}

/// The statement that begins with this word.
pub(super) fn statement(word: &str) -> Option<&'static StatementWord> {
    statements().iter().find(|statement| statement.word == word)
}

pub(super) fn opens_block(word: &str) -> bool {
    statement(word).is_some_and(|statement| statement.form.ends_with("{`"))
}

/// What a statement looks like, in examples.
pub(super) fn form(word: &str) -> Option<&'static str> {
    let other = || rows("What else has a form").find(|(known, _)| *known == word).map(|(_, form)| form);
    statement(word).map(|statement| statement.form).or_else(other)
}

/// What to write in place of another language's statement.
pub(super) fn foreign(word: &str) -> Option<&'static str> {
    let mut known = rows("What other languages call it");
    known.find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, instead)| instead)
}

/// The rule of each keyword.
const KEYWORDS: &[(Rule, &str)] = &[
    (Rule::kw_abort, "abort"),
    (Rule::kw_all, "all"),
    (Rule::kw_answers, "answers"),
    (Rule::kw_as, "as"),
    (Rule::kw_assert, "assert"),
    (Rule::kw_await, "await"),
    (Rule::kw_baud, "baud"),
    (Rule::kw_break, "break"),
    (Rule::kw_cancel, "cancel"),
    (Rule::kw_capture, "capture"),
    (Rule::kw_confirm, "confirm"),
    (Rule::kw_dtr, "dtr"),
    (Rule::kw_else, "else"),
    (Rule::kw_ensure, "ensure"),
    (Rule::kw_escape, "escape"),
    (Rule::kw_every, "every"),
    (Rule::kw_expect, "expect"),
    (Rule::kw_fail, "fail"),
    (Rule::kw_finally, "finally"),
    (Rule::kw_flush, "flush"),
    (Rule::kw_for, "for"),
    (Rule::kw_if, "if"),
    (Rule::kw_in, "in"),
    (Rule::kw_log, "log"),
    (Rule::kw_matches, "matches"),
    (Rule::kw_not, "not"),
    (Rule::kw_nothing, "nothing"),
    (Rule::kw_on, "on"),
    (Rule::kw_or, "or"),
    (Rule::kw_param, "param"),
    (Rule::kw_port, "port"),
    (Rule::kw_prompt, "prompt"),
    (Rule::kw_quiet, "quiet"),
    (Rule::kw_raw, "raw"),
    (Rule::kw_reboot, "reboot"),
    (Rule::kw_repeat, "repeat"),
    (Rule::kw_reply, "reply"),
    (Rule::kw_report, "report"),
    (Rule::kw_retry, "retry"),
    (Rule::kw_rts, "rts"),
    (Rule::kw_run, "run"),
    (Rule::kw_secret, "secret"),
    (Rule::kw_send, "send"),
    (Rule::kw_set, "set"),
    (Rule::kw_skip, "skip"),
    (Rule::kw_sleep, "sleep"),
    (Rule::kw_stop, "stop"),
    (Rule::kw_then, "then"),
    (Rule::kw_timeout, "timeout"),
    (Rule::kw_to, "to"),
    (Rule::kw_try, "try"),
    (Rule::kw_unsafe, "unsafe"),
    (Rule::kw_up, "up"),
    (Rule::kw_when, "when"),
    (Rule::kw_with, "with"),
    (Rule::kw_within, "within"),
];

/// The word of a keyword's rule.
pub(super) fn keyword(rule: Rule) -> Option<&'static str> {
    KEYWORDS.iter().find(|(known, _)| *known == rule).map(|(_, word)| *word)
}

pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|(_, known)| *known == word)
}

/// Those that no name can be; the grammar's rule `reserved`.
pub(super) const RESERVED: &[&str] =
    &["and", "or", "not", "in", "matches", "true", "false", "if", "else", "for", "all", "as", "within", "every"];

/// Those that take a text.
pub(super) const TEXT_STATEMENTS: &[&str] = &["send", "fail", "skip", "log", "confirm", "run", "unsafe"];

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
        let mut known: Vec<_> = KEYWORDS.iter().map(|(rule, word)| (format!("{rule:?}"), *word)).collect();
        let mut there: Vec<_> =
            rules.map(|(name, rule)| (format!("kw_{name}"), in_quotes(rule).next().unwrap())).collect();
        known.sort_unstable();
        there.sort_unstable();
        assert_eq!(known, there);
        // The statements are those that the rule `statement` holds: `kw_await` for `await_line`.
        let (_, statement) = grammar.split_once("\nstatement = _{").unwrap();
        let rules = statement.split_once('}').unwrap().0.split([' ', '(', ')', '\n']);
        let mut words: Vec<_> = rules
            .filter_map(|rule| rule.strip_suffix("_line"))
            .filter(|word| !matches!(*word, "at" | "else"))
            .collect();
        words.sort_unstable();
        assert!(statement_words().eq(words));
        let (_, reserved) = grammar.split_once("\nreserved = @{").unwrap();
        assert!(in_quotes(reserved.split_once('}').unwrap().0).eq(RESERVED.iter().copied()));
    }
}
