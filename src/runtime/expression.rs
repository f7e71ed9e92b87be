//! What expressions yield.
//!
//! Arithmetic is checked. Kinds are not mixed: a text is never silently a number, so that `"9"` from an answer and `9`
//! are not unequal without a word.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use super::interpreter::Run;
use super::problem::{Step, code};
use crate::source::{Name, Span, Spanned};
use crate::syntax::ast::{BinaryOperator, Expression, ExpressionKind, Pattern, UnaryOperator};
use crate::value::functions::Function;
use crate::value::{Quoted, Refusal, Value, fits};

/// The longest that anything may take.
pub(super) const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

impl Run<'_> {
    pub(super) fn evaluate(&self, expression: &Expression) -> Step<Value> {
        match &expression.kind {
            ExpressionKind::Text(template) => Ok(Value::text(self.text(template)?)),
            ExpressionKind::Int(number) => Ok(Value::Int(*number)),
            ExpressionKind::Bool(truth) => Ok(Value::Bool(*truth)),
            ExpressionKind::Duration(duration) => Ok(Value::Duration(*duration)),
            ExpressionKind::List(items) => {
                let items = items.iter().map(|item| self.evaluate(item)).collect::<Step<_>>()?;
                self.weighed(Value::list(items), expression.span)
            }
            ExpressionKind::Variable(name) => self.variable(name, expression.span),
            ExpressionKind::Member { record, name } => self.member(record, name),
            ExpressionKind::Index { list, index } => self.item(list, index),
            ExpressionKind::Call { function, arguments } => self.call(function.value, arguments, expression.span),
            ExpressionKind::Unary { operator, operand } => self.unary(*operator, operand),
            ExpressionKind::Binary { operator, left, right } => self.binary(operator, left, right),
            ExpressionKind::Matches { text, pattern } => self.matches(text, pattern),
        }
    }

    /// A condition: nothing but true and false decides.
    pub(super) fn truth(&self, expression: &Expression) -> Step<bool> {
        let value = self.evaluate(expression)?;
        if let Value::Bool(truth) = value {
            return Ok(truth);
        }
        let what = format!("a condition is true or false, and this is {}", self.shown(&value));
        let help = "compare it: `x == 1`, `x != \"\"`";
        Err(self.fail(self.problem(code::TYPE, expression.span, what).help(help)))
    }

    pub(super) fn duration(&self, expression: &Expression) -> Step<Duration> {
        let value = self.evaluate(expression)?;
        let Value::Duration(duration) = value else {
            let what = format!("a duration is wanted here, and this is {}", self.shown(&value));
            let help = "durations carry a unit: `500ms`, `5s`, `2min`";
            return Err(self.fail(self.problem(code::TYPE, expression.span, what).help(help)));
        };
        if duration > YEAR {
            let what = format!("{} is longer than a year", self.shown(&value));
            return Err(self.fail(self.problem(code::VALUE, expression.span, what)));
        }
        Ok(duration)
    }

    pub(super) fn number(&self, expression: &Expression) -> Step<i64> {
        let value = self.evaluate(expression)?;
        if let Value::Int(number) = value {
            return Ok(number);
        }
        let what = format!("a number is wanted here, and this is {}", self.shown(&value));
        Err(self.fail(self.problem(code::TYPE, expression.span, what).help(NUMBER_HELP)))
    }

    fn variable(&self, name: &str, span: Span) -> Step<Value> {
        // The script's own names come first: a capture may well be called `result`.
        if let Some(value) = self.scope.variables.get(name) {
            return Ok(value.clone());
        }
        match name {
            "response" => Ok(self.scope.last.response()),
            "result" => Ok(self.scope.last.result()),
            "elapsed" => Ok(Value::duration(self.scope.last.elapsed)),
            "attempt" => Ok(Value::Int(self.scope.attempt)),
            "error" => Ok(Value::Text(Arc::clone(&self.scope.error))),
            _ => Err(self.unset(name, span)),
        }
    }

    fn unset(&self, name: &str, span: Span) -> super::problem::End {
        let what = format!("`{name}` has no value yet");
        let help = "what sets it was not reached, or failed: set it to something above, for instance `set x = \"\"`";
        self.fail(self.problem(code::UNSET, span, what).help(help))
    }

    fn member(&self, record: &Expression, name: &Name) -> Step<Value> {
        let value = self.evaluate(record)?;
        let Value::Record(fields) = &value else {
            let what = format!("only a record has fields, and this is {}", self.shown(&value));
            return Err(self.fail(self.problem(code::TYPE, record.span, what)));
        };
        if let Some(value) = fields.get(&name.value) {
            return Ok(value.clone());
        }
        let names: Vec<&str> = fields.iter().map(|(name, _)| name).collect();
        let what = format!("the record has no field `{}`", name.value);
        let help = match names.is_empty() {
            true => "it has no fields at all".to_owned(),
            false => format!("it has {}", names.join(", ")),
        };
        Err(self.fail(self.problem(code::UNSET, name.span, what).help(help)))
    }

    fn item(&self, list: &Expression, index: &Expression) -> Step<Value> {
        let whole = self.evaluate(list)?;
        let Value::List(items) = &whole else {
            let what = format!("only a list has numbered items, and this is {}", self.shown(&whole));
            return Err(self.fail(self.problem(code::TYPE, list.span, what)));
        };
        let place = self.number(index)?;
        let found = usize::try_from(place).ok().and_then(|place| items.get(place));
        found.cloned().ok_or_else(|| {
            let what = format!("there is no item {place}: the list has {}", counted(items.len(), "item"));
            self.fail(self.problem(code::VALUE, index.span, what).help("items are counted from 0"))
        })
    }

    fn unary(&self, operator: UnaryOperator, operand: &Expression) -> Step<Value> {
        match operator {
            UnaryOperator::Not => Ok(Value::Bool(!self.truth(operand)?)),
            UnaryOperator::Negate => match self.number(operand)?.checked_neg() {
                Some(number) => Ok(Value::Int(number)),
                None => Err(self.overflow(operand.span)),
            },
        }
    }

    fn binary(&self, operator: &Spanned<BinaryOperator>, left: &Expression, right: &Expression) -> Step<Value> {
        let span = left.span.to(right.span);
        match operator.value {
            BinaryOperator::Or => Ok(Value::Bool(self.truth(left)? || self.truth(right)?)),
            BinaryOperator::And => Ok(Value::Bool(self.truth(left)? && self.truth(right)?)),
            BinaryOperator::Equal => self.equal(&self.evaluate(left)?, &self.evaluate(right)?, span).map(Value::Bool),
            BinaryOperator::NotEqual => {
                self.equal(&self.evaluate(left)?, &self.evaluate(right)?, span).map(|equal| Value::Bool(!equal))
            }
            BinaryOperator::Less => self.order(left, right).map(|order| Value::Bool(order.is_lt())),
            BinaryOperator::LessOrEqual => self.order(left, right).map(|order| Value::Bool(order.is_le())),
            BinaryOperator::Greater => self.order(left, right).map(|order| Value::Bool(order.is_gt())),
            BinaryOperator::GreaterOrEqual => self.order(left, right).map(|order| Value::Bool(order.is_ge())),
            BinaryOperator::In => self.is_in(left, right),
            BinaryOperator::Add
            | BinaryOperator::Subtract
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Remainder => {
                let (one, other) = (self.evaluate(left)?, self.evaluate(right)?);
                self.arithmetic(operator, one, other, span)
            }
        }
    }

    fn equal(&self, one: &Value, other: &Value, span: Span) -> Step<bool> {
        match (one, other) {
            (Value::Text(one), Value::Text(other)) => Ok(one == other),
            (Value::Int(one), Value::Int(other)) => Ok(one == other),
            (Value::Bool(one), Value::Bool(other)) => Ok(one == other),
            (Value::Duration(one), Value::Duration(other)) => Ok(one == other),
            (Value::Record(one), Value::Record(other)) => Ok(one == other),
            (Value::List(one), Value::List(other)) => {
                if one.len() != other.len() {
                    return Ok(false);
                }
                for (one, other) in one.iter().zip(other.iter()) {
                    if !self.equal(one, other, span)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            // An optional parameter that was not there is an empty text, whatever it converts to.
            (Value::Text(text), Value::Int(_)) | (Value::Int(_), Value::Text(text)) if text.is_empty() => Ok(false),
            (
                Value::Text(_)
                | Value::Int(_)
                | Value::Bool(_)
                | Value::Duration(_)
                | Value::List(_)
                | Value::Record(_),
                _,
            ) => Err(self.mismatch("cannot be compared", one, other, span)),
        }
    }

    fn order(&self, left: &Expression, right: &Expression) -> Step<Ordering> {
        let (one, other) = (self.evaluate(left)?, self.evaluate(right)?);
        let span = left.span.to(right.span);
        match (&one, &other) {
            (Value::Int(one), Value::Int(other)) => Ok(one.cmp(other)),
            (Value::Duration(one), Value::Duration(other)) => Ok(one.cmp(other)),
            (Value::Text(text), Value::Text(than)) => {
                if text.parse::<i64>().is_ok() && than.parse::<i64>().is_ok() {
                    let what = format!(
                        "{} and {} are texts: as texts, \"9\" is more than \"31\"",
                        self.shown(&one),
                        self.shown(&other)
                    );
                    return Err(self.fail(self.problem(code::TYPE, span, what).help(NUMBER_HELP)));
                }
                Ok(text.cmp(than))
            }
            (
                Value::Text(_)
                | Value::Int(_)
                | Value::Bool(_)
                | Value::Duration(_)
                | Value::List(_)
                | Value::Record(_),
                _,
            ) => Err(self.mismatch("have no order", &one, &other, span)),
        }
    }

    fn is_in(&self, left: &Expression, right: &Expression) -> Step<Value> {
        let (item, whole) = (self.evaluate(left)?, self.evaluate(right)?);
        let span = left.span.to(right.span);
        match (&item, &whole) {
            (_, Value::List(items)) => {
                for candidate in items.iter() {
                    if self.equal(&item, candidate, span)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            (Value::Text(part), Value::Text(text)) => Ok(Value::Bool(text.contains(&**part))),
            (_, Value::Text(_) | Value::Int(_) | Value::Bool(_) | Value::Duration(_) | Value::Record(_)) => {
                let what = format!("`in` looks into a list or a text, and this is {}", self.shown(&whole));
                Err(self.fail(self.problem(code::TYPE, right.span, what)))
            }
        }
    }

    fn arithmetic(&self, operator: &Spanned<BinaryOperator>, one: Value, other: Value, span: Span) -> Step<Value> {
        use BinaryOperator::{Add, Divide, Multiply, Remainder, Subtract};
        let sign = match operator.value {
            Add => "+",
            Subtract => "-",
            Multiply => "*",
            Divide => "/",
            Remainder => "%",
            BinaryOperator::Or
            | BinaryOperator::And
            | BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual
            | BinaryOperator::In => return Err(self.mismatch("do not go together", &one, &other, span)),
        };
        if matches!(operator.value, Divide | Remainder) && is_zero(&other) {
            let what = format!("division by zero: {one} {sign} {other}");
            return Err(self.fail(self.problem(code::ARITHMETIC, span, what)));
        }
        let result = match (&one, operator.value, &other) {
            (Value::Int(a), Add, Value::Int(b)) => a.checked_add(*b).map(Value::Int),
            (Value::Int(a), Subtract, Value::Int(b)) => a.checked_sub(*b).map(Value::Int),
            (Value::Int(a), Multiply, Value::Int(b)) => a.checked_mul(*b).map(Value::Int),
            (Value::Int(a), Divide, Value::Int(b)) => a.checked_div(*b).map(Value::Int),
            (Value::Int(a), Remainder, Value::Int(b)) => a.checked_rem(*b).map(Value::Int),
            (Value::Duration(a), Add, Value::Duration(b)) => a.checked_add(*b).map(Value::Duration),
            (Value::Duration(a), Subtract, Value::Duration(b)) => a.checked_sub(*b).map(Value::Duration),
            (Value::Duration(a), Multiply, Value::Int(b)) | (Value::Int(b), Multiply, Value::Duration(a)) => {
                u32::try_from(*b).ok().and_then(|times| a.checked_mul(times)).map(Value::Duration)
            }
            (Value::Duration(a), Divide, Value::Int(b)) => {
                u32::try_from(*b).ok().and_then(|parts| a.checked_div(parts)).map(Value::duration)
            }
            (Value::Duration(a), Divide, Value::Duration(b)) => {
                a.as_millis().checked_div(b.as_millis()).and_then(|times| i64::try_from(times).ok()).map(Value::Int)
            }
            (Value::Text(a), Add, Value::Text(b)) => {
                self.fits(a.len().saturating_add(b.len()), span)?;
                Some(Value::text(format!("{a}{b}")))
            }
            (Value::List(a), Add, Value::List(b)) => {
                Some(self.weighed(Value::list(a.iter().chain(b.iter()).cloned().collect()), span)?)
            }
            _ => return Err(self.mismatch(&format!("do not go together with `{sign}`"), &one, &other, span)),
        };
        result.ok_or_else(|| self.overflow(span))
    }

    pub(super) fn matches(&self, text: &Expression, pattern: &Pattern) -> Step<Value> {
        let value = self.evaluate(text)?;
        let line = match &value {
            Value::Text(text) => Arc::clone(text),
            Value::Int(_) | Value::Bool(_) | Value::Duration(_) => value.to_string().into(),
            Value::List(_) | Value::Record(_) => {
                let what = format!("`matches` looks at a text, and this is {}", self.shown(&value));
                return Err(self.fail(self.problem(code::TYPE, text.span, what)));
            }
        };
        let values = self.pattern_values(pattern)?;
        Ok(Value::Bool(self.matcher(pattern)?.matches(line.as_bytes(), &values)))
    }

    fn call(&self, function: &Function, arguments: &[Expression], span: Span) -> Step<Value> {
        let values = arguments.iter().map(|argument| self.evaluate(argument)).collect::<Step<Vec<_>>>()?;
        let called = function.call(&values, self.inputs.folder.as_deref(), &|value| self.shown(value));
        called.map_err(|refusal| {
            let argument = refusal.argument.and_then(|place| arguments.get(place));
            self.refused(refusal, argument.map_or(span, |argument| argument.span))
        })
    }

    /// A failure at this place.
    #[inline(never)]
    pub(super) fn refused(&self, refusal: Refusal, span: Span) -> super::problem::End {
        let problem = self.problem(refusal.code, span, refusal.message);
        self.fail(match refusal.help {
            Some(help) => problem.help(help),
            None => problem,
        })
    }

    pub(super) fn fits(&self, length: usize, span: Span) -> Step {
        fits(length).map_err(|refusal| self.refused(refusal, span))
    }

    pub(super) fn weighed(&self, value: Value, span: Span) -> Step<Value> {
        value.weighed().map_err(|refusal| self.refused(refusal, span))
    }

    /// A value and its kind for an error: `the text "5"`. Of a secret that is cut off too little would be left to be
    /// known again, so it is hidden here.
    pub(super) fn shown(&self, value: &Value) -> String {
        let text = self.hearing.mask.string(Quoted(value).to_string());
        let text =
            if text.chars().count() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text };
        match value {
            Value::Text(_) => format!("the text {text}"),
            Value::Int(_) => format!("the number {text}"),
            Value::Duration(_) => format!("the duration {text}"),
            Value::List(_) => format!("the list {text}"),
            Value::Record(_) => format!("the record {text}"),
            Value::Bool(_) => text,
        }
    }

    fn overflow(&self, span: Span) -> super::problem::End {
        let what = "the result is out of range";
        let help = "numbers go from -9223372036854775808 to 9223372036854775807; durations are never negative";
        self.fail(self.problem(code::ARITHMETIC, span, what).help(help))
    }

    fn mismatch(&self, verb: &str, one: &Value, other: &Value, span: Span) -> super::problem::End {
        let what = format!("{} and {} {verb}", self.shown(one), self.shown(other));
        let help = match (one, other) {
            (Value::Text(_), Value::Int(_)) | (Value::Int(_), Value::Text(_)) => NUMBER_HELP,
            (Value::Text(_), _) | (_, Value::Text(_)) => "put values into a text with `${…}`",
            _ => "both sides must be of one kind",
        };
        self.fail(self.problem(code::TYPE, span, what).help(help))
    }
}

const NUMBER_HELP: &str =
    "to have a number, capture it as `name:int`, or write `int(name)`; to have a text, `text(name)`";

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Int(number) => *number == 0,
        Value::Duration(duration) => duration.as_millis() == 0,
        Value::Text(_) | Value::Bool(_) | Value::List(_) | Value::Record(_) => false,
    }
}

/// `1 item`, `2 items`
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
