//! `hayes test`: each recording of a folder is played to its script again, without the modem. A script that asks what
//! it asked then, and ends as it should, passes.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::arguments::{InputArguments, Reports, Test};
use super::console::{Console, Exit};
use super::modem::Signals;
use super::{inputs, results, run, scripts};
use crate::catalogue::Catalogue;
use crate::check::Program;
use crate::connect::{self, Address, Opening};
use crate::conversation::Conversation;
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::notation::harmless;
use crate::port::transcript::{Said, Transcript, Who, events};
use crate::port::{Cancel, Timestamp};
use crate::report::result::{FailureReport, RunResult};
use crate::report::style::{Palette, Style};
use crate::runtime::{self, Inputs, Outcome, Status};
use crate::source::{LARGEST_TEXT, leads_out_of_clone, read_file};
use crate::syntax::ast::Convert;

/// How a recording's name ends.
const ENDING: &str = "transcript";
const LINES_BEFORE: usize = 6;

pub(crate) fn test(arguments: &Test, console: &Console) -> Result<Exit, Exit> {
    let reports = Reports { junit: arguments.junit.clone(), ..Reports::default() };
    results::reports_apart(&reports, &[], arguments.json, console)?;
    let (mut paths, words): (Vec<_>, Vec<_>) = arguments.paths.iter().cloned().partition(|path| path.exists());
    if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    let mut recordings = BTreeSet::new();
    for path in &paths {
        let unreadable = |error| console.refuse(Exit::Usage, "hayes::cli unread", &[&path.display(), &error]);
        scripts::files_below(path, ENDING, &mut recordings).map_err(unreadable)?;
    }
    let words: Vec<String> = words.iter().map(|word| word.display().to_string()).collect();
    let has = |recording: &PathBuf, word: &String| recording.to_string_lossy().contains(word.as_str());
    if let Some(word) = words.iter().find(|word| !recordings.iter().any(|recording| has(recording, word))) {
        return Err(console.refuse_file(Exit::Nothing, "hayes::cli test-word", &[word], word.as_ref()));
    }
    recordings.retain(|recording| words.is_empty() || words.iter().any(|word| has(recording, word)));
    if recordings.is_empty() {
        return Err(console.refuse(Exit::Nothing, "hayes::cli no-recording", &[]));
    }
    if arguments.list {
        let line = |recording: &PathBuf| harmless(&recording.display().to_string()).into_owned() + "\n";
        return Ok(console.print(&recordings.iter().map(line).collect::<String>()));
    }
    let (cancel, signals) = Signals::begin(console)?;
    let (mut exit, mut passed, mut ended) = (Exit::Passed, 0, Vec::new());
    // What is read by a program has no colours.
    let out = if arguments.json { Palette { coloured: false } } else { console.out };
    for recording in &recordings {
        let result = one(recording, arguments, &cancel, &Console { out, ..*console }).unwrap_or_else(|refused| {
            // What a recording lacks is no fault of the command line.
            exit = exit.worst(if refused == Exit::Usage { Exit::Failed } else { refused });
            let (name, now) = (recording.display().to_string(), Timestamp::now().to_string());
            let why = "it could not be played: standard error says why";
            let line = format!("{}  {name}: {why}\n", out.paint(Style::Bad, "FAILED"));
            if !(arguments.json || arguments.junit == Some("-".into())) {
                exit = exit.worst(console.print(&line));
            }
            let failure = Some(FailureReport::outside("", why));
            RunResult { failure, ..RunResult::empty(&name, &name, &name, now, Status::Failed) }
        });
        passed += usize::from(result.passed());
        let failed = if result.passed() { Exit::Passed } else { Exit::Failed };
        let json = || console.print(&(result.json() + "\n"));
        exit = exit.worst(failed).worst(if arguments.json { json() } else { Exit::Passed });
        ended.push(result);
        if signals.came() {
            return Err(signals.exit());
        }
    }
    let failed = recordings.len() - passed;
    let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
    exit = exit.worst(results::write_reports_of(&ended, &reports, console));
    let is_told =
        arguments.json || arguments.quiet && passed == recordings.len() || arguments.junit == Some("-".into());
    let summary = || console.print(&format!("{passed} passed{failed}\n"));
    Ok(if is_told { exit } else { exit.worst(summary()) })
}

/// What the comments at a recording's beginning say of it.
#[derive(Default)]
struct Terms {
    /// `# script: NAME`, else the file beside it that has its name
    script: Option<String>,
    /// `# expect: failed hayes::run::unexpected-result`, else passed
    expect: Option<String>,
    /// `# var: apn=super`
    variables: Vec<String>,
    /// `# report: signal=-75`: what the script is to report; other columns may have any value
    report: Vec<String>,
}

