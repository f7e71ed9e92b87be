//! Lines that a modem says: answers, the ranges of a test, URCs.

use crate::at::Shape;
use crate::at::command::{self as at_command, Form};
use crate::at::parameters::{Parameter, Written, parameters, split_prefix};
use crate::catalogue::command::values as values_of;
use crate::catalogue::entry::{CommandEntry, KnownField, Layout, Module, Urc, Usage};
use crate::catalogue::layout::Fit;
use crate::catalogue::lookup::{COMMANDS, PREFIXES, command_of, settings, urc, urc_or_answer, urcs};

use super::value::{part, word, written};
use super::{Context, ExplainedPart, Explanation, Kind, clause, result};

/// What one line says; `None` where it is no answer and no URC that is known.
pub(super) fn line(line: &str, context: &Context<'_>) -> Option<Explanation> {
    plain(line, context).or_else(|| sentence(line)).or_else(|| numbered(line))
}

fn plain(line: &str, context: &Context<'_>) -> Option<Explanation> {
    let (prefix, mut values) = split_prefix(line.as_bytes());
    let asked = AskedUsage::of(context.command);
    let unasked = urc_or_answer(line.as_bytes());
    if let (None, Some(urc)) = (prefix, unasked) {
        // `SRING: 1,48`, `+RECEIVE,0,5:`
        let behind = values.strip_prefix(urc.start.as_bytes()).and_then(|rest| rest.split_first());
        values = behind.filter(|(sign, _)| b":,".contains(sign)).map_or(values, |(_, rest)| rest);
    }
    // `ME PDN ACT 1`: of an event the value stands behind a blank.
    let spaced = unasked.and_then(|urc| spaced(urc, values));
    values = spaced.as_deref().unwrap_or(values);
    let mut readings = Vec::new();
    match prefix {
        Some(prefix) => {
            for (command, form, usage) in usages(prefix, values, asked.as_ref()) {
                let lists = lists(usage, form, asked.as_ref());
                readings.extend(LineReading::best(From::Answer(command, form), &usage.answers, lists, values));
            }
        }
        // Without prefix a line has the meaning of the question that it answers, and no other.
        None => {
            if let Some(AskedUsage { command, form, usage: Some(usage) }) = &asked
                && unasked.is_none()
                && !matches!(usage.shape, Shape::None | Shape::Connect | Shape::HeaderAndBody | Shape::Counted { .. })
            {
                if let Some(text) = free_text(line, command, usage) {
                    return Some(text);
                }
                let lists = lists(usage, *form, asked.as_ref());
                readings.extend(LineReading::best(From::Answer(command, *form), &usage.answers, lists, values));
                if readings.is_empty() && matches!(usage.shape, Shape::Unknown | Shape::Bare | Shape::Text) {
                    return Some(line_of(line, command));
                }
            }
        }
    }
    if let Some(unasked) = unasked {
        readings.extend(LineReading::best(From::Urc(unasked), unasked.layouts(), None, values));
    }
    // The best fit goes first; of two that are as good, the answer.
    readings.sort_by_key(|reading| std::cmp::Reverse(reading.fit));
    let best = readings.first().map(|reading| reading.fit);
    let as_good = || readings.iter().filter(|reading| Some(reading.fit) == best);
    // Nobody has asked: what comes by itself is the likelier, where the answer is another.
    let is_urc = |reading: &&LineReading| matches!(reading.from, From::Urc(_));
    let own = as_good()
        .find(is_urc)
        .filter(|urc| asked.is_none() && as_good().all(|each| is_urc(&each) || !each.means_the_same(urc)));
    let mut as_good = own.into_iter().chain(as_good().filter(|each| own.is_none() || !is_urc(each)));
    let Some(first) = as_good.next() else {
        return without_form(line, prefix, asked.as_ref(), unasked);
    };
    let mut explained = first.explain(line, values, context.module);
    for other in as_good {
        if !first.means_the_same(other) {
            explained
                .notes
                .push("It can be read in two ways; only what was asked before tells which one is meant.".to_owned());
            explained.each.push(other.explain(line, values, context.module));
            break;
        }
        if let From::Urc(unasked) = other.from {
            explained.notes.push(format!("It also comes by itself: {} ({}).", clause(unasked.title), unasked.when));
            break;
        }
    }
    Some(explained)
}

/// The values with a comma behind the event that they begin with, where a blank stands.
fn spaced(urc: &'static Urc, values: &[u8]) -> Option<Vec<u8>> {
    let events = urc.layouts().iter().filter_map(|layout| layout.field(0)).flat_map(|field| &field.values);
    let ends = events.map(|event| event.value()).filter(|event| {
        let rest = values.strip_prefix(event.as_bytes()).unwrap_or_default();
        event.starts_with(|first: char| first.is_ascii_alphabetic())
            && matches!(rest, [b' ', first, ..] if *first != b' ')
    });
    let end = ends.map(str::len).max()?;
    let (event, rest) = values.split_at_checked(end)?;
    Some([event, b",", rest.trim_ascii_start()].concat())
}

