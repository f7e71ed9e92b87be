//! Everything in Markdown that is to be so: `tests/cases/*.md`, a file a feature and a heading a case; the README and
//! `docs/`; the pages of the diagnostic codes.
//!
//! A case's blocks are, in order: files (```` ```hayes ```` is `script.hayes`, ```` ```modem ```` is the modem's part,
//! which the port replays, ```` ```file NAME ```` any other), then ```` ```console ```` with one or more `$ hayes …`
//! lines and exactly what they print, standard output and standard error as a terminal would mix them; `[exit 1]`
//! stands where a command does not exit with 0. `BLESS=1` rewrites what is printed, `CASE=words` runs the cases with
//! these words in their title. ```` ```told ```` holds what is said of the block above it, a script that does not parse
//! or an ```` ```inventory NAME ````: place, code, message; what stands at the place; what to do.
//! ```` ```formatted ```` is the canonical form of the block above it. In a page of a code the script
//! ```` ```wrong ```` has this fault and no other, ```` ```right ```` has none; in `tests/scripts/`
//! what is wrong stands behind the word, and done as its help says nothing is left.
//!
//! In a ```` ```modem ```` block `> AT+CSQ` is a question, to which a CR is added, and `< OK` a line, which is sent
//! between line ends as modems do; `>>` and `<<` stand for exactly what follows, with `\r`, `\n`, `\xNN`; `+2s` lets
//! time pass; `! lost: why` ends the connection.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use hayes::check::{NotFound, Scripts, check};
use hayes::diagnostic::Diagnostic;
use hayes::diagnostic::pages::{nearest, page};
use hayes::source::Source;
use hayes::syntax::{statements, topic, topics};

use crate::folder::Folder;

#[test]
fn cases() {
    let ran = run_files(&files("tests/cases"));
    assert!(ran.told > 150 && ran.printed > 150 || std::env::var_os("CASE").is_some(), "only {ran:?}");
}

#[test]
fn readme() {
    run_files(&[path("README.md")]);
}

#[test]
fn docs() {
    run_files(&[files("docs/src"), files("docs/src/cookbook"), files("docs/src/coming-from")].concat());
}

