//! Arguments from where they are not typed: the environment and `hayes.toml`. To clap a file's value is another
//! default, so that it is read and checked as one that was typed. And `hayes config`, which shows what holds and where
//! it came from.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::builder::{BoolishValueParser, Resettable};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, ColorChoice, Command, CommandFactory, FromArgMatches, ValueEnum};
use serde::Serialize;

use super::arguments::{self, HayesArguments};
use super::console::{Console, Exit};
use crate::config::{Configuration, FromFile, SETTINGS, Setting};
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::notation::{harmless, json};
use crate::report::style::Style;

const TAKE: [&str; 10] = ["run", "repl", "batch", "at", "agent", "fleet", "test", "check", "report", "config"];

/// What the files say, once they were read.
static CONFIGURATION: OnceLock<Configuration> = OnceLock::new();
/// Where the port stands, if not on the command line.
pub(super) static PORT: OnceLock<String> = OnceLock::new();
/// `-t` stands on the command line: it bounds, which one that always holds does not.
pub(super) static TYPED_TIMEOUT: OnceLock<()> = OnceLock::new();

pub(super) fn vars() -> impl Iterator<Item = (&'static String, &'static FromFile)> {
    CONFIGURATION.get().into_iter().flat_map(|configuration| &configuration.vars)
}

/// Goes into the folder that is to be worked in, before its settings are read.
pub(crate) fn work_in(words: &[OsString]) -> Result<(), Exit> {
    let Some(folder) = ["-C", "--directory"].into_iter().find_map(|option| global(words, option)) else {
        return Ok(());
    };
    std::env::set_current_dir(&folder).map_err(|error| {
        let is_file = Path::new(&folder).is_file();
        let page = if is_file { "hayes::cli directory file" } else { "hayes::cli directory" };
        let console = Console::new(ColorChoice::Auto);
        console.refuse_file(Exit::Usage, page, &[&folder, &error], folder.as_ref())
    })
}

/// The arguments; else what to print instead (help, a mistake), or the exit where a file's fault has been told.
pub(super) fn parse(words: &[OsString]) -> Result<HayesArguments, Result<clap::Error, Exit>> {
    let wants_help = words.iter().any(|word| word == "--help" || word == "-h");
    let takes = !wants_help && task(words).is_some_and(|task| TAKE.contains(&task));
    // The texts that only a help page shows are made for one that is asked for.
    let whole = |error: clap::Error| {
        let asks = error.kind() == ErrorKind::DisplayHelp;
        let page = || coloured(arguments::command(), words).try_get_matches_from(words).err();
        asks.then(page).flatten().unwrap_or(error)
    };
    let mut command = coloured(HayesArguments::command(), words);
    if takes {
        // What the commands below it take is added when they are described.
        command = with_own_settings(command, read(words).map_err(Err)?);
    }
    let matches = command.try_get_matches_from(words).map_err(|error| Ok(whole(error)))?;
    let is_from_file = |task: &ArgMatches| {
        task.try_contains_id("port").is_ok_and(|known| known)
            && task.value_source("port") == Some(ValueSource::DefaultValue)
    };
    if matches.subcommand().is_some_and(|(_, task)| is_from_file(task))
        && let Some(port) = CONFIGURATION.get().and_then(|configuration| configuration.settings.get("port"))
    {
        let _ = PORT.set(port.origin());
    }
    let typed = |task: &ArgMatches, id| task.value_source(id) == Some(ValueSource::CommandLine);
    let mut task = &matches;
    while let Some((_, below)) = task.subcommand() {
        task = below;
    }
    if task.try_contains_id("timeout").is_ok() && typed(task, "timeout") {
        let _ = TYPED_TIMEOUT.set(());
    }
    if matches.subcommand_matches("at").is_some_and(|at| typed(at, "inventory") && typed(at, "port")) {
        return Err(Err(Console::new(ColorChoice::Auto).refuse(Exit::Usage, "hayes::cli both-name", &[])));
    }
    HayesArguments::from_arg_matches(&matches).map_err(Ok)
}

