//! What a run knows that evaluates expressions, and what is asserted, required and said with their values.

use std::fmt::Display;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::capture::Captured;
use super::{End, ScriptView, Step};
use crate::at::{Line, PromptPlan};
use crate::catalogue::entry::KnownPrompt;
use crate::check::{Evaluate, append, counted};
use crate::runtime::secret::leaves;
use crate::source::{Source, Span};
use crate::syntax::ast::{
    Clause, ClauseKind, Expression, ExpressionKind, Pattern, PatternKind, PatternPart, PromptEnd, Template,
};
use crate::value::functions::Function;
use crate::value::{Quoted, Refusal, Value, bytes_of};

/// A modem that asks for data does so in this time, or not at all.
const PROMPT_TIME: Duration = Duration::from_secs(5);

impl Evaluate for ScriptView<'_> {
    type End = End;

    fn source(&self) -> &Arc<Source> {
        self.scope.program.source()
    }

    fn variable(&self, name: &str, span: Span) -> Step<Value> {
        // The script's own names come first: it may have a `body` or a `module` of its own.
        if let Some(value) = self.scope.variables.get(name) {
            return Ok(value.clone());
        }
        match name {
            "response" | "body" | "result" | "elapsed" | "replied" | "error" if self.scope.last.left_out => {
                Err(self.unset(name, span))
            }
            "response" => self.is_whole(span).map(|()| self.scope.last.response()),
            "body" => self.is_whole(span).map(|()| Value::of_bytes(self.scope.last.body.clone())),
            "result" => Ok(self.scope.last.result()),
            "elapsed" => Ok(Value::duration(self.scope.last.elapsed)),
            "replied" => Ok(Value::Bool(self.scope.last.replied)),
            "module" => Ok(crate::value::module::record(self.module)),
            "attempt" if self.scope.attempt > 0 => Ok(Value::Int(self.scope.attempt)),
            "error" => Ok(Value::Text(Arc::clone(&self.scope.error))),
            _ => Err(self.unset(name, span)),
        }
    }

    fn called(&self, function: &Function, values: &[Value]) -> Step<Result<Value, Refusal>> {
        let now = || self.began.after(self.conversation.now()).to_string();
        let made = function.call(values, self.folder, &|value| self.shown(value), &now);
        let shown = made.as_ref().map(|value| self.mask.shown_by(values, value)).unwrap_or_default();
        self.hide(&shown);
        Ok(made)
    }

    fn fits_pattern(&self, line: &str, pattern: &Pattern) -> Step<bool> {
        let values = self.pattern_values(pattern)?;
        Ok(self.matches_line(pattern, line.as_bytes(), &values))
    }

    fn masked(&self, value: &Value) -> String {
        self.mask.string(Quoted(&self.mask.value(value)).to_string())
    }

    #[inline(never)]
    fn failed(&self, page: &'static str, span: Span, values: &[&dyn Display]) -> End {
        self.fail(self.told(page, span, values))
    }
}

impl ScriptView<'_> {
    fn hide(&self, shown: &[Value]) {
        for value in shown {
            self.mask.add_made(value);
            let shared = self.shared_mask.map(|mask| mask.lock().unwrap_or_else(PoisonError::into_inner));
            shared.iter().for_each(|mask| mask.add_made(value));
        }
    }

    /// What is captured out of lines that hold a secret: a piece of that is as secret as one that a function makes.
    pub(super) fn hide_pieces(&self, captured: &Captured) {
        if self.mask.is_empty() {
            return;
        }
        let lines = self.scope.last.lines.iter().map(Line::text).filter(|line| self.mask.hides(line));
        let lines: Vec<[Value; 1]> = lines.map(|line| [Value::text(line)]).collect();
        if lines.is_empty() {
            return;
        }
        for part in captured.iter().flat_map(|(_, value)| leaves(value)) {
            let part = part.to_string();
            let holds = |[line]: &&[Value; 1]| line.to_string().contains(&part);
            let shown = lines.iter().filter(holds).map(|line| self.mask.shown_by(line, &Value::text(&*part)));
            let shown: Vec<_> = shown.collect();
            if shown.iter().all(|shown| !shown.is_empty()) {
                self.hide(&shown.concat());
            }
        }
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
                self.advise(&mut problem, sent);
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
        let (ExpressionKind::Variable(_) | ExpressionKind::Member { .. } | ExpressionKind::Index { .. }) =
            &expression.kind
        else {
            return expression.operands().into_iter().for_each(|part| self.operands(part, found));
        };
        let name = self.source().slice(expression.span);
        if let Ok(value) = self.evaluate(expression) {
            let text = format!("{name} is {}", Quoted(&self.mask.value(&value)));
            if !found.contains(&text) {
                found.push(text);
            }
        }
    }

    #[inline(never)]
    pub(super) fn fails(&self, why: &Template, span: Span, is_final: bool) -> Step {
        let problem = self.problem("hayes::run::fail", span, self.message(why)?);
        Err(if is_final { self.refuse(problem) } else { self.fail(problem) })
    }

    fn unset(&self, name: &str, span: Span) -> End {
        self.failed(UNSET, span, &[&name])
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

    /// What answers a prompt: it holds nothing that would end it early. Bytes that nothing is sent behind are counted
    /// by the modem, so they may hold anything.
    fn reply(&self, expression: &Expression, end: Option<PromptEnd>, counted: Option<(usize, bool)>) -> Step<Vec<u8>> {
        let value = self.evaluate(expression)?;
        let bytes = bytes_of(&value);
        let is_counted = counted.is_some_and(|(count, is_sure)| is_sure || count == bytes.len());
        if end == Some(PromptEnd::Nothing) || is_counted && end.is_none() {
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
                let mut bytes = self.reply(reply, *end, announced)?;
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
                    // The modem takes just so many bytes; what is left of others runs as a command.
                    let (count, length) = (counted(count, "byte"), counted(bytes.len(), "byte"));
                    let values: [&dyn Display; 4] = [&command, &count, &bytes.len(), &length];
                    return Err(self.fail(self.told("hayes::run::reply-length", reply.span, &values).sent(command)));
                }
                bytes.extend_from_slice(known_end.as_bytes());
                PromptPlan::Reply { mark: mark(text)?, bytes }
            } else {
                PromptPlan::Cancel { mark: mark(text)? }
            };
            // What asks for data by a word may first have to do something: to connect.
            let is_soon = plan.mark().is_some_and(|mark| !mark.contains(|c: char| c.is_ascii_alphanumeric()));
            let within = within.as_ref().map(|within| self.duration(within)).transpose()?;
            let within = within.or_else(|| is_soon.then_some(PROMPT_TIME));
            return Ok((plan, within));
        }
        Ok((PromptPlan::Unexpected, None))
    }

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

    pub(super) fn matches_line(&self, pattern: &Pattern, line: &[u8], values: &[String]) -> bool {
        self.scope.program.matcher(pattern).is_some_and(|matcher| matcher.matches(line, values))
    }
}

/// What an `assert` or a `check` asserts does not hold.
pub(super) const NOT_HELD: &str = "hayes::run::assert";

const UNSET: &str = "hayes::run::unset";
