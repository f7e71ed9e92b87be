use std::fmt::Write;

use super::super::{Names, check_more};
use super::{Shelf, assert_nothing, checked, told};
use crate::source::Source;

#[test]
fn a_name_set_in_any_branch_may_be_used() {
    assert_nothing("if true {\n  set a = 1\n} else {\n  set b = 2\n}\nlog \"${a} ${b}\"");
    assert_nothing("try {\n  AT+CGSN\n    capture imei\n} else {\n  log \"${imei} ${error}\"\n}\nlog \"${imei}\"");
    assert_nothing("AT+CSQ\n  capture rssi:int\nfinally {\n  log \"${rssi}\"\n}");
    // The second round of a loop knows what the first one set.
    assert_nothing("retry 3 {\n  if attempt > 1 {\n    log \"${stat}\"\n  }\n  AT+CREG?\n    capture _, stat\n}");
    assert_nothing("for x in [1, 2] {\n  if x == 2 {\n    log \"${y}\"\n  }\n  set y = x\n}");
}

#[test]
fn a_name_that_a_broken_line_may_have_set_is_no_further_error() {
    let found = told("AT+CGSN\n  capture imei:\nparam apn\nlog \"${imei} ${apn}\"", false);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("2:"));
}

#[test]
fn what_stands_in_a_block_whose_line_is_broken_is_checked() {
    let found = told("retry ten {\n  AT+CMEE=2;AT+CSQ\n  log \"${attempt}\"\n  stop\n}\nAT+CSQ", false);
    assert_eq!(found, ["1:7 hayes::syntax::number-in-words", "2:13 hayes::check::two-at"]);
}

#[test]
fn a_name_is_told_once() {
    assert_eq!(told("log \"${a} ${a}\"\nlog \"${a}\"", false), ["1:8 hayes::check::unknown-name"]);
}

#[test]
fn a_type_is_followed_through_branches() {
    // Either text or a number: nothing is certain.
    assert_nothing("if true {\n  set a = 1\n} else {\n  set a = \"1\"\n}\nassert a == 1");
    assert_eq!(
        told("set a = 1\nif true {\n  fail \"no\"\n} else {\n  set a = \"x\"\n}\nassert a == 1", false),
        ["7:10 hayes::check::never-equal"]
    );
    assert_nothing(
        "AT+COPS=?\n  capture all status:int, long, short as networks\nfor n in networks {\n  assert n.status == 1\n}",
    );
    assert_eq!(
        told("AT+CGDCONT?\n  capture all cid, type as contexts\nfor c in contexts {\n  assert c.cid == 1\n}", false),
        ["4:16 hayes::check::never-equal"]
    );
}

#[test]
fn a_record_has_the_fields_of_the_script_that_was_run() {
    let program =
        checked("run \"modem/identify\" as modem\nset copy = modem.imei\nreport modem.model").program.unwrap();
    assert_eq!(program.fields, ["modem", "copy"]);
    assert_eq!(program.run("modem/identify").unwrap().fields, ["model", "imei"]);
    assert!(program.run("other").is_none());
}

#[test]
fn the_errors_of_a_script_that_is_run_are_told_at_their_own_place_once() {
    let found = checked("run \"broken\"\nrun \"broken\"\n").diagnostics;
    let places: Vec<_> = found.iter().map(|found| (found.source.name.as_str(), found.code)).collect();
    assert_eq!(places, [("broken", "hayes::check::two-at"), ("broken", "hayes::check::unknown-name")]);
}

#[test]
fn lines_typed_one_after_the_other_share_their_names() {
    let (first, names) = check_more(&Source::new("1", "AT+CSQ\n  capture rssi:int"), &Shelf, &Names::default());
    assert!(first.program.is_some());
    assert_eq!(names.names(), ["rssi"]);
    let (second, _) = check_more(&Source::new("2", "log \"${dbm(rssi)}\""), &Shelf, &names);
    assert!(second.program.is_some(), "{:?}", second.diagnostics);
    let (third, _) = check_more(&Source::new("3", "log \"${rsi}\""), &Shelf, &names);
    assert_eq!(third.diagnostics[0].help.as_deref(), Some("did you mean `rssi`?"));
    let (param, _) = check_more(&Source::new("4", "param apn = \"super\""), &Shelf, &names);
    assert!(param.diagnostics.is_empty(), "it may be used in the next line: {:?}", param.diagnostics);
}

#[test]
fn an_allowance_silences_its_line_only() {
    assert_nothing("# allow hayes::check::lower-case: as the manual has it\nat+csq");
    assert_eq!(
        told("# allow hayes::check::lower-case: as the manual has it\nat+csq\nat+csq", false),
        ["3:1 hayes::check::lower-case"]
    );
}

#[test]
fn nothing_breaks_on_nested_or_endless_input() {
    let mut deep = String::new();
    for _ in 0..20_000 {
        deep.push_str("try {\n");
    }
    assert!(checked(&deep).program.is_none());
    let mut branches = String::from("if true {\n  set a0 = 1\n");
    for number in 1..3_000 {
        writeln!(branches, "}} else if a{} == {number} {{\n  set a{number} = 1", number - 1).unwrap();
    }
    branches.push('}');
    checked(&branches);
}

proptest::proptest! {
    #[test]
    fn any_text_is_checked_without_harm(
        text in "(AT\\+CGDCONT=|at|;AT|[é☎ ]{0,30}\"|retry 3 \\{\n|\\}\n|[ -~\n]|\\$\\{[a-z]{1,3}\\}|send \"|\\\\x1A|\n  capture |\n  expect /|\n){0,60}",
    ) {
        for diagnostic in checked(&text).diagnostics {
            for label in &diagnostic.labels {
                let span = label.span;
                proptest::prop_assert!(span.start <= span.end && span.end as usize <= diagnostic.source.text.len());
                let there = diagnostic.source.text.get(span.start as usize..span.end as usize);
                proptest::prop_assert!(there.is_some(), "{}: {span:?}", diagnostic.code);
            }
        }
    }
}

#[test]
fn a_place_in_a_regex_is_found_behind_slashes() {
    assert_eq!(told("AT+CPIN?\n  expect /a\\/é(/", false), ["2:15 hayes::check::bad-regex"]);
    assert_eq!(told("AT+CPIN?\n  expect /a[/", false), ["2:12 hayes::check::bad-regex"]);
}