/// The examples of the pages, the mistakes that people make, the lists of manuals. The examples of run codes can be
/// read and checked: what is wrong with them shows when they run.
#[test]
fn scripts() {
    let (mut looked_at, mut wrong) = (0, Vec::new());
    let files = [files("src/diagnostic/pages"), files("tests/scripts")].concat();
    for case in files.iter().flat_map(|file| split_cases(&fs::read_to_string(file).unwrap())) {
        for block in &case.blocks {
            let found = |text: &str| check(&Source::new("page.hayes", text), &Shelf).diagnostics;
            let diagnostics = found(&block.text);
            let fits = match block.info.split_once(' ').unwrap_or((&block.info, "")) {
                ("wrong", "") if case.title.starts_with("hayes::run::") => true,
                ("wrong", "") => !diagnostics.is_empty() && diagnostics.iter().all(|found| found.code == case.title),
                ("wrong", places) => diagnostics.iter().map(placed).collect::<Vec<_>>().join(", ") == places,
                ("right", "") => diagnostics.is_empty() && found(&block.text.replace('\n', "\r\n")).is_empty(),
                ("parses", "") => hayes::syntax::parse(&Source::new("page.hayes", block.text.as_str())).1.is_empty(),
                (other, _) => panic!("{}: nothing is known of a block of {other}", case.title),
            };
            if !fits {
                let told: String = diagnostics.iter().map(told).collect();
                wrong.push(format!("{}, {}\n{}gives\n{told}", case.title, block.info, block.text));
            }
            looked_at += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(looked_at > 500, "only {looked_at}");
}

/// The edit of a diagnostic takes it away, and does no harm that was not there.
#[test]
fn what_an_edit_mends_is_mended() {
    let (mut mended, mut wrong) = (0, Vec::new());
    let files = [files("src/diagnostic/pages"), files("tests/scripts")].concat();
    for case in files.iter().flat_map(|file| split_cases(&fs::read_to_string(file).unwrap())) {
        for block in case.blocks.iter().filter(|block| block.info.starts_with("wrong")) {
            let found = |text: &str| check(&Source::new("page.hayes", text), &Shelf).diagnostics;
            let all = found(&block.text);
            for (diagnostic, edit) in all.iter().filter_map(|one| Some((one, one.edit.as_ref()?))) {
                let mut text = block.text.clone();
                text.replace_range(Range::<usize>::from(edit.span), &edit.value);
                let left = found(&text);
                if left.len() >= all.len() && left.iter().any(|left| left.code == diagnostic.code) {
                    let told: String = left.iter().map(told).collect();
                    wrong.push(format!("{}\n{}becomes\n{text}where is left\n{told}", diagnostic.code, block.text));
                }
                mended += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(mended > 80, "only {mended}");
}

/// `line:column code`
fn placed(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.source.position(diagnostic.span().unwrap().start as usize);
    format!("{}:{} {}", place.line, place.column, diagnostic.code.rsplit("::").next().unwrap())
}

#[test]
fn a_page_is_found_by_the_last_part_of_its_code_and_a_slip_is_mended() {
    assert_eq!(page("two-at").unwrap().code, "hayes::check::two-at");
    assert_eq!(page("hayes::check::two-at").unwrap().code, "hayes::check::two-at");
    assert_eq!(page("hayes::port::busy").unwrap().code, "hayes::port::busy");
    assert_eq!(page("at"), None);
    assert_eq!(page(""), None);
    assert_eq!(nearest("hayes::check::tow-at"), Some("hayes::check::two-at"));
    assert_eq!(nearest("hayes::check::something-else-altogether"), None);
    assert_eq!((nearest("x"), nearest("")), (None, None));
}

/// The scripts that examples run.
struct Shelf;

impl Scripts for Shelf {
    fn find(&self, name: &str, _from: &Source) -> Result<Arc<Source>, NotFound> {
        let text = match name {
            "modem/identify" => "AT+CGMM\n  capture model\nAT+CGSN\n  capture imei\n",
            "supersim/set-apn" => "param apn = \"super\"\nAT+CGDCONT=1,\"IP\",\"${apn}\"\n",
            "net/login" => "param user\nparam port:int = 23\nlog \"${user} ${port}\"\n",
            "circle" => "run \"circle\"\n",
            "sim/unlock" => "secret pin\nAT+CPIN=\"${pin}\"\n",
            _ => return Err(NotFound::Nowhere { suggestions: vec!["modem/identify".to_owned()] }),
        };
        Ok(Source::new(name, text))
    }
}

/// Each word that begins a line has a page, and the example of each page, and of each function, is in its canonical
/// form, has nothing wrong with it, and runs on a simulated modem.
#[test]
fn pages_of_the_language() {
    let words: Vec<&str> = topics().collect();
    let without: Vec<_> = statements().iter().filter(|known| !words.contains(&known.word)).collect();
    assert!(without.is_empty(), "no page in grammar/pages.md: {without:?}");
    let mut wrong = String::new();
    for word in words {
        let example = topic(word).unwrap().example;
        let folder = Folder::new();
        fs::write(folder.0.join("x.hayes"), &example).unwrap();
        fs::write(folder.0.join("ca.pem"), "x").unwrap();
        fs::write(folder.0.join("answers"), "label=4711").unwrap();
        let ran = run_line(
            "hayes fmt --check x.hayes && hayes check x.hayes && hayes run x.hayes -q --yes --answers answers -p 'sim:bg96?time=virtual' >/dev/null",
            &folder.0,
            false,
        );
        if ran.contains("[exit") || ran.contains("hayes::") {
            wrong.push_str(&format!("{word}\n{example}{ran}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// It is said before anybody writes, which no case can show: only then does the test write.
#[cfg(unix)]
#[test]
fn a_script_that_nobody_writes_is_waited_for_and_that_is_said() {
    let folder = Folder::new();
    let pipe = folder.0.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
    command.current_dir(&folder.0).args(["run", "pipe", "-p", "sim:bg96?time=virtual"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "waiting for what somebody writes into pipe; Ctrl-C ends this\n");
    fs::write(&pipe, "AT+CGMM\n").unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success() && String::from_utf8_lossy(&ended.stderr).contains("pipe passed"), "{ended:?}");
}

/// What is written into a pipe waits for who reads it: that is said, one signal ends it, and it goes on with a reader.
#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_reads_is_waited_for_and_one_signal_ends_that() {
    for flag in ["--record", "--csv", "--html", "--junit", "--rows", "-o"] {
        let folder = Folder::new();
        fs::write(folder.0.join("s.hayes"), "AT\n").unwrap();
        assert!(Command::new("mkfifo").arg(folder.0.join("pipe")).status().unwrap().success());
        for is_read in [false, true] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
            command.current_dir(&folder.0).args([
                "run",
                "s.hayes",
                "-q",
                "--json",
                "-p",
                "sim:bg96?time=virtual",
                flag,
                "pipe",
            ]);
            let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let mut said = String::new();
            BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
            assert_eq!(said, "waiting for somebody who reads pipe; Ctrl-C ends this\n", "{flag}");
            if is_read {
                let read = fs::read(folder.0.join("pipe")).unwrap();
                assert!(!read.is_empty() && child.wait().unwrap().success(), "{flag}");
            } else {
                let pid = child.id().to_string();
                assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
                let ended = child.wait_with_output().unwrap();
                // Before there is a modem to be left in order, the system ends the program.
                assert!(matches!(ended.status.code(), None | Some(130)), "{flag}: {ended:?}");
            }
        }
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The Markdown files of a folder.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(path(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// How many blocks were looked at.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    printed: usize,
    pub(crate) told: usize,
}

fn run_files(files: &[PathBuf]) -> Ran {
    run_files_with(files, &|case, number, ran| {
        let block = &case.blocks[number];
        Some(match block.info.as_str() {
            "console" => {
                ran.printed += 1;
                case.run(block)
            }
            "told" => {
                ran.told += 1;
                told_of(&case.blocks[number - 1])
            }
            "formatted" => formatted(&case.blocks[number - 1].text),
            _ => return None,
        })
    })
}

/// Compares what `find` finds out for a case's block with what stands there.
pub(crate) fn run_files_with(files: &[PathBuf], find: &dyn Fn(&Case, usize, &mut Ran) -> Option<String>) -> Ran {
    let only = std::env::var("CASE").unwrap_or_default();
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    let mut ran = Ran::default();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let mut mended: Vec<(Range<usize>, String)> = Vec::new();
        for case in split_cases(&text).into_iter().filter(|case| case.title.contains(&only)) {
            for (number, block) in case.blocks.iter().enumerate() {
                let Some(found) = find(&case, number, &mut ran) else { continue };
                if found != block.text {
                    let difference = similar::TextDiff::from_lines(block.text.as_str(), found.as_str());
                    let place = format!("{} · {} · block {number}", file.display(), case.title);
                    failures.push(format!("{place}\n{}", difference.unified_diff().header("expected", "found")));
                    mended.push((block.place..block.place + block.text.len(), found));
                }
            }
        }
        if bless && !mended.is_empty() {
            let mut blessed = text.clone();
            mended.into_iter().rev().for_each(|(place, found)| blessed.replace_range(place, &found));
            fs::write(file, blessed).unwrap();
        }
    }
    assert!(ran.printed + ran.told > 0 || !only.is_empty(), "there are no cases");
    let all = failures.join("\n");
    assert!(failures.is_empty() || bless, "{} of {ran:?} differ (BLESS=1 rewrites them)\n\n{all}", failures.len());
    ran
}

/// The canonical form of a script, which is its own.
fn formatted(text: &str) -> String {
    let form = |text: &str| hayes::syntax::format(&Source::new("messy.hayes", text));
    let formatted = form(text).unwrap_or_else(|errors| panic!("{text}\n{errors:#?}"));
    assert_eq!(form(&formatted).as_ref(), Ok(&formatted));
    formatted
}

/// What is said of a script or an inventory; it is wrong.
fn told_of(block: &Block) -> String {
    let name = block.info.split_once(' ').map_or("case.hayes", |(_, name)| name);
    let source = Source::new(name, block.text.as_str());
    let diagnostics = match block.info.starts_with("inventory ") {
        true => hayes::batch::inventory::read(&[source]).err().unwrap_or_default(),
        false => {
            let found = hayes::syntax::parse(&source).1;
            assert!(found.iter().all(|diagnostic| diagnostic.help.is_some()), "each has a help: {found:#?}");
            found
        }
    };
    assert!(!diagnostics.is_empty(), "nothing is wrong with\n{}", block.text);
    diagnostics.iter().map(told).collect()
}

fn told(diagnostic: &Diagnostic) -> String {
    let label = &diagnostic.labels[0];
    let place = diagnostic.source.position(label.span.start as usize);
    let found = diagnostic.source.slice(label.span).replace('\n', "⏎");
    let help = diagnostic.help.as_ref().map(|help| format!("  help: {help}\n")).unwrap_or_default();
    let head = format!("{}:{} {}: {diagnostic}", place.line, place.column, diagnostic.code);
    let words = if label.text.is_empty() { String::new() } else { format!(": {}", label.text) };
    format!("{head}\n  at `{found}`{words}\n{help}")
}

pub(crate) struct Case {
    pub(crate) title: String,
    pub(crate) blocks: Vec<Block>,
}

pub(crate) struct Block {
    /// What stands behind the opening fence.
    pub(crate) info: String,
    pub(crate) text: String,
    /// Where the text begins in its file.
    place: usize,
}

pub(crate) fn split_cases(text: &str) -> Vec<Case> {
    let mut cases = vec![Case { title: "introduction".to_owned(), blocks: Vec::new() }];
    let mut open: Option<Block> = None;
    let mut place = 0;
    for line in text.split_inclusive('\n') {
        place += line.len();
        match (&mut open, line.strip_prefix("```").map(str::trim_end)) {
            (None, Some(info)) => open = Some(Block { info: info.to_owned(), text: String::new(), place }),
            (Some(_), Some("")) => cases.last_mut().unwrap().blocks.extend(open.take()),
            (Some(block), _) => block.text.push_str(line),
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    cases.push(Case { title: title.trim_end().to_owned(), blocks: Vec::new() });
                }
            }
        }
    }
    cases
}

impl Case {
    /// Runs each `$` line of the block in a folder of its own and returns the block as it would have to stand.
    fn run(&self, console: &Block) -> String {
        let folder = Folder::new();
        for block in &self.blocks {
            let name = match block.info.split_once(' ') {
                Some(("file", name)) => name,
                _ if block.info == "hayes" => "script.hayes",
                _ if block.info == "modem" => "modem.transcript",
                _ => continue,
            };
            let path = folder.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = if block.info == "modem" { transcript(&block.text) } else { block.text.clone() };
            fs::write(path, text).unwrap();
        }
        let replays = self.blocks.iter().any(|block| block.info == "modem");
        let mut printed = String::new();
        for line in console.text.lines().filter(|line| line.starts_with("$ ")) {
            printed.push_str(line);
            printed.push('\n');
            printed.push_str(&run_line(line.trim_start_matches("$ "), &folder.0, replays));
        }
        printed
    }
}

fn run_line(line: &str, folder: &Path, replays: bool) -> String {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut command = Command::new("sh");
    let path = Path::new(env!("CARGO_BIN_EXE_hayes")).parent().unwrap().to_owned();
    let search = std::env::join_paths(
        std::iter::once(path).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    command
        .args(["-c", line])
        .current_dir(folder)
        .env("PATH", search.unwrap())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100");
    command
        .env("XDG_STATE_HOME", folder.join("state"))
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env_remove("HAYES_PORT")
        .stdin(std::process::Stdio::null());
    if replays {
        command.env("HAYES_PORT", "replay:modem.transcript");
    }
    command.stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut child = command.spawn().unwrap();
    drop(command); // Its ends of the pipe, or the reader would never see the end.
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    let status = child.wait().unwrap();
    let mut printed = String::from_utf8_lossy(&bytes).replace(&*folder.to_string_lossy(), "FOLDER");
    if !printed.is_empty() && !printed.ends_with('\n') {
        printed.push_str("[no line end]\n");
    }
    match status.code() {
        Some(0) => {}
        Some(code) => printed.push_str(&format!("[exit {code}]\n")),
        None => printed.push_str("[killed]\n"),
    }
    printed
}

/// A modem's part as the file that `replay:` plays.
pub(crate) fn transcript(part: &str) -> String {
    let mut text = "# hayes transcript 1\n".to_owned();
    let mut milliseconds = 0;
    for line in part.lines().filter(|line| !line.is_empty()) {
        let (mark, said) = line.split_once(' ').unwrap_or((line, ""));
        let event = match mark {
            ">" => format!("> {said}\\r"),
            "<" => format!("< \\r\\n{said}\\r\\n"),
            ">>" => format!("> {said}"),
            "<<" => format!("< {said}"),
            "!" => format!("! {said}"),
            "#" => continue,
            wait => {
                let seconds = wait.strip_prefix('+').and_then(|wait| wait.strip_suffix('s')?.parse::<f64>().ok());
                let seconds = seconds.unwrap_or_else(|| panic!("no line of a modem's part: {line}"));
                milliseconds += (seconds * 1000.0) as u64;
                continue;
            }
        };
        // What it says first waits in the port when it is opened.
        if milliseconds > 0 || event.starts_with('>') {
            milliseconds += 1;
        }
        text.push_str(&format!("{}.{:03} {event}\n", milliseconds / 1000, milliseconds % 1000));
    }
    text
}