impl Terms {
    /// `Err`: which word is none of them, though it looks like one.
    fn read(text: &str) -> Result<Terms, (&str, &'static str)> {
        let mut terms = Terms::default();
        for line in text.lines().map_while(|line| line.strip_prefix('#')) {
            match line.trim().split_once(": ") {
                Some(("script", name)) => terms.script = Some(name.trim().to_owned()),
                Some(("expect", status)) => terms.expect = Some(status.trim().to_owned()),
                Some(("var", value)) => terms.variables.push(value.trim().to_owned()),
                Some(("report", value)) => terms.report.push(value.trim().to_owned()),
                Some((word, _)) => {
                    if let Some(meant) = nearest(word, ["script", "expect", "var", "report"]) {
                        return Err((word, meant));
                    }
                }
                None => {}
            }
        }
        Ok(terms)
    }
}

fn one(recording: &Path, arguments: &Test, cancel: &Cancel, console: &Console) -> Result<RunResult, Exit> {
    let (name, started) = (recording.display().to_string(), Timestamp::now().to_string());
    let refuse = |page, values: &[&dyn Display]| console.refuse(Exit::Invalid, page, values);
    // A folder may come from anybody: neither a link nor a name leads out of it.
    let named = arguments.paths.iter().map(PathBuf::as_path);
    let folder = named.clone().find(|path| path.is_dir() && recording.starts_with(path));
    let folder = folder.or(named.clone().all(|path| !path.exists()).then_some(Path::new(".")));
    let root = folder.or(recording.parent()).filter(|_| !arguments.inputs.outside);
    let stays = |path: &Path, what: &str| match root.is_some_and(|root| leads_out_of_clone(path, root)) {
        true => Err(refuse("hayes::cli test-link", &[&name, &what])),
        false => Ok(()),
    };
    folder.map_or(Ok(()), |_| stays(recording, "it"))?;
    let text = read_file(recording, LARGEST_TEXT);
    let text = text.map_err(|error| refuse("hayes::cli recording", &[&name, &error]))?;
    let terms = Terms::read(&text);
    let terms = terms.map_err(|(word, meant)| refuse("hayes::cli recording-term", &[&name, &word, &meant]))?;
    let script = script_of(recording, &terms).ok_or_else(|| refuse("hayes::cli recording-script", &[&name]))?;
    stays(Path::new(&script), &format!("its script {script}"))?;
    let source = scripts::read(&script, console)?;
    let mut given = arguments.inputs.clone();
    given.variables.extend(terms.variables);
    let is_shown = |found: &Diagnostic| given.deny_warnings || found.severity == Severity::Error;
    let programs = run::checked_as(&[source], &given, is_shown, |_| {}, console)?;
    let program = programs.first().ok_or(Exit::Invalid)?;
    given.secrets.extend(masked_secrets(program, &given, console)?);
    let inputs = inputs::collect(&given, &programs, console)?;
    let port = connect::open(&Address::Replay(recording.to_owned()), &Opening::new(cancel.clone()))
        .map_err(|error| console.refuse_as(Exit::Invalid, &error))?;
    let inputs = Inputs { folder: Path::new(&script).parent().map(Path::to_owned), ..inputs };
    let mut heard = Transcript::default();
    let outcome = runtime::run(program, &mut Conversation::new(port, &Catalogue), &inputs, &mut heard);
    let now = heard.text("");
    let difference = Difference::between(&text, &now);
    let told = difference.as_ref().map(|difference| difference.told(&name, console));
    let wrong = told
        .or_else(|| wrong_end(&outcome, terms.expect.as_deref().unwrap_or("passed")))
        .or_else(|| wrong_report(&outcome, &terms.report));
    if arguments.verbose {
        console.say(&now);
    }
    let is_silent = arguments.json || arguments.junit == Some("-".into());
    let tell = |style, word, why: &str| {
        let line = format!("{}  {name}{why}\n", console.out.paint(style, word));
        if is_silent { Exit::Passed } else { console.print(&line) }
    };
    let printed = match &wrong {
        None if arguments.quiet => Exit::Passed,
        None => tell(Style::Good, "passed", ""),
        Some(why) => tell(Style::Bad, "FAILED", &format!(": {why}")),
    };
    // What differs is told already; that the recording has no answer to it is no news.
    if wrong.is_some() && difference.is_none() && !is_silent {
        run::show_failure(&outcome, console);
    }
    let mut result = RunResult::new(&name, &name, &script, started, &outcome);
    result.status = if wrong.is_none() { Status::Passed } else { Status::Failed };
    let failure = result.failure.take().unwrap_or_default();
    result.failure = wrong.map(|message| FailureReport { message, ..failure });
    if printed == Exit::Passed { Ok(result) } else { Err(printed) }
}

/// In a recording secrets are masked, so any value of theirs has been said there.
fn masked_secrets(program: &Arc<Program>, given: &InputArguments, console: &Console) -> Result<Vec<String>, Exit> {
    let (mut inputs, origins) = inputs::explicit(given, std::slice::from_ref(program), console)?;
    let (environment, _) = inputs::environment(std::slice::from_ref(program), &origins, console)?;
    inputs.secrets.extend(environment.secrets);
    inputs.variables.extend(environment.variables);
    let missing = runtime::unfit(program, &inputs).into_iter().filter(|unfit| unfit.missing && unfit.secret);
    let value = |name: &str| match program.param(name).map_or(Convert::Text, |param| param.convert) {
        Convert::Text => "***",
        Convert::Int | Convert::Hex | Convert::Decimal => "7390562841",
    };
    Ok(missing.map(|unfit| format!("{}={}", unfit.param, value(&unfit.param))).collect())
}

