//! What is wrong with a script, collected as it is found. `# allow` silences warnings, and near a line that does not
//! parse some of them are not certain enough to be told.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Severity, nearest, pages};
use crate::source::{Name, Source, Span};
use crate::syntax::ast::Allowance;

/// Where more lines than this do not parse, nothing is certain about the others.
const MANY_BROKEN: usize = 100;

/// How many words faults are compared with for "did you mean": a text with thousands of both would else take hours.
const COMPARISONS: usize = 200_000;

pub(super) struct Findings {
    pub source: Arc<Source>,
    diagnostics: Vec<Diagnostic>,
    /// Lines that do not parse, in the order of the text.
    broken: Vec<Range<usize>>,
    /// The names and codes that stand in them.
    broken_words: HashSet<String>,
    /// In the order of the lines they stand above, each with whether it silenced anything.
    allowances: Vec<(Allowance, bool)>,
    comparisons_left: usize,
    /// What a run will refuse
    foreseen: Vec<Diagnostic>,
}

impl Findings {
    pub(super) fn new(source: &Arc<Source>, allowances: &[Allowance], syntax_errors: Vec<Diagnostic>) -> Findings {
        let line_of = |error: &Diagnostic| {
            let line = source.line_of(error.span()?.start as usize);
            Some(source.line_start(line)..source.line_start(line + 1))
        };
        let mut broken: Vec<_> = syntax_errors.iter().filter_map(line_of).collect();
        broken.sort_unstable_by_key(|line| line.start);
        let broken_words = if broken.len() > MANY_BROKEN { HashSet::new() } else { words_of(source, &broken) };
        let mut allowances: Vec<_> = allowances.iter().map(|allowance| (allowance.clone(), false)).collect();
        allowances.sort_by_key(|(allowance, _)| allowance.line.start);
        let (source, diagnostics, foreseen) = (Arc::clone(source), syntax_errors, Vec::new());
        Findings { source, diagnostics, broken, broken_words, allowances, comparisons_left: COMPARISONS, foreseen }
    }

    pub(super) fn report(&mut self, fault: Diagnostic) {
        if fault.severity == Severity::Warning && (self.is_allowed(&fault) || self.stands_in_broken_line(fault.code)) {
            return;
        }
        self.diagnostics.push(fault);
    }

    /// What a run will refuse. Where another error stands at its place, that one says it.
    pub(super) fn foresee(&mut self, fault: Diagnostic) {
        self.foreseen.push(fault);
    }

    /// What is wrong at one place of this script, in the words of the code's page, with these values in them.
    pub(super) fn tell(&mut self, code: &'static str, span: Span, values: &[&dyn Display]) {
        self.report(self.fault(code, span, values));
    }

    /// As [`Findings::tell`], but not reported yet, so that more can be said of it.
    pub(super) fn fault(&self, code: &'static str, span: Span, values: &[&dyn Display]) -> Diagnostic {
        Diagnostic::told(code, &self.source, span, values)
    }

