//! `hayes fleet`: what the operator of many gateways wants of them, and what came of it.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

use clap::{Args, Subcommand, ValueHint};

use super::arguments::{Batch, Deferred, Reports, some_time};
use super::batch;
use super::console::{self, Console, Exit};
use super::inputs;
use super::modem::Signals;
use super::progress::{LiveLines, clock};
use super::results;
use crate::batch::run::Common;
use crate::batch::schedule::Share;
use crate::diagnostic::Complaint;
use crate::fleet::attaches::{self, AttachBudget};
use crate::fleet::board::FleetBoard;
use crate::fleet::bundle::{ScriptBundle, asks_person, not_repeatable};
use crate::fleet::carrier::is_name;
#[cfg(feature = "nats")]
use crate::fleet::carrier::nats::users::configuration;
use crate::fleet::controller::{FleetRun, NO_GATEWAY, Wish};
use crate::fleet::files;
use crate::fleet::folder::{FleetFolder, FleetSettings};
use crate::fleet::gateway::CALL;
use crate::fleet::message::{Manner, VERSION};
#[cfg(feature = "nats")]
use crate::fleet::nkey::KeyKind;
use crate::fleet::operator::Operator;
use crate::fleet::seal;
use crate::fleet::targets::{check_keys, targets};
use crate::port::{Clock, Timestamp};
use crate::report::result::plural;
use crate::report::style::harmless;
use crate::runtime::{Inputs, Status};
use crate::state;

/// Where orders and results are carried, and where this side keeps what it has.
#[derive(Debug, Args)]
pub(crate) struct CarrierArguments {
    /// dir:FOLDER, tls://HOST or nats://127.0.0.1
    #[arg(long, env = "HAYES_CARRIER", global = true)]
    carrier: Option<String>,
    /// Trust these certificates in place of the system's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, global = true)]
    ca: Option<PathBuf>,
    /// Keep keys, orders and results in this folder [default: in the user's state folder]
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, global = true)]
    state: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct FleetArguments {
    #[command(subcommand)]
    task: FleetTask,
    #[command(flatten)]
    place: CarrierArguments,
}

#[derive(Debug, Subcommand)]
enum FleetTask {
    /// Make the operator's key and what the carrier needs
    Init {
        /// What the fleet is called
        #[arg(long, default_value = "fleet")]
        fleet: String,
        /// How long a gateway that the carrier does not reach begins modems by its last order
        #[arg(long, value_name = "DURATION", default_value = "15min", value_parser = some_time)]
        valid_for: Duration,
    },
    /// Run a script on the modems of many gateways
    Run(Deferred<FleetRunArguments>),
    /// Show how a run goes, and take in its results
    Watch {
        /// The run [default: the last one]
        run: Option<String>,
        #[command(flatten)]
        reports: Reports,
    },
    /// Begin no more modems of a run; what runs goes on
    Pause { run: String },
    /// Go on with a run that was paused, or that has stopped itself
    GoOn { run: String },
    /// End a run: what has begun comes to its end
    Cancel {
        run: String,
        /// What has begun ends too, by its `finally`
        #[arg(long)]
        now: bool,
    },
    /// Run modems once more [default: those that failed or were unreachable]
    Retry {
        run: String,
        /// Those whose script was cut off: look first at what it has done
        #[arg(long)]
        interrupted: bool,
        #[arg(long)]
        failed: bool,
        #[arg(long)]
        unreachable: bool,
    },
    /// Tell what gateways say of themselves, and how runs go
    Status { gateway: Option<String> },
    /// Print the users and permissions of a NATS server, to be included in its configuration
    #[cfg(feature = "nats")]
    NatsConfig {
        /// The gateways, as TOML
        #[arg(short, long, required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
        inventory: Vec<PathBuf>,
    },
    /// Let another machine, or another folder, be a gateway from now on; without one: let this folder be the fleet's
    Adopt { gateway: Option<String> },
}

