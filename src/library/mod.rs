//! The embedded scripts, and how `run "name"` finds one.
//!
//! The same files stand under `scripts/`. A script that another runs is looked for beside that one first, then here; a
//! library script finds library scripts only, so that what it does never depends on the folder it is run in.

use std::cell::OnceCell;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::{NotFound, Program, Scripts, check};
use crate::diagnostic::nearest;
use crate::source::{LARGEST_TEXT, Source, Unreadable, leads_out, read_text, regular};
use crate::table::{CarriedText, Table};

/// A script of the library, called as `run` calls it: `supersim/setup`.
pub type LibraryScript = CarriedText;

static SCRIPTS: Table<LibraryScript> = Table::new(include_bytes!(concat!(env!("OUT_DIR"), "/scripts")));

/// All of them, by name.
pub fn scripts() -> impl Iterator<Item = &'static LibraryScript> {
    SCRIPTS.iter()
}

impl LibraryScript {
    pub fn source(&self) -> Arc<Source> {
        Source::carried(self.name, self.text)
    }

    /// What it is for: the first comment line.
    pub fn title(&self) -> &'static str {
        title(self.text)
    }
}

/// A script that was kept as text: the library's own where it is that.
pub(crate) fn kept(name: &str, text: &str) -> Arc<Source> {
    find(name).filter(|own| own.text == text).map_or_else(|| Source::new(name, text), LibraryScript::source)
}

/// Scripts beside the one that runs them, else those of the library.
#[derive(Debug, Default)]
pub struct Library {
    /// Those that stand outside of the first script's folder may be read too: the user has said so.
    pub outside: bool,
    /// The folder of the first script
    root: OnceCell<PathBuf>,
}

impl Library {
    /// With scripts that stand outside of the first one's folder, or without.
    pub fn new(outside: bool) -> Library {
        Library { outside, root: OnceCell::new() }
    }
}

impl Scripts for Library {
    fn find(&self, name: &str, from: &Source) -> Result<Arc<Source>, NotFound> {
        if !from.is_carried {
            let root = self.root.get_or_init(|| folder(from).to_owned());
            for path in beside(name, from) {
                let name = path.display().to_string();
                if !self.outside && leads_out(&path, root) {
                    return Err(NotFound::Outside);
                }
                match text_at(&path) {
                    Ok(Some(text)) => return Ok(Source::new(name, text)),
                    Ok(None) if path.is_dir() && path.extension().is_some_and(|end| end == "hayes") => {
                        return Err(NotFound::Unreadable { why: format!("{name} is a folder") });
                    }
                    Ok(None) => {}
                    Err(error) => return Err(NotFound::Unreadable { why: format!("{name} {error}") }),
                }
            }
        }
        let own = names_beside(from, name);
        let near = nearest(name, own.iter().map(String::as_str)).or_else(|| meant(name));
        let suggestions = || near.into_iter().map(str::to_owned).collect();
        find(name).map(LibraryScript::source).ok_or_else(|| NotFound::Nowhere { suggestions: suggestions() })
    }
}

/// What a script is for: its first comment line, without the `#`. A `#!` above it is for the shell.
pub fn title(text: &str) -> &str {
    text.lines().find(|line| !line.starts_with("#!")).and_then(|line| line.strip_prefix('#')).map_or("", str::trim)
}

/// The library's script of that name; a `.hayes` behind it does not matter.
pub fn find(name: &str) -> Option<&'static LibraryScript> {
    let name = name.strip_suffix(".hayes").unwrap_or(name);
    SCRIPTS.named(name).filter(|entry| entry.name == name)
}

/// The script that a word of the command line names, checked; none where it names none, or one with errors.
pub(crate) fn program(name: &str) -> Option<Arc<Program>> {
    let source = match find(name) {
        Some(entry) if !Path::new(name).exists() => entry.source(),
        _ if name.ends_with(".hayes") => Source::new(name, text_at(Path::new(name)).ok()??),
        Some(_) | None => return None,
    };
    check(&source, &Library::default()).program
}

/// The name that `name` was probably meant to be; of a script in a folder its last part is enough.
pub fn meant(name: &str) -> Option<&'static str> {
    let last = |entry: &LibraryScript| entry.name.rsplit('/').next().unwrap_or(entry.name);
    let whole = nearest(name, SCRIPTS.names());
    whole.or_else(|| {
        let last_part = nearest(name, scripts().map(last))?;
        scripts().find(|entry| last(entry) == last_part).map(|entry| entry.name)
    })
}

/// The scripts in the folder of this one, or in that which such a name leads to from there, by the names that `run`
/// takes.
pub(crate) fn names_beside(from: &Source, name: &str) -> Vec<String> {
    let inner = name.rfind('/').and_then(|at| name.get(..=at)).unwrap_or_default();
    let own = Path::new(&from.name).file_name().filter(|_| inner.is_empty());
    let files = std::fs::read_dir(Path::new(".").join(folder(from)).join(inner)).into_iter().flatten().flatten();
    let scripts = files.map(|file| PathBuf::from(file.file_name()));
    let scripts = scripts.filter(|file| file.extension() == Some("hayes".as_ref()) && own != Some(file.as_os_str()));
    let named = |file: PathBuf| Some(format!("{inner}{}", file.file_stem()?.to_str()?));
    let mut names: Vec<String> = scripts.filter_map(named).collect();
    names.sort_unstable();
    names
}

/// Where a script could be that `from` names: beside it, with and without the suffix.
fn beside(name: &str, from: &Source) -> Vec<PathBuf> {
    let path = folder(from).join(name);
    let mut paths = vec![PathBuf::from(format!("{}.hayes", path.display()))];
    if path.extension().is_some() {
        paths.insert(0, path);
    }
    paths
}

fn folder(source: &Source) -> &Path {
    Path::new(&source.name).parent().unwrap_or(Path::new(""))
}

/// The text of this file; `None` where there is none, so that another place may be looked at.
fn text_at(path: &Path) -> Result<Option<String>, Unreadable> {
    let file = match regular(path) {
        Ok(file) => file,
        // A name that the system cannot have names no file either.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidInput | ErrorKind::InvalidFilename
            ) && (path.is_dir() || !path.exists()) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    read_text(file, LARGEST_TEXT).map(Some)
}

#[cfg(test)]
#[path = "../../tests/units/library.rs"]
mod tests;
