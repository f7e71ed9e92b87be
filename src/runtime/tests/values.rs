//! Values: what expressions come to, what they may not become, what of them may not leave.

use std::sync::mpsc::channel;

use super::{Modem, RunBench, conversation, ended, told, value};
use crate::port::Cancel;
use crate::port::crew::Crew;
use crate::runtime::{Inputs, STACK, Silent, Status, run};
use crate::value::functions::FUNCTIONS;

#[test]
fn expressions_come_to_their_values() {
    for (expression, expected) in [
        ("1 + 2 * 3", "7"),
        ("7 / 2", "3"),
        ("-7 % 3", "-1"),
        ("(1 + 2) * 3", "9"),
        ("2s + 500ms", "2500ms"),
        ("2s * 3", "6s"),
        ("1min / 2", "30s"),
        ("1min / 7s", "8"),
        // As a script writes them, to the last millisecond.
        ("12345ms", "12345ms"),
        ("1s / 3", "333ms"),
        ("[1ms / 3 * 3, 61s, 120s]", "[0s, 61s, 2min]"),
        ("\"a\" + \"b\"", "ab"),
        ("[1] + [2]", "[1, 2]"),
        ("9223372036854775807 + 1", "arithmetic 1:16 the result is out of range"),
        ("9223372036854775807 * 2", "arithmetic 1:16 the result is out of range"),
        ("1s - 2s", "arithmetic 1:16 the result is out of range"),
        ("len([1, 2])", "2"),
        ("dbm(99)", ""),
        ("int(\"x\")", "value 1:20 the text \"x\" is no number"),
        ("gsm7(\"日\")", "value 1:21 the GSM 7-bit alphabet has no '日'"),
        ("dbm(50)", "value 1:20 50 is no signal strength of +CSQ"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
    for remains in ["/", "%"] {
        let told = format!("arithmetic 2:9 division by zero: 1 {remains} 0");
        assert_eq!(ended(&format!("set z = 0\nset n = 1 {remains} z\n"), Modem::new()), told);
    }
}

#[test]
fn comparisons() {
    for expression in [
        "1 == 1",
        "1 != 2",
        "1 < 2 and 2 <= 2 and 3 > 2 and 3 >= 3",
        "\"a\" == \"a\"",
        "\"a\" < \"b\"",
        "5s < 1min",
        "1 in [1, 5]",
        "not (2 in [1, 5])",
        "\"G9\" in \"BG96\"",
        "\"BG96\" matches /^BG9[56]/",
        "\"+CREG: 1,5\" matches \"+CREG: 1\"",
        "not (\"+CREG: 15\" matches \"+CREG: 1\")",
        "[1, 2] == [1, 2]",
        "[1] != [1, 2]",
        "false or true",
    ] {
        assert_eq!(value(expression), "true", "{expression}");
    }
}

#[test]
fn kinds_are_not_mixed() {
    for (line, told) in [
        ("assert list[0] == list[1]", "type 4:8 the text \"0\" and the number 1 cannot be compared"),
        ("assert list[0] in [1, 5]", "type 4:8 the text \"0\" and the number 1 cannot be compared"),
        ("set c = list[0] + list[1]", "type 4:9 the text \"0\" and the number 1 do not go together with `+`"),
        ("assert list[0]", "type 4:8 a condition is true or false, and this is the text \"0\""),
        (
            "assert list[0] < a",
            "type 4:8 the text \"0\" and the text \"0\" are texts: as texts, \"9\" is more than \"31\"",
        ),
        ("set c = list[7]", "value 4:14 there is no item 7: the list has 2 items"),
    ] {
        let modem = Modem::new().on("AT+CREG?", "+CREG: 0,5|OK");
        let script = format!("AT+CREG?\n  capture a, b\nset list = [a, 1]\n{line}\n");
        assert_eq!(ended(&script, modem), told, "{line}");
    }
}

#[test]
fn functions_yield_what_their_examples_say_and_files_stand_beside_the_script() {
    let folder = std::env::temp_dir().join(format!("hayes-functions-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("ca.pem"), "CERT").unwrap();
    let mut bench = RunBench::default();
    bench.inputs.folder = Some(folder.clone());
    for function in FUNCTIONS {
        let (call, yields) = function.example;
        let ran = bench.run(&format!("report value = {call}\n"), Modem::new());
        assert_eq!((ran.ended(), ran.report()), ("passed".into(), format!("value={yields}")), "{call}");
    }
    let ended = |name: &str| bench.run(&format!("report pem = file(\"{name}\")\n"), Modem::new()).ended();
    assert!(ended("none.pem").starts_with("file 1:19 "));
    for name in ["../ca.pem", "/etc/passwd", "", "a/../../b"] {
        assert!(ended(name).contains("does not stand beside the script"), "{name}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_value_cannot_break_out_of_a_command() {
    let sent = |value: &str, command: &str| {
        let ran = RunBench::default().variable("v", value).run(&format!("param v\n{command}\n"), Modem::new());
        (ran.ended(), ran.bytes())
    };
    let quoted = "AT+CGDCONT=1,\"IP\",\"${v}\"";
    for value in ["a\rATD112", "a\nb", "a\u{1a}", "\u{1b}", "\0"] {
        for command in [quoted, "AT+CFUN=${v}", "send \"x ${v}\""] {
            let (ended, bytes) = sent(value, command);
            assert!(ended.starts_with("injection 2:") && bytes.is_empty(), "{value:?} in {command}: {ended}");
        }
    }
    for (value, command, told) in [
        ("a\",\"b", quoted, "2:22 `v` may not hold a double quote: it would end the quoted parameter"),
        ("a\\", quoted, "2:22 `v` may not hold a backslash at its end: some modems take the quote behind it along"),
        ("1;+CFUN=0", "AT+CFUN=${v}", "2:11 `v` may not hold a `;`: it would begin another command"),
        ("\"", "AT+X=${v},\"a;b\"", "2:8 `v` may not hold a double quote that it does not close"),
        // `ATE0+CFUN=0` is two commands without a semicolon.
        ("0+CFUN=0", "ATE${v}", "2:1 `ATE${v}` may not hold what begins another command"),
        ("0Z", "ATE${v}", "2:1 `ATE${v}` may not hold what begins another command"),
    ] {
        assert_eq!(sent(value, command), (format!("injection {told}"), String::new()), "{value:?} in {command}");
    }
    for (value, command, bytes) in [
        ("0", "ATE${v}", "ATE0\r"),
        ("+49123", "ATD${v}", "ATD+49123\r"),
        ("CGREG", "AT+${v}?", "AT+CGREG?\r"),
        ("a;b,c d", quoted, "AT+CGDCONT=1,\"IP\",\"a;b,c d\"\r"),
        ("\"a;b\"", "AT+QCFG=${v}", "AT+QCFG=\"a;b\"\r"),
        ("1", "AT+X=\"a;b\",${v}", "AT+X=\"a;b\",1\r"),
    ] {
        assert_eq!(sent(value, command).1, bytes);
    }
}

proptest::proptest! {
    /// Whatever a value holds: it is refused before a byte is sent, or the modem hears one command, whose parameter it
    /// is.
    #[test]
    fn no_value_breaks_out(value in "[ -~]{0,12}|[\\r\\n\\x00\\x1A\\x1B\";,+A-Z0-9\\\\]{0,8}", quoted: bool) {
        let command = if quoted { "AT+X=1,\"${v}\",2" } else { "AT+X=1,${v},2" };
        let ran = RunBench::default().variable("v", &value).run(&format!("param v\n{command}\n"), Modem::new().rule("without echo"));
        let bytes = ran.bytes();
        if ran.ended().starts_with("injection") {
            proptest::prop_assert_eq!(bytes, "");
        } else {
            let line = bytes.strip_suffix('\r').unwrap();
            let parsed = crate::at::command::parse(line).unwrap();
            proptest::prop_assert_eq!(parsed.commands.len(), 1);
            proptest::prop_assert!(!line.contains(['\r', '\n', '\0', '\x1A', '\x1B']));
            let parameters: Vec<_> = crate::at::parameters::parameters(parsed.commands[0].argument.as_bytes()).collect();
            proptest::prop_assert!(!quoted || parameters.len() == 3 && parameters[1].value == value.as_bytes());
        }
    }
}

#[test]
fn the_deepest_script_runs_in_the_stated_stack() {
    // As deep as a script may be written: 256 blocks, 64 expressions.
    let sum = format!("{}1{}", "(1 + ".repeat(60), ")".repeat(60));
    // And as deep a value as there may be, which is shown, compared and dropped.
    let list = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let list =
        format!("set l = {list}\nset l = [l]\nset l = [[l]]\nset l = [l]\nassert l == l\nlog \"${{l}}\"\nset l = []\n");
    let script = format!("{}AT\nset n = {sum}\n{list}{}", "retry 1 {\n".repeat(256), "}\n".repeat(256));
    let program = RunBench::default().program(&script);
    let body = move || {
        let mut conversation = conversation(Modem::new(), &Cancel::new().unwrap());
        run(&program, &mut conversation, &Inputs::default(), &mut Silent).status
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(body.clone()).unwrap();
    assert_eq!(thread.join().unwrap(), Status::Passed);
    // Among many others it has the same stack, and no thread of its own.
    let (sender, ended) = channel();
    let mut crew = Crew::new(1000, STACK);
    crew.start(Box::new(move || sender.send(body()).unwrap())).unwrap();
    assert_eq!(ended.recv(), Ok(Status::Passed));
}

#[test]
fn a_finally_has_room_and_no_more_than_that() {
    // A chain of scripts, each of whose `finally` runs the next one deep inside of blocks.
    let mut bench = RunBench::default().script("c8", "AT\n");
    for number in 0..8 {
        let (open, close) = ("if true {\n".repeat(250), "}\n".repeat(250));
        let script = format!("AT\nfinally {{\n{open}run \"c{}\"\n{close}}}\n", number + 1);
        bench = bench.script(&format!("c{number}"), &script);
    }
    // Each is known to the check before it is run so deep.
    let program = bench.program(&(0..=8).rev().map(|number| format!("run \"c{number}\"\n")).collect::<String>());
    let body = move || {
        let mut conversation = conversation(Modem::new(), &Cancel::new().unwrap());
        run(&program, &mut conversation, &Inputs::default(), &mut Silent).failure.unwrap()
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(body).unwrap();
    assert!(told(&thread.join().unwrap()).starts_with("too-deep "));

    // However deep a script is run, its `finally` has room; one that would have none is not begun.
    let inner = "log \"begun\"\nfinally {\n  if true {\n    log \"ended\"\n  }\n}\n";
    let bench = RunBench::default().script("inner", inner);
    for (depth, begun) in [(200, true), (238, true), (239, false), (250, false)] {
        let script = format!("{}run \"inner\"\n{}", "if true {\n".repeat(depth), "}\n".repeat(depth));
        let ran = bench.run(&script, Modem::new());
        assert_eq!((ran.heard("log begun"), ran.heard("log ended")), (begun, begun), "{depth}: {}", ran.ended());
        assert!(begun || ran.ended().contains("`inner` has a `finally`"), "{}", ran.ended());
    }
}

#[test]
fn scripts_within_scripts_are_bounded() {
    let inner = format!("{}run \"leaf\"\n{}", "if true {\n".repeat(100), "}\n".repeat(100));
    let outer = format!("{}run \"inner\"\n{}", "if true {\n".repeat(100), "}\n".repeat(100));
    let leaf = format!("{}AT\n{}", "if true {\n".repeat(100), "}\n".repeat(100));
    let bench = RunBench::default().script("inner", &inner).script("leaf", &leaf);
    assert!(bench.run(&outer, Modem::new()).ended().starts_with("too-deep "));
}

#[test]
fn a_value_does_not_grow_without_end() {
    for (start, grown, told) in [
        ("\"0123456789\"", "s + s", "too-long 3:11 this grows too long: "),
        ("\"0123456789\"", "\"${s}${s}\"", "too-long 3:11 this grows too long: "),
        ("\"0123456789\"", "ucs2(s)", "too-long 3:"),
        ("\"0123456789\"", "hex(s)", "too-long 3:"),
        ("\"0123456789\"", "text([s, s])", "too-long 3:"),
        ("\"0123456789\"", "upper(\"${s}ß${s}\")", "too-long 3:"),
        ("[1]", "[s, s]", "too-long 3:11 this holds too much"),
        ("[]", "[s]", "too-deep 3:11 lists and records stand within each other more than 64 times here"),
    ] {
        let script = format!("set s = {start}\nretry 100 {{\n  set s = {grown}\n  assert false\n}}\n");
        let ended = ended(&script, Modem::new());
        assert!(ended.starts_with(told), "{grown}: {ended}");
    }
    // What the last attempt left is as deep as may be: it is shown all the same.
    let script = "set l = []\ntry {\n  retry 100 {\n    set l = [l]\n    assert false\n  }\n}\nreport l\n";
    let ran = RunBench::default().run(script, Modem::new());
    assert_eq!(ran.report(), format!("l={}{}", "[".repeat(64), "]".repeat(64)));
    // The fields' names count as well.
    let bench = RunBench::default().script("inner", &format!("set {} = 1\n", "n".repeat(1 << 12)));
    let script = "run \"inner\" as r\nset l = [r]\nretry 100 {\n  set l = l + l\n  assert false\n}\n";
    assert!(bench.run(script, Modem::new()).ended().starts_with("too-long 4:11"));
}

#[test]
fn a_secret_appears_nowhere() {
    let modem = Modem::new().on("AT+CPIN=\"8642\"", "+CME ERROR: 16").on(
        "AT+X=\"HUNTER2secret\"",
        "+X: hunter2SECRET,\"00480055004e0054004500520032007300650063007200650074\"|+Y: 8642|OK",
    );
    let script = "secret pin\nsecret key\nset copy = \"<${key}>\"\nlog \"key ${key}\"\nAT+X=\"${key}\"\n  capture a, b\nreport copy, a, b, n = int(pin), list = [pin]\n\
                  try {\n  AT+CPIN=\"${pin}\"\n} else {\n  log \"${error}\"\n}\nfail \"pin ${pin} and ${copy}\"\n";
    let bench = RunBench::default().secret("pin", "8642").secret("key", "HUNTER2secret");
    let ran = bench.run(script, modem);
    assert!(ran.bytes().contains("8642") && ran.bytes().contains("HUNTER2secret"));
    let everything = format!("{:?} {:?} {:?}", ran.events, ran.outcome, ran.report()).to_lowercase();
    for secret in ["8642", "hunter2", "00480055"] {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
    assert_eq!(ran.ended(), "fail 13:1 pin *** and <***>");
    assert_eq!(ran.report(), "copy=<***> a=*** b=*** n=*** list=[\"***\"]");
}

#[test]
fn a_secret_in_the_script_itself_is_hidden_in_its_source() {
    let ran = RunBench::default().run("secret pin = \"8642\"\nAT+CPIN=\"${pin}\"\n", Modem::new());
    assert!(!format!("{:?}", ran.outcome).contains("8642"), "{:?}", ran.outcome);
    assert!(ran.bytes().contains("8642"));
}

#[test]
fn a_secret_given_to_a_called_script_is_hidden() {
    let bench = RunBench::default().script("inner", "secret key\nAT+X=\"${key}\"\n");
    let ran = bench.run("run \"inner\" with key = \"hunter2\"\n", Modem::new());
    assert!(ran.bytes().contains("hunter2"));
    assert!(
        !format!(
            "{:?} {:?}",
            ran.outcome,
            ran.events.iter().filter(|event| !event.starts_with("statement run")).collect::<Vec<_>>()
        )
        .contains("hunter2")
    );
}

#[test]
fn a_secret_of_another_kind_is_hidden_before_that_is_told() {
    let bench = RunBench::default().script("inner", "secret pin:int\nAT+X=${pin}\n");
    let ran = bench.run("set p = \"12x4\"\nrun \"inner\" with pin = p\n", Modem::new());
    assert_eq!(ran.ended(), "value 2:24 `pin` must be a number, and is given \"***\"");
    let ran = bench.run("set p = \"0042\"\nrun \"inner\" with pin = p\nlog \"42 and 0042\"\n", Modem::new());
    assert!(ran.heard("sent AT+X=***"), "{:#?}", ran.events);
    let ran = bench.run("set p = \"0042\"\nrun \"inner\" with pin = p\n", Modem::new().on("AT+X=42", "0042|42|OK"));
    let after: Vec<&String> = ran.events.iter().skip_while(|event| !event.starts_with("started inner")).collect();
    assert!(!format!("{after:?}").contains("42"), "{after:#?}");
}

#[test]
fn a_secret_in_a_script_is_hidden_before_its_line_is_reached() {
    for secret in ["pin = \"8642\"", "pin:int = 8642"] {
        let ran = RunBench::default().run(&format!("AT+X\nsecret {secret}\nlog \"${{pin}}\"\n"), Modem::new());
        assert!(!format!("{:?}", ran.outcome).contains("8642"), "{:?}", ran.outcome);
    }
}
