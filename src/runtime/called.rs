//! `run`: another script, with names of its own. What it captures and sets comes back as the fields of a record.

use std::sync::Arc;

use super::interpreter::{DEEPEST, LEFT_TO_FINALLY, Run, finally};
use super::outcome::Call;
use super::problem::{End, Step, code};
use super::scope::Scope;
use crate::check::Program;
use crate::source::{Name, Span};
use crate::syntax::ast::{Expression, Template};
use crate::value::{Record, Value};

impl Run<'_> {
    #[inline(never)]
    pub(super) fn call_script(
        &mut self,
        script: &Template,
        arguments: &[(Name, Expression)],
        record: Option<&Name>,
        span: Span,
    ) -> Step {
        let name = self.text(script)?;
        let Some(program) = self.scope.program.run(&name).map(Arc::clone) else {
            let what = format!("there is no script `{name}`");
            return Err(self.fail(self.problem(code::NO_SCRIPT, script.span, what)));
        };
        let mut given = Vec::with_capacity(arguments.len());
        for (name, expression) in arguments {
            let value = self.evaluate(expression)?;
            let Some(param) = program.param(&name.value) else {
                let what = format!("`{}` has no param `{}`", program.source().name, name.value);
                return Err(self.fail(self.problem(code::VALUE, name.span, what)));
            };
            given.push((name.value.as_str(), self.given(param, value, expression)?));
        }
        if finally(&program).is_some() && self.depth + 1 + LEFT_TO_FINALLY > DEEPEST {
            let what =
                format!("`{name}` has a `finally`, for which less than {LEFT_TO_FINALLY} of {DEEPEST} blocks are left");
            let help = "run it where fewer blocks stand within each other";
            return Err(self.fail(self.problem(code::TOO_DEEP, span, what).help(help)));
        }
        let fields = self.in_scope_of(&program, given, span)?;
        if let Some(record) = record {
            let value = self.weighed(Value::record(fields), span)?;
            self.scope.variables.set(&record.value, value);
        }
        Ok(())
    }

    /// Runs it in a scope of its own: what it leaves behind. `skip` and `stop` end that script only.
    fn in_scope_of(&mut self, program: &Arc<Program>, given: Vec<(&str, Value)>, span: Span) -> Step<Record> {
        let call = Call { source: Arc::clone(&self.scope.shown), span };
        let mut scope = Scope::new(program, &self.hearing.mask, self.scope.timeout);
        given.into_iter().for_each(|(name, value)| scope.variables.set(name, value));
        let caller = std::mem::replace(&mut self.scope, scope);
        self.calls.push(call);
        let (aborts, in_unsafe) = (self.hearing.aborts.len(), std::mem::take(&mut self.in_unsafe));
        self.depth += 1;
        let ended = self.defaults_given().and_then(|()| self.script());
        self.depth -= 1;
        self.in_unsafe = in_unsafe;
        // Its `abort on` holds for itself; those of the caller still hold.
        self.hearing.aborts.truncate(aborts);
        self.calls.pop();
        let called = std::mem::replace(&mut self.scope, caller);
        self.scope.shown = self.hearing.mask.source(self.scope.program.source());
        match ended {
            Ok(()) | Err(End::Stopped | End::Skipped(_)) => {}
            Err(end @ (End::Failed(_) | End::Fatal(..) | End::PlanEnds)) => return Err(end),
        }
        let mut record = Record::new();
        for field in &called.program.fields {
            if let Some(value) = called.variables.get(field) {
                record.set(field.as_str(), value.clone());
            }
        }
        Ok(record)
    }

    /// A called script has what `with` gave it and its defaults, nothing else: what a run is given is for its own
    /// script.
    fn defaults_given(&self) -> Step {
        let program = &self.scope.program;
        let missing = program
            .params
            .iter()
            .find(|param| param.default.is_none() && self.scope.variables.get(&param.name.value).is_none());
        match missing {
            None => Ok(()),
            Some(param) => {
                let what = format!("`{}` has no value", param.name.value);
                let help = format!("give it behind `run`: `with {} = …`", param.name.value);
                Err(self.fail(self.problem(code::MISSING_PARAM, param.name.span, what).help(help)))
            }
        }
    }
}