/// Reads the files; what is wrong with them is told.
fn read(words: &[OsString]) -> Result<&'static Configuration, Exit> {
    let folder = std::env::current_dir().unwrap_or_default();
    // It has to be known before the rest can be read: the one of the command line, else of the environment.
    let of_environment = || std::env::var("HAYES_PROFILE").ok().filter(|profile| !profile.is_empty());
    let profile = global(words, "--profile").or_else(of_environment);
    let named = global(words, "--config").map(|file| vec![PathBuf::from(file)]);
    let has_none = words.iter().take_while(|word| *word != "--").any(|word| word == "--no-config");
    let named = if has_none { Some(Vec::new()) } else { named };
    let mut configuration = Configuration::read(&folder, profile.as_deref(), named.as_deref());
    // The definition is made where there is something to be held against it.
    let command = (!configuration.settings.is_empty()).then(whole_command);
    for (key, given) in &configuration.settings {
        let Some(why) = command.as_ref().and_then(|command| arg(command, key)).and_then(|arg| misfit(arg, key, given))
        else {
            continue;
        };
        let diagnostic = Diagnostic::new("hayes::config::value", &given.source, why).at(given.span, "");
        configuration.diagnostics.push(diagnostic);
    }
    configuration.diagnostics.sort_by_key(|found| (found.source.name.clone(), found.span().map(|span| span.start)));
    let console = Console::new(clap::ColorChoice::Auto);
    console.show(&configuration.diagnostics);
    configuration.complaints.iter().for_each(|complaint| _ = console.refuse_as(Exit::Invalid, complaint));
    let is_wrong = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    if !configuration.complaints.is_empty() || configuration.diagnostics.iter().any(is_wrong) {
        return Err(Exit::Invalid);
    }
    for variable in std::env::vars_os().filter_map(|(variable, _)| variable.into_string().ok()) {
        let Some(key) = variable.strip_prefix("HAYES_") else { continue };
        let key = key.to_ascii_lowercase().replace('_', "-");
        let is_other = ["var-", "secret-", "test-"].iter().any(|start| key.starts_with(start));
        let is_own = matches!(&*key, "profile" | "root" | "commit" | "target" | "rewrite" | "fail-point");
        if is_other || is_own || Setting::find(&key).is_some() {
            continue;
        }
        let known = SETTINGS.iter().map(|setting| setting.key).chain(["profile"]);
        let near = match key.split_once('-').filter(|(start, _)| ["vars", "variable", "param"].contains(start)) {
            Some((_, name)) => Some(format!("HAYES_VAR_{}", name.replace('-', "_"))),
            None => nearest(&key, known).map(|near| format!("HAYES_{}", near.to_ascii_uppercase().replace('-', "_"))),
        };
        let help = near.map_or("`hayes config` lists them".to_owned(), |near| format!("did you mean {near}?"));
        console.say(&format!("note: {variable} is no setting: {help}\n"));
    }
    Ok(CONFIGURATION.get_or_init(|| configuration))
}

/// The definition of the command line with what is described late.
fn whole_command() -> Command {
    let mut command = HayesArguments::command();
    command.build();
    command
}

/// The first word that is no flag.
fn task(words: &[OsString]) -> Option<&str> {
    let mut words = words.iter().skip(1).filter_map(|word| word.to_str());
    loop {
        match words.next()? {
            "--color" | "--profile" | "--config" | "-C" | "--directory" => _ = words.next(),
            flag if flag.starts_with('-') => {}
            task => return Some(task),
        }
    }
}

/// The value that the command line has for an option of all commands.
fn global(words: &[OsString], option: &str) -> Option<String> {
    let mut words = words.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--");
    let joined = words.find_map(|word| Some(word.strip_prefix(option)?.strip_prefix('=').map(str::to_owned)))?;
    joined.or_else(|| words.next().map(str::to_owned))
}

/// Help pages and mistakes in colours as `--color` says: clap prints them before it has read that.
pub(crate) fn coloured(command: Command, words: &[OsString]) -> Command {
    let asked = global(words, "--color").and_then(|when| ColorChoice::from_str(&when, true).ok());
    command.color(asked.unwrap_or_default())
}

fn arg<'c>(command: &'c Command, key: &str) -> Option<&'c Arg> {
    let own = command.get_arguments().find(|arg| arg.get_long() == Some(key));
    let below = || {
        let taking = command.get_subcommands().filter(|below| !matches!(below.get_name(), "ports" | "doctor" | "sim"));
        taking.into_iter().find_map(|below| arg(below, key))
    };
    own.or_else(below)
}

/// Why the option does not take these values.
fn misfit(arg: &Arg, key: &str, given: &FromFile) -> Option<String> {
    let alone = Command::new("hayes").no_binary_name(true).arg(settable(arg.clone()).required(false));
    let words = given.values.iter().map(|value| format!("--{key}={value}"));
    let error = alone.try_get_matches_from(words).err()?.to_string();
    let first = error.lines().next().unwrap_or_default();
    Some(first.trim_start_matches("error: ").to_owned())
}

