use std::time::Duration;

use super::entry::Series;
use super::lookup::errors;
use super::*;
use crate::at::{Form, Knowledge, Likeness, Shape};

/// Whether an entry is complete is for the build script to check.
#[test]
fn every_entry_is_found() {
    for known in commands() {
        let (name, first) = known.name.split_once('=').map_or((known.name, None), |(name, first)| (name, Some(first)));
        assert_eq!(command_with(name, first).map(|found| found.name), Some(known.name));
        assert_eq!(command(&name.to_lowercase()).map(|found| found.name), Some(name));
    }
    for error in errors(Series::Equipment) {
        assert!(cme(error.code).is_some_and(|found| found.text == error.text));
        // A maker's error may have the words of one of the standard's, which then is the one.
        let mut found = error_by_text(Series::Equipment, error.text);
        assert!(found.any(|found| found.code == error.code || found.scope.is_none()), "{}", error.text);
    }
    for error in errors(Series::Message) {
        assert!(cms(error.code).is_some_and(|found| found.text == error.text));
        assert!(error_by_text(Series::Message, &error.text.to_uppercase()).any(|found| found.code == error.code));
    }
    assert_eq!(cme(9999).map(|error| error.code), None);
    for known in urcs() {
        let line = if known.whole_line { known.start.to_owned() } else { format!("{}: 1", known.start) };
        assert_eq!(urc(line.as_bytes()).map(|found| found.start), Some(known.start), "{line}");
        if let Some(answers) = known.answers.and_then(command) {
            let prefix = known.start.split(':').next().unwrap_or_default();
            let forms = [Form::Test, Form::Read, Form::Set, Form::Execute];
            let answers_so = |form| answers.form(form).is_some_and(|usage| usage.prefix == Some(prefix));
            assert!(forms.into_iter().any(answers_so), "{} as an answer to {}", known.start, answers.name);
        }
    }
    for known in modules() {
        let explained = explain::explain(known.id, &explain::Context::default()).to_string();
        assert!(explained.contains(known.iccid) && explained.contains(known.reboot), "{explained}");
        assert_eq!(module(known.id).map(|found| found.id), Some(known.id));
        for name in &known.models {
            let name = name.replace('*', "-X");
            assert_eq!(module_by_model(&name).map(|found| found.id), Some(known.id), "{name}");
        }
    }
}

#[test]
fn a_urc_is_found_by_its_start() {
    for line in ["+CREGX: 1", "RINGER", "", "R", "+", "OK", "Rd", "+COPS: 0", "\u{fffd}"] {
        assert!(urc(line.as_bytes()).is_none(), "{line}");
    }
    assert_eq!(urc(b"+CIEV: simlocal,1").map(|found| found.start), Some("+CIEV: simlocal"));
    assert_eq!(urc(b"+CIEV: 2,1").map(|found| found.start), Some("+CIEV"));
}

#[test]
fn a_module_is_found_by_its_model() {
    let model = |cgmm: &str| module_by_model(cgmm).map(|found| found.id);
    for (cgmm, id) in [
        ("SIMCOM_SIM7080G", Some("simcom-sim7080")),
        ("LARA-R211-02B", Some("ublox-lara-r2")),
        ("bg96", Some("quectel-bg96")),
        ("BG95-M3", Some("quectel-bg95")),
        ("SARA-R410M-02B", Some("ublox-sara-r410m")),
        ("nRF9160-SICA", Some("nordic-nrf9160")),
        ("BG960", None),
        // Other modules, whose names begin alike.
        ("EG915U", Some("quectel-eg915u")),
        ("BG950A-GL", None),
        ("", None),
    ] {
        assert_eq!(model(cgmm), id, "{cgmm}");
    }
    let named = |line: &str| module_named_by(line).map(|found| found.id);
    assert_eq!(named("+CGMM: \"BG95-M3\""), Some("quectel-bg95"));
    assert_eq!(named("Model: SIMCOM_SIM7600E-H"), Some("simcom-sim7600"));
    assert_eq!(named("Revision: BG96MAR02A07M1G"), None);
}

