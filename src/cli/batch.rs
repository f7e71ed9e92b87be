//! `hayes batch`: one script on many modems. First all that can go wrong before anything is sent: the script, the
//! inventory, the selection, the results' file. Then the modems; in the end what came of it, and the command that runs
//! the rest.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::hash::{BuildHasher, RandomState};
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};

use super::arguments;
use super::console::{self, Console, Exit, quoted};
use super::inputs::{self, Origins};
use super::modem::Signals;
use super::progress::{self, ProgressScreen};
use super::results::{self, LiveRows, Sink, Summary};
use super::{needs_memory, run, scripts};
use crate::batch::driver::{Driver, Finished, Progress, ToDriver};
use crate::batch::find::{self, Met};
use crate::batch::inventory::{self, BatchModem, Identity, Inventory, Selection};
use crate::batch::journal::{self, Head, Journal};
use crate::batch::run::{Common, Live, TakeRow};
use crate::batch::schedule::{Plan, Scheduler};
use crate::check::Program;
use crate::connect::Address;
use crate::notation;
use crate::port::crew::{Crew, allow_descriptors, room_in_memory};
use crate::port::{Cancel, Timestamp};
use crate::report::result::plural;
use crate::report::style::harmless;
use crate::report::tally::Tally;
use crate::runtime::{Inputs, STACK, Status, Unfit};
use crate::source::{COMMAND_LINE, Source};
use crate::state;

/// How many run at the same time where nobody says.
pub(crate) const USUAL_JOBS: usize = 64;

/// Where results go that nobody wants.
pub(crate) const NOWHERE: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

struct PreparedBatch {
    common: Common,
    inventory: Inventory,
    /// Those that will run, in the inventory's order
    modems: Vec<BatchModem>,
    jobs: NonZeroUsize,
    journal: Journal,
    /// The table of rows, while they come
    rows: Option<LiveRows>,
    /// How many have passed before and do not run again
    passed_before: usize,
}

pub(crate) fn run(arguments: &arguments::Batch, console: &Console) -> Result<Exit, Exit> {
    let started = start(prepare(arguments, console)?, arguments, console);
    started.map_err(|error| console.refuse(Exit::Internal, "hayes::cli batch", &[&error]))
}

