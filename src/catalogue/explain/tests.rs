use serde_json::Value;

use super::{Context, Explanation, Kind, advice, brief, explain};
use crate::at::result_code;
use crate::catalogue::module;

/// Answers of real modems, with what Hayes makes of them. `HAYES_REWRITE=1` writes what it makes of them now.
#[test]
fn real_answers_mean_what_they_meant() {
    hold(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/responses.jsonl"));
}

/// The same with answers found after the catalogue was written; each was held against the manuals.
#[test]
fn answers_that_were_not_there_when_it_was_written_are_understood_or_not_known() {
    hold(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/unseen.jsonl"));
}

/// What people type, with what Hayes notes: also Twilio's introduction, and lines that nobody should send.
#[test]
fn what_is_typed_is_explained() {
    hold(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/typed.jsonl"));
}

fn hold(path: &str) {
    let mut rewritten = String::new();
    let mut wrong = Vec::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let mut sample: Value = serde_json::from_str(line).unwrap();
        let means = Value::from(lines(&sample));
        if sample["means"] != means {
            wrong.push(format!("{} {}: {means:#}", sample["command"], sample["raw"]));
        }
        sample["means"] = means;
        rewritten.push_str(&format!("{sample}\n"));
    }
    if std::env::var_os("HAYES_REWRITE").is_some() {
        std::fs::write(path, rewritten).unwrap();
        return;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The explanation of one sample, a line for each line, command or record.
fn lines(sample: &Value) -> Vec<String> {
    let command = sample["command"].as_str().unwrap_or("");
    let command = command.split(' ').next().unwrap().replace("...", "1");
    let answers = command.starts_with("AT") && sample["kind"] != "urc";
    let is_typed = sample["kind"] == "typed";
    let module = sample["module"].as_str().filter(|_| is_typed).and_then(module);
    let context = Context { command: answers.then_some(command.as_str()), module };
    let mut means = Vec::new();
    collect(&explain(sample["raw"].as_str().unwrap(), &context), &context, is_typed, &mut means);
    means
}

fn collect(explained: &Explanation, context: &Context<'_>, with_notes: bool, means: &mut Vec<String>) {
    if explained.kind != Kind::Several {
        let mut line = format!("{:?}: {}", explained.kind, explained.title);
        for part in &explained.parts {
            line.push_str(&format!(" | {}={}", part.name, part.text));
            if let Some(meaning) = &part.meaning {
                line.push_str(&format!(" ({meaning})"));
            }
        }
        if !explained.complete {
            line.push_str(" | not all of it is known");
        }
        if let Some(words) = brief(&explained.text, context) {
            line.push_str(&format!(" => {words}"));
        }
        means.push(line);
        let notes = std::iter::once(&explained.about).chain(&explained.notes).filter(|note| !note.is_empty());
        means.extend(notes.filter(|_| with_notes).cloned());
    }
    for each in &explained.each {
        collect(each, context, with_notes, means);
    }
}

#[test]
fn what_mends_an_error_may_depend_on_the_module() {
    let mends = |line: &str, id: &str| advice(&result_code::parse(line.as_bytes()).unwrap(), module(id));
    assert!(mends("+CME ERROR: sim not inserted", "").unwrap().contains("slot"));
    assert!(mends("ERROR", "").unwrap().contains("AT+CMEE=2"));
    assert_eq!(mends("OK", ""), None);
    assert!(mends("+CME ERROR: 13", "").unwrap().contains("AT+CFUN=0"));
    assert_eq!(mends("+CME ERROR: 13", "quectel-bg96"), mends("+CME ERROR: 13", ""));
    assert!(mends("+CME ERROR: 13", "nordic-nrf9160").unwrap().contains("whether there is a SIM"));
}
