use super::{Bench, Modem, ended, ran};
use crate::runtime::Confirmed;

fn registering() -> Modem {
    Modem::new().on("AT+CREG?", "+CREG: 0,2|OK").on("AT+CREG?", "+CREG: 0,2|OK").on("AT+CREG?", "+CREG: 0,5|OK")
}

#[test]
fn retry_until_it_passes() {
    let script = "retry 5 every 2s {\n  AT+CREG?\n    capture _, stat:int\n  assert stat in [1, 5]\n  set tries = attempt\n}\nreport stat, tries\n";
    let ran = Bench::new().run(script, registering());
    assert_eq!((ran.ended(), ran.report()), ("passed".into(), "stat=5 tries=3".into()));
    assert_eq!(ran.times("AT+CREG?").iter().map(|time| time / 1000).collect::<Vec<_>>(), [0, 2, 4]);
    assert!(ran.heard("attempt 1 stat in [1, 5] does not hold: stat is 2"));
    assert!(ran.heard("pause 2000ms"));
}

#[test]
fn the_last_failure_is_the_cause() {
    let script = "retry 2 {\n  AT+CREG?\n    capture _, stat:int\n  assert stat == 1, \"try ${attempt}: ${stat}\"\n}\n";
    assert_eq!(ended(script, registering()), "assert 4:10 try 2: 2");
}

#[test]
fn the_pause_doubles_up_to_a_bound() {
    let script = "retry 6 every 1s up to 4s {\n  AT+X\n}\n";
    let ran = Bench::new().run(script, Modem::new());
    assert_eq!(ran.times("AT+X").iter().map(|time| time / 1000).collect::<Vec<_>>(), [0, 1, 3, 7, 11, 15]);
}

#[test]
fn retry_for_a_time() {
    let ran = Bench::new().run("retry for 10s every 4s {\n  AT+X\n}\n", Modem::new());
    assert_eq!(ran.times("AT+X").iter().map(|time| time / 1000).collect::<Vec<_>>(), [0, 4, 8, 10]);
    assert_eq!(ran.ended(), "unexpected-result 2:3 AT+X answered ERROR");
}

#[test]
fn the_else_of_a_retry_is_its_end() {
    let script = "retry 2 {\n  AT+CREG?\n    capture _, stat:int\n  assert stat == 1\n} else {\n  fail \"not registered: ${stat}\"\n}\n";
    let ran = Bench::new().run(script, registering());
    assert_eq!(ran.ended(), "fail 6:3 not registered: 2");
    assert_eq!(ran.failure().meaning.as_deref(), Some("the last attempt failed: stat == 1 does not hold: stat is 2"));
    let script = "retry 2 {\n  AT+X\n} else {\n  set why = error\n}\nreport why\n";
    assert_eq!(ran_report(script), "why=AT+X answered ERROR");
    // A name that no attempt has set does not hide the cause.
    let script = "retry 1 {\n  AT+X\n    capture stat\n} else {\n  fail \"stat ${stat}\"\n}\n";
    assert_eq!(ended(script, Modem::new()), "fail 5:3 stat (no value)");
}

fn ran_report(script: &str) -> String {
    let (ended, report) = ran(script, Modem::new());
    assert_eq!(ended, "passed");
    report
}

#[test]
fn a_retry_that_would_never_end_does() {
    let script = "retry for 3s {\n  assert 1 == 2\n}\n";
    assert!(ended(script, Modem::new()).starts_with("assert 2:"));
    assert_eq!(
        ended("set n = 0\nretry n {\n  AT\n}\n", Modem::new()),
        "value 2:1 a retry tries at least once, and this is 0"
    );
}

#[test]
fn try_takes_a_failure() {
    assert_eq!(ended("try {\n  AT+X\n}\nAT\n", Modem::new()), "passed");
    let script = "try {\n  AT+X\n  set a = 1\n} else {\n  set a = error\n}\nreport a\n";
    assert_eq!(ran_report(script), "a=AT+X answered ERROR");
    assert_eq!(ended("try {\n  AT+X\n} else {\n  fail \"really\"\n}\n", Modem::new()), "fail 4:3 really");
    assert_eq!(ended("try {\n  skip \"x\"\n} else {\n  fail \"really\"\n}\n", Modem::new()), "skipped: x");
}

#[test]
fn if_and_for() {
    let script = |n: i64| {
        format!(
            "set n = {n}\nif n == 1 {{\n  set w = \"one\"\n}} else if n == 2 {{\n  set w = \"two\"\n}} else {{\n  set w = \"many\"\n}}\nreport w\n"
        )
    };
    for (n, word) in [(1, "one"), (2, "two"), (3, "many")] {
        assert_eq!(ran_report(&script(n)), format!("w={word}"));
    }
    let script =
        "set sum = 0\nfor n in [1, 2, 3] {\n  for m in [10] {\n    set sum = sum + n * m\n  }\n}\nreport sum\n";
    assert_eq!(ran_report(script), "sum=60");
}

