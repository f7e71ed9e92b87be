//! All that can go wrong before anything is sent: the script, the inventory, the selection, the results' file.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::place;
use crate::batch::inventory::{self, Inventory, Modem, Selection};
use crate::batch::journal::{self, Journal, ReadError};
use crate::batch::session::{Common, Records};
use crate::check::Program;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::inputs::Origins;
use crate::cli::{arguments, inputs, report, run, scripts};
use crate::connect::Address;
use crate::port::crew::Crew;
use crate::port::descriptors;
use crate::report::result::plural;
use crate::runtime::{Inputs, Unfit};
use crate::source::{LARGEST, Source, read_text};

/// How many run at the same time where nobody says.
const USUAL_JOBS: usize = 64;

/// A batch that may begin.
pub(super) struct Prepared {
    pub(super) common: Common,
    pub(super) inventory: Inventory,
    /// Those that will run, in the inventory's order
    pub(super) modems: Vec<Modem>,
    pub(super) jobs: NonZeroUsize,
    pub(super) journal: Journal,
    /// How many have passed before and do not run again
    pub(super) passed_before: usize,
}

pub(super) enum Ready {
    Run(Box<Prepared>),
    /// There is nothing to run: all is said.
    Shown(Exit),
}

pub(super) fn prepare(arguments: &arguments::Batch, console: &Console) -> Result<Ready, Exit> {
    let program = script(&arguments.script, arguments.quiet, console)?;
    let environment = inputs::environment(std::slice::from_ref(&program), console)?;
    let (given, origins) = inputs::explicit(&arguments.inputs, std::slice::from_ref(&program), console)?;
    let inventory = read_inventory(&arguments.inventory, arguments.script == "-", console)?;
    let mut modems = select(&inventory, &arguments.limit, console)?;
    if arguments.list {
        return Ok(Ready::Shown(console.print(&listed(&modems))));
    }
    let script = program.source().name.clone();
    let (earlier, passed_before) = match &arguments.resume {
        Some(path) => {
            let earlier = resume(path, &script, console)?;
            let passed: HashSet<&str> = earlier.passed().collect();
            let all = modems.len();
            modems.retain(|modem| !passed.contains(modem.name.as_str()));
            let done = all - modems.len();
            if modems.is_empty() {
                console.say(&format!("nothing is left to do: {} passed before\n", plural(done as u64, "modem")));
                return Ok(Ready::Shown(report::write(path, &arguments.reports, console)));
            }
            (Some(earlier), done)
        }
        None => (None, 0),
    };
    no_port_twice(&modems, console)?;
    let results = results_path(arguments, &script, console)?;
    let common = Common {
        inputs: Inputs { folder: Path::new(&script).parent().map(Path::to_owned), ..given },
        program,
        environment: environment.variables,
        secret_environment: environment.secrets,
        baud: arguments.baud,
        modem_timeout: arguments.modem_timeout,
        records: match &arguments.record {
            Some(folder) => Records::All(folder.clone()),
            None => Records::Failed(place::records(&results)),
        },
        results_folder: results.parent().unwrap_or(Path::new("")).to_owned(),
    };
    all_have_values(&common, &modems, [&origins, &environment.origins], console)?;
    let jobs = jobs(arguments, modems.len(), console)?;
    let inventories = arguments.inventory.iter().map(|file| ("the inventory", file.as_path()));
    let read: Vec<(&str, &Path)> = [("the script", Path::new(&arguments.script)), ("the results", results.as_path())]
        .into_iter()
        .chain(inventories)
        .chain(inputs::files(&arguments.inputs))
        .collect();
    report::apart(&arguments.reports, &read, console)?;
    report::writable(&arguments.reports, console)?;
    if let Some(folder) = &arguments.record {
        std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error, console))?;
    }
    let journal = Journal::open(&results, earlier.as_ref()).map_err(|error| unwritable(&results, &error, console))?;
    Ok(Ready::Run(Box::new(Prepared { common, inventory, modems, jobs, journal, passed_before })))
}

fn script(name: &str, quiet: bool, console: &Console) -> Result<Arc<Program>, Exit> {
    let source = scripts::read(name, console)?;
    run::programs(&[source], quiet, console)?.pop().ok_or(Exit::Internal)
}

