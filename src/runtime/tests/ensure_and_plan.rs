use super::{Bench, Modem};

const SET_APN: &str =
    "ensure AT+CGDCONT? answers '+CGDCONT: 1,\"IP\",\"super\"' else {\n  AT+CGDCONT=1,\"IP\",\"super\"\n}\n";

fn modem(before: &str, after: &str) -> Modem {
    Modem::new()
        .on("AT+CGDCONT?", &format!("{before}|OK"))
        .on("AT+CGDCONT?", &format!("{after}|OK"))
        .on("AT+CGDCONT=1,\"IP\",\"super\"", "OK")
}

const RIGHT: &str = "+CGDCONT: 1,\"IP\",\"super\",\"0.0.0.0\",0,0";
const WRONG: &str = "+CGDCONT: 1,\"IP\",\"other\",\"0.0.0.0\",0,0";

#[test]
fn ensure_changes_only_what_differs() {
    let ran = Bench::new().run(SET_APN, modem(RIGHT, RIGHT));
    assert_eq!(ran.ended(), "passed");
    assert_eq!((ran.outcome.changed, ran.outcome.unchanged), (0, 1));
    assert_eq!(ran.lines(), ["AT+CGDCONT?"]);
    assert!(ran.heard("ensured AT+CGDCONT? Unchanged"));

    let ran = Bench::new().run(SET_APN, modem(WRONG, RIGHT));
    assert_eq!(ran.ended(), "passed");
    assert_eq!((ran.outcome.changed, ran.outcome.unchanged), (1, 0));
    assert_eq!(ran.lines(), ["AT+CGDCONT?", "AT+CGDCONT=1,\"IP\",\"super\"", "AT+CGDCONT?"]);
    assert!(ran.heard("ensured AT+CGDCONT? Changed"));
}

#[test]
fn ensure_asks_again() {
    let ran = Bench::new().run(SET_APN, modem(WRONG, WRONG));
    assert_eq!(
        ran.ended(),
        format!("ensure-unchanged 1:8 AT+CGDCONT? still answers {WRONG}, expected '+CGDCONT: 1,\"IP\",\"super\"'")
    );
    assert_eq!(ran.outcome.changed, 0);
}

#[test]
fn a_question_that_is_refused_tells_nothing() {
    let ran = Bench::new().run(SET_APN, Modem::new());
    assert_eq!(ran.ended(), "unexpected-result 1:8 AT+CGDCONT? answered ERROR");
    assert_eq!(ran.lines(), ["AT+CGDCONT?"]);
}

#[test]
fn a_plan_changes_nothing() {
    let ran = Bench::new().plan().run(SET_APN, modem(WRONG, RIGHT));
    assert_eq!(ran.ended(), "passed");
    assert_eq!((ran.outcome.changed, ran.outcome.unchanged), (1, 0));
    assert_eq!(ran.lines(), ["AT+CGDCONT?"]);
    assert!(ran.heard("ensured AT+CGDCONT? WouldChange"));
    assert!(ran.heard("plan would send AT+CGDCONT=1,\"IP\",\"super\""));
}

#[test]
fn a_plan_ends_where_it_cannot_tell_further() {
    let script = "set reference = 0\nAT+CMGS=\"2936\"\n  prompt reply \"hi\"\n  capture reference:int\nlog \"${reference}\"\nassert reference > 0\nAT+NEVER\n";
    let ran = Bench::new().plan().run(script, Modem::new());
    assert_eq!(ran.ended(), "passed");
    assert_eq!(ran.bytes(), "");
    assert!(ran.heard("plan the plan ends here: line 6 of test depends on what was left out"));
    let ran = Bench::new().plan().run("AT+CFUN=1\nawait \"+CPIN: READY\" within 20s\nAT\n", Modem::new());
    assert_eq!((ran.ended().as_str(), ran.lines().len()), ("passed", 0));
    assert!(ran.heard("plan the plan ends here: it waits"));
}

