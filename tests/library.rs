//! The library on every simulated module: in memory in virtual time, over a pseudo-terminal, and over TCP.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::folder::Folder;
use crate::played::{Played, each, failure, passed};
use crate::shelf::arguments;
use crate::simulated::Simulated;

pub(crate) fn models() -> impl Iterator<Item = &'static str> {
    hayes::sim::models().map(|model| model.name)
}

/// All but those with NB-IoT alone: their titles say that no network lets a Super SIM in there.
pub(crate) fn served() -> Vec<&'static str> {
    let served = hayes::sim::models().filter(|model| !model.title.contains("Super SIM does not serve"));
    served.map(|model| model.name).collect()
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
    let scripts = self::scripts();
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
        ("modem/usb-mode -V mode=1", "ec25 rm520n"),
    ] {
        let arguments: Vec<&str> = script.split(' ').collect();
        each(&models.split(' ').collect::<Vec<_>>(), |model| {
            let result = Played::on(&format!("{model}?register=0s&apn=super&cfun=1")).run(&arguments);
            assert!(passed(&result), "{script} on {model}: {}", failure(&result));
            if script.contains("socket-test") {
                assert_eq!(result.report["echoed"], "yes", "{script} on {model}");
            }
        });
    }
}

/// Of any alphabet, in parts or whole, there before or on its way: it comes out as it was sent, and is gone then.
#[test]
fn messages_are_taken_out_whole_on_any_model() {
    let texts = ["hello [€] @", "日本語", &"All work and no play. ".repeat(20), &"とても長い ".repeat(20)];
    let given: String = texts.iter().map(|text| format!("&sms={text}")).collect();
    let (models, served): (Vec<_>, _) = (models().collect(), served());
    each(&models, |model| {
        // Without a network none arrives.
        let ways = ["", "&incoming=70s"].into_iter().filter(|way| way.is_empty() || served.contains(&model));
        for incoming in ways {
            let mut modem = Played::on(&format!("{model}?cfun=1&register=0s{given}{incoming}"));
            for text in texts {
                let result = modem.run(&["sms/receive", "-V", "from=000"]);
                assert!(passed(&result), "{model}{incoming}: {}", failure(&result));
                assert_eq!(result.report["text"], text, "{model}{incoming}");
                assert_eq!(result.report["sender"], "000", "{model}{incoming}");
            }
            let result = modem.run(&["sms/list"]);
            assert_eq!((result.report["messages"].as_u64(), failure(&result)), (Some(0), ""), "{model}{incoming}");
        }
        let mut modem = Played::on(&format!("{model}?cfun=1&register=0s{given}"));
        let listed = modem.run(&["sms/list"]);
        let in_parts = listed.rows.iter().filter(|row| row["part"] != "").count();
        assert_eq!((listed.rows.len(), in_parts), (7, 5), "{model}: {:?}", listed.rows);
        assert_eq!(modem.run(&["sms/delete"]).report["deleted"], 7, "{model}");
    });
}

