use super::{Bench, Modem, ended, ran};

fn csq() -> Modem {
    Modem::new().on("AT+CSQ", "+CSQ: 18,99|OK")
}

#[test]
fn a_list_of_commands_is_a_script() {
    let modem = csq().on("ATE0", "OK").on("AT+CREG?", "+CREG: 0,1|OK");
    let ran = Bench::new().run("AT\nATE0\nAT+CSQ\nsend AT+CREG?\n", modem);
    assert_eq!(ran.ended(), "passed");
    assert_eq!(ran.outcome.exchanges, 4);
    assert_eq!(ran.lines(), ["AT", "ATE0", "AT+CSQ", "AT+CREG?"]);
    assert_eq!(ran.bytes(), "AT\rATE0\rAT+CSQ\rAT+CREG?\r");
}

#[test]
fn capture_binds_parameters_in_order() {
    assert_eq!(ran("AT+CSQ\n  capture rssi:int, ber:int\n", csq()), ("passed".into(), "rssi=18 ber=99".into()));
    let modem = Modem::new().on("AT+CREG?", "+CREG: 2,5,\"2CF7\",\"8A5A782\",6|OK");
    let script = "AT+CREG?\n  capture _, stat:int, lac:hex, cell, act:int?, more?\n";
    assert_eq!(ran(script, modem).1, "stat=5 lac=11511 cell=8A5A782 act=6 more=");
}

#[test]
fn capture_says_what_is_missing_and_what_does_not_convert() {
    let script = "AT+CSQ\n  capture rssi:int, ber:int, third\n";
    assert_eq!(ended(script, csq()), "capture-missing 2:3 +CSQ: 18,99 has no parameter 3");
    let modem = Modem::new().on("AT+CSQ", "+CSQ: strong,99|OK");
    assert_eq!(
        ended("AT+CSQ\n  capture rssi:int\n", modem),
        "capture-convert 2:3 `rssi` is to be a decimal number, and is \"strong\" in +CSQ: strong,99"
    );
    let modem = Modem::new().on("AT+CSQ", "OK");
    assert_eq!(
        ended("AT+CSQ\n  capture rssi\n", modem),
        "capture-missing 2:3 AT+CSQ answered only OK: there is nothing to capture"
    );
}

#[test]
fn a_capture_that_fails_changes_no_name() {
    let script = "set rssi = 7\ntry {\n  AT+CSQ\n    capture rssi:int\n    capture _, _, third\n}\nreport rssi\n";
    assert_eq!(ran(script, csq()), ("passed".into(), "rssi=7".into()));
}

#[test]
fn capture_all_makes_records() {
    let modem = Modem::new().on("AT+CGDCONT?", "+CGDCONT: 1,\"IP\",\"super\"|+CGDCONT: 2,\"IPV6\",\"ims\"|OK");
    let script = "AT+CGDCONT?\n  capture all cid:int, type, apn as contexts\n\
                  set names = \"\"\nfor context in contexts {\n  set names = \"${names}${context.cid}:${context.apn} \"\n}\n\
                  report names, count = len(contexts), first = contexts[0].apn\n";
    assert_eq!(ran(script, modem).1, "names=1:super 2:ims  count=2 first=super");
}

#[test]
fn capture_by_patterns() {
    let modem =
        || Modem::new().on("AT+QENG=\"servingcell\"", "+QENG: \"servingcell\",\"NOCONN\",\"LTE\"|RSSI: -73 dBm|OK");
    let script = "AT+QENG=\"servingcell\"\n  capture '+QENG: {_},{state},{rat}'\n  capture /RSSI: (?<rssi>-?\\d+)/\n";
    assert_eq!(ran(script, modem()).1, "state=NOCONN rat=LTE rssi=-73");
    let script = "AT+QENG=\"servingcell\"\n  capture \"+NONE: {a:int}\" or '+QENG: {_},{b}'\nreport a, b\n";
    assert_eq!(ran(script, modem()).1, "a= b=NOCONN");
    let script = "AT+QENG=\"servingcell\"\n  capture \"+NONE: {a:int}\"\n";
    assert_eq!(
        ended(script, modem()),
        "no-match 2:3 AT+QENG=\"servingcell\" answered 2 lines, none of them \"+NONE: {a:int}\""
    );
}

#[test]
fn an_ok_is_nothing_to_capture() {
    let modem = || Modem::new().on("AT+CGMI", "OK").on("ATD123", "CONNECT 115200");
    assert!(ended("AT+CGMI\n  capture /(?<maker>.+)/\n", modem()).starts_with("no-match 2:3 "));
    assert_eq!(ran("ATD123\n  capture \"CONNECT {speed:int}\"\n", modem()).1, "speed=115200");
}

