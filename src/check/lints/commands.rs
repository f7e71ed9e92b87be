//! What a command does to the modem, the SIM or the purse, and what it is given.

use super::answers::{expects, expects_failure, is_capture};
use super::at_text::UNKNOWN;
use super::{Asked, KnownCommand, Lines, Role};
use crate::at::command::{self, Form};
use crate::at::parameters::{Kind as Written, parameters};
use crate::catalogue;
use crate::catalogue::command::{Danger, DangerKind, When};
use crate::catalogue::field::Kind;
use crate::check::findings::Findings;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use std::sync::Arc;

const STANDARDS: [&str; 2] = ["3GPP", "V.250"];

pub(super) fn lint_parameters(known: &KnownCommand<'_>, asked: Asked<'_>, lines: &Lines, findings: &mut Findings) {
    let Some(entry) = known.entry else {
        return lint_unknown(known, findings);
    };
    let command = known.name();
    match known.command.form {
        Form::Test if known.command.is("+COPS") => lint_scan(known, asked, lines, findings),
        Form::Set if entry.read_only && !expects_failure(asked.clauses) => {
            let message = format!("`{command}` can only be read: setting it always ends in ERROR");
            findings.report(
                Diagnostic::new("hayes::check::read-only", &findings.source, message)
                    .at(known.span, "sets what cannot be set")
                    .help(format!("leave out what stands behind `{command}`, or write `expect ERROR` under it")),
            );
        }
        Form::Set => lint_quotes(known, findings),
        Form::Read if entry.read.is_none() && entry.execute.is_some() && !expects_failure(asked.clauses) => {
            // Vendors add forms of their own to their commands; those of the standards are known.
            if entry.source.confirmed && entry.vendors.iter().any(|vendor| STANDARDS.contains(vendor)) {
                let message = format!("`{command}` has no read form: modems answer ERROR to `{command}?`");
                findings.report(
                    Diagnostic::new("hayes::check::no-read", &findings.source, message)
                        .at(known.span, "asks where nothing is set")
                        .help(format!("write `{command}`")),
                );
            }
        }
        Form::Test | Form::Read | Form::Execute => {}
    }
}

/// The question of an `ensure` is asked twice, and by `--plan`: it must change nothing. That it may be sent once only is
/// told elsewhere.
pub(super) fn lint_ensured(known: &KnownCommand<'_>, asked: Asked<'_>, findings: &mut Findings) {
    if asked.role == Role::Ensured && catalogue::expected::only_sets(known.command) && !may_try_pin(known) {
        let command = known.written(&findings.source);
        let message = format!("the question of an `ensure` must ask, and `{command}` sets");
        findings.report(
            Diagnostic::new("hayes::check::ensure-sets", &findings.source, message)
                .at(known.span, "changes the modem before anything is known")
                .help(
                    "ask with the read form (`?`), and put what sets into the block: it runs where the answer differs",
                ),
        );
    }
}

/// `AT+COPS=?` scans. It is meant as a test where nobody looks at what it found; a plain list of commands is there to be
/// looked at.
fn lint_scan(known: &KnownCommand<'_>, asked: Asked<'_>, lines: &Lines, findings: &mut Findings) {
    let is_looked_at = asked.clauses.iter().any(is_capture)
        || expects(asked.clauses, &["+COPS"])
        || lines.is_plain_list
        || lines.reads_response;
    if !is_looked_at {
        let command = format!("{}=?", known.name());
        let message = format!("`{command}` does not test whether the command is there: it scans for networks");
        findings.report(
            Diagnostic::new("hayes::check::scan", &findings.source, message)
                .at(known.span, "takes minutes, and stops data meanwhile")
                .help(
                    "to ask for the network in use, write `AT+COPS?`; if the scan is meant, `capture all` its answer",
                ),
        );
    }
}

/// Text without double quotes where a string is wanted.
fn lint_quotes(known: &KnownCommand<'_>, findings: &mut Findings) {
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
    let message = format!("a string stands without double quotes: {parameter}");
    let fault = Diagnostic::new("hayes::check::unquoted", &findings.source, message)
        .at(span, "no quotes")
        .help("put it in double quotes, as in `AT+CGDCONT=1,\"IP\",\"super\"`");
    findings.report(bare.fold(fault, |fault, (_, span)| fault.at(span, "here too")));
}

