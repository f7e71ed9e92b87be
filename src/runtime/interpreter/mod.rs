//! Runs a program: its scripts, their params, and what each statement does.
//!
//! - this file: a run and what it holds; the statements that need no modem
//! - [`exchange`]: what is said to the modem and heard from it
//! - [`expression`] and [`capture`] read: what values come to, and what an answer holds
//! - [`plan`]: what `--plan` tells in place of a statement

mod capture;
mod exchange;
mod expression;
mod plan;

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::event::{Listener, RuntimeEvent};
use super::failure::{Call, Failure};
use super::inputs::{Inputs, value_of, ways_to_give};
use super::outcome::{Outcome, Status};
use super::secret::{Mask, SharedMask};
use crate::at::{self, Event, Hearer as _, Line, Question, ResultCode, Verdict, Why};
use crate::catalogue::command::Stakes;
use crate::catalogue::entry::Module;
use crate::catalogue::explain::{Context, remedy};
use crate::check::{Evaluate, Program, from_text, is_mistake_of_script};
use crate::conversation::{Conversation, Mode};
use crate::diagnostic::{Diagnostic, nearest};
use crate::notation::{ShownDuration, harmless_line};
use crate::port::{Fault, Timestamp};
use crate::source::{Name, Source, Span};
use crate::syntax::ast::{
    Alternatives, Block, Clause, Column, Convert, Expression, Param, Requirement, Schedule, Statement, StatementKind,
    Template,
};
use crate::value::{Record, Value};
use capture::secrets_in;
use exchange::matches;

/// What a statement yields, or how it ended the script.
type Step<T = ()> = Result<T, End>;

enum End {
    /// `try` and `retry` may take it.
    Failed(Box<Failure>),
    /// Nothing may take it: aborted, lost, interrupted, not confirmed; a mistake of the script.
    Fatal(Status, Box<Failure>),
    Skipped(String),
    Stopped,
    /// `break`: the innermost loop takes it.
    Breaks,
    /// `--plan` cannot tell further: it ends here, called or not.
    PlanEnds,
}

/// Between the attempts of a `retry for` that names no pause.
const PAUSE: Duration = Duration::from_secs(1);

/// They are held until the run ends.
const MOST_ROWS: usize = 100_000;

/// So often a person is asked who types what is no answer.
const MOST_ASKED: usize = 5;

/// Every line is held against each of them.
const MOST_ABORTS: usize = 100;

/// The stack that a run must have for any program: [`DEEPEST`] blocks within each other. Measured: 384 KiB do.
/// Without optimisation frames are larger.
pub const STACK: usize = if cfg!(debug_assertions) { 2 << 20 } else { 512 << 10 };

/// How many blocks may stand within each other, those of scripts that are run by others included. A check tells it of
/// most scripts beforehand.
pub use crate::check::DEEPEST;

/// A `finally` may nest this deep, of the [`DEEPEST`] blocks: a script that has one is not called where less is left.
const LEFT_TO_FINALLY: usize = 16;

/// Runs a program to its end. Nothing is sent before all its required params have values.
pub fn run(program: &Arc<Program>, modem: &mut Conversation, inputs: &Inputs, listener: &mut dyn Listener) -> Outcome {
    let mut run = Run::new(program, modem, inputs, listener, None);
    let ended = run.whole_script();
    run.leave_data_mode(&ended, true);
    if run.interrupts == 0 {
        run.conversation.settle(&mut run.hearing);
    }
    run.outcome(ended)
}

/// Keeps variables, timeout and `abort on` from one program to the next: the REPL's lines.
pub struct Interpreter {
    pub inputs: Inputs,
    variables: Record,
    /// `timeout`, where a line has said it.
    timeout: Option<Duration>,
    last: Last,
    aborts: Vec<Abort>,
    mask: Mask,
}

impl Interpreter {
    pub fn new(inputs: Inputs) -> Interpreter {
        let (variables, last) = (Record::new(), Last::default());
        Interpreter { inputs, variables, timeout: None, last, aborts: Vec::new(), mask: Mask::default() }
    }

    /// Runs a program as a transaction: one that fails changes no variable. Where it `follows`, the `expect` and
    /// `capture` lines of its only question are held against the last answer, and nothing is sent.
    pub fn execute(
        &mut self,
        program: &Arc<Program>,
        follows: bool,
        conversation: &mut Conversation,
        listener: &mut dyn Listener,
    ) -> Outcome {
        let mut run = Run::new(program, conversation, &self.inputs, listener, Some(self.mask()));
        run.scope.variables = self.variables.clone();
        run.scope.timeout = self.timeout.unwrap_or(self.inputs.timeout);
        run.scope.has_own_timeout = self.timeout.is_some();
        run.scope.last = self.last.clone();
        run.hearing.aborts = self.aborts.clone();
        let ended = if follows { run.follow() } else { run.whole_script() };
        if matches!(ended, Err(End::Failed(_) | End::Fatal(..))) {
            run.scope.variables = self.variables.clone();
        } else {
            self.variables = run.scope.variables.clone();
            self.timeout = run.scope.has_own_timeout.then_some(run.scope.timeout);
            self.aborts.clone_from(&run.hearing.aborts);
        }
        // The last answer is what the modem said, whatever the line made of it.
        self.last = run.scope.last.clone();
        self.mask = run.hearing.mask.clone();
        run.outcome(ended)
    }

    /// The names that are set, in the order in which they first were; secrets masked.
    pub fn variables(&self) -> Vec<(String, Value)> {
        self.variables.iter().map(|(name, value)| (name.to_owned(), self.mask.value(value))).collect()
    }

    /// Hides what the programs so far, and the inputs, have called secret.
    pub fn mask(&self) -> Mask {
        let mut mask = self.mask.clone().personal(self.inputs.shareable);
        self.inputs.secrets.values().for_each(|secret| mask.add(secret));
        mask
    }

    /// How long an answer may take where neither the lines so far nor the catalogue say more.
    pub fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(self.inputs.timeout)
    }
}

struct Run<'r> {
    conversation: &'r mut Conversation,
    inputs: &'r Inputs,
    hearing: Hearing<'r>,
    /// The script that runs now.
    scope: ScriptScope,
    /// Where the statement stands that runs now.
    nesting: Nesting,
    /// The `run` statements that led to the script that runs now, the outermost first.
    calls: Vec<Call>,
    /// Questions by their text: they hold as long as the modem is the same one.
    asked_before: HashMap<Arc<str>, ReadyQuestion>,
    /// `+++` did not bring the modem back.
    stays_in_data_mode: bool,
    /// What was sent last, if nobody waited for an answer to it.
    unanswered: Option<Box<ReadyQuestion>>,
    /// What it has come to so far; the columns of `report` with their secrets.
    outcome: Outcome,
    /// `--plan` has left something out, so what follows may fail for that reason.
    left_out: bool,
    /// What `--plan` has told of so far
    told: Vec<plan::Foreseen>,
    /// Ctrl-C came once: only `finally` runs. It came again: not even that.
    interrupts: usize,
    started: Duration,
    /// The time of day when the port was opened, by the clock of this run.
    began: Timestamp,
}

