//! The library on every simulated module: in memory in virtual time, over a pseudo-terminal, and over TCP.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::simulated::Simulated;

const MODELS: [&str; 8] = ["generic", "bg96", "lara-r211", "sim7080g", "ec25", "sara-r410m", "me910c1", "nrf9160"];

#[test]
fn every_model_is_covered() {
    let listed = hayes(&["sim"]);
    let listed: Vec<String> =
        text(&listed.stdout).lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())).collect();
    assert_eq!(listed, MODELS);
}

#[test]
fn every_script_is_checked_and_formatted() {
    let scripts = scripts();
    assert!(scripts.len() >= 9);
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
        &["modem/identify"],
        &["modem/status"],
        &["network/scan"],
        &["supersim/set-apn"],
        &["supersim/enable-roaming"],
        &["supersim/check-registration"],
        &["supersim/check-registration", "supersim/sms-send", "-V", "message=hello"],
        &["supersim/setup"],
    ];
    for model in MODELS {
        for script in scripts {
            let port = format!("sim:{model}?time=virtual");
            let output = hayes(&[&["run", "-q", "-p", &port], *script].concat());
            assert!(output.status.success(), "{script:?} on {model}\n{}", text(&output.stderr));
        }
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
        ("supersim/setup", "register=denied", 1, "status 3"),
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