/// Options of a batch that its help page leaves out: results stand in the fleet's folder, and nobody is at a gateway.
const OF_BATCH_ALONE: [&str; 8] =
    ["resume", "resume_anyway", "results", "keep", "record", "verbose", "answers", "allow"];

#[derive(Debug, Args)]
#[command(mut_args(|arg| if OF_BATCH_ALONE.contains(&arg.get_id().as_str()) { arg.hide(true) } else { arg }))]
#[command(mut_arg("jobs", |arg| arg.help("How many modems of a gateway run at the same time [default: 64]")))]
struct FleetRunArguments {
    #[command(flatten)]
    batch: Batch,
    /// Tell the gateways, and do not wait for them
    #[arg(long, help_heading = "Fleet")]
    detach: bool,
    /// How long a wave waits for gateways that are not heard
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = some_time, help_heading = "Fleet")]
    wave_wait: Duration,
    /// Give modems to that many gateways a second at most
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Fleet")]
    gateway_rate: u32,
    /// Begin no further wave with more modems than that at gateways that are not heard
    #[arg(long, value_name = "N|P%", value_parser = Share::parse, help_heading = "Fleet")]
    max_silent: Option<Share>,
    /// How often modems of a selection may attach, at all gateways together: operator=acme:60/1h [default time: 1h]
    #[arg(long, value_name = "SELECTION:N[/DURATION]", value_parser = AttachBudget::parse, help_heading = "Fleet")]
    attaches: Vec<AttachBudget>,
    /// A file beside the script that it reads by a name which is known only when it runs
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Fleet")]
    file: Vec<String>,
    /// Begin modems that another gateway may still have by an earlier run: you know that it has left them
    #[arg(long, help_heading = "Fleet")]
    force: bool,
    /// How long gateways that come later still begin [default: 7 days]
    #[arg(long, value_name = "DURATION", default_value = "168h", hide_default_value = true, value_parser = some_time, help_heading = "Fleet")]
    not_after: Duration,
}

/// How long a modem may take where nobody says.
const MODEM_TIMEOUT: Duration = Duration::from_secs(1800);
/// So soon it is tried again where the carrier does not answer.
const AGAIN: Duration = Duration::from_secs(5);
/// With `--detach` it is tried for so long.
const LEFT_AFTER: Duration = Duration::from_secs(15);
/// So often at most the board is drawn anew.
const FRAME: Duration = Duration::from_millis(200);

impl FleetArguments {
    pub(crate) fn script(&self) -> Option<&String> {
        if let FleetTask::Run(arguments) = &self.task { Some(&arguments.batch.script) } else { None }
    }
}

impl CarrierArguments {
    /// The folder of this side, which is called so where nobody says.
    pub(crate) fn folder(&self, name: &str, console: &Console) -> Result<PathBuf, Exit> {
        let usual = || Some(state::folder()?.join(name));
        let nowhere = || console.refuse(Exit::Unwritable, "hayes::cli no-keys-folder", &[]);
        self.state.clone().or_else(usual).ok_or_else(nowhere)
    }

    /// The carrier that was named; a folder by its whole path, for it is used from elsewhere too.
    pub(crate) fn carrier(&self) -> Option<String> {
        let named = self.carrier.as_ref()?;
        let whole = |folder| Some(format!("dir:{}", std::path::absolute(folder).ok()?.display()));
        named.strip_prefix("dir:").and_then(whole).or_else(|| Some(named.clone()))
    }

    /// The certificates that were named, by their whole path.
    pub(crate) fn authorities(&self) -> Option<PathBuf> {
        let named = self.ca.as_ref()?;
        std::path::absolute(named).ok().or_else(|| Some(named.clone()))
    }
}

/// What becomes of an error of the system: it is told, with what could not be done.
pub(crate) fn refused<'c>(what: &'c str, console: &'c Console) -> impl Fn(std::io::Error) -> Exit + 'c {
    let (unreached, refused) = (ErrorKind::NotConnected, ErrorKind::ConnectionRefused);
    let exits = [(ErrorKind::InvalidInput, Exit::Usage), (unreached, Exit::Device), (refused, Exit::Device)];
    move |error| {
        let its = exits.iter().find(|(kind, _)| *kind == error.kind());
        let exit = its.map_or(Exit::Unwritable, |(_, exit)| *exit);
        console.refuse_as(exit, &Complaint::new(format!("{what}: {error}")))
    }
}

