//! The names of one script and what they hold.

use std::sync::Arc;
use std::time::Duration;

use super::secret::Mask;
use crate::at::{Line, ResultCode};
use crate::check::Program;
use crate::source::Source;
use crate::value::Value;

/// A script that runs: its names and what belongs to it alone.
#[derive(Clone)]
pub(super) struct ScriptScope {
    pub(super) program: Arc<Program>,
    /// Its source with secrets overwritten: what may be shown.
    pub(super) shown: Arc<Source>,
    pub(super) variables: Variables,
    /// `timeout`
    pub(super) timeout: Duration,
    pub(super) last: Last,
    /// `attempt`: of the innermost `retry`, counted from 1
    pub(super) attempt: i64,
    /// `error`: what the last `try` or `retry` took
    pub(super) error: Arc<str>,
}

impl ScriptScope {
    pub(super) fn new(program: &Arc<Program>, mask: &Mask, timeout: Duration) -> ScriptScope {
        ScriptScope {
            program: Arc::clone(program),
            shown: mask.source(program.source()),
            variables: Variables::default(),
            timeout,
            last: Last::default(),
            attempt: 0,
            error: Arc::default(),
        }
    }
}

/// The last answer: what `response`, `result` and `elapsed` stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Last {
    /// The question; `None` for an `await`.
    pub(super) sent: Option<Arc<str>>,
    pub(super) lines: Vec<Line>,
    pub(super) result: Option<ResultCode>,
    pub(super) elapsed: Duration,
}

impl Last {
    pub(super) fn response(&self) -> Value {
        Value::list(self.lines.iter().map(|line| Value::text(line.text())).collect())
    }

    pub(super) fn result(&self) -> Value {
        Value::text(self.result.as_ref().map(ResultCode::to_string).unwrap_or_default())
    }
}

/// Names and values in the order in which they were first set. A script has few: a look along them is quicker than
/// hashing, and takes less memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    entries: Vec<Variable>,
}

#[derive(Debug, Clone)]
struct Variable {
    name: Arc<str>,
    /// `None` behind a `for`, and where `--plan` has left out what would set it.
    value: Option<Value>,
    captured: bool,
}

impl Variables {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.entries.iter().find(|entry| *entry.name == *name)?.value.as_ref()
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.put(name, value, false);
    }

    pub(super) fn capture(&mut self, name: &str, value: Value) {
        self.put(name, value, true);
    }

    pub(super) fn forget(&mut self, name: &str) {
        if let Some(entry) = self.entry(name) {
            entry.value = None;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().filter_map(|entry| Some((&*entry.name, entry.value.as_ref()?)))
    }

    /// What `capture` has set, in that order.
    pub(super) fn captured(&self) -> impl Iterator<Item = (&str, &Value)> {
        let captured = self.entries.iter().filter(|entry| entry.captured);
        captured.filter_map(|entry| Some((&*entry.name, entry.value.as_ref()?)))
    }

    fn put(&mut self, name: &str, value: Value, captured: bool) {
        if let Some(entry) = self.entry(name) {
            entry.value = Some(value);
            entry.captured |= captured;
            return;
        }
        self.entries.push(Variable { name: name.into(), value: Some(value), captured });
    }

    fn entry(&mut self, name: &str) -> Option<&mut Variable> {
        self.entries.iter_mut().find(|entry| *entry.name == *name)
    }
}
