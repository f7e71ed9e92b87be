//! Tests of `src/repl/link.rs` from within: what is private there.

use super::*;

#[test]
fn a_secret_is_hidden_however_it_comes() {
    let above = Arc::new(LinesAbove::default());
    let mut raw = RawView::new(&above, Palette { coloured: false }, false, Mask::new(["1234"]));
    assert_eq!(raw.line("->", b"AT+CPIN=1234\r"), "-> AT+CPIN=***\\r");
    let received: Vec<Vec<u8>> = b"AT+CPIN=1234\r\n> ".iter().map(|byte| raw.received(&[*byte])).collect();
    let shown: Vec<String> = received.iter().filter(|line| !line.is_empty()).map(|line| raw.line("<-", line)).collect();
    assert_eq!(shown, ["<- AT+CPIN=***\\r", "<- \\n"]);
    assert_eq!(raw.held, b"> ");
    raw.mask = Mask::default();
    assert_eq!(raw.received(b"x"), b"> x", "without secrets nothing is held");
}