fn start(prepared: PreparedBatch, arguments: &arguments::Batch, console: &Console) -> std::io::Result<Exit> {
    let PreparedBatch { mut common, inventory, mut modems, jobs, mut journal, rows, passed_before } = prepared;
    let cancel = Cancel::new()?;
    let told = channel();
    let (shown, to_show) = channel();
    let stop = told.0.clone();
    let signals = Signals::cancel_and(&cancel, move || _ = stop.send(ToDriver::Stop))?;
    let found = find::find(&mut modems, &inventory, arguments.baud, jobs.get(), &cancel)?;
    if !arguments.quiet {
        console.say(&met(&found));
    }
    let (start_delay, jitter) = arguments.start_delay.unwrap_or_default();
    let plan = Plan { jobs, waves: arguments.waves.clone(), max_fail: arguments.max_fail, start_delay, jitter };
    let seed = RandomState::new().hash_one(0);
    let schedule = Scheduler::new(&modems, &inventory, plan, seed);
    // Its memory is for the threads: each modem stands in it a second time.
    drop(inventory);
    let modems: Arc<[_]> = modems.into();
    let told_of = || -> Live {
        let told = shown.clone();
        Box::new(move |modem, lines| {
            _ = told.send(Progress::Said { modem: modem.name.clone(), lines: lines.to_owned() });
        })
    };
    let asked = arguments.commands.as_ref().map(|(_, asked)| &asked.output);
    if asked.is_some() {
        common.meaning = common.meaning.filter(|_| std::io::stdout().is_terminal());
    }
    match asked.filter(|_| arguments.json) {
        Some(_) => common.answers = Some(told_of()),
        None if arguments.verbose || asked.is_some() => common.live = Some(told_of()),
        None => {}
    }
    let answers = asked.map(|asked| Sink::open(asked.output.as_deref(), console)).transpose();
    let Ok(answers) = answers else { return Ok(Exit::Unwritable) };
    common.rows = rows.map(|rows| -> TakeRow {
        let (rows, console) = (Mutex::new(rows), *console);
        Box::new(move |modem, columns| {
            let row = serde_json::to_value(columns).unwrap_or_default();
            // Where it cannot be written, it is told here, and all are written once more at the end.
            rows.lock().unwrap_or_else(PoisonError::into_inner).add(&modem.name, &row, &console);
        })
    });
    let (plans, script) = (common.inputs.plan, common.program.source().name.clone());
    let driver = Driver::new(common, Arc::clone(&modems), schedule, cancel, told, shown.clone());
    let mut screen = ProgressScreen::new(&driver, Arc::clone(&modems), &script, *console);
    (screen.json, screen.quiet, screen.answers) = (arguments.json, arguments.quiet, answers);
    screen.is_shown = asked.map_or(!arguments.quiet, |asked| !asked.quiet);
    screen.answers_enter = progress::listen_for_snapshots(shown.clone(), !arguments.quiet);
    let thread = std::thread::Builder::new().name("screen".to_owned()).stack_size(256 << 10);
    let thread = thread.spawn(move || screen.show(&to_show))?;
    let finished = driver.run(&mut journal);
    let path = journal.path().to_owned();
    let synced = journal.finish();
    let _ = shown.send(Progress::Finished);
    let (tally, written) = thread.join().unwrap_or_else(|_| (Tally::default(), Exit::Internal));
    let mut exit = written.worst(exit_of(&finished, &tally, &signals, arguments.inputs.deny_changes));
    if let Err(error) = &synced
        && finished.unwritten.is_none()
    {
        exit = exit.worst(console.refuse(Exit::Unwritable, "hayes::cli unwritable", &[&path.display(), error]));
    }
    // A word that is not UTF-8 could mean another file.
    let words: Result<Vec<String>, _> = std::env::args_os().map(std::ffi::OsString::into_string).collect();
    let summary = Summary {
        tally: &tally,
        finished: &finished,
        modems: &modems,
        passed_before,
        plans,
        results: &path,
        named: arguments.resume.as_deref().or(arguments.results.as_deref()),
        rest: words.ok().filter(|_| !plans && path.is_file()).map(|words| rest_of(&words, &path)),
    };
    let text = summary.text(console);
    match asked {
        Some(asked) if asked.quiet && exit == Exit::Passed => {}
        None if !arguments.json && !arguments.reports.fill_stdout() => exit = exit.worst(console.print(&text)),
        Some(_) | None => console.say(&text),
    }
    if arguments.inputs.deny_changes && tally.would_change {
        exit = exit.worst(console.refuse(Exit::Failed, "hayes::run::changes-denied", &[]));
    }
    let not_run = summary.not_begun(&script);
    exit = exit.worst(results::write_reports(&path, &not_run, &arguments.reports, console));
    if let Err(error) = arguments.keep.map_or(Ok(()), |keep| keep_newest(&path, keep)) {
        exit = exit.worst(console.refuse(Exit::Unwritable, "hayes::cli not-removed", &[&error]));
    }
    Ok(exit)
}

/// Removes what batches of this script have left beside these results, but for the newest of them: results, and the
/// conversations that they name.
fn keep_newest(results: &Path, keep: NonZeroUsize) -> std::io::Result<()> {
    let (Some(folder), Some(script)) = (results.parent(), written_by(results)) else { return Ok(()) };
    let mut runs = results::runs_in(folder)?;
    runs.retain(|path| written_by(path) == Some(script));
    for old in runs.iter().take(runs.len().saturating_sub(keep.get())) {
        // What cannot be read as results may be somebody else's.
        let Ok(read) = journal::read(old) else { continue };
        let records = old.with_extension("records");
        read.walk(&mut |result| {
            let named = result.record.iter().map(|record| folder.join(record));
            named.filter(|record| record.parent() == Some(&records)).try_for_each(|record| {
                match std::fs::remove_file(record) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
                    Ok(()) | Err(_) => Ok(()),
                }
            })
        })?;
        // With another file in it the folder stays.
        let _ = std::fs::remove_dir(&records);
        std::fs::remove_file(old)?;
    }
    Ok(())
}

