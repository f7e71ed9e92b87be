//! Lines that go on from others, and input that nobody would write. What is told of scripts stands in `tests/scripts/`.

use std::fmt::Write;

use super::{Checked, Names, NoScripts, check, check_more};
use crate::source::Source;

fn checked(text: &str) -> Checked {
    check(&Source::new("test.hayes", text), &NoScripts)
}

#[test]
fn lines_typed_one_after_the_other_share_their_names() {
    let (first, names) = check_more(&Source::new("1", "AT+CSQ\n  capture rssi:int"), &NoScripts, &Names::default());
    assert!(first.program.is_some());
    assert_eq!(names.names(), ["rssi"]);
    let (second, after) = check_more(&Source::new("2", "log \"${dbm(rssi)}\"\nset x = 1"), &NoScripts, &names);
    assert_eq!(second.program.unwrap().fields, ["x"]);
    assert_eq!(after.names(), ["rssi", "x"]);
    let (third, _) = check_more(&Source::new("3", "log \"${rsi}\""), &NoScripts, &names);
    assert_eq!(third.diagnostics[0].help.as_deref(), Some("did you mean `rssi`?"));
    let (param, _) = check_more(&Source::new("4", "param apn = \"super\""), &NoScripts, &names);
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
