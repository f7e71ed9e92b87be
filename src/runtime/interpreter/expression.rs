//! What expressions, texts with `${…}` in them, and patterns yield.
//!
//! Arithmetic is checked. Kinds are not mixed: a text is never silently a number, so that `"9"` from an answer and `9`
//! are not unequal without a word.

use std::cmp::Ordering;
use std::fmt::{Display, Write};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::{End, ScriptView, Step, YEAR};
use crate::at::PromptPlan;
use crate::at::command::parse;
use crate::catalogue::entry::KnownPrompt;
use crate::source::{Name, Span};
use crate::syntax::ast::{
    BinaryOperator, Clause, ClauseKind, Expression, ExpressionKind, Pattern, PatternKind, PatternPart, PromptEnd,
    Template, TemplatePart, UnaryOperator,
};
use crate::value::functions::Function;
use crate::value::{Decimal, Quoted, Refusal, Value, bytes_of, fits};

/// A modem that asks for data does so in this time, or not at all.
const PROMPT_TIME: Duration = Duration::from_secs(5);

impl ScriptView<'_> {
    pub(super) fn evaluate(&self, expression: &Expression) -> Step<Value> {
        match &expression.kind {
            ExpressionKind::Text(template) => Ok(Value::text(self.text(template)?)),
            ExpressionKind::Int(number) => Ok(Value::Int(*number)),
            ExpressionKind::Decimal(number) => Ok(Value::Decimal(*number)),
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
            ExpressionKind::Binary { operator, left, right } => self.binary(operator.value, left, right),
            ExpressionKind::Matches { text, pattern } => self.matches(text, pattern),
        }
    }

    /// A condition: nothing but true and false decides.
    pub(super) fn truth(&self, expression: &Expression) -> Step<bool> {
        let value = self.evaluate(expression)?;
        if let Value::Bool(truth) = value {
            return Ok(truth);
        }
        Err(self.unfit("hayes::run::type condition", expression.span, &value))
    }

    pub(super) fn duration(&self, expression: &Expression) -> Step<Duration> {
        let value = self.evaluate(expression)?;
        let Value::Duration(duration) = value else {
            return Err(self.unfit("hayes::run::type duration", expression.span, &value));
        };
        if duration > YEAR {
            return Err(self.unfit("hayes::run::value year", expression.span, &value));
        }
        Ok(duration)
    }

    pub(super) fn number(&self, expression: &Expression) -> Step<i64> {
        self.whole_number(&self.evaluate(expression)?, expression.span)
    }

    fn whole_number(&self, value: &Value, span: Span) -> Step<i64> {
        if let Value::Int(number) = value {
            return Ok(*number);
        }
        if has_no_value(value) {
            return Err(self.no_value(span));
        }
        Err(self.unfit("hayes::run::type number", span, value))
    }

    #[inline(never)]
    pub(super) fn assert(&self, condition: &Expression, why: Option<&Template>) -> Step {
        if self.truth(condition)? {
            return Ok(());
        }
        let text = self.scope.program.source().slice(condition.span);
        let mut values = Vec::new();
        self.operands(condition, &mut values);
        let values = values.join(", ");
        let message = match why {
            Some(why) => self.message(why)?,
            None if values.is_empty() => format!("{text} does not hold"),
            None => format!("{text} does not hold: {values}"),
        };
        let label = if values.is_empty() { "does not hold".to_owned() } else { values };
        let mut problem = self.problem(NOT_HELD, condition.span, message).label(label);
        // What is asserted is mostly what was just captured.
        let last = &self.scope.last;
        if let Some(sent) = &last.sent {
            problem = problem.sent(sent.as_ref()).answer(&last.lines, last.result.as_ref());
            if last.lines.len() == 1 {
                problem.also_means(format!("{sent} answered {}", self.answered(sent)));
            }
        }
        Err(self.fail(problem))
    }

    pub(crate) fn mentions_module(&self, condition: &Expression) -> bool {
        self.scope.variables.get("module").is_none() && condition.asks_for("module")
    }

    /// `requires`: it holds, or is there and not empty.
    #[inline(never)]
    pub(crate) fn required(&self, condition: &Expression, why: Option<&Template>) -> Step {
        let value = self.evaluate(condition)?;
        let is_met = match &value {
            Value::Bool(truth) => *truth,
            Value::Text(text) => !text.is_empty(),
            Value::List(items) => !items.is_empty(),
            Value::Bytes(_) | Value::Int(_) | Value::Decimal(_) | Value::Duration(_) | Value::Record(_) => {
                return Err(self.unfit("hayes::run::type condition", condition.span, &value));
            }
        };
        if is_met {
            return Ok(());
        }
        let text = self.scope.program.source().slice(condition.span);
        let mut values = Vec::new();
        if let Value::Bool(_) = value {
            self.operands(condition, &mut values);
        } else {
            values.push(format!("{text} is empty"));
        }
        let is_unknown = self.module.is_none() && self.mentions_module(condition);
        let which = match self.module.filter(|_| self.mentions_module(condition)) {
            Some(module) => format!("this is a {}: ", crate::value::module::name(module)),
            None if is_unknown => "Hayes does not know which module this is: ".to_owned(),
            None => String::new(),
        };
        let message = match why {
            Some(why) => self.message(why)?,
            None => format!("the script requires {text}, and {which}{}", values.join(", ")),
        };
        let page = if is_unknown { "hayes::run::requires unknown" } else { "hayes::run::requires" };
        let problem = self.told(page, condition.span, &[&message]);
        Err(self.fail(problem.label(values.join(", "))))
    }

    /// The names in a condition and what they are: `stat is 2`.
    fn operands(&self, expression: &Expression, found: &mut Vec<String>) {
        match &expression.kind {
            ExpressionKind::Variable(_) | ExpressionKind::Member { .. } | ExpressionKind::Index { .. } => {
                let name = self.scope.program.source().slice(expression.span);
                if let Ok(value) = self.evaluate(expression) {
                    let text = format!("{name} is {}", crate::value::Quoted(&value));
                    if !found.contains(&text) {
                        found.push(text);
                    }
                }
            }
            ExpressionKind::Call { arguments, .. } => {
                arguments.iter().for_each(|argument| self.operands(argument, found));
            }
            ExpressionKind::Unary { operand, .. } => self.operands(operand, found),
            ExpressionKind::Binary { left, right, .. } => {
                self.operands(left, found);
                self.operands(right, found);
            }
            ExpressionKind::Matches { text, .. } => self.operands(text, found),
            ExpressionKind::List(items) => items.iter().for_each(|item| self.operands(item, found)),
            ExpressionKind::Text(text) => text.parts.iter().for_each(|part| match part {
                TemplatePart::Value(value) => self.operands(value, found),
                TemplatePart::Text(_) => {}
            }),
            ExpressionKind::Int(_)
            | ExpressionKind::Decimal(_)
            | ExpressionKind::Bool(_)
            | ExpressionKind::Duration(_) => {}
        }
    }

    #[inline(never)]
    pub(super) fn fails(&self, why: &Template, span: Span, is_final: bool) -> Step {
        let problem = self.problem("hayes::run::fail", span, self.message(why)?);
        Err(if is_final { self.refuse(problem) } else { self.fail(problem) })
    }

    fn variable(&self, name: &str, span: Span) -> Step<Value> {
        // The script's own names come first: it may have a `body` or a `module` of its own.
        if let Some(value) = self.scope.variables.get(name) {
            return Ok(value.clone());
        }
        match name {
            "response" | "body" | "result" | "elapsed" | "error" if self.scope.last.left_out => {
                Err(self.unset(name, span))
            }
            "response" => Ok(self.scope.last.response()),
            "body" => Ok(Value::of_bytes(self.scope.last.body.clone())),
            "result" => Ok(self.scope.last.result()),
            "elapsed" => Ok(Value::duration(self.scope.last.elapsed)),
            "module" => Ok(crate::value::module::record(self.module)),
            "attempt" if self.scope.attempt > 0 => Ok(Value::Int(self.scope.attempt)),
            "error" => Ok(Value::Text(Arc::clone(&self.scope.error))),
            _ => Err(self.unset(name, span)),
        }
    }

    fn unset(&self, name: &str, span: Span) -> End {
        self.failed(UNSET, span, &[&name])
    }

    fn member(&self, record: &Expression, name: &Name) -> Step<Value> {
        let value = self.evaluate(record)?;
        let Value::Record(fields) = &value else {
            return Err(self.unfit("hayes::run::type record", record.span, &value));
        };
        if let Some(value) = fields.get(&name.value) {
            return Ok(value.clone());
        }
        let names: Vec<&str> = fields.iter().map(|(name, _)| name).collect();
        let has = match names.is_empty() {
            true => "no fields at all".to_owned(),
            false => names.join(", "),
        };
        Err(self.failed("hayes::run::unset field", name.span, &[&name.value, &has]))
    }

    fn item(&self, list: &Expression, index: &Expression) -> Step<Value> {
        let whole = self.evaluate(list)?;
        let Value::List(items) = &whole else {
            return Err(self.unfit("hayes::run::type list", list.span, &whole));
        };
        let place = self.number(index)?;
        let found = usize::try_from(place).ok().and_then(|place| items.get(place));
        found.cloned().ok_or_else(|| {
            let count = counted(items.len(), "item");
            self.failed("hayes::run::value item", index.span, &[&place, &count])
        })
    }

    fn unary(&self, operator: UnaryOperator, operand: &Expression) -> Step<Value> {
        match operator {
            UnaryOperator::Not => Ok(Value::Bool(!self.truth(operand)?)),
            UnaryOperator::Negate => {
                let value = self.evaluate(operand)?;
                if let Value::Decimal(number) = value {
                    return Ok(Value::Decimal(number.negated()));
                }
                let negated = self.whole_number(&value, operand.span)?.checked_neg();
                negated.map(Value::Int).ok_or_else(|| self.overflow(operand.span))
            }
        }
    }

    fn binary(&self, operator: BinaryOperator, left: &Expression, right: &Expression) -> Step<Value> {
        let span = left.span.to(right.span);
        match operator {
            BinaryOperator::Or => Ok(Value::Bool(self.truth(left)? || self.truth(right)?)),
            BinaryOperator::And => Ok(Value::Bool(self.truth(left)? && self.truth(right)?)),
            BinaryOperator::Equal | BinaryOperator::NotEqual => {
                let (one, other) = (self.evaluate(left)?, self.evaluate(right)?);
                self.told_of((left, &one), &other)?;
                self.told_of((right, &other), &one)?;
                let equal = self.equal(&one, &other, span)?;
                Ok(Value::Bool(equal == (operator == BinaryOperator::Equal)))
            }
            BinaryOperator::Less => self.order(left, right).map(|order| Value::Bool(order.is_lt())),
            BinaryOperator::LessOrEqual => self.order(left, right).map(|order| Value::Bool(order.is_le())),
            BinaryOperator::Greater => self.order(left, right).map(|order| Value::Bool(order.is_gt())),
            BinaryOperator::GreaterOrEqual => self.order(left, right).map(|order| Value::Bool(order.is_ge())),
            BinaryOperator::In => self.is_in(left, right),
            BinaryOperator::Range => self.range(self.number(left)?, self.number(right)?, span),
            BinaryOperator::Add => self.arithmetic("+", left, right),
            BinaryOperator::Subtract => self.arithmetic("-", left, right),
            BinaryOperator::Multiply => self.arithmetic("*", left, right),
            BinaryOperator::Divide => self.arithmetic("/", left, right),
            BinaryOperator::Remainder => self.arithmetic("%", left, right),
        }
    }

    /// The whole numbers from one to the other; none where the last is before the first.
    fn range(&self, first: i64, last: i64, span: Span) -> Step<Value> {
        if last.saturating_sub(first) >= LONGEST_RANGE {
            let values: [&dyn Display; 3] = [&first, &last, &LONGEST_RANGE];
            return Err(self.failed("hayes::run::too-long range", span, &values));
        }
        self.weighed(Value::list((first..=last).map(Value::Int).collect()), span)
    }

    fn equal(&self, one: &Value, other: &Value, span: Span) -> Step<bool> {
        if let (Value::List(one), Value::List(other)) = (one, other) {
            let mut pairs = one.iter().zip(other.iter());
            let all = pairs.try_fold(true, |equal, (one, other)| Ok(equal && self.equal(one, other, span)?));
            return if one.len() == other.len() { all } else { Ok(false) };
        }
        if one.kind() == other.kind() {
            return Ok(one == other);
        }
        // An optional parameter that was not there is an empty text, whatever it converts to.
        match (one, other) {
            (Value::Text(text), Value::Int(_) | Value::Decimal(_))
            | (Value::Int(_) | Value::Decimal(_), Value::Text(text))
                if text.is_empty() =>
            {
                Ok(false)
            }
            (Value::Int(number), Value::Decimal(decimal)) | (Value::Decimal(decimal), Value::Int(number)) => {
                Ok(*decimal == Decimal::from(*number))
            }
            (Value::Text(text), Value::Bytes(bytes)) | (Value::Bytes(bytes), Value::Text(text)) => {
                Ok(text.as_bytes() == &**bytes)
            }
            _ => Err(self.mismatch("cannot be compared", one, other, span)),
        }
    }

    /// Fails where a number is held against what has no value: an optional parameter that was not there. It is neither
    /// equal to a number nor another one. `""`, as it is written, asks just whether there is one.
    fn told_of(&self, (place, value): (&Expression, &Value), other: &Value) -> Step {
        let is_number = matches!(other, Value::Int(_) | Value::Decimal(_) | Value::Duration(_));
        if !is_number || !has_no_value(value) || is_nothing(place) {
            return Ok(());
        }
        Err(self.no_value(place.span))
    }

    fn no_value(&self, span: Span) -> End {
        self.failed("hayes::run::no-value", span, &[&self.scope.program.source().slice(span)])
    }

    fn order(&self, left: &Expression, right: &Expression) -> Step<Ordering> {
        let (one, other) = (self.evaluate(left)?, self.evaluate(right)?);
        let span = left.span.to(right.span);
        self.told_of((left, &one), &other)?;
        self.told_of((right, &other), &one)?;
        match (&one, &other) {
            (Value::Int(one), Value::Int(other)) => Ok(one.cmp(other)),
            (Value::Decimal(one), Value::Decimal(other)) => Ok(one.cmp(other)),
            (Value::Int(one), Value::Decimal(other)) => Ok(Decimal::from(*one).cmp(other)),
            (Value::Decimal(one), Value::Int(other)) => Ok(one.cmp(&Decimal::from(*other))),
            (Value::Duration(one), Value::Duration(other)) => Ok(one.cmp(other)),
            (Value::Text(text), Value::Text(than)) if text.parse::<i64>().is_err() || than.parse::<i64>().is_err() => {
                Ok(text.cmp(than))
            }
            (Value::Text(_), Value::Text(_)) => {
                let values: [&dyn Display; 2] = [&self.shown(&one), &self.shown(&other)];
                Err(self.failed("hayes::run::type order", span, &values))
            }
            _ => Err(self.mismatch("have no order", &one, &other, span)),
        }
    }

    fn is_in(&self, left: &Expression, right: &Expression) -> Step<Value> {
        let (item, whole) = (self.evaluate(left)?, self.evaluate(right)?);
        let span = left.span.to(right.span);
        match (&item, &whole) {
            (_, Value::List(items)) => {
                let mut candidates = items.iter();
                let found = candidates
                    .try_fold(false, |found, other| Ok::<bool, End>(found || self.equal(&item, other, span)?))?;
                if !found {
                    items.iter().try_for_each(|other| self.told_of((left, &item), other))?;
                }
                if let (false, ExpressionKind::List(places)) = (found, &right.kind) {
                    places
                        .iter()
                        .zip(items.iter())
                        .try_for_each(|(place, other)| self.told_of((place, other), &item))?;
                }
                Ok(Value::Bool(found))
            }
            (Value::Text(part), Value::Text(text)) => Ok(Value::Bool(text.contains(&**part))),
            _ => Err(self.unfit("hayes::run::type in", right.span, &whole)),
        }
    }

    fn arithmetic(&self, sign: &str, left: &Expression, right: &Expression) -> Step<Value> {
        let (one, other) = (self.evaluate(left)?, self.evaluate(right)?);
        let span = left.span.to(right.span);
        self.told_of((left, &one), &other)?;
        self.told_of((right, &other), &one)?;
        if matches!(sign, "/" | "%") && is_zero(&other) {
            return Err(self.failed("hayes::run::arithmetic zero", span, &[&one, &sign, &other]));
        }
        let result = match (&one, sign, &other) {
            (Value::Int(a), "+", Value::Int(b)) => a.checked_add(*b).map(Value::Int),
            (Value::Int(a), "-", Value::Int(b)) => a.checked_sub(*b).map(Value::Int),
            (Value::Int(a), "*", Value::Int(b)) => a.checked_mul(*b).map(Value::Int),
            (Value::Int(a), "/", Value::Int(b)) => a.checked_div(*b).map(Value::Int),
            (Value::Int(a), "%", Value::Int(b)) => a.checked_rem(*b).map(Value::Int),
            (Value::Decimal(a), _, Value::Decimal(b)) => a.calculated(sign, *b).map(Value::Decimal),
            (Value::Decimal(a), _, Value::Int(b)) => a.calculated(sign, Decimal::from(*b)).map(Value::Decimal),
            (Value::Int(a), _, Value::Decimal(b)) => Decimal::from(*a).calculated(sign, *b).map(Value::Decimal),
            (Value::Duration(a), "+", Value::Duration(b)) => a.checked_add(*b).map(Value::Duration),
            (Value::Duration(a), "-", Value::Duration(b)) => a.checked_sub(*b).map(Value::Duration),
            (Value::Duration(a), "*", Value::Int(b)) | (Value::Int(b), "*", Value::Duration(a)) => {
                u32::try_from(*b).ok().and_then(|times| a.checked_mul(times)).map(Value::Duration)
            }
            (Value::Duration(a), "/", Value::Int(b)) => {
                u32::try_from(*b).ok().and_then(|parts| a.checked_div(parts)).map(Value::duration)
            }
            (Value::Duration(a), "/", Value::Duration(b)) => {
                a.as_millis().checked_div(b.as_millis()).and_then(|times| i64::try_from(times).ok()).map(Value::Int)
            }
            (Value::Text(a), "+", Value::Text(b)) => {
                self.fits(a.len().saturating_add(b.len()), span)?;
                Some(Value::text(format!("{a}{b}")))
            }
            (Value::Text(_) | Value::Bytes(_), "+", Value::Text(_) | Value::Bytes(_)) => {
                let both = [bytes_of(&one), bytes_of(&other)].concat();
                self.fits(both.len(), span)?;
                Some(Value::Bytes(both.into()))
            }
            (Value::List(a), "+", Value::List(b)) => {
                Some(self.weighed(Value::list(a.iter().chain(b.iter()).cloned().collect()), span)?)
            }
            _ => return Err(self.mismatch(&format!("do not go together with `{sign}`"), &one, &other, span)),
        };
        result.ok_or_else(|| self.overflow(span))
    }

    fn matches(&self, text: &Expression, pattern: &Pattern) -> Step<Value> {
        let value = self.evaluate(text)?;
        let line = match &value {
            Value::Text(text) => Arc::clone(text),
            Value::Int(_) | Value::Decimal(_) | Value::Bool(_) | Value::Duration(_) => value.to_string().into(),
            Value::Bytes(_) | Value::List(_) | Value::Record(_) => {
                return Err(self.unfit("hayes::run::type matches", text.span, &value));
            }
        };
        let values = self.pattern_values(pattern)?;
        Ok(Value::Bool(self.matches_line(pattern, line.as_bytes(), &values)))
    }

    fn call(&self, function: &Function, arguments: &[Expression], span: Span) -> Step<Value> {
        let values = arguments.iter().map(|argument| self.evaluate(argument)).collect::<Step<Vec<_>>>()?;
        let now = || self.began.after(self.conversation.now()).to_string();
        let called = function.call(&values, self.folder, &|value| self.shown(value), &now);
        called.map_err(|refusal| {
            let place = refusal.argument;
            let span = place.and_then(|place| arguments.get(place)).map_or(span, |argument| argument.span);
            let is_empty = place.and_then(|place| values.get(place)).is_some_and(has_no_value);
            if is_empty && refusal.page == "hayes::run::type function" {
                return self.no_value(span);
            }
            self.refused(refusal, span)
        })
    }

    /// A value that is none of those that this takes.
    #[inline(never)]
    pub(crate) fn unfit(&self, page: &'static str, span: Span, value: &Value) -> End {
        self.failed(page, span, &[&self.shown(value)])
    }

    /// A failure at this place.
    #[inline(never)]
    pub(super) fn refused(&self, refusal: Refusal, span: Span) -> End {
        let values: Vec<&dyn Display> = refusal.values.iter().map(|value| value as &dyn Display).collect();
        self.failed(refusal.page, span, &values)
    }

    fn fits(&self, length: usize, span: Span) -> Step {
        fits(length).map_err(|refusal| self.refused(refusal, span))
    }

    pub(super) fn weighed(&self, value: Value, span: Span) -> Step<Value> {
        value.weighed().map_err(|refusal| self.refused(refusal, span))
    }

    /// A value and its kind for an error: `the text "5"`. Of a secret that is cut off too little would be left to be
    /// known again, so it is hidden here.
    pub(super) fn shown(&self, value: &Value) -> String {
        let text = self.mask.string(Quoted(value).to_string());
        let text =
            if text.chars().count() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text };
        match value {
            Value::Text(_) => format!("the text {text}"),
            Value::Int(_) | Value::Decimal(_) => format!("the number {text}"),
            Value::Bytes(bytes) => format!("{} ({text})", counted(bytes.len(), "byte")),
            Value::Duration(_) => format!("the duration {text}"),
            Value::List(_) => format!("the list {text}"),
            Value::Record(_) => format!("the record {text}"),
            Value::Bool(_) => text,
        }
    }

    fn overflow(&self, span: Span) -> End {
        self.failed("hayes::run::arithmetic", span, &[])
    }

    fn mismatch(&self, verb: &str, one: &Value, other: &Value, span: Span) -> End {
        let help = match (one, other) {
            (Value::Text(_), Value::Int(_) | Value::Decimal(_))
            | (Value::Int(_) | Value::Decimal(_), Value::Text(_)) => NUMBER_HELP,
            (Value::Text(_), _) | (_, Value::Text(_)) => "put values into a text with `${…}`",
            _ => "both sides must be of one kind",
        };
        let values: [&dyn Display; 4] = [&self.shown(one), &self.shown(other), &verb, &help];
        self.failed("hayes::run::type mismatch", span, &values)
    }

    /// The text with its values in place.
    pub(super) fn text(&self, template: &Template) -> Step<String> {
        if let [TemplatePart::Text(text)] = template.parts.as_slice() {
            return Ok(text.clone());
        }
        self.filled(template, |text, expression| {
            append(text, &self.no_bytes(expression)?);
            Ok(())
        })
    }

    /// A value that goes into a text: bytes go only as digits of which it is known what they are.
    fn no_bytes(&self, expression: &Expression) -> Step<Value> {
        let value = self.evaluate(expression)?;
        if let Value::Bytes(_) = value {
            return Err(self.unfit("hayes::run::type bytes", expression.span, &value));
        }
        Ok(value)
    }

    /// As [`ScriptView::text`], for messages: a name without a value does not hide what the message was to say.
    pub(super) fn message(&self, template: &Template) -> Step<String> {
        self.filled(template, |text, expression| {
            match self.evaluate(expression) {
                Ok(value) => append(text, &value),
                Err(End::Failed(failure)) if failure.diagnostic.code == UNSET => text.push_str("(no value)"),
                Err(end) => return Err(end),
            }
            Ok(())
        })
    }

    fn filled(&self, template: &Template, fill: impl Fn(&mut String, &Expression) -> Step) -> Step<String> {
        let mut text = String::new();
        for part in &template.parts {
            match part {
                TemplatePart::Text(literal) => text.push_str(literal),
                TemplatePart::Value(expression) => fill(&mut text, expression)?,
            }
            self.fits(text.len(), template.span)?;
        }
        Ok(text)
    }

    /// What goes to the modem. A value cannot break out of the command it stands in: it holds no control character that
    /// ends a line, a text or a prompt; in AT text, no double quote inside of double quotes, outside of them no `;` and
    /// no quote that it does not close itself, and nothing else that begins another command.
    pub(super) fn command(&self, template: &Template, may_hold_controls: bool) -> Step<String> {
        if let [TemplatePart::Text(text)] = template.parts.as_slice() {
            return Ok(text.clone());
        }
        // The values' places in the text. One that the text begins with may name the command; it is not judged as what
        // is put into a command.
        let (mut text, mut harmless) = (String::new(), String::new());
        let mut values: Vec<(&Expression, Range<usize>)> = Vec::new();
        for part in &template.parts {
            let start = text.len();
            match part {
                TemplatePart::Text(literal) => text.push_str(literal),
                TemplatePart::Value(expression) => {
                    append(&mut text, &self.no_bytes(expression)?);
                    self.fits(text.len(), template.span)?;
                    values.push((expression, start..text.len()));
                }
            }
            match part {
                TemplatePart::Value(_) if start > 0 => harmless.push('0'),
                TemplatePart::Text(_) | TemplatePart::Value(_) => {
                    harmless.push_str(text.get(start..).unwrap_or_default());
                }
            }
        }
        let is_at = is_command_line(&text);
        for (expression, range) in values {
            let value = text.get(range.clone()).unwrap_or_default();
            let controls = if may_hold_controls && !is_at { None } else { control(value) };
            let judged_as_at = is_at && range.start > 0;
            let in_quotes = text.bytes().take(range.start).filter(|byte| *byte == b'"').count() % 2 == 1;
            if let Some(found) = controls.or_else(|| quoting(value, in_quotes).filter(|_| judged_as_at)) {
                return Err(self.injection(expression.span, found));
            }
        }
        // `ATE${v}` with `0+CFUN=0` is two commands without a `;` (V.250 §5.2.1).
        if is_at && commands(&text) != commands(&harmless) {
            return Err(self.injection(template.span, "what begins another command"));
        }
        Ok(text)
    }

    /// What answers a prompt: it holds nothing that would end it early. Bytes that nothing is sent behind are counted
    /// by the modem, so they may hold anything.
    fn reply(&self, expression: &Expression, end: Option<PromptEnd>, is_counted: bool) -> Step<Vec<u8>> {
        let value = self.evaluate(expression)?;
        let bytes = bytes_of(&value);
        if matches!(value, Value::Bytes(_)) && (end == Some(PromptEnd::Nothing) || is_counted && end.is_none()) {
            return Ok(bytes);
        }
        if let Some(found) = bytes.iter().find_map(|byte| match byte {
            0x1A => Some("Ctrl-Z (0x1A), which would end it"),
            0x1B => Some("ESC (0x1B), which would cancel it"),
            _ => None,
        }) {
            return Err(self.failed("hayes::run::injection reply", expression.span, &[&found]));
        }
        Ok(bytes)
    }

    /// What is said to the prompt that a question leads to, and in what time the modem must have asked. `known`: the
    /// prompt by which the command is known to ask; one that the script names goes before it. `announced`: so many
    /// bytes the command has announced, and the modem takes just so many.
    #[inline(never)]
    pub(super) fn prompt_plan(
        &self,
        clauses: &[Clause],
        command: &str,
        known: Option<&KnownPrompt>,
        announced: Option<(usize, bool)>,
    ) -> Step<(PromptPlan, Option<Duration>)> {
        let mark = |mark: &Option<Template>| match mark {
            Some(mark) => self.text(mark).map(Some),
            None => Ok(known.map(|known| known.mark.to_owned())),
        };
        for clause in clauses {
            let ClauseKind::Prompt { mark: text, within, reply } = &clause.kind else { continue };
            let plan = if let Some((reply, end)) = reply {
                let mut bytes = self.reply(reply, *end, announced.is_some())?;
                let data = known.map_or(bytes.len(), |known| known.data(&bytes).len());
                let has_end = data < bytes.len();
                bytes.truncate(data);
                let is_it = |(count, is_sure): &(usize, bool)| *is_sure || *count == bytes.len();
                let announced = announced.filter(is_it).map(|(count, _)| count);
                let known_end = known.filter(|_| end.is_none() || has_end).map_or("", |known| known.end);
                bytes.extend(match end {
                    Some(PromptEnd::CtrlZ) => Some(0x1A),
                    Some(PromptEnd::Cr) => Some(b'\r'),
                    Some(PromptEnd::Esc) => Some(0x1B),
                    Some(PromptEnd::Nothing) => None,
                    None => (announced.is_none() && known_end.is_empty()).then_some(0x1A),
                });
                if let Some(count) = announced.filter(|count| *count != bytes.len()) {
                    return Err(self.miscounted(command, reply.span, count, bytes.len()));
                }
                bytes.extend_from_slice(known_end.as_bytes());
                PromptPlan::Reply { mark: mark(text)?, bytes }
            } else {
                PromptPlan::Cancel { mark: mark(text)? }
            };
            // What asks for data by a word may first have to do something: to connect.
            let is_soon = plan.mark().is_some_and(|mark| !mark.contains(|c: char| c.is_ascii_alphanumeric()));
            let within = match within {
                Some(within) => Some(self.duration(within)?),
                None => is_soon.then_some(PROMPT_TIME),
            };
            return Ok((plan, within));
        }
        Ok((PromptPlan::Unexpected, None))
    }

    /// The modem takes just so many bytes; what is left of others runs as a command.
    fn miscounted(&self, command: &str, reply: Span, count: usize, length: usize) -> End {
        let values: [&dyn Display; 4] = [&command, &counted(count, "byte"), &length, &counted(length, "byte")];
        self.fail(self.told("hayes::run::reply-length", reply, &values).sent(command))
    }

    fn injection(&self, place: Span, found: &str) -> End {
        let name = self.scope.program.source().slice(place);
        self.failed("hayes::run::injection", place, &[&name, &found])
    }

    /// The values of a pattern's `${…}`, in order.
    fn pattern_values(&self, pattern: &Pattern) -> Step<Vec<String>> {
        let mut values = Vec::new();
        let PatternKind::Line(parts) = &pattern.kind else { return Ok(values) };
        let mut is_empty = true;
        for part in parts {
            is_empty &= match part {
                PatternPart::Value(expression) => {
                    let value = self.evaluate(expression)?.to_string();
                    let is_blank = value.trim().is_empty();
                    values.push(value);
                    is_blank
                }
                PatternPart::Text(text) => text.trim().is_empty(),
                PatternPart::Hole(_) => false,
            };
        }
        if is_empty && !values.is_empty() {
            return Err(self.failed("hayes::run::value pattern", pattern.span, &[]));
        }
        Ok(values)
    }

    pub(super) fn alternatives_values(&self, patterns: &[Pattern]) -> Step<Vec<Vec<String>>> {
        patterns.iter().map(|pattern| self.pattern_values(pattern)).collect()
    }

    /// Whether a line matches a pattern of the script.
    pub(super) fn matches_line(&self, pattern: &Pattern, line: &[u8], values: &[String]) -> bool {
        self.scope.program.matcher(pattern).is_some_and(|matcher| matcher.matches(line, values))
    }
}

