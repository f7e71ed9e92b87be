//! Each model says who it is.

use super::Bench;
use crate::sim::models;

#[test]
fn identities() {
    let expected = [
        ("generic", "Generic", "SIM-MODEM", "1.0.0", "86000000"),
        ("bg96", "Quectel", "BG96", "BG96MAR02A07M1G", "86642503"),
        ("lara-r211", "u-blox", "LARA-R211", "09.63", "35716408"),
        ("sim7080g", "SIMCOM INCORPORATED", "SIMCOM_SIM7080G", "Revision:1951B17SIM7080", "86801605"),
        ("ec25", "Quectel", "EC25", "EC25EFAR06A08M4G", "86119604"),
        ("sara-r410m", "u-blox", "SARA-R410M-02B", "L0.0.00.00.05.08 [Apr 17 2019 19:34:02]", "35275309"),
        ("me910c1", "Telit", "ME910C1-WW", "30.00.008", "35235609"),
        ("nrf9160", "Nordic Semiconductor ASA", "nRF9160-SICA", "mfw_nrf9160_1.3.5", "35265610"),
    ];
    for (model, manufacturer, name, revision, type_allocation) in expected {
        let mut bench = Bench::quiet(&format!("{model}?cfun=1"));
        assert_eq!(bench.ask("AT+CGMI"), format!("\r\n{manufacturer}\r\n\r\nOK\r\n"));
        assert_eq!(bench.ask("AT+CGMM"), format!("\r\n{name}\r\n\r\nOK\r\n"));
        assert_eq!(bench.ask("AT+CGMR"), format!("\r\n{revision}\r\n\r\nOK\r\n"));
        assert!(bench.ask("AT+CGSN").starts_with(&format!("\r\n{type_allocation}")));
        bench.seconds(10);
        assert!(bench.ask("AT+CEREG?").starts_with("\r\n+CEREG: 0,5\r\n"), "{model}");
    }
}

#[test]
fn a_seed_gives_another_modem_with_the_same_ways() {
    let ask = |address: &str, command: &str| Bench::quiet(address).ask(command);
    assert_eq!(ask("bg96?seed=1", "AT+CGSN;+CIMI;+CCID"), ask("bg96?seed=1", "AT+CGSN;+CIMI;+CCID"));
    assert_ne!(ask("bg96?seed=1", "AT+CGSN"), ask("bg96?seed=2", "AT+CGSN"));
    assert_eq!(
        ask("bg96?imei=866425030000015&firmware=X1", "AT+CGSN;+CGMR"),
        "\r\n866425030000015\r\n\r\nX1\r\n\r\nOK\r\n"
    );
    assert_eq!(ask("generic?imei=866425030000015", "AT+CGSN=1"), "\r\n+CGSN: \"866425030000015\"\r\n\r\nOK\r\n");
}

#[test]
fn information_and_vendors_questions() {
    let ask = |address: &str, command: &str| Bench::quiet(address).ask(command);
    assert_eq!(ask("bg96", "ATI"), "\r\nQuectel\r\nBG96\r\nRevision: BG96MAR02A07M1G\r\n\r\nOK\r\n");
    assert_eq!(ask("bg96", "AT+QGMR"), "\r\nBG96MAR02A07M1G_01.007.01.007\r\n\r\nOK\r\n");
    assert_eq!(ask("lara-r211", "ATI9"), "\r\n09.63,A01.00\r\n\r\nOK\r\n");
    assert_eq!(ask("lara-r211", "AT+UPINCNT"), "\r\n+UPINCNT: 3,3,10,10\r\n\r\nOK\r\n");
    assert_eq!(ask("sim7080g", "AT+CBC"), "\r\n+CBC: 0,66,3863\r\n\r\nOK\r\n");
    assert_eq!(ask("sim7080g?signal=20", "AT+CNMP=38;+CMNB=1;+CMNB?"), "\r\n+CMNB: 1\r\n\r\nOK\r\n");
    let mut bench = Bench::quiet("me910c1?signal=20&register=0s");
    assert_eq!(
        bench.ask("AT#MONI"),
        "\r\n#MONI: vodafone UK RSRP:-100 RSRQ:-10 TAC:2CF7 Id:8A5A782 EARFCN:6400 PWR:-73dbm DRX:128\r\n\r\nOK\r\n"
    );
    let mut bench = Bench::quiet("bg96?signal=20");
    assert_eq!(bench.ask("AT+QNWINFO"), "\r\nERROR\r\n");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+QNWINFO"), "\r\n+QNWINFO: \"CAT-M1\",\"23415\",\"LTE BAND 20\",6400\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QCSQ"), "\r\n+QCSQ: \"CAT-M1\",-73,-100,148,-10\r\n\r\nOK\r\n");
}

/// A line end in a profile is one on the wire.
#[test]
fn answers_of_several_lines() {
    for model in models() {
        for command in Bench::quiet(model.name).ask("AT+CLAC").split_whitespace().filter(|word| word.starts_with("AT"))
        {
            for form in ["", "=?"] {
                // Each of a modem of its own: some end the conversation.
                let answer = Bench::quiet(model.name).ask(&format!("{command}{form}"));
                assert!(!answer.contains("\\n"), "{}: {command}{form}: {answer}", model.name);
            }
        }
    }
    let mut bench = Bench::quiet("bg96");
    assert_eq!(bench.ask("AT+CGDCONT=?").matches("\r\n+CGDCONT: (1-15),\"IP").count(), 3);
    assert_eq!(bench.ask("AT+COPN").matches("\r\n+COPN: \"").count(), 5);
}

/// What a simulated modem says unasked is known to be a URC: it must not become an answer.
#[test]
fn the_catalogue_knows_what_is_said_unasked() {
    for model in models() {
        let profile = crate::sim::profile::Profile::of(model.name).unwrap();
        let lines = profile.urcs.iter().chain(profile.boot.iter().map(|line| &line.line));
        for line in lines.filter(|line| !line.is_empty()) {
            assert!(crate::catalogue::urc::urc(line.as_bytes()).is_some(), "{}: {line}", model.name);
        }
    }
}
