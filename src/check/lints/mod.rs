//! What is known to go wrong with a command line, before it is sent.

mod answers;
pub(super) mod at_text;
mod context;
mod danger;
mod form;
mod parameters;

use at_text::AtText;
pub(super) use context::Context;
pub use danger::tries_pin;

use super::checker::Checker;
use super::faults::line::LineFault;
use super::faults::modem::ModemFault;
use crate::at::command::{self, Command};
use crate::catalogue;
use crate::source::Span;
use crate::syntax::ast::{Clause, Send, SendForm};

/// What the command lines so far tell about the modem.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) context: Context,
    /// Settings that leave only NB-IoT, and where they stand.
    nb_iot: Vec<(String, Span)>,
    /// The script has to do with Super SIM.
    super_sim: bool,
}

/// How a command line stands in the script.
#[derive(Debug, Clone, Copy)]
struct Asked<'c> {
    form: SendForm,
    clauses: &'c [Clause],
    /// As the question of an `ensure`, which is asked twice.
    ensured: bool,
    /// With `reboot`: that the modem goes away is meant.
    reboot: bool,
}

/// One command of a line and what is known of it.
struct Known<'l> {
    line: &'l AtText,
    command: &'l Command<'l>,
    entry: Option<&'static catalogue::command::Command>,
    /// Its parameters without quotes, [`at_text::UNKNOWN`] in place of each `${…}`
    values: Vec<String>,
    span: Span,
}

impl Lines {
    pub(super) fn after_run(&mut self, script: &str) {
        self.context = Context::default();
        self.super_sim |= is_super_sim_script(script);
    }

    pub(super) fn note_text(&mut self, text: &str) {
        self.super_sim |= text == "super";
    }
}

impl<'l> Known<'l> {
    fn new(line: &'l AtText, command: &'l Command<'l>) -> Known<'l> {
        Known {
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
}

impl Checker<'_, '_, '_> {
    pub(super) fn lint_question(&mut self, send: &Send, clauses: &[Clause]) {
        self.lint(send, Asked { form: send.form, clauses, ensured: false, reboot: false });
    }

    pub(super) fn lint_ensured(&mut self, send: &Send) {
        self.lint(send, Asked { form: send.form, clauses: &[], ensured: true, reboot: false });
    }

    pub(super) fn lint_reboot(&mut self, send: &Send) {
        self.lint(send, Asked { form: send.form, clauses: &[], ensured: false, reboot: true });
        self.lines.context = Context::default();
    }

    pub(super) fn report_nb_iot(&mut self) {
        if self.lines.super_sim || is_super_sim_script(&self.script.source.name) {
            for (command, span) in std::mem::take(&mut self.lines.nb_iot) {
                self.reporter.report(&ModemFault::NbIotOnly { command }, span);
            }
        }
    }

    fn lint(&mut self, send: &Send, asked: Asked<'_>) {
        let lines = AtText::lines(&self.script.source, &send.text);
        for line in &lines {
            self.lint_line(line, asked);
        }
    }

    fn lint_line(&mut self, line: &AtText, asked: Asked<'_>) {
        if line.text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("A/")) {
            self.reporter.report(&LineFault::RepeatLast, line.span(0, 2));
            return;
        }
        let Some(parsed) = command::parse(&line.text) else { return };
        if let Some(open) = parsed.unclosed_quote {
            self.reporter.report(&LineFault::UnclosedQuote, line.span(open, open + 1));
            return;
        }
        let is_well_formed = self.lint_form(line, &parsed, asked.form);
        let commands: Vec<Known<'_>> = parsed.commands.iter().map(|command| Known::new(line, command)).collect();
        for known in &commands {
            // A line that is not taken apart as it was meant says nothing certain about its parameters.
            if is_well_formed {
                self.lint_parameters(known, asked);
            }
            self.lint_danger(known, asked);
            self.lint_asking(known, asked);
            self.follow_context(known);
            known.values.iter().for_each(|value| self.lines.note_text(value));
        }
        self.lint_prompt(&commands, asked);
        self.lint_captures(&commands, asked);
        self.lint_patterns(&commands, asked);
    }
}

impl Known<'_> {
    /// As it is written: `+CFUN=1,1`
    fn command_text(&self, source: &crate::source::Source) -> String {
        let written = source.slice(self.span);
        match written.strip_prefix(self.command.name) {
            Some(rest) => format!("{}{}", self.command.name.to_ascii_uppercase(), rest.trim_end()),
            None => self.command.name.to_ascii_uppercase(),
        }
    }
}

fn is_super_sim_script(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| part == "supersim")
}