#[test]
fn a_plan_does_not_reboot_ask_or_touch_the_port() {
    let script = "confirm \"sure?\"\nport dtr off\nsend raw \"+++\"\nsend \"hello\"\nreboot AT+CFUN=1,1\n";
    let ran = Bench::new().plan().run(script, Modem::new());
    assert_eq!((ran.ended(), ran.bytes()), ("passed".into(), String::new()));
    assert!(ran.controls().is_empty());
    for note in [
        "would ask: sure?",
        "would do: port dtr off",
        "would send +++",
        "would send hello",
        "would reboot the modem by AT+CFUN=1,1",
    ] {
        assert!(ran.heard(&format!("plan {note}")), "{note}: {:#?}", ran.events);
    }
}

#[test]
fn a_plan_tells_what_the_attempts_would_send() {
    let block = "  set tries = 1\n  AT+CFUN=4\n  retry 2 {\n    try {\n      AT+CGACT=0,1\n    }\n    AT+X=1\n  }\n";
    let script = format!("ensure AT+X? answers \"+X: 1\" else {{\n{block}}}\n");
    let ran = Bench::new().plan().run(&script, Modem::new().on("AT+X?", "+X: 0\nOK"));
    let notes: Vec<&str> = ran.events.iter().filter_map(|event| event.strip_prefix("plan ")).collect();
    assert_eq!(notes, ["would send AT+CFUN=4", "would send AT+CGACT=0,1", "would send AT+X=1"]);
}

#[test]
fn a_failure_in_a_plan_that_left_nothing_out_is_one() {
    assert_eq!(
        Bench::new().plan().run("AT+CREG?\n", Modem::new()).ended(),
        "unexpected-result 1:1 AT+CREG? answered ERROR"
    );
}

#[test]
fn a_plan_sends_no_question_that_sets() {
    let script = "set value = \"0\"\nensure AT+NOSUCH=${value} answers \"+NOSUCH: 0\" else {\n  AT+NOSUCH=1\n}\n";
    let ran = Bench::new().plan().run(script, Modem::new());
    assert_eq!((ran.ended().as_str(), ran.bytes().as_str()), ("passed", ""));
    let notes: Vec<&str> = ran.events.iter().filter_map(|event| event.strip_prefix("plan ")).collect();
    assert_eq!(notes, ["would send AT+NOSUCH=0", "unless it answers \"+NOSUCH: 0\":", "  would send AT+NOSUCH=1"]);
    let ran =
        Bench::new().plan().run("ATS0=1\nATS3=13\nATS0?\n", Modem::new().on("ATS3=13", "OK").on("ATS0?", "000|OK"));
    assert_eq!(ran.lines(), ["ATS3=13", "ATS0?"]);
    assert!(ran.heard("plan would send ATS0=1"));
}

#[test]
fn a_plan_goes_down_into_blocks() {
    let script = "set cid = 7\nensure AT+CGDCONT? answers \"+CGDCONT: 1\" else {\n  for cid in [1, 2] {\n    AT+CGDCONT=${cid}\n  }\n  \
                  try {\n    AT+CGACT=0,${cid}\n  } else {\n    log \"no\"\n  }\n  if cid == 7 {\n    AT+CFUN=0\n  } else if cid == 8 {\n    \
                  stop\n  } else {\n    retry 3 every 1s {\n      AT+CFUN=1\n    }\n  }\n  set cid = 8\n  AT+CGACT=1,${cid}\n}\n";
    let ran = Bench::new().plan().run(script, Modem::new().on("AT+CGDCONT?", "OK"));
    let notes: Vec<&str> = ran.events.iter().filter_map(|event| event.strip_prefix("plan ")).collect();
    assert_eq!(
        notes,
        [
            "for cid in [1, 2]:",
            "  would send AT+CGDCONT=${cid}",
            "would send AT+CGACT=0,7",
            "if that fails:",
            "  would do: log \"no\"",
            "if cid == 7:",
            "  would send AT+CFUN=0",
            "else if cid == 8:",
            "  would do: stop",
            "else:",
            "  would send AT+CFUN=1",
            "would send AT+CGACT=1,${cid}",
        ]
    );
}