/// What holds inside of the blocks that a statement stands in, those of the scripts that run its own included.
#[derive(Clone, Copy, Default)]
struct Nesting {
    depth: usize,
    in_unsafe: bool,
    in_retry: bool,
    has_finally: bool,
}

impl<'r> Run<'r> {
    /// Kept off the stack: each modem of a batch has one of its own. Without a `mask` it hides what the inputs, or
    /// another run with them, call secret.
    #[inline(never)]
    fn new(
        program: &Arc<Program>,
        conversation: &'r mut Conversation,
        inputs: &'r Inputs,
        listener: &'r mut dyn Listener,
        mask: Option<Mask>,
    ) -> Box<Run<'r>> {
        let started = conversation.now();
        let shared =
            || inputs.shared_mask.as_ref().map(|mask| mask.lock().unwrap_or_else(PoisonError::into_inner).clone());
        let known = || Mask::of_known(std::slice::from_ref(program), inputs);
        let mut mask = mask.or_else(shared).unwrap_or_else(known);
        program.written_secrets().into_iter().for_each(|secret| mask.add(secret));
        let scope = ScriptScope::new(program, &mask, inputs.timeout);
        Box::new(Run {
            conversation,
            inputs,
            hearing: Hearing {
                listener,
                mask,
                shared_mask: inputs.shared_mask.clone(),
                secret: Vec::new(),
                pushed: Vec::new(),
                aborts: Vec::new(),
                aborts_hold: true,
                reboots: false,
                stopped_by: None,
                replied: false,
            },
            scope,
            nesting: Nesting::default(),
            calls: Vec::new(),
            asked_before: HashMap::new(),
            stays_in_data_mode: false,
            unanswered: None,
            outcome: Outcome { left_out: program.parts_left_out(), ..Outcome::default() },
            left_out: false,
            told: Vec::new(),
            interrupts: 0,
            started,
            began: Timestamp::before(started),
        })
    }

    /// What expressions and answers are read by.
    fn view(&self) -> ScriptView<'_> {
        ScriptView {
            scope: &self.scope,
            mask: &self.hearing.mask,
            shared_mask: self.hearing.shared_mask.as_ref(),
            calls: &self.calls,
            folder: self.inputs.folder.as_deref(),
            module: self.conversation.module(),
            conversation: self.conversation,
            began: self.began,
        }
    }

    fn tell(&mut self, event: RuntimeEvent<'_>) {
        let now = self.conversation.now();
        self.hearing.listener.on_event(now, event);
    }

    /// The script of the current scope, from its params to its `finally`.
    fn whole_script(&mut self) -> Step {
        if let Some(module) = self.conversation.module() {
            self.tell(RuntimeEvent::Met { module });
        }
        self.bind_inputs()?;
        self.script()
    }

    /// A script whose params have their values.
    fn script(&mut self) -> Step {
        let program = Arc::clone(&self.scope.program);
        let (script, depth) = (&program.source().name, self.calls.len());
        self.tell(RuntimeEvent::ScriptStarted { script, depth });
        let has_finally = self.nesting.has_finally || finally(&program).is_some();
        let mut ended = self.block_in(&program.script.body, Nesting { has_finally, ..self.nesting });
        ended = self.settle_checks(ended);
        if self.calls.is_empty() || self.unanswered.is_some() {
            ended = self.prove(ended);
        }
        if self.inputs.plan
            && self.left_out
            && self.calls.is_empty()
            && let Err(End::Failed(failure)) = &ended
        {
            ended = self.plan_ends_by(failure);
        }
        let ended = self.finish(&program, ended);
        let ended = self.settle_checks(ended);
        self.tell(RuntimeEvent::ScriptEnded { script, depth, status: status(&ended) });
        ended
    }

    /// `check`: what does not hold fails the script at its end.
    #[inline(never)]
    fn check(&mut self, condition: &Expression, why: Option<&Template>) -> Step {
        match self.view().assert(condition, why) {
            Err(End::Failed(failure)) if failure.diagnostic.code == expression::NOT_HELD => {
                self.tell(RuntimeEvent::CheckFailed { failure: &failure });
                self.scope.not_held.push(*failure);
                Ok(())
            }
            ended => ended,
        }
    }

    /// The script has passed, or skipped, only if all its checks held; where it failed itself, they stand with that.
    #[inline(never)]
    fn settle_checks(&mut self, ended: Step) -> Step {
        let not_held = std::mem::take(&mut self.scope.not_held);
        let all: Vec<String> = not_held.iter().map(|failure| failure.diagnostic.message.clone()).collect();
        let placed = |failure: &Failure| {
            format!("{} ({}:{})", failure.diagnostic.message, failure.diagnostic.source.name, failure.position().line)
        };
        let placed: Vec<String> = not_held.iter().map(placed).collect();
        match (ended, not_held.into_iter().next()) {
            (Ok(()) | Err(End::Skipped(_) | End::Stopped | End::Breaks), Some(mut first)) => {
                if let Some(others) = placed.get(1..).filter(|others| !others.is_empty()) {
                    first.diagnostic.message = format!("{} checks failed: {}", all.len(), all.join("; "));
                    others.iter().for_each(|other| first.also_means(format!("then: {other}")));
                }
                Err(End::Failed(Box::new(first)))
            }
            (Err(mut end), Some(_)) => {
                if let End::Failed(failure) | End::Fatal(_, failure) = &mut end {
                    failure.also_means(format!("a check failed too: {}", placed.join("; ")));
                }
                Err(end)
            }
            (ended, None) => ended,
        }
    }

    /// Runs `finally`, however the script ended. The first Ctrl-C ends what it waits for; the rest of it still runs.
    fn finish(&mut self, program: &Program, ended: Step) -> Step {
        let Some(body) = finally(program) else { return ended };
        self.leave_data_mode(&ended, false);
        if self.interrupts > 1 {
            return ended;
        }
        let held = std::mem::replace(&mut self.hearing.aborts_hold, false);
        let mut last = Ok(());
        for statement in &body.statements {
            let came_before = self.interrupts > 0;
            // Every block of the script has ended: this one stands as deep as the script itself.
            let inside = Nesting { has_finally: self.nesting.has_finally || !came_before, ..self.nesting };
            match self.statements(std::slice::from_ref(statement), body.span, inside) {
                Ok(()) => {}
                Err(end @ End::Fatal(Status::Interrupted, _)) if !came_before && self.interrupts == 1 => {
                    last = Err(end)
                }
                Err(end) => {
                    last = last.and(Err(end));
                    break;
                }
            }
        }
        let last = self.prove_sent(last);
        self.hearing.aborts_hold = held;
        match (ended, last) {
            (ended, Ok(()) | Err(End::Stopped | End::Skipped(_) | End::Breaks | End::PlanEnds)) => ended,
            (Ok(()) | Err(End::Stopped | End::Skipped(_) | End::Breaks | End::PlanEnds), last) => last,
            (Err(first @ (End::Failed(_) | End::Fatal(..))), Err(End::Failed(failure) | End::Fatal(_, failure))) => {
                self.tell(RuntimeEvent::FinallyFailed { failure: &failure });
                Err(first)
            }
        }
    }

    /// Where a run fails, or is ended by a signal, the modem is not left in data mode: the next command would go to the
    /// other end of the connection. Where the other end did not say what was waited for, and nothing is sent any more,
    /// it stays: who dialled decides what becomes of the line.
    #[inline(never)]
    fn leave_data_mode(&mut self, ended: &Step, is_last: bool) {
        let is_over = matches!(ended, Err(End::Failed(_) | End::Fatal(Status::Failed | Status::Interrupted, _)));
        if !is_over
            || self.interrupts > 1
            || self.stays_in_data_mode
            || !matches!(self.conversation.mode(), Mode::Data { .. })
        {
            return;
        }
        let waited = |failure: &Failure| failure.diagnostic.code == "hayes::run::timeout";
        if !(is_last && matches!(ended, Err(End::Failed(failure)) if waited(failure))) {
            let held = std::mem::replace(&mut self.hearing.aborts_hold, false);
            let left = self.conversation.escape(Why::Resynchronise, &mut self.hearing);
            self.hearing.aborts_hold = held;
            let Err(trouble) = left else { return };
            self.interrupts += usize::from(trouble.is_interrupt());
        }
        self.stays_in_data_mode = true;
        let text =
            "the modem is left in data mode: before the next command, `port escape` or `port dtr off` brings it back";
        self.hearing.event(self.conversation.now(), &Event::Notice(text));
    }

    fn block(&mut self, block: &Block) -> Step {
        self.block_in(block, self.nesting)
    }

    fn block_in(&mut self, block: &Block, inside: Nesting) -> Step {
        self.statements(&block.statements, block.span, inside)
    }

    fn statements(&mut self, statements: &[Statement], span: Span, inside: Nesting) -> Step {
        // The script itself is no block.
        if inside.depth > DEEPEST {
            return Err(self.too_deep(span));
        }
        let outside = std::mem::replace(&mut self.nesting, Nesting { depth: inside.depth + 1, ..inside });
        let ended = statements.iter().try_for_each(|statement| self.statement(statement));
        self.nesting = outside;
        ended
    }

    #[inline(never)]
    fn too_deep(&self, span: Span) -> End {
        let view = self.view();
        view.failed("hayes::run::too-deep", span, &[&DEEPEST])
    }

    /// What an arm needs stands in functions that are never inlined: this frame is on the stack once for each block.
    fn statement(&mut self, statement: &Statement) -> Step {
        let (now, span) = (self.conversation.now(), statement.span);
        self.hearing.listener.on_event(now, RuntimeEvent::Statement { source: &self.scope.shown, span });
        match &statement.kind {
            StatementKind::Exchange(exchange) => self.exchange(exchange),
            StatementKind::Await(wait) => self.wait(wait, span),
            StatementKind::Ensure { question, answers, otherwise } => self.ensure(question, answers, otherwise, span),
            StatementKind::Retry { schedule, body, otherwise } => self.retry(schedule, body, otherwise.as_ref(), span),
            StatementKind::Repeat { schedule, pass, body } => self.repeat(schedule, pass, body, span),
            StatementKind::Try { body, otherwise } => self.attempt(body, otherwise.as_ref()),
            StatementKind::If { branches, otherwise } => self.branch(branches, otherwise.as_ref()),
            StatementKind::For { name, list, body } => self.for_each(name, list, body),
            StatementKind::Assert { condition, why, goes_on: false } => self.view().assert(condition, why.as_ref()),
            StatementKind::Assert { condition, why, goes_on: true } => self.check(condition, why.as_ref()),
            StatementKind::Fail { why, is_final } => self.view().fails(why, span, *is_final),
            StatementKind::Skip { why } => Err(End::Skipped(self.view().message(why)?)),
            StatementKind::Stop => Err(End::Stopped),
            StatementKind::Break => Err(End::Breaks),
            StatementKind::Finally { .. } => Ok(()),
            StatementKind::Part { names, body } => self.part(names, body),
            StatementKind::Set { name, value } => self.set(name, value),
            StatementKind::Param(param) => self.param(param),
            StatementKind::Requires(requirement) => self.requires(requirement, span),
            StatementKind::Run { script, arguments, record } => self.call(script, arguments, record.as_ref(), span),
            StatementKind::Report { is_row, columns } => self.report(*is_row, columns),
            StatementKind::CaptureFrom { clause, from } => self.capture_from(clause, from),
            StatementKind::Ask { text, answer, is_secret } => self.ask_person(text, answer.as_ref(), *is_secret, span),
            StatementKind::AbortOn { patterns, why } => self.abort_on(patterns, why.as_ref(), span),
            StatementKind::Log { text } => self.log(text),
            StatementKind::Sleep { duration } => self.sleep(duration, span),
            StatementKind::Timeout { duration } => {
                self.scope.timeout = self.view().duration(duration)?;
                self.scope.has_own_timeout = true;
                Ok(())
            }
            StatementKind::Confirm { text } => self.confirm(text, span),
            StatementKind::Reboot { command } => self.reboot(command),
            StatementKind::Unsafe { why, body } => self.unsafe_block(why, body),
            StatementKind::Port(action) => self.port(action, span),
        }
    }

    /// `run`: another script, with names of its own. What it captures and sets comes back as the fields of a record.
    #[inline(never)]
    fn call(&mut self, script: &Template, arguments: &[(Name, Expression)], record: Option<&Name>, span: Span) -> Step {
        let name = self.view().text(script)?;
        let Some(program) = self.scope.program.run(&name).map(Arc::clone) else {
            return Err(self.view().failed("hayes::run::no-script", script.span, &[&name]));
        };
        let mut given = Vec::with_capacity(arguments.len());
        for (name, expression) in arguments {
            let value = self.view().evaluate(expression)?;
            let Some(param) = program.param(&name.value) else {
                let values: [&dyn Display; 2] = [&program.source().name, &name.value];
                return Err(self.view().failed("hayes::run::value argument", name.span, &values));
            };
            given.push((name.value.as_str(), self.given(param, value, expression)?));
        }
        if finally(&program).is_some() && self.nesting.depth + 1 + LEFT_TO_FINALLY > DEEPEST {
            let values: [&dyn Display; 3] = [&name, &LEFT_TO_FINALLY, &DEEPEST];
            return Err(self.view().failed("hayes::run::too-deep finally", span, &values));
        }
        let (fields, ended) = self.in_scope_of(&program, given, span);
        let Some(Name { value: record, .. }) = record else { return ended };
        // What a call that failed had learnt is told of the modem, unless one before it had learnt more.
        let had = match self.scope.variables.get(record) {
            Some(Value::Record(had)) => had.iter().count(),
            Some(_) | None => 0,
        };
        if ended.is_ok() || fields.iter().count() > had {
            match self.view().weighed(Value::record(fields), span) {
                Ok(value) => self.scope.variables.set(record.as_str(), value),
                Err(end) => return ended.and(Err(end)),
            }
        }
        ended
    }

    /// Runs it in a scope of its own: what it leaves behind, and how it ended. `skip` and `stop` end that script only.
    fn in_scope_of(&mut self, program: &Arc<Program>, given: Vec<(&str, Value)>, span: Span) -> (Record, Step) {
        if let Err(end) = self.prove_sent(Ok(())) {
            return (Record::new(), Err(end));
        }
        let call = Call { source: Arc::clone(&self.scope.shown), span };
        let mut scope = ScriptScope::new(program, &self.hearing.mask, self.scope.timeout);
        scope.has_own_timeout = self.scope.has_own_timeout;
        given.into_iter().for_each(|(name, value)| scope.variables.set(name, value));
        let caller = std::mem::replace(&mut self.scope, scope);
        self.calls.push(call);
        let aborts = self.hearing.aborts.len();
        let inside = Nesting { depth: self.nesting.depth + 1, in_unsafe: false, ..self.nesting };
        let outside = std::mem::replace(&mut self.nesting, inside);
        let ended = self.defaults_given().and_then(|()| self.script());
        self.nesting = outside;
        // Its `abort on` holds for itself; those of the caller still hold.
        self.hearing.aborts.truncate(aborts);
        self.calls.pop();
        let called = std::mem::replace(&mut self.scope, caller);
        self.scope.shown = self.hearing.mask.source(self.scope.program.source());
        let value = |field| Some((String::as_str(field), called.variables.get(field)?.clone()));
        let fields = called.program.fields.iter().filter_map(value).collect();
        let ended = match ended {
            Ok(()) | Err(End::Stopped | End::Skipped(_) | End::Breaks) => Ok(()),
            Err(End::Failed(_) | End::Fatal(..) | End::PlanEnds) => ended,
        };
        (fields, ended)
    }

    /// A called script has what `with` gave it and its defaults, nothing else: what a run is given is for its own
    /// script.
    fn defaults_given(&self) -> Step {
        let is_set = |param: &&Param| param.default.is_none() && self.scope.variables.get(&param.name.value).is_none();
        let Some(Param { name, .. }) = self.scope.program.params.iter().find(is_set) else { return Ok(()) };
        let view = self.view();
        Err(view.failed("hayes::run::missing-param", name.span, &[&name.value]))
    }

    /// Gives the script's params what the run was given. All that are missing, or of another kind, are told at once,
    /// before anything is sent.
    #[inline(never)]
    fn bind_inputs(&mut self) -> Step {
        let program = Arc::clone(&self.scope.program);
        let mut faults = Vec::new();
        for param in &program.params {
            let name = &param.name.value;
            if self.scope.variables.get(name).is_some() {
                continue;
            }
            if let Some(given) = self.inputs.given(param) {
                self.hide_given(param, &Value::text(given));
            }
            match value_of(param, self.inputs) {
                Ok(Some(value)) => self.scope.variables.set(name.as_str(), value),
                Ok(None) => {}
                Err((what, code)) => faults.push((param, what, code)),
            }
        }
        self.faulty(&faults).map_or(Ok(()), |failure| Err(self.view().fail(failure)))
    }

    #[inline(never)]
    fn faulty(&self, faults: &[(&Param, String, &'static str)]) -> Option<Box<Failure>> {
        let (first, _, code) = faults.first()?;
        let message = faults.iter().map(|(_, what, _)| what.as_str()).collect::<Vec<_>>().join("; ");
        let mut problem = self.view().problem(code, first.name.span, message);
        for (index, (param, ..)) in faults.iter().enumerate() {
            let about = param.about.as_deref().unwrap_or("no value");
            problem = if index == 0 { problem.label(about) } else { problem.also(param.name.span, about) };
        }
        Some(problem.help(match self.calls.is_empty() {
            true => ways_to_give(&faults.iter().map(|(param, ..)| *param).collect::<Vec<_>>()),
            false => "give it behind `run`: `with name = …`".to_owned(),
        }))
    }

    /// A param that was given nothing takes its default.
    #[inline(never)]
    fn param(&mut self, param: &Param) -> Step {
        let name = &param.name.value;
        if self.scope.variables.get(name).is_some() {
            return Ok(());
        }
        let Some(default) = &param.default else { return self.bind_inputs() };
        let value = self.view().evaluate(default)?;
        let value = self.given(param, value, default)?;
        self.scope.variables.set(name.as_str(), value);
        Ok(())
    }

    /// A value that a param is given by its default, or by `run … with`.
    fn given(&mut self, param: &Param, value: Value, place: &Expression) -> Step<Value> {
        self.hide_given(param, &value);
        self.view().converted(param, value, place)
    }

    /// Hides what a secret is given, as it was given and as what it is converted to: before anything is said of it.
    fn hide_given(&mut self, param: &Param, given: &Value) {
        if !param.secret {
            return;
        }
        self.hearing.mask.add(&given.to_string());
        if let Value::Text(text) = given
            && let Ok(value) = from_text(text, param.convert)
        {
            self.hearing.mask.add(&value.to_string());
        }
        self.scope.shown = self.hearing.mask.source(self.scope.program.source());
    }

    /// A run that failed before its `report` still tells those of its columns that have a value, which modem it was,
    /// and what was captured beside them. A column that names nothing of the run would tell what did not happen.
    fn report_what_is_known(&mut self) {
        let (is_reported, mut chooses) = (!self.outcome.report.is_empty(), false);
        let program = Arc::clone(&self.scope.program);
        let mut known: Vec<String> = self.scope.variables.iter().map(|(name, _)| name.to_owned()).collect();
        known.push("module".to_owned());
        program.script.body.walk(&mut |statement| {
            let StatementKind::Report { is_row: false, columns } = &statement.kind else { return };
            chooses = true;
            for Column { name, value } in columns {
                if !self.outcome.report.iter().any(|(known, _)| *known == name.value)
                    && known.iter().any(|name| value.asks_for(name))
                    && let Ok(value) = self.view().evaluate(value)
                    && value != Value::text("")
                {
                    self.outcome.report.push((name.value.clone(), value));
                }
            }
        });
        // What a script of the library has captured besides is of use to itself alone.
        if chooses && program.source().is_carried {
            self.scope.captured.clear();
        }
        for name in self.scope.captured.iter().filter(|_| !is_reported) {
            if let Some(value) = self.scope.variables.get(name)
                && !self.outcome.report.iter().any(|(known, _)| **known == **name)
            {
                self.outcome.report.push((name.to_string(), value.clone()));
            }
        }
    }

    #[inline(never)]
    fn outcome(&mut self, ended: Step) -> Outcome {
        let status = status(&ended);
        if matches!(ended, Err(End::Failed(_) | End::Fatal(..))) {
            self.report_what_is_known();
        }
        let writes = self.outcome.flash_writes;
        let guard = self.inputs.guard.as_ref().filter(|_| writes > 0);
        let flash_writes_in_all = guard.and_then(|guard| guard.wrote_flash(writes));
        let (mask, captured) = (&self.hearing.mask, &self.scope.captured);
        let (failure, skipped) = match ended {
            Ok(()) | Err(End::Stopped | End::Breaks | End::PlanEnds) => (None, None),
            Err(End::Failed(failure) | End::Fatal(_, failure)) => (Some(failure), None),
            Err(End::Skipped(why)) => (None, Some(mask.string(why))),
        };
        let shown = |(name, value): (&str, &Value)| (name.to_owned(), mask.value(value));
        let is_captured = |(name, _): &(&str, &Value)| captured.iter().any(|known| **known == **name);
        let report = match self.outcome.report.is_empty() {
            true => self.scope.variables.iter().filter(is_captured).map(shown).collect(),
            false => self.outcome.report.iter().map(|(name, value)| shown((name, value))).collect(),
        };
        Outcome {
            status,
            failure,
            skipped,
            would_change: self.left_out,
            flash_writes_in_all,
            report,
            elapsed: self.conversation.now().saturating_sub(self.started),
            ..std::mem::take(&mut self.outcome)
        }
    }

    /// Until the block passes. The last failure is the cause.
    #[inline(never)]
    fn retry(&mut self, schedule: &Schedule, body: &Block, otherwise: Option<&Block>, span: Span) -> Step {
        let outer = self.scope.attempt;
        let ended = self.attempt_all(schedule, body, span);
        self.scope.attempt = outer;
        match (ended, otherwise) {
            (Err(End::Failed(cause)), _) if self.may_be_unforeseen(&cause) => self.plan_ends_by(&cause),
            (Err(End::Failed(cause)), Some(otherwise)) => {
                self.scope.error = cause.diagnostic.message.as_str().into();
                self.block(otherwise).map_err(|end| because(end, &cause))
            }
            (ended, _) => ended,
        }
    }

    fn attempt_all(&mut self, schedule: &Schedule, body: &Block, span: Span) -> Step {
        let (times, end, [mut pause, chance], longest) = self.attempts(schedule)?;
        let now = self.conversation.now();
        let (began, until) = (now, now.saturating_add(self.patience(end.saturating_sub(now))));
        let not_held = self.scope.not_held.len();
        // A longest pause that is shorter than the first makes none shorter: without any, time would stand.
        let longest = longest.map(|longest| longest.max(pause));
        for attempt in 1.. {
            self.scope.attempt = attempt;
            // Only the last attempt's checks count.
            self.scope.not_held.truncate(not_held);
            let number = u64::try_from(attempt).unwrap_or_default();
            let ended = self.block_in(body, Nesting { in_retry: true, ..self.nesting });
            let mut failure = match self.prove_sent(ended) {
                Err(End::Failed(failure)) => failure,
                ended => {
                    let ended = left(ended);
                    if attempt > 1 && ended.is_ok() {
                        self.tell(RuntimeEvent::RetryEnded { attempts: number });
                    }
                    return ended;
                }
            };
            let of = if schedule.by_time { None } else { u64::try_from(times).ok() };
            self.tell(RuntimeEvent::AttemptFailed { attempt: number, of, failure: &failure });
            let remaining = until.saturating_sub(self.conversation.now());
            // After something was left out, that may be the reason.
            if attempt >= times || remaining.is_zero() || self.inputs.plan && self.left_out {
                if remaining.is_zero() && until < end {
                    self.note("would try again; from here on as if that did not help");
                } else if attempt > 1 {
                    let took = self.conversation.now().saturating_sub(began);
                    let has_pause = schedule.pause.is_some() || took.as_millis() > 100 * u128::from(number);
                    let help = if has_pause { "" } else { ": `every 2s` behind the number makes a pause" };
                    let took = ShownDuration(took);
                    failure.also_means(format!("{attempt} attempts in {took}, and none passed{help}"));
                }
                return Err(End::Failed(failure));
            }
            // The last attempt is made when time is up, not before.
            let now = (pause + some_of(chance)).min(remaining);
            if !now.is_zero() {
                let time = || format!("{} left", ShownDuration(Duration::from_secs(remaining.as_secs())));
                let left = of.map_or_else(time, |of| format!("{} of {of}", number + 1));
                self.tell(RuntimeEvent::Pause { duration: now, left: Some(&left) });
            }
            self.pause(now, span)?;
            if let Some(longest) = longest {
                pause = pause.saturating_mul(2).min(longest);
            }
        }
        Ok(())
    }

    /// How many attempts a `retry` has, and until when; the pause between two, what chance may add, the longest pause.
    fn attempts(&self, schedule: &Schedule) -> Step<(i64, Duration, [Duration; 2], Option<Duration>)> {
        let view = self.view();
        let Schedule { limit, by_time, pause: range, longest } = schedule;
        let longest = longest.as_ref().map(|longest| view.duration(longest)).transpose()?;
        let pauses = range.as_ref().map(|range| view.pauses(range)).transpose()?;
        let chance = pauses.map_or(Duration::ZERO, |[first, last]| last - first);
        let pause = pauses.map(|[first, _]| first);
        if *by_time {
            let until = self.conversation.now().saturating_add(view.duration(limit)?);
            // A block that takes no time would otherwise be tried without end in no time.
            return Ok((i64::MAX, until, [pause.unwrap_or(PAUSE).max(Duration::from_millis(1)), chance], longest));
        }
        Ok((view.times(limit)?, Duration::MAX, [pause.unwrap_or_default(), chance], longest))
    }

    /// `try`: a failure inside is no failure of the script.
    #[inline(never)]
    fn attempt(&mut self, body: &Block, otherwise: Option<&Block>) -> Step {
        let ended = self.block(body);
        match self.prove_sent(ended) {
            Err(End::Failed(failure)) if self.may_be_unforeseen(&failure) => self.plan_ends_by(&failure),
            Err(End::Failed(failure)) => {
                self.tell(RuntimeEvent::Caught { failure: &failure });
                self.scope.error = failure.diagnostic.message.as_str().into();
                otherwise.map_or(Ok(()), |otherwise| self.block(otherwise))
            }
            ended => ended,
        }
    }

    #[inline(never)]
    fn part(&mut self, names: &[Name], body: &Block) -> Step {
        let Some(Name { value: part, .. }) = names.first() else { return Ok(()) };
        let runs = self.scope.program.runs_part(names);
        if !self.scope.program.only.is_empty() {
            self.tell(RuntimeEvent::Part { part, runs });
        }
        if runs { self.block(body) } else { Ok(()) }
    }

    #[inline(never)]
    fn requires(&mut self, requirement: &Requirement, span: Span) -> Step {
        match requirement {
            // The check has told it.
            Requirement::Hayes { .. } => Ok(()),
            Requirement::Port { simulated, .. } if self.inputs.is_simulated() == *simulated => Ok(()),
            Requirement::Port { simulated, why } => {
                let page = if *simulated { "hayes::run::requires simulated" } else { "hayes::run::requires real" };
                let view = self.view();
                let why = why.as_ref().map(|why| view.message(why)).transpose()?;
                Err(view.failed(page, span, &[&why.map(|why| format!(": {why}")).unwrap_or_default()]))
            }
            Requirement::Holds { condition, why } => {
                if self.conversation.module().is_none() && self.view().mentions_module(condition) {
                    self.ask_which_module(span)?;
                }
                self.view().required(condition, why.as_ref())
            }
        }
    }

    #[inline(never)]
    fn branch(&mut self, branches: &[(Expression, Block)], otherwise: Option<&Block>) -> Step {
        for (condition, body) in branches {
            match self.view().truth(condition) {
                Ok(true) => return self.block(body),
                Ok(false) => {}
                Err(_) if self.inputs.plan && self.left_out => return self.foresee_branch(branches, otherwise),
                Err(end) => return Err(end),
            }
        }
        otherwise.map_or(Ok(()), |otherwise| self.block(otherwise))
    }

    #[inline(never)]
    fn for_each(&mut self, name: &Name, list: &Expression, body: &Block) -> Step {
        let view = self.view();
        let whole = view.evaluate(list)?;
        let Value::List(items) = &whole else {
            return Err(view.unfit("hayes::run::type for", list.span, &whole));
        };
        self.with_own(name, |run| {
            left(items.iter().try_for_each(|item| {
                run.scope.variables.set(name.value.as_str(), item.clone());
                run.block(body)
            }))
        })
    }

    /// So many passes, or for so long; none begins when the time is up. `every` is from start to start: after a pass
    /// that takes longer the next begins at once.
    #[inline(never)]
    fn repeat(&mut self, schedule: &Schedule, pass: &Name, body: &Block, span: Span) -> Step {
        let (view, began) = (self.view(), self.conversation.now());
        let Schedule { limit, by_time, pause, .. } = schedule;
        let (passes, until) = match by_time {
            false => (view.number(limit)?, Duration::MAX),
            true => (i64::MAX, began.saturating_add(view.duration(limit)?)),
        };
        let end = began.saturating_add(self.patience(until.saturating_sub(began)));
        let every = pause.as_ref().map(|every| view.duration(every)).transpose()?.unwrap_or_default();
        self.with_own(pass, |run| {
            for number in 1..=passes {
                let began = run.conversation.now();
                run.scope.variables.set(pass.value.as_str(), Value::Int(number));
                match run.block(body) {
                    Err(End::Breaks) => break,
                    ended => ended?,
                }
                // A block that takes no time would otherwise be repeated without end in no time.
                let least = if until == Duration::MAX { Duration::ZERO } else { Duration::from_millis(1) };
                let next = began.saturating_add(every.max(least)).max(run.conversation.now());
                if number == passes || next >= end {
                    if number < passes && end < until {
                        run.note("would repeat it");
                    }
                    break;
                }
                let pause = next.saturating_sub(run.conversation.now());
                if !pause.is_zero() {
                    run.tell(RuntimeEvent::Pause { duration: pause, left: None });
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
            Some(value) => self.scope.variables.set(name.value.as_str(), value),
            None => self.scope.variables.remove(&name.value),
        }
        ended
    }

    #[inline(never)]
    fn set(&mut self, name: &Name, value: &Expression) -> Step {
        match self.view().evaluate(value) {
            Ok(value) => self.scope.variables.set(name.value.as_str(), value),
            // It depends on what was left out: it has no value either.
            Err(_) if self.inputs.plan && self.left_out => self.scope.variables.remove(&name.value),
            Err(end) => return Err(end),
        }
        Ok(())
    }

    #[inline(never)]
    fn unsafe_block(&mut self, why: &Template, body: &Block) -> Step {
        let why = self.view().message(why)?;
        let shown = self.hearing.mask.string(format!("unsafe: {why}"));
        self.tell(RuntimeEvent::Log { text: &shown });
        self.block_in(body, Nesting { in_unsafe: true, ..self.nesting })
    }

    #[inline(never)]
    fn confirm(&mut self, text: &Template, span: Span) -> Step {
        let question = self.hearing.mask.string(self.view().message(text)?);
        if self.inputs.plan {
            self.note(&format!("would ask: {question}"));
            return Ok(());
        }
        if self.inputs.yes {
            return Ok(());
        }
        let mut before = "";
        for _ in 0..MOST_ASKED {
            let Some(typed) = self.typed(&format!("{before}{question} [y/N]"), false, "confirm", span)? else {
                return Err(self.view().refuse(self.view().told("hayes::run::confirm nobody", span, &[&question])));
            };
            match typed.trim().to_ascii_lowercase().as_str() {
                "y" | "yes" => return Ok(()),
                "" | "n" | "no" => break,
                _ if !typed.ends_with('\n') => break,
                _ => before = "type y or n: ",
            }
        }
        Err(self.view().refuse(self.view().told("hayes::run::confirm", span, &[&question])))
    }

    /// `ask`: a person or a scanner gives a value.
    #[inline(never)]
    fn ask_person(&mut self, text: &Template, answer: Option<&(Name, Convert)>, is_secret: bool, span: Span) -> Step {
        let question = self.hearing.mask.string(self.view().message(text)?);
        let given = answer.and_then(|(name, _)| self.inputs.answers.get(&name.value));
        if self.inputs.plan && given.is_none() {
            self.note(&format!("would ask: {question}"));
            self.left_out |= answer.is_some();
            answer.iter().for_each(|(name, _)| self.scope.variables.remove(&name.value));
            return Ok(());
        }
        if answer.is_none() && self.inputs.yes {
            return Ok(());
        }
        let mark = if answer.is_some() && question.ends_with(char::is_alphanumeric) { ":" } else { "" };
        let mut typed = given.cloned();
        let mut before = String::new();
        for _ in (0..MOST_ASKED).take_while(|_| given.is_none()) {
            typed = self.typed(&format!("{before}{question}{mark}"), is_secret, "ask", span)?;
            // Who mistyped a number types it again; who has no more to say does not.
            let kind = typed
                .as_ref()
                .filter(|typed| typed.ends_with('\n'))
                .zip(answer)
                .map(|(typed, (_, convert))| from_text(typed.trim(), *convert));
            let Some(Err(kind)) = kind else { break };
            before = format!("it must be {kind}: ");
        }
        let Some(typed) = typed else {
            let help = match answer {
                Some((Name { value: name, .. }, _)) => {
                    let near = nearest(name, self.inputs.answers.keys().map(String::as_str));
                    let near = near.map(|near| format!(", where {near} stands now")).unwrap_or_default();
                    format!("give it in a file for --answers: `{name}=…`{near}")
                }
                None => "answer beforehand with --yes".to_owned(),
            };
            return Err(self.view().refuse(self.view().told("hayes::run::ask", span, &[&question, &help])));
        };
        let Some((name, convert)) = answer else { return Ok(()) };
        if is_secret {
            self.hearing.learn(&Value::text(typed.trim()));
        }
        match from_text(typed.trim(), *convert) {
            Ok(value) => {
                self.keep(vec![(name.value.clone(), value)]);
                Ok(())
            }
            Err(kind) => {
                let view = self.view();
                let values: [&dyn Display; 3] = [&name.value, &kind, &typed.trim()];
                Err(view.failed("hayes::run::value typed", span, &values))
            }
        }
    }

    /// What a person types behind a question, with its line end; `None` where nobody can.
    fn typed(&mut self, question: &str, is_secret: bool, word: &str, span: Span) -> Step<Option<String>> {
        match self.hearing.listener.ask(question, is_secret, self.interrupts) {
            Some(Ok(typed)) => Ok(Some(typed)),
            Some(Err(Fault::Interrupted)) => {
                let view = self.view();
                let failure = view.whole(view.told("hayes::run::interrupted", span, &[&format!("`{word}`")]));
                self.interrupted();
                Err(End::Fatal(Status::Interrupted, failure))
            }
            Some(Err(Fault::Lost(_) | Fault::WriteTimeout { .. } | Fault::Unsupported(_) | Fault::System(_)))
            | None => Ok(None),
        }
    }

    /// Columns of the run's result. Only those of the script that was asked for: what a script that it runs reports is
    /// for those who run that one by itself.
    #[inline(never)]
    fn report(&mut self, is_row: bool, columns: &[Column]) -> Step {
        let values = columns.iter().map(|column| Ok((&column.name.value, self.view().evaluate(&column.value)?)));
        let values = values.collect::<Step<Vec<_>>>()?;
        if !self.calls.is_empty() {
            return Ok(());
        }
        if is_row {
            let shown = |name, value| (String::as_str(name), self.hearing.mask.value(value));
            let row: Record = values.iter().map(|(name, value)| shown(*name, value)).collect();
            if self.outcome.rows.len() >= MOST_ROWS {
                let span = columns.first().map(|column| column.name.span).unwrap_or_default();
                return Err(self.view().failed("hayes::run::too-long rows", span, &[&MOST_ROWS]));
            }
            self.tell(RuntimeEvent::Row { columns: &row });
            self.outcome.rows.push(Value::record(row));
            return Ok(());
        }
        for (name, value) in values {
            let shown = self.hearing.mask.value(&value);
            self.tell(RuntimeEvent::Reported { name, value: &shown });
            match self.outcome.report.iter_mut().find(|(column, _)| column == name) {
                Some((_, old)) => *old = value,
                None => self.outcome.report.push((name.clone(), value)),
            }
        }
        Ok(())
    }

    fn log(&mut self, text: &Template) -> Step {
        let text = self.hearing.mask.string(self.view().message(text)?);
        self.tell(RuntimeEvent::Log { text: &text });
        Ok(())
    }

    /// From here on such a line ends the script, whatever it is doing.
    #[inline(never)]
    fn abort_on(&mut self, patterns: &Alternatives, why: Option<&Template>, span: Span) -> Step {
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
            return Err(view.failed("hayes::run::too-long aborts", span, &[&MOST_ABORTS]));
        }
        self.hearing.aborts.push(abort);
        Ok(())
    }
}

/// A question with its values, worked out before a byte is sent.
#[derive(Clone)]
struct ReadyQuestion {
    /// Without its CR.
    text: Arc<str>,
    /// The command line that the modem reads: the end of another may be sent by this.
    line: Arc<str>,
    question: Arc<Question>,
    span: Span,
    /// An AT command line: it is answered with a final result code.
    is_command: bool,
    names_module: bool,
    stakes: Stakes,
    /// How long the answer may take by the documents.
    longest: Duration,
}

/// The values of the `${…}` of each pattern; and of each clause's patterns.
type Values = [Vec<String>];
type ClauseValues = Vec<Vec<Vec<String>>>;

/// A script that runs: its names and what belongs to it alone.
#[derive(Clone)]
struct ScriptScope {
    program: Arc<Program>,
    /// Its source with secrets overwritten: what may be shown.
    shown: Arc<Source>,
    /// In the order in which they were first set. A script has few: a look along them is quicker than hashing.
    variables: Record,
    captured: Vec<Arc<str>>,
    timeout: Duration,
    /// By a `timeout` line
    has_own_timeout: bool,
    last: Last,
    /// `attempt`: of the innermost `retry`, counted from 1
    attempt: i64,
    /// `error`: what the last `try` or `retry` took
    error: Arc<str>,
    /// What `check` found
    not_held: Vec<Failure>,
}

impl ScriptScope {
    fn new(program: &Arc<Program>, mask: &Mask, timeout: Duration) -> ScriptScope {
        ScriptScope {
            program: Arc::clone(program),
            shown: mask.source(program.source()),
            variables: Record::new(),
            captured: Vec::new(),
            timeout,
            has_own_timeout: false,
            last: Last::default(),
            attempt: 0,
            error: Arc::default(),
            not_held: Vec::new(),
        }
    }

    fn capture(&mut self, name: String, value: Value) {
        if !self.captured.iter().any(|known| **known == *name) {
            self.captured.push(name.as_str().into());
        }
        self.variables.set(name, value);
    }
}

/// The last answer: what `response`, `result` and `elapsed` stand for.
#[derive(Debug, Clone, Default)]
struct Last {
    /// `--plan` has left it out: there is no answer
    left_out: bool,
    /// The question; `None` for an `await`.
    sent: Option<Arc<str>>,
    /// The one before it, where this one was not answered.
    before: Option<Arc<str>>,
    lines: Vec<Line>,
    body: Vec<u8>,
    /// Not all that came is in these.
    is_cut: bool,
    result: Option<ResultCode>,
    elapsed: Duration,
    /// The modem asked for data, and they were given
    replied: bool,
}

impl Last {
    fn response(&self) -> Value {
        Value::list(self.lines.iter().map(|line| Value::text(line.text())).collect())
    }

    fn result(&self) -> Value {
        Value::text(self.result.as_ref().map(ResultCode::to_string).unwrap_or_default())
    }
}

/// What a statement reads and does not change: its script's names, the last answer, what is known of the modem.
#[derive(Clone, Copy)]
struct ScriptView<'r> {
    scope: &'r ScriptScope,
    mask: &'r Mask,
    shared_mask: Option<&'r SharedMask>,
    /// The `run` statements that led to the script, the outermost first.
    calls: &'r [Call],
    /// Where `file("…")` looks.
    folder: Option<&'r Path>,
    module: Option<&'static Module>,
    /// Its clock, and what time of day it started at: for `now()`.
    conversation: &'r Conversation,
    began: Timestamp,
}

impl ScriptView<'_> {
    /// What is wrong at a place of the script that runs. Boxed, since it is handed on many times, and each of these
    /// places would keep room for it on the stack of a run that goes well.
    #[inline(never)]
    fn problem(&self, code: &'static str, span: Span, message: impl Into<String>) -> Box<Failure> {
        Box::new(Failure::of(Diagnostic::new(code, &self.scope.shown, message).at(span, "")))
    }

    /// As [`ScriptView::problem`], in the words of its page.
    #[inline(never)]
    fn told(&self, page: &'static str, span: Span, values: &[&dyn Display]) -> Box<Failure> {
        Box::new(Failure::of(Diagnostic::told(page, &self.scope.shown, span, values)))
    }

    /// The failure, secrets masked, with the calls that led to it.
    fn whole(&self, mut failure: Box<Failure>) -> Box<Failure> {
        let mask = self.mask;
        if !mask.is_empty() {
            let masked = |text: &mut String| *text = mask.string(std::mem::take(text));
            mask.diagnostic(&mut failure.diagnostic);
            failure.answer.iter_mut().for_each(masked);
            for text in [&mut failure.sent, &mut failure.result, &mut failure.meaning] {
                text.iter_mut().for_each(masked);
            }
        }
        if failure.diagnostic.code == expression::NOT_HELD {
            // A value may go over lines, or hold a NUL.
            let Diagnostic { message, labels, .. } = &mut failure.diagnostic;
            for text in std::iter::once(message).chain(labels.iter_mut().map(|label| &mut label.text)) {
                *text = harmless_line(text).into_owned();
            }
        }
        let shown = |call: &Call| Call { source: mask.source(&call.source), span: call.span };
        failure.called_from = self.calls.iter().rev().map(shown).collect();
        failure
    }

    fn fail(&self, failure: Box<Failure>) -> End {
        let failure = self.whole(failure);
        match is_mistake_of_script(failure.diagnostic.code) {
            true => End::Fatal(Status::Failed, failure),
            false => End::Failed(failure),
        }
    }

    /// What neither `try` nor `retry` takes: what must not be sent, what nobody has confirmed.
    fn refuse(&self, failure: Box<Failure>) -> End {
        End::Fatal(Status::Failed, self.whole(failure))
    }
}

/// So many lines of data are kept: a failure tells of them.
const MOST_PUSHED: usize = 16;

struct Hearing<'r> {
    listener: &'r mut dyn Listener,
    mask: Mask,
    shared_mask: Option<SharedMask>,
    /// The `capture secret` lines of what is asked or awaited, with the values of their patterns
    secret: Vec<(Arc<Program>, Clause, Vec<Vec<String>>)>,
    /// The last lines that came as data, which no `await` is met by
    pushed: Vec<Vec<u8>>,
    aborts: Vec<Abort>,
    /// `finally` is not aborted by what ended the script.
    aborts_hold: bool,
    /// That it goes away is meant: how the session takes that is no news.
    reboots: bool,
    /// Which of them stopped the conversation.
    stopped_by: Option<usize>,
    /// The last question's prompt was replied to.
    replied: bool,
}

