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
    File(File, PathBuf),
}

impl Results {
    pub(crate) fn open(path: Option<&Path>, console: &Console) -> Result<Results, Exit> {
        let Some(path) = path else { return Ok(Results::Standard) };
        match File::create(path) {
            Ok(file) => Ok(Results::File(file, path.to_owned())),
            Err(error) => Err(unwritable(path, &error, console)),
        }
    }

    pub(crate) fn write(&mut self, text: &str, console: &Console) -> Exit {
        match self {
            Results::Standard => console.print(text),
            Results::File(file, path) => match file.write_all(text.as_bytes()) {
                Ok(()) => Exit::Passed,
                Err(error) => unwritable(path, &error, console),
            },
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error, console: &Console) -> Exit {
    console.complain(&format!("results cannot be written to {}: {error}", path.display()), None);
    Exit::Unwritable
}