fn read_inventory(files: &[PathBuf], stdin_is_taken: bool, console: &Console) -> Result<Inventory, Exit> {
    let mut sources = Vec::new();
    for file in files {
        let text = if file == Path::new("-") {
            if stdin_is_taken {
                console.complain("standard input is the script already", Some("give the inventory a file"));
                return Err(Exit::Usage);
            }
            read_text(std::io::stdin().lock(), LARGEST)
        } else {
            scripts::open_text(file)
        };
        let name = if file == Path::new("-") { "<stdin>".to_owned() } else { file.display().to_string() };
        match text {
            Ok(text) => sources.push(Source::new(name, text)),
            Err(error) => {
                console.complain(&format!("the inventory {name} {error}"), None);
                return Err(Exit::Invalid);
            }
        }
    }
    inventory::read(&sources).map_err(|diagnostics| {
        console.show(&diagnostics);
        Exit::Invalid
    })
}

fn select(inventory: &Inventory, limit: &[String], console: &Console) -> Result<Vec<Modem>, Exit> {
    let selection = Selection::parse(limit).map_err(|error| {
        console.complain(&error.message, Some(&error.help));
        Exit::Usage
    })?;
    let idle = selection.idle(&inventory.modems);
    if !idle.is_empty() && !inventory.modems.is_empty() {
        idle.iter().for_each(|error| console.complain(&error.message, Some(&error.help)));
        return Err(Exit::Nothing);
    }
    let modems: Vec<Modem> = inventory.modems.iter().filter(|modem| selection.selects(modem)).cloned().collect();
    if modems.is_empty() {
        let help = "`hayes batch … --list` without -l shows all there are";
        console.complain("no modem is selected", Some(help));
        return Err(Exit::Nothing);
    }
    Ok(modems)
}

/// One line a modem: name, port, groups.
fn listed(modems: &[Modem]) -> String {
    let width = |text: fn(&Modem) -> String| modems.iter().map(|modem| text(modem).chars().count()).max().unwrap_or(0);
    let place = |modem: &Modem| match (&modem.address, &modem.identity.imei, &modem.identity.iccid) {
        (Some(address), _, _) => address.to_string(),
        (None, Some(imei), _) => format!("imei {imei}"),
        (None, None, Some(iccid)) => format!("iccid {iccid}"),
        (None, None, None) => String::new(),
    };
    let (names, places) =
        (width(|modem| modem.name.clone()), modems.iter().map(|m| place(m).chars().count()).max().unwrap_or(0));
    let line = |modem: &Modem| {
        let groups: Vec<&str> = modem.groups.iter().map(|group| &**group).collect();
        format!("{:names$}  {:places$}  {}", modem.name, place(modem), groups.join(" ")).trim_end().to_owned() + "\n"
    };
    modems.iter().map(line).collect()
}

fn resume(path: &Path, script: &str, console: &Console) -> Result<journal::Results, Exit> {
    let earlier = journal::read(path).map_err(|error| {
        let help = match error {
            ReadError::Io(_) => "give --resume the results that an earlier batch has written",
            ReadError::Line { .. } => "this is no file of results, or somebody has edited it",
        };
        console.complain(&format!("{} cannot be resumed: {error}", path.display()), Some(help));
        Exit::Invalid
    })?;
    if let Some(bytes) = earlier.torn {
        let what = "its last line was torn by a crash and is dropped";
        console.say(&format!("note: {}: {what} ({})\n", path.display(), plural(bytes as u64, "byte")));
    }
    if let Some(other) = earlier.results.iter().find(|result| result.script != script) {
        let message = format!("{} holds results of {}, not of {script}", path.display(), other.script);
        console.complain(&message, Some("what has passed with another script has not passed with this one"));
        return Err(Exit::Usage);
    }
    Ok(earlier)
}

