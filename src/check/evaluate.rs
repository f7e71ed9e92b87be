//! What expressions, texts with `${…}` in them, and command lines come to. A run asks it of each as it comes to it, a
//! check of those of which all is known beforehand: both by the same sentences.
//!
//! Arithmetic is checked. Kinds are not mixed: a text is never silently a number, so that `"9"` from an answer and `9`
//! are not unequal without a word.

use std::cmp::Ordering;
use std::fmt::{Display, Write};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::at::command::parse;
use crate::notation::{ExactDuration, as_counted};
use crate::source::{Name, Source, Span};
use crate::syntax::ast::{
    BinaryOperator, Convert, Expression, ExpressionKind, Param, Pattern, Template, TemplatePart, UnaryOperator,
};
use crate::value::functions::Function;
use crate::value::{Decimal, Refusal, Value, bytes_of, fits};

/// The longest that anything may take.
pub const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Who evaluates, with the names that are known there.
pub trait Evaluate {
    /// How an evaluation ends that yields nothing.
    type End;

    fn source(&self) -> &Arc<Source>;

    fn variable(&self, name: &str, span: Span) -> Result<Value, Self::End>;

    fn called(&self, function: &Function, values: &[Value]) -> Result<Result<Value, Refusal>, Self::End>;

    fn fits_pattern(&self, line: &str, pattern: &Pattern) -> Result<bool, Self::End>;

    /// What may be shown of a value.
    fn masked(&self, value: &Value) -> String;

    /// Something of that size is to be made.
    fn spend(&self, _size: usize) -> Result<(), Self::End> {
        Ok(())
    }

