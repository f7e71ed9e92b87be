//! `report`, `log`, `abort on`.

use std::sync::Arc;

use super::event::RuntimeEvent;
use super::hearing::Abort;
use super::interpreter::Run;
use super::problem::{Step, code};
use crate::source::Span;
use crate::syntax::ast::{Alternatives, Column, Template};

/// Every line is held against each of them.
const MOST_ABORTS: usize = 100;

impl Run<'_> {
    /// Columns of the run's result. Only those of the script that was asked for: what a script that it runs reports is
    /// for those who run that one by itself.
    #[inline(never)]
    pub(super) fn report(&mut self, columns: &[Column]) -> Step {
        let mut values = Vec::with_capacity(columns.len());
        for column in columns {
            values.push((&column.name.value, self.evaluate(&column.value)?));
        }
        if !self.calls.is_empty() {
            return Ok(());
        }
        for (name, value) in values {
            let shown = self.hearing.mask.value(&value);
            self.tell(RuntimeEvent::Reported { name, value: &shown });
            match self.tally.report.iter_mut().find(|(column, _)| column == name) {
                Some((_, old)) => *old = value,
                None => self.tally.report.push((name.clone(), value)),
            }
        }
        Ok(())
    }

    pub(super) fn log(&mut self, text: &Template) -> Step {
        let text = self.hearing.mask.string(self.message(text)?);
        self.tell(RuntimeEvent::Log { text: &text });
        Ok(())
    }

    /// From here on such a line ends the script, whatever it is doing.
    #[inline(never)]
    pub(super) fn abort_on(&mut self, patterns: &Alternatives, why: Option<&Template>, span: Span) -> Step {
        let abort = Abort {
            program: Arc::clone(&self.scope.program),
            source: Arc::clone(&self.scope.shown),
            span,
            patterns: patterns.clone(),
            values: self.alternatives_values(patterns)?,
            why: why.map(|why| self.message(why)).transpose()?,
        };
        // In a loop it is said again and again, and still holds once.
        let same =
            |held: &Abort| held.source.name == abort.source.name && held.span == span && held.values == abort.values;
        if self.hearing.aborts.iter().any(same) {
            return Ok(());
        }
        if self.hearing.aborts.len() >= MOST_ABORTS {
            let what = format!("more than {MOST_ABORTS} `abort on` hold here");
            return Err(self.fail(self.problem(code::TOO_LONG, span, what).help("say it once, before the loop")));
        }
        self.hearing.aborts.push(abort);
        Ok(())
    }
}