#[test]
fn an_answer_must_end_well() {
    let modem = || Modem::new().on("AT+CPIN?", "+CME ERROR: 10");
    assert_eq!(
        ended("AT+CPIN?\n", modem()),
        "unexpected-result 1:1 AT+CPIN? answered +CME ERROR: 10 (SIM not inserted)"
    );
    assert_eq!(
        ended("AT+CPIN?\n  expect \"+CPIN: READY\"\n", modem()),
        "unexpected-result 1:1 AT+CPIN? answered +CME ERROR: 10 (SIM not inserted), expected \"+CPIN: READY\""
    );
    assert_eq!(ended("AT+NONE\n", Modem::new()), "unexpected-result 1:1 AT+NONE answered ERROR");
}

#[test]
fn a_refused_command_with_ok_in_its_echo_is_refused() {
    assert_eq!(
        ended("AT+CGDCONT=1,\"IP\",\"OK\"\n", Modem::new()),
        "unexpected-result 1:1 AT+CGDCONT=1,\"IP\",\"OK\" answered ERROR"
    );
}

#[test]
fn expect_wants_a_line_or_the_final_result_code() {
    let modem = || Modem::new().on("AT+CPIN?", "+CPIN: SIM PUK|OK").on("AT+X", "+CME ERROR: 10");
    assert_eq!(ended("AT+CPIN?\n  expect OK\n  expect \"+CPIN: SIM PUK\"\n", modem()), "passed");
    assert_eq!(
        ended("AT+CPIN?\n  expect \"+CPIN: READY\"\n", modem()),
        "no-match 2:3 AT+CPIN? answered +CPIN: SIM PUK (wants its PUK and a new PIN), expected \"+CPIN: READY\""
    );
    assert_eq!(ended("AT+CPIN?\n  expect \"+CPIN: READY\" or /PUK/\n", modem()), "passed");
    assert_eq!(ended("AT+X\n  expect ERROR\n", modem()), "passed");
    assert_eq!(ended("AT+X\n  expect \"+CME ERROR: 10\"\n", modem()), "passed");
    assert_eq!(
        ended("AT+X\n  expect OK or \"+CME ERROR: 1\"\n", modem()),
        "unexpected-result 1:1 AT+X answered +CME ERROR: 10 (SIM not inserted), expected OK or \"+CME ERROR: 1\""
    );
    assert_eq!(
        ended("AT+CPIN?\n  expect ERROR\n", modem()),
        "no-match 2:3 AT+CPIN? answered +CPIN: SIM PUK (wants its PUK and a new PIN), expected ERROR"
    );
}

#[test]
fn a_failure_shows_the_question_the_answer_and_both_places() {
    let ran =
        Bench::new().run("AT\nAT+CPIN?\n  expect \"+CPIN: READY\"\n", Modem::new().on("AT+CPIN?", "+CPIN: SIM PUK|OK"));
    let failure = ran.failure();
    assert_eq!(failure.sent.as_deref(), Some("AT+CPIN?"));
    assert_eq!(failure.answer, ["+CPIN: SIM PUK"]);
    assert_eq!(failure.result.as_deref(), Some("OK"));
    let labels: Vec<(usize, &str)> = failure
        .diagnostic
        .labels
        .iter()
        .map(|label| (failure.diagnostic.source.position(label.span.start as usize).line, label.text.as_str()))
        .collect();
    assert_eq!(labels, [(3, "expected this"), (2, "answered +CPIN: SIM PUK (wants its PUK and a new PIN)")]);
    assert!(ran.heard("exchange AT+CPIN? false"));
}

#[test]
fn a_value_in_a_pattern_is_shown() {
    let modem = Modem::new().on("AT+CGDCONT?", "+CGDCONT: 1,\"IP\",\"other\"|OK");
    assert_eq!(
        ended("set apn = \"super\"\nAT+CGDCONT?\n  expect '+CGDCONT: 1,\"IP\",\"${apn}\"'\n", modem),
        "no-match 3:3 AT+CGDCONT? answered +CGDCONT: 1,\"IP\",\"other\", expected \"+CGDCONT: 1,\"IP\",\"super\"\""
    );
}

#[test]
fn silence_says_what_it_may_be() {
    let ran = Bench::new().run("AT+CSQ\n", Modem::new().without_echo().on("AT+CSQ", ""));
    assert_eq!(ran.ended(), "timeout 1:1 AT+CSQ was not answered in 5s: not a byte came");
    assert!(ran.failure().diagnostic.help.as_ref().unwrap().contains("ATQ1"));
    assert_eq!(
        ended("AT+CSQ\n", Modem::new().on("AT+CSQ", "")),
        "timeout 1:1 AT+CSQ was echoed and not answered in 5s"
    );
    assert_eq!(
        ended("AT+CSQ within 2s\n", Modem::new().on("AT+CSQ", "+CSQ: 1,1")),
        "timeout 1:1 AT+CSQ was answered without an end in 2s: no final result code came"
    );
}

