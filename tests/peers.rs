//! Programs of other people against ours: gammu, gnokii, smsd, python-gsmmodem, pyatcommand and serialport-gsm talk to
//! the simulated modem (who it is, signal, network, send, read, USSD), and Hayes talks to the modem of pyatcommand, and
//! to one behind ser2net and socat. A program that is not installed is said to be left out; with HAYES_TEST_ALL set
//! that is a failure.

use std::io::{BufRead, BufReader};
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
        (&["monitor", "1"], "Signal strength      : -"),
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
        ("--monitor once", "RFLevel: "),
        ("--getnetworkinfo", "Network code : 234 15"),
        ("--getsms ME 0", "hello from the cloud"),
        ("--sendsms 2936", "Send succeeded with reference 1"),
    ] {
        let line = format!("echo hello | gnokii --config '{}' {job}", settings.display());
        let said = all(&within(Duration::from_secs(60), Command::new("sh").args(["-c", &line])));
        assert!(said.contains(told), "{job}\n{said}");
    }
}

/// Where `.ci/run` puts clients that no system's packages have.
fn clients(program: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/clients").join(program);
    assert!(path.exists() || std::env::var_os("HAYES_TEST_ALL").is_none(), "{} is missing", path.display());
    path.exists().then_some(path)
}

/// What a client of `tests/data/clients` tells of the six jobs.
fn does_the_six_jobs(client: &mut Command, script: &str, told: &[&str]) {
    let modem = Simulated::on_terminal("ec25?sms=hello%20from%20the%20cloud&register=0s");
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/clients").join(script);
    let said = all(&within(Duration::from_secs(60), client.arg(script).arg(modem.port())));
    for told in told {
        assert!(said.contains(told), "{told}\n{said}");
    }
}

#[test]
fn python_gsmmodem_does_the_six_jobs() {
    let Some(python) = clients("bin/python") else { return };
    let told = [
        "identity Quectel EC25 8",
        "signal ",
        "network vodafone UK",
        "sent 1",
        "read hello from the cloud",
        "ussd Your balance is",
    ];
    does_the_six_jobs(&mut Command::new(python), "python_gsmmodem.py", &told);
}

#[test]
fn pyatcommand_does_five_of_them() {
    let Some(python) = clients("bin/python") else { return };
    let told = ["identity EC25 8", "signal ", "vodafone UK", "hello from the cloud", "Your balance is"];
    does_the_six_jobs(&mut Command::new(python), "pyatcommand_client.py", &told);
}

/// Its modem knows two commands and refuses all others, `AT` too: it is one that hears, and tells nothing.
#[test]
fn the_modem_of_pyatcommand_is_one_that_refuses() {
    let Some(python) = clients("bin/python") else { return };
    let folder = Folder::new();
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/clients/pyatcommand_server.py");
    let mut server = Command::new(python).arg("-B").arg(script).stdout(Stdio::piped()).spawn().unwrap();
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let _server = Ended(server);
    for (script, told) in [
        ("modem/sync", "this modem has no extended errors"),
        ("modem/identify", "the IMEI is not told: AT+CGSN answered ERROR"),
        ("modem/signal", "the modem does not tell its signal"),
    ] {
        let mut run = Command::new(env!("CARGO_BIN_EXE_hayes"));
        run.args(["run", script, "-p", port.trim()]).env_remove("HAYES_PORT");
        let output = within(Duration::from_secs(60), run.env("XDG_STATE_HOME", folder.0.join("state")));
        assert!(
            output.status.success() != (script == "modem/signal") && all(&output).contains(told),
            "{script}\n{}",
            all(&output)
        );
    }
}

#[test]
fn serialport_gsm_does_five_of_them() {
    let Some(modules) = clients("node_modules") else { return };
    let told = [
        "\"modemSerial\":\"8",
        "\"signalStrength\":",
        "vodafone UK",
        "\"message\":\"hello from the cloud\"",
        "Message Successfully Sent",
    ];
    does_the_six_jobs(Command::new("node").env("NODE_PATH", modules), "serialport_gsm.js", &told);
}

#[test]
fn smsd_sends_and_takes_in_messages() {
    if !installed("smsd") {
        return;
    }
    let modem = Simulated::on_terminal("ec25?sms=hello%20from%20the%20cloud&register=0s");
    let Folder(folder) = &Folder::new();
    let mut settings = String::from("devices = M\nloglevel = 7\n");
    for (name, file) in [("logfile", "log"), ("pidfile", "pid"), ("infofile", "info")] {
        settings += &format!("{name} = {}\n", folder.join(file).display());
    }
    for name in ["outgoing", "checked", "incoming", "sent", "failed", "stats"] {
        std::fs::create_dir(folder.join(name)).unwrap();
        settings += &format!("{name} = {}\n", folder.join(name).display());
    }
    settings += &format!("[M]\ndevice = {}\nincoming = yes\nmemory_start = 0\n", modem.port());
    settings += "regular_run_cmd = AT+CUSD=1,\"*100#\",15\nregular_run_interval = 2\n";
    std::fs::write(folder.join("smsd.conf"), settings).unwrap();
    std::fs::write(folder.join("outgoing/message"), "To: 2936\n\nhello\n").unwrap();
    let mut smsd = Command::new("/usr/sbin/smsd");
    smsd.arg(format!("-c{}", folder.join("smsd.conf").display())).arg("-t").stdout(Stdio::null());
    let _smsd = Ended(smsd.stderr(Stdio::null()).spawn().unwrap());
    let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    let came = || std::fs::read_dir(folder.join("incoming")).unwrap().flatten().next();
    let told = ["IMEI: 8", "Signal Strength Indicator", "registered to a roaming", "Your balance is"];
    let started = Instant::now();
    while came().is_none() || !folder.join("sent/message").exists() || told.iter().any(|told| !log().contains(told)) {
        assert!(started.elapsed() < Duration::from_secs(90), "{}", log());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(std::fs::read_to_string(came().unwrap().path()).unwrap().contains("hello from the cloud"));
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

#[test]
fn a_pair_of_terminals_of_socat_is_a_line_and_socat_is_not_accused() {
    if !installed("socat") {
        return;
    }
    let folder = Folder::new();
    let end = |name: &str| format!("pty,raw,echo=0,link={}", folder.0.join(name).display());
    let join = |one: String, other: String| {
        let socat = Command::new("socat").args([one, other]).stderr(Stdio::null()).spawn().unwrap();
        Ended(socat)
    };
    let hayes = |arguments: &[&str], port: &str| {
        let port = folder.0.join(port);
        let started = Instant::now();
        while !port.exists() && started.elapsed() < Duration::from_secs(20) {
            std::thread::yield_now();
        }
        let mut run = Command::new(env!("CARGO_BIN_EXE_hayes"));
        run.args(arguments).arg("-p").arg(port).env_remove("HAYES_PORT");
        within(Duration::from_secs(60), run.env("XDG_STATE_HOME", folder.0.join("state")))
    };
    let modem = Simulated::on_terminal("bg96?register=0s");
    let _line = join(format!("{},raw,echo=0", modem.port()), end("near"));
    let output = hayes(&["run", "-q", "modem/identify"], "near");
    assert!(output.status.success() && all(&output).contains("BG96"), "{}", all(&output));
    // At the other end of this pair there is nobody.
    let _pair = join(end("far"), end("silent"));
    let output = hayes(&["at", "AT", "--timeout-scale", "0.1"], "silent");
    let said = all(&output);
    assert!(!output.status.success() && said.contains("not a byte came"), "{said}");
    assert!(!said.contains("socat") && !said.contains("process"), "{said}");
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
