//! What statements do beside talking to the modem: `retry`, `try`, `if`, `for`, `assert`, `set`, `report`, `log`,
//! `abort on`, `confirm`, `unsafe`; and what a plan tells in place of a statement.

use std::sync::Arc;
use std::time::Duration;

use super::event::{Confirmed, RuntimeEvent};
use super::exchange::ReadyQuestion;
use super::failure::{End, Failure, Step};
use super::hearing::Abort;
use super::interpreter::{Nesting, Run};
use super::outcome::Status;
use super::plan::{Preview, names_set_by, only_asks};
use crate::source::{Name, Span};
use crate::syntax::ast::{Alternatives, Block, Clause, Column, Expression, Part, Schedule, SendForm, Template};
use crate::value::Value;

/// Between the attempts of a `retry for` that names no pause.
const PAUSE: Duration = Duration::from_secs(1);

/// Every line is held against each of them.
const MOST_ABORTS: usize = 100;

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
        let ended = self.attempt_all(&mut attempts, body, span);
        self.scope.attempt = outer;
        match (ended, otherwise) {
            (Err(End::Failed(cause)), Some(otherwise)) => {
                self.scope.error = cause.diagnostic.message.as_str().into();
                self.block(otherwise).map_err(|end| because(end, &cause))
            }
            (ended, _) => ended,
        }
    }

    fn attempts(&self, schedule: &Schedule, span: Span) -> Step<Attempts> {
        let view = self.view();
        let (Schedule::Times { pause, longest, .. } | Schedule::For { pause, longest, .. }) = schedule;
        let duration = |expression: &Option<Expression>| {
            expression.as_ref().map(|expression| view.duration(expression)).transpose()
        };
        let (pause, longest) = (duration(pause)?, duration(longest)?);
        match schedule {
            Schedule::Times { count, .. } => {
                let times = view.number(count)?;
                if times < 1 {
                    let what = format!("a retry tries at least once, and this is {times}");
                    return Err(view.fail(view.problem("hayes::run::value", count.span.to(span), what)));
                }
                Ok(Attempts { count: Some(times), until: None, pause: pause.unwrap_or_default(), longest })
            }
            Schedule::For { duration: span, .. } => {
                let until = self.conversation.now() + view.duration(span)?;
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
            let failure = match self.block_in(body, Nesting { in_retry: true, ..self.nesting }) {
                Err(End::Failed(failure)) => failure,
                ended => return left(ended),
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
                self.scope.error = failure.diagnostic.message.as_str().into();
                otherwise.map_or(Ok(()), |otherwise| self.block(otherwise))
            }
            ended => ended,
        }
    }

    #[inline(never)]
    pub(super) fn branch(&mut self, branches: &[(Expression, Block)], otherwise: Option<&Block>) -> Step {
        for (condition, body) in branches {
            if self.view().truth(condition)? {
                return self.block(body);
            }
        }
        otherwise.map_or(Ok(()), |otherwise| self.block(otherwise))
    }

    #[inline(never)]
    pub(super) fn for_each(&mut self, name: &Name, list: &Expression, body: &Block) -> Step {
        let view = self.view();
        let whole = view.evaluate(list)?;
        let Value::List(items) = &whole else {
            let what = format!("`for` walks a list, and this is {}", view.shown(&whole));
            return Err(view.fail(view.problem("hayes::run::type", list.span, what)));
        };
        self.with_own(name, |run| {
            left(items.iter().try_for_each(|item| {
                run.scope.variables.set(&name.value, item.clone());
                run.block(body)
            }))
        })
    }

    /// So many passes, or for so long; none begins when the time is up. `every` is from start to start: after a pass that
    /// takes longer the next begins at once.
    #[inline(never)]
    pub(super) fn repeat(&mut self, schedule: &Schedule, pass: &Name, body: &Block, span: Span) -> Step {
        let (view, began) = (self.view(), self.conversation.now());
        let (passes, until, every) = match schedule {
            Schedule::Times { count, pause, .. } => (view.number(count)?, Duration::MAX, pause),
            Schedule::For { duration, pause, .. } => (i64::MAX, began.saturating_add(view.duration(duration)?), pause),
        };
        let every = every.as_ref().map(|every| view.duration(every)).transpose()?.unwrap_or_default();
        self.with_own(pass, |run| {
            for number in 1..=passes {
                let began = run.conversation.now();
                run.scope.variables.set(&pass.value, Value::Int(number));
                match run.block(body) {
                    Err(End::Breaks) => break,
                    ended => ended?,
                }
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

    #[inline(never)]
    pub(super) fn set(&mut self, name: &Name, value: &Expression) -> Step {
        let value = self.view().evaluate(value)?;
        self.scope.variables.set(&name.value, value);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn unsafe_block(&mut self, why: &Template, body: &Block) -> Step {
        let why = self.view().message(why)?;
        let shown = self.hearing.mask.string(format!("unsafe: {why}"));
        self.tell(RuntimeEvent::Log { text: &shown });
        self.block_in(body, Nesting { in_unsafe: true, ..self.nesting })
    }

    #[inline(never)]
    pub(super) fn confirm(&mut self, text: &Template, span: Span) -> Step {
        let question = self.hearing.mask.string(self.view().message(text)?);
        if self.inputs.plan {
            self.note(&format!("would ask: {question}"));
            return Ok(());
        }
        if self.inputs.yes {
            return Ok(());
        }
        let confirmed = self.hearing.listener.confirm(&question, self.interrupts);
        let problem = |what: String| self.view().problem("hayes::run::confirm", span, what);
        let failure = match confirmed {
            Confirmed::Yes => return Ok(()),
            Confirmed::No => problem(format!("not confirmed: {question}")),
            Confirmed::Nobody => problem(format!("there is nobody to confirm: {question}"))
                .help("run it on a terminal, or answer every question beforehand with --yes"),
            Confirmed::Interrupted => {
                let view = self.view();
                let failure = view.problem("hayes::run::interrupted", span, "interrupted during `confirm`");
                let failure = view.whole(failure.label("interrupted here"));
                self.interrupted();
                return Err(End::Fatal(Status::Interrupted, failure));
            }
        };
        // Nobody is asked again and again.
        Err(self.view().refuse(failure))
    }

    /// Columns of the run's result. Only those of the script that was asked for: what a script that it runs reports is
    /// for those who run that one by itself.
    #[inline(never)]
    pub(super) fn report(&mut self, columns: &[Column]) -> Step {
        let mut values = Vec::with_capacity(columns.len());
        for column in columns {
            values.push((&column.name.value, self.view().evaluate(&column.value)?));
        }
        if !self.calls.is_empty() {
            return Ok(());
        }
        for (name, value) in values {
            let shown = self.hearing.mask.value(&value);
            self.tell(RuntimeEvent::Reported { name, value: &shown });
            match self.report.iter_mut().find(|(column, _)| column == name) {
                Some((_, old)) => *old = value,
                None => self.report.push((name.clone(), value)),
            }
        }
        Ok(())
    }

    pub(super) fn log(&mut self, text: &Template) -> Step {
        let text = self.hearing.mask.string(self.view().message(text)?);
        self.tell(RuntimeEvent::Log { text: &text });
        Ok(())
    }

    /// From here on such a line ends the script, whatever it is doing.
    #[inline(never)]
    pub(super) fn abort_on(&mut self, patterns: &Alternatives, why: Option<&Template>, span: Span) -> Step {
        let view = self.view();
        let abort = Abort {
            program: Arc::clone(&self.scope.program),
            source: Arc::clone(&self.scope.shown),
            span,
            patterns: patterns.clone(),
            values: view.alternatives_values(patterns)?,
            why: why.map(|why| view.message(why)).transpose()?,
        };
        // In a loop it is said again and again, and still holds once.
        let same =
            |held: &Abort| held.source.name == abort.source.name && held.span == span && held.values == abort.values;
        if self.hearing.aborts.iter().any(same) {
            return Ok(());
        }
        if self.hearing.aborts.len() >= MOST_ABORTS {
            let what = format!("more than {MOST_ABORTS} `abort on` hold here");
            let failure = view.problem("hayes::run::too-long", span, what);
            return Err(view.fail(failure.help("say it once, before the loop")));
        }
        self.hearing.aborts.push(abort);
        Ok(())
    }

    /// `--plan`: whether a question is not sent, since it may change something.
    pub(super) fn leaves_out(&self, asked: &ReadyQuestion, form: SendForm) -> bool {
        self.inputs.plan && (form == SendForm::Raw || !asked.is_command || !only_asks(&asked.text))
    }

    /// Tells what would be sent, and forgets what its answer would have set.
    #[inline(never)]
    pub(super) fn leave_out(&mut self, asked: &ReadyQuestion, clauses: &[Clause]) -> Step {
        self.left_out = true;
        self.note(&format!("would send {}", asked.text));
        let branches = Preview::of_branches(self.view(), clauses);
        branches.iter().for_each(|line| self.note(line));
        for name in names_set_by(clauses.iter().map(Part::Clause).collect(), &self.scope.program) {
            self.scope.variables.forget(&name);
        }
        Ok(())
    }

    /// Tells what an `ensure` would do; `answers` where it is not known whether it would do it.
    pub(super) fn describe(&mut self, answers: Option<&Alternatives>, otherwise: &Block) -> Step {
        let lines = Preview::of(self.view(), answers, otherwise)?;
        lines.iter().for_each(|line| self.note(line));
        Ok(())
    }

    pub(super) fn plan_ends(&mut self, why: &str) -> Step {
        self.note(&format!("the plan ends here: {why}"));
        Err(End::PlanEnds)
    }

    /// After something was left out, a failure tells nothing of the run.
    #[inline(never)]
    pub(super) fn plan_ends_by(&mut self, failure: &Failure) -> Step {
        let (line, told) = (failure.position().line, &failure.diagnostic);
        self.plan_ends(&format!("line {line} of {} depends on what was left out ({})", told.source.name, told.message))
    }

    pub(super) fn note(&mut self, note: &str) {
        let note = self.hearing.mask.text(note).into_owned();
        self.tell(RuntimeEvent::Plan { note: &note });
    }
}

/// A loop that was left by `break` has passed.
fn left(ended: Step) -> Step {
    match ended {
        Err(End::Breaks) => Ok(()),
        ended => ended,
    }
}

/// A `retry`'s `else` ended the script by a failure of its own: what the attempts failed of stands with it.
fn because(end: End, cause: &Failure) -> End {
    match end {
        End::Failed(mut failure) => {
            failure.also_means(format!("the last attempt failed: {}", cause.diagnostic.message));
            if failure.sent.is_none() && failure.answer.is_empty() {
                failure.sent.clone_from(&cause.sent);
                failure.answer.clone_from(&cause.answer);
                failure.result.clone_from(&cause.result);
            }
            End::Failed(failure)
        }
        end @ (End::Fatal(..) | End::Skipped(_) | End::Stopped | End::Breaks | End::PlanEnds) => end,
    }
}
