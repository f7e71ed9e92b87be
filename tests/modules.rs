//! What a run does otherwise once an answer has named the module, where no recorded conversation can show it.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::folder::Folder;

#[test]
fn ctrl_c_aborts_a_scan_by_a_character_only_where_the_module_does_that() {
    // V.250 §5.6.1: one character aborts. Nothing else is sent while the scan goes on.
    assert_eq!(sent_after_ctrl_c(""), "\r", "any modem may be one that aborts");
    assert_eq!(sent_after_ctrl_c("LARA-R211"), "\r");
    assert_eq!(sent_after_ctrl_c("BG96"), "", "its scan runs to its end");
}

#[test]
fn a_module_of_ones_own_stands_beside_the_script() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.join("modules")).unwrap();
    let file = folder.0.join("modules/acme.toml");
    std::fs::write(folder.0.join("ask.hayes"), "AT+CGMM\n").unwrap();
    let hayes = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
        let output = command.args(words).current_dir(&folder.0).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    };
    let five =
        "vendor = 'Acme'\nmodels = ['SIM-MODEM*']\niccid = 'AT+CCID'\nregistration = ['AT+CEREG']\nreboot = 'ATZ'\n";
    std::fs::write(&file, five).unwrap();
    let heard = hayes(&["run", "ask.hayes", "-v", "-p", "sim:generic"]);
    assert!(heard.contains("known from here on: acme"), "{heard}");
    assert!(hayes(&["explain", "SIM-MODEM-2"]).contains("A module of Acme"));
    std::fs::write(&file, five.replace("'AT+CCID'", "'CCID'")).unwrap();
    let refused = hayes(&["run", "ask.hayes", "-p", "sim:generic"]);
    assert!(refused.contains("acme.toml cannot be used: `CCID` is no command"), "{refused}");
}

/// What comes behind `AT+COPS=?` when Ctrl-C is pressed meanwhile, until the scan ends, on a modem that calls itself
/// so; it is not asked where that is empty. Then `finally` runs.
fn sent_after_ctrl_c(model: &str) -> String {
    let folder = Folder::new();
    let identify = if model.is_empty() { "" } else { "AT+CGMM\n" };
    std::fs::write(folder.0.join("scan.hayes"), format!("{identify}AT+COPS=?\nfinally {{\n  AT+CSQ\n}}\n")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("tcp://{}", listener.local_addr().unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_hayes"))
        .args(["run", "scan.hayes", "-q", "-p", &port])
        .current_dir(&folder.0)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    if !model.is_empty() {
        assert_eq!(received(&mut stream, "\r"), "AT+CGMM\r");
        write!(stream, "\r\n{model}\r\n\r\nOK\r\n").unwrap();
    }
    assert_eq!(received(&mut stream, "\r"), "AT+COPS=?\r");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let sent = received_in(&mut stream, Duration::from_secs(1));
    // The scan's own end, then that of the `AT` that comes into step, then that of the question in `finally`.
    write!(stream, "\r\nOK\r\n").unwrap();
    assert_eq!(received(&mut stream, "\r"), "AT\r");
    write!(stream, "\r\nOK\r\n").unwrap();
    assert_eq!(received(&mut stream, "\r"), "AT+CSQ\r");
    write!(stream, "\r\n+CSQ: 17,99\r\n\r\nOK\r\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    sent
}

/// What comes in so much time.
fn received_in(stream: &mut TcpStream, time: Duration) -> String {
    let began = Instant::now();
    let mut text = String::new();
    while let Some(left) = time.checked_sub(began.elapsed()).filter(|left| !left.is_zero()) {
        stream.set_read_timeout(Some(left)).unwrap();
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(0) => panic!("it hung up after {text:?}"),
            Ok(_) => text.push(char::from(byte[0])),
            Err(error) => assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}"),
        }
    }
    stream.set_read_timeout(None).unwrap();
    text
}

/// Reads up to this end.
fn received(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        text.push(char::from(byte[0]));
    }
    text
}