pub(crate) fn fleet(arguments: &FleetArguments, console: &Console) -> Result<Exit, Exit> {
    let place = &arguments.place;
    let folder = FleetFolder(place.folder("fleet", console)?, place.carrier(), place.authorities());
    let wish = |run: &String, wish: Wish| wish_for(&folder, run, &wish, console);
    if let FleetTask::Init { fleet, valid_for } = &arguments.task {
        return init(&folder, fleet, *valid_for, place, console);
    }
    let settings = settings_of(&folder, console)?;
    folder.carrier(&settings).map_err(refused("the fleet", console))?;
    match &arguments.task {
        FleetTask::Init { .. } => Ok(Exit::Passed),
        FleetTask::Run(arguments) => {
            results::reports_writable(&arguments.batch.reports, console)?;
            let run = begin(&folder, arguments, console)?;
            watch(&folder, &run, Some(arguments), &arguments.batch.reports, console)
        }
        FleetTask::Watch { run, reports } => {
            results::reports_writable(reports, console)?;
            let last = || Ok(folder.runs()?.pop());
            let called = run.clone().map_or_else(last, |run| Ok(Some(run))).map_err(refused("the runs", console))?;
            watch(&folder, &find(&folder, called.as_deref(), console)?, None, reports, console)
        }
        FleetTask::Pause { run } => wish(run, Wish::Pause),
        FleetTask::GoOn { run } => wish(run, Wish::Resume),
        FleetTask::Cancel { run, now } => wish(run, Wish::Cancel(*now)),
        FleetTask::Retry { run, interrupted, failed, unreachable } => {
            wish(run, Wish::retry(*interrupted, *failed, *unreachable))
        }
        FleetTask::Status { gateway } => status(&folder, gateway.as_deref(), console),
        #[cfg(feature = "nats")]
        FleetTask::NatsConfig { inventory } => {
            let inventory = batch::read_inventory(inventory, false, console)?;
            let key = folder.key().map_err(refused("the fleet", console))?.public_as(KeyKind::User);
            let made = configuration(&settings.fleet, &key, &inventory.gateways);
            let (text, note) = made.map_err(|why| console.refuse_as(Exit::Invalid, &Complaint::new(why)))?;
            note.into_iter().for_each(|note| console.say(&console::fitted(note, "    ")));
            Ok(console.print(&text))
        }
        FleetTask::Adopt { gateway } => {
            let mut operator = open(&folder, &|_: &str| {}, console)?;
            let adopted = operator.adopt(gateway.as_deref()).map_err(refused("the fleet", console))?;
            console.say(&(adopted.map_err(|why| console.refuse_as(Exit::Nothing, &Complaint::new(why)))? + "\n"));
            Ok(Exit::Passed)
        }
    }
}

/// The run that somebody calls so.
fn find(folder: &FleetFolder, called: Option<&str>, console: &Console) -> Result<String, Exit> {
    let found = called.map_or(Ok(None), |called| folder.find(called)).map_err(refused("the runs", console))?;
    found.ok_or_else(|| no_run(called, console))
}

fn no_run(run: Option<&str>, console: &Console) -> Exit {
    match run {
        Some(run) => console.refuse(Exit::Nothing, "hayes::cli no-run", &[&run]),
        None => console.refuse(Exit::Nothing, "hayes::cli no-run-yet", &[]),
    }
}

fn settings_of(folder: &FleetFolder, console: &Console) -> Result<FleetSettings, Exit> {
    folder.settings().map_err(|error| {
        // A newer Hayes has it.
        if error.kind() == ErrorKind::Unsupported {
            return refused("the fleet", console)(error);
        }
        match error.kind() == ErrorKind::NotFound {
            true => console.refuse(Exit::Usage, "hayes::cli no-fleet", &[&folder.0.display()]),
            false => console.refuse(Exit::Usage, "hayes::cli fleet-unread", &[&error]),
        }
    })
}

