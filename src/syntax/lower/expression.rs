//! Expressions: operands and operators in a row → a tree, by how tightly each operator binds.

use std::iter::Peekable;
use std::time::Duration;
use std::vec::IntoIter;

use pest::iterators::Pair;

use super::super::ast::{BinaryOperator, Expression, ExpressionKind, Pattern, UnaryOperator};
use super::super::grammar::Rule;
use super::super::{diagnose, words};
use super::{DEEPEST_EXPRESSION, Lowerer, child, children};
use crate::diagnostic::Diagnostic;
use crate::notation::unit;
use crate::source::{Span, Spanned};
use crate::value::functions::{Function, function};

/// From the loosest to the tightest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tightness {
    Or,
    And,
    Not,
    Comparison,
    Range,
    Sum,
    Product,
    Value,
}

/// One item of the row.
enum Item {
    Value(Deep),
    Not(Span),
    Minus(Span),
    /// `negated`: `not in`
    Operator {
        operator: Spanned<BinaryOperator>,
        negated: bool,
    },
    /// `negated`: `not matches`
    Matching {
        pattern: Box<Pattern>,
        depth: u32,
        negated: bool,
        span: Span,
    },
}

impl Item {
    /// How tightly what stands between or behind values binds; `None` for a value and what stands before one.
    fn tightness(&self) -> Option<Tightness> {
        match self {
            Item::Value(_) | Item::Not(_) | Item::Minus(_) => None,
            Item::Operator { operator, .. } => Some(tightness(operator.value)),
            Item::Matching { .. } => Some(Tightness::Comparison),
        }
    }
}

/// An expression and how deep its tree is.
struct Deep {
    expression: Expression,
    depth: u32,
}

type Row = Peekable<IntoIter<Item>>;