#[test]
fn a_read_answer_is_told_from_a_urc() {
    let read = |line: &str| Catalogue.likeness(line.as_bytes(), Form::Read);
    for name in ["+CREG", "+CGREG", "+CEREG", "+C5GREG"] {
        assert_eq!(read(&format!("{name}: 0,5")), Likeness::Answer);
        assert_eq!(read(&format!("{name}: 5")), Likeness::Urc);
        assert_eq!(read(&format!("{name}: 2,5,\"2CF7\",\"8A5A782\"")), Likeness::Answer);
        assert_eq!(read(&format!("{name}: 5,\"2CF7\",\"8A5A782\"")), Likeness::Urc);
        assert_eq!(read(&format!("{name}: 5,2CF7,8A5A782")), Likeness::Urc);
        assert_eq!(read(&format!("{name}:2,1,0001,0010")), Likeness::Answer);
        assert_eq!(read(&format!("{name}: 2,,")), Likeness::Urc);
    }
    assert_eq!(read("+CREG: 2,5,\"2CF7\",\"8A5A782\",6"), Likeness::Answer);
    assert_eq!(read("+CPIN: READY"), Likeness::Either);
    assert_eq!(read("+CUSD: 0,\"text\",15"), Likeness::Urc);
    assert_eq!(read("#QSS: 0,3"), Likeness::Answer);
    assert_eq!(read("#QSS: 3"), Likeness::Urc);
    assert_eq!(Catalogue.likeness(b"+CSQ: 18,99", Form::Execute), Likeness::Either);
    assert_eq!(Catalogue.likeness(b"+CREG: (0-2)", Form::Test), Likeness::Answer);
    assert_eq!(Catalogue.likeness(b"+CREG: 5", Form::Set), Likeness::Urc);
}

#[test]
fn urcs_for_the_session() {
    for line in ["RING", "+CMTI: \"SM\",3", "+CREG: 5", "+QIND: SMS DONE", "PB DONE", "%BOOTEV:0", "+APP PDP: 0,ACTIVE"]
    {
        assert!(Catalogue.unasked(line.as_bytes()).is_some(), "{line}");
    }
    for line in ["RINGING", "+CSCA: \"+44\",145", "u-blox", "Ready to go", "NO CARRIERS", "OK", "", "+CREG", "+CMTI"] {
        assert!(Catalogue.unasked(line.as_bytes()).is_none(), "{line}");
    }
    assert_eq!(Catalogue.vendor_final(b"COMMAND NOT SUPPORT"), Some(false));
    assert_eq!(Catalogue.vendor_final(b"MODEM ERROR: 4"), Some(false));
    assert_eq!(Catalogue.vendor_final(b"NA"), None);
    assert_eq!(Catalogue.vendor_final(b"SEND OK"), None);
}

#[test]
fn what_is_expected_of_an_answer() {
    let of = |line: &str| prospect(line, None).expected;
    assert_eq!((of("AT+CSQ").prefixes, of("AT+CSQ").shape), (vec!["+CSQ"], Shape::Prefixed));
    assert_eq!((of("AT+CGMI").prefixes, of("AT+CGMI").shape), (vec![], Shape::Bare));
    assert_eq!(of("AT+CICCID").prefixes, ["+ICCID"]);
    assert_eq!(of("AT+CMEE=2").shape, Shape::None);
    assert_eq!(of("AT").shape, Shape::None);
    assert_eq!(of("ATE0").shape, Shape::None);
    assert_eq!(of("AT+CMGR=1").shape, Shape::HeaderAndBody);
    assert_eq!(of("AT+QIRD=0,100").shape, Shape::Counted { parameter: 0, before: b'\n' });
    assert_eq!(of("AT+USORD=0,100").shape, Shape::Counted { parameter: 1, before: b'"' });
    assert_eq!((of("AT+NOSUCH").prefixes, of("AT+NOSUCH").shape), (vec![], Shape::Unknown));
    assert_eq!(of("AT+CMEE=2;+CSQ").shape, Shape::Prefixed);
    assert_eq!(of("AT+CREG?;+CSQ").prefixes, ["+CREG", "+CSQ"]);
    assert!(of("ATD*99***1#").call_control && of("ATD*99***1#").abortable);
    assert!(of("AT+CIFSR").without_final);
    let of_wavecom = |line: &str| prospect(line, module("wavecom-m1306b")).expected.without_final;
    assert!(of_wavecom("AT+CPIN?") && !of_wavecom("AT+CPIN=\"1234\"") && !of("AT+CPIN?").without_final);
    assert!(prospect("AT+CGMI;+CGMM", None).names_module && !prospect("AT+CGMI", None).names_module);
    assert_eq!(of("AT+CIPSHUT").finals, [("SHUT OK", true)]);
}

