//! Walks a script's tree once, in the order in which it runs: one arm a statement.

mod command_line;
mod constants;
mod exchanges;
mod expressions;
mod lints;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::findings::Findings;
use super::names::{Changes, Names};
use super::{Checking, Evaluate, Known, Program, Type, listed, literal_text};
use crate::at::result_code;
use crate::diagnostic::Diagnostic;
use crate::source::{Name, Source, Span};
use crate::syntax::GIVEN_NAMES;
use crate::syntax::ast::{
    Await, AwaitTarget, Block, Clause, ClauseKind, Column, Convert, Expression, ExpressionKind, Param, PortAction,
    Requirement, Schedule, Script, Statement, StatementKind, Template, TemplatePart,
};
use crate::value::{LARGEST_VALUE, Value, ValueKind as Kind};
use lints::Lines;

/// Beyond so many `finally`, of which all but one are faults, names are not recalled any more: each costs all names.
const MANY_FINALLYS: usize = 3;

/// How much of what changed in a loop is copied for its `break`s, each of which leaves its own behind.
const MOST_LEFT: usize = 10_000;

/// Names, with the value that says that theirs is not known, what it is of, and the command
type NotKnown = HashMap<String, (i64, &'static str, String)>;

struct Checker<'s, 'a, 't> {
    script: &'t Script,
    findings: Findings,
    names: Names,
    program: Program,
    place: Place,
    /// What is known of the command lines so far.
    lines: Lines,
    /// Names that were told to be wrong: once each is enough.
    told: HashSet<String>,
    /// Names without a value in a loop whose later lines may give them one.
    awaited: Vec<(String, Span)>,
    checking: &'s mut Checking<'a>,
    /// Of the innermost loop: where it began in the changes of names, what each `break` leaves behind, and how much
    /// more of that may be copied.
    left_loop: Option<(usize, Vec<Changes>, usize)>,
    param_names: HashSet<String>,
    finallys: usize,
    written_secrets: Vec<Span>,
    /// There was a statement that no `requires` may stand below.
    is_below_head: bool,
    /// It goes on from other lines: what is unused here may be used in the next.
    continues: bool,
    /// What may still be spent on evaluating constants: bytes that are looked at or made.
    effort: Cell<usize>,
}

/// Where in the script the walk is.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// How many blocks deep
    depth: usize,
    /// Its lines may be sent again.
    in_retry: bool,
    in_loop: bool,
    in_unsafe: bool,
    /// In an `else` that has an `error`
    has_error: bool,
    /// Its lines never run.
    is_left_out: bool,
    /// Something takes the failure of its lines.
    is_tried: bool,
}

/// The statement that ends the script there, so that nothing behind it is reached.
type Ended = Option<&'static str>;

/// What a command line is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Question,
    /// The question of an `ensure`, which is asked twice.
    Ensured,
    /// The command of a `reboot`: that the modem goes away is meant.
    Reboot,
}

/// The program of a script, its faults, and the names that it leaves behind. `known`: the names before its first line.
pub(super) fn walk(
    checking: &mut Checking<'_>,
    script: &Arc<Script>,
    syntax_errors: Vec<Diagnostic>,
    known: Option<&Names>,
    only: &[String],
) -> (Program, Vec<Diagnostic>, Names) {
    let mut program = Program::unchecked(script, only);
    let mut names = known.cloned().unwrap_or_default();
    names.declare(&script.body, &mut program.matchers);
    let checker = Checker {
        script,
        findings: Findings::new(&script.source, &script.allowances, syntax_errors),
        names,
        program,
        place: Place::default(),
        lines: Lines::new(script),
        told: HashSet::new(),
        awaited: Vec::new(),
        checking,
        left_loop: None,
        param_names: HashSet::new(),
        finallys: 0,
        written_secrets: Vec::new(),
        is_below_head: false,
        continues: known.is_some(),
        effort: Cell::new(LARGEST_VALUE),
    };
    checker.check()
}

impl<'t> Checker<'_, '_, 't> {
    fn check(mut self) -> (Program, Vec<Diagnostic>, Names) {
        self.block(&self.script.body);
        self.report_unused_params();
        if self.script.body.statements.is_empty() && !self.continues && !self.findings.has_broken_lines() {
            self.findings.tell("hayes::check::empty-script", Span::new(0, 0), &[]);
        }
        self.lines.report_nb_iot(&mut self.findings);
        let passes = std::mem::take(&mut self.lines.passes_unknown);
        passes.into_values().flat_map(|(_, faults)| faults).for_each(|fault| self.findings.report(fault));
        for (name, kind) in self.names.variables() {
            self.program.fields.push(name.to_owned());
            self.program.types.push(kind.clone());
        }
        self.program.tries_pin = self.lines.tries_pin;
        let diagnostics = without_secrets(self.findings.finish(), &self.script.source, &self.written_secrets);
        (self.program, diagnostics, self.names)
    }

