//! The library for Super SIM on each simulated module, with each fault of the field, in virtual time: what is found, what is
//! mended, and what is never done.

use std::process::Output;

use serde_json::Value;

use crate::library::{each, hayes, models, text};

/// Without a network, whatever it does: it has NB-IoT alone.
const UNSERVED: [&str; 2] = ["bc660k", "sim7020"];

/// The states in which people find these modules, which keep a Super SIM off the network or out of reach.
const PRESETS: [(&str, &[&str]); 17] = [
    ("bg96", &["nb-iot", "gsm", "no-roaming", "power-saving"]),
    ("bg95", &["nb-iot", "gsm", "no-roaming"]),
    ("bg77", &["nb-iot", "no-roaming"]),
    ("ec25", &["gsm", "no-roaming"]),
    ("eg91", &["gsm", "no-roaming"]),
    ("rm520n", &["no-roaming"]),
    ("gm02s", &["nb-iot"]),
    ("hl7812", &["nb-iot", "power-saving"]),
    ("lara-r211", &["no-roaming"]),
    ("lara-r6", &["operator-profile"]),
    ("me910c1", &["nb-iot", "gsm", "power-saving"]),
    ("nrf9160", &["nb-iot", "power-saving"]),
    ("sara-r410m", &["nb-iot", "operator-profile", "power-saving"]),
    ("sara-r5", &["nb-iot", "operator-profile"]),
    ("sim7000g", &["nb-iot"]),
    ("sim7080g", &["nb-iot", "gsm", "power-saving"]),
    ("sim7600g-h", &["gsm"]),
];

/// It only asks, is done in a minute, and names the cause and what mends it.
#[test]
fn each_fault_has_its_diagnosis() {
    let faults: Vec<(&str, &str, &str)> = vec![
        ("apn=super", "nothing wrong is found", ""),
        ("cfun=4", "the radio is off", "supersim/setup"),
        ("cfun=0", "the radio is off", "supersim/setup"),
        ("sim=absent", "no SIM is seen", "contacts"),
        ("pin=1234", "3 tries left", "by hand"),
        ("sim=puk", "10 tries left", "issuer's PUK"),
        ("sim=busy:2min", "still busy", "modem/check-sim"),
        ("sim=foreign", "no Super SIM", "any_sim"),
        ("iccid=8944500102198304826", "no Super SIM", "any_sim"),
        ("register=denied", "the network 23415 refuses the SIM", "Network Access Profile"),
        ("fplmn=full", "forbidden networks holds 23415, 23410, 23430", "network/forget-forbidden"),
        ("register=sms-only", "for SMS only", "service domain"),
        ("stat=8", "emergency calls only", "active"),
        ("stat=0", "does not search", "check-registration"),
        ("stat=4", "out of coverage", "antenna"),
        ("signal=99", "no signal", "antenna"),
        ("register=never", "20 minutes", "leave the modem on"),
        ("register=10min", "20 minutes", "leave the modem on"),
        ("imsi-switch=8s&register=1min", "20 minutes", "leave the modem on"),
        ("apn=internet", "`internet`, where `super` belongs", "supersim/set-apn"),
        ("preset=power-saving&fault=psm:3s", "PSM", "modem/power-saving-off"),
        ("fault=asleep:1s", "PSM", "modem/power-saving-off"),
        ("fault=silence", "PSM", "modem/power-saving-off"),
        ("fault=silence:9", "PSM", "modem/power-saving-off"),
        ("fault=brownout", "restarts again and again", "supply"),
        ("fault=storm&apn=super", "talks without a break", "switch them off"),
    ];
    each(&faults, |(option, cause, remedy)| {
        let result = diagnosis(&format!("sim:bg96?time=virtual&{option}"));
        for (column, said) in [("cause", cause), ("remedy", remedy)] {
            let told = result["report"][column].as_str().unwrap_or_default();
            assert!(told.contains(said), "{option}: the {column} is `{told}`, not `{said}`");
        }
    });
}