/// A slip in a long name: a letter left out, written twice, or two that changed places. Another letter, or one more, is
/// left alone: `+CMGC` and `+CMGD`, `+CGDCONT` and `+CGDSCONT` are all commands.
fn lint_unknown(known: &KnownCommand<'_>, findings: &mut Findings) {
    let name = known.command.name;
    let is_whole = name.len() >= 7 && known.command.is_extended() && !known.command.argument.starts_with(UNKNOWN);
    if !is_whole || !findings.may_compare(catalogue::command::commands().len()) {
        return;
    }
    let command = known.name();
    if let Some(near) = catalogue::nearest(&command).into_iter().find(|near| is_slip(&command, near)) {
        let start = known.command.range.start;
        findings.report(
            Diagnostic::new(
                "hayes::check::unknown-command",
                &findings.source,
                format!("no command `{command}` is known"),
            )
            .at(known.line.span(start, start + name.len()), "not known")
            .help(format!("did you mean `{near}`?")),
        );
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

pub(super) fn lint_danger(known: &KnownCommand<'_>, asked: Asked<'_>, lines: &mut Lines, findings: &mut Findings) {
    let Some(entry) = known.entry else { return };
    let (form, values) = (known.command.form, known.values());
    let (source, span) = (Arc::clone(&findings.source), known.span);
    let tries_pin = may_try_pin(known);
    if tries_pin {
        let command = format!("{}=", known.name());
        let again = match (asked.role, asked.place.in_retry) {
            (Role::Ensured, _) => Some("an `ensure`, which asks twice"),
            (Role::Question | Role::Reboot, true) => Some("a `retry`"),
            (Role::Question | Role::Reboot, false) => None,
        };
        let fault = again.map(|again| pin_again(&command, again, span, &source));
        lines.tries_pin.get_or_insert(command);
        if let Some(fault) = fault {
            return findings.report(fault);
        }
    }
    if asked.place.in_unsafe {
        return;
    }
    let command = known.written(&source);
    if let Some(danger) = entry.dangers.iter().find(|danger| danger.needs_unsafe && may_hold(&danger.when, known)) {
        let message = format!("`{command}` may stand only in an `unsafe` block: {}", clause(danger.why));
        return findings.report(
            Diagnostic::new("hayes::check::needs-unsafe", &source, message)
                .at(span, "not in an `unsafe` block")
                .help("remove it; if you must, put it into `unsafe \"why\" { … }`"),
        );
    }
    let is_told = |danger: &&Danger| is_told(danger.kind, form, lines.is_plain_list);
    if let Some(danger) = entry.dangers(form, &values).find(is_told) {
        let command = if tries_pin { format!("{}=", known.name()) } else { command.clone() };
        let message = format!("`{command}` is dangerous: {}", clause(danger.why));
        findings.report(
            Diagnostic::new("hayes::check::danger", &source, message)
                .at(span, "dangerous")
                .help("remove it; if it is meant, write `# allow hayes::check::danger: why` above it"),
        );
    } else if let Some(why) = entry.not_repeatable(form, &values)
        && asked.place.in_retry
        && asked.role != Role::Reboot
    {
        let message = format!("`{command}` may be sent more than once here: {}", clause(why));
        let help =
            "move it out of the retry; if it may be repeated, write `# allow hayes::check::repeat: why` above it";
        findings
            .report(Diagnostic::new("hayes::check::repeat", &source, message).at(span, "may be sent again").help(help));
    }
    if entry.leaves_nb_iot_only(form, &values) {
        lines.nb_iot.push((command, span));
    }
}

/// An attempt of a PIN stands in something that may send it again: what that is.
pub(in crate::check) fn pin_again(command: &str, place: &str, span: Span, source: &Arc<Source>) -> Diagnostic {
    let message = format!("`{command}` stands in {place}: each wrong try uses up one of the SIM's few attempts");
    Diagnostic::new("hayes::check::pin-in-retry", source, message)
        .at(span, "may be sent again")
        .help("send it once, outside of it: three wrong PINs lock the SIM, ten wrong PUKs end it")
}

/// Whether it is dangerous enough to be told of a line that stands there on purpose. That a command costs money or takes
/// the connection down is what people send it for; and who copies a list of settings from a manual wants them.
fn is_told(kind: DangerKind, form: Form, is_plain_list: bool) -> bool {
    match kind {
        DangerKind::Brick | DangerKind::Illegal | DangerKind::Lock | DangerKind::Data => true,
        DangerKind::Settings | DangerKind::Silence => form != Form::Set || !is_plain_list,
        DangerKind::Cost | DangerKind::Connection => false,
    }
}

/// The first command of a line, as it will be sent, that uses up attempts of a PIN or a password: `AT+CPIN=`. It must
/// not be sent again by itself; where values were put into the line, only the last look can tell.
pub fn tries_pin(line: &str) -> Option<String> {
    let tries = |asked: &&command::Command<'_>| {
        let values = catalogue::expected::values(asked);
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let mut dangers = catalogue::command_of(asked).into_iter().flat_map(|known| known.dangers(asked.form, &values));
        dangers.any(|danger| danger.kind == DangerKind::Lock)
    };
    let line = command::parse(line)?;
    line.commands.iter().find(tries).map(|asked| format!("AT{}=", asked.name.to_ascii_uppercase()))
}

/// As [`tries_pin`], where a `${…}` may be anything.
fn may_try_pin(known: &KnownCommand<'_>) -> bool {
    let mut dangers = known.entry.into_iter().flat_map(|entry| entry.dangers);
    dangers.any(|danger| danger.kind == DangerKind::Lock && may_hold(&danger.when, known))
}

/// Whether the case holds, or may hold: a `${…}` may be anything.
fn may_hold(when: &When, known: &KnownCommand<'_>) -> bool {
    let supposed: Vec<&str> = known
        .values
        .iter()
        .enumerate()
        .map(|(index, value)| match when.parameters.get(index) {
            Some(Some(wanted)) if value.contains(UNKNOWN) => wanted,
            Some(_) | None => value.as_str(),
        })
        .collect();
    when.holds(known.command.form, &supposed)
}

/// Follows which contexts are certainly up. The APN of one that is up cannot be changed.
pub(super) fn follow_contexts(known: &KnownCommand<'_>, lines: &mut Lines, findings: &mut Findings) {
    let (form, values) = (known.command.form, known.values());
    if form == Form::Set
        && known.entry.is_some_and(|entry| entry.needs_context_down)
        && let Some(context) = known.values.first()
        && let Some(since) = lines.contexts.get(context)
    {
        let command = known.name();
        let message = format!("`{command}` changes the APN while the connection is up, and will end in ERROR");
        findings.report(
            Diagnostic::new("hayes::check::context-up", &findings.source, message)
                .at(known.span, "the connection is still up here")
                .at(*since, "brought up here")
                .help("take it down first: `AT+CFUN=4`, then this line, then `AT+CFUN=1`"),
        );
    }
    if matches!(form, Form::Read | Form::Test) {
        return;
    }
    let raises = known.entry.and_then(|entry| entry.raises_context.as_ref());
    if let Some(raises) = raises.filter(|raises| raises.when.holds(form, &values))
        && let Some(context) = known.values.get(raises.context)
        && !context.contains(UNKNOWN)
    {
        lines.raise(context, known.span);
    } else if known.entry.is_none_or(|entry| entry.lowers_contexts || entry.reboots(form, &values).is_some()) {
        // An unknown command may do anything.
        lines.forget_contexts();
    }
}

/// The catalogue's sentence as the end of another: without its capital and its full stop.
fn clause(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut characters = sentence.chars();
    match (characters.next(), characters.clone().next()) {
        // An abbreviation keeps its capitals.
        (Some(first), Some(second)) if !second.is_ascii_uppercase() => first.to_lowercase().chain(characters).collect(),
        _ => sentence.to_owned(),
    }
}
