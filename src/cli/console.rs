//! Standard output and standard error: colours where a person looks, no complaint where a reader has left.

use std::io::{self, IsTerminal, Write};

use super::arguments::Color;
use super::exit::Exit;
use crate::diagnostic::{Diagnostic, Excerpt, Severity, harmless, words};
use crate::report::result::plural;
use crate::report::style::{Palette, Style, filled};

/// How many diagnostics are shown; the rest is counted.
const SHOWN: usize = 20;

/// Where results and messages go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    /// For results, on standard output
    pub(crate) out: Palette,
    /// For the conversation and diagnostics, on standard error
    pub(crate) err: Palette,
}

impl Console {
    pub(crate) fn new(color: Color) -> Console {
        Console { out: palette(color, io::stdout().is_terminal()), err: palette(color, io::stderr().is_terminal()) }
    }

    /// Writes results. A reader that has left (`| head`) is no fault; a full disk is.
    pub(crate) fn print(&self, text: &str) -> Exit {
        let mut stdout = io::stdout().lock();
        self.written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
    }

    /// What came of writing to standard output.
    pub(crate) fn written(&self, result: io::Result<()>) -> Exit {
        match result {
            Ok(()) => Exit::Passed,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Passed,
            Err(error) => {
                self.say(&format!("error: standard output could not be written: {error}\n"));
                Exit::Unwritable
            }
        }
    }

    /// Writes a message on standard error. There is nowhere to tell that this failed.
    pub(crate) fn say(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// `error: …`, and what to do about it.
    pub(crate) fn complain(&self, message: &str, help: Option<&str>) {
        let mark = self.err.paint(Style::Bad, "error:");
        self.say(&format!("{}\n", fitted(&format!("{mark} {}", harmless(message)), "       ")));
        if let Some(help) = help {
            self.say(&format!("{}\n", fitted(&format!("  help: {}", harmless(help)), "        ")));
        }
    }

    /// Shows diagnostics with their places, at most [`SHOWN`] of them, and counts the rest.
    pub(crate) fn show(&self, diagnostics: &[Diagnostic]) {
        let handler = self.graphical();
        for diagnostic in diagnostics.iter().take(SHOWN) {
            let mut text = String::new();
            if handler.render_report(&mut text, &Excerpt::new(diagnostic)).is_err() {
                text = format!("{}: {}\n", diagnostic.code, Excerpt::new(diagnostic));
            }
            self.say(&format!("{}\n\n", text.trim_end()));
        }
        let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count() as u64;
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        if diagnostics.len() > SHOWN {
            self.say(&format!("and {} more\n", diagnostics.len() - SHOWN));
        }
        if errors + warnings > 1 {
            self.say(&format!("{}, {}\n", plural(errors, "error"), plural(warnings, "warning")));
        }
    }

    fn graphical(&self) -> miette::GraphicalReportHandler {
        let plain_characters = std::env::var("LC_ALL")
            .or_else(|_| std::env::var("LC_CTYPE"))
            .or_else(|_| std::env::var("LANG"))
            .is_ok_and(|locale| locale == "C" || locale == "POSIX");
        // Of its own, the theme of plain characters has colours too.
        let mut theme =
            if plain_characters { miette::GraphicalTheme::ascii() } else { miette::GraphicalTheme::unicode() };
        if !self.err.coloured {
            theme.styles = miette::ThemeStyles::none();
        }
        miette::GraphicalReportHandler::new_themed(theme)
            .with_width(width())
            .with_links(false)
            .with_word_separator(textwrap::WordSeparator::Custom(words))
    }
}

/// On a terminal no line is wider than that is; for a program it stays one.
pub(crate) fn fitted(text: &str, indent: &str) -> String {
    if io::stderr().is_terminal() { filled(text, width(), indent) } else { text.to_owned() }
}

/// Columns to write in: the terminal's, else `COLUMNS`, else 80.
pub(crate) fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    asked.or_else(terminal_width).unwrap_or(80).clamp(40, 200)
}

#[cfg(unix)]
fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn terminal_width() -> Option<usize> {
    None
}

/// NO_COLOR (https://no-color.org) wants none if it is set and not empty; a dumb terminal can show none.
fn palette(color: Color, terminal: bool) -> Palette {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    Palette {
        coloured: match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !unwanted && !dumb,
        },
    }
}
