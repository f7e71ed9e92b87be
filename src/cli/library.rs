//! `hayes list` and `hayes show`: the library as a person browses it.

use std::io::IsTerminal;

use serde::Serialize;

use super::arguments::{List, Show};
use super::console::{self, Console};
use super::exit::Exit;
use super::scripts;
use crate::check::check;
use crate::library::{Library, SCRIPTS, title};
use crate::report::style::{Style, filled};
use crate::syntax::ast::{Convert, Param};

pub(crate) fn list(arguments: &List, console: &Console) -> Exit {
    if arguments.json {
        #[derive(Serialize)]
        struct Line<'a> {
            name: &'a str,
            title: &'a str,
        }
        let line = |entry: &crate::library::Entry| {
            serde_json::to_string(&Line { name: entry.name, title: entry.title() }).unwrap_or_default() + "\n"
        };
        return console.print(&SCRIPTS.iter().map(line).collect::<String>());
    }
    let is_read = std::io::stdout().is_terminal();
    let width = SCRIPTS.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    let line = |entry: &crate::library::Entry| {
        let padding = " ".repeat(width - entry.name.len());
        let line = format!("{}{padding}  {}", console.out.paint(Style::Name, entry.name), entry.title());
        // For a program it stays one line.
        if is_read { filled(&line, console::width(), &" ".repeat(width + 2)) + "\n" } else { line + "\n" }
    };
    console.print(&SCRIPTS.iter().map(line).collect::<String>())
}

pub(crate) fn show(arguments: &Show, console: &Console) -> Exit {
    let source = match scripts::read(&arguments.name, console) {
        Ok(source) => source,
        Err(exit) => return exit,
    };
    let checked = check(&source, &Library);
    let params = checked.program.as_ref().map(|program| program.params.as_slice()).unwrap_or_default();
    let mut text = format!("{}: {}\n", console.out.paint(Style::Name, &source.name), title(&source.text));
    for param in params {
        text.push_str(&format!("  {}\n", parameter(param, &source.text)));
    }
    text.push('\n');
    text.push_str(&source.text);
    console.print(&text)
}

/// `-V apn=…  Access Point Name (default "super")`
fn parameter(param: &Param, script: &str) -> String {
    let flag = if param.secret { "--secret" } else { "-V" };
    let kind = match param.convert {
        Convert::Text => "",
        Convert::Int => " (a number)",
        Convert::Hex => " (a hexadecimal number)",
    };
    let default = param.default.as_ref().and_then(|value| script.get(std::ops::Range::<usize>::from(value.span)));
    let default = default.map_or_else(|| " (required)".to_owned(), |default| format!(" (default {default})"));
    let about = param.about.as_deref().unwrap_or_default();
    format!("{flag} {}=…  {about}{kind}{default}", param.name.value)
}
