//! What was typed: cut into statements; each is checked and run as a transaction, and remembered where it passed; and
//! what of it may be kept: all but secrets, PINs and passwords.

use std::sync::Arc;

use crate::at::command;
use crate::catalogue::{self, command_of};
use crate::check::{Checked, Names, Program, check_more};
use crate::conversation::Conversation;
use crate::diagnostic::{Diagnostic, Severity};
use crate::library::Library;
use crate::notation::without_controls;
use crate::runtime::{Interpreter, Listener, Mask, Outcome, Silent, Status, Value};
use crate::source::Source;
use crate::syntax::ast::{Clause, Exchange, Script, SendForm, StatementKind};
use crate::syntax::{self, Chunk, GIVEN_NAMES, parse_chunk};
use crate::value::functions::function;

pub(super) const TYPED: &str = "<typed>";

/// The `:` commands, clauses of the question above, and statements of a text. What does not parse is a piece too.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let code = line.trim();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        let mut piece = if is_command(code) { code.to_owned() } else { line.to_owned() };
        // A `when` under a question may open a block itself.
        while let Some(next) = match is_open(&piece) {
            true => lines.next(),
            false => lines.next_if(|next| !is_command(&piece) && is_clause(next)),
        } {
            piece.push('\n');
            piece.push_str(next);
        }
        pieces.push(piece);
    }
    pieces
}

/// Whether it is a `:` command; the words with which people leave or ask for help everywhere else are too.
pub(super) fn is_command(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    let leaves = ["exit", "quit", "bye", "logout", "q", "exit()", "quit()"];
    let leaves = leaves.iter().any(|known| text.trim().eq_ignore_ascii_case(known));
    // `.help` of SQLite and DuckDB, `\q` of psql
    let is_foreign =
        word.strip_prefix(['.', '\\']).is_some_and(|name| name.starts_with(char::is_alphabetic) || name == "?");
    word.starts_with(':') || leaves || is_foreign || matches!(word, "help" | "HELP" | "?" | "man" | "history")
}

pub(super) fn is_open(text: &str) -> bool {
    // A clause by itself is about the last question.
    let above = if is_clause(text) { "AT\n" } else { "" };
    !is_command(text) && matches!(parse_chunk(&Source::new(TYPED, format!("{above}{text}"))), Chunk::Incomplete)
}

pub(super) fn is_clause(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    matches!(word, "expect" | "capture" | "prompt" | "when")
}

pub(super) struct Notebook {
    pub interpreter: Interpreter,
    pub names: Names,
    log: Vec<String>,
    last: Option<LastQuestion>,
    /// How many answers are remembered: `_1`, the last, to `_9`.
    remembered: u8,
}

/// Whether it is the name of a remembered answer. `_` alone is none in the language: it leaves out a field.
pub(super) fn is_answer(name: &str) -> bool {
    matches!(name.as_bytes(), [b'_', b'0'..=b'9'])
}

/// The last question: lines under it may follow.
struct LastQuestion {
    text: String,
    /// Where it stands in the log; nowhere where it failed.
    place: Option<usize>,
}

pub(super) struct Runnable {
    program: Arc<Program>,
    names: Names,
    pub text: String,
    pub is_question: bool,
    pub warnings: Vec<Diagnostic>,
}

