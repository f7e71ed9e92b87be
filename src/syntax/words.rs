//! The words of the language, and what people write in their place.

use std::fmt;
use std::sync::OnceLock;

use serde::Serialize;

use super::grammar::Rule;
use crate::notation;
use crate::value::functions::{FUNCTIONS, function};

/// What people write in place of what is meant: a table for each heading.
const TABLES: &str = include_str!("../../grammar/words.md");

/// A row of a table, cut into its first cell and the rest.
type Row = (&'static str, &'static str);

pub(super) fn rows(heading: &str) -> impl Iterator<Item = Row> {
    static KNOWN: OnceLock<Vec<(&str, Vec<Row>)>> = OnceLock::new();
    let tables = KNOWN.get_or_init(|| {
        let sections = TABLES.split("\n## ").filter_map(|section| section.split_once('\n'));
        sections.map(|(heading, table)| (heading, notation::rows(table).skip(1).collect())).collect()
    });
    tables.iter().find(|(known, _)| *known == heading).into_iter().flat_map(|(_, rows)| rows.iter().copied())
}

/// The pages of the words that a line can begin with, sorted.
pub fn statements() -> &'static [&'static TopicPage] {
    static STATEMENTS: OnceLock<Vec<&TopicPage>> = OnceLock::new();
    STATEMENTS.get_or_init(|| {
        let mut words: Vec<_> = pages().filter(|page| !page.about.is_empty()).collect();
        words.sort_unstable_by_key(|page| page.word);
        words
    })
}

pub(super) fn statement(word: &str) -> Option<&'static TopicPage> {
    statements().iter().find(|statement| statement.word == word).copied()
}

pub(super) fn form(word: &str) -> Option<&'static str> {
    pages().find(|page| page.word == word).map(|page| page.form).filter(|form| !form.is_empty())
}

/// The pages of the language: what there is to say of a word at length, and an example that runs.
const PAGES: &str = include_str!("../../grammar/pages.md");

/// What there is to know of a word of the language, which may be a sign, or of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Topic {
    pub word: &'static str,
    /// What it does, in a sentence that goes on from the word; may be empty.
    pub about: &'static str,
    /// What it looks like, a line each
    pub forms: Vec<String>,
    /// Paragraphs, a line each
    pub text: String,
    /// A script that runs
    pub example: String,
}

/// The words that have a page of their own, in the order of a reader; then the functions.
pub fn topics() -> impl Iterator<Item = &'static str> {
    pages().map(|page| page.word).chain(FUNCTIONS.iter().map(|function| function.name))
}

#[derive(Debug)]
pub struct TopicPage {
    /// The first word of its heading
    pub word: &'static str,
    /// The heading
    words: &'static str,
    /// What the word does, where it begins a line; else empty
    about: &'static str,
    /// What it looks like, in examples; may be empty
    pub form: &'static str,
    /// What stands below
    text: &'static str,
}

fn pages() -> impl Iterator<Item = &'static TopicPage> {
    static KNOWN: OnceLock<Vec<TopicPage>> = OnceLock::new();
    let page = |page: &'static str| {
        let (heading, text) = page.split_once("\n\n")?;
        let mut lines = heading.lines();
        let words = lines.next()?;
        let (form, about) = (lines.next_back().unwrap_or(""), lines.next().unwrap_or(""));
        Some(TopicPage { word: words.split(", ").next().unwrap_or(words), words, about, form, text })
    };
    KNOWN.get_or_init(|| PAGES.split("\n## ").skip(1).filter_map(page).collect()).iter()
}

pub fn topic(word: &str) -> Option<Topic> {
    let Some(page) = pages().find(|page| page.words.split(", ").any(|known| known == word)) else {
        let Some(function) = function(word) else {
            let (word, about) = rows(BEHIND).find(|(known, _)| *known == word)?;
            let of = word.split_once(' ').and_then(|(of, _)| topic(of)).unwrap_or_default();
            return Some(Topic { word, about, ..of });
        };
        let (call, value) = function.example();
        return Some(Topic {
            word: function.name,
            about: function.about(),
            forms: vec![call.to_owned()],
            text: format!("Here it is `{value}`."),
            example: format!("log \"${{{call}}}\"\n"),
        });
    };
    let (text, example) = page.text.split_once("```hayes\n").unwrap_or((page.text, ""));
    Some(Topic {
        word: page.word,
        about: page.about,
        forms: page.form.split('`').skip(1).step_by(2).map(str::to_owned).collect(),
        text: text.trim().split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n"),
        example: example.trim_end().trim_end_matches("```").to_owned(),
    })
}

const BEHIND: &str = "What a word is behind another";

/// What is known of a word that stands behind this text in its line, where it is something else there: `port break`,
/// `rssi:int`, `module.ping`.
pub fn topic_behind(before: &str, word: &str) -> Option<Topic> {
    if let Some(record) = record_in(before) {
        return topic(&format!("{record}.{word}"));
    }
    let sign = before.trim_end().ends_with(':').then(|| format!(":{word}"));
    let mut words = before.split_whitespace().map(|before| before.trim_start_matches('}'));
    let (first, last) = (words.next(), words.next_back());
    let behind = [last, first].into_iter().flatten().map(|before| format!("{before} {word}"));
    sign.into_iter().chain(behind).find_map(|key| topic(&key))
}