/// A list is held whole.
const LONGEST_RANGE: i64 = 100_000;

/// What an `assert` or a `check` asserts does not hold.
pub(super) const NOT_HELD: &str = "hayes::run::assert";

const UNSET: &str = "hayes::run::unset";

const NUMBER_HELP: &str =
    "to have a number, capture it as `name:int`, or write `int(name)`; to have a text, `text(name)`";

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Int(number) => *number == 0,
        Value::Decimal(number) => number.is_zero(),
        Value::Duration(duration) => duration.as_millis() == 0,
        Value::Text(_) | Value::Bytes(_) | Value::Bool(_) | Value::List(_) | Value::Record(_) => false,
    }
}

fn has_no_value(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.is_empty())
}

/// `""`, as it is written
fn is_nothing(expression: &Expression) -> bool {
    let is_blank = |part: &TemplatePart| matches!(part, TemplatePart::Text(text) if text.is_empty());
    matches!(&expression.kind, ExpressionKind::Text(text) if text.parts.iter().all(is_blank))
}

/// `1 item`, `2 items`
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn append(text: &mut String, value: &Value) {
    if let Value::Text(part) = value {
        text.push_str(part);
    } else {
        // Writing to a String does not fail.
        let _ = write!(text, "{value}");
    }
}

/// Whether a text is an AT command line: `AT+CSQ`, `ati`; not `attach` or `at noon`, which a login may be told.
pub(super) fn is_command_line(text: &str) -> bool {
    match text.as_bytes() {
        [b'A', b'T', rest @ ..] => !matches!(rest, [b' ', ..]),
        [b'a', b't'] => true,
        [b'a', b't', name, rest @ ..] if name.is_ascii_alphabetic() => {
            !matches!(rest, [next, ..] if next.is_ascii_alphabetic())
        }
        [b'a', b't', name, ..] => name.is_ascii_punctuation(),
        _ => false,
    }
}

