//! From a script's name on the command line to its source: a path, a library name, `-`.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::console::Console;
use super::exit::Exit;
use crate::library;
use crate::source::{LARGEST, Source, Unreadable, read_text};

/// Why there is no script: in one sentence, and what to do about it.
pub(crate) struct NoScript {
    pub(crate) message: String,
    pub(crate) help: String,
}

/// Reads a script, or says why it cannot be read.
pub(crate) fn read(name: &str, console: &Console) -> Result<Arc<Source>, Exit> {
    find(name).map_err(|none| {
        console.complain(&none.message, Some(&none.help));
        Exit::Invalid
    })
}

/// A file, a script of the library, or standard input.
pub(crate) fn find(name: &str) -> Result<Arc<Source>, NoScript> {
    match library::find(name) {
        Some(entry) if name != "-" && !is_there(Path::new(name)) => Ok(entry.source()),
        Some(_) | None => find_file(name, of_library),
    }
}

/// A file that is there and cannot be read is no reason to take another text for it.
fn is_there(path: &Path) -> bool {
    match path.symlink_metadata() {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

/// Reads a file or standard input, never the library: for what writes the text back.
pub(crate) fn read_file(name: &str, console: &Console) -> Result<Arc<Source>, Exit> {
    let of_library = || NoScript {
        message: format!("{name} is a script of the library, and no file here"),
        help: "only files are formatted".to_owned(),
    };
    let none = |none| if library::find(name).is_some() && !is_there(Path::new(name)) { of_library() } else { none };
    find_file(name, |_| "only files are formatted".to_owned()).map_err(none).map_err(|none| {
        console.complain(&none.message, Some(&none.help));
        Exit::Invalid
    })
}

/// Reads a file or standard input; where there is none, `elsewhere` says what else the name may be.
fn find_file(name: &str, elsewhere: fn(&str) -> String) -> Result<Arc<Source>, NoScript> {
    let (name, text) = match name {
        "-" => ("<stdin>", read_text(std::io::stdin().lock(), LARGEST)),
        _ => (name, open_text(Path::new(name))),
    };
    text.map(|text| Source::new(name, text)).map_err(|error| unreadable(name, &error, elsewhere))
}

fn of_library(name: &str) -> String {
    match library::nearest(name).first() {
        Some(near) => format!("did you mean {near}?"),
        None => "`hayes list` names the scripts of the library".to_owned(),
    }
}

/// The text of a file that a person has written.
pub(crate) fn open_text(path: &Path) -> Result<String, Unreadable> {
    read_text(File::open(path)?, LARGEST)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
fn unreadable(name: &str, error: &Unreadable, elsewhere: fn(&str) -> String) -> NoScript {
    let (message, help) = match error {
        Unreadable::Io(error) => {
            let message = match error.kind() {
                ErrorKind::NotFound => format!("there is no script {name}, neither a file nor in the library"),
                ErrorKind::IsADirectory => format!("{name} is a folder, not a script"),
                _ => format!("{name} cannot be read: {error}"),
            };
            (message, elsewhere(name))
        }
        Unreadable::TooLarge { .. } => (format!("{name} {error}"), "a script is a text of some lines".to_owned()),
        Unreadable::NoText { .. } => (format!("{name} {error}"), "save it as UTF-8".to_owned()),
    };
    NoScript { message, help }
}
