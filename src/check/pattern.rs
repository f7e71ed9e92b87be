//! What a script's pattern compiles to, once, shared by every thread that runs the program.

use super::line_pattern::LinePattern;
use super::regex_pattern::RegexPattern;
use crate::source::Span;
use crate::syntax::ast::{Convert, Pattern, PatternKind};

/// A compiled pattern: `"+CREG: {_},{stat:int}"` or `/rssi: (?<rssi>-?\d+)/i`.
///
/// It is given whole lines without their line end. `values` are the texts of the pattern's `${…}`, in the order in
/// which they stand there; they match literally. Time is linear in the line, and a miss allocates nothing.
#[derive(Debug)]
pub enum Matcher {
    Line(LinePattern),
    Regex(Box<RegexPattern>),
}

/// A place of a pattern that captures: `{stat:int}`, `(?<rssi>…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    pub name: String,
    pub convert: Convert,
    /// `{name?}`, or a regex's group: it need not take part in a match, and is empty then.
    pub optional: bool,
}

/// What the holes hold, as it stands in the line: without quotes, not yet converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captures<'m, 'l> {
    holes: &'m [Hole],
    found: Vec<Option<&'l [u8]>>,
}

impl Matcher {
    /// Else what is wrong with a regex: the reason in a few words, and the place in its text.
    pub(super) fn new(pattern: &Pattern) -> Result<Matcher, (String, Span)> {
        Ok(match &pattern.kind {
            PatternKind::Line(parts) => Matcher::Line(LinePattern::new(parts)),
            PatternKind::Regex { text, ignore_case, .. } => {
                Matcher::Regex(Box::new(RegexPattern::new(text, *ignore_case)?))
            }
        })
    }

    pub fn matches(&self, line: &[u8], values: &[String]) -> bool {
        match self {
            Matcher::Line(pattern) => pattern.matches(line, values),
            Matcher::Regex(pattern) => pattern.matches(line),
        }
    }

    pub fn captures<'m, 'l>(&'m self, line: &'l [u8], values: &[String]) -> Option<Captures<'m, 'l>> {
        let found = match self {
            Matcher::Line(pattern) => pattern.captures(line, values),
            Matcher::Regex(pattern) => pattern.captures(line),
        }?;
        Some(Captures { holes: self.holes(), found })
    }

    /// The named holes or groups, in the order in which they stand in the pattern.
    pub fn holes(&self) -> &[Hole] {
        match self {
            Matcher::Line(pattern) => pattern.holes(),
            Matcher::Regex(pattern) => pattern.holes(),
        }
    }
}

impl<'m, 'l> Captures<'m, 'l> {
    /// Each hole and what it holds; `None` where an optional one found nothing.
    pub fn iter(&self) -> impl Iterator<Item = (&'m Hole, Option<&'l [u8]>)> + '_ {
        self.holes.iter().zip(self.found.iter().copied())
    }

    pub fn get(&self, name: &str) -> Option<&'l [u8]> {
        self.iter().find(|(hole, _)| hole.name == name).and_then(|(_, found)| found)
    }
}
