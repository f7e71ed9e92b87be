//! Texts that are certain before the script runs, and what must not be in them.

use std::sync::Arc;

use crate::source::Span;
use crate::syntax::ast::{Expression, ExpressionKind, Template, TemplatePart};

/// The text of an expression that is written out, and its place.
pub(super) fn constant(expression: &Expression) -> Option<(Arc<str>, Span)> {
    let ExpressionKind::Text(template) = &expression.kind else { return None };
    literal(template).map(|text| (text.into(), expression.span))
}

/// The text of a template without `${…}`.
pub(super) fn literal(template: &Template) -> Option<String> {
    let mut whole = String::new();
    for part in &template.parts {
        match part {
            TemplatePart::Text(text) => whole.push_str(text),
            TemplatePart::Value(_) => return None,
        }
    }
    Some(whole)
}

/// The first character by which a value would break out of its place in an AT command line, and what it would break
/// out of: the line, the string, the command.
pub(super) fn breaks_out(value: &str, in_quotes: bool) -> Option<(&'static str, &'static str)> {
    value.chars().find_map(|character| match character {
        '\r' | '\n' => Some(("a line end", "the command line")),
        '\u{1A}' => Some(("Ctrl-Z", "the command line")),
        '\u{1B}' => Some(("ESC", "the command line")),
        '\0' => Some(("a NUL", "the command line")),
        '"' if in_quotes => Some(("a double quote", "the string")),
        ';' if !in_quotes => Some(("a `;`", "the command")),
        _ => None,
    })
}
