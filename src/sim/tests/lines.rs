//! Command lines, echo, result formats, settings.

use super::Bench;

#[test]
fn echo_verbosity_and_quiet() {
    let mut bench = Bench::new("generic");
    assert_eq!(bench.ask("AT"), "AT\r\r\nOK\r\n");
    assert_eq!(bench.ask("at+csq?"), "at+csq?\r\r\nERROR\r\n");
    assert_eq!(bench.ask("ATE0"), "ATE0\r\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGMM"), "\r\nSIM-MODEM\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("ATV0"), "0\r");
    assert_eq!(bench.ask("AT+CGMM"), "SIM-MODEM\r\n0\r");
    assert_eq!(bench.ask("AT+NONSENSE"), "4\r");
    assert_eq!(bench.ask("ATV1Q1"), "");
    assert_eq!(bench.ask("AT+CGMM"), "\r\nSIM-MODEM\r\n");
    assert_eq!(bench.ask("ATQ0E1"), "\r\nOK\r\n");
    assert_eq!(bench.ask("ATZ"), "ATZ\r\r\nOK\r\n");
}

#[test]
fn a_line_ends_at_its_first_failure() {
    let mut bench = Bench::quiet("generic");
    assert_eq!(bench.ask("AT+CMEE?;+CMGF?"), "\r\n+CMEE: 0\r\n\r\n+CMGF: 0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMGF=1;+CMEE=9;+CMGF=0"), "\r\nERROR\r\n");
    assert_eq!(bench.ask("AT+CMGF?"), "\r\n+CMGF: 1\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("ATE0V1+CMEE=2;+CMGF=0;&D2"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMEE=2;AT+CMGF=1"), "\r\n+CME ERROR: unknown\r\n");
}

#[test]
fn errors_as_cmee_asks() {
    let mut bench = Bench::quiet("generic?sim=absent");
    assert_eq!(bench.ask("AT+CPIN?"), "\r\nERROR\r\n");
    assert_eq!(bench.ask("AT+CMEE=1;+CPIN?"), "\r\n+CME ERROR: 10\r\n");
    assert_eq!(bench.ask("AT+CMEE=2;+CPIN?"), "\r\n+CME ERROR: SIM not inserted\r\n");
    assert_eq!(bench.ask("AT+CMGR=1"), "\r\n+CMS ERROR: SIM not inserted\r\n");
    assert_eq!(bench.ask("AT+CMEE=5"), "\r\n+CME ERROR: incorrect parameters\r\n");
    assert_eq!(bench.ask("AT+WHATEVER"), "\r\n+CME ERROR: unknown\r\n");
    assert_eq!(Bench::quiet("bg96").ask("AT+CMEE=2;+WHATEVER"), "\r\nERROR\r\n");
    // Every error has its text, in the case of the model.
    let refused = |model: &str, error: &str| {
        let mut bench = Bench::quiet(&format!("{model}?fault={error}:CSQ"));
        bench.ask("AT+CMEE=2");
        bench.ask("AT+CSQ")
    };
    assert_eq!(refused("generic", "cme:127"), "\r\n+CME ERROR: missing or unknown APN\r\n");
    assert_eq!(refused("bg96", "cme:127"), "\r\n+CME ERROR: Missing or unknown APN\r\n");
    assert_eq!(refused("generic", "cms:330"), "\r\n+CMS ERROR: SMSC address unknown\r\n");
    assert_eq!(refused("generic", "cme:9999"), "\r\n+CME ERROR: 9999\r\n");
}

#[test]
fn what_is_no_line_gets_no_answer() {
    let mut bench = Bench::quiet("generic");
    assert_eq!(bench.send(b"\r"), "");
    assert_eq!(bench.send(b"hello\r"), "");
    assert_eq!(bench.send(b"\r\n\x1B\0\xFFAT\r\n"), "\r\nOK\r\n");
    assert_eq!(bench.send(b"AT"), "");
    assert_eq!(bench.send(b"X\x08\r"), "\r\nOK\r\n");
    assert_eq!(bench.send(b"AT+CGMM\xFF\xFE\r"), "\r\nERROR\r\n");
}

#[test]
fn long_lines_are_taken_up_to_a_bound() {
    let mut bench = Bench::quiet("generic");
    let hundred = "+CMEE=1;".repeat(20);
    assert_eq!(bench.ask(&format!("AT{hundred}+CMEE?")), "\r\n+CMEE: 1\r\n\r\nOK\r\n");
    let thousand = "+CMEE=0;".repeat(125);
    assert_eq!(bench.ask(&format!("AT{thousand}+CMEE?")), "\r\n+CME ERROR: 100\r\n");
    assert_eq!(bench.ask("AT"), "\r\nOK\r\n");
}

#[test]
fn the_last_line_again() {
    let mut bench = Bench::quiet("generic?signal=17");
    assert_eq!(bench.ask("AT+CSQ"), "\r\n+CSQ: 17,99\r\n\r\nOK\r\n");
    assert_eq!(bench.send(b"A/"), "\r\n+CSQ: 17,99\r\n\r\nOK\r\n");
    assert_eq!(bench.send(b"a/A/"), "\r\n+CSQ: 17,99\r\n\r\nOK\r\n".repeat(2));
}