fn init(
    folder: &FleetFolder,
    fleet: &str,
    valid_for: Duration,
    place: &CarrierArguments,
    console: &Console,
) -> Result<Exit, Exit> {
    if !is_name(fleet) {
        return Err(console.refuse(Exit::Usage, "hayes::cli fleet-name", &[&format_args!("{fleet:?}")]));
    }
    let Some(carrier) = place.carrier() else {
        return Err(console.refuse(Exit::Usage, "hayes::cli no-carrier", &[]));
    };
    let earlier = match folder.settings() {
        Err(error) if error.kind() == ErrorKind::Unsupported => return Err(refused("the fleet", console)(error)),
        earlier => earlier.ok(),
    };
    let earlier = earlier.filter(|known| known.fleet != fleet).map(|known| known.fleet);
    if let Some(known) = earlier.filter(|_| folder.runs().is_ok_and(|runs| !runs.is_empty())) {
        return Err(console.refuse(Exit::Usage, "hayes::cli other-fleet", &[&folder.0.display(), &known]));
    }
    let settings =
        FleetSettings { v: VERSION, fleet: fleet.to_owned(), carrier, authorities: place.authorities(), valid_for };
    let made = folder.init(&settings).and_then(|key| Ok((key, folder.carrier(&settings)?)));
    let (key, carrier) = made.map_err(refused("the fleet", console))?;
    let prepared = carrier.prepare(CALL);
    if let Some(why) = prepared.as_ref().err().filter(|_| settings.carrier.starts_with("dir:")) {
        return Err(console.refuse(Exit::Unwritable, "hayes::cli carrier-folder", &[why]));
    }
    console.say(&format!("on each gateway: hayes agent enroll --fleet {fleet} --name GATEWAY --operator {key}\n"));
    let printed = console.print(&format!("{key}\n"));
    // The key has to be there before the server can know its users.
    prepared.map(|()| printed).map_err(|why| console.refuse(Exit::Device, "hayes::cli carrier-server", &[&why]))
}

fn open<'s>(folder: &FleetFolder, say: &'s dyn Fn(&str), console: &Console) -> Result<Operator<'s>, Exit> {
    let opened = Operator::open(folder, say).map_err(refused("the fleet", console))?;
    opened.ok_or_else(|| console.refuse(Exit::Unwritable, "hayes::cli driven", &[]))
}

/// What is given that a fleet's run has not.
fn unfit(arguments: &FleetRunArguments) -> Option<&'static str> {
    let (batch, inputs) = (&arguments.batch, &arguments.batch.inputs);
    let has_report = batch.reports.files().next().is_some();
    let given = [
        (batch.resume.is_some() || batch.results.is_some(), "hayes::cli fleet-results"),
        (batch.record.is_some() || batch.verbose, "hayes::cli fleet-record"),
        (arguments.detach && has_report, "hayes::cli fleet-report"),
        (!inputs.answers.is_empty(), "hayes::cli fleet-answers"),
        (!inputs.allow.is_empty(), "hayes::cli fleet-allow"),
    ];
    given.into_iter().find_map(|(is_given, page)| is_given.then_some(page))
}

