//! `hayes fmt`: the canonical form of scripts; `--check` shows what would change.

use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::arguments::Fmt;
use super::console::Console;
use super::exit::Exit;
use super::scripts;
use crate::report::style::Style;
use crate::syntax;

pub(crate) fn fmt(arguments: &Fmt, console: &Console) -> Exit {
    arguments.scripts.iter().fold(Exit::Passed, |exit, name| exit.worst(fmt_one(name, arguments.check, console)))
}

fn fmt_one(name: &str, check: bool, console: &Console) -> Exit {
    let source = match scripts::read_file(name, console) {
        Ok(source) => source,
        Err(exit) => return exit,
    };
    let formatted = match syntax::format(&source) {
        Ok(formatted) => formatted,
        Err(diagnostics) => {
            console.show(&diagnostics);
            return Exit::Invalid;
        }
    };
    if check {
        if formatted == source.text {
            return Exit::Passed;
        }
        return Exit::Failed.worst(console.print(&difference(name, &source.text, &formatted, console)));
    }
    if name == "-" {
        return console.print(&formatted);
    }
    if formatted == source.text {
        return Exit::Passed;
    }
    match replace(Path::new(name), &formatted) {
        Ok(()) => Exit::Passed,
        Err(error) => {
            console.complain(&format!("{name} cannot be written: {error}"), Some("it is as it was"));
            Exit::Unwritable
        }
    }
}

/// Writes beside the file first, so that a full disk leaves the old text whole. The new file takes the old one's place,
/// with its mode and its owner; where it cannot be its like (it has other names too, or an owner whom we may not give it),
/// the text goes into the old file.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let metadata = std::fs::metadata(&path)?;
    if metadata.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let (mut file, beside) = new_beside(&path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let replaced = written.and_then(|()| {
        if make_alike(&file, &metadata)? {
            return std::fs::rename(&beside, &path);
        }
        // There was room for the text beside it.
        let mut old = File::options().write(true).open(&path)?;
        old.write_all(text.as_bytes())?;
        old.set_len(text.len() as u64)?;
        old.sync_all()
    });
    let _ = std::fs::remove_file(&beside);
    replaced
}

/// A file that was not there before, in the same folder.
fn new_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut number = 0;
    loop {
        let beside = path.with_file_name(format!(".{name}.{}-{number}", std::process::id()));
        match options.open(&beside) {
            Ok(file) => return Ok((file, beside)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Gives the new file the old one's owner and mode; false where it cannot be its like.
#[cfg(unix)]
fn make_alike(file: &File, old: &Metadata) -> io::Result<bool> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.metadata()?;
    let is_owned = (new.uid(), new.gid()) == (old.uid(), old.gid());
    if old.nlink() > 1 || !(is_owned || fchown(file, Some(old.uid()), Some(old.gid())).is_ok()) {
        return Ok(false);
    }
    file.set_permissions(old.permissions()).map(|()| true)
}

#[cfg(not(unix))]
fn make_alike(file: &File, old: &Metadata) -> io::Result<bool> {
    file.set_permissions(old.permissions()).map(|()| true)
}

fn difference(name: &str, old: &str, new: &str, console: &Console) -> String {
    let difference = similar::TextDiff::from_lines(old, new);
    let text = difference.unified_diff().header(name, &format!("{name} (formatted)")).to_string();
    let paint = |line: &str| {
        let style = match line.chars().next() {
            Some('+') => Style::Good,
            Some('-') => Style::Bad,
            Some('@') => Style::Name,
            _ => return format!("{line}\n"),
        };
        format!("{}\n", console.out.paint(style, line))
    };
    text.lines().map(paint).collect()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn only_the_text_changes() {
        let folder = std::env::temp_dir().join(format!("hayes-fmt-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (file, link, other) = (folder.join("a.hayes"), folder.join("link"), folder.join("other"));
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        std::fs::write(&file, "an old text").unwrap();
        std::fs::write(folder.join("a.hayes.new"), "mine").unwrap();
        symlink(&file, &link).unwrap();
        mode(0o640);
        replace(&link, "new").unwrap();
        assert_eq!((read(&file).as_str(), std::fs::metadata(&file).unwrap().mode() & 0o777), ("new", 0o640));
        assert!(link.is_symlink());
        std::fs::hard_link(&file, &other).unwrap();
        replace(&file, "n").unwrap();
        assert_eq!((read(&other).as_str(), std::fs::metadata(&file).unwrap().nlink()), ("n", 2));
        mode(0o444);
        assert_eq!(replace(&file, "x").unwrap_err().to_string(), "it is read-only");
        assert_eq!((read(&file).as_str(), read(&folder.join("a.hayes.new")).as_str()), ("n", "mine"));
        // Nothing is left behind.
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 4);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
