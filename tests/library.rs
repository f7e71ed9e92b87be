//! The library on every simulated module: in memory in virtual time, over a pseudo-terminal, and over TCP.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::folder::Folder;
use crate::simulated::Simulated;

pub(crate) fn models() -> impl Iterator<Item = &'static str> {
    hayes::sim::models().map(|model| model.name)
}

/// A module with NB-IoT alone: its title says that no network lets a Super SIM in there.
fn is_unserved(model: &str) -> bool {
    hayes::sim::models().any(|known| known.name == model && known.title.contains("Super SIM does not serve"))
}

#[test]
fn every_model_is_listed() {
    let listed = hayes(&["sim"]);
    let listed: Vec<String> =
        text(&listed.stdout).lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect();
    assert_eq!(listed, models().collect::<Vec<_>>());
}

#[test]
fn every_script_is_checked_and_formatted() {
    let scripts = scripts();
    assert!(scripts.len() >= 11);
    let paths: Vec<&str> = scripts.iter().map(|path| path.to_str().unwrap()).collect();
    for command in [["check", "--deny-warnings"], ["fmt", "--check"]] {
        let output = hayes(&[&command[..], &paths].concat());
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    }
}

/// Where a module has the means the job is done, not passed over.
#[test]
fn data_jobs_are_done_where_the_module_can() {
    let sockets = "bg96 ec25 sim7080g sara-r5 sara-r410m lara-r211 me910c1 gm02s nrf9160";
    for (script, models) in [
        ("data/ping", "bg96 ec25 sim7080g sim7600g-h a7672e sara-r5 sara-u201 me910c1 nrf9160 gm02s"),
        ("data/http-get", "bg96 ec25 sim7080g sim7600g-h a7672e sara-r5 sara-r410m lara-r211 me910c1 hl7812 nrf9160"),
        (
            "data/mqtt-publish -V broker=b -V topic=a/b -V message=21°C",
            "bg96 ec25 sim7080g sim7600g-h a7672e sara-r5 nrf9160",
        ),
        ("data/socket-test -V host=h -V port=7", sockets),
        ("data/socket-test -V host=h -V port=7 -V protocol=UDP", sockets),
        ("data/counters", "bg96 ec25 sara-r5 sara-r410m me910c1"),
        ("data/gnss-fix", "bg96 ec25 sim7080g sim7000g sim7600g-h sara-r5 me910c1"),
        (
            "modem/certificate-upload -V name=ca.pem --secret content=-----BEGIN\nAA==\n",
            "bg96 ec25 sim7080g sim7000g sim7600g-h a7672e sara-r5 sara-r410m lara-r211 me910c1",
        ),
        ("modem/files", "bg96 sim7600g-h sara-r5 me910c1"),
        ("modem/usb-mode -V mode=1 --yes", "ec25 rm520n"),
    ] {
        for model in models.split(' ') {
            let port = format!("sim:{model}?time=virtual&register=0s&apn=super&cfun=1");
            let arguments: Vec<&str> = script.split(' ').collect();
            let output = hayes(&[&["run", "-q", "--json", "-p", &port], &arguments[..]].concat());
            let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(result["status"], "passed", "{script} on {model}\n{}", text(&output.stderr));
            if script.contains("socket-test") {
                assert_eq!(result["report"]["echoed"], "yes", "{script} on {model}: {result}");
            }
        }
    }
}

/// What changes something asks first: the second run sends questions, and what only concerns the conversation.
#[test]
fn a_second_run_sets_nothing_on_any_model() {
    let scripts: &[&[&str]] = &[
        &["modem/power-saving-on", "-V", "edrx=0010"],
        &["modem/power-saving-off"],
        &["sms/delete", "--yes"],
        &["data/attach"],
    ];
    for model in models().filter(|model| !is_unserved(model)) {
        for script in scripts {
            let port = format!("sim:{model}?time=virtual&sms=hello&cfun=1&register=0s&apn=super");
            let output = hayes(&[&["run", script[0], "-p", &port], *script].concat());
            let told = text(&output.stderr);
            assert!(output.status.success(), "{script:?} on {model}\n{told}");
            let second = told.rsplit(" on sim:").next().unwrap();
            let sent = second.lines().filter(|line| line.trim_start().starts_with("AT"));
            let setting = sent.map(|line| line.trim_start().trim_end_matches("  OK")).find(|command| {
                let is_question = command.ends_with('?') || !command.contains('=');
                !is_question && !["AT+CMEE=", "AT+CMGF=", "AT+CMGL="].iter().any(|talk| command.starts_with(talk))
            });
            assert_eq!(setting, None, "{script:?} on {model}\n{told}");
        }
    }
}

