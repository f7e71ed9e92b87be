//! How a statement ends other than well: what failed and where, and what the modem had to do with it.

use std::fmt;
use std::sync::Arc;

use super::exchange::ReadyQuestion;
use super::expression::ScriptView;
use super::hearing::Abort;
use super::outcome::Status;
use crate::at::{Line, ResultCode};
use crate::conversation::{Mode, Silence, Trouble};
use crate::diagnostic::Diagnostic;
use crate::notation::ShownDuration;
use crate::port::Fault;
use crate::source::{Position, Source, Span};

/// What a statement yields, or how it ended the script.
pub(super) type Step<T = ()> = Result<T, End>;

pub(super) enum End {
    /// `try` and `retry` may take it.
    Failed(Box<Failure>),
    /// Nothing may take it: aborted, lost, interrupted, not confirmed.
    Fatal(Status, Box<Failure>),
    Skipped(String),
    Stopped,
    /// `break`: the innermost loop takes it.
    Breaks,
    /// `--plan` cannot tell further: it ends here, called or not.
    PlanEnds,
}

/// Why a script ended. Secrets are masked in all of it, the source included.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The first label is the place at fault; then the question, where that is another line.
    pub diagnostic: Diagnostic,
    /// The question, without its CR.
    pub sent: Option<String>,
    /// The lines of the answer.
    pub answer: Vec<String>,
    /// The final result code, as it came.
    pub result: Option<String>,
    /// What the answer means.
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
    /// Whether it may have come of bytes that another program has read.
    pub(super) fn lacks_something(&self) -> bool {
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
    pub(super) fn label(mut self: Box<Failure>, text: impl Into<String>) -> Box<Failure> {
        if let Some(label) = self.diagnostic.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// Another place that matters, unless it is the same.
    pub(super) fn also(mut self: Box<Failure>, span: Span, text: impl Into<String>) -> Box<Failure> {
        if self.diagnostic.span() != Some(span) {
            self.diagnostic = self.diagnostic.at(span, text);
        }
        self
    }

    pub(super) fn help(mut self: Box<Failure>, help: impl Into<String>) -> Box<Failure> {
        self.diagnostic.help = Some(help.into());
        self
    }

    pub(super) fn sent(mut self: Box<Failure>, sent: impl Into<String>) -> Box<Failure> {
        self.sent = Some(sent.into());
        self
    }

    pub(super) fn answer(mut self: Box<Failure>, lines: &[Line], result: Option<&ResultCode>) -> Box<Failure> {
        self.answer = lines.iter().map(Line::text).collect();
        self.result = result.map(ResultCode::to_string);
        self
    }

    /// What else is to be said of the answer, on a line of its own.
    pub(super) fn also_means(&mut self, meaning: String) {
        self.meaning = Some(match self.meaning.take() {
            Some(before) => format!("{before}\n{meaning}"),
            None => meaning,
        });
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostic.fmt(f)
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

impl ScriptView<'_> {
    /// What is wrong at a place of the script that runs. Boxed, since it is handed on many times, and each of these places
    /// would keep room for it on the stack of a run that goes well.
    #[inline(never)]
    pub(super) fn problem(&self, code: &'static str, span: Span, message: impl Into<String>) -> Box<Failure> {
        Box::new(Failure {
            diagnostic: Diagnostic::new(code, &self.scope.shown, message).at(span, ""),
            sent: None,
            answer: Vec::new(),
            result: None,
            meaning: None,
            called_from: Vec::new(),
        })
    }

    /// The failure, secrets masked, with the calls that led to it.
    pub(super) fn whole(&self, mut failure: Box<Failure>) -> Box<Failure> {
        let mask = self.mask;
        if !mask.is_empty() {
            let masked = |text: &mut String| *text = mask.string(std::mem::take(text));
            let Diagnostic { message, labels, help, source, .. } = &mut failure.diagnostic;
            masked(message);
            labels.iter_mut().for_each(|label| masked(&mut label.text));
            *source = mask.source(source);
            help.iter_mut().for_each(masked);
            failure.answer.iter_mut().for_each(masked);
            for text in [&mut failure.sent, &mut failure.result, &mut failure.meaning] {
                text.iter_mut().for_each(masked);
            }
        }
        let shown = |call: &Call| Call { source: mask.source(&call.source), span: call.span };
        failure.called_from = self.calls.iter().rev().map(shown).collect();
        failure
    }

    pub(super) fn fail(&self, failure: Box<Failure>) -> End {
        End::Failed(self.whole(failure))
    }

    /// What neither `try` nor `retry` takes: what must not be sent, what nobody has confirmed.
    pub(super) fn refuse(&self, failure: Box<Failure>) -> End {
        End::Fatal(Status::Failed, self.whole(failure))
    }

    /// What a question without an answer, or a wait without an end, means to the script.
    #[inline(never)]
    pub(super) fn trouble(
        &self,
        trouble: &Trouble,
        asked: Option<&ReadyQuestion>,
        span: Span,
        mode: Mode,
        abort: Option<&Abort>,
    ) -> End {
        let what = match asked {
            Some(asked) => asked.text.as_ref().to_owned(),
            None => self.waiting(span),
        };
        let problem = |code, message: String, label: &str| {
            let problem = self.problem(code, span, message).label(label).answer(trouble.received(), None);
            match asked {
                Some(asked) => problem.sent(&*asked.text),
                None => problem,
            }
        };
        let failed = |code, message, label, help: &str| self.fail(problem(code, message, label).help(help));
        match trouble {
            Trouble::Timeout { waited, silence, .. } => {
                let waited = ShownDuration(*waited);
                let (message, help) = match mode {
                    Mode::Data { .. } => (
                        format!("{what} was not answered in {waited} by the other end of the data connection"),
                        "does it expect a line like this, and answer it? `port escape` comes back to the modem's commands",
                    ),
                    Mode::Command { .. } | Mode::Unknown { .. } => silent(&what, waited, *silence),
                };
                failed("hayes::run::timeout", message, "not answered in time", help)
            }
            Trouble::Lost { why, .. } | Trouble::Port { fault: Fault::Lost(why), .. } => {
                let message = format!("the port was lost during {what}: {why}");
                let help = "was it unplugged, or did the modem restart? Where a restart is meant, say `reboot AT…`";
                let failure = problem("hayes::run::lost", message, "the port was lost here").help(help);
                End::Fatal(Status::Unreachable, self.whole(failure))
            }
            Trouble::Interrupted { .. } | Trouble::Port { fault: Fault::Interrupted, .. } => {
                let message = format!("interrupted during {what}");
                let failure = problem("hayes::run::interrupted", message, "interrupted here");
                End::Fatal(Status::Interrupted, self.whole(failure))
            }
            Trouble::Stopped { line, .. } => {
                let line = line.text();
                let message = match abort.and_then(|abort| abort.why.as_ref()) {
                    Some(why) => format!("{why} ({line} came)"),
                    None => format!("{line} came, on which the script aborts"),
                };
                let failure = problem("hayes::run::aborted", message, &format!("{line} came here"));
                // A script that this one was run by may have said it.
                self.refuse(match abort.filter(|abort| abort.source.name == self.scope.shown.name) {
                    Some(abort) => failure.also(abort.span, "ends the script"),
                    None => failure,
                })
            }
            Trouble::UnexpectedPrompt { prompt, .. } => {
                let prompt = prompt.text();
                let prompt = prompt.trim();
                let (message, help) = match asked.and_then(|asked| asked.question.prompt.mark()) {
                    Some(mark) => (
                        format!("{what} asked for data by `{prompt}`, not by `{mark}`"),
                        format!("name the prompt that it shows: `prompt \"{prompt}\" reply …`"),
                    ),
                    None => (
                        format!("{what} asked for data (`{prompt}`), and nothing is said about that"),
                        "give it what it asks for in a line under it: `prompt reply \"…\"`, or `prompt cancel`"
                            .to_owned(),
                    ),
                };
                failed("hayes::run::unexpected-prompt", message, "asks for data", &help)
            }
            Trouble::NoPrompt { mark, answer } => {
                let message = format!("{what} did not ask for data: no `{}` came before its end", mark.trim());
                let help = "the reply was not sent; is the `prompt` line under the right command?";
                let failure = problem("hayes::run::no-prompt", message, "did not ask for data").help(help);
                self.fail(failure.answer(trouble.received(), answer.result.as_ref()))
            }
            Trouble::OutOfStep { tries, waited, .. } => {
                let waited = ShownDuration(*waited);
                let message = format!(
                    "{what} was not sent: after the last timeout the modem did not answer {tries} times AT in {waited}"
                );
                let help =
                    "it is busy, hangs, or is gone: give the slow command more time with `within`, or `reboot` it";
                failed("hayes::run::out-of-step", message, "not sent", help)
            }
            Trouble::NeverGone { waited } => {
                let waited = ShownDuration(*waited);
                let message = format!("{what} did not restart the modem: it answered AT all the time for {waited}");
                let help =
                    "is this the command that restarts it? One that only sets something is sent without `reboot`";
                failed("hayes::run::timeout", message, "no restart", help)
            }
            Trouble::NeverBack { waited, is_lost, .. } => {
                let message = format!("after {what} the modem did not come back within {}", ShownDuration(*waited));
                if *is_lost {
                    let help = "its port is gone: it takes longer (give it `within`), or comes back under another name";
                    let failure = problem("hayes::run::lost", message, "did not come back").help(help);
                    return End::Fatal(Status::Unreachable, self.whole(failure));
                }
                let help =
                    "it takes longer to start (give it `within`), or comes back at another speed or on another port";
                failed("hayes::run::timeout", message, "did not come back", help)
            }
            Trouble::InDataMode { waited } => {
                let waited = ShownDuration(*waited);
                let message = format!("the modem stays in data mode: +++ was not answered in {waited}");
                let help = "its escape character or guard time may be another (ATS2?, ATS12?); `port dtr off` ends the \
                            connection where AT&D1 or AT&D2 is set";
                failed("hayes::run::data-mode", message, "no answer to +++", help)
            }
            Trouble::Port {
                fault: fault @ (Fault::WriteTimeout { .. } | Fault::Unsupported(_) | Fault::System(_)),
                ..
            } => self.fail(problem("hayes::run::port", fault.to_string(), "")),
        }
    }

    /// The statement at this place, where no question is open: `sleep 20s`, `await "+CMTI"`.
    fn waiting(&self, span: Span) -> String {
        let line = self.scope.shown.slice(span).lines().next().unwrap_or_default();
        format!("`{}`", line.trim_end_matches('{').trim())
    }
}

fn silent(what: &str, waited: ShownDuration, silence: Silence) -> (String, &'static str) {
    match silence {
        Silence::Total => (
            format!("{what} was not answered in {waited}: not a byte came"),
            "no power, another port, another speed (--baud), asleep (power saving), in data mode (`port escape`), or ATQ1 was \
             sent, which silences it",
        ),
        Silence::AllButEcho => (
            format!("{what} was echoed and not answered in {waited}"),
            "the command takes longer (give it `within`), or ATQ1 was sent, which silences the modem: send ATQ0",
        ),
        Silence::NoFinal => (
            format!("{what} was answered without an end in {waited}: no final result code came"),
            "the command takes longer: give it `within`",
        ),
        Silence::NoPrompt => (
            format!("{what} did not ask for data in {waited}: no prompt came"),
            "is the modem registered, and does the command ask for data in this form? A prompt of another form is named: \
             `prompt \"@\" reply …`",
        ),
        Silence::Garbage => (
            format!("{what} was answered with garbage for {waited}"),
            "the speed is another (--baud): most modems take 115200, some 9600 or 921600",
        ),
    }
}
