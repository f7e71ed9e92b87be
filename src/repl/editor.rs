//! Where lines come from: the editor on a terminal, standard input elsewhere. What the editor asks while a line is typed:
//! completion, hints, and colours: the parser's tokens, the bracket that belongs to the one at the cursor, and in red what
//! is not finished.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, BufRead};
use std::path::PathBuf;
use std::sync::Arc;

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::config::{BellStyle, ColorMode, CompletionType, Configurer};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Config, Context, Editor, ExternalPrinter, Helper};

use super::complete;
use super::shown::{LinesAbove, write_out};
use crate::at::command;
use crate::report::style::{Palette, Style};
use crate::syntax::{Token, TokenKind, tokens};

/// So many entries are kept.
const KEPT: usize = 5000;

pub(super) enum LineSource {
    Edited(Box<Edited>),
    /// No terminal, or one that cannot move its cursor
    Plain {
        /// Who types sees a prompt; a program does not
        prompts: bool,
    },
}

pub(super) struct Edited {
    editor: Editor<Editing, FileHistory>,
    file: Option<PathBuf>,
}

pub(super) enum Input {
    Line(String),
    /// Ctrl-C: what was typed is dropped
    Interrupted,
    /// Ctrl-D, or the end of standard input
    End,
}

impl LineSource {
    /// The editor, and a thread that gives it what the board shows.
    pub(super) fn edited(editing: Editing, above: &Arc<LinesAbove>) -> Result<LineSource, ReadlineError> {
        let config = Config::builder()
            .max_history_size(KEPT)?
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .bell_style(BellStyle::None)
            // What is coloured is ours to say; the editor tells us what it paints only where it may colour.
            .color_mode(ColorMode::Forced)
            .build();
        let mut editor: Editor<Editing, FileHistory> = Editor::with_config(config)?;
        editor.set_helper(Some(editing));
        editor.set_auto_add_history(false);
        let mut printer = editor.create_external_printer()?;
        let served = Arc::clone(above);
        std::thread::Builder::new()
            .name("printer".to_owned())
            .spawn(move || served.serve(&mut |text| printer.print(text).is_ok()))?;
        let file = history_file();
        if let Some(file) = &file {
            // The first time there is none.
            let _ = editor.load_history(file);
        }
        Ok(LineSource::Edited(Box::new(Edited { editor, file })))
    }

    pub(super) fn is_edited(&self) -> bool {
        matches!(self, LineSource::Edited(_))
    }

    /// The next line. `before`: the lines of the statement so far.
    pub(super) fn line(&mut self, prompt: &str, before: &str) -> io::Result<Input> {
        match self {
            LineSource::Edited(edited) => edited.line(prompt, before),
            LineSource::Plain { prompts } => {
                if *prompts {
                    write_out(prompt);
                }
                let mut line = Vec::new();
                if io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
                    return Ok(Input::End);
                }
                let line = String::from_utf8_lossy(&line);
                Ok(Input::Line(line.trim_end_matches(['\n', '\r']).to_owned()))
            }
        }
    }

    /// Keeps what was typed for this session; on disk too where it holds no secret.
    pub(super) fn keep(&mut self, text: &str, may_keep: bool) {
        if let LineSource::Edited(edited) = self
            && may_keep
            && edited.editor.add_history_entry(text).unwrap_or(false)
            && let Some(file) = &edited.file
        {
            // A full disk is no reason to stop.
            let _ = edited.editor.append_history(file);
        }
    }

    pub(super) fn history(&self) -> Vec<String> {
        match self {
            LineSource::Edited(edited) => edited.editor.history().iter().cloned().collect(),
            LineSource::Plain { .. } => Vec::new(),
        }
    }

    /// What the editor knows of the session, for completion.
    pub(super) fn editing(&mut self) -> Option<&mut Editing> {
        match self {
            LineSource::Edited(edited) => edited.editor.helper_mut(),
            LineSource::Plain { .. } => None,
        }
    }
}

impl Edited {
    fn line(&mut self, prompt: &str, before: &str) -> io::Result<Input> {
        if let Some(editing) = self.editor.helper_mut() {
            editing.begin(before);
        }
        loop {
            return match self.editor.readline(prompt) {
                Ok(line) => Ok(Input::Line(line)),
                Err(ReadlineError::Interrupted) => Ok(Input::Interrupted),
                Err(ReadlineError::Eof) => Ok(Input::End),
                Err(ReadlineError::Signal(_)) => continue,
                Err(ReadlineError::Io(error)) => Err(error),
                Err(other) => Err(io::Error::other(other)),
            };
        }
    }
}

/// `~/.local/state/hayes/history`, by the XDG Base Directory Specification; on Windows its local counterpart.
fn history_file() -> Option<PathBuf> {
    let folder = crate::state::folder()?;
    crate::state::private_folder(&folder).ok()?;
    Some(folder.join("history"))
}

