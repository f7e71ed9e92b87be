//! Ports over the network, TCP and RFC 2217, against servers of the test's own.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Duration;

use ::rfc2217::{PortSettings, Purge, Server, ServerEvent};
use hayes::diagnostic::Complaint;
use hayes::port::{Cancel, Control, Fault, Port, Read, Rfc2217, Tcp};

/// Telnet's own byte.
const IAC: u8 = 255;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn read_exactly(port: &mut dyn Port, count: usize) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    while all.len() < count {
        let most = buffer.len().min(count - all.len());
        match port.read(&mut buffer[..most], MINUTE).unwrap() {
            Read::Bytes(count) => all.extend_from_slice(&buffer[..count]),
            Read::Deadline => panic!("only {} bytes of {count}", all.len()),
        }
    }
    all
}

fn connect_tcp(port: u16) -> Result<Tcp, Complaint> {
    Tcp::connect("127.0.0.1", port, MINUTE, &Cancel::new().unwrap())
}

/// A port, and the server and the connection at its other end.
fn connected() -> (Tcp, TcpListener, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = connect_tcp(listener.local_addr().unwrap().port()).unwrap();
    let (other, _) = listener.accept().unwrap();
    (port, listener, other)
}

#[test]
fn bytes_pass_both_ways_until_the_other_end_closes() {
    let (mut port, _listener, mut other) = connected();
    let all: Vec<u8> = (0..=255).collect();
    port.write(&all, MINUTE).unwrap();
    let mut there = [0; 256];
    other.read_exact(&mut there).unwrap();
    assert_eq!(&there[..], &all[..]);
    other.write_all(b"\r\n+CSQ: 1").unwrap();
    drop(other);
    assert_eq!(port.read(&mut [0; 64], MINUTE), Ok(Read::Bytes(9)));
    assert!(matches!(port.read(&mut [0; 64], MINUTE), Err(Fault::Lost(_))));
}

#[test]
fn a_name_without_an_address_says_so() {
    let unknown = Tcp::connect("no-such-host.invalid", 1, MINUTE, &Cancel::new().unwrap());
    let error = unknown.map(|_| ()).unwrap_err();
    assert_eq!(error.code, "hayes::port::missing");
    assert!(error.message.starts_with("the name no-such-host.invalid has no address"), "{}", error.message);
}

#[test]
fn a_line_cannot_be_set_and_a_flush_discards() {
    let (mut port, _listener, mut other) = connected();
    assert!(matches!(port.control(Control::Dtr(true)), Err(Fault::Unsupported(_))));
    other.write_all(b"old").unwrap();
    assert_eq!(port.read(&mut [0], MINUTE), Ok(Read::Bytes(1)));
    port.control(Control::Flush).unwrap();
    other.write_all(b"new").unwrap();
    assert_eq!(read_exactly(&mut port, 3), b"new");
}

#[test]
fn reopen_connects_again() {
    let (mut port, listener, other) = connected();
    drop(other);
    assert!(matches!(port.read(&mut [0; 8], MINUTE), Err(Fault::Lost(_))));
    port.reopen(MINUTE).unwrap();
    listener.accept().unwrap().0.write_all(b"RDY").unwrap();
    assert_eq!(port.read(&mut [0; 8], MINUTE), Ok(Read::Bytes(3)));
}

/// A server on a thread, and what the modem behind it says to what it gets. It tells at its end what was asked of
/// its serial port.
fn serve(mut answer: impl FnMut(&[u8]) -> Vec<u8> + Send + 'static) -> (u16, JoinHandle<Vec<ServerEvent>>) {
    on_a_thread(move |mut stream| {
        let mut server = Server::new(PortSettings::default());
        let (mut events, mut buffer) = (Vec::new(), [0; 65536]);
        stream.write_all(b"RDY\r\n").unwrap();
        loop {
            stream.write_all(&server.take_output()).unwrap();
            let count = match stream.read(&mut buffer) {
                Ok(0) | Err(_) => return events,
                Ok(count) => count,
            };
            let payload = server.receive(&buffer[..count]);
            events.extend(std::iter::from_fn(|| server.poll_event()));
            server.write_data(&answer(&payload));
        }
    })
}