    fn block(&mut self, block: &Block) -> Ended {
        let mut ended = None;
        let mut finally = None;
        let mut above: Option<&StatementKind> = None;
        for statement in &block.statements {
            let before = above.replace(&statement.kind);
            if let (Some(StatementKind::Exchange(asked)), StatementKind::Await(awaited)) = (before, &statement.kind)
                && let AwaitTarget::Line(patterns) = &awaited.target
            {
                lints::lint_awaited(asked, patterns, &mut self.findings);
            }
            if let Some(span) = finally.take() {
                self.findings.tell("hayes::check::finally-place not-last", span, &[]);
            }
            let is_finally = matches!(statement.kind, StatementKind::Finally { .. });
            if let Some(after) = ended
                && !is_finally
            {
                let is_line = |text: &&str| result_code::parse(text.as_bytes()).is_some() || *text == "RING";
                match before {
                    Some(StatementKind::Fail { why, is_final: true }) if why.plain().as_ref().is_some_and(is_line) => {
                        let text = why.plain().unwrap_or_default();
                        self.findings.tell("hayes::check::unreachable abort", statement.span, &[&after, &text]);
                    }
                    _ => self.findings.tell("hayes::check::unreachable", statement.span, &[&after]),
                }
                // The rest is checked as if it were reached: one fault hides no other.
                ended = None;
            }
            ended = self.statement(statement).or(ended);
            if is_finally && self.place.depth == 0 {
                finally = Some(statement.span);
            }
        }
        ended
    }

    /// A block that is taken or not, at another place; its changes are taken back and given to the caller to merge.
    fn branch(&mut self, block: &Block, place: Place) -> (Ended, Option<Changes>) {
        let opened = self.names.open();
        let ended = self.inner(block, place);
        (ended, Some(self.names.close(opened)))
    }

    /// A block that is always taken.
    fn inner(&mut self, block: &Block, place: Place) -> Ended {
        let depth = self.place.depth + 1;
        let outside = std::mem::replace(&mut self.place, Place { depth, ..place });
        let changes = self.lines.context_changes;
        let ended = self.block(block);
        self.place = outside;
        if self.lines.context_changes != changes {
            // The block may not have run, or not to its end.
            self.lines.forget_contexts();
        }
        ended
    }

    /// One of these branches was taken. Those that end the script leave nothing behind.
    fn merge(&mut self, branches: Vec<(Ended, Option<Changes>)>) -> Ended {
        let mut end = None;
        let mut falling = Vec::with_capacity(branches.len());
        for (ended, changes) in branches {
            if ended.is_none() {
                falling.push(changes);
            }
            end = end.or(ended);
        }
        if end.is_some() && falling.is_empty() {
            return end;
        }
        self.names.merge(falling);
        None
    }

    fn report_unused_params(&mut self) {
        if self.continues {
            return;
        }
        for param in &self.program.params {
            let Name { value: name, span } = &param.name;
            if !self.names.is_used(name) && !self.findings.stands_in_broken_line(name) {
                let what = if param.secret { "secret" } else { "param" };
                self.findings.tell("hayes::check::unused-param", *span, &[&what, &name]);
            }
        }
    }

