//! Scripts as a whole: what they are given, whom they call, lines typed one after the other, and the simulated modem.

use std::sync::Arc;

use super::{Modem, Notes, Ran, RunBench, conversation};
use crate::check::{self, Names};
use crate::port::{Cancel, Memory};
use crate::runtime::{Inputs, Interpreter, Silent, Status, run};
use crate::sim::{Options, Simulator};
use crate::source::Source;

#[test]
fn a_param_is_given_a_value_of_its_kind() {
    let bench = RunBench::default().script("inner", "param n:int\nparam t = \"x\"\nset got = t\n");
    for (given, told) in [
        ("n = flag", "value 2:22 `n` must be a number, and is given true"),
        ("n = list", "value 2:22 `n` must be a number, and is given the list [1]"),
        ("n = 1, t = list", "value 2:29 `t` must be a text, and is given the list [1]"),
        ("n = 1, t = 5s", "value 2:29 `t` must be a text, and is given the duration 5s"),
    ] {
        // Of what comes out of a list of unlike items nothing is known beforehand.
        let script = format!("set a = [true, [1], 5s]\nrun \"inner\" with {given}\n");
        let script = script.replace("flag", "a[0]").replace("list", "a[1]").replace("t = 5s", "t = a[2]");
        assert_eq!(bench.run(&script, Modem::new()).ended(), told);
    }
    let ran = bench.run("run \"inner\" with n = 1, t = 5 as r\nassert r.got == \"5\"\n", Modem::new());
    assert_eq!(ran.ended(), "passed");
}

#[test]
fn all_that_is_missing_or_wrong_is_told_before_anything_is_sent() {
    let script =
        "AT\nparam apn \"Access Point Name\"\nparam n:int\nsecret pin\nreport apn, n, pin\nfinally {\n  AT\n}\n";
    let ran = RunBench::default().variable("n", "many").run(script, Modem::new());
    assert_eq!(
        ran.ended(),
        "missing-param 2:7 `apn` has no value; `n` must be a number, and \"many\" was given; `pin` has no value"
    );
    assert_eq!(ran.bytes(), "");
    assert_eq!(
        ran.failure().diagnostic.help.as_deref(),
        Some(
            "give it on the command line: -V apn=… -V n=…; put a secret into HAYES_SECRET_pin, or into a file for --secrets-file"
        )
    );
    assert_eq!(ran.failure().diagnostic.labels.len(), 3);
}

#[test]
fn a_failure_in_a_called_script_says_who_called() {
    let bench = RunBench::default().script("inner", "AT\nAT+X\n").script("middle", "run \"inner\"\n");
    let ran = bench.run("AT\nrun \"middle\"\n", Modem::new());
    assert_eq!(ran.ended(), "unexpected-result 2:1 AT+X answered ERROR");
    let failure = ran.failure();
    assert_eq!(failure.diagnostic.source.name, "inner");
    let calls: Vec<&str> = failure.called_from.iter().map(|call| call.source.name.as_str()).collect();
    assert_eq!(calls, ["middle", "test"]);
}

