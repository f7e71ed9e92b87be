//! What a command, an answer, an error or a URC means, and what is known of a module, in words.
//!
//! It is never wrong: a line whose form is not known, or a value that is not documented, is said to be so; a line that
//! can be read in two ways is given both readings.

mod answer;
mod brief;
mod command;
mod failure;
mod module;
mod value;

use std::fmt;

use serde::Serialize;

pub use brief::{beside, brief};
pub use failure::{advice, refused, remedy};

use super::entry::{CommandEntry, Confirmation, Module};
use super::lookup::{COMMANDS, MARKS, RESULTS, field, source_text, urc};

#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The command line that the text answers: without it an answer without prefix has no meaning
    pub command: Option<&'a str>,
    pub module: Option<&'static Module>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub text: String,
    pub kind: Kind,
    pub title: String,
    /// What there is to know about it; may be empty
    pub about: String,
    pub parts: Vec<ExplainedPart>,
    pub notes: Vec<String>,
    /// Where this is from; `None` where nothing is known
    pub source: Option<String>,
    /// `false`: recalled, not read at a source
    pub confirmed: bool,
    /// The commands of a line, the lines of an answer, the networks of a scan, the second reading
    pub each: Vec<Explanation>,
    /// No part of it is left unexplained
    #[serde(skip)]
    pub complete: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Command,
    Answer,
    /// The answer to a test: which values there may be
    Ranges,
    Urc,
    Error,
    Result,
    Prompt,
    Record,
    /// The text or PDU under a header
    Body,
    Cause,
    Module,
    /// More than one line or command; they stand in `each`
    Several,
    /// A person's words; what helps stands in `notes`
    Words,
    #[default]
    Unknown,
}

/// One value of a command or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedPart {
    pub text: String,
    /// As the manuals call it: `stat`; empty where it is not known
    pub name: String,
    /// What it is: `registration`
    pub what: String,
    /// What this value means, with its unit; `None` where the value says it all
    pub meaning: Option<String>,
    /// It is what counts of the whole
    #[serde(skip)]
    pub telling: bool,
    /// The meaning is a documented one, no word that there is none
    #[serde(skip)]
    pub documented: bool,
    /// What usually mends it, where this was not hoped for
    #[serde(skip)]
    pub advice: Option<&'static str>,
}

impl ExplainedPart {
    fn new(text: impl Into<String>, name: &str, what: impl Into<String>, meaning: Option<String>) -> ExplainedPart {
        let documented = meaning.is_some();
        ExplainedPart {
            text: text.into(),
            name: name.to_owned(),
            what: what.into(),
            meaning,
            telling: false,
            documented,
            advice: None,
        }
    }
}

impl Explanation {
    fn new(text: &str, kind: Kind, title: impl Into<String>) -> Explanation {
        Explanation {
            text: text.to_owned(),
            kind,
            title: title.into(),
            confirmed: true,
            complete: true,
            ..Explanation::default()
        }
    }

    fn from(mut self, source: &[&str], status: Confirmation) -> Explanation {
        self.source = Some(source_text(source));
        self.confirmed = status == Confirmation::Confirmed;
        self
    }

    fn of(text: &str, kind: Kind, known: &CommandEntry) -> Explanation {
        let explained = Explanation::new(text, kind, known.title).from(&known.source, known.status);
        Explanation { about: known.about.to_owned(), ..explained }
    }

    fn note(mut self, text: impl Into<String>) -> Explanation {
        self.notes.push(text.into());
        self
    }

    fn unknown(text: &str) -> Explanation {
        Explanation { confirmed: false, complete: false, ..Explanation::new(text, Kind::Unknown, "Not known to Hayes") }
    }

