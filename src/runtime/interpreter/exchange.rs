//! What is said to the modem and heard from it: exchanges, `ensure`, `await`, `sleep`, `reboot`, `port …`.
//!
//! All that could fail without the modem (values, texts, patterns) is worked out before a byte is sent. A clause that
//! fails leaves every name as it was.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use super::capture::Captured;
use super::{Abort, ClauseValues, End, Hearing, Last, ReadyQuestion, Run, Step, Values};
use crate::at::command::without_blanks;
use crate::at::lines::LONGEST_LINE;
use crate::at::{self, Answer, Event, Hearer, Line, Question, ResultCode, Shape, Verdict, Why, result_code};
use crate::catalogue::command::{Away, Stakes, away, tells_changes};
use crate::catalogue::{Prospect, prospect};
use crate::check::{Evaluate, Program, YEAR, is_command_line};
use crate::conversation::TroubleKind::{self, NoAnswer};
use crate::conversation::{Attempt, FailureKind, Mode, Silence, Trouble};
use crate::diagnostic::Complaint;
use crate::guard::{Leave, judged, tries_pin};
use crate::notation::{ShownDuration, text};
use crate::port::{Control, Fault};
use crate::runtime::event::{Change, RuntimeEvent, Waiting};
use crate::runtime::failure::Failure;
use crate::runtime::outcome::Status;
use crate::source::Span;
use crate::syntax::ast::{
    Alternatives, Await, AwaitTarget, Block, Clause, ClauseKind, Exchange, Expression, Pattern, PortAction, Send,
    SendForm, StatementKind, Template, TemplatePart, WhenEvent,
};

/// How long a restart may take where the script does not say.
const REBOOT: Duration = Duration::from_secs(90);

/// So many questions are remembered; few scripts have more.
const MOST_REMEMBERED: usize = 64;