/// The script in the name of a batch's results: `supersim-setup` of `2026-11-22T100000.000Z-supersim-setup.jsonl`.
pub(crate) fn written_by(path: &Path) -> Option<&str> {
    const TIME: &str = "0000-00-00T000000.000Z-";
    let (time, script) = path.file_name()?.to_str()?.strip_suffix(".jsonl")?.split_at_checked(TIME.len())?;
    let is_such = |(sign, form): (char, char)| if form == '0' { sign.is_ascii_digit() } else { sign == form };
    time.chars().zip(TIME.chars()).all(is_such).then_some(script)
}

/// Who was met on which port, where modems were looked for.
fn met(found: &[Met]) -> String {
    let line = |found: &Met| {
        let Met { port, identity, why_not } = found;
        let nobody = || why_not.as_deref().unwrap_or("nobody").to_owned();
        let what = if identity.is_empty() { nobody() } else { identity.named(", ") };
        format!("{port}: {}\n", harmless(what.as_bytes()))
    };
    found.iter().map(line).collect()
}

fn exit_of(finished: &Finished, tally: &Tally, signals: &Signals, denies_changes: bool) -> Exit {
    let ended = |status: Status| tally.count(&[status]) > 0;
    let came = [
        (finished.panicked, Exit::Internal),
        (finished.unwritten.is_some(), Exit::Unwritable),
        (!finished.not_begun.is_empty(), Exit::Incomplete),
        (signals.came(), signals.exit()),
        (ended(Status::Failed) || denies_changes && tally.would_change, Exit::Failed),
        (ended(Status::Unreachable), Exit::Device),
        (ended(Status::Interrupted), Exit::Incomplete),
    ];
    came.into_iter().filter(|(came, _)| *came).map(|(_, exit)| exit).fold(Exit::Passed, Exit::worst)
}

