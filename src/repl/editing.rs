//! What the editor asks while a line is typed: completion, hints, colours.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::Validator;
use rustyline::{Context, Helper};

use super::board::Board;
use super::{complete, hint, paint};
use crate::report::style::{Palette, Style};

pub(super) struct Editing {
    board: Arc<Board>,
    palette: Palette,
    files: FilenameCompleter,
    /// Names that have a value.
    pub(super) names: Vec<String>,
    /// The modem will ask for data: what is typed is no script.
    pub(super) is_data: bool,
    /// The lines of the statement so far.
    before: String,
    /// The editor paints because of a key; else because of a line that came.
    by_key: Cell<bool>,
}

impl Editing {
    pub(super) fn new(board: &Arc<Board>, palette: Palette) -> Editing {
        Editing {
            board: Arc::clone(board),
            palette,
            files: FilenameCompleter::new(),
            names: Vec::new(),
            is_data: false,
            before: String::new(),
            by_key: Cell::new(false),
        }
    }

    pub(super) fn begin(&mut self, before: &str) {
        before.clone_into(&mut self.before);
    }
}

impl Helper for Editing {}
impl Validator for Editing {}

impl Completer for Editing {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, context: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let Some(typed) = line.get(..pos).filter(|_| !self.is_data) else { return Ok((pos, Vec::new())) };
        if complete::wants_file(typed) {
            return self.files.complete(line, pos, context);
        }
        let (start, candidates) = complete::candidates(typed, &self.names);
        let widest = candidates.iter().map(|candidate| candidate.text.chars().count()).max().unwrap_or(0);
        let pair = |candidate: complete::Candidate| Pair {
            display: match candidate.about.is_empty() {
                true => candidate.text.clone(),
                false => format!("{:widest$}  {}", candidate.text, shortened(&candidate.about)),
            },
            replacement: candidate.text,
        };
        Ok((start, candidates.into_iter().map(pair).collect()))
    }
}

/// No longer than that, so that a list stays one.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 48;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let cut: String = text.chars().take(LONGEST - 1).collect();
    format!("{}…", cut.trim_end())
}

/// Grey text behind the cursor.
pub(super) struct Grey {
    text: String,
    /// It is what would be typed next, not something said about it.
    is_completion: bool,
}

impl Hint for Grey {
    fn display(&self) -> &str {
        &self.text
    }

    fn completion(&self) -> Option<&str> {
        self.is_completion.then_some(&self.text)
    }
}

impl Hinter for Editing {
    type Hint = Grey;

    fn hint(&self, line: &str, pos: usize, _context: &Context<'_>) -> Option<Grey> {
        if pos != line.len() || self.is_data {
            return None;
        }
        let (text, is_completion) = hint::hint(line, &self.names)?;
        Some(Grey { text, is_completion })
    }
}

impl Highlighter for Editing {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if !self.palette.coloured || self.is_data {
            return Cow::Borrowed(line);
        }
        Cow::Owned(paint::painted(line, &self.before, pos))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, default: bool) -> Cow<'b, str> {
        // A line that came was painted: the editor paints the prompt again below it, and no key was pressed.
        if !self.by_key.take() {
            self.board.painted();
        }
        if !default {
            return Cow::Borrowed(prompt);
        }
        Cow::Owned(self.palette.paint(Style::Name, prompt).to_string())
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        // Dim is no colour, and without it nobody could tell the hint from what was typed.
        Cow::Owned(Palette { coloured: true }.paint(Style::Dim, hint).to_string())
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _completion: rustyline::CompletionType) -> Cow<'c, str> {
        match candidate.split_once("  ") {
            Some((text, about)) => {
                Cow::Owned(format!("{text}{}", self.palette.paint(Style::Dim, format!("  {about}"))))
            }
            None => Cow::Borrowed(candidate),
        }
    }

    fn highlight_char(&self, _line: &str, _pos: usize, _kind: CmdKind) -> bool {
        self.by_key.set(true);
        true
    }
}
