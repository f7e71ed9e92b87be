//! Results: where they go, what came of a batch in a few words, and reports of them.

use std::collections::HashSet;
use std::fmt::Display;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::arguments::{self, Reports};
use super::batch::{NOWHERE, select, written_by};
use super::console::{self, Console, Exit, quoted};
use crate::batch::driver::Finished;
use crate::batch::inventory::{BatchModem, Inventory};
use crate::batch::journal::{self, Head, Results};
use crate::batch::schedule::Stopped;
use crate::diagnostic::Complaint;
use crate::notation::{as_counted, seconds};
use crate::port::Timestamp;
use crate::report::conversation::meaning;
use crate::report::result::{RunResult, Walk, add_row_names, plural};
use crate::report::style::{Palette, Style, harmless};
use crate::report::tally::{STATUSES, Tally};
use crate::report::transcript::in_full;
use crate::report::{csv, html, junit};
use crate::runtime::{Mask, Status};
use crate::source::read_text;
use crate::state;

/// A conversation of more bytes than this is left out of a page.
const LARGEST_RECORD: u64 = 64 << 20;

/// Where results go: standard output, or the file of `-o`, which is opened before anything is sent.
#[derive(Debug)]
pub(crate) enum Sink {
    Standard,
    File {
        file: File,
        path: PathBuf,
        /// What stands there is an earlier run's, and stays until there is something new.
        is_begun: bool,
    },
}

/// Refuses to write a file that is read, or written, too; each with the word that named it.
pub(crate) fn apart(read: &[(&str, &Path)], written: &[(&str, &Path)], console: &Console) -> Result<(), Exit> {
    let mut streams = written.iter().filter(|(_, path)| is_stdout(path)).map(|(flag, _)| *flag);
    if let (Some(one), Some(other)) = (streams.next(), streams.next()) {
        return Err(console.refuse(Exit::Usage, "hayes::cli output-taken", &[&one, &other]));
    }
    for (index, (flag, path)) in written.iter().enumerate() {
        let Some(place) = place(path) else { continue };
        let earlier = written.iter().take(index).map(|(flag, path)| (*flag, *path));
        let mut others = read.iter().copied().chain(earlier);
        if let Some((other, _)) = others.find(|(_, other)| self::place(other).as_ref() == Some(&place)) {
            let values: [&dyn Display; 3] = [flag, &path.display(), &other];
            return Err(console.refuse(Exit::Usage, "hayes::cli overwrites", &values));
        }
    }
    Ok(())
}

/// Refuses to write over a file that holds something, but what Hayes has written there for the same flag: it begins
/// with one of `own`.
pub(crate) fn stays(flag: &str, path: &Path, own: &[&str], console: &Console) -> Result<(), Exit> {
    if !state::holds_something(path) {
        return Ok(());
    }
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(1 << 10).read_to_end(&mut head));
    if read.is_ok() && own.iter().any(|own| head.starts_with(own.as_bytes())) {
        return Ok(());
    }
    Err(console.refuse(Exit::Unwritable, "hayes::cli file-held", &[&path.display(), &flag]))
}

/// Where a file stands, or would stand. None for streams and devices, which lose nothing, and for what cannot be.
fn place(path: &Path) -> Option<PathBuf> {
    if path == Path::new("-") || path.metadata().is_ok_and(|known| !known.is_file()) {
        return None;
    }
    path.canonicalize().ok().or_else(|| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    })
}

impl Sink {
    pub(crate) fn open(path: Option<&Path>, console: &Console) -> Result<Sink, Exit> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else { return Ok(Sink::Standard) };
        let file = state::opened(&state::private(), path).map_err(|error| unwritable(path, &error, console))?;
        Ok(Sink::File { file, path: path.to_owned(), is_begun: false })
    }

    pub(crate) fn write(&mut self, text: &str, console: &Console) -> Exit {
        match self {
            Sink::Standard => console.print(text),
            Sink::File { file, path, is_begun } => {
                let emptied = if std::mem::replace(is_begun, true) { Ok(()) } else { empty(file) };
                match emptied.and_then(|()| file.write_all(text.as_bytes())) {
                    Ok(()) => Exit::Passed,
                    Err(error) => unwritable(path, &error, console),
                }
            }
        }
    }
}

