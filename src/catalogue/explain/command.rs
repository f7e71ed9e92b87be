//! Command lines: what each command asks or does, its values, and what to mind.

use std::time::Duration;

use crate::at::command::{self as at_command, Form};
use crate::at::parameters::parameters;
use crate::catalogue::command::{holds, reason, values as values_of};
use crate::catalogue::entry::{CommandEntry, MaxTime, Usage};
use crate::catalogue::{command, command_of, meant, nearest};

use super::value::part;
use super::{Context, Explanation, Kind};

pub(super) fn line(line: &str, context: &Context<'_>) -> Option<Explanation> {
    if let "A/" | "a/" | "+++" = line {
        let known = command(line)?;
        let mut explained = Explanation::of(line, Kind::Command, known);
        cautions(&mut explained, known, Form::Execute, &[]);
        return Some(explained);
    }
    let parsed = at_command::parse(line)?;
    let mut each: Vec<Explanation> = parsed.commands.iter().map(|asked| one(asked, context)).collect();
    let mut notes = Vec::new();
    if parsed.second_at.is_some() {
        notes.push("AT stands once, at the beginning of the line; a second one is an ERROR.".to_owned());
    }
    if parsed.unclosed_quote.is_some() {
        notes.push("A double quote is not closed.".to_owned());
    }
    if each.is_empty() {
        each.push(Explanation::of(line, Kind::Command, command("AT")?));
    }
    if each.len() > 1 {
        notes.push(
            "They run from left to right; the first that fails ends the line, and one final result code answers all."
                .to_owned(),
        );
        let mut whole = Explanation::new(line, Kind::Several, format!("A line of {} commands", each.len()));
        whole.each = each;
        whole.notes = notes;
        return Some(whole);
    }
    let mut only = each.pop()?;
    line.clone_into(&mut only.text);
    only.notes.extend(notes);
    Some(only)
}

/// `+CSQ`, `COPS=?`: a command that its `AT` is missing from.
pub(super) fn without_at(text: &str, context: &Context<'_>) -> Option<Explanation> {
    let name = text.split(['=', '?', ' ']).next().unwrap_or(text);
    let with_sign = if name.starts_with(|first: char| first.is_ascii_alphanumeric()) { "+" } else { "" };
    if name.len() < 2 || text.contains(": ") {
        return None;
    }
    command(&format!("{with_sign}{name}"))?;
    let rest = text.get(name.len()..)?;
    line(&format!("AT{with_sign}{}{rest}", name.to_ascii_uppercase()), context)
}

/// Nothing is known of it; perhaps something like it is meant.
pub(super) fn nothing_known(text: &str) -> Explanation {
    let mut explained = Explanation::unknown(text);
    let name = text.split(['=', '?', ':', ' ']).next().unwrap_or(text);
    let name = name.strip_prefix("AT").filter(|rest| !rest.is_empty()).unwrap_or(name);
    let with_sign = if name.starts_with(|first: char| first.is_ascii_alphanumeric()) { "+" } else { "" };
    let near = nearest(&format!("{with_sign}{name}"));
    // What a modem answers is not misspelt.
    let is_answer = text.contains(':');
    if let Some(instead) = meant(name).filter(|_| !is_answer) {
        explained.notes.push(format!("{instead}."));
    } else if !near.is_empty() && name.len() > 2 && !is_answer {
        explained.notes.push(format!("Did you mean {}?", near.join(", ")));
    }
    explained
}

fn one(asked: &at_command::Command<'_>, context: &Context<'_>) -> Explanation {
    let text = format!("AT{}{}", asked.name, suffix(asked));
    let Some(known) = command_of(asked) else {
        let mut explained = nothing_known(&format!("AT{}", asked.name));
        explained.text = text;
        explained.title = "A command that is not known to Hayes".to_owned();
        return explained;
    };
    let values = values_of(asked);
    let mut explained = Explanation::of(&text, Kind::Command, known);
    let usage = known.usage(asked.form, &values);
    explained.notes.extend(what_it_does(known, asked, &values, usage));
    if let Some(usage) = usage.filter(|_| !asked.argument.is_empty() && asked.form != Form::Read) {
        take_apart(&mut explained, usage, asked, context);
    }
    if usage.is_some() && asked.argument.is_empty() && asked.form != Form::Read {
        list_parameters(&mut explained, known, asked.form);
    }
    times(&mut explained, known, asked.form, &values);
    cautions(&mut explained, known, asked.form, &values);
    explained
}

fn suffix(asked: &at_command::Command<'_>) -> String {
    match asked.form {
        Form::Execute => asked.argument.to_owned(),
        Form::Read => "?".to_owned(),
        Form::Test => "=?".to_owned(),
        Form::Set => format!("={}", asked.argument),
    }
}

