//! The jobs of `docs/src/cookbook/jobs.md` beside the same in Python with pyserial (`tests/data/python/`): the scripts
//! are shorter, and the Python programs are real ones, for they do their jobs on the simulated modem. What a script
//! leaves to others of the library (`data/attach`, `modem/identify`) its Python leaves out too. `recover.py` and
//! `diagnose.py` have it, as far as they need it: the scripts that theirs run are not counted, their functions are.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::cases::split_cases;
use crate::folder::Folder;
use crate::peers::{all, within};
use crate::simulated::Simulated;

/// Each Python program, and the script that does the same.
const JOBS: [(&str, &str); 17] = [
    ("cells", "network/cells"),
    ("certificate_der", "A certificate in DER, which is no text, is put into the module and read back"),
    ("clock", "modem/clock"),
    ("diagnose", "supersim/diagnose"),
    ("factory_test", "modem/factory-test"),
    ("forbidden", "network/forbidden"),
    ("fota", "Firmware over the air, with the restarts that the modem makes by itself"),
    ("gnss_fix", "data/gnss-fix"),
    ("http_get", "data/http-get"),
    ("mqtt_publish", "data/mqtt-publish"),
    ("ping", "data/ping"),
    ("power_saving_on", "modem/power-saving-on"),
    ("recover", "modem/recover"),
    ("sms_receive", "sms/receive"),
    ("survey", "network/survey"),
    ("udp_command", "A command by UDP is carried out and answered"),
    ("usb_mode", "modem/usb-mode"),
];

/// Program, modem, arguments, and what is printed.
const RUNS: [(&str, &str, &str, &str); 40] = [
    ("cells", "bg96?register=0s", "", "LTE-M 2CF7 8A5A782 3"),
    ("certificate_der", "bg96", "--file ca.der", "ca.der 24"),
    ("clock", "bg96?register=0s", "", "True"),
    (
        "diagnose",
        "bg96?register=0s&apn=super",
        "",
        "nothing wrong is found: it is registered (status 5) with vodafone UK",
    ),
    (
        "diagnose",
        "bg96?sim=absent",
        "",
        "no SIM is seen (+CME ERROR: SIM not inserted). What mends it: a look at the SIM",
    ),
    (
        "diagnose",
        "bg96?pin=1234",
        "",
        "the SIM asks for its PIN (SIM PIN, 3 tries left). What mends it: the PIN, entered",
    ),
    ("diagnose", "bg96?cfun=0", "", "the radio is off (+CFUN: 0). What mends it: supersim/setup"),
    ("diagnose", "bg96?sim=foreign", "", "of vodafone UK is no Super SIM"),
    ("diagnose", "bg96?register=denied", "", "the network 23415 refuses the SIM (status 3, cause 11: this network"),
    ("diagnose", "bg96?fplmn=full", "", "list of forbidden networks holds 23415, 23410, 23430"),
    ("diagnose", "bg96?apn=internet&register=0s", "", "the APN of context 1 is `internet`, where `super` belongs"),
    ("diagnose", "bg96?signal=99", "", "it hears no network: there is no signal. What mends it: a look at the antenna"),
    ("diagnose", "bg96?register=never", "", "it still searches, at -75 dBm: a Super SIM may change its IMSI"),
    ("diagnose", "sara-r410m?preset=nb-iot&cfun=1", "", "should be set so that it looks for LTE-M and not for NB-IoT"),
    ("diagnose", "bg96?fault=brownout", "", "What mends it: a supply that gives 2 A at once"),
    ("diagnose", "bg96?fault=asleep:3s", "", "the modem falls asleep while nothing is said to it"),
    ("factory_test", "bg96", "--imei 866425038025591", "BG96MAR02A07M1G"),
    ("factory_test", "bg96", "--imei 866425038025583", "the label says 866425038025583, the modem 866425038025591"),
    ("forbidden", "bg96?register=0s", "", "no network has refused this SIM"),
    ("gnss_fix", "bg96?register=0s", "", "51.50072 -0.12462"),
    ("http_get", "bg96?register=0s", "", "example.com 200 Hello from the network."),
    ("http_get", "sim7080g?register=0s", "", "example.com 200 Hello from the network."),
    ("http_get", "sim7600g-h?register=0s", "", "example.com 200 Hello from the network."),
    ("http_get", "sara-r5?register=0s", "", "Hello from the network."),
    ("http_get", "me310g1?register=0s", "", "example.com 200 Hello from the network."),
    ("http_get", "hl7812?register=0s", "", "Hello from the network."),
    ("http_get", "nrf9160?register=0s&cfun=1", "", "Hello from the network."),
    ("mqtt_publish", "bg96?register=0s", MQTT, "b.example.com t 5"),
    ("mqtt_publish", "sim7080g?register=0s", MQTT, "b.example.com t 5"),
    ("mqtt_publish", "sim7600g-h?register=0s", MQTT, "b.example.com t 5"),
    ("mqtt_publish", "sara-r5?register=0s", MQTT, "b.example.com t 5"),
    ("mqtt_publish", "nrf9160?register=0s&cfun=1", MQTT, "b.example.com t 5"),
    ("ping", "bg96?register=0s", "", "8.8.8.8 4 4"),
    ("ping", "sara-r5?register=0s", "", "8.8.8.8 4 4"),
    ("power_saving_on", "bg96?register=0s", "", "00000110 00011110"),
    ("recover", "bg96?register=0s", "", "waiting"),
    (
        "sms_receive",
        "ec25?sms=h%C3%A9llo%20from%20the%20cloud&register=0s",
        "",
        "000 2026-01-01 00:00:00 héllo from the cloud",
    ),
    ("survey", "bg96?register=0s", "--passes 2 --seconds 0", "RSRP from -102 to -100 dBm"),
    ("udp_command", "bg96?register=0s", "--server 198.51.100.7", "ready unknown"),
    ("usb_mode", "ec25", "", "0 no"),
];
const MQTT: &str = "--broker b.example.com --topic t --message hello";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Lines and bytes, without comments, empty lines and what a function is for.
fn size(text: &str) -> (usize, usize) {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with(['#', '"']));
    lines.fold((0, 0), |(count, bytes), line| (count + 1, bytes + line.len() + 1))
}

