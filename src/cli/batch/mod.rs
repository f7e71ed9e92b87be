//! `hayes batch`: one script on many modems.

mod place;
mod prepare;
mod progress;
mod rest;
mod snapshot;
pub(super) mod summary;

use std::sync::Arc;
use std::sync::mpsc::channel;

use super::arguments;
use super::console::Console;
use super::exit::Exit;
use super::report;
use super::signals::Signals;
use crate::batch::board::Board;
use crate::batch::driver::{Driver, Finished, Message, Progress};
use crate::batch::find::{self, Found};
use crate::batch::inventory::Identity;
use crate::batch::schedule::{Plan, Schedule};
use crate::port::{Cancel, Clock, Timestamp};
use crate::report::result::RunResult;
use crate::report::style::harmless;
use crate::runtime::Status;
use prepare::Prepared;
use summary::Summary;

pub(crate) fn run(arguments: &arguments::Batch, console: &Console) -> Exit {
    let prepared = match prepare::prepare(arguments, console) {
        Ok(prepare::Ready::Run(prepared)) => prepared,
        Ok(prepare::Ready::Shown(exit)) | Err(exit) => return exit,
    };
    match start(*prepared, arguments, console) {
        Ok(exit) => exit,
        Err(error) => {
            console.complain(&format!("the batch cannot begin: {error}"), None);
            Exit::Internal
        }
    }
}

fn start(prepared: Prepared, arguments: &arguments::Batch, console: &Console) -> std::io::Result<Exit> {
    let Prepared { common, inventory, mut modems, jobs, mut journal, passed_before } = prepared;
    let cancel = Cancel::new()?;
    let (sender, inbox) = channel();
    let (shown, to_show) = channel();
    let stop = sender.clone();
    let signals = Signals::cancel_and(&cancel, move || {
        let _ = stop.send(Message::Stop);
    })?;
    let found = find::find(&mut modems, &inventory, arguments.baud, jobs.get(), &cancel)?;
    if !arguments.quiet {
        console.say(&met(&found));
    }
    let (start_delay, jitter) = arguments.start_delay.unwrap_or_default();
    let plan = Plan { jobs, waves: arguments.waves.clone(), max_fail: arguments.max_fail, start_delay, jitter };
    let schedule = Schedule::new(&modems, &inventory, &plan, seed());
    // Its memory is for the threads: each modem stands in it a second time.
    drop(inventory);
    let modems: Arc<[_]> = modems.into();
    let board = Arc::new(Board::default());
    let clock = Clock::start();
    let snapshots = snapshot::listen(shown.clone(), !arguments.quiet);
    let view = progress::View {
        modems: Arc::clone(&modems),
        board: Arc::clone(&board),
        clock,
        console: *console,
        script: common.program.source().name.clone(),
        json: arguments.json,
        quiet: arguments.quiet,
        answers_enter: snapshots,
    };
    let screen = std::thread::Builder::new().name("screen".to_owned()).stack_size(256 << 10);
    let screen = screen.spawn(move || view.show(&to_show))?;
    let plans = common.inputs.plan;
    let driver = Driver {
        common: Arc::new(common),
        modems: Arc::clone(&modems),
        schedule,
        board,
        cancel,
        inbox,
        sender,
        shown: shown.clone(),
        clock,
    };
    let finished = driver.run(&mut journal);
    let path = journal.path().to_owned();
    let synced = journal.finish();
    let _ = shown.send(Progress::Finished);
    let shown =
        screen.join().unwrap_or_else(|_| progress::Shown { exit: Exit::Internal, ..progress::Shown::default() });
    let mut exit = shown.exit.worst(exit_of(&finished, &shown, &signals));
    if let Err(error) = &synced
        && finished.unwritten.is_none()
    {
        console.complain(&format!("results could not be written to {}: {error}", path.display()), None);
        exit = exit.worst(Exit::Unwritable);
    }
    let summary = Summary {
        shown: &shown,
        finished: &finished,
        modems: &modems,
        passed_before,
        plans,
        results: &path,
        rest: (!plans).then(|| rest::command(&path)).flatten(),
    };
    let text = summary.text(console);
    if arguments.json {
        console.say(&text);
    } else {
        exit = exit.worst(console.print(&text));
    }
    Ok(exit.worst(report::write(&path, &arguments.reports, console)))
}

/// Who was met on which port, where modems were looked for.
fn met(found: &[Found]) -> String {
    let line = |found: &Found| {
        let Found { port, identity: Identity { imei, iccid }, why_not } = found;
        let who = [("IMEI", imei), ("ICCID", iccid)].map(|(what, who)| who.as_ref().map(|who| format!("{what} {who}")));
        let who: Vec<String> = who.into_iter().flatten().collect();
        let what = if who.is_empty() { why_not.as_deref().unwrap_or("nobody").to_owned() } else { who.join(", ") };
        format!("{port}: {}\n", harmless(what.as_bytes()))
    };
    found.iter().map(line).collect()
}

fn exit_of(finished: &Finished, shown: &progress::Shown, signals: &Signals) -> Exit {
    let mut exit = Exit::Passed;
    if finished.panicked {
        exit = exit.worst(Exit::Internal);
    }
    if finished.unwritten.is_some() {
        exit = exit.worst(Exit::Unwritable);
    }
    if !finished.not_begun.is_empty() {
        exit = exit.worst(Exit::Incomplete);
    }
    if signals.came() {
        exit = exit.worst(signals.exit());
    }
    exit.worst(shown.worst)
}

/// What a result adds to the exit code.
fn exit_of_result(result: &RunResult) -> Exit {
    match result.status {
        Status::Passed | Status::Skipped => Exit::Passed,
        Status::Failed => Exit::Failed,
        Status::Unreachable => Exit::Device,
        Status::Interrupted => Exit::Incomplete,
    }
}

/// The jitter of two batches is not the same.
fn seed() -> u64 {
    let text = format!("{}{}", Timestamp::now(), std::process::id());
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