impl Hearing<'_> {
    /// From here on this is hidden, here and wherever else secrets of this run are.
    fn learn(&mut self, secret: &Value) {
        self.mask.add_value(secret);
        if let Some(shared) = &self.shared_mask {
            shared.lock().unwrap_or_else(PoisonError::into_inner).add_value(secret);
        }
    }

    /// What a line holds that is to be secret is so before the line is told.
    #[inline(never)]
    fn learn_from(&mut self, event: &Event<'_>) {
        // A final result code holds what a pattern takes out of it, and no parameters.
        let has_parameters = !matches!(event, Event::Final { .. });
        let (Event::Response(line)
        | Event::Data(line)
        | Event::Urc(line)
        | Event::Stray(line)
        | Event::Final { line, .. }) = event
        else {
            return;
        };
        let clauses = self.secret.iter().filter(|(_, clause, _)| has_parameters || !clause.patterns().is_empty());
        let secrets = clauses.flat_map(|(program, clause, values)| secrets_in(program, clause, values, line));
        secrets.collect::<Vec<_>>().iter().for_each(|secret| self.learn(secret));
    }
}

/// An `abort on` that holds.
#[derive(Clone)]
struct Abort {
    program: Arc<Program>,
    source: Arc<Source>,
    span: Span,
    patterns: Alternatives,
    /// The values of each pattern's `${…}`.
    values: Vec<Vec<String>>,
    why: Option<String>,
}

