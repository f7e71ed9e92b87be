//! What a question without an answer, or a wait without an end, means to the script.

use super::interpreter::Run;
use super::outcome::Status;
use super::problem::{End, Problem, code};
use super::question::Asked;
use crate::at::Line;
use crate::conversation::{Mode, Silence, Trouble};
use crate::notation::ShownDuration;
use crate::port::Fault;
use crate::source::Span;

impl Run<'_> {
    /// How the script goes on after this: a failure, or its end. After Ctrl-C what still runs is ended by the AT rules.
    #[inline(never)]
    pub(super) fn trouble(&mut self, trouble: Trouble, asked: Option<&Asked>, span: Span) -> End {
        let what = match asked {
            Some(asked) => asked.text.as_ref().to_owned(),
            None => self.waiting(span),
        };
        let received: Vec<String> = trouble.received().iter().map(Line::text).collect();
        let complete = |problem: Problem| {
            let problem = problem.answer(received.clone(), None);
            match asked {
                Some(asked) => problem.sent(&*asked.text),
                None => problem,
            }
        };
        match trouble {
            Trouble::Timeout { waited, silence, .. } => {
                let (message, help) = match self.conversation.mode() {
                    Mode::Data { .. } => unanswered_data(&what, ShownDuration(waited)),
                    Mode::Command | Mode::Unknown => silent(&what, ShownDuration(waited), silence),
                };
                let problem = self.problem(code::TIMEOUT, span, message).label("not answered in time");
                self.fail(complete(problem.help(help)))
            }
            Trouble::Lost { why, .. } => self.lost(&what, &why, span, complete),
            Trouble::Interrupted { .. } => self.interrupted(&what, span, complete),
            Trouble::Stopped { line, .. } => self.aborted(&line.text(), span, complete),
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
                let problem = self.problem(code::UNEXPECTED_PROMPT, span, message).label("asks for data");
                self.fail(complete(problem.help(help)))
            }
            Trouble::NoPrompt { mark, answer } => {
                let message = format!("{what} did not ask for data: no `{}` came before its end", mark.trim());
                let result = answer.result.as_ref().map(ToString::to_string);
                let problem = self.problem(code::NO_PROMPT, span, message).label("did not ask for data");
                let help = "the reply was not sent; is the `prompt` line under the right command?";
                let problem = complete(problem.help(help)).answer(received, result);
                self.fail(problem)
            }
            Trouble::OutOfStep { tries, waited, .. } => {
                let message = format!(
                    "{what} was not sent: after the last timeout the modem did not answer {tries} times AT in {}",
                    ShownDuration(waited)
                );
                let help =
                    "it is busy, hangs, or is gone: give the slow command more time with `within`, or `reboot` it";
                self.fail(complete(self.problem(code::OUT_OF_STEP, span, message).label("not sent").help(help)))
            }
            Trouble::NeverGone { waited } => {
                let message = format!(
                    "{what} did not restart the modem: it answered AT all the time for {}",
                    ShownDuration(waited)
                );
                let help =
                    "is this the command that restarts it? One that only sets something is sent without `reboot`";
                self.fail(complete(self.problem(code::TIMEOUT, span, message).label("no restart").help(help)))
            }
            Trouble::NeverBack { waited, is_lost, .. } => {
                let message = format!("after {what} the modem did not come back within {}", ShownDuration(waited));
                let problem = |code| self.problem(code, span, message).label("did not come back");
                if is_lost {
                    let help = "its port is gone: it takes longer (give it `within`), or comes back under another name";
                    return End::Fatal(Status::Unreachable, self.failure(complete(problem(code::LOST).help(help))));
                }
                let help =
                    "it takes longer to start (give it `within`), or comes back at another speed or on another port";
                self.fail(complete(problem(code::TIMEOUT).help(help)))
            }
            Trouble::InDataMode { waited } => {
                let message =
                    format!("the modem stays in data mode: +++ was not answered in {}", ShownDuration(waited));
                let help = "its escape character or guard time may be another (ATS2?, ATS12?); `port dtr off` ends the \
                            connection where AT&D1 or AT&D2 is set";
                self.fail(complete(self.problem(code::DATA_MODE, span, message).label("no answer to +++").help(help)))
            }
            Trouble::Port { fault, .. } => match fault {
                Fault::Lost(why) => self.lost(&what, &why, span, complete),
                Fault::Interrupted => self.interrupted(&what, span, complete),
                fault @ (Fault::WriteTimeout { .. } | Fault::Unsupported(_) | Fault::System(_)) => {
                    self.fail(complete(self.problem(code::PORT, span, fault.to_string())))
                }
            },
        }
    }

    /// The statement at this place, where no question is open: `sleep 20s`, `await "+CMTI"`.
    fn waiting(&self, span: Span) -> String {
        let line = self.scope.shown.slice(span).lines().next().unwrap_or_default();
        format!("`{}`", line.trim_end_matches('{').trim())
    }

    #[inline(never)]
    fn lost(&self, what: &str, why: &str, span: Span, complete: impl Fn(Problem) -> Problem) -> End {
        let message = format!("the port was lost during {what}: {why}");
        let help = "was it unplugged, or did the modem restart? Where a restart is meant, say `reboot AT…`";
        let problem = self.problem(code::LOST, span, message).label("the port was lost here").help(help);
        End::Fatal(Status::Unreachable, self.failure(complete(problem)))
    }

    #[inline(never)]
    pub(super) fn interrupted(&mut self, what: &str, span: Span, complete: impl Fn(Problem) -> Problem) -> End {
        let problem = self.problem(code::INTERRUPTED, span, format!("interrupted during {what}"));
        let failure = self.failure(complete(problem.label("interrupted here")));
        self.interrupts += 1;
        // The second time it means: now. It may well come while the first is being heeded.
        if self.interrupts == 1
            && let Err(trouble) = self.conversation.interrupt(self.finally_blocks > 0, &mut self.hearing)
            && is_interrupt(&trouble)
        {
            self.interrupts += 1;
        }
        End::Fatal(Status::Interrupted, failure)
    }

    #[inline(never)]
    fn aborted(&mut self, line: &str, span: Span, complete: impl Fn(Problem) -> Problem) -> End {
        let abort = self.hearing.stopped_by.take().and_then(|index| self.hearing.aborts.get(index));
        let (message, place) = match abort {
            Some(abort) => (
                match &abort.why {
                    Some(why) => format!("{why} ({line} came)"),
                    None => format!("{line} came, on which the script aborts"),
                },
                // A script that this one was run by may have said it.
                (abort.source.name == self.scope.shown.name).then_some(abort.span),
            ),
            None => (format!("{line} came, on which the script aborts"), None),
        };
        let mut problem = self.problem(code::ABORTED, span, message).label(format!("{line} came here"));
        if let Some(place) = place {
            problem = problem.also(place, "ends the script");
        }
        End::Fatal(Status::Failed, self.failure(complete(problem)))
    }
}

fn is_interrupt(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Interrupted { .. } | Trouble::Port { fault: Fault::Interrupted, .. })
}

/// Where the line carries data, it is not the modem that says nothing.
fn unanswered_data(what: &str, waited: ShownDuration) -> (String, &'static str) {
    (
        format!("{what} was not answered in {waited} by the other end of the data connection"),
        "does it expect a line like this, and answer it? `port escape` comes back to the modem's commands",
    )
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
