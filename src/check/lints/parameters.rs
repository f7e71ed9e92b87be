//! What a command is asked, and what it is given.

use super::answers::{expects, expects_failure, is_capture};
use super::at_text::UNKNOWN;
use super::danger::may_try_pin;
use super::{Asked, Known};
use crate::at::command::Form;
use crate::at::parameters::{Kind as Written, parameters};
use crate::catalogue;
use crate::catalogue::field::Kind;
use crate::check::checker::Checker;
use crate::check::faults::line::LineFault;
use crate::check::faults::modem::ModemFault;
use crate::diagnostic::Label;

const STANDARDS: [&str; 2] = ["3GPP", "V.250"];

impl Checker<'_, '_, '_> {
    pub(super) fn lint_parameters(&mut self, known: &Known<'_>, asked: Asked<'_>) {
        let Some(entry) = known.entry else {
            self.lint_unknown(known);
            return;
        };
        match known.command.form {
            Form::Test if known.command.is("+COPS") => self.lint_scan(known, asked),
            Form::Set if entry.read_only && !expects_failure(asked.clauses) => {
                let span = known.line.span_with_values(known.command.range.start, known.command.range.end);
                self.reporter.report(&ModemFault::ReadOnly { command: known.name() }, span);
            }
            Form::Set => self.lint_quotes(known),
            Form::Read if entry.read.is_none() && entry.execute.is_some() && !expects_failure(asked.clauses) => {
                // Vendors add forms of their own to their commands; those of the standards are known.
                let is_standard =
                    entry.source.confirmed && entry.vendors.iter().any(|vendor| STANDARDS.contains(vendor));
                if is_standard {
                    self.reporter.report(&ModemFault::NoRead { command: known.name() }, known.span);
                }
            }
            Form::Test | Form::Read | Form::Execute => {}
        }
    }

    /// The question of an `ensure` is asked twice, and by `--plan`: it must change nothing. That it may be sent once only
    /// is told elsewhere.
    pub(super) fn lint_asking(&mut self, known: &Known<'_>, asked: Asked<'_>) {
        if asked.ensured && catalogue::expected::only_sets(known.command) && !may_try_pin(known) {
            let command = format!("AT{}", known.command_text(&self.script.source));
            self.reporter.report(&ModemFault::EnsureSets { command }, known.span);
        }
    }

    /// `AT+COPS=?` scans. It is meant as a test where nobody looks at what it found; a plain list of commands is there
    /// to be looked at.
    fn lint_scan(&mut self, known: &Known<'_>, asked: Asked<'_>) {
        let is_looked_at = asked.clauses.iter().any(is_capture)
            || expects(asked.clauses, &["+COPS"])
            || self.is_plain_list
            || self.script.source.text.contains("response");
        if !is_looked_at {
            let command = format!("{}=?", known.name());
            self.reporter.report(&ModemFault::Scan { command }, known.span);
        }
    }

    /// Text without double quotes where a string is wanted.
    fn lint_quotes(&mut self, known: &Known<'_>) {
        let values = known.values();
        let Some(usage) = known.entry.and_then(|entry| entry.usage(Form::Set, &values)) else { return };
        let argument_start = known.command.range.end - known.command.argument.len();
        let mut bare = parameters(known.command.argument.as_bytes()).enumerate().filter_map(|(index, parameter)| {
            let field = usage.parameters.field(index)?;
            let value = parameter.value;
            let has_letters = value.iter().any(|byte| byte.is_ascii_alphabetic() || b"*#".contains(byte));
            let wants_string = match field.kind {
                Kind::Quoted | Kind::Time => !value.is_empty(),
                // Digits alone are taken without quotes by many modems.
                Kind::Text | Kind::Address => has_letters || value.starts_with(b"+"),
                // A number, or else one of the words that are known.
                Kind::Any => has_letters && field.meaning(&parameter.text()).is_some(),
                Kind::Number
                | Kind::Decimal
                | Kind::Hex
                | Kind::Area
                | Kind::Word
                | Kind::Network
                | Kind::Timer2
                | Kind::Timer3
                | Kind::Iccid
                | Kind::Imei
                | Kind::Imsi
                | Kind::Zone => false,
            };
            let is_known = !value.contains(&(UNKNOWN as u8));
            if !(wants_string && is_known && parameter.kind == Written::Bare) {
                return None;
            }
            let (start, end) = (argument_start + parameter.range.start, argument_start + parameter.range.end);
            Some((field.what, known.line.span(start, end)))
        });
        let Some((parameter, span)) = bare.next() else { return };
        let others = bare.map(|(_, span)| Label { span, text: "here too".to_owned() }).collect();
        self.reporter.report_with(&LineFault::Unquoted { parameter }, span, others);
    }

    /// A slip in a long name: a letter left out, written twice, or two that changed places. Another letter, or one more,
    /// is left alone: `+CMGC` and `+CMGD`, `+CGDCONT` and `+CGDSCONT` are all commands.
    fn lint_unknown(&mut self, known: &Known<'_>) {
        let name = known.command.name;
        let is_whole = name.len() >= 7 && known.command.is_extended() && !known.command.argument.starts_with(UNKNOWN);
        if !is_whole {
            return;
        }
        let upper = known.name();
        if let Some(near) = catalogue::nearest(&upper).into_iter().find(|near| is_slip(&upper, near)) {
            let start = known.command.range.start;
            let span = known.line.span(start, start + name.len());
            self.reporter.report(&ModemFault::UnknownCommand { command: upper, near }, span);
        }
    }
}

fn is_slip(written: &str, meant: &str) -> bool {
    if strsim::osa_distance(written, meant) != 1 {
        return false;
    }
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let without_doubles = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.dedup();
        letters
    };
    written.len() < meant.len()
        || sorted(written) == sorted(meant)
        || without_doubles(written) == without_doubles(meant)
}
