//! `tests/cases/*.md`: a file a feature, a heading a case.
//!
//! A case's blocks are, in order: files (```` ```hayes ```` is `script.hayes`, ```` ```modem ```` is the modem's part, which
//! the port replays, ```` ```file NAME ```` any other), then ```` ```console ```` with one or more `$ hayes …` lines and
//! exactly what they print, standard output and standard error as a terminal would mix them; `[exit 1]` stands where
//! a command does not exit with 0. `BLESS=1` rewrites what is printed, `CASE=words` runs the cases with these words in
//! their title. The README's console blocks are cases too.
//!
//! In a ```` ```modem ```` block `> AT+CSQ` is a question, to which a CR is added, and `< OK` a line, which is sent between
//! line ends as modems do; `>>` and `<<` stand for exactly what follows, with `\r`, `\n`, `\xNN`; `+2s` lets time
//! pass; `! lost: why` ends the connection.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::folder::Folder;

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    assert!(!files.is_empty());
    run_files(&files);
}

#[test]
fn readme() {
    run_files(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")]);
}

fn run_files(files: &[PathBuf]) {
    let only = std::env::var("CASE").unwrap_or_default();
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    let mut ran = 0;
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let mut blessed = text.clone();
        for case in split_cases(&text).into_iter().filter(|case| case.title.contains(&only)) {
            for (block, console) in case.console_blocks() {
                ran += 1;
                let printed = case.run(console);
                if printed == console.text {
                    continue;
                }
                if bless {
                    let old = format!("```console\n{}```", console.text);
                    blessed = blessed.replacen(&old, &format!("```console\n{printed}```"), 1);
                } else {
                    let difference = similar::TextDiff::from_lines(console.text.as_str(), printed.as_str());
                    let place = format!("{} · {} · block {block}", file.display(), case.title);
                    failures.push(format!("{place}\n{}", difference.unified_diff().header("expected", "printed")));
                }
            }
        }
        if blessed != text {
            fs::write(file, blessed).unwrap();
        }
    }
    assert!(ran > 0 || !only.is_empty(), "there are no cases");
    assert!(
        failures.is_empty(),
        "{} of {ran} cases differ (BLESS=1 rewrites them)\n\n{}",
        failures.len(),
        failures.join("\n")
    );
}

struct Case {
    title: String,
    blocks: Vec<Block>,
}

struct Block {
    /// What stands behind the opening fence.
    info: String,
    text: String,
}

fn split_cases(text: &str) -> Vec<Case> {
    let mut cases = vec![Case { title: "introduction".to_owned(), blocks: Vec::new() }];
    let mut open: Option<Block> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some(Block { info: info.to_owned(), text: String::new() }),
            (Some(_), Some("")) => cases.last_mut().unwrap().blocks.extend(open.take()),
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    cases.push(Case { title: title.to_owned(), blocks: Vec::new() });
                }
            }
        }
    }
    cases
}

impl Case {
    fn console_blocks(&self) -> impl Iterator<Item = (usize, &Block)> {
        self.blocks.iter().filter(|block| block.info == "console").enumerate()
    }

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
    command.env("XDG_STATE_HOME", folder.join("state")).env_remove("HAYES_PORT").stdin(std::process::Stdio::null());
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
fn transcript(part: &str) -> String {
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
        milliseconds += 1;
        text.push_str(&format!("{}.{:03} {event}\n", milliseconds / 1000, milliseconds % 1000));
    }
    text
}