/// `# script: NAME`, from the recording's folder where it is a file there; else `NAME.hayes` beside `NAME.transcript`,
/// or beside `NAME-WHAT.transcript`.
fn script_of(recording: &Path, terms: &Terms) -> Option<String> {
    let shown = |path: PathBuf| path.to_string_lossy().into_owned();
    if let Some(name) = &terms.script {
        let beside = recording.with_file_name(name);
        return Some(if beside.is_file() { shown(beside) } else { name.clone() });
    }
    let mut name = recording.file_stem()?.to_str()?;
    loop {
        let script = recording.with_file_name(format!("{name}.hayes"));
        if script.is_file() {
            return Some(shown(script));
        }
        name = name.rsplit_once('-')?.0;
    }
}

fn wrong_end(outcome: &Outcome, expected: &str) -> Option<String> {
    let status = outcome.status.name();
    let code = outcome.failure.as_deref().map_or("", |failure| failure.diagnostic.code);
    let is_as_expected = expected == status || expected == format!("{status} {code}");
    (!is_as_expected).then(|| format!("{} was expected, but it {}", expected, format!("{status} {code}").trim()))
}

/// The first column that has another value than is told, or none.
fn wrong_report(outcome: &Outcome, expected: &[String]) -> Option<String> {
    expected.iter().find_map(|column| {
        let (name, value) = column.split_once('=').unwrap_or((column, ""));
        let found = outcome.report.iter().find(|(known, _)| *known == name.trim_end());
        let found = found.map(|(_, value)| value.to_string());
        let told = || found.as_ref().map_or("does not report it".to_owned(), |found| format!("reports {found}"));
        (found.as_deref() != Some(value.trim_start())).then(|| format!("{column} was expected, but it {}", told()))
    })
}

/// Where a script asks something else than it did when this was recorded.
struct Difference {
    /// What was said before, in both
    before: Vec<String>,
    /// What was asked then
    then: Option<String>,
    now: Option<String>,
}

impl Difference {
    fn between(recorded: &str, now: &str) -> Option<Difference> {
        let said = |text| events(text).filter(|said: &Said<'_>| said.who != Who::Note).collect::<Vec<_>>();
        let (recorded, now) = (said(recorded), said(now));
        let (questions_then, questions_now) = (questions(&recorded), questions(&now));
        let longest = questions_then.len().max(questions_now.len());
        let (place, then, now) = (0..longest)
            .map(|place| (place, questions_then.get(place), questions_now.get(place)))
            .find(|(_, then, now)| then.map(|then| &then.1) != now.map(|now| &now.1))?;
        // Both have said the same up to there; the answers are the recording's.
        let end = then.map_or(recorded.len(), |(event, _)| *event);
        let end = if place == 0 { 0 } else { end };
        // Echoes and empty lines tell nothing.
        let mut asked = "";
        let mut before = Vec::new();
        for said in recorded.get(..end).unwrap_or_default() {
            let line = said.line().trim_end_matches("\\r");
            let is_echo = said.who == Who::Modem && line == asked;
            if said.who == Who::Computer {
                asked = line;
            }
            if !is_echo && !line.is_empty() {
                before.push(format!("{} {line}", if said.who == Who::Computer { '>' } else { '<' }));
            }
        }
        before.drain(..before.len().saturating_sub(LINES_BEFORE));
        Some(Difference { before, then: then.map(|it| it.1.clone()), now: now.map(|it| it.1.clone()) })
    }

    fn told(&self, recording: &str, console: &Console) -> String {
        let what = match (&self.then, &self.now) {
            (Some(_), None) => "it asks less than when this was recorded",
            (None, _) => "it asks more than when this was recorded",
            (Some(_), Some(_)) => "it asks something else than when this was recorded",
        };
        let mut text = format!("{what} (- {recording}, + now)");
        text.extend(self.before.iter().map(|line| format!("\n    {line}")));
        for (style, sign, line) in [(Style::Bad, '-', &self.then), (Style::Good, '+', &self.now)] {
            if let Some(line) = line {
                let line = format!("  {sign} > {line}");
                text.push_str(&format!("\n{}", console.out.paint(style, line.as_str())));
            }
        }
        text
    }
}

/// What was asked, a line each, with the place of its event; how it was cut into writes does not matter.
fn questions(said: &[Said<'_>]) -> Vec<(usize, String)> {
    let mut questions: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (place, said) in said.iter().enumerate().filter(|(_, said)| said.who == Who::Computer) {
        for line in said.text.split_inclusive("\\r") {
            let (words, ends) = line.strip_suffix("\\r").map_or((line, false), |words| (words, true));
            match questions.last_mut().filter(|_| is_open) {
                Some((_, question)) => question.push_str(words),
                None => questions.push((place, words.to_owned())),
            }
            is_open = !ends;
        }
    }
    questions
}