#[test]
fn settings_that_stay_and_settings_that_go() {
    let mut bench = Bench::quiet("bg96");
    assert_eq!(bench.ask("AT+CMEE=1;&W"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMEE=2;+CMGF=1;+QCFG=\"servicedomain\",1,1"), "\r\nOK\r\n");
    assert_eq!(bench.ask("ATZ"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMEE?;+CMGF?"), "\r\n+CMEE: 1\r\n\r\n+CMGF: 0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT&F"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMEE?"), "AT+CMEE?\r\r\n+CMEE: 0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CFUN=1,1"), "AT+CFUN=1,1\r\r\nOK\r\n");
    bench.seconds(20);
    // ATE0 was kept by AT&W.
    assert_eq!(bench.ask("AT+CMEE?"), "\r\n+CMEE: 1\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QCFG=\"servicedomain\""), "\r\n+QCFG: \"servicedomain\",1\r\n\r\nOK\r\n");
}

#[test]
fn registers_and_the_line_end_that_they_name() {
    let mut bench = Bench::quiet("generic");
    assert_eq!(bench.ask("ATS7=45S0=1"), "\r\nOK\r\n");
    assert_eq!(bench.ask("ATS7?"), "\r\n045\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("ATS99?"), "\r\nERROR\r\n");
    assert_eq!(bench.ask("ATS3=35"), "\r\nOK\r\n");
    assert_eq!(bench.send(b"AT#"), "\r\nOK\r\n");
    assert_eq!(bench.send(b"ATS3=13#"), "\r\nOK\r\n");
    assert_eq!(bench.ask("ATS3=200"), "\r\nERROR\r\n");
}

#[test]
fn questions_for_what_is_possible() {
    let mut bench = Bench::quiet("generic");
    assert_eq!(bench.ask("AT+CGMI=?"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CBC=?"), "\r\n+CBC: (0-2),(1-100),(voltage)\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGMI=\"x\""), "\r\nERROR\r\n");
    assert_eq!(bench.ask("AT+CMUX=0"), "\r\nERROR\r\n");
    assert_eq!(bench.ask("AT&V"), bench.ask("at&v"));
    assert!(bench.ask("AT+CLAC").contains("\r\nAT+CGDATA\r\nAT+CGDCONT\r\n"));
}

#[test]
fn what_modem_manager_and_pppd_begin_with() {
    let mut bench = Bench::new("generic?echo=off");
    assert_eq!(bench.ask("ATZ"), "\r\nOK\r\n");
    assert_eq!(bench.ask("ATE0 V1"), "ATE0 V1\r\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMEE=1"), "\r\nOK\r\n");
    assert_eq!(bench.ask("ATX4"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT&C1"), "\r\nOK\r\n");
    assert_eq!(bench.ask("ATQ0 V1 E0 S0=0 &C1 &D2 +FCLASS=0"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+GCAP"), "\r\n+GCAP: +CGSM\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("ATI"), "\r\nGeneric\r\nSIM-MODEM\r\nRevision: 1.0.0\r\n\r\nOK\r\n");
}

#[test]
fn the_clock() {
    let mut bench = Bench::quiet("generic");
    bench.seconds(61);
    assert_eq!(bench.ask("AT+CCLK?"), "\r\n+CCLK: \"26/01/01,00:01:01+00\"\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CCLK=\"27/02/28,23:59:59+00\""), "\r\nOK\r\n");
    bench.seconds(1);
    assert_eq!(bench.ask("AT+CCLK?"), "\r\n+CCLK: \"27/03/01,00:00:00+00\"\r\n\r\nOK\r\n");
    // In the zone that it was set in.
    assert_eq!(
        bench.ask("AT+CCLK=\"26/11/25,23:00:00+08\";+CCLK?"),
        "\r\n+CCLK: \"26/11/25,23:00:00+08\"\r\n\r\nOK\r\n"
    );
    assert_eq!(
        bench.ask("AT+CCLK=\"26/11/25,23:00:00-32\";+CCLK?"),
        "\r\n+CCLK: \"26/11/25,23:00:00-32\"\r\n\r\nOK\r\n"
    );
    assert_eq!(bench.ask("AT+CCLK=\"tomorrow\""), "\r\nERROR\r\n");
}

#[test]
fn an_answer_that_takes_its_time() {
    let mut slow = Bench::new("generic?delay=2s&echo=off");
    assert_eq!(slow.ask("AT+CGMM"), "");
    assert_eq!(slow.ask("AT+CGMI"), "");
    assert_eq!(slow.seconds(2), "\r\nSIM-MODEM\r\n\r\nOK\r\n");
    // The next line waited, as in the modem's own buffer.
    assert_eq!(slow.seconds(2), "\r\nGeneric\r\n\r\nOK\r\n");
}