    /// A failure in the words of its page.
    fn failed(&self, page: &'static str, span: Span, values: &[&dyn Display]) -> Self::End;

    fn evaluate(&self, expression: &Expression) -> Result<Value, Self::End> {
        match &expression.kind {
            ExpressionKind::Text(template) => Ok(Value::text(self.text(template)?)),
            ExpressionKind::Int(number) => Ok(Value::Int(*number)),
            ExpressionKind::Decimal(number) => Ok(Value::Decimal(**number)),
            ExpressionKind::Bool(truth) => Ok(Value::Bool(*truth)),
            ExpressionKind::Duration(duration) => Ok(Value::Duration(*duration)),
            ExpressionKind::List(items) => {
                let items = items.iter().map(|item| self.evaluate(item)).collect::<Result<_, _>>()?;
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
    fn truth(&self, expression: &Expression) -> Result<bool, Self::End> {
        let value = self.evaluate(expression)?;
        if let Value::Bool(truth) = value {
            return Ok(truth);
        }
        Err(self.unfit("hayes::run::type condition", expression.span, &value))
    }

    fn duration(&self, expression: &Expression) -> Result<Duration, Self::End> {
        let value = self.evaluate(expression)?;
        let Value::Duration(duration) = value else {
            return Err(self.unfit("hayes::run::type duration", expression.span, &value));
        };
        if duration > YEAR {
            let literal = matches!(expression.kind, ExpressionKind::Duration(_));
            let written = self.source().slice(expression.span);
            let shown = if literal { written.to_owned() } else { self.shown(&value) };
            return Err(self.failed("hayes::run::value year", expression.span, &[&shown]));
        }
        Ok(duration)
    }

    /// The pause behind `every`: the shortest and the longest.
    fn pauses(&self, pause: &Expression) -> Result<[Duration; 2], Self::End> {
        let [first, last] = pause.ends();
        let [first, last] = [self.duration(first)?, self.duration(last)?];
        if last < first {
            let values: [&dyn Display; 2] = [&ExactDuration(first), &ExactDuration(last)];
            return Err(self.failed("hayes::run::value pause", pause.span, &values));
        }
        Ok([first, last])
    }

    /// How long `await quiet` waits for silence.
    fn silence(&self, quiet: &Expression, within: Option<&Expression>) -> Result<Duration, Self::End> {
        let long = self.duration(quiet)?;
        if let Some(within) = within.map(|within| self.duration(within)).transpose()?.filter(|within| *within < long) {
            let values: [&dyn Display; 2] = [&ExactDuration(long), &ExactDuration(within)];
            return Err(self.failed("hayes::run::value quiet", quiet.span, &values));
        }
        Ok(long)
    }

    /// What a param is given by its default, or by `run … with`, as the param has it.
    fn converted(&self, param: &Param, value: Value, place: &Expression) -> Result<Value, Self::End> {
        let wanted = match (&value, param.convert) {
            (Value::Text(text), convert) => match from_text(text, convert) {
                Ok(value) => return Ok(value),
                Err(wanted) => wanted,
            },
            (Value::Int(_), Convert::Int | Convert::Hex) | (Value::Decimal(_), Convert::Decimal) => return Ok(value),
            (Value::Int(number), Convert::Decimal) => return Ok(Value::Decimal(Decimal::from(*number))),
            // A number is its own text.
            (Value::Int(_) | Value::Decimal(_), Convert::Text) => return Ok(Value::text(value.to_string())),
            (_, Convert::Text) => "a text",
            (_, Convert::Int | Convert::Hex) => "a number",
            (_, Convert::Decimal) => "a decimal number",
        };
        let given = if let Value::Text(text) = &value { format!("\"{text}\"") } else { self.shown(&value) };
        let values: [&dyn Display; 3] = [&param.name.value, &wanted, &given];
        Err(self.failed("hayes::run::value given", place.span, &values))
    }

    /// How often a `retry` tries.
    fn times(&self, limit: &Expression) -> Result<i64, Self::End> {
        let times = self.number(limit)?;
        if times < 1 {
            return Err(self.failed("hayes::run::value retry", limit.span, &[&times]));
        }
        Ok(times)
    }

    /// What `port baud` is given.
    fn speed(&self, rate: &Expression) -> Result<u32, Self::End> {
        let number = self.number(rate)?;
        let speed = u32::try_from(number).ok().filter(|speed| *speed > 0);
        speed.ok_or_else(|| self.failed("hayes::run::value speed", rate.span, &[&number]))
    }

    fn number(&self, expression: &Expression) -> Result<i64, Self::End> {
        self.whole_number(&self.evaluate(expression)?, expression.span)
    }

    fn whole_number(&self, value: &Value, span: Span) -> Result<i64, Self::End> {
        if let Value::Int(number) = value {
            return Ok(*number);
        }
        if has_no_value(value) {
            return Err(self.lacks(NO_VALUE, span));
        }
        Err(self.unfit("hayes::run::type number", span, value))
    }

    fn member(&self, record: &Expression, name: &Name) -> Result<Value, Self::End> {
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

    fn item(&self, list: &Expression, index: &Expression) -> Result<Value, Self::End> {
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

    fn unary(&self, operator: UnaryOperator, operand: &Expression) -> Result<Value, Self::End> {
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

    fn binary(&self, operator: BinaryOperator, left: &Expression, right: &Expression) -> Result<Value, Self::End> {
        let span = left.span.to(right.span);
        match operator {
            BinaryOperator::Or => Ok(Value::Bool(self.truth(left)? || self.truth(right)?)),
            BinaryOperator::And => Ok(Value::Bool(self.truth(left)? && self.truth(right)?)),
            BinaryOperator::Equal | BinaryOperator::NotEqual => {
                let (one, other) = (self.evaluate(left)?, self.evaluate(right)?);
                self.told_of((left, &one), (right, &other))?;
                let equal = self.equal(&one, &other, span)?;
                Ok(Value::Bool(equal == (operator == BinaryOperator::Equal)))
            }
            BinaryOperator::Size(sign) => {
                let order = self.order(left, right)?;
                let is_so = if sign.starts_with('<') { order.is_lt() } else { order.is_gt() };
                Ok(Value::Bool(is_so || sign.ends_with('=') && order.is_eq()))
            }
            BinaryOperator::In => self.is_in(left, right),
            BinaryOperator::Range => self.range(self.number(left)?, self.number(right)?, span),
            BinaryOperator::Arithmetic(sign) => self.arithmetic(sign, left, right),
        }
    }

    /// The whole numbers from one to the other; none where the last is before the first.
    fn range(&self, first: i64, last: i64, span: Span) -> Result<Value, Self::End> {
        if last.saturating_sub(first) >= LONGEST_RANGE {
            let values: [&dyn Display; 3] = [&first, &last, &LONGEST_RANGE];
            return Err(self.failed("hayes::run::too-long range", span, &values));
        }
        self.spend(usize::try_from(last.saturating_sub(first)).unwrap_or(0))?;
        self.weighed(Value::list((first..=last).map(Value::Int).collect()), span)
    }

    fn equal(&self, one: &Value, other: &Value, span: Span) -> Result<bool, Self::End> {
        if let (Value::List(one), Value::List(other)) = (one, other) {
            let mut pairs = one.iter().zip(other.iter());
            let all = pairs.try_fold(true, |equal, (one, other)| Ok(equal && self.equal(one, other, span)?));
            return if one.len() == other.len() { all } else { Ok(false) };
        }
        if let (Value::Record(one), Value::Record(other)) = (one, other) {
            let same = |(name, value)| other.get(name).map_or(Ok(false), |other| self.equal(value, other, span));
            let all = one.iter().try_fold(true, |equal, field| Ok(equal && same(field)?));
            return if one.iter().count() == other.iter().count() { all } else { Ok(false) };
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

    /// Fails where a number is held against what has no value, within lists and records too: an optional parameter that
    /// was not there. It is neither equal to a number nor another one. `""`, as it is written, asks just whether there
    /// is one.
    fn told_of(&self, one: (&Expression, &Value), other: (&Expression, &Value)) -> Result<(), Self::End> {
        let Some((place, page)) = lacking(one, other) else { return Ok(()) };
        if let ExpressionKind::Call { arguments, .. } = &place.kind
            && let [argument] = arguments.as_slice()
            && let Value::Int(given) = self.evaluate(argument)?
        {
            let [call, name] = [place, argument].map(|it| self.source().slice(it.span));
            return Err(self.failed("hayes::run::no-value call", place.span, &[&call, &name, &given]));
        }
        Err(self.lacks(page, place.span))
    }

    fn lacks(&self, page: &'static str, span: Span) -> Self::End {
        self.failed(page, span, &[&self.source().slice(span)])
    }

    fn order(&self, left: &Expression, right: &Expression) -> Result<Ordering, Self::End> {
        let (one, other) = (self.evaluate(left)?, self.evaluate(right)?);
        let span = left.span.to(right.span);
        self.told_of((left, &one), (right, &other))?;
        match (&one, &other) {
            (Value::Int(one), Value::Int(other)) => Ok(one.cmp(other)),
            (Value::Decimal(one), Value::Decimal(other)) => Ok(one.cmp(other)),
            (Value::Int(one), Value::Decimal(other)) => Ok(Decimal::from(*one).cmp(other)),
            (Value::Decimal(one), Value::Int(other)) => Ok(one.cmp(&Decimal::from(*other))),
            (Value::Duration(one), Value::Duration(other)) => Ok(one.cmp(other)),
            (Value::Text(text), Value::Text(than)) if text.parse::<i64>().is_err() || than.parse::<i64>().is_err() => {
                // Numbers count as such where both have some: a firmware A10 is newer than A9.
                let has_number = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
                let both = has_number(text) && has_number(than);
                let counted = || as_counted(text).cmp(as_counted(than));
                Ok(if both { counted() } else { Ordering::Equal }.then_with(|| text.cmp(than)))
            }
            (Value::Text(_), Value::Text(_)) => {
                let values: [&dyn Display; 2] = [&self.shown(&one), &self.shown(&other)];
                Err(self.failed("hayes::run::type order", span, &values))
            }
            _ => Err(self.mismatch("have no order", &one, &other, span)),
        }
    }

    fn is_in(&self, left: &Expression, right: &Expression) -> Result<Value, Self::End> {
        let (item, whole) = (self.evaluate(left)?, self.evaluate(right)?);
        let span = left.span.to(right.span);
        match (&item, &whole) {
            (_, Value::List(items)) => {
                let mut candidates = items.iter();
                let found = candidates
                    .try_fold(false, |found, other| Ok::<bool, Self::End>(found || self.equal(&item, other, span)?))?;
                // Of a list that is not written here an empty item may mean that there need be none.
                let is_judged = matches!(right.kind, ExpressionKind::List(_)) || !is_number(&item);
                for (index, other) in items.iter().enumerate().filter(|_| !found && is_judged) {
                    self.told_of((left, &item), (place_of(right, index), other))?;
                }
                Ok(Value::Bool(found))
            }
            (Value::Text(part), Value::Text(text)) => Ok(Value::Bool(text.contains(&**part))),
            _ => Err(self.unfit("hayes::run::type in", right.span, &whole)),
        }
    }

    fn arithmetic(&self, sign: &str, left: &Expression, right: &Expression) -> Result<Value, Self::End> {
        let (one, other) = (self.evaluate(left)?, self.evaluate(right)?);
        let span = left.span.to(right.span);
        self.told_of((left, &one), (right, &other))?;
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

    fn matches(&self, text: &Expression, pattern: &Pattern) -> Result<Value, Self::End> {
        let value = self.evaluate(text)?;
        let line = match &value {
            Value::Text(text) => Arc::clone(text),
            Value::Int(_) | Value::Decimal(_) | Value::Bool(_) | Value::Duration(_) => value.to_string().into(),
            Value::Bytes(_) | Value::List(_) | Value::Record(_) => {
                return Err(self.unfit("hayes::run::type matches", text.span, &value));
            }
        };
        self.fits_pattern(&line, pattern).map(Value::Bool)
    }

    fn call(&self, function: &Function, arguments: &[Expression], span: Span) -> Result<Value, Self::End> {
        let values = arguments.iter().map(|argument| self.evaluate(argument)).collect::<Result<Vec<_>, _>>()?;
        self.called(function, &values)?.map_err(|refusal| {
            let place = refusal.argument;
            let span = place.and_then(|place| arguments.get(place)).map_or(span, |argument| argument.span);
            let is_empty = place.and_then(|place| values.get(place)).is_some_and(has_no_value);
            if is_empty && refusal.page == "hayes::run::type function" {
                return self.lacks(NO_VALUE, span);
            }
            self.refused(refusal, span)
        })
    }

    #[inline(never)]
    fn unfit(&self, page: &'static str, span: Span, value: &Value) -> Self::End {
        self.failed(page, span, &[&self.shown(value)])
    }

    #[inline(never)]
    fn refused(&self, refusal: Refusal, span: Span) -> Self::End {
        let values: Vec<&dyn Display> = refusal.values.iter().map(|value| value as &dyn Display).collect();
        self.failed(refusal.page, span, &values)
    }

    fn fits(&self, length: usize, span: Span) -> Result<(), Self::End> {
        self.spend(length)?;
        fits(length).map_err(|refusal| self.refused(refusal, span))
    }

    fn weighed(&self, value: Value, span: Span) -> Result<Value, Self::End> {
        value.weighed().map_err(|refusal| self.refused(refusal, span))
    }

    /// A value and its kind for an error: `the text "5"`. Of a secret that is cut off too little would be left to be
    /// known again, so it is hidden here.
    fn shown(&self, value: &Value) -> String {
        let text = self.masked(value);
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

    fn overflow(&self, span: Span) -> Self::End {
        self.failed("hayes::run::arithmetic", span, &[])
    }

    fn mismatch(&self, verb: &str, one: &Value, other: &Value, span: Span) -> Self::End {
        let help = match (one, other) {
            (Value::Text(_), Value::Int(_) | Value::Decimal(_))
            | (Value::Int(_) | Value::Decimal(_), Value::Text(_)) => NUMBER_HELP,
            (Value::Text(_), _) | (_, Value::Text(_)) => "put values into a text with `${…}`",
            _ => "both sides must be of one kind",
        };
        let values: [&dyn Display; 4] = [&self.shown(one), &self.shown(other), &verb, &help];
        self.failed("hayes::run::type mismatch", span, &values)
    }

    fn text(&self, template: &Template) -> Result<String, Self::End> {
        if let [TemplatePart::Text(text)] = template.parts.as_slice() {
            return Ok(text.clone());
        }
        self.filled(template, |text, expression| {
            append(text, &self.no_bytes(expression)?);
            Ok(())
        })
    }

    /// A value that goes into a text: bytes go only as digits of which it is known what they are.
    fn no_bytes(&self, expression: &Expression) -> Result<Value, Self::End> {
        let value = self.evaluate(expression)?;
        if let Value::Bytes(_) = value {
            return Err(self.unfit("hayes::run::type bytes", expression.span, &value));
        }
        Ok(value)
    }

    fn filled(
        &self,
        template: &Template,
        fill: impl Fn(&mut String, &Expression) -> Result<(), Self::End>,
    ) -> Result<String, Self::End> {
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
    fn command(&self, template: &Template, may_hold_controls: bool) -> Result<String, Self::End> {
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
            let is_put_in = start > 0 && matches!(part, TemplatePart::Value(_));
            harmless.push_str(if is_put_in { "0" } else { text.get(start..).unwrap_or_default() });
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

    fn injection(&self, place: Span, found: &str) -> Self::End {
        let name = self.source().slice(place);
        self.failed("hayes::run::injection", place, &[&name, &found])
    }
}

/// The value, or what the text should be.
pub fn from_text(text: &str, convert: Convert) -> Result<Value, &'static str> {
    match convert {
        Convert::Text => Ok(Value::text(text)),
        Convert::Int => text.trim().parse().map(Value::Int).map_err(|_| "a number"),
        Convert::Hex => hex(text.trim()).map(Value::Int).ok_or("a hexadecimal number"),
        Convert::Decimal => text.trim().parse().map(Value::Decimal).map_err(|()| "a decimal number"),
    }
}

/// `2CF7`, `0x2cf7`
fn hex(text: &str) -> Option<i64> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    // A sign is no digit, whatever the standard library thinks of it.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    i64::from_str_radix(digits, 16).ok()
}

/// A list is held whole.
const LONGEST_RANGE: i64 = 100_000;

const NUMBER_HELP: &str =
    "to have a number, capture it as `name:int`, or write `int(name)`; to have a text, `text(name)`";

pub(super) fn is_zero(value: &Value) -> bool {
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

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::Decimal(_) | Value::Duration(_))
}

const NO_VALUE: &str = "hayes::run::no-value";

/// The place that has no value where the other one has a number, and what is told of it.
fn lacking<'e>(
    one: (&'e Expression, &Value),
    other: (&'e Expression, &Value),
) -> Option<(&'e Expression, &'static str)> {
    let found = match (one.1, other.1) {
        (Value::List(items), Value::List(others)) if items.len() == others.len() => {
            let mut pairs = items.iter().zip(others.iter()).enumerate();
            pairs.find_map(|(index, (item, its_other))| {
                lacking((place_of(one.0, index), item), (place_of(other.0, index), its_other))
            })
        }
        (Value::Record(fields), Value::Record(others)) => {
            let mut pairs = fields.iter().filter_map(|(name, value)| Some((value, others.get(name)?)));
            pairs.find_map(|(value, its_other)| lacking((one.0, value), (other.0, its_other)))
        }
        (value, number) | (number, value) if is_number(number) && has_no_value(value) => {
            let place = if std::ptr::eq(value, one.1) { one.0 } else { other.0 };
            return (!is_nothing(place)).then_some((place, NO_VALUE));
        }
        _ => None,
    };
    // What stands within a name's value has no name of its own.
    let is_whole = |place| std::ptr::eq(place, one.0) || std::ptr::eq(place, other.0);
    found.map(|(place, page)| (place, if is_whole(place) { "hayes::run::no-value within" } else { page }))
}

/// The item of a list as it is written; of another expression the whole.
fn place_of(list: &Expression, index: usize) -> &Expression {
    let item = if let ExpressionKind::List(items) = &list.kind { items.get(index) } else { None };
    item.unwrap_or(list)
}

/// `""`, as it is written
fn is_nothing(expression: &Expression) -> bool {
    let is_blank = |part: &TemplatePart| matches!(part, TemplatePart::Text(text) if text.is_empty());
    matches!(&expression.kind, ExpressionKind::Text(text) if text.parts.iter().all(is_blank))
}

/// What no other answer of the modem mends: the script has it wrong. Neither `try` nor `retry` takes it.
pub fn is_mistake_of_script(code: &str) -> bool {
    matches!(code, "hayes::run::type" | "hayes::run::arithmetic" | "hayes::run::too-long" | "hayes::run::too-deep")
}

/// `1 item`, `2 items`
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

pub(crate) fn append(text: &mut String, value: &Value) {
    if let Value::Text(part) = value {
        text.push_str(part);
    } else {
        // Writing to a String does not fail.
        let _ = write!(text, "{value}");
    }
}

/// Whether a text is an AT command line: `AT+CSQ`, `ati`; not `attach` or `at noon`, which a login may be told.
pub fn is_command_line(text: &str) -> bool {
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
    value.chars().find_map(|char| match char {
        '\r' => Some("a carriage return"),
        '\n' => Some("a line feed"),
        '\x1A' => Some("Ctrl-Z"),
        '\x1B' => Some("ESC"),
        '\0' => Some("NUL"),
        // A modem takes back what stands before it (V.250 §5.2.3).
        '\x08' | '\x7F' => Some("a backspace"),
        _ => char.is_control().then_some("a control character"),
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
