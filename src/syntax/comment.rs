//! What comments tell: what a script is for, and which warnings a person allows.

use super::error::{Fault, SyntaxError};
use super::grammar::{self, Rule};
use crate::source::{Span, Spanned};

/// `# allow CODE: why`
pub(super) struct Allow {
    pub code: Spanned<String>,
    pub why: String,
}

/// Whether a comment that begins at `offset` allows something. Prose that begins with the word is prose.
pub(super) fn allow(comment: &str, offset: usize) -> Option<Result<Allow, SyntaxError>> {
    let comment = comment.trim_end();
    if !comment.trim_start_matches(['#', ' ', '\t']).starts_with("allow") {
        return None;
    }
    let pair = grammar::parse(Rule::allowance, comment).ok()??;
    let whole = Span::new(offset, offset + comment.len());
    let mut inner = pair.into_inner();
    let code = inner.find(|part| part.as_rule() == Rule::allowed_code);
    let Some(code) = code else { return Some(Err(SyntaxError::new(Fault::AllowWithoutCode, whole))) };
    let code_span = Span::new(offset + code.as_span().start(), offset + code.as_span().end());
    let Some(why) = inner.find(|part| part.as_rule() == Rule::allowed_why) else {
        let code = code.as_str().to_owned();
        return Some(Err(SyntaxError::new(Fault::AllowWithoutReason { code }, whole)));
    };
    Some(Ok(Allow { code: Spanned { value: code.as_str().to_owned(), span: code_span }, why: why.as_str().to_owned() }))
}

/// The comment's text: without `#` and the space behind it.
pub(super) fn text(comment: &str) -> &str {
    let text = comment.strip_prefix('#').unwrap_or(comment);
    text.strip_prefix(' ').unwrap_or(text).trim_end()
}
