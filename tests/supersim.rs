//! The library for Super SIM on each simulated module, with each fault of the field, in virtual time: what is found,
//! what is mended, and what is never done.

use hayes::report::result::RunResult;

use crate::library::served;
use crate::played::{Played, each, failure, passed};

/// Without a network, whatever it does: it has NB-IoT alone.
const UNSERVED: [&str; 2] = ["bc660k", "sim7020"];

/// The states in which people find these modules, which keep a Super SIM off the network or out of reach.
const PRESETS: [(&str, &[&str]); 19] = [
    ("bg96", &["nb-iot", "gsm", "no-roaming", "power-saving"]),
    ("bg95", &["nb-iot", "gsm", "no-roaming"]),
    ("bg77", &["nb-iot", "no-roaming"]),
    ("ec25", &["gsm", "no-roaming"]),
    ("eg91", &["gsm", "no-roaming"]),
    ("rm520n", &["no-roaming"]),
    ("exs82-w", &["nb-iot", "gsm", "power-saving"]),
    ("gm02s", &["nb-iot"]),
    ("hl7812", &["nb-iot", "power-saving"]),
    ("lara-r211", &["no-roaming", "gsm"]),
    ("sara-u201", &["gsm"]),
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
        ("apn=super&fault=error:CMEE", "nothing wrong is found", ""),
        ("apn=super&delay=1200ms", "the modem is slow: it takes 1200ms", "within"),
        ("apn=super&delay=1900ms", "the modem is slow: it takes 1900ms", "within"),
        ("cfun=4", "the radio is off", "supersim/setup"),
        ("cfun=4&sim=absent", "no SIM is seen", "contacts"),
        ("cfun=4&sim=foreign", "no Super SIM", "any_sim"),
        ("cfun=0", "the radio is off", "supersim/setup"),
        ("sim=absent", "no SIM is seen", "contacts"),
        ("pin=1234", "3 tries left", "by hand"),
        ("sim=puk", "10 tries left", "issuer's PUK"),
        ("sim=busy:2min", "still starting", "modem/check-sim"),
        ("sim=foreign", "no Super SIM", "any_sim"),
        ("iccid=8944500102198304826", "no Super SIM", "any_sim"),
        ("register=denied", "the network 23415 refuses the SIM", "Network Access Profile"),
        ("fplmn=full", "forbidden networks holds 23415, 23410, 23430", "network/forget-forbidden"),
        ("register=sms-only", "for SMS only", "allow data"),
        ("stat=8", "emergency calls only", "active"),
        ("stat=0", "does not search", "check-registration"),
        ("stat=4", "out of coverage", "antenna"),
        ("signal=99", "no signal", "antenna"),
        ("register=never", "20 minutes", "leave the modem on"),
        ("register=10min", "20 minutes", "leave the modem on"),
        ("imsi-switch=8s&register=1min", "20 minutes", "leave the modem on"),
        ("fault=forgets", "a restart has made the modem forget it", "after each restart"),
        ("apn=internet", "`internet`, where `super` belongs", "supersim/set-apn"),
        ("preset=power-saving&fault=psm:3s", "PSM", "modem/power-saving-off"),
        ("fault=asleep:1s", "PSM", "modem/power-saving-off"),
        ("fault=asleep:2s&apn=internet", "falls asleep while nothing is said", "modem/power-saving-off"),
        ("fault=silence", "PSM", "modem/power-saving-off"),
        ("fault=silence:9", "PSM", "modem/power-saving-off"),
        ("fault=brownout", "restarted by itself", "supply"),
        ("fault=storm&apn=super", "talks without a break", "switch them off"),
    ];
    each(&faults, |(option, cause, remedy)| {
        let result = diagnosis(&format!("bg96?{option}"));
        for (column, said) in [("cause", cause), ("remedy", remedy)] {
            let told = result.report[column].as_str().unwrap_or_default();
            assert!(told.contains(said), "{option}: the {column} is `{told}`, not `{said}`");
        }
    });
}

