//! Patterns held against lines, regexes that are refused, and the names of lines that are typed one after the other.

use std::sync::Arc;

use hayes::check::{Names, Program, check, check_more, is_command_line};
use hayes::library::Library;
use hayes::source::Source;
use hayes::syntax::ast::{Pattern, StatementKind};

use crate::tables;

/// A script that captures or expects this pattern; none where the check refuses it.
fn program(pattern: &str) -> Option<Arc<Program>> {
    let with = |word: &str| {
        let text = format!("set apn = \"\"\nset v = \"\"\nAT\n  {word} {pattern}\n");
        check(&Source::new("test", text), &Library::default()).program
    };
    with("capture").or_else(|| with("expect"))
}

/// What it captures of a line by its pattern, with these values in that.
fn captured<'l>(program: &Program, line: &'l [u8], values: &[&str]) -> Option<Vec<Option<&'l [u8]>>> {
    let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    let matcher = program.matcher(pattern(program)).unwrap();
    assert_eq!(matcher.matches(line, &values), matcher.captures(line, &values).is_some());
    matcher.captures(line, &values)
}

fn pattern(program: &Program) -> &Pattern {
    let StatementKind::Exchange(exchange) = &program.script.body.statements[2].kind else { panic!("no exchange") };
    &exchange.clauses[0].patterns()[0]
}

fn matches(pattern: &str, line: &str, values: &[&str]) -> bool {
    captured(&program(pattern).unwrap(), line.as_bytes(), values).is_some()
}

#[test]
fn patterns_and_lines() {
    tables::hold(include_str!("data/patterns.md"), &mut |_, row| {
        let (pattern, line) = row.split_once(" on ").unwrap();
        let Some(captures) = captured(&program(pattern).expect(row), line.as_bytes(), &[]) else { return "no".into() };
        let held = |value: Option<&[u8]>| {
            value.map(String::from_utf8_lossy).map_or(" -".into(), |value| format!(" [{value}]"))
        };
        "yes".to_owned() + &captures.into_iter().map(held).collect::<String>()
    });
}

#[test]
fn values_match_literally() {
    let pattern = r#"'+CGDCONT: 1,"IP","${apn}"'"#;
    assert!(matches(pattern, r#"+CGDCONT: 1,"IP","a.b",0"#, &["a.b"]));
    assert!(!matches(pattern, r#"+CGDCONT: 1,"IP","axb",0"#, &["a.b"]));
    assert!(!matches(pattern, r#"+CGDCONT: 1,"IP","super2""#, &["super"]));
    assert!(!matches(pattern, r#"+CGDCONT: 1,"IP","super""#, &[]));
    // Not even a brace means anything in a value.
    assert!(matches(r#""+X: ${v},{a}""#, "+X: {a},1", &["{a}"]));
}

#[test]
fn time_grows_with_the_line_only() {
    let program = program(r#""{a}x{b}x{c}x{d}xy""#).unwrap();
    assert!(captured(&program, &vec![b'x'; 4 << 20], &[]).is_none());
    assert!(captured(&program, &[b','; 1000], &[]).is_none());
}

proptest::proptest! {
    /// Whatever comes, it is given back in pieces of the line.
    #[test]
    fn captures_are_pieces_of_the_line(line in "[+CSQ:, \"()a-c0-9]{0,40}") {
        for pattern in [r#""+CSQ: {a},{b}""#, r#""{a}:{b?}""#, r#"'{a},"{b}"'"#] {
            for value in captured(&program(pattern).unwrap(), line.as_bytes(), &[]).unwrap_or_default() {
                let value = std::str::from_utf8(value.unwrap_or_default()).unwrap();
                proptest::prop_assert!(line.contains(value));
            }
        }
    }
}

#[test]
fn a_regex_is_refused_that_is_wrong_or_too_large() {
    let regex = |regex: &str| program(&format!("/(?<a>{regex})/"));
    for wrong in ["abc(", "(?=x)", &"(".repeat(40), &format!("{}a{}", "(".repeat(40), ")".repeat(40))] {
        assert!(regex(wrong).is_none(), "{wrong}");
    }
    for large in [r"\p{L}{1000}", "^.{2,4000}$", "(?:a{1000}){100}"] {
        assert!(regex(large).is_none(), "{large}");
    }
    assert!(regex(r"\d{1,5}").is_some());
    // What keeps the limit keeps it for characters, and a line that is no text is looked at byte by byte.
    assert!(captured(&regex("^.{2,2000}$").unwrap(), "ä".as_bytes(), &[]).is_none());
    assert!(captured(&regex("^a..b$").unwrap(), b"a\xff\xfeb", &[]).is_some());
    assert!(captured(&regex(r"^a\xff.b$").unwrap(), b"a\xff\xfeb", &[]).is_some());
    // Each is small enough, and a thousand of them would take seconds and hundreds of megabytes.
    let many: String = (0..1_000).map(|number| format!("AT\nexpect /a{number}[0-9]{{1,500}}/\n")).collect();
    let refused = check(&Source::new("test", many), &Library::default()).diagnostics;
    let of_size = refused.iter().filter(|fault| fault.message.ends_with("the script's large ones are too many"));
    assert!((1..500).contains(&of_size.count()), "{refused:?}");
    let found = check(&Source::new("test", "AT\n  expect /abc(/\n"), &Library::default()).diagnostics.remove(0);
    let at = found.source.slice(found.span().unwrap()).to_owned();
    assert!(found.message.contains("unclosed group") && at == "(", "{}, {at}", found.message);
}

#[test]
fn lines_typed_one_after_the_other_share_their_names() {
    let (first, names) =
        check_more(&Source::new("1", "AT+CSQ\n  capture rssi:int"), &Library::default(), &Names::default());
    assert!(first.program.is_some());
    assert_eq!(names.names(), ["rssi"]);
    let (second, after) = check_more(&Source::new("2", "log \"${dbm(rssi)}\"\nset x = 1"), &Library::default(), &names);
    assert_eq!(second.program.unwrap().fields, ["x"]);
    assert_eq!(after.names(), ["rssi", "x"]);
    let (third, _) = check_more(&Source::new("3", "log \"${rsi}\""), &Library::default(), &names);
    assert_eq!(third.diagnostics[0].help.as_deref(), Some("did you mean `rssi`?"));
    let (param, _) = check_more(&Source::new("4", "param apn = \"super\""), &Library::default(), &names);
    assert!(param.diagnostics.is_empty(), "it may be used in the next line: {:?}", param.diagnostics);
}

#[test]
fn a_command_line_is_told_from_a_word() {
    for line in ["AT", "at", "AT+CSQ", "at+csq", "ATI", "ati", "ate0", "ATDT123", "at&f", "AT\\Q3"] {
        assert!(is_command_line(line), "{line}");
    }
    for line in ["attach", "atom", "at noon", "AT NOON", "at 5", "a", "", "+++", "root"] {
        assert!(!is_command_line(line), "{line}");
    }
}
