//! Devices served on pseudo-terminals and TCP ports, to programs that open these as any others do.

use std::net::TcpListener;
use std::path::Path;
#[cfg(unix)]
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use hayes::diagnostic::Complaint;
use hayes::port::host::{Host, HostEvent};
use hayes::port::transcript::TITLE;
use hayes::port::{Cancel, Device, Fault, Port, Read, Replay, Serial, Tcp};

use crate::folder::Folder;
use crate::network::{MINUTE, read_exactly};

fn read_line(port: &mut dyn Port) -> String {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        line.extend(read_exactly(port, 1));
    }
    String::from_utf8(line).unwrap()
}

struct RunningHost {
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
    events: Receiver<(usize, HostEvent)>,
}

impl RunningHost {
    fn start<T>(add: impl FnOnce(&mut Host) -> Result<T, Complaint>) -> (RunningHost, T) {
        let cancel = Cancel::new().unwrap();
        let mut host = Host::new(&cancel).unwrap();
        let added = add(&mut host).unwrap();
        let (sender, events) = channel();
        let thread = std::thread::spawn(move || {
            host.run(&mut |number, event| {
                let _ = sender.send((number, event));
            });
        });
        (RunningHost { cancel, thread: Some(thread), events }, added)
    }

    fn wait_for(&self, event: &HostEvent) {
        while self.events.recv().unwrap().1 != *event {}
    }
}

impl Drop for RunningHost {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Answers each of these lines with the number of its bytes. `bye` unplugs it for a while.
fn counter(asked: &[&str]) -> Box<dyn Device> {
    let answer = |line: &&str| match *line {
        "bye" => "0.000 > bye\\r\n0.000 ! lost: unplugged\n0.050 ! back\n".to_owned(),
        line => format!("0.000 > {line}\\r\n0.000 < {}\\n\n", line.len()),
    };
    let events: String = asked.iter().map(answer).collect();
    Box::new(Replay::new("counter".to_owned(), &format!("{TITLE}\n{events}")).unwrap())
}

fn ask(port: &mut dyn Port, question: &[u8]) -> String {
    port.write(question, MINUTE).unwrap();
    read_line(port)
}

fn open(path: impl AsRef<Path>) -> Serial {
    Serial::open(path.as_ref(), 115_200, &Cancel::new().unwrap()).unwrap()
}

#[cfg(unix)]
mod terminals {
    use super::*;

    #[test]
    fn a_device_answers_on_its_link_and_the_link_goes_with_the_host() {
        let folder = Folder::new();
        let link = folder.0.join("modem");
        let (running, path) = RunningHost::start(|host| host.add_terminal(counter(&["AT", "AT+CSQ"]), Some(&link)));
        assert_eq!(std::fs::read_link(&link).unwrap(), PathBuf::from(path));
        let mut port = open(&link);
        assert_eq!(ask(&mut port, b"AT\r"), "2\n");
        assert_eq!(running.events.recv().unwrap(), (0, HostEvent::Connected));
        drop(port);
        // A second program finds it as the first did.
        assert_eq!(ask(&mut open(&link), b"AT+CSQ\r"), "6\n");
        drop(running);
        assert!(!link.is_symlink());
    }

    #[test]
    fn what_one_program_did_not_read_is_not_there_for_the_next() {
        let (running, path) = RunningHost::start(|host| host.add_terminal(counter(&["12345", "1"]), None));
        let mut first = open(&path);
        first.write(b"12345\r", MINUTE).unwrap();
        // The answer is there, and is left there.
        assert_eq!(first.read(&mut [0], MINUTE), Ok(Read::Bytes(1)));
        drop(first);
        if cfg!(target_os = "linux") {
            running.wait_for(&HostEvent::Disconnected);
            assert_eq!(ask(&mut open(&path), b"1\r"), "1\n");
        }
    }

