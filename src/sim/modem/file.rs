//! The file store, and what is read like a file: certificates, the body that a web server has sent, a topic's messages.
//! The profiles say which command writes, reads, lists or deletes, and in what words.

use crate::sim::{CommandError, FileAccess};

use super::{Answer, Awaited, Effect, Request, Row, Simulator};
use crate::at::Form::{Execute, Read, Set};

/// `file-write` asks for data, or takes them from the command line; `file-read` gives them. The profile has the texts.
pub(super) const COMMANDS: &[Row] = &[
    ("file-write", &[Execute, Set], Simulator::take_file),
    ("file-read", &[Execute, Read, Set], Simulator::read_file),
    ("file-list", &[Execute, Read, Set], |modem, request| {
        let access = modem.file_access(request)?;
        let shown = |(name, data): (&String, &Vec<u8>)| filled(&access.answer, name, data);
        let lines: Vec<_> = modem.files.iter().filter(|(name, _)| !name.starts_with(':')).map(shown).collect();
        match access.between.as_str() {
            "" => lines.into_iter().try_fold(Effect::Done, |_, line| say(request, line)),
            between => say(request, lines.join(between.as_bytes())),
        }
    }),
    // A server's content into a file
    ("file-copy", &[Execute, Set], |modem, request| {
        let access = modem.file_access(request)?;
        let data = modem.files.get(&access.copy).cloned().ok_or_else(|| missing(access))?;
        let answer = request.filled(&access.answer);
        let line = modem.write_file(&name(access, request), &data, &answer)?;
        say(request, line)
    }),
    ("file-delete", &[Set], |modem, request| {
        let access = modem.file_access(request)?;
        let name = name(access, request);
        if name == "*" {
            modem.files.retain(|name, _| name.starts_with(':'));
            return Ok(Effect::Done);
        }
        modem.files.remove(&name).map(|_| Effect::Done).ok_or_else(|| missing(access))
    }),
];

/// All files together are no larger.
const STORE: usize = 256 * 1024;

fn name(access: &FileAccess, request: &Request) -> String {
    if access.name.is_empty() { request.text(0).to_owned() } else { request.filled(&access.name) }
}

fn missing(access: &FileAccess) -> CommandError {
    if access.missing.is_empty() { CommandError::Error } else { CommandError::named(&access.missing) }
}

/// The profile's text with `{name}`, `{length}`, `{checksum}` and `{data}`, which may be any bytes.
fn filled(text: &str, name: &str, data: &[u8]) -> Vec<u8> {
    let text = text.replace("{name}", name).replace("{length}", &data.len().to_string());
    let text = text.replace("{checksum}", &format!("{:x}", checksum(data)));
    match text.split_once("{data}") {
        Some((before, after)) => [before.as_bytes(), data, after.as_bytes()].concat(),
        None => text.into_bytes(),
    }
}

/// All pairs of bytes, the last one padded with 0, taken together with exclusive or.
fn checksum(data: &[u8]) -> u16 {
    data.chunks(2).fold(0, |sum, pair| match pair {
        [high, low] => sum ^ u16::from_be_bytes([*high, *low]),
        [high] => sum ^ u16::from_be_bytes([*high, 0]),
        _ => sum,
    })
}

/// `=` stands before what has no prefix; nothing is said where the text is empty.
fn say(request: &mut Request, line: Vec<u8>) -> Answer {
    match line.split_first() {
        None => {}
        Some((b'=', bare)) => request.say_bare(bare),
        Some(_) => request.say(line),
    }
    Ok(Effect::Done)
}

impl Simulator {
    fn file_access(&self, request: &Request) -> Result<&'static FileAccess, CommandError> {
        self.adaptor.profile.commands.get(&request.name).map(|command| &command.file).ok_or(CommandError::Unknown)
    }

    pub(super) fn write_file(&mut self, name: &str, data: &[u8], answer: &str) -> Result<Vec<u8>, CommandError> {
        let others = self.files.iter().filter(|(known, _)| *known != name);
        if others.map(|(_, data)| data.len()).sum::<usize>() + data.len() > STORE {
            return Err(CommandError::MEMORY_FAILURE);
        }
        self.files.insert(name.to_owned(), data.to_vec());
        Ok(filled(answer, name, data))
    }

    fn take_file(&mut self, request: &mut Request<'_>) -> Answer {
        let access = self.file_access(request)?;
        let name = name(access, request);
        let answer = request.filled(&access.answer);
        if name.is_empty() {
            return Err(CommandError::Parameter);
        }
        if let Some(data) = access.data.and_then(|place| request.given(place)) {
            let line = self.write_file(&name, data.text.as_bytes(), &answer)?;
            return say(request, line);
        }
        let announced = access.length.filter(|place| request.given(*place).is_some());
        let fitting = |place| request.number(place).filter(|length| (1..=STORE).contains(length));
        let length = announced.map(|place| fitting(place).ok_or(CommandError::Parameter)).transpose()?;
        let (prompt, end, prefix) = (&access.prompt, &access.end, request.name.clone());
        Ok(Effect::Prompt(Awaited::File { prompt, name, length, end, prefix, answer }))
    }

    fn read_file(&mut self, request: &mut Request<'_>) -> Answer {
        let access = self.file_access(request)?;
        let name = name(access, request);
        let data = self.files.get(&name).ok_or_else(|| missing(access))?;
        let most = access.most.and_then(|place| request.number(place)).unwrap_or(usize::MAX);
        let data = data.get(..most).unwrap_or(data);
        let line = filled(&request.filled(&access.answer), &name, data);
        say(request, line)
    }
}
