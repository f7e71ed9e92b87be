//! Text with `${…}` in it, and what a value may not hold where it goes into a command.

use std::fmt::Write;
use std::ops::Range;

use super::interpreter::Run;
use super::problem::{End, Step, code};
use crate::at::command::parse;
use crate::check::Matcher;
use crate::source::Span;
use crate::syntax::ast::{Expression, Pattern, PatternKind, PatternPart, Template, TemplatePart};
use crate::value::Value;

impl Run<'_> {
    /// The text with its values in place.
    pub(super) fn text(&self, template: &Template) -> Step<String> {
        if let [TemplatePart::Text(text)] = template.parts.as_slice() {
            return Ok(text.clone());
        }
        let mut text = String::new();
        for part in &template.parts {
            match part {
                TemplatePart::Text(literal) => text.push_str(literal),
                TemplatePart::Value(expression) => append(&mut text, &self.evaluate(expression)?),
            }
            self.fits(text.len(), template.span)?;
        }
        Ok(text)
    }

    /// As [`Run::text`], for messages: a name without a value does not hide what the message was to say.
    pub(super) fn message(&self, template: &Template) -> Step<String> {
        let mut text = String::new();
        for part in &template.parts {
            match part {
                TemplatePart::Text(literal) => text.push_str(literal),
                TemplatePart::Value(expression) => match self.evaluate(expression) {
                    Ok(value) => append(&mut text, &value),
                    Err(End::Failed(failure)) if failure.code == code::UNSET => text.push_str("(no value)"),
                    Err(end) => return Err(end),
                },
            }
            self.fits(text.len(), template.span)?;
        }
        Ok(text)
    }

    /// What goes to the modem. A value cannot break out of the command it stands in: it holds no control character that
    /// ends a line, a text or a prompt; in AT text, no double quote inside of double quotes, outside of them no `;` and
    /// no quote that it does not close itself, and nothing else that begins another command.
    pub(super) fn command(&self, template: &Template, may_hold_controls: bool) -> Step<String> {
        if let [TemplatePart::Text(text)] = template.parts.as_slice() {
            return Ok(text.clone());
        }
        // The values' places in the text. One that the text begins with may name the command; it is not judged as what is
        // put into a command.
        let (mut text, mut harmless) = (String::new(), String::new());
        let mut values: Vec<(&Expression, Range<usize>)> = Vec::new();
        for part in &template.parts {
            let start = text.len();
            match part {
                TemplatePart::Text(literal) => text.push_str(literal),
                TemplatePart::Value(expression) => {
                    append(&mut text, &self.evaluate(expression)?);
                    self.fits(text.len(), template.span)?;
                    values.push((expression, start..text.len()));
                }
            }
            match part {
                TemplatePart::Value(_) if start > 0 => harmless.push('0'),
                TemplatePart::Text(_) | TemplatePart::Value(_) => {
                    harmless.push_str(text.get(start..).unwrap_or_default());
                }
            }
        }
        let is_at = is_command_line(&text);
        for (expression, range) in values {
            let value = text.get(range.clone()).unwrap_or_default();
            let controls = if may_hold_controls && !is_at { None } else { control(value) };
            let judged_as_at = is_at && range.start > 0;
            let in_quotes = text.bytes().take(range.start).filter(|byte| *byte == b'"').count() % 2 == 1;
            if let Some(found) = controls.or_else(|| quoting(value, in_quotes).filter(|_| judged_as_at)) {
                return Err(self.injection(expression.span, found));
            }
        }
        // `ATE${v}` with `0+CFUN=0` is two commands without a `;` (V.250 §5.2.1).
        if is_at && commands(&text) != commands(&harmless) {
            return Err(self.injection(template.span, "what begins another command"));
        }
        Ok(text)
    }

    /// The text that answers a prompt: it holds nothing that would end it early.
    pub(super) fn reply(&self, expression: &Expression) -> Step<String> {
        let text = self.evaluate(expression)?.to_string();
        if let Some(found) = text.bytes().find_map(|byte| match byte {
            0x1A => Some("Ctrl-Z (0x1A), which would end it"),
            0x1B => Some("ESC (0x1B), which would cancel it"),
            _ => None,
        }) {
            let what = format!("the reply to a prompt may not hold {found}");
            let help = "what ends the text is said behind it: `then ctrl-z`, `then cr`, `then esc`, `then nothing`";
            return Err(self.fail(self.problem(code::INJECTION, expression.span, what).help(help)));
        }
        Ok(text)
    }

    fn injection(&self, place: Span, found: &str) -> End {
        let name = self.scope.program.source().slice(place);
        let what = format!("`{name}` may not hold {found}");
        let help = "nothing was sent: a value must not be able to break out of the command that it stands in";
        let problem = self.problem(code::INJECTION, place, what);
        self.fail(problem.label(format!("holds {found}")).help(help))
    }

    /// The values of a pattern's `${…}`, in order.
    pub(super) fn pattern_values(&self, pattern: &Pattern) -> Step<Vec<String>> {
        let mut values = Vec::new();
        let PatternKind::Line(parts) = &pattern.kind else { return Ok(values) };
        let mut is_empty = true;
        for part in parts {
            is_empty &= match part {
                PatternPart::Value(expression) => {
                    let value = self.evaluate(expression)?.to_string();
                    let is_blank = value.trim().is_empty();
                    values.push(value);
                    is_blank
                }
                PatternPart::Text(text) => text.trim().is_empty(),
                PatternPart::Hole(_) => false,
            };
        }
        if is_empty && !values.is_empty() {
            let what = "the pattern is empty here, and an empty pattern matches every line";
            let help = "see that its value is set before it is compared with: `if x != \"\" {`";
            return Err(self.fail(self.problem(code::VALUE, pattern.span, what).label("empty").help(help)));
        }
        Ok(values)
    }

    pub(super) fn matcher(&self, pattern: &Pattern) -> Step<&Matcher> {
        self.scope.program.matcher(pattern).ok_or_else(|| self.foreign(pattern.span))
    }

    fn foreign(&self, span: Span) -> End {
        self.fail(self.problem(code::VALUE, span, "this pattern is not one of the script's"))
    }
}

