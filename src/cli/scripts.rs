//! Scripts without a modem: found by the name on the command line (a path, a library name, `-`), checked, formatted,
//! listed and shown.

use std::collections::BTreeSet;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::arguments::{Check, Fmt};
use super::console::{self, Console, Exit};
use crate::check::check;
use crate::diagnostic::{Complaint, Diagnostic, Severity, file_near, nearest};
use crate::hints::is_address;
use crate::library::{self, Library, scripts, title};
use crate::notation::{self, harmless};
use crate::report::diagnostics::{annotations, json_lines, one_line_each};
use crate::report::result::plural;
use crate::report::sarif::sarif;
use crate::report::style::{Style, filled};
use crate::source::{LARGEST_TEXT, Source, Spanned, Unreadable, leads_out_of_clone, read_text};
use crate::state::{WRITER, private, told_of_waiting};
use crate::syntax;
use crate::syntax::ast::{Convert, Param};

pub(crate) fn read(name: &str, console: &Console) -> Result<Arc<Source>, Exit> {
    find(name).map_err(|none| console.refuse_as(Exit::Invalid, &none))
}

/// A file, a script of the library, or standard input.
fn find(name: &str) -> Result<Arc<Source>, Complaint> {
    match library::find(name) {
        Some(entry) if name != "-" && !is_there(Path::new(name)) => Ok(entry.source()),
        Some(_) | None => find_file(name, of_library),
    }
}

/// A file that is there and cannot be read is no reason to take another text for it.
fn is_there(path: &Path) -> bool {
    let is_none = |error: io::Error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
    !path.symlink_metadata().is_err_and(is_none)
}

/// Reads a file or standard input, never the library: for what writes the text back.
pub(crate) fn read_file(name: &str, console: &Console) -> Result<Arc<Source>, Exit> {
    find_file(name, |_| "name a file that is here".to_owned()).map_err(|mut none| {
        if library::find(name).is_some() && !is_there(Path::new(name)) {
            none = Complaint::told("hayes::cli no-file", &[&name]);
        }
        console.refuse_as(Exit::Invalid, &none)
    })
}

/// Reads a file or standard input; where there is none, `elsewhere` says what else the name may be.
fn find_file(name: &str, elsewhere: fn(&str) -> String) -> Result<Arc<Source>, Complaint> {
    let (name, text) = text_of(Path::new(name));
    text.map_err(|error| unreadable(&name, &error, elsewhere)).map(|text| Source::new(name, text))
}

fn of_library(name: &str) -> String {
    let folder = format!("{}/", name.trim_end_matches('/'));
    let inside: Vec<&str> = library::scripts().map(|it| it.name).filter(|it| it.starts_with(&folder)).collect();
    match library::meant(name) {
        _ if name.starts_with('-') => format!("behind `--` all are names: write {name} before it"),
        _ if name.split_once('=').is_some_and(|(param, _)| syntax::is_name(param)) => {
            format!("a value for the script is given as -V {name}")
        }
        _ if name.starts_with("AT") || name.starts_with("at+") => format!("`hayes at '{name}'` sends a command"),
        _ if !inside.is_empty() => format!("it is a folder of the library: {}", inside.join(", ")),
        Some(near) => format!("did you mean {near}?"),
        None => "`hayes list` names the scripts of the library".to_owned(),
    }
}

/// The name and the text of a file, or of standard input.
pub(crate) fn text_of(path: &Path) -> (String, Result<String, Unreadable>) {
    if path == Path::new("-") {
        return ("<stdin>".to_owned(), read_text(io::stdin().lock(), LARGEST_TEXT));
    }
    (path.display().to_string(), open_text(path))
}

