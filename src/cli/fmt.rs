//! `hayes fmt`: the canonical form of scripts; `--check` shows what would change.

use std::io::Write;
use std::path::Path;

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

/// Writes beside the file first, so that a full disk leaves the old text whole.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = path.canonicalize()?;
    let mut beside = path.clone().into_os_string();
    beside.push(".new");
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(std::fs::metadata(&path)?.permissions())?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&beside, &path)).inspect_err(|_| _ = std::fs::remove_file(&beside))
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
