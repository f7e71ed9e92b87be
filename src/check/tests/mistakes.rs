//! One mistake each, of the kind that newcomers make: exactly one diagnostic, at the right place; done as its help
//! says, none is left.

use super::{assert_nothing, told};

struct Mistake {
    wrong: &'static str,
    /// `line:column code`
    told: &'static str,
    mended: &'static str,
}

const MISTAKES: &[Mistake] = &[
    Mistake { wrong: "AT+CMEE=2;AT+CMGF=1", told: "1:11 two-at", mended: "AT+CMEE=2;+CMGF=1" },
    Mistake { wrong: "ATAT+CSQ", told: "1:3 two-at", mended: "AT+CSQ" },
    Mistake { wrong: "AT+CMEE=2;CMGF=1", told: "1:11 no-plus", mended: "AT+CMEE=2;+CMGF=1" },
    Mistake { wrong: "ATCSQ", told: "1:3 no-plus", mended: "AT+CSQ" },
    Mistake { wrong: "AT+CMEE=2\nat+csq", told: "2:1 lower-case", mended: "AT+CMEE=2\nAT+CSQ" },
    Mistake { wrong: "AT+creg?", told: "1:3 lower-case", mended: "AT+CREG?" },
    Mistake { wrong: "send \"AT+CGDCONT=1, \\\"IP\\\"\"", told: "1:20 blank", mended: "send 'AT+CGDCONT=1,\"IP\"'" },
    Mistake { wrong: "send 'AT+CMEE = 2'", told: "1:14 blank", mended: "send 'AT+CMEE=2'" },
    Mistake { wrong: "AT+CGDCONT=1,IP,super", told: "1:14 unquoted", mended: "AT+CGDCONT=1,\"IP\",\"super\"" },
    Mistake { wrong: "AT+CGDCONT=1,\"IP\",super", told: "1:19 unquoted", mended: "AT+CGDCONT=1,\"IP\",\"super\"" },
    Mistake { wrong: "AT+CSQ\\r\\n", told: "1:7 line-end-sent", mended: "AT+CSQ" },
    Mistake { wrong: "send \"AT+CSQ\\r\"", told: "1:6 line-end-sent", mended: "send \"AT+CSQ\"" },
    Mistake { wrong: "AT+COPS=?\n  expect OK", told: "1:3 scan", mended: "AT+COPS?\n  expect OK" },
    Mistake { wrong: "AT+CGMI=\"x\"", told: "1:3 read-only", mended: "AT+CGMI" },
    Mistake { wrong: "AT+CSQ?", told: "1:3 no-read", mended: "AT+CSQ" },
    Mistake {
        wrong: "AT+CREG?\n  expect \"+CGREG: 0,1\"",
        told: "2:10 other-answer",
        mended: "AT+CREG?\n  expect \"+CREG: 0,1\"",
    },
    Mistake { wrong: "AT+CGDCNT?", told: "1:3 unknown-command", mended: "AT+CGDCONT?" },
    Mistake {
        wrong: "AT+CGACT=1,1\nAT+CGDCONT=1,\"IP\",\"super\"",
        told: "2:3 context-up",
        mended: "AT+CGACT=1,1\nAT+CFUN=4\nAT+CGDCONT=1,\"IP\",\"super\"\nAT+CFUN=1",
    },
    Mistake {
        wrong: "retry 3 every 1s {\n  AT+CPIN=1234\n}",
        told: "2:5 pin-in-retry",
        mended: "# allow hayes::check::danger: this SIM's own PIN\nAT+CPIN=1234",
    },
    Mistake {
        wrong: "retry 3 every 1s {\n  try {\n    send \"at + cpin = 1234\"\n  }\n}",
        told: "3:11 lower-case|3:13 blank|3:14 pin-in-retry",
        mended: "# allow hayes::check::danger: this SIM's own PIN\nAT+CPIN=1234",
    },
    Mistake {
        wrong: "secret pin\nretry 3 every 1s {\n  run \"sim/unlock\" with pin = pin\n}",
        told: "3:3 pin-in-retry",
        mended: "secret pin\nrun \"sim/unlock\" with pin = pin",
    },
    Mistake {
        wrong: "retry 3 every 5s {\n  AT+CMGS=\"2936\"\n    prompt reply \"hello\"\n}",
        told: "2:5 repeat",
        mended: "AT+CMGS=\"2936\"\n  prompt reply \"hello\"",
    },
    Mistake { wrong: "retry 3 every 5s {\n  AT+CFUN=1,1\n}", told: "2:5 repeat", mended: "AT+CFUN=1,1" },
    Mistake { wrong: "retry 3 every 5s {\n  ATD*99#\n}", told: "2:5 repeat", mended: "ATD*99#" },
    Mistake {
        wrong: "AT+CMGF=1\nAT+CMGS=\"2936\"",
        told: "2:3 prompt-missing",
        mended: "AT+CMGF=1\nAT+CMGS=\"2936\"\n  prompt reply \"hello\"",
    },
    Mistake {
        wrong: "AT+CPIN?\n  prompt reply \"1234\"",
        told: "2:3 never-asks",
        mended: "AT+CPIN?\n  expect \"+CPIN: READY\"",
    },
    Mistake {
        wrong: "AT+CMGS=\"2936\"\n  prompt reply \"hello\\x1A\"",
        told: "2:22 data-ends-early",
        mended: "AT+CMGS=\"2936\"\n  prompt reply \"hello\"",
    },
    Mistake { wrong: "AT&F", told: "1:3 danger", mended: "# allow hayes::check::danger: the bench modem\nAT&F" },
    Mistake { wrong: "ATQ1", told: "1:3 danger", mended: "ATQ0" },
    Mistake {
        wrong: "AT+CLCK=\"SC\",1,\"1234\"",
        told: "1:3 danger",
        mended: "# allow hayes::check::danger: this SIM's own PIN\nAT+CLCK=\"SC\",1,\"1234\"",
    },
    Mistake {
        wrong: "AT+EGMR=1,7,\"490154203237518\"",
        told: "1:3 needs-unsafe",
        mended: "unsafe \"a test unit, never on air\" {\n  AT+EGMR=1,7,\"490154203237518\"\n}",
    },
    Mistake {
        wrong: "AT+CGDCONT=1,\"IP\",\"super\"\nAT+CMNB=2",
        told: "2:3 nb-iot",
        mended: "AT+CGDCONT=1,\"IP\",\"super\"\nAT+CMNB=1",
    },
    Mistake { wrong: "AT+CMEE=2\n  capture mode:int", told: "2:3 no-lines", mended: "AT+CMEE?\n  capture mode:int" },
    Mistake {
        wrong: "AT+CREG?\n  capture _, stat\nassert stat == 5",
        told: "3:13 never-equal",
        mended: "AT+CREG?\n  capture _, stat:int\nassert stat == 5",
    },
    Mistake {
        wrong: "AT+CREG?\n  capture _, stat\nassert stat in [1, 5]",
        told: "3:13 never-equal",
        mended: "AT+CREG?\n  capture _, stat:int\nassert stat in [1, 5]",
    },
    Mistake {
        wrong: "AT+CSQ\n  capture rssi\nreport half = rssi / 2",
        told: "3:15 wrong-type",
        mended: "AT+CSQ\n  capture rssi:int\nreport half = rssi / 2",
    },
    Mistake {
        wrong: "AT+CSQ\n  capture rssi\nif rssi > 10 {\n  log \"good\"\n}",
        told: "3:9 never-equal",
        mended: "AT+CSQ\n  capture rssi:int\nif rssi > 10 {\n  log \"good\"\n}",
    },
    Mistake { wrong: "sleep \"2s\"", told: "1:7 wrong-type", mended: "sleep 2s" },
    Mistake { wrong: "retry 5 every \"3\" {\n  AT\n}", told: "1:15 wrong-type", mended: "retry 5 every 3s {\n  AT\n}" },
    Mistake {
        wrong: "AT+CGSN\n  capture imei\nif imei {\n  log \"there\"\n}",
        told: "3:4 wrong-type",
        mended: "AT+CGSN\n  capture imei\nif imei != \"\" {\n  log \"there\"\n}",
    },
    Mistake {
        wrong: "AT+CGSN\n  capture imei\nlog \"${imie}\"",
        told: "3:8 unknown-name",
        mended: "AT+CGSN\n  capture imei\nlog \"${imei}\"",
    },
    Mistake {
        wrong: "AT+CGDCONT=1,\"IP\",\"${apn}\"",
        told: "1:22 unknown-name",
        mended: "param apn = \"super\"\nAT+CGDCONT=1,\"IP\",\"${apn}\"",
    },
    Mistake {
        wrong: "log \"${rssi}\"\nAT+CSQ\n  capture rssi:int",
        told: "1:8 not-set",
        mended: "AT+CSQ\n  capture rssi:int\nlog \"${rssi}\"",
    },
    Mistake {
        wrong: "for x in [1, 2] {\n  log \"${x}\"\n}\nlog \"${x}\"",
        told: "4:8 out-of-place",
        mended: "for x in [1, 2] {\n  log \"${x}\"\n}",
    },
    Mistake { wrong: "log \"${error}\"", told: "1:8 out-of-place", mended: "log \"${result}\"" },
    Mistake {
        wrong: "param apn = \"super\"\nAT+CGDCONT=1,\"IP\",\"super\"",
        told: "1:7 unused-param",
        mended: "AT+CGDCONT=1,\"IP\",\"super\"",
    },
    Mistake {
        wrong: "param tries = 5\nretry tries {\n  AT\n}",
        told: "1:15 param-type",
        mended: "param tries:int = 5\nretry tries {\n  AT\n}",
    },
    Mistake {
        wrong: "param apn = \"a\"\nparam apn = \"b\"\nlog \"${apn}\"",
        told: "2:7 two-params",
        mended: "param apn = \"a\"\nlog \"${apn}\"",
    },
    Mistake {
        wrong: "param apn = 'a\",,;+CFUN=0'\nAT+CGDCONT=1,\"IP\",\"${apn}\"",
        told: "2:22 injection",
        mended: "param apn = 'a'\nAT+CGDCONT=1,\"IP\",\"${apn}\"",
    },
    Mistake { wrong: "AT+CSQ\n  capture result", told: "2:11 reserved-name", mended: "AT+CSQ\n  capture quality" },
    Mistake { wrong: "AT+CSQ\n  capture a, a", told: "2:14 two-captures", mended: "AT+CSQ\n  capture a, _" },
    Mistake {
        wrong: "AT+CREG?\n  expect \"+CREG: {n},{stat}\"",
        told: "2:19 hole-in-expect",
        mended: "AT+CREG?\n  capture \"+CREG: {n},{stat}\"",
    },
    Mistake {
        wrong: "AT+CSQ\n  expect /RSSI: (?<rssi>\\d+)/",
        told: "2:17 hole-in-expect",
        mended: "AT+CSQ\n  capture /RSSI: (?<rssi>\\d+)/",
    },
    Mistake {
        wrong: "AT+CPIN?\n  expect \"+CPIN: READY\\r\\n\"",
        told: "2:23 line-end",
        mended: "AT+CPIN?\n  expect \"+CPIN: READY\"",
    },
    Mistake {
        wrong: "AT+COPS?\n  expect \"+COPS: 0,.*\"",
        told: "2:20 regex-in-text",
        mended: "AT+COPS?\n  expect \"+COPS: 0,{}\"",
    },
    Mistake { wrong: "AT+CPIN?\n  expect /READY)/", told: "2:16 bad-regex", mended: "AT+CPIN?\n  expect /READY/" },
    Mistake { wrong: "AT\n  expect \"\"", told: "2:10 empty-pattern", mended: "AT\n  expect \"OK\"" },
    Mistake {
        wrong: "run \"modem/identfy\" as modem",
        told: "1:5 no-script",
        mended: "run \"modem/identify\" as modem",
    },
    Mistake {
        wrong: "run \"modem/identify\" as modem\nlog \"${modem.modle}\"",
        told: "2:14 unknown-member",
        mended: "run \"modem/identify\" as modem\nlog \"${modem.model}\"",
    },
    Mistake {
        wrong: "run \"supersim/set-apn\" with anp = \"super\"",
        told: "1:29 unknown-argument",
        mended: "run \"supersim/set-apn\" with apn = \"super\"",
    },
    Mistake {
        wrong: "run \"net/login\"",
        told: "1:5 missing-argument",
        mended: "run \"net/login\" with user = \"me\"",
    },
    Mistake {
        wrong: "run \"net/login\" with user = \"me\", port = true",
        told: "1:42 wrong-type",
        mended: "run \"net/login\" with user = \"me\", port = 23",
    },
    Mistake {
        wrong: "run \"sim/unlock\" with pin = \"1234\"",
        told: "1:29 written-secret",
        mended: "secret pin\nrun \"sim/unlock\" with pin = pin",
    },
    Mistake { wrong: "fail \"no\"\nAT", told: "2:1 unreachable", mended: "AT\nfail \"no\"" },
    Mistake { wrong: "finally {\n  AT\n}\nAT+CSQ", told: "1:1 finally-place", mended: "AT+CSQ\nfinally {\n  AT\n}" },
    Mistake {
        wrong: "AT+CSQ\n  capture a:int\nreport a, a",
        told: "3:11 two-columns",
        mended: "AT+CSQ\n  capture a:int\nreport a, b = a",
    },
    Mistake { wrong: "send \"A/\"", told: "1:7 repeat-last", mended: "AT+CSQ" },
    Mistake { wrong: "# allow hayes::check::dangr: mine\nAT+CSQ", told: "1:9 unknown-code", mended: "AT+CSQ" },
    Mistake {
        wrong: "AT+CMEE=2;+CMGF=1;+CREG=2;+CGREG=2;+CEREG=2;+CGDCONT=1,\"IP\",\"super\";+CSQ;+CPIN?;+COPS?",
        told: "1:81 long-line",
        mended: "AT+CMEE=2;+CMGF=1;+CREG=2\nAT+CGREG=2;+CEREG=2;+CGDCONT=1,\"IP\",\"super\";+CSQ;+CPIN?;+COPS?",
    },
    // What people bring along from terminals, manuals and other languages
    Mistake { wrong: "+++", told: "1:1 unknown-statement", mended: "port escape" },
    Mistake { wrong: "A/", told: "1:1 unknown-statement", mended: "AT+CSQ" },
    Mistake { wrong: "AT+CMEE=2 ; +CMGF=1", told: "1:11 space-in-command", mended: "AT+CMEE=2;+CMGF=1" },
    Mistake { wrong: "AT+CMEE=2 ; AT+CMGF=1", told: "1:11 space-in-command", mended: "AT+CMEE=2;+CMGF=1" },
    Mistake { wrong: "AT+CSQ ;", told: "1:8 semicolon", mended: "AT+CSQ" },
    Mistake { wrong: "AT +CSQ", told: "1:4 space-in-command", mended: "AT+CSQ" },
    Mistake { wrong: "AT+QCFG=\"roamservice\", 2", told: "1:24 space-in-command", mended: "AT+QCFG=\"roamservice\",2" },
    Mistake { wrong: "AT+CSQ<CR>", told: "1:7 line-end-sent", mended: "AT+CSQ" },
    Mistake { wrong: "AT+CSQ // signal", told: "1:8 slash-comment", mended: "AT+CSQ # signal" },
    Mistake { wrong: "AT+CSQ\nOK", told: "2:1 answer-as-statement", mended: "AT+CSQ\n  expect OK" },
    Mistake {
        wrong: "AT+CREG? expect \"+CREG: 0,1\"",
        told: "1:10 space-in-command",
        mended: "AT+CREG?\n  expect \"+CREG: 0,1\"",
    },
    Mistake {
        wrong: "AT+CREG?\n  expect +CREG: 0,1",
        told: "2:10 text-without-quotes",
        mended: "AT+CREG?\n  expect \"+CREG: 0,1\"",
    },
    Mistake {
        wrong: "await +CREG: 5 within 60s",
        told: "1:7 text-without-quotes",
        mended: "await \"+CREG: 5\" within 60s",
    },
    Mistake {
        wrong: "ensure AT+CGDCONT? == \"x\" {\n  AT\n}",
        told: "1:20 unexpected",
        mended: "ensure AT+CFUN? answers \"+CFUN: 1\" else {\n  AT+CFUN=1\n}",
    },
    Mistake {
        wrong: "AT+CMGS=\"2936\"\nhello",
        told: "2:1 unknown-statement",
        mended: "AT+CMGS=\"2936\"\n  prompt reply \"hello\"",
    },
    Mistake { wrong: "AT+CSQ\n  expect OK,ERROR", told: "2:10 codes-in-one", mended: "AT+CSQ\n  expect OK or ERROR" },
    Mistake {
        wrong: "AT+CSQ\n  expect \"OK|ERROR\"",
        told: "2:10 codes-in-one",
        mended: "AT+CSQ\n  expect OK or ERROR",
    },
    Mistake { wrong: "wait 5s", told: "1:1 unknown-statement", mended: "sleep 5s" },
    Mistake { wrong: "sleep 5", told: "1:7 duration-without-unit", mended: "sleep 5s" },
    Mistake { wrong: "sleep 500 ms", told: "1:11 space-before-unit", mended: "sleep 500ms" },
    Mistake { wrong: "run modem/identify", told: "1:5 text-without-quotes", mended: "run \"modem/identify\"" },
    Mistake {
        wrong: "AT+CGDCONT=1,\"IP\",\"super",
        told: "1:19 unclosed-quote",
        mended: "AT+CGDCONT=1,\"IP\",\"super\"",
    },
    Mistake {
        wrong: "AT+CGDCONT=1,“IP”,\"super\"", told: "1:14 smart-quote", mended: "AT+CGDCONT=1,\"IP\",\"super\""
    },
    Mistake {
        wrong: "AT+CSQ\n  capture rssi:integer",
        told: "2:16 unknown-type",
        mended: "AT+CSQ\n  capture rssi:int",
    },
    Mistake { wrong: "set x 5\nlog \"${x}\"", told: "1:7 missing-equals", mended: "set x = 5\nlog \"${x}\"" },
    Mistake { wrong: "print \"hello\"", told: "1:1 unknown-statement", mended: "log \"hello\"" },
    Mistake { wrong: "retry 5 {\n  AT+CREG?", told: "1:1 unclosed-block", mended: "retry 5 {\n  AT+CREG?\n}" },
    Mistake {
        wrong: "AT+CSQ\n  capture rssi:int\nif rssi = 99 {\n  fail \"no signal\"\n}",
        told: "3:9 assignment",
        mended: "AT+CSQ\n  capture rssi:int\nif rssi == 99 {\n  fail \"no signal\"\n}",
    },
];

#[test]
fn each_mistake_is_told_once_at_its_place_and_can_be_mended() {
    let mut failed = Vec::new();
    for mistake in MISTAKES {
        let found: Vec<String> = told(mistake.wrong, false)
            .iter()
            .map(|found| found.replace("hayes::check::", "").replace("hayes::syntax::", ""))
            .collect();
        if found != mistake.told.split('|').collect::<Vec<_>>() {
            failed.push(format!(
                "{}\n  wanted {}\n  found {:#?}",
                mistake.wrong,
                mistake.told,
                told(mistake.wrong, true)
            ));
        }
        let left = told(mistake.mended, true);
        if !left.is_empty() {
            failed.push(format!("{}\n  mended, but found {left:#?}", mistake.mended));
        }
    }
    assert!(failed.is_empty(), "{} mistakes:\n{}", failed.len(), failed.join("\n"));
    assert!(MISTAKES.len() >= 60);
    assert_nothing("");
}
