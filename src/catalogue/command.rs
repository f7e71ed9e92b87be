//! What the catalogue tells of a command before it is sent: how its answer looks and how long it may take, what it
//! does and what it risks.

use std::cmp::Reverse;
use std::time::Duration;

use super::entry::{
    Case, CommandEntry, Confirmation, Danger, DangerKind, FieldKind, KnownField, KnownPrompt, MaxTime, Module, Usage,
    When, pair,
};
use super::lookup::{self, command_of, unquoted};
use super::secret::pin_in;
use crate::at::command::{Command, CommandLine, parse};
use crate::at::parameters::{Parameter, parameters};
use crate::at::{Expected, Form, Shape};
use crate::notation::check_digit;

/// What is known of a command line before it is sent.
#[derive(Debug, Clone, Default)]
pub struct Prospect {
    pub expected: Expected,
    /// How long that may take by the documents: the sum of its commands' maxima; `None` where nothing is documented
    pub longest: Option<Duration>,
    /// Its answer tells which module it is: [`module_named_by`](super::module_named_by) reads it
    pub names_module: bool,
    /// Why it may stand in an `unsafe` block only, if so
    pub needs_unsafe: Option<&'static str>,
    pub stakes: Stakes,
    /// The prompt by which it asks for data, if it does
    pub prompt: Option<&'static KnownPrompt>,
    /// It announces so many bytes of them, and the modem takes just so many; `false`: or the number names a connection
    pub announced: Option<(usize, bool)>,
}

/// Whether lines that begin so tell changes of what a command asks, as `+CEREG` does: its answer says first whether
/// they are told. What is so already brings none.
pub fn tells_changes(prefix: &str) -> bool {
    let read = lookup::command(prefix).and_then(|entry| entry.usage(Form::Read, &[]));
    let told_first = |usage: &Usage| {
        let field = |place| usage.answers.iter().find_map(|layout| layout.field(place));
        field(0).is_some_and(|first| first.name == "n") && field(1).is_some()
    };
    read.is_some_and(told_first) && lookup::urc(format!("{prefix}: 1").as_bytes()).is_some()
}

/// What sending a line may cost a SIM, a modem or a network: what the guards look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stakes {
    /// A wrong value costs one of few tries of a PIN
    pub tries_pin: bool,
    /// Why it breaks the law in places
    pub illegal: Option<&'static str>,
    pub restarts: bool,
    pub leaves_network: bool,
    pub joins_network: bool,
    pub seeks_network: bool,
    pub writes_flash: bool,
    /// Its answer tells the IMEI, or the ICCID
    pub tells_number: bool,
}

/// What is known of this command line; of any module's where `module` is not known.
pub fn prospect(line: &str, module: Option<&Module>) -> Prospect {
    parse(line).map_or_else(Prospect::default, |line| of_commands(&line, module))
}

/// The prefix of the line that answers this one, which comes by itself behind OK: `+CUSD`.
pub fn answered_later(line: &str) -> Option<&'static str> {
    parse(line)?.commands.iter().find_map(|asked| {
        let entry = command_of(asked)?;
        let given = values(asked);
        holds(&entry.answers_later, asked.form, &given).then(|| entry.name.trim_start_matches("AT"))
    })
}