/// The file of `--rows` while its rows come: what is killed after hours keeps those it has.
pub(crate) struct LiveRows {
    sink: Sink,
    path: PathBuf,
    names: Vec<String>,
    /// The power may fail.
    is_synced: bool,
    /// One could not be written: all are once more at the end
    is_torn: bool,
}

impl LiveRows {
    /// None where no file is asked for: what went through a pipe can get no other column.
    pub(crate) fn open(reports: &Reports, is_synced: bool, console: &Console) -> Result<Option<LiveRows>, Exit> {
        let Some(path) = reports.rows.as_deref().filter(|file| !is_stream(file)) else { return Ok(None) };
        let sink = Sink::open(Some(path), console)?;
        Ok(Some(LiveRows { sink, path: path.to_owned(), names: Vec::new(), is_synced, is_torn: false }))
    }

    /// Every row stands in the file, and there is one.
    pub(crate) fn is_whole(&self) -> bool {
        !self.names.is_empty() && !self.is_torn
    }

    pub(crate) fn add(&mut self, modem: &str, row: &serde_json::Value, console: &Console) -> Exit {
        if self.is_torn {
            return Exit::Passed;
        }
        let written = match self.with_row(modem, row) {
            Ok(text) => self.sink.write(&String::from_utf8_lossy(&text), console),
            Err(error) => unwritable(&self.path, &error, console),
        };
        self.is_torn = written != Exit::Passed;
        if let Sink::File { file, .. } = &self.sink
            && self.is_synced
        {
            _ = file.sync_data();
        }
        written
    }

    /// What is to be written: the row; with a column that none had before the whole table anew.
    fn with_row(&mut self, modem: &str, row: &serde_json::Value) -> std::io::Result<Vec<u8>> {
        let known = self.names.len();
        add_row_names(&mut self.names, std::slice::from_ref(row));
        let mut table = ::csv::Writer::from_writer(Vec::new());
        if self.names.len() > known {
            csv::write_row_names(&mut table, &self.names)?;
            if known > 0 {
                for record in ::csv::Reader::from_path(&self.path)?.into_records() {
                    let mut record = record?;
                    (known..self.names.len()).for_each(|_| record.push_field(""));
                    table.write_record(&record)?;
                }
            }
            // What is written next takes the place of all that stands there.
            if let Sink::File { is_begun, .. } = &mut self.sink {
                *is_begun = false;
            }
        }
        csv::write_row(&mut table, &self.names, modem, row)?;
        table.into_inner().map_err(::csv::IntoInnerError::into_error)
    }
}

/// A pipe or a device has nothing to be emptied of.
fn empty(mut file: &File) -> std::io::Result<()> {
    if file.metadata()?.is_file() { file.set_len(0).and_then(|()| file.rewind()) } else { Ok(()) }
}

fn unwritable(path: &Path, error: &std::io::Error, console: &Console) -> Exit {
    console.refuse(unwritten(error), "hayes::cli unwritable", &[&path.display(), error])
}

/// The exit code where this kept something from being written.
pub(crate) fn unwritten(error: &std::io::Error) -> Exit {
    if error.kind() == std::io::ErrorKind::Interrupted { Exit::Interrupted } else { Exit::Unwritable }
}

