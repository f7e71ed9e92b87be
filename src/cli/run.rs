//! `hayes run`: scripts on one modem.

use std::path::Path;
use std::sync::Arc;

use super::arguments;
use super::console::{Console, Exit, MOST_DIAGNOSTICS, fitted};
use super::modem::{self, OpenModem};
use super::results::{self, LiveRows, Sink};
use super::screen::Screen;
use super::{inputs, scripts};
use crate::batch::run::{Stop, too_late};
use crate::check::{Checked, Program, check, check_parts};
use crate::connect::Address;
use crate::diagnostic::{Complaint, Diagnostic, Severity, meant_or_all};
use crate::guard::Simulators;
use crate::import::Dialect;
use crate::library::Library;
use crate::notation::harmless;
use crate::port::Timestamp;
use crate::report::result::{FailureReport, RunResult};
use crate::runtime::{self, Inputs, Mask, Outcome, Status};
use crate::source::Source;

pub(crate) fn run(arguments: &arguments::RunArguments, console: &Console) -> Result<Exit, Exit> {
    let mut prepared = prepare(arguments, console)?;
    let modem = OpenModem::open(&prepared.port, &arguments.connection, prepared.mask(), console).map_err(|why| {
        let script = prepared.programs.first().map_or("", |program| program.source().name.as_str());
        let (output, reports) = (&arguments.output, &arguments.reports);
        unreachable(&prepared.port, script, &why, output, reports, &mut prepared.results, console)
    })?;
    Ok(prepared.run(modem))
}

/// All that can go wrong before the port is opened has not.
struct PreparedRun<'a> {
    arguments: &'a arguments::RunArguments,
    console: &'a Console,
    programs: Vec<Arc<Program>>,
    inputs: Inputs,
    results: Sink,
    rows: Option<LiveRows>,
    port: Address,
    /// What came of the scripts so far
    ended: Vec<RunResult>,
}

fn prepare<'a>(arguments: &'a arguments::RunArguments, console: &'a Console) -> Result<PreparedRun<'a>, Exit> {
    if arguments.scripts.iter().filter(|name| *name == "-").count() > 1 {
        return Err(console.refuse(Exit::Usage, "hayes::cli input-twice", &[]));
    }
    let sources: Result<Vec<_>, Exit> = arguments.scripts.iter().map(|name| scripts::read(name, console)).collect();
    let programs = programs(&sources?, &arguments.inputs, &arguments.only, arguments.output.quiet, console)?;
    let inputs = inputs::collect(&arguments.inputs, &programs, console)?;
    let port = modem::choose(&arguments.connection, console)?;
    let inputs = inputs.at(&port);
    let scripts = arguments.scripts.iter().map(|script| ("the script", Path::new(script)));
    // Those of the library are no files.
    let read = scripts.filter(|(_, script)| script.exists()).chain(inputs::files(&arguments.inputs));
    let json = arguments.output.json_stream();
    let written = arguments.output.file().into_iter().chain(json).chain(arguments.reports.files());
    modem::files_apart(read, &port, &arguments.connection, written, console)?;
    results::reports_writable(&arguments.reports, console)?;
    let results = Sink::open(arguments.output.output.as_deref(), console)?;
    let rows = LiveRows::open(&arguments.reports, !port.is_simulated(), console)?;
    Ok(PreparedRun { arguments, console, programs, inputs, results, rows, port, ended: Vec::new() })
}

/// The checked scripts; their diagnostics are shown, warnings in a line each where all is to be quiet.
pub(crate) fn programs(
    sources: &[Arc<Source>],
    inputs: &arguments::InputArguments,
    only: &[String],
    quiet: bool,
    console: &Console,
) -> Result<Vec<Arc<Program>>, Exit> {
    let is_shown = |diagnostic: &Diagnostic| !quiet || inputs.deny_warnings || diagnostic.severity == Severity::Error;
    let programs = checked_as(sources, inputs, is_shown, |_| {}, console)?;
    if quiet && !inputs.deny_warnings {
        programs.iter().for_each(|program| console.show_briefly(&shareable(program.warnings.clone(), inputs)));
    }
    if only.is_empty() { Ok(programs) } else { of_parts(&programs, only, inputs.outside, console) }
}

