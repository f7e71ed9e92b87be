//! Every name that a script gives a value, wherever that is.

use std::collections::HashMap;

use super::pattern::Matcher;
use crate::source::{Name, Span};
use crate::syntax::ast::{Block, Param, Part, Pattern, PatternKind, PatternPart};

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
        block.walk(&mut |statement| self.parts(statement.parts(), matchers));
    }

    fn parts(&mut self, parts: Vec<Part<'_>>, matchers: &mut [Option<Matcher>]) {
        for part in parts {
            match part {
                Part::Binds(name) => self.variable(name),
                Part::Item(name) => {
                    self.items.entry(name.value.clone()).or_insert(name.span);
                }
                Part::Declares(Param { name, .. }) => {
                    self.places.entry(name.value.clone()).or_insert(name.span);
                }
                Part::Capture(pattern) => self.pattern(pattern, matchers),
                Part::Clause(clause) => self.parts(clause.parts(), matchers),
                Part::Question(_) | Part::Text(_) | Part::Value(_) | Part::Pattern(_) | Part::Block(_) => {}
            }
        }
    }

    fn pattern(&mut self, pattern: &Pattern, matchers: &mut [Option<Matcher>]) {
        match &pattern.kind {
            PatternKind::Line(parts) => {
                for part in parts {
                    match part {
                        PatternPart::Hole(field) => field.name.iter().for_each(|name| self.variable(name)),
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

    fn variable(&mut self, name: &Name) {
        if !self.places.contains_key(&name.value) {
            self.variables.push(name.value.clone());
            self.places.insert(name.value.clone(), name.span);
        }
    }
}
