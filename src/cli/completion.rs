//! `hayes completions`: what clap knows of commands and flags, and what only a look at the machine and the scripts
//! tells: names of scripts, their parameters, ports and simulated modems, the modems of an inventory. For these the
//! shell calls `hayes complete-word` with the words that were typed; the last is the one at the cursor.

use std::path::Path;
use std::sync::Arc;

use clap_complete::Shell;
use clap_complete_nushell::Nushell;

use super::arguments;
use super::console::{Console, Exit};
use crate::batch::inventory;
use crate::catalogue::commands;
use crate::check::Program;
use crate::config;
use crate::connect::AUTO;
use crate::diagnostic::pages;
use crate::library::{names_beside, program, scripts};
use crate::port::list::ports;
use crate::sim::{fault_help, models};
use crate::source::{LARGEST_TEXT, Source, read_file};
use crate::syntax::topics;
use crate::usb::UsbName;

pub(crate) fn script(shell: &str, console: &Console) -> Exit {
    let (mut text, mut command) = (Vec::new(), arguments::command());
    match shell.parse::<Shell>() {
        Ok(shell) => clap_complete::generate(shell, &mut command, "hayes", &mut text),
        Err(_) => clap_complete::generate(Nushell, &mut command, "hayes", &mut text),
    }
    let ours = [
        ("bash", include_str!("completion/hayes.bash")),
        ("zsh", include_str!("completion/hayes.zsh")),
        ("fish", include_str!("completion/hayes.fish")),
    ];
    let more = ours.into_iter().find(|(known, _)| *known == shell).map_or("", |(_, more)| more);
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if shell == "zsh" {
        // With two colons zsh takes what follows a script for other scripts: no flag is completed there.
        text = text.lines().map(|line| line.replacen("'*::", "'*:", 1) + "\n").collect();
    }
    console.print(&format!("{text}\n{more}"))
}

/// What may stand at the cursor, a line each. Passed where it is the value of a flag: no file, and no other flag.
pub(crate) fn word(words: &[String], console: &Console) -> Exit {
    let Some((typed, before)) = words.split_last() else { return Exit::Nothing };
    // `--port=sim:bg96`
    let (flag, typed) = typed.split_once('=').filter(|(flag, _)| flag.starts_with("--")).unwrap_or(("", typed));
    let mut before = before.to_vec();
    before.extend((!flag.is_empty()).then(|| flag.to_owned()));
    let begun = if flag.is_empty() { String::new() } else { format!("{flag}=") };
    let values = values(&before, typed);
    let is_value = values.is_some();
    let found = values.unwrap_or_else(|| candidates(&before, typed)).into_iter().filter(|word| word.starts_with(typed));
    let found: String = found.map(|word| format!("{begun}{word}\n")).collect();
    let is_name = before.last().is_some_and(|flag| ["--only", "--profile", "--module", "--fault"].contains(&&**flag));
    let exit = if is_value && (is_name || !found.is_empty()) { Exit::Passed } else { Exit::Nothing };
    exit.worst(console.print(&found))
}

/// What the flag before the cursor takes; none where it takes none that is known here, such as a file.
fn values(before: &[String], typed: &str) -> Option<Vec<String>> {
    Some(match before.last().map_or("", String::as_str) {
        "-p" | "--port" => addresses(),
        "-V" | "--var" => params(before, false).map(|name| name + "=").collect(),
        "--secret" => params(before, true).map(|name| name + "=").collect(),
        "--only" => before.iter().filter_map(|word| program(word)).flat_map(|program| parts(&program, typed)).collect(),
        "-l" | "--limit" => selections(before, typed),
        "--profile" => config::profiles(&std::env::current_dir().unwrap_or_default()),
        "--module" => crate::catalogue::modules().map(|module| module.id.to_owned()).collect(),
        "--fault" => fault_help().map(|[name, ..]| name.to_owned()).collect(),
        _ => return None,
    })
}

fn candidates(before: &[String], typed: &str) -> Vec<String> {
    let task = before.first().map_or("", String::as_str);
    match before.last().map_or("", String::as_str) {
        // What a flag takes else is a file, or the like.
        flag if flag.starts_with('-')
            && !["--plan", "--yes", "--real", "-q", "-v", "--quiet", "--json"].contains(&flag) =>
        {
            Vec::new()
        }
        _ if matches!(task, "run" | "batch" | "check" | "show" | "copy") => {
            let own = names_beside(&Source::new("", ""), typed).into_iter().map(|name| name + ".hayes");
            own.chain(scripts().map(|entry| entry.name.to_owned())).collect()
        }
        _ if task == "explain" => {
            topics().chain(commands().map(|known| known.name)).chain(pages::codes()).map(str::to_owned).collect()
        }
        _ if task == "at" => commands().map(|known| known.name.to_owned()).collect(),
        _ if task == "sim" => models().map(|model| model.name.to_string()).collect(),
        _ => Vec::new(),
    }
}

fn addresses() -> Vec<String> {
    let ports = ports();
    let names = ports.iter().filter_map(|port| UsbName::of(port, &ports)).map(|name| name.to_string());
    let paths = ports.iter().map(|port| port.path.display().to_string());
    paths.chain(names).chain(Some(AUTO.to_owned())).chain(models().map(|model| format!("sim:{}", model.name))).collect()
}

fn params(words: &[String], secret: bool) -> impl Iterator<Item = String> {
    let programs: Vec<Arc<Program>> = words.iter().filter_map(|word| program(word)).collect();
    let params = programs.into_iter().flat_map(|program| program.params.clone());
    params.filter(move |param| param.secret == secret).map(|param| param.name.value)
}

/// Names of its parts, behind those that are typed already.
fn parts(program: &Program, typed: &str) -> Vec<String> {
    let begun = typed.rfind([',', '!']).map_or("", |at| typed.get(..=at).unwrap_or_default());
    program.script.part_names().iter().map(|name| format!("{begun}{}", name.value)).collect()
}

/// Groups and names of the inventory among these words, behind the terms that stand there already.
fn selections(words: &[String], typed: &str) -> Vec<String> {
    let files = words.windows(2).filter(|pair| pair.first().is_some_and(|flag| flag == "-i" || flag == "--inventory"));
    let sources = files.filter_map(|pair| {
        let file = pair.last()?;
        Some(Source::new(file.as_str(), read_file(Path::new(file), LARGEST_TEXT).ok()?))
    });
    let Ok(inventory) = inventory::read(&sources.collect::<Vec<_>>()) else { return Vec::new() };
    let begun = typed.rfind([',', ':', '!', '&']).map_or("", |at| typed.get(..=at).unwrap_or_default());
    let groups = inventory.modems.iter().flat_map(|modem| modem.groups.iter().map(|group| group.to_string()));
    let mut found: Vec<String> = groups.chain(inventory.modems.iter().map(|modem| modem.name.clone())).collect();
    found.sort();
    found.dedup();
    found.into_iter().map(|name| format!("{begun}{name}")).collect()
}
