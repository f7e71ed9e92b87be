//! Registration, operators, the scan.

use std::time::Duration;

use super::Bench;

#[test]
fn registration_takes_its_time_and_tells() {
    let mut bench = Bench::quiet("generic");
    assert_eq!(bench.ask("AT+CREG?"), "\r\n+CREG: 0,2\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CREG=1;+CEREG=2"), "\r\nOK\r\n");
    assert_eq!(bench.pass(Duration::from_millis(2_999)), "");
    assert_eq!(bench.seconds(1), "\r\n+CREG: 5\r\n\r\n+CEREG: 5,\"2CF7\",\"8A5A782\",7\r\n");
    assert_eq!(bench.ask("AT+CREG?"), "\r\n+CREG: 1,5\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CEREG?"), "\r\n+CEREG: 2,5,\"2CF7\",\"8A5A782\",7\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+COPS?"), "\r\n+COPS: 0,0,\"vodafone UK\",7\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CFUN=4"), "\r\n+CREG: 0\r\n\r\n+CEREG: 0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CSQ"), "\r\n+CSQ: 99,99\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+COPS?"), "\r\n+COPS: 0\r\n\r\nOK\r\n");
}

#[test]
fn a_network_that_never_comes_or_refuses() {
    let mut bench = Bench::quiet("generic?register=never");
    bench.seconds(600);
    assert_eq!(bench.ask("AT+CREG?"), "\r\n+CREG: 0,2\r\n\r\nOK\r\n");
    let mut bench = Bench::quiet("generic?register=denied");
    bench.seconds(10);
    assert_eq!(bench.ask("AT+CREG?"), "\r\n+CREG: 0,3\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CEER"), "\r\n+CEER: PLMN not allowed\r\n\r\nOK\r\n");
    // The network is on the list of those that refused the SIM now.
    assert!(bench.ask("AT+CRSM=176,28539,0,0,3").contains("144,0,\"32F451\""));
    let mut bench = Bench::quiet("generic?stat=1&register=1s&operator=EE%20Home/23433&signal=31");
    bench.seconds(1);
    assert_eq!(bench.ask("AT+CREG?"), "\r\n+CREG: 0,1\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+COPS=3,2;+COPS?"), "\r\n+COPS: 0,2,\"23433\",7\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+COPS=3,0;+COPS?"), "\r\n+COPS: 0,0,\"EE Home\",7\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CESQ"), "\r\n+CESQ: 99,99,255,255,25,63\r\n\r\nOK\r\n");
    let mut bench = Bench::quiet("generic?signal=99");
    bench.seconds(60);
    assert_eq!(bench.ask("AT+CSQ;+CREG?"), "\r\n+CSQ: 99,99\r\n\r\n+CREG: 0,2\r\n\r\nOK\r\n");
}

/// Some modems are off the air until somebody switches them on.
#[test]
fn a_modem_that_comes_up_off_the_air() {
    for (function, word) in [(0, "NOT READY"), (4, "READY")] {
        let mut bench = Bench::new(&format!("bg96?boot=5s&register=1s&echo=off&cfun={function}"));
        let said = bench.seconds(10);
        assert!(said.contains(&format!("+CFUN: {function}\r\n\r\n+CPIN: {word}\r\n")), "{said}");
        assert_eq!(said.contains("+QIND: SMS DONE"), function == 4, "{said}");
        assert_eq!(bench.ask("AT+CREG=1;+CREG?"), "\r\n+CREG: 1,0\r\n\r\nOK\r\n");
        assert_eq!(bench.ask("AT+CFUN=1;+CPIN?"), "\r\n+CREG: 2\r\n\r\n+CPIN: READY\r\n\r\nOK\r\n");
        assert_eq!(bench.seconds(1), "\r\n+CREG: 5\r\n");
    }
}

/// A script that reads AT+CSQ alone takes such a modem for one without antenna.
#[test]
fn a_signal_that_csq_does_not_know() {
    let mut bench = Bench::quiet("bg96?register=0s&signal=20&csq=99");
    assert_eq!(bench.ask("AT+CREG?;+CSQ"), "\r\n+CREG: 0,5\r\n\r\n+CSQ: 99,99\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CESQ"), "\r\n+CESQ: 99,99,255,255,20,41\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QCSQ"), "\r\n+QCSQ: \"CAT-M1\",-73,-100,148,-10\r\n\r\nOK\r\n");
}

