//! Questions and what is said of their answers.

use std::sync::Arc;

use super::checker::{Checker, Flow};
use super::faults::exchange::ExchangeFault;
use super::faults::value::ValueFault;
use super::pattern::Matcher;
use super::types::{Kind, Type};
use super::{binding, patterns};
use crate::source::{Name, Span};
use crate::syntax::ast::{
    Clause, ClauseKind, Exchange, Expression, ExpressionKind, Field, Pattern, Send, SendForm, Template, TemplatePart,
    WhenEvent,
};

impl Checker<'_, '_, '_> {
    pub(super) fn exchange(&mut self, exchange: &Exchange) -> Flow {
        self.send(&exchange.send);
        self.lint_question(&exchange.send, &exchange.clauses);
        self.clauses(&exchange.clauses)
    }

    pub(super) fn ensure_question(&mut self, question: &Send) {
        self.send(question);
        self.lint_ensured(question);
    }

    pub(super) fn reboot(&mut self, command: &Send) {
        self.send(command);
        self.lint_reboot(command);
    }

    pub(super) fn within(&mut self, within: Option<&Expression>) {
        within.iter().for_each(|within| self.duration(within, "what stands behind `within`"));
    }

    /// Where all `when` lines end the script, nothing behind the question is reached.
    pub(super) fn clauses(&mut self, clauses: &[Clause]) -> Flow {
        self.told_nothing(clauses);
        self.judged_twice(clauses);
        let (mut prompts, mut branches, mut earlier) = (0, Vec::new(), Vec::new());
        for clause in clauses {
            match &clause.kind {
                ClauseKind::Expect(alternatives) => {
                    alternatives.iter().for_each(|pattern| self.comparing_pattern(pattern, "`expect`"));
                }
                ClauseKind::ExpectNothing { within } => self.duration(within, "what stands behind `within`"),
                ClauseKind::Capture { fields } => self.capture(clause, fields),
                ClauseKind::CapturePattern(alternatives) => self.capture_pattern(clause, alternatives),
                ClauseKind::CaptureAll { fields, record } => self.capture_all(clause, fields, record),
                ClauseKind::PromptReply { mark, text, .. } => {
                    mark.iter().for_each(|mark| self.template(mark));
                    self.reply(text);
                }
                ClauseKind::PromptCancel { mark } => mark.iter().for_each(|mark| self.template(mark)),
                ClauseKind::When { event, body } => {
                    if self.never_taken(event, &mut earlier) {
                        self.reporter.report(&ExchangeFault::NeverTaken, clause.span);
                    }
                    let mark = self.scope.mark();
                    self.bind_holes(event.patterns());
                    let flow = self.inner(body, self.place);
                    branches.push((flow, Some(self.scope.take_back(mark))));
                }
            }
            prompts += usize::from(is_prompt(clause));
            if prompts == 2 && is_prompt(clause) {
                self.reporter.report(&ExchangeFault::TwoPrompts, clause.span);
            }
        }
        // A question that none of them takes fails.
        if branches.is_empty() { Flow::Falls } else { self.merge(branches) }
    }

    /// Whether an earlier `when` takes all that this one is for. `earlier`: what those before it are for, as it is written.
    fn never_taken(&self, event: &WhenEvent, earlier: &mut Vec<String>) -> bool {
        let written: Vec<String> = match event {
            WhenEvent::Line(patterns) => {
                patterns.iter().map(|pattern| self.script.source.slice(pattern.span).to_owned()).collect()
            }
            WhenEvent::Timeout => vec!["timeout".to_owned()],
            WhenEvent::Otherwise => vec!["else".to_owned()],
        };
        let never = earlier.iter().any(|word| word == "else") || written.iter().all(|word| earlier.contains(word));
        earlier.extend(written);
        never
    }

    fn send(&mut self, send: &Send) {
        self.template(&send.text);
        self.within(send.within.as_ref());
        match send.form {
            SendForm::At => self.at_values(&send.text),
            SendForm::Text | SendForm::Raw => {}
        }
    }

    /// Values in AT text must stay where they are put: no line end, no quote in a string, no `;` outside.
    fn at_values(&mut self, text: &Template) {
        let mut in_quotes = false;
        for part in &text.parts {
            match part {
                TemplatePart::Text(text) => in_quotes ^= text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1,
                TemplatePart::Value(value) => self.at_value(value, in_quotes),
            }
        }
    }

    /// The text that an expression certainly yields, and where it is written.
    fn known_text(&self, expression: &Expression) -> Option<(Arc<str>, Span)> {
        if let ExpressionKind::Variable(name) = &expression.kind {
            return self.scope.state(name).constant.clone();
        }
        binding::constant(expression)
    }

    fn at_value(&mut self, value: &Expression, in_quotes: bool) {
        let Some((text, written)) = self.known_text(value) else { return };
        if let Some((character, within)) = binding::breaks_out(&text, in_quotes) {
            let from = crate::diagnostic::Label { span: written, text: "its value".to_owned() };
            let others = if written == value.span { Vec::new() } else { vec![from] };
            self.reporter.report_with(&ValueFault::Injection { character, within }, value.span, others);
        }
    }

    fn capture(&mut self, clause: &Clause, fields: &[Field]) {
        let names: Vec<(&str, Span)> = fields
            .iter()
            .filter_map(|field| field.name.as_ref().map(|name| (name.value.as_str(), name.span)))
            .collect();
        self.captured_twice(&names);
        if names.is_empty() {
            self.reporter.report(&ExchangeFault::CapturesNothing, clause.span);
        }
        for field in fields {
            self.bind_capture(field.name.as_ref(), Type::of_capture(field.convert, field.optional));
        }
    }

    fn capture_pattern(&mut self, clause: &Clause, alternatives: &[Pattern]) {
        if !self.bind_holes(alternatives) {
            self.reporter.report(&ExchangeFault::CapturesNothing, clause.span);
        }
    }

    /// What the patterns of a `capture` or a `when` give a value; false where that is certainly nothing.
    fn bind_holes(&mut self, alternatives: &[Pattern]) -> bool {
        alternatives.iter().for_each(|pattern| self.pattern(pattern));
        let mut captured: Vec<(Name, Type)> = Vec::new();
        let mut is_sound = true;
        for pattern in alternatives {
            let Some(matcher) = self.parts.matchers.get(pattern.id as usize).and_then(Option::as_ref) else {
                is_sound = false;
                continue;
            };
            for hole in matcher.holes() {
                // What only one of the alternatives captures may be empty.
                let everywhere = alternatives.len() == 1 && !hole.optional || matches!(matcher, Matcher::Regex(_));
                let name = Name { value: hole.name.clone(), span: pattern.span };
                captured.push((name, Type::of_capture(hole.convert, !everywhere)));
            }
        }
        let binds = !captured.is_empty() || !is_sound;
        for (name, kind) in captured {
            self.bind_capture(Some(&name), kind);
        }
        binds
    }

    fn capture_all(&mut self, clause: &Clause, fields: &[Field], record: &Name) {
        let names: Vec<(&str, Span)> = fields
            .iter()
            .filter_map(|field| field.name.as_ref().map(|name| (name.value.as_str(), name.span)))
            .collect();
        self.captured_twice(&names);
        if names.is_empty() {
            self.reporter.report(&ExchangeFault::CapturesNothing, clause.span);
        }
        self.bind_capture(Some(record), Type::List(Arc::new(Type::record_of(fields))));
    }

    fn bind_capture(&mut self, name: Option<&Name>, kind: Type) {
        if let Some(name) = name
            && self.may_bind(name)
        {
            self.scope.bind(&name.value, kind, None);
        }
    }

    fn reply(&mut self, text: &Expression) {
        self.wants(text, &[Kind::Text, Kind::Int], "what a prompt is replied", "text", "write it in quotes");
        let Some((reply, _)) = self.known_text(text) else { return };
        let character = reply.chars().find_map(|character| match character {
            '\u{1A}' => Some("Ctrl-Z (0x1A)"),
            '\u{1B}' => Some("ESC (0x1B)"),
            _ => None,
        });
        if let Some(character) = character {
            let written = self.script.source.slice(text.span);
            let escape = ["\\x1A", "\\x1a", "\\x1B", "\\x1b", "\\u{1A}", "\\u{1a}", "\\u{1B}", "\\u{1b}"];
            let at = escape.iter().filter_map(|sign| Some((written.find(sign)?, sign.len()))).min();
            let span = at.map_or(text.span, |(at, length)| patterns::within(text.span, Span::new(at, at + length)));
            self.reporter.report(&ExchangeFault::DataEndsEarly { character }, span);
        }
    }

    /// Where `when` lines judge an answer, no `expect` and no `capture` does.
    fn judged_twice(&mut self, clauses: &[Clause]) {
        if !clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::When { .. })) {
            return;
        }
        for clause in clauses {
            let word = match clause.kind {
                ClauseKind::Expect(_) => "expect",
                ClauseKind::Capture { .. } | ClauseKind::CapturePattern(_) | ClauseKind::CaptureAll { .. } => "capture",
                ClauseKind::ExpectNothing { .. }
                | ClauseKind::PromptReply { .. }
                | ClauseKind::PromptCancel { .. }
                | ClauseKind::When { .. } => continue,
            };
            self.reporter.report(&ExchangeFault::WhenAndMore { clause: word }, clause.span);
        }
    }

    /// `expect nothing` stands alone.
    fn told_nothing(&mut self, clauses: &[Clause]) {
        if !clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::ExpectNothing { .. })) {
            return;
        }
        let other = clauses.iter().find_map(|clause| match clause.kind {
            ClauseKind::ExpectNothing { .. } => None,
            ClauseKind::Expect(_) => Some(("expect", clause.span)),
            ClauseKind::Capture { .. } | ClauseKind::CapturePattern(_) | ClauseKind::CaptureAll { .. } => {
                Some(("capture", clause.span))
            }
            ClauseKind::PromptReply { .. } | ClauseKind::PromptCancel { .. } => Some(("prompt", clause.span)),
            ClauseKind::When { .. } => Some(("when", clause.span)),
        });
        if let Some((clause, span)) = other {
            self.reporter.report(&ExchangeFault::NothingAndMore { clause }, span);
        }
    }
}

pub(super) fn is_prompt(clause: &Clause) -> bool {
    matches!(clause.kind, ClauseKind::PromptReply { .. } | ClauseKind::PromptCancel { .. })
}
