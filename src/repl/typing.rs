//! What is being typed at the end of a line: a command's name, one of its parameters, a word.

use crate::at::Form;
use crate::at::command;
use crate::catalogue::command::Command;
use crate::catalogue::{self, command_of};

/// The AT command that is being typed.
#[derive(Debug)]
pub(super) struct Asking<'l> {
    /// Where its name begins in the line; for the first of a command line, the `AT`.
    pub(super) start: usize,
    pub(super) is_first: bool,
    /// `+CFUN`
    pub(super) name: &'l str,
    pub(super) form: Form,
    pub(super) known: Option<&'static Command>,
    /// The parameters so far, the last is being typed.
    pub(super) parameters: Vec<&'l str>,
    /// Where the last parameter begins in the line.
    pub(super) parameter_start: usize,
}

/// The AT command at the end of `line`, if there is one.
pub(super) fn asking(line: &str) -> Option<Asking<'_>> {
    let word_start = last_word(line);
    let word = line.get(word_start..)?;
    let parsed = command::parse(word)?;
    let bare = |at: usize| Asking {
        start: if at <= 2 { word_start } else { word_start + at },
        is_first: at <= 2,
        name: "",
        form: Form::Execute,
        known: None,
        parameters: Vec::new(),
        parameter_start: line.len(),
    };
    // Behind a `;` the next one begins.
    if word.ends_with(';') && parsed.unclosed_quote.is_none() {
        return Some(bare(word.len()));
    }
    let Some(last) = parsed.commands.last() else { return Some(bare(2)) };
    let is_first = parsed.commands.len() == 1;
    let end = word_start + last.range.end;
    let argument = last.argument;
    let parameters = split(argument);
    let last_length = parameters.last().map_or(0, |parameter| parameter.len());
    Some(Asking {
        start: if is_first { word_start } else { word_start + last.range.start },
        is_first,
        name: last.name,
        form: last.form,
        known: command_of(last),
        parameters,
        parameter_start: end - last_length,
    })
}

impl Asking<'_> {
    /// Which parameter is being typed, counted from 0; none before the `=`.
    pub(super) fn index(&self) -> Option<usize> {
        (self.form == Form::Set).then(|| self.parameters.len().saturating_sub(1))
    }

    pub(super) fn parameter(&self) -> &str {
        self.parameters.last().copied().unwrap_or_default()
    }

    /// The settings that the first parameter selects: `AT+QCFG="band"`, …
    pub(super) fn settings(&self) -> impl Iterator<Item = (&'static str, &'static Command)> {
        let name = format!("AT{}", self.name.to_ascii_uppercase());
        catalogue::commands().iter().filter_map(move |command| {
            let setting = command.name.strip_prefix(&*name)?.strip_prefix('=')?;
            Some((setting, command))
        })
    }
}

/// Where the last word begins: white space in double quotes ends none.
pub(super) fn last_word(line: &str) -> usize {
    let mut start = 0;
    let mut quoted = false;
    for (at, character) in line.char_indices() {
        match character {
            '"' => quoted = !quoted,
            _ if character.is_whitespace() && !quoted => start = at + character.len_utf8(),
            _ => {}
        }
    }
    start
}

/// By the commas outside of quotes.
fn split(argument: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, character) in argument.char_indices() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(argument.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(argument.get(start..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_and_its_parameter() {
        let at = |line: &'static str| {
            asking(line).map(|asking| (asking.start, asking.name, asking.index(), asking.parameter_start))
        };
        assert_eq!(at("AT"), Some((0, "", None, 2)));
        assert_eq!(at("AT+CS"), Some((0, "+CS", None, 5)));
        assert_eq!(at("  send AT+CFUN=1,"), Some((7, "+CFUN", Some(1), 17)));
        assert_eq!(at("AT+CMEE=2;+CS"), Some((10, "+CS", None, 13)));
        assert_eq!(at("AT+CMEE=2;"), Some((10, "", None, 10)));
        assert_eq!(at("AT+COPS=1,0,\"T Mo"), Some((0, "+COPS", Some(2), 12)));
        assert_eq!(at("log \"AT+CS"), None);
        assert_eq!(at("expect O"), None);
    }
}