/// A Super SIM changes its IMSI by itself.
#[test]
fn another_imsi() {
    let mut bench = Bench::quiet("bg96?register=10s&imsi-switch=3min&imsi=234500000000001");
    bench.seconds(10);
    assert_eq!(bench.ask("AT+CREG=1;+CIMI"), "\r\n234500000000001\r\n\r\nOK\r\n");
    assert_eq!(bench.seconds(175), "\r\n+QUSIM: 1\r\n\r\n+CREG: 2\r\n");
    assert!(bench.ask("AT+CIMI").starts_with("\r\n20404"));
    assert_eq!(bench.ask("AT+CGACT?;+CREG?"), "\r\n+CGACT: 1,0\r\n\r\n+CREG: 1,2\r\n\r\nOK\r\n");
    assert_eq!(bench.seconds(10), "\r\n+CREG: 5\r\n");
    // Once: no second one follows.
    assert_eq!(bench.seconds(3_600), "");
    // While its radio is off, nothing is to be seen of it.
    let mut bench = Bench::quiet("generic?imsi-switch=1min&imsi=234500000000001");
    assert_eq!(bench.ask("AT+CREG=1;+CFUN=4"), "\r\n+CREG: 0\r\n\r\nOK\r\n");
    assert_eq!(bench.seconds(60), "");
    assert!(bench.ask("AT+CIMI").starts_with("\r\n20404"));
}

#[test]
fn settings_that_keep_it_off_the_network() {
    let mut bench = Bench::quiet("bg96");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+CREG=1"), "\r\nOK\r\n");
    // Without roaming a Super SIM has no network.
    assert_eq!(bench.ask("AT+QCFG=\"roamservice\",1,1"), "\r\n+CREG: 2\r\n\r\nOK\r\n");
    assert_eq!(bench.seconds(60), "");
    assert_eq!(bench.ask("AT+QCFG=\"roamservice\",2,1"), "\r\nOK\r\n");
    assert_eq!(bench.seconds(3), "\r\n+CREG: 5\r\n");
    assert_eq!(bench.ask("AT+QCFG=\"roamservice\""), "\r\n+QCFG: \"roamservice\",2\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QCFG=\"roamservice\",3"), "\r\nERROR\r\n");
    assert_eq!(bench.ask("AT+QCFG=\"nonsense\""), "\r\nERROR\r\n");
    assert!(bench.ask("AT+QCFG=?").contains("\r\n+QCFG: \"roamservice\",(1,2,255),(0,1)\r\n"));
    let mut bench = Bench::quiet("lara-r211");
    assert_eq!(bench.ask("AT+UDCONF=20,1"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+UDCONF=20"), "\r\n+UDCONF: 20,1\r\n\r\nOK\r\n");
}

/// There is no NB-IoT for a Super SIM, however a module is told to look for nothing else.
#[test]
fn nb_iot_alone_finds_no_network() {
    for (model, setting) in [
        ("sara-r410m", "AT+COPS=2;+URAT=8;+CFUN=15"),
        ("sara-r410m", "AT+CFUN=4;+URAT=8,8;+CFUN=15"),
        ("nrf9160", "AT+CFUN=4;%XSYSTEMMODE=0,1,1,0;+CFUN=1"),
        ("nrf9160", "AT+CFUN=0;%XSYSTEMMODE=0,1,0,0;+CFUN=1"),
        ("me910c1", "AT#WS46=1,1;#REBOOT"),
        ("bg96", "AT+QCFG=\"iotopmode\",1,1"),
        ("sim7080g", "AT+CMNB=2"),
    ] {
        let mut bench = Bench::quiet(model);
        bench.seconds(3);
        assert!(bench.ask(setting).ends_with("\r\nOK\r\n"), "{setting}");
        bench.seconds(600);
        let answer = bench.ask("ATE0;+CEREG?");
        assert!(answer.ends_with("\r\n+CEREG: 0,2\r\n\r\nOK\r\n"), "{model}: {setting}: {answer}");
    }
    // The second may be looked for as well.
    let mut bench = Bench::quiet("sara-r410m");
    assert_eq!(bench.ask("AT+URAT=8,7;+CFUN=15"), "\r\nOK\r\n");
    bench.seconds(20);
    assert!(bench.ask("ATE0;+CEREG?").ends_with("\r\n+CEREG: 0,5\r\n\r\nOK\r\n"));
    assert_eq!(bench.ask("AT+CFUN=4;+URAT=7;+URAT?"), "\r\n+URAT: 7\r\n\r\nOK\r\n");
}

#[test]
fn settings_that_are_refused_on_the_network() {
    const REFUSED: &str = "\r\n+CME ERROR: 3\r\n";
    for (model, setting) in [
        ("sara-r410m", "AT+UMNOPROF=100"),
        ("sara-r410m", "AT+URAT=7"),
        ("sara-r410m", "AT+UBANDMASK=0,6170"),
        ("lara-r211", "AT+URAT=3"),
    ] {
        let mut bench = Bench::quiet(model);
        bench.seconds(3);
        assert_eq!(bench.ask(&format!("AT+CMEE=1;{}", &setting[2..])), REFUSED, "{setting}");
        assert_eq!(bench.ask(&format!("AT+COPS=2;{}", &setting[2..])), "\r\nOK\r\n", "{setting}");
    }
    // Here the radio must be off.
    let mut bench = Bench::quiet("nrf9160?register=never&cfun=1");
    assert_eq!(bench.ask("AT+CMEE=1;%XSYSTEMMODE=1,0,0,0"), REFUSED);
    assert_eq!(bench.ask("AT+CFUN=4;%XSYSTEMMODE=1,0,0,0;%XSYSTEMMODE?"), "\r\n%XSYSTEMMODE: 1,0,0,0\r\n\r\nOK\r\n");
}

#[test]
fn settings_that_hold_after_a_restart() {
    let mut bench = Bench::quiet("bg96");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+CREG=1;+QCFG=\"iotopmode\",1,0"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QCFG=\"iotopmode\""), "\r\n+QCFG: \"iotopmode\",1\r\n\r\nOK\r\n");
    assert_eq!(bench.seconds(60), "");
    assert_eq!(bench.ask("AT+CFUN=4;+CFUN=1"), "\r\n+CREG: 0\r\n\r\n+CREG: 2\r\n\r\nOK\r\n");
    assert_eq!(bench.seconds(3), "\r\n+CREG: 5\r\n");
    assert_eq!(bench.ask("AT+CFUN=1,1"), "\r\nOK\r\n");
    bench.seconds(60);
    assert!(bench.ask("ATE0;+CREG?").ends_with("\r\n+CREG: 0,2\r\n\r\nOK\r\n"));
    // At once again.
    assert_eq!(bench.ask("AT+QCFG=\"iotopmode\",0,1"), "\r\nOK\r\n");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+CREG?"), "\r\n+CREG: 0,5\r\n\r\nOK\r\n");
    // A new profile brings its own technologies, but only when it comes to hold.
    let mut bench = Bench::quiet("sara-r410m");
    assert_eq!(bench.ask("AT+URAT=7;+UMNOPROF=100;+URAT?"), "\r\n+URAT: 7\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CFUN=15"), "\r\nOK\r\n");
    bench.seconds(6);
    let answer = bench.ask("ATE0;+UMNOPROF?;+URAT?;+UBANDMASK?");
    let expected = "\r\n+UMNOPROF: 100\r\n\r\n+URAT: 7,8\r\n\r\n+UBANDMASK: 0,6170,1,6170\r\n\r\nOK\r\n";
    assert!(answer.ends_with(expected), "{answer}");
}

