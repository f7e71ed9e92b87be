//! What is known to go wrong with a command line, before it is sent. Each lint is a function of what it looks at.

mod answers;
mod at_text;
mod commands;
mod form;

pub(super) use commands::pin_again;
pub use commands::tries_pin;

use std::collections::HashMap;

use super::findings::Findings;
use super::pattern::Matcher;
use super::statements::Place;
use crate::at::command::{self, Command};
use crate::catalogue;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use crate::syntax::ast::{Clause, Script, SendForm, StatementKind, Template};
use at_text::AtText;

/// What the command lines so far tell about the modem and the script.
#[derive(Default)]
pub(super) struct Lines {
    /// The first command that uses up attempts of a PIN.
    pub(super) tries_pin: Option<String>,
    /// The contexts that are certainly up, and the lines that brought them up.
    contexts: HashMap<String, Span>,
    context_changes: usize,
    /// Settings that leave only NB-IoT, and where they stand.
    nb_iot: Vec<(String, Span)>,
    /// The script has to do with Super SIM.
    super_sim: bool,
    /// Nothing but commands: copied from a manual, to be looked at.
    is_plain_list: bool,
    /// What was answered is looked at somewhere.
    reads_response: bool,
}

/// How a command line stands in the script.
#[derive(Clone, Copy)]
pub(super) struct Asked<'c> {
    pub(super) form: SendForm,
    /// What is said of its answer
    pub(super) clauses: &'c [Clause],
    pub(super) role: Role,
    pub(super) place: Place,
    /// What the script's patterns compiled to
    pub(super) matchers: &'c [Option<Matcher>],
}

/// What a command line is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Question,
    /// The question of an `ensure`, which is asked twice.
    Ensured,
    /// The command of a `reboot`: that the modem goes away is meant.
    Reboot,
}

/// One command of a line and what is known of it.
struct KnownCommand<'l> {
    line: &'l AtText,
    command: &'l Command<'l>,
    entry: Option<&'static catalogue::command::Command>,
    /// Its parameters without quotes, [`at_text::UNKNOWN`] in place of each `${…}`
    values: Vec<String>,
    span: Span,
}

impl Lines {
    pub(super) fn new(script: &Script) -> Lines {
        let is_bare = |kind: &StatementKind| matches!(kind, StatementKind::Exchange(asked) if asked.clauses.is_empty());
        let statements = &script.body.statements;
        Lines {
            super_sim: is_super_sim_script(&script.source.name),
            is_plain_list: statements.len() > 1 && statements.iter().all(|statement| is_bare(&statement.kind)),
            reads_response: script.source.text.contains("response"),
            ..Lines::default()
        }
    }

    /// Another script was run: it may have done anything.
    pub(super) fn after_run(&mut self, script: &str) {
        self.forget_contexts();
        self.super_sim |= is_super_sim_script(script);
    }

    pub(super) fn note_text(&mut self, text: &str) {
        self.super_sim |= text == "super";
    }

    fn raise(&mut self, context: &str, span: Span) {
        self.contexts.entry(context.to_owned()).or_insert(span);
        self.context_changes += 1;
    }

    pub(super) fn forget_contexts(&mut self) {
        self.contexts = HashMap::new();
        self.context_changes += 1;
    }

    /// Counts what was done to contexts: whether a block did anything to them.
    pub(super) fn context_changes(&self) -> usize {
        self.context_changes
    }

    /// Only once all lines are known it is certain that the script has to do with Super SIM.
    pub(super) fn report_nb_iot(&mut self, findings: &mut Findings) {
        for (command, span) in self.nb_iot.drain(..).filter(|_| self.super_sim) {
            let message = format!("`{command}` leaves only NB-IoT, with which a Super SIM can never register");
            findings.report(
                Diagnostic::new("hayes::check::nb-iot", &findings.source, message)
                    .at(span, "NB-IoT only")
                    .help("choose LTE-M (Cat-M1), LTE or GSM: Super SIM has no NB-IoT"),
            );
        }
    }
}

impl<'l> KnownCommand<'l> {
    fn new(line: &'l AtText, command: &'l Command<'l>) -> KnownCommand<'l> {
        KnownCommand {
            line,
            command,
            entry: catalogue::command_of(command),
            values: catalogue::expected::values(command),
            span: line.span_with_values(command.range.start, command.range.end),
        }
    }

    fn values(&self) -> Vec<&str> {
        self.values.iter().map(String::as_str).collect()
    }

    /// `AT+CMGS`
    fn name(&self) -> String {
        format!("AT{}", self.command.name.to_ascii_uppercase())
    }

    /// As it is written: `AT+CFUN=1,1`
    fn written(&self, source: &Source) -> String {
        let rest = source.slice(self.span).strip_prefix(self.command.name).unwrap_or_default();
        format!("{}{}", self.name(), rest.trim_end())
    }
}

/// Looks at the command lines of a text that is sent.
pub(super) fn lint(text: &Template, asked: Asked<'_>, lines: &mut Lines, findings: &mut Findings) {
    for line in AtText::lines(&findings.source, text) {
        lint_line(&line, asked, lines, findings);
    }
    if asked.role == Role::Reboot {
        lines.forget_contexts();
    }
}

fn lint_line(line: &AtText, asked: Asked<'_>, lines: &mut Lines, findings: &mut Findings) {
    if line.text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("A/")) {
        findings.report(
            Diagnostic::new("hayes::check::repeat-last", &findings.source, "`A/` repeats whatever was sent last")
                .at(line.span(0, 2), "repeats the last command")
                .help("write the command itself: what is sent must be seen in the script"),
        );
        return;
    }
    let Some(parsed) = command::parse(&line.text) else { return };
    if let Some(open) = parsed.unclosed_quote {
        findings.report(
            Diagnostic::new("hayes::check::unclosed-quote", &findings.source, "a double quote is never closed")
                .at(line.span(open, open + 1), "opens here")
                .help("close the string with `\"`"),
        );
        return;
    }
    let is_well_formed = form::lint(line, &parsed, asked.form, findings);
    let commands: Vec<_> = parsed.commands.iter().map(|command| KnownCommand::new(line, command)).collect();
    for known in &commands {
        // A line that is not taken apart as it was meant says nothing certain about its parameters.
        if is_well_formed {
            commands::lint_parameters(known, asked, lines, findings);
        }
        commands::lint_danger(known, asked, lines, findings);
        commands::lint_ensured(known, asked, findings);
        commands::follow_contexts(known, lines, findings);
        known.values.iter().for_each(|value| lines.note_text(value));
    }
    answers::lint(&commands, asked, findings);
}

fn is_super_sim_script(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| part == "supersim")
}