#[test]
fn a_failure_shows_the_question_the_answer_and_both_places() {
    let ran = RunBench::default()
        .run("AT\nAT+CPIN?\n  expect \"+CPIN: READY\"\n", Modem::new().on("AT+CPIN?", "+CPIN: SIM PUK|OK"));
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
fn the_course_of_a_run_is_told() {
    let modem = Modem::new().on("AT+CSQ", "+CSQ: 18,99|OK");
    let ran = RunBench::default().run("AT+CSQ\n  capture rssi:int\nreport rssi\n", modem);
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

/// Lines typed one after the other, as in the REPL.
struct Typed {
    interpreter: Interpreter,
    conversation: crate::conversation::Conversation,
    names: Names,
    notes: Notes,
}

impl Typed {
    fn new(modem: Modem) -> Typed {
        let conversation = conversation(modem, &Cancel::new().unwrap());
        Typed {
            interpreter: Interpreter::new(Inputs::default()),
            conversation,
            names: Names::default(),
            notes: Notes::default(),
        }
    }

    fn line(&mut self, text: &str) -> Status {
        let (checked, names) = check::check_more(&Source::new("repl", text), &check::NoScripts, &self.names);
        let program = checked.program.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics));
        let outcome = self.interpreter.execute(&program, &mut self.conversation, &mut self.notes);
        if outcome.status == Status::Passed {
            self.names = names;
        }
        outcome.status
    }

    fn variables(&self) -> String {
        let variables = self.interpreter.variables();
        variables.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn a_typed_line_is_a_transaction() {
    let mut typed = Typed::new(Modem::new().on("AT+CSQ", "+CSQ: 18,99|OK"));
    assert_eq!(typed.line("set x = 1"), Status::Passed);
    assert_eq!(typed.line("AT+CSQ\n  capture rssi:int"), Status::Passed);
    assert_eq!(typed.variables(), "x=1 rssi=18");
    assert_eq!(typed.line("set x = 2\nset y = 3\nfail \"no\""), Status::Failed);
    assert_eq!(typed.variables(), "x=1 rssi=18");
    assert_eq!(typed.line("set x = x + rssi"), Status::Passed);
    assert_eq!(typed.variables(), "x=19 rssi=18");
}

#[test]
fn clauses_may_follow_their_question() {
    let mut typed = Typed::new(Modem::new().on("AT+CSQ", "+CSQ: 18,99|OK"));
    assert_eq!(typed.line("AT+CSQ"), Status::Passed);
    let source = Source::new("repl", "AT+CSQ\n  capture rssi:int\n");
    let program = check::check(&source, &check::NoScripts).program.unwrap();
    let outcome = typed.interpreter.follow(&program, &mut typed.conversation, &mut typed.notes);
    assert_eq!(outcome.status, Status::Passed);
    assert_eq!(typed.variables(), "rssi=18");
    assert_eq!(typed.notes.events.iter().filter(|event| event.starts_with("sent")).count(), 1);
    let source = Source::new("repl", "AT+CSQ\n  expect \"+CSQ: 99\"\n");
    let program = check::check(&source, &check::NoScripts).program.unwrap();
    assert_eq!(typed.interpreter.follow(&program, &mut typed.conversation, &mut typed.notes).status, Status::Failed);
}

#[test]
fn a_typed_abort_holds_for_the_lines_behind_it() {
    let mut typed = Typed::new(Modem::new().on("AT+CPIN?", "+CPIN: SIM PUK|OK"));
    assert_eq!(typed.line("abort on /PUK/"), Status::Passed);
    assert_eq!(typed.line("AT+CPIN?"), Status::Failed);
}

#[test]
fn programs_are_shared_by_threads() {
    let bench = RunBench::default();
    let program = bench.program("AT\n");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let program = Arc::clone(&program);
            scope.spawn(move || {
                let mut conversation = conversation(Modem::new(), &Cancel::new().unwrap());
                let outcome = run(&program, &mut conversation, &Inputs::default(), &mut Silent);
                assert_eq!(outcome.status, Status::Passed);
            });
        }
    });
}

/// As the language's own description has it: identity, APN, roaming, registration, signal, an SMS.
const SETUP: &str = include_str!("setup.hayes");

fn on(query: &str, bench: &RunBench, script: &str) -> Ran {
    let (model, options) = query.split_once('?').unwrap_or((query, ""));
    let simulator = Simulator::new(model, Options::parse(options).unwrap()).unwrap();
    let port = Memory::in_virtual_time(simulator, &Cancel::new().unwrap());
    bench.run_on(script, Box::new(port))
}

fn setup(query: &str) -> String {
    let ran = on(query, &RunBench::default(), SETUP);
    format!("{} {}", ran.ended(), ran.report())
}

