use super::*;
use crate::source::tables;

#[test]
fn a_text_is_cut_into_logical_lines() {
    tables::hold(include_str!("../../src/syntax/lexemes.md"), &mut |_, text| {
        let text = text.replace('⏎', "\n").replace('␍', "\r").replace('␢', "\u{feff}");
        lines(&text).map(|line| line.text.replace('\n', "⏎")).collect::<Vec<_>>().join("¦")
    });
    assert_eq!(lines("").count(), 0);
}

#[test]
fn a_text_that_nothing_closes_runs_to_the_end() {
    let all: Vec<_> = lines("AT\nlog \"\"\"a\nATI\n").collect();
    assert_eq!(all.len(), 2);
    assert_eq!((all[1].open_triple, all[1].text), (Some(7), "log \"\"\"a\nATI\n"));
}