/// A part that does not come is waited for, and told; what is whole is taken meanwhile.
#[test]
fn a_message_that_lacks_a_part_is_told() {
    let long = "All work and no play. ".repeat(20);
    let mut modem = Played::on(&format!("bg96?cfun=1&register=0s&sms={long}&sms=whole"));
    assert!(passed(&modem.run_text("AT+CMGD=1\n")));
    assert_eq!(modem.run(&["sms/receive"]).report["text"], "whole");
    let result = modem.run(&["sms/receive", "-V", "minutes=1"]);
    assert_eq!(failure(&result), "no message within 1 min: of one from 000 2 of 3 parts came");
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_sent() {
    let cases: [(&[&str], &str); 9] = [
        (&["data/socket-test", "-V", "host=h", "-V", "port=7", "-V", "protocol=SCTP"], "TCP or UDP: SCTP"),
        (&["data/socket-test", "-V", "host=h", "-V", "port=7", "-V", "message="], "this one has 0"),
        (&["data/socket-test", "-V", "host=h", "-V", "port=0"], "from 1 to 65535: 0"),
        (&["data/http-get", "-V", "host=a b"], "such as example.com: `a b`"),
        (&["network/choose", "-V", "network=2620"], "such as 26201: 2620"),
        (&["network/prefer", "-V", "network=vodafone"], "such as 26201: vodafone"),
        (&["network/prefer", "-V", "network=26201", "-V", "place=0"], "begin with 1: 0"),
        (&["modem/power-saving-on", "-V", "edrx=2"], "4 bits, such as 0010: 2"),
        (&["supersim/sms-send", "-V", "message=日本"], "characters of one byte only"),
    ];
    for (words, said) in cases {
        let mut modem = Played::on("bg96?cfun=1&register=0s&apn=super");
        let result = modem.run(words);
        assert!(failure(&result).contains(said), "{words:?}: {}", failure(&result));
        assert_eq!(modem.heard(), Vec::<String>::new(), "{words:?}");
    }
}

/// What a module cannot be, or have, is said where the job begins.
#[test]
fn failures_of_other_modules_say_why() {
    let cases: [(&str, &[&str], &str); 4] = [
        ("bc660k", &["supersim/set-technology"], "knows NB-IoT alone"),
        ("ec25?cfun=1", &["modem/usb-mode", "-V", "mode=ecm"], "a mode is one number"),
        ("sara-r5?register=0s&apn=super&fault=lost:URDFILE=", &["data/http-get"], "URDFILE"),
        (
            "me910c1?register=0s&apn=super&fault=lost:$GPSACP",
            &["data/gnss-fix", "-V", "minutes=1"],
            "no fix within 1 min",
        ),
    ];
    each(&cases, |(address, words, said)| {
        let result = Played::on(address).run(words);
        assert!(!passed(&result) && failure(&result).contains(said), "{words:?} on {address}: {}", failure(&result));
    });
}

/// A modem, a job, how a line of the modem's begins with what it says in its place, and what is said of it
type Ending = (&'static str, &'static [&'static str], (&'static str, &'static str), &'static str);

/// What a server, a network or a module answers when a job of its own stack goes wrong.
#[test]
fn what_goes_wrong_in_the_modules_own_stack_is_said() {
    const ONLINE: &str = "register=0s&apn=super&cfun=1";
    const GNSS: &[&str] = &["data/gnss-fix", "-V", "minutes=1"];
    const HTTP: &[&str] = &["data/http-get"];
    const MQTT: &[&str] = &["data/mqtt-publish", "-V", "broker=b", "-V", "topic=t", "-V", "message=hello"];
    const PING: &[&str] = &["data/ping"];
    const SOCKET: &[&str] = &["data/socket-test", "-V", "host=h", "-V", "port=7"];
    let cases: &[Ending] = &[
        ("sim7080g", GNSS, ("+CGNSINF: 1,1", "+CGNSINF: 1,0,,,,,0.00,0.0,0,,,,,,0,0,,,,,"), "no fix within 1 min"),
        ("sim7000g", GNSS, ("+CGNSINF: 1,1", "+CGNSINF: 1,0,,,,,0.00,0.0,0,,,,,,0,0,,,,,"), "no fix within 1 min"),
        ("sim7600g-h", GNSS, ("+CGPSINFO: ", "+CGPSINFO: ,,,,,,,,"), "no fix within 1 min"),
        ("sara-r5", GNSS, ("+UULOC: ", ""), "no fix within 1 min"),
        ("me910c1", GNSS, ("$GPSACP: ", "$GPSACP: ,,,,,1,,,,,"), "no fix within 1 min"),
        ("bg96", HTTP, ("+QHTTPGET: ", "+QHTTPGET: 714"), "no page: DNS failed (714)"),
        ("bg96", HTTP, ("+QHTTPGET: ", "+QHTTPGET: 0,404,12"), "the server answered 404"),
        ("sim7080g", HTTP, ("+SHREQ: ", "+SHREQ: \"GET\",500,0"), "the server answered 500"),
        ("sim7080g", HTTP, ("+SHREQ: ", "+SHREQ: \"GET\",603,0"), "no page: DNS failed (603)"),
        ("sim7600g-h", HTTP, ("+HTTPACTION: ", "+HTTPACTION: 0,404,0"), "the server answered 404"),
        ("sim7600g-h", HTTP, ("+NETOPEN: ", "+NETOPEN: 2"), "stack does not open: TCP/IP is not up"),
        ("a7672e", HTTP, ("+HTTPACTION: ", "+HTTPACTION: 0,706,0"), "no page: sending or receiving failed (706)"),
        ("sara-r5", HTTP, ("+UUHTTPCR: ", "+UUHTTPCR: 0,1,0"), "AT+UHTTPER=0 tells"),
        ("me910c1", HTTP, ("#HTTPRING: ", "#HTTPRING: 0,503,\"text/html\",0"), "the server answered 503"),
        ("hl7812", HTTP, ("+KHTTP_IND: 1,3", "+KHTTP_IND: 1,3,25,404,\"Not Found\""), "the server answered 404"),
        ("nrf9160", HTTP, ("HTTP/1.1 200", "HTTP/1.1 404 NO"), "the server answered 404"),
        ("bg96", MQTT, ("+QMTOPEN: ", "+QMTOPEN: 0,4"), "no connection to b: the name was not found"),
        ("bg96", MQTT, ("+QMTCONN: ", "+QMTCONN: 0,0,5"), "b does not let it in: refused: not allowed"),
        ("ec25", MQTT, ("+QMTPUBEX: ", "+QMTPUBEX: 0,1,2"), "not known to be published: failed"),
        (
            "sim7600g-h",
            MQTT,
            ("+CMQTTCONNECT: ", "+CMQTTCONNECT: 0,32"),
            "no connection to b: the TLS handshake failed",
        ),
        ("a7672e", MQTT, ("+CMQTTPUB: ", "+CMQTTPUB: 0,13"), "not known to be published: not supported"),
        ("sara-r5", MQTT, ("+UUMQTTC: 1", "+UUMQTTC: 1,0"), "no connection to b: AT+UMQTTER"),
        ("sara-r5", MQTT, ("+UUMQTTC: 2", "+UUMQTTC: 2,0"), "not known to be published: AT+UMQTTER"),
        ("nrf9160", MQTT, ("#XMQTTEVT: 0", "#XMQTTEVT: 0,-111"), "the broker refuses: -111"),
        ("bg96", PING, ("+QPING: ", "+QPING: 565"), "the ping failed: DNS failed (565)"),
        ("bg96", PING, ("+QPING: 0,", "+QPING: 0,4,0,4,0,0,0"), "no answer from 8.8.8.8"),
        ("sim7600g-h", PING, ("+CPING: 3", "+CPING: 3,4,0,4,0,0,0"), "no answer from 8.8.8.8"),
        ("sim7080g", PING, ("+SNPING4: ", "+SNPING4: 1,8.8.8.8,TIMEOUT"), "no answer from 8.8.8.8"),
        ("sara-r5", PING, ("+UUPING: ", "+UUPINGER: 10"), "no answer from 8.8.8.8"),
        ("me910c1", PING, ("#PING: ", ""), "no answer from 8.8.8.8"),
        ("bg96", SOCKET, ("+QIOPEN: ", "+QIOPEN: 0,566"), "no socket: connecting failed (566)"),
    ];
    each(cases, |(model, words, instead, said)| {
        let result = Played::saying(&format!("{model}?{ONLINE}"), &[instead]).run(words);
        assert!(!passed(&result) && failure(&result).contains(said), "{words:?} on {model}: {}", failure(&result));
    });
}

/// Each of the other ways in which a job ends early, and what it says then.
#[test]
fn a_job_that_ends_early_says_why() {
    const NONE: (&str, &str) = ("\0", "");
    const CERTIFICATE: &[&str] =
        &["modem/certificate-upload", "-V", "name=ca.pem", "--secret", "content=-----BEGIN\nAA==\n"];
    const CHOOSE: &[&str] = &["network/choose", "-V", "network=23415"];
    const MQTT: &[&str] = &["data/mqtt-publish", "-V", "broker=b", "-V", "topic=t", "-V", "message=hello"];
    let cases: &[Ending] = &[
        ("bg96", &["data/attach"], ("+CGDCONT: ", ""), "the modem has no context"),
        ("gm02s", &["data/counters"], NONE, "the modem counts no data"),
        ("gm02s", &["data/gnss-fix"], NONE, "no satellite receiver"),
        ("gm02s", &["data/http-get"], NONE, "no HTTP client"),
        ("hl7812", MQTT, NONE, "no MQTT client"),
        ("hl7812", &["data/ping"], NONE, "no ping command"),
        ("em7455", &["data/socket-test", "-V", "host=h", "-V", "port=7"], NONE, "no sockets"),
        (
            "bg96",
            &["data/mqtt-publish", "-V", "broker=b", "-V", "topic=t", "-V", "message="],
            NONE,
            "nothing to publish",
        ),
        (
            "bg96",
            &["data/mqtt-publish", "-V", "broker=a b", "-V", "topic=t", "-V", "message=m"],
            NONE,
            "`a b` is not one",
        ),
        (
            "bg96",
            &["modem/certificate-upload", "-V", "name=ca.pem", "--secret", "content="],
            NONE,
            "nothing to put there",
        ),
        ("em7455", CERTIFICATE, NONE, "no file system"),
        ("bg96", CERTIFICATE, ("-----BEGIN", "-----BEGON"), "does not hold ca.pem as it was given"),
        ("em7455", &["modem/files"], NONE, "does not list its files"),
        (
            "bg96?fault=error:QCCID,error:CCID,error:ICCID,error:^ICCID",
            &["modem/factory-test", "-V", "imei=866425038025591"],
            NONE,
            "number cannot be read",
        ),
        ("bg96?fault=error:CGMR", &["modem/firmware", "-V", "expected=A"], NONE, "does not tell its firmware"),
        ("bg96", &["modem/identify"], ("BG96MAR", "BG96"), "AT+CGMR answered BG96"),
        ("bg96?fault=silence", &["modem/power-off"], NONE, "it is off already, or asleep"),
        ("bg96?fault=error:CPSMS", &["modem/power-saving-on"], NONE, "no PSM"),
        ("bg96?fault=error:CGSN", &["modem/restart"], NONE, "does not tell its IMEI"),
        ("gm02s", &["modem/usb-mode"], NONE, "does not tell its USB interfaces"),
        ("bg96?register=never", CHOOSE, NONE, "did not get onto the network 23415: it chooses"),
        (
            "bg96?register=0s",
            &["network/choose", "-V", "network=99999"],
            NONE,
            "did not get onto the network 99999, but onto",
        ),
        ("bg96?signal=99", &["network/survey", "-V", "passes=1"], NONE, "there was no signal"),
        (
            "bg96?fault=error:AT+CSQ,error:AT+CESQ",
            &["network/survey", "-V", "passes=1"],
            NONE,
            "the modem does not tell its signal",
        ),
        (
            "bg96",
            &["sms/receive"],
            ("+CPMS: ", "+CPMS: \"ME\",23,23,\"ME\",23,23,\"ME\",23,23"),
            "(23 of 23): no message comes in",
        ),
        ("bg96", &["sms/delete", "-V", "which=old"], NONE, "read, sent, drafts or all: `old`"),
        ("bg96", &["supersim/adjust", "-V", "kind=apn"], NONE, "`apn` is not one"),
        (
            "bg96?fault=error:C5GREG,error:CEREG,error:CGREG,error:CREG",
            &["supersim/check-registration"],
            NONE,
            "tells nothing of its registration",
        ),
        (
            "nrf9160?fault=error:2",
            &["supersim/set-apn"],
            ("+CGDCONT: 0", "+CGDCONT: 0,\"IP\",\"\"\r\n+CGDCONT: 2,\"IP\",\"\""),
            "as it told only after the APN was set",
        ),
        ("bg96?register=0s", &["supersim/setup", "-V", "apn=wrong"], NONE, "registered, but without data"),
        ("bg96?register=0s&fault=lost:AT+CGPADDR", &["data/attach"], NONE, "the address of context 1 is not known"),
        ("bg96?register=0s&fault=error:AT+CGPADDR", &["data/attach"], NONE, "the address of context 1 is not known"),
        ("sara-r410m?preset=nb-iot&fault=forgets", &["supersim/setup"], NONE, "forgets at each restart"),
        ("sara-r410m?preset=nb-iot&fault=forgets", &["supersim/set-technology"], NONE, "forgets at each restart"),
    ];
    let wrong = std::sync::Mutex::new(Vec::new());
    each(cases, |(address, words, instead, said)| {
        let address =
            if address.contains('?') { address.to_owned() } else { format!("{address}?register=0s&apn=super&cfun=1") };
        let result = Played::saying(&address, &[instead]).run(words);
        let told = result.skipped.as_deref().unwrap_or_else(|| failure(&result));
        if passed(&result) || !told.contains(said) {
            wrong.lock().unwrap().push(format!("{} on {address}: {told}", words[0]));
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a second run finds in order, and that each column has a value.
#[test]
fn the_second_setup_changes_nothing_on_any_model() {
    each(&served(), |model| {
        let mut modem = Played::on(model);
        let [first, second] = [(); 2].map(|()| modem.run(&["supersim/setup"]));
        assert!(passed(&first) && passed(&second), "{model}: {} {}", failure(&first), failure(&second));
        assert_ne!(first.changed, 0, "{model}");
        assert_eq!(second.changed, 0, "{model}");
        for column in ["model", "imei", "iccid", "apn", "registration", "operator", "address", "signal"] {
            assert_ne!(second.report[column], "", "{column} on {model}");
        }
        let iccid = second.report["iccid"].as_str().unwrap();
        assert!(iccid.bytes().all(|byte| byte.is_ascii_digit()), "{model}: {iccid}");
    });
}

/// What `AT+CPIN?` says, in words or by number, and what becomes of it: one place tells whose PIN is meant.
#[test]
fn each_state_of_the_sim_is_told_as_what_it_is() {
    const STATES: [(&str, &str, &str); 17] = [
        ("READY", "ready", ""),
        ("SIM PIN", "pin", "the SIM asks for its PIN"),
        ("SIM PUK", "puk", "the SIM is blocked"),
        ("SIM PIN2", "ready", ""),
        ("SIM PUK2", "ready", ""),
        ("PH-SIM PIN", "locked", "the modem itself is locked"),
        ("PH-FSIM PUK", "locked", "the modem itself is locked"),
        ("PH-NET PIN", "locked", "the modem itself is locked"),
        ("PH-NETSUB PUK", "locked", "the modem itself is locked"),
        ("PH-SP PIN", "locked", "the modem itself is locked"),
        ("PH-CORP PUK", "locked", "the modem itself is locked"),
        ("NOT INSERTED", "absent", "no SIM is seen"),
        ("SIM REMOVED", "absent", "no SIM is seen"),
        ("BLOCKED", "puk", "the SIM is blocked"),
        ("NOT READY", "starting", "still starting"),
        ("SIM BUSY", "starting", "still starting"),
        ("SIM FAILURE", "failed", "the SIM has failed"),
    ];
    each(&STATES, |(said, state, cause)| {
        let line = format!("+CPIN: {said}");
        let mut modem = Played::saying("bg96?cfun=1&register=0s&apn=super", &[("+CPIN: ", &line)]);
        let result = modem.run(&["modem/sim-state"]);
        assert_eq!(result.report["state"], state, "{said}");
        let told = result.report["cause"].as_str().unwrap();
        assert!(told.contains(cause) && told.is_empty() == cause.is_empty(), "{said}: {told}");
        // What is ready goes on; the others are told as what they are, and only a SIM's own lock has the SIM's remedy.
        modem.heard();
        let setup = modem.run(&["supersim/setup"]);
        assert_eq!(passed(&setup), state == "ready", "{said}: {}", failure(&setup));
        assert!(failure(&setup).contains(cause), "{said}: {}", failure(&setup));
        assert_eq!(
            failure(&setup).contains("AT+CPIN="),
            ["pin", "puk"].contains(&state),
            "{said}: {}",
            failure(&setup)
        );
        let heard = modem.heard();
        assert!(heard.iter().all(|line| !line.starts_with("AT+CPIN=")), "{said}: {heard:?}");
    });
    // A nRF91 tells it by number alone.
    let refusals = [(5, "locked"), (10, "absent"), (11, "pin"), (12, "puk"), (13, "failed"), (14, "starting")];
    let more = [(15, "unfit"), (17, "ready"), (18, "ready"), (40, "locked"), (47, "locked"), (262, "puk")];
    each(&[refusals, more].concat(), |(code, state)| {
        for model in ["bg96", "nrf9160"] {
            let mut modem = Played::on(&format!("{model}?cfun=1&fault=cme:{code}:CPIN"));
            assert!(passed(&modem.run(&["modem/sync"])));
            let told = modem.run(&["modem/sim-state"]).report["state"].clone();
            assert_eq!(told, state, "{code} on {model}");
        }
    });
}

/// In flight mode, with the radio and the SIM off, away from the network, with a SIM that takes its time.
#[test]
fn setup_brings_a_modem_back_to_the_air_on_any_model() {
    each(&served(), |model| {
        for (command, option) in [("AT+CFUN=4", ""), ("AT+CFUN=0", ""), ("AT+COPS=2", ""), ("AT", "?sim=busy:15s")] {
            let mut modem = Played::on(&format!("{model}{option}"));
            let before = modem.run_text(&format!("# allow hayes::check::danger: it is mended\n{command}\n"));
            let result = modem.run(&["supersim/setup"]);
            assert!(passed(&before) && passed(&result), "{model} after {command}{option}: {}", failure(&result));
        }
    });
}

/// The context that carries the data holds the APN in the end.
#[test]
fn the_apn_is_in_the_context_that_is_up() {
    let after = "AT+CGACT?\n  capture cid, state:int\nassert state == 1\nAT+CGCONTRDP=${cid}\n  capture _, _, apn\n";
    // Without LTE no context is up by itself.
    let models: Vec<_> = served().into_iter().filter(|model| !["generic", "sara-u201"].contains(model)).collect();
    each(&models, |model| {
        let mut modem = Played::on(model);
        let (setup, after) = (modem.run(&["supersim/setup"]), modem.run_text(after));
        assert!(passed(&setup) && passed(&after), "{model}: {} {}", failure(&setup), failure(&after));
        assert_eq!(after.report["apn"], "super", "{model}");
    });
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
    let report = |address: &str| {
        let mut result = Played::on(address).run(&["supersim/setup"]);
        assert!(passed(&result), "{address}: {}", failure(&result));
        result.report.remove("signal");
        result.report
    };
    each(&["bg96", "lara-r211", "sim7080g"], |model| {
        let address = format!("{model}?seed=3");
        let expected = report(&address);
        for fault in FAULTS {
            assert_eq!(report(&format!("{address}&fault={fault}")), expected, "{fault} on {model}");
        }
    });
}

/// A refusal is the modem's own, but one that says nothing more has died: no job passes, or passes over it, as if it
/// lacked something.
#[test]
fn a_modem_that_dies_amid_a_job_fails_it() {
    // The end of the first is silence; the next two tell of it; the fourth loses its last ping; the fifth counts anew.
    const KNOWN: [&str; 5] =
        ["modem/power-off", "modem/silence", "supersim/diagnose", "supersim/setup", "modem/restart"];
    let scripts = hayes::library::scripts().map(|script| script.name).filter(|name| !KNOWN.contains(name));
    let cases: Vec<_> = scripts.flat_map(|script| (1..16).map(move |place| (script, place))).collect();
    let found = std::sync::Mutex::new(Vec::new());
    each(&cases, |(script, place)| {
        let address = format!("bg96?cfun=1&register=0s&apn=super&sms=hello&imei=866425038025591&fault=silence:{place}");
        let mut modem = Played::on(&address);
        let result = modem.run(&[&[script][..], arguments(script)].concat());
        let heard = modem.heard();
        // A dial-up modem dials the D of the question for the SIM's number: that is passed over.
        let is_dead = heard.get(place - 1).is_some_and(|line| line != "AT+QCCID");
        if is_dead && (passed(&result) || result.skipped.is_some()) {
            found.lock().unwrap().push(format!(
                "{script} from line {place} on, {}: {:?} {:?}",
                heard[place - 1],
                result.skipped,
                result.report
            ));
        }
    });
    let found = found.into_inner().unwrap();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What each failure says, and its exit code.
#[test]
fn failures_say_why() {
    let failures = [
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
        ("sms/receive", "incoming=1h&sms=late", 1, "no message within 5 min"),
        ("data/attach", "cfun=4", 1, "the radio is off"),
        ("data/attach", "register=0s&apn=wrong", 1, "is its APN (wrong) right"),
        ("data/http-get", "register=0s&apn=super&fault=lost:QHTTPREAD", 1, "QHTTPREAD"),
        ("data/mqtt-publish", "register=0s&apn=super&fault=lost:12", 1, "QMTPUBEX"),
        ("modem/restart", "fault=wrong-imei", 1, "another modem came back"),
        ("modem/recover", "register=never", 1, "nothing helped"),
        ("modem/recover", "sim=absent", 1, "SIM not inserted"),
        ("modem/factory-test", "imei=866425038025609", 1, "the label says 866425038025591"),
        ("data/gnss-fix", "fault=cme:516:QGPSLOC", 1, "no fix within 5 min"),
        ("network/scan", "fault=cme:30:COPS", 1, "o network service"),
    ];
    each(&failures, |(script, option, exit, said)| {
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
    });
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
    // What one run has asked of a network is not held against another.
    let folder = Folder::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
    command.args(arguments).env_remove("HAYES_PORT").env("XDG_STATE_HOME", folder.0.join("state")).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
