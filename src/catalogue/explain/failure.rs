//! Errors: what they mean and what usually mends them.

use crate::at::command::{Command, Form};
use crate::at::{NumberedError, ResultCode};
use crate::catalogue::entry::{ErrorCode, Module, Series, pair};
use crate::catalogue::lookup::command_of;
use crate::catalogue::{self, error_by_text, result_code};

use super::{Context, ExplainedPart, Explanation, Kind, clause, explain};

/// What usually mends a failed exchange, on this module if it is known; `None` where nothing is known.
pub fn advice(result: &ResultCode, module: Option<&Module>) -> Option<&'static str> {
    // What mends an error on one maker's modules says nothing of one whose maker is not known.
    let fits = |error: &&ErrorCode| error.meaning(module).is_some() && (module.is_some() || error.scope.is_none());
    let of_error = |series, error: &NumberedError| {
        let by_text = || error_by_text(series, &error.text).next();
        let known = error.code.map_or_else(by_text, |code| catalogue::error(series, code));
        Some(known.filter(fits)?.advice(module))
    };
    let of_words = result_code(&result.to_string()).map(|known| known.advice);
    let found = match result {
        ResultCode::Equipment(error) => of_error(Series::Equipment, error),
        ResultCode::Message(error) => of_error(Series::Message, error),
        ResultCode::Vendor { success: true, .. } | ResultCode::Ok | ResultCode::Connect(_) => None,
        ResultCode::Vendor { .. } | ResultCode::Error | ResultCode::NoCarrier | ResultCode::Busy => of_words,
        ResultCode::NoAnswer | ResultCode::NoDialtone | ResultCode::Aborted => of_words,
    };
    found.filter(|advice| !advice.is_empty())
}

/// What usually mends a bare ERROR to this command; `None` where nothing is known of it.
pub fn refused(asked: &Command<'_>) -> Option<String> {
    let command = command_of(asked)?;
    let mut told = vec!["Send AT+CMEE=2 once, then errors come with their meaning".to_owned()];
    // A test that does more than to list them takes minutes: `AT+COPS=?`.
    let lists = command.test.as_ref().is_some_and(|test| !test.contains(&"none:")) && command.test_does.is_empty();
    if asked.form == Form::Set && lists && !command.name.contains('=') {
        told.push(format!("Check the values: {}=? lists them", command.name));
    }
    told.push(match command.needs {
        "SIM" => {
            "It is refused where there is no SIM, or one that is not open: `hayes run modem/check-sim` tells".to_owned()
        }
        "network" => {
            "It is refused without a network: `hayes run supersim/diagnose` tells why there is none".to_owned()
        }
        _ => "The modem may not have it, or not in its state: the SIM, the radio, the registration".to_owned(),
    });
    Some(told.join(". ") + ".")
}

/// What usually mends it where a modem answers this line in place of what was hoped for; `None` where nothing is known.
pub fn remedy(line: &str, context: &Context<'_>) -> Option<&'static str> {
    explain(line, context).parts.iter().find_map(|part| part.advice)
}

/// `+CME ERROR: 30`, `CME 30`, `cms error 38`, `+CME ERROR: no network service`, `+CME ERROR:`.
pub(super) fn numbered(line: &str, module: Option<&Module>) -> Option<Explanation> {
    let text = line.strip_prefix('+').unwrap_or(line);
    let (series, rest) = match text.split_at_checked(3)? {
        (name, rest) if name.eq_ignore_ascii_case("CME") => (Series::Equipment, rest),
        (name, rest) if name.eq_ignore_ascii_case("CMS") => (Series::Message, rest),
        _ => return None,
    };
    let rest = rest.trim_start();
    let (said_error, rest) = match rest.split_at_checked(5) {
        Some((word, rest)) if word.eq_ignore_ascii_case("ERROR") => (true, rest),
        _ => (false, rest),
    };
    let rest = rest.trim_start().trim_start_matches(':').trim();
    if rest.is_empty() {
        return said_error.then(|| {
            let title = "An error without number and without text";
            Explanation { confirmed: false, ..Explanation::new(line, Kind::Error, title) }
        });
    }
    match rest.parse() {
        Ok(code) => Some(by_code(line, series, code, module)),
        Err(_) if said_error => Some(by_text(line, series, rest, module)),
        Err(_) => None,
    }
}

pub(super) fn by_words(text: &str, module: Option<&Module>) -> Option<Explanation> {
    let mut found = error_by_text(Series::Equipment, text)
        .chain(error_by_text(Series::Message, text))
        .map(|error| known(text, error, module));
    let mut first = found.next()?;
    first.each.extend(found);
    if !first.each.is_empty() {
        first.notes.push("The same words stand for more than one number.".to_owned());
    }
    Some(first)
}

fn by_code(line: &str, series: Series, code: u16, module: Option<&Module>) -> Explanation {
    catalogue::error(series, code).map_or_else(
        || {
            let mut explained = Explanation::unknown(line);
            explained.kind = Kind::Error;
            explained.title = format!("{} {code} is in none of the lists that Hayes knows", name(series));
            explained.notes.push("It may be the vendor's own; the module's manual lists those.".to_owned());
            explained
        },
        |error| known(line, error, module),
    )
}

fn by_text(line: &str, series: Series, text: &str, module: Option<&Module>) -> Explanation {
    let mut found = error_by_text(series, text).map(|error| known(line, error, module));
    match found.next() {
        Some(mut first) => {
            first.each.extend(found);
            first
        }
        None => {
            let title = "An error in the modem's own words; Hayes knows no number for them";
            Explanation { confirmed: false, ..Explanation::new(line, Kind::Error, title) }
        }
    }
}

fn known(line: &str, error: &'static ErrorCode, module: Option<&Module>) -> Explanation {
    let usual = error.scope.map_or_else(|| error.text.to_owned(), |vendor| format!("{} ({vendor})", error.text));
    let meaning = error.meaning(module);
    let title = meaning.unwrap_or("A number that this module's vendor gives no meaning that Hayes knows");
    let mut explained = Explanation::new(line, Kind::Error, title).from(&error.source, error.status);
    let range = error.scope.into_iter().chain([error.range]).collect::<Vec<_>>().join(", ");
    let what = format!("{} ({range})", name(error.series));
    explained.parts.push(ExplainedPart::new(error.code.to_string(), "err", what, meaning.map(str::to_owned)));
    if meaning != Some(error.text) {
        explained.notes.push(format!("Others mean by this number: {}.", clause(&usual)));
        return explained;
    }
    let advice = error.advice(module);
    if !advice.is_empty() {
        explained.notes.push(advice.to_owned());
    }
    for (whose, meaning) in error.also.iter().map(|also| pair(also)) {
        explained.notes.push(format!("{whose} gives this number another meaning: {meaning}."));
    }
    explained
}

fn name(series: Series) -> &'static str {
    match series {
        Series::Equipment => "+CME ERROR",
        Series::Message => "+CMS ERROR",
    }
}