/// What may begin; else the exit code, where all is said.
fn prepare(arguments: &arguments::Batch, console: &Console) -> Result<PreparedBatch, Exit> {
    let program = match &arguments.commands {
        Some((program, _)) => Arc::clone(program),
        None => script(arguments, console)?,
    };
    let (given, origins) = inputs::explicit(&arguments.inputs, std::slice::from_ref(&program), console)?;
    let (environment, its_origins) = inputs::environment(std::slice::from_ref(&program), &origins, console)?;
    let ports = arguments.commands.as_ref().filter(|_| arguments.inventory.is_empty());
    let inventory = match ports {
        Some((_, asked)) => of_ports(&asked.connection.port, console)?,
        None => read_inventory(&arguments.inventory, arguments.script == "-", console)?,
    };
    let mut modems = select(&inventory, &arguments.limit, console)?;
    if arguments.list {
        // Its values may be secrets.
        let line = |modem: &BatchModem| {
            let BatchModem { name, groups, labels, identity: Identity { imei, iccid }, .. } = modem;
            let (port, groups): (_, Vec<&str>) = (modem.port(), groups.iter().map(|group| &**group).collect());
            let labels: BTreeMap<&str, &String> = labels.iter().map(|(name, value)| (&**name, value)).collect();
            notation::json(
                &serde_json::json!({"modem": name, "port": port, "imei": imei, "iccid": iccid, "groups": groups, "labels": labels}),
            ) + "\n"
        };
        let lines = || modems.iter().map(line).collect::<String>();
        return Err(console.print(&if arguments.json { lines() } else { listed(&modems) }));
    }
    let is_simulated = |modem: &&BatchModem| modem.address.as_ref().is_some_and(Address::is_simulated);
    if let Some((_, asked)) = &arguments.commands
        && asked.connection.real
        && let Some(modem) = modems.iter().find(is_simulated)
    {
        return Err(console.refuse(Exit::Usage, "hayes::cli simulated-modem", &[&modem.name]));
    }
    if let Some((modem, gateway)) = modems.iter().find_map(|modem| Some((&modem.name, modem.gateway.as_ref()?))) {
        return Err(console.refuse(Exit::Invalid, "hayes::cli at-gateway", &[modem, gateway]));
    }
    let script = program.source().name.clone();
    let mut results = results_path(arguments, &script, console)?;
    let inputs = Inputs { folder: Path::new(&script).parent().map(Path::to_owned), ..given };
    let mut common = Common::new(program, inputs, &results);
    (common.environment, common.baud, common.flow) = (environment, arguments.baud, arguments.flow);
    (common.modem_timeout, common.total_timeout) = (arguments.modem_timeout, arguments.total_timeout);
    (common.retries, common.wait) = (arguments.retries, arguments.wait.unwrap_or_default());
    if let Some(folder) = &arguments.record {
        if folder.exists() && !folder.is_dir() {
            return Err(console.refuse(Exit::Unwritable, "hayes::cli record-folder", &[&folder.display()]));
        }
        (common.records, common.keeps_all) = (Some(folder.clone()), true);
    }
    let earlier = arguments.resume.as_ref().map(|path| resume(path, &script, console)).transpose()?;
    let passed_before =
        earlier.as_ref().map_or(0, |earlier| leave_out(&mut modems, earlier, &common, arguments, console));
    if modems.is_empty() {
        console.say(&format!("nothing is left to do: {} passed before\n", plural(passed_before as u64, "modem")));
        return Err(results::write_reports(&results, &[], &arguments.reports, console));
    }
    no_port_twice(&modems, console)?;
    all_have_values(&common, &modems, [&origins, &its_origins], console)?;
    let jobs = jobs(arguments, &modems, console)?;
    let inventories = arguments.inventory.iter().map(|file| ("the inventory", file.as_path()));
    let read: Vec<(&str, &Path)> = [("the script", Path::new(&arguments.script)), ("the results", results.as_path())]
        .into_iter()
        .chain(inventories)
        .chain(inputs::files(&arguments.inputs))
        .collect();
    results::reports_apart(&arguments.reports, &read, arguments.json, console)?;
    let asked = arguments.commands.as_ref().and_then(|(_, asked)| asked.output.file());
    asked.map_or(Ok(()), |(flag, file)| results::stays(flag, file, &[], console))?;
    if let Some(folder) = &arguments.record {
        let holds_some = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        if holds_some && arguments.resume.is_none() {
            return Err(console.refuse(Exit::Usage, "hayes::cli record-holds", &[&folder.display()]));
        }
        state::private_folder(folder).map_err(|error| unwritable(folder, &error, console))?;
    }
    if arguments.resume.is_none() && arguments.results.is_none() {
        let folder = results.parent().map_or(Ok(()), state::private_folder);
        folder.map_err(|error| unwritable(&results, &error, console))?;
        results = own_of(&results);
        if arguments.record.is_none() {
            common.records = Some(results.with_extension("records"));
        }
    }
    let journal = Journal::open(&results, earlier.as_ref()).map_err(|error| unwritable(&results, &error, console))?;
    let mut rows = LiveRows::open(&arguments.reports, false, console)?;
    if let (Some(rows), Some(earlier)) = (&mut rows, &earlier) {
        let walked = earlier.walk(&mut |result| {
            result.rows.iter().for_each(|row| _ = rows.add(&result.modem, row, console));
            Ok(())
        });
        walked.map_err(|error| unwritable(&results, &error, console))?;
    }
    Ok(PreparedBatch { common, inventory, modems, jobs, journal, rows, passed_before })
}

pub(crate) fn script(arguments: &arguments::Batch, console: &Console) -> Result<Arc<Program>, Exit> {
    let source = scripts::read(&arguments.script, console)?;
    run::programs(&[source], &arguments.inputs, &arguments.only, arguments.quiet, console)?.pop().ok_or(Exit::Internal)
}

pub(crate) fn read_inventory(files: &[PathBuf], stdin_is_taken: bool, console: &Console) -> Result<Inventory, Exit> {
    let mut sources = Vec::new();
    for file in files {
        if file == Path::new("-") && stdin_is_taken {
            return Err(console.refuse(Exit::Usage, "hayes::cli input-taken", &[]));
        }
        let (name, text) = scripts::text_of(file);
        let unread = |error| console.refuse_file(Exit::Invalid, "hayes::cli inventory", &[&name, &error], file);
        let text = text.map_err(unread)?;
        sources.push(Source::new(name, text));
    }
    inventory::read(&sources).map_err(|diagnostics| {
        console.show(&diagnostics);
        Exit::Invalid
    })
}

/// The inventory of the modems that -p names.
fn of_ports(ports: &[String], console: &Console) -> Result<Inventory, Exit> {
    let modem = |port: &String| {
        let address = Address::parse(port).map_err(|error| console.refuse_as(Exit::Usage, &error))?;
        Ok(BatchModem { name: port.clone(), address: Some(address), ..BatchModem::default() })
    };
    Ok(Inventory { modems: ports.iter().map(modem).collect::<Result<_, Exit>>()?, ..Inventory::default() })
}

