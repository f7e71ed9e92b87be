//! What in a command line is nobody's business, by what the catalogue, the manuals and the networks call it: PINs,
//! passwords, keys. Who keeps or shows lines that a person wrote asks here.

use std::ops::Range;

use super::command::values;
use super::lookup::command_of;
use crate::at::Form;
use crate::at::command::{Command, parse};
use crate::notation::unhex;
use crate::sms::alphabet::{from_septets, from_ucs2_hex, unpack_uncounted};

/// Codes that change, unblock or need a password (22.030 §6.5.4, §6.6): `**04*old*new*new#`, `*33*password#`. Behind 03
/// stands what the password is of.
const CODES: [&str; 13] = ["03", "04", "042", "05", "052", "33", "330", "331", "332", "333", "35", "351", "353"];

/// The digits of a SIM command's class, instruction, parameters and length
const APDU_HEADER: usize = 10;

/// The places of PINs, passwords and keys in the command lines of a text.
pub fn secrets_in(text: &str) -> Vec<Range<usize>> {
    let begins = |at: usize| {
        let is_apart = text.get(..at).is_some_and(|before| !before.ends_with(char::is_alphanumeric));
        is_apart && text.get(at..at + 2).is_some_and(|start| start.eq_ignore_ascii_case("at"))
    };
    let (mut found, mut end) = (Vec::new(), 0);
    for at in 0..text.len() {
        if at >= end && begins(at) {
            let command = text.get(at..).map(without_prose).unwrap_or_default();
            end = at + command.len();
            let commands = parse(command).into_iter().flat_map(|line| line.commands);
            found.extend(commands.flat_map(|asked| secrets_of(&asked)).filter(|part| !part.is_empty()));
        }
    }
    let start = |part: &str| (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    found.into_iter().map(|part| start(part)..start(part) + part.len()).collect()
}

/// The command line that a text begins with: a blank ends it outside of quotes, but not behind a comma.
fn without_prose(text: &str) -> &str {
    let (mut in_quotes, mut before) = (false, ' ');
    let ends = |character: char| {
        in_quotes ^= character == '"';
        let is_blank = character == ' ' && !in_quotes && !matches!(before, ',' | '=' | ' ' | ';');
        before = character;
        is_blank || matches!(character, '\r' | '\n')
    };
    text.split(ends).next().unwrap_or(text)
}

fn secrets_of<'a>(asked: &Command<'a>) -> Vec<&'a str> {
    if asked.is("D") {
        return code(asked.argument).into_iter().collect();
    }
    if asked.form != Form::Set {
        return Vec::new();
    }
    let name = asked.name.to_ascii_uppercase().replace("PING", "");
    // What changes, tries or needs a PIN, even where the catalogue does not know the parameter
    let is_all = ["PIN", "PUK", "PWD", "CLCK"].iter().any(|word| name.contains(word));
    let known = command_of(asked);
    let sounds_so = ["PASS", "AUTH", "LOGIN"].iter().any(|word| name.contains(word)) || name.ends_with("PW");
    let fields = known.and_then(|known| known.form(Form::Set));
    // `AT+UPSD=0,3,"…"`: what one value means says what stands behind it.
    let mut follows = false;
    let mut found = Vec::new();
    for (index, value) in values(asked).into_iter().enumerate() {
        let field = fields.and_then(|usage| usage.layout_of(asked.argument).field(index));
        let is_named = field.is_some_and(|field| is_secret(field.name) || is_secret(field.what));
        let is_text = value.len() >= 4 || value.bytes().any(|byte| !byte.is_ascii_digit());
        let is_quoted = asked.argument.contains(&format!("\"{value}\""));
        // What no manual tells of: in a command that is called so, quoted in any other, or behind all that one tells of
        let is_beyond =
            if known.is_none() { sounds_so || is_quoted } else { is_quoted && fields.is_some() && field.is_none() };
        let is_guessed = is_text && is_beyond;
        let is_header = value.get(..13).is_some_and(|start| start.eq_ignore_ascii_case("authorization"));
        if is_all && value.len() >= 4 || follows && is_text || is_named || is_guessed || is_header {
            found.push(value);
        } else if let Some(part) = code(value).or_else(|| of_address(value)).or_else(|| of_card(value)) {
            found.push(part);
        }
        let meaning = field.and_then(|field| field.meaning(value));
        follows |= is_secret(value) || meaning.is_some_and(|known| is_secret(known.meaning()));
    }
    found
}

