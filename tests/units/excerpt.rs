//! Tests of `src/diagnostic/excerpt.rs` from within: what is private there.

use super::*;
use crate::source::{Source, Span};

#[test]
fn the_places_bytes_are_the_same_before_and_after() {
    let line = format!("{}\r\n{}\n", "abcdefgh".repeat(100), "ABCDEFGH".repeat(100));
    for start in 0..line.len() {
        let diagnostic = Diagnostic::new("hayes::check::test", &Source::new("s", line.as_str()), "");
        let diagnostic = diagnostic.at(Span::new(start, start), "");
        let excerpt = Excerpt::new(&diagnostic);
        let at = excerpt.shown(start);
        assert_eq!(excerpt.original(at), start);
        assert_eq!(excerpt.text.as_bytes()[at], line.as_bytes()[start], "at {start}");
    }
}