/// Why a command that the catalogue does not know must stand in an `unsafe` block: it seems to write an IMEI.
pub fn unknown_danger(asked: &Command<'_>) -> Option<&'static str> {
    const IMEI_DIGITS: usize = 15;
    if asked.form != Form::Set || command_of(asked).is_some_and(|known| known.form(Form::Set).is_some()) {
        return None;
    }
    let is_imei = |value: &&str| {
        let parts = value.trim_matches('"').split_at_checked(IMEI_DIGITS - 1);
        parts.is_some_and(|(front, last)| check_digit(front).is_some_and(|digit| digit.to_string() == last))
    };
    let is_called_so = asked.name.to_ascii_uppercase().contains("IMEI");
    let count = asked.argument.bytes().filter(u8::is_ascii_digit).count();
    let is_one = is_called_so && count >= IMEI_DIGITS - 1 || values(asked).iter().any(is_imei);
    is_one.then_some("It looks as if it writes an IMEI, and another one is a crime in several countries.")
}

fn of_commands(line: &CommandLine<'_>, module: Option<&Module>) -> Prospect {
    let mut prospect = Prospect::default();
    let expected = &mut prospect.expected;
    let mut shape = Shape::None;
    let mut any_prefix = false;
    for asked in &line.commands {
        if let Some(why) = unknown_danger(asked) {
            prospect.needs_unsafe.get_or_insert(why);
            prospect.stakes.illegal = Some(why);
        }
        let Some(known) = command_of(asked) else {
            any_prefix = true;
            shape = together(shape, Shape::Unknown);
            continue;
        };
        let values = values(asked);
        if let Some(longest) = known.max_time(asked.form, &values, module) {
            prospect.longest = Some(prospect.longest.unwrap_or_default() + longest);
        }
        expected.finals.extend(known.finals.iter().map(|end| {
            let (text, kind) = pair(end);
            (text, kind == "success")
        }));
        expected.call_control |= known.call_control;
        if !known.data_ends.is_empty() {
            expected.data_ends = &known.data_ends;
        }
        let sign = match asked.form {
            Form::Read => Some("?"),
            Form::Execute => Some(""),
            Form::Test | Form::Set => None,
        };
        let is_it = |line: &&str| sign.is_some() && line.strip_prefix(known.name) == sign;
        expected.without_final |=
            known.without_final || module.is_some_and(|module| module.without_final.iter().any(is_it));
        expected.data_after_ok |= known.data_after_ok;
        let is_closed = |usage: &Usage| usage.shape == Shape::Connect && !usage.answers.is_empty();
        expected.closes |= known.form(asked.form).is_some_and(is_closed);
        // A read is over before anyone could abort it; a scan (`AT+COPS=?`) goes on to its end on some modules.
        expected.abortable |= known.abortable
            && match asked.form {
                Form::Read => false,
                Form::Test => module.and_then(|module| module.scan_abortable).unwrap_or(true),
                Form::Set | Form::Execute => true,
            };
        prospect.names_module |= known.names_module;
        if prospect.needs_unsafe.is_none() {
            prospect.needs_unsafe =
                known.dangers(asked.form, &values).find(|danger| danger.needs_unsafe).map(|danger| danger.why);
        }
        prospect.stakes.add(known, asked.form, &values);
        if let Some(prompt) = known.prompt(asked.form, &values).filter(|_| prospect.prompt.is_none()) {
            (prospect.prompt, prospect.announced) = (Some(prompt), prompt.announced(&values));
            expected.granted = prompt.counted;
        }
        let usage = known.usage(asked.form, &values);
        match usage.and_then(|usage| usage.prefix) {
            Some(prefix) => expected.prefixes.push(prefix),
            // An answer without prefix, or one that is not known: any line that is no URC belongs to it.
            None => any_prefix |= usage.is_none_or(|usage| usage.shape != Shape::None),
        }
        shape = together(shape, usage.map_or(Shape::Unknown, |usage| usage.shape));
    }
    if any_prefix {
        expected.prefixes.clear();
    }
    expected.prefixes.dedup();
    expected.shape = shape;
    prospect
}

impl Stakes {
    fn add(&mut self, known: &'static CommandEntry, form: Form, values: &[&str]) {
        let holds = |cases: &[When]| holds(cases, form, values);
        for danger in known.dangers(form, values) {
            self.tries_pin |= danger.kind == DangerKind::Lock;
            if danger.kind == DangerKind::Illegal {
                self.illegal = Some(danger.why);
            }
        }
        // What is off has left its network as well.
        self.restarts |= known.away(form, values).is_some();
        self.leaves_network |= holds(&known.network.leaves);
        self.joins_network |= holds(&known.network.joins);
        self.seeks_network |= holds(&known.network.seeks);
        self.writes_flash |= holds(&known.flash) || reason(&known.needs_reboot, form, values).is_some();
        let is_number = |field: &KnownField| matches!(field.kind(), FieldKind::Iccid | FieldKind::Imei);
        let answers = known.usage(form, values).into_iter().flat_map(|usage| &usage.answers);
        self.tells_number |= answers.flat_map(|answer| &answer.fields).any(|field| is_number(field));
    }
}

pub fn only_asks(asked: &Command<'_>) -> bool {
    let known = command_of(asked);
    let values = values(asked);
    if known.is_some_and(|known| holds(&known.conversation_only, asked.form, &values)) {
        return true;
    }
    match asked.form {
        Form::Read | Form::Test => true,
        Form::Execute => known.is_some_and(|known| {
            let answers = known.usage(asked.form, &values).is_some_and(|usage| usage.shape != Shape::None);
            answers
                && known.dangers(asked.form, &values).next().is_none()
                && known.prompt(asked.form, &values).is_none()
        }),
        // `AT+QCFG="roamservice"` has the form of a set, and reads: the value would be a second parameter.
        Form::Set => known.is_some_and(|known| {
            let is_it = |case: &When| case.holds(asked.form, &values) && case.parameters().count() == values.len();
            known.name.contains('=') && values.len() == 1 || known.asks.iter().any(is_it)
        }),
    }
}

/// Whether a command certainly changes something, and its answer tells only that it was obeyed.
pub fn only_sets(asked: &Command<'_>) -> bool {
    let Some(known) = command_of(asked) else { return false };
    let values = values(asked);
    let is_silent = || known.usage(asked.form, &values).is_some_and(|usage| usage.shape == Shape::None);
    !only_asks(asked) && !known.leaves_no_trace && is_silent()
}

pub fn needs_radio_off(asked: &Command<'_>) -> bool {
    let values = values(asked);
    command_of(asked).is_some_and(|known| holds(&known.radio_off, asked.form, &values))
}

/// How a modem is away behind a command: it comes back by itself, or it is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Away {
    Restarts,
    Off,
}