/// The programs with these parts alone. What they lack without the others is told.
fn of_parts(
    programs: &[Arc<Program>],
    only: &[String],
    outside: bool,
    console: &Console,
) -> Result<Vec<Arc<Program>>, Exit> {
    let known: Vec<&str> =
        programs.iter().flat_map(|program| program.script.part_names()).map(|name| name.value.as_str()).collect();
    let unknown = only.iter().map(|name| name.trim_start_matches('!')).filter(|name| !known.contains(name));
    let told = unknown.map(|name| {
        let help = meant_or_all(name, &known, "its parts", "it has no parts; `part NAME {` makes one");
        let message = format!("the script has no part {name}, which --only names");
        console.refuse_as(Exit::Usage, &Complaint::new(message).help(help))
    });
    if told.count() > 0 {
        return Err(Exit::Usage);
    }
    let checked = programs.iter().map(|program| check_parts(program.source(), &Library::new(outside), only));
    let limited = checked.map(|Checked { program, mut diagnostics }| {
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
        console.show(&diagnostics);
        program.ok_or(Exit::Invalid)
    });
    limited.collect()
}

/// The checked scripts; of their diagnostics those are shown that are `wanted`, in other words where `reworded`.
pub(crate) fn checked_as(
    sources: &[Arc<Source>],
    inputs: &arguments::InputArguments,
    wanted: impl Fn(&Diagnostic) -> bool,
    reworded: impl Fn(&mut Diagnostic),
    console: &Console,
) -> Result<Vec<Arc<Program>>, Exit> {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let (mut programs, mut refused) = (Vec::new(), Vec::new());
    for source in sources {
        let checked = check(source, &Library::new(inputs.outside));
        diagnostics.extend(checked.diagnostics);
        match checked.program {
            Some(program) => programs.push(program),
            None => refused.push(source),
        }
    }
    diagnostics.retain(wanted);
    diagnostics.iter_mut().for_each(reworded);
    diagnostics = shareable(diagnostics, inputs);
    console.show(&diagnostics);
    for Source { name, text, .. } in refused.iter().map(|source| &***source) {
        if !name.ends_with(".hayes") && Path::new(name).is_file() && Dialect::of(name, text).is_some() {
            let name = harmless(name);
            console.say(&format!(
                "note: a script of another program, as chat, is made one of Hayes by `hayes import {name}`\n"
            ));
        }
    }
    let is_denied = inputs.deny_warnings && !diagnostics.is_empty();
    if refused.is_empty() && !is_denied { Ok(programs) } else { Err(Exit::Invalid) }
}

/// What is told of a script, its numbers hidden where the user wants that. More than are shown need not be.
fn shareable(mut told: Vec<Diagnostic>, inputs: &arguments::InputArguments) -> Vec<Diagnostic> {
    let mask = Mask::default().personal(inputs.shareable);
    told.iter_mut().filter(|_| inputs.shareable).take(MOST_DIAGNOSTICS).for_each(|it| mask.diagnostic(it));
    told
}

