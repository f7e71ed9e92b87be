//! What else to say of a mistake on the command line: what people of other tools write, what stands in the wrong place,
//! and what is left out.

use std::ffi::OsString;
use std::path::Path;

use crate::config::Setting;
use crate::connect::SCHEMES;
use crate::diagnostic::nearest;
use crate::notation::{row_of, rows};

/// What else to say of a mistake: what people of other tools write, and what stands in the wrong place.
pub(crate) fn hint(arguments: &[OsString], mistake: &clap::Error, commands: &clap::Command) -> Option<String> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let first = arguments.get(1)?.to_str()?;
    let is_task = mistake.kind() == ErrorKind::InvalidSubcommand;
    let what = if is_task { ContextKind::InvalidSubcommand } else { ContextKind::InvalidArg };
    if mistake.kind() == ErrorKind::MissingRequiredArgument {
        return row_of(include_str!("lacking.md"), first).map(str::to_owned);
    }
    let Some(ContextValue::String(wrong)) = mistake.get(what) else { return None };
    if mistake.kind() == ErrorKind::ArgumentConflict && wrong.starts_with("--port") {
        return Some("one run talks to one modem: `hayes batch SCRIPT -i INVENTORY` runs a script on many".to_owned());
    }
    if is_task {
        let is_command = wrong.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("at"));
        let is_script =
            Path::new(wrong).is_file() || wrong.ends_with(".hayes") || crate::library::find(wrong).is_some();
        return if is_script {
            Some(format!("`hayes run {wrong}` runs a script"))
        } else if is_command {
            Some(format!("`hayes at '{wrong}'` sends a command"))
        } else if let Some(meant) = foreign(wrong) {
            Some(meant.to_owned())
        } else if is_address(wrong) {
            Some(format!(
                "`hayes repl -p {wrong}` explores the modem on that port, `hayes at AT -p {wrong}` sends it a command"
            ))
        } else if let Some(sign) = ["", "+"].into_iter().find(|sign| {
            let name = wrong.split(['?', '=']).next().unwrap_or_default().to_ascii_uppercase();
            name.len() > 2 && crate::catalogue::command(&format!("{sign}{name}")).is_some()
        }) {
            Some(format!("`hayes at 'AT{sign}{wrong}'` sends a command"))
        } else if let Some(near) = crate::library::meant(wrong).filter(|_| wrong.contains('/')) {
            Some(format!("did you mean `hayes run {near}`?"))
        } else {
            let near = nearest(wrong, commands.get_subcommands().map(clap::Command::get_name));
            near.map(|near| format!("did you mean `hayes {near}`?"))
        };
    }
    if let Some(ContextValue::String(value)) = mistake.get(ContextKind::InvalidValue) {
        let key = wrong.trim_start_matches("--").split([' ', '[']).next()?;
        let variable = Setting::find(key)?.variable();
        return std::env::var(&variable).is_ok_and(|set| set == *value).then(|| format!("{variable} says so"));
    }
    if mistake.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    // `-n` of `hayes at` is another than that of `hayes run`.
    if let Some(meant) = foreign(&format!("{first}:{wrong}")).or_else(|| foreign(wrong)) {
        return Some(meant.to_owned());
    }
    // `hayes --list`
    let task = wrong.trim_start_matches('-');
    if wrong == first && commands.get_subcommands().any(|known| known.get_name() == task) {
        return Some(format!("it is `hayes {task}`"));
    }
    if first.starts_with("-p") || first.starts_with("--port") {
        let help = "`hayes repl -p PORT` explores the modem on a port, `hayes run SCRIPT -p PORT` runs a script there";
        return Some(help.to_owned());
    }
    // Clap suggests any flag with the same beginning, so its guess counts only where the flag is a slip.
    let is_slip = |flag: &ContextValue| nearest(wrong, [flag.to_string().as_str()]).is_some();
    let is_guessed = mistake.get(ContextKind::SuggestedArg).is_some_and(is_slip);
    let name = wrong.strip_prefix("--").filter(|_| matches!(first, "run" | "batch") && !is_guessed)?;
    Some(format!("a parameter of the script is given as -V {name}=VALUE; `hayes show SCRIPT` lists them"))
}

/// A port where a command should stand
fn is_address(word: &str) -> bool {
    let is_com = || {
        word.get(..3).is_some_and(|com| com.eq_ignore_ascii_case("com")) && word.ends_with(|c: char| c.is_ascii_digit())
    };
    SCHEMES.into_iter().chain(["/dev/", "tty"]).any(|start| word.starts_with(start)) || is_com()
}

/// What a sentence is about, as its words tell: at most two ways to go on, those that name most of its words first.
pub(crate) fn of_sentence(text: &str) -> Vec<&'static str> {
    let is_prose = text.chars().all(|c| c.is_alphanumeric() || " ,.?!'-".contains(c)) && text.contains(' ');
    if !is_prose {
        return Vec::new();
    }
    let words: Vec<String> = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    let rows = rows(include_str!("foreign.md"));
    let mut rows: Vec<(usize, &str)> = rows
        .map(|(known, instead)| {
            (known.split(' ').filter(|known| words.iter().any(|word| word == known)).count(), instead)
        })
        .filter(|(count, _)| *count > 0)
        .collect();
    rows.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    rows.into_iter().map(|(_, instead)| instead).take(2).collect()
}

/// What is called so by other tools, and what it is here.
fn foreign(word: &str) -> Option<&'static str> {
    row_of(include_str!("foreign.md"), word)
}

/// The mistake with that hint in place of what clap takes for similar.
pub(crate) fn with_hint(mut mistake: clap::Error, hint: String, commands: &clap::Command) -> clap::Error {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let hint = ContextValue::StyledStrs(vec![hint.into()]);
    if !matches!(mistake.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand) {
        mistake.insert(ContextKind::Suggested, hint);
        return mistake;
    }
    let mut told = clap::Error::new(mistake.kind()).with_cmd(commands);
    let guesses = mistake.get(ContextKind::SuggestedArg).is_some();
    for (kind, value) in mistake.context() {
        let is_guess =
            [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::Suggested].contains(&kind);
        // The usage shows the argument that was guessed.
        let is_guess = is_guess || kind == ContextKind::Usage && guesses;
        if !is_guess {
            told.insert(kind, value.clone());
        }
    }
    told.insert(ContextKind::Suggested, hint);
    told
}