    #[test]
    fn an_unplugged_device_takes_its_terminal_away_and_comes_back_under_its_link() {
        let folder = Folder::new();
        let link = folder.0.join("modem");
        let (running, _) = RunningHost::start(|host| host.add_terminal(counter(&["bye", "AT"]), Some(&link)));
        let mut port = open(&link);
        port.write(b"bye\r", MINUTE).unwrap();
        assert!(matches!(port.read(&mut [0], MINUTE), Err(Fault::Lost(_))));
        port.reopen(MINUTE).unwrap();
        assert_eq!(ask(&mut port, b"AT\r"), "2\n");
        running.wait_for(&HostEvent::Unplugged);
    }

    #[test]
    fn a_link_that_is_in_use_is_not_taken_and_one_that_was_left_behind_is() {
        let host = || Host::new(&Cancel::new().unwrap()).unwrap();
        let folder = Folder::new();
        let link = folder.0.join("modem");
        std::os::unix::fs::symlink("/dev/pts/none", &link).unwrap();
        let mut first = host();
        first.add_terminal(counter(&[]), Some(&link)).unwrap();
        let error = host().add_terminal(counter(&[]), Some(&link)).unwrap_err();
        assert_eq!(error.message, format!("{} is there already", link.display()));
        // The refused one has not taken the link away.
        assert!(link.exists());
        drop(first);
        assert!(!link.is_symlink());
    }

    #[test]
    fn many_are_served_in_one_thread() {
        let (_running, paths) = RunningHost::start(|host| {
            (0..20)
                .map(|_| host.add_terminal(counter(&["x", "xx", "xxx"]), None))
                .collect::<Result<Vec<String>, Complaint>>()
        });
        let mut ports: Vec<_> = paths.iter().map(open).collect();
        for round in 1..=3 {
            let question = [vec![b'x'; round], vec![b'\r']].concat();
            for port in &mut ports {
                port.write(&question, MINUTE).unwrap();
            }
            for port in &mut ports {
                assert_eq!(read_line(port), format!("{round}\n"));
            }
        }
    }

    #[test]
    fn a_program_that_does_not_read_holds_up_only_itself() {
        let (_running, (stuck, free)) = RunningHost::start(|host| {
            Ok((host.add_terminal(counter(&[""; 100_000]), None)?, host.add_terminal(counter(&["AT"]), None)?))
        });
        let (mut stuck, mut free) = (open(stuck), open(free));
        // 100,000 answers of two bytes, and nobody reads them for now.
        let flood = vec![b'\r'; 100_000];
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| stuck.write(&flood, MINUTE));
            assert_eq!(ask(&mut free, b"AT\r"), "2\n");
            assert_eq!(writer.join().unwrap(), Ok(()));
        });
        assert_eq!(read_exactly(&mut stuck, 200_000), b"0\n".repeat(100_000));
    }
}

#[test]
fn a_device_answers_over_tcp_one_connection_after_the_other() {
    let (running, address) = RunningHost::start(|host| {
        host.add_listener(counter(&["AT", "ATI", "bye", "AT"]), "127.0.0.1:0".parse().unwrap())
    });
    let connect = || Tcp::connect("127.0.0.1", address.port(), MINUTE, &Cancel::new().unwrap()).unwrap();
    let mut first = connect();
    assert_eq!(ask(&mut first, b"AT\r"), "2\n");
    // While one is there, a second one is closed at once.
    assert!(matches!(connect().read(&mut [0], MINUTE), Err(Fault::Lost(_))));
    drop(first);
    running.wait_for(&HostEvent::Disconnected);
    let mut second = connect();
    assert_eq!(ask(&mut second, b"ATI\r"), "3\n");
    second.write(b"bye\r", MINUTE).unwrap();
    assert!(matches!(second.read(&mut [0], MINUTE), Err(Fault::Lost(_))));
    second.reopen(MINUTE).unwrap();
    assert_eq!(ask(&mut second, b"AT\r"), "2\n");
}

#[test]
fn an_address_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut host = Host::new(&Cancel::new().unwrap()).unwrap();
    let error = host.add_listener(counter(&[]), taken.local_addr().unwrap()).unwrap_err();
    assert_eq!(error.code, "hayes::port::busy");
}