/// What stands in a dialled code behind its number: `old*new*new` of `**04*old*new*new#`.
fn code(dialled: &str) -> Option<&str> {
    let inner = dialled.trim_end_matches(';').strip_suffix('#')?;
    let (code, behind) = inner.trim_start_matches(['*', '#']).split_once('*')?;
    (inner.len() > code.len() + behind.len() + 1 && CODES.contains(&code)).then_some(behind)
}

/// What a value tries that goes to the SIM itself, as in `AT+CSIM` (102.221 §11.1, 51.011 §9.2), or is dialled
/// (22.030 §6.6): the PIN or PUK of what, the codes, and whether it is the SIM that answers.
pub(crate) fn pin_in(value: &str) -> Option<(&'static str, Vec<String>, bool)> {
    let card = value.split_at_checked(APDU_HEADER).and_then(|(header, data)| {
        let header = header.to_ascii_uppercase();
        let (class, second) = (header.get(..2)?, header.get(6..8)?);
        let which = match (header.get(2..4)?, header.get(8..)?) {
            ("20" | "26" | "28", "08") | ("24", "10") => ["SC", "P2"],
            ("2C", "10") => ["PUK", "PUK2"],
            _ => return None,
        };
        let is_of_maker = second.ends_with(|digit| matches!(digit, 'A'..='E'));
        let is_second = second.starts_with('8') || class == "A0" && second == "02";
        let opens = which.get(usize::from(is_second)).filter(|_| !is_of_maker).unwrap_or(&"ADM");
        let digit = |pair: &[u8]| if let [b'3', digit] = pair { Some(char::from(*digit)) } else { None };
        let code = |block: &[u8]| block.chunks(2).map_while(digit).collect();
        (!data.is_empty()).then(|| (*opens, data.as_bytes().chunks(2 * 8).map(code).collect(), true))
    });
    let dialled = |text: &str| {
        let text = text.replace(|sign: char| !(sign.is_ascii_digit() || sign == '*' || sign == '#'), "");
        let mut parts = text.strip_prefix("**")?.split(['*', '#']);
        let code = parts.next()?;
        let opens =
            [("04", "SC"), ("042", "P2"), ("05", "PUK"), ("052", "PUK2")].into_iter().find(|it| it.0 == code)?;
        Some((opens.1, parts.map(str::to_owned).collect(), false))
    };
    let packed = || dialled(&from_septets(&unpack_uncounted(&unhex(value)?)));
    card.or_else(|| dialled(value)).or_else(|| dialled(&from_ucs2_hex(value)?)).or_else(packed)
}

/// `user:password` of `ftp://user:password@host`
fn of_address(value: &str) -> Option<&str> {
    let (user, _) = value.split_once("://")?.1.split('/').next()?.rsplit_once('@')?;
    user.contains(':').then_some(user)
}

/// The PINs in a command for the SIM (102.221 §11.1.9 to §11.1.13): verify, change, disable, enable, unblock.
fn of_card(value: &str) -> Option<&str> {
    let (header, data) = value.split_at_checked(APDU_HEADER)?;
    let is_one = ["20", "24", "26", "28", "2C", "2c"].iter().any(|code| header.get(2..4) == Some(code));
    // However long: keys of the SIM's maker, and a new PIN without the old one, are secrets too.
    (is_one && !data.is_empty() && value.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(data)
}

/// As [`is_secret`], of a name in a script.
pub fn is_called_secret(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or(name).to_ascii_lowercase();
    is_secret(name) || is_secret(&last) || ["pw", "token", "key"].iter().any(|end| last.ends_with(end))
}

/// Whether the manuals, or the catalogue, call something so that is nobody's business.
fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let is_such = |word: &str| {
        let word = word.trim_end_matches(|character: char| character.is_ascii_digit());
        let begins = ["passw", "puk", "secret"].iter().any(|start| word.starts_with(start));
        begins || word == "pass" || ["pin", "psk", "pwd", "passwd"].iter().any(|end| word.ends_with(end))
    };
    name.ends_with(" key") || name.split(|character: char| !character.is_alphanumeric()).any(is_such)
}
