//! What is known to go wrong with a command line, before it is sent. Each lint is a function of what it looks at.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use super::command_line::{self, AtText, UNKNOWN};
use super::{Checker, NotKnown, Place, Role, listed};
use crate::at::Shape;
use crate::at::command::{self, Command, Form};
use crate::at::parameters::{Parameter, Written, parameters};
use crate::at::result_code::{self, telling_words};
use crate::catalogue;
use crate::catalogue::command::{Away, holds, reason, tells_changes, unknown_danger};
use crate::catalogue::entry::{
    CommandEntry, Confirmation, Danger, DangerKind, FieldKind, KnownField, KnownPrompt, Layout, Usage, When,
};
use crate::catalogue::explain::clause;
use crate::check::findings::Findings;
use crate::check::names::{Names, forms};
use crate::check::{Known, Matcher, counted, from_the_beginning, is_command_line, known_line, with_prefix};
use crate::diagnostic::slips;
use crate::notation::row_of;
use crate::sms::Coding;
use crate::source::{Source, Span};
use crate::syntax::ast::{
    Alternatives, Clause, ClauseKind, Exchange, Expression, ExpressionKind, Field, Pattern, PatternKind, PatternPart,
    PromptEnd, Script, Send, SendForm, StatementKind, TemplatePart, WhenEvent,
};

/// What the command lines so far tell about the modem and the script.
#[derive(Default)]
pub(super) struct Lines {
    /// The first command that uses up attempts of a PIN.
    pub tries_pin: Option<String>,
    /// The contexts that are certainly up, and the lines that brought them up.
    contexts: HashMap<String, Span>,
    /// Counts what was done to contexts: whether a block did anything to them.
    pub context_changes: usize,
    /// The command after which the modem is away, and where it stands.
    pub away: Option<(Away, String, Span)>,
    /// How long the script has slept since.
    pub slept: Duration,
    /// Settings that leave only NB-IoT, and where they stand.
    nb_iot: Vec<(String, Span)>,
    /// How many bytes the last command line announces, and whether that is sure
    pub counted: Option<(usize, bool)>,
    super_sim: bool,
    /// Nothing but commands: copied from a manual, to be looked at.
    is_plain_list: bool,
    /// What was answered is looked at somewhere.
    reads_response: bool,
    /// Something may have made the modem say nothing more.
    may_be_silent: bool,
    /// A connection may be open: what is sent may go to its other end.
    has_dialled: bool,
    /// Names that were captured where a value says that it is not known
    pub not_known: NotKnown,
    /// Of a name that value, and the comparisons that it passes: told unless it ends further below
    pub passes_unknown: HashMap<String, (i64, Vec<crate::diagnostic::Diagnostic>)>,
    /// A line under the last question hides what it takes out of the answer.
    pub hides: bool,
    /// Numbers in the `when`s of the last question
    taken: HashSet<i64>,
    /// Names in the last command line that stand there for themselves, and the parameters that they are
    pub told_values: Vec<(String, Span)>,
}

/// How a command line stands in the script.
#[derive(Clone, Copy)]
struct Asked<'c> {
    send: &'c Send,
    /// What is said of its answer
    clauses: &'c [Clause],
    role: Role,
    place: Place,
    names: &'c Names,
}

/// One command of a line and what is known of it.
struct KnownCommand<'l> {
    line: &'l AtText,
    command: &'l Command<'l>,
    entry: Option<&'static catalogue::entry::CommandEntry>,
    /// Its form, as it is sent
    usage: Option<&'static Usage>,
    /// Its parameters without quotes, [`UNKNOWN`] in place of each `${…}`
    values: Vec<&'l str>,
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
        self.may_be_silent = true;
        self.super_sim |= is_super_sim_script(script);
    }

    fn tells_value(&self, span: Span) -> bool {
        self.told_values.iter().any(|(_, told)| *told == span)
    }

    pub(super) fn note_text(&mut self, text: &str) {
        self.super_sim |= text == "super";
    }

    pub(super) fn forget_contexts(&mut self) {
        self.contexts = HashMap::new();
        self.context_changes += 1;
    }

    /// Only once all lines are known it is certain that the script has to do with Super SIM.
    pub(super) fn report_nb_iot(&mut self, findings: &mut Findings) {
        for (command, span) in self.nb_iot.drain(..).filter(|_| self.super_sim) {
            findings.tell("hayes::check::nb-iot", span, &[&command]);
        }
    }
}

impl<'l> KnownCommand<'l> {
    fn new(line: &'l AtText, command: &'l Command<'l>) -> KnownCommand<'l> {
        let entry = catalogue::command_of(command);
        let values = catalogue::command::values(command);
        let usage = entry.and_then(|entry| entry.usage(command.form, &values));
        let span = line.span_with_values(command.range.start, command.range.end);
        KnownCommand { line, command, entry, usage, values, span }
    }

    fn away(&self) -> Option<Away> {
        self.entry?.away(self.command.form, &self.values)
    }

    /// `AT+CMGS`
    fn name(&self) -> String {
        format!("AT{}", self.command.name.to_ascii_uppercase())
    }

    /// Without what it tries: `AT+CPIN=`, `ATD`
    fn tried(&self) -> String {
        format!("{}{}", self.name(), if self.command.form == Form::Set { "=" } else { "" })
    }

    /// As it is written: `AT+CFUN=1,1`
    fn written(&self, source: &Source) -> String {
        let rest = source.slice(self.span).strip_prefix(self.command.name).unwrap_or_default();
        format!("{}{}", self.name(), rest.trim_end())
    }

    /// Its parameters whose fields are known, but those of which a part is not known.
    fn given(&self) -> impl Iterator<Item = (Parameter<'l>, &'static KnownField, Span)> {
        let start = self.command.range.end - self.command.argument.len();
        let layout = self.usage.map(|usage| usage.layout_of(self.command.argument));
        parameters(self.command.argument.as_bytes()).enumerate().filter_map(move |(index, parameter)| {
            let field = layout?.field(index)?;
            let span = self.line.span(start + parameter.range.start, start + parameter.range.end);
            (!parameter.value.contains(&(UNKNOWN as u8))).then_some((parameter, field, span))
        })
    }
}

/// Looks at the command lines of what is sent; `clauses` is what is said of its answer.
pub(super) fn lint(checker: &mut Checker<'_, '_, '_>, send: &Send, clauses: &[Clause], role: Role) {
    let Checker { findings, lines, place, names, .. } = checker;
    let asked = Asked { send, clauses, role, place: *place, names: &*names };
    if let Some((away, command, span)) = lines.away.take() {
        findings.tell(sent_while(away), span, &[&command]);
    }
    lines.counted = None;
    lines.told_values.clear();
    if let Some(behind) = send.text.plain().and_then(|text| text.strip_prefix("+++")) {
        match behind.trim_end_matches(['\r', '\n']) {
            "" if lines.has_dialled => findings.tell("hayes::check::escape", send.text.span, &[]),
            behind if is_command_line(behind) => {
                findings.tell("hayes::check::escape joined", send.text.span, &[&behind]);
            }
            _ => {}
        }
    }
    for line in AtText::lines(&findings.source, &send.text) {
        lint_line(&line, asked, lines, findings);
    }
    if role == Role::Reboot {
        lines.forget_contexts();
    }
}

fn sent_while(away: Away) -> &'static str {
    match away {
        Away::Restarts => "hayes::check::sent-while-away",
        Away::Off => "hayes::check::sent-while-away off",
    }
}

