//! Walks a script's tree once, in the order in which it runs.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::binders::Binders;
use super::faults::name::NameFault;
use super::faults::order::OrderFault;
use super::lints::{Context, Lines};
use super::pattern::Matcher;
use super::program::Program;
use super::reporter::Reporter;
use super::scope::{Changes, Scope};
use super::session::Session;
use super::types::Type;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use crate::syntax::ast::{Block, Param, Script, Statement, StatementKind};

pub(super) struct Checker<'s, 'a, 't> {
    pub(super) session: &'s mut Session<'a>,
    pub(super) script: &'t Script,
    pub(super) reporter: Reporter,
    pub(super) scope: Scope,
    pub(super) binders: Binders,
    pub(super) parts: Parts,
    pub(super) place: Place,
    /// What is known of the command lines so far.
    pub(super) lines: Lines,
    /// Names that were told to be wrong: once each is enough.
    pub(super) told: HashSet<String>,
    /// Names without a value in a loop whose later lines may give them one.
    pub(super) awaited: Vec<(String, Span)>,
    /// The innermost loop, and what leaves it.
    pub(super) left_loop: Option<LeftLoop>,
    /// The params so far
    pub(super) param_names: HashSet<String>,
    /// The `finally` block, once it was seen.
    pub(super) finally: Option<Span>,
    /// Where secrets are written out: not to be shown.
    pub(super) written_secrets: Vec<Span>,
    /// Nothing but commands: copied from a manual, to be looked at.
    pub(super) is_plain_list: bool,
    /// It goes on from other lines: what is unused here may be used in the next.
    pub(super) continues: bool,
}

/// What a program is made of beside its tree.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) params: Vec<Param>,
    pub(super) fields: Vec<String>,
    pub(super) types: Vec<Type>,
    pub(super) matchers: Vec<Option<Matcher>>,
    pub(super) runs: HashMap<String, Arc<Program>>,
    /// The first command in it that uses up attempts of a PIN.
    pub(super) tries_pin: Option<String>,
    pub(super) given_secrets: Vec<String>,
}

/// What came of walking a script.
pub(super) struct Found {
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) parts: Parts,
    pub(super) scope: Scope,
}

/// Where in the script the walk is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// How many blocks deep
    pub(super) depth: usize,
    /// What sends its lines again, where something does: `a retry`
    pub(super) again: Option<&'static str>,
    pub(super) in_retry: bool,
    pub(super) in_loop: bool,
    pub(super) in_unsafe: bool,
    /// In an `else` that has an `error`
    pub(super) has_error: bool,
}

/// What each `break` of a loop has left behind.
pub(super) struct LeftLoop {
    /// Where the loop began, in the scope.
    pub(super) mark: usize,
    pub(super) exits: Vec<Changes>,
}

/// Whether what stands behind a statement is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Falls,
    /// Never: the statement that ends the script there
    Ends(&'static str),
}

impl Parts {
    pub(super) fn into_program(self, script: Script) -> Program {
        Program {
            script,
            params: self.params,
            fields: self.fields,
            types: self.types,
            matchers: self.matchers,
            runs: self.runs,
            tries_pin: self.tries_pin,
            given_secrets: self.given_secrets,
        }
    }
}

