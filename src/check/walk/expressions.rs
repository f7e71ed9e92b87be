//! What expressions are made of: names with a value, values of the right type.

use std::fmt::Display;
use std::sync::Arc;

use super::constants::Foresight;
use super::{Checker, NotKnown, Type, listed};
use crate::at::result_code;
use crate::catalogue;
use crate::check::evaluate::is_zero;
use crate::check::{Evaluate, is_mistake_of_script, literal_text};
use crate::diagnostic::Diagnostic;
use crate::source::{Name, Span};
use crate::syntax::ast::{
    BinaryOperator, Expression, ExpressionKind, Part, SendForm, Statement, StatementKind, Template, TemplatePart,
    UnaryOperator,
};
use crate::syntax::{GIVEN_NAMES, foreign, foreign_function, foreign_value, statements};
use crate::value::functions::Function;
use crate::value::{Value, ValueKind as Kind};

/// A name in braces in what is shown or kept
const VALUE_AS_TEXT: &str = "hayes::check::value-as-text";

impl Checker<'_, '_, '_> {
    pub(super) fn expression(&mut self, expression: &Expression) -> Type {
        match &expression.kind {
            ExpressionKind::Text(template) => {
                self.template(template);
                Type::Of(Kind::Text)
            }
            ExpressionKind::Int(number) => {
                let written = self.script.source.slice(expression.span);
                if written.len() > 1 && written.starts_with('0') {
                    self.findings.tell("hayes::check::leading-zero", expression.span, &[number, &written]);
                }
                Type::Of(Kind::Int)
            }
            ExpressionKind::Decimal(_) => Type::Of(Kind::Decimal),
            ExpressionKind::Bool(_) => Type::Of(Kind::Bool),
            ExpressionKind::Duration(_) => Type::Of(Kind::Duration),
            ExpressionKind::List(items) => {
                let kinds: Vec<Type> = items.iter().map(|item| self.expression(item)).collect();
                let same = kinds.iter().skip(1).fold(kinds.first().cloned().unwrap_or(Type::Unknown), Type::or);
                Type::List(Arc::new(same))
            }
            ExpressionKind::Variable(name) => self.variable(name, expression.span),
            ExpressionKind::Member { record, name } => self.member(record, name),
            ExpressionKind::Index { list, index } => self.index(list, index),
            ExpressionKind::Call { function, arguments } => self.call(function.value, arguments, expression.span),
            ExpressionKind::Unary { operator, operand } => match operator {
                UnaryOperator::Not => {
                    self.wants(operand, &[Kind::Bool], "hayes::check::wrong-type not");
                    Type::Of(Kind::Bool)
                }
                UnaryOperator::Negate => {
                    self.wants(operand, &[Kind::Int, Kind::Decimal], "hayes::check::wrong-type negated")
                }
            },
            ExpressionKind::Binary { operator, left, right } => self.binary(operator.value, operator.span, left, right),
            ExpressionKind::Matches { text, pattern } => {
                let kinds = [Kind::Text, Kind::Int, Kind::Decimal, Kind::Bool, Kind::Duration];
                self.wants(text, &kinds, "hayes::check::wrong-type matches");
                self.comparing_pattern(pattern, "`matches`");
                Type::Of(Kind::Bool)
            }
        }
    }

    /// Text with `${…}`. The values may be of any type.
    pub(super) fn template(&mut self, template: &Template) {
        self.template_for(template, VALUE_AS_TEXT);
    }

    /// As [`Checker::template`]; `code`: as what a name in braces is told.
    pub(super) fn template_for(&mut self, template: &Template, code: &'static str) {
        for part in &template.parts {
            match part {
                TemplatePart::Text(text) => _ = self.value_as_text(text, template.span, code),
                TemplatePart::Value(value) => {
                    self.expression(value);
                }
            }
        }
    }

    /// `"$apn"`, `"{apn}"`: a name that has a value, as other languages put it into a text. Whether there was one.
    pub(super) fn value_as_text(&mut self, text: &str, span: Span, code: &'static str) -> bool {
        let source = Arc::clone(&self.script.source);
        let mut found = false;
        for (name, place) in self.names.values_in(text) {
            let (before, written) = text.get(..place.end).unwrap_or_default().split_at(place.start);
            let mut place = self.place_in(span, &[written]);
            // In `AT$NAME` the sign is the command's; what a `capture` calls `<n>` is a hole; `<n>…</n>` is XML.
            let is_tag = || super::captures(&source, span) || source.slice(span).contains(&format!("</{name}>"));
            let is_other = written.starts_with('$') && before.ends_with("AT")
                || written.starts_with('<') && is_tag()
                || self.lines.told_values.iter().any(|(_, told)| told.start <= place.start && place.end <= told.end);
            if is_other {
                continue;
            }
            // `{{apn}}` in a pattern is the text `{apn}`.
            let around = |place: Span| Span { start: place.start.saturating_sub(1), end: place.end + 1 };
            while written.starts_with('{') && source.slice(around(place)).starts_with("{{") {
                place = around(place);
            }
            let is_set = self.names.look_up(name.split('.').next().unwrap_or(&name)).is_set;
            let code = if is_set { code } else { "hayes::check::value-as-text undeclared" };
            self.findings.tell(code, place, &[&source.slice(place), &name, &format!("${{{name}}}")]);
            found = true;
        }
        found
    }

    /// Checks that an expression is of one of these types, unless it may be; gives its type back.
    pub(super) fn wants(&mut self, expression: &Expression, kinds: &[Kind], page: &'static str) -> Type {
        let found = self.expression(expression);
        if found.is_none_of(kinds) {
            self.findings.tell(page, expression.span, &[&found.words()]);
        }
        found
    }

    /// `sleep 5`: what it is for, what it must be, what it is, what to write instead.
    pub(super) fn wrong_type(&mut self, at: Span, place: &str, wanted: &str, found: &str, help: impl Display) {
        self.findings.tell("hayes::check::wrong-type", at, &[&place, &wanted, &found, &help]);
    }

    pub(super) fn duration(&mut self, expression: &Expression, place: &str) {
        let written = self.script.source.slice(expression.span);
        let help = if let ExpressionKind::Variable(name) = &expression.kind
            && self.names.known(name).kind.kind() == Some(Kind::Int)
        {
            format!("for seconds write `{written} * 1s`")
        } else if let ExpressionKind::Int(number) = expression.kind {
            format!("write it with a unit: `{number}s`, `{number}ms` or `{number}min`")
        } else {
            "write it with a unit: `5s`, `500ms` or `5min`".to_owned()
        };
        let found = self.expression(expression);
        if found.is_none_of(&[Kind::Duration]) {
            self.wrong_type(expression.span, place, "a duration", found.words(), help);
        }
        self.foreseen(|known| known.duration(expression));
    }

    pub(super) fn condition(&mut self, expression: &Expression, place: &str) {
        let found = self.expression(expression);
        if found.is_none_of(&[Kind::Bool]) {
            self.findings.tell("hayes::check::wrong-type condition", expression.span, &[&place, &found.words()]);
        }
        // Elsewhere a limit may be one of many things that are asked.
        let is_claim = place.ends_with("asserts") || place.ends_with("checks");
        if !is_claim {
            return;
        }
        self.judged(expression, |unknown| may_hold_unknown(unknown, expression, &mut None) == Some(false));
        let mut passes = None;
        if may_hold_unknown(&|it| Some(self.lines.not_known.get(it)?.0), expression, &mut passes) != Some(false)
            && let Some((comparison, name)) = passes
            && let Some((value, what, command)) = self.lines.not_known.get(name)
            && self.names.known(name).kind.kind() == Some(Kind::Int)
        {
            let written = self.script.source.slice(comparison.span);
            let values: [&dyn Display; 6] = [&written, what, command, value, &name, &written];
            let fault = self.findings.fault("hayes::check::passes-unknown", comparison.span, &values);
            self.lines.passes_unknown.entry(name.to_owned()).or_insert((*value, Vec::new())).1.push(fault);
        }
        self.take_known(expression, true);
    }

    /// Leaves out the comparisons of the names in a condition whose value that is not known ends there, as `ends`
    /// tells.
    pub(super) fn judged(
        &mut self,
        condition: &Expression,
        ends: impl Fn(&dyn Fn(&str) -> Option<i64>) -> bool + Copy,
    ) {
        if let ExpressionKind::Variable(it) = &condition.kind
            && let Some((value, _)) = self.lines.passes_unknown.get(it)
            && ends(&|name: &str| (it == name).then_some(*value))
        {
            self.lines.passes_unknown.remove(it);
        }
        condition.operands().into_iter().for_each(|part| self.judged(part, ends));
    }

    /// Takes out what certainly is known where the condition is `truth`.
    pub(super) fn take_known(&mut self, condition: &Expression, truth: bool) -> NotKnown {
        if let ExpressionKind::Unary { operator: UnaryOperator::Not, operand } = &condition.kind {
            return self.take_known(operand, !truth);
        }
        let ExpressionKind::Binary { operator, left, right } = &condition.kind else { return NotKnown::new() };
        if operator.value == if truth { BinaryOperator::And } else { BinaryOperator::Or } {
            return [left, right].into_iter().flat_map(|side| self.take_known(side, truth)).collect();
        }
        let ExpressionKind::Variable(name) = &left.kind else { return NotKnown::new() };
        let unknown = |it: &str| Some(self.lines.not_known.get(it)?.0);
        let is_known = may_hold_unknown(&unknown, condition, &mut None) == Some(!truth);
        is_known.then(|| self.lines.not_known.remove_entry(name)).flatten().into_iter().collect()
    }

    fn variable(&mut self, name: &str, span: Span) -> Type {
        match name {
            "response" => return Type::List(Arc::new(Type::Of(Kind::Text))),
            "result" => return Type::Of(Kind::Text),
            "elapsed" => return Type::Of(Kind::Duration),
            "attempt" if self.place.in_retry => return Type::Of(Kind::Int),
            "error" if self.place.has_error => return Type::Of(Kind::Text),
            "attempt" | "error" => {
                let place = GIVEN_NAMES.iter().find(|(given, ..)| *given == name).map_or("", |(.., place)| *place);
                self.out_of_place(name, place, span);
            }
            _ => {
                let known = self.names.look_up(name);
                if known.is_set {
                    return known.kind.clone();
                }
                // A script may have a module of its own.
                if name == "module" && self.names.place(name).is_none() {
                    return Type::of_value(&crate::value::module::example());
                }
                if name == "body" && self.names.place(name).is_none() {
                    return Type::Unknown;
                }
                if name == "replied" && self.names.place(name).is_none() {
                    return Type::Of(Kind::Bool);
                }
                if self.place.in_loop && self.names.place(name).is_some() {
                    self.awaited.push((name.to_owned(), span));
                } else {
                    self.unset(name, span);
                }
            }
        }
        Type::Unknown
    }

    /// At the end of a loop's body: names that were used above the line that sets them have a value in the next round.
    pub(super) fn settle_awaited(&mut self, from: usize) {
        for (name, span) in self.awaited.split_off(from.min(self.awaited.len())) {
            if self.names.known(&name).is_set {
                continue;
            }
            if self.place.in_loop {
                self.awaited.push((name, span));
            } else {
                self.unset(&name, span);
            }
        }
    }

    fn unset(&mut self, name: &str, span: Span) {
        if self.findings.stands_in_broken_line(name) {
            return;
        }
        if self.names.is_item(name) {
            let place = if name == "pass" { "inside its `repeat`" } else { "inside its `for`" };
            return self.out_of_place(name, place, span);
        }
        if !self.told.insert(name.to_owned()) {
            return;
        }
        let fault = if let Some(place) = self.names.place(name) {
            let part = self.part_left_out(place);
            let fault = match part {
                Some(part) => self.findings.fault("hayes::check::not-set left-out", span, &[&name, &part]),
                None => self.findings.fault("hayes::check::not-set", span, &[&name]),
            };
            fault.at(place, "gets its value here")
        } else {
            self.unknown(name, span)
        };
        self.findings.report(fault);
    }

    fn unknown(&mut self, name: &str, span: Span) -> Diagnostic {
        let fault = self.findings.fault("hayes::check::unknown-name", span, &[&name]);
        if let Some(meant) = foreign_value(name) {
            return fault.did_you_mean(Some(meant), "");
        }
        let everywhere = GIVEN_NAMES.iter().filter(|(.., place)| place.is_empty()).map(|(name, ..)| *name);
        let known = self.names.candidates().chain(everywhere);
        if let Some(near) = self.findings.nearest(name, known) {
            return fault.did_you_mean(Some(near), "");
        }
        let (before, behind) = self.script.source.text.split_at_checked(span.start as usize).unwrap_or_default();
        let (line, behind) =
            (before.rsplit('\n').next().unwrap_or_default(), behind.get(name.len()..).unwrap_or_default());
        let first = format!("`param {name}`, `set {name} = …`, or `capture {name}` under a question");
        let mut runs = self.program.runs.iter().filter(|(_, run)| run.fields.iter().any(|field| field == name));
        if let Some((run, _)) = runs.next() {
            return fault.help(format!("`{name}` comes from a script: write `run \"{run}\" as it`, and `it.{name}`"));
        }
        if line.trim_start().starts_with("capture") && line.ends_with("${") {
            let fault = fault.help(format!("a hole that captures has no `$`: write `{{{name}}}`"));
            return fault.mended_at(Span { start: span.start - 2, end: span.end + 1 }, format!("{{{name}}}"));
        }
        let is_count = matches!(line.trim(), "repeat" | "retry");
        if let Some(instead) = foreign(name).filter(|_| behind.starts_with('.') || is_count) {
            return fault.help(instead);
        }
        if statements().iter().any(|statement| statement.word == name) {
            return fault.help(format!("`{name}` begins a line of its own, and is no value"));
        }
        if behind.starts_with('.') {
            return fault.help(format!("a script that is run gives what it found: `run \"modem/identify\" as {name}`"));
        }
        if name == "AT" && behind.trim_start().starts_with('{') {
            let help =
                "a command stands on a line of its own, in `try {`: what is done where it fails stands in `} else {`";
            return fault.help(help.to_owned());
        }
        if name == "AT" && behind.starts_with(['+', '#', '$', '%', '^', '&']) || line.ends_with("AT+") {
            let help = "a command stands on a line of its own; `capture value:int` under it gives its answer a name";
            return fault.help(format!("{help}, which `if value > 10 {{` asks"));
        }
        if result_code::parse(name.as_bytes()).is_some() {
            return fault.help(format!("an answer is told apart under its command: `when {name} {{`"));
        }
        if name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') && !line.ends_with('=')
        {
            let param = name.to_ascii_lowercase();
            let help = format!("a value from outside is a param: `param {param}`, given with `HAYES_VAR_{param}`");
            return fault.help(format!("{help}; else give it a value first: {first}"));
        }
        // A word that stands alone where a value may stand
        let is_alone =
            behind.trim_start_matches([' ', '\t', '\r']).starts_with(['\n', ',', '{', '#']) || behind.is_empty();
        if is_alone && line.trim_end().ends_with(['=', ',', '[']) || line.trim_end().ends_with(" reply") {
            let help = format!("a text stands in quotes: `\"{name}\"`; a name needs a value first: {first}");
            return fault.help(help).mended_by(format!("\"{name}\""));
        }
        fault.help(format!("give it a value first: {first}"))
    }

    /// `attempt`, `error` or the name of a `for` where it does not hold.
    fn out_of_place(&mut self, name: &str, place: &str, span: Span) {
        // A line that does not parse may have opened the block in which the name holds.
        if self.findings.has_broken_lines() || !self.told.insert(name.to_owned()) {
            return;
        }
        self.findings.tell("hayes::check::out-of-place", span, &[&name, &place]);
    }

    fn member(&mut self, record: &Expression, name: &Name) -> Type {
        let kind = self.expression(record);
        let shown = self.script.source.slice(record.span);
        let Name { value: name, span } = name;
        match &kind {
            Type::Unknown => Type::Unknown,
            Type::Record(fields) => {
                if let Some((_, kind)) = fields.iter().find(|(field, _)| field == name) {
                    return kind.clone();
                }
                if self.told.insert(format!("{shown}.{name}")) {
                    let known = || fields.iter().map(|(field, _)| field.as_str());
                    let near = self.findings.nearest(name, known());
                    let otherwise = if fields.is_empty() {
                        format!("`{shown}` has no fields at all")
                    } else {
                        format!("it has: {}", listed(known()))
                    };
                    let fault = self.findings.fault("hayes::check::unknown-member", *span, &[&shown, &name]);
                    self.findings.report(fault.did_you_mean(near, otherwise));
                }
                Type::Unknown
            }
            Type::Of(_) | Type::List(_) => {
                let help = if let Some(instead) = foreign_function(name, shown) {
                    instead
                } else if let Type::List(_) = kind {
                    format!("walk it with `for`, or take one item: `{shown}[0].{name}`")
                } else {
                    "a record comes from `run … as name`, or from `for` over a `capture all`".to_owned()
                };
                let place = format!("what `.{name}` is taken from");
                self.wrong_type(record.span, &place, "a record", kind.words(), help);
                Type::Unknown
            }
        }
    }

    fn index(&mut self, list: &Expression, index: &Expression) -> Type {
        // `sim[state]`, `sim["state"]`
        let field =
            if let ExpressionKind::Variable(name) = &index.kind { Some(name.as_str()) } else { literal_text(index) };
        if let (Some(field), ExpressionKind::Variable(record)) = (field, &list.kind)
            && self.names.known(record).kind.kind() == Some(Kind::Record)
        {
            self.expression(list);
            let place = Span { start: list.span.end, end: index.span.end + 1 };
            let fault = self.findings.fault("hayes::check::wrong-type field", place, &[record, &field]);
            self.findings.report(fault.mended_by(format!(".{field}")));
            return Type::Unknown;
        }
        let kind = self.wants(list, &[Kind::List], "hayes::check::wrong-type indexed");
        self.wants(index, &[Kind::Int], "hayes::check::wrong-type index");
        kind.item()
    }

    fn call(&mut self, function: &Function, arguments: &[Expression], span: Span) -> Type {
        let name = function.name;
        if arguments.len() != function.arguments.len() {
            for argument in arguments {
                self.expression(argument);
            }
            let values = |count| match count {
                0 => "nothing".to_owned(),
                1 => "one value".to_owned(),
                count => format!("{count} values"),
            };
            let (wanted, found) = (values(function.arguments.len()), values(arguments.len()));
            let help = format!("write `{name}({})`", vec!["value"; function.arguments.len()].join(", "));
            self.wrong_type(span, &format!("what `{name}` is given"), &wanted, &found, help);
            return Type::of_kind(function.result);
        }
        let mut given = Vec::with_capacity(arguments.len());
        for (argument, takes) in arguments.iter().zip(function.arguments) {
            let found = self.expression(argument);
            if !takes.kinds.is_empty() && found.is_none_of(takes.kinds) {
                let place = format!("what `{name}` is given");
                self.wrong_type(argument.span, &place, takes.wanted, found.words(), takes.help);
            }
            given.push(found);
        }
        self.program.files.extend(arguments.iter().filter(|_| name == "file").cloned());
        if let Some(record) = function.record {
            return Type::of_value(&record());
        }
        match (function.result, given.as_slice()) {
            // A part is of the kind of the whole, and the smaller one of two of their kind.
            (None, [whole, ..]) if name == "slice" => whole.clone(),
            (None, [one, other]) => one.clone().or(other),
            (result, _) => Type::of_kind(result),
        }
    }

    fn binary(&mut self, operator: BinaryOperator, at: Span, left: &Expression, right: &Expression) -> Type {
        // Who compares it with 99, or with a list that holds 99, knows what that is.
        if let ExpressionKind::Variable(name) = &left.kind {
            let items = if let ExpressionKind::List(items) = &right.kind { items } else { std::slice::from_ref(right) };
            let says = |value| items.iter().any(|it| matches!(it.kind, ExpressionKind::Int(number) if number == value));
            if self.lines.not_known.get(name).is_some_and(|(value, ..)| says(*value)) {
                self.lines.not_known.remove(name);
            }
        }
        match operator {
            BinaryOperator::Or | BinaryOperator::And => {
                self.condition(left, "each side of `and` and `or`");
                self.condition(right, "each side of `and` and `or`");
                Type::Of(Kind::Bool)
            }
            BinaryOperator::Equal | BinaryOperator::NotEqual => {
                let (found, other) = (self.expression(left), self.expression(right));
                self.comparable((left, &found), (right, &other), at);
                self.may_be_module(left, right);
                self.may_be_module(right, left);
                Type::Of(Kind::Bool)
            }
            BinaryOperator::Size(_) => {
                let (found, other) = (self.expression(left), self.expression(right));
                let sizes = [Kind::Int, Kind::Decimal, Kind::Duration, Kind::Text];
                if !found.is_none_of(&sizes) && !other.is_none_of(&sizes) {
                    self.comparable((left, &found), (right, &other), at);
                } else {
                    let (wrong, found) = if found.is_none_of(&sizes) { (left, found) } else { (right, other) };
                    self.findings.tell("hayes::check::wrong-type size", wrong.span, &[&found.words()]);
                }
                Type::Of(Kind::Bool)
            }
            BinaryOperator::In => {
                let item = self.expression(left);
                let list = self.wants(right, &[Kind::List, Kind::Text], "hayes::check::wrong-type in");
                if let Type::List(of) = &list {
                    self.comparable((left, &item), (right, of), at);
                } else if item.kind() == Some(Kind::Int) && list.kind() == Some(Kind::Text) {
                    let list = literal_text(right).map_or("1, 5".to_owned(), |text| text.replace(',', ", "));
                    let help = format!("write a list of numbers: `in [{list}]`");
                    self.wrong_type(right.span, "what a number is looked for in", "a list", "text", help);
                }
                if let ExpressionKind::List(items) = &right.kind {
                    items.iter().for_each(|item| self.may_be_module(left, item));
                }
                Type::Of(Kind::Bool)
            }
            BinaryOperator::Range => {
                for end in [left, right] {
                    self.wants(end, &[Kind::Int], "hayes::check::wrong-type range");
                }
                Type::List(Arc::new(Type::Of(Kind::Int)))
            }
            BinaryOperator::Arithmetic("+") => {
                let (found, other) = (self.expression(left), self.expression(right));
                let sums = [Kind::Int, Kind::Decimal, Kind::Duration, Kind::Text, Kind::Bytes, Kind::List];
                match (found.kind(), other.kind()) {
                    (Some(a), Some(b)) if a == b && sums.contains(&a) => found,
                    (Some(Kind::Int), Some(Kind::Decimal)) | (Some(Kind::Decimal), Some(Kind::Int)) => {
                        Type::Of(Kind::Decimal)
                    }
                    (Some(Kind::Text), Some(Kind::Bytes)) | (Some(Kind::Bytes), Some(Kind::Text)) => {
                        Type::Of(Kind::Bytes)
                    }
                    (None, _) | (_, None) => Type::Unknown,
                    (Some(a), Some(b)) => {
                        let page = match a == Kind::Text || b == Kind::Text {
                            true => "hayes::check::wrong-type text-sum",
                            false => "hayes::check::wrong-type sum",
                        };
                        self.findings.tell(page, right.span, &[&found.words(), &other.words()]);
                        Type::Unknown
                    }
                }
            }
            BinaryOperator::Arithmetic(sign) => self.calculation(sign, left, right),
        }
    }

    fn calculation(&mut self, sign: &str, left: &Expression, right: &Expression) -> Type {
        let kinds = [Kind::Int, Kind::Decimal, Kind::Duration];
        let found = self.wants(left, &kinds, "hayes::check::wrong-type calculated");
        let other = self.wants(right, &kinds, "hayes::check::wrong-type calculated");
        match (found.kind(), other.kind()) {
            (Some(Kind::Int), Some(Kind::Int)) => Type::Of(Kind::Int),
            (Some(Kind::Decimal), Some(Kind::Int | Kind::Decimal)) | (Some(Kind::Int), Some(Kind::Decimal)) => {
                Type::Of(Kind::Decimal)
            }
            (Some(Kind::Duration), Some(kind)) | (Some(kind), Some(Kind::Duration)) => {
                let result = match (sign, found.kind(), kind) {
                    ("-", _, Kind::Duration) | ("*", _, Kind::Int) => Some(Kind::Duration),
                    ("/", Some(Kind::Duration), Kind::Int) => Some(Kind::Duration),
                    ("/", _, Kind::Duration) => Some(Kind::Int),
                    _ => None,
                };
                if result.is_none() {
                    let (one, two) = ((left, found.words()), (right, other.words()));
                    let is_left = found.kind() == Some(Kind::Duration);
                    let (duration, second) = if is_left { (one, two) } else { (two, one) };
                    let wants_duration = sign == "-" || sign == "/" && !is_left;
                    let wrong = if sign == "%" { duration } else { second };
                    let wanted = if wants_duration { "a duration" } else { "a whole number" };
                    let help = "durations are added and subtracted, multiplied and divided by whole numbers";
                    self.wrong_type(wrong.0.span, "what stands here", wanted, wrong.1, help);
                }
                result.map_or(Type::Unknown, Type::Of)
            }
            _ => Type::Unknown,
        }
    }

    /// `module.id` is no model, but what the catalogue calls a module.
    fn may_be_module(&mut self, asked: &Expression, text: &Expression) {
        let ExpressionKind::Member { record, name } = &asked.kind else { return };
        let is_id = name.value == "id" && matches!(&record.kind, ExpressionKind::Variable(name) if name == "module");
        let Some(id) = literal_text(text).filter(|id| is_id && !id.is_empty()) else { return };
        if catalogue::module(id).is_some_and(|module| module.id == id) {
            return;
        }
        let ids = catalogue::modules().map(|module| module.id);
        match catalogue::lookup::known(id).map(|module| module.id).or_else(|| self.findings.nearest(id, ids)) {
            Some(near) => {
                let fault = self.findings.fault("hayes::check::no-module", text.span, &[&id, &near]);
                self.findings.report(fault.mended_by(format!("\"{near}\"")));
            }
            None => self.findings.tell("hayes::check::no-module unlike", text.span, &[&id]),
        }
    }

    /// Values of two types are never equal. Text that was captured is the usual case: `stat == 5`.
    fn comparable(&mut self, left: (&Expression, &Type), right: (&Expression, &Type), at: Span) {
        let (Some(a), Some(b)) = (left.1.kind(), right.1.kind()) else { return };
        let are = |one, other| (a, b) == (one, other) || (a, b) == (other, one);
        if a == b || are(Kind::Int, Kind::Decimal) || are(Kind::Text, Kind::Bytes) {
            return;
        }
        let help = match (a, b) {
            (Kind::Text, Kind::Int) => self.help_for_number(left.0, right.0),
            (Kind::Int, Kind::Text) => self.help_for_number(right.0, left.0),
            (Kind::Duration, Kind::Int) | (Kind::Int, Kind::Duration) => {
                "write the number with a unit, as in `5s`".to_owned()
            }
            _ => "compare values of one type".to_owned(),
        };
        self.findings.tell("hayes::check::never-equal", at, &[&left.1.words(), &right.1.words(), &help]);
    }

    fn help_for_number(&self, text: &Expression, number: &Expression) -> String {
        match (&text.kind, &number.kind) {
            (ExpressionKind::Text(_), _) => "leave out the quotes: numbers stand without".to_owned(),
            (ExpressionKind::Variable(name), _) => {
                format!("make it a number where it gets its value, `{name}:int`, or put the number in quotes")
            }
            _ => "make a number of it with `int(…)`, or put the number in quotes".to_owned(),
        }
    }

    // ── What is known before the first byte

    /// What a run will refuse in a statement; what stands in its blocks is asked there. Of the conditions of an `if`
    /// the first that holds is the last that is asked, and the pauses of a `retry` are no list.
    pub(super) fn foresee(&mut self, statement: &Statement) {
        if !matches!(statement.kind, StatementKind::If { .. } | StatementKind::Param(_) | StatementKind::Retry { .. }) {
            self.foresee_parts(statement.parts());
        }
    }

    fn foresee_parts(&mut self, parts: Vec<Part<'_>>) {
        for part in parts {
            match part {
                Part::Value(value) => self.foresee_value(value),
                Part::Text(text) => text.values().for_each(|value| self.foresee_value(value)),
                Part::Question(send) => {
                    self.foreseen(|known| known.with_defaults().command(&send.text, send.form == SendForm::Raw));
                    send.text.values().for_each(|value| self.foresee_value(value));
                }
                Part::Pattern(pattern) | Part::Capture(pattern) | Part::Fields(pattern) => {
                    pattern.values().for_each(|value| self.foresee_value(value));
                }
                Part::Clause(clause) => self.foresee_parts(clause.parts()),
                Part::Binds(_) | Part::Item(_) | Part::Declares(_) | Part::Block(_) => {}
            }
        }
    }

    /// What a run will refuse in an expression, and in what it is made of.
    pub(super) fn foresee_value(&mut self, value: &Expression) {
        let fails = self.foreseen(|known| known.evaluate(value));
        if fails == Some(false) {
            return;
        }
        let mut operands = value.operands();
        if let ExpressionKind::Binary { operator, left, right } = &value.kind {
            if matches!(operator.value, BinaryOperator::And | BinaryOperator::Or) {
                // What stands to the left may be there so that this is not asked.
                operands.truncate(1);
            } else if fails.is_none() && matches!(operator.value, BinaryOperator::Arithmetic("/" | "%")) {
                // Whatever it is that is divided
                self.foreseen(|known| match known.evaluate(right)? {
                    by if is_zero(&by) => {
                        let (one, sign) = (known.source().slice(left.span), known.source().slice(operator.span));
                        Err(known.failed("hayes::run::arithmetic zero", value.span, &[&one, &sign, &by]))
                    }
                    _ => Ok(()),
                });
            }
        } else if let ExpressionKind::Index { list, index } = &value.kind
            && fails.is_none()
            && let Ok(Value::Int(place @ ..0)) = self.foresight().evaluate(index)
        {
            let list = self.script.source.slice(list.span);
            self.findings.tell("hayes::check::negative-item", index.span, &[&place, &list]);
        }
        operands.into_iter().for_each(|part| self.foresee_value(part));
    }

    /// Tells why a run will fail here: not where something takes the failure, or where the line may never run. `None`
    /// where it is not known whether it will.
    pub(super) fn foreseen<T>(
        &mut self,
        evaluate: impl FnOnce(&Foresight<'_>) -> Result<T, Option<Box<Diagnostic>>>,
    ) -> Option<bool> {
        match evaluate(&self.foresight()) {
            Ok(_) => Some(false),
            Err(None) => None,
            Err(Some(fault)) => {
                if !self.place.is_left_out && (!self.place.is_tried || is_mistake_of_script(fault.code)) {
                    self.findings.foresee(*fault);
                }
                Some(true)
            }
        }
    }

    pub(super) fn foresight(&self) -> Foresight<'_> {
        Foresight::new(&self.script.source, &self.names, &self.effort)
    }
}