/// What a second run finds in order, and that each column has a value.
#[test]
fn the_second_setup_changes_nothing_on_any_model() {
    for model in models().filter(|model| !is_unserved(model)) {
        let port = format!("sim:{model}?time=virtual");
        let output = hayes(&["run", "-q", "--json", "supersim/setup", "supersim/setup", "-p", &port]);
        let results: Vec<serde_json::Value> =
            text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [first, second] = results.as_slice() else { panic!("{model}\n{}", text(&output.stderr)) };
        assert_ne!(first["changed"], 0, "{model}: {first}");
        assert_eq!(second["changed"], 0, "{model}: {second}");
        for column in ["model", "imei", "iccid", "apn", "registration", "operator", "address", "signal"] {
            assert_ne!(second["report"][column], "", "{column} on {model}: {second}");
        }
        let iccid = second["report"]["iccid"].as_str().unwrap();
        assert!(iccid.bytes().all(|byte| byte.is_ascii_digit()), "{model}: {iccid}");
    }
}

/// In flight mode, with the radio and the SIM off, away from the network, with a SIM that takes its time.
#[test]
fn setup_brings_a_modem_back_to_the_air_on_any_model() {
    let folder = Folder::new();
    for model in models().filter(|model| !is_unserved(model)) {
        for (command, option) in [("AT+CFUN=4", ""), ("AT+CFUN=0", ""), ("AT+COPS=2", ""), ("AT", "&sim=busy:15s")] {
            let before = folder.0.join("before.hayes");
            std::fs::write(&before, format!("# allow hayes::check::danger: it is mended\n{command}\n")).unwrap();
            let port = format!("sim:{model}?time=virtual{option}");
            let output = hayes(&["run", "-q", before.to_str().unwrap(), "supersim/setup", "-p", &port]);
            assert!(output.status.success(), "{model} after {command}{option}\n{}", text(&output.stderr));
        }
    }
}

/// The context that carries the data holds the APN in the end.
#[test]
fn the_apn_is_in_the_context_that_is_up() {
    let folder = Folder::new();
    let after = folder.0.join("after.hayes");
    let script = "AT+CGACT?\n  capture cid, state:int\nassert state == 1\nAT+CGCONTRDP=${cid}\n  capture _, _, apn\n";
    std::fs::write(&after, script).unwrap();
    // Without LTE no context is up by itself.
    for model in models().filter(|model| !["generic", "sara-u201"].contains(model) && !is_unserved(model)) {
        let port = format!("sim:{model}?time=virtual");
        let output = hayes(&["run", "-q", "supersim/setup", after.to_str().unwrap(), "-p", &port]);
        let columns = text(&output.stdout);
        assert!(output.status.success(), "{model}\n{}", text(&output.stderr));
        assert!(columns.lines().any(|line| line == "apn    super"), "{model}\n{columns}");
    }
}

/// Not only that it passes: the columns are those of a modem that behaves, but for the signal, which wanders.
#[test]
fn modems_that_misbehave_within_the_rules_change_no_result() {
    const FAULTS: [&str; 18] = [
        "split",
        "chunks",
        "join",
        "urc",
        "sneaky",
        "flood:1000",
        "nul",
        "garbage",
        "lf",
        "cr",
        "late:700ms",
        "late:2s",
        "echo-off",
        "echo-half",
        "echo-garbled",
        "echo-backspaces",
        "duplicate-ok",
        "urc,split,nul,garbage",
    ];
    let report = |port: &str| {
        let output = hayes(&["run", "-q", "supersim/setup", "-p", port]);
        assert!(output.status.success(), "{port}\n{}", text(&output.stderr));
        let columns = text(&output.stdout);
        columns.lines().filter(|line| !line.starts_with("signal")).map(str::to_owned).collect::<Vec<_>>()
    };
    for model in ["bg96", "lara-r211", "sim7080g"] {
        let port = format!("sim:{model}?time=virtual&seed=3");
        let expected = report(&port);
        for fault in FAULTS {
            assert_eq!(report(&format!("{port}&fault={fault}")), expected, "{fault} on {model}");
        }
    }
}