    pub(super) fn nearest<'k>(&mut self, written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
        if !self.may_compare(0) {
            return None;
        }
        let mut compared = 0;
        let near = nearest(written, known.into_iter().inspect(|_| compared += 1));
        self.may_compare(compared);
        near
    }

    pub(super) fn may_compare(&mut self, words: usize) -> bool {
        let may = self.comparisons_left > 0;
        self.comparisons_left = self.comparisons_left.saturating_sub(words);
        may
    }

    /// Whether a name or a code stands in a line that does not parse. What it was meant to do there is not known.
    pub(super) fn stands_in_broken_line(&self, word: &str) -> bool {
        self.broken.len() > MANY_BROKEN || self.broken_words.contains(word)
    }

    /// Whether the next line of code does not parse. It may have been meant for this one.
    pub(super) fn stands_above_broken_line(&self, span: Span) -> bool {
        let end = span.end as usize;
        let next = self.broken.get(self.broken.partition_point(|line| line.start < end));
        let between = next.and_then(|line| self.source.text.get(end..line.start));
        between.is_some_and(|between| between.trim().is_empty())
    }

    pub(super) fn has_broken_lines(&self) -> bool {
        !self.broken.is_empty()
    }

    /// Everything in the order of its places: this script's own first, then that of the scripts it runs.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.report_foreseen();
        self.report_idle_allowances();
        let Findings { source, mut diagnostics, .. } = self;
        let is_other = |found: &Diagnostic| !Arc::ptr_eq(&found.source, &source);
        let start = |found: &Diagnostic| found.span().map(|span| span.start);
        diagnostics.sort_by(|one, other| {
            let by_source = is_other(one).cmp(&is_other(other)).then_with(|| one.source.name.cmp(&other.source.name));
            by_source.then_with(|| start(one).cmp(&start(other)))
        });
        diagnostics
    }

    /// What is told of a part of a place is not told of another part that overlaps it.
    fn report_foreseen(&mut self) {
        let place = |fault: &Diagnostic| fault.span().map_or(0..1, |span| span.start..span.end.max(span.start + 1));
        let errors = self.diagnostics.iter().filter(|fault| fault.severity == Severity::Error);
        let mut told: Vec<_> = errors.filter(|it| Arc::ptr_eq(&it.source, &self.source)).map(place).collect();
        told.sort_unstable_by_key(|place| place.start);
        let mut furthest = 0;
        for place in &mut told {
            // The end of what begins here or before.
            furthest = place.end.max(furthest);
            place.end = furthest;
        }
        self.foreseen.sort_by_key(|fault| place(fault).start);
        let mut end = 0;
        for fault in std::mem::take(&mut self.foreseen) {
            let here = place(&fault);
            let before = told.partition_point(|error| error.start < here.end).checked_sub(1);
            let error_ends = before.and_then(|index| told.get(index)).map_or(0, |error| error.end);
            if here.start >= end.max(error_ends) {
                end = here.end;
                self.diagnostics.push(fault);
            }
        }
    }

    pub(super) fn is_allowed(&mut self, fault: &Diagnostic) -> bool {
        let Some(span) = fault.span() else { return false };
        let from = self.allowances.partition_point(|(allowance, _)| allowance.line.end < span.start);
        let above =
            self.allowances.iter_mut().skip(from).take_while(|(allowance, _)| allowance.line.start <= span.start);
        let mut allowed = false;
        for (allowance, used) in above {
            if pages::names(&allowance.code.value, fault.code) {
                (*used, allowed) = (true, true);
            }
        }
        allowed
    }

    fn report_idle_allowances(&mut self) {
        let own = self.diagnostics.iter().filter(|found| Arc::ptr_eq(&found.source, &self.source));
        let errors = own.filter(|found| found.severity == Severity::Error);
        let mut errors: Vec<u32> = errors.filter_map(|found| found.span()).map(|span| span.start).collect();
        errors.sort_unstable();
        let mut severities = HashMap::new();
        let idle = std::mem::take(&mut self.allowances).into_iter().filter(|(_, used)| !used);
        for (Allowance { code, line, .. }, _) in idle {
            let Name { value: code, span } = code;
            let severity =
                *severities.entry(code.clone()).or_insert_with(|| pages::page(&code).map(|page| page.severity));
            let first = errors.get(errors.partition_point(|error| *error < line.start));
            let fault = match severity {
                None => {
                    let near = if self.may_compare(severities.len()) { pages::nearest(&code) } else { None };
                    let otherwise = "copy the code from the warning, such as `hayes::check::danger`";
                    let fault = self.fault("hayes::check::unknown-code", span, &[&code]);
                    fault.did_you_mean(near, otherwise)
                }
                Some(Severity::Error) => self.fault("hayes::check::error-allowed", span, &[&code]),
                // An error on the line may have hidden what is allowed there.
                Some(Severity::Warning) if first.is_some_and(|error| *error <= line.end) => continue,
                Some(Severity::Warning) => self.fault("hayes::check::unused-allow", span, &[&code]),
            };
            self.report(fault);
        }
    }
}

/// The names (`apn`) and the codes (`hayes::check::danger`) that stand in these lines.
fn words_of(source: &Source, lines: &[Range<usize>]) -> HashSet<String> {
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let is_code = |character: char| is_word(character) || matches!(character, ':' | '-');
    let texts = lines.iter().filter_map(|line| source.text.get(line.clone()));
    let words = texts.flat_map(|text| {
        let codes = text.split(move |character| !is_code(character)).map(|code| code.trim_matches(':'));
        text.split(move |character| !is_word(character)).chain(codes)
    });
    words.map(str::to_owned).collect()
}
