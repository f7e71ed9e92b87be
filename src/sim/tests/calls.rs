//! Data calls, power, resets.

use std::time::Duration;

use crate::port::{Control, Device};

use super::Bench;

#[test]
fn a_data_call_and_back() {
    let mut bench = Bench::quiet("generic");
    assert_eq!(bench.ask("ATD*99#"), "\r\nNO CARRIER\r\n");
    bench.seconds(3);
    assert_eq!(bench.ask("ATD*99***1#"), "\r\nCONNECT 150000000\r\n");
    assert_eq!(bench.ask("AT+CSQ"), "");
    bench.seconds(2);
    assert_eq!(bench.send(b"+++"), "");
    assert_eq!(bench.pass(Duration::from_millis(999)), "");
    assert_eq!(bench.pass(Duration::from_millis(1)), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CPAS"), "\r\n+CPAS: 4\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("ATO"), "\r\nCONNECT 150000000\r\n");
    // Without the silence before it, it is data.
    bench.send(b"x+++");
    assert_eq!(bench.seconds(5), "");
    bench.send(b"+++more");
    assert_eq!(bench.seconds(5), "");
    bench.modem.control(Control::Dtr(false), bench.now);
    assert_eq!(bench.heard(), "\r\nNO CARRIER\r\n");
    assert_eq!(bench.ask("ATO"), "\r\nNO CARRIER\r\n");
}

#[test]
fn a_call_that_nobody_takes() {
    let mut bench = Bench::quiet("generic");
    bench.seconds(3);
    assert_eq!(bench.ask("ATD5551234"), "");
    assert_eq!(bench.seconds(2), "\r\nNO CARRIER\r\n");
    assert_eq!(bench.ask("ATDT5551234"), "");
    assert_eq!(bench.send(b"x"), "\r\nNO CARRIER\r\n");
    assert_eq!(bench.ask("ATA"), "\r\nNO CARRIER\r\n");
    assert_eq!(bench.ask("ATH"), "\r\nOK\r\n");
    assert_eq!(bench.ask("ATDx"), "\r\nERROR\r\n");
}

#[test]
fn urcs_wait_while_data_flows() {
    let mut bench = Bench::quiet("generic?sms=later&incoming=5s");
    assert_eq!(bench.ask("AT+CNMI=2,1"), "\r\nOK\r\n");
    bench.seconds(3);
    assert_eq!(bench.ask("ATD*99#"), "\r\nCONNECT 150000000\r\n");
    assert_eq!(bench.seconds(10), "");
    bench.send(b"+++");
    assert_eq!(bench.seconds(2), "\r\nOK\r\n\r\n+CMTI: \"SM\",0\r\n");
}

#[test]
fn a_reset_and_its_boot() {
    let mut bench = Bench::quiet("bg96");
    bench.seconds(10);
    assert_eq!(bench.ask("AT+CREG=1;+CFUN=1,1"), "\r\nOK\r\n");
    // Deaf until it is up.
    assert_eq!(bench.ask("AT"), "");
    assert_eq!(bench.pass(Duration::from_millis(4_899)), "");
    assert_eq!(bench.pass(Duration::from_millis(2)), "\r\nRDY\r\n");
    assert_eq!(
        bench.seconds(5),
        "\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n\r\n+QUSIM: 1\r\n\r\nAPP RDY\r\n\r\n+QIND: SMS DONE\r\n"
    );
    assert_eq!(bench.ask("AT+CREG?"), "AT+CREG?\r\r\n+CREG: 0,5\r\n\r\nOK\r\n");
}

#[test]
fn each_vendors_own_reset() {
    for (model, command) in [
        ("generic", "AT+CFUN=1,1"),
        ("lara-r211", "AT+CFUN=16"),
        ("sim7080g", "AT+CREBOOT"),
        ("me910c1", "AT#REBOOT"),
        ("nrf9160", "AT#XRESET"),
    ] {
        let mut bench = Bench::quiet(model);
        assert_eq!(bench.ask(command), "\r\nOK\r\n", "{model}");
        assert_eq!(bench.ask("AT"), "", "{model}");
        bench.seconds(30);
        assert_eq!(bench.ask("AT"), "AT\r\r\nOK\r\n", "{model}");
    }
}

#[test]
fn switched_off() {
    let mut bench = Bench::quiet("bg96");
    assert_eq!(bench.ask("AT+QPOWD=1"), "\r\nOK\r\n");
    assert_eq!(bench.seconds(1), "\r\nPOWERED DOWN\r\n");
    assert_eq!(bench.ask("AT"), "");
    assert_eq!(bench.seconds(600), "");
    assert_eq!(Bench::quiet("sim7080g").ask("AT+CPOWD=1"), "\r\nNORMAL POWER DOWN\r\n");
}

#[test]
fn just_switched_on() {
    let mut bench = Bench::new("generic?boot=4s");
    assert_eq!(bench.ask("AT"), "");
    assert_eq!(bench.seconds(5), "\r\nRDY\r\n\r\n+CPIN: READY\r\n");
    assert_eq!(bench.ask("AT"), "AT\r\r\nOK\r\n");
}

#[test]
fn a_modem_on_usb_goes_away_while_it_boots() {
    let mut bench = Bench::quiet("generic?usb=on");
    assert_eq!(bench.modem.gone(), None);
    assert_eq!(bench.ask("AT+CFUN=1,1"), "\r\nOK\r\n");
    assert!(bench.modem.gone().is_some());
    bench.seconds(4);
    assert_eq!(bench.modem.gone(), None);
    assert_eq!(bench.ask("AT"), "AT\r\r\nOK\r\n");
}
