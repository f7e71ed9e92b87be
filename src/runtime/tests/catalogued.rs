//! What the runtime does with what the catalogue knows.

use super::{Bench, Modem, ran};

#[test]
fn a_plan_sends_questions_and_what_concerns_the_conversation() {
    let modem = Modem::new()
        .on("ATE0", "OK")
        .on("AT+CMEE=2", "OK")
        .on("AT+CSQ", "+CSQ: 18,99|OK")
        .on("AT+CREG?", "+CREG: 0,5|OK")
        .on("AT+COPS=?", "+COPS: (2,\"a\",\"b\",\"23410\")|OK")
        .without_echo();
    let script =
        "ATE0\nAT+CMEE=2\nAT+CSQ\n  capture rssi:int\nAT+CREG?\nAT+CFUN=1\nAT+CGDCONT=1,\"IP\",\"x\"\nreport rssi\n";
    let ran = Bench::new().plan().run(script, modem);
    assert_eq!(ran.ended(), "passed");
    assert_eq!(ran.lines(), ["ATE0", "AT+CMEE=2", "AT+CSQ", "AT+CREG?"]);
    assert!(ran.heard("plan would send AT+CFUN=1"));
    assert_eq!(ran.report(), "rssi=18");
}

#[test]
fn urcs_do_not_disturb_an_answer() {
    let modem =
        Modem::new().on("AT+CSQ", "+CMTI: \"SM\",3|+CSQ: 18,99|RING|OK").on("AT+CREG?", "+CREG: 5|+CREG: 2,1|OK");
    let script = "AT+CSQ\n  capture rssi:int\nassert response == [\"+CSQ: 18,99\"]\nAT+CREG?\n  capture _, stat:int\n";
    assert_eq!(ran(script, modem), ("passed".into(), "rssi=18 stat=1".into()));
}

#[test]
fn a_command_may_take_as_long_as_its_makers_say() {
    // The catalogue's maximum is larger than the script's timeout; what is waited for is told.
    let ran = Bench::new()
        .run("AT+COPS=?\n", Modem::new().after(150_000, "AT+COPS=?", "+COPS: (2,\"a\",\"b\",\"23410\")|OK"));
    assert_eq!(ran.ended(), "passed");
    assert!(
        ran.events.iter().any(|event| event.starts_with("waiting AT+COPS=? ") && event != "waiting AT+COPS=? 5000ms")
    );
}