    pub fn is_known(&self) -> bool {
        self.kind != Kind::Unknown && (self.kind != Kind::Several || self.each.iter().any(Explanation::is_known))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl Explanation {
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        match self.title.is_empty() {
            true => writeln!(f, "{indent}{}", self.text)?,
            false => writeln!(f, "{indent}{}  {}", self.text, self.title)?,
        }
        if !self.about.is_empty() {
            writeln!(f, "{indent}  {}", self.about)?;
        }
        let width = |text: fn(&ExplainedPart) -> &str| {
            self.parts.iter().map(|part| text(part).chars().count()).max().unwrap_or(0).min(32)
        };
        let (texts, whats) = (width(|part| &part.text), width(|part| &part.what));
        for part in &self.parts {
            let meaning = part.meaning.as_deref().unwrap_or("");
            let line = format!("{indent}    {:texts$}  {:whats$}  {meaning}", part.text, part.what);
            writeln!(f, "{}", line.trim_end())?;
        }
        for note in &self.notes {
            writeln!(f, "{indent}  {note}")?;
        }
        for each in &self.each {
            each.write(f, depth + 1)?;
        }
        match &self.source {
            Some(source) if self.kind != Kind::Record && depth == 0 => {
                let doubt = if self.confirmed { "" } else { " (not confirmed)" };
                writeln!(f, "{indent}  source: {source}{doubt}")
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// What `text` means: a command line, an answer of one or more lines, an error, a URC.
pub fn explain(text: &str, context: &Context<'_>) -> Explanation {
    let lines: Vec<&str> = text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [] => Explanation::unknown(text),
        [line] => one(line, context),
        lines => several(text, lines, context),
    }
}

fn one(line: &str, context: &Context<'_>) -> Explanation {
    command::line(line, context)
        .or_else(|| prompt(line))
        .or_else(|| failure::numbered(line, context.module))
        .or_else(|| result(line))
        .or_else(|| answer::line(line, context))
        .or_else(|| failure::by_words(line, context.module))
        .or_else(|| cause(line))
        .or_else(|| module::by_name(line))
        .or_else(|| command::without_at(line, context))
        .or_else(|| answer::urc_named(line))
        .unwrap_or_else(|| command::nothing_known(line))
}

/// `cause 15`, `EMM cause 15`, `ESM cause 33`: why the network refused.
fn cause(line: &str) -> Option<Explanation> {
    let words: Vec<String> = line.split_ascii_whitespace().map(str::to_ascii_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (names, number): (&[&str], _) = match words.as_slice() {
        ["emm" | "mm" | "gmm", "cause", number] => (&["reject_cause"], number),
        ["esm" | "sm", "cause", number] => (&["esm_cause"], number),
        ["cause", number] => (&["reject_cause", "esm_cause"], number),
        _ => return None,
    };
    let known = names.iter().filter_map(|name| Some((field(name)?, field(name)?.meaning(number)?)));
    let mut explained = known.map(|(field, known)| {
        let mut explained =
            Explanation::new(line, Kind::Cause, known.meaning()).from(&["24.301"], Confirmation::Confirmed);
        explained.parts.push(ExplainedPart::new(*number, "", field.what, Some(known.meaning().to_owned())));
        explained
    });
    let mut first = explained.next()?;
    first.each.extend(explained);
    Some(first)
}

fn several(text: &str, lines: &[&str], context: &Context<'_>) -> Explanation {
    let mut whole = Explanation::new(text, Kind::Several, "Several lines");
    let mut context = *context;
    let mut body_follows = false;
    for line in lines {
        let explained = match line.starts_with("AT") || line.starts_with("at") {
            true => {
                context.command = Some(line);
                one(line, &context)
            }
            false if body_follows && !line.starts_with('+') && result(line).is_none() => {
                Explanation::new(line, Kind::Body, "The text or the PDU that belongs to the line above")
            }
            false => one(line, &context),
        };
        body_follows = explained.kind == Kind::Body || answer::has_body(line);
        whole.each.push(explained);
    }
    whole
}

fn prompt(line: &str) -> Option<Explanation> {
    let asking = MARKS.named(line).filter(|_| super::result_code(line).is_none())?;
    let asking: Vec<_> = asking.places.iter().filter_map(|place| COMMANDS.get(*place)).collect();
    let first = asking.first()?;
    let names: Vec<&str> = asking.iter().map(|command| command.name).collect();
    let explained = Explanation::new(line, Kind::Prompt, "The modem asks for data");
    let explained = explained.note(format!("Asked so by {}.", names.join(", "))).from(&first.source, first.status);
    let about = "Ctrl-Z ends it and sends it, or it was counted by the command; ESC cancels.".to_owned();
    Some(Explanation { about, ..explained })
}

fn result(line: &str) -> Option<Explanation> {
    let connect = line.strip_prefix("CONNECT ");
    let known = super::result_code(line).or_else(|| {
        RESULTS.iter().find(|known| {
            (known.text.ends_with(':') && line.to_ascii_uppercase().starts_with(known.text))
                || (connect.is_some() && known.text == "CONNECT")
        })
    })?;
    let mut explained = Explanation::new(line, Kind::Result, known.meaning).from(&known.source, known.status);
    if !known.advice.is_empty() {
        explained.notes.push(known.advice.to_owned());
    }
    if !known.commands.is_empty() {
        explained.notes.push(format!("It ends the answer to {}.", known.commands.join(", ")));
    }
    if let Some(speed) = connect.filter(|_| known.text == "CONNECT") {
        explained.parts.push(ExplainedPart::new(speed, "text", "speed, or the modem's own text", None));
    }
    // NO CARRIER also comes by itself.
    if let Some(unasked) = urc(line.as_bytes()).filter(|unasked| unasked.start == known.text) {
        explained.notes.push(format!("It also comes by itself: {}.", clause(unasked.title)));
    }
    Some(explained)
}

/// A sentence as the end of another: `No network service.` → `no network service`; `SIM failure` keeps its capitals.
pub(crate) fn clause(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut characters = sentence.chars();
    if sentence.chars().nth(1).is_some_and(char::is_uppercase) {
        return sentence.to_owned();
    }
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
