//! Tests of `src/port/network.rs` from within: what is private there.

use super::*;
use crate::port::bench::MINUTE;

#[test]
fn a_silent_address_leaves_time_to_the_next() {
    for (left, among, time) in [(10, 2, 5), (5, 1, 5), (0, 0, 0)] {
        assert_eq!(share(Duration::from_secs(left), among), Duration::from_secs(time));
    }
}

#[test]
fn a_silent_name_server_keeps_nobody() {
    let cancel = Cancel::new().unwrap();
    for limit in [Duration::from_millis(1), MINUTE] {
        let (_never, hangs) = std::sync::mpsc::channel::<()>();
        assert_eq!(aside(limit, cancel.watch().flag(), move || hangs.recv().is_err()).unwrap(), None);
        cancel.cancel();
    }
    assert_eq!(aside(MINUTE, None, || 7).unwrap(), Some(7));
}

#[test]
fn bytes_that_come_back_are_no_confirmation() {
    let echo = NotReady::Pending(Client::new(PortSettings::default()).pending_settings());
    assert!(confirms_nothing(echo));
}
