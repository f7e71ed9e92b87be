//! Tests of `src/port/cancel.rs` from within: what is private there.

use super::*;
use crate::port::bench::MINUTE;

#[test]
fn each_of_two_calls_wakes_what_went_on_after_the_one_before() {
    let cancel = Cancel::new().unwrap();
    let mut watch = cancel.watch();
    let goes_on = |watch: &Watch| assert_eq!(watch.pause(Duration::from_millis(1)), Ok(()));
    let wakes = |watch: &mut Watch| {
        assert_eq!(watch.pause(MINUTE), Err(Fault::Interrupted));
        watch.rearm();
    };
    // One at a time, two at once, and after they were taken back; a third wakes nobody.
    for at_once in [1, 2, 1] {
        goes_on(&watch);
        for _ in 0..2 / at_once {
            (0..at_once).for_each(|_| cancel.cancel());
            (0..at_once).for_each(|_| wakes(&mut watch));
            goes_on(&watch);
        }
        cancel.cancel();
        goes_on(&watch);
        cancel.clear();
        watch.rearm();
    }
}