/// The `prompt` line that gives this text to what asks by this mark.
pub(super) fn prompt_line(mark: &str, text: &str) -> String {
    let quoted = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${");
    let mark = if mark == ">" { String::new() } else { format!("\"{mark}\" ") };
    format!("  prompt {mark}reply \"{}\"", without_controls(&quoted))
}

impl Runnable {
    pub(super) fn written_secrets(&self) -> Vec<&str> {
        self.program.written_secrets()
    }
}

impl Notebook {
    pub(super) fn new(interpreter: Interpreter) -> Notebook {
        Notebook { interpreter, names: Names::default(), log: Vec::new(), last: None, remembered: 0 }
    }

    pub(super) fn check(&self, text: &str) -> Result<Runnable, Vec<Diagnostic>> {
        self.ready(text, 0)
    }

    /// Checks clauses that follow the last question; none where there is none.
    pub(super) fn check_clauses(&self, clauses: &str) -> Option<Result<Runnable, Vec<Diagnostic>>> {
        // The question alone: its own clauses have been held against the answer.
        let asked = self.last_question()?;
        let clauses: String = clauses.lines().map(|line| format!("\n  {}", line.trim())).collect();
        Some(self.ready(&format!("{asked}{clauses}"), asked.len()))
    }

    /// What stands before `from` was told before.
    fn ready(&self, text: &str, from: usize) -> Result<Runnable, Vec<Diagnostic>> {
        let source = Source::new(TYPED, text);
        // What is typed is the user's own word.
        let (Checked { program, diagnostics }, names) = check_more(&source, &Library::new(true), &self.names);
        let Some(program) = program else {
            // A block that was still being typed is none that was left open.
            let is_typed = matches!(parse_chunk(&source), Chunk::Wrong(_));
            let is_meant = |error: &Diagnostic| !is_typed || error.code != "hayes::syntax::unclosed-block";
            let errors = diagnostics.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
            return Err(errors.filter(is_meant).collect());
        };
        let is_new = |diagnostic: &Diagnostic| diagnostic.span().is_none_or(|span| span.start as usize >= from);
        let warnings = diagnostics.into_iter().filter(is_new).collect();
        let is_question = only_exchange(&program.script).is_some();
        Ok(Runnable { program, names, text: text.to_owned(), is_question, warnings })
    }

    /// Runs it; what `follows` is held against the last answer, and nothing is sent.
    pub(super) fn run(
        &mut self,
        ready: Runnable,
        follows: bool,
        conversation: &mut Conversation,
        listener: &mut dyn Listener,
    ) -> Outcome {
        let outcome = self.interpreter.execute(&ready.program, follows, conversation, listener);
        let passed = outcome.status == Status::Passed;
        if passed {
            self.names = ready.names;
        }
        if follows {
            if let Some(question) = self.last.as_mut().filter(|_| passed) {
                let clauses = ready.text.split_once('\n').map_or("", |(_, clauses)| clauses);
                question.text = format!("{}\n{clauses}", question.text);
                let place = *question.place.get_or_insert(self.log.len());
                match self.log.get_mut(place) {
                    Some(line) => line.clone_from(&question.text),
                    None => self.log.push(question.text.clone()),
                }
            }
            return outcome;
        }
        // A line that ends the script early would leave nothing behind it in a saved one.
        let ends_early = matches!(ready.text.split_whitespace().next(), Some("stop" | "skip" | "finally"));
        let place = (passed && !ends_early).then_some(self.log.len());
        if place.is_some() {
            self.log.push(ready.text.clone());
        }
        // What was not sent has no answer, and the answers within a block or a script are theirs.
        if ready.is_question || outcome.exchanges > 0 {
            let is_answered = ready.is_question && outcome.exchanges > 0;
            self.last = is_answered.then_some(LastQuestion { text: ready.text, place });
            if passed && ready.is_question {
                self.remember(conversation);
            }
        }
        outcome
    }

    /// The answer becomes `_1`, what that was before becomes `_2`, and so on.
    fn remember(&mut self, conversation: &mut Conversation) {
        let older = (1..=self.remembered).rev().map(|place| format!("set _{} = _{place}\n", place + 1));
        let text = older.collect::<String>() + "set _1 = response";
        let (Checked { program, .. }, names) = check_more(&Source::new(TYPED, text), &Library::default(), &self.names);
        let Some(program) = program else { return };
        if self.interpreter.execute(&program, false, conversation, &mut Silent).status == Status::Passed {
            (self.names, self.remembered) = (names, (self.remembered + 1).min(8));
        }
    }

    /// The value of what is a value and no statement: `rssi`, `dbm(rssi)`, `response[0]`; `_` is the last answer.
    /// Else what is wrong with it as a value, where it was meant as one.
    pub(super) fn value(
        &mut self,
        text: &str,
        refused: &[Diagnostic],
        conversation: &mut Conversation,
    ) -> Result<(Outcome, Option<Value>), Option<Diagnostic>> {
        const NAME: &str = "_0";
        let value = text.trim();
        // `_`, `_[0]`
        let behind =
            value.strip_prefix('_').filter(|rest| !rest.starts_with(|it: char| it.is_alphanumeric() || it == '_'));
        let value = behind.map_or_else(|| value.to_owned(), |behind| format!("_1{behind}"));
        let source = Source::new(TYPED, format!("set {NAME} = {value}"));
        let checked = check_more(&source, &Library::default(), &self.names).0;
        let Some(program) = checked.program else {
            let mut errors = checked.diagnostics.into_iter().filter(|fault| fault.severity == Severity::Error);
            let mut fault = errors.next().filter(|fault| self.means_value(text.trim(), refused, fault));
            // The value's own name is nobody's.
            fault.iter_mut().for_each(|fault| _ = fault.help.take_if(|help| help.contains("`_")));
            return Err(fault);
        };
        let outcome = self.interpreter.execute(&program, false, conversation, &mut Silent);
        let value = self.interpreter.variables().into_iter().find(|(name, _)| *name == NAME).map(|(_, value)| value);
        Ok((outcome, value))
    }

    /// Whether what begins no statement was meant as a value, though it has a `fault` as one: `dbm(rssi`, `rsi + 1`.
    fn means_value(&self, text: &str, refused: &[Diagnostic], fault: &Diagnostic) -> bool {
        // A statement that is nearly one, or another language's, has a help of its own.
        let is_nothing = |error: &Diagnostic| {
            let help = error.help.as_deref().unwrap_or_default();
            error.code == "hayes::syntax::unknown-statement" && help.starts_with("a line is an AT command")
        };
        if fault.code.starts_with("hayes::run::") {
            return true;
        }
        if !refused.first().is_some_and(is_nothing) || text.contains('\n') {
            return false;
        }
        let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        let is_given = || GIVEN_NAMES.iter().any(|(given, ..)| *given == word);
        let is_known = || self.names.names().contains(&word) || function(word).is_some() || is_given();
        // All of it can be read as a value, and only what it names is not there.
        !fault.code.starts_with("hayes::syntax::")
            || fault.code == "hayes::syntax::unknown-function" && rest.starts_with('(')
            || if word.is_empty() { text.starts_with(['(', '[', '"', '\'']) } else { is_known() }
            || word.parse::<u64>().is_ok()
    }

    pub(super) fn last_question(&self) -> Option<&str> {
        self.last.as_ref().and_then(|question| question.text.lines().next())
    }

    /// The lines that passed, as a script, and how many stand in it without their secret; `None` where nothing passed.
    pub(super) fn script(&self) -> Option<(String, usize)> {
        if self.log.is_empty() {
            return None;
        }
        let mask = self.interpreter.mask();
        let mut without = 0;
        let mut text = String::new();
        for line in &self.log {
            if mask.may_keep(line) {
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

/// The declaration of a secret without its value; of anything else that holds one a comment, up to its first value.
fn without_secret(text: &str, mask: &Mask) -> String {
    let first = text.trim_start().lines().next().unwrap_or_default();
    let head = mask.string(first.split(['=', '"']).next().unwrap_or_default().trim_end().to_owned());
    let is_declaration = head.split_whitespace().next() == Some("secret") && !text.trim().contains('\n');
    if is_declaration { head } else { format!("# left out, for a secret stood in it: {head}") }
}

/// By what the modem will ask for data, where the statement is a question that says nothing about it.
pub(super) fn asks_for_data(text: &str) -> Option<&'static str> {
    let Chunk::Complete(script) = parse_chunk(&Source::new(TYPED, text)) else { return None };
    let exchange = only_exchange(&script)?;
    if exchange.send.form != SendForm::At || exchange.clauses.iter().any(Clause::is_prompt) {
        return None;
    }
    let line = exchange.send.text.with_zeros();
    let parsed = command::parse(&line)?;
    parsed.commands.iter().find_map(|asked| {
        let values = catalogue::command::values(asked);
        Some(command_of(asked)?.prompt(asked.form, &values)?.mark)
    })
}

fn only_exchange(script: &Script) -> Option<&Exchange> {
    let [statement] = script.body.statements.as_slice() else { return None };
    if let StatementKind::Exchange(exchange) = &statement.kind { Some(exchange) } else { None }
}

#[cfg(test)]
#[path = "../../tests/units/session.rs"]
mod tests;
