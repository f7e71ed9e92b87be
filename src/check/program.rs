//! What a checked script is: its tree, its compiled patterns, the programs it runs.

use std::collections::HashMap;
use std::sync::Arc;

use super::pattern::Matcher;
use super::types::Type;
use crate::source::{Source, Span};
use crate::syntax::ast::{Expression, ExpressionKind, Param, Pattern, Script, Template, TemplatePart};

/// A script without errors, ready to run; shared by all the threads that run it.
#[derive(Debug)]
pub struct Program {
    pub script: Arc<Script>,
    /// Its params and secrets, in the order in which they stand.
    pub params: Vec<Param>,
    /// Every name that it captures or sets, in the order in which they first stand: the fields of its record when
    /// another script runs it, and its result where it has no `report`.
    pub fields: Vec<String>,
    pub(super) types: Vec<Type>,
    pub(super) matchers: Vec<Option<Matcher>>,
    pub(super) runs: HashMap<String, Arc<Program>>,
    /// The first command in it, or in a script that it runs, that uses up attempts of a PIN.
    pub(super) tries_pin: Option<String>,
    /// What it gives the secrets of other scripts, written out.
    pub(super) given_secrets: Vec<String>,
}

impl Program {
    /// Of a script that is still to be checked.
    pub(super) fn unchecked(script: &Arc<Script>) -> Program {
        let mut matchers = Vec::new();
        matchers.resize_with(script.patterns as usize, || None);
        Program {
            script: Arc::clone(script),
            params: Vec::new(),
            fields: Vec::new(),
            types: Vec::new(),
            matchers,
            runs: HashMap::new(),
            tries_pin: None,
            given_secrets: Vec::new(),
        }
    }

    pub fn source(&self) -> &Arc<Source> {
        &self.script.source
    }

    /// What one of its own patterns compiled to; `None` for another program's.
    pub fn matcher(&self, pattern: &Pattern) -> Option<&Matcher> {
        self.matchers.get(pattern.id as usize)?.as_ref()
    }

    /// The program that `run "name"` in this script runs.
    pub fn run(&self, name: &str) -> Option<&Arc<Program>> {
        self.runs.get(name)
    }

    /// The secrets that stand in its text, and in those of the scripts that it runs, as defaults and as what it gives
    /// them: to be masked.
    pub fn written_secrets(&self) -> Vec<&str> {
        let own = self.params.iter().filter(|param| param.secret).filter_map(|param| param.default.as_ref());
        let mut texts: Vec<&str> = Vec::new();
        for default in own {
            if let ExpressionKind::Int(_) = default.kind {
                texts.push(self.source().slice(default.span));
            }
            texts.extend(literal_text(default));
        }
        texts.extend(self.given_secrets.iter().map(String::as_str));
        texts.extend(self.runs.values().flat_map(|program| program.written_secrets()));
        texts
    }

    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|param| param.name.value == name)
    }
}

/// Where texts and numbers stand in an expression as they are, pieces of texts too: what a diagnostic does not show.
pub(super) fn written(value: &Expression) -> Vec<Span> {
    match &value.kind {
        ExpressionKind::Text(template) if template.parts.iter().all(|part| matches!(part, TemplatePart::Value(_))) => {
            Vec::new()
        }
        ExpressionKind::Text(_) | ExpressionKind::Int(_) => vec![value.span],
        ExpressionKind::Unary { operand, .. } => written(operand),
        ExpressionKind::Binary { left, right, .. } => written(left).into_iter().chain(written(right)).collect(),
        ExpressionKind::List(items) => items.iter().flat_map(written).collect(),
        ExpressionKind::Bool(_)
        | ExpressionKind::Duration(_)
        | ExpressionKind::Variable(_)
        | ExpressionKind::Member { .. }
        | ExpressionKind::Index { .. }
        | ExpressionKind::Call { .. }
        | ExpressionKind::Matches { .. } => Vec::new(),
    }
}

/// The text that an expression is as it stands. The pieces beside a `${…}` are none: what they make is known, and masked,
/// when it is computed.
pub(super) fn literal_text(value: &Expression) -> Option<&str> {
    if let ExpressionKind::Text(template) = &value.kind
        && let [TemplatePart::Text(text)] = template.parts.as_slice()
    {
        return Some(text);
    }
    None
}

/// The text of a template without `${…}`.
pub(super) fn whole_text(template: &Template) -> Option<String> {
    let text = |part: &TemplatePart| match part {
        TemplatePart::Text(text) => Some(text.clone()),
        TemplatePart::Value(_) => None,
    };
    template.parts.iter().map(text).collect()
}

/// The text of an expression that is written out, and its place.
pub(super) fn constant(value: &Expression) -> Option<(Arc<str>, Span)> {
    let ExpressionKind::Text(template) = &value.kind else { return None };
    whole_text(template).map(|text| (text.into(), value.span))
}
