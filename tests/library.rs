//! The library on every simulated module: in memory in virtual time, over a pseudo-terminal, and over TCP.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::folder::Folder;
use crate::simulated::Simulated;

fn models() -> impl Iterator<Item = &'static str> {
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

#[test]
fn every_script_passes_on_every_model() {
    let scripts: &[&[&str]] = &[
        &["modem/sync"],
        &["modem/check-sim"],
        &["modem/identify"],
        &["modem/signal"],
        &["modem/status"],
        &["network/scan"],
        &["supersim/set-apn"],
        &["supersim/enable-roaming"],
        &["supersim/check-registration"],
        &["supersim/check-registration", "supersim/sms-send", "-V", "message=hello"],
        &["supersim/setup"],
    ];
    for model in models() {
        for script in scripts {
            // What no network serves cannot register; all else it can do.
            if is_unserved(model) && script.iter().any(|script| script.starts_with("supersim/")) {
                continue;
            }
            // Some come up with their radio off: only setup switches it on.
            let on_air = if script.contains(&"supersim/setup") { "" } else { "&cfun=1" };
            let port = format!("sim:{model}?time=virtual{on_air}");
            let output = hayes(&[&["run", "-q", "-p", &port], *script].concat());
            assert!(output.status.success(), "{script:?} on {model}\n{}", text(&output.stderr));
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
        for column in ["model", "imei", "iccid", "apn", "registration", "operator", "signal"] {
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
        ("supersim/setup", "stat=8", 1, "emergency calls only"),
        ("supersim/setup", "signal=99", 1, "no signal"),
        ("supersim/check-registration", "fault=silence:3", 1, "did not answer"),
        ("supersim/setup", "register=never", 1, "not registered"),
        ("supersim/setup", "fault=error:CGDCONT", 1, "CGDCONT"),
        ("supersim/setup", "fault=unplug:5", 6, "lost"),
        ("supersim/setup", "fault=unplug-in-line:5", 6, "lost"),
        ("modem/sync", "fault=silence", 1, "does not answer AT"),
        ("supersim/sms-send", "fault=hang-at-prompt", 1, "not answered"),
        ("supersim/sms-send", "fault=cms:330:CMGS", 1, "SMSC"),
        ("supersim/sms-send", "fault=error:CMGS", 1, "CMGS"),
        ("network/scan", "fault=cme:30:COPS", 1, "o network service"),
    ] {
        let port = format!("sim:bg96?time=virtual&{option}");
        let mut arguments = vec!["run", "-q", script, "-p", &port];
        if script == "supersim/sms-send" {
            arguments.extend(["-V", "message=hello"]);
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
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())).collect()
}

fn hayes(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hayes")).args(arguments).env_remove("HAYES_PORT").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
