//! Scripts, and what is said of them. `mistakes.md` holds one mistake each, `manuals.md` lists that have none.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use super::{Checked, Names, NotFound, Scripts, check, check_more};
use crate::diagnostic::pages::{codes, nearest, page};
use crate::source::Source;

/// A few scripts to run.
struct Shelf;

impl Scripts for Shelf {
    fn find(&self, name: &str, _from: &Source) -> Result<Arc<Source>, NotFound> {
        let text = match name {
            "modem/identify" => "AT+CGMM\n  capture model\nAT+CGSN\n  capture imei\n",
            "supersim/set-apn" => "param apn = \"super\"\nAT+CGDCONT=1,\"IP\",\"${apn}\"\n",
            "net/login" => "param user\nparam port:int = 23\nlog \"${user} ${port}\"\n",
            "circle" => "run \"circle\"\n",
            "sim/unlock" => "secret pin\n# allow hayes::check::danger: this SIM's own PIN\nAT+CPIN=\"${pin}\"\n",
            "broken" => "AT+CMEE=2;AT+CSQ\nlog \"${nothing}\"\n",
            _ => {
                let known = ["modem/identify", "supersim/set-apn", "net/login"];
                let near = known.into_iter().filter(|known| strsim::levenshtein(known, name) < 3);
                return Err(NotFound::Nowhere { suggestions: near.map(str::to_owned).collect() });
            }
        };
        Ok(Source::new(name, text))
    }
}

fn checked(text: &str) -> Checked {
    check(&Source::new("test.hayes", text), &Shelf)
}

