//! A batch that fails in many ways with secrets in all that is said: not one of the files that it writes, nor a
//! terminal, holds one of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hayes::runtime::{Mask, Value};
use hayes::source::Source;
use hayes::value::Record;

use crate::folder::Folder;
use crate::{session, tables};

const WORD: &str = "hunter2word";
/// With what JSON, XML and HTML write in their own way.
const ODD: &str = "Zx<9&q/é;!";

/// Parts of the secrets, as they stand in text, JSON and HTML, and in capitals.
const TRACES: [&str; 6] = ["hunter2", "HUNTER2", "nter2wo", "Zx<9", "Zx&lt;9", "Zx\\u003c"];

#[test]
fn nothing_that_a_batch_writes_holds_a_secret() {
    let (word, odd) = (format!("word={WORD}"), format!("odd={ODD}"));
    for way in ["command line", "file", "environment"] {
        let folder = Folder::new();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        fs::copy(data.join("secrets.hayes"), folder.0.join("s.hayes")).unwrap();
        fs::copy(data.join("secrets.csv"), folder.0.join("m.csv")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
        command.args(["batch", "s.hayes", "-i", "m.csv", "--record", "records", "-o", "results.jsonl"]);
        command.args(["--csv", "out.csv", "--junit", "out.xml", "--html", "out.html"]);
        command.current_dir(&folder.0).env("XDG_STATE_HOME", folder.0.join("state")).stdin(Stdio::null());
        let given = folder.0.with_extension("secrets");
        match way {
            "command line" => command.args(["--secret", &word, "--secret", &odd]),
            "file" => {
                fs::write(&given, format!("{word}\n{odd}\n")).unwrap();
                command.arg("--secrets-file").arg(&given)
            }
            _ => command.env("HAYES_SECRET_WORD", WORD).env("HAYES_SECRET_ODD", ODD),
        };
        let output = command.output().unwrap();
        let _ = fs::remove_file(&given);
        let told = [output.stdout, output.stderr].concat();
        assert_eq!(output.status.code(), Some(1), "{way}: {}", String::from_utf8_lossy(&told));
        let files = files(&folder.0);
        // One record a modem, four results, the script and the inventory.
        assert!(files.len() >= 21 + 4 + 2, "{way}: {files:?}");
        let masked = |path: &PathBuf| fs::read_to_string(path).unwrap().contains("***");
        for name in ["results.jsonl", "out.csv", "out.xml", "out.html", "records/a.txt"] {
            assert!(masked(&folder.0.join(name)), "{way}: {name} tells of no secret at all");
        }
        clean(way, "the terminal", &told);
        for file in files {
            clean(way, &file.display().to_string(), &fs::read(&file).unwrap());
        }
    }
}

/// Neither the screen, nor the recording, nor what `:save` writes.
#[test]
fn nothing_that_the_repl_writes_holds_a_secret() {
    let folder = Folder::new();
    let typed = "secret word\nAT+CPBW=1,\"123\",129,\"${word}\"\nAT+CPBR=1\n:record talk\nAT+CPBR=1\n:history\n:save kept.hayes\n";
    fs::write(folder.0.join("typed"), typed).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
    command.args(["repl", "-p", "sim:bg96?time=virtual"]).current_dir(&folder.0);
    command.env("XDG_STATE_HOME", folder.0.join("state")).env("HAYES_SECRET_WORD", WORD);
    command.stdin(fs::File::open(folder.0.join("typed")).unwrap());
    let output = command.output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    assert!(String::from_utf8_lossy(&told).contains("***"), "{}", String::from_utf8_lossy(&told));
    assert!(folder.0.join("talk").exists() && folder.0.join("kept.hayes").exists());
    clean("repl", "the terminal", &told);
    for file in files(&folder.0) {
        clean("repl", &file.display().to_string(), &fs::read(&file).unwrap());
    }
}

fn clean(way: &str, place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        let trace = TRACES.iter().find(|trace| line.contains(*trace));
        assert!(trace.is_none(), "given by {way}, {place} holds {trace:?}: {line}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { files.extend(self::files(&entry)) } else { files.push(entry) }
    }
    files
}

#[test]
fn each_text_is_shown_as_its_table_says() {
    tables::hold(include_str!("data/secret.md"), &mut |of, text| {
        let read = |text: &str| String::from_utf8(session::bytes(text.trim())).unwrap();
        let mask = match of {
            "" => Mask::default(),
            "(numbers of modems and people)" => Mask::default().personal(true),
            secrets => secrets.split('|').fold(Mask::default(), |mut mask, secret| {
                mask.add(&read(secret));
                mask
            }),
        };
        mask.text(&read(text)).replace('\r', "\\r")
    });
}

#[test]
fn a_mask_keeps_the_places_of_a_source() {
    let source = Source::new("s", "secret pin = \"1234\"\nAT+CPIN=1234\n");
    let masked = Mask::new(["1234"]).source(&source);
    assert_eq!(masked.text, "secret pin = \"****\"\nAT+CPIN=****\n");
}

#[test]
fn a_mask_hides_secrets_in_values() {
    let list = Value::list(vec![Value::text("x1234"), Value::Bool(true)]);
    let record = Record::from_iter([("pin", Value::Int(1234)), ("list", list)]);
    let shown = Mask::new(["1234"]).value(&Value::record(record));
    assert_eq!(shown.to_string(), "{pin = \"***\", list = [\"x***\", true]}");
}

/// Holds each line of a section of `secrets.txt` against what is said of it.
fn hold(section: &str, mask: &Mask) {
    let (_, behind) = include_str!("secrets.txt").split_once(&format!("\n[{section}]\n")).unwrap();
    for (expected, line) in behind.lines().map_while(|line| line.split_once(' ')).filter(|(word, _)| *word != "#") {
        assert_eq!(mask.may_keep(&line.replace("\\n", "\n")), expected == "yes", "{section}: {line}");
    }
}

#[test]
fn secrets_and_pins_are_not_kept() {
    hold("saved", &Mask::new(["8642"]));
    hold("kept", &Mask::new(["hunter2"]));
}

/// As modems and encoders write it: percent, backslash, with what stays as it is and without; Latin-1; taken apart.
#[test]
fn a_secret_in_other_spellings_is_hidden() {
    let mask = Mask::new(["hunter2-Xy9!kQ", "p\u{e4}ssw\u{f6}rd"]);
    for told in
        ["hunter2-Xy9!kQ", "hunter2%2DXy9%21kQ", "hunter2-Xy9%21kQ", "hunter2\\2DXy9\\21kQ", "hunter2\\2dXy9\\21kq"]
    {
        assert_eq!(mask.text(&format!("+X: a,{told},b")), "+X: a,***,b", "{told}");
    }
    assert_eq!(&*mask.bytes(b"+X: p\xE4ssw\xF6rd"), b"+X: ***");
    assert_eq!(mask.text("+X: p%E4ssword, hunter, -Xy9"), "+X: p%E4ssword, hunter, -Xy9");
}