/// `hayes report`: results of a batch as CSV, JUnit or HTML.
pub(crate) fn report(arguments: &arguments::Report, console: &Console) -> Result<Exit, Exit> {
    if arguments.list {
        return Ok(console.print(&kept().iter().map(|path| listed_run(path, console)).collect::<String>()));
    }
    let none = || console.refuse(Exit::Nothing, "hayes::cli no-results", &[]);
    let last = if arguments.results.as_ref().is_some_and(|name| name.exists()) { None } else { kept().pop() };
    let mut chosen: Vec<String> = arguments.modems.iter().chain(&arguments.limit).cloned().collect();
    // `hayes report gw-07`: of the last batch
    let is_modem = |name: &&PathBuf| {
        let of_last = last.as_ref().and_then(|last| journal::read(last).ok());
        of_last.is_some_and(|last| last.heads.iter().any(|head| Path::new(&head.modem) == name.as_path()))
    };
    let named = arguments.results.as_ref().filter(is_modem);
    chosen.extend(named.map(|name| name.display().to_string()));
    let given = arguments.results.clone().filter(|_| named.is_none());
    if given.is_none() {
        last.iter().for_each(|last| console.say(&format!("results: {}\n", last.display())));
    }
    let path = given.as_ref().or(last.as_ref()).ok_or_else(none)?;
    let unreadable = |error: std::io::Error| {
        let help = "give it what `hayes batch` has written; `-l NAME` is a modem of the last batch";
        let complaint = Complaint::told("hayes::cli unread", &[&path.display(), &error]);
        console.refuse_as(Exit::Invalid, &complaint.help(help).near(path))
    };
    let (mut results, tally) = state::told_of_waiting(state::WRITER, path, || tallied(path)).map_err(unreadable)?;
    if let Some(bytes) = results.torn {
        let what = "the last line was torn by a crash and is left out";
        console.say(&format!("note: {what} ({})\n", plural(bytes as u64, "byte")));
    }
    let mask = Mask::default().personal(arguments.shareable);
    if !chosen.is_empty() {
        let mut modems = Vec::new();
        let of_result = |result: &RunResult| BatchModem {
            name: result.modem.clone(),
            groups: result.groups.iter().map(|group| group.as_str().into()).collect(),
            labels: result.labels.iter().map(|(name, value)| (name.as_str().into(), value.clone())).collect(),
            ..BatchModem::default()
        };
        let walked = results.walk(&mut |result| {
            modems.push(of_result(result));
            Ok(())
        });
        walked.map_err(unreadable)?;
        let chosen = select(&Inventory { modems, ..Inventory::default() }, &chosen, console)?;
        let names: HashSet<&str> = chosen.iter().map(|modem| modem.name.as_str()).collect();
        results.heads.retain(|head| names.contains(head.modem.as_str()));
        results.heads.sort_by(|one, other| as_counted(&one.modem).cmp(as_counted(&other.modem)));
    }
    if arguments.reports.files().next().is_some() {
        reports_apart(&arguments.reports, &[("the results", path)], false, console)?;
        return Ok(write_all((&results, &[]), path, &arguments.reports, &mask, console));
    }
    if chosen.is_empty() {
        let mut text = summary_of(&tally, console.out) + &conversations(&tally, given.as_deref(), path);
        let failed = tally.count(&[Status::Failed, Status::Unreachable, Status::Interrupted]) > 0;
        if failed && !results.heads.iter().any(|head| head.plan) {
            let path = quoted(&path.display().to_string());
            text.push_str(&fitted(&format!("the rest: the same command with --resume {path}")));
        }
        return Ok(console.print(&text));
    }
    let record = record_of(path, &mask);
    let mut exit = Exit::Passed;
    let walked = results.walk(&mut |result| {
        let text = in_full(&result.clone().masked(&mask), record(result).as_deref(), meaning, console.out);
        exit = exit.worst(console.print(&text));
        Ok(())
    });
    walked.map_err(unreadable)?;
    Ok(exit)
}

/// Where the conversations of those that failed are, and how one is shown: that of the rarest cause.
fn conversations(tally: &Tally, named: Option<&Path>, path: &Path) -> String {
    let (Some(folder), causes) = (&tally.records, tally.causes()) else { return String::new() };
    let folder = path.parent().unwrap_or(Path::new("")).join(folder);
    let rarest = causes.iter().rev().find(|cause| cause.has_record).and_then(|cause| cause.modems.first());
    let words =
        rarest.map(|(modem, _)| named.map(|path| path.display().to_string()).into_iter().chain([modem.clone()]));
    let words: Vec<String> = words.into_iter().flatten().map(|word| quoted(&word)).collect();
    fitted(&format!("conversations: {}; one: hayes report {}", folder.display(), words.join(" ")))
}

/// Those in the user's state folder.
fn kept() -> Vec<PathBuf> {
    state::folder().and_then(|folder| runs_in(&folder).ok()).unwrap_or_default()
}

/// The results that batches have left in a folder, the last one at the end: names begin with the time.
pub(crate) fn runs_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    let mut runs: Vec<PathBuf> = entries.into_iter().filter(|path| written_by(path).is_some()).collect();
    runs.sort_unstable();
    Ok(runs)
}

/// The file, then what came of it.
fn listed_run(path: &Path, console: &Console) -> String {
    let told = tallied(path).map_or_else(
        |error| error.to_string(),
        |(results, tally)| {
            format!("{}: {}", plural(results.heads.len() as u64, "modem"), tally.counted(0, console.out))
        },
    );
    format!("{}  {told}\n", path.display())
}