pub fn away(line: &str) -> Option<Away> {
    let of = |asked: &Command<'_>| command_of(asked)?.away(asked.form, &values(asked));
    parse(line)?.commands.iter().find_map(of)
}

pub fn values<'a>(asked: &Command<'a>) -> Vec<&'a str> {
    if asked.argument.is_empty() {
        return Vec::new();
    }
    // A parameter of a text is one.
    let text = |parameter: Parameter<'a>| std::str::from_utf8(parameter.value).unwrap_or_default();
    parameters(asked.argument.as_bytes()).map(text).collect()
}

/// The shape of two answers, one after the other, with one final result code.
fn together(first: Shape, second: Shape) -> Shape {
    match (first, second) {
        (Shape::None, one) | (one, Shape::None) => one,
        (first, second) if first == second => first,
        _ => Shape::Unknown,
    }
}

impl CommandEntry {
    pub fn form(&'static self, form: Form) -> Option<&'static Usage> {
        self.usages(&lookup::field).get(form as usize)?.as_ref()
    }

    /// As [`CommandEntry::form`], for a command as it is sent: a basic command's value counts as a set, `ATE0`.
    pub fn usage(&'static self, form: Form, parameters: &[&str]) -> Option<&'static Usage> {
        let form = written_as(form, parameters);
        // A basic command without its value means 0: `ATE` is `ATE0` (V.250 §5.3.1).
        let is_basic = || self.name.strip_prefix("AT").unwrap_or(self.name).trim_start_matches('&').len() == 1;
        self.form(form).or_else(|| if form == Form::Execute && is_basic() { self.form(Form::Set) } else { None })
    }

    /// What is dangerous about sending it so; `parameters` with or without their quotes.
    pub fn dangers(&'static self, form: Form, parameters: &[&str]) -> impl Iterator<Item = &'static Danger> {
        self.dangers.iter().filter(move |danger| danger.when.holds(form, parameters))
    }

    /// Whether the modem is away when it has been sent so.
    pub fn away(&'static self, form: Form, parameters: &[&str]) -> Option<Away> {
        let off = self.switches_off && matches!(form, Form::Execute | Form::Set);
        let restarts = reason(&self.reboots, form, parameters).map(|_| Away::Restarts);
        restarts.or_else(|| off.then_some(Away::Off))
    }

    /// The prompt that it answers with, if it asks for data.
    pub fn prompt(&'static self, form: Form, parameters: &[&str]) -> Option<&'static KnownPrompt> {
        let prompt = self.prompt.as_ref().filter(|prompt| prompt.when.holds(form, parameters))?;
        // No bytes are a question for what was sent (`AT+QISEND=0,0`); data in the command itself needs no prompt.
        let count = prompt.counted.and_then(|index| parameters.get(index));
        let nothing = count.is_some_and(|count| unquoted(count) == "0");
        let is_data = |usage: &Usage| usage.parameters.fields.iter().position(|field| field.name == "data");
        let given = self.form(Form::Set).and_then(is_data).is_some_and(|index| parameters.len() > index);
        (!nothing && !given).then_some(prompt)
    }

    /// The documented maximum: what is said of the module, else of its family, else of its vendor. Where the module is
    /// not known, or nothing is said of it, the largest that is confirmed and no worst case, of any vendor; what is
    /// only recalled of a module makes it longer, never shorter.
    pub fn max_time(&'static self, form: Form, parameters: &[&str], module: Option<&Module>) -> Option<Duration> {
        let form = written_as(form, parameters);
        let times = || self.max_times.iter().filter(|time| time.is_of(form) && !time.worst_case);
        let of_it = |module: &Module| {
            let said = times().filter_map(|time| Some((Reverse(module.distance(time.scope?)?), time)));
            said.map(|(nearness, time)| (nearness, time.duration(), time.status == Confirmation::Confirmed)).max()
        };
        let longest = times().filter(|time| time.status == Confirmation::Confirmed).map(MaxTime::duration).max();
        match module.and_then(of_it) {
            Some((_, said, true)) => Some(said),
            Some((_, said, false)) => longest.max(Some(said)),
            None => longest,
        }
    }
}

/// `ATE0` has the form of an execution, but sets.
fn written_as(form: Form, parameters: &[&str]) -> Form {
    if form == Form::Execute && parameters.iter().any(|parameter| !parameter.is_empty()) { Form::Set } else { form }
}

pub fn holds(cases: &[When], form: Form, parameters: &[&str]) -> bool {
    cases.iter().any(|case| case.holds(form, parameters))
}

/// Why, where one of these cases holds.
pub fn reason(cases: &'static [Case], form: Form, parameters: &[&str]) -> Option<&'static str> {
    cases.iter().find(|case| case.when.holds(form, parameters)).map(|case| case.why)
}

impl MaxTime {
    pub fn is_of(&self, form: Form) -> bool {
        self.when.is_none_or(|when| when.is_of(form))
    }

    pub fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

/// Whether a value is what a [`When`] wants.
fn is_it(given: &str, wanted: &str) -> bool {
    match wanted {
        "<imei>" => (14..=16).contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_digit()),
        "<pin>" => pin_in(given).is_some(),
        word => given.eq_ignore_ascii_case(word),
    }
}

impl When {
    pub fn holds(self, form: Form, parameters: &[&str]) -> bool {
        let mut given = parameters.iter().map(|given| unquoted(given));
        self.is_of(written_as(form, parameters))
            && self
                .parameters()
                .all(|wanted| given.next().is_some_and(|given| wanted.is_none_or(|it| is_it(given, it))))
    }

    fn is_of(self, form: Form) -> bool {
        match self.0 {
            "" => matches!(form, Form::Set | Form::Execute),
            "?" => form == Form::Read,
            "=?" => form == Form::Test,
            "!" => form == Form::Execute,
            _ => form == Form::Set,
        }
    }
}
