//! Runs a program: one arm a statement. The bodies stand in files of their own.

use std::sync::Arc;
use std::time::Duration;

use super::event::{Listener, RuntimeEvent};
use super::hearing::{Abort, Hearing};
use super::inputs::Inputs;
use super::outcome::{Call, Outcome, Status};
use super::problem::{End, Step, code};
use super::question::AskedBefore;
use super::scope::{Last, Scope, Variables};
use super::secret::Mask;
use crate::check::Program;
use crate::conversation::Conversation;
use crate::source::Span;
use crate::syntax::ast::{Block, Statement, StatementKind};
use crate::value::Value;

/// The stack that a run must have for any program: [`DEEPEST`] blocks within each other. Measured: 384 KiB do.
/// Without optimisation frames are larger.
pub const STACK: usize = if cfg!(debug_assertions) { 2 << 20 } else { 512 << 10 };

/// How many blocks may stand within each other, those of scripts that are run by others included. A check tells it of
/// most scripts beforehand.
pub use crate::check::DEEPEST;

/// So many of [`DEEPEST`] blocks are left to a `finally`: a script that has one is not begun where fewer are.
pub(super) const LEFT_TO_FINALLY: usize = 16;

/// Runs a program to its end. Nothing is sent before all its required params have values.
pub fn run(
    program: &Arc<Program>,
    conversation: &mut Conversation,
    inputs: &Inputs,
    listener: &mut dyn Listener,
) -> Outcome {
    let mask = Mask::of_known(std::slice::from_ref(program), inputs);
    let mut run = Run::new(program, conversation, inputs, listener, mask);
    let ended = run.whole_script();
    if run.interrupts == 0 {
        run.conversation.settle(&mut run.hearing);
    }
    run.outcome(ended)
}

/// Keeps variables, timeout and `abort on` from one program to the next: the REPL's lines.
pub struct Interpreter {
    pub inputs: Inputs,
    kept: Option<Kept>,
}

/// What stays between two programs.
#[derive(Clone)]
struct Kept {
    variables: Variables,
    timeout: Duration,
    last: Last,
    aborts: Vec<Abort>,
    mask: Mask,
}

impl Interpreter {
    pub fn new(inputs: Inputs) -> Interpreter {
        Interpreter { inputs, kept: None }
    }

    /// Runs a program as a transaction: one that fails changes no variable.
    pub fn execute(
        &mut self,
        program: &Arc<Program>,
        conversation: &mut Conversation,
        listener: &mut dyn Listener,
    ) -> Outcome {
        self.transaction(program, conversation, listener, |run| run.whole_script())
    }

    /// The `expect` and `capture` lines of this program's only question, held against the last answer; nothing is
    /// sent.
    pub fn follow(
        &mut self,
        program: &Arc<Program>,
        conversation: &mut Conversation,
        listener: &mut dyn Listener,
    ) -> Outcome {
        self.transaction(program, conversation, listener, |run| run.follow())
    }

    /// The names that are set, in the order in which they first were; secrets masked.
    pub fn variables(&self) -> Vec<(String, Value)> {
        let Some(kept) = &self.kept else { return Vec::new() };
        kept.variables.iter().map(|(name, value)| (name.to_owned(), kept.mask.value(value))).collect()
    }

    /// Hides what the programs so far, and the inputs, have called secret.
    pub fn mask(&self) -> Mask {
        let secrets = self.inputs.secrets.values().map(String::as_str);
        self.kept.as_ref().map_or_else(|| Mask::new(secrets), |kept| kept.mask.clone())
    }

    /// How long an answer may take where neither the lines so far nor the catalogue say more.
    pub fn timeout(&self) -> Duration {
        self.kept.as_ref().map_or(self.inputs.timeout, |kept| kept.timeout)
    }