#[test]
fn timeouts() {
    let slow = || Modem::new().after(7000, "AT+X", "OK");
    assert!(ended("AT+X\n", slow()).starts_with("timeout"));
    assert_eq!(ended("AT+X within 8s\n", slow()), "passed");
    assert_eq!(ended("timeout 8s\nAT+X\n", slow()), "passed");
    let mut bench = Bench::new();
    bench.inputs.timeout_scale = 2.0;
    assert_eq!(bench.run("AT+X\n", slow()).ended(), "passed");
    assert!(bench.run("AT+X within 3s\n", slow()).ended().starts_with("timeout"));
}

#[test]
fn expect_nothing() {
    let modem = || Modem::new().without_echo().on("AT", "").on("AT+OFF", "OK");
    assert_eq!(ended("AT\n  expect nothing within 2s\n", modem()), "passed");
    assert_eq!(
        ended("AT+OFF\n  expect nothing within 2s\n", modem()),
        "silence-broken 2:3 OK came after AT+OFF, expected nothing for 2s"
    );
}

#[test]
fn a_text_that_is_no_command_waits_for_nothing_or_for_its_line() {
    let modem = || Modem::new().without_echo().on("root", "Password:").after(300, "hello", "noise|welcome 7");
    let ran = Bench::new().run("send \"root\"\n", modem());
    assert_eq!((ran.ended().as_str(), ran.bytes().as_str()), ("passed", "root\r"));
    assert_eq!(super::ran("send \"hello\"\n  expect \"welcome\"\n  capture \"welcome {n:int}\"\n", modem()).1, "n=7");
    assert!(ended("send \"hello\"\n  expect \"goodbye\"\n", modem()).starts_with("timeout 1:"));
    let ran = Bench::new().run("send raw \"+++\"\nsend \"AT\"\n", modem().on("+++AT", "OK"));
    assert_eq!((ran.ended().as_str(), ran.bytes().as_str()), ("passed", "+++AT\r"));
}

#[test]
fn a_prompt_is_answered() {
    let modem = || {
        Modem::new()
            .on("AT+CMGF=1", "OK")
            .on("AT+CMGS=\"2936\"", "> ")
            .on("hi there\u{1a}", "+CMGS: 12|OK")
            .on("hi there", "+CMGS: 13|OK")
            .on("\u{1b}", "OK")
    };
    let script = "AT+CMGS=\"2936\"\n  prompt reply \"hi there\"\n  capture reference:int\n";
    let ran = Bench::new().run(script, modem());
    assert_eq!((ran.ended(), ran.report()), ("passed".into(), "reference=12".into()));
    assert_eq!(ran.bytes(), "AT+CMGS=\"2936\"\rhi there\u{1a}");
    let ran = Bench::new().run("AT+CMGS=\"2936\"\n  prompt cancel\n", modem());
    assert_eq!((ran.ended().as_str(), ran.bytes().as_str()), ("passed", "AT+CMGS=\"2936\"\r\u{1b}"));
}

#[test]
fn a_prompt_that_nothing_answers_is_cancelled() {
    let modem = Modem::new().on("AT+XSEND=1", "> ").on("\u{1b}", "OK");
    let ran = Bench::new().run("AT+XSEND=1\n", modem);
    assert_eq!(ran.ended(), "unexpected-prompt 1:1 AT+XSEND=1 asked for data (`>`), and nothing is said about that");
    assert!(ran.bytes().contains('\u{1b}'));
}

#[test]
fn a_command_that_should_ask_and_does_not() {
    let modem = Modem::new().on("AT+CMGS=\"2936\"", "OK");
    assert!(ended("AT+CMGS=\"2936\"\n  prompt reply \"x\"\n", modem).starts_with("no-prompt 1:1 "));
    let modem = Modem::new().on("AT+CMGS=\"2936\"", "+CMS ERROR: 302");
    assert!(ended("AT+CMGS=\"2936\"\n  prompt reply \"x\"\n", modem).starts_with("unexpected-result 1:1 "));
}

#[test]
fn a_reply_holds_nothing_that_ends_it() {
    let bench = Bench::new().variable("text", "a\u{1a}b");
    let ran = bench.run("param text\nAT+CMGS=\"1\"\n  prompt reply text\n", Modem::new());
    assert_eq!(ran.ended(), "injection 3:16 the reply to a prompt may not hold Ctrl-Z (0x1A), which would end it");
    assert_eq!(ran.bytes(), "");
}

