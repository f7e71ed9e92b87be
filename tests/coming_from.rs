//! `docs/src/coming-from/*.md`: the other program's script on each page does its job on the simulated modem, as Hayes's
//! own on the same page does (`tests/cases.rs` runs that one), and what `hayes import` makes of it. A program that is
//! not installed is said to be left out; with HAYES_TEST_ALL set that is a failure.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use crate::folder::Folder;
use crate::peers::{all, installed, within};
use crate::simulated::Simulated;

/// Runs the page's script by the command, which is a shell's line with `$PORT` and `$SCRIPT`, on a modem with a SIM,
/// and on one without: it passes, then fails.
fn does_the_job(program: &str, page: &str, line: &str) {
    if !installed(program) {
        return;
    }
    let folder = Folder::new();
    let script = folder.0.join("script");
    fs::write(&script, block(page)).unwrap();
    for (options, passes) in [("register=0s", true), ("register=0s&sim=absent", false)] {
        let modem = Simulated::on_terminal(&format!("bg96?{options}"));
        // The other end's settings are those of a serial line that carries bytes.
        let held = OpenOptions::new().read(true).write(true).open(modem.port()).unwrap();
        let raw = Command::new("stty").args(["-F", modem.port(), "raw", "-echo"]).status().unwrap();
        assert!(raw.success());
        let mut command = Command::new("sh");
        command.args(["-c", line]).env("PORT", modem.port()).env("SCRIPT", &script);
        let output = within(Duration::from_secs(60), &mut command);
        drop(held);
        assert_eq!(output.status.success(), passes, "{page} with {options}\n{}", all(&output));
    }
}

/// The other program's script on its page.
fn block(page: &str) -> String {
    let language = match page {
        "pyserial" => "python",
        "minicom" => "runscript",
        "tera-term" => "ttl",
        other => other,
    };
    first(page, language)
}

/// The first block of a language on a page.
fn first(page: &str, language: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/coming-from").join(format!("{page}.md"));
    let text = fs::read_to_string(file).unwrap();
    let (_, rest) = text.split_once(&format!("\n```{language}\n")).unwrap();
    rest.split_once("\n```").unwrap().0.to_owned() + "\n"
}

#[test]
fn chat() {
    does_the_job("chat", "chat", "PATH=$PATH:/usr/sbin chat -f $SCRIPT <$PORT >$PORT");
}

#[test]
fn comgt() {
    does_the_job("comgt", "comgt", "comgt -d $PORT -s $SCRIPT");
}

#[test]
fn expect() {
    does_the_job("expect", "expect", "expect -f $SCRIPT $PORT");
}

#[test]
fn pyserial() {
    if Command::new("/usr/bin/python3").args(["-c", "import serial"]).output().is_ok_and(|found| found.status.success())
    {
        does_the_job("python3", "pyserial", "/usr/bin/python3 $SCRIPT $PORT");
    } else {
        assert!(std::env::var_os("HAYES_TEST_ALL").is_none(), "python3-serial is missing");
        eprintln!("left out: python3-serial is not installed");
    }
}

#[test]
fn minicom() {
    does_the_job("runscript", "minicom", "runscript $SCRIPT <$PORT >$PORT");
}

/// Runs it on a modem with a SIM, and on one without: it passes, then fails.
fn hayes_does_the_job(page: &str, folder: &Folder, text: &str) {
    fs::write(folder.0.join("script.hayes"), text).unwrap();
    for (options, passes) in [("register=0s", true), ("register=0s&sim=absent", false)] {
        let output = hayes(folder, &["run", "script.hayes", "-p", &format!("sim:bg96?time=virtual&{options}")]);
        assert_eq!(output.status.success(), passes, "{page} with {options}\n{text}\n{}", all(&output));
    }
}

fn hayes(folder: &Folder, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
    within(Duration::from_secs(60), command.args(arguments).current_dir(&folder.0))
}

/// The script of Hayes on each page is held to what the other program's is.
#[test]
fn beside() {
    for page in ["chat", "comgt", "expect", "minicom", "pyserial", "tera-term"] {
        hayes_does_the_job(page, &Folder::new(), &first(page, "hayes"));
    }
}

/// What `hayes import` makes of a page's script says all that it says, and does its job.
#[test]
fn imported() {
    for (page, program) in [("chat", "chat"), ("comgt", "comgt"), ("minicom", "runscript"), ("tera-term", "ttl")] {
        let folder = Folder::new();
        fs::write(folder.0.join("script"), block(page)).unwrap();
        let made = hayes(&folder, &["import", "script", "--from", program, "-o", "made.hayes"]);
        let text = fs::read_to_string(folder.0.join("made.hayes")).unwrap_or_default();
        assert!(made.status.success() && !text.contains("not imported"), "{}\n{text}", all(&made));
        hayes_does_the_job(page, &folder, &text);
    }
}