impl at::Hearer for Hearing<'_> {
    fn event(&mut self, now: Duration, event: &Event<'_>) {
        if self.reboots && matches!(event, Event::Notice(_)) {
            return;
        }
        self.replied |= matches!(event, Event::Sent { why: Why::Reply, .. });
        if let Event::Data(line) = event {
            self.pushed.truncate(MOST_PUSHED - 1);
            self.pushed.insert(0, line.to_vec());
        }
        if !self.secret.is_empty() {
            self.learn_from(event);
        }
        let listener = &mut *self.listener;
        if self.mask.is_empty() {
            return listener.on_event(now, RuntimeEvent::Session(*event));
        }
        self.mask.event(event, &mut |event| listener.on_event(now, RuntimeEvent::Session(event)));
    }

    fn line(&mut self, line: &[u8]) -> Verdict {
        if !self.aborts_hold || self.aborts.is_empty() {
            return Verdict::GoOn;
        }
        match self.aborts.iter().position(|abort| matches(&abort.program, &abort.patterns, &abort.values, line)) {
            Some(index) => {
                self.stopped_by = Some(index);
                Verdict::Stop
            }
            None => Verdict::GoOn,
        }
    }
}

/// A part of it that chance takes: modems that began together do not ask together for ever.
fn some_of(most: Duration) -> Duration {
    if most.is_zero() {
        return most;
    }
    let thousandths = RandomState::new().hash_one(0) % 1001;
    most * u32::try_from(thousandths).unwrap_or_default() / 1000
}

fn finally(program: &Program) -> Option<&Block> {
    let mut statements = program.script.body.statements.iter();
    statements
        .find_map(|statement| if let StatementKind::Finally { body } = &statement.kind { Some(body) } else { None })
}

fn status(ended: &Step) -> Status {
    match ended {
        Ok(()) | Err(End::Stopped | End::Breaks | End::PlanEnds) => Status::Passed,
        Err(End::Skipped(_)) => Status::Skipped,
        Err(End::Failed(_)) => Status::Failed,
        Err(End::Fatal(status, _)) => *status,
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
            let context = Context { command: cause.sent.as_deref(), module: None };
            let remedies = cause.answer.last().and_then(|line| remedy(line, &context));
            if let Some(advice) = remedies.filter(|advice| cause.meaning.iter().any(|it| it.contains(advice))) {
                failure.also_means(advice.to_owned());
            }
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