#[test]
fn a_scan_takes_its_time() {
    let mut bench = Bench::quiet("generic?scan=20s");
    bench.seconds(5);
    assert_eq!(bench.ask("AT+COPS=?"), "");
    assert_eq!(bench.seconds(19), "");
    assert_eq!(
        bench.seconds(1),
        "\r\n+COPS: (2,\"vodafone UK\",\"voda UK\",\"23415\",7),(1,\"EE\",\"EE\",\"23430\",7),\
         (1,\"3 UK\",\"3 UK\",\"23420\",7),(3,\"O2 - UK\",\"O2 - UK\",\"23410\",7),,(0-4),(0-2)\r\n\r\nOK\r\n"
    );
}

#[test]
fn a_character_aborts_the_scan_where_the_model_does_that() {
    let mut bench = Bench::quiet("lara-r211");
    // The LF of a CR LF is no such character.
    assert_eq!(bench.send(b"AT+COPS=?\r\n"), "");
    assert_eq!(bench.send(b"A"), "\r\nABORTED\r\n");
    assert_eq!(bench.ask("AT"), "\r\nOK\r\n");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+COPS=1,2,\"23430\""), "");
    assert_eq!(bench.send(b"A"), "\r\nABORTED\r\n");
    let mut bench = Bench::quiet("bg96");
    assert_eq!(bench.ask("AT+COPS=?"), "");
    assert_eq!(bench.ask("AT"), "");
    let heard = bench.seconds(12);
    assert!(heard.starts_with("\r\n+COPS: (2,"), "{heard}");
    assert!(heard.ends_with("\r\n\r\nOK\r\n\r\nOK\r\n"), "{heard}");
}

