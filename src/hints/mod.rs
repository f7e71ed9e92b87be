//! What else to say of a mistake on the command line: what people of other tools write, what stands in the wrong place,
//! and what is left out.

use std::ffi::OsString;
use std::path::Path;

use crate::config::Setting;
use crate::connect::SCHEMES;
use crate::diagnostic::{all_nearest, nearest};
use crate::notation::{harmless, row_of, rows};

/// The mistake with what else is to say of it, in place of what clap takes for similar: to clap any word is that begins
/// alike. And with its command's usage, not one that shows what the environment gives as if it were typed.
pub(crate) fn told(arguments: &[OsString], mut mistake: clap::Error, commands: &mut clap::Command) -> clap::Error {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    if !mistake.use_stderr() {
        return mistake;
    }
    commands.build();
    let (first, command) = command_of(arguments, commands);
    let hint = hint(first, &command, arguments, &mistake, commands);
    if mistake.get(ContextKind::Usage).is_some() {
        mistake.insert(ContextKind::Usage, ContextValue::StyledStr(command.clone().render_usage()));
    }
    for kind in [ContextKind::InvalidArg, ContextKind::PriorArg] {
        if let Some(ContextValue::String(option)) = mistake.get(kind)
            && let Some(typed) = as_typed(option, &command, arguments)
        {
            mistake.insert(kind, ContextValue::String(typed));
        }
    }
    let typed = |(kind, value): (ContextKind, &ContextValue)| {
        let ContextValue::String(text) = value else { return None };
        Some((kind, harmless(text).into_owned()))
    };
    for (kind, text) in mistake.context().filter_map(typed).collect::<Vec<_>>() {
        mistake.insert(kind, ContextValue::String(text));
    }
    if matches!(mistake.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand) {
        for guess in [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::Suggested] {
            mistake.remove(guess);
        }
    }
    hint.map(|hint| mistake.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()])));
    mistake
}

/// `--output <FILE>` by the name that was typed for it: `-o <FILE>`; none where that is its own.
fn as_typed(option: &str, command: &clap::Command, arguments: &[OsString]) -> Option<String> {
    let (name, value) = option.split_at(option.find(' ').unwrap_or(option.len()));
    let is_typed = |name: &str| arguments.iter().any(|word| word.to_str().is_some_and(|word| word.starts_with(name)));
    if is_typed(name) {
        return None;
    }
    let known = command.get_arguments().find(|known| known.get_long() == name.strip_prefix("--"))?;
    let short = known.get_short().map(|letter| format!("-{letter}"));
    let others = known.get_all_aliases().unwrap_or_default().into_iter().map(|alias| format!("--{alias}"));
    Some(short.into_iter().chain(others).find(|other| is_typed(other))? + value)
}

/// The command that was typed, with its first word; no word where none was.
fn command_of<'a>(arguments: &'a [OsString], all: &clap::Command) -> (&'a str, clap::Command) {
    let (mut first, mut command) = ("", all);
    for word in arguments.iter().skip(1).filter_map(|word| word.to_str()) {
        if let Some(below) = command.find_subcommand(word) {
            (first, command) = (if first.is_empty() { word } else { first }, below);
        }
    }
    (first, command.clone())
}

