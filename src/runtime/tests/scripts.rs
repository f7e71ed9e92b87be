use std::sync::Arc;

use super::{Bench, Modem, Notes, conversation};
use crate::check::{self, Names};
use crate::port::Cancel;
use crate::runtime::{Inputs, Interpreter, Status};
use crate::source::Source;

#[test]
fn params_take_what_is_given_and_else_their_default() {
    let script =
        "param apn = \"super\" \"Access Point Name\"\nparam n:int = 7\nparam cell:hex = 0\nreport apn, n, cell\n";
    assert_eq!(Bench::new().run(script, Modem::new()).report(), "apn=super n=7 cell=0");
    let bench = Bench::new().variable("apn", "x").variable("n", "8").variable("cell", "1F");
    assert_eq!(bench.run(script, Modem::new()).report(), "apn=x n=8 cell=31");
}

#[test]
fn a_param_is_given_a_value_of_its_kind() {
    let bench = Bench::new().script("inner", "param n:int\nparam t = \"x\"\nset got = t\n");
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
    let ran = Bench::new().variable("n", "many").run(script, Modem::new());
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
fn report_names_the_columns_and_else_all_captures_are() {
    let modem = || Modem::new().on("AT+CSQ", "+CSQ: 18,99|OK");
    let capture = "AT+CSQ\n  capture rssi:int, ber:int\nset x = 1\n";
    assert_eq!(Bench::new().run(capture, modem()).report(), "rssi=18 ber=99");
    let ran = Bench::new().run(&format!("{capture}report signal = dbm(rssi)\nreport ber, signal = 1\n"), modem());
    assert_eq!(ran.report(), "signal=1 ber=99");
}

const IDENTIFY: &str =
    "param prefix = \"\"\nAT+CGMM\n  capture model\nset family = \"${prefix}${model}\"\nreport model\n";

#[test]
fn run_gives_back_a_record() {
    let modem = Modem::new().on("AT+CGMM", "BG96|OK");
    let bench = Bench::new().script("modem/identify", IDENTIFY);
    let script = "run \"modem/identify\" with prefix = \"Quectel \" as modem\nreport modem.model, f = modem.family\n";
    let ran = bench.run(script, modem);
    assert_eq!((ran.ended(), ran.report()), ("passed".into(), "model=BG96 f=Quectel BG96".into()));
    assert!(ran.heard("started modem/identify 1"));
    assert!(ran.heard("ended modem/identify 1 passed"));
}

#[test]
fn names_of_a_called_script_are_its_own() {
    let bench = Bench::new().script("inner", "set x = 2\ntimeout 1s\n").variable("x", "9");
    let ran = bench.run("set x = 1\nrun \"inner\"\nreport x\n", Modem::new());
    assert_eq!((ran.ended(), ran.report()), ("passed".into(), "x=1".into()));
}

#[test]
fn a_failure_in_a_called_script_says_who_called() {
    let bench = Bench::new().script("inner", "AT\nAT+X\n").script("middle", "run \"inner\"\n");
    let ran = bench.run("AT\nrun \"middle\"\n", Modem::new());
    assert_eq!(ran.ended(), "unexpected-result 2:1 AT+X answered ERROR");
    let failure = ran.failure();
    assert_eq!(failure.diagnostic.source.name, "inner");
    let calls: Vec<&str> = failure.called_from.iter().map(|call| call.source.name.as_str()).collect();
    assert_eq!(calls, ["middle", "test"]);
}

#[test]
fn skip_stop_and_finally_of_a_called_script_are_its_own() {
    let modem = || Modem::new().on("AT+LAST", "OK");
    for end in ["skip \"no need\"", "stop"] {
        let inner = format!("if true {{\n  {end}\n}}\nAT+X\nfinally {{\n  AT+LAST\n}}\n");
        let ran = Bench::new().script("inner", &inner).run("run \"inner\"\nAT\n", modem());
        assert_eq!(ran.ended(), "passed", "{end}");
        assert_eq!(ran.lines(), ["AT+LAST", "AT"]);
    }
}

#[test]
fn abort_on_holds_in_called_scripts_and_ends_with_its_own() {
    let modem = || Modem::new().on("AT+CPIN?", "+CPIN: SIM PUK|OK");
    let bench = Bench::new().script("inner", "AT+CPIN?\n").script("aborting", "abort on /PUK/\nAT\n");
    assert!(bench.run("abort on /PUK/\nrun \"inner\"\n", modem()).ended().starts_with("aborted 1:1 "));
    assert_eq!(bench.run("run \"aborting\"\nAT+CPIN?\n", modem()).ended(), "passed");
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
    let bench = Bench::new();
    let program = bench.program("AT\n");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let program = Arc::clone(&program);
            scope.spawn(move || {
                let mut conversation = conversation(Modem::new(), &Cancel::new().unwrap());
                let outcome =
                    crate::runtime::run(&program, &mut conversation, &Inputs::default(), &mut crate::runtime::Silent);
                assert_eq!(outcome.status, Status::Passed);
            });
        }
    });
}