impl<'s, 'a, 't> Checker<'s, 'a, 't> {
    pub(super) fn new(
        session: &'s mut Session<'a>,
        script: &'t Script,
        syntax_errors: Vec<Diagnostic>,
        known: Option<&Scope>,
    ) -> Checker<'s, 'a, 't> {
        let mut parts = Parts::default();
        parts.matchers.resize_with(script.patterns as usize, || None);
        Checker {
            session,
            script,
            reporter: Reporter::new(&script.source, &script.allowances, syntax_errors),
            scope: known.cloned().unwrap_or_default(),
            binders: Binders::of(&script.body, &mut parts.matchers),
            parts,
            place: Place::default(),
            lines: Lines::default(),
            told: HashSet::new(),
            awaited: Vec::new(),
            left_loop: None,
            param_names: HashSet::new(),
            finally: None,
            written_secrets: Vec::new(),
            is_plain_list: is_plain_list(&script.body),
            continues: known.is_some(),
        }
    }

    pub(super) fn check(mut self) -> Found {
        self.block(&self.script.body);
        self.report_unused_params();
        self.report_nb_iot();
        self.parts.fields = std::mem::take(&mut self.binders.variables);
        self.parts.types = self.parts.fields.iter().map(|name| self.scope.state(name).kind.clone()).collect();
        let diagnostics = without_secrets(self.reporter.finish(), &self.script.source, &self.written_secrets);
        Found { diagnostics, parts: self.parts, scope: self.scope }
    }

    /// The statements one after the other.
    pub(super) fn block(&mut self, block: &Block) -> Flow {
        let mut flow = Flow::Falls;
        let mut finally = None;
        for statement in &block.statements {
            if let Some(span) = finally.take() {
                self.reporter.report(&OrderFault::FinallyNotLast, span);
            }
            if let Flow::Ends(after) = flow
                && !is_finally(statement)
            {
                self.reporter.report(&OrderFault::Unreachable { after }, statement.span);
                // The rest is checked as if it were reached: one fault hides no other.
                flow = Flow::Falls;
            }
            flow = match self.statement(statement) {
                Flow::Ends(after) => Flow::Ends(after),
                Flow::Falls => flow,
            };
            if is_finally(statement) && self.place.depth == 0 {
                finally = Some(statement.span);
            }
        }
        flow
    }

    /// A block that is taken or not, at another place; its changes are taken back and given to the caller to merge.
    pub(super) fn branch(&mut self, block: &Block, place: Place) -> (Flow, Changes) {
        let mark = self.scope.mark();
        let flow = self.inner(block, place);
        (flow, self.scope.take_back(mark))
    }

    /// A block that is always taken.
    pub(super) fn inner(&mut self, block: &Block, place: Place) -> Flow {
        let depth = self.place.depth + 1;
        let outside = std::mem::replace(&mut self.place, Place { depth, ..place });
        let context = self.lines.context.clone();
        let flow = self.block(block);
        self.place = outside;
        if self.lines.context != context {
            // The block may not have run, or not to its end.
            self.lines.context = Context::default();
        }
        flow
    }

    /// One of these branches was taken. Those that end the script leave nothing behind.
    pub(super) fn merge(&mut self, branches: Vec<(Flow, Option<Changes>)>) -> Flow {
        let mut end = None;
        let mut falling = Vec::with_capacity(branches.len());
        for (flow, changes) in branches {
            match flow {
                Flow::Falls => falling.push(changes),
                Flow::Ends(after) => end = end.or(Some(after)),
            }
        }
        match end {
            Some(after) if falling.is_empty() => Flow::Ends(after),
            Some(_) | None => {
                self.scope.merge(falling);
                Flow::Falls
            }
        }
    }

    fn report_unused_params(&mut self) {
        if self.continues {
            return;
        }
        for param in std::mem::take(&mut self.parts.params) {
            let name = &param.name;
            if !self.scope.is_used(&name.value) && !self.reporter.stands_in_broken_line(&name.value) {
                let fault = NameFault::UnusedParam { name: name.value.clone(), secret: param.secret };
                self.reporter.report(&fault, name.span);
            }
            self.parts.params.push(param);
        }
    }
}

/// The diagnostics over a source in which what is secret is overwritten in place, as in all that a run shows.
fn without_secrets(mut diagnostics: Vec<Diagnostic>, source: &Arc<Source>, secrets: &[Span]) -> Vec<Diagnostic> {
    if secrets.is_empty() || diagnostics.is_empty() {
        return diagnostics;
    }
    let mut text = source.text.clone().into_bytes();
    for secret in secrets {
        for byte in text.get_mut(Range::<usize>::from(*secret)).unwrap_or_default() {
            if !matches!(byte, b'"' | b'\'' | b'\n' | b'\r') {
                *byte = b'*';
            }
        }
    }
    let shown = Source::new(source.name.clone(), String::from_utf8_lossy(&text).into_owned());
    for diagnostic in diagnostics.iter_mut().filter(|diagnostic| Arc::ptr_eq(&diagnostic.source, source)) {
        diagnostic.source = Arc::clone(&shown);
    }
    diagnostics
}

fn is_plain_list(body: &Block) -> bool {
    body.statements.len() > 1
        && body.statements.iter().all(
            |statement| matches!(&statement.kind, StatementKind::Exchange(exchange) if exchange.clauses.is_empty()),
        )
}

fn is_finally(statement: &Statement) -> bool {
    matches!(statement.kind, StatementKind::Finally { .. })
}
