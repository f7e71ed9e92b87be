//! The phone book of the SIM (27.007 §8.11 to §8.14).

use super::given;
use crate::sim::line::{Next, Outcome, Refusal};
use crate::sim::profile::Command;
use crate::sim::request::{Form, Parameter};
use crate::sim::simulator::Simulator;

/// How many entries it takes, and how long they may be.
const CAPACITY: u8 = 100;
const LONGEST_NUMBER: usize = 24;
const LONGEST_NAME: usize = 14;

/// An entry of the phone book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sim) struct Entry {
    number: Box<str>,
    kind: u32,
    name: Box<str>,
}

impl Simulator {
    /// AT+CPBS: which phone book; there is the SIM's only.
    pub(super) fn phonebook_storage(&mut self, command: &'static Command, form: &Form) -> Outcome {
        self.require_card()?;
        match form {
            Form::Read => {
                let text = format!("\"SM\",{},{CAPACITY}", self.phonebook.len());
                self.info(&command.prefix, &text);
                Ok(Next::Done)
            }
            Form::Set(parameters) if given(parameters, 0).is_some_and(|it| it.quoted && it.text == "SM") => {
                Ok(Next::Done)
            }
            Form::Set(_) | Form::Execute(_) | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    /// AT+CPBR=first[,last]
    pub(super) fn phonebook_read(&mut self, command: &'static Command, form: &Form) -> Outcome {
        self.require_card()?;
        let parameters = match form {
            Form::Set(parameters) => parameters,
            Form::Test => {
                let text = format!("(1-{CAPACITY}),{LONGEST_NUMBER},{LONGEST_NAME}");
                self.info(&command.prefix, &text);
                return Ok(Next::Done);
            }
            Form::Read | Form::Execute(_) | Form::Dial(_) => return Err(self.wrong_parameter()),
        };
        let first = place(parameters, 0).ok_or(Refusal::Equipment(21))?;
        let last = match given(parameters, 1) {
            None => first,
            Some(_) => place(parameters, 1).ok_or(Refusal::Equipment(21))?,
        };
        let lines: Vec<String> = self.phonebook.range(first..=last.max(first)).map(line).collect();
        self.tell_entries(command, &lines)
    }

    /// AT+CPBF="beginning of the name"
    pub(super) fn phonebook_find(&mut self, command: &'static Command, form: &Form) -> Outcome {
        self.require_card()?;
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let wanted = given(parameters, 0).ok_or_else(|| self.wrong_parameter())?.text.to_lowercase();
        let found = self.phonebook.iter().filter(|(_, entry)| entry.name.to_lowercase().starts_with(&wanted));
        let lines: Vec<String> = found.map(line).collect();
        self.tell_entries(command, &lines)
    }

    fn tell_entries(&mut self, command: &'static Command, lines: &[String]) -> Outcome {
        if lines.is_empty() {
            return Err(Refusal::Equipment(22));
        }
        lines.iter().for_each(|line| self.info(&command.prefix, line));
        Ok(Next::Done)
    }

    /// AT+CPBW=[place][,"number"[,type[,"name"]]]: the place alone deletes it.
    pub(super) fn phonebook_write(&mut self, form: &Form) -> Outcome {
        self.require_card()?;
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        let place = match given(parameters, 0) {
            Some(_) => place(parameters, 0).ok_or(Refusal::Equipment(21))?,
            None => {
                let free = (1..=CAPACITY).find(|place| !self.phonebook.contains_key(place));
                free.ok_or(Refusal::Equipment(20))?
            }
        };
        let Some(number) = given(parameters, 1) else {
            self.phonebook.remove(&place);
            return Ok(Next::Done);
        };
        let name = given(parameters, 3).map_or("", |it| it.text);
        let is_number = number.text.bytes().all(|byte| byte.is_ascii_digit() || b"+*#".contains(&byte));
        if !is_number || number.text.len() > LONGEST_NUMBER {
            return Err(Refusal::Equipment(26));
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(Refusal::Equipment(24));
        }
        let international = if number.text.starts_with('+') { 145 } else { 129 };
        let kind = given(parameters, 2).map_or(Some(international), |it| it.number());
        let kind = kind.ok_or_else(|| self.wrong_parameter())?;
        self.phonebook.insert(place, Entry { number: number.text.into(), kind, name: name.into() });
        Ok(Next::Done)
    }
}

fn place(parameters: &[Parameter], which: usize) -> Option<u8> {
    let place = given(parameters, which)?.number().and_then(|place| u8::try_from(place).ok())?;
    (1..=CAPACITY).contains(&place).then_some(place)
}

fn line((place, Entry { number, kind, name }): (&u8, &Entry)) -> String {
    format!("{place},\"{number}\",{kind},\"{name}\"")
}
