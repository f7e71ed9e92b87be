//! Where `run "name"` finds a script, and how each is checked once.

use std::collections::HashMap;
use std::sync::Arc;

use super::findings::did_you_mean;
use super::names::Names;
use super::program::Program;
use super::statements::Checker;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span};
use crate::syntax;

/// How deep scripts may run each other.
const MOST_NESTED: usize = 32;

/// How many blocks may stand within each other, those of scripts that are run by others included; the body of a script
/// is one, and to run it is another.
pub const DEEPEST: usize = 256;

/// Finds other scripts by name: beside the script that runs them, or in the library.
pub trait Scripts {
    /// `from` is the script that says `run "name"`.
    fn find(&self, name: &str, from: &Source) -> Result<Arc<Source>, NotFound>;
}

/// There is no script of that name, or none that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFound {
    Nowhere {
        /// Names that are near to it, the nearest first.
        suggestions: Vec<String>,
    },
    Unreadable {
        /// The file and what is wrong with it: `beside.hayes is larger than 16 MiB`
        why: String,
    },
}

/// No other script at all.
#[derive(Debug, Clone, Copy)]
pub struct NoScripts;

impl Scripts for NoScripts {
    fn find(&self, _name: &str, _from: &Source) -> Result<Arc<Source>, NotFound> {
        Err(NotFound::Nowhere { suggestions: Vec::new() })
    }
}

/// The check of a script and of those that it runs, each once.
pub(super) struct Checking<'a> {
    scripts: &'a dyn Scripts,
    /// The scripts being checked, the outermost first.
    chain: Vec<String>,
    /// How many blocks deep the innermost of them stands.
    depth: usize,
    /// What came of those that others run, by the name of their source; `None` where there are errors.
    checked: HashMap<String, Option<Arc<Program>>>,
}

impl<'a> Checking<'a> {
    pub(super) fn new(scripts: &'a dyn Scripts) -> Checking<'a> {
        Checking { scripts, chain: Vec::new(), depth: 0, checked: HashMap::new() }
    }

    /// The program, what is wrong with it, and the names that it leaves behind. `known` are those that there are before
    /// its first line, where it goes on from other lines.
    pub(super) fn check(
        &mut self,
        source: &Arc<Source>,
        known: Option<&Names>,
    ) -> (Option<Arc<Program>>, Vec<Diagnostic>, Names) {
        let (script, syntax_errors) = syntax::parse(source);
        self.chain.push(source.name.clone());
        let (program, diagnostics, names) = Checker::new(self, &Arc::new(script), syntax_errors, known).check();
        self.chain.pop();
        let is_sound = !diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        (is_sound.then(|| Arc::new(program)), diagnostics, names)
    }

    /// The program of `run "name"`, which stands at `span`, so many blocks deep in its script; else what is wrong. Errors
    /// in the other script are told the first time that it is asked for.
    pub(super) fn run(
        &mut self,
        name: &str,
        from: &Arc<Source>,
        span: Span,
        depth: usize,
    ) -> Result<Arc<Program>, Vec<Diagnostic>> {
        let source = match self.scripts.find(name, from) {
            Ok(source) => source,
            Err(missing) => return Err(vec![not_found(name, missing, from, span)]),
        };
        if let Some(start) = self.chain.iter().position(|running| *running == source.name) {
            let circle = self.chain.iter().skip(start).chain([&source.name]).map(String::as_str);
            let message = format!("scripts run each other in a circle: {}", circle.collect::<Vec<_>>().join(" → "));
            let fault = Diagnostic::new("hayes::check::run-cycle", from, message);
            return Err(vec![
                fault.at(span, "comes back to itself").help("move what both need into a script of its own"),
            ]);
        }
        let inside = depth + 2;
        if self.chain.len() > MOST_NESTED || self.depth + inside > DEEPEST {
            let message = format!("more than {MOST_NESTED} scripts, or {DEEPEST} blocks, stand within each other here");
            let fault = Diagnostic::new("hayes::check::run-depth", from, message);
            return Err(vec![fault.at(span, "too deep").help("run some of them one after the other instead")]);
        }
        if let Some(known) = self.checked.get(&source.name) {
            return known.clone().ok_or_else(Vec::new);
        }
        self.depth += inside;
        let (program, mut diagnostics, _) = self.check(&source, None);
        self.depth -= inside;
        self.checked.insert(source.name.clone(), program.clone());
        // Its warnings are told when it is checked itself.
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
        program.ok_or(diagnostics)
    }
}

fn not_found(name: &str, missing: NotFound, from: &Arc<Source>, span: Span) -> Diagnostic {
    const CODE: &str = "hayes::check::no-script";
    match missing {
        NotFound::Nowhere { suggestions } => {
            let otherwise = "`hayes list` shows the library; a script of your own is named by its path from this one";
            Diagnostic::new(CODE, from, format!("there is no script `{name}`"))
                .at(span, "not found beside this script, nor in the library")
                .help(did_you_mean(suggestions.first().map(String::as_str), otherwise))
        }
        NotFound::Unreadable { why } => Diagnostic::new(CODE, from, why)
            .at(span, "stands beside this script, so none of the library is meant")
            .help("a script is a text in UTF-8 that you may read; name another one, or put this right"),
    }
}