/// Checks all that can be checked here, and keeps the run. Its name.
fn begin(folder: &FleetFolder, arguments: &FleetRunArguments, console: &Console) -> Result<String, Exit> {
    let batch = &arguments.batch;
    if let Some(page) = unfit(arguments) {
        return Err(console.refuse(Exit::Usage, page, &[]));
    }
    let program = batch::script(batch, console)?;
    if let Some(why) =
        asks_person(&program, batch.inputs.yes).filter(|_| !batch.inputs.plan && !batch.inputs.deny_changes)
    {
        let help = "`confirm` is answered beforehand with --yes; a value is given with a param: -V NAME=VALUE";
        return Err(console.refuse_as(Exit::Invalid, &Complaint::new(why).help(help)));
    }
    let (given, origins) = inputs::explicit(&batch.inputs, std::slice::from_ref(&program), console)?;
    let (environment, its_origins) = inputs::environment(std::slice::from_ref(&program), &origins, console)?;
    let mut secrets = environment.secrets.clone();
    secrets.extend(given.secrets.clone());
    let inventory = batch::read_inventory(&batch.inventory, batch.script == "-", console)?;
    let modems = batch::select(&inventory, &batch.limit, console)?;
    if batch.list {
        return Err(console.print(&batch::listed(&modems)));
    }
    let right = check_keys(&inventory.gateways);
    let right = right.and_then(|()| targets(&modems, &environment.variables, batch.baud));
    let mut targets = right.map_err(|why| console.refuse_as(Exit::Invalid, &Complaint::new(why)))?;
    let inputs = Inputs { folder: None, ..given };
    let mut common = Common::new(program.clone(), inputs.clone(), Path::new("results.jsonl"));
    common.environment = environment.clone();
    batch::all_have_values(&common, &modems, [&origins, &its_origins], console)?;
    if let Some(why) = not_repeatable(&program) {
        let what = "a modem whose gateway fails while its script runs is reported as interrupted, and not run again";
        console.say(&(console::fitted(&format!("note: {}; {what}", harmless(why.as_bytes())), "    ") + "\n"));
    }
    attaches::mark(&arguments.attaches, &modems, &mut targets).map_err(|why| console.refuse_as(Exit::Nothing, &why))?;
    let given = Inputs { secrets: secrets.clone(), ..inputs.clone() };
    let files = files::of_run(&program, &targets, &given, &arguments.file);
    let files = files.map_err(|why| console.refuse_as(Exit::Invalid, &why))?;
    if !files.is_empty() {
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        let note = format!("with it go, readable for whoever holds the carrier: {}", names.join(", "));
        console.say(&(console::fitted(&harmless(note.as_bytes()), "    ") + "\n"));
    }
    let bundled = ScriptBundle::of(&program, &files);
    let (hash, bundle) = bundled.map_err(|why| console.refuse_as(Exit::Invalid, &Complaint::new(why)))?;
    let (start_delay, jitter) = batch.start_delay.unwrap_or_default();
    let manner = Manner {
        vars: inputs.variables.clone(),
        sealed: None,
        plan: inputs.plan,
        yes: inputs.yes,
        shareable: inputs.shareable,
        timeout: inputs.timeout,
        timeout_bounds: inputs.timeout_bounds,
        timeout_scale: inputs.timeout_scale,
        modem_timeout: batch.modem_timeout.unwrap_or(MODEM_TIMEOUT),
        jobs: batch.jobs.map_or(batch::USUAL_JOBS, std::num::NonZeroUsize::get),
        start_delay,
        jitter,
        retries: batch.retries,
        wait: batch.wait.unwrap_or_default(),
        not_after: Timestamp::now().after(arguments.not_after).to_string(),
    };
    let mut run = FleetRun::new(String::new(), program.source().name.clone(), hash, manner, targets);
    run.waves.clone_from(&batch.waves);
    (run.max_fail, run.max_silent) = (batch.max_fail, arguments.max_silent);
    run.attaches.clone_from(&arguments.attaches);
    (run.force, run.gateway_rate) = (arguments.force, arguments.gateway_rate);
    run.wave_wait = u64::try_from(arguments.wave_wait.as_millis()).unwrap_or(u64::MAX);
    let its = inventory.gateways.iter().filter(|it| run.targets.at(&it.name).next().is_some());
    let fleet = folder.settings().map(|settings| settings.fleet).unwrap_or_default();
    let seal = seal::sealing(its, &fleet, &secrets);
    let seal = seal.map_err(|why| {
        let help = "`hayes agent enroll` has printed it: seal = \"X…\"";
        console.refuse_as(Exit::Invalid, &Complaint::new(why).help(help))
    })?;
    folder.add(run.clone(), &bundle, seal).map_err(refused("the run cannot be kept", console))
}