    fn statement(&mut self, statement: &Statement) -> Ended {
        let pause =
            if let StatementKind::Sleep { duration } = &statement.kind { Some(at_least(duration)) } else { None };
        self.lines.slept = self.lines.slept.saturating_add(pause.unwrap_or_default());
        let goes_on = matches!(
            &statement.kind,
            StatementKind::Exchange(_) | StatementKind::Set { .. } | StatementKind::Log { .. }
        ) || pause.is_some() && self.lines.slept < RESTART_TIME;
        // It may wait until the modem is back.
        self.lines.away.take_if(|_| !goes_on);
        self.is_below_head |= !matches!(
            statement.kind,
            StatementKind::Param(_)
                | StatementKind::Requires(_)
                | StatementKind::Set { .. }
                | StatementKind::Timeout { .. }
                | StatementKind::AbortOn { .. }
                | StatementKind::Log { .. }
                | StatementKind::Assert { .. }
        );
        self.empty_block(statement);
        self.foresee(statement);
        match &statement.kind {
            StatementKind::Exchange(exchange) => return self.exchange(exchange),
            StatementKind::Await(awaited) => return self.awaiting(awaited, statement.span),
            StatementKind::Ensure { question, answers, otherwise } => {
                // What it answers is looked at as what an `expect` expects.
                let kind = ClauseKind::Expect(answers.clone());
                let clause = Clause { kind, is_secret: false, span: statement.span };
                self.send(question, &[clause], Role::Ensured);
                answers.iter().for_each(|pattern| self.comparing_pattern(pattern, "`answers`"));
                let otherwise = self.branch(otherwise, self.place);
                return self.merge(vec![(None, None), otherwise]);
            }
            StatementKind::Retry { schedule, body, otherwise } => {
                return self.retry(schedule, body, otherwise.as_ref());
            }
            StatementKind::Try { body, otherwise } => return self.attempt(body, otherwise.as_ref()),
            StatementKind::If { branches, otherwise } => return self.choice(branches, otherwise.as_ref()),
            StatementKind::Repeat { schedule, pass, body } => self.repeat(schedule, pass, body),
            StatementKind::For { name, list, body } => self.each(name, list, body),
            StatementKind::Assert { condition, why, goes_on } => {
                self.condition(condition, if *goes_on { "what `check` checks" } else { "what `assert` asserts" });
                why.iter().for_each(|why| self.template(why));
            }
            StatementKind::Fail { why, is_final } => {
                self.template(why);
                return Some(if *is_final { "abort" } else { "fail" });
            }
            StatementKind::Skip { why } => {
                self.template(why);
                return Some("skip");
            }
            StatementKind::Stop => return Some("stop"),
            StatementKind::Break => return self.leave(statement.span),
            StatementKind::Finally { body } => self.finally(statement, body),
            StatementKind::Part { names, body } => return self.part(names, body, statement.span),
            StatementKind::Set { name, value } => {
                let kind = self.expression(value);
                let only = self.foresight().evaluate(value).ok();
                // A large one would be copied too often.
                let only = only.filter(|it| it.size() <= 4096 && !self.findings.has_broken_lines());
                self.bind_noted(name, kind, constant(value));
                self.names.keep(&name.value, only);
            }
            StatementKind::Param(param) => self.param(param),
            StatementKind::Requires(requirement) => self.requires(requirement, statement.span),
            StatementKind::Run { script, arguments, record } => {
                self.run(statement, script, arguments, record.as_ref());
            }
            StatementKind::Report { columns, .. } => self.report_columns(columns),
            StatementKind::CaptureFrom { clause, from } => self.capture_from(clause, from),
            StatementKind::Ask { text, answer, .. } => {
                self.template(text);
                if let Some((name, convert)) = answer {
                    self.bind(name, Type::of_capture(*convert, false), None);
                }
            }
            StatementKind::AbortOn { patterns, why } => {
                patterns.iter().for_each(|pattern| self.comparing_pattern(pattern, "`abort on`"));
                // The end of every command that succeeds
                if let Some(pattern) = patterns.iter().find(|pattern| pattern.plain() == Some("OK")) {
                    self.findings.tell("hayes::check::aborts-on-ok", pattern.span, &[]);
                }
                why.iter().for_each(|why| self.template(why));
            }
            StatementKind::Log { text } | StatementKind::Confirm { text } => self.template(text),
            StatementKind::Sleep { duration } => self.duration(duration, "what `sleep` is given"),
            StatementKind::Timeout { duration } => self.duration(duration, "what `timeout` is given"),
            StatementKind::Reboot { command } => self.send(command, &[], Role::Reboot),
            StatementKind::Unsafe { why, body } => {
                self.template(why);
                return self.inner(body, Place { in_unsafe: true, ..self.place });
            }
            StatementKind::Port(action) => self.port(action),
        }
        None
    }

    /// A block that does nothing. That of a `when` takes what it hears, and one of an `if` leaves the others.
    fn empty_block(&mut self, statement: &Statement) {
        let is_answer = matches!(statement.kind, StatementKind::Exchange(_) | StatementKind::Await(_));
        let counts = if matches!(statement.kind, StatementKind::If { .. }) { usize::MAX } else { 1 };
        let mut blocks = statement.blocks().take(counts).peekable();
        if !is_answer
            && blocks.peek().is_some()
            && blocks.all(|block| block.statements.is_empty())
            && !self.findings.has_broken_lines()
        {
            let word = self.script.source.slice(statement.span).split_whitespace().next().unwrap_or_default();
            self.findings.tell("hayes::check::empty-block", statement.span, &[&word]);
        }
    }

