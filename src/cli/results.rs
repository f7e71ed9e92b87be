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

/// Refuses files that are to be written and are one of those that are read, or the same twice: what stood there would be
/// lost. Each with the word that named it.
pub(crate) fn apart(read: &[(&str, &Path)], written: &[(&str, &Path)], console: &Console) -> Result<(), Exit> {
    for (index, (flag, path)) in written.iter().enumerate() {
        let Some(place) = place(path) else { continue };
        let earlier = written.iter().take(index).map(|(flag, path)| (*flag, *path));
        let mut others = read.iter().copied().chain(earlier);
        if let Some((other, _)) = others.find(|(_, other)| self::place(other).as_ref() == Some(&place)) {
            let message = format!("{flag} would overwrite {}, which is {other} too", path.display());
            console.complain(&message, Some("name another file"));
            return Err(Exit::Usage);
        }
    }
    Ok(())
}

/// Where a file stands, or would stand. None for streams and devices, which lose nothing, and for what cannot be.
fn place(path: &Path) -> Option<PathBuf> {
    if path == Path::new("-") || path.metadata().is_ok_and(|known| !known.is_file()) {
        return None;
    }
    path.canonicalize().ok().or_else(|| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    })
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
