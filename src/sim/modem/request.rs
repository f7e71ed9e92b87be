//! A command line taken apart into its commands (V.250 §5.3, 5.4), independently of how [`crate::at`] builds one; and
//! one command with the answer that it is given.

use crate::sim::CommandError;

use super::{Answer, Effect};

/// One command of a line, and the lines of its answer so far.
#[derive(Debug)]
pub(super) struct Request<'a> {
    /// In upper case with its leading character: `+CREG`, `&F`, `E`, `S`, `D`. It stands before each line of the answer.
    pub(super) name: String,
    pub(super) form: CommandForm,
    /// The number behind a basic command (`ATE0`) and behind `S` is the first; what is dialled is the only one.
    pub(super) parameters: Vec<CommandParameter<'a>>,
    /// The value of the profile that the command reads and sets.
    pub(super) setting: Option<usize>,
    /// The lines of the answer carry no prefix.
    pub(super) bare: bool,
    /// Whether the prefix stands before it, and the line.
    pub(super) lines: Vec<(bool, Vec<u8>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommandForm {
    /// `AT+CSQ`, `ATE0`, `ATD*99#`
    Execute,
    /// `AT+CREG?`, `ATS0?`
    Read,
    /// `AT+CREG=?`
    Test,
    /// `AT+CREG=2`, `ATS0=1`
    Set,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CommandParameter<'a> {
    /// Without its quotes.
    pub(super) text: &'a str,
    pub(super) quoted: bool,
}

impl CommandParameter<'_> {
    pub(super) fn number(&self) -> Option<u32> {
        if self.quoted || !self.text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.text.parse().ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && !self.quoted
    }
}

impl<'a> Request<'a> {
    fn new(name: &str, form: CommandForm, parameters: Vec<CommandParameter<'a>>) -> Request<'a> {
        Request { name: name.to_ascii_uppercase(), form, parameters, setting: None, bare: false, lines: Vec::new() }
    }

    /// The parameter at a place, as long as it is there and not empty.
    pub(super) fn given(&self, place: usize) -> Option<CommandParameter<'a>> {
        self.parameters.get(place).filter(|parameter| !parameter.is_empty()).copied()
    }

    /// The same, where the command must have it.
    pub(super) fn needed(&self, place: usize) -> Result<CommandParameter<'a>, CommandError> {
        self.given(place).ok_or(CommandError::Parameter)
    }

    /// Its text; empty where there is none.
    pub(super) fn text(&self, place: usize) -> &'a str {
        self.given(place).map_or("", |parameter| parameter.text)
    }

    pub(super) fn quoted(&self, place: usize) -> Option<&'a str> {
        self.given(place).filter(|parameter| parameter.quoted).map(|parameter| parameter.text)
    }

    /// The parameter at a place as a number of whatever size is asked for.
    pub(super) fn number<N: TryFrom<u32>>(&self, place: usize) -> Option<N> {
        self.given(place)?.number()?.try_into().ok()
    }

    /// A line of the answer.
    pub(super) fn say(&mut self, line: impl Into<Vec<u8>>) {
        self.lines.push((!self.bare, line.into()));
    }

    /// A line without the prefix.
    pub(super) fn say_bare(&mut self, line: impl Into<Vec<u8>>) {
        self.lines.push((false, line.into()));
    }

    /// The answer is this line.
    pub(super) fn answer(&mut self, line: impl Into<Vec<u8>>) -> Answer {
        self.say(line);
        Ok(Effect::Done)
    }

    pub(super) fn answer_all(&mut self, lines: impl IntoIterator<Item = String>) -> Answer {
        lines.into_iter().for_each(|line| self.say(line));
        Ok(Effect::Done)
    }
}

/// Takes the next command off `line`, which starts behind `AT` or behind the last command. `None` at the end of the line.
pub(super) fn next_request<'a>(line: &mut &'a str) -> Result<Option<Request<'a>>, CommandError> {
    let rest = line.trim_start_matches([' ', ';']);
    let Some(first) = rest.chars().next() else {
        *line = "";
        return Ok(None);
    };
    let behind = rest.get(1..).unwrap_or_default();
    let taken = match first {
        '+' | '#' | '%' | '^' | '!' | '*' | '$' | '\\' | '@' => extended(rest),
        '&' => basic(rest, 2),
        'D' | 'd' => {
            let dialled = CommandParameter { text: behind.trim(), quoted: false };
            Some((Request::new("D", CommandForm::Execute, vec![dialled]), ""))
        }
        'S' | 's' => register(behind),
        // ATA ends its command: `AT+CMEE=2;AT+CMGF=1` is a slip, not an answered call.
        'A' | 'a' if !behind.starts_with(';') && rest.len() > 1 => None,
        'A'..='Z' | 'a'..='z' => basic(rest, 1),
        _ => None,
    };
    let (request, rest) = taken.ok_or(CommandError::Unknown)?;
    *line = rest;
    Ok(Some(request))
}

