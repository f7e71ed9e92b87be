use super::{Bench, Modem, ended, ran};

#[test]
fn await_takes_a_line_that_comes_by_itself() {
    let modem = || Modem::new().says_at(3000, "\r\n+CMTI: \"SM\",3\r\n");
    assert_eq!(
        ran("await \"+CMTI:\" within 10s\n  capture _, index:int\n", modem()),
        ("passed".into(), "index=3".into())
    );
    assert_eq!(
        ended("await \"+CMTI:\" or /RING/ within 2s\n", modem()),
        "timeout 1:1 no line \"+CMTI:\" or /RING/ came within 2s"
    );
    // Without `within` it waits as long as an answer may take.
    assert_eq!(ended("await \"+CMTI:\"\n", modem()), "passed");
    assert!(ended("timeout 1s\nawait \"+CMTI:\"\n", modem()).starts_with("timeout 2:1"));
}

#[test]
fn a_line_since_the_last_question_counts() {
    let modem = Modem::new().on("AT+X", "OK|+CMTI: \"SM\",7");
    assert_eq!(ran("AT+X\nsleep 2s\nawait \"+CMTI:\" within 1s\n  capture '+CMTI: {_},{n:int}'\n", modem).1, "n=7");
}

#[test]
fn await_quiet() {
    let modem = || (0..20).fold(Modem::new(), |modem, n| modem.says_at(n * 200, "\r\nRING\r\n"));
    assert_eq!(ended("await quiet 500ms within 10s\n", modem()), "passed");
    assert_eq!(
        ended("await quiet 500ms within 2s\n", modem()),
        "timeout 1:1 the modem was never quiet for 500ms in 2s"
    );
}

#[test]
fn await_prompt_is_answered_by_send() {
    let modem = || Modem::new().without_echo().says_at(100, "\r\nlogin: ").on("root", "welcome");
    let script = "await prompt \"login: \"\nsend \"root\"\n  expect \"welcome\"\n";
    assert_eq!(ended(script, modem()), "passed");
    assert_eq!(ended("await prompt \"Password: \" within 1s\n", modem()), "timeout 1:1 no `Password: ` came within 1s");
}

#[test]
fn sleep_takes_its_time_and_hears() {
    let modem = Modem::new().says_at(500, "\r\n+LATE: 1\r\n");
    let ran = Bench::new().run("AT\nsleep 2s\nAT\n", modem);
    assert_eq!(ran.ended(), "passed");
    assert!(ran.times("AT")[1] >= 2000);
    assert!(ran.heard("+LATE: 1"));
}

#[test]
fn abort_on_ends_the_script_whatever_it_is_doing() {
    let modem = || Modem::new().says_at(1000, "\r\n+CPIN: NOT INSERTED\r\n").after(2000, "AT+SLOW", "OK");
    let script = |body: &str| format!("abort on \"+CPIN: NOT\", \"the SIM is gone\"\ntry {{\n  {body}\n}}\nAT\n");
    for body in ["AT+SLOW", "sleep 3s", "await \"+X\" within 3s", "await quiet 2s"] {
        let ran = Bench::new().run(&script(body), modem());
        assert_eq!(ran.ended(), "aborted 3:3 the SIM is gone (+CPIN: NOT INSERTED came)", "{body}");
        assert!(!ran.lines().contains(&"AT".to_owned()), "{body}");
    }
    assert_eq!(ended("AT+SLOW\nabort on \"+CPIN: NOT\"\nAT\n", modem()), "passed");
}

#[test]
fn an_answer_can_be_what_a_script_aborts_on() {
    let modem = Modem::new().on("AT+CPIN?", "+CPIN: SIM PUK|OK");
    assert_eq!(
        ended("abort on /PUK/\nAT+CPIN?\n", modem),
        "aborted 2:1 +CPIN: SIM PUK came, on which the script aborts"
    );
}

#[test]
fn ctrl_c_ends_what_runs_and_finally_still_runs() {
    let modem = Modem::new().after(4000, "AT+SLOW", "OK").on("AT+LAST", "OK");
    let bench = Bench::new().interrupt_on("AT+SLOW");
    let ran = bench.run("try {\n  AT+SLOW\n}\nAT+NEVER\nfinally {\n  AT+LAST\n}\n", modem);
    assert_eq!(ran.ended(), "interrupted: interrupted 2:3 interrupted during AT+SLOW");
    assert!(ran.lines().contains(&"AT+LAST".to_owned()));
    assert!(!ran.lines().contains(&"AT+NEVER".to_owned()));
}

#[test]
fn what_ends_a_wait_names_the_wait() {
    let bench = Bench::new().interrupt_on("GO");
    let ran = bench.run("send raw \"GO\\r\"\nsleep 30s\n", Modem::new());
    assert_eq!(ran.ended(), "interrupted: interrupted 2:1 interrupted during `sleep 30s`");
    let modem = Modem::new().unplugged_by("GO", None);
    let ran = Bench::new().run("send raw \"GO\\r\"\nawait \"+X\" within 5s\n  capture a\n", modem);
    assert_eq!(ran.ended(), "unreachable: lost 2:1 the port was lost during `await \"+X\" within 5s`: unplugged");
}

#[test]
fn a_reboot_is_a_loss_that_is_meant() {
    let modem = || Modem::new().unplugged_by("AT+CFUN=1,1", Some(8000)).on("AT+CSQ", "+CSQ: 1,1|OK");
    let ran = Bench::new().run("reboot AT+CFUN=1,1 within 60s\nAT+CSQ\n", modem());
    assert_eq!(ran.ended(), "passed");
    assert!(ran.times("AT+CSQ")[0] >= 8000);
    assert!(ran.heard("waiting Reboot 60000ms"));
    let ran = Bench::new().run("reboot AT+CFUN=1,1 within 5s\n", modem());
    assert_ne!(ran.ended(), "passed");
}

#[test]
fn the_port_is_told() {
    use crate::port::Control;
    use std::time::Duration;
    let script = "port baud 921600\nport dtr off\nport rts on\nport break 200ms\nport flush\n";
    let ran = Bench::new().run(script, Modem::new());
    assert_eq!(ran.ended(), "passed");
    assert_eq!(
        ran.controls(),
        [
            Control::Baud(921_600),
            Control::Dtr(false),
            Control::Rts(true),
            Control::Break(Duration::from_millis(200)),
            Control::Flush
        ]
    );
    assert_eq!(ended("set n = 0\nport baud n\n", Modem::new()), "value 2:11 0 is no speed");
}

#[test]
fn port_escape_keeps_its_guard_times() {
    let modem = Modem::new().without_echo().on("AT+CSQ", "+CSQ: 1,1|OK");
    let ran = Bench::new().run("port escape\n", modem);
    assert!(ran.bytes().starts_with("+++"), "{:?}", ran.bytes());
}
