//! Tests of `src/repl/session.rs` from within: what is private there.

use super::*;

#[test]
fn what_asks_for_data_is_known_before_it_is_sent() {
    let mark = asks_for_data("AT+CMGS=\"2936\"").unwrap();
    assert_eq!(prompt_line(mark, "say \"hi\" ${x}"), "  prompt reply \"say \\\"hi\\\" $${x}\"");
    assert!(asks_for_data("AT+CMGS=\"2936\"\n  prompt reply \"x\"").is_none());
    assert!(asks_for_data("AT+CSQ").is_none());
    assert!(asks_for_data("AT+CMGS=?").is_none());
}
