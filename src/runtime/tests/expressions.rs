use super::{Bench, Modem, ended, value};
use crate::value::functions::FUNCTIONS;

#[test]
fn arithmetic() {
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
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn arithmetic_is_checked() {
    assert_eq!(value("9223372036854775807 + 1"), "arithmetic 1:16 the result is out of range");
    assert_eq!(value("9223372036854775807 * 2"), "arithmetic 1:16 the result is out of range");
    assert_eq!(ended("set z = 0\nset n = 1 / z\n", Modem::new()), "arithmetic 2:9 division by zero: 1 / 0");
    assert_eq!(ended("set z = 0\nset n = 1 % z\n", Modem::new()), "arithmetic 2:9 division by zero: 1 % 0");
    assert_eq!(value("1s - 2s"), "arithmetic 1:16 the result is out of range");
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
fn what_need_not_be_looked_at_is_not() {
    let script = "set n = 0\nassert n == 0 or 1 / n == 1\nassert not (n != 0 and 1 / n == 1)\n";
    assert_eq!(ended(script, Modem::new()), "passed");
}

#[test]
fn kinds_are_not_mixed() {
    let captured = |rest: &str| {
        let modem = Modem::new().on("AT+CREG?", "+CREG: 0,5|OK");
        ended(&format!("AT+CREG?\n  capture a, b\nset list = [a, 1]\n{rest}\n"), modem)
    };
    assert_eq!(captured("assert list[0] == list[1]"), "type 4:8 the text \"0\" and the number 1 cannot be compared");
    assert_eq!(captured("assert list[0] in [1, 5]"), "type 4:8 the text \"0\" and the number 1 cannot be compared");
    assert_eq!(
        captured("set c = list[0] + list[1]"),
        "type 4:9 the text \"0\" and the number 1 do not go together with `+`"
    );
    assert_eq!(captured("assert list[0]"), "type 4:8 a condition is true or false, and this is the text \"0\"");
    assert_eq!(
        captured("assert list[0] < a"),
        "type 4:8 the text \"0\" and the text \"0\" are texts: as texts, \"9\" is more than \"31\""
    );
    assert_eq!(captured("set c = list[7]"), "value 4:14 there is no item 7: the list has 2 items");
    // An optional parameter that is not there is an empty text, which no number equals.
    let modem = Modem::new().on("AT+COPS?", "+COPS: 0|OK");
    assert_eq!(ended("AT+COPS?\n  capture mode:int, act:int?\nassert act != 7\nassert act == \"\"\n", modem), "passed");
}

#[test]
fn functions_yield_what_their_examples_say() {
    let folder = std::env::temp_dir().join(format!("hayes-functions-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("ca.pem"), "CERT").unwrap();
    let mut bench = Bench::new();
    bench.inputs.folder = Some(folder.clone());
    for function in FUNCTIONS {
        let (call, yields) = function.example;
        let ran = bench.run(&format!("report value = {call}\n"), Modem::new());
        assert_eq!((ran.ended(), ran.report()), ("passed".into(), format!("value={yields}")), "{call}");
    }
    std::fs::remove_dir_all(folder).unwrap();
    for (expression, expected) in [
        ("len([1, 2])", "2"),
        ("dbm(99)", ""),
        ("int(\"x\")", "value 1:20 the text \"x\" is no number"),
        ("gsm7(\"日\")", "value 1:21 the GSM 7-bit alphabet has no '日'"),
        ("dbm(50)", "value 1:20 50 is no signal strength of +CSQ"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn a_file_stands_beside_the_script() {
    let folder = std::env::temp_dir().join(format!("hayes-file-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("ca.pem"), "CERT").unwrap();
    let mut bench = Bench::new();
    bench.inputs.folder = Some(folder.clone());
    let ended = |name: &str| {
        let ran = bench.run(&format!("report pem = file(\"{name}\")\n"), Modem::new());
        (ran.ended(), ran.report())
    };
    assert_eq!(ended("ca.pem").1, "pem=CERT");
    assert!(ended("none.pem").0.starts_with("file 1:19 "));
    for name in ["../ca.pem", "/etc/passwd", "", "a/../../b"] {
        assert!(ended(name).0.contains("does not stand beside the script"), "{name}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn templates() {
    let script = "set n = 5\nset list = [\"a\", 2s]\nreport a = \"${n} and $${n} ${list} ${n + 1}\"\n";
    assert_eq!(super::ran(script, Modem::new()).1, "a=5 and ${n} [\"a\", 2s] 6");
}

#[test]
fn a_pattern_that_is_empty_matches_nothing() {
    let modem = || Modem::new().on("AT+X", "+X: 1|OK");
    let script = "set prev = \"\"\nAT+X\n  expect \"${prev}\"\n";
    let ran = Bench::new().run(script, modem());
    assert_eq!(ran.ended(), "value 3:10 the pattern is empty here, and an empty pattern matches every line");
    assert_eq!(ran.bytes(), "");
    let ended = ended("set e = \" \"\nabort on \"${e}\"\nAT+X\n", modem());
    assert!(ended.starts_with("value 2:10 the pattern is empty here"), "{ended}");
    assert_eq!(super::ended("set v = \"\"\nAT+X\n  expect \"+X: ${v}\"\n", modem()), "passed");
}
