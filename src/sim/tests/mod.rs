//! The simulated modem as a computer sees it: bytes in, exact bytes out.

use std::time::Duration;

use crate::port::Device;
use crate::sim::{Options, Simulator};

mod bounds;
mod calls;
mod card;
mod faults;
mod lines;
mod messages;
mod network;
mod packet;
mod profiles;
mod sockets;

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