#[test]
fn how_long_an_answer_may_take() {
    let time = |line: &str, id: &str| prospect(line, module(id)).longest;
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    // Not known which module: the largest that is confirmed, but not the worst case of 1580 s.
    assert_eq!(time("AT+COPS=?", ""), seconds(315));
    assert_eq!(time("AT+COPS=?", "quectel-bg96"), seconds(180));
    assert_eq!(time("AT+COPS=?", "ublox-sara-r5"), seconds(180));
    assert_eq!(time("AT+COPS=?", "simcom-sim7080"), seconds(315));
    // What is only recalled of u-blox, 180 s, makes it no shorter.
    assert_eq!(time("AT+COPS=?", "ublox-lara-r2"), seconds(315));
    assert_eq!(time("AT+CFUN=1", ""), seconds(30));
    assert_eq!(time("AT+CFUN=1", "quectel-bg96"), seconds(15));
    assert_eq!(time("AT+NOSUCH", ""), None);
    assert_eq!(time("AT+CMEE=2;+CMGF=1", "telit-me910"), seconds(10));
}

#[test]
fn a_scan_is_aborted_only_where_the_module_does_that() {
    let abortable = |line: &str, id: &str| prospect(line, module(id)).expected.abortable;
    assert!(abortable("AT+COPS=?", "ublox-lara-r2"));
    assert!(!abortable("AT+COPS=?", "quectel-bg96"));
    assert!(abortable("ATD123;", "quectel-bg96"));
}

#[test]
fn dangers_and_what_else_to_mind() {
    let command = |name: &str| super::command(name).unwrap();
    assert!(command("AT+EGMR").needs_unsafe(Form::Set, &["1", "7", "\"1\""]).is_some());
    assert!(command("AT+EGMR").needs_unsafe(Form::Set, &["0", "7"]).is_none());
    assert!(command("AT+CFUN").reboots(Form::Set, &["1", "1"]).is_some());
    assert!(command("AT+CFUN").reboots(Form::Set, &["1"]).is_none());
    assert!(command("AT+CPIN").not_repeatable(Form::Set, &["\"1234\""]).is_some());
    assert!(command("AT+CPIN").not_repeatable(Form::Read, &[]).is_none());
    assert!(command("AT+CMGD").dangers(Form::Set, &["1", "4"]).next().is_some());
    assert!(command("AT+CMGD").dangers(Form::Set, &["1"]).next().is_none());
    assert!(command("ATQ").dangers(Form::Execute, &["1"]).next().is_some());
    assert!(command("AT+CMNB").leaves_nb_iot_only(Form::Set, &["2"]));
    let setting = command_with("AT+QCFG", Some("\"iotopmode\"")).unwrap();
    assert!(setting.leaves_nb_iot_only(Form::Set, &["\"iotopmode\"", "1", "1"]));
    let bands = command_with("AT+QCFG", Some("\"band\"")).unwrap();
    assert!(bands.dangers(Form::Set, &["\"band\"", "f", "8", "80"]).next().is_some());
    assert!(bands.dangers(Form::Set, &["\"band\""]).next().is_none(), "it only reads");
    assert!(command("AT+COPS").concerns_conversation_only(Form::Set, &["3", "2"]));
    assert!(!command("AT+COPS").concerns_conversation_only(Form::Set, &["0", "2"]));
    assert_eq!(command("AT+CMGS").prompt(Form::Set, &["\"2936\""]).map(|prompt| prompt.mark), Some(">"));
    assert_eq!(command("AT+USOST").prompt(Form::Set, &["0", "h", "1", "4"]).map(|prompt| prompt.mark), Some("@"));
    assert!(command("AT+QISEND").prompt(Form::Set, &["0", "0"]).is_none());
    assert!(command("AT+CSQ").prompt(Form::Execute, &[]).is_none());
}

#[test]
fn names_like_it() {
    assert_eq!(nearest("AT+CRGE"), ["AT+CREG"]);
    assert_eq!(nearest("+CGDCNT").first(), Some(&"AT+CGDCONT"));
    assert!(nearest("AT+XYZZY").is_empty());
}