/// Whose field stands behind this text: `module` for `${module("BG96").`, `setting` for `module.stack[0].`.
pub fn record_in(before: &str) -> Option<&str> {
    let item = before.strip_suffix('.')?;
    let open = item.strip_suffix([']', ')']).and_then(|inner| inner.rfind(['[', '(']));
    let item = open.and_then(|open| item.get(..open)).unwrap_or(item);
    let record = item.rsplit(|letter: char| !letter.is_ascii_alphanumeric() && !"_.".contains(letter)).next()?;
    // What a script calls so is something else.
    if record.starts_with("module.") { Some("setting") } else { Some(record).filter(|it| *it != "setting") }
}

/// The fields of the record `module`, or of a `setting` in it, each with what it is.
pub fn fields_of(record: &str) -> impl Iterator<Item = (&str, &str)> {
    rows(BEHIND).filter_map(move |(name, about)| Some((name.strip_prefix(record)?.strip_prefix('.')?, about)))
}

/// As `hayes explain` shows it, its paragraphs unbroken.
impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.about.is_empty() { String::new() } else { format!("  {}", self.about) };
        writeln!(f, "{}{about}", self.word)?;
        if self.text.is_empty() {
            return Ok(());
        }
        writeln!(f)?;
        self.forms.iter().try_for_each(|form| writeln!(f, "    {form}"))?;
        writeln!(f, "{}{}\n", if self.forms.is_empty() { "" } else { "\n" }, self.text)?;
        self.example.lines().try_for_each(|line| writeln!(f, "    {line}"))
    }
}

pub(super) const NOT_HERE: &str = "not in this language";

/// What to write in place of another language's statement.
pub fn foreign(word: &str) -> Option<&'static str> {
    let mut known = rows("What other languages call it");
    known.find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, instead)| instead)
}

/// What is said where such a word is asked for.
pub fn told_foreign(word: &str) -> Option<String> {
    foreign(word).map(|instead| format!("{word}  {NOT_HERE}: {instead}"))
}

/// What to write in place of another language's function, which is given that.
pub fn foreign_function(name: &str, given: &str) -> Option<String> {
    let instead = rows("What other languages call a function").find(|(known, _)| *known == name)?.1;
    Some(if given.is_empty() { instead.to_owned() } else { instead.replace("(x", &format!("({given}")) })
}

/// What to write in place of another language's value: `True`.
pub fn foreign_value(name: &str) -> Option<&'static str> {
    rows("What other languages call a value").find(|(known, _)| *known == name).map(|(_, meant)| meant)
}

// KEYWORDS, in the order of their rules in the grammar, and RESERVED, those that no name can be.
include!(concat!(env!("OUT_DIR"), "/words.rs"));

pub(super) fn keyword(rule: Rule) -> Option<&'static str> {
    let place = (rule as usize).checked_sub(Rule::kw_abort as usize)?;
    KEYWORDS.get(place).copied()
}

pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// The names that have a value without the script's giving it: what each is, and where it holds if not everywhere.
pub const GIVEN_NAMES: [(&str, &str, &str); 8] = [
    ("response", "the lines of the last answer", ""),
    ("body", "the content that the last answer carries", ""),
    ("result", "the final result code of the last answer", ""),
    ("elapsed", "how long the last answer took", ""),
    ("module", "what is known of the module", ""),
    ("replied", "whether the last question's prompt was replied to", ""),
    ("attempt", "the number of the attempt in a `retry`", "inside a `retry`"),
    ("error", "the reason of a failure in an `else`", "in the `else` of a `try` or a `retry`"),
];

/// What to write in place of another language's operator that `text` begins with, and its length.
pub(super) fn foreign_operator(text: &str) -> Option<(&'static str, &'static str)> {
    let word = text.split(|character: char| !character.is_ascii_alphabetic() && character != '_').next().unwrap_or("");
    rows("What other languages call an operator")
        .find(|(foreign, _)| if word.is_empty() { text.starts_with(foreign) } else { *foreign == word })
}

/// What is meant by what stands for a `type`, the `end` of data, a `unit` or a `number`.
pub(super) fn meant(place: &str, word: &str) -> Option<&'static str> {
    let here = rows("What else people write").filter_map(|(here, row)| row.split_once(" | ").filter(|_| here == place));
    let mut here = here.filter(|(_, written)| written.split(' ').any(|known| known.eq_ignore_ascii_case(word)));
    here.next().map(|(meant, _)| meant)
}

/// `a, b or c`
pub(super) fn join(words: impl Iterator<Item = String>, last: &str) -> String {
    let words: Vec<String> = words.collect();
    match words.split_last() {
        None => String::new(),
        Some((word, [])) => word.clone(),
        Some((word, rest)) => format!("{} {last} {word}", rest.join(", ")),
    }
}

#[cfg(test)]
#[path = "../../tests/units/statements.rs"]
mod tests;
