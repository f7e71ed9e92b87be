//! What in a command line is nobody's business, by what the catalogue, the manuals and the networks call it: PINs,
//! passwords, keys. Who keeps or shows lines that a person wrote asks here.

use std::ops::Range;

use super::command::values;
use super::lookup::command_of;
use crate::at::Form;
use crate::at::command::{Command, parse};

/// Codes that change, unblock or need a password (22.030 §6.5.4, §6.6): `**04*old*new*new#`, `*33*password#`. Behind 03
/// stands what the password is of.
const CODES: [&str; 13] = ["03", "04", "042", "05", "052", "33", "330", "331", "332", "333", "35", "351", "353"];

/// The places of PINs, passwords and keys in the command lines of a text, in order.
pub fn secrets_in(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let body = line.trim_end_matches(['\n', '\r']);
        let begins = body.char_indices().find(|(at, _)| {
            let is_command = body.get(*at..*at + 2).is_some_and(|start| start.eq_ignore_ascii_case("at"));
            let before = body.get(..*at).and_then(|before| before.chars().next_back());
            is_command && before.is_none_or(|before| !before.is_alphanumeric())
        });
        let at = begins.map_or(body.len(), |(at, _)| at);
        let command = body.get(at..).unwrap_or_default();
        for asked in parse(command).into_iter().flat_map(|line| line.commands) {
            let argument = start + at + asked.range.end - asked.argument.len();
            found.extend(secrets_of(&asked).into_iter().map(|place| argument + place.start..argument + place.end));
        }
        start += line.len();
    }
    found
}

/// Their places in the command's argument.
fn secrets_of(asked: &Command<'_>) -> Vec<Range<usize>> {
    let place_of = |value: &str| {
        let start = (value.as_ptr() as usize).saturating_sub(asked.argument.as_ptr() as usize);
        start..start + value.len()
    };
    if asked.is("D") {
        return code(asked.argument).map(place_of).into_iter().collect();
    }
    if asked.form != Form::Set {
        return Vec::new();
    }
    let name = asked.name.to_ascii_uppercase().replace("PING", "");
    // What changes, tries or needs a PIN is not kept, even where the catalogue does not know the parameter.
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
        // What no manual tells of, in a command that is called so or behind all that one tells of
        let is_guessed = is_text && (known.is_none() && sounds_so || fields.is_some() && field.is_none() && index > 1);
        let is_header = value.get(..13).is_some_and(|start| start.eq_ignore_ascii_case("authorization"));
        if is_all || follows || is_named || is_guessed || is_header {
            found.push(place_of(value));
        } else if let Some(part) = code(value).or_else(|| of_address(value)) {
            found.push(place_of(part));
        }
        let meaning = field.and_then(|field| field.meaning(value));
        follows |= is_secret(value) || meaning.is_some_and(|known| is_secret(known.meaning()));
    }
    found.retain(|place| !place.is_empty());
    found
}

/// What stands in a dialled code behind its number: `old*new*new` of `**04*old*new*new#`.
fn code(dialled: &str) -> Option<&str> {
    let inner = dialled.trim_end_matches(';').strip_suffix('#')?;
    let (code, behind) = inner.trim_start_matches(['*', '#']).split_once('*')?;
    (inner.len() > code.len() + behind.len() + 1 && CODES.contains(&code)).then_some(behind)
}

/// `user:password` of `ftp://user:password@host`
fn of_address(value: &str) -> Option<&str> {
    let (user, _) = value.split_once("://")?.1.split('/').next()?.rsplit_once('@')?;
    user.contains(':').then_some(user)
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
