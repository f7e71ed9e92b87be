//! Runs what was typed: each statement is checked and run as a transaction, and remembered where it passed.

use std::borrow::Cow;
use std::sync::Arc;

use super::chunks::TYPED;
use super::history;
use crate::at::command;
use crate::catalogue::command::PromptEnd;
use crate::catalogue::{self, command_of};
use crate::check::{Checked, Names, Program, check_more};
use crate::conversation::Conversation;
use crate::diagnostic::{Diagnostic, Severity};
use crate::library::Library;
use crate::runtime::{Interpreter, Listener, Mask, Outcome, Status};
use crate::source::Source;
use crate::syntax::ast::{ClauseKind, Exchange, Script, SendForm, StatementKind, TemplatePart};
use crate::syntax::{self, Chunk, parse_chunk};

pub(super) struct Session {
    pub(super) interpreter: Interpreter,
    pub(super) names: Names,
    /// The lines that passed, in order.
    log: Vec<String>,
    last: Option<Question>,
}

/// The last question: lines under it may follow.
struct Question {
    text: String,
    /// Where it stands in the log; nowhere where it failed.
    place: Option<usize>,
}

/// What is to be run.
pub(super) struct Ready {
    program: Arc<Program>,
    names: Names,
    pub(super) text: String,
    /// One question and nothing else.
    pub(super) is_question: bool,
    /// Warnings, to be told.
    pub(super) warnings: Vec<Diagnostic>,
}

/// Why nothing was run.
pub(super) enum Refused {
    Wrong(Vec<Diagnostic>),
    /// `expect` and the like where nothing was asked before.
    NoQuestion,
}

/// What a question asks for beside its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AskedData {
    /// `>`
    pub(super) mark: &'static str,
    /// The command counts the bytes: no Ctrl-Z ends them.
    counted: bool,
}

impl AskedData {
    /// The `prompt` line that gives it this text.
    pub(super) fn clause(&self, text: &str) -> String {
        let mut quoted = String::with_capacity(text.len() + 2);
        for character in text.chars() {
            match character {
                '"' => quoted.push_str("\\\""),
                '\\' => quoted.push_str("\\\\"),
                '\n' => quoted.push_str("\\n"),
                '\r' => quoted.push_str("\\r"),
                '\t' => quoted.push_str("\\t"),
                other => quoted.push(other),
            }
        }
        let quoted = quoted.replace("${", "$${");
        let mark = if self.mark == ">" { String::new() } else { format!("\"{}\" ", self.mark) };
        let end = if self.counted { " then nothing" } else { "" };
        format!("  prompt {mark}reply \"{quoted}\"{end}")
    }
}

impl Ready {
    /// Secrets that stand in it as they are.
    pub(super) fn written_secrets(&self) -> Vec<&str> {
        self.program.written_secrets()
    }
}

impl Session {
    pub(super) fn new(interpreter: Interpreter) -> Session {
        Session { interpreter, names: Names::default(), log: Vec::new(), last: None }
    }

    /// Checks a statement.
    pub(super) fn check(&self, text: &str) -> Result<Ready, Refused> {
        self.ready(text, 0)
    }

    /// Checks clauses that follow the last question.
    pub(super) fn check_clauses(&self, clauses: &str) -> Result<Ready, Refused> {
        let question = self.last.as_ref().ok_or(Refused::NoQuestion)?;
        // The question alone: its own clauses have been held against the answer.
        let asked = question.text.lines().next().unwrap_or_default();
        self.ready(&format!("{asked}\n{}", indented(clauses)), asked.len())
    }

    /// What stands before `from` was told before.
    fn ready(&self, text: &str, from: usize) -> Result<Ready, Refused> {
        let source = Source::new(TYPED, text);
        let (Checked { program, diagnostics }, names) = check_more(&source, &Library, &self.names);
        let Some(program) = program else {
            let errors = diagnostics.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
            return Err(Refused::Wrong(errors.collect()));
        };
        let is_new = |diagnostic: &Diagnostic| diagnostic.span().is_none_or(|span| span.start as usize >= from);
        let warnings = diagnostics.into_iter().filter(is_new).collect();
        let is_question = only_exchange(&program.script).is_some();
        Ok(Ready { program, names, text: text.to_owned(), is_question, warnings })
    }

    pub(super) fn run(
        &mut self,
        ready: Ready,
        conversation: &mut Conversation,
        listener: &mut dyn Listener,
    ) -> Outcome {
        let outcome = self.interpreter.execute(&ready.program, conversation, listener);
        let passed = outcome.status == Status::Passed;
        // A line that ends the script early would leave nothing behind it in a saved one.
        let ends_early = matches!(&*ready.text, text if ends_script(text));
        let place = (passed && !ends_early).then_some(self.log.len());
        if place.is_some() {
            self.log.push(ready.text.clone());
        }
        if passed {
            self.names = ready.names;
        }
        self.last = ready
            .is_question
            .then_some(Question { text: ready.text, place })
            .or(self.last.take().filter(|_| !ready.is_question));
        outcome
    }

