//! Where lines come from: the editor on a terminal, standard input elsewhere. What the editor asks while a line is
//! typed: colours (the parser's tokens, the bracket that belongs to the one at the cursor, in red what is not
//! finished); what may stand at the cursor (AT commands, their types and values, statements, variables, scripts, `:`
//! commands, ports); and the grey text behind it: the parameters that follow, what a value means, how a statement goes
//! on.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::config::{BellStyle, ColorMode, CompletionType, Configurer};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Config, Context, EditMode, Editor, ExternalPrinter, Helper};
use unicode_width::UnicodeWidthStr;

use super::explorer::COMMANDS;
use super::shown::write_out;
use super::terminal;
use crate::at::command;
use crate::connect::SCHEMES;
use crate::library::Library;
use crate::port::Typing;
use crate::port::list::ports;
use crate::report::style::{Palette, Style, cut};
use crate::sim;
use crate::source::Source;
use crate::suggest::{self, Candidate, CandidateKind, Surroundings, asking, command_hint};
use crate::syntax::{Token, TokenKind, statements, tokens};

const KEPT: usize = 5000;

pub(super) struct LineSource {
    /// None: there is no terminal, or one that cannot move its cursor.
    editor: Option<Box<Editor<Editing, FileHistory>>>,
    /// What is typed is kept here.
    file: Option<PathBuf>,
    /// Without an editor: who types sees a prompt; a program does not.
    prompts: bool,
    above: Arc<LinesAbove>,
}

impl LineSource {
    /// The editor, and a thread that gives it what is to stand above; else standard input.
    pub(super) fn new(edits: bool, prompts: bool, above: &Arc<LinesAbove>, palette: Palette) -> LineSource {
        let mut source = LineSource { editor: None, file: None, prompts, above: Arc::clone(above) };
        if edits && let Ok(editor) = editor(above, palette) {
            let editor = source.editor.insert(Box::new(editor));
            source.file = history_file();
            if let Some(file) = &source.file {
                // The first time there is none.
                let _ = editor.load_history(file);
            }
        }
        source
    }

    pub(super) fn is_edited(&self) -> bool {
        self.editor.is_some()
    }

    /// The next line. `before`: the lines of the statement so far.
    pub(super) fn line(&mut self, prompt: &str, before: &str) -> Result<String, ReadlineError> {
        let Some(editor) = &mut self.editor else {
            if self.prompts {
                write_out(prompt);
            }
            let mut line = Vec::new();
            if io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
                return Err(ReadlineError::Eof);
            }
            return Ok(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned());
        };
        if let Some(editing) = editor.helper_mut() {
            before.clone_into(&mut editing.before);
            editing.prompt_width = prompt.width();
        }
        Typing::Edited.set();
        self.above.begin();
        let line = loop {
            match editor.readline(prompt) {
                Err(ReadlineError::Signal(_)) => {}
                line => break line,
            }
        };
        self.above.end();
        terminal::edits_lines(false);
        line
    }

    /// Keeps what was typed, for later sessions too.
    pub(super) fn keep(&mut self, text: &str) {
        if let Some(editor) = &mut self.editor
            && editor.add_history_entry(text).unwrap_or(false)
            && let Some(file) = &self.file
        {
            // A full disk is no reason to stop.
            let _ = editor.append_history(file);
        }
    }

    pub(super) fn history(&self) -> impl Iterator<Item = &String> {
        self.editor.iter().flat_map(|editor| editor.history().iter())
    }

    /// Names that have a value, and the last question, for completion.
    pub(super) fn know(&mut self, names: Vec<&str>, question: Option<&str>) {
        if let Some(editing) = self.editor.as_mut().and_then(|editor| editor.helper_mut()) {
            editing.question = question.map(str::to_owned);
            editing.names = names.into_iter().map(|name| Candidate::new(CandidateKind::Name, name, "")).collect();
        }
    }

    /// Whether the next line is data for the modem.
    pub(super) fn takes_data(&mut self, is_data: bool) {
        if let Some(editing) = self.editor.as_mut().and_then(|editor| editor.helper_mut()) {
            editing.is_data = is_data;
        }
    }
}

