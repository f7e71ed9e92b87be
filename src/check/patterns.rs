//! Patterns: compiled, and what cannot be meant in them.

use std::collections::HashSet;

use super::checker::Checker;
use super::faults::exchange::ExchangeFault;
use super::faults::name::NameFault;
use super::pattern::Matcher;
use crate::at::result_code;
use crate::source::Span;
use crate::syntax::ast::{Pattern, PatternKind, PatternPart};

impl Checker<'_, '_, '_> {
    /// A pattern that only compares: `expect`, `answers`, `matches`. `place` is how it is called.
    pub(super) fn comparing_pattern(&mut self, pattern: &Pattern, place: &'static str) {
        self.pattern(pattern);
        if let Some((name, span)) = self.first_hole(pattern) {
            self.reporter.report(&ExchangeFault::NamedHole { name, place }, span);
        }
    }

    /// Compiles a pattern and looks at its text.
    pub(super) fn pattern(&mut self, pattern: &Pattern) {
        if self.parts.matchers.get(pattern.id as usize).is_none_or(Option::is_none) {
            match Matcher::new(pattern) {
                Ok(matcher) => {
                    if let Some(place) = self.parts.matchers.get_mut(pattern.id as usize) {
                        *place = Some(matcher);
                    }
                }
                Err(_) if self.value_in_regex(pattern) => {}
                Err(fault) => {
                    let inner = match &pattern.kind {
                        PatternKind::Regex { inner, .. } => *inner,
                        PatternKind::Line(_) => pattern.span,
                    };
                    let span = self.in_regex(inner, fault.span);
                    self.reporter.report(&ExchangeFault::BadRegex { reason: fault.reason }, span);
                }
            }
        }
        match &pattern.kind {
            PatternKind::Line(parts) => self.line_pattern(pattern, parts),
            PatternKind::Regex { text, inner, .. } => {
                if text.is_empty() {
                    self.reporter.report(&ExchangeFault::EmptyPattern, inner.to(pattern.span));
                }
            }
        }
    }

    /// Whether a regex was meant to hold a value; tells so.
    fn value_in_regex(&mut self, pattern: &Pattern) -> bool {
        let PatternKind::Regex { text, inner, .. } = &pattern.kind else { return false };
        let Some(value) = text.find("${").and_then(|at| text.get(at..=at + text.get(at..)?.find('}')?)) else {
            return false;
        };
        let (value, span) = (value.to_owned(), self.place_in(*inner, &[value]));
        self.reporter.report(&ExchangeFault::ValueInRegex { value }, span);
        true
    }

    /// Reports names that one line gives twice.
    pub(super) fn captured_twice(&mut self, names: &[(&str, Span)]) {
        let mut earlier = HashSet::with_capacity(names.len());
        for (name, span) in names {
            if !earlier.insert(name) {
                self.reporter.report(&NameFault::TwoCaptures { name: (*name).to_owned() }, *span);
            }
        }
    }

    fn line_pattern(&mut self, pattern: &Pattern, parts: &[PatternPart]) {
        let mut names = Vec::new();
        let mut after_hole = false;
        for part in parts {
            let is_hole = matches!(part, PatternPart::Hole(_));
            match part {
                PatternPart::Text(text) => self.literal_text(pattern, text),
                PatternPart::Value(value) => {
                    self.expression(value);
                }
                PatternPart::Hole(field) => {
                    if after_hole {
                        self.reporter.report(&ExchangeFault::AdjacentHoles, field.span);
                    }
                    names.extend(field.name.as_ref().map(|name| (name.value.as_str(), name.span)));
                }
            }
            after_hole = is_hole;
        }
        self.captured_twice(&names);
        let is_empty = parts.iter().all(|part| match part {
            PatternPart::Text(text) => text.trim().is_empty(),
            PatternPart::Value(_) | PatternPart::Hole(_) => false,
        });
        if is_empty {
            self.reporter.report(&ExchangeFault::EmptyPattern, pattern.span);
        }
    }

    fn literal_text(&mut self, pattern: &Pattern, text: &str) {
        if text.contains(['\r', '\n']) {
            let span = self.place_in(pattern.span, &["\\r", "\\n"]);
            self.reporter.report(&ExchangeFault::LineEndInPattern, span);
            return;
        }
        const REGEX_ONLY: [&str; 7] = [".*", ".+", "\\d", "\\w", "\\s", "[0-9]", "(?"];
        if let Some(found) = REGEX_ONLY.into_iter().find(|sign| text.contains(sign)) {
            let span = self.place_in(pattern.span, &[found]);
            self.reporter.report(&ExchangeFault::RegexInText { found }, span);
        }
        let codes: Vec<&str> = text.split([',', '|']).map(str::trim).collect();
        if codes.len() > 1 && codes.iter().all(|code| result_code::parse(code.as_bytes()).is_some()) {
            let fault = ExchangeFault::CodesInOne { alternatives: codes.join(" or ") };
            self.reporter.report(&fault, pattern.span);
        }
    }

    /// Where one of these stands in the source within `span`; all of `span` where none does.
    fn place_in(&self, span: Span, signs: &[&str]) -> Span {
        let written = self.script.source.slice(span);
        let found = signs.iter().filter_map(|sign| Some((written.find(sign)?, sign.len()))).min();
        found.map_or(span, |(at, length)| within(span, Span::new(at, at + length)))
    }

    /// A place in a regex's text as a place in the source, where `/` is written `\/`.
    fn in_regex(&self, inner: Span, fault: Span) -> Span {
        let written = self.script.source.slice(inner);
        let place = |offset: u32| {
            let mut place = offset as usize;
            for (slash, _) in written.match_indices("\\/") {
                place += usize::from(slash < place);
            }
            place
        };
        let (start, end) = (place(fault.start), place(fault.end));
        // At the end there is nothing to point at but the character before.
        let start =
            if start < written.len() { start } else { written.char_indices().next_back().map_or(0, |(at, _)| at) };
        within(inner, Span::new(start, end))
    }

    /// The first named hole or group, and where it stands.
    fn first_hole(&self, pattern: &Pattern) -> Option<(String, Span)> {
        match &pattern.kind {
            PatternKind::Line(parts) => parts.iter().find_map(|part| match part {
                PatternPart::Hole(field) => field.name.as_ref().map(|name| (name.value.clone(), field.span)),
                PatternPart::Text(_) | PatternPart::Value(_) => None,
            }),
            PatternKind::Regex { .. } => {
                let matcher = self.parts.matchers.get(pattern.id as usize)?.as_ref()?;
                let name = matcher.holes().first()?.name.clone();
                let (opening, short) = (format!("(?<{name}>"), format!("(?P<{name}>"));
                let span = self.place_in(pattern.span, &[&opening, &short]);
                Some((name, span))
            }
        }
    }
}

/// A place in a text that itself stands at `outer`.
pub(super) fn within(outer: Span, inner: Span) -> Span {
    let start = outer.start.saturating_add(inner.start).min(outer.end);
    Span { start, end: outer.start.saturating_add(inner.end).clamp(start, outer.end) }
}
