//! Tests of `src/repl/editor.rs` from within: what is private there.

use super::*;
use std::sync::mpsc;

fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

#[test]
fn colours_change_no_character() {
    for line in ["AT+CGDCONT=1,\"IP\",\"su", "set x = \"a", ":help run", "if x == (1 + [2]) {", "grüße \"ü", ""] {
        for cursor in 0..=line.len() {
            assert_eq!(plain(&painted(line, "try {", cursor)), line);
        }
    }
}

#[test]
fn brackets_find_each_other() {
    assert_eq!(brackets("a(b[c])", 7), Some((1, 6)));
    assert_eq!(brackets("a(b[c])", 1), Some((1, 6)));
    assert_eq!(brackets("a(b[c])", 6), Some((3, 5)));
    assert_eq!(brackets("a(\")\")", 6), Some((1, 5)));
    assert_eq!(brackets("a(]", 3), None);
}

fn texts(typed: &str) -> Vec<String> {
    candidates(typed, &[other("rssi", "")], None).1.into_iter().map(|candidate| candidate.text).collect()
}

#[test]
fn variables_and_commands() {
    assert!(texts("assert rs").contains(&"rssi".to_owned()));
    assert_eq!(texts(":te"), [":terminal"]);
    assert!(texts(":open sim:bg9").contains(&"sim:bg96".to_owned()));
    assert!(wants_file(":save x") && !wants_file(":saved"));
}

#[test]
fn parameters_are_shown_as_they_are_typed() {
    let shown = |line: &str| hint(line, &[]).map(|(text, _)| text).unwrap_or_default();
    assert!(shown("AT+CFUN=").starts_with("<fun>,<rst>"), "{}", shown("AT+CFUN="));
    assert!(shown("AT+CFUN=1").starts_with(",<rst>  full"), "{}", shown("AT+CFUN=1"));
    assert!(shown("AT+CFUN=1,").starts_with("<rst>"), "{}", shown("AT+CFUN=1,"));
    assert!(!shown("AT+CSQ").is_empty());
    assert_eq!(hint(":ter", &[]), Some(("minal".to_owned(), true)));
    assert_eq!(hint("retr", &[]), Some(("y".to_owned(), true)));
    assert_eq!(shown("retry"), " 10 every 5s {");
    assert_eq!(shown(""), "");
}

/// Its editor is this channel; it takes one message at a time.
fn edited() -> (Arc<LinesAbove>, mpsc::Receiver<String>) {
    let above = Arc::new(LinesAbove::default());
    let (sender, receiver) = mpsc::sync_channel(0);
    let served = Arc::clone(&above);
    std::thread::spawn(move || served.serve(&mut |text| sender.send(text).is_ok()));
    (above, receiver)
}

#[test]
fn lines_keep_their_order() {
    let (above, editor) = edited();
    above.begin();
    for number in 0..200 {
        above.show(number.to_string());
    }
    let mut seen = String::new();
    while seen.lines().count() < 200 {
        seen.push_str(&editor.recv().unwrap());
        above.painted();
    }
    assert_eq!(seen.lines().collect::<Vec<_>>(), (0..200).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_flood_is_bounded_and_counted() {
    let above = LinesAbove::default();
    above.begin();
    for number in 0..5000 {
        above.show(number.to_string());
    }
    let text = above.state().take(MOST_LINES_ABOVE);
    assert_eq!(text.lines().next(), Some("(4000 lines came too fast and are left out)"));
    assert_eq!(text.lines().count(), 1001);
    assert_eq!(text.lines().last(), Some("4999"));
}

#[test]
fn lines_behind_one_that_is_on_its_way_wait_for_it() {
    let above = LinesAbove::default();
    above.begin();
    above.state().given = 1;
    above.end();
    above.show("later".to_owned());
    assert_eq!(above.state().lines.len(), 1);
    above.state().taken = 1;
    above.painted();
    assert!(!above.state().is_uncertain());
}
