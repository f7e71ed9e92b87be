//! Hayes in another program: the page's example is the one that is built, and prints what the page says.

use std::fs;
use std::path::{Path, PathBuf};

use hayes::at::Why;
use hayes::embed::{Inputs, Modem, Script, Status};
use hayes::runtime::Change;
use regex::Regex;

#[allow(dead_code, reason = "its `main` is the example's")]
#[path = "../docs/examples/embed.rs"]
mod example;

#[test]
fn the_page_shows_the_example_and_what_it_prints() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/embed.md")).unwrap();
    assert!(page.contains(&format!("```rust\n{}```", include_str!("../docs/examples/embed.rs"))), "its text");
    let printed = example::talk("sim:bg96?time=virtual").unwrap();
    let shown = format!("```text\n$ cargo run --quiet --example embed\n{printed}```");
    assert!(page.contains(&shown), "what it prints:\n{printed}");
}

/// Who reads `--json` knows these words.
#[test]
fn words_of_json_stay() {
    let why = [Why::Question, Why::Reply, Why::Cancel, Why::Abort, Why::Resynchronise];
    let change = [Change::Unchanged, Change::Changed, Change::WouldChange];
    let words = serde_json::to_string(&(why, change)).unwrap();
    let why = r#"["question","reply","cancel","abort","resynchronise"]"#;
    assert_eq!(words, format!(r#"[{why},["unchanged","changed","would-change"]]"#));
}

/// … with a `finally` that has its time, or without one.
#[test]
fn an_interruption_ends_one_run_and_no_other() {
    let mut modem = Modem::open("sim:bg96?time=virtual").unwrap();
    for text in ["AT+CGMM\n", "AT+CGMM\nfinally {\n  AT\n}\n"] {
        let script = Script::parse("x.hayes", text).unwrap();
        modem.canceller().cancel();
        let [ended, next] = [(); 2].map(|()| modem.run(&script, &Inputs::default()).unwrap());
        assert_eq!((ended.status, next.status), (Status::Interrupted, Status::Passed), "{text}");
    }
}

#[test]
fn a_secret_that_is_given_is_sent_and_not_shown() {
    let mut modem = Modem::open("sim:bg96?time=virtual").unwrap();
    let text =
        "secret apn\nAT+CGDCONT=1,\"IP\",\"${apn}\"\nAT+CGDCONT?\n  capture all cid, _, name as found\nreport found\n";
    let given = Inputs::default().with_secret("apn", "hunter2");
    let result = modem.run(&Script::parse("x.hayes", text).unwrap(), &given).unwrap();
    assert!(result.passed(), "{result:?}");
    let report = serde_json::Value::from(result.report).to_string();
    assert!(report.contains("***") && !report.contains("hunter2"), "{report}");
}

/// What other programs build on, with what `embed` takes from other rooms: a change of it is a breaking one, and has a
/// line in CHANGELOG.md. `BLESS=1` writes it.
#[test]
fn the_public_api_is_the_one_that_is_kept() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/api.txt");
    let mut api = String::new();
    let read = |file: &PathBuf| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let mut told = |file: &PathBuf, items: Vec<String>| {
        if !items.is_empty() {
            api.push_str(&format!("# {}\n{}\n", file.display(), items.concat()));
        }
    };
    let rooms = ["src/embed.rs", "src/at"].map(PathBuf::from);
    rooms.iter().flat_map(sources).for_each(|file| told(&file, public(&read(&file))));
    let taken = Regex::new(r"(?m)^pub use crate::(\w+)[\w:]*::(?:(\w+)|\{([^}]+)\});").unwrap();
    for found in taken.captures_iter(&read(&rooms[0])) {
        let (folder, file) = (PathBuf::from(format!("src/{}", &found[1])), format!("src/{}.rs", &found[1]));
        let files = if folder.is_dir() { sources(&folder) } else { vec![PathBuf::from(file)] };
        for name in found.get(2).or(found.get(3)).unwrap().as_str().split(", ") {
            let is_its = |item: &String| {
                let item = item.trim_start_matches("pub ");
                let named = ["struct ", "enum ", "trait ", "impl "].iter().find_map(|kind| item.strip_prefix(kind));
                let behind = named.and_then(|named| named.strip_prefix(name));
                behind.is_some_and(|behind| !behind.starts_with(char::is_alphanumeric))
            };
            let items = |file| public(&read(file)).into_iter().filter(is_its).collect();
            let its: Vec<(&PathBuf, Vec<String>)> = files.iter().map(|file| (file, items(file))).collect();
            assert!(its.iter().any(|(_, items)| !items.is_empty()), "no file of {} has {name}", &found[1]);
            its.into_iter().for_each(|(file, items)| told(file, items));
        }
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(&kept, &api).unwrap();
    }
    let told = fs::read_to_string(&kept).unwrap();
    let differs = api.lines().zip(told.lines()).find(|(now, then)| now != then);
    assert_eq!(api, told, "the public API has changed, first at {differs:?}: BLESS=1, and a line in CHANGELOG.md");
}

/// The files of a module, in order; its tests are none of it.
fn sources(path: &PathBuf) -> Vec<PathBuf> {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if whole.is_file() {
        return vec![path.clone()];
    }
    let mut inside: Vec<_> = fs::read_dir(whole).unwrap().map(|entry| path.join(entry.unwrap().file_name())).collect();
    inside.sort();
    inside.retain(|path| !path.ends_with("tests") && !path.ends_with("tests.rs"));
    inside.iter().flat_map(sources).collect()
}

/// Its public items without their bodies, each behind the `impl` or the struct that it stands in; enums and traits with
/// all that is in them.
fn public(source: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut owner = "";
    let mut lines = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().lines().peekable();
    while let Some(line) = lines.next() {
        match line {
            "}" => owner = "",
            line if line.starts_with("impl") => owner = line.trim_end_matches([' ', '{']),
            _ => {}
        }
        if !line.trim_start().starts_with("pub ") {
            continue;
        }
        let is_whole = ["pub enum ", "pub trait "].iter().any(|kind| line.starts_with(kind)) && !line.ends_with('}');
        let mut item = line.trim().to_owned();
        while is_whole && item.lines().last() != Some("}") || !is_whole && !ends(&item) {
            let next = lines.next().unwrap();
            let shown = next.trim_start();
            if !shown.starts_with("//") && !shown.starts_with("#[") && !shown.is_empty() {
                item.push_str(if is_whole { "\n" } else { " " });
                item.push_str(if is_whole { next } else { shown });
            }
        }
        let item = if is_whole { &item } else { item.trim_end_matches([' ', '{', ';', ',']) };
        items.push(if owner.is_empty() { format!("{item}\n") } else { format!("{owner}: {item}\n") });
        if let Some(fields) = line.strip_prefix("pub ").filter(|_| line.starts_with("pub struct ")) {
            owner = fields.strip_suffix(" {").unwrap_or("");
        }
    }
    items
}

/// Whether a signature is all there, or a field, or a list that is written on one line.
fn ends(item: &str) -> bool {
    item.ends_with([';', '{', '}']) || item.ends_with(',') && item.matches('(').count() == item.matches(')').count()
}
