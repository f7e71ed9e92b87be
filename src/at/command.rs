//! An AT command line, taken apart (V.250 §5.2.1, §5.3, §5.4): `AT+CMEE=2;+CMGF=1`, `ATE0V1`, `ATD*99***1#`.

use std::ops::Range;

/// A command line's commands, in order; none for a bare `AT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine<'a> {
    pub commands: Vec<Command<'a>>,
    /// Where a double quote opens that nothing closes.
    pub unclosed_quote: Option<usize>,
    /// Where a second `AT` stands: a line has one at its start and no other.
    pub second_at: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command<'a> {
    /// With its prefix, as written: `+CMEE`, `E`, `&F`, `#SGACT`, `\Q`, `D`, `S0`.
    pub name: &'a str,
    pub form: Form,
    /// What stands behind the name and its `=`: `2` of `+CMEE=2`, `0` of `E0`, `*99***1#` of `D*99***1#`. Its strings
    /// and parameters: [`super::parameters::parameters`].
    pub argument: &'a str,
    /// The place of the whole command in the line, in bytes.
    pub range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// `AT+CGMI`, `ATE0`, `ATD…`
    Execute,
    /// `AT+CREG?`
    Read,
    /// `AT+CREG=?`
    Test,
    /// `AT+CREG=2`
    Set,
}

impl Command<'_> {
    /// Whether this is the command `name`; modems do not care about case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether the name carries a prefix (`+CMEE`, `#SGACT`): such commands are separated by `;`.
    pub fn is_extended(&self) -> bool {
        self.name.bytes().next().is_some_and(is_extended_prefix)
    }
}

/// Takes a line apart. `None` where it does not begin with `AT` in upper or lower case. The line end does not belong
/// to it.
pub fn parse(line: &str) -> Option<CommandLine<'_>> {
    let bytes = line.as_bytes();
    if !starts_with_at(bytes) {
        return None;
    }
    let mut parsed = CommandLine { commands: Vec::new(), unclosed_quote: None, second_at: None };
    let mut position = 2;
    while let Some(byte) = bytes.get(position) {
        if matches!(byte, b';' | b' ') {
            position += 1;
        } else if bytes.get(position..).is_some_and(starts_with_at) {
            parsed.second_at.get_or_insert(position);
            position += 2;
        } else {
            let command = command(line, position, *byte);
            let text = line.get(command.range.clone()).unwrap_or_default();
            if text.matches('"').count() % 2 == 1 {
                parsed.unclosed_quote = parsed.unclosed_quote.or(text.rfind('"').map(|last| position + last));
            }
            position = command.range.end;
            parsed.commands.push(command);
        }
    }
    Some(parsed)
}

/// A command line without the blanks outside of its strings: modems skip them (V.250 §5.2.1).
pub fn without_blanks(line: &str) -> String {
    let mut in_quotes = false;
    let is_read = |character: &char| {
        in_quotes ^= *character == '"';
        in_quotes || *character != ' '
    };
    line.chars().filter(is_read).collect()
}

/// What a modem reads where bytes are sent in pieces, `before` first: its command lines with `;` between them and
/// without blanks, and the one that has no end yet. Of control characters it knows the line end, and those that take
/// one back (V.250 §5.2).
pub fn typed(before: &str, sent: &str) -> (String, String) {
    // No modem takes a line that is longer.
    const LONGEST_TYPED: usize = 4096;
    let mut lines = vec![before.to_owned()];
    for character in sent.chars() {
        match (character, lines.last_mut()) {
            ('\r', _) => lines.push(String::new()),
            ('\u{8}' | '\u{7f}', Some(line)) => drop(line.pop()),
            (_, Some(line)) if !character.is_control() => line.push(character),
            _ => {}
        }
    }
    let begun = lines.last().filter(|line| line.len() <= LONGEST_TYPED).cloned().unwrap_or_default();
    let commands = lines.iter().filter_map(|line| {
        let line = without_blanks(line);
        let from_at = line.get(line.to_ascii_uppercase().find("AT")?..)?;
        let open = if from_at.matches('"').count() % 2 == 1 { "\"" } else { "" };
        Some(format!("{from_at}{open}"))
    });
    (commands.collect::<Vec<_>>().join(";"), begun)
}

/// The prefixes of extended commands: `+` (V.250 §5.4.1) and those that vendors took.
pub fn is_extended_prefix(byte: u8) -> bool {
    matches!(byte, b'+' | b'#' | b'%' | b'^' | b'$' | b'!' | b'*' | b'@' | b'_' | b'-')
}

fn starts_with_at(bytes: &[u8]) -> bool {
    matches!(bytes, [b'A' | b'a', b'T' | b't', ..])
}

/// The command that begins here, with this byte.
fn command(line: &str, start: usize, first: u8) -> Command<'_> {
    let bytes = line.as_bytes();
    let behind = start + 1;
    let skip = |from: usize, belongs: fn(&u8) -> bool| {
        from + bytes.get(from..).unwrap_or_default().iter().take_while(|byte| belongs(byte)).count()
    };
    let name_end = match first {
        b'S' | b's' => skip(behind, u8::is_ascii_digit),
        b'&' | b'\\' => behind + usize::from(bytes.get(behind).is_some_and(u8::is_ascii_alphabetic)),
        // V.250 §5.4.1: letters, digits and these.
        _ if is_extended_prefix(first) => {
            skip(behind, |byte| byte.is_ascii_alphanumeric() || b"!%-./:_".contains(byte))
        }
        _ => behind,
    };
    let rest = bytes.get(name_end..).unwrap_or_default();
    let is_test = |after: &[u8]| after.iter().find(|byte| **byte != b' ').is_none_or(|byte| *byte == b';');
    let (form, argument) = match (first, rest) {
        // A dial string takes its `;`, which makes a voice call of it (27.007 §6.2).
        (b'D' | b'd', _) => {
            let end = separator(bytes, name_end);
            (Form::Execute, name_end..end + usize::from(end < bytes.len()))
        }
        // No command begins so; what it is meant to be is for the modem to refuse.
        _ if !(first.is_ascii_alphabetic() || is_extended_prefix(first) || matches!(first, b'&' | b'\\')) => {
            (Form::Execute, name_end..separator(bytes, name_end))
        }
        (_, [b'=', b'?', after @ ..]) if is_test(after) => (Form::Test, name_end + 2..name_end + 2),
        (_, [b'=', ..]) => (Form::Set, name_end + 1..separator(bytes, name_end + 1)),
        (_, [b'?', ..]) => (Form::Read, name_end + 1..separator(bytes, name_end + 1)),
        _ if is_extended_prefix(first) => (Form::Execute, name_end..skip(name_end, |byte| *byte != b';')),
        _ => (Form::Execute, name_end..skip(name_end, u8::is_ascii_digit)),
    };
    let range = start..argument.end;
    let text = |range| line.get(range).unwrap_or_default();
    Command { name: text(start..name_end), form, argument: text(argument), range }
}

/// The `;` outside of double quotes, or the end.
fn separator(bytes: &[u8], from: usize) -> usize {
    let mut in_quotes = false;
    let is_separator = |byte: &u8| {
        in_quotes ^= *byte == b'"';
        *byte == b';' && !in_quotes
    };
    bytes.get(from..).and_then(|rest| rest.iter().position(is_separator)).map_or(bytes.len(), |place| from + place)
}