fn what_it_does(
    known: &'static CommandEntry,
    asked: &at_command::Command<'_>,
    values: &[&str],
    usage: Option<&Usage>,
) -> Option<String> {
    if usage.is_none() {
        let how = match asked.form {
            Form::Set if known.read_only => {
                return Some("It can only be asked for; setting it is an ERROR.".to_owned());
            }
            Form::Test => "tested with =?",
            Form::Read => "read with ?",
            Form::Set => "set with =",
            Form::Execute => "sent without ? or =",
        };
        return Some(format!("That {} can be {how} is not known to Hayes; it may be an ERROR.", known.name));
    }
    match asked.form {
        Form::Test if !known.test_does.is_empty() => Some(known.test_does.to_owned()),
        Form::Test => Some("Asks whether the modem has the command, and which values it takes.".to_owned()),
        Form::Read => Some("Asks for what is set, and changes nothing.".to_owned()),
        Form::Execute | Form::Set if known.read_only => Some("Asks, and changes nothing.".to_owned()),
        Form::Execute | Form::Set if holds(&known.conversation_only, asked.form, values) => {
            Some("It concerns this conversation only.".to_owned())
        }
        Form::Execute | Form::Set => None,
    }
}

fn take_apart(told: &mut Explanation, usage: &'static Usage, asked: &at_command::Command<'_>, context: &Context<'_>) {
    let layout = usage.layout_of(asked.argument);
    let mut count = 0;
    for parameter in parameters(asked.argument.as_bytes()) {
        told.parts.push(part(layout.field(count), &parameter, context.module));
        count += 1;
    }
    if count > layout.fields.len() && layout.repeats_from.is_none() {
        told.notes
            .push(format!("It is known to take {} at most; the rest may be an ERROR.", values(layout.fields.len())));
    }
    let least = usize::try_from(layout.counts.trailing_zeros()).unwrap_or_default();
    if count < least {
        told.notes.push(format!("It is known to need {} at least.", values(least)));
    }
}

fn values(count: usize) -> String {
    if count == 1 { "1 value".to_owned() } else { format!("{count} values") }
}

/// The values that it would take, where none are given.
fn list_parameters(explained: &mut Explanation, known: &'static CommandEntry, form: Form) {
    // Parameters belong to the set; of the answer the fields are told where they come.
    let usage = match form {
        Form::Test => known
            .form(Form::Test)
            .filter(|usage| usage.answers.iter().any(|layout| layout.groups))
            .or(known.form(Form::Set)),
        Form::Execute => known.form(Form::Execute),
        Form::Set | Form::Read => None,
    };
    let Some(usage) = usage else { return };
    let layout = usage.answers.iter().find(|layout| layout.groups).or(match form {
        Form::Test => Some(&usage.parameters),
        Form::Execute | Form::Read | Form::Set => usage.answers.first(),
    });
    let Some(layout) = layout else { return };
    for field in &layout.fields {
        let listed: Vec<String> = field
            .values
            .iter()
            .map(|value| format!("{}: {}", value.value(), super::value::word(field, *value, None)))
            .collect();
        let meaning = (!listed.is_empty()).then(|| listed.join("; "));
        explained.parts.push(super::ExplainedPart::new("", field.name, field.what, meaning));
    }
}

fn times(explained: &mut Explanation, known: &'static CommandEntry, form: Form, values: &[&str]) {
    if let Some(time) = known.max_time(form, values, None) {
        let slow = time >= Duration::from_secs(10);
        let worst = known.max_times.iter().filter(|time| time.worst_case && time.is_of(form));
        let worst: Vec<String> = worst.map(|time| format!("{}{}", in_words(time.duration()), of(time))).collect();
        let worst = if worst.is_empty() { String::new() } else { format!("; at the worst {}", worst.join(", ")) };
        if slow || !worst.is_empty() {
            explained.notes.push(format!("It may take up to {}{worst}.", in_words(time)));
        }
    }
}

fn of(time: &MaxTime) -> String {
    time.scope.map(|scope| format!(" ({scope})")).unwrap_or_default()
}

fn in_words(time: Duration) -> String {
    match time.as_millis() {
        milliseconds if milliseconds >= 120_000 => {
            let (minutes, seconds) = (milliseconds / 60_000, milliseconds % 60_000 / 1000);
            if seconds == 0 { format!("{minutes} min") } else { format!("{minutes} min {seconds} s") }
        }
        milliseconds if milliseconds.is_multiple_of(1000) => format!("{} s", milliseconds / 1000),
        milliseconds => format!("{milliseconds} ms"),
    }
}

fn cautions(explained: &mut Explanation, known: &'static CommandEntry, form: Form, values: &[&str]) {
    let notes = &mut explained.notes;
    for danger in known.dangers(form, values) {
        let block = if danger.needs_unsafe { " It may stand in an unsafe block only." } else { "" };
        notes.push(format!("Mind: {}{block}", danger.why));
    }
    notes.extend(known.prompt(form, values).map(|prompt| format!("The modem asks for the data with {}.", prompt.mark)));
    notes.extend(reason(&known.needs_reboot, form, values).map(|why| format!("It needs a restart: {why}.")));
    let not_again = reason(&known.not_repeatable, form, values);
    notes.extend(not_again.map(|why| format!("Do not simply send it again: {why}.")));
    if holds(&known.nb_iot_only, form, values) {
        notes.push("It leaves NB-IoT alone, which a Super SIM does not have.".to_owned());
    }
    if known.needs_context_down && form == Form::Set {
        notes.push("The context must be down.".to_owned());
    }
    let everyone = known.vendors.iter().any(|vendor| matches!(*vendor, "3GPP" | "V.250"));
    if !everyone {
        notes.push(format!("Known of {} only.", known.vendors.join(", ")));
    }
}