fn control(value: &str) -> Option<&'static str> {
    value.bytes().find_map(|byte| match byte {
        b'\r' => Some("a carriage return"),
        b'\n' => Some("a line feed"),
        0x1A => Some("Ctrl-Z"),
        0x1B => Some("ESC"),
        0 => Some("NUL"),
        _ => None,
    })
}

/// How many commands a line holds, and whether it is a whole line.
fn commands(line: &str) -> Option<(usize, bool, bool)> {
    let line = parse(line.trim_end_matches('\r'))?;
    Some((line.commands.len(), line.unclosed_quote.is_some(), line.second_at.is_some()))
}

fn quoting(value: &str, in_quotes: bool) -> Option<&'static str> {
    if in_quotes {
        if value.contains('"') {
            return Some("a double quote: it would end the quoted parameter");
        }
        let backslashes = value.bytes().rev().take_while(|byte| *byte == b'\\').count();
        return (backslashes % 2 == 1).then_some("a backslash at its end: some modems take the quote behind it along");
    }
    let mut open = false;
    for byte in value.bytes() {
        match byte {
            b'"' => open = !open,
            b';' if !open => return Some("a `;`: it would begin another command"),
            _ => {}
        }
    }
    open.then_some("a double quote that it does not close")
}

#[cfg(test)]
mod tests {
    use super::is_command_line;

    #[test]
    fn a_command_line_is_told_from_a_word() {
        for line in ["AT", "at", "AT+CSQ", "at+csq", "ATI", "ati", "ate0", "ATDT123", "at&f", "AT\\Q3"] {
            assert!(is_command_line(line), "{line}");
        }
        for line in ["attach", "atom", "at noon", "AT NOON", "at 5", "a", "", "+++", "root"] {
            assert!(!is_command_line(line), "{line}");
        }
    }
}
