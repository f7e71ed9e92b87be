//! What the session asks of the catalogue, for every line that is received.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::entry::{CommandEntry, FieldKind, KnownField, Layout, Urc};
use super::layout::Fit;
use super::lookup::{RESULTS, command, urc};
use crate::at::parameters::{parameters, split_prefix};
use crate::at::{Form, Knowledge, Likeness, Unasked};

/// The final result codes that may end any answer, and whether each is a success.
static VENDOR_FINALS: LazyLock<Vec<(&'static str, bool)>> =
    LazyLock::new(|| RESULTS.iter().filter(|known| known.anywhere).map(|known| (known.text, known.success)).collect());

/// The catalogue as the session's [`Knowledge`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Catalogue;

impl Catalogue {
    /// Whether one such line is the whole answer to the command `name`, because it tells a state, a time or a number of
    /// the modem's, and not one thing of several: `+CGATT: 1`.
    pub fn answers_once(&self, line: &[u8], name: &[u8], form: Form) -> bool {
        let (prefix, values) = split_prefix(line);
        let known = std::str::from_utf8(prefix.unwrap_or(name)).ok().and_then(command);
        let is_one = |known: &'static CommandEntry| {
            let likeliest = known.form(form)?.answers.first()?;
            let is_one = || tells_one(known, form, likeliest);
            Some(tells_number(likeliest) || known.one_line || prefix.is_some() && is_one())
        };
        // What stands beside a bare number may be anything.
        let may_be = || {
            let is_one_line = known.is_some_and(|known| known.one_line);
            prefix.is_some() || is_one_line || values.len() >= 10 && values.iter().all(u8::is_ascii_hexdigit)
        };
        matches!(self.likeness(line, form), Likeness::Either | Likeness::State)
            || known.and_then(is_one) == Some(true) && may_be()
    }

    /// What the line tells of, by the values that tell the lines of such an answer apart: context 1. Two lines of one
    /// answer that tell of the same contradict each other.
    pub fn told_of(line: &[u8]) -> Option<(&'static str, Vec<&[u8]>)> {
        let (prefix, list) = split_prefix(line);
        let known = std::str::from_utf8(prefix?).ok().and_then(command)?;
        let place = |key| answers(known).find_map(|answer| answer.fields.iter().position(|field| field.name == key));
        let value = |place| parameters(list).nth(place).map_or(&[][..], |field| field.value);
        let values: Vec<_> = known.line_key.iter().filter_map(|key| place(*key)).map(value).collect();
        (!values.is_empty()).then_some((known.name, values))
    }

    /// Whether a modem may write this before what the command tells: `ICCID: 8988…`, `Revision: R1`.
    pub fn is_label(label: &[u8], name: &[u8]) -> bool {
        let known = std::str::from_utf8(name).ok().and_then(command);
        let is_told = |word: &[u8]| {
            known.into_iter().flat_map(things_told).any(|thing| thing.as_bytes().eq_ignore_ascii_case(word))
        };
        label.split(|byte| *byte == b' ').any(is_told)
    }
}

impl Knowledge for Catalogue {
    fn unasked(&self, line: &[u8]) -> Option<Unasked> {
        urc(line).map(|urc| match (urc.starts, urc.goes_off) {
            (true, _) if urc.plain => Unasked::StartWord,
            (true, _) => Unasked::Start,
            (false, true) => Unasked::Off,
            (false, false) if urc.pushes.is_some() => Unasked::Data,
            (false, false) if urc.when.starts_with("start") => Unasked::Ready,
            (false, false) => Unasked::News,
        })
    }

    fn likeness(&self, line: &[u8], form: Form) -> Likeness {
        let Some((urc, command)) = ambiguous(line) else { return Likeness::Answer };
        let as_answer = fit_as_answer(command, line, form);
        match as_answer.cmp(&best(urc.layouts(), split_prefix(line).1)) {
            Ordering::Greater => Likeness::Answer,
            Ordering::Less => Likeness::Urc,
            Ordering::Equal if as_answer == Fit::No => Likeness::Answer,
            // Most modems that have the command never say that by themselves.
            Ordering::Equal if command.vendors == ["3GPP"] && urc.vendors != ["3GPP"] => Likeness::State,
            Ordering::Equal if form == Form::Read && tells_state(command) => Likeness::State,
            Ordering::Equal => Likeness::Either,
        }
    }

    fn may_answer(&self, line: &[u8], form: Form) -> bool {
        let Some((urc, command)) = ambiguous(line) else { return true };
        let as_answer = fit_as_answer(command, line, form);
        // Nothing fits better than that.
        as_answer == Fit::Exact || as_answer >= best(urc.layouts(), split_prefix(line).1)
    }

    fn has_body(&self, line: &[u8]) -> bool {
        // Nearly every line is told apart without the table.
        is_message(line) && urc(line).is_some_and(|urc| urc.body_lines > 0)
    }

    fn counts(&self, line: &[u8]) -> Option<(&'static [isize], u8)> {
        let (places, before, event) = urc(line)?.pushes.as_ref()?;
        let is_it = || parameters(split_prefix(line).1).next().is_some_and(|first| first.value == event.as_bytes());
        (event.is_empty() || is_it()).then_some((places, u8::try_from(*before).ok()?))
    }

    fn may_go_on(&self, line: &[u8]) -> bool {
        let before = line.rsplitn(2, |byte| *byte == b'"').nth(1).unwrap_or(line);
        let (prefix, values) = split_prefix(before);
        let place = parameters(values).count().saturating_sub(1);
        let command = prefix.and_then(|name| command(std::str::from_utf8(name).ok()?)).into_iter();
        let layouts = command.flat_map(answers).chain(urc(line).into_iter().flat_map(Urc::layouts));
        let mut fields = layouts.filter(|known| !known.groups).map(|known| known.fields.get(place)).peekable();
        let is_text = |field: &KnownField| {
            matches!(field.kind(), FieldKind::Any | FieldKind::Text | FieldKind::Quoted) && field.values.is_empty()
        };
        // What is not known may be anything.
        fields.peek().is_none() || fields.any(|field| field.is_none_or(|field| !field.unbroken && is_text(field)))
    }

