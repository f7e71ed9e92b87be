//! What a script of 10,000 lines costs: to parse, to bring into its canonical form, and to parse where every line is
//! wrong. Beside it stands the time to look at each of its bytes once.
//!
//! `cargo bench --bench parse`

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use hayes::source::Source;
use hayes::syntax;

/// Twenty lines as a provisioning script has them.
const LINES: &str = r#"# Wait for the network.
param apn = "super"  "Access Point Name"
AT+CMEE=2
AT+CPIN?
  expect "+CPIN: READY"

ensure AT+CGDCONT? answers '+CGDCONT: 1,"IP","${apn}"' else {
  AT+CGDCONT=1,"IP","${apn}"
}
retry for 10min every 5s {
  AT+CREG?
    capture _, stat:int
  assert stat in [1, 5], "not registered: ${stat}"
} else {
  fail "no network"
}
AT+CSQ within 2s  # signal
  capture rssi:int, ber:int
report modem.imei, signal = dbm(rssi)
log "signal ${dbm(rssi)} dBm"
"#;

fn main() {
    let script = Source::new("script.hayes", LINES.repeat(500));
    let wrong = Source::new("wrong.hayes", "AT+CSQ within 30 secs\n".repeat(10_000));
    let (_, diagnostics) = syntax::parse(&script);
    println!("{} lines, {} bytes, {} errors", script.text.lines().count(), script.text.len(), diagnostics.len());
    show("look at each byte", || script.text.bytes().map(u64::from).sum::<u64>());
    show("parse", || syntax::parse(&script).0.patterns);
    show("format", || syntax::format(&script).map_or(0, |text| text.len()));
    show("colour", || syntax::tokens(&script.text).len());
    show("10,000 wrong lines", || syntax::parse(&wrong).1.len());
}

/// The fastest of twenty runs.
fn show<T>(what: &str, run: impl Fn() -> T) {
    let fastest = (0..20).map(|_| timed(&run)).min().unwrap_or_default();
    println!("{what:>20}: {:8.2} ms", fastest.as_secs_f64() * 1_000.0);
}

fn timed<T>(run: impl Fn() -> T) -> Duration {
    let start = Instant::now();
    black_box(run());
    start.elapsed()
}