    fn retry(&mut self, schedule: &Schedule, body: &Block, otherwise: Option<&Block>) -> Ended {
        let Schedule { limit, by_time, pause, longest } = schedule;
        if *by_time {
            self.duration(limit, "how long `retry for` tries");
        } else {
            self.wants(limit, &[Kind::Int], "hayes::check::wrong-type retry");
        }
        if let Some(pause) = pause {
            let [first, last] = pause.ends();
            self.duration(first, "the pause behind `every`");
            if !std::ptr::eq(first, last) {
                self.duration(last, "the pause behind `every`");
            }
        }
        let ends = pause.iter().flat_map(|pause| pause.ends());
        ends.chain([limit]).chain(longest).for_each(|value| self.foresee_value(value));
        if !by_time {
            self.foreseen(|known| known.times(limit));
        }
        if let Some(pause) = pause {
            self.foreseen(|known| known.pauses(pause));
        }
        longest.iter().for_each(|longest| self.duration(longest, "the longest pause, behind `up to`"));
        if let (Some(pause), Some(longest)) = (pause, longest)
            && let (ExpressionKind::Duration(first), ExpressionKind::Duration(most)) = (&pause.kind, &longest.kind)
            && most < first
        {
            self.findings.tell("hayes::check::longest-pause", longest.span, &[]);
        }

        let is_tried = self.place.is_tried || otherwise.is_some();
        let opened = self.names.open();
        let (ended, left) = self.rounds(body, Place { in_retry: true, is_tried, ..self.place }, opened);
        let changes = Some(self.names.close(opened));
        let Some(otherwise) = otherwise else {
            // It passed, so its last round ran to its end, or to a `break`.
            self.names.merge(std::iter::once(changes).chain(left).collect());
            return None;
        };
        let ended = if ended == Some("fail") { ended } else { None };
        self.after_failure((ended, changes), otherwise, left)
    }

    /// `break`: what has a value here has it behind the loop, where this way was taken.
    fn leave(&mut self, span: Span) -> Ended {
        match &mut self.left_loop {
            Some((opened, exits, room)) if self.place.in_loop => exits.extend(self.names.changes_since(*opened, room)),
            Some(_) | None => self.findings.tell("hayes::check::break-outside-loop", span, &[]),
        }
        Some("break")
    }

    /// The block of a loop: how it ended, and what each `break` of the loop leaves behind.
    fn rounds(
        &mut self,
        body: &Block,
        place: Place,
        opened: usize,
    ) -> (Ended, impl Iterator<Item = Option<Changes>> + use<>) {
        let awaited = self.awaited.len();
        let outer = self.left_loop.replace((opened, Vec::new(), MOST_LEFT));
        let ended = self.inner(body, Place { in_loop: true, ..place });
        self.settle_awaited(awaited);
        let left = std::mem::replace(&mut self.left_loop, outer);
        if matches!(left, Some((.., 0))) {
            // Of some `break` it is not known what it leaves behind.
            self.names.recall_all(true);
        }
        (ended, left.into_iter().flat_map(|(_, exits, _)| exits).map(Some))
    }

    fn attempt(&mut self, body: &Block, otherwise: Option<&Block>) -> Ended {
        let (ended, changes) = self.branch(body, Place { is_tried: true, ..self.place });
        let Some(otherwise) = otherwise else {
            self.names.merge(vec![None, changes]);
            return None;
        };
        self.after_failure((ended, changes), otherwise, std::iter::empty())
    }

    /// The `else` of a block that may have failed anywhere; `left` is what each `break` leaves behind.
    fn after_failure(
        &mut self,
        (ended, changes): (Ended, Option<Changes>),
        otherwise: &Block,
        left: impl Iterator<Item = Option<Changes>>,
    ) -> Ended {
        let opened = self.names.open();
        self.names.merge(vec![None, changes.clone()]);
        let otherwise_ended = self.inner(otherwise, Place { has_error: true, ..self.place });
        let mut ends = vec![(ended, changes), (otherwise_ended, Some(self.names.close(opened)))];
        ends.extend(left.map(|left| (None, left)));
        self.merge(ends)
    }

    fn choice(&mut self, branches: &[(Expression, Block)], otherwise: Option<&Block>) -> Ended {
        let mut ends = Vec::with_capacity(branches.len() + 1);
        // A branch that is never taken, or never asked for, never fails.
        let (mut place, mut known) = (self.place, NotKnown::new());
        for (condition, block) in branches {
            let outside = std::mem::replace(&mut self.place, place);
            self.condition(condition, "what `if` asks");
            self.foresee_value(condition);
            self.place = outside;
            let holds = self.foresight().evaluate(condition).ok();
            let is_left_out = place.is_left_out || holds == Some(Value::Bool(false));
            let known_inside = self.take_known(condition, true);
            ends.push(self.branch(block, Place { is_left_out, ..place }));
            self.lines.not_known.extend(known_inside);
            known.extend(self.take_known(condition, false));
            place.is_left_out |= holds == Some(Value::Bool(true));
        }
        let goes_on = ends.iter().any(|(ended, _)| ended.is_none());
        ends.push(otherwise.map_or((None, None), |block| self.branch(block, place)));
        self.lines.not_known.extend(known.into_iter().filter(|_| goes_on));
        // Where it does not ask for a name, its first branch is not certain.
        let (first, _) = branches.first()?;
        self.judged(first, |unknown| {
            // The branch that it takes, as far as that is certain
            let taken = branches.iter().map(|(asked, _)| expressions::may_hold_unknown(unknown, asked, &mut None));
            let ended = taken.zip(&ends).find(|(holds, _)| *holds != Some(false)).map(|(holds, end)| (holds, end.0));
            let ended = ended.unwrap_or((Some(true), ends.last().and_then(|end| end.0)));
            matches!(ended, (Some(true), Some(word)) if word != "break")
        });
        self.merge(ends)
    }

