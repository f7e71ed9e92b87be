//! Where lines come from: the editor on a terminal, standard input elsewhere.

use std::io::{self, BufRead};
use std::path::PathBuf;
use std::sync::Arc;

use rustyline::config::{BellStyle, ColorMode, CompletionType, Configurer};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor, ExternalPrinter};

use super::board::Board;
use super::editing::Editing;
use super::history;

/// So many entries are kept.
const KEPT: usize = 5000;

pub(super) enum Reader {
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

impl Reader {
    /// The editor, and a thread that gives it what the board shows.
    pub(super) fn edited(editing: Editing, board: &Arc<Board>) -> Result<Reader, ReadlineError> {
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
        let served = Arc::clone(board);
        std::thread::Builder::new()
            .name("printer".to_owned())
            .spawn(move || served.serve(&mut |text| printer.print(text).is_ok()))?;
        let file = history::file();
        if let Some(file) = &file {
            // The first time there is none.
            let _ = editor.load_history(file);
        }
        Ok(Reader::Edited(Box::new(Edited { editor, file })))
    }

    pub(super) fn is_edited(&self) -> bool {
        matches!(self, Reader::Edited(_))
    }

    /// The next line. `before`: the lines of the statement so far.
    pub(super) fn line(&mut self, prompt: &str, before: &str) -> io::Result<Input> {
        match self {
            Reader::Edited(edited) => edited.line(prompt, before),
            Reader::Plain { prompts } => {
                if *prompts {
                    super::board::write_out(prompt);
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
        if let Reader::Edited(edited) = self
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
            Reader::Edited(edited) => edited.editor.history().iter().cloned().collect(),
            Reader::Plain { .. } => Vec::new(),
        }
    }

    /// What the editor knows of the session, for completion.
    pub(super) fn editing(&mut self) -> Option<&mut Editing> {
        match self {
            Reader::Edited(edited) => edited.editor.helper_mut(),
            Reader::Plain { .. } => None,
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
