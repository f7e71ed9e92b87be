//! Devices served for real: opened by serialport, connected over TCP.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use super::*;
use crate::port::{Fault, Port, Read, Serial, Tcp};

const MINUTE: Duration = Duration::from_secs(60);

/// Says `RDY` at its start, answers each line with its length, is unplugged by `bye` and comes back after 50 ms.
#[derive(Default)]
struct Counter {
    line: Vec<u8>,
    answers: Vec<u8>,
    back: Option<Duration>,
}

impl Device for Counter {
    fn receive(&mut self, bytes: &[u8], now: Duration) {
        for byte in bytes {
            if *byte != b'\r' {
                self.line.push(*byte);
            } else if self.line == b"bye" {
                self.back = Some(now + Duration::from_millis(50));
                self.line.clear();
            } else {
                self.answers.extend_from_slice(format!("{}\n", self.line.len()).as_bytes());
                self.line.clear();
            }
        }
    }

    fn advance(&mut self, now: Duration, out: &mut Vec<u8>) {
        out.append(&mut self.answers);
        if self.back.is_some_and(|back| back <= now) {
            self.back = None;
        }
    }

    fn next(&self) -> Option<Duration> {
        if self.answers.is_empty() { self.back } else { Some(Duration::ZERO) }
    }

    fn gone(&self) -> Option<Fault> {
        self.back.map(|_| Fault::Lost("unplugged".to_owned()))
    }
}

/// A host in a thread of its own.
struct Running {
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
    events: Receiver<HostEvent>,
}

impl Running {
    fn start(host: Host, cancel: &Cancel) -> Running {
        let (sender, events) = channel();
        let thread = std::thread::spawn(move || {
            host.run(&mut |event| {
                let _ = sender.send(event);
            });
        });
        Running { cancel: cancel.clone(), thread: Some(thread), events }
    }

    fn stop(&mut self) {
        self.cancel.cancel();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

fn ask(port: &mut dyn Port, question: &[u8]) -> String {
    port.write(question, MINUTE).unwrap();
    answer(port)
}

fn answer(port: &mut dyn Port) -> String {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        let mut byte = [0];
        assert_eq!(port.read(&mut byte, MINUTE), Ok(Read::Bytes(1)), "after {line:?}");
        line.extend_from_slice(&byte);
    }
    String::from_utf8(line).unwrap()
}

fn link(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("hayes-host-{name}-{}", std::process::id()))
}

fn counter() -> Box<Counter> {
    Box::new(Counter::default())
}

fn open(path: impl AsRef<Path>) -> Serial {
    Serial::open(path.as_ref(), 115_200, &Cancel::new().unwrap()).unwrap()
}

#[cfg(unix)]
mod terminals {
    use super::*;

    #[test]
    fn a_device_answers_on_its_link_and_the_link_goes_with_the_host() {
        let cancel = Cancel::new().unwrap();
        let mut host = Host::new(&cancel).unwrap();
        let link = link("link");
        let path = host.add_terminal(counter(), Some(&link)).unwrap();
        assert_eq!(std::fs::read_link(&link).unwrap(), PathBuf::from(path));
        let mut running = Running::start(host, &cancel);
        let mut port = open(&link);
        assert_eq!(ask(&mut port, b"AT\r"), "2\n");
        assert_eq!(running.events.recv().unwrap(), HostEvent::Connected { number: 0 });
        drop(port);
        // A second program finds it as the first did.
        assert_eq!(ask(&mut open(&link), b"AT+CSQ\r"), "6\n");
        running.stop();
        assert!(!link.is_symlink());
    }

    #[test]
    fn what_one_program_did_not_read_is_not_there_for_the_next() {
        let cancel = Cancel::new().unwrap();
        let mut host = Host::new(&cancel).unwrap();
        let path = host.add_terminal(counter(), None).unwrap();
        let running = Running::start(host, &cancel);
        let mut first = open(&path);
        first.write(b"12345\r", MINUTE).unwrap();
        // The answer is there, and is left there.
        assert_eq!(first.read(&mut [0], MINUTE), Ok(Read::Bytes(1)));
        drop(first);
        if cfg!(target_os = "linux") {
            while running.events.recv().unwrap() != (HostEvent::Disconnected { number: 0 }) {}
            assert_eq!(ask(&mut open(&path), b"1\r"), "1\n");
        }
    }