/// A sentence of NMEA 0183 is the same of every system of satellites: `$GNRMC,…`, `$GPRMC,…`.
fn sentence(line: &str) -> Option<Explanation> {
    let (address, values) = line.strip_prefix('$')?.split_once(',')?;
    let (_, kind) = address.split_at_checked(2).filter(|_| address.bytes().all(|byte| byte.is_ascii_uppercase()))?;
    let values = values.rsplit_once('*').map_or(values, |(values, _)| values);
    let known = urc(format!("$--{kind},").as_bytes())?;
    let best = LineReading::best(From::Urc(known), known.layouts(), None, values.as_bytes());
    Some(best.map_or_else(|| by_itself(line, known), |best| best.explain(line, values.as_bytes(), None)))
}

/// `0, CLOSED`: what is said of one of several connections.
fn numbered(line: &str) -> Option<Explanation> {
    let (number, said) = line.split_once(", ")?;
    let is_number = number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    let explained = result(said).or_else(|| plain(said, &Context::default())).filter(|_| is_number)?;
    let mut parts = vec![ExplainedPart::new(number, "connection", "connection", None)];
    parts.extend(explained.parts);
    Some(Explanation { text: line.to_owned(), parts, ..explained })
}

pub(super) fn has_body(line: &str) -> bool {
    let prefix = split_prefix(line.as_bytes()).0.unwrap_or_default();
    urc(line.as_bytes()).is_some_and(|known| known.body_lines > 0)
        || usages(prefix, b"", None).any(|(_, _, usage)| usage.shape == Shape::HeaderAndBody)
}

/// The question that is answered, as far as it is known.
struct AskedUsage {
    command: &'static CommandEntry,
    form: Form,
    usage: Option<&'static Usage>,
}

impl AskedUsage {
    fn of(line: Option<&str>) -> Option<AskedUsage> {
        let line = at_command::parse(line?.trim())?;
        let asked = line.commands.last()?;
        let command = command_of(asked)?;
        let values = values_of(asked);
        Some(AskedUsage { command, form: asked.form, usage: command.usage(asked.form, &values) })
    }
}