    fn each(&mut self, name: &Name, list: &Expression, body: &Block) {
        let items = self.wants(list, &[Kind::List], "hayes::check::wrong-type for");
        self.looped(name, items.item(), body, false);
    }

    /// A block that may run several times, in which a name stands for something new each time.
    fn looped(&mut self, name: &Name, item: Type, body: &Block, surely: bool) {
        let before = self.names.known(&name.value).clone();
        let opened = self.names.open();
        self.bind(name, item, None);
        let (ended, left) = self.rounds(body, self.place, opened);
        if ended.is_none() {
            self.reported_again(body);
        }
        // The name belongs to the loop; and a list may be empty.
        self.names.put(&name.value, before.clone());
        let mut ends = vec![Some(self.names.close(opened))];
        ends.extend(left);
        if !surely {
            ends.push(None);
        }
        self.names.merge(ends);
        self.names.put(&name.value, before);
    }

    fn repeat(&mut self, schedule: &Schedule, pass: &Name, body: &Block) {
        let Schedule { limit, by_time, pause, .. } = schedule;
        if *by_time {
            self.duration(limit, "how long `repeat for` goes on");
        } else {
            self.wants(limit, &[Kind::Int], "hayes::check::wrong-type repeat");
        }
        pause.iter().for_each(|every| self.duration(every, "the time behind `every`"));
        if let Ok(Value::Int(passes @ ..1)) = self.foresight().evaluate(limit) {
            self.findings.tell("hayes::check::no-pass", limit.span, &[&passes]);
        }
        let makes_a_pass = *by_time || matches!(limit.kind, ExpressionKind::Int(1..));
        self.looped(pass, Type::Of(Kind::Int), body, makes_a_pass);
    }

    fn finally(&mut self, statement: &Statement, body: &Block) {
        if self.place.depth > 0 {
            self.findings.tell("hayes::check::finally-place in-block", statement.span, &[]);
        } else {
            self.finallys += 1;
        }
        if self.finallys > 1 && self.place.depth == 0 {
            self.findings.tell("hayes::check::finally-place twice", statement.span, &[]);
        }
        let opened = self.names.open();
        if self.finallys <= MANY_FINALLYS {
            self.names.recall_all(false);
        }
        self.inner(body, self.place);
        let changes = self.names.close(opened);
        self.names.merge(vec![Some(changes)]);
    }

    fn part(&mut self, names: &[Name], body: &Block, span: Span) -> Ended {
        if self.place.depth > 0 {
            self.findings.tell("hayes::check::part-in-block", span, &[]);
        }
        if self.program.runs_part(names) {
            return self.inner(body, self.place);
        }
        self.branch(body, self.place);
        None
    }

    fn requires(&mut self, requirement: &Requirement, span: Span) {
        if self.place.depth > 0 || self.is_below_head {
            self.findings.tell("hayes::check::requires-place", span, &[]);
        }
        match requirement {
            Requirement::Hayes { version } => {
                const OWN: &str = env!("CARGO_PKG_VERSION");
                let numbers =
                    |text: &str| text.split('.').map(|number| number.parse().unwrap_or(0)).collect::<Vec<u32>>();
                if numbers(&version.value) > numbers(OWN) {
                    self.findings.tell("hayes::check::requires-hayes", version.span, &[&version.value, &OWN]);
                }
            }
            Requirement::Port { why, .. } => why.iter().for_each(|why| self.template(why)),
            Requirement::Holds { condition, why } => {
                why.iter().for_each(|why| self.template(why));
                let is_name =
                    matches!(&condition.kind, ExpressionKind::Variable(name) if !self.names.known(name).is_set);
                if is_name || literal_text(condition).is_some() {
                    return self.findings.tell("hayes::check::requires-what", condition.span, &[]);
                }
                self.wants(condition, &[Kind::Bool, Kind::Text, Kind::List], "hayes::check::wrong-type requires");
            }
        }
    }