/// A supply that gives in whenever the radio sends: no module passes for one that is set up.
#[test]
fn a_module_that_restarts_by_itself_is_not_set_up() {
    each(&served(), |model| {
        let result = Played::on(&format!("{model}?fault=brownout")).run(&["supersim/setup"]);
        let said = failure(&result);
        let is_named = ["restarted by itself", "restarts again and again"];
        assert!(!passed(&result) && is_named.iter().any(|name| said.contains(name)), "{model}: {said}");
    });
}

/// What is set wrongly is found, and setup mends it; then it has nothing more to do.
#[test]
fn what_is_set_wrongly_is_found_and_mended() {
    let cases: Vec<(&str, &str)> =
        PRESETS.iter().flat_map(|(model, presets)| presets.iter().map(|preset| (*model, *preset))).collect();
    each(&cases, |(model, preset)| {
        let address = format!("{model}?preset={preset}");
        let found = diagnosis(&format!("{address}&cfun=1")).report;
        let (cause, remedy) = match preset {
            "no-roaming" => ("allows roaming", "supersim/enable-roaming"),
            "power-saving" => ("PSM", "modem/power-saving-off"),
            _ => ("set wrongly for a Super SIM", "supersim/set-technology"),
        };
        assert!(found["cause"].as_str().unwrap().contains(cause), "{model} {preset}: {found:?}");
        assert_eq!(found["remedy"], remedy, "{model} {preset}: {found:?}");

        let mut modem = Played::on(&address);
        let [first, second] = [(); 2].map(|()| modem.run(&["supersim/setup"]));
        assert!(passed(&first) && first.changed > 1, "{model} {preset}: {}", failure(&first));
        assert!(passed(&second) && second.changed == 0, "{model} {preset}: {}", failure(&second));
    });
}

/// Cut off between a setting and the restart that it needs, it ends the same: what reads right holds only then. A modem
/// that forgets is told as one each time.
#[test]
fn a_setup_without_its_restart_is_brought_to_its_end() {
    let models = ["sara-r410m", "sara-r5", "me910c1", "hl7812", "gm02s"].map(|model| (model, "nb-iot"));
    let profiles = ["sara-r410m", "lara-r211"].map(|model| (model, "operator-profile"));
    each(&[&models[..], &profiles[..]].concat(), |(model, preset)| {
        let mut modem = Played::on(&format!("{model}?preset={preset}"));
        modem.run(&["modem/identify"]);
        let cut = modem.run(&["supersim/set-technology", "-V", "restart=later"]);
        assert!(passed(&cut) && cut.changed > 0, "{model} {preset}: {}", failure(&cut));
        let remedy = modem.run(&["supersim/diagnose"]).report["remedy"].clone();
        let [first, second] = [(); 2].map(|()| modem.run(&["supersim/setup"]));
        assert!(passed(&first), "{model} {preset}: {remedy}: {}", failure(&first));
        assert!(passed(&second) && second.changed == 0, "{model} {preset}: {}", failure(&second));
    });
    let mut modem = Played::on("sara-r410m?preset=nb-iot&fault=forgets");
    for _ in 0..2 {
        let result = modem.run(&["supersim/setup"]);
        assert!(failure(&result).contains("forgets at each restart"), "{}", failure(&result));
    }
    // Where no setting waits for a restart, or the network has answered, there is none.
    for address in ["bg96?register=never&cfun=1", "sara-r410m?register=denied&cfun=1"] {
        let mut modem = Played::on(address);
        modem.run(&["supersim/setup"]);
        let heard = modem.heard();
        assert!(!heard.iter().any(|line| line == "AT+CFUN=15" || line == "AT+CFUN=1,1"), "{address}: {heard:?}");
    }
}

