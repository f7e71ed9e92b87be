use serde_json::Value;

use super::{Context, Explanation, Kind, brief, explain, failure};
use crate::at::ResultCode;
use crate::catalogue::module;

/// Answers of real modems, one in a line: what was asked, what came, and under `means` what Hayes makes of it.
/// `HAYES_REWRITE=1` writes what it makes of them now; read the difference before you keep it.
#[test]
fn real_answers_mean_what_they_meant() {
    hold(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/responses.jsonl"));
}

/// The same with answers from public logs and code that were found after the catalogue had been written: each meaning
/// was held against the standards and the manuals, and what is not known says so.
#[test]
fn answers_that_were_not_there_when_it_was_written_are_understood_or_not_known() {
    hold(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/unseen.jsonl"));
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
    let command = sample["command"].as_str().unwrap();
    let command = command.split(' ').next().unwrap().replace("...", "1");
    let answers = command.starts_with("AT") && sample["kind"] != "urc";
    let context = Context { command: answers.then_some(command.as_str()), module: None };
    let mut means = Vec::new();
    collect(&explain(sample["raw"].as_str().unwrap(), &context), &context, &mut means);
    means
}

fn collect(explained: &Explanation, context: &Context<'_>, means: &mut Vec<String>) {
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
    }
    for each in &explained.each {
        collect(each, context, means);
    }
}

fn said(text: &str) -> String {
    explain(text, &Context::default()).to_string()
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    let said = said(text);
    for word in words {
        assert!(said.contains(word), "{text}: '{word}' is missing from\n{said}");
    }
}

#[test]
fn a_scan_is_no_test() {
    says("AT+COPS=?", &["A scan, not a test", "takes minutes", "up to 5 min 15 s", "long name", "technology"]);
}

#[test]
fn commands_with_values() {
    says("AT+CFUN=4", &["4  level", "flight mode"]);
    says("AT+CGDCONT=1,\"IP\",\"super\"", &["APN", "a Super SIM's", "IPv4", "The context must be down"]);
    says("AT+CGMI=\"x\"", &["setting it is an ERROR"]);
    says("ATE0", &["Echo", "off"]);
    says("ATS0=2", &["S-register"]);
    says("AT+CMGD=1,4", &["All stored messages are gone"]);
    says("AT+QCFG=\"iotopmode\",1,1", &["NB-IoT", "which a Super SIM does not have"]);
    says("AT+EGMR=1,7,\"490154203237518\"", &["crime", "unsafe"]);
}

#[test]
fn a_line_of_several_commands() {
    let explained =
        explain("AT+CMEE=2;+CMGF=1;+CMGD=,4;+CNMP=38;+CMNB=1;+CGDCONT=1,\"IP\",\"super\"", &Context::default());
    assert_eq!(explained.each.len(), 6);
    assert_eq!(explained.each[3].parts[0].meaning.as_deref(), Some("LTE only"));
    assert!(said("AT+CMEE=2;AT+CMGF=1").contains("AT stands once"));
}

#[test]
fn a_read_answer_and_a_urc_of_one_prefix() {
    let kind = |text: &str| explain(text, &Context::default()).kind;
    for prefix in ["+CREG", "+CGREG", "+CEREG", "+C5GREG"] {
        assert_eq!(kind(&format!("{prefix}: 5")), Kind::Urc);
        assert_eq!(kind(&format!("{prefix}: 0,5")), Kind::Answer);
        assert_eq!(kind(&format!("{prefix}: 2,5,\"2CF7\",\"8A5A782\"")), Kind::Answer);
        assert_eq!(kind(&format!("{prefix}: 5,\"2CF7\",\"8A5A782\"")), Kind::Urc);
    }
    // What fits no form is given no meaning.
    assert!(explain("+CREG: 2,1,000B,2816, B, C2816", &Context::default()).parts.is_empty());
}

#[test]
fn a_line_that_can_be_read_in_two_ways_gets_both() {
    let explained = explain("+CUSD: 0", &Context::default());
    assert_eq!((explained.kind, explained.each[0].kind), (Kind::Answer, Kind::Urc));
    assert_eq!(brief("+CUSD: 0", &Context::default()), None);
    let asked = Context { command: Some("AT+CSQ"), module: None };
    assert_eq!(explain("+CUSD: 0,\"5 GB left\",15", &asked).kind, Kind::Urc);
}

#[test]
fn the_module_tells_which_technology_is_meant() {
    let bg96 = Context { command: None, module: module("quectel-bg96") };
    assert_eq!(brief("+CEREG: 2,5,\"2CF7\",\"8A5A782\",8", &bg96).unwrap(), "registered, roaming, LTE-M");
}

#[test]
fn errors_by_number_and_by_words() {
    for text in [
        "+CME ERROR: 30",
        "CME 30",
        "cme error 30",
        "+CME ERROR:30",
        "+CME ERROR: no network service",
        "No network service.",
    ] {
        says(text, &["No network service", "antenna"]);
    }
    says("CMS 38", &["Network out of order", "24.011"]);
    says("+CME ERROR: 99", &["in none of the lists"]);
    says("+CME ERROR:", &["without number"]);
    let failed = failure(&crate::at::result_code::parse(b"+CME ERROR: sim not inserted").unwrap(), None).unwrap();
    assert_eq!(failed.meaning, "SIM not inserted");
    assert!(failed.advice.contains("slot"));
    assert!(failure(&ResultCode::Error, None).unwrap().advice.contains("AT+CMEE=2"));
    assert_eq!(failure(&ResultCode::Ok, None), None);
}

#[test]
fn what_mends_an_error_may_depend_on_the_module() {
    let failed = crate::at::result_code::parse(b"+CME ERROR: 13").unwrap();
    let advice = |id: &str| failure(&failed, module(id)).unwrap().advice;
    assert!(advice("").contains("AT+CFUN=0"));
    assert_eq!(advice("quectel-bg96"), advice(""));
    assert!(advice("nordic-nrf9160").contains("whether there is a SIM"));
    let nordic = Context { command: None, module: module("nordic-nrf9160") };
    assert_eq!(explain("+CME ERROR: 13", &nordic).notes, [advice("nordic-nrf9160")]);
}

#[test]
fn bare_answers_mean_something_only_behind_their_question() {
    assert!(!explain("u-blox", &Context::default()).is_known());
    let asked = Context { command: Some("AT+CGMI"), module: None };
    assert_eq!(explain("u-blox", &asked).parts[0].what, "manufacturer");
    assert_eq!(explain("RDY", &asked).kind, Kind::Urc);
}

#[test]
fn what_is_not_known_is_said_to_be_so() {
    for text in ["hello world", "+NOSUCH: 1,2", "AT+NOSUCH?", ""] {
        assert!(said(text).to_lowercase().contains("not known to hayes"), "{text}: {}", said(text));
    }
    says("AT+CRGE?", &["Did you mean AT+CREG"]);
    says("+CSQ: 77,99", &["not a value that Hayes knows"]);
}

/// Every command and every answer of Twilio's introduction to AT commands.
#[test]
fn the_introduction_is_explained() {
    for text in [
        "AT+CGMI",
        "AT+CGMM",
        "AT+CGSN",
        "AT+CPIN?",
        "AT+CIMI",
        "AT+CCID",
        "AT+CMEE=2",
        "AT+CSQ",
        "AT+CREG?",
        "AT+COPS?",
        "AT+COPS=?",
        "AT+CGDCONT?",
        "AT+CMGF=1",
        "AT+CBC=?",
        "AT+CSGT=1,\"A Super SIM-containing Modem\"",
        "AT+CSGT?",
        "AT+CGMI=?",
        "AT+CMGS=\"2936\"",
        "AT+CGDCONT=1,\"IP\",\"super\"",
        "AT+QCFG=\"roamservice\",2",
        "AT+UDCONF=20,1",
        "AT&F",
        "+CPIN: READY",
        "+CSQ: 4,7",
        "+CREG: 0,7",
        "+COPS: 0,0,\"vodafone UK Twilio\",0",
        "+COPS: (2,\"EE\",\"EE\",\"23440\",7),(1,\"3 UK\",\"3 UK\",\"23420\",7)",
        "+CGDCONT: 1,\"IP\",\"super\",\"\",0,0,0,0",
        "+CBC: (0-2),(1-100),(voltage)",
        "+CBC: 0,66,3863",
        "OK",
        "ERROR",
        ">",
    ] {
        let explained = explain(text, &Context::default());
        assert!(explained.is_known() && explained.complete, "{text}: {explained}");
    }
    says("+CSQ: 4,7", &["-105 dBm", "over 12.8 %"]);
    says("+CREG: 0,7", &["registered (SMS only), roaming"]);
    says("+CBC: 0,66,3863", &["66 %", "3.863 V"]);
    says("+COPS: 0,0,\"vodafone UK Twilio\",0", &["automatic", "long name", "operator", "GSM"]);
    let greeting = Context { command: Some("AT+CSGT?"), module: None };
    assert_eq!(explain("1,A Super SIM-containing Modem", &greeting).parts[1].what, "text");
}

#[test]
fn it_is_given_as_json() {
    let json = serde_json::to_value(explain("+CREG: 0,5", &Context::default())).unwrap();
    assert_eq!(json["kind"], "answer");
    assert_eq!(json["parts"][1]["meaning"], "registered, roaming");
}

#[test]
fn odd_lines_do_no_harm() {
    for text in [
        "\u{0}",
        "\"",
        "(((((",
        "+: 1",
        "+CREG:",
        "+CREG: ,,,,,,,,,",
        "AT+",
        "AT\"",
        "é: 1",
        "+CSQ: 99999999999999999999,1",
    ] {
        let _ = said(text);
        let _ = brief(text, &Context { command: Some(text), module: None });
    }
}
