//! `/rssi: (?<rssi>-?\d+)/i`: a regex, searched anywhere in a line.
//!
//! In a line that is UTF-8 text `.` and `[^…]` stand for a character, in any other for a byte: a modem may say anything.
//! `\d`, `\w`, `\s` and `\b` are those of ASCII: so they compile to little, and no modem counts in other digits. Limits hold,
//! for patterns come from strangers' scripts. A regex is validated when the script is checked, and compiled when it is
//! first needed; for characters, when the first line comes that is not plain ASCII.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind};

use super::pattern::Hole;
use crate::source::Span;
use crate::syntax::ast::Convert;

const SIZE_LIMIT: usize = 256 << 10;
/// A character is one byte to four, which takes more states.
const SIZE_LIMIT_FOR_CHARACTERS: usize = 8 * SIZE_LIMIT;
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
    /// What it names has no bytes of its own: `[äö]`, `\p{Lu}`.
    needs_characters: bool,
    for_bytes: OnceLock<Option<Regex>>,
    for_characters: OnceLock<Option<Regex>>,
}

impl RegexPattern {
    /// Else the reason in a few words, and the place in the text.
    pub fn new(text: &str, ignore_case: bool) -> Result<RegexPattern, (String, Span)> {
        let (hir, needs_characters) = match parsed(text, ignore_case, false) {
            Ok(hir) => (hir, false),
            Err(error) => match parsed(&with_ascii_classes(text), ignore_case, true) {
                Ok(hir) => (hir, true),
                Err(_) => return Err(fault(&error, text)),
            },
        };
        let (mut holes, mut groups) = (Vec::new(), Vec::new());
        named_groups(&hir, &mut |index, name| {
            holes.push(Hole { name: name.to_owned(), convert: Convert::Text, optional: true });
            groups.push(index);
        });
        let pattern = RegexPattern {
            text: text.to_owned(),
            ignore_case,
            holes,
            groups,
            needs_characters,
            for_bytes: OnceLock::new(),
            for_characters: OnceLock::new(),
        };
        // Of classes of characters our estimate knows nothing.
        if (needs_characters || states(&hir) > SURELY_SMALL) && pattern.regex(b"").is_none() {
            return Err(("it grows too large when it is compiled".to_owned(), Span::new(0, text.len())));
        }
        Ok(pattern)
    }

    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    pub fn matches(&self, line: &[u8]) -> bool {
        self.regex(line).is_some_and(|regex| regex.is_match(line))
    }

    pub fn captures<'l>(&self, line: &'l [u8]) -> Option<Vec<Option<&'l [u8]>>> {
        let regex = self.regex(line)?;
        let mut locations = regex.capture_locations();
        regex.captures_read(&mut locations, line)?;
        let group = |index: &usize| locations.get(*index).and_then(|(start, end)| line.get(start..end));
        Some(self.groups.iter().map(group).collect())
    }

    /// The regex for this line.
    fn regex(&self, line: &[u8]) -> Option<&Regex> {
        let for_bytes = || self.for_bytes.get_or_init(|| self.compiled(false)).as_ref();
        let for_characters = || self.for_characters.get_or_init(|| self.compiled(true)).as_ref();
        match (self.needs_characters, line.is_ascii() || std::str::from_utf8(line).is_err()) {
            (true, _) => for_characters(),
            (false, true) => for_bytes(),
            // It may keep the limit for bytes alone.
            (false, false) => for_characters().or_else(for_bytes),
        }
    }

    /// `characters`: what `.` stands for, instead of a byte.
    fn compiled(&self, characters: bool) -> Option<Regex> {
        let (text, size_limit) = if characters {
            (with_ascii_classes(&self.text), SIZE_LIMIT_FOR_CHARACTERS)
        } else {
            (Cow::Borrowed(self.text.as_str()), SIZE_LIMIT)
        };
        RegexBuilder::new(&text)
            .case_insensitive(self.ignore_case)
            .unicode(characters)
            .size_limit(size_limit)
            .dfa_size_limit(SIZE_LIMIT)
            .nest_limit(NEST_LIMIT)
            .build()
            .ok()
    }
}