fn append(text: &mut String, value: &Value) {
    match value {
        Value::Text(part) => text.push_str(part),
        Value::Int(_) | Value::Bool(_) | Value::Duration(_) | Value::List(_) | Value::Record(_) => {
            // Writing to a String does not fail.
            let _ = write!(text, "{value}");
        }
    }
}

/// Whether a text is an AT command line: `AT+CSQ`, `ati`; not `attach` or `at noon`, which a login may be told.
pub(super) fn is_command_line(text: &str) -> bool {
    match text.as_bytes() {
        [b'A', b'T', rest @ ..] => !matches!(rest, [b' ', ..]),
        [b'a', b't'] => true,
        [b'a', b't', name, rest @ ..] if name.is_ascii_alphabetic() => {
            !matches!(rest, [next, ..] if next.is_ascii_alphabetic())
        }
        [b'a', b't', name, ..] => name.is_ascii_punctuation(),
        _ => false,
    }
}

fn control(value: &str) -> Option<&'static str> {
    value.bytes().find_map(|byte| match byte {
        b'\r' => Some("a carriage return"),
        b'\n' => Some("a line feed"),
        0x1A => Some("Ctrl-Z"),
        0x1B => Some("ESC"),
        0 => Some("NUL"),
        _ => None,
    })
}

/// How many commands a line holds, and whether it is a whole line.
fn commands(line: &str) -> Option<(usize, bool, bool)> {
    let line = parse(line.trim_end_matches('\r'))?;
    Some((line.commands.len(), line.unclosed_quote.is_some(), line.second_at.is_some()))
}

fn quoting(value: &str, in_quotes: bool) -> Option<&'static str> {
    if in_quotes {
        if value.contains('"') {
            return Some("a double quote: it would end the quoted parameter");
        }
        let backslashes = value.bytes().rev().take_while(|byte| *byte == b'\\').count();
        return (backslashes % 2 == 1).then_some("a backslash at its end: some modems take the quote behind it along");
    }
    let mut open = false;
    for byte in value.bytes() {
        match byte {
            b'"' => open = !open,
            b';' if !open => return Some("a `;`: it would begin another command"),
            _ => {}
        }
    }
    open.then_some("a double quote that it does not close")
}

#[cfg(test)]
mod tests {
    use super::is_command_line;

    #[test]
    fn a_command_line_is_told_from_a_word() {
        for line in ["AT", "at", "AT+CSQ", "at+csq", "ATI", "ati", "ate0", "ATDT123", "at&f", "AT\\Q3"] {
            assert!(is_command_line(line), "{line}");
        }
        for line in ["attach", "atom", "at noon", "AT NOON", "at 5", "a", "", "+++", "root"] {
            assert!(!is_command_line(line), "{line}");
        }
    }
}