impl Run<'_> {
    #[inline(never)]
    pub(super) fn exchange(&mut self, exchange: &Exchange) -> Step {
        let clauses = &exchange.clauses;
        let asked = self.asked(&exchange.send, clauses)?;
        let values = self.view().clause_values(clauses)?;
        if self.leaves_out(&asked, exchange.send.form) {
            return self.leave_out(&asked, clauses);
        }
        if clauses.iter().any(is_when) {
            return self.exchange_with_branches(&asked, clauses, &values);
        }
        let started = self.conversation.now();
        self.listen_for_secrets(clauses, &values);
        let ended = self.converse(&asked, clauses, &values);
        self.hearing.secret.clear();
        self.exchange_ended(&asked, ended.is_ok(), started);
        self.keep(ended?);
        Ok(())
    }

    /// A question with `when` lines: the block of the first that its answer is of the form of.
    #[inline(never)]
    fn exchange_with_branches(&mut self, asked: &ReadyQuestion, clauses: &[Clause], values: &ClauseValues) -> Step {
        let started = self.conversation.now();
        let taken = match self.pose(asked, clauses, values) {
            Ok(Ok(())) => self.view().taken(Some(asked), clauses, values),
            Ok(Err(trouble)) => match without_answer(clauses, &trouble) {
                Some(body) => Ok((Captured::new(), body)),
                None => Err(self.trouble(trouble, Some(asked), asked.span)),
            },
            Err(end) => Err(end),
        };
        self.exchange_ended(asked, taken.is_ok(), started);
        let (captured, body) = taken?;
        self.keep(captured);
        self.block(body)
    }

    /// Until the answer is whole, or the awaited line has come.
    fn listen_for_secrets(&mut self, clauses: &[Clause], values: &ClauseValues) {
        for (clause, values) in clauses.iter().zip(values).filter(|(clause, _)| clause.is_secret) {
            self.hearing.secret.push((Arc::clone(&self.scope.program), clause.clone(), values.clone()));
        }
    }

    /// As [`Run::listen_for_secrets`], and looks at the lines of the last answer, which are there already.
    fn learn_from_last(&mut self, clauses: &[Clause], values: &ClauseValues) {
        self.listen_for_secrets(clauses, values);
        for line in &self.scope.last.lines {
            self.hearing.learn_from(&Event::Response(&line.bytes));
        }
        self.hearing.secret.clear();
    }

    fn converse(&mut self, asked: &ReadyQuestion, clauses: &[Clause], values: &ClauseValues) -> Step<Captured> {
        if let [Clause { kind: ClauseKind::ExpectNothing { within }, span, .. }] = clauses {
            let within = self.view().duration(within)?;
            self.may_be_sent(asked)?;
            // A late answer would break the silence, or be taken for what this one is answered.
            let in_step = self.conversation.come_into_step(&mut self.hearing);
            in_step.map_err(|trouble| self.trouble(trouble, Some(asked), asked.span))?;
            self.write(asked)?;
            self.silence(asked, self.scaled(within), *span)?;
            return Ok(Captured::new());
        }
        if clauses.is_empty() && !asked.is_command {
            self.write(asked)?;
            // An empty line is answered by nothing.
            if !asked.question.bytes().trim_ascii().is_empty() {
                self.conversation.heed_refusal();
                self.unanswered = Some(Box::new(asked.clone()));
            }
            return Ok(Captured::new());
        }
        self.ask(asked, clauses, values)?;
        self.view().judge(asked, clauses, values)
    }

    /// The question of a `send` and what stands under it: its text with the values in place, what the catalogue tells
    /// of its answer, how long that may take, and the reply to a prompt.
    pub(super) fn asked(&mut self, send: &Send, clauses: &[Clause]) -> Step<ReadyQuestion> {
        if let Some(asked) = self.asked_before(send, clauses) {
            return Ok(asked);
        }
        let mut text = self.view().command(&send.text, send.form == SendForm::Raw)?;
        let command = text.trim_start_matches("+++").trim_end_matches(['\r', '\n']);
        if send.form != SendForm::At && command.len() < text.len() && text.starts_with('+') && is_command_line(command)
        {
            return Err(self.view().failed("hayes::run::data-mode joined", send.span, &[&command]));
        }
        // In data mode the other end may understand AT as well; but nobody hangs up there, nor behind `+++`.
        let hangs_up = command.eq_ignore_ascii_case("ATH") || command.eq_ignore_ascii_case("ATH0");
        let is_data = !hangs_up && matches!(self.conversation.mode(), Mode::Data { sure: true, leaving: false, .. });
        // `${module.reboot}`
        let begins_with_value = matches!(send.text.parts.first(), Some(TemplatePart::Value(_)));
        let is_command = match send.form {
            SendForm::At if begins_with_value && !is_command_line(&text) => {
                let what = match text.as_str() {
                    "" => "there is no command here: the value is empty".to_owned(),
                    text => format!("`{text}` is no AT command"),
                };
                return Err(self.view().failed("hayes::run::value command", send.span, &[&what]));
            }
            SendForm::At => true,
            SendForm::Text => !is_data && is_command_line(&text),
            SendForm::Raw => !is_data && text.strip_suffix('\r').is_some_and(is_command_line),
        };
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text.as_bytes());
        if send.form != SendForm::Raw {
            bytes.push(b'\r');
        }
        text.truncate(text.trim_end_matches('\r').len());
        let known = if is_command { prospect(&text, self.conversation.module()) } else { Prospect::default() };
        let repeated = self.scope.last.sent.as_deref().filter(|_| text.eq_ignore_ascii_case("A/"));
        let looked_up = Some(&known).filter(|_| is_command && repeated.is_none());
        let (line, needs_unsafe, stakes) =
            if is_data { Default::default() } else { judged(self.conversation, repeated.unwrap_or(&text), looked_up) };
        let Prospect { mut expected, longest, names_module, prompt, announced, .. } = known;
        let view = self.view();
        if let Some(why) = needs_unsafe.filter(|_| !self.nesting.in_unsafe) {
            let failure = view.told("hayes::run::needs-unsafe", send.span, &[&line, &why]);
            return Err(view.refuse(failure.sent(text)));
        }
        if self.nesting.in_retry
            && let Some(command) = tries_pin(&line)
        {
            let failure = view.told("hayes::run::pin-in-retry", send.span, &[&command]);
            return Err(view.refuse(failure.sent(text)));
        }
        expected.free = !is_command;
        expected.without_final |= clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::ExpectLast(_)));
        let longest = longest.unwrap_or_default();
        let timeout = send.within.as_ref().map_or(Ok(self.allowed(longest)), |within| view.duration(within))?;
        let (prompt, prompt_within) = view.prompt_plan(clauses, &text, prompt, announced)?;
        let question = Question::new(bytes, expected, self.scaled(timeout), prompt);
        let question =
            Arc::new(question.with_prompt_within(prompt_within.map_or(Duration::MAX, |within| self.scaled(within))));
        let (text, line, span) = (text.into(), line.into(), send.span);
        let asked = ReadyQuestion { text, line, question, span, is_command, names_module, stakes, longest };
        self.remember(send, clauses, &asked);
        Ok(asked)
    }

    /// The question as an earlier pass of a loop made it, if its timeout has not changed.
    fn asked_before(&self, send: &Send, clauses: &[Clause]) -> Option<ReadyQuestion> {
        let text = always_the_same(send, clauses).filter(|_| self.conversation.begun().is_empty());
        let asked = self.asked_before.get(text?)?;
        let timeout = self.scaled(self.allowed(asked.longest));
        (asked.question.timeout == timeout).then(|| ReadyQuestion { span: send.span, ..asked.clone() })
    }

    fn remember(&mut self, send: &Send, clauses: &[Clause], asked: &ReadyQuestion) {
        // What is refused by where it stands is looked at each time.
        let is_whole = *asked.line == *asked.text;
        let is_free = is_whole && !self.nesting.in_unsafe && tries_pin(&asked.text).is_none();
        if is_free && always_the_same(send, clauses).is_some() {
            if self.asked_before.len() >= MOST_REMEMBERED {
                self.asked_before.clear();
            }
            self.asked_before.insert(Arc::clone(&asked.text), asked.clone());
        }
    }

    /// How long an exchange without `within` may take whose command is known to take so long.
    fn allowed(&self, longest: Duration) -> Duration {
        if self.is_bound() { self.scope.timeout } else { self.scope.timeout.max(longest) }
    }

    /// `-t` holds whatever the command; a `timeout` of the script is another.
    fn is_bound(&self) -> bool {
        self.inputs.timeout_bounds && !self.scope.has_own_timeout
    }

    /// A timeout as it is on this run.
    fn scaled(&self, timeout: Duration) -> Duration {
        if self.inputs.timeout_scale == 1.0 {
            return timeout.min(YEAR);
        }
        let seconds = timeout.as_secs_f64() * self.inputs.timeout_scale.max(0.0);
        Duration::try_from_secs_f64(seconds).map_or(YEAR, |timeout| timeout.min(YEAR))
    }

    /// Sends it and waits for nothing.
    #[inline(never)]
    fn write(&mut self, asked: &ReadyQuestion) -> Step {
        self.may_be_sent(asked)?;
        self.outcome.exchanges += 1;
        self.hearing.replied = false;
        self.scope.last = Last::default();
        let written = self.conversation.write(asked.question.bytes(), asked.question.timeout, &mut self.hearing);
        written.map_err(|trouble| self.trouble(trouble, Some(asked), asked.span))
    }

    /// Sends it and waits for its answer, which is then the last one.
    fn ask(&mut self, asked: &ReadyQuestion, clauses: &[Clause], values: &ClauseValues) -> Step {
        self.pose(asked, clauses, values)?.map_err(|trouble| self.trouble(trouble, Some(asked), asked.span))
    }

    /// As [`Run::ask`], but the trouble that kept the answer from coming is returned as it is.
    fn pose(&mut self, asked: &ReadyQuestion, clauses: &[Clause], values: &ClauseValues) -> Step<Attempt> {
        self.may_be_sent(asked)?;
        self.outcome.exchanges += 1;
        self.hearing.replied = false;
        let now = self.conversation.now();
        let sent = self.hearing.mask.text(&asked.text);
        let what = Waiting::Answer { sent: &sent };
        self.hearing.listener.on_event(now, RuntimeEvent::Waiting { what, at_most: asked.question.timeout });
        let restart = clauses.iter().find_map(|clause| {
            if let ClauseKind::ExpectRestart { within } = &clause.kind { Some(within.as_ref()) } else { None }
        });
        let answer = if let Some(within) = restart {
            self.answer_of_restart(asked, within)?
        } else if asked.is_command {
            self.conversation.ask(&asked.question, &mut self.hearing)
        } else {
            let program = Arc::clone(&self.scope.program);
            let wanted = wanted(clauses, values);
            let mut hearing = FreeHearing { hearing: &mut self.hearing, program: &program, wanted };
            self.conversation.ask(&asked.question, &mut hearing)
        };
        // What is done afterwards has a frame of its own: this one is on the stack while the modem is waited for.
        match answer {
            Ok(answer) => {
                if answer.result.is_none() && clauses.iter().any(|it| matches!(it.kind, ClauseKind::ExpectLast(_))) {
                    self.conversation.owe();
                }
                self.answered(asked, answer);
                Ok(Ok(()))
            }
            Err(trouble) => {
                self.not_answered(asked, &trouble);
                Ok(Err(trouble))
            }
        }
    }

    #[inline(never)]
    fn answer_of_restart(&mut self, asked: &ReadyQuestion, within: Option<&Expression>) -> Step<Attempt<Answer>> {
        let within = self.scaled(within.map_or(Ok(REBOOT), |within| self.view().duration(within))?);
        Ok(self.conversation.ask_for_restart(&asked.question, within, &mut self.hearing))
    }

    #[inline(never)]
    fn not_answered(&mut self, asked: &ReadyQuestion, trouble: &Trouble) {
        let (sent, before) = (Some(Arc::clone(&asked.text)), self.scope.last.sent.take());
        let (lines, replied) = (trouble.received.clone(), self.hearing.replied);
        self.scope.last = Last { sent, before, lines, replied, ..Last::default() };
    }

    #[inline(never)]
    fn answered(&mut self, asked: &ReadyQuestion, answer: Answer) {
        self.unanswered = None;
        let Answer { mut lines, body, mut is_cut, result, elapsed } = answer;
        // A line that was cut meets no pattern, and gives no value.
        let came = lines.len();
        lines.retain(|line| line.bytes.len() < LONGEST_LINE);
        is_cut |= lines.len() < came;
        if asked.names_module {
            self.meet(&lines);
        }
        if asked.stakes != Stakes::default() {
            let done = result.as_ref().is_some_and(ResultCode::is_success);
            self.outcome.flash_writes += u64::from(done && asked.stakes.writes_flash);
            if let Some(guard) = &self.inputs.guard {
                guard.after(&asked.line, asked.stakes, &lines, result.as_ref());
            }
        }
        let (sent, replied) = (Some(Arc::clone(&asked.text)), self.hearing.replied);
        self.scope.last = Last { sent, lines, body, is_cut, result, elapsed, replied, ..Last::default() };
    }

    /// A command is not sent that would go to the other end of a connection, or that a guard holds back.
    fn may_be_sent(&mut self, asked: &ReadyQuestion) -> Step {
        self.refuse_in_data_mode(asked)?;
        if asked.stakes == Stakes::default() { Ok(()) } else { self.ask_guard(asked) }
    }

    #[inline(never)]
    fn ask_guard(&mut self, asked: &ReadyQuestion) -> Step {
        let Some(guard) = &self.inputs.guard else { return Ok(()) };
        // What puts things right at the end is not held back, but for what it may cost for good.
        let Stakes { tries_pin, illegal, .. } = asked.stakes;
        let stakes = match self.hearing.aborts_hold {
            true => asked.stakes,
            false => Stakes { tries_pin, illegal, ..Stakes::default() },
        };
        let is_whole = asked.is_command && *asked.line == *without_blanks(&asked.text);
        let leave = guard.before(&asked.line, is_whole, stakes, self.conversation, &mut self.hearing);
        for note in guard.untold() {
            self.hearing.event(self.conversation.now(), &Event::Notice(&note));
        }
        match leave.map_err(|trouble| self.trouble(trouble, Some(asked), asked.span))? {
            Leave::Send => Ok(()),
            Leave::Wait(duration) => {
                self.tell(RuntimeEvent::Pause { duration, left: None });
                self.pause(duration, asked.span)
            }
            Leave::Refuse(Complaint { code, message, help }) => {
                let view = self.view();
                let failure = view.problem(code, asked.span, message).label("not sent").help(help.unwrap_or_default());
                Err(view.refuse(failure.sent(&*asked.text)))
            }
        }
    }

    fn refuse_in_data_mode(&mut self, asked: &ReadyQuestion) -> Step {
        if !asked.is_command || !matches!(self.conversation.mode(), Mode::Data { .. }) {
            return Ok(());
        }
        let carries_data = self.conversation.carries_data(&mut self.hearing);
        if !carries_data.map_err(|trouble| self.trouble(trouble, Some(asked), asked.span))? {
            return Ok(());
        }
        let view = self.view();
        let failure = view.told("hayes::run::data-mode", asked.span, &[&asked.text]);
        Err(view.fail(failure.sent(&*asked.text)))
    }

    /// From here on what is known of the module holds: its times, its quirks, the meanings of its answers.
    fn meet(&mut self, lines: &[Line]) {
        let before = self.conversation.module();
        if let Some(module) = self.conversation.meet(lines)
            && before.is_none_or(|before| before.id != module.id)
        {
            // Its times and quirks are others.
            self.asked_before.clear();
            self.tell(RuntimeEvent::Met { module });
        }
    }

    /// For a `requires` at the head of a script, where no answer has told it yet. A modem that sleeps, or finds out the
    /// speed, may miss the first question.
    #[inline(never)]
    pub(crate) fn ask_which_module(&mut self, span: Span) -> Step {
        for (question, is_last) in [("AT+CGMM", false), ("ATI", true)] {
            let text = Template { parts: vec![TemplatePart::Text(question.to_owned())], span };
            let asked = self.asked(&Send { form: SendForm::At, text, within: None, span }, &[])?;
            let started = self.conversation.now();
            let answered = self.pose(&asked, &[], &Vec::new())?;
            self.exchange_ended(&asked, answered.is_ok(), started);
            match answered {
                Ok(()) if self.conversation.module().is_some() => break,
                Ok(()) => {}
                Err(trouble) if trouble.is_timeout() && !is_last => {}
                Err(trouble) => return Err(self.trouble(trouble, Some(&asked), span)),
            }
        }
        self.scope.last = Last::default();
        Ok(())
    }

    /// Whether the first answer was the script's own. What that takes is no time of the script's.
    #[inline(never)]
    pub(super) fn prove(&mut self, ended: Step) -> Step {
        if matches!(ended, Err(End::Failed(_) | End::Fatal(..) | End::PlanEnds)) {
            self.unanswered = None;
            return ended;
        }
        let before = self.conversation.now();
        let proved = self.conversation.prove(&mut self.hearing);
        self.started += self.conversation.now().saturating_sub(before);
        let proved = proved.map_err(|trouble| self.trouble(trouble, None, Span::default()));
        self.unanswered = None;
        proved.and(ended)
    }

    /// Before what nobody waited for loses its place: at the end of a block that takes failures, of a script, and
    /// before another script.
    pub(super) fn prove_sent(&mut self, ended: Step) -> Step {
        if self.unanswered.is_some() { self.prove(ended) } else { ended }
    }

    fn exchange_ended(&mut self, asked: &ReadyQuestion, passed: bool, started: Duration) {
        let now = self.conversation.now();
        let elapsed = now.saturating_sub(started);
        let sent = self.hearing.mask.text(&asked.text);
        self.hearing.listener.on_event(now, RuntimeEvent::ExchangeEnded { sent: &sent, passed, elapsed });
    }

    /// `expect nothing within D`
    #[inline(never)]
    fn silence(&mut self, asked: &ReadyQuestion, within: Duration, span: Span) -> Step {
        let line = match self.conversation.silence(within, &mut self.hearing) {
            Ok(None) => return Ok(()),
            Ok(Some(line)) => line,
            Err(trouble) => return Err(self.trouble(trouble, Some(asked), span)),
        };
        let came = format!("{} came", line.text());
        let view = self.view();
        let values: [&dyn Display; 3] = [&came, &asked.text, &ShownDuration(within)];
        let failure = view.told("hayes::run::silence-broken", span, &values);
        Err(view.fail(failure.also(asked.span, came).sent(&*asked.text).answer(&[line], None)))
    }

    /// The clauses of the program's question, held against the last answer.
    pub(super) fn follow(&mut self) -> Step {
        let program = Arc::clone(&self.scope.program);
        let Some(StatementKind::Exchange(exchange)) = program.script.body.statements.first().map(|it| &it.kind) else {
            return Ok(());
        };
        let asked = self.asked(&exchange.send, &[])?;
        let view = self.view();
        let values = view.clause_values(&exchange.clauses)?;
        if exchange.clauses.iter().any(is_when) {
            let (captured, body) = view.taken(Some(&asked), &exchange.clauses, &values)?;
            self.keep(captured);
            return self.block(body);
        }
        self.learn_from_last(&exchange.clauses, &values);
        let captured = self.view().judge(&asked, &exchange.clauses, &values)?;
        self.keep(captured);
        Ok(())
    }

    /// `capture … from EXPR`: as of an answer that has these lines.
    #[inline(never)]
    pub(super) fn capture_from(&mut self, clause: &Clause, from: &Expression) -> Step {
        let view = self.view();
        let values = view.clause_values(std::slice::from_ref(clause))?;
        let read = Last { lines: view.lines_of(from)?, ..Last::default() };
        let last = std::mem::replace(&mut self.scope.last, read);
        self.learn_from_last(std::slice::from_ref(clause), &values);
        let values = values.concat();
        let captured = self.view().captured(None, clause, &values);
        let kept = captured.map(|captured| self.keep(captured));
        self.scope.last = last;
        kept
    }

    pub(super) fn keep(&mut self, captured: Captured) {
        let now = self.conversation.now();
        self.view().hide_pieces(&captured);
        for (name, value) in captured {
            if value == crate::value::Value::list(Vec::new())
                && self.scope.last.lines.iter().any(|line| !line.bytes.is_empty())
            {
                let text = format!("no line of the answer is as `capture all … as {name}` has it: `{name}` is empty");
                self.hearing.event(now, &Event::Notice(&text));
            }
            let shown = self.hearing.mask.value(&value);
            self.hearing.listener.on_event(now, RuntimeEvent::Captured { name: &name, value: &shown });
            self.scope.capture(name, value);
        }
    }

    /// `ensure`: ask first, change only what differs, ask again.
    #[inline(never)]
    pub(super) fn ensure(&mut self, question: &Send, answers: &Alternatives, otherwise: &Block, span: Span) -> Step {
        let mut planned = None;
        if self.inputs.plan {
            let asked = self.asked(question, &[])?;
            let (promise, holds) = self.promise(&asked, answers)?;
            if holds == Some(true) {
                return Ok(());
            }
            if holds == Some(false) || self.leaves_out(&asked, question.form) {
                self.leave_out(&asked, &[])?;
                return self.describe(Some(answers), otherwise, promise);
            }
            planned = Some(promise);
        }
        if self.holds(question, answers)? {
            self.outcome.unchanged += 1;
            return self.ensured(question, Change::Unchanged);
        }
        if let Some(promise) = planned {
            self.outcome.changed += 1;
            self.left_out = true;
            self.ensured(question, Change::WouldChange)?;
            return self.describe(None, otherwise, promise);
        }
        let before = self.scope.last.lines.clone();
        self.block(otherwise)?;
        if self.holds(question, answers)? {
            self.outcome.changed += 1;
            return self.ensured(question, Change::Changed);
        }
        let view = self.view();
        let wanted_values = view.alternatives_values(answers)?;
        let wanted = view.patterns_text(answers, &wanted_values);
        let sent = view.text(&question.text)?;
        let values: [&dyn Display; 3] = [&sent, &view.answered(&sent), &wanted];
        let last = &self.scope.last;
        let page = match last.lines == before {
            true => "hayes::run::ensure-unchanged",
            false => "hayes::run::ensure-unchanged other",
        };
        let mut failure = view.told(page, question.span, &values);
        if let Some(help) = view.meant(answers, &wanted_values, &sent) {
            failure = failure.help(help);
        }
        let failure = failure.also(span, "in this `ensure`").sent(sent).answer(&last.lines, last.result.as_ref());
        Err(view.fail(failure))
    }

    /// Asks, and holds the answer against the patterns.
    fn holds(&mut self, question: &Send, answers: &Alternatives) -> Step<bool> {
        let asked = self.asked(question, &[])?;
        let values = self.view().alternatives_values(answers)?;
        let started = self.conversation.now();
        let ended = self.ask(&asked, &[], &Vec::new());
        // A refused question tells nothing of what is set, whatever came before.
        let ended = ended.and_then(|()| match self.view().refused_as(answers, &values) {
            true => Ok(true),
            false => {
                self.view().judge(&asked, &[], &Vec::new())?;
                self.view().answers(Some(&asked), question.span, answers, &values)
            }
        });
        self.exchange_ended(&asked, ended.is_ok(), started);
        ended
    }

    fn ensured(&mut self, question: &Send, change: Change) -> Step {
        let text = self.hearing.mask.string(self.view().text(&question.text)?);
        self.tell(RuntimeEvent::Ensured { question: &text, change });
        Ok(())
    }

    /// Sends the command, and waits until the modem has gone away, is back, and answers.
    #[inline(never)]
    pub(super) fn reboot(&mut self, command: &Send) -> Step {
        let asked = self.asked(command, &[])?;
        let within = match &command.within {
            Some(_) => asked.question.timeout,
            None => asked.question.timeout.max(self.scaled(REBOOT)),
        };
        if self.inputs.plan {
            self.left_out = true;
            self.note(&format!("would reboot the modem by {}", asked.text));
            return Ok(());
        }
        self.may_be_sent(&asked)?;
        self.outcome.exchanges += 1;
        self.scope.last = Last::default();
        self.tell(RuntimeEvent::Waiting { what: Waiting::Reboot, at_most: within });
        let started = self.conversation.now();
        self.hearing.reboots = true;
        let answer = self.conversation.reboot(&asked.question, within, &mut self.hearing);
        self.hearing.reboots = false;
        let ended = match answer {
            // A modem may refuse to restart; one that does so at once may send no result code.
            Ok(Answer { lines, body, is_cut, result, elapsed }) => {
                let sent = Some(Arc::clone(&asked.text));
                self.scope.last = Last { sent, lines, body, is_cut, result, elapsed, ..Last::default() };
                self.view().judge(&asked, &[], &Vec::new()).map(|_| ())
            }
            Err(trouble) => Err(self.trouble(trouble, Some(&asked), command.span)),
        };
        self.exchange_ended(&asked, ended.is_ok(), started);
        ended
    }

    #[inline(never)]
    pub(super) fn port(&mut self, action: &PortAction, span: Span) -> Step {
        let view = self.view();
        let control = match action {
            PortAction::Baud(rate) => Some(Control::Baud(view.speed(rate)?)),
            PortAction::Dtr(on) => Some(Control::Dtr(*on)),
            PortAction::Rts(on) => Some(Control::Rts(*on)),
            PortAction::Break(duration) => Some(Control::Break(view.duration(duration)?)),
            PortAction::Flush => Some(Control::Flush),
            PortAction::Escape => None,
        };
        // Only throwing away what came changes nothing at the other end.
        if self.inputs.plan && control != Some(Control::Flush) {
            self.left_out = true;
            let text = self.scope.program.source().slice(span).to_owned();
            self.note(&format!("would do: {text}"));
            return Ok(());
        }
        let done = match control {
            Some(control) => self.conversation.control(control),
            None => self.conversation.escape(Why::Question, &mut self.hearing),
        };
        if control.is_none() {
            self.stays_in_data_mode = matches!(&done, Err(Trouble { kind: TroubleKind::InDataMode, .. }));
        }
        done.map_err(|trouble| self.trouble(trouble, None, span))
    }

    /// `await`. Without `within` it waits as long as an answer may take: the script's `timeout`.
    #[inline(never)]
    pub(super) fn wait(&mut self, wait: &Await, span: Span) -> Step {
        let is_set_off = !matches!(wait.target, AwaitTarget::Quiet { .. });
        // As behind `reboot`, the plan goes on behind a restart.
        if self.inputs.plan && self.left_out && matches!(wait.target, AwaitTarget::Restart) {
            return Ok(());
        }
        if self.inputs.plan && self.left_out && is_set_off {
            return self.plan_ends("it waits for something that was not set off");
        }
        let view = self.view();
        let within = wait.within.as_ref().map_or(Ok(self.scope.timeout), |within| view.duration(within))?;
        let within = self.scaled(within);
        let patience = self.patience(within);
        match self.wait_for(wait, patience, span) {
            Err(End::Failed(failure)) if patience < within && failure.diagnostic.code == "hayes::run::timeout" => {
                self.plan_ends("the run would wait for longer")
            }
            ended => ended,
        }
    }

    fn wait_for(&mut self, wait: &Await, within: Duration, span: Span) -> Step {
        let view = self.view();
        match &wait.target {
            AwaitTarget::Line(patterns) => self.wait_for_line(patterns, &wait.clauses, within, span),
            AwaitTarget::When => {
                let patterns =
                    wait.clauses.iter().filter(|clause| is_when(clause)).flat_map(Clause::patterns).cloned().collect();
                self.wait_for_line(&patterns, &wait.clauses, within, span)
            }
            AwaitTarget::Quiet { duration } => {
                let quiet = view.silence(duration, wait.within.as_deref())?;
                // Without a bound of its own it must at least be possible.
                let within = if wait.within.is_some() { within } else { within.max(quiet * 2) };
                self.tell(RuntimeEvent::Waiting { what: Waiting::Quiet { duration: quiet }, at_most: within });
                let until = self.conversation.now() + within;
                let came = self.conversation.quiet(quiet, until, &mut self.hearing);
                let (quiet, within) = (ShownDuration(quiet), ShownDuration(within));
                self.came(came, "hayes::run::timeout noise", span, &[&quiet, &within])
            }
            AwaitTarget::Restart => {
                let within = if wait.within.is_some() { within } else { within.max(self.scaled(REBOOT)) };
                self.tell(RuntimeEvent::Waiting { what: Waiting::Reboot, at_most: within });
                let came = self.conversation.restart(within, &mut self.hearing);
                came.map_err(|trouble| self.trouble(trouble, None, span))
            }
            AwaitTarget::Prompt { text } => {
                let text = view.text(text)?;
                let shown = self.hearing.mask.text(&text).into_owned();
                self.tell(RuntimeEvent::Waiting { what: Waiting::Prompt { text: &shown }, at_most: within });
                let until = self.conversation.now() + within;
                let came = self.conversation.prompt(text.as_bytes(), until, &mut self.hearing);
                self.came(came, "hayes::run::timeout prompt", span, &[&text, &ShownDuration(within)])?;
                self.scope.last = Last { lines: vec![Line { bytes: text.into() }], ..Last::default() };
                Ok(())
            }
        }
    }

    /// Whether what was waited for came in time; what is said where it did not.
    fn came(&mut self, came: Result<bool, Trouble>, page: &'static str, span: Span, values: &[&dyn Display]) -> Step {
        if came.map_err(|trouble| self.trouble(trouble, None, span))? {
            return Ok(());
        }
        Err(self.view().failed(page, span, values))
    }

    fn wait_for_line(&mut self, patterns: &Alternatives, clauses: &[Clause], within: Duration, span: Span) -> Step {
        let view = self.view();
        let values = view.alternatives_values(patterns)?;
        let clause_values = view.clause_values(clauses)?;
        let wanted = view.patterns_text(patterns, &values);
        let shown = self.hearing.mask.string(wanted.clone());
        self.tell(RuntimeEvent::Waiting { what: Waiting::Line { patterns: &shown }, at_most: within });
        let started = self.conversation.now();
        let program = Arc::clone(&self.scope.program);
        let meets = |line: &[u8]| line.len() < LONGEST_LINE && matches(&program, patterns, &values, line);
        self.listen_for_secrets(clauses, &clause_values);
        // The result code of the last answer came since its question was sent: nothing says it once more.
        let is_code =
            |pattern: &Pattern| pattern.plain().is_some_and(|text| result_code::parse(text.as_bytes()).is_some());
        let are_codes = patterns.iter().all(is_code);
        // A refusal that came since holds: what succeeded before it says nothing more.
        let newest = self.conversation.codes().last().filter(|_| are_codes);
        let refuses = |code: &[u8]| !meets(code) && result_code::parse(code).is_some_and(|code| !code.is_success());
        let mut outdated = if newest.is_some_and(refuses) { self.conversation.codes().count() } else { 0 };
        let code = self.scope.last.result.as_ref().filter(|code| code.is_success() && are_codes && newest.is_none());
        let code = code.map(|code| Line { bytes: code.to_string().into() }).filter(|line| meets(&line.bytes));
        let mut fits = |line: &[u8]| {
            let is_outdated = outdated > 0 && result_code::parse(line).is_some();
            outdated -= usize::from(is_outdated);
            !is_outdated && meets(line)
        };
        let came = match code {
            Some(line) => Ok(Some(line)),
            None => self.conversation.await_line(started + within, &mut fits, &mut self.hearing),
        };
        self.hearing.secret.clear();
        let pushed = std::mem::take(&mut self.hearing.pushed);
        let line = match came {
            Ok(Some(line)) => line,
            Ok(None) => {
                if let Some(body) = in_place_of_answer(clauses, &WhenEvent::Timeout) {
                    self.scope.last = Last::default();
                    return self.block(body);
                }
                let last = &self.scope.last;
                let asked = last.sent.as_deref().filter(|_| last.lines.iter().any(|line| fits(&line.bytes)));
                // `"+CEREG: 5"`
                let prefix = wanted.trim_start_matches(['"', '\'']).split(':').next().unwrap_or_default();
                let pushed = pushed.iter().find(|data| meets(data)).map(|data| text(data).into_owned());
                let (page, about) = match asked {
                    Some(asked) => ("hayes::run::timeout line-answered", asked),
                    None if matches!(self.conversation.mode(), Mode::Data { .. }) => {
                        ("hayes::run::timeout line-data", "")
                    }
                    None if let Some(data) = &pushed => ("hayes::run::timeout line-pushed", data.as_str()),
                    None if tells_changes(prefix) => ("hayes::run::timeout state", prefix),
                    None => ("hayes::run::timeout line", ""),
                };
                let values: [&dyn Display; 3] = [&wanted, &ShownDuration(within), &about];
                let values = if about.is_empty() { values.get(..2).unwrap_or_default() } else { &values };
                return Err(self.view().failed(page, span, values));
            }
            Err(trouble) => return Err(self.trouble(trouble, None, span)),
        };
        let elapsed = self.conversation.now().saturating_sub(started);
        self.scope.last = Last { lines: vec![line], elapsed, ..Last::default() };
        // It may have come, and been told, while nobody awaited it.
        self.learn_from_last(clauses, &clause_values);
        if clauses.iter().any(is_when) {
            let (captured, body) = self.view().taken(None, clauses, &clause_values)?;
            self.keep(captured);
            return self.block(body);
        }
        let mut captured = Captured::new();
        for (clause, values) in clauses.iter().zip(&clause_values) {
            captured.extend(self.view().captured(None, clause, values)?);
        }
        self.keep(captured);
        Ok(())
    }

    pub(super) fn sleep(&mut self, duration: &Expression, span: Span) -> Step {
        let duration = self.view().duration(duration)?;
        self.tell(RuntimeEvent::Waiting { what: Waiting::Sleep, at_most: duration });
        self.pause(duration, span)
    }

    /// Lets time pass; what comes meanwhile is heard.
    pub(super) fn pause(&mut self, duration: Duration, span: Span) -> Step {
        if self.patience(duration) < duration {
            self.note(&format!("would wait {}", ShownDuration(duration)));
            return Ok(());
        }
        self.conversation.sleep(duration, &mut self.hearing).map_err(|trouble| self.trouble(trouble, None, span))
    }

    /// How the script goes on after this: a failure, or its end. After Ctrl-C what still runs is ended by the AT rules.
    #[inline(never)]
    fn trouble(&mut self, trouble: Trouble, asked: Option<&ReadyQuestion>, span: Span) -> End {
        if let NoAnswer(FailureKind::Refused(_, result)) = &trouble.kind
            && let Some(sent) = self.unanswered.take()
        {
            self.scope.last =
                Last { sent: Some(Arc::clone(&sent.text)), result: Some(result.clone()), ..Last::default() };
            if let Err(end) = self.view().judge(&sent, &[], &Vec::new()) {
                return end;
            }
        }
        let stopped_by = self.hearing.stopped_by.take();
        let end = self.end_by(&trouble, asked, span, stopped_by.and_then(|index| self.hearing.aborts.get(index)));
        if trouble.is_interrupt() {
            self.interrupted();
        }
        end
    }

    /// By what a question asks for data that the script has none for: its answer waits for them.
    fn unheeded_prompt(&self, asked: &ReadyQuestion, silence: Silence) -> Option<&'static str> {
        let is_open = matches!(silence, Silence::AllButEcho | Silence::NoFinal | Silence::Strange);
        let is_open = is_open && asked.is_command && asked.question.prompt.mark().is_none();
        Some(prospect(&asked.text, self.conversation.module()).prompt.filter(|_| is_open)?.mark)
    }

    /// What a question without an answer, or a wait without an end, means to the script.
    #[inline(never)]
    fn end_by(&self, trouble: &Trouble, asked: Option<&ReadyQuestion>, span: Span, abort: Option<&Abort>) -> End {
        let view = self.view();
        let what = asked.map_or_else(|| waiting(view.scope.shown.slice(span)), |asked| asked.text.to_string());
        let told = |page: &'static str, values: &[&dyn Display]| {
            let failure = view.told(page, span, values).answer(&trouble.received, None);
            match asked {
                Some(asked) => failure.sent(&*asked.text),
                None => failure,
            }
        };
        let waited = ShownDuration(trouble.waited);
        let after = |page| view.fail(told(page, &[&what, &waited]));
        let unreachable = |failure| End::Fatal(Status::Unreachable, view.whole(failure));
        match &trouble.kind {
            NoAnswer(FailureKind::Timeout(silence)) => {
                let failure = if let Some((line, result)) = in_small_letters(trouble) {
                    told("hayes::run::timeout small-letters", &[&what, &waited, &line.trim(), &result])
                } else if let Some(header) = asked.and_then(|asked| counting(&asked.question, trouble)) {
                    told("hayes::run::timeout counted", &[&what, &waited, &header])
                } else if let Some(mark) = asked.and_then(|asked| self.unheeded_prompt(asked, *silence)) {
                    told("hayes::run::timeout data-wanted", &[&what, &waited, &mark])
                } else {
                    let page = timeout_page(self.conversation.mode(), *silence);
                    let longest = asked.map_or(Duration::ZERO, |asked| self.scaled(asked.longest));
                    let is_cut = self.is_bound() && longest > trouble.waited;
                    let cut = ["hayes::run::timeout silence", "hayes::run::timeout echo"].contains(&page);
                    let page = if is_cut && cut { "hayes::run::timeout bound" } else { page };
                    told(page, &[&what, &waited, &ShownDuration(longest)])
                };
                view.fail(self.restarted(failure))
            }
            NoAnswer(FailureKind::Stopped(line)) => {
                let line = line.text();
                let message = match abort.and_then(|abort| abort.why.as_ref()) {
                    Some(why) => format!("{why} ({line} came)"),
                    None => format!("{line} came, on which the script aborts"),
                };
                let failure = told("hayes::run::aborted", &[&message, &line]);
                // A script that this one was run by may have said it.
                view.refuse(match abort.filter(|abort| abort.source.name == view.scope.shown.name) {
                    Some(abort) => failure.also(abort.span, "ends the script"),
                    None => failure,
                })
            }
            NoAnswer(FailureKind::UnexpectedPrompt(prompt)) => {
                let prompt = prompt.text();
                view.fail(match asked.and_then(|asked| asked.question.prompt.mark()) {
                    Some(mark) => told("hayes::run::unexpected-prompt other", &[&what, &prompt.trim(), &mark]),
                    None => told("hayes::run::unexpected-prompt", &[&what, &prompt.trim()]),
                })
            }
            NoAnswer(FailureKind::NoPrompt { mark, result }) => {
                let failure = told("hayes::run::no-prompt", &[&what, &mark.trim()]);
                view.fail(failure.answer(&trouble.received, result.as_ref()))
            }
            NoAnswer(FailureKind::TookLess { taken }) => {
                view.fail(told("hayes::run::reply-length cut", &[&what, taken]))
            }
            NoAnswer(FailureKind::OutOfStep { tries }) => view.fail(match in_small_letters(trouble) {
                Some((line, result)) => {
                    told("hayes::run::out-of-step small-letters", &[&what, tries, &waited, &line.trim(), &result])
                }
                None => told("hayes::run::out-of-step", &[&what, tries, &waited]),
            }),
            NoAnswer(FailureKind::Refused(line, _)) => {
                view.fail(told("hayes::run::out-of-step surplus", &[&line.text()]))
            }
            NoAnswer(FailureKind::Misled(line)) => view.fail(told("hayes::run::out-of-step misled", &[&line.text()])),
            NoAnswer(FailureKind::Restarted(line)) => {
                view.fail(self.restarted(told("hayes::run::restarted", &[&what, &line.text()])))
            }
            NoAnswer(FailureKind::Off(line)) => view.fail(told("hayes::run::restarted off", &[&what, &line.text()])),
            TroubleKind::NoRestart => view.fail(told("hayes::run::timeout no-restart", &[&waited])),
            TroubleKind::NeverGone => after("hayes::run::timeout never-gone"),
            TroubleKind::NeverBack { is_lost: true } => {
                unreachable(told("hayes::run::lost never-back", &[&what, &waited]))
            }
            TroubleKind::NeverBack { is_lost: false } => after("hayes::run::timeout never-back"),
            TroubleKind::InDataMode => view.fail(told("hayes::run::data-mode escape", &[&waited])),
            TroubleKind::Port(Fault::Lost(why)) => {
                let is_given = asked.is_some() && self.hearing.replied;
                let page = if is_given { "hayes::run::lost given" } else { "hayes::run::lost" };
                unreachable(told(page, &[&what, why]))
            }
            TroubleKind::Port(Fault::Interrupted) => {
                let mut failure = told("hayes::run::interrupted", &[&what]);
                // In a pause: what was asked and heard last.
                if failure.sent.is_none() && failure.answer.is_empty() {
                    failure = failure.answer(&view.scope.last.lines, view.scope.last.result.as_ref());
                    failure.sent = view.scope.last.sent.as_deref().map(str::to_owned);
                }
                End::Fatal(Status::Interrupted, view.whole(failure))
            }
            TroubleKind::Port(fault @ (Fault::WriteTimeout { .. } | Fault::Unsupported(_) | Fault::System(_))) => {
                view.fail(told("hayes::run::port", &[fault]))
            }
        }
    }

    /// It was not known that the modem is away behind the command before this one.
    fn restarted(&self, failure: Box<Failure>) -> Box<Failure> {
        let before = self.scope.last.before.as_deref();
        match before.and_then(|before| Some((before, away(before)?))) {
            Some((before, Away::Restarts)) => failure.help(format!(
                "{before} restarted the modem: write `reboot {before}`, which waits until it is back"
            )),
            Some((before, Away::Off)) => failure.help(format!(
                "{before} switched the modem off: its power key or its supply brings it back; to restart it, write `reboot ${{module.reboot}}`"
            )),
            None => failure,
        }
    }

    pub(super) fn interrupted(&mut self) {
        self.interrupts += 1;
        if self.interrupts == 1 {
            self.tell(RuntimeEvent::Interrupted { has_finally: self.nesting.has_finally });
        }
        // The second time it means: now. It may well come while the first is being heeded.
        if self.interrupts == 1
            && let Err(trouble) = self.conversation.interrupt(self.nesting.has_finally, &mut self.hearing)
            && trouble.is_interrupt()
        {
            self.interrupts += 1;
        }
    }
}