/// Whether it holds where a value is that which stands for one that is not known, as 99 of AT+CSQ does; `unknown` tells
/// a name's. `None`: that depends on others. `passes` becomes the comparison by size that such a value passes.
pub(super) fn may_hold_unknown<'e>(
    unknown: &dyn Fn(&str) -> Option<i64>,
    condition: &'e Expression,
    passes: &mut Option<(&'e Expression, &'e str)>,
) -> Option<bool> {
    use BinaryOperator::{And, Arithmetic, Equal, In, NotEqual, Or, Range, Size};
    if let ExpressionKind::Unary { operator: UnaryOperator::Not, operand } = &condition.kind {
        return may_hold_unknown(unknown, operand, &mut None).map(|holds| !holds);
    }
    let ExpressionKind::Binary { operator, left, right } = &condition.kind else { return None };
    if matches!(operator.value, And | Or) {
        let [one, other] = [left, right].map(|side| may_hold_unknown(unknown, side, passes));
        let decides = Some(operator.value == Or);
        return if one == decides || other == decides { decides } else { one.and(other) };
    }
    let (ExpressionKind::Variable(name), other) = (&left.kind, &right.kind) else { return None };
    let unknown = unknown(name)?;
    let value = |kind: &ExpressionKind| if let ExpressionKind::Int(number) = kind { Some(*number) } else { None };
    let holds = match (operator.value, other) {
        (In, ExpressionKind::List(items)) => return Some(items.iter().any(|it| value(&it.kind) == Some(unknown))),
        (In, ExpressionKind::Binary { operator, left, right }) if operator.value == Range => {
            return Some((value(&left.kind)?..=value(&right.kind)?).contains(&unknown));
        }
        (Size(sign), other) if sign.starts_with('<') => unknown < value(other)?,
        (Size(_), other) => unknown > value(other)?,
        (Equal | NotEqual, other) => return Some((value(other)? == unknown) == (operator.value == Equal)),
        (Or | And | In | Range | Arithmetic(_), _) => return None,
    };
    if holds && passes.is_none() {
        *passes = Some((condition, name));
    }
    Some(holds)
}
