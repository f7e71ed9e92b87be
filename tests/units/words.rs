//! Tests of `src/diagnostic/words.rs` from within: what is private there.

use super::*;

fn filled(text: &str, width: usize) -> String {
    textwrap::fill(text, textwrap::Options::new(width).word_separator(WordSeparator::Custom(words)))
}

#[test]
fn what_stands_in_backticks_stays_together() {
    assert_eq!(filled("that stands for itself is `$${`", 29), "that stands for itself is\n`$${`");
    assert_eq!(filled("write `param tries:int = 5` at the top", 21), "write\n`param tries:int = 5`\nat the top");
}

#[test]
fn what_is_long_or_not_closed_is_broken_as_ever() {
    let long = format!("`{}`", ["word"; 10].join(" "));
    assert_eq!(filled(&long, 20).lines().count(), 3);
    assert_eq!(filled("one ` two three", 9), "one ` two\nthree");
    assert_eq!(filled("", 9), "");
}
