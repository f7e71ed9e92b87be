//! Collects what is wrong, and knows what `# allow` silences.

use std::ops::Range;
use std::sync::Arc;

use super::faults::allow::AllowFault;
use super::faults::{Fault, Words};

use crate::diagnostic::{Diagnostic, Label, Severity, pages};
use crate::source::{Source, Span};
use crate::syntax::ast::Allowance;

/// Where more lines than this do not parse, nothing is certain about the others.
const MANY_BROKEN: usize = 100;

pub(super) struct Reporter {
    source: Arc<Source>,
    diagnostics: Vec<Diagnostic>,
    /// Lines that do not parse: what stands there may have been meant to count.
    broken: Vec<Range<usize>>,
    /// In the order of the lines they stand above, each with whether it silenced anything
    allowances: Vec<(Allowance, bool)>,
}

impl Reporter {
    pub(super) fn new(source: &Arc<Source>, allowances: &[Allowance], syntax_errors: Vec<Diagnostic>) -> Reporter {
        let broken = syntax_errors.iter().filter_map(|error| Some(line_of(source, error.span()?))).collect();
        let mut allowances: Vec<_> = allowances.iter().map(|allowance| (allowance.clone(), false)).collect();
        allowances.sort_by_key(|(allowance, _)| allowance.line.start);
        Reporter { source: Arc::clone(source), diagnostics: syntax_errors, broken, allowances }
    }

    pub(super) fn report(&mut self, fault: &impl Fault, span: Span) {
        self.report_with(fault, span, Vec::new());
    }

    /// With more places than the one at fault.
    pub(super) fn report_with(&mut self, fault: &impl Fault, span: Span, others: Vec<Label>) {
        let Words { code, severity, message, label, help } = fault.words();
        if severity == Severity::Warning && (self.is_allowed(code, span) || self.stands_in_broken_line(code)) {
            return;
        }
        let mut labels = vec![Label { span, text: label }];
        labels.extend(others);
        let source = Arc::clone(&self.source);
        self.diagnostics.push(Diagnostic { code, severity, message, labels, help: Some(help), source });
    }

    /// Takes over what is wrong with a script that this one runs.
    pub(super) fn adopt(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.diagnostics.extend(diagnostics);
    }

    /// Whether a word stands in a line that does not parse: what it was meant to do is not known.
    pub(super) fn stands_in_broken_line(&self, word: &str) -> bool {
        if self.broken.len() > MANY_BROKEN {
            return true;
        }
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        self.broken.iter().filter_map(|line| self.source.text.get(line.clone())).any(|line| {
            line.match_indices(word).any(|(at, found)| {
                let bytes = line.as_bytes();
                let before = at.checked_sub(1).and_then(|index| bytes.get(index));
                !before.is_some_and(is_word) && !bytes.get(at + found.len()).is_some_and(is_word)
            })
        })
    }

    /// Whether the next line of code does not parse: it may have been meant for this one.
    pub(super) fn stands_above_broken_line(&self, span: Span) -> bool {
        self.broken.iter().any(|line| {
            self.source.text.get(span.end as usize..line.start).is_some_and(|between| between.trim().is_empty())
        })
    }

    pub(super) fn has_broken_lines(&self) -> bool {
        !self.broken.is_empty()
    }

    /// Everything, in the order of its places: this script's own first, then that of the scripts it runs.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.report_idle_allowances();
        let own = |diagnostic: &Diagnostic| !Arc::ptr_eq(&diagnostic.source, &self.source);
        self.diagnostics.sort_by_cached_key(|diagnostic| {
            (own(diagnostic), diagnostic.source.name.clone(), diagnostic.span().map(|span| span.start))
        });
        self.diagnostics
    }

    fn is_allowed(&mut self, code: &str, span: Span) -> bool {
        let from = self.allowances.partition_point(|(allowance, _)| allowance.line.end < span.start);
        let above =
            self.allowances.iter_mut().skip(from).take_while(|(allowance, _)| allowance.line.start <= span.start);
        let mut allowed = false;
        for (allowance, used) in above {
            if pages::names(&allowance.code.value, code) {
                (*used, allowed) = (true, true);
            }
        }
        allowed
    }

    fn report_idle_allowances(&mut self) {
        for (allowance, used) in std::mem::take(&mut self.allowances) {
            let code = allowance.code.value.clone();
            let has_error = self.diagnostics.iter().any(|diagnostic| {
                diagnostic.severity == Severity::Error
                    && diagnostic
                        .span()
                        .is_some_and(|span| allowance.line.start <= span.start && span.start <= allowance.line.end)
            });
            match pages::page(&code).map(|page| page.severity) {
                _ if used => {}
                None => {
                    let near = pages::nearest(&code);
                    self.report(&AllowFault::UnknownCode { code, near }, allowance.code.span);
                }
                Some(Severity::Error) => self.report(&AllowFault::NamesError { code }, allowance.code.span),
                // An error on the line may have hidden what is allowed there.
                Some(Severity::Warning) if has_error => {}
                Some(Severity::Warning) => self.report(&AllowFault::Unused { code }, allowance.code.span),
            }
        }
    }
}

/// The bytes of the line that a place begins on.
fn line_of(source: &Source, span: Span) -> Range<usize> {
    let at = (span.start as usize).min(source.text.len());
    let start = source.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let end = source.text.get(at..).and_then(|rest| rest.find('\n')).map_or(source.text.len(), |length| at + length);
    start..end
}
