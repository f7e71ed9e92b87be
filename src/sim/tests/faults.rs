//! Each way to misbehave, and that the seed decides it.

use std::time::Duration;

use crate::port::Device;

use super::Bench;

/// What a modem without echo says to a line, and in the two seconds after it.
fn hear(faults: &str, line: &str) -> String {
    let mut bench = Bench::new(&format!("generic?echo=off&signal=17&register=0&fault={faults}"));
    bench.ask(line) + &bench.seconds(2)
}

#[test]
fn pieces() {
    let mut bench = Bench::new("generic?echo=off&fault=split");
    assert_eq!(bench.ask("AT"), "\r");
    assert_eq!(bench.heard(), "", "one byte at a time");
    assert_eq!(bench.seconds(1), "\nOK\r\n");
    assert_eq!(hear("chunks", "AT"), "\r\nOK\r\n");
    let mut bench = Bench::new("generic?echo=off&signal=17&fault=join:1s");
    assert_eq!(bench.ask("AT"), "");
    assert_eq!(bench.ask("AT+CSQ"), "");
    assert_eq!(bench.seconds(1), "\r\nOK\r\n\r\n+CSQ: 17,99\r\n\r\nOK\r\n");
}

#[test]
fn line_ends() {
    assert_eq!(hear("lf", "AT+CSQ"), "\n+CSQ: 17,99\n\nOK\n");
    assert_eq!(hear("cr", "AT+CSQ"), "\r+CSQ: 17,99\r\rOK\r");
    assert_eq!(hear("truncated", "AT+CSQ"), "\r\n+CSQ: 17,99\r\n\r\nOK");
    assert_eq!(hear("truncated:2", "AT"), "\r\nOK\r\n");
}

#[test]
fn unasked_lines() {
    let heard = hear("urc", "AT+CSQ");
    let lines: Vec<&str> = heard.split("\r\n").filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 4, "{heard}");
    assert_eq!((lines[1], lines[3]), ("+CSQ: 17,99", "OK"));
    assert_eq!(hear("sneaky", "AT+CREG?"), "\r\n+CREG: 5\r\n\r\n+CREG: 0,5\r\n\r\nOK\r\n");
    assert_eq!(hear("sneaky", "AT+CSQ"), "\r\n+CSQ: 17,99\r\n\r\nOK\r\n");
    let heard = hear("flood:500", "AT+CSQ");
    assert_eq!(heard.split("\r\n").filter(|line| !line.is_empty()).count(), 502);
    assert!(heard.ends_with("\r\n+CSQ: 17,99\r\n\r\nOK\r\n"));
    assert_eq!(hear("nul", "AT").replace('\0', ""), "\r\nOK\r\n");
    assert!(hear("garbage", "AT").ends_with("\r\n\r\nOK\r\n"));
    assert_eq!(hear("duplicate-ok", "AT"), "\r\nOK\r\n\r\nOK\r\n");
}