    /// Holds clauses against the last answer; nothing is sent.
    pub(super) fn follow(
        &mut self,
        ready: Ready,
        conversation: &mut Conversation,
        listener: &mut dyn Listener,
    ) -> Outcome {
        let outcome = self.interpreter.follow(&ready.program, conversation, listener);
        if outcome.status == Status::Passed {
            self.names = ready.names;
            if let Some(question) = &mut self.last {
                let clauses = ready.text.split_once('\n').map_or("", |(_, clauses)| clauses);
                question.text = format!("{}\n{clauses}", question.text);
                match question.place.and_then(|place| self.log.get_mut(place)) {
                    Some(line) => line.clone_from(&question.text),
                    None => {
                        question.place = Some(self.log.len());
                        self.log.push(question.text.clone());
                    }
                }
            }
        }
        outcome
    }

    /// The last question, for explaining its answer.
    pub(super) fn last_question(&self) -> Option<&str> {
        self.last.as_ref().and_then(|question| question.text.lines().next())
    }

    /// The lines that passed, as a script in its canonical form, and how many of them stand in it without the secret
    /// that they hold; none where nothing passed.
    pub(super) fn script(&self) -> Option<(String, usize)> {
        if self.log.is_empty() {
            return None;
        }
        let mask = self.interpreter.mask();
        let mut without = 0;
        let mut text = String::new();
        for line in &self.log {
            if may_save(line, &mask) {
                text.push_str(line);
            } else {
                without += 1;
                text.push_str(&without_secret(line, &mask));
            }
            text.push('\n');
        }
        Some((syntax::format(&Source::new(TYPED, text.as_str())).unwrap_or(text), without))
    }
}

/// Whether no secret stands in it as it is: a name that stands for one is no secret.
fn may_save(text: &str, mask: &Mask) -> bool {
    let is_named = |line: &str| line.contains("${") && values_are_short(line);
    let is_masked = matches!(mask.text(text), Cow::Owned(_));
    !is_masked && (text.lines().all(|line| history::may_keep(line, mask) || is_named(line)))
}

/// Beside its `${…}` nothing stands in the command that could be a PIN or a password: `AT+CLCK="SC",1,"${pin}"`.
fn values_are_short(line: &str) -> bool {
    const SHORTEST_PIN: usize = 4;
    let mut values = String::new();
    let mut rest = line.split_once('=').map_or("", |(_, values)| values);
    while let Some((before, name)) = rest.split_once("${") {
        values.push_str(before);
        rest = name.split_once('}').map_or("", |(_, after)| after);
    }
    values.push_str(rest);
    values.split(['"', ',', ';']).all(|value| value.trim().len() < SHORTEST_PIN)
}

/// The declaration of a secret without its value; of anything else that holds one a comment, up to its first value.
fn without_secret(text: &str, mask: &Mask) -> String {
    let first = text.trim_start().lines().next().unwrap_or_default();
    let head = mask.string(first.split(['=', '"']).next().unwrap_or_default().trim_end().to_owned());
    let is_declaration = head.split_whitespace().next() == Some("secret") && !text.trim().contains('\n');
    if is_declaration { head } else { format!("# left out, for a secret stood in it: {head}") }
}

/// What the modem will ask for, where the statement is a question that says nothing about it.
pub(super) fn asks_for_data(text: &str) -> Option<AskedData> {
    let Chunk::Complete(script) = parse_chunk(&Source::new(TYPED, text)) else { return None };
    let exchange = only_exchange(&script)?;
    let says = |kind: &ClauseKind| matches!(kind, ClauseKind::PromptReply { .. } | ClauseKind::PromptCancel { .. });
    if exchange.send.form != SendForm::At || exchange.clauses.iter().any(|clause| says(&clause.kind)) {
        return None;
    }
    // A value may be anything but what would change the command.
    let line: String = exchange
        .send
        .text
        .parts
        .iter()
        .map(|part| match part {
            TemplatePart::Text(text) => text.as_str(),
            TemplatePart::Value(_) => "0",
        })
        .collect();
    let parsed = command::parse(&line)?;
    parsed.commands.iter().find_map(|asked| {
        let values = catalogue::expected::values(asked);
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let prompt = command_of(asked)?.prompt(asked.form, &values)?;
        let counted = matches!(prompt.ends, PromptEnd::Counted(index) if values.get(index).is_some_and(|value| !value.is_empty()));
        Some(AskedData { mark: prompt.mark, counted })
    })
}

