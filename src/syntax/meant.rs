//! A line that does not parse → the line that was meant.
//!
//! What people write in place of a line is a row of `grammar/words.md`. Whatever is proposed is read in place of the
//! line first: a proposal that is no line itself, or that is what stands there, is not made.

use std::sync::{Arc, OnceLock};

use pest::error::InputLocation;
use regex::{Captures, Regex, RegexBuilder};

use super::grammar::{self, Rule};
use super::lower::Lowerer;
use super::words;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// The message with a proposal that holds, or with none. `at`: where the line begins; `code`: its code.
///
/// The table has nothing better to say than the reading of a line that the grammar took: `is_read`.
pub(super) fn settled(
    source: &Arc<Source>,
    (at, line): (usize, &str),
    code: Span,
    fault: Diagnostic,
    is_read: bool,
) -> Diagnostic {
    let place = |offset: u32| (offset as usize).saturating_sub(at).min(line.len());
    let all_read = |lines: &str| lines.lines().all(|line| reads(line).is_ok());
    let (before, written) = (line.get(..place(code.start)).unwrap_or_default(), source.slice(code));
    let put = |line: &str, (start, end), text: &str| {
        Some(format!("{}{text}{}", line.get(..start)?, line.get(end..)?)).filter(|new| new != line)
    };
    let mended =
        fault.edit.as_deref().map(|edit| put(line, (place(edit.span.start), place(edit.span.end)), &edit.value));
    let deletes = fault.edit.as_ref().is_some_and(|edit| edit.value.is_empty());
    if (is_read || deletes) && mended.as_ref().is_some_and(|mended| mended.as_deref().is_some_and(all_read)) {
        return fault;
    }
    // A line may have two mistakes.
    let twice = || {
        let once = rows(written).filter(|(meant, _)| !meant.is_empty() && !meant.contains('\n'));
        once.flat_map(|(meant, _)| rows(&meant).collect::<Vec<_>>())
            .find(|(meant, _)| !meant.is_empty() && all_read(meant))
    };
    if let Some((meant, note)) = rows(written).find(|(meant, _)| all_read(meant)).or_else(twice) {
        if meant.is_empty() {
            return Diagnostic { edit: None, ..fault.help(note) };
        }
        let blank = if note.starts_with(|first: char| first.is_ascii_alphabetic()) { " " } else { "" };
        let fault = fault.help(format!("{}{blank}{note}", proposal(&meant)));
        return fault.mended_at(code, meant.replace('\n', &format!("\n{before}")));
    }
    let (Some(edit), Some(mended)) = (&fault.edit, mended) else { return fault };
    if edit.value.contains('…') {
        return Diagnostic { edit: None, ..fault };
    }
    let behind = place(edit.span.start) + edit.value.len();
    let Some(mended) = mended else { return without_proposal(fault, written) };
    let more = match reads(&mended) {
        Ok(()) => return fault,
        Err(_) if edit.value.contains('\n') && all_read(&mended) => return fault,
        // Another fault, further on.
        Err((further, None)) if further >= behind => return fault,
        Err((_, Some(more))) => more,
        Err((_, None)) => return without_proposal(fault, written),
    };
    // `sleep(5)` → `sleep 5` → `sleep 5s`
    let again = more.edit.as_deref().and_then(|edit| {
        put(&mended, (edit.span.start as usize, edit.span.end as usize), &edit.value)
            .filter(|again| reads(again).is_ok())
    });
    match again {
        Some(again) => {
            let code = Span::new(code.start as usize, at + line.trim_end().len());
            let again = again.get(before.len()..).unwrap_or(&again).trim_end().to_owned();
            fault.help(proposal(&again)).mended_at(code, again)
        }
        None if more.span().is_some_and(|span| span.start as usize >= behind) => fault,
        None => without_proposal(fault, written),
    }
}

/// "write `this`", of several lines "write `this`, `that`, a line each"
fn proposal(meant: &str) -> String {
    let lines: Vec<String> = meant.lines().map(|line| format!("`{}`", line.trim_start())).collect();
    format!("write {}{}", lines.join(", "), if lines.len() > 1 { ", a line each" } else { "" })
}