#[derive(Clone, Copy)]
enum From {
    Answer(&'static CommandEntry, Form),
    Urc(&'static Urc),
}

/// Whether the values may be a test's ranges, and whether those were asked for: else only a list makes them so.
fn lists(usage: &Usage, form: Form, asked: Option<&AskedUsage>) -> Option<bool> {
    usage.ranges.then(|| form == Form::Test && asked.is_some_and(|asked| asked.form == Form::Test))
}

struct LineReading {
    from: From,
    layout: &'static Layout,
    ranges: bool,
    fit: Fit,
}

impl LineReading {
    fn best(from: From, layouts: &'static [Layout], lists: Option<bool>, values: &[u8]) -> Option<LineReading> {
        let mut best: Option<LineReading> = None;
        for layout in layouts {
            let ranges = lists.filter(|_| !layout.groups);
            let fit = ranges.map_or_else(|| layout.fit(values), |asked| fit_of_ranges(layout, values, asked));
            if fit > best.as_ref().map_or(Fit::No, |best| best.fit) {
                best = Some(LineReading { from, layout, ranges: ranges.is_some(), fit });
            }
        }
        best
    }

    fn explain(&self, line: &str, values: &[u8], module: Option<&Module>) -> Explanation {
        let mut explained = match self.from {
            From::Answer(command, form) => {
                let kind = if self.ranges { Kind::Ranges } else { Kind::Answer };
                Explanation::of(line, kind, command).note(match form {
                    Form::Test if self.layout.groups => format!("The answer to {}=?.", command.name),
                    Form::Test => format!("The answer to {}=?: which values there may be.", command.name),
                    Form::Read => format!("The answer to {}?.", command.name),
                    Form::Set | Form::Execute => format!("The answer to {}.", command.name),
                })
            }
            From::Urc(urc) => by_itself(line, urc),
        };
        if self.layout.groups {
            explained.each = self.records(values, module);
            if parameters(values).any(|parameter| parameter.kind == Written::Group && !self.is_record(&parameter)) {
                explained.notes.push("The lists at its end are the values that the command takes.".to_owned());
            }
        } else if self.ranges {
            explained.parts = ranges(self.layout, values);
        } else {
            explained.parts = parts(self.layout, parameters(values), module);
            judge_cause(&mut explained.parts);
        }
        explained
    }

    fn is_record(&self, group: &Parameter<'_>) -> bool {
        group.kind == Written::Group && Layout { groups: false, ..self.layout.clone() }.fit(group.value) > Fit::No
    }

    fn records(&self, values: &[u8], module: Option<&Module>) -> Vec<Explanation> {
        let what = match self.from {
            From::Answer(command, _) => command.record,
            From::Urc(urc) => urc.title,
        };
        let records = parameters(values).filter(|parameter| self.is_record(parameter));
        let explained = records.map(|record| {
            let mut explained = Explanation::new(&written(&record), Kind::Record, what);
            explained.parts = parts(self.layout, record.inner(), module);
            explained
        });
        explained.collect()
    }

    fn means_the_same(&self, other: &LineReading) -> bool {
        let same = |(one, other): (&&KnownField, &&KnownField)| one.what == other.what;
        self.layout.fields.iter().zip(&other.layout.fields).all(same)
    }
}

/// A maker's cause is none of the standard's; that of a modem that is registered again is an old one.
fn judge_cause(parts: &mut [ExplainedPart]) {
    let has = |name: &str, text: &str| parts.iter().any(|part| part.name == name && part.text == text);
    let (is_makers, is_denied) = (has("cause_type", "1"), has("stat", "3"));
    let tells_state = parts.iter().any(|part| part.name == "stat");
    if let Some(cause) = parts.iter_mut().find(|part| part.name == "reject_cause") {
        cause.telling &= !is_makers && (is_denied || !tells_state);
        cause.meaning = cause.meaning.take().filter(|_| !is_makers);
    }
}

/// The forms of commands whose answers carry this prefix; where the question is known, only its form.
fn usages<'a>(
    prefix: &'a [u8],
    values: &'a [u8],
    asked: Option<&'a AskedUsage>,
) -> impl Iterator<Item = (&'static CommandEntry, Form, &'static Usage)> + 'a {
    let carries = move |usage: &Usage| usage.prefix.is_some_and(|known| known.as_bytes().eq_ignore_ascii_case(prefix));
    let asked = asked.filter(move |asked| asked.usage.is_some_and(carries));
    let selected = move |command: &CommandEntry| match command.name.split_once('=') {
        None => !settings(command.name).any(|(setting, _)| selects(setting, values)),
        Some((_, setting)) => selects(setting, values),
    };
    let of_prefix = std::str::from_utf8(prefix).ok().and_then(|prefix| PREFIXES.named(prefix));
    let of_prefix = of_prefix.into_iter().flat_map(|index| &index.places).filter_map(|place| COMMANDS.get(*place));
    of_prefix.filter(move |command| selected(command)).flat_map(move |command| {
        [Form::Read, Form::Execute, Form::Set, Form::Test].into_iter().filter_map(move |form| {
            let usage = command.form(form).filter(|usage| carries(usage))?;
            let meant = asked.is_none_or(|asked| {
                asked.command.name.split('=').next() == command.name.split('=').next()
                    && asked.usage.is_some_and(|of| std::ptr::eq(of, usage) || asked.form == form)
            });
            meant.then_some((command, form, usage))
        })
    })
}

fn selects(setting: &str, values: &[u8]) -> bool {
    let first = parameters(values).next();
    first.is_some_and(|first| first.value.eq_ignore_ascii_case(setting.trim_matches('"').as_bytes()))
}

/// How well the values are ranges of the layout's fields: `(0-2),(1-100)`, `("GSM","UCS2")`, or single ones.
fn fit_of_ranges(layout: &Layout, values: &[u8], asked: bool) -> Fit {
    let mut groups = 0;
    let mut count = 0;
    for parameter in parameters(values) {
        groups += usize::from(parameter.kind == Written::Group);
        if layout.field(count).is_none() {
            return Fit::No;
        }
        count += 1;
    }
    // Without a single list it is rather a read answer.
    if groups == 0 && !asked {
        return Fit::No;
    }
    if count == layout.fields.len() { Fit::Exact } else { Fit::Loose }
}

fn parts<'v>(
    layout: &Layout,
    values: impl Iterator<Item = Parameter<'v>>,
    module: Option<&Module>,
) -> Vec<ExplainedPart> {
    values.enumerate().map(|(index, value)| part(layout.field(index), &value, module)).collect()
}

fn ranges(layout: &Layout, values: &[u8]) -> Vec<ExplainedPart> {
    let mut parts = Vec::new();
    for (index, parameter) in parameters(values).enumerate() {
        let Some(field) = layout.field(index) else { continue };
        // Lists within a list: whose values are which is not known.
        let nests = || parameter.inner().any(|item| item.kind == Written::Group);
        if parameter.kind == Written::Group && nests() {
            parts.push(ExplainedPart {
                documented: false,
                ..ExplainedPart::new(written(&parameter), "", "not known", None)
            });
            continue;
        }
        let items: Vec<Parameter<'_>> = match parameter.kind {
            Written::Group => parameter.inner().collect(),
            Written::Bare | Written::Quoted => vec![parameter.clone()],
        };
        let meanings: Vec<String> = items
            .iter()
            .filter(|item| !item.value.trim_ascii().is_empty())
            .map(|item| item_of_range(field, item))
            .collect();
        let meaning = if meanings.is_empty() { "not given".to_owned() } else { meanings.join("; ") };
        parts.push(ExplainedPart::new(written(&parameter), field.name, field.what, Some(meaning)));
    }
    parts
}