    fn transaction(
        &mut self,
        program: &Arc<Program>,
        conversation: &mut Conversation,
        listener: &mut dyn Listener,
        body: impl FnOnce(&mut Run<'_>) -> Step,
    ) -> Outcome {
        let mut mask = self.kept.as_ref().map(|kept| kept.mask.clone()).unwrap_or_default();
        self.inputs.secrets.values().for_each(|secret| mask.add(secret));
        let mut run = Run::new(program, conversation, &self.inputs, listener, mask);
        if let Some(kept) = &self.kept {
            run.scope.variables = kept.variables.clone();
            run.scope.timeout = kept.timeout;
            run.scope.last = kept.last.clone();
            run.hearing.aborts = kept.aborts.clone();
        }
        let before = (run.scope.variables.clone(), run.scope.timeout, run.hearing.aborts.clone());
        let ended = body(&mut run);
        if matches!(ended, Err(End::Failed(_) | End::Fatal(..))) {
            (run.scope.variables, run.scope.timeout, run.hearing.aborts) = before;
        }
        // The last answer is what the modem said, whatever the line made of it.
        let kept = Kept {
            variables: run.scope.variables.clone(),
            timeout: run.scope.timeout,
            last: run.scope.last.clone(),
            aborts: run.hearing.aborts.clone(),
            mask: run.hearing.mask.clone(),
        };
        let outcome = run.outcome(ended);
        self.kept = Some(kept);
        outcome
    }
}

/// A program on its way.
pub(super) struct Run<'r> {
    pub(super) conversation: &'r mut Conversation,
    pub(super) inputs: &'r Inputs,
    pub(super) hearing: Hearing<'r>,
    /// The script that runs now.
    pub(super) scope: Scope,
    pub(super) asked_before: AskedBefore,
    pub(super) tally: Tally,
    /// The `run` statements that led to the script that runs now, the outermost first.
    pub(super) calls: Vec<Call>,
    pub(super) depth: usize,
    pub(super) in_unsafe: usize,
    /// How many `retry` blocks are being run, those of the scripts that run this one among them.
    pub(super) in_retry: usize,
    /// `--plan` has left something out, so what follows may fail for that reason.
    pub(super) left_out: bool,
    /// Ctrl-C came once: only `finally` runs. It came again: not even that.
    pub(super) interrupts: usize,
    /// How many of the scripts that run have a `finally` that is still to come.
    pub(super) finally_blocks: usize,
    started: Duration,
}

/// What is counted and reported.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) exchanges: u64,
    pub(super) changed: u64,
    pub(super) unchanged: u64,
    pub(super) report: Vec<(String, Value)>,
}