#[test]
fn answers_that_do_not_come() {
    assert_eq!(hear("lost", "AT+CSQ"), "");
    assert_eq!(hear("lost:CSQ", "AT+CSQ"), "");
    assert_eq!(hear("lost:CREG", "AT+CSQ"), "\r\n+CSQ: 17,99\r\n\r\nOK\r\n");
    let mut bench = Bench::new("generic?echo=off&fault=silence:2");
    assert_eq!(bench.ask("AT"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT"), "");
    assert_eq!(bench.ask("AT") + &bench.seconds(60), "");
    let mut bench = Bench::new("generic?echo=off&register=0&fault=hang-at-prompt");
    bench.ask("AT+CMGF=1");
    assert_eq!(bench.ask("AT+CMGS=\"2936\""), "\r\n> ");
    assert_eq!(bench.send(b"text\x1A") + &bench.seconds(600), "");
}

#[test]
fn a_late_answer_comes_before_the_next() {
    let mut bench = Bench::new("generic?echo=off&signal=17&fault=late:10s:CSQ");
    assert_eq!(bench.ask("AT+CSQ") + &bench.seconds(9), "");
    assert_eq!(bench.ask("AT"), "");
    assert_eq!(bench.seconds(1), "\r\n+CSQ: 17,99\r\n\r\nOK\r\n\r\nOK\r\n");
}

#[test]
fn the_answer_before_comes_again() {
    let mut bench = Bench::new("generic?echo=off&signal=17&fault=previous");
    assert_eq!(bench.ask("AT+CSQ"), "\r\n+CSQ: 17,99\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMGF?"), "\r\n+CSQ: 17,99\r\n\r\n+CMGF: 0\r\n\r\nOK\r\n");
}

#[test]
fn refusals() {
    assert_eq!(hear("error:CSQ", "AT+CSQ"), "\r\nERROR\r\n");
    assert_eq!(hear("error:2", "AT+CSQ"), "\r\n+CSQ: 17,99\r\n\r\nOK\r\n");
    assert_eq!(hear("cme:30", "AT+CSQ"), "\r\nERROR\r\n");
    let mut bench = Bench::new("generic?echo=off&fault=cme:30:CSQ,cms:38:CMGF");
    assert_eq!(bench.ask("AT+CMEE=2"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CSQ"), "\r\n+CME ERROR: no network service\r\n");
    assert_eq!(bench.ask("AT+CMGF=1"), "\r\n+CMS ERROR: network out of order\r\n");
}

#[test]
fn a_prompt_that_nobody_asked_for() {
    let mut bench = Bench::new("generic?echo=off&fault=prompt:1");
    assert_eq!(bench.ask("AT+CSQ"), "\r\n> ");
    assert_eq!(bench.send(b"\x1B"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT"), "\r\nOK\r\n");
}

#[test]
fn echoes() {
    let echo = |fault: &str| Bench::new(&format!("generic?fault={fault}")).ask("AT+CGMM");
    let answer = "\r\nSIM-MODEM\r\n\r\nOK\r\n";
    assert_eq!(echo("echo-off"), answer);
    assert_eq!(echo("echo-backspaces"), format!("A\x08AT\x08T+\x08+C\x08CG\x08GM\x08MM\x08M\r{answer}"));
    assert_eq!(echo("echo-half"), format!("AT+{answer}"));
    let garbled = echo("echo-garbled");
    assert!(garbled.ends_with(answer) && !garbled.starts_with("AT+CGMM\r"), "{garbled}");
}

#[test]
fn pulled_plugs() {
    let mut bench = Bench::new("generic?echo=off&fault=unplug:2");
    assert_eq!(bench.ask("AT"), "\r\nOK\r\n");
    assert_eq!(bench.modem.gone(), None);
    assert_eq!(bench.ask("AT"), "");
    assert!(bench.modem.gone().is_some());
    assert_eq!(bench.modem.next(), None);
    let mut bench = Bench::new("generic?echo=off&signal=17&fault=unplug-in-line");
    bench.modem.receive(b"AT+CSQ\r", bench.now);
    assert_eq!(bench.modem.gone(), None, "what it still said comes first");
    assert_eq!(bench.heard(), "\r\n+CSQ: 17,9");
    assert!(bench.modem.gone().is_some());
}

#[test]
fn a_slow_reader_and_a_sleeper() {
    let mut bench = Bench::new("generic?fault=slow-reader:10");
    assert_eq!(bench.ask("AT"), "A");
    assert_eq!(bench.pass(Duration::from_millis(100)), "T");
    assert_eq!(bench.seconds(1), "\r\r\nOK\r\n");
    let mut bench = Bench::new("generic?echo=off&fault=asleep:5s");
    assert_eq!(bench.ask("AT"), "\r\nOK\r\n");
    bench.seconds(6);
    assert_eq!(bench.ask("AT"), "");
    assert_eq!(bench.ask("AT"), "\r\nOK\r\n");
}

#[test]
fn another_modem_after_the_reset() {
    let mut bench = Bench::quiet("generic?fault=wrong-imei");
    let before = bench.ask("AT+CGSN");
    bench.ask("ATE0&W+CFUN=1,1");
    bench.seconds(10);
    assert_ne!(bench.ask("AT+CGSN"), before);
}

#[test]
fn the_seed_decides() {
    let run = |seed: u32| {
        let mut bench = Bench::new(&format!("bg96?seed={seed}&fault=urc,garbage,chunks,nul,echo-garbled"));
        let mut heard = Vec::new();
        for command in ["AT", "AT+CSQ", "AT+CREG?", "ATI"] {
            heard.push(bench.ask(command));
            heard.push(bench.seconds(1));
        }
        heard
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}
