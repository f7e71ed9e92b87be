//! Tests of `src/diagnostic/words.rs` from within: what is private there.

use super::*;

fn filled(text: &str, width: usize) -> String {
    let options = textwrap::Options::new(width).break_words(false);
    textwrap::fill(text, options.word_separator(WordSeparator::Custom(words)))
}

#[test]
fn what_stands_in_backticks_stays_together() {
    assert_eq!(filled("that stands for itself is `$${`", 29), "that stands for itself is\n`$${`");
    assert_eq!(filled("write `param tries:int = 5` at the top", 21), "write\n`param tries:int = 5`\nat the top");
}

/// What is to be copied: commands of Hayes, paths, addresses.
#[test]
fn what_is_to_be_copied_is_not_broken() {
    let command = "`hayes run supersim/diagnose -p sim:bg96`";
    assert_eq!(filled(&format!("write {command} here"), 21), format!("write\n{command}\nhere"));
    assert_eq!(filled("the file /etc/udev/rules.d/70 is", 24), "the file\n/etc/udev/rules.d/70 is");
}

#[test]
fn what_is_long_or_not_closed_is_broken_as_ever() {
    let long = format!("`{}`", ["word"; 10].join(" "));
    assert_eq!(filled(&long, 20).lines().count(), 3);
    assert_eq!(filled("one ` two three", 9), "one ` two\nthree");
    assert_eq!(filled("", 9), "");
}