#[test]
fn operators_by_hand() {
    let mut bench = Bench::quiet("generic");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+COPS=1,2,\"23430\""), "");
    assert_eq!(bench.seconds(4), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+COPS?"), "\r\n+COPS: 1,2,\"23430\",7\r\n\r\nOK\r\n");
    // A network that is forbidden.
    assert_eq!(bench.ask("AT+COPS=1,2,\"23410\""), "");
    assert_eq!(bench.seconds(4), "\r\nERROR\r\n");
    assert_eq!(bench.ask("AT+CREG?"), "\r\n+CREG: 0,3\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+COPS=0"), "\r\nOK\r\n");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+COPS=3,0;+COPS?"), "\r\n+COPS: 0,0,\"vodafone UK\",7\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+COPS=2;+COPS?"), "\r\n+COPS: 2\r\n\r\nOK\r\n");
}

/// 27.007 §7.3: AT+COPS=1 takes this one or none; AT+COPS=4 takes what it gets.
#[test]
fn an_operator_that_is_not_in_reach() {
    let mut bench = Bench::quiet("generic");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+CMEE=1;+CREG=1;+COPS=1,2,\"99999\""), "\r\n+CREG: 2\r\n");
    assert_eq!(bench.seconds(4), "\r\n+CME ERROR: 30\r\n");
    assert_eq!(bench.seconds(600), "");
    assert_eq!(bench.ask("AT+COPS?;+CREG?"), "\r\n+COPS: 1\r\n\r\n+CREG: 1,2\r\n\r\nOK\r\n");
    // A restart does not help.
    bench.ask("AT+CFUN=1,1");
    bench.seconds(60);
    assert!(bench.ask("ATE0;+CREG?").ends_with("\r\n+CREG: 0,2\r\n\r\nOK\r\n"));
    for absent in ["99999", "23410"] {
        assert_eq!(bench.ask(&format!("AT+COPS=4,2,\"{absent}\"")), "", "{absent}");
        assert_eq!(bench.seconds(7), "\r\nOK\r\n", "{absent}");
        assert_eq!(bench.ask("AT+COPS?"), "\r\n+COPS: 0,2,\"23415\",7\r\n\r\nOK\r\n", "{absent}");
    }
}

#[test]
fn a_restart_ends_that_it_is_off_the_network() {
    let mut bench = Bench::quiet("bg96");
    assert_eq!(bench.ask("AT+COPS=2"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CFUN=1,1"), "\r\nOK\r\n");
    bench.seconds(20);
    assert!(bench.ask("ATE0;+COPS?").ends_with("\r\n+COPS: 0,0,\"vodafone UK\",8\r\n\r\nOK\r\n"));
}

/// Why it was refused: a cause of 24.301, where AT+CEREG=3 or 5 asks for it.
#[test]
fn the_cause_of_a_refusal() {
    let mut bench = Bench::quiet("generic?register=denied");
    assert_eq!(bench.ask("AT+CEREG=3"), "\r\nOK\r\n");
    assert_eq!(bench.seconds(3), "\r\n+CEREG: 3,,,,0,11\r\n");
    assert_eq!(bench.ask("AT+CEREG?"), "\r\n+CEREG: 3,3,,,,0,11\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CEREG=2;+CEREG?"), "\r\n+CEREG: 2,3\r\n\r\nOK\r\n");
    let mut bench = Bench::quiet("generic?register=0s");
    assert_eq!(bench.ask("AT+CEREG=3;+CEREG?"), "\r\n+CEREG: 3,5,\"2CF7\",\"8A5A782\",7\r\n\r\nOK\r\n");
}

#[test]
fn names_in_ucs2() {
    let mut bench = Bench::quiet("generic?operator=EE&register=0");
    assert_eq!(bench.ask("AT+CSCS=\"UCS2\""), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+COPS?"), "\r\n+COPS: 0,0,\"00450045\",7\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+COPS=1,0,\"00450045\""), "\r\nOK\r\n");
    // The numeric codes stay, but on this one.
    let scan = |model: &str| {
        let mut bench = Bench::quiet(&format!("{model}?register=0"));
        bench.ask("AT+CSCS=\"UCS2\"");
        bench.ask("AT+COPS=?");
        bench.seconds(20)
    };
    assert!(scan("generic").contains("\"00450045\",\"00450045\",\"23430\",7)"));
    assert!(scan("lara-r211").contains("\"00450045\",\"00450045\",\"00320033003400330030\",7)"));
}

/// In the default alphabet a character is its septet: é is 0x05, @ is 0.
#[test]
fn names_in_the_default_alphabet() {
    let mut bench = Bench::quiet("generic?operator=Caf%C3%A9@&register=0");
    assert_eq!(bench.ask("AT+COPS?"), "\r\n+COPS: 0,0,\"Caf\u{5}\0\",7\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CSCS=\"IRA\";+COPS?"), "\r\n+COPS: 0,0,\"Caf?@\",7\r\n\r\nOK\r\n");
}
