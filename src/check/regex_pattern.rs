//! `/rssi: (?<rssi>-?\d+)/i`: a regex, searched anywhere in a line.
//!
//! It works on bytes, without Unicode classes, within limits: patterns come from strangers' scripts. It is validated
//! when the script is checked, and compiled when it is first needed.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind};

use super::pattern::Hole;
use crate::source::Span;
use crate::syntax::ast::Convert;

const SIZE_LIMIT: usize = 256 << 10;
const NEST_LIMIT: u32 = 32;
/// A regex with more states than this by our estimate is compiled at once, to see whether it keeps the size limit.
const SURELY_SMALL: usize = 1000;

#[derive(Debug)]
pub struct RegexPattern {
    text: String,
    ignore_case: bool,
    holes: Vec<Hole>,
    /// The group's number of each hole.
    groups: Vec<usize>,
    compiled: OnceLock<Option<Regex>>,
}

/// What is wrong with a regex: the reason in a few words, and the place in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegexFault {
    pub reason: String,
    pub span: Span,
}

impl RegexPattern {
    pub fn new(text: &str, ignore_case: bool) -> Result<RegexPattern, RegexFault> {
        let hir = regex_syntax::ParserBuilder::new()
            .case_insensitive(ignore_case)
            .unicode(false)
            .utf8(false)
            .nest_limit(NEST_LIMIT)
            .build()
            .parse(text)
            .map_err(|error| fault(&error, text))?;
        let (mut holes, mut groups) = (Vec::new(), Vec::new());
        named_groups(&hir, &mut |index, name| {
            holes.push(Hole { name: name.to_owned(), convert: Convert::Text, optional: true });
            groups.push(index);
        });
        let pattern = RegexPattern { text: text.to_owned(), ignore_case, holes, groups, compiled: OnceLock::new() };
        if states(&hir) > SURELY_SMALL && pattern.regex().is_none() {
            let reason = "it grows too large when it is compiled".to_owned();
            return Err(RegexFault { reason, span: Span::new(0, text.len()) });
        }
        Ok(pattern)
    }

    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    pub fn matches(&self, line: &[u8]) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(line))
    }

    pub fn captures<'l>(&self, line: &'l [u8]) -> Option<Vec<Option<&'l [u8]>>> {
        let regex = self.regex()?;
        let mut locations = regex.capture_locations();
        regex.captures_read(&mut locations, line)?;
        let group = |index: &usize| locations.get(*index).and_then(|(start, end)| line.get(start..end));
        Some(self.groups.iter().map(group).collect())
    }

    fn regex(&self) -> Option<&Regex> {
        let compile = || {
            RegexBuilder::new(&self.text)
                .case_insensitive(self.ignore_case)
                .unicode(false)
                .size_limit(SIZE_LIMIT)
                .dfa_size_limit(SIZE_LIMIT)
                .nest_limit(NEST_LIMIT)
                .build()
                .ok()
        };
        self.compiled.get_or_init(compile).as_ref()
    }
}

fn named_groups(hir: &Hir, found: &mut impl FnMut(usize, &str)) {
    match hir.kind() {
        HirKind::Capture(capture) => {
            if let Some(name) = &capture.name {
                found(capture.index as usize, name);
            }
            named_groups(&capture.sub, found);
        }
        HirKind::Repetition(repetition) => named_groups(&repetition.sub, found),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| named_groups(part, found));
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {}
    }
}

/// About how many states it compiles to; never less than a fifth of the truth for what people write.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(_) => 2,
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1) as usize;
            states(&repetition.sub).saturating_add(1).saturating_mul(times)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(states).fold(1, usize::saturating_add),
    }
}

fn fault(error: &regex_syntax::Error, text: &str) -> RegexFault {
    let (reason, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span()),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span()),
        _ => return RegexFault { reason: error.to_string(), span: Span::new(0, text.len()) },
    };
    RegexFault { reason, span: Span::new(span.start.offset, span.end.offset) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let fault = RegexPattern::new("abc(", false).unwrap_err();
        assert_eq!((fault.reason.as_str(), fault.span), ("unclosed group", Span::new(3, 4)));
        assert_eq!(RegexPattern::new("(?=x)", false).unwrap_err().span, Span::new(0, 3));
        assert!(RegexPattern::new(&"(".repeat(40), false).is_err());
        assert!(RegexPattern::new(&format!("{}a{}", "(".repeat(40), ")".repeat(40)), false).is_err());
    }

    #[test]
    fn too_large_a_regex_is_refused_when_it_is_checked() {
        assert!(RegexPattern::new("(?:a{1000}){100}", false).is_err());
        assert!(RegexPattern::new(r"\d{1,5}", false).is_ok());
    }
}
