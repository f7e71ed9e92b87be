//! What the catalogue tells of a command line before it is sent: above all how its answer looks.

use std::time::Duration;

use super::command::{self, AnswerShape};
use super::module::Module;
use crate::at::command::{Command, CommandLine, parse};
use crate::at::parameters::parameters;
use crate::at::{Expected, Form, Shape};

/// What is known of a command line before it is sent.
#[derive(Debug, Clone, Default)]
pub struct Prospect {
    /// How its answer looks
    pub expected: Expected,
    /// How long that may take by the documents: the sum of its commands' maxima; `None` where nothing is documented
    pub longest: Option<Duration>,
    /// Its answer tells which module it is: [`module_named_by`](super::module_named_by) reads it
    pub names_module: bool,
    /// Why it may stand in an `unsafe` block only, if so
    pub needs_unsafe: Option<&'static str>,
    /// The prompt by which it asks for data, if it does
    pub mark: Option<&'static str>,
}

/// What is known of this command line; of any module's where `module` is not known.
pub fn prospect(line: &str, module: Option<&Module>) -> Prospect {
    parse(line).map_or_else(Prospect::default, |line| of_commands(&line, module))
}

fn of_commands(line: &CommandLine<'_>, module: Option<&Module>) -> Prospect {
    let mut prospect = Prospect::default();
    let expected = &mut prospect.expected;
    let mut shape = Shape::None;
    let mut any_prefix = false;
    for asked in &line.commands {
        let Some(known) = command::command_of(asked) else {
            any_prefix = true;
            shape = together(shape, Shape::Unknown);
            continue;
        };
        let texts = values(asked);
        let values: Vec<&str> = texts.iter().map(String::as_str).collect();
        if let Some(longest) = known.max_time(asked.form, &values, module) {
            prospect.longest = Some(prospect.longest.unwrap_or_default() + longest);
        }
        expected.finals.extend_from_slice(known.finals);
        expected.call_control |= known.call_control;
        if !known.data_ends.is_empty() {
            expected.data_ends = known.data_ends;
        }
        expected.without_final |= known.without_final
            || module.is_some_and(|module| module.without_final.contains(&(known.name, asked.form)));
        // A read is over before anyone could abort it; a scan (`AT+COPS=?`) goes on to its end on some modules.
        expected.abortable |= known.abortable
            && match asked.form {
                Form::Read => false,
                Form::Test => module.and_then(|module| module.scan_abortable).unwrap_or(true),
                Form::Set | Form::Execute => true,
            };
        prospect.names_module |= known.names_module;
        if prospect.needs_unsafe.is_none() {
            prospect.needs_unsafe = known.needs_unsafe(asked.form, &values).map(|danger| danger.why);
        }
        prospect.mark = prospect.mark.or_else(|| known.prompt(asked.form, &values).map(|prompt| prompt.mark));
        let usage = known.usage(asked.form, &values);
        match usage.and_then(|usage| usage.prefix) {
            Some(prefix) => expected.prefixes.push(prefix),
            // An answer without prefix, or one that is not known: any line that is no URC belongs to it.
            None => any_prefix |= usage.is_none_or(|usage| usage.shape != AnswerShape::None),
        }
        shape = together(shape, usage.map_or(Shape::Unknown, |usage| shape_of(usage.shape)));
    }
    if any_prefix {
        expected.prefixes.clear();
    }
    expected.prefixes.dedup();
    expected.shape = shape;
    prospect
}

/// Whether a command only asks, or changes nothing but this conversation.
pub fn only_asks(asked: &Command<'_>) -> bool {
    let known = command::command_of(asked);
    let texts = values(asked);
    let values: Vec<&str> = texts.iter().map(String::as_str).collect();
    if known.is_some_and(|known| known.concerns_conversation_only(asked.form, &values)) {
        return true;
    }
    match asked.form {
        Form::Read | Form::Test => true,
        Form::Execute => known.is_some_and(|known| {
            let answers = known.usage(asked.form, &values).is_some_and(|usage| usage.shape != AnswerShape::None);
            answers
                && known.dangers(asked.form, &values).next().is_none()
                && known.prompt(asked.form, &values).is_none()
        }),
        // `AT+QCFG="roamservice"` has the form of a set, and reads: the value would be a second parameter.
        Form::Set => known.is_some_and(|known| known.name.contains('=') && values.len() == 1),
    }
}

/// Whether a command certainly changes something: nothing can be learnt from its answer but that it was obeyed, and it
/// leaves a trace.
pub fn only_sets(asked: &Command<'_>) -> bool {
    let Some(known) = command::command_of(asked) else { return false };
    let texts = values(asked);
    let values: Vec<&str> = texts.iter().map(String::as_str).collect();
    let is_silent = || known.usage(asked.form, &values).is_some_and(|usage| usage.shape == AnswerShape::None);
    !only_asks(asked) && !known.leaves_no_trace && is_silent()
}

/// The values that were given, without their quotes.
pub fn values(asked: &Command<'_>) -> Vec<String> {
    if asked.argument.is_empty() {
        return Vec::new();
    }
    parameters(asked.argument.as_bytes()).map(|parameter| parameter.text().into_owned()).collect()
}

fn shape_of(shape: AnswerShape) -> Shape {
    match shape {
        AnswerShape::Unknown => Shape::Unknown,
        AnswerShape::None => Shape::None,
        AnswerShape::Prefixed => Shape::Prefixed,
        AnswerShape::Bare => Shape::Bare,
        AnswerShape::HeaderAndBody => Shape::HeaderAndBody,
        AnswerShape::Counted { parameter, quoted } => Shape::Counted { parameter, quoted },
    }
}

/// The shape of two answers, one after the other, with one final result code.
fn together(first: Shape, second: Shape) -> Shape {
    match (first, second) {
        (Shape::None, one) | (one, Shape::None) => one,
        (first, second) if first == second => first,
        _ => Shape::Unknown,
    }
}