fn on_a_thread<T: Send + 'static>(serve: impl FnOnce(TcpStream) -> T + Send + 'static) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let number = listener.local_addr().unwrap().port();
    (number, std::thread::spawn(move || serve(listener.accept().unwrap().0)))
}

fn connect(number: u16) -> Result<Rfc2217, Complaint> {
    Rfc2217::connect("127.0.0.1", number, 921_600, MINUTE, &Cancel::new().unwrap())
}

#[test]
fn bytes_pass_and_the_port_is_set() {
    let (number, server) = serve(<[u8]>::to_vec);
    let mut port = connect(number).unwrap();
    assert_eq!(read_exactly(&mut port, 5), b"RDY\r\n");
    // 0xFF is Telnet's own byte.
    let all: Vec<u8> = (0..=255).chain([255; 300]).collect();
    port.write(&all, MINUTE).unwrap();
    assert_eq!(read_exactly(&mut port, all.len()), all);
    port.control(Control::Dtr(false)).unwrap();
    port.control(Control::Baud(9600)).unwrap();
    port.control(Control::Break(Duration::from_millis(1))).unwrap();
    port.control(Control::Flush).unwrap();
    assert_eq!(port.read(&mut [0; 8], port.now()), Ok(Read::Deadline));
    drop(port);
    let asked = server.join().unwrap();
    let at = |baud_rate| ServerEvent::SettingsChanged(PortSettings { baud_rate, ..PortSettings::default() });
    for wanted in [
        at(921_600),
        ServerEvent::Dtr(false),
        at(9600),
        ServerEvent::Purge(Purge::Both),
        ServerEvent::Break(true),
        ServerEvent::Break(false),
    ] {
        assert!(asked.contains(&wanted), "{wanted:?} is not in {asked:?}");
    }
}

#[test]
fn what_did_not_go_out_in_time_is_no_part_of_the_next_command() {
    let (reads_on, waits) = channel::<()>();
    let (stands, stopped) = channel();
    let (tells, told) = channel();
    let mut data = Vec::new();
    let (number, server) = serve(move |payload| {
        data.extend_from_slice(payload);
        if data.ends_with(b"ATZ\r") {
            // Reads no more until it is told to.
            stands.send(()).unwrap();
            waits.recv().unwrap();
        }
        if data.ends_with(b"AT\r") {
            tells.send(std::mem::take(&mut data)).unwrap();
        }
        Vec::new()
    });
    let mut port = connect(number).unwrap();
    port.write(b"ATZ\r", MINUTE).unwrap();
    stopped.recv().unwrap();
    let long = vec![IAC; 16 << 20];
    let soon = port.now() + Duration::from_millis(100);
    let Err(Fault::WriteTimeout { written }) = port.write(&long, soon) else { panic!("all of it went out") };
    reads_on.send(()).unwrap();
    port.write(b"AT\r", MINUTE).unwrap();
    let data = told.recv().unwrap();
    assert_eq!(data.len(), 4 + written + 3);
    assert!(data.ends_with(b"\xFFAT\r"));
    drop(port);
    server.join().unwrap();
}

#[test]
fn what_does_not_speak_the_protocol_is_told_at_once() {
    let (number, server) = on_a_thread(drop);
    let error = connect(number).map(|_| ()).unwrap_err();
    assert_eq!(error.code, "hayes::port::busy", "{error}");
    server.join().unwrap();
    let (number, server) = on_a_thread(|mut stream| {
        // IAC DONT COM-PORT-OPTION
        stream.write_all(&[255, 254, 44]).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let error = connect(number).map(|_| ()).unwrap_err();
    assert_eq!(error.code, "hayes::port::not-a-port");
    assert!(error.message.starts_with(&format!("127.0.0.1 does not speak RFC 2217 on port {number}")), "{error}");
    server.join().unwrap();
}