/// A module with NB-IoT alone is told of at once, before anything is changed.
#[test]
fn a_module_that_super_sim_does_not_serve_is_named_at_once() {
    for model in UNSERVED {
        let result = Played::on(model).run(&["supersim/setup"]);
        assert!(!passed(&result) && result.changed == 0, "{model}");
        assert!(failure(&result).contains("NB-IoT alone"), "{model}: {}", failure(&result));
        let cause = diagnosis(model).report["cause"].clone();
        assert!(cause.as_str().unwrap().contains("NB-IoT alone"), "{model}: {cause}");
    }
}

/// What changes something asks first. Counted where it arrives: of the second run the modem hears questions, and what
/// only concerns how it talks.
#[test]
fn a_second_run_sends_no_command_that_sets() {
    const SCRIPTS: [&[&str]; 16] = [
        &["supersim/setup"],
        &["supersim/set-apn"],
        &["supersim/set-technology"],
        &["supersim/enable-roaming"],
        &["network/choose", "-V", "network=23415"],
        &["network/choose-automatically"],
        &["network/forget-forbidden"],
        &["network/prefer", "-V", "network=23415"],
        &["modem/power-saving-on", "-V", "edrx=0010"],
        &["modem/power-saving-off"],
        &["sms/delete"],
        &["data/attach"],
        // Where the module has the means.
        &["supersim/choose-sim-slot"],
        &["modem/clock"],
        &["modem/usb-mode", "-V", "mode=1"],
        &["modem/certificate-upload", "-V", "name=ca.pem", "--secret", "content=-----BEGIN\nAA==\n"],
    ];
    const EVERYWHERE: usize = 12;
    // They ask, or set what is gone with the conversation.
    const TALK: [&str; 26] = [
        "AT+CMEE=",
        "AT+CMGF=",
        "AT+CMGL=",
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
        "AT+QFDWL=",
        "AT+URDFILE=",
        "AT#M2MREAD=",
        "AT+CFSGFIS=",
        "AT+CFSRFILE=",
        // A store that gives no content back is written each time.
        "AT+CCERTDELE=",
        "AT+CCERTDOWN=",
    ];
    const PING: [&str; 4] = ["AT#PING=", "AT+PING=", "AT+SNPING4=", "AT+CIPPING="];
    let cases: Vec<_> =
        served().into_iter().flat_map(|model| (0..SCRIPTS.len()).map(move |script| (model, script))).collect();
    each(&cases, |(model, place)| {
        let script = SCRIPTS[place];
        let apn = if script[0].starts_with("supersim/") { "" } else { "&apn=super" };
        let mut modem = Played::on(&format!("{model}?cfun=1&register=0s&fplmn=26201&sms=hello{apn}"));
        let first = modem.run(script);
        if first.failure.is_some() && place >= EVERYWHERE {
            return;
        }
        modem.heard();
        let second = modem.run(script);
        // What the module has not, as power saving, is passed over.
        assert_eq!((failure(&first), failure(&second)), ("", ""), "{script:?} on {model}");
        assert_eq!(second.changed, 0, "{script:?} on {model}");
        let sets = |command: &str| {
            let asks = command.ends_with("=?") || TALK.iter().chain(&PING).any(|talk| command.starts_with(talk));
            // A setting of theirs has a comma behind the name that is asked for.
            let value =
                ["AT+QCFG=", "AT+QNWPREFCFG="].iter().any(|name| command.starts_with(name) && command.contains("\","));
            let stack = ["AT+QICSGP=1,", "AT+UPSD=0,", "AT+UDCONF=20,"].iter().any(|name| command.starts_with(name));
            command.contains('=') && (!asks || value || stack)
        };
        let heard = modem.heard();
        assert_eq!(heard.iter().find(|command| sets(command)), None, "{script:?} on {model}: {heard:?}");
    });
}