/// The text of a file that a person has written.
pub(crate) fn open_text(path: &Path) -> Result<String, Unreadable> {
    told_of_waiting(WRITER, path, || read_text(File::open(path)?, LARGEST_TEXT))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
fn unreadable(name: &str, error: &Unreadable, elsewhere: fn(&str) -> String) -> Complaint {
    let (message, help) = match error {
        Unreadable::Io(error) => {
            let suffix = if Path::new(name).extension().is_some() { "" } else { ".hayes" };
            let is_absent = error.kind() == ErrorKind::NotFound;
            let near = is_absent.then(|| file_near(Path::new(&format!("{name}{suffix}")))).flatten();
            let message = match error.kind() {
                ErrorKind::NotFound if is_there(Path::new(name)) => {
                    return Complaint::told("hayes::cli dead-link", &[&name]);
                }
                ErrorKind::NotFound => format!("there is no script {name}, neither a file nor in the library"),
                ErrorKind::IsADirectory => return Complaint::told("hayes::cli folder", &[&name]),
                _ => format!("{name} cannot be read: {error}"),
            };
            let other =
                || if is_address(name) { format!("a port stands behind -p: -p {name}") } else { elsewhere(name) };
            (message, near.map_or_else(other, |near| format!("did you mean {near}?")))
        }
        Unreadable::TooLarge { .. } => (format!("{name} {error}"), "a script is a text of some lines".to_owned()),
        Unreadable::NoText { .. } => (format!("{name} {error}"), "save it as UTF-8".to_owned()),
    };
    Complaint::new(message).help(help)
}

/// `hayes check`: diagnostics without a modem.
pub(crate) fn check_all(arguments: &Check, console: &Console) -> Exit {
    let forms = [
        (arguments.json, json_lines as fn(&[Diagnostic]) -> String),
        (arguments.sarif, sarif),
        (arguments.github, annotations),
        (arguments.short, one_line_each),
    ];
    let print = forms.into_iter().find(|(is_asked, _)| *is_asked).map(|(_, print)| print);
    let mut exit = Exit::Passed;
    let mut found: Vec<Diagnostic> = Vec::new();
    for (name, refused) in with_folders(&arguments.scripts, arguments.outside) {
        let name = name.as_str();
        match refused.map_or_else(|| find(name), Err) {
            Ok(source) => {
                let mut told = check(&source, &Library::new(arguments.outside)).diagnostics;
                if arguments.fix && Path::new(name).is_file() {
                    told = mended(name, &source, told, arguments, console).unwrap_or_else(|refused| {
                        exit = exit.worst(refused);
                        Vec::new()
                    });
                }
                if arguments.verbose && told.is_empty() {
                    console.say(&format!("{}: nothing is wrong\n", harmless(&source.name)));
                }
                found.extend(told);
            }
            // A program that reads what is printed is told of it there.
            Err(Complaint { message, help, .. }) if print.is_some() => {
                let none = Diagnostic::new("hayes::check::no-script", &Source::new(name, ""), message);
                found.push(Diagnostic { help, ..none });
            }
            Err(none) => exit = exit.worst(console.refuse_as(Exit::Invalid, &none)),
        }
    }
    let counts = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error || arguments.deny_warnings;
    if found.iter().any(counts) {
        exit = exit.worst(Exit::Invalid);
    }
    found.retain(|diagnostic| !arguments.quiet || diagnostic.severity == Severity::Error);
    if let Some(print) = print {
        return exit.worst(console.print(&print(&found)));
    }
    console.show(&found);
    exit
}

/// What is left of the findings where those that say what to write are mended in the file.
fn mended(
    name: &str,
    source: &Arc<Source>,
    found: Vec<Diagnostic>,
    arguments: &Check,
    console: &Console,
) -> Result<Vec<Diagnostic>, Exit> {
    let own = found.iter().filter(|found| found.source.name == source.name);
    let mut edits: Vec<&Spanned<String>> = own.filter_map(|found| found.edit.as_deref()).collect();
    edits.sort_by_key(|edit| edit.span.start);
    edits.dedup_by(|next, before| next.span.start < before.span.end.max(before.span.start + 1));
    let mut text = source.text.clone();
    for edit in edits.iter().rev() {
        text.replace_range(std::ops::Range::<usize>::from(edit.span), &edit.value);
    }
    let left = check(&Source::new(name, text.as_str()), &Library::new(arguments.outside)).diagnostics;
    if left.len() >= found.len() {
        if !edits.is_empty() {
            console.say(&format!("{}: nothing is mended: no fewer findings would be left\n", harmless(name)));
        }
        return Ok(found);
    }
    rewrite(name, &text, console)?;
    let gone = plural((found.len() - left.len()) as u64, "finding");
    console.say(&format!("{}: {gone} mended\n", harmless(name)));
    Ok(left)
}

/// `hayes fmt`: the canonical form of scripts; `--check` shows what would change.
pub(crate) fn format_all(arguments: &Fmt, console: &Console) -> Exit {
    let format = |(name, refused): (String, Option<Complaint>)| match refused {
        None => format_one(&name, arguments, console).unwrap_or_else(|exit| exit),
        Some(refused) => console.refuse_as(Exit::Invalid, &refused),
    };
    with_folders(&arguments.scripts, false).into_iter().map(format).fold(Exit::Passed, Exit::worst)
}

/// This file; of a folder the files in it and below that end so.
pub(crate) fn files_below(path: &Path, ending: &str, found: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if !path.metadata()?.is_dir() {
        found.insert(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        // A link may lead back to where we are; a hidden folder is another program's.
        if entry.file_type()?.is_dir() {
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            files_below(&entry.path(), ending, found)?;
        } else if entry.path().extension().is_some_and(|known| known == ending) {
            found.insert(entry.path());
        }
    }
    Ok(())
}

/// These names; in place of a folder, the scripts in it and below, each with why it is not read: nobody has named it.
fn with_folders(names: &[String], outside: bool) -> Vec<(String, Option<Complaint>)> {
    let mut all = Vec::new();
    for folder in names {
        let mut found = BTreeSet::new();
        let refused = |path: &PathBuf| match path.is_file() || !path.exists() {
            true if outside || !leads_out_of_clone(path, Path::new(folder)) => None,
            true => Some(Complaint::told("hayes::cli link", &[&path.display(), folder])),
            false => Some(Complaint::told("hayes::cli irregular", &[&path.display()])),
        };
        // What cannot be read is told where it is read.
        match files_below(Path::new(folder), "hayes", &mut found) {
            Ok(()) if Path::new(folder).is_dir() && !found.is_empty() => {
                all.extend(found.iter().map(|path| (path.display().to_string(), refused(path))));
            }
            Ok(()) | Err(_) => all.push((folder.clone(), None)),
        }
    }
    all
}

fn format_one(name: &str, arguments: &Fmt, console: &Console) -> Result<Exit, Exit> {
    let source = read_file(name, console)?;
    let formatted = syntax::format(&source).map_err(|diagnostics| {
        console.show(&diagnostics);
        Exit::Invalid
    })?;
    let is_formatted = formatted == source.text;
    if name == "-" && !arguments.check {
        return Ok(console.print(&formatted));
    }
    if is_formatted {
        return Ok(Exit::Passed);
    }
    if arguments.check {
        let shown = || console.print(&difference(name, &source.text, &formatted, console));
        return Ok(if arguments.quiet { Exit::Failed } else { Exit::Failed.worst(shown()) });
    }
    if arguments.verbose {
        console.say(&format!("{}: formatted\n", harmless(name)));
    }
    rewrite(name, &formatted, console).map(|()| Exit::Passed)
}

fn rewrite(name: &str, text: &str, console: &Console) -> Result<(), Exit> {
    replace(Path::new(name), text).map_err(|error| {
        let complaint = Complaint::told("hayes::cli file", &[&name, &error]).help("it is as it was");
        console.refuse_as(Exit::Unwritable, &complaint)
    })
}

/// Writes beside the file first, so that a full disk leaves the old text whole. The new file takes the old one's place,
/// with its mode and its owner; where it cannot be its like (it has other names too, or an owner whom we may not give
/// it), the text goes into the old file.
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
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut number = 0;
    loop {
        let beside = path.with_file_name(format!(".{name}.{}-{number}", std::process::id()));
        match private().create_new(true).open(&beside) {
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

/// `hayes list`: the library as a person browses it.
pub(crate) fn list(text: &str, json: bool, console: &Console) -> Exit {
    let text = text.to_lowercase();
    let shown = || scripts().filter(|entry| entry.name.contains(&text) || entry.title().to_lowercase().contains(&text));
    if shown().next().is_none() {
        let words = scripts().flat_map(|entry| entry.name.split(['/', '-']).chain(entry.title().split(' ')));
        let near = nearest(&text, words).map(|near| format!("did you mean {near}? ")).unwrap_or_default();
        return console.refuse(Exit::Failed, "hayes::cli no-title", &[&near]);
    }
    if json {
        let line = |entry: &library::LibraryScript| {
            notation::json(&serde_json::json!({"name": entry.name, "title": entry.title()})) + "\n"
        };
        return console.print(&shown().map(line).collect::<String>());
    }
    let is_read = io::stdout().is_terminal();
    let width = scripts().map(|entry| entry.name.len()).max().unwrap_or(0);
    let line = |entry: &library::LibraryScript| {
        let padding = " ".repeat(width - entry.name.len());
        let line = format!("{}{padding}  {}", console.out.paint(Style::Name, entry.name), entry.title());
        // For a program it stays one line.
        if is_read { filled(&line, console::width(), &" ".repeat(width + 2)) + "\n" } else { line + "\n" }
    };
    console.print(&shown().map(line).collect::<String>())
}

pub(crate) fn show(name: &str, json: bool, console: &Console) -> Result<Exit, Exit> {
    let source = read(name, console)?;
    let checked = check(&source, &Library::new(true));
    let params = checked.program.as_ref().map(|program| program.params.as_slice()).unwrap_or_default();
    let requires: Vec<&str> = checked.program.iter().flat_map(|program| program.script.requirements()).collect();
    let parts = checked.program.iter().flat_map(|program| program.script.part_names());
    let parts: Vec<&str> = parts.map(|name| name.value.as_str()).collect();
    let exit = if checked.program.is_some() { Exit::Passed } else { Exit::Invalid };
    console.show(&checked.diagnostics.into_iter().filter(|it| it.severity == Severity::Error).collect::<Vec<_>>());
    if json {
        let param = |param: &Param| {
            let (kind, default) =
                (Convert::WORDS.iter().find(|(_, kind)| *kind == param.convert), default(param, &source.text));
            serde_json::json!({"name": param.name.value, "about": param.about, "kind": kind.map(|(word, _)| word), "default": default, "secret": param.secret})
        };
        let params: Vec<_> = params.iter().map(param).collect();
        let script = serde_json::json!({"name": source.name, "title": title(&source.text), "params": params, "requires": requires, "parts": parts});
        return Ok(exit.worst(console.print(&(notation::json(&script) + "\n"))));
    }
    let name = console.err.paint(Style::Name, &source.name);
    let mut text = format!("{name}: {}", harmless(title(&source.text))).trim_end_matches(": ").to_owned() + "\n";
    text.extend(params.iter().map(|param| format!("  {}\n", harmless(&parameter(param, &source.text)))));
    text.extend(requires.iter().map(|required| format!("  requires {}\n", harmless(required))));
    if !parts.is_empty() {
        text.push_str(&format!("  --only NAME  its parts: {}\n", parts.join(", ")));
    }
    // What is said of the script goes to standard error, so that `hayes show … > my.hayes` is the script.
    console.say(&format!("{text}\n"));
    Ok(exit.worst(console.print(&harmless(source.text.trim_start_matches('\u{feff}')))))
}

/// As it is written in the script; none where it has to be given.
fn default<'t>(param: &Param, script: &'t str) -> Option<&'t str> {
    param.default.as_ref().and_then(|value| script.get(std::ops::Range::<usize>::from(value.span)))
}

/// `-V apn=…  Access Point Name (default "super")`
fn parameter(param: &Param, script: &str) -> String {
    let flag = if param.secret { "--secret" } else { "-V" };
    let kind = match param.convert {
        Convert::Text => "",
        Convert::Int => " (a number)",
        Convert::Hex => " (a hexadecimal number)",
        Convert::Decimal => " (a decimal number)",
    };
    let default =
        default(param, script).map_or_else(|| " (required)".to_owned(), |default| format!(" (default {default})"));
    let about = format!("{}{kind}{default}", param.about.as_deref().unwrap_or_default());
    format!("{flag} {}=…  {}", param.name.value, about.trim_start())
}