/// The reports that were asked for, of the results in this file.
/// `not_run`: what those have come to that were to run and did not.
pub(crate) fn write_reports(path: &Path, not_run: &[RunResult], reports: &Reports, console: &Console) -> Exit {
    if reports.files().next().is_none() {
        return Exit::Passed;
    }
    match journal::read(path) {
        // What stands there was hidden when it was written.
        Ok(results) => write_all((&results, not_run), path, reports, &Mask::default(), console),
        Err(error) => console.refuse(Exit::Unwritable, "hayes::cli results-lost", &[&path.display(), &error]),
    }
}

/// No report is one of these files, nor another report; and each can be written.
pub(crate) fn reports_apart(
    reports: &Reports,
    read: &[(&str, &Path)],
    json: bool,
    console: &Console,
) -> Result<(), Exit> {
    let json = json.then_some(("--json", Path::new("-")));
    apart(read, &json.into_iter().chain(reports.files()).collect::<Vec<_>>(), console)?;
    reports_writable(reports, console)
}

/// Whether the reports can be written, and nothing else is lost: that shows before anything is sent.
pub(crate) fn reports_writable(reports: &Reports, console: &Console) -> Result<(), Exit> {
    let columns = reports.columns.join(",") + "\n";
    for (flag, path) in reports.files().filter(|(_, path)| !is_stream(path)) {
        let own: &[&str] = match flag {
            // An empty line is no head.
            "--csv" if reports.columns.concat().is_empty() => &[csv::FIXED],
            "--csv" => &[csv::FIXED, &columns],
            "--rows" => &["modem,", "modem\n"],
            "--junit" => &[junit::HEAD],
            _ => &[html::HEAD],
        };
        stays(flag, path, own, console)?;
        if let Err(error) = state::private().open(path) {
            return Err(console.refuse(Exit::Unwritable, "hayes::cli report-file", &[&path.display(), &error]));
        }
    }
    Ok(())
}

fn write_all(
    (results, not_run): (&Results, &[RunResult]),
    path: &Path,
    reports: &Reports,
    mask: &Mask,
    console: &Console,
) -> Exit {
    type Take<'t> = dyn FnMut(&RunResult) -> std::io::Result<()> + 't;
    let walk_through = |heads: &[&Head], take: &mut Take<'_>| {
        match mask.is_empty() {
            true => results.walk_through(heads, take)?,
            false => results.walk_through(heads, &mut |result| take(&result.clone().masked(mask)))?,
        }
        not_run.iter().try_for_each(take)
    };
    // As an inventory has them, not as they ended.
    let mut heads: Vec<&Head> = results.heads.iter().collect();
    heads.sort_by(|one, other| as_counted(&one.modem).cmp(as_counted(&other.modem)));
    let walk: &Walk<'_> = &|take: &mut Take<'_>| walk_through(&heads, take);
    // For people: what failed first, and names as they count.
    let mut worst_first = heads.clone();
    worst_first.sort_by(|one, other| {
        let rank = |head: &Head| !matches!(head.status, Status::Failed | Status::Unreachable | Status::Interrupted);
        rank(one).cmp(&rank(other))
    });
    let for_people: &Walk<'_> = &|take: &mut Take<'_>| walk_through(&worst_first, take);
    write_each(walk, for_people, &record_of(path, mask), reports, console)
}

/// The conversations beside these results. One that is gone is left out: the results are the same without it.
fn record_of(path: &Path, mask: &Mask) -> impl Fn(&RunResult) -> Option<String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    |result| {
        let file = File::open(folder.join(result.record.as_ref()?)).ok()?;
        read_text(file, LARGEST_RECORD).ok().map(|text| mask.string(text))
    }
}

/// The reports that were asked for, of runs whose conversations nobody keeps.
pub(crate) fn write_reports_of(results: &[RunResult], reports: &Reports, console: &Console) -> Exit {
    let walk: &Walk<'_> = &|take| results.iter().try_for_each(take);
    write_each(walk, walk, &|_| None, reports, console)
}

