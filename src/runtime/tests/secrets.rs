use super::{Bench, Modem};

#[test]
fn a_secret_appears_nowhere() {
    let modem = Modem::new().on("AT+CPIN=\"8642\"", "+CME ERROR: 16").on(
        "AT+X=\"HUNTER2secret\"",
        "+X: hunter2SECRET,\"00480055004e0054004500520032007300650063007200650074\"|+Y: 8642|OK",
    );
    let script = "secret pin\nsecret key\nset copy = \"<${key}>\"\nlog \"key ${key}\"\nAT+X=\"${key}\"\n  capture a, b\nreport copy, a, b, n = int(pin), list = [pin]\n\
                  try {\n  AT+CPIN=\"${pin}\"\n} else {\n  log \"${error}\"\n}\nfail \"pin ${pin} and ${copy}\"\n";
    let bench = Bench::new().secret("pin", "8642").secret("key", "HUNTER2secret");
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
    let ran = Bench::new().run("secret pin = \"8642\"\nAT+CPIN=\"${pin}\"\n", Modem::new());
    assert!(!format!("{:?}", ran.outcome).contains("8642"), "{:?}", ran.outcome);
    assert!(ran.bytes().contains("8642"));
}

#[test]
fn a_secret_given_to_a_called_script_is_hidden() {
    let bench = Bench::new().script("inner", "secret key\nAT+X=\"${key}\"\n");
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
    let bench = Bench::new().script("inner", "secret pin:int\nAT+X=${pin}\n");
    let ran = bench.run("set p = \"12x4\"\nrun \"inner\" with pin = p\n", Modem::new());
    assert_eq!(ran.ended(), "value 2:24 `pin` must be a number, and is given \"***\"");
    let ran = bench.run("set p = \"0042\"\nrun \"inner\" with pin = p\nlog \"42 and 0042\"\n", Modem::new());
    assert!(ran.heard("sent AT+X=***"), "{:#?}", ran.events);
    let ran = bench.run("set p = \"0042\"\nrun \"inner\" with pin = p\n", Modem::new().on("AT+X=42", "0042|42|OK"));
    let after: Vec<&String> = ran.events.iter().skip_while(|event| !event.starts_with("started inner")).collect();
    assert!(!format!("{after:?}").contains("42"), "{after:#?}");
}

#[test]
fn a_secret_is_hidden_as_what_it_is_converted_to() {
    let script = "secret k:hex\nlog \"${k}\"\n";
    let ran = Bench::new().secret("k", "1A2B3C4D").run(script, Modem::new());
    assert!(ran.heard("log ***"), "{:#?}", ran.events);
    let bench = Bench::new().script("inner", script);
    let ran = bench.run("set given = \"1A2B3C4D\"\nrun \"inner\" with k = given\n", Modem::new());
    assert!(ran.heard("log ***"), "{:#?}", ran.events);
}

#[test]
fn a_long_secret_is_hidden_where_a_message_cuts_it_off() {
    let secret = "a1b2c3d4".repeat(20);
    let ran = Bench::new().secret("k", &secret).run("secret k\nset n = int(k)\n", Modem::new());
    assert_eq!(ran.ended(), "value 2:13 the text \"***\" is no number");
}

#[test]
fn a_secret_in_a_script_is_hidden_before_its_line_is_reached() {
    for secret in ["pin = \"8642\"", "pin:int = 8642"] {
        let ran = Bench::new().run(&format!("AT+X\nsecret {secret}\nlog \"${{pin}}\"\n"), Modem::new());
        assert!(!format!("{:?}", ran.outcome).contains("8642"), "{:?}", ran.outcome);
    }
}

#[test]
fn a_secret_that_nothing_asks_for_is_hidden_all_the_same() {
    let ran = Bench::new().secret("unused", "hunter2").run("AT+X=\"hunter2\"\n", Modem::new());
    assert_eq!(ran.ended(), "unexpected-result 1:1 AT+X=\"***\" answered ERROR");
}
