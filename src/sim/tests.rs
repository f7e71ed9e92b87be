//! The simulated modem as a computer sees it: bytes in, exact bytes out.

use std::time::Duration;

use super::*;
use crate::port::Device;

/// A modem and its time.
struct Bench {
    modem: Simulator,
    now: Duration,
}

impl Bench {
    fn new(address: &str) -> Bench {
        let (model, query) = address.split_once('?').unwrap_or((address, ""));
        let modem = Simulator::new(model, Options::parse(query).unwrap()).unwrap();
        Bench { modem, now: Duration::ZERO }
    }

    /// A modem without echo.
    fn quiet(address: &str) -> Bench {
        let mut bench = Bench::new(address);
        assert_eq!(bench.ask("ATE0"), "ATE0\r\r\nOK\r\n");
        bench
    }

    fn ask(&mut self, command: &str) -> String {
        self.send(format!("{command}\r").as_bytes())
    }

    /// What comes at once.
    fn send(&mut self, bytes: &[u8]) -> String {
        self.modem.receive(bytes, self.now);
        self.heard()
    }

    fn heard(&mut self) -> String {
        let mut out = Vec::new();
        self.modem.advance(self.now, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// What comes until so much time has passed, with the time jumping from deadline to deadline.
    fn pass(&mut self, time: Duration) -> String {
        let end = self.now + time;
        let mut out = Vec::new();
        while let Some(next) = self.modem.next().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.modem.advance(self.now, &mut out);
        }
        self.now = end;
        self.modem.advance(self.now, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn seconds(&mut self, seconds: u64) -> String {
        self.pass(Duration::from_secs(seconds))
    }
}

#[test]
fn echo_verbosity_and_quiet() {
    let mut bench = Bench::new("generic");
    assert_eq!(bench.ask("AT"), "AT\r\r\nOK\r\n");
    assert_eq!(bench.ask("at+csq?"), "at+csq?\r\r\nERROR\r\n");
    assert_eq!(bench.ask("ATE0"), "ATE0\r\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGMM"), "\r\nSIM-MODEM\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("ATV0"), "0\r");
    assert_eq!(bench.ask("AT+CGMM"), "SIM-MODEM\r\n0\r");
    assert_eq!(bench.ask("AT+NONSENSE"), "4\r");
    assert_eq!(bench.ask("ATV1Q1"), "");
    assert_eq!(bench.ask("AT+CGMM"), "\r\nSIM-MODEM\r\n");
    assert_eq!(bench.ask("ATQ0E1"), "\r\nOK\r\n");
    assert_eq!(bench.ask("ATZ"), "ATZ\r\r\nOK\r\n");
}

#[test]
fn registration_takes_its_time_and_tells() {
    let mut bench = Bench::quiet("generic");
    assert_eq!(bench.ask("AT+CREG?"), "\r\n+CREG: 0,2\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CREG=1;+CEREG=2"), "\r\nOK\r\n");
    assert_eq!(bench.pass(Duration::from_millis(2_999)), "");
    assert_eq!(bench.seconds(1), "\r\n+CREG: 5\r\n\r\n+CEREG: 5,\"2CF7\",\"8A5A782\",7\r\n");
    assert_eq!(bench.ask("AT+CREG?"), "\r\n+CREG: 1,5\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CEREG?"), "\r\n+CEREG: 2,5,\"2CF7\",\"8A5A782\",7\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+COPS?"), "\r\n+COPS: 0,0,\"vodafone UK\",7\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CFUN=4"), "\r\n+CREG: 0\r\n\r\n+CEREG: 0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CSQ"), "\r\n+CSQ: 99,99\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+COPS?"), "\r\n+COPS: 0\r\n\r\nOK\r\n");
}