fn lint_line(line: &AtText, asked: Asked<'_>, lines: &mut Lines, findings: &mut Findings) {
    if line.text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("A/")) {
        findings.tell("hayes::check::repeat-last", line.span(0, 2), &[]);
        return;
    }
    let Some(parsed) = command::parse(&line.text) else { return };
    if let Some(open) = parsed.unclosed_quote {
        findings.tell("hayes::check::unclosed-quote", line.span(open, open + 1), &[]);
        return;
    }
    let is_well_formed = command_line::lint(line, &parsed, asked.send.form, findings);
    let commands: Vec<_> = parsed.commands.iter().map(|command| KnownCommand::new(line, command)).collect();
    for known in &commands {
        // A line that is not taken apart as it was meant says nothing certain about its parameters.
        if is_well_formed {
            lint_parameters(known, asked, lines, findings);
        }
        lint_danger(known, asked, lines, findings);
        lint_calls(known, asked, findings);
        lint_dial(known, findings);
        lint_ensured(known, asked, findings);
        follow_contexts(known, lines, findings);
        known.values.iter().for_each(|value| lines.note_text(value));
    }
    lines.has_dialled |= commands.iter().filter_map(|known| known.entry).any(|entry| entry.call_control);
    let mut behind = commands.iter();
    let away = behind.find_map(|known| Some((known.away()?, known.written(&findings.source), known.span)));
    if let Some((away, command, span)) = away.as_ref().filter(|_| behind.next().is_some()) {
        findings.tell(sent_while(*away), *span, &[command]);
    }
    match asked.role {
        // An `expect OK` does not wait for it.
        Role::Question => {
            (lines.away, lines.slept) = (away.filter(|_| asked.clauses.iter().all(is_code)), Duration::ZERO);
        }
        Role::Reboot => lint_reboot(&commands, away, findings),
        Role::Ensured => {}
    }
    lines.counted = commands.iter().find_map(|known| prompt_of(known)?.announced(&known.values));
    lint_prompt(&commands, asked, findings);
    if let [known] = commands.as_slice() {
        lint_names(known, asked, lines, findings);
        lint_beginnings(known, asked, findings);
    }
    lint_captures(&commands, asked, findings);
    lint_patterns(&commands, asked, findings);
    lint_silence(&commands, asked, lines, findings);
}

fn is_super_sim_script(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| part == "supersim")
}

// ── What a command does to the modem, the SIM or the purse, and what it is given

/// What people call a value of an answer, and the names that manuals give it.
const CALLED: &str = include_str!("called.md");

const STANDARDS: [&str; 2] = ["3GPP", "V.250"];

fn lint_parameters(known: &KnownCommand<'_>, asked: Asked<'_>, lines: &mut Lines, findings: &mut Findings) {
    let Some(entry) = known.entry else {
        return lint_unknown(known, findings);
    };
    match known.command.form {
        Form::Test if known.command.is("+COPS") => lint_scan(known, asked, lines, findings),
        Form::Set if entry.read_only && !expects_failure(asked.clauses) => {
            let command = known.name();
            findings.tell("hayes::check::read-only", known.span, &[&command]);
        }
        Form::Set => {
            lint_named(known, asked, lines, findings);
            lint_quotes(known, lines, findings);
            lint_setting(known, findings);
            lint_values(known, lines, findings);
            // Vendors' own get longer from one module to the next.
            if entry.status == Confirmation::Confirmed && is_standard(entry) && !expects_failure(asked.clauses) {
                lint_count(known, findings);
            }
        }
        Form::Read if entry.read.is_none() && entry.execute.is_some() && !expects_failure(asked.clauses) => {
            // Vendors add forms of their own to their commands; those of the standards are known.
            if entry.status == Confirmation::Confirmed && is_standard(entry) {
                let written = findings.source.slice(known.span).trim_end_matches('?').to_owned();
                findings.tell("hayes::check::no-read", known.span, &[&known.name(), &written]);
            }
        }
        Form::Execute if is_only_read(entry) && known.command.is_extended() && !expects_failure(asked.clauses) => {
            let written = format!("{}?", findings.source.slice(known.span));
            findings.tell("hayes::check::no-read execute", known.span, &[&known.name(), &written]);
        }
        // The value of a basic command: `ATE2`
        Form::Execute => lint_values(known, lines, findings),
        Form::Test | Form::Read => {}
    }
}

fn is_standard(entry: &CommandEntry) -> bool {
    entry.vendors.iter().any(|vendor| STANDARDS.contains(vendor))
}

/// By the standards it is read and set, and does nothing alone.
fn is_only_read(entry: &CommandEntry) -> bool {
    entry.execute.is_none() && entry.read.is_some() && entry.status == Confirmation::Confirmed && is_standard(entry)
}

/// The question of an `ensure` is asked twice, and by `--plan`: it must change nothing.
fn lint_ensured(known: &KnownCommand<'_>, asked: Asked<'_>, findings: &mut Findings) {
    if asked.role == Role::Ensured && catalogue::command::only_sets(known.command) && !may_try_pin(known) {
        let command = known.written(&findings.source);
        findings.tell("hayes::check::ensure-sets", known.span, &[&command]);
    }
}

/// `AT+COPS=?` scans: not meant where nobody looks at what it found. Who copies a plain list looks at it.
fn lint_scan(known: &KnownCommand<'_>, asked: Asked<'_>, lines: &Lines, findings: &mut Findings) {
    let is_looked_at = asked.clauses.iter().any(is_capture)
        || expects(asked.clauses, &["+COPS"])
        || lines.is_plain_list
        || lines.reads_response;
    if !is_looked_at {
        findings.tell("hayes::check::scan", known.span, &[&known.name()]);
    }
}