    /// The part that holds this place and will not run.
    fn part_left_out(&self, place: Span) -> Option<&'t str> {
        self.script.body.statements.iter().find_map(|statement| {
            let StatementKind::Part { names, body } = &statement.kind else { return None };
            let holds = (body.span.start..body.span.end).contains(&place.start);
            let name = names.first().filter(|_| holds && !self.program.runs_part(names))?;
            Some(name.value.as_str())
        })
    }

    fn param(&mut self, param: &Param) {
        let Name { value: name, span } = &param.name;
        if self.place.depth > 0 {
            self.findings.tell("hayes::check::param-in-block", *span, &[]);
        }
        let mut text = None;
        let mut kind = Type::of_capture(param.convert, false);
        if let Some(default) = &param.default {
            let found = self.expression(default);
            text = constant(default);
            let wanted = match param.convert {
                Convert::Text => &[Kind::Text][..],
                Convert::Int | Convert::Hex => &[Kind::Int],
                Convert::Decimal => &[Kind::Decimal, Kind::Int],
            };
            if found.is_none_of(wanted) {
                self.default_of_wrong_type(param, default, found.words());
                kind = Type::Unknown;
            }
        } else if let Some(about) = param.about.as_ref().filter(|about| !about.trim().contains(' ')) {
            // `param apn "super"`
            let line = Span { start: span.end, end: span.end.saturating_add(about.len() as u32 + 9) };
            let place = self.place_in(line, &[&format!("\"{about}\""), &format!("'{about}'")]);
            let written = self.script.source.slice(place);
            let fault = self.findings.fault("hayes::check::about-as-default", place, &[&written, &name]);
            self.findings.report(fault.mended_by(format!("= {written}")));
        }
        if !self.param_names.insert(name.clone()) {
            self.findings.tell("hayes::check::two-params", *span, &[&name]);
            return;
        }
        if let Some(default) = param.default.as_ref().filter(|_| param.secret) {
            self.written_secrets.extend(written(default));
        }
        // Who reads a name that the language has taken means that one, and no param.
        if self.bind_noted(&param.name, kind, text) {
            self.names.put(name, Known { is_secret: param.secret, ..self.names.known(name).clone() });
            self.program.params.push(param.clone());
        }
    }

    fn default_of_wrong_type(&mut self, param: &Param, default: &Expression, found: &str) {
        let name = &param.name.value;
        match param.convert {
            Convert::Text => {
                let written = self.script.source.slice(default.span);
                let is_number = found == "a whole number" && matches!(default.kind, ExpressionKind::Int(_));
                if is_number && (param.secret || written.starts_with('0')) {
                    let fault = self.findings.fault("hayes::check::param-type digits", default.span, &[&name, &found]);
                    return self.findings.report(fault.mended_by(format!("\"{written}\"")));
                }
                let page = match found {
                    "a whole number" => "hayes::check::param-type number",
                    "a duration" => "hayes::check::param-type duration",
                    _ => "hayes::check::param-type",
                };
                self.findings.tell(page, default.span, &[&name, &found]);
            }
            Convert::Int | Convert::Hex | Convert::Decimal => {
                let page = match matches!(default.kind, ExpressionKind::Text(_)) {
                    true => "hayes::check::wrong-type quoted-default",
                    false => "hayes::check::wrong-type default",
                };
                self.findings.tell(page, default.span, &[&name, &found]);
            }
        }
    }

    fn capture_from(&mut self, clause: &Clause, from: &Expression) {
        let found = self.wants(from, &[Kind::Text, Kind::List], "hayes::check::wrong-type captured");
        if let Type::List(item) = &found
            && item.is_none_of(&[Kind::Text])
        {
            self.findings.tell("hayes::check::wrong-type captured-items", from.span, &[&item.words()]);
        }
        let hides = self.lines.hides;
        if clause.is_secret && !hides && from.asks_for("response") {
            self.findings.tell("hayes::check::secret-shown", clause.span, &[&self.script.source.slice(from.span)]);
        }
        self.clauses(std::slice::from_ref(clause));
        self.lines.hides = hides;
    }

    /// A `report` that the next pass of a loop overwrites.
    fn reported_again(&mut self, body: &Block) {
        for statement in &body.statements {
            if let StatementKind::Report { is_row: false, .. } = &statement.kind {
                let columns = self.script.source.slice(statement.span).trim_start_matches("report").trim();
                self.findings.tell("hayes::check::report-in-loop", statement.span, &[&columns]);
            }
        }
    }

    fn report_columns(&mut self, columns: &[Column]) {
        let mut earlier = HashSet::with_capacity(columns.len());
        for column in columns {
            self.expression(&column.value);
            let name = &column.name.value;
            if !earlier.insert(name) {
                self.findings.tell("hayes::check::two-columns", column.name.span, &[&name]);
            }
        }
    }

    fn awaiting(&mut self, awaited: &Await, span: Span) -> Ended {
        let brings = match &awaited.target {
            AwaitTarget::Line(alternatives) => {
                alternatives.iter().for_each(|pattern| self.comparing_pattern(pattern, "`await`"));
                None
            }
            AwaitTarget::Quiet { duration } => {
                self.duration(duration, "how long `await quiet` waits");
                self.foreseen(|known| known.silence(duration, awaited.within.as_deref()));
                Some("`await quiet` waits for silence")
            }
            AwaitTarget::Restart => Some("`await restart` waits for a restart"),
            AwaitTarget::Prompt { text } => {
                self.template(text);
                Some("`await prompt` waits for text without a line end")
            }
            AwaitTarget::When => {
                // `when "+CREG: 5" {`
                let is_for_a_line =
                    |it: &Clause| matches!(&it.kind, ClauseKind::When { event, .. } if !event.patterns().is_empty());
                if !awaited.clauses.iter().any(is_for_a_line) {
                    self.findings.tell("hayes::check::nothing-awaited", span, &[]);
                }
                None
            }
        };
        if let (Some(brings), Some(clause)) = (brings, awaited.clauses.first()) {
            self.findings.tell("hayes::check::no-line-awaited", clause.span, &[&brings]);
        }
        awaited.within.iter().for_each(|within| self.duration(within, "what stands behind `within`"));
        self.clauses(&awaited.clauses)
    }

    fn port(&mut self, action: &PortAction) {
        match action {
            PortAction::Baud(rate) => {
                self.wants(rate, &[Kind::Int], "hayes::check::wrong-type baud");
                self.foreseen(|known| known.speed(rate));
            }
            PortAction::Break(duration) => self.duration(duration, "what `port break` is given"),
            PortAction::Dtr(_) | PortAction::Rts(_) | PortAction::Flush | PortAction::Escape => {}
        }
    }

    fn run(&mut self, statement: &Statement, script: &Template, given: &[(Name, Expression)], record: Option<&Name>) {
        let taken: Vec<(&Name, Type, Span)> =
            given.iter().map(|(name, value)| (name, self.expression(value), value.span)).collect();
        let mut fields = Type::Unknown;
        if let Some((name, program)) = self.called(script) {
            self.arguments(&name, script.span, &program, &taken);
            self.given_secrets(&program, given);
            for (name, value) in given {
                if let Some(param) = program.param(&name.value).filter(|param| !param.secret) {
                    self.foreseen(|known| known.converted(param, known.evaluate(value)?, value));
                }
            }
            fields = Type::Record(program.fields.iter().cloned().zip(program.types.iter().cloned()).collect());
            if let Some(command) = &program.tries_pin {
                if self.place.in_retry {
                    self.findings.tell("hayes::check::pin-in-retry", statement.span, &[&command, &"a `retry`"]);
                }
                self.lines.tries_pin.get_or_insert_with(|| command.clone());
            }
            self.lines.after_run(&name);
            self.program.runs.insert(name, program);
        }
        if let Some(record) = record {
            self.bind(record, fields, None);
        }
    }

    fn called(&mut self, script: &Template) -> Option<(String, Arc<Program>)> {
        let Some(name) = script.plain().map(str::to_owned) else {
            self.template(script);
            self.findings.tell("hayes::check::computed-script", script.span, &[]);
            return None;
        };
        match self.checking.run(&name, &self.script.source, script.span, self.place.depth) {
            Ok(program) => Some((name, program)),
            Err(diagnostics) => {
                diagnostics.into_iter().for_each(|diagnostic| self.findings.report(diagnostic));
                None
            }
        }
    }

    fn arguments(&mut self, script: &str, at: Span, program: &Program, given: &[(&Name, Type, Span)]) {
        let mut names = HashSet::with_capacity(given.len());
        for (Name { value: name, span }, kind, place) in given {
            if !names.insert(name.as_str()) {
                self.findings.tell("hayes::check::two-arguments", *span, &[&name]);
                continue;
            }
            let Some(param) = program.param(name) else {
                let known = || program.params.iter().map(|param| param.name.value.as_str());
                let near = self.findings.nearest(name, known());
                let takes = if program.params.is_empty() {
                    "it takes none".to_owned()
                } else {
                    format!("it takes: {}", listed(known()))
                };
                let fault = self.findings.fault("hayes::check::unknown-argument", *span, &[&script, &name]);
                self.findings.report(fault.did_you_mean(near, takes));
                continue;
            };
            // Text may be a number's: it is converted, or refused, when the script is run.
            if kind.is_none_of(&[Kind::Text, Kind::Int, Kind::Decimal]) {
                let wanted = if param.convert == Convert::Text { "text" } else { "a whole number" };
                let help = format!("`hayes show {}` tells what it takes", program.source().name);
                self.wrong_type(*place, &format!("`{name}` of `{script}`"), wanted, kind.words(), help);
            }
        }
        for param in &program.params {
            let name = &param.name.value;
            if param.default.is_none() && !names.contains(name.as_str()) {
                self.findings.tell("hayes::check::missing-argument", at, &[&script, &name]);
            }
        }
    }

    /// Values of the other script's secrets that stand here as they are.
    fn given_secrets(&mut self, program: &Program, arguments: &[(Name, Expression)]) {
        let is_secret = |name: &Name| program.param(&name.value).is_some_and(|param| param.secret);
        for (Name { value: name, .. }, value) in arguments.iter().filter(|(name, _)| is_secret(name)) {
            self.written_secrets.extend(written(value));
            let text = if let ExpressionKind::Int(_) = value.kind {
                Some(self.script.source.slice(value.span))
            } else {
                literal_text(value)
            };
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                self.program.given_secrets.push(text.to_owned());
                self.findings.tell("hayes::check::written-secret", value.span, &[&name]);
            }
        }
    }

    /// Where one of these stands in the source within `span`; all of `span` where none does.
    fn place_in(&self, span: Span, signs: &[&str]) -> Span {
        let written = self.script.source.slice(span);
        let found = signs.iter().filter_map(|sign| Some((written.find(sign)?, sign.len()))).min();
        found.map_or(span, |(at, length)| within(span, Span::new(at, at + length)))
    }

    /// As [`Checker::bind`]; a text may tell what the script is about.
    fn bind_noted(&mut self, name: &Name, kind: Type, text: Option<(Arc<str>, Span)>) -> bool {
        if let Some((text, _)) = &text {
            self.lines.note_text(text);
        }
        self.lines.not_known.remove(&name.value);
        self.bind(name, kind, text)
    }

    /// Gives a name a value; false, and told, where it may have none.
    fn bind(&mut self, name: &Name, kind: Type, text: Option<(Arc<str>, Span)>) -> bool {
        let Name { value: name, span } = name;
        let given = GIVEN_NAMES.iter().find(|(given, ..)| given == name);
        // A script may have a body, a module or a `replied` of its own.
        if let Some((_, means, _)) = given.filter(|_| !matches!(name.as_str(), "body" | "module" | "replied")) {
            self.findings.tell("hayes::check::reserved-name", *span, &[&name, means]);
            return false;
        }
        self.names.put(name, Known { is_set: true, kind, constant: text, ..Known::UNSET });
        // No guard further below is one of the value before.
        let (_, faults) = self.lines.passes_unknown.remove(name).unwrap_or_default();
        faults.into_iter().for_each(|fault| self.findings.report(fault));
        true
    }
}