/// Two names may lead to one device, by a link.
fn no_port_twice(modems: &[Modem], console: &Console) -> Result<(), Exit> {
    let mut devices: HashMap<PathBuf, &str> = HashMap::new();
    for modem in modems {
        let Some(Address::Device(path)) = &modem.address else { continue };
        // One that is not there yet shows when it is opened.
        let Ok(device) = std::fs::canonicalize(path) else { continue };
        if let Some(other) = devices.insert(device.clone(), &modem.name) {
            let message = format!("{other} and {} have the same port, {}", modem.name, device.display());
            console.complain(&message, Some("a port can be driven once: give each modem its own"));
            return Err(Exit::Invalid);
        }
    }
    Ok(())
}

fn results_path(arguments: &arguments::Batch, script: &str, console: &Console) -> Result<PathBuf, Exit> {
    let named = arguments.resume.clone().or_else(|| arguments.results.clone());
    named.or_else(|| place::default_results(script)).ok_or_else(|| {
        console.complain(
            "there is no place for the results: neither XDG_STATE_HOME nor HOME is set",
            Some("name a file: --results FILE"),
        );
        Exit::Unwritable
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system has many kinds of errors")]
fn unwritable(path: &Path, error: &std::io::Error, console: &Console) -> Exit {
    let message = format!("results cannot be written to {}: {error}; nothing was sent", path.display());
    let help = match error.kind() {
        std::io::ErrorKind::AlreadyExists => "--resume goes on with them; --results names another file",
        _ => "--results FILE puts them elsewhere",
    };
    console.complain(&message, Some(help));
    Exit::Unwritable
}

/// A wrong or missing value for one modem ends the batch before it begins, not that modem in its middle.
fn all_have_values(
    common: &Common,
    modems: &[Modem],
    [given, environment]: [&Origins; 2],
    console: &Console,
) -> Result<(), Exit> {
    let inventory = "the inventory".to_owned();
    let mut wrong: Vec<(String, String, Vec<&str>)> = Vec::new();
    for modem in modems {
        for unfit in common.unfit(modem) {
            let in_inventory = || modem.vars.contains_key(unfit.param.as_str()).then_some(&inventory);
            let origin = given.get(&unfit.param).or_else(in_inventory).or_else(|| environment.get(&unfit.param));
            let what = inputs::message(&unfit, origin);
            match wrong.iter_mut().find(|(known, ..)| *known == what) {
                Some((.., modems)) => modems.push(&modem.name),
                None => wrong.push((what, help(&unfit), vec![&modem.name])),
            }
        }
    }
    for (what, help, whose) in &wrong {
        let whom = match whose.as_slice() {
            all if all.len() == modems.len() => String::new(),
            [first, others @ ..] => match others.len() as u64 {
                0 => format!(" for {first}"),
                others => format!(" for {first} and {}", plural(others, "other")),
            },
            [] => continue,
        };
        console.complain(&format!("{what}{whom}"), Some(help));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Exit::Invalid) }
}

fn help(unfit: &Unfit) -> String {
    let (all, name) = (inputs::how_to_give(unfit), &unfit.param);
    format!("for all modems: {all}; for some, in the inventory: vars = {{ {name} = \"…\" }}, or a column var.{name}")
}

/// How many run at once, and whether the system has descriptors for them.
fn jobs(arguments: &arguments::Batch, modems: usize, console: &Console) -> Result<NonZeroUsize, Exit> {
    let asked = arguments.jobs.map_or(USUAL_JOBS, NonZeroUsize::get).min(modems).max(1);
    // A port is opened twice for a moment; with a time limit it has two flags of its own.
    let each = Crew::descriptors_each(asked) + if arguments.modem_timeout.is_some() { 4 } else { 2 };
    if let Err(have) = descriptors::allow((asked * each + 64) as u64) {
        let fit = usize::try_from(have).unwrap_or(usize::MAX).saturating_sub(64) / each;
        let message = format!(
            "{} at the same time need more open files than the {have} that the system allows",
            plural(asked as u64, "modem")
        );
        let help = format!(
            "take -j {}, or raise the limit: `ulimit -Hn` shows it, /etc/security/limits.conf sets it",
            fit.max(1)
        );
        console.complain(&message, Some(&help));
        return Err(Exit::Usage);
    }
    Ok(NonZeroUsize::new(asked).unwrap_or(NonZeroUsize::MIN))
}
