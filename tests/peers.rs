//! Programs of other people against ours: gammu and gnokii talk to the simulated modem, and Hayes talks to a modem
//! behind ser2net. A program that is not installed is said to be left out; with HAYES_TEST_ALL set that is a failure.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::folder::Folder;
use crate::simulated::Simulated;

#[test]
fn gammu_does_the_six_jobs() {
    if !installed("gammu") {
        return;
    }
    let modem = Simulated::on_terminal("ec25?sms=hello%20from%20the%20cloud&register=0s");
    let folder = Folder::new();
    let settings = folder.0.join("gammurc");
    std::fs::write(&settings, format!("[gammu]\ndevice = {}\nconnection = at115200\n", modem.port())).unwrap();
    let gammu = |arguments: &[&str]| {
        let output = within(Duration::from_secs(60), Command::new("gammu").arg("-c").arg(&settings).args(arguments));
        assert!(output.status.success(), "gammu {arguments:?}\n{}", all(&output));
        all(&output)
    };
    for (job, told) in [
        (&["identify"][..], "IMEI                 : 8"),
        (&["monitor", "1"], "Signal strength      : -75 dBm"),
        (&["networkinfo"], "Network state        : roaming network"),
        (&["sendsms", "TEXT", "2936", "-text", "hello"], "OK, message reference=1"),
        (&["getallsms"], "hello from the cloud"),
        (&["getussd", "*100#"], "Your balance is"),
    ] {
        let said = gammu(job);
        assert!(said.contains(told), "{job:?}\n{said}");
    }
}

#[test]
fn gnokii_does_what_it_knows_of_the_six_jobs() {
    if !installed("gnokii") {
        return;
    }
    let modem = Simulated::on_terminal("ec25?sms=hello%20from%20the%20cloud&register=0s");
    let folder = Folder::new();
    let settings = folder.0.join("gnokiirc");
    let text =
        format!("[global]\nport = {}\nmodel = AT\nconnection = serial\nserial_baudrate = 115200\n", modem.port());
    std::fs::write(&settings, text).unwrap();
    // It has no USSD, and takes the text of a message from its input.
    for (job, told) in [
        ("--identify", "IMEI         : 8"),
        ("--monitor once", "RFLevel: 19"),
        ("--getnetworkinfo", "Network code : 234 15"),
        ("--getsms ME 0", "hello from the cloud"),
        ("--sendsms 2936", "Send succeeded with reference 1"),
    ] {
        let line = format!("echo hello | gnokii --config '{}' {job}", settings.display());
        let said = all(&within(Duration::from_secs(60), Command::new("sh").args(["-c", &line])));
        assert!(said.contains(told), "{job}\n{said}");
    }
}

#[test]
fn behind_ser2net_a_modem_is_driven_over_rfc_2217() {
    if !installed("ser2net") {
        return;
    }
    let modem = Simulated::on_terminal("bg96?register=0s");
    let folder = Folder::new();
    let port = free_port();
    let settings = folder.0.join("ser2net.yaml");
    let text = format!(
        "connection: &modem\n  accepter: telnet(rfc2217),tcp,127.0.0.1,{port}\n  connector: serialdev,{},115200n81,local\n",
        modem.port()
    );
    std::fs::write(&settings, text).unwrap();
    let server = Command::new("ser2net").args(["-n", "-c"]).arg(&settings).stderr(Stdio::null()).spawn().unwrap();
    let _server = Ended(server);
    let address = format!("rfc2217://127.0.0.1:{port}");
    wait_for_listener(port);
    let mut run = Command::new(env!("CARGO_BIN_EXE_hayes"));
    run.args(["run", "-q", "supersim/set-apn", "modem/identify", "-p", &address]).env_remove("HAYES_PORT");
    run.env("XDG_STATE_HOME", folder.0.join("state"));
    let output = within(Duration::from_secs(60), &mut run);
    assert!(output.status.success(), "{}", all(&output));
    assert!(all(&output).contains("BG96"), "{}", all(&output));
}

pub(crate) fn installed(program: &str) -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).any(|folder| folder.join(program).exists())
    });
    assert!(found || std::env::var_os("HAYES_TEST_ALL").is_none(), "{program} is missing");
    if !found {
        eprintln!("left out: {program} is not installed");
    }
    found
}

/// The program's output; one that takes longer is ended, and the test fails.
pub(crate) fn within(limit: Duration, command: &mut Command) -> Output {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id().to_string();
    let (done, finished) = std::sync::mpsc::channel::<()>();
    let guard = std::thread::spawn(move || {
        if finished.recv_timeout(limit).is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").arg(&id).status();
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(done);
    guard.join().unwrap();
    output
}

pub(crate) fn all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn wait_for_listener(port: u16) {
    let started = Instant::now();
    // ser2net opens the modem for whoever connects, so the look must not be a connection that is used.
    let listens = || {
        let listening = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let wanted = format!(":{port:04X} ");
        listening.lines().any(|line| line.split_once("00000000:0000").is_some_and(|(here, _)| here.contains(&wanted)))
    };
    while !listens() {
        assert!(started.elapsed() < Duration::from_secs(10), "ser2net does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Ended when it is dropped.
pub(crate) struct Ended(pub(crate) Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