/// A `reboot` with what certainly restarts nothing.
fn lint_reboot(commands: &[KnownCommand<'_>], away: Option<(Away, String, Span)>, findings: &mut Findings) {
    if let Some((Away::Off, command, span)) = away {
        return findings.tell("hayes::check::no-restart off", span, &[&command]);
    }
    let asks = |known: &&KnownCommand<'_>| known.entry.is_some_and(|entry| entry.read_only);
    if let Some(known) = commands.first().filter(|known| away.is_none() && commands.len() == 1 && asks(known)) {
        findings.tell("hayes::check::no-restart", known.span, &[&known.written(&findings.source)]);
    }
}

/// Whether it says nothing but how the answer ends: `expect OK`.
fn is_code(clause: &Clause) -> bool {
    let ClauseKind::Expect(alternatives) = &clause.kind else { return false };
    alternatives.iter().all(|it| it.plain().is_some_and(|text| result_code::parse(text.as_bytes()).is_some()))
}

/// A parameter that is the name of a value, `AT+CFUN=fun`, or holds nothing but it as other languages write it.
fn lint_named(known: &KnownCommand<'_>, asked: Asked<'_>, lines: &mut Lines, findings: &mut Findings) {
    let quote = if findings.source.slice(asked.send.text.span).starts_with('"') { "\\\"" } else { "\"" };
    for (parameter, field, span) in known.given() {
        let value = parameter.text();
        // `ab` is a byte in hex as well.
        let is_hex = matches!(field.kind(), FieldKind::Hex | FieldKind::Area | FieldKind::Any | FieldKind::Iccid)
            && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_said = is_hex || field.meaning(&value).is_some();
        if parameter.kind != Written::Bare || findings.source.slice(span) != value || is_said {
            continue;
        }
        let stands = asked.names.known(&value).is_set.then(|| value.to_string());
        let found = || asked.names.values_in(&value).into_iter().find(|(_, place)| place.len() == value.len());
        let Some(name) = stands.or_else(|| Some(found()?.0).filter(|name| asked.names.known(name).is_set)) else {
            continue;
        };
        let is_text = matches!(field.kind(), FieldKind::Quoted | FieldKind::Text | FieldKind::Address);
        let quote = if is_text { quote } else { "" };
        let meant = format!("{quote}${{{name}}}{quote}");
        findings.tell("hayes::check::value-as-text sent", span, &[&value, &name, &meant]);
        lines.told_values.push((name, span));
    }
}

/// Text without double quotes where a string is wanted.
fn lint_quotes(known: &KnownCommand<'_>, lines: &Lines, findings: &mut Findings) {
    let mut bare =
        known.given().filter(|(.., span)| !lines.tells_value(*span)).filter_map(|(parameter, field, span)| {
            let value = parameter.value;
            let has_letters = value.iter().any(|byte| byte.is_ascii_alphabetic() || b"*#".contains(byte));
            let kind = field.kind();
            let wants_string = if matches!(kind, FieldKind::Quoted | FieldKind::Time) {
                !value.is_empty()
            } else if matches!(kind, FieldKind::Text | FieldKind::Address) {
                // Digits alone are taken without quotes by many modems.
                has_letters || value.starts_with(b"+")
            } else {
                // A number, or else one of the words that are known; or who is called: `+15551234`.
                let is_word = has_letters && field.meaning(&parameter.text()).is_some();
                kind == FieldKind::Any && (is_word || value.len() > 4 && value.starts_with(b"+"))
            };
            (wants_string && parameter.kind == Written::Bare).then_some((field, span))
        });
    let Some((parameter, first)) = bare.next() else { return };
    let mut fault = findings.fault("hayes::check::unquoted", first, &[&parameter.what]);
    let source = Arc::clone(&findings.source);
    let (mut mended, mut end) = (String::new(), first.start);
    let is_time = parameter.kind() == FieldKind::Time;
    for span in std::iter::once(first).chain(bare.map(|(_, span)| span)) {
        fault = if span == first { fault } else { fault.at(span, "here too") };
        let between = source.slice(Span { start: end, end: span.start });
        // `f"…"` of another language
        let written = source.slice(span);
        let inner = written.find('"').and_then(|quote| written.get(quote..)).unwrap_or(written);
        mended.push_str(&format!("{between}\"{}\"", inner.trim_matches(['\'', '"'])));
        end = span.end;
    }
    let before = source.slice(Span { start: known.span.start, end: first.start });
    let behind = source.slice(Span { start: end, end: known.span.end });
    let help = format!("write `AT{before}{mended}{behind}`");
    // A comma of its own parts a time.
    let place = Span { start: first.start, end };
    // Where escapes stand, single places are not known.
    let is_vague = first.start <= known.span.start;
    findings.report(if is_time || is_vague { fault } else { fault.help(help).mended_at(place, mended) });
}

/// `AT+CPSMS=1,,,t3412(1h)`: a call that stands for itself.
fn lint_calls(known: &KnownCommand<'_>, asked: Asked<'_>, findings: &mut Findings) {
    let start = known.command.range.end - known.command.argument.len();
    for parameter in parameters(known.command.argument.as_bytes()) {
        let value = parameter.text();
        let at = start + parameter.range.start + usize::from(parameter.kind == Written::Quoted);
        // `"$apn"` of a shell, `"{apn}"` of Python, `\T` of chat.
        let dialled = value.strip_prefix(['T', 'P']).filter(|_| known.command.name == "D").unwrap_or(&value);
        let place = |text: &str| known.line.span(at + value.len() - text.len(), at + value.len());
        let name = match dialled {
            r"\T" | "$1" => Some("number"),
            r"\U" | "$2" => Some("number_2"),
            // Two braces are told wherever they stand; a sign before a word may be one of the command's.
            _ => forms()
                .filter(|(open, close)| *open != "{{" && (*open == "$" || !close.is_empty()))
                .find_map(|(open, close)| Some(dialled.strip_prefix(open)?.strip_suffix(close)?.trim())),
        };
        let is_name = |name: &&str| {
            name.len() > 1
                && name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        let new = name.filter(is_name).map(str::to_ascii_lowercase);
        let is_line_end = |name: &str| matches!(name, "enter" | "cr" | "lf" | "crlf");
        if let Some(name) = new.filter(|name| !asked.names.known(name).is_set && !is_line_end(name)) {
            findings.tell(
                "hayes::check::value-as-text undeclared",
                place(dialled),
                &[&dialled, &name, &format!("${{{name}}}")],
            );
        }
        let Some((name, rest)) = value.split_once('(') else { continue };
        if rest.ends_with(')') && crate::value::functions::function(name).is_some() {
            findings.tell("hayes::check::value-as-text", place(&value), &[&value, &value, &format!("${{{value}}}")]);
        }
    }
}

/// A slip in the name of a setting: `AT+QCFG="roamservices",2`.
fn lint_setting(known: &KnownCommand<'_>, findings: &mut Findings) {
    let Some(key) = known.values.first().filter(|key| key.len() > 2 && !key.contains(UNKNOWN)) else { return };
    let settings = || catalogue::lookup::settings(known.command.name).map(|(name, _)| name.trim_matches('"'));
    if settings().any(|name| name.eq_ignore_ascii_case(key)) || !findings.may_compare(settings().count()) {
        return;
    }
    // `urc/delay` and `urcdelay` are the same to some firmware.
    let is_slip =
        |near: &&str| near.replace('/', "") != *key && (is_slip(key, near) || key.len() > 5 && slips(key, near) == 1);
    if let Some(near) = settings().find(is_slip) {
        let start = known.command.range.end - known.command.argument.len();
        let quote = usize::from(known.command.argument.starts_with('"'));
        let span = known.line.span(start + quote, start + quote + key.len());
        let fault = findings.fault("hayes::check::unknown-value", span, &[key, &known.name(), &"setting"]);
        findings.report(fault.did_you_mean(Some(near), ""));
    }
}

fn lint_values(known: &KnownCommand<'_>, lines: &Lines, findings: &mut Findings) {
    for (parameter, field, span) in known.given().filter(|(.., span)| !lines.tells_value(*span)) {
        let value = parameter.text();
        if value.is_empty() || field.meaning(&value).is_some() || parameter.kind == Written::Group {
            continue;
        }
        let there = || field.values.iter().map(|known| known.value());
        let (kind, mut letters) = (field.kind(), value.bytes().filter(u8::is_ascii_alphabetic));
        let meant = if kind == FieldKind::Number { None } else { findings.nearest(&value, there()) };
        // Another digit is another value: IPV4 is no slip of IPV6, but says IP.
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<_>>();
        let meant = meant.filter(|near| digits(near) == digits(&value));
        let is_one = !value.contains(','); // None of `"IP,super"` is to be lost.
        let begun =
            || there().filter(|it| is_one && kind != FieldKind::Number && it.len() > 1 && value.starts_with(it));
        let meant = meant.or_else(|| begun().max_by_key(|it| it.len()));
        // Where modules have values that are not listed, a slip is told, and a word in place of a number.
        let is_slip = value.len() > 5 && meant.is_some_and(|near| slips(&value, near) == 1);
        let is_quoted = parameter.kind == Written::Quoted;
        let holds = || kind.holds(value.as_bytes(), true) || value.contains('(');
        let form = if kind == FieldKind::Number {
            let is_word = letters.any(|letter| !letter.is_ascii_hexdigit());
            if is_word { Some("a number") } else { is_quoted.then_some("a number without quotes") }
        } else {
            let forms = [
                (FieldKind::Time, "a time, as 26/11/29,12:00:00+00,"),
                (FieldKind::Timer2, "eight bits, as `${t3324(10s)}` gives them,"),
                (FieldKind::Timer3, "eight bits, as `${t3412(1h)}` gives them,"),
            ];
            let form = forms.into_iter().find(|(of, _)| *of == kind && (is_quoted || kind != FieldKind::Time));
            form.filter(|_| !holds()).map(|(_, form)| form)
        };
        if !(field.is_closed() || is_slip || form.is_some()) {
            continue;
        }
        let fault = findings.fault("hayes::check::unknown-value", span, &[&value, &known.name(), &field.what]);
        let known = || format!("known are {}", listed(there()));
        let form = form.filter(|_| field.values.is_empty()).map_or_else(known, |form| format!("{form} stands here"));
        findings.report(fault.did_you_mean(meant, form));
    }
}

/// More values than the command takes.
fn lint_count(known: &KnownCommand<'_>, findings: &mut Findings) {
    let Some(usage) = known.usage else { return };
    let argument = known.command.argument;
    let given: Vec<_> = parameters(argument.as_bytes()).collect();
    // A comma of its own parts a time: without quotes it is two values, and told as that.
    let may_be = |layout: &Layout| layout.groups || layout.fields.iter().any(|it| it.kind() == FieldKind::Time);
    let takes = |layout: &Layout, count: usize| may_be(layout) || layout.field(count - 1).is_some();
    let is_taken = |count: usize| std::iter::once(&usage.parameters).chain(&usage.instead).any(|it| takes(it, count));
    let most = (1..=given.len()).take_while(|count| is_taken(*count)).count();
    let (Some(first), false) = (given.get(most).filter(|_| most > 0), argument.contains(UNKNOWN)) else { return };
    let start = known.command.range.end - argument.len();
    let span = known.line.span(start + first.range.start, start + argument.len());
    findings.tell("hayes::check::more-values", span, &[&known.name(), &counted(most, "value"), &given.len()]);
}

/// `ATD+15551234` without a `;`.
fn lint_dial(known: &KnownCommand<'_>, findings: &mut Findings) {
    let number = known.command.argument.trim_start_matches(['T', 'P', 't', 'p', ' ']);
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_number = digits.len() > 2 && digits.bytes().all(|it| it.is_ascii_digit() || b"-() ".contains(&it));
    // Who speaks of data anywhere in the script means a data call.
    let is_meant = || ["CONNECT", "CARRIER", "FCLASS", "CBST"].iter().any(|word| findings.source.text.contains(word));
    if known.command.is("D") && is_number && !is_meant() {
        findings.tell("hayes::check::data-call", known.span, &[&known.written(&findings.source)]);
    }
}

/// A slip in a name: a letter written twice, or two that changed places; in a long one a letter left out. One more is
/// left alone: `+CMGC` and `+CMGD`, `+CGDCONT` and `+CGDSCONT` are all commands.
fn lint_unknown(known: &KnownCommand<'_>, findings: &mut Findings) {
    let name = known.command.name;
    let start = known.command.range.start;
    let span = known.line.span(start, start + name.len());
    if let Some(instead) = catalogue::meant(name) {
        return findings.tell("hayes::check::unknown-command meant", span, &[&known.name(), &instead]);
    }
    let is_whole = name.len() >= 5 && known.command.is_extended() && !known.command.argument.starts_with(UNKNOWN);
    if !is_whole || !findings.may_compare(catalogue::lookup::command_count()) {
        return;
    }
    let command = known.name();
    let near = catalogue::nearest(&command);
    // A wrong letter in a name of the standards, where only one is meant
    let is_standard = command.starts_with("AT+C") && near.len() == 1;
    let is_wrong_letter = |near: &str| is_standard && near.len() == command.len() && slips(&command, near) == 1;
    if let Some(near) = near.into_iter().find(|near| is_slip(&command, near) || is_wrong_letter(near)) {
        let fault = findings.fault("hayes::check::unknown-command", span, &[&command, &near]);
        findings.report(fault.mended_by(near.trim_start_matches("AT")));
    }
}

fn is_slip(written: &str, meant: &str) -> bool {
    if slips(written, meant) != 1 {
        return false;
    }
    let same_letters = |change: fn(&mut Vec<char>)| {
        let [mut one, mut other]: [Vec<char>; 2] = [written, meant].map(|text| text.chars().collect());
        change(&mut one);
        change(&mut other);
        one == other
    };
    // Of a short name, another letter or one that is missing makes other commands.
    written.len() < meant.len() && written.len() >= "AT+CGDCNT".len()
        || same_letters(|letters| letters.sort_unstable())
        || same_letters(Vec::dedup)
}

fn lint_danger(known: &KnownCommand<'_>, asked: Asked<'_>, lines: &mut Lines, findings: &mut Findings) {
    let (form, values) = (known.command.form, &known.values);
    let (source, span) = (Arc::clone(&findings.source), known.span);
    if let Some(why) = unknown_danger(known.command).filter(|_| !asked.place.in_unsafe) {
        findings.tell("hayes::check::needs-unsafe", span, &[&known.written(&source), &clause(why)]);
    }
    let Some(entry) = known.entry else {
        lines.may_be_silent = true;
        return;
    };
    lines.may_be_silent |=
        known.away().is_some() || entry.dangers(form, values).any(|danger| danger.kind == DangerKind::Silence);
    let tries_pin = may_try_pin(known);
    if tries_pin {
        let command = known.tried();
        let again = match (asked.role, asked.place.in_retry) {
            (Role::Ensured, _) => Some("an `ensure`, which asks twice"),
            (Role::Question | Role::Reboot, true) => Some("a `retry`"),
            (Role::Question | Role::Reboot, false) => None,
        };
        lines.tries_pin.get_or_insert_with(|| command.clone());
        if let Some(again) = again {
            return findings.tell("hayes::check::pin-in-retry", span, &[&command, &again]);
        }
    }
    if asked.place.in_unsafe {
        return;
    }
    let command = || known.written(&source);
    if let Some(danger) = entry.dangers.iter().find(|danger| danger.needs_unsafe && may_hold(danger.when, known)) {
        return findings.tell("hayes::check::needs-unsafe", span, &[&command(), &clause(danger.why)]);
    }
    let is_told = |danger: &&Danger| is_told(danger.kind, form, lines.is_plain_list);
    let given = asked.send.text.values().filter(|it| span.start <= it.span.start && it.span.end <= span.end);
    let name =
        |it: &Expression| if let ExpressionKind::Variable(name) = &it.kind { name.clone() } else { String::new() };
    let given: Vec<&Known> = given.map(|it| asked.names.known(&name(it))).collect();
    let is_text = |known: &&Known| known.constant.as_ref().is_some_and(|(text, _)| !text.is_empty());
    let pin = known.values.first().filter(|_| known.values.len() == 1 && tries_pin && known.command.is("+CPIN"));
    if pin.is_some_and(|pin| !pin.trim_matches(UNKNOWN).is_empty() || given.iter().any(is_text)) {
        findings.tell("hayes::check::danger pin", span, &[]);
    } else if !given.is_empty() && pin.is_some() && given.iter().all(|it| it.is_secret) && !asked.place.in_loop {
        // To give the SIM the PIN that is given to the script is everyday: no more is said, and none is too much.
        findings.is_allowed(&findings.fault("hayes::check::danger", span, &[]));
    } else if let Some(danger) = entry.dangers(form, values).find(is_told) {
        let command = if tries_pin { known.tried() } else { command() };
        findings.tell("hayes::check::danger", span, &[&command, &clause(danger.why)]);
    } else if let Some(why) = reason(&entry.not_repeatable, form, values)
        && asked.place.in_retry
        && asked.role != Role::Reboot
    {
        findings.tell("hayes::check::repeat", span, &[&command(), &clause(why)]);
    }
    if holds(&entry.nb_iot_only, form, values) {
        lines.nb_iot.push((command(), span));
    }
}

/// Whether it is dangerous enough to be told of a line that stands there on purpose. That a command costs money or
/// takes the connection down is what people send it for; and who copies a list of settings from a manual wants them.
fn is_told(kind: DangerKind, form: Form, is_plain_list: bool) -> bool {
    match kind {
        DangerKind::Brick | DangerKind::Illegal | DangerKind::Lock | DangerKind::Data | DangerKind::Emergency => true,
        DangerKind::Settings | DangerKind::Silence => form != Form::Set || !is_plain_list,
        DangerKind::Cost | DangerKind::Connection => false,
    }
}

/// Whether it uses up attempts of a PIN or a password, where a `${…}` may be anything.
fn may_try_pin(known: &KnownCommand<'_>) -> bool {
    let mut dangers = known.entry.into_iter().flat_map(|entry| &entry.dangers);
    dangers.any(|danger| danger.kind == DangerKind::Lock && may_hold(danger.when, known))
}

/// Whether the case holds, or may hold: a `${…}` may be anything.
fn may_hold(when: When, known: &KnownCommand<'_>) -> bool {
    let mut wanted = when.parameters();
    let supposed: Vec<&str> = known
        .values
        .iter()
        .map(|value| match wanted.next() {
            Some(Some(wanted)) if value.contains(UNKNOWN) && !wanted.starts_with('<') => wanted,
            Some(_) | None => *value,
        })
        .collect();
    when.holds(known.command.form, &supposed)
}

/// Follows which contexts are certainly up. The APN of one that is up cannot be changed.
fn follow_contexts(known: &KnownCommand<'_>, lines: &mut Lines, findings: &mut Findings) {
    let (form, values) = (known.command.form, &known.values);
    if form == Form::Set
        && known.entry.is_some_and(|entry| entry.needs_context_down)
        && let Some(context) = known.values.first()
        && let Some(since) = lines.contexts.get(*context)
    {
        let fault = findings.fault("hayes::check::context-up", known.span, &[&known.name()]);
        findings.report(fault.at(*since, "brought up here"));
    }
    if matches!(form, Form::Read | Form::Test) {
        return;
    }
    let raises = known.entry.and_then(|entry| entry.raises_context.as_ref());
    if let Some(raises) = raises.filter(|raises| raises.when.holds(form, values))
        && let Some(context) = known.values.get(raises.context)
        && !context.contains(UNKNOWN)
    {
        lines.contexts.entry(context.to_string()).or_insert(known.span);
        lines.context_changes += 1;
    } else if known.entry.is_none_or(|entry| entry.lowers_contexts || reason(&entry.reboots, form, values).is_some()) {
        // An unknown command may do anything.
        lines.forget_contexts();
    }
}

// ── What is said of an answer, beside what the command is known to answer

/// A reply that is written out, its end, and where it stands.
fn plain_reply(clause: &Clause) -> Option<(&str, Option<PromptEnd>, Span)> {
    let ClauseKind::Prompt { reply: Some((text, end)), .. } = &clause.kind else { return None };
    let ExpressionKind::Text(template) = &text.kind else { return None };
    let [TemplatePart::Text(reply)] = template.parts.as_slice() else { return None };
    Some((reply, *end, text.span))
}

/// A text that no short message holds, or not in the alphabet that modems have in text mode.
fn lint_message(known: &KnownCommand<'_>, clause: &Clause, findings: &mut Findings) {
    let is_text = known.command.is("+CMGS") && known.command.argument.starts_with('"');
    let Some((text, _, span)) = plain_reply(clause).filter(|(text, ..)| is_text && !text.contains(char::is_control))
    else {
        return;
    };
    if text.ends_with("^Z") {
        return findings.tell("hayes::check::message ctrl-z", span, &[]);
    }
    let coding = Coding::for_text(text);
    let (length, (most, _)) = (coding.length(text), coding.most());
    if length > most {
        findings.tell("hayes::check::message", span, &[&most, &length]);
    } else if coding == Coding::Ucs2
        && let Some(foreign) = text.chars().find(|it| Coding::for_text(it.encode_utf8(&mut [0; 4])) == coding)
    {
        findings.tell("hayes::check::message alphabet", span, &[&foreign]);
    }
}

/// A command that asks for data has a `prompt` under it, and no other has.
fn prompt_of(known: &KnownCommand<'_>) -> Option<&'static KnownPrompt> {
    known.entry?.prompt(known.command.form, &known.values)
}

fn lint_prompt(commands: &[KnownCommand<'_>], asked: Asked<'_>, findings: &mut Findings) {
    let asks = commands.iter().find_map(|known| Some((known, prompt_of(known)?)));
    match (asks, asked.clauses.iter().find(|clause| clause.is_prompt())) {
        (Some((known, prompt)), Some(clause)) => {
            lint_message(known, clause, findings);
            if let Some((reply, end, span)) = plain_reply(clause)
                && let has_end = end.is_some_and(|end| end != PromptEnd::Nothing)
                && let length = prompt.data(reply.as_bytes()).len() + usize::from(has_end)
                && let Some((announced, is_sure)) = prompt.announced(&known.values)
                && announced != length
                && (is_sure || !findings.source.text.contains(prompt.alone_after))
            {
                let page = if is_sure { "hayes::check::reply-length" } else { "hayes::check::length-or-connection" };
                findings.tell(page, span, &[&known.name(), &announced, &length]);
            }
        }
        (Some((known, prompt)), None)
            if !prompt.optional
                && !expects_failure(asked.clauses)
                && !findings.stands_in_broken_line("prompt")
                && !findings.stands_above_broken_line(known.span) =>
        {
            findings.tell("hayes::check::prompt-missing", known.span, &[&known.name(), &prompt.mark]);
        }
        (None, Some(clause)) => {
            let never = |known: &KnownCommand<'_>| {
                known.entry.is_some_and(|entry| entry.prompt.is_none() || known.command.form == Form::Test)
            };
            if let Some(known) = commands.first().filter(|_| commands.iter().all(never)) {
                findings.tell("hayes::check::never-asks", clause.span, &[&known.name()]);
            }
        }
        (Some(_), _) | (None, None) => {}
    }
}

/// `expect nothing` under a command that is answered by every modem that is there.
fn lint_silence(commands: &[KnownCommand<'_>], asked: Asked<'_>, lines: &Lines, findings: &mut Findings) {
    let answers = |known: &KnownCommand<'_>| known.usage.is_some() && known.entry.is_some_and(|it| !it.without_final);
    let silence = asked.clauses.iter().find(|clause| matches!(clause.kind, ClauseKind::ExpectNothing { .. }));
    if let (Some(known), Some(clause)) = (commands.first(), silence)
        && commands.iter().all(answers)
        && !lines.may_be_silent
    {
        findings.tell("hayes::check::always-answered", clause.span, &[&known.written(&findings.source)]);
    }
}

fn lint_captures(commands: &[KnownCommand<'_>], asked: Asked<'_>, findings: &mut Findings) {
    if let Some(known) = commands.first().filter(|_| commands.iter().all(has_no_lines))
        && let Some(clause) = asked.clauses.iter().find(|it| is_capture(it) && !may_take_result(it, findings))
    {
        let command = known.written(&findings.source);
        let prefix = known.name().split_off(2);
        // Such a line comes by itself, later.
        if catalogue::urc(format!("{prefix}: ").as_bytes()).is_some() {
            return findings.tell("hayes::check::no-lines later", clause.span, &[&command, &prefix]);
        }
        findings.tell("hayes::check::no-lines", clause.span, &[&command]);
    }
}

/// It is answered with its final result code alone.
fn has_no_lines(known: &KnownCommand<'_>) -> bool {
    known.usage.is_some_and(|usage| usage.shape == Shape::None)
}

/// Whether a capture may be meant for the final result code: `capture "CONNECT {speed:int}"`.
fn may_take_result(clause: &Clause, findings: &mut Findings) -> bool {
    let ClauseKind::CapturePattern(alternatives) = &clause.kind else { return false };
    alternatives.iter().any(|pattern| {
        let begins = |text: &str| telling_words().any(|word| text.starts_with(word));
        match &pattern.kind {
            PatternKind::Line(parts) => matches!(parts.first(), Some(PatternPart::Text(text)) if begins(text)),
            PatternKind::Regex { .. } => {
                let mut lines =
                    telling_words().flat_map(|word| ["", ": 10", " 115200"].map(|more| format!("{word}{more}")));
                // Compiled for this alone: kept, thousands of them would take hundreds of megabytes.
                let mut states_left = usize::MAX;
                let mut takes = |matcher: Matcher| lines.any(|line| matcher.matches(line.as_bytes(), &[]));
                !findings.may_compare(400) || Matcher::new(pattern, &mut states_left).map_or(true, &mut takes)
            }
        }
    })
}

/// A pattern with the prefix of another command: `+CGREG:` under `AT+CREG?`.
fn lint_patterns(commands: &[KnownCommand<'_>], asked: Asked<'_>, findings: &mut Findings) {
    let mut codes = asked.clauses.iter().filter(|clause| is_code(clause));
    let fails = |clause: &&Clause| expects_failure(std::slice::from_ref(clause));
    let succeeds = |clause: &&Clause| expects(std::slice::from_ref(clause), &["OK"]);
    if let Some(first) = codes.next()
        && let Some(other) = codes.find(|it| if fails(&first) { !fails(it) } else { !succeeds(it) && fails(it) })
        && fails(&first) != succeeds(&first)
    {
        findings.tell("hayes::check::two-ends", other.span, &[]);
    }
    if let [known] = commands {
        lint_bare(known, asked, findings);
    }
    let prefix = |known: &KnownCommand<'_>| {
        let usage = known.usage?;
        if usage.shape == Shape::Prefixed { usage.prefix } else { None }
    };
    let is_silent = commands.iter().all(has_no_lines);
    let prefixes = if is_silent { Some(Vec::new()) } else { commands.iter().map(prefix).collect() };
    let Some(prefixes) = prefixes else { return };
    // `AT` is no command of its own.
    let name = commands.first().map_or_else(|| "AT".to_owned(), KnownCommand::name);
    for clause in asked.clauses {
        let (ClauseKind::Expect(alternatives) | ClauseKind::CapturePattern(alternatives)) = &clause.kind else {
            continue;
        };
        let is_other = |pattern: &Pattern| pattern_prefix(pattern).is_some_and(|found| is_other(found, &prefixes));
        if let Some(pattern) = alternatives.first()
            && alternatives.iter().all(is_other)
            && let Some(found) = pattern_prefix(pattern)
        {
            match prefixes.first() {
                Some(wanted) => findings.tell("hayes::check::other-answer", pattern.span, &[&name, &found, wanted]),
                // Of a `capture` that is told already.
                None if is_capture(clause) && !commands.is_empty() => {}
                None => {
                    let entry = catalogue::command(found).filter(|entry| entry.answers_later.is_empty());
                    let sign = entry.and_then(|entry| match (&entry.read, &entry.execute) {
                        (Some(_), _) => Some("?"),
                        (None, Some(_)) => Some(""),
                        (None, None) => None,
                    });
                    match sign {
                        Some(sign) => {
                            findings.tell("hayes::check::other-answer silent", pattern.span, &[&name, &found, &sign]);
                        }
                        None => findings.tell("hayes::check::other-answer later", pattern.span, &[&name, &found]),
                    }
                }
            }
        }
    }
}

/// `capture "+CGSN: {imei}"`: few modems answer with the prefix.
fn lint_bare(known: &KnownCommand<'_>, asked: Asked<'_>, findings: &mut Findings) {
    let (Some(entry), Some(usage)) = (known.entry, known.usage) else { return };
    let is_bare =
        matches!(usage.shape, Shape::Bare | Shape::Text) || usage.shape == Shape::Unknown && is_standard(entry);
    let name = known.name();
    for clause in asked.clauses.iter().filter(|_| is_bare && known.command.form == Form::Execute) {
        let (ClauseKind::Expect(alternatives)
        | ClauseKind::CapturePattern(alternatives)
        | ClauseKind::CaptureAllPattern { patterns: alternatives, .. }) = &clause.kind
        else {
            continue;
        };
        let has_prefix = |pattern: &Pattern| pattern_prefix(pattern).is_some_and(|found| name.ends_with(found));
        if let Some(pattern) = alternatives.first().filter(|_| alternatives.iter().all(has_prefix)) {
            findings.tell("hayes::check::bare-answer", pattern.span, &[&name, &name.trim_start_matches("AT")]);
        }
    }
}

/// A name that the manuals give to another value: `capture stat:int` under `AT+CREG?`, whose answer begins with `n`.
fn lint_names(known: &KnownCommand<'_>, asked: Asked<'_>, lines: &mut Lines, findings: &mut Findings) {
    // `when "+CSQ: 99,{}" {` takes what is not known.
    let branches = asked.clauses.iter().filter(|clause| clause.word() == "when").flat_map(Clause::patterns);
    let numbers = |it: &Pattern| findings.source.slice(it.span).split(|character: char| !character.is_ascii_digit());
    lines.taken = branches.flat_map(numbers).filter_map(|number| number.parse().ok()).collect();
    for clause in asked.clauses {
        if let ClauseKind::Capture { fields } = &clause.kind {
            lint_number(known, fields, findings);
            lint_fields(known, Some(clause.span), fields.iter().enumerate(), lines, findings);
        } else if let ClauseKind::CaptureAll { fields, .. } = &clause.kind {
            lint_fields(known, Some(clause.span), fields.iter().enumerate(), lines, findings);
        } else if let ClauseKind::CapturePattern(patterns)
        | ClauseKind::CaptureAllPattern { patterns, .. }
        | ClauseKind::When { event: WhenEvent::Line(patterns), .. } = &clause.kind
            // Alternatives are there for answers of several forms.
            && let [pattern] = patterns.as_slice()
        {
            lint_holes(known, pattern, lines, findings);
        }
    }
}

/// `capture a, b, c` of an answer that has two values.
fn lint_number(known: &KnownCommand<'_>, fields: &[Field], findings: &mut Findings) {
    let Some(layouts) = known.usage.map(|usage| &usage.answers).filter(|layouts| !layouts.is_empty()) else { return };
    let is_beyond = |place: usize| layouts.iter().all(|layout| layout.field(place).is_none());
    let mut wanted = fields.iter().enumerate().filter(|(_, field)| !field.optional);
    if let Some((place, field)) = wanted.find(|(place, _)| is_beyond(*place)) {
        let most = (0..place).take_while(|place| !is_beyond(*place)).count();
        let values = counted(most, "value");
        findings.tell("hayes::check::captures-more", field.span, &[&known.written(&findings.source), &values]);
    }
}

/// The names of holes, where the pattern is the prefix and values between commas.
fn lint_holes(known: &KnownCommand<'_>, pattern: &Pattern, lines: &mut Lines, findings: &mut Findings) {
    let PatternKind::Line(parts) = &pattern.kind else { return };
    let prefix = known.usage.and_then(|usage| usage.prefix);
    let begins = |text: &String| prefix.is_some_and(|prefix| text.trim_end() == format!("{prefix}:"));
    let (Some(PatternPart::Text(first)), true) = (parts.first(), parts.len() > 1) else { return };
    let separates = |part: &PatternPart| match part {
        PatternPart::Text(text) => matches!(text.trim(), "," | "\",\"" | ",\"" | "\"," | "\""),
        PatternPart::Hole(_) => true,
        PatternPart::Value(_) => false,
    };
    if !begins(&first.trim_end_matches('"').to_owned()) || !parts.iter().skip(1).all(separates) {
        return;
    }
    lint_fields(known, None, pattern.holes().enumerate(), lines, findings);
}

/// A name that stands at another value's place
struct Misplaced<'f> {
    span: Span,
    name: &'f str,
    /// The value whose place it is
    there: &'static str,
    /// Where the value of this name stands
    right: usize,
}

/// Names at the places of the answer's values: those of a clause, whose place is given, or of a pattern.
fn lint_fields<'f>(
    known: &KnownCommand<'_>,
    clause: Option<Span>,
    fields: impl Iterator<Item = (usize, &'f Field)>,
    lines: &mut Lines,
    findings: &mut Findings,
) {
    let Some(layouts) = known.usage.map(|usage| &usage.answers) else { return };
    let fields: Vec<(usize, &Field)> = fields.collect();
    let mut misplaced = Vec::new();
    for (place, field) in &fields {
        let (place, Some(name)) = (*place, field.name.as_ref().map(|name| &name.value)) else { continue };
        let Some(there) = layouts.iter().find_map(|layout| layout.field(place)) else { continue };
        let not_known = there.values.iter().find(|value| value.meaning() == "not known").map(|value| value.value());
        let about = |value| (value, there.what, known.written(&findings.source));
        match not_known.and_then(|value| value.parse().ok()) {
            Some(value) if !lines.taken.contains(&value) => lines.not_known.insert(name.clone(), about(value)),
            Some(_) | None => lines.not_known.remove(name),
        };
        let is_short = there.name.to_ascii_lowercase().starts_with(&name.to_ascii_lowercase());
        let has_body = known.usage.is_some_and(|usage| usage.shape == Shape::HeaderAndBody);
        if has_body && row_of(CALLED, name) == Some("body") {
            let values: [&dyn Display; 3] = [&known.written(&findings.source), &there.name, name];
            findings.tell("hayes::check::other-field body", field.span, &values);
            continue;
        }
        // Some modems answer with this value alone: which one it is then, the number of values tells.
        let is_alone = |layout: &Layout| layout.fields.len() == 1 && layouts.iter().any(|other| other.fields.len() > 2);
        // `cell` is a value of `AT+QENG`, whose first is a cell too.
        let has_name = |it: &KnownField| it.name.eq_ignore_ascii_case(name);
        let is_named = layouts.iter().any(|layout| layout.fields.iter().any(|it| has_name(it)));
        // A form that ends in any number of values may hold it here.
        let may_hold = |layout: &&Layout| {
            let it = layout.field(place).filter(|_| !is_alone(layout));
            it.is_some_and(|it| has_name(it) || !is_named && is_called(it, name) || it.what == "value")
        };
        if layouts.iter().any(|layout| may_hold(&layout)) || is_short || there.name.is_empty() {
            continue;
        }
        if let Some(right) = layouts.iter().find_map(|layout| place_of(layout, name)).filter(|right| *right != place) {
            misplaced.push(Misplaced { span: field.span, name, there: there.name, right });
        }
    }
    let Some(first) = misplaced.first() else { return };
    let command = known.written(&findings.source);
    if let Some(written) = clause.and_then(|clause| in_order(layouts, clause, &fields, &findings.source)) {
        let values: [&dyn Display; 4] = [&command, &first.there, &first.name, &written];
        findings.tell("hayes::check::other-field", first.span, &values);
        return;
    }
    for Misplaced { span, name, there, right } in misplaced {
        let values: [&dyn Display; 4] = [&command, &there, &name, &(right + 1)];
        findings.tell("hayes::check::other-field alone", span, &values);
    }
}

/// The clause with its names in the order of the answer, where each form of it that has them all has them alike.
fn in_order(layouts: &[Layout], clause: Span, fields: &[(usize, &Field)], source: &Source) -> Option<String> {
    let ordered = |layout: &Layout| {
        let mut slots = vec!["_"; layout.fields.len()];
        for (field, name) in fields.iter().filter_map(|(_, field)| Some((field, field.name.as_ref()?))) {
            let slot = slots.get_mut(place_of(layout, &name.value)?).filter(|slot| **slot == "_")?;
            *slot = source.slice(field.span);
        }
        let used = slots.iter().rposition(|slot| *slot != "_")?;
        Some(slots.get(..=used)?.join(", "))
    };
    let mut orders = layouts.iter().filter_map(ordered);
    let order = orders.next().filter(|order| orders.all(|other| other == *order))?;
    // `capture secret`, `all … as NAME`: what stands around the names stays.
    let before = source.slice(Span { end: fields.first()?.1.span.start, ..clause });
    let behind = source.slice(Span { start: fields.last()?.1.span.end, ..clause });
    Some(format!("{before}{order}{behind}"))
}

/// Where the one value of an answer stands that is called so.
fn place_of(layout: &Layout, name: &str) -> Option<usize> {
    if let Some(exact) = layout.fields.iter().position(|field| field.name.eq_ignore_ascii_case(name)) {
        return Some(exact);
    }
    let mut places =
        (0..layout.fields.len()).filter(|place| layout.field(*place).is_some_and(|it| is_called(it, name)));
    places.next().filter(|_| places.next().is_none())
}

/// Whether a name means this field: `stat`, `status`, `registration`.
fn is_called(field: &KnownField, name: &str) -> bool {
    let (name, known) = (name.to_ascii_lowercase(), field.name.to_ascii_lowercase());
    let is_longer = known.len() > 2 && name.strip_prefix(&known).is_some_and(|rest| !rest.starts_with('_'));
    let is_said = name.len() > 3 && name.replace('_', " ") == field.what;
    let is_known_as = || row_of(CALLED, &name).is_some_and(|names| names.split(' ').any(|other| other == known));
    name == known || is_longer || is_said || is_known_as()
}

/// A pattern that begins no line of the answer: `expect "READY"` under `AT+CPIN?`.
fn lint_beginnings(known: &KnownCommand<'_>, asked: Asked<'_>, findings: &mut Findings) {
    lint_case_of_codes(asked, findings);
    let usage = known.usage.filter(|usage| usage.shape == Shape::Prefixed);
    let Some((usage, prefix)) = usage.and_then(|usage| Some((usage, usage.prefix?))) else { return };
    for clause in asked.clauses {
        for pattern in clause.patterns() {
            let written = findings.source.slice(pattern.span).to_owned();
            if let Some(whole) = with_prefix(&written, prefix).filter(|_| matches!(pattern.kind, PatternKind::Line(_)))
            {
                let (text, help) = (written.trim_matches(['"', '\'']), format!("write `{whole}`"));
                let values: [&dyn Display; 4] = [&known.written(&findings.source), &text, &prefix, &help];
                findings.tell("hayes::check::never-begins", pattern.span, &values);
                continue;
            }
            lint_bare_texts(known, usage, pattern, findings);
            let Some(text) = pattern.plain() else { continue };
            lint_written(known, (usage, prefix), pattern, findings);
            let text = if catalogue::urc(text.as_bytes()).is_none() { text.trim_start_matches('*') } else { text };
            let mut finals = known.entry.into_iter().flat_map(|entry| &entry.finals);
            let has_sign = text.starts_with(|first: char| !first.is_ascii_alphanumeric() && !":,".contains(first));
            if result_code::parse(text.to_ascii_uppercase().as_bytes()).is_some() {
                continue;
            }
            let may_begin = has_sign
                || text.split([',', '|']).any(|code| result_code::parse(code.trim().as_bytes()).is_some())
                || telling_words().any(|word| word.starts_with(text) || text.starts_with(word))
                || finals.any(|code| code.starts_with(text))
                || catalogue::urc(text.as_bytes()).is_some();
            if may_begin {
                continue;
            }
            let value = text.trim_start_matches([':', ' ']);
            let help = from_the_beginning(known_line(usage, value).as_deref(), value);
            let values: [&dyn Display; 4] = [&known.written(&findings.source), &text, &prefix, &help];
            findings.tell("hayes::check::never-begins", pattern.span, &values);
        }
    }
}

/// `expect ok`: a modem writes its final result codes in capitals.
fn lint_case_of_codes(asked: Asked<'_>, findings: &mut Findings) {
    for clause in asked.clauses {
        let (ClauseKind::Expect(patterns) | ClauseKind::When { event: WhenEvent::Line(patterns), .. }) = &clause.kind
        else {
            continue;
        };
        for pattern in patterns {
            let Some(text) = pattern.plain() else { continue };
            let code = text.to_ascii_uppercase();
            if code != text && result_code::parse(code.as_bytes()).is_some() {
                findings.tell("hayes::check::never-begins code", pattern.span, &[&text, &code]);
            }
        }
    }
}

/// `AT+CSQ`, `await "+CSQ:"`: what an answer holds has come before the next line runs.
pub(super) fn lint_awaited(asked: &Exchange, patterns: &[Pattern], findings: &mut Findings) {
    let ends = |text: &str| text.ends_with('\r');
    if !asked.clauses.is_empty() || asked.send.form == SendForm::Raw && !asked.send.text.plain().is_some_and(ends) {
        return;
    }
    let source = Arc::clone(&findings.source);
    for line in AtText::lines(&source, &asked.send.text) {
        let Some(parsed) = command::parse(&line.text) else { continue };
        let [command] = parsed.commands.as_slice() else { continue };
        let known = KnownCommand::new(&line, command);
        let prefix = known.usage.filter(|usage| usage.shape == Shape::Prefixed).and_then(|usage| usage.prefix);
        let is_own = |prefix: &&str| catalogue::urc(format!("{prefix}: ").as_bytes()).is_none();
        // To be registered is what may be so already; who waits for the loss of it asks nothing.
        let is_registered = |pattern: &Pattern| {
            let stat = pattern.plain().and_then(|text| text.strip_prefix(pattern_prefix(pattern)?));
            matches!(stat, Some(": 1" | ": 5"))
        };
        if let Some(first) = patterns.first()
            && let Some(told) = pattern_prefix(first).filter(|told| command.is(told) && tells_changes(told))
            && command.form == Form::Set
            && known.values.len() == 1
            && patterns.iter().all(|pattern| pattern_prefix(pattern) == Some(told) && is_registered(pattern))
        {
            return findings.tell("hayes::check::state-awaited", first.span, &[&told, &told]);
        }
        let own = prefix.filter(|prefix| command.form == Form::Execute || is_own(prefix));
        let is_answer = |text: &str| own.is_some_and(|own| text.trim_end() == format!("{own}:"));
        let awaits = |pattern: &&Pattern| pattern.plain().is_some_and(is_answer);
        if let Some(pattern) = patterns.iter().find(awaits).filter(|_| known.usage.is_some()) {
            let written = source.slice(pattern.span);
            findings.tell("hayes::check::answer-awaited", pattern.span, &[&known.name(), &written]);
        }
    }
}

/// `"+CREG: n,stat"`: a word as the manual has it, in the place of a number. `"+CPIN: ready"`: a word in another case.
fn lint_written(known: &KnownCommand<'_>, (usage, prefix): (&Usage, &str), pattern: &Pattern, findings: &mut Findings) {
    let source = Arc::clone(&findings.source);
    let written = source.slice(pattern.span);
    let Some((before, values)) = written.split_once(':').filter(|(before, _)| before.ends_with(prefix)) else { return };
    for (place, parameter) in parameters(values.trim_end_matches(['"', '\'']).as_bytes()).enumerate() {
        let is_word =
            !parameter.value.is_empty() && parameter.value.iter().all(|it| it.is_ascii_alphabetic() || *it == b' ');
        let mut fields = usage.answers.iter().filter_map(|layout| layout.field(place)).peekable();
        let (Some(field), true) = (fields.peek(), is_word) else { continue };
        let start = pattern.span.start as usize + before.len() + 1;
        let span = Span::new(start + parameter.range.start, start + parameter.range.end);
        let value = parameter.text();
        let mut cases = field.values.iter().map(|it| it.value()).filter(|it| it.eq_ignore_ascii_case(&value));
        if let Some(right) = cases.next().filter(|right| *right != value) {
            let values: [&dyn Display; 3] = [&known.written(&source), &right, &value];
            return findings.tell("hayes::check::never-begins case", span, &values);
        }
        if fields.all(|field| field.kind() == FieldKind::Number) {
            return findings.tell("hayes::check::regex-in-text wildcard", span, &[&value, &"{}"]);
        }
    }
}

/// `"+CGDCONT: 1,IP,super"`: texts of the answer stand in double quotes, and so in the pattern.
fn lint_bare_texts(known: &KnownCommand<'_>, usage: &Usage, pattern: &Pattern, findings: &mut Findings) {
    let source = Arc::clone(&findings.source);
    let inside = source.slice(pattern.span).strip_prefix('"').and_then(|written| written.strip_suffix('"'));
    let Some((prefix, values)) = inside.and_then(|inside| inside.split_once(':')) else { return };
    let is_text = |place| {
        let mut kinds = usage.answers.iter().filter_map(|layout| layout.field(place)).map(KnownField::kind).peekable();
        kinds.peek().is_some() && kinds.all(|kind| kind == FieldKind::Quoted)
    };
    let has_letter = |it: &Parameter<'_>| it.value.iter().any(|it| it.is_ascii_alphabetic() || *it == b'$');
    let is_bare = |it: &Parameter<'_>| it.kind == Written::Bare && has_letter(it) && !it.value.starts_with(b"{");
    let texts = parameters(values.as_bytes()).enumerate().filter(|(place, it)| is_bare(it) && is_text(*place));
    let mut whole = values.to_owned();
    for (_, text) in texts.collect::<Vec<_>>().into_iter().rev() {
        whole.insert(text.range.end, '"');
        whole.insert(text.range.start, '"');
    }
    if whole != values && !values.contains(['\\', '\'']) {
        let values: [&dyn Display; 2] = [&known.written(&source), &format!("'{prefix}:{whole}'")];
        findings.tell("hayes::check::never-begins quotes", pattern.span, &values);
    }
}

/// `+CREG` of `"+CREG: {},1"`
fn pattern_prefix(pattern: &Pattern) -> Option<&str> {
    let PatternKind::Line(parts) = &pattern.kind else { return None };
    let Some(PatternPart::Text(text)) = parts.first() else { return None };
    let (prefix, _) = text.split_once(':')?;
    catalogue::command(prefix).map(|_| prefix)
}

/// Whether it is certainly none of these. Of `+CCID:` and `+ICCID:` one stands in the other: such are left alone.
fn is_other(found: &str, prefixes: &[&str]) -> bool {
    let letters =
        |prefix: &'_ str| prefix.trim_start_matches(|first: char| !first.is_ascii_alphanumeric()).to_ascii_uppercase();
    let found = letters(found);
    prefixes.iter().all(|prefix| {
        let prefix = letters(prefix);
        !found.contains(&prefix) && !prefix.contains(&found)
    })
}

fn is_capture(clause: &Clause) -> bool {
    clause.word() == "capture"
}

fn expects_failure(clauses: &[Clause]) -> bool {
    expects(clauses, &["ERROR", "+CME", "+CMS"])
}

/// Whether an `expect` waits for a line that begins so.
fn expects(clauses: &[Clause], starts: &[&str]) -> bool {
    let begins_so = |alternatives: &Alternatives| {
        alternatives.iter().any(|pattern| match &pattern.kind {
            PatternKind::Line(parts) => {
                let begins = |text: &String| starts.iter().any(|start| text.starts_with(start));
                matches!(parts.first(), Some(PatternPart::Text(text)) if begins(text))
            }
            PatternKind::Regex { text, .. } => starts.iter().any(|start| text.contains(start.trim_start_matches('+'))),
        })
    };
    clauses.iter().any(|clause| {
        matches!(&clause.kind, ClauseKind::Expect(alternatives)
            | ClauseKind::When { event: WhenEvent::Line(alternatives), .. } if begins_so(alternatives))
    })
}