pub(crate) fn select(inventory: &Inventory, limit: &[String], console: &Console) -> Result<Vec<BatchModem>, Exit> {
    let mut terms = Vec::new();
    for limit in limit {
        let Some(file) = limit.strip_prefix('@') else {
            terms.push(limit.clone());
            continue;
        };
        let page = "hayes::cli limit-file";
        let unreadable = |error| console.refuse_file(Exit::Usage, page, &[&file, &error], file.as_ref());
        let text = scripts::open_text(Path::new(file)).map_err(unreadable)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        terms.extend(lines.map(str::to_owned));
    }
    let selection = Selection::parse(&terms).map_err(|error| console.refuse_as(Exit::Usage, &error))?;
    let idle = selection.idle(&inventory.modems);
    if !idle.is_empty() && !inventory.modems.is_empty() {
        idle.iter().for_each(|term| _ = console.refuse_as(Exit::Nothing, term));
        return Err(Exit::Nothing);
    }
    let modems: Vec<BatchModem> = inventory.modems.iter().filter(|modem| selection.selects(modem)).cloned().collect();
    if modems.is_empty() {
        return Err(match inventory.modems.len() as u64 {
            0 => console.refuse(Exit::Nothing, "hayes::cli no-modem", &[]),
            all => console.refuse(Exit::Nothing, "hayes::cli limit-nothing", &[&plural(all, "modem")]),
        });
    }
    Ok(modems)
}

/// One line a modem: name, port, groups.
pub(crate) fn listed(modems: &[BatchModem]) -> String {
    let place = |modem: &BatchModem| match (&modem.address, &modem.identity.imei, &modem.identity.iccid) {
        (Some(address), _, _) => address.to_string(),
        (None, Some(imei), _) => format!("imei {imei}"),
        (None, None, Some(iccid)) => format!("iccid {iccid}"),
        (None, None, None) => String::new(),
    };
    let names = modems.iter().map(|modem| modem.name.chars().count()).max().unwrap_or(0);
    let places = modems.iter().map(|modem| place(modem).chars().count()).max().unwrap_or(0);
    let line = |modem: &BatchModem| {
        let groups: Vec<&str> = modem.groups.iter().map(|group| &**group).collect();
        let line = format!("{:names$}  {:places$}  {}", modem.name, place(modem), groups.join(" "));
        notation::harmless(line.trim_end()).into_owned() + "\n"
    };
    modems.iter().map(line).collect()
}

fn resume(path: &Path, script: &str, console: &Console) -> Result<journal::Results, Exit> {
    let earlier = state::told_of_waiting(state::WRITER, path, || journal::read(path)).map_err(|error| {
        let page = match error.kind() == std::io::ErrorKind::InvalidData {
            true => "hayes::cli resume-edited",
            false => "hayes::cli resume",
        };
        console.refuse_file(Exit::Invalid, page, &[&path.display(), &error], path)
    })?;
    if let Some(bytes) = earlier.torn {
        let what = "its last line was torn by a crash and is dropped";
        console.say(&format!("note: {}: {what} ({})\n", path.display(), plural(bytes as u64, "byte")));
    }
    if let Some(other) = earlier.heads.iter().find(|head| head.script != script) {
        let values: [&dyn Display; 3] = [&path.display(), &other.script, &script];
        return Err(console.refuse(Exit::Usage, "hayes::cli resume-script", &values));
    }
    Ok(earlier)
}

/// Leaves out what has passed before: with the same script, the same values, on the same port. How many those are.
fn leave_out(
    modems: &mut Vec<BatchModem>,
    earlier: &journal::Results,
    common: &Common,
    arguments: &arguments::Batch,
    console: &Console,
) -> usize {
    let passed: HashMap<&str, &Head> = earlier.passed().map(|head| (head.modem.as_str(), head)).collect();
    let all = modems.len();
    let mut again: BTreeMap<&str, u64> = BTreeMap::new();
    modems.retain(|modem| {
        let Some(head) = passed.get(modem.name.as_str()) else { return true };
        let differs = common.differs(modem, head).filter(|_| !arguments.resume_anyway);
        differs.inspect(|with| *again.entry(with).or_default() += 1).is_some()
    });
    for (with, count) in again {
        let run = if count == 1 { "runs" } else { "run" };
        let help = "--resume-anyway leaves out what has passed with other things too";
        console.say(&format!("note: {} passed before {with}, and {run} again; {help}\n", plural(count, "modem")));
    }
    all - modems.len()
}

