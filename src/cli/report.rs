//! `hayes report`: results of a batch as CSV, JUnit or HTML; and these reports right after a batch.

use std::io::Write;
use std::path::Path;

use super::arguments::{self, Reports};
use super::batch::summary;
use super::console::Console;
use super::exit::Exit;
use super::results;
use crate::batch::journal;
use crate::report::result::{RunResult, plural};
use crate::report::{csv, html, junit};
use crate::source::read_text;

/// A conversation of more bytes than this is left out of a page.
const LARGEST_RECORD: u64 = 64 << 20;

pub(crate) fn report(arguments: &arguments::Report, console: &Console) -> Exit {
    if let Err(exit) = apart(&arguments.reports, &[("the results", &arguments.results)], console) {
        return exit;
    }
    let results = match journal::read(&arguments.results) {
        Ok(results) => results,
        Err(error) => {
            let help = "give it what `hayes batch` has written";
            console.complain(&format!("{} cannot be read: {error}", arguments.results.display()), Some(help));
            return Exit::Invalid;
        }
    };
    if let Some(bytes) = results.torn {
        let what = "the last line was torn by a crash and is left out";
        console.say(&format!("note: {what} ({})\n", plural(bytes as u64, "byte")));
    }
    let Reports { csv, junit, html } = &arguments.reports;
    if csv.is_none() && junit.is_none() && html.is_none() {
        return console.print(&summary::of_results(&results.results, console.out));
    }
    write_all(&results.results, &arguments.results, &arguments.reports, console)
}

/// The reports that were asked for, of the results in this file.
pub(crate) fn write(path: &Path, reports: &Reports, console: &Console) -> Exit {
    if reports.csv.is_none() && reports.junit.is_none() && reports.html.is_none() {
        return Exit::Passed;
    }
    match journal::read(path) {
        Ok(results) => write_all(&results.results, path, reports, console),
        Err(error) => {
            console.complain(&format!("{} cannot be read back for the reports: {error}", path.display()), None);
            Exit::Unwritable
        }
    }
}

/// No report is one of these files, nor another report.
pub(crate) fn apart(reports: &Reports, read: &[(&str, &Path)], console: &Console) -> Result<(), Exit> {
    let named = [("--csv", &reports.csv), ("--junit", &reports.junit), ("--html", &reports.html)];
    let written: Vec<(&str, &Path)> =
        named.into_iter().filter_map(|(flag, file)| Some((flag, file.as_deref()?))).collect();
    results::apart(read, &written, console)
}

/// Whether the reports can be written: a wrong path shows before anything is sent.
pub(crate) fn writable(reports: &Reports, console: &Console) -> Result<(), Exit> {
    for path in [&reports.csv, &reports.junit, &reports.html].into_iter().flatten().filter(|path| !is_stdout(path)) {
        if let Err(error) = std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(path) {
            let message = format!("the report {} cannot be written: {error}; nothing was sent", path.display());
            console.complain(&message, None);
            return Err(Exit::Unwritable);
        }
    }
    Ok(())
}

fn write_all(results: &[RunResult], path: &Path, reports: &Reports, console: &Console) -> Exit {
    let mut exit = Exit::Passed;
    if let Some(file) = &reports.csv {
        exit = exit.worst(write_one(file, console, |writer| csv::write(results, writer)));
    }
    if let Some(file) = &reports.junit {
        exit = exit.worst(write_one(file, console, |writer| junit::write(results, writer)));
    }
    if let Some(file) = &reports.html {
        let folder = path.parent().unwrap_or(Path::new(""));
        // A record that is gone is left out: the results are the same without it.
        let record = |result: &RunResult| {
            let file = std::fs::File::open(folder.join(result.record.as_ref()?)).ok()?;
            read_text(file, LARGEST_RECORD).ok()
        };
        let page = html::Page { results, record: &record, meaning: super::screen::meaning };
        exit = exit.worst(write_one(file, console, |writer| page.write(writer)));
    }
    exit
}

fn write_one(path: &Path, console: &Console, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Exit {
    let written = if is_stdout(path) {
        let mut text = Vec::new();
        return match write(&mut text) {
            Ok(()) => console.print(&String::from_utf8_lossy(&text)),
            Err(_) => Exit::Internal,
        };
    } else {
        std::fs::File::create(path).and_then(|file| {
            let mut writer = std::io::BufWriter::new(file);
            write(&mut writer)?;
            writer.flush()
        })
    };
    match written {
        Ok(()) => Exit::Passed,
        Err(error) => {
            console.complain(&format!("the report {} could not be written: {error}", path.display()), None);
            Exit::Unwritable
        }
    }
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}
