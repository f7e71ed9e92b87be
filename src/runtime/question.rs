//! A `send` → the question that the session is given: its text with the values in place, what the catalogue tells of its
//! answer, how long that may take, and the reply to a prompt.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::expression::YEAR;
use super::interpreter::Run;
use super::problem::{Step, code};
use super::template::is_command_line;
use crate::at::{PromptPlan, Question};
use crate::catalogue::{Prospect, prospect};
use crate::check::tries_pin;
use crate::conversation::Mode;
use crate::source::Span;
use crate::syntax::ast::{Clause, ClauseKind, PromptEnd, Send, SendForm, Template, TemplatePart};

/// A question that is ready to be sent.
#[derive(Clone)]
pub(super) struct Asked {
    /// Without its CR.
    pub(super) text: Arc<str>,
    pub(super) question: Arc<Question>,
    pub(super) span: Span,
    /// An AT command line: it is answered with a final result code.
    pub(super) is_command: bool,
    /// Its answer tells which module it is.
    pub(super) names_module: bool,
}

/// Questions that a script asks in the same words each time: what a loop polls is looked up once. They hold as long as
/// the modem is the same one.
#[derive(Default)]
pub(super) struct AskedBefore(HashMap<Arc<str>, Known>);

struct Known {
    asked: Asked,
    /// By the documents
    longest: Duration,
}

impl AskedBefore {
    /// So many are kept; few scripts have more.
    const MOST: usize = 64;

    fn get(&self, text: &str) -> Option<&Known> {
        self.0.get(text)
    }

    fn insert(&mut self, known: Known) {
        if self.0.len() >= AskedBefore::MOST {
            self.forget();
        }
        self.0.insert(Arc::clone(&known.asked.text), known);
    }

    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

/// The text of a question that is the same each time: without values, a time or a prompt of its own.
fn always_the_same<'s>(send: &'s Send, clauses: &[Clause]) -> Option<&'s str> {
    let [TemplatePart::Text(text)] = send.text.parts.as_slice() else { return None };
    let asks_for_data =
        |clause: &Clause| matches!(clause.kind, ClauseKind::PromptReply { .. } | ClauseKind::PromptCancel { .. });
    let is_plain = send.form == SendForm::At && send.within.is_none();
    (is_plain && !clauses.iter().any(asks_for_data)).then_some(text)
}

impl Run<'_> {
    /// The question of a `send` and what stands under it, the values in place.
    pub(super) fn asked(&mut self, send: &Send, clauses: &[Clause]) -> Step<Asked> {
        if let Some(asked) = self.asked_before(send, clauses) {
            return Ok(asked);
        }
        let mut text = self.command(&send.text, send.form == SendForm::Raw)?;
        // In data mode the other end may understand AT as well.
        let is_data = self.conversation.mode() == Mode::Data { sure: true };
        let is_command = match send.form {
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
        let Prospect { mut expected, longest, names_module, needs_unsafe, mark } =
            if is_command { prospect(&text, self.conversation.module()) } else { Prospect::default() };
        if let Some(why) = needs_unsafe.filter(|_| self.in_unsafe == 0) {
            let what = format!("{text} stands outside of `unsafe`: {why}");
            let help = "if that is meant, say why: `unsafe \"why\" { … }`";
            return Err(self.refuse(self.problem(code::NEEDS_UNSAFE, send.span, what).sent(text).help(help)));
        }
        if self.in_retry > 0
            && is_command
            && let Some(command) = tries_pin(&text)
        {
            let what = format!("`{command}` in a `retry`: each wrong try uses up one of the SIM's few attempts");
            let help = "send it once, outside of the `retry`";
            return Err(self.refuse(self.problem(code::PIN_IN_RETRY, send.span, what).sent(text).help(help)));
        }
        expected.free = !is_command;
        let timeout = match &send.within {
            Some(within) => self.duration(within)?,
            None => self.scope.timeout.max(longest.unwrap_or_default()),
        };
        let prompt = self.prompt_plan(clauses, mark)?;
        let question = Arc::new(Question::new(bytes, expected, self.scaled(timeout), prompt));
        let asked = Asked { text: text.into(), question, span: send.span, is_command, names_module };
        self.remember(send, clauses, longest, &asked);
        Ok(asked)
    }

    /// The same question as it was asked before, where nothing has changed for it.
    fn asked_before(&self, send: &Send, clauses: &[Clause]) -> Option<Asked> {
        let Known { asked, longest } = self.asked_before.get(always_the_same(send, clauses)?)?;
        let timeout = self.scaled(self.scope.timeout.max(*longest));
        (asked.question.timeout == timeout).then(|| Asked { span: send.span, ..asked.clone() })
    }

    fn remember(&mut self, send: &Send, clauses: &[Clause], longest: Option<Duration>, asked: &Asked) {
        // What is refused by where it stands is looked at each time.
        let is_free = self.in_unsafe == 0 && tries_pin(&asked.text).is_none();
        if is_free && always_the_same(send, clauses).is_some() {
            let known = Known { asked: asked.clone(), longest: longest.unwrap_or_default() };
            self.asked_before.insert(known);
        }
    }

    /// A timeout as it is on this run.
    pub(super) fn scaled(&self, timeout: Duration) -> Duration {
        if self.inputs.timeout_scale == 1.0 {
            return timeout.min(YEAR);
        }
        let seconds = timeout.as_secs_f64() * self.inputs.timeout_scale.max(0.0);
        Duration::try_from_secs_f64(seconds).map_or(YEAR, |timeout| timeout.min(YEAR))
    }

    /// `known`: the prompt by which the command is known to ask; one that the script names goes before it.
    #[inline(never)]
    fn prompt_plan(&self, clauses: &[Clause], known: Option<&str>) -> Step<PromptPlan> {
        let mark = |mark: &Option<Template>| match mark {
            Some(mark) => self.text(mark).map(Some),
            None => Ok(known.map(str::to_owned)),
        };
        for clause in clauses {
            match &clause.kind {
                ClauseKind::PromptReply { mark: text, text: reply, end } => {
                    let mut bytes = self.reply(reply)?.into_bytes();
                    match end {
                        PromptEnd::CtrlZ => bytes.push(0x1A),
                        PromptEnd::Cr => bytes.push(b'\r'),
                        PromptEnd::Esc => bytes.push(0x1B),
                        PromptEnd::Nothing => {}
                    }
                    return Ok(PromptPlan::Reply { mark: mark(text)?, bytes });
                }
                ClauseKind::PromptCancel { mark: text } => return Ok(PromptPlan::Cancel { mark: mark(text)? }),
                ClauseKind::Expect(_)
                | ClauseKind::ExpectNothing { .. }
                | ClauseKind::Capture { .. }
                | ClauseKind::CapturePattern(_)
                | ClauseKind::CaptureAll { .. } => {}
            }
        }
        Ok(PromptPlan::Unexpected)
    }
}