/// `+NAME`, `+NAME?`, `+NAME=?`, `+NAME=1,"x"`; it ends at a semicolon or with the line.
fn extended(text: &str) -> Option<(Request<'_>, &str)> {
    // A semicolon inside double quotes ends nothing.
    let mut quoted = false;
    let end = text.find(|character: char| {
        quoted ^= character == '"';
        character == ';' && !quoted
    });
    if quoted {
        return None;
    }
    let (command, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    let command = command.trim_end();
    let name_end = command.find(['=', '?']).unwrap_or(command.len());
    let (name, form) = command.split_at_checked(name_end)?;
    let name = name.trim_end();
    let is_name = |character: char| character.is_ascii_alphanumeric() || "_-/.:".contains(character);
    if name.len() < 2 || !name.chars().skip(1).all(is_name) {
        return None;
    }
    let (form, parameters) = match form {
        "" => (CommandForm::Execute, Vec::new()),
        "?" => (CommandForm::Read, Vec::new()),
        "=?" => (CommandForm::Test, Vec::new()),
        _ => (CommandForm::Set, split(form.strip_prefix('=')?).map(parameter).collect()),
    };
    Some((Request::new(name, form, parameters), rest))
}

fn parameter(field: &str) -> CommandParameter<'_> {
    let field = field.trim();
    match field.strip_prefix('"').and_then(|field| field.strip_suffix('"')) {
        Some(text) => CommandParameter { text, quoted: true },
        None => CommandParameter { text: field, quoted: false },
    }
}

/// The parts between commas; a comma in quotes separates nothing.
pub(super) fn split(value: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    value.split(move |character: char| {
        quoted ^= character == '"';
        character == ',' && !quoted
    })
}

/// `E0`, `&F`: one or two characters and a number.
fn basic(text: &str, name_length: usize) -> Option<(Request<'_>, &str)> {
    let (name, rest) = text.split_at_checked(name_length)?;
    if !name.ends_with(|character: char| character.is_ascii_alphabetic()) {
        return None;
    }
    let (number, rest) = leading_number(rest)?;
    Some((Request::new(name, CommandForm::Execute, number.into_iter().collect()), rest))
}

/// `S0=1`, `S0?` (V.250 §5.3.2), from behind the S.
fn register(text: &str) -> Option<(Request<'_>, &str)> {
    let (number, rest) = leading_number(text)?;
    let number = number?;
    if let Some(rest) = rest.strip_prefix('?') {
        return Some((Request::new("S", CommandForm::Read, vec![number]), rest));
    }
    let rest = rest.strip_prefix('=')?;
    let (value, rest) = rest.split_at_checked(rest.bytes().take_while(u8::is_ascii_digit).count())?;
    let value = CommandParameter { text: value, quoted: false };
    Some((Request::new("S", CommandForm::Set, vec![number, value]), rest))
}

fn leading_number(text: &str) -> Option<(Option<CommandParameter<'_>>, &str)> {
    let text = text.trim_start_matches(' ');
    let (number, rest) = text.split_at_checked(text.bytes().take_while(u8::is_ascii_digit).count())?;
    if number.is_empty() {
        return Some((None, rest));
    }
    number.parse::<u32>().ok().map(|_| (Some(CommandParameter { text: number, quoted: false }), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<String> {
        let mut rest = line;
        let mut names = Vec::new();
        loop {
            match next_request(&mut rest) {
                Ok(Some(request)) if request.name == "S" => names.push(format!("S{}", request.text(0))),
                Ok(Some(request)) => names.push(request.name),
                Ok(None) => return names,
                Err(_) => {
                    names.push("malformed".into());
                    return names;
                }
            }
        }
    }

    #[test]
    fn a_line_is_taken_apart() {
        for (line, expected) in [
            ("E0V1Q0+CMEE=2;+CMGF=1;&F", &["E", "V", "Q", "+CMEE", "+CMGF", "&F"][..]),
            (" S7=45 S0=0 L1 V1 X4 &c1 E1 Q0", &["S7", "S0", "L", "V", "X", "&C", "E", "Q"]),
            ("+CMEE=\"2", &["malformed"]),
            ("?", &["malformed"]),
            ("+", &["malformed"]),
            ("S=1", &["malformed"]),
            ("+CMEE=2;AT+CMGF=1", &["+CMEE", "malformed"]),
        ] {
            assert_eq!(names(line), expected, "{line}");
        }
    }

    #[test]
    fn quotes_hide_separators() {
        let mut line = "+CGDCONT=1,\"IP\",\"a;b,c\";+CSQ";
        let request = next_request(&mut line).unwrap().unwrap();
        assert_eq!(request.parameters.iter().map(|it| it.text).collect::<Vec<_>>(), ["1", "IP", "a;b,c"]);
        assert_eq!(names(line), ["+CSQ"]);
    }
}