/// Two names may lead to one device, by a link.
fn no_port_twice(modems: &[BatchModem], console: &Console) -> Result<(), Exit> {
    let mut devices: HashMap<PathBuf, &str> = HashMap::new();
    for modem in modems {
        // One that is not there yet shows when it is opened.
        let Some(device) = modem.address.as_ref().and_then(Address::real_device) else { continue };
        if let Some(other) = devices.insert(device.clone(), &modem.name) {
            let values: [&dyn Display; 3] = [&other, &modem.name, &device.display()];
            return Err(console.refuse(Exit::Invalid, "hayes::cli same-port", &values));
        }
    }
    Ok(())
}

fn results_path(arguments: &arguments::Batch, script: &str, console: &Console) -> Result<PathBuf, Exit> {
    let named = arguments.resume.clone().or_else(|| arguments.results.clone());
    let nowhere = || console.refuse(Exit::Unwritable, "hayes::cli no-results-folder", &[]);
    named.or_else(|| default_results(script)).ok_or_else(nowhere)
}

/// In the user's state folder, never in the working directory:
/// `~/.local/state/hayes/2026-11-22T100000.000Z-supersim-setup.jsonl`; none where the system names no such folder.
fn default_results(script: &str) -> Option<PathBuf> {
    let folder = state::folder()?;
    let time = Timestamp::now().to_string().replace(':', "");
    let name = Path::new(script).with_extension("");
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '_' { c } else { '-' };
    let name: String = name.to_string_lossy().trim_matches(['/', '.', '<', '>']).chars().map(plain).collect();
    Some(folder.join(format!("{time}-{name}.jsonl")))
}

/// Several batches may begin in the same millisecond: whoever makes the file has its name, the others count.
fn own_of(path: &Path) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let others = (2..1000).map(|count| path.with_file_name(format!("{stem}-{count}.jsonl")));
    let is_taken = |path: &PathBuf| {
        let made = state::private().create_new(true).open(path);
        made.is_err_and(|error| error.kind() == std::io::ErrorKind::AlreadyExists)
    };
    std::iter::once(path.to_owned()).chain(others).find(|path| !is_taken(path)).unwrap_or_else(|| path.to_owned())
}

fn unwritable(path: &Path, error: &std::io::Error, console: &Console) -> Exit {
    let page = match error.kind() == std::io::ErrorKind::AlreadyExists {
        true => "hayes::cli results-there",
        false => "hayes::cli results-file",
    };
    console.refuse(Exit::Unwritable, page, &[&path.display(), error])
}