/// The line that came and would be a result code in capitals, and that one.
fn in_small_letters(trouble: &Trouble) -> Option<(String, &'static str)> {
    trouble.received.iter().find_map(|line| Some((line.text(), result_code::in_capitals(&line.bytes)?)))
}

/// The line that counts data of which not all came: `+QIRD: 50`, `CONNECT 50`.
fn counting(question: &Question, trouble: &Trouble) -> Option<String> {
    let counts = matches!(question.expected.shape, Shape::Counted { .. } | Shape::Connect);
    let last = trouble.received.last().filter(|_| counts)?.text();
    let (header, _) = last.split_once(['\r', '\n'])?;
    Some(header.to_owned())
}

fn timeout_page(mode: Mode, silence: Silence) -> &'static str {
    match (mode, silence) {
        (Mode::Data { .. }, _) => "hayes::run::timeout data",
        (_, Silence::Total) => "hayes::run::timeout silence",
        (_, Silence::AllButEcho) => "hayes::run::timeout echo",
        (_, Silence::NoFinal) => "hayes::run::timeout no-final",
        (_, Silence::Strange) => "hayes::run::timeout strange",
        (_, Silence::NoPrompt) => "hayes::run::timeout no-prompt",
        (_, Silence::Frames) => "hayes::run::timeout frames",
        (_, Silence::Garbage) => "hayes::run::timeout garbage",
    }
}

