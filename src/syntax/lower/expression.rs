//! Expressions: operands and operators in a row → a tree, by how tightly each operator binds.

use std::time::Duration;

use pest::iterators::Pair;

use super::super::ast::{BinaryOperator, Expression, ExpressionKind, UnaryOperator};
use super::super::grammar::Rule;
use super::super::{expression_too_deep, misunderstood, nearest, words};
use super::{DEEPEST_EXPRESSION, Lowerer, child, children};
use crate::diagnostic::Diagnostic;
use crate::notation::{ExactDuration, unit};
use crate::source::{Span, Spanned};
use crate::value::Decimal;
use crate::value::functions::{FUNCTIONS, Function, function};

/// How tightly an operator binds, from the loosest to the tightest. `not` stands between `and` and the comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tightness {
    Or,
    And,
    Comparison,
    Range,
    Sum,
    Product,
}

/// What stands in a row, and how tightly it binds; a value and what stands before one bind nothing.
type Item<'i> = (Pair<'i, Rule>, Option<Tightness>);

const OPERATORS: &[(&str, BinaryOperator, Tightness)] = &[
    ("or", BinaryOperator::Or, Tightness::Or),
    ("and", BinaryOperator::And, Tightness::And),
    ("==", BinaryOperator::Equal, Tightness::Comparison),
    ("!=", BinaryOperator::NotEqual, Tightness::Comparison),
    ("<", BinaryOperator::Size("<"), Tightness::Comparison),
    ("<=", BinaryOperator::Size("<="), Tightness::Comparison),
    (">", BinaryOperator::Size(">"), Tightness::Comparison),
    (">=", BinaryOperator::Size(">="), Tightness::Comparison),
    ("in", BinaryOperator::In, Tightness::Comparison),
    ("..", BinaryOperator::Range, Tightness::Range),
    ("+", BinaryOperator::Arithmetic("+"), Tightness::Sum),
    ("-", BinaryOperator::Arithmetic("-"), Tightness::Sum),
    ("*", BinaryOperator::Arithmetic("*"), Tightness::Product),
    ("/", BinaryOperator::Arithmetic("/"), Tightness::Product),
    ("%", BinaryOperator::Arithmetic("%"), Tightness::Product),
];