fn within(outer: Span, inner: Span) -> Span {
    let start = outer.start.saturating_add(inner.start).min(outer.end);
    Span { start, end: outer.start.saturating_add(inner.end).clamp(start, outer.end) }
}

/// Whether the line of a place begins with `capture`.
fn captures(source: &Source, span: Span) -> bool {
    let line = source.text.get(..span.start as usize).and_then(|text| text.rsplit('\n').next());
    line.is_some_and(|line| line.trim_start().starts_with("capture"))
}

/// The diagnostics over a source in which what is secret is overwritten in place, as in all that a run shows.
fn without_secrets(mut diagnostics: Vec<Diagnostic>, source: &Arc<Source>, secrets: &[Span]) -> Vec<Diagnostic> {
    if secrets.is_empty() || diagnostics.is_empty() {
        return diagnostics;
    }
    let shown = source.overwritten(secrets.iter().map(|secret| (*secret).into()), b"\"'");
    for diagnostic in diagnostics.iter_mut().filter(|diagnostic| Arc::ptr_eq(&diagnostic.source, source)) {
        diagnostic.source = Arc::clone(&shown);
    }
    diagnostics
}

/// Where texts and numbers stand in an expression as they are, pieces of texts too: what a diagnostic does not show.
fn written(value: &Expression) -> Vec<Span> {
    match &value.kind {
        ExpressionKind::Text(template) if template.parts.iter().all(|part| matches!(part, TemplatePart::Value(_))) => {
            Vec::new()
        }
        ExpressionKind::Text(_) | ExpressionKind::Int(_) | ExpressionKind::Decimal(_) => vec![value.span],
        ExpressionKind::Unary { .. } | ExpressionKind::Binary { .. } | ExpressionKind::List(_) => {
            value.operands().into_iter().flat_map(written).collect()
        }
        ExpressionKind::Bool(_)
        | ExpressionKind::Duration(_)
        | ExpressionKind::Variable(_)
        | ExpressionKind::Member { .. }
        | ExpressionKind::Index { .. }
        | ExpressionKind::Call { .. }
        | ExpressionKind::Matches { .. } => Vec::new(),
    }
}

/// No modem has restarted in less.
const RESTART_TIME: Duration = Duration::from_secs(10);

/// A pause that is not written out may be of any length.
fn at_least(pause: &Expression) -> Duration {
    if let ExpressionKind::Duration(time) = pause.kind { time } else { Duration::MAX }
}

fn constant(value: &Expression) -> Option<(Arc<str>, Span)> {
    literal_text(value).map(|text| (text.into(), value.span))
}