/// What else to say of a mistake: what people of other tools write, and what stands in the wrong place.
fn hint(
    task: &str,
    command: &clap::Command,
    arguments: &[OsString],
    mistake: &clap::Error,
    commands: &clap::Command,
) -> Option<String> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let first = arguments.get(1)?.to_str()?;
    let is_task = mistake.kind() == ErrorKind::InvalidSubcommand;
    let what = if is_task { ContextKind::InvalidSubcommand } else { ContextKind::InvalidArg };
    if mistake.kind() == ErrorKind::MissingRequiredArgument {
        return row_of(include_str!("lacking.md"), first).map(str::to_owned);
    }
    let Some(ContextValue::String(wrong)) = mistake.get(what) else { return None };
    // clap reads the letters of `-json` one by one.
    let is_long = |word: &&str| word.len() > 3 && word.starts_with(wrong.as_str()) && !word.starts_with("--");
    let long = arguments.iter().filter_map(|word| word.to_str()).find(is_long).map(|word| format!("-{word}"));
    let wrong = long.as_ref().filter(|_| wrong.len() == 2 && wrong.starts_with('-')).unwrap_or(wrong);
    if mistake.kind() == ErrorKind::ArgumentConflict && wrong.starts_with("--port") {
        return Some("one run talks to one modem: `hayes batch SCRIPT -i INVENTORY` runs a script on many".to_owned());
    }
    if task == "help" && crate::syntax::topic(wrong).is_some() {
        return Some(format!("`hayes explain {wrong}` tells what it does"));
    }
    if task == "help" && wrong.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("at")) {
        return Some(format!("`hayes explain '{wrong}'` tells what it is"));
    }
    if is_task {
        let is_command = wrong.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("at"));
        let is_script =
            Path::new(wrong).is_file() || wrong.ends_with(".hayes") || crate::library::find(wrong).is_some();
        return if is_script {
            Some(format!("`hayes run {wrong}` runs a script"))
        } else if is_command {
            Some(format!("`hayes at '{wrong}'` sends a command"))
        } else if let Some(meant) = foreign(&format!("{task}:{wrong}")).or_else(|| foreign(wrong)) {
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
            let near = nearest(wrong, command.get_subcommands().map(clap::Command::get_name));
            near.map(|near| format!("did you mean `{} {near}`?", command.get_bin_name().unwrap_or("hayes")))
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
    if let Some(meant) = foreign(&format!("{task}:{wrong}")) {
        return Some(meant.to_owned());
    }
    // `hayes --list`
    let name = wrong.trim_start_matches('-');
    if wrong == first && commands.get_subcommands().any(|known| known.get_name() == name) {
        return Some(format!("it is `hayes {name}`"));
    }
    if wrong == first && (first.starts_with("-p") || first.starts_with("--port")) {
        let help = "`hayes repl -p PORT` explores the modem on a port, `hayes run SCRIPT -p PORT` runs a script there";
        return Some(help.to_owned());
    }
    if wrong == name {
        if task == "repl" && wrong.ends_with(".hayes") {
            return Some(format!("`hayes run {wrong}` runs a script; in the REPL, `run \"{wrong}\"` does"));
        }
        let is_list = task == "batch" && [".csv", ".toml"].iter().any(|end| wrong.ends_with(end));
        let option = if is_list { Some("-i") } else { is_address(wrong).then_some("-p") };
        let written = option.map(|option| format!("write {option} before it: {option} {wrong}"));
        return written.or_else(|| foreign(&format!("{task}:")).map(str::to_owned));
    }
    let meant = foreign(wrong);
    if let Some(meant) = meant.filter(|meant| fits(meant, wrong, task, command)) {
        return Some(meant.to_owned());
    }
    if let Some(others) = of_others(wrong, commands).filter(|_| meant.is_none() || !TALK.contains(&task)) {
        return Some(format!("{wrong} is an option of {others}"));
    }
    let options = command.get_arguments().filter_map(clap::Arg::get_long_and_visible_aliases);
    let options: Vec<&str> = options.flatten().collect();
    let begun: Vec<&&str> = options.iter().filter(|known| name.len() > 2 && known.starts_with(name)).collect();
    // A slip or two: `--log-directory` is no `--directory`.
    let slips = if name.len() < 8 { 1 } else { 2 };
    let near =
        if let [one] = begun.as_slice() { Some(**one) } else { option_near(name, options.iter().copied(), slips) };
    if let Some(near) = near.filter(|_| wrong.starts_with("--")) {
        return Some(format!("did you mean --{near}?"));
    }
    // `hayes report --jsn`, `hayes run --wave 2`: a slip in a word that is told of, in an option of another command
    let own = format!("{task}:--");
    let told = rows(include_str!("foreign.md")).flat_map(|(words, _)| words.split(' '));
    let told = told.filter_map(|word| word.strip_prefix(&own));
    if let Some(near) = nearest(name, told).filter(|_| wrong.starts_with("--")) {
        return foreign(&format!("{own}{near}")).map(|tip| format!("if --{near} was meant: {tip}"));
    }
    let all = commands.get_subcommands().flat_map(clap::Command::get_arguments).filter_map(clap::Arg::get_long);
    let all = all.filter(|known| known.len() > 5 || known.starts_with(name));
    if let Some(near) =
        option_near(name, all, 1).filter(|_| wrong.starts_with("--") && !task.is_empty() && meant.is_none())
    {
        return of_others(&format!("--{near}"), commands).map(|others| format!("--{near} is an option of {others}"));
    }
    if !(task.is_empty() || wrong.starts_with("--") && TALK.contains(&task)) {
        return None;
    }
    let elsewhere = meant.and_then(option_of).and_then(|option| {
        let taking = TALK.iter().filter_map(|task| commands.find_subcommand(task));
        taking.into_iter().find(|command| takes(command, option))
    });
    if let (Some(meant), Some(command)) = (meant, elsewhere) {
        return Some(format!("with `hayes {}`, {meant}", command.get_name()));
    }
    if task.is_empty() {
        return None;
    }
    let typed = arguments.iter().filter_map(|word| crate::library::program(word.to_str()?));
    // Where no script is typed yet, one of the library.
    let mut params = typed.chain(crate::library::scripts().filter_map(|script| crate::library::program(script.name)));
    let param = params.find_map(|program| {
        let params = program.params.iter().map(|param| param.name.value.as_str());
        nearest(&name.replace('-', "_"), params).map(str::to_owned)
    })?;
    Some(format!("a parameter of the script is given as -V {param}=VALUE"))
}