/// What the editor is told of the session, and asks.
pub(super) struct Editing {
    above: Arc<LinesAbove>,
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
    pub(super) fn new(above: &Arc<LinesAbove>, palette: Palette) -> Editing {
        Editing {
            above: Arc::clone(above),
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
        let (text, is_completion) = complete::hint(line, &self.names)?;
        Some(Grey { text, is_completion })
    }
}

impl Highlighter for Editing {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if !self.palette.coloured || self.is_data {
            return Cow::Borrowed(line);
        }
        Cow::Owned(painted(line, &self.before, pos))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, default: bool) -> Cow<'b, str> {
        // A line that came was painted: the editor paints the prompt again below it, and no key was pressed.
        if !self.by_key.take() {
            self.above.painted();
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

/// Eight colours and dim, so that it reads on dark and light terminals alike.
fn code(kind: TokenKind) -> Option<&'static str> {
    match kind {
        TokenKind::Keyword => Some("36"),
        TokenKind::AtWord => Some("1"),
        TokenKind::String => Some("32"),
        TokenKind::Regex => Some("35"),
        TokenKind::Number => Some("33"),
        TokenKind::Comment => Some("2"),
        TokenKind::Error => Some("31"),
        TokenKind::Name | TokenKind::Operator => None,
    }
}

const RED: &str = "31";
const BRACKET: &str = "1;4";

/// The line in colours; its width stays. `before`: the lines of the statement above it.
fn painted(line: &str, before: &str, cursor: usize) -> String {
    if line.starts_with(':') {
        let end = line.find(char::is_whitespace).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        return format!("\x1b[36m{name}\x1b[0m{rest}");
    }
    let mut codes: Vec<Option<&'static str>> = vec![None; line.len()];
    let whole = if before.is_empty() { line.to_owned() } else { format!("{before}\n{line}") };
    let offset = whole.len() - line.len();
    let mut unfinished = None;
    for token in tokens(&whole) {
        unfinished = mark(&mut codes, &token, offset, line).or(unfinished);
    }
    if let Some(stretch) = unfinished.and_then(|from| codes.get_mut(from..)) {
        stretch.fill(Some(RED));
    }
    if let Some((start, end)) = brackets(line, cursor) {
        for at in [start, end] {
            if let Some(code) = codes.get_mut(at) {
                *code = Some(BRACKET);
            }
        }
    }
    render(line, &codes)
}

/// Where in the line something begins that is not finished, if this token does.
fn mark(codes: &mut [Option<&'static str>], token: &Token, offset: usize, line: &str) -> Option<usize> {
    let (start, end) = (token.span.start as usize, token.span.end as usize);
    let end = end.checked_sub(offset)?;
    let start = start.saturating_sub(offset);
    let text = line.get(start..end)?;
    codes.get_mut(start..end)?.fill(code(token.kind));
    if token.kind == TokenKind::AtWord {
        return command::parse(text)?.unclosed_quote.map(|at| start + at);
    }
    // A quote that nothing closes: all behind it is in it.
    (token.kind == TokenKind::Error && text.starts_with(['"', '\''])).then_some(start)
}

/// The bracket at or before the cursor and the one that belongs to it; none within quotes.
fn brackets(line: &str, cursor: usize) -> Option<(usize, usize)> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut quote = None;
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (Some(end), _) if character == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[' | '{') => open.push((at, character)),
            (None, ')' | ']' | '}') => {
                let (start, opened) = open.pop()?;
                if !matches!((opened, character), ('(', ')') | ('[', ']') | ('{', '}')) {
                    return None;
                }
                let touches = |place: usize| place == cursor || place + 1 == cursor;
                if touches(start) || touches(at) {
                    return Some((start, at));
                }
            }
            _ => {}
        }
    }
    None
}

fn render(line: &str, codes: &[Option<&'static str>]) -> String {
    let mut text = String::with_capacity(line.len() + 32);
    let mut now = None;
    for (at, character) in line.char_indices() {
        let code = codes.get(at).copied().flatten();
        if code != now {
            if now.is_some() {
                text.push_str("\x1b[0m");
            }
            if let Some(code) = code {
                text.push_str(&format!("\x1b[{code}m"));
            }
            now = code;
        }
        text.push(character);
    }
    if now.is_some() {
        text.push_str("\x1b[0m");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("\x1b[") {
            plain.push_str(before);
            rest = after.split_once('m').map_or("", |(_, rest)| rest);
        }
        plain + rest
    }

    #[test]
    fn colours_change_no_character() {
        for line in ["AT+CGDCONT=1,\"IP\",\"su", "set x = \"a", ":help run", "if x == (1 + [2]) {", "grüße \"ü", ""]
        {
            for cursor in 0..=line.len() {
                assert_eq!(plain(&painted(line, "try {", cursor)), line);
            }
        }
    }

    #[test]
    fn brackets_find_each_other() {
        assert_eq!(brackets("a(b[c])", 7), Some((1, 6)));
        assert_eq!(brackets("a(b[c])", 1), Some((1, 6)));
        assert_eq!(brackets("a(b[c])", 6), Some((3, 5)));
        assert_eq!(brackets("a(\")\")", 6), Some((1, 5)));
        assert_eq!(brackets("a(]", 3), None);
    }
}
