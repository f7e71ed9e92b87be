//! Why a script ended: what failed and where, and what the modem had to do with it.

use std::sync::Arc;

use crate::at::{Line, ResultCode};
use crate::diagnostic::Diagnostic;
use crate::source::{Position, Source, Span};

/// Why a script ended. Secrets are masked in all of it, the source included.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{diagnostic}")]
pub struct Failure {
    /// The first label is the place at fault; then the question, where that is another line.
    pub diagnostic: Diagnostic,
    /// The question, without its CR.
    pub sent: Option<String>,
    pub answer: Vec<String>,
    /// The final result code, as it came.
    pub result: Option<String>,
    pub meaning: Option<String>,
    /// Where the script was called by `run`: the innermost first.
    pub called_from: Vec<Call>,
}

/// A `run` statement that led to a failure.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub source: Arc<Source>,
    pub span: Span,
}

impl Failure {
    /// Without a question and an answer.
    pub(crate) fn of(diagnostic: Diagnostic) -> Failure {
        let (answer, called_from) = (Vec::new(), Vec::new());
        Failure { diagnostic, sent: None, answer, result: None, meaning: None, called_from }
    }

    /// Whether it may have come of bytes that another program has read.
    pub fn lacks_something(&self) -> bool {
        const SUCH: [&str; 5] = [
            "hayes::run::timeout",
            "hayes::run::out-of-step",
            "hayes::run::no-prompt",
            "hayes::run::no-match",
            "hayes::run::capture-missing",
        ];
        SUCH.contains(&self.diagnostic.code)
    }

    /// Line and column of the place at fault, counted from 1.
    pub fn position(&self) -> Position {
        self.diagnostic.source.position(self.diagnostic.span().unwrap_or_default().start as usize)
    }

    /// What stands beside the place at fault.
    pub fn label(mut self: Box<Failure>, text: impl Into<String>) -> Box<Failure> {
        if let Some(label) = self.diagnostic.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// Another place that matters, unless it is the same.
    pub fn also(mut self: Box<Failure>, span: Span, text: impl Into<String>) -> Box<Failure> {
        if self.diagnostic.span() != Some(span) {
            self.diagnostic = self.diagnostic.at(span, text);
        }
        self
    }

    pub fn help(mut self: Box<Failure>, help: impl Into<String>) -> Box<Failure> {
        self.diagnostic.help = Some(help.into());
        self
    }

    pub fn sent(mut self: Box<Failure>, sent: impl Into<String>) -> Box<Failure> {
        self.sent = Some(sent.into());
        self
    }

    pub fn answer(mut self: Box<Failure>, lines: &[Line], result: Option<&ResultCode>) -> Box<Failure> {
        self.answer = lines.iter().map(Line::text).collect();
        self.result = result.map(ResultCode::to_string);
        self
    }

    /// What else is to be said of the answer, on a line of its own.
    pub fn also_means(&mut self, meaning: String) {
        self.meaning = Some(match self.meaning.take() {
            Some(before) => format!("{before}\n{meaning}"),
            None => meaning,
        });
    }
}

/// With what the answer means, what usually mends it, and by which `run` the script was called.
impl From<&Failure> for Diagnostic {
    fn from(failure: &Failure) -> Diagnostic {
        let calls = failure.called_from.iter().map(|call| {
            let position = call.source.position(call.span.start as usize);
            format!("called from {}:{}", call.source.name, position.line)
        });
        let advice = failure.meaning.iter().chain(&failure.diagnostic.help).cloned();
        let parts: Vec<String> = advice.chain(calls).collect();
        Diagnostic { help: (!parts.is_empty()).then(|| parts.join("\n")), ..failure.diagnostic.clone() }
    }
}