#[test]
fn each_job_is_shorter_than_its_python() {
    let session = size(&fs::read_to_string(path("tests/data/python/modem.py")).unwrap());
    let cases = split_cases(&fs::read_to_string(path("tests/cases/jobs.md")).unwrap());
    for (program, script) in JOBS {
        let own = cases.iter().find(|case| case.title == script).map(|case| case.blocks[0].text.clone());
        let text = own.unwrap_or_else(|| fs::read_to_string(path(&format!("scripts/{script}.hayes"))).unwrap());
        let python = size(&fs::read_to_string(path(&format!("tests/data/python/{program}.py"))).unwrap());
        let (ours, theirs) = (size(&text), (python.0 + session.0, python.1 + session.1));
        println!("{program}: {ours:?}, Python {python:?} and its session {session:?}");
        assert!(ours.0 < theirs.0 && ours.1 < theirs.1, "{script}: {ours:?}, its Python {theirs:?}");
    }
}

fn python(program: &str, device: &str, arguments: &str, folder: &Folder) -> Option<String> {
    let mut command = Command::new("/usr/bin/python3");
    if !Command::new("/usr/bin/python3").args(["-c", "import serial"]).output().is_ok_and(|it| it.status.success()) {
        assert!(std::env::var_os("HAYES_TEST_ALL").is_none(), "python3-serial is missing");
        eprintln!("left out: python3-serial is not installed");
        return None;
    }
    command.arg("-B").arg(path(&format!("tests/data/python/{program}.py"))).args(arguments.split_whitespace());
    Some(all(&within(Duration::from_secs(60), command.arg(device).current_dir(&folder.0))))
}

#[test]
fn the_python_programs_do_their_jobs() {
    let folder = Folder::new();
    fs::write(folder.0.join("ca.der"), b"0\x82\x01\r\nOK\r\n\0\xff\x1a\x1b+QFDWL: 1\r\n").unwrap();
    let runs: Vec<_> = std::thread::scope(|scope| {
        let run = |(program, model, arguments, told)| {
            let folder = &folder;
            scope.spawn(move || {
                let modem = Simulated::on_terminal(model);
                let said = python(program, modem.port(), arguments, folder)?;
                (!said.contains(told)).then(|| format!("{program} on {model}: {said}"))
            })
        };
        RUNS.map(run).into_iter().filter_map(|run| run.join().unwrap()).collect()
    });
    assert!(runs.is_empty(), "{}", runs.join("\n"));
}

/// The simulated modem loads no firmware: one that does, as far as the job sees it.
#[test]
fn the_python_program_loads_firmware() {
    let modem = TcpListener::bind("127.0.0.1:0").unwrap();
    let device = format!("socket://{}", modem.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut line, _) = modem.accept().ok()?;
        let restart = "\r\nOK\r\n\r\n+QIND: \"FOTA\",\"HTTPEND\",0\r\n\r\nRDY\r\n\r\n+QIND: \"FOTA\",\"END\",0\r\n\r\nRDY\r\n\r\nAPP RDY\r\n";
        for answer in ["\r\nA03\r\n\r\nOK\r\n", restart, "\r\nA04\r\n\r\nOK\r\n"] {
            let (mut heard, mut byte) = (Vec::new(), [0]);
            while heard.last() != Some(&b'\r') && line.read(&mut byte).ok()? > 0 {
                heard.push(byte[0]);
            }
            line.write_all(answer.as_bytes()).ok()?;
        }
        Some(())
    });
    let Some(said) = python("fota", &device, "--url http://198.51.100.7/03-04.bin", &Folder::new()) else { return };
    assert_eq!(said, "A03 A04\n");
    served.join().unwrap().unwrap();
}