impl Lowerer<'_> {
    pub(super) fn expression(&mut self, pair: &Pair<'_, Rule>) -> Result<Expression, Diagnostic> {
        if self.nesting >= DEEPEST_EXPRESSION {
            return Err(expression_too_deep(self.source, self.span(pair)));
        }
        self.nesting += 1;
        let items = pair.clone().into_inner().map(|item| {
            let binds = tightness(&item);
            (item, binds)
        });
        let row: Vec<Item<'_>> = items.collect();
        let expression = self.tree(&row, self.span(pair))?;
        self.nesting -= 1;
        Ok(expression)
    }

    /// What stands one level deeper in the tree.
    fn below<T>(&mut self, lower: impl FnOnce(&mut Self) -> Result<T, Diagnostic>) -> Result<T, Diagnostic> {
        self.depth += 1;
        let lowered = lower(self)?;
        self.depth -= 1;
        Ok(lowered)
    }

    /// The tree of a row. It is cut at the operator that binds least. Of several `and` or `or` that is the middle one:
    /// it does not matter how such a row is grouped, for it is looked at from the left and no further than need be, and
    /// so the tree stays shallow. Of others it is the last one, so that `a - b - c` is `(a - b) - c`.
    fn tree(&mut self, row: &[Item<'_>], whole: Span) -> Result<Expression, Diagnostic> {
        if self.depth >= DEEPEST_EXPRESSION {
            return Err(expression_too_deep(self.source, whole));
        }
        let Some(((first, _), rest)) = row.split_first() else { return Err(misunderstood(self.source, whole)) };
        let places = |level: Tightness, reach: usize| {
            row.iter().take(reach).enumerate().filter(move |(_, (_, binds))| *binds == Some(level)).map(|(at, _)| at)
        };
        for level in [Tightness::Or, Tightness::And] {
            let count = places(level, row.len()).count();
            if let Some(middle) = places(level, row.len()).nth(count / 2) {
                return self.cut(row, middle, whole);
            }
        }
        if first.as_rule() == Rule::not_operator {
            return self.unary(UnaryOperator::Not, first, rest, whole);
        }
        // What follows a `not` is its own.
        let reach = row.iter().position(|(item, _)| item.as_rule() == Rule::not_operator).unwrap_or(row.len());
        let mut comparisons = places(Tightness::Comparison, reach);
        self.no_chain(row, comparisons.next(), comparisons.next())?;
        for level in [Tightness::Comparison, Tightness::Range, Tightness::Sum, Tightness::Product] {
            if let Some(last) = places(level, reach).next_back() {
                return self.cut(row, last, whole);
            }
        }
        match (first.as_rule(), rest) {
            (Rule::value, []) => self.value(first),
            // The sign belongs to the number, so that the smallest one can be written.
            (Rule::minus, [(number, _)]) if number.as_str().bytes().all(|byte| byte.is_ascii_digit()) => {
                let span = self.span(first).to(self.span(number));
                let number = format!("-{}", number.as_str()).parse().map_err(|_| self.too_large(span))?;
                Ok(Expression { kind: ExpressionKind::Int(number), span })
            }
            (Rule::minus, _) => self.unary(UnaryOperator::Negate, first, rest, whole),
            _ => Err(self.misshapen(first)),
        }
    }

    /// The operator at `at`, and the trees of what stands on its sides.
    fn cut(&mut self, row: &[Item<'_>], at: usize, whole: Span) -> Result<Expression, Diagnostic> {
        let (left, behind) = row.split_at_checked(at).unwrap_or((row, &[]));
        let Some(((cut, _), right)) = behind.split_first() else { return Err(misunderstood(self.source, whole)) };
        // `not in`, `not matches`
        let is_negated = cut.as_str().starts_with("not");
        self.depth += 1 + u32::from(is_negated);
        let left = Box::new(self.tree(left, whole)?);
        let (start, end, kind);
        if let Some((_, value, _)) = operator(cut) {
            let operator = Spanned { value: *value, span: self.span(cut) };
            let right = Box::new(self.tree(right, whole)?);
            (start, end) = (left.span, right.span);
            kind = ExpressionKind::Binary { operator, left, right };
        } else {
            if let Some(word) = child(cut, Rule::unquoted_pattern) {
                return Err(self.unquoted(&word));
            }
            let pattern = self.pattern(&self.required(cut, Rule::quoted_pattern)?)?;
            (start, end) = (left.span, self.span(cut));
            kind = ExpressionKind::Matches { text: left, pattern: Box::new(pattern) };
        }
        self.depth -= 1 + u32::from(is_negated);
        let span = start.to(end);
        let operand = Expression { kind, span };
        if !is_negated {
            return Ok(operand);
        }
        let kind = ExpressionKind::Unary { operator: UnaryOperator::Not, operand: Box::new(operand) };
        Ok(Expression { kind, span })
    }

    fn unary(
        &mut self,
        operator: UnaryOperator,
        sign: &Pair<'_, Rule>,
        rest: &[Item<'_>],
        whole: Span,
    ) -> Result<Expression, Diagnostic> {
        let operand = Box::new(self.below(|lowerer| lowerer.tree(rest, whole))?);
        let span = self.span(sign).to(operand.span);
        Ok(Expression { kind: ExpressionKind::Unary { operator, operand }, span })
    }

    /// `a < b < c` compares a bool with `c`, and `a matches /x/ + 1` adds to one: never what was meant.
    fn no_chain(&self, row: &[Item<'_>], first: Option<usize>, second: Option<usize>) -> Result<(), Diagnostic> {
        let behind_pattern = || row.get(first? + 1).filter(|(_, binds)| binds.is_some());
        let Some((second, _)) = second.and_then(|second| row.get(second)).or_else(behind_pattern) else {
            return Ok(());
        };
        Err(self.fault("hayes::syntax::chained-comparison", self.span(second), &[]))
    }

    fn value(&mut self, pair: &Pair<'_, Rule>) -> Result<Expression, Diagnostic> {
        let mut parts = pair.clone().into_inner();
        let primary = parts.next().ok_or_else(|| self.misshapen(pair))?;
        self.depth += u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let mut value = self.primary(&primary)?;
        for part in parts {
            let span = value.span.to(self.span(&part));
            let taken_from = Box::new(value);
            let kind = match part.as_rule() {
                Rule::member => {
                    let name = self.name(&self.required(&part, Rule::name)?);
                    ExpressionKind::Member { record: taken_from, name }
                }
                Rule::index => {
                    let index = Box::new(self.child_expression(&part)?);
                    ExpressionKind::Index { list: taken_from, index }
                }
                _ => return Err(self.misshapen(&part)),
            };
            self.depth -= 1;
            value = Expression { kind, span };
        }
        Ok(value)
    }

    fn primary(&mut self, pair: &Pair<'_, Rule>) -> Result<Expression, Diagnostic> {
        let span = self.span(pair);
        if self.depth >= DEEPEST_EXPRESSION {
            return Err(expression_too_deep(self.source, span));
        }
        let kind = match pair.as_rule() {
            Rule::decimal => ExpressionKind::Decimal(Box::new(self.decimal(pair.as_str(), span)?)),
            Rule::integer => ExpressionKind::Int(pair.as_str().parse().map_err(|_| self.too_large(span))?),
            Rule::duration => ExpressionKind::Duration(self.duration_literal(pair)?),
            Rule::boolean => ExpressionKind::Bool(pair.as_str() == "true"),
            Rule::variable => ExpressionKind::Variable(pair.as_str().to_owned()),
            Rule::string => ExpressionKind::Text(self.below(|lowerer| lowerer.string(pair))?),
            // The parentheses belong to the place that a message points to.
            Rule::group => return Ok(Expression { span, ..self.child_expression(pair)? }),
            Rule::list => ExpressionKind::List(self.items(pair)?),
            Rule::call => {
                let function = self.function(&self.required(pair, Rule::function)?)?;
                ExpressionKind::Call { function, arguments: self.items(pair)? }
            }
            _ => return Err(self.misshapen(pair)),
        };
        Ok(Expression { kind, span })
    }

    fn items(&mut self, pair: &Pair<'_, Rule>) -> Result<Vec<Expression>, Diagnostic> {
        self.below(|lowerer| children(pair, Rule::expression).map(|item| lowerer.expression(&item)).collect())
    }

    /// `3.7`; not `1.5s`, and not `1.2.3`.
    fn decimal(&self, written: &str, span: Span) -> Result<Decimal, Diagnostic> {
        if let Some((whole, behind)) = written.split_once('.')
            && let Some((part, _)) = behind.split_once('.')
        {
            let start = span.start + u32::try_from(whole.len() + part.len() + 2).unwrap_or(0);
            return Err(self.fault("hayes::syntax::fraction twice", Span { start, ..span }, &[]));
        }
        if written.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return written.parse().map_err(|()| self.too_large(span));
        }
        let fault = self.fault("hayes::syntax::fraction", span, &[&written]);
        Err(match without_fraction(written) {
            Some(instead) => fault.help(format!("write `{instead}`")).mended_by(instead),
            None => fault,
        })
    }

    fn duration_literal(&self, pair: &Pair<'_, Rule>) -> Result<Duration, Diagnostic> {
        let (digits, word) = (self.required(pair, Rule::digits)?, self.required(pair, Rule::unit)?);
        let (digits, word) = (digits.as_str(), word.as_str());
        let Some(unit) = unit(word) else { return Err(self.unknown_unit(self.span(pair), digits, word)) };
        let milliseconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        milliseconds
            .map(Duration::from_millis)
            .ok_or_else(|| self.fault("hayes::run::value year", self.span(pair), &[&pair.as_str()]))
    }

    /// `30sec`, `0x1F`
    fn unknown_unit(&self, span: Span, digits: &str, word: &str) -> Diagnostic {
        let hex = word.strip_prefix(['x', 'X']).filter(|_| digits == "0");
        let Some(hex) = hex else {
            let fault = self.fault("hayes::syntax::unknown-unit", span, &[&word]);
            return match words::meant("unit", word) {
                Some(meant) => {
                    let instead = format!("{digits}{meant}");
                    fault.help(format!("write `{instead}`")).mended_by(instead)
                }
                None => fault.help("there are `ms`, `s`, `min` and `h`"),
            };
        };
        let fault = self.fault("hayes::syntax::hex-number", span, &[&format!("{digits}{word}")]);
        match i64::from_str_radix(hex, 16) {
            Ok(value) => fault
                .help(format!("write `{value}`; digits that a modem sends in hex are read by `name:hex`"))
                .mended_by(value.to_string()),
            Err(_) => fault.help("write it with decimal digits"),
        }
    }

    /// `if x matches READY {`
    fn unquoted(&self, word: &Pair<'_, Rule>) -> Diagnostic {
        self.fault("hayes::syntax::bare-word-after-matches", self.span(word), &[&word.as_str()])
    }

    fn too_large(&self, span: Span) -> Diagnostic {
        self.fault("hayes::syntax::number-too-large", span, &[])
    }

    fn function(&self, pair: &Pair<'_, Rule>) -> Result<Spanned<&'static Function>, Diagnostic> {
        match function(pair.as_str()) {
            Some(value) => Ok(Spanned { value, span: self.span(pair) }),
            None => {
                let fault = self.fault("hayes::syntax::unknown-function", self.span(pair), &[&pair.as_str()]);
                let behind = self.source.text.get(self.span(pair).end as usize..).unwrap_or_default();
                let given = behind.strip_prefix('(').and_then(|behind| behind.split(['(', ')', '\n']).next());
                if let Some(instead) = words::foreign_function(pair.as_str(), given.unwrap_or_default()) {
                    let fault = fault.help(instead.as_str());
                    let holds = |call: &&str| given.is_some_and(|given| call.contains(&format!("({given}")));
                    let (Some(call), Some(given)) = (instead.split('`').nth(1).filter(holds), given) else {
                        return Err(fault);
                    };
                    let span = self.span(pair);
                    let end = span.end as usize + given.len() + 2;
                    return Err(fault.mended_at(Span::new(span.start as usize, end), call));
                }
                let names = || FUNCTIONS.iter().map(|function| function.name);
                let all = format!("there are {}", words::join(names().map(|name| format!("`{name}`")), "and"));
                Err(fault.did_you_mean(nearest(pair.as_str(), names()), all))
            }
        }
    }
}

/// `1.5s` → `1500ms`
fn without_fraction(written: &str) -> Option<String> {
    let (number, word) = written.split_at(written.find(|character: char| character.is_ascii_alphabetic())?);
    let unit = i64::try_from(unit(words::meant("unit", word)?)?).ok()?;
    let exact = number.parse::<Decimal>().ok()?.calculated("*", unit.into())?;
    let whole = exact.whole().filter(|whole| Decimal::from(*whole) == exact)?;
    Some(ExactDuration(Duration::from_millis(u64::try_from(whole).ok()?)).to_string())
}

fn operator(pair: &Pair<'_, Rule>) -> Option<&'static (&'static str, BinaryOperator, Tightness)> {
    if pair.as_rule() != Rule::operator {
        return None;
    }
    let written = if pair.as_str().starts_with("not") { "in" } else { pair.as_str() };
    OPERATORS.iter().find(|(word, ..)| *word == written)
}

/// How tightly what stands between or behind values binds; `None` for a value and what stands before one.
fn tightness(pair: &Pair<'_, Rule>) -> Option<Tightness> {
    if pair.as_rule() == Rule::matching {
        return Some(Tightness::Comparison);
    }
    operator(pair).map(|(_, _, tightness)| *tightness)
}