/// A Super SIM that searches is left alone: nothing switches the radio, chooses a network or restarts the modem. A
/// radio that was off goes on once, after all has been set.
#[test]
fn a_search_is_not_disturbed() {
    let switched = |model: &str, option: &str| {
        let mut modem = Played::on(&format!("{model}?{option}"));
        modem.run(&["supersim/setup"]);
        let mut heard = modem.heard();
        let switches = ["AT+CFUN=", "AT+COPS=", "AT+CGATT=0", "AT+QPOWD", "AT+CGACT=0"];
        heard.retain(|line| switches.iter().any(|what| line.starts_with(what)));
        heard
    };
    let options = ["register=9min", "register=never", "imsi-switch=10s", "stat=0", "stat=4"];
    each(&options, |option| assert_eq!(switched("bg96", option), Vec::<String>::new(), "{option}"));
    each(&served(), |model| {
        let on = switched(model, "register=6min");
        assert!(on.is_empty() || on == ["AT+CFUN=4", "AT+CFUN=1"], "{model}: {on:?}");
        assert_eq!(switched(model, "register=6min&cfun=0"), ["AT+CFUN=4", "AT+CFUN=1"], "{model}");
    });
}

/// No script of the library tries a PIN twice, or any but one that is given to it as a secret; none changes a lock or
/// an IMEI, or sends a message again.
#[test]
fn no_script_can_lock_a_sim_or_change_an_imei() {
    for script in hayes::library::scripts() {
        let (mut loops, mut pins) = (0, 0);
        for line in script.text.lines().map(str::trim) {
            for never in ["AT+CLCK=", "AT+CPWD=", "AT+EGMR=", "AT+SIMEI=", "AT^CIMEI=", "AT+CRSM=220", "AT+CSIM="] {
                assert!(!line.starts_with(never), "{}: {line}", script.name);
            }
            if line.starts_with("retry ") || line.starts_with("repeat ") {
                loops += 1;
            }
            assert!(!line.starts_with("AT+CMGS=") || loops == 0, "{}: {line} behind a loop", script.name);
            if line.starts_with('}') && loops > 0 && !line.ends_with('{') {
                loops -= 1;
            }
            if line.starts_with("AT+CPIN=") {
                pins += 1;
                let is_given = line.starts_with("AT+CPIN=\"${pin}\"") && script.text.contains("\nsecret pin ");
                assert!(is_given && loops == 0 && pins == 1, "{}: {line}", script.name);
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
        (&["supersim/setup"], "fault=brownout", "restarted by itself"),
        (&["supersim/setup", "-V", "apn=wrong"], "seed=1", "is its APN (wrong) right"),
        (&["supersim/check-registration"], "sim=absent", "SIM not inserted"),
        (&["supersim/check-registration"], "pin=1234", "3 tries left"),
        (&["supersim/check-registration"], "sim=puk", "10 tries left"),
        (&["supersim/check-registration"], "preset=nb-iot", "iotopmode"),
        (&["supersim/check-registration"], "preset=no-roaming", "roamservice"),
        (&["network/scan"], "cfun=4", "the radio is off"),
        (&["network/choose", "-V", "network=99999"], "cfun=1", "did not get onto"),
    ];
    each(&failures, |(script, option, said)| {
        let result = Played::on(&format!("bg96?{option}")).run(script);
        assert!(!passed(&result), "{script:?} with {option}");
        assert!(failure(&result).contains(said), "{script:?} with {option}: `{said}` is not in {}", failure(&result));
    });
}

/// With another issuer's SIM it goes on where that is wanted.
#[test]
fn a_foreign_sim_passes_where_it_is_wanted() {
    let result = Played::on("bg96?sim=foreign").run(&["supersim/setup", "-V", "any_sim=yes"]);
    assert!(passed(&result), "{}", failure(&result));
}

fn diagnosis(address: &str) -> RunResult {
    let result = Played::on(address).run(&["supersim/diagnose"]);
    assert!(passed(&result) && result.changed == 0, "{address}: {}", failure(&result));
    assert!(result.elapsed_ms < 60_000, "{address}: {} ms", result.elapsed_ms);
    result
}
