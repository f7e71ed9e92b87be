//! The examples of flags, as `hayes explain --FLAG` shows them, and those of help pages: each runs, and no flag of a
//! command for modems lacks one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use crate::folder::Folder;
use crate::peers::{all, within};

/// What people ask in their own words, and what they are told.
const ASKED: &str = include_str!("../src/hints/asked.md");
const EXAMPLES: &str = include_str!("../src/cli/flags.md");

/// What the examples find in their folder.
const FILES: [(&str, &str); 11] = [
    ("script.hayes", "AT\n"),
    ("parts.hayes", "part signal {\n  AT+CSQ\n}\n"),
    ("rows.hayes", "AT+CSQ\n  capture rssi:int, _\nreport row rssi\n"),
    ("pin.hayes", "secret pin\nset length = len(pin)\nlog \"${length}\"\n"),
    ("confirm.hayes", "confirm \"Is the antenna on?\"\nAT\n"),
    ("modems.csv", "name,port,group\ngw-1,sim:bg96,prod\ngw-2,sim:bg96,prod\n"),
    ("vars.txt", "apn=super\n"),
    ("secrets.txt", "pin=1234\n"),
    ("answers.txt", "label=1\n"),
    ("modem.chat", "'' AT\nOK ''\n"),
    ("hayes.toml", "[profile.bench]\nport = \"sim:bg96\"\n"),
];

fn examples() -> impl Iterator<Item = (&'static str, &'static str)> {
    EXAMPLES.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
}

fn run(line: &str, folder: &Path) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_hayes")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder).env("PATH", path).env("HOME", folder).env("HAYES_ROOT", folder);
    for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
        command.env_remove(name);
    }
    within(Duration::from_secs(60), &mut command)
}

#[test]
fn each_example_runs() {
    let folder = Folder::new();
    for (name, text) in FILES {
        fs::write(folder.0.join(name), text).unwrap();
    }
    for first in [
        "hayes batch modem/identify -i modems.csv -o results.jsonl",
        "hayes run modem/identify --record yesterday.transcript -p sim:bg96",
    ] {
        let output = run(first, &folder.0);
        assert!(output.status.success(), "{first}\n{}", all(&output));
    }
    for (flag, example) in examples() {
        assert!(example.contains(flag) || example.contains(" -"), "{example} has no {flag}");
        // A simulated modem ends when it is told to.
        let serves = example.starts_with("hayes sim");
        let line = if serves { format!("timeout 1 {example}") } else { example.to_owned() };
        let output = run(&line, &folder.0);
        // Here no port answers.
        let answered = if example.contains("--probe") { 6 } else { 0 };
        let expected = if serves { 124 } else { answered };
        assert_eq!(output.status.code(), Some(expected), "{example}\n{}", all(&output));
    }
}

/// Those that follow an operator's orders, or give them, run in the tests of fleets; `doctor` tells of this machine,
/// and one is a line for Neovim.
#[test]
fn each_example_of_a_help_page_runs() {
    let folder = Folder::new();
    for (name, text) in FILES {
        fs::write(folder.0.join(name), text).unwrap();
    }
    let script = "AT+CSQ\n  capture rssi:int, _\nreport row rssi\n";
    let inventory = "[[modem]]\nname = \"gw-1\"\nport = \"sim:bg96?time=virtual\"\ngroups = [\"prod\"]\n";
    for (name, text) in [
        ("my.hayes", "AT\n"),
        ("log.hayes", script),
        ("chatscript", "'' AT\nOK ''\n"),
        ("station.ttl", "sendln 'AT'\nwaitln 'OK'\n"),
        ("modems.toml", inventory),
        ("modems.csv", "name,port,group\ngw-1,sim:bg96?time=virtual,prod\ngw-0007,sim:bg96,prod\n"),
    ] {
        fs::write(folder.0.join(name), text).unwrap();
    }
    fs::create_dir_all(folder.0.join("scripts/site")).unwrap();
    fs::write(folder.0.join("scripts/site/log.hayes"), script).unwrap();
    for path in [".local/share/bash-completion/completions", ".zfunc", ".config/fish/completions"] {
        fs::create_dir_all(folder.0.join(path)).unwrap();
    }
    assert!(run("hayes batch supersim/setup -i modems.csv -o results.jsonl -q", &folder.0).status.success());
    let mut count = 0;
    for page in include_str!("../src/cli/help.md").split("\n## ").skip(1) {
        let (name, text) = page.split_once('\n').unwrap();
        let examples = text.lines().skip_while(|line| *line != "Examples:").skip(1);
        for line in examples.map_while(|line| line.strip_prefix("  ")) {
            // What an example does stands behind it.
            let example = line.split("  ").next().unwrap();
            if ["agent", "doctor", "lsp"].contains(&name) || name == "fleet" && !example.contains("init") {
                continue;
            }
            let line = example.replace("/dev/ttyUSB2", "'sim:bg96?time=virtual'");
            let line = line.replace("/etc/chatscripts/gprs", "chatscript");
            let answered = if line.contains("--probe") { 6 } else { 0 };
            let (line, expected) = if name == "sim" { (format!("timeout 1 {line}"), 124) } else { (line, answered) };
            let output = run(&line, &folder.0);
            assert_eq!(output.status.code(), Some(expected), "{example}\n{}", all(&output));
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn each_flag_has_one() {
    let folder = Folder::new();
    let known: BTreeSet<&str> = examples().map(|(flag, _)| flag).collect();
    for task in ["run", "batch", "at", "repl", "test", "check", "fmt", "explain", "report", "ports", "sim", "import"] {
        let help = run(&format!("hayes {task} --help"), &folder.0);
        let help = String::from_utf8(help.stdout).unwrap();
        let is_sign = |sign: char| !sign.is_ascii_lowercase() && sign != '-';
        let flags = help.lines().map(str::trim).filter(|line| line.starts_with('-'));
        for flag in flags.filter_map(|line| Some(line.get(line.find("--")?..)?.split(is_sign).next().unwrap())) {
            assert!(
                flag == "--help" || known.contains(flag),
                "{flag} of `hayes {task}` has no example in src/cli/flags.md"
            );
        }
    }
}

/// What a person's words are answered with is there: commands and their flags, pages, scripts.
#[test]
fn what_people_are_told_of_is_there() {
    let folder = Folder::new();
    let succeeds = |line: &str| {
        let output = run(line, &folder.0);
        assert!(output.status.success(), "{line}\n{}", all(&output));
        all(&output)
    };
    let told: BTreeSet<&str> = ASKED.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect();
    assert!(told.len() > 120, "{told:?}");
    for told in told {
        let words: Vec<&str> = told.split(' ').collect();
        let is_script =
            |word: &&&str| ["data/", "modem/", "network/", "sms/", "supersim/"].iter().any(|it| word.starts_with(it));
        for script in words.iter().filter(is_script) {
            succeeds(&format!("hayes show {script}"));
        }
        match words.as_slice() {
            ["hayes", "explain", "CODE"] => {}
            ["hayes", "explain", ..] => _ = succeeds(told),
            ["hayes", task, rest @ ..] if !task.starts_with('-') => {
                let help = succeeds(&format!("hayes {task} --help"));
                let flags = rest.iter().filter(|word| word.starts_with('-') && word.len() > 1);
                flags.for_each(|flag| assert!(help.contains(*flag), "{told}"));
            }
            _ => {}
        }
    }
}
