//! How a statement ends other than well, and how a failure is put together.

use std::sync::Arc;

use super::interpreter::Run;
use super::outcome::{Call, Failure, Status};
use crate::diagnostic::Label;
use crate::source::Span;

pub(super) mod code {
    //! The stable codes of what can go wrong while a script runs.
    pub(crate) const UNEXPECTED_RESULT: &str = "hayes::run::unexpected-result";
    pub(crate) const TIMEOUT: &str = "hayes::run::timeout";
    pub(crate) const NO_MATCH: &str = "hayes::run::no-match";
    pub(crate) const CAPTURE_MISSING: &str = "hayes::run::capture-missing";
    pub(crate) const CAPTURE_CONVERT: &str = "hayes::run::capture-convert";
    pub(crate) const ASSERT: &str = "hayes::run::assert";
    pub(crate) const FAIL: &str = "hayes::run::fail";
    pub(crate) const LOST: &str = "hayes::run::lost";
    pub(crate) const PORT: &str = "hayes::run::port";
    pub(crate) const ABORTED: &str = "hayes::run::aborted";
    pub(crate) const UNEXPECTED_PROMPT: &str = "hayes::run::unexpected-prompt";
    pub(crate) const NO_PROMPT: &str = "hayes::run::no-prompt";
    pub(crate) const INJECTION: &str = "hayes::run::injection";
    pub(crate) const ARITHMETIC: &str = "hayes::run::arithmetic";
    pub(crate) const TYPE: &str = "hayes::run::type";
    pub(crate) const VALUE: &str = "hayes::run::value";
    pub(crate) const UNSET: &str = "hayes::run::unset";
    pub(crate) const SILENCE_BROKEN: &str = "hayes::run::silence-broken";
    pub(crate) const OUT_OF_STEP: &str = "hayes::run::out-of-step";
    pub(crate) const DATA_MODE: &str = "hayes::run::data-mode";
    pub(crate) const INTERRUPTED: &str = "hayes::run::interrupted";
    pub(crate) const CONFIRM: &str = "hayes::run::confirm";
    pub(crate) const ENSURE_UNCHANGED: &str = "hayes::run::ensure-unchanged";
    pub(crate) const MISSING_PARAM: &str = "hayes::run::missing-param";
    pub(crate) const NEEDS_UNSAFE: &str = "hayes::run::needs-unsafe";
    pub(crate) const PIN_IN_RETRY: &str = "hayes::run::pin-in-retry";
    pub(crate) const TOO_DEEP: &str = "hayes::run::too-deep";
    pub(crate) const TOO_LONG: &str = "hayes::run::too-long";
    pub(crate) const NO_SCRIPT: &str = "hayes::run::no-script";
}

/// What a statement yields, or how it ended the script.
pub(super) type Step<T = ()> = Result<T, End>;

pub(super) enum End {
    /// `try` and `retry` may take it.
    Failed(Box<Failure>),
    /// Nothing may take it: aborted, lost, interrupted, not confirmed.
    Fatal(Status, Box<Failure>),
    Skipped(String),
    Stopped,
    /// `--plan` cannot tell further: it ends here, called or not.
    PlanEnds,
}

/// A failure in the making: what the place that finds it knows. Boxed, since it is handed on many times, and each of
/// these places would keep room for it on the stack of a run that goes well.
pub(super) struct Problem {
    failure: Box<Failure>,
}

impl Run<'_> {
    /// A problem at a place of the script that runs.
    #[inline(never)]
    pub(super) fn problem(&self, code: &'static str, span: Span, message: impl Into<String>) -> Problem {
        Problem {
            failure: Box::new(Failure {
                code,
                message: message.into(),
                source: Arc::clone(&self.scope.shown),
                labels: vec![Label { span, text: String::new() }],
                sent: None,
                answer: Vec::new(),
                result: None,
                meaning: None,
                help: None,
                called_from: Vec::new(),
            }),
        }
    }

    /// The failure, secrets masked.
    pub(super) fn failure(&self, problem: Problem) -> Box<Failure> {
        let mut failure = problem.failure;
        let mask = &self.hearing.mask;
        if !mask.is_empty() {
            let masked = |text: &mut String| *text = mask.string(std::mem::take(text));
            masked(&mut failure.message);
            failure.labels.iter_mut().for_each(|label| masked(&mut label.text));
            failure.answer.iter_mut().for_each(masked);
            for text in [&mut failure.sent, &mut failure.result, &mut failure.meaning, &mut failure.help] {
                text.iter_mut().for_each(masked);
            }
            failure.source = mask.source(&failure.source);
        }
        let shown = |call: &Call| Call { source: mask.source(&call.source), span: call.span };
        failure.called_from = self.calls.iter().rev().map(shown).collect();
        failure
    }

    /// What must not be sent: neither `try` nor `retry` takes that.
    pub(super) fn refuse(&self, problem: Problem) -> End {
        End::Fatal(Status::Failed, self.failure(problem))
    }

    pub(super) fn fail(&self, problem: Problem) -> End {
        End::Failed(self.failure(problem))
    }
}

impl Problem {
    /// What stands beside the place at fault.
    pub(super) fn label(mut self, text: impl Into<String>) -> Problem {
        if let Some(label) = self.failure.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// Another place that matters, unless it is the same.
    pub(super) fn also(mut self, span: Span, text: impl Into<String>) -> Problem {
        if self.failure.span() != span {
            self.failure.labels.push(Label { span, text: text.into() });
        }
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Problem {
        self.failure.help = Some(help.into());
        self
    }

    pub(super) fn meaning(mut self, meaning: impl Into<String>) -> Problem {
        self.failure.meaning = Some(meaning.into());
        self
    }

    pub(super) fn sent(mut self, sent: impl Into<String>) -> Problem {
        self.failure.sent = Some(sent.into());
        self
    }

    pub(super) fn answer(mut self, lines: Vec<String>, result: Option<String>) -> Problem {
        self.failure.answer = lines;
        self.failure.result = result;
        self
    }
}
