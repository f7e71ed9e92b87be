//! Runs a program: its scripts, their params, and one arm a statement. What a statement does stands in
//! [`statements`](super::statements); what is said to the modem, in [`exchange`](super::exchange).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::event::{Listener, RuntimeEvent};
use super::exchange::ReadyQuestion;
use super::expression::ScriptView;
use super::failure::{Call, End, Failure, Step};
use super::hearing::{Abort, Hearing};
use super::inputs::{Inputs, from_text, value_of, ways_to_give};
use super::outcome::{Outcome, Status};
use super::scope::{Last, ScriptScope, Variables};
use super::secret::Mask;
use crate::check::Program;
use crate::conversation::Conversation;
use crate::source::{Name, Span};
use crate::syntax::ast::{Block, Convert, Expression, Param, Statement, StatementKind, Template};
use crate::value::{Record, Value};

/// The stack that a run must have for any program: [`DEEPEST`] blocks within each other. Measured: 384 KiB do.
/// Without optimisation frames are larger.
pub const STACK: usize = if cfg!(debug_assertions) { 2 << 20 } else { 512 << 10 };

/// How many blocks may stand within each other, those of scripts that are run by others included. A check tells it of
/// most scripts beforehand.
pub use crate::check::DEEPEST;

/// So many of [`DEEPEST`] blocks are left to a `finally`: a script that has one is not begun where fewer are.
const LEFT_TO_FINALLY: usize = 16;

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
    variables: Variables,
    /// `timeout`, where a line has said it.
    timeout: Option<Duration>,
    last: Last,
    aborts: Vec<Abort>,
    mask: Mask,
}

impl Interpreter {
    pub fn new(inputs: Inputs) -> Interpreter {
        let (variables, last) = (Variables::default(), Last::default());
        Interpreter { inputs, variables, timeout: None, last, aborts: Vec::new(), mask: Mask::default() }
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
        self.transaction(program, conversation, listener, |run| {
            for statement in &program.script.body.statements {
                if let StatementKind::Exchange(exchange) = &statement.kind {
                    run.follow(exchange)?;
                }
            }
            Ok(())
        })
    }

    /// The names that are set, in the order in which they first were; secrets masked.
    pub fn variables(&self) -> Vec<(String, Value)> {
        self.variables.iter().map(|(name, value)| (name.to_owned(), self.mask.value(value))).collect()
    }

    /// Hides what the programs so far, and the inputs, have called secret.
    pub fn mask(&self) -> Mask {
        let mut mask = self.mask.clone();
        self.inputs.secrets.values().for_each(|secret| mask.add(secret));
        mask
    }

    /// How long an answer may take where neither the lines so far nor the catalogue say more.
    pub fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(self.inputs.timeout)
    }

    fn transaction(
        &mut self,
        program: &Arc<Program>,
        conversation: &mut Conversation,
        listener: &mut dyn Listener,
        body: impl FnOnce(&mut Run<'_>) -> Step,
    ) -> Outcome {
        let mut run = Run::new(program, conversation, &self.inputs, listener, self.mask());
        run.scope.variables = self.variables.clone();
        run.scope.timeout = self.timeout.unwrap_or(self.inputs.timeout);
        run.scope.last = self.last.clone();
        run.hearing.aborts = self.aborts.clone();
        let ended = body(&mut run);
        if matches!(ended, Err(End::Failed(_) | End::Fatal(..))) {
            run.scope.variables = self.variables.clone();
        } else {
            self.variables = run.scope.variables.clone();
            self.timeout = Some(run.scope.timeout);
            self.aborts.clone_from(&run.hearing.aborts);
        }
        // The last answer is what the modem said, whatever the line made of it.
        self.last = run.scope.last.clone();
        self.mask = run.hearing.mask.clone();
        run.outcome(ended)
    }
}

/// A program on its way.
pub(super) struct Run<'r> {
    pub(super) conversation: &'r mut Conversation,
    pub(super) inputs: &'r Inputs,
    pub(super) hearing: Hearing<'r>,
    /// The script that runs now.
    pub(super) scope: ScriptScope,
    /// Where the statement stands that runs now.
    pub(super) nesting: Nesting,
    /// The `run` statements that led to the script that runs now, the outermost first.
    pub(super) calls: Vec<Call>,
    /// Questions by their text: they hold as long as the modem is the same one.
    pub(super) asked_before: HashMap<Arc<str>, ReadyQuestion>,
    pub(super) exchanges: u64,
    pub(super) changed: u64,
    pub(super) unchanged: u64,
    /// The columns of `report`.
    pub(super) report: Vec<(String, Value)>,
    /// `--plan` has left something out, so what follows may fail for that reason.
    pub(super) left_out: bool,
    /// Ctrl-C came once: only `finally` runs. It came again: not even that.
    pub(super) interrupts: usize,
    started: Duration,
}