/// `0-2` → `0 to 2 (0: off, 1: on, 2: …)`
fn item_of_range(field: &KnownField, item: &Parameter<'_>) -> String {
    let text = item.text();
    let text = text.trim();
    let bounds = text.split_once('-').and_then(|(from, to)| Some((from.trim().parse().ok()?, to.trim().parse().ok()?)));
    if let Some((from, to)) = bounds.filter(|_| item.kind == Written::Bare) {
        let known = field
            .values
            .iter()
            .filter(|known| known.value().parse::<i64>().is_ok_and(|value: i64| (from..=to).contains(&value)));
        let known: Vec<String> =
            known.map(|known| format!("{}: {}", known.value(), word(field, *known, None))).collect();
        let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
        return format!("{from} to {to}{known}");
    }
    match field.meaning(text) {
        Some(known) => format!("{text}: {}", word(field, known, None)),
        None => written(item),
    }
}

/// A line of free text, as `AT+CGMI` answers.
fn free_text(line: &str, command: &'static CommandEntry, usage: &'static Usage) -> Option<Explanation> {
    let [layout] = usage.answers.as_slice() else {
        if !usage.answers.is_empty() {
            return None;
        }
        return Some(line_of(line, command));
    };
    let [field] = layout.fields.as_slice() else { return None };
    if usage.shape == Shape::Prefixed {
        return None;
    }
    let whole = Parameter {
        value: line.trim_matches('"').as_bytes(),
        kind: if line.starts_with('"') { Written::Quoted } else { Written::Bare },
        range: 0..line.len(),
    };
    if field.fit(&whole) == Fit::No {
        return None;
    }
    let explained = Explanation::of(line, Kind::Answer, command).note(format!("The answer to {}.", command.name));
    Some(Explanation { parts: vec![part(Some(field), &whole, None)], ..explained })
}

/// A line that belongs to the answer to `command`, and no more is known.
fn line_of(line: &str, command: &'static CommandEntry) -> Explanation {
    let note = format!("A line of the answer to {}; its form is not known to Hayes.", command.name);
    Explanation { complete: false, ..Explanation::of(line, Kind::Answer, command).note(note) }
}

fn by_itself(line: &str, urc: &'static Urc) -> Explanation {
    let explained = Explanation::new(line, Kind::Urc, urc.title).from(&urc.source, urc.status);
    Explanation { about: urc.about.to_owned(), ..explained.note(format!("It comes by itself ({}).", urc.when)) }
}

/// The name of a URC alone, as people ask for it: `+CMTI`, `cmti`.
pub(super) fn urc_named(name: &str) -> Option<Explanation> {
    let sign = if name.starts_with(|first: char| first.is_ascii_alphanumeric()) { "+" } else { "" };
    let start = format!("{sign}{}", name.to_ascii_uppercase());
    let known = urcs().find(|known| known.start == start)?;
    Some(by_itself(known.start, known))
}

/// A line with a known beginning and values of no known form.
fn without_form(
    line: &str,
    prefix: Option<&[u8]>,
    asked: Option<&AskedUsage>,
    unasked: Option<&'static Urc>,
) -> Option<Explanation> {
    let values = split_prefix(line.as_bytes()).1;
    let command = prefix.and_then(|prefix| usages(prefix, values, asked).next()).map(|(command, _, _)| command);
    if let Some(command) = command {
        // Some put a prefix before what most answer bare: `+CGMR: 02.07`.
        let bare = command.form(Form::Execute).filter(|usage| usage.shape == Shape::Bare);
        let layout = bare.and_then(|usage| usage.answers.first()).filter(|layout| layout.fields.len() == 1);
        let parts = layout.map(|layout| parts(layout, parameters(values), None)).unwrap_or_default();
        let complete = !parts.is_empty();
        let note = match complete {
            true => format!("The answer to {}.", command.name),
            false => format!("It belongs to {}, in a form that is not known to Hayes.", command.name),
        };
        return Some(Explanation { parts, complete, ..Explanation::of(line, Kind::Answer, command).note(note) });
    }
    let urc = unasked?;
    let mut explained = by_itself(line, urc);
    if line.len() > urc.start.len() + 1 {
        explained.notes.push("What its values mean is not known to Hayes.".to_owned());
        explained.complete = false;
    }
    Some(explained)
}