#[test]
fn assert_says_what_was_there() {
    let script = "set rssi = 99\nassert rssi != 99\n";
    assert_eq!(ended(script, Modem::new()), "assert 2:8 rssi != 99 does not hold: rssi is 99");
    let script = "set rssi = 99\nassert rssi != 99, \"no signal (${rssi}): check the antenna\"\n";
    assert_eq!(ended(script, Modem::new()), "assert 2:8 no signal (99): check the antenna");
}

#[test]
fn fail_skip_and_stop() {
    assert_eq!(ended("fail \"because\"\n", Modem::new()), "fail 1:1 because");
    assert_eq!(ended("skip \"nothing to do\"\nfail \"no\"\n", Modem::new()), "skipped: nothing to do");
    assert_eq!(ended("if true {\n  stop\n}\nfail \"no\"\n", Modem::new()), "passed");
}

#[test]
fn finally_runs_however_the_script_ends() {
    for (body, expected) in [
        ("AT", "passed"),
        ("AT+X", "unexpected-result 1:1 AT+X answered ERROR"),
        ("stop", "passed"),
        ("skip \"x\"", "skipped: x"),
        ("fail \"x\"", "fail 1:1 x"),
    ] {
        let ran = Bench::new().run(&format!("{body}\nfinally {{\n  AT+LAST\n}}\n"), Modem::new().on("AT+LAST", "OK"));
        assert_eq!(ran.ended(), expected);
        assert_eq!(ran.lines().last().map(String::as_str), Some("AT+LAST"), "{body}");
    }
    assert_eq!(ended("AT\nfinally {\n  AT+X\n}\n", Modem::new()), "unexpected-result 3:3 AT+X answered ERROR");
    // The first failure is the cause.
    assert_eq!(ended("fail \"first\"\nfinally {\n  fail \"second\"\n}\n", Modem::new()), "fail 1:1 first");
}

#[test]
fn confirm_asks_a_person() {
    let script = "confirm \"really?\"\nAT\n";
    let ran = Bench::new().answers(Confirmed::Yes).run(script, Modem::new());
    assert_eq!(ran.ended(), "passed");
    assert!(ran.heard("asked really? 0"));
    assert_eq!(Bench::new().yes().run(script, Modem::new()).ended(), "passed");
    let no = Bench::new().answers(Confirmed::No).run("try {\n  confirm \"really?\"\n}\nAT\n", Modem::new());
    assert_eq!(no.ended(), "confirm 2:3 not confirmed: really?");
    assert_eq!(no.bytes(), "");
    assert_eq!(ended(script, Modem::new()), "confirm 1:1 there is nobody to confirm: really?");
}

#[test]
fn an_interruption_of_a_question_is_no_and_finally_runs() {
    let script = "try {\n  confirm \"really?\"\n}\nAT\nfinally {\n  AT+LAST\n  confirm \"again?\"\n}\n";
    let ran = Bench::new().answers(Confirmed::Interrupted).run(script, Modem::new().on("AT+LAST", "OK"));
    assert_eq!(ran.ended(), "interrupted: interrupted 2:3 interrupted during `confirm`");
    assert_eq!(ran.bytes(), "AT+LAST\r");
    assert!(ran.heard("asked again? 1"), "the first interruption is heeded: {:?}", ran.events);
}

#[test]
fn log_is_told() {
    let ran = Bench::new().run("set n = 3\nlog \"n is ${n}\"\n", Modem::new());
    assert!(ran.heard("log n is 3"));
}

#[test]
fn the_course_of_a_run_is_told() {
    let modem = Modem::new().on("AT+CSQ", "+CSQ: 18,99|OK");
    let ran = Bench::new().run("AT+CSQ\n  capture rssi:int\nreport rssi\n", modem);
    let course: Vec<&str> = ran.events.iter().map(String::as_str).collect();
    assert_eq!(
        course,
        [
            "started test 0",
            "statement AT+CSQ",
            "waiting AT+CSQ 5000ms",
            "sent AT+CSQ\\r",
            "echo AT+CSQ",
            "response +CSQ: 18,99",
            "final OK OK",
            "exchange AT+CSQ true",
            "captured rssi=18",
            "statement report rssi",
            "reported rssi=18",
            "ended test 0 passed",
        ]
    );
}

#[test]
fn unsafe_lets_dangerous_commands_through() {
    let script = "unsafe \"a bench modem\" {\n  AT+X\n}\n";
    let ran = Bench::new().run(script, Modem::new().on("AT+X", "OK"));
    assert_eq!(ran.ended(), "passed");
    assert!(ran.heard("log unsafe: a bench modem"));
}

#[test]
fn the_name_of_a_for_gives_back_what_it_hid() {
    let script = "AT+X\n  capture cid\nfor cid in [1, 2] {\n  for cid in [3] {\n    log \"${cid}\"\n  }\n  log \"${cid}\"\n}\nlog \"${cid}\"\n";
    let ran = Bench::new().run(script, Modem::new().on("AT+X", "+X: first|OK"));
    let logged: Vec<&str> = ran.events.iter().filter_map(|event| event.strip_prefix("log ")).collect();
    assert_eq!((ran.ended().as_str(), logged), ("passed", vec!["3", "1", "3", "2", "first"]));
    assert_eq!(ran.report(), "cid=first");
}
