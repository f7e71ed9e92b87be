//! The lines under a question.

use pest::iterators::Pair;

use super::super::ast::{Clause, ClauseKind, Convert, Field, PromptEnd};
use super::super::error::SyntaxError;
use super::super::grammar::Rule;
use super::{Lowerer, child, children};

impl Lowerer {
    pub(super) fn clause(&mut self, pair: &Pair<'_, Rule>) -> Result<Clause, SyntaxError> {
        let kind = match pair.as_rule() {
            Rule::expect_line => self.expect(pair)?,
            Rule::capture_line => self.capture(pair)?,
            Rule::prompt_line => self.prompt(pair)?,
            _ => return Err(self.misshapen(pair)),
        };
        Ok(Clause { kind, span: self.span(pair) })
    }

    fn expect(&mut self, pair: &Pair<'_, Rule>) -> Result<ClauseKind, SyntaxError> {
        if let Some(nothing) = child(pair, Rule::expect_nothing) {
            return Ok(ClauseKind::ExpectNothing { within: self.child_duration(&nothing)? });
        }
        Ok(ClauseKind::Expect(self.alternatives(&self.required(pair, Rule::alternatives)?)?))
    }

    fn capture(&mut self, pair: &Pair<'_, Rule>) -> Result<ClauseKind, SyntaxError> {
        if let Some(all) = child(pair, Rule::capture_all) {
            let fields = self.fields(&self.required(&all, Rule::fields)?)?;
            let record = self.name(&self.required(&all, Rule::name)?);
            return Ok(ClauseKind::CaptureAll { fields, record });
        }
        if let Some(patterns) = child(pair, Rule::quoted_alternatives) {
            return Ok(ClauseKind::CapturePattern(self.alternatives(&patterns)?));
        }
        Ok(ClauseKind::Capture { fields: self.fields(&self.required(pair, Rule::fields)?)? })
    }

    fn fields(&self, pair: &Pair<'_, Rule>) -> Result<Vec<Field>, SyntaxError> {
        children(pair, Rule::field).map(|field| self.field(&field)).collect()
    }

    pub(super) fn field(&self, pair: &Pair<'_, Rule>) -> Result<Field, SyntaxError> {
        Ok(Field {
            name: child(pair, Rule::name).map(|name| self.name(&name)),
            convert: child(pair, Rule::convert).map_or(Convert::Text, |word| convert(&word)),
            optional: child(pair, Rule::optional_mark).is_some(),
            span: self.span(pair),
        })
    }

    fn prompt(&mut self, pair: &Pair<'_, Rule>) -> Result<ClauseKind, SyntaxError> {
        let mark = child(pair, Rule::string).map(|mark| self.string(&mark)).transpose()?;
        if child(pair, Rule::kw_cancel).is_some() {
            return Ok(ClauseKind::PromptCancel { mark });
        }
        let end = match child(pair, Rule::prompt_then) {
            Some(then) => prompt_end(&self.required(&then, Rule::prompt_end)?),
            None => PromptEnd::CtrlZ,
        };
        Ok(ClauseKind::PromptReply { mark, text: self.child_expression(pair)?, end })
    }
}

pub(super) fn convert(pair: &Pair<'_, Rule>) -> Convert {
    match pair.as_str() {
        "int" => Convert::Int,
        "hex" => Convert::Hex,
        _ => Convert::Text,
    }
}

fn prompt_end(pair: &Pair<'_, Rule>) -> PromptEnd {
    match pair.as_str() {
        "cr" => PromptEnd::Cr,
        "esc" => PromptEnd::Esc,
        "nothing" => PromptEnd::Nothing,
        _ => PromptEnd::CtrlZ,
    }
}