/// The text of a question that is the same each time: without values, a time or a prompt of its own. What a loop polls
/// is looked up once.
fn always_the_same<'s>(send: &'s Send, clauses: &[Clause]) -> Option<&'s str> {
    let [TemplatePart::Text(text)] = send.text.parts.as_slice() else { return None };
    let is_plain = send.form == SendForm::At && send.within.is_none();
    (is_plain && !clauses.iter().any(Clause::is_prompt)).then_some(text)
}

/// What a free text's answer must hold before it ends; the patterns of all `when` lines are one thing.
fn wanted<'c>(clauses: &'c [Clause], values: &'c ClauseValues) -> Vec<Sought<'c>> {
    let mut branches = Sought::new();
    let mut wanted = Vec::new();
    for (clause, values) in clauses.iter().zip(values) {
        match &clause.kind {
            ClauseKind::Expect(patterns) | ClauseKind::ExpectLast(patterns) | ClauseKind::CapturePattern(patterns) => {
                wanted.push(vec![(patterns.as_slice(), values.as_slice())]);
            }
            // Only a final result code tells that all lines are there, or that the reply was taken.
            ClauseKind::CaptureAll { .. } | ClauseKind::CaptureAllPattern { .. } | ClauseKind::Prompt { .. } => {
                wanted.push(Sought::new());
            }
            ClauseKind::When { event, .. } => branches.push((event.patterns(), values.as_slice())),
            ClauseKind::Capture { .. } | ClauseKind::ExpectNothing { .. } | ClauseKind::ExpectRestart { .. } => {}
        }
    }
    wanted.extend((!branches.is_empty()).then_some(branches));
    wanted
}