#[test]
fn one_script_sets_up_every_model() {
    for model in ["generic", "bg96", "lara-r211", "sim7080g"] {
        let ran = on(model, &RunBench::default(), SETUP);
        assert_eq!(ran.ended(), "passed", "{model}");
        assert!(ran.report().contains("luhn=true stat=5 networks="), "{model}: {}", ran.report());
    }
}

#[test]
fn a_second_run_changes_nothing_and_a_plan_tells_what_the_first_would() {
    let simulator = Simulator::new("bg96", Options::default()).unwrap();
    let port = Memory::in_virtual_time(simulator, &Cancel::new().unwrap());
    let mut conversation = crate::conversation::Conversation::new(Box::new(port), &crate::catalogue::Catalogue);
    let mut run = |bench: RunBench| bench.run_in(SETUP, &mut conversation);
    let plan = run(RunBench::default().given("plan"));
    assert_eq!((plan.status.name(), plan.changed, plan.unchanged), ("passed", 2, 0));
    let first = run(RunBench::default());
    assert_eq!((first.status.name(), first.changed, first.unchanged), ("passed", 2, 0));
    let second = run(RunBench::default());
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
        ("bg96?sim=absent", "unexpected-result 3:1 AT+CPIN? answered +CME ERROR: SIM not inserted"),
        ("bg96?sim=puk", "no-match 4:3 AT+CPIN? answered +CPIN: SIM PUK (wants its PUK and a new PIN)"),
        ("bg96?pin=1234", "no-match 4:3 AT+CPIN? answered +CPIN: SIM PIN (wants its PIN)"),
        ("bg96?register=never", "fail 24:3 not registered: +CREG status 2"),
        ("bg96?register=denied", "fail 24:3 not registered: +CREG status 3"),
        ("bg96?fault=cme:10:CPIN?", "unexpected-result 3:1 AT+CPIN? answered +CME ERROR: SIM not inserted"),
        ("bg96?fault=silence:3", "timeout 5:1 AT+CGMM was echoed and not answered"),
        ("bg96?fault=lost:CGMM", "timeout 5:1 AT+CGMM was echoed and not answered"),
        ("bg96?fault=prompt:CSQ", "unexpected-prompt 28:1 AT+CSQ asked for data"),
        ("bg96?fault=hang-at-prompt", "timeout 32:1 "),
        ("bg96?fault=unplug:3", "unreachable: lost 5:1 "),
        ("bg96?fault=unplug-in-line:4", "unreachable: lost 7:1 "),
    ] {
        let ended = on(query, &RunBench::default(), SETUP).ended();
        assert!(ended.starts_with(failure), "{query}: {ended}");
    }
}

#[test]
fn an_sms_is_awaited_and_read() {
    let script = "AT+CMGF=1\nAT+CPMS=\"SM\",\"SM\",\"SM\"\nAT+CNMI=2,1,0,0,0\nawait \"+CMTI:\" within 60s\n  capture _, index:int\n\
                  AT+CMGR=${index}\n  capture status, from\nreport index, from, text = response[1]\n";
    let ran = on("bg96?sms=OK&incoming=20s", &RunBench::default(), script);
    assert_eq!(ran.ended(), "passed");
    assert!(ran.report().ends_with("from=000 text=OK"), "{}", ran.report());
}

#[test]
fn a_reboot_goes_away_and_comes_back() {
    let script =
        "AT+CSQ\nreboot AT+CFUN=1,1 within 90s\nretry 20 every 1s {\n  AT+CPIN?\n    expect \"+CPIN: READY\"\n}\n";
    for query in ["bg96", "bg96?usb=on", "lara-r211"] {
        let ran = on(query, &RunBench::default(), script);
        assert_eq!(ran.ended(), "passed", "{query}");
    }
    assert!(
        on("bg96?usb=on", &RunBench::default(), "AT+CFUN=1,1\nsleep 2s\nAT\n")
            .ended()
            .starts_with("unreachable: lost ")
    );
}
