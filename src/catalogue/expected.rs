//! What the catalogue tells the session of the answer to a command line.

use std::time::Duration;

use super::command::{self, AnswerShape};
use super::module::Module;
use crate::at::command::{Command, CommandLine, parse};
use crate::at::parameters::parameters;
use crate::at::{Expected, Form, Shape};

/// How the answer to a whole command line looks, and how long it may take by the documents: the sum of its commands'
/// maxima; `None` where nothing is documented.
pub fn expected(line: &str, module: Option<&Module>) -> (Expected, Option<Duration>) {
    parse(line).map_or_else(Default::default, |line| expected_of(&line, module))
}

/// As [`expected`], of a line that was taken apart.
pub fn expected_of(line: &CommandLine<'_>, module: Option<&Module>) -> (Expected, Option<Duration>) {
    let mut expected = Expected::default();
    let mut shapes = Vec::new();
    let mut time: Option<Duration> = None;
    let mut any_prefix = false;
    for asked in &line.commands {
        let Some(known) = command::command_of(asked) else {
            any_prefix = true;
            shapes.push(Shape::Unknown);
            continue;
        };
        let texts = values(asked);
        let values: Vec<&str> = texts.iter().map(String::as_str).collect();
        if let Some(longest) = known.max_time(asked.form, &values, module) {
            time = Some(time.unwrap_or_default() + longest);
        }
        expected.finals.extend(known.finals.iter().map(|(text, success)| ((*text).to_owned(), *success)));
        expected.call_control |= known.call_control;
        expected.without_final |=
            known.without_final || module.is_some_and(|module| module.without_final.contains(&known.name));
        // A read is over before anyone could abort it; a scan (`AT+COPS=?`) goes on to its end on some modules.
        expected.abortable |= known.abortable
            && match asked.form {
                Form::Read => false,
                Form::Test => module.and_then(|module| module.scan_abortable).unwrap_or(true),
                Form::Set | Form::Execute => true,
            };
        let usage = known.usage(asked.form, &values);
        match usage.and_then(|usage| usage.prefix) {
            Some(prefix) => expected.prefixes.push(prefix.to_owned()),
            // An answer without prefix, or one that is not known: any line that is no URC belongs to it.
            None => any_prefix |= usage.is_none_or(|usage| usage.shape != AnswerShape::None),
        }
        shapes.push(usage.map_or(Shape::Unknown, |usage| shape(usage.shape)));
    }
    if any_prefix {
        expected.prefixes.clear();
    }
    expected.prefixes.dedup();
    expected.shape = together(shapes);
    (expected, time)
}

/// The values that were given, without their quotes.
pub fn values(asked: &Command<'_>) -> Vec<String> {
    if asked.argument.is_empty() {
        return Vec::new();
    }
    parameters(asked.argument.as_bytes()).map(|parameter| parameter.text().into_owned()).collect()
}

fn shape(shape: AnswerShape) -> Shape {
    match shape {
        AnswerShape::Unknown => Shape::Unknown,
        AnswerShape::None => Shape::None,
        AnswerShape::Prefixed => Shape::Prefixed,
        AnswerShape::Bare => Shape::Bare,
        AnswerShape::HeaderAndBody => Shape::HeaderAndBody,
        AnswerShape::Counted { parameter, quoted } => Shape::Counted { parameter, quoted },
    }
}

/// The shape of several answers, one after the other, with one final result code.
fn together(mut shapes: Vec<Shape>) -> Shape {
    shapes.retain(|shape| *shape != Shape::None);
    shapes.dedup();
    match shapes.len() {
        0 => Shape::None,
        1 => shapes.pop().unwrap_or_default(),
        _ => Shape::Unknown,
    }
}