/// What was proposed is wrong: what the statement looks like is told instead.
fn without_proposal(fault: Diagnostic, written: &str) -> Diagnostic {
    let word = written.trim_start_matches(['}', ' ']).split(|it: char| !it.is_ascii_alphanumeric()).next();
    let form = word.and_then(words::form).map(|form| format!("it is written {form}"));
    Diagnostic { edit: None, ..fault.help(form.unwrap_or_else(|| NO_STATEMENT.to_owned())) }
}

pub(super) const NO_STATEMENT: &str =
    "a line is an AT command, a comment, or begins with a statement such as `send`, `expect`, `set`";

/// Whether this is a line; else how far it was read, or what is wrong with what was read.
pub(super) fn reads(line: &str) -> Result<(), (usize, Option<Diagnostic>)> {
    // The white space behind a line's last word is named by no rule: with it, pest tells what should have followed.
    let padded = format!("{line} ");
    let pair = match grammar::parse(Rule::line, &padded) {
        Ok(Some(pair)) => pair,
        Ok(None) => return Err((0, None)),
        Err(error) => {
            let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
            return Err((at.min(line.len()), None));
        }
    };
    let source = Source::new("", padded.as_str());
    Lowerer::new(&source).line(pair, 0).map(|_| ()).map_err(|fault| (line.len(), Some(fault)))
}

struct Row {
    written: &'static str,
    meant: &'static str,
    note: &'static str,
    regex: OnceLock<Option<Regex>>,
}

/// What stands for something in the first column
const HOLES: [(&str, &str); 11] = [
    ("\\b", "(?-u:\\b)"),
    ("{", "\\{"),
    ("}", "\\}"),
    (" ", "[ \t]+"),
    ("~", "[ \t]*"),
    ("COMMAND", "(AT[^ \t]+)"),
    ("NAME", "([A-Za-z_][A-Za-z0-9_]*)"),
    ("TEXT", r#"("[^"]*"|'[^']*')"#),
    ("NUMBER", "([0-9]+)"),
    ("TIME", "([0-9]+(?:ms|s|min|h))"),
    ("ANY", "(.+?)"),
];

/// What this code may have been meant to be, the likeliest first, and what is to be said of it, which is all where
/// there is no meaning.
fn rows(code: &str) -> impl Iterator<Item = (String, &'static str)> {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    let rows = ROWS.get_or_init(|| {
        let cut = |(written, rest): (&'static str, &'static str)| {
            let (meant, note) = rest.split_once(" | ").unwrap_or((rest, ""));
            Row { written, meant, note, regex: OnceLock::new() }
        };
        words::rows("What people write in place of a line").map(cut).collect()
    });
    let first = code.bytes().next().unwrap_or_default().to_ascii_lowercase();
    // A row that begins with a letter is for such lines alone.
    let may_be = move |row: &&Row| row.written.bytes().next().is_none_or(|it| !it.is_ascii_lowercase() || it == first);
    rows.iter().filter(may_be).filter_map(move |row| {
        let found = row.regex.get_or_init(|| row.compiled()).as_ref()?.captures(code)?;
        Some((filled(row.meant, &found), row.note))
    })
}

impl Row {
    fn compiled(&self) -> Option<Regex> {
        let written = HOLES.iter().fold(self.written.to_owned(), |row, (hole, regex)| row.replace(hole, regex));
        RegexBuilder::new(&format!("^(?:{written})$")).case_insensitive(true).build().ok()
    }
}

/// `\1` is a group as it is written, `\"1` in quotes, `\/1` as a regex; `⏎` begins a line.
fn filled(meant: &str, found: &Captures<'_>) -> String {
    static GROUP: OnceLock<Option<Regex>> = OnceLock::new();
    let group = GROUP.get_or_init(|| Regex::new(r#"\\(["/]?)([0-9])"#).ok());
    let put = |hole: &Captures<'_>| {
        let number = hole.get(2).and_then(|number| number.as_str().parse().ok());
        let group = number.and_then(|number| found.get(number)).map_or("", |group| group.as_str());
        match hole.get(1).map_or("", |sign| sign.as_str()) {
            "\"" => crate::notation::quoted(group),
            "/" => regex_syntax::escape(group.trim_matches(['"', '\''])).replace('/', "\\/"),
            _ => group.to_owned(),
        }
    };
    let filled = group.as_ref().map_or(meant.into(), |group| group.replace_all(meant, put));
    filled.split('⏎').map(|line| line.trim_end().replace("  {", " {")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
#[path = "../../tests/units/meant.rs"]
mod tests;