fn only_exchange(script: &Script) -> Option<&Exchange> {
    let [statement] = script.body.statements.as_slice() else { return None };
    if let StatementKind::Exchange(exchange) = &statement.kind { Some(exchange) } else { None }
}

fn ends_script(text: &str) -> bool {
    matches!(text.split_whitespace().next(), Some("stop" | "skip" | "finally"))
}

fn indented(clauses: &str) -> String {
    let lines: Vec<String> = clauses.lines().map(|line| format!("  {}", line.trim())).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::connect::{Address, Settings, open};
    use crate::port::Cancel;
    use crate::runtime::{Inputs, Silent};

    struct Bench {
        session: Session,
        conversation: Conversation,
    }

    impl Bench {
        fn new() -> Bench {
            let address = Address::parse("sim:bg96?time=virtual&boot=0s").unwrap();
            let port = open(&address, &Settings::new(Cancel::new().unwrap())).unwrap();
            let session = Session::new(Interpreter::new(Inputs::default()));
            Bench { session, conversation: Conversation::new(port, &Catalogue) }
        }

        fn run(&mut self, text: &str) -> Option<Status> {
            let ready = self.session.check(text).ok()?;
            Some(self.session.run(ready, &mut self.conversation, &mut Silent).status)
        }

        fn follow(&mut self, text: &str) -> Option<Status> {
            let ready = self.session.check_clauses(text).ok()?;
            Some(self.session.follow(ready, &mut self.conversation, &mut Silent).status)
        }
    }

    #[test]
    fn clauses_follow_their_question_and_stand_under_it_in_the_script() {
        let mut bench = Bench::new();
        assert_eq!(bench.follow("capture x"), None);
        assert_eq!(bench.run("AT+CSQ"), Some(Status::Passed));
        assert_eq!(bench.follow("capture rssi:int, ber:int"), Some(Status::Passed));
        assert_eq!(bench.follow("expect \"+CSQ: 98\""), Some(Status::Failed));
        assert_eq!(bench.run("set twice=rssi*2"), Some(Status::Passed));
        assert_eq!(bench.run("AT+NOPE"), Some(Status::Failed));
        assert_eq!(bench.follow("expect ERROR"), Some(Status::Passed));
        assert_eq!(
            bench.session.script().unwrap().0,
            "AT+CSQ\n  capture rssi:int, ber:int\nset twice = rssi * 2\nAT+NOPE\n  expect ERROR\n"
        );
    }

    #[test]
    fn no_secret_is_saved() {
        let mut bench = Bench::new();
        for line in ["AT+CPIN=\"1234\"\n  expect ERROR", "secret pin = \"8642\"", "log \"a 8642\"", "AT"] {
            assert_eq!(bench.run(line), Some(Status::Passed), "{line}");
        }
        let (script, without) = bench.session.script().unwrap();
        assert_eq!(
            (script.as_str(), without),
            (
                "# left out, for a secret stood in it: AT+CPIN\nsecret pin\n# left out, for a secret stood in it: log\nAT\n",
                3
            )
        );
    }

    #[test]
    fn a_name_that_stands_for_a_secret_is_none() {
        let mask = Mask::new(["8642"]);
        for line in
            ["AT+CPIN=\"${pin}\"", "AT+CLCK=\"SC\",1,\"${pin}\"", "retry 2 {\n  AT+CPIN=\"${pin}\"\n}", "AT+CSQ"]
        {
            assert!(may_save(line, &mask), "{line}");
        }
        for line in
            ["AT+CPIN=\"1234\"", "AT+CPWD=\"SC\",\"1234\",\"${pin}\"", "log \"${x} 8642\"", "secret pin = \"1\""]
        {
            assert!(!may_save(line, &mask), "{line}");
        }
    }

    #[test]
    fn a_line_that_fails_changes_no_name() {
        let mut bench = Bench::new();
        assert_eq!(bench.run("set x = 1"), Some(Status::Passed));
        assert_eq!(bench.run("if true {\n set x = 2\n set y = 3\n fail \"no\"\n}"), Some(Status::Failed));
        assert_eq!(bench.run("assert x == 1"), Some(Status::Passed));
        assert_eq!(bench.run("log \"${y}\""), None);
    }

    #[test]
    fn what_asks_for_data_is_known_before_it_is_sent() {
        let asked = asks_for_data("AT+CMGS=\"2936\"").unwrap();
        assert_eq!(asked.clause("say \"hi\" ${x}"), "  prompt reply \"say \\\"hi\\\" $${x}\"");
        assert!(asks_for_data("AT+CMGS=\"2936\"\n  prompt reply \"x\"").is_none());
        assert!(asks_for_data("AT+CSQ").is_none());
        assert!(asks_for_data("AT+CMGS=?").is_none());
    }
}