/// The option that is meant, with at most so many slips.
fn option_near<'k>(name: &str, known: impl Iterator<Item = &'k str>, slips: usize) -> Option<&'k str> {
    all_nearest(name, known, slips).into_iter().next()
}

/// The commands that take this option, at most three by name.
fn of_others(option: &str, commands: &clap::Command) -> Option<String> {
    let taking = commands.get_subcommands().filter(|command| !command.is_hide_set() && takes(command, option));
    let names: Vec<String> = taking.map(|command| format!("`hayes {}`", command.get_name())).collect();
    let more = if names.len() > 3 { ", …" } else { "" };
    (!names.is_empty()).then(|| format!("{}{more}", names.get(..3).unwrap_or(&names).join(", ")))
}

/// The commands that talk to modems by a script: what one of them does not take, another may.
const TALK: [&str; 6] = ["run", "batch", "at", "repl", "test", "fleet"];

/// The option that a tip begins with: ``-i INVENTORY` names …``
fn option_of(tip: &str) -> Option<&str> {
    tip.strip_prefix('`')?.split([' ', '`', '=']).next().filter(|word| word.starts_with('-'))
}

fn takes(command: &clap::Command, option: &str) -> bool {
    command.get_arguments().any(|arg| {
        arg.get_long().is_some_and(|long| option.strip_prefix("--") == Some(long))
            || arg.get_short().is_some_and(|short| option.strip_prefix('-').is_some_and(|it| it == short.to_string()))
    })
}

/// Whether the tip is one for this command: an option that it takes, or another way. A letter means too much elsewhere.
fn fits(tip: &str, wrong: &str, task: &str, command: &clap::Command) -> bool {
    match option_of(tip) {
        Some(option) => takes(command, option),
        None => wrong.starts_with("--") || task.is_empty() || !tip.starts_with("`hayes"),
    }
}

/// A port where a command should stand
pub(crate) fn is_address(word: &str) -> bool {
    let is_com = || {
        word.get(..3).is_some_and(|com| com.eq_ignore_ascii_case("com")) && word.ends_with(|c: char| c.is_ascii_digit())
    };
    SCHEMES.into_iter().chain(["/dev/", "tty"]).any(|start| word.starts_with(start)) || is_com()
}

/// What a person's words ask for: at most two ways to go on, those of the longest phrase that is said.
pub(crate) fn of_sentence(text: &str) -> Vec<String> {
    let words = words(text);
    let is_said = |known: &str| match known.strip_suffix('*') {
        Some(start) => words.iter().any(|word| word.starts_with(start)),
        None => words.iter().any(|word| one_of(word) == one_of(known)),
    };
    let said = |phrase: &str| phrase.split(' ').all(is_said).then(|| phrase.split(' ').count());
    let asked = rows(include_str!("asked.md"));
    let asked = asked.filter_map(|(phrases, way)| Some((phrases.split(", ").filter_map(said).max()?, way)));
    let asked: Vec<(usize, &str)> = asked.collect();
    let most = asked.iter().map(|(count, _)| *count).max();
    asked.into_iter().filter(|(count, _)| Some(*count) == most).map(|(_, way)| way.to_owned()).take(2).collect()
}

/// The scripts and the commands whose titles name all that the words name.
pub(crate) fn of_titles(text: &str) -> Vec<String> {
    const LITTLE: &str = "and are can could does for from get hayes how modem not please should show tell that the this \
                          what when where which why will with would you your";
    let words = words(text);
    let telling = |word: &&String| word.len() > 2 && !LITTLE.split(' ').any(|little| little == *word);
    let telling: Vec<&str> = words.iter().filter(telling).map(|word| one_of(word)).collect();
    let is_of = |title: &str| {
        let title = title.to_lowercase();
        !telling.is_empty() && telling.iter().all(|word| title.split(' ').any(|known| known.starts_with(word)))
    };
    let scripts = crate::library::scripts().filter(|script| is_of(script.title())).take(2);
    let commands = crate::catalogue::commands().filter(|command| is_of(command.title)).take(3);
    let scripts = scripts.map(|script| format!("`hayes run {} -p PORT`  {}", script.name, script.title()));
    scripts.chain(commands.map(|command| format!("{}  {}", command.name, command.title))).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The word without the `s` of several.
fn one_of(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}

/// What is called so by other tools, and what it is here.
pub(crate) fn foreign(word: &str) -> Option<&'static str> {
    row_of(include_str!("foreign.md"), word)
}