/// Drives the fleet until there is nothing more to wait for in this run; `began`: how it was begun, if just now.
fn watch(
    folder: &FleetFolder,
    run: &str,
    began: Option<&FleetRunArguments>,
    reports: &Reports,
    console: &Console,
) -> Result<Exit, Exit> {
    let (name, detach) = (folder.called(run), began.is_some_and(|began| began.detach));
    let (quiet, json) = began.map_or((false, false), |began| (began.batch.quiet, began.batch.json));
    let (_, signals) = Signals::begin(console)?;
    let screen = RefCell::new(LiveLines::new(!quiet && !detach));
    let is_live = screen.borrow().live;
    let in_lines = |text: &str| console::fitted(&harmless(text.as_bytes()), "    ") + "\n";
    let say = |text: &str| screen.borrow_mut().above(&in_lines(text));
    let results = folder.run_folder(run).join("results.jsonl");
    let left_to_go_on = || {
        let what = "goes on without this program";
        console.say(&format!("{name} {what}; `hayes fleet watch {name}` takes in its results\n"));
        Ok(if signals.came() { signals.exit() } else { Exit::Passed })
    };
    let mut is_told = false;
    let mut operator = loop {
        if let Some(operator) = Operator::open(folder, &say).map_err(refused("the fleet", console))? {
            break operator;
        }
        if !std::mem::replace(&mut is_told, true) {
            say(&format!("another `hayes fleet` of this machine drives the fleet, and takes up {name}"));
        }
        if detach || signals.came() {
            return left_to_go_on();
        }
        if folder.is_closed(run).map_err(refused("the run", console))? {
            return summary(name, 0, &results, (reports, json), console);
        }
        Clock::pause(Duration::from_secs(1));
    };
    operator.recall(run).map_err(refused("the ledger", console))?;
    if !quiet {
        let leave = if is_live { "; Ctrl-C leaves it, and it goes on" } else { "" };
        say(&format!("{name}: results in {}{leave}", results.display()));
    }
    let (sender, ended) = channel();
    operator.heard = Box::new(move |line| {
        if line.run == run && line.mark.is_some() {
            let is_fine = matches!(line.result.status, Status::Passed | Status::Skipped);
            let told = (!(quiet || is_live && is_fine)).then(|| in_lines(&line.told()));
            let _ = sender.send((json.then(|| line.result.json() + "\n"), told));
        }
    });
    let (mut told, mut trouble, begin, mut next) = (String::new(), String::new(), Clock::start(), Duration::ZERO);
    let mut taken = Duration::ZERO;
    let mut exit = Exit::Passed;
    loop {
        match operator.turn() {
            Ok(()) => {
                trouble.clear();
                taken = begin.now();
            }
            // Who is not to wait for it is told so: the orders come by somebody who does.
            Err(error) if error.kind() == ErrorKind::NotConnected && !(detach && begin.now() > taken + LEFT_AFTER) => {
                if std::mem::replace(&mut trouble, error.to_string()) != trouble {
                    say(&trouble);
                }
                Clock::pause(AGAIN);
            }
            Err(error) => {
                let exit = refused("the fleet", console)(error);
                if began.is_some() {
                    let kept = format!("{name} is kept, and begins once the carrier takes its orders");
                    say(&format!(
                        "{kept}: `hayes fleet watch {name}` tries again, `hayes fleet cancel {name}` ends it"
                    ));
                }
                return Err(exit);
            }
        }
        let (printed, said): (Vec<_>, Vec<_>) = ended.try_iter().unzip();
        let [printed, said] = [printed, said].map(|lines| lines.into_iter().flatten().collect::<String>());
        exit = if printed.is_empty() { exit } else { exit.worst(console.print(&printed)) };
        if !said.is_empty() {
            screen.borrow_mut().above(&said);
        }
        let is_over = operator.is_over(run) || signals.came() || detach && trouble.is_empty() && operator.untold == 0;
        let now = begin.now();
        if now >= next || is_over {
            let found = operator.controller.runs.iter().find(|it| it.run == run);
            let board = found.map(|found| FleetBoard::of(found, &operator.controller));
            if is_live {
                let (columns, most) = LiveLines::room();
                let rows = board.map_or_else(Vec::new, |board| board.rows(most, columns, &clock(now)));
                screen.borrow_mut().draw("", rows);
            } else if let Some(line) = board.map(|board| board.line()).filter(|line| !quiet && *line != told) {
                say(&line);
                told = line;
            }
            // With many modems the look takes a while itself.
            next = begin.now() + FRAME.max(9 * (begin.now() - now));
        }
        if is_over {
            break;
        }
    }
    screen.borrow_mut().erase();
    if detach || signals.came() {
        return left_to_go_on();
    }
    let left = operator.controller.run(run).filter(|run| !run.closed).map_or(0, |run| run.open().count());
    operator.enter_missing(run).map_err(refused("the ledger", console))?;
    Ok(exit.worst(summary(name, left, &results, (reports, json), console)?))
}