fn write_each(
    walk: &Walk<'_>,
    for_people: &Walk<'_>,
    record: &dyn Fn(&RunResult) -> Option<String>,
    reports: &Reports,
    console: &Console,
) -> Exit {
    let mut exit = Exit::Passed;
    let mut report = |file: &Option<PathBuf>, write: &dyn Fn(&mut dyn Write) -> std::io::Result<()>| {
        if let Some(file) = file {
            exit = exit.worst(write_one(file, console, write));
        }
    };
    report(&reports.csv, &|writer| csv::write(walk, &reports.columns, writer));
    report(&reports.rows, &|writer| csv::write_rows(walk, writer));
    report(&reports.junit, &|writer| junit::write(walk, writer));
    report(&reports.html, &|writer| html::write(for_people, record, meaning, writer));
    for (name, near) in csv::unknown(walk, &reports.columns) {
        let near = near.map(|near| format!(": did you mean {near}?")).unwrap_or_default();
        console.say(&format!("note: no result has a column {}{near}\n", harmless(name.as_bytes())));
    }
    exit
}

fn write_one(path: &Path, console: &Console, write: &dyn Fn(&mut dyn Write) -> std::io::Result<()>) -> Exit {
    if is_stdout(path) {
        return console.written(write(&mut std::io::BufWriter::new(std::io::stdout().lock())));
    }
    let written = state::private_file(path).and_then(|file| {
        let mut writer = std::io::BufWriter::new(file);
        write(&mut writer)?;
        writer.flush()
    });
    let failed = |error| console.refuse(unwritten(&error), "hayes::cli report-unwritten", &[&path.display(), &error]);
    written.map_or_else(failed, |()| Exit::Passed)
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// It takes what is written once, as a pipe does: nothing is to be tried, or written anew.
fn is_stream(path: &Path) -> bool {
    is_stdout(path) || path.metadata().is_ok_and(|known| !known.is_file() && !known.is_dir())
}

pub(crate) struct Summary<'s> {
    pub(crate) tally: &'s Tally,
    pub(crate) finished: &'s Finished,
    pub(crate) modems: &'s [BatchModem],
    pub(crate) passed_before: usize,
    /// Nothing was changed: `--plan`
    pub(crate) plans: bool,
    pub(crate) results: &'s Path,
    /// The same, where they are not the last in the user's state folder
    pub(crate) named: Option<&'s Path>,
    pub(crate) rest: Option<String>,
}

impl Summary<'_> {
    /// Counts, failures by cause, what did not run, and the command that runs the rest.
    pub(crate) fn text(&self, console: &Console) -> String {
        let palette = console.out;
        let Tally { changed, unchanged, .. } = *self.tally;
        let not_run = self.finished.not_begun.len();
        let mut text = causes(self.tally, palette);
        text.push_str(&self.not_run(palette));
        let took = u64::try_from(self.finished.elapsed.as_millis()).unwrap_or(u64::MAX);
        // `time=virtual`: who has just read that one took ten minutes is told which clock this is.
        let ahead = Some(self.tally.longest()).filter(|longest| *longest > took.saturating_add(1000));
        let clocks = ahead.map(|longest| format!(" ({} by the modems' clocks)", seconds(longest))).unwrap_or_default();
        let (time, all) = (seconds(took), plural(self.modems.len() as u64, "modem"));
        let mut counts = format!("{all} in {time}{clocks}: {}", self.tally.counted(not_run, palette));
        if changed + unchanged > 0 {
            let what = if self.plans { "would change" } else { "changed" };
            counts.push_str(&format!("; {changed} {what}, {unchanged} unchanged"));
        }
        if self.passed_before > 0 {
            counts.push_str(&format!("; {} passed before", self.passed_before));
        }
        text.push_str(&fitted(&format!("{counts}\n{}", self.tally.durations())));
        if self.results != Path::new(NOWHERE) {
            text.push_str(&format!("results: {}\n", self.results.display()));
            text.push_str(&conversations(self.tally, self.named, self.results));
        }
        if !self.finished.lost.is_empty() {
            let lost = palette.paint(Style::Bad, format!("{} not written", self.finished.lost.len()));
            let names: Vec<&str> = self.finished.lost.iter().map(String::as_str).collect();
            text.push_str(&format!("{lost}, so these run again with the rest\n{}\n", listed(&names)));
        }
        let failed = self.tally.count(&[Status::Failed, Status::Unreachable, Status::Interrupted]);
        let left = failed + not_run + self.finished.lost.len();
        text.extend(self.rest.as_ref().filter(|_| left > 0).map(|rest| format!("the rest: {rest}\n")));
        text
    }

    fn why_not_run(&self) -> &'static str {
        match (self.finished.stopped, &self.finished.unwritten) {
            (_, Some(_)) => "results could not be written",
            (Some(Stopped::TooManyFailures), _) => "too many had failed",
            (Some(Stopped::Asked) | None, None) => "the batch was stopped",
        }
    }

    /// The modems that did not run, as the reports have them.
    pub(crate) fn not_begun(&self, script: &str) -> Vec<RunResult> {
        let not_begun = self.finished.not_begun.iter().filter_map(|index| self.modems.get(*index));
        let result = |modem: &BatchModem| {
            let (skipped, started) = (Some(format!("not run: {}", self.why_not_run())), Timestamp::now().to_string());
            RunResult {
                skipped,
                groups: modem.groups.iter().map(|group| group.to_string()).collect(),
                labels: modem.labels.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
                ..RunResult::empty(&modem.name, &modem.port(), script, started, Status::Skipped)
            }
        };
        not_begun.map(result).collect()
    }

    fn not_run(&self, palette: Palette) -> String {
        let (not_begun, why) = (&self.finished.not_begun, self.why_not_run());
        if not_begun.is_empty() {
            return String::new();
        }
        let names: Vec<&str> =
            not_begun.iter().filter_map(|index| Some(self.modems.get(*index)?.name.as_str())).collect();
        let head = palette.paint(Style::Notable, format!("{} not run", not_begun.len()));
        format!("{head}: {why}\n{}\n", listed(&names))
    }
}

