//! Tests of `src/suggest.rs` from within: what is private there.

use super::*;
use crate::library::Library;

fn found(typed: &str) -> (usize, Vec<Candidate>) {
    let names = [Candidate::new(CandidateKind::Name, "rssi", "")];
    let from = Source::new("", "");
    candidates(typed, &Surroundings { names: &names, scripts: &Library::default(), from: &from, question: None })
}

fn texts(typed: &str) -> Vec<String> {
    found(typed).1.into_iter().map(|candidate| candidate.text).collect()
}

#[test]
fn names_types_and_values_come_from_the_catalogue() {
    assert!(texts("AT+CS").contains(&"AT+CSQ".to_owned()));
    assert!(texts("AT+CMEE=2;+CS").contains(&"+CSQ".to_owned()));
    let types = texts("AT+CFUN");
    assert!(["AT+CFUN?", "AT+CFUN=?", "AT+CFUN="].iter().all(|form| types.contains(&(*form).to_owned())), "{types:?}");
    let (start, values) = found("AT+CFUN=");
    assert_eq!(start, 8);
    for (value, meaning) in [("0", "minimum"), ("1", "full"), ("4", "")] {
        let found = values.iter().find(|candidate| candidate.text == value);
        assert!(found.is_some_and(|found| found.about.contains(meaning)), "{value} in {values:?}");
    }
    assert!(texts("AT+CGDCONT=1,\"I").contains(&"\"IP\"".to_owned()));
    assert!(texts("AT+QCFG=\"roam").contains(&"\"roamservice\"".to_owned()));
}

#[test]
fn statements_variables_scripts_and_what_they_take() {
    assert!(texts("re").starts_with(&["reboot", "repeat", "report", "requires", "retry"].map(str::to_owned)));
    assert_eq!(texts("log \"${rs"), ["rssi}"]);
    assert!(texts("assert rs").contains(&"rssi".to_owned()));
    assert!(texts("assert le").contains(&"len(".to_owned()));
    assert_eq!(texts("run \"supersim/set-a"), ["supersim/set-apn\""]);
    assert_eq!(texts("run \"supersim/set-apn\" with a"), ["apn = "]);
    assert_eq!(texts("log module.icc"), ["iccid"]);
    assert!(texts("log \"some wo").is_empty());
}

#[test]
fn the_command_and_its_parameter() {
    crate::source::tables::hold(include_str!("../../src/suggest.md"), &mut |_, line| {
        let Some(asking) = asking(line) else { return "none".to_owned() };
        let name = if asking.name.is_empty() { "-" } else { asking.name };
        let index = asking.index().map_or("-".to_owned(), |index| index.to_string());
        format!("{} {name} {index} {}", asking.start, asking.parameter_start)
    });
}
