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

/// One command of a line.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    let mut parser = Parser { line, bytes, position: 2 };
    let mut parsed = CommandLine { commands: Vec::new(), unclosed_quote: None, second_at: None };
    while let Some(byte) = parser.peek() {
        let start = parser.position;
        if byte == b';' || byte == b' ' {
            parser.position += 1;
        } else if bytes.get(start..).is_some_and(starts_with_at) {
            parsed.second_at.get_or_insert(start);
            parser.position += 2;
        } else {
            parsed.commands.push(parser.command(byte, &mut parsed.unclosed_quote));
        }
    }
    Some(parsed)
}

/// The prefixes of extended commands: `+` (V.250 §5.4.1) and those that vendors took.
pub fn is_extended_prefix(byte: u8) -> bool {
    matches!(byte, b'+' | b'#' | b'%' | b'^' | b'$' | b'!' | b'*' | b'@' | b'_' | b'-')
}

fn starts_with_at(bytes: &[u8]) -> bool {
    matches!(bytes, [b'A' | b'a', b'T' | b't', ..])
}

struct Parser<'a> {
    line: &'a str,
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Parser<'a> {
    fn command(&mut self, first: u8, unclosed_quote: &mut Option<usize>) -> Command<'a> {
        let start = self.position;
        self.position += 1;
        let (form, argument_start) = match first {
            b'D' | b'd' => (Form::Execute, self.dial_string(unclosed_quote)),
            b'S' | b's' => {
                self.skip(|byte| byte.is_ascii_digit());
                self.tail(|_| false, unclosed_quote)
            }
            b'&' | b'\\' => {
                self.position += usize::from(self.peek().is_some_and(|byte| byte.is_ascii_alphabetic()));
                self.tail(|byte| byte.is_ascii_digit(), unclosed_quote)
            }
            _ if first.is_ascii_alphabetic() => self.tail(|byte| byte.is_ascii_digit(), unclosed_quote),
            _ if is_extended_prefix(first) => {
                // V.250 §5.4.1: letters, digits and these.
                self.skip(|byte| byte.is_ascii_alphanumeric() || b"!%-./:_".contains(&byte));
                self.tail(|byte| byte != b';', unclosed_quote)
            }
            // No command begins so; what it is meant to be is for the modem to refuse.
            _ => (Form::Execute, self.up_to_separator(unclosed_quote)),
        };
        let name_end = argument_start.name_end;
        Command {
            name: self.line.get(start..name_end).unwrap_or_default(),
            form,
            argument: self.line.get(argument_start.start..argument_start.end).unwrap_or_default(),
            range: start..self.position,
        }
    }

    /// Behind a name: `?`, `=?`, `=…`, or whatever belongs to the command directly.
    fn tail(&mut self, belongs: impl Fn(u8) -> bool, unclosed_quote: &mut Option<usize>) -> (Form, Argument) {
        let name_end = self.position;
        let rest = self.bytes.get(name_end..).unwrap_or_default();
        let ends = |rest: &[u8]| rest.iter().find(|byte| **byte != b' ').is_none_or(|byte| *byte == b';');
        match rest {
            [b'=', b'?', after @ ..] if ends(after) => {
                self.position += 2;
                (Form::Test, Argument { name_end, start: self.position, end: self.position })
            }
            [b'=', ..] => {
                self.position += 1;
                let argument = self.up_to_separator(unclosed_quote);
                (Form::Set, Argument { name_end, ..argument })
            }
            [b'?', ..] => {
                self.position += 1;
                let argument = self.up_to_separator(unclosed_quote);
                (Form::Read, Argument { name_end, ..argument })
            }
            _ => {
                self.skip(belongs);
                (Form::Execute, Argument { name_end, start: name_end, end: self.position })
            }
        }
    }

    /// Everything up to a `;` outside of double quotes.
    fn up_to_separator(&mut self, unclosed_quote: &mut Option<usize>) -> Argument {
        let start = self.position;
        let mut open = None;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => open = if open.is_some() { None } else { Some(self.position) },
                b';' if open.is_none() => break,
                _ => {}
            }
            self.position += 1;
        }
        if let Some(open) = open {
            unclosed_quote.get_or_insert(open);
        }
        Argument { name_end: start, start, end: self.position }
    }

    /// A dial string takes its `;`, which makes a voice call of it (27.007 §6.2).
    fn dial_string(&mut self, unclosed_quote: &mut Option<usize>) -> Argument {
        let argument = self.up_to_separator(unclosed_quote);
        self.position += usize::from(self.peek() == Some(b';'));
        Argument { end: self.position, ..argument }
    }

    fn skip(&mut self, belongs: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&belongs) {
            self.position += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }
}