fn is_when(clause: &Clause) -> bool {
    matches!(clause.kind, ClauseKind::When { .. })
}

/// What runs where this came in place of an answer: `when timeout`, `when restart`, else `else`.
fn without_answer<'c>(clauses: &'c [Clause], trouble: &Trouble) -> Option<&'c Block> {
    if matches!(trouble.kind, NoAnswer(FailureKind::Restarted(_))) {
        return in_place_of_answer(clauses, &WhenEvent::Restart);
    }
    trouble.is_timeout().then(|| in_place_of_answer(clauses, &WhenEvent::Timeout))?
}

fn in_place_of_answer<'c>(clauses: &'c [Clause], event: &WhenEvent) -> Option<&'c Block> {
    let branch = |clause: &'c Clause| {
        if let ClauseKind::When { event, body } = &clause.kind { Some((event, body)) } else { None }
    };
    let branches = || clauses.iter().filter_map(branch);
    let found = branches().find(|(wanted, _)| *wanted == event);
    let otherwise = || branches().find(|(wanted, _)| **wanted == WhenEvent::Otherwise);
    found.or_else(otherwise).map(|(_, body)| body)
}

/// Hears the answer to a text that is no AT command: it ends when a line has matched each thing that is wanted.
struct FreeHearing<'h, 'r> {
    hearing: &'h mut Hearing<'r>,
    program: &'h Program,
    /// What no line has matched so far: any of these patterns, with the values of its `${…}`.
    wanted: Vec<Sought<'h>>,
}

