use std::sync::mpsc::channel;

use super::{Bench, Modem, conversation, ended};
use crate::port::Cancel;
use crate::port::crew::Crew;
use crate::runtime::{Inputs, STACK, Silent, Status, run};

#[test]
fn the_deepest_script_runs_in_the_stated_stack() {
    // As deep as a script may be written: 256 blocks, 64 expressions.
    let sum = format!("{}1{}", "(1 + ".repeat(60), ")".repeat(60));
    // And as deep a value as there may be, which is shown, compared and dropped.
    let list = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let list =
        format!("set l = {list}\nset l = [l]\nset l = [[l]]\nset l = [l]\nassert l == l\nlog \"${{l}}\"\nset l = []\n");
    let script = format!("{}AT\nset n = {sum}\n{list}{}", "retry 1 {\n".repeat(256), "}\n".repeat(256));
    let program = Bench::new().program(&script);
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
fn a_value_is_nested_so_deep_and_no_deeper() {
    let script = "set l = []\nretry 12000 {\n  set l = [l]\n  assert false\n}\n";
    assert_eq!(
        ended(script, Modem::new()),
        "too-deep 3:11 lists and records stand within each other more than 64 times here"
    );
    // What the last attempt left is as deep as may be: it is shown all the same.
    let script = "set l = []\ntry {\n  retry 100 {\n    set l = [l]\n    assert false\n  }\n}\nreport l\n";
    let ran = Bench::new().run(script, Modem::new());
    assert_eq!(ran.report(), format!("l={}{}", "[".repeat(64), "]".repeat(64)));
}

#[test]
fn a_finally_has_room_and_no_more_than_that() {
    // A chain of scripts, each of whose `finally` runs the next one deep inside of blocks.
    let mut bench = Bench::new().script("c8", "AT\n");
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
    assert!(super::told(&thread.join().unwrap()).starts_with("too-deep "));

    // However deep a script is run, its `finally` has room; one that would have none is not begun.
    let inner = "log \"begun\"\nfinally {\n  if true {\n    log \"ended\"\n  }\n}\n";
    let bench = Bench::new().script("inner", inner);
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
    let bench = Bench::new().script("inner", &inner).script("leaf", &leaf);
    assert!(bench.run(&outer, Modem::new()).ended().starts_with("too-deep "));
}

proptest::proptest! {
    /// Whatever a value holds: it is refused before a byte is sent, or the modem hears one command, whose parameter it
    /// is.
    #[test]
    fn no_value_breaks_out(value in "[ -~]{0,12}|[\\r\\n\\x00\\x1A\\x1B\";,+A-Z0-9\\\\]{0,8}", quoted: bool) {
        let command = if quoted { "AT+X=1,\"${v}\",2" } else { "AT+X=1,${v},2" };
        let ran = Bench::new().variable("v", &value).run(&format!("param v\n{command}\n"), Modem::new().without_echo());
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
fn what_a_text_begins_with_does_not_let_the_rest_break_out() {
    let ended = |script: &str| Bench::new().run(script, Modem::new().without_echo()).ended();
    let script = "set p = \"AT\"\nset v = \"1;+CFUN=0\"\nsend \"${p}+CGMM;+CSQ=${v}\"\n";
    assert_eq!(ended(script), "injection 3:24 `v` may not hold a `;`: it would begin another command");
    assert!(ended("set p = \"A\"\nset v = \"T+CFUN=0\"\nsend \"${p}${v}\"\n").starts_with("injection "));
    assert!(ended("set v = \"T+CFUN=0\"\nsend \"A${v}\"\n").starts_with("injection "));
    // A text that is a value as a whole is its own command.
    let ran =
        Bench::new().run("for line in [\"AT+A;+B\"] {\n  send \"${line}\"\n}\n", Modem::new().on("AT+A;+B", "OK"));
    assert_eq!((ran.ended().as_str(), ran.lines()), ("passed", vec!["AT+A;+B".to_owned()]));
}

#[test]
fn a_text_does_not_grow_without_end() {
    let script = "set s = \"0123456789\"\nretry 100 {\n  set s = s + s\n  assert false\n}\n";
    assert!(ended(script, Modem::new()).starts_with("too-long 3:11 "));
    let script = "set s = \"0123456789\"\nretry 100 {\n  set s = \"${s}${s}\"\n  assert false\n}\n";
    assert!(ended(script, Modem::new()).starts_with("too-long 3:11 "));
}

#[test]
fn no_function_makes_a_text_grow_without_end() {
    for grown in ["ucs2(s)", "text([s, s])", "upper(\"${s}ß${s}\")"] {
        let script = format!("set s = \"0123456789\"\nretry 100 {{\n  set s = {grown}\n  assert false\n}}\n");
        let ended = ended(&script, Modem::new());
        assert!(ended.starts_with("too-long 3:"), "{grown}: {ended}");
    }
    // The fields' names count as well.
    let bench = Bench::new().script("inner", &format!("set {} = 1\n", "n".repeat(1 << 12)));
    let script = "run \"inner\" as r\nset l = [r]\nretry 100 {\n  set l = l + l\n  assert false\n}\n";
    assert!(bench.run(script, Modem::new()).ended().starts_with("too-long 4:11"));
}

#[test]
fn a_list_that_holds_itself_again_and_again_is_refused() {
    let script = "set l = [1]\nretry 22 {\n  set l = [l, l]\n  assert false\n}\n";
    assert!(ended(script, Modem::new()).starts_with("too-long 3:11 this holds too much"));
}

#[test]
fn a_retry_ends_whatever_its_longest_pause_is() {
    let script = "set none = 0s\nretry for 10s every 1s up to none {\n  AT+X\n}\n";
    let ran = Bench::new().run(script, Modem::new());
    assert!(ran.ended().starts_with("unexpected-result"));
    assert_eq!(ran.lines().len(), 11);
}

#[test]
fn nothing_takes_longer_than_a_year() {
    let script = "set d = 1min * 4000000\nsleep d\n";
    assert_eq!(ended(script, Modem::new()), "value 2:7 the duration 4000000min is longer than a year");
    let mut bench = Bench::new();
    bench.inputs.timeout_scale = f64::INFINITY;
    assert_eq!(bench.run("AT\n", Modem::new()).ended(), "passed");
}