struct Argument {
    name_end: usize,
    start: usize,
    end: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(line: &str) -> Vec<(&str, Form, &str)> {
        parse(line)
            .expect("it begins with AT")
            .commands
            .into_iter()
            .map(|command| (command.name, command.form, command.argument))
            .collect()
    }

    #[test]
    fn each_syntax_is_taken_apart() {
        use Form::{Execute, Read, Set, Test};
        type Case<'a> = (&'a str, &'a [(&'a str, Form, &'a str)]);
        let cases: &[Case<'_>] = &[
            ("AT", &[]),
            ("at+csq", &[("+csq", Execute, "")]),
            ("AT+CMEE=2;+CMGF=1", &[("+CMEE", Set, "2"), ("+CMGF", Set, "1")]),
            ("AT+CREG?", &[("+CREG", Read, "")]),
            ("AT+COPS=?", &[("+COPS", Test, "")]),
            ("AT+COPS=?;+CSQ", &[("+COPS", Test, ""), ("+CSQ", Execute, "")]),
            ("ATE0", &[("E", Execute, "0")]),
            ("ATE0V1", &[("E", Execute, "0"), ("V", Execute, "1")]),
            ("ATE0 V1", &[("E", Execute, "0"), ("V", Execute, "1")]),
            ("ATE0+CMEE=1", &[("E", Execute, "0"), ("+CMEE", Set, "1")]),
            ("AT&F", &[("&F", Execute, "")]),
            ("AT&F0&W", &[("&F", Execute, "0"), ("&W", Execute, "")]),
            ("AT&FE0", &[("&F", Execute, ""), ("E", Execute, "0")]),
            ("ATD*99***1#", &[("D", Execute, "*99***1#")]),
            ("ATD+15551234;", &[("D", Execute, "+15551234;")]),
            ("ATD>\"a;b\";", &[("D", Execute, ">\"a;b\";")]),
            ("AT#SGACT=1,1", &[("#SGACT", Set, "1,1")]),
            ("AT^RESET", &[("^RESET", Execute, "")]),
            ("AT%XSYSTEMMODE=1,0,0,0", &[("%XSYSTEMMODE", Set, "1,0,0,0")]),
            ("AT$QCRMCALL=1,1", &[("$QCRMCALL", Set, "1,1")]),
            ("AT!ENTERCND=\"A710\"", &[("!ENTERCND", Set, "\"A710\"")]),
            ("AT\\Q3", &[("\\Q", Execute, "3")]),
            ("ATS0=2", &[("S0", Set, "2")]),
            ("ATS3?", &[("S3", Read, "")]),
            ("ATI9", &[("I", Execute, "9")]),
            ("AT+CGDCONT=1,\"IP\",\"a;b\";+CSQ", &[("+CGDCONT", Set, "1,\"IP\",\"a;b\""), ("+CSQ", Execute, "")]),
            ("AT*MCGDEFCONT=\"IP\"", &[("*MCGDEFCONT", Set, "\"IP\"")]),
        ];
        for (line, expected) in cases {
            assert_eq!(commands(line), *expected, "{line}");
        }
    }

    #[test]
    fn ranges_and_faults_are_placed() {
        let line = parse("AT+CMEE=2;+CMGF=1").unwrap();
        assert_eq!(line.commands[1].range, 10..17);
        assert_eq!(parse("AT+CGDCONT=1,\"IP").unwrap().unclosed_quote, Some(13));
        assert_eq!(parse("AT+CMEE=2;AT+CMGF=1").unwrap().second_at, Some(10));
        assert_eq!(parse("ATATI").unwrap().second_at, Some(2));
        assert_eq!(parse("+++"), None);
        assert_eq!(parse(""), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in "AT.{0,60}") {
            let line = parse(&text).unwrap();
            let mut at = 2;
            for command in &line.commands {
                proptest::prop_assert!(command.range.start >= at && command.range.end > command.range.start);
                at = command.range.end;
            }
        }
    }
}