/// What is set wrongly is found, and setup mends it; then it has nothing more to do.
#[test]
fn what_is_set_wrongly_is_found_and_mended() {
    let cases: Vec<(&str, &str)> =
        PRESETS.iter().flat_map(|(model, presets)| presets.iter().map(|preset| (*model, *preset))).collect();
    each(&cases, |(model, preset)| {
        let port = format!("sim:{model}?time=virtual&preset={preset}");
        let found = diagnosis(&format!("{port}&cfun=1"));
        let (cause, remedy) = match preset {
            "no-roaming" => ("allows roaming", "supersim/enable-roaming"),
            "power-saving" => ("PSM", "modem/power-saving-off"),
            _ => ("set wrongly for a Super SIM", "supersim/set-technology"),
        };
        assert!(found["report"]["cause"].as_str().unwrap().contains(cause), "{model} {preset}: {found}");
        assert_eq!(found["report"]["remedy"], remedy, "{model} {preset}: {found}");

        let output = hayes(&["run", "-q", "--json", "supersim/setup", "supersim/setup", "-p", &port]);
        let results = results(&output);
        let [first, second] = results.as_slice() else { panic!("{model} {preset}\n{}", text(&output.stderr)) };
        assert!(first["changed"].as_u64() > Some(1), "{model} {preset}: {first}");
        assert_eq!(
            (&second["status"], &second["changed"]),
            (&"passed".into(), &0.into()),
            "{model} {preset}: {second}"
        );
    });
}

/// A module with NB-IoT alone is told of at once, before anything is changed.
#[test]
fn a_module_that_super_sim_does_not_serve_is_named_at_once() {
    for model in UNSERVED {
        let port = format!("sim:{model}?time=virtual");
        let output = hayes(&["run", "-q", "--json", "supersim/setup", "-p", &port]);
        let result = &results(&output)[0];
        assert_eq!((&result["status"], &result["changed"]), (&"failed".into(), &0.into()), "{model}: {result}");
        assert!(result["failure"]["message"].as_str().unwrap().contains("NB-IoT alone"), "{model}: {result}");
        let cause = diagnosis(&port)["report"]["cause"].clone();
        assert!(cause.as_str().unwrap().contains("NB-IoT alone"), "{model}: {cause}");
    }
}

/// What changes something asks first. Counted where it arrives: of the second run the modem hears questions, and what only
/// concerns how it talks.
#[test]
fn a_second_run_sends_no_command_that_sets() {
    const SCRIPTS: [&[&str]; 8] = [
        &["supersim/setup"],
        &["supersim/set-apn"],
        &["supersim/set-technology"],
        &["supersim/enable-roaming"],
        &["network/choose", "-V", "network=23415"],
        &["network/choose-automatically"],
        &["network/forget-forbidden", "--yes"],
        &["network/prefer", "-V", "network=23415"],
    ];
    // They ask, or set what is gone with the conversation.
    const TALK: [&str; 17] = [
        "AT+CMEE=",
        "AT+COPS=3,",
        "AT+CPLS=0",
        "AT+CGPADDR=",
        "AT+CREG=",
        "AT+CGREG=",
        "AT+CEREG=",
        "AT+C5GREG=",
        "AT+CRSM=176,",
        "AT+QICSGP=1",
        "AT+UPSD=0",
        "AT+QCFG=\"",
        "AT+UDCONF=20",
        "AT+QNWPREFCFG=\"",
        "AT+QPING=",
        "AT+UPING=",
        "AT+CPING=",
    ];
    const PING: [&str; 4] = ["AT#PING=", "AT+PING=", "AT+SNPING4=", "AT+CIPPING="];
    let models = models().filter(|model| !UNSERVED.contains(model));
    let cases: Vec<_> = models.flat_map(|model| SCRIPTS.map(|script| (model, script))).collect();
    each(&cases, |(model, script)| {
        let port = format!("sim:{model}?time=virtual&cfun=1&register=0s&fplmn=26201");
        let output = hayes(&[&["run", "-p", &port, script[0]], script].concat());
        let told = text(&output.stderr);
        assert!(output.status.success(), "{script:?} on {model}\n{told}");
        let second = told.rsplit(" on sim:").next().unwrap();
        let sent = second.lines().map(str::trim_start).filter(|line| line.starts_with("AT") && line.contains('='));
        let sets = |line: &&str| {
            let command = line.trim_end_matches("  OK");
            let asks = command.ends_with("=?") || TALK.iter().chain(&PING).any(|talk| command.starts_with(talk));
            // A setting of theirs has a comma behind the name that is asked for.
            let value =
                ["AT+QCFG=", "AT+QNWPREFCFG="].iter().any(|name| command.starts_with(name) && command.contains("\","));
            let stack = ["AT+QICSGP=1,", "AT+UPSD=0,", "AT+UDCONF=20,"].iter().any(|name| command.starts_with(name));
            !asks || value || stack
        };
        let set = sent.clone().find(sets);
        assert_eq!(set, None, "{script:?} on {model}\n{told}");
    });
}