fn parsed(text: &str, ignore_case: bool, characters: bool) -> Result<Hir, Box<regex_syntax::Error>> {
    regex_syntax::ParserBuilder::new()
        .case_insensitive(ignore_case)
        .unicode(characters)
        .utf8(false)
        .nest_limit(NEST_LIMIT)
        .build()
        .parse(text)
        .map_err(Box::new)
}

/// The same regex, its classes written out as they are in ASCII.
fn with_ascii_classes(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        written.push_str(before);
        let Some(escaped) = behind.chars().next() else {
            rest = "\\";
            break;
        };
        rest = behind.get(escaped.len_utf8()..).unwrap_or_default();
        match escaped {
            'd' => written.push_str("[0-9]"),
            'D' => written.push_str("[^0-9]"),
            'w' => written.push_str("[0-9A-Za-z_]"),
            'W' => written.push_str("[^0-9A-Za-z_]"),
            's' => written.push_str("[\\t\\n\\x0B\\f\\r\\x20]"),
            'S' => written.push_str("[^\\t\\n\\x0B\\f\\r\\x20]"),
            'b' | 'B' => {
                // `\b{start}`
                let kind = rest.strip_prefix('{').and_then(|kind| kind.find('}')).map_or(0, |end| end + 2);
                let (kind, behind) = rest.split_at_checked(kind).unwrap_or(("", rest));
                written.push_str(&format!("(?-u:\\{escaped}{kind})"));
                rest = behind;
            }
            other => {
                written.push('\\');
                written.push(other);
            }
        }
    }
    written.push_str(rest);
    Cow::Owned(written)
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

fn fault(error: &regex_syntax::Error, text: &str) -> (String, Span) {
    let (reason, span) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span()),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span()),
        _ => return (error.to_string(), Span::new(0, text.len())),
    };
    (reason, Span::new(span.start.offset, span.end.offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let fault = |regex| RegexPattern::new(regex, false).unwrap_err();
        assert_eq!(fault("abc("), ("unclosed group".to_owned(), Span::new(3, 4)));
        assert_eq!(fault("(?=x)").1, Span::new(0, 3));
        assert!(RegexPattern::new(&"(".repeat(40), false).is_err());
        assert!(RegexPattern::new(&format!("{}a{}", "(".repeat(40), ")".repeat(40)), false).is_err());
    }

    #[test]
    fn a_character_of_a_text_is_a_character() {
        let matches = |regex: &str, line: &[u8]| RegexPattern::new(regex, false).unwrap().matches(line);
        assert!(matches("^.$", "ä".as_bytes()));
        assert!(!matches("^..$", "ä".as_bytes()));
        assert!(matches(r"^[^\d]\W\S\D$", "äöüß".as_bytes()));
        assert!(matches("^[äö]$", "ö".as_bytes()) && !matches("^[äö]$", b"o"));
        assert!(RegexPattern::new("ÄÖ", true).unwrap().matches("äö".as_bytes()));
        let grouped = RegexPattern::new("(?<g>Gr.)", false).unwrap();
        assert_eq!(grouped.captures("Größe".as_bytes()), Some(vec![Some("Grö".as_bytes())]));
        // Classes are those of ASCII, in every line.
        for class in [r"\d", r"\w", r"[\w]", r"\b", r"\s"] {
            assert!(!matches(class, "٣é\u{a0}".as_bytes()), "{class}");
        }
        assert!(matches(r"\bx\b{end}", "é x\u{e9}".as_bytes()));
        // A line that is no text is looked at byte by byte.
        assert!(matches("^a..b$", b"a\xff\xfeb"));
        assert!(matches(r"^a\xff.b$", b"a\xff\xfeb"));
    }

    #[test]
    fn what_keeps_the_limit_keeps_it_for_characters() {
        assert!(RegexPattern::new(r"\p{L}{1000}", false).is_err());
        assert!(!RegexPattern::new("^.{2,2000}$", false).unwrap().matches("ä".as_bytes()));
        assert!(RegexPattern::new("^.{2,4000}$", false).is_err());
    }

    #[test]
    fn too_large_a_regex_is_refused_when_it_is_checked() {
        assert!(RegexPattern::new("(?:a{1000}){100}", false).is_err());
        assert!(RegexPattern::new(r"\d{1,5}", false).is_ok());
    }
}
