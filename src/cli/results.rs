//! Where results go: standard output, or the file that `-o` names.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::console::Console;
use super::exit::Exit;

/// Opened before anything is sent: results that cannot be written are no results.
#[derive(Debug)]
pub(crate) enum Results {
    Standard,
    File {
        file: File,
        path: PathBuf,
        /// What stands there is an earlier run's, and stays until there is something new.
        is_begun: bool,
    },
}

impl Results {
    pub(crate) fn open(path: Option<&Path>, console: &Console) -> Result<Results, Exit> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else { return Ok(Results::Standard) };
        match File::options().write(true).create(true).truncate(false).open(path) {
            Ok(file) => Ok(Results::File { file, path: path.to_owned(), is_begun: false }),
            Err(error) => Err(unwritable(path, &error, console)),
        }
    }

    pub(crate) fn write(&mut self, text: &str, console: &Console) -> Exit {
        match self {
            Results::Standard => console.print(text),
            Results::File { file, path, is_begun } => {
                let emptied = if std::mem::replace(is_begun, true) { Ok(()) } else { empty(file) };
                match emptied.and_then(|()| file.write_all(text.as_bytes())) {
                    Ok(()) => Exit::Passed,
                    Err(error) => unwritable(path, &error, console),
                }
            }
        }
    }
}

/// A pipe or a device has nothing to be emptied of.
fn empty(file: &File) -> std::io::Result<()> {
    if file.metadata()?.is_file() { file.set_len(0) } else { Ok(()) }
}

fn unwritable(path: &Path, error: &std::io::Error, console: &Console) -> Exit {
    console.complain(&format!("results cannot be written to {}: {error}", path.display()), None);
    Exit::Unwritable
}