/// Patterns of which one is enough, with the values of their `${…}`.
type Sought<'h> = Vec<(&'h [Pattern], &'h Values)>;

impl at::Hearer for FreeHearing<'_, '_> {
    fn event(&mut self, now: Duration, event: &Event<'_>) {
        self.hearing.event(now, event);
    }

    fn line(&mut self, line: &[u8]) -> Verdict {
        if self.hearing.line(line) == Verdict::Stop {
            return Verdict::Stop;
        }
        let came =
            |sought: &Sought<'_>| sought.iter().any(|(patterns, values)| matches(self.program, patterns, values, line));
        self.wanted.retain(|sought| !came(sought));
        // Nothing but positional captures is wanted: any line may hold them.
        if self.wanted.is_empty() { Verdict::Enough } else { Verdict::GoOn }
    }
}

pub(super) fn matches(program: &Program, patterns: &[Pattern], values: &Values, line: &[u8]) -> bool {
    let mut known = patterns.iter().zip(values);
    known.any(|(pattern, values)| program.matcher(pattern).is_some_and(|matcher| matcher.matches(line, values)))
}

/// What waits at this place, where no question is open: `sleep 20s`, `await "+CMTI"`; of a loop, its pause.
fn waiting(statement: &str) -> String {
    let line = statement.lines().next().unwrap_or_default().trim_end_matches('{').trim();
    match line.split_once(' ') {
        Some((word @ ("retry" | "repeat"), _)) => format!("the pause of `{word}`"),
        Some(_) | None => format!("`{line}`"),
    }
}