pub(crate) fn tallied(path: &Path) -> std::io::Result<(Results, Tally)> {
    let (mut tally, mut count) = (Tally::default(), 0);
    let results = journal::read_each(path, |result: RunResult| {
        tally.add(&result);
        count += 1;
        result
    })?;
    // Of a modem that has more lines than one the last counts.
    if count > results.heads.len() {
        tally = Tally::default();
        results.walk(&mut |result| {
            tally.add(result);
            Ok(())
        })?;
    }
    Ok((results, tally))
}

/// What the results of an earlier batch say.
pub(crate) fn summary_of(tally: &Tally, palette: Palette) -> String {
    let all = plural(tally.count(&STATUSES) as u64, "modem");
    causes(tally, palette) + &fitted(&format!("{all}: {}\n{}", tally.counted(0, palette), tally.durations()))
}

/// The lines in the width that there is, broken between words.
fn fitted(lines: &str) -> String {
    lines.lines().map(|line| console::fitted(line, "    ") + "\n").collect()
}

/// Each cause with the modems that it has hit, the largest first.
fn causes(tally: &Tally, palette: Palette) -> String {
    let mut text = String::new();
    for cause in tally.causes() {
        let count = palette.paint(Style::Bad, format!("{} ×", cause.modems.len()));
        let code = palette.paint(Style::Dim, format!("[{}]", cause.code));
        let what = format!("{count} {} {code}", harmless(cause.message.as_bytes()));
        text.push_str(&(console::fitted(&what, "    ") + "\n"));
        let named =
            |(name, own): &(String, String)| if own.is_empty() { name.clone() } else { format!("{name} ({own})") };
        text.push_str(&listed(&cause.modems.iter().map(named).collect::<Vec<_>>()));
        text.push('\n');
        for line in cause.help.iter().flat_map(|help| help.lines()) {
            let help = format!("    help: {}", harmless(line.as_bytes()));
            text.push_str(&(console::fitted(&help, "          ") + "\n"));
        }
    }
    text
}

/// Names on as many as three lines; the last one has room for how many more there are.
fn listed(names: &[impl AsRef<str>]) -> String {
    const LINES: usize = 3;
    let width = console::width();
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::from("   ");
    for (place, name) in names.iter().map(|name| harmless(name.as_ref().as_bytes())).enumerate() {
        let is_last = lines.len() + 1 == LINES;
        let more = format!(" … and {} more", names.len() - place);
        let kept = if is_last && place + 1 < names.len() { more.chars().count() } else { 0 };
        if line.chars().count() + name.chars().count() + kept + 2 >= width {
            if is_last {
                line.push_str(&more);
                break;
            }
            lines.push(std::mem::replace(&mut line, String::from("   ")));
        }
        line.push_str(&format!(" {name}"));
    }
    lines.push(line);
    lines.join("\n")
}
