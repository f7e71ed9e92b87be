//! What is known before the first byte: literals, and names to which one `set` gives their only value. What a run would
//! refuse of them, whatever the modem says, is told now, and in the same words.

use std::cell::Cell;
use std::fmt::Display;
use std::sync::Arc;

use crate::check::{Evaluate, Names};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use crate::syntax::ast::Pattern;
use crate::value::functions::Function;
use crate::value::{Quoted, Refusal, Value};

/// Evaluates what is known beforehand.
pub(super) struct Foresight<'c> {
    source: &'c Arc<Source>,
    names: &'c Names,
    effort: &'c Cell<usize>,
    defaults: bool,
}

impl<'c> Foresight<'c> {
    pub(super) fn new(source: &'c Arc<Source>, names: &'c Names, effort: &'c Cell<usize>) -> Foresight<'c> {
        Foresight { source, names, effort, defaults: false }
    }

    /// Where nobody gives a param another value.
    pub(super) fn with_defaults(&self) -> Foresight<'c> {
        Foresight { defaults: true, ..*self }
    }
}

impl Evaluate for Foresight<'_> {
    /// Why a run fails here; `None` where that is not known beforehand.
    type End = Option<Box<Diagnostic>>;

    fn source(&self) -> &Arc<Source> {
        self.source
    }

    fn variable(&self, name: &str, _span: Span) -> Result<Value, Self::End> {
        let known = self.names.known(name);
        let default = known.constant.as_ref().filter(|_| self.defaults);
        let default = default.map(|(text, _)| Value::Text(Arc::clone(text)));
        let value = known.value.clone().or(default).ok_or(None)?;
        self.spend(value.size())?;
        Ok(value)
    }

    fn called(&self, function: &Function, values: &[Value]) -> Result<Result<Value, Refusal>, Self::End> {
        self.spend(values.iter().map(Value::size).sum())?;
        let asks_for_time = Cell::new(false);
        let now = || {
            asks_for_time.set(true);
            String::new()
        };
        let called = function.call(values, None, &|value| self.shown(value), &now);
        let asks_for_file = matches!(&called, Err(refusal) if refusal.page == "hayes::run::file no-folder");
        if asks_for_time.get() || asks_for_file {
            return Err(None);
        }
        self.spend(called.as_ref().map_or(0, Value::size))?;
        Ok(called)
    }

    fn fits_pattern(&self, _line: &str, _pattern: &Pattern) -> Result<bool, Self::End> {
        Err(None)
    }

    fn masked(&self, value: &Value) -> String {
        Quoted(value).to_string()
    }

    fn spend(&self, size: usize) -> Result<(), Self::End> {
        self.effort.set(self.effort.get().saturating_sub(size));
        if self.effort.get() == 0 { Err(None) } else { Ok(()) }
    }

    fn failed(&self, page: &'static str, span: Span, values: &[&dyn Display]) -> Self::End {
        Some(Box::new(Diagnostic::told(page, self.source, span, values)))
    }
}