#[test]
fn a_value_cannot_break_out_of_a_command() {
    let refused = |value: &str, command: &str| {
        let ran = Bench::new().variable("v", value).run(&format!("param v\n{command}\n"), Modem::new());
        assert_eq!(ran.bytes(), "", "{value:?} in {command}");
        ran.ended()
    };
    let quoted = "AT+CGDCONT=1,\"IP\",\"${v}\"";
    for value in ["a\rATD112", "a\nb", "a\u{1a}", "\u{1b}", "\0"] {
        assert!(refused(value, quoted).starts_with("injection 2:"), "{value:?}");
        assert!(refused(value, "AT+CFUN=${v}").starts_with("injection 2:"), "{value:?}");
        assert!(refused(value, "send \"x ${v}\"").starts_with("injection 2:"), "{value:?}");
    }
    assert_eq!(
        refused("a\",\"b", quoted),
        "injection 2:22 `v` may not hold a double quote: it would end the quoted parameter"
    );
    assert_eq!(
        refused("1;+CFUN=0", "AT+CFUN=${v}"),
        "injection 2:11 `v` may not hold a `;`: it would begin another command"
    );
    assert!(refused("\"", "AT+X=${v},\"a;b\"").ends_with("a double quote that it does not close"));
}

#[test]
fn a_value_begins_no_command_without_a_semicolon_either() {
    let refused = |value: &str, command: &str| {
        let ran = Bench::new().variable("v", value).run(&format!("param v\n{command}\n"), Modem::new());
        assert_eq!(ran.bytes(), "", "{value:?} in {command}");
        ran.ended()
    };
    assert_eq!(refused("0+CFUN=0", "ATE${v}"), "injection 2:1 `ATE${v}` may not hold what begins another command");
    assert!(refused("0Z", "ATE${v}").starts_with("injection "));
    assert!(refused("a\\", "AT+CGDCONT=1,\"IP\",\"${v}\"").contains("a backslash at its end"));
    let sent = |value: &str, command: &str| {
        Bench::new().variable("v", value).run(&format!("param v\n{command}\n"), Modem::new()).bytes()
    };
    assert_eq!(sent("0", "ATE${v}"), "ATE0\r");
    assert_eq!(sent("+49123", "ATD${v}"), "ATD+49123\r");
    assert_eq!(sent("CGREG", "AT+${v}?"), "AT+CGREG?\r");
}

#[test]
fn what_is_harmless_in_a_command_is_sent() {
    let sent = |value: &str, command: &str| {
        Bench::new().variable("v", value).run(&format!("param v\n{command}\n"), Modem::new()).bytes()
    };
    assert_eq!(sent("a;b,c d", "AT+CGDCONT=1,\"IP\",\"${v}\""), "AT+CGDCONT=1,\"IP\",\"a;b,c d\"\r");
    assert_eq!(sent("\"a;b\"", "AT+QCFG=${v}"), "AT+QCFG=\"a;b\"\r");
    assert_eq!(sent("1", "AT+X=\"a;b\",${v}"), "AT+X=\"a;b\",1\r");
}

#[test]
fn a_lost_port_ends_the_script() {
    let script = "try {\n  AT+CSQ\n}\nretry 3 {\n  AT+CSQ\n}\n";
    let ran = Bench::new().run(script, Modem::new().unplugged_by("AT+CSQ", None));
    assert_eq!(ran.ended(), "unreachable: lost 2:3 the port was lost during AT+CSQ: unplugged");
    assert_eq!(ran.lines(), ["AT+CSQ"]);
}

#[test]
fn response_result_and_elapsed() {
    let modem = Modem::new().after(1500, "AT+CSQ", "+CSQ: 18,99|OK").on("AT+X", "+CME ERROR: 30");
    let script = "AT+CSQ\nreport a = response, b = result, c = elapsed >= 1500ms and elapsed < 2s\n\
                  AT+X\n  expect ERROR\nreport d = result, e = len(response)\n";
    assert_eq!(ran(script, modem).1, "a=[\"+CSQ: 18,99\"] b=OK c=true d=+CME ERROR: 30 e=0");
}

#[test]
fn a_late_answer_is_not_taken_for_a_later_one() {
    let modem = Modem::new().after(6000, "AT+SLOW", "+SLOW: 1|OK").on("AT+CSQ", "+CSQ: 18,99|OK");
    let script = "try {\n  AT+SLOW\n}\nAT+CSQ\n  capture rssi:int\n";
    let ran = Bench::new().run(script, modem);
    assert_eq!((ran.ended(), ran.report()), ("passed".into(), "rssi=18".into()));
}
