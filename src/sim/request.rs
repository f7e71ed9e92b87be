//! A command line taken apart into its commands (V.250 §5.3, 5.4), independently of how [`crate::at`] builds one.

/// One command of a line, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request<'a> {
    /// In upper case with its leading character: `+CREG`, `&F`, `E`, `S0`, `D`.
    pub(super) name: String,
    pub(super) form: Form<'a>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form<'a> {
    /// `AT+CSQ`, `ATE0`: the number behind a basic command, 0 where there is none
    Execute(u32),
    /// `AT+CREG?`, `ATS0?`
    Read,
    /// `AT+CREG=?`
    Test,
    /// `AT+CREG=2`, `ATS0=1`
    Set(Vec<Parameter<'a>>),
    /// `ATD*99#`: all up to the end of the line
    Dial(&'a str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parameter<'a> {
    /// Without its quotes.
    pub(super) text: &'a str,
    pub(super) quoted: bool,
}

impl Parameter<'_> {
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

/// Not a command: the line ends with an error here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// Takes the next command off `line`, which starts behind `AT` or behind the last command.
/// `None` at the end of the line.
pub(super) fn next_request<'a>(line: &mut &'a str) -> Result<Option<Request<'a>>, Malformed> {
    let rest = line.trim_start_matches([' ', ';']);
    let Some(first) = rest.chars().next() else {
        *line = "";
        return Ok(None);
    };
    let (request, rest) = match first {
        '+' | '#' | '%' | '^' | '!' | '*' | '$' | '\\' | '@' => extended(rest)?,
        '&' => basic(rest, 2)?,
        'D' | 'd' => {
            let dialled = rest.get(1..).unwrap_or_default();
            (Request { name: "D".into(), form: Form::Dial(dialled.trim()) }, "")
        }
        'S' | 's' => register(rest)?,
        // ATA ends its command: `AT+CMEE=2;AT+CMGF=1` is a slip, not an answered call.
        'A' | 'a' if !rest.get(1..).unwrap_or_default().starts_with(';') && rest.len() > 1 => return Err(Malformed),
        'A'..='Z' | 'a'..='z' => basic(rest, 1)?,
        _ => return Err(Malformed),
    };
    *line = rest;
    Ok(Some(request))
}

/// `+NAME`, `+NAME?`, `+NAME=?`, `+NAME=1,"x"`; it ends at a semicolon or with the line.
fn extended(text: &str) -> Result<(Request<'_>, &str), Malformed> {
    let end = end_of_extended(text)?;
    let (command, rest) = text.split_at_checked(end).ok_or(Malformed)?;
    let command = command.trim_end();
    let name_end = command.find(['=', '?']).unwrap_or(command.len());
    let (name, form) = command.split_at_checked(name_end).ok_or(Malformed)?;
    let name = name.trim_end();
    let is_name = |character: char| character.is_ascii_alphanumeric() || "_-/.:".contains(character);
    if name.len() < 2 || !name.chars().skip(1).all(is_name) {
        return Err(Malformed);
    }
    let form = match form {
        "" => Form::Execute(0),
        "?" => Form::Read,
        "=?" => Form::Test,
        _ => Form::Set(parameters(form.strip_prefix('=').ok_or(Malformed)?)),
    };
    Ok((Request { name: name.to_ascii_uppercase(), form }, rest))
}

/// A semicolon inside double quotes ends nothing.
fn end_of_extended(text: &str) -> Result<usize, Malformed> {
    let mut quoted = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b';' if !quoted => return Ok(index),
            _ => {}
        }
    }
    if quoted { Err(Malformed) } else { Ok(text.len()) }
}

fn parameters(text: &str) -> Vec<Parameter<'_>> {
    let mut quoted = false;
    text.split(move |character: char| {
        if character == '"' {
            quoted = !quoted;
        }
        character == ',' && !quoted
    })
    .map(|field| {
        let field = field.trim();
        match field.strip_prefix('"').and_then(|field| field.strip_suffix('"')) {
            Some(text) => Parameter { text, quoted: true },
            None => Parameter { text: field, quoted: false },
        }
    })
    .collect()
}

/// `E0`, `&F`: one or two characters and a number.
fn basic(text: &str, name_length: usize) -> Result<(Request<'_>, &str), Malformed> {
    let (name, rest) = text.split_at_checked(name_length).ok_or(Malformed)?;
    if !name.ends_with(|character: char| character.is_ascii_alphabetic()) {
        return Err(Malformed);
    }
    let (number, rest) = leading_number(rest)?;
    Ok((Request { name: name.to_ascii_uppercase(), form: Form::Execute(number.unwrap_or(0)) }, rest))
}

/// `S0=1`, `S0?` (V.250 §5.3.2).
fn register(text: &str) -> Result<(Request<'_>, &str), Malformed> {
    let (number, rest) = leading_number(text.get(1..).unwrap_or_default())?;
    let name = format!("S{}", number.ok_or(Malformed)?);
    if let Some(rest) = rest.strip_prefix('?') {
        return Ok((Request { name, form: Form::Read }, rest));
    }
    let rest = rest.strip_prefix('=').ok_or(Malformed)?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (value, rest) = rest.split_at_checked(digits).ok_or(Malformed)?;
    Ok((Request { name, form: Form::Set(vec![Parameter { text: value, quoted: false }]) }, rest))
}

fn leading_number(text: &str) -> Result<(Option<u32>, &str), Malformed> {
    let text = text.trim_start_matches(' ');
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits).ok_or(Malformed)?;
    if number.is_empty() {
        return Ok((None, rest));
    }
    number.parse().map(|number| (Some(number), rest)).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &str) -> Vec<(String, String)> {
        let mut rest = line;
        let mut requests = Vec::new();
        loop {
            match next_request(&mut rest) {
                Ok(Some(request)) => requests.push((request.name, format!("{:?}", request.form))),
                Ok(None) => return requests,
                Err(Malformed) => {
                    requests.push(("malformed".into(), rest.into()));
                    return requests;
                }
            }
        }
    }

    fn names(line: &str) -> Vec<String> {
        all(line).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_line_of_several_commands() {
        assert_eq!(names("E0V1Q0+CMEE=2;+CMGF=1;&F"), ["E", "V", "Q", "+CMEE", "+CMGF", "&F"]);
        assert_eq!(names(" S7=45 S0=0 L1 V1 X4 &c1 E1 Q0"), ["S7", "S0", "L", "V", "X", "&C", "E", "Q"]);
    }

    #[test]
    fn quotes_hide_separators() {
        let mut line = "+CGDCONT=1,\"IP\",\"a;b,c\";+CSQ";
        let request = next_request(&mut line).unwrap().unwrap();
        let Form::Set(parameters) = request.form else { panic!("{request:?}") };
        assert_eq!(parameters.iter().map(|it| it.text).collect::<Vec<_>>(), ["1", "IP", "a;b,c"]);
        assert_eq!(names(line), ["+CSQ"]);
    }

    #[test]
    fn what_is_no_command() {
        assert_eq!(names("+CMEE=\"2"), ["malformed"]);
        assert_eq!(names("?"), ["malformed"]);
        assert_eq!(names("+"), ["malformed"]);
        assert_eq!(names("S=1"), ["malformed"]);
        assert_eq!(names("+CMEE=2;AT+CMGF=1"), ["+CMEE", "malformed"]);
    }
}