/// A Super SIM that searches is left alone: nothing switches the radio, chooses a network or restarts the modem.
#[test]
fn a_search_is_not_disturbed() {
    for option in ["register=9min", "register=never", "imsi-switch=10s", "stat=0", "stat=4"] {
        let output = hayes(&["run", "supersim/setup", "-p", &format!("sim:bg96?time=virtual&{option}")]);
        let told = text(&output.stderr);
        let (_, waiting) = told.split_once("run supersim/check-registration").unwrap();
        let disturbs = ["AT+CFUN=", "AT+COPS=", "AT+CGATT=0", "AT+QPOWD", "AT+CGACT=0"];
        let sent = waiting.lines().map(str::trim_start).find(|line| disturbs.iter().any(|what| line.starts_with(what)));
        assert_eq!(sent, None, "{option}\n{told}");
    }
}

/// No script of the library enters a PIN, changes a lock or an IMEI, or sends a message again.
#[test]
fn no_script_can_lock_a_sim_or_change_an_imei() {
    for script in hayes::library::SCRIPTS {
        let mut loops = 0;
        for line in script.text.lines().map(str::trim) {
            for never in
                ["AT+CPIN=", "AT+CLCK=", "AT+CPWD=", "AT+EGMR=", "AT+SIMEI=", "AT^CIMEI=", "AT+CRSM=220", "AT+CSIM="]
            {
                assert!(!line.starts_with(never), "{}: {line}", script.name);
            }
            if line.starts_with("retry ") || line.starts_with("repeat ") {
                loops += 1;
            }
            assert!(!line.starts_with("AT+CMGS=") || loops == 0, "{}: {line} behind a loop", script.name);
            if line.starts_with('}') && loops > 0 && !line.ends_with('{') {
                loops -= 1;
            }
        }
    }
}

/// What setup and the wait say where they fail: the cause, as the diagnosis finds it.
#[test]
fn setup_ends_with_what_is_found() {
    let failures: Vec<(&[&str], &str, &str)> = vec![
        (&["supersim/setup"], "sim=foreign", "no Super SIM"),
        (&["supersim/setup"], "iccid=8944500102198304826", "no Super SIM"),
        (&["supersim/setup"], "register=denied", "status 3"),
        (&["supersim/setup"], "fplmn=full", "network/forget-forbidden"),
        (&["supersim/setup"], "stat=0", "does not search"),
        (&["supersim/setup"], "stat=4", "out of coverage"),
        (&["supersim/setup"], "register=sms-only", "for SMS only"),
        (&["supersim/setup"], "fault=asleep:1s", "PSM, eDRX"),
        (&["supersim/setup"], "fault=brownout", "restarts again and again"),
        (&["supersim/setup", "-V", "apn=wrong"], "seed=1", "is the APN right (wrong;"),
        (&["supersim/check-registration"], "sim=absent", "SIM not inserted"),
        (&["supersim/check-registration"], "pin=1234", "3 tries left"),
        (&["supersim/check-registration"], "sim=puk", "10 tries left"),
        (&["supersim/check-registration"], "preset=nb-iot", "iotopmode"),
        (&["supersim/check-registration"], "preset=no-roaming", "roamservice"),
        (&["network/scan"], "cfun=4", "the radio is off"),
        (&["network/choose", "-V", "network=99999"], "cfun=1", "is not to be had"),
    ];
    each(&failures, |(script, option, said)| {
        let output =
            hayes(&[&["run", "-q", "--json", "-p", &format!("sim:bg96?time=virtual&{option}")], script].concat());
        let result = &results(&output)[0];
        assert_eq!(result["status"], "failed", "{script:?} with {option}: {result}");
        let message = result["failure"]["message"].as_str().unwrap();
        assert!(message.contains(said), "{script:?} with {option} says nothing of `{said}`: {message}");
    });
}

/// With another issuer's SIM it goes on where that is wanted.
#[test]
fn a_foreign_sim_passes_where_it_is_wanted() {
    let output =
        hayes(&["run", "-q", "supersim/setup", "-V", "any_sim=yes", "-p", "sim:bg96?time=virtual&sim=foreign"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

fn diagnosis(port: &str) -> Value {
    let output = hayes(&["run", "-q", "--json", "supersim/diagnose", "-p", port]);
    let result = results(&output).remove(0);
    assert_eq!((&result["status"], &result["changed"]), (&"passed".into(), &0.into()), "{port}: {result}");
    assert!(result["elapsed_ms"].as_u64().unwrap() < 60_000, "{port}: {result}");
    result
}

fn results(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
