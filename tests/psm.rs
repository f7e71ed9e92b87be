//! The timers of power saving, as three-digit texts of bits hold them.

use std::time::Duration;

use hayes::psm::{ACTIVE, PERIODIC};

use crate::tables;

/// Seconds and their digits, and back; where there are none, the nearest that there are.
#[test]
fn durations_and_back() {
    tables::hold(include_str!("../src/psm.md"), &mut |of, seconds| {
        let timer = if of == "T3324" { &ACTIVE } else { &PERIODIC };
        let duration = Duration::from_secs_f64(seconds.parse().unwrap());
        match timer.write(duration) {
            Ok(digits) => {
                assert_eq!(timer.read(&digits), Some(Some(duration)));
                digits
            }
            Err(nearest) => format!("{nearest:?}"),
        }
    });
    assert_eq!(PERIODIC.read("11100000"), Some(None));
    assert_eq!(ACTIVE.read("01100001"), Some(Some(Duration::from_secs(60))));
    assert_eq!(ACTIVE.read("0110000"), None);
}