/// What holds inside of the blocks that a statement stands in, those of the scripts that run its own included.
#[derive(Clone, Copy, Default)]
pub(super) struct Nesting {
    /// How many blocks.
    pub(super) depth: usize,
    /// In an `unsafe` of this script.
    pub(super) in_unsafe: bool,
    pub(super) in_retry: bool,
    /// A `finally` is still to come.
    pub(super) has_finally: bool,
}

impl<'r> Run<'r> {
    #[inline(never)]
    fn new(
        program: &Arc<Program>,
        conversation: &'r mut Conversation,
        inputs: &'r Inputs,
        listener: &'r mut dyn Listener,
        mut mask: Mask,
    ) -> Run<'r> {
        let started = conversation.now();
        program.written_secrets().into_iter().for_each(|secret| mask.add(secret));
        let scope = ScriptScope::new(program, &mask, inputs.timeout);
        Run {
            conversation,
            inputs,
            hearing: Hearing { listener, mask, aborts: Vec::new(), aborts_hold: true, stopped_by: None },
            scope,
            nesting: Nesting::default(),
            calls: Vec::new(),
            asked_before: HashMap::new(),
            exchanges: 0,
            changed: 0,
            unchanged: 0,
            report: Vec::new(),
            left_out: false,
            interrupts: 0,
            started,
        }
    }

    /// What expressions and answers are read by.
    pub(super) fn view(&self) -> ScriptView<'_> {
        ScriptView {
            scope: &self.scope,
            mask: &self.hearing.mask,
            calls: &self.calls,
            folder: self.inputs.folder.as_deref(),
            module: self.conversation.module(),
        }
    }

    pub(super) fn tell(&mut self, event: RuntimeEvent<'_>) {
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
            (ended, Ok(()) | Err(End::Stopped | End::Skipped(_) | End::Breaks | End::PlanEnds)) => ended,
            (Ok(()) | Err(End::Stopped | End::Skipped(_) | End::Breaks | End::PlanEnds), last) => last,
            (Err(first @ (End::Failed(_) | End::Fatal(..))), Err(End::Failed(failure) | End::Fatal(_, failure))) => {
                self.tell(RuntimeEvent::FinallyFailed { failure: &failure });
                Err(first)
            }
        }
    }

    pub(super) fn block(&mut self, block: &Block) -> Step {
        self.block_in(block, self.nesting)
    }

    /// A block in which this holds.
    pub(super) fn block_in(&mut self, block: &Block, inside: Nesting) -> Step {
        // The script itself is no block.
        if inside.depth > DEEPEST {
            return Err(self.too_deep(block.span));
        }
        let outside = std::mem::replace(&mut self.nesting, Nesting { depth: inside.depth + 1, ..inside });
        let ended = block.statements.iter().try_for_each(|statement| self.statement(statement));
        self.nesting = outside;
        ended
    }

    #[inline(never)]
    fn too_deep(&self, span: Span) -> End {
        let view = self.view();
        let what = format!("more than {DEEPEST} blocks stand within each other here");
        let failure = view.problem("hayes::run::too-deep", span, what);
        view.fail(failure.help("scripts that run each other in a circle do that"))
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
            StatementKind::Assert { condition, why } => self.view().assert(condition, why.as_ref()),
            StatementKind::Fail { why } => self.view().fails(why, span),
            StatementKind::Skip { why } => Err(End::Skipped(self.view().message(why)?)),
            StatementKind::Stop => Err(End::Stopped),
            StatementKind::Break => Err(End::Breaks),
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
                self.scope.timeout = self.view().duration(duration)?;
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

    /// `run`: another script, with names of its own. What it captures and sets comes back as the fields of a record.
    #[inline(never)]
    fn call_script(
        &mut self,
        script: &Template,
        arguments: &[(Name, Expression)],
        record: Option<&Name>,
        span: Span,
    ) -> Step {
        let name = self.view().text(script)?;
        let fail = |run: &Run<'_>, code, span, what: String| Err(run.view().fail(run.view().problem(code, span, what)));
        let Some(program) = self.scope.program.run(&name).map(Arc::clone) else {
            return fail(self, "hayes::run::no-script", script.span, format!("there is no script `{name}`"));
        };
        let mut given = Vec::with_capacity(arguments.len());
        for (name, expression) in arguments {
            let value = self.view().evaluate(expression)?;
            let Some(param) = program.param(&name.value) else {
                let what = format!("`{}` has no param `{}`", program.source().name, name.value);
                return fail(self, "hayes::run::value", name.span, what);
            };
            given.push((name.value.as_str(), self.given(param, value, expression)?));
        }
        if finally(&program).is_some() && self.nesting.depth + 1 + LEFT_TO_FINALLY > DEEPEST {
            let what =
                format!("`{name}` has a `finally`, for which less than {LEFT_TO_FINALLY} of {DEEPEST} blocks are left");
            let failure = self.view().problem("hayes::run::too-deep", span, what);
            return Err(self.view().fail(failure.help("run it where fewer blocks stand within each other")));
        }
        let fields = self.in_scope_of(&program, given, span)?;
        if let Some(record) = record {
            let value = self.view().weighed(Value::record(fields), span)?;
            self.scope.variables.set(&record.value, value);
        }
        Ok(())
    }

    /// Runs it in a scope of its own: what it leaves behind. `skip` and `stop` end that script only.
    fn in_scope_of(&mut self, program: &Arc<Program>, given: Vec<(&str, Value)>, span: Span) -> Step<Record> {
        let call = Call { source: Arc::clone(&self.scope.shown), span };
        let mut scope = ScriptScope::new(program, &self.hearing.mask, self.scope.timeout);
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
        match ended {
            Ok(()) | Err(End::Stopped | End::Skipped(_) | End::Breaks) => {}
            Err(end @ (End::Failed(_) | End::Fatal(..) | End::PlanEnds)) => return Err(end),
        }
        let mut record = Record::new();
        for field in &called.program.fields {
            if let Some(value) = called.variables.get(field) {
                record.set(field.as_str(), value.clone());
            }
        }
        Ok(record)
    }

    /// A called script has what `with` gave it and its defaults, nothing else: what a run is given is for its own
    /// script.
    fn defaults_given(&self) -> Step {
        let is_set = |param: &&Param| param.default.is_none() && self.scope.variables.get(&param.name.value).is_none();
        let Some(Param { name, .. }) = self.scope.program.params.iter().find(is_set) else { return Ok(()) };
        let view = self.view();
        let what = format!("`{}` has no value", name.value);
        let failure = view.problem("hayes::run::missing-param", name.span, what);
        Err(view.fail(failure.help(format!("give it behind `run`: `with {} = …`", name.value))))
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
                Ok(Some(value)) => self.scope.variables.set(name, value),
                Ok(None) => {}
                Err((what, code)) => faults.push((param, what, code)),
            }
        }
        match self.faulty(&faults) {
            Some(failure) => Err(self.view().fail(failure)),
            None => Ok(()),
        }
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
        self.scope.variables.set(name, value);
        Ok(())
    }

    /// A value that a param is given by its default, or by `run … with`.
    fn given(&mut self, param: &Param, value: Value, place: &Expression) -> Step<Value> {
        self.hide_given(param, &value);
        let wanted = match (&value, param.convert) {
            (Value::Text(text), convert) => match from_text(text, convert) {
                Ok(value) => return Ok(value),
                Err(wanted) => wanted,
            },
            (Value::Int(_), Convert::Int | Convert::Hex) => return Ok(value),
            // A number is its own text.
            (Value::Int(number), Convert::Text) => return Ok(Value::text(number.to_string())),
            (Value::Bool(_) | Value::Duration(_) | Value::List(_) | Value::Record(_), Convert::Int | Convert::Hex) => {
                "a number"
            }
            (Value::Bool(_) | Value::Duration(_) | Value::List(_) | Value::Record(_), Convert::Text) => "a text",
        };
        let view = self.view();
        let given = if let Value::Text(text) = &value { format!("\"{text}\"") } else { view.shown(&value) };
        let what = format!("`{}` must be {wanted}, and is given {given}", param.name.value);
        Err(view.fail(view.problem("hayes::run::value", place.span, what)))
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

    #[inline(never)]
    fn outcome(self, ended: Step) -> Outcome {
        let mask = &self.hearing.mask;
        let status = status(&ended);
        let (failure, skipped) = match ended {
            Ok(()) | Err(End::Stopped | End::Breaks | End::PlanEnds) => (None, None),
            Err(End::Failed(failure) | End::Fatal(_, failure)) => (Some(failure), None),
            Err(End::Skipped(why)) => (None, Some(mask.string(why))),
        };
        let shown = |(name, value): (&str, &Value)| (name.to_owned(), mask.value(value));
        let report = match self.report.is_empty() {
            true => self.scope.variables.captured().map(shown).collect(),
            false => self.report.iter().map(|(name, value)| shown((name, value))).collect(),
        };
        Outcome {
            status,
            failure,
            skipped,
            exchanges: self.exchanges,
            changed: self.changed,
            unchanged: self.unchanged,
            report,
            elapsed: self.conversation.now().saturating_sub(self.started),
        }
    }
}

/// The script's `finally`.
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