/// A wrong or missing value for one modem ends the batch before it begins, not that modem in its middle.
pub(crate) fn all_have_values(
    common: &Common,
    modems: &[BatchModem],
    [given, environment]: [&Origins; 2],
    console: &Console,
) -> Result<(), Exit> {
    let inventory = "the inventory".to_owned();
    let mut wrong: Vec<(String, String, Vec<&str>)> = Vec::new();
    for modem in modems {
        let mut add = |what: String, help: String| match wrong.iter_mut().find(|(known, ..)| *known == what) {
            Some((.., modems)) => modems.push(&modem.name),
            None => wrong.push((what, help, vec![&modem.name])),
        };
        for name in modem.vars.keys() {
            let is_given = |param: &str| modem.vars.contains_key(param);
            if let Some(near) = inputs::misspelt(name, std::slice::from_ref(&common.program), is_given) {
                let what = format!("the script has no parameter {name}, which the inventory gives");
                add(what, format!("did you mean {near}?"));
            }
        }
        for unfit in common.unfit(modem) {
            let in_inventory = || modem.vars.contains_key(unfit.param.as_str()).then_some(&inventory);
            let origin = given.get(&unfit.param).or_else(in_inventory).or_else(|| environment.get(&unfit.param));
            add(inputs::message(&unfit, origin), help(&unfit));
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
    let program = &common.program;
    let names: BTreeSet<&str> = modems.iter().flat_map(|modem| modem.vars.keys()).map(AsRef::as_ref).collect();
    let unused: Vec<&str> = names.into_iter().filter(|name| program.param(name).is_none()).collect();
    if wrong.is_empty() && !unused.is_empty() && program.source().name != COMMAND_LINE {
        let note = format!("note: the inventory gives {}, which is no `param` of the script", unused.join(", "));
        console.say(&(console::fitted(&harmless(note.as_bytes()), "    ") + "\n"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Exit::Invalid) }
}

fn help(unfit: &Unfit) -> String {
    let (all, name) = (inputs::how_to_give(unfit), &unfit.param);
    format!("for all modems: {all}; for some, in the inventory: vars = {{ {name} = \"…\" }}, or a column var.{name}")
}

/// How many run at once, and whether the system has memory and descriptors for them.
fn jobs(arguments: &arguments::Batch, modems: &[BatchModem], console: &Console) -> Result<NonZeroUsize, Exit> {
    let mut asked = arguments.jobs.map_or(USUAL_JOBS, NonZeroUsize::get).min(modems.len()).max(1);
    let least = (10 << 20) + (2 << 10) * modems.len() as u64;
    needs_memory(least, console)?;
    if let Some(room) = room_in_memory().map(|room| room.saturating_sub(least)) {
        // Beside its stack a run has its script's values and its conversation.
        let (run, stack) = (256 << 10, STACK as u64);
        let shared = usize::try_from(room / (run + stack)).unwrap_or(usize::MAX).min(asked);
        let own = usize::try_from(room / (run + 2 * stack)).unwrap_or(usize::MAX);
        let fit = if Crew::descriptors_each(shared) == 0 { shared } else { own.max(1) };
        if fit < asked {
            asked = fit;
            let what = plural(asked as u64, "modem");
            console.say(&format!("note: the system gives memory (`ulimit -v`) for {what} at the same time\n"));
        }
    }
    // A port is opened twice for a moment; with a time limit each run has two flags of its own.
    let each = Crew::descriptors_each(asked) + if arguments.modem_timeout.is_some() { 2 } else { 0 };
    let needs_none =
        |modem: &&BatchModem| matches!(modem.address, Some(Address::Simulator { .. } | Address::Replay(_)));
    let ports = modems.len() - modems.iter().filter(needs_none).count();
    if let Err(have) = allow_descriptors((asked * each + 2 * asked.min(ports) + 64) as u64) {
        let fit = usize::try_from(have).unwrap_or(usize::MAX).saturating_sub(64) / (each + 2);
        let values: [&dyn Display; 3] = [&plural(asked as u64, "modem"), &have, &fit.max(1)];
        return Err(console.refuse(Exit::Usage, "hayes::cli open-files", &values));
    }
    Ok(NonZeroUsize::new(asked).unwrap_or(NonZeroUsize::MIN))
}

fn rest_of(arguments: &[String], results: &Path) -> String {
    let mut words = Vec::new();
    let mut rest = arguments.iter();
    words.push(
        rest.next()
            .map_or("hayes", |name| Path::new(name).file_name().and_then(|n| n.to_str()).unwrap_or(name))
            .to_owned(),
    );
    while let Some(argument) = rest.next() {
        let named = |names: &[&str]| names.iter().any(|name| argument == name);
        let joined = |names: &[&str]| names.iter().any(|name| argument.starts_with(&format!("{name}=")));
        if named(&["--resume", "--results", "--output", "-o"]) {
            rest.next();
        } else if joined(&["--resume", "--results", "--output"]) || (argument.starts_with("-o") && argument.len() > 2) {
        } else if named(&["--secret"]) {
            // Its value is not shown again, not even to who has typed it.
            let name = rest.next().map_or("", |pair| pair.split('=').next().unwrap_or_default());
            words.extend(["--secret".to_owned(), format!("{name}=…")]);
        } else if let Some(pair) = argument.strip_prefix("--secret=") {
            words.push(format!("--secret={}=…", pair.split('=').next().unwrap_or_default()));
        } else {
            words.push(argument.clone());
        }
    }
    words.extend(["--resume".to_owned(), results.display().to_string()]);
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}
