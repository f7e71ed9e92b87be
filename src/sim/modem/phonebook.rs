//! The phone book of the SIM (27.007 §8.11 to §8.14).

use std::collections::BTreeMap;

use crate::sim::CommandError;

use super::CommandForm::{Read, Set, Test};
use super::{Answer, Effect, Request, Row};

pub(super) const COMMANDS: &[Row] = &[
    // Which phone book; there is the SIM's only.
    ("phonebook-storage", &[Read], |modem, request| {
        request.answer(format!("\"SM\",{},{CAPACITY}", modem.phonebook.len()))
    }),
    ("phonebook-storage", &[Set], |_, request| match request.quoted(0) {
        Some("SM") => Ok(Effect::Done),
        _ => Err(CommandError::Parameter),
    }),
    ("phonebook-read", &[Test], |_, request| request.answer(format!("(1-{CAPACITY}),{LONGEST_NUMBER},{LONGEST_NAME}"))),
    // AT+CPBR=first[,last]
    ("phonebook-read", &[Set], |modem, request| {
        let first = place(request, 0)?;
        let last = if request.given(1).is_some() { place(request, 1)? } else { first };
        tell(request, modem.phonebook.range(first..=last.max(first)))
    }),
    // AT+CPBF="beginning of the name"
    ("phonebook-find", &[Set], |modem, request| {
        let wanted = request.needed(0)?.text.to_lowercase();
        tell(request, modem.phonebook.iter().filter(|(_, it)| it.name.to_lowercase().starts_with(&wanted)))
    }),
    ("phonebook-write", &[Set], |modem, request| write(&mut modem.phonebook, request)),
];

/// How many contacts it takes, and how long they may be.
const CAPACITY: u8 = 100;
const LONGEST_NUMBER: usize = 24;
const LONGEST_NAME: usize = 14;

#[derive(Debug)]
pub(super) struct Contact {
    number: Box<str>,
    kind: u32,
    name: Box<str>,
}

fn tell<'a>(request: &mut Request, found: impl Iterator<Item = (&'a u8, &'a Contact)>) -> Answer {
    let before = request.lines.len();
    request.answer_all(
        found.map(|(place, Contact { number, kind, name })| format!("{place},\"{number}\",{kind},\"{name}\"")),
    )?;
    if request.lines.len() > before { Ok(Effect::Done) } else { Err(CommandError::Equipment(22)) }
}

/// AT+CPBW=[place][,"number"[,type[,"name"]]]: the place alone deletes it.
fn write(phonebook: &mut BTreeMap<u8, Contact>, request: &Request) -> Answer {
    let free = || (1..=CAPACITY).find(|place| !phonebook.contains_key(place)).ok_or(CommandError::Equipment(20));
    let place = if request.given(0).is_some() { place(request, 0)? } else { free()? };
    let Some(number) = request.given(1) else {
        phonebook.remove(&place);
        return Ok(Effect::Done);
    };
    let name = request.text(3);
    let is_number = number.text.bytes().all(|byte| byte.is_ascii_digit() || b"+*#".contains(&byte));
    if !is_number || number.text.len() > LONGEST_NUMBER {
        return Err(CommandError::Equipment(26));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(CommandError::Equipment(24));
    }
    let international = if number.text.starts_with('+') { 145 } else { 129 };
    let kind = request.given(2).map_or(Some(international), |it| it.number()).ok_or(CommandError::Parameter)?;
    phonebook.insert(place, Contact { number: number.text.into(), kind, name: name.into() });
    Ok(Effect::Done)
}

fn place(request: &Request, which: usize) -> Result<u8, CommandError> {
    request.number(which).filter(|place| (1..=CAPACITY).contains(place)).ok_or(CommandError::Equipment(21))
}
