//! `retry`, `try`, `if`, `for`, `assert`, `fail`, `confirm`, `unsafe`.

use std::time::Duration;

use super::event::{Confirmed, RuntimeEvent};
use super::interpreter::Run;
use super::outcome::{Failure, Status};
use super::problem::{End, Step, code};
use crate::at::{Line, ResultCode};
use crate::source::{Name, Span};
use crate::syntax::ast::{Block, Expression, ExpressionKind, Schedule, Template};
use crate::value::Value;

/// Between the attempts of a `retry for` that names no pause.
const PAUSE: Duration = Duration::from_secs(1);

/// When the attempts of a `retry` end, and how they are spaced.
struct Attempts {
    count: Option<i64>,
    until: Option<Duration>,
    pause: Duration,
    longest: Option<Duration>,
}

impl Run<'_> {
    /// Until the block passes. The last failure is the cause.
    #[inline(never)]
    pub(super) fn retry(&mut self, schedule: &Schedule, body: &Block, otherwise: Option<&Block>, span: Span) -> Step {
        let mut attempts = self.attempts(schedule, span)?;
        let outer = self.scope.attempt;
        self.in_retry += 1;
        let ended = self.attempt_all(&mut attempts, body, span);
        self.in_retry -= 1;
        self.scope.attempt = outer;
        match (ended, otherwise) {
            (Err(End::Failed(cause)), Some(otherwise)) => {
                self.scope.error = cause.message.as_str().into();
                self.block(otherwise).map_err(|end| because(end, &cause))
            }
            (ended, _) => ended,
        }
    }

    fn attempts(&self, schedule: &Schedule, span: Span) -> Step<Attempts> {
        let (pause, longest) = match schedule {
            Schedule::Times { pause, longest, .. } | Schedule::For { pause, longest, .. } => (pause, longest),
        };
        let duration = |expression: &Option<Expression>| {
            expression.as_ref().map(|expression| self.duration(expression)).transpose()
        };
        let (pause, longest) = (duration(pause)?, duration(longest)?);
        match schedule {
            Schedule::Times { count, .. } => {
                let times = self.number(count)?;
                if times < 1 {
                    let what = format!("a retry tries at least once, and this is {times}");
                    return Err(self.fail(self.problem(code::VALUE, count.span.to(span), what)));
                }
                Ok(Attempts { count: Some(times), until: None, pause: pause.unwrap_or_default(), longest })
            }
            Schedule::For { duration: span, .. } => {
                let until = self.conversation.now() + self.duration(span)?;
                // A block that takes no time would otherwise be tried without end in no time.
                let pause = pause.unwrap_or(PAUSE).max(Duration::from_millis(1));
                Ok(Attempts { count: None, until: Some(until), pause, longest })
            }
        }
    }

    fn attempt_all(&mut self, attempts: &mut Attempts, body: &Block, span: Span) -> Step {
        let mut attempt = 1;
        loop {
            self.scope.attempt = attempt;
            let failure = match self.block(body) {
                Err(End::Failed(failure)) => failure,
                ended => return ended,
            };
            let number = u64::try_from(attempt).unwrap_or_default();
            self.tell(RuntimeEvent::AttemptFailed { attempt: number, failure: &failure });
            if self.inputs.plan && self.left_out {
                // What was left out may be the reason.
                return Err(End::Failed(failure));
            }
            let now = self.conversation.now();
            let left = attempts.until.map(|until| until.saturating_sub(now));
            if attempts.count.is_some_and(|count| attempt >= count) || left.is_some_and(|left| left.is_zero()) {
                return Err(End::Failed(failure));
            }
            // The last attempt is made when time is up, not before.
            let pause = left.map_or(attempts.pause, |left| attempts.pause.min(left));
            if !pause.is_zero() {
                self.tell(RuntimeEvent::Pause { duration: pause });
            }
            self.pause(pause, span)?;
            if let Some(longest) = attempts.longest {
                // A longest pause that is shorter than the first makes none shorter: without any, time would stand.
                let longest = longest.max(attempts.pause);
                attempts.pause = attempts.pause.saturating_mul(2).min(longest);
            }
            attempt += 1;
        }
    }

    /// `try`: a failure inside is no failure of the script.
    #[inline(never)]
    pub(super) fn attempt(&mut self, body: &Block, otherwise: Option<&Block>) -> Step {
        match self.block(body) {
            Err(End::Failed(failure)) => {
                self.tell(RuntimeEvent::Caught { failure: &failure });
                self.scope.error = failure.message.as_str().into();
                otherwise.map_or(Ok(()), |otherwise| self.block(otherwise))
            }
            ended => ended,
        }
    }

    #[inline(never)]
    pub(super) fn branch(&mut self, branches: &[(Expression, Block)], otherwise: Option<&Block>) -> Step {
        for (condition, body) in branches {
            if self.truth(condition)? {
                return self.block(body);
            }
        }
        otherwise.map_or(Ok(()), |otherwise| self.block(otherwise))
    }

    #[inline(never)]
    pub(super) fn for_each(&mut self, name: &Name, list: &Expression, body: &Block) -> Step {
        let whole = self.evaluate(list)?;
        let Value::List(items) = &whole else {
            let what = format!("`for` walks a list, and this is {}", self.shown(&whole));
            return Err(self.fail(self.problem(code::TYPE, list.span, what)));
        };
        self.with_own(name, |run| {
            items.iter().try_for_each(|item| {
                run.scope.variables.set(&name.value, item.clone());
                run.block(body)
            })
        })
    }

    /// The name is known inside the block only; what it held outside it holds again.
    fn with_own(&mut self, name: &Name, inside: impl FnOnce(&mut Self) -> Step) -> Step {
        let outside = self.scope.variables.get(&name.value).cloned();
        let ended = inside(self);
        match outside {
            Some(value) => self.scope.variables.set(&name.value, value),
            None => self.scope.variables.forget(&name.value),
        }
        ended
    }

    /// So many passes, or for so long; none begins when the time is up. `every` is from start to start: after a pass that
    /// takes longer the next begins at once.
    #[inline(never)]
    pub(super) fn repeat(&mut self, schedule: &Schedule, pass: &Name, body: &Block, span: Span) -> Step {
        let began = self.conversation.now();
        let (passes, until, every) = match schedule {
            Schedule::Times { count, pause, .. } => (self.number(count)?, Duration::MAX, pause),
            Schedule::For { duration, pause, .. } => (i64::MAX, began.saturating_add(self.duration(duration)?), pause),
        };
        let every = every.as_ref().map(|every| self.duration(every)).transpose()?.unwrap_or_default();
        self.with_own(pass, |run| {
            for number in 1..=passes {
                let began = run.conversation.now();
                run.scope.variables.set(&pass.value, Value::Int(number));
                run.block(body)?;
                // A block that takes no time would otherwise be repeated without end in no time.
                let least = if until == Duration::MAX { Duration::ZERO } else { Duration::from_millis(1) };
                let next = began.saturating_add(every.max(least)).max(run.conversation.now());
                if number == passes || next >= until {
                    break;
                }
                let pause = next.saturating_sub(run.conversation.now());
                if !pause.is_zero() {
                    run.tell(RuntimeEvent::Pause { duration: pause });
                    run.pause(pause, span)?;
                }
            }
            Ok(())
        })
    }

    #[inline(never)]
    pub(super) fn assert(&self, condition: &Expression, why: Option<&Template>) -> Step {
        if self.truth(condition)? {
            return Ok(());
        }
        let source = self.scope.program.source();
        let text = source.slice(condition.span);
        let mut values = Vec::new();
        self.operands(condition, &mut values);
        let values = values.join(", ");
        let message = match why {
            Some(why) => self.message(why)?,
            None if values.is_empty() => format!("{text} does not hold"),
            None => format!("{text} does not hold: {values}"),
        };
        let label = if values.is_empty() { "does not hold".to_owned() } else { values };
        let mut problem = self.problem(code::ASSERT, condition.span, message).label(label);
        // What is asserted is mostly what was just captured.
        let last = &self.scope.last;
        if let Some(sent) = &last.sent {
            let lines = last.lines.iter().map(Line::text).collect();
            problem = problem.sent(sent.as_ref()).answer(lines, last.result.as_ref().map(ResultCode::to_string));
            if let [_] = last.lines.as_slice() {
                problem = problem.meaning(format!("{sent} answered {}", self.answered(sent)));
            }
        }
        Err(self.fail(problem))
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
            ExpressionKind::Text(_)
            | ExpressionKind::Int(_)
            | ExpressionKind::Bool(_)
            | ExpressionKind::Duration(_)
            | ExpressionKind::List(_) => {}
        }
    }

    #[inline(never)]
    pub(super) fn fails(&self, why: &Template, span: Span) -> Step {
        let why = self.message(why)?;
        Err(self.fail(self.problem(code::FAIL, span, why)))
    }

    #[inline(never)]
    pub(super) fn confirm(&mut self, text: &Template, span: Span) -> Step {
        let question = self.message(text)?;
        let question = self.hearing.mask.string(question);
        if self.inputs.plan {
            self.note(&format!("would ask: {question}"));
            return Ok(());
        }
        if self.inputs.yes {
            return Ok(());
        }
        let (message, help) = match self.hearing.listener.confirm(&question, self.interrupts) {
            Confirmed::Yes => return Ok(()),
            Confirmed::No => (format!("not confirmed: {question}"), None),
            Confirmed::Interrupted => return Err(self.interrupted("`confirm`", span, |problem| problem)),
            Confirmed::Nobody => {
                let help = "run it on a terminal, or answer every question beforehand with --yes";
                (format!("there is nobody to confirm: {question}"), Some(help))
            }
        };
        let problem = self.problem(code::CONFIRM, span, message);
        let problem = match help {
            Some(help) => problem.help(help),
            None => problem,
        };
        // Nobody is asked again and again: neither `try` nor `retry` takes a no.
        Err(End::Fatal(Status::Failed, self.failure(problem)))
    }

    #[inline(never)]
    pub(super) fn unsafe_block(&mut self, why: &Template, body: &Block) -> Step {
        let why = self.message(why)?;
        let shown = self.hearing.mask.string(format!("unsafe: {why}"));
        self.tell(RuntimeEvent::Log { text: &shown });
        self.in_unsafe += 1;
        let ended = self.block(body);
        self.in_unsafe -= 1;
        ended
    }
}

/// A `retry`'s `else` ended the script by a failure of its own: what the attempts failed of stands with it.
fn because(end: End, cause: &Failure) -> End {
    match end {
        End::Failed(mut failure) => {
            let last = format!("the last attempt failed: {}", cause.message);
            failure.meaning = Some(match failure.meaning.take() {
                Some(meaning) => format!("{meaning}\n{last}"),
                None => last,
            });
            if failure.sent.is_none() && failure.answer.is_empty() {
                failure.sent.clone_from(&cause.sent);
                failure.answer.clone_from(&cause.answer);
                failure.result.clone_from(&cause.result);
            }
            End::Failed(failure)
        }
        end @ (End::Fatal(..) | End::Skipped(_) | End::Stopped | End::PlanEnds) => end,
    }
}
