//! Standard output and standard error: colours where a person looks, no complaint where a reader has left. And the exit
//! codes: a contract with shells and CI.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::ColorChoice;

use crate::diagnostic::{Complaint, Diagnostic, Excerpt, Severity, words};
use crate::notation::harmless;
use crate::port::list::is_given_a_line;
use crate::repl::terminal;
use crate::report::result::{FailureReport, plural};
use crate::report::style::{ERASED, Palette, Style, cut, filled};
use crate::runtime::Status;

/// How many diagnostics are shown; the rest is counted.
pub(crate) const MOST_DIAGNOSTICS: usize = 20;

/// A window with fewer columns has no room for the frame of many lines.
const NARROW: usize = 60;

/// Where results and messages go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    /// For results, on standard output
    pub(crate) out: Palette,
    /// For the conversation and diagnostics, on standard error
    pub(crate) err: Palette,
}

impl Console {
    pub(crate) fn new(color: ColorChoice) -> Console {
        // A line that standard input is as well is a modem's, and nobody reads there.
        let (out, err) = (io::stdout().is_terminal() && !is_given_a_line(), io::stderr().is_terminal());
        Console { out: palette(color, out), err: palette(color, err) }
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
            Err(error) if is_left(&error) => Exit::Passed,
            Err(error) => {
                self.say(&format!("error: standard output could not be written: {error}\n"));
                Exit::Unwritable
            }
        }
    }

    /// On a terminal: says what goes on, in place of what was said so before; with no words that is gone.
    pub(crate) fn at_work(&self, what: &str) {
        if io::stderr().is_terminal() {
            let shown: String = what.chars().take(width().saturating_sub(1)).collect();
            let drawn = format!("{}\r", self.err.paint(Style::Dim, harmless(&shown)));
            let _ = draw(io::stderr(), "", if what.is_empty() { "" } else { &drawn });
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

    /// Complains in the words of a page, and returns the exit code with which the program ends.
    pub(crate) fn refuse(&self, exit: Exit, page: &'static str, values: &[&dyn Display]) -> Exit {
        self.refuse_as(exit, &Complaint::told(page, values))
    }

    /// As [`Console::refuse`], of a file that is not there perhaps: another one may be meant.
    pub(crate) fn refuse_file(&self, exit: Exit, page: &'static str, values: &[&dyn Display], file: &Path) -> Exit {
        self.refuse_as(exit, &Complaint::told(page, values).near(file))
    }

    /// Complains as [`Console::refuse`] does, in a complaint's words.
    pub(crate) fn refuse_as(&self, exit: Exit, complaint: &Complaint) -> Exit {
        self.complain(&complaint.message, complaint.help.as_deref());
        exit
    }

    /// The system would not do what every command needs.
    pub(crate) fn refused(&self, error: &io::Error) -> Exit {
        self.refuse(Exit::Device, "hayes::cli system", &[error])
    }

    /// Shows diagnostics with their places, at most [`MOST_DIAGNOSTICS`] of them, and counts the rest.
    pub(crate) fn show(&self, diagnostics: &[Diagnostic]) {
        let handler = self.graphical();
        for diagnostic in diagnostics.iter().take(MOST_DIAGNOSTICS) {
            let mut text = String::new();
            if handler.render_report(&mut text, &Excerpt::new(diagnostic)).is_err() {
                text = format!("{}: {}\n", diagnostic.code, Excerpt::new(diagnostic));
            }
            let is_wide = |line: &str| cut(line, width()) != line;
            if io::stderr().is_terminal() && width() < NARROW && plain(&text).lines().any(is_wide) {
                text = self.without_frame(diagnostic);
            }
            self.say(&format!("{}\n\n", text.trim_end()));
        }
        let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count() as u64;
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        if diagnostics.len() > MOST_DIAGNOSTICS {
            self.say(&format!("and {} more\n", diagnostics.len() - MOST_DIAGNOSTICS));
        }
        if errors + warnings > 1 {
            self.say(&format!("{}, {}\n", plural(errors, "error"), plural(warnings, "warning")));
        }
    }

    /// Tells warnings in a line each, where all is to be quiet. What is not used does nothing wrong.
    pub(crate) fn show_briefly(&self, warnings: &[Diagnostic]) {
        let told = warnings.iter().filter(|warning| !warning.code.contains("::unused-"));
        for warning in told.take(MOST_DIAGNOSTICS) {
            let told = FailureReport::from(warning).to_string();
            self.say(&format!("warning: {}\n", harmless(&told.replace('\n', "; "))));
        }
    }

    /// In a window that is too narrow for a frame: the place, and the words.
    fn without_frame(&self, diagnostic: &Diagnostic) -> String {
        let style = if diagnostic.severity == Severity::Error { Style::Bad } else { Style::Notable };
        let line = diagnostic.span().map_or(0, |span| diagnostic.source.line_of(span.start as usize));
        let message = harmless(&diagnostic.message);
        let mut text = format!("{}:{line}: {}", diagnostic.source.name, self.err.paint(style, message));
        for said in diagnostic.labels.iter().map(|label| &label.text).filter(|said| !said.is_empty()) {
            text.push_str(&format!(" ({said})"));
        }
        text = fitted(&text, "  ");
        if let Some(help) = &diagnostic.help {
            text.push_str(&format!("\n{}", fitted(&format!("  help: {}", harmless(help)), "        ")));
        }
        text
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
            .with_break_words(false)
            .with_word_separator(textwrap::WordSeparator::Custom(words))
    }
}

fn plain(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or(part, |(_, rest)| rest))
}

/// On a terminal no line is wider than that is; for a program it stays one.
pub(crate) fn fitted(text: &str, indent: &str) -> String {
    if io::stderr().is_terminal() { filled(text, width(), indent) } else { text.to_owned() }
}