/// What each failure says, and its exit code.
#[test]
fn failures_say_why() {
    for (script, option, exit, said) in [
        ("supersim/setup", "sim=absent", 1, "SIM not inserted"),
        ("supersim/setup", "pin=1234", 1, "SIM PIN"),
        ("supersim/setup", "sim=puk", 1, "SIM PUK"),
        ("supersim/setup", "sim=busy:1min", 1, "SIM busy"),
        ("supersim/setup", "register=denied", 1, "status 3"),
        ("supersim/setup", "stat=7", 1, "for SMS only"),
        ("supersim/setup", "stat=8", 1, "calls only"),
        ("supersim/setup", "signal=99", 1, "no signal"),
        ("supersim/check-registration", "fault=silence:3", 1, "did not answer"),
        ("supersim/setup", "register=never", 1, "not registered"),
        ("supersim/setup", "fault=error:CGDCONT", 1, "CGDCONT"),
        ("supersim/setup", "fault=unplug:5", 6, "lost"),
        ("supersim/setup", "fault=unplug-in-line:5", 6, "lost"),
        ("modem/sync", "fault=silence", 1, "does not answer AT"),
        ("supersim/sms-send", "fault=hang-at-prompt", 1, "nobody knows"),
        ("supersim/sms-send", "fault=cms:330:CMGS", 1, "SMSC"),
        ("supersim/sms-send", "fault=error:CMGS", 1, "CMGS"),
        ("modem/check-sim", "sim=absent", 1, "SIM not inserted"),
        ("modem/check-sim", "pin=1234", 1, "3 tries left"),
        ("sms/send", "fault=hang-at-prompt", 1, "nobody knows"),
        ("sms/send", "fault=lost:CMGS", 1, "not sent"),
        ("sms/send", "cfun=4", 1, "the radio is off"),
        ("sms/receive", "incoming=1h&sms=late", 1, "no message in 5 minutes"),
        ("data/attach", "cfun=4", 1, "the radio is off"),
        ("data/attach", "register=0s&apn=wrong", 1, "is its APN (wrong) right"),
        ("data/http-get", "register=0s&apn=super&fault=lost:QHTTPREAD", 1, "QHTTPREAD"),
        ("data/mqtt-publish", "register=0s&apn=super&fault=lost:12", 1, "QMTPUBEX"),
        ("modem/restart", "fault=wrong-imei", 1, "another modem came back"),
        ("modem/recover", "register=never", 1, "nothing helped"),
        ("modem/recover", "sim=absent", 1, "SIM not inserted"),
        ("modem/factory-test", "imei=866425038025609", 1, "the label says 866425038025591"),
        ("data/gnss-fix", "fault=cme:516:QGPSLOC", 1, "no fix in 5 minutes"),
        ("network/scan", "fault=cme:30:COPS", 1, "o network service"),
    ] {
        let port = format!("sim:bg96?time=virtual&{option}");
        let mut arguments = vec!["run", "-q", script, "-p", &port];
        match script {
            "supersim/sms-send" => arguments.extend(["-V", "message=hello"]),
            "modem/factory-test" => arguments.extend(["-V", "imei=866425038025591"]),
            "sms/send" => arguments.extend(["-V", "message=hello", "-V", "to=2936"]),
            "data/mqtt-publish" => arguments.extend(["-V", "message=hello", "-V", "topic=t", "-V", "broker=b"]),
            _ => {}
        }
        let output = hayes(&arguments);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{script} with {option}\n{stderr}");
        assert!(stderr.contains(said), "{script} with {option} says nothing of `{said}`\n{stderr}");
    }
}

#[test]
fn over_a_terminal_and_over_tcp_the_second_run_changes_nothing() {
    for model in ["bg96", "lara-r211", "sim7080g"] {
        for simulated in [Simulated::on_terminal(model), Simulated::on_tcp(model)] {
            let first = hayes(&["run", "-q", "--json", "supersim/setup", "-p", simulated.port()]);
            assert!(first.status.success(), "{model} on {}\n{}", simulated.port(), text(&first.stderr));
            let second = hayes(&["run", "-q", "--json", "supersim/setup", "-p", simulated.port()]);
            let result: serde_json::Value = serde_json::from_slice(&second.stdout).unwrap();
            assert_eq!(result["status"], "passed", "{}", text(&second.stderr));
            assert_eq!(result["changed"], 0, "{model} on {}: {result}", simulated.port());
        }
    }
}

fn scripts() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())).collect()
}

pub(crate) fn hayes(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hayes")).args(arguments).env_remove("HAYES_PORT").output().unwrap()
}

/// Runs the test on each case, four at the same time.
pub(crate) fn each<T: Copy + Sync>(cases: &[T], test: impl Fn(T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    test(*case);
                }
            });
        }
    });
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