/// What came of a run, as its ledger has it.
fn summary(
    run: &str,
    left: usize,
    results: &Path,
    (reports, json): (&Reports, bool),
    console: &Console,
) -> Result<Exit, Exit> {
    if left > 0 {
        console.say(&format!("{} not ended: `hayes fleet watch {run}` waits on\n", plural(left as u64, "modem")));
    }
    let (_, tally) = results::tallied(results).map_err(refused("the ledger", console))?;
    let silent = tally
        .causes()
        .iter()
        .filter(|cause| NO_GATEWAY.contains(&cause.code.as_str()))
        .map(|cause| cause.modems.len())
        .sum();
    let text = format!("{}results: {}\n", results::summary_of(&tally, console.out), results.display());
    // Standard output holds the results alone.
    let mut exit = Exit::Passed;
    if json {
        console.say(&text);
    } else {
        exit = console.print(&text);
    }
    for (count, worse) in [
        (tally.count(&[Status::Failed]), Exit::Failed),
        (tally.count(&[Status::Unreachable]).saturating_sub(silent), Exit::Device),
        (tally.count(&[Status::Interrupted]) + silent, Exit::Incomplete),
    ] {
        exit = if count > 0 { exit.worst(worse) } else { exit };
    }
    Ok(exit.worst(results::write_reports(results, &[], reports, console)))
}

fn wish_for(folder: &FleetFolder, run: &str, wish: &Wish, console: &Console) -> Result<Exit, Exit> {
    let run = find(folder, Some(run), console)?;
    folder.wish(&run, wish).map_err(refused("the wish cannot be kept", console))?;
    let say = |text: &str| console.say(&format!("{text}\n"));
    match Operator::open(folder, &say).map_err(refused("the fleet", console))? {
        Some(mut operator) => operator.turn().map_err(|error| {
            let exit = refused("the fleet", console)(error);
            let name = folder.called(&run);
            say(&format!(
                "it is kept, and gateways are told once the carrier takes it: `hayes fleet watch {name}` tries again"
            ));
            exit
        })?,
        None => console.say("the `hayes fleet` that drives the fleet takes it up\n"),
    }
    Ok(Exit::Passed)
}

fn status(folder: &FleetFolder, gateway: Option<&str>, console: &Console) -> Result<Exit, Exit> {
    let say = |_: &str| {};
    let opened = Operator::open(folder, &say);
    let opened = opened.and_then(|it| it.map_or_else(|| Operator::look_at(folder, &say), Ok));
    let mut operator = opened.map_err(refused("the fleet", console))?;
    if operator.controller.runs.is_empty() {
        return Err(no_run(None, console));
    }
    let told = operator.described(gateway).map_err(refused("the fleet", console))?;
    let none = || console.refuse(Exit::Nothing, "hayes::cli no-gateway", &[&gateway.unwrap_or_default()]);
    told.map(|text| console.print(&text)).ok_or_else(none)
}