    #[test]
    fn an_unplugged_device_takes_its_terminal_away_and_comes_back_under_its_link() {
        let cancel = Cancel::new().unwrap();
        let mut host = Host::new(&cancel).unwrap();
        let link = link("unplug");
        host.add_terminal(counter(), Some(&link)).unwrap();
        let running = Running::start(host, &cancel);
        let mut port = open(&link);
        port.write(b"bye\r", MINUTE).unwrap();
        assert!(matches!(port.read(&mut [0], MINUTE), Err(Fault::Lost(_))));
        port.reopen(MINUTE).unwrap();
        assert_eq!(ask(&mut port, b"AT\r"), "2\n");
        let told: Vec<_> = running.events.try_iter().collect();
        assert!(told.contains(&HostEvent::Unplugged { number: 0 }), "{told:?}");
    }

    #[test]
    fn a_link_that_is_in_use_is_not_taken_and_one_that_was_left_behind_is() {
        let host = || Host::new(&Cancel::new().unwrap()).unwrap();
        let link = link("taken");
        std::os::unix::fs::symlink("/dev/pts/none", &link).unwrap();
        let mut first = host();
        first.add_terminal(counter(), Some(&link)).unwrap();
        let error = host().add_terminal(counter(), Some(&link)).unwrap_err();
        assert_eq!(error.message, format!("{} is there already", link.display()));
        // The refused one has not taken the link away.
        assert!(link.exists());
        drop(first);
        assert!(!link.is_symlink());
    }

    #[test]
    fn many_are_served_in_one_thread() {
        let cancel = Cancel::new().unwrap();
        let mut host = Host::new(&cancel).unwrap();
        let paths: Vec<_> = (0..20).map(|_| host.add_terminal(counter(), None).unwrap()).collect();
        let _running = Running::start(host, &cancel);
        let mut ports: Vec<_> = paths.iter().map(open).collect();
        for round in 1..=3 {
            let question = [vec![b'x'; round], vec![b'\r']].concat();
            for port in &mut ports {
                port.write(&question, MINUTE).unwrap();
            }
            for port in &mut ports {
                assert_eq!(answer(port), format!("{round}\n"));
            }
        }
    }

    #[test]
    fn a_program_that_does_not_read_holds_up_only_itself() {
        let cancel = Cancel::new().unwrap();
        let mut host = Host::new(&cancel).unwrap();
        let stuck = host.add_terminal(counter(), None).unwrap();
        let free = host.add_terminal(counter(), None).unwrap();
        let _running = Running::start(host, &cancel);
        let (mut stuck, mut free) = (open(stuck), open(free));
        // 100,000 answers of two bytes, and nobody reads them for now.
        let flood = vec![b'\r'; 100_000];
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| stuck.write(&flood, MINUTE));
            assert_eq!(ask(&mut free, b"AT\r"), "2\n");
            assert_eq!(writer.join().unwrap(), Ok(()));
        });
        for _ in 0..flood.len() {
            assert_eq!(answer(&mut stuck), "0\n");
        }
    }
}

#[test]
fn a_device_answers_over_tcp_one_connection_after_the_other() {
    let cancel = Cancel::new().unwrap();
    let mut host = Host::new(&cancel).unwrap();
    let address = host.add_listener(counter(), "127.0.0.1:0".parse().unwrap()).unwrap();
    let running = Running::start(host, &cancel);
    let connect = || Tcp::connect("127.0.0.1", address.port(), MINUTE, &Cancel::new().unwrap()).unwrap();
    let mut first = connect();
    assert_eq!(ask(&mut first, b"AT\r"), "2\n");
    // While one is there, a second one is closed at once.
    assert!(matches!(connect().read(&mut [0], MINUTE), Err(Fault::Lost(_))));
    drop(first);
    while running.events.recv().unwrap() != (HostEvent::Disconnected { number: 0 }) {}
    let mut second = connect();
    assert_eq!(ask(&mut second, b"ATI\r"), "3\n");
    second.write(b"bye\r", MINUTE).unwrap();
    assert!(matches!(second.read(&mut [0], MINUTE), Err(Fault::Lost(_))));
    second.reopen(MINUTE).unwrap();
    assert_eq!(ask(&mut second, b"AT\r"), "2\n");
}

#[test]
fn an_address_that_is_taken_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut host = Host::new(&Cancel::new().unwrap()).unwrap();
    let error = host.add_listener(counter(), taken.local_addr().unwrap()).unwrap_err();
    assert_eq!(error.kind, crate::port::OpenErrorKind::Busy);
}