fn editor(above: &Arc<LinesAbove>, palette: Palette) -> Result<Editor<Editing, FileHistory>, ReadlineError> {
    let config = Config::builder()
        .max_history_size(KEPT)?
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .completion_prompt_limit(usize::MAX)
        .bell_style(BellStyle::None)
        .edit_mode(if has_vi_keys() { EditMode::Vi } else { EditMode::Emacs })
        // What is coloured is ours to say; the editor tells us what it paints only where it may colour.
        .color_mode(ColorMode::Forced)
        .build();
    let mut editor: Editor<Editing, FileHistory> = Editor::with_config(config)?;
    editor.set_helper(Some(Editing {
        above: Arc::clone(above),
        palette,
        files: FilenameCompleter::new(),
        names: Vec::new(),
        question: None,
        is_data: false,
        before: String::new(),
        prompt_width: 0,
        by_key: Cell::new(false),
    }));
    editor.set_auto_add_history(false);
    let mut printer = editor.create_external_printer()?;
    let served = Arc::clone(above);
    let serve = move || served.serve(&mut |text| printer.print(text).is_ok());
    std::thread::Builder::new().name("printer".to_owned()).spawn(serve)?;
    Ok(editor)
}

/// Whether programs that read lines are to have the keys of vi, as the user's `~/.inputrc` says.
fn has_vi_keys() -> bool {
    let named = std::env::var_os("INPUTRC").map(PathBuf::from);
    let file = named.or_else(|| std::env::home_dir().map(|home| home.join(".inputrc")));
    let text = file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    text.lines().any(|line| line.split_whitespace().eq(["set", "editing-mode", "vi"]))
}

/// So many lines wait to be shown; then the oldest are given up, and counted.
const MOST_LINES_ABOVE: usize = 1000;

/// So many are painted at once: a key is looked at in between.
const PRINTED_AT_ONCE: usize = 100;

/// Lines that come while the user types are shown above the prompt, in order, without disturbing what is typed.
///
/// This queue stands in front of the editor's printer, so that a flood neither grows the memory nor holds up who reads
/// the port. The editor takes a message when it waits for a key. One may still be on its way when a line is entered;
/// then the lines behind it wait for the next prompt, so that the order stays.
#[derive(Debug, Default)]
pub(super) struct LinesAbove {
    state: Mutex<WaitingLines>,
    changed: Condvar,
    /// The port was lost, and is not back.
    pub is_lost: AtomicBool,
}

#[derive(Debug, Default)]
struct WaitingLines {
    lines: VecDeque<String>,
    left_out: u64,
    editing: bool,
    /// Messages that the editor was given, or is being given.
    given: u64,
    taken: u64,
    painted: u64,
}

impl WaitingLines {
    /// A message may be on its way to the screen.
    fn is_uncertain(&self) -> bool {
        self.painted < self.given
    }

