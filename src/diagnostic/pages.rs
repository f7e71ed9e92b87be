//! `hayes explain hayes::check::two-at`: a page for every code that a diagnostic or a result can have.
//!
//! The pages stand in `pages/*.md`, a heading a code, and are the one table of codes. Under the heading stands `error`
//! or `warning`, and behind it the message, where it has the same words each time; `at:` is what is said at the place,
//! `help:` what to do, `mend:` the text that is right there. `«name»` stands for a value of that time. What is told of
//! one code in several ways has a heading for each: `## hayes::check::finally-place twice`. Examples are tests: the
//! wrong one gives that code and no other, the right one nothing.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Serialize;

use super::Severity;
use crate::table::{CarriedText, Table};

static BOOKS: Table<CarriedText> = Table::new(include_bytes!(concat!(env!("OUT_DIR"), "/pages")));

/// What there is to say about a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// In full: `hayes::check::two-at`
    pub code: &'static str,
    #[serde(skip)]
    pub severity: Severity,
    /// What it means and what to do, in a paragraph or more.
    pub text: &'static str,
    /// A script that has this fault
    pub wrong: Option<&'static str>,
    /// That script, mended
    pub right: Option<&'static str>,
}

/// The page of a code, which may be written without its first parts: `two-at`.
pub fn page(code: &str) -> Option<Page> {
    let (code, body) = sections().find(|(known, _)| !known.contains(' ') && names(code, known))?;
    let (severity, rest) = severity_and_rest(body);
    let text = rest.split("\n```").next().unwrap_or(rest).trim();
    Some(Page { code, severity, text, wrong: example(rest, "wrong"), right: example(rest, "right") })
}

pub(crate) fn severity(code: &str) -> Severity {
    severity_and_rest(body(code)).0
}

/// What a code's page says behind this word, where the words are the same each time; the heading in full.
pub(crate) fn words(code: &str, word: &str) -> Option<&'static str> {
    let mut head = body(code).lines().take_while(|line| !line.is_empty());
    head.find_map(|line| line.strip_prefix(word)?.strip_prefix(": "))
}

fn body(code: &str) -> &'static str {
    static BODIES: OnceLock<HashMap<&str, &str>> = OnceLock::new();
    BODIES.get_or_init(|| sections().collect()).get(code).copied().unwrap_or_default()
}

/// The files that the pages stand in, in the order in which they are read.
pub fn books() -> impl Iterator<Item = &'static str> {
    BOOKS.iter().map(|book| book.name)
}

pub fn codes() -> impl Iterator<Item = &'static str> {
    sections().map(|(code, _)| code).filter(|code| !code.contains(' '))
}

/// The code that is most like this one: for "did you mean".
pub fn nearest(code: &str) -> Option<&'static str> {
    let written = code.rsplit("::").next().unwrap_or(code);
    let last = |code: &'static str| code.rsplit("::").next().unwrap_or(code);
    let near = super::nearest(written, codes().map(last))?;
    codes().find(|code| last(code) == near)
}

/// Whether a code is meant by what was written: in full, or its last part.
pub(crate) fn names(written: &str, code: &str) -> bool {
    written == code || code.strip_suffix(written).is_some_and(|rest| rest.ends_with("::"))
}

fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    let sections = BOOKS.iter().flat_map(|book| book.text.split("\n## ").skip(1));
    sections.filter_map(|section| section.split_once('\n')).map(|(code, body)| (code.trim(), body))
}

fn severity_and_rest(body: &'static str) -> (Severity, &'static str) {
    let (head, rest) = body.split_once("\n\n").unwrap_or((body, ""));
    (if head.starts_with("warning") { Severity::Warning } else { Severity::Error }, rest)
}

fn example(body: &'static str, name: &str) -> Option<&'static str> {
    let (_, from) = body.split_once(&format!("```{name}\n"))?;
    let (example, _) = from.split_once("```")?;
    Some(example)
}