impl<'r> Run<'r> {
    #[inline(never)]
    fn new(
        program: &Arc<Program>,
        conversation: &'r mut Conversation,
        inputs: &'r Inputs,
        listener: &'r mut dyn Listener,
        mask: Mask,
    ) -> Run<'r> {
        let started = conversation.now();
        let mut mask = mask;
        program.written_secrets().into_iter().for_each(|secret| mask.add(secret));
        let scope = Scope::new(program, &mask, inputs.timeout);
        Run {
            conversation,
            inputs,
            hearing: Hearing { listener, mask, aborts: Vec::new(), aborts_hold: true, stopped_by: None },
            scope,
            asked_before: AskedBefore::default(),
            tally: Tally::default(),
            calls: Vec::new(),
            depth: 0,
            in_unsafe: 0,
            in_retry: 0,
            left_out: false,
            interrupts: 0,
            finally_blocks: 0,
            started,
        }
    }

    /// The script of the current scope, from its params to its `finally`.
    pub(super) fn whole_script(&mut self) -> Step {
        if let Some(module) = self.conversation.module() {
            self.tell(RuntimeEvent::Met { module });
        }
        self.bind_inputs()?;
        self.script()
    }

    /// A script whose params have their values.
    pub(super) fn script(&mut self) -> Step {
        let program = Arc::clone(&self.scope.program);
        let (script, depth) = (&program.source().name, self.calls.len());
        self.tell(RuntimeEvent::ScriptStarted { script, depth });
        let finally = usize::from(finally(&program).is_some());
        self.finally_blocks += finally;
        let mut ended = self.block(&program.script.body);
        self.finally_blocks -= finally;
        if self.inputs.plan
            && self.left_out
            && self.calls.is_empty()
            && let Err(End::Failed(failure)) = &ended
        {
            ended = self.plan_ends_by(failure);
        }
        let ended = self.finish(&program, ended);
        self.tell(RuntimeEvent::ScriptEnded { script, depth, status: status(&ended) });
        ended
    }

    /// Runs `finally`, however the script ended.
    fn finish(&mut self, program: &Program, ended: Step) -> Step {
        let Some(body) = finally(program).filter(|_| self.interrupts < 2) else { return ended };
        let held = std::mem::replace(&mut self.hearing.aborts_hold, false);
        // Every block of the script has ended: this one stands as deep as the script itself.
        let last = self.block(body);
        self.hearing.aborts_hold = held;
        match (ended, last) {
            (ended, Ok(()) | Err(End::Stopped | End::Skipped(_) | End::PlanEnds)) => ended,
            (Ok(()) | Err(End::Stopped | End::Skipped(_) | End::PlanEnds), last) => last,
            (Err(first @ (End::Failed(_) | End::Fatal(..))), Err(End::Failed(failure) | End::Fatal(_, failure))) => {
                self.tell(RuntimeEvent::FinallyFailed { failure: &failure });
                Err(first)
            }
        }
    }

    /// The clauses of the program's question, held against the last answer.
    fn follow(&mut self) -> Step {
        let program = Arc::clone(&self.scope.program);
        for statement in &program.script.body.statements {
            if let StatementKind::Exchange(exchange) = &statement.kind {
                let asked = self.asked(&exchange.send, &[])?;
                let values = self.clause_values(&exchange.clauses)?;
                let captured = self.judge(&asked, &exchange.clauses, &values)?;
                self.keep(captured);
            }
        }
        Ok(())
    }

    pub(super) fn block(&mut self, block: &Block) -> Step {
        // The script itself is no block.
        if self.depth > DEEPEST {
            return Err(self.too_deep(block.span));
        }
        self.depth += 1;
        let ended = block.statements.iter().try_for_each(|statement| self.statement(statement));
        self.depth -= 1;
        ended
    }

    #[inline(never)]
    fn too_deep(&self, span: Span) -> End {
        let what = format!("more than {DEEPEST} blocks stand within each other here");
        let help = "scripts that run each other in a circle do that";
        self.fail(self.problem(code::TOO_DEEP, span, what).help(help))
    }

    /// What an arm needs stands in functions that are never inlined: this frame is on the stack once for each block.
    fn statement(&mut self, statement: &Statement) -> Step {
        self.tell_statement(statement);
        let span = statement.span;
        match &statement.kind {
            StatementKind::Exchange(exchange) => self.exchange(exchange),
            StatementKind::Await(wait) => self.wait(wait, span),
            StatementKind::Ensure { question, answers, otherwise } => self.ensure(question, answers, otherwise, span),
            StatementKind::Retry { schedule, body, otherwise } => self.retry(schedule, body, otherwise.as_ref(), span),
            StatementKind::Repeat { schedule, pass, body } => self.repeat(schedule, pass, body, span),
            StatementKind::Try { body, otherwise } => self.attempt(body, otherwise.as_ref()),
            StatementKind::If { branches, otherwise } => self.branch(branches, otherwise.as_ref()),
            StatementKind::For { name, list, body } => self.for_each(name, list, body),
            StatementKind::Assert { condition, why } => self.assert(condition, why.as_ref()),
            StatementKind::Fail { why } => self.fails(why, span),
            StatementKind::Skip { why } => Err(End::Skipped(self.message(why)?)),
            StatementKind::Stop => Err(End::Stopped),
            StatementKind::Finally { .. } => Ok(()),
            StatementKind::Set { name, value } => self.set(name, value),
            StatementKind::Param(param) => self.param(param),
            StatementKind::Run { script, arguments, record } => {
                self.call_script(script, arguments, record.as_ref(), span)
            }
            StatementKind::Report { columns } => self.report(columns),
            StatementKind::AbortOn { patterns, why } => self.abort_on(patterns, why.as_ref(), span),
            StatementKind::Log { text } => self.log(text),
            StatementKind::Sleep { duration } => self.sleep(duration, span),
            StatementKind::Timeout { duration } => {
                self.scope.timeout = self.duration(duration)?;
                Ok(())
            }
            StatementKind::Confirm { text } => self.confirm(text, span),
            StatementKind::Reboot { command } => self.reboot(command),
            StatementKind::Unsafe { why, body } => self.unsafe_block(why, body),
            StatementKind::Port(action) => self.port(action, span),
        }
    }

    fn tell_statement(&mut self, statement: &Statement) {
        let now = self.conversation.now();
        let event = RuntimeEvent::Statement { source: &self.scope.shown, span: statement.span };
        self.hearing.listener.on_event(now, event);
    }

    pub(super) fn tell(&mut self, event: RuntimeEvent<'_>) {
        let now = self.conversation.now();
        self.hearing.listener.on_event(now, event);
    }

    /// From here on this text is masked.
    pub(super) fn hide(&mut self, secret: &str) {
        self.hearing.mask.add(secret);
        self.scope.shown = self.hearing.mask.source(self.scope.program.source());
    }

    #[inline(never)]
    fn outcome(&self, ended: Step) -> Outcome {
        let status = status(&ended);
        let (failure, skipped) = match ended {
            Ok(()) | Err(End::Stopped | End::PlanEnds) => (None, None),
            Err(End::Failed(failure) | End::Fatal(_, failure)) => (Some(failure), None),
            Err(End::Skipped(why)) => (None, Some(self.hearing.mask.string(why))),
        };
        let mask = &self.hearing.mask;
        let shown = |(name, value): (&str, &Value)| (name.to_owned(), mask.value(value));
        let report = match self.tally.report.is_empty() {
            true => self.scope.variables.captured().map(shown).collect(),
            false => self.tally.report.iter().map(|(name, value)| shown((name, value))).collect(),
        };
        Outcome {
            status,
            failure,
            skipped,
            exchanges: self.tally.exchanges,
            changed: self.tally.changed,
            unchanged: self.tally.unchanged,
            report,
            elapsed: self.conversation.now().saturating_sub(self.started),
        }
    }
}

/// The script's `finally`.
pub(super) fn finally(program: &Program) -> Option<&Block> {
    program
        .script
        .body
        .statements
        .iter()
        .find_map(|statement| if let StatementKind::Finally { body } = &statement.kind { Some(body) } else { None })
}

pub(super) fn status(ended: &Step) -> Status {
    match ended {
        Ok(()) | Err(End::Stopped | End::PlanEnds) => Status::Passed,
        Err(End::Skipped(_)) => Status::Skipped,
        Err(End::Failed(_)) => Status::Failed,
        Err(End::Fatal(status, _)) => *status,
    }
}
