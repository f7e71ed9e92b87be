//! Scripts against the simulated modem, in virtual time.

use super::{Bench, Ran};
use crate::port::{Cancel, Memory};
use crate::sim::{Options, Simulator};

/// As the language's own description has it: identity, APN, roaming, registration, signal, an SMS.
const SETUP: &str = r#"
param apn = "super"
AT+CMEE=2
AT+CPIN?
  expect "+CPIN: READY"
AT+CGMM
  capture model
AT+CGSN
  capture imei
ensure AT+CGDCONT? answers '+CGDCONT: 1,"IP","${apn}"' else {
  AT+CFUN=4
  AT+CGDCONT=1,"IP","${apn}"
  AT+CFUN=1
}
if model matches /^BG9[56]/ {
  ensure AT+QCFG="roamservice" answers '+QCFG: "roamservice",2' else {
    AT+QCFG="roamservice",2
  }
}
retry for 10min every 5s {
  AT+CREG?
    capture _, stat:int
  assert stat in [1, 5]
} else {
  fail "not registered: +CREG status ${stat}"
}
AT+COPS=?
  capture all state:int, name, _, code as networks
AT+CSQ
  capture rssi:int, ber:int
assert rssi != 99, "no signal: check the antenna"
AT+CMGF=1
AT+CMGS="2936"
  prompt reply "hello from ${imei}"
  capture reference:int
report model, imei, luhn = luhn(imei), stat, networks = len(networks), signal = dbm(rssi) < 0, reference
"#;

fn on(query: &str, bench: &Bench, script: &str) -> Ran {
    let (model, options) = query.split_once('?').unwrap_or((query, ""));
    let simulator = Simulator::new(model, Options::parse(options).unwrap()).unwrap();
    let port = Memory::in_virtual_time(simulator, &Cancel::new().unwrap());
    bench.run_on(script, Box::new(port))
}

fn setup(query: &str) -> String {
    let ran = on(query, &Bench::new(), SETUP);
    format!("{} {}", ran.ended(), ran.report())
}

#[test]
fn one_script_sets_up_every_model() {
    for model in ["generic", "bg96", "lara-r211", "sim7080g"] {
        let ran = on(model, &Bench::new(), SETUP);
        assert_eq!(ran.ended(), "passed", "{model}");
        assert!(ran.report().contains("luhn=true stat=5 networks="), "{model}: {}", ran.report());
    }
}

#[test]
fn a_second_run_changes_nothing_and_a_plan_tells_what_the_first_would() {
    let simulator = Simulator::new("bg96", Options::default()).unwrap();
    let port = Memory::in_virtual_time(simulator, &Cancel::new().unwrap());
    let mut conversation = super::Conversation::new(Box::new(port), &super::Catalogue);
    let mut run = |bench: Bench| bench.run_in(SETUP, &mut conversation);
    let plan = run(Bench::new().plan());
    assert_eq!((plan.status.name(), plan.changed, plan.unchanged), ("passed", 2, 0));
    let first = run(Bench::new());
    assert_eq!((first.status.name(), first.changed, first.unchanged), ("passed", 2, 0));
    let second = run(Bench::new());
    assert_eq!((second.status.name(), second.changed, second.unchanged), ("passed", 0, 2));
}

#[test]
fn a_modem_that_misbehaves_changes_no_result() {
    let expected = setup("bg96");
    for fault in [
        "split",
        "chunks",
        "join",
        "urc",
        "sneaky",
        "flood:200",
        "nul",
        "garbage",
        "lf",
        "cr",
        "late:1s",
        "echo-off",
        "echo-backspaces",
        "slow-reader",
        "duplicate-ok",
    ] {
        assert_eq!(setup(&format!("bg96?fault={fault}")), expected, "{fault}");
    }
}

#[test]
fn it_fails_closed() {
    for (query, failure) in [
        ("bg96?sim=absent", "unexpected-result 4:1 AT+CPIN? answered +CME ERROR: SIM not inserted"),
        ("bg96?sim=puk", "no-match 5:3 AT+CPIN? answered +CPIN: SIM PUK (wants its PUK and a new PIN)"),
        ("bg96?pin=1234", "no-match 5:3 AT+CPIN? answered +CPIN: SIM PIN (wants its PIN)"),
        ("bg96?register=never", "fail 25:3 not registered: +CREG status 2"),
        ("bg96?register=denied", "fail 25:3 not registered: +CREG status 3"),
        ("bg96?fault=cme:10:CPIN?", "unexpected-result 4:1 AT+CPIN? answered +CME ERROR: SIM not inserted"),
        ("bg96?fault=silence:3", "timeout 6:1 AT+CGMM was echoed and not answered"),
        ("bg96?fault=lost:CGMM", "timeout 6:1 AT+CGMM was echoed and not answered"),
        ("bg96?fault=prompt:CSQ", "unexpected-prompt 29:1 AT+CSQ asked for data"),
        ("bg96?fault=hang-at-prompt", "timeout 33:1 "),
        ("bg96?fault=unplug:3", "unreachable: lost 6:1 "),
        ("bg96?fault=unplug-in-line:4", "unreachable: lost 8:1 "),
    ] {
        let ended = on(query, &Bench::new(), SETUP).ended();
        assert!(ended.starts_with(failure), "{query}: {ended}");
    }
}

#[test]
fn an_sms_is_awaited_and_read() {
    let script = "AT+CMGF=1\nAT+CPMS=\"SM\",\"SM\",\"SM\"\nAT+CNMI=2,1,0,0,0\nawait \"+CMTI:\" within 60s\n  capture _, index:int\n\
                  AT+CMGR=${index}\n  capture status, from\nreport index, from, text = response[1]\n";
    let ran = on("bg96?sms=OK&incoming=20s", &Bench::new(), script);
    assert_eq!(ran.ended(), "passed");
    assert!(ran.report().ends_with("from=000 text=OK"), "{}", ran.report());
}

#[test]
fn a_reboot_goes_away_and_comes_back() {
    let script =
        "AT+CSQ\nreboot AT+CFUN=1,1 within 90s\nretry 20 every 1s {\n  AT+CPIN?\n    expect \"+CPIN: READY\"\n}\n";
    for query in ["bg96", "bg96?usb=on", "lara-r211"] {
        let ran = on(query, &Bench::new(), script);
        assert_eq!(ran.ended(), "passed", "{query}");
    }
    assert!(on("bg96?usb=on", &Bench::new(), "AT+CFUN=1,1\nsleep 2s\nAT\n").ended().starts_with("unreachable: lost "));
}