/// A page of clap's, or its error. On a terminal no line is wider than that is: clap breaks no flag and no usage.
pub(crate) fn print_page(page: &clap::Error) -> io::Result<()> {
    let (text, is_error) = (page.render(), page.use_stderr());
    let is_shown = if is_error { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
    let is_wide = |line: &str| textwrap::core::display_width(line) > width();
    if !is_shown || !text.to_string().lines().any(is_wide) {
        return page.print();
    }
    let console = Console::new(ColorChoice::Auto);
    let coloured = if is_error { console.err.coloured } else { console.out.coloured };
    let text = if coloured { text.ansi().to_string() } else { text.to_string() };
    let line = |line: &str| if is_wide(line) { filled(line, width(), "        ") } else { line.to_owned() };
    // One word alone begins further left where it has no room else.
    let whole = |line: &str| if is_wide(line) { format!("  {}", line.trim_start()) } else { line.to_owned() };
    let lines: String =
        text.lines().flat_map(|it| line(it).lines().map(whole).collect::<Vec<_>>()).map(|it| it + "\n").collect();
    if is_error {
        io::stderr().lock().write_all(lines.as_bytes())
    } else {
        io::stdout().lock().write_all(lines.as_bytes())
    }
}

/// Whether something is drawn that [`ERASED`] takes back. Who writes holds it, so that a stop comes between two writes.
static IS_DRAWN: Mutex<bool> = Mutex::new(false);

/// Takes back what is drawn, writes what stays, and draws under it; behind another program, as the shell, nothing is
/// drawn.
pub(crate) fn draw(mut terminal: impl Write, stays: &str, drawn: &str) -> io::Result<()> {
    let mut is_drawn = IS_DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
    let draws = !drawn.is_empty() && is_in_front(io::stderr()) != Some(false);
    let erased = if std::mem::replace(&mut *is_drawn, draws) { ERASED } else { "" };
    terminal.write_all([erased, stays, if draws { drawn } else { "" }].concat().as_bytes())?;
    terminal.flush()
}

/// What is drawn goes, for the shell writes at the cursor; nothing is drawn while `stopped` goes on.
#[cfg(unix)]
pub(crate) fn without_drawn(stopped: impl FnOnce()) {
    let mut is_drawn = IS_DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::take(&mut *is_drawn) {
        let _ = io::stderr().write_all(ERASED.as_bytes());
    }
    stopped();
}

/// Whether the keys of this terminal are meant for this program; `None` where it is not the one of its session.
#[cfg(unix)]
pub(crate) fn is_in_front(terminal: impl std::os::fd::AsFd) -> Option<bool> {
    rustix::termios::tcgetpgrp(terminal).ok().map(|group| group == rustix::process::getpgrp())
}

#[cfg(not(unix))]
pub(crate) fn is_in_front<T>(_terminal: T) -> Option<bool> {
    None
}

/// Whether standard output goes into a file, as `> FILE` says.
#[cfg(unix)]
pub(crate) fn output_is_file() -> bool {
    rustix::fs::fstat(io::stdout()).is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file())
}

#[cfg(not(unix))]
pub(crate) fn output_is_file() -> bool {
    false
}

/// A word for a POSIX shell.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Columns to write in: the terminal's, else `COLUMNS`, else 80.
pub(crate) fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    asked.or_else(|| Some(window()?.0)).unwrap_or(80).clamp(20, 200)
}

/// The columns and rows of the terminal that messages go to.
pub(crate) fn window() -> Option<(usize, usize)> {
    terminal::window(io::stderr())
}

/// NO_COLOR (<https://no-color.org>), CLICOLOR=0 and a dumb terminal want none; CLICOLOR_FORCE and FORCE_COLOR want
/// them always.
fn palette(color: ColorChoice, terminal: bool) -> Palette {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_on = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let forced = is_on("CLICOLOR_FORCE") || is_on("FORCE_COLOR");
    let is = |name, text| std::env::var_os(name).is_some_and(|value| value == text);
    let dumb = is("TERM", "dumb") || is("CLICOLOR", "0");
    Palette {
        coloured: match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => (terminal && !dumb || forced) && !unwanted,
        },
    }
}

/// Whether the reader of a table has left.
fn is_left(error: &io::Error) -> bool {
    let of_table = error.get_ref().and_then(|inner| inner.downcast_ref::<csv::Error>()).map(csv::Error::kind);
    matches!(of_table, Some(csv::ErrorKind::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe)
}

/// How the program ends. In a batch the worst wins: the later one here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    Passed,
    Nothing,
    /// What ran passed, but some did not run
    Incomplete,
    /// Device trouble: missing, busy, forbidden, lost
    Device,
    /// A script failed; `fmt --check`: a difference; `--deny-changes`: something would change
    Failed,
    /// Wrong command line
    Usage,
    /// A script, an inventory or a configuration does not parse or check; nothing was sent
    Invalid,
    /// Results could not be written
    Unwritable,
    /// Our own fault
    Internal,
    /// SIGHUP
    HungUp,
    /// SIGINT
    Interrupted,
    /// SIGTERM
    Terminated,
}

impl From<Status> for Exit {
    fn from(status: Status) -> Exit {
        match status {
            Status::Passed | Status::Skipped => Exit::Passed,
            Status::Failed => Exit::Failed,
            Status::Unreachable => Exit::Device,
            Status::Interrupted => Exit::Interrupted,
        }
    }
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Passed => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Invalid => 3,
            Exit::Nothing => 4,
            Exit::Incomplete => 5,
            Exit::Device => 6,
            Exit::Unwritable => 7,
            Exit::Internal => 70,
            Exit::HungUp => 129,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        }
    }

    pub(crate) fn worst(self, other: Exit) -> Exit {
        self.max(other)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