/// `line:column code` of each diagnostic, and its words behind it where there should be none.
fn told(text: &str, words: bool) -> String {
    let shown = |diagnostic: &crate::diagnostic::Diagnostic| {
        let span = diagnostic.span().expect("every diagnostic of a script has a place");
        let position = diagnostic.source.position(span.start as usize);
        let code = diagnostic.code.rsplit("::").next().unwrap();
        let help = diagnostic.help.as_deref().unwrap_or("(no help)");
        let words = if words { format!(": {} ({help})", diagnostic.message) } else { String::new() };
        format!("{}:{} {code}{words}", position.line, position.column)
    };
    checked(text).diagnostics.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// What stands behind the name of each block, and the block.
fn blocks(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let opened = text.split("\n```").filter(|block| block.starts_with(char::is_alphabetic));
    opened.map(|block| block.split_once('\n').unwrap())
}

#[test]
fn each_mistake_is_told_once_at_its_place_and_can_be_mended() {
    let (mut failed, mut mistakes) = (String::new(), 0);
    for (info, script) in blocks(include_str!("mistakes.md")) {
        let wanted = info.strip_prefix("wrong ").unwrap_or_default();
        let found = told(script, false);
        mistakes += usize::from(info != "right");
        if found != wanted {
            writeln!(failed, "{script}\n  wanted {wanted}\n  found {}", told(script, true)).unwrap();
        }
    }
    assert!(failed.is_empty(), "{failed}");
    assert_eq!(mistakes, 97);
}

#[test]
fn plain_lists_raise_no_alarm() {
    let mut lists = 0;
    for (_, list) in blocks(include_str!("manuals.md")) {
        assert_eq!(told(list, true), "", "in\n{list}");
        assert_eq!(told(&list.replace('\n', "\r\n"), true), "", "in\n{list}");
        lists += 1;
    }
    assert_eq!(lists, 42);
}

#[test]
fn names_and_types_are_followed_through_branches() {
    let cases = [
        ("", ""),
        // A name set in any branch may be used.
        ("if true {\n  set a = 1\n} else {\n  set b = 2\n}\nlog \"${a} ${b}\"", ""),
        ("try {\n  AT+CGSN\n    capture imei\n} else {\n  log \"${imei} ${error}\"\n}\nlog \"${imei}\"", ""),
        ("AT+CSQ\n  capture rssi:int\nfinally {\n  log \"${rssi}\"\n}", ""),
        // The second round of a loop knows what the first one set.
        ("retry 3 {\n  if attempt > 1 {\n    log \"${stat}\"\n  }\n  AT+CREG?\n    capture _, stat\n}", ""),
        ("for x in [1, 2] {\n  if x == 2 {\n    log \"${y}\"\n  }\n  set y = x\n}", ""),
        ("for x in [1, 2] {\n  log \"${y}\"\n}\nset y = 1", "2:10 not-set"),
        ("log \"${a} ${a}\"\nlog \"${a}\"", "1:8 unknown-name"),
        // Either text or a number: nothing is certain.
        ("if true {\n  set a = 1\n} else {\n  set a = \"1\"\n}\nassert a == 1", ""),
        ("set a = 1\nif true {\n  fail \"no\"\n} else {\n  set a = \"x\"\n}\nassert a == 1", "7:10 never-equal"),
        (
            "AT+COPS=?\n  capture all status:int, long, short as networks\nfor n in networks {\n  assert n.status == 1\n}",
            "",
        ),
        (
            "AT+CGDCONT?\n  capture all cid, type as contexts\nfor c in contexts {\n  assert c.cid == 1\n}",
            "4:16 never-equal",
        ),
        // What a broken line may have set or opened is no further error.
        ("AT+CGSN\n  capture imei:\nparam apn\nlog \"${imei} ${apn}\"", "2:16 unexpected"),
        (
            "retry ten {\n  AT+CMEE=2;AT+CSQ\n  log \"${attempt}\"\n  stop\n}\nAT+CSQ",
            "1:7 number-in-words, 2:13 two-at",
        ),
        // An allowance silences its line only.
        ("# allow hayes::check::lower-case: as the manual has it\nat+csq", ""),
        ("# allow hayes::check::lower-case: as the manual has it\nat+csq\nat+csq", "3:1 lower-case"),
        // A place in a regex is found behind slashes.
        ("AT+CPIN?\n  expect /a\\/é(/", "2:15 bad-regex"),
        ("AT+CPIN?\n  expect /a[/", "2:12 bad-regex"),
    ];
    for (script, wanted) in cases {
        assert_eq!(told(script, false), wanted, "in\n{script}\n{}", told(script, true));
    }
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
    let (second, after) = check_more(&Source::new("2", "log \"${dbm(rssi)}\"\nset x = 1"), &Shelf, &names);
    assert_eq!(second.program.unwrap().fields, ["x"]);
    assert_eq!(after.names(), ["rssi", "x"]);
    let (third, _) = check_more(&Source::new("3", "log \"${rsi}\""), &Shelf, &names);
    assert_eq!(third.diagnostics[0].help.as_deref(), Some("did you mean `rssi`?"));
    let (param, _) = check_more(&Source::new("4", "param apn = \"super\""), &Shelf, &names);
    assert!(param.diagnostics.is_empty(), "it may be used in the next line: {:?}", param.diagnostics);
}

#[test]
fn nothing_breaks_on_nested_or_endless_input() {
    assert!(checked(&"try {\n".repeat(20_000)).program.is_none());
    let mut branches = String::from("if true {\n  set a0 = 1\n");
    for number in 1..3_000 {
        writeln!(branches, "}} else if a{} == {number} {{\n  set a{number} = 1", number - 1).unwrap();
    }
    branches.push('}');
    checked(&branches);
    // Each takes minutes where the time grows with the square of the text.
    let lines: [fn(usize) -> String; 8] = [
        |n| format!("set a{n} = b{n}\n"),
        |n| format!("set a{n} = {n}\nlog \"${{a{n}}}\"\n"),
        |n| format!("# allow hayes::check::dangr{n}: why\nset a = c{n}\n"),
        |n| format!("AT+CGACT=1,{n}\nAT+CGDCONT=1,\"IP\",\"super\"\nif true {{\n  AT\n}}\n"),
        |_| "AT+COPS=?\n  expect OK\n".to_owned(),
        |n| format!("AT+ABCDEFGH{n}\n"),
        |n| format!("set a{n} = 1\nfinally {{\n}}\n"),
        |n| format!("AT+CMGS=\"1\"\nset a = b{n}\n{}", if n < 90 { "set b\n" } else { "" }),
    ];
    for line in lines {
        checked(&(0..5_000).map(line).collect::<String>());
    }
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
fn every_code_in_the_source_has_a_page_and_every_page_a_code() {
    let mut written = BTreeSet::new();
    collect(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut written);
    let pages: BTreeSet<String> = codes().map(str::to_owned).collect();
    assert!(codes().all(|code| !page(code).unwrap().text.is_empty()), "each says something");
    let without_page: Vec<_> = written.difference(&pages).collect();
    assert!(without_page.is_empty(), "codes without a page in src/diagnostic/pages: {without_page:#?}");
    let without_code: Vec<_> = pages.difference(&written).collect();
    assert!(without_code.is_empty(), "pages without a code in the source: {without_code:#?}");
}

/// The codes that stand in the source as string literals.
fn collect(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("tests") {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            // A file's own tests stand at its end.
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for (at, _) in code.match_indices("\"hayes::") {
                let name = code[at + 1..].split('"').next().unwrap();
                let is_code = |byte: u8| byte.is_ascii_lowercase() || byte == b'-' || byte == b':';
                if !name.ends_with("::") && name.bytes().all(is_code) {
                    found.insert(name.to_owned());
                }
            }
        }
    }
}

#[test]
fn a_page_is_found_by_the_last_part_of_its_code_and_a_slip_is_mended() {
    assert_eq!(page("two-at").unwrap().code, "hayes::check::two-at");
    assert_eq!(page("hayes::check::two-at").unwrap().code, "hayes::check::two-at");
    assert_eq!(page("hayes::port::busy").unwrap().code, "hayes::port::busy");
    assert_eq!(page("at"), None);
    assert_eq!(page(""), None);
    assert_eq!(nearest("hayes::check::tow-at"), Some("hayes::check::two-at"));
    assert_eq!(nearest("hayes::check::something-else-altogether"), None);
}