/// A flag takes `=false` too, so that what stands in a file can be taken back.
fn settable(arg: Arg) -> Arg {
    if !matches!(arg.get_action(), ArgAction::SetTrue) {
        return arg;
    }
    let arg = arg.action(ArgAction::Set).num_args(0..=1).require_equals(true).default_missing_value("true");
    arg.default_value("false").hide_default_value(true).value_name("BOOL").value_parser(BoolishValueParser::new())
}

/// Gives each option that is a setting its variable, and what the files say as its default, where they were read.
pub(crate) fn with_settings(command: Command) -> Command {
    let Some(configuration) = CONFIGURATION.get() else { return command };
    with_own_settings(command, configuration).mut_subcommands(with_settings)
}

/// Whether the option may be a setting there: who asks one modem does not mean all of an inventory.
pub(crate) fn is_taken(command: &Command, setting: &Setting) -> bool {
    command.get_name() != "at" || setting.key != "inventory"
}

fn with_own_settings(mut command: Command, configuration: &Configuration) -> Command {
    let known = |arg: &Arg| Some((arg.get_id().clone(), Setting::find(arg.get_long()?)?));
    let mut settings: Vec<_> = command.get_arguments().filter_map(known).collect();
    settings.retain(|(_, setting)| is_taken(&command, setting));
    for (id, setting) in settings {
        command = command.mut_arg(id, |arg| {
            // An empty variable is none.
            let variable = leaked(setting.variable());
            let is_empty = std::env::var_os(variable).is_some_and(|value| value.is_empty());
            let arg = settable(arg).env(if is_empty { Resettable::Reset } else { Resettable::Value(variable.into()) });
            let Some(given) = configuration.settings.get(setting.key) else { return arg };
            arg.required(false).default_values(given.values.iter().map(|value| leaked(value.clone())))
        });
    }
    command
}

/// Clap keeps what outlives it; the arguments are read once.
fn leaked(text: String) -> &'static OsStr {
    OsString::from(text).leak()
}

/// One line of `hayes config`.
#[derive(Serialize)]
struct Held {
    setting: String,
    value: Option<String>,
    from: String,
}

pub(super) fn show(as_json: bool, console: &Console) -> Exit {
    let rows = held();
    if as_json {
        return console.print(&rows.iter().map(|row| json(row) + "\n").collect::<String>());
    }
    let value = |row: &Held| row.value.clone().unwrap_or_else(|| "-".to_owned());
    let width = |text: &dyn Fn(&Held) -> String| rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
    let (first, second) = (width(&|row| row.setting.clone()), width(&value).min(40));
    let line = |row: &Held| {
        let setting = console.out.paint(Style::Name, format!("{:first$}", row.setting));
        harmless(&format!("{setting}  {:second$}  {}", value(row), row.from)).into_owned() + "\n"
    };
    console.print(&rows.iter().map(line).collect::<String>())
}

fn held() -> Vec<Held> {
    let command = whole_command();
    let files = CONFIGURATION.get();
    let setting = |setting: &Setting| {
        let variable = setting.variable();
        let (value, from) = match (std::env::var(&variable), files.and_then(|files| files.settings.get(setting.key))) {
            (Ok(value), _) => (Some(value), variable),
            (Err(_), Some(given)) => (Some(given.values.join(", ")), given.origin()),
            (Err(_), None) => {
                let usual = arg(&command, setting.key).map(|arg| settable(arg.clone()));
                let usual: Vec<_> =
                    usual.iter().flat_map(Arg::get_default_values).map(|value| value.to_string_lossy()).collect();
                (Some(usual.join(", ")).filter(|usual| !usual.is_empty()), "default".to_owned())
            }
        };
        Held { setting: setting.key.to_owned(), value, from }
    };
    let mut given: BTreeMap<String, Held> = BTreeMap::new();
    let mut give = |setting: String, value: String, from: String| {
        given.insert(setting.clone(), Held { setting, value: Some(value), from });
    };
    for (name, from) in vars() {
        give(format!("vars.{name}"), from.values.concat(), from.origin());
    }
    for (name, value) in std::env::vars() {
        if let Some(param) = name.strip_prefix("HAYES_VAR_") {
            give(format!("vars.{}", param.to_ascii_lowercase()), value, name.clone());
        } else if let Some(param) = name.strip_prefix("HAYES_SECRET_") {
            give(format!("secrets.{}", param.to_ascii_lowercase()), "…".to_owned(), name.clone());
        }
    }
    SETTINGS.iter().map(setting).chain(given.into_values()).collect()
}