    /// The lines that are to be shown next, each with its line end.
    fn take(&mut self, most: usize) -> String {
        let mut text = match std::mem::take(&mut self.left_out) {
            0 => String::new(),
            count => format!("({count} lines came too fast and are left out)\n"),
        };
        for line in self.lines.drain(..most.min(self.lines.len())) {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}

impl LinesAbove {
    /// Shows a line above the prompt; at once where nobody types.
    pub(super) fn show(&self, line: String) {
        let mut state = self.state();
        if state.lines.len() >= MOST_LINES_ABOVE {
            state.lines.pop_front();
            state.left_out += 1;
        }
        state.lines.push_back(line);
        if state.editing {
            self.changed.notify_one();
        } else if !state.is_uncertain() {
            write_out(&state.take(MOST_LINES_ABOVE));
        }
    }

    fn begin(&self) {
        self.state().editing = true;
        self.changed.notify_one();
    }

    fn end(&self) {
        let mut state = self.state();
        state.editing = false;
        if !state.is_uncertain() {
            write_out(&state.take(MOST_LINES_ABOVE));
        }
    }

    fn painted(&self) {
        let mut state = self.state();
        state.painted = state.taken;
    }

    /// Nothing more will be typed: what still waits is shown.
    pub(super) fn finish(&self) {
        let mut state = self.state();
        state.editing = false;
        state.painted = state.given;
        write_out(&state.take(MOST_LINES_ABOVE));
    }

    /// Gives the editor what there is to show, until `give` fails.
    fn serve(&self, give: &mut dyn FnMut(String) -> bool) {
        loop {
            let mut state = self.state();
            while !state.editing || (state.lines.is_empty() && state.left_out == 0) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            let text = state.take(PRINTED_AT_ONCE);
            state.given += 1;
            drop(state);
            // It blocks while the editor still has the one before.
            let goes_on = give(text);
            self.state().taken += 1;
            if !goes_on {
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, WaitingLines> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `~/.local/state/hayes/history`, by the XDG Base Directory Specification; on Windows its local counterpart.
fn history_file() -> Option<PathBuf> {
    let folder = crate::state::folder()?;
    crate::state::private_folder(&folder).ok()?;
    Some(folder.join("history"))
}

struct Editing {
    above: Arc<LinesAbove>,
    palette: Palette,
    files: FilenameCompleter,
    names: Vec<Candidate>,
    question: Option<String>,
    /// The modem will ask for data: what is typed is no script.
    is_data: bool,
    before: String,
    prompt_width: usize,
    /// The editor paints because of a key; else because of a line that came.
    by_key: Cell<bool>,
}

impl Helper for Editing {}
impl Validator for Editing {}

impl Completer for Editing {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, context: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let Some(typed) = line.get(..pos).filter(|_| !self.is_data) else { return Ok((pos, Vec::new())) };
        if wants_file(typed) {
            return self
                .files
                .complete(line, pos, context)
                .map(|(start, found)| (start, that_fit(found, typed, start)));
        }
        let (start, candidates) = candidates(typed, &self.names, self.question.as_deref());
        let widest = candidates.iter().map(|candidate| candidate.text.chars().count()).max().unwrap_or(0);
        let pair = |candidate: Candidate| Pair {
            display: match candidate.about.is_empty() {
                true => candidate.text.clone(),
                false => format!("{:widest$}  {}", candidate.text, shortened(&candidate.about)),
            },
            replacement: candidate.text,
        };
        Ok((start, that_fit(candidates.into_iter().map(pair).collect(), typed, start)))
    }
}

/// As many as the window has rows for: the editor would ask whether to go on, and take no other key.
fn that_fit(mut found: Vec<Pair>, typed: &str, start: usize) -> Vec<Pair> {
    let (columns, rows) = terminal::size();
    let most = rows.saturating_sub(3).max(1);
    // A longer one would be broken anywhere, and take a row more.
    found.iter_mut().for_each(|pair| pair.display = cut(&pair.display, columns.saturating_sub(1)));
    if found.len() > most {
        let display = format!("… and {} more: type on", found.len() + 1 - most);
        found.truncate(most - 1);
        found.push(Pair { display, replacement: typed.get(start..).unwrap_or_default().to_owned() });
    }
    found
}

/// A candidate cut to one line of the list.
fn shortened(text: &str) -> String {
    const LONGEST_CANDIDATE: usize = 48;
    if text.chars().count() <= LONGEST_CANDIDATE {
        return text.to_owned();
    }
    let cut: String = text.chars().take(LONGEST_CANDIDATE - 1).collect();
    format!("{}…", cut.trim_end())
}

/// With less room it would say nothing.
const SHORTEST_HINT: usize = 6;

/// Grey text behind the cursor.
struct Grey {
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
        let (text, is_completion) = hint(line, &self.names)?;
        // What would be typed next is shown whole; what is said about it takes no row of its own.
        let columns = terminal::size().0.max(1);
        let room = columns - (self.prompt_width + line.width()) % columns - 1;
        match is_completion || text.width() <= room {
            true => Some(Grey { text, is_completion }),
            false if room < SHORTEST_HINT => None,
            false => Some(Grey { text: cut(&text, room), is_completion }),
        }
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
        // What happened since it was first painted stands in as many columns.
        let is_lost = self.above.is_lost.load(Ordering::Acquire);
        let prompt = match prompt.strip_suffix(" (lost)> ") {
            Some(name) if !is_lost => Cow::Owned(format!("{name} (back)> ")),
            None if is_lost => prompt.strip_suffix("> ").map_or(prompt.into(), |name| format!("{name}! ").into()),
            Some(_) | None => Cow::Borrowed(prompt),
        };
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

// ── What may stand at the cursor

fn wants_file(typed: &str) -> bool {
    let argument = |name| typed.strip_prefix(name).is_some_and(|rest: &str| rest.starts_with([' ', '!']));
    [":save", ":load", ":record"].into_iter().any(argument)
}

/// What may stand at the end of `typed`, and from where on it does. `names`: the variables.
fn candidates(typed: &str, names: &[Candidate], question: Option<&str>) -> (usize, Vec<Candidate>) {
    if let Some(command) = typed.strip_prefix(':') {
        return colon(typed, command);
    }
    let around = Surroundings { names, scripts: &Library::default(), from: &Source::default(), question };
    suggest::candidates(typed, &around)
}

fn other(text: impl Into<String>, about: impl Into<String>) -> Candidate {
    Candidate::new(CandidateKind::Other, text, about)
}

fn colon(typed: &str, command: &str) -> (usize, Vec<Candidate>) {
    let Some((name, argument)) = command.split_once(' ') else {
        let found = COMMANDS.iter().filter(|entry| entry.name.starts_with(command));
        return (0, found.map(|entry| other(format!(":{}", entry.name), entry.does)).collect());
    };
    let start = typed.len() - argument.len();
    let starting = |all: Vec<Candidate>| all.into_iter().filter(|one| one.text.starts_with(argument)).collect();
    let one_of = |words: &str| (start, starting(words.split(' ').map(|word| other(word, "")).collect()));
    match name {
        "open" => (start, starting(openable())),
        "help" => {
            let words = statements().iter().map(|known| other(known.word, known.form.replace('`', "")));
            let commands = COMMANDS.iter().map(|entry| other(entry.name, entry.does));
            (start, starting(words.chain(commands).chain([other("keys", "what the keys do")]).collect()))
        }
        "explain" if asking(argument).is_some() => {
            let (at, found) = candidates(argument, &[], None);
            (start + at, found)
        }
        "raw" => one_of("on off hex"),
        "urc" | "time" => one_of("on off"),
        "baud" => one_of("9600 19200 38400 57600 115200 230400 460800 921600"),
        _ => (start, Vec::new()),
    }
}

fn openable() -> Vec<Candidate> {
    let mut all: Vec<Candidate> = ports()
        .into_iter()
        .map(|port| {
            let product = port.usb.and_then(|usb| usb.product).unwrap_or_default();
            other(port.path.display().to_string(), product)
        })
        .collect();
    all.extend(sim::models().map(|model| other(format!("sim:{}", model.name), model.title)));
    all.extend(SCHEMES.into_iter().filter(|it| !matches!(*it, "usb:" | "sim:")).map(|scheme| other(scheme, "")));
    all
}

/// The text, and whether it is what would be typed next (else it is said about it).
fn hint(line: &str, names: &[Candidate]) -> Option<(String, bool)> {
    if line.trim().is_empty() {
        return None;
    }
    if let Some(command) = line.strip_prefix(':') {
        return colon_hint(line, command, names);
    }
    if let Some(asking) = asking(line) {
        return match asking.known.filter(|_| !asking.name.is_empty()) {
            Some(known) => Some((command_hint(&asking, known)?, false)),
            None => only_completion(line, names),
        };
    }
    let word = line.trim_start();
    match statements().iter().find(|statement| word.trim_end() == statement.word) {
        Some(statement) => {
            let example = statement.form.split('`').nth(1)?.strip_prefix(statement.word)?;
            let shown = if word.ends_with(' ') { example.trim_start() } else { example };
            Some((shown.to_owned(), false))
        }
        None => only_completion(line, names),
    }
}

fn colon_hint(line: &str, command: &str, names: &[Candidate]) -> Option<(String, bool)> {
    match COMMANDS.iter().find(|entry| entry.name == command.trim_end()) {
        Some(entry) => {
            let space = if command.ends_with(' ') { "" } else { " " };
            Some((format!("{space}{}  {}", entry.takes, entry.does).replace("  ", " ").to_owned(), false))
        }
        None if !command.contains(' ') && !command.is_empty() => only_completion(line, names),
        None => None,
    }
}

/// The rest of the one thing that fits.
fn only_completion(line: &str, names: &[Candidate]) -> Option<(String, bool)> {
    let (start, found) = candidates(line, names, None);
    let typed = line.get(start..).filter(|typed| typed.len() > 1)?;
    let [only] = found.as_slice() else { return None };
    only.text.strip_prefix(typed).filter(|rest| !rest.is_empty()).map(|rest| (rest.to_owned(), true))
}

#[cfg(test)]
#[path = "../../tests/units/editor.rs"]
mod tests;
