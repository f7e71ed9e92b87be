//! Every name that a script gives a value, wherever that is.

use std::collections::HashMap;

use super::pattern::Matcher;
use crate::source::{Name, Span};
use crate::syntax::ast::{Block, Clause, ClauseKind, Field, Pattern, PatternKind, PatternPart, StatementKind};

/// The names in the order in which they first stand, each with its first place.
#[derive(Debug, Default)]
pub(super) struct Binders {
    /// Captures and sets, the records of `run … as` and `capture all … as`
    pub(super) variables: Vec<String>,
    pub(super) places: HashMap<String, Span>,
    /// The names of `for` loops
    pub(super) items: HashMap<String, Span>,
}

impl Binders {
    pub(super) fn of(block: &Block, matchers: &mut [Option<Matcher>]) -> Binders {
        let mut binders = Binders::default();
        binders.block(block, matchers);
        binders
    }

    fn block(&mut self, block: &Block, matchers: &mut [Option<Matcher>]) {
        for statement in &block.statements {
            match &statement.kind {
                StatementKind::Exchange(exchange) => self.clauses(&exchange.clauses, matchers),
                StatementKind::Await(awaited) => self.clauses(&awaited.clauses, matchers),
                StatementKind::Ensure { otherwise, .. } => self.block(otherwise, matchers),
                StatementKind::Retry { body, otherwise, .. } | StatementKind::Try { body, otherwise } => {
                    self.block(body, matchers);
                    otherwise.iter().for_each(|block| self.block(block, matchers));
                }
                StatementKind::If { branches, otherwise } => {
                    branches.iter().for_each(|(_, block)| self.block(block, matchers));
                    otherwise.iter().for_each(|block| self.block(block, matchers));
                }
                StatementKind::For { name, body, .. } => {
                    self.items.entry(name.value.clone()).or_insert(name.span);
                    self.block(body, matchers);
                }
                StatementKind::Finally { body } | StatementKind::Unsafe { body, .. } => self.block(body, matchers),
                StatementKind::Set { name, .. } => self.variable(name),
                StatementKind::Run { record: Some(name), .. } => self.variable(name),
                StatementKind::Param(param) => {
                    self.places.entry(param.name.value.clone()).or_insert(param.name.span);
                }
                StatementKind::Run { record: None, .. }
                | StatementKind::Assert { .. }
                | StatementKind::Fail { .. }
                | StatementKind::Skip { .. }
                | StatementKind::Stop
                | StatementKind::Report { .. }
                | StatementKind::AbortOn { .. }
                | StatementKind::Log { .. }
                | StatementKind::Sleep { .. }
                | StatementKind::Timeout { .. }
                | StatementKind::Confirm { .. }
                | StatementKind::Reboot { .. }
                | StatementKind::Port(_) => {}
            }
        }
    }

    fn clauses(&mut self, clauses: &[Clause], matchers: &mut [Option<Matcher>]) {
        for clause in clauses {
            match &clause.kind {
                ClauseKind::Capture { fields } => self.fields(fields),
                ClauseKind::CapturePattern(alternatives) => {
                    alternatives.iter().for_each(|pattern| self.pattern(pattern, matchers));
                }
                ClauseKind::CaptureAll { record, .. } => self.variable(record),
                ClauseKind::Expect(_)
                | ClauseKind::ExpectNothing { .. }
                | ClauseKind::PromptReply { .. }
                | ClauseKind::PromptCancel { .. } => {}
            }
        }
    }

    fn pattern(&mut self, pattern: &Pattern, matchers: &mut [Option<Matcher>]) {
        match &pattern.kind {
            PatternKind::Line(parts) => {
                for part in parts {
                    match part {
                        PatternPart::Hole(field) => self.fields(std::slice::from_ref(field)),
                        PatternPart::Text(_) | PatternPart::Value(_) => {}
                    }
                }
            }
            PatternKind::Regex { .. } => {
                // Compiled here already, for the names of its groups; what is wrong with it is told later.
                let Ok(matcher) = Matcher::new(pattern) else { return };
                for hole in matcher.holes() {
                    self.variable(&Name { value: hole.name.clone(), span: pattern.span });
                }
                if let Some(place) = matchers.get_mut(pattern.id as usize) {
                    *place = Some(matcher);
                }
            }
        }
    }

    fn fields(&mut self, fields: &[Field]) {
        fields.iter().filter_map(|field| field.name.as_ref()).for_each(|name| self.variable(name));
    }

    fn variable(&mut self, name: &Name) {
        if !self.places.contains_key(&name.value) {
            self.variables.push(name.value.clone());
            self.places.insert(name.value.clone(), name.span);
        }
    }
}
