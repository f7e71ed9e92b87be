//! Real answers of many modems (`tests/data/responses.jsonl`, each with its source, and `unseen.jsonl`) go through a
//! conversation, with URCs between their lines: every line of the answer arrives, and nothing else. Then the parameters
//! of those that have `fields` are taken apart, which another splitter wrote, in another language. What all of them
//! mean is what they meant.

use std::time::Duration;

use hayes::at::parameters::{Written, parameters, split_prefix};
use hayes::at::{PromptPlan, Question, result_code};
use hayes::catalogue::explain::{Context, Explanation, Kind, advice, brief, explain};
use hayes::catalogue::{Catalogue, module, prospect};
use hayes::conversation::Conversation;
use hayes::port::{Cancel, Device, Memory};
use serde_json::Value;

#[test]
fn every_answer_arrives_whole_and_alone() {
    let mut wrong = Vec::new();
    let mut asked = 0;
    for sample in samples().iter().filter(|sample| sample["kind"] == "response") {
        let Some(question) = question(sample) else { continue };
        let (lines, result) = lines(sample, &question);
        asked += 1;
        for between in ["", "+CMTI: \"SM\",3", "RING"] {
            match ask(&question, &lines, &result, between) {
                Ok(answer) if answer == lines => {}
                other => wrong.push(format!("{question} with `{between}` between: {other:?} and not {lines:?}")),
            }
        }
    }
    assert!(asked > 450, "{asked}");
    assert!(wrong.is_empty(), "{}\n{} of {}", wrong.join("\n"), wrong.len(), 3 * asked);
}

#[test]
fn every_parameter_is_taken_apart() {
    let mut wrong = Vec::new();
    for sample in samples().iter().filter(|sample| sample["fields"].is_array()) {
        let raw = sample["raw"].as_str().unwrap();
        let lines = raw.split(['\r', '\n']).filter(|line| split_prefix(line.as_bytes()).0.is_some());
        let fields: Vec<Vec<String>> = lines.map(fields).collect();
        if serde_json::to_value(&fields).unwrap() != sample["fields"] {
            wrong.push(format!("{raw}\n  {fields:?}\n  {}", sample["fields"]));
        }
    }
    assert!(wrong.is_empty(), "{}\n{} differ", wrong.join("\n"), wrong.len());
}

fn samples() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}.jsonl")).unwrap();
    let lines = read("responses") + &read("unseen");
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The command line that was asked; none where a sample is of data, of a prompt, of what came later, or of a waiting
/// call, which is told by a URC of the command's name.
fn question(sample: &Value) -> Option<String> {
    let command = sample["command"].as_str().unwrap().split(' ').next().unwrap().replace("...", "1");
    let raw = sample["raw"].as_str().unwrap();
    let prompt = raw.trim() == "@";
    let waiting_call = raw.trim().starts_with("+CCWA: \"");
    let apart = prompt || waiting_call || raw.contains("(later)") || raw.contains("raw bytes");
    (command.starts_with("AT") && !apart).then_some(command)
}

/// The lines of the answer, and the final result code, which most samples leave out.
fn lines(sample: &Value, question: &str) -> (Vec<String>, String) {
    let raw = sample["raw"].as_str().unwrap();
    let lines = raw.split(['\r', '\n']).filter(|line| !line.is_empty() && *line != question);
    // What a modem says while it starts is no part of any answer.
    let mut lines: Vec<String> = lines.filter(|line| !["RDY", "APP RDY"].contains(line)).map(str::to_owned).collect();
    let is_final = |line: &String| ["OK", "ERROR"].contains(&line.as_str()) || line.starts_with("+CME ERROR");
    let result = lines.pop_if(|line| is_final(line)).unwrap_or_else(|| "OK".to_owned());
    (lines, result)
}

fn ask(question: &str, lines: &[String], result: &str, between: &str) -> Result<Vec<String>, String> {
    let mut text = "\r\n".to_owned();
    let pause = if between.is_empty() { String::new() } else { format!("\r\n{between}\r\n\r\n") };
    // A header and its body belong together: no modem puts anything between them.
    let at_edges = prospect(question, None).expected.shape == hayes::at::Shape::HeaderAndBody;
    text.push_str(&pause);
    for line in lines {
        text.push_str(&format!("{line}\r\n{}", if at_edges { "" } else { &pause }));
    }
    text.push_str(&format!("\r\n{result}\r\n"));
    let modem = Modem { answer: text.into_bytes(), asked: false };
    let cancel = Cancel::new().unwrap();
    let mut conversation = Conversation::new(Box::new(Memory::in_virtual_time(modem, &cancel)), &Catalogue);
    let asked = Question::new(
        format!("{question}\r"),
        prospect(question, None).expected,
        Duration::from_secs(10),
        PromptPlan::Unexpected,
    );
    let answer = conversation.ask(&asked.into(), &mut ()).map_err(|trouble| format!("{trouble:?}"))?;
    Ok(answer.lines.iter().map(|line| line.text()).collect())
}

/// Gives its answer to the first command line.
struct Modem {
    answer: Vec<u8>,
    asked: bool,
}

impl Device for Modem {
    fn receive(&mut self, bytes: &[u8], _now: Duration) {
        self.asked |= bytes.contains(&b'\r');
    }

    fn advance(&mut self, _now: Duration, out: &mut Vec<u8>) {
        if self.asked {
            out.append(&mut self.answer);
        }
    }

    fn next(&self) -> Option<Duration> {
        (self.asked && !self.answer.is_empty()).then_some(Duration::ZERO)
    }
}

/// The values of a line; those of a group as they stand.
fn fields(line: &str) -> Vec<String> {
    let (_, list) = split_prefix(line.as_bytes());
    let shown = |parameter: hayes::at::parameters::Parameter<'_>| match parameter.kind {
        Written::Group => format!("({})", parameter.text()),
        Written::Bare | Written::Quoted => parameter.text().into_owned(),
    };
    parameters(list).map(shown).collect()
}

// ── What they mean

/// Answers of real modems, with what Hayes makes of them. `HAYES_REWRITE=1` writes what it makes of them now.
#[test]
fn real_answers_mean_what_they_meant() {
    hold("responses");
}

/// The same with answers found after the catalogue was written; each was held against the manuals.
#[test]
fn answers_that_were_not_there_when_it_was_written_are_understood_or_not_known() {
    hold("unseen");
}

/// What people type, with what Hayes notes: also Twilio's introduction, and lines that nobody should send.
#[test]
fn what_is_typed_is_explained() {
    hold("typed");
}

fn hold(name: &str) {
    let path = &format!("{}/tests/data/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let mut rewritten = String::new();
    let mut wrong = Vec::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let mut sample: Value = serde_json::from_str(line).unwrap();
        let means = Value::from(meanings(&sample));
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
fn meanings(sample: &Value) -> Vec<String> {
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