impl PreparedRun<'_> {
    /// Every secret that is known before the port is opened.
    fn mask(&self) -> Mask {
        Mask::of_known(&self.programs, &self.inputs)
    }

    /// One script after the other; the first that does not pass ends it, but for one that fails where all are wanted,
    /// or only because of `--deny-changes`.
    fn run(mut self, mut modem: OpenModem) -> Exit {
        let (arguments, console, mut exit) = (self.arguments, self.console, Exit::Passed);
        let programs = std::mem::take(&mut self.programs);
        let mut programs = programs.iter();
        let stop = Stop::new(modem.cancel.clone());
        let _runs = match arguments.modem_timeout.map(|time| stop.end_after(time)).transpose() {
            Ok(runs) => runs,
            Err(error) => return console.refused(&error),
        };
        while !stop.is_late() && (exit == Exit::Passed || exit == Exit::Failed && self.goes_on()) {
            let Some(program) = programs.next() else { break };
            exit = exit.worst(self.run_one(program, &mut modem, &stop));
        }
        for program in programs {
            exit = exit.worst(self.not_run(program));
        }
        let is_told = !arguments.output.json && !arguments.output.quiet;
        arguments.output.output.iter().filter(|_| is_told).for_each(|file| self.tell_form(file));
        let mut reports = arguments.reports.clone();
        reports.rows.take_if(|_| self.rows.as_ref().is_some_and(LiveRows::is_whole));
        exit.worst(modem.close(console)).worst(results::write_reports_of(&self.ended, &reports, console))
    }

    /// Whether the next script runs behind what has failed so far.
    fn goes_on(&self) -> bool {
        let is_denied = |why: &FailureReport| why.code == "hayes::run::changes-denied";
        let mut failed = self.ended.iter().filter(|it| it.status == Status::Failed);
        self.arguments.keep_going || failed.all(|it| it.failure.as_ref().is_some_and(is_denied))
    }

    /// What a file of results is, where that of `--json` may have been meant.
    fn tell_form(&self, file: &Path) {
        let is_empty = self.ended.iter().all(|it| it.report.is_empty() && it.rows.is_empty());
        if is_empty || file.extension().is_some_and(|end| end == "json" || end == "jsonl") {
            let form = if is_empty { "is empty: nothing was reported" } else { "is text" };
            let name = harmless(&file.display().to_string()).into_owned();
            self.console.say(&format!("note: {name} {form}; with --json it is JSON Lines\n"));
        }
    }

    fn run_one(&mut self, program: &Arc<Program>, modem: &mut OpenModem, stop: &Stop) -> Exit {
        let (arguments::RunArguments { output, modem_timeout, .. }, console) = (self.arguments, self.console);
        let script = &program.source().name;
        let (folder, shared_mask) = (Path::new(script).parent().map(Path::to_owned), Some(Arc::clone(&modem.mask)));
        let inputs = Inputs { folder, shared_mask, ..self.inputs.clone() };
        let (name, started) = (self.port.to_string(), Timestamp::now().to_string());
        let mut screen = Screen::of_run(output, console, &modem.cancel);
        screen.rows = self.rows.as_mut().map(|rows| (rows, name.as_str()));
        screen.title(&format!("{script} on {}", self.port));
        let mut outcome = runtime::run(program, &mut modem.conversation, &inputs, &mut screen);
        outcome.name_eavesdropper(&self.port);
        let written = screen.finish();
        let mut result = RunResult::new(&name, &name, script, started, &outcome);
        // It costs a look at each process: nobody else wants to know.
        result.simulated = output.json && Simulators::default().is_behind(&self.port);
        result.plan = inputs.plan;
        result.warnings = program.warnings.iter().map(FailureReport::from).collect();
        match modem_timeout.filter(|_| outcome.status == Status::Interrupted && stop.is_late()) {
            Some(limit) => {
                too_late(limit, &mut result);
                let told = result.failure.iter();
                told.for_each(|told| console.complain(&told.message, told.help.as_deref()));
            }
            None => show_failure(&outcome, console),
        }
        if self.arguments.inputs.deny_changes && result.would_change && result.status == Status::Passed {
            let Complaint { code, message, help } = Complaint::told("hayes::run::changes-denied", &[]);
            console.complain(&message, help.as_deref());
            result.status = Status::Failed;
            result.failure = Some(FailureReport { help, ..FailureReport::outside(code, &message) });
        }
        // Why nothing was done is no noise.
        if !output.quiet || result.status == Status::Skipped {
            console.say(&(fitted(&result.summary(console.err), "  ") + "\n"));
        }
        modem.exit(result.status).worst(written).worst(self.tell(result))
    }

    /// What comes behind a script that did not pass is a result too.
    fn not_run(&mut self, program: &Program) -> Exit {
        let (name, script) = (self.port.to_string(), &program.source().name);
        let before = self.ended.iter().rfind(|before| before.status != Status::Skipped);
        let why = before.map(|before| format!("not run: {} {}", before.script, before.status));
        let started = Timestamp::now().to_string();
        let result = RunResult { skipped: why, ..RunResult::empty(&name, &name, script, started, Status::Skipped) };
        let why = harmless(result.skipped.as_deref().unwrap_or_default());
        self.console.say(&(fitted(&format!("{script} {why}"), "    ") + "\n"));
        self.tell(result)
    }

    fn tell(&mut self, result: RunResult) -> Exit {
        let (arguments::RunArguments { output, reports, .. }, console) = (self.arguments, self.console);
        let text = if output.json { result.json() + "\n" } else { result.columns(console.out) };
        let is_told = reports.fill_stdout() && matches!(self.results, Sink::Standard);
        self.ended.push(result);
        if is_told { Exit::Passed } else { self.results.write(&text, console) }
    }
}

/// Tells that the port could not be opened; as a result too, where results are read by a program.
pub(crate) fn unreachable(
    port: &Address,
    script: &str,
    (exit, error): &(Exit, Complaint),
    output: &arguments::OutputArguments,
    reports: &arguments::Reports,
    results: &mut Sink,
    console: &Console,
) -> Exit {
    let exit = console.refuse_as(*exit, error);
    if exit != Exit::Device {
        return exit;
    }
    let (name, started) = (port.to_string(), Timestamp::now().to_string());
    let result = RunResult::unreachable(&name, &name, script, started, FailureReport::unopened(error));
    let told = if output.json { results.write(&(result.json() + "\n"), console) } else { exit };
    exit.worst(told).worst(results::write_reports_of(&[result], reports, console))
}

pub(crate) fn show_failure(outcome: &Outcome, console: &Console) {
    if let Some(failure) = outcome.failure.as_deref() {
        console.show(&[Diagnostic::from(failure)]);
    }
}