impl Lowerer<'_> {
    pub(super) fn expression(&mut self, pair: &Pair<'_, Rule>) -> Result<Expression, Diagnostic> {
        Ok(self.deep_expression(pair)?.expression)
    }

    fn deep_expression(&mut self, pair: &Pair<'_, Rule>) -> Result<Deep, Diagnostic> {
        if self.nesting >= DEEPEST_EXPRESSION {
            return Err(diagnose::expression_too_deep(self.source, self.span(pair)));
        }
        self.nesting += 1;
        let row = self.row(pair)?;
        let deep = self.climb(&mut row.into_iter().peekable(), Tightness::Or, self.span(pair))?;
        self.nesting -= 1;
        self.deepest = self.deepest.max(deep.depth);
        Ok(deep)
    }

    /// What `lower` gives, and the depth of the deepest expression in it.
    fn measured<T>(&mut self, lower: impl FnOnce(&mut Self) -> Result<T, Diagnostic>) -> Result<(T, u32), Diagnostic> {
        let outside = std::mem::take(&mut self.deepest);
        let lowered = lower(self)?;
        Ok((lowered, std::mem::replace(&mut self.deepest, outside)))
    }

    fn row(&mut self, pair: &Pair<'_, Rule>) -> Result<Vec<Item>, Diagnostic> {
        let mut row = Vec::new();
        let mut parts = pair.clone().into_inner().peekable();
        while let Some(part) = parts.next() {
            row.push(match part.as_rule() {
                Rule::not_operator => Item::Not(self.span(&part)),
                Rule::minus => match parts.next_if(|value| is_digits(value.as_str())) {
                    // The sign belongs to the number, so that the smallest one can be written.
                    Some(number) => Item::Value(self.negative(&part, &number)?),
                    None => Item::Minus(self.span(&part)),
                },
                Rule::value => Item::Value(self.value(&part)?),
                Rule::operator => self.operator(&part)?,
                Rule::matching => {
                    if let Some(word) = child(&part, Rule::unquoted_pattern) {
                        return Err(self.unquoted(&word));
                    }
                    let pattern = self.required(&part, Rule::quoted_pattern)?;
                    let (pattern, depth) = self.measured(|lowerer| lowerer.pattern(&pattern))?;
                    let negated = child(&part, Rule::kw_not).is_some();
                    Item::Matching { pattern: Box::new(pattern), depth, negated, span: self.span(&part) }
                }
                _ => return Err(self.misshapen(&part)),
            });
        }
        Ok(row)
    }

    fn negative(&self, minus: &Pair<'_, Rule>, number: &Pair<'_, Rule>) -> Result<Deep, Diagnostic> {
        let span = self.span(minus).to(self.span(number));
        let Ok(number) = format!("-{}", number.as_str()).parse() else {
            return Err(self.too_large(span));
        };
        Ok(leaf(ExpressionKind::Int(number), span))
    }

    fn operator(&self, pair: &Pair<'_, Rule>) -> Result<Item, Diagnostic> {
        let (value, negated) = match pair.as_str() {
            "or" => (BinaryOperator::Or, false),
            "and" => (BinaryOperator::And, false),
            "==" => (BinaryOperator::Equal, false),
            "!=" => (BinaryOperator::NotEqual, false),
            "<" => (BinaryOperator::Less, false),
            "<=" => (BinaryOperator::LessOrEqual, false),
            ">" => (BinaryOperator::Greater, false),
            ">=" => (BinaryOperator::GreaterOrEqual, false),
            "in" => (BinaryOperator::In, false),
            ".." => (BinaryOperator::Range, false),
            "+" => (BinaryOperator::Add, false),
            "-" => (BinaryOperator::Subtract, false),
            "*" => (BinaryOperator::Multiply, false),
            "/" => (BinaryOperator::Divide, false),
            "%" => (BinaryOperator::Remainder, false),
            other if other.starts_with("not") => (BinaryOperator::In, true),
            _ => return Err(self.misshapen(pair)),
        };
        Ok(Item::Operator { operator: Spanned { value, span: self.span(pair) }, negated })
    }

    /// A value and what is taken from it.
    fn value(&mut self, pair: &Pair<'_, Rule>) -> Result<Deep, Diagnostic> {
        let mut parts = pair.clone().into_inner();
        let primary = parts.next().ok_or_else(|| self.misshapen(pair))?;
        let mut deep = self.primary(&primary)?;
        for part in parts {
            let span = deep.expression.span.to(self.span(&part));
            let depth = deep.depth;
            let taken_from = Box::new(deep.expression);
            deep = match part.as_rule() {
                Rule::member => {
                    let name = self.name(&self.required(&part, Rule::name)?);
                    self.node(ExpressionKind::Member { record: taken_from, name }, span, depth)?
                }
                Rule::index => {
                    let index = self.deep_expression(&self.required(&part, Rule::expression)?)?;
                    let deeper = depth.max(index.depth);
                    let index = Box::new(index.expression);
                    self.node(ExpressionKind::Index { list: taken_from, index }, span, deeper)?
                }
                _ => return Err(self.misshapen(&part)),
            };
        }
        Ok(deep)
    }

    fn primary(&mut self, pair: &Pair<'_, Rule>) -> Result<Deep, Diagnostic> {
        let span = self.span(pair);
        let kind = match pair.as_rule() {
            Rule::integer => match pair.as_str().parse() {
                Ok(number) => ExpressionKind::Int(number),
                Err(_) => return Err(self.too_large(span)),
            },
            Rule::duration => ExpressionKind::Duration(self.duration_literal(pair)?),
            Rule::boolean => ExpressionKind::Bool(pair.as_str() == "true"),
            Rule::variable => ExpressionKind::Variable(pair.as_str().to_owned()),
            Rule::string => {
                let (text, depth) = self.measured(|lowerer| lowerer.string(pair))?;
                return self.node(ExpressionKind::Text(text), span, depth);
            }
            Rule::group => {
                let mut inner = self.deep_expression(&self.required(pair, Rule::expression)?)?;
                // The parentheses belong to the place that a message points to.
                inner.expression.span = span;
                return Ok(inner);
            }
            Rule::list => {
                let (items, depth) = self.items(pair)?;
                return self.node(ExpressionKind::List(items), span, depth);
            }
            Rule::call => {
                let function = self.function(&self.required(pair, Rule::function)?)?;
                let (arguments, depth) = self.items(pair)?;
                return self.node(ExpressionKind::Call { function, arguments }, span, depth);
            }
            _ => return Err(self.misshapen(pair)),
        };
        Ok(leaf(kind, span))
    }

    /// The expressions between commas, and the depth of the deepest.
    fn items(&mut self, pair: &Pair<'_, Rule>) -> Result<(Vec<Expression>, u32), Diagnostic> {
        let mut items = Vec::new();
        let mut deepest = 0;
        for item in children(pair, Rule::expression) {
            let item = self.deep_expression(&item)?;
            deepest = deepest.max(item.depth);
            items.push(item.expression);
        }
        Ok((items, deepest))
    }

    fn duration_literal(&self, pair: &Pair<'_, Rule>) -> Result<Duration, Diagnostic> {
        let (digits, word) = (self.required(pair, Rule::digits)?, self.required(pair, Rule::unit)?);
        let (digits, word) = (digits.as_str(), word.as_str());
        let Some(unit) = unit(word) else { return Err(self.unknown_unit(self.span(pair), digits, word)) };
        let milliseconds = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        milliseconds.map(Duration::from_millis).ok_or_else(|| self.too_large(self.span(pair)))
    }

    /// `30sec`, `0x1F`
    fn unknown_unit(&self, span: Span, digits: &str, word: &str) -> Diagnostic {
        let hex = word.strip_prefix(['x', 'X']).filter(|_| digits == "0");
        let Some(hex) = hex else {
            let fault =
                self.fault("hayes::syntax::unknown-unit", span, format!("`{word}` is no unit of time"), "not known");
            return match words::unit_meant(word) {
                Some(meant) => fault.help(format!("write `{digits}{meant}`")),
                None => fault.help("there are `ms`, `s`, `min` and `h`"),
            };
        };
        let message = format!("`{digits}{word}` is not written with decimal digits");
        let fault = self.fault("hayes::syntax::hex-number", span, message, "no decimal number");
        match i64::from_str_radix(hex, 16) {
            Ok(value) => {
                fault.help(format!("write `{value}`; digits that a modem sends in hex are read by `name:hex`"))
            }
            Err(_) => fault.help("write it with decimal digits"),
        }
    }

    /// `if x matches READY {`
    fn unquoted(&self, word: &Pair<'_, Rule>) -> Diagnostic {
        let message = "behind `matches` a pattern stands in quotes or between slashes";
        let fault = self.fault("hayes::syntax::bare-word-after-matches", self.span(word), message, "no pattern");
        let word = word.as_str();
        fault.help(format!("write `matches \"{word}\"` or `matches /{word}/`"))
    }

    fn too_large(&self, span: Span) -> Diagnostic {
        let (code, message) = ("hayes::syntax::number-too-large", "this number is too large");
        self.fault(code, span, message, "does not fit").help(
            "numbers go to 9223372036854775807; a long identity such as an IMEI or ICCID is a text: put it in quotes",
        )
    }

    fn function(&self, pair: &Pair<'_, Rule>) -> Result<Spanned<&'static Function>, Diagnostic> {
        match function(pair.as_str()) {
            Some(value) => Ok(Spanned { value, span: self.span(pair) }),
            None => {
                let message = format!("there is no function `{}`", pair.as_str());
                let fault = self.fault("hayes::syntax::unknown-function", self.span(pair), message, "not known");
                Err(fault.help(match words::nearest(pair.as_str(), words::function_names()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("there are {}", words::list(words::function_names(), "and")),
                }))
            }
        }
    }

    // ── How tightly operators bind

    /// Builds the tree of what binds at least as tightly as `loosest`. The recursion is no deeper than there are levels of
    /// tightness: operators of one level, and signs before a value, are loops.
    fn climb(&self, row: &mut Row, loosest: Tightness, whole: Span) -> Result<Deep, Diagnostic> {
        let left = self.operand(row, whole)?;
        self.climb_from(left, row, loosest, whole)
    }

    fn climb_from(&self, mut left: Deep, row: &mut Row, loosest: Tightness, whole: Span) -> Result<Deep, Diagnostic> {
        while let Some(next) = row.next_if(|item| item.tightness().is_some_and(|next| next >= loosest)) {
            let start = left.expression.span;
            match next {
                Item::Matching { pattern, depth, negated, span } => {
                    let depth = depth.max(left.depth);
                    let kind = ExpressionKind::Matches { text: Box::new(left.expression), pattern: *pattern };
                    left = self.negate_if(negated, self.node(kind, start.to(span), depth)?)?;
                    self.no_chain(row)?;
                }
                Item::Operator { operator, .. }
                    if matches!(operator.value, BinaryOperator::Or | BinaryOperator::And) =>
                {
                    left = self.joined(left, operator, row, whole)?;
                }
                Item::Operator { operator, negated } => {
                    let this = tightness(operator.value);
                    let right = self.climb(row, tighter(this), whole)?;
                    let (span, depth) = (start.to(right.expression.span), left.depth.max(right.depth));
                    let (left_side, right_side) = (Box::new(left.expression), Box::new(right.expression));
                    let kind = ExpressionKind::Binary { operator, left: left_side, right: right_side };
                    left = self.negate_if(negated, self.node(kind, span, depth)?)?;
                    if this == Tightness::Comparison {
                        self.no_chain(row)?;
                    }
                }
                Item::Value(_) | Item::Not(_) | Item::Minus(_) => {
                    return Err(diagnose::misunderstood(self.source, whole));
                }
            }
        }
        Ok(left)
    }

    /// `a or b or c…`, from behind the first operator on. It does not matter how such a row is grouped, for it is looked at
    /// from the left and no further than need be: so neighbours are joined, and their neighbours, and the tree stays shallow.
    fn joined(
        &self,
        first: Deep,
        operator: Spanned<BinaryOperator>,
        row: &mut Row,
        whole: Span,
    ) -> Result<Deep, Diagnostic> {
        let this = tightness(operator.value);
        let (mut sides, mut operators) = (vec![first, self.climb(row, tighter(this), whole)?], vec![operator]);
        while let Some(next) = row.next_if(|item| item.tightness() == Some(this)) {
            let Item::Operator { operator, .. } = next else { return Err(diagnose::misunderstood(self.source, whole)) };
            operators.push(operator);
            sides.push(self.climb(row, tighter(this), whole)?);
        }
        while sides.len() > 1 {
            let (mut joined, mut between) = (Vec::new(), Vec::new());
            let (mut rest, mut operators_left) = (sides.into_iter(), operators.into_iter());
            while let Some(left) = rest.next() {
                joined.push(match (operators_left.next(), rest.next()) {
                    (Some(operator), Some(right)) => {
                        let span = left.expression.span.to(right.expression.span);
                        let depth = left.depth.max(right.depth);
                        let (left, right) = (Box::new(left.expression), Box::new(right.expression));
                        self.node(ExpressionKind::Binary { operator, left, right }, span, depth)?
                    }
                    (_, None) => left,
                    (None, Some(_)) => return Err(diagnose::misunderstood(self.source, whole)),
                });
                between.extend(operators_left.next());
            }
            (sides, operators) = (joined, between);
        }
        sides.pop().ok_or_else(|| diagnose::misunderstood(self.source, whole))
    }

    /// A value and what stands before it.
    fn operand(&self, row: &mut Row, whole: Span) -> Result<Deep, Diagnostic> {
        let mut before = Vec::new();
        while let Some(sign) = row.next_if(|item| matches!(item, Item::Not(_) | Item::Minus(_))) {
            before.push(sign);
        }
        let Some(Item::Value(mut deep)) = row.next() else { return Err(diagnose::misunderstood(self.source, whole)) };
        // From the value outwards: a minus takes the value alone, `not` the comparison that follows.
        for sign in before.into_iter().rev() {
            deep = match sign {
                Item::Minus(start) => self.unary(UnaryOperator::Negate, start, deep)?,
                Item::Not(start) => {
                    self.unary(UnaryOperator::Not, start, self.climb_from(deep, row, tighter(Tightness::Not), whole)?)?
                }
                Item::Value(_) | Item::Operator { .. } | Item::Matching { .. } => {
                    return Err(diagnose::misunderstood(self.source, whole));
                }
            };
        }
        Ok(deep)
    }

    /// `a < b < c` compares a bool with `c`: never what was meant.
    fn no_chain(&self, row: &mut Row) -> Result<(), Diagnostic> {
        let span = match row.peek() {
            Some(Item::Operator { operator, .. }) if tightness(operator.value) == Tightness::Comparison => {
                operator.span
            }
            Some(Item::Matching { span, .. }) => *span,
            Some(Item::Operator { .. } | Item::Value(_) | Item::Not(_) | Item::Minus(_)) | None => return Ok(()),
        };
        let (code, message) = ("hayes::syntax::chained-comparison", "a comparison cannot be compared again");
        let fault = self.fault(code, span, message, "a second comparison");
        Err(fault.help("write `a < b and b < c`, or put parentheses around the first"))
    }

    fn negate_if(&self, negated: bool, deep: Deep) -> Result<Deep, Diagnostic> {
        let span = deep.expression.span;
        if negated { self.unary(UnaryOperator::Not, span, deep) } else { Ok(deep) }
    }

    fn unary(&self, operator: UnaryOperator, start: Span, operand: Deep) -> Result<Deep, Diagnostic> {
        let span = start.to(operand.expression.span);
        self.node(ExpressionKind::Unary { operator, operand: Box::new(operand.expression) }, span, operand.depth)
    }

    /// A node above others, the deepest of which is `below` deep.
    fn node(&self, kind: ExpressionKind, span: Span, below: u32) -> Result<Deep, Diagnostic> {
        if below >= DEEPEST_EXPRESSION {
            return Err(diagnose::expression_too_deep(self.source, span));
        }
        Ok(Deep { expression: Expression { kind, span }, depth: below + 1 })
    }
}

fn leaf(kind: ExpressionKind, span: Span) -> Deep {
    Deep { expression: Expression { kind, span }, depth: 1 }
}

fn tightness(operator: BinaryOperator) -> Tightness {
    match operator {
        BinaryOperator::Or => Tightness::Or,
        BinaryOperator::And => Tightness::And,
        BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Less
        | BinaryOperator::LessOrEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterOrEqual
        | BinaryOperator::In => Tightness::Comparison,
        BinaryOperator::Range => Tightness::Range,
        BinaryOperator::Add | BinaryOperator::Subtract => Tightness::Sum,
        BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Remainder => Tightness::Product,
    }
}

/// The next tighter level: what the right side of an operator binds with, so that `a - b - c` is `(a - b) - c`.
fn tighter(level: Tightness) -> Tightness {
    match level {
        Tightness::Or => Tightness::And,
        Tightness::And => Tightness::Not,
        Tightness::Not => Tightness::Comparison,
        Tightness::Comparison => Tightness::Range,
        Tightness::Range => Tightness::Sum,
        Tightness::Sum => Tightness::Product,
        Tightness::Product | Tightness::Value => Tightness::Value,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
