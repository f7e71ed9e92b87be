//! Checking a script and those that it runs, each once.

use std::collections::HashMap;
use std::sync::Arc;

use super::checker::Checker;
use super::program::Program;
use super::scope::Scope;
use super::scripts::{NotFound, Scripts};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Source;
use crate::syntax;

/// How deep scripts may run each other.
pub(super) const MOST_NESTED: usize = 32;

/// How many blocks may stand within each other, those of scripts that are run by others included; the body of a script
/// is one, and to run it is another.
pub const DEEPEST: usize = 256;

pub(super) struct Session<'a> {
    pub(super) scripts: &'a dyn Scripts,
    /// The scripts being checked, the outermost first.
    chain: Vec<String>,
    /// How many blocks deep the innermost of them stands.
    depth: usize,
    /// What came of those that others run, by the name of their source; `None` where there are errors.
    checked: HashMap<String, Option<Arc<Program>>>,
}

/// What came of one script, before it is shared.
pub(super) struct Result {
    pub(super) program: Option<Program>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The names that it leaves behind
    pub(super) scope: Scope,
}

/// Why another script cannot be run.
pub(super) enum Refused {
    NotFound(NotFound),
    Cycle {
        chain: Vec<String>,
    },
    TooDeep,
    /// It has errors, which have been told.
    Broken,
}

impl<'a> Session<'a> {
    pub(super) fn new(scripts: &'a dyn Scripts) -> Session<'a> {
        Session { scripts, chain: Vec::new(), depth: 0, checked: HashMap::new() }
    }

    /// `known`: the names that there are before its first line, where it goes on from other lines.
    pub(super) fn check(&mut self, source: &Arc<Source>, known: Option<&Scope>) -> Result {
        let (script, syntax_errors) = syntax::parse(source);
        self.chain.push(source.name.clone());
        let result = Checker::new(self, &script, syntax_errors, known).check();
        self.chain.pop();
        let super::checker::Found { diagnostics, parts, scope } = result;
        let is_sound = !diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        let program = is_sound.then(|| parts.into_program(script));
        Result { program, diagnostics, scope }
    }

    /// The program of `run "name"`, which stands so many blocks deep in its script; its errors the first time that it
    /// is asked for.
    pub(super) fn run(
        &mut self,
        name: &str,
        from: &Source,
        depth: usize,
    ) -> std::result::Result<Arc<Program>, (Refused, Vec<Diagnostic>)> {
        let refused = |refused| Err((refused, Vec::new()));
        let source = match self.scripts.find(name, from) {
            Ok(source) => source,
            Err(missing) => return refused(Refused::NotFound(missing)),
        };
        if let Some(start) = self.chain.iter().position(|running| *running == source.name) {
            let mut chain: Vec<String> = self.chain.iter().skip(start).cloned().collect();
            chain.push(source.name.clone());
            return refused(Refused::Cycle { chain });
        }
        let inside = depth + 2;
        if self.chain.len() > MOST_NESTED || self.depth + inside > DEEPEST {
            return refused(Refused::TooDeep);
        }
        if let Some(known) = self.checked.get(&source.name) {
            return known.clone().ok_or((Refused::Broken, Vec::new()));
        }
        self.depth += inside;
        let Result { program, mut diagnostics, .. } = self.check(&source, None);
        self.depth -= inside;
        let program = program.map(Arc::new);
        self.checked.insert(source.name.clone(), program.clone());
        // Its warnings are told when it is checked itself.
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
        program.ok_or((Refused::Broken, diagnostics))
    }
}