    fn is_answer_of_another(&self, line: &[u8], own: &[u8]) -> bool {
        let Some(prefix) = split_prefix(line).0.filter(|prefix| !same_letters(prefix, own)) else { return false };
        std::str::from_utf8(prefix).is_ok_and(|name| command(name).is_some())
    }

    fn is_answer_alike(&self, line: &[u8], own: &[u8]) -> bool {
        let named = |name: &[u8]| std::str::from_utf8(name).ok().and_then(command);
        let told = split_prefix(line).0.and_then(named).zip(named(own));
        told.is_some_and(|(other, own)| things_told(own).any(|thing| things_told(other).any(|told| told == thing)))
    }

    fn vendor_final(&self, line: &[u8]) -> Option<bool> {
        VENDOR_FINALS
            .iter()
            .find(|(text, _)| line.get(..text.len()).is_some_and(|head| head.eq_ignore_ascii_case(text.as_bytes())))
            .filter(|(text, _)| line.len() == text.len() || text.ends_with(':'))
            .map(|(_, success)| *success)
    }
}

/// A message, a broadcast or a status report that comes by itself (27.005 §3.4.1); a report in text mode is one line.
fn is_message(line: &[u8]) -> bool {
    match line.get(..6) {
        Some(b"+CMT: " | b"+CBM: ") => true,
        Some(b"+CDS: ") => parameters(split_prefix(line).1).nth(2).is_none(),
        Some(head) => matches!(head, [b'+', b'C', b'M', b'T', b':', _] | [b'+', b'C', b'B', b'M', b':', _]),
        None => false,
    }
}

fn answers(command: &'static CommandEntry) -> impl Iterator<Item = &'static Layout> {
    let usages = [Form::Read, Form::Set, Form::Execute].into_iter().filter_map(|form| command.form(form));
    usages.flat_map(|usage| &usage.answers)
}

/// `+ICCID` may be answered to `AT^ICCID`.
fn same_letters(one: &[u8], other: &[u8]) -> bool {
    matches!((one, other), ([_, one @ ..], [_, other @ ..]) if one.eq_ignore_ascii_case(other))
}

/// What a command tells by one field and no more, where that is a text or a number of somebody: a revision, an ICCID.
fn things_told(command: &'static CommandEntry) -> impl Iterator<Item = &'static str> {
    let usages = [Form::Execute, Form::Set].into_iter().filter_map(|form| command.form(form));
    usages.flat_map(|usage| &usage.answers).filter_map(|layout| match layout.fields.as_slice() {
        [field] if field.values.is_empty() && is_of_somebody(field) => Some(field.name),
        _ => None,
    })
}

fn tells_number(answer: &Layout) -> bool {
    let is_number = |field: &KnownField| matches!(field.kind(), FieldKind::Imei | FieldKind::Imsi | FieldKind::Iccid);
    matches!(answer.fields.as_slice(), [field] if is_number(field) || field.name == "sn")
}

fn tells_one(command: &CommandEntry, form: Form, answer: &Layout) -> bool {
    let is_read = form == Form::Read;
    match answer.fields.as_slice() {
        _ if answer.repeats_from.is_some() => false,
        [field] if field.is_closed() && form == Form::Execute => true,
        [field] if matches!(field.kind(), FieldKind::Number | FieldKind::Time) => is_read,
        // Vendors list what the standard does not: `+QPINC: "SC",3,10`.
        fields if command.vendors != ["3GPP"] => is_read && fields.iter().all(|field| field.is_closed()),
        // Where nothing need stand there, a line tells of one thing of several: `+CEDRXS: 4,"0010"`.
        fields => is_read && answer.counts & 1 == 0 && fields.first().is_some_and(|field| field.is_closed()),
    }
}

/// All that it tells when it is asked has names, of which one holds: `+CPIN: READY`, `+CFUN: 1`.
fn tells_state(command: &'static CommandEntry) -> bool {
    let likeliest = command.form(Form::Read).and_then(|usage| usage.answers.first());
    let is_named = |field: &KnownField| !field.values.is_empty() && field.unit.is_none();
    likeliest.is_some_and(|answer| answer.repeats_from.is_none() && answer.fields.iter().all(|field| is_named(field)))
}

fn is_of_somebody(field: &KnownField) -> bool {
    matches!(field.kind(), FieldKind::Text | FieldKind::Iccid | FieldKind::Imei | FieldKind::Imsi) || field.name == "sn"
}

/// The URC that the line may be, and the command whose answer it may be instead.
fn ambiguous(line: &[u8]) -> Option<(&'static Urc, &'static CommandEntry)> {
    let urc = urc(line)?;
    Some((urc, command(urc.answers?)?))
}

fn fit_as_answer(command: &'static CommandEntry, line: &[u8], form: Form) -> Fit {
    let values = split_prefix(line).1;
    command.form(form).map_or(Fit::No, |usage| match usage.answers.as_slice() {
        [] => Fit::No,
        _ if !usage.ranges => best(&usage.answers, values),
        _ if values.starts_with(b"(") => Fit::Exact,
        _ => Fit::No,
    })
}

fn best(layouts: &[Layout], values: &[u8]) -> Fit {
    layouts.iter().map(|layout| layout.fit(values)).max().unwrap_or(Fit::No)
}
